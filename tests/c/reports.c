/* The records of the rich tier through C: what they carry, what they refuse, and what a life cycle tells. */
#include "check.h"

static const char *const OVERLONG = "0123456789012345678901234567890123456789";

static void state_reports(void) {
    leyline_seed_state_report_t r, before;
    memset(&r, 0x55, sizeof r);
    before = r;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_state_report_init(&r, 11, 2, 0, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_state_report_init(&r, 3, 256, 0, 0));
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "from TRAINING",
            leyline_seed_state_report_init(&r, LEYLINE_SEED_STAGE_FOSSILIZED, LEYLINE_SEED_STAGE_TRAINING, 0, 0));
    CHECK(memcmp(&r, &before, sizeof r) == 0);
    OK(leyline_seed_state_report_init(&r, LEYLINE_SEED_STAGE_TRAINING, LEYLINE_SEED_STAGE_GERMINATED, -5, 9));
    CHECK(r.healthy == 1 && r.improving == 0 && r.needs_attention == 0 && r.present == 0);
    CHECK(r.entered_at_unix_ns == -5 && r.reported_at_unix_ns == 9);
    before = r;
    REFUSES(LEYLINE_ERR_INVALID_ID, "blueprint", leyline_seed_state_report_set_seed(&r, "seed_0", OVERLONG));
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed", leyline_seed_state_report_set_seed(&r, "", "norm"));
    NEEDS("UTF-8", leyline_seed_state_report_set_slot(&r, "\xff\xfe"));
    leyline_seed_metrics_t metrics;
    memset(&metrics, 0, sizeof metrics);
    metrics.alpha = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "alpha", leyline_seed_state_report_set_metrics(&r, &metrics));
    CHECK(memcmp(&r, &before, sizeof r) == 0);
    metrics.alpha = 0.5f;
    OK(leyline_seed_state_report_set_metrics(&r, &metrics));
    OK(leyline_seed_state_report_set_seed(&r, "seed_0", OVERLONG + 1));
    OK(leyline_seed_state_report_set_slot(&r, "slot_0"));
    OK(leyline_seed_state_report_check(&r));
    CHECK(r.present == (LEYLINE_STATE_SEED | LEYLINE_STATE_SLOT) && r.metrics.alpha == 0.5f);
    CHECK(strcmp((char *)r.blueprint.bytes, OVERLONG + 1) == 0 && strcmp((char *)r.slot.bytes, "slot_0") == 0);
    r.improving = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "improving", leyline_seed_state_report_check(&r));
    r.improving = 1;
    r.metrics.current_accuracy = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "metrics.current_accuracy", leyline_seed_state_report_check(&r));
    uint32_t replaced = 0;
    OK(leyline_seed_state_report_sanitize(&r, &replaced));
    CHECK(replaced == 1 && r.metrics.current_accuracy == 100);
    r.stage = LEYLINE_SEED_STAGE_SHADOWING;
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "stage", leyline_seed_state_report_check(&r));
}

static void gate_results(void) {
    leyline_gate_result_t r;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_gate_result_init(&r, 6, 1, 0.5f, 0));
    NEEDS("passed", leyline_gate_result_init(&r, LEYLINE_GATE_G2, 2, 0.5f, 0));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "score", leyline_gate_result_init(&r, LEYLINE_GATE_G2, 1, 1.5f, 0));
    OK(leyline_gate_result_init(&r, LEYLINE_GATE_G2, 0, 0.5f, 7));
    OK(leyline_gate_result_add_check(&r, "improvement", 1));
    for (int i = 0; i < 8; i++) OK(leyline_gate_result_add_check(&r, "epochs_in_stage", 0));
    NEEDS("passed", leyline_gate_result_add_check(&r, "x", 3));
    REFUSES(LEYLINE_ERR_INVALID_ID, "checks_passed", leyline_gate_result_add_check(&r, OVERLONG, 1));
    OK(leyline_gate_result_set_seed(&r, "seed_0"));
    OK(leyline_gate_result_set_slot(&r, "slot_0"));
    REFUSES(LEYLINE_ERR_INVALID_ID, "slot", leyline_gate_result_set_slot(&r, OVERLONG));
    char said[81];
    memset(said, 's', 80);
    said[80] = 0;
    OK(leyline_gate_result_set_message(&r, said));
    OK(leyline_gate_result_check(&r));
    CHECK(r.present == (LEYLINE_GATE_RESULT_SEED | LEYLINE_GATE_RESULT_SLOT | LEYLINE_GATE_RESULT_MESSAGE_CUT));
    CHECK(strlen((char *)r.message.bytes) == 63 && r.score == 0.5f && r.time_unix_ns == 7);
    CHECK(r.checks_passed_count == 1 && strcmp((char *)r.checks_passed[0].bytes, "improvement") == 0);
    CHECK(r.checks_failed_count == LEYLINE_MAX_GATE_CHECKS && r.checks_failed_dropped == 2);
    r.passed = 1;
    NEEDS("checks_failed", leyline_gate_result_check(&r));
    r.passed = 0;
    r.score = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "score", leyline_gate_result_check(&r));
    OK(leyline_gate_result_sanitize(&r, NULL));
    CHECK(r.score == 0);
    r.checks_failed_count = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "checks_failed_count", leyline_gate_result_check(&r));
    OK(leyline_gate_result_init(&r, LEYLINE_GATE_G0, 1, 1, 0));
    NEEDS("checks_failed", leyline_gate_result_add_check(&r, "seed_id", 0));
    CHECK(r.passed == 1 && r.checks_failed_count == 0);
}

