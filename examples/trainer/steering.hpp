// What steers the example trainers, on the processor and on the GPU: their arguments, the slot with
// its seed's life cycle, the execution of commands, and the controller's answers. A Network is
// digits::Network, or one of its shape.
#ifndef LEYLINE_EXAMPLES_TRAINER_STEERING_HPP
#define LEYLINE_EXAMPLES_TRAINER_STEERING_HPP

#include "leyline.hpp"
#include "model.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steering {

using namespace std::chrono_literals;
using leyline::Status;

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

/// For what cannot be gone on without.
inline void must(Status status, const char *what) {
    if (status.ok()) return;
    std::fprintf(stderr, "trainer: %s: %s\n", what, status.text());
    std::exit(1);
}

inline std::string id_text(const leyline_id_t &id) {
    const char *bytes = reinterpret_cast<const char *>(id.bytes);
    return {bytes, strnlen(bytes, sizeof id.bytes)};
}

inline std::int64_t unix_now_ns() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// The one slot that takes seeds: the seed's life cycle and what it does to the network.
template <class Network>
class Slot {
public:
    static constexpr const char *name = "slot_0";

    Slot(Network &net, std::uint32_t max_epochs) : net_(net), max_epochs_(max_epochs) { clear(); }

    /// The life cycle reads no clock: it is told what time it is before anything happens.
    void now() { must(life_.set_now(epoch_, unix_now_ns()), "time"); }
    void set_signals(const leyline::Signals &signals) { must(life_.set_signals(signals), "signals"); }
    void record(const leyline::AdaptationCommand &command) { must(life_.record(command), "command"); }
    void record(const leyline::CommandOutcome &outcome) { must(life_.record(outcome), "outcome"); }

    /// Adds to the events that a budget was exceeded.
    void tell(const leyline::Overrun &overrun) {
        leyline::Event own{}, event{};
        must(life_.event(LEYLINE_EVENT_TYPE_PERFORMANCE_DEGRADATION, LEYLINE_SEVERITY_WARNING, own), "event");
        must(leyline_overrun_to_event(&overrun, own.id, own.time_unix_ns, &event), "event");
        must(leyline::set(event.slot, name), "event");
        event.present |= LEYLINE_EVENT_SLOT;
        must(life_.tell(event), "event");
    }

    /// Reports all that there is to tell.
    void report(leyline::Trainer &link) {
        leyline::SeedStateReport state;
        while (life_.next(state).ok()) must(link.report(state), "state report");
        leyline::GateResult gate;
        while (life_.next(gate).ok()) must(link.report(gate), "gate result");
        leyline::Event event;
        while (life_.next(event).ok()) must(link.report(event), "event");
        leyline::FieldReport life;
        while (life_.next(life).ok()) must(link.report(life), "field report");
    }

    /// Reports what is measured of the seed, if there is one.
    void report_telemetry(leyline::Trainer &link) const {
        leyline::SeedTelemetry t;
        if (!life_.report(t).ok()) return;
        must(leyline::set(t.layer, "hidden"), "telemetry");
        t.present |= LEYLINE_TELEMETRY_LAYER;
        t.vanishing = stage() == LEYLINE_SEED_STAGE_TRAINING && t.gradient_norm < 1e-6f;
        t.exploding = t.gradient_norm > 10.0f;
        must(link.report(t), "telemetry");
    }

    leyline_seed_stage stage() const { return life_.stage(); }
    const std::string &seed_id() const { return id_; }
    bool free() const { return stage() == LEYLINE_SEED_STAGE_DORMANT; }
    bool alive() const {
        return stage() >= LEYLINE_SEED_STAGE_GERMINATED && stage() <= LEYLINE_SEED_STAGE_PROBATIONARY;
    }
    leyline::SeedMetrics metrics() const {
        leyline::SeedMetrics m{};
        must(life_.metrics(m), "metrics");
        return m;
    }

    int germinated = 0, fossilized = 0, culled = 0;

    Status germinate(const std::string &blueprint, float accuracy) {
        const auto kind = digits::blueprint_named(blueprint);
        if (!kind) return LEYLINE_ERR_UNKNOWN_ACTION;
        if (!net_.has_room()) return LEYLINE_ERR_ILLEGAL_TRANSITION;
        const std::string id = "seed_" + std::to_string(germinated);
        if (const Status s = life_.germinate(id.c_str(), blueprint.c_str(), accuracy); !s.ok()) return s;
        net_.germinate(*kind);
        id_ = id;
        ++germinated;
        return {};
    }

