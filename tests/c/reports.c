/* The records of the rich tier through C: what they carry, what they refuse, and what a life cycle reports. */
#include "check.h"

static const char *const OVERLONG = "0123456789012345678901234567890123456789";

#define STATE LEYLINE_RECORD_SEED_STATE_REPORT
#define GATE LEYLINE_RECORD_GATE_RESULT
#define FIELD LEYLINE_RECORD_FIELD_REPORT
#define TELEMETRY LEYLINE_RECORD_SEED_TELEMETRY
#define EVENT LEYLINE_RECORD_TELEMETRY_EVENT
#define BUDGETS LEYLINE_RECORD_PERFORMANCE_BUDGETS
#define BLUEPRINT LEYLINE_RECORD_BLUEPRINT_SPEC
#define METRICS LEYLINE_RECORD_TRAINING_METRICS
#define SIGNALS LEYLINE_RECORD_TRAINING_SIGNALS

static void state_reports(void) {
    leyline_seed_state_report_t r, before;
    memset(&r, 0x55, sizeof r);
    before = r;
    NEEDS("size", leyline_record_init(STATE, &r, sizeof r - 8));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "record", leyline_record_init(16, &r, sizeof r));
    CHECK(memcmp(&r, &before, sizeof r) == 0);
    OK(LEYLINE_INIT(STATE, r));
    CHECK(r.healthy == 1 && r.improving == 0 && r.needs_attention == 0 && r.present == 0);
    CHECK(r.entered_at_unix_ns == 0 && r.reported_at_unix_ns > 0);
    r.stage = 11, r.previous_stage = 2;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", LEYLINE_CHECK(STATE, r));
    r.stage = 3, r.previous_stage = 255;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "previous_stage", LEYLINE_CHECK(STATE, r));
    r.stage = LEYLINE_SEED_STAGE_FOSSILIZED, r.previous_stage = LEYLINE_SEED_STAGE_TRAINING;
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "from TRAINING", LEYLINE_CHECK(STATE, r));
    r.stage = LEYLINE_SEED_STAGE_TRAINING, r.previous_stage = LEYLINE_SEED_STAGE_GERMINATED;
    r.entered_at_unix_ns = -5, r.reported_at_unix_ns = 9;
    OK(LEYLINE_CHECK(STATE, r));
    before = r;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&r.blueprint, OVERLONG));
    NEEDS("UTF-8", leyline_id_set(&r.slot, "\xff\xfe"));
    CHECK(memcmp(&r, &before, sizeof r) == 0);
    r.metrics.alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", LEYLINE_CHECK(STATE, r));
    r.metrics.alpha = 0.5f;
    r.present |= LEYLINE_STATE_SEED;
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed", LEYLINE_CHECK(STATE, r));
    OK(leyline_id_set(&r.seed, "seed_0"));
    OK(leyline_id_set(&r.blueprint, OVERLONG + 1));
    OK(leyline_id_set(&r.slot, "slot_0"));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "slot", LEYLINE_CHECK(STATE, r));
    r.present |= LEYLINE_STATE_SLOT;
    OK(LEYLINE_CHECK(STATE, r));
    CHECK(r.present == (LEYLINE_STATE_SEED | LEYLINE_STATE_SLOT) && r.metrics.alpha == 0.5f);
    CHECK(strcmp(LEYLINE_TEXT(r.blueprint), OVERLONG + 1) == 0 && strcmp(LEYLINE_TEXT(r.slot), "slot_0") == 0);
    r.improving = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "improving", LEYLINE_CHECK(STATE, r));
    r.improving = 1;
    r.metrics.current_accuracy = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "metrics.current_accuracy", LEYLINE_CHECK(STATE, r));
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(STATE, r, &replaced));
    CHECK(replaced == 1 && r.metrics.current_accuracy == 100);
    r.stage = LEYLINE_SEED_STAGE_SHADOWING;
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "stage", LEYLINE_CHECK(STATE, r));
}

static void gate_results(void) {
    leyline_gate_result_t r;
    OK(LEYLINE_INIT(GATE, r));
    CHECK(r.time_unix_ns > 0 && r.passed == 0 && r.present == 0);
    r.gate = 6;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", LEYLINE_CHECK(GATE, r));
    r.gate = LEYLINE_GATE_G2;
    r.passed = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "passed", LEYLINE_CHECK(GATE, r));
    r.passed = 1;
    r.score = 1.5f;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "score", LEYLINE_CHECK(GATE, r));
    r.passed = 0;
    r.score = 0.5f;
    r.time_unix_ns = 7;
    OK(leyline_id_set(&r.checks_passed[r.checks_passed_count++], "improvement"));
    for (int i = 0; i < LEYLINE_MAX_GATE_CHECKS; i++)
        OK(leyline_id_set(&r.checks_failed[r.checks_failed_count++], "epochs_in_stage"));
    r.checks_failed_dropped = 2;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&r.checks_passed[0], OVERLONG));
    OK(leyline_id_set(&r.seed, "seed_0"));
    OK(leyline_id_set(&r.slot, "slot_0"));
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&r.slot, OVERLONG));
    r.present |= LEYLINE_GATE_RESULT_SEED | LEYLINE_GATE_RESULT_SLOT;
    char said[81];
    memset(said, 's', 80);
    said[80] = 0;
    OK(leyline_text_set(&r.message, &r.present, LEYLINE_GATE_RESULT_MESSAGE_CUT, said));
    OK(LEYLINE_CHECK(GATE, r));
    CHECK(r.present == (LEYLINE_GATE_RESULT_SEED | LEYLINE_GATE_RESULT_SLOT | LEYLINE_GATE_RESULT_MESSAGE_CUT));
    CHECK(strlen(LEYLINE_TEXT(r.message)) == 63 && r.score == 0.5f && r.time_unix_ns == 7);
    CHECK(r.checks_passed_count == 1 && strcmp(LEYLINE_TEXT(r.checks_passed[0]), "improvement") == 0);
    CHECK(r.checks_failed_count == LEYLINE_MAX_GATE_CHECKS && r.checks_failed_dropped == 2);
    OK(leyline_text_set(&r.message, &r.present, LEYLINE_GATE_RESULT_MESSAGE_CUT, "short"));
    CHECK(r.present == (LEYLINE_GATE_RESULT_SEED | LEYLINE_GATE_RESULT_SLOT));
    OK(leyline_text_set(&r.message, NULL, 0, NULL));
    CHECK(r.message.bytes[0] == 0);
    r.passed = 1;
    NEEDS("checks_failed", LEYLINE_CHECK(GATE, r));
    r.passed = 0;
    r.score = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "score", LEYLINE_CHECK(GATE, r));
    OK(LEYLINE_SANITIZE(GATE, r, NULL));
    CHECK(r.score == 0);
    r.checks_failed_count = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "checks_failed_count", LEYLINE_CHECK(GATE, r));
    r.checks_failed_count = 5;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "checks_failed", LEYLINE_CHECK(GATE, r));
    OK(LEYLINE_INIT(GATE, r));
    CHECK(r.passed == 0 && r.checks_failed_count == 0);
}