static void field_reports(void) {
    leyline_field_report_t r;
    const uint8_t id[16] = {1, 2, 3};
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed", leyline_field_report_init_fossilized(&r, id, "", "norm"));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_field_report_init_culled(&r, id, "s", "b", 11, ""));
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "DORMANT",
            leyline_field_report_init_culled(&r, id, "s", "b", LEYLINE_SEED_STAGE_DORMANT, ""));
    OK(leyline_field_report_init_fossilized(&r, id, "seed_0", "norm"));
    OK(leyline_field_report_check(&r));
    CHECK(r.success == 1 && r.final_stage == LEYLINE_SEED_STAGE_FOSSILIZED && r.present == 0 && r.id[2] == 3);

    OK(leyline_field_report_init_culled(&r, id, "seed_0", "norm", LEYLINE_SEED_STAGE_BLENDING, "no use"));
    r.germinated_at_unix_ns = 5;
    const uint32_t epochs[11] = {0, 0, 1, 3, 2};
    OK(leyline_field_report_set_epochs(&r, epochs));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "best_accuracy", leyline_field_report_set_accuracies(&r, 50, 60, NAN));
    CHECK(r.accuracy_at_germination == 0);
    OK(leyline_field_report_set_accuracies(&r, 50, 49.5f, 52));
    OK(leyline_field_report_set_slot(&r, "slot_0"));
    REFUSES(LEYLINE_ERR_INVALID_ID, "slot", leyline_field_report_set_slot(&r, ""));
    uint8_t ids[40][16];
    for (int i = 0; i < 40; i++) memset(ids[i], i, 16);
    OK(leyline_field_report_set_commands(&r, ids[0], 40));
    leyline_training_signals_t signals;
    OK(leyline_training_signals_init(&signals));
    signals.seed_stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed_stage", leyline_field_report_set_signals(&r, &signals));
    CHECK((r.present & LEYLINE_FIELD_REPORT_SIGNALS) == 0);
    signals.seed_stage = 3;
    OK(leyline_field_report_set_signals(&r, &signals));
    OK(leyline_field_report_check(&r));
    CHECK(r.present == (LEYLINE_FIELD_REPORT_SLOT | LEYLINE_FIELD_REPORT_SIGNALS | LEYLINE_FIELD_REPORT_FAILURE));
    CHECK(r.total_epochs == 6 && r.total_improvement == -0.5f && r.signals.seed_stage == 3);
    CHECK(r.command_count == LEYLINE_MAX_REPORTED_COMMANDS && r.commands_dropped == 8 && r.commands[31][15] == 31);
    CHECK(r.failure_stage == LEYLINE_SEED_STAGE_BLENDING && strcmp((char *)r.failure_reason.bytes, "no use") == 0);
    r.total_epochs = 7;
    NEEDS("total_epochs", leyline_field_report_check(&r));
    r.total_epochs = 6;
    r.success = 1;
    NEEDS("success", leyline_field_report_check(&r));
    r.success = 0;
    r.best_accuracy = 101;
    uint32_t replaced = 0;
    OK(leyline_field_report_sanitize(&r, &replaced));
    CHECK(replaced == 1 && r.best_accuracy == 100);
    OK(leyline_field_report_set_commands(&r, NULL, 0));
    OK(leyline_field_report_check(&r));
}

static void telemetry(void) {
    leyline_seed_telemetry_t t, before;
    REFUSES(LEYLINE_ERR_INVALID_ID, "blueprint", leyline_seed_telemetry_init(&t, "seed_0", "", 0));
    OK(leyline_seed_telemetry_init(&t, "seed_0", "norm", 5));
    before = t;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gradient_norm", leyline_seed_telemetry_set_gradient(&t, -1, 1));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gradient_health", leyline_seed_telemetry_set_gradient(&t, 1, 1.5f));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "accuracy_delta", leyline_seed_telemetry_set_accuracy(&t, 1, NAN));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_seed_telemetry_set_stage(&t, 11, 0, 0));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "alpha", leyline_seed_telemetry_set_stage(&t, 4, 0, 2));
    REFUSES(LEYLINE_ERR_INVALID_ID, "layer", leyline_seed_telemetry_set_layer(&t, OVERLONG));
    CHECK(memcmp(&t, &before, sizeof t) == 0 && t.max_epochs == 25 && t.captured_at_unix_ns == 5);
    OK(leyline_seed_telemetry_set_gradient(&t, 2.5f, 0.75f));
    OK(leyline_seed_telemetry_set_accuracy(&t, 80, -5));
    OK(leyline_seed_telemetry_set_stage(&t, LEYLINE_SEED_STAGE_BLENDING, 10, 0.5f));
    OK(leyline_seed_telemetry_set_layer(&t, "layer_0_post_block"));
    t.exploding = 1;
    t.epoch = 5;
    OK(leyline_seed_telemetry_check(&t));
    CHECK(t.present == LEYLINE_TELEMETRY_LAYER);
    float features[LEYLINE_TELEMETRY_FEATURES];
    const float expected[10] = {0.25f, 0.75f, 0, 1, 0.2f, 0.8f, -0.5f, 0.5f, 0.5f, 0.2f};
    OK(leyline_seed_telemetry_to_features(&t, features));
    for (int i = 0; i < 10; i++) CHECK(features[i] == expected[i]);
    t.vanishing = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "vanishing", leyline_seed_telemetry_check(&t));
    t.vanishing = 0;
    t.gradient_norm = INFINITY;
    uint32_t replaced = 0;
    OK(leyline_seed_telemetry_sanitize(&t, &replaced));
    CHECK(replaced == 1 && isfinite(t.gradient_norm));
}

