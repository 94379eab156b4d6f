"""The voice that tells the demonstration: chapters, promises, what is waited for, and tables.

On a terminal it shows what is being waited for, in a line that goes away again; anywhere else there are plain lines and
nothing moves. What strangers wrote (a course's title, a lesson's words) is shown without what would steer a terminal.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from launcher.cli import bar, show
from lrs.errors import OfflineLrsError

WIDTH = 79
INDENT = "   "
DRAWN_SECONDS = 0.1
TURNING = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
BOLD, GREEN, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[0m"


class Broken(OfflineLrsError):
    """Something that the story promises did not hold."""


@dataclass(slots=True)
class Story:
    """The voice. `moves`: it speaks to a terminal, where lines may be coloured, and drawn again."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    moves: bool = False
    chapter: int = 0
    _waiting: Callable[[], str] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def title(self, text: str) -> None:
        """A new chapter."""
        self.chapter += 1
        number = f"{self.chapter}. "
        self.say("\n" + self._style(BOLD, wrapped(number + text, "", " " * len(number))))

    def say(self, text: str = "") -> None:
        """These lines as they are, at once."""
        with self._turn:
            print(f"{bar.UP_AND_CLEAR if self._waiting else ''}{text}", file=self.out, flush=True)

    def tell(self, text: str) -> None:
        """What happened, in as many lines as it takes."""
        self.say(wrapped(text, INDENT, INDENT))

    def quote(self, text: str) -> None:
        """What somebody else says, on one line."""
        self.say(INDENT + "  " + show.shortened(show.plain(text), WIDTH - len(INDENT) - 2))

    def list(self, columns: Sequence[show.Column], rows: Sequence[Sequence[str]]) -> None:
        """Aligned lines, a rule under their titles."""
        head, *lines = show.table(columns, rows, WIDTH - len(INDENT))
        for line in (head, "─" * max(map(show.cells, (head, *lines))), *lines):
            self.say(INDENT + line)

    def check(self, holds: bool, text: str, why: str = "") -> None:
        """A promise: told where it holds, the end of the story where it does not; `why` says more of that."""
        if not holds:
            reason = f" ({why})" if why else ""
            raise Broken(show.plain(f"the story does not hold: it is not so that {text}{reason}"))
        first, *rest = wrapped(text, INDENT + "  ", INDENT + "  ").split("\n")
        self.say("\n".join([f"{INDENT}{self._style(GREEN, '✓')} {first.lstrip()}", *rest]))

    @contextmanager
    def waiting(self, text: str) -> Iterator[Callable[[int, int], None]]:
        """Show on a terminal that this is waited for; what is given is told how much of how much has been done."""
        part, whole = 0, 0

        def so_far(done: int, of: int) -> None:
            nonlocal part, whole
            part, whole = done, of

        if not self.moves:
            yield so_far
            return
        over = threading.Event()
        self._waiting = lambda: bar.line(text, part, whole, "{:,}".format, WIDTH - len(INDENT) - 2)
        drawing = threading.Thread(target=self._draw, args=(over,), daemon=True)
        try:
            drawing.start()
            yield so_far
        finally:
            over.set()
            with self._turn:
                self._waiting = None
                print(bar.UP_AND_CLEAR, end="", file=self.out, flush=True)

    def _draw(self, over: threading.Event) -> None:
        tick = 0
        while not over.wait(DRAWN_SECONDS):
            with self._turn:
                if self._waiting is None:
                    return
                line = f"{bar.UP_AND_CLEAR}{INDENT}{TURNING[tick % len(TURNING)]} {self._waiting()}"
                print(line, end="", file=self.out, flush=True)
            tick += 1

    def _style(self, style: str, text: str) -> str:
        return f"{style}{text}{PLAIN}" if self.moves else text


def voice(out: TextIO) -> Story:
    """A voice that speaks there, whatever letters are known there."""
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="replace")
    return Story(out, is_terminal(out))


def is_terminal(out: TextIO, variables: Mapping[str, str] = os.environ) -> bool:
    """Whether lines may be coloured, and drawn again."""
    return out.isatty() and variables.get("TERM", "dumb") != "dumb" and not variables.get("NO_COLOR")


def wrapped(text: str, first: str, rest: str) -> str:
    """The text in lines of at most `WIDTH` columns, unless a single word is longer."""
    lines = textwrap.wrap(
        show.plain(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)