static void field_reports(void) {
    leyline_field_report_t r, other;
    OK(LEYLINE_INIT(FIELD, r));
    OK(LEYLINE_INIT(FIELD, other));
    CHECK(memcmp(r.id, other.id, sizeof r.id) != 0 && r.present == 0);
    CHECK(r.germinated_at_unix_ns == 0 && r.completed_at_unix_ns == 0);
    r.id[2] = 3;
    r.final_stage = LEYLINE_SEED_STAGE_FOSSILIZED;
    r.success = 1;
    OK(leyline_id_set(&r.blueprint, "norm"));
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed", LEYLINE_CHECK(FIELD, r));
    OK(leyline_id_set(&r.seed, "seed_0"));
    OK(LEYLINE_CHECK(FIELD, r));
    r.final_stage = LEYLINE_SEED_STAGE_CULLED;
    r.success = 0;
    NEEDS("failure_stage", LEYLINE_CHECK(FIELD, r));
    r.present |= LEYLINE_FIELD_REPORT_FAILURE;
    r.failure_stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "failure_stage", LEYLINE_CHECK(FIELD, r));
    r.failure_stage = LEYLINE_SEED_STAGE_DORMANT;
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "failure_stage", LEYLINE_CHECK(FIELD, r));
    r.failure_stage = LEYLINE_SEED_STAGE_BLENDING;
    OK(leyline_text_set(&r.failure_reason, &r.present, LEYLINE_FIELD_REPORT_REASON_CUT, "no use"));
    r.germinated_at_unix_ns = 5;
    r.epochs_in_stage[2] = 1, r.epochs_in_stage[3] = 3, r.epochs_in_stage[4] = 2;
    NEEDS("total_epochs", LEYLINE_CHECK(FIELD, r));
    r.total_epochs = 6;
    r.accuracy_at_germination = 50, r.accuracy_at_completion = 49.5f, r.best_accuracy = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "best_accuracy", LEYLINE_CHECK(FIELD, r));
    r.best_accuracy = 52;
    r.total_improvement = 0.5f;
    NEEDS("total_improvement", LEYLINE_CHECK(FIELD, r));
    r.total_improvement = -0.5f;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&r.slot, OVERLONG));
    r.present |= LEYLINE_FIELD_REPORT_SLOT;
    REFUSES(LEYLINE_ERR_INVALID_ID, "slot", LEYLINE_CHECK(FIELD, r));
    OK(leyline_id_set(&r.slot, "slot_0"));
    for (int i = 0; i < LEYLINE_MAX_REPORTED_COMMANDS; i++) memset(r.commands[i], i, 16);
    r.command_count = LEYLINE_MAX_REPORTED_COMMANDS;
    r.commands_dropped = 8;
    OK(LEYLINE_INIT(SIGNALS, r.signals));
    r.signals.seed_stage = 11;
    r.present |= LEYLINE_FIELD_REPORT_SIGNALS;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "signals.seed_stage", LEYLINE_CHECK(FIELD, r));
    r.signals.seed_stage = 3;
    OK(LEYLINE_CHECK(FIELD, r));
    CHECK(r.present == (LEYLINE_FIELD_REPORT_SLOT | LEYLINE_FIELD_REPORT_SIGNALS | LEYLINE_FIELD_REPORT_FAILURE));
    CHECK(strcmp(LEYLINE_TEXT(r.failure_reason), "no use") == 0);
    r.present &= ~(uint32_t)LEYLINE_FIELD_REPORT_SIGNALS;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "signals", LEYLINE_CHECK(FIELD, r));
    r.present |= LEYLINE_FIELD_REPORT_SIGNALS;
    r.command_count = LEYLINE_MAX_REPORTED_COMMANDS + 1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "command_count", LEYLINE_CHECK(FIELD, r));
    r.command_count = LEYLINE_MAX_REPORTED_COMMANDS;
    r.total_epochs = 7;
    NEEDS("total_epochs", LEYLINE_CHECK(FIELD, r));
    r.total_epochs = 6;
    r.success = 1;
    NEEDS("success", LEYLINE_CHECK(FIELD, r));
    r.success = 0;
    r.best_accuracy = 101;
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(FIELD, r, &replaced));
    CHECK(replaced == 1 && r.best_accuracy == 100);
    r.command_count = 0;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "commands", LEYLINE_CHECK(FIELD, r));
    memset(r.commands, 0, sizeof r.commands);
    OK(LEYLINE_CHECK(FIELD, r));
}

static void telemetry(void) {
    leyline_seed_telemetry_t t;
    OK(LEYLINE_INIT(TELEMETRY, t));
    CHECK(t.max_epochs == 25 && t.gradient_health == 1 && t.captured_at_unix_ns > 0);
    OK(leyline_id_set(&t.seed, "seed_0"));
    REFUSES(LEYLINE_ERR_INVALID_ID, "blueprint", LEYLINE_CHECK(TELEMETRY, t));
    OK(leyline_id_set(&t.blueprint, "norm"));
    OK(LEYLINE_CHECK(TELEMETRY, t));
    const leyline_seed_telemetry_t good = t;
    t.gradient_norm = -1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gradient_norm", LEYLINE_CHECK(TELEMETRY, t));
    t = good;
    t.gradient_health = 1.5f;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gradient_health", LEYLINE_CHECK(TELEMETRY, t));
    t = good;
    t.accuracy_delta = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "accuracy_delta", LEYLINE_CHECK(TELEMETRY, t));
    t = good;
    t.stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "stage", LEYLINE_CHECK(TELEMETRY, t));
    t = good;
    t.alpha = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "alpha", LEYLINE_CHECK(TELEMETRY, t));
    t = good;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&t.layer, OVERLONG));
    CHECK(memcmp(&t, &good, sizeof t) == 0);
    t.gradient_norm = 2.5f, t.gradient_health = 0.75f;
    t.accuracy = 80, t.accuracy_delta = -5;
    t.stage = LEYLINE_SEED_STAGE_BLENDING, t.epochs_in_stage = 10, t.alpha = 0.5f;
    OK(leyline_id_set(&t.layer, "layer_0_post_block"));
    t.present |= LEYLINE_TELEMETRY_LAYER;
    t.exploding = 1;
    t.epoch = 5;
    OK(LEYLINE_CHECK(TELEMETRY, t));
    CHECK(t.present == LEYLINE_TELEMETRY_LAYER);
    float features[LEYLINE_TELEMETRY_FEATURES];
    const float expected[10] = {0.25f, 0.75f, 0, 1, 0.2f, 0.8f, -0.5f, 0.5f, 0.5f, 0.2f};
    OK(leyline_seed_telemetry_to_features(&t, features));
    for (int i = 0; i < 10; i++) CHECK(features[i] == expected[i]);
    t.vanishing = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "vanishing", LEYLINE_CHECK(TELEMETRY, t));
    t.vanishing = 0;
    t.gradient_norm = INFINITY;
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(TELEMETRY, t, &replaced));
    CHECK(replaced == 1 && isfinite(t.gradient_norm));
}

