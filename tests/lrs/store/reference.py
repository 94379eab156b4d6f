"""The log as the standard describes it, in the plainest Python: slow, without an index, and read twice before believed.

xAPI Communication 2.1.3 (filters, StatementRefs) and 2.1.4 (voided statements).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Value = dict[str, Any]
Matches = Callable[[Value, Value], bool]


@dataclass(frozen=True)
class Row:
    """One statement of the log."""

    seq: int
    stored_us: int
    credential: int
    authority: Value
    value: Value


@dataclass(frozen=True)
class Question:
    """One GET."""

    agent: Value | None = None
    related_agents: bool = False
    verb: str | None = None
    activity: str | None = None
    related_activities: bool = False
    registration: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    credential: int | None = None
    ascending: bool = False
    limit: int = 100


def answer(rows: list[Row], question: Question) -> list[int]:
    """The `seq` of what a GET returns, in order."""
    by_id = {row.value["id"]: row for row in rows}
    found = [
        row.seq
        for row in rows
        if not _is_voided(row, rows)
        and _in_time(row, question)
        and all(_reaches(row, condition, by_id) for condition in _conditions(question))
    ]
    found.sort(reverse=not question.ascending)
    return found[: question.limit]


def _in_time(row: Row, question: Question) -> bool:
    """The parameters that apply to the very statement, never to what it refers to."""
    return (
        (question.since_us is None or row.stored_us > question.since_us)
        and (question.until_us is None or row.stored_us <= question.until_us)
        and (question.credential is None or row.credential == question.credential)
    )


def _is_voided(row: Row, rows: list[Row]) -> bool:
    return not _voids(row.value) and any(
        _voids(other.value) and other.value["object"]["id"] == row.value["id"] for other in rows
    )


def _voids(value: Value) -> bool:
    return bool(value["verb"]["id"] == "http://adlnet.gov/expapi/verbs/voided")


def _reaches(row: Row, condition: Matches, by_id: dict[str, Row]) -> bool:
    """The statement meets the condition, or the one it refers to does, and so on."""
    seen = set()
    at: Row | None = row
    while at is not None and at.seq not in seen:
        seen.add(at.seq)
        if condition(at.value, at.authority):
            return True
        target = at.value["object"]
        at = by_id.get(target["id"]) if target.get("objectType") == "StatementRef" else None
    return False


def _conditions(question: Question) -> Iterator[Matches]:
    agent, activity = question.agent, question.activity
    if agent is not None:
        wide = question.related_agents
        yield lambda value, authority: any(_same(agent, one) for one in _agents(value, authority if wide else None))
    if question.verb is not None:
        yield lambda value, _: bool(value["verb"]["id"] == question.verb)
    if activity is not None:
        yield lambda value, _: activity in list(_activities(value, wide=question.related_activities))
    if question.registration is not None:
        yield lambda value, _: value.get("context", {}).get("registration") == question.registration


def _same(wanted: Value, found: Value) -> bool:
    return any(name in wanted and wanted[name] == found.get(name) for name in ("mbox", "account"))


def _with_members(actor: Value) -> list[Value]:
    return [actor, *actor.get("member", [])]


def _agents(value: Value, authority: Value | None) -> Iterator[Value]:
    """Those that `agent` looks at; with an authority, those that `related_agents` looks at too."""
    yield from _with_members(value["actor"])
    target = value["object"]
    kind = target.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        yield from _with_members(target)
    if authority is None:
        return
    yield from _with_members(authority)
    context = value.get("context", {})
    for name in ("instructor", "team"):
        if name in context:
            yield from _with_members(context[name])
    for role in context.get("contextAgents", []):
        yield role["agent"]
    for role in context.get("contextGroups", []):
        yield from _with_members(role["group"])
    if kind == "SubStatement":
        yield from _agents(target, {})


def _activities(value: Value, *, wide: bool) -> Iterator[str]:
    target = value["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        yield target["id"]
    if not wide:
        return
    for found in value.get("context", {}).get("contextActivities", {}).values():
        yield from (one["id"] for one in (found if isinstance(found, list) else [found]))
    if kind == "SubStatement":
        yield from _activities(target, wide=True)
