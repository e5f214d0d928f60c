/* The records of the contract, action spaces and stages.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_CONTRACT_H
#define LEYLINE_CONTRACT_H

#include "segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Annotations of one command, at most. */
#define LEYLINE_MAX_ANNOTATIONS 16

/** Bytes of an annotation's value, the terminating NUL included. */
#define LEYLINE_ANNOTATION_BYTES 184

/** Tags that a leyline_blueprint_spec_t lists, at most. */
#define LEYLINE_MAX_TAGS 8

/** Ids of commands that a leyline_field_report_t lists, at most. */
#define LEYLINE_MAX_REPORTED_COMMANDS 32

/** Names of checks of either kind that a leyline_gate_result_t lists, at most. */
#define LEYLINE_MAX_GATE_CHECKS 6

/** Numbers in an leyline_observation_t. */
#define LEYLINE_FEATURES 27

/** The cap of BEST_VAL_LOSS, which also stands before there is a best loss. */
#define LEYLINE_BEST_VAL_LOSS_CAP 10.0

/** Active seeds that a leyline_training_signals_t lists, at most. */
#define LEYLINE_MAX_ACTIVE_SEEDS 8

/** Validations that a leyline_training_signals_t looks back, at most. */
#define LEYLINE_MAX_HISTORY 32

/** Numbers in the features of a leyline_seed_telemetry_t. */
#define LEYLINE_TELEMETRY_FEATURES 10

/** Named numbers that a leyline_telemetry_event_t carries, at most. */
#define LEYLINE_MAX_EVENT_DATA 6

/** Bit of a blueprint's present: there is a greatest number of channels. */
#define LEYLINE_BLUEPRINT_MAX_CHANNELS 1

/** Bit of a blueprint's present: the description was longer than its field. */
#define LEYLINE_BLUEPRINT_DESCRIPTION_CUT 2

/** Blueprints of a topology, at most. */
#define LEYLINE_MAX_BLUEPRINTS 61

/** Bit of a command's present: there is an alpha. */
#define LEYLINE_COMMAND_ALPHA 1

/** Bit of a command's present: there is a learning rate. */
#define LEYLINE_COMMAND_LEARNING_RATE 2

/** Bit of a command's present: there is a target stage. */
#define LEYLINE_COMMAND_TARGET_STAGE 4

/** Bit of a command's present: there is a blueprint. */
#define LEYLINE_COMMAND_BLUEPRINT 8

/** Bit of a command's present: there is an action index. */
#define LEYLINE_COMMAND_ACTION 16

/** Bit of a command's present: the reason was longer than its field. */
#define LEYLINE_COMMAND_REASON_CUT 32

/** Bit of an outcome's present: a gate decided. */
#define LEYLINE_OUTCOME_GATE 1

/** Bit of an outcome's present: there are metrics. */
#define LEYLINE_OUTCOME_METRICS 2

/** Bit of an outcome's present: there is a seed. */
#define LEYLINE_OUTCOME_SEED 4

/** Bit of an outcome's present: there are the stages before and after. */
#define LEYLINE_OUTCOME_STAGES 8

/** Bit of an outcome's present: the text was longer than its field. */
#define LEYLINE_OUTCOME_TEXT_CUT 16

/** Bit of a training metrics' present: there is a best validation loss. */
#define LEYLINE_METRICS_BEST_VAL_LOSS 1

/** Bit of a training metrics' present: there is a gradient norm of the host. */
#define LEYLINE_METRICS_GRAD_NORM_HOST 2

/** Bit of a training metrics' present: there is a gradient norm of the seed. */
#define LEYLINE_METRICS_GRAD_NORM_SEED 4

/** Bit of training signals' present: there is a time. */
#define LEYLINE_SIGNALS_TIME 1

/** Bit of training signals' present: there is the GPU memory in use. */
#define LEYLINE_SIGNALS_GPU_MEMORY 2

/** Bit of training signals' present: there is the GPU utilization. */
#define LEYLINE_SIGNALS_GPU_UTILIZATION 4

/** Bit of training signals' present: there is the epoch's duration. */
#define LEYLINE_SIGNALS_EPOCH_DURATION 8

/** Bit of a state report's present: there is a seed, and its blueprint. */
#define LEYLINE_STATE_SEED 1

/** Bit of a state report's present: there is a slot. */
#define LEYLINE_STATE_SLOT 2

/** Bit of a gate result's present: there is a seed. */
#define LEYLINE_GATE_RESULT_SEED 1

/** Bit of a gate result's present: there is a slot. */
#define LEYLINE_GATE_RESULT_SLOT 2

/** Bit of a gate result's present: the message was longer than its field. */
#define LEYLINE_GATE_RESULT_MESSAGE_CUT 4

/** Bit of a field report's present: there is a slot. */
#define LEYLINE_FIELD_REPORT_SLOT 1

/** Bit of a field report's present: there are the signals at germination. */
#define LEYLINE_FIELD_REPORT_SIGNALS 2

/** Bit of a field report's present: it failed, for a reason and in a stage. */
#define LEYLINE_FIELD_REPORT_FAILURE 4

/** Bit of a field report's present: the reason was longer than its field. */
#define LEYLINE_FIELD_REPORT_REASON_CUT 8

/** Room that leyline_seed_stage_successors needs. */
#define LEYLINE_MAX_SUCCESSORS 2

/** Bit of a seed telemetry's present: there is a layer. */
#define LEYLINE_TELEMETRY_LAYER 1

/** Bit of an event's present: there is a seed. */
#define LEYLINE_EVENT_SEED 1

/** Bit of an event's present: there is a slot. */
#define LEYLINE_EVENT_SLOT 2

/** Bit of an event's present: there is an epoch. */
#define LEYLINE_EVENT_EPOCH 4

/** Bit of an event's present: the message was longer than its field. */
#define LEYLINE_EVENT_MESSAGE_CUT 8

/**
 * Budgets that training signals can exceed: room that leyline_performance_budgets_exceeded_by_signals needs.
 */
#define LEYLINE_MAX_OVERRUNS 2

/** What there is a budget for. */
enum leyline_budget {
    /** Time of an epoch, ms. */
    LEYLINE_BUDGET_EPOCH = 1,
    /** Time of a blending, ms. */
    LEYLINE_BUDGET_BLENDING = 2,
    /** Time of a gate check, ms. */
    LEYLINE_BUDGET_GATE_CHECK = 3,
    /** Memory of one seed, GB. */
    LEYLINE_BUDGET_SEED_MEMORY = 4,
    /** Memory in all, GB. */
    LEYLINE_BUDGET_TOTAL_MEMORY = 5,
};

/**
 * The names and the order of an leyline_observation_t's numbers. Part of the wire contract: never renumbered.
 */
