/* Gathering from C: batches that are waited for, the newest record of each environment, several rings at once. */
#include "check.h"

#define ENOUGH 60000000000u

static const leyline_wait_t enough = {ENOUGH, LEYLINE_WAIT_SPIN_THEN_SLEEP, 0, 0, 0};
static const leyline_wait_t briefly = {1, LEYLINE_WAIT_SPIN_THEN_SLEEP, 0, 0, 0};

typedef struct sample_t {
    uint64_t number;
    float value;
    uint32_t env;
} sample_t;

static leyline_schema_t *sample_schema(void) {
    leyline_field_t fields[] = {
        {"number", LEYLINE_FIELD_U64, 1, 0, 0, "-", 0.0, 1e9, NULL, NULL},
        {"value", LEYLINE_FIELD_F32, 1, 8, 0, "-", 0.0, 1e9, NULL, NULL},
        {"env", LEYLINE_FIELD_U32, 1, 12, 0, "-", 0.0, 65535.0, NULL, NULL},
    };
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_new("sample", 1, sizeof(sample_t), fields, 3, &schema));
    return schema;
}

static leyline_segment_t *segment_of(const char *name, uint32_t rows, uint32_t consumers) {
    leyline_schema_t *schema = sample_schema();
    leyline_ring_options_t ring = {0};
    ring.name = "samples";
    ring.capacity = 8;
    ring.rows = rows;
    ring.consumers = consumers;
    leyline_spec_t *spec = NULL;
    leyline_segment_t *segment = NULL;
    leyline_options_t options = {0};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    OK(leyline_segment_create(name, spec, &options, &segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(schema));
    return segment;
}

static leyline_writer_t *writer_of(leyline_segment_t *segment) {
    leyline_schema_t *schema = sample_schema();
    leyline_writer_t *writer = NULL;
    OK(leyline_writer_open(segment, "samples", schema, &writer));
    OK(leyline_schema_close(schema));
    return writer;
}

static leyline_observer_t *observer_of(leyline_segment_t *segment) {
    leyline_schema_t *schema = sample_schema();
    leyline_observer_t *observer = NULL;
    OK(leyline_observer_open(segment, "samples", schema, LEYLINE_START_OLDEST, 0, &observer));
    OK(leyline_schema_close(schema));
    return observer;
}

static leyline_consumer_t *consumer_of(leyline_segment_t *segment) {
    leyline_schema_t *schema = sample_schema();
    leyline_consumer_t *consumer = NULL;
    OK(leyline_consumer_open(segment, "samples", schema, 0, LEYLINE_COMMIT_MANUAL, &consumer));
    OK(leyline_schema_close(schema));
    return consumer;
}

static uint64_t publish(leyline_writer_t *writer, uint16_t env, uint8_t flags) {
    uint64_t sequence = 0;
    leyline_writer_info_t info;
    OK(leyline_writer_info(writer, &info));
    sample_t sample = {info.next_sequence, 0.5f, env};
    leyline_stamp_t stamp = {0, env, flags, {0}};
    OK(leyline_writer_publish(writer, &sample, sizeof sample, &stamp, NULL, &sequence));
    return sequence;
}

static void batches(void) {
    leyline_segment_t *segment = segment_of("batches", 1, 1);
    leyline_writer_t *writer = writer_of(segment);
    leyline_observer_t *observer = observer_of(segment);
    leyline_consumer_t *consumer = consumer_of(segment);
    sample_t block[9];
    leyline_meta_t metas[9];
    leyline_notice_t notice;
    size_t count = 99;
    const uint32_t sleep = LEYLINE_WAIT_SPIN_THEN_SLEEP;
    GIVES(LEYLINE_TIMED_OUT, leyline_observer_next_batch(observer, WAIT_BY(sleep, 1), 1, block, sizeof block[0], 8, metas, &count, &notice));
    CHECK(count == 0);
    for (int i = 0; i < 3; i++) publish(writer, (uint16_t)i, 0);
    OK(leyline_observer_next_batch(observer, WAIT_BY(sleep, ENOUGH), 3, block, sizeof block[0], 8, metas, &count, &notice));
    CHECK(count == 3 && block[2].number == 3 && metas[2].sequence == 3 && metas[2].env == 2);
    publish(writer, 0, 0);
    /* Not all in time: what there is. */
    OK(leyline_observer_next_batch(observer, WAIT_BY(sleep, 1), 2, block, sizeof block[0], 8, NULL, &count, NULL));
    CHECK(count == 1 && block[0].number == 4);
    OK(leyline_consumer_next_batch(consumer, WAIT_BY(sleep, ENOUGH), 4, block, sizeof block[0], 8, metas, &count, &notice));
    CHECK(count == 4 && metas[3].sequence == 4);
    OK(leyline_consumer_commit(consumer, 0));
    count = 99;
    NEEDS("at_least", leyline_observer_next_batch(observer, WAIT_BY(sleep, 1), 9, block, sizeof block[0], 8, metas, &count, NULL));
    NEEDS("at_least", leyline_consumer_next_batch(consumer, WAIT_BY(sleep, 1), 9, block, sizeof block[0], 9, metas, &count, NULL));
    NEEDS("size", leyline_observer_next_batch(observer, WAIT_BY(sleep, 1), 1, block, 15, 8, metas, &count, NULL));
    NEEDS("size", leyline_consumer_next_batch(consumer, WAIT_BY(sleep, 1), 1, block, 15, 8, metas, &count, NULL));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "wait",
            leyline_observer_next_batch(observer, WAIT_BY(9, 1), 1, block, sizeof block[0], 8, metas, &count, NULL));
    CHECK(count == 99);
    /* The read that ends a batch comes after its records. */
    publish(writer, 0, 0);
    OK(leyline_writer_close(writer));
    GIVES(LEYLINE_WRITER_CLOSED,
          leyline_observer_next_batch(observer, WAIT_BY(sleep, ENOUGH), 2, block, sizeof block[0], 8, metas, &count, &notice));
    CHECK(count == 1 && block[0].number == 5);
    GIVES(LEYLINE_WRITER_CLOSED,
          leyline_consumer_next_batch(consumer, WAIT_BY(sleep, ENOUGH), 8, block, sizeof block[0], 8, metas, &count, &notice));
    CHECK(count == 1 && metas[0].sequence == 5);
    OK(leyline_consumer_close(consumer));
    OK(leyline_observer_close(observer));
    OK(leyline_segment_close(segment));
}

