"""A bar on a terminal, and silence everywhere else."""

from __future__ import annotations

import contextlib
import io

import pytest

from launcher.cli import bar, show
from launcher.cli.bar import UP_AND_CLEAR, Bar


class Terminal(io.StringIO):
    """Standard error of a person."""

    def isatty(self) -> bool:
        """A person looks."""
        return True


@pytest.mark.parametrize(
    ("to", "shown"), [(io.StringIO(), True), (Terminal(), False)], ids=["a pipe", "an answer for a program"]
)
def test_nothing_is_written_where_nobody_looks(to: io.StringIO, shown: bool) -> None:
    """Not a byte, whatever happens."""
    with Bar("sending", 10, shown, to=to) as drawn:
        drawn.step(5)
        drawn.say("reading")
    assert to.getvalue() == ""


def test_a_bar_is_taken_away_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is free for the answer, also where it went wrong."""
    monkeypatch.setenv("COLUMNS", "60")
    to = Terminal()
    with contextlib.suppress(ZeroDivisionError), Bar("sending", 4, to=to) as drawn:
        drawn.step(1)
        drawn.step(1 // 0)
    assert to.getvalue() == f"{UP_AND_CLEAR}sending [{'#' * 7}{'.' * 23}]  25%  1 of 4{UP_AND_CLEAR}"


def test_a_bar_is_drawn_ten_times_a_second_at_most() -> None:
    """A terminal is slow, and so is a person."""
    to = Terminal()
    with Bar("sending", 100_000, to=to) as drawn:
        for _ in range(1000):
            drawn.step()
    assert to.getvalue().count("sending") < 50
    assert drawn.done == 1000


@pytest.mark.parametrize(
    ("done", "total", "room", "expected"),
    [
        (5, 10, 60, "sending [###############...............]  50%  5 of 10"),
        (20, 10, 60, "sending [##############################] 100%  10 of 10"),
        (1200, 0, 60, "sending 1,200"),
        (0, 0, 60, "sending …"),
        (5, 10, 24, "sending  50%  5 of 10"),
        (5, 10, 12, "sending  50…"),
    ],
)
def test_the_line_fits(done: int, total: int, room: int, expected: str) -> None:
    """Without a bar where there is no room, or nothing known to measure by."""
    found = bar.line("sending", done, total, "{:,}".format, room)
    assert (found, show.cells(found) <= room) == (expected, True)
