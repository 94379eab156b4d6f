"""The LMS's own statements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from launcher.cmi5 import statements, vocabulary
from tests.launcher.cmi5 import worlds

COMMON: dict[str, Any] = {
    "statement_id": UUID("11111111-2222-4333-8444-555555555555"),
    "timestamp": "2026-11-21T10:00:00.000000Z",
    "actor": worlds.ACTOR,
    "registration": worlds.REGISTRATION,
    "session_id": worlds.SESSION_ID,
    "activity_id": worlds.ACTIVITY_ID,
    "publisher_id": worlds.PUBLISHER_ID,
}
AU = replace(worlds.au(0), mastery_score=Decimal("0"), launch_parameters="a=1")

LAUNCHED = statements.launched(
    **COMMON, au=AU, launch_mode=vocabulary.NORMAL, launch_url="https://pub.example/start?x=1"
)
SATISFIED = statements.satisfied(**COMMON, activity_type=vocabulary.TYPE_BLOCK)
ABANDONED = statements.abandoned(**COMMON, duration="PT5M")
WAIVED = statements.waived(**COMMON, reason="Tested Out")


def ids_in(statement: dict[str, Any], kind: str) -> list[str]:
    """The ids of one list of context activities."""
    return [activity["id"] for activity in statement["context"]["contextActivities"][kind]]


@pytest.mark.parametrize("statement", [LAUNCHED, SATISFIED, ABANDONED, WAIVED])
def test_what_all_have(statement: dict[str, Any]) -> None:
    """Each has the id, time, actor, registration, session id, cmi5 category and publisher id it was made with."""
    found = (
        statement["id"],
        statement["timestamp"],
        statement["actor"],
        statement["context"]["registration"],
        statement["context"]["extensions"][vocabulary.EXT_SESSION_ID],
        ids_in(statement, "category")[0],
        ids_in(statement, "grouping"),
        statement["object"]["id"],
    )
    expected = (
        "11111111-2222-4333-8444-555555555555",
        "2026-11-21T10:00:00.000000Z",
        worlds.ACTOR,
        worlds.REGISTRATION,
        worlds.SESSION_ID,
        vocabulary.CATEGORY_CMI5,
        [worlds.PUBLISHER_ID],
        worlds.ACTIVITY_ID,
    )
    assert expected == found


@pytest.mark.parametrize(
    ("statement", "verb"),
    [
        (LAUNCHED, "http://adlnet.gov/expapi/verbs/launched"),
        (SATISFIED, "https://w3id.org/xapi/adl/verbs/satisfied"),
        (ABANDONED, "https://w3id.org/xapi/adl/verbs/abandoned"),
        (WAIVED, "https://w3id.org/xapi/adl/verbs/waived"),
    ],
)
def test_verbs(statement: dict[str, Any], verb: str) -> None:
    """Each has its verb, with a word to show."""
    assert {"id": verb, "display": {"en": verb.rpartition("/")[2]}} == statement["verb"]


def test_launched_tells_what_was_issued() -> None:
    """Launch mode, url, moveOn, masteryScore (0 too) and launchParameters are in the context."""
    expected = {
        vocabulary.EXT_SESSION_ID: worlds.SESSION_ID,
        vocabulary.EXT_LAUNCH_MODE: "Normal",
        vocabulary.EXT_LAUNCH_URL: "https://pub.example/start?x=1",
        vocabulary.EXT_MOVE_ON: "Passed",
        vocabulary.EXT_MASTERY_SCORE: 0,
        vocabulary.EXT_LAUNCH_PARAMETERS: "a=1",
    }
    assert expected == LAUNCHED["context"]["extensions"]


def test_launched_leaves_out_what_the_course_has_not() -> None:
    """No masteryScore and no launchParameters in the course, none in the statement."""
    made = statements.launched(**COMMON, au=worlds.au(0), launch_mode=vocabulary.BROWSE, launch_url="app://x")
    expected = {
        vocabulary.EXT_SESSION_ID,
        vocabulary.EXT_LAUNCH_MODE,
        vocabulary.EXT_LAUNCH_URL,
        vocabulary.EXT_MOVE_ON,
    }
    assert expected == made["context"]["extensions"].keys()


@pytest.mark.parametrize("activity_type", [vocabulary.TYPE_BLOCK, vocabulary.TYPE_COURSE])
def test_satisfied_says_what_kind_of_thing(activity_type: str) -> None:
    """The object's definition has the type of a block or of a course, and the same object each time."""
    made = statements.satisfied(**COMMON, activity_type=activity_type)
    expected = {"objectType": "Activity", "id": worlds.ACTIVITY_ID, "definition": {"type": activity_type}}
    assert expected == made["object"]


def test_no_satisfied_for_an_au() -> None:
    """cmi5 defines no "satisfied" for an AU, so none can be made."""
    with pytest.raises(ValueError, match="block or a course"):
        statements.satisfied(**COMMON, activity_type="http://adlnet.gov/expapi/activities/lesson")


def test_abandoned_has_its_duration() -> None:
    """The result of "abandoned" is the duration and nothing else."""
    assert ABANDONED["result"] == {"duration": "PT5M"}


def test_waived_has_success_completion_and_reason() -> None:
    """The result of "waived" says both verdicts and why."""
    expected = {"success": True, "completion": True, "extensions": {vocabulary.EXT_REASON: "Tested Out"}}
    assert expected == WAIVED["result"]


@pytest.mark.parametrize(
    ("statement", "has"), [(LAUNCHED, False), (SATISFIED, False), (ABANDONED, False), (WAIVED, True)]
)
def test_move_on_category(statement: dict[str, Any], has: bool) -> None:
    """The moveOn category is on "waived" alone."""
    assert has == (vocabulary.CATEGORY_MOVE_ON in ids_in(statement, "category"))