static void events(void) {
    leyline_telemetry_event_t e;
    const uint8_t id[16] = {9};
    const char *name = NULL;
    double value = -1;
    bool present = false;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event type", leyline_telemetry_event_init(&e, id, 0, LEYLINE_SEVERITY_INFO, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event type", leyline_telemetry_event_init(&e, id, 14, LEYLINE_SEVERITY_INFO, 0));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", leyline_telemetry_event_init(&e, id, 1, 6, 0));
    OK(leyline_telemetry_event_init(&e, id, LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY, LEYLINE_SEVERITY_ERROR, -3));
    OK(leyline_telemetry_event_check(&e));
    CHECK(e.present == 0 && e.id[0] == 9 && e.time_unix_ns == -3);
    OK(leyline_telemetry_event_set_seed(&e, "seed_0"));
    OK(leyline_telemetry_event_set_slot(&e, "slot_0"));
    OK(leyline_telemetry_event_set_epoch(&e, 0));
    OK(leyline_telemetry_event_set_message(&e, "an explosion"));
    OK(leyline_telemetry_event_set_data(&e, "norm", 1e30));
    OK(leyline_telemetry_event_set_data(&e, "norm", 1e31));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "data x", leyline_telemetry_event_set_data(&e, "x", NAN));
    REFUSES(LEYLINE_ERR_INVALID_ID, "data_names", leyline_telemetry_event_set_data(&e, "", 1));
    REFUSES(LEYLINE_ERR_INVALID_ID, "seed", leyline_telemetry_event_set_seed(&e, OVERLONG));
    NEEDS("UTF-8", leyline_telemetry_event_set_slot(&e, "\xc3\x28"));
    CHECK(e.data_count == 1);
    for (char n[] = "a"; n[0] < 'i'; n[0]++) OK(leyline_telemetry_event_set_data(&e, n, n[0]));
    OK(leyline_telemetry_event_check(&e));
    CHECK(e.present == (LEYLINE_EVENT_SEED | LEYLINE_EVENT_SLOT | LEYLINE_EVENT_EPOCH));
    CHECK(e.data_count == LEYLINE_MAX_EVENT_DATA && e.data_dropped == 3);
    OK(leyline_telemetry_event_data(&e, "norm", &value, &present));
    CHECK(value == 1e31 && present);
    OK(leyline_telemetry_event_data(&e, "h", &value, &present));
    CHECK(value == 0 && !present);
    e.data_values[0] = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "data_values[0]", leyline_telemetry_event_check(&e));
    OK(leyline_telemetry_event_sanitize(&e, NULL));
    OK(leyline_telemetry_event_check(&e));
    e.data_count = 7;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "data_count", leyline_telemetry_event_check(&e));
    OK(leyline_telemetry_event_data(&e, "norm", &value, NULL));
    e.data_count = 6;
    e.severity = 0;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", leyline_telemetry_event_check(&e));
    OK(leyline_event_type_name(LEYLINE_EVENT_TYPE_COMMAND_FAILED, &name));
    CHECK(strcmp(name, "COMMAND_FAILED") == 0 && LEYLINE_EVENT_TYPE_COMMAND_FAILED == 13);
    OK(leyline_severity_name(LEYLINE_SEVERITY_CRITICAL, &name));
    CHECK(strcmp(name, "CRITICAL") == 0);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event type", leyline_event_type_name(14, &name));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", leyline_severity_name(0, &name));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "budget", leyline_budget_name(6, &name));
}

static void budgets(void) {
    leyline_performance_budgets_t b;
    leyline_overrun_t overrun, overruns[LEYLINE_MAX_OVERRUNS];
    leyline_telemetry_event_t e;
    leyline_training_signals_t signals;
    bool exceeded = true;
    size_t count = 99;
    const uint8_t id[16] = {0};
    OK(leyline_performance_budgets_init(&b));
    CHECK(b.epoch_ms == 18 && b.blending_ms == 5 && b.gate_check_ms == 2);
    CHECK(b.seed_memory_gb == 2 && b.total_memory_gb == 12);
    OK(leyline_performance_budgets_exceeded(&b, LEYLINE_BUDGET_BLENDING, 5, &exceeded, &overrun));
    CHECK(!exceeded && overrun.budget == 0);
    OK(leyline_performance_budgets_exceeded(&b, LEYLINE_BUDGET_BLENDING, 5.5f, &exceeded, &overrun));
    CHECK(exceeded && overrun.budget == LEYLINE_BUDGET_BLENDING && overrun.limit == 5 && overrun.measured == 5.5f);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "budget", leyline_performance_budgets_exceeded(&b, 0, 1, &exceeded, NULL));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "measured", leyline_performance_budgets_exceeded(&b, 1, NAN, &exceeded, NULL));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_memory_gb",
            leyline_performance_budgets_set_limit(&b, LEYLINE_BUDGET_SEED_MEMORY, -1));
    OK(leyline_performance_budgets_set_limit(&b, LEYLINE_BUDGET_SEED_MEMORY, 4));
    OK(leyline_performance_budgets_check(&b));
    CHECK(b.seed_memory_gb == 4);
    OK(leyline_training_signals_init(&signals));
    OK(leyline_performance_budgets_exceeded_by_signals(&b, &signals, overruns, &count));
    CHECK(count == 0);
    OK(leyline_training_signals_set_epoch_duration_ms(&signals, 20));
    OK(leyline_training_signals_set_gpu_memory_gb(&signals, 16));
    OK(leyline_performance_budgets_exceeded_by_signals(&b, &signals, overruns, &count));
    CHECK(count == 2 && overruns[0].budget == LEYLINE_BUDGET_EPOCH);
    CHECK(overruns[1].budget == LEYLINE_BUDGET_TOTAL_MEMORY);
    OK(leyline_overrun_to_event(&overruns[1], id, 3, &e));
    OK(leyline_telemetry_event_check(&e));
    CHECK(e.event_type == LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION);
    CHECK(strcmp((char *)e.message.bytes, "TOTAL_MEMORY took 16 of 12 GB") == 0);
    overruns[1].budget = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "budget", leyline_overrun_to_event(&overruns[1], id, 3, &e));
    b.epoch_ms = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "epoch_ms", leyline_performance_budgets_check(&b));
    uint32_t replaced = 0;
    OK(leyline_performance_budgets_sanitize(&b, &replaced));
    CHECK(replaced == 1 && b.epoch_ms == 0);
}

