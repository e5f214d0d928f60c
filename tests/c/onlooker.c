/* Looking at a link without a part in it, and tidying up a directory of segments. */
#include "check.h"

static int has(const leyline_listed_t *files, size_t count, const char *name, uint32_t kind) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp((const char *)files[i].file, name) == 0) {
            return files[i].kind == kind;
        }
    }
    return 0;
}

static leyline_segment_t *look(const char *name) {
    leyline_options_t options = {0};
    leyline_segment_t *segment = NULL;
    options.access = LEYLINE_ACCESS_READ_ONLY;
    OK(leyline_segment_attach(name, &options, NULL, &segment));
    return segment;
}

static void a_link_is_looked_at(void) {
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_trainer_create("watched", space, NULL, NULL, &trainer));
    OK(leyline_controller_attach("watched", NULL, NULL, NULL, &controller));
    leyline_observation_t observation;
    memset(&observation, 0, sizeof observation);
    observation.values[LEYLINE_FEATURE_BEST_VAL_LOSS] = 10.0f;
    observation.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1.0f;
    for (int n = 0; n < 3; n++) {
        leyline_meta_t meta;
        OK(leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
        OK(leyline_controller_next(controller, NULL, observation.values, LEYLINE_FEATURES, &meta, NULL));
        OK(leyline_controller_decide(controller, &meta, n < 2 ? 1 : 0, NULL, NULL));
    }

    leyline_segment_t *segment = look("watched");
    leyline_ring_status_t ring;
    OK(leyline_segment_ring_status(segment, "observations", &ring));
    CHECK(ring.last_sequence == 3 && ring.written == 3 && ring.readable == 3 && ring.generation == 1);
    CHECK(ring.writer == LEYLINE_PEER_HELD && ring.consumers == 0);
    CHECK(ring.rate_hz > 0 && ring.age_ns < UINT64_MAX);
    OK(leyline_segment_ring_status(segment, "outcomes.0", &ring));
    CHECK(ring.last_sequence == 0 && ring.age_ns == UINT64_MAX && ring.rate_hz == 0 && ring.consumers == 1);
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "nothing", leyline_segment_ring_status(segment, "nothing", &ring));

    leyline_consumer_status_t consumer;
    OK(leyline_segment_consumer_status(segment, "commands.0", 0, &consumer));
    CHECK(consumer.held == 1 && consumer.committed == 0 && consumer.behind == 2 && consumer.passed_over == 0);
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "less than 1", leyline_segment_consumer_status(segment, "commands.0", 1, &consumer));

    /* One of the two is taken and answered. */
    leyline_received_t received;
    leyline_command_outcome_t outcome;
    OK(leyline_trainer_next_command(trainer, NULL, &received));
    OK(leyline_command_outcome_init(&outcome, &received.command, received.sequence,
                                    LEYLINE_OUTCOME_STATUS_EXECUTED, LEYLINE_OUTCOME_CODE_NONE));
    OK(leyline_trainer_answer(trainer, &received, &outcome, NULL));
    size_t count = 0;
    leyline_command_state_t commands[4];
    memset(commands, 0x55, sizeof commands);
    OK(leyline_segment_sent_commands(segment, 0, NULL, 0, &count));
    CHECK(count == 2);
    OK(leyline_segment_sent_commands(segment, 0, commands, 1, &count));
    CHECK(count == 2 && commands[0].sequence == 1 && commands[1].open == 0x55555555u);
    CHECK(commands[0].has_outcome == 1 && commands[0].committed == 1 && commands[0].open == 0);
    CHECK(commands[0].outcome.status == LEYLINE_OUTCOME_STATUS_EXECUTED);
    OK(leyline_segment_sent_commands(segment, 0, commands, 4, &count));
    CHECK(commands[1].has_outcome == 0 && commands[1].committed == 0 && commands[1].open == 1);
    CHECK(commands[1].command.command_type == LEYLINE_COMMAND_TYPE_GERMINATE && commands[1].annotations == 0);
    CHECK(commands[1].time_ns > 0 && commands[1].outcome.status == 0);
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "commands.1", leyline_segment_sent_commands(segment, 1, NULL, 0, &count));

    /* Who holds what, and what he counted: the controller counts where it decides. */
    leyline_role_info_t role;
    uint64_t p99 = 0;
    OK(leyline_segment_role(segment, "decisions.0", LEYLINE_ROLE_WRITER, &role));
    CHECK(role.held == 1 && role.pid > 0 && role.records == 3 && role.lost == 0 && role.latency.count == 3);
    CHECK(role.command[0] != 0 && strchr((const char *)role.command, '/') == NULL);
    OK(leyline_latency_quantile(&role.latency, 0.99, &p99));
    CHECK(p99 >= role.latency.min && p99 <= role.latency.max);
    OK(leyline_segment_role(segment, "commands.0", 0, &role));
    CHECK(role.held == 1 && role.records == 1);

    REFUSES(LEYLINE_ERR_ROLE_HELD, "held by process", leyline_segment_remove_unused("watched", NULL, NULL));
    OK(leyline_controller_close(controller));
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_ring_status(segment, "observations", &ring));
    CHECK(ring.writer == LEYLINE_PEER_CLOSED);

    OK(leyline_trainer_open_or_create("watched", space, NULL, NULL, &trainer, NULL));
    leyline_takeover_t takeovers[2];
    OK(leyline_segment_ring_takeovers(segment, "observations", takeovers, 2, &count));
    CHECK(count == 2 && takeovers[0].generation == 1 && takeovers[0].first_sequence == 1);
    CHECK(takeovers[1].generation == 2 && takeovers[1].first_sequence == 4);
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_close(segment));
    OK(leyline_action_space_close(space));
}

