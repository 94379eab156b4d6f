"""The voice that tells the demonstration, and its world: a folder, an environment, and the promises it keeps."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lrs.errors import OfflineLrsError


class Broken(OfflineLrsError):
    """Something that the story promises did not hold."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One AU, by its number in the course, and how it goes."""

    au: int
    answers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pupil:
    """Who works on which tablet, and at what."""

    name: str
    tablet: int
    lessons: Sequence[Lesson]


@dataclass(slots=True)
class Story:
    """The world of one run, and the voice that tells it."""

    folder: Path
    environment: dict[str, str]
    aloud: bool
    mark: str
    chapter: int = 0
    held: dict[str, int] = field(default_factory=dict)

    def title(self, text: str) -> None:
        """A new chapter."""
        self.chapter += 1
        self.say(f"\n{self.chapter}. {text}")

    def say(self, text: str) -> None:
        """One line, at once."""
        print(text, file=sys.stdout if self.aloud else sys.stderr, flush=True)

    def tell(self, text: str) -> None:
        """What happened."""
        self.say(f"   {text}")

    def check(self, holds: bool, text: str) -> None:
        """A promise: told where it holds, the end of the story where it does not."""
        if not holds:
            raise Broken(f"the story does not hold: {text}")
        self.say(f"   ✓ {text}")
