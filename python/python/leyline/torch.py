"""Makes a PyTorch loop a trainer, and observations tensors. Importing it imports torch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

try:
    import torch
except ImportError as e:
    raise ImportError("leyline.torch needs PyTorch: pip install torch") from e

from ._errors import ArrayError, PeerGoneError
from ._leyline import ActionSpace, Steering
from ._steering import SeedHost

__all__ = ["Callback", "to_tensor"]

_DTYPES = {
    np.dtype(np.float32): torch.float32,
    np.dtype(np.bool_): torch.bool,
    np.dtype(np.int8): torch.int8,
}


def to_tensor(
    array: np.ndarray[Any, Any], *, device: Any = "cpu", non_blocking: bool = False
) -> torch.Tensor:
    """Copies an observation, a batch or their masks into a new tensor on a device.

    With CUDA the copy goes through pinned memory, so that `non_blocking` has an effect. The array
    may be overwritten as soon as this returns.

    Args:
        array: float32, bool or int8, C-contiguous, of shape (n,) or (B, n).
        device: a `torch.device` or its name.
        non_blocking: returns before a copy to a CUDA device has ended.

    Raises:
        ArrayError: another object, type or layout: nothing is converted. Of a tensor on the CPU
            give `tensor.numpy()`.
    """
    expected = "a C-contiguous float32, bool or int8 array of shape (n,) or (B, n)"
    if not isinstance(array, np.ndarray):
        found = f"{type(array).__name__}; numpy arrays only: convert it yourself (a tensor on the CPU: tensor.numpy())"
        raise ArrayError(f"array: expected {expected}; found {found}", None, expected, found)
    if array.dtype not in _DTYPES or array.ndim not in (1, 2) or not array.flags.c_contiguous:
        contiguous = "" if array.flags.c_contiguous else ", not C-contiguous"
        found = f"a {array.dtype} array of shape {array.shape}{contiguous}"
        raise ArrayError(f"array: expected {expected}; found {found}", None, expected, found)
    # Shares no memory with the array, which a handle may own and write again.
    host = torch.empty(array.shape, dtype=_DTYPES[array.dtype], pin_memory=torch.cuda.is_available())
    np.copyto(host.numpy(), array)
    tensor: torch.Tensor = host.to(device, non_blocking=non_blocking)
    return tensor


class Callback(SeedHost):
    """Makes a training loop a trainer. Derive from it, and override what the network has a part in.

    The loop goes over `epochs()`, and calls `step` after each optimizer step and `update` after each
    validation. A `with` block closes the link; an exception that ends it tells the controllers why.

    With a `checkpoint` it saves itself and the `state` after each update, in one step, and goes on
    from there when it is started again: `epochs()` begins after the last one that was saved. A module
    whose structure seeds change has to rebuild it (`set_extra_state`) as its state is loaded.

    Args:
        name: the name of the link. A predecessor's link is taken over.
        epochs: the epochs of the run.
        actions: the action space; by default that of "cnn".
        state: what a checkpoint holds besides: objects with `state_dict` and `load_state_dict`.
        checkpoint: the file of the checkpoint.
        timeout: seconds that `update` waits for the decision on its observation. 0: it never waits.
            A run goes on without a controller, or when the time is over.
        every: publish each n-th step only. Reading a loss from a GPU waits for the GPU.
        options: those of `Steering.open_or_create`.

    Attributes:
        steering: the `Steering`.
        epoch: the current epoch, from 1.
        global_step: optimizer steps.
    """

    def __init__(
        self,
        name: str,
        *,
        epochs: int,
        actions: ActionSpace | None = None,
        state: Mapping[str, Any] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        timeout: float = 0.0,
        every: int = 1,
        **options: Any,
    ) -> None:
        if every < 1:
            raise ValueError(f"every: expected 1 or more; found {every}")
        self.epoch = 0
        self.global_step = 0
        self._last = epochs
        self._state = dict(state or {})
        self._checkpoint = Path(checkpoint) if checkpoint is not None else None
        self._timeout = timeout
        self._every = every
        self._begin()
        self.steering = Steering.open_or_create(
            name, actions or ActionSpace.standard("cnn"), max_epochs=epochs, host=self, **options
        )
        try:
            self._load()
        except BaseException as e:
            self.steering.abort(f"{type(e).__name__}: {e}")
            raise

    def epochs(self) -> Iterator[int]:
        """Iterates over the epochs that are left."""
        while self.epoch < self._last:
            self.epoch += 1
            self._begin()
            yield self.epoch

    def step(self, loss: torch.Tensor | float) -> None:
        """Counts an optimizer step with its loss, publishes it, and takes in commands."""
        self.global_step += 1
        self._steps += 1
        self._loss += loss.detach() if isinstance(loss, torch.Tensor) else loss
        if self.global_step % self._every == 0:
            self.steering.step(epoch=self.epoch, global_step=self.global_step, train_loss=float(loss))

    def update(self, *, val_loss: float, train_accuracy: float, val_accuracy: float) -> None:
        """Ends an epoch with its validation, in nats and percent, takes in commands, and saves.

        The training loss is the mean of the epoch's steps.
        """
        self.steering.update(
            epoch=self.epoch,
            global_step=self.global_step,
            train_loss=float(self._loss) / max(self._steps, 1),
            val_loss=float(val_loss),
            train_accuracy=float(train_accuracy),
            val_accuracy=float(val_accuracy),
        )
        if self._timeout > 0:
            try:
                self.steering.await_decision(timeout=self._timeout)
            except (TimeoutError, PeerGoneError):
                pass
        self._save()

    def signals(self, signals: Any) -> None:
        """Adds the duration of the epoch, and the GPU's memory in use."""
        signals.epoch_duration_ms = (time.monotonic() - self._began) * 1e3
        if torch.cuda.is_available():
            signals.gpu_memory_gb = torch.cuda.memory_allocated() / 1e9

    def close(self) -> None:
        """Closes the link."""
        self.steering.close()

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.steering.__exit__(kind, value, traceback)

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._loss: Any = 0.0
        self._steps = 0

    def _load(self) -> None:
        if self._checkpoint is None or not self._checkpoint.exists():
            return
        saved = torch.load(self._checkpoint, map_location="cpu")
        self.steering.restore(saved["steering"].numpy().tobytes())
        for key, part in self._state.items():
            part.load_state_dict(saved["state"][key])
        metrics = self.steering.signals.metrics
        self.epoch, self.global_step = metrics.epoch, metrics.global_step

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        state = {key: part.state_dict() for key, part in self._state.items()}
        following = self._checkpoint.with_name(self._checkpoint.name + ".next")
        steering = torch.frombuffer(bytearray(self.steering.save()), dtype=torch.uint8)
        torch.save({"steering": steering, "state": state}, following)
        following.replace(self._checkpoint)
