/* The contract through C: what it computes, and what it refuses. */
#include "check.h"

static void stages(void) {
    for (uint32_t stage = 0; stage <= 10; stage++) CHECK(leyline_enum_name(LEYLINE_ENUM_SEED_STAGE, stage) != NULL);
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_SEED_STAGE, 10), "RESETTING") == 0);
    leyline_seed_stage_info_t info;
    OK(leyline_seed_stage_info(LEYLINE_SEED_STAGE_DORMANT, &info));
    CHECK((info.next_stages >> LEYLINE_SEED_STAGE_GERMINATED & 1) == 1);
    OK(leyline_seed_stage_info(LEYLINE_SEED_STAGE_FOSSILIZED, &info));
    CHECK(info.next_stages == 0 && info.successor_count == 0 && info.terminal == 1);
    OK(leyline_seed_stage_info(LEYLINE_SEED_STAGE_EMBARGOED, &info));
    CHECK(info.failure == 1 && info.terminal == 0);
    OK(leyline_seed_stage_info(LEYLINE_SEED_STAGE_GERMINATED, &info));
    CHECK(info.active == 0 && info.failure == 0);
    OK(leyline_seed_stage_info(LEYLINE_SEED_STAGE_BLENDING, &info));
    CHECK(info.successor_count == LEYLINE_MAX_SUCCESSORS && info.active == 1);
    CHECK(info.successors[0] == LEYLINE_SEED_STAGE_SHADOWING && info.successors[1] == LEYLINE_SEED_STAGE_CULLED);
    CHECK(info.next_stages == (1u << LEYLINE_SEED_STAGE_SHADOWING | 1u << LEYLINE_SEED_STAGE_CULLED));
    uint32_t stage = 99;
    OK(leyline_seed_operation_target(LEYLINE_SEED_OPERATION_FOSSILIZE, &stage));
    CHECK(stage == LEYLINE_SEED_STAGE_FOSSILIZED);
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_OUTCOME_CODE, LEYLINE_OUTCOME_CODE_NO_FREE_SLOT), "NO_FREE_SLOT") == 0);

    /* Numbers that stand for nothing: refused, outputs as they were. */
    const uint32_t none[] = {11, 255, 256, UINT32_MAX};
    const leyline_seed_stage_info_t before = info;
    for (size_t i = 0; i < 4; i++) {
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_stage_info(none[i], &info));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "operation", leyline_seed_operation_target(none[i], &stage));
        CHECK(leyline_enum_name(LEYLINE_ENUM_SEED_STAGE, none[i]) == NULL);
        CHECK(leyline_enum_name(LEYLINE_ENUM_GATE, none[i]) == NULL);
        CHECK(leyline_enum_name(LEYLINE_ENUM_RISK, none[i]) == NULL);
        CHECK(leyline_enum_name(LEYLINE_ENUM_COMMAND_TYPE, none[i]) == NULL);
        CHECK(leyline_enum_name(LEYLINE_ENUM_SEED_OPERATION, none[i]) == NULL);
        CHECK(leyline_enum_name(LEYLINE_ENUM_OUTCOME_STATUS, none[i]) == NULL);
        CHECK(leyline_enum_name(none[i] + 1000, 1) == NULL);
    }
    CHECK(memcmp(&info, &before, sizeof info) == 0 && stage == LEYLINE_SEED_STAGE_FOSSILIZED);
}

