"""From statements to a cell of the grid. Pure, and made so that order does not matter: statements of many devices
arrive in any order, and every device and server must come to the same cell (decision 3).

Only statements in the cmi5 category count; what a lesson calls `completed` otherwise is its own affair (cmi5 9.6.2.1).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from launcher.cmi5 import session as rules
from launcher.cmi5 import vocabulary
from lrs.xapi import agents, timestamps

NOT_STARTED = "not started"
IN_PROGRESS = "in progress"

_TIMES = {
    vocabulary.PASSED: "passed_us",
    vocabulary.FAILED: "failed_us",
    vocabulary.COMPLETED: "completed_us",
    vocabulary.SATISFIED: "satisfied_us",
    vocabulary.WAIVED: "waived_us",
}


class Fact(Struct, frozen=True):
    """What one statement says about an activity in a registration. `learner` is the key of its actor."""

    registration: str
    activity: str
    learner: str
    verb: str
    at_us: int
    stored_us: int
    score: Decimal | None


class Cell(Struct, frozen=True):
    """Everything said so far. Times are the earliest that was named, `last_us` and `latest_score_us` the latest."""

    registration: str
    activity: str
    learner: str
    first_us: int
    last_us: int
    launches: int = 0
    passed_us: int | None = None
    failed_us: int | None = None
    completed_us: int | None = None
    satisfied_us: int | None = None
    waived_us: int | None = None
    best_score: Decimal | None = None
    latest_score: Decimal | None = None
    latest_score_us: int | None = None
    stored_us: int = 0


def fact(value: dict[str, Any], stored_us: int) -> Fact | None:
    """What a stored statement says, or None where it says nothing for the grid."""
    if not rules.is_defined(value):
        return None
    registration, target = value["context"].get("registration"), value["object"]
    is_account = "account" in value["actor"] and value["actor"].get("objectType", "Agent") == "Agent"  # cmi5 9.2
    if registration is None or not is_account or target.get("objectType", "Activity") != "Activity":
        return None
    return Fact(
        registration=registration.lower(),
        activity=target["id"],
        learner=agents.key(value["actor"]) or "",
        verb=value["verb"]["id"],
        at_us=timestamps.parse(value["timestamp"]),
        stored_us=stored_us,
        score=_scaled(value),
    )


def _scaled(value: dict[str, Any]) -> Decimal | None:
    scaled = value.get("result", {}).get("score", {}).get("scaled")
    return None if scaled is None else Decimal(str(scaled)).normalize()  # 1 and 1.0 are one score, and one text


def fold(cell: Cell | None, said: Fact) -> Cell:
    """The cell with one more fact in it. Facts may come in any order; each statement comes once."""
    if cell is None:
        cell = Cell(said.registration, said.activity, said.learner, said.at_us, said.at_us)
    changes: dict[str, Any] = {
        "learner": min(cell.learner, said.learner),  # one registration has one learner; should two claim it, any order
        "first_us": min(cell.first_us, said.at_us),
        "last_us": max(cell.last_us, said.at_us),
        "stored_us": max(cell.stored_us, said.stored_us),
        "launches": cell.launches + (said.verb == vocabulary.LAUNCHED),
    }
    if (name := _TIMES.get(said.verb)) is not None:
        known = getattr(cell, name)
        changes[name] = said.at_us if known is None else min(known, said.at_us)
    if said.score is not None:
        changes |= _scores(cell, said.at_us, said.score)
    return replace(cell, **changes)


def _scores(cell: Cell, at_us: int, score: Decimal) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if cell.best_score is None or score > cell.best_score:
        changes["best_score"] = score
    # Of two scores with one timestamp the greater counts, so that it does not matter which came first.
    if cell.latest_score_us is None or (at_us, score) > (cell.latest_score_us, cell.latest_score):
        changes |= {"latest_score": score, "latest_score_us": at_us}
    return changes


def words(cell: Cell | None) -> str:
    """The cell's state in one or a few words, the most telling first."""
    if cell is None:
        return NOT_STARTED
    for name, said in (
        ("satisfied_us", "satisfied"),
        ("waived_us", "waived"),
        ("passed_us", "passed"),
        ("completed_us", "completed"),
        ("failed_us", "failed"),
    ):
        if getattr(cell, name) is not None:
            return _with_verdict(said, cell)
    return IN_PROGRESS


def _with_verdict(said: str, cell: Cell) -> str:
    """Completed and passed are two things (cmi5 9.3): who sees one wants to know of the other."""
    if said == "passed" and cell.completed_us is not None:
        return "passed and completed"
    return "completed, not passed" if said == "completed" and cell.failed_us is not None else said
