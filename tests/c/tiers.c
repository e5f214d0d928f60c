/* Links of any shape, both tiers, reports and annotations, from C. */
#include "check.h"

enum { WIDTH = 30, ROWS = 3, GERMINATE = 1 };

static const leyline_wait_t once = {0, LEYLINE_WAIT_SPIN, 0, 0, 0};

/* A program's own observations: wider than version 1. */
static leyline_schema_t *wide(void) {
    static char names[WIDTH][8];
    leyline_field_t fields[WIDTH];
    leyline_schema_t *schema = NULL;
    memset(fields, 0, sizeof fields);
    for (int i = 0; i < WIDTH; ++i) {
        (void)snprintf(names[i], sizeof names[i], "F%d", i);
        fields[i].name = names[i];
        fields[i].type = LEYLINE_FIELD_F32;
        fields[i].count = 1;
        fields[i].offset = (uint32_t)(sizeof(float) * (size_t)i);
        fields[i].low = -1.0;
        fields[i].high = 100.0;
    }
    OK(leyline_schema_new("wide", 3, sizeof(float) * WIDTH, fields, WIDTH, &schema));
    return schema;
}

static void observations_of_any_schema(const leyline_action_space_t *space) {
    leyline_schema_t *schema = wide(), *found = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_segment_t *segment = NULL;
    leyline_link_options_t shape = {0};
    shape.observe = schema;
    shape.observations = 16;
    OK(leyline_trainer_create("wide", space, &shape, NULL, &trainer));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "LEYLINE_ACCEPT_ANY",
            leyline_controller_attach("wide", NULL, NULL, NULL, &controller));
    leyline_controller_options_t seat = {0};
    seat.observe = schema;
    OK(leyline_controller_attach("wide", &seat, NULL, NULL, &controller));
    OK(leyline_controller_close(controller));
    OK(leyline_trainer_segment(trainer, &segment));
    seat.observe = NULL;
    seat.accept = LEYLINE_ACCEPT_ANY;
    OK(leyline_controller_of_segment(segment, &seat, &controller));
    OK(leyline_controller_close(controller));
    OK(leyline_controller_attach("wide", &seat, NULL, &once, &controller));

    leyline_trainer_info_t of_trainer;
    leyline_controller_info_t of_controller;
    leyline_schema_info_t here, there;
    OK(leyline_trainer_info(trainer, &of_trainer));
    CHECK(of_trainer.rows == 1 && of_trainer.width == WIDTH);
    OK(leyline_controller_info(controller, &of_controller));
    CHECK(of_controller.rows == 1 && of_controller.width == WIDTH && of_controller.lane == 0);
    OK(leyline_controller_schema(controller, &found));
    OK(leyline_schema_info(schema, &here));
    OK(leyline_schema_info(found, &there));
    CHECK(memcmp(here.fingerprint, there.fingerprint, 16) == 0);
    OK(leyline_schema_close(found));
    OK(leyline_trainer_schema(trainer, &found));
    OK(leyline_schema_info(found, &there));
    CHECK(memcmp(here.fingerprint, there.fingerprint, 16) == 0);
    OK(leyline_schema_close(found));

    float row[WIDTH], got[WIDTH], block[4][WIDTH];
    uint64_t sequence = 0, sanitized = 0, mask = 0;
    leyline_meta_t meta, metas[4];
    for (int i = 0; i < WIDTH; ++i) row[i] = (float)i;
    row[5] = NAN;
    row[29] = 1e9f;
    const leyline_stamp_t stamp = {0, 7, LEYLINE_FLAG_FIRST, {0}};
    OK(leyline_trainer_publish(trainer, row, WIDTH, NULL, &stamp, &sequence, &sanitized));
    CHECK(sequence == 1 && sanitized == (UINT64_C(1) << 5 | UINT64_C(1) << 29));
    OK(leyline_controller_next(controller, NULL, got, WIDTH, &meta, NULL));
    CHECK(meta.sequence == 1 && meta.env == 7 && meta.flags == (LEYLINE_FLAG_FIRST | LEYLINE_FLAG_SANITIZED));
    CHECK(got[4] == 4.0f && got[5] == 0.0f && got[29] == 100.0f);
    REFUSES(LEYLINE_ERR_UNSUPPORTED, "SEED_STAGE", leyline_controller_mask(controller, got, WIDTH, &mask));
    OK(leyline_controller_decide(controller, &meta, 0, NULL, NULL));

    row[5] = 5.0f;
    row[29] = 29.0f;
    for (int n = 2; n <= 6; ++n) {
        row[0] = (float)n;
        OK(leyline_trainer_publish(trainer, row, WIDTH, NULL, NULL, NULL, &sanitized));
        CHECK(sanitized == 0);
    }
    OK(leyline_controller_next(controller, &once, got, WIDTH, &meta, NULL));
    CHECK(meta.sequence == 2 && got[0] == 2.0f);
    size_t count = 0;
    OK(leyline_controller_next_batch(controller, NULL, 0, block[0], WIDTH, 3, metas, &count, NULL));
    CHECK(count == 3 && metas[2].sequence == 5 && block[2][0] == 5.0f && block[2][29] == 29.0f);
    OK(leyline_controller_latest(controller, NULL, got, WIDTH, &meta, NULL));
    CHECK(meta.sequence == 6 && got[0] == 6.0f);
    GIVES(LEYLINE_EMPTY, leyline_controller_next_batch(controller, NULL, 0, block[0], WIDTH, 4, metas, &count, NULL));
    CHECK(count == 0);

    leyline_observation_t observation;
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    leyline_training_signals_t signals;
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "wide 3", leyline_trainer_publish(trainer, NULL, 0, &signals, NULL, NULL, NULL));
    NEEDS("27", leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    NEEDS("27", leyline_controller_next(controller, NULL, observation.values, LEYLINE_FEATURES, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT, leyline_trainer_publish(trainer, row, WIDTH - 1, NULL, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT, leyline_controller_next(controller, NULL, got, WIDTH - 1, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_controller_next_batch(controller, NULL, 0, block[0], WIDTH - 1, 4, metas, &count, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_controller_next_batch(controller, NULL, 0, block[0], SIZE_MAX, 4, metas, &count, NULL));
    OK(leyline_controller_close(controller));
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(schema));
    OK(leyline_segment_unlink("wide", NULL));
}

static void several_rows_to_a_slot(const leyline_action_space_t *space) {
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_link_options_t shape = {0};
    shape.rows = ROWS;
    OK(leyline_trainer_create("rows", space, &shape, NULL, &trainer));
    OK(leyline_controller_attach("rows", NULL, NULL, NULL, &controller));

    leyline_observation_t rows[ROWS], got[ROWS];
    const uint16_t env[ROWS] = {9, 4, 65535};
    const uint8_t flags[ROWS] = {LEYLINE_FLAG_FIRST, LEYLINE_FLAG_TERMINATED, LEYLINE_FLAG_TRUNCATED};
    uint16_t seen[ROWS];
    uint8_t bits[ROWS];
    uint64_t sequence = 0, sanitized = 0, mask = 0;
    leyline_meta_t meta;
    const size_t numbers = ROWS * LEYLINE_FEATURES;
    for (int i = 0; i < ROWS; ++i) {
        OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, rows[i]));
        rows[i].values[LEYLINE_FEATURE_EPOCH] = (float)(i + 1);
        rows[i].values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1.0f;
    }
    rows[1].values[LEYLINE_FEATURE_VAL_LOSS] = INFINITY;
    OK(leyline_trainer_publish_rows(trainer, rows[0].values, numbers, env, flags, ROWS, NULL, &sequence, &sanitized));
    CHECK(sequence == 1 && sanitized == UINT64_C(1) << LEYLINE_FEATURE_VAL_LOSS);
    OK(leyline_controller_next_rows(controller, NULL, got[0].values, numbers, seen, bits, ROWS, &meta, NULL));
    CHECK(meta.sequence == 1 && meta.flags == LEYLINE_FLAG_SANITIZED && memcmp(env, seen, sizeof env) == 0);
    CHECK(bits[0] == flags[0] && bits[1] == (flags[1] | LEYLINE_FLAG_SANITIZED) && bits[2] == flags[2]);
    CHECK(got[2].values[LEYLINE_FEATURE_EPOCH] == 3.0f && got[1].values[LEYLINE_FEATURE_VAL_LOSS] == 1e6f);
    OK(leyline_controller_mask(controller, got[0].values, LEYLINE_FEATURES, &mask));
    CHECK((mask >> GERMINATE & 1) == 1);

    leyline_decision_t decisions[ROWS];
    size_t answered = 77;
    GIVES(LEYLINE_EMPTY, leyline_trainer_wait_decisions(trainer, 0, 1, NULL, decisions, ROWS, &answered));
    GIVES(LEYLINE_TIMED_OUT, leyline_trainer_wait_decisions(trainer, 0, 1, &once, decisions, ROWS, &answered));
    CHECK(answered == 0 && decisions[0].observation_sequence == 0);
    for (int i = ROWS - 1; i >= 0; --i) {
        leyline_answer_t answer = {"", 1.0f, (float)i, 0.0f, 0};
        meta.env = seen[i];
        meta.flags = bits[i];
        OK(leyline_controller_decide(controller, &meta, i == 1 ? GERMINATE : 0, &answer, NULL));
    }
    OK(leyline_trainer_wait_decisions(trainer, 0, 1, &once, decisions, ROWS, &answered));
    CHECK(answered == ROWS);
    for (int i = 0; i < ROWS; ++i) {
        CHECK(decisions[i].env == env[i] && decisions[i].value_estimate == (float)i);
    }
    leyline_received_t received;
    OK(leyline_trainer_next_command(trainer, &once, &received));
    CHECK(received.command.env == 4);

    OK(leyline_trainer_publish_rows(trainer, rows[0].values, numbers, env, flags, ROWS, NULL, NULL, NULL));
    OK(leyline_trainer_publish_rows(trainer, rows[0].values, numbers, env, flags, ROWS, NULL, NULL, NULL));
    OK(leyline_controller_next_rows(controller, &once, got[0].values, numbers, seen, bits, ROWS, &meta,
                                    NULL));
    CHECK(meta.sequence == 2);
    OK(leyline_controller_latest_rows(controller, NULL, got[0].values, numbers, seen, bits, ROWS, &meta, NULL));
    CHECK(meta.sequence == 3);

    const uint16_t twice[ROWS] = {1, 2, 1};
    const uint8_t bad[ROWS] = {0, 0x40, 0};
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "1 twice",
            leyline_trainer_publish_rows(trainer, rows[0].values, numbers, twice, flags, ROWS, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_OUT_OF_RANGE,
          leyline_trainer_publish_rows(trainer, rows[0].values, numbers, env, bad, ROWS, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_trainer_publish_rows(trainer, rows[0].values, numbers - 1, env, flags, ROWS, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_trainer_publish_rows(trainer, rows[0].values, numbers, env, flags, ROWS - 1, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_controller_next_rows(controller, NULL, got[0].values, numbers, seen, bits, ROWS - 1, &meta, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "publish_rows", leyline_trainer_publish(trainer, rows[0].values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_trainer_wait_decisions(trainer, 0, 1, &once, decisions, ROWS, &answered));
    OK(leyline_controller_close(controller));
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_unlink("rows", NULL));
}

static void both_tiers_and_reports(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_training_signals_t signals, found;
    leyline_observation_t observation, expected;
    leyline_meta_t meta, beside;
    leyline_observer_t *observer = NULL;
    uint64_t sequence = 0, sanitized = 77;
    uint64_t replaced = 77;
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    signals.metrics.epoch = 12;
    signals.metrics.val_loss = NAN;
    const leyline_stamp_t stamp = {160, 3, 0, {0}};
    OK(leyline_trainer_publish(trainer, NULL, 0, &signals, &stamp, &sequence, &sanitized));
    CHECK(sequence == 1 && sanitized == UINT64_C(1) << LEYLINE_FEATURE_VAL_LOSS);
    OK(leyline_controller_next(controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
    OK(leyline_controller_signals_of(controller, &meta, &found));
    CHECK(found.observation_sequence == 1 && found.writer_generation == meta.generation && found.env == 3);
    OK(leyline_training_signals_to_observation(&found, &expected));
    CHECK(memcmp(&expected, &observation, sizeof expected) == 0);
    OK(leyline_controller_reports(controller, LEYLINE_RECORD_TRAINING_SIGNALS, LEYLINE_START_OLDEST, 0, &observer));
    OK(leyline_observer_next(observer, NULL, &found, sizeof found, &beside, NULL));
    CHECK(found.metrics.epoch == 12 && beside.env == meta.env && beside.time_ns == meta.time_ns);
    OK(leyline_observer_close(observer));
    /* A row of version 1 with its signals, and one without. */
    OK(leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, &signals, NULL, &sequence, NULL));
    OK(leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    OK(leyline_controller_next(controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
    OK(leyline_controller_signals_of(controller, &meta, &found));
    CHECK(found.observation_sequence == sequence);
    OK(leyline_controller_next(controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
    GIVES(LEYLINE_EMPTY, leyline_controller_signals_of(controller, &meta, &found));

    leyline_performance_budgets_t budgets, told;
    OK(LEYLINE_INIT(LEYLINE_RECORD_PERFORMANCE_BUDGETS, budgets));
    budgets.env = 5;
    budgets.epoch_ms = INFINITY;
    OK(leyline_trainer_report(trainer, LEYLINE_RECORD_PERFORMANCE_BUDGETS, &budgets, sizeof budgets, NULL, &sequence,
                              &replaced));
    CHECK(sequence == 1 && replaced == 1);
    OK(leyline_controller_reports(controller, LEYLINE_RECORD_PERFORMANCE_BUDGETS, LEYLINE_START_OLDEST, 0, &observer));
    OK(leyline_observer_next(observer, NULL, &told, sizeof told, &beside, NULL));
    CHECK(told.env == 5 && beside.env == 5 && beside.flags == LEYLINE_FLAG_SANITIZED && told.blending_ms == 5.0f);
    OK(leyline_trainer_report(trainer, LEYLINE_RECORD_PERFORMANCE_BUDGETS, &told, sizeof told, &stamp, NULL, NULL));
    OK(leyline_observer_next(observer, NULL, &told, sizeof told, &beside, NULL));
    CHECK(beside.env == 3 && beside.flags == 0);
    OK(leyline_observer_close(observer));

    signals.seed_stage = 99;
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_publish(trainer, NULL, 0, &signals, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_report(trainer, LEYLINE_RECORD_TRAINING_SIGNALS, &signals,
                                                           sizeof signals, NULL, NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "size of the record",
            leyline_trainer_report(trainer, LEYLINE_RECORD_SEED_TELEMETRY, &budgets, sizeof budgets, NULL, NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "kind",
            leyline_trainer_report(trainer, LEYLINE_RECORD_DECISION, &budgets, 32, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_report(trainer, 99, &budgets, 24, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT,
          leyline_controller_reports(controller, LEYLINE_RECORD_OBSERVATION, LEYLINE_START_NOW, 0, &observer));
    GIVES(LEYLINE_ERR_INVALID_ENUM,
          leyline_controller_reports(controller, LEYLINE_RECORD_FIELD_REPORT, 99, 0, &observer));
}

static void annotated_commands(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    const leyline_annotation_t pairs[2] = {{"policy", "v7"}, {"why", "flat"}};
    leyline_adaptation_command_t command;
    leyline_command_annotation_t found[LEYLINE_MAX_ANNOTATIONS];
    leyline_command_outcome_t outcome;
    leyline_received_t received;
    leyline_sent_t sent;
    size_t count = 77;
    OK(LEYLINE_INIT(LEYLINE_RECORD_ADAPTATION_COMMAND, command));
    command.command_type = LEYLINE_COMMAND_TYPE_REQUEST_STATE;
    OK(leyline_controller_send(controller, &command, pairs, 2, &sent));
    CHECK(sent.command_sequence == 3);
    OK(leyline_trainer_next_command(trainer, &once, &received));
    CHECK(memcmp(received.command.id, sent.command_id, 16) == 0);
    OK(leyline_trainer_annotations(trainer, &received, found, LEYLINE_MAX_ANNOTATIONS, &count));
    CHECK(count == 2 && strcmp((const char *)found[1].value.bytes, "flat") == 0);
    CHECK(memcmp(found[0].command_id, sent.command_id, 16) == 0 && found[0].command_type == 255);
    OK(leyline_trainer_annotations(trainer, &received, NULL, 0, &count));
    CHECK(count == 2);
    OK(leyline_command_outcome_init(&outcome, &received.command, received.sequence, LEYLINE_OUTCOME_STATUS_EXECUTED,
                                    LEYLINE_OUTCOME_CODE_NONE));
    OK(leyline_trainer_answer(trainer, &received, &outcome, NULL));
    OK(leyline_trainer_annotations(trainer, &received, found, 1, &count));
    CHECK(count == 0);

    leyline_annotation_t many[LEYLINE_MAX_ANNOTATIONS + 1];
    for (int i = 0; i <= LEYLINE_MAX_ANNOTATIONS; ++i) many[i] = pairs[0];
    GIVES(LEYLINE_ERR_BATCH_TOO_LARGE, leyline_controller_send(controller, &command, many,
                                                                         LEYLINE_MAX_ANNOTATIONS + 1, NULL));
    OK(leyline_controller_send(controller, &command, many, LEYLINE_MAX_ANNOTATIONS, &sent));
    CHECK(sent.command_sequence == 20);
    const leyline_annotation_t nameless = {"", "x"};
    REFUSES(LEYLINE_ERR_INVALID_ID, "key of an annotation",
            leyline_controller_send(controller, &command, &nameless, 1, NULL));
}

int main(void) {
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    OK(leyline_action_space_standard("cnn", &space));
    observations_of_any_schema(space);
    several_rows_to_a_slot(space);
    OK(leyline_trainer_create("tiers", space, NULL, NULL, &trainer));
    OK(leyline_controller_attach("tiers", NULL, NULL, NULL, &controller));
    both_tiers_and_reports(trainer, controller);
    annotated_commands(trainer, controller);
    OK(leyline_controller_close(controller));
    OK(leyline_trainer_close(trainer));
    OK(leyline_action_space_close(space));
    OK(leyline_segment_unlink("tiers", NULL));
    return 0;
}