static void observations(void) {
    leyline_observation_t o, before;
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_OBSERVATION, o));
    CHECK(o.values[LEYLINE_FEATURE_BEST_VAL_LOSS] == (float)LEYLINE_BEST_VAL_LOSS_CAP);
    o.values[LEYLINE_FEATURE_VAL_LOSS] = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "VAL_LOSS", LEYLINE_CHECK(LEYLINE_RECORD_OBSERVATION, o));
    o.values[LEYLINE_FEATURE_TRAIN_LOSS] = INFINITY;
    o.values[LEYLINE_FEATURE_SEED_STAGE] = 11;
    before = o;
    NEEDS("replaced", LEYLINE_SANITIZE(LEYLINE_RECORD_OBSERVATION, o, (uint64_t *)(void *)((char *)&before + 1)));
    CHECK(memcmp(&o.values[4], &before.values[4], sizeof o.values - 16) == 0);
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(LEYLINE_RECORD_OBSERVATION, o, &replaced));
    CHECK(replaced == (1u << LEYLINE_FEATURE_VAL_LOSS | 1u << LEYLINE_FEATURE_TRAIN_LOSS | 1u << LEYLINE_FEATURE_SEED_STAGE));
    CHECK(o.values[LEYLINE_FEATURE_VAL_LOSS] == 1e6f && o.values[LEYLINE_FEATURE_TRAIN_LOSS] == 1e6f);
    OK(LEYLINE_CHECK(LEYLINE_RECORD_OBSERVATION, o));
    o.values[LEYLINE_FEATURE_EPOCH] = 0.5f;
    REFUSES(LEYLINE_ERR_NOT_WHOLE, "EPOCH", LEYLINE_CHECK(LEYLINE_RECORD_OBSERVATION, o));
    o.values[LEYLINE_FEATURE_EPOCH] = -1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "EPOCH", LEYLINE_CHECK(LEYLINE_RECORD_OBSERVATION, o));

    leyline_feature_t feature;
    OK(leyline_feature_info(LEYLINE_FEATURE_SEED_IMPROVEMENT, &feature));
    CHECK(strcmp(feature.name, "SEED_IMPROVEMENT") == 0 && strcmp(feature.unit, "pp") == 0);
    CHECK(feature.low == -100 && feature.high == 100 && feature.missing == 0 && feature.worst == -100);
    CHECK(feature.whole == 0 && feature.reserved == 0);
    for (uint32_t i = 0; i < LEYLINE_FEATURES; ++i) {
        OK(leyline_feature_info(i, &feature));
        OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));
        o.values[i] = NAN;
        OK(LEYLINE_SANITIZE(LEYLINE_RECORD_OBSERVATION, o, &replaced));
        CHECK(replaced == UINT64_C(1) << i && memcmp(&o.values[i], &feature.worst, sizeof(float)) == 0);
    }
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "feature", leyline_feature_info(27, &feature));
}

static void actions(void) {
    leyline_action_space_t *space = NULL, *cnn = NULL;
    const char *blueprints[] = {"conv_enhance", "norm", "depthwise", "attention"};
    const uint64_t parameters[] = {74000, 100, 4800, 2000};
    OK(leyline_action_space_new("cnn", blueprints, parameters, 4, &space));
    OK(leyline_action_space_standard("cnn", &cnn));
    leyline_action_space_info_t info, other;
    OK(leyline_action_space_info(space, &info));
    OK(leyline_action_space_info(cnn, &other));
    CHECK(memcmp(info.fingerprint, other.fingerprint, 16) == 0);
    CHECK(info.fingerprint[0] == 0x31 && info.fingerprint[15] == 0x95);
    size_t index = 99;
    leyline_action_info_t action;
    CHECK(info.count == 7 && strcmp(info.topology, "cnn") == 0);
    OK(leyline_action_space_action(space, 4, &action));
    CHECK(strcmp(action.name, "GERMINATE_CONV_ENHANCE") == 0 && action.kind == LEYLINE_ACTION_GERMINATE);
    CHECK(strcmp(action.blueprint, "conv_enhance") == 0);
    OK(leyline_action_space_index_of(space, "CULL", &index));
    CHECK(index == 6);
    OK(leyline_action_space_germinate(space, "norm", &index));
    CHECK(index == 1);
    OK(leyline_action_space_action(space, 5, &action));
    CHECK(action.kind == LEYLINE_ACTION_FOSSILIZE && action.blueprint == NULL);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "WAIT", leyline_action_space_action(space, 7, &action));
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "GROW", leyline_action_space_index_of(space, "GROW", &index));
    OK(leyline_action_space_action(space, 0, &action));
    CHECK(action.blueprint == NULL && action.kind == LEYLINE_ACTION_WAIT);
    leyline_action_space_t *none = NULL;
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "topology", leyline_action_space_standard("rnn", &none));
    OK(leyline_action_space_standard("transformer", &none));
    OK(leyline_action_space_close(none));

    leyline_observation_t batch[2];
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, batch[0]));
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, batch[1]));
    batch[0].values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1;
    batch[1].values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] = 1;
    batch[1].values[LEYLINE_FEATURE_SEED_STAGE] = LEYLINE_SEED_STAGE_PROBATIONARY;
    uint64_t mask = 0, masks[2];
    OK(leyline_action_space_masks(space, NULL, batch[0].values, 1, &mask));
    OK(leyline_action_space_masks(space, NULL, batch[0].values, 2, masks));
    CHECK(mask == 0x1f && masks[0] == 0x1f && masks[1] == 0x61);
    int8_t rows[14], expected[14] = {1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1};
    OK(leyline_action_space_masks_i8(space, NULL, batch[0].values, 2, rows, 14));
    CHECK(memcmp(rows, expected, 14) == 0);
    NEEDS("14 numbers", leyline_action_space_masks_i8(space, NULL, batch[0].values, 2, rows, 13));
    NEEDS("count", leyline_action_space_masks_i8(space, NULL, batch[0].values, SIZE_MAX, rows, 14));

    /* Through a segment. */
    leyline_spec_t *spec = NULL;
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL;
    leyline_action_space_t *found = NULL;
    leyline_ring_options_t ring = {0};
    ring.name = "commands";
    OK(leyline_spec_new(&spec));
    OK(leyline_schema_of_record(LEYLINE_RECORD_ADAPTATION_COMMAND, &schema));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    OK(leyline_segment_create("bare", spec, NULL, &segment));
    REFUSES(LEYLINE_ERR_NOT_FOUND, "action space", leyline_action_space_of_segment(segment, &found));
    OK(leyline_segment_close(segment));
    OK(leyline_segment_unlink("bare", NULL));
    OK(leyline_spec_set_actions(spec, space));
    OK(leyline_segment_create("actions", spec, NULL, &segment));
    OK(leyline_action_space_of_segment(segment, &found));
    OK(leyline_action_space_info(found, &info));
    CHECK(strncmp(info.canonical, "leyline-actions 1\ntopology cnn\naction 0 WAIT\n", 45) == 0);
    CHECK(strncmp(info.json, "{\"type\":\"Discrete\"", 18) == 0);
    OK(leyline_segment_close(segment));
    OK(leyline_segment_unlink("actions", NULL));
    OK(leyline_action_space_close(found));
    OK(leyline_action_space_close(space));
    OK(leyline_action_space_close(cnn));
    OK(leyline_schema_close(schema));
    OK(leyline_spec_close(spec));
}

