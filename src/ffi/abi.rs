//! The byte layout of every struct that crosses, asserted here for Rust and in the header for C and C++.

use super::action_space::{leyline_action_info_t, leyline_action_space_info_t};
use super::budgets::leyline_overrun_t;
use super::controller::{
    leyline_annotation_t, leyline_answer_t, leyline_controller_info_t, leyline_controller_options_t,
    leyline_sent_t,
};
use super::device::DeviceRingRecord;
use super::gather::GatheredRecord;
use super::link::leyline_link_options_t;
use super::normalizer::leyline_normalized_t;
use super::observation::leyline_feature_t;
use super::onlooker::{
    CommandStateRecord, ConsumerStatusRecord, ListedRecord, RingStatusRecord, TakeoverRecord,
};
use super::rings::{MetaRecord, NoticeRecord, PeerRecord, StampRecord};
use super::schema::{FieldEntry, ParameterEntry};
use super::seed_lifecycle::{
    leyline_gate_thresholds_t, leyline_gate_verdict_t, leyline_seed_lifecycle_info_t, leyline_untold_t,
};
use super::segment::{
    DisplacedRecord, LatencyRecord, OptionsRecord, RingInfoRecord, RingOptionsRecord, RoleInfoRecord,
};
use super::space::SeedStateRecord;
use super::stage::leyline_seed_stage_info_t;
use super::tracker::{leyline_seed_view_t, leyline_validation_t};
use super::trainer::{leyline_received_t, leyline_trainer_info_t};
use super::wait::leyline_wait_t;
use crate::contract::annotation::AnnotationValue;
use crate::contract::task::Task;
use crate::handle::latest_by_env::EnvMark;
use crate::schema::id::{Id, Text};
use std::mem::{offset_of, size_of};

macro_rules! layout {
    ($($t:ident as $c:literal { size $size:literal; $($field:ident $at:literal),* })+) => {
        const _: () = {$(
            assert!(size_of::<$t>() == $size);
            $(assert!(offset_of!($t, $field) == $at);)*
        )+};

        /// What the header asserts.
        #[cfg(test)]
        const ASSERTED: &[&str] = &[$(
            concat!("LEYLINE_SIZE(", $c, ", ", $size, ");"),
            $(concat!("LEYLINE_AT(", $c, ", ", stringify!($field), ", ", $at, ");"),)*
        )+];
    };
}

