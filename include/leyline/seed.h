/* For trainers: the tracker of training signals and the life cycle of a seed.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_SEED_H
#define LEYLINE_SEED_H

#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The gate of a verdict where entry to the stage is free. */
#define LEYLINE_NO_GATE 255

/**
 * One slot and the seed in it. Used by one thread at a time. As it goes it makes the records that a trainer reports, which
 * wait to be taken with leyline_seed_lifecycle_next_...; a trainer that takes none pays some 50 KB.
 */
typedef struct leyline_seed_lifecycle_t leyline_seed_lifecycle_t;

/** Turns raw figures into observations and training signals. Used by one thread at a time. */
typedef struct leyline_tracker_t leyline_tracker_t;

/** What a gate says about a seed. */
typedef struct leyline_gate_verdict_t {
    /** A leyline_gate, or LEYLINE_NO_GATE. */
    uint32_t gate;
    /** 1 if the seed may pass, else 0. */
    uint32_t passed;
    /** How well it did, 0 to 1; a gate may fail at any score. */
    float score;
    /** 0. */
    uint32_t reserved;
    /**
     * Its checks, for people: "name: needs ..., found ...; ...". NUL-terminated UTF-8, cut at a character if it is longer.
     */
    uint8_t text[240];
} leyline_gate_verdict_t;

/** What the gates ask for. Start with leyline_gate_thresholds_init. */
typedef struct leyline_gate_thresholds_t {
    /** G2: least improvement since stage start, percentage points, -100 to 100. 0.5. */
    float min_stage_improvement;
    /** G2: most isolation violations. 10. */
    uint32_t max_isolation_violations;
    /** G2: least epochs in TRAINING. 3. */
    uint32_t min_training_epochs;
    /** G3: least epochs in BLENDING. 3. */
    uint32_t min_blending_epochs;
    /** G3: least alpha, 0 to 1. 0.95. */
    float min_alpha;
    /** G4: dwell in SHADOWING, percent of the run's epochs, 0 to 100; one epoch at least. 10. */
    uint32_t shadowing_dwell_percent;
    /** G5: total improvement to exceed, percentage points, -100 to 100. 0. */
    float total_improvement_above;
} leyline_gate_thresholds_t;

/** What a life cycle dropped because nobody took it in time. */
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

/**
 * Sets the verdict of the gate that decided; its text does not travel.
 *
 * @param outcome  the outcome
 * @param verdict  the verdict
 * @return         LEYLINE_ERR_INVALID_ENUM (LEYLINE_NO_GATE, too); nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_gate(leyline_command_outcome_t *outcome,
    const leyline_gate_verdict_t *verdict);

/**
 * Makes a tracker with the usual plateau threshold, 0.5 percentage points.
 *
 * @param tracker  the new handle; close it with leyline_tracker_close
 *
 * Any thread.
 */
leyline_status_t leyline_tracker_new(leyline_tracker_t **tracker);

/**
 * Makes a tracker that counts updates with an accuracy delta below a threshold as a plateau.
 *
 * @param threshold_pp  percentage points, 0 to 100
 * @param tracker       the new handle; close it with leyline_tracker_close
 * @return              LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_tracker_new_with_threshold(float threshold_pp, leyline_tracker_t **tracker);

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
leyline_status_t leyline_tracker_step(leyline_tracker_t *tracker, uint32_t epoch, uint64_t global_step,
    float train_loss, leyline_observation_t *observation);

/**
 * Takes in one validation: deltas, plateau count, running best, histories.
 *
 * @param tracker      the tracker
 * @param validation   its figures; any numbers
 * @param observation  the observation now, ready to publish; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_update(leyline_tracker_t *tracker, const leyline_validation_t *validation,
    leyline_observation_t *observation);

/**
 * Says what the one seed is like now.
 *
 * @param tracker  the tracker
 * @param seed     the seed
 * @return         LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_set_seed(leyline_tracker_t *tracker, const leyline_seed_view_t *seed);

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
leyline_status_t leyline_tracker_set_seeds(leyline_tracker_t *tracker, const leyline_seed_view_t *seeds,
    size_t count);

/**
 * Says that there is no seed.
 *
 * @param tracker  the tracker
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_clear_seed(leyline_tracker_t *tracker);

/**
 * Says how many slots are free.
 *
 * @param tracker  the tracker
 * @param slots    free slots
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_set_available_slots(leyline_tracker_t *tracker, uint32_t slots);

/**
 * The observation now, ready to publish.
 *
 * @param tracker      the tracker
 * @param observation  the observation
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_observation(const leyline_tracker_t *tracker,
    leyline_observation_t *observation);

/**
 * The training signals now. Add to them what the tracker does not know: time, GPU, gradient norms.
 *
 * @param tracker  the tracker
 * @param signals  the signals
 *
 * One thread at a time.
 */
