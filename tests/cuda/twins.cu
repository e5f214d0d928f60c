// The twins of the protocol on a GPU, against the library on the host, both at full speed.
// Correctness only: what it costs is another program's. Run by tests/cuda/run; prints a line a part
// and ends with 0 if all is well, 77 if there is no GPU.
//
//     twins [RECORDS]     20 million of each part unless said otherwise

#include "leyline.cuh"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace twin = leyline::device;
using leyline::cuda::DeviceWriter;
using std::uint64_t;

namespace {

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            std::fprintf(stderr, "twins.cu:%d: not so: %s\n", __LINE__, #condition);           \
            std::exit(1);                                                                      \
        }                                                                                      \
    } while (false)

template <class S>
void must(S status, int line) {
    if (status.ok()) return;
    std::fprintf(stderr, "twins.cu:%d: %s\n", line, status.text());
    std::exit(1);
}
#define OK(call) must((call), __LINE__)
#define CUDA(call)                                                                                          \
    do {                                                                                                    \
        const cudaError_t error = (call);                                                                   \
        if (error != cudaSuccess) {                                                                         \
            std::fprintf(stderr, "twins.cu:%d: %s: %s\n", __LINE__, #call, cudaGetErrorString(error));      \
            std::exit(1);                                                                                   \
        }                                                                                                   \
    } while (false)

struct Row {
    float values[27];
};

/// The observation of a sequence: in its Box, and no number of it like that of a neighbour. As in
/// tests/twins/twin.cpp.
__host__ __device__ inline uint64_t below(unsigned i) {
    switch (i) {
    case 0: case 1: return 1u << 24;
    case 5: case 6: case 7: case 9: case 16: case 17: case 18: case 19: case 20: case 25: return 100;
    case 10: case 22: return 10;
    case 21: case 24: return 2;
    default: return 1000;
    }
}
__host__ __device__ inline float number_of(uint64_t sequence, unsigned i) {
    return static_cast<float>(sequence * (2 * i + 1) % below(i));
}

/// The counts of a reader, for host and device.
struct Tally {
    unsigned long long read, missed, torn, wrong, unknown;
};

/// Follows a ring to its record `last`: the next one each time, or the newest.
__global__ void follow(twin::Ring ring, uint64_t first, uint64_t last, bool newest, uint64_t looks,
                       const std::uint32_t *stop, Tally *tally) {
    twin::Reader reader = twin::Reader::at(ring, first);
    uint64_t next = reader.next_sequence;
    Tally mine{};
    // Each turn gives something, or is one of so many that may give nothing.
    for (uint64_t empty = 0; next <= last && empty < looks;) {
        Row row;
        twin::Meta meta;
        const twin::Read read = newest ? reader.try_latest(row, meta) : reader.next(row, meta, {4096, stop});
        if (read == twin::Read::record) {
            bool whole = meta.env == static_cast<std::uint16_t>(meta.sequence) && meta.flags == (meta.sequence & 7);
            for (unsigned i = 0; i < 27; ++i) whole = whole && row.values[i] == number_of(meta.sequence, i);
            mine.torn += whole ? 0 : 1;
            mine.wrong += meta.sequence == next + meta.skipped ? 0 : 1;
            mine.read += 1;
            mine.missed += meta.skipped;
            next = meta.sequence + 1;
        } else if (read == twin::Read::lapped) {
            mine.wrong += reader.notice.next == next + reader.notice.missed ? 0 : 1;
            mine.missed += reader.notice.missed;
            next = reader.notice.next;
        } else if (read == twin::Read::empty) {
            empty += 1;
        } else {
            mine.unknown += 1;
            break;
        }
    }
    *tally = mine;
}

/// The same by a warp: 32 threads copy each record, and all of them say whether it is whole.
__global__ void follow_together(twin::Ring ring, uint64_t first, uint64_t last, uint64_t looks, const std::uint32_t *stop,
                                Tally *tally) {
    __shared__ Row row;
    const twin::Warp warp;
    twin::Reader reader = twin::Reader::at(ring, first);
    uint64_t next = reader.next_sequence;
    Tally mine{};
    for (uint64_t empty = 0; next <= last && empty < looks;) {
        twin::Meta meta;
        const twin::Read read = reader.next(warp, &row, sizeof row, meta, {256, stop});
        warp.sync();
        if (read == twin::Read::record) {
            // Each thread looks at a number; what one of them finds counts.
            const unsigned i = warp.rank();
            const bool odd = i < 27 && row.values[i] != number_of(meta.sequence, i);
            mine.torn += warp.or_all(odd ? 1 : 0);
            mine.wrong += meta.sequence == next && meta.env == static_cast<std::uint16_t>(next) ? 0 : 1;
            mine.read += 1;
            next = meta.sequence + 1;
        } else if (read == twin::Read::lapped) {
            mine.wrong += reader.notice.next == next + reader.notice.missed ? 0 : 1;
            mine.missed += reader.notice.missed;
            next = reader.notice.next;
        } else if (read == twin::Read::empty) {
            empty += 1;
        } else {
            mine.unknown += 1;
            break;
        }
        // Nobody copies the next one over what another still looks at.
        warp.sync();
    }
    if (warp.rank() == 0) *tally = mine;
}

__global__ void publish(twin::Writer *writer, twin::Clock clock, uint64_t count, std::uint32_t *failed) {
    for (uint64_t n = 0; n < count; ++n) {
        const uint64_t sequence = writer->next_sequence;
        Row row;
        for (unsigned i = 0; i < 27; ++i) row.values[i] = number_of(sequence, i);
        const twin::Stamp stamp{clock.now(), static_cast<std::uint16_t>(sequence), static_cast<std::uint8_t>(sequence & 7)};
        const twin::Published published = writer->publish(row.values, stamp);
        if (published.sequence != sequence || published.sanitized != 0) *failed = 1;
    }
}

__global__ void publish_slots(twin::Writer *shared, twin::BoxTable box, const float *rows, const std::uint16_t *env,
                              const std::uint8_t *flags, uint64_t count, unsigned long long *sanitized) {
    __shared__ uint64_t scratch;
    const twin::Block block{&scratch};
    // Each thread goes on by itself; one of them leaves it for the next kernel.
    twin::Writer writer = *shared;
    block.sync();
    unsigned long long mended = 0;
    for (uint64_t n = 0; n < count; ++n) mended |= writer.publish_rows(block, box, rows, env, flags, {0, 0, 0}).sanitized;
    if (threadIdx.x == 0) {
        *shared = writer;
        *sanitized = mended;
    }
}

/// Publishes, and waits for the decision on each.
__global__ void steps(twin::Writer *writer, twin::Clock clock, twin::Ring decisions, uint64_t count, uint64_t looks,
                      const std::uint32_t *stop, Tally *tally) {
    twin::Reader reader = twin::Reader::from_now(decisions);
    Tally mine{};
    for (uint64_t n = 0; n < count; ++n) {
        const uint64_t sequence = writer->next_sequence;
        Row row;
        for (unsigned i = 0; i < 27; ++i) row.values[i] = number_of(sequence, i);
        writer->publish(row.values, {clock.now(), static_cast<std::uint16_t>(sequence), 0});
        leyline_decision_t decision;
        twin::Meta meta;
        const twin::Read read = reader.next(decision, meta, {looks, stop});
        if (read != twin::Read::record) {
            mine.unknown += 1;
            break;
        }
        mine.read += 1;
        mine.wrong += decision.observation_sequence == sequence && decision.env == static_cast<std::uint16_t>(sequence) ? 0 : 1;
    }
    *tally = mine;
}

__global__ void wait_for_stop(twin::Ring ring, const std::uint32_t *stop, std::uint32_t *got) {
    twin::Reader reader = twin::Reader::from_now(ring);
    Row row;
    twin::Meta meta;
    *got = static_cast<std::uint32_t>(reader.next(row, meta, {~uint64_t{0}, stop}));
}

/// Memory that both reach.
template <class T>
struct Shared {
    T *at = nullptr;
    explicit Shared(std::size_t count = 1) {
        void *memory = nullptr;
        CUDA(cudaHostAlloc(&memory, sizeof(T) * count, cudaHostAllocMapped | cudaHostAllocPortable));
        std::memset(memory, 0, sizeof(T) * count);
        at = static_cast<T *>(memory);
    }
    ~Shared() { (void)cudaFreeHost(at); }
    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;
};

struct Link {
    leyline::Segment segment;
    leyline::Trainer trainer;
    leyline::Controller controller;

    explicit Link(uint64_t slots, std::uint32_t rows = 1) {
        leyline::LinkOptions shape = {};
        shape.observations = slots;
        shape.rows = rows;
        leyline::ActionSpace space;
        leyline::Spec spec;
        OK(leyline::ActionSpace::standard("cnn", space));
        OK(leyline::Spec::of_link(space, spec, &shape));
        OK(leyline::Segment::create_memfd("twins", spec, segment));
        OK(leyline::Trainer::on(segment, trainer));
        OK(leyline::Controller::on(segment, controller));
    }
};

/// A ring as kernels read it.
twin::Ring ring_of(const leyline::cuda::Pinned &pinned, const char *name) {
    twin::Ring ring{};
    OK(pinned.ring(name, ring));
    return ring;
}

void say(const char *what, const Tally &tally, uint64_t records) {
    std::printf("%s: read %llu missed %llu torn %llu wrong %llu of %llu\n", what, tally.read, tally.missed, tally.torn,
                tally.wrong, static_cast<unsigned long long>(records));
    std::fflush(stdout);
    CHECK(tally.read > 0 && tally.read + tally.missed == records);
    CHECK(tally.torn == 0 && tally.wrong == 0 && tally.unknown == 0);
}

/// Kernels read what the host publishes at full speed.
void the_host_publishes(uint64_t records, uint64_t slots) {
    const Link link(slots);
    leyline::Trainer &trainer = const_cast<leyline::Trainer &>(link.trainer);
    leyline::cuda::Pinned pinned;
    OK(leyline::cuda::Pinned::create(link.segment, pinned));
    const twin::Ring ring = ring_of(pinned, "observations");
    Shared<Tally> tallies(3);
    Shared<std::uint32_t> stop;
    cudaStream_t streams[3];
    constexpr uint64_t looks = ~uint64_t{0} >> 1;
    for (int i = 0; i < 3; ++i) {
        CUDA(cudaStreamCreateWithFlags(&streams[i], cudaStreamNonBlocking));
        if (i < 2) {
            follow<<<1, 1, 0, streams[i]>>>(ring, 1, records, i == 1, looks, stop.at, tallies.at + i);
        } else {
            follow_together<<<1, 32, 0, streams[i]>>>(ring, 1, records, looks, stop.at, tallies.at + i);
        }
        CUDA(cudaGetLastError());
    }
    for (uint64_t n = 1; n <= records; ++n) {
        leyline::Observation o;
        for (unsigned i = 0; i < 27; ++i) o.values[i] = number_of(n, i);
        leyline::Stamp stamp{};
        stamp.env = static_cast<std::uint16_t>(n);
        stamp.flags = static_cast<std::uint8_t>(n & 7);
        OK(trainer.publish(o, nullptr, nullptr, &stamp));
    }
    const char *const what[] = {"host to kernel, each", "host to kernel, newest", "host to warp, each"};
    for (int i = 0; i < 3; ++i) {
        CUDA(cudaStreamSynchronize(streams[i]));
        CUDA(cudaStreamDestroy(streams[i]));
        say(what[i], tallies.at[i], records);
    }
}

/// The host reads what a kernel publishes at full speed.
void a_kernel_publishes(uint64_t records, uint64_t slots) {
    Link link(slots);
    leyline::Schema schema;
    OK(link.trainer.schema(schema));
    DeviceWriter device;
    OK(DeviceWriter::create(link.trainer, nullptr, device));
    OK(device.calibrate());
    Tally tally{};
    // Before the kernel goes around the ring, or what it has missed by then is not counted.
    leyline::Observer<leyline::Observation> observer;
    OK(leyline::Observer<leyline::Observation>::open(link.segment, "observations", schema, LEYLINE_START_OLDEST, observer));
    std::thread reading([&] {
        uint64_t next = 1, last_time = 0;
        while (next <= records) {
            leyline::Observation o{};
            leyline::Meta meta{};
            leyline::Notice notice{};
            const leyline::Status status = observer.next(o, &meta, &notice);
            if (status.ok()) {
                bool whole = meta.env == static_cast<std::uint16_t>(meta.sequence) && meta.flags == (meta.sequence & 7);
                for (unsigned i = 0; i < 27; ++i) whole = whole && o.values[i] == number_of(meta.sequence, i);
                tally.torn += whole ? 0 : 1;
                tally.wrong += meta.sequence == next && meta.time_ns >= last_time && meta.time_ns != 0 ? 0 : 1;
                tally.read += 1;
                last_time = meta.time_ns;
                next = meta.sequence + 1;
            } else if (status.code() == LEYLINE_LAPPED) {
                tally.missed += notice.missed;
                tally.wrong += notice.next == next + notice.missed ? 0 : 1;
                next = notice.next;
            } else {
                CHECK(status.code() == LEYLINE_EMPTY);
            }
        }
    });
    Shared<std::uint32_t> failed;
    // Each goes on where the one before ended. Short ones: a card that has a display too ends those
    // that take seconds.
    for (uint64_t done = 0; done < records;) {
        const uint64_t some = records - done < 100'000 ? records - done : 100'000;
        publish<<<1, 1>>>(device.writer(), device.clock(), some, failed.at);
        CUDA(cudaGetLastError());
        done += some;
    }
    CHECK(link.trainer.publish(leyline::init<leyline::Observation>()).code() == LEYLINE_ERR_HANDED_OVER);
    reading.join();
    uint64_t published = 0;
    OK(device.give_back(&published));
    CHECK(published == records && *failed.at == 0);
    say("kernel to host", tally, records);
    uint64_t sequence = 0;
    OK(link.trainer.publish(leyline::init<leyline::Observation>(), &sequence));
    CHECK(sequence == records + 1);
}

/// A block publishes slots of rows, some of which have to be mended.
void a_block_publishes_rows(uint64_t slots) {
    constexpr std::uint32_t n = 1000;
    Link link(64, n);
    DeviceWriter device;
    OK(DeviceWriter::create(link.trainer, nullptr, device));
    Shared<float> rows(n * 27);
    Shared<std::uint16_t> env(n);
    Shared<std::uint8_t> flags(n);
    Shared<unsigned long long> sanitized;
    for (std::uint32_t r = 0; r < n; ++r) {
        for (unsigned i = 0; i < 27; ++i) rows.at[r * 27 + i] = number_of(r, i);
        env.at[r] = static_cast<std::uint16_t>(n - r);
        flags.at[r] = static_cast<std::uint8_t>(r & 7);
    }
    rows.at[5 * 27 + LEYLINE_FEATURE_VAL_LOSS] = std::nanf("");
    rows.at[999 * 27 + LEYLINE_FEATURE_EPOCH] = 1.5F;
    publish_slots<<<1, 128>>>(device.writer(), device.box(), rows.at, env.at, flags.at, slots, sanitized.at);
    CUDA(cudaGetLastError());
    uint64_t published = 0;
    OK(device.give_back(&published));
    CHECK(published == slots);
    CHECK(*sanitized.at == (1ull << LEYLINE_FEATURE_VAL_LOSS | 1ull << LEYLINE_FEATURE_EPOCH));
    std::vector<float> got(n * 27);
    std::vector<std::uint16_t> got_env(n);
    std::vector<std::uint8_t> got_flags(n);
    leyline::Meta meta{};
    OK(link.controller.latest_rows(got.data(), got.size(), got_env.data(), got_flags.data(), n, meta));
    CHECK(meta.sequence == slots && meta.flags == LEYLINE_FLAG_SANITIZED);
    for (std::uint32_t r = 0; r < n; ++r) {
        const bool mended = r == 5 || r == 999;
        CHECK(got_env[r] == n - r && got_flags[r] == ((r & 7) | (mended ? LEYLINE_FLAG_SANITIZED : 0)));
        for (unsigned i = 0; i < 27; ++i) {
            const float expected = r == 5 && i == LEYLINE_FEATURE_VAL_LOSS ? 1e6F
                                   : r == 999 && i == LEYLINE_FEATURE_EPOCH ? 1.0F
                                                                            : number_of(r, i);
            CHECK(got[r * 27 + i] == expected);
        }
    }
    std::printf("block to host: %llu slots of %u rows\n", static_cast<unsigned long long>(slots), n);
}

/// GPU publishes, CPU decides, GPU sees it.
void a_kernel_is_steered(uint64_t count) {
    Link link(64);
    leyline::cuda::Pinned pinned;
    OK(leyline::cuda::Pinned::create(link.segment, pinned));
    DeviceWriter device;
    OK(DeviceWriter::create(link.trainer, nullptr, device));
    OK(device.calibrate());
    Shared<Tally> tally;
    std::thread deciding([&] {
        for (uint64_t n = 1; n <= count; ++n) {
            leyline::Observation o{};
            leyline::Meta meta{};
            OK(link.controller.next(o, leyline::Wait::spin(std::chrono::seconds(60)), meta));
            CHECK(meta.sequence == n);
            OK(link.controller.decide(meta, 0));
        }
    });
    steps<<<1, 1>>>(device.writer(), device.clock(), ring_of(pinned, "decisions.0"), count, uint64_t{1} << 30,
                    device.stop_word(), tally.at);
    CUDA(cudaGetLastError());
    deciding.join();
    uint64_t published = 0;
    OK(device.give_back(&published));
    CHECK(published == count);
    say("kernel, decision, kernel", *tally.at, count);
}

/// A kernel that waits ends when the host says so.
void a_wait_is_ended() {
    Link link(64);
    DeviceWriter device;
    OK(DeviceWriter::create(link.trainer, nullptr, device));
    Shared<std::uint32_t> got;
    wait_for_stop<<<1, 1>>>(device.ring(), device.stop_word(), got.at);
    CUDA(cudaGetLastError());
    OK(device.give_back());
    CHECK(*got.at == static_cast<std::uint32_t>(twin::Read::stopped));
    std::printf("a wait is ended\n");
}

}  // namespace

int main(int count, char **arguments) {
    int device = 0;
    if (const leyline::cuda::Status found = leyline::cuda::usable(leyline::cuda::current_device, device); !found.ok()) {
        std::printf("NOT RUN: %s\n", found.text());
        return 77;
    }
    const uint64_t records = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 20'000'000;
    a_wait_is_ended();
    for (const uint64_t slots : {uint64_t{64}, uint64_t{4096}}) {
        the_host_publishes(records, slots);
        a_kernel_publishes(records, slots);
    }
    a_block_publishes_rows(200);
    a_kernel_is_steered(records < 2'000'000 ? records / 20 : 100'000);
    std::printf("twins: all well\n");
    return 0;
}