enum leyline_feature {
    /** Epochs, from 1; whole. */
    LEYLINE_FEATURE_EPOCH = 0,
    /** Optimizer steps; whole. */
    LEYLINE_FEATURE_GLOBAL_STEP = 1,
    /** Mean training loss, nats. */
    LEYLINE_FEATURE_TRAIN_LOSS = 2,
    /** Mean validation loss, nats. */
    LEYLINE_FEATURE_VAL_LOSS = 3,
    /** Previous validation loss less this one, nats: positive is better. */
    LEYLINE_FEATURE_LOSS_DELTA = 4,
    /** Training accuracy, percent. */
    LEYLINE_FEATURE_TRAIN_ACCURACY = 5,
    /** Validation accuracy, percent. */
    LEYLINE_FEATURE_VAL_ACCURACY = 6,
    /** Change of the validation accuracy since the last update, percentage points. */
    LEYLINE_FEATURE_ACCURACY_DELTA = 7,
    /** Updates in a row that brought less than the plateau threshold; whole. */
    LEYLINE_FEATURE_PLATEAU_EPOCHS = 8,
    /** Greatest validation accuracy so far, percent. */
    LEYLINE_FEATURE_BEST_VAL_ACCURACY = 9,
    /** Least validation loss so far, nats; at most LEYLINE_BEST_VAL_LOSS_CAP. */
    LEYLINE_FEATURE_BEST_VAL_LOSS = 10,
    /** The oldest of the last five validation losses, nats. */
    LEYLINE_FEATURE_LOSS_HIST_0 = 11,
    /** The second oldest. */
    LEYLINE_FEATURE_LOSS_HIST_1 = 12,
    /** The third oldest. */
    LEYLINE_FEATURE_LOSS_HIST_2 = 13,
    /** The last but one. */
    LEYLINE_FEATURE_LOSS_HIST_3 = 14,
    /** The newest. */
    LEYLINE_FEATURE_LOSS_HIST_4 = 15,
    /** The oldest of the last five validation accuracies, percent. */
    LEYLINE_FEATURE_ACC_HIST_0 = 16,
    /** The second oldest. */
    LEYLINE_FEATURE_ACC_HIST_1 = 17,
    /** The third oldest. */
    LEYLINE_FEATURE_ACC_HIST_2 = 18,
    /** The last but one. */
    LEYLINE_FEATURE_ACC_HIST_3 = 19,
    /** The newest. */
    LEYLINE_FEATURE_ACC_HIST_4 = 20,
    /** 1 while a seed is alive in its seed slot, else 0. */
    LEYLINE_FEATURE_HAS_ACTIVE_SEED = 21,
    /** The value of the seed's stage; whole. */
    LEYLINE_FEATURE_SEED_STAGE = 22,
    /** Epochs the seed has spent in its stage; whole. */
    LEYLINE_FEATURE_SEED_EPOCHS_IN_STAGE = 23,
    /** Blending weight, 0 to 1. */
    LEYLINE_FEATURE_SEED_ALPHA = 24,
    /** Improvement since the stage began, percentage points. */
    LEYLINE_FEATURE_SEED_IMPROVEMENT = 25,
    /** Free seed slots; whole. */
    LEYLINE_FEATURE_AVAILABLE_SLOTS = 26,
};

/** How far the trainer got with a command. */
enum leyline_outcome_status {
    /** Taken on; another outcome follows. */
    LEYLINE_OUTCOME_STATUS_ACCEPTED = 1,
    /** Done. */
    LEYLINE_OUTCOME_STATUS_EXECUTED = 2,
    /** Not begun; nothing has changed. */
    LEYLINE_OUTCOME_STATUS_REJECTED = 3,
    /** Begun and not done. */
    LEYLINE_OUTCOME_STATUS_FAILED = 4,
};

/** Why a command was not executed. */
enum leyline_outcome_code {
    /** It was. */
    LEYLINE_OUTCOME_CODE_NONE = 0,
    /** The action is outside the mask of the observed state. */
    LEYLINE_OUTCOME_CODE_MASKED = 1,
    /** The seed may not go from its stage to the one asked for. */
    LEYLINE_OUTCOME_CODE_ILLEGAL_STAGE = 2,
    /** A gate did not let the seed pass. */
    LEYLINE_OUTCOME_CODE_GATE = 3,
    /** There is no such seed. */
    LEYLINE_OUTCOME_CODE_UNKNOWN_SEED = 4,
    /** There is no such blueprint. */
    LEYLINE_OUTCOME_CODE_UNKNOWN_BLUEPRINT = 5,
    /** It answers an observation of an earlier writer generation. */
    LEYLINE_OUTCOME_CODE_STALE = 6,
    /** There is no such slot. */
    LEYLINE_OUTCOME_CODE_UNKNOWN_SLOT = 7,
    /** Every slot holds a seed. */
    LEYLINE_OUTCOME_CODE_NO_FREE_SLOT = 8,
    /** The command's own fields are invalid or contradict each other. */
    LEYLINE_OUTCOME_CODE_MALFORMED = 9,
    /** The action space has no such action. */
    LEYLINE_OUTCOME_CODE_UNKNOWN_ACTION = 10,
    /** This trainer does not do that. */
    LEYLINE_OUTCOME_CODE_UNSUPPORTED = 11,
    /** The trainer's own fault. */
    LEYLINE_OUTCOME_CODE_INTERNAL = 12,
};

/** The stage of a seed in its life. */
enum leyline_seed_stage {
    /** Not known. */
    LEYLINE_SEED_STAGE_UNKNOWN = 0,
    /** The seed slot is empty. */
    LEYLINE_SEED_STAGE_DORMANT = 1,
    /** Attached to its seed slot and sane. */
    LEYLINE_SEED_STAGE_GERMINATED = 2,
    /** Trains, isolated from the host. */
    LEYLINE_SEED_STAGE_TRAINING = 3,
    /** Its alpha goes from 0 to 1. */
    LEYLINE_SEED_STAGE_BLENDING = 4,
    /** Compared with the host, not felt by it. */
    LEYLINE_SEED_STAGE_SHADOWING = 5,
    /** The last validation. */
    LEYLINE_SEED_STAGE_PROBATIONARY = 6,
    /** Permanent part of the host. */
    LEYLINE_SEED_STAGE_FOSSILIZED = 7,
    /** Taken out. */
    LEYLINE_SEED_STAGE_CULLED = 8,
    /** Its seed slot cools down. */
    LEYLINE_SEED_STAGE_EMBARGOED = 9,
    /** Its seed slot is cleaned up. */
    LEYLINE_SEED_STAGE_RESETTING = 10,
};

/** An operation on a seed; each leads to one stage. */
enum leyline_seed_operation {
    /** To GERMINATED. */
    LEYLINE_SEED_OPERATION_GERMINATE = 1,
    /** To TRAINING. */
    LEYLINE_SEED_OPERATION_START_TRAINING = 2,
    /** To BLENDING. */
    LEYLINE_SEED_OPERATION_START_BLENDING = 3,
    /** To SHADOWING. */
    LEYLINE_SEED_OPERATION_START_SHADOWING = 4,
    /** To PROBATIONARY. */
    LEYLINE_SEED_OPERATION_START_PROBATION = 5,
    /** To FOSSILIZED. */
    LEYLINE_SEED_OPERATION_FOSSILIZE = 6,
    /** To CULLED. */
    LEYLINE_SEED_OPERATION_CULL = 7,
    /** To EMBARGOED. */
    LEYLINE_SEED_OPERATION_EMBARGO = 8,
    /** To RESETTING. */
    LEYLINE_SEED_OPERATION_RESET = 9,
};

/** The gates; each guards the entry to one stage. */
enum leyline_gate {
    /** Into GERMINATED. */
    LEYLINE_GATE_G0 = 0,
    /** Into TRAINING. */
    LEYLINE_GATE_G1 = 1,
    /** Into BLENDING. */
    LEYLINE_GATE_G2 = 2,
    /** Into SHADOWING. */
    LEYLINE_GATE_G3 = 3,
    /** Into PROBATIONARY. */
    LEYLINE_GATE_G4 = 4,
    /** Into FOSSILIZED. */
    LEYLINE_GATE_G5 = 5,
};

