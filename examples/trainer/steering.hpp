// Shared by the example trainers, on the processor and on the GPU: their arguments, what
// their network does when a seed moves, and their lines. A Network is digits::Network, or one of
// its shape.
#ifndef LEYLINE_EXAMPLES_TRAINER_STEERING_HPP
#define LEYLINE_EXAMPLES_TRAINER_STEERING_HPP

#include "leyline.hpp"
#include "model.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace steering {

using namespace std::chrono_literals;
using leyline::Status;

/// Set by Ctrl-C: the trainer ends with the present step, and closes in order.
inline volatile std::sig_atomic_t stopped = 0;
/// Ends the trainer's waits.
inline leyline::Canceller canceller;

extern "C" inline void on_stop(int) {
    stopped = 1;
    (void)canceller.cancel();
}

struct Arguments {
    std::string data;
    std::string name;
    std::uint64_t seed = 1;
    std::uint32_t epochs = 75;
    std::uint64_t observations = 1024;
    std::uint64_t schema = 1;
    bool controlled = true;
    bool quiet = false;
};

[[noreturn]] inline void usage() {
    std::fputs("usage: trainer DATA.csv NAME [--seed S] [--epochs E] [--observations SLOTS] [--schema 1|2] "
               "[--no-controller] [--quiet]\n",
               stderr);
    std::exit(2);
}

inline Arguments parse(int argc, char **argv) {
    Arguments a;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        const auto number = [&] {
            char *end = nullptr;
            if (i + 1 == argc) usage();
            const std::uint64_t n = std::strtoull(argv[++i], &end, 10);
            if (*end != '\0' || end == argv[i]) usage();
            return n;
        };
        if (arg == "--seed") {
            a.seed = number();
        } else if (arg == "--epochs") {
            a.epochs = static_cast<std::uint32_t>(number());
        } else if (arg == "--observations") {
            a.observations = number();
        } else if (arg == "--schema") {
            a.schema = number();
        } else if (arg == "--no-controller") {
            a.controlled = false;
        } else if (arg == "--quiet") {
            a.quiet = true;
        } else {
            names.emplace_back(arg);
        }
    }
    if (names.size() != 2 || a.epochs == 0 || a.observations == 0) usage();
    if (a.schema != 1 && a.schema != 2) usage();
    a.data = names[0];
    a.name = names[1];
    return a;
}

/// Ends the program unless a call succeeded.
inline void must(Status status, const char *what) {
    if (status.ok()) return;
    std::fprintf(stderr, "trainer: %s: %s\n", what, status.text());
    std::exit(1);
}

/// The network's part in the life of a seed, and what a run notes for its lines.
template <class Network>
class Host final : public leyline::SeedHost {
public:
    explicit Host(Network &net) : net_(net) {}

    /// The time when the epoch began.
    std::chrono::steady_clock::time_point began;
    std::string last;
    std::vector<std::uint64_t> latencies;
    std::uint64_t received = 0;
    int germinated = 0, fossilized = 0, culled = 0;

    const char *germinate(const char *, const char *, const char *blueprint) override {
        const auto kind = digits::blueprint_named(blueprint);
        if (!kind) return "the network has no such blueprint";
        if (!net_.has_room()) return "the network has no room";
        net_.germinate(*kind);
        ++germinated;
        return nullptr;
    }
    void fossilize(const char *) override {
        net_.fossilize();
        ++fossilized;
    }
    void cull(const char *) override {
        net_.remove_seed();
        ++culled;
    }
    void alpha(const char *, float alpha) override { net_.set_seed(digits::SeedMode::blended, alpha); }
    void learning_rate(const char *, float rate) override {
        digits::Rates rates = net_.rates();
        rates.seed = rate;
        net_.set_rates(rates);
    }
    void pause(const char *) override { net_.set_seed(digits::SeedMode::attached, 0.0f); }
    void resume(const char *) override { net_.set_seed(digits::SeedMode::isolated, 0.0f); }
    void stage(const char *, std::uint32_t, std::uint32_t to) override {
        if (to == LEYLINE_SEED_STAGE_TRAINING) net_.set_seed(digits::SeedMode::isolated, 0.0f);
        if (to == LEYLINE_SEED_STAGE_SHADOWING) net_.set_seed(digits::SeedMode::shadowed, 1.0f);
        if (to == LEYLINE_SEED_STAGE_PROBATIONARY) net_.set_seed(digits::SeedMode::blended, 1.0f);
    }
    float accuracy(const char *) override { return net_.validate_with_seed().accuracy; }

