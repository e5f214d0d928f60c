/* Records of the program's own, from one end of a ring to the other. */
#include "check.h"

typedef struct sample_t {
    uint64_t number;
    float celsius;
    uint32_t sensor;
} sample_t;

static leyline_schema_t *sample_schema(const char *unit) {
    leyline_field_t fields[3] = {
        {"number", LEYLINE_FIELD_U64, 1, offsetof(sample_t, number), 0, NULL, 0, INFINITY, NULL, NULL},
        {"celsius", LEYLINE_FIELD_F32, 1, offsetof(sample_t, celsius), 0, unit, -273.15, 1e6, NULL, "zero"},
        {"sensor", LEYLINE_FIELD_U32, 1, offsetof(sample_t, sensor), 0, NULL, 0, 7, NULL, NULL},
    };
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_new("sample", 1, sizeof(sample_t), fields, 3, &schema));
    leyline_schema_info_t info;
    OK(leyline_schema_info(schema, &info));
    CHECK(info.size == sizeof(sample_t));
    return schema;
}

static leyline_segment_t *segment_of(const char *name, const leyline_ring_options_t *ring, const leyline_schema_t *schema) {
    leyline_spec_t *spec = NULL;
    leyline_segment_t *segment = NULL;
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, ring, schema));
    OK(leyline_segment_create(name, spec, NULL, &segment));
    OK(leyline_spec_close(spec));
    return segment;
}

static sample_t sample(uint64_t n) {
    sample_t s = {n, (float)n / 2, (uint32_t)(n % 8)};
    return s;
}

