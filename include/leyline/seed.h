/* For trainers: tracker, life cycle of a seed, and a trainer's whole step.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_SEED_H
#define LEYLINE_SEED_H

#include "link.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The gate of a verdict where entry to the stage is free. */
#define LEYLINE_NO_GATE 255

/** The usual plateau threshold, percentage points. */
#define LEYLINE_PLATEAU_THRESHOLD_PP 0.5

/**
 * A seed slot and the seed in it. Makes the records that a trainer reports, which wait to be taken
 * with leyline_seed_lifecycle_next.
 */
typedef struct leyline_seed_lifecycle_t leyline_seed_lifecycle_t;

/** A trainer's whole step: its tracker and the life cycles of its seed slots, over a trainer. */
typedef struct leyline_steering_t leyline_steering_t;

/** Turns raw figures into observations and training signals. */
typedef struct leyline_tracker_t leyline_tracker_t;

/**
 * The thresholds of the gates. Start from the defaults (in C leyline_record_init) and set what
 * differs; they are checked when a life cycle begins.
 */
typedef struct leyline_gate_thresholds_t {
    /** G2: least improvement since stage start, percentage points, -100 to 100. Default 0.5. */
    float min_stage_improvement;
    /** G2: most isolation violations. Default 10. */
    uint32_t max_isolation_violations;
    /** G2: least epochs in TRAINING. Default 3. */
    uint32_t min_training_epochs;
    /** G3: least epochs in BLENDING. Default 3. */
    uint32_t min_blending_epochs;
    /** G3: least alpha, 0 to 1. Default 0.95. */
    float min_alpha;
    /**
     * G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; rounded down, but one epoch
     * at least. Default 10.
     */
    uint32_t shadowing_dwell_percent;
    /** G5: total improvement to exceed, percentage points, -100 to 100. Default 0. */
    float total_improvement_above;
} leyline_gate_thresholds_t;

/** A gate's verdict on a seed. */
typedef struct leyline_gate_verdict_t {
    /** A leyline_gate, or LEYLINE_NO_GATE. */
    uint32_t gate;
    /** 1 if the seed may pass, else 0. */
    uint32_t passed;
    /** The score, 0 to 1; a gate may fail at any score. */
    float score;
    /** 0. */
    uint32_t reserved;
    /**
     * Its checks, for people, the failed ones first: "name: needs ..., found ...; ...".
     * NUL-terminated UTF-8, cut at a character if it is longer.
     */
    uint8_t text[240];
} leyline_gate_verdict_t;

/**
 * The callbacks of a trainer: what its network does when a life cycle moves, and what it knows
 * that a life cycle does not. Zeroed: none. Each may be NULL.
 *
 * slot is the name of the seed slot, empty if it has none; strings and records are valid during
 * the call only. A callback must not unwind, and must call nothing on the handles of the call that
 * it is called from: such a call is refused with LEYLINE_ERR_BUSY.
 */
typedef struct leyline_seed_host_t {
    /** Handed to each callback. */
    void *context;
    /**
     * Attaches a new seed to the network. Returns NULL; or refuses the seed with a reason for
     * people, and its command is answered with FAILED.
     */
    const char *(*germinate)(void *context, const char *slot, const char *seed, const char *blueprint);
    /** Takes the seed out of the network. */
    void (*cull)(void *context, const char *slot);
    /** Makes the seed a permanent part of the network. */
    void (*fossilize)(void *context, const char *slot);
    /** Sets the blending weight, 0 to 1. */
    void (*alpha)(void *context, const char *slot, float alpha);
    /** Sets the learning rate that a command carries. */
    void (*learning_rate)(void *context, const char *slot, float learning_rate);
    /** Stops training the seed and keeps it. */
    void (*pause)(void *context, const char *slot);
    /** Trains the seed again. */
    void (*resume)(void *context, const char *slot);
    /** Enters a leyline_seed_stage, after the callback that is for that change alone. */
    void (*stage)(void *context, const char *slot, uint32_t from, uint32_t to);
    /**
     * Returns the accuracy with the seed switched on, percent: asked for at each update while the
     * seed is in TRAINING. NAN: the validation's accuracy counts.
     */
    float (*accuracy)(void *context, const char *slot);
    /** Completes the signals of an update before they are published. */
    void (*signals)(void *context, leyline_training_signals_t *signals);
    /** Completes the telemetry of a seed before it is reported. */
    void (*telemetry)(void *context, const char *slot, leyline_seed_telemetry_t *telemetry);
    /**
     * Takes notice of a decision of a lane. latency_ns: from the stamp of its observation to its
     * own; 0: unknown.
     */
    void (*decision)(void *context,
                     uint32_t lane,
                     const leyline_decision_t *decision,
                     uint64_t latency_ns);
    /** Takes notice of a command that was answered. */
    void (*outcome)(void *context,
                    const leyline_adaptation_command_t *command,
                    const leyline_command_outcome_t *outcome);
} leyline_seed_host_t;

