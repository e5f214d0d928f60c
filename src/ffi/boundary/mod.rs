//! Shared by all C functions: the way in and out, pointers, strings, handles and the status.

pub(super) mod call;
pub(super) mod handle;
pub(super) mod pointer;
pub(super) mod status;
pub(super) mod string;
