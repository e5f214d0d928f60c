/* Waits that a canceller or a signal ends, and a writer that waits for its consumer. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

static leyline_canceller_t *of_handler;

static void handler(int number) {
    (void)number;
    (void)leyline_canceller_cancel(of_handler);
}

typedef struct {
    leyline_trainer_t *trainer;
    leyline_consumer_t *consumer;
} handles;

/* Opens the consumer of ring "kept". */
static void *consumes(void *given) {
    handles *h = given;
    leyline_segment_t *segment = NULL;
    leyline_ring_info_t ring;
    leyline_schema_t *schema = NULL;
    OK(leyline_segment_attach("own", NULL, NULL, &segment));
    OK(leyline_segment_ring(segment, "kept", 0, &ring));
    OK(leyline_schema_from_canonical(ring.schema, strlen(ring.schema), &schema));
    OK(leyline_consumer_open(segment, "kept", schema, 0, LEYLINE_COMMIT_MANUAL, &h->consumer));
    OK(leyline_schema_close(schema));
    OK(leyline_segment_close(segment));
    return NULL;
}

static void a_writer_waits_for_its_consumer(void) {
    leyline_spec_t *spec = NULL;
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL;
    leyline_writer_t *writer = NULL;
    leyline_ring_options_t ring = {0};
    leyline_peer_t peer;
    handles h = {0};
    pthread_t thread;
    ring.name = "kept";
    ring.capacity = 8;
    ring.consumers = 1;
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &schema));
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    OK(leyline_segment_create("own", spec, NULL, &segment));
    OK(leyline_writer_open(segment, "kept", schema, &writer));
    NEEDS("writer", leyline_writer_consumer_state(NULL, 0, NULL, &peer));
    NEEDS("peer", leyline_writer_consumer_state(writer, 0, NULL, NULL));
    GIVES(LEYLINE_ERR_NO_SUCH_RING, leyline_writer_consumer_state(writer, 1, NULL, &peer));
    OK(leyline_writer_consumer_state(writer, 0, NULL, &peer));
    CHECK(peer.state == LEYLINE_PEER_NEVER);
    leyline_decision_t decision;
    OK(leyline_record_init(LEYLINE_RECORD_DECISION, &decision, sizeof decision));
    for (int i = 0; i < 8; ++i) OK(leyline_writer_publish(writer, &decision, sizeof decision, NULL, NULL, NULL));
    GIVES(LEYLINE_ERR_NO_CONSUMER, leyline_writer_publish(writer, &decision, sizeof decision, NULL, NULL, NULL));
    CHECK(pthread_create(&thread, NULL, consumes, &h) == 0);
    OK(leyline_writer_consumer_state(writer, 0, WAIT(60000000000u), &peer));
    CHECK(peer.state == LEYLINE_PEER_HELD);
    CHECK(pthread_join(thread, NULL) == 0);
    GIVES(LEYLINE_ERR_FULL, leyline_writer_publish(writer, &decision, sizeof decision, NULL, NULL, NULL));
    OK(leyline_consumer_close(h.consumer));
    OK(leyline_writer_consumer_state(writer, 0, NULL, &peer));
    CHECK(peer.state == LEYLINE_PEER_CLOSED);
    OK(leyline_writer_close(writer));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(schema));
}

static void *waits_deeply(void *controller) {
    leyline_observation_t seen;
    leyline_wait_t wait = {0};
    wait.timeout_ns = 60000000000u;
    wait.check_every_ns = 3600000000000u;
    leyline_status_t status;
    /* The other thread finds out by a call of its own whether this one waits. */
    do {
        status = leyline_controller_next(controller, &wait, seen.values, LEYLINE_FEATURES, NULL, NULL);
    } while (status == LEYLINE_ERR_BUSY);
    CHECK(status == LEYLINE_CANCELLED);
    return NULL;
}

