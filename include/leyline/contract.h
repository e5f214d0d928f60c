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

/** A bit of leyline_blueprint_spec_t's present: there is a greatest number of channels. */
#define LEYLINE_BLUEPRINT_MAX_CHANNELS 1

/** A bit of leyline_blueprint_spec_t's present: the description was longer than its field. */
#define LEYLINE_BLUEPRINT_DESCRIPTION_CUT 2

/** A bit of leyline_adaptation_command_t's present: there is an alpha. */
#define LEYLINE_COMMAND_ALPHA 1

/** A bit of leyline_adaptation_command_t's present: there is a learning rate. */
#define LEYLINE_COMMAND_LEARNING_RATE 2

/** A bit of leyline_adaptation_command_t's present: there is a target stage. */
#define LEYLINE_COMMAND_TARGET_STAGE 4

/** A bit of leyline_adaptation_command_t's present: there is a blueprint. */
#define LEYLINE_COMMAND_BLUEPRINT 8

/** A bit of leyline_adaptation_command_t's present: there is an action index. */
#define LEYLINE_COMMAND_ACTION 16

/** A bit of leyline_adaptation_command_t's present: the reason was longer than its field. */
#define LEYLINE_COMMAND_REASON_CUT 32

/** Ids of commands that a leyline_field_report_t lists, at most. */
#define LEYLINE_MAX_REPORTED_COMMANDS 32

/** A bit of leyline_field_report_t's present: there is a seed slot. */
#define LEYLINE_FIELD_REPORT_SLOT 1

/** A bit of leyline_field_report_t's present: there are the signals at germination. */
#define LEYLINE_FIELD_REPORT_SIGNALS 2

/** A bit of leyline_field_report_t's present: it failed, for a reason and in a stage. */
#define LEYLINE_FIELD_REPORT_FAILURE 4

/** A bit of leyline_field_report_t's present: the reason was longer than its field. */
#define LEYLINE_FIELD_REPORT_REASON_CUT 8

/** Names of checks of either kind that a leyline_gate_result_t lists, at most. */
#define LEYLINE_MAX_GATE_CHECKS 6

/** A bit of leyline_gate_result_t's present: there is a seed. */
#define LEYLINE_GATE_RESULT_SEED 1

/** A bit of leyline_gate_result_t's present: there is a seed slot. */
#define LEYLINE_GATE_RESULT_SLOT 2

/** A bit of leyline_gate_result_t's present: the message was longer than its field. */
#define LEYLINE_GATE_RESULT_MESSAGE_CUT 4

/** Numbers in a leyline_observation_t. */
#define LEYLINE_FEATURES 27

/** The cap of BEST_VAL_LOSS, which also stands before there is a best loss. */
#define LEYLINE_BEST_VAL_LOSS_CAP 10.0

/** A bit of leyline_command_outcome_t's present: a gate decided. */
#define LEYLINE_OUTCOME_GATE 1

/** A bit of leyline_command_outcome_t's present: there are metrics. */
#define LEYLINE_OUTCOME_METRICS 2

/** A bit of leyline_command_outcome_t's present: there is a seed. */
#define LEYLINE_OUTCOME_SEED 4

/** A bit of leyline_command_outcome_t's present: there are the stages before and after. */
#define LEYLINE_OUTCOME_STAGES 8

/** A bit of leyline_command_outcome_t's present: the text was longer than its field. */
#define LEYLINE_OUTCOME_TEXT_CUT 16

/** A bit of leyline_seed_state_report_t's present: there is a seed, and its blueprint. */
#define LEYLINE_STATE_SEED 1

/** A bit of leyline_seed_state_report_t's present: there is a seed slot. */
#define LEYLINE_STATE_SLOT 2

/** Active seeds that a leyline_training_signals_t lists, at most. */
#define LEYLINE_MAX_ACTIVE_SEEDS 8

/** Validations that a leyline_training_signals_t looks back, at most. */
#define LEYLINE_MAX_HISTORY 32

/** A bit of leyline_training_metrics_t's present: there is a best validation loss. */
#define LEYLINE_METRICS_BEST_VAL_LOSS 1