/** The reports that a life cycle dropped because they were not taken in time. */
typedef struct leyline_untold_t {
    /** Events. */
    uint64_t events;
    /** State reports. */
    uint64_t state_reports;
    /** Gate results. */
    uint64_t gate_results;
    /** Field reports. */
    uint64_t field_reports;
} leyline_untold_t;

/** A seed slot and the seed in it, as they are now. */
typedef struct leyline_seed_lifecycle_info_t {
    /** The seed's figures. */
    leyline_seed_metrics_t metrics;
    /** The reports that were dropped because they were not taken in time. */
    leyline_untold_t untold;
    /** The seed; empty if the seed slot is. */
    leyline_id_t seed;
    /** Its blueprint; empty if the seed slot is. */
    leyline_id_t blueprint;
    /** A leyline_seed_stage. */
    uint32_t stage;
    /** The leyline_seed_stage before, UNKNOWN if there was none. */
    uint32_t previous_stage;
    /** A leyline_health. */
    uint32_t health;
    /** 0. */
    uint32_t reserved;
} leyline_seed_lifecycle_info_t;

/** The settings of a steering. All but max_epochs may be zero: the defaults. */
typedef struct leyline_steering_options_t {
    /** The names of the seed slots, lowest first, 1 to 39 bytes each. NULL: one, "slot_0". */
    const char *const *slots;
    /** Names in the list. */
    size_t slot_count;
    /** The thresholds of the gates. NULL: the defaults. */
    const leyline_gate_thresholds_t *thresholds;
    /** Epochs of the run, 1 or more. */
    uint32_t max_epochs;
    /** Epochs in which alpha rises to 1 while BLENDING. 0: 5. */
    uint32_t ramp_epochs;
    /** A leyline_fossils. */
    uint32_t fossils;
    /**
     * Updates with an accuracy delta below it count as a plateau, percentage points, 0 to 100. 0:
     * LEYLINE_PLATEAU_THRESHOLD_PP.
     */
    float plateau_threshold_pp;
    /** 0. */
    uint64_t reserved[2];
} leyline_steering_options_t;

/** The result of a step or an update. */
typedef struct leyline_steered_t {
    /** The observation's sequence; 0: none was published, because the ring is in a device's hands. */
    uint64_t sequence;
    /** A bit for each number that was replaced, as leyline_trainer_publish gives them. */
    uint64_t sanitized;
    /** Decisions that were received. */
    size_t decisions;
    /** Commands that were executed or refused here. */
    size_t commands;
} leyline_steered_t;

/** The raw figures of one validation. */
typedef struct leyline_validation_t {
    /** Optimizer steps. */
    uint64_t global_step;
    /** Epochs, from 1. */
    uint32_t epoch;
    /** Mean training loss, nats. */
    float train_loss;
    /** Mean validation loss, nats. */
    float val_loss;
    /** Training accuracy, percent. */
    float train_accuracy;
    /** Validation accuracy, percent. */
    float val_accuracy;
    /** 0. */
    uint32_t reserved;
} leyline_validation_t;

