//! The data contract: what the records mean. Pod records and their rules, nothing of the wire.

pub mod action;
pub mod id;
pub mod observation;
pub mod schema;
pub mod signals;
pub mod stage;
