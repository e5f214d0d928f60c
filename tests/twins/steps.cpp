// The twins step by step, in memory of one process: what a reader finds at each point of a
// writer's, and a writer's store at each point of a reader's. Then all of them on threads at full
// speed, for the race detector. See tests/integration/twins.rs, which also leaves things out of the
// header and must see this fail.

#include <functional>

namespace {
std::function<void(const char *)> at_point;
void point(const char *name) {
    if (at_point) at_point(name);
}
}  // namespace
#define LEYLINE_DEVICE_POINT(name) ::point(name)
#include "leyline_device.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace leyline::device;
using std::uint32_t;
using std::uint64_t;

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
            std::exit(1);                                                                 \
        }                                                                                 \
    } while (0)

namespace {

struct Record {
    uint64_t words[13];
    uint32_t tail;
    uint32_t none;
};
static_assert(sizeof(Record) == 112, "a multiple of 8");

Record record(uint64_t n) {
    Record r{};
    for (uint64_t i = 0; i < 13; ++i) r.words[i] = (n + i) * 0x9e3779b97f4a7c15u;
    r.tail = static_cast<uint32_t>(n * 7);
    return r;
}
bool is(const Record &r, uint64_t n) {
    const Record expected = record(n);
    return std::memcmp(&r, &expected, sizeof r) == 0;
}

/// A ring in memory, as a new segment has it.
struct Memory {
    std::vector<uint64_t> words;
    Ring ring;