/**
 * Makes an empty seed slot.
 *
 * @param max_epochs  epochs of the run, 1 or more
 * @param thresholds  or NULL for the defaults
 */
leyline_status_t leyline_seed_lifecycle_new(uint32_t max_epochs, const leyline_gate_thresholds_t *thresholds,
    leyline_seed_lifecycle_t **seed);

/**
 * Puts a seed into the empty seed slot, through G0.
 *
 * @param seed_id           1 to 39 bytes
 * @param blueprint         1 to 39 bytes
 * @param accuracy_percent  the host's before the seed, 0 to 100
 * @param verdict           or NULL
 * @return                  LEYLINE_ERR_ILLEGAL_TRANSITION (not DORMANT), LEYLINE_ERR_GATE_FAILED;
 *                          nothing has changed
 */
leyline_status_t leyline_seed_lifecycle_germinate(leyline_seed_lifecycle_t *seed, const char *seed_id,
    const char *blueprint, float accuracy_percent, leyline_gate_verdict_t *verdict);

/**
 * Takes the seed to a stage, through that stage's gate.
 *
 * @param stage    a leyline_seed_stage
 * @param verdict  its gate LEYLINE_NO_GATE where entry is free; or NULL
 * @return         LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_GATE_FAILED; nothing has changed
 */
leyline_status_t leyline_seed_lifecycle_advance(leyline_seed_lifecycle_t *seed, uint32_t stage,
    leyline_gate_verdict_t *verdict);

/**
 * Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
 *
 * @param reason  for the field report, cut at 63 bytes; or NULL
 * @return        LEYLINE_ERR_ILLEGAL_TRANSITION
 */
leyline_status_t leyline_seed_lifecycle_cull(leyline_seed_lifecycle_t *seed, const char *reason);

/**
 * Executes a command on the seed slot and gives the outcome to answer it with. Checks seed, seed
 * slot, blueprint and stage, asks the gate, moves, calls back, and records command and outcome. A
 * command that is not executed is no error: the outcome says so.
 *
 * @param command           may hold anything
 * @param sequence          the command's in its ring
 * @param space             the blueprints there are
 * @param seed_id           the name of a seed whose command names none, 1 to 39 bytes
 * @param accuracy_percent  the host's before a new seed, 0 to 100
 * @param host              or NULL: no callbacks
 * @param outcome           EXECUTED; REJECTED with MALFORMED, UNKNOWN_SLOT, UNKNOWN_SEED,
 *                          UNKNOWN_BLUEPRINT, ILLEGAL_STAGE or GATE; FAILED with INTERNAL: the
 *                          host refused the seed
 */
leyline_status_t leyline_seed_lifecycle_apply(leyline_seed_lifecycle_t *seed,
    const leyline_adaptation_command_t *command, uint64_t sequence, const leyline_action_space_t *space,
    const char *seed_id, float accuracy_percent, const leyline_seed_host_t *host,
    leyline_command_outcome_t *outcome);

/**
 * Counts an epoch and takes in its accuracy.
 *
 * @param accuracy_percent  0 to 100
 */
leyline_status_t leyline_seed_lifecycle_end_of_epoch(leyline_seed_lifecycle_t *seed, float accuracy_percent);

/**
 * Sets the blending weight.
 *
 * @param alpha  0 to 1
 */
leyline_status_t leyline_seed_lifecycle_set_alpha(leyline_seed_lifecycle_t *seed, float alpha);

/**
 * Sets the seed's health, which G5 asks for; a seed germinates healthy.
 *
 * @param health  a leyline_health
 */
leyline_status_t leyline_seed_lifecycle_set_health(leyline_seed_lifecycle_t *seed, uint32_t health);

/**
 * Sets the names of the seed slot and the environment for later records.
 *
 * @param slot  1 to 39 bytes
 * @param env   from 0
 */
leyline_status_t leyline_seed_lifecycle_set_slot(leyline_seed_lifecycle_t *seed, const char *slot,
    uint16_t env);

/**
 * Sets the epoch and the time of later records; no clock is read here.
 *
 * @param epoch         of the run, from 1
 * @param time_unix_ns  nanoseconds since the Unix epoch
 */