    Status advance(leyline_seed_stage target, leyline::Verdict &verdict) {
        if (const Status s = life_.advance(target, &verdict); !s.ok()) return s;
        enter(target);
        return {};
    }

    Status cull() {
        if (const Status s = life_.cull(); !s.ok()) return s;
        enter(LEYLINE_SEED_STAGE_CULLED);
        return {};
    }

    Status set_alpha(float alpha) {
        if (stage() != LEYLINE_SEED_STAGE_BLENDING) return LEYLINE_ERR_ILLEGAL_TRANSITION;
        if (const Status s = life_.set_alpha(alpha); !s.ok()) return s;
        net_.set_seed(digits::SeedMode::blended, alpha);
        return {};
    }

    /// While isolated the seed can be kept from learning for a while.
    Status pause(bool paused) {
        if (stage() != LEYLINE_SEED_STAGE_TRAINING) return LEYLINE_ERR_ILLEGAL_TRANSITION;
        net_.set_seed(paused ? digits::SeedMode::attached : digits::SeedMode::isolated, 0.0f);
        return {};
    }

    /// Before an epoch's steps: the next step of the ramp.
    void begin_epoch(std::uint32_t epoch) {
        epoch_ = epoch;
        now();
        if (stage() == LEYLINE_SEED_STAGE_FOSSILIZED) clear();
        if (stage() == LEYLINE_SEED_STAGE_BLENDING) must(set_alpha(digits::ramp_alpha(++ramp_)), "alpha");
    }

    void record_gradient(float norm) {
        if (alive()) must(life_.record_gradient_norm(norm), "gradient norm");
    }

    /// After an epoch's validation: counts it and goes through every gate that is the trainer's own
    /// to open. FOSSILIZED and CULLED are for the controller to command.
    void end_epoch(float val_accuracy) {
        now();
        // An isolated seed is not felt yet: what it would be worth is seen with it switched on.
        const bool isolated = stage() == LEYLINE_SEED_STAGE_TRAINING;
        must(life_.end_of_epoch(isolated ? net_.validate_with_seed().accuracy : val_accuracy), "end of epoch");
        switch (stage()) {
            case LEYLINE_SEED_STAGE_GERMINATED: return pass(LEYLINE_SEED_STAGE_TRAINING);
            case LEYLINE_SEED_STAGE_TRAINING: return pass(LEYLINE_SEED_STAGE_BLENDING);
            case LEYLINE_SEED_STAGE_BLENDING: return pass(LEYLINE_SEED_STAGE_SHADOWING);
            case LEYLINE_SEED_STAGE_SHADOWING: return pass(LEYLINE_SEED_STAGE_PROBATIONARY);
            case LEYLINE_SEED_STAGE_CULLED: return move(LEYLINE_SEED_STAGE_EMBARGOED);
            case LEYLINE_SEED_STAGE_EMBARGOED: return move(LEYLINE_SEED_STAGE_RESETTING);
            case LEYLINE_SEED_STAGE_RESETTING: return move(LEYLINE_SEED_STAGE_DORMANT);
            default: return;
        }
    }

    leyline::SeedView view() const {
        const leyline::SeedMetrics m = metrics();
        leyline::SeedView v{};
        must(leyline_id_set(&v.id, id_.c_str()), "seed id");
        v.stage = stage();
        v.epochs_in_stage = m.epochs_in_stage;
        v.alpha = m.alpha;
        v.improvement = m.improvement_since_stage_start;
        return v;
    }

private:
    void clear() {
        leyline::SeedLifecycle fresh;
        must(leyline::SeedLifecycle::create(max_epochs_, fresh), "life cycle");
        must(fresh.set_slot(name), "slot");
        life_ = std::move(fresh);
        id_.clear();
        now();
    }

    /// Tries a gate; one that does not open says so in its result, which is reported.
    void pass(leyline_seed_stage target) {
        leyline::Verdict verdict{};
        if (const Status s = advance(target, verdict); s.code() != LEYLINE_ERR_GATE_FAILED) must(s, "stage");
    }

    void move(leyline_seed_stage target) {
        leyline::Verdict verdict{};
        must(advance(target, verdict), "stage");
    }

