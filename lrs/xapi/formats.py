"""The `ids` and `canonical` formats of a statement (xAPI Communication 2.1.3); `exact` is the kept text itself.

Values in, values out. Which definition is the canonical one is left to the store, which has seen them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lrs.xapi import agents, languages
from lrs.xapi.activities import LISTS
from lrs.xapi.wire import JsonObject

_Choose = Callable[[JsonObject], JsonObject]
_Shape = Callable[[JsonObject], JsonObject]
_NOTHING_KNOWN: Mapping[str, JsonObject] = {}


def ids(value: JsonObject) -> JsonObject:
    """The statement with no more of its agents, verb and activities than identifies them."""
    return _reshaped(value, agents.only_identity, _only_id, _only_id)


def canonical(
    value: JsonObject, accept_language: str | None, definitions: Mapping[str, JsonObject] | None = None
) -> JsonObject:
    """The statement with canonical activities and verbs, each language map cut down to its most fitting entry.

    `definitions` has, by IRI, the canonical definition of an activity, and `{"display": …}` of a verb; what it lacks is
    taken from the statement. Agents and groups stay as they were sent.
    """
    known = definitions if definitions is not None else _NOTHING_KNOWN
    choose = languages.chooser(accept_language)

    def activity(found: JsonObject) -> JsonObject:
        definition = known.get(found["id"], found.get("definition"))
        return found if definition is None else {**found, "definition": one_language(definition, choose)}

    def verb(found: JsonObject) -> JsonObject:
        display = known.get(found["id"], found).get("display") or found.get("display")
        return found if display is None else {**found, "display": choose(display)}

    return _reshaped(value, _as_sent, verb, activity)


def one_language(definition: JsonObject, choose: _Choose) -> JsonObject:
    """An activity definition with one entry in each of its language maps, interaction components included."""
    kept = dict(definition)
    for name in ("name", "description"):
        if name in kept:
            kept[name] = choose(kept[name])
    for name in LISTS & kept.keys():
        kept[name] = [_component(component, choose) for component in kept[name]]
    return kept


def _component(component: JsonObject, choose: _Choose) -> JsonObject:
    return {**component, "description": choose(component["description"])} if "description" in component else component


def _as_sent(found: JsonObject) -> JsonObject:
    return found


def _only_id(found: JsonObject) -> JsonObject:
    return {"id": found["id"]}


def _reshaped(value: JsonObject, actor: _Shape, verb: _Shape, activity: _Shape) -> JsonObject:
    """The statement, or SubStatement, with each of its actors, verbs and activities in another shape."""
    kept = dict(value)
    kept["actor"] = actor(value["actor"])
    kept["verb"] = verb(value["verb"])
    kept["object"] = _object(value["object"], actor, verb, activity)
    if "authority" in value:
        kept["authority"] = actor(value["authority"])
    if "context" in value:
        kept["context"] = _context(value["context"], actor, activity)
    return kept


def _object(target: JsonObject, actor: _Shape, verb: _Shape, activity: _Shape) -> JsonObject:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return activity(target)
    if kind in ("Agent", "Group"):
        return actor(target)
    return _reshaped(target, actor, verb, activity) if kind == "SubStatement" else target


def _context(context: JsonObject, actor: _Shape, activity: _Shape) -> JsonObject:
    kept = dict(context)
    for name in ("instructor", "team"):
        if name in kept:
            kept[name] = actor(kept[name])
    for name, member in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in kept:
            kept[name] = [{**role, member: actor(role[member])} for role in kept[name]]
    if "contextActivities" in kept:
        kinds = kept["contextActivities"].items()
        kept["contextActivities"] = {kind: [activity(one) for one in _listed(found)] for kind, found in kinds}
    return kept


def _listed(found: Any) -> list[JsonObject]:
    return [found] if isinstance(found, dict) else found
