/* Writers, observers and consumers of a ring.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_RING_H
#define LEYLINE_RING_H

#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The first observation of an episode: a bit of the flags of a stamp and a meta. */
#define LEYLINE_FLAG_FIRST 1

/** The episode ended by itself. */
#define LEYLINE_FLAG_TERMINATED 2

/** The episode was cut off. */
#define LEYLINE_FLAG_TRUNCATED 4

/** A value was not finite or outside its bounds and was replaced. */
#define LEYLINE_FLAG_SANITIZED 8

/** A reader that the writer waits for. Holds the role until it is closed. Used by one thread at a time. */
typedef struct leyline_consumer_t leyline_consumer_t;

/** A reader that the writer does not wait for. Used by one thread at a time. */
typedef struct leyline_observer_t leyline_observer_t;

/** The writer of a ring. Holds the ring's writing role until it is closed. Used by one thread at a time. */
typedef struct leyline_writer_t leyline_writer_t;

/** The controller's end of a link. Holds the roles of its lane until it is closed. */
typedef struct leyline_controller_t leyline_controller_t;

/** What wait_any knows of a source. */
enum leyline_news {
    /** Nothing. */
    LEYLINE_NEWS_NONE = 0,
    /** A read gives something: a record, or that it was lapped, or that a new writer took over. */
    LEYLINE_NEWS_READABLE = 1,
    /** Nothing to read, and the writer closed its handle. */
    LEYLINE_NEWS_CLOSED = 2,
    /** Nothing to read, and the writer died. */
    LEYLINE_NEWS_DIED = 3,
    /** Nothing to read, and the segment's name leads elsewhere now. */
    LEYLINE_NEWS_SUPERSEDED = 4,
};

/** The flags of a record. */
typedef uint8_t leyline_flags_t;

/**
 * What is known of one row of a block that is gathered by environment. The caller keeps it, with the block, from call
 * to call; a new one is all zero.
 */
typedef struct leyline_env_mark_t {
    /**
     * The sequence of the row's record; 0: none of this environment has been seen yet, and the row is as the caller
     * left it.
     */
    uint64_t sequence;
    /** When it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns; 0 for unknown. */
    uint64_t time_ns;
    /**
     * The writer generation it was published in; 0 for unknown: the ring has had more than 128 writers since.
     */
    uint64_t generation;
    /**
     * Records of this environment that the last call has read, the row's included; 0: the row is unchanged.
     */
    uint32_t records;
    /** The environment: the row's index. */
    uint16_t env;
    /** The flags of the row's record. */
    leyline_flags_t flags;
    /**
     * The flags of all records of this environment that the last call has read, so that the end of an episode is not
     * missed because its record was overtaken by the first one of the next.
     */
    leyline_flags_t all_flags;
} leyline_env_mark_t;

/** What a reader finds beside a record. */
typedef struct leyline_meta_t {
    /** The record's sequence in its ring; starts at 1 and never repeats. */
    uint64_t sequence;
    /**
     * When it was published, CLOCK_MONOTONIC nanoseconds to 16 ns; 0 for unknown: its writer gave none, or it is from
     * before the last 32 times that the ring's times moved by more than 19 hours.
     */
    uint64_t time_ns;
    /**
     * The writer generation it was published in; 0 for unknown: the ring has had more than 128 writers since.
     */
    uint64_t generation;
    /** Records passed over to get here: other than 0 only when the newest was asked for. */
    uint64_t skipped;
    /** The environment it belongs to. */
    uint16_t env;
    /** LEYLINE_FLAG_... bits. */
    uint8_t flags;
    /** 0. */
    uint8_t reserved[5];
} leyline_meta_t;

/** What stands behind LEYLINE_LAPPED and LEYLINE_RESTARTED. */
typedef struct leyline_notice_t {
    /** LEYLINE_LAPPED: exactly how many records were missed; else 0. */
    uint64_t missed;
    /** LEYLINE_LAPPED: the sequence that the next read tries; else 0. */
    uint64_t next;
    /** LEYLINE_RESTARTED: the new writer generation; else 0. */
    uint64_t generation;
    /** LEYLINE_RESTARTED: its first sequence; else 0. */
    uint64_t first_sequence;
} leyline_notice_t;

/** What one gathering by environment gave. */
typedef struct leyline_gathered_t {
    /** Sequences read. */
    uint64_t read;
    /** Exactly how many sequences were missed because the writer overtook this reader. */
    uint64_t missed;
    /** Rows that hold a new record. */
    uint64_t changed;
    /** Records of an environment that the block has no row for. */
    uint64_t outside;
} leyline_gathered_t;

