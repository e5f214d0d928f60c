//! Floor 4: the shared file, its header, its roles, and how it is made, found and removed.

pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod housekeeping;
pub(crate) mod memfd;
pub(crate) mod role_page;
