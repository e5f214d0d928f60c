/* The two sides of a link: trainer and controller.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_LINK_H
#define LEYLINE_LINK_H

#include "ring.h"
#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Accept: attaches to a link of any schema, which leyline_controller_schema gives. */
#define LEYLINE_ACCEPT_ANY 1

/** The link that a controller attaches to; zeros are the defaults. */
typedef struct leyline_controller_options_t {
    /**
     * Schema that the observations must have; read during the call only. NULL:
     * leyline_observation_t.
     */
    const leyline_schema_t *observe;
    /** The lane, from 0. */
    uint32_t lane;
    /** 0: `observe` only; or LEYLINE_ACCEPT_ANY with `observe` NULL. */
    uint32_t accept;
    /** 0. */
    uint64_t reserved[2];
} leyline_controller_options_t;

/** A controller's link and counts. */
typedef struct leyline_controller_info_t {
    /** Observations received by this handle. */
    uint64_t received;
    /** Observations missed by this handle. */
    uint64_t lost;
    /** Observations in a slot. */
    size_t rows;
    /** Numbers in an observation. */
    size_t width;
    /** The lane. */
    uint32_t lane;
    /** 0. */
    uint32_t reserved[5];
} leyline_controller_info_t;

/**
 * A policy's annotations of an action. Not options: zeros are values. NULL: confidence 1, no
 * reason.
 */
typedef struct leyline_answer_t {
    /** The reason, for people; cut at 63 bytes. Or NULL. */
    const char *reason;
    /** Confidence in the action, 0 to 1. */
    float confidence;
    /** The policy's estimate of the value of the state. */
    float value_estimate;
    /** Natural logarithm of the action's probability. */
    float log_probability;
    /** 0. */
    uint32_t reserved;
} leyline_answer_t;

/** The result of a decision or command. */
typedef struct leyline_sent_t {
    /** The decision's sequence; 0: none. */
    uint64_t decision_sequence;
    /** The command's sequence; 0: none (WAIT). */
    uint64_t command_sequence;
    /** The command's id; zeros: none. */
    uint8_t command_id[16];
    /** From the stamp of the observation to that of the decision, ns; 0: unknown. */
    uint64_t latency_ns;
} leyline_sent_t;

/** A pair to annotate a command with; neither string is ever cut. */
typedef struct leyline_annotation_t {
    /** 1 to 39 bytes. */
    const char *key;
    /** At most 183 bytes. */
    const char *value;
} leyline_annotation_t;

/**
 * The shape of a link; zeros are the defaults. An existing link keeps its own.
 *
 * Its rings are "observations", one for each kind of report, and for each lane L "decisions.L",
 * "commands.L" and "outcomes.L".
 */
typedef struct leyline_link_options_t {
    /**
     * Schema of the observations, all float; read during the call only. NULL:
     * leyline_observation_t.
     */
    const leyline_schema_t *observe;
    /**
     * Slots of the ring of observations, a power of two. 0: room for 4096 observations, 8 slots or
     * more.
     */
    uint64_t observations;
    /**
     * Slots of each lane's ring of decisions, a power of two, at least twice the rows. 0: up to
     * 4096.
     */
    uint64_t decisions;
    /**
     * Slots of each lane's ring of commands, a power of two, at least the rows. 0: 256, or as many
     * as rows.
     */
    uint64_t commands;
    /** Controllers that can act at the same time, 1 to 8. 0: 1. */
    uint32_t lanes;
    /** Observations in a slot, as many as environments step together, 1 to 65536. 0: 1. */
    uint32_t rows;
    /** A leyline_time_source. 0: LEYLINE_TIME_SOURCE_TSC. */
    uint32_t time_source;
    /** 0. */
    uint32_t reserved[5];
} leyline_link_options_t;