/** The risk that a command puts the run to. */
enum leyline_risk {
    /** None to speak of; the default. */
    LEYLINE_RISK_GREEN = 1,
    /** Some. */
    LEYLINE_RISK_YELLOW = 2,
    /** Work is lost if it was wrong. */
    LEYLINE_RISK_ORANGE = 3,
    /** The run may suffer. */
    LEYLINE_RISK_RED = 4,
    /** The run may be lost. */
    LEYLINE_RISK_CRITICAL = 5,
};

/** The request of a command. */
enum leyline_command_type {
    /** Plant a seed of the blueprint that the command names. */
    LEYLINE_COMMAND_TYPE_GERMINATE = 1,
    /** Take the seed to the stage that the command names. */
    LEYLINE_COMMAND_TYPE_ADVANCE_STAGE = 2,
    /** Take the seed out. */
    LEYLINE_COMMAND_TYPE_CULL = 3,
    /** Set the blending weight that the command carries. */
    LEYLINE_COMMAND_TYPE_SET_ALPHA = 4,
    /** Set the learning rate that the command carries. */
    LEYLINE_COMMAND_TYPE_SET_LEARNING_RATE = 5,
    /** Stop training the seed, keep it. */
    LEYLINE_COMMAND_TYPE_PAUSE_SEED = 6,
    /** Go on training the seed. */
    LEYLINE_COMMAND_TYPE_RESUME_SEED = 7,
    /** Report the seed's state. */
    LEYLINE_COMMAND_TYPE_REQUEST_STATE = 8,
};

/** What happened. */
enum leyline_event_type {
    /** A seed was planted. */
    LEYLINE_EVENT_TYPE_SEED_GERMINATED = 1,
    /** A seed went from one stage to another. */
    LEYLINE_EVENT_TYPE_SEED_STAGE_CHANGED = 2,
    /** A seed became a permanent part of its host. */
    LEYLINE_EVENT_TYPE_SEED_FOSSILIZED = 3,
    /** A seed was taken out. */
    LEYLINE_EVENT_TYPE_SEED_CULLED = 4,
    /** An epoch ended. */
    LEYLINE_EVENT_TYPE_EPOCH_COMPLETED = 5,
    /** The accuracy does not rise any more. */
    LEYLINE_EVENT_TYPE_PLATEAU_DETECTED = 6,
    /** The accuracy rose. */
    LEYLINE_EVENT_TYPE_IMPROVEMENT_DETECTED = 7,
    /** A seed reached into its host while it should be isolated. */
    LEYLINE_EVENT_TYPE_ISOLATION_VIOLATION = 8,
    /** A gradient vanishes, explodes or is not finite. */
    LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY = 9,
    /** Something takes more than its budget, or got worse. */
    LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION = 10,
    /** A command was received. */
    LEYLINE_EVENT_TYPE_COMMAND_ISSUED = 11,
    /** A command was carried out. */
    LEYLINE_EVENT_TYPE_COMMAND_EXECUTED = 12,
    /** A command was not carried out. */
    LEYLINE_EVENT_TYPE_COMMAND_FAILED = 13,
};

/** How much an event matters. */
enum leyline_severity {
    /** For whoever looks into something. */
    LEYLINE_SEVERITY_DEBUG = 1,
    /** Nothing is wrong. */
    LEYLINE_SEVERITY_INFO = 2,
    /** Somebody should look at it. */
    LEYLINE_SEVERITY_WARNING = 3,
    /** Something failed. */
    LEYLINE_SEVERITY_ERROR = 4,
    /** The run is at stake. */
    LEYLINE_SEVERITY_CRITICAL = 5,
};

/** The only thing that acts on the trainer. Lossless, answered by a leyline_command_outcome_t. */
typedef struct leyline_adaptation_command_t {
    /** UUID; zero until it is sent. */
    uint8_t id[16];
    /** When it was made: nanoseconds since the Unix epoch; 0 until it is sent. */
    int64_t time_unix_ns;
    /** The sequence of the observation it answers; 0 if it answers none. */
    uint64_t observation_sequence;
    /** The epoch of that observation's writer; 0 if it answers none or that is unknown. */
    uint64_t writer_generation;
    /** The seed; empty means the one that the observation describes. */
    leyline_id_t target_seed;
    /** The slot; empty on GERMINATE means the lowest free one. */
    leyline_id_t target_slot;
    /** The blueprint, with BLUEPRINT. */
    leyline_id_t blueprint;
    /** Why, for people; cut if REASON_CUT. */
    leyline_text_t reason;
    /** Blending weight 0 to 1, with ALPHA. */
    float alpha;
    /** Learning rate, finite and above 0, with LEARNING_RATE. */
    float learning_rate;
    /** How sure the policy is, 0 to 1. */
    float confidence;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** Index into the link's action space, with ACTION. */
    uint16_t action;
    /** The environment, from 0. */
    uint16_t env;
    /** A leyline_command_type. */
    uint8_t command_type;
    /** A leyline_seed_stage, with TARGET_STAGE. */
    uint8_t target_stage;
    /** A leyline_risk. */
    uint8_t risk;
    /** 0. */
    uint8_t reserved;
} leyline_adaptation_command_t;

/**
 * One environment as a policy sees it: 27 numbers in the order of leyline_feature, in their units, not
 * normalized.
 *
 * An `Observation` in memory may hold anything. new and check
 * refuse numbers outside the Box, sanitize brings them into it.
 */
typedef struct leyline_observation_t {
    /** The numbers, by index. */
    float values[27];
} leyline_observation_t;

/** A kind of seed. */
typedef struct leyline_blueprint_spec_t {
    /** What commands and action spaces call it: 1 to 39 of `[A-Za-z0-9._-]`. */
    leyline_id_t id;
    /** What people call it. */
    leyline_id_t name;
    /** The networks it is for, such as `cnn`: 1 to 39 of `[A-Za-z0-9._-]`. */
    leyline_id_t topology;
    /** What it is, for people; cut if DESCRIPTION_CUT. */
    leyline_text_t description;
    /** Words to find it by. */
    leyline_id_t tags[8];
    /** Estimate of its parameters; puts the actions of a space in order. */
    uint64_t parameters;
    /** The fewest channels it works with, 1 or more. */
    uint32_t min_channels;
    /** The most channels it works with, with MAX_CHANNELS. */
    uint32_t max_channels;
    /** Cost of computing it; 1.0 is the baseline. */
    float compute_cost;
    /** Cost of its memory; 1.0 is the baseline. */
    float memory_cost;
    /** Epochs recommended in TRAINING. */
    uint32_t training_epochs;
    /** Epochs recommended in BLENDING. */
    uint32_t blending_epochs;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** Tags that the list had no room for. */
    uint32_t tags_dropped;
    /** The environment, from 0. */
    uint16_t env;
    /** Tags in the list. */
    uint8_t tag_count;
    /** 0. */
    uint8_t reserved[5];
} leyline_blueprint_spec_t;