    void signals(leyline::Signals &signals) override {
        const std::chrono::duration<float, std::milli> took = std::chrono::steady_clock::now() - began;
        signals.epoch_duration_ms = took.count();
        signals.present |= LEYLINE_SIGNALS_EPOCH_DURATION;
        must(leyline_budgets_exceeded_by_signals(&budgets, &signals, overruns_, &exceeded_), "budgets");
    }
    void telemetry(const char *, leyline::SeedTelemetry &t) override {
        must(leyline::set(t.layer, "hidden"), "telemetry");
        t.present |= LEYLINE_TELEMETRY_LAYER;
        t.vanishing = t.stage == LEYLINE_SEED_STAGE_TRAINING && t.gradient_norm < 1e-6f;
        t.exploding = t.gradient_norm > 10.0f;
    }
    void decision(std::uint32_t, const leyline::Decision &, std::uint64_t latency_ns) override {
        ++received;
        if (latency_ns != 0) latencies.push_back(latency_ns);
    }
    void outcome(const leyline::AdaptationCommand &c, const leyline::CommandOutcome &o) override {
        const bool refused = o.status != LEYLINE_OUTCOME_STATUS_EXECUTED;
        last = "[" + std::string(leyline::enum_name(LEYLINE_ENUM_COMMAND_TYPE, c.command_type)) +
               (refused ? " refused" : "") + ": " + LEYLINE_TEXT(c.reason) + "]";
    }

    const leyline::Budgets budgets = leyline::init<leyline::Budgets>();

    /// Reports which budgets the last update has exceeded.
    void report_overruns(leyline::SeedLifecycle &seed, leyline::Trainer &link) {
        for (std::size_t i = 0; i < exceeded_; ++i) {
            leyline::Event own{}, event{};
            must(seed.event(LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION, LEYLINE_SEVERITY_WARNING, own), "event");
            must(leyline_overrun_to_event(&overruns_[i], own.id, own.time_unix_ns, &event), "event");
            event.slot = own.slot;
            event.present |= LEYLINE_EVENT_SLOT;
            must(link.report(event), "event");
        }
        exceeded_ = 0;
    }

private:
    Network &net_;
    leyline::Overrun overruns_[LEYLINE_MAX_OVERRUNS] = {};
    std::size_t exceeded_ = 0;
};

/// A trainer that is steered, or one that trains alone.
template <class Network>
struct Run {
    explicit Run(Network &net) : host(net) {}

    Host<Network> host;
    leyline::Trainer link;
    leyline::Steering steering;
    leyline::SeedLifecycle seed;
    std::uint64_t sanitized = 0;

    /// Takes up its link. A fossilized seed is a part of the host, and its slot takes another one.
    void open(const Arguments &args, const leyline::LinkOptions &shape) {
        leyline::ActionSpace actions;
        must(leyline::ActionSpace::standard("cnn", actions), "action space");
        std::uint32_t opened = LEYLINE_OPENED_CREATED;
        must(leyline::Canceller::create(canceller), "canceller");
        for (const int signal : {SIGINT, SIGTERM}) (void)std::signal(signal, on_stop);
        leyline::Options own = {};
        own.canceller = canceller.raw();
        must(leyline::Trainer::open_or_create(args.name.c_str(), actions, link, &shape, &own, &opened), "link");
        if (opened == LEYLINE_OPENED_ATTACHED) std::puts("going on in the link of an earlier trainer");
        leyline::SteeringOptions options = {};
        options.max_epochs = args.epochs;
        options.fossils = LEYLINE_FOSSILS_FREE_SLOT;
        must(leyline::Steering::create(link, host, options, steering), "steering");
        must(steering.seed(seed), "seed");
        leyline::Peer peer{};
        const Status waited = link.controller_state(peer, leyline::Wait::sleep(10s));
        if (!waited.is_cancelled()) must(waited, "controller");
        if (peer.state != LEYLINE_PEER_HELD) std::puts("no controller yet; training alone");
        std::vector<leyline::Blueprint> blueprints(LEYLINE_MAX_BLUEPRINTS);
        std::size_t count = 0;
        must(leyline_blueprints_of_topology("cnn", blueprints.data(), blueprints.size(), &count), "blueprints");
        for (std::size_t i = 0; i < count; ++i) must(link.report(blueprints[i]), "blueprint");
        must(link.report(host.budgets), "budgets");
    }

