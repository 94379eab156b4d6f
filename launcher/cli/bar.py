"""How far a long work is, on one line of a terminal that is written over and over, and taken away at the end.

Only where a person looks: on standard error, and nothing at all where that is no terminal or the answer is for a
program (`--json`).
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TextIO

from launcher.cli.show import cells, plain, shortened

EVERY_SECONDS = 0.1
LONGEST = 30  # columns of the bar itself
UP_AND_CLEAR = "\r\x1b[K"


@dataclass(slots=True)
class Bar:
    """A work of `total` steps, or of an unknown number (0). Use it as a context."""

    label: str
    total: int = 0
    shown: bool = True
    counted: Callable[[int], str] = "{:,}".format
    to: TextIO | None = None
    done: int = 0
    _last: float = -1.0
    _written: bool = False

    def __post_init__(self) -> None:
        self.to = sys.stderr if self.to is None else self.to
        self.shown = self.shown and self.to.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._written and self.to is not None:
            self.to.write(UP_AND_CLEAR)
            self.to.flush()

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        """So many are done in all."""
        self.done = done
        now = time.monotonic()
        if not self.shown or now - self._last < EVERY_SECONDS:
            return
        self._last = now
        self._draw()

    def say(self, label: str) -> None:
        """Another part of the work, of which nothing can be counted."""
        self.label, self.total, self.done = label, 0, 0
        if self.shown:
            self._draw()

    def _draw(self) -> None:
        if self.to is not None:
            room = shutil.get_terminal_size().columns
            self.to.write(UP_AND_CLEAR + line(self.label, self.done, self.total, self.counted, room - 1))
            self.to.flush()
            self._written = True


def line(label: str, done: int, total: int, counted: Callable[[int], str], room: int) -> str:
    """The line, in `room` columns at most; no bar where the total is not known, or there is no room for one."""
    label = plain(label)
    if not total:
        return shortened(f"{label} {counted(done)}" if done else f"{label} …", room)
    part = min(1.0, done / total)
    words = f"{part:4.0%}  {counted(min(done, total))} of {counted(total)}"
    left = min(LONGEST, room - cells(label) - len(words) - 4)
    if left < 5:
        return shortened(f"{label} {words}", room)
    full = int(part * left)
    return f"{label} [{'#' * full}{'.' * (left - full)}] {words}"
