/* Does to threads what a program does: cancels one that is in a call, and forks in a signal handler. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static const uint64_t LONG = 20 * 1000 * 1000;
static const leyline_wait_t waiting = {20 * 1000 * 1000, LEYLINE_WAIT_SPIN_THEN_SLEEP, 0, 0, 0};

/* Ends a program that hangs, and nothing else ever does; not while valgrind makes all of it slow. */
static void end_when_hanging(void) {
    if (getenv("LEYLINE_ROUNDS") == NULL) alarm(60);
}


static leyline_segment_t *segment, *nameless, *other;
static leyline_trainer_t *trainer;
static leyline_controller_t *controller;
static leyline_action_space_t *space;
static leyline_spec_t *spec;
static leyline_observer_t *observer;
static leyline_schema_t *schema;
static leyline_writer_t *writer;
static int sockets[2];

/* A segment with one ring. */
static void observations_ring(const char *name) {
    leyline_ring_options_t ring = {0};
    ring.name = "observations";
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    OK(leyline_segment_create(name, spec, NULL, &segment));
    OK(leyline_spec_close(spec));
}

/* --------------------------------------------------------------------------------------------------------- forked */

static volatile sig_atomic_t forks;

static void forks_in_a_handler(int signal) {
    (void)signal;
    const int before = errno;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    errno = before;
    forks++;
}

/* Has one thread: the C library's own locks would be in the way of several. */
static void a_signal_handler_may_fork_while_a_role_is_being_taken(void) {
    observations_ring("forked");
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = forks_in_a_handler;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    timer_t timer;
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    const int rounds = getenv("LEYLINE_ROUNDS") != NULL ? 50 : 5000;
    for (int i = 0; i < rounds && forks < 200; i++) {
        /* Within the next call, here or there. */
        const struct itimerspec once = {{0, 0}, {0, 1000 * (1 + i % 97)}};
        CHECK(timer_settime(timer, 0, &once, NULL) == 0);
        for (int j = 0; j < 4; j++) {
            OK(leyline_writer_open(segment, "observations", schema, &writer));
            OK(leyline_writer_close(writer));
        }
    }
    CHECK(forks >= 200 || getenv("LEYLINE_ROUNDS") != NULL);
    CHECK(timer_delete(timer) == 0);
    OK(leyline_segment_close(segment));
    OK(leyline_segment_unlink("forked", NULL));
}

/* ------------------------------------------------------------------------------------------------------ cancelled */

/* The calls that open, close, wait or ask for random numbers. A cancel of the thread within one would end the process. */

static leyline_status_t trainer_create(void) {
    return leyline_trainer_create("threads", space, NULL, NULL, &trainer);
}

static leyline_status_t trainer_close(void) {
    leyline_trainer_t *closed = trainer;
    trainer = NULL;
    return leyline_trainer_close(closed);
}

static leyline_status_t trainer_open_or_create(void) {
    return leyline_trainer_open_or_create("threads", space, NULL, NULL, &trainer, NULL);
}

static leyline_status_t trainer_recreate(void) {
    return leyline_trainer_recreate("threads", space, NULL, NULL, &trainer, NULL);
}

static leyline_status_t controller_attach(void) {
    return leyline_controller_attach("threads", NULL, NULL, &waiting, &controller);
}

static leyline_status_t controller_close(void) {
    leyline_controller_t *closed = controller;
    controller = NULL;
    return leyline_controller_close(closed);
}

static leyline_status_t controller_next(void) {
    leyline_observation_t observation;
    return leyline_controller_next(controller, &waiting, observation.values, LEYLINE_FEATURES, NULL, NULL);
}

static leyline_status_t wait_decision(void) {
    leyline_decision_t decision;
    return leyline_trainer_wait_decision(trainer, 0, 1, &waiting, &decision, NULL);
}

static leyline_status_t wait_for_controller(void) {
    leyline_peer_t peer;
    return leyline_trainer_controller_state(trainer, 0, &waiting, &peer);
}

static leyline_status_t wait_any(void) {
    void *const sources[1] = {controller};
    uint32_t news[1] = {LEYLINE_NEWS_NONE};
    return leyline_wait_any(sources, 1, WAIT(LONG), news);
}

static leyline_status_t segment_attach(void) {
    return leyline_segment_attach("threads", NULL, NULL, &segment);
}

static leyline_status_t segment_attach_waiting(void) {
    leyline_segment_t *never = NULL;
    return leyline_segment_attach("never", NULL, WAIT(LONG), &never);
}

static leyline_status_t segment_close(void) {
    leyline_segment_t *closed = segment;
    segment = NULL;
    return leyline_segment_close(closed);
}

static leyline_status_t segment_create(void) {
    return leyline_segment_create("other", spec, NULL, &other);
}

