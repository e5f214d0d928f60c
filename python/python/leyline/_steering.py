"""The network's part in a steering: what a `SeedHost` may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._leyline import Decision


class SeedHost:
    """The callbacks of a trainer. Override those that the network has a part in.

    `slot` is the name of the seed slot. The library calls `germinate` before the seed is in its
    slot, and every other method after the life cycle has moved. An exception of a callback is raised
    by the call of the `Steering` that led to it, after that call has done the rest of its work. If a
    command led to the callback, the command is answered with FAILED and the exception's text, and
    the life cycle is as it was before. What the network did by then, the callback has to undo.

    A callback must not call the steering that it is called from: `BusyError`.
    """

    def germinate(self, slot: str, seed: str, blueprint: str) -> str | None:
        """Attaches a new seed to the network. Returns a reason to refuse it, for people: FAILED."""
        return None

    def cull(self, slot: str) -> None:
        """Takes the seed out of the network."""

    def fossilize(self, slot: str) -> None:
        """Makes the seed a permanent part of the network."""

    def alpha(self, slot: str, alpha: float) -> None:
        """Sets the blending weight, 0 to 1."""

    def learning_rate(self, slot: str, learning_rate: float) -> None:
        """Sets the learning rate that a command carries."""

    def pause(self, slot: str) -> None:
        """Stops training the seed and keeps it."""

    def resume(self, slot: str) -> None:
        """Trains the seed again."""

    def stage(self, slot: str, from_stage: Any, to_stage: Any) -> None:
        """Enters a `leyline.SeedStage`. Called for every change, after the method for that change."""

    def accuracy(self, slot: str) -> float | None:
        """Measures the accuracy with the seed switched on, in percent.

        Called at each update while the seed is isolated (TRAINING). `None`: that of the validation.
        """
        return None

    def signals(self, signals: Any) -> None:
        """Completes the `leyline.TrainingSignals` of an update in place, before they are published."""

    def telemetry(self, slot: str, telemetry: Any) -> None:
        """Completes the `leyline.SeedTelemetry` of a seed in place, before it is reported."""

    def decision(self, lane: int, decision: Decision, latency_ns: int) -> None:
        """Takes notice of a decision. `latency_ns`: from its observation to it; 0 if unknown."""

    def outcome(self, command: Any, outcome: Any) -> None:
        """Takes notice of a command and the outcome that it was answered with."""


_NAMES = tuple(name for name in vars(SeedHost) if not name.startswith("_"))


def _methods(host: object) -> dict[str, Callable[..., Any]]:
    """Returns the methods that a host overrides."""
    if not isinstance(host, SeedHost):
        raise TypeError(f"host: expected a leyline.SeedHost, found {type(host).__name__}")
    of_class = type(host)
    return {name: getattr(host, name) for name in _NAMES if getattr(of_class, name) is not getattr(SeedHost, name)}