static void signals_of_a_tracker(void) {
    leyline_tracker_t *tracker = NULL;
    leyline_observation_t o, again;
    leyline_training_signals_t signals;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "threshold", leyline_tracker_new(NAN, &tracker));
    OK(leyline_tracker_new(LEYLINE_PLATEAU_THRESHOLD_PP, &tracker));
    leyline_validation_t v = {100, 1, 2.0f, 1.5f, 40, 50, 0};
    OK(leyline_tracker_update(tracker, &v, NULL));
    v.epoch = 2;
    v.val_loss = 1.0f;
    v.val_accuracy = 50.25f;
    OK(leyline_tracker_update(tracker, &v, &o));
    CHECK(o.values[LEYLINE_FEATURE_LOSS_DELTA] == 0.5f && o.values[LEYLINE_FEATURE_ACCURACY_DELTA] == 0.25f);
    CHECK(o.values[LEYLINE_FEATURE_PLATEAU_EPOCHS] == 1 && o.values[LEYLINE_FEATURE_LOSS_HIST_3] == 1.5f);
    leyline_seed_lifecycle_t *seed = NULL, *none = NULL;
    OK(leyline_seed_lifecycle_new(25, NULL, &none));
    OK(leyline_seed_lifecycle_new(25, NULL, &seed));
    OK(leyline_seed_lifecycle_germinate(seed, "seed_0", "norm", 50, NULL));
    OK(leyline_seed_lifecycle_set_alpha(seed, 0.5f));
    OK(leyline_tracker_observe(tracker, (const leyline_seed_lifecycle_t *const[]){none, seed}, 2));
    OK(leyline_tracker_step(tracker, 3, 101, 0.75f, &o));
    CHECK(o.values[LEYLINE_FEATURE_TRAIN_LOSS] == 0.75f && o.values[LEYLINE_FEATURE_LOSS_DELTA] == 0.5f);
    CHECK(o.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] == 1 && o.values[LEYLINE_FEATURE_SEED_ALPHA] == 0.5f);
    OK(leyline_tracker_read(tracker, NULL, &signals));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    CHECK(signals.active_seed_count == 1 && strcmp((char *)signals.active_seeds[0].bytes, "seed_0") == 0);
    CHECK(signals.metrics.present == LEYLINE_METRICS_BEST_VAL_LOSS && signals.metrics.best_val_loss == 1.0f);
    OK(leyline_training_signals_to_observation(&signals, &again));
    CHECK(memcmp(&o, &again, sizeof o) == 0);

    OK(leyline_tracker_observe(tracker, (const leyline_seed_lifecycle_t *const[]){none}, 1));
    OK(leyline_tracker_read(tracker, &o, NULL));
    CHECK(o.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] == 0);

    signals.seed_alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "seed_alpha", LEYLINE_CHECK(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(LEYLINE_RECORD_TRAINING_SIGNALS, signals, &replaced));
    CHECK(replaced == 1 && signals.seed_alpha == 0);
    signals.loss_history_count = 33;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "loss_history_count", LEYLINE_CHECK(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    OK(leyline_seed_lifecycle_close(seed));
    OK(leyline_seed_lifecycle_close(none));
    OK(leyline_tracker_close(tracker));
}

