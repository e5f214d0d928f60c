/* NULL for every argument that may not be, handles that are closed or of another type, and error texts. */
#include "check.h"

typedef union any_t {
    uint64_t words[512];
    void *pointer;
} any_t;

/* Zeros that can stand for any record, array or place for an output. */
static any_t zeros;

typedef struct handles_t {
    leyline_schema_t *schema;
    leyline_spec_t *spec;
    leyline_segment_t *segment;
    leyline_writer_t *writer;
    leyline_observer_t *observer;
    leyline_consumer_t *consumer;
    leyline_action_space_t *space;
    leyline_tracker_t *tracker;
    leyline_seed_lifecycle_t *seed;
} handles_t;

static handles_t open_all(void) {
    handles_t h = {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    leyline_ring_options_t ring = {0};
    ring.name = "x";
    ring.consumers = 1;
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &h.schema));
    OK(leyline_action_space_standard("cnn", &h.space));
    OK(leyline_spec_new(&h.spec));
    OK(leyline_spec_add_ring(h.spec, &ring, h.schema));
    OK(leyline_spec_set_actions(h.spec, h.space));
    OK(leyline_segment_create("refusals", h.spec, NULL, &h.segment));
    OK(leyline_writer_open(h.segment, "x", h.schema, &h.writer));
    OK(leyline_observer_open(h.segment, "x", h.schema, LEYLINE_START_OLDEST, 0, &h.observer));
    OK(leyline_consumer_open(h.segment, "x", h.schema, 0, LEYLINE_COMMIT_MANUAL, &h.consumer));
    OK(leyline_tracker_new(LEYLINE_PLATEAU_THRESHOLD_PP, &h.tracker));
    OK(leyline_seed_lifecycle_new(25, NULL, &h.seed));
    return h;
}

