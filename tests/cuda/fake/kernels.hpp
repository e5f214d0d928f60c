// Kernels on threads of the host, for programs whose launches have become calls: a warp's 32
// threads, or at most two of a larger block, which is enough to meet each other. It shows that a
// program is right where a GPU's is no different; it shows nothing of a GPU's memory.
#ifndef LEYLINE_FAKE_KERNELS_HPP
#define LEYLINE_FAKE_KERNELS_HPP

#define __global__
#define __device__
#define __host__
/// Blocks run one after the other.
#define __shared__ static

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
inline thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

struct cudaDeviceProp {
    char name[256];
    int major, minor;
};

namespace fake {

/// Lets a block's threads wait for one another.
class Barrier {
public:
    /// Sleeps: there may be many more threads than processors.
    void wait(unsigned threads) {
        if (threads < 2) return;
        std::unique_lock<std::mutex> held(lock_);
        const unsigned turn = turn_;
        if (++arrived_ == threads) {
            arrived_ = 0;
            ++turn_;
            met_.notify_all();
            return;
        }
        met_.wait(held, [&] { return turn_ != turn; });
    }

    /// The value that each thread has for the others.
    unsigned long long given[32] = {};

private:
    std::mutex lock_;
    std::condition_variable met_;
    unsigned arrived_ = 0, turn_ = 0;
};
inline thread_local Barrier *barrier = nullptr;

template <class... Parameters>
auto launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t = 0, cudaStream_t stream = nullptr) {
    return [=](Parameters... given) {
        enqueue(of(stream), [=] {
            const unsigned threads = block.x <= 32 ? block.x : 2;
            Barrier meet;
            const auto thread = [&](unsigned rank) {
                barrier = &meet;
                threadIdx = {rank};
                blockDim = {threads};
                gridDim = grid;
                for (unsigned b = 0; b < grid.x; ++b) {
                    blockIdx = {b};
                    kernel(given...);
                    meet.wait(threads);
                }
            };
            std::vector<std::thread> others;
            for (unsigned rank = 1; rank < threads; ++rank) others.emplace_back(thread, rank);
            thread(0);
            for (std::thread &other : others) other.join();
        });
    };
}

}  // namespace fake

inline void __syncthreads() { fake::barrier->wait(blockDim.x); }
inline void __syncwarp() { __syncthreads(); }
/// Of the whole warp.
inline unsigned long long __shfl_xor_sync(unsigned, unsigned long long mine, int other) {
    fake::barrier->given[threadIdx.x] = mine;
    __syncthreads();
    const unsigned long long theirs = fake::barrier->given[threadIdx.x ^ static_cast<unsigned>(other)];
    __syncthreads();
    return theirs;
}
template <class T>
T atomicAdd(T *at, T value) {
    return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicOr(T *at, T value) {
    return __atomic_fetch_or(at, value, __ATOMIC_RELAXED);
}

#define cudaStreamNonBlocking 0x01
#define cudaHostAllocMapped 0x02
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) { return cudaStreamCreate(stream); }
template <class T>
cudaError_t cudaMallocHost(T **at, std::size_t bytes) {
    return cudaHostAlloc(reinterpret_cast<void **>(at), bytes, 0);
}
template <class T>
cudaError_t cudaHostAlloc(T **at, std::size_t bytes, unsigned flags) {
    return cudaHostAlloc(reinterpret_cast<void **>(at), bytes, flags);
}
template <class T>
cudaError_t cudaMallocManaged(T **at, std::size_t bytes) {
    return cudaMalloc(reinterpret_cast<void **>(at), bytes);
}
template <class T>
cudaError_t cudaMalloc(T **at, std::size_t bytes) {
    return cudaMalloc(reinterpret_cast<void **>(at), bytes);
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *found, int) {
    *found = {"no GPU, but threads of the host", 9, 0};
    return cudaSuccess;
}
/// Launches the kernel that answers for the device's clock. Its looks are much faster than a GPU's,
/// and its processor may be taken away.
inline cudaError_t cudaLaunchKernel(const void *kernel, dim3, dim3, void **given, std::size_t, cudaStream_t stream) {
    using Kernel = void (*)(void *, std::uint64_t, std::uint64_t, int);
    const auto call = reinterpret_cast<Kernel>(const_cast<void *>(kernel));
    fake::enqueue(fake::of(stream), [call, words = *static_cast<void **>(given[0]), rounds = *static_cast<std::uint64_t *>(given[1]),
                                     looks = *static_cast<std::uint64_t *>(given[2]) * 4096] { call(words, rounds, looks, 0); });
    return cudaSuccess;
}

#endif