static leyline_status_t segment_open_or_create(void) {
    leyline_status_t closed = leyline_segment_close(other);
    return closed != LEYLINE_OK ? closed : leyline_segment_open_or_create("other", spec, NULL, &other, NULL);
}

static leyline_status_t segment_recreate(void) {
    leyline_status_t closed = leyline_segment_close(other);
    return closed != LEYLINE_OK ? closed : leyline_segment_recreate("other", spec, NULL, &other, NULL);
}

static leyline_status_t segment_create_memfd(void) {
    return leyline_segment_create_memfd("nameless", spec, NULL, &nameless);
}

static leyline_status_t segment_send(void) {
    return leyline_segment_send(nameless, sockets[0], LEYLINE_ACCESS_READ_WRITE, WAIT(LONG));
}

static leyline_status_t segment_receive(void) {
    (void)leyline_segment_close(nameless);
    return leyline_segment_receive(sockets[1], NULL, WAIT(LONG), &nameless);
}

static leyline_status_t segment_descriptor(void) {
    int descriptor = -1;
    leyline_segment_t *again = NULL;
    leyline_status_t found = leyline_segment_descriptor(nameless, LEYLINE_ACCESS_READ_WRITE, &descriptor);
    if (found != LEYLINE_OK) return found;
    found = leyline_segment_of_descriptor(descriptor, NULL, &again);
    /* Not by close(), which the thread would end in. */
    if (dup2(STDERR_FILENO, descriptor) < 0) return LEYLINE_ERR_INTERNAL;
    return found != LEYLINE_OK ? found : leyline_segment_close(again);
}

static leyline_status_t observer_open(void) {
    return leyline_observer_open(segment, "observations", schema, LEYLINE_START_NOW, 0, &observer);
}

static leyline_status_t observer_next(void) {
    leyline_observation_t observation;
    return leyline_observer_next(observer, WAIT(LONG), &observation, sizeof observation, NULL, NULL);
}

static leyline_status_t observer_close(void) {
    leyline_observer_t *closed = observer;
    observer = NULL;
    return leyline_observer_close(closed);
}

static leyline_status_t list(void) {
    size_t count = 0;
    return leyline_segment_list(NULL, NULL, 0, &count);
}

static leyline_status_t ring_status(void) {
    leyline_ring_status_t found;
    return leyline_segment_ring_status(segment, "observations", &found);
}

static leyline_status_t remove_debris(void) {
    return leyline_segment_remove_debris(NULL, NULL);
}

static leyline_status_t close_others(void) {
    leyline_status_t a = leyline_segment_close(other), b = leyline_segment_close(nameless);
    return a != LEYLINE_OK ? a : b;
}

static leyline_status_t remove_unused(void) {
    return leyline_segment_remove_unused("other", NULL, NULL);
}

static leyline_status_t unlink_it(void) {
    return leyline_segment_unlink("threads", NULL);
}

typedef struct step_t {
    const char *name;
    leyline_status_t (*call)(void);
    leyline_status_t gives;
} step_t;

static const step_t STEPS[] = {
    {"trainer_create", trainer_create, LEYLINE_OK},
    {"trainer_close", trainer_close, LEYLINE_OK},
    {"trainer_open_or_create", trainer_open_or_create, LEYLINE_OK},
    {"trainer_close", trainer_close, LEYLINE_OK},
    {"trainer_recreate", trainer_recreate, LEYLINE_OK},
    {"wait_for_controller", wait_for_controller, LEYLINE_OK},
    {"controller_attach", controller_attach, LEYLINE_OK},
    {"controller_next", controller_next, LEYLINE_TIMED_OUT},
    {"wait_decision", wait_decision, LEYLINE_TIMED_OUT},
    {"wait_any", wait_any, LEYLINE_TIMED_OUT},
    {"segment_attach", segment_attach, LEYLINE_OK},
    {"segment_attach_waiting", segment_attach_waiting, LEYLINE_ERR_TIMEOUT},
    {"observer_open", observer_open, LEYLINE_OK},
    {"observer_next", observer_next, LEYLINE_TIMED_OUT},
    {"observer_close", observer_close, LEYLINE_OK},
    {"ring_status", ring_status, LEYLINE_OK},
    {"segment_close", segment_close, LEYLINE_OK},
    {"controller_close", controller_close, LEYLINE_OK},
    {"segment_create", segment_create, LEYLINE_OK},
    {"segment_open_or_create", segment_open_or_create, LEYLINE_OK},
    {"segment_recreate", segment_recreate, LEYLINE_OK},
    {"segment_create_memfd", segment_create_memfd, LEYLINE_OK},
    {"segment_send", segment_send, LEYLINE_OK},
    {"segment_receive", segment_receive, LEYLINE_OK},
    {"segment_descriptor", segment_descriptor, LEYLINE_OK},
    {"list", list, LEYLINE_OK},
    {"remove_debris", remove_debris, LEYLINE_OK},
    {"close_others", close_others, LEYLINE_OK},
    {"remove_unused", remove_unused, LEYLINE_OK},
    {"trainer_close", trainer_close, LEYLINE_OK},
    {"unlink", unlink_it, LEYLINE_OK},
};

