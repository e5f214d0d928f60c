// leyline for CUDA: a segment's pages pinned in place, and batches of observations gathered onto a
// device. On top of leyline.hpp, header-only, with nothing of ours to link on the device's side.
// Needs CUDA 12.0 or newer; the parts without kernels compile with any C++17 compiler that finds
// CUDA's headers. Throws nothing, needs no exceptions and no RTTI.
//
// Every function that can fail returns a leyline::cuda::Status: that of the link, or an error of
// CUDA's with its kind, its number and CUDA's own text. No function leaves an error of its own for
// the caller's next cudaGetLastError(); an error that was pending before is left alone unless CUDA
// replaces it. What ends a context (an illegal address in some kernel) cannot be cleared by
// anybody: ErrorKind::context_lost.
//
// A moved-from or default object is empty: its functions return ErrorKind::invalid_argument and do
// nothing. Objects are used by one thread at a time; DLPack's deleters may be called from any.
//
// What is safe and what is not: docs/cuda.md.

#ifndef LEYLINE_CUH
#define LEYLINE_CUH

#include "leyline.hpp"
#include "leyline_device.hpp"

#include <cuda_runtime_api.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <sched.h>
#include <unistd.h>

#if CUDART_VERSION < 12000
#error "leyline.cuh needs CUDA 12.0 or newer"
#endif

namespace leyline {
namespace cuda {

// ------------------------------------------------------------------------------------------------------------
// status

/// The kind of an error.
enum class ErrorKind : std::uint32_t {
    /// Nothing.
    none = 0,
    /// The link's own: Status::code() says what.
    link,
    /// There is no driver on this machine, or in this container.
    no_driver,
    /// The driver is older than the CUDA that the program was built with, or does not fit its
    /// kernel module.
    old_driver,
    /// There is a driver and no device that this process may use, or none of that number.
    no_device,
    /// CUDA refuses to register the pages.
    not_registrable,
    /// The pages are registered already, by another object of this process.
    already_registered,
    /// Writing is wanted and the segment was attached read-only.
    read_only,
    /// The range does not start on a page of this machine.
    unaligned,
    /// The range is empty.
    empty_range,
    /// The stream belongs to another device.
    other_device,
    /// More rows than the ring has.
    batch_too_large,
    /// Every block is still held by somebody who got it as DLPack.
    in_use,
    /// No error: every free block is still being copied. Try again.
    busy,
    /// No error: rows failed the check and were left out; the others were sent. Batch::rejected
    /// says how many.
    rejected,
    /// The batch's block holds a later batch by now.
    stale,
    /// No memory, on the host or on the device.
    out_of_memory,
    /// A kernel has ended the context. Only a new process helps.
    context_lost,
    /// An argument, or an empty object.
    invalid_argument,
    /// Anything else of CUDA's.
    other,
};

namespace detail {

/// A thread's last error text.
inline char (&last_text() noexcept)[768] {
    static thread_local char text[768] = {};
    return text;
}

}  // namespace detail

/// The result of a call.
class [[nodiscard]] Status {
public:
    constexpr Status() noexcept = default;
    /// The link's.
    constexpr Status(leyline::Status s) noexcept : code_(s.code()), kind_(kind_of(s.code())) {}
    constexpr Status(ErrorKind kind, cudaError_t error) noexcept : kind_(kind), error_(error) {}
    /// Done.
    constexpr bool ok() const noexcept { return kind_ == ErrorKind::none; }
    /// Something went wrong: text() has the particulars until this thread's next failure.
    constexpr bool is_error() const noexcept { return !ok() && !is_notice(); }
    /// No error: nothing new, overtaken, peer gone, nothing free yet, or rows left out.
    constexpr bool is_notice() const noexcept {
        return code_ > 0 || kind_ == ErrorKind::busy || kind_ == ErrorKind::rejected;
    }
    /// The other side closed, failed or died.
    constexpr bool is_gone() const noexcept {
        return code_ == LEYLINE_WRITER_CLOSED || code_ == LEYLINE_WRITER_FAILED || code_ == LEYLINE_WRITER_DIED;
    }
    constexpr ErrorKind kind() const noexcept { return kind_; }
    /// The link's status; LEYLINE_OK if it is CUDA's.
    constexpr leyline_status_t code() const noexcept { return code_; }
    /// CUDA's error; cudaSuccess if it is not CUDA's.
    constexpr cudaError_t error() const noexcept { return error_; }
    constexpr explicit operator bool() const noexcept { return ok(); }
    /// Describes the error for people: the attempt, CUDA's own words, and the remedy.
    const char *text() const noexcept {
        if (code_ != LEYLINE_OK) return leyline::Status(code_).text();
        if (ok()) return "no error";
        if (kind_ == ErrorKind::busy) return "every block is still being copied";
        return detail::last_text();
    }

private:
    static constexpr ErrorKind kind_of(leyline_status_t code) noexcept {
        return code == LEYLINE_OK                    ? ErrorKind::none
               : code == LEYLINE_ERR_READ_ONLY       ? ErrorKind::read_only
               : code == LEYLINE_ERR_BATCH_TOO_LARGE ? ErrorKind::batch_too_large
                                                     : ErrorKind::link;
    }

