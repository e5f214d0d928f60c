/* A segment that somebody harmful writes, used from C: statuses, whatever stands in it, before and during use. */
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

typedef struct sample_t {
    uint64_t number;
    float celsius;
    uint32_t sensor;
} sample_t;

/* A sequence that is the same in every run: xorshift. */
static uint64_t state = 88172645463325252u;

static uint64_t next_number(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t n) {
    return next_number() % n;
}

static leyline_schema_t *sample_schema(void) {
    leyline_field_t fields[3] = {
        {"number", LEYLINE_FIELD_U64, 1, offsetof(sample_t, number), 0, NULL, 0, INFINITY, NULL, NULL},
        {"celsius", LEYLINE_FIELD_F32, 1, offsetof(sample_t, celsius), 0, "degC", -273.15, 1e6, NULL, "zero"},
        {"sensor", LEYLINE_FIELD_U32, 1, offsetof(sample_t, sensor), 0, NULL, 0, 7, NULL, NULL},
    };
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_new("sample", 1, sizeof(sample_t), fields, 3, &schema));
    return schema;
}

/* Writes over a word of the file: a header's, an entry's, one of a page's first, or any. */
static void overwrite(int file, uint64_t size) {
    static const uint64_t numbers[] = {0, 1, 2, 3, 255, 4096, 0x7fffffff, 0xffffffff, 1u << 24,
                                       UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - UINT32_MAX - 1, UINT64_MAX / 2};
    uint64_t at, value = below(3) == 0 ? next_number() : numbers[below(sizeof numbers / sizeof *numbers)];
    size_t width = (size_t)1 << below(4);
    switch (below(4)) {
    case 0:
        at = below(256 + 16 * 256);
        break;
    case 1:
        at = below(size / 4096) * 4096 + below(24) * 8;
        break;
    case 2:
        at = below(size / 4096) * 4096 + 256 + below(40) * 8;
        break;
    default:
        at = below(size);
        break;
    }
    at -= at % width;
    uint64_t old = 0;
    CHECK(pread(file, &old, width, (off_t)at) == (ssize_t)width);
    if (below(3) == 0) {
        value = old + below(9) - 4;
    }
    CHECK(pwrite(file, &value, width, (off_t)at) == (ssize_t)width);
}

typedef struct handles_t {
    leyline_segment_t *segment;
    leyline_trainer_t *trainer;
    leyline_controller_t *controller;
    leyline_writer_t *writer;
    leyline_observer_t *observer;
    leyline_consumer_t *consumer;
} handles_t;

/* A status is one of those there are, and an error says something. */
static void known(leyline_status_t status) {
    CHECK(strcmp(leyline_strerror(status), leyline_strerror(12345)) != 0);
    CHECK(status >= 0 || leyline_last_error()[0] != 0);
}

static void look_at_segment(const handles_t *h) {
    leyline_segment_info_t segment;
    OK(leyline_segment_info(h->segment, &segment));
    for (size_t i = 0; i < segment.rings; i++) {
        leyline_ring_info_t info;
        leyline_role_info_t role;
        OK(leyline_segment_ring(h->segment, NULL, i, &info));
        CHECK(info.schema != NULL && strlen(info.schema) < segment.bytes);
        known(leyline_segment_role(h->segment, (const char *)info.name.bytes, LEYLINE_ROLE_WRITER, &role));
        known(leyline_segment_role(h->segment, (const char *)info.name.bytes, (uint32_t)below(3), &role));
    }
}

static void use_ring(const handles_t *h) {
    sample_t samples[4];
    leyline_meta_t metas[4];
    leyline_notice_t notice;
    leyline_peer_t peer;
    leyline_env_mark_t marks[4] = {0};
    leyline_gathered_t gathered;
    size_t count = 0;
    uint64_t sequence = 0;
    memset(samples, 0, sizeof samples);
    if (h->writer != NULL) {
        known(leyline_writer_publish(h->writer, samples, sizeof *samples, NULL, NULL, &sequence));
        known(leyline_writer_publish_batch(h->writer, samples, sizeof samples, 4, NULL, &count));
        CHECK(count <= 4);
    }
    if (h->observer != NULL) {
        known(leyline_observer_next(h->observer, WAIT(below(20000)), samples, sizeof *samples, metas, &notice));
        known(leyline_observer_latest(h->observer, NULL, samples, sizeof *samples, metas, &notice));
        count = 0;
        known(leyline_observer_next_batch(h->observer, NULL, 0, samples, sizeof samples, 4, metas, &count, &notice));
        CHECK(count <= 4);
        known(leyline_observer_latest_by_env(h->observer, WAIT_BY(LEYLINE_WAIT_SPIN, 0), samples, sizeof samples, marks, 4, &gathered, &notice));
        known(leyline_peer_state(h->observer, &peer));
        known(leyline_observer_seek(h->observer, (uint32_t)below(6), next_number()));
    }
    if (h->consumer != NULL) {
        known(leyline_consumer_next(h->consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 0), samples, sizeof *samples, metas, &notice));
        known(leyline_consumer_commit(h->consumer, next_number()));
        known(leyline_consumer_commit(h->consumer, 0));
    }
}

