"""A course structure as frozen values (cmi5 13.1), and its one canonical text.

`course_xml` makes these values from a package's XML; everything else only reads them. The canonical JSON is what two
devices agree on: the same course file gives the same bytes, hence the same `version`, hence the same activity ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec import Struct

LangMap = tuple[tuple[str, str], ...]
"""Language tag and text, in document order; a text without a language has the tag `und`."""

UNDETERMINED = "und"


class Objective(Struct, frozen=True):
    """A learning objective that AUs and blocks refer to by id (13.1.3)."""

    id: str
    title: LangMap
    description: LangMap


class AssignableUnit(Struct, frozen=True):
    """One launchable unit (13.1.4). `index` is its zero-based place in document order, `id` the publisher's."""

    index: int
    id: str
    title: LangMap
    description: LangMap
    url: str
    launch_method: str
    move_on: str
    mastery_score: Decimal | None = None
    launch_parameters: str | None = None
    entitlement_key: str | None = None
    activity_type: str | None = None
    objectives: tuple[str, ...] = ()


class Block(Struct, frozen=True):
    """A group of AUs and further blocks (13.1.2)."""

    id: str
    title: LangMap
    description: LangMap
    objectives: tuple[str, ...]
    children: tuple[Block | AssignableUnit, ...]


Node = Block | AssignableUnit


@dataclass(frozen=True, slots=True)
class CourseStructure:
    """A whole course (13.1.1). `objectives` are those that its AUs and blocks may refer to."""

    id: str
    title: LangMap
    description: LangMap
    objectives: tuple[Objective, ...]
    children: tuple[Block | AssignableUnit, ...]
    aus: tuple[AssignableUnit, ...] = field(init=False, repr=False, compare=False)
    """Every AU in document order: `aus[i].index == i`."""
    blocks: tuple[Block, ...] = field(init=False, repr=False, compare=False)
    """Every block in document order, an outer one before those within it."""

    def __post_init__(self) -> None:
        nodes = tuple(_walk(self.children))
        object.__setattr__(self, "aus", tuple(node for node in nodes if isinstance(node, AssignableUnit)))
        object.__setattr__(self, "blocks", tuple(node for node in nodes if isinstance(node, Block)))

    def parents(self, au_index: int) -> tuple[Block, ...]:
        """The blocks that hold the AU, innermost first; empty where the course holds it directly."""
        path = _path_to(self.children, au_index)
        if path is None:
            raise IndexError(f"the course has no AU {au_index}")
        return path


def _walk(children: tuple[Node, ...]) -> Iterator[Node]:
    # A stack, not recursion: blocks may be nested as deep as the importer allows.
    stack = list(reversed(children))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Block):
            stack.extend(reversed(node.children))


def _path_to(children: tuple[Node, ...], au_index: int) -> tuple[Block, ...] | None:
    for node in children:
        if isinstance(node, AssignableUnit):
            if node.index == au_index:
                return ()
        else:
            inner = _path_to(node.children, au_index)
            if inner is not None:
                return (*inner, node)
    return None


# --- the canonical text ---------------------------------------------------------------------------------------------


def to_json(structure: CourseStructure) -> bytes:
    """The canonical JSON: UTF-8, members sorted, no spaces, what is absent left out."""
    value = {
        "id": structure.id,
        "title": structure.title,
        "description": structure.description,
        "objectives": [_objective_value(objective) for objective in structure.objectives],
        "children": [_node_value(child) for child in structure.children],
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def from_json(data: bytes) -> CourseStructure:
    """What `to_json` wrote, as values again. It trusts its input: only `to_json` writes it."""
    value = json.loads(data)
    return CourseStructure(
        id=value["id"],
        title=_lang_map(value["title"]),
        description=_lang_map(value["description"]),
        objectives=tuple(
            Objective(item["id"], _lang_map(item["title"]), _lang_map(item["description"]))
            for item in value["objectives"]
        ),
        children=tuple(_node(child) for child in value["children"]),
    )


def version(structure: CourseStructure, package: str = "") -> str:
    """Names this very structure: 32 hexadecimal digits that follow from nothing but its canonical JSON and, where it
    came in a package, the digest of what else is in that."""
    return hashlib.sha256(to_json(structure) + package.encode()).hexdigest()[:32]


def _objective_value(objective: Objective) -> dict[str, Any]:
    return {"id": objective.id, "title": objective.title, "description": objective.description}


def _node_value(node: Node) -> dict[str, Any]:
    if isinstance(node, Block):
        return {
            "block": node.id,
            "title": node.title,
            "description": node.description,
            "objectives": node.objectives,
            "children": [_node_value(child) for child in node.children],
        }
    return _au_value(node)


def _au_value(au: AssignableUnit) -> dict[str, Any]:
    value = {
        "au": au.id,
        "index": au.index,
        "title": au.title,
        "description": au.description,
        "url": au.url,
        "launchMethod": au.launch_method,
        "moveOn": au.move_on,
        # Text, so that no reader's floating point can change the score's spelling and with it the version.
        "masteryScore": None if au.mastery_score is None else format(au.mastery_score, "f"),
        "launchParameters": au.launch_parameters,
        "entitlementKey": au.entitlement_key,
        "activityType": au.activity_type,
        "objectives": au.objectives,
    }
    return {name: member for name, member in value.items() if member is not None}


def _node(value: dict[str, Any]) -> Node:
    if "block" in value:
        return Block(
            id=value["block"],
            title=_lang_map(value["title"]),
            description=_lang_map(value["description"]),
            objectives=tuple(value["objectives"]),
            children=tuple(_node(child) for child in value["children"]),
        )
    return _au(value)


def _au(value: dict[str, Any]) -> AssignableUnit:
    score = value.get("masteryScore")
    return AssignableUnit(
        index=value["index"],
        id=value["au"],
        title=_lang_map(value["title"]),
        description=_lang_map(value["description"]),
        url=value["url"],
        launch_method=value["launchMethod"],
        move_on=value["moveOn"],
        mastery_score=None if score is None else Decimal(score),
        launch_parameters=value.get("launchParameters"),
        entitlement_key=value.get("entitlementKey"),
        activity_type=value.get("activityType"),
        objectives=tuple(value["objectives"]),
    )


def _lang_map(pairs: list[list[str]]) -> LangMap:
    return tuple((tag, text) for tag, text in pairs)
