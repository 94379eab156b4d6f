"""What a learner answered, in words: responses and right answers of interactions (xAPI Data 2.4.4.1, Appendix C).

Statements come from lessons of many makers, so everything here takes what it is given: a response that does not have
the form of its interaction is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

ITEMS, PAIR, RANGE = "[,]", "[.]", "[:]"
# What may stand in front of a right answer, and is about marking it.
PREFIX = re.compile(r"(?:\{(?:case_matters|order_matters|lang)=[^}]*\})+")
# Where the texts of an interaction's items are: left and right of a pair have lists of their own.
LISTS = {
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
}


def in_words(definition: Mapping[str, Any], response: str, languages: Sequence[str]) -> str:
    """A response as a person reads it: the texts of choices for their ids, pairs with an arrow, ranges with a dash."""
    kind = definition.get("interactionType")
    plain = PREFIX.sub("", response)
    if kind == "numeric":
        return _range(plain)
    names = LISTS.get(str(kind))
    if names is None:
        return ", ".join(plain.split(ITEMS))
    texts = [_texts(definition.get(name), languages) for name in names]
    return ", ".join(_item(item, texts) for item in plain.split(ITEMS))


def right_answers(definition: Mapping[str, Any], languages: Sequence[str]) -> tuple[str, ...]:
    """The answers that count as right; empty where the lesson does not say."""
    patterns = definition.get("correctResponsesPattern")
    listed = patterns if isinstance(patterns, list) else []
    return tuple(in_words(definition, str(pattern), languages) for pattern in listed)


def text(map_: Any, languages: Sequence[str]) -> str:
    """A language map's text in the first of these languages that it has, else in its first; empty where it is none."""
    if not isinstance(map_, dict) or not map_:
        return ""
    for wanted in languages:
        for tag, found in map_.items():
            if str(tag).lower().partition("-")[0] == wanted:
                return str(found)
    return str(next(iter(map_.values())))


def _texts(components: Any, languages: Sequence[str]) -> dict[str, str]:
    listed = components if isinstance(components, list) else []
    return {str(one.get("id")): text(one.get("description"), languages) for one in listed if isinstance(one, dict)}


def _item(item: str, texts: Sequence[Mapping[str, str]]) -> str:
    parts = item.split(PAIR, 1)
    lists = [*texts, {}]  # of a step's response there is no list
    return " → ".join(known.get(part) or _range(part) for part, known in zip(parts, lists, strict=False))


def _range(part: str) -> str:
    low, between, high = part.partition(RANGE)
    if not between or low == high:
        return low
    return f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