static void events(void) {
    leyline_telemetry_event_t e, other;
    OK(LEYLINE_INIT(EVENT, e));
    OK(LEYLINE_INIT(EVENT, other));
    CHECK(memcmp(e.id, other.id, sizeof e.id) != 0 && e.time_unix_ns > 0 && e.present == 0);
    e.severity = LEYLINE_SEVERITY_INFO;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event_type", LEYLINE_CHECK(EVENT, e));
    e.event_type = 14;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event_type", LEYLINE_CHECK(EVENT, e));
    e.event_type = LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY;
    e.severity = 6;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", LEYLINE_CHECK(EVENT, e));
    e.severity = LEYLINE_SEVERITY_ERROR;
    e.time_unix_ns = -3;
    OK(LEYLINE_CHECK(EVENT, e));
    OK(leyline_id_set(&e.seed, "seed_0"));
    OK(leyline_id_set(&e.slot, "slot_0"));
    e.epoch = 0;
    e.present |= LEYLINE_EVENT_SEED | LEYLINE_EVENT_SLOT | LEYLINE_EVENT_EPOCH;
    OK(leyline_text_set(&e.message, &e.present, LEYLINE_EVENT_MESSAGE_CUT, "an explosion"));
    OK(leyline_id_set(&e.data_names[0], "norm"));
    e.data_values[0] = 1e31;
    e.data_count = 1;
    OK(LEYLINE_CHECK(EVENT, e));
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&e.seed, OVERLONG));
    NEEDS("UTF-8", leyline_id_set(&e.slot, "\xc3\x28"));
    e.data_values[1] = 1;
    e.data_count = 2;
    REFUSES(LEYLINE_ERR_INVALID_ID, "data_names", LEYLINE_CHECK(EVENT, e));
    OK(leyline_id_set(&e.data_names[1], "norm"));
    NEEDS("data_names", LEYLINE_CHECK(EVENT, e));
    char name[] = "a";
    for (e.data_count = 1; e.data_count < LEYLINE_MAX_EVENT_DATA; e.data_count++, name[0]++) {
        OK(leyline_id_set(&e.data_names[e.data_count], name));
        e.data_values[e.data_count] = name[0];
    }
    e.data_dropped = 3;
    OK(LEYLINE_CHECK(EVENT, e));
    CHECK(e.present == (LEYLINE_EVENT_SEED | LEYLINE_EVENT_SLOT | LEYLINE_EVENT_EPOCH));
    e.data_values[0] = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "data_values[0]", LEYLINE_CHECK(EVENT, e));
    OK(LEYLINE_SANITIZE(EVENT, e, NULL));
    OK(LEYLINE_CHECK(EVENT, e));
    e.data_count = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "data_count", LEYLINE_CHECK(EVENT, e));
    e.data_count = 6;
    e.severity = 0;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", LEYLINE_CHECK(EVENT, e));
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_EVENT_TYPE, LEYLINE_EVENT_TYPE_COMMAND_FAILED), "COMMAND_FAILED") == 0);
    CHECK(LEYLINE_EVENT_TYPE_COMMAND_FAILED == 13);
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_SEVERITY, LEYLINE_SEVERITY_CRITICAL), "CRITICAL") == 0);
    CHECK(leyline_enum_name(LEYLINE_ENUM_EVENT_TYPE, 14) == NULL);
    CHECK(leyline_enum_name(LEYLINE_ENUM_SEVERITY, 0) == NULL);
    CHECK(leyline_enum_name(LEYLINE_ENUM_BUDGET, 6) == NULL);
}

static void budgets(void) {
    leyline_performance_budgets_t b;
    leyline_overrun_t overrun, overruns[LEYLINE_MAX_OVERRUNS];
    leyline_telemetry_event_t e;
    leyline_training_signals_t signals;
    bool exceeded = true;
    size_t count = 99;
    const uint8_t id[16] = {0};
    OK(LEYLINE_INIT(BUDGETS, b));
    CHECK(b.epoch_ms == 18 && b.blending_ms == 5 && b.gate_check_ms == 2);
    CHECK(b.seed_memory_gb == 2 && b.total_memory_gb == 12);
    OK(leyline_budgets_exceeded(&b, LEYLINE_BUDGET_BLENDING, 5, &exceeded, &overrun));
    CHECK(!exceeded && overrun.budget == 0);
    OK(leyline_budgets_exceeded(&b, LEYLINE_BUDGET_BLENDING, 5.5f, &exceeded, &overrun));
    CHECK(exceeded && overrun.budget == LEYLINE_BUDGET_BLENDING && overrun.limit == 5 && overrun.measured == 5.5f);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "budget", leyline_budgets_exceeded(&b, 0, 1, &exceeded, NULL));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "measured", leyline_budgets_exceeded(&b, 1, NAN, &exceeded, NULL));
    b.seed_memory_gb = -1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_memory_gb", LEYLINE_CHECK(BUDGETS, b));
    b.seed_memory_gb = 4;
    OK(LEYLINE_CHECK(BUDGETS, b));
    OK(LEYLINE_INIT(SIGNALS, signals));
    OK(leyline_budgets_exceeded_by_signals(&b, &signals, overruns, &count));
    CHECK(count == 0);
    signals.epoch_duration_ms = 20, signals.gpu_memory_gb = 16;
    signals.present |= LEYLINE_SIGNALS_EPOCH_DURATION | LEYLINE_SIGNALS_GPU_MEMORY;
    OK(leyline_budgets_exceeded_by_signals(&b, &signals, overruns, &count));
    CHECK(count == 2 && overruns[0].budget == LEYLINE_BUDGET_EPOCH);
    CHECK(overruns[1].budget == LEYLINE_BUDGET_TOTAL_MEMORY);
    OK(leyline_overrun_to_event(&overruns[1], id, 3, &e));
    OK(LEYLINE_CHECK(EVENT, e));
    CHECK(e.event_type == LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION);
    CHECK(strcmp(LEYLINE_TEXT(e.message), "TOTAL_MEMORY took 16 of 12 GB") == 0);
    overruns[1].budget = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "budget", leyline_overrun_to_event(&overruns[1], id, 3, &e));
    b.epoch_ms = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "epoch_ms", LEYLINE_CHECK(BUDGETS, b));
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(BUDGETS, b, &replaced));
    CHECK(replaced == 1 && b.epoch_ms == 0);
}