    explicit Memory(uint64_t capacity, uint64_t first = 1, uint32_t payload = sizeof(Record), uint32_t rows = 1) {
        const uint32_t stride = payload <= 44 ? 64 : (payload + 20 + 127) / 128 * 128;
        words.resize(512 + capacity * stride / 8);
        ring = {words.data(), words.data() + 512, capacity, first, stride, payload, rows == 1 ? payload : 8, rows};
        words[0] = first - 1;
    }
    uint64_t &control(std::size_t at) { return words[at / 8]; }
    uint64_t published() { return words[0]; }
    unsigned char *slot(uint64_t n) { return static_cast<unsigned char *>(ring.data) + ring.slot(n); }
    uint64_t end(uint64_t n) {
        uint64_t value;
        std::memcpy(&value, slot(n), sizeof value);
        return value;
    }
    uint32_t begin(uint64_t n) {
        uint32_t value;
        std::memcpy(&value, slot(n) + ring.stride - 12, sizeof value);
        return value;
    }
    uint64_t stamp(uint64_t n) {
        uint64_t value;
        std::memcpy(&value, slot(n) + ring.stride - 8, sizeof value);
        return value;
    }
    void set_end(uint64_t n, uint64_t value) { std::memcpy(slot(n), &value, sizeof value); }
    void set_begin(uint64_t n, uint32_t value) { std::memcpy(slot(n) + ring.stride - 12, &value, sizeof value); }
    void take_over(uint64_t generation, uint64_t first) {
        control(1024 + generation % 128 * 16) = generation;
        control(1024 + generation % 128 * 16 + 8) = first;
        control(136) = first;
        control(128) = generation;
        control(168) += 1;
    }
};

Reader reader_at(const Ring &ring, uint64_t n) { return Reader::at(ring, n); }

void a_writer_step_by_step() {
    for (const uint64_t first : {uint64_t{1}, (uint64_t{1} << 32) - 4}) {
        Memory m(4, first);
        m.take_over(1, first);
        Writer writer = Writer::resume(m.ring);
        CHECK(writer.next_sequence == first);
        for (uint64_t n = first; n < first + 11; ++n) {
            const uint64_t old = n < first + 4 ? 0 : n - 4;
            const uint64_t old_stamp = m.stamp(n);
            std::vector<std::string> passed;
            at_point = [&](const char *name) {
                at_point = nullptr;
                const std::string at = name;
                if (at.rfind("slot.c", 0) != 0 && at != "slot.begin_checked") passed.push_back(at);
                Record r{};
                Meta meta{};
                // The new one is not there before its end is, and the old one is gone from the
                // first store on.
                const bool ended = at == "slot.ended" || at == "flush.published";
                Reader fresh = reader_at(m.ring, n);
                CHECK(fresh.try_next(r, meta) == (ended ? Read::record : Read::empty));
                CHECK(!ended || (is(r, n) && meta.env == 5 && meta.flags == 3 && meta.time_ns != 0));
                if (old != 0) {
                    Reader late = reader_at(m.ring, old);
                    CHECK(late.try_next(r, meta) == Read::lapped);
                }
                CHECK(m.begin(n) == static_cast<uint32_t>(n));
                CHECK(m.end(n) == (ended ? n : old));
                CHECK(m.published() == (at == "flush.published" ? n : n - 1));
                CHECK((m.stamp(n) == old_stamp) == (at == "slot.begun"));
                if (at == "slot.begun" || at == "slot.stamped") {
                    Record was{};
                    std::memcpy(&was, m.slot(n) + 8, sizeof was);
                    CHECK(old == 0 ? was.words[0] == 0 && was.tail == 0 : is(was, old));
                }
                if (at == "slot.filled") {
                    Record now{};
                    std::memcpy(&now, m.slot(n) + 8, sizeof now);
                    CHECK(is(now, n));
                }
            };
            const auto armed = at_point;
            // Each check takes the hook away while it reads.
            std::function<void(const char *)> again = [&](const char *name) {
                armed(name);
                at_point = again;
            };
            at_point = again;
            const uint64_t sequence = writer.publish_record(record(n), {n * 16, 5, 3});
            at_point = nullptr;
            CHECK(sequence == n && writer.next_sequence == n + 1);
            const std::vector<std::string> all = {"slot.begun", "slot.stamped", "slot.half", "slot.filled",
                                                  "slot.ended", "flush.published"};
            CHECK(passed == all);
        }
    }
}

/// Does something once, at a point of the next attempt to read.
void once_at(const char *name, std::function<void()> what) {
    at_point = [name, what](const char *at) {
        if (std::strcmp(at, name) != 0) return;
        // what may take this hook's place.
        const auto now = what;
        at_point = nullptr;
        now();
    };
}

void a_reader_step_by_step() {
    Memory m(8);
    m.take_over(1, 1);
    Writer writer = Writer::resume(m.ring);
    for (uint64_t n = 1; n <= 8; ++n) writer.publish_record(record(n), {n * 16, 0, 0});
    Record r{};
    Meta meta{};
    // A writer begins the next round between the copy and its validation, and stores nothing else
    // yet.
    Reader reader = reader_at(m.ring, 1);
    once_at("slot.copied", [&] { m.set_begin(9, 9); });
    CHECK(reader.try_next(r, meta) == Read::lapped);
    // From 1 the target is 8 - (8 - 1 - 1) = 2: one record was missed.
    CHECK(reader.notice.missed == 1 && reader.notice.next == 2 && reader.next_sequence == 2);
    CHECK(reader.try_next(r, meta) == Read::record && is(r, 2) && meta.sequence == 2 && meta.generation == 1);
    // The same between the two looks of the validation; the sequence that ends there has the same
    // low half.
    once_at("slot.begin_checked", [&] { m.set_end(3, 3 + (uint64_t{1} << 32)); });
    CHECK(reader.try_next(r, meta) == Read::lapped && reader.notice.missed == 1);
    // As of the newest: the eighth attempt is the last.
    int attempts = 0;
    at_point = [&](const char *at) {
        if (std::strcmp(at, "slot.copied") != 0) return;
        attempts += 1;
        const auto again = at_point;
        at_point = nullptr;
        for (int i = 0; i < 9; ++i) writer.publish_record(record(writer.next_sequence), {0, 0, 0});
        at_point = again;
    };
    CHECK(reader.try_latest(r, meta) == Read::lapped);
    at_point = nullptr;
    CHECK(attempts == 8);
    const uint64_t newest = writer.next_sequence - 1, before = reader.next_sequence;
    CHECK(reader.notice.next == newest - 6);
    CHECK(reader.try_latest(r, meta) == Read::record && meta.sequence == newest && meta.skipped == newest - before);
    CHECK(is(r, newest) && reader.try_latest(r, meta) == Read::empty && reader.try_next(r, meta) == Read::empty);
    CHECK(!reader.has_news());
    // Published, but its slot is not there yet: no record, and no endless loop.
    m.control(0) = newest + 1;
    CHECK(reader.try_latest(r, meta) == Read::lapped || reader.next_sequence == newest + 1);
}

void restarts_are_told_before_their_records() {
    Memory m(8);
    Reader before = reader_at(m.ring, 1);
    m.take_over(1, 1);
    Writer writer = Writer::resume(m.ring);
    Record r{};
    Meta meta{};
    for (uint64_t n = 1; n <= 3; ++n) writer.publish_record(record(n), {0, 0, 0});
    // The ring's first writer restarts nobody.
    CHECK(before.try_next(r, meta) == Read::record && meta.generation == 1);
    Reader reader = reader_at(m.ring, 2);
    m.take_over(2, 4);
    m.take_over(3, 4);
    m.take_over(4, 5);
    // What was published before is of its own generation, though the ring's is another by now.
    CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == 2 && meta.generation == 1);
    CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == 3 && meta.generation == 1);
    CHECK(reader.try_next(r, meta) == Read::empty);
    for (uint64_t n = 4; n <= 5; ++n) writer.publish_record(record(n), {0, 0, 0});
    // Going to where it stands changes nothing.
    reader.seek(4);
    CHECK(reader.try_next(r, meta) == Read::restarted && reader.notice.generation == 2 && reader.notice.first_sequence == 4);
    CHECK(reader.try_latest(r, meta) == Read::restarted && reader.notice.generation == 3);
    CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == 4 && meta.generation == 3);
    CHECK(reader.try_next(r, meta) == Read::restarted && reader.notice.generation == 4 && reader.notice.first_sequence == 5);
    CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == 5 && meta.generation == 4);
    Reader late = Reader::oldest(m.ring);
    CHECK(late.try_next(r, meta) == Read::record && meta.sequence == 1 && meta.generation == 1);
    // More take-overs than the log remembers.
    for (uint64_t generation = 5; generation < 400; ++generation) m.take_over(generation, 6);
    writer.publish_record(record(6), {0, 0, 0});
    CHECK(reader.try_next(r, meta) == Read::restarted && reader.notice.generation == 272 && reader.notice.first_sequence == 6);
}

