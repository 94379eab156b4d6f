"""How everybody stands: what the page and `/api/progress` show, from log, courses, enrolments and roster together."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.cmi5 import ids
from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from launcher.learning import registrations, standing
from launcher.people import roster
from lrs.errors import NotFound
from tests.launcher.campus import SCHOOL, STORE, THIRD, Campus, block, campus
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json
from tests.launcher.web import crowd


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


# --- one course, page by page ---------------------------------------------------------------------------------------


def test_a_sheet_counts_what_its_page_does_not_show(lms: Campus) -> None:
    """Totals are about everybody; a page that is not there is the last one."""
    course = lms.course(crowd.wide_course(2, 3))
    crowd.bring(lms, crowd.enrol(lms, course, 120), most=3)
    lms.loop.run(lms.lms.projector.catch_up())
    first, last = (lms.read(lambda reader, n=n: standing.sheet(reader, STORE, course, page=n)) for n in (0, 99))  # type: ignore[misc]
    assert ((first.page, last.page), (first.first, last.first)) == ((1, 3), (1, 101))
    assert ([len(sheet.table.lines) for sheet in (first, last)], first.everybody) == ([50, 20], 120)
    assert (first.summaries == last.summaries, first.started) == (True, last.started)
    started = [
        summary.started for summary, column in zip(first.summaries, first.table.columns, strict=True) if column.move_on
    ]
    assert started == [81, 41, 1, 0, 0, 0]


def test_every_move_on_has_its_way_of_counting(lms: Campus) -> None:
    """One learner passes only, one completes only, one does both, one fails; what is waived would count too."""
    kinds = ("NotApplicable", "Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed")
    course = lms.course(worlds.course_xml(*(worlds.au_xml(kind, attributes=f"moveOn='{kind}'") for kind in kinds)))
    for person, verbs in enumerate(((PASSED,), (COMPLETED,), (PASSED, COMPLETED), (FAILED,))):
        lms.person(f"Person {person}", f"s-{person}")
        for au in range(len(kinds)):
            lms.lesson(course, au, f"s-{person}").say(INITIALIZED, *verbs)
    lms.loop.run(lms.lms.projector.catch_up())
    sheet = lms.read(lambda reader: standing.sheet(reader, STORE, course))
    assert [(one.started, one.done, one.failed) for one in sheet.summaries] == [
        *((4, 4, 1), (4, 2, 1), (4, 2, 1), (4, 1, 1), (4, 3, 1)),
    ]
    done = [[line.squares[au].done for line in sheet.table.lines].count(True) for au in range(len(kinds))]
    assert done == [one.done for one in sheet.summaries]


# --- one learner ----------------------------------------------------------------------------------------------------


def test_a_profile_has_every_registration(lms: Campus, course: str) -> None:
    """Also one that only statements of another device tell of; an unknown learner is not found."""
    learner = registrations.learner_key(ids.actor(SCHOOL, "p-1"))
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    lesson = lms.lesson(course)
    elsewhere = lesson.statement(INITIALIZED)
    elsewhere["context"]["registration"] = "6f0c4d0a-6d5a-4f1e-9a53-0f6b8a2f9c11"
    lms.bring(elsewhere)
    lms.loop.run(lms.lms.projector.catch_up())
    profile = lms.read(lambda reader: standing.profile(reader, STORE, learner))
    assert (profile.name, {one.line.registration for one in profile.enrolments}) == (
        "Amina",
        {lesson.registration, "6f0c4d0a-6d5a-4f1e-9a53-0f6b8a2f9c11"},
    )
    with pytest.raises(NotFound):
        lms.read(lambda reader: standing.profile(reader, STORE, registrations.learner_key(ids.actor(SCHOOL, "nobody"))))


def test_my_courses_are_those_i_am_enrolled_in(lms: Campus, course: str) -> None:
    """The current registration of each; a retake begins anew."""
    person = lms.read(lambda reader: roster.get(reader, STORE, "p-1"))
    assert lms.read(lambda reader: standing.my_courses(reader, STORE, person)) == []
    lms.lesson(course, 2).say(INITIALIZED, COMPLETED)
    lms.loop.run(lms.lms.projector.catch_up())
    (mine,) = lms.read(lambda reader: standing.my_courses(reader, STORE, person))
    assert [(lesson.au.index, lesson.path, lesson.shown.done) for lesson in mine.lessons] == [
        (0, ("Title",), False),
        (1, ("Title",), False),
        (2, (), True),
    ]
    retake = "6f0c4d0a-6d5a-4f1e-9a53-0f6b8a2f9c11"
    lms.api("POST", "/registrations", {"course": course, "person": "p-1", "registration": retake})
    (again,) = lms.read(lambda reader: standing.my_courses(reader, STORE, person))
    assert (again.registration, [lesson.shown.done for lesson in again.lessons]) == (retake, [False] * 3)
    assert lms.read(lambda reader: standing.enrolled(reader, STORE)) == {"p-1": ["Title"]}
