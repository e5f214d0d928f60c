/* The contract through C: what it computes, and what it refuses. */
#include "check.h"

static void stages(void) {
    const char *name = NULL;
    for (uint32_t stage = 0; stage <= 10; stage++) OK(leyline_seed_stage_name(stage, &name));
    CHECK(strcmp(name, "RESETTING") == 0);
    bool holds = false;
    OK(leyline_seed_stage_can_go_to(LEYLINE_SEED_STAGE_DORMANT, LEYLINE_SEED_STAGE_GERMINATED, &holds));
    CHECK(holds);
    OK(leyline_seed_stage_can_go_to(LEYLINE_SEED_STAGE_FOSSILIZED, LEYLINE_SEED_STAGE_CULLED, &holds));
    CHECK(!holds);
    OK(leyline_seed_stage_is_terminal(LEYLINE_SEED_STAGE_FOSSILIZED, &holds));
    CHECK(holds);
    OK(leyline_seed_stage_is_failure(LEYLINE_SEED_STAGE_EMBARGOED, &holds));
    CHECK(holds);
    OK(leyline_seed_stage_is_active(LEYLINE_SEED_STAGE_GERMINATED, &holds));
    CHECK(!holds);
    uint32_t next[LEYLINE_MAX_SUCCESSORS];
    size_t count = 0;
    OK(leyline_seed_stage_successors(LEYLINE_SEED_STAGE_BLENDING, next, &count));
    CHECK(count == 2 && next[0] == LEYLINE_SEED_STAGE_SHADOWING && next[1] == LEYLINE_SEED_STAGE_CULLED);
    uint32_t stage = 99;
    OK(leyline_seed_operation_target(LEYLINE_SEED_OPERATION_FOSSILIZE, &stage));
    CHECK(stage == LEYLINE_SEED_STAGE_FOSSILIZED);
    OK(leyline_outcome_code_name(LEYLINE_OUTCOME_CODE_NO_FREE_SLOT, &name));
    CHECK(strcmp(name, "NO_FREE_SLOT") == 0);

    /* Numbers that stand for nothing: refused, outputs as they were. */
    const uint32_t none[] = {11, 255, 256, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        name = "as it was";
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_stage_name(none[i], &name));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_stage_can_go_to(1, none[i], &holds));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_stage_successors(none[i], next, &count));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_gate_name(none[i], &name));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "risk", leyline_risk_name(none[i], &name));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "command type", leyline_command_type_name(none[i], &name));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "operation", leyline_seed_operation_name(none[i], &name));
        REFUSES(LEYLINE_ERR_INVALID_ENUM, "outcome status", leyline_outcome_status_name(none[i], &name));
        CHECK(strcmp(name, "as it was") == 0);
    }
}

static void observations(void) {
    leyline_observation_t o, before;
    OK(leyline_observation_init(&o));
    OK(leyline_observation_check(&o));
    CHECK(o.values[LEYLINE_FEATURE_BEST_VAL_LOSS] == (float)LEYLINE_BEST_VAL_LOSS_CAP);
    o.values[LEYLINE_FEATURE_VAL_LOSS] = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "VAL_LOSS", leyline_observation_check(&o));
    o.values[LEYLINE_FEATURE_TRAIN_LOSS] = INFINITY;
    o.values[LEYLINE_FEATURE_SEED_STAGE] = 11;
    before = o;
    NEEDS("replaced", leyline_observation_sanitize(&o, (uint32_t *)(void *)((char *)&before + 1)));
    CHECK(memcmp(&o.values[4], &before.values[4], sizeof o.values - 16) == 0);
    uint32_t replaced = 0;
    OK(leyline_observation_sanitize(&o, &replaced));
    CHECK(replaced == (1u << LEYLINE_FEATURE_VAL_LOSS | 1u << LEYLINE_FEATURE_TRAIN_LOSS | 1u << LEYLINE_FEATURE_SEED_STAGE));
    CHECK(o.values[LEYLINE_FEATURE_VAL_LOSS] == 0 && o.values[LEYLINE_FEATURE_TRAIN_LOSS] == 1e6f);
    OK(leyline_observation_check(&o));
    o.values[LEYLINE_FEATURE_EPOCH] = 0.5f;
    REFUSES(LEYLINE_ERR_NOT_WHOLE, "EPOCH", leyline_observation_check(&o));
    o.values[LEYLINE_FEATURE_EPOCH] = -1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "EPOCH", leyline_observation_check(&o));

    leyline_feature_t feature;
    OK(leyline_feature_info(LEYLINE_FEATURE_SEED_IMPROVEMENT, &feature));
    CHECK(strcmp(feature.name, "SEED_IMPROVEMENT") == 0 && strcmp(feature.unit, "pp") == 0);
    CHECK(feature.low == -100 && feature.high == 100 && feature.whole == 0);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "feature", leyline_feature_info(27, &feature));
    const char *json = NULL;
    OK(leyline_observation_space_json(&json));
    CHECK(strncmp(json, "{\"type\":\"Box\"", 13) == 0);
}

