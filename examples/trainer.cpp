// The example trainer: a small network learns to read digits while a controller grows it.
//
//   trainer DATA.csv NAME [--seed S] [--epochs E] [--observations SLOTS] [--schema 1|2]
//   [--no-controller] [--quiet]
//
// With --schema 1 (the default) it publishes raw observations; with --schema 2 version 2 of them:
// normalized for this task, with a flag for each feature that says whether it is missing.
//
// It is written as a user would write a trainer: against leyline.hpp alone. leyline::Steering does
// a trainer's whole step. At the end of an epoch the trainer waits, bounded, for the controller's
// answer to the last observation, so that a run can be repeated. The network and the seed are in
// trainer/model.hpp; what the network does when a seed moves, which trainer.cu shares, is in
// trainer/steering.hpp. examples/minimal_trainer.cpp is a trainer in 60 lines. To build this one:
//
//   c++ -std=c++17 -O2 -ffp-contract=off -Iinclude examples/trainer.cpp target/release/libleyline.a
//   -lpthread -ldl -lm

#include "leyline.hpp"
#include "trainer/model.hpp"
#include "trainer/steering.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

using namespace steering;

int run(const Arguments &args) {
    const digits::Dataset data = digits::load_digits(args.data);
    digits::Network net(data.validation, {}, args.seed);
    digits::Batches batches(data.train, args.seed);
    Run<digits::Network> run(net);
    if (args.controlled) {
        leyline::LinkOptions shape = {};
        shape.observations = args.observations;
        leyline::Normalizer normalizer;
        leyline::Schema schema;
        if (args.schema == 2) {
            must(leyline::Normalizer::create(digits_task(args, batches.per_epoch()), normalizer), "normalizer");
            must(normalizer.schema(schema, 2), "schema");
            shape.observe = schema.raw();
        }
        run.open(args, shape);
    }

    float accuracy = 0.0f;
    std::uint64_t step = 0;
    const std::size_t steps = batches.per_epoch();
    for (std::uint32_t epoch = 1; epoch <= args.epochs && !stopped; ++epoch) {
        run.host.began = std::chrono::steady_clock::now();
        double loss_sum = 0, accuracy_sum = 0;
        for (std::size_t i = 0; i < steps && !stopped; ++i) {
            const digits::StepResult r = net.step(batches.next());
            loss_sum += r.loss;
            accuracy_sum += r.accuracy;
            ++step;
            if (args.controlled) run.step(epoch, step, r);
        }
        if (stopped) break;
        const digits::Evaluation val = net.validate();
        accuracy = val.accuracy;
        leyline::Validation v{};
        v.epoch = epoch;
        v.global_step = step;
        v.train_loss = static_cast<float>(loss_sum / static_cast<double>(steps));
        v.train_accuracy = static_cast<float>(accuracy_sum / static_cast<double>(steps));
        v.val_loss = val.loss;
        v.val_accuracy = val.accuracy;
        if (args.controlled) run.update(v);
        if (!args.quiet) run.show(v);
    }
    figures(args, run, accuracy);
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
