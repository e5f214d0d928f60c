/* A handle takes one call at a time: a second one, from another thread or from a signal handler, is refused and does nothing. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#define LONG 60000000000u

static const leyline_wait_t waiting = {LONG, LEYLINE_WAIT_SPIN_THEN_SLEEP, 0, 0, 0};

static const leyline_schema_t *schema;
static leyline_segment_t *segment;

/* The call of one thread while another one calls. */
typedef struct {
    leyline_status_t (*call)(void *);
    void *handle;
    leyline_status_t status;
} job;

static void *work(void *given) {
    job *j = given;
    j->status = j->call(j->handle);
    return NULL;
}

static leyline_status_t waits_for_room(void *writer) {
    leyline_decision_t d;
    OK(LEYLINE_INIT(LEYLINE_RECORD_DECISION, d));
    return leyline_writer_publish(writer, &d, sizeof d, NULL, WAIT(LONG), NULL);
}

static leyline_status_t waits_as_observer(void *observer) {
    leyline_decision_t d;
    return leyline_observer_next(observer, WAIT(LONG), &d, sizeof d, NULL, NULL);
}

static leyline_status_t waits_as_consumer(void *consumer) {
    leyline_decision_t d;
    return leyline_consumer_next(consumer, WAIT(LONG), &d, sizeof d, NULL, NULL);
}

static leyline_status_t waits_for_any(void *observer) {
    uint32_t news[2] = {0, 0};
    void *twice[2] = {observer, observer};
    return leyline_wait_any(twice, 2, WAIT(LONG), news);
}

static leyline_status_t waits_as_trainer(void *trainer) {
    leyline_decision_t d;
    return leyline_trainer_wait_decision(trainer, 0, 1, &waiting, &d, NULL);
}

static leyline_status_t waits_as_controller(void *controller) {
    leyline_observation_t o;
    leyline_meta_t meta;
    return leyline_controller_next(controller, &waiting, o.values, LEYLINE_FEATURES, &meta, NULL);
}

static leyline_status_t publish(leyline_writer_t *writer) {
    leyline_decision_t d;
    OK(LEYLINE_INIT(LEYLINE_RECORD_DECISION, d));
    return leyline_writer_publish(writer, &d, sizeof d, NULL, NULL, NULL);
}

static leyline_status_t poll_observer(void *observer) {
    leyline_decision_t d;
    return leyline_observer_latest(observer, NULL, &d, sizeof d, NULL, NULL);
}

/* Looks without marking anything, and so cannot get in the way of the thread that is about to begin. */
static leyline_status_t look_at_observer(void *observer) {
    return leyline_observer_position(observer, NULL, NULL);
}

static leyline_status_t look_at_consumer(void *consumer) {
    uint64_t n;
    return leyline_consumer_read_up_to(consumer, &n);
}

static leyline_status_t look_at_writer(void *writer) {
    leyline_writer_info_t info;
    return leyline_writer_info(writer, &info);
}

static leyline_status_t look_at_trainer(void *trainer) {
    leyline_trainer_info_t info;
    return leyline_trainer_info(trainer, &info);
}

static leyline_status_t look_at_controller(void *controller) {
    leyline_controller_info_t info;
    return leyline_controller_info(controller, &info);
}

/* Looks until the first thread is in its call and the look is refused. */
static void until_refused(leyline_status_t (*look)(void *), void *handle) {
    const uint64_t end = leyline_now_ns() + LONG;
    while (look(handle) != LEYLINE_ERR_BUSY) {
        CHECK(leyline_now_ns() < end);
        sched_yield();
    }
    REFUSES(LEYLINE_ERR_BUSY, "used by another thread", look(handle));
    CHECK(strstr(leyline_last_error(), "a handle of its own") != NULL);
}

/* Runs one call in a thread of its own and checks that others are refused meanwhile. */
static void start(pthread_t *thread, job *j, leyline_status_t (*call)(void *), void *handle) {
    j->call = call;
    j->handle = handle;
    j->status = -1;
    CHECK(pthread_create(thread, NULL, work, j) == 0);
}

