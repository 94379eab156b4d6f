"""What the lesson remembers of a learner in one registration, and how that is written down as a State document.

    {"passed": false, "completed": false, "attempt": {"seed": 7, "count": 5, "seconds": 31.5,
     "answers": [{"response": "7", "success": true}]}}

It may come from another device, or from another version of the lesson: what cannot be read counts as not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeGuard

LONGEST_SECONDS = 1e9
MOST_EXERCISES = 1000  # in one go: a document that says more is not ours


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given, as it is remembered."""

    response: str
    right: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at the lesson: which exercises, and how far it got. `seconds` is the time it took so far."""

    seed: int
    count: int
    answers: tuple[Given, ...] = ()
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every exercise was answered."""
        return len(self.answers) >= self.count


@dataclass(frozen=True, slots=True)
class Progress:
    """What this lesson already said of the learner, in this session or an earlier one, and what is under way."""

    passed: bool = False
    completed: bool = False
    attempt: Attempt | None = None


def document(progress: Progress) -> dict[str, Any]:
    """The State document."""
    written: dict[str, Any] = {"passed": progress.passed, "completed": progress.completed}
    if progress.attempt is not None:
        attempt = progress.attempt
        written["attempt"] = {
            "seed": attempt.seed,
            "count": attempt.count,
            "seconds": round(attempt.seconds, 2),
            "answers": [{"response": one.response, "success": one.right} for one in attempt.answers],
        }
    return written


def parse(value: Any) -> Progress:
    """What a State document says."""
    if not isinstance(value, dict):
        return Progress()
    return Progress(value.get("passed") is True, value.get("completed") is True, _attempt(value.get("attempt")))


def _attempt(value: Any) -> Attempt | None:
    if not isinstance(value, dict) or not isinstance(value.get("answers"), list):
        return None
    seed, count, seconds = value.get("seed"), value.get("count"), value.get("seconds")
    if not (_is_whole(seed) and _is_whole(count) and _is_time(seconds)):
        return None
    answers = [_given(one) for one in value["answers"]]
    given = tuple(one for one in answers if one is not None)
    fits = len(given) == len(answers) <= count <= MOST_EXERCISES and count > 0
    return Attempt(seed, count, given, seconds) if fits else None


def _given(value: Any) -> Given | None:
    if not isinstance(value, dict):
        return None
    response, right = value.get("response"), value.get("success")
    return Given(response, right) if isinstance(response, str) and isinstance(right, bool) else None


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_SECONDS