/** What is known of the writer of a ring. */
typedef struct leyline_peer_t {
    /**
     * LEYLINE_PEER_HELD: how long ago its newest record was stamped, ns; UINT64_MAX if that is not known. Silent is not
     * stalled: it may have nothing to say. Else 0.
     */
    uint64_t silent_for_ns;
    /** A leyline_peer. */
    uint32_t state;
    /** 0. */
    uint32_t reserved;
} leyline_peer_t;

/** What a writer puts beside a record. */
typedef struct leyline_stamp_t {
    /**
     * CLOCK_MONOTONIC nanoseconds, kept to 16 ns; 0 for unknown. leyline_writer_now gives the ring's time.
     */
    uint64_t time_ns;
    /** The environment the record belongs to. */
    uint16_t env;
    /** LEYLINE_FLAG_... bits. */
    uint8_t flags;
    /** 0. */
    uint8_t reserved[5];
} leyline_stamp_t;

/**
 * What stands beside the record in a gathered row, as a read of that record would give it.
 *
 * @param mark  the row's mark
 * @param meta  all zero while the environment was never seen
 *
 * Any thread.
 */
leyline_status_t leyline_env_mark_meta(const leyline_env_mark_t *mark, leyline_meta_t *meta);

/**
 * As leyline_observer_try_next_batch, waiting until at_least so many records have come: 1 for whatever there is,
 * capacity for a full block, 0 not to wait.
 *
 * @param observer    the observer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param at_least    how many to wait for; at most capacity
 * @param records     the block: capacity times size bytes. From *count on its contents are unspecified.
 * @param size        bytes of one record: the ring's record size
 * @param capacity    records that there is room for
 * @param meta        capacity entries, one for each record read; or NULL
 * @param count       how many were read; written whenever the status is not an error
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK: one record or more, but fewer than at_least if the time was over; LEYLINE_EMPTY: none in
 *                    time; LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED,
 *                    LEYLINE_SUPERSEDED_NOTICE: that came after *count records, which may be 0;
 *                    LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_next_batch(leyline_observer_t *observer, uint32_t strategy,
    uint64_t timeout_ns, size_t at_least, void *records, size_t size, size_t capacity, leyline_meta_t *meta,
    size_t *count, leyline_notice_t *notice);

/**
 * As leyline_consumer_try_next_batch, waiting as leyline_observer_next_batch does. More than the ring has slots cannot
 * be waited for; nor do more come than the ring holds beside what was read and not committed.
 *
 * @param consumer    the consumer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param at_least    how many to wait for; at most capacity, and the ring's slots
 * @param records     the block: capacity times size bytes. From *count on its contents are unspecified.
 * @param size        bytes of one record: the ring's record size
 * @param capacity    records that there is room for
 * @param meta        capacity entries, one for each record read; or NULL
 * @param count       how many were read; written whenever the status is not an error
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_next_batch
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_next_batch(leyline_consumer_t *consumer, uint32_t strategy,
    uint64_t timeout_ns, size_t at_least, void *records, size_t size, size_t capacity, leyline_meta_t *meta,
    size_t *count, leyline_notice_t *notice);

/**
 * Reads everything there is and keeps the newest record of each environment: that of environment i in row i, whose mark
 * says which it is and whether it is new. Rows and marks are the caller's and are handed in again at the next call: a row
 * without a new record stays as it is. The marks start as zeros. Of a ring of several rows a slot it gathers the newest
 * row of each environment. Makes no system call and allocates nothing.
 *
 * @param observer  the observer
 * @param rows      the block: envs times size bytes
 * @param size      bytes of one record: the ring's record size
 * @param marks     envs of them; inputs and outputs
 * @param envs      how many environments have a row
 * @param gathered  counts; written whenever the status is not an error; or NULL
 * @param notice    on LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one record or more was read; LEYLINE_EMPTY: none; LEYLINE_RESTARTED: after what was gathered
 *                  comes a new writer, whose records the next call gathers; LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_latest_by_env(leyline_observer_t *observer, void *rows, size_t size,
    leyline_env_mark_t *marks, size_t envs, leyline_gathered_t *gathered, leyline_notice_t *notice);

/**
 * As leyline_observer_try_latest_by_env, waiting as leyline_observer_next does until there is anything new.
 *
 * @param observer    the observer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param rows        the block: envs times size bytes
 * @param size        bytes of one record: the ring's record size
 * @param marks       envs of them; inputs and outputs
 * @param envs        how many environments have a row
 * @param gathered    counts; written whenever the status is not an error; or NULL
 * @param notice      on LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_try_latest_by_env; LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED,
 *                    LEYLINE_SUPERSEDED_NOTICE: nothing came before that; LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_latest_by_env(leyline_observer_t *observer, uint32_t strategy,
    uint64_t timeout_ns, void *rows, size_t size, leyline_env_mark_t *marks, size_t envs,
    leyline_gathered_t *gathered, leyline_notice_t *notice);

/**
 * As leyline_observer_try_latest_by_env. It counts as reading everything there is: leyline_consumer_commit gives all of it
 * back.
 *
 * @param consumer  the consumer
 * @param rows      the block: envs times size bytes
 * @param size      bytes of one record: the ring's record size
 * @param marks     envs of them; inputs and outputs
 * @param envs      how many environments have a row
 * @param gathered  counts; written whenever the status is not an error; or NULL
 * @param notice    on LEYLINE_RESTARTED; or NULL
 * @return          those of leyline_observer_try_latest_by_env
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_try_latest_by_env(leyline_consumer_t *consumer, void *rows, size_t size,
    leyline_env_mark_t *marks, size_t envs, leyline_gathered_t *gathered, leyline_notice_t *notice);

/**
 * As leyline_consumer_try_latest_by_env, waiting as leyline_observer_next does until there is anything new.
 *
 * @param consumer    the consumer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param rows        the block: envs times size bytes
 * @param size        bytes of one record: the ring's record size
 * @param marks       envs of them; inputs and outputs
 * @param envs        how many environments have a row
 * @param gathered    counts; written whenever the status is not an error; or NULL
 * @param notice      on LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_latest_by_env
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_latest_by_env(leyline_consumer_t *consumer, uint32_t strategy,
    uint64_t timeout_ns, void *rows, size_t size, leyline_env_mark_t *marks, size_t envs,
    leyline_gathered_t *gathered, leyline_notice_t *notice);

/**
 * Waits until one of several sources has news, and says of each what it has. No source is read from. An ending that stands
 * in news already is not told again and ends no wait, so that one dead trainer does not keep its controller from waiting for
 * the others; what its successor publishes is LEYLINE_NEWS_READABLE again. Whatever goes on elsewhere, each source's writer
 * is asked about every 5 ms. Sleeps on 128 rings at once; with more, or with read-only ones among them, it looks every
 * millisecond.
 *
 * @param sources     handles: leyline_observer_t, leyline_consumer_t, leyline_controller_t (for its observations), in any mix
 * @param count       how many; at least 1
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param news        a leyline_news for each source; inputs and outputs: zeros at first, then as the last call left them
 * @return            LEYLINE_OK: there is something new; LEYLINE_EMPTY: not in time; LEYLINE_ERR_INVALID_ARGUMENT,
 *                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time for each of the sources.
 */
