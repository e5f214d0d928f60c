/* Status numbers, errors, versions, and the enumerations that several topics share.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_BASE_H
#define LEYLINE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** It was done. */
#define LEYLINE_OK 0

/** There is nothing new. */
#define LEYLINE_EMPTY 1

/** The writer overtook this reader. Nothing was read; the notice says how many records were missed. */
#define LEYLINE_LAPPED 2

/** A new writer took over. Nothing was read; the notice says its generation and first sequence. */
#define LEYLINE_RESTARTED 3

/** There is nothing new, and the writer closed its handle. */
#define LEYLINE_WRITER_CLOSED 4

/** There is nothing new, and the writer died. */
#define LEYLINE_WRITER_DIED 5

/** There is nothing new, and the segment's name leads to another segment now: attach again. */
#define LEYLINE_SUPERSEDED_NOTICE 6

/** Nothing came in time. */
#define LEYLINE_TIMED_OUT 7

/** The wait was ended by its canceller. Nothing is lost, and the handle goes on. */
#define LEYLINE_CANCELLED 8

/** A signal ended the wait, which lets it: on_signal of leyline_wait_t. */
#define LEYLINE_INTERRUPTED 9

/**
 * There is nothing new, and the writer ended by failing: by leyline_abort, a Rust panic, or a C++
 * exception. leyline_peer_t has the reason.
 */
#define LEYLINE_WRITER_FAILED 10

/** The version of this header. It changes when a program built against an earlier one would break. */
#define LEYLINE_ABI_VERSION 1

/** The first number of the version of leyline that this header is of. */
#define LEYLINE_VERSION_MAJOR 0

/** The second one. While the first is 0, another one is another interface, and another soname. */
#define LEYLINE_VERSION_MINOR 1

/** The third one. A greater one has at most more functions and values. */
#define LEYLINE_VERSION_PATCH 0

/** Bytes of a leyline_id_t, the terminating NUL included. */
#define LEYLINE_ID_BYTES 40

/** Bytes of a leyline_text_t, the terminating NUL included. */
#define LEYLINE_TEXT_BYTES 64

/** Longest name of a segment, in bytes. */
#define LEYLINE_MAX_NAME 64

