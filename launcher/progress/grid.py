"""The grid as a page shows it: for each course learners by blocks and AUs. Values only; whoever calls has read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from launcher.cmi5 import move_on
from launcher.cmi5.session import AuView
from launcher.progress.fold import IN_PROGRESS, NOT_STARTED, Cell, words

AU, BLOCK = "au", "block"


class Column(Struct, frozen=True):
    """An AU or a block: its activity id here and its title. `within` has the activities of the AUs in a block, `path`
    the titles of the blocks around it, outermost first; `move_on` is an AU's."""

    activity: str
    title: str
    within: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    move_on: str = ""

    @property
    def kind(self) -> str:
        """What stands in this column."""
        return BLOCK if self.within else AU


class Shown(Struct, frozen=True):
    """What one square says. `done`: an AU has met its moveOn, a block or course is satisfied or waived. `stored_us` is
    when the newest of what it says was stored here."""

    state: str = NOT_STARTED
    score: Decimal | None = None
    last_us: int | None = None
    attempts: int = 0
    done: bool = False
    stored_us: int = 0


class Line(Struct, frozen=True):
    """A row: one registration of a learner. `squares` go with the table's columns."""

    learner: str
    registration: str
    course: Shown
    squares: tuple[Shown, ...]
    key: str = ""
    """The key of the learner's actor."""


class Table(Struct, frozen=True):
    """One course's grid, its columns in document order, a block before its AUs."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


class Group(Struct, frozen=True):
    """Columns side by side that stand in the same block: how many, and the titles of the blocks, outermost first."""

    path: tuple[str, ...]
    size: int


def groups(columns: Sequence[Column]) -> list[Group]:
    """The columns' headings above their headings. A block's own column opens its group."""

    def place(column: Column) -> tuple[str, ...]:
        return (*column.path, column.title) if column.within else column.path

    return [Group(path, len(list(members))) for path, members in groupby(columns, place)]


Cells = Mapping[tuple[str, str], Cell]
"""Cells by registration and activity."""


def table(
    title: str,
    course_activity: str,
    columns: Sequence[Column],
    cells: Sequence[Cell],
    enrolled: Mapping[str, str],
    names: Mapping[str, str],
) -> Table:
    """The grid of one course: a line for each registration that is known here or has been heard of.

    `enrolled` has the learner of each registration known here, `names` the names of learners; whoever is not among
    them is shown by the account name.
    """
    whole = Column(course_activity, title, tuple(column.activity for column in columns if column.kind == AU))
    activities = {column.activity for column in columns} | {course_activity}
    by_place = {(cell.registration, cell.activity): cell for cell in cells if cell.activity in activities}
    learners = {cell.registration: cell.learner for cell in by_place.values()} | dict(enrolled)
    lines = [
        Line(
            names.get(learner, account_name(learner)),
            registration,
            _square(by_place, registration, whole),
            tuple(_square(by_place, registration, column) for column in columns),
            learner,
        )
        for registration, learner in learners.items()
    ]
    lines.sort(key=lambda line: (plain(line.learner), line.registration))
    return Table(title, tuple(columns), tuple(lines))


def plain(name: str) -> str:
    """A name as it is looked for and sorted: neither case nor accents make a difference."""
    return "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one)).casefold()


def account_name(learner: str) -> str:
    """The account name in a learner's key."""
    return learner.partition("\n")[2]


def _square(cells: Cells, registration: str, column: Column) -> Shown:
    own = cells.get((registration, column.activity))
    if own is None:
        return _rolled_up(list(_started(cells, registration, column.within)))
    return Shown(words(own), own.best_score, own.last_us, own.launches, _is_done(own, column), own.stored_us)


def _is_done(own: Cell, column: Column) -> bool:
    if column.move_on:
        view = AuView(own.passed_us is not None, own.completed_us is not None, own.waived_us is not None)
        return move_on.is_met(column.move_on, view)
    return own.satisfied_us is not None or own.waived_us is not None


def _started(cells: Cells, registration: str, activities: Sequence[str]) -> Iterator[Cell]:
    for activity in activities:
        cell = cells.get((registration, activity))
        if cell is not None:
            yield cell


def _rolled_up(started: Sequence[Cell]) -> Shown:
    """A block or course that nothing has been said of: under way where one of its AUs is.

    It is never called satisfied for its AUs' sake: that is for the LMS to say, which knows what it issued (9.3.9).
    """
    if not started:
        return Shown()
    return Shown(IN_PROGRESS, last_us=max(cell.last_us for cell in started))