static int same(const sample_t *a, const sample_t *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static void records_and_what_stands_beside_them(void) {
    leyline_schema_t *schema = sample_schema("degC"), *other = sample_schema("K");
    leyline_ring_options_t ring = {0};
    ring.name = "samples";
    ring.capacity = 8;
    ring.time_source = LEYLINE_TIME_SOURCE_CALLER;
    leyline_segment_t *segment = segment_of("records", &ring, schema), *attached = NULL;
    OK(leyline_segment_attach("records", NULL, NULL, &attached));

    leyline_writer_t *writer = NULL, *second = NULL;
    leyline_observer_t *observer = NULL;
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "degC", leyline_writer_open(segment, "samples", other, &writer));
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "samples", leyline_writer_open(segment, "nothing", schema, &writer));
    CHECK(writer == NULL);
    OK(leyline_writer_open(segment, "samples", schema, &writer));
    REFUSES(LEYLINE_ERR_ROLE_HELD, "samples", leyline_writer_open(attached, "samples", schema, &second));
    OK(leyline_observer_open(attached, "samples", schema, LEYLINE_START_OLDEST, 0, &observer));
    /* A handle made from a segment or a schema does not need it open. */
    OK(leyline_segment_close(segment));
    OK(leyline_segment_close(attached));
    OK(leyline_schema_close(schema));
    OK(leyline_schema_close(other));

    sample_t in, got = sample(77), before = got;
    leyline_meta_t meta;
    leyline_notice_t notice;
    memset(&meta, 0x55, sizeof meta);
    memset(&notice, 0x55, sizeof notice);
    GIVES(LEYLINE_EMPTY, leyline_observer_next(observer, NULL, &got, sizeof got, &meta, &notice));
    CHECK(same(&got, &before) && meta.env == 0x5555 && notice.missed == 0x5555555555555555u);

    uint64_t sequence = 0;
    for (uint64_t n = 1; n <= 20; n++) {
        leyline_stamp_t stamp = {1600 * n, (uint16_t)n, LEYLINE_FLAG_FIRST | LEYLINE_FLAG_SANITIZED, {0}};
        in = sample(n);
        OK(leyline_writer_publish(writer, &in, sizeof in, &stamp, NULL, &sequence));
        CHECK(sequence == n);
        OK(leyline_observer_next(observer, NULL, &got, sizeof got, &meta, NULL));
        CHECK(same(&in, &got));
        CHECK(meta.sequence == n && meta.time_ns == 1600 * n && meta.generation == 1 && meta.skipped == 0);
        CHECK(meta.env == n && meta.flags == (LEYLINE_FLAG_FIRST | LEYLINE_FLAG_SANITIZED));
    }

    /* A size that is not the record's, flags that are none: nothing is published, the sequence stays. */
    leyline_stamp_t bad = {0, 0, 0x10, {0}};
    NEEDS("16 bytes", leyline_writer_publish(writer, &in, sizeof in - 1, NULL, NULL, &sequence));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "flags", leyline_writer_publish(writer, &in, sizeof in, &bad, NULL, &sequence));
    NEEDS("16 bytes", leyline_observer_next(observer, NULL, &got, sizeof got + 1, NULL, NULL));
    CHECK(sequence == 20);
    leyline_writer_info_t info;
    OK(leyline_writer_info(writer, &info));
    CHECK(info.next_sequence == 21 && info.generation == 1);

    /* Lapped: nothing is read, the count is exact. */
    for (uint64_t n = 21; n <= 40; n++) {
        in = sample(n);
        OK(leyline_writer_publish(writer, &in, sizeof in, NULL, NULL, NULL));
    }
    before = got;
    GIVES(LEYLINE_LAPPED, leyline_observer_next(observer, NULL, &got, sizeof got, &meta, &notice));
    CHECK(same(&got, &before) && notice.missed > 0 && notice.next == 21 + notice.missed && notice.generation == 0);
    OK(leyline_observer_next(observer, NULL, &got, sizeof got, &meta, NULL));
    CHECK(meta.sequence == notice.next && got.number == meta.sequence);

    /* The newest, and what it passed over. */
    uint64_t read = meta.sequence;
    OK(leyline_observer_latest(observer, NULL, &got, sizeof got, &meta, NULL));
    CHECK(got.number == 40 && meta.sequence == 40 && meta.skipped == 39 - read);
    GIVES(LEYLINE_TIMED_OUT, leyline_observer_latest(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), &got, sizeof got, NULL, NULL));

    /* A place to build a record in. */
    void *place = NULL;
    NEEDS("a loan", leyline_writer_publish_loan(writer, NULL, NULL));
    OK(leyline_writer_loan(writer, &place));
    in = sample(41);
    memcpy(place, &in, sizeof in);
    OK(leyline_writer_publish_loan(writer, NULL, &sequence));
    CHECK(sequence == 41);
    OK(leyline_observer_next(observer, WAIT(60000000000u), &got, sizeof got, &meta, NULL));
    CHECK(same(&in, &got));

    /* The end, and a successor. */
    leyline_peer_t peer;
    OK(leyline_peer_state(observer, &peer));
    CHECK(peer.state == LEYLINE_PEER_HELD);
    OK(leyline_writer_close(writer));
    OK(leyline_peer_state(observer, &peer));
    CHECK(peer.state == LEYLINE_PEER_CLOSED && peer.silent_for_ns == 0);
    GIVES(LEYLINE_WRITER_CLOSED,
          leyline_observer_next(observer, WAIT_BY(LEYLINE_WAIT_SPIN_THEN_YIELD, 60000000000u), &got, sizeof got, NULL, NULL));
    schema = sample_schema("degC");
    OK(leyline_segment_attach("records", NULL, NULL, &segment));
    OK(leyline_writer_open(segment, "samples", schema, &writer));
    in = sample(42);
    OK(leyline_writer_publish(writer, &in, sizeof in, NULL, NULL, NULL));
    GIVES(LEYLINE_RESTARTED, leyline_observer_next(observer, NULL, &got, sizeof got, NULL, &notice));
    CHECK(notice.generation == 2 && notice.first_sequence == 42 && notice.missed == 0);
    OK(leyline_observer_next(observer, NULL, &got, sizeof got, &meta, NULL));
    CHECK(same(&in, &got) && meta.generation == 2);

    OK(leyline_observer_seek(observer, LEYLINE_START_AT, 41));
    OK(leyline_observer_next(observer, NULL, &got, sizeof got, &meta, NULL));
    CHECK(meta.sequence == 41);
    /* A name that is gone ends nothing; another segment of that name does. */
    leyline_segment_info_t displaced;
    OK(leyline_segment_info(segment, &displaced));
    CHECK(displaced.name_state == LEYLINE_NAME_STATE_CURRENT);
    OK(leyline_segment_unlink("records", NULL));
    OK(leyline_segment_info(segment, &displaced));
    CHECK(displaced.name_state == LEYLINE_NAME_STATE_UNLINKED);
    OK(leyline_peer_state(observer, &peer));
    CHECK(peer.state == LEYLINE_PEER_HELD);
    OK(leyline_segment_close(segment_of("records", &ring, schema)));
    OK(leyline_segment_info(segment, &displaced));
    CHECK(displaced.name_state == LEYLINE_NAME_STATE_REPLACED);
    OK(leyline_peer_state(observer, &peer));
    CHECK(peer.state == LEYLINE_PEER_SUPERSEDED);
    GIVES(LEYLINE_RESTARTED, leyline_observer_next(observer, NULL, &got, sizeof got, NULL, &notice));
    OK(leyline_observer_next(observer, NULL, &got, sizeof got, NULL, NULL));
    GIVES(LEYLINE_SUPERSEDED_NOTICE,
          leyline_observer_next(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 60000000000u), &got, sizeof got, NULL, NULL));

    OK(leyline_segment_unlink("records", NULL));
    OK(leyline_writer_close(writer));
    OK(leyline_observer_close(observer));
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(schema));
}