    /// Returns the meaning of a stage for the network.
    void enter(leyline_seed_stage stage) {
        switch (stage) {
            case LEYLINE_SEED_STAGE_TRAINING: net_.set_seed(digits::SeedMode::isolated, 0.0f); break;
            case LEYLINE_SEED_STAGE_BLENDING: ramp_ = 0; break;
            case LEYLINE_SEED_STAGE_SHADOWING: net_.set_seed(digits::SeedMode::shadowed, 1.0f); break;
            case LEYLINE_SEED_STAGE_PROBATIONARY: net_.set_seed(digits::SeedMode::blended, 1.0f); break;
            case LEYLINE_SEED_STAGE_FOSSILIZED:
                net_.fossilize();
                ++fossilized;
                break;
            case LEYLINE_SEED_STAGE_CULLED:
                net_.remove_seed();
                ++culled;
                break;
            default: break;
        }
    }

    Network &net_;
    std::uint32_t max_epochs_;
    leyline::SeedLifecycle life_;
    std::string id_;
    std::uint32_t epoch_ = 0;
    unsigned ramp_ = 0;
};

/// Executes commands and says what came of them.
template <class Network>
class Commands {
public:
    Commands(leyline::Trainer &link, Network &net, Slot<Network> &slot) : link_(link), net_(net), slot_(slot) {}

    std::string last;

    /// All there are. `accuracy` is the last validation's.
    void apply(float accuracy) {
        leyline::Received received;
        for (;;) {
            // Executed, but its sender had no room for the outcome: nothing else is begun before
            // that is told.
            if (unsent_) {
                if (const Status sent = link_.answer(unsent_->first, unsent_->second); !sent.ok()) {
                    if (sent.code() == LEYLINE_ERR_FULL || sent.code() == LEYLINE_ERR_CONSUMER_GONE) return;
                    std::fprintf(stderr, "trainer: outcome: %s\n", sent.text());
                }
                unsent_.reset();
            }
            const Status status = link_.next_command(received);
            if (status.is_notice()) return;
            if (!status.ok()) {
                std::fprintf(stderr, "trainer: commands: %s\n", status.text());
                return;
            }
            slot_.now();
            slot_.record(received.command);
            unsent_.emplace(received, execute(received, accuracy));
            slot_.record(unsent_->second);
        }
    }

private:
    leyline::CommandOutcome execute(const leyline::Received &received, float accuracy) {
        const leyline::AdaptationCommand &c = received.command;
        const leyline_seed_stage before = slot_.stage();
        leyline::Verdict verdict{};
        verdict.gate = LEYLINE_NO_GATE;
        leyline_outcome_code code = LEYLINE_OUTCOME_CODE_NONE;
        Status done;
        const std::string target = id_text(c.target_seed), place = id_text(c.target_slot);
        if (!target.empty() && target != slot_.seed_id()) {
            code = LEYLINE_OUTCOME_CODE_UNKNOWN_SEED;
        } else if (!place.empty() && place != Slot<Network>::name) {
            code = LEYLINE_OUTCOME_CODE_UNKNOWN_SLOT;
        } else {
            switch (c.command_type) {
                case LEYLINE_COMMAND_TYPE_GERMINATE: done = slot_.germinate(id_text(c.blueprint), accuracy); break;
                case LEYLINE_COMMAND_TYPE_ADVANCE_STAGE:
                    done = slot_.advance(static_cast<leyline_seed_stage>(c.target_stage), verdict);
                    break;
                case LEYLINE_COMMAND_TYPE_CULL: done = slot_.cull(); break;
                case LEYLINE_COMMAND_TYPE_SET_ALPHA: done = slot_.set_alpha(c.alpha); break;
                case LEYLINE_COMMAND_TYPE_SET_LEARNING_RATE: {
                    digits::Rates rates = net_.rates();
                    rates.seed = c.learning_rate;
                    net_.set_rates(rates);
                    break;
                }
                case LEYLINE_COMMAND_TYPE_PAUSE_SEED: done = slot_.pause(true); break;
                case LEYLINE_COMMAND_TYPE_RESUME_SEED: done = slot_.pause(false); break;
                case LEYLINE_COMMAND_TYPE_REQUEST_STATE: break;
                default: code = LEYLINE_OUTCOME_CODE_UNSUPPORTED;
            }
        }
        if (!done.ok()) {
            code = done.code() == LEYLINE_ERR_GATE_FAILED      ? LEYLINE_OUTCOME_CODE_GATE
                   : done.code() == LEYLINE_ERR_UNKNOWN_ACTION ? LEYLINE_OUTCOME_CODE_UNKNOWN_BLUEPRINT
                                                               : LEYLINE_OUTCOME_CODE_ILLEGAL_STAGE;
        }
        const bool refused = code != LEYLINE_OUTCOME_CODE_NONE;
        leyline::Outcome o = refused ? leyline::Outcome::rejected(received, code) : leyline::Outcome::executed(received);
        o = o.stages(before, slot_.stage());
        if (refused) {
            // A gate's particulars are the thread's last error; the other refusals are this file's
            // own.
            const char *why = code == LEYLINE_OUTCOME_CODE_GATE ? done.text() : leyline_strerror(done.code());
            o = o.text(done.ok() ? leyline::enum_name(LEYLINE_ENUM_OUTCOME_CODE, code) : why);
        }
        if (verdict.gate != LEYLINE_NO_GATE) o = o.gate(verdict);
        if (!slot_.seed_id().empty()) o = o.metrics(slot_.metrics()).seed(slot_.seed_id().c_str());
        leyline::CommandOutcome outcome;
        must(o.build(outcome), "outcome");
        const char *name = leyline::enum_name(LEYLINE_ENUM_COMMAND_TYPE, c.command_type);
        const char *reason = reinterpret_cast<const char *>(c.reason.bytes);
        last = "[" + std::string(name) + (refused ? " refused" : "") + ": " +
               std::string(reason, strnlen(reason, sizeof c.reason.bytes)) + "]";
        return outcome;
    }

