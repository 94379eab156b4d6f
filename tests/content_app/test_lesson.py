"""What the lesson decides."""

from __future__ import annotations

import pytest

from content_app import lesson
from content_app.errors import NotANumber
from content_app.exercises import Exercise
from content_app.lesson import Answer, Score
from content_app.progress import Attempt, Given, Progress

SUM = Exercise("3-plus-4", "3 + 4", "7", "8", "numeric")
HALF = Attempt(7, 2, (Given("7", True),), 12.0)
FRESH = Attempt(8, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", Answer(SUM, "7", True)), ("07", Answer(SUM, "7", True)), ("9", Answer(SUM, "9", False))],
)
def test_an_answer_is_marked(text: str, expected: Answer) -> None:
    """As it is read."""
    assert expected == lesson.answer(SUM, text)


@pytest.mark.parametrize("text", ["", "x", "right", "7.0"])
def test_what_is_no_number_is_not_marked(text: str) -> None:
    """A slip of the finger is no wrong answer; nor is a script's word the right one."""
    with pytest.raises(NotANumber):
        lesson.answer(SUM, text)


@pytest.mark.parametrize(
    ("mode", "kept", "expected"),
    [("Normal", HALF, HALF), ("Normal", None, FRESH), ("Browse", HALF, FRESH), ("Review", HALF, FRESH)],
)
def test_a_go_that_was_left_goes_on_in_normal_mode(mode: str, kept: Attempt | None, expected: Attempt) -> None:
    """Elsewhere it is left alone (cmi5 10.2.2)."""
    assert expected == lesson.attempt(Progress(attempt=kept), mode, FRESH)


def test_an_answer_is_added_to_the_go() -> None:
    """With the time it took altogether."""
    expected = Attempt(7, 2, (Given("7", True), Given("9", False)), 31.5)
    assert (expected, True) == (lesson.with_answer(HALF, Answer(SUM, "9", False), 31.5), expected.is_whole)


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
