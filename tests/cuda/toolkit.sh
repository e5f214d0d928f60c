# Sourced: finds nvcc, or gets it from PyPI into target/cuda/toolkit, where nothing else of the machine sees it.
# shellcheck shell=bash

# The wheels that make up a compiler: the driver of it and ptxas, its front end's headers, the optimizer, the runtime
# with its headers, and <cuda/atomic>. All of one major version, or their parts do not fit each other.
toolkit_packages=(nvidia-cuda-nvcc nvidia-cuda-crt nvidia-nvvm nvidia-cuda-runtime nvidia-cuda-cccl)

# Prints the path of the nvcc in a folder of wheels, if there is one.
toolkit_nvcc() {
    local found
    for found in "$1"/lib/python3*/site-packages/nvidia/cu[0-9]*/bin/nvcc; do
        if [[ -x "$found" ]]; then
            echo "$found"
            return 0
        fi
    done
    return 1
}

# Prints the path of an nvcc: LEYLINE_NVCC, or one from PyPI.
toolkit() {
    local root="$1" folder="$1/target/cuda/toolkit"
    if [[ -n "${LEYLINE_NVCC:-}" ]]; then
        type -P "$LEYLINE_NVCC" && return 0
        echo "LEYLINE_NVCC=$LEYLINE_NVCC is no program" >&2
        return 1
    fi
    toolkit_nvcc "$folder" && return 0
    mkdir -p "$root/target/cuda"
    python3 -m venv --clear "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-compile "${toolkit_packages[@]}" >&2
    toolkit_nvcc "$folder" && return 0
    echo "the packages ${toolkit_packages[*]} brought no nvcc" >&2
    return 1
}
