/* A controller in an event loop: epoll watches the link beside a timer.
 *
 * epoll NAME. Attaches to the link NAME, decides WAIT on every observation, and ends when the
 * trainer does. Prints a line a second, and at the end how many observations it received. Any event
 * loop that takes a descriptor works alike: see docs/event-loops.md.
 *
 * cc -std=gnu11 examples/epoll.c -lleyline -o epoll
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "leyline.h"

static void must(leyline_status_t status, const char *what) {
    if (status < 0) {
        fprintf(stderr, "epoll: %s: %s\n", what, leyline_last_error());
        exit(1);
    }
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

/* Reads everything that a controller stands for: what is left makes the bell readable at once. */
static uint64_t drain(leyline_controller_t *controller) {
    leyline_observation_t seen;
    leyline_command_outcome_t outcome;
    leyline_meta_t meta;
    leyline_notice_t notice;
    leyline_status_t status;
    uint64_t received = 0;
    while ((status = leyline_controller_next(controller, NULL, seen.values, LEYLINE_FEATURES, &meta, &notice)) !=
           LEYLINE_EMPTY) {
        must(status, "next");
        /* LEYLINE_LAPPED and LEYLINE_RESTARTED read nothing. */
        if (status != LEYLINE_OK) continue;
        ++received;
        must(leyline_controller_decide(controller, &meta, 0, NULL, NULL), "decide");
    }
    while ((status = leyline_controller_outcome(controller, NULL, NULL, &outcome)) != LEYLINE_EMPTY) {
        must(status, "outcome");
    }
    return received;
}

int main(int count, char **words) {
    if (count != 2) {
        fprintf(stderr, "usage: epoll NAME\n");
        return 2;
    }
    leyline_controller_t *controller = NULL;
    leyline_bell_t *bell = NULL;
    int link = -1, epoll = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const struct itimerspec second = {{1, 0}, {1, 0}};
    if (epoll < 0 || timer < 0 || timerfd_settime(timer, 0, &second, NULL) != 0) {
        perror("epoll");
        return 1;
    }
    const leyline_wait_t patience = {.timeout_ns = 10000000000};
    must(leyline_controller_attach(words[1], NULL, NULL, &patience, &controller), "attach");
    must(leyline_bell_new(&bell), "bell");
    must(leyline_bell_fd(bell, &link), "bell");
    watch(epoll, link);
    watch(epoll, timer);

    void *sources[] = {controller};
    uint32_t news[] = {LEYLINE_NEWS_NONE};
    uint64_t received = 0, ticks = 0;
    while (news[0] <= LEYLINE_NEWS_READABLE) {
        /* Drain, arm, and back to the loop: it calls again at once if something came meanwhile. */
        received += drain(controller);
        must(leyline_bell_arm(bell, sources, 1, news), "arm");
        struct epoll_event events[2];
        const int ready = epoll_wait(epoll, events, 2, -1);
        if (ready < 0 && errno != EINTR) {
            perror("epoll_wait");
            return 1;
        }
        for (int i = 0; i < ready; ++i) {
            if (events[i].data.fd == link) {
                must(leyline_bell_clear(bell), "clear");
            } else if (read(timer, &ticks, sizeof ticks) == sizeof ticks) {
                printf("%llu observations so far\n", (unsigned long long)received);
            }
        }
    }
    printf("epoll: received %llu\n", (unsigned long long)received);
    must(leyline_bell_close(bell), "bell");
    must(leyline_controller_close(controller), "controller");
    close(timer);
    close(epoll);
    return 0;
}
