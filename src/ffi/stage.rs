// C header: contract
//! Stages and the names of the contract's enumerations.

use super::boundary::{act, block, interned, out};
use super::status::Status;
use crate::contract::outcome::{OutcomeCode, OutcomeStatus};
use crate::contract::stage::{CommandType, GateLevel, RiskLevel, SeedOperation, SeedStage};
use std::ffi::c_char;

/// Room that leyline_seed_stage_successors needs.
pub const LEYLINE_MAX_SUCCESSORS: usize = 2;

/// The name of a stage, as the contract has it.
///
/// @param stage  a leyline_seed_stage
/// @param name   a static string
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_name(stage: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(SeedStage::from_value(stage)?.name()));
        Ok(())
    })
}

/// Whether a seed of that stage computes: TRAINING to FOSSILIZED.
///
/// @param stage  a leyline_seed_stage
/// @param holds  whether it is so
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_is_active(stage: u32, holds: *mut bool) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let holds = out(holds, "holds")?;
        holds.set(SeedStage::from_value(stage)?.is_active());
        Ok(())
    })
}

/// Whether a seed of that stage has been given up: CULLED to RESETTING.
///
/// @param stage  a leyline_seed_stage
/// @param holds  whether it is so
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_is_failure(stage: u32, holds: *mut bool) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let holds = out(holds, "holds")?;
        holds.set(SeedStage::from_value(stage)?.is_failure());
        Ok(())
    })
}

/// Whether nothing follows that stage: FOSSILIZED.
///
/// @param stage  a leyline_seed_stage
/// @param holds  whether it is so
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_is_terminal(stage: u32, holds: *mut bool) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let holds = out(holds, "holds")?;
        holds.set(SeedStage::from_value(stage)?.is_terminal());
        Ok(())
    })
}

/// Whether a seed may go from one stage to another. No stage may go to itself.
///
/// @param from   a leyline_seed_stage
/// @param to     a leyline_seed_stage
/// @param holds  whether it may
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_can_go_to(from: u32, to: u32, holds: *mut bool) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let holds = out(holds, "holds")?;
        holds.set(SeedStage::from_value(from)?.can_go_to(SeedStage::from_value(to)?));
        Ok(())
    })
}

/// The stages that a seed may go to.
///
/// @param stage       a leyline_seed_stage
/// @param successors  room for LEYLINE_MAX_SUCCESSORS stages
/// @param count       how many there are
/// @return            LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_stage_successors(
    stage: u32,
    successors: *mut u32,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let count = out(count, "count")?;
        let stages = SeedStage::from_value(stage)?.successors();
        let places = block(successors, LEYLINE_MAX_SUCCESSORS, "successors")?;
        for (place, stage) in places.iter_mut().zip(stages) {
            *place = stage.value().into();
        }
        count.set(stages.len());
        Ok(())
    })
}

/// The stage that an operation leads to.
///
/// @param operation  a leyline_seed_operation
/// @param stage      a leyline_seed_stage
/// @return           LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_operation_target(operation: u32, stage: *mut u32) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let stage = out(stage, "stage")?;
        stage.set(SeedOperation::from_value(operation)?.target_stage().value().into());
        Ok(())
    })
}

/// The name of an operation, as the contract has it.
///
/// @param operation  a leyline_seed_operation
/// @param name       a static string
/// @return           LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_seed_operation_name(operation: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(SeedOperation::from_value(operation)?.name()));
        Ok(())
    })
}

/// The name of a gate, as the contract has it.
///
/// @param gate   a leyline_gate
/// @param name   a static string
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_gate_name(gate: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(GateLevel::from_value(gate)?.name()));
        Ok(())
    })
}

/// The name of a risk level, as the contract has it.
///
/// @param risk   a leyline_risk
/// @param name   a static string
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_risk_name(risk: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(RiskLevel::from_value(risk)?.name()));
        Ok(())
    })
}

/// The name of a command type, as the contract has it.
///
/// @param command_type  a leyline_command_type
/// @param name          a static string
/// @return              LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_type_name(command_type: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(CommandType::from_value(command_type)?.name()));
        Ok(())
    })
}

/// The name of an outcome status, as the contract has it.
///
/// @param status  a leyline_outcome_status
/// @param name    a static string
/// @return        LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_outcome_status_name(status: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(OutcomeStatus::from_value(status)?.name()));
        Ok(())
    })
}

/// The name of an outcome code, as the contract has it.
///
/// @param code   a leyline_outcome_code
/// @param name   a static string
/// @return       LEYLINE_ERR_INVALID_ENUM
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_outcome_code_name(code: u32, name: *mut *const c_char) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let name = out(name, "name")?;
        name.set(interned(OutcomeCode::from_value(code)?.name()));
        Ok(())
    })
}
