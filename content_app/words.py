"""What the lesson says to the learner, in the languages it has. The exercises themselves are signs and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language."""

    right: str
    wrong: str
    result: str
    passed: str
    failed: str
    left: str


_ENGLISH = Words(
    right="Right.",
    wrong="Not quite: it is {answer}.",
    result="{right} of {total} right.",
    passed="Passed.",
    failed="Not passed yet.",
    left="Left before the end.",
)
_SPANISH = Words(
    right="Correcto.",
    wrong="No del todo: es {answer}.",
    result="{right} de {total} correctas.",
    passed="Aprobado.",
    failed="Aún no aprobado.",
    left="Terminado antes del final.",
)
_LANGUAGES = {"en": _ENGLISH, "es": _SPANISH}


def words(preferred: Sequence[str]) -> Words:
    """The first language that the learner prefers and the lesson has, else English (cmi5 11.1)."""
    for tag in preferred:
        primary = tag.partition("-")[0].lower()
        if primary in _LANGUAGES:
            return _LANGUAGES[primary]
    return _ENGLISH