leyline_status_t leyline_wait_any(void *const *sources, size_t count, uint32_t strategy, uint64_t timeout_ns,
    uint32_t *news);

/**
 * Asks the kernel whether the writer of a reader's ring lives.
 *
 * @param reader  a leyline_observer_t, leyline_consumer_t or leyline_controller_t (its trainer)
 */
leyline_status_t leyline_peer_state(const void *reader, leyline_peer_t *peer);

/**
 * Takes the writing role of a ring. Goes on after the last complete record of a predecessor, in a new generation.
 *
 * @param segment  the segment; the writer keeps what it needs of it
 * @param ring     the ring's name
 * @param schema   what the caller means by its record; not kept
 * @param writer   the new handle; close it with leyline_writer_close
 * @return         LEYLINE_ERR_ROLE_HELD if somebody living has the role, LEYLINE_ERR_NO_SUCH_RING,
 *                 LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
 *
 * Any thread.
 */
leyline_status_t leyline_writer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, leyline_writer_t **writer);

/**
 * Publishes a record. Makes no system call unless a reader sleeps, never waits for observers, allocates nothing.
 *
 * @param writer    the writer
 * @param record    the record; need not be aligned
 * @param size      its bytes: the ring's record size
 * @param stamp     or NULL: stamped by the ring's time source, env 0, no flags
 * @param sequence  the record's sequence; or NULL
 * @return          LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: it was not accepted; LEYLINE_ERR_FORKED,
 *                  LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_publish(leyline_writer_t *writer, const void *record, size_t size,
    const leyline_stamp_t *stamp, uint64_t *sequence);

/**
 * As leyline_writer_publish, waiting for room. The stamp of a NULL is taken once there is some.
 *
 * @param writer      the writer
 * @param record      the record; need not be aligned
 * @param size        its bytes: the ring's record size
 * @param stamp       or NULL
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param sequence    the record's sequence; or NULL
 * @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_CONSUMER_GONE (within 5 ms), and those of leyline_writer_publish
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_publish_waiting(leyline_writer_t *writer, const void *record, size_t size,
    const leyline_stamp_t *stamp, uint32_t strategy, uint64_t timeout_ns, uint64_t *sequence);

/**
 * Publishes records in order; readers are told once.
 *
 * @param writer    the writer
 * @param records   the records, one after the other
 * @param size      bytes of one record: the ring's record size
 * @param count     how many
 * @param stamps    as many stamps; or NULL: stamped by the ring's time source
 * @param accepted  how many there was room for
 * @return          an error only if there was no room for the first: those of leyline_writer_publish
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_publish_batch(leyline_writer_t *writer, const void *records, size_t size,
    size_t count, const leyline_stamp_t *stamps, size_t *accepted);

/**
 * A place to build a record in (a whole slot of rows where the ring has several): the writer's own memory, aligned to
 * 8 bytes. Nothing of it is seen before leyline_writer_publish_loan. It keeps its contents from one loan to the next
 * and starts as zeros.
 *
 * @param writer  the writer
 * @param record  the place: record size times rows bytes, valid until the writer is closed
 *
 * One thread at a time. The first call allocates.
 */