static void rings(void) {
    pthread_t thread;
    job j;
    uint64_t n = 0;
    leyline_writer_t *writer = NULL;
    leyline_observer_t *observer = NULL;
    leyline_consumer_t *consumer = NULL;
    leyline_decision_t d;
    int i;
    OK(leyline_writer_open(segment, "x", schema, &writer));
    OK(leyline_observer_open(segment, "x", schema, LEYLINE_START_NOW, 0, &observer));
    OK(leyline_consumer_open(segment, "x", schema, 0, LEYLINE_COMMIT_MANUAL, &consumer));

    start(&thread, &j, waits_as_observer, observer);
    until_refused(look_at_observer, observer);
    GIVES(LEYLINE_ERR_BUSY, poll_observer(observer));
    GIVES(LEYLINE_ERR_BUSY, leyline_observer_seek(observer, LEYLINE_START_NOW, 0));
    GIVES(LEYLINE_ERR_BUSY, leyline_observer_close(observer));
    OK(publish(writer));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);
    OK(leyline_observer_position(observer, &n, NULL));
    CHECK(n == 2);

    start(&thread, &j, waits_for_any, observer);
    until_refused(look_at_observer, observer);
    GIVES(LEYLINE_ERR_BUSY, poll_observer(observer));
    GIVES(LEYLINE_ERR_BUSY, waits_for_any(observer));
    OK(publish(writer));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);
    OK(poll_observer(observer));

    for (i = 0; i < 2; i++) OK(leyline_consumer_next(consumer, NULL, &d, sizeof d, NULL, NULL));
    start(&thread, &j, waits_as_consumer, consumer);
    until_refused(look_at_consumer, consumer);
    GIVES(LEYLINE_ERR_BUSY, leyline_consumer_commit(consumer, 0));
    GIVES(LEYLINE_ERR_BUSY, leyline_consumer_close(consumer));
    OK(publish(writer));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);
    OK(leyline_consumer_commit(consumer, 0));

    for (i = 0; i < 4; i++) OK(publish(writer));
    GIVES(LEYLINE_ERR_FULL, publish(writer));
    start(&thread, &j, waits_for_room, writer);
    until_refused(look_at_writer, writer);
    GIVES(LEYLINE_ERR_BUSY, publish(writer));
    GIVES(LEYLINE_ERR_BUSY, leyline_writer_now(writer, &n));
    GIVES(LEYLINE_ERR_BUSY, leyline_writer_close(writer));
    OK(leyline_consumer_next(consumer, NULL, &d, sizeof d, NULL, NULL));
    OK(leyline_consumer_commit(consumer, 0));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);
    leyline_writer_info_t info;
    OK(leyline_writer_info(writer, &info));
    CHECK(info.next_sequence == 9);

    OK(leyline_writer_close(writer));
    OK(leyline_observer_close(observer));
    OK(leyline_consumer_close(consumer));
}