    leyline_status_t code_ = LEYLINE_OK;
    ErrorKind kind_ = ErrorKind::none;
    cudaError_t error_ = cudaSuccess;
};

namespace detail {

/// An error of ours. `what`: what was tried; `found`: what is wrong with it; `help`: what to do.
inline Status refuse(ErrorKind kind, const char *what, const char *found, const char *help = "") noexcept {
    char(&text)[768] = last_text();
    std::snprintf(text, sizeof text, "%s: %s%s%s", what, found, *help != '\0' ? "; " : "", help);
    return Status(kind, cudaSuccess);
}

/// Appends words to the last error's.
inline void add(const char *words) noexcept {
    char(&text)[768] = last_text();
    const std::size_t length = std::strlen(text);
    std::snprintf(text + length, sizeof text - length, "%s", words);
}

inline ErrorKind kind_of(cudaError_t error) noexcept {
    switch (error) {
        case cudaSuccess: return ErrorKind::none;
        case cudaErrorInsufficientDriver: {
            // The same error for none and for an old one.
            int driver = 0;
            return cudaDriverGetVersion(&driver) == cudaSuccess && driver != 0 ? ErrorKind::old_driver
                                                                               : ErrorKind::no_driver;
        }
        case cudaErrorStubLibrary: return ErrorKind::no_driver;
        case cudaErrorSystemDriverMismatch:
        case cudaErrorCallRequiresNewerDriver:
        case cudaErrorCompatNotSupportedOnDevice: return ErrorKind::old_driver;
        case cudaErrorNoDevice:
        case cudaErrorInvalidDevice: return ErrorKind::no_device;
        case cudaErrorMemoryAllocation: return ErrorKind::out_of_memory;
        case cudaErrorHostMemoryAlreadyRegistered: return ErrorKind::already_registered;
        case cudaErrorECCUncorrectable:
        case cudaErrorIllegalAddress:
        case cudaErrorLaunchTimeout:
        case cudaErrorContextIsDestroyed:
        case cudaErrorAssert:
        case cudaErrorHardwareStackError:
        case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress:
        case cudaErrorInvalidAddressSpace:
        case cudaErrorInvalidPc:
        case cudaErrorLaunchFailure: return ErrorKind::context_lost;
        default: return ErrorKind::other;
    }
}

inline const char *help_for(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::no_driver: return "install NVIDIA's driver, or start the container with the GPU handed in";
        case ErrorKind::old_driver: return "update the driver, or build with an older CUDA";
        case ErrorKind::no_device: return "see nvidia-smi, CUDA_VISIBLE_DEVICES, and what the container was given";
        case ErrorKind::already_registered: return "keep one Pinned of a segment handle, or attach once more for another";
        case ErrorKind::context_lost: return "a kernel ended this process's context; see compute-sanitizer";
        default: return "";
    }
}

/// Turns CUDA's answer to a call into an error, and leaves none behind in CUDA. `kind`: its meaning
/// here, none for what it means anywhere.
inline Status failed(cudaError_t error, const char *what, ErrorKind kind = ErrorKind::none,
                     const char *help = nullptr) noexcept {
    // Whoever fails sets the last error, which the caller's next look would find.
    (void)cudaGetLastError();
    const ErrorKind general = kind_of(error);
    if (kind == ErrorKind::none || (general != ErrorKind::other && general != ErrorKind::out_of_memory)) {
        kind = general;
        help = nullptr;
    }
    if (help == nullptr) help = help_for(kind);
    char versions[80] = "";
    if (kind == ErrorKind::old_driver) {
        int driver = 0, runtime = 0;
        (void)cudaDriverGetVersion(&driver);
        (void)cudaRuntimeGetVersion(&runtime);
        std::snprintf(versions, sizeof versions, " (built with CUDA %d.%d, the driver knows %d.%d)", runtime / 1000,
                      runtime % 1000 / 10, driver / 1000, driver % 1000 / 10);
    }
    char(&text)[768] = last_text();
    std::snprintf(text, sizeof text, "%s: CUDA says %s, %d: %s%s%s%s", what, cudaGetErrorName(error),
                  static_cast<int>(error), cudaGetErrorString(error), versions, *help != '\0' ? "; " : "", help);
    return Status(kind, error);
}

#define LEYLINE_CUDA_TRY(call, what)                                              \
    do {                                                                          \
        const cudaError_t leyline_error = (call);                                 \
        if (leyline_error != cudaSuccess) return ::leyline::cuda::detail::failed(leyline_error, what); \
    } while (false)

/// Makes a device the thread's current one for a while.
class OnDevice {
public:
    explicit OnDevice(int device) noexcept {
        error_ = cudaGetDevice(&before_);
        if (error_ == cudaSuccess && before_ != device) {
            error_ = cudaSetDevice(device);
            changed_ = error_ == cudaSuccess;
        }
    }
    ~OnDevice() {
        if (changed_ && cudaSetDevice(before_) != cudaSuccess) (void)cudaGetLastError();
    }
    OnDevice(const OnDevice &) = delete;
    OnDevice &operator=(const OnDevice &) = delete;
    cudaError_t error() const noexcept { return error_; }

private:
    int before_ = 0;
    cudaError_t error_ = cudaSuccess;
    bool changed_ = false;
};

/// Returns true if a handle means another stream in each thread.
inline bool is_of_each_thread(cudaStream_t stream) noexcept {
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
    if (stream == nullptr) return true;
#endif
    return stream == cudaStreamPerThread;
}

/// Whose a stream is. `event`: one of the device `device`, with nothing under way.
inline Status device_of(cudaStream_t stream, int device, cudaEvent_t event, int &found) noexcept {
    static constexpr char what[] = "asking a stream for its device";
#if CUDART_VERSION >= 12080
    (void)device;
    (void)event;
    LEYLINE_CUDA_TRY(cudaStreamGetDevice(stream, &found), what);
#else
    // Older ones tell only that a stream does not take the event of another device.
    if (stream == nullptr || stream == cudaStreamLegacy || stream == cudaStreamPerThread) {
        LEYLINE_CUDA_TRY(cudaGetDevice(&found), what);
        return {};
    }
    const cudaError_t error = cudaEventRecord(event, stream);
    if (error == cudaErrorInvalidResourceHandle) {
        (void)failed(error, what);
        return refuse(ErrorKind::other_device, what, "it is of another device", "make both with the same device current");
    }
    if (error != cudaSuccess) return failed(error, what);
    found = device;
#endif
    return {};
}

inline std::size_t host_page() noexcept {
    const long bytes = sysconf(_SC_PAGESIZE);
    return bytes > 0 ? static_cast<std::size_t>(bytes) : 4096;
}

}  // namespace detail

/// The thread's current device.
constexpr int current_device = -1;

/// Looks for a driver and a device: the device of that number, or the current one, in `found`.
inline Status usable(int device, int &found) noexcept {
    int devices = 0;
    LEYLINE_CUDA_TRY(cudaGetDeviceCount(&devices), "looking for a device");
    int current = device;
    if (device == current_device) LEYLINE_CUDA_TRY(cudaGetDevice(&current), "looking for the current device");
    if (current < 0 || current >= devices) {
        char wrong[64];
        std::snprintf(wrong, sizeof wrong, "there is no device %d among %d", current, devices);
        return detail::refuse(ErrorKind::no_device, "looking for a device", wrong, detail::help_for(ErrorKind::no_device));
    }
    found = current;
    return {};
}

// ------------------------------------------------------------------------------------------------------------
// pinned

/// The use that a device makes of pages.
enum class Use : std::uint32_t {
    /// It reads them; this process has them mapped read-only.
    read,
    /// It reads and writes them; this process may, too.
    read_write,
};

/// Pages of this process that a device reaches in place, until the object goes. They must stay
/// mapped for that long.
class Registration {
public:
    Registration() noexcept = default;
    Registration(Registration &&other) noexcept { take(other); }
    Registration &operator=(Registration &&other) noexcept {
        if (this != &other) {
            (void)close();
            take(other);
        }
        return *this;
    }
    Registration(const Registration &) = delete;
    Registration &operator=(const Registration &) = delete;
    ~Registration() { (void)close(); }

    /// Registers whole pages: `pages` starts on one, and the last one counts in full. Every device
    /// of the process reaches them; `device` is whose abilities count.
    static Status create(const void *pages, std::size_t bytes, Use use, Registration &registration,
                         int device = current_device) noexcept {
        static constexpr char what[] = "registering pages with CUDA";
        if (pages == nullptr || bytes == 0) return detail::refuse(ErrorKind::empty_range, what, "the range is empty");
        const std::size_t page = detail::host_page();
        const auto at = reinterpret_cast<std::uintptr_t>(pages);
        if (at % page != 0) {
            char wrong[96];
            std::snprintf(wrong, sizeof wrong, "%p is no multiple of this machine's page of %zu bytes", pages, page);
            return detail::refuse(ErrorKind::unaligned, what, wrong);
        }
        if (bytes > SIZE_MAX - at - page) return detail::refuse(ErrorKind::invalid_argument, what, "it ends nowhere");
        bytes = (bytes + page - 1) / page * page;
        int on = 0;
        if (const Status s = usable(device, on); !s.ok()) return s;
        const detail::OnDevice there(on);
        if (there.error() != cudaSuccess) return detail::failed(there.error(), what);
        unsigned flags = cudaHostRegisterMapped | cudaHostRegisterPortable;
        int can = 0;
        LEYLINE_CUDA_TRY(cudaDeviceGetAttribute(&can, cudaDevAttrHostRegisterSupported, on), what);
        if (can == 0) {
            return detail::refuse(ErrorKind::not_registrable, what, "the device registers no host memory", "use a Gather");
        }
        if (use == Use::read) {
            LEYLINE_CUDA_TRY(cudaDeviceGetAttribute(&can, cudaDevAttrHostRegisterReadOnlySupported, on), what);
            if (can != 0) {
                flags |= cudaHostRegisterReadOnly;
            } else {
                // Where the device walks the host's page tables, those protect the pages.
                LEYLINE_CUDA_TRY(cudaDeviceGetAttribute(&can, cudaDevAttrPageableMemoryAccessUsesHostPageTables, on), what);
                if (can == 0) {
                    return detail::refuse(ErrorKind::not_registrable, what,
                                          "the device registers no memory that is mapped read-only", "use a Gather");
                }
            }
        }
        void *const host = const_cast<void *>(pages);
        const char *const help = "the segment has to be on tmpfs or a memfd; a container or WSL may not allow it";
        cudaError_t error = cudaHostRegister(host, bytes, flags);
        if (error != cudaSuccess) return detail::failed(error, what, ErrorKind::not_registrable, help);
        void *mapped = nullptr;
        error = cudaHostGetDevicePointer(&mapped, host, 0);
        if (error != cudaSuccess) {
            const Status status = detail::failed(error, "asking where a device has the pages", ErrorKind::not_registrable, help);
            if (cudaHostUnregister(host) != cudaSuccess) (void)cudaGetLastError();
            return status;
        }
        Registration made;
        made.host_ = static_cast<unsigned char *>(host);
        made.device_ = static_cast<unsigned char *>(mapped);
        made.bytes_ = bytes;
        made.use_ = use;
        registration = std::move(made);
        return {};
    }

    /// Registers a range inside a mapping, otherwise as create(): the pages it lies on, from the
    /// first to the last.
    static Status covering(const void *range, std::size_t bytes, Use use, Registration &registration,
                           int device = current_device) noexcept {
        const std::size_t before = reinterpret_cast<std::uintptr_t>(range) % detail::host_page();
        if (range == nullptr || bytes == 0) return create(range, bytes, use, registration, device);
        return create(static_cast<const unsigned char *>(range) - before, bytes + before, use, registration, device);
    }

    /// Ends it now. Fails if CUDA does; there is nothing left to end then either.
    Status close() noexcept {
        if (host_ == nullptr) return {};
        void *const host = std::exchange(host_, nullptr);
        device_ = nullptr;
        bytes_ = 0;
        const cudaError_t error = cudaHostUnregister(host);
        // The process is ending, and the driver has let go of all pages already.
        if (error == cudaErrorCudartUnloading) return {};
        if (error != cudaSuccess) return detail::failed(error, "unregistering pages from CUDA");
        return {};
    }

    /// Forgets the pages: they stay registered, and have to stay mapped, until the process ends.
    /// For when nobody can know whether a device is done with them.
    void abandon() noexcept {
        host_ = device_ = nullptr;
        bytes_ = 0;
    }

    explicit operator bool() const noexcept { return host_ != nullptr; }
    const void *host() const noexcept { return host_; }
    /// The same pages, for kernels. Not necessarily the same address.
    const void *device() const noexcept { return device_; }
    /// Whole pages.
    std::size_t bytes() const noexcept { return bytes_; }
    Use use() const noexcept { return use_; }