static void the_newest_of_each(void) {
    leyline_segment_t *segment = segment_of("newest", 1, 1);
    leyline_writer_t *writer = writer_of(segment);
    leyline_observer_t *observer = observer_of(segment);
    leyline_consumer_t *consumer = consumer_of(segment);
    sample_t rows[3], mine[3];
    leyline_env_mark_t marks[3] = {{0}}, my_marks[3] = {{0}};
    leyline_gathered_t gathered;
    leyline_notice_t notice;
    leyline_meta_t meta;
    memset(rows, 0x55, sizeof rows);
    GIVES(LEYLINE_EMPTY, leyline_observer_latest_by_env(observer, NULL, rows, sizeof rows[0], marks, 3, &gathered, &notice));
    CHECK(gathered.read == 0 && gathered.changed == 0 && marks[0].sequence == 0);
    publish(writer, 2, LEYLINE_FLAG_TERMINATED);
    publish(writer, 0, 0);
    publish(writer, 2, LEYLINE_FLAG_FIRST);
    publish(writer, 3, 0);
    OK(leyline_observer_latest_by_env(observer, WAIT(ENOUGH), rows, sizeof rows[0], marks, 3, &gathered, &notice));
    CHECK(gathered.read == 4 && gathered.missed == 0 && gathered.changed == 2 && gathered.outside == 1);
    CHECK(rows[0].number == 2 && rows[2].number == 3 && rows[2].env == 2 && rows[1].env == 0x55555555u);
    CHECK(marks[0].records == 1 && marks[1].sequence == 0 && marks[2].records == 2 && marks[2].env == 2);
    CHECK(marks[2].flags == LEYLINE_FLAG_FIRST);
    CHECK(marks[2].all_flags == (LEYLINE_FLAG_FIRST | LEYLINE_FLAG_TERMINATED));
    meta = leyline_env_mark_meta(&marks[2]);
    CHECK(meta.sequence == 3 && meta.env == 2 && meta.generation == 1 && meta.flags == LEYLINE_FLAG_FIRST);
    /* Nothing new: the rows stay, and their marks say so. */
    GIVES(LEYLINE_TIMED_OUT, leyline_observer_latest_by_env(observer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), rows, sizeof rows[0], marks, 3, &gathered, &notice));
    CHECK(rows[2].number == 3 && marks[2].sequence == 3 && marks[2].records == 0 && gathered.read == 0);

    OK(leyline_consumer_latest_by_env(consumer, WAIT_BY(LEYLINE_WAIT_SPIN, ENOUGH), mine, sizeof mine[0], my_marks, 3, NULL, NULL));
    CHECK(mine[2].number == 3 && my_marks[2].records == 2);
    GIVES(LEYLINE_EMPTY, leyline_consumer_latest_by_env(consumer, NULL, mine, sizeof mine[0], my_marks, 3, &gathered, &notice));
    OK(leyline_consumer_commit(consumer, 0));

    memset(&gathered, 0x55, sizeof gathered);
    NEEDS("size", leyline_observer_latest_by_env(observer, NULL, rows, 8, marks, 3, &gathered, &notice));
    NEEDS("size", leyline_consumer_latest_by_env(consumer, WAIT_BY(LEYLINE_WAIT_SPIN, 1), rows, 8, marks, 3, &gathered, &notice));
    CHECK(gathered.read == 0x5555555555555555u && rows[2].number == 3);

    /* Overtaken: counted exactly. A new writer: told after what the old one left. */
    for (int i = 0; i < 8; i++) publish(writer, 1, 0);
    OK(leyline_consumer_latest_by_env(consumer, NULL, mine, sizeof mine[0], my_marks, 3, &gathered, &notice));
    CHECK(gathered.read == 8 && gathered.changed == 1);
    OK(leyline_consumer_commit(consumer, 0));
    publish(writer, 0, 0);
    OK(leyline_writer_close(writer));
    writer = writer_of(segment);
    uint64_t last = publish(writer, 1, 0);
    GIVES(LEYLINE_RESTARTED,
          leyline_observer_latest_by_env(observer, NULL, rows, sizeof rows[0], marks, 3, &gathered, &notice));
    CHECK(gathered.missed == 2 && gathered.read == 7 && gathered.changed == 2);
    CHECK(notice.generation == 2 && notice.first_sequence == last && marks[1].sequence == last - 2);
    OK(leyline_observer_latest_by_env(observer, NULL, rows, sizeof rows[0], marks, 3, NULL, NULL));
    CHECK(rows[1].number == last && marks[1].generation == 2 && marks[0].records == 0);
    OK(leyline_writer_close(writer));
    GIVES(LEYLINE_WRITER_CLOSED, leyline_observer_latest_by_env(observer, WAIT_BY(LEYLINE_WAIT_SPIN, ENOUGH), rows, sizeof rows[0], marks, 3, NULL, NULL));
    OK(leyline_consumer_close(consumer));
    OK(leyline_observer_close(observer));
    OK(leyline_segment_close(segment));
}

