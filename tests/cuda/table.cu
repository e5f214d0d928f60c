// Measures the cost of the link between a CPU and a GPU, beside the limit of their memory. Run by
// tests/cuda/run; ends with 77 if there is no GPU.
//
//     table [--quick] [--json FILE] [--commit NAME]
//
// One host thread and one GPU thread take turns, so that a sample is a whole round trip on the
// host's clock. The limit is the same with a bare word in mapped memory. The host ends a hang, and
// tells the kernels to stop.

#include "support.cuh"

#include <string>
#include <vector>

using namespace leyline::cuda;
using namespace support;
namespace twin = leyline::device;

namespace {

/// Pinned words that both sides write, a line each.
struct Words {
    alignas(128) std::uint64_t go;
    alignas(128) std::uint64_t back;
    alignas(128) std::uint32_t stop;
};

/// Kernels look until they are stopped: how long a look takes depends on where they run.
constexpr std::uint64_t looks = ~std::uint64_t{0} >> 1;
/// Only a hang takes as long.
constexpr std::uint64_t patience_ns = 60000000000u;

struct Sizes {
    std::uint64_t rounds, trips, gathers;
};

void store(std::uint64_t *word, std::uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
std::uint64_t load(const std::uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

/// Waits until a condition holds. Ends the kernels and the program if it never does.
template <class So>
void until(Words *words, So so, const char *what) {
    const std::uint64_t began = now_ns();
    for (std::uint64_t n = 0; !so(); ++n) {
        if (n % 1024 != 0 || now_ns() - began <= patience_ns) continue;
        __atomic_store_n(&words->stop, 1u, __ATOMIC_RELAXED);
        give_up(__FILE__, __LINE__, what, "nothing came");
    }
}

// --------------------------------------------------------------------------------------------------------
// kernels

__device__ bool await_word(Words *words, std::uint64_t value) {
    for (std::uint64_t n = 0; n < looks; ++n) {
        if (twin::detail::load_acquire<std::uint64_t>(&words->go, 0) >= value) return true;
        // Not at every look: it would take as long as the look that is measured.
        if (n % 1024 == 1023 && twin::detail::load_acquire<std::uint32_t>(&words->stop, 0) != 0) break;
    }
    return false;
}
__device__ void answer(Words *words, std::uint64_t value) {
    twin::detail::store_release<std::uint64_t>(&words->back, 0, value);
}

/// The limit: a word there and a word back.
__global__ void bounce(Words *words, std::uint64_t trips) {
    for (std::uint64_t i = 1; i <= trips && await_word(words, i); ++i) answer(words, i);
}

/// Reads each observation and says so.
__global__ void receive(twin::Ring ring, std::uint64_t first, std::uint64_t trips, Words *words, float *sink) {
    twin::Reader reader = twin::Reader::at(ring, first);
    for (std::uint64_t i = 0; i < trips; ++i) {
        leyline::Observation o;
        twin::Meta meta;
        if (reader.next(o, meta, {looks, &words->stop}) != twin::Read::record) return;
        // All 27 are used, or the compiler would not copy them.
        float sum = 0.0f;
        for (const float value : o.values) sum += value;
        *sink = sum;
        answer(words, meta.sequence);
    }
}

/// Publishes an observation each time that it is asked to.
__global__ void send(twin::Writer *writer, std::uint64_t trips, Words *words) {
    leyline::Observation o{};
    for (std::uint64_t i = 1; i <= trips && await_word(words, i); ++i) {
        o.values[1] = static_cast<float>(i);
        if (writer->publish(o.values, {0, 0, 0}).sequence == 0) return;
    }
}

/// Publishes an observation, waits for the decision on it, and so on.
__global__ void follow_decisions(twin::Writer *writer, twin::Ring decisions, std::uint64_t trips, Words *words) {
    twin::Reader reader = twin::Reader::from_now(decisions);
    leyline::Observation o{};
    for (std::uint64_t i = 1; i <= trips; ++i) {
        o.values[1] = static_cast<float>(i);
        const std::uint64_t sequence = writer->publish(o.values, {0, 0, 0}).sequence;
        leyline::Decision decision{};
        twin::Meta meta;
        while (decision.observation_sequence < sequence) {
            if (reader.next(decision, meta, {looks, &words->stop}) != twin::Read::record) return;
        }
        answer(words, i);
    }
}

/// Reads so many observations in place, one a thread, into a block of device memory.
__global__ void read_in_place(twin::Ring ring, std::uint64_t first, unsigned count, float *rows, unsigned *torn) {
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        twin::Reader reader = twin::Reader::at(ring, first + i);
        leyline::Observation o;
        twin::Meta meta;
        if (reader.try_next(o, meta) != twin::Read::record) {
            atomicAdd(torn, 1u);
            continue;
        }
        for (unsigned k = 0; k < 27; ++k) rows[std::size_t{i} * 27 + k] = o.values[k];
    }
}

// ------------------------------------------------------------------------------------------------------------
// host

class Table {
public:
    Table(Record &record, Sizes sizes) : record_(record), sizes_(sizes) {
        OK(cudaHostAlloc(&words_, sizeof *words_, cudaHostAllocMapped | cudaHostAllocPortable));
        OK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
        OK(cudaMalloc(&sink_, sizeof *sink_));
    }
    ~Table() {
        OK(cudaStreamDestroy(stream_));
        OK(cudaFree(sink_));
        OK(cudaFreeHost(words_));
    }
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;

    void head() const {
        std::printf("\n| %-58s | %9s | %9s | %9s |\n|%s|-----------|-----------|-----------|\n", "round trip", "p50 ns", "p99 ns",
                    "min ns", std::string(60, '-').c_str());
    }

    void limit() {
        const auto rounds = repeat([&](Times &times) {
            reset();
            bounce<<<1, 1, 0, stream_>>>(words_, sizes_.trips);
            OK(cudaGetLastError());
            for (std::uint64_t i = 1; i <= sizes_.trips; ++i) {
                const std::uint64_t began = now_ns();
                store(&words_->go, i);
                until(words_, [&] { return load(&words_->back) >= i; }, "the bare word");
                times.push_back(now_ns() - began);
            }
        });
        limit_ = row("a bare word in mapped memory and back (the limit)", "mapped word", "", rounds);
    }

    void cpu_to_gpu() {
        Link link(1024);
        Pinned pinned;
        OK(Pinned::create(link.segment, pinned));
        const twin::Ring ring = link.ring(pinned, "observations");
        const auto rounds = repeat([&](Times &times) {
            reset();
            leyline::RingStatus status{};
            OK(link.segment.ring_status("observations", status));
            receive<<<1, 1, 0, stream_>>>(ring, status.last_sequence + 1, sizes_.trips, words_, sink_);
            OK(cudaGetLastError());
            leyline::Observation o = leyline::init<leyline::Observation>();
            for (std::uint64_t i = 0; i < sizes_.trips; ++i) {
                std::uint64_t sequence = 0;
                const std::uint64_t began = now_ns();
                OK(link.trainer.publish(o, &sequence));
                until(words_, [&] { return load(&words_->back) >= sequence; }, "a kernel's reading");
                times.push_back(now_ns() - began);
            }
        });
        row("CPU publishes, GPU reads it in place, a word back", "CPU to GPU", "", rounds);
    }

    void gpu_to_cpu() {
        Link link(1024);
        DeviceWriter device;
        OK(DeviceWriter::create(link.trainer, stream_, device));
        const auto rounds = repeat([&](Times &times) {
            reset();
            send<<<1, 1, 0, stream_>>>(device.writer(), sizes_.trips, words_);
            OK(cudaGetLastError());
            leyline::Observation o;
            leyline::Meta meta{};
            for (std::uint64_t i = 1; i <= sizes_.trips; ++i) {
                const std::uint64_t began = now_ns();
                store(&words_->go, i);
                until(words_, [&] { return received(link.controller.next(o, meta)); }, "a kernel's publishing");
                times.push_back(now_ns() - began);
                CHECK(o.values[1] == static_cast<float>(i));
            }
        });
        row("a word there, GPU publishes, CPU reads it", "GPU to CPU", "", rounds);
        OK(device.give_back());
    }

    void whole_loop() {
        Link link(1024, 1024);
        Pinned pinned;
        OK(Pinned::create(link.segment, pinned));
        DeviceWriter device;
        OK(DeviceWriter::create(link.trainer, stream_, device));
        const twin::Ring decisions = link.ring(pinned, "decisions.0");
        const auto rounds = repeat([&](Times &times) {
            reset();
            follow_decisions<<<1, 1, 0, stream_>>>(device.writer(), decisions, sizes_.trips, words_);
            OK(cudaGetLastError());
            leyline::Observation o;
            leyline::Meta meta{};
            std::uint64_t before = 0;
            for (std::uint64_t i = 1; i <= sizes_.trips; ++i) {
                until(words_, [&] { return received(link.controller.next(o, meta)); }, "an observation of the loop");
                const std::uint64_t at = now_ns();
                if (i > 1) times.push_back(at - before);
                before = at;
                OK(link.controller.decide(meta, 0));
            }
            until(words_, [&] { return load(&words_->back) >= sizes_.trips; }, "the last decision");
        });
        row("GPU publishes, CPU decides, GPU sees the decision", "whole loop", "", rounds);
        OK(device.give_back());
    }

    void batches() {
        std::printf("\n| %-6s | %14s | %14s | %14s | %14s | %14s |\n|--------|%s\n", "B", "gather", "read in place", "copy, pinned",
                    "copy, pageable", "bytes",
                    "----------------|----------------|----------------|----------------|----------------|");
        constexpr std::size_t most = 4096;
        Link link(2 * most);
        Pinned pinned;
        OK(Pinned::create(link.segment, pinned));
        const twin::Ring ring = link.ring(pinned, "observations");
        float *there = nullptr, *staging = nullptr;
        unsigned *torn = nullptr;
        OK(cudaMalloc(&there, most * 27 * sizeof(float)));
        OK(cudaMallocHost(&staging, most * 27 * sizeof(float)));
        OK(cudaMallocHost(&torn, sizeof *torn));
        std::vector<float> pageable(most * 27, 1.0f);
        std::fill_n(staging, most * 27, 1.0f);
        *torn = 0;
        for (std::size_t rows = 1; rows <= most; rows *= 4) {
            Gather gather;
            GatherOptions options;
            // The checks of the values are the caller's choice; here it is about the way to the
            // device.
            options.check = Check::records_only;
            OK(Gather::create(link.controller, rows, gather, options));
            const std::size_t bytes = rows * 27 * sizeof(float);
            const auto gathered = times_of([&] {
                Batch batch;
                OK(gather.try_next(link.controller, stream_, batch));
                CHECK(batch.rows == rows);
            }, [&] { publish(link, rows); });
            const auto in_place = times_of([&] {
                const unsigned blocks = static_cast<unsigned>((rows + 63) / 64);
                read_in_place<<<blocks, 64, 0, stream_>>>(ring, sequence_ - rows + 1, static_cast<unsigned>(rows), there, torn);
                OK(cudaGetLastError());
            }, [&] { publish(link, rows); drain(link); });
            const auto pinned_copy = times_of([&] {
                OK(cudaMemcpyAsync(there, staging, bytes, cudaMemcpyHostToDevice, stream_));
            }, [] {});
            const auto pageable_copy = times_of([&] {
                OK(cudaMemcpyAsync(there, pageable.data(), bytes, cudaMemcpyHostToDevice, stream_));
            }, [] {});
            const std::string labels = "\"rows\": " + std::to_string(rows);
            const auto p50 = [&](const char *name, const std::vector<Times> &of) {
                return static_cast<unsigned long long>(quantile(record_.latency(name, labels, of), 0.5));
            };
            std::printf("| %6zu | %11llu ns | %11llu ns | %11llu ns | %11llu ns | %14zu |\n", rows, p50("gather", gathered),
                        p50("read in place by a kernel", in_place), p50("copy from pinned memory", pinned_copy),
                        p50("copy from pageable memory", pageable_copy), bytes);
        }
        CHECK(*torn == 0);
        OK(cudaFree(there));
        OK(cudaFreeHost(staging));
        OK(cudaFreeHost(torn));
    }

private:
    static bool received(leyline::Status s) {
        if (s.is_error() || s.is_gone() || s.code() == LEYLINE_LAPPED) give_up(__FILE__, __LINE__, "the controller", s.text());
        return s.ok();
    }
    void publish(Link &link, std::size_t rows) {
        const leyline::Observation o = leyline::init<leyline::Observation>();
        for (std::size_t i = 0; i < rows; ++i) OK(link.trainer.publish(o, &sequence_));
    }
    static void drain(Link &link) {
        leyline::Observation o;
        leyline::Meta meta{};
        while (received(link.controller.next(o, meta))) {
        }
    }
    void reset() {
        OK(cudaStreamSynchronize(stream_));
        std::memset(words_, 0, sizeof *words_);
    }
    /// Rounds of trips; the first is not counted.
    template <class Round>
    std::vector<Times> repeat(Round round) {
        std::vector<Times> all;
        for (std::uint64_t i = 0; i <= sizes_.rounds; ++i) {
            Times times;
            times.reserve(sizes_.trips);
            round(times);
            OK(cudaStreamSynchronize(stream_));
            if (i > 0) all.push_back(std::move(times));
        }
        return all;
    }
    /// Measures the time from the first call until the stream is done.
    template <class Work, class Before>
    std::vector<Times> times_of(Work work, Before before) {
        std::vector<Times> all;
        for (std::uint64_t i = 0; i <= sizes_.rounds; ++i) {
            Times times;
            for (std::uint64_t n = 0; n < sizes_.gathers; ++n) {
                before();
                const std::uint64_t began = now_ns();
                work();
                OK(cudaStreamSynchronize(stream_));
                times.push_back(now_ns() - began);
            }
            if (i > 0) all.push_back(std::move(times));
        }
        return all;
    }
    double row(const char *what, const char *name, const std::string &labels, const std::vector<Times> &rounds) {
        const Times all = record_.latency(name, labels, rounds);
        const auto p50 = static_cast<double>(quantile(all, 0.5));
        std::printf("| %-58s | %9llu | %9llu | %9llu |\n", what, static_cast<unsigned long long>(quantile(all, 0.5)),
                    static_cast<unsigned long long>(quantile(all, 0.99)), static_cast<unsigned long long>(quantile(all, 0.0)));
        if (limit_ > 0) record_.result(std::string(name) + " / limit", p50 / limit_);
        return p50;
    }

    Record &record_;
    Sizes sizes_;
    Words *words_ = nullptr;
    cudaStream_t stream_ = nullptr;
    float *sink_ = nullptr;
    double limit_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
    bool quick = false;
    std::string json, commit = "unknown";
    for (int i = 1; i < argc; ++i) {
        const std::string arg = argv[i];
        if (arg == "--quick") {
            quick = true;
        } else if (arg == "--json" && i + 1 < argc) {
            json = argv[++i];
        } else if (arg == "--commit" && i + 1 < argc) {
            commit = argv[++i];
        } else {
            std::fputs("usage: table [--quick] [--json FILE] [--commit NAME]\n", stderr);
            return 2;
        }
    }
    const int device = device_or_exit();
    cudaDeviceProp gpu{};
    OK(cudaGetDeviceProperties(&gpu, device));
    std::printf("%s, compute capability %d.%d%s\n", gpu.name, gpu.major, gpu.minor,
                quick ? "; a quick run, whose numbers mean nothing" : "");
    Record record("cuda", quick);
    {
        Table table(record, quick ? Sizes{1, 200, 5} : Sizes{5, 20000, 200});
        table.head();
        table.limit();
        table.cpu_to_gpu();
        table.gpu_to_cpu();
        table.whole_loop();
        table.batches();
    }
    if (!json.empty() && !record.write(json, device, commit)) {
        std::fprintf(stderr, "%s cannot be written\n", json.c_str());
        return 1;
    }
    return 0;
}
