"""Programs of ours as processes of their own, in an environment of their own: what the demonstration is played with.

Each is really started and really stopped. Nothing of the person's own folders is touched: data, registry and sockets
lie below one folder, which goes when the story ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lrs.errors import Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 15.0


def environment(folder: Path) -> dict[str, str]:
    """The environment for programs below `folder`: theirs is the registry and the sockets there."""
    runtime, share = folder / "run", folder / "share"
    for place in (runtime, share):
        place.mkdir(mode=0o700, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OFFLINE_LRS_")}
    return {**kept, "XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(share), "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def inside(environment: Mapping[str, str]) -> Iterator[None]:
    """This process, too, looks for services and notes where those programs are."""
    before = {name: os.environ.get(name) for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME")}
    os.environ.update({name: environment[name] for name in before})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(slots=True)
class Program:
    """One `offline-lrs serve`, started, stopped and started again on the same data folder."""

    name: str
    data: Path
    flags: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = field(default=None)
    told: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, and return when all of its doors answer."""
        command = [sys.executable, "-m", "launcher", "serve", "--data", str(self.data), "--json", *self.flags]
        with self.complaints.open("a") as complaints:  # a file: a pipe that nobody reads would fill up
            self.process = subprocess.Popen(
                command, env=dict(self.environment), stdout=subprocess.PIPE, stderr=complaints, text=True
            )
        self.told = json.loads(self._first_line(self.process))

    @property
    def complaints(self) -> Path:
        """What it writes to its standard error."""
        return self.data.with_name(f"{self.data.name}.log")

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        out = _piped(process)
        with selectors.DefaultSelector() as ready:
            ready.register(out, selectors.EVENT_READ)
            if not ready.select(START_SECONDS):
                self.kill()
                raise Unavailable(f"{self.name} did not start within {START_SECONDS:.0f} seconds")
        line = out.readline()
        if not line:
            process.wait(STOP_SECONDS)
            raise Unavailable(f"{self.name} did not start: {self.complaints.read_text().strip()}")
        return line

    def stop(self) -> None:
        """End it as a system that shuts down would; what is in progress finishes."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a flat battery would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        _piped(process).close()

    @property
    def url(self) -> str:
        """Where it answers over TCP."""
        return str(self.told["url"])


def _piped(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise Unavailable("the program was started without a pipe")
    return process.stdout


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Ask `done()` again and again until it says yes; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