leyline_status_t leyline_seed_lifecycle_set_now(leyline_seed_lifecycle_t *seed, uint32_t epoch,
    int64_t time_unix_ns);

/**
 * Sets the state of training, which a seed that germinates keeps for its field report.
 *
 * @return  those of leyline_record_check; nothing has changed
 */
leyline_status_t leyline_seed_lifecycle_set_signals(leyline_seed_lifecycle_t *seed,
    const leyline_training_signals_t *signals);

/** Counts that the seed reached into the host while it should be isolated. */
leyline_status_t leyline_seed_lifecycle_add_isolation_violation(leyline_seed_lifecycle_t *seed);

/**
 * Takes a gradient norm into the mean.
 *
 * @param norm  0 or more
 */
leyline_status_t leyline_seed_lifecycle_record_gradient_norm(leyline_seed_lifecycle_t *seed, float norm);

/**
 * Takes in a command that was received for this seed slot, or its outcome: an event reports it,
 * and the field report lists the command. Of commands received while the slot is empty only the
 * last counts.
 *
 * @param kind    LEYLINE_RECORD_ADAPTATION_COMMAND or LEYLINE_RECORD_COMMAND_OUTCOME
 * @param record  may hold anything
 * @param size    sizeof the record
 * @return        LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
 */
leyline_status_t leyline_seed_lifecycle_record(leyline_seed_lifecycle_t *seed, uint32_t kind,
    const void *record, size_t size);

/**
 * Says what a gate makes of the seed as it is, without moving it.
 *
 * @param gate     a leyline_gate
 * @param verdict  passed or not
 */
leyline_status_t leyline_seed_lifecycle_check_gate(const leyline_seed_lifecycle_t *seed, uint32_t gate,
    leyline_gate_verdict_t *verdict);

/** Describes the seed slot and its seed. */
leyline_status_t leyline_seed_lifecycle_info(const leyline_seed_lifecycle_t *seed,
    leyline_seed_lifecycle_info_t *info);

/**
 * Takes the oldest record of a kind that was not taken yet. Of each kind so many wait, and the
 * oldest make way: 64 events; 16 state reports, one for each change of stage and end of an epoch;
 * 16 gate results, one for each gate that a seed was to pass; 4 field reports, one for each seed
 * fossilized or culled.
 *
 * @param kind    LEYLINE_RECORD_TELEMETRY_EVENT, _SEED_STATE_REPORT, _GATE_RESULT or _FIELD_REPORT
 * @param record  written on LEYLINE_OK only
 * @param size    sizeof the record
 * @return        LEYLINE_OK, LEYLINE_EMPTY; LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
 */
leyline_status_t leyline_seed_lifecycle_next(leyline_seed_lifecycle_t *seed, uint32_t kind, void *record,
    size_t size);

/**
 * Makes a record of the seed as it is now, ready to be reported. Takes none of those that wait.
 *
 * @param kind    LEYLINE_RECORD_SEED_STATE_REPORT; or LEYLINE_RECORD_SEED_TELEMETRY, to which the
 *                caller adds layer, gradient health, vanishing and exploding
 * @param record  written on LEYLINE_OK only
 * @param size    sizeof the record
 * @return        LEYLINE_OK; LEYLINE_EMPTY: telemetry of an empty seed slot;
 *                LEYLINE_ERR_INVALID_ARGUMENT (kind, size)
 */
leyline_status_t leyline_seed_lifecycle_report(const leyline_seed_lifecycle_t *seed, uint32_t kind,
    void *record, size_t size);

/**
 * Says what a gate makes of the seed as it is, ready to be reported, without moving it.
 *
 * @param gate    a leyline_gate
 * @param result  with the names of its checks
 */
leyline_status_t leyline_seed_lifecycle_gate_result(const leyline_seed_lifecycle_t *seed, uint32_t gate,
    leyline_gate_result_t *result);

/**
 * Makes an event about this seed slot and its seed, of now and with an id of its own, for the
 * caller to complete.
 *
 * @param event_type  a leyline_event_type
 * @param severity    a leyline_severity
 */