leyline_status_t leyline_tracker_signals(const leyline_tracker_t *tracker,
    leyline_training_signals_t *signals);

/**
 * Ends the handle.
 *
 * @param tracker  the handle, or NULL
 */
leyline_status_t leyline_tracker_close(leyline_tracker_t *tracker);

/**
 * Sets the defaults.
 *
 * @param thresholds  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_gate_thresholds_init(leyline_gate_thresholds_t *thresholds);

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
leyline_status_t leyline_seed_lifecycle_new(uint32_t max_epochs, const leyline_gate_thresholds_t *thresholds,
    leyline_seed_lifecycle_t **seed);

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
leyline_status_t leyline_seed_lifecycle_germinate(leyline_seed_lifecycle_t *seed, const char *seed_id,
    const char *blueprint, float accuracy_percent, leyline_gate_verdict_t *verdict);

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
leyline_status_t leyline_seed_lifecycle_advance(leyline_seed_lifecycle_t *seed, uint32_t stage,
    leyline_gate_verdict_t *verdict);

/**
 * Takes the seed out: from GERMINATED to PROBATIONARY, without a gate.
 *
 * @param seed  the slot and its seed
 * @return      LEYLINE_ERR_ILLEGAL_TRANSITION
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_cull(leyline_seed_lifecycle_t *seed);

/**
 * Counts an epoch and takes in its accuracy.
 *
 * @param seed              the slot and its seed
 * @param accuracy_percent  0 to 100
 * @return                  LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_end_of_epoch(leyline_seed_lifecycle_t *seed, float accuracy_percent);

/**
 * Sets the blending weight.
 *
 * @param seed   the slot and its seed
 * @param alpha  0 to 1
 * @return       LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_alpha(leyline_seed_lifecycle_t *seed, float alpha);

/**
 * Counts that the seed reached into the host while it should be isolated.
 *
 * @param seed  the slot and its seed
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_add_isolation_violation(leyline_seed_lifecycle_t *seed);

/**
 * Takes a gradient norm into the mean.
 *
 * @param seed  the slot and its seed
 * @param norm  finite, 0 or more
 * @return      LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_gradient_norm(leyline_seed_lifecycle_t *seed, float norm);

/**
 * Sets the seed's health, which G5 asks for; a seed germinates healthy.
 *
 * @param seed    the slot and its seed
 * @param health  a leyline_health
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_set_health(leyline_seed_lifecycle_t *seed, uint32_t health);

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
leyline_status_t leyline_seed_lifecycle_check_gate(const leyline_seed_lifecycle_t *seed, uint32_t gate,
    leyline_gate_verdict_t *verdict);

/**
 * The seed's figures.
 *
 * @param seed     the slot and its seed
 * @param metrics  the figures
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_metrics(const leyline_seed_lifecycle_t *seed,
    leyline_seed_metrics_t *metrics);

/**
 * The stage, and the one before.
 *
 * @param seed      the slot and its seed
 * @param stage     a leyline_seed_stage; or NULL
 * @param previous  a leyline_seed_stage, UNKNOWN if there was none; or NULL
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_stage(const leyline_seed_lifecycle_t *seed, uint32_t *stage,
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
leyline_status_t leyline_seed_lifecycle_ids(const leyline_seed_lifecycle_t *seed, leyline_id_t *seed_id,
    leyline_id_t *blueprint);

/**
 * The seed's health.
 *
 * @param seed    the slot and its seed
 * @param health  a leyline_health
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_health(const leyline_seed_lifecycle_t *seed, uint32_t *health);

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
leyline_status_t leyline_seed_lifecycle_set_slot(leyline_seed_lifecycle_t *seed, const char *slot,
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
leyline_status_t leyline_seed_lifecycle_set_now(leyline_seed_lifecycle_t *seed, uint32_t epoch,
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
leyline_status_t leyline_seed_lifecycle_set_signals(leyline_seed_lifecycle_t *seed,
    const leyline_training_signals_t *signals);

/**
 * As leyline_seed_lifecycle_cull, for a reason that the field report has.
 *
 * @param seed    the slot and its seed
 * @param reason  why, for people; longer than 63 bytes it is cut at a character
 * @return        LEYLINE_ERR_ILLEGAL_TRANSITION
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_cull_because(leyline_seed_lifecycle_t *seed, const char *reason);

/**
 * Takes in that a command was received for this slot: its id goes into the field report, an event tells of it. Of
 * those received while the slot is empty only the last one counts, because it is the one that germinates.
 *
 * @param seed     the slot and its seed
 * @param command  the command; may hold anything
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_command(leyline_seed_lifecycle_t *seed,
    const leyline_adaptation_command_t *command);

/**
 * Takes in what came of a command, for an event to tell.
 *
 * @param seed     the slot and its seed
 * @param outcome  the outcome; may hold anything
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_record_outcome(leyline_seed_lifecycle_t *seed,
    const leyline_command_outcome_t *outcome);

/**
 * Takes the oldest event that was not taken yet. 64 wait at most; the oldest make way.
 *
 * @param seed   the slot and its seed
 * @param event  the record
 * @return       LEYLINE_OK, or LEYLINE_EMPTY when there is none
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_next_event(leyline_seed_lifecycle_t *seed,
    leyline_telemetry_event_t *event);

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
leyline_status_t leyline_seed_lifecycle_next_state_report(leyline_seed_lifecycle_t *seed,
    leyline_seed_state_report_t *report);

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
leyline_status_t leyline_seed_lifecycle_next_gate_result(leyline_seed_lifecycle_t *seed,
    leyline_gate_result_t *result);

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
leyline_status_t leyline_seed_lifecycle_next_field_report(leyline_seed_lifecycle_t *seed,
    leyline_field_report_t *report);

/**
 * What was dropped so far because nobody took it.
 *
 * @param seed    the slot and its seed
 * @param untold  how many of each
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_untold(const leyline_seed_lifecycle_t *seed,
    leyline_untold_t *untold);

/**
 * The seed as it is now, ready to be reported. Takes nothing from those that wait.
 *
 * @param seed    the slot and its seed
 * @param report  the report
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_state_report(const leyline_seed_lifecycle_t *seed,
    leyline_seed_state_report_t *report);

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
leyline_status_t leyline_seed_lifecycle_gate_result(const leyline_seed_lifecycle_t *seed, uint32_t gate,
    leyline_gate_result_t *result);

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
leyline_status_t leyline_seed_lifecycle_telemetry(const leyline_seed_lifecycle_t *seed,
    leyline_seed_telemetry_t *telemetry);

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
leyline_status_t leyline_seed_lifecycle_event(leyline_seed_lifecycle_t *seed, uint32_t event_type,
    uint32_t severity, leyline_telemetry_event_t *event);

/**
 * Puts an event behind those that wait to be taken.
 *
 * @param seed   the slot and its seed
 * @param event  the event, which must pass leyline_telemetry_event_check
 * @return       as leyline_telemetry_event_check
 *
 * One thread at a time.
 */
leyline_status_t leyline_seed_lifecycle_tell(leyline_seed_lifecycle_t *seed,
    const leyline_telemetry_event_t *event);

/**
 * Ends the handle.
 *
 * @param seed  the handle, or NULL
 */
leyline_status_t leyline_seed_lifecycle_close(leyline_seed_lifecycle_t *seed);

/**
 * Whether every figure is finite and in its range. The error names the first that is not.
 *
 * @param metrics  the figures
 * @return         LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_seed_metrics_check(const leyline_seed_metrics_t *metrics);

#ifdef __cplusplus
}
#endif

#endif