/** Classifies errors, as stable numbers. */
enum leyline_err {
    /** An argument is NULL, empty, zero or outside its documented range. */
    LEYLINE_ERR_INVALID_ARGUMENT = -1,
    /**
     * A segment name is empty, too long, starts with a dot or has a character outside
     * `[A-Za-z0-9._-]`.
     */
    LEYLINE_ERR_INVALID_NAME = -2,
    /** No segment, ring, schema or feature has that name. */
    LEYLINE_ERR_NOT_FOUND = -3,
    /** A segment of that name exists already. */
    LEYLINE_ERR_ALREADY_EXISTS = -4,
    /** The operating system refused access. */
    LEYLINE_ERR_PERMISSION_DENIED = -5,
    /** The directory that segments live in does not exist or is not a directory. */
    LEYLINE_ERR_NO_DIRECTORY = -6,
    /** The file system, or a limit of this process, has no room for the segment. */
    LEYLINE_ERR_NO_SPACE = -7,
    /** The name leads to a symbolic link, a directory, a device: anything but a regular file. */
    LEYLINE_ERR_NOT_REGULAR_FILE = -8,
    /** The file belongs to another user. */
    LEYLINE_ERR_FOREIGN_OWNER = -9,
    /** The file may be written by everybody. */
    LEYLINE_ERR_INSECURE_MODE = -10,
    /** A file or a snapshot is shorter than its header or than its header says. */
    LEYLINE_ERR_TRUNCATED = -11,
    /** The file does not start with this library's magic. */
    LEYLINE_ERR_BAD_MAGIC = -12,
    /** The segment's layout has another major version. */
    LEYLINE_ERR_LAYOUT_VERSION = -13,
    /** The segment was written by a machine of the other byte order. */
    LEYLINE_ERR_BYTE_ORDER = -14,
    /** A count, size or offset in the segment contradicts the others. */
    LEYLINE_ERR_CORRUPT = -15,
    /** Two sides disagree on the meaning or the size of a record. */
    LEYLINE_ERR_SCHEMA_MISMATCH = -16,
    /** Two sides disagree on the domain: on the action space of a link. */
    LEYLINE_ERR_DOMAIN_MISMATCH = -17,
    /** The segment has no such ring, consumer or lane. */
    LEYLINE_ERR_NO_SUCH_RING = -18,
    /** Another living handle holds the role. */
    LEYLINE_ERR_ROLE_HELD = -19,
    /** The segment was attached read-only and this needs to write. */
    LEYLINE_ERR_READ_ONLY = -20,
    /** The name leads to another segment now, or to none. */
    LEYLINE_ERR_SUPERSEDED = -21,
    /** The ring is full: a living consumer is behind. The record was not accepted. */
    LEYLINE_ERR_FULL = -22,
    /** The ring is full and its consumer is gone. The record was not accepted. */
    LEYLINE_ERR_CONSUMER_GONE = -23,
    /** The handle belongs to the parent of a `fork`; the child has to attach for itself. */
    LEYLINE_ERR_FORKED = -24,
    /** A value is outside its range. */
    LEYLINE_ERR_OUT_OF_RANGE = -25,
    /** A number is NaN or infinite where a finite one is needed. */
    LEYLINE_ERR_NOT_FINITE = -26,
    /** A number has a fraction where a whole one is needed. */
    LEYLINE_ERR_NOT_WHOLE = -27,
    /** An id is longer than 39 bytes, has a NUL inside or is not UTF-8. */
    LEYLINE_ERR_INVALID_ID = -28,
    /** A number is no value of the enumeration it stands for. */
    LEYLINE_ERR_INVALID_ENUM = -29,
    /** A seed may not go from its stage to the one asked for. */
    LEYLINE_ERR_ILLEGAL_TRANSITION = -30,
    /** A gate did not let the seed pass. */
    LEYLINE_ERR_GATE_FAILED = -31,
    /** An action is not possible in the observed state. */
    LEYLINE_ERR_MASKED = -32,
    /** The action space has no such blueprint or action. */
    LEYLINE_ERR_UNKNOWN_ACTION = -33,
    /** The timeout of a wait ran out. */
    LEYLINE_ERR_TIMEOUT = -34,
    /** More rows than the ring or the caller's block can hold. */
    LEYLINE_ERR_BATCH_TOO_LARGE = -35,
    /** The ring's sequence numbers are used up. */
    LEYLINE_ERR_EXHAUSTED = -36,
    /** The peer has died or closed: the awaited record cannot come. */
    LEYLINE_ERR_PEER_GONE = -37,
    /** This machine, kernel or build lacks the feature. */
    LEYLINE_ERR_UNSUPPORTED = -38,
    /** Any other error of the operating system. */
    LEYLINE_ERR_IO = -39,
    /** The library has a bug, stopped at the C boundary. */
    LEYLINE_ERR_INTERNAL = -40,
    /** The file can still be truncated, which would end every process that has it mapped. */
    LEYLINE_ERR_NOT_SEALED = -41,
    /** The ring is in a device's hands: this process handed it over and has not taken it back. */
    LEYLINE_ERR_HANDED_OVER = -42,
    /**
     * The ring's writer died while a device could write the ring, and the device may still do so:
     * replace the segment.
     */
    LEYLINE_ERR_LEFT_TO_DEVICE = -43,
    /**
     * Another call uses the handle, in another thread or interrupted by this one. This call had no
     * effect.
     */
    LEYLINE_ERR_BUSY = -44,
    /**
     * The program has closed a descriptor that this library owns, as daemonizing code does. The
     * roles held through it are lost, and another process may have them.
     */
    LEYLINE_ERR_CLOSED_DESCRIPTOR = -45,
    /** The wait was ended by its canceller. */
    LEYLINE_ERR_CANCELLED = -46,
    /** A signal ended the wait, which lets it. */
    LEYLINE_ERR_INTERRUPTED = -47,
    /** The ring is full, and its consumer has never come. The record was not accepted. */
    LEYLINE_ERR_NO_CONSUMER = -48,
};