    leyline::Trainer &link_;
    Network &net_;
    Slot<Network> &slot_;
    std::optional<std::pair<leyline::Received, leyline::CommandOutcome>> unsent_;
};

/// The controller's decisions, and their latency.
class Answers {
public:
    explicit Answers(leyline::Trainer &link) : link_(link) {}

    std::vector<std::uint64_t> latencies;
    std::uint64_t received = 0;

    /// Those that are there. Never waits.
    void drain() {
        leyline::Decision d;
        for (;;) {
            const Status status = link_.next_decision(d);
            if (status.ok()) {
                count(d);
            } else if (status.code() == LEYLINE_RESTARTED) {
                std::puts("controller took over its lane");
                gone_ = false;
            } else if (status.code() != LEYLINE_LAPPED) {
                return;
            }
        }
    }

    /// Waits, bounded, for the answer to an observation.
    void await(std::uint64_t sequence) {
        leyline::Decision d;
        while (answered_ < sequence) {
            // A controller that is gone may come back, but nothing waits for it.
            const auto timeout = gone_ ? 0ms : 2000ms;
            const Status status = link_.wait_decision(answered_ + 1, leyline::Wait::sleep(timeout), d);
            if (status.ok()) {
                if (gone_) std::puts("controller is back");
                gone_ = false;
                count(d);
                continue;
            }
            if (!gone_) {
                std::printf("no answer to observation %llu: %s; training goes on\n",
                            static_cast<unsigned long long>(sequence), status.text());
            }
            gone_ = true;
            return;
        }
    }

private:
    void count(const leyline::Decision &d) {
        answered_ = std::max(answered_, d.observation_sequence);
        ++received;
        leyline::TrainerInfo info;
        if (link_.info(info).ok() && info.last_latency_ns != 0) latencies.push_back(info.last_latency_ns);
    }

    leyline::Trainer &link_;
    std::uint64_t answered_ = 0;
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
void figures(const Arguments &args, leyline::Trainer &link, float accuracy, std::uint64_t sent, Answers &answers,
             const Slot<Network> &slot) {
    std::vector<std::uint64_t> &times = answers.latencies;
    std::sort(times.begin(), times.end());
    leyline::TrainerInfo info{};
    if (args.controlled) must(link.info(info), "info");
    const auto show = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("trainer: accuracy %.2f sent %llu wraps %llu decisions %llu germinated %d fossilized %d culled %d "
                "refused %llu p50_ns %llu p99_ns %llu p999_ns %llu max_ns %llu\n",
                static_cast<double>(accuracy), show(sent), show(sent / args.observations), show(answers.received),
                slot.germinated, slot.fossilized, slot.culled, show(info.refused), show(quantile(times, 0.5)),
                show(quantile(times, 0.99)), show(quantile(times, 0.999)), show(quantile(times, 1.0)));
}

}  // namespace steering

#endif
