"""How answers look to a person: columns that fit the terminal, local times, counted words. Values in, lines out.

Text comes from courses, lessons and other people's servers, so nothing in it may speak to the terminal: `plain` goes
over every line. Where nobody looks (a pipe, a file) nothing is shortened.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

GAP = 2
NARROWEST = 8  # a shortened column keeps so many
COMFORT = 20  # and so many rather than that a column which can be spared is shown
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def width() -> int | None:
    """How many columns the terminal has; None where standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def plain(text: str) -> str:
    """The text without anything that a terminal obeys."""
    return "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in text)


# --- columns --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """`cut`: may be shortened where room is short; `spare`: may be left out then, the last ones first."""

    title: str
    cut: bool = False
    spare: bool = False
    right: bool = False


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], room: int | None) -> list[str]:
    """A line of titles and one for each row, as wide as `room` where that can be."""
    texts = [[column.title for column in columns], *([plain(text) for text in row] for row in rows)]
    wide = [max(cells(text) for text in column) for column in zip(*texts, strict=True)]
    shown = list(range(len(columns)))
    if room is not None:
        shown, wide = _fitted(columns, wide, room)
    return [
        (" " * GAP).join(_cell(row[at], wide[at], right=columns[at].right) for at in shown).rstrip() for row in texts
    ]


def _fitted(columns: Sequence[Column], wide: list[int], room: int) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each is."""
    shown = list(range(len(columns)))
    easy = [min(wide[at], COMFORT) if column.cut else wide[at] for at, column in enumerate(columns)]
    for at in reversed(range(len(columns))):
        if columns[at].spare and _total(easy, shown) > room:
            shown.remove(at)
    wide = list(wide)
    cuts = [at for at in shown if columns[at].cut]
    while cuts and _total(wide, shown) > room:
        widest = max(cuts, key=lambda at: wide[at])
        if wide[widest] <= NARROWEST:
            break
        wide[widest] -= 1
    return shown, wide


def _total(wide: Sequence[int], shown: Sequence[int]) -> int:
    return sum(wide[at] for at in shown) + GAP * (len(shown) - 1)


def _cell(text: str, wide: int, *, right: bool) -> str:
    text = shortened(text, wide)
    padding = " " * (wide - cells(text))
    return padding + text if right else text + padding


def shortened(text: str, wide: int) -> str:
    """The text in so many columns, its end given up where it must be."""
    if cells(text) <= wide:
        return text
    kept, used = [], 1
    for one in text:
        used += cells(one)
        if used > wide:
            break
        kept.append(one)
    return "".join(kept).rstrip() + "…"


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(one) for one in text)


def _cells(one: str) -> int:
    if unicodedata.category(one) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def paragraph(text: str, room: int | None, indent: str = "") -> list[str]:
    """The text in lines that fit, each behind the indent; one line where nobody looks."""
    text = plain(text)
    if room is None:
        return [indent + text]
    wide = max(len(indent) + NARROWEST, room)
    return textwrap.wrap(text, wide, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [""]


# --- words ----------------------------------------------------------------------------------------------------------


def local(stamp: str | None) -> str:
    """A time of the API (UTC) as this machine's clocks on the wall have it, to the minute."""
    if stamp is None:
        return ""
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):  # a clock far off: the first or the last year there is
        return stamp


def span(seconds: float) -> str:
    """A length of time as one says it: `40 seconds`, `3 hours`, `12 days`."""
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= 2 * size or (size == MINUTE and seconds >= size):
            return counted(round(seconds / size), name)
    return counted(round(seconds), "second")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 statement`, `2,000 statements`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def size(count: int) -> str:
    """Bytes as one says them: `512 bytes`, `3.4 MB`."""
    amount, units = float(count), ["kB", "MB", "GB", "TB"]
    if count < 1000:
        return counted(count, "byte")
    unit = ""
    while amount >= 1000 and units:
        amount, unit = amount / 1000, units.pop(0)
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"