/** The enumerations. */
enum leyline_enum {
    /** leyline_seed_stage */
    LEYLINE_ENUM_SEED_STAGE = 1,
    /** leyline_seed_operation */
    LEYLINE_ENUM_SEED_OPERATION = 2,
    /** leyline_gate */
    LEYLINE_ENUM_GATE = 3,
    /** leyline_risk */
    LEYLINE_ENUM_RISK = 4,
    /** leyline_command_type */
    LEYLINE_ENUM_COMMAND_TYPE = 5,
    /** leyline_outcome_status */
    LEYLINE_ENUM_OUTCOME_STATUS = 6,
    /** leyline_outcome_code */
    LEYLINE_ENUM_OUTCOME_CODE = 7,
    /** leyline_event_type */
    LEYLINE_ENUM_EVENT_TYPE = 8,
    /** leyline_severity */
    LEYLINE_ENUM_SEVERITY = 9,
    /** leyline_budget */
    LEYLINE_ENUM_BUDGET = 10,
    /** leyline_feature */
    LEYLINE_ENUM_FEATURE = 11,
    /** leyline_trust */
    LEYLINE_ENUM_TRUST = 12,
    /** leyline_access */
    LEYLINE_ENUM_ACCESS = 13,
    /** leyline_on_close */
    LEYLINE_ENUM_ON_CLOSE = 14,
    /** leyline_prefault */
    LEYLINE_ENUM_PREFAULT = 15,
    /** leyline_pages */
    LEYLINE_ENUM_PAGES = 16,
    /** leyline_opened */
    LEYLINE_ENUM_OPENED = 17,
    /** leyline_policy */
    LEYLINE_ENUM_POLICY = 18,
    /** leyline_time_source */
    LEYLINE_ENUM_TIME_SOURCE = 19,
    /** leyline_wait */
    LEYLINE_ENUM_WAIT = 20,
    /** leyline_commit */
    LEYLINE_ENUM_COMMIT = 21,
    /** leyline_start */
    LEYLINE_ENUM_START = 22,
    /** leyline_peer */
    LEYLINE_ENUM_PEER = 23,
    /** leyline_listed */
    LEYLINE_ENUM_LISTED = 24,
    /** leyline_field */
    LEYLINE_ENUM_FIELD = 25,
    /** leyline_record */
    LEYLINE_ENUM_RECORD = 26,
    /** leyline_action */
    LEYLINE_ENUM_ACTION = 27,
    /** leyline_fate */
    LEYLINE_ENUM_FATE = 28,
    /** leyline_health */
    LEYLINE_ENUM_HEALTH = 29,
    /** leyline_news */
    LEYLINE_ENUM_NEWS = 30,
    /** leyline_ring_kind */
    LEYLINE_ENUM_RING_KIND = 31,
    /** leyline_task */
    LEYLINE_ENUM_TASK = 32,
    /** leyline_name_state */
    LEYLINE_ENUM_NAME_STATE = 33,
    /** leyline_fossils */
    LEYLINE_ENUM_FOSSILS = 34,
    /** leyline_on_signal */
    LEYLINE_ENUM_ON_SIGNAL = 35,
};

/** Whom to trust when attaching. */
enum leyline_trust {
    /** Only this user, and a file that others cannot write. */
    LEYLINE_TRUST_OWNER = 0,
    /** Anybody. */
    LEYLINE_TRUST_ANYONE = 1,
};

/** The use of an attached segment. */
enum leyline_access {
    /** Reading, sleeping and taking roles. */
    LEYLINE_ACCESS_READ_WRITE = 0,
    /** Reading only; waiting looks every millisecond instead of being woken. */
    LEYLINE_ACCESS_READ_ONLY = 1,
};

/** The fate of a segment's name when its creating handle is closed. */
enum leyline_on_close {
    /** The segment stays. */
    LEYLINE_ON_CLOSE_KEEP = 0,
    /**
     * The name is removed when the creating handle and the roles taken through it are closed.
     * Clones and observers continue without a name. The name stays if one of the roles failed, if
     * it leads to another segment by then, if another trainer holds a role, or if any process holds a role of a ring that is
     * not part of a link.
     */
    LEYLINE_ON_CLOSE_UNLINK = 1,
};

/** The segment that the name of an attached one leads to. */
enum leyline_name_state {
    /** To this segment, or it was made without a name. */
    LEYLINE_NAME_STATE_CURRENT = 0,
    /** Nowhere: its file was removed. Its users go on; nobody else can attach or take a role. */
    LEYLINE_NAME_STATE_UNLINKED = 1,
    /** To another segment, which new users attach to. This one is superseded. */
    LEYLINE_NAME_STATE_REPLACED = 2,
};