static void actions(void) {
    leyline_action_space_t *space = NULL, *cnn = NULL;
    const char *blueprints[] = {"conv_enhance", "norm", "depthwise", "attention"};
    const uint64_t parameters[] = {74000, 100, 4800, 2000};
    OK(leyline_action_space_new("cnn", blueprints, parameters, 4, &space));
    OK(leyline_action_space_cnn(&cnn));
    uint8_t a[16], b[16];
    OK(leyline_action_space_fingerprint(space, a));
    OK(leyline_action_space_fingerprint(cnn, b));
    CHECK(memcmp(a, b, 16) == 0 && a[0] == 0x31 && a[15] == 0x95);
    size_t count = 0, index = 99;
    uint32_t kind = 99;
    const char *text = NULL;
    OK(leyline_action_space_len(space, &count));
    CHECK(count == 7);
    OK(leyline_action_space_name(space, 4, &text));
    CHECK(strcmp(text, "GERMINATE_CONV_ENHANCE") == 0);
    OK(leyline_action_space_blueprint(space, 4, &text));
    CHECK(strcmp(text, "conv_enhance") == 0);
    OK(leyline_action_space_index_of(space, "CULL", &index));
    CHECK(index == 6);
    OK(leyline_action_space_germinate(space, "norm", &index));
    CHECK(index == 1);
    OK(leyline_action_space_kind(space, 5, &kind));
    CHECK(kind == LEYLINE_ACTION_FOSSILIZE);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "WAIT", leyline_action_space_name(space, 7, &text));
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "GROW", leyline_action_space_index_of(space, "GROW", &index));
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "blueprint", leyline_action_space_blueprint(space, 0, &text));

    leyline_observation_t batch[2];
    OK(leyline_observation_init(&batch[0]));
    OK(leyline_observation_init(&batch[1]));
    batch[0].values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1;
    batch[1].values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] = 1;
    batch[1].values[LEYLINE_FEATURE_SEED_STAGE] = LEYLINE_SEED_STAGE_PROBATIONARY;
    uint64_t mask = 0, masks[2];
    OK(leyline_action_space_mask(space, &batch[0], &mask));
    OK(leyline_action_space_masks(space, batch, 2, masks));
    CHECK(mask == 0x1f && masks[0] == 0x1f && masks[1] == 0x61);
    int8_t rows[14], expected[14] = {1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1};
    OK(leyline_action_space_masks_i8(space, batch, 2, rows, 14));
    CHECK(memcmp(rows, expected, 14) == 0);
    NEEDS("14 numbers", leyline_action_space_masks_i8(space, batch, 2, rows, 13));
    NEEDS("count", leyline_action_space_masks_i8(space, batch, SIZE_MAX, rows, 14));

    /* Through a segment. */
    leyline_spec_t *spec = NULL;
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL;
    leyline_action_space_t *found = NULL;
    leyline_ring_options_t ring;
    OK(leyline_ring_options_init(&ring));
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
    OK(leyline_action_space_canonical(found, &text));
    CHECK(strncmp(text, "leyline-actions 1\ntopology cnn\naction 0 WAIT\n", 45) == 0);
    OK(leyline_action_space_json(found, &text));
    CHECK(strncmp(text, "{\"type\":\"Discrete\"", 18) == 0);
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
    REFUSES(LEYLINE_ERR_NOT_FINITE, "threshold", leyline_tracker_new_with_threshold(NAN, &tracker));
    OK(leyline_tracker_new(&tracker));
    leyline_validation_t v = {100, 1, 2.0f, 1.5f, 40, 50, 0};
    OK(leyline_tracker_update(tracker, &v, NULL));
    v.epoch = 2;
    v.val_loss = 1.0f;
    v.val_accuracy = 50.25f;
    OK(leyline_tracker_update(tracker, &v, &o));
    CHECK(o.values[LEYLINE_FEATURE_LOSS_DELTA] == 0.5f && o.values[LEYLINE_FEATURE_ACCURACY_DELTA] == 0.25f);
    CHECK(o.values[LEYLINE_FEATURE_PLATEAU_EPOCHS] == 1 && o.values[LEYLINE_FEATURE_LOSS_HIST_3] == 1.5f);
    OK(leyline_tracker_set_available_slots(tracker, 3));
    leyline_seed_view_t seed = {{{0}}, LEYLINE_SEED_STAGE_BLENDING, 2, 0.5f, 1.5f};
    OK(leyline_id_set(&seed.id, "seed_0"));
    OK(leyline_tracker_set_seed(tracker, &seed));
    OK(leyline_tracker_step(tracker, 3, 101, 0.75f, &o));
    CHECK(o.values[LEYLINE_FEATURE_TRAIN_LOSS] == 0.75f && o.values[LEYLINE_FEATURE_LOSS_DELTA] == 0.5f);
    CHECK(o.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] == 1 && o.values[LEYLINE_FEATURE_SEED_ALPHA] == 0.5f);
    OK(leyline_tracker_signals(tracker, &signals));
    OK(leyline_training_signals_check(&signals));
    CHECK(signals.active_seed_count == 1 && strcmp((char *)signals.active_seeds[0].bytes, "seed_0") == 0);
    CHECK(signals.metrics.present == LEYLINE_METRICS_BEST_VAL_LOSS && signals.metrics.best_val_loss == 1.0f);
    OK(leyline_training_signals_to_observation(&signals, &again));
    CHECK(memcmp(&o, &again, sizeof o) == 0);

    seed.stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_tracker_set_seed(tracker, &seed));
    seed.stage = LEYLINE_SEED_STAGE_DORMANT;
    memset(seed.id.bytes, 'x', sizeof seed.id.bytes);
    REFUSES(LEYLINE_ERR_INVALID_ID, "id", leyline_tracker_set_seeds(tracker, &seed, 1));
    OK(leyline_tracker_set_seeds(tracker, NULL, 0));
    OK(leyline_tracker_observation(tracker, &o));
    CHECK(o.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] == 0);

    signals.seed_alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "seed_alpha", leyline_training_signals_check(&signals));
    uint32_t replaced = 0;
    OK(leyline_training_signals_sanitize(&signals, &replaced));
    CHECK(replaced == 1 && signals.seed_alpha == 0);
    signals.loss_history_count = 33;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "loss_history_count", leyline_training_signals_check(&signals));
    OK(leyline_training_signals_init(&signals));
    OK(leyline_training_signals_check(&signals));
    OK(leyline_tracker_clear_seed(tracker));
    OK(leyline_tracker_close(tracker));
}

