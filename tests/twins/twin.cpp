// The device's twins of the ring protocol as a program of the host's, for
// tests/integration/twins.rs. It uses nothing of the library: where a ring lies it reads from the
// segment, as docs/segment-layout.md has it.
//
//     twin publish FILE RING NEXT COUNT     publishes COUNT observations that follow from their sequences
//     twin read FILE RING FIRST LAST        reads every one of them, or is told how many it missed
//     twin latest FILE RING LAST            reads the newest one again and again
//     twin wait FILE RING STOP              waits for a record until the first word of the file STOP says so
//     twin answers FILE RING OTHER COUNT    publishes, and waits for the decision on each on the ring OTHER
//     twin rows FILE RING BOUNDS THREADS    publishes what comes on the standard input, checked by the file BOUNDS

#include "leyline_device.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace leyline::device;
using std::uint64_t;

namespace {

[[noreturn]] void fail(const char *what) {
    std::fprintf(stderr, "twin: %s\n", what);
    std::exit(1);
}

unsigned char *map(const char *path, bool writable) {
    const int fd = open(path, writable ? O_RDWR : O_RDONLY);
    struct stat file {};
    if (fd < 0 || fstat(fd, &file) != 0) fail(path);
    void *at = mmap(nullptr, static_cast<std::size_t>(file.st_size), writable ? PROT_READ | PROT_WRITE : PROT_READ,
                    MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) fail("mmap");
    close(fd);
    return static_cast<unsigned char *>(at);
}

template <class T>
T at(const unsigned char *pages, std::size_t offset) {
    T value;
    std::memcpy(&value, pages + offset, sizeof value);
    return value;
}

/// A ring's place and shape by the segment's directory.
Ring find(unsigned char *pages, const char *name) {
    const auto rings = at<uint64_t>(pages, 56);
    const auto count = at<std::uint32_t>(pages, 64), size = at<std::uint32_t>(pages, 68);
    for (std::uint32_t i = 0; i < count; ++i) {
        const unsigned char *entry = pages + rings + std::size_t{i} * size;
        if (std::strncmp(reinterpret_cast<const char *>(entry), name, 40) != 0) continue;
        struct {
            uint64_t capacity, first_sequence;
            std::uint32_t stride, payload_size, record_size, rows;
        } shape{at<uint64_t>(entry, 72),      at<uint64_t>(entry, 104),     at<std::uint32_t>(entry, 68),
                at<std::uint32_t>(entry, 64), at<std::uint32_t>(entry, 56), at<std::uint32_t>(entry, 60)};
        return Ring::of(shape, pages + at<uint64_t>(entry, 80), pages + at<uint64_t>(entry, 88));
    }
    fail("no such ring");
}

struct Row {
    float values[27];
};

/// The observation of a sequence: in its Box, and no number of it like that of a neighbour.
Row row_of(uint64_t sequence) {
    static const uint64_t below[27] = {1u << 24, 1u << 24, 1000, 1000, 1000, 100, 100,  100, 1000,
                                       100,      10,       1000, 1000, 1000, 1000, 1000, 100, 100,
                                       100,      100,      100,  2,    10,   1000, 2,    100, 1000};
    Row row{};
    for (uint64_t i = 0; i < 27; ++i) row.values[i] = static_cast<float>(sequence * (2 * i + 1) % below[i]);
    return row;
}

Stamp stamp_of(uint64_t sequence) {
    return {sequence * 16, static_cast<std::uint16_t>(sequence), static_cast<std::uint8_t>(sequence & 7)};
}

/// Returns true if a record is that of its sequence, to the last bit.
bool is_whole(const Row &row, const Meta &meta) {
    const Row expected = row_of(meta.sequence);
    const Stamp stamp = stamp_of(meta.sequence);
    return std::memcmp(&row, &expected, sizeof row) == 0 && meta.time_ns == stamp.time_ns && meta.env == stamp.env &&
           meta.flags == stamp.flags;
}

void publish(const Ring &ring, uint64_t next, uint64_t count) {
    Writer writer = Writer::at(ring, next);
    for (uint64_t n = 0; n < count; ++n) {
        const Row row = row_of(writer.next_sequence);
        const uint64_t wanted = writer.next_sequence;
        const Published published = writer.publish(row.values, stamp_of(wanted));
        if (published.sequence != wanted || published.sanitized != 0) fail("it was not published as it is");
    }
    std::printf("next %llu\n", static_cast<unsigned long long>(writer.next_sequence));
}

struct Tally {
    unsigned long long read, missed, torn, restarts, wrong;
    void say() const {
        std::printf("read %llu missed %llu torn %llu restarts %llu wrong %llu\n", read, missed, torn, restarts, wrong);
        std::fflush(stdout);
    }
};

/// Checks that each read follows the one before exactly.
void read_all(const Ring &ring, uint64_t first, uint64_t last, bool latest) {
    Reader reader = Reader::at(ring, first);
    std::printf("ready\n");
    std::fflush(stdout);
    Tally tally{};
    uint64_t next = reader.next_sequence, generation = reader.generation;
    while (next <= last) {
        Row row{};
        Meta meta{};
        Read read;
        if (latest) {
            read = reader.try_latest(row, meta);
            if (read == Read::empty) std::this_thread::yield();
        } else {
            read = reader.next(row, meta, {1000, nullptr});
            if (read == Read::empty) std::this_thread::yield();
        }
        switch (read) {
        case Read::record:
            tally.torn += is_whole(row, meta) ? 0 : 1;
            tally.wrong += meta.sequence == next + meta.skipped && meta.generation == generation ? 0 : 1;
            tally.read += 1;
            tally.missed += meta.skipped;
            next = meta.sequence + 1;
            break;
        case Read::lapped:
            tally.wrong += reader.notice.next == next + reader.notice.missed && reader.notice.missed > 0 ? 0 : 1;
            tally.missed += reader.notice.missed;
            next = reader.notice.next;
            break;
        case Read::restarted:
            tally.wrong += reader.notice.generation > generation && reader.notice.first_sequence <= next ? 0 : 1;
            tally.restarts += 1;
            generation = reader.notice.generation;
            break;
        case Read::empty: break;
        default: fail("what was that");
        }
    }
    tally.say();
}

struct Decision {
    uint64_t observation_sequence, writer_generation;
    float confidence, value_estimate, log_probability;
    std::uint16_t action, env;
};

void answers(const Ring &observations, const Ring &decisions, uint64_t count) {
    Writer writer = Writer::resume(observations);
    Reader reader = Reader::from_now(decisions);
    for (uint64_t n = 0; n < count; ++n) {
        const Row row = row_of(writer.next_sequence);
        const uint64_t sequence = writer.publish(row.values, stamp_of(writer.next_sequence)).sequence;
        Decision decision{};
        Meta meta{};
        Read read = Read::empty;
        // Long enough that only a hang ever reaches it.
        for (int i = 0; i < 60000 && read == Read::empty; ++i) {
            read = reader.next(decision, meta, {20000, nullptr});
            if (read == Read::empty) std::this_thread::yield();
        }
        if (read != Read::record || decision.observation_sequence != sequence) fail("no decision on it");
        if (decision.action != 0 || decision.env != static_cast<std::uint16_t>(sequence)) fail("another decision");
    }
    std::printf("answered %llu\n", static_cast<unsigned long long>(count));
}

/// Threads of the host as a group.
class Team {
public:
    explicit Team(std::uint32_t size) : size_(size) {}
    struct Member {
        Team *team;
        std::uint32_t number;
        std::uint32_t rank() const { return number; }
        std::uint32_t size() const { return team->size_; }
        void sync() const { team->wait(0); }
        uint64_t or_all(uint64_t bits) const { return team->wait(bits); }
    };

private:
    uint64_t wait(uint64_t bits) {
        std::unique_lock<std::mutex> lock(mutex_);
        gathered_ |= bits;
        const uint64_t round = round_;
        if (++arrived_ == size_) {
            result_ = gathered_;
            gathered_ = 0;
            arrived_ = 0;
            round_ += 1;
            all_.notify_all();
        } else {
            all_.wait(lock, [&] { return round_ != round; });
        }
        return result_;
    }

