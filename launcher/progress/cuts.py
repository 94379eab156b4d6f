"""Parts of the grid: what one page shows of it, without reading the rest.

What belongs to a course is found by the activities that its import noted, however many they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from launcher.progress.fold import Cell
from launcher.progress.projection import NAMES, of_row
from lrs.store import many
from lrs.store.promises import Reader

OF_REGISTRATIONS = f"SELECT {', '.join(NAMES)} FROM progress WHERE store = ? AND registration IN (?)"  # noqa: S608  ours
OF_COURSE = (
    "FROM progress p JOIN activity a ON a.store = p.store AND a.iri = p.activity WHERE p.store = ? AND a.course = ?"
)


class Tally(Struct, frozen=True):
    """How many registrations say what of one activity, and the average of their best scores, 0 to 1."""

    started: int = 0
    passed: int = 0
    completed: int = 0
    both: int = 0
    either: int = 0
    satisfied: int = 0
    failed: int = 0
    average: float | None = None


def cells_of(reader: Reader, store: int, registrations: Sequence[str]) -> list[Cell]:
    """The cells of these registrations, in whatever course."""
    return [of_row(row) for row in many.find(reader.execute, OF_REGISTRATIONS, (store,), registrations)]


def heard_of(reader: Reader, store: int, course_id: str) -> dict[str, str]:
    """Learner by registration, for every registration of which the log says something in this course."""
    rows = reader.execute(
        f"SELECT p.registration, min(p.learner) {OF_COURSE} GROUP BY p.registration", (store, course_id)
    )
    return {str(row[0]): str(row[1]) for row in rows}


def registrations_of(reader: Reader, store: int, learner: str) -> set[str]:
    """The registrations of which the log says something of this learner."""
    rows = reader.execute(
        "SELECT DISTINCT registration FROM progress WHERE store = ? AND learner = ?", (store, learner)
    )
    return {str(row[0]) for row in rows}


_PASSED = "(p.passed_us IS NOT NULL OR p.waived_us IS NOT NULL)"
_COMPLETED = "(p.completed_us IS NOT NULL OR p.waived_us IS NOT NULL)"
COUNTED = ", ".join(
    (
        "count(*)",
        f"count(*) FILTER (WHERE {_PASSED})",
        f"count(*) FILTER (WHERE {_COMPLETED})",
        f"count(*) FILTER (WHERE {_PASSED} AND {_COMPLETED})",
        f"count(*) FILTER (WHERE {_PASSED} OR {_COMPLETED})",
        "count(*) FILTER (WHERE p.satisfied_us IS NOT NULL OR p.waived_us IS NOT NULL)",
        "count(*) FILTER (WHERE p.failed_us IS NOT NULL AND p.passed_us IS NULL AND p.waived_us IS NULL)",
        "avg(CAST(p.best_score AS REAL))",
    )
)
"""The fields of `Tally`, in order."""


def tallies(reader: Reader, store: int, course_id: str) -> dict[str, Tally]:
    """For each activity of a course of which the log says something. What was waived counts wherever it matters."""
    rows = reader.execute(f"SELECT p.activity, {COUNTED} {OF_COURSE} GROUP BY p.activity", (store, course_id))
    return {str(row[0]): Tally(*row[1:]) for row in rows}