/** A trainer's link and counts. */
typedef struct leyline_trainer_info_t {
    /** Observations published by this handle. */
    uint64_t sent;
    /** Decisions received by this handle. */
    uint64_t decided;
    /** Commands refused before they were handed out. */
    uint64_t refused;
    /** From the stamp of the observation to that of the decision received last, ns; 0: unknown. */
    uint64_t last_latency_ns;
    /** This trainer's writer generation: 1 for the first trainer of the segment. */
    uint64_t generation;
    /** Observations in a slot. */
    size_t rows;
    /** Numbers in an observation. */
    size_t width;
    /** Lanes of the link. */
    uint32_t lanes;
    /** 1 while a device may be publishing the observations, else 0. */
    uint32_t handed_over;
    /** 0. */
    uint64_t reserved[2];
} leyline_trainer_info_t;

/** A command to execute and answer. */
typedef struct leyline_received_t {
    /** The command; checked. */
    leyline_adaptation_command_t command;
    /** Its sequence on its lane's ring of commands. */
    uint64_t sequence;
    /** The time when it was sent, CLOCK_MONOTONIC nanoseconds; 0: unknown. */
    uint64_t time_ns;
    /** The lane it came by. */
    uint32_t lane;
    /** 0. */
    uint32_t reserved;
} leyline_received_t;

/**
 * Attaches to a link and takes a lane.
 *
 * Reading starts after the highest observation that the lane has decided on, or at the oldest on a
 * new lane. Before it come observations that a predecessor received and left undecided.
 *
 * @param shape    or NULL: lane 0, leyline_observation_t
 * @param options  or NULL for the defaults
 * @param wait     for the link to appear; or NULL: does not wait
 * @return         LEYLINE_ERR_NOT_FOUND, LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_ROLE_HELD (the lane is
 *                 busy),
 *                 LEYLINE_ERR_NO_SUCH_RING (lane), LEYLINE_ERR_SCHEMA_MISMATCH, those of leyline_segment_attach
 */
leyline_status_t leyline_controller_attach(const char *name, const leyline_controller_options_t *shape,
    const leyline_options_t *options, const leyline_wait_t *wait, leyline_controller_t **controller);

/**
 * Takes a lane of an attached segment that has the rings of a link. Reading starts as with
 * leyline_controller_attach.
 *
 * @param shape  or NULL: lane 0, leyline_observation_t
 * @return       LEYLINE_ERR_ROLE_HELD (the lane is busy), LEYLINE_ERR_NO_SUCH_RING,
 *               LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_READ_ONLY
 */
leyline_status_t leyline_controller_of_segment(const leyline_segment_t *segment,
    const leyline_controller_options_t *shape, leyline_controller_t **controller);

/** Gives the segment of the link as a handle of its own. */
leyline_status_t leyline_controller_segment(const leyline_controller_t *controller,
    leyline_segment_t **segment);

/** Gives the schema of the link's observations as a handle of its own. */
leyline_status_t leyline_controller_schema(const leyline_controller_t *controller, leyline_schema_t **schema);

/** Describes the link and what this handle has counted. */
leyline_status_t leyline_controller_info(const leyline_controller_t *controller,
    leyline_controller_info_t *info);

/**
 * Decides on an observation: sends the command of the action, unless it is WAIT (0), and then
 * publishes the decision.
 *
 * A predecessor's decision or command for the observation stands: nothing is sent twice. An
 * observation that is refused here and decided on by nobody is given to the successor.
 *
 * @param observed  the observation's meta
 * @param action    an index of the action space
 * @param answer    or NULL: confidence 1, no reason
 * @param sent      or NULL
 * @return          LEYLINE_ERR_UNKNOWN_ACTION; LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE (no
 *                  room for the command:
 *                  nothing was published); LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE (answer);
 *                  LEYLINE_ERR_INVALID_ARGUMENT (an observation that this handle has not received)
 */
leyline_status_t leyline_controller_decide(leyline_controller_t *controller, const leyline_meta_t *observed,
    uint32_t action, const leyline_answer_t *answer, leyline_sent_t *sent);

/**
 * Decides on many observations: the commands of the actions first, then the decisions, both in the
 * order of their sequences.
 *
 * @param observed  count metas
 * @param actions   as many indexes of the action space; or NULL: WAIT on all, as for catching up
 * @param answers   as many; or NULL: confidence 1, no reason
 * @param sent      as many, decision_sequence 0 where nothing was sent; or NULL
 * @param decided   how many were decided on, or NULL. Fewer than count: no room for the next one's
 *                  command; decide on the others when the trainer has taken commands.
 * @return          those of leyline_controller_decide; LEYLINE_ERR_FULL and
 *                  LEYLINE_ERR_CONSUMER_GONE only where nothing was decided on
 */
