"""What the lesson decides."""

from __future__ import annotations

import pytest

from content_app import lesson
from content_app.exercises import Exercise
from content_app.lesson import Answer, Progress, Score

SUM = Exercise("3-plus-4", "3 + 4", "7", "8", "numeric")


@pytest.mark.parametrize(
    ("response", "expected"),
    [("7", ("7", True)), ("9", ("9", False)), ("right", ("7", True)), ("wrong", ("8", False)), ("x", ("x", False))],
)
def test_an_answer_is_marked(response: str, expected: tuple[str, bool]) -> None:
    """`right` and `wrong` stand for such an answer."""
    spoken, right = expected
    assert Answer(SUM, spoken, right) == lesson.answer(SUM, response)


@pytest.mark.parametrize(("right", "total", "scaled"), [(0, 5, 0.0), (3, 5, 0.6), (2, 3, 0.6667), (5, 5, 1.0)])
def test_the_score_counts_right_answers(right: int, total: int, scaled: float) -> None:
    """With four digits, as many as a mastery score has (cmi5 9.6.3.2)."""
    answers = [Answer(SUM, "", number < right) for number in range(total)]
    assert (Score(right, total), scaled) == (lesson.score(answers), lesson.score(answers).scaled)


@pytest.mark.parametrize(
    ("right", "mastery", "expected"),
    [(3, 0.6, True), (2, 0.6, False), (0, 0, True), (5, 1.0, True), (4, 1, False), (3, None, True), (2, None, False)],
)
def test_the_mastery_score_is_enough(right: int, mastery: float | None, expected: bool) -> None:
    """Reached is passed, 0 is a mastery score; without one the lesson has its own."""
    assert expected == lesson.is_passed(Score(right, 5), mastery)


@pytest.mark.parametrize(
    ("passed", "mode", "before", "expected"),
    [
        (True, "Normal", Progress(), ("passed", "completed")),
        (False, "Normal", Progress(), ("failed", "completed")),
        (True, "Normal", Progress(completed=True), ("passed",)),
        (False, "Normal", Progress(completed=True), ("failed",)),
        (True, "Normal", Progress(passed=True), ("completed",)),
        (False, "Normal", Progress(passed=True), ("completed",)),
        (True, "Normal", Progress(True, True), ()),
        (True, "Browse", Progress(), ()),
        (False, "Review", Progress(), ()),
    ],
)
def test_verdicts_are_said_once_and_in_normal_mode_only(
    passed: bool, mode: str, before: Progress, expected: tuple[str, ...]
) -> None:
    """Never `failed` after `passed` (cmi5 9.3)."""
    assert expected == lesson.verdicts(passed, mode, before)


def test_progress_never_goes_back() -> None:
    """Whatever is said next."""
    progress = Progress()
    for verb in ("completed", "passed", "failed", "answered"):
        progress = lesson.after(verb, progress)
    assert Progress(passed=True, completed=True) == progress
