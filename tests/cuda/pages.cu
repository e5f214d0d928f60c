// Pinned pages, gathered batches and their tensors on a GPU: what arrives is what was published,
// each error is the one that it should be, and none is left behind. Correctness only. Run by
// tests/cuda/run; ends with 77 if there is no GPU.
//
//     pages [BATCHES]     2000 gathered batches unless said otherwise

#include "support.cuh"

#include <atomic>
#include <thread>

#include <sys/mman.h>

using namespace leyline::cuda;
using namespace support;
namespace twin = leyline::device;

namespace {

/// A number in every Box, another one for each observation and place.
__host__ __device__ inline float number_of(std::uint64_t step, unsigned i) {
    return i == 1 ? static_cast<float>(step % (1u << 24))
                  : static_cast<float>((step * 7 + i) % (i == 21 || i == 24 ? 2u : i == 10 || i == 22 ? 10u : 97u));
}

void publish(Link &link, std::uint64_t step, std::uint16_t env) {
    leyline::Observation o{};
    for (unsigned i = 0; i < 27; ++i) o.values[i] = number_of(step, i);
    leyline::Stamp stamp{};
    stamp.env = env;
    std::uint64_t replaced = 0;
    OK(leyline::Status(leyline_trainer_publish(link.trainer.raw(), o.values, LEYLINE_FEATURES, nullptr, &stamp, nullptr, &replaced)));
    CHECK(replaced == 0);
}

/// Counts the rows that are not the observation that their own step names.
__global__ void count_wrong(const float *rows, unsigned count, unsigned long long *wrong) {
    for (unsigned row = blockIdx.x * blockDim.x + threadIdx.x; row < count; row += gridDim.x * blockDim.x) {
        const float *const values = rows + std::size_t{row} * 27;
        const auto step = static_cast<std::uint64_t>(values[1]);
        for (unsigned i = 0; i < 27; ++i) {
            if (values[i] != number_of(step, i)) {
                atomicAdd(wrong, 1ull);
                break;
            }
        }
    }
}

/// Counts the rows that are not those of the steps from `first` on.
__global__ void count_other_steps(const float *rows, unsigned count, std::uint64_t first, unsigned long long *wrong) {
    for (unsigned row = threadIdx.x; row < count; row += blockDim.x) {
        if (rows[std::size_t{row} * 27 + 1] != static_cast<float>(first + row)) atomicAdd(wrong, 1ull);
    }
}

void refuses(Status status, ErrorKind kind, int line) {
    if (status.kind() != kind) give_up(__FILE__, line, "another kind of error", status.text());
    if (cudaPeekAtLastError() != cudaSuccess) give_up(__FILE__, line, "an error was left behind", status.text());
    std::printf("  refused: %s\n", status.text());
}
#define REFUSES(kind, call) refuses((call), ErrorKind::kind, __LINE__)

void errors_are_told_by_kind(int device) {
    Link link(64);
    leyline::SegmentInfo info{};
    OK(link.segment.info(info));
    const void *const pages = info.pages;
    Registration r;
    REFUSES(empty_range, Registration::create(pages, 0, Use::read, r));
    REFUSES(unaligned, Registration::create(static_cast<const char *>(pages) + 64, 4096, Use::read, r));
    REFUSES(no_device, Registration::create(pages, 4096, Use::read, r, device + 1000));
    // Pages that are not there at all.
    void *const gone = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(gone != MAP_FAILED && munmap(gone, 4096) == 0);
    REFUSES(not_registrable, Registration::create(gone, 4096, Use::read_write, r));
    Pinned pinned, other;
    OK(Pinned::create(link.segment, pinned));
    REFUSES(already_registered, Pinned::create(link.segment, other));
    OK(pinned.close());
    OK(Pinned::create(link.segment, pinned));
    Gather gather;
    REFUSES(batch_too_large, Gather::create(link.controller, 65, gather));
    int devices = 0;
    OK(cudaGetDeviceCount(&devices));
    if (devices > 1) {
        const int elsewhere = device == 0 ? 1 : 0;
        cudaStream_t stream = nullptr;
        OK(cudaSetDevice(elsewhere));
        OK(cudaStreamCreate(&stream));
        OK(cudaSetDevice(device));
        OK(Gather::create(link.controller, 8, gather));
        publish(link, 1, 0);
        Batch batch;
        REFUSES(other_device, gather.try_next(link.controller, stream, batch));
        OK(cudaStreamDestroy(stream));
    } else {
        std::puts("  NOT CHECKED: a stream of another device: there is one device");
    }
}

__global__ void compare(twin::Ring ring, const unsigned char *host_copy, std::size_t bytes, unsigned *different) {
    for (std::size_t i = threadIdx.x; i < bytes; i += blockDim.x) {
        if (static_cast<const unsigned char *>(ring.data)[i] != host_copy[i]) atomicAdd(different, 1u);
    }
}

/// Nobody writes meanwhile: the device sees the very bytes.
void a_kernel_reads_the_pages_in_place() {
    Link link(64);
    for (std::uint64_t step = 1; step <= 100; ++step) publish(link, step, 0);
    Pinned pinned;
    OK(Pinned::create(link.segment, pinned));
    leyline::DeviceRing place{};
    OK(pinned.segment().device_ring("observations", place));
    unsigned char *copy = nullptr;
    unsigned *different = nullptr;
    OK(cudaMallocHost(&copy, place.data_len));
    OK(cudaMallocHost(&different, sizeof *different));
    std::memcpy(copy, place.data, place.data_len);
    *different = 0;
    compare<<<1, 256>>>(link.ring(pinned, "observations"), copy, place.data_len, different);
    OK(cudaGetLastError());
    OK(cudaDeviceSynchronize());
    CHECK(*different == 0);
    OK(cudaFreeHost(copy));
    OK(cudaFreeHost(different));
}

/// Batches of every size while a thread publishes at full speed: each row that arrives is one whole
/// observation, and what was missed is counted exactly.
void batches_arrive_whole(std::uint64_t batches) {
    Link link(8192);
    cudaStream_t stream = nullptr;
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    unsigned long long *wrong = nullptr;
    OK(cudaMallocManaged(&wrong, sizeof *wrong));
    *wrong = 0;
    std::atomic<bool> enough{false};
    std::uint64_t published = 0;
    std::thread writer([&] {
        for (; !enough.load(); ++published) publish(link, published + 1, 0);
    });
    std::uint64_t rows = 0, missed = 0;
    leyline::Notice notice{};
    const auto count = [&](const Status &s) {
        if (s.code() == LEYLINE_LAPPED) missed += notice.missed;
    };
    Gather gather;
    for (const std::size_t size : {1, 3, 64, 1000, 4096}) {
        OK(Gather::create(link.controller, size, gather));
        for (std::uint64_t i = 0; i < batches / 5; ++i) {
            Batch batch;
            const Status s = gather.next(link.controller, leyline::Wait::yielding(std::chrono::seconds(60)), 1, stream, batch, &notice);
            if (s.is_error() || s.kind() == ErrorKind::busy) give_up(__FILE__, __LINE__, "gather", s.text());
            count(s);
            rows += batch.rows;
            if (batch.rows == 0) continue;
            count_wrong<<<8, 128, 0, stream>>>(batch.device, static_cast<unsigned>(batch.rows), wrong);
            OK(cudaGetLastError());
        }
        OK(cudaStreamSynchronize(stream));
    }
    enough.store(true);
    writer.join();
    // To the last one, so that all are accounted for.
    for (;;) {
        Batch batch;
        const Status s = gather.try_next(link.controller, stream, batch, &notice);
        OK(cudaStreamSynchronize(stream));
        if (s.is_error()) give_up(__FILE__, __LINE__, "gather", s.text());
        count(s);
        rows += batch.rows;
        if (batch.rows != 0) {
            count_wrong<<<8, 128, 0, stream>>>(batch.device, static_cast<unsigned>(batch.rows), wrong);
            OK(cudaStreamSynchronize(stream));
        }
        if (s.code() == LEYLINE_EMPTY) break;
    }
    std::printf("gather: %llu published, %llu arrived, %llu missed, %llu not whole\n",
                static_cast<unsigned long long>(published), static_cast<unsigned long long>(rows),
                static_cast<unsigned long long>(missed), *wrong);
    CHECK(*wrong == 0 && rows + missed == published);
    OK(cudaFree(wrong));
    OK(cudaStreamDestroy(stream));
}

/// A tensor outlives its Gather, and its consumer's stream sees the rows.
void tensors_are_there(int device) {
    Link link(64);
    cudaStream_t stream = nullptr, consumer = nullptr;
    OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    OK(cudaStreamCreateWithFlags(&consumer, cudaStreamNonBlocking));
    for (int step = 1; step <= 8; ++step) {
        leyline::Observation o = leyline::init<leyline::Observation>();
        o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(step);
        OK(link.trainer.publish(o));
    }
    dlpack::ManagedTensorVersioned *tensor = nullptr;
    {
        Gather gather;
        Batch batch;
        GatherOptions options;
        options.masks = true;
        OK(Gather::create(link.controller, 8, gather, options));
        OK(gather.try_next(link.controller, stream, batch));
        OK(gather.to_dlpack(batch, Part::device_rows, consumer, tensor));
        std::vector<std::int8_t> masks(8 * batch.actions);
        OK(cudaMemcpyAsync(masks.data(), batch.device_masks, masks.size(), cudaMemcpyDeviceToHost, stream));
        OK(cudaStreamSynchronize(stream));
        CHECK(std::memcmp(masks.data(), batch.host_masks, masks.size()) == 0);
    }
    CHECK(tensor->dl_tensor.device.device_type == dlpack::cuda && tensor->dl_tensor.device.device_id == device);
    CHECK(reinterpret_cast<std::uintptr_t>(tensor->dl_tensor.data) % 256 == 0);
    unsigned long long *wrong = nullptr;
    OK(cudaMallocManaged(&wrong, sizeof *wrong));
    *wrong = 0;
    count_other_steps<<<1, 32, 0, consumer>>>(static_cast<const float *>(tensor->dl_tensor.data), 8, 1, wrong);
    OK(cudaGetLastError());
    OK(cudaStreamSynchronize(consumer));
    CHECK(*wrong == 0);
    tensor->deleter(tensor);
    OK(cudaFree(wrong));
    OK(cudaStreamDestroy(stream));
    OK(cudaStreamDestroy(consumer));
}

}  // namespace

int main(int argc, char **argv) {
    const std::uint64_t batches = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
    const int device = device_or_exit();
    errors_are_told_by_kind(device);
    a_kernel_reads_the_pages_in_place();
    batches_arrive_whole(batches);
    tensors_are_there(device);
    OK(cudaDeviceSynchronize());
    OK(cudaGetLastError());
    std::puts("pages: ok");
    return 0;
}
