"""What an examination finds: one thing that is well, odd or wrong, in a sentence, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How bad it is. Only a `problem` makes the command exit with 1."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is a word or two, `said` a sentence, `to_do` what a person should do, empty where there is nothing."""

    level: Level
    about: str
    said: str
    to_do: str = ""


def ok(about: str, said: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, said)


def warning(about: str, said: str, to_do: str) -> Finding:
    """Odd, or not as it should stay."""
    return Finding(Level.WARNING, about, said, to_do)


def problem(about: str, said: str, to_do: str) -> Finding:
    """Wrong: something does not work, or will not."""
    return Finding(Level.PROBLEM, about, said, to_do)