leyline_status_t leyline_controller_decide_batch(leyline_controller_t *controller,
    const leyline_meta_t *observed, const int64_t *actions, const leyline_answer_t *answers, size_t count,
    leyline_sent_t *sent, size_t *decided);

/**
 * Decides on the rows that changed in the last leyline_controller_latest_by_env: actions[i] on
 * environment i. Otherwise as leyline_controller_decide_batch does.
 *
 * @param marks    those of the last leyline_controller_latest_by_env, unchanged
 * @param actions  envs indexes of the action space; or NULL: WAIT on all
 * @param answers  as many; or NULL: confidence 1, no reason
 * @param sent     as many, decision_sequence 0 where nothing was sent; or NULL
 * @param decided  how many were decided on, or NULL
 * @return         those of leyline_controller_decide_batch
 */
leyline_status_t leyline_controller_decide_by_env(leyline_controller_t *controller,
    const leyline_env_mark_t *marks, const int64_t *actions, const leyline_answer_t *answers, size_t envs,
    leyline_sent_t *sent, size_t *decided);

/**
 * Sends a command, which gets a new id and the present time if it has none. An accepted command is
 * delivered, whoever dies. The command and its annotations are accepted together, or nothing is.
 *
 * @param annotations  pairs for leyline_trainer_annotations, a slot each; or NULL
 * @param count        at most LEYLINE_MAX_ANNOTATIONS
 * @param sent         or NULL
 * @return             LEYLINE_ERR_FULL, LEYLINE_ERR_CONSUMER_GONE; LEYLINE_ERR_BATCH_TOO_LARGE
 *                     (more annotations than
 *                     that, or than the ring holds), LEYLINE_ERR_INVALID_ID (a key); those of leyline_record_check
 */
leyline_status_t leyline_controller_send(leyline_controller_t *controller,
    const leyline_adaptation_command_t *command, const leyline_annotation_t *annotations, size_t count,
    leyline_sent_t *sent);

/**
 * Takes the next outcome of any command of this lane, or waits for the final outcome of one
 * command.
 *
 * Outcomes of other commands than `id` are kept for later calls. An outcome keeps its room in the
 * ring until the next call: a successor may be given the last one a second time.
 *
 * @param id       the 16 bytes of a command's id, whose ACCEPTED is skipped; or NULL: of any
 *                 command
 * @param wait     or NULL: does not wait; with an id: looks once
 * @param outcome  written on LEYLINE_OK only
 * @return         LEYLINE_OK, LEYLINE_EMPTY; waiting LEYLINE_TIMED_OUT (it may still come);
 *                 LEYLINE_ERR_PEER_GONE (the
 *                 trainer is gone; the command stays for its successor), LEYLINE_ERR_SUPERSEDED
 */
leyline_status_t leyline_controller_outcome(leyline_controller_t *controller, const uint8_t *id,
    const leyline_wait_t *wait, leyline_command_outcome_t *outcome);

/**
 * Says what is possible in an observed state: bit i for action i of the link's action space. Never
 * zero.
 *
 * @param width  the schema's width
 * @return       LEYLINE_ERR_INVALID_ARGUMENT (width); LEYLINE_ERR_UNSUPPORTED: the schema does not
 *               say what the seed is
 */
leyline_status_t leyline_controller_mask(const leyline_controller_t *controller, const float *row,
    size_t width, uint64_t *mask);

/**
 * Finds the signals that were published with an observation.
 *
 * @param observed  the observation's meta
 * @param signals   checked; written on LEYLINE_OK only
 * @return          LEYLINE_OK; LEYLINE_EMPTY: it has none, or they have left their ring;
 *                  LEYLINE_ERR_NO_SUCH_RING; those of leyline_record_check
 */