static void what_nobody_uses_is_removed(void) {
    /* The segment of before, and what a killed creator may leave. */
    const char *debris = ".0123456789abcdef0123456789abcdef.new";
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("LEYLINE_DIR"), debris);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fclose(file) == 0);
    leyline_listed_t files[3];
    size_t count = 0, removed = 0;
    OK(leyline_segment_list(NULL, NULL, 0, &count));
    CHECK(count == 2);
    OK(leyline_segment_list(NULL, files, 3, &count));
    CHECK(count == 2 && has(files, count, "watched.leyline", LEYLINE_LISTED_SEGMENT));
    CHECK(has(files, count, debris, LEYLINE_LISTED_DEBRIS));
    CHECK(files[0].bytes > 4096 && files[0].modified_unix_ns > 0);

    leyline_displaced_t displaced;
    OK(leyline_segment_remove_unused("watched", NULL, &displaced));
    CHECK(displaced.segments == 1 && displaced.uncommitted == 2);
    GIVES(LEYLINE_ERR_NOT_FOUND, leyline_segment_remove_unused("watched", NULL, &displaced));
    OK(leyline_segment_remove_debris(NULL, &removed));
    CHECK(removed == 1);
    OK(leyline_segment_remove_debris(NULL, NULL));
    OK(leyline_segment_list(NULL, NULL, 0, &count));
    CHECK(count == 0);
}

static void a_null_is_named(void) {
    leyline_segment_t *segment = look("watched");
    uint64_t place[64];
    size_t count;
    NEEDS("segment", leyline_segment_ring_status(NULL, "x", (leyline_ring_status_t *)place));
    NEEDS("ring", leyline_segment_ring_status(segment, NULL, (leyline_ring_status_t *)place));
    NEEDS("status", leyline_segment_ring_status(segment, "x", NULL));
    NEEDS("segment", leyline_segment_ring_takeovers(NULL, "x", NULL, 0, &count));
    NEEDS("ring", leyline_segment_ring_takeovers(segment, NULL, NULL, 0, &count));
    NEEDS("takeovers", leyline_segment_ring_takeovers(segment, "observations", NULL, 1, &count));
    NEEDS("count", leyline_segment_ring_takeovers(segment, "observations", NULL, 0, NULL));
    NEEDS("segment", leyline_segment_consumer_status(NULL, "x", 0, (leyline_consumer_status_t *)place));
    NEEDS("ring", leyline_segment_consumer_status(segment, NULL, 0, (leyline_consumer_status_t *)place));
    NEEDS("status", leyline_segment_consumer_status(segment, "commands.0", 0, NULL));
    NEEDS("segment", leyline_segment_sent_commands(NULL, 0, NULL, 0, &count));
    NEEDS("commands", leyline_segment_sent_commands(segment, 0, NULL, 1, &count));
    NEEDS("count", leyline_segment_sent_commands(segment, 0, NULL, 0, NULL));
    NEEDS("files", leyline_segment_list(NULL, NULL, 1, &count));
    NEEDS("count", leyline_segment_list(NULL, NULL, 0, NULL));
    NEEDS("name", leyline_segment_remove_unused(NULL, NULL, NULL));
    OK(leyline_segment_close(segment));
}

int main(void) {
    a_link_is_looked_at();
    a_null_is_named();
    what_nobody_uses_is_removed();
    return 0;
}
