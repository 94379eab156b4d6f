"""The voice of the demonstration: what it tells, and how that looks on a terminal and anywhere else."""

from __future__ import annotations

import io

import pytest

from launcher.cli.bar import UP_AND_CLEAR
from launcher.cli.programs import wait_until
from launcher.cli.show import Column
from launcher.cli.story import WIDTH, Broken, Story, is_terminal


class Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def test_a_promise_that_holds_is_told() -> None:
    """Chapters are numbered; each promise has its mark, on a line of its own."""
    out = io.StringIO()
    story = Story(out)
    story.title("The beginning")
    story.check(True, "all is well")
    assert out.getvalue() == "\n1. The beginning\n   ✓ all is well\n"


def test_a_promise_that_does_not_hold_ends_the_story() -> None:
    """With the sentence that was not true, and the reason where there is one."""
    with pytest.raises(Broken, match=r"^the story does not hold: it is not so that all is well \(it rained\)$"):
        Story(io.StringIO()).check(False, "all is well", "it rained")


def test_no_line_is_wider_than_a_terminal() -> None:
    """Whoever tells much tells it in several lines."""
    out = io.StringIO()
    story = Story(out)
    for tell in (story.title, story.tell, story.quote, lambda text: story.check(True, text)):
        tell("word " * 60)
    lines = out.getvalue().splitlines()
    assert (len(lines) > 9, all(len(line) <= WIDTH for line in lines)) == (True, True)


def test_what_strangers_write_steers_no_terminal() -> None:
    """A course's title or a lesson's line may have anything in it."""
    out = io.StringIO()
    story = Story(out)
    for tell in (story.title, story.tell, story.quote, lambda text: story.check(True, text)):
        tell("red\x1b[31m\x9b2J")
    story.list((Column("a"), Column("b")), [("\x9b2J", "\x07")])
    assert set("\x1b\x9b\x07") & set(out.getvalue()) == set()


def test_a_table_is_aligned_and_ruled() -> None:
    """A rule under the titles, as wide as the widest line."""
    out = io.StringIO()
    Story(out).list((Column("who"), Column("score", right=True)), [("Amina", "80 %"), ("Bo", "100 %")])
    assert out.getvalue().splitlines() == [
        "   who    score",
        "   ────────────",
        "   Amina   80 %",
        "   Bo     100 %",
    ]


def test_nothing_moves_where_nobody_looks() -> None:
    """What is waited for is not told to a pipe."""
    out = io.StringIO()
    with Story(out).waiting("it starts") as so_far:
        so_far(1, 2)
    assert out.getvalue() == ""


def test_a_terminal_sees_what_is_waited_for() -> None:
    """How far it is, on one line, which is gone when a line is told and when it is over."""
    out = Terminal()
    story = Story(out, moves=True)
    with story.waiting("it sends") as so_far:
        so_far(3, 4)
        assert wait_until(lambda: "75%" in out.getvalue(), 10)
        story.say("meanwhile")
    drawn = out.getvalue()
    assert "it sends" in drawn
    assert f"{UP_AND_CLEAR}meanwhile\n" in drawn
    assert drawn.endswith(UP_AND_CLEAR)


@pytest.mark.parametrize(
    ("out", "variables", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_only_a_terminal_is_drawn_on(out: io.StringIO, variables: dict[str, str], expected: bool) -> None:
    """And none that cannot, or whose person does not want it."""
    assert is_terminal(out, variables) is expected
