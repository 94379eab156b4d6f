"""One registration in full: what was judged here, what was heard from elsewhere, and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from launcher.cmi5 import vocabulary
from tests.launcher.campus import Campus


def show(lms: Campus, registration: str) -> Any:
    """The answer of the API."""
    return lms.api("GET", f"/registrations/{registration}")


def test_an_enrolment_before_its_first_launch(lms: Campus, course: str) -> None:
    """Every AU in document order, and nothing is met."""
    made = lms.api("POST", "/registrations", {"course": course, "person": "p-1"})["registration"]
    found = show(lms, made)
    assert (found["registration"], found["course"]["course"]) == (made, course)
    assert found["actor"]["account"]["name"] == "p-1"
    units = [(unit["index"], unit["state"], unit["moveOn"]["met"], unit["launches"]) for unit in found["aus"]]
    assert units == [(index, "not started", False, []) for index in range(3)]
    criteria = [unit["moveOn"]["criterion"] for unit in found["aus"]]
    assert criteria == ["CompletedAndPassed", "Passed", "Completed"]
    assert [part["satisfied"] for part in (found["course"], *found["blocks"])] == [False, False]


def test_a_lesson_that_was_mastered(lms: Campus, course: str) -> None:
    """State in words, score, moveOn, and each launch with how it ended."""
    lesson = lms.lesson(course, 0)
    passed = lesson.statement(vocabulary.PASSED)
    passed["result"]["score"] = {"scaled": 0.9}
    assert lesson.say(vocabulary.INITIALIZED, vocabulary.COMPLETED) == [200, 200]
    unmet = show(lms, lesson.registration)["aus"][0]
    assert lesson.send(passed).status_code == 200
    assert lesson.say(vocabulary.TERMINATED) == [200]
    lms.clock.advance(60)
    again = lms.launch(course, 0, launchMode="Review")
    unit = show(lms, lesson.registration)["aus"][0]
    assert (unmet["state"], unmet["moveOn"]["met"]) == ("completed", False)
    assert (unit["state"], unit["score"], unit["moveOn"]["met"]) == ("passed and completed", 0.9, True)
    assert [(one["session"], one["phase"], one["launchMode"]) for one in unit["launches"]] == [
        (lesson.launched["session"], "terminated", "Normal"),
        (again["session"], "launched", "Review"),
    ]


def test_what_another_device_said_counts_as_well(lms: Campus, course: str) -> None:
    """A school's server launches nothing, and knows how the learner stands."""
    made = lms.api("POST", "/registrations", {"course": course, "person": "p-1"})["registration"]
    lesson = lms.lesson(course, 1, registration=made)
    elsewhere = lesson.statement(vocabulary.PASSED)
    elsewhere["context"]["extensions"][vocabulary.EXT_SESSION_ID] = str(lms.clock.uuid4())
    assert lms.bring(elsewhere) == 200
    unit = show(lms, made)["aus"][1]
    assert (unit["passed"], unit["state"], unit["moveOn"]["met"], len(unit["launches"])) == (True, "passed", True, 1)


def test_a_block_is_satisfied_when_all_in_it_is(lms: Campus, course: str) -> None:
    """And the course when everything is."""
    verbs = (vocabulary.INITIALIZED, vocabulary.COMPLETED, vocabulary.PASSED, vocabulary.TERMINATED)
    satisfied = []
    for index in range(3):
        lesson = lms.lesson(course, index)
        assert set(lesson.say(*verbs)) == {200}
        found = show(lms, lesson.registration)
        satisfied.append((found["blocks"][0]["satisfied"], found["course"]["satisfied"]))
    assert satisfied == [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize(("registration", "status"), [("0f0e0d0c-0b0a-4908-8706-050403020100", 404), ("mine", 400)])
def test_an_unknown_one(lms: Campus, registration: str, status: int) -> None:
    """404, and what no registration can be is 400."""
    assert lms.manage("GET", f"/registrations/{registration}").status_code == status