/** A bit of leyline_training_metrics_t's present: there is a gradient norm of the host. */
#define LEYLINE_METRICS_GRAD_NORM_HOST 2

/** A bit of leyline_training_metrics_t's present: there is a gradient norm of the seed. */
#define LEYLINE_METRICS_GRAD_NORM_SEED 4

/** A bit of leyline_training_signals_t's present: there is a time. */
#define LEYLINE_SIGNALS_TIME 1

/** A bit of leyline_training_signals_t's present: there is the GPU memory in use. */
#define LEYLINE_SIGNALS_GPU_MEMORY 2

/** A bit of leyline_training_signals_t's present: there is the GPU utilization. */
#define LEYLINE_SIGNALS_GPU_UTILIZATION 4

/** A bit of leyline_training_signals_t's present: there is the epoch's duration. */
#define LEYLINE_SIGNALS_EPOCH_DURATION 8

/** Numbers in the features of a leyline_seed_telemetry_t. */
#define LEYLINE_TELEMETRY_FEATURES 10

/** Named numbers that a leyline_telemetry_event_t carries, at most. */
#define LEYLINE_MAX_EVENT_DATA 6

/** A bit of leyline_seed_telemetry_t's present: there is a layer. */
#define LEYLINE_TELEMETRY_LAYER 1

/** A bit of leyline_telemetry_event_t's present: there is a seed. */
#define LEYLINE_EVENT_SEED 1

/** A bit of leyline_telemetry_event_t's present: there is a seed slot. */
#define LEYLINE_EVENT_SLOT 2

/** A bit of leyline_telemetry_event_t's present: there is an epoch. */
#define LEYLINE_EVENT_EPOCH 4

/** A bit of leyline_telemetry_event_t's present: the message was longer than its field. */
#define LEYLINE_EVENT_MESSAGE_CUT 8

/** Blueprints of a topology, at most. */
#define LEYLINE_MAX_BLUEPRINTS 61

/** Budgets that training signals can exceed, at most. */
#define LEYLINE_MAX_OVERRUNS 2

/** Most stages that may follow a stage. */
#define LEYLINE_MAX_SUCCESSORS 2

/** The actions of one topology. Never changes: any number of threads may use it at once. */
typedef struct leyline_action_space_t leyline_action_space_t;

/** The quantity that a budget limits. */
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
 * The names and the order of a leyline_observation_t's numbers. Part of the wire contract: never
 * renumbered.
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

/** The progress of the trainer with a command. */
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