static void blueprint_of(leyline_blueprint_spec_t *b, const char *id, uint64_t parameters) {
    OK(LEYLINE_INIT(BLUEPRINT, *b));
    OK(leyline_id_set(&b->id, id));
    OK(leyline_id_set(&b->name, id));
    OK(leyline_id_set(&b->topology, "c-test"));
    b->parameters = parameters;
}

static void blueprints(void) {
    leyline_blueprint_spec_t b, other, found[LEYLINE_MAX_BLUEPRINTS];
    leyline_action_space_t *space = NULL;
    leyline_action_space_info_t info;
    leyline_adaptation_command_t command;
    size_t count = 0, index = 99;
    blueprint_of(&b, "a b", 1);
    NEEDS("id", LEYLINE_CHECK(BLUEPRINT, b));
    blueprint_of(&b, "a", 1);
    OK(leyline_id_set(&b.topology, ""));
    NEEDS("topology", LEYLINE_CHECK(BLUEPRINT, b));
    blueprint_of(&b, "gated", 500);
    OK(LEYLINE_CHECK(BLUEPRINT, b));
    CHECK(b.compute_cost == 1 && b.memory_cost == 1 && b.training_epochs == 5 && b.blending_epochs == 5);
    CHECK(b.min_channels == 1 && b.present == 0 && strcmp(LEYLINE_TEXT(b.name), "gated") == 0);
    b.min_channels = 8, b.max_channels = 7, b.present |= LEYLINE_BLUEPRINT_MAX_CHANNELS;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "channels", LEYLINE_CHECK(BLUEPRINT, b));
    b.max_channels = 512;
    b.memory_cost = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "memory_cost", LEYLINE_CHECK(BLUEPRINT, b));
    b.compute_cost = 2, b.memory_cost = 0.5f;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&b.tags[0], OVERLONG));
    OK(leyline_id_set(&b.name, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ID, "name", LEYLINE_CHECK(BLUEPRINT, b));
    OK(leyline_id_set(&b.name, "gated block"));
    OK(leyline_text_set(&b.description, &b.present, LEYLINE_BLUEPRINT_DESCRIPTION_CUT, "a block with a gate"));
    for (int i = 0; i < LEYLINE_MAX_TAGS; i++) OK(leyline_id_set(&b.tags[b.tag_count++], "tag"));
    b.tags_dropped = 1;
    OK(LEYLINE_CHECK(BLUEPRINT, b));
    b.tag_count = LEYLINE_MAX_TAGS + 1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "tag_count", LEYLINE_CHECK(BLUEPRINT, b));
    b.tag_count = LEYLINE_MAX_TAGS;
    CHECK(b.present == LEYLINE_BLUEPRINT_MAX_CHANNELS);
    OK(leyline_blueprint_register(&b));
    OK(leyline_blueprint_register(&b));
    blueprint_of(&other, "plain", 100);
    OK(leyline_blueprint_register(&other));
    other.parameters = 1000;
    NEEDS("plain", leyline_blueprint_register(&other));
    other.compute_cost = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "compute_cost", leyline_blueprint_register(&other));
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(BLUEPRINT, other, &replaced));
    CHECK(replaced == 1 && other.compute_cost == 0);

    OK(leyline_blueprints_of_topology("c-test", found, LEYLINE_MAX_BLUEPRINTS, &count));
    CHECK(count == 2 && strcmp(LEYLINE_TEXT(found[0].id), "plain") == 0);
    CHECK(memcmp(&found[1], &b, sizeof b) == 0);
    OK(leyline_blueprints_of_topology("cnn", NULL, 0, &count));
    CHECK(count == 4);
    OK(leyline_blueprint_find("transformer", "mlp", &other));
    CHECK(other.parameters == 1200000);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "lora", leyline_blueprint_find("transformer", "conv", &other));
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "cnn", leyline_blueprints_of_topology("rnn", found, 1, &count));
    OK(leyline_action_space_of_topology("c-test", &space));
    OK(leyline_action_space_info(space, &info));
    OK(leyline_action_space_germinate(space, "gated", &index));
    CHECK(info.count == 5 && index == 2);
    OK(leyline_action_space_command(space, index, &command));
    OK(LEYLINE_CHECK(LEYLINE_RECORD_ADAPTATION_COMMAND, command));
    CHECK(command.command_type == LEYLINE_COMMAND_TYPE_GERMINATE && command.risk == LEYLINE_RISK_YELLOW);
    CHECK(strcmp(LEYLINE_TEXT(command.blueprint), "gated") == 0);
    OK(leyline_action_space_command(space, 0, &command));
    CHECK(command.command_type == LEYLINE_COMMAND_TYPE_REQUEST_STATE && command.risk == LEYLINE_RISK_GREEN);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "action 5", leyline_action_space_command(space, 5, &command));
    OK(leyline_action_space_close(space));
    OK(leyline_blueprint_unregister("c-test", "plain", NULL));
    OK(leyline_blueprint_unregister("c-test", "gated", &other));
    CHECK(memcmp(&other, &b, sizeof b) == 0);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "c-test", leyline_blueprint_unregister("c-test", "gated", NULL));
    space = NULL;
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "topology", leyline_action_space_of_topology("c-test", &space));
    CHECK(space == NULL);
}