/** The time when the pages of the shared memory are entered in this process's page tables. */
enum leyline_prefault {
    /** Those of a ring when a handle on it is opened. */
    LEYLINE_PREFAULT_OPENED = 0,
    /** Those of the whole segment when it is attached. */
    LEYLINE_PREFAULT_EVERYTHING = 1,
    /** Each when it is touched first. */
    LEYLINE_PREFAULT_WHEN_TOUCHED = 2,
};

/** The pages to ask the kernel for. */
enum leyline_pages {
    /** The processor's smallest. */
    LEYLINE_PAGES_USUAL = 0,
    /** Huge ones, where the kernel gives them to files in memory. */
    LEYLINE_PAGES_HUGE = 1,
};

/** The result of leyline_segment_open_or_create. */
enum leyline_opened {
    /** There was none: it was made. */
    LEYLINE_OPENED_CREATED = 0,
    /** A compatible one was there. */
    LEYLINE_OPENED_ATTACHED = 1,
    /**
     * One was there that no trainer can go on in, because a device may still be writing it: it was
     * replaced.
     */
    LEYLINE_OPENED_RECREATED = 2,
};

/** A writer's policy for an absent consumer. */
enum leyline_policy {
    /** Its records stay until a successor takes them; a full ring refuses more. */
    LEYLINE_POLICY_KEEP = 1,
    /** The writer goes on; a successor is told how many records it missed. */
    LEYLINE_POLICY_RELEASE = 2,
};

/** The source of a ring's stamps. */
enum leyline_time_source {
    /** The processor's time stamp counter, calibrated against the clock. */
    LEYLINE_TIME_SOURCE_TSC = 1,
    /** clock_gettime(CLOCK_MONOTONIC). */
    LEYLINE_TIME_SOURCE_CLOCK = 2,
    /** One reading of the clock for all records of a batch. */
    LEYLINE_TIME_SOURCE_BATCH = 3,
    /** The caller hands a time over with each record. */
    LEYLINE_TIME_SOURCE_CALLER = 4,
};

/** The way to wait while there is nothing. */
enum leyline_wait {
    /** Poll all the time. */
    LEYLINE_WAIT_SPIN = 1,
    /** Poll for some 20 us, then yield the processor between polls. */
    LEYLINE_WAIT_SPIN_THEN_YIELD = 2,
    /** Poll for some 20 us, then sleep until woken. */
    LEYLINE_WAIT_SPIN_THEN_SLEEP = 3,
};

/** The effect of a signal on a wait that sleeps. */
enum leyline_on_signal {
    /** The wait goes on. */
    LEYLINE_ON_SIGNAL_CONTINUE = 0,
    /**
     * The wait ends with LEYLINE_INTERRUPTED. A signal that comes while the wait polls ends
     * nothing: to miss none, call leyline_canceller_cancel in its handler.
     */
    LEYLINE_ON_SIGNAL_INTERRUPT = 1,
};

/** The time when a consumer gives slots back. */
enum leyline_commit {
    /** When leyline_consumer_commit is called. */
    LEYLINE_COMMIT_MANUAL = 1,
    /**
     * By itself, at every 32nd record (or half of the ring, if that is less) and when the ring is
     * dry.
     */
    LEYLINE_COMMIT_AUTO = 2,
};

/** The record that an observer starts at. */
enum leyline_start {
    /** At the oldest record that is still there. */
    LEYLINE_START_OLDEST = 1,
    /** At the newest record there is. */
    LEYLINE_START_NEWEST = 2,
    /** At the first record published from now on. */
    LEYLINE_START_NOW = 3,
    /** At a sequence. */
    LEYLINE_START_AT = 4,
};

/** The state of a ring's writer. */
enum leyline_peer {
    /** There never was one. */
    LEYLINE_PEER_NEVER = 0,
    /** It lives. */
    LEYLINE_PEER_HELD = 1,
    /** It closed its handle. */
    LEYLINE_PEER_CLOSED = 2,
    /** It died, or was killed. */
    LEYLINE_PEER_DIED = 3,
    /** The segment's name leads to another segment now. */
    LEYLINE_PEER_SUPERSEDED = 4,
    /** It ended by failing: by leyline_abort, a Rust panic, or a C++ exception. */
    LEYLINE_PEER_FAILED = 5,
};

