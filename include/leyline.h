/*
 * leyline: a shared-memory link between a training process and the controller that steers it.
 *
 * This file is generated; do not edit it. C11 and C++17. Link with libleyline.so or libleyline.a; 64-bit Linux only.
 *
 * Versions. LEYLINE_ABI_VERSION names this interface: a number that a function takes or returns, a function's meaning
 * or a struct's layout is never changed under the same number. Functions and values may be added. A program that loads
 * the library at run time compares it with leyline_abi_version(), best by LEYLINE_CHECK_VERSION(). The layout of segments
 * has a version of its own, which is checked when one is attached.
 *
 * Errors. Functions return a leyline_status_t: 0 (LEYLINE_OK) when it was done; above 0 a notice, which is no error
 * (LEYLINE_EMPTY, LEYLINE_LAPPED, ...); below 0 an error (LEYLINE_ERR_...). Beside the errors that a function's comment
 * lists, each can return LEYLINE_ERR_INVALID_ARGUMENT (a pointer is NULL that may not be, or is not aligned; a string
 * is longer than 4096 bytes or not UTF-8; a handle is closed or of another type), LEYLINE_ERR_BUSY (another call uses the
 * handle) and LEYLINE_ERR_INTERNAL (a bug of the library, stopped here). leyline_strerror() gives a few words on a status, leyline_last_error() the particulars of
 * this thread's last failure. Numbers of enumerations are passed as integers and checked: LEYLINE_ERR_INVALID_ENUM.
 *
 * Arguments come in the order handle, inputs, outputs. Outputs are written on success only, unless a comment says
 * otherwise. An output or input that may be NULL is marked "or NULL"; an array of no elements may be NULL. Strings end
 * with a NUL and are read during the call only. Outputs must not overlap inputs.
 *
 * Ownership. Handles (leyline_segment_t, leyline_writer_t, ...) are made by functions with a pointer to a handle as an
 * output, belong to the caller, and are ended by the function ..._close of their type; closing NULL does nothing.
 * Handles do not depend on each other's life: a segment may be closed while writers and readers made from it go on.
 * Strings that a function hands out belong to the handle that gave them, or to the program ("a static string").
 * Closing a handle twice, using it after it was closed, and passing one of another type are
 * LEYLINE_ERR_INVALID_ARGUMENT. That holds for the last 64 handles that the process has closed; for an older one it is
 * undefined behaviour, as with free().
 *
 * Threads. A handle is used by one thread at a time and may be handed from one to another. leyline_segment_t,
 * leyline_schema_t, leyline_action_space_t, leyline_normalizer_t and leyline_migration_t never change and may be used by
 * any number of threads at once. A function
 * whose comment says "any thread" keeps to that. Of the other handles, functions that take a pointer to const may run in
 * several threads at once, but not beside one that takes a pointer to non-const. A call that finds another one inside such a
 * function, in another thread or below itself (in a callback, in a signal handler), does nothing and returns
 * LEYLINE_ERR_BUSY. That is a net and no lock: it costs next to nothing, finds a program that shares a handle within its
 * first calls, and misses two calls that begin within some ten nanoseconds. After fork() the handles belong to the parent: in the child, taking a
 * role, publishing and committing are LEYLINE_ERR_FORKED; it attaches for itself. A role is held through a descriptor of
 * the library's own: a program that closes descriptors it did not open (closefrom, daemonizing) loses its roles, so it
 * does that first. Publishing and committing do not notice; waits and whatever asks who lives give
 * LEYLINE_ERR_CLOSED_DESCRIPTOR. A thread that is cancelled (pthread_cancel) within a function of this library ends
 * after it; threads of the asynchronous cancellation type must not call any. A signal handler may fork at any time, and
 * may call no function of this library.
 *
 * Where to start. A trainer: leyline_action_space_cnn, leyline_trainer_open_or_create, leyline_trainer_publish,
 * leyline_trainer_wait_decision, leyline_trainer_try_command and leyline_trainer_answer. A controller:
 * leyline_controller_attach, leyline_controller_next, leyline_controller_decide, leyline_controller_wait_outcome. Somebody
 * who only looks: leyline_segment_attach, leyline_schema_of_record, leyline_observer_open, leyline_observer_next.
 */

#ifndef LEYLINE_H
#define LEYLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define LEYLINE_ASSERT(condition, text) static_assert(condition, text)
#else
#define LEYLINE_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define LEYLINE_SIZE(type, size) LEYLINE_ASSERT(sizeof(type) == (size), "size of " #type)
#define LEYLINE_AT(type, field, at) LEYLINE_ASSERT(offsetof(type, field) == (at), "place of " #field " in " #type)

/**
 * leyline_check_version() with the numbers of this header: LEYLINE_OK if the library that runs is one for it.
 */
#define LEYLINE_CHECK_VERSION()                                                                               \
    leyline_check_version(LEYLINE_ABI_VERSION, LEYLINE_VERSION_MAJOR, LEYLINE_VERSION_MINOR, LEYLINE_VERSION_PATCH)

/**
 * Bytes of a segment's name, at most.
 */
#define LEYLINE_MAX_NAME 64

/**
 * Bytes of an leyline_id_t, the terminating NUL included.
 */
#define LEYLINE_ID_BYTES 40

/**
 * Bytes of a leyline_text_t, the terminating NUL included.
 */
#define LEYLINE_TEXT_BYTES 64

/**
 * Numbers in an leyline_observation_t.
 */
#define LEYLINE_FEATURES 27

/**
 * What BEST_VAL_LOSS reads at most, and before there is a best loss.
 */
#define LEYLINE_BEST_VAL_LOSS_CAP 10.0

/**
 * Annotations of one command, at most.
 */
#define LEYLINE_MAX_ANNOTATIONS 16

/**
 * Bytes of an annotation's value, the terminating NUL included.
 */
#define LEYLINE_ANNOTATION_BYTES 184

/**
 * Active seeds that a leyline_training_signals_t lists, at most.
 */
#define LEYLINE_MAX_ACTIVE_SEEDS 8

/**
 * Validations that a leyline_training_signals_t looks back, at most.
 */
#define LEYLINE_MAX_HISTORY 32

/**
 * Names of checks of either kind that a leyline_gate_result_t lists, at most.
 */
#define LEYLINE_MAX_GATE_CHECKS 6

/**
 * Ids of commands that a leyline_field_report_t lists, at most.
 */
#define LEYLINE_MAX_REPORTED_COMMANDS 32

/**
 * Numbers in the features of a leyline_seed_telemetry_t.
 */
#define LEYLINE_TELEMETRY_FEATURES 10

/**
 * Named numbers that a leyline_telemetry_event_t carries, at most.
 */
#define LEYLINE_MAX_EVENT_DATA 6

/**
 * Tags that a leyline_blueprint_spec_t lists, at most.
 */
#define LEYLINE_MAX_TAGS 8

/**
 * It was done.
 */
#define LEYLINE_OK 0

/**
 * There is nothing new, or nothing came in time.
 */
#define LEYLINE_EMPTY 1

/**
 * The writer overtook this reader. Nothing was read; the notice says how many records were missed.
 */
#define LEYLINE_LAPPED 2

/**
 * A new writer took over. Nothing was read; the notice says its epoch and first sequence.
 */
#define LEYLINE_RESTARTED 3

/**
 * There is nothing new, and the writer closed its handle.
 */
#define LEYLINE_WRITER_CLOSED 4

/**
 * There is nothing new, and the writer died.
 */
#define LEYLINE_WRITER_DIED 5

/**
 * There is nothing new, and the segment's name leads elsewhere now: attach again.
 */
#define LEYLINE_SUPERSEDED_NOTICE 6

/**
 * The version of this header. It changes when a program built against an earlier one would break.
 */
#define LEYLINE_ABI_VERSION 1

/**
 * The first number of the version of leyline that this header is of.
 */
#define LEYLINE_VERSION_MAJOR 0

/**
 * The second one. While the first is 0, another one is another interface, and another soname.
 */
#define LEYLINE_VERSION_MINOR 1

/**
 * The third one. A greater one has at most more functions and values.
 */
#define LEYLINE_VERSION_PATCH 0

/**
 * No group of its own for a new segment's file; as with chown(2).
 */
#define LEYLINE_GROUP_UNCHANGED UINT32_MAX

/**
 * The first observation of an episode: a bit of the flags of a stamp and a meta.
 */
#define LEYLINE_FLAG_FIRST 1

/**
 * The episode ended by itself.
 */
#define LEYLINE_FLAG_TERMINATED 2

/**
 * The episode was cut off.
 */
#define LEYLINE_FLAG_TRUNCATED 4

/**
 * A value was not finite or outside its bounds and was replaced.
 */
#define LEYLINE_FLAG_SANITIZED 8

/**
 * Room that leyline_seed_stage_successors needs.
 */
#define LEYLINE_MAX_SUCCESSORS 2

/**
 * Numbers in a row of version 2: the normalized features, then a flag for each that says whether it is missing.
 */
#define LEYLINE_VERSION_2_WIDTH 54

/**
 * The gate of a verdict where entry to the stage is free.
 */
#define LEYLINE_NO_GATE 255

/**
 * Bit of a state report's present: there is a seed, and its blueprint.
 */
#define LEYLINE_STATE_SEED 1

/**
 * Bit of a state report's present: there is a slot.
 */
#define LEYLINE_STATE_SLOT 2

/**
 * Bit of a gate result's present: there is a seed.
 */
#define LEYLINE_GATE_RESULT_SEED 1

/**
 * Bit of a gate result's present: there is a slot.
 */
#define LEYLINE_GATE_RESULT_SLOT 2

/**
 * Bit of a gate result's present: the message was longer than its field.
 */
#define LEYLINE_GATE_RESULT_MESSAGE_CUT 4

/**
 * Bit of a field report's present: there is a slot.
 */
#define LEYLINE_FIELD_REPORT_SLOT 1

/**
 * Bit of a field report's present: there are the signals at germination.
 */
#define LEYLINE_FIELD_REPORT_SIGNALS 2

/**
 * Bit of a field report's present: it failed, for a reason and in a stage.
 */
#define LEYLINE_FIELD_REPORT_FAILURE 4

/**
 * Bit of a field report's present: the reason was longer than its field.
 */
#define LEYLINE_FIELD_REPORT_REASON_CUT 8

/**
 * Bit of a seed telemetry's present: there is a layer.
 */
#define LEYLINE_TELEMETRY_LAYER 1

/**
 * Bit of an event's present: there is a seed.
 */
#define LEYLINE_EVENT_SEED 1

/**
 * Bit of an event's present: there is a slot.
 */
#define LEYLINE_EVENT_SLOT 2

/**
 * Bit of an event's present: there is an epoch.
 */
#define LEYLINE_EVENT_EPOCH 4

/**
 * Bit of an event's present: the message was longer than its field.
 */
#define LEYLINE_EVENT_MESSAGE_CUT 8

/**
 * Budgets that training signals can exceed: room that leyline_performance_budgets_exceeded_by_signals needs.
 */
#define LEYLINE_MAX_OVERRUNS 2

/**
 * Bit of a blueprint's present: there is a greatest number of channels.
 */
#define LEYLINE_BLUEPRINT_MAX_CHANNELS 1

/**
 * Bit of a blueprint's present: the description was longer than its field.
 */
#define LEYLINE_BLUEPRINT_DESCRIPTION_CUT 2

/**
 * Blueprints of a topology, at most.
 */
#define LEYLINE_MAX_BLUEPRINTS 61

/**
 * Bit of a command's present: there is an alpha.
 */
#define LEYLINE_COMMAND_ALPHA 1

/**
 * Bit of a command's present: there is a learning rate.
 */
#define LEYLINE_COMMAND_LEARNING_RATE 2

/**
 * Bit of a command's present: there is a target stage.
 */
#define LEYLINE_COMMAND_TARGET_STAGE 4

/**
 * Bit of a command's present: there is a blueprint.
 */
#define LEYLINE_COMMAND_BLUEPRINT 8

/**
 * Bit of a command's present: there is an action index.
 */
#define LEYLINE_COMMAND_ACTION 16

/**
 * Bit of a command's present: the reason was longer than its field.
 */
#define LEYLINE_COMMAND_REASON_CUT 32

/**
 * Bit of an outcome's present: a gate decided.
 */
#define LEYLINE_OUTCOME_GATE 1

/**
 * Bit of an outcome's present: there are metrics.
 */
#define LEYLINE_OUTCOME_METRICS 2

/**
 * Bit of an outcome's present: there is a seed.
 */
#define LEYLINE_OUTCOME_SEED 4

/**
 * Bit of an outcome's present: there are the stages before and after.
 */
#define LEYLINE_OUTCOME_STAGES 8

/**
 * Bit of an outcome's present: the text was longer than its field.
 */
#define LEYLINE_OUTCOME_TEXT_CUT 16

/**
 * Bit of a training metrics' present: there is a best validation loss.
 */
#define LEYLINE_METRICS_BEST_VAL_LOSS 1

/**
 * Bit of a training metrics' present: there is a gradient norm of the host.
 */
#define LEYLINE_METRICS_GRAD_NORM_HOST 2

/**
 * Bit of a training metrics' present: there is a gradient norm of the seed.
 */
#define LEYLINE_METRICS_GRAD_NORM_SEED 4

/**
 * Bit of training signals' present: there is a time.
 */
#define LEYLINE_SIGNALS_TIME 1

/**
 * Bit of training signals' present: there is the GPU memory in use.
 */
#define LEYLINE_SIGNALS_GPU_MEMORY 2

/**
 * Bit of training signals' present: there is the GPU utilization.
 */
#define LEYLINE_SIGNALS_GPU_UTILIZATION 4

/**
 * Bit of training signals' present: there is the epoch's duration.
 */
#define LEYLINE_SIGNALS_EPOCH_DURATION 8

/**
 * What went wrong, as a stable number.
 */
enum leyline_err
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * An argument is NULL, empty, zero or outside its documented range.
     */
    LEYLINE_ERR_INVALID_ARGUMENT = -1,
    /**
     * A segment name is empty, too long, starts with a dot or has a character outside `[A-Za-z0-9._-]`.
     */
    LEYLINE_ERR_INVALID_NAME = -2,
    /**
     * There is no segment, ring, schema or feature of that name.
     */
    LEYLINE_ERR_NOT_FOUND = -3,
    /**
     * A segment of that name is there already.
     */
    LEYLINE_ERR_ALREADY_EXISTS = -4,
    /**
     * The operating system refused access.
     */
    LEYLINE_ERR_PERMISSION_DENIED = -5,
    /**
     * The directory that segments live in does not exist or is not a directory.
     */
    LEYLINE_ERR_NO_DIRECTORY = -6,
    /**
     * There is no room for the segment: on its file system, or under a limit of this process.
     */
    LEYLINE_ERR_NO_SPACE = -7,
    /**
     * The name leads to a symbolic link, a directory, a device: anything but a regular file.
     */
    LEYLINE_ERR_NOT_REGULAR_FILE = -8,
    /**
     * The file belongs to another user.
     */
    LEYLINE_ERR_FOREIGN_OWNER = -9,
    /**
     * The file may be written by everybody.
     */
    LEYLINE_ERR_INSECURE_MODE = -10,
    /**
     * The file is shorter than its header or than its header says.
     */
    LEYLINE_ERR_TRUNCATED = -11,
    /**
     * The file does not start with this library's magic.
     */
    LEYLINE_ERR_BAD_MAGIC = -12,
    /**
     * The segment's layout has another major version.
     */
    LEYLINE_ERR_LAYOUT_VERSION = -13,
    /**
     * The segment was written by a machine of the other byte order.
     */
    LEYLINE_ERR_BYTE_ORDER = -14,
    /**
     * A count, size or offset in the segment contradicts the others.
     */
    LEYLINE_ERR_CORRUPT = -15,
    /**
     * Two sides disagree on what a record means, or how large it is.
     */
    LEYLINE_ERR_SCHEMA_MISMATCH = -16,
    /**
     * Two sides disagree on the action space.
     */
    LEYLINE_ERR_ACTION_SPACE_MISMATCH = -17,
    /**
     * The segment has no such ring, consumer or lane.
     */
    LEYLINE_ERR_NO_SUCH_RING = -18,
    /**
     * Another living handle holds the role.
     */
    LEYLINE_ERR_ROLE_HELD = -19,
    /**
     * The segment was attached read-only and this needs to write.
     */
    LEYLINE_ERR_READ_ONLY = -20,
    /**
     * The name now leads to another segment, or to none.
     */
    LEYLINE_ERR_SUPERSEDED = -21,
    /**
     * The ring is full: a living consumer is behind. The record was not accepted.
     */
    LEYLINE_ERR_FULL = -22,
    /**
     * The ring is full and the consumer that should empty it is gone. The record was not accepted.
     */
    LEYLINE_ERR_CONSUMER_GONE = -23,
    /**
     * The handle belongs to the parent of a `fork`; the child has to attach for itself.
     */
    LEYLINE_ERR_FORKED = -24,
    /**
     * A value is outside its range.
     */
    LEYLINE_ERR_OUT_OF_RANGE = -25,
    /**
     * A number is NaN or infinite where a finite one is needed.
     */
    LEYLINE_ERR_NOT_FINITE = -26,
    /**
     * A number has a fraction where a whole one is needed.
     */
    LEYLINE_ERR_NOT_WHOLE = -27,
    /**
     * An id is longer than 39 bytes, has a NUL inside or is not UTF-8.
     */
    LEYLINE_ERR_INVALID_ID = -28,
    /**
     * A number is no value of the enumeration it stands for.
     */
    LEYLINE_ERR_INVALID_ENUM = -29,
    /**
     * A seed may not go from its stage to the one asked for.
     */
    LEYLINE_ERR_ILLEGAL_TRANSITION = -30,
    /**
     * A gate did not let the seed pass.
     */
    LEYLINE_ERR_GATE_FAILED = -31,
    /**
     * An action is not possible in the observed state.
     */
    LEYLINE_ERR_MASKED = -32,
    /**
     * The action space has no such blueprint or action.
     */
    LEYLINE_ERR_UNKNOWN_ACTION = -33,
    /**
     * The time given for a wait ran out.
     */
    LEYLINE_ERR_TIMEOUT = -34,
    /**
     * More rows than the ring or the caller's block can hold.
     */
    LEYLINE_ERR_BATCH_TOO_LARGE = -35,
    /**
     * The ring's sequence numbers are used up.
     */
    LEYLINE_ERR_EXHAUSTED = -36,
    /**
     * The peer has died or closed, so what was waited for cannot come.
     */
    LEYLINE_ERR_PEER_GONE = -37,
    /**
     * This machine, kernel or build cannot do it.
     */
    LEYLINE_ERR_UNSUPPORTED = -38,
    /**
     * Any other error of the operating system.
     */
    LEYLINE_ERR_IO = -39,
    /**
     * A bug in this library, stopped at the C boundary.
     */
    LEYLINE_ERR_INTERNAL = -40,
    /**
     * The file can still be cut short, which would end whoever has it mapped.
     */
    LEYLINE_ERR_NOT_SEALED = -41,
    /**
     * The ring is in a device's hands: this process handed it over and has not taken it back.
     */
    LEYLINE_ERR_HANDED_OVER = -42,
    /**
     * The ring's writer died while a device could write it, which may still do so: the segment has to be made anew.
     */
    LEYLINE_ERR_LEFT_TO_DEVICE = -43,
    /**
     * Another call uses the handle: one of another thread, or one that this call interrupts. Nothing was done.
     */
    LEYLINE_ERR_BUSY = -44,
    /**
     * The program has closed a descriptor that this library owns, as a loop that makes a daemon of it does. Roles that were
     * held through it are lost, and another process may have them.
     */
    LEYLINE_ERR_CLOSED_DESCRIPTOR = -45,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_err leyline_err;
#else
typedef int32_t leyline_err;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a seed is in its life.
 */
enum leyline_seed_stage
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Not known.
     */
    LEYLINE_SEED_STAGE_UNKNOWN = 0,
    /**
     * The slot is empty.
     */
    LEYLINE_SEED_STAGE_DORMANT = 1,
    /**
     * Attached to its slot and sane.
     */
    LEYLINE_SEED_STAGE_GERMINATED = 2,
    /**
     * Trains, isolated from the host.
     */
    LEYLINE_SEED_STAGE_TRAINING = 3,
    /**
     * Its alpha goes from 0 to 1.
     */
    LEYLINE_SEED_STAGE_BLENDING = 4,
    /**
     * Compared with the host, not felt by it.
     */
    LEYLINE_SEED_STAGE_SHADOWING = 5,
    /**
     * The last validation.
     */
    LEYLINE_SEED_STAGE_PROBATIONARY = 6,
    /**
     * Permanent part of the host.
     */
    LEYLINE_SEED_STAGE_FOSSILIZED = 7,
    /**
     * Taken out.
     */
    LEYLINE_SEED_STAGE_CULLED = 8,
    /**
     * Its slot cools down.
     */
    LEYLINE_SEED_STAGE_EMBARGOED = 9,
    /**
     * Its slot is cleaned up.
     */
    LEYLINE_SEED_STAGE_RESETTING = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_seed_stage leyline_seed_stage;
#else
typedef uint8_t leyline_seed_stage;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What can be done to a seed; each leads to one stage.
 */
enum leyline_seed_operation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * To GERMINATED.
     */
    LEYLINE_SEED_OPERATION_GERMINATE = 1,
    /**
     * To TRAINING.
     */
    LEYLINE_SEED_OPERATION_START_TRAINING = 2,
    /**
     * To BLENDING.
     */
    LEYLINE_SEED_OPERATION_START_BLENDING = 3,
    /**
     * To SHADOWING.
     */
    LEYLINE_SEED_OPERATION_START_SHADOWING = 4,
    /**
     * To PROBATIONARY.
     */
    LEYLINE_SEED_OPERATION_START_PROBATION = 5,
    /**
     * To FOSSILIZED.
     */
    LEYLINE_SEED_OPERATION_FOSSILIZE = 6,
    /**
     * To CULLED.
     */
    LEYLINE_SEED_OPERATION_CULL = 7,
    /**
     * To EMBARGOED.
     */
    LEYLINE_SEED_OPERATION_EMBARGO = 8,
    /**
     * To RESETTING.
     */
    LEYLINE_SEED_OPERATION_RESET = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_seed_operation leyline_seed_operation;
#else
typedef uint8_t leyline_seed_operation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The gates; each guards the entry to one stage.
 */
enum leyline_gate
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Into GERMINATED.
     */
    LEYLINE_GATE_G0 = 0,
    /**
     * Into TRAINING.
     */
    LEYLINE_GATE_G1 = 1,
    /**
     * Into BLENDING.
     */
    LEYLINE_GATE_G2 = 2,
    /**
     * Into SHADOWING.
     */
    LEYLINE_GATE_G3 = 3,
    /**
     * Into PROBATIONARY.
     */
    LEYLINE_GATE_G4 = 4,
    /**
     * Into FOSSILIZED.
     */
    LEYLINE_GATE_G5 = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_gate leyline_gate;
#else
typedef uint8_t leyline_gate;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much a command may disturb the run.
 */
enum leyline_risk
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * None to speak of; the default.
     */
    LEYLINE_RISK_GREEN = 1,
    /**
     * Some.
     */
    LEYLINE_RISK_YELLOW = 2,
    /**
     * Work is lost if it was wrong.
     */
    LEYLINE_RISK_ORANGE = 3,
    /**
     * The run may suffer.
     */
    LEYLINE_RISK_RED = 4,
    /**
     * The run may be lost.
     */
    LEYLINE_RISK_CRITICAL = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_risk leyline_risk;
#else
typedef uint8_t leyline_risk;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a command asks for.
 */
enum leyline_command_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Plant a seed of the blueprint that the command names.
     */
    LEYLINE_COMMAND_TYPE_GERMINATE = 1,
    /**
     * Take the seed to the stage that the command names.
     */
    LEYLINE_COMMAND_TYPE_ADVANCE_STAGE = 2,
    /**
     * Take the seed out.
     */
    LEYLINE_COMMAND_TYPE_CULL = 3,
    /**
     * Set the blending weight that the command carries.
     */
    LEYLINE_COMMAND_TYPE_SET_ALPHA = 4,
    /**
     * Set the learning rate that the command carries.
     */
    LEYLINE_COMMAND_TYPE_SET_LEARNING_RATE = 5,
    /**
     * Stop training the seed, keep it.
     */
    LEYLINE_COMMAND_TYPE_PAUSE_SEED = 6,
    /**
     * Go on training the seed.
     */
    LEYLINE_COMMAND_TYPE_RESUME_SEED = 7,
    /**
     * Report the seed's state.
     */
    LEYLINE_COMMAND_TYPE_REQUEST_STATE = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_command_type leyline_command_type;
#else
typedef uint8_t leyline_command_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How far the trainer got with a command.
 */
enum leyline_outcome_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Taken on; another outcome follows.
     */
    LEYLINE_OUTCOME_STATUS_ACCEPTED = 1,
    /**
     * Done.
     */
    LEYLINE_OUTCOME_STATUS_EXECUTED = 2,
    /**
     * Not begun; nothing has changed.
     */
    LEYLINE_OUTCOME_STATUS_REJECTED = 3,
    /**
     * Begun and not done.
     */
    LEYLINE_OUTCOME_STATUS_FAILED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_outcome_status leyline_outcome_status;
#else
typedef uint8_t leyline_outcome_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a command was not executed.
 */
enum leyline_outcome_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint16_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It was.
     */
    LEYLINE_OUTCOME_CODE_NONE = 0,
    /**
     * The action is outside the mask of the observed state.
     */
    LEYLINE_OUTCOME_CODE_MASKED = 1,
    /**
     * The seed may not go from its stage to the one asked for.
     */
    LEYLINE_OUTCOME_CODE_ILLEGAL_STAGE = 2,
    /**
     * A gate did not let the seed pass.
     */
    LEYLINE_OUTCOME_CODE_GATE = 3,
    /**
     * There is no such seed.
     */
    LEYLINE_OUTCOME_CODE_UNKNOWN_SEED = 4,
    /**
     * There is no such blueprint.
     */
    LEYLINE_OUTCOME_CODE_UNKNOWN_BLUEPRINT = 5,
    /**
     * It answers an observation of an earlier writer generation.
     */
    LEYLINE_OUTCOME_CODE_STALE = 6,
    /**
     * There is no such slot.
     */
    LEYLINE_OUTCOME_CODE_UNKNOWN_SLOT = 7,
    /**
     * Every slot holds a seed.
     */
    LEYLINE_OUTCOME_CODE_NO_FREE_SLOT = 8,
    /**
     * The command's own fields are invalid or contradict each other.
     */
    LEYLINE_OUTCOME_CODE_MALFORMED = 9,
    /**
     * The action space has no such action.
     */
    LEYLINE_OUTCOME_CODE_UNKNOWN_ACTION = 10,
    /**
     * This trainer does not do that.
     */
    LEYLINE_OUTCOME_CODE_UNSUPPORTED = 11,
    /**
     * The trainer's own fault.
     */
    LEYLINE_OUTCOME_CODE_INTERNAL = 12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_outcome_code leyline_outcome_code;
#else
typedef uint16_t leyline_outcome_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The names and the order of an leyline_observation_t's numbers. Part of the wire contract: never renumbered.
 */
enum leyline_feature
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Epochs, from 1; whole.
     */
    LEYLINE_FEATURE_EPOCH = 0,
    /**
     * Optimizer steps; whole.
     */
    LEYLINE_FEATURE_GLOBAL_STEP = 1,
    /**
     * Mean training loss, nats.
     */
    LEYLINE_FEATURE_TRAIN_LOSS = 2,
    /**
     * Mean validation loss, nats.
     */
    LEYLINE_FEATURE_VAL_LOSS = 3,
    /**
     * Previous validation loss less this one, nats: positive is better.
     */
    LEYLINE_FEATURE_LOSS_DELTA = 4,
    /**
     * Training accuracy, percent.
     */
    LEYLINE_FEATURE_TRAIN_ACCURACY = 5,
    /**
     * Validation accuracy, percent.
     */
    LEYLINE_FEATURE_VAL_ACCURACY = 6,
    /**
     * Change of the validation accuracy since the last update, percentage points.
     */
    LEYLINE_FEATURE_ACCURACY_DELTA = 7,
    /**
     * Updates in a row that brought less than the plateau threshold; whole.
     */
    LEYLINE_FEATURE_PLATEAU_EPOCHS = 8,
    /**
     * Greatest validation accuracy so far, percent.
     */
    LEYLINE_FEATURE_BEST_VAL_ACCURACY = 9,
    /**
     * Least validation loss so far, nats; at most LEYLINE_BEST_VAL_LOSS_CAP.
     */
    LEYLINE_FEATURE_BEST_VAL_LOSS = 10,
    /**
     * The oldest of the last five validation losses, nats.
     */
    LEYLINE_FEATURE_LOSS_HIST_0 = 11,
    /**
     * The second oldest.
     */
    LEYLINE_FEATURE_LOSS_HIST_1 = 12,
    /**
     * The third oldest.
     */
    LEYLINE_FEATURE_LOSS_HIST_2 = 13,
    /**
     * The last but one.
     */
    LEYLINE_FEATURE_LOSS_HIST_3 = 14,
    /**
     * The newest.
     */
    LEYLINE_FEATURE_LOSS_HIST_4 = 15,
    /**
     * The oldest of the last five validation accuracies, percent.
     */
    LEYLINE_FEATURE_ACC_HIST_0 = 16,
    /**
     * The second oldest.
     */
    LEYLINE_FEATURE_ACC_HIST_1 = 17,
    /**
     * The third oldest.
     */
    LEYLINE_FEATURE_ACC_HIST_2 = 18,
    /**
     * The last but one.
     */
    LEYLINE_FEATURE_ACC_HIST_3 = 19,
    /**
     * The newest.
     */
    LEYLINE_FEATURE_ACC_HIST_4 = 20,
    /**
     * 1 while a seed is alive in the slot, else 0.
     */
    LEYLINE_FEATURE_HAS_ACTIVE_SEED = 21,
    /**
     * The value of the seed's stage; whole.
     */
    LEYLINE_FEATURE_SEED_STAGE = 22,
    /**
     * Epochs the seed has spent in its stage; whole.
     */
    LEYLINE_FEATURE_SEED_EPOCHS_IN_STAGE = 23,
    /**
     * Blending weight, 0 to 1.
     */
    LEYLINE_FEATURE_SEED_ALPHA = 24,
    /**
     * Improvement since the stage began, percentage points.
     */
    LEYLINE_FEATURE_SEED_IMPROVEMENT = 25,
    /**
     * Free slots; whole.
     */
    LEYLINE_FEATURE_AVAILABLE_SLOTS = 26,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_feature leyline_feature;
#else
typedef uint8_t leyline_feature;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a ring is for. A program's own rings are User.
 */
enum leyline_ring_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A program's own.
     */
    LEYLINE_RING_KIND_USER = 0,
    /**
     * Observations of the standard link.
     */
    LEYLINE_RING_KIND_OBSERVATIONS = 1,
    /**
     * Decisions of a lane.
     */
    LEYLINE_RING_KIND_DECISIONS = 2,
    /**
     * Commands of a lane.
     */
    LEYLINE_RING_KIND_COMMANDS = 3,
    /**
     * Outcomes of a lane.
     */
    LEYLINE_RING_KIND_OUTCOMES = 4,
    /**
     * Reports of the trainer: the rich tier of the standard link.
     */
    LEYLINE_RING_KIND_REPORTS = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_ring_kind leyline_ring_kind;
#else
typedef uint32_t leyline_ring_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whom to trust when attaching.
 */
enum leyline_trust
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Only this user, and a file that others cannot write.
     */
    LEYLINE_TRUST_OWNER = 0,
    /**
     * Anybody.
     */
    LEYLINE_TRUST_ANYONE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_trust leyline_trust;
#else
typedef uint32_t leyline_trust;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an attached segment may be used for.
 */
enum leyline_access
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Reading, sleeping and taking roles.
     */
    LEYLINE_ACCESS_READ_WRITE = 0,
    /**
     * Reading only; waiting looks every millisecond instead of being woken.
     */
    LEYLINE_ACCESS_READ_ONLY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_access leyline_access;
#else
typedef uint32_t leyline_access;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether the creating handle takes the name away when it is closed.
 */
enum leyline_on_close
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The segment stays.
     */
    LEYLINE_ON_CLOSE_KEEP = 0,
    /**
     * The name is removed when the creating handle and the roles taken through it are closed. Clones and observers continue
     * without a name. The name stays if it leads to another segment by then, if another trainer holds a role, or if any process
     * holds a role of a ring that is not part of a link.
     */
    LEYLINE_ON_CLOSE_UNLINK = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_on_close leyline_on_close;