/// Checks that a successor gives no sequence out again that a kernel had not counted, wherever that
/// ended.
void a_successor_goes_on_after_the_last_complete_record() {
    for (const uint64_t capacity : {uint64_t{2}, uint64_t{4}, uint64_t{8}}) {
        for (const uint64_t first : {uint64_t{1}, uint64_t{6}, (uint64_t{1} << 32) - 4}) {
            Memory m(capacity, first, 16);
            m.take_over(1, first);
            Writer writer = Writer::resume(m.ring);
            uint64_t complete = first - 1, counted = first - 1;
            at_point = [&](const char *name) {
                if (std::strcmp(name, "slot.ended") == 0) ++complete;
                if (std::strcmp(name, "flush.published") == 0) counted = m.published();
                CHECK(Writer::resume(m.ring).next_sequence == complete + 1);
                // What was counted last is still there, or nobody would know what is missing
                // between.
                CHECK(complete - counted <= capacity / 2);
            };
            const float row[4] = {};
            for (uint64_t n = first; n < first + 5 * capacity; ++n) {
                CHECK(writer.write(Unchecked{4}, row, {0, 0, 0}).sequence == n);
                // Not each by itself.
                CHECK(m.published() == n || n % (capacity / 2) != 0);
                CHECK(m.published() != n || n % (capacity / 2) == 0);
            }
            at_point = nullptr;
            CHECK(complete == writer.next_sequence - 1);
            // It counts what it found with its own.
            Writer next = Writer::resume(m.ring);
            CHECK(next.publish(Unchecked{4}, row, {0, 0, 0}).sequence == complete + 1 && m.published() == complete + 1);
        }
    }
    // Stamps that no writer leaves: the walk ends, at the last sequence or when it has been around.
    Memory end(8, last_sequence - 2, 16);
    for (uint64_t n = last_sequence - 2; n <= last_sequence + 5; ++n) {
        end.set_begin(n, static_cast<uint32_t>(n));
        end.set_end(n, n);
    }
    CHECK(end.ring.newest() == last_sequence);
    // A record that is being written over was complete.
    Memory m(8, 1, 16);
    for (uint64_t n = 1; n <= 8; ++n) {
        m.set_begin(n, static_cast<uint32_t>(n));
        m.set_end(n, n);
    }
    CHECK(m.ring.newest() == 8);
    m.set_begin(3, 11);
    CHECK(m.ring.newest() == 8 && m.ring.has(8) && !m.ring.has(9));
    // However many rounds were not counted; a slot of garbage says nothing.
    for (uint64_t n = 9; n <= 29; ++n) {
        m.set_end(n, n);
        CHECK(m.ring.newest() == n);
    }
    m.set_end(1, 26);
    CHECK(m.ring.newest() == 0);
}

