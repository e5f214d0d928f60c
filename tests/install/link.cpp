// A link from C++: both sides in one process, one observation out and one decision back.
#include <leyline.hpp>

#include <cstdio>

int main() {
    using namespace std::chrono_literals;
    leyline::ActionSpace actions;
    leyline::Trainer trainer;
    leyline::Controller controller;
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    leyline::Observation sent = leyline::init<leyline::Observation>(), seen = leyline::init<leyline::Observation>();
    sent.values[LEYLINE_FEATURE_VAL_ACCURACY] = 62.5F;
    leyline::Decision decision{};
    leyline::Meta meta{};
    std::uint64_t sequence = 0;
    leyline::Status status = leyline::check_version();
    if (status) status = leyline::ActionSpace::standard("cnn", actions);
    if (status) status = leyline::Trainer::create("installed", actions, trainer, nullptr, &options);
    if (status) status = leyline::Controller::attach("installed", controller);
    if (status) status = trainer.publish(sent, &sequence);
    if (status) status = controller.next(seen, leyline::Wait::sleep(1s), meta);
    if (status) status = controller.decide(meta, 0);
    if (status) status = trainer.wait_decision(sequence, leyline::Wait::sleep(1s), decision);
    if (!status) {
        std::fprintf(stderr, "%s\n", status.text());
        return 1;
    }
    if (decision.observation_sequence != sequence || seen.values[LEYLINE_FEATURE_VAL_ACCURACY] != 62.5F) return 1;
    std::printf("leyline %s from C++: decided on %llu\n", leyline_version(nullptr), static_cast<unsigned long long>(sequence));
    return 0;
}
