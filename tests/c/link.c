/* NULL for every argument of the link's functions that may not be, and numbers that stand for nothing. */
#include "check.h"

typedef union any_t {
    uint64_t words[512];
    void *pointer;
} any_t;

/* Zeros that can stand for any record, array or place for an output. */
static any_t zeros;

typedef struct link_t {
    leyline_action_space_t *space;
    leyline_trainer_t *trainer;
    leyline_controller_t *controller;
    leyline_segment_t *segment;
} link_t;

static void a_null_is_named(const link_t *h) {
    NEEDS("options", leyline_link_options_init(NULL));
    NEEDS("name", leyline_trainer_create(NULL, h->space, NULL, NULL, (leyline_trainer_t **)&zeros));
    NEEDS("space", leyline_trainer_create("refusals-link", NULL, NULL, NULL, (leyline_trainer_t **)&zeros));
    NEEDS("trainer", leyline_trainer_create("refusals-link", h->space, NULL, NULL, NULL));
    NEEDS("name", leyline_trainer_open_or_create(NULL, h->space, NULL, NULL,
          (leyline_trainer_t **)&zeros, NULL));
    NEEDS("space", leyline_trainer_open_or_create("refusals-link", NULL, NULL, NULL,
          (leyline_trainer_t **)&zeros, NULL));
    NEEDS("trainer", leyline_trainer_open_or_create("refusals-link", h->space, NULL, NULL, NULL, NULL));
    NEEDS("name", leyline_trainer_recreate(NULL, h->space, NULL, NULL, (leyline_trainer_t **)&zeros, NULL));
    NEEDS("space", leyline_trainer_recreate("refusals-link", NULL, NULL, NULL,
          (leyline_trainer_t **)&zeros, NULL));
    NEEDS("trainer", leyline_trainer_recreate("refusals-link", h->space, NULL, NULL, NULL, NULL));
    NEEDS("segment", leyline_trainer_of_segment(NULL, (leyline_trainer_t **)&zeros));
    NEEDS("trainer", leyline_trainer_of_segment(h->segment, NULL));
    NEEDS("trainer", leyline_trainer_segment(NULL, (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_trainer_segment(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_publish(NULL, (const leyline_observation_t *)&zeros, NULL, NULL,
          NULL));
    NEEDS("observation", leyline_trainer_publish(h->trainer, NULL, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_try_decision(NULL, 0, (leyline_decision_t *)&zeros, NULL, NULL));
    NEEDS("decision", leyline_trainer_try_decision(h->trainer, 0, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_wait_decision(NULL, 0, 1, 1, 0, (leyline_decision_t *)&zeros, NULL));
    NEEDS("decision", leyline_trainer_wait_decision(h->trainer, 0, 1, 1, 0, NULL, NULL));
    NEEDS("trainer", leyline_trainer_try_command(NULL, (leyline_received_t *)&zeros));
    NEEDS("received", leyline_trainer_try_command(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_answer(NULL, (const leyline_received_t *)&zeros,
          (const leyline_command_outcome_t *)&zeros, NULL));
    NEEDS("received", leyline_trainer_answer(h->trainer, NULL, (const leyline_command_outcome_t *)&zeros,
          NULL));
    NEEDS("outcome", leyline_trainer_answer(h->trainer, (const leyline_received_t *)&zeros, NULL, NULL));
    NEEDS("trainer", leyline_trainer_wait_for_controller(NULL, 0, 1, 0, (leyline_peer_t *)&zeros));
    NEEDS("peer", leyline_trainer_wait_for_controller(h->trainer, 0, 1, 0, NULL));
    NEEDS("trainer", leyline_trainer_controller_state(NULL, 0, (leyline_peer_t *)&zeros));
    NEEDS("peer", leyline_trainer_controller_state(h->trainer, 0, NULL));
    NEEDS("trainer", leyline_trainer_counts(NULL, (leyline_trainer_counts_t *)&zeros));
    NEEDS("counts", leyline_trainer_counts(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_hand_over(NULL, (leyline_device_ring_t *)&zeros));
    NEEDS("ring", leyline_trainer_hand_over(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_take_back(NULL, NULL));
    NEEDS("trainer", leyline_trainer_is_handed_over(NULL, (uint32_t *)&zeros));
    NEEDS("handed_over", leyline_trainer_is_handed_over(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_generation(NULL, (uint64_t *)&zeros));
    NEEDS("generation", leyline_trainer_generation(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_set_deadline(NULL, 0));
    NEEDS("controller", leyline_controller_next_batch(NULL, 1, 0, 0, (void *)&zeros, 108, 1,
          (leyline_meta_t *)&zeros, (size_t *)&zeros, NULL));
    NEEDS("rows", leyline_controller_next_batch(h->controller, 1, 0, 0, NULL, 108, 1,
          (leyline_meta_t *)&zeros, (size_t *)&zeros, NULL));
    NEEDS("metas", leyline_controller_next_batch(h->controller, 1, 0, 0, (void *)&zeros, 108, 1, NULL,
          (size_t *)&zeros, NULL));
    NEEDS("count", leyline_controller_next_batch(h->controller, 1, 0, 0, (void *)&zeros, 108, 1,
          (leyline_meta_t *)&zeros, NULL, NULL));
    NEEDS("controller", leyline_controller_try_latest_by_env(NULL, (void *)&zeros, 108,
          (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_try_latest_by_env(h->controller, NULL, 108,
          (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_controller_try_latest_by_env(h->controller, (void *)&zeros, 108, NULL, 1, NULL,
          NULL));
    NEEDS("controller", leyline_controller_latest_by_env(NULL, 1, 0, (void *)&zeros, 108,
          (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_latest_by_env(h->controller, 1, 0, NULL, 108,
          (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_controller_latest_by_env(h->controller, 1, 0, (void *)&zeros, 108, NULL, 1, NULL,
          NULL));
    NEEDS("controller", leyline_controller_decide_batch(NULL, (const leyline_meta_t *)&zeros,
          (const int64_t *)&zeros, NULL, 1, NULL, (size_t *)&zeros));
    NEEDS("observed", leyline_controller_decide_batch(h->controller, NULL, (const int64_t *)&zeros, NULL, 1,
          NULL, (size_t *)&zeros));
    NEEDS("actions", leyline_controller_decide_batch(h->controller, (const leyline_meta_t *)&zeros, NULL,
          NULL, 1, NULL, (size_t *)&zeros));
    NEEDS("decided", leyline_controller_decide_batch(h->controller, (const leyline_meta_t *)&zeros,
          (const int64_t *)&zeros, NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_decide_by_env(NULL, (const leyline_env_mark_t *)&zeros,
          (const int64_t *)&zeros, NULL, 1, NULL, (size_t *)&zeros));
    NEEDS("marks", leyline_controller_decide_by_env(h->controller, NULL, (const int64_t *)&zeros, NULL, 1,
          NULL, (size_t *)&zeros));
    NEEDS("actions", leyline_controller_decide_by_env(h->controller, (const leyline_env_mark_t *)&zeros,
          NULL, NULL, 1, NULL, (size_t *)&zeros));
    NEEDS("decided", leyline_controller_decide_by_env(h->controller, (const leyline_env_mark_t *)&zeros,
          (const int64_t *)&zeros, NULL, 1, NULL, NULL));
    NEEDS("name", leyline_controller_attach(NULL, 0, NULL, 0, (leyline_controller_t **)&zeros));
    NEEDS("controller", leyline_controller_attach("refusals-link", 0, NULL, 0, NULL));
    NEEDS("controller", leyline_controller_segment(NULL, (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_controller_segment(h->controller, NULL));
    NEEDS("controller", leyline_controller_try_next(NULL, (leyline_observation_t *)&zeros, NULL, NULL));
    NEEDS("observation", leyline_controller_try_next(h->controller, NULL, NULL, NULL));
    NEEDS("controller", leyline_controller_next(NULL, 1, 0, (leyline_observation_t *)&zeros, NULL, NULL));
    NEEDS("observation", leyline_controller_next(h->controller, 1, 0, NULL, NULL, NULL));
    NEEDS("controller", leyline_controller_try_next_batch(NULL, (leyline_observation_t *)&zeros, 1,
          (leyline_meta_t *)&zeros, (size_t *)&zeros, NULL));
    NEEDS("observations", leyline_controller_try_next_batch(h->controller, NULL, 1,
          (leyline_meta_t *)&zeros, (size_t *)&zeros, NULL));
    NEEDS("metas", leyline_controller_try_next_batch(h->controller, (leyline_observation_t *)&zeros, 1,
          NULL, (size_t *)&zeros, NULL));
    NEEDS("count", leyline_controller_try_next_batch(h->controller, (leyline_observation_t *)&zeros, 1,
          (leyline_meta_t *)&zeros, NULL, NULL));
    NEEDS("controller", leyline_controller_decide(NULL, (const leyline_meta_t *)&zeros, 0, NULL, NULL));
    NEEDS("observed", leyline_controller_decide(h->controller, NULL, 0, NULL, NULL));
    NEEDS("controller", leyline_controller_wait_on_all(NULL, (const leyline_meta_t *)&zeros, 1));
    NEEDS("observed", leyline_controller_wait_on_all(h->controller, NULL, 1));
    NEEDS("controller", leyline_controller_send(NULL, (const leyline_adaptation_command_t *)&zeros, NULL));
    NEEDS("command", leyline_controller_send(h->controller, NULL, NULL));
    NEEDS("controller", leyline_controller_try_outcome(NULL, (leyline_command_outcome_t *)&zeros));
    NEEDS("outcome", leyline_controller_try_outcome(h->controller, NULL));
    NEEDS("controller", leyline_controller_wait_outcome(NULL, (const uint8_t *)&zeros, 1, 0,
          (leyline_command_outcome_t *)&zeros));
    NEEDS("id", leyline_controller_wait_outcome(h->controller, NULL, 1, 0,
          (leyline_command_outcome_t *)&zeros));
    NEEDS("outcome", leyline_controller_wait_outcome(h->controller, (const uint8_t *)&zeros, 1, 0, NULL));
    NEEDS("controller", leyline_controller_mask(NULL, (const leyline_observation_t *)&zeros,
          (uint64_t *)&zeros));
    NEEDS("observation", leyline_controller_mask(h->controller, NULL, (uint64_t *)&zeros));
    NEEDS("mask", leyline_controller_mask(h->controller, (const leyline_observation_t *)&zeros, NULL));
    NEEDS("controller", leyline_controller_trainer_state(NULL, (leyline_peer_t *)&zeros));
    NEEDS("peer", leyline_controller_trainer_state(h->controller, NULL));
    NEEDS("controller", leyline_controller_counts(NULL, NULL, NULL));
}

static void a_null_is_named_by_links_of_any_shape(const link_t *h) {
    NEEDS("trainer", leyline_trainer_schema(NULL, (leyline_schema_t **)&zeros));
    NEEDS("schema", leyline_trainer_schema(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_rows(NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_publish_row(NULL, (const float *)&zeros, 27, NULL, NULL, NULL, NULL));
    NEEDS("row", leyline_trainer_publish_row(h->trainer, NULL, 27, NULL, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_publish_signals(NULL, (const leyline_training_signals_t *)&zeros, NULL, NULL,
          NULL));
    NEEDS("signals", leyline_trainer_publish_signals(h->trainer, NULL, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_publish_rows(NULL, (const float *)&zeros, 27, (const uint16_t *)&zeros,
          (const uint8_t *)&zeros, 1, NULL, NULL, NULL));
    NEEDS("rows", leyline_trainer_publish_rows(h->trainer, NULL, 27, (const uint16_t *)&zeros,
          (const uint8_t *)&zeros, 1, NULL, NULL, NULL));
    NEEDS("env", leyline_trainer_publish_rows(h->trainer, (const float *)&zeros, 27, NULL,
          (const uint8_t *)&zeros, 1, NULL, NULL, NULL));
    NEEDS("flags", leyline_trainer_publish_rows(h->trainer, (const float *)&zeros, 27, (const uint16_t *)&zeros,
          NULL, 1, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_wait_decisions(NULL, 0, 1, 1, 0, (leyline_decision_t *)&zeros, 1, NULL));
    NEEDS("decisions", leyline_trainer_wait_decisions(h->trainer, 0, 1, 1, 0, NULL, 1, NULL));
    NEEDS("trainer", leyline_trainer_report(NULL, LEYLINE_RECORD_PERFORMANCE_BUDGETS, &zeros,
          sizeof(leyline_performance_budgets_t), NULL, NULL, NULL));
    NEEDS("report", leyline_trainer_report(h->trainer, LEYLINE_RECORD_PERFORMANCE_BUDGETS, NULL,
          sizeof(leyline_performance_budgets_t), NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_annotations(NULL, (const leyline_received_t *)&zeros, NULL, 0,
          (size_t *)&zeros));
    NEEDS("received", leyline_trainer_annotations(h->trainer, NULL, NULL, 0, (size_t *)&zeros));
    NEEDS("annotations", leyline_trainer_annotations(h->trainer, (const leyline_received_t *)&zeros, NULL, 1,
          (size_t *)&zeros));
    NEEDS("count", leyline_trainer_annotations(h->trainer, (const leyline_received_t *)&zeros, NULL, 0, NULL));

    leyline_schema_t *schema = NULL;
    OK(leyline_trainer_schema(h->trainer, &schema));
    NEEDS("name", leyline_controller_attach_with(NULL, 0, schema, NULL, 0, (leyline_controller_t **)&zeros));
    NEEDS("schema", leyline_controller_attach_with("refusals-link", 0, NULL, NULL, 0,
          (leyline_controller_t **)&zeros));
    NEEDS("controller", leyline_controller_attach_with("refusals-link", 0, schema, NULL, 0, NULL));
    OK(leyline_schema_close(schema));
    NEEDS("name", leyline_controller_attach_any(NULL, 0, NULL, 0, (leyline_controller_t **)&zeros));
    NEEDS("controller", leyline_controller_attach_any("refusals-link", 0, NULL, 0, NULL));
    NEEDS("segment", leyline_controller_of_segment_any(NULL, 0, (leyline_controller_t **)&zeros));
    NEEDS("controller", leyline_controller_of_segment_any(h->segment, 0, NULL));
    NEEDS("controller", leyline_controller_schema(NULL, (leyline_schema_t **)&zeros));
    NEEDS("schema", leyline_controller_schema(h->controller, NULL));
    NEEDS("controller", leyline_controller_rows(NULL, NULL, NULL));
    NEEDS("controller", leyline_controller_try_next_row(NULL, (float *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_try_next_row(h->controller, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_next_row(NULL, 1, 0, (float *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_next_row(h->controller, 1, 0, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_try_latest_row(NULL, (float *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_try_latest_row(h->controller, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_try_next_row_batch(NULL, (float *)&zeros, 27, 1,
          (leyline_meta_t *)&zeros, (size_t *)&zeros, NULL));
    NEEDS("rows", leyline_controller_try_next_row_batch(h->controller, NULL, 27, 1, (leyline_meta_t *)&zeros,
          (size_t *)&zeros, NULL));
    NEEDS("metas", leyline_controller_try_next_row_batch(h->controller, (float *)&zeros, 27, 1, NULL,
          (size_t *)&zeros, NULL));
    NEEDS("count", leyline_controller_try_next_row_batch(h->controller, (float *)&zeros, 27, 1,
          (leyline_meta_t *)&zeros, NULL, NULL));
    NEEDS("controller", leyline_controller_try_next_rows(NULL, (float *)&zeros, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_try_next_rows(h->controller, NULL, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("env", leyline_controller_try_next_rows(h->controller, (float *)&zeros, 27, NULL, (uint8_t *)&zeros, 1,
          NULL, NULL));
    NEEDS("flags", leyline_controller_try_next_rows(h->controller, (float *)&zeros, 27, (uint16_t *)&zeros, NULL,
          1, NULL, NULL));
    NEEDS("controller", leyline_controller_next_rows(NULL, 1, 0, (float *)&zeros, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_next_rows(h->controller, 1, 0, NULL, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("env", leyline_controller_next_rows(h->controller, 1, 0, (float *)&zeros, 27, NULL, (uint8_t *)&zeros,
          1, NULL, NULL));
    NEEDS("flags", leyline_controller_next_rows(h->controller, 1, 0, (float *)&zeros, 27, (uint16_t *)&zeros,
          NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_try_latest_rows(NULL, (float *)&zeros, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_try_latest_rows(h->controller, NULL, 27, (uint16_t *)&zeros,
          (uint8_t *)&zeros, 1, NULL, NULL));
    NEEDS("env", leyline_controller_try_latest_rows(h->controller, (float *)&zeros, 27, NULL, (uint8_t *)&zeros,
          1, NULL, NULL));
    NEEDS("flags", leyline_controller_try_latest_rows(h->controller, (float *)&zeros, 27, (uint16_t *)&zeros,
          NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_mask_row(NULL, (const float *)&zeros, 27, (uint64_t *)&zeros));
    NEEDS("row", leyline_controller_mask_row(h->controller, NULL, 27, (uint64_t *)&zeros));
    NEEDS("mask", leyline_controller_mask_row(h->controller, (const float *)&zeros, 27, NULL));
    NEEDS("controller", leyline_controller_signals_of(NULL, (const leyline_meta_t *)&zeros,
          (leyline_training_signals_t *)&zeros));
    NEEDS("observed", leyline_controller_signals_of(h->controller, NULL, (leyline_training_signals_t *)&zeros));
    NEEDS("signals", leyline_controller_signals_of(h->controller, (const leyline_meta_t *)&zeros, NULL));
    NEEDS("controller", leyline_controller_reports(NULL, LEYLINE_RECORD_SEED_TELEMETRY, LEYLINE_START_NOW, 0,
          (leyline_observer_t **)&zeros));
    NEEDS("observer", leyline_controller_reports(h->controller, LEYLINE_RECORD_SEED_TELEMETRY, LEYLINE_START_NOW,
          0, NULL));
    NEEDS("controller", leyline_controller_send_annotated(NULL, (const leyline_adaptation_command_t *)&zeros,
          NULL, 0, NULL));
    NEEDS("command", leyline_controller_send_annotated(h->controller, NULL, NULL, 0, NULL));
    NEEDS("annotations", leyline_controller_send_annotated(h->controller,
          (const leyline_adaptation_command_t *)&zeros, NULL, 1, NULL));
    const leyline_annotation_t keyless = {NULL, "x"}, empty = {"x", NULL};
    NEEDS("key", leyline_controller_send_annotated(h->controller, (const leyline_adaptation_command_t *)&zeros,
          &keyless, 1, NULL));
    NEEDS("value", leyline_controller_send_annotated(h->controller, (const leyline_adaptation_command_t *)&zeros,
          &empty, 1, NULL));
}

static void numbers_are_checked(const link_t *h) {
    leyline_link_options_t shape;
    leyline_trainer_t *trainer = NULL;
    leyline_peer_t peer;
    leyline_decision_t decision;
    leyline_observation_t observation;
    leyline_meta_t meta;
    uint64_t sanitized = 0;
    OK(leyline_link_options_init(&shape));
    shape.reserved[4] = 1;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "reserved", leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.reserved[4] = 0;
    shape.rows = 100;
    shape.commands = 64;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "100 slots or more for 100 rows",
            leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.commands = 0;
    shape.decisions = 128;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "200 slots or more for 100 rows",
            leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.decisions = 0;
    shape.rows = 1;
    shape.lanes = 0;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "lanes", leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.lanes = 1;
    shape.observations = 100;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "power of two",
            leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.observations = 64;
    shape.time_source = 77;
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    CHECK(trainer == NULL);
    GIVES(LEYLINE_ERR_ROLE_HELD, leyline_trainer_of_segment(h->segment, &trainer));
    GIVES(LEYLINE_ERR_NO_SUCH_RING, leyline_trainer_controller_state(h->trainer, 7, &peer));
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_wait_decision(h->trainer, 0, 1, 99, 0, &decision, NULL));

    /* What is not finite never stops a run; it is replaced and told. */
    OK(leyline_observation_init(&observation));
    observation.values[LEYLINE_FEATURE_VAL_LOSS] = NAN;
    OK(leyline_trainer_publish(h->trainer, &observation, NULL, NULL, &sanitized));
    CHECK(sanitized == UINT64_C(1) << LEYLINE_FEATURE_VAL_LOSS);
    OK(leyline_controller_try_next(h->controller, &observation, &meta, NULL));
    CHECK((meta.flags & LEYLINE_FLAG_SANITIZED) != 0 && observation.values[LEYLINE_FEATURE_VAL_LOSS] == 0.0f);
    GIVES(LEYLINE_ERR_UNKNOWN_ACTION, leyline_controller_decide(h->controller, &meta, 64, NULL, NULL));
    meta.sequence = 1000;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "observed", leyline_controller_decide(h->controller, &meta, 0, NULL, NULL));
}

/* A device is a few stores here; what kernels use is leyline_device.hpp. */
static void a_ring_is_handed_over(const link_t *h) {
    leyline_device_ring_t ring;
    leyline_observation_t observation;
    leyline_ring_status_t status;
    leyline_meta_t meta;
    uint64_t sequence = 0, published = 99;
    uint32_t is = 99;
    OK(leyline_observation_init(&observation));
    OK(leyline_trainer_publish(h->trainer, &observation, NULL, &sequence, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "not", leyline_trainer_take_back(h->trainer, &published));
    OK(leyline_trainer_is_handed_over(h->trainer, &is));
    CHECK(is == 0 && published == 99);
    OK(leyline_trainer_hand_over(h->trainer, &ring));
    CHECK(ring.next_sequence == sequence + 1 && ring.generation == 1 && ring.first_sequence == 1);
    CHECK(ring.stride == 128 && ring.payload_size == 108 && ring.record_size == 108 && ring.rows == 1);
    CHECK(ring.data_len == ring.capacity * 128 && *(uint64_t *)ring.control == sequence);
    REFUSES(LEYLINE_ERR_HANDED_OVER, "observations", leyline_trainer_hand_over(h->trainer, &ring));
    GIVES(LEYLINE_ERR_HANDED_OVER, leyline_trainer_publish(h->trainer, &observation, NULL, NULL, NULL));
    OK(leyline_trainer_is_handed_over(h->trainer, &is));
    OK(leyline_segment_ring_status(h->segment, "observations", &status));
    CHECK(is == 1 && status.handed_over == 1 && status.last_sequence == sequence);
    {
        unsigned char *slot = (unsigned char *)ring.data + ring.next_sequence % ring.capacity * ring.stride;
        const uint32_t begin = (uint32_t)ring.next_sequence;
        memcpy(slot + ring.stride - 12, &begin, sizeof begin);
        memset(slot + ring.stride - 8, 0, 8);
        memcpy(slot + 8, &observation, sizeof observation);
        *(volatile uint64_t *)(void *)slot = ring.next_sequence;
    }
    OK(leyline_trainer_take_back(h->trainer, &published));
    CHECK(published == 1);
    OK(leyline_trainer_publish(h->trainer, &observation, NULL, &sequence, NULL));
    CHECK(sequence == ring.next_sequence + 1);
    do {
        OK(leyline_controller_try_next(h->controller, &observation, &meta, NULL));
    } while (meta.sequence < sequence);
    OK(leyline_segment_ring_status(h->segment, "observations", &status));
    CHECK(status.handed_over == 0);
}

enum { MANY = 70 };

/* More than are handled in one go inside: nothing is decided on unless all can be. */
static void all_of_many_or_none(const link_t *h) {
    static leyline_observation_t observations[MANY];
    static leyline_meta_t metas[MANY];
    leyline_decision_t decision;
    leyline_observation_t observation;
    float row[LEYLINE_FEATURES];
    size_t count = 0;
    int i, decided = 0;
    OK(leyline_observation_init(&observation));
    for (i = 0; i < MANY; i++) OK(leyline_trainer_publish(h->trainer, &observation, NULL, NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "27",
            leyline_controller_try_next_row_batch(h->controller, row, 0, 1, metas, &count, NULL));
    OK(leyline_controller_try_next_batch(h->controller, observations, MANY, metas, &count, NULL));
    CHECK(count == MANY);
    while (leyline_trainer_try_decision(h->trainer, 0, &decision, NULL, NULL) != LEYLINE_EMPTY) continue;
    metas[MANY - 1].sequence += 1000;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "observed", leyline_controller_wait_on_all(h->controller, metas, MANY));
    GIVES(LEYLINE_EMPTY, leyline_trainer_try_decision(h->trainer, 0, &decision, NULL, NULL));
    metas[MANY - 1].sequence -= 1000;
    OK(leyline_controller_wait_on_all(h->controller, metas, MANY));
    while (leyline_trainer_try_decision(h->trainer, 0, &decision, NULL, NULL) == LEYLINE_OK) decided++;
    CHECK(decided == MANY && decision.observation_sequence == metas[MANY - 1].sequence);
}

int main(void) {
    link_t h = {NULL, NULL, NULL, NULL};
    OK(leyline_action_space_cnn(&h.space));
    OK(leyline_trainer_create("refusals-link", h.space, NULL, NULL, &h.trainer));
    OK(leyline_controller_attach("refusals-link", 0, NULL, 0, &h.controller));
    OK(leyline_trainer_segment(h.trainer, &h.segment));
    a_null_is_named(&h);
    a_null_is_named_by_links_of_any_shape(&h);
    numbers_are_checked(&h);
    a_ring_is_handed_over(&h);
    all_of_many_or_none(&h);
    OK(leyline_controller_close(h.controller));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "closed", leyline_controller_close(h.controller));
    OK(leyline_trainer_close(h.trainer));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "closed", leyline_trainer_close(h.trainer));
    OK(leyline_segment_close(h.segment));
    OK(leyline_action_space_close(h.space));
    OK(leyline_segment_unlink("refusals-link", NULL));
    return 0;
}