static void blocks_of_records(void) {
    leyline_schema_t *schema = sample_schema("degC");
    leyline_ring_options_t ring = {0};
    ring.name = "samples";
    ring.capacity = 8;
    ring.consumers = 1;
    leyline_segment_t *segment = segment_of("blocks", &ring, schema);
    leyline_writer_t *writer = NULL;
    leyline_consumer_t *consumer = NULL;
    OK(leyline_writer_open(segment, "samples", schema, &writer));

    sample_t in[10], got[10];
    leyline_meta_t meta[10];
    size_t count = 99;
    for (uint64_t n = 0; n < 10; n++) in[n] = sample(n + 1);

    /* Only as many as the absent consumer leaves room for; a full ring refuses. */
    OK(leyline_writer_publish_batch(writer, in, sizeof in[0], 10, NULL, &count));
    CHECK(count == 8);
    count = 99;
    GIVES(LEYLINE_ERR_NO_CONSUMER, leyline_writer_publish_batch(writer, in + 8, sizeof in[0], 2, NULL, &count));
    CHECK(count == 99);
    OK(leyline_consumer_open(segment, "samples", schema, 0, LEYLINE_COMMIT_MANUAL, &consumer));
    GIVES(LEYLINE_ERR_FULL, leyline_writer_publish(writer, in + 8, sizeof in[0], NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_TIMEOUT,
          leyline_writer_publish(writer, in + 8, sizeof in[0], NULL, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL));
    CHECK(strcmp(leyline_strerror(LEYLINE_ERR_FULL), "the ring is full") == 0);

    OK(leyline_consumer_next_batch(consumer, NULL, 0, got, sizeof got[0], 5, meta, &count, NULL));
    CHECK(count == 5 && memcmp(in, got, 5 * sizeof in[0]) == 0 && meta[4].sequence == 5);
    uint64_t up_to = 0;
    OK(leyline_consumer_read_up_to(consumer, &up_to));
    CHECK(up_to == 5);
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "commit", leyline_consumer_commit(consumer, 6));
    OK(leyline_consumer_commit(consumer, 3));
    OK(leyline_consumer_commit(consumer, 0));
    OK(leyline_consumer_next_batch(consumer, NULL, 0, got, sizeof got[0], 10, NULL, &count, NULL));
    CHECK(count == 3 && same(&got[2], &in[7]));
    GIVES(LEYLINE_EMPTY, leyline_consumer_next_batch(consumer, NULL, 0, got, sizeof got[0], 10, NULL, &count, NULL));
    CHECK(count == 0);
    GIVES(LEYLINE_TIMED_OUT, leyline_consumer_next(consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), got, sizeof got[0], NULL, NULL));

    leyline_role_info_t role;
    OK(leyline_segment_role(segment, "samples", 0, &role));
    CHECK(role.held == 1 && role.pid != 0 && role.command[0] != 0);
    OK(leyline_consumer_close(consumer));
    OK(leyline_segment_role(segment, "samples", 0, &role));
    CHECK(role.held == 0);
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "consumer 1", leyline_segment_role(segment, "samples", 1, &role));

    /* Records that were read and not committed are read again. */
    OK(leyline_consumer_open(segment, "samples", schema, 0, LEYLINE_COMMIT_AUTO, &consumer));
    OK(leyline_consumer_next(consumer, NULL, got, sizeof got[0], meta, NULL));
    CHECK(meta[0].sequence == 6);
    OK(leyline_consumer_close(consumer));
    OK(leyline_writer_close(writer));
    OK(leyline_segment_unlink("blocks", NULL));
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(schema));
}