static void signals(void) {
    leyline_training_signals_t s;
    leyline_training_metrics_t m;
    OK(LEYLINE_INIT(METRICS, m));
    CHECK(m.present == 0);
    m.best_val_loss = 12, m.grad_norm_host = 1, m.grad_norm_seed = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "best_val_loss", LEYLINE_CHECK(METRICS, m));
    m.present |= LEYLINE_METRICS_BEST_VAL_LOSS | LEYLINE_METRICS_GRAD_NORM_HOST | LEYLINE_METRICS_GRAD_NORM_SEED;
    OK(LEYLINE_CHECK(METRICS, m));
    CHECK(m.present == 7);
    m.best_val_loss = 2e6f;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "best_val_loss", LEYLINE_CHECK(METRICS, m));
    m.best_val_loss = 12, m.grad_norm_host = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "grad_norm_host", LEYLINE_CHECK(METRICS, m));
    m.grad_norm_host = 1, m.grad_norm_seed = -1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "grad_norm_seed", LEYLINE_CHECK(METRICS, m));
    m.grad_norm_seed = 2, m.val_loss = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "val_loss", LEYLINE_CHECK(METRICS, m));
    uint64_t replaced = 0;
    OK(LEYLINE_SANITIZE(METRICS, m, &replaced));
    CHECK(replaced == 1 && m.val_loss == 1e6f);

    OK(LEYLINE_INIT(SIGNALS, s));
    CHECK(s.present == 0 && s.time_unix_ns == 0);
    float history[40];
    for (int i = 0; i < 40; i++) history[i] = (float)i;
    history[39] = NAN;
    OK(leyline_history_set(s.loss_history, &s.loss_history_count, &s.loss_history_dropped, history, 40));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "loss_history[31]", LEYLINE_CHECK(SIGNALS, s));
    history[39] = 101;
    OK(leyline_history_set(s.loss_history, &s.loss_history_count, &s.loss_history_dropped, history, 40));
    OK(leyline_history_set(s.accuracy_history, &s.accuracy_history_count, &s.accuracy_history_dropped, history, 40));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "accuracy_history[31]", LEYLINE_CHECK(SIGNALS, s));
    OK(leyline_history_set(s.accuracy_history, &s.accuracy_history_count, &s.accuracy_history_dropped, history, 3));
    OK(LEYLINE_CHECK(SIGNALS, s));
    const leyline_training_signals_t good = s;
    s.gpu_utilization = 1.5f, s.present = LEYLINE_SIGNALS_GPU_UTILIZATION;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gpu_utilization", LEYLINE_CHECK(SIGNALS, s));
    s = good;
    s.gpu_memory_gb = INFINITY, s.present = LEYLINE_SIGNALS_GPU_MEMORY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "gpu_memory_gb", LEYLINE_CHECK(SIGNALS, s));
    s = good;
    s.epoch_duration_ms = -1, s.present = LEYLINE_SIGNALS_EPOCH_DURATION;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "epoch_duration_ms", LEYLINE_CHECK(SIGNALS, s));
    s = good;
    REFUSES(LEYLINE_ERR_INVALID_ID, OVERLONG, leyline_id_set(&s.active_seeds[0], OVERLONG));
    NEEDS("UTF-8", leyline_id_set(&s.active_seeds[0], "\xff"));
    s.seed_alpha = 1.5f;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_alpha", LEYLINE_CHECK(SIGNALS, s));
    s = good;
    s.seed_stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed_stage", LEYLINE_CHECK(SIGNALS, s));
    s = good;
    s.gpu_utilization = 0.5f, s.gpu_memory_gb = 11, s.epoch_duration_ms = 18, s.time_unix_ns = -1;
    s.present = LEYLINE_SIGNALS_TIME | LEYLINE_SIGNALS_GPU_MEMORY | LEYLINE_SIGNALS_GPU_UTILIZATION |
                LEYLINE_SIGNALS_EPOCH_DURATION;
    for (int i = 0; i < LEYLINE_MAX_ACTIVE_SEEDS; i++)
        OK(leyline_id_set(&s.active_seeds[s.active_seed_count++], "seed_0"));
    s.active_seeds_dropped = 2;
    s.seed_stage = LEYLINE_SEED_STAGE_TRAINING, s.seed_epochs_in_stage = 2, s.seed_alpha = 0.5f;
    s.seed_improvement = -1;
    s.env = 3;
    OK(LEYLINE_CHECK(SIGNALS, s));
    CHECK(s.loss_history_count == LEYLINE_MAX_HISTORY && s.loss_history_dropped == 8 && s.loss_history[31] == 101);
    CHECK(s.accuracy_history_count == 3 && s.accuracy_history[2] == 2 && s.present == 15);
    CHECK(s.accuracy_history[3] == 0 && s.accuracy_history_dropped == 0);
    s.active_seed_count = LEYLINE_MAX_ACTIVE_SEEDS + 1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "active_seed_count", LEYLINE_CHECK(SIGNALS, s));
    s.active_seed_count = LEYLINE_MAX_ACTIVE_SEEDS;
    s.loss_history_count = LEYLINE_MAX_HISTORY + 1;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "loss_history_count", LEYLINE_CHECK(SIGNALS, s));
    s.loss_history_count = LEYLINE_MAX_HISTORY;
    s.present = 31;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "present", LEYLINE_CHECK(SIGNALS, s));
    s.present = 14;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "time_unix_ns", LEYLINE_CHECK(SIGNALS, s));
}

#define NEXT(kind, record) leyline_seed_lifecycle_next(seed, (kind), &(record), sizeof(record))