#else
typedef uint32_t leyline_on_close;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * When the pages of the shared memory are entered in this process's page tables.
 */
enum leyline_prefault
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Those of a ring when a handle on it is opened.
     */
    LEYLINE_PREFAULT_OPENED = 0,
    /**
     * Those of the whole segment when it is attached.
     */
    LEYLINE_PREFAULT_EVERYTHING = 1,
    /**
     * Each when it is touched first.
     */
    LEYLINE_PREFAULT_WHEN_TOUCHED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_prefault leyline_prefault;
#else
typedef uint32_t leyline_prefault;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What pages to ask the kernel for.
 */
enum leyline_pages
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The processor's smallest.
     */
    LEYLINE_PAGES_USUAL = 0,
    /**
     * Huge ones, where the kernel gives them to files in memory.
     */
    LEYLINE_PAGES_HUGE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_pages leyline_pages;
#else
typedef uint32_t leyline_pages;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What leyline_segment_open_or_create did.
 */
enum leyline_opened
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There was none: it was made.
     */
    LEYLINE_OPENED_CREATED = 0,
    /**
     * A compatible one was there.
     */
    LEYLINE_OPENED_ATTACHED = 1,
    /**
     * One was there that no trainer can go on in, because a device may still be writing it: it was replaced.
     */
    LEYLINE_OPENED_RECREATED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_opened leyline_opened;
#else
typedef uint32_t leyline_opened;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a writer does about a consumer that is not there.
 */
enum leyline_policy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Its records stay until a successor takes them; a full ring refuses more.
     */
    LEYLINE_POLICY_KEEP = 1,
    /**
     * The writer goes on; a successor is told how many records it missed.
     */
    LEYLINE_POLICY_RELEASE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_policy leyline_policy;
#else
typedef uint32_t leyline_policy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a ring's stamps come from.
 */
enum leyline_time_source
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The processor's time stamp counter, calibrated against the clock.
     */
    LEYLINE_TIME_SOURCE_TSC = 1,
    /**
     * clock_gettime(CLOCK_MONOTONIC).
     */
    LEYLINE_TIME_SOURCE_CLOCK = 2,
    /**
     * One reading of the clock for all records of a batch.
     */
    LEYLINE_TIME_SOURCE_BATCH = 3,
    /**
     * The caller hands a time over with each record.
     */
    LEYLINE_TIME_SOURCE_CALLER = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_time_source leyline_time_source;
#else
typedef uint32_t leyline_time_source;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What to do while there is nothing.
 */
enum leyline_wait
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Poll all the time.
     */
    LEYLINE_WAIT_SPIN = 1,
    /**
     * Poll for some 20 us, then yield the processor between polls.
     */
    LEYLINE_WAIT_SPIN_THEN_YIELD = 2,
    /**
     * Poll for some 20 us, then sleep until woken.
     */
    LEYLINE_WAIT_SPIN_THEN_SLEEP = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_wait leyline_wait;
#else
typedef uint32_t leyline_wait;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * When a consumer gives slots back.
 */
enum leyline_commit
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * When leyline_consumer_commit is called.
     */
    LEYLINE_COMMIT_MANUAL = 1,
    /**
     * By itself, at every 32nd record (or half of the ring, if that is less) and when the ring is dry.
     */
    LEYLINE_COMMIT_AUTO = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_commit leyline_commit;
#else
typedef uint32_t leyline_commit;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where an observer starts.
 */
enum leyline_start
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * At the oldest record that is still there.
     */
    LEYLINE_START_OLDEST = 1,
    /**
     * At the newest record there is.
     */
    LEYLINE_START_NEWEST = 2,
    /**
     * At the first record published from now on.
     */
    LEYLINE_START_NOW = 3,
    /**
     * At a sequence.
     */
    LEYLINE_START_AT = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_start leyline_start;
#else
typedef uint32_t leyline_start;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is known of the writer of a ring.
 */
enum leyline_peer
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There never was one.
     */
    LEYLINE_PEER_NEVER = 0,
    /**
     * It lives.
     */
    LEYLINE_PEER_HELD = 1,
    /**
     * It closed its handle.
     */
    LEYLINE_PEER_CLOSED = 2,
    /**
     * It died, or was killed.
     */
    LEYLINE_PEER_DIED = 3,
    /**
     * The segment's name leads elsewhere now.
     */
    LEYLINE_PEER_SUPERSEDED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_peer leyline_peer;
#else
typedef uint32_t leyline_peer;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The type of a field.
 */
enum leyline_field
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * uint8_t
     */
    LEYLINE_FIELD_U8 = 1,
    /**
     * uint16_t
     */
    LEYLINE_FIELD_U16 = 2,
    /**
     * uint32_t
     */
    LEYLINE_FIELD_U32 = 3,
    /**
     * uint64_t
     */
    LEYLINE_FIELD_U64 = 4,
    /**
     * int64_t
     */
    LEYLINE_FIELD_I64 = 5,
    /**
     * float
     */
    LEYLINE_FIELD_F32 = 6,
    /**
     * UTF-8 text, padded with NUL; the count is its width in bytes.
     */
    LEYLINE_FIELD_UTF8 = 7,
    /**
     * int8_t
     */
    LEYLINE_FIELD_I8 = 8,
    /**
     * int16_t
     */
    LEYLINE_FIELD_I16 = 9,
    /**
     * int32_t
     */
    LEYLINE_FIELD_I32 = 10,
    /**
     * double
     */
    LEYLINE_FIELD_F64 = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_field leyline_field;
#else
typedef uint32_t leyline_field;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The records that come with the library.
 */
enum leyline_record
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * leyline_observation_t
     */
    LEYLINE_RECORD_OBSERVATION = 1,
    /**
     * leyline_decision_t
     */
    LEYLINE_RECORD_DECISION = 2,
    /**
     * leyline_adaptation_command_t
     */
    LEYLINE_RECORD_ADAPTATION_COMMAND = 3,
    /**
     * leyline_command_outcome_t
     */
    LEYLINE_RECORD_COMMAND_OUTCOME = 4,
    /**
     * leyline_training_signals_t
     */
    LEYLINE_RECORD_TRAINING_SIGNALS = 5,
    /**
     * leyline_seed_metrics_t
     */
    LEYLINE_RECORD_SEED_METRICS = 6,
    /**
     * leyline_training_metrics_t
     */
    LEYLINE_RECORD_TRAINING_METRICS = 7,
    /**
     * leyline_seed_telemetry_t
     */
    LEYLINE_RECORD_SEED_TELEMETRY = 8,
    /**
     * leyline_seed_state_report_t
     */
    LEYLINE_RECORD_SEED_STATE_REPORT = 9,
    /**
     * leyline_gate_result_t
     */
    LEYLINE_RECORD_GATE_RESULT = 10,
    /**
     * leyline_field_report_t
     */
    LEYLINE_RECORD_FIELD_REPORT = 11,
    /**
     * leyline_telemetry_event_t
     */
    LEYLINE_RECORD_TELEMETRY_EVENT = 12,
    /**
     * leyline_blueprint_spec_t
     */
    LEYLINE_RECORD_BLUEPRINT_SPEC = 13,
    /**
     * leyline_performance_budgets_t
     */
    LEYLINE_RECORD_PERFORMANCE_BUDGETS = 14,
    /**
     * leyline_command_annotation_t
     */
    LEYLINE_RECORD_COMMAND_ANNOTATION = 15,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_record leyline_record;
#else
typedef uint32_t leyline_record;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an action does.
 */
enum leyline_action
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing.
     */
    LEYLINE_ACTION_WAIT = 0,
    /**
     * Plants a seed.
     */
    LEYLINE_ACTION_GERMINATE = 1,
    /**
     * Makes the seed a permanent part of the host.
     */
    LEYLINE_ACTION_FOSSILIZE = 2,
    /**
     * Takes the seed out.
     */
    LEYLINE_ACTION_CULL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_action leyline_action;
#else
typedef uint32_t leyline_action;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A seed's health.
 */
enum leyline_health
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing speaks against it.
     */
    LEYLINE_HEALTH_HEALTHY = 0,
    /**
     * The host found something wrong with it.
     */
    LEYLINE_HEALTH_UNHEALTHY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_health leyline_health;
#else
typedef uint32_t leyline_health;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened.
 */
enum leyline_event_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A seed was planted.
     */
    LEYLINE_EVENT_TYPE_SEED_GERMINATED = 1,
    /**
     * A seed went from one stage to another.
     */
    LEYLINE_EVENT_TYPE_SEED_STAGE_CHANGED = 2,
    /**
     * A seed became a permanent part of its host.
     */
    LEYLINE_EVENT_TYPE_SEED_FOSSILIZED = 3,
    /**
     * A seed was taken out.
     */
    LEYLINE_EVENT_TYPE_SEED_CULLED = 4,
    /**
     * An epoch ended.
     */
    LEYLINE_EVENT_TYPE_EPOCH_COMPLETED = 5,
    /**
     * The accuracy does not rise any more.
     */
    LEYLINE_EVENT_TYPE_PLATEAU_DETECTED = 6,
    /**
     * The accuracy rose.
     */
    LEYLINE_EVENT_TYPE_IMPROVEMENT_DETECTED = 7,
    /**
     * A seed reached into its host while it should be isolated.
     */
    LEYLINE_EVENT_TYPE_ISOLATION_VIOLATION = 8,
    /**
     * A gradient vanishes, explodes or is not finite.
     */
    LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY = 9,
    /**
     * Something takes more than its budget, or got worse.
     */
    LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION = 10,
    /**
     * A command was received.
     */
    LEYLINE_EVENT_TYPE_COMMAND_ISSUED = 11,
    /**
     * A command was carried out.
     */
    LEYLINE_EVENT_TYPE_COMMAND_EXECUTED = 12,
    /**
     * A command was not carried out.
     */
    LEYLINE_EVENT_TYPE_COMMAND_FAILED = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_event_type leyline_event_type;
#else
typedef uint8_t leyline_event_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much an event matters.
 */
enum leyline_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * For whoever looks into something.
     */
    LEYLINE_SEVERITY_DEBUG = 1,
    /**
     * Nothing is wrong.
     */
    LEYLINE_SEVERITY_INFO = 2,
    /**
     * Somebody should look at it.
     */
    LEYLINE_SEVERITY_WARNING = 3,
    /**
     * Something failed.
     */
    LEYLINE_SEVERITY_ERROR = 4,
    /**
     * The run is at stake.
     */
    LEYLINE_SEVERITY_CRITICAL = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_severity leyline_severity;
#else
typedef uint8_t leyline_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What there is a budget for.
 */
enum leyline_budget
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Time of an epoch, ms.
     */
    LEYLINE_BUDGET_EPOCH = 1,
    /**
     * Time of a blending, ms.
     */
    LEYLINE_BUDGET_BLENDING = 2,
    /**
     * Time of a gate check, ms.
     */
    LEYLINE_BUDGET_GATE_CHECK = 3,
    /**
     * Memory of one seed, GB.
     */
    LEYLINE_BUDGET_SEED_MEMORY = 4,
    /**
     * Memory in all, GB.
     */
    LEYLINE_BUDGET_TOTAL_MEMORY = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_budget leyline_budget;
#else
typedef uint8_t leyline_budget;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a migration does with a field.
 */
enum leyline_fate
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A field of the new schema that is copied.
     */
    LEYLINE_FATE_COPIED = 0,
    /**
     * One that a converter makes.
     */
    LEYLINE_FATE_CONVERTED = 1,
    /**
     * One that the old schema does not have: it reads as its missing value.
     */
    LEYLINE_FATE_DEFAULTED = 2,
    /**
     * A field of the old schema that the new one does not have.
     */
    LEYLINE_FATE_DROPPED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_fate leyline_fate;
#else
typedef uint32_t leyline_fate;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What wait_any knows of a source.
 */
enum leyline_news
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing.
     */
    LEYLINE_NEWS_NONE = 0,
    /**
     * A read gives something: a record, or that it was lapped, or that a new writer took over.
     */
    LEYLINE_NEWS_READABLE = 1,
    /**
     * Nothing to read, and the writer closed its handle.
     */
    LEYLINE_NEWS_CLOSED = 2,
    /**
     * Nothing to read, and the writer died.
     */
    LEYLINE_NEWS_DIED = 3,
    /**
     * Nothing to read, and the segment's name leads elsewhere now.
     */
    LEYLINE_NEWS_SUPERSEDED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_news leyline_news;
#else
typedef uint32_t leyline_news;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a file in a directory of segments is.
 */
enum leyline_listed
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A segment. Whether it can be attached shows when it is.
     */
    LEYLINE_LISTED_SEGMENT = 1,
    /**
     * A hidden file that a killed creator left.
     */
    LEYLINE_LISTED_DEBRIS = 2,
    /**
     * A hidden file of a segment that somebody is making or replacing now.
     */
    LEYLINE_LISTED_IN_PROGRESS = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum leyline_listed leyline_listed;
#else
typedef uint32_t leyline_listed;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The actions of one topology. Never changes: any number of threads may use it at once.
 */
typedef struct leyline_action_space_t leyline_action_space_t;

/**
 * A reader that the writer waits for. Holds the role until it is closed. Used by one thread at a time.
 */
typedef struct leyline_consumer_t leyline_consumer_t;

/**
 * The controller's end of a link. Holds the roles of its lane until it is closed. Used by one thread at a time.
 */
typedef struct leyline_controller_t leyline_controller_t;

/**
 * How rows of one schema become rows of another. Never changes: any number of threads may use it at once.
 */
typedef struct leyline_migration_t leyline_migration_t;

/**
 * Normalizes observations for one task. Never changes: any number of threads may use it at once.
 */
typedef struct leyline_normalizer_t leyline_normalizer_t;

/**
 * A reader that the writer does not wait for. Used by one thread at a time.
 */
typedef struct leyline_observer_t leyline_observer_t;

/**
 * A schema. Never changes: any number of threads may use it at once.
 */
typedef struct leyline_schema_t leyline_schema_t;

/**
 * One slot and the seed in it. Used by one thread at a time. As it goes it makes the records that a trainer reports, which
 * wait to be taken with leyline_seed_lifecycle_next_...; a trainer that takes none pays some 50 KB.
 */
typedef struct leyline_seed_lifecycle_t leyline_seed_lifecycle_t;

/**
 * An attached segment. Any number of threads may use it at once; the handles made from it do not need it open.
 */
typedef struct leyline_segment_t leyline_segment_t;

/**
 * A segment to be made: its rings and its action space. Used by one thread at a time.
 */
typedef struct leyline_spec_t leyline_spec_t;

/**
 * Turns raw figures into observations and training signals. Used by one thread at a time.
 */
typedef struct leyline_tracker_t leyline_tracker_t;

/**
 * The trainer's end of a link. Holds the trainer's roles until it is closed. Used by one thread at a time.
 */
typedef struct leyline_trainer_t leyline_trainer_t;

/**
 * The writer of a ring. Holds the ring's writing role until it is closed. Used by one thread at a time.
 */
typedef struct leyline_writer_t leyline_writer_t;

/**
 * What a function returns: 0, a notice above 0 (LEYLINE_EMPTY ...), or an error below 0 (LEYLINE_ERR_...).
 */
typedef int32_t leyline_status_t;

/**
 * One field of a record. Strings are read during the call only.
 */
typedef struct leyline_field_t {
    /**
     * Its name: 1 to 79 bytes without white space or control characters, unique within the record.
     */
    const char *name;
    /**
     * A leyline_field.
     */
    uint32_t type;
    /**
     * Elements; 1 for a plain number.
     */
    uint32_t count;
    /**
     * Bytes from the record's start: offsetof.
     */
    uint32_t offset;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Its unit; NULL for none ("-").
     */
    const char *unit;
    /**
     * The least value, inclusive; -INFINITY for no bound.
     */
    double low;
    /**
     * The greatest value, inclusive; INFINITY for no bound.
     */
    double high;
    /**
     * How the number is scaled; NULL if it is in its unit ("raw").
     */
    const char *scale;
    /**
     * What stands there when the value is not known; NULL if it always is ("none").
     */
    const char *missing;
} leyline_field_t;

/**
 * A number that belongs to the meaning of a record, such as one of a task.
 */
typedef struct leyline_parameter_t {
    /**
     * Its name: 1 to 79 bytes without white space or control characters, unique within the schema.
     */
    const char *name;
    /**
     * The number; finite.
     */
    double value;
} leyline_parameter_t;

/**
 * An id: UTF-8, NUL-padded, at most 39 bytes. An overlong id is refused, never cut.
 */
typedef struct leyline_id_t {
    uint8_t bytes[LEYLINE_ID_BYTES];
} leyline_id_t;

/**
 * Free text: UTF-8, NUL-padded, at most 63 bytes. Longer text is cut at a character.
 */
typedef struct leyline_text_t {
    uint8_t bytes[LEYLINE_TEXT_BYTES];
} leyline_text_t;

/**
 * The only thing that acts on the trainer. Lossless, answered by a leyline_command_outcome_t.
 */
typedef struct leyline_adaptation_command_t {
    /**
     * UUID; zero until it is sent.
     */
    uint8_t id[16];
    /**
     * When it was made: nanoseconds since the Unix epoch; 0 until it is sent.
     */
    int64_t time_unix_ns;
    /**
     * The sequence of the observation it answers; 0 if it answers none.
     */
    uint64_t observation_sequence;
    /**
     * The epoch of that observation's writer; 0 if it answers none or that is unknown.
     */
    uint64_t writer_generation;
    /**
     * The seed; empty means the one that the observation describes.
     */
    struct leyline_id_t target_seed;
    /**
     * The slot; empty on GERMINATE means the lowest free one.
     */
    struct leyline_id_t target_slot;
    /**
     * The blueprint, with BLUEPRINT.
     */
    struct leyline_id_t blueprint;
    /**
     * Why, for people; cut if REASON_CUT.
     */
    struct leyline_text_t reason;
    /**
     * Blending weight 0 to 1, with ALPHA.
     */
    float alpha;
    /**
     * Learning rate, finite and above 0, with LEARNING_RATE.
     */
    float learning_rate;
    /**
     * How sure the policy is, 0 to 1.
     */
    float confidence;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * Index into the link's action space, with ACTION.
     */
    uint16_t action;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * A leyline_command_type.
     */
    uint8_t command_type;
    /**
     * A leyline_seed_stage, with TARGET_STAGE.
     */
    uint8_t target_stage;
    /**
     * A leyline_risk.
     */
    uint8_t risk;
    /**
     * 0.
     */
    uint8_t reserved;
} leyline_adaptation_command_t;

/**
 * What a policy sees of one environment: 27 numbers in the order of leyline_feature, in their units, not normalized.
 *
 * An `Observation` in memory may hold anything; new and check refuse what is not
 * in the Box, sanitize brings it there.
 */
typedef struct leyline_observation_t {
    /**
     * The numbers, by index.
     */
    float values[27];
} leyline_observation_t;

/**
 * What a row says about the seed: as much as decides which actions are possible.
 */
