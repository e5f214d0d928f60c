// The example trainer with its model on a GPU: each training step writes its own observation into
// the ring, with no host thread between, while the same controller grows the network.
//
//   trainer DATA.csv NAME [--seed S] [--epochs E] [--observations SLOTS] [--no-controller]
//   [--quiet]
//
// It does what trainer.cpp does, for observations of version 1. For an epoch's steps the ring of
// observations is handed over to the device; leyline::Steering takes in decisions and commands
// between steps. Then it takes the ring back and publishes what the validation found, with its
// signals. The network's arithmetic is in trainer/kernels.hpp; what the network does when a seed
// moves, shared with trainer.cpp, is in trainer/steering.hpp. To build it:
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
    Run<Network> run(net);
    if (args.controlled) {
        leyline::LinkOptions shape = {};
        shape.observations = args.observations;
        run.open(args, shape);
    }

    float accuracy = 0.0f;
    std::uint64_t step = 0;
    const std::size_t steps = batches.per_epoch();
    for (std::uint32_t epoch = 1; epoch <= args.epochs && !stopped; ++epoch) {
        run.host.began = std::chrono::steady_clock::now();
        double loss_sum = 0, accuracy_sum = 0;
        // Lets the device write the observations of this epoch.
        leyline::cuda::DeviceWriter writer;
        if (args.controlled) {
            must(leyline::cuda::DeviceWriter::create(run.link, machine.stream(), writer), "handing the observations over");
            // Without it the observations carry no time, and all else goes on.
            if (const auto s = writer.calibrate(); !s.ok()) std::printf("the device's clock: %s\n", s.text());
            machine.publication.writer = writer.writer();
            machine.publication.clock = writer.clock();
        }
        for (std::size_t i = 0; i < steps && !stopped; ++i) {
            ++step;
            if (args.controlled) {
                // All but the loss, which the step itself fills in.
                leyline::Observation &o = machine.publication.observation;
                must(run.steering.observation(o), "observation");
                o.values[LEYLINE_FEATURE_EPOCH] = static_cast<float>(epoch);
                o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(step);
            }
            const digits::StepResult r = net.step(batches.next());
            loss_sum += static_cast<double>(r.loss);
            accuracy_sum += static_cast<double>(r.accuracy);
            if (args.controlled) run.step(epoch, step, r);
        }
        if (args.controlled) {
            std::uint64_t published = 0;
            must(writer.give_back(&published), "taking the observations back");
            machine.publication.writer = nullptr;
            if (published != steps && !stopped) throw std::runtime_error("not every step has published");
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