static void a_seeds_life(void) {
    leyline_gate_thresholds_t thresholds;
    leyline_gate_verdict_t verdict;
    leyline_seed_lifecycle_t *seed = NULL;
    leyline_seed_lifecycle_info_t info;
    OK(LEYLINE_INIT(LEYLINE_RECORD_GATE_THRESHOLDS, thresholds));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_GATE_THRESHOLDS, thresholds));
    CHECK(thresholds.min_stage_improvement == 0.5f && thresholds.max_isolation_violations == 10);
    thresholds.min_alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "min_alpha", LEYLINE_CHECK(LEYLINE_RECORD_GATE_THRESHOLDS, thresholds));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "min_alpha", leyline_seed_lifecycle_new(25, &thresholds, &seed));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "max_epochs", leyline_seed_lifecycle_new(0, NULL, &seed));
    OK(leyline_seed_lifecycle_new(25, NULL, &seed));
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed_id",
            leyline_seed_lifecycle_germinate(seed, "0123456789012345678901234567890123456789", "norm", 60, NULL));
    REFUSES(LEYLINE_ERR_GATE_FAILED, "blueprint", leyline_seed_lifecycle_germinate(seed, "seed_0", "", 60, NULL));
    OK(leyline_seed_lifecycle_germinate(seed, "seed_0", "norm", 60, &verdict));
    CHECK(verdict.gate == LEYLINE_GATE_G0 && verdict.passed == 1 && verdict.score == 1);
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_TRAINING, NULL));
    memset(&verdict, 0x55, sizeof verdict);
    REFUSES(LEYLINE_ERR_GATE_FAILED, "epochs_in_stage >= 3",
            leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_BLENDING, &verdict));
    CHECK(verdict.gate == 0x55555555);
    OK(leyline_seed_lifecycle_check_gate(seed, LEYLINE_GATE_G2, &verdict));
    CHECK(verdict.passed == 0 && strstr((char *)verdict.text, "epochs_in_stage: needs >= 3, found 0") != NULL);
    /* The failed checks stand first. */
    CHECK(strncmp((char *)verdict.text, "improvement_since_stage_start: needs >= 0.5 pp", 40) == 0);
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "FOSSILIZED",
            leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_FOSSILIZED, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_lifecycle_advance(seed, 11, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_seed_lifecycle_check_gate(seed, 6, &verdict));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "health", leyline_seed_lifecycle_set_health(seed, 2));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "accuracy", leyline_seed_lifecycle_end_of_epoch(seed, NAN));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "alpha", leyline_seed_lifecycle_set_alpha(seed, 1.5f));
    OK(leyline_seed_lifecycle_end_of_epoch(seed, 60.25f));
    OK(leyline_seed_lifecycle_end_of_epoch(seed, 60.5f));
    OK(leyline_seed_lifecycle_end_of_epoch(seed, 60.75f));
    OK(leyline_seed_lifecycle_add_isolation_violation(seed));
    OK(leyline_seed_lifecycle_record_gradient_norm(seed, 2));
    OK(leyline_seed_lifecycle_set_health(seed, LEYLINE_HEALTH_UNHEALTHY));
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_BLENDING, &verdict));
    CHECK(verdict.gate == LEYLINE_GATE_G2 && verdict.score == 0.15f);
    OK(leyline_seed_lifecycle_set_alpha(seed, 0.5f));
    OK(leyline_seed_lifecycle_info(seed, &info));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_SEED_METRICS, info.metrics));
    CHECK(info.metrics.alpha == 0.5f && info.metrics.epochs_total == 3 && info.metrics.isolation_violations == 1);
    CHECK(info.metrics.mean_gradient_norm == 2 && info.metrics.total_improvement == 0.75f);
    CHECK(info.health == LEYLINE_HEALTH_UNHEALTHY);
    CHECK(strcmp(LEYLINE_TEXT(info.seed), "seed_0") == 0 && strcmp(LEYLINE_TEXT(info.blueprint), "norm") == 0);
    OK(leyline_seed_lifecycle_cull(seed, NULL));
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_EMBARGOED, &verdict));
    CHECK(verdict.gate == LEYLINE_NO_GATE && verdict.passed == 1 && verdict.text[0] == 0);
    OK(leyline_seed_lifecycle_info(seed, &info));
    CHECK(info.stage == LEYLINE_SEED_STAGE_EMBARGOED && info.previous_stage == LEYLINE_SEED_STAGE_CULLED);
    OK(leyline_seed_lifecycle_close(seed));
}