    /// Returns the device's address of a host address, for kernels; null if it is not all in the
    /// range.
    template <class T>
    T *device_pointer(T *host, std::size_t count = 1) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(host), from = reinterpret_cast<std::uintptr_t>(host_);
        if (host_ == nullptr || at < from || at - from > bytes_ || count > (bytes_ - (at - from)) / sizeof(T)) return nullptr;
        return reinterpret_cast<T *>(device_ + (at - from));
    }

private:
    void take(Registration &other) noexcept {
        host_ = std::exchange(other.host_, nullptr);
        device_ = std::exchange(other.device_, nullptr);
        bytes_ = std::exchange(other.bytes_, 0);
        use_ = other.use_;
    }

    unsigned char *host_ = nullptr;
    unsigned char *device_ = nullptr;
    std::size_t bytes_ = 0;
    Use use_ = Use::read;
};

/// A whole segment that kernels read in place. It keeps the mapping for itself; handles of the
/// segment may be closed.
///
/// Writes of other processes there are read by the twins of leyline_device.hpp, which read
/// atomically and validate. A kernel that reads through the bare pointer is outside every
/// guarantee.
class Pinned {
public:
    Pinned() noexcept = default;
    Pinned(Pinned &&) noexcept = default;
    Pinned &operator=(Pinned &&other) noexcept {
        if (this != &other) {
            // The registration goes before the mapping that it is of.
            (void)close();
            segment_ = std::move(other.segment_);
            registration_ = std::move(other.registration_);
        }
        return *this;
    }
    Pinned(const Pinned &) = delete;
    Pinned &operator=(const Pinned &) = delete;
    ~Pinned() = default;

    static Status create(const Segment &segment, Pinned &pinned, int device = current_device) noexcept {
        Pinned made;
        if (const leyline::Status s = segment.clone(made.segment_); !s.ok()) return s;
        SegmentInfo info{};
        if (const leyline::Status s = made.segment_.info(info); !s.ok()) return s;
        if (const Status s = Registration::create(info.pages, info.bytes, Use::read, made.registration_, device); !s.ok()) {
            return s;
        }
        pinned = std::move(made);
        return {};
    }

    /// Ends it now: kernels must be done with it. The pages are let go of first, the mapping then.
    Status close() noexcept {
        const Status status = registration_.close();
        segment_.close();
        return status;
    }

    explicit operator bool() const noexcept { return static_cast<bool>(registration_); }
    const Segment &segment() const noexcept { return segment_; }
    const void *host() const noexcept { return registration_.host(); }
    const void *device() const noexcept { return registration_.device(); }
    std::size_t bytes() const noexcept { return registration_.bytes(); }
    template <class T>
    const T *device_pointer(const T *host, std::size_t count = 1) const noexcept {
        return registration_.device_pointer(host, count);
    }
    /// A ring of the segment, for kernels that read it with the twins.
    Status ring(const char *name, leyline::device::Ring &ring) const noexcept {
        DeviceRing shape{};
        if (const leyline::Status s = segment_.device_ring(name, shape); !s.ok()) return s;
        auto *const control = registration_.device_pointer(static_cast<unsigned char *>(shape.control), 4096);
        auto *const data = registration_.device_pointer(static_cast<unsigned char *>(shape.data), shape.data_len);
        ring = leyline::device::Ring::of(shape, control, data);
        return {};
    }

private:
    // In this order: members go from the last to the first.
    Segment segment_;
    Registration registration_;
};

// ------------------------------------------------------------------------------------------------------------
// DLPack

/// The structs of DLPack 1.0, and the older one of a tensor without a version, of the same layout
/// as those of dlpack.h but with names of their own, so that a program may include that too.
namespace dlpack {

enum DeviceType : std::int32_t { cpu = 1, cuda = 2 };
enum TypeCode : std::uint8_t { signed_integer = 0, floating = 2 };
/// Whoever gets it may not write there.
constexpr std::uint64_t read_only = 1;

struct Version {
    std::uint32_t major, minor;
};
struct Device {
    std::int32_t device_type, device_id;
};
struct DataType {
    std::uint8_t code, bits;
    std::uint16_t lanes;
};
struct Tensor {
    void *data;
    Device device;
    std::int32_t ndim;
    DataType dtype;
    std::int64_t *shape;
    /// In elements.
    std::int64_t *strides;
    std::uint64_t byte_offset;
};
struct ManagedTensorVersioned {
    Version version;
    void *manager_ctx;
    /// Called once, by whoever has the tensor last, from any thread.
    void (*deleter)(ManagedTensorVersioned *self);
    std::uint64_t flags;
    Tensor dl_tensor;
};

/// The form for consumers that do not know DLPack 1.0.
struct ManagedTensor {
    Tensor dl_tensor;
    void *manager_ctx;
    /// Called once, by whoever has the tensor last, from any thread.
    void (*deleter)(ManagedTensor *self);
};

static_assert(sizeof(Tensor) == 48 && offsetof(Tensor, ndim) == 16 && offsetof(Tensor, shape) == 24 &&
                  offsetof(Tensor, byte_offset) == 40,
              "DLTensor");
static_assert(sizeof(ManagedTensorVersioned) == 80 && offsetof(ManagedTensorVersioned, deleter) == 16 &&
                  offsetof(ManagedTensorVersioned, dl_tensor) == 32,
              "DLManagedTensorVersioned");
static_assert(sizeof(ManagedTensor) == 64 && offsetof(ManagedTensor, deleter) == 56, "DLManagedTensor");

#if defined(DLPACK_DLPACK_H_) && defined(DLPACK_MAJOR_VERSION) && DLPACK_MAJOR_VERSION >= 1
static_assert(sizeof(ManagedTensorVersioned) == sizeof(::DLManagedTensorVersioned) &&
                  offsetof(::DLManagedTensorVersioned, dl_tensor) == offsetof(ManagedTensorVersioned, dl_tensor) &&
                  offsetof(::DLTensor, strides) == offsetof(Tensor, strides),
              "this dlpack.h has another layout");
/// The same, by its name in dlpack.h.
inline ::DLManagedTensorVersioned *standard(ManagedTensorVersioned *tensor) noexcept {
    return reinterpret_cast<::DLManagedTensorVersioned *>(tensor);
}
static_assert(sizeof(ManagedTensor) == sizeof(::DLManagedTensor) &&
                  offsetof(::DLManagedTensor, deleter) == offsetof(ManagedTensor, deleter),
              "this dlpack.h has another layout");
inline ::DLManagedTensor *standard(ManagedTensor *tensor) noexcept {
    return reinterpret_cast<::DLManagedTensor *>(tensor);
}
#endif

/// The name of the Python capsule that carries one, and of that for a tensor without a version.
constexpr char capsule_name[] = "dltensor_versioned", older_capsule_name[] = "dltensor";

}  // namespace dlpack

// ------------------------------------------------------------------------------------------------------------
// gather

/// The check of a row's numbers before it goes to the device.
enum class Check : std::uint32_t {
    /// Each is finite and in its bounds, or its row is left out (ErrorKind::rejected): a writer may
    /// be wrong, or hostile. Of a slot of several rows nothing is left out: there the call fails.
    values,
    /// Rows are whole records, and what they hold is the caller's business.
    records_only,
};

/// The options of a Gather.
struct GatherOptions {
    /// Blocks to go around: while one is being copied or held, the next is filled. 2 to 16.
    std::uint32_t blocks = 2;
    Check check = Check::values;
    /// Brings the masks of possible actions along; the segment must have an action space.
    bool masks = false;
    int device = current_device;
};

namespace detail {

constexpr std::uint32_t max_blocks = 16;
/// DLPack's requirements on CUDA's pointers.
constexpr std::size_t alignment = 256;

constexpr std::size_t aligned(std::size_t bytes) noexcept { return (bytes + alignment - 1) / alignment * alignment; }

/// Staging, its place on the device, and what stands beside the rows. Held by the Gather and by
/// every tensor given out.
struct Block {
    std::atomic<std::uint32_t> holders{1};
    int device = 0;
    unsigned char *host = nullptr;
    unsigned char *there = nullptr;
    cudaEvent_t copied = nullptr;
    bool in_flight = false;
    /// The batch that it holds; 0 for none.
    std::uint64_t batch = 0;
    Meta *metas = nullptr;
    EnvMark *marks = nullptr;
    std::uint16_t *env = nullptr;
    std::uint8_t *flags = nullptr;