typedef struct leyline_seed_state_t {
    /**
     * 1 if a seed is alive in the slot, else 0.
     */
    uint32_t active;
    /**
     * A leyline_seed_stage.
     */
    uint32_t stage;
    /**
     * Free slots.
     */
    uint32_t slots;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_seed_state_t;

/**
 * Where and how to create or attach. Start with leyline_options_init.
 */
typedef struct leyline_options_t {
    /**
     * The directory; NULL: LEYLINE_DIR, or else /dev/shm.
     */
    const char *directory;
    /**
     * The mode of a new segment's file, exact whatever the umask. 0600.
     */
    uint32_t mode;
    /**
     * A leyline_trust. LEYLINE_TRUST_OWNER.
     */
    uint32_t trust;
    /**
     * A leyline_access. LEYLINE_ACCESS_READ_WRITE.
     */
    uint32_t access;
    /**
     * A leyline_on_close. LEYLINE_ON_CLOSE_KEEP.
     */
    uint32_t on_close;
    /**
     * The group of a new segment's file, one of this process's own. LEYLINE_GROUP_UNCHANGED: as the directory gives it.
     */
    uint32_t group;
    /**
     * A leyline_prefault: when page faults are taken. LEYLINE_PREFAULT_OPENED.
     */
    uint32_t prefault;
    /**
     * A leyline_pages: what pages to ask for. LEYLINE_PAGES_USUAL.
     */
    uint32_t pages;
    /**
     * 1: role pages show this process's whole command line. Every reader of the file can see it, also after the process has
     * ended. 0: role pages show the program's name only. 0.
     */
    uint32_t command_line;
    /**
     * Longest wait for a role that is held, ns: when opening a writer, consumer, trainer or controller, and for all roles when
     * replacing or removing a segment. A killed process holds its roles until its memory is freed and its core is dumped. 0: do
     * not wait.
     */
    uint64_t role_timeout_ns;
    /**
     * 0.
     */
    uint32_t reserved[2];
} leyline_options_t;

/**
 * A ring to be made. Start with leyline_ring_options_init and set the name.
 */
typedef struct leyline_ring_options_t {
    /**
     * Its name, 1 to 39 bytes, unique within the segment.
     */
    const char *name;
    /**
     * Slots: a power of two from 2 to 2^24. 4096.
     */
    uint64_t capacity;
    /**
     * Records in a slot, published and read together: 1 to 65536. 1.
     */
    uint32_t rows;
    /**
     * Declared consumers, at most 8. They gate from the ring's creation. 0.
     */
    uint32_t consumers;
    /**
     * A leyline_policy: what happens when a consumer is not there. LEYLINE_POLICY_KEEP.
     */
    uint32_t policy;
    /**
     * A leyline_time_source. LEYLINE_TIME_SOURCE_TSC.
     */
    uint32_t time_source;
    /**
     * 0.
     */
    uint64_t reserved[4];
} leyline_ring_options_t;

/**
 * What leyline_segment_recreate put an end to.
 */
typedef struct leyline_displaced_t {
    /**
     * Records on its LEYLINE_POLICY_KEEP rings that their consumers had not committed.
     */
    uint64_t uncommitted;
    /**
     * 1 if there was a segment of that name, else 0.
     */
    uint32_t segments;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_displaced_t;

/**
 * A ring as it is in a segment.
 */
typedef struct leyline_ring_info_t {
    /**
     * Its name.
     */
    struct leyline_id_t name;
    /**
     * Its record's fingerprint.
     */
    uint8_t fingerprint[16];
    /**
     * Slots.
     */
    uint64_t capacity;
    /**
     * Bytes of a record.
     */
    uint64_t record_size;
    /**
     * Records in a slot.
     */
    uint32_t rows;
    /**
     * Declared consumers.
     */
    uint32_t consumers;
    /**
     * A leyline_policy.
     */
    uint32_t policy;
    /**
     * A leyline_time_source.
     */
    uint32_t time_source;
    /**
     * A leyline_ring_kind.
     */
    uint32_t kind;
    /**
     * The lane it belongs to.
     */
    uint32_t lane;
} leyline_ring_info_t;

/**
 * Latencies counted by a role, in nanoseconds.
 */
typedef struct leyline_latency_t {
    /**
     * Measurements.
     */
    uint64_t count;
    /**
     * Their sum, ns.
     */
    uint64_t sum;
    /**
     * The least, ns; 0 when there is none.
     */
    uint64_t min;
    /**
     * The greatest, ns.
     */
    uint64_t max;
    /**
     * How many exceeded the deadline.
     */
    uint64_t misses;
    /**
     * The deadline, ns; 0 for none.
     */
    uint64_t deadline;
    /**
     * buckets[i] counts the values of i bits: from 2^(i-1) to below 2^i ns.
     */
    uint64_t buckets[64];
} leyline_latency_t;

/**
 * Who holds a role, and what it counted.
 */
typedef struct leyline_role_info_t {
    /**
     * When the present or last holder took the role, nanoseconds since the Unix epoch.
     */
    int64_t since_unix_ns;
    /**
     * Records it has read.
     */
    uint64_t records;
    /**
     * Records it missed.
     */
    uint64_t lost;
    /**
     * Observation to decision, where the role measures it.
     */
    struct leyline_latency_t latency;
    /**
     * Its process id in its own namespace; 0 if there never was a holder. For people, never for liveness.
     */
    uint32_t pid;
    /**
     * 1 if it has a living holder, from the kernel; else 0.
     */
    uint32_t held;
    /**
     * Its program's name, or its command line if its options set command_line; cut at 192 bytes, padded with NUL.
     */
    uint8_t command[200];
} leyline_role_info_t;

/**
 * What a writer puts beside a record.
 */
typedef struct leyline_stamp_t {
    /**
     * CLOCK_MONOTONIC nanoseconds, kept to 16 ns; 0 for unknown. leyline_writer_now gives the ring's time.
     */
    uint64_t time_ns;
    /**
     * The environment the record belongs to.
     */
    uint16_t env;
    /**
     * LEYLINE_FLAG_... bits.
     */
    uint8_t flags;
    /**
     * 0.
     */
    uint8_t reserved[5];
} leyline_stamp_t;

/**
 * What a reader finds beside a record.
 */
typedef struct leyline_meta_t {
    /**
     * The record's sequence in its ring; starts at 1 and never repeats.
     */
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
    /**
     * Records passed over to get here: other than 0 only when the newest was asked for.
     */
    uint64_t skipped;
    /**
     * The environment it belongs to.
     */
    uint16_t env;
    /**
     * LEYLINE_FLAG_... bits.
     */
    uint8_t flags;
    /**
     * 0.
     */
    uint8_t reserved[5];
} leyline_meta_t;

/**
 * What stands behind LEYLINE_LAPPED and LEYLINE_RESTARTED.
 */
typedef struct leyline_notice_t {
    /**
     * LEYLINE_LAPPED: exactly how many records were missed; else 0.
     */
    uint64_t missed;
    /**
     * LEYLINE_LAPPED: the sequence that the next read tries; else 0.
     */
    uint64_t next;
    /**
     * LEYLINE_RESTARTED: the new writer generation; else 0.
     */
    uint64_t generation;
    /**
     * LEYLINE_RESTARTED: its first sequence; else 0.
     */
    uint64_t first_sequence;
} leyline_notice_t;

/**
 * What is known of the writer of a ring.
 */
typedef struct leyline_peer_t {
    /**
     * LEYLINE_PEER_HELD: how long ago its newest record was stamped, ns; UINT64_MAX if that is not known. Silent is not
     * stalled: it may have nothing to say. Else 0.
     */
    uint64_t silent_for_ns;
    /**
     * A leyline_peer.
     */
    uint32_t state;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_peer_t;

/**
 * The flags of a record.
 */
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
    /**
     * When it was published, `CLOCK_MONOTONIC` nanoseconds to 16 ns; 0 for unknown.
     */
    uint64_t time_ns;
    /**
     * The writer generation it was published in; 0 for unknown: the ring has had more than 128 writers since.
     */
    uint64_t generation;
    /**
     * Records of this environment that the last call has read, the row's included; 0: the row is unchanged.
     */
    uint32_t records;
    /**
     * The environment: the row's index.
     */
    uint16_t env;
    /**
     * The flags of the row's record.
     */
    leyline_flags_t flags;
    /**
     * The flags of all records of this environment that the last call has read, so that the end of an episode is not
     * missed because its record was overtaken by the first one of the next.
     */
    leyline_flags_t all_flags;
} leyline_env_mark_t;

/**
 * What one gathering by environment gave.
 */
typedef struct leyline_gathered_t {
    /**
     * Sequences read.
     */
    uint64_t read;
    /**
     * Exactly how many sequences were missed because the writer overtook this reader.
     */
    uint64_t missed;
    /**
     * Rows that hold a new record.
     */
    uint64_t changed;
    /**
     * Records of an environment that the block has no row for.
     */
    uint64_t outside;
} leyline_gathered_t;

/**
 * What a policy says beside the action itself.
 */
typedef struct leyline_answer_t {
    /**
     * Why, for people; cut at 63 bytes. Or NULL.
     */
    const char *reason;
    /**
     * Confidence in the action, 0 to 1.
     */
    float confidence;
    /**
     * The policy's estimate of the value of the state.
     */
    float value_estimate;
    /**
     * The logarithm of the probability of the action.
     */
    float log_probability;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_answer_t;

/**
 * What leyline_controller_decide and leyline_controller_send sent.
 */
typedef struct leyline_sent_t {
    /**
     * The decision's sequence; 0 where there is none.
     */
    uint64_t decision_sequence;
    /**
     * The command's sequence; 0 where there is none (WAIT).
     */
    uint64_t command_sequence;
    /**
     * The command's id; zeros where there is none.
     */
    uint8_t command_id[16];
    /**
     * From the stamp of the observation to that of the decision, ns; 0 for unknown.
     */
    uint64_t latency_ns;
} leyline_sent_t;

/**
 * The shape of a link. leyline_link_options_init sets the defaults. It counts only when the link is made: one that is
 * there keeps its capacities. The rings of a link are "observations" and, for each lane L, "decisions.L", "commands.L"
 * and "outcomes.L", and one for each kind of report; leyline_schema_of_record gives their schemas.
 */
typedef struct leyline_link_options_t {
    /**
     * What the observations are: all float, one after the other; read during the call only. NULL: leyline_observation_t.
     */
    const struct leyline_schema_t *observe;
    /**
     * Slots of the ring of observations, a power of two. 0: room for 4096 observations, and 8 slots at least.
     */
    uint64_t observations;
    /**
     * Slots of each lane's ring of decisions, a power of two, twice the rows at least. 0: as many as there is room for
     * observations, or 4096 if that is less.
     */
    uint64_t decisions;
    /**
     * Slots of each lane's ring of commands, a power of two, as many as rows at least; outcomes have four times as many.
     * 0: 256, or as many as rows.
     */
    uint64_t commands;
    /**
     * Controllers that can act at the same time, 1 to 8. 1.
     */
    uint32_t lanes;
    /**
     * Observations in a slot: as many environments as step together, 1 to 65536. 1.
     */
    uint32_t rows;
    /**
     * A leyline_time_source. LEYLINE_TIME_SOURCE_TSC.
     */
    uint32_t time_source;
    /**
     * 0.
     */
    uint32_t reserved[5];
} leyline_link_options_t;

/**
 * What a controller chose for one observation. For the record only: it may be lost and is never executed.
 */
typedef struct leyline_decision_t {
    /**
     * The sequence of the observation it answers; from 1.
     */
    uint64_t observation_sequence;
    /**
     * The epoch of that observation's writer, from 1; 0 if it is unknown.
     */
    uint64_t writer_generation;
    /**
     * How sure the policy is, 0 to 1.
     */
    float confidence;
    /**
     * The policy's estimate of the return from here, in units of its reward; finite.
     */
    float value_estimate;
    /**
     * Natural logarithm of the probability with which the action was drawn; finite.
     */
    float log_probability;
    /**
     * Index into the link's action space; 0 is WAIT.
     */
    uint16_t action;
    /**
     * The environment, from 0.
     */
    uint16_t env;
} leyline_decision_t;

/**
 * A command to be executed and answered.
 */
typedef struct leyline_received_t {
    /**
     * The command; checked.
     */
    struct leyline_adaptation_command_t command;
    /**
     * Its sequence on its lane's ring of commands.
     */
    uint64_t sequence;
    /**
     * When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown.
     */
    uint64_t time_ns;
    /**
     * The lane it came by.
     */
    uint32_t lane;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_received_t;

/**
 * A seed's figures since it germinated.
 */
typedef struct leyline_seed_metrics_t {
    /**
     * Epochs since it germinated.
     */
    uint32_t epochs_total;
    /**
     * Epochs since it entered its stage.
     */
    uint32_t epochs_in_stage;
    /**
     * Accuracy when it germinated: percent, 0 to 100.
     */
    float initial_accuracy;
    /**
     * Latest accuracy: percent, 0 to 100.
     */
    float current_accuracy;
    /**
     * Best accuracy: percent, 0 to 100.
     */
    float best_accuracy;
    /**
     * Accuracy when it entered its stage: percent, 0 to 100.
     */
    float accuracy_at_stage_start;
    /**
     * Latest accuracy less the initial one: percentage points, -100 to 100.
     */
    float total_improvement;
    /**
     * Latest accuracy less the one at stage start: percentage points, -100 to 100.
     */
    float improvement_since_stage_start;
    /**
     * Times that the seed reached into the host while it should be isolated.
     */
    uint32_t isolation_violations;
    /**
     * Mean of the seed's gradient norms, finite and not negative; 0 while there is none.
     */
    float mean_gradient_norm;
    /**
     * Blending weight, 0 to 1.
     */
    float alpha;
    /**
     * Settings of alpha made while BLENDING.
     */
    uint32_t alpha_ramp_step;
} leyline_seed_metrics_t;

/**
 * The trainer's answer to an leyline_adaptation_command_t. Lossless.
 */
typedef struct leyline_command_outcome_t {
    /**
     * The command's id.
     */
    uint8_t command_id[16];
    /**
     * The sequence under which the command lay in its ring; from 1.
     */
    uint64_t command_sequence;
    /**
     * The observation that the command answered; 0 if it answered none.
     */
    uint64_t observation_sequence;
    /**
     * The epoch of that observation's writer; 0 if it answered none or that is unknown.
     */
    uint64_t writer_generation;
    /**
     * When: nanoseconds since the Unix epoch; 0 until it is sent.
     */
    int64_t time_unix_ns;
    /**
     * The seed that the trainer resolved the command to, with SEED.
     */
    struct leyline_id_t seed;
    /**
     * For people; cut if TEXT_CUT.
     */
    struct leyline_text_t text;
    /**
     * The seed's figures after the command, with METRICS.
     */
    struct leyline_seed_metrics_t metrics;
    /**
     * The deciding gate's score, 0 to 1, with GATE.
     */
    float gate_score;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * An leyline_outcome_code; NONE exactly when accepted or executed.
     */
    uint16_t code;
    /**
     * An leyline_outcome_status.
     */
    uint8_t status;
    /**
     * The leyline_seed_stage before the command, with STAGES.
     */
    uint8_t stage_before;
    /**
     * The leyline_seed_stage after the command, with STAGES.
     */
    uint8_t stage_after;
    /**
     * The leyline_gate that decided, with GATE.
     */
    uint8_t gate;
    /**
     * 1 if the gate passed, else 0, with GATE.
     */
    uint8_t gate_passed;
    /**
     * 0.
     */
    uint8_t reserved[7];
} leyline_command_outcome_t;

/**
 * What a trainer's handle has counted.
 */
typedef struct leyline_trainer_counts_t {
    /**
     * Observations published.
     */
    uint64_t sent;
    /**
     * Decisions received.
     */
    uint64_t decided;
    /**
     * Commands refused before they were handed out.
     */
    uint64_t refused;
    /**
     * From the stamp of the observation to that of the decision received last, ns; 0 for unknown.
     */
    uint64_t last_latency_ns;
} leyline_trainer_counts_t;

/**
 * The figures of the training loop. All but `epoch`, `global_step` and `train_loss` are those of the last validation.
 */
typedef struct leyline_training_metrics_t {
    /**
     * Optimizer steps.
     */
    uint64_t global_step;
    /**
     * Epochs, from 1.
     */
    uint32_t epoch;
    /**
     * Validations so far; 0 while the figures of a validation are still all 0. Tells whether they are new.
     */
    uint32_t validations;
    /**
     * Updates in a row that brought less than the plateau threshold.
     */
    uint32_t plateau_epochs;
    /**
     * Which optional fields are there; the others are 0.
     */
    uint32_t present;
    /**
     * Mean training loss, nats.
     */
    float train_loss;
    /**
     * Mean validation loss, nats.
     */
    float val_loss;
    /**
     * Previous validation loss less this one, nats: positive is better.
     */
    float loss_delta;
    /**
     * Training accuracy, percent.
     */
    float train_accuracy;
    /**
     * Validation accuracy, percent.
     */
    float val_accuracy;
    /**
     * Change of the validation accuracy, percentage points.
     */
    float accuracy_delta;
    /**
     * Greatest validation accuracy so far, percent.
     */
    float best_val_accuracy;
    /**
     * Least validation loss so far, nats, not capped. Optional: BEST_VAL_LOSS.
     */
    float best_val_loss;
    /**
     * Gradient norm of the host. Optional: GRAD_NORM_HOST.
     */
    float grad_norm_host;
    /**
     * Gradient norm of the seed. Optional: GRAD_NORM_SEED.
     */
    float grad_norm_seed;
} leyline_training_metrics_t;

/**
 * What a trainer reports after a validation: the metrics, the seeds, the machine and the history.
 *
 * The lists are bounded. Each has its count, and a count of what did not fit; entries from the count on are zero.
 */
typedef struct leyline_training_signals_t {
    /**
     * The figures of the training loop.
     */
    struct leyline_training_metrics_t metrics;
    /**
     * When, in nanoseconds since the Unix epoch. Optional: TIME.
     */
    int64_t time_unix_ns;
    /**
     * The sequence of the observation they were published with, from 1; 0 until they are.
     */
    uint64_t observation_sequence;
    /**
     * The writer generation that sequence belongs to, from 1; 0 until they are published.
     */
    uint64_t writer_generation;
    /**
     * Ids of the active seeds, the described one first.
     */
    struct leyline_id_t active_seeds[8];
    /**
     * The last validation losses, nats, oldest first.
     */
    float loss_history[32];
    /**
     * The last validation accuracies, percent, oldest first.
     */
    float accuracy_history[32];
    /**
     * Free slots.
     */
    uint32_t available_slots;
    /**
     * Epochs the described seed has spent in its stage.
     */
    uint32_t seed_epochs_in_stage;
    /**
     * Its blending weight, 0 to 1.
     */
    float seed_alpha;
    /**
     * Its improvement since the stage began, percentage points.
     */
    float seed_improvement;
    /**
     * GPU memory in use, GB. Optional: GPU_MEMORY.
     */
    float gpu_memory_gb;
    /**
     * GPU utilization, 0 to 1. Optional: GPU_UTILIZATION.
     */
    float gpu_utilization;
    /**
     * How long the epoch took, ms. Optional: EPOCH_DURATION.
     */
    float epoch_duration_ms;
    /**
     * Which optional fields are there; the others are 0.
     */
    uint32_t present;
    /**
     * Active seeds that the list had no room for.
     */
    uint32_t active_seeds_dropped;
    /**
     * Older losses that the list had no room for.
     */
    uint32_t loss_history_dropped;
    /**
     * Older accuracies that the list had no room for.
     */
    uint32_t accuracy_history_dropped;
    /**
     * Seeds in the list.
     */
    uint8_t active_seed_count;
    /**
     * Losses in the list.
     */
    uint8_t loss_history_count;
    /**
     * Accuracies in the list.
     */
    uint8_t accuracy_history_count;
    /**
     * The described seed's stage, a value of leyline_seed_stage.
     */
    uint8_t seed_stage;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * 0.
     */
    uint8_t reserved[6];
} leyline_training_signals_t;

/**
 * A pair to annotate a command with. Strings are read during the call only.
 */
typedef struct leyline_annotation_t {
    /**
     * What the value is of: 1 to 39 bytes.
     */
    const char *key;
    /**
     * The value: at most 183 bytes.
     */
    const char *value;
} leyline_annotation_t;

/**
 * The value of an annotation: UTF-8, NUL-padded, at most 183 bytes. An overlong one is refused, never cut.
 */
typedef struct leyline_annotation_value_t {
    uint8_t bytes[LEYLINE_ANNOTATION_BYTES];
} leyline_annotation_value_t;

/**
 * One key-value pair of a command. As large as an leyline_adaptation_command_t, and on the same ring.
 */
typedef struct leyline_command_annotation_t {
    /**
     * The id of the command that it belongs to; zero until it is sent.
     */
    uint8_t command_id[16];
    /**
     * What the value is of: 1 to 39 bytes.
     */
    struct leyline_id_t key;
    /**
     * The value.
     */
    struct leyline_annotation_value_t value;
    /**
     * Which of its command's annotations it is, from 0.
     */
    uint16_t index;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * 255, where a command has its type.
     */
    uint8_t command_type;
    /**
     * How many annotations its command has.
     */
    uint8_t count;
    /**
     * 0.
     */
    uint8_t reserved[2];
} leyline_command_annotation_t;

/**
 * Where a ring lies in this process, for a device that writes or reads it. Of one that was handed over the addresses are
 * those of the writing handle's own mapping, page-aligned, and valid until that handle is closed; of one that is read
 * those of the segment's read-only mapping. What is done with it there is in leyline_device.hpp.
 */
typedef struct leyline_device_ring_t {
    /**
     * The ring's control page, 4096 bytes.
     */
    void *control;
    /**
     * Its slots: capacity times stride bytes.
     */
    void *data;
    /**
     * Bytes of the slots.
     */
    uint64_t data_len;
    /**
     * Slots, a power of two.
     */
    uint64_t capacity;
    /**
     * The first sequence of the ring's life.
     */
    uint64_t first_sequence;
    /**
     * The sequence that the device's first record will have.
     */
    uint64_t next_sequence;
    /**
     * The writer generation that the device writes in: the host's own.
     */
    uint64_t generation;
    /**
     * Bytes from slot to slot.
     */
    uint32_t stride;
    /**
     * Bytes of a slot's payload.
     */
    uint32_t payload_size;
    /**
     * Bytes of one record.
     */
    uint32_t record_size;
    /**
     * Records in a slot.
     */
    uint32_t rows;
} leyline_device_ring_t;

/**
 * One number of an observation.
 */
typedef struct leyline_feature_t {
    /**
     * Its name, such as "VAL_LOSS"; a static string.
     */
    const char *name;
    /**
     * Its unit, "-" where there is none; a static string.
     */
    const char *unit;
    /**
     * The least value of its Box, inclusive.
     */
    float low;
    /**
     * The greatest value of its Box, inclusive.
     */
    float high;
    /**
     * What it reads when there is no value, and what replaces NaN.
     */
    float missing;
    /**
     * 1 if only whole numbers make sense, else 0.
     */
    uint32_t whole;
} leyline_feature_t;

/**
 * The raw figures of one validation.
 */
typedef struct leyline_validation_t {
    /**
     * Optimizer steps.
     */
    uint64_t global_step;
    /**
     * Epochs, from 1.
     */
    uint32_t epoch;
    /**
     * Mean training loss, nats.
     */
    float train_loss;
    /**
     * Mean validation loss, nats.
     */
    float val_loss;
    /**
     * Training accuracy, percent.
     */
    float train_accuracy;
    /**
     * Validation accuracy, percent.
     */
    float val_accuracy;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_validation_t;

/**
 * One seed, as the trainer sees it now.
 */
typedef struct leyline_seed_view_t {
    /**
     * Its id.
     */
    struct leyline_id_t id;
    /**
     * A leyline_seed_stage.
     */
    uint32_t stage;
    /**
     * Epochs it has spent in its stage.
     */
    uint32_t epochs_in_stage;
    /**
     * Its blending weight, 0 to 1.
     */
    float alpha;
    /**
     * Its improvement since the stage began, percentage points.
     */
    float improvement;
} leyline_seed_view_t;

/**
 * What a learning task looks like in numbers.
 *
 * The fields may be set freely; check and new refuse what makes no sense.
 */
typedef struct leyline_task_t {
    /**
     * Its name, 1 to 27 of `A-Z a-z 0-9 . _ -`. The schemas are named after it.
     */
    struct leyline_id_t name;
    /**
     * The loss of a model that has learnt nothing, nats: reads 1.
     */
    double baseline_loss;
    /**
     * The loss that is hoped for, nats, less than the baseline: reads 0.
     */
    double target_loss;
    /**
     * A usual change of the loss between validations, nats, above 0: reads 1.
     */
    double delta_std;
    /**
     * Epochs of a run, 1 or more: reads 1, as do more.
     */
    double max_epochs;
    /**
     * Optimizer steps of a run, 1 or more: reads 1, as do more.
     */
    double max_steps;
    /**
     * Slots for seeds, 1 or more: reads 1, as do more.
     */
    double max_slots;
} leyline_task_t;

/**
 * A normalized observation: no observation, and not to be published as one.
 */
typedef struct leyline_normalized_t {
    /**
     * The numbers, by leyline_feature; the schema is that of leyline_normalizer_schema.
     */
    float values[27];
} leyline_normalized_t;

/**
 * Makes a number of the new row from the old row, which is as long as its schema is wide. Called from any thread that
 * applies a migration; must not unwind.
 */
typedef float (*leyline_converter_t)(const float *row, size_t width, void *context);

/**
 * What the gates ask for. Start with leyline_gate_thresholds_init.
 */
typedef struct leyline_gate_thresholds_t {
    /**
     * G2: least improvement since stage start, percentage points, -100 to 100. 0.5.
     */
    float min_stage_improvement;
    /**
     * G2: most isolation violations. 10.
     */
    uint32_t max_isolation_violations;
    /**
     * G2: least epochs in TRAINING. 3.
     */
    uint32_t min_training_epochs;
    /**
     * G3: least epochs in BLENDING. 3.
     */
    uint32_t min_blending_epochs;
    /**
     * G3: least alpha, 0 to 1. 0.95.
     */
    float min_alpha;
    /**
     * G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; one epoch at least. 10.
     */
    uint32_t shadowing_dwell_percent;
    /**
     * G5: total improvement to exceed, percentage points, -100 to 100. 0.
     */
    float total_improvement_above;
} leyline_gate_thresholds_t;

/**
 * What a gate says about a seed.
 */
typedef struct leyline_gate_verdict_t {
    /**
     * A leyline_gate, or LEYLINE_NO_GATE.
     */
    uint32_t gate;
    /**
     * 1 if the seed may pass, else 0.
     */
    uint32_t passed;
    /**
     * How well it did, 0 to 1; a gate may fail at any score.
     */
    float score;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Its checks, for people: "name: needs ..., found ...; ...". NUL-terminated UTF-8, cut at a character if it is longer.
     */
    uint8_t text[240];
} leyline_gate_verdict_t;

/**
 * Something that happened, for people and for logs.
 */
typedef struct leyline_telemetry_event_t {
    /**
     * UUID of this event.
     */
    uint8_t id[16];
    /**
     * When: nanoseconds since the Unix epoch.
     */
    int64_t time_unix_ns;
    /**
     * The seed it is about, with SEED.
     */
    struct leyline_id_t seed;
    /**
     * The slot it is about, with SLOT.
     */
    struct leyline_id_t slot;
    /**
     * For people; cut if MESSAGE_CUT.
     */
    struct leyline_text_t message;
    /**
     * Names of the numbers in `data_values`, each once.
     */
    struct leyline_id_t data_names[6];
    /**
     * Named numbers, finite.
     */
    double data_values[6];
    /**
     * Epochs of the run, from 1, with EPOCH.
     */
    uint32_t epoch;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * Named numbers that there was no room for.
     */
    uint32_t data_dropped;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * An leyline_event_type.
     */
    uint8_t event_type;
    /**
     * A leyline_severity.
     */
    uint8_t severity;
    /**
     * Named numbers there are.
     */
    uint8_t data_count;
    /**
     * 0.
     */
    uint8_t reserved[7];
} leyline_telemetry_event_t;

/**
 * A seed as it is now.
 */
typedef struct leyline_seed_state_report_t {
    /**
     * When the seed entered its stage: nanoseconds since the Unix epoch.
     */
    int64_t entered_at_unix_ns;
    /**
     * When this was reported: nanoseconds since the Unix epoch.
     */
    int64_t reported_at_unix_ns;
    /**
     * The seed, with SEED; none in an empty slot.
     */
    struct leyline_id_t seed;
    /**
     * Its slot, with SLOT.
     */
    struct leyline_id_t slot;
    /**
     * Its blueprint, with SEED.
     */
    struct leyline_id_t blueprint;
    /**
     * Its figures.
     */
    struct leyline_seed_metrics_t metrics;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * A leyline_seed_stage.
     */
    uint8_t stage;
    /**
     * The leyline_seed_stage before.
     */
    uint8_t previous_stage;
    /**
     * 1 if nothing speaks against the seed, else 0.
     */
    uint8_t healthy;
    /**
     * 1 if it does better than when its stage began, else 0.
     */
    uint8_t improving;
    /**
     * 1 if somebody should look at it, else 0.
     */
    uint8_t needs_attention;
    /**
     * 0.
     */
    uint8_t reserved[5];
} leyline_seed_state_report_t;

/**
 * What a gate said of a seed. A failed one is worth telling, too.
 */
typedef struct leyline_gate_result_t {
    /**
     * When: nanoseconds since the Unix epoch.
     */
    int64_t time_unix_ns;
    /**
     * The seed, with SEED.
     */
    struct leyline_id_t seed;
    /**
     * Its slot, with SLOT.
     */
    struct leyline_id_t slot;
    /**
     * For people; cut if MESSAGE_CUT.
     */
    struct leyline_text_t message;
    /**
     * Names of the checks that held, in the gate's order.
     */
    struct leyline_id_t checks_passed[6];
    /**
     * Names of the checks that did not.
     */
    struct leyline_id_t checks_failed[6];
    /**
     * How well the seed did, 0 to 1; a gate may fail at any score.
     */
    float score;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * Names that the list of passed checks had no room for.
     */
    uint32_t checks_passed_dropped;
    /**
     * Names that the list of failed checks had no room for.
     */
    uint32_t checks_failed_dropped;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * A leyline_gate.
     */
    uint8_t gate;
    /**
     * 1 if the seed may pass, else 0.
     */
    uint8_t passed;
    /**
     * Names in the list of passed checks.
     */
    uint8_t checks_passed_count;
    /**
     * Names in the list of failed checks.
     */
    uint8_t checks_failed_count;
    /**
     * 0.
     */
    uint8_t reserved[2];
} leyline_gate_result_t;

/**
 * One seed's whole life: how it began, went and ended.
 */
typedef struct leyline_field_report_t {
    /**
     * UUID of this report.
     */
    uint8_t id[16];
    /**
     * When the seed germinated: nanoseconds since the Unix epoch.
     */
    int64_t germinated_at_unix_ns;
    /**
     * When it was fossilized or culled: nanoseconds since the Unix epoch.
     */
    int64_t completed_at_unix_ns;
    /**
     * The seed.
     */
    struct leyline_id_t seed;
    /**
     * Its blueprint.
     */
    struct leyline_id_t blueprint;
    /**
     * Its slot, with SLOT.
     */
    struct leyline_id_t slot;
    /**
     * Why it failed, for people, with FAILURE; cut if REASON_CUT.
     */
    struct leyline_text_t failure_reason;
    /**
     * The training signals when it germinated, with SIGNALS.
     */
    struct leyline_training_signals_t signals;
    /**
     * Ids of the commands that were received for it, oldest first.
     */
    uint8_t commands[32][16];
    /**
     * Epochs it spent in each stage, by the stage's value.
     */
    uint32_t epochs_in_stage[11];
    /**
     * Epochs it lived: the sum of the above.
     */
    uint32_t total_epochs;
    /**
     * Accuracy at germination: percent, 0 to 100.
     */
    float accuracy_at_germination;
    /**
     * Accuracy at completion: percent, 0 to 100.
     */
    float accuracy_at_completion;
    /**
     * Accuracy at completion less that at germination: percentage points, -100 to 100.
     */
    float total_improvement;
    /**
     * Best accuracy: percent, 0 to 100.
     */
    float best_accuracy;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * Later commands that the list had no room for.
     */
    uint32_t commands_dropped;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * Commands in the list.
     */
    uint8_t command_count;
    /**
     * The last leyline_seed_stage: FOSSILIZED, or CULLED to RESETTING.
     */
    uint8_t final_stage;
    /**
     * 1 if it was fossilized, else 0.
     */
    uint8_t success;
    /**
     * The leyline_seed_stage that it failed in, with FAILURE.
     */
    uint8_t failure_stage;
    /**
     * 0.
     */
    uint8_t reserved[2];
} leyline_field_report_t;

/**
 * What a life cycle dropped because nobody took it in time.
 */
typedef struct leyline_untold_t {
    /**
     * Events.
     */
    uint64_t events;
    /**
     * State reports.
     */
    uint64_t state_reports;
    /**
     * Gate results.
     */
    uint64_t gate_results;
    /**
     * Field reports.
     */
    uint64_t field_reports;
} leyline_untold_t;

/**
 * What is measured of one seed at one moment.
 */
typedef struct leyline_seed_telemetry_t {
    /**
     * When: nanoseconds since the Unix epoch.
     */
    int64_t captured_at_unix_ns;
    /**
     * The seed.
     */
    struct leyline_id_t seed;
    /**
     * Its blueprint.
     */
    struct leyline_id_t blueprint;
    /**
     * The layer it is attached to, with LAYER.
     */
    struct leyline_id_t layer;
    /**
     * Norm of its gradient, 0 or more.
     */
    float gradient_norm;
    /**
     * How well its gradient flows, 0 to 1.
     */
    float gradient_health;
    /**
     * Accuracy: percent, 0 to 100.
     */
    float accuracy;
    /**
     * Change of the accuracy: percentage points, -100 to 100.
     */
    float accuracy_delta;
    /**
     * Blending weight, 0 to 1.
     */
    float alpha;
    /**
     * Epochs it has spent in its stage.
     */
    uint32_t epochs_in_stage;
    /**
     * Epochs of the run, from 1.
     */
    uint32_t epoch;
    /**
     * Epochs that the run will have.
     */
    uint32_t max_epochs;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * A leyline_seed_stage.
     */
    uint8_t stage;
    /**
     * 1 if the gradient vanishes, else 0.
     */
    uint8_t vanishing;
    /**
     * 1 if the gradient explodes, else 0.
     */
    uint8_t exploding;
    /**
     * 0.
     */
    uint8_t reserved[7];
} leyline_seed_telemetry_t;

/**
 * What telemetry is held against.
 */
typedef struct leyline_performance_budgets_t {
    /**
     * Time of an epoch, ms, 0 or more. Default 18.
     */
    float epoch_ms;
    /**
     * Time of a blending, ms, 0 or more. Default 5.
     */
    float blending_ms;
    /**
     * Time of a gate check, ms, 0 or more. Default 2.
     */
    float gate_check_ms;
    /**
     * Memory of one seed, GB, 0 or more. Default 2.
     */
    float seed_memory_gb;
    /**
     * Memory in all, GB, 0 or more. Default 12.
     */
    float total_memory_gb;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * 0.
     */
    uint8_t reserved[2];
} leyline_performance_budgets_t;

/**
 * A budget that was exceeded.
 */
typedef struct leyline_overrun_t {
    /**
     * A leyline_budget.
     */
    uint32_t budget;
    /**
     * The limit, in the budget's unit.
     */
    float limit;
    /**
     * What was measured, in the budget's unit.
     */
    float measured;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_overrun_t;

/**
 * A kind of seed.
 */
typedef struct leyline_blueprint_spec_t {
    /**
     * What commands and action spaces call it: 1 to 39 of `[A-Za-z0-9._-]`.
     */
    struct leyline_id_t id;
    /**
     * What people call it.
     */
    struct leyline_id_t name;
    /**
     * The networks it is for, such as `cnn`: 1 to 39 of `[A-Za-z0-9._-]`.
     */
    struct leyline_id_t topology;
    /**
     * What it is, for people; cut if DESCRIPTION_CUT.
     */
    struct leyline_text_t description;
    /**
     * Words to find it by.
     */
    struct leyline_id_t tags[8];
    /**
     * Estimate of its parameters; puts the actions of a space in order.
     */
    uint64_t parameters;
    /**
     * The fewest channels it works with, 1 or more.
     */
    uint32_t min_channels;
    /**
     * The most channels it works with, with MAX_CHANNELS.
     */
    uint32_t max_channels;
    /**
     * Cost of computing it; 1.0 is the baseline.
     */
    float compute_cost;
    /**
     * Cost of its memory; 1.0 is the baseline.
     */
    float memory_cost;
    /**
     * Epochs recommended in TRAINING.
     */
    uint32_t training_epochs;
    /**
     * Epochs recommended in BLENDING.
     */
    uint32_t blending_epochs;
    /**
     * Which optional fields are there; other bits are 0.
     */
    uint32_t present;
    /**
     * Tags that the list had no room for.
     */
    uint32_t tags_dropped;
    /**
     * The environment, from 0.
     */
    uint16_t env;
    /**
     * Tags in the list.
     */
    uint8_t tag_count;
    /**
     * 0.
     */
    uint8_t reserved[5];
} leyline_blueprint_spec_t;

/**
 * How a ring stands. A snapshot: while its writer writes, its parts may be some records apart.
 */
typedef struct leyline_ring_status_t {
    /**
     * The last sequence that is complete; one less than the ring's first where there is none yet.
     */
    uint64_t last_sequence;
    /**
     * Records that have been written in the ring's life.
     */
    uint64_t written;
    /**
     * Records that can still be read.
     */
    uint64_t readable;
    /**
     * The present writer's generation, which counts the ring's writers; 0 before the first.
     */
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
    /**
     * A leyline_peer: what has become of the writer.
     */
    uint32_t writer;
    /**
     * Declared consumers.
     */
    uint32_t consumers;
    /**
     * 1 if a device may be writing it: it was handed over, or its writer died while it was. Else 0.
     */
    uint32_t handed_over;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_ring_status_t;

/**
 * A writer that came.
 */
typedef struct leyline_takeover_t {
    /**
     * Its generation.
     */
    uint64_t generation;
    /**
     * The first sequence that it wrote, or will write.
     */
    uint64_t first_sequence;
} leyline_takeover_t;

/**
 * How a declared consumer of a ring stands.
 */
typedef struct leyline_consumer_status_t {
    /**
     * The last sequence that was committed.
     */
    uint64_t committed;
    /**
     * Records that are there and not committed.
     */
    uint64_t behind;
    /**
     * Records that the writer went over while nobody held the role, and that the next holder will be told of.
     */
    uint64_t passed_over;
    /**
     * 1 if somebody living holds the role, else 0.
     */
    uint32_t held;
    /**
     * 0.
     */
    uint32_t reserved;
} leyline_consumer_status_t;

/**
 * A command that is still in its ring, and what has become of it.
 */
typedef struct leyline_command_state_t {
    /**
     * The command as it stands in the ring: not checked.
     */
    struct leyline_adaptation_command_t command;
    /**
     * The last outcome for it that is still in the ring of outcomes; zero if there is none.
     */
    struct leyline_command_outcome_t outcome;
    /**
     * Its sequence on the lane's ring of commands.
     */
    uint64_t sequence;
    /**
     * When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown.
     */
    uint64_t time_ns;
    /**
     * 1 if there is an outcome, else 0.
     */
    uint32_t has_outcome;
    /**
     * 1 if the trainer has committed it: it will not be delivered again; else 0.
     */
    uint32_t committed;
    /**
     * 1 if something is still to come: nobody has answered it finally and the trainer has not committed it; else 0.
     */
    uint32_t open;
    /**
     * Its annotations that are still in the ring.
     */
    uint32_t annotations;
} leyline_command_state_t;

/**
 * A file in a directory of segments.
 */
typedef struct leyline_listed_t {
    /**
     * Its name, padded with NUL. That of a segment is the segment's name and ".leyline".
     */
    uint8_t file[80];
    /**
     * Its size in bytes.
     */
    uint64_t bytes;
    /**
     * When it was made, nanoseconds since the Unix epoch, as far as the file system knows.
     */
    int64_t modified_unix_ns;
    /**
     * A leyline_listed: what it is.
     */
    uint32_t kind;
    /**
     * Its owner's user number.
     */
    uint32_t owner;
} leyline_listed_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * What a status means, in a few words.
 *
 * @param status  any number; one that is no status gives "not a status of leyline"
 * @return        a static string, never NULL
 *
 * Any thread. Never fails. leyline_last_error() has the particulars of a failure.
 */
const char *leyline_strerror(leyline_status_t status);

/**
 * What the last failing call of this thread ran into: what it concerned, what was expected and found, what to do.
 *
 * @return  a string, never NULL; empty if no call of this thread has failed. It is this thread's and valid until its
 *          next failing call.
 *
 * A call that succeeds or gives a notice leaves it as it is. Never fails.
 */
const char *leyline_last_error(void);

/**
 * This library's version, such as "0.1.0".
 *
 * @return  a static string, never NULL
 */
const char *leyline_version(void);

/**
 * The version of this header that the library was built with. Compare it with LEYLINE_ABI_VERSION when the library is
 * loaded at run time; another number means another interface. LEYLINE_CHECK_VERSION() does.
 */
uint32_t leyline_abi_version(void);

/**
 * Whether the library that runs is one that the program was compiled for. LEYLINE_CHECK_VERSION() calls it with the
 * numbers of the header that the program sees.
 *
 * @param abi_version  LEYLINE_ABI_VERSION of the header
 * @param major        LEYLINE_VERSION_MAJOR of the header
 * @param minor        LEYLINE_VERSION_MINOR of the header
 * @param patch        LEYLINE_VERSION_PATCH of the header
 * @return             0; LEYLINE_ERR_UNSUPPORTED: the library has another interface, or it is older than the header, so
 *                     that functions or values may be missing
 *
 * Any thread. A program that the loader gave a library by its soname can still meet an older one of the same interface,
 * and one that opens it by a path can meet any.
 */
leyline_status_t leyline_check_version(uint32_t abi_version,
                                       uint32_t major,
                                       uint32_t minor,
                                       uint32_t patch);

/**
 * Now, in nanoseconds of CLOCK_MONOTONIC: the clock of all stamps.
 */
uint64_t leyline_now_ns(void);

/**
 * Makes the schema of a record of your own.
 *
 * @param name         the record's name: 1 to 39 bytes without white space or control characters
 * @param version      its version; another version is another meaning
 * @param size         bytes of a record: sizeof, a multiple of 4 to be carried by a ring, at most 2^24
 * @param fields       its fields in ascending order of their offsets, not overlapping
 * @param field_count  how many, 1 or more
 * @param schema       the new handle; close it with leyline_schema_close
 * @return             LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_schema_new(const char *name,
                                    uint32_t version,
                                    size_t size,
                                    const struct leyline_field_t *fields,
                                    size_t field_count,
                                    struct leyline_schema_t **schema);

/**
 * Gives the schema of a record that comes with the library.
 *
 * @param record  a leyline_record
 * @param schema  the new handle; close it with leyline_schema_close
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_schema_of_record(uint32_t record, struct leyline_schema_t **schema);

/**
 * Makes a schema from its canonical text, which may come from anywhere.
 *
 * @param text    UTF-8; need not end with a NUL
 * @param bytes   how many bytes of it
 * @param schema  the new handle; close it with leyline_schema_close
 * @return        LEYLINE_ERR_CORRUPT unless it is the canonical text of some schema to the byte
 *
 * Any thread.
 */
leyline_status_t leyline_schema_from_canonical(const char *text,
                                               size_t bytes,
                                               struct leyline_schema_t **schema);

/**
 * Makes a schema from another one with parameters in the place of its own: the numbers that its formulas name, and
 * whatever else another record of this name may not differ in.
 *
 * @param schema      the schema; not changed
 * @param parameters  the parameters, in the order that the fingerprint covers
 * @param count       how many, at most 64
 * @param with        the new handle; close it with leyline_schema_close
 * @return            LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_schema_with_parameters(const struct leyline_schema_t *schema,
                                                const struct leyline_parameter_t *parameters,
                                                size_t count,
                                                struct leyline_schema_t **with);

/**
 * The record's name and version.
 *
 * @param schema   the schema
 * @param name     the name, the schema's own: valid until it is closed
 * @param version  the version; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_name(const struct leyline_schema_t *schema,
                                     const char **name,
                                     uint32_t *version);

/**
 * How many fields and parameters a schema has.
 *
 * @param schema      the schema
 * @param fields      fields
 * @param parameters  parameters; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_len(const struct leyline_schema_t *schema,
                                    size_t *fields,
                                    size_t *parameters);

/**
 * A field of a schema.
 *
 * @param schema  the schema
 * @param index   its position, from 0
 * @param field   the field; its strings are the schema's own: valid until it is closed
 * @return        LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_field(const struct leyline_schema_t *schema,
                                      size_t index,
                                      struct leyline_field_t *field);

/**
 * A parameter of a schema.
 *
 * @param schema     the schema
 * @param index      its position, from 0
 * @param parameter  the parameter; its name is the schema's own: valid until it is closed
 * @return           LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_parameter(const struct leyline_schema_t *schema,
                                          size_t index,
                                          struct leyline_parameter_t *parameter);

/**
 * Whether two schemas are the same. If not, leyline_last_error() names both and the first field that differs.
 *
 * @param schema  the schema that is expected
 * @param found   the one that was found
 * @return        LEYLINE_ERR_SCHEMA_MISMATCH if they differ
 *
 * Any thread.
 */
leyline_status_t leyline_schema_check_same(const struct leyline_schema_t *schema,
                                           const struct leyline_schema_t *found);

/**
 * The fingerprint: the first 16 bytes of SHA-256 over the canonical text. Two sides agree on a record when their
 * fingerprints are equal.
 *
 * @param schema       the schema
 * @param fingerprint  16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_schema_fingerprint(const struct leyline_schema_t *schema,
                                            uint8_t *fingerprint);

/**
 * The canonical text: one line for the record, one for each field.
 *
 * @param schema  the schema
 * @param text    the text, the schema's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_schema_canonical(const struct leyline_schema_t *schema, const char **text);

/**
 * Bytes of one record.
 *
 * @param schema  the schema
 * @param size    bytes
 *
 * Any thread.
 */
leyline_status_t leyline_schema_record_size(const struct leyline_schema_t *schema, size_t *size);

/**
 * Ends the handle. Rings and specs made with it are not touched.
 *
 * @param schema  the handle, or NULL
 */
leyline_status_t leyline_schema_close(struct leyline_schema_t *schema);

/**
 * Sets an id.
 *
 * @param id    the id
 * @param text  UTF-8 of at most 39 bytes; the empty text makes the empty id
 * @return      LEYLINE_ERR_INVALID_ID if it is longer: an id is never cut; LEYLINE_ERR_INVALID_ARGUMENT if it is not UTF-8
 *
 * Any thread.
 */
leyline_status_t leyline_id_set(struct leyline_id_t *id,
                                const char *text);

/**
 * Whether an id that came from elsewhere is UTF-8 and ends with a NUL, so that its bytes can be used as a string.
 *
 * @param id  the id
 * @return    LEYLINE_ERR_INVALID_ID if not
 *
 * Any thread.
 */
leyline_status_t leyline_id_check(const struct leyline_id_t *id);

/**
 * Makes the action space of a topology: WAIT, one GERMINATE_<BLUEPRINT> for each blueprint by ascending parameter
 * estimate (ties by name), FOSSILIZE, CULL.
 *
 * @param topology    such as "cnn": 1 to 39 of A-Z a-z 0-9 . _ -
 * @param blueprints  their names, in any order; the same alphabet
 * @param parameters  as many parameter estimates
 * @param count       how many, at most 61
 * @param space       the new handle; close it with leyline_action_space_close
 * @return            LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_new(const char *topology,
                                          const char *const *blueprints,
                                          const uint64_t *parameters,
                                          size_t count,
                                          struct leyline_action_space_t **space);

/**
 * The action space of the known blueprints for convolutional networks: norm, attention, depthwise, conv_enhance.
 *
 * @param space  the new handle; close it with leyline_action_space_close
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_cnn(struct leyline_action_space_t **space);

/**
 * The action space of the known blueprints for transformers: norm, lora, attention, mlp.
 *
 * @param space  the new handle; close it with leyline_action_space_close
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_transformer(struct leyline_action_space_t **space);

/**
 * The action space that a segment was made with.
 *
 * @param segment  the segment; not kept
 * @param space    the new handle; close it with leyline_action_space_close
 * @return         LEYLINE_ERR_NOT_FOUND if it has none
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_of_segment(const struct leyline_segment_t *segment,
                                                 struct leyline_action_space_t **space);

/**
 * How many actions there are: 3 to 64.
 *
 * @param space  the action space
 * @param count  actions
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_len(const struct leyline_action_space_t *space, size_t *count);

/**
 * The name of an action.
 *
 * @param space  the action space
 * @param index  its index
 * @param name   the name, the space's own: valid until it is closed
 * @return       LEYLINE_ERR_UNKNOWN_ACTION
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_name(const struct leyline_action_space_t *space,
                                           size_t index,
                                           const char **name);

/**
 * The index of an action.
 *
 * @param space  the action space
 * @param name   its name, such as "CULL"
 * @param index  its index
 * @return       LEYLINE_ERR_UNKNOWN_ACTION
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_index_of(const struct leyline_action_space_t *space,
                                               const char *name,
                                               size_t *index);

/**
 * What an action does.
 *
 * @param space  the action space
 * @param index  its index
 * @param kind   a leyline_action
 * @return       LEYLINE_ERR_UNKNOWN_ACTION
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_kind(const struct leyline_action_space_t *space,
                                           size_t index,
                                           uint32_t *kind);

/**
 * The blueprint that an action germinates.
 *
 * @param space      the action space
 * @param index      its index
 * @param blueprint  the blueprint, the space's own: valid until it is closed
 * @return           LEYLINE_ERR_UNKNOWN_ACTION if it is no germinate action
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_blueprint(const struct leyline_action_space_t *space,
                                                size_t index,
                                                const char **blueprint);

/**
 * The action that germinates a blueprint.
 *
 * @param space      the action space
 * @param blueprint  the blueprint
 * @param index      its index
 * @return           LEYLINE_ERR_UNKNOWN_ACTION
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_germinate(const struct leyline_action_space_t *space,
                                                const char *blueprint,
                                                size_t *index);

/**
 * The command that an action stands for, ready to be sent: GERMINATE of its blueprint, ADVANCE_STAGE to
 * FOSSILIZED, CULL. WAIT, for which nothing is sent as a rule, is the explicit request REQUEST_STATE.
 *
 * @param space    the action space
 * @param index    its index
 * @param command  the command
 * @return         LEYLINE_ERR_UNKNOWN_ACTION
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_command(const struct leyline_action_space_t *space,
                                              size_t index,
                                              struct leyline_adaptation_command_t *command);

/**
 * Which actions are physically possible in an observation (raw, not normalized). Never 0: WAIT is always possible.
 *
 * @param space        the action space
 * @param observation  the observation; may hold anything
 * @param mask         bit i for action i
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_mask(const struct leyline_action_space_t *space,
                                           const struct leyline_observation_t *observation,
                                           uint64_t *mask);

/**
 * As leyline_action_space_mask, for a batch. Allocates nothing.
 *
 * @param space         the action space
 * @param observations  the batch
 * @param count         how many
 * @param masks         as many masks
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_masks(const struct leyline_action_space_t *space,
                                            const struct leyline_observation_t *observations,
                                            size_t count,
                                            uint64_t *masks);

/**
 * The masks of a batch as numbers: 1 for what is possible, 0 for what is not. Allocates nothing.
 *
 * @param space         the action space
 * @param observations  the batch
 * @param count         how many
 * @param masks         (count, n) numbers, row by row, n being leyline_action_space_len
 * @param masks_len     how many numbers there is room for: count times n
 * @return              LEYLINE_ERR_INVALID_ARGUMENT (masks_len)
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_masks_i8(const struct leyline_action_space_t *space,
                                               const struct leyline_observation_t *observations,
                                               size_t count,
                                               int8_t *masks,
                                               size_t masks_len);

/**
 * The fingerprint: the first 16 bytes of SHA-256 over the canonical text.
 *
 * @param space        the action space
 * @param fingerprint  16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_fingerprint(const struct leyline_action_space_t *space,
                                                  uint8_t *fingerprint);

/**
 * The canonical text.
 *
 * @param space  the action space
 * @param text   the text, the space's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_canonical(const struct leyline_action_space_t *space,
                                                const char **text);

/**
 * The Discrete space as JSON, in the form that RL tools read.
 *
 * @param space  the action space
 * @param json   the text, the space's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_json(const struct leyline_action_space_t *space, const char **json);

/**
 * Ends the handle.
 *
 * @param space  the handle, or NULL
 */
leyline_status_t leyline_action_space_close(struct leyline_action_space_t *space);

/**
 * How many numbers a row of observations has.
 *
 * @param schema  the schema: 1 to 4096 floats and nothing else
 * @param width   numbers
 * @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_schema_width(const struct leyline_schema_t *schema, size_t *width);

/**
 * The position of a feature in the rows of a schema.
 *
 * @param schema  the schema of rows of floats
 * @param name    the feature's name
 * @param index   its position, from 0
 * @return        LEYLINE_ERR_NOT_FOUND
 *
 * Any thread.
 */
leyline_status_t leyline_schema_index_of(const struct leyline_schema_t *schema,
                                         const char *name,
                                         size_t *index);

/**
 * The Box of each number of a row, and what each reads when there is no value.
 *
 * @param schema   the schema of rows of floats
 * @param width    numbers that each array has room for: the schema's width
 * @param low      the least values, inclusive; or NULL
 * @param high     the greatest values, inclusive; or NULL
 * @param missing  the values for what is missing; or NULL
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_schema_bounds(const struct leyline_schema_t *schema,
                                       size_t width,
                                       float *low,
                                       float *high,
                                       float *missing);

/**
 * Whether every number of a row is finite, in its Box, and whole where it has to be. The error names the first that is
 * not.
 *
 * @param schema  the schema of rows of floats
 * @param values  the row
 * @param width   its numbers: the schema's width
 * @return        LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_check_row(const struct leyline_schema_t *schema,
                                          const float *values,
                                          size_t width);

/**
 * Brings every number of a row into its Box: saturates, replaces NaN by the missing value, drops fractions of what has
 * to be whole.
 *
 * @param schema    the schema of rows of floats
 * @param values    the row, changed in place
 * @param width     its numbers: the schema's width
 * @param replaced  bit i for number i if it was replaced, bit 63 for any from 63 on; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_sanitize_row(const struct leyline_schema_t *schema,
                                             float *values,
                                             size_t width,
                                             uint64_t *replaced);

/**
 * The Box space of a schema as JSON, in the form that RL tools read.
 *
 * @param schema  the schema of rows of floats
 * @param json    the text, the schema's own: valid until it is closed
 * @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_schema_space_json(const struct leyline_schema_t *schema, const char **json);

/**
 * What a row says about the seed, by the names HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS; normalized ones too.
 *
 * @param schema  the schema of rows of floats
 * @param values  the row; may hold anything
 * @param width   its numbers: the schema's width
 * @param state   the seed's state
 * @return        LEYLINE_ERR_NOT_FOUND if the schema has not all three, or the numbers are no such state
 *
 * Any thread.
 */
leyline_status_t leyline_schema_seed_state(const struct leyline_schema_t *schema,
                                           const float *values,
                                           size_t width,
                                           struct leyline_seed_state_t *state);

/**
 * Which actions are physically possible, for rows of any schema that says what the seed is, normalized ones included.
 * Never 0: WAIT is always possible. Allocates nothing.
 *
 * @param space   the action space
 * @param schema  the schema of the rows
 * @param rows    (count, width) numbers, row by row; may hold anything
 * @param count   rows
 * @param masks   a mask for each: bit i for action i
 * @return        LEYLINE_ERR_INVALID_ARGUMENT if the schema does not say what the seed is
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_masks_of_rows(const struct leyline_action_space_t *space,
                                                    const struct leyline_schema_t *schema,
                                                    const float *rows,
                                                    size_t count,
                                                    uint64_t *masks);

/**
 * As leyline_action_space_masks_of_rows, as numbers: 1 for what is possible, 0 for what is not.
 *
 * @param space      the action space
 * @param schema     the schema of the rows
 * @param rows       (count, width) numbers, row by row; may hold anything
 * @param count      rows
 * @param masks      (count, n) numbers, row by row, n being leyline_action_space_len
 * @param masks_len  how many numbers there is room for: count times n
 * @return           LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_masks_i8_of_rows(const struct leyline_action_space_t *space,
                                                       const struct leyline_schema_t *schema,
                                                       const float *rows,
                                                       size_t count,
                                                       int8_t *masks,
                                                       size_t masks_len);

/**
 * Sets the defaults.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_options_init(struct leyline_options_t *options);

/**
 * Sets the defaults; the name is NULL.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_ring_options_init(struct leyline_ring_options_t *options);

/**
 * Makes a spec without rings.
 *
 * @param spec  the new handle; close it with leyline_spec_close
 *
 * Any thread.
 */
leyline_status_t leyline_spec_new(struct leyline_spec_t **spec);

/**
 * Adds a ring. Its shape is checked when a segment is made of it.
 *
 * @param spec     the spec
 * @param options  the ring; read during the call only
 * @param schema   what its record means; not kept
 * @return         LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID (the name)
 *
 * One thread at a time.
 */
leyline_status_t leyline_spec_add_ring(struct leyline_spec_t *spec,
                                       const struct leyline_ring_options_t *options,
                                       const struct leyline_schema_t *schema);

/**
 * Stores an action space with the segment.
 *
 * @param spec   the spec
 * @param space  the action space; not kept
 *
 * One thread at a time.
 */
leyline_status_t leyline_spec_set_actions(struct leyline_spec_t *spec,
                                          const struct leyline_action_space_t *space);

/**
 * Ends the handle.
 *
 * @param spec  the handle, or NULL
 */
leyline_status_t leyline_spec_close(struct leyline_spec_t *spec);

/**
 * Makes a segment.
 *
 * @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
 * @param spec     what to make; not kept
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_ALREADY_EXISTS, LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT,
 *                 LEYLINE_ERR_NO_SPACE, LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 *
 * Any thread.
 */
leyline_status_t leyline_segment_create(const char *name,
                                        const struct leyline_spec_t *spec,
                                        const struct leyline_options_t *options,
                                        struct leyline_segment_t **segment);

/**
 * Attaches to a segment that is there.
 *
 * @param name     its name
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_NOT_FOUND, LEYLINE_ERR_FOREIGN_OWNER, LEYLINE_ERR_INSECURE_MODE,
 *                 LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_BAD_MAGIC, LEYLINE_ERR_LAYOUT_VERSION,
 *                 LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_CORRUPT, ...
 *
 * Any thread.
 */
leyline_status_t leyline_segment_attach(const char *name,
                                        const struct leyline_options_t *options,
                                        struct leyline_segment_t **segment);

/**
 * Attaches as leyline_segment_attach does, after waiting for the segment and its directory to appear.
 *
 * @param name        its name
 * @param options     or NULL for the defaults; read during the call only
 * @param timeout_ns  how long to wait at most, ns
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_TIMEOUT, and those of leyline_segment_attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_attach_waiting(const char *name,
                                                const struct leyline_options_t *options,
                                                uint64_t timeout_ns,
                                                struct leyline_segment_t **segment);

/**
 * Attaches if there is a compatible segment, or else makes one: what a restarting trainer does.
 *
 * @param name     its name
 * @param spec     what to make, or what must be there; not kept
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @param opened   a leyline_opened: what was done; or NULL
 * @return         LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_ACTION_SPACE_MISMATCH, and those of create and attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_open_or_create(const char *name,
                                                const struct leyline_spec_t *spec,
                                                const struct leyline_options_t *options,
                                                struct leyline_segment_t **segment,
                                                uint32_t *opened);

/**
 * Replaces the segment of that name, if there is one, by a new one in one step. Takes all of the old one's roles
 * first; whoever still is attached to it learns that it is superseded.
 *
 * @param name       its name
 * @param spec       what to make; not kept
 * @param options    or NULL for the defaults; read during the call only
 * @param segment    the new handle; close it with leyline_segment_close
 * @param displaced  what was put an end to; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role of the old one: nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_segment_recreate(const char *name,
                                          const struct leyline_spec_t *spec,
                                          const struct leyline_options_t *options,
                                          struct leyline_segment_t **segment,
                                          struct leyline_displaced_t *displaced);

/**
 * Takes a segment's name away. Whoever is attached goes on and learns that it is superseded. Nothing of that name is
 * no error. Waits at most a second for a process that is replacing or removing it.
 *
 * @param name     its name
 * @param options  or NULL for the defaults; read during the call only
 *
 * Any thread.
 */
leyline_status_t leyline_segment_unlink(const char *name,
                                        const struct leyline_options_t *options);

/**
 * Makes a segment without a name, in memory, fully allocated, its length sealed for good: no process that has it can be
 * ended by truncating it, and it takes nothing of /dev/shm. It lasts as long as somebody has it open; others get it from
 * leyline_segment_send, or as a descriptor.
 *
 * @param label    what /proc and errors call it: 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot; need not be unique
 * @param spec     what to make; not kept
 * @param options  or NULL for the defaults; read during the call only; mode and group say who beside the owner may take
 *                 roles of a descriptor handed to them, directory and on_close have no meaning here
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_NO_SPACE
 *
 * Any thread.
 */
leyline_status_t leyline_segment_create_memfd(const char *label,
                                              const struct leyline_spec_t *spec,
                                              const struct leyline_options_t *options,
                                              struct leyline_segment_t **segment);

/**
 * Whether it is a segment of leyline_segment_create_memfd: without a name, and of a length that nobody can change.
 *
 * @param segment  the segment
 * @param sealed   true if it is
 *
 * Any thread.
 */
leyline_status_t leyline_segment_is_sealed(const struct leyline_segment_t *segment,
                                           bool *sealed);

/**
 * Hands a sealed segment to the process at the other end of a connected Unix socket, which calls
 * leyline_segment_receive. Sends 24 bytes and a descriptor.
 *
 * @param segment     the segment
 * @param socket      the socket; stays the caller's
 * @param access      a leyline_access, as for leyline_segment_descriptor
 * @param timeout_ns  how long to wait for room in the socket's buffer at most, ns
 * @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_TIMEOUT,
 *                    LEYLINE_ERR_PEER_GONE, LEYLINE_ERR_READ_ONLY (attached read-only)
 *
 * Any thread.
 */
leyline_status_t leyline_segment_send(const struct leyline_segment_t *segment,
                                      int socket,
                                      uint32_t access,
                                      uint64_t timeout_ns);

/**
 * Waits for a segment that another process sends with leyline_segment_send, and attaches to it as
 * leyline_segment_of_descriptor does. Reads that one message and nothing beyond it.
 *
 * @param socket      a connected Unix socket; stays the caller's
 * @param options     or NULL for the defaults; trust and access only
 * @param timeout_ns  how long to wait at most, ns
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE (closed before it sent one), LEYLINE_ERR_BAD_MAGIC (it
 *                    sent something else), LEYLINE_ERR_CORRUPT, and those of leyline_segment_of_descriptor
 *
 * Any thread.
 */
leyline_status_t leyline_segment_receive(int socket,
                                         const struct leyline_options_t *options,
                                         uint64_t timeout_ns,
                                         struct leyline_segment_t **segment);

/**
 * A descriptor of a sealed segment, to be handed to another process: sent, inherited or fetched. It is not the one that
 * the segment itself uses. With LEYLINE_ACCESS_READ_ONLY nothing can be written through it; a receiver of the same user
 * may open it anew for writing, one of another user may not unless the segment's mode says so. In a child of fork() it
 * is the way to a segment of the child's own.
 *
 * @param segment     the segment
 * @param access      a leyline_access
 * @param descriptor  the descriptor, closed on exec; the caller closes it
 * @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_READ_ONLY (attached
 *                    read-only)
 *
 * Any thread. Needs /proc.
 */
leyline_status_t leyline_segment_descriptor(const struct leyline_segment_t *segment,
                                            uint32_t access,
                                            int *descriptor);

/**
 * Attaches to the sealed segment that a descriptor leads to. Taking roles needs /proc and a mode that lets this user
 * write; reading needs neither.
 *
 * @param descriptor  the descriptor; stays the caller's and need not stay open
 * @param options     or NULL for the defaults; trust and access only
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_NOT_SEALED (its length could change), and those of leyline_segment_attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_of_descriptor(int descriptor,
                                               const struct leyline_options_t *options,
                                               struct leyline_segment_t **segment);

/**
 * Ends the handle. Writers, observers and consumers made from it go on: they keep the mapping for themselves.
 *
 * @param segment  the handle, or NULL
 */
leyline_status_t leyline_segment_close(struct leyline_segment_t *segment);

/**
 * The segment's file; of one without a name, "memfd:" and what it was called when it was made.
 *
 * @param segment  the segment
 * @param path     its path, the segment's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_segment_path(const struct leyline_segment_t *segment, const char **path);

/**
 * The segment's id: random, another one for each segment ever made.
 *
 * @param segment  the segment
 * @param id       16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_segment_id(const struct leyline_segment_t *segment, uint8_t *id);

/**
 * The size of a segment and when it was made.
 *
 * @param segment          the segment
 * @param size             bytes; or NULL
 * @param created_unix_ns  nanoseconds since the Unix epoch; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_segment_info(const struct leyline_segment_t *segment,
                                      size_t *size,
                                      int64_t *created_unix_ns);

/**
 * Returns another handle of the same segment and mapping. The mapping stays until the last handle is closed. Closing a clone
 * never removes the name, whatever LEYLINE_ON_CLOSE_UNLINK says.
 *
 * @param segment  the segment
 * @param other    the new handle; close it with leyline_segment_close
 *
 * Any thread.
 */
leyline_status_t leyline_segment_clone(const struct leyline_segment_t *segment,
                                       struct leyline_segment_t **other);

/**
 * Where this process has a segment mapped, for what maps it onwards, such as a GPU's driver. It is read-only, and other
 * processes write there: who reads it through this pointer reads atomically and validates, as docs/segment-layout.md
 * says, or is outside every guarantee.
 *
 * @param segment  the segment
 * @param pages    its first byte, page-aligned; valid until this handle, its clones and all handles made from it are
 *                 closed
 * @param bytes    its length, or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_segment_pages(const struct leyline_segment_t *segment,
                                       const void **pages,
                                       size_t *bytes);

/**
 * Whether the name still leads to this segment. Always so for one without a name.
 *
 * @param segment  the segment
 * @param current  true if it does
 *
 * Any thread. Asks the kernel.
 */
leyline_status_t leyline_segment_is_current(const struct leyline_segment_t *segment, bool *current);

/**
 * How many rings there are.
 *
 * @param segment  the segment
 * @param count    rings
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_count(const struct leyline_segment_t *segment, size_t *count);

/**
 * A ring by its position.
 *
 * @param segment  the segment
 * @param index    less than leyline_segment_ring_count
 * @param info     the ring
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_at(const struct leyline_segment_t *segment,
                                         size_t index,
                                         struct leyline_ring_info_t *info);

/**
 * A ring by its name.
 *
 * @param segment  the segment
 * @param ring     its name
 * @param info     the ring
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring(const struct leyline_segment_t *segment,
                                      const char *ring,
                                      struct leyline_ring_info_t *info);

/**
 * The canonical schema text of a ring's record, as the ring's creator meant it.
 *
 * @param segment  the segment
 * @param ring     its name
 * @param schema   the text, the segment's own: valid until it is closed
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_schema(const struct leyline_segment_t *segment,
                                             const char *ring,
                                             const char **schema);

/**
 * What is known of a ring's writer.
 *
 * @param segment  the segment
 * @param ring     the ring's name
 * @param info     who holds the role and what it counted
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel whether the role is held.
 */
leyline_status_t leyline_segment_writer_info(const struct leyline_segment_t *segment,
                                             const char *ring,
                                             struct leyline_role_info_t *info);

/**
 * What is known of a ring's consumer.
 *
 * @param segment   the segment
 * @param ring      the ring's name
 * @param consumer  which, from 0
 * @param info      who holds the role and what it counted
 * @return          LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel whether the role is held.
 */
leyline_status_t leyline_segment_consumer_info(const struct leyline_segment_t *segment,
                                               const char *ring,
                                               uint32_t consumer,
                                               struct leyline_role_info_t *info);

/**
 * An upper bound of the latency that a share of the measurements does not exceed: the end of its bucket, and never
 * more than the maximum.
 *
 * @param latency  the counters
 * @param share    0 to 1, such as 0.99
 * @param ns       nanoseconds
 *
 * Any thread.
 */
leyline_status_t leyline_latency_quantile(const struct leyline_latency_t *latency,
                                          double share,
                                          uint64_t *ns);

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
leyline_status_t leyline_writer_open(const struct leyline_segment_t *segment,
                                     const char *ring,
                                     const struct leyline_schema_t *schema,
                                     struct leyline_writer_t **writer);

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
leyline_status_t leyline_writer_publish(struct leyline_writer_t *writer,
                                        const void *record,
                                        size_t size,
                                        const struct leyline_stamp_t *stamp,
                                        uint64_t *sequence);

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
leyline_status_t leyline_writer_publish_waiting(struct leyline_writer_t *writer,
                                                const void *record,
                                                size_t size,
                                                const struct leyline_stamp_t *stamp,
                                                uint32_t strategy,
                                                uint64_t timeout_ns,
                                                uint64_t *sequence);

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
leyline_status_t leyline_writer_publish_batch(struct leyline_writer_t *writer,
                                              const void *records,
                                              size_t size,
                                              size_t count,
                                              const struct leyline_stamp_t *stamps,
                                              size_t *accepted);

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
leyline_status_t leyline_writer_loan(struct leyline_writer_t *writer,
                                     void **record);

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
leyline_status_t leyline_writer_publish_loan(struct leyline_writer_t *writer,
                                             const struct leyline_stamp_t *stamp,
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
leyline_status_t leyline_writer_publish_rows(struct leyline_writer_t *writer,
                                             const void *rows,
                                             size_t size,
                                             const uint16_t *env,
                                             const uint8_t *flags,
                                             const struct leyline_stamp_t *stamp,
                                             uint64_t *sequence);

/**
 * The sequence that the next record will have.
 *
 * @param writer    the writer
 * @param sequence  the sequence
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_next_sequence(const struct leyline_writer_t *writer, uint64_t *sequence);

/**
 * The writer's generation: 1 for the first writer of the ring.
 *
 * @param writer  the writer
 * @param generation   the generation
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_generation(const struct leyline_writer_t *writer, uint64_t *generation);

/**
 * Now, from the ring's time source; 0 where the caller supplies it.
 *
 * @param writer   the writer
 * @param time_ns  CLOCK_MONOTONIC nanoseconds
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_now(struct leyline_writer_t *writer, uint64_t *time_ns);

/**
 * Ends the writer's generation in order and gives the role back.
 *
 * @param writer  the handle, or NULL
 */
leyline_status_t leyline_writer_close(struct leyline_writer_t *writer);

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
leyline_status_t leyline_observer_open(const struct leyline_segment_t *segment,
                                       const char *ring,
                                       const struct leyline_schema_t *schema,
                                       uint32_t start,
                                       uint64_t sequence,
                                       struct leyline_observer_t **observer);

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
leyline_status_t leyline_observer_try_next(struct leyline_observer_t *observer,
                                           void *record,
                                           size_t size,
                                           struct leyline_meta_t *meta,
                                           struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_next(struct leyline_observer_t *observer,
                                       uint32_t strategy,
                                       uint64_t timeout_ns,
                                       void *record,
                                       size_t size,
                                       struct leyline_meta_t *meta,
                                       struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_try_latest(struct leyline_observer_t *observer,
                                             void *record,
                                             size_t size,
                                             struct leyline_meta_t *meta,
                                             struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_latest(struct leyline_observer_t *observer,
                                         uint32_t strategy,
                                         uint64_t timeout_ns,
                                         void *record,
                                         size_t size,
                                         struct leyline_meta_t *meta,
                                         struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_try_next_batch(struct leyline_observer_t *observer,
                                                 void *records,
                                                 size_t size,
                                                 size_t capacity,
                                                 struct leyline_meta_t *meta,
                                                 size_t *count,
                                                 struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_try_next_rows(struct leyline_observer_t *observer,
                                                void *rows,
                                                size_t size,
                                                uint16_t *env,
                                                uint8_t *flags,
                                                struct leyline_meta_t *meta,
                                                struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_next_rows(struct leyline_observer_t *observer,
                                            uint32_t strategy,
                                            uint64_t timeout_ns,
                                            void *rows,
                                            size_t size,
                                            uint16_t *env,
                                            uint8_t *flags,
                                            struct leyline_meta_t *meta,
                                            struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_try_latest_rows(struct leyline_observer_t *observer,
                                                  void *rows,
                                                  size_t size,
                                                  uint16_t *env,
                                                  uint8_t *flags,
                                                  struct leyline_meta_t *meta,
                                                  struct leyline_notice_t *notice);

/**
 * Asks the kernel whether the writer lives.
 *
 * @param observer  the observer
 * @param peer      what is known of the writer
 * @return          LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_peer_state(const struct leyline_observer_t *observer,
                                             struct leyline_peer_t *peer);

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
leyline_status_t leyline_observer_seek(struct leyline_observer_t *observer,
                                       uint32_t start,
                                       uint64_t sequence);

/**
 * Where the observer and the writer are.
 *
 * @param observer   the observer
 * @param next       the sequence that the next read tries; or NULL
 * @param published  the last sequence that the writer has published; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_observer_position(const struct leyline_observer_t *observer,
                                           uint64_t *next,
                                           uint64_t *published);

/**
 * Ends the handle.
 *
 * @param observer  the handle, or NULL
 */
leyline_status_t leyline_observer_close(struct leyline_observer_t *observer);

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
leyline_status_t leyline_consumer_open(const struct leyline_segment_t *segment,
                                       const char *ring,
                                       const struct leyline_schema_t *schema,
                                       uint32_t index,
                                       uint32_t commit,
                                       struct leyline_consumer_t **consumer);

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
leyline_status_t leyline_consumer_try_next(struct leyline_consumer_t *consumer,
                                           void *record,
                                           size_t size,
                                           struct leyline_meta_t *meta,
                                           struct leyline_notice_t *notice);

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
leyline_status_t leyline_consumer_next(struct leyline_consumer_t *consumer,
                                       uint32_t strategy,
                                       uint64_t timeout_ns,
                                       void *record,
                                       size_t size,
                                       struct leyline_meta_t *meta,
                                       struct leyline_notice_t *notice);

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
leyline_status_t leyline_consumer_try_next_batch(struct leyline_consumer_t *consumer,
                                                 void *records,
                                                 size_t size,
                                                 size_t capacity,
                                                 struct leyline_meta_t *meta,
                                                 size_t *count,
                                                 struct leyline_notice_t *notice);

/**
 * Gives everything that was read back to the writer.
 *
 * @param consumer  the consumer
 * @return          LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_commit(struct leyline_consumer_t *consumer);

/**
 * Gives back everything up to a sequence.
 *
 * @param consumer  the consumer
 * @param sequence  the last sequence to give back
 * @return          LEYLINE_ERR_OUT_OF_RANGE if it was not read, or committed before; LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_commit_to(struct leyline_consumer_t *consumer, uint64_t sequence);

/**
 * The last sequence that was read.
 *
 * @param consumer  the consumer
 * @param sequence  the sequence
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_read_up_to(const struct leyline_consumer_t *consumer, uint64_t *sequence);

/**
 * Asks the kernel whether the writer lives.
 *
 * @param consumer  the consumer
 * @param peer      what is known of the writer
 * @return          LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_consumer_peer_state(const struct leyline_consumer_t *consumer,
                                             struct leyline_peer_t *peer);

/**
 * Gives the role back. With LEYLINE_COMMIT_AUTO commits what was read; with LEYLINE_COMMIT_MANUAL a successor reads again
 * what was not committed.
 *
 * @param consumer  the handle, or NULL
 */
leyline_status_t leyline_consumer_close(struct leyline_consumer_t *consumer);

/**
 * What stands beside the record in a gathered row, as a read of that record would give it.
 *
 * @param mark  the row's mark
 * @param meta  all zero while the environment was never seen
 *
 * Any thread.
 */
leyline_status_t leyline_env_mark_meta(const struct leyline_env_mark_t *mark, struct leyline_meta_t *meta);

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
leyline_status_t leyline_observer_next_batch(struct leyline_observer_t *observer,
                                             uint32_t strategy,
                                             uint64_t timeout_ns,
                                             size_t at_least,
                                             void *records,
                                             size_t size,
                                             size_t capacity,
                                             struct leyline_meta_t *meta,
                                             size_t *count,
                                             struct leyline_notice_t *notice);

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
leyline_status_t leyline_consumer_next_batch(struct leyline_consumer_t *consumer,
                                             uint32_t strategy,
                                             uint64_t timeout_ns,
                                             size_t at_least,
                                             void *records,
                                             size_t size,
                                             size_t capacity,
                                             struct leyline_meta_t *meta,
                                             size_t *count,
                                             struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_try_latest_by_env(struct leyline_observer_t *observer,
                                                    void *rows,
                                                    size_t size,
                                                    struct leyline_env_mark_t *marks,
                                                    size_t envs,
                                                    struct leyline_gathered_t *gathered,
                                                    struct leyline_notice_t *notice);

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
leyline_status_t leyline_observer_latest_by_env(struct leyline_observer_t *observer,
                                                uint32_t strategy,
                                                uint64_t timeout_ns,
                                                void *rows,
                                                size_t size,
                                                struct leyline_env_mark_t *marks,
                                                size_t envs,
                                                struct leyline_gathered_t *gathered,
                                                struct leyline_notice_t *notice);

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
leyline_status_t leyline_consumer_try_latest_by_env(struct leyline_consumer_t *consumer,
                                                    void *rows,
                                                    size_t size,
                                                    struct leyline_env_mark_t *marks,
                                                    size_t envs,
                                                    struct leyline_gathered_t *gathered,
                                                    struct leyline_notice_t *notice);

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
leyline_status_t leyline_consumer_latest_by_env(struct leyline_consumer_t *consumer,
                                                uint32_t strategy,
                                                uint64_t timeout_ns,
                                                void *rows,
                                                size_t size,
                                                struct leyline_env_mark_t *marks,
                                                size_t envs,
                                                struct leyline_gathered_t *gathered,
                                                struct leyline_notice_t *notice);

/**
 * As leyline_controller_try_next_batch, waiting as leyline_observer_next_batch does.
 *
 * @param controller  the controller, of a link of one row a slot
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param at_least    how many to wait for; at most capacity
 * @param rows        the block: capacity times size bytes, a (capacity, width) array of float. From *count on its contents
 *                    are unspecified.
 * @param size        bytes of one observation: 4 times the width of the link's schema
 * @param capacity    observations that there is room for
 * @param metas       as many places for what stands beside them
 * @param count       how many were read; written whenever the status is not an error
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_next_batch
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_next_batch(struct leyline_controller_t *controller,
                                               uint32_t strategy,
                                               uint64_t timeout_ns,
                                               size_t at_least,
                                               void *rows,
                                               size_t size,
                                               size_t capacity,
                                               struct leyline_meta_t *metas,
                                               size_t *count,
                                               struct leyline_notice_t *notice);

/**
 * The newest observation of each environment: that of environment i in row i, whose mark says which it is and whether it is
 * new. Rows and marks are the caller's and are handed in again at the next call; see leyline_observer_try_latest_by_env.
 * Goes for links of one row a slot and of several. Those that a newer one has overtaken count as received;
 * leyline_controller_decide_by_env takes the marks.
 *
 * @param controller  the controller
 * @param rows        the block: envs times size bytes, an (envs, width) array of float
 * @param size        bytes of one observation: 4 times the width of the link's schema
 * @param marks       envs of them, zeros at first; inputs and outputs
 * @param envs        how many environments have a row
 * @param gathered    counts; written whenever the status is not an error; or NULL
 * @param notice      on LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_try_latest_by_env
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_latest_by_env(struct leyline_controller_t *controller,
                                                      void *rows,
                                                      size_t size,
                                                      struct leyline_env_mark_t *marks,
                                                      size_t envs,
                                                      struct leyline_gathered_t *gathered,
                                                      struct leyline_notice_t *notice);

/**
 * As leyline_controller_try_latest_by_env, waiting as leyline_observer_next does until there is anything new.
 *
 * @param controller  the controller
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param rows        the block: envs times size bytes, an (envs, width) array of float
 * @param size        bytes of one observation: 4 times the width of the link's schema
 * @param marks       envs of them, zeros at first; inputs and outputs
 * @param envs        how many environments have a row
 * @param gathered    counts; written whenever the status is not an error; or NULL
 * @param notice      on LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_observer_latest_by_env
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_latest_by_env(struct leyline_controller_t *controller,
                                                  uint32_t strategy,
                                                  uint64_t timeout_ns,
                                                  void *rows,
                                                  size_t size,
                                                  struct leyline_env_mark_t *marks,
                                                  size_t envs,
                                                  struct leyline_gathered_t *gathered,
                                                  struct leyline_notice_t *notice);

/**
 * Decides on many observations. Sends the commands that the actions stand for and publishes the decisions after them, both
 * in the order of the observations' sequences; at every command that fills half of its ring, the decisions up to there.
 *
 * @param controller  the controller
 * @param observed    count metas
 * @param actions     as many indexes of the action space
 * @param answers     as many; or NULL: confidence 1, no reason
 * @param count       how many
 * @param sent        as many, what was sent for each, decision_sequence 0 where nothing was; or NULL
 * @param decided     how many were decided on. Fewer than were to be: there was no room for the command of the next one in
 *                    order. Decide on the others when the trainer has taken commands; if nobody does they are given to
 *                    a successor.
 * @return            LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: there was no room for the first one's command. With these
 *                    and all others nothing was sent: those of leyline_controller_decide
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_decide_batch(struct leyline_controller_t *controller,
                                                 const struct leyline_meta_t *observed,
                                                 const int64_t *actions,
                                                 const struct leyline_answer_t *answers,
                                                 size_t count,
                                                 struct leyline_sent_t *sent,
                                                 size_t *decided);

/**
 * As leyline_controller_decide_batch, on the rows gathered by leyline_controller_latest_by_env: actions[i] on environment i,
 * if its row changed in the last call. The others are passed over, whatever their actions say.
 *
 * @param controller  the controller
 * @param marks       envs of them
 * @param actions     as many indexes of the action space
 * @param answers     as many; or NULL: confidence 1, no reason
 * @param envs        how many environments have a row
 * @param sent        as many, what was sent for each, decision_sequence 0 where nothing was; or NULL
 * @param decided     how many were decided on
 * @return            those of leyline_controller_decide_batch
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_decide_by_env(struct leyline_controller_t *controller,
                                                  const struct leyline_env_mark_t *marks,
                                                  const int64_t *actions,
                                                  const struct leyline_answer_t *answers,
                                                  size_t envs,
                                                  struct leyline_sent_t *sent,
                                                  size_t *decided);

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
leyline_status_t leyline_wait_any(void *const *sources,
                                  size_t count,
                                  uint32_t strategy,
                                  uint64_t timeout_ns,
                                  uint32_t *news);

/**
 * Sets the defaults.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_link_options_init(struct leyline_link_options_t *options);

/**
 * The rings of a link as a spec: to add rings of the program's own to them, or for a segment without a name, which
 * leyline_trainer_of_segment and leyline_controller_of_segment then work on.
 *
 * @param space  the action space that both sides use; not kept
 * @param shape  or NULL for the defaults
 * @param spec   the new handle; close it with leyline_spec_close
 * @return       LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_spec_of_link(const struct leyline_action_space_t *space,
                                      const struct leyline_link_options_t *shape,
                                      struct leyline_spec_t **spec);

/**
 * Makes a link's segment and takes the trainer's roles.
 *
 * @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
 * @param space    the action space that both sides use; stored in the segment, the handle is not kept
 * @param shape    or NULL for the defaults
 * @param options  or NULL for the defaults; read during the call only
 * @param trainer  the new handle; close it with leyline_trainer_close
 * @return         LEYLINE_ERR_ALREADY_EXISTS, and those of leyline_segment_create
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_create(const char *name,
                                        const struct leyline_action_space_t *space,
                                        const struct leyline_link_options_t *shape,
                                        const struct leyline_options_t *options,
                                        struct leyline_trainer_t **trainer);

/**
 * Attaches to the link if it is there, as after a restart, or else makes it; takes the trainer's roles.
 *
 * @param name     its name
 * @param space    the action space that both sides use
 * @param shape    or NULL for the defaults
 * @param options  or NULL for the defaults; read during the call only
 * @param trainer  the new handle; close it with leyline_trainer_close
 * @param opened   a leyline_opened: what was done; or NULL
 * @return         LEYLINE_ERR_ROLE_HELD (another trainer lives), LEYLINE_ERR_SCHEMA_MISMATCH,
 *                 LEYLINE_ERR_ACTION_SPACE_MISMATCH, and those of leyline_segment_open_or_create
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_open_or_create(const char *name,
                                                const struct leyline_action_space_t *space,
                                                const struct leyline_link_options_t *shape,
                                                const struct leyline_options_t *options,
                                                struct leyline_trainer_t **trainer,
                                                uint32_t *opened);

/**
 * Replaces the link of that name, if there is one, by a new one in one step, and takes the trainer's roles.
 *
 * @param name       its name
 * @param space      the action space that both sides use
 * @param shape      or NULL for the defaults
 * @param options    or NULL for the defaults; read during the call only
 * @param trainer    the new handle; close it with leyline_trainer_close
 * @param displaced  what was put an end to; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role of the old one: nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_recreate(const char *name,
                                          const struct leyline_action_space_t *space,
                                          const struct leyline_link_options_t *shape,
                                          const struct leyline_options_t *options,
                                          struct leyline_trainer_t **trainer,
                                          struct leyline_displaced_t *displaced);

/**
 * Takes the trainer's roles in an attached segment that has the rings of a link.
 *
 * @param segment  the segment; the trainer keeps what it needs of it
 * @param trainer  the new handle; close it with leyline_trainer_close
 * @return         LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_READ_ONLY
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_of_segment(const struct leyline_segment_t *segment,
                                            struct leyline_trainer_t **trainer);

/**
 * The segment of the link, as a handle of its own.
 *
 * @param trainer  the trainer
 * @param segment  the new handle; close it with leyline_segment_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_segment(const struct leyline_trainer_t *trainer,
                                         struct leyline_segment_t **segment);

/**
 * Publishes an observation. Values that are not finite or outside their bounds are replaced and reported: they never
 * stop a run. Never waits; makes no system call unless a controller sleeps; allocates nothing.
 *
 * @param trainer      the trainer
 * @param observation  the 27 numbers, raw
 * @param stamp        or NULL: stamped by the ring's time source, env 0, no flags
 * @param sequence     the observation's sequence; or NULL
 * @param sanitized    a bit for each feature that was replaced, 0 when all was well; or NULL
 * @return             LEYLINE_ERR_SCHEMA_MISMATCH (the link has observations of another schema),
 *                     LEYLINE_ERR_INVALID_ARGUMENT (it has several rows), LEYLINE_ERR_OUT_OF_RANGE (flags),
 *                     LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_publish(struct leyline_trainer_t *trainer,
                                         const struct leyline_observation_t *observation,
                                         const struct leyline_stamp_t *stamp,
                                         uint64_t *sequence,
                                         uint64_t *sanitized);

/**
 * The next decision of a lane. Makes no system call.
 *
 * @param trainer   the trainer
 * @param lane      the lane, from 0
 * @param decision  the decision; written only on LEYLINE_OK
 * @param meta      what stands beside it, on LEYLINE_OK; or NULL
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_NO_SUCH_RING (lane)
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_try_decision(struct leyline_trainer_t *trainer,
                                              uint32_t lane,
                                              struct leyline_decision_t *decision,
                                              struct leyline_meta_t *meta,
                                              struct leyline_notice_t *notice);

/**
 * Waits until a lane has decided on an observation or a later one, passing over its earlier decisions (they are
 * counted).
 *
 * @param trainer     the trainer
 * @param lane        the lane, from 0
 * @param sequence    the observation
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param decision    the decision; written only on LEYLINE_OK
 * @param meta        what stands beside it, on LEYLINE_OK; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_WRITER_CLOSED or LEYLINE_WRITER_DIED (the
 *                    controller is gone), LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_wait_decision(struct leyline_trainer_t *trainer,
                                               uint32_t lane,
                                               uint64_t sequence,
                                               uint32_t strategy,
                                               uint64_t timeout_ns,
                                               struct leyline_decision_t *decision,
                                               struct leyline_meta_t *meta);

/**
 * The next command to execute, of any lane in turn. Never waits; makes no system call but to refuse a command.
 *
 * What comes out is well-formed, answers an observation of this writer generation (or none), and is physically possible in
 * the newest state of its environment. What the outcome of a command says of the seed counts until the environment's next
 * observation: after an executed GERMINATE, FOSSILIZE or CULL the same once more is MASKED, whichever lane it comes by.
 * Anything else is answered here, with an outcome that says why. A handle is given
 * each command once; until it is finally answered the command keeps its slot, and a successor is given it again.
 *
 * @param trainer   the trainer
 * @param received  the command; written only on LEYLINE_OK
 * @return          LEYLINE_OK, LEYLINE_EMPTY
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_try_command(struct leyline_trainer_t *trainer,
                                             struct leyline_received_t *received);

/**
 * Answers a command. A final outcome (anything but ACCEPTED) commits it: it is never delivered again.
 *
 * @param trainer   the trainer
 * @param received  the command, as it was received
 * @param outcome   made with leyline_command_outcome_init for that command; a time of 0 becomes now
 * @param sequence  the outcome's sequence; or NULL
 * @return          LEYLINE_ERR_CONSUMER_GONE, LEYLINE_ERR_FULL: the sender's ring of outcomes is full, nothing was
 *                  committed, try again later; LEYLINE_ERR_INVALID_ARGUMENT: an outcome of another command, or one
 *                  that is not open
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_answer(struct leyline_trainer_t *trainer,
                                        const struct leyline_received_t *received,
                                        const struct leyline_command_outcome_t *outcome,
                                        uint64_t *sequence);

/**
 * Waits until somebody holds a lane.
 *
 * @param trainer     the trainer
 * @param lane        the lane, from 0
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param peer        LEYLINE_PEER_HELD: somebody does; else nobody did in time
 * @return            LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_wait_for_controller(struct leyline_trainer_t *trainer,
                                                     uint32_t lane,
                                                     uint32_t strategy,
                                                     uint64_t timeout_ns,
                                                     struct leyline_peer_t *peer);

/**
 * Asks the kernel about a lane's controller.
 *
 * @param trainer  the trainer
 * @param lane     the lane, from 0
 * @param peer     what is known of it
 * @return         LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_controller_state(struct leyline_trainer_t *trainer,
                                                  uint32_t lane,
                                                  struct leyline_peer_t *peer);

/**
 * What this handle has counted.
 *
 * @param trainer  the trainer
 * @param counts   the counts
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_counts(const struct leyline_trainer_t *trainer,
                                        struct leyline_trainer_counts_t *counts);

/**
 * This trainer's writer generation: 1 for the first trainer of the segment.
 *
 * @param trainer  the trainer
 * @param generation    its generation
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_generation(const struct leyline_trainer_t *trainer, uint64_t *generation);

/**
 * From now on decisions slower than this count as deadline misses in the role's counters.
 *
 * @param trainer      the trainer
 * @param deadline_ns  observation to decision, ns; 0: no deadline
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_set_deadline(struct leyline_trainer_t *trainer, uint64_t deadline_ns);

/**
 * Closes in order: controllers learn that the trainer closed. The segment stays (see leyline_options_t).
 *
 * @param trainer  the handle, or NULL
 */
leyline_status_t leyline_trainer_close(struct leyline_trainer_t *trainer);

/**
 * Attaches to a link, waiting for it to appear, and takes a lane. Reading starts after the highest observation that the
 * lane has decided on, or, on a new lane, at the oldest there is. Before that come those that a predecessor left behind:
 * that it was refused the room for a command on, that it was killed on after it had decided on a later one, and slots of
 * several rows that are decided on in part. What it passed over on purpose does not come.
 *
 * @param name        its name
 * @param lane        the lane, from 0
 * @param options     or NULL for the defaults; read during the call only
 * @param timeout_ns  how long to wait for the link at most, ns
 * @param controller  the new handle; close it with leyline_controller_close
 * @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING, and those
 *                    of leyline_segment_attach
 *
 * Any thread.
 */
leyline_status_t leyline_controller_attach(const char *name,
                                           uint32_t lane,
                                           const struct leyline_options_t *options,
                                           uint64_t timeout_ns,
                                           struct leyline_controller_t **controller);

/**
 * Takes a lane of an attached segment that has the rings of a link. Reading starts as with leyline_controller_attach.
 *
 * @param segment     the segment; the controller keeps what it needs of it
 * @param lane        the lane, from 0
 * @param controller  the new handle; close it with leyline_controller_close
 * @return            LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
 *                    LEYLINE_ERR_READ_ONLY
 *
 * Any thread.
 */
leyline_status_t leyline_controller_of_segment(const struct leyline_segment_t *segment,
                                               uint32_t lane,
                                               struct leyline_controller_t **controller);

/**
 * The segment of the link, as a handle of its own.
 *
 * @param controller  the controller
 * @param segment     the new handle; close it with leyline_segment_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_segment(const struct leyline_controller_t *controller,
                                            struct leyline_segment_t **segment);

/**
 * The next observation. Makes no system call.
 *
 * @param controller   the controller
 * @param observation  the observation; written only on LEYLINE_OK
 * @param meta         what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
 * @param notice       on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return             LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_next(struct leyline_controller_t *controller,
                                             struct leyline_observation_t *observation,
                                             struct leyline_meta_t *meta,
                                             struct leyline_notice_t *notice);

/**
 * As leyline_controller_try_next, waiting. Ends early when the trainer is gone; go on calling, and a successor shows as
 * LEYLINE_RESTARTED.
 *
 * @param controller   the controller
 * @param strategy     a leyline_wait
 * @param timeout_ns   how long to wait at most, ns
 * @param observation  the observation; written only on LEYLINE_OK
 * @param meta         what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
 * @param notice       on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return             LEYLINE_OK, LEYLINE_EMPTY (not in time), LEYLINE_LAPPED, LEYLINE_RESTARTED,
 *                     LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED, LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_next(struct leyline_controller_t *controller,
                                         uint32_t strategy,
                                         uint64_t timeout_ns,
                                         struct leyline_observation_t *observation,
                                         struct leyline_meta_t *meta,
                                         struct leyline_notice_t *notice);

/**
 * As many of the next observations as there are and fit: a (count, 27) block of floats, row by row. Makes no system
 * call and allocates nothing.
 *
 * @param controller    the controller
 * @param observations  room for that many; what lies beyond count is unspecified
 * @param capacity      how many fit
 * @param metas         as many places for what stands beside them
 * @param count         how many there were
 * @param notice        on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return              LEYLINE_OK if there was at least one and no notice follows it; LEYLINE_EMPTY; LEYLINE_LAPPED or
 *                      LEYLINE_RESTARTED: what came after the count observations
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_next_batch(struct leyline_controller_t *controller,
                                                   struct leyline_observation_t *observations,
                                                   size_t capacity,
                                                   struct leyline_meta_t *metas,
                                                   size_t *count,
                                                   struct leyline_notice_t *notice);

/**
 * Decides on an observation: sends the command that the action stands for, unless it is WAIT (0), and then publishes
 * the decision, so that whoever sees the decision finds its command.
 *
 * Keeps what a predecessor on this lane decided or sent: for an observation that it had decided on nothing is sent again,
 * and sent gets that decision's sequence; where it had sent the command and died, the decision gets that command's action.
 * An observation that is refused here, and decided on by nobody afterwards, is given to the successor.
 *
 * @param controller  the controller
 * @param observed    the meta of the observation
 * @param action      an index of the action space
 * @param answer      or NULL: confidence 1, no reason
 * @param sent        what was sent; or NULL
 * @return            LEYLINE_ERR_UNKNOWN_ACTION; LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: the command was not
 *                    accepted, nothing was published; LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE (answer);
 *                    LEYLINE_ERR_INVALID_ARGUMENT: an observation that this handle has not received
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_decide(struct leyline_controller_t *controller,
                                           const struct leyline_meta_t *observed,
                                           uint32_t action,
                                           const struct leyline_answer_t *answer,
                                           struct leyline_sent_t *sent);

/**
 * Decides WAIT on many observations, the decisions published together: for catching up.
 *
 * @param controller  the controller
 * @param observed    their metas
 * @param count       how many
 * @return            LEYLINE_ERR_FORKED; LEYLINE_ERR_INVALID_ARGUMENT: one of them was not received by this handle, and
 *                    nothing was decided on
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_wait_on_all(struct leyline_controller_t *controller,
                                                const struct leyline_meta_t *observed,
                                                size_t count);

/**
 * Sends a command. It gets a new id and the present time if it has none. What is accepted is delivered, whoever dies.
 *
 * @param controller  the controller
 * @param command     the command
 * @param sent        what was sent; or NULL
 * @return            LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE: it was not accepted; those of
 *                    leyline_adaptation_command_check
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_send(struct leyline_controller_t *controller,
                                         const struct leyline_adaptation_command_t *command,
                                         struct leyline_sent_t *sent);

/**
 * The next outcome of any command of this lane, those of a predecessor included. Makes no system call.
 *
 * It keeps its room in the ring until the next call of this or of leyline_controller_wait_outcome, or until the controller is
 * closed: until then the caller may die before it has done anything about it. A successor is given every outcome whose
 * receiver did not come back, so it may be given the last one a second time.
 *
 * @param controller  the controller
 * @param outcome     the outcome; written only on LEYLINE_OK
 * @return            LEYLINE_OK, LEYLINE_EMPTY
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_outcome(struct leyline_controller_t *controller,
                                                struct leyline_command_outcome_t *outcome);

/**
 * Waits for the final outcome of a command. Outcomes of others are kept for leyline_controller_try_outcome, and keep
 * their room in the ring until then; an ACCEPTED of this one is passed over.
 *
 * As with leyline_controller_try_outcome, a successor may be given it a second time: until the next call, and as long as
 * earlier outcomes of other commands have not been handed out, for outcomes are given back in their order.
 *
 * @param controller  the controller
 * @param id          16 bytes: the command's id
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param outcome     the outcome; written only on success
 * @return            LEYLINE_ERR_TIMEOUT (it may still come), LEYLINE_ERR_PEER_GONE (the trainer is gone; the command
 *                    stays for its successor), LEYLINE_ERR_SUPERSEDED, LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_wait_outcome(struct leyline_controller_t *controller,
                                                 const uint8_t *id,
                                                 uint32_t strategy,
                                                 uint64_t timeout_ns,
                                                 struct leyline_command_outcome_t *outcome);

/**
 * What is possible in an observed state: bit i for action i of the link's action space. Never zero.
 *
 * @param controller   the controller
 * @param observation  the observation
 * @param mask         the bits
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_mask(const struct leyline_controller_t *controller,
                                         const struct leyline_observation_t *observation,
                                         uint64_t *mask);

/**
 * Asks the kernel about the trainer.
 *
 * @param controller  the controller
 * @param peer        what is known of it
 * @return            LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_trainer_state(const struct leyline_controller_t *controller,
                                                  struct leyline_peer_t *peer);

/**
 * Observations that this handle received and missed.
 *
 * @param controller  the controller
 * @param received    how many it received; or NULL
 * @param lost        how many it missed; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_counts(const struct leyline_controller_t *controller,
                                           uint64_t *received,
                                           uint64_t *lost);

/**
 * Closes in order: the trainer learns that the controller closed.
 *
 * @param controller  the handle, or NULL
 */
leyline_status_t leyline_controller_close(struct leyline_controller_t *controller);

/**
 * What the link's observations are, as a handle of its own.
 *
 * @param trainer  the trainer
 * @param schema   the new handle; close it with leyline_schema_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_schema(const struct leyline_trainer_t *trainer,
                                        struct leyline_schema_t **schema);

/**
 * How many observations a slot has, and how many numbers an observation.
 *
 * @param trainer  the trainer
 * @param rows     observations in a slot: 1 where each is published by itself; or NULL
 * @param width    numbers in an observation; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_rows(const struct leyline_trainer_t *trainer, size_t *rows, size_t *width);

/**
 * Publishes an observation of the link's own schema, and with it the signals that it was made from, if there are any:
 * those first, on their own ring, with this observation's sequence, writer generation and stamp. Values that are not finite
 * or outside their bounds are replaced and reported. Never waits; allocates nothing.
 *
 * @param trainer    the trainer
 * @param row        the numbers, in the order of the schema
 * @param width      how many: as many as the schema has
 * @param signals    or NULL
 * @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
 * @param sequence   the observation's sequence; or NULL
 * @param sanitized  a bit for each feature that was replaced, bit 63 for all from the 64th on; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows), LEYLINE_ERR_OUT_OF_RANGE (flags),
 *                   those of leyline_training_signals_check, LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_publish_row(struct leyline_trainer_t *trainer,
                                             const float *row,
                                             size_t width,
                                             const struct leyline_training_signals_t *signals,
                                             const struct leyline_stamp_t *stamp,
                                             uint64_t *sequence,
                                             uint64_t *sanitized);

/**
 * Publishes signals in both tiers: as they are on their own ring, and then as the observation that they give
 * (leyline_training_signals_to_observation). On the ring they carry the observation's sequence and writer generation, and
 * both have one stamp. Figures that are not finite or outside their bounds are replaced and reported.
 *
 * @param trainer    the trainer of a link of observations of version 1
 * @param signals    the signals
 * @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
 * @param sequence   the observation's sequence; or NULL
 * @param sanitized  a bit for each feature of the observation that was replaced; or NULL
 * @return           LEYLINE_ERR_SCHEMA_MISMATCH (the link has other observations), LEYLINE_ERR_OUT_OF_RANGE (flags),
 *                   those of leyline_training_signals_check, LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_publish_signals(struct leyline_trainer_t *trainer,
                                                 const struct leyline_training_signals_t *signals,
                                                 const struct leyline_stamp_t *stamp,
                                                 uint64_t *sequence,
                                                 uint64_t *sanitized);

/**
 * Publishes a slot of a link of several rows: its observations, row after row, with their environments and flags.
 * Values that are not finite or outside their bounds are replaced, and their rows flagged. Never waits; allocates only
 * when it sees an environment of a greater number than before.
 *
 * @param trainer         the trainer
 * @param rows            the numbers: count rows of as many as the schema has, C-contiguous
 * @param numbers         how many numbers that are in all
 * @param env             count environments, each once
 * @param flags           count times LEYLINE_FLAG_... bits
 * @param count           as many as a slot has rows (leyline_trainer_rows)
 * @param stamp           the slot's stamp; or NULL: stamped by the ring's time source
 * @param sequence        the slot's sequence, which is that of all its rows; or NULL
 * @param sanitized       a bit for each feature that was replaced in any row, bit 63 for all from the 64th on; or NULL
 * @return                LEYLINE_ERR_INVALID_ARGUMENT (numbers, count, an environment twice), LEYLINE_ERR_OUT_OF_RANGE
 *                        (flags), LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_publish_rows(struct leyline_trainer_t *trainer,
                                              const float *rows,
                                              size_t numbers,
                                              const uint16_t *env,
                                              const uint8_t *flags,
                                              size_t count,
                                              const struct leyline_stamp_t *stamp,
                                              uint64_t *sequence,
                                              uint64_t *sanitized);

/**
 * Waits until a lane has decided on every row of a slot. A decision on a later slot stands in for one on this.
 *
 * @param trainer     the trainer
 * @param lane        the lane, from 0
 * @param sequence    the slot: the newest of its environments
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param decisions   the decision on each row; an observation_sequence of 0 where there is none yet. Unspecified on error
 * @param count       room for that many: as many as a slot has rows
 * @param answered    how many rows have been decided on; or NULL
 * @return            LEYLINE_OK: all of them; LEYLINE_EMPTY (not in time), LEYLINE_WRITER_CLOSED or LEYLINE_WRITER_DIED
 *                    (the controller is gone), LEYLINE_SUPERSEDED_NOTICE: those that are there, and a further call goes
 *                    on; LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_wait_decisions(struct leyline_trainer_t *trainer,
                                                uint32_t lane,
                                                uint64_t sequence,
                                                uint32_t strategy,
                                                uint64_t timeout_ns,
                                                struct leyline_decision_t *decisions,
                                                size_t count,
                                                size_t *answered);

/**
 * As leyline_controller_attach, to a link of observations of that schema.
 *
 * @param name        its name
 * @param lane        the lane, from 0
 * @param schema      what the caller means by an observation: all float, one after the other
 * @param options     or NULL for the defaults; read during the call only
 * @param timeout_ns  how long to wait for the link at most, ns
 * @param controller  the new handle; close it with leyline_controller_close
 * @return            LEYLINE_ERR_SCHEMA_MISMATCH: the link has other observations; those of leyline_controller_attach
 *
 * Any thread.
 */
leyline_status_t leyline_controller_attach_with(const char *name,
                                                uint32_t lane,
                                                const struct leyline_schema_t *schema,
                                                const struct leyline_options_t *options,
                                                uint64_t timeout_ns,
                                                struct leyline_controller_t **controller);

/**
 * As leyline_controller_attach, to a link of whatever observations: leyline_controller_schema tells which.
 *
 * @param name        its name
 * @param lane        the lane, from 0
 * @param options     or NULL for the defaults; read during the call only
 * @param timeout_ns  how long to wait for the link at most, ns
 * @param controller  the new handle; close it with leyline_controller_close
 * @return            those of leyline_controller_attach
 *
 * Any thread.
 */
leyline_status_t leyline_controller_attach_any(const char *name,
                                               uint32_t lane,
                                               const struct leyline_options_t *options,
                                               uint64_t timeout_ns,
                                               struct leyline_controller_t **controller);

/**
 * As leyline_controller_of_segment, with whatever observations the link has: leyline_controller_schema tells which.
 *
 * @param segment     the segment; the controller keeps what it needs of it
 * @param lane        the lane, from 0
 * @param controller  the new handle; close it with leyline_controller_close
 * @return            those of leyline_controller_of_segment
 *
 * Any thread.
 */
leyline_status_t leyline_controller_of_segment_any(const struct leyline_segment_t *segment,
                                                   uint32_t lane,
                                                   struct leyline_controller_t **controller);

/**
 * What the link's observations are, as a handle of its own.
 *
 * @param controller  the controller
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_schema(const struct leyline_controller_t *controller,
                                           struct leyline_schema_t **schema);

/**
 * How many observations a slot has, and how many numbers an observation.
 *
 * @param controller  the controller
 * @param rows        observations in a slot: 1 where each is published by itself; or NULL
 * @param width       numbers in an observation; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_rows(const struct leyline_controller_t *controller,
                                         size_t *rows,
                                         size_t *width);

/**
 * The next observation of a link of any schema. Makes no system call.
 *
 * @param controller  the controller
 * @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
 * @param width       room for that many: as many as the schema has
 * @param meta        what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_INVALID_ARGUMENT (width,
 *                    or a link of several rows)
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_next_row(struct leyline_controller_t *controller,
                                                 float *row,
                                                 size_t width,
                                                 struct leyline_meta_t *meta,
                                                 struct leyline_notice_t *notice);

/**
 * As leyline_controller_try_next_row, waiting as leyline_controller_next does.
 *
 * @param controller  the controller
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
 * @param width       room for that many: as many as the schema has
 * @param meta        what stands beside it, on LEYLINE_OK; leyline_controller_decide wants it; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_controller_next; LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows)
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_next_row(struct leyline_controller_t *controller,
                                             uint32_t strategy,
                                             uint64_t timeout_ns,
                                             float *row,
                                             size_t width,
                                             struct leyline_meta_t *meta,
                                             struct leyline_notice_t *notice);

/**
 * The newest observation of a link of any schema if it was not read yet; those before it count as lost.
 *
 * @param controller  the controller
 * @param row         the numbers, in the order of the schema; unspecified unless LEYLINE_OK is returned
 * @param width       room for that many: as many as the schema has
 * @param meta        what stands beside it, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_controller_try_next_row
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_latest_row(struct leyline_controller_t *controller,
                                                   float *row,
                                                   size_t width,
                                                   struct leyline_meta_t *meta,
                                                   struct leyline_notice_t *notice);

/**
 * As many of the next observations as there are and fit, of a link of any schema: a (count, width) block. Makes no
 * system call and allocates nothing.
 *
 * @param controller  the controller
 * @param rows        room for capacity rows of width numbers; what lies beyond count rows is unspecified
 * @param width       numbers in a row: as many as the schema has
 * @param capacity    how many rows fit
 * @param metas       as many places for what stands beside them
 * @param count       how many there were
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK if there was at least one and no notice follows it; LEYLINE_EMPTY; LEYLINE_LAPPED or
 *                    LEYLINE_RESTARTED: what came after the count observations; LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_next_row_batch(struct leyline_controller_t *controller,
                                                       float *rows,
                                                       size_t width,
                                                       size_t capacity,
                                                       struct leyline_meta_t *metas,
                                                       size_t *count,
                                                       struct leyline_notice_t *notice);

/**
 * The next slot of a link of several rows: its observations as one (count, width) block, with their environments and
 * flags. Makes no system call. leyline_controller_decide wants a row's meta: that of the slot, with the row's own env
 * and flags.
 *
 * @param controller  the controller
 * @param rows        the numbers, C-contiguous
 * @param numbers     room for that many: count times as many as the schema has
 * @param env         count environments
 * @param flags       count times LEYLINE_FLAG_... bits
 * @param count       as many as a slot has rows (leyline_controller_rows)
 * @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; LEYLINE_ERR_INVALID_ARGUMENT. The
 *                    contents of rows, env and flags are unspecified unless it is LEYLINE_OK.
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_next_rows(struct leyline_controller_t *controller,
                                                  float *rows,
                                                  size_t numbers,
                                                  uint16_t *env,
                                                  uint8_t *flags,
                                                  size_t count,
                                                  struct leyline_meta_t *meta,
                                                  struct leyline_notice_t *notice);

/**
 * As leyline_controller_try_next_rows, waiting as leyline_controller_next does.
 *
 * @param controller  the controller
 * @param strategy    a leyline_wait
 * @param timeout_ns  how long to wait at most, ns
 * @param rows        the numbers, C-contiguous
 * @param numbers     room for that many: count times as many as the schema has
 * @param env         count environments
 * @param flags       count times LEYLINE_FLAG_... bits
 * @param count       as many as a slot has rows (leyline_controller_rows)
 * @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_controller_next; LEYLINE_ERR_INVALID_ARGUMENT
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_next_rows(struct leyline_controller_t *controller,
                                              uint32_t strategy,
                                              uint64_t timeout_ns,
                                              float *rows,
                                              size_t numbers,
                                              uint16_t *env,
                                              uint8_t *flags,
                                              size_t count,
                                              struct leyline_meta_t *meta,
                                              struct leyline_notice_t *notice);

/**
 * The newest slot of a link of several rows if it was not read yet; the rows before it count as lost. As
 * leyline_controller_try_next_rows otherwise.
 *
 * @param controller  the controller
 * @param rows        the numbers, C-contiguous
 * @param numbers     room for that many: count times as many as the schema has
 * @param env         count environments
 * @param flags       count times LEYLINE_FLAG_... bits
 * @param count       as many as a slot has rows (leyline_controller_rows)
 * @param meta        what stands beside the slot, on LEYLINE_OK; or NULL
 * @param notice      on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return            those of leyline_controller_try_next_rows
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_try_latest_rows(struct leyline_controller_t *controller,
                                                    float *rows,
                                                    size_t numbers,
                                                    uint16_t *env,
                                                    uint8_t *flags,
                                                    size_t count,
                                                    struct leyline_meta_t *meta,
                                                    struct leyline_notice_t *notice);

/**
 * What is possible in a state observed in the link's schema: bit i for action i of the link's action space. Never zero.
 *
 * @param controller  the controller
 * @param row         the numbers
 * @param width       how many: as many as the schema has
 * @param mask        the bits
 * @return            LEYLINE_ERR_INVALID_ARGUMENT (width); LEYLINE_ERR_UNSUPPORTED: observations of this schema do not
 *                    say it
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_mask_row(const struct leyline_controller_t *controller,
                                             const float *row,
                                             size_t width,
                                             uint64_t *mask);

/**
 * The signals that were published with an observation.
 *
 * @param controller  the controller
 * @param observed    the meta of the observation
 * @param signals     the signals, checked; written only on LEYLINE_OK
 * @return            LEYLINE_OK; LEYLINE_EMPTY: it has none, or they are gone from their ring;
 *                    LEYLINE_ERR_NO_SUCH_RING; those of leyline_training_signals_check
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_signals_of(struct leyline_controller_t *controller,
                                               const struct leyline_meta_t *observed,
                                               struct leyline_training_signals_t *signals);

/**
 * Publishes a report on its ring. Figures that are not finite or outside their bounds are replaced and counted; what
 * means nothing is refused. Never waits; makes no system call unless a reader sleeps; allocates nothing.
 *
 * @param trainer    the trainer
 * @param record     a leyline_record: LEYLINE_RECORD_TRAINING_SIGNALS, _SEED_TELEMETRY, _SEED_STATE_REPORT,
 *                   _GATE_RESULT, _FIELD_REPORT, _TELEMETRY_EVENT, _BLUEPRINT_SPEC or _PERFORMANCE_BUDGETS
 * @param report     the record
 * @param size       its size: sizeof
 * @param stamp      or NULL: stamped by the ring's time source, with the report's env and no flags
 * @param sequence   the report's sequence on its ring; or NULL
 * @param sanitized  how many figures were replaced; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (a record that is not reported, another size), those of the record's
 *                   check function, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_OUT_OF_RANGE (flags),
 *                   LEYLINE_ERR_FORKED, LEYLINE_ERR_EXHAUSTED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_report(struct leyline_trainer_t *trainer,
                                        uint32_t record,
                                        const void *report,
                                        size_t size,
                                        const struct leyline_stamp_t *stamp,
                                        uint64_t *sequence,
                                        uint32_t *sanitized);

/**
 * A reader of the reports of a kind. It does not depend on the controller. Reports are what a trainer wrote: check them
 * before their numbers are relied on.
 *
 * @param controller  the controller
 * @param record      a leyline_record, as for leyline_trainer_report
 * @param start       a leyline_start
 * @param sequence    where to start, with LEYLINE_START_AT; else ignored
 * @param observer    the new handle; close it with leyline_observer_close
 * @return            LEYLINE_ERR_INVALID_ARGUMENT (a record that is not reported), LEYLINE_ERR_INVALID_ENUM,
 *                    LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_reports(const struct leyline_controller_t *controller,
                                            uint32_t record,
                                            uint32_t start,
                                            uint64_t sequence,
                                            struct leyline_observer_t **observer);

/**
 * Sends a command with annotations, which the trainer finds beside it (leyline_trainer_annotations). They stand on the
 * ring of commands before it and take a slot each; all of them and the command are accepted, or nothing is.
 *
 * @param controller   the controller
 * @param command      the command; it gets a new id and the present time if it has none
 * @param annotations  the pairs; neither keys nor values are cut
 * @param count        how many: at most LEYLINE_MAX_ANNOTATIONS
 * @param sent         what was sent; or NULL
 * @return             LEYLINE_ERR_BATCH_TOO_LARGE: more than that, or than the ring can hold; LEYLINE_ERR_INVALID_ID,
 *                     LEYLINE_ERR_INVALID_ARGUMENT: a key or a value; those of leyline_controller_send
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_send_annotated(struct leyline_controller_t *controller,
                                                   const struct leyline_adaptation_command_t *command,
                                                   const struct leyline_annotation_t *annotations,
                                                   size_t count,
                                                   struct leyline_sent_t *sent);

/**
 * The annotations of a command that is open: until it has been answered finally.
 *
 * @param trainer      the trainer
 * @param received     the command, as it was received
 * @param annotations  room for capacity of them; in the order in which they were given, checked: key and value end with
 *                     a NUL. LEYLINE_MAX_ANNOTATIONS always suffice.
 * @param capacity     how many there is room for
 * @param count        how many it has, of which at most capacity were written
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_annotations(const struct leyline_trainer_t *trainer,
                                             const struct leyline_received_t *received,
                                             struct leyline_command_annotation_t *annotations,
                                             size_t capacity,
                                             size_t *count);

/**
 * Lets a device publish the observations, until leyline_trainer_take_back: a kernel that writes its own signals into the
 * ring, with the twin in leyline_device.hpp. Meanwhile publishing here is LEYLINE_ERR_HANDED_OVER; all else goes on,
 * decisions and commands too. The ring is marked in the segment: its readers sleep for a millisecond at most, since a
 * device wakes nobody. If this process ends, or the trainer is closed, before it has taken the ring back, no trainer goes
 * on in the segment (LEYLINE_ERR_LEFT_TO_DEVICE): leyline_trainer_open_or_create and leyline_trainer_recreate make it anew.
 *
 * @param trainer  the trainer
 * @param ring     where the ring is; valid until the trainer is closed
 * @return         LEYLINE_ERR_HANDED_OVER (it is already), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_hand_over(struct leyline_trainer_t *trainer,
                                           struct leyline_device_ring_t *ring);

/**
 * Takes the observations back, and goes on after what the device has published. Only when nothing of the device's is under
 * way any more: after its stream has been synchronized. A store that comes later spoils the observations published from
 * here on.
 *
 * @param trainer    the trainer
 * @param published  sequences that the device has published; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (they are not handed over), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_take_back(struct leyline_trainer_t *trainer,
                                           uint64_t *published);

/**
 * Whether a device may be publishing the observations.
 *
 * @param trainer      the trainer
 * @param handed_over  1 from leyline_trainer_hand_over to leyline_trainer_take_back, else 0
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_is_handed_over(const struct leyline_trainer_t *trainer,
                                                uint32_t *handed_over);

/**
 * Where a device reads a ring. The addresses are in leyline_segment_pages, whose pages are read-only; the next sequence
 * follows the newest record, and the generation is the present one.
 *
 * @param segment      the segment
 * @param ring         the ring's name
 * @param device_ring  where it is; valid until this handle and its clones are closed
 * @return             LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_device_ring(const struct leyline_segment_t *segment,
                                             const char *ring,
                                             struct leyline_device_ring_t *device_ring);

/**
 * As leyline_trainer_hand_over, of a ring of the program's own. In a segment that is no link, what was left to a device is
 * made anew by leyline_segment_recreate only.
 *
 * @param writer  the writer
 * @param ring    where the ring is; valid until the writer is closed
 * @return        LEYLINE_ERR_HANDED_OVER, LEYLINE_ERR_UNSUPPORTED (the ring has consumers, whom a device cannot ask
 *                about), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_hand_over(struct leyline_writer_t *writer,
                                          struct leyline_device_ring_t *ring);

/**
 * As leyline_trainer_take_back, of a ring of the program's own.
 *
 * @param writer     the writer
 * @param published  sequences that the device has published; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (it is not handed over), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_take_back(struct leyline_writer_t *writer, uint64_t *published);

/**
 * The name of a stage, as the contract has it.
 *
 * @param stage  a leyline_seed_stage
 * @param name   a static string
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_name(uint32_t stage, const char **name);

/**
 * Whether a seed of that stage computes: TRAINING to FOSSILIZED.
 *
 * @param stage  a leyline_seed_stage
 * @param holds  whether it is so
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_is_active(uint32_t stage, bool *holds);

/**
 * Whether a seed of that stage has been given up: CULLED to RESETTING.
 *
 * @param stage  a leyline_seed_stage
 * @param holds  whether it is so
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_is_failure(uint32_t stage, bool *holds);

/**
 * Whether nothing follows that stage: FOSSILIZED.
 *
 * @param stage  a leyline_seed_stage
 * @param holds  whether it is so
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_is_terminal(uint32_t stage, bool *holds);

/**
 * Whether a seed may go from one stage to another. No stage may go to itself.
 *
 * @param from   a leyline_seed_stage
 * @param to     a leyline_seed_stage
 * @param holds  whether it may
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_can_go_to(uint32_t from, uint32_t to, bool *holds);

/**
 * The stages that a seed may go to.
 *
 * @param stage       a leyline_seed_stage
 * @param successors  room for LEYLINE_MAX_SUCCESSORS stages
 * @param count       how many there are
 * @return            LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_stage_successors(uint32_t stage, uint32_t *successors, size_t *count);

/**
 * The stage that an operation leads to.
 *
 * @param operation  a leyline_seed_operation
 * @param stage      a leyline_seed_stage
 * @return           LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_operation_target(uint32_t operation, uint32_t *stage);

/**
 * The name of an operation, as the contract has it.
 *
 * @param operation  a leyline_seed_operation
 * @param name       a static string
 * @return           LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_seed_operation_name(uint32_t operation, const char **name);

/**
 * The name of a gate, as the contract has it.
 *
 * @param gate   a leyline_gate
 * @param name   a static string
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_gate_name(uint32_t gate, const char **name);

/**
 * The name of a risk level, as the contract has it.
 *
 * @param risk   a leyline_risk
 * @param name   a static string
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_risk_name(uint32_t risk, const char **name);

/**
 * The name of a command type, as the contract has it.
 *
 * @param command_type  a leyline_command_type
 * @param name          a static string
 * @return              LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_command_type_name(uint32_t command_type, const char **name);

/**
 * The name of an outcome status, as the contract has it.
 *
 * @param status  a leyline_outcome_status
 * @param name    a static string
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_outcome_status_name(uint32_t status, const char **name);

/**
 * The name of an outcome code, as the contract has it.
 *
 * @param code   a leyline_outcome_code
 * @param name   a static string
 * @return       LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_outcome_code_name(uint32_t code, const char **name);

/**
 * Sets every number to what it reads before anything is known.
 *
 * @param observation  the observation
 *
 * Any thread.
 */
leyline_status_t leyline_observation_init(struct leyline_observation_t *observation);

/**
 * Whether every number is finite, in its Box, and whole where it has to be. The error names the first that is not.
 *
 * @param observation  the observation
 * @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
 *
 * Any thread.
 */
leyline_status_t leyline_observation_check(const struct leyline_observation_t *observation);

/**
 * Brings every number into its Box: saturates, replaces NaN by the default, drops fractions. Publishing a record whose
 * numbers were replaced should set LEYLINE_FLAG_SANITIZED.
 *
 * @param observation  the observation
 * @param replaced     bit i for each number of index i that was replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_observation_sanitize(struct leyline_observation_t *observation,
                                              uint32_t *replaced);

/**
 * Describes one number of an observation.
 *
 * @param index    a leyline_feature: 0 to 26
 * @param feature  what is known of it
 * @return         LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_feature_info(uint32_t index, struct leyline_feature_t *feature);

/**
 * The Box space of observations as JSON, in the form that RL tools read.
 *
 * @param json  a static string
 *
 * Any thread.
 */
leyline_status_t leyline_observation_space_json(const char **json);

/**
 * Sets everything to 0 and absent.
 *
 * @param signals  the signals
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_init(struct leyline_training_signals_t *signals);

/**
 * Whether counts, stage, ids and figures are what they may be. The error names the first that is not.
 *
 * @param signals  the signals; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_check(const struct leyline_training_signals_t *signals);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param signals   the signals
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_sanitize(struct leyline_training_signals_t *signals,
                                                   uint32_t *replaced);

/**
 * The hot tier of training signals. Copies, and caps the best loss; what lies outside the Box stays outside.
 *
 * @param signals      the signals; may hold anything
 * @param observation  the observation
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_to_observation(const struct leyline_training_signals_t *signals,
                                                         struct leyline_observation_t *observation);

/**
 * Makes a tracker with the usual plateau threshold, 0.5 percentage points.
 *
 * @param tracker  the new handle; close it with leyline_tracker_close
 *
 * Any thread.
 */
leyline_status_t leyline_tracker_new(struct leyline_tracker_t **tracker);

/**
 * Makes a tracker that counts updates with an accuracy delta below a threshold as a plateau.
 *
 * @param threshold_pp  percentage points, 0 to 100
 * @param tracker       the new handle; close it with leyline_tracker_close
 * @return              LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_tracker_new_with_threshold(float threshold_pp, struct leyline_tracker_t **tracker);

/**
 * Takes in one optimizer step: changes EPOCH, GLOBAL_STEP and TRAIN_LOSS and nothing else. Allocates nothing.
 *
 * @param tracker      the tracker
 * @param epoch        epochs, from 1
 * @param global_step  optimizer steps
 * @param train_loss   mean loss, nats; any number
 * @param observation  the observation now, ready to publish; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_step(struct leyline_tracker_t *tracker,
                                      uint32_t epoch,
                                      uint64_t global_step,
                                      float train_loss,
                                      struct leyline_observation_t *observation);

/**
 * Takes in one validation: deltas, plateau count, running best, histories.
 *
 * @param tracker      the tracker
 * @param validation   its figures; any numbers
 * @param observation  the observation now, ready to publish; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_update(struct leyline_tracker_t *tracker,
                                        const struct leyline_validation_t *validation,
                                        struct leyline_observation_t *observation);

/**
 * Says what the one seed is like now.
 *
 * @param tracker  the tracker
 * @param seed     the seed
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_set_seed(struct leyline_tracker_t *tracker,
                                          const struct leyline_seed_view_t *seed);

/**
 * Says what all the seeds are like now. Those alive in their slot are listed as active, and the first of them is
 * described; with none alive the first of all is. A ninth active one is counted as dropped.
 *
 * @param tracker  the tracker
 * @param seeds    the seeds
 * @param count    how many; 0: there is none
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_set_seeds(struct leyline_tracker_t *tracker,
                                           const struct leyline_seed_view_t *seeds,
                                           size_t count);

/**
 * Says that there is no seed.
 *
 * @param tracker  the tracker
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_clear_seed(struct leyline_tracker_t *tracker);

/**
 * Says how many slots are free.
 *
 * @param tracker  the tracker
 * @param slots    free slots
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_set_available_slots(struct leyline_tracker_t *tracker, uint32_t slots);

/**
 * The observation now, ready to publish.
 *
 * @param tracker      the tracker
 * @param observation  the observation
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_observation(const struct leyline_tracker_t *tracker,
                                             struct leyline_observation_t *observation);

/**
 * The training signals now. Add to them what the tracker does not know: time, GPU, gradient norms.
 *
 * @param tracker  the tracker
 * @param signals  the signals
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_signals(const struct leyline_tracker_t *tracker,
                                         struct leyline_training_signals_t *signals);

/**
 * Ends the handle.
 *
 * @param tracker  the handle, or NULL
 */
leyline_status_t leyline_tracker_close(struct leyline_tracker_t *tracker);

/**
 * The numbers of a small convolutional network on CIFAR-10.
 *
 * @param task  the task
 *
 * Any thread.
 */
leyline_status_t leyline_task_cifar10(struct leyline_task_t *task);

/**
 * The numbers of a small transformer on TinyStories.
 *
 * @param task  the task
 *
 * Any thread.
 */
leyline_status_t leyline_task_tinystories(struct leyline_task_t *task);

/**
 * Whether a task makes sense: a name of 1 to 27 of A-Z a-z 0-9 . _ -, everything finite, the baseline above the target,
 * delta_std above 0, no maximum below 1. The error names what does not.
 *
 * @param task  the task
 * @return      LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_task_check(const struct leyline_task_t *task);

/**
 * Makes what normalizes for a task.
 *
 * @param task        the task
 * @param normalizer  the new handle; close it with leyline_normalizer_close
 * @return            as leyline_task_check
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_new(const struct leyline_task_t *task,
                                        struct leyline_normalizer_t **normalizer);

/**
 * The normalizer whose observations have a schema: of a controller that attached to whatever there is, it gets raw
 * observations back.
 *
 * @param schema      a schema as leyline_normalizer_schema or leyline_normalizer_version_2_schema gives it
 * @param normalizer  the new handle; close it with leyline_normalizer_close
 * @return            LEYLINE_ERR_SCHEMA_MISMATCH if no task gives that schema
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_of_schema(const struct leyline_schema_t *schema,
                                              struct leyline_normalizer_t **normalizer);

/**
 * The schema of normalized observations: normalized.TASK, version 1, 27 numbers.
 *
 * @param normalizer  the normalizer
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_schema(const struct leyline_normalizer_t *normalizer,
                                           struct leyline_schema_t **schema);

/**
 * The schema of version 2 of the observation: observation.TASK, version 2, 54 numbers.
 *
 * @param normalizer  the normalizer
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_version_2_schema(const struct leyline_normalizer_t *normalizer,
                                                     struct leyline_schema_t **schema);

/**
 * Makes both schemas known to the process's registry, with the converters by which raw observations migrate to them.
 * Those of the presets are known already.
 *
 * @param normalizer  the normalizer
 * @return            LEYLINE_ERR_SCHEMA_MISMATCH if another task of that name is registered
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_register(const struct leyline_normalizer_t *normalizer);

/**
 * Normalizes an observation. Always in the Box of leyline_normalizer_schema.
 *
 * @param normalizer   the normalizer
 * @param observation  the raw observation; may hold anything
 * @param normalized   the normalized one
 * @param replaced     bit i for each number of index i that was not in its Box and was brought there first; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalize(const struct leyline_normalizer_t *normalizer,
                                   const struct leyline_observation_t *observation,
                                   struct leyline_normalized_t *normalized,
                                   uint32_t *replaced);

/**
 * Normalizes a batch. Allocates nothing.
 *
 * @param normalizer    the normalizer
 * @param observations  the raw observations; may hold anything
 * @param count         how many
 * @param rows          (count, 27) numbers, row by row
 * @param replaced      bit i if in any of them the number of index i was not in its Box; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalize_rows(const struct leyline_normalizer_t *normalizer,
                                        const struct leyline_observation_t *observations,
                                        size_t count,
                                        float *rows,
                                        uint32_t *replaced);

/**
 * The observation that a normalized one was made of, as far as it can be told.
 *
 * @param normalizer   the normalizer that made it
 * @param normalized   the normalized observation; of version 2 its first 27 numbers
 * @param observation  the raw one; in its Box
 * @param cut_off      bit i for each number of index i that stands at the end of a clip: it may have been beyond; or
 *                     NULL
 * @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE for numbers that no normalized observation has
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_restore(const struct leyline_normalizer_t *normalizer,
                                            const struct leyline_normalized_t *normalized,
                                            struct leyline_observation_t *observation,
                                            uint32_t *cut_off);

/**
 * Version 2 of the observation, of a batch of training signals: the 27 normalized numbers and, in the same order, a
 * flag for each: 0 it is there, 1 it is missing, 0.5 unknown. Allocates nothing.
 *
 * @param normalizer  the normalizer
 * @param signals     the signals; may hold anything
 * @param count       how many
 * @param rows        (count, LEYLINE_VERSION_2_WIDTH) numbers, row by row
 * @param replaced    bit i if in any of them the number of index i was not in its Box; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_version_2_rows(const struct leyline_normalizer_t *normalizer,
                                                   const struct leyline_training_signals_t *signals,
                                                   size_t count,
                                                   float *rows,
                                                   uint32_t *replaced);

/**
 * Ends the handle. Schemas made with it are not touched.
 *
 * @param normalizer  the handle, or NULL
 */
leyline_status_t leyline_normalizer_close(struct leyline_normalizer_t *normalizer);

/**
 * Makes an observation schema known to the process. Doing so again changes nothing.
 *
 * @param schema  the schema of rows of floats
 * @return        LEYLINE_ERR_SCHEMA_MISMATCH if another schema has that name and version already,
 *                LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_registry_register(const struct leyline_schema_t *schema);

/**
 * The schema of a name and version: a registered one or one that comes with the library (observation 1, and of the
 * presets cifar10 and tinystories normalized.TASK 1 and observation.TASK 2).
 *
 * @param name     the name
 * @param version  the version
 * @param schema   the new handle; close it with leyline_schema_close
 * @return         LEYLINE_ERR_NOT_FOUND
 *
 * Any thread.
 */
leyline_status_t leyline_registry_find(const char *name,
                                       uint32_t version,
                                       struct leyline_schema_t **schema);

/**
 * The known versions of a name, ascending.
 *
 * @param name      the name
 * @param room      how many numbers there is room for
 * @param versions  the first versions, as many as there is room for
 * @param count     how many there are; 0 if the name is not known
 *
 * Any thread.
 */
leyline_status_t leyline_registry_versions(const char *name, size_t room, uint32_t *versions, size_t *count);

/**
 * Says how rows of one schema give a field of another, for all migrations planned from now on. What the function gives
 * is brought into the field's Box.
 *
 * @param from       the old schema
 * @param to         the new schema
 * @param field      a field of the new schema
 * @param converter  the function; called from any thread that applies such a migration, until the process ends
 * @param context    what it gets beside the row; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_registry_add_converter(const struct leyline_schema_t *from,
                                                const struct leyline_schema_t *to,
                                                const char *field,
                                                leyline_converter_t converter,
                                                void *context);

/**
 * Plans how rows of one schema become rows of another: fields with a converter are converted, others of the same unit,
 * bounds and scale copied by name, and those that the old schema has not read as their missing value.
 *
 * @param from       the old schema
 * @param to         the new schema
 * @param migration  the new handle; close it with leyline_migration_close
 * @return           LEYLINE_ERR_SCHEMA_MISMATCH if a field stands in both with another meaning and has no converter, or
 *                   if nothing of the old schema comes over into the new one
 *
 * Any thread.
 */
leyline_status_t leyline_migration_plan(const struct leyline_schema_t *from,
                                        const struct leyline_schema_t *to,
                                        struct leyline_migration_t **migration);

/**
 * How many fields a migration copies, converts, defaults or drops.
 *
 * @param migration  the migration
 * @param fate       a leyline_fate
 * @param count      fields
 * @return           LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_migration_count(const struct leyline_migration_t *migration,
                                         uint32_t fate,
                                         size_t *count);

/**
 * The name of a field that a migration copies, converts, defaults or drops.
 *
 * @param migration  the migration
 * @param fate       a leyline_fate
 * @param index      from 0, in the order of the schema
 * @param name       the name, the migration's own: valid until it is closed
 * @return           LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_migration_name(const struct leyline_migration_t *migration,
                                        uint32_t fate,
                                        size_t index,
                                        const char **name);

/**
 * Makes new rows of old ones. Allocates nothing.
 *
 * @param migration  the migration
 * @param rows       (count, width of the old schema) numbers, row by row
 * @param count      rows
 * @param migrated   (count, width of the new schema) numbers, row by row
 * @param replaced   bit i if in any new row number i was brought into its Box, bit 63 for any from 63 on; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_migration_apply(const struct leyline_migration_t *migration,
                                         const float *rows,
                                         size_t count,
                                         float *migrated,
                                         uint64_t *replaced);

/**
 * Ends the handle.
 *
 * @param migration  the handle, or NULL
 */
leyline_status_t leyline_migration_close(struct leyline_migration_t *migration);

/**
 * Sets the defaults.
 *
 * @param thresholds  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_gate_thresholds_init(struct leyline_gate_thresholds_t *thresholds);

/**
 * Makes an empty slot.
 *
 * @param max_epochs  epochs of the run, 1 or more
 * @param thresholds  what the gates ask for; or NULL for the defaults
 * @param seed        the new handle; close it with leyline_seed_lifecycle_close
 * @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_seed_lifecycle_new(uint32_t max_epochs,
                                            const struct leyline_gate_thresholds_t *thresholds,
                                            struct leyline_seed_lifecycle_t **seed);

/**
 * Puts a seed into the empty slot, through G0.
 *
 * @param seed              the slot and its seed
 * @param seed_id           1 to 39 bytes
 * @param blueprint         1 to 39 bytes
 * @param accuracy_percent  the host's before the seed, 0 to 100
 * @param verdict           the gate's verdict; or NULL
 * @return                  LEYLINE_ERR_ILLEGAL_TRANSITION if the slot is not DORMANT, LEYLINE_ERR_GATE_FAILED,
 *                          LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_germinate(struct leyline_seed_lifecycle_t *seed,
                                                  const char *seed_id,
                                                  const char *blueprint,
                                                  float accuracy_percent,
                                                  struct leyline_gate_verdict_t *verdict);

/**
 * Takes the seed to a stage, through that stage's gate.
 *
 * @param seed     the slot and its seed
 * @param stage    a leyline_seed_stage
 * @param verdict  the gate's verdict, its gate LEYLINE_NO_GATE where entry is free; or NULL
 * @return         LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_GATE_FAILED (leyline_last_error says what was needed
 *                 and found), LEYLINE_ERR_INVALID_ENUM; nothing has changed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_advance(struct leyline_seed_lifecycle_t *seed,
                                                uint32_t stage,
                                                struct leyline_gate_verdict_t *verdict);

/**
 * Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
 *
 * @param seed  the slot and its seed
 * @return      LEYLINE_ERR_ILLEGAL_TRANSITION
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_cull(struct leyline_seed_lifecycle_t *seed);

/**
 * Counts an epoch and takes in its accuracy.
 *
 * @param seed              the slot and its seed
 * @param accuracy_percent  0 to 100
 * @return                  LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_end_of_epoch(struct leyline_seed_lifecycle_t *seed,
                                                     float accuracy_percent);

/**
 * Sets the blending weight.
 *
 * @param seed   the slot and its seed
 * @param alpha  0 to 1
 * @return       LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_alpha(struct leyline_seed_lifecycle_t *seed, float alpha);

/**
 * Counts that the seed reached into the host while it should be isolated.
 *
 * @param seed  the slot and its seed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_add_isolation_violation(struct leyline_seed_lifecycle_t *seed);

/**
 * Takes a gradient norm into the mean.
 *
 * @param seed  the slot and its seed
 * @param norm  finite, 0 or more
 * @return      LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_gradient_norm(struct leyline_seed_lifecycle_t *seed,
                                                             float norm);

/**
 * Sets the seed's health, which G5 asks for; a seed germinates healthy.
 *
 * @param seed    the slot and its seed
 * @param health  a leyline_health
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_health(struct leyline_seed_lifecycle_t *seed, uint32_t health);

/**
 * What a gate says of the seed as it is, without moving it.
 *
 * @param seed     the slot and its seed
 * @param gate     a leyline_gate
 * @param verdict  its verdict, passed or not
 * @return         LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_check_gate(const struct leyline_seed_lifecycle_t *seed,
                                                   uint32_t gate,
                                                   struct leyline_gate_verdict_t *verdict);

/**
 * The seed's figures.
 *
 * @param seed     the slot and its seed
 * @param metrics  the figures
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_metrics(const struct leyline_seed_lifecycle_t *seed,
                                                struct leyline_seed_metrics_t *metrics);

/**
 * The stage, and the one before.
 *
 * @param seed      the slot and its seed
 * @param stage     a leyline_seed_stage; or NULL
 * @param previous  a leyline_seed_stage, UNKNOWN if there was none; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_stage(const struct leyline_seed_lifecycle_t *seed,
                                              uint32_t *stage,
                                              uint32_t *previous);

/**
 * The seed's id and its blueprint; empty if the slot is.
 *
 * @param seed       the slot and its seed
 * @param seed_id    the id; or NULL
 * @param blueprint  the blueprint; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_ids(const struct leyline_seed_lifecycle_t *seed,
                                            struct leyline_id_t *seed_id,
                                            struct leyline_id_t *blueprint);

/**
 * The seed's health.
 *
 * @param seed    the slot and its seed
 * @param health  a leyline_health
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_health(const struct leyline_seed_lifecycle_t *seed, uint32_t *health);

/**
 * Names the slot and the environment, for what is told from now on.
 *
 * @param seed  the slot and its seed
 * @param slot  1 to 39 bytes
 * @param env   the environment, from 0
 * @return      LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_slot(struct leyline_seed_lifecycle_t *seed,
                                                 const char *slot,
                                                 uint16_t env);

/**
 * Says which epoch of the run it is and what time: what is told from now on says so. The library reads no clock
 * here.
 *
 * @param seed          the slot and its seed
 * @param epoch         epochs, from 1
 * @param time_unix_ns  nanoseconds since the Unix epoch
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_now(struct leyline_seed_lifecycle_t *seed,
                                                uint32_t epoch,
                                                int64_t time_unix_ns);

/**
 * Says how training stands; a seed that germinates keeps it for its field report.
 *
 * @param seed     the slot and its seed
 * @param signals  the signals, which must pass leyline_training_signals_check
 * @return         as leyline_training_signals_check; nothing has changed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_signals(struct leyline_seed_lifecycle_t *seed,
                                                    const struct leyline_training_signals_t *signals);

/**
 * As leyline_seed_lifecycle_cull, for a reason that the field report has.
 *
 * @param seed    the slot and its seed
 * @param reason  why, for people; longer than 63 bytes it is cut at a character
 * @return        LEYLINE_ERR_ILLEGAL_TRANSITION
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_cull_because(struct leyline_seed_lifecycle_t *seed,
                                                     const char *reason);

/**
 * Takes in that a command was received for this slot: its id goes into the field report, an event tells of it. Of
 * those received while the slot is empty only the last one counts, because it is the one that germinates.
 *
 * @param seed     the slot and its seed
 * @param command  the command; may hold anything
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_command(struct leyline_seed_lifecycle_t *seed,
                                                       const struct leyline_adaptation_command_t *command);

/**
 * Takes in what came of a command, for an event to tell.
 *
 * @param seed     the slot and its seed
 * @param outcome  the outcome; may hold anything
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_outcome(struct leyline_seed_lifecycle_t *seed,
                                                       const struct leyline_command_outcome_t *outcome);

/**
 * Takes the oldest event that was not taken yet. 64 wait at most; the oldest make way.
 *
 * @param seed   the slot and its seed
 * @param event  the record
 * @return       LEYLINE_OK, or LEYLINE_EMPTY when there is none
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_next_event(struct leyline_seed_lifecycle_t *seed,
                                                   struct leyline_telemetry_event_t *event);

/**
 * Takes the oldest state report that was not taken yet: one for every change of stage and every end of an epoch.
 * 16 wait at most; the oldest make way.
 *
 * @param seed    the slot and its seed
 * @param report  the record
 * @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_next_state_report(struct leyline_seed_lifecycle_t *seed,
                                                          struct leyline_seed_state_report_t *report);

/**
 * Takes the oldest gate result that was not taken yet: one for every gate that a seed was to pass, passed or not.
 * 16 wait at most; the oldest make way.
 *
 * @param seed    the slot and its seed
 * @param result  the record
 * @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_next_gate_result(struct leyline_seed_lifecycle_t *seed,
                                                         struct leyline_gate_result_t *result);

/**
 * Takes the oldest field report that was not taken yet: one for each seed that was fossilized or culled. 4 wait at
 * most; the oldest make way.
 *
 * @param seed    the slot and its seed
 * @param report  the record
 * @return        LEYLINE_OK, or LEYLINE_EMPTY when there is none
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_next_field_report(struct leyline_seed_lifecycle_t *seed,
                                                          struct leyline_field_report_t *report);

/**
 * What was dropped so far because nobody took it.
 *
 * @param seed    the slot and its seed
 * @param untold  how many of each
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_untold(const struct leyline_seed_lifecycle_t *seed,
                                               struct leyline_untold_t *untold);

/**
 * The seed as it is now, ready to be reported. Takes nothing from those that wait.
 *
 * @param seed    the slot and its seed
 * @param report  the report
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_state_report(const struct leyline_seed_lifecycle_t *seed,
                                                     struct leyline_seed_state_report_t *report);

/**
 * What a gate says of the seed as it is, ready to be reported, without moving it.
 *
 * @param seed    the slot and its seed
 * @param gate    a leyline_gate
 * @param result  the result, with the names of its checks
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_gate_result(const struct leyline_seed_lifecycle_t *seed,
                                                    uint32_t gate,
                                                    struct leyline_gate_result_t *result);

/**
 * What is known of the seed for its telemetry, with the gradient norm recorded last. Layer, gradient health,
 * vanishing and exploding are for the caller to add.
 *
 * @param seed       the slot and its seed
 * @param telemetry  the telemetry
 * @return           LEYLINE_OK, or LEYLINE_EMPTY while the slot is empty
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_telemetry(const struct leyline_seed_lifecycle_t *seed,
                                                  struct leyline_seed_telemetry_t *telemetry);

/**
 * Makes an event about this slot and its seed, of now and with an id of its own, for the caller to complete.
 *
 * @param seed        the slot and its seed
 * @param event_type  a leyline_event_type
 * @param severity    a leyline_severity
 * @param event       the event
 * @return            LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_event(struct leyline_seed_lifecycle_t *seed,
                                              uint32_t event_type,
                                              uint32_t severity,
                                              struct leyline_telemetry_event_t *event);

/**
 * Puts an event behind those that wait to be taken.
 *
 * @param seed   the slot and its seed
 * @param event  the event, which must pass leyline_telemetry_event_check
 * @return       as leyline_telemetry_event_check
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_tell(struct leyline_seed_lifecycle_t *seed,
                                             const struct leyline_telemetry_event_t *event);

/**
 * Ends the handle.
 *
 * @param seed  the handle, or NULL
 */
leyline_status_t leyline_seed_lifecycle_close(struct leyline_seed_lifecycle_t *seed);

/**
 * Whether every figure is finite and in its range. The error names the first that is not.
 *
 * @param metrics  the figures
 * @return         LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_seed_metrics_check(const struct leyline_seed_metrics_t *metrics);

/**
 * Sets everything to 0 and absent.
 *
 * @param metrics  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_init(struct leyline_training_metrics_t *metrics);

/**
 * Sets the least validation loss, not capped.
 *
 * @param metrics  the record
 * @param nats     0 to 1e6
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_best_val_loss(struct leyline_training_metrics_t *metrics,
                                                            float nats);

/**
 * Sets the gradient norm of the host.
 *
 * @param metrics  the record
 * @param norm     finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_grad_norm_host(struct leyline_training_metrics_t *metrics,
                                                             float norm);

/**
 * Sets the gradient norm of the seed.
 *
 * @param metrics  the record
 * @param norm     finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_grad_norm_seed(struct leyline_training_metrics_t *metrics,
                                                             float norm);

/**
 * Whether every figure is finite and in its bounds, and what is absent zero. The error names the first that is
 * not.
 *
 * @param metrics  the record; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_check(const struct leyline_training_metrics_t *metrics);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param metrics   the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_sanitize(struct leyline_training_metrics_t *metrics,
                                                   uint32_t *replaced);

/**
 * Sets the time.
 *
 * @param signals       the record
 * @param time_unix_ns  nanoseconds since the Unix epoch
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_time(struct leyline_training_signals_t *signals,
                                                   int64_t time_unix_ns);

/**
 * Sets the GPU memory in use.
 *
 * @param signals  the record
 * @param gb       GB, finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_gpu_memory_gb(struct leyline_training_signals_t *signals,
                                                            float gb);

/**
 * Sets the GPU utilization.
 *
 * @param signals  the record
 * @param share    0 to 1
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_gpu_utilization(struct leyline_training_signals_t *signals,
                                                              float share);

/**
 * Sets how long the epoch took.
 *
 * @param signals  the record
 * @param ms       milliseconds, finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_epoch_duration_ms(struct leyline_training_signals_t *signals,
                                                                float ms);

/**
 * Lists an active seed; a ninth is only counted, as dropped.
 *
 * @param signals  the record
 * @param id       1 to 39 bytes
 * @return         LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_add_active_seed(struct leyline_training_signals_t *signals,
                                                          const char *id);

/**
 * Describes a seed: stage, epochs in stage, alpha and improvement. Does not list it.
 *
 * @param signals  the record
 * @param seed     the seed
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE,
 *                 LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_seed(struct leyline_training_signals_t *signals,
                                                   const struct leyline_seed_view_t *seed);

/**
 * Sets the last validation losses.
 *
 * @param signals       the record
 * @param oldest_first  losses, 0 to 1e6 nats
 * @param count         how many; the newest LEYLINE_MAX_HISTORY are kept, the others counted as dropped
 * @return              LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_loss_history(struct leyline_training_signals_t *signals,
                                                           const float *oldest_first,
                                                           size_t count);

/**
 * Sets the last validation accuracies.
 *
 * @param signals       the record
 * @param oldest_first  accuracies, 0 to 100 percent
 * @param count         how many; the newest LEYLINE_MAX_HISTORY are kept, the others counted as dropped
 * @return              LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_accuracy_history(struct leyline_training_signals_t *signals,
                                                               const float *oldest_first,
                                                               size_t count);

/**
 * Makes the report of a healthy seed that neither improves nor needs attention; set healthy, improving,
 * needs_attention (0 or 1) and env in the struct.
 *
 * @param report               what to set
 * @param stage                a leyline_seed_stage
 * @param previous_stage       the leyline_seed_stage before
 * @param entered_at_unix_ns   when the stage was entered, nanoseconds since the Unix epoch
 * @param reported_at_unix_ns  when this is reported, nanoseconds since the Unix epoch
 * @return                     LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION unless the stage may follow
 *                             on the one before
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_init(struct leyline_seed_state_report_t *report,
                                                uint32_t stage,
                                                uint32_t previous_stage,
                                                int64_t entered_at_unix_ns,
                                                int64_t reported_at_unix_ns);

/**
 * Sets the seed and its blueprint.
 *
 * @param report     the record
 * @param seed       1 to 39 bytes
 * @param blueprint  1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_set_seed(struct leyline_seed_state_report_t *report,
                                                    const char *seed,
                                                    const char *blueprint);

/**
 * Sets the slot.
 *
 * @param report  the record
 * @param slot    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_set_slot(struct leyline_seed_state_report_t *report,
                                                    const char *slot);

/**
 * Sets the seed's figures.
 *
 * @param report   the record
 * @param metrics  the figures
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_set_metrics(struct leyline_seed_state_report_t *report,
                                                       const struct leyline_seed_metrics_t *metrics);

/**
 * Whether it may be relied on: stages known and one after the other, figures in range, ids whole, what is absent
 * zero. The error names the first field that is not so.
 *
 * @param report  the record; may hold anything
 * @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_OUT_OF_RANGE,
 *                LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_check(const struct leyline_seed_state_report_t *report);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param report    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_sanitize(struct leyline_seed_state_report_t *report,
                                                    uint32_t *replaced);

/**
 * Makes what a gate said, without any checks; set env in the struct. leyline_seed_lifecycle_gate_result makes it
 * with its checks.
 *
 * @param result        what to set
 * @param gate          a leyline_gate
 * @param passed        1 if the seed may pass, else 0
 * @param score         how well the seed did, 0 to 1
 * @param time_unix_ns  when, nanoseconds since the Unix epoch
 * @return              LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
 *                      LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_init(struct leyline_gate_result_t *result,
                                          uint32_t gate,
                                          uint32_t passed,
                                          float score,
                                          int64_t time_unix_ns);

/**
 * Adds the name of a check; a seventh of either kind is only counted.
 *
 * @param result  the record
 * @param name    1 to 39 bytes
 * @param passed  1 if it held, else 0
 * @return        LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT for a failed check of a gate that passed;
 *                nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_add_check(struct leyline_gate_result_t *result,
                                               const char *name,
                                               uint32_t passed);

/**
 * Sets the seed.
 *
 * @param result  the record
 * @param seed    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_set_seed(struct leyline_gate_result_t *result, const char *seed);

/**
 * Sets the slot.
 *
 * @param result  the record
 * @param slot    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_set_slot(struct leyline_gate_result_t *result, const char *slot);

/**
 * Sets the message, for people.
 *
 * @param result   the record
 * @param message  longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_set_message(struct leyline_gate_result_t *result, const char *message);

/**
 * Whether it may be relied on: the gate known, the score 0 to 1, counts possible, ids whole, what is absent zero,
 * no failed check of a gate that passed. The error names the first field that is not so.
 *
 * @param result  the record; may hold anything
 * @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
 *                LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_check(const struct leyline_gate_result_t *result);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param result    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_sanitize(struct leyline_gate_result_t *result, uint32_t *replaced);

/**
 * Makes the report of a seed that was fossilized; set env in the struct.
 *
 * @param report     what to set
 * @param id         16 bytes, a UUID of this report
 * @param seed       1 to 39 bytes
 * @param blueprint  1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_init_fossilized(struct leyline_field_report_t *report,
                                                      const uint8_t *id,
                                                      const char *seed,
                                                      const char *blueprint);

/**
 * Makes the report of a seed that was culled; set env in the struct.
 *
 * @param report     what to set
 * @param id         16 bytes, a UUID of this report
 * @param seed       1 to 39 bytes
 * @param blueprint  1 to 39 bytes
 * @param stage      the leyline_seed_stage that it failed in
 * @param reason     why, for people; longer than 63 bytes it is cut at a character and flagged
 * @return           LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION if no seed is
 *                   culled in that stage
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_init_culled(struct leyline_field_report_t *report,
                                                  const uint8_t *id,
                                                  const char *seed,
                                                  const char *blueprint,
                                                  uint32_t stage,
                                                  const char *reason);

/**
 * Sets the slot.
 *
 * @param report  the record
 * @param slot    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_slot(struct leyline_field_report_t *report, const char *slot);

/**
 * Sets the epochs in each stage, and their sum.
 *
 * @param report  the record
 * @param epochs  11 of them, by the value of the stage
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_epochs(struct leyline_field_report_t *report,
                                                 const uint32_t *epochs);

/**
 * Sets the accuracies and the improvement, which is their difference.
 *
 * @param report       the record
 * @param germination  at germination, percent, 0 to 100
 * @param completion   at completion
 * @param best         at best
 * @return             LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_accuracies(struct leyline_field_report_t *report,
                                                     float germination,
                                                     float completion,
                                                     float best);

/**
 * Sets the training signals at germination.
 *
 * @param report   the record
 * @param signals  the signals, which must pass leyline_training_signals_check
 * @return         as leyline_training_signals_check; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_signals(struct leyline_field_report_t *report,
                                                  const struct leyline_training_signals_t *signals);

/**
 * Sets the ids of the commands received. The first 32 are kept, the others counted as dropped.
 *
 * @param report  the record
 * @param ids     16 bytes each, oldest first
 * @param count   how many
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_commands(struct leyline_field_report_t *report,
                                                   const uint8_t *ids,
                                                   size_t count);

/**
 * Whether it may be relied on: stages known, a failure exactly where there was no success, epochs that add up,
 * figures in range, counts possible, ids whole, what is absent zero, signals as they check themselves. The error
 * names the first field that is not so.
 *
 * @param report  the record; may hold anything
 * @return        LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_OUT_OF_RANGE,
 *                LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_check(const struct leyline_field_report_t *report);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param report    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_sanitize(struct leyline_field_report_t *report, uint32_t *replaced);

/**
 * Makes the telemetry of a seed whose gradient flows, before anything is measured, in a run of 25 epochs. Set
 * vanishing and exploding (0 or 1), epoch, max_epochs and env in the struct.
 *
 * @param telemetry            what to set
 * @param seed                 1 to 39 bytes
 * @param blueprint            1 to 39 bytes
 * @param captured_at_unix_ns  when, nanoseconds since the Unix epoch
 * @return                     LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_init(struct leyline_seed_telemetry_t *telemetry,
                                             const char *seed,
                                             const char *blueprint,
                                             int64_t captured_at_unix_ns);

/**
 * Sets the layer that the seed is attached to.
 *
 * @param telemetry  the record
 * @param layer      1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_set_layer(struct leyline_seed_telemetry_t *telemetry,
                                                  const char *layer);

/**
 * Sets the gradient's figures.
 *
 * @param telemetry  the record
 * @param norm       finite, 0 or more
 * @param health     0 to 1
 * @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_set_gradient(struct leyline_seed_telemetry_t *telemetry,
                                                     float norm,
                                                     float health);

/**
 * Sets the accuracy and its change.
 *
 * @param telemetry  the record
 * @param accuracy   percent, 0 to 100
 * @param delta      percentage points, -100 to 100
 * @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_set_accuracy(struct leyline_seed_telemetry_t *telemetry,
                                                     float accuracy,
                                                     float delta);

/**
 * Sets the stage and what goes with it.
 *
 * @param telemetry        the record
 * @param stage            a leyline_seed_stage
 * @param epochs_in_stage  epochs spent there
 * @param alpha            blending weight, 0 to 1
 * @return                 LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has
 *                         changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_set_stage(struct leyline_seed_telemetry_t *telemetry,
                                                  uint32_t stage,
                                                  uint32_t epochs_in_stage,
                                                  float alpha);

/**
 * The ten features that a policy reads: min(norm, 10) / 10, health, vanishing, exploding, min(epochs in stage, 50)
 * / 50, accuracy / 100, accuracy delta / 10 in -1 to 1, (stage - 1) / 6 in 0 to 1, alpha, epoch / max(max_epochs,
 * 1) in 0 to 1.
 *
 * @param telemetry  the record
 * @param features   room for LEYLINE_TELEMETRY_FEATURES numbers
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_to_features(const struct leyline_seed_telemetry_t *telemetry,
                                                    float *features);

/**
 * Whether it may be relied on: the stage known, figures in range, ids whole and there, what is absent zero. The
 * error names the first field that is not so.
 *
 * @param telemetry  the record; may hold anything
 * @return           LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
 *                   LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_check(const struct leyline_seed_telemetry_t *telemetry);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param telemetry  the record
 * @param replaced   how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_sanitize(struct leyline_seed_telemetry_t *telemetry,
                                                 uint32_t *replaced);

/**
 * Makes an event about nothing in particular; set env in the struct. leyline_seed_lifecycle_event makes one about
 * a seed.
 *
 * @param event         what to set
 * @param id            16 bytes, a UUID
 * @param event_type    a leyline_event_type
 * @param severity      a leyline_severity
 * @param time_unix_ns  when, nanoseconds since the Unix epoch
 * @return              LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_init(struct leyline_telemetry_event_t *event,
                                              const uint8_t *id,
                                              uint32_t event_type,
                                              uint32_t severity,
                                              int64_t time_unix_ns);

/**
 * Sets the seed it is about.
 *
 * @param event  the record
 * @param seed   1 to 39 bytes
 * @return       LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_seed(struct leyline_telemetry_event_t *event, const char *seed);

/**
 * Sets the slot it is about.
 *
 * @param event  the record
 * @param slot   1 to 39 bytes
 * @return       LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_slot(struct leyline_telemetry_event_t *event, const char *slot);

/**
 * Sets the epoch of the run.
 *
 * @param event  the record
 * @param epoch  epochs, from 1
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_epoch(struct leyline_telemetry_event_t *event, uint32_t epoch);

/**
 * Sets the message, for people.
 *
 * @param event    the record
 * @param message  longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_message(struct leyline_telemetry_event_t *event,
                                                     const char *message);

/**
 * Sets a named number. A name that is there already gets the new number; a seventh name is only counted.
 *
 * @param event  the record
 * @param name   1 to 39 bytes
 * @param value  finite
 * @return       LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_data(struct leyline_telemetry_event_t *event,
                                                  const char *name,
                                                  double value);

/**
 * The number of a name.
 *
 * @param event    the record; may hold anything
 * @param name     the name
 * @param value    its number, 0 if there is none
 * @param present  whether there is one; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_data(const struct leyline_telemetry_event_t *event,
                                              const char *name,
                                              double *value,
                                              bool *present);

/**
 * Whether it may be relied on: type and severity known, names there and each once, numbers finite, counts
 * possible, ids whole, what is absent zero. The error names the first field that is not so.
 *
 * @param event  the record; may hold anything
 * @return       LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
 *               LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_check(const struct leyline_telemetry_event_t *event);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param event     the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_sanitize(struct leyline_telemetry_event_t *event,
                                                  uint32_t *replaced);

/**
 * The name of an event type, as the contract has it.
 *
 * @param event_type  a leyline_event_type
 * @param name        a static string
 * @return            LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_event_type_name(uint32_t event_type, const char **name);

/**
 * The name of a severity, as the contract has it.
 *
 * @param severity  a leyline_severity
 * @param name      a static string
 * @return          LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_severity_name(uint32_t severity, const char **name);

/**
 * The name of a budget.
 *
 * @param budget  a leyline_budget
 * @param name    a static string
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_budget_name(uint32_t budget, const char **name);

/**
 * Sets the contract's limits: epoch 18 ms, blending 5 ms, gate check 2 ms, 2 GB a seed, 12 GB in all.
 *
 * @param budgets  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_init(struct leyline_performance_budgets_t *budgets);

/**
 * Sets a limit.
 *
 * @param budgets  the record
 * @param budget   a leyline_budget
 * @param limit    in the budget's unit, finite, 0 or more
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_set_limit(struct leyline_performance_budgets_t *budgets,
                                                       uint32_t budget,
                                                       float limit);

/**
 * Whether a measurement exceeds its budget; the limit itself is within.
 *
 * @param budgets   the limits
 * @param budget    a leyline_budget
 * @param measured  in the budget's unit, finite, 0 or more
 * @param exceeded  whether it does
 * @param overrun   by what it is exceeded, zeros if it is not; or NULL
 * @return          LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_exceeded(const struct leyline_performance_budgets_t *budgets,
                                                      uint32_t budget,
                                                      float measured,
                                                      bool *exceeded,
                                                      struct leyline_overrun_t *overrun);

/**
 * What training signals exceed, as far as they tell: the epoch by its duration, the memory in all by that of the
 * GPU.
 *
 * @param budgets   the limits
 * @param signals   the signals
 * @param overruns  room for LEYLINE_MAX_OVERRUNS
 * @param count     how many there are
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_exceeded_by_signals(const struct leyline_performance_budgets_t *budgets,
                                                                 const struct leyline_training_signals_t *signals,
                                                                 struct leyline_overrun_t *overruns,
                                                                 size_t *count);

/**
 * The event that tells of an overrun: PERFORMANCE_DEGRADATION, a warning, with "budget", "limit" and "measured" as
 * its data.
 *
 * @param overrun       the overrun
 * @param id            16 bytes, a UUID
 * @param time_unix_ns  when, nanoseconds since the Unix epoch
 * @param event         the event
 * @return              LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_overrun_to_event(const struct leyline_overrun_t *overrun,
                                          const uint8_t *id,
                                          int64_t time_unix_ns,
                                          struct leyline_telemetry_event_t *event);

/**
 * Whether every limit is finite and 0 or more. The error names the first that is not.
 *
 * @param budgets  the record; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_check(const struct leyline_performance_budgets_t *budgets);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param budgets   the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_sanitize(struct leyline_performance_budgets_t *budgets,
                                                      uint32_t *replaced);

/**
 * Makes a blueprint of that name, for 1 channel or more, at the baseline's costs, with 5 epochs of training and 5
 * of blending; set training_epochs, blending_epochs and env in the struct.
 *
 * @param blueprint   what to set
 * @param id          what commands and actions call it: 1 to 39 of A-Z a-z 0-9 . _ -
 * @param topology    the networks it is for, such as "cnn"; the same alphabet
 * @param parameters  estimate of its parameters; puts actions in order
 * @return            LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_init(struct leyline_blueprint_spec_t *blueprint,
                                             const char *id,
                                             const char *topology,
                                             uint64_t parameters);

/**
 * Sets what people call it.
 *
 * @param blueprint  the record
 * @param name       1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_name(struct leyline_blueprint_spec_t *blueprint,
                                                 const char *name);

/**
 * Sets the description, for people.
 *
 * @param blueprint    the record
 * @param description  longer than 63 bytes it is cut at a character and flagged
 * @return             LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_description(struct leyline_blueprint_spec_t *blueprint,
                                                        const char *description);

/**
 * Sets how many channels it works with.
 *
 * @param blueprint  the record
 * @param least      1 or more
 * @param most       as many or more; 0 for no limit
 * @return           LEYLINE_ERR_OUT_OF_RANGE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_channels(struct leyline_blueprint_spec_t *blueprint,
                                                     uint32_t least,
                                                     uint32_t most);

/**
 * Sets the costs; 1.0 is the baseline.
 *
 * @param blueprint  the record
 * @param compute    of computing it, finite, 0 or more
 * @param memory     of its memory, finite, 0 or more
 * @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_costs(struct leyline_blueprint_spec_t *blueprint,
                                                  float compute,
                                                  float memory);

/**
 * Adds a word to find it by; a ninth is only counted.
 *
 * @param blueprint  the record
 * @param tag        1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_add_tag(struct leyline_blueprint_spec_t *blueprint, const char *tag);

/**
 * Whether it may be relied on: id and topology of their alphabet, a name, channels in order, costs finite, counts
 * possible, ids whole, what is absent zero. The error names the first field that is not so.
 *
 * @param blueprint  the record; may hold anything
 * @return           LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
 *                   LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_check(const struct leyline_blueprint_spec_t *blueprint);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param blueprint  the record
 * @param replaced   how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_sanitize(struct leyline_blueprint_spec_t *blueprint,
                                                 uint32_t *replaced);

/**
 * Registers a blueprint for its topology, in this process. Registering the same once more changes nothing. The
 * action space of the topology is another one from then on; a link keeps the one it was made with.
 *
 * @param blueprint  the blueprint; not kept
 * @return           as leyline_blueprint_spec_check; LEYLINE_ERR_INVALID_ARGUMENT if another of that id, or one
 *                   that differs in capitals only, is registered for that topology, or 61 are
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_register(const struct leyline_blueprint_spec_t *blueprint);

/**
 * Takes a blueprint out of the registry of this process.
 *
 * @param topology  its topology
 * @param id        its id
 * @param removed   what was registered; or NULL
 * @return          LEYLINE_ERR_UNKNOWN_ACTION if there is none
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_unregister(const char *topology,
                                              const char *id,
                                              struct leyline_blueprint_spec_t *removed);

/**
 * The registered blueprint of an id.
 *
 * @param topology   its topology
 * @param id         its id
 * @param blueprint  the blueprint
 * @return           LEYLINE_ERR_UNKNOWN_ACTION if there is none
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_find(const char *topology,
                                        const char *id,
                                        struct leyline_blueprint_spec_t *blueprint);

/**
 * The registered blueprints of a topology, in the order of their actions.
 *
 * @param topology    the topology
 * @param blueprints  room for capacity of them; LEYLINE_MAX_BLUEPRINTS are enough
 * @param capacity    how many there is room for; 0 only to count them
 * @param count       how many there are, which may be more than were written
 * @return            LEYLINE_ERR_UNKNOWN_ACTION if there is none
 *
 * Any thread.
 */
leyline_status_t leyline_blueprints_of_topology(const char *topology,
                                                struct leyline_blueprint_spec_t *blueprints,
                                                size_t capacity,
                                                size_t *count);

/**
 * The action space of the blueprints that are registered for a topology now, in this process.
 *
 * @param topology  such as "cnn", which has the contract's blueprints from the start
 * @param space     the new handle; close it with leyline_action_space_close
 * @return          LEYLINE_ERR_UNKNOWN_ACTION if there is none
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_of_topology(const char *topology,
                                                  struct leyline_action_space_t **space);

/**
 * Makes the decision for an action, with confidence 1 and no estimates (0).
 *
 * @param decision              what to set
 * @param observation_sequence  the observation it answers
 * @param writer_generation          the epoch of that observation's writer
 * @param env                   the environment, from 0
 * @param action                index into the action space, at most 65535
 * @return                      LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_decision_init(struct leyline_decision_t *decision,
                                       uint64_t observation_sequence,
                                       uint64_t writer_generation,
                                       uint16_t env,
                                       uint32_t action);

/**
 * Sets the confidence.
 *
 * @param decision    the decision
 * @param confidence  0 to 1
 * @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_decision_set_confidence(struct leyline_decision_t *decision, float confidence);

/**
 * Sets the estimates.
 *
 * @param decision         the decision
 * @param value_estimate   finite, in units of the reward
 * @param log_probability  natural logarithm of the action's probability, finite
 * @return                 LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_decision_set_estimates(struct leyline_decision_t *decision,
                                                float value_estimate,
                                                float log_probability);

/**
 * Whether every field is in its range. The error names the first that is not.
 *
 * @param decision  the decision; may hold anything
 * @return          LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_decision_check(const struct leyline_decision_t *decision);

/**
 * Makes a command with confidence 1, risk GREEN and nothing optional.
 *
 * @param command       what to set
 * @param command_type  a leyline_command_type
 * @return              LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_init(struct leyline_adaptation_command_t *command,
                                                 uint32_t command_type);

/**
 * Makes it the answer to an observation.
 *
 * @param command               the command
 * @param observation_sequence  the observation
 * @param writer_generation          the epoch of that observation's writer
 * @param env                   the environment, from 0
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_answering(struct leyline_adaptation_command_t *command,
                                                          uint64_t observation_sequence,
                                                          uint64_t writer_generation,
                                                          uint16_t env);

/**
 * Sets the blending weight.
 *
 * @param command  the command
 * @param alpha    0 to 1
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_alpha(struct leyline_adaptation_command_t *command,
                                                      float alpha);

/**
 * Sets the learning rate.
 *
 * @param command        the command
 * @param learning_rate  finite, above 0
 * @return               LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_learning_rate(struct leyline_adaptation_command_t *command,
                                                              float learning_rate);

/**
 * Sets the confidence.
 *
 * @param command     the command
 * @param confidence  0 to 1
 * @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_confidence(struct leyline_adaptation_command_t *command,
                                                           float confidence);

/**
 * Sets the blueprint.
 *
 * @param command    the command
 * @param blueprint  1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_INVALID_ARGUMENT (empty); nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_blueprint(struct leyline_adaptation_command_t *command,
                                                          const char *blueprint);

/**
 * Sets the seed.
 *
 * @param command  the command
 * @param seed     at most 39 bytes; empty means the one that the observation describes
 * @return         LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_target_seed(struct leyline_adaptation_command_t *command,
                                                            const char *seed);

/**
 * Sets the slot.
 *
 * @param command  the command
 * @param slot     at most 39 bytes; empty on GERMINATE means the lowest free one
 * @return         LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_target_slot(struct leyline_adaptation_command_t *command,
                                                            const char *slot);

/**
 * Sets the reason, for people.
 *
 * @param command  the command
 * @param reason   longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_reason(struct leyline_adaptation_command_t *command,
                                                       const char *reason);

/**
 * Sets the risk level.
 *
 * @param command  the command
 * @param risk     a leyline_risk
 * @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_risk(struct leyline_adaptation_command_t *command,
                                                     uint32_t risk);

/**
 * Sets the stage to go to.
 *
 * @param command  the command
 * @param stage    a leyline_seed_stage
 * @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_target_stage(struct leyline_adaptation_command_t *command,
                                                             uint32_t stage);

/**
 * Sets the index of the action that it carries out.
 *
 * @param command  the command
 * @param action   index into the action space, at most 65535
 * @return         LEYLINE_ERR_INVALID_ARGUMENT; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_action(struct leyline_adaptation_command_t *command,
                                                       uint32_t action);

/**
 * Whether it may be acted on: enumerations known, numbers finite and in range, ids whole, what is absent zero, and what its
 * type needs there. The error names the first field that is not so.
 *
 * @param command  the command; may hold anything
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
 *                 LEYLINE_ERR_INVALID_ARGUMENT (something missing)
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_check(const struct leyline_adaptation_command_t *command);

/**
 * Makes the answer to a command.
 *
 * @param outcome           what to set
 * @param command           the command that it answers
 * @param command_sequence  the sequence under which the command lay in its ring
 * @param status            a leyline_outcome_status
 * @param code              a leyline_outcome_code: NONE exactly when ACCEPTED or EXECUTED
 * @return                  LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ARGUMENT (a code where none belongs, or none where
 *                          one does)
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_init(struct leyline_command_outcome_t *outcome,
                                              const struct leyline_adaptation_command_t *command,
                                              uint64_t command_sequence,
                                              uint32_t status,
                                              uint32_t code);

/**
 * Sets the text, for people.
 *
 * @param outcome  the outcome
 * @param text     longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_text(struct leyline_command_outcome_t *outcome,
                                                  const char *text);

/**
 * Sets the seed's stages before and after the command; the same twice if it did not move.
 *
 * @param outcome  the outcome
 * @param before   a leyline_seed_stage
 * @param after    a leyline_seed_stage
 * @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_stages(struct leyline_command_outcome_t *outcome,
                                                    uint32_t before,
                                                    uint32_t after);

/**
 * Sets the verdict of the gate that decided; its text does not travel.
 *
 * @param outcome  the outcome
 * @param verdict  the verdict
 * @return         LEYLINE_ERR_INVALID_ENUM (LEYLINE_NO_GATE, too); nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_gate(struct leyline_command_outcome_t *outcome,
                                                  const struct leyline_gate_verdict_t *verdict);

/**
 * Sets the seed that the trainer resolved the command to.
 *
 * @param outcome  the outcome
 * @param seed     at most 39 bytes; empty means none
 * @return         LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_seed(struct leyline_command_outcome_t *outcome,
                                                  const char *seed);

/**
 * Sets the seed and its figures after the command.
 *
 * @param outcome  the outcome
 * @param metrics  the figures
 * @param seed     at most 39 bytes; empty means none
 * @return         LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_metrics(struct leyline_command_outcome_t *outcome,
                                                     const struct leyline_seed_metrics_t *metrics,
                                                     const char *seed);

/**
 * Whether it may be relied on: enumerations known, numbers finite and in range, the id whole, what is absent zero, and a
 * code exactly where one belongs. The error names the first field that is not so.
 *
 * @param outcome  the outcome; may hold anything
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ID,
 *                 LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_check(const struct leyline_command_outcome_t *outcome);

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
leyline_status_t leyline_segment_ring_status(const struct leyline_segment_t *segment,
                                             const char *ring,
                                             struct leyline_ring_status_t *status);

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
leyline_status_t leyline_segment_ring_takeovers(const struct leyline_segment_t *segment,
                                                const char *ring,
                                                struct leyline_takeover_t *takeovers,
                                                size_t capacity,
                                                size_t *count);

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
leyline_status_t leyline_segment_consumer_status(const struct leyline_segment_t *segment,
                                                 const char *ring,
                                                 uint32_t consumer,
                                                 struct leyline_consumer_status_t *status);

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
leyline_status_t leyline_segment_sent_commands(const struct leyline_segment_t *segment,
                                               uint32_t lane,
                                               struct leyline_command_state_t *commands,
                                               size_t capacity,
                                               size_t *count);

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
leyline_status_t leyline_segment_list(const struct leyline_options_t *options,
                                      struct leyline_listed_t *files,
                                      size_t capacity,
                                      size_t *count);

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
leyline_status_t leyline_segment_remove_unused(const char *name,
                                               const struct leyline_options_t *options,
                                               struct leyline_displaced_t *displaced);

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
leyline_status_t leyline_segment_remove_debris(const struct leyline_options_t *options,
                                               size_t *removed);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LEYLINE_H */

/* The layout that the library was built with. */
#ifndef LEYLINE_H_LAYOUT
#define LEYLINE_H_LAYOUT
LEYLINE_SIZE(leyline_stamp_t, 16);
LEYLINE_AT(leyline_stamp_t, time_ns, 0);
LEYLINE_AT(leyline_stamp_t, env, 8);
LEYLINE_AT(leyline_stamp_t, flags, 10);
LEYLINE_AT(leyline_stamp_t, reserved, 11);
LEYLINE_SIZE(leyline_meta_t, 40);
LEYLINE_AT(leyline_meta_t, sequence, 0);
LEYLINE_AT(leyline_meta_t, time_ns, 8);
LEYLINE_AT(leyline_meta_t, generation, 16);
LEYLINE_AT(leyline_meta_t, skipped, 24);
LEYLINE_AT(leyline_meta_t, env, 32);
LEYLINE_AT(leyline_meta_t, flags, 34);
LEYLINE_AT(leyline_meta_t, reserved, 35);
LEYLINE_SIZE(leyline_notice_t, 32);
LEYLINE_AT(leyline_notice_t, missed, 0);
LEYLINE_AT(leyline_notice_t, next, 8);
LEYLINE_AT(leyline_notice_t, generation, 16);
LEYLINE_AT(leyline_notice_t, first_sequence, 24);
LEYLINE_SIZE(leyline_peer_t, 16);
LEYLINE_AT(leyline_peer_t, silent_for_ns, 0);
LEYLINE_AT(leyline_peer_t, state, 8);
LEYLINE_AT(leyline_peer_t, reserved, 12);
LEYLINE_SIZE(leyline_env_mark_t, 32);
LEYLINE_AT(leyline_env_mark_t, sequence, 0);
LEYLINE_AT(leyline_env_mark_t, time_ns, 8);
LEYLINE_AT(leyline_env_mark_t, generation, 16);
LEYLINE_AT(leyline_env_mark_t, records, 24);
LEYLINE_AT(leyline_env_mark_t, env, 28);
LEYLINE_AT(leyline_env_mark_t, flags, 30);
LEYLINE_AT(leyline_env_mark_t, all_flags, 31);
LEYLINE_SIZE(leyline_gathered_t, 32);
LEYLINE_AT(leyline_gathered_t, read, 0);
LEYLINE_AT(leyline_gathered_t, missed, 8);
LEYLINE_AT(leyline_gathered_t, changed, 16);
LEYLINE_AT(leyline_gathered_t, outside, 24);
LEYLINE_SIZE(leyline_options_t, 56);
LEYLINE_AT(leyline_options_t, directory, 0);
LEYLINE_AT(leyline_options_t, mode, 8);
LEYLINE_AT(leyline_options_t, trust, 12);
LEYLINE_AT(leyline_options_t, access, 16);
LEYLINE_AT(leyline_options_t, on_close, 20);
LEYLINE_AT(leyline_options_t, group, 24);
LEYLINE_AT(leyline_options_t, prefault, 28);
LEYLINE_AT(leyline_options_t, pages, 32);
LEYLINE_AT(leyline_options_t, command_line, 36);
LEYLINE_AT(leyline_options_t, role_timeout_ns, 40);
LEYLINE_AT(leyline_options_t, reserved, 48);
LEYLINE_SIZE(leyline_ring_options_t, 64);
LEYLINE_AT(leyline_ring_options_t, name, 0);
LEYLINE_AT(leyline_ring_options_t, capacity, 8);
LEYLINE_AT(leyline_ring_options_t, rows, 16);
LEYLINE_AT(leyline_ring_options_t, consumers, 20);
LEYLINE_AT(leyline_ring_options_t, policy, 24);
LEYLINE_AT(leyline_ring_options_t, time_source, 28);
LEYLINE_AT(leyline_ring_options_t, reserved, 32);
LEYLINE_SIZE(leyline_ring_info_t, 96);
LEYLINE_AT(leyline_ring_info_t, name, 0);
LEYLINE_AT(leyline_ring_info_t, fingerprint, 40);
LEYLINE_AT(leyline_ring_info_t, capacity, 56);
LEYLINE_AT(leyline_ring_info_t, record_size, 64);
LEYLINE_AT(leyline_ring_info_t, rows, 72);
LEYLINE_AT(leyline_ring_info_t, consumers, 76);
LEYLINE_AT(leyline_ring_info_t, policy, 80);
LEYLINE_AT(leyline_ring_info_t, time_source, 84);
LEYLINE_AT(leyline_ring_info_t, kind, 88);
LEYLINE_AT(leyline_ring_info_t, lane, 92);
LEYLINE_SIZE(leyline_displaced_t, 16);
LEYLINE_AT(leyline_displaced_t, uncommitted, 0);
LEYLINE_AT(leyline_displaced_t, segments, 8);
LEYLINE_AT(leyline_displaced_t, reserved, 12);
LEYLINE_SIZE(leyline_latency_t, 560);
LEYLINE_AT(leyline_latency_t, count, 0);
LEYLINE_AT(leyline_latency_t, sum, 8);
LEYLINE_AT(leyline_latency_t, min, 16);
LEYLINE_AT(leyline_latency_t, max, 24);
LEYLINE_AT(leyline_latency_t, misses, 32);
LEYLINE_AT(leyline_latency_t, deadline, 40);
LEYLINE_AT(leyline_latency_t, buckets, 48);
LEYLINE_SIZE(leyline_role_info_t, 792);
LEYLINE_AT(leyline_role_info_t, since_unix_ns, 0);
LEYLINE_AT(leyline_role_info_t, records, 8);
LEYLINE_AT(leyline_role_info_t, lost, 16);
LEYLINE_AT(leyline_role_info_t, latency, 24);
LEYLINE_AT(leyline_role_info_t, pid, 584);
LEYLINE_AT(leyline_role_info_t, held, 588);
LEYLINE_AT(leyline_role_info_t, command, 592);
LEYLINE_SIZE(leyline_field_t, 64);
LEYLINE_AT(leyline_field_t, name, 0);
LEYLINE_AT(leyline_field_t, type, 8);
LEYLINE_AT(leyline_field_t, count, 12);
LEYLINE_AT(leyline_field_t, offset, 16);
LEYLINE_AT(leyline_field_t, reserved, 20);
LEYLINE_AT(leyline_field_t, unit, 24);
LEYLINE_AT(leyline_field_t, low, 32);
LEYLINE_AT(leyline_field_t, high, 40);
LEYLINE_AT(leyline_field_t, scale, 48);
LEYLINE_AT(leyline_field_t, missing, 56);
LEYLINE_SIZE(leyline_parameter_t, 16);
LEYLINE_AT(leyline_parameter_t, name, 0);
LEYLINE_AT(leyline_parameter_t, value, 8);
LEYLINE_SIZE(leyline_seed_state_t, 16);
LEYLINE_AT(leyline_seed_state_t, active, 0);
LEYLINE_AT(leyline_seed_state_t, stage, 4);
LEYLINE_AT(leyline_seed_state_t, slots, 8);
LEYLINE_AT(leyline_seed_state_t, reserved, 12);
LEYLINE_SIZE(leyline_task_t, 88);
LEYLINE_AT(leyline_task_t, name, 0);
LEYLINE_AT(leyline_task_t, baseline_loss, 40);
LEYLINE_AT(leyline_task_t, target_loss, 48);
LEYLINE_AT(leyline_task_t, delta_std, 56);
LEYLINE_AT(leyline_task_t, max_epochs, 64);
LEYLINE_AT(leyline_task_t, max_steps, 72);
LEYLINE_AT(leyline_task_t, max_slots, 80);
LEYLINE_SIZE(leyline_normalized_t, 108);
LEYLINE_AT(leyline_normalized_t, values, 0);
LEYLINE_SIZE(leyline_observation_t, 108);
LEYLINE_AT(leyline_observation_t, values, 0);
LEYLINE_SIZE(leyline_feature_t, 32);
LEYLINE_AT(leyline_feature_t, name, 0);
LEYLINE_AT(leyline_feature_t, unit, 8);
LEYLINE_AT(leyline_feature_t, low, 16);
LEYLINE_AT(leyline_feature_t, high, 20);
LEYLINE_AT(leyline_feature_t, missing, 24);
LEYLINE_AT(leyline_feature_t, whole, 28);
LEYLINE_SIZE(leyline_decision_t, 32);
LEYLINE_AT(leyline_decision_t, observation_sequence, 0);
LEYLINE_AT(leyline_decision_t, writer_generation, 8);
LEYLINE_AT(leyline_decision_t, confidence, 16);
LEYLINE_AT(leyline_decision_t, value_estimate, 20);
LEYLINE_AT(leyline_decision_t, log_probability, 24);
LEYLINE_AT(leyline_decision_t, action, 28);
LEYLINE_AT(leyline_decision_t, env, 30);
LEYLINE_SIZE(leyline_adaptation_command_t, 248);
LEYLINE_AT(leyline_adaptation_command_t, id, 0);
LEYLINE_AT(leyline_adaptation_command_t, time_unix_ns, 16);
LEYLINE_AT(leyline_adaptation_command_t, observation_sequence, 24);
LEYLINE_AT(leyline_adaptation_command_t, writer_generation, 32);
LEYLINE_AT(leyline_adaptation_command_t, target_seed, 40);
LEYLINE_AT(leyline_adaptation_command_t, target_slot, 80);
LEYLINE_AT(leyline_adaptation_command_t, blueprint, 120);
LEYLINE_AT(leyline_adaptation_command_t, reason, 160);
LEYLINE_AT(leyline_adaptation_command_t, alpha, 224);
LEYLINE_AT(leyline_adaptation_command_t, learning_rate, 228);
LEYLINE_AT(leyline_adaptation_command_t, confidence, 232);
LEYLINE_AT(leyline_adaptation_command_t, present, 236);
LEYLINE_AT(leyline_adaptation_command_t, action, 240);
LEYLINE_AT(leyline_adaptation_command_t, env, 242);
LEYLINE_AT(leyline_adaptation_command_t, command_type, 244);
LEYLINE_AT(leyline_adaptation_command_t, target_stage, 245);
LEYLINE_AT(leyline_adaptation_command_t, risk, 246);
LEYLINE_AT(leyline_adaptation_command_t, reserved, 247);
LEYLINE_SIZE(leyline_seed_metrics_t, 48);
LEYLINE_AT(leyline_seed_metrics_t, epochs_total, 0);
LEYLINE_AT(leyline_seed_metrics_t, epochs_in_stage, 4);
LEYLINE_AT(leyline_seed_metrics_t, initial_accuracy, 8);
LEYLINE_AT(leyline_seed_metrics_t, current_accuracy, 12);
LEYLINE_AT(leyline_seed_metrics_t, best_accuracy, 16);
LEYLINE_AT(leyline_seed_metrics_t, accuracy_at_stage_start, 20);
LEYLINE_AT(leyline_seed_metrics_t, total_improvement, 24);
LEYLINE_AT(leyline_seed_metrics_t, improvement_since_stage_start, 28);
LEYLINE_AT(leyline_seed_metrics_t, isolation_violations, 32);
LEYLINE_AT(leyline_seed_metrics_t, mean_gradient_norm, 36);
LEYLINE_AT(leyline_seed_metrics_t, alpha, 40);
LEYLINE_AT(leyline_seed_metrics_t, alpha_ramp_step, 44);
LEYLINE_SIZE(leyline_command_outcome_t, 224);
LEYLINE_AT(leyline_command_outcome_t, command_id, 0);
LEYLINE_AT(leyline_command_outcome_t, command_sequence, 16);
LEYLINE_AT(leyline_command_outcome_t, observation_sequence, 24);
LEYLINE_AT(leyline_command_outcome_t, writer_generation, 32);
LEYLINE_AT(leyline_command_outcome_t, time_unix_ns, 40);
LEYLINE_AT(leyline_command_outcome_t, seed, 48);
LEYLINE_AT(leyline_command_outcome_t, text, 88);
LEYLINE_AT(leyline_command_outcome_t, metrics, 152);
LEYLINE_AT(leyline_command_outcome_t, gate_score, 200);
LEYLINE_AT(leyline_command_outcome_t, present, 204);
LEYLINE_AT(leyline_command_outcome_t, env, 208);
LEYLINE_AT(leyline_command_outcome_t, code, 210);
LEYLINE_AT(leyline_command_outcome_t, status, 212);
LEYLINE_AT(leyline_command_outcome_t, stage_before, 213);
LEYLINE_AT(leyline_command_outcome_t, stage_after, 214);
LEYLINE_AT(leyline_command_outcome_t, gate, 215);
LEYLINE_AT(leyline_command_outcome_t, gate_passed, 216);
LEYLINE_AT(leyline_command_outcome_t, reserved, 217);
LEYLINE_SIZE(leyline_training_metrics_t, 64);
LEYLINE_AT(leyline_training_metrics_t, global_step, 0);
LEYLINE_AT(leyline_training_metrics_t, epoch, 8);
LEYLINE_AT(leyline_training_metrics_t, validations, 12);
LEYLINE_AT(leyline_training_metrics_t, plateau_epochs, 16);
LEYLINE_AT(leyline_training_metrics_t, present, 20);
LEYLINE_AT(leyline_training_metrics_t, train_loss, 24);
LEYLINE_AT(leyline_training_metrics_t, val_loss, 28);
LEYLINE_AT(leyline_training_metrics_t, loss_delta, 32);
LEYLINE_AT(leyline_training_metrics_t, train_accuracy, 36);
LEYLINE_AT(leyline_training_metrics_t, val_accuracy, 40);
LEYLINE_AT(leyline_training_metrics_t, accuracy_delta, 44);
LEYLINE_AT(leyline_training_metrics_t, best_val_accuracy, 48);
LEYLINE_AT(leyline_training_metrics_t, best_val_loss, 52);
LEYLINE_AT(leyline_training_metrics_t, grad_norm_host, 56);
LEYLINE_AT(leyline_training_metrics_t, grad_norm_seed, 60);
LEYLINE_SIZE(leyline_training_signals_t, 720);
LEYLINE_AT(leyline_training_signals_t, metrics, 0);
LEYLINE_AT(leyline_training_signals_t, time_unix_ns, 64);
LEYLINE_AT(leyline_training_signals_t, observation_sequence, 72);
LEYLINE_AT(leyline_training_signals_t, writer_generation, 80);
LEYLINE_AT(leyline_training_signals_t, active_seeds, 88);
LEYLINE_AT(leyline_training_signals_t, loss_history, 408);
LEYLINE_AT(leyline_training_signals_t, accuracy_history, 536);
LEYLINE_AT(leyline_training_signals_t, available_slots, 664);
LEYLINE_AT(leyline_training_signals_t, seed_epochs_in_stage, 668);
LEYLINE_AT(leyline_training_signals_t, seed_alpha, 672);
LEYLINE_AT(leyline_training_signals_t, seed_improvement, 676);
LEYLINE_AT(leyline_training_signals_t, gpu_memory_gb, 680);
LEYLINE_AT(leyline_training_signals_t, gpu_utilization, 684);
LEYLINE_AT(leyline_training_signals_t, epoch_duration_ms, 688);
LEYLINE_AT(leyline_training_signals_t, present, 692);
LEYLINE_AT(leyline_training_signals_t, active_seeds_dropped, 696);
LEYLINE_AT(leyline_training_signals_t, loss_history_dropped, 700);
LEYLINE_AT(leyline_training_signals_t, accuracy_history_dropped, 704);
LEYLINE_AT(leyline_training_signals_t, active_seed_count, 708);
LEYLINE_AT(leyline_training_signals_t, loss_history_count, 709);
LEYLINE_AT(leyline_training_signals_t, accuracy_history_count, 710);
LEYLINE_AT(leyline_training_signals_t, seed_stage, 711);
LEYLINE_AT(leyline_training_signals_t, env, 712);
LEYLINE_AT(leyline_training_signals_t, reserved, 714);
LEYLINE_SIZE(leyline_seed_telemetry_t, 176);
LEYLINE_AT(leyline_seed_telemetry_t, captured_at_unix_ns, 0);
LEYLINE_AT(leyline_seed_telemetry_t, seed, 8);
LEYLINE_AT(leyline_seed_telemetry_t, blueprint, 48);
LEYLINE_AT(leyline_seed_telemetry_t, layer, 88);
LEYLINE_AT(leyline_seed_telemetry_t, gradient_norm, 128);
LEYLINE_AT(leyline_seed_telemetry_t, gradient_health, 132);
LEYLINE_AT(leyline_seed_telemetry_t, accuracy, 136);
LEYLINE_AT(leyline_seed_telemetry_t, accuracy_delta, 140);
LEYLINE_AT(leyline_seed_telemetry_t, alpha, 144);
LEYLINE_AT(leyline_seed_telemetry_t, epochs_in_stage, 148);
LEYLINE_AT(leyline_seed_telemetry_t, epoch, 152);
LEYLINE_AT(leyline_seed_telemetry_t, max_epochs, 156);
LEYLINE_AT(leyline_seed_telemetry_t, present, 160);
LEYLINE_AT(leyline_seed_telemetry_t, env, 164);
LEYLINE_AT(leyline_seed_telemetry_t, stage, 166);
LEYLINE_AT(leyline_seed_telemetry_t, vanishing, 167);
LEYLINE_AT(leyline_seed_telemetry_t, exploding, 168);
LEYLINE_AT(leyline_seed_telemetry_t, reserved, 169);
LEYLINE_SIZE(leyline_seed_state_report_t, 200);
LEYLINE_AT(leyline_seed_state_report_t, entered_at_unix_ns, 0);
LEYLINE_AT(leyline_seed_state_report_t, reported_at_unix_ns, 8);
LEYLINE_AT(leyline_seed_state_report_t, seed, 16);
LEYLINE_AT(leyline_seed_state_report_t, slot, 56);
LEYLINE_AT(leyline_seed_state_report_t, blueprint, 96);
LEYLINE_AT(leyline_seed_state_report_t, metrics, 136);
LEYLINE_AT(leyline_seed_state_report_t, present, 184);
LEYLINE_AT(leyline_seed_state_report_t, env, 188);
LEYLINE_AT(leyline_seed_state_report_t, stage, 190);
LEYLINE_AT(leyline_seed_state_report_t, previous_stage, 191);
LEYLINE_AT(leyline_seed_state_report_t, healthy, 192);
LEYLINE_AT(leyline_seed_state_report_t, improving, 193);
LEYLINE_AT(leyline_seed_state_report_t, needs_attention, 194);
LEYLINE_AT(leyline_seed_state_report_t, reserved, 195);
LEYLINE_SIZE(leyline_gate_result_t, 656);
LEYLINE_AT(leyline_gate_result_t, time_unix_ns, 0);
LEYLINE_AT(leyline_gate_result_t, seed, 8);
LEYLINE_AT(leyline_gate_result_t, slot, 48);
LEYLINE_AT(leyline_gate_result_t, message, 88);
LEYLINE_AT(leyline_gate_result_t, checks_passed, 152);
LEYLINE_AT(leyline_gate_result_t, checks_failed, 392);
LEYLINE_AT(leyline_gate_result_t, score, 632);
LEYLINE_AT(leyline_gate_result_t, present, 636);
LEYLINE_AT(leyline_gate_result_t, checks_passed_dropped, 640);
LEYLINE_AT(leyline_gate_result_t, checks_failed_dropped, 644);
LEYLINE_AT(leyline_gate_result_t, env, 648);
LEYLINE_AT(leyline_gate_result_t, gate, 650);
LEYLINE_AT(leyline_gate_result_t, passed, 651);
LEYLINE_AT(leyline_gate_result_t, checks_passed_count, 652);
LEYLINE_AT(leyline_gate_result_t, checks_failed_count, 653);
LEYLINE_AT(leyline_gate_result_t, reserved, 654);
LEYLINE_SIZE(leyline_field_report_t, 1528);
LEYLINE_AT(leyline_field_report_t, id, 0);
LEYLINE_AT(leyline_field_report_t, germinated_at_unix_ns, 16);
LEYLINE_AT(leyline_field_report_t, completed_at_unix_ns, 24);
LEYLINE_AT(leyline_field_report_t, seed, 32);
LEYLINE_AT(leyline_field_report_t, blueprint, 72);
LEYLINE_AT(leyline_field_report_t, slot, 112);
LEYLINE_AT(leyline_field_report_t, failure_reason, 152);
LEYLINE_AT(leyline_field_report_t, signals, 216);
LEYLINE_AT(leyline_field_report_t, commands, 936);
LEYLINE_AT(leyline_field_report_t, epochs_in_stage, 1448);
LEYLINE_AT(leyline_field_report_t, total_epochs, 1492);
LEYLINE_AT(leyline_field_report_t, accuracy_at_germination, 1496);
LEYLINE_AT(leyline_field_report_t, accuracy_at_completion, 1500);
LEYLINE_AT(leyline_field_report_t, total_improvement, 1504);
LEYLINE_AT(leyline_field_report_t, best_accuracy, 1508);
LEYLINE_AT(leyline_field_report_t, present, 1512);
LEYLINE_AT(leyline_field_report_t, commands_dropped, 1516);
LEYLINE_AT(leyline_field_report_t, env, 1520);
LEYLINE_AT(leyline_field_report_t, command_count, 1522);
LEYLINE_AT(leyline_field_report_t, final_stage, 1523);
LEYLINE_AT(leyline_field_report_t, success, 1524);
LEYLINE_AT(leyline_field_report_t, failure_stage, 1525);
LEYLINE_AT(leyline_field_report_t, reserved, 1526);
LEYLINE_SIZE(leyline_telemetry_event_t, 480);
LEYLINE_AT(leyline_telemetry_event_t, id, 0);
LEYLINE_AT(leyline_telemetry_event_t, time_unix_ns, 16);
LEYLINE_AT(leyline_telemetry_event_t, seed, 24);
LEYLINE_AT(leyline_telemetry_event_t, slot, 64);
LEYLINE_AT(leyline_telemetry_event_t, message, 104);
LEYLINE_AT(leyline_telemetry_event_t, data_names, 168);
LEYLINE_AT(leyline_telemetry_event_t, data_values, 408);
LEYLINE_AT(leyline_telemetry_event_t, epoch, 456);
LEYLINE_AT(leyline_telemetry_event_t, present, 460);
LEYLINE_AT(leyline_telemetry_event_t, data_dropped, 464);
LEYLINE_AT(leyline_telemetry_event_t, env, 468);
LEYLINE_AT(leyline_telemetry_event_t, event_type, 470);
LEYLINE_AT(leyline_telemetry_event_t, severity, 471);
LEYLINE_AT(leyline_telemetry_event_t, data_count, 472);
LEYLINE_AT(leyline_telemetry_event_t, reserved, 473);
LEYLINE_SIZE(leyline_blueprint_spec_t, 552);
LEYLINE_AT(leyline_blueprint_spec_t, id, 0);
LEYLINE_AT(leyline_blueprint_spec_t, name, 40);
LEYLINE_AT(leyline_blueprint_spec_t, topology, 80);
LEYLINE_AT(leyline_blueprint_spec_t, description, 120);
LEYLINE_AT(leyline_blueprint_spec_t, tags, 184);
LEYLINE_AT(leyline_blueprint_spec_t, parameters, 504);
LEYLINE_AT(leyline_blueprint_spec_t, min_channels, 512);
LEYLINE_AT(leyline_blueprint_spec_t, max_channels, 516);
LEYLINE_AT(leyline_blueprint_spec_t, compute_cost, 520);
LEYLINE_AT(leyline_blueprint_spec_t, memory_cost, 524);
LEYLINE_AT(leyline_blueprint_spec_t, training_epochs, 528);
LEYLINE_AT(leyline_blueprint_spec_t, blending_epochs, 532);
LEYLINE_AT(leyline_blueprint_spec_t, present, 536);
LEYLINE_AT(leyline_blueprint_spec_t, tags_dropped, 540);
LEYLINE_AT(leyline_blueprint_spec_t, env, 544);
LEYLINE_AT(leyline_blueprint_spec_t, tag_count, 546);
LEYLINE_AT(leyline_blueprint_spec_t, reserved, 547);
LEYLINE_SIZE(leyline_performance_budgets_t, 24);
LEYLINE_AT(leyline_performance_budgets_t, epoch_ms, 0);
LEYLINE_AT(leyline_performance_budgets_t, blending_ms, 4);
LEYLINE_AT(leyline_performance_budgets_t, gate_check_ms, 8);
LEYLINE_AT(leyline_performance_budgets_t, seed_memory_gb, 12);
LEYLINE_AT(leyline_performance_budgets_t, total_memory_gb, 16);
LEYLINE_AT(leyline_performance_budgets_t, env, 20);
LEYLINE_AT(leyline_performance_budgets_t, reserved, 22);
LEYLINE_SIZE(leyline_overrun_t, 16);
LEYLINE_AT(leyline_overrun_t, budget, 0);
LEYLINE_AT(leyline_overrun_t, limit, 4);
LEYLINE_AT(leyline_overrun_t, measured, 8);
LEYLINE_AT(leyline_overrun_t, reserved, 12);
LEYLINE_SIZE(leyline_untold_t, 32);
LEYLINE_AT(leyline_untold_t, events, 0);
LEYLINE_AT(leyline_untold_t, state_reports, 8);
LEYLINE_AT(leyline_untold_t, gate_results, 16);
LEYLINE_AT(leyline_untold_t, field_reports, 24);
LEYLINE_SIZE(leyline_validation_t, 32);
LEYLINE_AT(leyline_validation_t, global_step, 0);
LEYLINE_AT(leyline_validation_t, epoch, 8);
LEYLINE_AT(leyline_validation_t, train_loss, 12);
LEYLINE_AT(leyline_validation_t, val_loss, 16);
LEYLINE_AT(leyline_validation_t, train_accuracy, 20);
LEYLINE_AT(leyline_validation_t, val_accuracy, 24);
LEYLINE_AT(leyline_validation_t, reserved, 28);
LEYLINE_SIZE(leyline_seed_view_t, 56);
LEYLINE_AT(leyline_seed_view_t, id, 0);
LEYLINE_AT(leyline_seed_view_t, stage, 40);
LEYLINE_AT(leyline_seed_view_t, epochs_in_stage, 44);
LEYLINE_AT(leyline_seed_view_t, alpha, 48);
LEYLINE_AT(leyline_seed_view_t, improvement, 52);
LEYLINE_SIZE(leyline_gate_thresholds_t, 28);
LEYLINE_AT(leyline_gate_thresholds_t, min_stage_improvement, 0);
LEYLINE_AT(leyline_gate_thresholds_t, max_isolation_violations, 4);
LEYLINE_AT(leyline_gate_thresholds_t, min_training_epochs, 8);
LEYLINE_AT(leyline_gate_thresholds_t, min_blending_epochs, 12);
LEYLINE_AT(leyline_gate_thresholds_t, min_alpha, 16);
LEYLINE_AT(leyline_gate_thresholds_t, shadowing_dwell_percent, 20);
LEYLINE_AT(leyline_gate_thresholds_t, total_improvement_above, 24);
LEYLINE_SIZE(leyline_gate_verdict_t, 256);
LEYLINE_AT(leyline_gate_verdict_t, gate, 0);
LEYLINE_AT(leyline_gate_verdict_t, passed, 4);
LEYLINE_AT(leyline_gate_verdict_t, score, 8);
LEYLINE_AT(leyline_gate_verdict_t, reserved, 12);
LEYLINE_AT(leyline_gate_verdict_t, text, 16);
LEYLINE_SIZE(leyline_link_options_t, 64);
LEYLINE_AT(leyline_link_options_t, observe, 0);
LEYLINE_AT(leyline_link_options_t, observations, 8);
LEYLINE_AT(leyline_link_options_t, decisions, 16);
LEYLINE_AT(leyline_link_options_t, commands, 24);
LEYLINE_AT(leyline_link_options_t, lanes, 32);
LEYLINE_AT(leyline_link_options_t, rows, 36);
LEYLINE_AT(leyline_link_options_t, time_source, 40);
LEYLINE_AT(leyline_link_options_t, reserved, 44);
LEYLINE_SIZE(leyline_received_t, 272);
LEYLINE_AT(leyline_received_t, command, 0);
LEYLINE_AT(leyline_received_t, sequence, 248);
LEYLINE_AT(leyline_received_t, time_ns, 256);
LEYLINE_AT(leyline_received_t, lane, 264);
LEYLINE_AT(leyline_received_t, reserved, 268);
LEYLINE_SIZE(leyline_trainer_counts_t, 32);
LEYLINE_AT(leyline_trainer_counts_t, sent, 0);
LEYLINE_AT(leyline_trainer_counts_t, decided, 8);
LEYLINE_AT(leyline_trainer_counts_t, refused, 16);
LEYLINE_AT(leyline_trainer_counts_t, last_latency_ns, 24);
LEYLINE_SIZE(leyline_command_annotation_t, 248);
LEYLINE_AT(leyline_command_annotation_t, command_id, 0);
LEYLINE_AT(leyline_command_annotation_t, key, 16);
LEYLINE_AT(leyline_command_annotation_t, value, 56);
LEYLINE_AT(leyline_command_annotation_t, index, 240);
LEYLINE_AT(leyline_command_annotation_t, env, 242);
LEYLINE_AT(leyline_command_annotation_t, command_type, 244);
LEYLINE_AT(leyline_command_annotation_t, count, 245);
LEYLINE_AT(leyline_command_annotation_t, reserved, 246);
LEYLINE_SIZE(leyline_annotation_t, 16);
LEYLINE_AT(leyline_annotation_t, key, 0);
LEYLINE_AT(leyline_annotation_t, value, 8);
LEYLINE_SIZE(leyline_answer_t, 24);
LEYLINE_AT(leyline_answer_t, reason, 0);
LEYLINE_AT(leyline_answer_t, confidence, 8);
LEYLINE_AT(leyline_answer_t, value_estimate, 12);
LEYLINE_AT(leyline_answer_t, log_probability, 16);
LEYLINE_AT(leyline_answer_t, reserved, 20);
LEYLINE_SIZE(leyline_sent_t, 40);
LEYLINE_AT(leyline_sent_t, decision_sequence, 0);
LEYLINE_AT(leyline_sent_t, command_sequence, 8);
LEYLINE_AT(leyline_sent_t, command_id, 16);
LEYLINE_AT(leyline_sent_t, latency_ns, 32);
LEYLINE_SIZE(leyline_ring_status_t, 64);
LEYLINE_AT(leyline_ring_status_t, last_sequence, 0);
LEYLINE_AT(leyline_ring_status_t, written, 8);
LEYLINE_AT(leyline_ring_status_t, readable, 16);
LEYLINE_AT(leyline_ring_status_t, generation, 24);
LEYLINE_AT(leyline_ring_status_t, age_ns, 32);
LEYLINE_AT(leyline_ring_status_t, rate_hz, 40);
LEYLINE_AT(leyline_ring_status_t, writer, 48);
LEYLINE_AT(leyline_ring_status_t, consumers, 52);
LEYLINE_AT(leyline_ring_status_t, handed_over, 56);
LEYLINE_AT(leyline_ring_status_t, reserved, 60);
LEYLINE_SIZE(leyline_device_ring_t, 72);
LEYLINE_AT(leyline_device_ring_t, control, 0);
LEYLINE_AT(leyline_device_ring_t, data, 8);
LEYLINE_AT(leyline_device_ring_t, data_len, 16);
LEYLINE_AT(leyline_device_ring_t, capacity, 24);
LEYLINE_AT(leyline_device_ring_t, first_sequence, 32);
LEYLINE_AT(leyline_device_ring_t, next_sequence, 40);
LEYLINE_AT(leyline_device_ring_t, generation, 48);
LEYLINE_AT(leyline_device_ring_t, stride, 56);
LEYLINE_AT(leyline_device_ring_t, payload_size, 60);
LEYLINE_AT(leyline_device_ring_t, record_size, 64);
LEYLINE_AT(leyline_device_ring_t, rows, 68);
LEYLINE_SIZE(leyline_takeover_t, 16);
LEYLINE_AT(leyline_takeover_t, generation, 0);
LEYLINE_AT(leyline_takeover_t, first_sequence, 8);
LEYLINE_SIZE(leyline_consumer_status_t, 32);
LEYLINE_AT(leyline_consumer_status_t, committed, 0);
LEYLINE_AT(leyline_consumer_status_t, behind, 8);
LEYLINE_AT(leyline_consumer_status_t, passed_over, 16);
LEYLINE_AT(leyline_consumer_status_t, held, 24);
LEYLINE_AT(leyline_consumer_status_t, reserved, 28);
LEYLINE_SIZE(leyline_command_state_t, 504);
LEYLINE_AT(leyline_command_state_t, command, 0);
LEYLINE_AT(leyline_command_state_t, outcome, 248);
LEYLINE_AT(leyline_command_state_t, sequence, 472);
LEYLINE_AT(leyline_command_state_t, time_ns, 480);
LEYLINE_AT(leyline_command_state_t, has_outcome, 488);
LEYLINE_AT(leyline_command_state_t, committed, 492);
LEYLINE_AT(leyline_command_state_t, open, 496);
LEYLINE_AT(leyline_command_state_t, annotations, 500);
LEYLINE_SIZE(leyline_listed_t, 104);
LEYLINE_AT(leyline_listed_t, file, 0);
LEYLINE_AT(leyline_listed_t, bytes, 80);
LEYLINE_AT(leyline_listed_t, modified_unix_ns, 88);
LEYLINE_AT(leyline_listed_t, kind, 96);
LEYLINE_AT(leyline_listed_t, owner, 100);

#undef LEYLINE_AT
#undef LEYLINE_SIZE
#undef LEYLINE_ASSERT
#endif  /* LEYLINE_H_LAYOUT */
