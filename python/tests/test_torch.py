"""`leyline.torch`: a PyTorch loop as a trainer, and observations as tensors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import leyline
import numpy as np
import pytest

ACTIONS = leyline.ActionSpace.standard("cnn")
EXAMPLE = Path(__file__).parents[2] / "examples" / "python" / "trainer_torch.py"
LONG = 60.0


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="NOT CHECKED: PyTorch is not installed")


def test_without_torch_the_import_says_what_is_needed() -> None:
    program = "import runpy, sys; sys.modules['torch'] = None; "
    for what, text in [
        ("import leyline.torch", "ImportError: leyline.torch needs PyTorch: pip install torch"),
        (f"runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')", "trainer_torch.py needs PyTorch: pip install torch"),
    ]:
        ran = subprocess.run([sys.executable, "-c", program + what], capture_output=True, text=True)
        assert ran.returncode == 1 and text in ran.stderr


def test_an_observation_and_a_batch_become_tensors(torch: Any) -> None:
    from leyline.torch import to_tensor

    row = np.arange(27, dtype=np.float32)
    block = np.stack([row, row + 1])
    masks = ACTIONS.mask(block)
    for array, dtype in ((row, torch.float32), (block, torch.float32), (masks, torch.bool)):
        tensor = to_tensor(array, device="cpu", non_blocking=True)
        assert (tensor.dtype, tuple(tensor.shape)) == (dtype, array.shape)
        assert tensor.tolist() == array.tolist()
    tensor = to_tensor(row)
    row[:] = 0
    assert tensor[26] == 26
    for bad, found in [
        (np.zeros(27), "float64"),
        (np.zeros(27, ">f4"), ">f4"),
        (np.zeros((1, 2, 27), np.float32), r"\(1, 2, 27\)"),
        (block[:, ::2], "not C-contiguous"),
        ([0.0] * 27, "found list"),
        (tensor, r"found Tensor.*tensor\.numpy\(\)"),
    ]:
        with pytest.raises(leyline.ArrayError, match=found):
            to_tensor(bad)


def test_a_tensor_is_refused_and_its_array_is_used_as_it_is(torch: Any) -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        tensor, out = torch.arange(27, dtype=torch.float32), torch.zeros(27)
        with pytest.raises(leyline.ArrayError, match=r"found Tensor; .*tensor\.numpy\(\)"):
            trainer.publish(tensor)
        trainer.publish(tensor.numpy())
        with pytest.raises(leyline.ArrayError):
            controller.next(out)
        controller.next(out.numpy())
        assert out[1] == 1 and trainer.sent == 1


def test_a_loop_of_ten_lines_is_a_trainer_and_goes_on_where_it_was(torch: Any, tmp_path: Path) -> None:
    import leyline.torch

    class Run(leyline.torch.Callback):
        fails = False

        def germinate(self, slot: str, seed: str, blueprint: str) -> None:
            if self.fails:
                raise MemoryError("no memory is left")

    def train(epochs: int, every: int = 1) -> tuple[list[int], Any]:
        model = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(model.weight)
        options = {"state": {"model": model}, "checkpoint": tmp_path / "run.pt", "timeout": 0.01, "every": every}
        with Run("link", epochs=epochs, **options) as run:
            done = []
            for epoch in run.epochs():
                for loss in (torch.tensor(1.0, requires_grad=True), 3.0):
                    run.step(loss)
                with torch.no_grad():
                    model.weight += 1
                run.update(val_loss=torch.tensor(0.5), train_accuracy=10, val_accuracy=np.float32(20))
                done.append(epoch)
            return done, (float(model.weight), run.global_step, run.steering.sent, run.steering.signals.metrics)

    # Without a controller, which it waits for in vain.
    done, (weight, steps, sent, metrics) = train(2)
    assert (done, weight, steps, sent) == ([1, 2], 2, 4, 6)
    assert (metrics.train_loss, metrics.val_loss, metrics.val_accuracy, metrics.validations) == (2.0, 0.5, 20.0, 2)
    done, (weight, steps, sent, metrics) = train(5, every=2)
    assert (done, weight, steps, sent) == ([3, 4, 5], 5, 10, 6)
    assert metrics.validations == 5
    assert train(5)[0] == []
    with leyline.Controller.attach("link") as controller:
        Run.fails = True
        with pytest.raises(MemoryError), Run("link", epochs=9) as run:
            controller.send(leyline.AdaptationCommand(command_type=leyline.CommandType.GERMINATE, blueprint="norm"))
            for _ in run.epochs():
                run.step(1.0)
        assert [o.text for o in controller.outcomes()] == ["MemoryError: no memory is left"]
        with pytest.raises(leyline.PeerGoneError, match="MemoryError: no memory is left"):
            while True:
                controller.next(timeout=LONG)
    (tmp_path / "run.pt").write_bytes(b"garbage")
    with pytest.raises(Exception):  # noqa: B017, PT011
        train(5)
    # A run that does not begin holds no role.
    leyline.Trainer.open_or_create("link", ACTIONS).close()


def test_the_loop_of_the_document_runs(torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
    block = text.split("```python notest\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    names = {"model": torch.nn.Linear(1, 1), "loader": [(1, 2)] * 3, "train_step": lambda x, y: x, "loss": 0.5}
    exec(block.replace("timeout=0.2", "timeout=0"), names)
    assert names["run"].epoch == 75 and (tmp_path / "run.pt").exists()


def test_the_example_is_steered_killed_and_goes_on(torch: Any, tmp_path: Path) -> None:
    def begin(epochs: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, EXAMPLE, "run", "--epochs", str(epochs), "--wait", "60", "--checkpoint", tmp_path / "run.pt"],
            stdout=subprocess.PIPE,
            text=True,
        )

    def steer(controller: leyline.Controller, until: leyline.SeedStage) -> None:
        """Decides on what comes until the seed is in a stage."""
        while True:
            meta = controller.next(timeout=LONG)
            if not isinstance(meta, leyline.Meta):
                continue
            stage = leyline.SeedStage(int(controller.observation[leyline.Feature.SEED_STAGE]))
            seed = controller.actions.germinate("conv_enhance")
            controller.decide(meta, seed if stage == 0 and controller.mask()[seed] else 0)
            if stage is until:
                return

    first = begin(10**6)
    second = None
    try:
        assert first.stdout and first.stdout.readline() == "link created, after epoch 0 of 1000000\n"
        with leyline.Controller.attach("run", timeout=LONG) as controller:
            steer(controller, leyline.SeedStage.BLENDING)
            first.kill()
            first.wait()
            second = begin(60)
            assert second.stdout
            opened, _, epoch = second.stdout.readline().partition(", after epoch ")
            assert opened == "link attached" and int(epoch.split()[0]) > 0
            steer(controller, leyline.SeedStage.PROBATIONARY)
            second.kill()
            said = second.stdout.read()
            # It went on: the seed did not germinate again.
            assert "GERMINATED" not in said and "BLENDING to SHADOWING" in said
    finally:
        for child in filter(None, (first, second)):
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
