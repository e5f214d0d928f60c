/* NULL for every argument of the link's functions that may not be, and numbers that stand for nothing. */
#include "check.h"

typedef union any_t {
    uint64_t words[512];
    void *pointer;
} any_t;

/* Zeros that can stand for any record, array or place for an output. */
static any_t zeros;

static const leyline_wait_t once = {0, LEYLINE_WAIT_SPIN, 0, 0, 0};

typedef struct link_t {
    leyline_action_space_t *space;
    leyline_trainer_t *trainer;
    leyline_controller_t *controller;
    leyline_segment_t *segment;
} link_t;

static void a_null_is_named_by_a_trainer(const link_t *h) {
    NEEDS("name", leyline_trainer_create(NULL, h->space, NULL, NULL, (void *)&zeros));
    NEEDS("space", leyline_trainer_create("refusals-link", NULL, NULL, NULL, (void *)&zeros));
    NEEDS("trainer", leyline_trainer_create("refusals-link", h->space, NULL, NULL, NULL));
    NEEDS("name", leyline_trainer_open_or_create(NULL, h->space, NULL, NULL, (void *)&zeros, NULL));
    NEEDS("space", leyline_trainer_open_or_create("refusals-link", NULL, NULL, NULL, (void *)&zeros, NULL));
    NEEDS("trainer", leyline_trainer_open_or_create("refusals-link", h->space, NULL, NULL, NULL, NULL));
    NEEDS("name", leyline_trainer_recreate(NULL, h->space, NULL, NULL, (void *)&zeros, NULL));
    NEEDS("space", leyline_trainer_recreate("refusals-link", NULL, NULL, NULL, (void *)&zeros, NULL));
    NEEDS("trainer", leyline_trainer_recreate("refusals-link", h->space, NULL, NULL, NULL, NULL));
    NEEDS("space", leyline_spec_of_link(NULL, NULL, (void *)&zeros));
    NEEDS("spec", leyline_spec_of_link(h->space, NULL, NULL));
    NEEDS("segment", leyline_trainer_of_segment(NULL, (void *)&zeros));
    NEEDS("trainer", leyline_trainer_of_segment(h->segment, NULL));
    NEEDS("trainer", leyline_trainer_segment(NULL, (void *)&zeros));
    NEEDS("segment", leyline_trainer_segment(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_schema(NULL, (void *)&zeros));
    NEEDS("schema", leyline_trainer_schema(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_info(NULL, (void *)&zeros));
    NEEDS("info", leyline_trainer_info(h->trainer, NULL));
    NEEDS("trainer", leyline_trainer_set_deadline(NULL, 0));
    NEEDS("trainer", leyline_trainer_publish(NULL, (void *)&zeros, 27, NULL, NULL, NULL, NULL));
    NEEDS("row", leyline_trainer_publish(h->trainer, NULL, 27, NULL, NULL, NULL, NULL));
    NEEDS("row", leyline_trainer_publish(h->trainer, NULL, 0, NULL, NULL, NULL, NULL));
    NEEDS("row", leyline_trainer_publish(h->trainer, NULL, 27, (void *)&zeros, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_publish_rows(NULL, (void *)&zeros, 27, (void *)&zeros, (void *)&zeros, 1,
          NULL, NULL, NULL));
    NEEDS("rows", leyline_trainer_publish_rows(h->trainer, NULL, 27, (void *)&zeros, (void *)&zeros, 1, NULL,
          NULL, NULL));
    NEEDS("env", leyline_trainer_publish_rows(h->trainer, (void *)&zeros, 27, NULL, (void *)&zeros, 1, NULL,
          NULL, NULL));
    NEEDS("flags", leyline_trainer_publish_rows(h->trainer, (void *)&zeros, 27, (void *)&zeros, NULL, 1, NULL,
          NULL, NULL));
    NEEDS("trainer", leyline_trainer_next_decision(NULL, 0, NULL, (void *)&zeros, NULL, NULL));
    NEEDS("decision", leyline_trainer_next_decision(h->trainer, 0, NULL, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_next_decision(NULL, 0, &once, (void *)&zeros, NULL, NULL));
    NEEDS("decision", leyline_trainer_next_decision(h->trainer, 0, &once, NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_wait_decision(NULL, 0, 1, &once, (void *)&zeros, NULL));
    NEEDS("decision", leyline_trainer_wait_decision(h->trainer, 0, 1, &once, NULL, NULL));
    NEEDS("trainer", leyline_trainer_wait_decisions(NULL, 0, 1, &once, (void *)&zeros, 1, NULL));
    NEEDS("decisions", leyline_trainer_wait_decisions(h->trainer, 0, 1, &once, NULL, 1, NULL));
    NEEDS("trainer", leyline_trainer_next_command(NULL, NULL, (void *)&zeros));
    NEEDS("received", leyline_trainer_next_command(h->trainer, NULL, NULL));
    NEEDS("trainer", leyline_trainer_annotations(NULL, (void *)&zeros, NULL, 0, (void *)&zeros));
    NEEDS("received", leyline_trainer_annotations(h->trainer, NULL, NULL, 0, (void *)&zeros));
    NEEDS("count", leyline_trainer_annotations(h->trainer, (void *)&zeros, NULL, 0, NULL));
    NEEDS("annotations", leyline_trainer_annotations(h->trainer, (void *)&zeros, NULL, 1, (void *)&zeros));
    NEEDS("trainer", leyline_trainer_answer(NULL, (void *)&zeros, (void *)&zeros, NULL));
    NEEDS("received", leyline_trainer_answer(h->trainer, NULL, (void *)&zeros, NULL));
    NEEDS("outcome", leyline_trainer_answer(h->trainer, (void *)&zeros, NULL, NULL));
    NEEDS("trainer", leyline_trainer_report(NULL, LEYLINE_RECORD_PERFORMANCE_BUDGETS, (void *)&zeros,
          sizeof(leyline_performance_budgets_t), NULL, NULL, NULL));
    NEEDS("record", leyline_trainer_report(h->trainer, LEYLINE_RECORD_PERFORMANCE_BUDGETS, NULL,
          sizeof(leyline_performance_budgets_t), NULL, NULL, NULL));
    NEEDS("trainer", leyline_trainer_controller_state(NULL, 0, NULL, (void *)&zeros));
    NEEDS("peer", leyline_trainer_controller_state(h->trainer, 0, NULL, NULL));
    NEEDS("trainer", leyline_trainer_controller_state(NULL, 0, &once, (void *)&zeros));
    NEEDS("peer", leyline_trainer_controller_state(h->trainer, 0, &once, NULL));
    NEEDS("writer", leyline_hand_over(NULL, (leyline_device_ring_t *)&zeros));
    NEEDS("ring", leyline_hand_over(h->trainer, NULL));
    NEEDS("writer", leyline_take_back(NULL, NULL));
}

static void a_null_is_named_by_a_controller(const link_t *h) {
    NEEDS("name", leyline_controller_attach(NULL, NULL, NULL, NULL, (void *)&zeros));
    NEEDS("controller", leyline_controller_attach("refusals-link", NULL, NULL, NULL, NULL));
    NEEDS("segment", leyline_controller_of_segment(NULL, NULL, (void *)&zeros));
    NEEDS("controller", leyline_controller_of_segment(h->segment, NULL, NULL));
    NEEDS("controller", leyline_controller_segment(NULL, (void *)&zeros));
    NEEDS("segment", leyline_controller_segment(h->controller, NULL));
    NEEDS("controller", leyline_controller_schema(NULL, (void *)&zeros));
    NEEDS("schema", leyline_controller_schema(h->controller, NULL));
    NEEDS("controller", leyline_controller_info(NULL, (void *)&zeros));
    NEEDS("info", leyline_controller_info(h->controller, NULL));
    NEEDS("controller", leyline_controller_next(NULL, NULL, (void *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_next(h->controller, NULL, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_next(NULL, &once, (void *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_next(h->controller, &once, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_latest(NULL, NULL, (void *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_latest(h->controller, NULL, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_latest(NULL, &once, (void *)&zeros, 27, NULL, NULL));
    NEEDS("row", leyline_controller_latest(h->controller, &once, NULL, 27, NULL, NULL));
    NEEDS("controller", leyline_controller_next_batch(NULL, NULL, 0, (void *)&zeros, 27, 1, (void *)&zeros,
          (void *)&zeros, NULL));
    NEEDS("rows", leyline_controller_next_batch(h->controller, NULL, 0, NULL, 27, 1, (void *)&zeros,
          (void *)&zeros, NULL));
    NEEDS("metas", leyline_controller_next_batch(h->controller, NULL, 0, (void *)&zeros, 27, 1, NULL,
          (void *)&zeros, NULL));
    NEEDS("count", leyline_controller_next_batch(h->controller, NULL, 0, (void *)&zeros, 27, 1, (void *)&zeros,
          NULL, NULL));
    NEEDS("controller", leyline_controller_next_batch(NULL, &once, 0, (void *)&zeros, 27, 1, (void *)&zeros,
          (void *)&zeros, NULL));
    NEEDS("rows", leyline_controller_next_batch(h->controller, &once, 0, NULL, 27, 1, (void *)&zeros,
          (void *)&zeros, NULL));
    NEEDS("metas", leyline_controller_next_batch(h->controller, &once, 0, (void *)&zeros, 27, 1, NULL,
          (void *)&zeros, NULL));
    NEEDS("count", leyline_controller_next_batch(h->controller, &once, 0, (void *)&zeros, 27, 1,
          (void *)&zeros, NULL, NULL));
    NEEDS("controller", leyline_controller_next_rows(NULL, NULL, (void *)&zeros, 27, (void *)&zeros,
          (void *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_next_rows(h->controller, NULL, NULL, 27, (void *)&zeros, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("env", leyline_controller_next_rows(h->controller, NULL, (void *)&zeros, 27, NULL, (void *)&zeros, 1,
          NULL, NULL));
    NEEDS("flags", leyline_controller_next_rows(h->controller, NULL, (void *)&zeros, 27, (void *)&zeros, NULL,
          1, NULL, NULL));
    NEEDS("controller", leyline_controller_next_rows(NULL, &once, (void *)&zeros, 27, (void *)&zeros,
          (void *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_next_rows(h->controller, &once, NULL, 27, (void *)&zeros, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("env", leyline_controller_next_rows(h->controller, &once, (void *)&zeros, 27, NULL, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("flags", leyline_controller_next_rows(h->controller, &once, (void *)&zeros, 27, (void *)&zeros, NULL,
          1, NULL, NULL));
    NEEDS("controller", leyline_controller_latest_rows(NULL, NULL, (void *)&zeros, 27, (void *)&zeros,
          (void *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_latest_rows(h->controller, NULL, NULL, 27, (void *)&zeros, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("env", leyline_controller_latest_rows(h->controller, NULL, (void *)&zeros, 27, NULL, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("flags", leyline_controller_latest_rows(h->controller, NULL, (void *)&zeros, 27, (void *)&zeros,
          NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_latest_rows(NULL, &once, (void *)&zeros, 27, (void *)&zeros,
          (void *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_controller_latest_rows(h->controller, &once, NULL, 27, (void *)&zeros,
          (void *)&zeros, 1, NULL, NULL));
    NEEDS("env", leyline_controller_latest_rows(h->controller, &once, (void *)&zeros, 27, NULL, (void *)&zeros,
          1, NULL, NULL));
    NEEDS("flags", leyline_controller_latest_rows(h->controller, &once, (void *)&zeros, 27, (void *)&zeros,
          NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_latest_by_env(NULL, NULL, (void *)&zeros, 27, (void *)&zeros, 1,
          NULL, NULL));
    NEEDS("rows", leyline_controller_latest_by_env(h->controller, NULL, NULL, 27, (void *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_controller_latest_by_env(h->controller, NULL, (void *)&zeros, 27, NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_latest_by_env(NULL, &once, (void *)&zeros, 27, (void *)&zeros, 1,
          NULL, NULL));
    NEEDS("rows", leyline_controller_latest_by_env(h->controller, &once, NULL, 27, (void *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_controller_latest_by_env(h->controller, &once, (void *)&zeros, 27, NULL, 1, NULL, NULL));
    NEEDS("controller", leyline_controller_decide(NULL, (void *)&zeros, 0, NULL, NULL));
    NEEDS("observed", leyline_controller_decide(h->controller, NULL, 0, NULL, NULL));
    NEEDS("controller", leyline_controller_decide_batch(NULL, (void *)&zeros, (void *)&zeros, NULL, 1, NULL,
          (void *)&zeros));
    NEEDS("observed", leyline_controller_decide_batch(h->controller, NULL, (void *)&zeros, NULL, 1, NULL,
          (void *)&zeros));
    NEEDS("controller", leyline_controller_decide_by_env(NULL, (void *)&zeros, (void *)&zeros, NULL, 1, NULL,
          (void *)&zeros));
    NEEDS("marks", leyline_controller_decide_by_env(h->controller, NULL, (void *)&zeros, NULL, 1, NULL,
          (void *)&zeros));
    NEEDS("controller", leyline_controller_send(NULL, (void *)&zeros, NULL, 0, NULL));
    NEEDS("command", leyline_controller_send(h->controller, NULL, NULL, 0, NULL));
    NEEDS("annotations", leyline_controller_send(h->controller, (void *)&zeros, NULL, 1, NULL));
    const leyline_annotation_t keyless = {NULL, "x"}, empty = {"x", NULL};
    NEEDS("key", leyline_controller_send(h->controller, (void *)&zeros, &keyless, 1, NULL));
    NEEDS("value", leyline_controller_send(h->controller, (void *)&zeros, &empty, 1, NULL));
    NEEDS("controller", leyline_controller_outcome(NULL, NULL, NULL, (void *)&zeros));
    NEEDS("outcome", leyline_controller_outcome(h->controller, NULL, NULL, NULL));
    NEEDS("controller", leyline_controller_outcome(NULL, (void *)&zeros, &once, (void *)&zeros));
    NEEDS("outcome", leyline_controller_outcome(h->controller, (void *)&zeros, &once, NULL));
    NEEDS("controller", leyline_controller_mask(NULL, (void *)&zeros, 27, (void *)&zeros));
    NEEDS("row", leyline_controller_mask(h->controller, NULL, 27, (void *)&zeros));
    NEEDS("mask", leyline_controller_mask(h->controller, (void *)&zeros, 27, NULL));
    NEEDS("reader", leyline_peer_state(NULL, (void *)&zeros));
    NEEDS("peer", leyline_peer_state(h->controller, NULL));
    NEEDS("controller", leyline_controller_signals_of(NULL, (void *)&zeros, (void *)&zeros));
    NEEDS("observed", leyline_controller_signals_of(h->controller, NULL, (void *)&zeros));
    NEEDS("signals", leyline_controller_signals_of(h->controller, (void *)&zeros, NULL));
    NEEDS("controller", leyline_controller_reports(NULL, LEYLINE_RECORD_SEED_TELEMETRY, LEYLINE_START_NOW, 0,
          (void *)&zeros));
    NEEDS("observer", leyline_controller_reports(h->controller, LEYLINE_RECORD_SEED_TELEMETRY,
          LEYLINE_START_NOW, 0, NULL));
}

static void numbers_are_checked(const link_t *h) {
    leyline_link_options_t shape = {0};
    leyline_controller_options_t seat = {0};
    leyline_controller_t *controller = NULL;
    leyline_wait_t wait = once;
    leyline_trainer_t *trainer = NULL;
    leyline_peer_t peer;
    leyline_decision_t decision;
    leyline_observation_t observation;
    leyline_meta_t meta;
    uint64_t sanitized = 0;
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
    shape.rows = 0;
    shape.lanes = 9;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "lanes", leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.lanes = 0;
    shape.observations = 100;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "power of two",
            leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    shape.observations = 64;
    shape.time_source = 77;
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_create("other", h->space, &shape, NULL, &trainer));
    CHECK(trainer == NULL);
    GIVES(LEYLINE_ERR_ROLE_HELD, leyline_trainer_of_segment(h->segment, &trainer));
    GIVES(LEYLINE_ERR_NO_SUCH_RING, leyline_trainer_controller_state(h->trainer, 7, NULL, &peer));
    wait.strategy = 99;
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_trainer_wait_decision(h->trainer, 0, 1, &wait, &decision, NULL));
    wait = once;
    wait.on_signal = 2;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "on_signal", leyline_trainer_next_command(h->trainer, &wait, (void *)&zeros));
    wait = once;
    wait.check_every_ns = 999999;
    NEEDS("check_every", leyline_trainer_next_command(h->trainer, &wait, (void *)&zeros));
    wait.check_every_ns = 0;
    wait.reserved = 1;
    NEEDS("reserved", leyline_controller_outcome(h->controller, NULL, &wait, (void *)&zeros));

    /* Waits that find nothing in time, and calls that look once. */
    wait = once;
    GIVES(LEYLINE_EMPTY, leyline_trainer_next_decision(h->trainer, 0, NULL, &decision, NULL, NULL));
    GIVES(LEYLINE_TIMED_OUT, leyline_trainer_next_decision(h->trainer, 0, &wait, &decision, NULL, NULL));
    GIVES(LEYLINE_EMPTY, leyline_trainer_wait_decision(h->trainer, 0, 1, NULL, &decision, NULL));
    GIVES(LEYLINE_TIMED_OUT, leyline_trainer_wait_decision(h->trainer, 0, 1, &wait, &decision, NULL));
    GIVES(LEYLINE_EMPTY, leyline_trainer_next_command(h->trainer, NULL, (void *)&zeros));
    wait.timeout_ns = 1000000;
    wait.strategy = 0;
    GIVES(LEYLINE_TIMED_OUT, leyline_trainer_next_command(h->trainer, &wait, (void *)&zeros));
    GIVES(LEYLINE_EMPTY, leyline_controller_outcome(h->controller, NULL, NULL, (void *)&zeros));
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_outcome(h->controller, NULL, &wait, (void *)&zeros));
    GIVES(LEYLINE_EMPTY, leyline_controller_outcome(h->controller, (void *)&zeros, NULL, (void *)&zeros));
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_outcome(h->controller, (void *)&zeros, &wait, (void *)&zeros));
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_next(h->controller, &wait, observation.values, 27, NULL, NULL));
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_latest(h->controller, &wait, observation.values, 27, NULL, NULL));
    OK(leyline_trainer_controller_state(h->trainer, 0, &wait, &peer));
    CHECK(peer.state == LEYLINE_PEER_HELD);
    OK(leyline_peer_state(h->controller, &peer));
    CHECK(peer.state == LEYLINE_PEER_HELD);

    /* The links that a controller attaches to. */
    GIVES(LEYLINE_ERR_NOT_FOUND, leyline_controller_attach("nowhere", NULL, NULL, NULL, &controller));
    GIVES(LEYLINE_ERR_TIMEOUT, leyline_controller_attach("nowhere", NULL, NULL, &wait, &controller));
    GIVES(LEYLINE_ERR_ROLE_HELD, leyline_controller_attach("refusals-link", NULL, NULL, NULL, &controller));
    seat.lane = 1;
    GIVES(LEYLINE_ERR_NO_SUCH_RING, leyline_controller_of_segment(h->segment, &seat, &controller));
    seat.accept = 2;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "accept", leyline_controller_of_segment(h->segment, &seat, &controller));
    seat.accept = LEYLINE_ACCEPT_ANY;
    seat.reserved[1] = 1;
    NEEDS("reserved", leyline_controller_of_segment(h->segment, &seat, &controller));
    seat.reserved[1] = 0;
    leyline_schema_t *schema = NULL;
    OK(leyline_trainer_schema(h->trainer, &schema));
    seat.observe = schema;
    NEEDS("observe", leyline_controller_attach("refusals-link", &seat, NULL, NULL, &controller));
    OK(leyline_schema_close(schema));
    CHECK(controller == NULL);

    /* A number that is not finite never stops a run: it is replaced and reported. */
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    observation.values[LEYLINE_FEATURE_VAL_LOSS] = NAN;
    OK(leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, &sanitized));
    CHECK(sanitized == UINT64_C(1) << LEYLINE_FEATURE_VAL_LOSS);
    OK(leyline_controller_next(h->controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
    CHECK((meta.flags & LEYLINE_FLAG_SANITIZED) != 0 && observation.values[LEYLINE_FEATURE_VAL_LOSS] == 1e6f);
    char names[64];
    OK(leyline_trainer_schema(h->trainer, &schema));
    OK(leyline_schema_names_of(schema, sanitized, names, sizeof names, NULL));
    CHECK(strcmp(names, "VAL_LOSS") == 0);
    OK(leyline_schema_close(schema));
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
    leyline_trainer_info_t info;
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    OK(leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, &sequence, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "not", leyline_take_back(h->trainer, &published));
    OK(leyline_trainer_info(h->trainer, &info));
    CHECK(info.handed_over == 0 && published == 99);
    CHECK(info.sent == sequence && info.generation == 1 && info.rows == 1 && info.width == 27 && info.lanes == 1);
    OK(leyline_hand_over(h->trainer, &ring));
    CHECK(ring.next_sequence == sequence + 1 && ring.generation == 1 && ring.first_sequence == 1);
    CHECK(ring.stride == 128 && ring.payload_size == 108 && ring.record_size == 108 && ring.rows == 1);
    CHECK(ring.data_len == ring.capacity * 128 && *(uint64_t *)ring.control == sequence);
    REFUSES(LEYLINE_ERR_HANDED_OVER, "observations", leyline_hand_over(h->trainer, &ring));
    GIVES(LEYLINE_ERR_HANDED_OVER, leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    OK(leyline_trainer_info(h->trainer, &info));
    OK(leyline_segment_ring_status(h->segment, "observations", &status));
    CHECK(info.handed_over == 1 && status.handed_over == 1 && status.last_sequence == sequence);
    {
        unsigned char *slot = (unsigned char *)ring.data + ring.next_sequence % ring.capacity * ring.stride;
        const uint32_t begin = (uint32_t)ring.next_sequence;
        memcpy(slot + ring.stride - 12, &begin, sizeof begin);
        memset(slot + ring.stride - 8, 0, 8);
        memcpy(slot + 8, &observation, sizeof observation);
        *(volatile uint64_t *)(void *)slot = ring.next_sequence;
    }
    OK(leyline_take_back(h->trainer, &published));
    CHECK(published == 1);
    OK(leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, &sequence, NULL));
    CHECK(sequence == ring.next_sequence + 1);
    do {
        OK(leyline_controller_next(h->controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
    } while (meta.sequence < sequence);
    OK(leyline_segment_ring_status(h->segment, "observations", &status));
    CHECK(status.handed_over == 0);
}

enum { MANY = 70 };

/* Decides on more observations than one turn inside handles: on all of them or on none. */
static void all_of_many_or_none(const link_t *h) {
    static leyline_observation_t observations[MANY];
    static leyline_meta_t metas[MANY];
    leyline_decision_t decision;
    leyline_observation_t observation;
    float row[LEYLINE_FEATURES];
    size_t count = 0, on = 0;
    int i, decided = 0;
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    for (i = 0; i < MANY; i++) OK(leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "27",
            leyline_controller_next_batch(h->controller, NULL, 0, row, 0, 1, metas, &count, NULL));
    OK(leyline_controller_next_batch(h->controller, NULL, 0, observations[0].values, LEYLINE_FEATURES, MANY, metas, &count, NULL));
    CHECK(count == MANY);
    while (leyline_trainer_next_decision(h->trainer, 0, NULL, &decision, NULL, NULL) != LEYLINE_EMPTY) continue;
    metas[MANY - 1].sequence += 1000;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "observed", leyline_controller_decide_batch(h->controller, metas, NULL, NULL, MANY, NULL, NULL));
    GIVES(LEYLINE_EMPTY, leyline_trainer_next_decision(h->trainer, 0, NULL, &decision, NULL, NULL));
    metas[MANY - 1].sequence -= 1000;
    OK(leyline_controller_decide_batch(h->controller, metas, NULL, NULL, MANY, NULL, NULL));
    while (leyline_trainer_next_decision(h->trainer, 0, NULL, &decision, NULL, NULL) == LEYLINE_OK) decided++;
    OK(leyline_controller_decide_batch(h->controller, metas, NULL, NULL, MANY, NULL, &on));
    CHECK(on == MANY);
    CHECK(decided == MANY && decision.observation_sequence == metas[MANY - 1].sequence);
}

int main(void) {
    link_t h = {NULL, NULL, NULL, NULL};
    OK(leyline_action_space_standard("cnn", &h.space));
    OK(leyline_trainer_create("refusals-link", h.space, NULL, NULL, &h.trainer));
    OK(leyline_controller_attach("refusals-link", NULL, NULL, NULL, &h.controller));
    OK(leyline_trainer_segment(h.trainer, &h.segment));
    a_null_is_named_by_a_trainer(&h);
    a_null_is_named_by_a_controller(&h);
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
