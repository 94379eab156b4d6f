"""What the lesson decides: whether an answer is right, what the score is, whether that passes, and what to say of it.

Values in, values out; asking, sending and waiting are left to `play`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from content_app.exercises import Exercise, is_right

PASS_MARK = 0.6  # where the LMS sets no mastery score, the lesson has its own


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner answered to an exercise."""

    exercise: Exercise
    response: str
    right: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How many were right. `scaled` is rounded once, here, so that the lesson and the LMS compare the same number."""

    right: int
    total: int

    @property
    def scaled(self) -> float:
        return round(self.right / self.total, 4)


@dataclass(frozen=True, slots=True)
class Progress:
    """What this lesson already said of the learner in this registration, in this session or an earlier one."""

    passed: bool = False
    completed: bool = False


def answer(exercise: Exercise, response: str) -> Answer:
    """Mark a response. The words `right` and `wrong` stand for a right and a wrong answer (scripts)."""
    spoken = {"right": exercise.answer, "wrong": exercise.wrong}.get(response, response)
    return Answer(exercise, spoken, is_right(exercise, spoken))


def score(answers: Sequence[Answer]) -> Score:
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
    """The progress once the LMS acknowledged that verb."""
    return Progress(before.passed or verb == "passed", before.completed or verb == "completed")
