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

static const leyline_wait_t ten_seconds = {.timeout_ns = 10000000000u};

/* Returns the signals of a training process after its first validation. */
static leyline_training_signals_t signals_after_an_epoch(void) {
    leyline_tracker_t *tracker = NULL;
    leyline_validation_t validation = {.global_step = 391, .epoch = 1, .train_loss = 1.9f, .val_loss = 1.7f,
                                       .train_accuracy = 35.0f, .val_accuracy = 40.0f};
    leyline_training_signals_t signals;
    TRY(leyline_tracker_new(LEYLINE_PLATEAU_THRESHOLD_PP, &tracker));
    TRY(leyline_tracker_update(tracker, &validation, NULL));
    TRY(leyline_tracker_read(tracker, NULL, &signals));
    signals.available_slots = 1;
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
    TRY(leyline_trainer_publish(trainer, NULL, 0, &signals, NULL, &sequence, NULL));

    TRY(leyline_controller_next(controller, &ten_seconds, seen.values, LEYLINE_FEATURES, &meta, NULL));
    printf("observation: epoch %g, validation accuracy %g %%\n", (double)seen.values[LEYLINE_FEATURE_EPOCH],
           (double)seen.values[LEYLINE_FEATURE_VAL_ACCURACY]);
    TRY(leyline_controller_signals_of(controller, &meta, &rich));
    printf("training_signals: the same of observation %llu\n", (unsigned long long)rich.observation_sequence);
    /* Inside the signals. */
    printf("training_metrics: step %llu, validation loss %g\n", (unsigned long long)rich.metrics.global_step,
           (double)rich.metrics.val_loss);
    TRY(leyline_controller_decide(controller, &meta, 0, &answer, NULL));

    TRY(leyline_trainer_wait_decision(trainer, 0, sequence, &ten_seconds, &decision, NULL));
    printf("decision: action %u on observation %llu, confidence %g\n", (unsigned)decision.action,
           (unsigned long long)decision.observation_sequence, (double)decision.confidence);
}

/* A command with annotations out, its outcome back. */
static void commands_and_outcomes(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_adaptation_command_t command;
    leyline_annotation_t notes[2] = {{"policy", "v7"}, {"why", "the plateau is 5 epochs long"}};
    leyline_sent_t sent;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_ADAPTATION_COMMAND, command));
    command.command_type = LEYLINE_COMMAND_TYPE_REQUEST_STATE;
    TRY(leyline_controller_send(controller, &command, notes, 2, &sent));

    leyline_received_t received;
    leyline_command_annotation_t annotations[LEYLINE_MAX_ANNOTATIONS];
    leyline_command_outcome_t outcome;
    size_t count = 0;
    TRY(leyline_trainer_next_command(trainer, &ten_seconds, &received));
    printf("adaptation_command: type %u, command %llu\n", (unsigned)received.command.command_type,
           (unsigned long long)received.sequence);
    TRY(leyline_trainer_annotations(trainer, &received, annotations, LEYLINE_MAX_ANNOTATIONS, &count));
    for (size_t i = 0; i < count; i++) {
        printf("command_annotation: %s = %s\n", LEYLINE_TEXT(annotations[i].key), LEYLINE_TEXT(annotations[i].value));
    }
    TRY(leyline_command_outcome_init(&outcome, &received.command, received.sequence, LEYLINE_OUTCOME_STATUS_EXECUTED,
                                     LEYLINE_OUTCOME_CODE_NONE));
    TRY(leyline_id_set(&outcome.seed, "seed-1"));
    outcome.metrics.current_accuracy = 40.0f;
    outcome.present |= LEYLINE_OUTCOME_SEED | LEYLINE_OUTCOME_METRICS;
    TRY(leyline_trainer_answer(trainer, &received, &outcome, NULL));

    TRY(leyline_controller_outcome(controller, sent.command_id, &ten_seconds, &outcome));
    printf("command_outcome: status %u of command %llu\n", (unsigned)outcome.status,
           (unsigned long long)outcome.command_sequence);
    /* Inside the outcome. */
    printf("seed_metrics: accuracy %g %%\n", (double)outcome.metrics.current_accuracy);
}

/* Publishes a report on its ring and reads it back, through a reader of its own. */
static void report(leyline_trainer_t *trainer, leyline_controller_t *controller, uint32_t kind, const void *in, void *out,
                   size_t size) {
    leyline_observer_t *reader = NULL;
    TRY(leyline_controller_reports(controller, kind, LEYLINE_START_NOW, 0, &reader));
    TRY(leyline_trainer_report(trainer, kind, in, size, NULL, NULL, NULL));
    TRY(leyline_observer_next(reader, NULL, out, size, NULL, NULL));
    TRY(leyline_record_check(kind, out, size));
    TRY(leyline_observer_close(reader));
}

