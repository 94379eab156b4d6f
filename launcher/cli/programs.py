"""Programs of ours as processes of their own, in an environment of their own: what the demonstration is played with.

Each is really started and really stopped. Nothing of the person's own folders is touched: data, registry and sockets
lie below one folder, which goes when the story ends. Whoever is interrupted while starting one still knows of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

from lrs.errors import Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 15.0
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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


def heard() -> list[signal.Signals]:
    """The wishes to end that this process listens to: what it was started to ignore (`nohup`), it ignores."""
    return [number for number in ASKED_TO_END if signal.getsignal(number) not in (signal.SIG_IGN, None)]


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A wish to end waits until the end of this: between making something and noting that it has to go again."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread is ever interrupted
        yield
        return
    waiting: list[int] = []

    def later(number: int, _frame: FrameType | None) -> None:
        waiting.append(number)

    before = {number: signal.signal(number, later) for number in heard()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for asked in waiting:
            signal.raise_signal(asked)


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
        self.begin()
        self.until_ready()

    def begin(self) -> None:
        """Start it without waiting, so that several may start at a time."""
        command = [sys.executable, "-m", "launcher", "serve", "--data", str(self.data), "--json", *self.flags]
        with self.complaints.open("a") as complaints, uninterrupted():  # a file: an unread pipe would fill up
            self.process = subprocess.Popen(
                command, env=dict(self.environment), stdout=subprocess.PIPE, stderr=complaints, text=True
            )

    def until_ready(self) -> None:
        """Return when all of its doors answer; `Unavailable`, with what it complained of, where it ended instead."""
        if self.process is None:
            raise Unavailable(f"{self.name} has not been started")
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
            raise Unavailable(f"{self.name} did not start: {_complaint(self.complaints.read_text())}")
        return line

    def stop(self) -> None:
        """End it as a system that shuts down would; what is in progress finishes."""
        self.ask_to_stop()
        self._gone()

    def kill(self) -> None:
        """End it as a flat battery would."""
        if self.process is not None:
            self.process.kill()
        self._gone()

    def ask_to_stop(self) -> None:
        """Ask without waiting, so that several may stop at a time."""
        if self.process is not None:
            self.process.terminate()

    def _gone(self) -> None:
        """Wait for its end, and make one where it does not come."""
        if self.process is None:
            return
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        _piped(self.process).close()
        self.process = None  # not before: who is interrupted while waiting may wait again

    @property
    def url(self) -> str:
        """Where it answers over TCP."""
        return str(self.told["url"])


def stop_all(programs: Iterable[Program]) -> None:
    """Stop them all at once, each as `stop` does."""
    listed = list(programs)
    for program in listed:
        program.ask_to_stop()
    for program in listed:
        program.stop()


def _piped(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise Unavailable("the program was started without a pipe")
    return process.stdout


def _complaint(said: str) -> str:
    """What a program says of its end: the detail of its problem document, or all of it where there is none."""
    try:
        return str(json.loads(said.strip().splitlines()[-1])["detail"])
    except (IndexError, ValueError, KeyError, TypeError):
        return said.strip() or "it does not say why"


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Ask `done()` again and again until it says yes; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
