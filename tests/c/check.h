/* Shared by the C tests. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leyline.h"

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: not so: %s\n  last error: %s\n", __FILE__, __LINE__, #condition, \
                    leyline_last_error());                                                    \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* A wait of so many nanoseconds at most. */
#define WAIT_BY(strategy, ns) (&(const leyline_wait_t){(ns), (strategy), 0, 0, 0})
#define WAIT(ns) WAIT_BY(LEYLINE_WAIT_SPIN_THEN_SLEEP, ns)

/* The call gives that status. */
#define GIVES(status, call)                                                                        \
    do {                                                                                           \
        leyline_status_t status_ = (call);                                                             \
        if (status_ != (status)) {                                                                     \
            fprintf(stderr, "%s:%d: %s\n  gave %d (%s), not %s\n  last error: %s\n", __FILE__, __LINE__, #call, \
                    (int)status_, leyline_strerror(status_), #status, leyline_last_error());               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define OK(call) GIVES(LEYLINE_OK, call)

/* The call refuses, and the thread's last error has those words. */
#define REFUSES(status, words, call)                                                                \
    do {                                                                                            \
        GIVES(status, call);                                                                        \
        if (strstr(leyline_last_error(), (words)) == NULL) {                                        \
            fprintf(stderr, "%s:%d: %s\n  said %s\n", __FILE__, __LINE__, #call, leyline_last_error()); \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

/* The call refuses a NULL that it names. */
#define NEEDS(argument, call) REFUSES(LEYLINE_ERR_INVALID_ARGUMENT, argument, call)

#endif
