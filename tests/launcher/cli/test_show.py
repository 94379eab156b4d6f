"""What a person sees fits the terminal, is in local time, and obeys nobody but us."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cli import show
from launcher.cli.show import Column, table

NAMES = (Column("ID"), Column("NAME", cut=True), Column("COURSE", spare=True))
ROWS = [("p-1", "Amina Diallo of the fourth form", "3da755c6"), ("p-22", "渡辺 春子", "")]


def test_columns_are_as_wide_as_their_widest() -> None:
    """And nothing trails behind; where nobody looks nothing is shortened."""
    expected = [
        "ID    NAME                             COURSE",
        "p-1   Amina Diallo of the fourth form  3da755c6",
        "p-22  渡辺 春子",
    ]
    assert expected == table(NAMES, ROWS, None)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (36, ["ID    NAME                  COURSE", "p-1   Amina Diallo of the…  3da755c6", "p-22  渡辺 春子"]),
        (35, ["ID    NAME", "p-1   Amina Diallo of the fourth f…", "p-22  渡辺 春子"]),
        (14, ["ID    NAME", "p-1   Amina D…", "p-22  渡辺 春…"]),
        (5, ["ID    NAME", "p-1   Amina D…", "p-22  渡辺 春…"]),
    ],
)
def test_what_can_be_spared_goes_before_what_is_shortened(room: int, expected: list[str]) -> None:
    """An id is never cut: the next command needs it. Too little room leaves the rest to the terminal."""
    assert expected == table(NAMES, ROWS, room)


def test_numbers_stand_on_the_right() -> None:
    """So that they can be compared."""
    assert table((Column("N", right=True),), [("1",), ("100",)], None) == ["  N", "  1", "100"]


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5), st.integers(30, 200))
def test_no_line_is_wider_than_the_room(rows: list[tuple[str, str, str]], room: int) -> None:
    """Whatever is in it, where the columns that cannot be cut fit."""
    columns = (Column("A", cut=True), Column("B", cut=True), Column("C", cut=True))
    assert [line for line in table(columns, rows, room) if show.cells(line) > room] == []


@given(st.text(), st.integers(1, 40))
def test_a_shortened_text_fits(text: str, wide: int) -> None:
    """And one that fits already is left alone."""
    found = show.shortened(text, wide)
    assert show.cells(found) <= wide
    assert found == text or found.endswith("…")


@given(st.text())
def test_plain_text_has_nothing_that_a_terminal_obeys(text: str) -> None:
    """Nor a second line."""
    assert show.plain(text).isprintable()


def test_paragraphs_fit_behind_their_indent() -> None:
    """One line where nobody looks."""
    text = "Nothing is lost: what waits is sent when the network is back."
    assert [f"    {text}"] == show.paragraph(text, None, "    ")
    lines = show.paragraph(text, 30, "    ")
    assert ([True] * 3, text) == (
        [len(line) <= 30 and line.startswith("    ") for line in lines],
        " ".join(line.strip() for line in lines),
    )


@pytest.fixture
def nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Kathmandu."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22T18:20:00.000000Z", "2026-11-23 00:05"),
        (None, ""),
        ("9999-12-31T23:59:59.000000Z", "9999-12-31T23:59:59.000000Z"),
        ("no time", "no time"),
    ],
)
def test_times_are_those_of_the_wall(nepal: None, stamp: str | None, expected: str) -> None:
    """A time beyond the calendar is shown as it came."""
    assert expected == show.local(stamp)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "2 minutes"),
        (7_300, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_length_of_time_as_one_says_it(seconds: float, expected: str) -> None:
    """In the unit that fits."""
    assert expected == show.span(seconds)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (152_400_000, "152 MB"), (5e16, "50000 TB")],
)
def test_a_size_as_one_says_it(count: int, expected: str) -> None:
    """Three digits are enough."""
    assert expected == show.size(int(count))


def test_counted_words() -> None:
    """One, or many."""
    assert [
        show.counted(1, "day"),
        show.counted(2000, "day"),
        show.counted(2, "foot", "feet"),
    ] == ["1 day", "2,000 days", "2 feet"]
