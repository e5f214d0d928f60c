// Uses the parts of an installation that a CUDA program takes: a kernel that publishes, and on the
// host a segment that is pinned. Where there is no GPU it says so, and ends in order.
#include <leyline.cuh>

#include <cstdio>

__global__ void step(leyline::device::Writer *writer, leyline::device::Clock clock, const float *row) {
    writer->publish(row, {clock.now(), 0, 0});
}

int main() {
    leyline::ActionSpace actions;
    leyline::Trainer trainer;
    leyline::Segment segment;
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    leyline::Status status = leyline::check_version();
    if (status) status = leyline::ActionSpace::standard("cnn", actions);
    if (status) status = leyline::Trainer::create("cuda", actions, trainer, nullptr, &options);
    if (status) status = trainer.segment(segment);
    if (!status) {
        std::fprintf(stderr, "%s\n", status.text());
        return 1;
    }
    leyline::cuda::Pinned pinned;
    const leyline::cuda::Status done = leyline::cuda::Pinned::create(segment, pinned);
    std::printf("leyline %s: %s\n", leyline_version(nullptr), done.ok() ? "pinned" : done.text());
    const auto kind = done.kind();
    return done.ok() || kind == leyline::cuda::ErrorKind::no_driver || kind == leyline::cuda::ErrorKind::no_device ||
                   kind == leyline::cuda::ErrorKind::old_driver
               ? 0
               : 2;
}