void the_newest_of_a_new_writer_is_its_own() {
    Memory m(64);
    m.take_over(1, 1);
    Writer writer = Writer::resume(m.ring);
    Record r{};
    Meta meta{};
    Reader reader = reader_at(m.ring, 1);
    for (uint64_t n = 1; n <= 10; ++n) writer.publish_record(record(n), {0, 0, 0});
    CHECK(reader.try_next(r, meta) == Read::record && meta.generation == 1);
    m.take_over(2, 11);
    for (uint64_t n = 11; n <= 12; ++n) writer.publish_record(record(n), {0, 0, 0});
    CHECK(reader.try_latest(r, meta) == Read::restarted && reader.notice.generation == 2 && reader.notice.first_sequence == 11);
    Reader other = reader;
    CHECK(other.has_news() && other.try_next(r, meta) == Read::lapped && other.notice.missed == 9);
    CHECK(other.try_next(r, meta) == Read::record && meta.sequence == 11 && meta.generation == 2);
    CHECK(reader.try_latest(r, meta) == Read::record && meta.sequence == 12 && meta.generation == 2 && meta.skipped == 10);
    // What the log of take-overs has forgotten is not known.
    for (uint64_t generation = 3; generation < 200; ++generation) {
        m.take_over(generation, generation + 10);
        writer.publish_record(record(generation + 10), {0, 0, 0});
    }
    for (uint64_t n = writer.next_sequence - 64; n < writer.next_sequence; ++n) {
        Reader late = reader_at(m.ring, n);
        CHECK(late.try_next(r, meta) == Read::record && meta.sequence == n && meta.generation == n - 10);
    }
    // The reader of generation 2 does not take all that comes for generation 2's.
    CHECK(reader.try_next(r, meta) == Read::lapped && reader.try_next(r, meta) == Read::restarted);
    Memory few(256);
    few.take_over(1, 1);
    Reader early = reader_at(few.ring, 1);
    writer = Writer::resume(few.ring);
    for (uint64_t generation = 2; generation <= 150; ++generation) {
        writer.publish_record(record(generation - 1), {0, 0, 0});
        if (generation == 2) {
            early = reader_at(few.ring, 1);
            CHECK(early.try_next(r, meta) == Read::record && meta.generation == 1);
        }
        few.take_over(generation, generation);
    }
    CHECK(early.try_next(r, meta) == Read::record && meta.sequence == 2 && meta.generation == 0);
    reader = reader_at(few.ring, 1);
    for (uint64_t n = 1; n < 23; ++n) CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == n && meta.generation == 0);
    CHECK(reader.try_next(r, meta) == Read::restarted && reader.notice.generation == 23);
    CHECK(reader.try_next(r, meta) == Read::record && meta.sequence == 23 && meta.generation == 23);
}

void a_time_is_right_however_far_it_is_from_the_others() {
    const uint64_t hour = 3600000000000;
    for (const uint64_t gap : {uint64_t{1}, uint64_t{38}, uint64_t{40}, uint64_t{60}, uint64_t{79}, uint64_t{1000}}) {
        Memory m(64);
        m.take_over(1, 1);
        Reader reader = reader_at(m.ring, 1);
        Record r{};
        Meta meta{};
        for (uint64_t n = 1; n <= 20; ++n) {
            // Of one kernel after the other, and one with an unknown time between.
            Writer writer = Writer::resume(m.ring);
            writer.publish_record(record(2 * n - 1), {(5 + n * gap) * hour, 0, 0});
            writer.publish_record(record(2 * n), {0, 0, 0});
            CHECK(reader.try_next(r, meta) == Read::record && meta.time_ns == (5 + n * gap) * hour);
            CHECK(reader.try_next(r, meta) == Read::record && meta.time_ns == 0);
        }
        // A kernel goes on in the region of the one before.
        CHECK(gap != 1 || m.control(176) == 1);
        reader = Reader::oldest(m.ring);
        for (uint64_t n = 1; n <= 20; ++n) {
            CHECK(reader.try_next(r, meta) == Read::record && meta.time_ns == (5 + n * gap) * hour);
            CHECK(reader.try_next(r, meta) == Read::record && meta.time_ns == 0);
        }
    }
    // Older than all regions that are kept.
    Memory m(64);
    m.take_over(1, 1);
    Writer writer = Writer::resume(m.ring);
    for (uint64_t n = 1; n <= 40; ++n) writer.publish_record(record(n), {n * 60 * hour, 0, 0});
    Reader reader = Reader::oldest(m.ring);
    Record r{};
    Meta meta{};
    for (uint64_t n = 1; n <= 40; ++n) {
        CHECK(reader.try_next(r, meta) == Read::record && meta.time_ns == (n <= 8 ? 0 : n * 60 * hour));
    }
}

