"""The statements of a lesson, rule by rule (cmi5 9)."""

from __future__ import annotations

import copy
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from content_app import statements
from content_app.exercises import Exercise
from content_app.launch import parse
from content_app.lesson import Answer, Score
from content_app.statements import CMI5_CATEGORY, MASTERY_SCORE, MOVE_ON_CATEGORY, Author, LaunchData
from tests.support.fake_lms import ACTIVITY, ACTOR, REGISTRATION, TEMPLATE, launch_url

ID = uuid.UUID("0c6c4d0a-6d5a-4f1e-9a53-0f6b8a2f9c11")
NOW = datetime(2026, 11, 21, 10, 0, 0, 5, tzinfo=UTC)
AUTHOR = Author(parse(launch_url("org.example.lms")), LaunchData(TEMPLATE, "Normal", 0.6, None))
ANSWER = Answer(Exercise("3-plus-4", "3 + 4", "7", "8", "numeric"), "9", False)
SCORE = Score(3, 5)
CMI5, MOVE_ON = {"id": CMI5_CATEGORY}, {"id": MOVE_ON_CATEGORY}


def _all(author: Author = AUTHOR) -> dict[str, statements.Statement]:
    return {
        "initialized": statements.initialized(author, ID, NOW),
        "answered": statements.answered(author, ID, NOW, ANSWER, 4.2),
        "passed": statements.judged(author, "passed", ID, NOW, 61.5, SCORE),
        "failed": statements.judged(author, "failed", ID, NOW, 61.5, SCORE),
        "completed": statements.completed(author, ID, NOW, 61.5),
        "terminated": statements.terminated(author, ID, NOW, 61.5),
    }


@pytest.mark.parametrize("verb", list(_all()))
def test_what_every_statement_has(verb: str) -> None:
    """Id, UTC time, the launch's actor and registration, the whole template, unaltered."""
    said = _all()[verb]
    context = said["context"]
    expected = (str(ID), "2026-11-21T10:00:00.000005Z", ACTOR, statements.VERBS[verb], REGISTRATION)
    assert expected == (said["id"], said["timestamp"], said["actor"], said["verb"]["id"], context["registration"])
    assert TEMPLATE["contextActivities"]["grouping"] == context["contextActivities"]["grouping"]
    assert TEMPLATE["extensions"].items() <= context["extensions"].items()


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("initialized", [CMI5]),
        ("answered", []),
        ("passed", [CMI5, MOVE_ON]),
        ("failed", [CMI5, MOVE_ON]),
        ("completed", [CMI5, MOVE_ON]),
        ("terminated", [CMI5]),
    ],
)
def test_the_categories_are_those_of_the_standard(verb: str, expected: list[dict[str, str]]) -> None:
    """cmi5 9.6.2: `moveon` exactly where success or completion is."""
    assert expected == _all()[verb]["context"]["contextActivities"].get("category", [])


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("initialized", None),
        ("completed", {"completion": True, "duration": "PT61.50S"}),
        ("terminated", {"duration": "PT61.50S"}),
        ("passed", {"success": True, "score": {"scaled": 0.6, "raw": 3, "min": 0, "max": 5}, "duration": "PT61.50S"}),
        ("failed", {"success": False, "score": {"scaled": 0.6, "raw": 3, "min": 0, "max": 5}, "duration": "PT61.50S"}),
        ("answered", {"success": False, "response": "9", "duration": "PT4.20S"}),
    ],
)
def test_the_results_are_those_of_the_standard(verb: str, expected: dict[str, Any] | None) -> None:
    """cmi5 9.5."""
    assert expected == _all()[verb].get("result")


@pytest.mark.parametrize(("mastery", "expected"), [(0.6, 0.6), (0, 0), (None, None)])
def test_the_mastery_score_goes_with_the_judgement(mastery: float | None, expected: float | None) -> None:
    """As the LMS gave it, 0 too; on passed and failed only (cmi5 9.6.3.2)."""
    said = _all(replace(AUTHOR, data=replace(AUTHOR.data, mastery_score=mastery)))
    found = {verb: statement["context"]["extensions"].get(MASTERY_SCORE) for verb, statement in said.items()}
    assert {verb: expected if verb in ("passed", "failed") else None for verb in said} == found


def test_an_answer_is_an_interaction() -> None:
    """The question's own activity, with all that item analysis needs."""
    expected = {
        "objectType": "Activity",
        "id": f"{ACTIVITY}/test/addition-1/question/3-plus-4",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "name": {"en": "3 + 4", "es": "3 + 4"},
            "description": {"en": "three plus four", "es": "tres más cuatro"},
            "interactionType": "numeric",
            "correctResponsesPattern": ["7"],
        },
    }
    said = _all()["answered"]
    parent = [{"id": f"{ACTIVITY}/test/addition-1"}]
    assert (expected, parent) == (said["object"], said["context"]["contextActivities"]["parent"])


def test_the_template_is_never_written_to() -> None:
    """It is the LMS's, and used again for the next statement."""
    before = copy.deepcopy(TEMPLATE)
    _all()
    assert before == TEMPLATE


@pytest.mark.parametrize("category", [[CMI5], CMI5, [{"id": "https://x.example"}]])
def test_what_the_template_has_already_is_not_doubled(category: Any) -> None:
    """Nor lost: an activity may stand there without an array."""
    template = {"contextActivities": {"category": category, "grouping": []}, "extensions": {}}
    author = replace(AUTHOR, data=replace(AUTHOR.data, context_template=template))
    found = statements.initialized(author, ID, NOW)["context"]["contextActivities"]["category"]
    listed = [found] if isinstance(found, dict) else found
    assert (
        listed.count(CMI5),
        all(each in listed for each in ([category] if isinstance(category, dict) else category)),
    ) == (1, True)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "PT0.00S"), (0.004, "PT0.00S"), (-1, "PT0.00S"), (90061.239, "PT90061.24S")]
)
def test_durations_are_iso_8601(seconds: float, expected: str) -> None:
    """To hundredths of a second, never below zero."""
    assert (expected, True) == (statements.duration(seconds), bool(re.fullmatch(r"PT\d+\.\d\dS", expected)))
