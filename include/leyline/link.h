/* The two sides of a link: trainer and controller.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_LINK_H
#define LEYLINE_LINK_H

#include "ring.h"
#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The trainer's end of a link. Holds the trainer's roles until it is closed. Used by one thread at a time.
 */
typedef struct leyline_trainer_t leyline_trainer_t;

/** What a policy says beside the action itself. */
typedef struct leyline_answer_t {
    /** Why, for people; cut at 63 bytes. Or NULL. */
    const char *reason;
    /** Confidence in the action, 0 to 1. */
    float confidence;
    /** The policy's estimate of the value of the state. */
    float value_estimate;
    /** The logarithm of the probability of the action. */
    float log_probability;
    /** 0. */
    uint32_t reserved;
} leyline_answer_t;

/** What leyline_controller_decide and leyline_controller_send sent. */
typedef struct leyline_sent_t {
    /** The decision's sequence; 0 where there is none. */
    uint64_t decision_sequence;
    /** The command's sequence; 0 where there is none (WAIT). */
    uint64_t command_sequence;
    /** The command's id; zeros where there is none. */
    uint8_t command_id[16];
    /** From the stamp of the observation to that of the decision, ns; 0 for unknown. */
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
    const leyline_schema_t *observe;
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
    /** Controllers that can act at the same time, 1 to 8. 1. */
    uint32_t lanes;
    /** Observations in a slot: as many environments as step together, 1 to 65536. 1. */
    uint32_t rows;
    /** A leyline_time_source. LEYLINE_TIME_SOURCE_TSC. */
    uint32_t time_source;
    /** 0. */
    uint32_t reserved[5];
} leyline_link_options_t;

/** A command to be executed and answered. */
typedef struct leyline_received_t {
    /** The command; checked. */
    leyline_adaptation_command_t command;
    /** Its sequence on its lane's ring of commands. */
    uint64_t sequence;
    /** When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown. */
    uint64_t time_ns;
    /** The lane it came by. */
    uint32_t lane;
    /** 0. */
    uint32_t reserved;
} leyline_received_t;

/** What a trainer's handle has counted. */
typedef struct leyline_trainer_counts_t {
    /** Observations published. */
    uint64_t sent;
    /** Decisions received. */
    uint64_t decided;
    /** Commands refused before they were handed out. */
    uint64_t refused;
    /** From the stamp of the observation to that of the decision received last, ns; 0 for unknown. */
    uint64_t last_latency_ns;
} leyline_trainer_counts_t;

