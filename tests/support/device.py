"""A device of its own for a test: the folders that sockets and the service registry are kept in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs a second user, so it must be started as root")


def use_device(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Keep sockets and registry of this test, and of the processes it starts, in `folder`."""
    runtime, data = folder / "run", folder / "data"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_DATA_HOME", str(data))


def start(module: str, *arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    """`python -m module arguments…`, with this process's environment."""
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=stdin, stdout=pipe, stderr=pipe, text=True)


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return as soon as it holds; fail the test if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def as_nobody(act: Callable[[], int]) -> int:
    """What `act` returns in a forked process of another user."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            status = act()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
