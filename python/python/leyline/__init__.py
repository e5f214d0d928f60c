"""A shared-memory link between a training process and the policy that steers it."""

from __future__ import annotations

import os as _os

try:
    import numpy as _numpy
except ImportError as _e:
    raise ImportError("leyline needs NumPy 1.26 or later: pip install numpy") from _e

from . import _leyline
from ._enums import ENUMERATIONS as _ENUMERATIONS
from ._enums import Flags, PeerState
from ._errors import *  # noqa: F403
from ._leyline import (
    ActionSpace,
    Controller,
    Decision,
    GateThresholds,
    GateVerdict,
    Gathered,
    Lapped,
    Meta,
    Normalizer,
    ReceivedCommand,
    Restarted,
    Schema,
    SeedLifecycle,
    Segment,
    Sent,
    SignalTracker,
    Steered,
    Steering,
    Trainer,
    __version__,
    now,
)
from ._observer import Observer, dtype_of
from ._records import BY_CLASS as _RECORDS
from ._records import Record
from ._steering import SeedHost

globals().update(_ENUMERATIONS)
globals().update(_RECORDS)

#: The metadata of a row that is gathered by environment: `numpy.zeros(n, leyline.MARK)`.
MARK = _numpy.dtype(
    [
        ("sequence", "<u8"),
        ("time_ns", "<u8"),
        ("generation", "<u8"),
        ("records", "<u4"),
        ("env", "<u2"),
        ("flags", "u1"),
        ("all_flags", "u1"),
    ]
)

#: Numbers of an observation of version 1.
FEATURES: int = _leyline.FEATURES

# A child of `fork` has copies of its parent's handles, which must not be used there.
_os.register_at_fork(after_in_child=_leyline._forked)