static void rows_of_observations(void) {
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_of_record(LEYLINE_RECORD_OBSERVATION, &schema));
    leyline_ring_options_t ring = {0};
    ring.name = "envs";
    ring.capacity = 4;
    ring.rows = 3;
    leyline_segment_t *segment = segment_of("rows", &ring, schema);
    leyline_ring_info_t info;
    leyline_segment_info_t whole;
    OK(leyline_segment_info(segment, &whole));
    CHECK(whole.rings == 1 && whole.name_state == LEYLINE_NAME_STATE_CURRENT);
    OK(leyline_segment_ring(segment, NULL, 0, &info));
    CHECK(info.rows == 3 && info.record_size == 108 && info.kind == LEYLINE_RING_KIND_USER);
    CHECK(strcmp((const char *)info.name.bytes, "envs") == 0);
    leyline_schema_info_t meant;
    OK(leyline_schema_info(schema, &meant));
    CHECK(memcmp(meant.fingerprint, info.fingerprint, 16) == 0);
    CHECK(strcmp(meant.canonical, info.schema) == 0);
    OK(leyline_segment_ring(segment, "envs", 7, &info));
    CHECK(info.rows == 3 && strcmp(meant.canonical, info.schema) == 0);
    CHECK(strncmp(meant.canonical, "leyline-schema 1\nrecord observation 1 108\n", 42) == 0);

    leyline_writer_t *writer = NULL;
    leyline_observer_t *observer = NULL;
    OK(leyline_writer_open(segment, "envs", schema, &writer));
    OK(leyline_observer_open(segment, "envs", schema, LEYLINE_START_NOW, 0, &observer));
    leyline_observation_t in[3], got[3];
    for (size_t i = 0; i < 3; i++) {
        OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, in[i]));
        in[i].values[LEYLINE_FEATURE_EPOCH] = (float)i;
    }
    uint16_t env[3] = {7, 8, 9}, got_env[3];
    uint8_t flags[3] = {0, LEYLINE_FLAG_TERMINATED, LEYLINE_FLAG_FIRST}, got_flags[3];
    uint64_t sequence = 0;
    leyline_meta_t meta;
    NEEDS("ends in _rows", leyline_writer_publish(writer, in, sizeof in[0], NULL, NULL, NULL));
    NEEDS("324 bytes", leyline_writer_publish_rows(writer, in, sizeof in[0], env, flags, NULL, NULL));
    OK(leyline_writer_publish_rows(writer, in, sizeof in, env, flags, NULL, &sequence));
    CHECK(sequence == 1);
    OK(leyline_observer_next_rows(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 60000000000u), got, sizeof got, got_env, got_flags, &meta, NULL));
    CHECK(memcmp(in, got, sizeof in) == 0 && memcmp(env, got_env, sizeof env) == 0);
    CHECK(memcmp(flags, got_flags, 3) == 0 && meta.sequence == 1 && meta.time_ns != 0);
    CHECK(meta.time_ns <= leyline_now_ns() + 1000000);
    GIVES(LEYLINE_EMPTY, leyline_observer_next_rows(observer, NULL, got, sizeof got, got_env, got_flags, NULL, NULL));
    GIVES(LEYLINE_EMPTY, leyline_observer_latest_rows(observer, NULL, got, sizeof got, got_env, got_flags, NULL, NULL));
    NEEDS("env", leyline_writer_publish_rows(writer, in, sizeof in, NULL, flags, NULL, NULL));
    NEEDS("flags", leyline_writer_publish_rows(writer, in, sizeof in, env, NULL, NULL, NULL));
    NEEDS("rows", leyline_writer_publish_rows(writer, NULL, sizeof in, env, flags, NULL, NULL));
    NEEDS("env", leyline_observer_next_rows(observer, NULL, got, sizeof got, NULL, got_flags, NULL, NULL));
    NEEDS("flags", leyline_observer_next_rows(observer, NULL, got, sizeof got, got_env, NULL, NULL, NULL));
    NEEDS("rows", leyline_observer_next_rows(observer, NULL, NULL, sizeof got, got_env, got_flags, NULL, NULL));
    NEEDS("rows", leyline_observer_latest_rows(observer, NULL, NULL, sizeof got, got_env, got_flags, NULL, NULL));
    NEEDS("env", leyline_observer_latest_rows(observer, NULL, got, sizeof got, NULL, got_flags, NULL, NULL));
    NEEDS("flags", leyline_observer_latest_rows(observer, NULL, got, sizeof got, got_env, NULL, NULL, NULL));
    NEEDS("rows", leyline_observer_next_rows(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), NULL, sizeof got, got_env, got_flags, NULL, NULL));
    NEEDS("env", leyline_observer_next_rows(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), got, sizeof got, NULL, got_flags, NULL, NULL));
    NEEDS("flags", leyline_observer_next_rows(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), got, sizeof got, got_env, NULL, NULL, NULL));
    flags[0] = 0x80;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "flags",
            leyline_writer_publish_rows(writer, in, sizeof in, env, flags, NULL, NULL));

    OK(leyline_observer_close(observer));
    OK(leyline_writer_close(writer));
    OK(leyline_segment_unlink("rows", NULL));
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(schema));
}

