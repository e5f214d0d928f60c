"""The programs of docs/python.md, against each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_documents_programs_run_against_each_other() -> None:
    text = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
    policy, trainer = (block.split("```")[0] for block in text.split("```python\n")[1:])
    run = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    deciding = subprocess.Popen([sys.executable, "-c", policy], **run)
    training = subprocess.Popen([sys.executable, "-c", trainer], **run)
    _, said = training.communicate()
    assert training.returncode == 0, said
    _, said = deciding.communicate()
    assert "PeerGoneError: the trainer is gone: it closed" in said
