// A trainer with seeds, commands and restarts. Killed and started again, it goes on where it was.
// It trains a number, as a stand-in for a network.
//   minimal_trainer NAME CHECKPOINT EPOCHS
#include "leyline.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

static void must(leyline::Status status) {
    if (status.ok()) return;
    std::fprintf(stderr, "minimal_trainer: %s\n", status.text());
    std::exit(1);
}

struct Network final : leyline::SeedHost {
    float loss = 2.3f, blended = 0.0f;
    float step() { return loss *= 1.0f - 0.001f * (1.0f + blended); }
    const char *germinate(const char *slot, const char *seed, const char *blueprint) override {
        std::printf("%s as %s in %s\n", blueprint, seed, slot);
        return nullptr;
    }
    void alpha(const char *, float alpha) override { blended = alpha; }
    void cull(const char *) override { blended = 0.0f; }
    void stage(const char *, std::uint32_t, std::uint32_t to) override { std::puts(leyline::stage_name(to)); }
};

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    Network network;
    leyline::ActionSpace actions;
    leyline::Trainer trainer;
    leyline::Steering steering;
    leyline::SteeringOptions options = {};
    options.max_epochs = static_cast<std::uint32_t>(std::atoi(argv[3]));
    must(leyline::ActionSpace::standard("cnn", actions));
    must(leyline::Trainer::open_or_create(argv[1], actions, trainer));
    must(leyline::Steering::create(trainer, network, options, steering));
    leyline::Signals signals = {};
    if (std::ifstream file{argv[2], std::ios::binary}) {
        file >> network.loss >> network.blended;
        file.get();  // the newline
        must(leyline::restore(steering, std::string{std::istreambuf_iterator<char>{file}, {}}));
        must(steering.signals(signals));
    }
    std::uint64_t step = signals.metrics.global_step;
    for (std::uint32_t epoch = signals.metrics.epoch + 1; epoch <= options.max_epochs; ++epoch) {
        for (int i = 0; i < 100; ++i) must(steering.step(epoch, ++step, network.step()));
        const float accuracy = 100.0f * std::exp(-network.loss);
        must(steering.update({step, epoch, network.loss, network.loss, accuracy, accuracy, 0}));
        (void)steering.await_decision(leyline::Wait::sleep(std::chrono::seconds(30)));
        std::string bytes, next = std::string(argv[2]) + ".next";
        must(leyline::snapshot(steering, bytes));
        std::ofstream{next, std::ios::binary} << network.loss << ' ' << network.blended << '\n' << bytes;
        if (std::rename(next.c_str(), argv[2]) != 0) return 1;
    }
}