/** What a controller chose for one observation. For the record only: it may be lost and is never executed. */
typedef struct leyline_decision_t {
    /** The sequence of the observation it answers; from 1. */
    uint64_t observation_sequence;
    /** The epoch of that observation's writer, from 1; 0 if it is unknown. */
    uint64_t writer_generation;
    /** How sure the policy is, 0 to 1. */
    float confidence;
    /** The policy's estimate of the return from here, in units of its reward; finite. */
    float value_estimate;
    /** Natural logarithm of the probability with which the action was drawn; finite. */
    float log_probability;
    /** Index into the link's action space; 0 is WAIT. */
    uint16_t action;
    /** The environment, from 0. */
    uint16_t env;
} leyline_decision_t;

/** A seed's figures since it germinated. */
typedef struct leyline_seed_metrics_t {
    /** Epochs since it germinated. */
    uint32_t epochs_total;
    /** Epochs since it entered its stage. */
    uint32_t epochs_in_stage;
    /** Accuracy when it germinated: percent, 0 to 100. */
    float initial_accuracy;
    /** Latest accuracy: percent, 0 to 100. */
    float current_accuracy;
    /** Best accuracy: percent, 0 to 100. */
    float best_accuracy;
    /** Accuracy when it entered its stage: percent, 0 to 100. */
    float accuracy_at_stage_start;
    /** Latest accuracy less the initial one: percentage points, -100 to 100. */
    float total_improvement;
    /** Latest accuracy less the one at stage start: percentage points, -100 to 100. */
    float improvement_since_stage_start;
    /** Times that the seed reached into the host while it should be isolated. */
    uint32_t isolation_violations;
    /** Mean of the seed's gradient norms, finite and not negative; 0 while there is none. */
    float mean_gradient_norm;
    /** Blending weight, 0 to 1. */
    float alpha;
    /** Settings of alpha made while BLENDING. */
    uint32_t alpha_ramp_step;
} leyline_seed_metrics_t;

/** The trainer's answer to an leyline_adaptation_command_t. Lossless. */
typedef struct leyline_command_outcome_t {
    /** The command's id. */
    uint8_t command_id[16];
    /** The sequence under which the command lay in its ring; from 1. */
    uint64_t command_sequence;
    /** The observation that the command answered; 0 if it answered none. */
    uint64_t observation_sequence;
    /** The epoch of that observation's writer; 0 if it answered none or that is unknown. */
    uint64_t writer_generation;
    /** When: nanoseconds since the Unix epoch; 0 until it is sent. */
    int64_t time_unix_ns;
    /** The seed that the trainer resolved the command to, with SEED. */
    leyline_id_t seed;
    /** For people; cut if TEXT_CUT. */
    leyline_text_t text;
    /** The seed's figures after the command, with METRICS. */
    leyline_seed_metrics_t metrics;
    /** The deciding gate's score, 0 to 1, with GATE. */
    float gate_score;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** The environment, from 0. */
    uint16_t env;
    /** An leyline_outcome_code; NONE exactly when accepted or executed. */
    uint16_t code;
    /** An leyline_outcome_status. */
    uint8_t status;
    /** The leyline_seed_stage before the command, with LEYLINE_STAGES. */
    uint8_t stage_before;
    /** The leyline_seed_stage after the command, with LEYLINE_STAGES. */
    uint8_t stage_after;
    /** The leyline_gate that decided, with GATE. */
    uint8_t gate;
    /** 1 if the gate passed, else 0, with GATE. */
    uint8_t gate_passed;
    /** 0. */
    uint8_t reserved[7];
} leyline_command_outcome_t;

/** One number of an observation. */
typedef struct leyline_feature_t {
    /** Its name, such as "VAL_LOSS"; a static string. */
    const char *name;
    /** Its unit, "-" where there is none; a static string. */
    const char *unit;
    /** The least value of its Box, inclusive. */
    float low;
    /** The greatest value of its Box, inclusive. */
    float high;
    /** What it reads when there is no value, and what replaces NaN. */
    float missing;
    /** 1 if only whole numbers make sense, else 0. */
    uint32_t whole;
} leyline_feature_t;

/**
 * The figures of the training loop. All but `epoch`, `global_step` and `train_loss` are those of the last validation.
 */
typedef struct leyline_training_metrics_t {
    /** Optimizer steps. */
    uint64_t global_step;
    /** Epochs, from 1. */
    uint32_t epoch;
    /**
     * Validations so far; 0 while the figures of a validation are still all 0. Tells whether they are new.
     */
    uint32_t validations;
    /** Updates in a row that brought less than the plateau threshold. */
    uint32_t plateau_epochs;
    /** Which optional fields are there; the others are 0. */
    uint32_t present;
    /** Mean training loss, nats. */
    float train_loss;
    /** Mean validation loss, nats. */
    float val_loss;
    /** Previous validation loss less this one, nats: positive is better. */
    float loss_delta;
    /** Training accuracy, percent. */
    float train_accuracy;
    /** Validation accuracy, percent. */
    float val_accuracy;
    /** Change of the validation accuracy, percentage points. */
    float accuracy_delta;
    /** Greatest validation accuracy so far, percent. */
    float best_val_accuracy;
    /** Least validation loss so far, nats, not capped. Optional: BEST_VAL_LOSS. */
    float best_val_loss;
    /** Gradient norm of the host. Optional: GRAD_NORM_HOST. */
    float grad_norm_host;
    /** Gradient norm of the seed. Optional: GRAD_NORM_SEED. */
    float grad_norm_seed;
} leyline_training_metrics_t;

/**
 * What a trainer reports after a validation: the metrics, the seeds, the machine and the history.
 *
 * The lists are bounded. Each has its count, and a count of what did not fit; entries from the count on are zero.
 */
typedef struct leyline_training_signals_t {
    /** The figures of the training loop. */
    leyline_training_metrics_t metrics;
    /** When, in nanoseconds since the Unix epoch. Optional: TIME. */
    int64_t time_unix_ns;
    /** The sequence of the observation they were published with, from 1; 0 until they are. */
    uint64_t observation_sequence;
    /** The writer generation that sequence belongs to, from 1; 0 until they are published. */
    uint64_t writer_generation;
    /** Ids of the active seeds, the described one first. */
    leyline_id_t active_seeds[8];
    /** The last validation losses, nats, oldest first. */
    float loss_history[32];
    /** The last validation accuracies, percent, oldest first. */
    float accuracy_history[32];
    /** Free slots. */
    uint32_t available_slots;
    /** Epochs the described seed has spent in its stage. */
    uint32_t seed_epochs_in_stage;
    /** Its blending weight, 0 to 1. */
    float seed_alpha;
    /** Its improvement since the stage began, percentage points. */
    float seed_improvement;
    /** GPU memory in use, GB. Optional: GPU_MEMORY. */
    float gpu_memory_gb;
    /** GPU utilization, 0 to 1. Optional: GPU_UTILIZATION. */
    float gpu_utilization;
    /** How long the epoch took, ms. Optional: EPOCH_DURATION. */
    float epoch_duration_ms;
    /** Which optional fields are there; the others are 0. */
    uint32_t present;
    /** Active seeds that the list had no room for. */
    uint32_t active_seeds_dropped;
    /** Older losses that the list had no room for. */
    uint32_t loss_history_dropped;
    /** Older accuracies that the list had no room for. */
    uint32_t accuracy_history_dropped;
    /** Seeds in the list. */
    uint8_t active_seed_count;
    /** Losses in the list. */
    uint8_t loss_history_count;
    /** Accuracies in the list. */
    uint8_t accuracy_history_count;
    /** The described seed's stage, a value of leyline_seed_stage. */
    uint8_t seed_stage;
    /** The environment, from 0. */
    uint16_t env;
    /** 0. */
    uint8_t reserved[6];
} leyline_training_signals_t;

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