static void a_seeds_life(void) {
    leyline_gate_thresholds_t thresholds;
    leyline_gate_verdict_t verdict;
    leyline_seed_lifecycle_t *seed = NULL;
    leyline_seed_metrics_t metrics;
    uint32_t stage = 99, previous = 99, health = 99;
    OK(leyline_gate_thresholds_init(&thresholds));
    CHECK(thresholds.min_stage_improvement == 0.5f && thresholds.max_isolation_violations == 10);
    thresholds.min_alpha = NAN;
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
    OK(leyline_seed_lifecycle_metrics(seed, &metrics));
    OK(leyline_seed_metrics_check(&metrics));
    CHECK(metrics.alpha == 0.5f && metrics.epochs_total == 3 && metrics.isolation_violations == 1);
    CHECK(metrics.mean_gradient_norm == 2 && metrics.total_improvement == 0.75f);
    OK(leyline_seed_lifecycle_health(seed, &health));
    CHECK(health == LEYLINE_HEALTH_UNHEALTHY);
    leyline_id_t id, blueprint;
    OK(leyline_seed_lifecycle_ids(seed, &id, &blueprint));
    CHECK(strcmp((char *)id.bytes, "seed_0") == 0 && strcmp((char *)blueprint.bytes, "norm") == 0);
    OK(leyline_seed_lifecycle_cull(seed));
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_EMBARGOED, &verdict));
    CHECK(verdict.gate == LEYLINE_NO_GATE && verdict.passed == 1 && verdict.text[0] == 0);
    OK(leyline_seed_lifecycle_stage(seed, &stage, &previous));
    CHECK(stage == LEYLINE_SEED_STAGE_EMBARGOED && previous == LEYLINE_SEED_STAGE_CULLED);
    OK(leyline_seed_lifecycle_close(seed));
}

