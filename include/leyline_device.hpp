// Twins of the ring protocol for kernels: a GPU thread reads a ring, or publishes into one, as the
// library does on the host. Header-only; nothing of the library is needed where it runs. The same
// code compiles as plain C++17, so that it is tested on the host against the library itself. What
// the words are, and in which order they go, is docs/segment-layout.md.
//
// A ring is memory that other processes write. Every access to it here is an atomic load or store
// of system scope; there is no read-modify-write, which a device could not do on memory of the
// host. What is read is worth nothing before it has been validated, and everything here does that
// before it says Read::record. No loop is without an end; a wait also ends when the host sets a
// word.
//
// A kernel publishes only into a ring that was handed over (leyline_hand_over, or
// leyline::cuda::DeviceWriter in leyline.cuh), and only one kernel at a time. It wakes nobody:
// readers of such a ring look every millisecond.
//
//     __global__ void step(leyline::device::Writer *writer, leyline::device::Clock clock, const float *row) {
//         const leyline::device::Published published = writer->publish(row, {clock.now(), 0, 0});
//     }

#ifndef LEYLINE_DEVICE_HPP
#define LEYLINE_DEVICE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <time.h>

#if defined(__CUDACC__)
#include <cuda/atomic>
#define LEYLINE_DEVICE_FN __host__ __device__ inline
#else
#define LEYLINE_DEVICE_FN inline
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 700
#error "system-scope atomics that order anything need compute capability 7.0"
#endif

// Lets tests of this header step in between two stores, or between a copy and its validation. Empty
// otherwise.
#ifndef LEYLINE_DEVICE_POINT
#define LEYLINE_DEVICE_POINT(name) static_cast<void>(0)
#endif