/** One seed, as the trainer sees it now. */
typedef struct leyline_seed_view_t {
    /** Its id. */
    leyline_id_t id;
    /** A leyline_seed_stage. */
    uint32_t stage;
    /** Epochs it has spent in its stage. */
    uint32_t epochs_in_stage;
    /** Its blending weight, 0 to 1. */
    float alpha;
    /** Its improvement since the stage began, percentage points. */
    float improvement;
} leyline_seed_view_t;

/** A seed as it is now. */
typedef struct leyline_seed_state_report_t {
    /** When the seed entered its stage: nanoseconds since the Unix epoch. */
    int64_t entered_at_unix_ns;
    /** When this was reported: nanoseconds since the Unix epoch. */
    int64_t reported_at_unix_ns;
    /** The seed, with SEED; none in an empty slot. */
    leyline_id_t seed;
    /** Its slot, with SLOT. */
    leyline_id_t slot;
    /** Its blueprint, with SEED. */
    leyline_id_t blueprint;
    /** Its figures. */
    leyline_seed_metrics_t metrics;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** The environment, from 0. */
    uint16_t env;
    /** A leyline_seed_stage. */
    uint8_t stage;
    /** The leyline_seed_stage before. */
    uint8_t previous_stage;
    /** 1 if nothing speaks against the seed, else 0. */
    uint8_t healthy;
    /** 1 if it does better than when its stage began, else 0. */
    uint8_t improving;
    /** 1 if somebody should look at it, else 0. */
    uint8_t needs_attention;
    /** 0. */
    uint8_t reserved[5];
} leyline_seed_state_report_t;

/** What a gate said of a seed. A failed one is worth telling, too. */
typedef struct leyline_gate_result_t {
    /** When: nanoseconds since the Unix epoch. */
    int64_t time_unix_ns;
    /** The seed, with SEED. */
    leyline_id_t seed;
    /** Its slot, with SLOT. */
    leyline_id_t slot;
    /** For people; cut if MESSAGE_CUT. */
    leyline_text_t message;
    /** Names of the checks that held, in the gate's order. */
    leyline_id_t checks_passed[6];
    /** Names of the checks that did not. */
    leyline_id_t checks_failed[6];
    /** How well the seed did, 0 to 1; a gate may fail at any score. */
    float score;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** Names that the list of passed checks had no room for. */
    uint32_t checks_passed_dropped;
    /** Names that the list of failed checks had no room for. */
    uint32_t checks_failed_dropped;
    /** The environment, from 0. */
    uint16_t env;
    /** A leyline_gate. */
    uint8_t gate;
    /** 1 if the seed may pass, else 0. */
    uint8_t passed;
    /** Names in the list of passed checks. */
    uint8_t checks_passed_count;
    /** Names in the list of failed checks. */
    uint8_t checks_failed_count;
    /** 0. */
    uint8_t reserved[2];
} leyline_gate_result_t;

/** One seed's whole life: how it began, went and ended. */
typedef struct leyline_field_report_t {
    /** UUID of this report. */
    uint8_t id[16];
    /** When the seed germinated: nanoseconds since the Unix epoch. */
    int64_t germinated_at_unix_ns;
    /** When it was fossilized or culled: nanoseconds since the Unix epoch. */
    int64_t completed_at_unix_ns;
    /** The seed. */
    leyline_id_t seed;
    /** Its blueprint. */
    leyline_id_t blueprint;
    /** Its slot, with SLOT. */
    leyline_id_t slot;
    /** Why it failed, for people, with FAILURE; cut if REASON_CUT. */
    leyline_text_t failure_reason;
    /** The training signals when it germinated, with SIGNALS. */
    leyline_training_signals_t signals;
    /** Ids of the commands that were received for it, oldest first. */
    uint8_t commands[32][16];
    /** Epochs it spent in each stage, by the stage's value. */
    uint32_t epochs_in_stage[11];
    /** Epochs it lived: the sum of the above. */
    uint32_t total_epochs;
    /** Accuracy at germination: percent, 0 to 100. */
    float accuracy_at_germination;
    /** Accuracy at completion: percent, 0 to 100. */
    float accuracy_at_completion;
    /** Accuracy at completion less that at germination: percentage points, -100 to 100. */
    float total_improvement;
    /** Best accuracy: percent, 0 to 100. */
    float best_accuracy;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** Later commands that the list had no room for. */
    uint32_t commands_dropped;
    /** The environment, from 0. */
    uint16_t env;
    /** Commands in the list. */
    uint8_t command_count;
    /** The last leyline_seed_stage: FOSSILIZED, or CULLED to RESETTING. */
    uint8_t final_stage;
    /** 1 if it was fossilized, else 0. */
    uint8_t success;
    /** The leyline_seed_stage that it failed in, with FAILURE. */
    uint8_t failure_stage;
    /** 0. */
    uint8_t reserved[2];
} leyline_field_report_t;

/** What is measured of one seed at one moment. */
typedef struct leyline_seed_telemetry_t {
    /** When: nanoseconds since the Unix epoch. */
    int64_t captured_at_unix_ns;
    /** The seed. */
    leyline_id_t seed;
    /** Its blueprint. */
    leyline_id_t blueprint;
    /** The layer it is attached to, with LAYER. */
    leyline_id_t layer;
    /** Norm of its gradient, 0 or more. */
    float gradient_norm;
    /** How well its gradient flows, 0 to 1. */
    float gradient_health;
    /** Accuracy: percent, 0 to 100. */
    float accuracy;
    /** Change of the accuracy: percentage points, -100 to 100. */
    float accuracy_delta;
    /** Blending weight, 0 to 1. */
    float alpha;
    /** Epochs it has spent in its stage. */
    uint32_t epochs_in_stage;
    /** Epochs of the run, from 1. */
    uint32_t epoch;
    /** Epochs that the run will have. */
    uint32_t max_epochs;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** The environment, from 0. */
    uint16_t env;
    /** A leyline_seed_stage. */
    uint8_t stage;
    /** 1 if the gradient vanishes, else 0. */
    uint8_t vanishing;
    /** 1 if the gradient explodes, else 0. */
    uint8_t exploding;
    /** 0. */
    uint8_t reserved[7];
} leyline_seed_telemetry_t;

/** Something that happened, for people and for logs. */
typedef struct leyline_telemetry_event_t {
    /** UUID of this event. */
    uint8_t id[16];
    /** When: nanoseconds since the Unix epoch. */
    int64_t time_unix_ns;
    /** The seed it is about, with SEED. */
    leyline_id_t seed;
    /** The slot it is about, with SLOT. */
    leyline_id_t slot;
    /** For people; cut if MESSAGE_CUT. */
    leyline_text_t message;
    /** Names of the numbers in `data_values`, each once. */
    leyline_id_t data_names[6];
    /** Named numbers, finite. */
    double data_values[6];
    /** Epochs of the run, from 1, with EPOCH. */
    uint32_t epoch;
    /** Which optional fields are there; other bits are 0. */
    uint32_t present;
    /** Named numbers that there was no room for. */
    uint32_t data_dropped;
    /** The environment, from 0. */
    uint16_t env;
    /** An leyline_event_type. */
    uint8_t event_type;
    /** A leyline_severity. */
    uint8_t severity;
    /** Named numbers there are. */
    uint8_t data_count;
    /** 0. */
    uint8_t reserved[7];
} leyline_telemetry_event_t;