/** A pair to annotate a command with. Strings are read during the call only. */
typedef struct leyline_annotation_t {
    /** What the value is of: 1 to 39 bytes. */
    const char *key;
    /** The value: at most 183 bytes. */
    const char *value;
} leyline_annotation_t;

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
leyline_status_t leyline_controller_next_batch(leyline_controller_t *controller, uint32_t strategy,
    uint64_t timeout_ns, size_t at_least, void *rows, size_t size, size_t capacity, leyline_meta_t *metas,
    size_t *count, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_latest_by_env(leyline_controller_t *controller, void *rows,
    size_t size, leyline_env_mark_t *marks, size_t envs, leyline_gathered_t *gathered,
    leyline_notice_t *notice);

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
leyline_status_t leyline_controller_latest_by_env(leyline_controller_t *controller, uint32_t strategy,
    uint64_t timeout_ns, void *rows, size_t size, leyline_env_mark_t *marks, size_t envs,
    leyline_gathered_t *gathered, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_decide_batch(leyline_controller_t *controller,
    const leyline_meta_t *observed, const int64_t *actions, const leyline_answer_t *answers, size_t count,
    leyline_sent_t *sent, size_t *decided);

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
leyline_status_t leyline_controller_decide_by_env(leyline_controller_t *controller,
    const leyline_env_mark_t *marks, const int64_t *actions, const leyline_answer_t *answers, size_t envs,
    leyline_sent_t *sent, size_t *decided);

/**
 * Sets the defaults.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_link_options_init(leyline_link_options_t *options);

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
leyline_status_t leyline_spec_of_link(const leyline_action_space_t *space,
    const leyline_link_options_t *shape, leyline_spec_t **spec);

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
leyline_status_t leyline_trainer_create(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer);

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
 *                 LEYLINE_ERR_DOMAIN_MISMATCH, and those of leyline_segment_open_or_create
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_open_or_create(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer,
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
leyline_status_t leyline_trainer_recreate(const char *name, const leyline_action_space_t *space,
    const leyline_link_options_t *shape, const leyline_options_t *options, leyline_trainer_t **trainer,
    leyline_displaced_t *displaced);

/**
 * Takes the trainer's roles in an attached segment that has the rings of a link.
 *
 * @param segment  the segment; the trainer keeps what it needs of it
 * @param trainer  the new handle; close it with leyline_trainer_close
 * @return         LEYLINE_ERR_ROLE_HELD, LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_READ_ONLY
 *
 * Any thread.
 */
leyline_status_t leyline_trainer_of_segment(const leyline_segment_t *segment, leyline_trainer_t **trainer);

/**
 * The segment of the link, as a handle of its own.
 *
 * @param trainer  the trainer
 * @param segment  the new handle; close it with leyline_segment_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_segment(const leyline_trainer_t *trainer, leyline_segment_t **segment);

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
leyline_status_t leyline_trainer_publish(leyline_trainer_t *trainer, const leyline_observation_t *observation,
    const leyline_stamp_t *stamp, uint64_t *sequence, uint64_t *sanitized);

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
leyline_status_t leyline_trainer_try_decision(leyline_trainer_t *trainer, uint32_t lane,
    leyline_decision_t *decision, leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_trainer_wait_decision(leyline_trainer_t *trainer, uint32_t lane, uint64_t sequence,
    uint32_t strategy, uint64_t timeout_ns, leyline_decision_t *decision, leyline_meta_t *meta);

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
leyline_status_t leyline_trainer_try_command(leyline_trainer_t *trainer, leyline_received_t *received);

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
leyline_status_t leyline_trainer_answer(leyline_trainer_t *trainer, const leyline_received_t *received,
    const leyline_command_outcome_t *outcome, uint64_t *sequence);

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
leyline_status_t leyline_trainer_wait_for_controller(leyline_trainer_t *trainer, uint32_t lane,
    uint32_t strategy, uint64_t timeout_ns, leyline_peer_t *peer);

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
leyline_status_t leyline_trainer_controller_state(leyline_trainer_t *trainer, uint32_t lane,
    leyline_peer_t *peer);

/**
 * What this handle has counted.
 *
 * @param trainer  the trainer
 * @param counts   the counts
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_counts(const leyline_trainer_t *trainer, leyline_trainer_counts_t *counts);

/**
 * This trainer's writer generation: 1 for the first trainer of the segment.
 *
 * @param trainer  the trainer
 * @param generation    its generation
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_generation(const leyline_trainer_t *trainer, uint64_t *generation);

/**
 * From now on decisions slower than this count as deadline misses in the role's counters.
 *
 * @param trainer      the trainer
 * @param deadline_ns  observation to decision, ns; 0: no deadline
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_set_deadline(leyline_trainer_t *trainer, uint64_t deadline_ns);

/**
 * Closes in order: controllers learn that the trainer closed. The segment stays (see leyline_options_t).
 *
 * @param trainer  the handle, or NULL
 */
leyline_status_t leyline_trainer_close(leyline_trainer_t *trainer);

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
leyline_status_t leyline_controller_attach(const char *name, uint32_t lane, const leyline_options_t *options,
    uint64_t timeout_ns, leyline_controller_t **controller);

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
leyline_status_t leyline_controller_of_segment(const leyline_segment_t *segment, uint32_t lane,
    leyline_controller_t **controller);

/**
 * The segment of the link, as a handle of its own.
 *
 * @param controller  the controller
 * @param segment     the new handle; close it with leyline_segment_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_segment(const leyline_controller_t *controller,
    leyline_segment_t **segment);

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
leyline_status_t leyline_controller_try_next(leyline_controller_t *controller,
    leyline_observation_t *observation, leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_next(leyline_controller_t *controller, uint32_t strategy,
    uint64_t timeout_ns, leyline_observation_t *observation, leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_next_batch(leyline_controller_t *controller,
    leyline_observation_t *observations, size_t capacity, leyline_meta_t *metas, size_t *count,
    leyline_notice_t *notice);

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
leyline_status_t leyline_controller_decide(leyline_controller_t *controller, const leyline_meta_t *observed,
    uint32_t action, const leyline_answer_t *answer, leyline_sent_t *sent);

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
leyline_status_t leyline_controller_wait_on_all(leyline_controller_t *controller,
    const leyline_meta_t *observed, size_t count);

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
leyline_status_t leyline_controller_send(leyline_controller_t *controller,
    const leyline_adaptation_command_t *command, leyline_sent_t *sent);

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
leyline_status_t leyline_controller_try_outcome(leyline_controller_t *controller,
    leyline_command_outcome_t *outcome);

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
leyline_status_t leyline_controller_wait_outcome(leyline_controller_t *controller, const uint8_t *id,
    uint32_t strategy, uint64_t timeout_ns, leyline_command_outcome_t *outcome);

/**
 * What is possible in an observed state: bit i for action i of the link's action space. Never zero.
 *
 * @param controller   the controller
 * @param observation  the observation
 * @param mask         the bits
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_mask(const leyline_controller_t *controller,
    const leyline_observation_t *observation, uint64_t *mask);

/**
 * Asks the kernel about the trainer.
 *
 * @param controller  the controller
 * @param peer        what is known of it
 * @return            LEYLINE_ERR_IO
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_trainer_state(const leyline_controller_t *controller,
    leyline_peer_t *peer);

/**
 * Observations that this handle received and missed.
 *
 * @param controller  the controller
 * @param received    how many it received; or NULL
 * @param lost        how many it missed; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_counts(const leyline_controller_t *controller, uint64_t *received,
    uint64_t *lost);

/**
 * Closes in order: the trainer learns that the controller closed.
 *
 * @param controller  the handle, or NULL
 */
leyline_status_t leyline_controller_close(leyline_controller_t *controller);

/**
 * What the link's observations are, as a handle of its own.
 *
 * @param trainer  the trainer
 * @param schema   the new handle; close it with leyline_schema_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_schema(const leyline_trainer_t *trainer, leyline_schema_t **schema);

/**
 * How many observations a slot has, and how many numbers an observation.
 *
 * @param trainer  the trainer
 * @param rows     observations in a slot: 1 where each is published by itself; or NULL
 * @param width    numbers in an observation; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_rows(const leyline_trainer_t *trainer, size_t *rows, size_t *width);

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
leyline_status_t leyline_trainer_publish_row(leyline_trainer_t *trainer, const float *row, size_t width,
    const leyline_training_signals_t *signals, const leyline_stamp_t *stamp, uint64_t *sequence,
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
leyline_status_t leyline_trainer_publish_signals(leyline_trainer_t *trainer,
    const leyline_training_signals_t *signals, const leyline_stamp_t *stamp, uint64_t *sequence,
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
leyline_status_t leyline_trainer_publish_rows(leyline_trainer_t *trainer, const float *rows, size_t numbers,
    const uint16_t *env, const uint8_t *flags, size_t count, const leyline_stamp_t *stamp, uint64_t *sequence,
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
leyline_status_t leyline_trainer_wait_decisions(leyline_trainer_t *trainer, uint32_t lane, uint64_t sequence,
    uint32_t strategy, uint64_t timeout_ns, leyline_decision_t *decisions, size_t count, size_t *answered);

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
leyline_status_t leyline_controller_attach_with(const char *name, uint32_t lane,
    const leyline_schema_t *schema, const leyline_options_t *options, uint64_t timeout_ns,
    leyline_controller_t **controller);

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
leyline_status_t leyline_controller_attach_any(const char *name, uint32_t lane,
    const leyline_options_t *options, uint64_t timeout_ns, leyline_controller_t **controller);

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
leyline_status_t leyline_controller_of_segment_any(const leyline_segment_t *segment, uint32_t lane,
    leyline_controller_t **controller);

/**
 * What the link's observations are, as a handle of its own.
 *
 * @param controller  the controller
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_schema(const leyline_controller_t *controller, leyline_schema_t **schema);

/**
 * How many observations a slot has, and how many numbers an observation.
 *
 * @param controller  the controller
 * @param rows        observations in a slot: 1 where each is published by itself; or NULL
 * @param width       numbers in an observation; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_controller_rows(const leyline_controller_t *controller, size_t *rows, size_t *width);

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
leyline_status_t leyline_controller_try_next_row(leyline_controller_t *controller, float *row, size_t width,
    leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_next_row(leyline_controller_t *controller, uint32_t strategy,
    uint64_t timeout_ns, float *row, size_t width, leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_latest_row(leyline_controller_t *controller, float *row, size_t width,
    leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_next_row_batch(leyline_controller_t *controller, float *rows,
    size_t width, size_t capacity, leyline_meta_t *metas, size_t *count, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_next_rows(leyline_controller_t *controller, float *rows,
    size_t numbers, uint16_t *env, uint8_t *flags, size_t count, leyline_meta_t *meta,
    leyline_notice_t *notice);

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
leyline_status_t leyline_controller_next_rows(leyline_controller_t *controller, uint32_t strategy,
    uint64_t timeout_ns, float *rows, size_t numbers, uint16_t *env, uint8_t *flags, size_t count,
    leyline_meta_t *meta, leyline_notice_t *notice);

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
leyline_status_t leyline_controller_try_latest_rows(leyline_controller_t *controller, float *rows,
    size_t numbers, uint16_t *env, uint8_t *flags, size_t count, leyline_meta_t *meta,
    leyline_notice_t *notice);

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
leyline_status_t leyline_controller_mask_row(const leyline_controller_t *controller, const float *row,
    size_t width, uint64_t *mask);

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
leyline_status_t leyline_controller_signals_of(leyline_controller_t *controller,
    const leyline_meta_t *observed, leyline_training_signals_t *signals);

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
leyline_status_t leyline_trainer_report(leyline_trainer_t *trainer, uint32_t record, const void *report,
    size_t size, const leyline_stamp_t *stamp, uint64_t *sequence, uint32_t *sanitized);

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
leyline_status_t leyline_controller_reports(const leyline_controller_t *controller, uint32_t record,
    uint32_t start, uint64_t sequence, leyline_observer_t **observer);

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
leyline_status_t leyline_controller_send_annotated(leyline_controller_t *controller,
    const leyline_adaptation_command_t *command, const leyline_annotation_t *annotations, size_t count,
    leyline_sent_t *sent);

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
leyline_status_t leyline_trainer_annotations(const leyline_trainer_t *trainer,
    const leyline_received_t *received, leyline_command_annotation_t *annotations, size_t capacity,
    size_t *count);

#ifdef __cplusplus
}
#endif

#endif
