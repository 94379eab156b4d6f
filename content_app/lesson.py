"""What the lesson decides: whether an answer is right, what the score is, whether that passes, and what to say of it.

Values in, values out; asking, sending and waiting are left to `play`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from content_app import exercises
from content_app.errors import NotANumber
from content_app.exercises import Exercise
from content_app.progress import Attempt, Given, Progress

PASS_MARK = 0.6  # where the LMS sets no mastery score, the lesson has its own


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner answered to an exercise. `nearly`: worth as much, but not in lowest terms."""

    exercise: Exercise
    response: str
    right: bool
    nearly: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How many were right. `scaled` is rounded once, here, so that the lesson and the LMS compare the same number."""

    right: int
    total: int

    @property
    def scaled(self) -> float:
        return round(self.right / self.total, 4)


def answer(exercise: Exercise, text: str) -> Answer:
    """Mark what was typed; `NotANumber` where it is none: a slip of the finger is no wrong answer."""
    response = exercises.read(exercise, text)
    if response is None:
        raise NotANumber(f"{text!r} is no answer to {exercise.prompt}")
    right, nearly = exercises.is_right(exercise, response), exercises.is_nearly_right(exercise, response)
    return Answer(exercise, response, right, nearly)


def attempt(before: Progress, launch_mode: str, wanted: Attempt) -> Attempt:
    """The go that this session is about: the one that was left halfway, in Normal mode (cmi5 10.2.2), else `wanted`."""
    return before.attempt if launch_mode == "Normal" and before.attempt else wanted


def with_answer(before: Attempt, given: Answer, seconds: float) -> Attempt:
    """The go with one more answer, after so much time altogether."""
    return replace(before, answers=(*before.answers, Given(given.response, given.right)), seconds=seconds)


def score(answers: Sequence[Answer | Given]) -> Score:
    """The score of a lesson that was answered to its end."""
    return Score(sum(each.right for each in answers), len(answers))


def is_passed(result: Score, mastery_score: float | None) -> bool:
    """Whether that is enough: at least the mastery score (cmi5 9.3.4)."""
    return result.scaled >= (PASS_MARK if mastery_score is None else mastery_score)


def verdicts(passed: bool, launch_mode: str, before: Progress) -> tuple[str, ...]:
    """The verbs to say after the last exercise, in order.

    Only in Normal mode (cmi5 10.2.2). `completed` and `passed` once in a registration, and never `failed` after
    `passed` (cmi5 9.3.3 to 9.3.5).
    """
    if launch_mode != "Normal":
        return ()
    success = () if before.passed else ("passed" if passed else "failed",)
    return (*success, *(() if before.completed else ("completed",)))


def after(verb: str, before: Progress) -> Progress:
    """The progress once that verb was said."""
    passed, completed = before.passed or verb == "passed", before.completed or verb == "completed"
    return replace(before, passed=passed, completed=completed)