leyline_status_t leyline_seed_lifecycle_event(leyline_seed_lifecycle_t *seed, uint32_t event_type,
    uint32_t severity, leyline_telemetry_event_t *event);

/**
 * Puts an event behind those that wait to be taken.
 *
 * @return  those of leyline_record_check
 */
leyline_status_t leyline_seed_lifecycle_tell(leyline_seed_lifecycle_t *seed,
    const leyline_telemetry_event_t *event);

/**
 * Ends the handle.
 *
 * @param seed  or NULL
 */
leyline_status_t leyline_seed_lifecycle_close(leyline_seed_lifecycle_t *seed);

/**
 * Makes a steering over a trainer, with DORMANT seed slots. Serves links of one row, environment
 * 0, whose observations are of version 1, normalized, or of version 2.
 *
 * @param trainer  stays the caller's, who closes it after the steering; used in each call
 * @param host     copied; or NULL: no callbacks
 * @return         LEYLINE_ERR_INVALID_ARGUMENT (several rows, a name twice),
 *                 LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_OUT_OF_RANGE (max_epochs), LEYLINE_ERR_SCHEMA_MISMATCH
 */
leyline_status_t leyline_steering_new(leyline_trainer_t *trainer, const leyline_steering_options_t *options,
    const leyline_seed_host_t *host, leyline_steering_t **steering);

/**
 * Publishes the observation of an optimizer step, then takes in decisions and commands: each
 * command is executed as leyline_seed_lifecycle_apply does, and answered. Allocates nothing
 * without a command, and never waits. While a device publishes the observations, it does all but
 * publish.
 *
 * @param epoch        from 1
 * @param global_step  optimizer steps
 * @param train_loss   mean loss, nats; any number
 * @param steered      or NULL
 * @return             those of leyline_trainer_publish and leyline_trainer_report
 */
leyline_status_t leyline_steering_step(leyline_steering_t *steering, uint32_t epoch, uint64_t global_step,
    float train_loss, leyline_steered_t *steered);

/**
 * Ends an epoch with its validation: takes each seed slot on, publishes observation and signals,
 * reports telemetry and all that the life cycles made, then takes in decisions and commands. Never
 * waits.
 *
 * A living seed asks the gate into its next stage, up to PROBATIONARY; a culled seed's slot goes
 * on to DORMANT; alpha rises while BLENDING. FOSSILIZED and CULLED are for commands.
 *
 * @param validation  any numbers
 * @param steered     or NULL
 * @return            those of leyline_trainer_publish and leyline_trainer_report; those of
 *                    leyline_record_check if a callback has spoilt the signals
 */
leyline_status_t leyline_steering_update(leyline_steering_t *steering, const leyline_validation_t *validation,
    leyline_steered_t *steered);

/**
 * Waits until a lane has decided on the last observation, then takes in commands.
 *
 * @param lane  from 0
 * @param wait  or NULL: looks once
 * @param meta  of the decision, or NULL
 * @return      those of leyline_trainer_wait_decision; LEYLINE_EMPTY: nothing was published yet
 */
leyline_status_t leyline_steering_await(leyline_steering_t *steering, uint32_t lane,
    const leyline_wait_t *wait, leyline_meta_t *meta);

/**
 * Reads the observation and the training signals as they are now.
 *
 * @param observation  or NULL
 * @param signals      without what a tracker does not know (time, GPU, gradient norms); or NULL
 */
leyline_status_t leyline_steering_read(const leyline_steering_t *steering, leyline_observation_t *observation,
    leyline_training_signals_t *signals);

/**
 * Gives the life cycle of a seed slot as a handle of its own, to read it and to add what the host
 * measures. Its calls fail once the steering is closed.
 *
 * @param index  of the seed slot's name in the options
 * @return       LEYLINE_ERR_NOT_FOUND: no such seed slot
 */
leyline_status_t leyline_steering_seed(leyline_steering_t *steering, size_t index,
    leyline_seed_lifecycle_t **seed);

