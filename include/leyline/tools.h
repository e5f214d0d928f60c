/* For tools: roles, how rings stand, and segments that nobody uses.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_TOOLS_H
#define LEYLINE_TOOLS_H

#include "contract.h"
#include "ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a ring stands. A snapshot: while its writer writes, its parts may be some records apart. */
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
     * How long ago the newest record was stamped, ns, whether or not its writer lives; UINT64_MAX if that is not known.
     */
    uint64_t age_ns;
    /**
     * Records a second, by the stamps of the newest (1024 at most) of the present writer; 0 if they do not tell. It is what
     * the rate was while they were written: see age_ns for whether anything still comes.
     */
    double rate_hz;
    /** A leyline_peer: what has become of the writer. */
    uint32_t writer;
    /** Declared consumers. */
    uint32_t consumers;
    /** 1 if a device may be writing it: it was handed over, or its writer died while it was. Else 0. */
    uint32_t handed_over;
    /** 0. */
    uint32_t reserved;
} leyline_ring_status_t;

/** A writer that came. */
typedef struct leyline_takeover_t {
    /** Its generation. */
    uint64_t generation;
    /** The first sequence that it wrote, or will write. */
    uint64_t first_sequence;
} leyline_takeover_t;

/** How a declared consumer of a ring stands. */
typedef struct leyline_consumer_status_t {
    /** The last sequence that was committed. */
    uint64_t committed;
    /** Records that are there and not committed. */
    uint64_t behind;
    /**
     * Records that the writer went over while nobody held the role, and that the next holder will be told of.
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
    /** When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown. */
    uint64_t time_ns;
    /** 1 if there is an outcome, else 0. */
    uint32_t has_outcome;
    /** 1 if the trainer has committed it: it will not be delivered again; else 0. */
    uint32_t committed;
    /**
     * 1 if something is still to come: nobody has answered it finally and the trainer has not committed it; else 0.
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
    /** When it was made, nanoseconds since the Unix epoch, as far as the file system knows. */
    int64_t modified_unix_ns;
    /** A leyline_listed: what it is. */
    uint32_t kind;
    /** Its owner's user number. */
    uint32_t owner;
} leyline_listed_t;

/**
 * How a ring stands. Writes nothing, takes no role and disturbs nobody: a segment attached with
 * LEYLINE_ACCESS_READ_ONLY will do.
 *
 * @param segment  the segment
 * @param ring     the ring's name
 * @param status   how it stands
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel who lives.
 */
leyline_status_t leyline_segment_ring_status(const leyline_segment_t *segment, const char *ring,
    leyline_ring_status_t *status);

/**
 * The writers that a ring has had, as far back as it remembers (128), the oldest first.
 *
 * @param segment    the segment
 * @param ring       the ring's name
 * @param takeovers  as many as there is room for
 * @param capacity   the room; 0 only asks how many there are
 * @param count      how many there are
 * @return           LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_takeovers(const leyline_segment_t *segment, const char *ring,
    leyline_takeover_t *takeovers, size_t capacity, size_t *count);

/**
 * How a declared consumer of a ring stands.
 *
 * @param segment   the segment
 * @param ring      the ring's name
 * @param consumer  which, from 0
 * @param status    how it stands
 * @return          LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel whether the role is held.
 */
leyline_status_t leyline_segment_consumer_status(const leyline_segment_t *segment, const char *ring,
    uint32_t consumer, leyline_consumer_status_t *status);

/**
 * The commands of a lane that are still in its ring, oldest first, with what has become of them. Reads only, and works
 * when both sides are gone.
 *
 * @param segment   the segment
 * @param lane      the lane
 * @param commands  as many as there is room for
 * @param capacity  the room; 0 only asks how many there are
 * @param count     how many there are
 * @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
 *
 * Any thread. Allocates.
 */
leyline_status_t leyline_segment_sent_commands(const leyline_segment_t *segment, uint32_t lane,
    leyline_command_state_t *commands, size_t capacity, size_t *count);

/**
 * What lies in the directory of segments, in the order of the names, debris last. Opens no segment.
 *
 * @param options   or NULL for the defaults; of it the directory counts
 * @param files     as many as there is room for
 * @param capacity  the room; 0 only asks how many there are
 * @param count     how many there are
 * @return          LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 *
 * Any thread. Allocates.
 */
leyline_status_t leyline_segment_list(const leyline_options_t *options, leyline_listed_t *files,
    size_t capacity, size_t *count);

/**
 * Takes a segment away if nobody holds a role of it; damaged ones too. Of two removals at once one succeeds. Compare
 * leyline_segment_unlink, which asks nobody.
 *
 * @param name       its name
 * @param options    or NULL for the defaults; read during the call only
 * @param displaced  what was put an end to; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role: nothing has changed; LEYLINE_ERR_NOT_FOUND,
 *                   LEYLINE_ERR_FOREIGN_OWNER, LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE,
 *                   LEYLINE_ERR_PERMISSION_DENIED
 *
 * Any thread. Waits a second at most for another one who removes or replaces it.
 */
leyline_status_t leyline_segment_remove_unused(const char *name, const leyline_options_t *options,
    leyline_displaced_t *displaced);

/**
 * Takes away the hidden files that killed creators have left in the directory of segments. Those that somebody is at
 * stay, and those of other users unless the options trust anyone.
 *
 * @param options  or NULL for the defaults; read during the call only
 * @param removed  how many files; or NULL
 * @return         LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 *
 * Any thread.
 */
leyline_status_t leyline_segment_remove_debris(const leyline_options_t *options, size_t *removed);

#ifdef __cplusplus
}
#endif

#endif