    bool is_held() const noexcept { return holders.load(std::memory_order_acquire) > 1; }
    void hold() noexcept { holders.fetch_add(1, std::memory_order_relaxed); }
    /// Whoever lets go last frees it, whichever thread that is.
    static void let_go(Block *block) noexcept {
        if (block == nullptr || block->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        {
            const OnDevice there(block->device);
            forget(there.error());
            // A copy may still be reading the staging. Errors have nobody to be told to; where
            // nobody can know whether it is over, its memory stays.
            bool over = true;
            if (block->in_flight) {
                const cudaError_t error = cudaEventSynchronize(block->copied);
                forget(error);
                over = error == cudaSuccess;
            }
            if (block->copied != nullptr) forget(cudaEventDestroy(block->copied));
            if (block->there != nullptr && over) forget(cudaFree(block->there));
            if (block->host != nullptr && over) forget(cudaFreeHost(block->host));
        }
        delete[] block->metas;
        delete[] block->marks;
        delete[] block->env;
        delete[] block->flags;
        delete block;
    }
    static void forget(cudaError_t error) noexcept {
        if (error != cudaSuccess) (void)cudaGetLastError();
    }
};

/// A tensor of either kind that was given out, with what it points to.
template <class Managed>
struct Export {
    Managed tensor;
    std::int64_t shape[2];
    std::int64_t strides[2];
    Block *block;
    static void end(Managed *self) noexcept {
        if (self == nullptr) return;
        auto *const whole = static_cast<Export *>(self->manager_ctx);
        Block::let_go(whole->block);
        delete whole;
    }
};

inline void describe(dlpack::ManagedTensorVersioned &tensor, std::uint64_t flags) noexcept {
    tensor.version = {1, 0};
    tensor.flags = flags;
}
inline void describe(dlpack::ManagedTensor &, std::uint64_t) noexcept {}

// Reads a batch from either kind of reader.
inline leyline::Status read_next(Controller &from, float *rows, std::size_t width, Meta *metas, std::size_t room,
                                 std::size_t &count, Notice *notice) noexcept {
    return from.next_batch(rows, width, metas, room, count, notice);
}
inline leyline::Status read_next(Observer<Observation> &from, float *rows, std::size_t, Meta *metas, std::size_t room,
                                 std::size_t &count, Notice *notice) noexcept {
    return from.next_batch(reinterpret_cast<Observation *>(rows), room, count, metas, notice);
}
inline leyline::Status await_next(Controller &from, Wait wait, std::size_t at_least, float *rows, std::size_t width,
                                  Meta *metas, std::size_t room, std::size_t &count, Notice *notice) noexcept {
    return from.next_batch(wait, at_least, rows, width, metas, room, count, notice);
}
inline leyline::Status await_next(Observer<Observation> &from, Wait wait, std::size_t at_least, float *rows, std::size_t,
                                  Meta *metas, std::size_t room, std::size_t &count, Notice *notice) noexcept {
    return from.next_batch(wait, at_least, reinterpret_cast<Observation *>(rows), room, count, metas, notice);
}
inline leyline::Status read_latest(Controller &from, float *rows, std::size_t width, EnvMark *marks, std::size_t envs,
                                   Gathered *gathered, Notice *notice) noexcept {
    return from.latest_by_env(rows, width, marks, envs, gathered, notice);
}
inline leyline::Status read_latest(Observer<Observation> &from, float *rows, std::size_t, EnvMark *marks,
                                   std::size_t envs, Gathered *gathered, Notice *notice) noexcept {
    return from.latest_by_env(reinterpret_cast<Observation *>(rows), marks, envs, gathered, notice);
}
inline leyline::Status await_latest(Controller &from, Wait wait, float *rows, std::size_t width, EnvMark *marks,
                                    std::size_t envs, Gathered *gathered, Notice *notice) noexcept {
    return from.latest_by_env(wait, rows, width, marks, envs, gathered, notice);
}
inline leyline::Status await_latest(Observer<Observation> &from, Wait wait, float *rows, std::size_t, EnvMark *marks,
                                    std::size_t envs, Gathered *gathered, Notice *notice) noexcept {
    return from.latest_by_env(wait, reinterpret_cast<Observation *>(rows), marks, envs, gathered, notice);
}

}  // namespace detail

/// The batch of a Gather: a (rows, width) block of floats, C-contiguous, on the host and on the
/// device. It is a view: valid until its block's turn comes again, which a tensor made of it puts
/// off.
struct Batch {
    std::size_t rows = 0;
    /// Rows that were left out because their numbers failed the check: they are in no batch. By
    /// environment the row keeps what it had, and its mark says that it is unchanged.
    std::size_t rejected = 0;
    /// Numbers in a row.
    std::size_t width = 0;
    /// Numbers in a row of the masks; 0 without masks.
    std::size_t actions = 0;
    /// Pinned. Only to be read: the copy may still be reading it.
    const float *host = nullptr;
    /// The rows on the device, complete once `copied` has happened; for work on the stream that was
    /// given, at once.
    const float *device = nullptr;
    /// (rows, actions), 1 for what is possible; or null.
    const std::int8_t *host_masks = nullptr;
    const std::int8_t *device_masks = nullptr;
    /// The metadata of each row; of a slot of several rows one, the slot's; null by environment.
    const Meta *metas = nullptr;
    /// By environment only: the marks of the rows, for Controller::decide_by_env. They stay as long
    /// as the rows do.
    const EnvMark *marks = nullptr;
    /// The environment and the flags of each row.
    const std::uint16_t *env = nullptr;
    const std::uint8_t *flags = nullptr;
    /// By environment only: counts.
    Gathered gathered{};
    cudaEvent_t copied = nullptr;

private:
    friend class Gather;
    detail::Block *block_ = nullptr;
    std::uint64_t batch_ = 0;
};

/// The part of a batch that a tensor is made of.
enum class Part : std::uint32_t { device_rows, host_rows, device_masks, host_masks };

/// Gathers observations from a ring into pinned staging and sends them to the device in one
/// asynchronous copy, masks included. Rows are validated on the host: what arrives are whole
/// records.
///
/// All memory is allocated at creation. Each call uses the next block that is neither being copied
/// nor held. What work on **other** streams still reads of an earlier batch is for the caller to
/// order: make the stream that is given here wait for it before the block's turn comes again.
class Gather {
public:
    Gather() noexcept = default;
    Gather(Gather &&other) noexcept { take(other); }
    Gather &operator=(Gather &&other) noexcept {
        if (this != &other) {
            close();
            take(other);
        }
        return *this;
    }
    Gather(const Gather &) = delete;
    Gather &operator=(const Gather &) = delete;
    ~Gather() { close(); }

    /// Makes a gather for batches of up to `batch` rows of a ring of observations, of any schema of
    /// floats. A ring of several rows a slot is gathered by environment, or slot by slot with a
    /// batch of its rows.
    static Status create(const Segment &segment, const char *ring, std::size_t batch, Gather &gather,
                         GatherOptions options = {}) noexcept {
        static constexpr char what[] = "making a gather";
        RingInfo info{};
        if (const leyline::Status s = segment.ring(ring, info); !s.ok()) return s;
        Gather made;
        if (const leyline::Status s = Schema::from_canonical(info.schema, std::strlen(info.schema), made.schema_); !s.ok()) {
            return s;
        }
        made.width_ = made.schema_.width();
        if (made.width_ == 0 || made.width_ * sizeof(float) != info.record_size) {
            return detail::refuse(ErrorKind::invalid_argument, what, "the ring's records are no rows of floats");
        }
        if (options.blocks < 2 || options.blocks > detail::max_blocks) {
            return detail::refuse(ErrorKind::invalid_argument, what, "there have to be 2 to 16 blocks");
        }
        const std::uint64_t there_are = info.capacity * info.rows;
        if (batch == 0 || batch > there_are) {
            char wrong[96];
            std::snprintf(wrong, sizeof wrong, "a batch of %zu rows from a ring of %llu", batch,
                          static_cast<unsigned long long>(there_are));
            return detail::refuse(batch == 0 ? ErrorKind::invalid_argument : ErrorKind::batch_too_large, what, wrong,
                                  "give the ring more slots when it is created");
        }
        made.capacity_ = batch;
        made.slot_rows_ = info.rows;
        made.check_ = options.check;
        if (options.masks) {
            if (const leyline::Status s = ActionSpace::of(segment, made.space_); !s.ok()) return s;
            made.actions_ = made.space_.size();
        }
        if (const Status s = usable(options.device, made.device_); !s.ok()) return s;
        const detail::OnDevice there(made.device_);
        if (there.error() != cudaSuccess) return detail::failed(there.error(), what);
        for (std::uint32_t i = 0; i < options.blocks; ++i) {
            if (const Status s = made.add_block(); !s.ok()) return s;
        }
        made.read_ = new (std::nothrow) float[batch * made.width_]();
        made.latest_ = new (std::nothrow) float[batch * made.width_]();
        made.read_marks_ = new (std::nothrow) EnvMark[batch]();
        made.marks_ = new (std::nothrow) EnvMark[batch]();
        if (!made.read_ || !made.latest_ || !made.read_marks_ || !made.marks_) return no_memory();
        if (options.masks) {
            // Not with the first batch: whether the schema says what the seed is does not change.
            auto *const masks = reinterpret_cast<std::int8_t *>(made.blocks_[0]->host);
            if (const leyline::Status s = made.space_.masks(made.schema_, made.latest_, 1, masks, made.actions_); !s.ok()) return s;
        }
        gather = std::move(made);
        return {};
    }
    /// Makes a gather of the observations of a link.
    static Status create(const Controller &controller, std::size_t batch, Gather &gather,
                         GatherOptions options = {}) noexcept {
        Segment segment;
        if (const leyline::Status s = controller.segment(segment); !s.ok()) return s;
        return create(segment, "observations", batch, gather, options);
    }