/**
 * Ends the handle. The trainer stays open.
 *
 * @param steering  or NULL
 */
leyline_status_t leyline_steering_close(leyline_steering_t *steering);

/**
 * Writes the state of a tracker, a life cycle or a steering as bytes, for a checkpoint. Settings
 * are not part of it, nor records that wait to be taken.
 *
 * @param handle    a leyline_tracker_t, leyline_seed_lifecycle_t or leyline_steering_t
 * @param buffer    or NULL: asks for the size only
 * @param capacity  bytes of the buffer
 * @param size      of the snapshot, bytes; the same for the life of the handle
 * @return          LEYLINE_ERR_INVALID_ARGUMENT: the buffer is too small
 */
leyline_status_t leyline_snapshot(const void *handle, void *buffer, size_t capacity, size_t *size);

/**
 * Takes the state of a tracker, a life cycle or a steering from a snapshot, as after a restart. No
 * callback is called. A snapshot that is refused changes nothing.
 *
 * @param handle    one with the same settings as that of the snapshot, but for thresholds and
 *                  epochs
 * @param snapshot  of any alignment
 * @param size      its bytes
 * @return          LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_INVALID_ARGUMENT (too long, or its figures
 *                  contradict each other), LEYLINE_ERR_SCHEMA_MISMATCH (another version, other
 *                  observations), LEYLINE_ERR_DOMAIN_MISMATCH (another action space, other seed
 *                  slots), LEYLINE_ERR_INVALID_ENUM and LEYLINE_ERR_ILLEGAL_TRANSITION (a stage
 *                  that cannot be), LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 */
leyline_status_t leyline_restore(void *handle, const void *snapshot, size_t size);

/**
 * Makes a tracker that counts updates with an accuracy delta below a threshold as a plateau.
 *
 * @param plateau_threshold_pp  percentage points, 0 to 100: LEYLINE_PLATEAU_THRESHOLD_PP
 */
leyline_status_t leyline_tracker_new(float plateau_threshold_pp, leyline_tracker_t **tracker);

/**
 * Takes in an optimizer step: changes EPOCH, GLOBAL_STEP and TRAIN_LOSS only. Allocates nothing.
 *
 * @param epoch        from 1
 * @param global_step  optimizer steps
 * @param train_loss   mean loss, nats; any number
 * @param observation  ready to publish; or NULL
 */
leyline_status_t leyline_tracker_step(leyline_tracker_t *tracker, uint32_t epoch, uint64_t global_step,
    float train_loss, leyline_observation_t *observation);

/**
 * Takes in a validation: deltas, plateau count, running best, histories.
 *
 * @param validation   any numbers
 * @param observation  ready to publish; or NULL
 */
leyline_status_t leyline_tracker_update(leyline_tracker_t *tracker, const leyline_validation_t *validation,
    leyline_observation_t *observation);

/**
 * Takes in all seeds and the number of free seed slots from the life cycles. Seeds that live are
 * listed as active, a ninth counts as dropped. The first one that lives is described, or the first
 * if none does. A DORMANT seed slot is free.
 *
 * A trainer with life cycles of its own writes its seeds into the observation and the signals that
 * the tracker gives.
 *
 * @param seeds  count life cycles, one for each seed slot
 * @param count  0: there is no seed slot
 */
leyline_status_t leyline_tracker_observe(leyline_tracker_t *tracker,
    const leyline_seed_lifecycle_t *const *seeds, size_t count);

/**
 * Reads the observation and the training signals as they are now.
 *
 * @param observation  ready to publish; or NULL
 * @param signals      without what a tracker does not know (time, GPU, gradient norms); or NULL
 */
leyline_status_t leyline_tracker_read(const leyline_tracker_t *tracker, leyline_observation_t *observation,
    leyline_training_signals_t *signals);

/**
 * Ends the handle.
 *
 * @param tracker  or NULL
 */
leyline_status_t leyline_tracker_close(leyline_tracker_t *tracker);

#ifdef __cplusplus
}
#endif

#endif
