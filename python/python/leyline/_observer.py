"""Reading any ring of any program by field name."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _leyline
from ._leyline import Lapped, Meta, Restarted

_TYPES = {
    "u8": "u1", "u16": "<u2", "u32": "<u4", "u64": "<u8",
    "i8": "i1", "i16": "<i2", "i32": "<i4", "i64": "<i8",
    "f32": "<f4", "f64": "<f8",
}  # fmt: skip


def dtype_of(canonical: str) -> np.dtype[Any]:
    """Returns the NumPy structured dtype of a schema's canonical text, as a segment carries it.

    Text becomes `S` fields, a list a sub-array. Offsets are the record's own.
    """
    names: list[str] = []
    formats: list[Any] = []
    offsets: list[int] = []
    size = 0
    for line in canonical.splitlines():
        words = line.split(" ")
        if words[0] == "record":
            size = int(words[3])
        elif words[0] == "field":
            name, kind, count, offset = words[2], words[3], int(words[4]), int(words[5])
            names.append(name)
            offsets.append(offset)
            if kind == "utf8":
                formats.append(f"S{count}")
            else:
                formats.append(_TYPES[kind] if count == 1 else (_TYPES[kind], (count,)))
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


class Observer(_leyline.Observer):
    """Reads any ring of any program, by the schema in its segment. The writer does not wait for it.

    Args:
        segment: a `Segment`, or a name to attach to.
        ring: the name of the ring.
        start: "oldest", "newest", "now", or a sequence.
        timeout: seconds to wait for the segment to appear.
    """

    def __new__(
        cls, segment: Any, ring: str, *, start: str | int = "now", timeout: float = 0.0, **options: Any
    ) -> Observer:
        """Opens the ring."""
        self = super().__new__(cls, segment, ring, start=start, timeout=timeout, **options)
        self.dtype = dtype_of(self.canonical)
        return self

    def next(self, *, timeout: float = 0.0) -> tuple[np.ndarray[Any, Any], Meta] | Lapped | Restarted | None:
        """Reads the next slot: an array of its records, shape (rows,), and its meta.

        Returns a notice if records were missed or a new writer came, and `None` if nothing came in
        time. Raises `PeerGoneError` once the writer has ended and nothing is left.
        """
        return self._given(self._read(timeout, False))

    def latest(self, *, timeout: float = 0.0) -> tuple[np.ndarray[Any, Any], Meta] | Lapped | Restarted | None:
        """Reads the newest slot, unless it was read before; otherwise as `next`."""
        return self._given(self._read(timeout, True))

    def _given(self, read: Any) -> Any:
        if isinstance(read, tuple):
            data, meta, _ = read
            return np.frombuffer(bytearray(data), self.dtype), meta
        return read