layout! {
    Id as "leyline_id_t" { size 40; }
    Text as "leyline_text_t" { size 64; }
    AnnotationValue as "leyline_annotation_value_t" { size 184; }
    StampRecord as "leyline_stamp_t" { size 16; time_ns 0, env 8, flags 10, reserved 11 }
    MetaRecord as "leyline_meta_t" { size 40; sequence 0, time_ns 8, generation 16, skipped 24, env 32, flags 34, reserved 35 }
    NoticeRecord as "leyline_notice_t" { size 32; missed 0, next 8, generation 16, first_sequence 24 }
    PeerRecord as "leyline_peer_t" { size 16; silent_for_ns 0, state 8, reserved 12 }
    EnvMark as "leyline_env_mark_t" { size 32; sequence 0, time_ns 8, generation 16, records 24, env 28, flags 30, all_flags 31 }
    GatheredRecord as "leyline_gathered_t" { size 32; read 0, missed 8, changed 16, outside 24 }
    OptionsRecord as "leyline_options_t" { size 56; directory 0, mode 8, trust 12, access 16, on_close 20, group 24, prefault 28, pages 32, command_line 36, role_timeout_ns 40, reserved 48 }
    RingOptionsRecord as "leyline_ring_options_t" { size 64; name 0, capacity 8, rows 16, consumers 20, policy 24, time_source 28, reserved 32 }
    RingInfoRecord as "leyline_ring_info_t" { size 96; name 0, fingerprint 40, capacity 56, record_size 64, rows 72, consumers 76, policy 80, time_source 84, kind 88, lane 92 }
    DisplacedRecord as "leyline_displaced_t" { size 16; uncommitted 0, segments 8, reserved 12 }
    LatencyRecord as "leyline_latency_t" { size 560; count 0, sum 8, min 16, max 24, misses 32, deadline 40, buckets 48 }
    RoleInfoRecord as "leyline_role_info_t" { size 792; since_unix_ns 0, records 8, lost 16, latency 24, pid 584, held 588, command 592 }
    FieldEntry as "leyline_field_t" { size 64; name 0, r#type 8, count 12, offset 16, reserved 20, unit 24, low 32, high 40, scale 48, missing 56 }
    ParameterEntry as "leyline_parameter_t" { size 16; name 0, value 8 }
    SeedStateRecord as "leyline_seed_state_t" { size 16; active 0, stage 4, slots 8, reserved 12 }
    Task as "leyline_task_t" { size 88; name 0, baseline_loss 40, target_loss 48, delta_std 56, max_epochs 64, max_steps 72, max_slots 80 }
    leyline_normalized_t as "leyline_normalized_t" { size 108; values 0 }
    leyline_feature_t as "leyline_feature_t" { size 32; name 0, unit 8, low 16, high 20, missing 24, whole 28 }
    leyline_overrun_t as "leyline_overrun_t" { size 16; budget 0, limit 4, measured 8, reserved 12 }
    leyline_untold_t as "leyline_untold_t" { size 32; events 0, state_reports 8, gate_results 16, field_reports 24 }
    leyline_validation_t as "leyline_validation_t" { size 32; global_step 0, epoch 8, train_loss 12, val_loss 16, train_accuracy 20, val_accuracy 24, reserved 28 }
    leyline_seed_view_t as "leyline_seed_view_t" { size 56; id 0, stage 40, epochs_in_stage 44, alpha 48, improvement 52 }
    leyline_gate_thresholds_t as "leyline_gate_thresholds_t" { size 28; min_stage_improvement 0, max_isolation_violations 4, min_training_epochs 8, min_blending_epochs 12, min_alpha 16, shadowing_dwell_percent 20, total_improvement_above 24 }
    leyline_gate_verdict_t as "leyline_gate_verdict_t" { size 256; gate 0, passed 4, score 8, reserved 12, text 16 }
    leyline_link_options_t as "leyline_link_options_t" { size 64; observe 0, observations 8, decisions 16, commands 24, lanes 32, rows 36, time_source 40, reserved 44 }
    leyline_received_t as "leyline_received_t" { size 272; command 0, sequence 248, time_ns 256, lane 264, reserved 268 }
    leyline_trainer_info_t as "leyline_trainer_info_t" { size 80; sent 0, decided 8, refused 16, last_latency_ns 24, generation 32, rows 40, width 48, lanes 56, handed_over 60, reserved 64 }
    leyline_controller_options_t as "leyline_controller_options_t" { size 32; observe 0, lane 8, accept 12, reserved 16 }
    leyline_controller_info_t as "leyline_controller_info_t" { size 56; received 0, lost 8, rows 16, width 24, lane 32, reserved 36 }
    leyline_wait_t as "leyline_wait_t" { size 32; timeout_ns 0, strategy 8, on_signal 12, canceller 16, reserved 24 }
    leyline_action_space_info_t as "leyline_action_space_info_t" { size 64; topology 0, canonical 8, json 16, fingerprint 24, count 40, reserved 48 }
    leyline_action_info_t as "leyline_action_info_t" { size 24; name 0, blueprint 8, kind 16, reserved 20 }
    leyline_seed_stage_info_t as "leyline_seed_stage_info_t" { size 32; active 0, failure 4, terminal 8, next_stages 12, successor_count 16, successors 20, reserved 28 }
    leyline_seed_lifecycle_info_t as "leyline_seed_lifecycle_info_t" { size 176; metrics 0, untold 48, seed 80, blueprint 120, stage 160, previous_stage 164, health 168, reserved 172 }
    leyline_annotation_t as "leyline_annotation_t" { size 16; key 0, value 8 }
    leyline_answer_t as "leyline_answer_t" { size 24; reason 0, confidence 8, value_estimate 12, log_probability 16, reserved 20 }
    leyline_sent_t as "leyline_sent_t" { size 40; decision_sequence 0, command_sequence 8, command_id 16, latency_ns 32 }
    RingStatusRecord as "leyline_ring_status_t" { size 64; last_sequence 0, written 8, readable 16, generation 24, age_ns 32, rate_hz 40, writer 48, consumers 52, handed_over 56, reserved 60 }
    DeviceRingRecord as "leyline_device_ring_t" { size 72; control 0, data 8, data_len 16, capacity 24, first_sequence 32, next_sequence 40, generation 48, stride 56, payload_size 60, record_size 64, rows 68 }
    TakeoverRecord as "leyline_takeover_t" { size 16; generation 0, first_sequence 8 }
    ConsumerStatusRecord as "leyline_consumer_status_t" { size 32; committed 0, behind 8, passed_over 16, held 24, reserved 28 }
    CommandStateRecord as "leyline_command_state_t" { size 504; command 0, outcome 248, sequence 472, time_ns 480, has_outcome 488, committed 492, open 496, annotations 500 }
    ListedRecord as "leyline_listed_t" { size 104; file 0, bytes 80, modified_unix_ns 88, kind 96, owner 100 }
}

#[cfg(test)]
mod tests {
    use crate::contract::catalog::{Layout, layouts};

    #[test]
    fn the_header_asserts_the_same_layout() {
        let header = include_str!("../../include/leyline/layout.h");
        let mut found: Vec<&str> = header
            .lines()
            .filter(|l| l.starts_with("LEYLINE_SIZE(") || l.starts_with("LEYLINE_AT("))
            // The only field of a text, private in Rust.
            .filter(|l| !l.ends_with(", bytes, 0);"))
            .collect();
        let mut expected: Vec<String> = super::ASSERTED.iter().map(|l| l.replace("r#", "")).collect();
        for Layout { c_name, size, fields } in layouts() {
            expected.push(format!("LEYLINE_SIZE({c_name}, {size});"));
            expected.extend(fields.iter().map(|(name, at)| format!("LEYLINE_AT({c_name}, {name}, {at});")));
        }
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
