// Publishes and reads every record of the contract once, with the C++ wrapper: both ends of a link,
// in one process for once. Prints a line for each record that was read. In a real program the
// methods of Trainer and of Controller are called by two processes.
//
//     c++ -std=c++17 -Iinclude examples/records.cpp target/release/libleyline.a -lpthread -ldl -lm -o records
#include <cstdio>
#include <cstdlib>

#include "leyline.hpp"

using namespace std::chrono_literals;

namespace {

/// Ends the program, with what went wrong, unless the call came to a record.
void must(leyline::Status status, const char *what) {
    if (!status) {
        std::fprintf(stderr, "%s: %s\n", what, status.text());
        std::exit(1);
    }
}

constexpr leyline::Wait WAIT = leyline::Wait::sleep(10s);

const char *text(const std::uint8_t *bytes) { return reinterpret_cast<const char *>(bytes); }
unsigned long long number(std::uint64_t n) { return n; }

/// Returns the signals of a training process after its first validation.
leyline::Signals signals_after_an_epoch() {
    leyline::Tracker tracker;
    leyline::Validation validation{};
    validation.epoch = 1;
    validation.global_step = 391;
    validation.train_loss = 1.9F;
    validation.val_loss = 1.7F;
    validation.train_accuracy = 35.0F;
    validation.val_accuracy = 40.0F;
    leyline::Observation unused;
    leyline::Signals signals{};
    must(leyline::Tracker::create(tracker), "tracker");
    must(tracker.update(validation, unused), "update");
    must(tracker.signals(signals), "signals");
    signals.available_slots = 1;
    return signals;
}

/// A row of the hot tier out, with the rich form beside it; what the policy thought back.
void observations_and_decisions(leyline::Trainer &trainer, leyline::Controller &controller) {
    std::uint64_t sequence = 0;
    must(trainer.publish(signals_after_an_epoch(), &sequence), "publish");

    leyline::Observation seen{};
    leyline::Signals rich{};
    leyline::Meta meta{};
    must(controller.next(seen, WAIT, meta), "next");
    std::printf("observation: epoch %g, validation accuracy %g %%\n",
                static_cast<double>(seen.values[LEYLINE_FEATURE_EPOCH]),
                static_cast<double>(seen.values[LEYLINE_FEATURE_VAL_ACCURACY]));
    must(controller.signals_of(meta, rich), "signals_of");
    std::printf("training_signals: the same of observation %llu\n", number(rich.observation_sequence));
    // Inside the signals.
    std::printf("training_metrics: step %llu, validation loss %g\n", number(rich.metrics.global_step),
                static_cast<double>(rich.metrics.val_loss));
    must(controller.decide(meta, 0), "decide");

    leyline::Decision decision{};
    must(trainer.wait_decision(sequence, WAIT, decision), "wait_decision");
    std::printf("decision: action %u on observation %llu\n", static_cast<unsigned>(decision.action),
                number(decision.observation_sequence));
}

/// A command with annotations out, its outcome back.
void commands_and_outcomes(leyline::Trainer &trainer, leyline::Controller &controller) {
    const leyline::Pair notes[] = {{"policy", "v7"}, {"why", "the plateau is 5 epochs long"}};
    leyline::Sent sent{};
    must(controller.send(leyline::Command::request_state("seed-1"), notes, 2, &sent), "send");

    leyline::Received received{};
    leyline::Annotation annotations[LEYLINE_MAX_ANNOTATIONS];
    std::size_t count = 0;
    must(trainer.next_command(received, WAIT), "next_command");
    std::printf("adaptation_command: type %u, command %llu\n", static_cast<unsigned>(received.command.command_type),
                number(received.sequence));
    must(trainer.annotations(received, annotations, LEYLINE_MAX_ANNOTATIONS, count), "annotations");
    for (std::size_t i = 0; i < count; ++i) {
        std::printf("command_annotation: %s = %s\n", text(annotations[i].key.bytes), text(annotations[i].value.bytes));
    }
    leyline::SeedMetrics metrics{};
    metrics.current_accuracy = 40.0F;
    must(trainer.answer(received, leyline::Outcome::executed(received).metrics(metrics).seed("seed-1")), "answer");

    leyline::CommandOutcome outcome{};
    must(controller.wait_outcome(sent.command_id, WAIT, outcome), "wait_outcome");
    std::printf("command_outcome: status %u of command %llu\n", static_cast<unsigned>(outcome.status),
                number(outcome.command_sequence));
    // Inside the outcome.
    std::printf("seed_metrics: accuracy %g %%\n", static_cast<double>(outcome.metrics.current_accuracy));
}

/// Publishes a report on its ring and reads it back, through a reader of its own.
template <class T>
T report(leyline::Trainer &trainer, const leyline::Controller &controller, const T &record) {
    leyline::Observer<T> reader;
    T read{};
    must(controller.reports(LEYLINE_START_NOW, reader), "reports");
    must(trainer.report(record), "report");
    must(reader.next(read, WAIT), "next");
    must(leyline::check(read), "check");
    return read;
}

void reports_of_seeds(leyline::Trainer &trainer, leyline::Controller &controller) {
    auto telemetry = leyline::init<leyline::SeedTelemetry>();
    must(leyline::set(telemetry.seed, "seed-1"), "seed");
    must(leyline::set(telemetry.blueprint, "attention"), "blueprint");
    telemetry.gradient_norm = 2.5F;
    telemetry.gradient_health = 0.8F;
    telemetry = report(trainer, controller, telemetry);
    std::printf("seed_telemetry: %s, gradient norm %g\n", text(telemetry.seed.bytes),
                static_cast<double>(telemetry.gradient_norm));

    auto state = leyline::init<leyline::SeedStateReport>();
    state.stage = LEYLINE_SEED_STAGE_BLENDING;
    state.previous_stage = LEYLINE_SEED_STAGE_TRAINING;
    must(leyline::set(state.seed, "seed-1"), "seed");
    must(leyline::set(state.blueprint, "attention"), "blueprint");
    state.present |= LEYLINE_STATE_SEED;
    state = report(trainer, controller, state);
    std::printf("seed_state_report: %s is in %s\n", text(state.seed.bytes), leyline::stage_name(state.stage));

    auto gate = leyline::init<leyline::GateResult>();
    gate.gate = LEYLINE_GATE_G3;
    gate.passed = 1;
    gate.score = 0.97F;
    must(leyline::set(gate.message, gate.present, LEYLINE_GATE_RESULT_MESSAGE_CUT, "blended in"), "message");
    gate = report(trainer, controller, gate);
    std::printf("gate_result: gate %u: %s\n", static_cast<unsigned>(gate.gate), text(gate.message.bytes));

    auto field = leyline::init<leyline::FieldReport>();
    must(leyline::set(field.seed, "seed-1"), "seed");
    must(leyline::set(field.blueprint, "attention"), "blueprint");
    field.final_stage = LEYLINE_SEED_STAGE_CULLED;
    field.failure_stage = LEYLINE_SEED_STAGE_BLENDING;
    field.present |= LEYLINE_FIELD_REPORT_FAILURE;
    must(leyline::set(field.failure_reason, field.present, LEYLINE_FIELD_REPORT_REASON_CUT, "no gain"), "reason");
    field = report(trainer, controller, field);
    std::printf("field_report: %s of %s: %s\n", text(field.seed.bytes), text(field.blueprint.bytes),
                text(field.failure_reason.bytes));
}

void reports_of_the_run(leyline::Trainer &trainer, leyline::Controller &controller) {
    auto event = leyline::init<leyline::Event>();
    event.event_type = LEYLINE_EVENT_TYPE_SEED_GERMINATED;
    event.severity = LEYLINE_SEVERITY_INFO;
    must(leyline::set(event.message, event.present, LEYLINE_EVENT_MESSAGE_CUT, "a seed has germinated"), "message");
    event = report(trainer, controller, event);
    std::printf("telemetry_event: %s\n", text(event.message.bytes));

    auto blueprint = leyline::init<leyline::Blueprint>();
    must(leyline::set(blueprint.id, "attention"), "id");
    must(leyline::set(blueprint.name, "attention"), "name");
    must(leyline::set(blueprint.topology, "cnn"), "topology");
    blueprint.parameters = 2000;
    blueprint = report(trainer, controller, blueprint);
    std::printf("blueprint_spec: %s for %s\n", text(blueprint.id.bytes), text(blueprint.topology.bytes));

    auto budgets = leyline::init<leyline::Budgets>();
    budgets = report(trainer, controller, budgets);
    std::printf("performance_budgets: an epoch in %g ms\n", static_cast<double>(budgets.epoch_ms));
}

}  // namespace

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "records-cpp";
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    leyline::ActionSpace actions;
    leyline::Trainer trainer;
    leyline::Controller controller;
    must(leyline::ActionSpace::standard("cnn", actions), "actions");
    must(leyline::Trainer::create(name, actions, trainer, nullptr, &options), "create");
    must(leyline::Controller::attach(name, WAIT, controller), "attach");

    observations_and_decisions(trainer, controller);
    commands_and_outcomes(trainer, controller);
    reports_of_seeds(trainer, controller);
    reports_of_the_run(trainer, controller);
    return 0;
}