    std::uint32_t size_, arrived_ = 0;
    uint64_t round_ = 0, gathered_ = 0, result_ = 0;
    std::mutex mutex_;
    std::condition_variable all_;
};

/// Slots that come on the standard input: the time, then as many environments, flags and rows as a
/// slot has. The bounds of each number come from a file; an empty one stands for the observation,
/// version 1.
void rows(const Ring &ring, const char *path, std::uint32_t threads) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::vector<Bounds> bounds(text.size() / sizeof(Bounds));
    if (!bounds.empty()) std::memcpy(bounds.data(), text.data(), bounds.size() * sizeof(Bounds));
    const BoxTable table{bounds.data(), static_cast<std::uint32_t>(bounds.size())};
    const std::size_t n = ring.rows, width = ring.record_size / 4;
    const Writer start = Writer::resume(ring);
    std::vector<Writer> writers(threads, start);
    Team team(threads);
    for (;;) {
        uint64_t time = 0;
        std::vector<std::uint16_t> env(n);
        std::vector<std::uint8_t> flags(n);
        std::vector<float> numbers(n * width);
        if (std::fread(&time, sizeof time, 1, stdin) != 1) break;
        if (std::fread(env.data(), 2, n, stdin) != n || std::fread(flags.data(), 1, n, stdin) != n ||
            std::fread(numbers.data(), 4, n * width, stdin) != n * width)
            fail("a slot that ends early");
        const auto one = [&](std::uint32_t i) -> Published {
            const Team::Member member{&team, i};
            if (n == 1) {
                const Stamp stamp{time, env[0], flags[0]};
                return bounds.empty() ? writers[i].publish(numbers.data(), stamp)
                                      : writers[i].publish(table, numbers.data(), stamp);
            }
            const Stamp stamp{time, 0, 0};
            return bounds.empty()
                       ? writers[i].publish_rows(member, ObservationBox(), numbers.data(), env.data(), flags.data(), stamp)
                       : writers[i].publish_rows(member, table, numbers.data(), env.data(), flags.data(), stamp);
        };
        Published published{};
        std::vector<std::thread> others;
        for (std::uint32_t i = 1; i < threads; ++i) others.emplace_back([&, i] { one(i); });
        published = one(0);
        for (std::thread &other : others) other.join();
        for (const Writer &writer : writers) {
            if (writer.next_sequence != published.sequence + 1) fail("a thread went another way");
        }
        std::printf("%llu %llu\n", static_cast<unsigned long long>(published.sequence),
                    static_cast<unsigned long long>(published.sanitized));
    }
}

