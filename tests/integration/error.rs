//! Errors: what they say, and what a program reads of them.

use leyline::{Error, ErrorKind};
use std::io;

#[test]
fn one_line_says_all_there_is_to_know() {
    let e = Error::new(ErrorKind::LayoutVersion)
        .about("header")
        .at("/dev/shm/x.leyline")
        .expected_found("major 1", "major 9")
        .help("rebuild the older side");
    assert_eq!(
        e.to_string(),
        "the segment has another layout version: header [/dev/shm/x.leyline]; expected major 1; found major 9; \
         rebuild the older side"
    );
    assert_eq!(e.kind().code(), -13);
}

#[test]
fn an_os_error_keeps_its_number_and_text() {
    let e = Error::os(io::Error::from_raw_os_error(28), "fallocate");
    assert_eq!(e.kind(), ErrorKind::NoSpace);
    assert!(std::error::Error::source(&e).is_some());
}
