// As much of CUDA's runtime as leyline.cuh calls, in plain C++, for machines without a GPU: work on
// a stream is deferred until something waits for it, errors stick as CUDA's do, and any call can be
// made to fail. It checks what CUDA leaves undefined: that registered pages are mapped, and still
// are when they are unregistered.
//
// Compiled as CUDA (__CUDACC__, each launch replaced by a call) kernels run too, on threads of the
// host: see kernels.hpp. Streams then do their work as it comes.
//
// One unit of a program includes it.
#ifndef LEYLINE_FAKE_CUDA_RUNTIME_API_H
#define LEYLINE_FAKE_CUDA_RUNTIME_API_H

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#ifndef CUDART_VERSION
#define CUDART_VERSION 13050
#endif

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorCudartUnloading = 4,
    cudaErrorStubLibrary = 34,
    cudaErrorInsufficientDriver = 35,
    cudaErrorCallRequiresNewerDriver = 36,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorECCUncorrectable = 214,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorNotReady = 600,
    cudaErrorIllegalAddress = 700,
    cudaErrorLaunchTimeout = 702,
    cudaErrorContextIsDestroyed = 709,
    cudaErrorAssert = 710,
    cudaErrorHostMemoryAlreadyRegistered = 712,
    cudaErrorHostMemoryNotRegistered = 713,
    cudaErrorHardwareStackError = 714,
    cudaErrorIllegalInstruction = 715,
    cudaErrorMisalignedAddress = 716,
    cudaErrorInvalidAddressSpace = 717,
    cudaErrorInvalidPc = 718,
    cudaErrorLaunchFailure = 719,
    cudaErrorNotSupported = 801,
    cudaErrorSystemDriverMismatch = 803,
    cudaErrorCompatNotSupportedOnDevice = 804,
};

enum cudaDeviceAttr {
    cudaDevAttrHostRegisterSupported = 99,
    cudaDevAttrPageableMemoryAccessUsesHostPageTables = 100,
    cudaDevAttrHostRegisterReadOnlySupported = 113,
};

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };

#define cudaHostRegisterPortable 0x01
#define cudaHostRegisterMapped 0x02
#define cudaHostRegisterReadOnly 0x08
#define cudaHostAllocPortable 0x01
#define cudaEventDisableTiming 0x02

struct CUevent_st;
/// Work in order; each piece may be the one that an event waits for.
struct CUstream_st {
    int device;
#if defined(__CUDACC__)
    std::deque<std::function<void()>> work;
    std::mutex lock{};
    std::condition_variable changed{};
    bool ending = false;
    std::thread worker{};
#else
    std::vector<std::function<void()>> work;
#endif
};
struct CUevent_st {
    int device;
    CUstream_st *stream;
    /// Of the last recording. Shared with the work in streams: an event may be destroyed, or
    /// recorded anew, before that is done.
    std::shared_ptr<std::atomic<bool>> pending;
};
using cudaStream_t = CUstream_st *;
using cudaEvent_t = CUevent_st *;
#define cudaStreamLegacy ((cudaStream_t)0x1)
#define cudaStreamPerThread ((cudaStream_t)0x2)

// ----------------------------------------------------------------------------------------------
// what tests turn

namespace fake {

struct Range {
    std::size_t bytes;
    unsigned flags;
};

struct Runtime {
    // The driver and the devices of the machine.
    int driver = 13050, devices = 2;
    bool registers = true, registers_read_only = true, walks_host_page_tables = false;
    /// Added to a registered address to make a device's.
    std::size_t offset = 0;
    // The calls so far.
    std::vector<std::string> calls;
    std::vector<std::string> wrong;
    std::map<std::uintptr_t, Range> registered;
    std::map<void *, std::size_t> host, device;
    int events = 0;
    cudaError_t last = cudaSuccess;
    /// A kernel has ended the context: every call fails, for good.
    bool dead = false;
    /// The calls that are to fail, each after how many that do not.
    struct Failing {
        std::string call;
        int after;
        cudaError_t with;
    };
    std::vector<Failing> failing;