leyline_status_t leyline_writer_loan(leyline_writer_t *writer, void **record);

/**
 * Publishes what was built in the place that leyline_writer_loan gave. For a ring of several rows a slot use
 * leyline_writer_publish_rows with that place.
 *
 * @param writer    the writer
 * @param stamp     or NULL: stamped by the ring's time source
 * @param sequence  the record's sequence; or NULL
 * @return          LEYLINE_ERR_INVALID_ARGUMENT without a loan, and those of leyline_writer_publish
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_publish_loan(leyline_writer_t *writer, const leyline_stamp_t *stamp,
    uint64_t *sequence);

/**
 * Publishes a slot of rows with their env and flags columns.
 *
 * @param writer    the writer of a ring of 2 rows a slot or more
 * @param rows      the rows, C-contiguous
 * @param size      bytes of all of them: record size times rows
 * @param env       as many environments as a slot has rows
 * @param flags     as many LEYLINE_FLAG_... bits
 * @param stamp     the slot's stamp; or NULL: stamped by the ring's time source
 * @param sequence  the slot's sequence; or NULL
 * @return          those of leyline_writer_publish
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_publish_rows(leyline_writer_t *writer, const void *rows, size_t size,
    const uint16_t *env, const uint8_t *flags, const leyline_stamp_t *stamp, uint64_t *sequence);

/**
 * The sequence that the next record will have.
 *
 * @param writer    the writer
 * @param sequence  the sequence
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_next_sequence(const leyline_writer_t *writer, uint64_t *sequence);

/**
 * The writer's generation: 1 for the first writer of the ring.
 *
 * @param writer  the writer
 * @param generation   the generation
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_generation(const leyline_writer_t *writer, uint64_t *generation);

/**
 * Now, from the ring's time source; 0 where the caller supplies it.
 *
 * @param writer   the writer
 * @param time_ns  CLOCK_MONOTONIC nanoseconds
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_now(leyline_writer_t *writer, uint64_t *time_ns);

/**
 * Ends the writer's generation in order and gives the role back.
 *
 * @param writer  the handle, or NULL
 */
leyline_status_t leyline_writer_close(leyline_writer_t *writer);

