//! The data contract: what the records mean. Pod records and their rules, nothing of the wire.

pub mod action;
pub mod annotation;
pub mod blueprint;
pub mod budgets;
pub mod command;
mod figures;
mod fours;
pub mod id;
pub mod normalize;
pub mod observation;
pub mod record;
pub mod registry;
pub mod report;
pub mod scale;
pub mod schema;
pub mod seed;
pub mod signals;
pub mod space;
pub mod stage;
pub mod telemetry;
pub mod value;
