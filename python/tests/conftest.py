"""Fixtures: a directory of segments for each test, and child processes that are always reaped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on tmpfs that `LEYLINE_DIR` names."""
    with tempfile.TemporaryDirectory(prefix=f"leyline-python-{os.getpid()}-", dir="/dev/shm") as path:
        monkeypatch.setenv("LEYLINE_DIR", path)
        yield Path(path)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """SIGINT raises `KeyboardInterrupt`, also where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a Python program, which talks by lines."""
    children: list[subprocess.Popen[str]] = []

    def begin(program: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys, leyline, numpy as np\n" + program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
