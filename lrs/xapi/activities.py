"""Activities and their definitions, interactions included (xAPI Data 2.4.4.1).

Merging the definitions of many statements into one canonical definition is left to the store.
"""

from __future__ import annotations

from typing import Any

from lrs.errors import Fault
from lrs.xapi import shapes
from lrs.xapi.shapes import Faults
from lrs.xapi.wire import JsonObject

RULE = "xAPI Data 2.4.4.1"

COMPONENT_LISTS: dict[str, frozenset[str]] = {
    "true-false": frozenset(),
    "choice": frozenset({"choices"}),
    "fill-in": frozenset(),
    "long-fill-in": frozenset(),
    "matching": frozenset({"source", "target"}),
    "performance": frozenset({"steps"}),
    "sequencing": frozenset({"choices"}),
    "likert": frozenset({"scale"}),
    "numeric": frozenset(),
    "other": frozenset(),
}
"""Each interactionType with the interaction component lists it supports."""

LISTS = frozenset().union(*COMPONENT_LISTS.values())
"""All interaction component lists there are."""

_ACTIVITY = frozenset({"objectType", "id", "definition"})
_INTERACTION = LISTS | {"interactionType", "correctResponsesPattern"}
_DEFINITION = frozenset({"name", "description", "type", "moreInfo", "extensions"}) | _INTERACTION
_COMPONENT = frozenset({"id", "description"})


def check_activity(value: Any, path: str, faults: Faults) -> None:
    """An Activity: an IRI, and what is known about it."""
    if not shapes.is_object(value, _ACTIVITY, path, RULE, faults):
        return
    if value.get("objectType", "Activity") not in ("Activity", None):
        detail = f"must be 'Activity' when present, not {shapes.name_of(value['objectType'])}"
        faults.append(Fault(f"{path}.objectType", RULE, detail))
    if "id" not in value:
        shapes.needs(value, ("id",), path, RULE, faults)
    shapes.iri_of(value, "id", path, RULE, faults)
    if (definition := value.get("definition")) is not None:
        check_definition(definition, f"{path}.definition", faults)


def check_definition(value: Any, path: str, faults: Faults) -> None:
    """An Activity Definition."""
    if not shapes.is_object(value, _DEFINITION, path, RULE, faults):
        return
    shapes.language_map(value, "name", path, faults)
    shapes.language_map(value, "description", path, faults)
    shapes.iri_of(value, "type", path, RULE, faults)
    shapes.irl_of(value, "moreInfo", path, RULE, faults)
    shapes.extensions(value, path, faults)
    if not _INTERACTION.isdisjoint(value):
        _check_interaction(value, path, faults)


def _check_interaction(value: JsonObject, path: str, faults: Faults) -> None:
    kind = value.get("interactionType")
    if "interactionType" not in value:
        detail = "is required beside correctResponsesPattern and interaction components"
        faults.append(Fault(f"{path}.interactionType", RULE, detail))
    elif kind is not None and not (isinstance(kind, str) and kind in COMPONENT_LISTS):
        detail = f"must be one of {', '.join(COMPONENT_LISTS)}, not {shapes.name_of(kind)}"
        faults.append(Fault(f"{path}.interactionType", RULE, detail))
        kind = None
    _check_pattern(value, path, faults)
    for name in LISTS & value.keys():
        if kind is not None and name not in COMPONENT_LISTS[kind]:
            faults.append(Fault(f"{path}.{name}", RULE, f"is not supported by interactionType {kind!r}"))
        _check_components(value[name], f"{path}.{name}", faults)


def _check_pattern(value: JsonObject, path: str, faults: Faults) -> None:
    """An array of strings; what they say is not judged (the LRS MAY, and real lessons differ)."""
    found = value.get("correctResponsesPattern")
    if found is None:
        return
    inside = f"{path}.correctResponsesPattern"
    if not isinstance(found, list):
        faults.append(Fault(inside, RULE, f"must be an array of strings, not {shapes.name_of(found)}"))
        return
    for index, entry in enumerate(found):
        if not isinstance(entry, str):
            faults.append(Fault(f"{inside}[{index}]", RULE, f"must be a string, not {shapes.name_of(entry)}"))


def _check_components(found: Any, path: str, faults: Faults) -> None:
    """Interaction components, whose ids are distinct within their list."""
    if found is None:
        return
    if not isinstance(found, list):
        faults.append(Fault(path, RULE, f"must be an array of interaction components, not {shapes.name_of(found)}"))
        return
    seen: set[str] = set()
    for index, component in enumerate(found):
        inside = f"{path}[{index}]"
        name = _check_component(component, inside, faults)
        if name is not None and name in seen:
            faults.append(Fault(f"{inside}.id", RULE, f"{shapes.name_of(name)} is used twice in this list"))
        if name is not None:
            seen.add(name)


def _check_component(value: Any, path: str, faults: Faults) -> str | None:
    """One interaction component; its id where it has one."""
    if not shapes.is_object(value, _COMPONENT, path, RULE, faults):
        return None
    shapes.needs(value, ("id",), path, RULE, faults)
    shapes.language_map(value, "description", path, faults)
    shapes.text(value, "id", path, RULE, faults)
    name = value.get("id")
    return name if isinstance(name, str) else None
