"""What a statement can be found by: the terms behind the filters of GET statements (xAPI Communication 2.1.3).

A direct term matches a filter as it is; a related term only with `related_agents` or `related_activities`, and is left
out where the direct one is there. A Group stands for itself and for its members. What follows from a StatementRef
(the targeting statement matches whatever its target does) is left to the store, which has the target.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from lrs.xapi import agents
from lrs.xapi.wire import JsonObject


class Terms(NamedTuple):
    """The terms of one statement. Agents are `agents.key` texts, activities their IRIs."""

    verb: str
    registration: str | None
    """In lower case."""
    agents: Set[str]
    related_agents: Set[str]
    activities: Set[str]
    related_activities: Set[str]


def of(value: JsonObject, authority: JsonObject | None) -> Terms:
    """The terms of a valid statement; `authority` is the one the LRS keeps it with, whatever was sent."""
    target = value["object"]
    context: JsonObject = value.get("context") or {}
    direct_agents: set[str] = set()
    related_agents: set[str] = set()
    activities: set[str] = set()
    related_activities: set[str] = set()
    _add_keys(value["actor"], direct_agents)
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        activities.add(target["id"])
    elif kind in ("Agent", "Group"):
        _add_keys(target, direct_agents)
    if context:
        _add_agents_around(context, related_agents)
        _add_activities_around(context, related_activities)
    if authority is not None:
        _add_keys(authority, related_agents)
    if kind == "SubStatement":
        inner = of(target, None)
        related_agents.update(inner.agents, inner.related_agents)
        related_activities.update(inner.activities, inner.related_activities)
    related_agents -= direct_agents
    related_activities -= activities
    registration = context.get("registration")
    return Terms(
        value["verb"]["id"],
        None if registration is None else registration.lower(),
        direct_agents,
        related_agents,
        activities,
        related_activities,
    )


def _add_keys(actor: JsonObject, found: set[str]) -> None:
    """The key of an Agent or Group, and the keys of a Group's members."""
    if (key := agents.key(actor)) is not None:
        found.add(key)
    if "member" in actor:
        for member in agents.members_of(actor):
            _add_keys(member, found)


def _add_agents_around(context: JsonObject, found: set[str]) -> None:
    for name in ("instructor", "team"):
        if name in context:
            _add_keys(context[name], found)
    for role in context.get("contextAgents") or ():  # xAPI 2.0 4.2.2.5
        _add_keys(role["agent"], found)
    for role in context.get("contextGroups") or ():
        _add_keys(role["group"], found)


def _add_activities_around(context: JsonObject, found: set[str]) -> None:
    for activities in (context.get("contextActivities") or {}).values():
        for activity in [activities] if isinstance(activities, dict) else activities:
            found.add(activity["id"])