/** The kind of a file in a directory of segments. */
enum leyline_listed {
    /** A segment. Whether it can be attached shows when it is. */
    LEYLINE_LISTED_SEGMENT = 1,
    /** A hidden file that a killed creator left. */
    LEYLINE_LISTED_DEBRIS = 2,
    /** A hidden file of a segment that somebody is making or replacing now. */
    LEYLINE_LISTED_IN_PROGRESS = 3,
};

/** The type of a field. */
enum leyline_field {
    /** uint8_t */
    LEYLINE_FIELD_U8 = 1,
    /** uint16_t */
    LEYLINE_FIELD_U16 = 2,
    /** uint32_t */
    LEYLINE_FIELD_U32 = 3,
    /** uint64_t */
    LEYLINE_FIELD_U64 = 4,
    /** int64_t */
    LEYLINE_FIELD_I64 = 5,
    /** float */
    LEYLINE_FIELD_F32 = 6,
    /** UTF-8 text, padded with NUL; the count is its width in bytes. */
    LEYLINE_FIELD_UTF8 = 7,
    /** int8_t */
    LEYLINE_FIELD_I8 = 8,
    /** int16_t */
    LEYLINE_FIELD_I16 = 9,
    /** int32_t */
    LEYLINE_FIELD_I32 = 10,
    /** double */
    LEYLINE_FIELD_F64 = 11,
};

/** The records that come with the library. */
enum leyline_record {
    /** leyline_observation_t */
    LEYLINE_RECORD_OBSERVATION = 1,
    /** leyline_decision_t */
    LEYLINE_RECORD_DECISION = 2,
    /** leyline_adaptation_command_t */
    LEYLINE_RECORD_ADAPTATION_COMMAND = 3,
    /** leyline_command_outcome_t */
    LEYLINE_RECORD_COMMAND_OUTCOME = 4,
    /** leyline_training_signals_t */
    LEYLINE_RECORD_TRAINING_SIGNALS = 5,
    /** leyline_seed_metrics_t */
    LEYLINE_RECORD_SEED_METRICS = 6,
    /** leyline_training_metrics_t */
    LEYLINE_RECORD_TRAINING_METRICS = 7,
    /** leyline_seed_telemetry_t */
    LEYLINE_RECORD_SEED_TELEMETRY = 8,
    /** leyline_seed_state_report_t */
    LEYLINE_RECORD_SEED_STATE_REPORT = 9,
    /** leyline_gate_result_t */
    LEYLINE_RECORD_GATE_RESULT = 10,
    /** leyline_field_report_t */
    LEYLINE_RECORD_FIELD_REPORT = 11,
    /** leyline_telemetry_event_t */
    LEYLINE_RECORD_TELEMETRY_EVENT = 12,
    /** leyline_blueprint_spec_t */
    LEYLINE_RECORD_BLUEPRINT_SPEC = 13,
    /** leyline_performance_budgets_t */
    LEYLINE_RECORD_PERFORMANCE_BUDGETS = 14,
    /** leyline_command_annotation_t */
    LEYLINE_RECORD_COMMAND_ANNOTATION = 15,
    /** leyline_id_t, which never travels by itself */
    LEYLINE_RECORD_ID = 64,
    /** leyline_task_t, which never travels */
    LEYLINE_RECORD_TASK = 65,
    /** leyline_gate_thresholds_t, which never travels */
    LEYLINE_RECORD_GATE_THRESHOLDS = 66,
};

/** The kind of an action. */
enum leyline_action {
    /** Nothing. */
    LEYLINE_ACTION_WAIT = 0,
    /** Plants a seed. */
    LEYLINE_ACTION_GERMINATE = 1,
    /** Makes the seed a permanent part of the host. */
    LEYLINE_ACTION_FOSSILIZE = 2,
    /** Takes the seed out. */
    LEYLINE_ACTION_CULL = 3,
};

/** A field's fate in a migration. */
enum leyline_fate {
    /** A field of the new schema that is copied. */
    LEYLINE_FATE_COPIED = 0,
    /** One that a converter makes. */
    LEYLINE_FATE_CONVERTED = 1,
    /** One that the old schema does not have: it reads as its missing value. */
    LEYLINE_FATE_DEFAULTED = 2,
    /** A field of the old schema that the new one does not have. */
    LEYLINE_FATE_DROPPED = 3,
};

