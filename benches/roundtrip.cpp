// The C ABI's side of benches/roundtrip.rs: a trainer and a controller, each a process of its own.
//
//     roundtrip trainer|controller FOLDER NUMBER CPU PARENT
//
// It takes its turns from page NUMBER of FOLDER/control; the layout is that of benches/support/control.rs, kept in step
// by hand. The trainer times as benches/support/limit.rs does: the clock before and after a trip, what was measured put
// aside, nothing else in between. It calls leyline.h and not the C++ wrapper, so that what it measures is the C ABI.

#include "leyline.h"

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

namespace {

[[noreturn]] void fail(const char *what) {
    std::fprintf(stderr, "%s: %s\n", what, leyline_last_error());
    std::exit(1);
}

void need(leyline_status_t status, const char *what) {
    if (status != LEYLINE_OK) fail(what);
}

// A page of control.
class Control {
public:
    explicit Control(const std::string &folder, std::size_t number) {
        const int file = open((folder + "/control").c_str(), O_RDWR | O_CLOEXEC);
        void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, static_cast<off_t>(4096 * number));
        if (page == MAP_FAILED) fail("the control file");
        page_ = static_cast<unsigned char *>(page);
        close(file);
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
    void done() { tell(256); }

private:
    template <class T>
    std::atomic<T> *at(std::size_t offset) {
        return reinterpret_cast<std::atomic<T> *>(page_ + offset);
    }
    void tell(std::size_t offset) {
        at<std::uint32_t>(offset)->store(turn_, std::memory_order_release);
        syscall(SYS_futex, page_ + offset, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    unsigned char *page_;
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

// Before each trip; benches/support/limit.rs says why.
constexpr std::chrono::nanoseconds PAUSE{500};

// Who stamps: also the numbers of the kinds of turns.
enum Stamped : std::uint32_t { CALLER, LIBRARY };
const char *const NAMES[] = {"c-caller", "c-library"};

void fill(leyline_observation_t &o, std::uint64_t n) {
    std::memset(&o, 0, sizeof o);
    o.values[LEYLINE_FEATURE_EPOCH] = static_cast<float>(n % 1000);
    o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(n % (1U << 24));
    o.values[LEYLINE_FEATURE_TRAIN_LOSS] = static_cast<float>(n % 977);
    o.values[LEYLINE_FEATURE_VAL_LOSS] = static_cast<float>(n % 877);
    o.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = static_cast<float>(n % 777);
}

leyline_options_t in(const std::string &folder) {
    leyline_options_t options;
    need(leyline_options_init(&options), "options");
    options.directory = folder.c_str();
    return options;
}

int controller(const std::string &folder, Control &control) {
    const leyline_options_t options = in(folder);
    leyline_controller_t *controllers[2] = {};
    for (const Stamped s : {CALLER, LIBRARY}) {
        need(leyline_controller_attach(NAMES[s], 0, &options, 30000000000U, &controllers[s]), "attach");
    }
    while (control.turn()) {
        leyline_controller_t *const c = controllers[control.kind()];
        const std::uint64_t count = control.count();
        control.ready();
        leyline_observation_t got, expected;
        for (std::uint64_t n = 0; n < count; ++n) {
            leyline_meta_t meta;
            leyline_status_t status;
            Patience patience;
            while ((status = leyline_controller_try_next(c, &got, &meta, nullptr)) == LEYLINE_EMPTY) patience.spend();
            need(status, "try_next");
            leyline_answer_t answer = {};
            answer.confidence = 1.0F;
            answer.value_estimate = got.values[LEYLINE_FEATURE_TRAIN_LOSS];
            need(leyline_controller_decide(c, &meta, 0, &answer, nullptr), "decide");
            fill(expected, meta.sequence);
            if (std::memcmp(&got, &expected, sizeof got) != 0) fail("a torn or wrong observation");
        }
    }
    for (leyline_controller_t *c : controllers) need(leyline_controller_close(c), "close");
    return 0;
}

int trainer(const std::string &folder, const std::string &number, Control &control) {
    const leyline_options_t options = in(folder);
    leyline_action_space_t *actions = nullptr;
    need(leyline_action_space_cnn(&actions), "actions");
    leyline_trainer_t *trainers[2] = {};
    for (const Stamped s : {CALLER, LIBRARY}) {
        leyline_link_options_t shape;
        need(leyline_link_options_init(&shape), "shape");
        shape.time_source = s == CALLER ? LEYLINE_TIME_SOURCE_CALLER : LEYLINE_TIME_SOURCE_TSC;
        need(leyline_trainer_create(NAMES[s], actions, &shape, &options, &trainers[s]), "create");
    }
    need(leyline_action_space_close(actions), "close");
    std::uint64_t sent[2] = {};
    std::vector<std::uint64_t> took;
    while (control.turn()) {
        const std::uint64_t kind = control.kind();
        const std::uint64_t warm_up = control.argument();
        leyline_trainer_t *const t = trainers[kind];
        const leyline_stamp_t zero = {};
        const leyline_stamp_t *const stamp = kind == CALLER ? &zero : nullptr;
        leyline_observation_t o;
        leyline_decision_t decision;
        std::uint64_t sequence = 0;
        took.assign(control.count(), 1);
        control.ready();
        const auto trip = [&] {
            const auto before = std::chrono::steady_clock::now();
            fill(o, ++sent[kind]);
            while (std::chrono::steady_clock::now() - before < PAUSE) {
            }
            const auto start = std::chrono::steady_clock::now();
            need(leyline_trainer_publish(t, &o, stamp, &sequence, nullptr), "publish");
            Patience patience;
            for (;;) {
                const leyline_status_t status = leyline_trainer_try_decision(t, 0, &decision, nullptr, nullptr);
                if (status == LEYLINE_OK) break;
                if (status != LEYLINE_EMPTY && status != LEYLINE_RESTARTED) fail("try_decision");
                patience.spend();
            }
            const auto end = std::chrono::steady_clock::now();
            if (decision.observation_sequence != sequence ||
                decision.value_estimate != o.values[LEYLINE_FEATURE_TRAIN_LOSS]) {
                fail("a wrong decision");
            }
            return static_cast<std::uint64_t>((end - start).count());
        };
        for (std::uint64_t n = 0; n < warm_up; ++n) trip();
        for (std::uint64_t &one : took) one = trip();
        std::vector<std::pair<std::uint64_t, std::uint64_t>> counted;
        for (const std::uint64_t one : took) counted.emplace_back(one, 1);
        std::FILE *const file = std::fopen((folder + "/times-" + number).c_str(), "wb");
        if (file == nullptr || std::fwrite(counted.data(), 16, counted.size(), file) != counted.size() ||
            std::fclose(file) != 0) {
            fail("the times");
        }
        control.done();
    }
    for (leyline_trainer_t *t : trainers) need(leyline_trainer_close(t), "close");
    return 0;
}

}  // namespace

int main(int count, char **words) {
    if (count != 6) {
        std::fprintf(stderr, "roundtrip trainer|controller FOLDER NUMBER CPU PARENT\n");
        return 2;
    }
    const std::string folder = words[2], number = words[3];
    // It never outlives its bench.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != std::atoi(words[5])) return 1;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<std::size_t>(std::atoi(words[4])), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) std::fprintf(stderr, "not bound to processor %s\n", words[4]);
    Control control(folder, static_cast<std::size_t>(std::atoi(words[3])));
    return std::strcmp(words[1], "trainer") == 0 ? trainer(folder, number, control) : controller(folder, control);
}
