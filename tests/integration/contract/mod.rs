mod action;
mod action_mask;
mod annotation;
mod blueprint;
mod budgets;
mod catalog;
mod command;
mod enumerations;
mod field_report;
mod gate_result;
mod known_schemas;
mod normalizer;
mod observation;
mod outcome;
mod seed_state;
mod seed_state_report;
mod signals;
mod stage;
mod task;
mod telemetry;
mod to_observation;
mod vocabulary;

use crate::prelude::*;

fn germinate() -> AdaptationCommand {
    AdaptationCommand::new(CommandType::Germinate)
        .with_blueprint("conv_enhance")
        .unwrap()
        .with_target_stage(SeedStage::Germinated)
        .with_risk(RiskLevel::Yellow)
        .with_action(4)
        .answering(17, 2, 3)
}