static void segments(void) {
    leyline_schema_t *schema = sample_schema("degC");
    leyline_ring_options_t ring = {0};
    ring.name = "samples";
    leyline_segment_t *segment = segment_of("segments", &ring, schema), *other = NULL;
    leyline_spec_t *spec = NULL;
    OK(leyline_spec_new(&spec));
    REFUSES(LEYLINE_ERR_ALREADY_EXISTS, "segments", leyline_segment_create("segments", spec, NULL, &other));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    uint32_t opened = 99;
    OK(leyline_segment_open_or_create("segments", spec, NULL, &other, &opened));
    CHECK(opened == LEYLINE_OPENED_ATTACHED);
    leyline_segment_info_t a, b;
    OK(leyline_segment_info(segment, &a));
    OK(leyline_segment_info(other, &b));
    CHECK(memcmp(a.id, b.id, 16) == 0 && a.sealed == 0);
    OK(leyline_segment_close(other));

    /* Zeros are the defaults. */
    leyline_ring_options_t plain = {0};
    leyline_ring_info_t made;
    plain.name = "plain";
    OK(leyline_spec_add_ring(spec, &plain, schema));
    leyline_displaced_t displaced;
    OK(leyline_segment_recreate("segments", spec, NULL, &other, &displaced));
    CHECK(displaced.segments == 1 && displaced.uncommitted == 0);
    OK(leyline_segment_ring(other, "plain", 0, &made));
    CHECK(made.capacity == 4096 && made.rows == 1 && made.consumers == 0);
    CHECK(made.policy == LEYLINE_POLICY_KEEP && made.time_source == LEYLINE_TIME_SOURCE_TSC);
    OK(leyline_segment_info(other, &a));
    CHECK(strstr(a.path, "/segments.leyline") != NULL && a.bytes > 4096 && a.created_unix_ns > 0);
    /* The mapping outlives the handle that it was asked of, and a clone shares it. */
    leyline_segment_t *clone = NULL;
    OK(leyline_segment_clone(other, &clone));
    OK(leyline_segment_info(clone, &b));
    CHECK(a.pages == b.pages && a.bytes == b.bytes && (uintptr_t)a.pages % 4096 == 0);
    leyline_device_ring_t place;
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "nobody", leyline_segment_device_ring(other, "nobody", &place));
    OK(leyline_segment_device_ring(other, "samples", &place));
    CHECK(place.next_sequence == 1 && place.generation == 0 && place.record_size == sizeof(sample_t));
    CHECK(place.data_len == place.capacity * place.stride && (uintptr_t)place.control % 4096 == 0);
    CHECK((const char *)place.data > (const char *)a.pages);
    CHECK((const char *)place.data + place.data_len <= (const char *)a.pages + a.bytes);
    OK(leyline_segment_close(other));
    CHECK(memcmp(a.pages, "LEYLINE", 8) == 0);
    OK(leyline_segment_close(clone));

    leyline_options_t options = {0};
    options.access = LEYLINE_ACCESS_READ_ONLY;
    OK(leyline_segment_attach("segments", &options, NULL, &other));
    leyline_writer_t *writer = NULL;
    REFUSES(LEYLINE_ERR_READ_ONLY, "read-write", leyline_writer_open(other, "samples", schema, &writer));
    OK(leyline_segment_close(other));

    /* Held by another handle, however long one waits; and what its page says of who that is. */
    leyline_role_info_t role;
    leyline_segment_t *shown = NULL;
    options = (leyline_options_t){0};
    options.role_timeout_ns = 2000000;
    options.command_line = 1;
    OK(leyline_segment_attach("segments", &options, NULL, &shown));
    OK(leyline_writer_open(shown, "samples", schema, &writer));
    OK(leyline_segment_role(shown, "samples", LEYLINE_ROLE_WRITER, &role));
    CHECK(role.held == 1 && role.command[0] != 0);
    leyline_writer_t *second = NULL;
    REFUSES(LEYLINE_ERR_ROLE_HELD, "held by process", leyline_writer_open(shown, "samples", schema, &second));
    OK(leyline_writer_close(writer));
    OK(leyline_segment_close(shown));
    options.command_line = 0;
    OK(leyline_segment_attach("segments", &options, NULL, &shown));
    OK(leyline_writer_open(shown, "samples", schema, &writer));
    OK(leyline_segment_role(shown, "samples", LEYLINE_ROLE_WRITER, &role));
    CHECK(role.command[0] != 0 && strchr((const char *)role.command, '/') == NULL);
    OK(leyline_writer_close(writer));
    OK(leyline_segment_close(shown));
    options.command_line = 2;
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "command_line", leyline_segment_attach("segments", &options, NULL, &shown));

    options = (leyline_options_t){0};
    options.directory = "/nowhere/at/all";
    REFUSES(LEYLINE_ERR_NO_DIRECTORY, "/nowhere/at/all", leyline_segment_attach("segments", &options, NULL, &other));
    REFUSES(LEYLINE_ERR_INVALID_NAME, "../x", leyline_segment_attach("../x", NULL, NULL, &other));
    REFUSES(LEYLINE_ERR_NOT_FOUND, "start the side", leyline_segment_attach("nothing", NULL, NULL, &other));
    REFUSES(LEYLINE_ERR_TIMEOUT, "none in", leyline_segment_attach("nothing", NULL, WAIT(1000000), &other));

    OK(leyline_segment_unlink("segments", NULL));
    OK(leyline_segment_unlink("segments", NULL));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(schema));
}