static void the_newest_row_of_each(void) {
    leyline_segment_t *segment = segment_of("rows", 2, 0);
    leyline_writer_t *writer = writer_of(segment);
    leyline_observer_t *observer = observer_of(segment);
    uint16_t env[2][2] = {{0, 1}, {2, 1}};
    uint8_t flags[2] = {0, LEYLINE_FLAG_TRUNCATED};
    for (uint64_t i = 0; i < 2; i++) {
        sample_t in[2] = {{10 * i, 0.0f, env[i][0]}, {10 * i + 1, 0.0f, env[i][1]}};
        OK(leyline_writer_publish_rows(writer, in, sizeof in, env[i], flags, NULL, NULL));
    }
    sample_t rows[4];
    leyline_env_mark_t marks[4] = {{0}};
    leyline_gathered_t gathered;
    OK(leyline_observer_latest_by_env(observer, NULL, rows, sizeof rows[0], marks, 4, &gathered, NULL));
    CHECK(gathered.read == 2 && gathered.changed == 3);
    CHECK(rows[0].number == 0 && rows[1].number == 11 && rows[2].number == 10 && marks[3].sequence == 0);
    CHECK(marks[0].sequence == 1 && marks[1].records == 2 && marks[1].flags == LEYLINE_FLAG_TRUNCATED);
    OK(leyline_observer_close(observer));
    OK(leyline_writer_close(writer));
    OK(leyline_segment_close(segment));
}

