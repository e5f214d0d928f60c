/* A link without a name, handed to a child over a Unix socket, and as a descriptor. */
#include "check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG 60000000000u

static const leyline_wait_t waiting = {LONG, LEYLINE_WAIT_SPIN_THEN_SLEEP, 0, 0, 0};

static leyline_segment_t *make(void) {
    leyline_action_space_t *space = NULL;
    leyline_spec_t *spec = NULL;
    leyline_segment_t *segment = NULL;
    leyline_link_options_t shape = {0};
    shape.observations = 16;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_spec_of_link(space, &shape, &spec));
    OK(leyline_segment_create_memfd("link", spec, NULL, &segment));
    OK(leyline_spec_close(spec));
    OK(leyline_action_space_close(space));
    return segment;
}

/* The other process: receives the link, decides on one observation, and is gone without closing anything. */
static int controls(int socket) {
    leyline_segment_t *segment = NULL;
    leyline_controller_t *controller = NULL;
    leyline_observation_t seen;
    leyline_meta_t meta;
    OK(leyline_segment_receive(socket, NULL, WAIT(LONG), &segment));
    leyline_segment_info_t info;
    OK(leyline_segment_info(segment, &info));
    CHECK(info.sealed == 1);
    OK(leyline_controller_of_segment(segment, NULL, &controller));
    OK(leyline_controller_next(controller, &waiting, seen.values, LEYLINE_FEATURES, &meta, NULL));
    CHECK(seen.values[LEYLINE_FEATURE_EPOCH] == 7.0f && meta.sequence == 1);
    OK(leyline_controller_decide(controller, &meta, 0, NULL, NULL));
    return 0;
}

static void a_link_is_handed_to_a_child(void) {
    int sockets[2], status = 1;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(sockets[0]);
        _exit(controls(sockets[1]));
    }
    close(sockets[1]);
    leyline_segment_t *segment = make();
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *second = NULL;
    leyline_observation_t observation;
    leyline_decision_t decision;
    leyline_peer_t peer;
    uint64_t sequence = 0;
    OK(leyline_trainer_of_segment(segment, &trainer));
    OK(leyline_segment_send(segment, sockets[0], LEYLINE_ACCESS_READ_WRITE, WAIT(LONG)));
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, observation));
    observation.values[LEYLINE_FEATURE_EPOCH] = 7.0f;
    OK(leyline_trainer_publish(trainer, observation.values, LEYLINE_FEATURES, NULL, NULL, &sequence, NULL));
    OK(leyline_trainer_wait_decision(trainer, 0, sequence, &waiting, &decision, NULL));
    CHECK(decision.action == 0 && decision.observation_sequence == sequence);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    OK(leyline_trainer_controller_state(trainer, 0, NULL, &peer));
    CHECK(peer.state == LEYLINE_PEER_DIED);
    const leyline_controller_options_t lane_1 = {NULL, 1, 0, {0}};
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "lane", leyline_controller_of_segment(segment, &lane_1, &second));
    OK(leyline_controller_of_segment(segment, NULL, &second));
    OK(leyline_controller_close(second));
    OK(leyline_trainer_close(trainer));
    OK(leyline_segment_close(segment));
    close(sockets[0]);
}

static void its_length_is_fixed_and_its_descriptors_say_what_they_may(void) {
    leyline_segment_t *segment = make(), *other = NULL, *named = NULL;
    leyline_options_t options = {0};
    leyline_segment_info_t info;
    int fd = -1, sockets[2];
    OK(leyline_segment_info(segment, &info));
    CHECK(strcmp(info.path, "memfd:link.leyline") == 0 && info.name_state == LEYLINE_NAME_STATE_CURRENT);
    OK(leyline_segment_descriptor(segment, LEYLINE_ACCESS_READ_WRITE, &fd));
    CHECK(fd >= 0 && ftruncate(fd, 0) == -1 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    OK(leyline_segment_of_descriptor(fd, NULL, &other));
    CHECK(close(fd) == 0);
    OK(leyline_segment_close(other));
    OK(leyline_segment_descriptor(segment, LEYLINE_ACCESS_READ_ONLY, &fd));
    CHECK(write(fd, "x", 1) == -1);
    options.access = LEYLINE_ACCESS_READ_ONLY;
    OK(leyline_segment_of_descriptor(fd, &options, &other));
    CHECK(close(fd) == 0);
    fd = -7;
    REFUSES(LEYLINE_ERR_READ_ONLY, "memfd:link", leyline_segment_descriptor(other, LEYLINE_ACCESS_READ_WRITE, &fd));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "access", leyline_segment_descriptor(other, 2, &fd));
    CHECK(fd == -7);
    OK(leyline_segment_close(other));

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    REFUSES(LEYLINE_ERR_TIMEOUT, "socket", leyline_segment_receive(sockets[0], NULL, WAIT(1), &other));
    REFUSES(LEYLINE_ERR_NOT_FOUND, "socket", leyline_segment_receive(sockets[0], NULL, NULL, &other));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "descriptor", leyline_segment_receive(-1, NULL, WAIT(1), &other));
    REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, "descriptor", leyline_segment_of_descriptor(-1, NULL, &other));
    REFUSES(LEYLINE_ERR_NOT_SEALED, "by its name", leyline_segment_of_descriptor(sockets[0], NULL, &other));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "access", leyline_segment_send(segment, sockets[0], 2, WAIT(1)));
    close(sockets[1]);
    REFUSES(LEYLINE_ERR_PEER_GONE, "socket", leyline_segment_send(segment, sockets[0], 0, WAIT(1)));
    REFUSES(LEYLINE_ERR_PEER_GONE, "socket", leyline_segment_receive(sockets[0], NULL, WAIT(1), &other));
    CHECK(other == NULL || info.name_state == LEYLINE_NAME_STATE_CURRENT);

    leyline_action_space_t *space = NULL;
    leyline_spec_t *spec = NULL;
    OK(leyline_action_space_standard("transformer", &space));
    OK(leyline_spec_of_link(space, NULL, &spec));
    options.access = LEYLINE_ACCESS_READ_WRITE;
    options.mode = 0640;
    options.group = getegid();
    OK(leyline_segment_create("named", spec, &options, &named));
    OK(leyline_segment_info(named, &info));
    struct stat st;
    CHECK(stat(info.path, &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_gid == getegid());
    CHECK(info.sealed == 0);
    REFUSES(LEYLINE_ERR_NOT_SEALED, "named", leyline_segment_send(named, sockets[0], 0, WAIT(1)));
    REFUSES(LEYLINE_ERR_NOT_SEALED, "named", leyline_segment_descriptor(named, 0, &fd));
    OK(leyline_segment_unlink("named", NULL));
    OK(leyline_segment_close(named));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_action_space_close(space));
    close(sockets[0]);
}

int main(void) {
    a_link_is_handed_to_a_child();
    its_length_is_fixed_and_its_descriptors_say_what_they_may();
    return 0;
}
