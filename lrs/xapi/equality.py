"""Whether two statements are the same statement (xAPI Data 2.3.1, Statement Comparison Requirements).

Differences that an LRS may cause, or that are no part of a statement, are ignored:

* `authority`, `stored` and `version`, which the LRS sets; `id` and `timestamp` where only one of the two has it;
* how a moment is written: two timestamps less than a millisecond apart are one moment (4.5 lets an LRS cut it there);
* the verb's `display` and the definitions of activities: these belong to the verb and the activity;
* the order of a group's members;
* the case of what has no case: UUIDs, digests, language tags, the domain of an email address;
* a single contextActivity against an array of it; a duration's digits beyond 0.01 s (4.6);
* a signature among the attachments, which is made of the statement before it was there (2.6);
* how a number is spelt: `1`, `1.0` and `1e0` are one number.

Everything else is a difference, the rest of an attachment's metadata and an omitted objectType among it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lrs.xapi import agents, timestamps
from lrs.xapi.attachments import SIGNATURE
from lrs.xapi.wire import JsonObject, dumps

_SET_BY_LRS = ("authority", "stored", "version", "id", "timestamp")
_FINER_THAN_HUNDREDTH = re.compile(r"(?<=[.,][0-9]{2})[0-9]+(?=S)")
_MILLISECOND_US = 1000


def same(a: JsonObject, b: JsonObject) -> bool:
    """Whether two valid statements match, so that receiving the second changes nothing."""
    return _same_id(a, b) and _same_timestamp(a, b) and _alike(_essence(a), _essence(b))


def _same_id(a: JsonObject, b: JsonObject) -> bool:
    return "id" not in a or "id" not in b or a["id"].lower() == b["id"].lower()


def _same_timestamp(a: JsonObject, b: JsonObject) -> bool:
    if "timestamp" not in a or "timestamp" not in b:
        return True
    apart = timestamps.parse(a["timestamp"]) - timestamps.parse(b["timestamp"])
    return abs(apart) < _MILLISECOND_US


def _essence(statement: JsonObject) -> JsonObject:
    """What of a statement is compared, written in one way."""
    kept = {name: value for name, value in statement.items() if name not in _SET_BY_LRS}
    _change(kept, "actor", _actor)
    _change(kept, "verb", lambda verb: {"id": verb["id"]})
    _change(kept, "object", _object)
    _change(kept, "result", _result)
    _change(kept, "context", _context)
    _change(kept, "attachments", _attachments)
    if not kept.get("attachments", True):
        del kept["attachments"]
    return kept


def _change(value: JsonObject, name: str, how: Callable[[Any], Any]) -> None:
    if name in value:
        value[name] = how(value[name])


def _actor(actor: JsonObject) -> JsonObject:
    kept = dict(actor)
    _change(kept, "mbox", _mailto)
    _change(kept, "mbox_sha1sum", str.lower)
    _change(kept, "member", lambda members: sorted((_actor(member) for member in members), key=_order))
    return kept


def _order(member: JsonObject) -> tuple[str, bytes]:
    return agents.key(member) or "", dumps(dict(sorted(member.items())))


def _mailto(mbox: str) -> str:
    local, _, domain = mbox.rpartition("@")
    return f"{local}@{domain.lower()}"


def _object(target: JsonObject) -> JsonObject:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return _activity(target)
    if kind == "StatementRef":
        return _reference(target)
    if kind == "SubStatement":
        return _substatement(target)
    return _actor(target)


def _activity(activity: JsonObject) -> JsonObject:
    return {name: value for name, value in activity.items() if name != "definition"}


def _reference(reference: JsonObject) -> JsonObject:
    return {**reference, "id": reference["id"].lower()}


def _substatement(value: JsonObject) -> JsonObject:
    """Its timestamp is its author's own, never set by an LRS, so it is compared as a moment and must be there."""
    kept = _essence(value)
    if "timestamp" in value:
        kept["timestamp"] = timestamps.parse(value["timestamp"]) // _MILLISECOND_US
    return kept


def _result(result: JsonObject) -> JsonObject:
    kept = dict(result)
    _change(kept, "duration", lambda text: _FINER_THAN_HUNDREDTH.sub("", text))
    return kept


def _context(context: JsonObject) -> JsonObject:
    kept = dict(context)
    _change(kept, "registration", str.lower)
    _change(kept, "language", str.lower)
    _change(kept, "instructor", _actor)
    _change(kept, "team", _actor)
    _change(kept, "statement", _reference)
    _change(kept, "contextActivities", _activities)
    _change(kept, "contextAgents", lambda roles: [{**role, "agent": _actor(role["agent"])} for role in roles])
    _change(kept, "contextGroups", lambda roles: [{**role, "group": _actor(role["group"])} for role in roles])
    return kept


def _activities(kinds: JsonObject) -> JsonObject:
    as_arrays = {kind: [found] if isinstance(found, dict) else found for kind, found in kinds.items()}
    return {kind: [_activity(activity) for activity in found] for kind, found in as_arrays.items()}


def _attachments(found: list[JsonObject]) -> list[JsonObject]:
    return [{**entry, "sha2": entry["sha2"].lower()} for entry in found if entry["usageType"] != SIGNATURE]


def _alike(a: Any, b: Any) -> bool:
    """Equal as JSON values: numbers by value, and true is not 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
