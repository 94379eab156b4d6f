"""What a statement is related to: Context (xAPI Data 2.4.6), and in 2.0 contextAgents and contextGroups.

A single Activity where contextActivities asks for an array came from 0.95 and is still allowed; it must be returned as
an array, so `with_arrays` puts it into one before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lrs.errors import Fault
from lrs.xapi import agents, iri, shapes, wire
from lrs.xapi.activities import check_activity
from lrs.xapi.shapes import Faults
from lrs.xapi.versions import Rules
from lrs.xapi.wire import JsonObject

RULE, ACTIVITIES_RULE = "xAPI Data 2.4.6", "xAPI Data 2.4.6.2"
AGENTS_RULE = "xAPI 2.0 4.2.2.5"
REFERENCE_RULE = "xAPI Data 2.4.4.3"

ACTIVITY_KINDS = ("parent", "grouping", "category", "other")

_CONTEXT = frozenset(
    {"registration", "instructor", "team", "contextActivities", "revision", "platform", "language", "statement"}
    | {"extensions"}
)
_CONTEXT_V2 = _CONTEXT | {"contextAgents", "contextGroups"}
_KINDS = frozenset(ACTIVITY_KINDS)
_REFERENCE = frozenset({"objectType", "id"})


def check_context(value: Any, path: str, faults: Faults, rules: Rules, *, about_activity: bool) -> None:
    """A Context; `about_activity` says whether the statement's object is an Activity."""
    if not shapes.is_object(value, _CONTEXT_V2 if rules.context_agents else _CONTEXT, path, RULE, faults):
        return
    shapes.uuid_of(value, "registration", path, RULE, faults)
    if (instructor := value.get("instructor")) is not None:
        agents.check_actor(instructor, f"{path}.instructor", faults)
    if (team := value.get("team")) is not None:
        _check_team(team, f"{path}.team", faults)
    if (activities := value.get("contextActivities")) is not None:
        _check_activities(activities, f"{path}.contextActivities", faults)
    _check_texts(value, path, faults, about_activity=about_activity)
    if (statement := value.get("statement")) is not None:
        check_reference(statement, f"{path}.statement", faults)
    shapes.extensions(value, path, faults)
    if rules.context_agents:
        _check_roles(value, "contextAgents", path, faults)
        _check_roles(value, "contextGroups", path, faults)


def check_reference(value: Any, path: str, faults: Faults) -> None:
    """A StatementRef: the id of a statement that need not be here. xAPI Data 2.4.4.3"""
    if not shapes.is_object(value, _REFERENCE, path, REFERENCE_RULE, faults):
        return
    shapes.needs(value, ("objectType", "id"), path, REFERENCE_RULE, faults)
    if value.get("objectType", "StatementRef") not in ("StatementRef", None):
        faults.append(Fault(f"{path}.objectType", REFERENCE_RULE, "must be 'StatementRef'"))
    shapes.uuid_of(value, "id", path, REFERENCE_RULE, faults)


def with_arrays(raw: bytes, value: JsonObject) -> tuple[bytes, JsonObject]:
    """A valid statement with every single contextActivity in an array; the same two objects when there is none.

    In the text only the brackets are added. xAPI Data 2.4.6.2: "MUST return every value … as an array".
    """
    if "context" in value and _has_single(value["context"]):
        raw, value = _changed(raw, value, "context", _context_with_arrays)
    if "context" in value["object"] and _has_single(value["object"]["context"]):
        raw, value = _changed(raw, value, "object", _substatement_with_arrays)
    return raw, value


def _check_team(value: Any, path: str, faults: Faults) -> None:
    if isinstance(value, dict) and "objectType" not in value:
        faults.append(Fault(f"{path}.objectType", RULE, "is required: a team is a Group"))
    agents.check_group(value, path, faults)