static void several_at_once(void) {
    const uint32_t sleep = LEYLINE_WAIT_SPIN_THEN_SLEEP;
    leyline_segment_t *one = segment_of("one", 1, 0), *two = segment_of("two", 1, 1);
    leyline_writer_t *first = writer_of(one), *second = writer_of(two);
    leyline_observer_t *observer = observer_of(one);
    leyline_consumer_t *consumer = consumer_of(two);
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_options_t options = {0};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_trainer_create("three", space, NULL, &options, &trainer));
    OK(leyline_controller_attach("three", NULL, NULL, NULL, &controller));

    void *sources[3] = {observer, consumer, controller};
    uint32_t news[3] = {LEYLINE_NEWS_NONE, LEYLINE_NEWS_NONE, LEYLINE_NEWS_NONE};
    sample_t sample;
    leyline_meta_t meta;
    GIVES(LEYLINE_TIMED_OUT, leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    publish(second, 0, 0);
    OK(leyline_wait_any(sources, 3, WAIT_BY(sleep, ENOUGH), news));
    CHECK(news[0] == LEYLINE_NEWS_NONE && news[1] == LEYLINE_NEWS_READABLE && news[2] == LEYLINE_NEWS_NONE);
    OK(leyline_consumer_next(consumer, NULL, &sample, sizeof sample, &meta, NULL));
    leyline_observation_t seen;
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, seen));
    OK(leyline_trainer_publish(trainer, seen.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    OK(leyline_wait_any(sources, 3, WAIT_BY(LEYLINE_WAIT_SPIN, ENOUGH), news));
    CHECK(news[1] == LEYLINE_NEWS_NONE && news[2] == LEYLINE_NEWS_READABLE);
    OK(leyline_controller_next(controller, NULL, seen.values, LEYLINE_FEATURES, &meta, NULL));

    /* An ending is told once; the others are still waited for, and a successor is heard. */
    OK(leyline_writer_close(first));
    OK(leyline_wait_any(sources, 3, WAIT_BY(sleep, ENOUGH), news));
    CHECK(news[0] == LEYLINE_NEWS_CLOSED && news[1] == LEYLINE_NEWS_NONE && news[2] == LEYLINE_NEWS_NONE);
    GIVES(LEYLINE_TIMED_OUT, leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    CHECK(news[0] == LEYLINE_NEWS_CLOSED);
    OK(leyline_trainer_close(trainer));
    OK(leyline_wait_any(sources, 3, WAIT_BY(sleep, ENOUGH), news));
    CHECK(news[0] == LEYLINE_NEWS_CLOSED && news[2] == LEYLINE_NEWS_CLOSED);
    first = writer_of(one);
    publish(first, 0, 0);
    OK(leyline_wait_any(sources, 3, WAIT_BY(LEYLINE_WAIT_SPIN_THEN_YIELD, ENOUGH), news));
    CHECK(news[0] == LEYLINE_NEWS_READABLE);
    /* The same source twice is no harm. */
    void *twice[2] = {observer, observer};
    uint32_t both[2] = {0, 0};
    OK(leyline_wait_any(twice, 2, WAIT_BY(sleep, ENOUGH), both));
    CHECK(both[0] == LEYLINE_NEWS_READABLE && both[1] == LEYLINE_NEWS_READABLE);

    sources[1] = first;
    NEEDS("observer, consumer, controller or trainer", leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    sources[1] = NULL;
    NEEDS("sources", leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    NEEDS("sources", leyline_wait_any(sources, 0, WAIT_BY(sleep, 1), news));
    NEEDS("sources", leyline_wait_any(NULL, 3, WAIT_BY(sleep, 1), news));
    sources[1] = consumer;
    NEEDS("news", leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), NULL));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "wait", leyline_wait_any(sources, 3, WAIT_BY(4, 1), news));
    news[1] = 6;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "news", leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    news[1] = 0;
    OK(leyline_consumer_close(consumer));
    NEEDS("an open observer", leyline_wait_any(sources, 3, WAIT_BY(sleep, 1), news));
    OK(leyline_controller_close(controller));
    OK(leyline_observer_close(observer));
    OK(leyline_writer_close(first));
    OK(leyline_writer_close(second));
    OK(leyline_action_space_close(space));
    OK(leyline_segment_close(one));
    OK(leyline_segment_close(two));
}

static void publish_env(leyline_trainer_t *trainer, uint16_t env, float epoch) {
    leyline_observation_t observation;
    leyline_stamp_t stamp = {leyline_now_ns(), env, 0, {0}};
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    observation.values[LEYLINE_FEATURE_EPOCH] = epoch;
    observation.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1.0f;
    OK(leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, NULL, &stamp, NULL, NULL));
}

