/* For tools: roles, how rings stand, and segments that nobody uses.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_TOOLS_H
#define LEYLINE_TOOLS_H

#include "contract.h"
#include "ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/** In the place of a consumer's index: the role of the writer. */
#define LEYLINE_ROLE_WRITER UINT32_MAX

/** Latencies that a role has counted, in nanoseconds. */
typedef struct leyline_latency_t {
    /** Measurements. */
    uint64_t count;
    /** Sum of the measurements. */
    uint64_t sum;
    /** Minimum; 0 without measurements. */
    uint64_t min;
    /** Maximum. */
    uint64_t max;
    /** Measurements above the deadline. */
    uint64_t misses;
    /** Deadline; 0 for none. */
    uint64_t deadline;
    /** Bucket i counts the values of i bits: from 2^(i-1) to below 2^i. */
    uint64_t buckets[64];
} leyline_latency_t;

/** The holder of a role, and its counters. */
typedef struct leyline_role_info_t {
    /** The time when the present or last holder took the role, nanoseconds since the Unix epoch. */
    int64_t since_unix_ns;
    /** Records it has read. */
    uint64_t records;
    /** Records it missed. */
    uint64_t lost;
    /**
     * Records of a trainer in which it replaced a value that was not finite or out of bounds. A
     * device does not count those that it publishes.
     */
    uint64_t sanitized;
    /** Observation to decision, where the role measures it. */
    leyline_latency_t latency;
    /**
     * Its process id in its own namespace; 0 if there never was a holder. For people, never for
     * liveness.
     */
    uint32_t pid;
    /** 1 if it has a living holder, from the kernel; else 0. */
    uint32_t held;
    /**
     * Its program's name, or its command line if its options set command_line; cut at 192 bytes,
     * padded with NUL.
     */
    uint8_t command[200];
    /**
     * The reason why it failed, for people, if it is the ring's last writer and failed; else
     * empty.
     */
    char failure[128];
} leyline_role_info_t;

/** The state of a ring. A snapshot: while its writer writes, its parts may be some records apart. */
typedef struct leyline_ring_status_t {
    /** The last sequence that is complete; one less than the ring's first where there is none yet. */
    uint64_t last_sequence;
    /** Records that have been written in the ring's life. */
    uint64_t written;
    /** Records that can still be read. */
    uint64_t readable;
    /** The present writer's generation, which counts the ring's writers; 0 before the first. */
    uint64_t generation;
    /**
     * The age of the newest record's stamp, ns, whether or not its writer lives; UINT64_MAX if
     * that is not known.
     */
    uint64_t age_ns;
    /**
     * Records a second, by the stamps of the newest (1024 at most) of the present writer; 0 if
     * they do not tell. It is what the rate was while they were written: see age_ns for whether
     * anything still comes.
     */
    double rate_hz;
    /** A leyline_peer: what has become of the writer. */
    uint32_t writer;
    /** Declared consumers. */
    uint32_t consumers;
    /**
     * 1 if a device may be writing it: it was handed over, or its writer died while it was. Else
     * 0.
     */
    uint32_t handed_over;
    /** 0. */
    uint32_t reserved;
} leyline_ring_status_t;

/** The take-over of a ring by a writer. */
typedef struct leyline_takeover_t {
    /** The writer's generation. */
    uint64_t generation;
    /** The first sequence that it wrote, or will write. */
    uint64_t first_sequence;
} leyline_takeover_t;

/** The state of a declared consumer of a ring. */
typedef struct leyline_consumer_status_t {
    /** The last sequence that was committed. */
    uint64_t committed;
    /** Records that are there and not committed. */
    uint64_t behind;
    /**
     * Records that the writer went over while nobody held the role, and that the next holder will
     * be told of.
     */
    uint64_t passed_over;
    /** 1 if somebody living holds the role, else 0. */
    uint32_t held;
    /** 0. */
    uint32_t reserved;
} leyline_consumer_status_t;