    /// Ends it now. Blocks that are held as DLPack stay until they are let go of.
    void close() noexcept {
        for (std::uint32_t i = 0; i < count_; ++i) detail::Block::let_go(std::exchange(blocks_[i], nullptr));
        count_ = 0;
        delete[] std::exchange(read_, nullptr);
        delete[] std::exchange(latest_, nullptr);
        delete[] std::exchange(read_marks_, nullptr);
        delete[] std::exchange(marks_, nullptr);
        schema_.close();
        space_.close();
    }
    explicit operator bool() const noexcept { return count_ != 0; }
    /// Rows of the largest batch.
    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t width() const noexcept { return width_; }
    int device() const noexcept { return device_; }

    /// Gathers as many of the next observations as there are and fit, in ring order. From a
    /// Controller or an Observer<Observation> of the ring that this was made for.
    ///
    /// LEYLINE_LAPPED, LEYLINE_RESTARTED and ErrorKind::rejected come after batch.rows rows, which
    /// may be 0; they are sent all the same. A row whose numbers fail the check is left out and
    /// counted (batch.rejected). With LEYLINE_EMPTY, ErrorKind::busy and errors the batch is as it
    /// was. Never waits. Where the copy cannot be started, what was read from the ring is gone.
    template <class Reader>
    Status try_next(Reader &from, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        detail::Block *block = nullptr;
        if (const Status s = ready(stream, nullptr, block); !s.ok()) return s;
        const Refill refill(block);
        std::size_t rows = 0;
        const leyline::Status read = detail::read_next(from, floats(block), width_, block->metas, capacity_, rows, notice);
        return send_next(read, refill, rows, stream, batch);
    }
    /// Gathers as try_next() does, once there are at_least so many.
    template <class Reader>
    Status next(Reader &from, Wait wait, std::size_t at_least, cudaStream_t stream, Batch &batch,
                Notice *notice = nullptr) noexcept {
        detail::Block *block = nullptr;
        if (const Status s = ready(stream, &wait, block); !s.ok()) return s;
        const Refill refill(block);
        std::size_t rows = 0;
        const leyline::Status read =
            detail::await_next(from, wait, at_least, floats(block), width_, block->metas, capacity_, rows, notice);
        return send_next(read, refill, rows, stream, batch);
    }
    /// The newest observation of environment i in row i: always capacity() rows, zeros where none
    /// was seen yet. batch.marks says which are new. The whole block is sent, so that what arrives
    /// is complete. A row whose numbers fail the check stays as it was (ErrorKind::rejected).
    /// Nothing is gone where the copy cannot be started: it comes with the next.
    template <class Reader>
    Status try_latest_by_env(Reader &from, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        detail::Block *block = nullptr;
        if (const Status s = ready(stream, nullptr, block); !s.ok()) return s;
        Gathered gathered{};
        const leyline::Status read = detail::read_latest(from, read_, width_, read_marks_, capacity_, &gathered, notice);
        return send_latest(read, block, gathered, stream, batch);
    }
    /// Gathers as try_latest_by_env() does, once there is anything new.
    template <class Reader>
    Status latest_by_env(Reader &from, Wait wait, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        detail::Block *block = nullptr;
        if (const Status s = ready(stream, &wait, block); !s.ok()) return s;
        Gathered gathered{};
        const leyline::Status read =
            untold_ ? detail::read_latest(from, read_, width_, read_marks_, capacity_, &gathered, notice)
                    : detail::await_latest(from, wait, read_, width_, read_marks_, capacity_, &gathered, notice);
        return send_latest(read, block, gathered, stream, batch);
    }
    /// The next slot of a link of several rows: a gather of as many as a slot has. It comes whole:
    /// where the numbers of one of its rows fail the check, the call fails and the slot is gone.
    Status try_next_rows(Controller &from, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        return slot(nullptr, stream, batch, [&](float *rows, std::uint16_t *env, std::uint8_t *flags, Meta &meta) {
            return from.next_rows(rows, capacity_ * width_, env, flags, capacity_, meta, notice);
        });
    }
    /// Gathers as try_next_rows() does, once there is a slot.
    Status next_rows(Controller &from, Wait wait, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        return slot(&wait, stream, batch, [&](float *rows, std::uint16_t *env, std::uint8_t *flags, Meta &meta) {
            return from.next_rows(wait, rows, capacity_ * width_, env, flags, capacity_, meta, notice);
        });
    }
    /// The newest slot.
    Status try_latest_rows(Controller &from, cudaStream_t stream, Batch &batch, Notice *notice = nullptr) noexcept {
        return slot(nullptr, stream, batch, [&](float *rows, std::uint16_t *env, std::uint8_t *flags, Meta &meta) {
            return from.latest_rows(rows, capacity_ * width_, env, flags, capacity_, meta, notice);
        });
    }

    /// A part of the newest batches as a DLPack tensor, (rows, width) of float or (rows, actions)
    /// of int8, for `from_dlpack` and its like: in Python as a capsule of the name
    /// dlpack::capsule_name. It holds its block, also after this object has gone, until its deleter
    /// is called; the Gather meanwhile goes around it. The caller calls the deleter if nobody takes
    /// the tensor.
    ///
    /// Of a device's part, `stream` is where the consumer will work with it; that stream waits for
    /// the copy (DLPack's rule for a producer). Before the deleter is called, the consumer's work
    /// on it must be ordered before what is next on the stream that gathers: the same stream is,
    /// another one needs an event.
    Status to_dlpack(const Batch &batch, Part part, cudaStream_t stream,
                     dlpack::ManagedTensorVersioned *&tensor) noexcept {
        return give_out(batch, part, stream, tensor);
    }
    /// The same for a consumer that does not know DLPack 1.0: in Python one that asks without
    /// max_version, as a capsule of the name dlpack::older_capsule_name. The device's parts only:
    /// such a tensor cannot say that the host's are only read.
    Status to_dlpack(const Batch &batch, Part part, cudaStream_t stream, dlpack::ManagedTensor *&tensor) noexcept {
        if (part == Part::host_rows || part == Part::host_masks) {
            return detail::refuse(ErrorKind::invalid_argument, "giving a batch out as DLPack",
                                  "a tensor without a version cannot say that it is only to be read", "use DLPack 1.0");
        }
        return give_out(batch, part, stream, tensor);
    }

private:
    using Clock = std::chrono::steady_clock;

    static Status no_memory() noexcept {
        return detail::refuse(ErrorKind::out_of_memory, "making a gather", "the host has no memory left");
    }
    static float *floats(detail::Block *block) noexcept { return reinterpret_cast<float *>(block->host); }
    std::size_t rows_bytes(std::size_t rows) const noexcept { return rows * width_ * sizeof(float); }
    bool is_mine(const detail::Block *block) const noexcept {
        for (std::uint32_t i = 0; i < count_; ++i) {
            if (blocks_[i] == block) return true;
        }
        return false;
    }

    /// A tensor of either kind.
    template <class Managed>
    Status give_out(const Batch &batch, Part part, cudaStream_t stream, Managed *&tensor) noexcept {
        static constexpr char what[] = "giving a batch out as DLPack";
        detail::Block *const block = batch.block_;
        if (count_ == 0 || block == nullptr || !is_mine(block)) {
            return detail::refuse(ErrorKind::invalid_argument, what, "no batch of this gather");
        }
        if (block->batch != batch.batch_) {
            return detail::refuse(ErrorKind::stale, what, "its block was filled again", "use more blocks");
        }
        const bool masks = part == Part::device_masks || part == Part::host_masks;
        const bool there = part == Part::device_rows || part == Part::device_masks;
        if (masks && batch.actions == 0) {
            return detail::refuse(ErrorKind::invalid_argument, what, "this gather has no masks", "see GatherOptions");
        }
        if (there) {
            const detail::OnDevice on(device_);
            if (on.error() != cudaSuccess) return detail::failed(on.error(), what);
            LEYLINE_CUDA_TRY(cudaStreamWaitEvent(stream, block->copied, 0), what);
        }
        auto *const made = new (std::nothrow) detail::Export<Managed>;
        if (made == nullptr) return no_memory();
        const void *const data = part == Part::device_rows    ? static_cast<const void *>(batch.device)
                                 : part == Part::host_rows    ? static_cast<const void *>(batch.host)
                                 : part == Part::device_masks ? static_cast<const void *>(batch.device_masks)
                                                              : static_cast<const void *>(batch.host_masks);
        const auto columns = static_cast<std::int64_t>(masks ? batch.actions : batch.width);
        made->shape[0] = static_cast<std::int64_t>(batch.rows);
        made->shape[1] = columns;
        made->strides[0] = columns;
        made->strides[1] = 1;
        made->block = block;
        Managed &t = made->tensor;
        t.manager_ctx = made;
        t.deleter = &detail::Export<Managed>::end;
        // The copy may still be reading the staging.
        detail::describe(t, there ? 0 : dlpack::read_only);
        t.dl_tensor.data = const_cast<void *>(data);
        t.dl_tensor.device = there ? dlpack::Device{dlpack::cuda, device_} : dlpack::Device{dlpack::cpu, 0};
        t.dl_tensor.ndim = 2;
        t.dl_tensor.dtype = masks ? dlpack::DataType{dlpack::signed_integer, 8, 1} : dlpack::DataType{dlpack::floating, 32, 1};
        t.dl_tensor.shape = made->shape;
        t.dl_tensor.strides = made->strides;
        t.dl_tensor.byte_offset = 0;
        block->hold();
        tensor = &t;
        return {};
    }