static void blueprints(void) {
    leyline_blueprint_spec_t b, other, found[LEYLINE_MAX_BLUEPRINTS];
    leyline_action_space_t *space = NULL;
    leyline_adaptation_command_t command;
    size_t count = 0, index = 99;
    NEEDS("id", leyline_blueprint_spec_init(&b, "a b", "cnn", 1));
    NEEDS("topology", leyline_blueprint_spec_init(&b, "a", "", 1));
    OK(leyline_blueprint_spec_init(&b, "gated", "c-test", 500));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "channels", leyline_blueprint_spec_set_channels(&b, 8, 7));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "memory_cost", leyline_blueprint_spec_set_costs(&b, 1, INFINITY));
    REFUSES(LEYLINE_ERR_INVALID_ID, "tags", leyline_blueprint_spec_add_tag(&b, OVERLONG));
    REFUSES(LEYLINE_ERR_INVALID_ID, "name", leyline_blueprint_spec_set_name(&b, ""));
    CHECK(b.compute_cost == 1 && b.memory_cost == 1 && b.training_epochs == 5 && b.blending_epochs == 5);
    CHECK(b.min_channels == 1 && b.present == 0 && strcmp((char *)b.name.bytes, "gated") == 0);
    OK(leyline_blueprint_spec_set_name(&b, "gated block"));
    OK(leyline_blueprint_spec_set_description(&b, "a block with a gate"));
    OK(leyline_blueprint_spec_set_channels(&b, 8, 512));
    OK(leyline_blueprint_spec_set_costs(&b, 2, 0.5f));
    for (int i = 0; i < 9; i++) OK(leyline_blueprint_spec_add_tag(&b, "tag"));
    OK(leyline_blueprint_spec_check(&b));
    CHECK(b.present == LEYLINE_BLUEPRINT_MAX_CHANNELS && b.max_channels == 512 && b.tags_dropped == 1);
    OK(leyline_blueprint_register(&b));
    OK(leyline_blueprint_register(&b));
    OK(leyline_blueprint_spec_init(&other, "plain", "c-test", 100));
    OK(leyline_blueprint_register(&other));
    other.parameters = 1000;
    NEEDS("plain", leyline_blueprint_register(&other));
    other.compute_cost = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "compute_cost", leyline_blueprint_register(&other));
    uint32_t replaced = 0;
    OK(leyline_blueprint_spec_sanitize(&other, &replaced));
    CHECK(replaced == 1 && other.compute_cost == 0);

    OK(leyline_blueprints_of_topology("c-test", found, LEYLINE_MAX_BLUEPRINTS, &count));
    CHECK(count == 2 && strcmp((char *)found[0].id.bytes, "plain") == 0);
    CHECK(memcmp(&found[1], &b, sizeof b) == 0);
    OK(leyline_blueprints_of_topology("cnn", NULL, 0, &count));
    CHECK(count == 4);
    OK(leyline_blueprint_find("transformer", "mlp", &other));
    CHECK(other.parameters == 1200000);
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "lora", leyline_blueprint_find("transformer", "conv", &other));
    REFUSES(LEYLINE_ERR_UNKNOWN_ACTION, "cnn", leyline_blueprints_of_topology("rnn", found, 1, &count));
    OK(leyline_action_space_of_topology("c-test", &space));
    OK(leyline_action_space_len(space, &count));
    OK(leyline_action_space_germinate(space, "gated", &index));
    CHECK(count == 5 && index == 2);
    OK(leyline_action_space_command(space, index, &command));
    OK(leyline_adaptation_command_check(&command));
    CHECK(command.command_type == LEYLINE_COMMAND_TYPE_GERMINATE && command.risk == LEYLINE_RISK_YELLOW);
    CHECK(strcmp((char *)command.blueprint.bytes, "gated") == 0);
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
    leyline_training_signals_t s, before;
    leyline_training_metrics_t m;
    OK(leyline_training_metrics_init(&m));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "best_val_loss", leyline_training_metrics_set_best_val_loss(&m, 2e6f));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "grad_norm_host", leyline_training_metrics_set_grad_norm_host(&m, NAN));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "grad_norm_seed", leyline_training_metrics_set_grad_norm_seed(&m, -1));
    CHECK(m.present == 0);
    OK(leyline_training_metrics_set_best_val_loss(&m, 12));
    OK(leyline_training_metrics_set_grad_norm_host(&m, 1));
    OK(leyline_training_metrics_set_grad_norm_seed(&m, 2));
    OK(leyline_training_metrics_check(&m));
    CHECK(m.present == 7 && m.best_val_loss == 12 && m.grad_norm_seed == 2);
    m.val_loss = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "val_loss", leyline_training_metrics_check(&m));
    uint32_t replaced = 0;
    OK(leyline_training_metrics_sanitize(&m, &replaced));
    CHECK(replaced == 1 && m.val_loss == 1e6f);

    OK(leyline_training_signals_init(&s));
    before = s;
    float history[40];
    for (int i = 0; i < 40; i++) history[i] = (float)i;
    history[39] = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "loss_history[39]", leyline_training_signals_set_loss_history(&s, history, 40));
    history[39] = 101;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "accuracy_history[39]",
            leyline_training_signals_set_accuracy_history(&s, history, 40));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "gpu_utilization", leyline_training_signals_set_gpu_utilization(&s, 1.5f));
    REFUSES(LEYLINE_ERR_NOT_FINITE, "gpu_memory_gb", leyline_training_signals_set_gpu_memory_gb(&s, INFINITY));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "epoch_duration_ms", leyline_training_signals_set_epoch_duration_ms(&s, -1));
    REFUSES(LEYLINE_ERR_INVALID_ID, "active_seeds", leyline_training_signals_add_active_seed(&s, OVERLONG));
    NEEDS("UTF-8", leyline_training_signals_add_active_seed(&s, "\xff"));
    leyline_seed_view_t seed = {{{0}}, LEYLINE_SEED_STAGE_TRAINING, 2, 1.5f, 0};
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_alpha", leyline_training_signals_set_seed(&s, &seed));
    seed.stage = 11;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "seed stage", leyline_training_signals_set_seed(&s, &seed));
    CHECK(memcmp(&s, &before, sizeof s) == 0);
    OK(leyline_training_signals_set_loss_history(&s, history, 40));
    OK(leyline_training_signals_set_accuracy_history(&s, history, 3));
    OK(leyline_training_signals_set_gpu_utilization(&s, 0.5f));
    OK(leyline_training_signals_set_gpu_memory_gb(&s, 11));
    OK(leyline_training_signals_set_epoch_duration_ms(&s, 18));
    OK(leyline_training_signals_set_time(&s, -1));
    for (int i = 0; i < 10; i++) OK(leyline_training_signals_add_active_seed(&s, "seed_0"));
    seed = (leyline_seed_view_t){{{0}}, LEYLINE_SEED_STAGE_TRAINING, 2, 0.5f, -1};
    OK(leyline_training_signals_set_seed(&s, &seed));
    s.env = 3;
    OK(leyline_training_signals_check(&s));
    CHECK(s.loss_history_count == LEYLINE_MAX_HISTORY && s.loss_history_dropped == 8 && s.loss_history[31] == 101);
    CHECK(s.accuracy_history_count == 3 && s.accuracy_history[2] == 2 && s.present == 15 && s.time_unix_ns == -1);
    CHECK(s.active_seed_count == LEYLINE_MAX_ACTIVE_SEEDS && s.active_seeds_dropped == 2);
    CHECK(s.seed_stage == LEYLINE_SEED_STAGE_TRAINING && s.seed_alpha == 0.5f && s.seed_epochs_in_stage == 2);
    s.present = 16;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "present", leyline_training_signals_check(&s));
    s.present = 14;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "time_unix_ns", leyline_training_signals_check(&s));
}

