// Shared by the GPU programs of this folder.
#ifndef LEYLINE_TESTS_CUDA_SUPPORT_CUH
#define LEYLINE_TESTS_CUDA_SUPPORT_CUH

#include "leyline.cuh"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/utsname.h>

namespace support {

/// The exit status of a program that tested nothing, because there is no GPU.
constexpr int no_gpu = 77;

[[noreturn]] inline void give_up(const char *file, int line, const char *what, const char *why) {
    std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, why);
    std::exit(1);
}
template <class S>
void must(S status, const char *file, int line, const char *what) {
    if (!status.ok()) give_up(file, line, what, status.text());
}
inline void must(cudaError_t error, const char *file, int line, const char *what) {
    if (error != cudaSuccess) give_up(file, line, what, cudaGetErrorString(error));
}
#define OK(call) support::must((call), __FILE__, __LINE__, #call)
#define CHECK(what)                                                             \
    do {                                                                        \
        if (!(what)) support::give_up(__FILE__, __LINE__, #what, "not so");     \
    } while (false)

/// The device to test on; ends the program where there is none.
inline int device_or_exit() {
    int device = 0;
    const leyline::cuda::Status status = leyline::cuda::usable(leyline::cuda::current_device, device);
    if (!status.ok()) {
        using leyline::cuda::ErrorKind;
        std::fprintf(stderr, "no GPU to test on: %s\n", status.text());
        // One that cannot be used is not none.
        std::exit(status.kind() == ErrorKind::no_driver || status.kind() == ErrorKind::no_device ? no_gpu : 1);
    }
    return device;
}

/// A link without a name.
struct Link {
    leyline::ActionSpace actions;
    leyline::Segment segment;
    leyline::Trainer trainer;
    leyline::Controller controller;

    explicit Link(std::uint64_t slots, std::uint64_t decisions = 0) {
        leyline::LinkOptions shape = {};
        shape.observations = slots;
        if (decisions != 0) shape.decisions = decisions;
        leyline::Spec spec;
        OK(leyline::ActionSpace::standard("cnn", actions));
        OK(leyline::Spec::of_link(actions, spec, &shape));
        OK(leyline::Segment::create_memfd("cuda", spec, segment));
        OK(leyline::Trainer::on(segment, trainer));
        OK(leyline::Controller::on(segment, controller));
    }
    /// A ring where kernels read it.
    leyline::device::Ring ring(const leyline::cuda::Pinned &pinned, const char *name) const {
        leyline::DeviceRing place{};
        OK(pinned.segment().device_ring(name, place));
        const auto *const control = pinned.device_pointer(static_cast<const unsigned char *>(place.control), 4096);
        const auto *const data = pinned.device_pointer(static_cast<const unsigned char *>(place.data), place.data_len);
        CHECK(control != nullptr && data != nullptr);
        return leyline::device::Ring::of(place, const_cast<unsigned char *>(control), const_cast<unsigned char *>(data));
    }
};

inline std::uint64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// -------------------------------------------------------------------------------------------------------
// a record

inline std::string quoted(const std::string &text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
}
inline std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

/// Nanoseconds of one round, sorted.
using Times = std::vector<std::uint64_t>;
inline std::uint64_t quantile(const Times &sorted, double q) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

/// The JSON of the benches, which benches/support/report.rs describes.
class Record {
public:
    explicit Record(const char *bench, bool quick) : bench_(bench), quick_(quick) {}

    /// A distribution: rounds of nanoseconds. Returns all of them, sorted.
    Times latency(const std::string &name, const std::string &labels, std::vector<Times> rounds) {
        std::string text;
        Times all;
        for (Times &round : rounds) {
            std::sort(round.begin(), round.end());
            all.insert(all.end(), round.begin(), round.end());
            double sum = 0;
            for (const std::uint64_t t : round) sum += static_cast<double>(t);
            text += (text.empty() ? "" : ", ") + std::string("{\"count\": ") + std::to_string(round.size()) +
                    ", \"mean\": " + number(sum / static_cast<double>(std::max<std::size_t>(round.size(), 1))) +
                    ", \"p50\": " + std::to_string(quantile(round, 0.5)) + ", \"p90\": " + std::to_string(quantile(round, 0.9)) +
                    ", \"p99\": " + std::to_string(quantile(round, 0.99)) +
                    ", \"p999\": " + std::to_string(quantile(round, 0.999)) +
                    ", \"max\": " + std::to_string(quantile(round, 1.0)) + "}";
        }
        std::sort(all.begin(), all.end());
        std::string curve;
        for (const double p : {0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.99, 100.0}) {
            curve += (curve.empty() ? "[" : ", [") + number(p) + ", " + std::to_string(quantile(all, p / 100.0)) + "]";
        }
        series_.push_back("{\"name\": " + quoted(name) + ", \"labels\": {" + labels + "}, \"unit\": \"ns\", \"rounds\": [" +
                          text + "], \"percentiles\": [" + curve + "]}");
        return all;
    }
    void result(const std::string &name, double value) { results_.emplace_back(name, value); }

    /// All of it. False if it cannot be written.
    bool write(const std::string &path, int device, const std::string &commit) const {
        std::ofstream file(path);
        cudaDeviceProp gpu{};
        int driver = 0, runtime = 0;
        OK(cudaGetDeviceProperties(&gpu, device));
        OK(cudaDriverGetVersion(&driver));
        OK(cudaRuntimeGetVersion(&runtime));
        utsname system{};
        (void)uname(&system);
        file << "{\n  \"format\": \"leyline-bench-1\",\n  \"bench\": " << quoted(bench_) << ",\n  \"quick\": "
             << (quick_ ? "true" : "false") << ",\n  \"sides\": \"threads\",\n  \"environment\": {\"gpu\": " << quoted(gpu.name)
             << ", \"compute_capability\": \"" << gpu.major << '.' << gpu.minor << "\", \"driver_cuda\": " << driver
             << ", \"runtime_cuda\": " << runtime << ", \"cpu\": " << quoted(cpu())
             << ", \"kernel\": " << quoted(system.release) << ", \"package\": " << quoted(leyline_version(nullptr))
             << ", \"commit\": " << quoted(commit) << ", \"unix_time\": "
             << std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()
             << "},\n  \"series\": [";
        for (std::size_t i = 0; i < series_.size(); ++i) file << (i == 0 ? "\n    " : ",\n    ") << series_[i];
        file << "\n  ],\n  \"results\": {";
        for (std::size_t i = 0; i < results_.size(); ++i) {
            file << (i == 0 ? "" : ", ") << quoted(results_[i].first) << ": " << number(results_[i].second);
        }
        file << "}\n}\n";
        return static_cast<bool>(file.flush());
    }

private:
    static std::string cpu() {
        std::ifstream file("/proc/cpuinfo");
        for (std::string line; std::getline(file, line);) {
            const std::size_t colon = line.find(": ");
            if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
        }
        return "unknown";
    }

    std::string bench_;
    bool quick_;
    std::vector<std::string> series_;
    std::vector<std::pair<std::string, double>> results_;
};

}  // namespace support

#endif
