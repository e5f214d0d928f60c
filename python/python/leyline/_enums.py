"""The enumerations of the contract. Their numbers are those of the wire and of `leyline.h`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

from . import _leyline


class Flags(IntFlag):
    """The flags of an observation."""

    NONE = 0
    FIRST = 1
    TERMINATED = 2
    TRUNCATED = 4
    SANITIZED = 8


@dataclass(frozen=True)
class PeerState:
    """The state of the other side.

    Attributes:
        name: "never" (there was none yet), "held", "closed", "failed", "died" or "superseded".
        silent_for: the age of its newest record in seconds, if it is held and that is known.
    """

    name: str
    silent_for: float | None = None

    @property
    def held(self) -> bool:
        """True while it lives."""
        return self.name == "held"


ENUMERATIONS: dict[str, Any] = {
    name: IntEnum(name, dict(values), module="leyline") for name, values in _leyline._enumerations()
}
