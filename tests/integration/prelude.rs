//! Imports that the tests of records, schemas and seeds share.

#![allow(unused_imports)]

pub(crate) use leyline::contract::action::*;
pub(crate) use leyline::contract::action_mask::*;
pub(crate) use leyline::contract::annotation::*;
pub(crate) use leyline::contract::blueprint::*;
pub(crate) use leyline::contract::budgets::*;
pub(crate) use leyline::contract::catalog::*;
pub(crate) use leyline::contract::command::*;
pub(crate) use leyline::contract::decision::*;
pub(crate) use leyline::contract::enumerations::*;
pub(crate) use leyline::contract::field_report::*;
pub(crate) use leyline::contract::gate_result::*;
pub(crate) use leyline::contract::known_schemas::*;
pub(crate) use leyline::contract::normalizer::*;
pub(crate) use leyline::contract::observation::*;
pub(crate) use leyline::contract::outcome::*;
pub(crate) use leyline::contract::seed_metrics::*;
pub(crate) use leyline::contract::seed_state::*;
pub(crate) use leyline::contract::seed_state_report::*;
pub(crate) use leyline::contract::signals::*;
pub(crate) use leyline::contract::stage::*;
pub(crate) use leyline::contract::task::*;
pub(crate) use leyline::contract::telemetry::*;
pub(crate) use leyline::contract::to_observation::*;
pub(crate) use leyline::contract::version_2::*;
pub(crate) use leyline::contract::vocabulary::*;
pub(crate) use leyline::schema::canonical::*;
pub(crate) use leyline::schema::decode::{Decoded, OptionalFields, Value, Vocabulary};
pub(crate) use leyline::schema::enumeration::*;
pub(crate) use leyline::schema::field::*;
pub(crate) use leyline::schema::id::*;
pub(crate) use leyline::schema::migration::*;
pub(crate) use leyline::schema::record::*;
pub(crate) use leyline::schema::row::*;
pub(crate) use leyline::schema::scale::*;
pub(crate) use leyline::seed::gates::*;
pub(crate) use leyline::seed::journal::*;
pub(crate) use leyline::seed::lifecycle::*;
pub(crate) use leyline::seed::tracker::*;
pub(crate) use leyline::*;
