"""The grid as a page shows it: for each course learners by blocks and AUs. Values only; whoever calls has read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from launcher.progress.fold import IN_PROGRESS, NOT_STARTED, Cell, words

AU, BLOCK = "au", "block"


@dataclass(frozen=True, slots=True)
class Column:
    """An AU or a block: its activity id here and its title. `within` has the activities of the AUs in a block."""

    activity: str
    title: str
    within: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What stands in this column."""
        return BLOCK if self.within else AU


@dataclass(frozen=True, slots=True)
class Shown:
    """What one square says."""

    state: str = NOT_STARTED
    score: Decimal | None = None
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: one registration of a learner. `squares` go with the table's columns."""

    learner: str
    registration: str
    course: Shown
    squares: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One course's grid, its columns in document order, a block before its AUs."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


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
        )
        for registration, learner in learners.items()
    ]
    lines.sort(key=lambda line: (line.learner.casefold(), line.registration))
    return Table(title, tuple(columns), tuple(lines))


def account_name(learner: str) -> str:
    """The account name in a learner's key."""
    return learner.partition("\n")[2]


def _square(cells: Cells, registration: str, column: Column) -> Shown:
    own = cells.get((registration, column.activity))
    if own is None:
        return _rolled_up(list(_started(cells, registration, column.within)))
    return Shown(words(own), own.best_score, own.last_us)


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
