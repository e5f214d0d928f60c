// The example trainer with its model on a GPU: each training step writes its own observation into
// the ring, with no host thread between, while the same controller grows the network.
//
//   trainer DATA.csv NAME [--seed S] [--epochs E] [--observations SLOTS] [--no-controller]
//   [--quiet]
//
// It does what trainer.cpp does, for observations of version 1. For an epoch's steps the ring of
// observations is handed over to the device; the host applies commands between steps and reads
// decisions. Then it takes the ring back and publishes what the validation found, with its signals.
// The network's arithmetic is in trainer/kernels.hpp, the slot, the commands and the answers,
// shared with trainer.cpp, in trainer/steering.hpp. To build it:
//
//   nvcc -std=c++17 -O2 -arch=native -Iinclude examples/trainer.cu target/release/libleyline.a
//   -lpthread -ldl -lm

#include "leyline.cuh"
#include "trainer/kernels.hpp"
#include "trainer/steering.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace steering;
namespace gpu = digits::gpu;

constexpr unsigned kThreads = 128;

void check(cudaError_t error, const char *what) {
    if (error == cudaSuccess) return;
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

void must(leyline::cuda::Status status, const char *what) {
    if (!status.ok()) throw std::runtime_error(std::string(what) + ": " + status.text());
}
using steering::must;

/// The observation that a step publishes, but for its loss, which only the step knows.
struct Publication {
    /// In memory of the device; null: nothing is published.
    leyline::device::Writer *writer;
    leyline::device::Clock clock;
    leyline::Observation observation;
};

__global__ void train(gpu::Net net, gpu::Samples in, gpu::Scratch *scratch, digits::StepResult *result,
                      Publication publication) {
    __shared__ std::uint64_t word;
    const leyline::device::Block group{&word};
    const digits::StepResult found = gpu::step(group, net, in, *scratch);
    if (group.rank() != 0) return;
    *result = found;
    if (publication.writer == nullptr) return;
    publication.observation.values[LEYLINE_FEATURE_TRAIN_LOSS] = found.loss;
    publication.writer->publish(publication.observation.values, {publication.clock.now(), 0, 0});
}

__global__ void validate(gpu::Net net, const gpu::Samples *in, float alpha, gpu::Scratch *scratch, gpu::Sums *sums) {
    __shared__ std::uint64_t word;
    const leyline::device::Block group{&word};
    const gpu::Sums found = gpu::evaluate(group, net, in[blockIdx.x], alpha, scratch[blockIdx.x]);
    if (group.rank() == 0) sums[blockIdx.x] = found;
}

/// The current device: keeps the parameters and does the arithmetic.
class Gpu {
public:
    explicit Gpu(const std::vector<digits::Sample> &validation) : batches_(validation.size() / digits::Batches::kBatch) {
        int device = 0;
        must(leyline::cuda::usable(leyline::cuda::current_device, device), "GPU");
        check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
        std::vector<gpu::Samples> samples;
        for (std::size_t i = 0; i < batches_; ++i) {
            const auto at = validation.begin() + static_cast<std::ptrdiff_t>(i * digits::Batches::kBatch);
            samples.push_back(gpu::samples({at, at + static_cast<std::ptrdiff_t>(digits::Batches::kBatch)}));
        }
        check(cudaMalloc(&scratch_, batches_ * sizeof(gpu::Scratch)), "scratch");
        check(cudaMalloc(&validation_, batches_ * sizeof(gpu::Samples)), "validation");
        check(cudaMemcpy(validation_, samples.data(), batches_ * sizeof(gpu::Samples), cudaMemcpyHostToDevice), "validation");
        check(cudaMallocHost(&result_, sizeof *result_), "result");
        check(cudaMallocHost(&sums_, batches_ * sizeof *sums_), "sums");
    }
    Gpu(const Gpu &) = delete;
    Gpu &operator=(const Gpu &) = delete;
    ~Gpu() {
        // At the end nobody can do anything about an error.
        (void)cudaStreamSynchronize(stream_);
        (void)cudaFree(scratch_);
        (void)cudaFree(validation_);
        (void)cudaFreeHost(result_);
        (void)cudaFreeHost(sums_);
        (void)cudaStreamDestroy(stream_);
    }

    /// The observation that the next step publishes.
    Publication publication{};

    cudaStream_t stream() const { return stream_; }

    float *keep(const std::vector<float> &values) {
        float *kept = nullptr;
        check(cudaMalloc(&kept, values.size() * sizeof(float)), "parameters");
        check(cudaMemcpy(kept, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice), "parameters");
        return kept;
    }
    void drop(float *kept) { (void)cudaFree(kept); }

    digits::StepResult step(const gpu::Net &net, const gpu::Samples &in) {
        train<<<1, kThreads, 0, stream_>>>(net, in, scratch_, result_, publication);
        check(cudaGetLastError(), "training step");
        check(cudaStreamSynchronize(stream_), "training step");
        return *result_;
    }
    digits::Evaluation evaluate(const gpu::Net &net, float alpha) {
        validate<<<static_cast<unsigned>(batches_), kThreads, 0, stream_>>>(net, validation_, alpha, scratch_, sums_);
        check(cudaGetLastError(), "validation");
        check(cudaStreamSynchronize(stream_), "validation");
        gpu::Sums all{};
        for (std::size_t i = 0; i < batches_; ++i) {
            all.loss += sums_[i].loss;
            all.correct += sums_[i].correct;
        }
        const auto samples = static_cast<float>(batches_ * digits::Batches::kBatch);
        return {all.loss / samples, 100.0f * static_cast<float>(all.correct) / samples};
    }

private:
    std::size_t batches_;
    cudaStream_t stream_ = nullptr;
    gpu::Scratch *scratch_ = nullptr;
    gpu::Samples *validation_ = nullptr;
    // Pinned: kernels write there.
    digits::StepResult *result_ = nullptr;
    gpu::Sums *sums_ = nullptr;
};

using Network = gpu::Network<Gpu>;

int run(const Arguments &args) {
    const digits::Dataset data = digits::load_digits(args.data);
    Gpu machine(data.validation);
    Network net(machine, data.validation, {}, args.seed);
    digits::Batches batches(data.train, args.seed);
    steering::Slot<Network> slot(net, args.epochs);

    leyline::Tracker tracker;
    must(leyline::Tracker::create(tracker), "tracker");
    leyline::Trainer link;
    const auto budgets = leyline::init<leyline::Budgets>();
    if (args.controlled) {
        leyline::ActionSpace actions;
        must(leyline::ActionSpace::standard("cnn", actions), "action space");
        leyline::LinkOptions shape = {};
        shape.observations = args.observations;
        must(leyline::Trainer::open_or_create(args.name.c_str(), actions, link, &shape), "link");
        leyline::Peer peer{};
        must(link.controller_state(peer, leyline::Wait::sleep(10s)), "controller");
        if (peer.state != LEYLINE_PEER_HELD) std::puts("no controller yet; training alone");
        must(link.report(budgets), "budgets");
    }
    steering::Commands<Network> commands(link, net, slot);
    Answers answers(link);

    std::uint64_t sent = 0, sequence = 0, step = 0, sanitized = 0;
    leyline::Observation observation = leyline::init<leyline::Observation>();
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
        // For the steps of this epoch the device writes the observations.
        leyline::cuda::DeviceWriter writer;
        if (args.controlled) {
            must(leyline::cuda::DeviceWriter::create(link, machine.stream(), writer), "handing the observations over");
            // Without it the observations carry no time, and all else goes on.
            if (const auto s = writer.calibrate(); !s.ok()) std::printf("the device's clock: %s\n", s.text());
            machine.publication.writer = writer.writer();
            machine.publication.clock = writer.clock();
        }
        must(tracker.step(epoch, step, 0.0f, observation), "tracker");
        for (std::size_t i = 0; i < steps; ++i) {
            // All but the loss, which the step itself fills in.
            observation.values[LEYLINE_FEATURE_EPOCH] = static_cast<float>(epoch);
            observation.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(++step);
            machine.publication.observation = observation;
            const digits::StepResult r = net.step(batches.next());
            slot.record_gradient(r.seed_gradient_norm);
            loss_sum += static_cast<double>(r.loss);
            accuracy_sum += static_cast<double>(r.accuracy);
            must(tracker.step(epoch, step, r.loss, observation), "tracker");
            if (args.controlled) {
                ++sent;
                answers.drain();
                commands.apply(accuracy);
            }
        }
        if (args.controlled) {
            std::uint64_t published = 0;
            must(writer.give_back(&published), "taking the observations back");
            machine.publication.writer = nullptr;
            if (published != steps) throw std::runtime_error("not every step has published");
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
        leyline::Signals signals{};
        must(tracker.signals(signals), "signals");
        signals.time_unix_ns = unix_now_ns();
        const std::chrono::duration<float, std::milli> took = std::chrono::steady_clock::now() - began;
        signals.epoch_duration_ms = took.count();
        signals.present |= LEYLINE_SIGNALS_TIME | LEYLINE_SIGNALS_EPOCH_DURATION;
        leyline::Signals kept = signals;
        must(leyline::sanitize(kept), "signals");
        slot.set_signals(kept);
        commands.last.clear();
        if (args.controlled) {
            std::uint64_t replaced = 0;
            must(link.publish(signals, &sequence, &replaced), "publish");
            sanitized |= replaced;
            ++sent;
            slot.report_telemetry(link);
            slot.report(link);
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
    if (args.schema != 1) {
        std::fputs("trainer: on the GPU observations are of version 1\n", stderr);
        return 2;
    }
    try {
        return run(args);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "trainer: %s\n", e.what());
        return 1;
    }
}