    /// A block that is being filled: what it held is no batch any more, unless it turns out that
    /// nothing came.
    class Refill {
    public:
        explicit Refill(detail::Block *to) noexcept : block(to), before_(std::exchange(to->batch, 0)) {}
        void nothing_came() const noexcept { block->batch = before_; }
        detail::Block *const block;

    private:
        const std::uint64_t before_;
    };

    void take(Gather &other) noexcept {
        for (std::uint32_t i = 0; i < detail::max_blocks; ++i) blocks_[i] = std::exchange(other.blocks_[i], nullptr);
        count_ = std::exchange(other.count_, 0);
        at_ = other.at_;
        batches_ = other.batches_;
        capacity_ = std::exchange(other.capacity_, 0);
        width_ = std::exchange(other.width_, 0);
        actions_ = std::exchange(other.actions_, 0);
        slot_rows_ = other.slot_rows_;
        device_ = other.device_;
        check_ = other.check_;
        untold_ = other.untold_;
        read_ = std::exchange(other.read_, nullptr);
        latest_ = std::exchange(other.latest_, nullptr);
        read_marks_ = std::exchange(other.read_marks_, nullptr);
        marks_ = std::exchange(other.marks_, nullptr);
        schema_ = std::move(other.schema_);
        space_ = std::move(other.space_);
    }

    /// Adds a block on the current device. A block that fails half-way is freed with the rest.
    Status add_block() noexcept {
        static constexpr char what[] = "making a gather";
        auto *const block = new (std::nothrow) detail::Block;
        if (block == nullptr) return no_memory();
        block->device = device_;
        blocks_[count_++] = block;
        // Rows and masks in one piece, so that one copy takes both.
        const std::size_t bytes = detail::aligned(rows_bytes(capacity_)) + detail::aligned(capacity_ * actions_);
        block->metas = new (std::nothrow) Meta[capacity_]();
        block->marks = new (std::nothrow) EnvMark[capacity_]();
        block->env = new (std::nothrow) std::uint16_t[capacity_]();
        block->flags = new (std::nothrow) std::uint8_t[capacity_]();
        if (!block->metas || !block->marks || !block->env || !block->flags) return no_memory();
        void *host = nullptr, *there = nullptr;
        LEYLINE_CUDA_TRY(cudaHostAlloc(&host, bytes, cudaHostAllocPortable), what);
        block->host = static_cast<unsigned char *>(host);
        LEYLINE_CUDA_TRY(cudaMalloc(&there, bytes), what);
        block->there = static_cast<unsigned char *>(there);
        LEYLINE_CUDA_TRY(cudaEventCreateWithFlags(&block->copied, cudaEventDisableTiming), what);
        return {};
    }

    /// Fails for a stream that a copy to this device cannot be ordered on. `idle`: a block that is
    /// not being copied.
    Status check_stream(cudaStream_t stream, const detail::Block *idle) const noexcept {
        int found = device_;
        if (const Status s = detail::device_of(stream, device_, idle->copied, found); !s.ok()) return s;
        if (found == device_) return {};
        char wrong[96];
        std::snprintf(wrong, sizeof wrong, "the stream is of device %d, the gather of device %d", found, device_);
        return detail::refuse(ErrorKind::other_device, "gathering", wrong);
    }

    /// The next block that may be filled. Without a wait: busy where there is none yet. What is
    /// waited here is taken off the wait.
    Status ready(cudaStream_t stream, Wait *wait, detail::Block *&block) noexcept {
        if (count_ == 0) return detail::refuse(ErrorKind::invalid_argument, "gathering", "the gather is empty");
        const Clock::time_point began = Clock::now();
        for (;;) {
            bool held = true;
            for (std::uint32_t i = 0; i < count_; ++i) {
                const std::uint32_t at = (at_ + i) % count_;
                detail::Block *const candidate = blocks_[at];
                if (candidate->is_held()) continue;
                held = false;
                if (candidate->in_flight) {
                    const cudaError_t error = cudaEventQuery(candidate->copied);
                    if (error == cudaErrorNotReady) {
                        (void)cudaGetLastError();
                        continue;
                    }
                    if (error != cudaSuccess) return detail::failed(error, "asking whether a batch was copied");
                    candidate->in_flight = false;
                }
                if (const Status s = check_stream(stream, candidate); !s.ok()) return s;
                at_ = at;
                block = candidate;
                if (wait != nullptr) wait->raw.timeout_ns -= spent(began, wait->raw.timeout_ns);
                return {};
            }
            if (held) {
                return detail::refuse(ErrorKind::in_use, "gathering", "every block is held as DLPack",
                                      "let go of tensors, or make the gather with more blocks");
            }
            if (wait == nullptr || spent(began, wait->raw.timeout_ns) == wait->raw.timeout_ns) {
                return Status(ErrorKind::busy, cudaSuccess);
            }
            if (wait->raw.strategy != LEYLINE_WAIT_SPIN) sched_yield();
        }
    }
    static std::uint64_t spent(Clock::time_point began, std::uint64_t at_most) noexcept {
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began).count();
        const auto passed = ns < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(ns);
        return passed < at_most ? passed : at_most;
    }

    /// The result of a check of rows.
    class Verdict {
    public:
        std::size_t rejected = 0;
        /// Returns true if a row passes. `which` and `number` name the first row that does not in
        /// its error.
        bool passes(const Gather &gather, const float *row, const char *which, std::uint64_t number) noexcept {
            if (gather.check_ == Check::records_only) return true;
            const leyline::Status s = gather.schema_.check(row, gather.width_);
            if (s.ok()) return true;
            if (rejected++ == 0) {
                std::snprintf(first_, sizeof first_, "%s %llu: %s", which, static_cast<unsigned long long>(number), s.text());
            }
            return false;
        }
        /// Returns the status to report if nothing else went wrong.
        Status status() const noexcept {
            if (rejected == 0) return {};
            char text[640];
            std::snprintf(text, sizeof text, "%zu rows were left out, first of %s", rejected, first_);
            return detail::refuse(ErrorKind::rejected, "checking a batch", text);
        }

    private:
        char first_[512];
    };

