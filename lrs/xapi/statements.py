"""Statements: what somebody did, kept as it was received (xAPI Data 2.4).

`parse` takes the exact text of one statement and gives a frozen `Statement`, or `Invalid` with every fault there is,
each with its place and the requirement it breaks. Statement text is the record: it is kept byte for byte, apart from
brackets around a single contextActivity, which the standard asks for. What depends on other statements (conflicts,
what a voiding targets), on who sends, and on the bytes of attachments is left to others.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from lrs.errors import Fault, Invalid
from lrs.xapi import agents, attachments, contexts, shapes, versions, wire
from lrs.xapi.activities import check_activity
from lrs.xapi.results import check_result
from lrs.xapi.shapes import Faults
from lrs.xapi.versions import RULES, Rules, Version
from lrs.xapi.wire import JsonObject

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
"""The one reserved verb. xAPI Data 2.3.2"""

_REQUIRED = ("actor", "verb", "object")
_SUBSTATEMENT = frozenset({*_REQUIRED, "objectType", "result", "context", "timestamp", "attachments"})
_STATEMENT = (_SUBSTATEMENT - {"objectType"}) | {"id", "stored", "authority", "version"}
_VERB = frozenset({"id", "display"})
_RULE, _VERB_RULE, _OBJECT_RULE = "xAPI Data 2.4", "xAPI Data 2.4.3", "xAPI Data 2.4.4"
_AUTHORITY_RULE, _VOIDING_RULE = "xAPI Data 2.4.9", "xAPI Data 2.3.2"


class Statement(NamedTuple):
    """One valid statement: its text, its value, and what is asked of it most often."""

    raw: bytes
    value: JsonObject
    id: UUID | None
    timestamp_us: int | None
    verb: str
    actor_key: str | None
    voids: UUID | None
    """The statement which this one voids."""
    refers_to: UUID | None
    """The statement which is the object of this one, voiding or not."""
    needs_v2: bool
    """It has something that 1.0.3 does not know: contextAgents or contextGroups."""
    needs_bytes: tuple[str, ...]
    """The SHA-2 digests, in lower case, of attachments without a fileUrl."""


def parse(raw: bytes, version: Version, path: str = "statement") -> Statement:
    """The statement that this JSON text is, by the rules of this version."""
    return check(raw, read(raw, path), version, path)


def read(raw: bytes, path: str = "statement") -> Any:
    """The value to `check`: any strict JSON."""
    return wire.parse_any_number(raw, path)  # numbers stand in scores and extensions, which ask whether one overflows


def check(raw: bytes, value: Any, version: Version, path: str = "statement") -> Statement:
    """The statement that this text is, whose value `read` gave."""
    faults: Faults = []
    if b"null" in raw:
        shapes.nulls(value, path, faults)
    timestamp_us = _check_statement(value, path, faults, version)
    if faults:
        raise Invalid.of(faults)
    return _statement(*contexts.with_arrays(raw, value), timestamp_us)


def _statement(raw: bytes, value: JsonObject, timestamp_us: int | None) -> Statement:
    target = value["object"]
    refers_to = UUID(target["id"]) if target.get("objectType") == "StatementRef" else None
    verb = value["verb"]["id"]
    return Statement(
        raw=raw,
        value=value,
        id=UUID(value["id"]) if "id" in value else None,
        timestamp_us=timestamp_us,
        verb=verb,
        actor_key=agents.key(value["actor"]),
        voids=refers_to if verb == VOIDED else None,
        refers_to=refers_to,
        needs_v2=_needs_v2(value.get("context")) or ("context" in target and _needs_v2(target["context"])),
        needs_bytes=attachments.needing_bytes(value),
    )


def _needs_v2(context: JsonObject | None) -> bool:
    return context is not None and ("contextAgents" in context or "contextGroups" in context)


def _check_statement(value: Any, path: str, faults: Faults, version: Version) -> int | None:
    """The statement's own members; its timestamp where it has one."""
    if not shapes.is_object(value, _STATEMENT, path, _RULE, faults):
        return None
    rules = RULES[version]
    timestamp_us = _check_common(value, path, faults, rules, nested=False)
    shapes.uuid_of(value, "id", path, "xAPI Data 2.4.1", faults)
    # validated, then overwritten by the LRS: xAPI Data 2.4.8
    shapes.timestamp(value, "stored", path, "xAPI Data 2.4.8", faults, rules.timestamp_needs_zone)
    if (authority := value.get("authority")) is not None:
        _check_authority(authority, f"{path}.authority", faults)
    if (own := value.get("version")) is not None and not versions.statement_version_allowed(own, version):
        lines = " or ".join(f"{line}.x" for line in rules.statement_lines)
        detail = f"must be {lines} in a request of version {version.value}, not {shapes.name_of(own)}"
        faults.append(Fault(f"{path}.version", "xAPI Data 2.4.10", detail))
    return timestamp_us