/** What telemetry is held against. */
typedef struct leyline_performance_budgets_t {
    /** Time of an epoch, ms, 0 or more. Default 18. */
    float epoch_ms;
    /** Time of a blending, ms, 0 or more. Default 5. */
    float blending_ms;
    /** Time of a gate check, ms, 0 or more. Default 2. */
    float gate_check_ms;
    /** Memory of one seed, GB, 0 or more. Default 2. */
    float seed_memory_gb;
    /** Memory in all, GB, 0 or more. Default 12. */
    float total_memory_gb;
    /** The environment, from 0. */
    uint16_t env;
    /** 0. */
    uint8_t reserved[2];
} leyline_performance_budgets_t;

/** A budget that was exceeded. */
typedef struct leyline_overrun_t {
    /** A leyline_budget. */
    uint32_t budget;
    /** The limit, in the budget's unit. */
    float limit;
    /** What was measured, in the budget's unit. */
    float measured;
    /** 0. */
    uint32_t reserved;
} leyline_overrun_t;

/**
 * The value of an annotation: UTF-8, NUL-padded, at most 183 bytes. An overlong one is refused, never cut.
 */
typedef struct leyline_annotation_value_t {
    uint8_t bytes[LEYLINE_ANNOTATION_BYTES];
} leyline_annotation_value_t;

/** One key-value pair of a command. As large as an leyline_adaptation_command_t, and on the same ring. */
typedef struct leyline_command_annotation_t {
    /** The id of the command that it belongs to; zero until it is sent. */
    uint8_t command_id[16];
    /** What the value is of: 1 to 39 bytes. */
    leyline_id_t key;
    /** The value. */
    leyline_annotation_value_t value;
    /** Which of its command's annotations it is, from 0. */
    uint16_t index;
    /** The environment, from 0. */
    uint16_t env;
    /** 255, where a command has its type. */
    uint8_t command_type;
    /** How many annotations its command has. */
    uint8_t count;
    /** 0. */
    uint8_t reserved[2];
} leyline_command_annotation_t;

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
leyline_status_t leyline_action_space_masks_of_rows(const leyline_action_space_t *space,
    const leyline_schema_t *schema, const float *rows, size_t count, uint64_t *masks);

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
leyline_status_t leyline_action_space_masks_i8_of_rows(const leyline_action_space_t *space,
    const leyline_schema_t *schema, const float *rows, size_t count, int8_t *masks, size_t masks_len);

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
leyline_status_t leyline_action_space_new(const char *topology, const char *const *blueprints,
    const uint64_t *parameters, size_t count, leyline_action_space_t **space);

/**
 * The action space of the known blueprints for convolutional networks: norm, attention, depthwise, conv_enhance.
 *
 * @param space  the new handle; close it with leyline_action_space_close
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_cnn(leyline_action_space_t **space);

/**
 * The action space of the known blueprints for transformers: norm, lora, attention, mlp.
 *
 * @param space  the new handle; close it with leyline_action_space_close
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_transformer(leyline_action_space_t **space);

/**
 * The action space that a segment was made with.
 *
 * @param segment  the segment; not kept
 * @param space    the new handle; close it with leyline_action_space_close
 * @return         LEYLINE_ERR_NOT_FOUND if it has none
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_of_segment(const leyline_segment_t *segment,
    leyline_action_space_t **space);

/**
 * How many actions there are: 3 to 64.
 *
 * @param space  the action space
 * @param count  actions
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_len(const leyline_action_space_t *space, size_t *count);

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
leyline_status_t leyline_action_space_name(const leyline_action_space_t *space, size_t index,
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
leyline_status_t leyline_action_space_index_of(const leyline_action_space_t *space, const char *name,
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
leyline_status_t leyline_action_space_kind(const leyline_action_space_t *space, size_t index, uint32_t *kind);

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
leyline_status_t leyline_action_space_blueprint(const leyline_action_space_t *space, size_t index,
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
leyline_status_t leyline_action_space_germinate(const leyline_action_space_t *space, const char *blueprint,
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
leyline_status_t leyline_action_space_command(const leyline_action_space_t *space, size_t index,
    leyline_adaptation_command_t *command);

/**
 * Which actions are physically possible in an observation (raw, not normalized). Never 0: WAIT is always possible.
 *
 * @param space        the action space
 * @param observation  the observation; may hold anything
 * @param mask         bit i for action i
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_mask(const leyline_action_space_t *space,
    const leyline_observation_t *observation, uint64_t *mask);

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
leyline_status_t leyline_action_space_masks(const leyline_action_space_t *space,
    const leyline_observation_t *observations, size_t count, uint64_t *masks);

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
leyline_status_t leyline_action_space_masks_i8(const leyline_action_space_t *space,
    const leyline_observation_t *observations, size_t count, int8_t *masks, size_t masks_len);

/**
 * The fingerprint: the first 16 bytes of SHA-256 over the canonical text.
 *
 * @param space        the action space
 * @param fingerprint  16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_fingerprint(const leyline_action_space_t *space, uint8_t *fingerprint);

/**
 * The canonical text.
 *
 * @param space  the action space
 * @param text   the text, the space's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_canonical(const leyline_action_space_t *space, const char **text);

/**
 * The Discrete space as JSON, in the form that RL tools read.
 *
 * @param space  the action space
 * @param json   the text, the space's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_json(const leyline_action_space_t *space, const char **json);

/**
 * Ends the handle.
 *
 * @param space  the handle, or NULL
 */
leyline_status_t leyline_action_space_close(leyline_action_space_t *space);

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
leyline_status_t leyline_blueprint_spec_init(leyline_blueprint_spec_t *blueprint, const char *id,
    const char *topology, uint64_t parameters);

/**
 * Sets what people call it.
 *
 * @param blueprint  the record
 * @param name       1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_name(leyline_blueprint_spec_t *blueprint, const char *name);

/**
 * Sets the description, for people.
 *
 * @param blueprint    the record
 * @param description  longer than 63 bytes it is cut at a character and flagged
 * @return             LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_set_description(leyline_blueprint_spec_t *blueprint,
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
leyline_status_t leyline_blueprint_spec_set_channels(leyline_blueprint_spec_t *blueprint, uint32_t least,
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
leyline_status_t leyline_blueprint_spec_set_costs(leyline_blueprint_spec_t *blueprint, float compute,
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
leyline_status_t leyline_blueprint_spec_add_tag(leyline_blueprint_spec_t *blueprint, const char *tag);

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
leyline_status_t leyline_blueprint_spec_check(const leyline_blueprint_spec_t *blueprint);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param blueprint  the record
 * @param replaced   how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_blueprint_spec_sanitize(leyline_blueprint_spec_t *blueprint, uint32_t *replaced);

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
leyline_status_t leyline_blueprint_register(const leyline_blueprint_spec_t *blueprint);

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
leyline_status_t leyline_blueprint_unregister(const char *topology, const char *id,
    leyline_blueprint_spec_t *removed);

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
leyline_status_t leyline_blueprint_find(const char *topology, const char *id,
    leyline_blueprint_spec_t *blueprint);

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
leyline_status_t leyline_blueprints_of_topology(const char *topology, leyline_blueprint_spec_t *blueprints,
    size_t capacity, size_t *count);

/**
 * The action space of the blueprints that are registered for a topology now, in this process.
 *
 * @param topology  such as "cnn", which has the contract's blueprints from the start
 * @param space     the new handle; close it with leyline_action_space_close
 * @return          LEYLINE_ERR_UNKNOWN_ACTION if there is none
 *
 * Any thread.
 */
