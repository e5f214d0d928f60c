// C header: contract
//! Outcomes of commands.

use super::boundary::pointer::{input, out};
use super::boundary::{call::act, status::Status};
use crate::contract::command::AdaptationCommand;
use crate::contract::outcome::{CommandOutcome, OutcomeCode, OutcomeStatus};

/// Makes the answer to a command.
///
/// @param command_sequence  the command's sequence in its ring
/// @param status            a leyline_outcome_status
/// @param code              a leyline_outcome_code: NONE exactly when ACCEPTED or EXECUTED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_command_outcome_init(
    outcome: *mut CommandOutcome,
    command: *const AdaptationCommand,
    command_sequence: u64,
    status: u32,
    code: u32,
) -> Status {
    act!({
        let outcome = out(outcome, "outcome")?;
        let command = input(command, "command")?;
        let (status, code) = (OutcomeStatus::from_value(status)?, OutcomeCode::from_value(code)?);
        let made = match status {
            OutcomeStatus::Accepted => CommandOutcome::accepted(&command, command_sequence),
            OutcomeStatus::Executed => CommandOutcome::executed(&command, command_sequence),
            OutcomeStatus::Rejected => CommandOutcome::rejected(&command, command_sequence, code, ""),
            OutcomeStatus::Failed => CommandOutcome::failed(&command, command_sequence, code, ""),
        };
        let made = CommandOutcome { code: code.value(), ..made };
        made.check()?;
        outcome.set(made);
    })
}