def _check_common(value: JsonObject, path: str, faults: Faults, rules: Rules, *, nested: bool) -> int | None:
    """What a statement and a SubStatement share, in the order of xAPI Data 2.4; the timestamp where there is one."""
    shapes.needs(value, _REQUIRED, path, _RULE, faults)
    if (actor := value.get("actor")) is not None:
        agents.check_actor(actor, f"{path}.actor", faults)
    if (verb := value.get("verb")) is not None:
        _check_verb(verb, f"{path}.verb", faults)
    if (target := value.get("object")) is not None:
        _check_object(target, f"{path}.object", faults, rules, nested=nested)
    _check_voiding(verb, target, path, faults)
    if (result := value.get("result")) is not None:
        check_result(result, f"{path}.result", faults)
    if (context := value.get("context")) is not None:
        about_activity = _object_type(target) in ("Activity", None)
        contexts.check_context(context, f"{path}.context", faults, rules, about_activity=about_activity)
    if (found := value.get("attachments")) is not None:
        attachments.check_attachments(found, f"{path}.attachments", faults)
    return shapes.timestamp(value, "timestamp", path, "xAPI Data 2.4.7", faults, rules.timestamp_needs_zone)


def _check_verb(value: Any, path: str, faults: Faults) -> None:
    if shapes.is_object(value, _VERB, path, _VERB_RULE, faults):
        shapes.needs(value, ("id",), path, _VERB_RULE, faults)
        shapes.iri_of(value, "id", path, _VERB_RULE, faults)
        shapes.language_map(value, "display", path, faults)


def _object_type(target: Any) -> Any:
    """The objectType of a statement's object, Activity where it says nothing; None where it is no object at all."""
    return target.get("objectType", "Activity") if isinstance(target, dict) else None


def _check_object(target: Any, path: str, faults: Faults, rules: Rules, *, nested: bool) -> None:
    kind = _object_type(target)
    if kind in ("Activity", None):
        check_activity(target, path, faults)
    elif kind == "Agent":
        agents.check_agent(target, path, faults)
    elif kind == "Group":
        agents.check_group(target, path, faults)
    elif kind == "StatementRef":
        contexts.check_reference(target, path, faults)
    elif kind == "SubStatement" and not nested:
        _check_substatement(target, path, faults, rules)
    elif kind == "SubStatement":
        faults.append(Fault(path, "xAPI Data 2.4.4.3", "a SubStatement must not contain a SubStatement"))
    else:
        allowed = "Activity, Agent, Group, StatementRef or SubStatement"
        faults.append(Fault(f"{path}.objectType", _OBJECT_RULE, f"must be {allowed}, not {shapes.name_of(kind)}"))


def _check_substatement(value: Any, path: str, faults: Faults, rules: Rules) -> None:
    """A SubStatement: a statement without id, stored, version and authority."""
    if shapes.is_object(value, _SUBSTATEMENT, path, "xAPI Data 2.4.4.3", faults):
        _check_common(value, path, faults, rules, nested=True)


def _check_voiding(verb: Any, target: Any, path: str, faults: Faults) -> None:
    if not (isinstance(verb, dict) and verb.get("id") == VOIDED):
        return
    if isinstance(target, dict) and target.get("objectType") != "StatementRef":
        detail = "a voiding statement's object must be a StatementRef to the statement it voids"
        faults.append(Fault(f"{path}.object", _VOIDING_RULE, detail))


def _check_authority(value: Any, path: str, faults: Faults) -> None:
    """An Agent, or the anonymous Group of an application and its user (three-legged OAuth). xAPI Data 2.4.9"""
    agents.check_actor(value, path, faults)
    if not isinstance(value, dict) or value.get("objectType") != "Group":
        return
    if any(name in value for name in agents.IDENTIFIERS):
        faults.append(Fault(path, _AUTHORITY_RULE, "a Group as authority must be anonymous"))
    members = value.get("member")
    if isinstance(members, list) and len(members) != 2:
        detail = f"a Group as authority has two members, the application and its user, not {len(members)}"
        faults.append(Fault(f"{path}.member", _AUTHORITY_RULE, detail))
