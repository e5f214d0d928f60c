/* A side of a link, a writer or a reader that ends as its argument says, or checks how the other side ended. */
#include "check.h"

#include <stdlib.h>

static const char *how;

static int is(const char *what) {
    return strcmp(how, what) == 0;
}

static void end(void *handle, leyline_status_t (*close)(void *)) {
    static char longer[9000];
    memset(longer, 'y', sizeof longer - 1);
    if (is("close")) {
        OK(close(handle));
    } else if (is("abort")) {
        OK(leyline_abort(handle, "the loader returned -7"));
        /* The handle is closed. */
        NEEDS("one that is closed", close(handle));
        NEEDS("something else", leyline_abort(handle, "once more"));
    } else if (is("abort-at-length")) {
        OK(leyline_abort(handle, longer));
    } else if (is("abort-without-a-word")) {
        OK(leyline_abort(handle, NULL));
    } else if (is("abort-in-other-bytes")) {
        OK(leyline_abort(handle, "caf\xe9"));
    } else {
        CHECK(is("exit"));
        _Exit(0);
    }
}

static leyline_status_t close_trainer(void *handle) {
    return leyline_trainer_close(handle);
}
static leyline_status_t close_controller(void *handle) {
    return leyline_controller_close(handle);
}
static leyline_status_t close_writer(void *handle) {
    return leyline_writer_close(handle);
}

static void trainer(void) {
    leyline_segment_t *segment = NULL;
    leyline_trainer_t *trainer = NULL;
    OK(leyline_segment_attach("link", NULL, NULL, &segment));
    OK(leyline_trainer_of_segment(segment, &trainer));
    OK(leyline_segment_close(segment));
    end(trainer, close_trainer);
}

static void controller(void) {
    leyline_controller_t *controller = NULL;
    OK(leyline_controller_attach("link", NULL, NULL, NULL, &controller));
    end(controller, close_controller);
}

static void writer(void) {
    leyline_segment_t *segment = NULL;
    leyline_ring_info_t ring;
    leyline_schema_t *schema = NULL;
    leyline_writer_t *writer = NULL;
    leyline_observer_t *observer = NULL;
    OK(leyline_segment_attach("s", NULL, NULL, &segment));
    OK(leyline_segment_ring(segment, "numbers", 0, &ring));
    OK(leyline_schema_from_canonical(ring.schema, strlen(ring.schema), &schema));
    OK(leyline_observer_open(segment, "numbers", schema, LEYLINE_START_NOW, 0, &observer));
    OK(leyline_writer_open(segment, "numbers", schema, &writer));
    NEEDS("writer, trainer or controller", leyline_abort(observer, "a reader has no end to tell"));
    NEEDS("writer, trainer or controller", leyline_abort(segment, "no role either"));
    OK(leyline_abort(NULL, "nothing"));
    end(writer, close_writer);
    OK(leyline_observer_close(observer));
    OK(leyline_segment_close(segment));
    OK(leyline_schema_close(schema));
}

/* argument: reads STATE REASON */
static void reads(const char *reason) {
    leyline_controller_t *controller = NULL;
    leyline_observation_t seen;
    leyline_meta_t meta;
    leyline_peer_t peer;
    const leyline_wait_t *enough = WAIT(60000000000u);
    const leyline_status_t expected = is("CLOSED")   ? LEYLINE_WRITER_CLOSED
                                      : is("FAILED") ? LEYLINE_WRITER_FAILED
                                                     : LEYLINE_WRITER_DIED;
    OK(leyline_controller_attach("link", NULL, NULL, NULL, &controller));
    GIVES(expected, leyline_controller_next(controller, enough, seen.values, LEYLINE_FEATURES, &meta, NULL));
    GIVES(expected, leyline_controller_latest(controller, enough, seen.values, LEYLINE_FEATURES, &meta, NULL));
    void *sources[1] = {controller};
    uint32_t news[1] = {0};
    OK(leyline_wait_any(sources, 1, enough, news));
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_NEWS, news[0]), how) == 0);
    OK(leyline_peer_state(controller, &peer));
    CHECK(strcmp(leyline_enum_name(LEYLINE_ENUM_PEER, peer.state), how) == 0);
    CHECK(strcmp(peer.reason, reason) == 0);
    leyline_command_outcome_t outcome;
    REFUSES(LEYLINE_ERR_PEER_GONE, is("FAILED") ? reason : is("CLOSED") ? "closed" : "died",
            leyline_controller_outcome(controller, NULL, enough, &outcome));
    leyline_segment_t *segment = NULL;
    leyline_role_info_t role;
    leyline_ring_status_t status;
    OK(leyline_controller_segment(controller, &segment));
    OK(leyline_segment_role(segment, "observations", LEYLINE_ROLE_WRITER, &role));
    CHECK(strcmp(role.failure, reason) == 0);
    OK(leyline_segment_ring_status(segment, "observations", &status));
    CHECK(status.writer == peer.state);
    OK(leyline_segment_close(segment));
    OK(leyline_controller_close(controller));
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    char *words = arguments[1];
    char *rest = strchr(words, ' ');
    CHECK(rest != NULL);
    *rest++ = 0;
    how = rest;
    if (strcmp(words, "trainer") == 0) {
        trainer();
    } else if (strcmp(words, "controller") == 0) {
        controller();
    } else if (strcmp(words, "writer") == 0) {
        writer();
    } else {
        char *reason = strchr(rest, ' ');
        CHECK(reason != NULL);
        *reason++ = 0;
        reads(reason);
    }
    return 0;
}