    std::size_t count(const std::string &name) const {
        std::size_t n = 0;
        for (const std::string &call : calls) n += call == name;
        return n;
    }
};

inline Runtime &runtime() {
    static Runtime r;
    return r;
}
inline int &current() {
    static thread_local int device = 0;
    return device;
}
/// Streams and kernels use several threads, and the tables above have one lock.
inline std::mutex &tables() {
    static std::mutex lock;
    return lock;
}
inline void fail(const std::string &call, cudaError_t with, int after = 0) {
    runtime().failing.push_back({call, after, with});
}
inline cudaError_t end(cudaError_t error) {
    if (error != cudaSuccess) runtime().last = error;
    return error;
}
/// Begins a call. Returns an error to return at once, or cudaSuccess to go on.
inline cudaError_t begin(const char *name, bool needs_device = true) {
    Runtime &r = runtime();
#if !defined(__CUDACC__)
    r.calls.emplace_back(name);
#endif
    if (r.dead) return end(cudaErrorIllegalAddress);
    for (auto one = r.failing.begin(); one != r.failing.end(); ++one) {
        if (one->call != name || one->after-- > 0) continue;
        const cudaError_t with = one->with;
        r.failing.erase(one);
        return end(with);
    }
    if (!needs_device) return cudaSuccess;
    if (r.driver < 12000) return end(cudaErrorInsufficientDriver);
    if (r.devices == 0) return end(cudaErrorNoDevice);
    return cudaSuccess;
}
inline void complain(const std::string &what) { runtime().wrong.push_back(what); }
#if defined(__CUDACC__)

/// A stream does its work as it comes.
inline void work_on(CUstream_st *stream) {
    for (;;) {
        std::function<void()> piece;
        {
            std::unique_lock<std::mutex> held(stream->lock);
            stream->changed.wait(held, [stream] { return stream->ending || !stream->work.empty(); });
            if (stream->work.empty()) return;
            piece = stream->work.front();
        }
        piece();
        const std::lock_guard<std::mutex> held(stream->lock);
        stream->work.pop_front();
        stream->changed.notify_all();
    }
}
inline CUstream_st *new_stream(int device) {
    auto *const stream = new CUstream_st{device, {}};
    stream->worker = std::thread(work_on, stream);
    return stream;
}
inline void end_stream(CUstream_st *stream) {
    {
        const std::lock_guard<std::mutex> held(stream->lock);
        stream->ending = true;
        stream->changed.notify_all();
    }
    stream->worker.join();
    delete stream;
}
inline void enqueue(CUstream_st *stream, std::function<void()> piece) {
    const std::lock_guard<std::mutex> held(stream->lock);
    stream->work.push_back(std::move(piece));
    stream->changed.notify_all();
}
inline void finish(CUstream_st *stream) {
    std::unique_lock<std::mutex> held(stream->lock);
    stream->changed.wait(held, [stream] { return stream->work.empty(); });
}

#else

inline CUstream_st *new_stream(int device) { return new CUstream_st{device, {}}; }
inline void enqueue(CUstream_st *stream, std::function<void()> piece) { stream->work.push_back(std::move(piece)); }
inline void finish(CUstream_st *stream) {
    for (auto &piece : std::exchange(stream->work, {})) piece();
}
inline void end_stream(CUstream_st *stream) {
    finish(stream);
    delete stream;
}

#endif

/// All there are. Those of a thread and of all threads stay until the process ends.
inline std::vector<CUstream_st *> &streams() {
    static auto *const all = new std::vector<CUstream_st *>;
    return *all;
}
inline CUstream_st *add_stream(int device) {
    CUstream_st *const made = new_stream(device);
    streams().push_back(made);
    return made;
}
inline CUstream_st *of(cudaStream_t stream) {
    if (stream != nullptr && stream != cudaStreamLegacy && stream != cudaStreamPerThread) return stream;
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
    const bool of_each_thread = stream != cudaStreamLegacy;
#else
    const bool of_each_thread = stream == cudaStreamPerThread;
#endif
    const std::lock_guard<std::mutex> held(tables());
    static CUstream_st *of_all = nullptr;
    static thread_local CUstream_st *of_this = nullptr;
    CUstream_st *&standard = of_each_thread ? of_this : of_all;
    if (standard == nullptr) standard = add_stream(0);
    standard->device = current();
    return standard;
}
inline void run(cudaStream_t stream) { finish(of(stream)); }
inline bool is_mapped(std::uintptr_t at, std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> in((bytes + page - 1) / page);
    return mincore(reinterpret_cast<void *>(at), bytes, in.data()) == 0;
}
inline bool is_writable(std::uintptr_t at) {
    FILE *const maps = std::fopen("/proc/self/maps", "r");
    char line[512], mode[8] = "";
    bool found = false;
    while (!found && maps != nullptr && std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long from = 0, to = 0;
        if (std::sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3) found = from <= at && at < to;
    }
    if (maps != nullptr) std::fclose(maps);
    return found && mode[1] == 'w';
}

}  // namespace fake

// -----------------------------------------------------------------------------------------------------
// the calls

