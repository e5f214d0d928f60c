/* Bells: a descriptor that becomes readable when readers have news. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A timeout that only a hang reaches. */
#define ENOUGH 60000

static int readable(const leyline_bell_t *bell, int timeout_ms) {
    struct pollfd polled = {-1, POLLIN, 0};
    OK(leyline_bell_fd(bell, &polled.fd));
    const int n = poll(&polled, 1, timeout_ms);
    CHECK(n == 0 || (n == 1 && polled.revents == POLLIN));
    return n;
}

static leyline_bell_t *a_bell(void) {
    leyline_bell_t *bell = NULL;
    OK(leyline_bell_new(&bell));
    CHECK(readable(bell, 0) == 0);
    return bell;
}

/* Waits for a bell that was armed with one source, which has news then. */
static uint32_t rung(leyline_bell_t *bell, void *source) {
    uint32_t news = LEYLINE_NEWS_NONE;
    CHECK(readable(bell, ENOUGH) == 1);
    OK(leyline_bell_clear(bell));
    CHECK(readable(bell, 0) == 0);
    OK(leyline_bell_arm(bell, &source, 1, &news));
    CHECK(readable(bell, 0) == 1);
    return news;
}

static void arm(leyline_bell_t *bell, void *source) {
    uint32_t news = LEYLINE_NEWS_NONE;
    GIVES(LEYLINE_EMPTY, leyline_bell_arm(bell, &source, 1, &news));
    CHECK(readable(bell, 0) == 0);
}

static void both_sides(void) {
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_options_t options = {0};
    leyline_observation_t seen;
    leyline_decision_t decision;
    leyline_meta_t meta;
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_trainer_create("link", space, NULL, &options, &trainer));
    OK(leyline_controller_attach("link", NULL, NULL, NULL, &controller));
    leyline_bell_t *first = a_bell(), *second = a_bell();
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, seen));
    for (int i = 0; i < 3; ++i) {
        arm(first, controller);
        arm(second, trainer);
        OK(leyline_trainer_publish(trainer, seen.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
        CHECK(rung(first, controller) == LEYLINE_NEWS_READABLE);
        CHECK(readable(second, 0) == 0);
        OK(leyline_controller_next(controller, NULL, seen.values, LEYLINE_FEATURES, &meta, NULL));
        OK(leyline_controller_decide(controller, &meta, 0, NULL, NULL));
        CHECK(rung(second, trainer) == LEYLINE_NEWS_READABLE);
        OK(leyline_trainer_next_decision(trainer, 0, NULL, &decision, NULL, NULL));
    }

    /* An ending rings too, and is told once. */
    arm(first, controller);
    OK(leyline_trainer_close(trainer));
    CHECK(rung(first, controller) == LEYLINE_NEWS_CLOSED);
    void *source = controller;
    uint32_t news = LEYLINE_NEWS_CLOSED;
    GIVES(LEYLINE_EMPTY, leyline_bell_arm(first, &source, 1, &news));
    CHECK(news == LEYLINE_NEWS_CLOSED && readable(first, 0) == 0);

    /* A source may be closed while a bell is armed with it. */
    OK(leyline_controller_close(controller));
    NEEDS("an open observer", leyline_bell_arm(first, &source, 1, &news));
    OK(leyline_bell_close(first));
    OK(leyline_bell_close(second));
    OK(leyline_action_space_close(space));
}

static void what_is_refused(void) {
    leyline_spec_t *spec = NULL;
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL;
    leyline_observer_t *observer = NULL;
    leyline_bell_t *bell = a_bell();
    leyline_ring_options_t ring = {0};
    leyline_options_t options = {0};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    ring.name = "decisions";
    ring.capacity = 8;
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &schema));
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    OK(leyline_segment_create("own", spec, &options, &segment));
    OK(leyline_observer_open(segment, "decisions", schema, LEYLINE_START_OLDEST, 0, &observer));
    void *sources[2] = {observer, observer};
    uint32_t news[2] = {0, 0};
    int fd = -1;
    GIVES(LEYLINE_EMPTY, leyline_bell_arm(bell, sources, 2, news));

    NEEDS("bell", leyline_bell_new(NULL));
    NEEDS("bell", leyline_bell_fd(NULL, &fd));
    NEEDS("fd", leyline_bell_fd(bell, NULL));
    NEEDS("bell", leyline_bell_arm(NULL, sources, 1, news));
    NEEDS("sources", leyline_bell_arm(bell, NULL, 1, news));
    NEEDS("sources", leyline_bell_arm(bell, sources, 0, news));
    NEEDS("news", leyline_bell_arm(bell, sources, 1, NULL));
    NEEDS("bell", leyline_bell_clear(NULL));
    news[1] = 6;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "news", leyline_bell_arm(bell, sources, 2, news));
    news[1] = 0;
    sources[1] = segment;
    NEEDS("controller or trainer", leyline_bell_arm(bell, sources, 2, news));
    sources[1] = bell;
    NEEDS("sources", leyline_bell_arm(bell, sources, 2, news));

    /* Of a forked child it is none, and neither is the reader. */
    leyline_decision_t decision;
    GIVES(LEYLINE_EMPTY, leyline_bell_arm(bell, sources, 1, news));
    const pid_t child = fork();
    if (child == 0) {
        GIVES(LEYLINE_ERR_FORKED, leyline_bell_arm(bell, sources, 1, news));
        GIVES(LEYLINE_ERR_FORKED, leyline_bell_clear(bell));
        OK(leyline_bell_close(bell));
        GIVES(LEYLINE_ERR_FORKED, leyline_observer_next(observer, WAIT(60000000000), &decision, sizeof decision, NULL,
            NULL));
        /* Valgrind would count what the parent's thread holds as lost here. */
        raise(SIGKILL);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    OK(leyline_bell_fd(bell, &fd));
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    OK(leyline_bell_close(bell));
    CHECK(fcntl(fd, F_GETFD) == -1);
    NEEDS("closed", leyline_bell_clear(bell));
    NEEDS("closed", leyline_bell_close(bell));
    OK(leyline_bell_close(NULL));
    OK(leyline_observer_close(observer));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(schema));
}

int main(void) {
    both_sides();
    what_is_refused();
    return 0;
}