#define DECISION LEYLINE_RECORD_DECISION
#define COMMAND LEYLINE_RECORD_ADAPTATION_COMMAND
#define OUTCOME LEYLINE_RECORD_COMMAND_OUTCOME

static void decisions(void) {
    leyline_decision_t decision;
    OK(LEYLINE_INIT(DECISION, decision));
    CHECK(decision.confidence == 1 && decision.value_estimate == 0);
    decision.observation_sequence = 17, decision.writer_generation = 2, decision.env = 3, decision.action = 4;
    decision.confidence = 1.5f;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "confidence", LEYLINE_CHECK(DECISION, decision));
    decision.confidence = 0.5f, decision.value_estimate = 1, decision.log_probability = -INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "log_probability", LEYLINE_CHECK(DECISION, decision));
    decision.log_probability = -2;
    OK(LEYLINE_CHECK(DECISION, decision));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, "kind", LEYLINE_SANITIZE(DECISION, decision, NULL));
}

static void commands_and_outcomes(void) {
    leyline_adaptation_command_t command, other;
    OK(LEYLINE_INIT(COMMAND, command));
    OK(LEYLINE_INIT(COMMAND, other));
    CHECK(memcmp(command.id, other.id, sizeof command.id) != 0 && command.time_unix_ns > 0 && command.confidence == 1);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "command_type", LEYLINE_CHECK(COMMAND, command));
    command.command_type = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "command_type", LEYLINE_CHECK(COMMAND, command));
    command.command_type = LEYLINE_COMMAND_TYPE_GERMINATE;
    command.risk = 0;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "risk", LEYLINE_CHECK(COMMAND, command));
    command.risk = LEYLINE_RISK_YELLOW;
    NEEDS("blueprint", LEYLINE_CHECK(COMMAND, command));
    const char *overlong = "0123456789012345678901234567890123456789";
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_id_set(&command.blueprint, overlong));
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_id_set(&command.target_seed, overlong));
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_id_set(&command.target_slot, overlong));
    NEEDS("UTF-8", leyline_id_set(&command.target_seed, "\xff\xfe"));
    CHECK(command.present == 0 && command.blueprint.bytes[0] == 0 && command.target_seed.bytes[0] == 0);
    OK(leyline_id_set(&command.blueprint, overlong + 1));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "blueprint", LEYLINE_CHECK(COMMAND, command));
    command.present |= LEYLINE_COMMAND_BLUEPRINT;
    command.observation_sequence = 17, command.writer_generation = 2, command.env = 3;
    OK(LEYLINE_CHECK(COMMAND, command));
    const leyline_adaptation_command_t good = command;
    command.alpha = NAN, command.present |= LEYLINE_COMMAND_ALPHA;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", LEYLINE_CHECK(COMMAND, command));
    command = good;
    command.learning_rate = 0, command.present |= LEYLINE_COMMAND_LEARNING_RATE;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "learning_rate", LEYLINE_CHECK(COMMAND, command));
    command = good;
    command.target_stage = 11, command.present |= LEYLINE_COMMAND_TARGET_STAGE;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", LEYLINE_CHECK(COMMAND, command));
    command.target_stage = LEYLINE_SEED_STAGE_GERMINATED;
    command.action = 4, command.alpha = 1, command.learning_rate = 1e-3f, command.confidence = 0.75f;
    command.present |= LEYLINE_COMMAND_ACTION | LEYLINE_COMMAND_ALPHA | LEYLINE_COMMAND_LEARNING_RATE;
    OK(leyline_text_set(&command.reason, &command.present, LEYLINE_COMMAND_REASON_CUT, "a reason"));
    OK(leyline_id_set(&command.target_seed, "seed_0"));
    OK(leyline_id_set(&command.target_slot, "slot_0"));
    OK(LEYLINE_CHECK(COMMAND, command));
    CHECK(command.present == (LEYLINE_COMMAND_BLUEPRINT | LEYLINE_COMMAND_TARGET_STAGE | LEYLINE_COMMAND_ACTION |
                              LEYLINE_COMMAND_ALPHA | LEYLINE_COMMAND_LEARNING_RATE));
    char reason[101];
    memset(reason, 'r', 100);
    reason[100] = 0;
    OK(leyline_text_set(&command.reason, &command.present, LEYLINE_COMMAND_REASON_CUT, reason));
    CHECK((command.present & LEYLINE_COMMAND_REASON_CUT) != 0 && strlen(LEYLINE_TEXT(command.reason)) == 63);
    command.target_stage = 200;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "target_stage", LEYLINE_CHECK(COMMAND, command));

    leyline_command_outcome_t outcome, before;
    memset(&outcome, 0x55, sizeof outcome);
    before = outcome;
    NEEDS("code", leyline_command_outcome_init(&outcome, &command, 5, LEYLINE_OUTCOME_STATUS_EXECUTED,
                                               LEYLINE_OUTCOME_CODE_GATE));
    NEEDS("code", leyline_command_outcome_init(&outcome, &command, 5, LEYLINE_OUTCOME_STATUS_FAILED,
                                               LEYLINE_OUTCOME_CODE_NONE));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "outcome status", leyline_command_outcome_init(&outcome, &command, 5, 5, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "outcome code", leyline_command_outcome_init(&outcome, &command, 5, 3, 13));
    CHECK(memcmp(&outcome, &before, sizeof outcome) == 0);
    OK(leyline_command_outcome_init(&outcome, &command, 5, LEYLINE_OUTCOME_STATUS_REJECTED, LEYLINE_OUTCOME_CODE_GATE));
    CHECK(outcome.observation_sequence == 17 && outcome.env == 3 && outcome.command_sequence == 5);
    outcome.present |= LEYLINE_OUTCOME_GATE;
    outcome.gate = LEYLINE_NO_GATE;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", LEYLINE_CHECK(OUTCOME, outcome));
    outcome.gate = LEYLINE_GATE_G3, outcome.gate_passed = 0, outcome.gate_score = 0.25f;
    outcome.present |= LEYLINE_OUTCOME_STAGES;
    outcome.stage_before = 0, outcome.stage_after = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", LEYLINE_CHECK(OUTCOME, outcome));
    outcome.stage_before = outcome.stage_after = LEYLINE_SEED_STAGE_BLENDING;
    OK(leyline_text_set(&outcome.text, &outcome.present, LEYLINE_OUTCOME_TEXT_CUT, "alpha is 0.25"));
    OK(leyline_id_set(&outcome.seed, "seed_0"));
    outcome.present |= LEYLINE_OUTCOME_SEED | LEYLINE_OUTCOME_METRICS;
    outcome.metrics.alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", LEYLINE_CHECK(OUTCOME, outcome));
    outcome.metrics.alpha = 0.25f;
    OK(LEYLINE_CHECK(OUTCOME, outcome));
    CHECK(outcome.present == (LEYLINE_OUTCOME_GATE | LEYLINE_OUTCOME_STAGES | LEYLINE_OUTCOME_SEED | LEYLINE_OUTCOME_METRICS));
    outcome.present &= ~(uint32_t)LEYLINE_OUTCOME_METRICS;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "metrics", LEYLINE_CHECK(OUTCOME, outcome));

    leyline_id_t id;
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_id_set(&id, overlong));
    OK(leyline_id_set(&id, ""));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_ID, id));
    OK(leyline_id_set(&id, NULL));
    CHECK(id.bytes[0] == 0);
    memset(&id, 'x', sizeof id);
    REFUSES(LEYLINE_ERR_INVALID_ID, "NUL", LEYLINE_CHECK(LEYLINE_RECORD_ID, id));
    leyline_schema_t *schema = NULL;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "schema", leyline_schema_of_record(LEYLINE_RECORD_ID, &schema));
}

int main(void) {
    stages();
    observations();
    actions();
    signals_of_a_tracker();
    a_seeds_life();
    decisions();
    commands_and_outcomes();
    return 0;
}
