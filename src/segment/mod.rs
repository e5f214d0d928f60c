//! Floor 4: the shared file, its header, its roles, and how it is made, found and removed.

pub(crate) mod attach;
pub(crate) mod attached;
pub(crate) mod create;
pub(crate) mod header;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod memfd;
pub(crate) mod name;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod remove;
pub(crate) mod retry;
pub(crate) mod role_page;
pub(crate) mod roles;