static leyline_schema_t *floats(const char *name, uint32_t n) {
    static char names[27][4];
    leyline_field_t fields[27];
    for (uint32_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "x%u", i);
        fields[i] = (leyline_field_t){names[i], LEYLINE_FIELD_F32, 1, 4 * i, 0, NULL, -10, 10, NULL, NULL};
    }
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_new(name, 1, 4 * n, fields, n, &schema));
    return schema;
}

/* A handle's first publish looks at everything anyway: what is wrong comes after others that went well. */
static void what_is_wrong_is_refused_later_too(void) {
    float record[27] = {0};
    const leyline_stamp_t good = {16, 1, LEYLINE_FLAG_FIRST, {0}}, no_flags = {16, 1, 0x10, {0}};
    uint64_t places[3] = {0}, sequence = 77;
    uint64_t *const between = (uint64_t *)((char *)places + 4);
    const leyline_stamp_t *const askew = (const leyline_stamp_t *)between;
    leyline_ring_options_t ring = {0};
    ring.name = "samples";
    ring.capacity = 8;
    for (uint32_t n = 26; n <= 27; n++) {
        const size_t size = 4 * n;
        leyline_schema_t *schema = floats("floats", n);
        leyline_segment_t *segment = segment_of("later", &ring, schema);
        leyline_writer_t *writer = NULL;
        OK(leyline_writer_open(segment, "samples", schema, &writer));
        for (int i = 0; i < 2; i++) OK(leyline_writer_publish(writer, record, size, &good, NULL, NULL));
        REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "flags", leyline_writer_publish(writer, record, size, &no_flags, NULL, &sequence));
        REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "size", leyline_writer_publish(writer, record, 212 - size, &good, NULL, &sequence));
        REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "stamp", leyline_writer_publish(writer, record, size, askew, NULL, &sequence));
        REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "sequence", leyline_writer_publish(writer, record, size, &good, NULL, between));
        REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "record", leyline_writer_publish(writer, NULL, size, &good, NULL, &sequence));
        CHECK(sequence == 77 && places[0] == 0 && places[1] == 0);
        OK(leyline_writer_publish(writer, record, size, &good, NULL, &sequence));
        CHECK(sequence == 3);
        sequence = 77;
        OK(leyline_writer_close(writer));
        OK(leyline_segment_unlink("later", NULL));
        OK(leyline_segment_close(segment));
        OK(leyline_schema_close(schema));
    }

    /* Of a link whose observations mean something else, however alike they look. */
    leyline_schema_t *other = floats("other", 27);
    leyline_action_space_t *space = NULL;
    OK(leyline_action_space_standard("cnn", &space));
    leyline_link_options_t link = {0};
    link.observe = other;
    leyline_trainer_t *trainer = NULL;
    OK(leyline_trainer_create("later", space, &link, NULL, &trainer));
    const leyline_observation_t raw = {0};
    for (int i = 0; i < 2; i++) OK(leyline_trainer_publish(trainer, record, 27, NULL, &good, NULL, NULL));
    leyline_training_signals_t signals;
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "other", leyline_trainer_publish(trainer, NULL, 0, &signals, &good, &sequence, NULL));
    NEEDS("27", leyline_trainer_publish(trainer, raw.values, 26, NULL, &good, &sequence, NULL));
    CHECK(sequence == 77);
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_unlink("later", NULL));
    link.observe = NULL;
    OK(leyline_trainer_create("later", space, &link, NULL, &trainer));
    for (int i = 0; i < 2; i++) OK(leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, &good, NULL, NULL));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "flags", leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, &no_flags, &sequence, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "stamp", leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, askew, &sequence, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "sequence", leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, &good, between, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "sanitized", leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, &good, &sequence, between));
    CHECK(sequence == 77 && places[0] == 0 && places[1] == 0);
    OK(leyline_trainer_publish(trainer, raw.values, LEYLINE_FEATURES, NULL, &good, &sequence, NULL));
    CHECK(sequence == 3);
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_unlink("later", NULL));
    OK(leyline_action_space_close(space));
    OK(leyline_schema_close(other));
}

int main(void) {
    records_and_what_stands_beside_them();
    what_is_wrong_is_refused_later_too();
    blocks_of_records();
    rows_of_observations();
    segments();
    return 0;
}
