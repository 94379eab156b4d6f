"""How everybody stands: what the page and `/api/progress` show, from log, courses, enrolments and roster together."""

from __future__ import annotations

from pathlib import Path

from launcher.cmi5.vocabulary import COMPLETED, INITIALIZED, PASSED, TERMINATED
from launcher.learning import standing
from tests.launcher.campus import STORE, THIRD, Campus, block, campus
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json


def _learners(lms: Campus) -> list[Json]:
    (course,) = lms.api("GET", "/progress")["courses"]
    learners: list[Json] = course["learners"]
    return learners


def test_the_whole_way_of_a_learner(lms: Campus, course: str) -> None:
    """From enrolled to satisfied, in the words of the standard."""
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    seen = []
    for au, verbs in ((None, ()), (0, (PASSED, COMPLETED)), (1, (PASSED,)), (2, (COMPLETED,))):
        if au is not None:
            lms.lesson(course, au).say(INITIALIZED, *verbs, TERMINATED)
        (line,) = _learners(lms)
        seen.append((line["learner"], line["state"], line["blocks"][0]["state"], [one["state"] for one in line["aus"]]))
    expected = [
        ("Amina", "not started", "not started", ["not started"] * 3),
        ("Amina", "in progress", "in progress", ["passed and completed", "not started", "not started"]),
        ("Amina", "in progress", "satisfied", ["passed and completed", "passed", "not started"]),
        ("Amina", "satisfied", "satisfied", ["passed and completed", "passed", "completed"]),
    ]
    assert expected == seen


def test_a_score_is_shown_with_the_time(lms: Campus, course: str) -> None:
    """The best score as a number, the latest moment as text."""
    lms.lesson(course).say(INITIALIZED, PASSED)
    square = _learners(lms)[0]["aus"][0]
    assert (square["score"], square["last"].endswith("Z")) == (0.8, True)


def test_columns_are_in_document_order(lms: Campus) -> None:
    """A block before what is in it, however deep."""
    nested = block("outer", worlds.au_xml("one"), block("inner", worlds.au_xml("two")))
    lms.course(worlds.course_xml(nested, THIRD))
    (grid,) = lms.read(lambda reader: standing.tables(reader, STORE))
    assert [(column.kind, len(column.within)) for column in grid.columns] == [
        ("block", 2),
        ("au", 0),
        ("block", 1),
        ("au", 0),
        ("au", 0),
    ]


def test_another_schools_account_is_not_taken_for_ours(lms: Campus, course: str) -> None:
    """The same account name at another home page does not get our pupil's name."""
    actor = {"account": {"homePage": "https://other.example", "name": "p-1"}}
    lms.api("POST", "/launches", {"course": course, "au": 0, "actor": actor})
    assert [line["learner"] for line in _learners(lms)] == ["p-1"]


def test_what_sync_brings_is_shown_without_an_enrolment(lms: Campus, course: str) -> None:
    """A school that was told nothing of the registration still sees its statements."""
    lesson = lms.lesson(course)
    elsewhere = lesson.statement(PASSED)
    elsewhere["context"]["registration"] = "11111111-2222-4333-8444-555555555555"
    lms.bring(elsewhere)
    assert [
        (line["learner"], line["aus"][0]["state"])
        for line in sorted(_learners(lms), key=lambda one: one["registration"])
    ] == [("Amina", "passed"), ("Amina", "in progress")]


def test_a_course_that_nobody_is_in_has_no_lines(lms: Campus, course: str) -> None:
    """It is shown all the same."""
    assert _learners(lms) == []


def test_without_a_school_there_is_nothing_to_show(tmp_path: Path) -> None:
    """And that is no error: a plain record store has no courses."""
    with campus(tmp_path, school=None) as lms:
        assert lms.api("GET", "/progress")["courses"] == []
