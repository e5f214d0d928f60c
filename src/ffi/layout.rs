//! The byte layout of every struct that crosses: what `leyline/layout.h` asserts for C and C++ is
//! Rust's.

#![cfg(test)]

use super::action_space::{leyline_action_info_t, leyline_action_space_info_t};
use super::controller::{
    leyline_annotation_t, leyline_answer_t, leyline_controller_info_t, leyline_controller_options_t,
    leyline_sent_t,
};
use super::reading::{leyline_gathered_t, leyline_notice_t};
use super::schema::{leyline_field_t, leyline_parameter_t, leyline_schema_info_t, leyline_seed_state_t};
use super::seed_host::leyline_seed_host_t;
use super::seed_lifecycle::{leyline_gate_verdict_t, leyline_seed_lifecycle_info_t};
use super::segment::{leyline_displaced_t, leyline_ring_info_t, leyline_segment_info_t};
use super::stamp::{leyline_meta_t, leyline_stamp_t};
use super::steering::{leyline_steered_t, leyline_steering_options_t};
use super::tools::{
    leyline_command_state_t, leyline_consumer_status_t, leyline_listed_t, leyline_ring_status_t,
    leyline_role_info_t,
};
use super::tracker::leyline_validation_t;
use super::trainer::{leyline_received_t, leyline_trainer_info_t};
use super::{
    budgets::leyline_overrun_t, link::leyline_link_options_t, normalizer::leyline_normalized_t,
    observation::leyline_feature_t, options::leyline_options_t, peer::leyline_peer_t,
    spec::leyline_ring_options_t, stage::leyline_seed_stage_info_t, wait::leyline_wait_t,
    writer::leyline_writer_info_t,
};
use crate::contract::annotation::{AnnotationValue, CommandAnnotation};
use crate::contract::signals::{TrainingMetrics, TrainingSignals};
use crate::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use crate::contract::{
    blueprint::BlueprintSpec, budgets::PerformanceBudgets, command::AdaptationCommand, decision::Decision,
    field_report::FieldReport, gate_result::GateResult, observation::Observation, outcome::CommandOutcome,
    seed_metrics::SeedMetrics, seed_state_report::SeedStateReport, task::Task,
};
use crate::handle::{device_ring::DeviceRing, latest_by_env::EnvMark};
use crate::ring::state::Takeover;
use crate::schema::id::{Id, Text};
use crate::seed::{gates::GateThresholds, journal::Untold};
use crate::segment::role_page::Latency;
use std::mem::{offset_of, size_of};

/// Asserts that each struct has these fields and no others, and lists where they are. A text's only
/// field is private.
macro_rules! layout {
    ($($t:ident $(as $c:ident)? { $($field:ident),* $(..)? })+) => {
        fn asserted() -> Vec<String> {
            let mut lines = Vec::new();
            $({
                let name = [$(stringify!($c),)? stringify!($t)][0];
                lines.push(format!("LEYLINE_SIZE({name}, {});", size_of::<$t>()));
                $(lines.push(format!("LEYLINE_AT({name}, {}, {});", stringify!($field), offset_of!($t, $field)));)*
            })+
            lines
        }
    };
}

