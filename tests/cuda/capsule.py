"""A batch that leyline.cuh gives out as DLPack, taken by NumPy: python3 capsule.py LIBRARY.so"""

import ctypes
import sys

import numpy as np

library = ctypes.CDLL(sys.argv[1])
library.batch.restype = ctypes.c_void_p
library.blocks.restype = ctypes.c_int
NAME = b"dltensor_versioned"
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class Tensor:
    """What a binding would give: one capsule, taken once."""

    def __init__(self, address):
        self.address = address

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        assert max_version is not None and max_version[0] >= 1, max_version
        return new_capsule(self.address, NAME, None)


address = library.batch()
assert address, "no batch"
assert library.blocks() == 1, "its gather has gone, and the block is held"
array = np.from_dlpack(Tensor(address))
assert array.shape == (3, 27) and array.dtype == np.float32, (array.shape, array.dtype)
assert array.strides == (108, 4), array.strides
assert not array.flags.writeable, "the copy may still be reading it"
assert array.ctypes.data % 64 == 0
step = 1  # GLOBAL_STEP
assert array[:, step].tolist() == [1.0, 2.0, 3.0], array[:, step]
view = array[1:]
del array
assert library.blocks() == 1, "a view holds it"
del view
assert library.blocks() == 0, "nobody holds it"
print("numpy", np.__version__)