leyline_status_t leyline_controller_signals_of(leyline_controller_t *controller,
    const leyline_meta_t *observed, leyline_training_signals_t *signals);

/**
 * Opens a reader of the reports of a kind, independent of the controller. Check reports before
 * relying on them.
 *
 * @param kind      a leyline_record, as for leyline_trainer_report
 * @param start     a leyline_start
 * @param sequence  where to start, with LEYLINE_START_AT
 * @return          LEYLINE_ERR_INVALID_ARGUMENT (kind), LEYLINE_ERR_NO_SUCH_RING,
 *                  LEYLINE_ERR_SCHEMA_MISMATCH
 */
leyline_status_t leyline_controller_reports(const leyline_controller_t *controller, uint32_t kind,
    uint32_t start, uint64_t sequence, leyline_observer_t **observer);

/**
 * Closes the controller's end in order: the trainer learns that it closed.
 *
 * @param controller  or NULL
 */
leyline_status_t leyline_controller_close(leyline_controller_t *controller);

/**
 * Reads the next observation. An ending ends a wait; later a successor shows as LEYLINE_RESTARTED.
 *
 * @param wait    or NULL: does not wait
 * @param row     unspecified unless LEYLINE_OK is returned
 * @param width   the schema's width
 * @param meta    on LEYLINE_OK, for leyline_controller_decide; or NULL
 * @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; waiting
 *                LEYLINE_TIMED_OUT or an ending;
 *                LEYLINE_ERR_INVALID_ARGUMENT (width, or a link of several rows), LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_controller_next(leyline_controller_t *controller, const leyline_wait_t *wait,
    float *row, size_t width, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads the newest observation if it was not read yet; those before it count as lost.
 *
 * @param wait    or NULL: does not wait
 * @param row     unspecified unless LEYLINE_OK is returned
 * @param width   the schema's width
 * @param meta    or NULL
 * @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        those of leyline_controller_next
 */
