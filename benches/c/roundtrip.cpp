// The C ABI's side of benches/roundtrip.rs: a trainer and a controller, each a process of its own.
//
//     roundtrip trainer|controller FOLDER NUMBER CPU PARENT
//
// The trainer times as benches/support/limit.rs does: the clock before and after a trip, what was
// measured put aside, nothing else in between. It calls leyline.h and not the C++ wrapper, so that
// what it measures is the C ABI.

#include "seat.hpp"

namespace {

using namespace bench;

// The side that stamps; the values are the numbers of the kinds of turns.
enum Stamped : std::uint32_t { CALLER, LIBRARY };
const char *const NAMES[] = {"c-caller", "c-library"};

int controller(Seat &seat) {
    const leyline_options_t options = seat.options();
    leyline_controller_t *controllers[2] = {};
    leyline_wait_t patience = {};
    patience.timeout_ns = 30000000000U;
    for (const Stamped s : {CALLER, LIBRARY}) {
        need(leyline_controller_attach(NAMES[s], nullptr, &options, &patience, &controllers[s]), "attach");
    }
    while (seat.turn()) {
        leyline_controller_t *const c = controllers[seat.kind()];
        const std::uint64_t count = seat.count();
        seat.ready();
        leyline_observation_t got, expected;
        for (std::uint64_t n = 0; n < count; ++n) {
            leyline_meta_t meta;
            leyline_status_t status;
            Patience poll;
            while ((status = leyline_controller_next(c, nullptr, got.values, LEYLINE_FEATURES, &meta, nullptr)) ==
                   LEYLINE_EMPTY) {
                poll.spend();
            }
            need(status, "next");
            leyline_answer_t answer = {};
            answer.confidence = 1.0F;
            answer.value_estimate = got.values[LEYLINE_FEATURE_TRAIN_LOSS];
            need(leyline_controller_decide(c, &meta, 0, &answer, nullptr), "decide");
            fill(expected, meta.sequence);
            if (std::memcmp(&got, &expected, sizeof got) != 0) fail("a torn or wrong observation");
        }
    }
    for (leyline_controller_t *c : controllers) need(leyline_controller_close(c), "close");
    return 0;
}

int trainer(Seat &seat) {
    const leyline_options_t options = seat.options();
    leyline_action_space_t *actions = nullptr;
    need(leyline_action_space_standard("cnn", &actions), "actions");
    leyline_trainer_t *trainers[2] = {};
    for (const Stamped s : {CALLER, LIBRARY}) {
        leyline_link_options_t shape = {};
        shape.time_source = s == CALLER ? LEYLINE_TIME_SOURCE_CALLER : LEYLINE_TIME_SOURCE_TSC;
        need(leyline_trainer_create(NAMES[s], actions, &shape, &options, &trainers[s]), "create");
    }
    need(leyline_action_space_close(actions), "close");
    std::uint64_t sent[2] = {};
    std::vector<std::uint64_t> took;
    while (seat.turn()) {
        const std::uint64_t kind = seat.kind();
        const std::uint64_t warm_up = seat.argument();
        leyline_trainer_t *const t = trainers[kind];
        const leyline_stamp_t zero = {};
        const leyline_stamp_t *const stamp = kind == CALLER ? &zero : nullptr;
        leyline_observation_t o;
        leyline_decision_t decision;
        std::uint64_t sequence = 0;
        took.assign(seat.count(), 1);
        seat.ready();
        const auto trip = [&] {
            const auto before = std::chrono::steady_clock::now();
            fill(o, ++sent[kind]);
            while (std::chrono::steady_clock::now() - before < PAUSE) {
            }
            const auto start = std::chrono::steady_clock::now();
            need(leyline_trainer_publish(t, o.values, LEYLINE_FEATURES, nullptr, stamp, &sequence, nullptr), "publish");
            Patience patience;
            for (;;) {
                const leyline_status_t status =
                    leyline_trainer_next_decision(t, 0, nullptr, &decision, nullptr, nullptr);
                if (status == LEYLINE_OK) break;
                if (status != LEYLINE_EMPTY && status != LEYLINE_RESTARTED) fail("next_decision");
                patience.spend();
            }
            const auto end = std::chrono::steady_clock::now();
            if (decision.observation_sequence != sequence ||
                decision.value_estimate != o.values[LEYLINE_FEATURE_TRAIN_LOSS]) {
                fail("a wrong decision");
            }
            return static_cast<std::uint64_t>((end - start).count());
        };
        for (std::uint64_t n = 0; n < warm_up; ++n) trip();
        for (std::uint64_t &one : took) one = trip();
        seat.done(took);
    }
    for (leyline_trainer_t *t : trainers) need(leyline_trainer_close(t), "close");
    return 0;
}

}  // namespace

int main(int count, char **words) {
    if (count != 6) {
        std::fprintf(stderr, "roundtrip trainer|controller FOLDER NUMBER CPU PARENT\n");
        return 2;
    }
    Seat seat(words + 2);
    return std::strcmp(words[1], "trainer") == 0 ? trainer(seat) : controller(seat);
}