/** The reason that a command was not executed. */
enum leyline_outcome_code {
    /** The command was executed. */
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
    /** There is no such seed slot. */
    LEYLINE_OUTCOME_CODE_UNKNOWN_SLOT = 7,
    /** Every seed slot holds a seed. */
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

/** The kind of an event. */
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

/** The weight of an event. */
enum leyline_severity {
    /** Detail for debugging. */
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

/** An action space. The strings are the space's own, valid until it is closed. */
typedef struct leyline_action_space_info_t {
    /** Such as "cnn". */
    const char *topology;
    /** The canonical text. */
    const char *canonical;
    /** The Discrete space as JSON, as RL tools read it. */
    const char *json;
    /** The first 16 bytes of SHA-256 over the canonical text. */
    uint8_t fingerprint[16];
    /** Actions, 3 to 64. */
    size_t count;
    /** 0. */
    uint64_t reserved[2];
} leyline_action_space_info_t;

/** An action. The strings are the space's own, valid until it is closed. */
typedef struct leyline_action_info_t {
    /** Such as "CULL". */
    const char *name;
    /** The blueprint that it germinates; NULL: none. */
    const char *blueprint;
    /** A leyline_action. */
    uint32_t kind;
    /** 0. */
    uint32_t reserved;
} leyline_action_info_t;

/**
 * The only thing that acts on the trainer. Lossless, answered by a
 * leyline_command_outcome_t.
 */
typedef struct leyline_adaptation_command_t {
    /** UUID; zero until it is sent. */
    uint8_t id[16];
    /** Time it was made: nanoseconds since the Unix epoch; 0 until it is sent. */
    int64_t time_unix_ns;
    /** The sequence of the observation it answers; 0 if it answers none. */
    uint64_t observation_sequence;
    /** The generation of that observation's writer; 0 if it answers none or that is unknown. */
    uint64_t writer_generation;
    /**
     * The seed; empty means the one that the observation describes. On GERMINATE the name of
     * the new seed; empty means that the trainer names it.
     */
    leyline_id_t target_seed;
    /** The seed slot; empty on GERMINATE means the lowest free one. */
    leyline_id_t target_slot;
    /** The blueprint, with BLUEPRINT. */
    leyline_id_t blueprint;
    /** Reason for people; cut if REASON_CUT. */
    leyline_text_t reason;
    /** Blending weight 0 to 1, with ALPHA. */
    float alpha;
    /** Learning rate, finite and above 0, with LEARNING_RATE. */
    float learning_rate;
    /** Confidence of the policy, 0 to 1. */
    float confidence;
    /** Bits of the optional fields that are there; other bits are 0. */
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

/** A kind of seed. */
typedef struct leyline_blueprint_spec_t {
    /** Name in commands and action spaces: 1 to 39 of `[A-Za-z0-9._-]`. */
    leyline_id_t id;
    /** Name for people. */
    leyline_id_t name;
    /** The networks it is for, such as `cnn`: 1 to 39 of `[A-Za-z0-9._-]`. */
    leyline_id_t topology;
    /** Description for people; cut if DESCRIPTION_CUT. */
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
    /** Bits of the optional fields that are there; other bits are 0. */
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

/** The limits that telemetry is compared with. */
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
    /** The measured value, in the budget's unit. */
    float measured;
    /** 0. */
    uint32_t reserved;
} leyline_overrun_t;

/**
 * The figures of the training loop. All but `epoch`, `global_step` and `train_loss` are those
 * of the last validation.
 */
typedef struct leyline_training_metrics_t {
    /** Optimizer steps. */
    uint64_t global_step;
    /** Epochs, from 1. */
    uint32_t epoch;
    /**
     * Validations so far; 0 while the figures of a validation are still all 0. Tells whether
     * they are new.
     */
    uint32_t validations;
    /** Updates in a row that brought less than the plateau threshold. */
    uint32_t plateau_epochs;
    /** Bits of the optional fields that are there; the others are 0. */
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
    /**
     * Least validation loss so far, nats, not capped. Optional:
     * BEST_VAL_LOSS.
     */
    float best_val_loss;
    /** Gradient norm of the host. Optional: GRAD_NORM_HOST. */
    float grad_norm_host;
    /** Gradient norm of the seed. Optional: GRAD_NORM_SEED. */
    float grad_norm_seed;
} leyline_training_metrics_t;

/**
 * The report of a trainer after a validation: the metrics, the seeds, the machine and the
 * history.
 *
 * The lists are bounded. Each has its count, and a count of what did not fit; entries from the
 * count on are zero.
 */
typedef struct leyline_training_signals_t {
    /** The figures of the training loop. */
    leyline_training_metrics_t metrics;
    /** Time: nanoseconds since the Unix epoch. Optional: TIME. */
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
    /** Free seed slots. */
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
    /** Duration of the epoch, ms. Optional: EPOCH_DURATION. */
    float epoch_duration_ms;
    /** Bits of the optional fields that are there; the others are 0. */
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

/** Something that happened, for people and for logs. */
typedef struct leyline_telemetry_event_t {
    /** UUID of this event. */
    uint8_t id[16];
    /** Time: nanoseconds since the Unix epoch. */
    int64_t time_unix_ns;
    /** The seed it is about, with SEED. */
    leyline_id_t seed;
    /** The seed slot it is about, with SLOT. */
    leyline_id_t slot;
    /** Text for people; cut if MESSAGE_CUT. */
    leyline_text_t message;
    /** Names of the numbers in `data_values`, each once. */
    leyline_id_t data_names[6];
    /** Named numbers, finite. */
    double data_values[6];
    /** Epochs of the run, from 1, with EPOCH. */
    uint32_t epoch;
    /** Bits of the optional fields that are there; other bits are 0. */
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
    /** The number for a missing value. */
    float missing;
    /** The worst value, which replaces NaN. */
    float worst;
    /** 1 if only whole numbers make sense, else 0. */
    uint32_t whole;
    /** 0. */
    uint32_t reserved;
} leyline_feature_t;

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

/** The measurements of one seed at one moment. */
typedef struct leyline_seed_telemetry_t {
    /** Time: nanoseconds since the Unix epoch. */
    int64_t captured_at_unix_ns;
    /** The seed. */
    leyline_id_t seed;
    /** Its blueprint. */
    leyline_id_t blueprint;
    /** The layer it is attached to, with LAYER. */
    leyline_id_t layer;
    /** Norm of its gradient, 0 or more. */
    float gradient_norm;
    /** Health of its gradient, 0 to 1. */
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
    /** Bits of the optional fields that are there; other bits are 0. */
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

/** The trainer's answer to a leyline_adaptation_command_t. Lossless. */
typedef struct leyline_command_outcome_t {
    /** The command's id. */
    uint8_t command_id[16];
    /** The sequence under which the command lay in its ring; from 1. */
    uint64_t command_sequence;
    /** The observation that the command answered; 0 if it answered none. */
    uint64_t observation_sequence;
    /** The generation of that observation's writer; 0 if it answered none or that is unknown. */
    uint64_t writer_generation;
    /** Time: nanoseconds since the Unix epoch; 0 until it is sent. */
    int64_t time_unix_ns;
    /** The seed that the trainer resolved the command to, with SEED. */
    leyline_id_t seed;
    /** Text for people; cut if TEXT_CUT. */
    leyline_text_t text;
    /** The seed's figures after the command, with METRICS. */
    leyline_seed_metrics_t metrics;
    /** The deciding gate's score, 0 to 1, with GATE. */
    float gate_score;
    /** Bits of the optional fields that are there; other bits are 0. */
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

/** A stage of a seed. */
typedef struct leyline_seed_stage_info_t {
    /** 1 if a seed of the stage computes (TRAINING to FOSSILIZED), else 0. */
    uint32_t active;
    /** 1 if it has been given up (CULLED to RESETTING), else 0. */
    uint32_t failure;
    /** 1 if no stage follows (FOSSILIZED), else 0. */
    uint32_t terminal;
    /** Bit s: stage s may follow. */
    uint32_t next_stages;
    /** Stages that may follow. */
    uint32_t successor_count;
    /** The first successor_count of them. */
    uint32_t successors[LEYLINE_MAX_SUCCESSORS];
    /** 0. */
    uint32_t reserved;
} leyline_seed_stage_info_t;

/**
 * The choice of a controller for one observation. It is for the record only: it may be lost
 * and is never executed.
 */
typedef struct leyline_decision_t {
    /** The sequence of the observation it answers; from 1. */
    uint64_t observation_sequence;
    /** The generation of that observation's writer, from 1; 0 if it is unknown. */
    uint64_t writer_generation;
    /** Confidence of the policy, 0 to 1. */
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

/**
 * The value of an annotation: UTF-8, NUL-padded, at most 183 bytes. An overlong one is refused,
 * never cut.
 */
typedef struct leyline_annotation_value_t {
    uint8_t bytes[LEYLINE_ANNOTATION_BYTES];
} leyline_annotation_value_t;

/** One key-value pair of a command. As large as a leyline_adaptation_command_t, and on the same ring. */
typedef struct leyline_command_annotation_t {
    /** The id of the command that it belongs to; zero until it is sent. */
    uint8_t command_id[16];
    /** The key: 1 to 39 bytes. */
    leyline_id_t key;
    /** The value. */
    leyline_annotation_value_t value;
    /** Index among its command's annotations, from 0. */
    uint16_t index;
    /** The environment, from 0. */
    uint16_t env;
    /** 255, where a command has its type. */
    uint8_t command_type;
    /** Number of annotations of its command. */
    uint8_t count;
    /** 0. */
    uint8_t reserved[2];
} leyline_command_annotation_t;

/** The judgement of a gate on a seed, passed or failed. */
typedef struct leyline_gate_result_t {
    /** Time: nanoseconds since the Unix epoch. */
    int64_t time_unix_ns;
    /** The seed, with SEED. */
    leyline_id_t seed;
    /** Its seed slot, with SLOT. */
    leyline_id_t slot;
    /** Text for people; cut if MESSAGE_CUT. */
    leyline_text_t message;
    /** Names of the checks that held, in the gate's order. */
    leyline_id_t checks_passed[6];
    /** Names of the checks that did not. */
    leyline_id_t checks_failed[6];
    /** Score of the seed, 0 to 1; a gate may fail at any score. */
    float score;
    /** Bits of the optional fields that are there; other bits are 0. */
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
    /** Time the seed germinated: nanoseconds since the Unix epoch. */
    int64_t germinated_at_unix_ns;
    /** Time it was fossilized or culled: nanoseconds since the Unix epoch. */
    int64_t completed_at_unix_ns;
    /** The seed. */
    leyline_id_t seed;
    /** Its blueprint. */
    leyline_id_t blueprint;
    /** Its seed slot, with SLOT. */
    leyline_id_t slot;
    /**
     * Reason of its failure, for people, with FAILURE; cut if
     * REASON_CUT.
     */
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
    /** Bits of the optional fields that are there; other bits are 0. */
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

/** A seed as it is now. */
typedef struct leyline_seed_state_report_t {
    /** Time the seed entered its stage: nanoseconds since the Unix epoch. */
    int64_t entered_at_unix_ns;
    /** Time of this report: nanoseconds since the Unix epoch. */
    int64_t reported_at_unix_ns;
    /** The seed, with SEED; none in an empty seed slot. */
    leyline_id_t seed;
    /** Its seed slot, with SLOT. */
    leyline_id_t slot;
    /** Its blueprint, with SEED. */
    leyline_id_t blueprint;
    /** Its figures. */
    leyline_seed_metrics_t metrics;
    /** Bits of the optional fields that are there; other bits are 0. */
    uint32_t present;
    /** The environment, from 0. */
    uint16_t env;
    /** A leyline_seed_stage. */
    uint8_t stage;
    /** The leyline_seed_stage before. */
    uint8_t previous_stage;
    /** 1 if the seed is healthy, else 0. */
    uint8_t healthy;
    /** 1 if it has improved since its stage began, else 0. */
    uint8_t improving;
    /** 1 if it needs attention, else 0. */
    uint8_t needs_attention;
    /** 0. */
    uint8_t reserved[5];
} leyline_seed_state_report_t;

/**
 * Makes the action space of a topology: WAIT, a GERMINATE_<BLUEPRINT> for each blueprint by
 * ascending parameter estimate (ties by name), FOSSILIZE, CULL.
 *
 * @param topology    such as "cnn": 1 to 39 of A-Z a-z 0-9 . _ -
 * @param blueprints  count names of the same alphabet, in any order
 * @param parameters  count parameter estimates
 * @param count       at most LEYLINE_MAX_BLUEPRINTS
 */
leyline_status_t leyline_action_space_new(const char *topology, const char *const *blueprints,
    const uint64_t *parameters, size_t count, leyline_action_space_t **space);

/**
 * Makes the action space of the contract's own blueprints for a topology.
 *
 * @param topology  "cnn": norm, attention, depthwise, conv_enhance; "transformer": norm, lora,
 *                  attention, mlp
 * @return          LEYLINE_ERR_UNKNOWN_ACTION: another topology
 */
leyline_status_t leyline_action_space_standard(const char *topology, leyline_action_space_t **space);

/**
 * Makes the action space of the blueprints that this process has registered for a topology.
 *
 * @param topology  such as "cnn", which has the contract's blueprints from the start
 * @return          LEYLINE_ERR_UNKNOWN_ACTION: none is registered
 */
leyline_status_t leyline_action_space_of_topology(const char *topology, leyline_action_space_t **space);

/**
 * Gives the action space that a segment was made with.
 *
 * @return  LEYLINE_ERR_NOT_FOUND: it has none
 */
leyline_status_t leyline_action_space_of_segment(const leyline_segment_t *segment,
    leyline_action_space_t **space);

/** Describes an action space. */
leyline_status_t leyline_action_space_info(const leyline_action_space_t *space,
    leyline_action_space_info_t *info);

/**
 * Describes an action.
 *
 * @return  LEYLINE_ERR_UNKNOWN_ACTION
 */
leyline_status_t leyline_action_space_action(const leyline_action_space_t *space, size_t index,
    leyline_action_info_t *action);

/**
 * Finds an action by its name, such as "CULL".
 *
 * @return  LEYLINE_ERR_UNKNOWN_ACTION
 */
leyline_status_t leyline_action_space_index_of(const leyline_action_space_t *space, const char *name,
    size_t *index);

/**
 * Finds the action that germinates a blueprint.
 *
 * @return  LEYLINE_ERR_UNKNOWN_ACTION
 */
leyline_status_t leyline_action_space_germinate(const leyline_action_space_t *space, const char *blueprint,
    size_t *index);

/**
 * Makes the command of an action, ready to be sent: GERMINATE of its blueprint, ADVANCE_STAGE to
 * FOSSILIZED, CULL; of WAIT, for which nothing is sent as a rule, REQUEST_STATE.
 *
 * @return  LEYLINE_ERR_UNKNOWN_ACTION
 */
leyline_status_t leyline_action_space_command(const leyline_action_space_t *space, size_t index,
    leyline_adaptation_command_t *command);

/**
 * Says what is physically possible in each row: bit i for action i. Never 0: WAIT is always
 * possible.
 *
 * @param schema  of the rows, normalized ones included; or NULL: leyline_observation_t
 * @param rows    a (count, width) block; may hold anything
 * @param masks   count of them
 * @return        LEYLINE_ERR_INVALID_ARGUMENT: the schema does not say what the seed is
 */
leyline_status_t leyline_action_space_masks(const leyline_action_space_t *space,
    const leyline_schema_t *schema, const float *rows, size_t count, uint64_t *masks);

/**
 * Says what is physically possible in each row as numbers: 1 for what is, 0 for what is not.
 *
 * @param schema     of the rows, or NULL: leyline_observation_t
 * @param rows       a (count, width) block; may hold anything
 * @param masks      a (count, actions) block
 * @param masks_len  count times actions
 * @return           LEYLINE_ERR_INVALID_ARGUMENT: masks_len, or the schema does not say what the
 *                   seed is
 */
leyline_status_t leyline_action_space_masks_i8(const leyline_action_space_t *space,
    const leyline_schema_t *schema, const float *rows, size_t count, int8_t *masks, size_t masks_len);

/** Stores an action space with the segment. */
leyline_status_t leyline_spec_set_actions(leyline_spec_t *spec, const leyline_action_space_t *space);

/**
 * Ends the handle.
 *
 * @param space  or NULL
 */
leyline_status_t leyline_action_space_close(leyline_action_space_t *space);

/**
 * Registers a blueprint for its topology in this process; the same once more changes nothing. A
 * link keeps the action space that it was made with.
 *
 * @return  those of leyline_record_check; LEYLINE_ERR_INVALID_ARGUMENT: another blueprint of that
 *          id (capitals apart) is registered for the topology, or LEYLINE_MAX_BLUEPRINTS are
 */
leyline_status_t leyline_blueprint_register(const leyline_blueprint_spec_t *blueprint);

/**
 * Takes a blueprint out of the registry of this process.
 *
 * @param removed  what was registered; or NULL
 * @return         LEYLINE_ERR_UNKNOWN_ACTION: there is none
 */
leyline_status_t leyline_blueprint_unregister(const char *topology, const char *id,
    leyline_blueprint_spec_t *removed);

/**
 * Finds a registered blueprint.
 *
 * @return  LEYLINE_ERR_UNKNOWN_ACTION: there is none
 */
leyline_status_t leyline_blueprint_find(const char *topology, const char *id,
    leyline_blueprint_spec_t *blueprint);

/**
 * Lists the registered blueprints of a topology in the order of their actions.
 *
 * @param capacity  room in blueprints; LEYLINE_MAX_BLUEPRINTS always suffice, 0 only counts
 * @param count     how many there are, of which at most capacity were written
 * @return          LEYLINE_ERR_UNKNOWN_ACTION: there is none
 */
leyline_status_t leyline_blueprints_of_topology(const char *topology, leyline_blueprint_spec_t *blueprints,
    size_t capacity, size_t *count);

/**
 * Says whether a measurement exceeds its budget; the limit itself is within.
 *
 * @param budget    a leyline_budget
 * @param measured  in the budget's unit, 0 or more
 * @param overrun   zeros if it is not exceeded; or NULL
 */
leyline_status_t leyline_budgets_exceeded(const leyline_performance_budgets_t *budgets, uint32_t budget,
    float measured, bool *exceeded, leyline_overrun_t *overrun);

/**
 * Lists what training signals exceed: the epoch by its duration, the memory in all by that of the
 * GPU.
 *
 * @param overruns  room for LEYLINE_MAX_OVERRUNS
 * @param count     how many there are
 */
leyline_status_t leyline_budgets_exceeded_by_signals(const leyline_performance_budgets_t *budgets,
    const leyline_training_signals_t *signals, leyline_overrun_t *overruns, size_t *count);

/**
 * Makes the event of an overrun: PERFORMANCE_DEGRADATION, a warning, with "budget", "limit" and
 * "measured" as data.
 *
 * @param id            the event's, 16 bytes
 * @param time_unix_ns  nanoseconds since the Unix epoch
 */
leyline_status_t leyline_overrun_to_event(const leyline_overrun_t *overrun, const uint8_t *id,
    int64_t time_unix_ns, leyline_telemetry_event_t *event);

/**
 * Describes one number of an observation.
 *
 * @param index  a leyline_feature: 0 to 26
 */
leyline_status_t leyline_feature_info(uint32_t index, leyline_feature_t *feature);

/**
 * Computes the observation of training signals: copies, and caps the best loss. What is out of
 * bounds stays so.
 *
 * @param signals  may hold anything
 */
leyline_status_t leyline_training_signals_to_observation(const leyline_training_signals_t *signals,
    leyline_observation_t *observation);

/**
 * Fills a history of training signals with the newest LEYLINE_MAX_HISTORY values; checks none of
 * them.
 *
 * @param history       room for LEYLINE_MAX_HISTORY numbers, such as signals.loss_history
 * @param count         how many are kept
 * @param dropped       how many are not
 * @param oldest_first  length numbers
 */
leyline_status_t leyline_history_set(float *history, uint8_t *count, uint32_t *dropped,
    const float *oldest_first, size_t length);

/**
 * Computes the ten features of seed telemetry that a policy reads: min(norm, 10) / 10, health,
 * vanishing, exploding, min(epochs in stage, 50) / 50, accuracy / 100, accuracy delta / 10 in -1
 * to 1, (stage - 1) / 6 in 0 to 1, alpha, epoch / max(max_epochs, 1) in 0 to 1.
 *
 * @param features  room for LEYLINE_TELEMETRY_FEATURES numbers
 */
leyline_status_t leyline_seed_telemetry_to_features(const leyline_seed_telemetry_t *telemetry,
    float *features);

/**
 * Makes the answer to a command.
 *
 * @param command_sequence  the command's sequence in its ring
 * @param status            a leyline_outcome_status
 * @param code              a leyline_outcome_code: NONE exactly when ACCEPTED or EXECUTED
 */
leyline_status_t leyline_command_outcome_init(leyline_command_outcome_t *outcome,
    const leyline_adaptation_command_t *command, uint64_t command_sequence, uint32_t status, uint32_t code);

/**
 * Describes a stage.
 *
 * @param stage  a leyline_seed_stage
 */
leyline_status_t leyline_seed_stage_info(uint32_t stage, leyline_seed_stage_info_t *info);

/**
 * Gives the stage that an operation leads to.
 *
 * @param operation  a leyline_seed_operation
 * @param stage      a leyline_seed_stage
 */
leyline_status_t leyline_seed_operation_target(uint32_t operation, uint32_t *stage);

#ifdef __cplusplus
}
#endif

#endif