static void link(void) {
    pthread_t thread;
    job j;
    leyline_action_space_t *space = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_options_t options = {0};
    leyline_observation_t o;
    leyline_meta_t meta;
    leyline_command_outcome_t outcome;
    leyline_received_t received;
    OK(leyline_action_space_standard("cnn", &space));
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    OK(leyline_trainer_create("busy-link", space, NULL, &options, &trainer));
    OK(leyline_controller_attach("busy-link", NULL, NULL, &waiting, &controller));
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));

    start(&thread, &j, waits_as_controller, controller);
    until_refused(look_at_controller, controller);
    GIVES(LEYLINE_ERR_BUSY, leyline_controller_outcome(controller, NULL, NULL, &outcome));
    GIVES(LEYLINE_ERR_BUSY, leyline_controller_next(controller, NULL, o.values, LEYLINE_FEATURES, &meta, NULL));
    GIVES(LEYLINE_ERR_BUSY, leyline_controller_close(controller));
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));
    OK(leyline_trainer_publish(trainer, o.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);

    start(&thread, &j, waits_as_trainer, trainer);
    until_refused(look_at_trainer, trainer);
    GIVES(LEYLINE_ERR_BUSY, leyline_trainer_next_command(trainer, NULL, &received));
    GIVES(LEYLINE_ERR_BUSY, leyline_trainer_publish(trainer, o.values, LEYLINE_FEATURES, NULL, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_BUSY, leyline_trainer_close(trainer));
    memset(&meta, 0, sizeof meta);
    meta.sequence = 1;
    meta.generation = 1;
    OK(leyline_controller_decide(controller, &meta, 0, NULL, NULL));
    CHECK(pthread_join(thread, NULL) == 0 && j.status == LEYLINE_OK);

    OK(leyline_controller_close(controller));
    OK(leyline_trainer_close(trainer));
    OK(leyline_action_space_close(space));
}

/* A signal handler that calls on the handle that its thread is waiting with. */
static leyline_observer_t *interrupted;
static leyline_writer_t *waker;
static volatile sig_atomic_t seen_in_handler;

static void on_signal(int number) {
    leyline_decision_t d;
    const leyline_status_t status = leyline_observer_latest(interrupted, NULL, &d, sizeof d, NULL, NULL);
    (void)number;
    if (status == LEYLINE_ERR_BUSY) seen_in_handler = 1;
}

static void *signal_again_and_again(void *given) {
    const pthread_t *thread = given;
    const struct timespec nap = {0, 1000000};
    while (!seen_in_handler) {
        CHECK(pthread_kill(*thread, SIGUSR1) == 0);
        nanosleep(&nap, NULL);
    }
    OK(publish(waker));
    return NULL;
}

static void signals(void) {
    struct sigaction action;
    pthread_t self = pthread_self(), thread;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    OK(leyline_writer_open(segment, "free", schema, &waker));
    OK(leyline_observer_open(segment, "free", schema, LEYLINE_START_NOW, 0, &interrupted));
    CHECK(pthread_create(&thread, NULL, signal_again_and_again, &self) == 0);
    while (waits_as_observer(interrupted) != LEYLINE_OK) continue;
    CHECK(pthread_join(thread, NULL) == 0 && seen_in_handler);
    OK(leyline_observer_close(interrupted));
    OK(leyline_writer_close(waker));
}

/* Two threads at full speed on one writer. The mark is no lock: what got in together is not seen. But somebody is told. */
static void *publish_a_lot(void *writer) {
    leyline_decision_t d;
    uint64_t refused = 0;
    int i;
    OK(LEYLINE_INIT(LEYLINE_RECORD_DECISION, d));
    for (i = 0; i < 300000; i++) refused += leyline_writer_publish(writer, &d, sizeof d, NULL, NULL, NULL) == LEYLINE_ERR_BUSY;
    return (void *)(uintptr_t)refused;
}

static void full_speed(void) {
    pthread_t first, second;
    void *refused[2];
    leyline_writer_t *writer = NULL;
    OK(leyline_writer_open(segment, "free", schema, &writer));
    CHECK(pthread_create(&first, NULL, publish_a_lot, writer) == 0);
    CHECK(pthread_create(&second, NULL, publish_a_lot, writer) == 0);
    CHECK(pthread_join(first, &refused[0]) == 0 && pthread_join(second, &refused[1]) == 0);
    printf("refused %ju and %ju of 300000 each\n", (uintmax_t)(uintptr_t)refused[0], (uintmax_t)(uintptr_t)refused[1]);
    OK(leyline_writer_close(writer));
}

int main(void) {
    leyline_schema_t *decision = NULL;
    leyline_spec_t *spec = NULL;
    leyline_ring_options_t ring = {0};
    leyline_options_t options = {0};
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &decision));
    schema = decision;
    ring.name = "x";
    ring.capacity = 4;
    ring.consumers = 1;
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    ring.name = "free";
    ring.consumers = 0;
    OK(leyline_spec_add_ring(spec, &ring, schema));
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    OK(leyline_segment_create("busy", spec, &options, &segment));
    OK(leyline_spec_close(spec));
    rings();
    link();
    signals();
    if (getenv("LEYLINE_FULL_SPEED") != NULL) full_speed();
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(decision));
    return 0;
}