    Status send_next(leyline::Status read, const Refill &refill, std::size_t rows, cudaStream_t stream,
                     Batch &batch) noexcept {
        if (read.is_error()) return read;
        if (rows == 0) return ended(read, refill, batch);
        detail::Block *const block = refill.block;
        Verdict verdict;
        std::size_t good = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            const float *const row = floats(block) + i * width_;
            const Meta &meta = block->metas[i];
            if (!verdict.passes(*this, row, "sequence", meta.sequence)) continue;
            block->env[good] = meta.env;
            block->flags[good] = meta.flags;
            if (good != i) {
                std::memcpy(floats(block) + good * width_, row, rows_bytes(1));
                block->metas[good] = meta;
            }
            ++good;
        }
        Batch made;
        made.metas = block->metas;
        return send(read, verdict, block, good, stream, made, batch);
    }
    Status send_latest(leyline::Status read, detail::Block *block, Gathered gathered, cudaStream_t stream,
                       Batch &batch) noexcept {
        if (read.is_error()) return read;
        Verdict verdict;
        gathered.changed = 0;
        for (std::size_t i = 0; i < capacity_; ++i) {
            const EnvMark &now = read_marks_[i];
            EnvMark &mark = marks_[i];
            if (now.records != 0) {
                // The end of an episode is told, whatever becomes of the record that overtook it.
                const auto all_flags = static_cast<std::uint8_t>(mark.all_flags | now.all_flags);
                const float *const row = read_ + i * width_;
                if (verdict.passes(*this, row, "environment", i)) {
                    const std::uint32_t before = mark.records;
                    mark = now;
                    mark.records = now.records > UINT32_MAX - before ? UINT32_MAX : now.records + before;
                    std::memcpy(latest_ + i * width_, row, rows_bytes(1));
                }
                mark.all_flags = all_flags;
            }
            gathered.changed += mark.records != 0;
        }
        untold_ = gathered.changed != 0;
        if (!untold_ && verdict.rejected == 0) {
            if (read.code() == LEYLINE_LAPPED || read.code() == LEYLINE_RESTARTED) batch.rows = batch.rejected = 0;
            return read;
        }
        if (read.code() == LEYLINE_EMPTY || read.timed_out()) read = leyline::Status();
        Batch made;
        made.gathered = gathered;
        if (!untold_) return send(read, verdict, block, 0, stream, made, batch);
        block->batch = 0;
        std::memcpy(block->host, latest_, rows_bytes(capacity_));
        std::memcpy(block->marks, marks_, capacity_ * sizeof *marks_);
        for (std::size_t i = 0; i < capacity_; ++i) {
            block->env[i] = static_cast<std::uint16_t>(i);
            block->flags[i] = marks_[i].flags;
        }
        made.marks = block->marks;
        const Status sent = send(read, verdict, block, capacity_, stream, made, batch);
        if (block->batch == 0) return sent;
        untold_ = false;
        for (std::size_t i = 0; i < capacity_; ++i) marks_[i].records = marks_[i].all_flags = 0;
        return sent;
    }
    template <class Read>
    Status slot(Wait *wait, cudaStream_t stream, Batch &batch, Read read) noexcept {
        detail::Block *block = nullptr;
        if (const Status s = ready(stream, wait, block); !s.ok()) return s;
        if (capacity_ != slot_rows_) {
            return detail::refuse(ErrorKind::invalid_argument, "gathering a slot", "the batch has another size than a slot",
                                  "make the gather for as many rows as a slot has");
        }
        const Refill refill(block);
        const leyline::Status status = read(floats(block), block->env, block->flags, block->metas[0]);
        if (status.is_error()) return status;
        if (!status.ok()) return ended(status, refill, batch);
        if (check_ == Check::values) {
            for (std::size_t i = 0; i < capacity_; ++i) {
                if (const leyline::Status s = schema_.check(floats(block) + i * width_, width_); !s.ok()) return s;
            }
        }
        Batch made;
        made.metas = block->metas;
        return send(status, Verdict(), block, capacity_, stream, made, batch);
    }
    /// Ends a gathering without rows, maybe with a notice. Rows that could not be read may have
    /// been copied already.
    static Status ended(leyline::Status read, const Refill &refill, Batch &batch) noexcept {
        if (read.code() == LEYLINE_LAPPED || read.code() == LEYLINE_RESTARTED) {
            batch.rows = batch.rejected = 0;
        } else {
            refill.nothing_came();
        }
        return read;
    }

    /// Sends what there is. The block holds a batch afterwards if that is under way.
    Status send(leyline::Status read, const Verdict &verdict, detail::Block *block, std::size_t rows, cudaStream_t stream,
                Batch &made, Batch &batch) noexcept {
        if (rows == 0) {
            batch.rows = 0;
            batch.rejected = verdict.rejected;
            return read.ok() ? verdict.status() : Status(read);
        }
        float *const numbers = floats(block);
        const std::size_t masks_at = detail::aligned(rows_bytes(rows));
        std::size_t bytes = rows_bytes(rows);
        if (actions_ != 0) {
            auto *const masks = reinterpret_cast<std::int8_t *>(block->host + masks_at);
            if (const leyline::Status s = space_.masks(schema_, numbers, rows, masks, rows * actions_); !s.ok()) return s;
            bytes = masks_at + rows * actions_;
            made.host_masks = masks;
            made.device_masks = reinterpret_cast<const std::int8_t *>(block->there + masks_at);
        }
        {
            const detail::OnDevice there(device_);
            if (there.error() != cudaSuccess) return detail::failed(there.error(), "gathering");
            cudaError_t error = cudaMemcpyAsync(block->there, block->host, bytes, cudaMemcpyHostToDevice, stream);
            if (error != cudaSuccess) return detail::failed(error, "sending a batch");
            // From here on the staging may be read, whatever becomes of the event.
            block->in_flight = true;
            error = cudaEventRecord(block->copied, stream);
            if (error != cudaSuccess) {
                // Nothing says when the copy is over but the stream itself.
                const Status status = detail::failed(
                    error, "marking the end of a copy",
                    error == cudaErrorInvalidResourceHandle ? ErrorKind::other_device : ErrorKind::none);
                const cudaError_t waited = cudaStreamSynchronize(stream);
                if (waited != cudaSuccess) (void)cudaGetLastError();
                block->in_flight = false;
                return status;
            }
        }
        block->batch = ++batches_;
        at_ = (at_ + 1) % count_;
        made.rows = rows;
        made.rejected = verdict.rejected;
        made.width = width_;
        made.actions = actions_;
        made.host = numbers;
        made.device = reinterpret_cast<const float *>(block->there);
        made.env = block->env;
        made.flags = block->flags;
        made.copied = block->copied;
        made.block_ = block;
        made.batch_ = block->batch;
        batch = made;
        return read.ok() ? verdict.status() : Status(read);
    }

    detail::Block *blocks_[detail::max_blocks] = {};
    std::uint32_t count_ = 0;
    std::uint32_t at_ = 0;
    std::uint64_t batches_ = 0;
    std::size_t capacity_ = 0;
    std::size_t width_ = 0;
    std::size_t actions_ = 0;
    std::size_t slot_rows_ = 0;
    int device_ = 0;
    Check check_ = Check::values;
    /// By environment, in ordinary memory: the rows read last, and the newest of each that passed
    /// the check. Row i is that of environment i. A row without news stays, whichever block's turn
    /// it is.
    float *read_ = nullptr, *latest_ = nullptr;
    EnvMark *read_marks_ = nullptr, *marks_ = nullptr;
    /// Returns true if there are rows that no batch has brought yet.
    bool untold_ = false;
    Schema schema_;
    ActionSpace space_;
};

// ------------------------------------------------------------------------------------------------------
// device writer

#if defined(__CUDACC__)
namespace detail {

template <class Unused>
__global__ void answer_clock(void *words, std::uint64_t rounds, std::uint64_t looks, Unused) {
    leyline::device::detail::answer_clock(words, rounds, looks, [] { return leyline::device::Clock::own(); });
}

}  // namespace detail
#endif

/// The observations of a trainer, or a ring of a program's own, in the hands of kernels: from
/// create() to give_back() a kernel publishes there, with the twin of leyline_device.hpp, and the
/// host does not (LEYLINE_ERR_HANDED_OVER). One kernel at a time, on the stream that create() was
/// given, or ordered before give_back() by the caller. Where that is the default stream of each
/// thread, of which no thread can name another's, give_back() waits for all that the device has to
/// do.
///
/// All else of the trainer goes on: decisions, commands, outcomes. Readers of the ring are not
/// woken but look every millisecond. If the process ends before the ring is given back, the segment
/// is made anew by the next trainer.
///
///     DeviceWriter device;
///     Status s = DeviceWriter::create(trainer, stream, device);
///     step<<<1, 1, 0, stream>>>(device.writer(), device.clock(), row);
///     s = device.give_back();
class DeviceWriter {
public:
    DeviceWriter() noexcept = default;
    DeviceWriter(DeviceWriter &&other) noexcept { swap(other); }
    DeviceWriter &operator=(DeviceWriter &&other) noexcept {
        if (this != &other) {
            (void)close();
            swap(other);
        }
        return *this;
    }
    DeviceWriter(const DeviceWriter &) = delete;
    DeviceWriter &operator=(const DeviceWriter &) = delete;
    ~DeviceWriter() { (void)close(); }

    /// Takes the observations over from a trainer. It allocates and copies, and may wait for what
    /// the device has at hand. The trainer is used by one thread at a time, this object's included;
    /// if it is closed first, the ring cannot be given back any more.
    static Status create(Trainer &trainer, cudaStream_t stream, DeviceWriter &writer) noexcept {
        DeviceWriter made;
        made.trainer_ = trainer.raw();
        Schema schema;
        if (const leyline::Status s = trainer.schema(schema); !s.ok()) return s;
        return made.take_over(&schema, stream, writer);
    }
    /// Takes a ring of the program's own over from its writer. It may have no consumers.
    template <class T>
    static Status create(leyline::Writer<T> &writer_of_the_host, cudaStream_t stream, DeviceWriter &writer) noexcept {
        DeviceWriter made;
        made.writer_ = writer_of_the_host.raw();
        return made.take_over(nullptr, stream, writer);
    }

    /// Returns the writer for kernels, in memory of the device. It goes on from one kernel to the
    /// next.
    device::Writer *writer() const noexcept { return state_; }
    /// Returns the ring that kernels write.
    const device::Ring &ring() const noexcept { return ring_; }
    /// Returns the Box of the link's observations for kernels, whatever their schema; for a ring of
    /// the program's own, a Box of no number.
    device::BoxTable box() const noexcept { return box_; }
    /// Returns the clock for kernels: CLOCK_MONOTONIC after calibrate(); before it, 0 for unknown.
    device::Clock clock() const noexcept { return clock_; }
    /// Returns the stop word for kernels that wait (Patience): not 0 after a call of stop() or
    /// give_back().
    const std::uint32_t *stop_word() const noexcept { return static_cast<const std::uint32_t *>(words_); }
    /// Asks kernels that wait to end.
    void stop() noexcept {
        if (words_ != nullptr) device::detail::store_release<std::uint32_t>(words_, 0, 1);
    }

#if defined(__CUDACC__)
    /// Finds out how far the device's clock is off, to some microsecond, and waits for the stream.
    /// The two drift: do it again now and then.
    Status calibrate() noexcept {
        static constexpr char what[] = "calibrating a device's clock";
        if (state_ == nullptr) return detail::refuse(ErrorKind::invalid_argument, what, "the device writer is empty");
        const detail::OnDevice there(device_);
        if (there.error() != cudaSuccess) return detail::failed(there.error(), what);
        LEYLINE_CUDA_TRY(wait_for_kernels(), what);
        std::memset(static_cast<unsigned char *>(words_) + device::detail::at_asked, 0,
                    device::detail::words_size - device::detail::at_asked);
        std::uint64_t rounds = 64, looks = std::uint64_t{1} << 24;
        int unused = 0;
        void *arguments[] = {&words_, &rounds, &looks, &unused};
        LEYLINE_CUDA_TRY(cudaLaunchKernel(reinterpret_cast<const void *>(&detail::answer_clock<int>), dim3(1), dim3(1),
                                          arguments, 0, stream_),
                         what);
        device::Clock found{};
        const bool answered = device::detail::ask_clock(words_, rounds, found);
        LEYLINE_CUDA_TRY(cudaStreamSynchronize(stream_), what);
        if (!answered) return detail::refuse(ErrorKind::other, what, "the kernel did not answer within a second");
        clock_ = found;
        return {};
    }
#endif