/**
 * Opens a ring for reading.
 *
 * @param segment   the segment; the observer keeps what it needs of it
 * @param ring      the ring's name
 * @param schema    what the caller means by its record; not kept
 * @param start     a leyline_start
 * @param sequence  where to start, with LEYLINE_START_AT; else ignored
 * @param observer  the new handle; close it with leyline_observer_close
 * @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_observer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, uint32_t start, uint64_t sequence, leyline_observer_t **observer);

/**
 * Reads the next record, in order. Makes no system call, allocates nothing, and does not look whether the writer lives.
 *
 * @param observer  the observer
 * @param record    the record; written only on LEYLINE_OK
 * @param size      its bytes: the ring's record size
 * @param meta      what stands beside it, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
 *                  LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_next(leyline_observer_t *observer, void *record, size_t size,
    leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * As leyline_observer_try_next, waiting. Ends early when the writer is gone or the segment superseded.
 *
 * @param observer    the observer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param record      the record; written only on LEYLINE_OK
 * @param size        its bytes: the ring's record size
 * @param meta        what stands beside it, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
 *                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
 *                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_next(leyline_observer_t *observer, uint32_t strategy, uint64_t timeout_ns,
    void *record, size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads the newest record if it was not read yet; its meta says how many were skipped. As leyline_observer_try_next
 * otherwise.
 *
 * @param observer  the observer
 * @param record    the record; written only on LEYLINE_OK
 * @param size      its bytes: the ring's record size
 * @param meta      what stands beside it, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
 *                  LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_latest(leyline_observer_t *observer, void *record, size_t size,
    leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * As leyline_observer_try_latest, waiting as leyline_observer_next does.
 *
 * @param observer    the observer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param record      the record; written only on LEYLINE_OK
 * @param size        its bytes: the ring's record size
 * @param meta        what stands beside it, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
 *                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
 *                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_latest(leyline_observer_t *observer, uint32_t strategy, uint64_t timeout_ns,
    void *record, size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads as many of the next records as there are and the block has room for, in ring order. A block of observations is a
 * (capacity, 27) array of float, row by row. Makes no system call and allocates nothing.
 *
 * @param observer  the observer
 * @param records   the block: capacity times size bytes. From *count on its contents are unspecified.
 * @param size      bytes of one record: the ring's record size
 * @param capacity  records that there is room for
 * @param meta      capacity entries, one for each record read; or NULL
 * @param count     how many were read; written whenever the status is not an error
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one record or more; LEYLINE_EMPTY: none; LEYLINE_LAPPED and LEYLINE_RESTARTED: that came
 *                  after *count records, which may be 0; LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_next_batch(leyline_observer_t *observer, void *records, size_t size,
    size_t capacity, leyline_meta_t *meta, size_t *count, leyline_notice_t *notice);

/**
 * Reads the next slot of rows with their env and flags columns. Makes no system call and allocates nothing.
 *
 * @param observer  the observer of a ring of 2 rows a slot or more
 * @param rows      the rows, C-contiguous
 * @param size      bytes of all of them: record size times rows
 * @param env       as many environments as a slot has rows
 * @param flags     as many LEYLINE_FLAG_... bits
 * @param meta      what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          those of leyline_observer_try_next. The contents of rows, env and flags are unspecified unless it
 *                  is LEYLINE_OK.
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_next_rows(leyline_observer_t *observer, void *rows, size_t size,
    uint16_t *env, uint8_t *flags, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * As leyline_observer_try_next_rows, waiting as leyline_observer_next does.
 *
 * @param observer    the observer of a ring of 2 rows a slot or more
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param rows        the rows, C-contiguous
 * @param size        bytes of all of them: record size times rows
 * @param env         as many environments as a slot has rows
 * @param flags       as many LEYLINE_FLAG_... bits
 * @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_next. The contents of rows, env and flags are unspecified unless it
 *                    is LEYLINE_OK.
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_next_rows(leyline_observer_t *observer, uint32_t strategy,
    uint64_t timeout_ns, void *rows, size_t size, uint16_t *env, uint8_t *flags, leyline_meta_t *meta,
    leyline_notice_t *notice);

/**
 * Reads the newest slot of rows if it was not read yet. As leyline_observer_try_next_rows otherwise.
 *
 * @param observer  the observer of a ring of 2 rows a slot or more
 * @param rows      the rows, C-contiguous
 * @param size      bytes of all of them: record size times rows
 * @param env       as many environments as a slot has rows
 * @param flags     as many LEYLINE_FLAG_... bits
 * @param meta      what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          those of leyline_observer_try_next. The contents of rows, env and flags are unspecified unless it
 *                  is LEYLINE_OK.
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_try_latest_rows(leyline_observer_t *observer, void *rows, size_t size,
    uint16_t *env, uint8_t *flags, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Asks the kernel whether the writer lives.
 *
 * @param observer  the observer
 * @param peer      what is known of the writer
 * @return          LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_peer_state(const leyline_observer_t *observer, leyline_peer_t *peer);

/**
 * Goes to another place in the ring.
 *
 * @param observer  the observer
 * @param start     a leyline_start
 * @param sequence  where to go, with LEYLINE_START_AT; else ignored
 * @return          LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_seek(leyline_observer_t *observer, uint32_t start, uint64_t sequence);

/**
 * Where the observer and the writer are.
 *
 * @param observer   the observer
 * @param next       the sequence that the next read tries; or NULL
 * @param published  the last sequence that the writer has published; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_position(const leyline_observer_t *observer, uint64_t *next,
    uint64_t *published);

/**
 * Ends the handle.
 *
 * @param observer  the handle, or NULL
 */
