// The C ABI's side of benches/ops: single calls in one thread.
//
//     ops FOLDER NUMBER CPU PARENT
//
// Each turn makes `count` calls of one kind and gives how many nanoseconds they took together.

#include "seat.hpp"

namespace {

using namespace bench;

// The numbers of benches/ops/main.rs.
enum Call : std::uint64_t {
    WRITER_PUBLISH,
    TRAINER_PUBLISH,
    TRAINER_PUBLISH_STAMPED,
    OBSERVER_TRY_NEXT,
    CONTROLLER_TRY_NEXT,
    TRAINER_TRY_DECISION,
};

template <class F>
std::uint64_t nanoseconds(std::uint64_t count, F call) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t n = 0; n < count; ++n) call();
    return static_cast<std::uint64_t>((std::chrono::steady_clock::now() - start).count());
}

void must_be(leyline::Status status, leyline_status_t expected, const char *what) {
    if (status.code() != expected) fail(what);
}

}  // namespace

int main(int count, char **words) {
    if (count != 5) {
        std::fprintf(stderr, "ops FOLDER NUMBER CPU PARENT\n");
        return 2;
    }
    Seat seat(words + 1);
    const leyline::Options options = seat.options();
    leyline::Schema schema;
    leyline::Segment segment;
    leyline::Writer<leyline::Observation> writer;
    leyline::Observer<leyline::Observation> observer;
    need(leyline::Schema::of<leyline::Observation>(schema), "schema");
    need(leyline::Segment::attach("c", segment, &options), "attach");
    need(leyline::Writer<leyline::Observation>::open(segment, "4096", schema, writer), "writer");
    need(leyline::Observer<leyline::Observation>::open(segment, "64", schema, LEYLINE_START_NOW, observer), "observer");
    leyline::ActionSpace actions;
    leyline::Trainer lone, stamped, attended;
    leyline::Controller controller;
    leyline::LinkOptions shape = {};
    need(leyline::ActionSpace::standard("cnn", actions), "actions");
    need(leyline::Trainer::create("c-library", actions, stamped, &shape, &options), "create");
    shape.time_source = LEYLINE_TIME_SOURCE_CALLER;
    need(leyline::Trainer::create("c-caller", actions, lone, &shape, &options), "create");
    need(leyline::Trainer::create("c-attended", actions, attended, &shape, &options), "create");
    need(leyline::Controller::attach("c-attended", controller, nullptr, &options), "attach");

    const leyline::Stamp stamp{};
    leyline::Observation o, got = {};
    fill(o, 1);
    leyline::Decision decision = {};
    leyline::Meta meta = {};
    while (seat.turn()) {
        const std::uint64_t n = seat.count();
        std::uint64_t took = 0;
        seat.ready();
        switch (seat.kind()) {
            case WRITER_PUBLISH:
                took = nanoseconds(n, [&] { need(writer.publish(o, &stamp), "publish"); });
                break;
            case TRAINER_PUBLISH:
                took = nanoseconds(n, [&] { need(lone.publish(o, nullptr, nullptr, &stamp), "publish"); });
                break;
            case TRAINER_PUBLISH_STAMPED:
                took = nanoseconds(n, [&] { need(stamped.publish(o), "publish"); });
                break;
            case OBSERVER_TRY_NEXT:
                took = nanoseconds(n, [&] { must_be(observer.next(got), LEYLINE_EMPTY, "try_next"); });
                break;
            case CONTROLLER_TRY_NEXT:
                took = nanoseconds(n, [&] { must_be(controller.next(got, meta), LEYLINE_EMPTY, "next"); });
                break;
            case TRAINER_TRY_DECISION:
                took = nanoseconds(n, [&] { must_be(attended.next_decision(decision), LEYLINE_EMPTY, "next_decision"); });
                break;
            default:
                fail("a call of another number");
        }
        seat.done(took);
    }
    return 0;
}