void what_cannot_be_is_refused() {
    Memory m(8, last_sequence - 1);
    m.take_over(1, last_sequence - 1);
    Writer writer = Writer::resume(m.ring);
    float row[28] = {};
    Record r{};
    Meta meta{};
    CHECK(writer.publish(Unchecked{28}, row, {0, 0, 0}).sequence == last_sequence - 1);
    CHECK(writer.publish(Unchecked{28}, row, {0, 0, 0}).sequence == last_sequence);
    // The sequences are used up.
    CHECK(writer.publish(Unchecked{28}, row, {0, 0, 0}).sequence == 0 && writer.publish_record(r, {0, 0, 0}) == 0);
    CHECK(m.published() == last_sequence && writer.next_sequence == last_sequence + 1);
    Reader reader = Reader::oldest(m.ring);
    CHECK(reader.try_next(r, meta) == Read::record && reader.try_next(r, meta) == Read::record);
    CHECK(reader.try_next(r, meta) == Read::empty);
    // Another size, or other rows.
    Memory other(8);
    other.take_over(1, 1);
    writer = Writer::resume(other.ring);
    uint64_t small = 0;
    CHECK(writer.publish(row, {0, 0, 0}).sequence == 0 && writer.publish_record(small, {0, 0, 0}) == 0);
    const uint16_t env[2] = {};
    const std::uint8_t flags[2] = {};
    CHECK(writer.publish_rows(Alone(), Unchecked{28}, row, env, flags, {0, 0, 0}).sequence == 0);
    reader = Reader::oldest(other.ring);
    CHECK(reader.try_next(small, meta) == Read::mismatch && reader.try_latest(small, meta) == Read::mismatch);
    CHECK(other.published() == 0 && other.begin(1) == 0);
    Memory rows(8, 1, 16 + 8 + 8, 2);
    writer = Writer::resume(rows.ring);
    CHECK(writer.publish(Unchecked{2}, row, {0, 0, 0}).sequence == 0);
    CHECK(writer.publish_rows(Alone(), Unchecked{2}, row, env, flags, {0, 0, 0}).sequence == 1);
}

void a_wait_has_an_end() {
    Memory m(8);
    m.take_over(1, 1);
    Reader reader = Reader::from_now(m.ring);
    Record r{};
    Meta meta{};
    uint32_t stop = 0;
    CHECK(reader.next(r, meta, {0, &stop}) == Read::empty);
    CHECK(reader.next(r, meta, {100, &stop}) == Read::empty && reader.next(r, meta, {100, nullptr}) == Read::empty);
    stop = 1;
    CHECK(reader.next(r, meta, {100000, &stop}) == Read::stopped);
    // What is there comes first.
    Writer::resume(m.ring).publish_record(record(1), {0, 0, 0});
    CHECK(reader.next(r, meta, {~uint64_t{0}, &stop}) == Read::record);
}

void times_have_44_bits() {
    const uint64_t hour = 3600000000000;
    for (const uint64_t now : {hour, 77 * hour, 78 * hour + 5, 100000 * hour}) {
        for (const int64_t distance : {-38, -1, 0, 1, 38}) {
            const uint64_t time = (now + static_cast<uint64_t>(distance) * hour) & ~uint64_t{15};
            if (time == 0 || time > uint64_t{1} << 62) continue;
            const uint64_t word = detail::pack({time, 7, 15}, 15);
            CHECK(detail::time_of(word, now) == time && word >> 44 == (uint64_t{7} << 4 | 15));
        }
    }
    CHECK(detail::time_of(0, hour) == 0 && Clock{}.now() == 0);
    const uint64_t now = Clock{0, 1}.now();
    CHECK(now != 0 && Clock({0, 1}).now() >= now);
}

