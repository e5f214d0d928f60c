/*
 * Publishes and reads every record of the contract once: both ends of a link, in one process for once. Prints
 * a line for each record that was read. In a real program the functions of leyline_trainer_t and of
 * leyline_controller_t are called by two processes.
 *
 *     cc -std=c11 -Iinclude examples/records.c target/release/libleyline.a -lpthread -ldl -lm -o records
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leyline.h"

/* Ends the program, with what went wrong, unless the call gives LEYLINE_OK. */
#define TRY(call) done((call), #call)

static void done(leyline_status_t status, const char *call) {
    if (status != LEYLINE_OK) {
        fprintf(stderr, "%s: %s\n", call, status < 0 ? leyline_last_error() : leyline_strerror(status));
        exit(1);
    }
}

#define TEN_SECONDS 10000000000u
static const uint8_t REPORT_ID[16] = {1}, EVENT_ID[16] = {2};

static const char *text(const uint8_t *bytes) { return (const char *)bytes; }

/* What a training process knows after its first validation. */
static leyline_training_signals_t signals_after_an_epoch(void) {
    leyline_tracker_t *tracker = NULL;
    leyline_validation_t validation = {.global_step = 391, .epoch = 1, .train_loss = 1.9f, .val_loss = 1.7f,
                                       .train_accuracy = 35.0f, .val_accuracy = 40.0f};
    leyline_observation_t unused;
    leyline_training_signals_t signals;
    TRY(leyline_tracker_new(&tracker));
    TRY(leyline_tracker_set_available_slots(tracker, 1));
    TRY(leyline_tracker_update(tracker, &validation, &unused));
    TRY(leyline_tracker_signals(tracker, &signals));
    TRY(leyline_tracker_close(tracker));
    return signals;
}

/* A row of the hot tier out, with the rich form beside it; what the policy thought back. */
static void observations_and_decisions(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_training_signals_t signals = signals_after_an_epoch(), rich;
    leyline_observation_t seen;
    leyline_meta_t meta;
    leyline_decision_t decision;
    leyline_answer_t answer = {.reason = "nothing to do yet", .confidence = 0.9f, .value_estimate = 0.5f};
    uint64_t sequence = 0;
    TRY(leyline_trainer_publish_signals(trainer, &signals, NULL, &sequence, NULL));

    TRY(leyline_controller_next(controller, LEYLINE_WAIT_SPIN_THEN_SLEEP, TEN_SECONDS, &seen, &meta, NULL));
    printf("observation: epoch %g, validation accuracy %g %%\n", (double)seen.values[LEYLINE_FEATURE_EPOCH],
           (double)seen.values[LEYLINE_FEATURE_VAL_ACCURACY]);
    TRY(leyline_controller_signals_of(controller, &meta, &rich));
    printf("training_signals: the same of observation %llu\n", (unsigned long long)rich.observation_sequence);
    /* Inside the signals. */
    printf("training_metrics: step %llu, validation loss %g\n", (unsigned long long)rich.metrics.global_step,
           (double)rich.metrics.val_loss);
    TRY(leyline_controller_decide(controller, &meta, 0, &answer, NULL));

    TRY(leyline_trainer_wait_decision(trainer, 0, sequence, LEYLINE_WAIT_SPIN_THEN_SLEEP, TEN_SECONDS, &decision,
                                      NULL));
    printf("decision: action %u on observation %llu, confidence %g\n", (unsigned)decision.action,
           (unsigned long long)decision.observation_sequence, (double)decision.confidence);
}

/* A command with annotations out, its outcome back. */
static void commands_and_outcomes(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_adaptation_command_t command;
    leyline_annotation_t notes[2] = {{"policy", "v7"}, {"why", "the plateau is 5 epochs long"}};
    leyline_sent_t sent;
    TRY(leyline_adaptation_command_init(&command, LEYLINE_COMMAND_TYPE_REQUEST_STATE));
    TRY(leyline_controller_send_annotated(controller, &command, notes, 2, &sent));

    leyline_received_t received;
    leyline_command_annotation_t annotations[LEYLINE_MAX_ANNOTATIONS];
    leyline_command_outcome_t outcome;
    leyline_seed_metrics_t metrics;
    size_t count = 0;
    TRY(leyline_trainer_try_command(trainer, &received));
    printf("adaptation_command: type %u, command %llu\n", (unsigned)received.command.command_type,
           (unsigned long long)received.sequence);
    TRY(leyline_trainer_annotations(trainer, &received, annotations, LEYLINE_MAX_ANNOTATIONS, &count));
    for (size_t i = 0; i < count; i++) {
        printf("command_annotation: %s = %s\n", text(annotations[i].key.bytes), text(annotations[i].value.bytes));
    }
    memset(&metrics, 0, sizeof metrics);
    metrics.current_accuracy = 40.0f;
    TRY(leyline_command_outcome_init(&outcome, &received.command, received.sequence, LEYLINE_OUTCOME_STATUS_EXECUTED,
                                     LEYLINE_OUTCOME_CODE_NONE));
    TRY(leyline_command_outcome_set_metrics(&outcome, &metrics, "seed-1"));
    TRY(leyline_trainer_answer(trainer, &received, &outcome, NULL));

    TRY(leyline_controller_wait_outcome(controller, sent.command_id, LEYLINE_WAIT_SPIN_THEN_SLEEP, TEN_SECONDS,
                                        &outcome));
    printf("command_outcome: status %u of command %llu\n", (unsigned)outcome.status,
           (unsigned long long)outcome.command_sequence);
    /* Inside the outcome. */
    printf("seed_metrics: accuracy %g %%\n", (double)outcome.metrics.current_accuracy);
}

