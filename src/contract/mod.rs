//! The data contract: what the records mean. Pod records and their rules, nothing of the wire.

pub mod action;
pub mod action_mask;
pub mod annotation;
pub mod blueprint;
pub mod budgets;
pub mod catalog;
pub mod command;
pub mod decision;
pub mod enumerations;
pub mod field_report;
pub mod gate_result;
pub mod known_schemas;
pub mod normalizer;
pub mod observation;
pub mod outcome;
pub mod seed_metrics;
pub mod seed_state;
pub mod seed_state_report;
pub mod signals;
pub mod stage;
pub mod task;
pub mod telemetry;
pub mod to_observation;
pub mod version_2;
pub mod vocabulary;