static void a_null_is_named(const handles_t *h) {
    NEEDS("name", leyline_schema_new(NULL, 1, 1, (const leyline_field_t *)&zeros, 1,
          (leyline_schema_t **)&zeros));
    NEEDS("fields", leyline_schema_new("x", 1, 1, NULL, 1, (leyline_schema_t **)&zeros));
    NEEDS("schema", leyline_schema_new("x", 1, 1, (const leyline_field_t *)&zeros, 1, NULL));
    NEEDS("schema", leyline_schema_of_record(1, NULL));
    NEEDS("schema", leyline_schema_info(NULL, (leyline_schema_info_t *)&zeros));
    NEEDS("info", leyline_schema_info(h->schema, NULL));
    NEEDS("id", leyline_id_set(NULL, "x"));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_ID, NULL, sizeof(leyline_id_t)));
    NEEDS("topology", leyline_action_space_new(NULL, (const char *const *)&zeros, (const uint64_t *)&zeros,
          1, (leyline_action_space_t **)&zeros));
    NEEDS("blueprints", leyline_action_space_new("x", NULL, (const uint64_t *)&zeros, 1,
          (leyline_action_space_t **)&zeros));
    NEEDS("parameters", leyline_action_space_new("x", (const char *const *)&zeros, NULL, 1,
          (leyline_action_space_t **)&zeros));
    NEEDS("space", leyline_action_space_new("x", (const char *const *)&zeros, (const uint64_t *)&zeros, 1,
          NULL));
    NEEDS("space", leyline_action_space_standard("cnn", NULL));
    NEEDS("topology", leyline_action_space_standard(NULL, (leyline_action_space_t **)&zeros));
    NEEDS("segment", leyline_action_space_of_segment(NULL, (leyline_action_space_t **)&zeros));
    NEEDS("space", leyline_action_space_of_segment(h->segment, NULL));
    NEEDS("space", leyline_action_space_info(NULL, (leyline_action_space_info_t *)&zeros));
    NEEDS("info", leyline_action_space_info(h->space, NULL));
    NEEDS("space", leyline_action_space_action(NULL, 1, (leyline_action_info_t *)&zeros));
    NEEDS("action", leyline_action_space_action(h->space, 1, NULL));
    NEEDS("space", leyline_action_space_index_of(NULL, "x", (size_t *)&zeros));
    NEEDS("name", leyline_action_space_index_of(h->space, NULL, (size_t *)&zeros));
    NEEDS("index", leyline_action_space_index_of(h->space, "x", NULL));
    NEEDS("space", leyline_action_space_germinate(NULL, "x", (size_t *)&zeros));
    NEEDS("blueprint", leyline_action_space_germinate(h->space, NULL, (size_t *)&zeros));
    NEEDS("index", leyline_action_space_germinate(h->space, "x", NULL));
    NEEDS("space", leyline_action_space_masks(NULL, NULL, (const float *)&zeros, 1, (uint64_t *)&zeros));
    NEEDS("rows", leyline_action_space_masks(h->space, NULL, NULL, 1, (uint64_t *)&zeros));
    NEEDS("masks", leyline_action_space_masks(h->space, NULL, (const float *)&zeros, 1, NULL));
    NEEDS("space", leyline_action_space_masks_i8(NULL, NULL, (const float *)&zeros, 1, (int8_t *)&zeros, 7));
    NEEDS("rows", leyline_action_space_masks_i8(h->space, NULL, NULL, 1, (int8_t *)&zeros, 7));
    NEEDS("masks", leyline_action_space_masks_i8(h->space, NULL, (const float *)&zeros, 1, NULL, 7));
    NEEDS("spec", leyline_spec_new(NULL));
    NEEDS("spec", leyline_spec_add_ring(NULL, (const leyline_ring_options_t *)&zeros, h->schema));
    NEEDS("options", leyline_spec_add_ring(h->spec, NULL, h->schema));
    NEEDS("schema", leyline_spec_add_ring(h->spec, (const leyline_ring_options_t *)&zeros, NULL));
    NEEDS("spec", leyline_spec_set_actions(NULL, h->space));
    NEEDS("space", leyline_spec_set_actions(h->spec, NULL));
    NEEDS("name", leyline_segment_create(NULL, h->spec, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros));
    NEEDS("spec", leyline_segment_create("x", NULL, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_segment_create("x", h->spec, (const leyline_options_t *)&zeros, NULL));
    NEEDS("space", leyline_spec_of_link(NULL, NULL, (leyline_spec_t **)&zeros));
    NEEDS("spec", leyline_spec_of_link(h->space, NULL, NULL));
    NEEDS("label", leyline_segment_create_memfd(NULL, h->spec, NULL, (leyline_segment_t **)&zeros));
    NEEDS("spec", leyline_segment_create_memfd("x", NULL, NULL, (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_segment_create_memfd("x", h->spec, NULL, NULL));
    NEEDS("segment", leyline_segment_send(NULL, 0, 0, WAIT(1)));
    NEEDS("segment", leyline_segment_receive(0, NULL, WAIT(1), NULL));
    NEEDS("segment", leyline_segment_descriptor(NULL, 0, (int *)&zeros));
    NEEDS("descriptor", leyline_segment_descriptor(h->segment, 0, NULL));
    NEEDS("segment", leyline_segment_of_descriptor(0, NULL, NULL));
    NEEDS("segment", leyline_controller_of_segment(NULL, 0, (leyline_controller_t **)&zeros));
    NEEDS("controller", leyline_controller_of_segment(h->segment, 0, NULL));
    NEEDS("name", leyline_segment_attach(NULL, (const leyline_options_t *)&zeros, NULL, (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_segment_attach("x", (const leyline_options_t *)&zeros, NULL, NULL));
    NEEDS("name", leyline_segment_attach(NULL, (const leyline_options_t *)&zeros, WAIT(1), (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_segment_attach("x", (const leyline_options_t *)&zeros, WAIT(1), NULL));
    NEEDS("name", leyline_segment_open_or_create(NULL, h->spec, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros, (uint32_t *)&zeros));
    NEEDS("spec", leyline_segment_open_or_create("x", NULL, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros, (uint32_t *)&zeros));
    NEEDS("segment", leyline_segment_open_or_create("x", h->spec, (const leyline_options_t *)&zeros, NULL,
          (uint32_t *)&zeros));
    NEEDS("name", leyline_segment_recreate(NULL, h->spec, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros, (leyline_displaced_t *)&zeros));
    NEEDS("spec", leyline_segment_recreate("x", NULL, (const leyline_options_t *)&zeros,
          (leyline_segment_t **)&zeros, (leyline_displaced_t *)&zeros));
    NEEDS("segment", leyline_segment_recreate("x", h->spec, (const leyline_options_t *)&zeros, NULL,
          (leyline_displaced_t *)&zeros));
    NEEDS("name", leyline_segment_unlink(NULL, (const leyline_options_t *)&zeros));
    NEEDS("segment", leyline_segment_info(NULL, (leyline_segment_info_t *)&zeros));
    NEEDS("info", leyline_segment_info(h->segment, NULL));
    NEEDS("segment", leyline_segment_clone(NULL, (leyline_segment_t **)&zeros));
    NEEDS("segment", leyline_segment_clone(h->segment, NULL));
    NEEDS("segment", leyline_segment_device_ring(NULL, "x", (leyline_device_ring_t *)&zeros));
    NEEDS("ring", leyline_segment_device_ring(h->segment, NULL, (leyline_device_ring_t *)&zeros));
    NEEDS("device_ring", leyline_segment_device_ring(h->segment, "x", NULL));
    NEEDS("segment", leyline_segment_ring(NULL, NULL, 1, (leyline_ring_info_t *)&zeros));
    NEEDS("info", leyline_segment_ring(h->segment, NULL, 1, NULL));
    NEEDS("segment", leyline_segment_ring(NULL, "x", 0, (leyline_ring_info_t *)&zeros));
    NEEDS("info", leyline_segment_ring(h->segment, "x", 0, NULL));
    NEEDS("segment", leyline_segment_role(NULL, "x", LEYLINE_ROLE_WRITER, (leyline_role_info_t *)&zeros));
    NEEDS("ring", leyline_segment_role(h->segment, NULL, LEYLINE_ROLE_WRITER, (leyline_role_info_t *)&zeros));
    NEEDS("info", leyline_segment_role(h->segment, "x", LEYLINE_ROLE_WRITER, NULL));
    NEEDS("segment", leyline_segment_role(NULL, "x", 1, (leyline_role_info_t *)&zeros));
    NEEDS("ring", leyline_segment_role(h->segment, NULL, 1, (leyline_role_info_t *)&zeros));
    NEEDS("info", leyline_segment_role(h->segment, "x", 1, NULL));
    NEEDS("latency", leyline_latency_quantile(NULL, 0.5, (uint64_t *)&zeros));
    NEEDS("ns", leyline_latency_quantile((const leyline_latency_t *)&zeros, 0.5, NULL));
    NEEDS("segment", leyline_writer_open(NULL, "x", h->schema, (leyline_writer_t **)&zeros));
    NEEDS("ring", leyline_writer_open(h->segment, NULL, h->schema, (leyline_writer_t **)&zeros));
    NEEDS("schema", leyline_writer_open(h->segment, "x", NULL, (leyline_writer_t **)&zeros));
    NEEDS("writer", leyline_writer_open(h->segment, "x", h->schema, NULL));
    NEEDS("writer", leyline_hand_over(NULL, (leyline_device_ring_t *)&zeros));
    NEEDS("ring", leyline_hand_over(h->writer, NULL));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, "without consumers",
            leyline_hand_over(h->writer, (leyline_device_ring_t *)&zeros));
    NEEDS("writer", leyline_take_back(NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "not", leyline_take_back(h->writer, NULL));
    NEEDS("writer", leyline_writer_publish(NULL, (const void *)&zeros, sizeof(leyline_decision_t), (const leyline_stamp_t *)&zeros, NULL, (uint64_t *)&zeros));
    NEEDS("record", leyline_writer_publish(h->writer, NULL, sizeof(leyline_decision_t), (const leyline_stamp_t *)&zeros, NULL, (uint64_t *)&zeros));
    NEEDS("writer", leyline_writer_publish(NULL, (const void *)&zeros, sizeof(leyline_decision_t), (const leyline_stamp_t *)&zeros, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (uint64_t *)&zeros));
    NEEDS("record", leyline_writer_publish(h->writer, NULL, sizeof(leyline_decision_t), (const leyline_stamp_t *)&zeros, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (uint64_t *)&zeros));
    NEEDS("writer", leyline_writer_publish_batch(NULL, (const void *)&zeros, sizeof(leyline_decision_t), 1,
          (const leyline_stamp_t *)&zeros, (size_t *)&zeros));
    NEEDS("records", leyline_writer_publish_batch(h->writer, NULL, sizeof(leyline_decision_t), 1,
          (const leyline_stamp_t *)&zeros, (size_t *)&zeros));
    NEEDS("accepted", leyline_writer_publish_batch(h->writer, (const void *)&zeros,
          sizeof(leyline_decision_t), 1, (const leyline_stamp_t *)&zeros, NULL));
    NEEDS("writer", leyline_writer_loan(NULL, (void **)&zeros));
    NEEDS("record", leyline_writer_loan(h->writer, NULL));
    NEEDS("writer", leyline_writer_publish_loan(NULL, (const leyline_stamp_t *)&zeros, (uint64_t *)&zeros));
    NEEDS("writer", leyline_writer_publish_rows(NULL, (const void *)&zeros, 1, (const uint16_t *)&zeros,
          (const uint8_t *)&zeros, (const leyline_stamp_t *)&zeros, (uint64_t *)&zeros));
    NEEDS("writer", leyline_writer_info(NULL, (leyline_writer_info_t *)&zeros));
    NEEDS("info", leyline_writer_info(h->writer, NULL));
    NEEDS("writer", leyline_writer_now(NULL, (uint64_t *)&zeros));
    NEEDS("time_ns", leyline_writer_now(h->writer, NULL));
    NEEDS("segment", leyline_observer_open(NULL, "x", h->schema, 1, 1, (leyline_observer_t **)&zeros));
    NEEDS("ring", leyline_observer_open(h->segment, NULL, h->schema, 1, 1, (leyline_observer_t **)&zeros));
    NEEDS("schema", leyline_observer_open(h->segment, "x", NULL, 1, 1, (leyline_observer_t **)&zeros));
    NEEDS("observer", leyline_observer_open(h->segment, "x", h->schema, 1, 1, NULL));
    NEEDS("observer", leyline_observer_next(NULL, NULL, (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_observer_next(h->observer, NULL, NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_next(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_observer_next(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_latest(NULL, NULL, (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_observer_latest(h->observer, NULL, NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_latest(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_observer_latest(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_next_batch(NULL, NULL, 0, (void *)&zeros, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, (size_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("records", leyline_observer_next_batch(h->observer, NULL, 0, NULL, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, (size_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("count", leyline_observer_next_batch(h->observer, NULL, 0, (void *)&zeros, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, NULL, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_next_batch(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, (void *)&zeros, sizeof(leyline_decision_t), 1, NULL, (size_t *)&zeros, NULL));
    NEEDS("records", leyline_observer_next_batch(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, NULL, sizeof(leyline_decision_t), 1, NULL, (size_t *)&zeros, NULL));
    NEEDS("count", leyline_observer_next_batch(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, (void *)&zeros, sizeof(leyline_decision_t), 1, NULL, NULL, NULL));
    NEEDS("consumer", leyline_consumer_next_batch(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, (void *)&zeros, sizeof(leyline_decision_t), 1, NULL, (size_t *)&zeros, NULL));
    NEEDS("records", leyline_consumer_next_batch(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, NULL, sizeof(leyline_decision_t), 1, NULL, (size_t *)&zeros, NULL));
    NEEDS("count", leyline_consumer_next_batch(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), 1, (void *)&zeros, sizeof(leyline_decision_t), 1, NULL, NULL, NULL));
    NEEDS("observer", leyline_observer_latest_by_env(NULL, NULL, (void *)&zeros, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_observer_latest_by_env(h->observer, NULL, NULL, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_observer_latest_by_env(h->observer, NULL, (void *)&zeros, sizeof(leyline_decision_t), NULL, 1, NULL, NULL));
    NEEDS("observer", leyline_observer_latest_by_env(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_observer_latest_by_env(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_observer_latest_by_env(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), NULL, 1, NULL, NULL));
    NEEDS("consumer", leyline_consumer_latest_by_env(NULL, NULL, (void *)&zeros, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_consumer_latest_by_env(h->consumer, NULL, NULL, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_consumer_latest_by_env(h->consumer, NULL, (void *)&zeros, sizeof(leyline_decision_t), NULL, 1, NULL, NULL));
    NEEDS("consumer", leyline_consumer_latest_by_env(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("rows", leyline_consumer_latest_by_env(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof(leyline_decision_t), (leyline_env_mark_t *)&zeros, 1, NULL, NULL));
    NEEDS("marks", leyline_consumer_latest_by_env(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), NULL, 1, NULL, NULL));
    NEEDS("observer", leyline_observer_next_rows(NULL, NULL, (void *)&zeros, 1, (uint16_t *)&zeros, (uint8_t *)&zeros, (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_next_rows(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, 1, (uint16_t *)&zeros, (uint8_t *)&zeros, (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("observer", leyline_observer_latest_rows(NULL, NULL, (void *)&zeros, 1, (uint16_t *)&zeros, (uint8_t *)&zeros, (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("reader", leyline_peer_state(NULL, (leyline_peer_t *)&zeros));
    NEEDS("peer", leyline_peer_state(h->observer, NULL));
    NEEDS("observer", leyline_observer_seek(NULL, 1, 1));
    NEEDS("observer", leyline_observer_position(NULL, (uint64_t *)&zeros, (uint64_t *)&zeros));
    NEEDS("segment", leyline_consumer_open(NULL, "x", h->schema, 1, 1, (leyline_consumer_t **)&zeros));
    NEEDS("ring", leyline_consumer_open(h->segment, NULL, h->schema, 1, 1, (leyline_consumer_t **)&zeros));
    NEEDS("schema", leyline_consumer_open(h->segment, "x", NULL, 1, 1, (leyline_consumer_t **)&zeros));
    NEEDS("consumer", leyline_consumer_open(h->segment, "x", h->schema, 1, 1, NULL));
    NEEDS("consumer", leyline_consumer_next(NULL, NULL, (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_consumer_next(h->consumer, NULL, NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("consumer", leyline_consumer_next(NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), (void *)&zeros, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("record", leyline_consumer_next(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof(leyline_decision_t), (leyline_meta_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("consumer", leyline_consumer_next_batch(NULL, NULL, 0, (void *)&zeros, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, (size_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("records", leyline_consumer_next_batch(h->consumer, NULL, 0, NULL, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, (size_t *)&zeros, (leyline_notice_t *)&zeros));
    NEEDS("count", leyline_consumer_next_batch(h->consumer, NULL, 0, (void *)&zeros, sizeof(leyline_decision_t), 1, (leyline_meta_t *)&zeros, NULL, (leyline_notice_t *)&zeros));
    NEEDS("consumer", leyline_consumer_commit(NULL, 0));
    NEEDS("consumer", leyline_consumer_commit(NULL, 1));
    NEEDS("consumer", leyline_consumer_read_up_to(NULL, (uint64_t *)&zeros));
    NEEDS("sequence", leyline_consumer_read_up_to(h->consumer, NULL));
    NEEDS("reader", leyline_peer_state(NULL, (leyline_peer_t *)&zeros));
    NEEDS("peer", leyline_peer_state(h->consumer, NULL));
    NEEDS("info", leyline_seed_stage_info(1, NULL));
    NEEDS("stage", leyline_seed_operation_target(1, NULL));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_OBSERVATION, NULL, sizeof(leyline_observation_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_OBSERVATION, NULL, sizeof(leyline_observation_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_DECISION, NULL, sizeof(leyline_decision_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_DECISION, NULL, sizeof(leyline_decision_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_ADAPTATION_COMMAND, NULL, sizeof(leyline_adaptation_command_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_ADAPTATION_COMMAND, NULL, sizeof(leyline_adaptation_command_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_COMMAND_OUTCOME, NULL, sizeof(leyline_command_outcome_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_COMMAND_OUTCOME, NULL, sizeof(leyline_command_outcome_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_SEED_METRICS, NULL, sizeof(leyline_seed_metrics_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_SEED_METRICS, NULL, sizeof(leyline_seed_metrics_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_TASK, NULL, sizeof(leyline_task_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_TASK, NULL, sizeof(leyline_task_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_GATE_THRESHOLDS, NULL, sizeof(leyline_gate_thresholds_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_GATE_THRESHOLDS, NULL, sizeof(leyline_gate_thresholds_t)));
    NEEDS("record", leyline_record_init(LEYLINE_RECORD_COMMAND_ANNOTATION, NULL, sizeof(leyline_command_annotation_t)));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_COMMAND_ANNOTATION, NULL, sizeof(leyline_command_annotation_t)));
    NEEDS("record", leyline_record_sanitize(LEYLINE_RECORD_OBSERVATION, NULL, sizeof(leyline_observation_t), NULL));
    NEEDS("feature", leyline_feature_info(1, NULL));
    NEEDS("signals", leyline_training_signals_to_observation(NULL, (leyline_observation_t *)&zeros));
    NEEDS("observation", leyline_training_signals_to_observation((const leyline_training_signals_t *)&zeros,
          NULL));
    NEEDS("tracker", leyline_tracker_new(0.5f, NULL));
    NEEDS("tracker", leyline_tracker_step(NULL, 1, 1, 0.5f, (leyline_observation_t *)&zeros));
    NEEDS("tracker", leyline_tracker_update(NULL, (const leyline_validation_t *)&zeros,
          (leyline_observation_t *)&zeros));
    NEEDS("validation", leyline_tracker_update(h->tracker, NULL, (leyline_observation_t *)&zeros));
    NEEDS("tracker", leyline_tracker_read(NULL, NULL, NULL));
    NEEDS("seed", leyline_seed_lifecycle_new(1, (const leyline_gate_thresholds_t *)&zeros, NULL));
    NEEDS("seed", leyline_seed_lifecycle_germinate(NULL, "x", "x", 0.5f, (leyline_gate_verdict_t *)&zeros));
    NEEDS("seed_id", leyline_seed_lifecycle_germinate(h->seed, NULL, "x", 0.5f,
          (leyline_gate_verdict_t *)&zeros));
    NEEDS("blueprint", leyline_seed_lifecycle_germinate(h->seed, "x", NULL, 0.5f,
          (leyline_gate_verdict_t *)&zeros));
    NEEDS("seed", leyline_seed_lifecycle_advance(NULL, 1, (leyline_gate_verdict_t *)&zeros));
    NEEDS("seed", leyline_seed_lifecycle_cull(NULL, NULL));
    NEEDS("seed", leyline_seed_lifecycle_end_of_epoch(NULL, 0.5f));
    NEEDS("seed", leyline_seed_lifecycle_set_alpha(NULL, 0.5f));
    NEEDS("seed", leyline_seed_lifecycle_add_isolation_violation(NULL));
    NEEDS("seed", leyline_seed_lifecycle_record_gradient_norm(NULL, 0.5f));
    NEEDS("seed", leyline_seed_lifecycle_set_health(NULL, 1));
    NEEDS("seed", leyline_seed_lifecycle_check_gate(NULL, 1, (leyline_gate_verdict_t *)&zeros));
    NEEDS("verdict", leyline_seed_lifecycle_check_gate(h->seed, 1, NULL));
    NEEDS("outcome", leyline_command_outcome_init(NULL, (const leyline_adaptation_command_t *)&zeros, 1, 1,
          1));
    NEEDS("command", leyline_command_outcome_init((leyline_command_outcome_t *)&zeros, NULL, 1, 1, 1));
}

static void handles_are_told_apart(handles_t h) {
    leyline_writer_info_t info;
    leyline_segment_t *twice = h.segment;
    NEEDS("an open writer handle", leyline_writer_info((leyline_writer_t *)(void *)h.observer, &info));
    NEEDS("an open tracker handle", leyline_tracker_close((leyline_tracker_t *)(void *)h.seed));
    NEEDS("not aligned", leyline_writer_info((leyline_writer_t *)(void *)((char *)h.writer + 1), &info));
    OK(leyline_writer_close(h.writer));
    OK(leyline_observer_close(h.observer));
    OK(leyline_consumer_close(h.consumer));
    OK(leyline_segment_unlink("refusals", NULL));
    OK(leyline_segment_close(h.segment));
    OK(leyline_spec_close(h.spec));
    OK(leyline_schema_close(h.schema));
    OK(leyline_action_space_close(h.space));
    OK(leyline_tracker_close(h.tracker));
    OK(leyline_seed_lifecycle_close(h.seed));
    NEEDS("closed", leyline_writer_close(h.writer));
    NEEDS("closed", leyline_observer_close(h.observer));
    NEEDS("closed", leyline_consumer_close(h.consumer));
    NEEDS("closed", leyline_segment_close(twice));
    NEEDS("closed", leyline_spec_close(h.spec));
    NEEDS("closed", leyline_schema_close(h.schema));
    NEEDS("closed", leyline_action_space_close(h.space));
    NEEDS("closed", leyline_tracker_close(h.tracker));
    NEEDS("closed", leyline_seed_lifecycle_close(h.seed));
    NEEDS("closed", leyline_writer_publish(h.writer, &info, sizeof info, NULL, NULL, NULL));
    NEEDS("closed", leyline_tracker_read(h.tracker, NULL, NULL));
    OK(leyline_writer_close(NULL));
    OK(leyline_observer_close(NULL));
    OK(leyline_consumer_close(NULL));
    OK(leyline_segment_close(NULL));
    OK(leyline_spec_close(NULL));
    OK(leyline_schema_close(NULL));
    OK(leyline_action_space_close(NULL));
    OK(leyline_tracker_close(NULL));
    OK(leyline_seed_lifecycle_close(NULL));
}

static void the_library_is_not_another_one(void) {
    const uint32_t abi = LEYLINE_ABI_VERSION, major = LEYLINE_VERSION_MAJOR, minor = LEYLINE_VERSION_MINOR;
    const uint32_t patch = LEYLINE_VERSION_PATCH;
    char version[32], later[32];
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, patch);
    snprintf(later, sizeof later, "%u.%u.%u (interface", major, minor, patch + 1);
    CHECK(strcmp(version, leyline_version(NULL)) == 0);
    OK(LEYLINE_CHECK_VERSION());
    OK(leyline_check_version(abi, 0, 0, 0));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, "interface", leyline_check_version(abi + 1, major, minor, patch));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, later, leyline_check_version(abi, major, minor, patch + 1));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, version, leyline_check_version(abi, major, minor + 1, 0));
    REFUSES(LEYLINE_ERR_UNSUPPORTED, "ldd", leyline_check_version(abi, major + 1, 0, 0));
}

static void numbers_and_texts(const handles_t *h) {
    leyline_observer_t *observer = NULL;
    leyline_consumer_t *consumer = NULL;
    leyline_spec_t *spec = NULL;
    leyline_segment_t *segment = NULL;
    leyline_schema_t *schema = NULL;
    leyline_ring_options_t ring = {0};
    leyline_options_t options = {0};
    leyline_decision_t d;
    OK(leyline_spec_new(&spec));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "start", leyline_observer_open(h->segment, "x", h->schema, 5, 0,
          &observer));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "commit", leyline_consumer_open(h->segment, "x", h->schema, 0, 0,
          &consumer));
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "consumer 1", leyline_consumer_open(h->segment, "x", h->schema, 1, 1,
          &consumer));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "wait", leyline_observer_next(h->observer, WAIT_BY(9, 1), &d, sizeof d, NULL, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "record", leyline_schema_of_record(16, &schema));
    NEEDS("name", leyline_spec_add_ring(spec, &ring, h->schema));
    ring.name = "0123456789012345678901234567890123456789";
    REFUSES(LEYLINE_ERR_INVALID_ID, "40 bytes", leyline_spec_add_ring(spec, &ring, h->schema));
    ring.name = "x";
    ring.policy = 3;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "policy", leyline_spec_add_ring(spec, &ring, h->schema));
    ring.policy = LEYLINE_POLICY_RELEASE;
    ring.time_source = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "time_source", leyline_spec_add_ring(spec, &ring, h->schema));
    ring.time_source = LEYLINE_TIME_SOURCE_CLOCK;
    ring.reserved[3] = 1;
    NEEDS("reserved", leyline_spec_add_ring(spec, &ring, h->schema));
    ring.reserved[3] = 0;
    ring.capacity = 6;
    OK(leyline_spec_add_ring(spec, &ring, h->schema));
    NEEDS("a power of two", leyline_segment_create("y", spec, NULL, &segment));
    options.trust = 2;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "trust", leyline_segment_attach("y", &options, NULL, &segment));
    options.trust = LEYLINE_TRUST_ANYONE;
    options.access = 9;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "access", leyline_segment_attach("y", &options, NULL, &segment));
    leyline_field_t field = {"x", 12, 1, 0, 0, NULL, 0, 1, NULL, NULL};
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "field type", leyline_schema_new("r", 1, 8, &field, 1, &schema));
    field.type = LEYLINE_FIELD_F32;
    field.offset = 6;
    NEEDS("inside 8 bytes", leyline_schema_new("r", 1, 8, &field, 1, &schema));
    NEEDS("field", leyline_schema_new("r", 1, 8, NULL, 0, &schema));
    CHECK(observer == NULL && consumer == NULL && segment == NULL && schema == NULL);
    OK(leyline_spec_close(spec));

    /* The text stays until the next failure, whatever succeeds in between. */
    NEEDS("size", leyline_observer_next(h->observer, NULL, &d, 1, NULL, NULL));
    GIVES(LEYLINE_EMPTY, leyline_observer_next(h->observer, NULL, &d, sizeof d, NULL, NULL));
    CHECK(strstr(leyline_last_error(), "expected 32 bytes; found 1") != NULL);
    CHECK(strcmp(leyline_strerror(LEYLINE_ERR_INVALID_ENUM), "not a value of the enumeration") == 0);
    CHECK(strcmp(leyline_strerror(-12345), "not a status of leyline") == 0);
    static const uint32_t last[] = {LEYLINE_ENUM_TRUST, LEYLINE_ENUM_PEER, LEYLINE_ENUM_NEWS, LEYLINE_ENUM_FATE, LEYLINE_ENUM_POLICY,
                                    LEYLINE_ENUM_RECORD, LEYLINE_ENUM_WAIT, LEYLINE_ENUM_RING_KIND, LEYLINE_ENUM_TASK, LEYLINE_ENUM_NAME_STATE};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        CHECK(leyline_enum_name(last[i], 1) != NULL && leyline_enum_name(last[i], 10000) == NULL);
    }
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_PEER, LEYLINE_PEER_FAILED), "FAILED") == 0);
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_NEWS, LEYLINE_NEWS_FAILED), "FAILED") == 0);
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_RECORD, LEYLINE_RECORD_GATE_THRESHOLDS), "GATE_THRESHOLDS") == 0);
    CHECK(leyline_enum_name(LEYLINE_ENUM_ON_SIGNAL + 1, 1) == NULL && leyline_enum_name(0, 0) == NULL);
    uint32_t abi = 0;
    CHECK(leyline_version(&abi)[0] != 0 && abi == LEYLINE_ABI_VERSION);
    the_library_is_not_another_one();
    /* A remedy has the names of C. */
    REFUSES(LEYLINE_ERR_ALREADY_EXISTS, "leyline_segment_recreate",
            leyline_segment_create("refusals", h->spec, NULL, &segment));
    CHECK(strstr(leyline_last_error(), "::") == NULL);
}

int main(void) {
    handles_t handles = open_all();
    a_null_is_named(&handles);
    numbers_and_texts(&handles);
    handles_are_told_apart(handles);
    return 0;
}