/* Publishes a report on its ring and reads it back, through a reader of its own. */
static void report(leyline_trainer_t *trainer, leyline_controller_t *controller, uint32_t record, const void *in,
                   void *out, size_t size) {
    leyline_observer_t *reader = NULL;
    TRY(leyline_controller_reports(controller, record, LEYLINE_START_NOW, 0, &reader));
    TRY(leyline_trainer_report(trainer, record, in, size, NULL, NULL, NULL));
    TRY(leyline_observer_next(reader, LEYLINE_WAIT_SPIN_THEN_SLEEP, TEN_SECONDS, out, size, NULL, NULL));
    TRY(leyline_observer_close(reader));
}

static void reports_of_seeds(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_seed_telemetry_t telemetry, telemetry_read;
    float features[10];
    TRY(leyline_seed_telemetry_init(&telemetry, "seed-1", "attention", 1));
    TRY(leyline_seed_telemetry_set_gradient(&telemetry, 2.5f, 0.8f));
    TRY(leyline_seed_telemetry_set_stage(&telemetry, LEYLINE_SEED_STAGE_TRAINING, 3, 0.0f));
    report(trainer, controller, LEYLINE_RECORD_SEED_TELEMETRY, &telemetry, &telemetry_read, sizeof telemetry);
    TRY(leyline_seed_telemetry_check(&telemetry_read));
    TRY(leyline_seed_telemetry_to_features(&telemetry_read, features));
    printf("seed_telemetry: %s, gradient feature %g\n", text(telemetry_read.seed.bytes), (double)features[0]);

    leyline_seed_state_report_t state, state_read;
    TRY(leyline_seed_state_report_init(&state, LEYLINE_SEED_STAGE_BLENDING, LEYLINE_SEED_STAGE_TRAINING, 1, 2));
    TRY(leyline_seed_state_report_set_seed(&state, "seed-1", "attention"));
    report(trainer, controller, LEYLINE_RECORD_SEED_STATE_REPORT, &state, &state_read, sizeof state);
    TRY(leyline_seed_state_report_check(&state_read));
    const char *stage = "?";
    TRY(leyline_seed_stage_name(state_read.stage, &stage));
    printf("seed_state_report: %s is in %s\n", text(state_read.seed.bytes), stage);

    leyline_gate_result_t gate, gate_read;
    TRY(leyline_gate_result_init(&gate, LEYLINE_GATE_G3, 1, 0.97f, 1));
    TRY(leyline_gate_result_add_check(&gate, "alpha", 1));
    TRY(leyline_gate_result_set_message(&gate, "blended in"));
    report(trainer, controller, LEYLINE_RECORD_GATE_RESULT, &gate, &gate_read, sizeof gate);
    TRY(leyline_gate_result_check(&gate_read));
    printf("gate_result: gate %u, score %g: %s\n", (unsigned)gate_read.gate, (double)gate_read.score,
           text(gate_read.message.bytes));

    leyline_field_report_t field, field_read;
    TRY(leyline_field_report_init_culled(&field, REPORT_ID, "seed-1", "attention", LEYLINE_SEED_STAGE_BLENDING,
                                         "no gain"));
    report(trainer, controller, LEYLINE_RECORD_FIELD_REPORT, &field, &field_read, sizeof field);
    TRY(leyline_field_report_check(&field_read));
    printf("field_report: %s of %s: %s\n", text(field_read.seed.bytes), text(field_read.blueprint.bytes),
           text(field_read.failure_reason.bytes));
}

static void reports_of_the_run(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_telemetry_event_t event, event_read;
    TRY(leyline_telemetry_event_init(&event, EVENT_ID, LEYLINE_EVENT_TYPE_SEED_GERMINATED, LEYLINE_SEVERITY_INFO, 1));
    TRY(leyline_telemetry_event_set_message(&event, "a seed has germinated"));
    report(trainer, controller, LEYLINE_RECORD_TELEMETRY_EVENT, &event, &event_read, sizeof event);
    TRY(leyline_telemetry_event_check(&event_read));
    printf("telemetry_event: %s\n", text(event_read.message.bytes));

    leyline_blueprint_spec_t blueprint, blueprint_read;
    TRY(leyline_blueprint_spec_init(&blueprint, "attention", "cnn", 2000));
    TRY(leyline_blueprint_spec_add_tag(&blueprint, "small"));
    report(trainer, controller, LEYLINE_RECORD_BLUEPRINT_SPEC, &blueprint, &blueprint_read, sizeof blueprint);
    TRY(leyline_blueprint_spec_check(&blueprint_read));
    printf("blueprint_spec: %s for %s\n", text(blueprint_read.id.bytes), text(blueprint_read.topology.bytes));

    leyline_performance_budgets_t budgets, budgets_read;
    TRY(leyline_performance_budgets_init(&budgets));
    report(trainer, controller, LEYLINE_RECORD_PERFORMANCE_BUDGETS, &budgets, &budgets_read, sizeof budgets);
    TRY(leyline_performance_budgets_check(&budgets_read));
    printf("performance_budgets: an epoch in %g ms\n", (double)budgets_read.epoch_ms);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "records-c";
    leyline_options_t options;
    leyline_action_space_t *actions = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    TRY(leyline_options_init(&options));
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    TRY(leyline_action_space_cnn(&actions));
    TRY(leyline_trainer_create(name, actions, NULL, &options, &trainer));
    TRY(leyline_controller_attach(name, 0, NULL, TEN_SECONDS, &controller));

    observations_and_decisions(trainer, controller);
    commands_and_outcomes(trainer, controller);
    reports_of_seeds(trainer, controller);
    reports_of_the_run(trainer, controller);

    TRY(leyline_controller_close(controller));
    TRY(leyline_trainer_close(trainer));
    TRY(leyline_action_space_close(actions));
    return 0;
}