static void what_a_life_cycle_tells(void) {
    leyline_seed_lifecycle_t *seed = NULL;
    leyline_telemetry_event_t event;
    leyline_seed_state_report_t state;
    leyline_gate_result_t gate;
    leyline_field_report_t life;
    leyline_seed_telemetry_t t;
    leyline_training_signals_t signals;
    leyline_adaptation_command_t command;
    leyline_command_outcome_t outcome;
    leyline_untold_t untold;
    OK(leyline_seed_lifecycle_new(25, NULL, &seed));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_event(seed, &event));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_state_report(seed, &state));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_gate_result(seed, &gate));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_field_report(seed, &life));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_telemetry(seed, &t));
    REFUSES(LEYLINE_ERR_INVALID_ID, "slot", leyline_seed_lifecycle_set_slot(seed, OVERLONG, 0));
    OK(leyline_seed_lifecycle_set_slot(seed, "slot_0", 2));
    OK(leyline_seed_lifecycle_set_now(seed, 7, 1000));
    OK(leyline_training_signals_init(&signals));
    signals.seed_alpha = 2;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "seed_alpha", leyline_seed_lifecycle_set_signals(seed, &signals));
    signals.seed_alpha = 0;
    signals.available_slots = 1;
    OK(leyline_seed_lifecycle_set_signals(seed, &signals));
    OK(leyline_adaptation_command_init(&command, LEYLINE_COMMAND_TYPE_GERMINATE));
    memset(command.id, 0xab, sizeof command.id);
    OK(leyline_seed_lifecycle_record_command(seed, &command));
    OK(leyline_seed_lifecycle_germinate(seed, "seed_0", "norm", 50, NULL));
    OK(leyline_command_outcome_init(&outcome, &command, 1, LEYLINE_OUTCOME_STATUS_EXECUTED, LEYLINE_OUTCOME_CODE_NONE));
    OK(leyline_seed_lifecycle_record_outcome(seed, &outcome));
    OK(leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_TRAINING, NULL));
    OK(leyline_seed_lifecycle_end_of_epoch(seed, 51));
    REFUSES(LEYLINE_ERR_GATE_FAILED, "epochs_in_stage",
            leyline_seed_lifecycle_advance(seed, LEYLINE_SEED_STAGE_BLENDING, NULL));

    const uint8_t types[] = {LEYLINE_EVENT_TYPE_COMMAND_ISSUED, LEYLINE_EVENT_TYPE_SEED_GERMINATED,
                             LEYLINE_EVENT_TYPE_COMMAND_EXECUTED, LEYLINE_EVENT_TYPE_SEED_STAGE_CHANGED,
                             LEYLINE_EVENT_TYPE_EPOCH_COMPLETED, LEYLINE_EVENT_TYPE_IMPROVEMENT_DETECTED};
    for (size_t i = 0; i < sizeof types; i++) {
        OK(leyline_seed_lifecycle_next_event(seed, &event));
        OK(leyline_telemetry_event_check(&event));
        CHECK(event.event_type == types[i] && event.epoch == 7 && event.time_unix_ns == 1000 && event.env == 2);
    }
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_event(seed, &event));
    const uint8_t stages[] = {2, 3, 3};
    for (size_t i = 0; i < sizeof stages; i++) {
        OK(leyline_seed_lifecycle_next_state_report(seed, &state));
        OK(leyline_seed_state_report_check(&state));
        CHECK(state.stage == stages[i] && strcmp((char *)state.slot.bytes, "slot_0") == 0);
    }
    CHECK(state.metrics.current_accuracy == 51 && state.improving == 1);
    for (uint8_t i = 0; i < 3; i++) {
        OK(leyline_seed_lifecycle_next_gate_result(seed, &gate));
        OK(leyline_gate_result_check(&gate));
        CHECK(gate.gate == i && gate.passed == (i < 2));
    }
    CHECK(gate.checks_failed_count == 1 && strcmp((char *)gate.checks_failed[0].bytes, "epochs_in_stage") == 0);
    OK(leyline_seed_lifecycle_gate_result(seed, LEYLINE_GATE_G5, &gate));
    CHECK(gate.passed == 1 && gate.checks_passed_count == 2 && strcmp((char *)gate.seed.bytes, "seed_0") == 0);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "gate", leyline_seed_lifecycle_gate_result(seed, 6, &gate));
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_gate_result(seed, &gate));

    OK(leyline_seed_lifecycle_record_gradient_norm(seed, 3));
    OK(leyline_seed_lifecycle_telemetry(seed, &t));
    OK(leyline_seed_telemetry_check(&t));
    CHECK(t.gradient_norm == 3 && t.accuracy == 51 && t.accuracy_delta == 1 && t.stage == LEYLINE_SEED_STAGE_TRAINING);
    OK(leyline_seed_lifecycle_state_report(seed, &state));
    CHECK(state.stage == LEYLINE_SEED_STAGE_TRAINING && state.reported_at_unix_ns == 1000);
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "event type", leyline_seed_lifecycle_event(seed, 0, 1, &event));
    OK(leyline_seed_lifecycle_event(seed, LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY, LEYLINE_SEVERITY_WARNING, &event));
    CHECK(strcmp((char *)event.seed.bytes, "seed_0") == 0);
    OK(leyline_seed_lifecycle_tell(seed, &event));
    event.severity = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "severity", leyline_seed_lifecycle_tell(seed, &event));
    OK(leyline_seed_lifecycle_next_event(seed, &event));
    CHECK(event.event_type == LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY);

    OK(leyline_seed_lifecycle_set_now(seed, 9, 3000));
    OK(leyline_seed_lifecycle_cull_because(seed, "out of time"));
    REFUSES(LEYLINE_ERR_ILLEGAL_TRANSITION, "CULLED", leyline_seed_lifecycle_cull_because(seed, "again"));
    OK(leyline_seed_lifecycle_next_field_report(seed, &life));
    OK(leyline_field_report_check(&life));
    CHECK(life.final_stage == LEYLINE_SEED_STAGE_CULLED && life.failure_stage == LEYLINE_SEED_STAGE_TRAINING);
    CHECK(strcmp((char *)life.failure_reason.bytes, "out of time") == 0 && life.total_epochs == 1);
    CHECK(life.germinated_at_unix_ns == 1000 && life.completed_at_unix_ns == 3000 && life.env == 2);
    CHECK(life.command_count == 1 && life.commands[0][15] == 0xab && life.signals.available_slots == 1);
    GIVES(LEYLINE_EMPTY, leyline_seed_lifecycle_next_field_report(seed, &life));
    for (int i = 0; i < 20; i++) OK(leyline_seed_lifecycle_end_of_epoch(seed, 50));
    OK(leyline_seed_lifecycle_untold(seed, &untold));
    CHECK(untold.state_reports == 5 && untold.events == 0 && untold.gate_results == 0 && untold.field_reports == 0);
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
        size_t size = 0;
        OK(leyline_schema_of_record(records[i].record, &schema));
        OK(leyline_schema_record_size(schema, &size));
        CHECK(size == records[i].size);
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
    NEEDS("report", leyline_seed_state_report_init(NULL, 1, 1, 1, 1));
    NEEDS("report", leyline_seed_state_report_set_seed(NULL, "x", "x"));
    NEEDS("seed", leyline_seed_state_report_set_seed((leyline_seed_state_report_t *)&zeros, NULL, "x"));
    NEEDS("blueprint", leyline_seed_state_report_set_seed((leyline_seed_state_report_t *)&zeros, "x", NULL));
    NEEDS("report", leyline_seed_state_report_set_slot(NULL, "x"));
    NEEDS("slot", leyline_seed_state_report_set_slot((leyline_seed_state_report_t *)&zeros, NULL));
    NEEDS("report", leyline_seed_state_report_set_metrics(NULL, (const leyline_seed_metrics_t *)&zeros));
    NEEDS("metrics", leyline_seed_state_report_set_metrics((leyline_seed_state_report_t *)&zeros, NULL));
    NEEDS("report", leyline_seed_state_report_check(NULL));
    NEEDS("report", leyline_seed_state_report_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("result", leyline_gate_result_init(NULL, 1, 1, 1, 1));
    NEEDS("result", leyline_gate_result_add_check(NULL, "x", 1));
    NEEDS("name", leyline_gate_result_add_check((leyline_gate_result_t *)&zeros, NULL, 1));
    NEEDS("result", leyline_gate_result_set_seed(NULL, "x"));
    NEEDS("seed", leyline_gate_result_set_seed((leyline_gate_result_t *)&zeros, NULL));
    NEEDS("result", leyline_gate_result_set_slot(NULL, "x"));
    NEEDS("slot", leyline_gate_result_set_slot((leyline_gate_result_t *)&zeros, NULL));
    NEEDS("result", leyline_gate_result_set_message(NULL, "x"));
    NEEDS("message", leyline_gate_result_set_message((leyline_gate_result_t *)&zeros, NULL));
    NEEDS("result", leyline_gate_result_check(NULL));
    NEEDS("result", leyline_gate_result_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("report", leyline_field_report_init_fossilized(NULL, (const uint8_t *)&zeros, "x", "x"));
    NEEDS("id", leyline_field_report_init_fossilized((leyline_field_report_t *)&zeros, NULL, "x", "x"));
    NEEDS("seed", leyline_field_report_init_fossilized((leyline_field_report_t *)&zeros,
          (const uint8_t *)&zeros, NULL, "x"));
    NEEDS("blueprint", leyline_field_report_init_fossilized((leyline_field_report_t *)&zeros,
          (const uint8_t *)&zeros, "x", NULL));
    NEEDS("report", leyline_field_report_init_culled(NULL, (const uint8_t *)&zeros, "x", "x", 1, "x"));
    NEEDS("id", leyline_field_report_init_culled((leyline_field_report_t *)&zeros, NULL, "x", "x", 1, "x"));
    NEEDS("seed", leyline_field_report_init_culled((leyline_field_report_t *)&zeros, (const uint8_t *)&zeros,
          NULL, "x", 1, "x"));
    NEEDS("blueprint", leyline_field_report_init_culled((leyline_field_report_t *)&zeros,
          (const uint8_t *)&zeros, "x", NULL, 1, "x"));
    NEEDS("reason", leyline_field_report_init_culled((leyline_field_report_t *)&zeros,
          (const uint8_t *)&zeros, "x", "x", 1, NULL));
    NEEDS("report", leyline_field_report_set_slot(NULL, "x"));
    NEEDS("slot", leyline_field_report_set_slot((leyline_field_report_t *)&zeros, NULL));
    NEEDS("report", leyline_field_report_set_epochs(NULL, (const uint32_t *)&zeros));
    NEEDS("epochs", leyline_field_report_set_epochs((leyline_field_report_t *)&zeros, NULL));
    NEEDS("report", leyline_field_report_set_accuracies(NULL, 1, 1, 1));
    NEEDS("report", leyline_field_report_set_signals(NULL, (const leyline_training_signals_t *)&zeros));
    NEEDS("signals", leyline_field_report_set_signals((leyline_field_report_t *)&zeros, NULL));
    NEEDS("report", leyline_field_report_set_commands(NULL, (const uint8_t *)&zeros, 1));
    NEEDS("ids", leyline_field_report_set_commands((leyline_field_report_t *)&zeros, NULL, 1));
    NEEDS("report", leyline_field_report_check(NULL));
    NEEDS("report", leyline_field_report_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("telemetry", leyline_seed_telemetry_init(NULL, "x", "x", 1));
    NEEDS("seed", leyline_seed_telemetry_init((leyline_seed_telemetry_t *)&zeros, NULL, "x", 1));
    NEEDS("blueprint", leyline_seed_telemetry_init((leyline_seed_telemetry_t *)&zeros, "x", NULL, 1));
    NEEDS("telemetry", leyline_seed_telemetry_set_layer(NULL, "x"));
    NEEDS("layer", leyline_seed_telemetry_set_layer((leyline_seed_telemetry_t *)&zeros, NULL));
    NEEDS("telemetry", leyline_seed_telemetry_set_gradient(NULL, 1, 1));
    NEEDS("telemetry", leyline_seed_telemetry_set_accuracy(NULL, 1, 1));
    NEEDS("telemetry", leyline_seed_telemetry_set_stage(NULL, 1, 1, 1));
    NEEDS("telemetry", leyline_seed_telemetry_to_features(NULL, (float *)&zeros));
    NEEDS("features", leyline_seed_telemetry_to_features((const leyline_seed_telemetry_t *)&zeros, NULL));
    NEEDS("telemetry", leyline_seed_telemetry_check(NULL));
    NEEDS("telemetry", leyline_seed_telemetry_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("event", leyline_telemetry_event_init(NULL, (const uint8_t *)&zeros, 1, 1, 1));
    NEEDS("id", leyline_telemetry_event_init((leyline_telemetry_event_t *)&zeros, NULL, 1, 1, 1));
    NEEDS("event", leyline_telemetry_event_set_seed(NULL, "x"));
    NEEDS("seed", leyline_telemetry_event_set_seed((leyline_telemetry_event_t *)&zeros, NULL));
    NEEDS("event", leyline_telemetry_event_set_slot(NULL, "x"));
    NEEDS("slot", leyline_telemetry_event_set_slot((leyline_telemetry_event_t *)&zeros, NULL));
    NEEDS("event", leyline_telemetry_event_set_epoch(NULL, 1));
    NEEDS("event", leyline_telemetry_event_set_message(NULL, "x"));
    NEEDS("message", leyline_telemetry_event_set_message((leyline_telemetry_event_t *)&zeros, NULL));
    NEEDS("event", leyline_telemetry_event_set_data(NULL, "x", 1));
    NEEDS("name", leyline_telemetry_event_set_data((leyline_telemetry_event_t *)&zeros, NULL, 1));
    NEEDS("event", leyline_telemetry_event_data(NULL, "x", (double *)&zeros, (bool *)&zeros));
    NEEDS("name", leyline_telemetry_event_data((const leyline_telemetry_event_t *)&zeros, NULL,
          (double *)&zeros, (bool *)&zeros));
    NEEDS("value", leyline_telemetry_event_data((const leyline_telemetry_event_t *)&zeros, "x", NULL,
          (bool *)&zeros));
    NEEDS("event", leyline_telemetry_event_check(NULL));
    NEEDS("event", leyline_telemetry_event_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("name", leyline_event_type_name(1, NULL));
    NEEDS("name", leyline_severity_name(1, NULL));
    NEEDS("name", leyline_budget_name(1, NULL));
    NEEDS("budgets", leyline_performance_budgets_init(NULL));
    NEEDS("budgets", leyline_performance_budgets_set_limit(NULL, 1, 1));
    NEEDS("budgets", leyline_performance_budgets_exceeded(NULL, 1, 1, (bool *)&zeros,
          (leyline_overrun_t *)&zeros));
    NEEDS("exceeded", leyline_performance_budgets_exceeded((const leyline_performance_budgets_t *)&zeros, 1,
          1, NULL, (leyline_overrun_t *)&zeros));
    NEEDS("budgets", leyline_performance_budgets_exceeded_by_signals(NULL,
          (const leyline_training_signals_t *)&zeros, (leyline_overrun_t *)&zeros, (size_t *)&zeros));
    NEEDS("signals", leyline_performance_budgets_exceeded_by_signals(
          (const leyline_performance_budgets_t *)&zeros, NULL, (leyline_overrun_t *)&zeros,
          (size_t *)&zeros));
    NEEDS("overruns", leyline_performance_budgets_exceeded_by_signals(
          (const leyline_performance_budgets_t *)&zeros, (const leyline_training_signals_t *)&zeros, NULL,
          (size_t *)&zeros));
    NEEDS("count", leyline_performance_budgets_exceeded_by_signals(
          (const leyline_performance_budgets_t *)&zeros, (const leyline_training_signals_t *)&zeros,
          (leyline_overrun_t *)&zeros, NULL));
    NEEDS("overrun", leyline_overrun_to_event(NULL, (const uint8_t *)&zeros, 1,
          (leyline_telemetry_event_t *)&zeros));
    NEEDS("id", leyline_overrun_to_event((const leyline_overrun_t *)&zeros, NULL, 1,
          (leyline_telemetry_event_t *)&zeros));
    NEEDS("event", leyline_overrun_to_event((const leyline_overrun_t *)&zeros, (const uint8_t *)&zeros, 1,
          NULL));
    NEEDS("budgets", leyline_performance_budgets_check(NULL));
    NEEDS("budgets", leyline_performance_budgets_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("blueprint", leyline_blueprint_spec_init(NULL, "x", "x", 1));
    NEEDS("id", leyline_blueprint_spec_init((leyline_blueprint_spec_t *)&zeros, NULL, "x", 1));
    NEEDS("topology", leyline_blueprint_spec_init((leyline_blueprint_spec_t *)&zeros, "x", NULL, 1));
    NEEDS("blueprint", leyline_blueprint_spec_set_name(NULL, "x"));
    NEEDS("name", leyline_blueprint_spec_set_name((leyline_blueprint_spec_t *)&zeros, NULL));
    NEEDS("blueprint", leyline_blueprint_spec_set_description(NULL, "x"));
    NEEDS("description", leyline_blueprint_spec_set_description((leyline_blueprint_spec_t *)&zeros, NULL));
    NEEDS("blueprint", leyline_blueprint_spec_set_channels(NULL, 1, 1));
    NEEDS("blueprint", leyline_blueprint_spec_set_costs(NULL, 1, 1));
    NEEDS("blueprint", leyline_blueprint_spec_add_tag(NULL, "x"));
    NEEDS("tag", leyline_blueprint_spec_add_tag((leyline_blueprint_spec_t *)&zeros, NULL));
    NEEDS("blueprint", leyline_blueprint_spec_check(NULL));
    NEEDS("blueprint", leyline_blueprint_spec_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("blueprint", leyline_blueprint_register(NULL));
    NEEDS("topology", leyline_blueprint_unregister(NULL, "x", (leyline_blueprint_spec_t *)&zeros));
    NEEDS("id", leyline_blueprint_unregister("x", NULL, (leyline_blueprint_spec_t *)&zeros));
    NEEDS("topology", leyline_blueprint_find(NULL, "x", (leyline_blueprint_spec_t *)&zeros));
    NEEDS("id", leyline_blueprint_find("x", NULL, (leyline_blueprint_spec_t *)&zeros));
    NEEDS("blueprint", leyline_blueprint_find("x", "x", NULL));
    NEEDS("topology", leyline_blueprints_of_topology(NULL, (leyline_blueprint_spec_t *)&zeros, 1,
          (size_t *)&zeros));
    NEEDS("blueprints", leyline_blueprints_of_topology("x", NULL, 1, (size_t *)&zeros));
    NEEDS("count", leyline_blueprints_of_topology("x", (leyline_blueprint_spec_t *)&zeros, 1, NULL));
    NEEDS("topology", leyline_action_space_of_topology(NULL, (leyline_action_space_t **)&zeros));
    NEEDS("space", leyline_action_space_of_topology("x", NULL));
    NEEDS("metrics", leyline_training_metrics_init(NULL));
    NEEDS("metrics", leyline_training_metrics_set_best_val_loss(NULL, 1));
    NEEDS("metrics", leyline_training_metrics_set_grad_norm_host(NULL, 1));
    NEEDS("metrics", leyline_training_metrics_set_grad_norm_seed(NULL, 1));
    NEEDS("metrics", leyline_training_metrics_check(NULL));
    NEEDS("metrics", leyline_training_metrics_sanitize(NULL, (uint32_t *)&zeros));
    NEEDS("signals", leyline_training_signals_set_time(NULL, 1));
    NEEDS("signals", leyline_training_signals_set_gpu_memory_gb(NULL, 1));
    NEEDS("signals", leyline_training_signals_set_gpu_utilization(NULL, 1));
    NEEDS("signals", leyline_training_signals_set_epoch_duration_ms(NULL, 1));
    NEEDS("signals", leyline_training_signals_add_active_seed(NULL, "x"));
    NEEDS("id", leyline_training_signals_add_active_seed((leyline_training_signals_t *)&zeros, NULL));
    NEEDS("signals", leyline_training_signals_set_seed(NULL, (const leyline_seed_view_t *)&zeros));
    NEEDS("seed", leyline_training_signals_set_seed((leyline_training_signals_t *)&zeros, NULL));
    NEEDS("signals", leyline_training_signals_set_loss_history(NULL, (const float *)&zeros, 1));
    NEEDS("oldest_first", leyline_training_signals_set_loss_history((leyline_training_signals_t *)&zeros,
          NULL, 1));
    NEEDS("signals", leyline_training_signals_set_accuracy_history(NULL, (const float *)&zeros, 1));
    NEEDS("oldest_first", leyline_training_signals_set_accuracy_history((leyline_training_signals_t *)&zeros,
          NULL, 1));
    NEEDS("seed", leyline_seed_lifecycle_set_slot(NULL, "x", 1));
    NEEDS("slot", leyline_seed_lifecycle_set_slot(h->seed, NULL, 1));
    NEEDS("seed", leyline_seed_lifecycle_set_now(NULL, 1, 1));
    NEEDS("seed", leyline_seed_lifecycle_set_signals(NULL, (const leyline_training_signals_t *)&zeros));
    NEEDS("signals", leyline_seed_lifecycle_set_signals(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_cull_because(NULL, "x"));
    NEEDS("reason", leyline_seed_lifecycle_cull_because(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_record_command(NULL, (const leyline_adaptation_command_t *)&zeros));
    NEEDS("command", leyline_seed_lifecycle_record_command(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_record_outcome(NULL, (const leyline_command_outcome_t *)&zeros));
    NEEDS("outcome", leyline_seed_lifecycle_record_outcome(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_next_event(NULL, (leyline_telemetry_event_t *)&zeros));
    NEEDS("event", leyline_seed_lifecycle_next_event(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_next_state_report(NULL, (leyline_seed_state_report_t *)&zeros));
    NEEDS("report", leyline_seed_lifecycle_next_state_report(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_next_gate_result(NULL, (leyline_gate_result_t *)&zeros));
    NEEDS("result", leyline_seed_lifecycle_next_gate_result(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_next_field_report(NULL, (leyline_field_report_t *)&zeros));
    NEEDS("report", leyline_seed_lifecycle_next_field_report(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_untold(NULL, (leyline_untold_t *)&zeros));
    NEEDS("untold", leyline_seed_lifecycle_untold(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_state_report(NULL, (leyline_seed_state_report_t *)&zeros));
    NEEDS("report", leyline_seed_lifecycle_state_report(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_gate_result(NULL, 1, (leyline_gate_result_t *)&zeros));
    NEEDS("result", leyline_seed_lifecycle_gate_result(h->seed, 1, NULL));
    NEEDS("seed", leyline_seed_lifecycle_telemetry(NULL, (leyline_seed_telemetry_t *)&zeros));
    NEEDS("telemetry", leyline_seed_lifecycle_telemetry(h->seed, NULL));
    NEEDS("seed", leyline_seed_lifecycle_event(NULL, 1, 1, (leyline_telemetry_event_t *)&zeros));
    NEEDS("event", leyline_seed_lifecycle_event(h->seed, 1, 1, NULL));
    NEEDS("seed", leyline_seed_lifecycle_tell(NULL, (const leyline_telemetry_event_t *)&zeros));
    NEEDS("event", leyline_seed_lifecycle_tell(h->seed, NULL));
    NEEDS("space", leyline_action_space_command(NULL, 1, (leyline_adaptation_command_t *)&zeros));
    NEEDS("command", leyline_action_space_command(h->space, 1, NULL));
}

int main(void) {
    handles_t handles = {NULL, NULL};
    OK(leyline_seed_lifecycle_new(25, NULL, &handles.seed));
    OK(leyline_action_space_cnn(&handles.space));
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
    what_a_life_cycle_tells();
    schemas();
    return 0;
}
