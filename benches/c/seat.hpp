// The seat of a C++ program that takes part in a bench: what benches/support/peer.rs and control.rs
// are to a Rust one. The layout of the page of control is control.rs's; the two are kept in step by
// hand.

#ifndef LEYLINE_BENCH_SEAT_HPP
#define LEYLINE_BENCH_SEAT_HPP

#include "leyline.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void fail(const char *what) {
    std::fprintf(stderr, "%s: %s\n", what, leyline_last_error());
    std::exit(1);
}

inline void need(leyline::Status status, const char *what) {
    if (!status) fail(what);
}

// The seat: the bench's folder, and its page of control.
class Seat {
public:
    // Takes the seat of the words FOLDER NUMBER CPU PARENT.
    explicit Seat(char **words) : folder(words[0]), number_(words[1]) {
        // The peer never outlives its bench.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != std::atoi(words[3])) std::exit(1);
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(static_cast<std::size_t>(std::atoi(words[2])), &cpus);
        if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) std::fprintf(stderr, "not bound to processor %s\n", words[2]);
        const int file = open((folder + "/control").c_str(), O_RDWR | O_CLOEXEC);
        const off_t at = 4096 * static_cast<off_t>(std::atoi(words[1]));
        void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, at);
        if (page == MAP_FAILED) fail("the control file");
        page_ = static_cast<unsigned char *>(page);
        close(file);
    }
    leyline::Options options() const {
        leyline::Options options = {};
        options.directory = folder.c_str();
        return options;
    }
    // Waits for the next turn; false: that was all.
    bool turn() {
        auto &go = *at<std::uint32_t>(0);
        ++turn_;
        for (;;) {
            const std::uint32_t now = go.load(std::memory_order_acquire);
            if (now == turn_) break;
            const timespec slice = {0, 100000000};
            syscall(SYS_futex, &go, FUTEX_WAIT, now, &slice, nullptr, 0);
        }
        return kind() != ~std::uint64_t{0};
    }
    std::uint64_t kind() { return at<std::uint64_t>(8)->load(std::memory_order_relaxed); }
    std::uint64_t count() { return at<std::uint64_t>(16)->load(std::memory_order_relaxed); }
    std::uint64_t argument() { return at<std::uint64_t>(24)->load(std::memory_order_relaxed); }
    void ready() { tell(128); }
    void done() {
        at<std::uint64_t>(384)->store(0, std::memory_order_relaxed);
        tell(256);
    }
    // Ends the turn with one result.
    void done(std::uint64_t result) {
        at<std::uint64_t>(384)->store(1, std::memory_order_relaxed);
        at<std::uint64_t>(392)->store(result, std::memory_order_relaxed);
        tell(256);
    }
    // Ends the turn with the measured times, ns.
    void done(const std::vector<std::uint64_t> &took) {
        std::vector<std::uint64_t> pairs;
        for (const std::uint64_t one : took) pairs.insert(pairs.end(), {one, 1});
        std::FILE *const file = std::fopen((folder + "/times-" + number_).c_str(), "wb");
        if (file == nullptr || std::fwrite(pairs.data(), 8, pairs.size(), file) != pairs.size() ||
            std::fclose(file) != 0) {
            fail("the times");
        }
        done();
    }
    const std::string folder;

private:
    template <class T>
    std::atomic<T> *at(std::size_t offset) {
        return reinterpret_cast<std::atomic<T> *>(page_ + offset);
    }
    void tell(std::size_t offset) {
        at<std::uint32_t>(offset)->store(turn_, std::memory_order_release);
        syscall(SYS_futex, page_ + offset, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    const std::string number_;
    unsigned char *page_ = nullptr;
    std::uint32_t turn_ = 0;
};

// A poll that came to nothing.
class Patience {
public:
    void spend() {
        if (++spent_ % 65536 == 0) sched_yield();
    }

private:
    std::uint32_t spent_ = 0;
};

// The pause before each trip; benches/support/limit.rs says why.
constexpr std::chrono::nanoseconds PAUSE{500};

// The observation number n, as benches/roundtrip.rs has it.
inline void fill(leyline_observation_t &o, std::uint64_t n) {
    std::memset(&o, 0, sizeof o);
    o.values[LEYLINE_FEATURE_EPOCH] = static_cast<float>(n % 1000);
    o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(n % (1U << 24));
    o.values[LEYLINE_FEATURE_TRAIN_LOSS] = static_cast<float>(n % 977);
    o.values[LEYLINE_FEATURE_VAL_LOSS] = static_cast<float>(n % 877);
    o.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = static_cast<float>(n % 777);
}

}  // namespace bench

#endif