/** A seed's health. */
enum leyline_health {
    /** Nothing speaks against it. */
    LEYLINE_HEALTH_HEALTHY = 0,
    /** The host found something wrong with it. */
    LEYLINE_HEALTH_UNHEALTHY = 1,
};

/** The seed slot of a FOSSILIZED seed. */
enum leyline_fossils {
    /** The seed keeps it. */
    LEYLINE_FOSSILS_KEEP_SLOT = 0,
    /** It is free for another seed. */
    LEYLINE_FOSSILS_FREE_SLOT = 1,
};

/** Tells what a ring of a link carries. */
enum leyline_ring_kind {
    /** A program's own records. */
    LEYLINE_RING_KIND_USER = 0,
    /** Observations. */
    LEYLINE_RING_KIND_OBSERVATIONS = 1,
    /** Decisions of a lane. */
    LEYLINE_RING_KIND_DECISIONS = 2,
    /** Commands of a lane. */
    LEYLINE_RING_KIND_COMMANDS = 3,
    /** Outcomes of a lane. */
    LEYLINE_RING_KIND_OUTCOMES = 4,
    /** Reports of the trainer: the rich tier of the link. */
    LEYLINE_RING_KIND_REPORTS = 5,
};

/**
 * The result of a function: 0, a notice above 0 (LEYLINE_EMPTY ...), or an error below 0
 * (LEYLINE_ERR_...).
 */
typedef int32_t leyline_status_t;

/** An id: UTF-8, NUL-padded, at most 39 bytes. An overlong id is refused, never cut. */
typedef struct leyline_id_t {
    uint8_t bytes[LEYLINE_ID_BYTES];
} leyline_id_t;

/** Free text: UTF-8, NUL-padded, at most 63 bytes. Longer text is cut at a character. */
typedef struct leyline_text_t {
    uint8_t bytes[LEYLINE_TEXT_BYTES];
} leyline_text_t;

/**
 * A way to wait. NULL in its place: does not wait, makes no system call, does not ask whether the
 * peer lives.
 */
typedef struct leyline_wait_t {
    /** Nanoseconds at most. 0: looks once, also at who lives. */
    uint64_t timeout_ns;
    /** A leyline_wait; 0: LEYLINE_WAIT_SPIN_THEN_SLEEP. */
    uint32_t strategy;
    /** A leyline_on_signal. */
    uint32_t on_signal;
    /**
     * Longest time between two checks whether the peer lives, by a wait that sleeps, ns; 1 ms to
     * 1 h. A death is told this much later at most. 0: 50 ms.
     */
    uint64_t check_every_ns;
    /** 0. */
    uint64_t reserved;
} leyline_wait_t;

/**
 * Returns the name of an enumeration's value, such as "BLENDING".
 *
 * @param enumeration  a leyline_enum
 * @return             a static string; NULL: no such value
 */
const char *leyline_enum_name(uint32_t enumeration, uint32_t value);

/** Says in a few words what a status means: a static string, for any number. */
const char *leyline_strerror(leyline_status_t status);

/**
 * Returns the particulars of this thread's last failed call: what it concerned, what was expected
 * and found, what to do. The string is the thread's own, valid until its next failing call; empty
 * if none failed.
 */
const char *leyline_last_error(void);

/**
 * Returns this library's version, such as "0.1.0": a static string.
 *
 * @param abi_version  its interface, to compare with LEYLINE_ABI_VERSION; or NULL
 */
const char *leyline_version(uint32_t *abi_version);

/**
 * Checks that the library that runs is for a header's version; LEYLINE_CHECK_VERSION() passes that
 * of the program's.
 *
 * @return  LEYLINE_ERR_UNSUPPORTED: the library has another interface, or is older than the header
 */
leyline_status_t leyline_check_version(uint32_t abi_version, uint32_t major, uint32_t minor, uint32_t patch);

/** Returns the time, nanoseconds of CLOCK_MONOTONIC: the clock of all stamps. */
uint64_t leyline_now_ns(void);

/** leyline_check_version() with the numbers of this header: LEYLINE_OK if the library that runs is one for it. */
#define LEYLINE_CHECK_VERSION() \
    leyline_check_version(LEYLINE_ABI_VERSION, LEYLINE_VERSION_MAJOR, LEYLINE_VERSION_MINOR, LEYLINE_VERSION_PATCH)

#ifdef __cplusplus
}
#endif

#endif