static void messages(void) {
    leyline_decision_t decision;
    NEEDS("action", leyline_decision_init(&decision, 1, 1, 0, 65536));
    OK(leyline_decision_init(&decision, 17, 2, 3, 4));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "confidence", leyline_decision_set_confidence(&decision, 1.5f));
    CHECK(decision.confidence == 1);
    REFUSES(LEYLINE_ERR_NOT_FINITE, "log_probability", leyline_decision_set_estimates(&decision, 1, -INFINITY));
    CHECK(decision.value_estimate == 0);
    OK(leyline_decision_set_confidence(&decision, 0.5f));
    OK(leyline_decision_set_estimates(&decision, 1, -2));
    OK(leyline_decision_check(&decision));
    CHECK(decision.action == 4 && decision.env == 3 && decision.confidence == 0.5f);

    leyline_adaptation_command_t command;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "command type", leyline_adaptation_command_init(&command, 9));
    OK(leyline_adaptation_command_init(&command, LEYLINE_COMMAND_TYPE_GERMINATE));
    NEEDS("blueprint", leyline_adaptation_command_check(&command));
    const char *overlong = "0123456789012345678901234567890123456789";
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_adaptation_command_set_blueprint(&command, overlong));
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_adaptation_command_set_target_seed(&command, overlong));
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_adaptation_command_set_target_slot(&command, overlong));
    NEEDS("UTF-8", leyline_adaptation_command_set_target_seed(&command, "\xff\xfe"));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", leyline_adaptation_command_set_alpha(&command, NAN));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "learning_rate", leyline_adaptation_command_set_learning_rate(&command, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "risk", leyline_adaptation_command_set_risk(&command, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", leyline_adaptation_command_set_target_stage(&command, 11));
    CHECK(command.present == 0 && command.blueprint.bytes[0] == 0 && command.alpha == 0);
    OK(leyline_adaptation_command_set_blueprint(&command, overlong + 1));
    OK(leyline_adaptation_command_set_answering(&command, 17, 2, 3));
    OK(leyline_adaptation_command_set_target_stage(&command, LEYLINE_SEED_STAGE_GERMINATED));
    OK(leyline_adaptation_command_set_risk(&command, LEYLINE_RISK_YELLOW));
    OK(leyline_adaptation_command_set_action(&command, 4));
    OK(leyline_adaptation_command_set_reason(&command, "a reason"));
    OK(leyline_adaptation_command_set_alpha(&command, 1));
    OK(leyline_adaptation_command_set_learning_rate(&command, 1e-3f));
    OK(leyline_adaptation_command_set_confidence(&command, 0.75f));
    OK(leyline_adaptation_command_set_target_seed(&command, "seed_0"));
    OK(leyline_adaptation_command_set_target_slot(&command, "slot_0"));
    OK(leyline_adaptation_command_check(&command));
    CHECK(command.present == (LEYLINE_COMMAND_BLUEPRINT | LEYLINE_COMMAND_TARGET_STAGE | LEYLINE_COMMAND_ACTION |
                              LEYLINE_COMMAND_ALPHA | LEYLINE_COMMAND_LEARNING_RATE));
    char reason[101];
    memset(reason, 'r', 100);
    reason[100] = 0;
    OK(leyline_adaptation_command_set_reason(&command, reason));
    CHECK((command.present & LEYLINE_COMMAND_REASON_CUT) != 0 && strlen((char *)command.reason.bytes) == 63);
    command.target_stage = 200;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "target_stage", leyline_adaptation_command_check(&command));

    leyline_command_outcome_t outcome, before;
    leyline_gate_verdict_t verdict;
    leyline_seed_metrics_t metrics;
    memset(&verdict, 0, sizeof verdict);
    memset(&metrics, 0, sizeof metrics);
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
    verdict.gate = LEYLINE_NO_GATE;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_command_outcome_set_gate(&outcome, &verdict));
    verdict.gate = LEYLINE_GATE_G3;
    verdict.score = 0.25f;
    OK(leyline_command_outcome_set_gate(&outcome, &verdict));
    OK(leyline_command_outcome_set_stages(&outcome, LEYLINE_SEED_STAGE_BLENDING, LEYLINE_SEED_STAGE_BLENDING));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", leyline_command_outcome_set_stages(&outcome, 0, 11));
    OK(leyline_command_outcome_set_text(&outcome, "alpha is 0.25"));
    OK(leyline_command_outcome_set_seed(&outcome, "seed_0"));
    metrics.alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", leyline_command_outcome_set_metrics(&outcome, &metrics, "seed_0"));
    metrics.alpha = 0.25f;
    OK(leyline_command_outcome_set_metrics(&outcome, &metrics, "seed_0"));
    OK(leyline_command_outcome_check(&outcome));
    CHECK(outcome.present == (LEYLINE_OUTCOME_GATE | LEYLINE_OUTCOME_STAGES | LEYLINE_OUTCOME_SEED | LEYLINE_OUTCOME_METRICS));
    CHECK(outcome.gate == LEYLINE_GATE_G3 && outcome.gate_passed == 0 && outcome.gate_score == 0.25f);

    leyline_id_t id;
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_id_set(&id, overlong));
    OK(leyline_id_set(&id, ""));
    OK(leyline_id_check(&id));
    memset(&id, 'x', sizeof id);
    REFUSES(LEYLINE_ERR_INVALID_ID, "NUL", leyline_id_check(&id));
}

int main(void) {
    stages();
    observations();
    actions();
    signals_of_a_tracker();
    a_seeds_life();
    messages();
    return 0;
}