uint64_t number(const char *text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int count, char **arguments) {
    if (count < 4) fail("what?");
    const std::string what = arguments[1];
    const bool writes = what == "publish" || what == "answers" || what == "rows";
    unsigned char *pages = map(arguments[2], writes);
    const Ring ring = find(pages, arguments[3]);
    if (what == "publish" && count == 6) {
        publish(ring, number(arguments[4]), number(arguments[5]));
    } else if (what == "read" && count == 6) {
        read_all(ring, number(arguments[4]), number(arguments[5]), false);
    } else if (what == "latest" && count == 5) {
        read_all(ring, ring.first_sequence, number(arguments[4]), true);
    } else if (what == "wait" && count == 5) {
        const auto *stop = reinterpret_cast<const std::uint32_t *>(map(arguments[4], false));
        Reader reader = Reader::from_now(ring);
        Row row{};
        Meta meta{};
        std::printf("ready\n");
        std::fflush(stdout);
        const Read read = reader.next(row, meta, {~uint64_t{0}, stop});
        std::printf("%u\n", static_cast<unsigned>(read));
    } else if (what == "answers" && count == 6) {
        answers(ring, find(pages, arguments[4]), number(arguments[5]));
    } else if (what == "rows" && count == 6) {
        rows(ring, arguments[4], static_cast<std::uint32_t>(number(arguments[5])));
    } else {
        fail("what?");
    }
    return 0;
}