#define LEYLINE_FAKE_BEGIN(name)                                           \
    if (const cudaError_t begun = fake::begin(#name); begun != cudaSuccess) return begun
inline cudaError_t cudaGetLastError() {
    fake::Runtime &r = fake::runtime();
    if (r.dead) return cudaErrorIllegalAddress;
    return std::exchange(r.last, cudaSuccess);
}
inline cudaError_t cudaPeekAtLastError() { return fake::runtime().dead ? cudaErrorIllegalAddress : fake::runtime().last; }
inline const char *cudaGetErrorName(cudaError_t error) {
    switch (error) {
        case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
        case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
        case cudaErrorNoDevice: return "cudaErrorNoDevice";
        case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
        default: return "cudaErrorOfTheFake";
    }
}
inline const char *cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
        case cudaErrorNoDevice: return "no CUDA-capable device is detected";
        case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
        default: return "words of the fake";
    }
}
inline cudaError_t cudaDriverGetVersion(int *version) {
    *version = fake::runtime().driver;
    return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int *version) {
    *version = CUDART_VERSION;
    return cudaSuccess;
}
inline cudaError_t cudaGetDeviceCount(int *count) {
    LEYLINE_FAKE_BEGIN(cudaGetDeviceCount);
    *count = fake::runtime().devices;
    return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int *device) {
    LEYLINE_FAKE_BEGIN(cudaGetDevice);
    *device = fake::current();
    return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
    LEYLINE_FAKE_BEGIN(cudaSetDevice);
    if (device < 0 || device >= fake::runtime().devices) return fake::end(cudaErrorInvalidDevice);
    fake::current() = device;
    return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device) {
    LEYLINE_FAKE_BEGIN(cudaDeviceGetAttribute);
    const fake::Runtime &r = fake::runtime();
    if (device < 0 || device >= r.devices) return fake::end(cudaErrorInvalidDevice);
    *value = attribute == cudaDevAttrHostRegisterSupported           ? r.registers
             : attribute == cudaDevAttrHostRegisterReadOnlySupported ? r.registers_read_only
                                                                     : r.walks_host_page_tables;
    return cudaSuccess;
}
inline cudaError_t cudaHostRegister(void *at, std::size_t bytes, unsigned flags) {
    LEYLINE_FAKE_BEGIN(cudaHostRegister);
    const std::lock_guard<std::mutex> held(fake::tables());
    fake::Runtime &r = fake::runtime();
    const auto from = reinterpret_cast<std::uintptr_t>(at);
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (bytes == 0 || from % page != 0 || bytes % page != 0) return fake::end(cudaErrorInvalidValue);
    if ((flags & cudaHostRegisterReadOnly) != 0 && !r.registers_read_only) return fake::end(cudaErrorNotSupported);
    for (const auto &[other, range] : r.registered) {
        if (from < other + range.bytes && other < from + bytes) return fake::end(cudaErrorHostMemoryAlreadyRegistered);
    }
    if (!fake::is_mapped(from, bytes)) {
        fake::complain("pages were registered that are not mapped");
        return fake::end(cudaErrorInvalidValue);
    }
    if ((flags & cudaHostRegisterReadOnly) == 0 && !r.walks_host_page_tables && !fake::is_writable(from)) {
        return fake::end(cudaErrorInvalidValue);
    }
    r.registered[from] = {bytes, flags};
    return cudaSuccess;
}
inline cudaError_t cudaHostUnregister(void *at) {
    LEYLINE_FAKE_BEGIN(cudaHostUnregister);
    const std::lock_guard<std::mutex> held(fake::tables());
    fake::Runtime &r = fake::runtime();
    const auto found = r.registered.find(reinterpret_cast<std::uintptr_t>(at));
    if (found == r.registered.end()) return fake::end(cudaErrorHostMemoryNotRegistered);
    if (!fake::is_mapped(found->first, found->second.bytes)) fake::complain("pages were unmapped before they were unregistered");
    r.registered.erase(found);
    return cudaSuccess;
}
inline cudaError_t cudaHostGetDevicePointer(void **there, void *at, unsigned) {
    LEYLINE_FAKE_BEGIN(cudaHostGetDevicePointer);
    const std::lock_guard<std::mutex> held(fake::tables());
    const auto from = reinterpret_cast<std::uintptr_t>(at);
    if (fake::runtime().registered.count(from) == 0) return fake::end(cudaErrorInvalidValue);
    *there = reinterpret_cast<void *>(from + fake::runtime().offset);
    return cudaSuccess;
}
inline cudaError_t cudaHostAlloc(void **at, std::size_t bytes, unsigned) {
    LEYLINE_FAKE_BEGIN(cudaHostAlloc);
    const std::lock_guard<std::mutex> held(fake::tables());
    *at = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (*at == nullptr) return fake::end(cudaErrorMemoryAllocation);
    fake::runtime().host[*at] = bytes;
    return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void *at) {
    LEYLINE_FAKE_BEGIN(cudaFreeHost);
    const std::lock_guard<std::mutex> held(fake::tables());
    if (fake::runtime().host.erase(at) == 0) return fake::end(cudaErrorInvalidValue);
    std::free(at);
    return cudaSuccess;
}
inline cudaError_t cudaMalloc(void **at, std::size_t bytes) {
    LEYLINE_FAKE_BEGIN(cudaMalloc);
    const std::lock_guard<std::mutex> held(fake::tables());
    *at = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (*at == nullptr) return fake::end(cudaErrorMemoryAllocation);
    fake::runtime().device[*at] = bytes;
    return cudaSuccess;
}
inline cudaError_t cudaFree(void *at) {
    LEYLINE_FAKE_BEGIN(cudaFree);
    const std::lock_guard<std::mutex> held(fake::tables());
    if (fake::runtime().device.erase(at) == 0) return fake::end(cudaErrorInvalidValue);
    std::free(at);
    return cudaSuccess;
}
inline cudaError_t cudaStreamCreate(cudaStream_t *stream) {
    LEYLINE_FAKE_BEGIN(cudaStreamCreate);
    const std::lock_guard<std::mutex> held(fake::tables());
    *stream = fake::add_stream(fake::current());
    return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    LEYLINE_FAKE_BEGIN(cudaStreamSynchronize);
    fake::run(stream);
    return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    LEYLINE_FAKE_BEGIN(cudaStreamDestroy);
    {
        const std::lock_guard<std::mutex> held(fake::tables());
        auto &all = fake::streams();
        all.erase(std::find(all.begin(), all.end(), stream));
    }
    fake::end_stream(stream);
    return cudaSuccess;
}
inline cudaError_t cudaDeviceSynchronize() {
    LEYLINE_FAKE_BEGIN(cudaDeviceSynchronize);
    std::vector<CUstream_st *> all;
    {
        const std::lock_guard<std::mutex> held(fake::tables());
        all = fake::streams();
    }
    for (CUstream_st *const stream : all) {
        if (stream->device == fake::current()) fake::finish(stream);
    }
    return cudaSuccess;
}
#if CUDART_VERSION >= 12080
inline cudaError_t cudaStreamGetDevice(cudaStream_t stream, int *device) {
    LEYLINE_FAKE_BEGIN(cudaStreamGetDevice);
    *device = fake::of(stream)->device;
    return cudaSuccess;
}
#endif
inline cudaError_t cudaMemcpyAsync(void *to, const void *from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    LEYLINE_FAKE_BEGIN(cudaMemcpyAsync);
    fake::enqueue(fake::of(stream), [=] { std::memcpy(to, from, bytes); });
    return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void *to, const void *from, std::size_t bytes, cudaMemcpyKind) {
    LEYLINE_FAKE_BEGIN(cudaMemcpy);
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    LEYLINE_FAKE_BEGIN(cudaEventCreateWithFlags);
    const std::lock_guard<std::mutex> held(fake::tables());
    *event = new CUevent_st{fake::current(), nullptr, std::make_shared<std::atomic<bool>>(false)};
    ++fake::runtime().events;
    return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
    LEYLINE_FAKE_BEGIN(cudaEventDestroy);
    const std::lock_guard<std::mutex> held(fake::tables());
    delete event;
    --fake::runtime().events;
    return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    LEYLINE_FAKE_BEGIN(cudaEventRecord);
    if (event->device != fake::of(stream)->device) return fake::end(cudaErrorInvalidResourceHandle);
    event->stream = fake::of(stream);
    event->pending = std::make_shared<std::atomic<bool>>(true);
    fake::enqueue(event->stream, [pending = event->pending] { *pending = false; });
    return cudaSuccess;
}
inline cudaError_t cudaEventQuery(cudaEvent_t event) {
    LEYLINE_FAKE_BEGIN(cudaEventQuery);
    return *event->pending ? fake::end(cudaErrorNotReady) : cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    LEYLINE_FAKE_BEGIN(cudaEventSynchronize);
    if (*event->pending) fake::finish(event->stream);
    return cudaSuccess;
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    LEYLINE_FAKE_BEGIN(cudaStreamWaitEvent);
    if (*event->pending && event->stream != fake::of(stream)) {
        fake::enqueue(fake::of(stream), [pending = event->pending, on = event->stream] {
            if (*pending) fake::finish(on);
        });
    }
    return cudaSuccess;
}
#undef LEYLINE_FAKE_BEGIN

#if defined(__CUDACC__)
#include "kernels.hpp"
#endif

#endif
