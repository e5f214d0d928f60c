//! Options of opening, as keyword arguments.

use crate::errors::refused;
use crate::waiting::timeout;
use leyline::{Access, ErrorKind, Opened, Options, Trust};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;

/// Takes a keyword out of the others; `None` if it is missing or `None`.
pub(crate) fn take<'py>(keywords: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let found = keywords.get_item(key)?;
    if found.is_some() {
        keywords.del_item(key)?;
    }
    Ok(found.filter(|value| !value.is_none()))
}

/// Returns the word for how a link was opened.
pub(crate) fn opened(how: Opened) -> &'static str {
    match how {
        Opened::Created => "created",
        Opened::Attached => "attached",
        Opened::Recreated => "recreated",
    }
}

/// Reads `directory`, `mode`, `unlink_on_close`, `trust`, `read_only`, `role_timeout` and
/// `command_line`. Refuses every other keyword.
pub(crate) fn options(keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Options> {
    let mut options = Options::default();
    for (key, value) in keywords.into_iter().flat_map(|k| k.iter()) {
        let key: String = key.extract()?;
        match key.as_str() {
            "directory" => options.directory = value.extract::<Option<PathBuf>>()?,
            "mode" => options.mode = value.extract()?,
            "unlink_on_close" if value.extract()? => options = options.unlink_on_close(),
            "read_only" if value.extract()? => options.access = Access::ReadOnly,
            "unlink_on_close" | "read_only" => {}
            "trust" => {
                options.trust = match value.extract::<String>()?.as_str() {
                    "owner" => Trust::Owner,
                    "anyone" => Trust::Anyone,
                    other => {
                        return Err(refused(
                            ErrorKind::InvalidArgument,
                            "trust",
                            "\"owner\" or \"anyone\"",
                            other,
                        ));
                    }
                };
            }
            "role_timeout" => options.role_timeout = timeout(value.extract()?)?,
            "command_line" => options.command_line = value.extract()?,
            _ => {
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "unexpected keyword {key:?}; expected directory, mode, unlink_on_close, read_only, trust, \
                     role_timeout or command_line"
                )));
            }
        }
    }
    Ok(options)
}
