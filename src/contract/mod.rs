//! The data contract: what the records mean. Pod records and their rules, nothing of the wire.

pub mod command;
pub mod id;
pub mod schema;
pub mod seed;
pub mod stage;
