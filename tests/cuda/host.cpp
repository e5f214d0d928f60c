// leyline.cuh without a GPU: the host's logic against a fake runtime, each error, and that none is
// left behind.
#include "leyline.cuh"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace leyline::cuda;
using std::chrono::milliseconds;

namespace {

int failures = 0;

#define CHECK(what)                                                     \
    do {                                                                \
        if (!(what)) {                                                  \
            std::printf("host.cpp:%d: %s\n", __LINE__, #what);          \
            ++failures;                                                 \
        }                                                               \
    } while (false)

template <class S>
void must(S status, int line) {
    if (status.ok()) return;
    std::printf("host.cpp:%d: %s\n", line, status.text());
    std::exit(1);
}
#define OK(call) must((call), __LINE__)

/// That error, its text has these words, and the caller finds nothing pending.
void refuses(Status status, ErrorKind kind, const char *words, int line) {
    const bool said = std::strstr(status.text(), words) != nullptr;
    if (status.kind() != kind || !status.is_error() || !said) {
        std::printf("host.cpp:%d: kind %u: %s\n", line, static_cast<unsigned>(status.kind()), status.text());
        ++failures;
    }
    if (cudaPeekAtLastError() != cudaSuccess) {
        std::printf("host.cpp:%d: an error was left behind\n", line);
        ++failures;
        fake::runtime().last = cudaSuccess;
    }
}
#define REFUSES(kind, words, call) refuses((call), ErrorKind::kind, words, __LINE__)

fake::Runtime &gpu() { return fake::runtime(); }

/// A machine as at first. Nothing may be left of the last one.
void new_machine() {
    CHECK(gpu().registered.empty() && gpu().host.empty() && gpu().device.empty() && gpu().events == 0);
    for (const std::string &what : gpu().wrong) {
        std::printf("host.cpp: %s\n", what.c_str());
        ++failures;
    }
    gpu() = fake::Runtime();
    fake::current() = 0;
}

leyline::ActionSpace actions() {
    leyline::ActionSpace space;
    OK(leyline::ActionSpace::standard("cnn", space));
    return space;
}

struct Link {
    leyline::Segment segment;
    leyline::Trainer trainer;
    leyline::Controller controller;

    explicit Link(std::uint64_t slots = 64, std::uint32_t rows = 1) {
        leyline::LinkOptions shape = {};
        shape.observations = slots;
        shape.rows = rows;
        if (rows > 1) shape.decisions = std::max<std::uint64_t>(shape.decisions, 2 * rows);
        leyline::Spec spec;
        OK(leyline::Spec::of_link(actions(), spec, &shape));
        OK(leyline::Segment::create_memfd("host", spec, segment));
        OK(leyline::Trainer::on(segment, trainer));
        OK(leyline::Controller::on(segment, controller));
    }
    /// Observations from `step` on, of environment step % 4.
    void publish(std::uint64_t step, std::uint64_t count = 1) {
        for (; count > 0; --count, ++step) {
            leyline::Observation o = leyline::init<leyline::Observation>();
            o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(step);
            leyline::Stamp stamp{};
            stamp.env = static_cast<std::uint16_t>(step % 4);
            OK(leyline::Status(leyline_trainer_publish(trainer.raw(), o.values, LEYLINE_FEATURES, nullptr, &stamp, nullptr, nullptr)));
        }
    }
};

float step_of(const float *rows, std::size_t row) { return rows[row * 27 + LEYLINE_FEATURE_GLOBAL_STEP]; }

cudaStream_t stream() {
    cudaStream_t made = nullptr;
    CHECK(cudaStreamCreate(&made) == cudaSuccess);
    return made;
}

// --------------------------------------------------------------------------------------------------------
// finding

void no_gpu_is_told_by_kind() {
    new_machine();
    int found = -1;
    gpu().driver = 0;
    REFUSES(no_driver, "cudaErrorInsufficientDriver, 35", usable(current_device, found));
    gpu().driver = 11040;
    REFUSES(old_driver, CUDART_VERSION == 13050 ? "built with CUDA 13.5, the driver knows 11.4" : "the driver knows 11.4", usable(current_device, found));
    gpu().driver = 13050;
    gpu().devices = 0;
    REFUSES(no_device, "no CUDA-capable device is detected", usable(current_device, found));
    gpu().devices = 2;
    REFUSES(no_device, "no device 2 among 2", usable(2, found));
    REFUSES(no_device, "no device -2 among 2", usable(-2, found));
    CHECK(found == -1);
    for (const cudaError_t stub : {cudaErrorStubLibrary}) {
        fake::fail("cudaGetDeviceCount", stub);
        REFUSES(no_driver, "34", usable(0, found));
    }
    for (const cudaError_t old : {cudaErrorSystemDriverMismatch, cudaErrorCompatNotSupportedOnDevice}) {
        fake::fail("cudaGetDeviceCount", old);
        REFUSES(old_driver, "the driver knows 13.5", usable(0, found));
    }
    fake::current() = 1;
    OK(usable(current_device, found));
    CHECK(found == 1);
}

// ---------------------------------------------------------------------------------------------------------
// pinned

void ranges_are_checked() {
    new_machine();
    const Link link;
    leyline::SegmentInfo info{};
    OK(link.segment.info(info));
    const void *const pages = info.pages;
    const auto *const at = static_cast<const unsigned char *>(pages);
    Registration r;
    REFUSES(empty_range, "empty", Registration::create(nullptr, 4096, Use::read, r));
    REFUSES(empty_range, "empty", Registration::create(pages, 0, Use::read, r));
    REFUSES(empty_range, "empty", Registration::covering(at + 8, 0, Use::read, r));
    REFUSES(unaligned, "page of 4096 bytes", Registration::create(at + 8, 4096, Use::read, r));
    REFUSES(invalid_argument, "ends nowhere", Registration::create(pages, SIZE_MAX, Use::read, r));
    CHECK(gpu().count("cudaHostRegister") == 0 && !r);
    // The last page counts in full, and a range inside is covered by whole pages.
    OK(Registration::create(pages, 4097, Use::read, r));
    CHECK(r && r.bytes() == 8192 && r.host() == pages && gpu().registered.size() == 1);
    OK(Registration::covering(at + 8200, 8, Use::read, r));
    CHECK(r.bytes() == 4096 && r.host() == at + 8192 && gpu().registered.size() == 1);
    OK(r.close());
    OK(r.close());
    CHECK(!r && gpu().registered.empty());
    // Writing where this process may not write: CUDA refuses.
    REFUSES(not_registrable, "cudaErrorInvalidValue, 1", Registration::create(pages, 4096, Use::read_write, r));
}

void pages_are_registered_as_the_device_can() {
    new_machine();
    const Link link;
    Pinned pinned;
    OK(Pinned::create(link.segment, pinned));
    const unsigned both = cudaHostRegisterMapped | cudaHostRegisterPortable;
    CHECK(gpu().registered.begin()->second.flags == (both | cudaHostRegisterReadOnly));
    gpu().registers_read_only = false;
    REFUSES(not_registrable, "mapped read-only; use a Gather", Pinned::create(link.segment, pinned, 1));
    CHECK(pinned && gpu().registered.size() == 1);
    OK(pinned.close());
    gpu().walks_host_page_tables = true;
    OK(Pinned::create(link.segment, pinned));
    CHECK(gpu().registered.begin()->second.flags == both);
    OK(pinned.close());
    gpu().registers = false;
    REFUSES(not_registrable, "registers no host memory", Pinned::create(link.segment, pinned));
    leyline::Segment none;
    REFUSES(link, "segment", Pinned::create(none, pinned));
}

void cuda_refuses_in_its_own_words() {
    new_machine();
    const Link link;
    Pinned pinned, other;
    fake::fail("cudaHostRegister", cudaErrorMemoryAllocation);
    REFUSES(not_registrable, "cudaErrorOfTheFake, 2: words of the fake; the segment has to be on tmpfs",
            Pinned::create(link.segment, pinned));
    fake::fail("cudaHostRegister", cudaErrorNotSupported);
    REFUSES(not_registrable, "801", Pinned::create(link.segment, pinned));
    fake::fail("cudaHostGetDevicePointer", cudaErrorInvalidValue);
    REFUSES(not_registrable, "asking where a device has the pages", Pinned::create(link.segment, pinned));
    CHECK(gpu().registered.empty() && !pinned);
    fake::fail("cudaDeviceGetAttribute", cudaErrorInvalidValue);
    REFUSES(other, "registering pages", Pinned::create(link.segment, pinned));
    OK(Pinned::create(link.segment, pinned));
    REFUSES(already_registered, "one Pinned of a segment handle", Pinned::create(link.segment, other));
    fake::fail("cudaHostUnregister", cudaErrorHostMemoryNotRegistered);
    REFUSES(other, "unregistering", pinned.close());
    CHECK(!pinned);
    gpu().registered.clear();
    OK(Pinned::create(link.segment, pinned));
    // The process ends: not worth a word.
    fake::fail("cudaHostUnregister", cudaErrorCudartUnloading);
    OK(pinned.close());
    gpu().registered.clear();
    gpu().last = cudaSuccess;
}

void a_mapping_outlives_its_registration() {
    new_machine();
    Pinned kept;
    {
        const Link first, second;
        OK(Pinned::create(first.segment, kept));
        CHECK(kept.bytes() > 4096 && std::memcmp(kept.host(), "LEYLINE", 8) == 0);
        Pinned later;
        OK(Pinned::create(second.segment, later));
        // The one that is replaced goes: its pages before its mapping.
        Pinned moved(std::move(later));
        CHECK(!later && moved);
        kept = std::move(moved);
        CHECK(gpu().registered.size() == 1);
    }
    // All handles of the link are closed, and the pages are there.
    CHECK(std::memcmp(kept.host(), "LEYLINE", 8) == 0);
    kept = Pinned();
    CHECK(gpu().registered.empty() && gpu().wrong.empty());
}

void addresses_are_translated() {
    new_machine();
    const Link link;
    gpu().offset = std::size_t{1} << 40;
    Pinned pinned;
    OK(Pinned::create(link.segment, pinned, 1));
    leyline::DeviceRing ring{};
    OK(pinned.segment().device_ring("observations", ring));
    const auto *const data = static_cast<const unsigned char *>(ring.data);
    CHECK(reinterpret_cast<std::uintptr_t>(pinned.device_pointer(data, ring.data_len)) ==
          reinterpret_cast<std::uintptr_t>(data) + gpu().offset);
    const auto *const begin = static_cast<const unsigned char *>(pinned.host());
    CHECK(pinned.device_pointer(begin, pinned.bytes()) != nullptr);
    CHECK(pinned.device_pointer(begin, pinned.bytes() + 1) == nullptr);
    CHECK(pinned.device_pointer(begin - 1) == nullptr && pinned.device_pointer(begin + pinned.bytes()) == nullptr);
    int unrelated = 0;
    CHECK(pinned.device_pointer(&unrelated) == nullptr && Pinned().device_pointer(begin) == nullptr);
}

/// Ours must not hide what the caller has not looked at yet, and what ended a context stays.
void a_pending_error_is_the_callers() {
    new_machine();
    const Link link;
    gpu().last = cudaErrorInvalidDevice;
    {
        Pinned pinned;
        OK(Pinned::create(link.segment, pinned));
        Gather gather;
        OK(Gather::create(link.controller, 4, gather));
    }
    CHECK(cudaGetLastError() == cudaErrorInvalidDevice && cudaGetLastError() == cudaSuccess);
    Pinned pinned, other;
    OK(Pinned::create(link.segment, pinned));
    gpu().dead = true;
    Status s = Pinned::create(link.segment, other);
    CHECK(s.kind() == ErrorKind::context_lost && s.error() == cudaErrorIllegalAddress);
    CHECK(std::strstr(s.text(), "an illegal memory access was encountered; a kernel ended") != nullptr);
    s = pinned.close();
    CHECK(s.kind() == ErrorKind::context_lost && !pinned);
    gpu().dead = false;
    gpu().registered.clear();
}

// ---------------------------------------------------------------------------------------------------------
// gather

void a_batch_arrives_in_one_copy() {
    new_machine();
    Link link;
    Gather gather;
    GatherOptions options;
    options.masks = true;
    OK(Gather::create(link.controller, 8, gather, options));
    CHECK(gather && gather.capacity() == 8 && gather.width() == 27);
    const cudaStream_t on = stream();
    Batch batch;
    CHECK(gather.try_next(link.controller, on, batch).code() == LEYLINE_EMPTY);
    CHECK(gpu().count("cudaMemcpyAsync") == 0 && batch.host == nullptr);
    link.publish(10, 5);
    OK(gather.try_next(link.controller, on, batch));
    CHECK(gpu().count("cudaMemcpyAsync") == 1);
    CHECK(batch.rows == 5 && batch.width == 27 && batch.actions == 7 && batch.marks == nullptr);
    CHECK(gpu().host.count(const_cast<float *>(batch.host)) == 1 && gpu().device.count(const_cast<float *>(batch.device)) == 1);
    CHECK(cudaStreamSynchronize(on) == cudaSuccess);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(step_of(batch.host, i) == static_cast<float>(10 + i) && step_of(batch.device, i) == static_cast<float>(10 + i));
        CHECK(batch.metas[i].sequence == i + 1 && batch.env[i] == (10 + i) % 4 && batch.flags[i] == 0);
    }
    CHECK(std::memcmp(batch.host, batch.device, 5 * 27 * 4) == 0);
    // No seed and no free slot: WAIT only, for each.
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(batch.device_masks[i * 7] == 1 && std::count(batch.device_masks + i * 7, batch.device_masks + i * 7 + 7, 1) == 1);
    }
    CHECK(std::memcmp(batch.host_masks, batch.device_masks, 5 * 7) == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(batch.device_masks) % 256 == 0);
    // More than fit come in the next one, in order, on any stream; waiting for them is over at
    // once.
    link.publish(15, 11);
    OK(gather.next(link.controller, leyline::Wait::spin(milliseconds(0)), 8, on, batch));
    CHECK(batch.rows == 8 && step_of(batch.host, 0) == 15.0f);
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(batch.rows == 3 && step_of(batch.host, 2) == 25.0f);
    CHECK(gpu().count("cudaMemcpyAsync") == 3);
    // An observer of the same ring.
    leyline::Schema schema;
    leyline::Observer<leyline::Observation> observer;
    OK(leyline::Schema::of<leyline::Observation>(schema));
    OK(leyline::Observer<leyline::Observation>::open(link.segment, "observations", schema, LEYLINE_START_OLDEST, observer));
    fake::run(on);
    fake::run(nullptr);
    OK(gather.try_next(observer, on, batch));
    CHECK(batch.rows == 8 && step_of(batch.host, 0) == 10.0f);
    gather.close();
    CHECK(!gather && on->work.empty());
    REFUSES(invalid_argument, "the gather is empty", gather.try_next(link.controller, on, batch));
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

void a_copy_in_flight_is_not_written_over() {
    new_machine();
    Link link;
    Gather gather;
    OK(Gather::create(link.controller, 4, gather));
    const cudaStream_t on = stream();
    Batch first, second, third;
    link.publish(1, 4);
    OK(gather.try_next(link.controller, on, first));
    link.publish(5, 4);
    OK(gather.try_next(link.controller, on, second));
    CHECK(first.host != second.host && first.device != second.device);
    // Both are still being copied: nothing is read from the ring, and nobody waits without being
    // asked to.
    link.publish(9, 4);
    Status s = gather.try_next(link.controller, on, third);
    CHECK(s.kind() == ErrorKind::busy && s.is_notice() && !s.is_error() && third.rows == 0);
    CHECK(cudaPeekAtLastError() == cudaSuccess);
    s = gather.next(link.controller, leyline::Wait::sleep(milliseconds(2)), 1, on, third);
    CHECK(s.kind() == ErrorKind::busy && std::strstr(s.text(), "being copied") != nullptr);
    fake::run(on);
    OK(gather.try_next(link.controller, on, third));
    CHECK(third.rows == 4 && step_of(third.host, 0) == 9.0f && third.host == first.host);
    fake::run(on);
    CHECK(step_of(second.device, 0) == 5.0f && step_of(third.device, 3) == 12.0f);
    // It goes while a copy is under way: that is waited for, since it reads the staging.
    link.publish(13, 4);
    OK(gather.try_next(link.controller, on, first));
    gather = Gather();
    CHECK(on->work.empty() && gpu().host.empty());
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

void what_the_ring_says_is_passed_on() {
    new_machine();
    Link link(16);
    Gather gather;
    OK(Gather::create(link.controller, 16, gather));
    Batch batch;
    leyline::Notice notice{};
    // Overtaken: the count is exact, and what is left comes.
    link.publish(1, 40);
    CHECK(gather.try_next(link.controller, nullptr, batch, &notice).code() == LEYLINE_LAPPED);
    CHECK(batch.rows == 0 && gpu().count("cudaMemcpyAsync") == 0);
    const std::uint64_t missed = notice.missed;
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(missed + batch.rows == 40 && step_of(batch.host, batch.rows - 1) == 40.0f);
    // A new trainer comes between rows: those before it are sent, and it is told.
    link.publish(41, 2);
    link.trainer.close();
    OK(leyline::Trainer::on(link.segment, link.trainer));
    link.publish(43, 1);
    const Status s = gather.try_next(link.controller, nullptr, batch, &notice);
    CHECK(s.code() == LEYLINE_RESTARTED && s.is_notice() && batch.rows == 2 && notice.generation == 2);
    CHECK(gpu().count("cudaMemcpyAsync") == 2);
    fake::run(nullptr);
    link.trainer.close();
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(batch.rows == 1 && step_of(batch.host, 0) == 43.0f);
    fake::run(nullptr);
    CHECK(gather.next(link.controller, leyline::Wait::sleep(milliseconds(50)), 1, nullptr, batch).is_gone());
    CHECK(batch.rows == 1);
}

/// A writer of the link's observations that checks nothing.
leyline::Writer<leyline::Observation> in_place_of_the_trainer(Link& link) {
    link.trainer.close();
    leyline::Schema schema;
    leyline::Writer<leyline::Observation> writer;
    OK(leyline::Schema::of<leyline::Observation>(schema));
    OK(leyline::Writer<leyline::Observation>::open(link.segment, "observations", schema, writer));
    return writer;
}

void rows_are_checked_before_they_are_sent() {
    new_machine();
    Link link;
    // What no trainer sends by itself: its values are brought into their bounds first.
    leyline::Writer<leyline::Observation> writer = in_place_of_the_trainer(link);
    leyline::Observation bad = leyline::init<leyline::Observation>();
    bad.values[LEYLINE_FEATURE_VAL_LOSS] = std::nanf("");
    OK(writer.publish(leyline::init<leyline::Observation>()));
    OK(writer.publish(bad));
    Gather gather;
    OK(Gather::create(link.controller, 8, gather));
    Batch batch;
    CHECK(gather.try_next(link.controller, nullptr, batch).code() == LEYLINE_RESTARTED);
    // It is left out and told of; those around it are sent.
    OK(writer.publish(leyline::init<leyline::Observation>()));
    leyline::Observation good = leyline::init<leyline::Observation>();
    good.values[LEYLINE_FEATURE_GLOBAL_STEP] = 7.0F;
    OK(writer.publish(good));
    Status s = gather.try_next(link.controller, nullptr, batch);
    CHECK(s.kind() == ErrorKind::rejected && s.is_notice() && !s.is_error() && !s.ok());
    CHECK(std::strstr(s.text(), "1 rows were left out, first of sequence 2") != nullptr && std::strstr(s.text(), "VAL_LOSS") != nullptr);
    CHECK(batch.rows == 3 && batch.rejected == 1 && step_of(batch.host, 2) == 7.0F);
    CHECK(batch.metas[0].sequence == 1 && batch.metas[1].sequence == 3 && batch.metas[2].sequence == 4);
    fake::run(nullptr);
    OK(writer.publish(bad));
    const std::size_t sent = gpu().count("cudaMemcpyAsync");
    s = gather.try_next(link.controller, nullptr, batch);
    CHECK(s.kind() == ErrorKind::rejected && batch.rows == 0 && batch.rejected == 1);
    CHECK(gpu().count("cudaMemcpyAsync") == sent);
    GatherOptions any;
    any.check = Check::records_only;
    OK(Gather::create(link.controller, 8, gather, any));
    OK(writer.publish(bad));
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(batch.rows == 1 && std::isnan(batch.host[LEYLINE_FEATURE_VAL_LOSS]));
    fake::run(nullptr);
}

void by_environment_a_block_is_complete() {
    new_machine();
    Link link;
    Gather gather;
    GatherOptions options;
    options.masks = true;
    OK(Gather::create(link.controller, 6, gather, options));
    Batch batch;
    CHECK(gather.try_latest_by_env(link.controller, nullptr, batch).code() == LEYLINE_EMPTY);
    link.publish(0, 4);
    OK(gather.try_latest_by_env(link.controller, nullptr, batch));
    fake::run(nullptr);
    CHECK(batch.rows == 6 && batch.gathered.changed == 4 && batch.metas == nullptr);
    link.publish(5, 1);
    OK(gather.latest_by_env(link.controller, leyline::Wait::spin(milliseconds(0)), nullptr, batch));
    fake::run(nullptr);
    // Another block than before: the rows without news came along.
    const float expected[6] = {0.0f, 5.0f, 2.0f, 3.0f, 0.0f, 0.0f};
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(step_of(batch.device, i) == expected[i] && batch.env[i] == i);
        CHECK((batch.marks[i].records != 0) == (i == 1) && (batch.marks[i].sequence != 0) == (i < 4));
    }
    CHECK(batch.device_masks[1 * 7] == 1);
    const std::int64_t wait[6] = {};
    std::size_t decided = 0;
    OK(link.controller.decide_by_env(batch.marks, wait, 6, decided));
    CHECK(decided == 1);
}

/// A bad row is told of, and neither keeps the others' from coming nor later ones.
void by_environment_a_bad_row_stays_as_it_was() {
    new_machine();
    Link link;
    leyline::Writer<leyline::Observation> writer = in_place_of_the_trainer(link);
    const auto send = [&](std::uint16_t env, float step, bool is_good, std::uint8_t flags) {
        leyline::Observation o = leyline::init<leyline::Observation>();
        o.values[LEYLINE_FEATURE_GLOBAL_STEP] = step;
        if (!is_good) o.values[LEYLINE_FEATURE_VAL_LOSS] = std::nanf("");
        leyline::Stamp stamp{};
        stamp.env = env;
        stamp.flags = flags;
        OK(writer.publish(o, &stamp));
    };
    Gather gather;
    OK(Gather::create(link.controller, 3, gather));
    Batch first, second, third;
    send(0, 1.0F, true, 0);
    send(1, 2.0F, true, 0);
    CHECK(gather.try_latest_by_env(link.controller, nullptr, first).code() == LEYLINE_RESTARTED);
    OK(gather.try_latest_by_env(link.controller, nullptr, first));
    CHECK(first.rejected == 0 && first.gathered.changed == 2);
    fake::run(nullptr);
    send(0, 3.0F, true, 0);
    send(1, 4.0F, true, LEYLINE_FLAG_TERMINATED);
    send(1, 5.0F, false, 0);
    const Status s = gather.try_latest_by_env(link.controller, nullptr, second);
    CHECK(s.kind() == ErrorKind::rejected && s.is_notice() && std::strstr(s.text(), "environment 1: ") != nullptr);
    CHECK(second.rows == 3 && second.rejected == 1 && second.gathered.changed == 1);
    CHECK(step_of(second.host, 0) == 3.0F && step_of(second.host, 1) == 2.0F);
    CHECK(second.marks[0].records == 1 && second.marks[1].records == 0 && second.marks[1].sequence == 2);
    // The end of its episode is told.
    CHECK((second.marks[1].all_flags & LEYLINE_FLAG_TERMINATED) != 0);
    // The marks of a batch are its own.
    CHECK(first.marks != second.marks && first.marks[1].records == 1 && first.marks[0].sequence == 1);
    fake::run(nullptr);
    // Nothing bad is left to be found again.
    send(0, 6.0F, true, 0);
    OK(gather.try_latest_by_env(link.controller, nullptr, third));
    CHECK(step_of(third.host, 0) == 6.0F && step_of(third.host, 1) == 2.0F && third.marks[1].all_flags == 0);
    fake::run(nullptr);
    // Nothing but a bad one.
    send(2, 7.0F, false, 0);
    CHECK(gather.try_latest_by_env(link.controller, nullptr, third).kind() == ErrorKind::rejected);
    CHECK(third.rows == 0 && third.rejected == 1);
    // A copy that cannot start loses nothing: it comes with the next, without more news.
    send(1, 8.0F, true, 0);
    fake::fail("cudaMemcpyAsync", cudaErrorInvalidValue);
    REFUSES(other, "sending a batch", gather.try_latest_by_env(link.controller, nullptr, third));
    OK(gather.latest_by_env(link.controller, leyline::Wait::spin(milliseconds(0)), nullptr, third));
    CHECK(third.gathered.changed == 1 && third.marks[1].records == 1 && step_of(third.host, 1) == 8.0F);
    fake::run(nullptr);
    CHECK(gather.try_latest_by_env(link.controller, nullptr, third).code() == LEYLINE_EMPTY);
}

void a_slot_of_rows_is_a_batch() {
    new_machine();
    Link link(16, 4);
    Gather gather, wrong;
    OK(Gather::create(link.controller, 4, gather));
    OK(Gather::create(link.controller, 3, wrong));
    Batch batch;
    CHECK(gather.try_next_rows(link.controller, nullptr, batch).code() == LEYLINE_EMPTY);
    float rows[4 * 27];
    const std::uint16_t env[4] = {7, 6, 5, 4};
    const std::uint8_t flags[4] = {0, LEYLINE_FLAG_FIRST, 0, 0};
    const leyline::Observation none = leyline::init<leyline::Observation>();
    for (std::size_t i = 0; i < 4; ++i) {
        std::memcpy(rows + i * 27, none.values, sizeof none);
        rows[i * 27 + LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(i);
    }
    OK(link.trainer.publish_rows(rows, 4 * 27, env, flags, 4));
    OK(gather.next_rows(link.controller, leyline::Wait::spin(milliseconds(0)), nullptr, batch));
    fake::run(nullptr);
    CHECK(batch.rows == 4 && std::memcmp(batch.device, rows, sizeof rows) == 0);
    CHECK(batch.env[0] == 7 && batch.flags[1] == LEYLINE_FLAG_FIRST && batch.metas[0].sequence == 1);
    OK(link.trainer.publish_rows(rows, 4 * 27, env, flags, 4));
    OK(gather.try_latest_rows(link.controller, nullptr, batch));
    CHECK(batch.metas[0].sequence == 2);
    fake::run(nullptr);
    REFUSES(invalid_argument, "another size than a slot", wrong.try_next_rows(link.controller, nullptr, batch));
}

void a_gather_is_refused_by_kind() {
    new_machine();
    const Link link(64);
    Gather gather;
    Batch batch;
    REFUSES(batch_too_large, "65 rows from a ring of 64", Gather::create(link.controller, 65, gather));
    REFUSES(invalid_argument, "0 rows", Gather::create(link.controller, 0, gather));
    GatherOptions options;
    for (const std::uint32_t blocks : {0u, 1u, 17u}) {
        options.blocks = blocks;
        REFUSES(invalid_argument, "2 to 16", Gather::create(link.controller, 8, gather, options));
    }
    REFUSES(link, "nobody", Gather::create(link.segment, "nobody", 8, gather));
    REFUSES(invalid_argument, "no rows of floats", Gather::create(link.segment, "decisions.0", 8, gather));
    options = {};
    options.device = 5;
    REFUSES(no_device, "no device 5", Gather::create(link.controller, 8, gather, options));
    gpu().driver = 0;
    REFUSES(no_driver, "insufficient", Gather::create(link.controller, 8, gather));
    gpu().driver = 13050;
    REFUSES(link, "controller", Gather::create(leyline::Controller(), 8, gather));
    // Whatever fails half-way leaves nothing allocated, and the device as it was.
    options.device = 1;
    for (const char *call : {"cudaSetDevice", "cudaHostAlloc", "cudaMalloc", "cudaEventCreateWithFlags"}) {
        for (int after = 0; after < (std::strcmp(call, "cudaSetDevice") == 0 ? 1 : 2); ++after) {
            fake::fail(call, cudaErrorMemoryAllocation, after);
            REFUSES(out_of_memory, "making a gather", Gather::create(link.controller, 8, gather, options));
            CHECK(gpu().host.empty() && gpu().device.empty() && gpu().events == 0 && fake::current() == 0 && !gather);
        }
    }
    OK(Gather::create(link.controller, 8, gather, options));
    CHECK(gather.device() == 1 && fake::current() == 0);
    // A stream of another device; the default stream is the current device's.
    REFUSES(other_device, "of device 0, the gather of device 1", gather.try_next(const_cast<Link &>(link).controller, nullptr, batch));
    fake::current() = 1;
    const_cast<Link &>(link).publish(1);
    OK(gather.try_next(const_cast<Link &>(link).controller, nullptr, batch));
    fake::current() = 0;
}

void a_copy_that_cannot_start_is_told() {
    new_machine();
    Link link;
    Gather gather;
    OK(Gather::create(link.controller, 8, gather));
    Batch batch;
    const auto once = [&](const char *call, cudaError_t error) {
        link.publish(1);
        fake::fail(call, error);
        return gather.try_next(link.controller, nullptr, batch);
    };
    REFUSES(other, "sending a batch", once("cudaMemcpyAsync", cudaErrorInvalidValue));
    fake::fail("cudaEventRecord", cudaErrorInvalidResourceHandle);
    REFUSES(other_device, "marking the end of a copy", once("cudaNothing", cudaSuccess));
    // Its copy was under way without an event to say when it is over: it was waited for.
    CHECK(fake::of(nullptr)->work.empty() && batch.rows == 0);
#if CUDART_VERSION >= 12080
    REFUSES(other, "asking a stream for its device", once("cudaStreamGetDevice", cudaErrorInvalidValue));
#endif
    OK(once("cudaNothing", cudaSuccess));
    OK(once("cudaNothing", cudaSuccess));
    REFUSES(other, "whether a batch was copied", once("cudaEventQuery", cudaErrorInvalidValue));
    fake::run(nullptr);
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(batch.rows == 1);
    fake::run(nullptr);
}

// ---------------------------------------------------------------------------------------------------------
// DLPack

void tensors_say_what_they_are() {
    new_machine();
    Link link;
    GatherOptions options;
    options.masks = true;
    options.device = 1;
    fake::current() = 1;
    Gather gather;
    OK(Gather::create(link.controller, 8, gather, options));
    link.publish(1, 3);
    Batch batch;
    const cudaStream_t on = stream(), reader = stream();
    OK(gather.try_next(link.controller, on, batch));
    dlpack::ManagedTensorVersioned *there = nullptr, *here = nullptr, *masks = nullptr, *host_masks = nullptr;
    OK(gather.to_dlpack(batch, Part::device_rows, reader, there));
    OK(gather.to_dlpack(batch, Part::host_rows, nullptr, here));
    OK(gather.to_dlpack(batch, Part::device_masks, on, masks));
    OK(gather.to_dlpack(batch, Part::host_masks, nullptr, host_masks));
    CHECK(there->version.major == 1 && there->flags == 0 && there->dl_tensor.data == batch.device);
    CHECK(there->dl_tensor.device.device_type == 2 && there->dl_tensor.device.device_id == 1);
    CHECK(there->dl_tensor.ndim == 2 && there->dl_tensor.byte_offset == 0);
    CHECK(there->dl_tensor.dtype.code == 2 && there->dl_tensor.dtype.bits == 32 && there->dl_tensor.dtype.lanes == 1);
    CHECK(there->dl_tensor.shape[0] == 3 && there->dl_tensor.shape[1] == 27);
    CHECK(there->dl_tensor.strides[0] == 27 && there->dl_tensor.strides[1] == 1);
    CHECK(here->dl_tensor.device.device_type == 1 && here->flags == dlpack::read_only && here->dl_tensor.data == batch.host);
    CHECK(masks->dl_tensor.dtype.code == 0 && masks->dl_tensor.dtype.bits == 8 && masks->dl_tensor.strides[0] == 7);
    CHECK(host_masks->dl_tensor.data == batch.host_masks && host_masks->flags == dlpack::read_only);
    // The consumer's stream waits for the copy.
    fake::run(reader);
    CHECK(step_of(static_cast<float *>(there->dl_tensor.data), 2) == 3.0f);
    // What is held is gone around.
    Batch other;
    link.publish(4);
    OK(gather.try_next(link.controller, on, other));
    CHECK(other.host != batch.host);
    fake::run(on);
    link.publish(5);
    OK(gather.try_next(link.controller, on, batch = Batch()));
    Batch last = batch;
    CHECK(batch.host == other.host);
    REFUSES(stale, "filled again", gather.to_dlpack(other, Part::host_rows, nullptr, here));
    fake::run(on);
    dlpack::ManagedTensorVersioned *held = nullptr;
    OK(gather.to_dlpack(last, Part::host_rows, nullptr, held));
    REFUSES(in_use, "held as DLPack", gather.try_next(link.controller, on, batch));
    // One of four is not enough; the last may go on another thread, and after the gather has gone.
    there->deleter(there);
    here->deleter(here);
    masks->deleter(masks);
    REFUSES(in_use, "held as DLPack", gather.try_next(link.controller, on, batch));
    const float *const rows = static_cast<const float *>(held->dl_tensor.data);
    gather.close();
    CHECK(gpu().host.size() == 2 && step_of(rows, 0) == 5.0f);
    std::thread([&] {
        held->deleter(held);
        host_masks->deleter(host_masks);
    }).join();
    CHECK(gpu().host.empty() && gpu().device.empty() && gpu().events == 0);
    CHECK(cudaStreamDestroy(on) == cudaSuccess && cudaStreamDestroy(reader) == cudaSuccess);
}

void what_is_no_tensor_is_refused() {
    new_machine();
    Link link;
    Gather gather, other;
    OK(Gather::create(link.controller, 8, gather));
    OK(Gather::create(link.controller, 8, other));
    dlpack::ManagedTensorVersioned *tensor = nullptr;
    Batch batch;
    REFUSES(invalid_argument, "no batch", gather.to_dlpack(batch, Part::host_rows, nullptr, tensor));
    link.publish(1);
    OK(gather.try_next(link.controller, nullptr, batch));
    REFUSES(invalid_argument, "no batch", other.to_dlpack(batch, Part::host_rows, nullptr, tensor));
    REFUSES(invalid_argument, "no masks", gather.to_dlpack(batch, Part::host_masks, nullptr, tensor));
    fake::fail("cudaStreamWaitEvent", cudaErrorInvalidValue);
    REFUSES(other, "giving a batch out", gather.to_dlpack(batch, Part::device_rows, nullptr, tensor));
    CHECK(tensor == nullptr);
    // One without a version cannot say that the host's part is only read.
    dlpack::ManagedTensor *older = nullptr;
    REFUSES(invalid_argument, "only to be read", gather.to_dlpack(batch, Part::host_rows, nullptr, older));
    OK(gather.to_dlpack(batch, Part::device_rows, nullptr, older));
    CHECK(older->dl_tensor.data == batch.device && older->dl_tensor.shape[1] == 27 && older->dl_tensor.strides[0] == 27);
    older->deleter(older);
    // A batch whose block was filled again is none, also where that failed; and is one still where
    // nothing came.
    fake::run(nullptr);
    Batch later;
    link.publish(2);
    OK(gather.try_next(link.controller, nullptr, later));
    fake::run(nullptr);
    CHECK(gather.try_next(link.controller, nullptr, later).code() == LEYLINE_EMPTY);
    OK(gather.to_dlpack(batch, Part::host_rows, nullptr, tensor));
    tensor->deleter(tensor);
    link.publish(3);
    fake::fail("cudaMemcpyAsync", cudaErrorInvalidValue);
    REFUSES(other, "sending a batch", gather.try_next(link.controller, nullptr, later));
    REFUSES(stale, "filled again", gather.to_dlpack(batch, Part::host_rows, nullptr, tensor));
    gather = std::move(other);
    CHECK(!other && gather);
}

// --------------------------------------------------------------------------------------------------
// device writer

void a_ring_is_found_for_kernels() {
    new_machine();
    Link link;
    Pinned pinned;
    OK(Pinned::create(link.segment, pinned));
    leyline::device::Ring ring{};
    OK(pinned.ring("observations", ring));
    CHECK(ring.capacity == 64 && ring.stride == 128 && ring.rows == 1 && ring.record_size == 108);
    leyline::device::Reader reader = leyline::device::Reader::from_now(ring);
    leyline::Observation o{};
    leyline::device::Meta meta{};
    CHECK(reader.try_next(o, meta) == leyline::device::Read::empty);
    link.publish(3, 2);
    CHECK(reader.try_next(o, meta) == leyline::device::Read::record && meta.sequence == 1 && meta.env == 3);
    CHECK(o.values[LEYLINE_FEATURE_GLOBAL_STEP] == 3.0f);
    CHECK(reader.try_latest(o, meta) == leyline::device::Read::record && meta.sequence == 2 && meta.skipped == 0);
    CHECK(pinned.ring("none", ring).code() == LEYLINE_ERR_NO_SUCH_RING && ring.capacity == 64);
}

/// A kernel of the fake's, which has no kernels: the twin on the host.
void kernel(cudaStream_t on, leyline::device::Writer *writer, leyline::device::BoxTable box, std::vector<float> row) {
    fake::of(on)->work.emplace_back([=] {
        const leyline::device::Published published = writer->publish(box, row.data(), {0, 7, 0});
        CHECK(published.sequence != 0);
    });
}

void a_device_writes_until_it_gives_back() {
    new_machine();
    cudaStream_t const on = stream();
    {
        Link link;
        link.publish(1, 2);
        DeviceWriter device;
        CHECK(!device && device.writer() == nullptr && device.clock().now() == 0);
        REFUSES(invalid_argument, "empty", device.give_back());
        OK(DeviceWriter::create(link.trainer, on, device));
        CHECK(device && gpu().registered.size() == 2 && gpu().device.size() == 1 && gpu().host.size() == 1);
        for (const auto &[at, range] : gpu().registered) CHECK((range.flags & cudaHostRegisterReadOnly) == 0);
        CHECK(link.trainer.is_handed_over() && device.ring().capacity == 64 && device.box().width() == 27);
        CHECK(device.writer()->next_sequence == 3 && *device.stop_word() == 0);
        CHECK(link.trainer.publish(leyline::init<leyline::Observation>()).code() == LEYLINE_ERR_HANDED_OVER);
        DeviceWriter second;
        CHECK(DeviceWriter::create(link.trainer, on, second).code() == LEYLINE_ERR_HANDED_OVER && !second);

        std::vector<float> row(27);
        kernel(on, device.writer(), device.box(), row);
        row[LEYLINE_FEATURE_VAL_LOSS] = std::nanf("");
        row[LEYLINE_FEATURE_EPOCH] = 2.5F;
        row[LEYLINE_FEATURE_BEST_VAL_LOSS] = INFINITY;
        kernel(on, device.writer(), device.box(), row);
        // It goes on where it was moved to.
        DeviceWriter moved(std::move(device));
        CHECK(!device && moved);
        std::uint64_t published = 99;
        OK(moved.give_back(&published));
        CHECK(published == 2 && !moved && !link.trainer.is_handed_over());
        CHECK(gpu().registered.empty() && gpu().device.empty() && gpu().host.empty());
        leyline::Observation o{};
        leyline::Meta meta{};
        for (std::uint64_t n = 1; n <= 4; ++n) OK(link.controller.next(o, meta));
        CHECK(meta.sequence == 4 && meta.env == 7 && meta.flags == LEYLINE_FLAG_SANITIZED && meta.generation == 1);
        CHECK(o.values[LEYLINE_FEATURE_VAL_LOSS] == 1e6F && o.values[LEYLINE_FEATURE_EPOCH] == 2.0F);
        CHECK(o.values[LEYLINE_FEATURE_BEST_VAL_LOSS] == 10.0F);
        link.publish(5);
        OK(link.controller.next(o, meta));
        CHECK(meta.sequence == 5 && meta.generation == 1);
        // The end of the object is as good.
        {
            DeviceWriter scoped;
            OK(DeviceWriter::create(link.trainer, on, scoped));
            kernel(on, scoped.writer(), scoped.box(), std::vector<float>(27));
        }
        CHECK(!link.trainer.is_handed_over() && gpu().registered.empty());
        link.publish(7);
        OK(link.controller.next(o, meta));
        OK(link.controller.next(o, meta));
        CHECK(meta.sequence == 7);
    }
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

void a_ring_that_cannot_be_handed_over_stays_the_hosts() {
    new_machine();
    cudaStream_t const on = stream();
    Link link;
    DeviceWriter device;
    const struct {
        const char *call;
        int after;
    } steps[] = {{"cudaGetDeviceCount", 0}, {"cudaHostRegister", 0},       {"cudaHostRegister", 1},
                 {"cudaHostAlloc", 0},      {"cudaMalloc", 0},             {"cudaMemcpy", 0},
                 {"cudaHostGetDevicePointer", 1}};
    for (const auto &step : steps) {
        fake::fail(step.call, cudaErrorInvalidValue, step.after);
        const Status status = DeviceWriter::create(link.trainer, on, device);
        CHECK(status.is_error() && std::strstr(status.text(), "cudaErrorInvalidValue") != nullptr && !device);
        CHECK(gpu().failing.empty() && cudaPeekAtLastError() == cudaSuccess);
        CHECK(gpu().registered.empty() && gpu().device.empty() && gpu().host.empty());
        CHECK(!link.trainer.is_handed_over());
        link.publish(1);
    }
    leyline::Trainer none;
    CHECK(!DeviceWriter::create(none, on, device).ok() && !device);
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

void a_ring_is_not_taken_back_from_a_device_that_nobody_knows_of() {
    new_machine();
    cudaStream_t const on = stream();
    Link link;
    {
        DeviceWriter device;
        OK(DeviceWriter::create(link.trainer, on, device));
        fake::fail("cudaStreamSynchronize", cudaErrorInvalidValue);
        REFUSES(other, "giving a ring back", device.give_back());
        CHECK(device && link.trainer.is_handed_over());
        // It may have been for once.
        OK(device.give_back());
        CHECK(!link.trainer.is_handed_over());
        OK(DeviceWriter::create(link.trainer, on, device));
        gpu().dead = true;
        CHECK(device.give_back().kind() == ErrorKind::context_lost && link.trainer.is_handed_over());
    }
    // The object is gone; the ring stays marked, and nobody goes on in it.
    CHECK(link.trainer.is_handed_over());
    for (const auto &[memory, bytes] : gpu().host) std::free(memory);
    for (const auto &[memory, bytes] : gpu().device) std::free(memory);
    gpu() = fake::Runtime();
    link.trainer.close();
    leyline::Trainer next;
    CHECK(leyline::Trainer::on(link.segment, next).code() == LEYLINE_ERR_LEFT_TO_DEVICE);
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

/// Another thread cannot name this one's stream.
void a_ring_is_given_back_by_another_thread_than_published() {
    new_machine();
    Link link;
    DeviceWriter device;
    OK(DeviceWriter::create(link.trainer, cudaStreamPerThread, device));
    kernel(cudaStreamPerThread, device.writer(), device.box(), std::vector<float>(27));
    std::uint64_t published = 0;
    std::thread([&] { OK(device.give_back(&published)); }).join();
    CHECK(published == 1);
    fake::run(cudaStreamPerThread);
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
    OK(DeviceWriter::create(link.trainer, nullptr, device));
    kernel(nullptr, device.writer(), device.box(), std::vector<float>(27));
    std::thread([&] { OK(device.give_back(&published)); }).join();
    CHECK(published == 1);
    fake::run(nullptr);
#endif
}

void nothing_is_let_go_of_that_a_device_may_still_use() {
    new_machine();
    cudaStream_t const on = stream();
    Link link;
    {
        // Where its stream cannot be waited for, the device is: all is well.
        DeviceWriter device;
        OK(DeviceWriter::create(link.trainer, on, device));
        kernel(on, device.writer(), device.box(), std::vector<float>(27));
        fake::fail("cudaStreamSynchronize", cudaErrorInvalidValue);
        OK(device.close());
        CHECK(on->work.empty() && !device && !link.trainer.is_handed_over() && gpu().registered.empty());
        leyline::Observation o{};
        leyline::Meta meta{};
        OK(link.controller.next(o, meta));
        CHECK(meta.sequence == 1);
        // Where neither can, its memory stays, and somebody is told.
        OK(DeviceWriter::create(link.trainer, on, device));
        kernel(on, device.writer(), device.box(), std::vector<float>(27));
        fake::fail("cudaStreamSynchronize", cudaErrorInvalidValue);
        fake::fail("cudaDeviceSynchronize", cudaErrorInvalidValue);
        REFUSES(other, "its pages stay registered", device.close());
        CHECK(!device && link.trainer.is_handed_over());
    }
    CHECK(gpu().registered.size() == 2 && gpu().host.size() == 1 && gpu().device.size() == 1);
    // Also when the trainer has gone.
    link.trainer.close();
    CHECK(gpu().wrong.empty());
    fake::run(on);
    for (const auto &[memory, bytes] : gpu().host) std::free(memory);
    for (const auto &[memory, bytes] : gpu().device) std::free(memory);
    gpu() = fake::Runtime();
    CHECK(cudaStreamDestroy(on) == cudaSuccess);
}

/// Before CUDA 12.8 too, which has no call for it.
void a_stream_of_another_device_is_found_out() {
    new_machine();
    Link link;
    fake::current() = 1;
    cudaStream_t const there = stream();
    fake::current() = 0;
    Gather gather;
    OK(Gather::create(link.controller, 8, gather));
    link.publish(1);
    Batch batch;
    REFUSES(other_device, "device", gather.try_next(link.controller, there, batch));
    // Before anything was read, or sent.
    CHECK(gpu().count("cudaMemcpyAsync") == 0);
    OK(gather.try_next(link.controller, nullptr, batch));
    CHECK(batch.rows == 1);
    fake::run(nullptr);
    DeviceWriter device;
    const int before = gpu().events;
#if CUDART_VERSION >= 12080
    OK(DeviceWriter::create(link.trainer, there, device));
    OK(device.give_back());
#else
    REFUSES(other_device, "another device", DeviceWriter::create(link.trainer, there, device));
#endif
    CHECK(!link.trainer.is_handed_over() && gpu().events == before);
    CHECK(cudaStreamDestroy(there) == cudaSuccess);
}

void a_clocks_offset_is_found() {
    std::vector<std::uint64_t> words(leyline::device::detail::words_size / 8);
    // Another clock, three seconds ahead.
    constexpr std::uint64_t ahead = 3000000000;
    std::thread answering([&] {
        leyline::device::detail::answer_clock(words.data(), 16, ~std::uint64_t{0},
                                              [] { return leyline::device::Clock::own() + ahead; });
    });
    leyline::device::Clock clock{};
    CHECK(leyline::device::detail::ask_clock(words.data(), 16, clock));
    answering.join();
    // To the length of the shortest round, which a busy machine makes longer.
    CHECK(clock.known == 1 && clock.offset_ns < -2000000000 && clock.offset_ns > -4000000000);
    // Nobody answers, and nobody asks.
    std::fill(words.begin(), words.end(), 0);
    leyline::device::detail::answer_clock(words.data(), 16, 100, [] { return std::uint64_t{0}; });
    CHECK(words[leyline::device::detail::at_answered / 8] == 0);
    clock = {};
    CHECK(!leyline::device::detail::ask_clock(words.data(), 1, clock) && clock.known == 0);
}

}  // namespace

int main() {
    no_gpu_is_told_by_kind();
    ranges_are_checked();
    pages_are_registered_as_the_device_can();
    cuda_refuses_in_its_own_words();
    a_mapping_outlives_its_registration();
    addresses_are_translated();
    a_pending_error_is_the_callers();
    a_batch_arrives_in_one_copy();
    a_copy_in_flight_is_not_written_over();
    what_the_ring_says_is_passed_on();
    rows_are_checked_before_they_are_sent();
    by_environment_a_block_is_complete();
    by_environment_a_bad_row_stays_as_it_was();
    a_slot_of_rows_is_a_batch();
    a_gather_is_refused_by_kind();
    a_copy_that_cannot_start_is_told();
    tensors_say_what_they_are();
    what_is_no_tensor_is_refused();
    a_ring_is_found_for_kernels();
    a_device_writes_until_it_gives_back();
    a_ring_that_cannot_be_handed_over_stays_the_hosts();
    a_ring_is_not_taken_back_from_a_device_that_nobody_knows_of();
    a_ring_is_given_back_by_another_thread_than_published();
    nothing_is_let_go_of_that_a_device_may_still_use();
    a_stream_of_another_device_is_found_out();
    a_clocks_offset_is_found();
    new_machine();
    if (failures != 0) return 1;
    std::puts("ok");
    return 0;
}
