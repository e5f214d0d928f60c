//! Attaches to segments that exist.

use crate::base::error::{Error, ErrorKind, Result};
use crate::ring::wait::{Awaited, Wait, wait_for};
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
        struct Appearing<'a>(&'a str, &'a Options);
        impl Appearing<'_> {
            /// Returns `None` while there is no segment.
            fn look(&self) -> Option<Result<Segment>> {
                match Segment::attach(self.0, self.1) {
                    Err(e) if e.kind() == ErrorKind::NotFound => None,
                    // Wait only if nothing is there: a file in the directory's place is an error.
                    Err(e) if e.kind() == ErrorKind::NoDirectory && !self.1.resolve_directory().exists() => {
                        None
                    }
                    result => Some(result),
                }
            }
        }
        impl Awaited for Appearing<'_> {
            type Found = Result<Segment>;
            fn poll(&mut self) -> Option<Self::Found> {
                None
            }
            fn check(&mut self) -> Result<Option<Self::Found>> {
                Ok(self.look())
            }
            fn sleep(&mut self, timeout: Duration) -> Option<Self::Found> {
                std::thread::sleep(timeout);
                None
            }
        }
        let mut appearing = Appearing(name, options);
        if let Some(result) = appearing.look() {
            return result;
        }
        if let Some(result) = wait_for(&mut appearing, Wait::sleep(timeout))? {
            return result;
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
