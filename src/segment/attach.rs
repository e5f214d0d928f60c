//! Attaches to segments that exist.

use crate::base::error::{Error, ErrorKind, Result};
use crate::ring::wait::{Wait, wait_until};
use crate::segment::attached::{Origin, Segment};
use crate::segment::lookup::{check_file, explain};
use crate::segment::options::{Access, DIRECTORY_VARIABLE, Options};
use crate::sys::{kill, os, os::Open};
use std::time::Duration;

impl Segment {
    /// Attaches to an existing segment. [`ErrorKind::NotFound`], [`ErrorKind::NoDirectory`].
    pub fn attach(name: &str, options: &Options) -> Result<Self> {
        let path = options.path_of(name)?;
        let how = if options.access == Access::ReadOnly { Open::ReadOnly } else { Open::ReadWrite };
        let file = os::open(&path, how, 0).map_err(|e| explain(e, &path))?;
        check_file(&path, &os::stat(&file)?, options)?;
        kill::point("attach.opened");
        Self::finish(file, path, options, Origin::Named)
    }

    /// Waits until the segment and its directory exist, then attaches: either side may start first.
    /// [`ErrorKind::Timeout`].
    pub fn attach_waiting(name: &str, options: &Options, timeout: Duration) -> Result<Self> {
        let look = || match Self::attach(name, options) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            // Wait only if nothing is there: a file in the directory's place is an error.
            Err(e) if e.kind() == ErrorKind::NoDirectory && !options.resolve_directory().exists() => Ok(None),
            result => result.map(Some),
        };
        if let Some(segment) = wait_until(Wait::sleep(timeout), options.canceller.as_ref(), look)?.found()? {
            return Ok(segment);
        }
        let timed_out = Error::new(ErrorKind::Timeout).at(options.path_of(name)?);
        let directory = options.resolve_directory();
        Err(if directory.exists() {
            timed_out
                .expected_found("a segment", format!("none in {timeout:?}"))
                .help("start the side that creates the segment, and check that both use the same directory")
        } else {
            timed_out
                .expected_found("a segment", format!("no directory {} in {timeout:?}", directory.display()))
                .help(format!("create the directory, or set {DIRECTORY_VARIABLE} to another one"))
        })
    }
}