leyline_status_t leyline_observer_close(leyline_observer_t *observer);

/**
 * Takes the role of a ring's consumer. Its writer keeps every record until it is committed here, whoever holds the role; a
 * successor starts after what was committed. Where the ring's policy is LEYLINE_POLICY_RELEASE the first read says how many
 * records the writer went over while nobody held the role.
 *
 * @param segment   the segment; the consumer keeps what it needs of it
 * @param ring      the ring's name
 * @param schema    what the caller means by its record; not kept
 * @param index     which of the ring's consumers, from 0
 * @param commit    a leyline_commit
 * @param consumer  the new handle; close it with leyline_consumer_close
 * @return          LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
 *                  LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED, LEYLINE_ERR_INVALID_ENUM,
 *                  LEYLINE_ERR_INVALID_ARGUMENT (a ring of several rows a slot)
 *
 * Any thread.
 */
leyline_status_t leyline_consumer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, uint32_t index, uint32_t commit, leyline_consumer_t **consumer);

/**
 * Reads the next record. Makes no system call and allocates nothing. With LEYLINE_COMMIT_MANUAL the record is the writer's
 * to keep until leyline_consumer_commit.
 *
 * @param consumer  the consumer
 * @param record    the record; written only on LEYLINE_OK
 * @param size      its bytes: the ring's record size
 * @param meta      what stands beside it, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED;
 *                  LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_try_next(leyline_consumer_t *consumer, void *record, size_t size,
    leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * As leyline_consumer_try_next, waiting. Ends early when the writer is gone or the segment superseded.
 *
 * @param consumer    the consumer
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param record      the record; written only on LEYLINE_OK
 * @param size        its bytes: the ring's record size
 * @param meta        what stands beside it, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED, LEYLINE_WRITER_CLOSED,
 *                    LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ARGUMENT,
 *                    LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_next(leyline_consumer_t *consumer, uint32_t strategy, uint64_t timeout_ns,
    void *record, size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads as many of the next records as there are and the block has room for, in ring order. A block of observations is a
 * (capacity, 27) array of float, row by row. Makes no system call and allocates nothing.
 *
 * @param consumer  the consumer
 * @param records   the block: capacity times size bytes. From *count on its contents are unspecified.
 * @param size      bytes of one record: the ring's record size
 * @param capacity  records that there is room for
 * @param meta      capacity entries, one for each record read; or NULL
 * @param count     how many were read; written whenever the status is not an error
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one record or more; LEYLINE_EMPTY: none; LEYLINE_LAPPED and LEYLINE_RESTARTED: that came
 *                  after *count records, which may be 0; LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_try_next_batch(leyline_consumer_t *consumer, void *records, size_t size,
    size_t capacity, leyline_meta_t *meta, size_t *count, leyline_notice_t *notice);

/**
 * Gives everything that was read back to the writer.
 *
 * @param consumer  the consumer
 * @return          LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_commit(leyline_consumer_t *consumer);

/**
 * Gives back everything up to a sequence.
 *
 * @param consumer  the consumer
 * @param sequence  the last sequence to give back
 * @return          LEYLINE_ERR_OUT_OF_RANGE if it was not read, or committed before; LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_commit_to(leyline_consumer_t *consumer, uint64_t sequence);

/**
 * The last sequence that was read.
 *
 * @param consumer  the consumer
 * @param sequence  the sequence
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_read_up_to(const leyline_consumer_t *consumer, uint64_t *sequence);

/**
 * Asks the kernel whether the writer lives.
 *
 * @param consumer  the consumer
 * @param peer      what is known of the writer
 * @return          LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_peer_state(const leyline_consumer_t *consumer, leyline_peer_t *peer);

/**
 * Gives the role back. With LEYLINE_COMMIT_AUTO commits what was read; with LEYLINE_COMMIT_MANUAL a successor reads again
 * what was not committed.
 *
 * @param consumer  the handle, or NULL
 */
leyline_status_t leyline_consumer_close(leyline_consumer_t *consumer);

#ifdef __cplusplus
}
#endif

#endif