namespace leyline {
namespace device {

/// The last sequence that is ever given out.
constexpr std::uint64_t last_sequence = ~std::uint64_t{0} - (std::uint64_t{1} << 32);

/// Flags of a record.
constexpr std::uint8_t flag_first = 1, flag_terminated = 2, flag_truncated = 4, flag_sanitized = 8;

namespace detail {

// Offsets, as in docs/segment-layout.md.
constexpr std::size_t at_published = 0, at_generation = 128, at_changes = 168, at_times = 176, at_log = 1024, at_time_log = 3072,
                      at_payload = 8;
constexpr std::uint64_t log_entries = 128, time_entries = 32;
/// Limits the distance of a region's times from the time in its entry.
constexpr std::uint64_t time_region_ns = std::uint64_t{1} << 46;
/// The generation of a record that is older than the log; no number of changes.
constexpr std::uint64_t unknown = ~std::uint64_t{0}, none_seen = ~std::uint64_t{0};
constexpr std::uint32_t begin_from_end = 12, stamp_from_end = 8;

#if defined(__CUDACC__)

template <class T>
LEYLINE_DEVICE_FN cuda::atomic_ref<T, cuda::thread_scope_system> word(void *base, std::size_t at) {
    return cuda::atomic_ref<T, cuda::thread_scope_system>(
        *reinterpret_cast<T *>(static_cast<unsigned char *>(base) + at));
}
template <class T>
LEYLINE_DEVICE_FN T load(void *base, std::size_t at) {
    return word<T>(base, at).load(cuda::memory_order_relaxed);
}
template <class T>
LEYLINE_DEVICE_FN T load_acquire(void *base, std::size_t at) {
    return word<T>(base, at).load(cuda::memory_order_acquire);
}
template <class T>
LEYLINE_DEVICE_FN void store(void *base, std::size_t at, T value) {
    word<T>(base, at).store(value, cuda::memory_order_relaxed);
}
template <class T>
LEYLINE_DEVICE_FN void store_release(void *base, std::size_t at, T value) {
    word<T>(base, at).store(value, cuda::memory_order_release);
}
LEYLINE_DEVICE_FN void fence_acquire() {
    cuda::atomic_thread_fence(cuda::memory_order_acquire, cuda::thread_scope_system);
}
LEYLINE_DEVICE_FN void fence_release() {
    cuda::atomic_thread_fence(cuda::memory_order_release, cuda::thread_scope_system);
}

#else

template <class T>
T *word(void *base, std::size_t at) {
    return reinterpret_cast<T *>(static_cast<unsigned char *>(base) + at);
}
template <class T>
T load(void *base, std::size_t at) {
    return __atomic_load_n(word<T>(base, at), __ATOMIC_RELAXED);
}
template <class T>
T load_acquire(void *base, std::size_t at) {
    return __atomic_load_n(word<T>(base, at), __ATOMIC_ACQUIRE);
}
template <class T>
void store(void *base, std::size_t at, T value) {
    __atomic_store_n(word<T>(base, at), value, __ATOMIC_RELAXED);
}
template <class T>
void store_release(void *base, std::size_t at, T value) {
    __atomic_store_n(word<T>(base, at), value, __ATOMIC_RELEASE);
}
inline void fence_acquire() { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
inline void fence_release() { __atomic_thread_fence(__ATOMIC_RELEASE); }

#endif

using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// Between two looks at what has not come.
LEYLINE_DEVICE_FN void pause() {
#if defined(__CUDA_ARCH__)
    __nanosleep(64);
#elif defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

LEYLINE_DEVICE_FN u64 greater(u64 a, u64 b) { return a > b ? a : b; }
LEYLINE_DEVICE_FN u64 lesser(u64 a, u64 b) { return a < b ? a : b; }
LEYLINE_DEVICE_FN constexpr std::size_t up8(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

}  // namespace detail

/// A ring as a thread reaches it: where its parts lie for that thread, and its shape. Plain data;
/// goes into a kernel by value. Readers only ever load through the pointers.
struct Ring {
    /// The control page.
    void *control;
    /// The slots.
    void *data;
    /// Slots, a power of two.
    std::uint64_t capacity;
    /// The first sequence of the ring's life.
    std::uint64_t first_sequence;
    /// Bytes from slot to slot, of a slot's payload and of one record.
    std::uint32_t stride, payload_size, record_size;
    /// Records in a slot.
    std::uint32_t rows;

    /// Makes a ring of a struct that describes its shape by the same names, such as a
    /// leyline_device_ring_t. control and data are the addresses of its parts for the threads that
    /// will use it.
    template <class Shape>
    static Ring of(const Shape &shape, void *control, void *data) {
        return {control,      data,
                shape.capacity, shape.first_sequence,
                static_cast<std::uint32_t>(shape.stride), static_cast<std::uint32_t>(shape.payload_size),
                static_cast<std::uint32_t>(shape.record_size), static_cast<std::uint32_t>(shape.rows)};
    }

    /// The counter of published records, which may lag behind the slots.
    LEYLINE_DEVICE_FN std::uint64_t counted() const {
        const std::uint64_t said = detail::load_acquire<std::uint64_t>(control, detail::at_published);
        return detail::lesser(detail::greater(said, first_sequence - 1), last_sequence);
    }
    /// Returns true if a record is complete: its slot holds that record or a later one.
    LEYLINE_DEVICE_FN bool has(std::uint64_t sequence) const {
        // PAIRS: Writer::finish, and Slot::publish in src/ring/slot.rs.
        return detail::load_acquire<std::uint64_t>(data, slot(sequence)) >= sequence;
    }
    /// The newest complete record, counted or not; one less than the first sequence where there is
    /// none. As Ring::newest in src/ring/state.rs.
    LEYLINE_DEVICE_FN std::uint64_t newest() const {
        const std::uint64_t last = counted();
        const std::uint64_t end = detail::load_acquire<std::uint64_t>(data, slot(last + 1));
        if (end <= last || ((end - last - 1) & (capacity - 1)) != 0) return last;
        std::uint64_t complete = detail::lesser(end, last_sequence);
        std::uint64_t beyond = detail::lesser(complete + capacity, last_sequence + 1);
        for (std::uint64_t step = 1; complete + step < beyond; step *= 2) {
            if (!has(complete + step)) {
                beyond = complete + step;
                break;
            }
            complete += step;
        }
        while (complete + 1 < beyond) {
            const std::uint64_t middle = complete + (beyond - complete) / 2;
            if (has(middle)) {
                complete = middle;
            } else {
                beyond = middle;
            }
        }
        return complete;
    }
    /// A full time that the stamp of a record is less than 39 hours away from, 0 if it is not
    /// known; last says whether no later record belongs to another time region. As Ring::time_near
    /// in src/ring/state.rs.
    LEYLINE_DEVICE_FN std::uint64_t time_near(std::uint64_t sequence, bool &last) const {
        const std::uint64_t count = detail::load<std::uint64_t>(control, detail::at_times);
        for (std::uint64_t back = 0; back < detail::lesser(count, detail::time_entries); ++back) {
            const std::size_t at =
                detail::at_time_log + static_cast<std::size_t>((count - 1 - back) % detail::time_entries) * 16;
            // PAIRS: Writer::begin_time_region, and begin_time_region in src/ring/writer.rs.
            const std::uint64_t before = detail::load_acquire<std::uint64_t>(control, at);
            const std::uint64_t time = detail::load<std::uint64_t>(control, at + 8);
            detail::fence_acquire();
            if (before == 0 || detail::load<std::uint64_t>(control, at) != before) break;
            if (before <= sequence) {
                last = back == 0;
                return time;
            }
        }
        last = count == 0;
        return 0;
    }
    /// The present writer generation; 0 before the first.
    LEYLINE_DEVICE_FN std::uint64_t generation() const {
        return detail::load_acquire<std::uint64_t>(control, detail::at_generation);
    }
    /// Returns the offset of a sequence's slot, in bytes.
    LEYLINE_DEVICE_FN std::size_t slot(std::uint64_t sequence) const {
        return static_cast<std::size_t>(sequence & (capacity - 1)) * stride;
    }
    /// Return the offsets of the env column and of the flags column in the payload of a slot of
    /// several rows, in bytes.
    LEYLINE_DEVICE_FN std::size_t env_column() const { return detail::up8(std::size_t{record_size} * rows); }
    LEYLINE_DEVICE_FN std::size_t flags_column() const { return env_column() + detail::up8(std::size_t{2} * rows); }
};

/// The metadata of a record that is published.
struct Stamp {
    /// CLOCK_MONOTONIC nanoseconds; 0 for unknown. See Clock.
    std::uint64_t time_ns;
    std::uint16_t env;
    std::uint8_t flags;
};

/// The metadata of a record that was read.
struct Meta {
    std::uint64_t sequence;
    /// CLOCK_MONOTONIC nanoseconds; 0 for unknown.
    std::uint64_t time_ns;
    /// Its writer's generation; 0 for unknown: the ring has had more than 128 writers since.
    std::uint64_t generation;
    /// Records passed over: by try_latest only.
    std::uint64_t skipped;
    std::uint16_t env;
    std::uint8_t flags;
};

/// The result of one attempt to read. Loss is no error.
enum class Read : std::uint32_t {
    /// Nothing new, or nothing in as many looks as were allowed.
    empty = 0,
    /// A record, whole.
    record = 1,
    /// The writer overtook this reader. Nothing was read; Reader::notice says how many were missed
    /// and what comes next.
    lapped = 2,
    /// A new writer took over. Nothing was read; Reader::notice says its generation and first
    /// sequence.
    restarted = 3,
    /// The host asked for an end.
    stopped = 4,
    /// The record has another size than the ring's. Nothing was read.
    mismatch = 5,
};

/// The details of Read::lapped and Read::restarted.
struct Notice {
    /// Exactly how many records were missed, and the sequence that is tried next.
    std::uint64_t missed, next;
    /// The new writer's generation and its first sequence.
    std::uint64_t generation, first_sequence;
};

/// The limit of a wait: that many looks, or until the host stores anything but 0 in a word that the
/// thread can reach (pinned memory), if there is one.
struct Patience {
    std::uint64_t looks;
    const std::uint32_t *stop;

    LEYLINE_DEVICE_FN bool is_over() const {
        return stop != nullptr && detail::load<std::uint32_t>(const_cast<std::uint32_t *>(stop), 0) != 0;
    }
};

/// The time of CLOCK_MONOTONIC for a kernel: the GPU's own clock, and what the host found it to be
/// off by. Made by the host (DeviceWriter::calibrate in leyline.cuh); as it is, the time is not
/// known and reads 0.
struct Clock {
    std::int64_t offset_ns;
    std::uint32_t known;

    /// The clock of whatever runs this: the GPU's global timer, whose steps may be 1 us wide, or
    /// CLOCK_MONOTONIC.
    LEYLINE_DEVICE_FN static std::uint64_t own() {
#if defined(__CUDA_ARCH__)
        std::uint64_t ns;
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
        return ns;
#else
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u + static_cast<std::uint64_t>(now.tv_nsec);
#endif
    }
    LEYLINE_DEVICE_FN std::uint64_t now() const {
        return known == 0 ? 0 : own() + static_cast<std::uint64_t>(offset_ns);
    }
};

namespace detail {

// Words of pinned memory that a host and a kernel talk by: which round is asked for, which was
// answered, and with what time.
constexpr std::size_t at_asked = 64, at_answered = 128, at_time = 136, words_size = 192;

/// The kernel's side of Clock's making: so many rounds, and so many looks for each at most.
template <class Now>
LEYLINE_DEVICE_FN void answer_clock(void *words, u64 rounds, u64 looks, Now now) {
    for (u64 round = 1; round <= rounds; ++round) {
        for (u64 look = 0; load_acquire<u64>(words, at_asked) < round; ++look) {
            if (look == looks) return;
        }
        store<u64>(words, at_time, now());
        store_release<u64>(words, at_answered, round);
    }
}

/// The host's side: the shortest round tells the offset. False if an answer did not come within a
/// second.
inline bool ask_clock(void *words, u64 rounds, Clock &clock) {
    constexpr u64 second = 1000000000;
    u64 shortest = ~u64{0};
    for (u64 round = 1; round <= rounds; ++round) {
        const u64 before = Clock::own();
        store_release<u64>(words, at_asked, round);
        u64 after = before;
        while (load_acquire<u64>(words, at_answered) < round) {
            after = Clock::own();
            if (after - before > second) {
                // Whoever still waits need not.
                store_release<u64>(words, at_asked, ~u64{0});
                return false;
            }
        }
        after = Clock::own();
        if (after - before >= shortest) continue;
        shortest = after - before;
        const u64 there = load<u64>(words, at_time);
        clock = {static_cast<std::int64_t>(before + shortest / 2 - there), 1};
    }
    return true;
}

}  // namespace detail

/// Threads that work on one slot together. A group has a rank and a size, and two collectives that
/// all of its threads call: sync, after which each sees what the others did before; and or_all,
/// which gives each the union of all their bits. This one is a thread by itself.
struct Alone {
    LEYLINE_DEVICE_FN std::uint32_t rank() const { return 0; }
    LEYLINE_DEVICE_FN std::uint32_t size() const { return 1; }
    LEYLINE_DEVICE_FN void sync() const {}
    LEYLINE_DEVICE_FN std::uint64_t or_all(std::uint64_t bits) const { return bits; }
};

#if defined(__CUDACC__)
/// The 32 threads of a warp, all of them.
struct Warp {
    __device__ std::uint32_t rank() const { return threadIdx.x % 32; }
    __device__ std::uint32_t size() const { return 32; }
    __device__ void sync() const { __syncwarp(); }
    __device__ std::uint64_t or_all(std::uint64_t bits) const {
        unsigned long long all = bits;
        for (int other = 16; other > 0; other /= 2) all |= __shfl_xor_sync(0xffffffffu, all, other);
        return all;
    }
};

/// The threads of a block of one dimension. The scratch is a word of its shared memory.
struct Block {
    std::uint64_t *scratch;

    __device__ std::uint32_t rank() const { return threadIdx.x; }
    __device__ std::uint32_t size() const { return blockDim.x; }
    __device__ void sync() const { __syncthreads(); }
    __device__ std::uint64_t or_all(std::uint64_t bits) const {
        if (threadIdx.x == 0) *scratch = 0;
        __syncthreads();
        if (bits != 0) atomicOr(reinterpret_cast<unsigned long long *>(scratch), static_cast<unsigned long long>(bits));
        __syncthreads();
        const std::uint64_t all = *scratch;
        __syncthreads();
        return all;
    }
};
#endif

/// The bounds of one number of a row, as in the host's schema. Compared as whole numbers, so that
/// no flag of a compiler that takes liberties with NaN or with numbers close to 0 changes what is
/// published.
struct Bounds {
    /// The ends of the Box, inclusive, and the worst value, which replaces NaN: bits of floats.
    std::uint32_t low, high, worst;
    /// 1: whole numbers only. 2: reaching the high end is its definition and no replacement.
    std::uint32_t kind;

    static constexpr std::uint32_t whole = 1, capped = 2;

    /// Whole numbers in the order of the floats whose bits they are; all NaN lie beyond the
    /// infinities.
    LEYLINE_DEVICE_FN static constexpr std::int32_t key(std::uint32_t bits) {
        return static_cast<std::int32_t>(bits) < 0 ? static_cast<std::int32_t>(bits ^ 0x7fffffffu)
                                                   : static_cast<std::int32_t>(bits);
    }
    LEYLINE_DEVICE_FN static constexpr bool is_nan(std::uint32_t bits) { return (bits & 0x7fffffffu) > 0x7f800000u; }
    LEYLINE_DEVICE_FN static constexpr bool is_zero(std::uint32_t bits) { return (bits & 0x7fffffffu) == 0; }

    LEYLINE_DEVICE_FN constexpr bool is_above(std::uint32_t bits) const {
        return !is_nan(bits) && key(bits) > key(is_zero(high) ? 0u : high);
    }
    LEYLINE_DEVICE_FN constexpr bool is_below(std::uint32_t bits) const {
        return !is_nan(bits) && key(bits) < key(is_zero(low) ? 0x80000000u : low);
    }
    /// Towards 0, by its bits.
    LEYLINE_DEVICE_FN static constexpr std::uint32_t truncated(std::uint32_t bits) {
        const std::uint32_t exponent = (bits >> 23) & 0xffu;
        return exponent < 127u   ? bits & 0x80000000u
               : exponent < 150u ? bits & ~(0x007fffffu >> (exponent - 127u))
                                 : bits;
    }
    /// Returns the number that is published in its place: itself if it is within the bounds.
    LEYLINE_DEVICE_FN constexpr std::uint32_t sane(std::uint32_t bits) const {
        const std::uint32_t inside = is_nan(bits) ? worst : is_above(bits) ? high : is_below(bits) ? low : bits;
        return (kind & whole) != 0 && !is_nan(bits) ? truncated(inside) : inside;
    }
    /// Returns true if that counts as a replacement.
    LEYLINE_DEVICE_FN constexpr bool is_replaced(std::uint32_t bits) const {
        return sane(bits) != bits && !((kind & capped) != 0 && is_above(bits));
    }
};

/// The Box of the observation, version 1: its 27 numbers.
struct ObservationBox {
    LEYLINE_DEVICE_FN constexpr std::uint32_t width() const { return 27; }
    LEYLINE_DEVICE_FN constexpr Bounds operator[](std::uint32_t i) const {
        constexpr std::uint32_t hundred = 0x42c80000u, million = 0x49742400u, count = 0x4b800000u, minus = 0x80000000u;
        switch (i) {
        case 0: case 1: case 8: case 23:  // EPOCH, GLOBAL_STEP, PLATEAU_EPOCHS, SEED_EPOCHS_IN_STAGE
            return {0, count, 0, Bounds::whole};
        case 4:  // LOSS_DELTA
            return {minus | million, million, minus | million, 0};
        case 5: case 6: case 9: case 16: case 17: case 18: case 19: case 20:  // accuracies
            return {0, hundred, 0, 0};
        case 7: case 25:  // ACCURACY_DELTA, SEED_IMPROVEMENT
            return {minus | hundred, hundred, minus | hundred, 0};
        case 10:  // BEST_VAL_LOSS
            return {0, 0x41200000u, 0x41200000u, Bounds::capped};
        case 21:  // HAS_ACTIVE_SEED
            return {0, 0x3f800000u, 0, Bounds::whole};
        case 22:  // SEED_STAGE
            return {0, 0x41200000u, 0, Bounds::whole};
        case 24:  // SEED_ALPHA
            return {0, 0x3f800000u, 0, 0};
        case 26:  // AVAILABLE_SLOTS
            return {0, 0x477fff00u, 0, Bounds::whole};
        default:  // losses
            return {0, million, million, 0};
        }
    }
};

/// The Box of rows of any schema: bounds of each number, where the thread can reach them.
struct BoxTable {
    const Bounds *bounds;
    std::uint32_t numbers;

    LEYLINE_DEVICE_FN std::uint32_t width() const { return numbers; }
    LEYLINE_DEVICE_FN Bounds operator[](std::uint32_t i) const { return bounds[i]; }
};

/// Rows that are published as they are.
struct Unchecked {
    std::uint32_t numbers;

    LEYLINE_DEVICE_FN std::uint32_t width() const { return numbers; }
    LEYLINE_DEVICE_FN Bounds operator[](std::uint32_t) const { return {0, 0, 0, 0}; }
};

namespace detail {

LEYLINE_DEVICE_FN u64 pack(const Stamp &stamp, u32 flags) {
    return (u64{stamp.env} << 48) | (u64{flags & 0xfu} << 44) |
           ((stamp.time_ns >> 4) & ((u64{1} << 44) - 1));
}

/// A time of 44 bits, less than 39 hours from a reference; 0 is no reference.
LEYLINE_DEVICE_FN u64 time_of(u64 stamp, u64 reference_ns) {
    const u64 ticks = stamp & ((u64{1} << 44) - 1);
    if (ticks == 0 || reference_ns == 0) return 0;
    const u64 reference = reference_ns >> 4;
    u64 ahead = (ticks - reference) & ((u64{1} << 44) - 1);
    if ((ahead >> 43) != 0) ahead -= u64{1} << 44;
    return (reference + ahead) << 4;
}

LEYLINE_DEVICE_FN u32 bits_at(const float *row, std::size_t i) {
    u32 bits;
    std::memcpy(&bits, __builtin_assume_aligned(row + i, 4), sizeof bits);
    return bits;
}

template <class Box>
LEYLINE_DEVICE_FN u32 sane(const Box &box, u32 i, u32 bits) {
    return box[i].sane(bits);
}
LEYLINE_DEVICE_FN u32 sane(const Unchecked &, u32, u32 bits) { return bits; }

template <class Box>
LEYLINE_DEVICE_FN bool is_replaced(const Box &box, u32 i, u32 bits) {
    return box[i].is_replaced(bits);
}
LEYLINE_DEVICE_FN bool is_replaced(const Unchecked &, u32, u32) { return false; }

/// Returns the numbers of a row that are replaced: bit i for number i, bit 63 for all from the 64th
/// on.
template <class Box>
LEYLINE_DEVICE_FN u64 replaced(const Box &box, const float *row) {
    u64 mask = 0;
    const u32 width = box.width();
    for (u32 i = 0; i < width; ++i) {
        if (is_replaced(box, i, bits_at(row, i))) mask |= u64{1} << (i < 63 ? i : 63);
    }
    return mask;
}

template <class T>
constexpr bool is_record = std::is_trivially_copyable<T>::value && alignof(T) >= 4 && sizeof(T) % 4 == 0;

/// Copies a payload in, the last word first: a slot's second line is finished before the first,
/// which readers poll.
LEYLINE_DEVICE_FN void store_bytes(void *data, std::size_t at, const void *bytes, std::size_t size) {
    const unsigned char *from = static_cast<const unsigned char *>(__builtin_assume_aligned(bytes, 4));
    const std::size_t whole = size / 8;
    if (size % 8 != 0) {
        u32 tail;
        std::memcpy(&tail, from + whole * 8, sizeof tail);
        store<u32>(data, at + whole * 8, tail);
    }
    for (std::size_t i = whole; i-- > 0;) {
        if (i == whole / 2) LEYLINE_DEVICE_POINT("slot.half");
        u64 word;
        std::memcpy(&word, from + i * 8, sizeof word);
        store<u64>(data, at + i * 8, word);
    }
}

/// The words of a payload that are this thread's, copied out. Worth nothing before it has been
/// validated.
template <class Group>
LEYLINE_DEVICE_FN void load_bytes(const Group &group, void *data, std::size_t at, void *bytes, std::size_t size) {
    unsigned char *to = static_cast<unsigned char *>(__builtin_assume_aligned(bytes, 4));
    const std::size_t whole = size / 8;
    for (std::size_t i = group.rank(); i < whole; i += group.size()) {
        const u64 word = load<u64>(data, at + i * 8);
        std::memcpy(to + i * 8, &word, sizeof word);
    }
    if (size % 8 != 0 && group.rank() == 0) {
        const u32 tail = load<u32>(data, at + whole * 8);
        std::memcpy(to + whole * 8, &tail, sizeof tail);
    }
}

}  // namespace detail

/// A position in a ring. Plain data: it may be kept in device memory from one kernel to the next.
/// In a group that reads, each thread has a copy, and all copies go the same way.
struct Reader {
    Ring ring;
    /// The sequence that is tried next, and the writer generation of the record before.
    std::uint64_t next_sequence, generation;
    /// A full time near those of the records at hand, to complete their stamps with; 0: not known.
    std::uint64_t reference_ns;
    /// The number of changes in the control page with which both hold for all that comes.
    std::uint64_t seen_changes;
    /// Records that a restart told by try_latest has passed over: reported by the next read.
    std::uint64_t passed_over;
    /// Returns the details of the last Read::lapped or Read::restarted.
    Notice notice;

    /// Starts at a sequence.
    LEYLINE_DEVICE_FN static Reader at(const Ring &ring, std::uint64_t sequence) {
        Reader reader{ring, ~std::uint64_t{0}, 0, 0, detail::none_seen, 0, {0, 0, 0, 0}};
        reader.seek(sequence);
        return reader;
    }
    /// Starts at the first record published from now on.
    LEYLINE_DEVICE_FN static Reader from_now(const Ring &ring) { return at(ring, ring.newest() + 1); }
    /// Starts at the oldest record that is still there.
    LEYLINE_DEVICE_FN static Reader oldest(const Ring &ring) {
        const std::uint64_t newest = ring.newest();
        const std::uint64_t first = newest < ring.capacity ? 0 : newest - (ring.capacity - 1);
        return at(ring, detail::greater(first, ring.first_sequence));
    }
    /// Goes on at a sequence.
    LEYLINE_DEVICE_FN void seek(std::uint64_t sequence) {
        const std::uint64_t next = detail::lesser(detail::greater(sequence, ring.first_sequence), last_sequence + 1);
        // Not where it stands already: a restart that begins there is still to be told.
        if (next < next_sequence) generation = generation_of(next);
        next_sequence = next;
        seen_changes = detail::none_seen;
    }

    /// The next record. Looks once.
    template <class T>
    LEYLINE_DEVICE_FN Read try_next(T &record, Meta &meta) {
        static_assert(detail::is_record<T>, "a record is plain data, aligned as its numbers are");
        return try_next(Alone(), &record, sizeof record, meta);
    }
    /// Reads all of a slot's payload by a group, otherwise as try_next: of several rows with their
    /// columns. bytes is what the payload has; its address is a multiple of 4. Afterwards the group
    /// has to sync() before one thread reads what another copied.
    template <class Group>
    LEYLINE_DEVICE_FN Read try_next(const Group &group, void *payload, std::size_t bytes, Meta &meta) {
        if (bytes != ring.payload_size) return Read::mismatch;
        const std::uint64_t sequence = next_sequence;
        std::uint64_t stamp = 0;
        const std::uint64_t seen = group.or_all(copy(group, sequence, payload, bytes, stamp));
        if ((seen & gone) != 0 || passed_over != 0) return lapped(group);
        if ((seen & ahead) != 0) return Read::empty;
        // This line is written rarely. A record makes the changes before it visible too.
        if ((seen & changed) != 0 && catch_up(group)) return Read::restarted;
        next_sequence = sequence + 1;
        meta = meta_of(sequence, stamp, 0);
        return Read::record;
    }
    /// The newest record; what lies before it is passed over and counted. A restart that is told
    /// takes the reader to the new generation's first record: none of an older generation follows.
    template <class T>
    LEYLINE_DEVICE_FN Read try_latest(T &record, Meta &meta) {
        static_assert(detail::is_record<T>, "a record is plain data, aligned as its numbers are");
        return try_latest(Alone(), &record, sizeof record, meta);
    }
    /// Reads all of a slot's payload, otherwise as try_latest.
    template <class Group>
    LEYLINE_DEVICE_FN Read try_latest(const Group &group, void *payload, std::size_t bytes, Meta &meta) {
        if (bytes != ring.payload_size) return Read::mismatch;
        // A writer would have to go around the whole ring between two loads here for one attempt to
        // fail.
        for (int attempt = 0; attempt < 8; ++attempt) {
            const bool news = group.or_all(group.rank() == 0 && ring.has(next_sequence) ? 1 : 0) != 0;
            if (!news) return Read::empty;
            const std::uint64_t newest = group.or_all(group.rank() == 0 ? ring.newest() : 0);
            if (newest < next_sequence) continue;
            std::uint64_t stamp = 0;
            const std::uint64_t seen = group.or_all(copy(group, newest, payload, bytes, stamp));
            if ((seen & (gone | ahead)) != 0) continue;
            const std::uint64_t wanted = next_sequence;
            next_sequence = newest;
            if ((seen & changed) != 0 && catch_up(group)) {
                next_sequence = detail::greater(wanted, notice.first_sequence);
                seen_changes = detail::none_seen;
                passed_over += next_sequence - wanted;
                notice.next = next_sequence;
                return Read::restarted;
            }
            next_sequence = newest + 1;
            meta = meta_of(newest, stamp, newest - wanted + passed_over);
            passed_over = 0;
            return Read::record;
        }
        return lapped(group);
    }
    /// Reads as try_next does, looking again and again.
    template <class T>
    LEYLINE_DEVICE_FN Read next(T &record, Meta &meta, const Patience &patience) {
        static_assert(detail::is_record<T>, "a record is plain data, aligned as its numbers are");
        return next(Alone(), &record, sizeof record, meta, patience);
    }
    template <class Group>
    LEYLINE_DEVICE_FN Read next(const Group &group, void *payload, std::size_t bytes, Meta &meta,
                                const Patience &patience) {
        for (std::uint64_t look = 0; look < patience.looks; ++look) {
            const Read read = try_next(group, payload, bytes, meta);
            if (read != Read::empty) return read;
            // The word may be as far away as the slot.
            if (look % 16 == 0 && group.or_all(group.rank() == 0 && patience.is_over() ? 1 : 0) != 0) return Read::stopped;
            detail::pause();
        }
        return Read::empty;
    }
    /// Returns true if an attempt to read would give anything but Read::empty.
    LEYLINE_DEVICE_FN bool has_news() const {
        return passed_over != 0 || ring.has(next_sequence);
    }

private:
    static constexpr std::uint64_t ahead = 1, gone = 2, changed = 4;

    /// Copies this thread's words of a slot, and says what it saw. Every thread of a group looks at
    /// both stamps before and after its own copy, so that all words are of the record if all
    /// threads say so.
    template <class Group>
    LEYLINE_DEVICE_FN std::uint64_t copy(const Group &group, std::uint64_t sequence, void *payload, std::size_t bytes,
                                         std::uint64_t &stamp) const {
        const std::size_t slot = ring.slot(sequence), end_of_slot = slot + ring.stride;
#if !defined(__CUDA_ARCH__)
        __builtin_prefetch(static_cast<unsigned char *>(ring.data) + end_of_slot - detail::stamp_from_end);
#endif
        // PAIRS: Writer::finish, and Slot::publish in src/ring/slot.rs.
        const std::uint64_t end = detail::load_acquire<std::uint64_t>(ring.data, slot);
        if (end != sequence) return end < sequence ? ahead : gone;
        detail::load_bytes(group, ring.data, slot + detail::at_payload, payload, bytes);
        stamp = detail::load<std::uint64_t>(ring.data, end_of_slot - detail::stamp_from_end);
        LEYLINE_DEVICE_POINT("slot.copied");
        // PAIRS: Writer::begin, and Slot::begin in src/ring/slot.rs: who copied a word of a newer record sees its begin.
        detail::fence_acquire();
        const std::uint32_t begin = detail::load<std::uint32_t>(ring.data, end_of_slot - detail::begin_from_end);
        if (begin != static_cast<std::uint32_t>(sequence)) return gone;
        LEYLINE_DEVICE_POINT("slot.begin_checked");
        if (detail::load<std::uint64_t>(ring.data, slot) != sequence) return gone;
        return detail::load<std::uint64_t>(ring.control, detail::at_changes) == seen_changes ? 0 : changed;
    }

    LEYLINE_DEVICE_FN Meta meta_of(std::uint64_t sequence, std::uint64_t stamp, std::uint64_t skipped) const {
        return {sequence, detail::time_of(stamp, reference_ns),
                generation == detail::unknown ? 0 : generation, skipped,
                static_cast<std::uint16_t>(stamp >> 48), static_cast<std::uint8_t>((stamp >> 44) & 0xf)};
    }

    /// Goes on an eighth of the ring newer than its oldest record, and always past the one that
    /// could not be read.
    template <class Group>
    LEYLINE_DEVICE_FN Read lapped(const Group &group) {
        if (passed_over != 0) {
            notice = {passed_over, next_sequence, 0, 0};
            passed_over = 0;
            return Read::lapped;
        }
        std::uint64_t target = 0;
        if (group.rank() == 0) {
            const std::uint64_t newest = ring.newest(), back = ring.capacity - ring.capacity / 8 - 1;
            target = newest > back ? newest - back : 0;
        }
        target = group.or_all(target);
        const std::uint64_t wanted = next_sequence;
        next_sequence = target > wanted ? target : wanted + 1;
        notice = {next_sequence - wanted, next_sequence, 0, 0};
        return Read::lapped;
    }

    /// The first sequence of a generation, if it is still in the log; 0 if not.
    LEYLINE_DEVICE_FN std::uint64_t logged(std::uint64_t of) const {
        const std::size_t at = detail::at_log + static_cast<std::size_t>(of % detail::log_entries) * 16;
        const std::uint64_t before = detail::load_acquire<std::uint64_t>(ring.control, at);
        const std::uint64_t first = detail::load<std::uint64_t>(ring.control, at + 8);
        detail::fence_acquire();
        const std::uint64_t after = detail::load<std::uint64_t>(ring.control, at);
        return before == of && after == of ? first : 0;
    }

    /// The generation that a sequence belongs to: detail::unknown where the log does not go back as
    /// far.
    LEYLINE_DEVICE_FN std::uint64_t generation_of(std::uint64_t sequence) const {
        const std::uint64_t now = ring.generation();
        for (std::uint64_t back = 0; back < detail::log_entries && back < now; ++back) {
            const std::uint64_t first = logged(now - back);
            if (first == 0) return detail::unknown;
            if (first <= sequence) return now - back;
        }
        // No record is older than the first writer's.
        return now <= detail::log_entries ? detail::lesser(now, 1) : detail::unknown;
    }

    /// Finds the generation and the times of the record at hand. Whether a new writer's records
    /// begin at it or before it: told first.
    template <class Group>
    LEYLINE_DEVICE_FN bool catch_up(const Group &group) {
        std::uint64_t first = 0, of = 0, time = 0, changes = 0;
        if (group.rank() == 0) {
            // Loaded first: what changes later changes this too. PAIRS: Writer::changed, and
            // changed in src/ring/writer.rs.
            changes = detail::load_acquire<std::uint64_t>(ring.control, detail::at_changes);
            of = ring.generation() == generation ? generation : find_generation(first);
            bool last = false;
            time = ring.time_near(next_sequence, last);
            if (!last || of != ring.generation()) changes = detail::none_seen;
        }
        generation = group.or_all(of);
        first = group.or_all(first);
        reference_ns = group.or_all(time);
        seen_changes = group.or_all(changes);
        if (first == 0) return false;
        notice = {0, next_sequence, generation, first};
        return true;
    }

    /// The generation of the record at hand, and where that begins if it is one to be told.
    LEYLINE_DEVICE_FN std::uint64_t find_generation(std::uint64_t &first) const {
        const std::uint64_t now = ring.generation();
        // The ring's first writer restarts nobody.
        if (generation == 0) return generation_of(next_sequence);
        const std::uint64_t known = generation == detail::unknown ? 0 : detail::lesser(generation, now);
        const std::uint64_t oldest = now < detail::log_entries ? 1 : now - (detail::log_entries - 1);
        // True if there may have been a generation between the one that is known and those of the
        // log.
        bool gap = generation == detail::unknown || oldest > known + 1;
        for (std::uint64_t of = detail::greater(known + 1, oldest); of <= now; ++of) {
            const std::uint64_t begins = logged(of);
            if (begins == 0) {
                gap = true;
                continue;
            }
            if (begins <= next_sequence) {
                first = begins;
                return of;
            }
            // The record at hand is of an earlier generation.
            return gap ? detail::unknown : generation;
        }
        return gap ? detail::unknown : now;
    }
};

/// The result of publishing.
struct Published {
    /// Its sequence; 0 if nothing was published: the ring's sequences are used up, or the row has
    /// another size than its records, or the ring has several rows a slot or not, whichever does
    /// not fit the call.
    std::uint64_t sequence;
    /// A bit for each number that was replaced, bit 63 for all from the 64th on; 0 when all was
    /// well.
    std::uint64_t sanitized;
};

/// The writer of a ring that was handed over. Plain data: it may be kept in device memory from one
/// kernel to the next, or be made anew with Writer::resume. One thread at a time, or one group; and
/// one kernel at a time.
struct Writer {
    Ring ring;
    /// The sequence of the next record.
    std::uint64_t next_sequence;
    /// The time of the newest time region; 0: none.
    std::uint64_t region_ns;

    /// Goes on after the newest complete record, counted or not: what a kernel does that has no
    /// Writer of a kernel before it.
    LEYLINE_DEVICE_FN static Writer resume(const Ring &ring) { return at(ring, ring.newest() + 1); }
    /// Goes on at a sequence that is known to be the next.
    LEYLINE_DEVICE_FN static Writer at(const Ring &ring, std::uint64_t sequence) {
        bool last = false;
        return {ring, sequence, ring.time_near(last_sequence, last)};
    }

    /// Publishes an observation of 27 numbers. What is not finite, outside its bounds, or not whole
    /// where it has to be is replaced, flagged and reported, just as leyline_trainer_publish does
    /// it; the row itself is left as it is.
    LEYLINE_DEVICE_FN Published publish(const float *observation, const Stamp &stamp) {
        return publish(ObservationBox(), observation, stamp);
    }
    /// Publishes a row of any schema: BoxTable, or Unchecked.
    template <class Box>
    LEYLINE_DEVICE_FN Published publish(const Box &box, const float *row, const Stamp &stamp) {
        const Published published = write(box, row, stamp);
        if (published.sequence != 0) flush();
        return published;
    }
    /// Publishes without counting the record yet: records may be counted together, with flush. They
    /// are counted here every half ring. Readers and the host see a record at once, counted or not:
    /// the counter only shortens their search for the newest.
    template <class Box>
    LEYLINE_DEVICE_FN Published write(const Box &box, const float *row, const Stamp &stamp) {
        const std::uint32_t width = box.width();
        if (ring.rows != 1 || std::size_t{width} * 4 != ring.record_size || next_sequence > last_sequence) return {0, 0};
        const std::uint64_t sanitized = detail::replaced(box, row);
        const std::size_t slot = begin(stamp, sanitized);
        const std::size_t payload = slot + detail::at_payload;
        std::uint32_t i = width;
        if (i % 2 != 0) {
            --i;
            detail::store<std::uint32_t>(ring.data, payload + i * 4, detail::sane(box, i, detail::bits_at(row, i)));
        }
        while (i > 0) {
            if (i / 4 == width / 8 && i % 4 == 0) LEYLINE_DEVICE_POINT("slot.half");
            i -= 2;
            const std::uint64_t low = detail::sane(box, i, detail::bits_at(row, i));
            const std::uint64_t high = detail::sane(box, i + 1, detail::bits_at(row, i + 1));
            detail::store<std::uint64_t>(ring.data, payload + i * 4, low | (high << 32));
        }
        const std::uint64_t sequence = finish(slot);
        if ((sequence & (ring.capacity / 2 - 1)) == 0) flush();
        return {sequence, sanitized};
    }
    /// Publishes a record of any kind, as it is. Its sequence, or 0.
    template <class T>
    LEYLINE_DEVICE_FN std::uint64_t publish_record(const T &record, const Stamp &stamp) {
        static_assert(detail::is_record<T>, "a record is plain data, aligned as its numbers are");
        if (sizeof record != ring.payload_size || next_sequence > last_sequence) return 0;
        const std::size_t slot = begin(stamp, 0);
        detail::store_bytes(ring.data, slot + detail::at_payload, &record, sizeof record);
        const std::uint64_t sequence = finish(slot);
        flush();
        return sequence;
    }
    /// Publishes a slot of several rows with an environment and flags each, all of them under one
    /// sequence, by a group whose threads all call it: eight rows to a thread. Each environment
    /// once. Every thread has a Writer of its own, all as they were given, or they share one.
    template <class Group, class Box>
    LEYLINE_DEVICE_FN Published publish_rows(const Group &group, const Box &box, const float *rows,
                                             const std::uint16_t *env, const std::uint8_t *flags, const Stamp &stamp) {
        const std::uint32_t width = box.width(), n = ring.rows;
        const std::uint64_t sequence = next_sequence;
        if (n < 2 || std::size_t{width} * 4 != ring.record_size || next_sequence > last_sequence) return {0, 0};
        const std::uint32_t chunks = (n + 7) / 8;
        std::uint64_t mine = 0;
        for (std::uint32_t chunk = group.rank(); chunk < chunks; chunk += group.size()) {
            for (std::uint32_t row = chunk * 8; row < n && row < chunk * 8 + 8; ++row) {
                mine |= detail::replaced(box, rows + std::size_t{row} * width);
            }
        }
        const std::uint64_t sanitized = group.or_all(mine);
        const std::size_t slot = ring.slot(next_sequence), payload = slot + detail::at_payload;
        if (group.rank() == 0) begin(stamp, sanitized);
        group.sync();
        // Each thread's own: what it stores comes after the begin that rank 0 stored. PAIRS:
        // Reader::copy.
        detail::fence_release();
        for (std::uint32_t chunk = group.rank(); chunk < chunks; chunk += group.size()) {
            write_chunk(box, payload, chunk, rows, env, flags);
        }
        // Rank 0's release below covers what the others did before this.
        group.sync();
        if (group.rank() == 0) {
            finish(slot);
            flush();
        }
        group.sync();
        // The same from all of them, whether it is one word or theirs.
        next_sequence = sequence + 1;
        return {sequence, sanitized};
    }
    /// Counts what was written.
    LEYLINE_DEVICE_FN void flush() {
        // PAIRS: Ring::counted, and the same in src/ring/state.rs.
        detail::store_release<std::uint64_t>(ring.control, detail::at_published, next_sequence - 1);
        LEYLINE_DEVICE_POINT("flush.published");
    }

private:
    /// Begins a time region with the next record if its time is too far from the newest region's.
    /// As in src/ring/writer.rs.
    LEYLINE_DEVICE_FN void keep_time(std::uint64_t time) {
        const std::uint64_t far = time > region_ns ? time - region_ns : region_ns - time;
        if (time != 0 && (region_ns == 0 || far > detail::time_region_ns)) begin_time_region(time);
    }
    LEYLINE_DEVICE_FN void begin_time_region(std::uint64_t time) {
        const std::uint64_t count = detail::load<std::uint64_t>(ring.control, detail::at_times);
        const std::size_t at = detail::at_time_log + static_cast<std::size_t>(count % detail::time_entries) * 16;
        detail::store<std::uint64_t>(ring.control, at, 0);
        // PAIRS: Ring::time_near, and time_near in src/ring/state.rs: who loads the new time or count sees the entry cleared.
        detail::fence_release();
        detail::store<std::uint64_t>(ring.control, at + 8, time);
        // PAIRS: as above: its time is there.
        detail::store_release<std::uint64_t>(ring.control, at, next_sequence);
        detail::store<std::uint64_t>(ring.control, detail::at_times, count + 1);
        // PAIRS: Reader::catch_up, and catch_up in src/ring/reader.rs: the region is there.
        const std::uint64_t changes = detail::load<std::uint64_t>(ring.control, detail::at_changes);
        detail::store_release<std::uint64_t>(ring.control, detail::at_changes, changes + 1);
        region_ns = time;
    }

    /// Marks the slot as being overwritten, and stamps it: its last line is finished before the
    /// first is touched.
    LEYLINE_DEVICE_FN std::size_t begin(const Stamp &stamp, std::uint64_t sanitized) {
        keep_time(stamp.time_ns);
        const std::size_t slot = ring.slot(next_sequence), end_of_slot = slot + ring.stride;
        detail::store<std::uint32_t>(ring.data, end_of_slot - detail::begin_from_end,
                                     static_cast<std::uint32_t>(next_sequence));
        LEYLINE_DEVICE_POINT("slot.begun");
        // PAIRS: Reader::copy, and Slot::validate in src/ring/slot.rs.
        detail::fence_release();
        const std::uint32_t flags = static_cast<std::uint32_t>(stamp.flags | (sanitized != 0 ? flag_sanitized : 0));
        detail::store<std::uint64_t>(ring.data, end_of_slot - detail::stamp_from_end, detail::pack(stamp, flags));
        LEYLINE_DEVICE_POINT("slot.stamped");
        return slot;
    }

    LEYLINE_DEVICE_FN std::uint64_t finish(std::size_t slot) {
        LEYLINE_DEVICE_POINT("slot.filled");
        // PAIRS: Reader::copy, and Slot::end in src/ring/slot.rs.
        detail::store_release<std::uint64_t>(ring.data, slot, next_sequence);
        LEYLINE_DEVICE_POINT("slot.ended");
        return next_sequence++;
    }

    /// Eight rows with their columns: whole words, whatever a row has.
    template <class Box>
    LEYLINE_DEVICE_FN void write_chunk(const Box &box, std::size_t payload, std::uint32_t chunk, const float *rows,
                                       const std::uint16_t *env, const std::uint8_t *flags) const {
        const std::uint32_t width = box.width(), n = ring.rows, from = chunk * 8;
        const std::uint32_t to = n - from < 8 ? n : from + 8;
        std::uint64_t word = 0;
        for (std::uint32_t row = from; row < to; ++row) {
            const bool mended = detail::replaced(box, rows + std::size_t{row} * width) != 0;
            const std::uint64_t bits = (flags[row] & 0xfu) | (mended ? flag_sanitized : 0u);
            word |= bits << (8 * (row - from));
        }
        detail::store<std::uint64_t>(ring.data, payload + ring.flags_column() + from, word);
        for (std::uint32_t half = from; half < to; half += 4) {
            word = 0;
            for (std::uint32_t row = half; row < to && row < half + 4; ++row) {
                word |= std::uint64_t{env[row]} << (16 * (row - half));
            }
            detail::store<std::uint64_t>(ring.data, payload + ring.env_column() + std::size_t{half} * 2, word);
        }
        const std::size_t end = std::size_t{to} * width;
        std::uint32_t column = 0;
        for (std::size_t i = std::size_t{from} * width; i < end; i += 2) {
            word = detail::sane(box, column, detail::bits_at(rows, i));
            column = column + 1 == width ? 0 : column + 1;
            if (i + 1 < end) {
                word |= std::uint64_t{detail::sane(box, column, detail::bits_at(rows, i + 1))} << 32;
                column = column + 1 == width ? 0 : column + 1;
            }
            detail::store<std::uint64_t>(ring.data, payload + i * 4, word);
        }
    }
};

static_assert(std::is_trivially_copyable<Reader>::value && std::is_trivially_copyable<Writer>::value,
              "they go into kernels by value");

}  // namespace device
}  // namespace leyline

#undef LEYLINE_DEVICE_FN
#endif  // LEYLINE_DEVICE_HPP