static void what_a_life_cycle_reports(void) {
    leyline_seed_lifecycle_t *seed = NULL;
    leyline_telemetry_event_t event;
    leyline_seed_state_report_t state;
    leyline_gate_result_t gate;
    leyline_field_report_t life;
    leyline_seed_telemetry_t t;
    leyline_training_signals_t signals;
    leyline_adaptation_command_t command;
    leyline_command_outcome_t outcome;
    leyline_seed_lifecycle_info_t info;
    OK(leyline_seed_lifecycle_new(25, NULL, &seed));
    GIVES(LEYLINE_EMPTY, NEXT(EVENT, event));
    GIVES(LEYLINE_EMPTY, NEXT(STATE, state));
    GIVES(LEYLINE_EMPTY, NEXT(GATE, gate));
    GIVES(LEYLINE_EMPTY, NEXT(FIELD, life));
    NEEDS("kind", NEXT(TELEMETRY, t));
    NEEDS("size", leyline_seed_lifecycle_next(seed, EVENT, &event, sizeof event - 8));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_report(seed, TELEMETRY, &t, sizeof t));
    NEEDS("kind", leyline_seed_lifecycle_report(seed, EVENT, &event, sizeof event));
    NEEDS("kind", leyline_seed_lifecycle_record(seed, EVENT, &event, sizeof event));
    REFUSES(LEYLINE_ERR_INVALID_ID, "slot", leyline_seed_lifecycle_set_slot(seed, OVERLONG, 0));
    OK(leyline_seed_lifecycle_set_slot(seed, "slot_0", 2));
    OK(leyline_seed_lifecycle_set_now(seed, 7, 1000));
    OK(LEYLINE_INIT(SIGNALS, signals));
    signals.seed_alpha = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_alpha", leyline_seed_lifecycle_set_signals(seed, &signals));
    signals.seed_alpha = 0;
    signals.available_slots = 1;
    OK(leyline_seed_lifecycle_set_signals(seed, &signals));
    OK(LEYLINE_INIT(LEYLINE_RECORD_ADAPTATION_COMMAND, command));
    command.command_type = LEYLINE_COMMAND_TYPE_GERMINATE;
    memset(command.id, 0xab, sizeof command.id);
    OK(leyline_seed_lifecycle_record(seed, LEYLINE_RECORD_ADAPTATION_COMMAND, &command, sizeof command));
    OK(leyline_seed_lifecycle_germinate(seed, "seed_0", "norm", 50, NULL));
    OK(leyline_command_outcome_init(&outcome, &command, 1, LEYLINE_OUTCOME_STATUS_EXECUTED, LEYLINE_OUTCOME_CODE_NONE));
    OK(leyline_seed_lifecycle_record(seed, LEYLINE_RECORD_COMMAND_OUTCOME, &outcome, sizeof outcome));
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_TRAINING, NULL));
    OK(leyline_seed_lifecycle_end_of_epoch(seed, 51));
    REFUSES(LEYLINE_ERR_GATE_FAILED, "epochs_in_stage",
            leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_BLENDING, NULL));

    const uint8_t types[] = {LEYLINE_EVENT_TYPE_COMMAND_ISSUED, LEYLINE_EVENT_TYPE_SEED_GERMINATED,
                             LEYLINE_EVENT_TYPE_COMMAND_EXECUTED, LEYLINE_EVENT_TYPE_SEED_STAGE_CHANGED,
                             LEYLINE_EVENT_TYPE_EPOCH_COMPLETED, LEYLINE_EVENT_TYPE_IMPROVEMENT_DETECTED};
    for (size_t i = 0; i < sizeof types; i++) {
        OK(NEXT(EVENT, event));
        OK(LEYLINE_CHECK(EVENT, event));
        CHECK(event.event_type == types[i] && event.epoch == 7 && event.time_unix_ns == 1000 && event.env == 2);
    }
    GIVES(LEYLINE_EMPTY, NEXT(EVENT, event));
    const uint8_t stages[] = {2, 3, 3};
    for (size_t i = 0; i < sizeof stages; i++) {
        OK(NEXT(STATE, state));
        OK(LEYLINE_CHECK(STATE, state));
        CHECK(state.stage == stages[i] && strcmp(LEYLINE_TEXT(state.slot), "slot_0") == 0);
    }
    CHECK(state.metrics.current_accuracy == 51 && state.improving == 1);
    for (uint8_t i = 0; i < 3; i++) {
        OK(NEXT(GATE, gate));
        OK(LEYLINE_CHECK(GATE, gate));
        CHECK(gate.gate == i && gate.passed == (i < 2));
    }
    CHECK(gate.checks_failed_count == 1 && strcmp(LEYLINE_TEXT(gate.checks_failed[0]), "epochs_in_stage") == 0);
    OK(leyline_seed_lifecycle_gate_result(seed, LEYLINE_GATE_G5, &gate));
    CHECK(gate.passed == 1 && gate.checks_passed_count == 2 && strcmp(LEYLINE_TEXT(gate.seed), "seed_0") == 0);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_seed_lifecycle_gate_result(seed, 6, &gate));
    GIVES(LEYLINE_EMPTY, NEXT(GATE, gate));

    OK(leyline_seed_lifecycle_record_gradient_norm(seed, 3));
    OK(leyline_seed_lifecycle_report(seed, TELEMETRY, &t, sizeof t));
    OK(LEYLINE_CHECK(TELEMETRY, t));
    CHECK(t.gradient_norm == 3 && t.accuracy == 51 && t.accuracy_delta == 1 && t.stage == LEYLINE_SEED_STAGE_TRAINING);
    OK(leyline_seed_lifecycle_report(seed, STATE, &state, sizeof state));
    CHECK(state.stage == LEYLINE_SEED_STAGE_TRAINING && state.reported_at_unix_ns == 1000);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event type", leyline_seed_lifecycle_event(seed, 0, 1, &event));
    OK(leyline_seed_lifecycle_event(seed, LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY, LEYLINE_SEVERITY_WARNING, &event));
    CHECK(strcmp(LEYLINE_TEXT(event.seed), "seed_0") == 0);
    OK(leyline_seed_lifecycle_tell(seed, &event));
    event.severity = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", leyline_seed_lifecycle_tell(seed, &event));
    OK(NEXT(EVENT, event));
    CHECK(event.event_type == LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY);

    OK(leyline_seed_lifecycle_set_now(seed, 9, 3000));
    OK(leyline_seed_lifecycle_cull(seed, "out of time"));
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "CULLED", leyline_seed_lifecycle_cull(seed, "again"));
    OK(NEXT(FIELD, life));
    OK(LEYLINE_CHECK(FIELD, life));
    CHECK(life.final_stage == LEYLINE_SEED_STAGE_CULLED && life.failure_stage == LEYLINE_SEED_STAGE_TRAINING);
    CHECK(strcmp(LEYLINE_TEXT(life.failure_reason), "out of time") == 0 && life.total_epochs == 1);
    CHECK(life.germinated_at_unix_ns == 1000 && life.completed_at_unix_ns == 3000 && life.env == 2);
    CHECK(life.command_count == 1 && life.commands[0][15] == 0xab && life.signals.available_slots == 1);
    GIVES(LEYLINE_EMPTY, NEXT(FIELD, life));
    for (int i = 0; i < 20; i++) OK(leyline_seed_lifecycle_end_of_epoch(seed, 50));
    OK(leyline_seed_lifecycle_info(seed, &info));
    CHECK(info.untold.state_reports == 5 && info.untold.events == 0 && info.untold.gate_results == 0 &&
          info.untold.field_reports == 0);
    OK(leyline_seed_lifecycle_close(seed));
}

