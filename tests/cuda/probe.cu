// Looks for a GPU to test on, in the words of leyline.cuh: ends with 0, or with 77 if there is
// none.
#include "support.cuh"

int main() {
    const int device = support::device_or_exit();
    cudaDeviceProp gpu{};
    OK(cudaGetDeviceProperties(&gpu, device));
    std::printf("%s, compute capability %d.%d\n", gpu.name, gpu.major, gpu.minor);
    return 0;
}