leyline_status_t leyline_controller_latest(leyline_controller_t *controller, const leyline_wait_t *wait,
    float *row, size_t width, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Reads as many of the next observations as there are and fit: a (count, width) block.
 *
 * @param wait      or NULL: does not wait
 * @param at_least  how many to wait for, at most capacity; 0: 1
 * @param rows      the block; unspecified beyond count rows
 * @param width     the schema's width
 * @param capacity  rows that there is room for
 * @param metas     capacity of them
 * @param count     how many were read; written whenever the status is not an error
 * @param notice    on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: one or more, and fewer than at_least if the time ran out; else
 *                  those of leyline_controller_next, for what came after the count observations
 */
leyline_status_t leyline_controller_next_batch(leyline_controller_t *controller, const leyline_wait_t *wait,
    size_t at_least, float *rows, size_t width, size_t capacity, leyline_meta_t *metas, size_t *count,
    leyline_notice_t *notice);

/**
 * Reads the next slot of a link of several rows: a (count, width) block. Row i is decided on by
 * the slot's meta with env[i] and flags[i].
 *
 * @param wait     or NULL: does not wait
 * @param rows     unspecified unless LEYLINE_OK is returned, as are env and flags
 * @param numbers  count times the schema's width
 * @param env      count environments
 * @param flags    count times LEYLINE_FLAG_... bits
 * @param count    as many as a slot has rows
 * @param meta     the slot's, or NULL
 * @param notice   on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return         those of leyline_controller_next
 */
leyline_status_t leyline_controller_next_rows(leyline_controller_t *controller, const leyline_wait_t *wait,
    float *rows, size_t numbers, uint16_t *env, uint8_t *flags, size_t count, leyline_meta_t *meta,
    leyline_notice_t *notice);

/**
 * Reads the newest slot of a link of several rows if it was not read yet; the rows before it count
 * as lost.
 *
 * @param wait     or NULL: does not wait
 * @param rows     unspecified unless LEYLINE_OK is returned, as are env and flags
 * @param numbers  count times the schema's width
 * @param env      count environments
 * @param flags    count times LEYLINE_FLAG_... bits
 * @param count    as many as a slot has rows
 * @param meta     the slot's, or NULL
 * @param notice   on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return         those of leyline_controller_next
 */
leyline_status_t leyline_controller_latest_rows(leyline_controller_t *controller, const leyline_wait_t *wait,
    float *rows, size_t numbers, uint16_t *env, uint8_t *flags, size_t count, leyline_meta_t *meta,
    leyline_notice_t *notice);

/**
 * Reads everything there is and keeps the newest observation of each environment: that of
 * environment i in row i, whose mark says whether it changed. Goes for links of one row a slot and
 * of several; overtaken observations count as received.
 *
 * @param wait      until there is anything new; or NULL: does not wait
 * @param rows      an (envs, width) block, handed in again at the next call: a row without news
 *                  stays as it is
 * @param width     the schema's width
 * @param marks     envs of them, zeros at first, handed in again at the next call
 * @param gathered  counts, written whenever the status is not an error; or NULL
 * @param notice    on LEYLINE_RESTARTED; or NULL
 * @return          LEYLINE_OK: something was read; LEYLINE_EMPTY, LEYLINE_RESTARTED (the next call
 *                  reads the new writer); waiting LEYLINE_TIMED_OUT or an ending
 */
leyline_status_t leyline_controller_latest_by_env(leyline_controller_t *controller,
    const leyline_wait_t *wait, float *rows, size_t width, leyline_env_mark_t *marks, size_t envs,
    leyline_gathered_t *gathered, leyline_notice_t *notice);

/**
 * Makes the spec of a link's rings: to add rings to it, or for a segment that
 * leyline_trainer_of_segment takes.
 *
 * @param shape  or NULL for the defaults
 */
leyline_status_t leyline_spec_of_link(const leyline_action_space_t *space,
    const leyline_link_options_t *shape, leyline_spec_t **spec);

/**
 * Creates a link's segment and takes the trainer's roles.
 *
 * @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
 * @param shape    or NULL for the defaults
 * @param options  or NULL for the defaults
 * @return         LEYLINE_ERR_ALREADY_EXISTS, those of leyline_segment_create
 */
leyline_status_t leyline_trainer_create(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer);

/**
 * Attaches to the link if it exists, as after a restart, or creates it; takes the trainer's roles.
 *
 * @param shape    or NULL for the defaults
 * @param options  or NULL for the defaults
 * @param opened   a leyline_opened, or NULL
 * @return         LEYLINE_ERR_ROLE_HELD (another trainer lives), LEYLINE_ERR_SCHEMA_MISMATCH,
 *                 LEYLINE_ERR_DOMAIN_MISMATCH, those of leyline_segment_open_or_create
 */
leyline_status_t leyline_trainer_open_or_create(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer,
    uint32_t *opened);

/**
 * Replaces the link of that name, if there is one, in one step, and takes the trainer's roles.
 *
 * @param shape      or NULL for the defaults
 * @param options    or NULL for the defaults
 * @param displaced  what was replaced, or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if a living process holds a role of the old link:
 *                   nothing has changed
 */
leyline_status_t leyline_trainer_recreate(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer,
    leyline_displaced_t *displaced);

/**
 * Takes the trainer's roles in an attached segment that has the rings of a link.
 *
 * @return  LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH,
 *          LEYLINE_ERR_READ_ONLY
 */
leyline_status_t leyline_trainer_of_segment(const leyline_segment_t *segment, leyline_trainer_t **trainer);

/** Gives the segment of the link as a handle of its own. */
leyline_status_t leyline_trainer_segment(const leyline_trainer_t *trainer, leyline_segment_t **segment);

/** Gives the schema of the link's observations as a handle of its own. */
leyline_status_t leyline_trainer_schema(const leyline_trainer_t *trainer, leyline_schema_t **schema);

/** Describes the link and what this handle has counted. */
leyline_status_t leyline_trainer_info(const leyline_trainer_t *trainer, leyline_trainer_info_t *info);

/**
 * Counts decisions slower than this as deadline misses in the role's counters.
 *
 * @param deadline_ns  observation to decision, ns; 0: no deadline
 */
leyline_status_t leyline_trainer_set_deadline(leyline_trainer_t *trainer, uint64_t deadline_ns);

/**
 * Publishes an observation, after the signals it was made from, if any. Values that are not finite
 * or out of bounds are replaced. Never waits; makes no system call unless a controller sleeps.
 *
 * @param row        the numbers in the schema's order; or NULL: computed from the signals, for
 *                   leyline_observation_t
 * @param width      how many: the schema's width, or 0 if row is NULL
 * @param signals    published on their own ring with the observation's sequence, generation and
 *                   stamp; or NULL
 * @param stamp      or NULL: stamped by the ring's time source, env 0, no flags
 * @param sequence   the observation's sequence, or NULL
 * @param sanitized  a bit for each number replaced, bit 63 for all from the 64th on, whose names
 *                   leyline_schema_names_of gives; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (width, row NULL without signals, or a link of
 *                   several rows), LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_SCHEMA_MISMATCH
 *                   (row NULL, and observations of another kind), LEYLINE_ERR_FORKED,
 *                   LEYLINE_ERR_EXHAUSTED
 */
leyline_status_t leyline_trainer_publish(leyline_trainer_t *trainer, const float *row, size_t width,
    const leyline_training_signals_t *signals, const leyline_stamp_t *stamp, uint64_t *sequence,
    uint64_t *sanitized);

/**
 * Publishes a slot of a link of several rows. Rows with replaced values are flagged. Never waits.
 *
 * @param rows       count rows of the schema's width, C-contiguous
 * @param numbers    how many numbers that are
 * @param env        count environments, each once
 * @param flags      count times LEYLINE_FLAG_... bits
 * @param count      as many as a slot has rows
 * @param stamp      the slot's, or NULL: stamped by the ring's time source
 * @param sequence   the slot's sequence, or NULL
 * @param sanitized  as with leyline_trainer_publish, of any row; or NULL
 * @return           those of leyline_trainer_publish
 */
leyline_status_t leyline_trainer_publish_rows(leyline_trainer_t *trainer, const float *rows, size_t numbers,
    const uint16_t *env, const uint8_t *flags, size_t count, const leyline_stamp_t *stamp, uint64_t *sequence,
    uint64_t *sanitized);

/**
 * Reads the next decision of a lane.
 *
 * @param lane    from 0
 * @param wait    or NULL: does not wait
 * @param meta    or NULL
 * @param notice  on LEYLINE_LAPPED and LEYLINE_RESTARTED; or NULL
 * @return        LEYLINE_OK, LEYLINE_EMPTY, LEYLINE_LAPPED, LEYLINE_RESTARTED; waiting
 *                LEYLINE_TIMED_OUT or an ending; LEYLINE_ERR_NO_SUCH_RING (lane)
 */
leyline_status_t leyline_trainer_next_decision(leyline_trainer_t *trainer, uint32_t lane,
    const leyline_wait_t *wait, leyline_decision_t *decision, leyline_meta_t *meta, leyline_notice_t *notice);

/**
 * Waits until a lane has decided on an observation or a later one; its earlier decisions are
 * skipped and counted.
 *
 * @param lane      from 0
 * @param sequence  the observation
 * @param wait      or NULL: looks once
 * @param decision  written on LEYLINE_OK only
 * @param meta      or NULL
 * @return          LEYLINE_OK, LEYLINE_TIMED_OUT, LEYLINE_WRITER_CLOSED, LEYLINE_WRITER_DIED or
 *                  LEYLINE_WRITER_FAILED
 *                  (the controller is gone), LEYLINE_SUPERSEDED_NOTICE; LEYLINE_ERR_NO_SUCH_RING (lane)
 */
leyline_status_t leyline_trainer_wait_decision(leyline_trainer_t *trainer, uint32_t lane, uint64_t sequence,
    const leyline_wait_t *wait, leyline_decision_t *decision, leyline_meta_t *meta);

/**
 * Waits until a lane has decided on every row of a slot, or of a later one. A further call goes
 * on.
 *
 * @param lane       from 0
 * @param sequence   the slot: the newest of its environments
 * @param wait       or NULL: looks once
 * @param decisions  by row; observation_sequence 0 where there is none yet
 * @param count      as many as a slot has rows
 * @param answered   how many rows have been decided on, or NULL
 * @return           those of leyline_trainer_wait_decision
 */
leyline_status_t leyline_trainer_wait_decisions(leyline_trainer_t *trainer, uint32_t lane, uint64_t sequence,
    const leyline_wait_t *wait, leyline_decision_t *decisions, size_t count, size_t *answered);

/**
 * Takes the next command to execute, of any lane in turn.
 *
 * It is well-formed, answers an observation of this generation (or none), and is possible in the
 * newest state of its environment; others are answered here with the reason. It keeps its slot
 * until it is finally answered, and a successor is given it again.
 *
 * @param wait      or NULL: does not wait
 * @param received  written on LEYLINE_OK only
 * @return          LEYLINE_OK, LEYLINE_EMPTY; waiting LEYLINE_TIMED_OUT
 */
leyline_status_t leyline_trainer_next_command(leyline_trainer_t *trainer, const leyline_wait_t *wait,
    leyline_received_t *received);

/**
 * Gives the annotations of a command that is not finally answered, in the order in which they were
 * sent.
 *
 * @param capacity  room in annotations; LEYLINE_MAX_ANNOTATIONS always suffice
 * @param count     how many the command has, of which at most capacity were written
 */
leyline_status_t leyline_trainer_annotations(const leyline_trainer_t *trainer,
    const leyline_received_t *received, leyline_command_annotation_t *annotations, size_t capacity,
    size_t *count);

/**
 * Answers a command. A final outcome (anything but ACCEPTED) commits it: it is never delivered
 * again.
 *
 * @param outcome   of leyline_command_outcome_init for that command; a time of 0 becomes now
 * @param sequence  the outcome's sequence, or NULL
 * @return          LEYLINE_ERR_CONSUMER_GONE, LEYLINE_ERR_FULL (the sender's ring of outcomes is
 *                  full, nothing was
 *                  committed, try again later), LEYLINE_ERR_INVALID_ARGUMENT (another command's, or one not open)
 */
leyline_status_t leyline_trainer_answer(leyline_trainer_t *trainer, const leyline_received_t *received,
    const leyline_command_outcome_t *outcome, uint64_t *sequence);

/**
 * Publishes a report on its ring. Values that are not finite or out of bounds are replaced. Never
 * waits.
 *
 * @param kind       LEYLINE_RECORD_TRAINING_SIGNALS, _SEED_TELEMETRY, _SEED_STATE_REPORT,
 *                   _GATE_RESULT, _FIELD_REPORT,
 *                   _TELEMETRY_EVENT, _BLUEPRINT_SPEC or _PERFORMANCE_BUDGETS
 * @param size       sizeof the report
 * @param stamp      or NULL: stamped by the ring's time source, the report's env, no flags
 * @param sequence   the report's sequence on its ring, or NULL
 * @param sanitized  how many values were replaced, or NULL
 * @return           those of leyline_record_check; LEYLINE_ERR_INVALID_ARGUMENT (kind, size),
 *                   LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_OUT_OF_RANGE (flags), LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_trainer_report(leyline_trainer_t *trainer, uint32_t kind, const void *report,
    size_t size, const leyline_stamp_t *stamp, uint64_t *sequence, uint64_t *sanitized);

/**
 * Asks the kernel about a lane's controller, and waits until there is one.
 *
 * @param lane  from 0
 * @param wait  or NULL: asks once
 * @param peer  LEYLINE_PEER_HELD: a controller holds the lane; else none did in time
 * @return      LEYLINE_ERR_NO_SUCH_RING (lane)
 */
leyline_status_t leyline_trainer_controller_state(leyline_trainer_t *trainer, uint32_t lane,
    const leyline_wait_t *wait, leyline_peer_t *peer);

/**
 * Closes the trainer's end in order: controllers learn that it closed. The segment stays, see
 * leyline_options_t.
 *
 * @param trainer  or NULL
 */
leyline_status_t leyline_trainer_close(leyline_trainer_t *trainer);

#ifdef __cplusplus
}
#endif

#endif
