"""The few shapes every part of a statement is made of, and the faults they can have.

Each check takes the value, where it stands, and the list that faults are added to, so that one pass finds them all.
Members that are null are found by `nulls`, a walk of its own which most statements need not take; the other checks pass
over them. What is inside extensions is left alone: any JSON is allowed there but a number that no double can hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeGuard

from lrs.errors import Fault
from lrs.xapi import iri, timestamps, wire
from lrs.xapi.wire import JsonObject

Faults: TypeAlias = list[Fault]

FORMAT = "xAPI Data 2.2"


def is_object(
    value: Any, allowed: frozenset[str], path: str, requirement: str, faults: Faults
) -> TypeGuard[JsonObject]:
    """Whether the value is an object; members it may not have are faults."""
    if not isinstance(value, dict):
        faults.append(Fault(path, requirement, f"must be an object, not {name_of(value)}"))
        return False
    if not allowed.issuperset(value):
        _unknown_members(value, allowed, path, requirement, faults)
    return True


def nulls(value: Any, path: str, faults: Faults) -> None:
    """No member may be null, however deep, except inside extensions. xAPI Data 2.2"""
    if isinstance(value, dict):
        for name, member in value.items():
            if member is None:
                faults.append(Fault(f"{path}.{name[:60]}", FORMAT, "must not be null; leave it out"))
            elif name != "extensions":
                nulls(member, f"{path}.{name[:60]}", faults)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            nulls(element, f"{path}[{index}]", faults)


def needs(value: JsonObject, names: tuple[str, ...], path: str, requirement: str, faults: Faults) -> None:
    """Each of these members must be there."""
    for name in names:
        if name not in value:
            faults.append(Fault(f"{path}.{name}", requirement, "is required and missing"))


def text(value: JsonObject, name: str, path: str, requirement: str, faults: Faults) -> None:
    """The member, where there is one, must be a string."""
    found = value.get(name)
    if not (found is None or isinstance(found, str)):
        faults.append(Fault(f"{path}.{name}", requirement, f"must be a string, not {name_of(found)}"))


def formatted(
    value: JsonObject,
    name: str,
    is_right: Callable[[str], bool],
    what: str,
    path: str,
    requirement: str,
    faults: Faults,
) -> None:
    """The member, where there is one, must be text of one format; `what` ends the sentence "must be …"."""
    found = value.get(name)
    if not (found is None or (isinstance(found, str) and is_right(found))):
        faults.append(Fault(f"{path}.{name}", requirement, f"must be {what}, not {name_of(found)}"))


def iri_of(value: JsonObject, name: str, path: str, requirement: str, faults: Faults) -> None:
    """The member, where there is one, must be an absolute IRI. xAPI Data 2.2, 4.3"""
    found = value.get(name)
    if not (found is None or (isinstance(found, str) and iri.is_iri(found))):
        detail = f"must be an absolute IRI with a scheme, not {name_of(found)}"
        faults.append(Fault(f"{path}.{name}", requirement, detail))


def irl_of(value: JsonObject, name: str, path: str, requirement: str, faults: Faults) -> None:
    """The member, where there is one, must be an absolute IRL."""
    formatted(value, name, iri.is_irl, "an absolute IRL with a scheme", path, requirement, faults)


def uuid_of(value: JsonObject, name: str, path: str, requirement: str, faults: Faults) -> None:
    """The member, where there is one, must be a UUID. xAPI Data 4.4"""
    what = "a UUID in standard string form (8-4-4-4-12 hexadecimal digits)"
    formatted(value, name, iri.is_uuid, what, path, requirement, faults)


def flag(value: JsonObject, name: str, path: str, requirement: str, faults: Faults) -> None:
    """The member, where there is one, must be true or false."""
    found = value.get(name)
    if found is not None and not isinstance(found, bool):
        faults.append(Fault(f"{path}.{name}", requirement, f"must be true or false, not {name_of(found)}"))


def timestamp(value: JsonObject, name: str, path: str, requirement: str, faults: Faults, zone: bool) -> int | None:
    """The member as a moment in microseconds; `zone` says whether it must name its time zone. xAPI Data 4.5"""
    found = value.get(name)
    if found is None:
        return None
    if not isinstance(found, str):
        faults.append(Fault(f"{path}.{name}", requirement, f"must be a timestamp, not {name_of(found)}"))
        return None
    try:
        return timestamps.parse(found, zone_required=zone)
    except ValueError as error:
        faults.append(Fault(f"{path}.{name}", requirement, f"{name_of(found)}: {error}"))
        return None


def language_map(value: JsonObject, name: str, path: str, faults: Faults) -> None:
    """The member, where there is one, must map RFC 5646 language tags to text. xAPI Data 4.2"""
    found = value.get(name)
    if found is None:
        return
    if not isinstance(found, dict):
        faults.append(Fault(f"{path}.{name}", "xAPI Data 4.2", f"must be a language map, not {name_of(found)}"))
        return
    for tag, entry in found.items():
        if not iri.is_language_tag(tag):
            faults.append(Fault(f"{path}.{name}", "xAPI Data 4.2", f"{tag[:60]!r} is not an RFC 5646 language tag"))
        if not isinstance(entry, str) and entry is not None:
            detail = f"must be a string, not {name_of(entry)}"
            faults.append(Fault(f"{path}.{name}.{tag[:60]}", "xAPI Data 4.2", detail))


def extensions(value: JsonObject, path: str, faults: Faults) -> None:
    """The `extensions` member, where there is one, must have IRIs for names; its values may be anything. Data 4.1"""
    found = value.get("extensions")
    if found is None:
        return
    if not isinstance(found, dict):
        faults.append(Fault(f"{path}.extensions", "xAPI Data 4.1", f"must be an object, not {name_of(found)}"))
        return
    for name, entry in found.items():
        if not iri.is_iri(name):
            detail = f"the name {name[:60]!r} must be an absolute IRI with a scheme"
            faults.append(Fault(f"{path}.extensions", "xAPI Data 4.1", detail))
        if wire.overflows(entry):
            faults.append(Fault(f"{path}.extensions.{name[:60]}", FORMAT, wire.TOO_LARGE))


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether the value is a JSON number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def name_of(value: Any) -> str:
    """What a value is, said shortly enough for an error: text is shown, the rest is named."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 60 else f"{value[:60]!r}…"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if is_number(value):
        return "a number"
    return "an array" if isinstance(value, list) else "an object"


def _unknown_members(value: JsonObject, allowed: frozenset[str], path: str, requirement: str, faults: Faults) -> None:
    by_lower_case = {name.lower(): name for name in allowed}
    for name in sorted(value.keys() - allowed):
        right = by_lower_case.get(name.lower())
        hint = f"; write {right!r}" if right else f"; allowed here: {', '.join(sorted(allowed))}"
        faults.append(Fault(f"{path}.{name[:60]}", requirement, f"is not a property of this object{hint}"))
