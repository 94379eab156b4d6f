"""Enrolments, and what is satisfied the moment they are made (cmi5 9.3.9)."""

from __future__ import annotations

import pytest

from launcher.cmi5 import vocabulary
from tests.launcher.campus import SCHOOL, THIRD, Campus, block
from tests.launcher.cmi5 import worlds

MINE = "5a1f0b2e-6f4c-4a8c-9d53-0b8f6a3c1d2e"


def _au(name: str, move_on: str = "NotApplicable") -> str:
    return worlds.au_xml(name, attributes=f"moveOn='{move_on}'")


def _satisfied(lms: Campus) -> list[str]:
    """The publisher ids of what has been satisfied, in order."""
    return [
        one["context"]["contextActivities"]["grouping"][0]["id"].rpartition("/")[2]
        for one in lms.statements()
        if one["verb"]["id"] == vocabulary.SATISFIED
    ]


def _enrol(lms: Campus, course: str, **more: str) -> str:
    lms.person()
    return str(lms.api("POST", "/registrations", {"course": course, "person": "p-1", **more})["registration"])


def test_nothing_is_satisfied_where_something_is_to_be_done(lms: Campus) -> None:
    """A course with an AU to be passed or completed is not over before it began."""
    _enrol(lms, lms.course())
    assert lms.statements() == []


def test_a_block_of_nothing_to_do_is_satisfied_at_once(lms: Campus) -> None:
    """cmi5 9.6.1.1: inner block before outer, before any launch; the course not, since an AU is left."""
    course = lms.course(worlds.course_xml(block("outer", block("inner", _au("one")), _au("two")), THIRD))
    _enrol(lms, course)
    assert _satisfied(lms) == ["inner", "outer"]
    lms.launch(course)
    assert lms.verbs() == ["satisfied", "satisfied", "launched"]


def test_a_course_of_nothing_to_do_is_satisfied_last(lms: Campus) -> None:
    """cmi5 9.3.9: the course after its blocks, each with the LMS's own id and its type."""
    _enrol(lms, lms.course(worlds.course_xml(block("only", _au("one")))))
    said = lms.statements()
    assert _satisfied(lms) == ["only", "course"]
    assert [one["object"]["definition"]["type"] for one in said] == [vocabulary.TYPE_BLOCK, vocabulary.TYPE_COURSE]
    assert [one["object"]["id"].startswith(f"{SCHOOL}/cmi5/") for one in said] == [True, True]


def test_what_was_satisfied_at_registration_is_in_a_session_of_its_own(lms: Campus) -> None:
    """cmi5 9.3.9: triggered outside of a session, so a fresh session id."""
    course = lms.course(worlds.course_xml(block("only", _au("one")), THIRD))
    lms.person()
    launched = lms.launch(course)
    first, second = (one["context"]["extensions"][vocabulary.EXT_SESSION_ID] for one in lms.statements())
    assert (launched["session"], True) == (second, first != second)


def test_the_same_registration_again_changes_nothing(lms: Campus) -> None:
    """An enrolment that comes twice, say from two syncs, is one."""
    course = lms.course(worlds.course_xml(_au("one")))
    lms.person()
    wish = {"course": course, "person": "p-1", "registration": MINE}
    answers = [lms.api("POST", "/registrations", wish) for _ in range(2)]
    assert (MINE, answers[0], ["course"]) == (answers[0]["registration"], answers[1], _satisfied(lms))
    assert len(lms.api("GET", "/registrations")["registrations"]) == 1


def test_a_registration_is_the_same_in_capitals(lms: Campus) -> None:
    """A UUID is one whatever the case of its letters (RFC 9562 4)."""
    course = lms.course()
    found = _enrol(lms, course, registration=MINE.upper())
    launched = lms.launch(course, registration=MINE.upper())
    assert (found, launched["registration"]) == (MINE, MINE)


@pytest.mark.parametrize("other", ["person", "course"])
def test_one_registration_is_of_one_learner_and_course(lms: Campus, other: str) -> None:
    """The same id for something else is a conflict, not an overwriting."""
    course = lms.course()
    _enrol(lms, course, registration=MINE)
    lms.person("Benito", "p-2")
    wish = {"course": course, "person": "p-1", "registration": MINE}
    wish |= {"person": "p-2"} if other == "person" else {"course": lms.course(worlds.course_xml(_au("one")))}
    assert lms.manage("POST", "/registrations", wish).status_code == 409


def test_a_second_registration_starts_from_nothing(lms: Campus) -> None:
    """cmi5 3: a retake is a registration of its own, and the newest is the current one."""
    course = lms.course(worlds.course_xml(_au("one")))
    first = _enrol(lms, course)
    second = lms.api("POST", "/registrations", {"course": course, "person": "p-1"})["registration"]
    assert (["course", "course"], second) == (_satisfied(lms), lms.launch(course)["registration"])
    assert first != second


def test_enrolments_are_listed_in_the_order_they_were_made(lms: Campus) -> None:
    """With the course and the actor of each."""
    course = lms.course()
    first = _enrol(lms, course)
    account = {"homePage": SCHOOL, "name": "p-1"}
    expected = [{"registration": first, "course": course, "actor": {"objectType": "Agent", "account": account}}]
    assert expected == lms.api("GET", "/registrations")["registrations"]


@pytest.mark.parametrize(("course", "person"), [("nothing", "p-1"), (None, "nobody")])
def test_an_unknown_course_or_person_is_404(lms: Campus, course: str | None, person: str) -> None:
    """Nobody is enrolled in nothing."""
    lms.person()
    wish = {"course": course or lms.course(), "person": person}
    assert lms.manage("POST", "/registrations", wish).status_code == 404
