// The example trainer: a small network learns to read digits while a controller grows it.
//
//   trainer DATA.csv NAME [--seed S] [--epochs E] [--observations SLOTS] [--schema 1|2]
//   [--no-controller] [--quiet]
//
// With --schema 1 (the default) it publishes raw observations; with --schema 2 version 2 of them:
// normalized for this task, with a flag for each feature that says whether it is missing. The
// signals go out beside the latter.
//
// It is written as a user would write a trainer: against leyline.hpp alone. Every optimizer step
// publishes an observation and never waits; at the end of an epoch the trainer waits, bounded, for
// the controller's answer to the last one, so that a run can be repeated. Commands are applied
// between steps. What a validation found is published in both tiers, and what the seed's life cycle
// tells (state reports, gate results, events, field reports) is reported, for whoever wants to
// look: nothing waits for a reader of reports. The network and the seed are in trainer/model.hpp,
// the slot, the commands and the answers, which trainer.cu shares, in trainer/steering.hpp. To
// build it:
//
//   c++ -std=c++17 -O2 -ffp-contract=off -Iinclude examples/trainer.cpp target/release/libleyline.a
//   -lpthread -ldl -lm

#include "leyline.hpp"
#include "trainer/model.hpp"
#include "trainer/steering.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <vector>

namespace {

using namespace steering;
using Slot = steering::Slot<digits::Network>;
using Commands = steering::Commands<digits::Network>;

int run(const Arguments &args) {
    const digits::Dataset data = digits::load_digits(args.data);
    digits::Network net(data.validation, {}, args.seed);
    digits::Batches batches(data.train, args.seed);
    Slot slot(net, args.epochs);

    leyline::Tracker tracker;
    must(leyline::Tracker::create(tracker), "tracker");
    leyline::Normalizer normalizer;
    must(leyline::Normalizer::create(digits_task(args, batches.per_epoch()), normalizer), "normalizer");
    leyline::Trainer link;
    if (args.controlled) {
        leyline::ActionSpace actions;
        must(leyline::ActionSpace::standard("cnn", actions), "action space");
        leyline::LinkOptions shape = {};
        shape.observations = args.observations;
        leyline::Schema schema;
        if (args.schema == 2) {
            must(normalizer.schema(schema, 2), "schema");
            shape.observe = schema.raw();
        }
        std::uint32_t opened = LEYLINE_OPENED_CREATED;
        must(leyline::Trainer::open_or_create(args.name.c_str(), actions, link, &shape, nullptr, &opened), "link");
        if (opened == LEYLINE_OPENED_ATTACHED) std::puts("going on in the link of an earlier trainer");
        leyline::Peer peer{};
        must(link.controller_state(peer, leyline::Wait::sleep(10s)), "controller");
        if (peer.state != LEYLINE_PEER_HELD) std::puts("no controller yet; training alone");
    }
    const auto budgets = leyline::init<leyline::Budgets>();
    if (args.controlled) {
        std::vector<leyline::Blueprint> blueprints(LEYLINE_MAX_BLUEPRINTS);
        std::size_t count = 0;
        must(leyline_blueprints_of_topology("cnn", blueprints.data(), blueprints.size(), &count), "blueprints");
        for (std::size_t i = 0; i < count; ++i) must(link.report(blueprints[i]), "blueprint");
        must(link.report(budgets), "budgets");
    }
    Commands commands(link, net, slot);
    Answers answers(link);

    std::uint64_t sent = 0, sequence = 0, step = 0, sanitized = 0;
    leyline::Observation observation = leyline::init<leyline::Observation>();
    // Version 2 is made of the signals, and says with them what is missing.
    const auto publish_version_2 = [&](const leyline::Signals &signals) {
        float row[LEYLINE_VERSION_2_WIDTH];
        std::uint32_t raw = 0;
        std::uint64_t replaced = 0;
        must(normalizer.version_2(&signals, 1, row, &raw), "version 2");
        must(link.publish(row, LEYLINE_VERSION_2_WIDTH, &signals, &sequence, &replaced), "publish");
        sanitized |= raw | replaced;
    };
    const auto publish = [&] {
        if (!args.controlled) return;
        if (args.schema == 2) {
            leyline::Signals signals{};
            must(tracker.signals(signals), "signals");
            publish_version_2(signals);
        } else {
            std::uint64_t replaced = 0;
            must(link.publish(observation, &sequence, &replaced), "publish");
            sanitized |= replaced;
        }
        ++sent;
    };
    // After a validation: the same observation, with the signals that it is made of.
    const auto publish_signals = [&](float epoch_ms) {
        leyline::Signals signals{};
        must(tracker.signals(signals), "signals");
        signals.time_unix_ns = unix_now_ns();
        signals.epoch_duration_ms = epoch_ms;
        signals.present |= LEYLINE_SIGNALS_TIME | LEYLINE_SIGNALS_EPOCH_DURATION;
        // The tracker passes on what it was given; what a seed keeps of it has to be sane.
        leyline::Signals kept = signals;
        must(leyline::sanitize(kept), "signals");
        slot.set_signals(kept);
        if (!args.controlled) return;
        if (args.schema == 2) {
            publish_version_2(signals);
        } else {
            std::uint64_t replaced = 0;
            must(link.publish(signals, &sequence, &replaced), "publish");
            sanitized |= replaced;
        }
        ++sent;
        leyline::Overrun overruns[LEYLINE_MAX_OVERRUNS];
        std::size_t count = 0;
        must(leyline_budgets_exceeded_by_signals(&budgets, &kept, overruns, &count), "budgets");
        for (std::size_t i = 0; i < count; ++i) slot.tell(overruns[i]);
        slot.report_telemetry(link);
        slot.report(link);
    };
    const auto show_seed = [&] {
        if (slot.seed_id().empty()) {
            must(tracker.clear_seed(), "tracker");
        } else {
            must(tracker.set_seed(slot.view()), "tracker");
        }
        must(tracker.set_available_slots(slot.free() ? 1 : 0), "tracker");
    };

    float accuracy = 0.0f;
    for (std::uint32_t epoch = 1; epoch <= args.epochs; ++epoch) {
        const auto began = std::chrono::steady_clock::now();
        slot.begin_epoch(epoch);
        show_seed();
        double loss_sum = 0, accuracy_sum = 0;
        const std::size_t steps = batches.per_epoch();
        for (std::size_t i = 0; i < steps; ++i) {
            const digits::StepResult r = net.step(batches.next());
            slot.record_gradient(r.seed_gradient_norm);
            loss_sum += r.loss;
            accuracy_sum += r.accuracy;
            must(tracker.step(epoch, ++step, r.loss, observation), "tracker");
            publish();
            if (args.controlled) {
                answers.drain();
                commands.apply(accuracy);
            }
        }
        const digits::Evaluation val = net.validate();
        accuracy = val.accuracy;
        slot.end_epoch(val.accuracy);
        leyline::Validation v{};
        v.epoch = epoch;
        v.global_step = step;
        v.train_loss = static_cast<float>(loss_sum / static_cast<double>(steps));
        v.train_accuracy = static_cast<float>(accuracy_sum / static_cast<double>(steps));
        v.val_loss = val.loss;
        v.val_accuracy = val.accuracy;
        show_seed();
        must(tracker.update(v, observation), "tracker");
        const std::chrono::duration<float, std::milli> took = std::chrono::steady_clock::now() - began;
        publish_signals(took.count());
        commands.last.clear();
        if (args.controlled) {
            answers.await(sequence);
            commands.apply(accuracy);
            slot.report(link);
        }
        if (!args.quiet) {
            std::printf("epoch %2u  train_loss %.4f  val_loss %.4f  val_acc %5.2f  stage %-12s alpha %.2f  %s\n", epoch,
                        static_cast<double>(v.train_loss), static_cast<double>(val.loss),
                        static_cast<double>(val.accuracy), leyline::stage_name(slot.stage()),
                        static_cast<double>(slot.metrics().alpha), commands.last.c_str());
            std::fflush(stdout);
        }
    }
    if (args.controlled) answers.drain();

    if (sanitized != 0) {
        std::printf("observations had values replaced: mask %llx\n", static_cast<unsigned long long>(sanitized));
    }
    figures(args, link, accuracy, sent, answers, slot);
    return 0;
}

}  // namespace

int main(int argc, char **argv) {
    const Arguments args = parse(argc, argv);
    try {
        return run(args);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "trainer: %s\n", e.what());
        return 1;
    }
}