leyline_status_t leyline_action_space_of_topology(const char *topology, leyline_action_space_t **space);

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
leyline_status_t leyline_decision_init(leyline_decision_t *decision, uint64_t observation_sequence,
    uint64_t writer_generation, uint16_t env, uint32_t action);

/**
 * Sets the confidence.
 *
 * @param decision    the decision
 * @param confidence  0 to 1
 * @return            LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_decision_set_confidence(leyline_decision_t *decision, float confidence);

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
leyline_status_t leyline_decision_set_estimates(leyline_decision_t *decision, float value_estimate,
    float log_probability);

/**
 * Whether every field is in its range. The error names the first that is not.
 *
 * @param decision  the decision; may hold anything
 * @return          LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_decision_check(const leyline_decision_t *decision);

/**
 * Makes a command with confidence 1, risk GREEN and nothing optional.
 *
 * @param command       what to set
 * @param command_type  a leyline_command_type
 * @return              LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_init(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_answering(leyline_adaptation_command_t *command,
    uint64_t observation_sequence, uint64_t writer_generation, uint16_t env);

/**
 * Sets the blending weight.
 *
 * @param command  the command
 * @param alpha    0 to 1
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_alpha(leyline_adaptation_command_t *command, float alpha);

/**
 * Sets the learning rate.
 *
 * @param command        the command
 * @param learning_rate  finite, above 0
 * @return               LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_learning_rate(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_confidence(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_blueprint(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_target_seed(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_target_slot(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_reason(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_risk(leyline_adaptation_command_t *command, uint32_t risk);

/**
 * Sets the stage to go to.
 *
 * @param command  the command
 * @param stage    a leyline_seed_stage
 * @return         LEYLINE_ERR_INVALID_ENUM; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_adaptation_command_set_target_stage(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_set_action(leyline_adaptation_command_t *command,
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
leyline_status_t leyline_adaptation_command_check(const leyline_adaptation_command_t *command);

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
leyline_status_t leyline_command_outcome_init(leyline_command_outcome_t *outcome,
    const leyline_adaptation_command_t *command, uint64_t command_sequence, uint32_t status, uint32_t code);

/**
 * Sets the text, for people.
 *
 * @param outcome  the outcome
 * @param text     longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_text(leyline_command_outcome_t *outcome, const char *text);

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
leyline_status_t leyline_command_outcome_set_stages(leyline_command_outcome_t *outcome, uint32_t before,
    uint32_t after);

/**
 * Sets the seed that the trainer resolved the command to.
 *
 * @param outcome  the outcome
 * @param seed     at most 39 bytes; empty means none
 * @return         LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_command_outcome_set_seed(leyline_command_outcome_t *outcome, const char *seed);

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
leyline_status_t leyline_command_outcome_set_metrics(leyline_command_outcome_t *outcome,
    const leyline_seed_metrics_t *metrics, const char *seed);

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
leyline_status_t leyline_command_outcome_check(const leyline_command_outcome_t *outcome);

/**
 * Sets every number to what it reads before anything is known.
 *
 * @param observation  the observation
 *
 * Any thread.
 */
leyline_status_t leyline_observation_init(leyline_observation_t *observation);

/**
 * Whether every number is finite, in its Box, and whole where it has to be. The error names the first that is not.
 *
 * @param observation  the observation
 * @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
 *
 * Any thread.
 */
leyline_status_t leyline_observation_check(const leyline_observation_t *observation);