static leyline_status_t gave;
static int went_on;

/* Makes a call after the thread was cancelled, which takes effect at the first cancellation point. */
static void *cancelled(void *argument) {
    const step_t *step = argument;
    CHECK(pthread_cancel(pthread_self()) == 0);
    gave = step->call();
    if (gave != step->gives) fprintf(stderr, "%s: %s\n", step->name, leyline_last_error());
    pthread_testcancel();
    went_on = 1;
    return NULL;
}

static void a_cancelled_thread_ends_after_its_call(void) {
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_spec_of_link(space, NULL, &spec));
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        pthread_t thread;
        void *ended = NULL;
        gave = LEYLINE_ERR_INTERNAL;
        CHECK(pthread_create(&thread, NULL, cancelled, (void *)(uintptr_t)&STEPS[i]) == 0);
        CHECK(pthread_join(thread, &ended) == 0);
        if (gave != STEPS[i].gives) fprintf(stderr, "%s: %d\n", STEPS[i].name, (int)gave);
        CHECK(gave == STEPS[i].gives);
        CHECK(ended == PTHREAD_CANCELED && !went_on);
    }
    OK(leyline_spec_close(spec));
    OK(leyline_action_space_close(space));
    close(sockets[0]);
    close(sockets[1]);
}

/* The same of a thread that sleeps when it is cancelled. */

static pthread_barrier_t ready;

static void *sleeps(void *unused) {
    (void)unused;
    leyline_observation_t observation;
    (void)pthread_barrier_wait(&ready);
    gave = leyline_observer_next(observer, WAIT(2 * LONG), &observation, sizeof observation, NULL, NULL);
    /* On a busy machine it may be over before the other thread comes to cancel it. */
    (void)pthread_barrier_wait(&ready);
    pthread_testcancel();
    went_on = 1;
    return NULL;
}

static void a_sleeper_that_is_cancelled_ends_after_its_call(void) {
    observations_ring("sleeper");
    OK(leyline_writer_open(segment, "observations", schema, &writer));
    leyline_options_t options = {0};
    leyline_segment_t *read_only = NULL;
    options.access = LEYLINE_ACCESS_READ_ONLY;
    OK(leyline_segment_attach("sleeper", &options, NULL, &read_only));
    CHECK(pthread_barrier_init(&ready, NULL, 2) == 0);
    for (int i = 0; i < 20; i++) {
        /* Where nobody can wake it, it sleeps in another way. */
        leyline_segment_t *its = i % 2 == 0 ? segment : read_only;
        OK(leyline_observer_open(its, "observations", schema, LEYLINE_START_NOW, 0, &observer));
        pthread_t thread;
        void *ended = NULL;
        gave = LEYLINE_ERR_INTERNAL;
        CHECK(pthread_create(&thread, NULL, sleeps, NULL) == 0);
        (void)pthread_barrier_wait(&ready);
        struct timespec time = {0, i * 100 * 1000};
        (void)nanosleep(&time, NULL);
        CHECK(pthread_cancel(thread) == 0);
        (void)pthread_barrier_wait(&ready);
        CHECK(pthread_join(thread, &ended) == 0);
        CHECK(ended == PTHREAD_CANCELED && !went_on);
        CHECK(gave == LEYLINE_TIMED_OUT || gave == LEYLINE_RESTARTED);
        /* The handle is as good as before. */
        leyline_observation_t observation;
        leyline_meta_t meta;
        leyline_status_t found;
        memset(&observation, 0, sizeof observation);
        OK(leyline_writer_publish(writer, &observation, sizeof observation, NULL, NULL, NULL));
        do {
            found = leyline_observer_next(observer, WAIT(1000 * LONG), &observation, sizeof observation, &meta, NULL);
        } while (found == LEYLINE_RESTARTED);
        CHECK(found == LEYLINE_OK && meta.sequence == (uint64_t)i + 1);
        OK(leyline_observer_close(observer));
    }
    CHECK(pthread_barrier_destroy(&ready) == 0);
    OK(leyline_segment_close(read_only));
    OK(leyline_writer_close(writer));
    OK(leyline_segment_close(segment));
    OK(leyline_segment_unlink("sleeper", NULL));
}

int main(void) {
    end_when_hanging();
    OK(leyline_schema_of_record(LEYLINE_RECORD_OBSERVATION, &schema));
    a_signal_handler_may_fork_while_a_role_is_being_taken();
    a_cancelled_thread_ends_after_its_call();
    a_sleeper_that_is_cancelled_ends_after_its_call();
    OK(leyline_schema_close(schema));
    return 0;
}