def _check_texts(value: JsonObject, path: str, faults: Faults, *, about_activity: bool) -> None:
    for name in ("revision", "platform"):
        shapes.text(value, name, path, RULE, faults)
        if name in value and not about_activity:
            faults.append(Fault(f"{path}.{name}", RULE, "may be used only when the object is an Activity"))
    shapes.formatted(value, "language", iri.is_language_tag, "an RFC 5646 language tag", path, RULE, faults)


def _check_activities(value: Any, path: str, faults: Faults) -> None:
    if not shapes.is_object(value, _KINDS, path, ACTIVITIES_RULE, faults):
        return
    for kind, found in value.items():
        if isinstance(found, list):
            for index, activity in enumerate(found):
                check_activity(activity, f"{path}.{kind}[{index}]", faults)
        elif found is not None and kind in _KINDS:
            check_activity(found, f"{path}.{kind}", faults)


def _check_roles(value: JsonObject, name: str, path: str, faults: Faults) -> None:
    """contextAgents or contextGroups: who took part, and as what. xAPI 2.0 4.2.2.5"""
    found = value.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        faults.append(Fault(f"{path}.{name}", AGENTS_RULE, f"must be an array, not {shapes.name_of(found)}"))
        return
    for index, role in enumerate(found):
        _check_role(role, name, f"{path}.{name}[{index}]", faults)


def _check_role(value: Any, name: str, path: str, faults: Faults) -> None:
    object_type = name[:-1]  # contextAgents holds contextAgent objects
    member = "agent" if name == "contextAgents" else "group"
    if not shapes.is_object(value, frozenset({"objectType", member, "relevantTypes"}), path, AGENTS_RULE, faults):
        return
    shapes.needs(value, ("objectType", member), path, AGENTS_RULE, faults)
    if value.get("objectType", object_type) not in (object_type, None):
        faults.append(Fault(f"{path}.objectType", AGENTS_RULE, f"must be {object_type!r}"))
    if (actor := value.get(member)) is not None:
        check = agents.check_agent if member == "agent" else _check_team
        check(actor, f"{path}.{member}", faults)
    _check_relevant_types(value, path, faults)


def _check_relevant_types(value: JsonObject, path: str, faults: Faults) -> None:
    found = value.get("relevantTypes")
    if found is None:
        return
    if not isinstance(found, list) or not found:
        faults.append(Fault(f"{path}.relevantTypes", AGENTS_RULE, "must be an array of at least one IRI"))
        return
    for index, entry in enumerate(found):
        if not (isinstance(entry, str) and iri.is_iri(entry)):
            detail = f"must be an absolute IRI with a scheme, not {shapes.name_of(entry)}"
            faults.append(Fault(f"{path}.relevantTypes[{index}]", AGENTS_RULE, detail))


# --- a single contextActivity into an array -------------------------------------------------------------------------


_Change: TypeAlias = Callable[[bytes, JsonObject], tuple[bytes, JsonObject]]


def _has_single(context: JsonObject) -> bool:
    return dict in map(type, (context.get("contextActivities") or {}).values())


def _changed(raw: bytes, value: JsonObject, name: str, change: _Change) -> tuple[bytes, JsonObject]:
    text, inside = change(wire.members(raw)[name], value[name])
    return wire.replaced(raw, {name: text}), {**value, name: inside}


def _substatement_with_arrays(raw: bytes, value: JsonObject) -> tuple[bytes, JsonObject]:
    return _changed(raw, value, "context", _context_with_arrays)


def _context_with_arrays(raw: bytes, value: JsonObject) -> tuple[bytes, JsonObject]:
    return _changed(raw, value, "contextActivities", _activities_with_arrays)


def _activities_with_arrays(raw: bytes, value: JsonObject) -> tuple[bytes, JsonObject]:
    texts = wire.members(raw)
    single = {kind: found for kind, found in value.items() if isinstance(found, dict)}
    text = wire.replaced(raw, {kind: b"[" + texts[kind] + b"]" for kind in single})
    return text, {**value, **{kind: [found] for kind, found in single.items()}}
