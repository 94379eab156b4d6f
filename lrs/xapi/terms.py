"""What a statement can be found by: the terms behind the filters of GET statements (xAPI Communication 2.1.3).

A direct term matches a filter as it is; a related term only with `related_agents` or `related_activities`, and is left
out where the direct one is there. A Group stands for itself and for its members. What follows from a StatementRef
(the targeting statement matches whatever its target does) is left to the store, which has the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lrs.xapi import agents
from lrs.xapi.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one statement. Agents are `agents.key` texts, activities their IRIs."""

    verb: str
    registration: UUID | None
    agents: frozenset[str]
    related_agents: frozenset[str]
    activities: frozenset[str]
    related_activities: frozenset[str]


def of(value: JsonObject, authority: JsonObject | None) -> Terms:
    """The terms of a valid statement; `authority` is the one the LRS keeps it with, whatever was sent."""
    target = value["object"]
    context: JsonObject = value.get("context") or {}
    direct_agents = set(_keys(value["actor"]))
    direct_activities = set()
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        direct_activities.add(target["id"])
    elif kind in ("Agent", "Group"):
        direct_agents.update(_keys(target))
    related_agents = set(_agents_around(context))
    related_activities = set(_activities_around(context))
    if authority is not None:
        related_agents.update(_keys(authority))
    if kind == "SubStatement":
        inner = of(target, None)
        related_agents |= inner.agents | inner.related_agents
        related_activities |= inner.activities | inner.related_activities
    registration = context.get("registration")
    return Terms(
        verb=value["verb"]["id"],
        registration=UUID(registration) if registration is not None else None,
        agents=frozenset(direct_agents),
        related_agents=frozenset(related_agents - direct_agents),
        activities=frozenset(direct_activities),
        related_activities=frozenset(related_activities - direct_activities),
    )


def _keys(actor: JsonObject) -> Iterator[str]:
    """The key of an Agent or Group, and the keys of a Group's members."""
    if (key := agents.key(actor)) is not None:
        yield key
    for member in agents.members_of(actor):
        yield from _keys(member)


def _agents_around(context: JsonObject) -> Iterator[str]:
    for name in ("instructor", "team"):
        if name in context:
            yield from _keys(context[name])
    for role in context.get("contextAgents") or ():  # xAPI 2.0 4.2.2.5
        yield from _keys(role["agent"])
    for role in context.get("contextGroups") or ():
        yield from _keys(role["group"])


def _activities_around(context: JsonObject) -> Iterator[str]:
    found: Any
    for found in (context.get("contextActivities") or {}).values():
        for activity in [found] if isinstance(found, dict) else found:
            yield activity["id"]
