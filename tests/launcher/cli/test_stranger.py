"""The script that stands in for other people's lessons: it says what the course asks for, and no more.

That an LMS takes it is shown with a real one in tests/journeys/test_demo.py.
"""

from __future__ import annotations

import pytest

from launcher.cli import stranger
from launcher.cmi5 import move_on as rules
from launcher.cmi5.session import AuView


@pytest.mark.parametrize("mastery", [None, 0.0, 0.6, 1.0])
@pytest.mark.parametrize("move_on", ["Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed", "NotApplicable"])
def test_a_full_score_moves_on(move_on: str, mastery: float | None) -> None:
    """Whatever the course waits for has been said."""
    says = stranger.verdicts(move_on, mastery, 1.0)
    assert rules.is_met(move_on, AuView(passed="passed" in says, completed="completed" in says))


@pytest.mark.parametrize(
    ("move_on", "mastery", "scaled", "expected"),
    [
        ("Passed", 0.6, 0.59, ("failed",)),
        ("Passed", 0.6, 0.6, ("passed",)),
        ("Passed", None, 0.1, ("passed",)),
        ("CompletedAndPassed", 0.6, 0.2, ("failed", "completed")),
        ("CompletedOrPassed", None, 1.0, ("completed",)),
        ("NotApplicable", None, 1.0, ()),
        ("CompletedAndPassed", 0.6, None, ()),
    ],
)
def test_what_is_said_of_a_score(
    move_on: str, mastery: float | None, scaled: float | None, expected: tuple[str, ...]
) -> None:
    """`failed` below the mastery score; nothing of who leaves halfway; no judgement that nobody waits for."""
    assert stranger.verdicts(move_on, mastery, scaled) == expected


def test_what_is_no_launch_url_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """With all that it lacks."""
    assert stranger.main(["https://x.example/?endpoint=e&fetch=f"]) == 1
    lacks = "the session cannot be played: this is no launch URL: it lacks actor, registration, activityId\n"
    assert capsys.readouterr().err == lacks


def test_it_is_given_a_launch_url_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is wrong usage."""
    assert (stranger.main([]), capsys.readouterr().err) == (2, "usage: python -m launcher.cli.stranger LAUNCH_URL\n")
