"""The programs of docs/python.md, against each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
BLOCKS = [block.split("```")[0] for block in TEXT.split("```python\n")[1:]]


@pytest.mark.parametrize("side", ["Steering", "Trainer"])
def test_the_documents_programs_run_against_each_other(side: str) -> None:
    policy = next(block for block in BLOCKS if "Controller.attach" in block)
    trainer = next(block for block in BLOCKS if f"{side}.open_or_create" in block)
    run = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    deciding = subprocess.Popen([sys.executable, "-c", policy], **run)
    training = subprocess.Popen([sys.executable, "-c", trainer], **run)
    _, said = training.communicate()
    assert training.returncode == 0, said
    _, said = deciding.communicate()
    assert "PeerGoneError: the trainer is gone: it closed" in said