/// One of two threads that meet.
struct Pair {
    Pair *other = nullptr;
    uint32_t number = 0;
    std::atomic<uint64_t> bits{0}, round{0};
    /// Gives both what either had.
    uint64_t meet(uint64_t mine) {
        bits.store(mine, std::memory_order_relaxed);
        const uint64_t next = round.load(std::memory_order_relaxed) + 1;
        round.store(next, std::memory_order_release);
        while (other->round.load(std::memory_order_acquire) < next) std::this_thread::yield();
        const uint64_t all = mine | other->bits.load(std::memory_order_relaxed);
        round.store(next + 1, std::memory_order_release);
        while (other->round.load(std::memory_order_acquire) < next + 1) std::this_thread::yield();
        round.store(next + 2, std::memory_order_release);
        while (other->round.load(std::memory_order_acquire) < next + 2) std::this_thread::yield();
        return all;
    }
};
struct Half {
    Pair *pair;
    uint32_t rank() const { return pair->number; }
    uint32_t size() const { return 2; }
    void sync() const { pair->meet(0); }
    uint64_t or_all(uint64_t bits) const { return pair->meet(bits); }
};

/// Reads every record or is told how many it missed.
template <class Attempt>
void follow(uint64_t last, Attempt attempt) {
    uint64_t next = 1, read = 0, missed = 0;
    while (next <= last) {
        Record r{};
        Meta meta{};
        Notice notice{};
        switch (attempt(r, meta, notice)) {
        case Read::record:
            CHECK(meta.sequence == next + meta.skipped);
            missed += meta.skipped;
            read += 1;
            next = meta.sequence + 1;
            CHECK(is(r, meta.sequence));
            break;
        case Read::lapped:
            CHECK(notice.missed > 0 && notice.next == next + notice.missed);
            missed += notice.missed;
            next = notice.next;
            break;
        case Read::empty: std::this_thread::yield(); break;
        default: CHECK(false);
        }
    }
    // The last record stays, so that everybody has read that one at least.
    CHECK(read > 0 && read + missed == last);
}

void all_at_once(uint64_t records) {
    Memory m(16);
    m.take_over(1, 1);
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        Reader reader = reader_at(m.ring, 1);
        follow(records, [&](Record &r, Meta &meta, Notice &notice) {
            const Read read = reader.try_next(r, meta);
            notice = reader.notice;
            return read;
        });
    });
    threads.emplace_back([&] {
        Reader reader = reader_at(m.ring, 1);
        follow(records, [&](Record &r, Meta &meta, Notice &notice) {
            const Read read = reader.try_latest(r, meta);
            notice = reader.notice;
            return read;
        });
    });
    // Two threads that copy half of each record.
    Pair pairs[2];
    Record shared{};
    for (uint32_t i = 0; i < 2; ++i) {
        pairs[i].other = &pairs[1 - i];
        pairs[i].number = i;
        threads.emplace_back([&, i] {
            Reader reader = reader_at(m.ring, 1);
            const Half half{&pairs[i]};
            follow(records, [&](Record &r, Meta &meta, Notice &notice) {
                const Read read = reader.try_next(half, &shared, sizeof shared, meta);
                half.sync();
                r = shared;
                half.sync();
                notice = reader.notice;
                return read;
            });
        });
    }
    threads.emplace_back([&] {
        Writer writer = Writer::resume(m.ring);
        for (uint64_t n = 1; n <= records; ++n) {
            writer.publish_record(record(n), {n * 16, 0, 0});
            if (n % 64 == 0) std::this_thread::yield();
        }
    });
    for (std::thread &thread : threads) thread.join();
}

}  // namespace

int main(int count, char **arguments) {
    a_writer_step_by_step();
    a_reader_step_by_step();
    restarts_are_told_before_their_records();
    a_successor_goes_on_after_the_last_complete_record();
    the_newest_of_a_new_writer_is_its_own();
    a_time_is_right_however_far_it_is_from_the_others();
    what_cannot_be_is_refused();
    a_wait_has_an_end();
    times_have_44_bits();
    const uint64_t records = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 0;
    if (records > 0) all_at_once(records);
    std::printf("steps: all well, %llu records\n", static_cast<unsigned long long>(records));
    return 0;
}