/** A command that is still in its ring, and what has become of it. */
typedef struct leyline_command_state_t {
    /** The command as it stands in the ring: not checked. */
    leyline_adaptation_command_t command;
    /** The last outcome for it that is still in the ring of outcomes; zero if there is none. */
    leyline_command_outcome_t outcome;
    /** Its sequence on the lane's ring of commands. */
    uint64_t sequence;
    /** The time when it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown. */
    uint64_t time_ns;
    /** 1 if there is an outcome, else 0. */
    uint32_t has_outcome;
    /** 1 if the trainer has committed it: it will not be delivered again; else 0. */
    uint32_t committed;
    /**
     * 1 if something is still to come: nobody has answered it finally and the trainer has not
     * committed it; else 0.
     */
    uint32_t open;
    /** Its annotations that are still in the ring. */
    uint32_t annotations;
} leyline_command_state_t;

/** A file in a directory of segments. */
typedef struct leyline_listed_t {
    /** Its name, padded with NUL. That of a segment is the segment's name and ".leyline". */
    uint8_t file[80];
    /** Its size in bytes. */
    uint64_t bytes;
    /**
     * The time when it was made, nanoseconds since the Unix epoch, as far as the file system
     * knows.
     */
    int64_t modified_unix_ns;
    /** A leyline_listed: what it is. */
    uint32_t kind;
    /** Its owner's user number. */
    uint32_t owner;
} leyline_listed_t;

/**
 * Describes a role: who holds it, or held it last, and what was counted. Asks the kernel whether
 * it is held.
 *
 * @param role  LEYLINE_ROLE_WRITER, or which consumer, from 0
 * @return      LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_role(const leyline_segment_t *segment, const char *ring, uint32_t role,
    leyline_role_info_t *info);

/**
 * Tells how a ring stands. Writes nothing, takes no role, and asks the kernel who lives.
 *
 * @return  LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_ring_status(const leyline_segment_t *segment, const char *ring,
    leyline_ring_status_t *status);

/**
 * Gives the writers that a ring has had, the oldest first, as far back as it remembers (128).
 *
 * @param capacity  room in takeovers; 0 only asks how many there are
 * @param count     how many there are
 * @return          LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_ring_takeovers(const leyline_segment_t *segment, const char *ring,
    leyline_takeover_t *takeovers, size_t capacity, size_t *count);

/**
 * Tells how a declared consumer stands. Asks the kernel whether the role is held.
 *
 * @param consumer  from 0
 * @return          LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_consumer_status(const leyline_segment_t *segment, const char *ring,
    uint32_t consumer, leyline_consumer_status_t *status);

/**
 * Gives the commands that are still in a lane's ring, the oldest first, with what has become of
 * them, also when both sides are gone. Allocates.
 *
 * @param capacity  room in commands; 0 only asks how many there are
 * @param count     how many there are
 * @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
 */
leyline_status_t leyline_segment_sent_commands(const leyline_segment_t *segment, uint32_t lane,
    leyline_command_state_t *commands, size_t capacity, size_t *count);

/**
 * Lists a directory of segments by name, debris last. Opens no segment. Allocates.
 *
 * @param options   or NULL for the defaults; its directory counts
 * @param capacity  room in files; 0 only asks how many there are
 * @param count     how many there are
 * @return          LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 */
leyline_status_t leyline_segment_list(const leyline_options_t *options, leyline_listed_t *files,
    size_t capacity, size_t *count);

/**
 * Removes a segment if no living process holds a role of it; a damaged one too. Waits at most a
 * second for a process that removes or replaces it.
 *
 * @param options    or NULL for the defaults
 * @param displaced  what was removed; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD: nothing has changed; LEYLINE_ERR_NOT_FOUND,
 *                   LEYLINE_ERR_FOREIGN_OWNER,
 *                   LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_PERMISSION_DENIED
 */
leyline_status_t leyline_segment_remove_unused(const char *name, const leyline_options_t *options,
    leyline_displaced_t *displaced);

/**
 * Removes the hidden files that killed creators left. Those in use stay, and those of other users
 * unless the options trust anyone.
 *
 * @param options  or NULL for the defaults
 * @param removed  how many files; or NULL
 * @return         LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 */
leyline_status_t leyline_segment_remove_debris(const leyline_options_t *options, size_t *removed);

/**
 * Gives an upper bound of the latency that a share of the measurements does not exceed.
 *
 * @param share  0 to 1, such as 0.99
 * @param ns     the end of a bucket, and never more than the maximum
 */
leyline_status_t leyline_latency_quantile(const leyline_latency_t *latency, double share, uint64_t *ns);

#ifdef __cplusplus
}
#endif

#endif
