"""What this LMS says about documents that travel, and what a launch does before it begins."""

from __future__ import annotations

import pytest

from launcher.cmi5 import vocabulary
from launcher.learning.travel import LIVELY_US, LessonDocuments
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import destinations
from tests.launcher.campus import Campus
from tests.support.clocks import FixedClock


@pytest.fixture
def lessons(clock: FixedClock) -> LessonDocuments:
    """As the program is put together with."""
    return LessonDocuments(clock, DEFAULT_STORE)


def wanted(lms: Campus, lessons: LessonDocuments) -> list[Key]:
    """What is to be fetched."""
    return list(lms.read(lessons.wanted))


def test_nobody_is_enrolled(lms: Campus, course: str, lessons: LessonDocuments) -> None:
    """A course alone wants nothing."""
    assert (lms.read(lessons.wants), wanted(lms, lessons)) == (False, [])


def test_state_of_every_lesson_of_everybody_enrolled_is_wanted(
    lms: Campus, course: str, lessons: LessonDocuments
) -> None:
    """Under the keys that lessons write it by: activity, learner and registration."""
    lesson = lms.lesson(course)
    found = wanted(lms, lessons)
    assert (lms.read(lessons.wants), len(found)) == (True, 3)
    lesson.ask("PUT", lesson.state("progress"), json={"page": 3})
    written = lms.read(
        lambda reader: reader.execute(
            "SELECT activity, agent, registration FROM document WHERE name = 'progress'"
        ).fetchone()
    )
    assert Key("state", "", *(written or ())) == found[0]


def test_lesson_is_at_work_until_it_ends(lms: Campus, course: str, lessons: LessonDocuments) -> None:
    """From the launch on; another lesson of the same registration is not."""
    launched = lms.launch(course)
    first, second, _ = wanted(lms, lessons)
    during = [lms.read(lambda reader, key=key: lessons.busy(reader, key)) for key in (first, second)]  # type: ignore[misc]
    lms.api("POST", f"/sessions/{launched['session']}/abandon")
    after = lms.read(lambda reader: lessons.busy(reader, first))
    assert (during, after) == ([True, False], False)


@pytest.mark.parametrize("seconds", [LIVELY_US / 1e6, -1.0])
def test_lesson_that_was_shut_off_is_not_at_work_for_ever(
    lms: Campus, course: str, lessons: LessonDocuments, clock: FixedClock, seconds: float
) -> None:
    """Nor one that began in the future of a clock that was set back."""
    lms.launch(course)
    (first, *_) = wanted(lms, lessons)
    clock.advance(seconds)
    assert lms.read(lambda reader: lessons.busy(reader, first)) is False


def test_launch_data_stay(lms: Campus, course: str, lessons: LessonDocuments) -> None:
    """Each LMS writes its own."""
    assert vocabulary.STATE_LAUNCH_DATA in lessons.own


def test_launch_without_a_network_is_a_launch(lms: Campus, course: str) -> None:
    """A destination that is away is met once, noted, and then left alone."""
    lms.launch(course)
    add = lambda changed: destinations.add(  # noqa: E731  a line of SQL behind the doors
        changed, DEFAULT_STORE, "school", "http://127.0.0.1:9/xapi", "k", "s"
    )
    lms.write(add)
    launched = [lms.launch(course)["url"] for _ in range(2)]
    (shown,) = lms.api("GET", "/sync")["destinations"]
    assert (all(launched), shown["state"], shown["reason"][:11]) == (True, "offline", "documents: ")
    tries = lms.read(lambda reader: reader.execute("SELECT attempts FROM document_lane").fetchone())
    assert tries == (1,)


def test_what_is_wrong_with_a_launch_is_said_by_the_launch(lms: Campus, course: str) -> None:
    """Looking for State before it hides nothing."""
    unknown = {"course": course, "au": 0, "person": "nobody"}
    assert lms.manage("POST", "/launches", unknown).status_code == 404
    assert lms.manage("POST", "/launches", {"course": course, "au": 99, "person": "p-1"}).status_code == 400