    /// Publishes an observation after an optimizer step.
    void step(std::uint32_t epoch, std::uint64_t step, const digits::StepResult &result) {
        leyline::Steered steered{};
        must(seed.record_gradient_norm(result.seed_gradient_norm), "gradient norm");
        must(steering.step(epoch, step, result.loss, &steered), "step");
        sanitized |= steered.sanitized;
    }

    /// Publishes after a validation, and waits, bounded, for the controller's answer. A controller
    /// that is gone may come back, but nothing waits for it.
    void update(const leyline::Validation &validation) {
        host.last.clear();
        leyline::Steered steered{};
        must(steering.update(validation, &steered), "update");
        sanitized |= steered.sanitized;
        host.report_overruns(seed, link);
        const Status answered = steering.await_decision(leyline::Wait::sleep(gone_ ? 0ms : 2000ms));
        if (answered.is_cancelled()) return;
        if (answered.is_error()) must(answered, "decision");
        if (answered.ok() && gone_) std::puts("controller is back");
        if (!answered.ok() && !gone_) {
            std::printf("no answer to observation %llu: %s; training goes on\n",
                        static_cast<unsigned long long>(steered.sequence), answered.text());
        }
        gone_ = !answered.ok();
    }

    /// A line for people.
    void show(const leyline::Validation &v) const {
        leyline::SeedInfo info = {};
        info.stage = LEYLINE_SEED_STAGE_DORMANT;
        if (seed) must(seed.info(info), "seed");
        std::printf("epoch %2u  train_loss %.4f  val_loss %.4f  val_acc %5.2f  stage %-12s alpha %.2f  %s\n", v.epoch,
                    static_cast<double>(v.train_loss), static_cast<double>(v.val_loss),
                    static_cast<double>(v.val_accuracy), leyline::stage_name(info.stage),
                    static_cast<double>(info.metrics.alpha), host.last.c_str());
        std::fflush(stdout);
    }

private:
    bool gone_ = false;
};

/// The numbers of this task, by which version 2 of the observation is normalized.
inline leyline::Task digits_task(const Arguments &args, std::size_t steps_per_epoch) {
    leyline::Task task{};
    must(leyline_id_set(&task.name, "digits"), "task");
    task.baseline_loss = 2.303;  // ln 10: a guess among ten digits.
    task.target_loss = 0.1;
    task.delta_std = 0.05;
    task.max_epochs = args.epochs;
    task.max_steps = static_cast<double>(args.epochs) * static_cast<double>(steps_per_epoch);
    task.max_slots = 1;
    return task;
}

inline std::uint64_t quantile(const std::vector<std::uint64_t> &sorted, double q) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

/// The last line: what it came to, for whoever started this program.
template <class Network>
void figures(const Arguments &args, Run<Network> &run, float accuracy) {
    if (run.sanitized != 0) {
        leyline::Schema schema;
        char names[1024];
        must(run.link.schema(schema), "schema");
        must(schema.names_of(run.sanitized, names, sizeof names), "names");
        std::printf("observations had values replaced: %s\n", names);
    }
    std::vector<std::uint64_t> &times = run.host.latencies;
    std::sort(times.begin(), times.end());
    leyline::TrainerInfo info{};
    if (args.controlled) must(run.link.info(info), "info");
    const auto show = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("trainer: accuracy %.2f sent %llu wraps %llu decisions %llu germinated %d fossilized %d culled %d "
                "refused %llu p50_ns %llu p99_ns %llu p999_ns %llu max_ns %llu\n",
                static_cast<double>(accuracy), show(info.sent), show(info.sent / args.observations),
                show(run.host.received), run.host.germinated, run.host.fossilized, run.host.culled, show(info.refused),
                show(quantile(times, 0.5)), show(quantile(times, 0.99)), show(quantile(times, 0.999)),
                show(quantile(times, 1.0)));
}

}  // namespace steering

#endif