static void use_link(const handles_t *h) {
    leyline_observation_t observation;
    leyline_decision_t decision;
    leyline_meta_t meta;
    leyline_notice_t notice;
    const leyline_wait_t spin = {0, LEYLINE_WAIT_SPIN, 0, 0, 0}, sleep = {0};
    leyline_sent_t sent;
    leyline_received_t received;
    leyline_command_outcome_t outcome;
    uint64_t sequence = 0, sanitized = 0, mask = 0;
    memset(&observation, 0, sizeof observation);
    if (h->trainer != NULL) {
        known(leyline_trainer_publish(h->trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, &sequence, &sanitized));
        known(leyline_trainer_next_decision(h->trainer, 0, NULL, &decision, &meta, &notice));
        known(leyline_trainer_wait_decision(h->trainer, 0, sequence, &spin, &decision, &meta));
        leyline_status_t status = leyline_trainer_next_command(h->trainer, NULL, &received);
        known(status);
        if (status == LEYLINE_OK) {
            OK(leyline_command_outcome_init(&outcome, &received.command, received.sequence, LEYLINE_OUTCOME_STATUS_EXECUTED, 0));
            known(leyline_trainer_answer(h->trainer, &received, &outcome, NULL));
        }
    }
    if (h->controller != NULL) {
        leyline_status_t status =
            leyline_controller_next(h->controller, &sleep, observation.values, LEYLINE_FEATURES, &meta, &notice);
        known(status);
        if (status == LEYLINE_OK) {
            OK(leyline_controller_mask(h->controller, observation.values, LEYLINE_FEATURES, &mask));
            CHECK((mask & 1) == 1);
            status = leyline_controller_decide(h->controller, &meta, (uint32_t)below(8), NULL, &sent);
            known(status);
        }
        known(leyline_controller_outcome(h->controller, NULL, NULL, &outcome));
        uint8_t id[16] = {1};
        known(leyline_controller_outcome(h->controller, id, &spin, &outcome));
        leyline_controller_info_t info;
        known(leyline_controller_info(h->controller, &info));
    }
}

static void open_all(handles_t *h, const leyline_schema_t *schema) {
    if (h->trainer == NULL) {
        known(leyline_trainer_of_segment(h->segment, &h->trainer));
    }
    if (h->controller == NULL) {
        known(leyline_controller_of_segment(h->segment, 0, &h->controller));
    }
    if (h->writer == NULL) {
        known(leyline_writer_open(h->segment, "samples", schema, &h->writer));
    }
    if (h->observer == NULL) {
        known(leyline_observer_open(h->segment, "samples", schema, LEYLINE_START_OLDEST, 0, &h->observer));
    }
    if (h->consumer == NULL) {
        known(leyline_consumer_open(h->segment, "samples", schema, 0, LEYLINE_COMMIT_AUTO, &h->consumer));
    }
}

static void close_some(handles_t *h, int all) {
    if (all || below(4) == 0) {
        OK(leyline_trainer_close(h->trainer));
        h->trainer = NULL;
    }
    if (all || below(4) == 0) {
        OK(leyline_controller_close(h->controller));
        h->controller = NULL;
    }
    if (all || below(4) == 0) {
        OK(leyline_writer_close(h->writer));
        h->writer = NULL;
    }
    if (all || below(4) == 0) {
        OK(leyline_observer_close(h->observer));
        OK(leyline_consumer_close(h->consumer));
        h->observer = NULL;
        h->consumer = NULL;
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 24, attached = 0;
    char path[4096];
    leyline_schema_t *schema = sample_schema();
    leyline_action_space_t *space = NULL;
    leyline_link_options_t shape = {0};
    leyline_ring_options_t ring = {0};
    OK(leyline_action_space_standard("cnn", &space));
    shape.observations = 8;
    shape.commands = 8;
    ring.name = "samples";
    ring.capacity = 8;
    ring.consumers = 1;
    for (int round = 0; round < rounds; round++) {
        leyline_spec_t *spec = NULL;
        handles_t h = {0};
        OK(leyline_spec_of_link(space, &shape, &spec));
        OK(leyline_spec_add_ring(spec, &ring, schema));
        OK(leyline_segment_create("hostile", spec, NULL, &h.segment));
        snprintf(path, sizeof path, "%s/hostile.leyline", getenv("LEYLINE_DIR"));
        int file = open(path, O_RDWR | O_CLOEXEC);
        CHECK(file >= 0);
        leyline_segment_info_t segment;
        OK(leyline_segment_info(h.segment, &segment));
        OK(leyline_segment_close(h.segment));
        h.segment = NULL;
        for (uint64_t n = below(4); n > 0; n--) {
            overwrite(file, segment.bytes);
        }
        leyline_status_t status = leyline_segment_attach("hostile", NULL, NULL, &h.segment);
        known(status);
        if (status == LEYLINE_OK) {
            attached++;
            for (int step = 0; step < 6; step++) {
                open_all(&h, schema);
                for (uint64_t n = below(6); n > 0; n--) {
                    overwrite(file, segment.bytes);
                }
                use_ring(&h);
                use_link(&h);
                look_at_segment(&h);
                close_some(&h, 0);
            }
        }
        close_some(&h, 1);
        OK(leyline_segment_close(h.segment));
        h.segment = NULL;
        status = leyline_segment_recreate("hostile", spec, NULL, &h.segment, NULL);
        known(status);
        OK(leyline_segment_close(h.segment));
        OK(leyline_segment_unlink("hostile", NULL));
        OK(leyline_spec_close(spec));
        CHECK(close(file) == 0);
    }
    printf("hostile: %d segments, %d attached\n", rounds, attached);
    CHECK(attached > rounds / 4 && attached < rounds);
    OK(leyline_action_space_close(space));
    OK(leyline_schema_close(schema));
    return 0;
}
