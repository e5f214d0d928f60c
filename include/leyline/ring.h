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

/**
 * A descriptor that an event loop polls: readable when a reader that the bell is armed with has
 * news. Level-triggered and one-shot: it becomes readable once for each time it is armed. One
 * thread of the process looks after all bells; it blocks all signals, and sleeps while none is
 * armed. After fork a bell belongs to the parent: LEYLINE_ERR_FORKED.
 */
typedef struct leyline_bell_t leyline_bell_t;

/** A reader that the writer waits for. Holds the role until it is closed. */
typedef struct leyline_consumer_t leyline_consumer_t;

/** The controller's end of a link. Holds the roles of its lane until it is closed. */
typedef struct leyline_controller_t leyline_controller_t;

/** A reader that the writer does not wait for. */
typedef struct leyline_observer_t leyline_observer_t;

/** The trainer's end of a link. Holds the trainer's roles until it is closed. */
typedef struct leyline_trainer_t leyline_trainer_t;

/** The writer of a ring. Holds the ring's writing role until it is closed. */
typedef struct leyline_writer_t leyline_writer_t;

/** Tells the state of a Source. */
enum leyline_news {
    /** Nothing new. */
    LEYLINE_NEWS_NONE = 0,
    /** A read returns something: a record, a lap, or a take-over. */
    LEYLINE_NEWS_READABLE = 1,
    /** Nothing is left to read, and the writer closed its handle. */
    LEYLINE_NEWS_CLOSED = 2,
    /** Nothing is left to read, and the writer died. */
    LEYLINE_NEWS_DIED = 3,
    /** Nothing is left to read, and the segment's name leads to another segment now. */
    LEYLINE_NEWS_SUPERSEDED = 4,
    /** Nothing is left to read, and the writer ended by failing. */
    LEYLINE_NEWS_FAILED = 5,
};

