"""What the demonstration's story promises, and that each of it is seen to be broken where it is."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest

from launcher.cli import promises
from launcher.cli.cast import LEARNERS


def _said(verb: str = "passed", name: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-00000000000{name}",
        "actor": {"account": {"homePage": "https://x.example", "name": "p"}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": "https://x.example/addition"},
        "context": {"registration": "r"},
        "stored": "2026-01-01T00:00:00.000000Z",
        **more,
    }


def _promises(made: Sequence[Any], at_school: Sequence[Any], before: set[str] | None = None) -> list[tuple[str, str]]:
    return [
        (promise, why) for holds, promise, why in promises.comparison(made, at_school, before or set()) if not holds
    ]


def test_the_same_statements_on_both_sides() -> None:
    """Whatever the order, and what the school had said before."""
    one, two, own = _said(name="1"), _said(name="2"), _said(name="3")
    assert _promises([one, two], [two, own, {**one, "stored": "2027-01-01T00:00:00Z"}], {own["id"]}) == []


def test_a_statement_that_was_lost() -> None:
    """It is named."""
    one, two = _said(name="1"), _said(name="2")
    assert _promises([one, two], [one]) == [
        ("all 2 statements of the tablets are at the school", f"1 statement, the first is {two['id']}")
    ]


def test_a_statement_that_came_twice() -> None:
    """Each once is the promise."""
    one = _said(name="1")
    assert [promise for promise, _ in _promises([one], [one, one])] == ["no statement is at the school twice"]


def test_a_statement_that_nobody_made() -> None:
    """Neither a tablet nor the school itself."""
    one, two = _said(name="1"), _said(name="2")
    assert [promise for promise, _ in _promises([one], [one, two])] == ["the school has none that nobody made"]


def test_a_statement_that_was_changed() -> None:
    """By the standard's comparison: another verb is another statement."""
    one = _said(name="1")
    changed = {**one, "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    assert [promise for promise, _ in _promises([one], [changed])] == ["each says there what it said on the tablet"]


def test_a_question_that_was_asked_again() -> None:
    """In the same registration, on the other tablet."""
    first, again = _said("answered", "1"), _said("answered", "2")
    other = _said("answered", "3", context={"registration": "other"})
    assert (promises.asked_again([first], [again], "r"), promises.asked_again([first], [other], "r")) == (
        ["https://x.example/addition"],
        [],
    )


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        (["initialized", "answered", "passed", "completed", "terminated"], ("passed",)),
        (["initialized", "answered", "terminated"], (None,)),
        (["initialized", "failed", "passed", "terminated"], ("failed", "passed")),
        (["initialized", "passed"], None),
        (["passed", "terminated"], None),
        ([], None),
    ],
)
def test_a_lessons_verdict(verbs: list[str], expected: tuple[str | None, ...] | None) -> None:
    """What it said between its first and its last statement; a lesson that lacks one of these said nothing."""
    assert promises.verdict(verbs) == expected


STANDING = [
    {
        "title": "Maths",
        "learners": [
            {
                "learner": name,
                "state": "in progress",
                "aus": [
                    {"title": title, "state": "passed and completed", "score": 0.8}
                    for title in ("Addition", "Fractions")
                ],
                "blocks": [{"title": "Arithmetic", "state": "satisfied", "score": None}],
            }
            for name in LEARNERS
        ],
    },
    {"title": "Other", "learners": [{"learner": "Amina", "state": "satisfied", "aus": [], "blocks": []}]},
]


def _break(place: tuple[Any, ...]) -> list[dict[str, Any]]:
    """How everybody stands, with another state in that place."""
    changed = deepcopy(STANDING)
    inner: Any = changed
    for step in place:
        inner = inner[step]
    inner["state"] = "in progress"
    return changed


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ((0, "learners", 0, "blocks", 0), "Amina has mastered the block “Arithmetic”"),
        ((0, "learners", 1, "aus", 1), "Benito passed at his second try"),
        ((0, "learners", 2, "aus", 0), "Carla's two halves are one lesson, passed"),
        ((1, "learners", 0), "Amina is through with “Other”"),
    ],
)
def test_progress_that_is_not_there(place: tuple[Any, ...], sentence: str) -> None:
    """What each learner came to is a promise of its own."""
    assert all(holds for holds, _ in promises.standing(STANDING))
    assert [promise for holds, promise in promises.standing(_break(place)) if not holds] == [sentence]


def test_progress_in_rows() -> None:
    """A learner is named once, what was not begun is only counted, and scores are whole percents."""
    course = {
        "learners": [
            {
                "learner": "Amina",
                "state": "in progress",
                "aus": [
                    {"title": "Addition", "state": "passed", "score": 0.8},
                    {"title": "Division", "state": "in progress", "score": None},
                    {"title": "Fractions", "state": "not started", "score": None},
                ],
                "blocks": [{"title": "Arithmetic", "state": "satisfied"}, {"title": "B", "state": "not started"}],
            }
        ]
    }
    assert list(promises.progress_rows(course, LEARNERS)) == [
        ("Amina", "Addition", "passed", "80 %"),
        ("", "Division", "in progress", ""),
        ("", "block “Arithmetic”", "satisfied", ""),
        ("", "1 lesson more", "not started", ""),
        ("", "the whole course", "in progress", ""),
    ]