/**
 * Brings every number into its Box: saturates, replaces NaN by the default, drops fractions. Publishing a record whose
 * numbers were replaced should set LEYLINE_FLAG_SANITIZED.
 *
 * @param observation  the observation
 * @param replaced     bit i for each number of index i that was replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_observation_sanitize(leyline_observation_t *observation, uint32_t *replaced);

/**
 * Describes one number of an observation.
 *
 * @param index    a leyline_feature: 0 to 26
 * @param feature  what is known of it
 * @return         LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_feature_info(uint32_t index, leyline_feature_t *feature);

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
leyline_status_t leyline_training_signals_init(leyline_training_signals_t *signals);

/**
 * Whether counts, stage, ids and figures are what they may be. The error names the first that is not.
 *
 * @param signals  the signals; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_check(const leyline_training_signals_t *signals);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param signals   the signals
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_sanitize(leyline_training_signals_t *signals, uint32_t *replaced);

/**
 * The hot tier of training signals. Copies, and caps the best loss; what lies outside the Box stays outside.
 *
 * @param signals      the signals; may hold anything
 * @param observation  the observation
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_to_observation(const leyline_training_signals_t *signals,
    leyline_observation_t *observation);

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
leyline_status_t leyline_seed_state_report_init(leyline_seed_state_report_t *report, uint32_t stage,
    uint32_t previous_stage, int64_t entered_at_unix_ns, int64_t reported_at_unix_ns);

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
leyline_status_t leyline_seed_state_report_set_seed(leyline_seed_state_report_t *report, const char *seed,
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
leyline_status_t leyline_seed_state_report_set_slot(leyline_seed_state_report_t *report, const char *slot);

/**
 * Sets the seed's figures.
 *
 * @param report   the record
 * @param metrics  the figures
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_set_metrics(leyline_seed_state_report_t *report,
    const leyline_seed_metrics_t *metrics);

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
leyline_status_t leyline_seed_state_report_check(const leyline_seed_state_report_t *report);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param report    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_seed_state_report_sanitize(leyline_seed_state_report_t *report, uint32_t *replaced);

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
leyline_status_t leyline_gate_result_init(leyline_gate_result_t *result, uint32_t gate, uint32_t passed,
    float score, int64_t time_unix_ns);

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
leyline_status_t leyline_gate_result_add_check(leyline_gate_result_t *result, const char *name,
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
leyline_status_t leyline_gate_result_set_seed(leyline_gate_result_t *result, const char *seed);

/**
 * Sets the slot.
 *
 * @param result  the record
 * @param slot    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_set_slot(leyline_gate_result_t *result, const char *slot);

/**
 * Sets the message, for people.
 *
 * @param result   the record
 * @param message  longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_set_message(leyline_gate_result_t *result, const char *message);

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
leyline_status_t leyline_gate_result_check(const leyline_gate_result_t *result);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param result    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_gate_result_sanitize(leyline_gate_result_t *result, uint32_t *replaced);

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
leyline_status_t leyline_field_report_init_fossilized(leyline_field_report_t *report, const uint8_t *id,
    const char *seed, const char *blueprint);

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
leyline_status_t leyline_field_report_init_culled(leyline_field_report_t *report, const uint8_t *id,
    const char *seed, const char *blueprint, uint32_t stage, const char *reason);

/**
 * Sets the slot.
 *
 * @param report  the record
 * @param slot    1 to 39 bytes
 * @return        LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_slot(leyline_field_report_t *report, const char *slot);

/**
 * Sets the epochs in each stage, and their sum.
 *
 * @param report  the record
 * @param epochs  11 of them, by the value of the stage
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_epochs(leyline_field_report_t *report, const uint32_t *epochs);

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
leyline_status_t leyline_field_report_set_accuracies(leyline_field_report_t *report, float germination,
    float completion, float best);

/**
 * Sets the training signals at germination.
 *
 * @param report   the record
 * @param signals  the signals, which must pass leyline_training_signals_check
 * @return         as leyline_training_signals_check; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_signals(leyline_field_report_t *report,
    const leyline_training_signals_t *signals);

/**
 * Sets the ids of the commands received. The first 32 are kept, the others counted as dropped.
 *
 * @param report  the record
 * @param ids     16 bytes each, oldest first
 * @param count   how many
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_set_commands(leyline_field_report_t *report, const uint8_t *ids,
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
leyline_status_t leyline_field_report_check(const leyline_field_report_t *report);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param report    the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_field_report_sanitize(leyline_field_report_t *report, uint32_t *replaced);

/**
 * Sets everything to 0 and absent.
 *
 * @param metrics  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_init(leyline_training_metrics_t *metrics);

/**
 * Sets the least validation loss, not capped.
 *
 * @param metrics  the record
 * @param nats     0 to 1e6
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_best_val_loss(leyline_training_metrics_t *metrics, float nats);

/**
 * Sets the gradient norm of the host.
 *
 * @param metrics  the record
 * @param norm     finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_grad_norm_host(leyline_training_metrics_t *metrics, float norm);

/**
 * Sets the gradient norm of the seed.
 *
 * @param metrics  the record
 * @param norm     finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_set_grad_norm_seed(leyline_training_metrics_t *metrics, float norm);

/**
 * Whether every figure is finite and in its bounds, and what is absent zero. The error names the first that is
 * not.
 *
 * @param metrics  the record; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_check(const leyline_training_metrics_t *metrics);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param metrics   the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_training_metrics_sanitize(leyline_training_metrics_t *metrics, uint32_t *replaced);

/**
 * Sets the time.
 *
 * @param signals       the record
 * @param time_unix_ns  nanoseconds since the Unix epoch
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_time(leyline_training_signals_t *signals, int64_t time_unix_ns);

/**
 * Sets the GPU memory in use.
 *
 * @param signals  the record
 * @param gb       GB, finite, 0 or more
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_gpu_memory_gb(leyline_training_signals_t *signals, float gb);

/**
 * Sets the GPU utilization.
 *
 * @param signals  the record
 * @param share    0 to 1
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_training_signals_set_gpu_utilization(leyline_training_signals_t *signals,
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
leyline_status_t leyline_training_signals_set_epoch_duration_ms(leyline_training_signals_t *signals,
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
leyline_status_t leyline_training_signals_add_active_seed(leyline_training_signals_t *signals,
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
leyline_status_t leyline_training_signals_set_seed(leyline_training_signals_t *signals,
    const leyline_seed_view_t *seed);

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
leyline_status_t leyline_training_signals_set_loss_history(leyline_training_signals_t *signals,
    const float *oldest_first, size_t count);

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
leyline_status_t leyline_training_signals_set_accuracy_history(leyline_training_signals_t *signals,
    const float *oldest_first, size_t count);

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
leyline_status_t leyline_seed_telemetry_init(leyline_seed_telemetry_t *telemetry, const char *seed,
    const char *blueprint, int64_t captured_at_unix_ns);

/**
 * Sets the layer that the seed is attached to.
 *
 * @param telemetry  the record
 * @param layer      1 to 39 bytes
 * @return           LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_set_layer(leyline_seed_telemetry_t *telemetry, const char *layer);

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
leyline_status_t leyline_seed_telemetry_set_gradient(leyline_seed_telemetry_t *telemetry, float norm,
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
leyline_status_t leyline_seed_telemetry_set_accuracy(leyline_seed_telemetry_t *telemetry, float accuracy,
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
leyline_status_t leyline_seed_telemetry_set_stage(leyline_seed_telemetry_t *telemetry, uint32_t stage,
    uint32_t epochs_in_stage, float alpha);

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
leyline_status_t leyline_seed_telemetry_to_features(const leyline_seed_telemetry_t *telemetry,
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
leyline_status_t leyline_seed_telemetry_check(const leyline_seed_telemetry_t *telemetry);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param telemetry  the record
 * @param replaced   how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_seed_telemetry_sanitize(leyline_seed_telemetry_t *telemetry, uint32_t *replaced);

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
leyline_status_t leyline_telemetry_event_init(leyline_telemetry_event_t *event, const uint8_t *id,
    uint32_t event_type, uint32_t severity, int64_t time_unix_ns);

/**
 * Sets the seed it is about.
 *
 * @param event  the record
 * @param seed   1 to 39 bytes
 * @return       LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_seed(leyline_telemetry_event_t *event, const char *seed);

/**
 * Sets the slot it is about.
 *
 * @param event  the record
 * @param slot   1 to 39 bytes
 * @return       LEYLINE_ERR_INVALID_ID; nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_slot(leyline_telemetry_event_t *event, const char *slot);

/**
 * Sets the epoch of the run.
 *
 * @param event  the record
 * @param epoch  epochs, from 1
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_epoch(leyline_telemetry_event_t *event, uint32_t epoch);

/**
 * Sets the message, for people.
 *
 * @param event    the record
 * @param message  longer than 63 bytes it is cut at a character and flagged
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_set_message(leyline_telemetry_event_t *event, const char *message);

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
leyline_status_t leyline_telemetry_event_set_data(leyline_telemetry_event_t *event, const char *name,
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
leyline_status_t leyline_telemetry_event_data(const leyline_telemetry_event_t *event, const char *name,
    double *value, bool *present);

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
leyline_status_t leyline_telemetry_event_check(const leyline_telemetry_event_t *event);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param event     the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_telemetry_event_sanitize(leyline_telemetry_event_t *event, uint32_t *replaced);

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
leyline_status_t leyline_performance_budgets_init(leyline_performance_budgets_t *budgets);

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
leyline_status_t leyline_performance_budgets_set_limit(leyline_performance_budgets_t *budgets,
    uint32_t budget, float limit);

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
leyline_status_t leyline_performance_budgets_exceeded(const leyline_performance_budgets_t *budgets,
    uint32_t budget, float measured, bool *exceeded, leyline_overrun_t *overrun);

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
leyline_status_t leyline_performance_budgets_exceeded_by_signals(const leyline_performance_budgets_t *budgets,
    const leyline_training_signals_t *signals, leyline_overrun_t *overruns, size_t *count);

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
leyline_status_t leyline_overrun_to_event(const leyline_overrun_t *overrun, const uint8_t *id,
    int64_t time_unix_ns, leyline_telemetry_event_t *event);

/**
 * Whether every limit is finite and 0 or more. The error names the first that is not.
 *
 * @param budgets  the record; may hold anything
 * @return         LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_check(const leyline_performance_budgets_t *budgets);

/**
 * Saturates every figure to its bounds and replaces NaN by 0.
 *
 * @param budgets   the record
 * @param replaced  how many were replaced; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_performance_budgets_sanitize(leyline_performance_budgets_t *budgets,
    uint32_t *replaced);

#ifdef __cplusplus
}
#endif

#endif