/** A record's metadata, as a reader gets it. */
typedef struct leyline_meta_t {
    /** The record's sequence in its ring; starts at 1 and never repeats. */
    uint64_t sequence;
    /**
     * The time when it was published, CLOCK_MONOTONIC nanoseconds to 16 ns; 0 for unknown: its
     * writer gave none, or it is from before the last 32 times that the ring's times moved by more
     * than 19 hours.
     */
    uint64_t time_ns;
    /**
     * The writer generation it was published in; 0 for unknown: the ring has had more than 128
     * writers since.
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

/** The details of LEYLINE_LAPPED and LEYLINE_RESTARTED. */
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

/** The flags of a record. */
typedef uint8_t leyline_flags_t;

/**
 * The metadata of one row of a block that is gathered by environment. The caller keeps it, with
 * the block, from call to call; a new one is all zero.
 */
typedef struct leyline_env_mark_t {
    /**
     * The sequence of the row's record; 0 if there was none of this environment yet, and the row
     * is as the caller left it.
     */
    uint64_t sequence;
    /** The time when it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns; 0 is unknown. */
    uint64_t time_ns;
    /** The generation of its writer; 0 is unknown: the ring has had more than 128 writers since. */
    uint64_t generation;
    /**
     * Records of this environment that the last call has read, the row's included; 0 if the row is
     * unchanged.
     */
    uint32_t records;
    /** The environment: the row's index. */
    uint16_t env;
    /** The flags of the row's record. */
    leyline_flags_t flags;
    /**
     * The flags of all records of this environment that the last call has read. So the end of an
     * episode is not missed if the row holds the first record of the next one.
     */
    leyline_flags_t all_flags;
} leyline_env_mark_t;

/** The result of one gathering by environment. */
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

/** The state of a ring's writer. */
typedef struct leyline_peer_t {
    /**
     * LEYLINE_PEER_HELD: how long ago its newest record was stamped, ns; UINT64_MAX if that is not
     * known. Silent is not stalled: it may have nothing to say. Else 0.
     */
    uint64_t silent_for_ns;
    /** A leyline_peer. */
    uint32_t state;
    /** 0. */
    uint32_t reserved;
    /** LEYLINE_PEER_FAILED: why, for people, as far as it said so. Else empty. */
    char reason[128];
} leyline_peer_t;

/** A record's metadata, as its writer gives it. */
typedef struct leyline_stamp_t {
    /**
     * CLOCK_MONOTONIC nanoseconds, kept to 16 ns; 0 for unknown. leyline_writer_now gives the
     * ring's time.
     */
    uint64_t time_ns;
    /** The environment the record belongs to. */
    uint16_t env;
    /** LEYLINE_FLAG_... bits. */
    uint8_t flags;
    /** 0. */
    uint8_t reserved[5];
} leyline_stamp_t;

/** The position of a writer. */
typedef struct leyline_writer_info_t {
    /** The sequence of the next record. */
    uint64_t next_sequence;
    /** The number of this writer of the ring, from 1. */
    uint64_t generation;
    /** 0. */
    uint64_t reserved[2];
} leyline_writer_info_t;

/**
 * Ends a handle by failing, and closes it: its readers and the other side of a link are told
 * LEYLINE_WRITER_FAILED and not LEYLINE_WRITER_CLOSED. The segment keeps its name, whatever
 * LEYLINE_ON_CLOSE_UNLINK says. A controller's successor is given the last outcome again. A ring
 * that is handed over to a device stays handed over.
 *
 * @param handle  a leyline_writer_t, leyline_trainer_t or leyline_controller_t; or NULL
 * @param reason  why, for people: readers find it in leyline_peer_t; cut at 127 bytes; or NULL
 */
leyline_status_t leyline_abort(void *handle, const char *reason);

/** Makes a bell. Fails at the limit of open files or threads. */
leyline_status_t leyline_bell_new(leyline_bell_t **bell);

/**
 * Returns the descriptor to poll for input, open until the bell is closed. It is closed on exec. Do
 * not read, write or close it.
 */
leyline_status_t leyline_bell_fd(const leyline_bell_t *bell, int *fd);

/**
 * Arms a bell with sources in which nothing was found, in place of what it was armed with. Looks a
 * last time: if there is news by now, the bell is not armed but readable at once. The sources may
 * be used and closed while the bell is armed. Asks about each writer within 50 ms: endings make
 * the descriptor readable too.
 *
 * @param sources  as for leyline_wait_any
 * @param count    1 or more
 * @param news     as for leyline_wait_any
 * @return         LEYLINE_OK: there is news, read it; LEYLINE_EMPTY: the bell is armed;
 *                 LEYLINE_ERR_FORKED; LEYLINE_ERR_CLOSED_DESCRIPTOR: the program has closed fd
 */
leyline_status_t leyline_bell_arm(leyline_bell_t *bell, void *const *sources, size_t count, uint32_t *news);

/**
 * Makes the descriptor not readable, and disarms the bell. Call it when the event loop found it
 * readable, then read everything from the sources and arm the bell again.
 */
leyline_status_t leyline_bell_clear(leyline_bell_t *bell);

/**
 * Disarms a bell and closes its descriptor. Take it out of the event loop first.
 *
 * @param bell  or NULL
 */
leyline_status_t leyline_bell_close(leyline_bell_t *bell);

/**
 * Makes a canceller to open a handle with: leyline_options_t. It ends the waits of opening too.
 * Close it when it is not used any more; the handle goes on without it.
 */
leyline_status_t leyline_canceller_new(leyline_canceller_t **canceller);

/**
 * Returns the canceller of a handle's waits. Another thread may be waiting with the handle: that
 * wait can be ended too.
 *
 * @param handle  an observer, consumer, writer, trainer or controller handle
 */
leyline_status_t leyline_canceller_of(const void *handle, leyline_canceller_t **canceller);

/**
 * Ends the present wait of the handle, or the next one if there is none. Several cancels before a
 * wait are one. Any thread and any signal handler may call it, also after the handle was closed.
 */
leyline_status_t leyline_canceller_cancel(const leyline_canceller_t *canceller);

/**
 * Closes a canceller. The handle it belongs to is not affected.
 *
 * @param canceller  or NULL
 */
leyline_status_t leyline_canceller_close(leyline_canceller_t *canceller);

/**
 * Takes the role of a ring's consumer, of one record a slot. The writer keeps every record until
 * it is committed here, whoever holds the role; a successor starts after what was committed. With
 * LEYLINE_POLICY_RELEASE the first read says how many records the writer passed over while nobody
 * held the role.
 *
 * @param schema  what the caller means by the ring's record
 * @param index   which of the ring's consumers, from 0
 * @param commit  a leyline_commit
 * @return        LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
 *                LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_consumer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, uint32_t index, uint32_t commit, leyline_consumer_t **consumer);

/**
 * Reads the next record. Allocates nothing.
 *
 * @param wait    or NULL: does not wait
 * @param record  written on LEYLINE_OK only
 * @param size    the ring's record size
 * @param meta    set on LEYLINE_OK; or NULL
 * @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        those of leyline_observer_next
 */
leyline_status_t leyline_consumer_next(leyline_consumer_t *consumer, const leyline_wait_t *wait, void *record,
    size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads as many of the next records as there are and fit, as leyline_observer_next_batch.
 *
 * @param wait      or NULL: does not wait, whatever at_least says
 * @param at_least  how many to wait for, at most capacity and the ring's slots; 0: 1
 * @param records   capacity times size bytes; unspecified beyond count records
 * @param size      bytes of one record
 * @param capacity  records that there is room for
 * @param metas     capacity of them; or NULL
 * @param count     how many were read; written whenever the status is not an error
 * @param notice    set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          those of leyline_observer_next_batch
 */
leyline_status_t leyline_consumer_next_batch(leyline_consumer_t *consumer, const leyline_wait_t *wait,
    size_t at_least, void *records, size_t size, size_t capacity, leyline_meta_t *metas, size_t *count,
    leyline_notice_t *notice);

/**
 * Keeps the newest record of each environment, as leyline_observer_latest_by_env. It counts as
 * reading all there is.
 *
 * @param wait      or NULL: does not wait for a record
 * @param rows      envs times size bytes; handed in again by the next call
 * @param size      bytes of one record
 * @param marks     envs of them, zeros at first; handed in again by the next call
 * @param envs      environments that have a row
 * @param gathered  written whenever the status is not an error; or NULL
 * @param notice    set on LEYLINE_RESTARTED; or NULL
 * @return          those of leyline_observer_latest_by_env
 */
leyline_status_t leyline_consumer_latest_by_env(leyline_consumer_t *consumer, const leyline_wait_t *wait,
    void *rows, size_t size, leyline_env_mark_t *marks, size_t envs, leyline_gathered_t *gathered,
    leyline_notice_t *notice);

/**
 * Gives slots back to the writer, up to a sequence.
 *
 * @param sequence  the last sequence to give back; 0: all that was read
 * @return          LEYLINE_ERR_OUT_OF_RANGE: not read yet, or committed before; LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_consumer_commit(leyline_consumer_t *consumer, uint64_t sequence);

/** Tells the last sequence that was read. */
leyline_status_t leyline_consumer_read_up_to(const leyline_consumer_t *consumer, uint64_t *sequence);

/**
 * Gives the role back. With LEYLINE_COMMIT_AUTO commits what was read; with LEYLINE_COMMIT_MANUAL
 * a successor reads again what was not committed.
 *
 * @param consumer  or NULL
 */
leyline_status_t leyline_consumer_close(leyline_consumer_t *consumer);

/**
 * Opens a ring for reading.
 *
 * @param schema    what the caller means by the ring's record
 * @param start     a leyline_start
 * @param sequence  where to start with LEYLINE_START_AT, else ignored
 * @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
 */
leyline_status_t leyline_observer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, uint32_t start, uint64_t sequence, leyline_observer_t **observer);

/**
 * Reads the next record, in order. Allocates nothing.
 *
 * @param wait    or NULL: does not wait
 * @param record  written on LEYLINE_OK only
 * @param size    the ring's record size
 * @param meta    set on LEYLINE_OK; or NULL
 * @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        LEYLINE_OK; LEYLINE_LAPPED, LEYLINE_RESTARTED: nothing was read; LEYLINE_EMPTY
 *                (wait NULL),
 *                LEYLINE_TIMED_OUT; with a wait also LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_FAILED,
 *                LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE, each once all records are read;
 *                LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_observer_next(leyline_observer_t *observer, const leyline_wait_t *wait, void *record,
    size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads the newest record unless it was read before; its meta says how many were skipped.
 *
 * @param wait    or NULL: does not wait
 * @param record  written on LEYLINE_OK only
 * @param size    the ring's record size
 * @param meta    set on LEYLINE_OK; or NULL
 * @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        those of leyline_observer_next
 */
leyline_status_t leyline_observer_latest(leyline_observer_t *observer, const leyline_wait_t *wait,
    void *record, size_t size, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads as many of the next records as there are and fit, in order. Allocates nothing.
 *
 * @param wait      or NULL: does not wait, whatever at_least says
 * @param at_least  how many to wait for, at most capacity; 0: 1
 * @param records   capacity times size bytes; unspecified beyond count records
 * @param size      bytes of one record
 * @param capacity  records that there is room for
 * @param metas     capacity of them; or NULL
 * @param count     how many were read; written whenever the status is not an error
 * @param notice    set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one or more, and fewer than at_least if the time ran out; else
 *                  those of leyline_observer_next, for what came after the count records
 */
leyline_status_t leyline_observer_next_batch(leyline_observer_t *observer, const leyline_wait_t *wait,
    size_t at_least, void *records, size_t size, size_t capacity, leyline_meta_t *metas, size_t *count,
    leyline_notice_t *notice);

/**
 * Reads the next slot of rows with its environments and flags. Allocates nothing. The outputs are
 * unspecified unless the status is LEYLINE_OK.
 *
 * @param wait    or NULL: does not wait
 * @param rows    C-contiguous
 * @param size    bytes of all rows
 * @param env     one for each row of a slot
 * @param flags   LEYLINE_FLAG_... bits, one for each row of a slot
 * @param meta    set on LEYLINE_OK; or NULL
 * @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        those of leyline_observer_next
 */
leyline_status_t leyline_observer_next_rows(leyline_observer_t *observer, const leyline_wait_t *wait,
    void *rows, size_t size, uint16_t *env, uint8_t *flags, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads the newest slot of rows unless it was read before, as leyline_observer_next_rows.
 *
 * @param wait    or NULL: does not wait
 * @param rows    C-contiguous
 * @param size    bytes of all rows
 * @param env     one for each row of a slot
 * @param flags   LEYLINE_FLAG_... bits, one for each row of a slot
 * @param meta    set on LEYLINE_OK; or NULL
 * @param notice  set on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        those of leyline_observer_next
 */
leyline_status_t leyline_observer_latest_rows(leyline_observer_t *observer, const leyline_wait_t *wait,
    void *rows, size_t size, uint16_t *env, uint8_t *flags, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads all there is and keeps the newest record of each environment, that of environment i in row
 * i. A row without a new record stays as it is, and its mark says so. Of slots of several rows it
 * keeps the newest row of each environment.
 *
 * @param wait      or NULL: does not wait for a record
 * @param rows      envs times size bytes; handed in again by the next call
 * @param size      bytes of one record
 * @param marks     envs of them, zeros at first; handed in again by the next call
 * @param envs      environments that have a row
 * @param gathered  written whenever the status is not an error; or NULL
 * @param notice    set on LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one record or more; LEYLINE_RESTARTED: a new writer's records come
 *                  with the next call; else those of leyline_observer_next
 */
leyline_status_t leyline_observer_latest_by_env(leyline_observer_t *observer, const leyline_wait_t *wait,
    void *rows, size_t size, leyline_env_mark_t *marks, size_t envs, leyline_gathered_t *gathered,
    leyline_notice_t *notice);

/**
 * Moves to another place in the ring.
 *
 * @param start     a leyline_start
 * @param sequence  where to go with LEYLINE_START_AT, else ignored
 */
leyline_status_t leyline_observer_seek(leyline_observer_t *observer, uint32_t start, uint64_t sequence);

/**
 * Tells where the observer and the writer are.
 *
 * @param next       the sequence that the next read tries; or NULL
 * @param published  the last sequence that the writer has published; or NULL
 */
leyline_status_t leyline_observer_position(const leyline_observer_t *observer, uint64_t *next,
    uint64_t *published);

/**
 * Ends the handle.
 *
 * @param observer  or NULL
 */
leyline_status_t leyline_observer_close(leyline_observer_t *observer);

/**
 * Asks the kernel whether the writer of a reader's ring lives, and how it ended if not.
 *
 * @param reader  a leyline_observer_t, leyline_consumer_t or leyline_controller_t (its trainer)
 */
leyline_status_t leyline_peer_state(const void *reader, leyline_peer_t *peer);

/**
 * Waits until one of several sources has news, and reports what each has; reads nothing. An ending
 * already in news is not reported again and ends no wait, so that one dead trainer does not turn
 * the wait into a busy loop. Read everything that a source stands for: what is left unread is news
 * again at once. Asks about each writer every 5 ms. Sleeps on up to 128 rings; with
 * more, or with read-only ones, it looks every millisecond.
 *
 * @param sources  leyline_observer_t, leyline_consumer_t, leyline_controller_t (its observations
 *                 and outcomes) and leyline_trainer_t (the decisions and commands of all lanes), in
 *                 any mix
 * @param count    1 or more
 * @param wait     or NULL: looks once
 * @param news     a leyline_news for each source; in and out: zeros at first, then as the last
 *                 call left them
 * @return         LEYLINE_OK: there is news; LEYLINE_EMPTY (wait NULL), LEYLINE_TIMED_OUT
 */
leyline_status_t leyline_wait_any(void *const *sources, size_t count, const leyline_wait_t *wait,
    uint32_t *news);

/**
 * Takes the writing role of a ring. Continues after the last complete record of a predecessor, in
 * a new generation.
 *
 * @param schema  what the caller means by the ring's record
 * @return        LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
 *                LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_READ_ONLY, LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_writer_open(const leyline_segment_t *segment, const char *ring,
    const leyline_schema_t *schema, leyline_writer_t **writer);

/**
 * Publishes a record. Makes no system call unless a reader sleeps, never waits for observers,
 * allocates nothing.
 *
 * @param record    need not be aligned
 * @param size      the ring's record size
 * @param stamp     or NULL: the ring's time, env 0, no flags; the time is read once there is room
 * @param wait      or NULL: does not wait for room
 * @param sequence  the record's sequence; or NULL
 * @return          LEYLINE_ERR_FULL (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_CONSUMER_GONE:
 *                  not accepted;
 *                  LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_EXHAUSTED, LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_writer_publish(leyline_writer_t *writer, const void *record, size_t size,
    const leyline_stamp_t *stamp, const leyline_wait_t *wait, uint64_t *sequence);

/**
 * Publishes records in order and wakes readers once.
 *
 * @param size      bytes of one record
 * @param stamps    count of them; or NULL: the ring's time
 * @param accepted  how many there was room for
 * @return          an error only if there was no room for the first: those of
 *                  leyline_writer_publish
 */
leyline_status_t leyline_writer_publish_batch(leyline_writer_t *writer, const void *records, size_t size,
    size_t count, const leyline_stamp_t *stamps, size_t *accepted);

/**
 * Publishes a slot of rows with a column of environments and one of flags.
 *
 * @param rows      C-contiguous
 * @param size      bytes of all rows
 * @param env       one for each row of a slot
 * @param flags     LEYLINE_FLAG_... bits, one for each row of a slot
 * @param stamp     or NULL: the ring's time
 * @param sequence  the slot's sequence; or NULL
 * @return          those of leyline_writer_publish
 */
leyline_status_t leyline_writer_publish_rows(leyline_writer_t *writer, const void *rows, size_t size,
    const uint16_t *env, const uint8_t *flags, const leyline_stamp_t *stamp, uint64_t *sequence);

/**
 * Lends memory of the writer's to build a record in, or a whole slot of rows. It is aligned to 8
 * bytes, starts as zeros, keeps its contents between loans, and is not seen by readers before it
 * is published. The first call allocates.
 *
 * @param record  record size times rows bytes, valid until the writer is closed
 */
leyline_status_t leyline_writer_loan(leyline_writer_t *writer, void **record);

/**
 * Publishes the record that was built on loan. Rows on loan are published by
 * leyline_writer_publish_rows.
 *
 * @param stamp     or NULL: the ring's time
 * @param sequence  the record's sequence; or NULL
 * @return          LEYLINE_ERR_INVALID_ARGUMENT without a loan; those of leyline_writer_publish
 */
leyline_status_t leyline_writer_publish_loan(leyline_writer_t *writer, const leyline_stamp_t *stamp,
    uint64_t *sequence);

/**
 * Reads the ring's time source; 0 where the caller supplies the times.
 *
 * @param time_ns  CLOCK_MONOTONIC nanoseconds
 */
leyline_status_t leyline_writer_now(leyline_writer_t *writer, uint64_t *time_ns);

/** Tells how far the writer is. */
leyline_status_t leyline_writer_info(const leyline_writer_t *writer, leyline_writer_info_t *info);

/**
 * Asks the kernel about a consumer of the ring, and waits until there is one.
 *
 * @param consumer  from 0
 * @param wait      or NULL: asks once
 * @param peer      LEYLINE_PEER_HELD: somebody holds the role; LEYLINE_PEER_NEVER: nobody ever
 *                  did
 * @return          LEYLINE_ERR_NO_SUCH_RING (consumer)
 */
leyline_status_t leyline_writer_consumer_state(leyline_writer_t *writer, size_t consumer,
    const leyline_wait_t *wait, leyline_peer_t *peer);

/**
 * Ends the writer's generation in order and gives the role back.
 *
 * @param writer  or NULL
 */
leyline_status_t leyline_writer_close(leyline_writer_t *writer);

/** Gives the meta of the record in a gathered row; all zeros while the environment was never seen. */
static inline leyline_meta_t leyline_env_mark_meta(const leyline_env_mark_t *mark) {
    leyline_meta_t meta = {mark->sequence, mark->time_ns, mark->generation, 0, mark->env, mark->flags, {0, 0, 0, 0, 0}};
    return meta;
}

#ifdef __cplusplus
}
#endif

#endif
