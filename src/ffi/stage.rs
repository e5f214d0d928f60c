// C header: contract
//! Seed stages.

use super::boundary::{call::act, pointer::out, status::Status};
use crate::contract::stage::{SeedOperation, SeedStage};

/// Most stages that may follow a stage.
pub const LEYLINE_MAX_SUCCESSORS: usize = 2;

/// A stage of a seed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_seed_stage_info_t {
    /// 1 if a seed of the stage computes (TRAINING to FOSSILIZED), else 0.
    pub active: u32,
    /// 1 if it has been given up (CULLED to RESETTING), else 0.
    pub failure: u32,
    /// 1 if no stage follows (FOSSILIZED), else 0.
    pub terminal: u32,
    /// Bit s: stage s may follow.
    pub next_stages: u32,
    /// Stages that may follow.
    pub successor_count: u32,
    /// The first successor_count of them.
    pub successors: [u32; LEYLINE_MAX_SUCCESSORS],
    /// 0.
    pub reserved: u32,
}

/// Describes a stage.
///
/// @param stage  a leyline_seed_stage
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_info(stage: u32, info: *mut leyline_seed_stage_info_t) -> Status {
    act!({
        let place = out(info, "info")?;
        let stage = SeedStage::from_value(stage)?;
        let followers = stage.successors();
        let mut successors = [0; LEYLINE_MAX_SUCCESSORS];
        for (place, stage) in successors.iter_mut().zip(followers) {
            *place = stage.value().into();
        }
        place.set(leyline_seed_stage_info_t {
            active: stage.is_active().into(),
            failure: stage.is_failure().into(),
            terminal: stage.is_terminal().into(),
            next_stages: followers.iter().fold(0, |bits, stage| bits | 1 << stage.value()),
            successor_count: followers.len() as u32,
            successors,
            reserved: 0,
        });
    })
}

/// Gives the stage that an operation leads to.
///
/// @param operation  a leyline_seed_operation
/// @param stage      a leyline_seed_stage
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_operation_target(operation: u32, stage: *mut u32) -> Status {
    act!(out(stage, "stage")?.set(SeedOperation::from_value(operation)?.target_stage().value().into()))
}