layout! {
    Id as leyline_id_t { .. }
    Text as leyline_text_t { .. }
    AnnotationValue as leyline_annotation_value_t { .. }
    leyline_stamp_t { time_ns, env, flags, reserved }
    leyline_meta_t { sequence, time_ns, generation, skipped, env, flags, reserved }
    leyline_notice_t { missed, next, generation, first_sequence }
    leyline_peer_t { silent_for_ns, state, reserved, reason }
    EnvMark as leyline_env_mark_t { sequence, time_ns, generation, records, env, flags, all_flags }
    leyline_gathered_t { read, missed, changed, outside }
    leyline_options_t { directory, mode, trust, access, on_close, group, prefault, pages, command_line, role_timeout_ns, canceller, reserved }
    leyline_ring_options_t { name, capacity, rows, consumers, policy, time_source, reserved }
    leyline_ring_info_t { schema, name, fingerprint, capacity, record_size, rows, consumers, policy, time_source, kind, lane }
    leyline_displaced_t { uncommitted, segments, reserved }
    Latency as leyline_latency_t { count, sum, min, max, misses, deadline, buckets }
    leyline_role_info_t { since_unix_ns, records, lost, sanitized, latency, pid, held, command, failure }
    leyline_field_t { name, r#type, count, offset, reserved, unit, low, high, scale, missing }
    leyline_parameter_t { name, value }
    leyline_seed_state_t { active, stage, slots, reserved }
    Task as leyline_task_t { name, baseline_loss, target_loss, delta_std, max_epochs, max_steps, max_slots }
    leyline_normalized_t { values }
    Observation as leyline_observation_t { values }
    leyline_feature_t { name, unit, low, high, missing, worst, whole, reserved }
    Decision as leyline_decision_t { observation_sequence, writer_generation, confidence, value_estimate, log_probability, action, env }
    AdaptationCommand as leyline_adaptation_command_t { id, time_unix_ns, observation_sequence, writer_generation, target_seed, target_slot, blueprint, reason, alpha, learning_rate, confidence, present, action, env, command_type, target_stage, risk, reserved }
    SeedMetrics as leyline_seed_metrics_t { epochs_total, epochs_in_stage, initial_accuracy, current_accuracy, best_accuracy, accuracy_at_stage_start, total_improvement, improvement_since_stage_start, isolation_violations, mean_gradient_norm, alpha, alpha_ramp_step }
    CommandOutcome as leyline_command_outcome_t { command_id, command_sequence, observation_sequence, writer_generation, time_unix_ns, seed, text, metrics, gate_score, present, env, code, status, stage_before, stage_after, gate, gate_passed, reserved }
    TrainingMetrics as leyline_training_metrics_t { global_step, epoch, validations, plateau_epochs, present, train_loss, val_loss, loss_delta, train_accuracy, val_accuracy, accuracy_delta, best_val_accuracy, best_val_loss, grad_norm_host, grad_norm_seed }
    TrainingSignals as leyline_training_signals_t { metrics, time_unix_ns, observation_sequence, writer_generation, active_seeds, loss_history, accuracy_history, available_slots, seed_epochs_in_stage, seed_alpha, seed_improvement, gpu_memory_gb, gpu_utilization, epoch_duration_ms, present, active_seeds_dropped, loss_history_dropped, accuracy_history_dropped, active_seed_count, loss_history_count, accuracy_history_count, seed_stage, env, reserved }
    SeedTelemetry as leyline_seed_telemetry_t { captured_at_unix_ns, seed, blueprint, layer, gradient_norm, gradient_health, accuracy, accuracy_delta, alpha, epochs_in_stage, epoch, max_epochs, present, env, stage, vanishing, exploding, reserved }
    SeedStateReport as leyline_seed_state_report_t { entered_at_unix_ns, reported_at_unix_ns, seed, slot, blueprint, metrics, present, env, stage, previous_stage, healthy, improving, needs_attention, reserved }
    GateResult as leyline_gate_result_t { time_unix_ns, seed, slot, message, checks_passed, checks_failed, score, present, checks_passed_dropped, checks_failed_dropped, env, gate, passed, checks_passed_count, checks_failed_count, reserved }
    FieldReport as leyline_field_report_t { id, germinated_at_unix_ns, completed_at_unix_ns, seed, blueprint, slot, failure_reason, signals, commands, epochs_in_stage, total_epochs, accuracy_at_germination, accuracy_at_completion, total_improvement, best_accuracy, present, commands_dropped, env, command_count, final_stage, success, failure_stage, reserved }
    TelemetryEvent as leyline_telemetry_event_t { id, time_unix_ns, seed, slot, message, data_names, data_values, epoch, present, data_dropped, env, event_type, severity, data_count, reserved }
    BlueprintSpec as leyline_blueprint_spec_t { id, name, topology, description, tags, parameters, min_channels, max_channels, compute_cost, memory_cost, training_epochs, blending_epochs, present, tags_dropped, env, tag_count, reserved }
    PerformanceBudgets as leyline_performance_budgets_t { epoch_ms, blending_ms, gate_check_ms, seed_memory_gb, total_memory_gb, env, reserved }
    leyline_overrun_t { budget, limit, measured, reserved }
    Untold as leyline_untold_t { events, state_reports, gate_results, field_reports }
    leyline_seed_host_t { context, germinate, cull, fossilize, alpha, learning_rate, pause, resume, stage, accuracy, signals, telemetry, decision, outcome }
    leyline_steering_options_t { slots, slot_count, thresholds, max_epochs, ramp_epochs, fossils, plateau_threshold_pp, reserved }
    leyline_steered_t { sequence, sanitized, decisions, commands }
    leyline_validation_t { global_step, epoch, train_loss, val_loss, train_accuracy, val_accuracy, reserved }
    GateThresholds as leyline_gate_thresholds_t { min_stage_improvement, max_isolation_violations, min_training_epochs, min_blending_epochs, min_alpha, shadowing_dwell_percent, total_improvement_above }
    leyline_gate_verdict_t { gate, passed, score, reserved, text }
    leyline_link_options_t { observe, observations, decisions, commands, lanes, rows, time_source, reserved }
    leyline_received_t { command, sequence, time_ns, lane, reserved }
    leyline_trainer_info_t { sent, decided, refused, last_latency_ns, generation, rows, width, lanes, handed_over, reserved }
    leyline_controller_options_t { observe, lane, accept, reserved }
    leyline_controller_info_t { received, lost, rows, width, lane, reserved }
    leyline_wait_t { timeout_ns, strategy, on_signal, check_every_ns, reserved }
    leyline_action_space_info_t { topology, canonical, json, fingerprint, count, reserved }
    leyline_action_info_t { name, blueprint, kind, reserved }
    leyline_seed_stage_info_t { active, failure, terminal, next_stages, successor_count, successors, reserved }
    leyline_seed_lifecycle_info_t { metrics, untold, seed, blueprint, stage, previous_stage, health, reserved }
    CommandAnnotation as leyline_command_annotation_t { command_id, key, value, index, env, command_type, count, reserved }
    leyline_annotation_t { key, value }
    leyline_answer_t { reason, confidence, value_estimate, log_probability, reserved }
    leyline_sent_t { decision_sequence, command_sequence, command_id, latency_ns }
    leyline_ring_status_t { last_sequence, written, readable, generation, age_ns, rate_hz, writer, consumers, handed_over, reserved }
    DeviceRing as leyline_device_ring_t { control, data, data_len, capacity, first_sequence, next_sequence, generation, stride, payload_size, record_size, rows }
    Takeover as leyline_takeover_t { generation, first_sequence }
    leyline_consumer_status_t { committed, behind, passed_over, held, reserved }
    leyline_command_state_t { command, outcome, sequence, time_ns, has_outcome, committed, open, annotations }
    leyline_listed_t { file, bytes, modified_unix_ns, kind, owner }
    leyline_schema_info_t { name, canonical, space_json, size, fields, parameters, width, fingerprint, version, reserved }
    leyline_segment_info_t { path, pages, bytes, rings, created_unix_ns, id, sealed, name_state, reserved }
    leyline_writer_info_t { next_sequence, generation, reserved }
}

mod tests {
    #[test]
    fn the_header_asserts_the_same_layout() {
        let header = include_str!("../../include/leyline/layout.h");
        let mut found: Vec<&str> = header
            .lines()
            .filter(|l| l.starts_with("LEYLINE_SIZE(") || l.starts_with("LEYLINE_AT("))
            // The only field of a text, private in Rust.
            .filter(|l| !l.ends_with(", bytes, 0);"))
            .collect();
        let mut expected: Vec<String> = super::asserted().iter().map(|l| l.replace("r#", "")).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