static void reports_of_seeds(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_seed_telemetry_t telemetry, telemetry_read;
    float features[10];
    TRY(LEYLINE_INIT(LEYLINE_RECORD_SEED_TELEMETRY, telemetry));
    TRY(leyline_id_set(&telemetry.seed, "seed-1"));
    TRY(leyline_id_set(&telemetry.blueprint, "attention"));
    telemetry.gradient_norm = 2.5f;
    telemetry.gradient_health = 0.8f;
    telemetry.stage = LEYLINE_SEED_STAGE_TRAINING;
    telemetry.epochs_in_stage = 3;
    report(trainer, controller, LEYLINE_RECORD_SEED_TELEMETRY, &telemetry, &telemetry_read, sizeof telemetry);
    TRY(leyline_seed_telemetry_to_features(&telemetry_read, features));
    printf("seed_telemetry: %s, gradient feature %g\n", LEYLINE_TEXT(telemetry_read.seed), (double)features[0]);

    leyline_seed_state_report_t state, state_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_SEED_STATE_REPORT, state));
    state.stage = LEYLINE_SEED_STAGE_BLENDING;
    state.previous_stage = LEYLINE_SEED_STAGE_TRAINING;
    TRY(leyline_id_set(&state.seed, "seed-1"));
    TRY(leyline_id_set(&state.blueprint, "attention"));
    state.present |= LEYLINE_STATE_SEED;
    report(trainer, controller, LEYLINE_RECORD_SEED_STATE_REPORT, &state, &state_read, sizeof state);
    printf("seed_state_report: %s is in %s\n", LEYLINE_TEXT(state_read.seed),
           leyline_enum_name(LEYLINE_ENUM_SEED_STAGE, state_read.stage));

    leyline_gate_result_t gate, gate_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_GATE_RESULT, gate));
    gate.gate = LEYLINE_GATE_G3;
    gate.passed = 1;
    gate.score = 0.97f;
    TRY(leyline_id_set(&gate.checks_passed[gate.checks_passed_count++], "alpha"));
    TRY(leyline_text_set(&gate.message, &gate.present, LEYLINE_GATE_RESULT_MESSAGE_CUT, "blended in"));
    report(trainer, controller, LEYLINE_RECORD_GATE_RESULT, &gate, &gate_read, sizeof gate);
    printf("gate_result: gate %u, score %g: %s\n", (unsigned)gate_read.gate, (double)gate_read.score,
           LEYLINE_TEXT(gate_read.message));

    leyline_field_report_t field, field_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_FIELD_REPORT, field));
    TRY(leyline_id_set(&field.seed, "seed-1"));
    TRY(leyline_id_set(&field.blueprint, "attention"));
    field.final_stage = LEYLINE_SEED_STAGE_CULLED;
    field.failure_stage = LEYLINE_SEED_STAGE_BLENDING;
    field.present |= LEYLINE_FIELD_REPORT_FAILURE;
    TRY(leyline_text_set(&field.failure_reason, &field.present, LEYLINE_FIELD_REPORT_REASON_CUT, "no gain"));
    report(trainer, controller, LEYLINE_RECORD_FIELD_REPORT, &field, &field_read, sizeof field);
    printf("field_report: %s of %s: %s\n", LEYLINE_TEXT(field_read.seed), LEYLINE_TEXT(field_read.blueprint),
           LEYLINE_TEXT(field_read.failure_reason));
}

static void reports_of_the_run(leyline_trainer_t *trainer, leyline_controller_t *controller) {
    leyline_telemetry_event_t event, event_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_TELEMETRY_EVENT, event));
    event.event_type = LEYLINE_EVENT_TYPE_SEED_GERMINATED;
    event.severity = LEYLINE_SEVERITY_INFO;
    TRY(leyline_text_set(&event.message, &event.present, LEYLINE_EVENT_MESSAGE_CUT, "a seed has germinated"));
    report(trainer, controller, LEYLINE_RECORD_TELEMETRY_EVENT, &event, &event_read, sizeof event);
    printf("telemetry_event: %s\n", LEYLINE_TEXT(event_read.message));

    leyline_blueprint_spec_t blueprint, blueprint_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_BLUEPRINT_SPEC, blueprint));
    TRY(leyline_id_set(&blueprint.id, "attention"));
    TRY(leyline_id_set(&blueprint.name, "attention"));
    TRY(leyline_id_set(&blueprint.topology, "cnn"));
    TRY(leyline_id_set(&blueprint.tags[blueprint.tag_count++], "small"));
    blueprint.parameters = 2000;
    report(trainer, controller, LEYLINE_RECORD_BLUEPRINT_SPEC, &blueprint, &blueprint_read, sizeof blueprint);
    printf("blueprint_spec: %s for %s\n", LEYLINE_TEXT(blueprint_read.id), LEYLINE_TEXT(blueprint_read.topology));

    leyline_performance_budgets_t budgets, budgets_read;
    TRY(LEYLINE_INIT(LEYLINE_RECORD_PERFORMANCE_BUDGETS, budgets));
    report(trainer, controller, LEYLINE_RECORD_PERFORMANCE_BUDGETS, &budgets, &budgets_read, sizeof budgets);
    printf("performance_budgets: an epoch in %g ms\n", (double)budgets_read.epoch_ms);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "records-c";
    leyline_options_t options = {0};
    leyline_action_space_t *actions = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    TRY(leyline_action_space_standard("cnn", &actions));
    TRY(leyline_trainer_create(name, actions, NULL, &options, &trainer));
    TRY(leyline_controller_attach(name, NULL, NULL, &ten_seconds, &controller));

    observations_and_decisions(trainer, controller);
    commands_and_outcomes(trainer, controller);
    reports_of_seeds(trainer, controller);
    reports_of_the_run(trainer, controller);

    TRY(leyline_controller_close(controller));
    TRY(leyline_trainer_close(trainer));
    TRY(leyline_action_space_close(actions));
    return 0;
}
