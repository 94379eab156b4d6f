"""The grid as a page shows it: for each course learners by AUs. Reads the projection and the roster, never the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from launcher.progress.fold import Cell, words


@dataclass(frozen=True, slots=True)
class Unit:
    """A column: an activity of ours and its title."""

    activity: str
    title: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What one square says."""

    state: str
    score: Decimal | None
    last_us: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: one registration of a learner."""

    learner: str
    registration: str
    course: Shown
    units: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One course's grid."""

    title: str
    units: tuple[Unit, ...]
    lines: tuple[Line, ...]


def table(
    title: str, course_activity: str, units: Sequence[Unit], cells: Sequence[Cell], names: Mapping[str, str]
) -> Table:
    """The grid of one course. `names` maps account names to people's; whoever is not in it is shown by the account."""
    columns = {unit.activity for unit in units} | {course_activity}
    by_place = {(cell.registration, cell.activity): cell for cell in cells if cell.activity in columns}
    learners = {cell.registration: cell.learner for cell in by_place.values()}
    lines = [
        Line(
            names.get(learner, learner),
            registration,
            _shown(by_place.get((registration, course_activity))),
            tuple(_shown(by_place.get((registration, unit.activity))) for unit in units),
        )
        for registration, learner in learners.items()
    ]
    lines.sort(key=lambda line: (line.learner.casefold(), line.registration))
    return Table(title, tuple(units), tuple(lines))


def _shown(cell: Cell | None) -> Shown:
    if cell is None:
        return Shown(words(None), None, None)
    return Shown(words(cell), cell.best_score, cell.last_us)