/* Every record has a schema of the size that C has for it. */
static void schemas(void) {
    const struct {
        uint32_t record;
        size_t size;
    } records[] = {
        {LEYLINE_RECORD_TRAINING_METRICS, sizeof(leyline_training_metrics_t)},
        {LEYLINE_RECORD_TRAINING_SIGNALS, sizeof(leyline_training_signals_t)},
        {LEYLINE_RECORD_SEED_METRICS, sizeof(leyline_seed_metrics_t)},
        {LEYLINE_RECORD_SEED_TELEMETRY, sizeof(leyline_seed_telemetry_t)},
        {LEYLINE_RECORD_SEED_STATE_REPORT, sizeof(leyline_seed_state_report_t)},
        {LEYLINE_RECORD_GATE_RESULT, sizeof(leyline_gate_result_t)},
        {LEYLINE_RECORD_FIELD_REPORT, sizeof(leyline_field_report_t)},
        {LEYLINE_RECORD_TELEMETRY_EVENT, sizeof(leyline_telemetry_event_t)},
        {LEYLINE_RECORD_BLUEPRINT_SPEC, sizeof(leyline_blueprint_spec_t)},
        {LEYLINE_RECORD_PERFORMANCE_BUDGETS, sizeof(leyline_performance_budgets_t)},
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        leyline_schema_t *schema = NULL;
        leyline_schema_info_t info;
        OK(leyline_schema_of_record(records[i].record, &schema));
        OK(leyline_schema_info(schema, &info));
        CHECK(info.size == records[i].size);
        OK(leyline_schema_close(schema));
    }
}

/* Zeros that can stand for any record, array or place for an output. */
static union {
    uint64_t words[512];
    void *pointer;
} zeros;

typedef struct handles_t {
    leyline_seed_lifecycle_t *seed;
    leyline_action_space_t *space;
} handles_t;