/* The next decision is on that observation and says that. */
static void decided_on(leyline_trainer_t *trainer, uint64_t sequence, uint16_t env, uint32_t action) {
    leyline_decision_t decision;
    OK(leyline_trainer_next_decision(trainer, 0, NULL, &decision, NULL, NULL));
    CHECK(decision.observation_sequence == sequence && decision.env == env && decision.action == action);
}

static void execute(leyline_trainer_t *trainer, uint64_t observation_sequence, const char *reason) {
    leyline_received_t received;
    leyline_command_outcome_t outcome;
    OK(leyline_trainer_next_command(trainer, NULL, &received));
    CHECK(received.command.observation_sequence == observation_sequence);
    CHECK(strcmp((const char *)received.command.reason.bytes, reason) == 0);
    OK(leyline_command_outcome_init(&outcome, &received.command, received.sequence, LEYLINE_OUTCOME_STATUS_EXECUTED,
                                    LEYLINE_OUTCOME_CODE_NONE));
    OK(leyline_trainer_answer(trainer, &received, &outcome, NULL));
}

static void a_controller_of_many(void) {
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_options_t options = {0};
    leyline_link_options_t shape = {0};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    shape.commands = 2;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_trainer_create("many", space, &shape, &options, &trainer));
    OK(leyline_controller_attach("many", NULL, NULL, NULL, &controller));

    /* One row each, in ring order. */
    leyline_observation_t rows[4];
    leyline_meta_t metas[4];
    leyline_notice_t notice;
    size_t count = 99;
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_next_batch(controller, &briefly, 1, rows[0].values, 27, 4, metas, &count, NULL));
    CHECK(count == 0);
    for (uint16_t env = 0; env < 4; env++) publish_env(trainer, env, 1.0f);
    OK(leyline_controller_next_batch(controller, &enough, 4, rows[0].values, 27, 4, metas, &count, &notice));
    CHECK(count == 4 && metas[3].sequence == 4 && metas[3].env == 3);
    CHECK(rows[2].values[LEYLINE_FEATURE_AVAILABLE_SLOTS] == 1.0f);
    NEEDS("27", leyline_controller_next_batch(controller, &briefly, 1, rows[0].values, 25, 4, metas, &count, NULL));
    NEEDS("at_least", leyline_controller_next_batch(controller, &briefly, 5, rows[0].values, 27, 4, metas, &count, NULL));

    /* Three commands, and room for two: the third waits. */
    const int64_t actions[4] = {1, 0, 1, 1};
    leyline_answer_t answers[4] = {{"a", 1.0f, 0.5f, -0.5f, 0}, {"b", 1.0f, 0.0f, 0.0f, 0}, {"c", 1.0f, 0.0f, 0.0f, 0},
                                   {NULL, 1.0f, 0.0f, 0.0f, 0}};
    leyline_sent_t sent[4];
    memset(sent, 0x55, sizeof sent);
    OK(leyline_controller_decide_batch(controller, metas, actions, answers, 4, sent, &count));
    CHECK(count == 3 && sent[0].decision_sequence == 1 && sent[2].decision_sequence == 3);
    CHECK(sent[0].command_sequence == 1 && sent[1].command_sequence == 0 && sent[2].command_sequence == 2);
    CHECK(sent[3].decision_sequence == 0 && sent[3].command_sequence == 0 && sent[0].latency_ns > 0);
    decided_on(trainer, 1, 0, 1);
    decided_on(trainer, 2, 1, 0);
    decided_on(trainer, 3, 2, 1);
    count = 99;
    GIVES(LEYLINE_ERR_FULL, leyline_controller_decide_batch(controller, metas + 3, actions + 3, NULL, 1, sent, &count));
    CHECK(count == 99 && sent[0].decision_sequence == 1);
    execute(trainer, 1, "a");
    execute(trainer, 3, "c");
    OK(leyline_controller_decide_batch(controller, metas + 3, actions + 3, answers + 3, 1, NULL, &count));
    CHECK(count == 1);
    decided_on(trainer, 4, 3, 1);
    execute(trainer, 4, "");

    /* Nothing of a batch is sent that is wrong anywhere. */
    const int64_t wrong[4] = {0, 0, 0, -1};
    leyline_meta_t unseen = metas[0];
    unseen.sequence = 5;
    GIVES(LEYLINE_ERR_UNKNOWN_ACTION, leyline_controller_decide_batch(controller, metas, wrong, NULL, 4, NULL, &count));
    NEEDS("observed", leyline_controller_decide_batch(controller, &unseen, actions, NULL, 1, NULL, &count));
    answers[3].confidence = 2.0f;
    GIVES(LEYLINE_ERR_OUT_OF_RANGE, leyline_controller_decide_batch(controller, metas, actions, answers, 4, NULL, &count));
    leyline_decision_t none;
    GIVES(LEYLINE_EMPTY, leyline_trainer_next_decision(trainer, 0, NULL, &none, NULL, NULL));

    /* The newest of each, decided on in the order of the observations. */
    float block[3][27];
    leyline_env_mark_t marks[3] = {{0}};
    leyline_gathered_t gathered;
    publish_env(trainer, 2, 2.0f);
    publish_env(trainer, 0, 3.0f);
    publish_env(trainer, 0, 4.0f);
    OK(leyline_controller_latest_by_env(controller, &enough, block[0], 27, marks, 3, &gathered, &notice));
    CHECK(gathered.read == 3 && gathered.changed == 2);
    CHECK(block[0][LEYLINE_FEATURE_EPOCH] == 4.0f && block[2][LEYLINE_FEATURE_EPOCH] == 2.0f);
    OK(leyline_controller_decide_by_env(controller, marks, actions, NULL, 3, sent, &count));
    CHECK(count == 2 && sent[0].decision_sequence == 6 && sent[1].decision_sequence == 0 && sent[2].decision_sequence == 5);
    decided_on(trainer, 5, 2, 1);
    decided_on(trainer, 7, 0, 1);
    GIVES(LEYLINE_EMPTY,
          leyline_controller_latest_by_env(controller, NULL, block[0], 27, marks, 3, &gathered, &notice));
    OK(leyline_controller_decide_by_env(controller, marks, actions, NULL, 3, sent, &count));
    CHECK(count == 0 && sent[0].decision_sequence == 0 && marks[0].sequence == 7 && marks[0].records == 0);
    NEEDS("27", leyline_controller_latest_by_env(controller, NULL, block[0], 1, marks, 3, &gathered, &notice));
    leyline_controller_info_t info;
    OK(leyline_controller_info(controller, &info));
    CHECK(info.received == 7 && info.lost == 0 && info.rows == 1 && info.width == 27 && info.lane == 0);

    /* Closing took the name away, and is an end in order all the same. */
    OK(leyline_trainer_close(trainer));
    GIVES(LEYLINE_WRITER_CLOSED,
          leyline_controller_latest_by_env(controller, &enough, block[0], 27, marks, 3, NULL, NULL));
    GIVES(LEYLINE_WRITER_CLOSED,
          leyline_controller_next_batch(controller, &enough, 1, rows[0].values, 27, 4, metas, &count, NULL));
    OK(leyline_controller_close(controller));
    OK(leyline_action_space_close(space));
}

int main(void) {
    a_controller_of_many();
    batches();
    the_newest_of_each();
    the_newest_row_of_each();
    several_at_once();
    return 0;
}