    /// Asks kernels that wait to end, waits for the stream, and gives the ring back to the host's
    /// writer, which goes on after what the device has published: so many sequences. If CUDA fails,
    /// nobody knows what the device still does: the ring stays handed over, and this object as it
    /// is.
    Status give_back(std::uint64_t *published = nullptr) noexcept {
        static constexpr char what[] = "giving a ring back";
        if (state_ == nullptr) return detail::refuse(ErrorKind::invalid_argument, what, "the device writer is empty");
        stop();
        {
            const detail::OnDevice there(device_);
            if (there.error() != cudaSuccess) return detail::failed(there.error(), what);
            LEYLINE_CUDA_TRY(wait_for_kernels(), what);
        }
        return let_go(take_back(published));
    }

    /// give_back(); where the stream cannot be waited for, the device is. If that fails too, it is
    /// the end of this object all the same: the ring stays handed over, and its segment is made
    /// anew by the next trainer. Nothing that the device may still use is let go of then: the pages
    /// stay registered, and the memory allocated, until the process ends.
    Status close() noexcept {
        if (state_ == nullptr) return {};
        const Status status = give_back();
        if (state_ == nullptr) return status;
        {
            const detail::OnDevice there(device_);
            const cudaError_t error = there.error() == cudaSuccess ? cudaDeviceSynchronize() : there.error();
            if (error != cudaSuccess) return abandon(status);
        }
        return let_go(take_back(nullptr));
    }

    explicit operator bool() const noexcept { return state_ != nullptr; }

private:
    /// Waits for the kernels, on the current device.
    cudaError_t wait_for_kernels() const noexcept {
        // Which thread's stream it was nobody can say; all of the device's are.
        return detail::is_of_each_thread(stream_) ? cudaDeviceSynchronize() : cudaStreamSynchronize(stream_);
    }

    void swap(DeviceWriter &other) noexcept {
        std::swap(trainer_, other.trainer_);
        std::swap(writer_, other.writer_);
        std::swap(stream_, other.stream_);
        std::swap(device_, other.device_);
        std::swap(control_, other.control_);
        std::swap(data_, other.data_);
        std::swap(state_, other.state_);
        std::swap(words_, other.words_);
        std::swap(ring_, other.ring_);
        std::swap(box_, other.box_);
        std::swap(clock_, other.clock_);
    }

    Status take_over(const Schema *schema, cudaStream_t stream, DeviceWriter &writer) noexcept {
        stream_ = stream;
        if (const Status s = find_device(); !s.ok()) return s;
        leyline_device_ring_t shape{};
        const leyline::Status handed = leyline_hand_over(handle(), &shape);
        if (!handed.ok()) return handed;
        if (const Status s = prepare(schema, shape); !s.ok()) {
            // No kernel has seen it.
            (void)let_go(take_back(nullptr));
            return s;
        }
        writer = std::move(*this);
        return {};
    }

    Status find_device() noexcept {
        int current = 0;
        if (const Status s = usable(current_device, current); !s.ok()) return s;
        cudaEvent_t event = nullptr;
#if CUDART_VERSION < 12080
        LEYLINE_CUDA_TRY(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "asking a stream for its device");
#endif
        const Status found = detail::device_of(stream_, current, event, device_);
        if (event != nullptr) detail::Block::forget(cudaEventDestroy(event));
        return found;
    }

    Status prepare(const Schema *schema, const leyline_device_ring_t &shape) noexcept {
        static constexpr char what[] = "handing a ring over";
        if (const Status s = Registration::create(shape.control, 4096, Use::read_write, control_, device_); !s.ok()) return s;
        if (const Status s = Registration::create(shape.data, shape.data_len, Use::read_write, data_, device_); !s.ok()) return s;
        ring_ = device::Ring::of(shape, const_cast<void *>(control_.device()), const_cast<void *>(data_.device()));
        // Looked up by the host, where the ring is at hand.
        device::Writer first = device::Writer::at(device::Ring::of(shape, shape.control, shape.data), shape.next_sequence);
        first.ring = ring_;
        const std::size_t width = schema != nullptr ? schema->width() : 0;
        const std::size_t bytes = sizeof first + width * sizeof(device::Bounds);
        const detail::OnDevice there(device_);
        if (there.error() != cudaSuccess) return detail::failed(there.error(), what);
        void *memory = nullptr;
        LEYLINE_CUDA_TRY(cudaHostAlloc(&memory, device::detail::words_size + bytes, cudaHostAllocPortable), what);
        words_ = memory;
        std::memset(words_, 0, device::detail::words_size);
        LEYLINE_CUDA_TRY(cudaMalloc(&memory, bytes), what);
        state_ = static_cast<device::Writer *>(memory);
        unsigned char *const staging = static_cast<unsigned char *>(words_) + device::detail::words_size;
        std::memcpy(staging, &first, sizeof first);
        if (width > 0) {
            if (const Status s = bounds_of(*schema, width, staging + sizeof first); !s.ok()) return s;
        }
        box_ = {reinterpret_cast<const device::Bounds *>(state_ + 1), static_cast<std::uint32_t>(width)};
        // Over when it returns: whatever fails, nothing of it is under way when the memory goes.
        LEYLINE_CUDA_TRY(cudaMemcpy(memory, staging, bytes, cudaMemcpyHostToDevice), what);
        return {};
    }

    static Status bounds_of(const Schema &schema, std::size_t width, unsigned char *to) noexcept {
        auto *const numbers = new (std::nothrow) float[3 * width];
        if (numbers == nullptr) return detail::refuse(ErrorKind::out_of_memory, "handing a ring over", "no memory");
        float *const low = numbers, *const high = low + width, *const worst = high + width;
        leyline::Status status = schema.bounds(width, low, high, nullptr, worst);
        for (std::size_t i = 0; status.ok() && i < width; ++i) {
            leyline_field_t field{};
            status = schema.field(i, field);
            if (!status.ok()) break;
            const bool whole = field.scale != nullptr && std::strcmp(field.scale, "whole") == 0;
            const bool capped = field.scale != nullptr && std::strcmp(field.scale, "capped") == 0;
            device::Bounds bounds{};
            std::memcpy(&bounds.low, low + i, sizeof bounds.low);
            std::memcpy(&bounds.high, high + i, sizeof bounds.high);
            std::memcpy(&bounds.worst, worst + i, sizeof bounds.worst);
            bounds.kind = (whole ? device::Bounds::whole : 0) | (capped ? device::Bounds::capped : 0);
            std::memcpy(to + i * sizeof bounds, &bounds, sizeof bounds);
        }
        delete[] numbers;
        return status;
    }

    leyline::Status take_back(std::uint64_t *published) noexcept {
        return leyline_take_back(handle(), published);
    }
    void *handle() const noexcept {
        return trainer_ != nullptr ? static_cast<void *>(trainer_) : static_cast<void *>(writer_);
    }

    /// Empties this, frees nothing that the device may still use, and says so after what went
    /// wrong.
    Status abandon(const Status &status) noexcept {
        (void)cudaGetLastError();
        detail::add("; the device cannot be waited for: its pages stay registered, its memory allocated until the process ends");
        data_.abandon();
        control_.abandon();
        state_ = nullptr;
        words_ = nullptr;
        return let_go(status);
    }

    /// Frees all there is, and empties this. What went wrong first is what is told.
    Status let_go(Status status) noexcept {
        const Status data = data_.close(), control = control_.close();
        for (const Status &s : {data, control}) {
            if (status.ok() && !s.ok()) status = s;
        }
        const detail::OnDevice there(device_);
        detail::Block::forget(there.error());
        if (state_ != nullptr && cudaFree(state_) != cudaSuccess) (void)cudaGetLastError();
        if (words_ != nullptr && cudaFreeHost(words_) != cudaSuccess) (void)cudaGetLastError();
        state_ = nullptr;
        words_ = nullptr;
        trainer_ = nullptr;
        writer_ = nullptr;
        ring_ = {};
        box_ = {};
        clock_ = {};
        return status;
    }

    leyline_trainer_t *trainer_ = nullptr;
    leyline_writer_t *writer_ = nullptr;
    cudaStream_t stream_ = nullptr;
    int device_ = 0;
    Registration control_, data_;
    /// In memory of the device: the writer, and the bounds of each number after it.
    device::Writer *state_ = nullptr;
    /// In pinned memory: the stop word, and what the clock is found by.
    void *words_ = nullptr;
    device::Ring ring_{};
    device::BoxTable box_{};
    device::Clock clock_{};
};

#undef LEYLINE_CUDA_TRY

}  // namespace cuda
}  // namespace leyline

#endif  // LEYLINE_CUH