static void a_null_is_named(const handles_t *h) {
    NEEDS("record", leyline_record_init(STATE, NULL, sizeof(leyline_seed_state_report_t)));
    NEEDS("record", leyline_record_check(STATE, NULL, sizeof(leyline_seed_state_report_t)));
    NEEDS("record", leyline_record_sanitize(STATE, NULL, sizeof(leyline_seed_state_report_t), NULL));
    NEEDS("record", leyline_record_init(GATE, NULL, sizeof(leyline_gate_result_t)));
    NEEDS("record", leyline_record_check(GATE, NULL, sizeof(leyline_gate_result_t)));
    NEEDS("record", leyline_record_sanitize(GATE, NULL, sizeof(leyline_gate_result_t), NULL));
    NEEDS("record", leyline_record_init(FIELD, NULL, sizeof(leyline_field_report_t)));
    NEEDS("record", leyline_record_check(FIELD, NULL, sizeof(leyline_field_report_t)));
    NEEDS("record", leyline_record_sanitize(FIELD, NULL, sizeof(leyline_field_report_t), NULL));
    NEEDS("record", leyline_record_init(TELEMETRY, NULL, sizeof(leyline_seed_telemetry_t)));
    NEEDS("record", leyline_record_check(TELEMETRY, NULL, sizeof(leyline_seed_telemetry_t)));
    NEEDS("record", leyline_record_sanitize(TELEMETRY, NULL, sizeof(leyline_seed_telemetry_t), NULL));
    NEEDS("record", leyline_record_init(EVENT, NULL, sizeof(leyline_telemetry_event_t)));
    NEEDS("record", leyline_record_check(EVENT, NULL, sizeof(leyline_telemetry_event_t)));
    NEEDS("record", leyline_record_sanitize(EVENT, NULL, sizeof(leyline_telemetry_event_t), NULL));
    NEEDS("record", leyline_record_init(BUDGETS, NULL, sizeof(leyline_performance_budgets_t)));
    NEEDS("record", leyline_record_check(BUDGETS, NULL, sizeof(leyline_performance_budgets_t)));
    NEEDS("record", leyline_record_sanitize(BUDGETS, NULL, sizeof(leyline_performance_budgets_t), NULL));
    NEEDS("record", leyline_record_init(BLUEPRINT, NULL, sizeof(leyline_blueprint_spec_t)));
    NEEDS("record", leyline_record_check(BLUEPRINT, NULL, sizeof(leyline_blueprint_spec_t)));
    NEEDS("record", leyline_record_sanitize(BLUEPRINT, NULL, sizeof(leyline_blueprint_spec_t), NULL));
    NEEDS("record", leyline_record_init(METRICS, NULL, sizeof(leyline_training_metrics_t)));
    NEEDS("record", leyline_record_check(METRICS, NULL, sizeof(leyline_training_metrics_t)));
    NEEDS("record", leyline_record_sanitize(METRICS, NULL, sizeof(leyline_training_metrics_t), NULL));
    NEEDS("record", leyline_record_init(SIGNALS, NULL, sizeof(leyline_training_signals_t)));
    NEEDS("record", leyline_record_check(SIGNALS, NULL, sizeof(leyline_training_signals_t)));
    NEEDS("record", leyline_record_sanitize(SIGNALS, NULL, sizeof(leyline_training_signals_t), NULL));
    NEEDS("id", leyline_id_set(NULL, "x"));
    NEEDS("field", leyline_text_set(NULL, NULL, 0, "x"));
    NEEDS("history", leyline_history_set(NULL, (void *)&zeros, (void *)&zeros, (void *)&zeros, 1));
    NEEDS("count", leyline_history_set((void *)&zeros, NULL, (void *)&zeros, (void *)&zeros, 1));
    NEEDS("dropped", leyline_history_set((void *)&zeros, (void *)&zeros, NULL, (void *)&zeros, 1));
    NEEDS("oldest_first", leyline_history_set((void *)&zeros, (void *)&zeros, (void *)&zeros, NULL, 1));
    NEEDS("telemetry", leyline_seed_telemetry_to_features(NULL, (void *)&zeros));
    NEEDS("features", leyline_seed_telemetry_to_features((void *)&zeros, NULL));
    NEEDS("budgets", leyline_budgets_exceeded(NULL, 1, 1, (void *)&zeros, (void *)&zeros));
    NEEDS("exceeded", leyline_budgets_exceeded((void *)&zeros, 1, 1, NULL, (void *)&zeros));
    NEEDS("budgets", leyline_budgets_exceeded_by_signals(NULL, (void *)&zeros, (void *)&zeros, (void *)&zeros));
    NEEDS("signals", leyline_budgets_exceeded_by_signals((void *)&zeros, NULL, (void *)&zeros, (void *)&zeros));
    NEEDS("overruns", leyline_budgets_exceeded_by_signals((void *)&zeros, (void *)&zeros, NULL, (void *)&zeros));
    NEEDS("count", leyline_budgets_exceeded_by_signals((void *)&zeros, (void *)&zeros, (void *)&zeros, NULL));
    NEEDS("overrun", leyline_overrun_to_event(NULL, (void *)&zeros, 1, (void *)&zeros));
    NEEDS("id", leyline_overrun_to_event((void *)&zeros, NULL, 1, (void *)&zeros));
    NEEDS("event", leyline_overrun_to_event((void *)&zeros, (void *)&zeros, 1, NULL));
    NEEDS("blueprint", leyline_blueprint_register(NULL));
    NEEDS("topology", leyline_blueprint_unregister(NULL, "x", (void *)&zeros));
    NEEDS("id", leyline_blueprint_unregister("x", NULL, (void *)&zeros));
    NEEDS("topology", leyline_blueprint_find(NULL, "x", (void *)&zeros));
    NEEDS("id", leyline_blueprint_find("x", NULL, (void *)&zeros));
    NEEDS("blueprint", leyline_blueprint_find("x", "x", NULL));
    NEEDS("topology", leyline_blueprints_of_topology(NULL, (void *)&zeros, 1, (void *)&zeros));
    NEEDS("blueprints", leyline_blueprints_of_topology("x", NULL, 1, (void *)&zeros));
    NEEDS("count", leyline_blueprints_of_topology("x", (void *)&zeros, 1, NULL));
    NEEDS("topology", leyline_action_space_of_topology(NULL, (void *)&zeros));
    NEEDS("space", leyline_action_space_of_topology("x", NULL));
    NEEDS("seed", leyline_seed_lifecycle_set_slot(NULL, "x", 1));
    NEEDS("slot", leyline_seed_lifecycle_set_slot(h->seed, NULL, 1));
    NEEDS("seed", leyline_seed_lifecycle_set_now(NULL, 1, 1));
    NEEDS("seed", leyline_seed_lifecycle_set_signals(NULL, (void *)&zeros));
    NEEDS("signals", leyline_seed_lifecycle_set_signals(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_cull(NULL, "x"));
    NEEDS("seed", leyline_seed_lifecycle_record(NULL, LEYLINE_RECORD_ADAPTATION_COMMAND, (void *)&zeros, sizeof(leyline_adaptation_command_t)));
    NEEDS("record", leyline_seed_lifecycle_record(h->seed, LEYLINE_RECORD_ADAPTATION_COMMAND, NULL, sizeof(leyline_adaptation_command_t)));
    NEEDS("seed", leyline_seed_lifecycle_record(NULL, LEYLINE_RECORD_COMMAND_OUTCOME, (void *)&zeros, sizeof(leyline_command_outcome_t)));
    NEEDS("record", leyline_seed_lifecycle_record(h->seed, LEYLINE_RECORD_COMMAND_OUTCOME, NULL, sizeof(leyline_command_outcome_t)));
    NEEDS("seed", leyline_seed_lifecycle_next(NULL, EVENT, (void *)&zeros, sizeof(leyline_telemetry_event_t)));
    NEEDS("record", leyline_seed_lifecycle_next(h->seed, EVENT, NULL, sizeof(leyline_telemetry_event_t)));
    NEEDS("seed", leyline_seed_lifecycle_next(NULL, STATE, (void *)&zeros, sizeof(leyline_seed_state_report_t)));
    NEEDS("record", leyline_seed_lifecycle_next(h->seed, STATE, NULL, sizeof(leyline_seed_state_report_t)));
    NEEDS("seed", leyline_seed_lifecycle_next(NULL, GATE, (void *)&zeros, sizeof(leyline_gate_result_t)));
    NEEDS("record", leyline_seed_lifecycle_next(h->seed, GATE, NULL, sizeof(leyline_gate_result_t)));
    NEEDS("seed", leyline_seed_lifecycle_next(NULL, FIELD, (void *)&zeros, sizeof(leyline_field_report_t)));
    NEEDS("record", leyline_seed_lifecycle_next(h->seed, FIELD, NULL, sizeof(leyline_field_report_t)));
    NEEDS("seed", leyline_seed_lifecycle_report(NULL, STATE, (void *)&zeros, sizeof(leyline_seed_state_report_t)));
    NEEDS("record", leyline_seed_lifecycle_report(h->seed, STATE, NULL, sizeof(leyline_seed_state_report_t)));
    NEEDS("seed", leyline_seed_lifecycle_report(NULL, TELEMETRY, (void *)&zeros, sizeof(leyline_seed_telemetry_t)));
    NEEDS("record", leyline_seed_lifecycle_report(h->seed, TELEMETRY, NULL, sizeof(leyline_seed_telemetry_t)));
    NEEDS("seed", leyline_seed_lifecycle_info(NULL, (void *)&zeros));
    NEEDS("info", leyline_seed_lifecycle_info(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_gate_result(NULL, 1, (void *)&zeros));
    NEEDS("result", leyline_seed_lifecycle_gate_result(h->seed, 1, NULL));
    NEEDS("seed", leyline_seed_lifecycle_event(NULL, 1, 1, (void *)&zeros));
    NEEDS("event", leyline_seed_lifecycle_event(h->seed, 1, 1, NULL));
    NEEDS("seed", leyline_seed_lifecycle_tell(NULL, (void *)&zeros));
    NEEDS("event", leyline_seed_lifecycle_tell(h->seed, NULL));
    NEEDS("space", leyline_action_space_command(NULL, 1, (void *)&zeros));
    NEEDS("command", leyline_action_space_command(h->space, 1, NULL));
}

int main(void) {
    handles_t handles = {NULL, NULL};
    OK(leyline_seed_lifecycle_new(25, NULL, &handles.seed));
    OK(leyline_action_space_standard("cnn", &handles.space));
    a_null_is_named(&handles);
    OK(leyline_action_space_close(handles.space));
    OK(leyline_seed_lifecycle_close(handles.seed));
    state_reports();
    gate_results();
    field_reports();
    telemetry();
    events();
    budgets();
    blueprints();
    signals();
    what_a_life_cycle_reports();
    schemas();
    return 0;
}