int main(void) {
    leyline_action_space_t *space = NULL;
    leyline_canceller_t *own = NULL, *of_trainer = NULL, *of_controller = NULL;
    leyline_options_t options = {0};
    handles h = {0};
    leyline_controller_t *controller = NULL;
    leyline_decision_t decision;
    leyline_observation_t seen;
    leyline_received_t received;
    leyline_command_outcome_t outcome;
    const leyline_wait_t *enough = WAIT(60000000000u);

    NEEDS("canceller", leyline_canceller_new(NULL));
    NEEDS("canceller", leyline_canceller_cancel(NULL));
    OK(leyline_canceller_new(&own));
    options.canceller = own;
    OK(leyline_canceller_cancel(own));
    GIVES(LEYLINE_CANCELLED, leyline_controller_attach("link", NULL, &options, enough, &controller));
    CHECK(controller == NULL);

    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_trainer_create("link", space, NULL, NULL, &h.trainer));
    OK(leyline_controller_attach("link", NULL, &options, enough, &controller));
    NEEDS("handle", leyline_canceller_of(NULL, &of_trainer));
    NEEDS("observer, consumer, writer, trainer or controller", leyline_canceller_of(space, &of_trainer));
    NEEDS("canceller", leyline_canceller_of(h.trainer, NULL));
    OK(leyline_canceller_of(h.trainer, &of_trainer));
    OK(leyline_canceller_of(controller, &of_controller));

    /* The options' canceller is the handle's. Each cancel ends one wait. */
    OK(leyline_canceller_cancel(own));
    GIVES(LEYLINE_CANCELLED, leyline_controller_next(controller, enough, seen.values, LEYLINE_FEATURES, NULL, NULL));
    OK(leyline_canceller_cancel(of_controller));
    OK(leyline_canceller_cancel(own));
    GIVES(LEYLINE_CANCELLED, leyline_controller_outcome(controller, NULL, enough, &outcome));
    GIVES(LEYLINE_TIMED_OUT, leyline_controller_next(controller, WAIT(0), seen.values, LEYLINE_FEATURES, NULL, NULL));
    void *sources[2] = {controller, NULL};
    uint32_t news[1] = {0};
    OK(leyline_canceller_cancel(own));
    GIVES(LEYLINE_CANCELLED, leyline_wait_any(sources, 1, enough, news));

    /* A call that does not wait is not cancelled, and leaves the cancel to the next wait. */
    OK(leyline_canceller_cancel(own));
    news[0] = 0;
    GIVES(LEYLINE_EMPTY, leyline_wait_any(sources, 1, NULL, news));
    GIVES(LEYLINE_EMPTY, leyline_controller_outcome(controller, NULL, NULL, &outcome));
    GIVES(LEYLINE_CANCELLED, leyline_controller_outcome(controller, NULL, enough, &outcome));
    OK(leyline_canceller_cancel(of_trainer));
    GIVES(LEYLINE_EMPTY, leyline_trainer_next_command(h.trainer, NULL, &received));
    GIVES(LEYLINE_CANCELLED, leyline_trainer_next_command(h.trainer, enough, &received));

    /* Taken while another thread waits with the handle, whose checks are an hour apart. */
    pthread_t waiting;
    leyline_canceller_t *late = NULL;
    OK(leyline_canceller_close(of_controller));
    CHECK(pthread_create(&waiting, NULL, waits_deeply, controller) == 0);
    while (leyline_controller_outcome(controller, NULL, NULL, &outcome) != LEYLINE_ERR_BUSY) sched_yield();
    OK(leyline_canceller_of(controller, &late));
    OK(leyline_canceller_cancel(late));
    CHECK(pthread_join(waiting, NULL) == 0);
    OK(leyline_canceller_close(late));
    OK(leyline_canceller_of(controller, &of_controller));
    leyline_wait_t odd = {0};
    odd.check_every_ns = 999999;
    GIVES(LEYLINE_ERR_INVALID_ARGUMENT, leyline_controller_outcome(controller, NULL, &odd, &outcome));
    odd.check_every_ns = 0;
    odd.on_signal = 2;
    GIVES(LEYLINE_ERR_INVALID_ENUM, leyline_controller_outcome(controller, NULL, &odd, &outcome));

    /* In a signal handler, on the thread that waits. */
    of_handler = of_trainer;
    CHECK(signal(SIGALRM, handler) != SIG_ERR);
    CHECK(alarm(1) == 0);
    GIVES(LEYLINE_CANCELLED, leyline_trainer_next_decision(h.trainer, 0, enough, &decision, NULL, NULL));
    OK(leyline_canceller_cancel(of_trainer));
    GIVES(LEYLINE_CANCELLED, leyline_trainer_next_command(h.trainer, enough, &received));

    /* After its handle, and after its own end. */
    OK(leyline_trainer_close(h.trainer));
    OK(leyline_canceller_cancel(of_trainer));
    OK(leyline_canceller_close(of_trainer));
    NEEDS("one that is closed", leyline_canceller_cancel(of_trainer));
    NEEDS("one that is closed", leyline_canceller_close(of_trainer));
    OK(leyline_canceller_close(NULL));
    OK(leyline_controller_close(controller));
    OK(leyline_canceller_close(of_controller));
    OK(leyline_canceller_close(own));
    controller = NULL;
    NEEDS("one that is closed", leyline_controller_attach("link", NULL, &options, enough, &controller));
    OK(leyline_action_space_close(space));
    a_writer_waits_for_its_consumer();
    return 0;
}
