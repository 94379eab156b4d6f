"""The lesson with a real LMS: begun on a page, left, gone on with in a script."""

from __future__ import annotations

import pytest

from content_app.exercises import exercises
from tests.content_app.page.worlds import ask, served, step
from tests.support.world import MATHS, World, enrol, import_course, launch, lesson, session_of, statements, verb, world

__all__ = ["world"]

pytestmark = pytest.mark.slow


def test_begun_on_the_page_and_ended_by_a_script(world: World) -> None:
    """Two sessions of one registration; every answer is an interaction that an educator can read; no session of the two
    was abandoned, and the verdict counts the answers of both."""
    device = world.device("tablet")
    course = import_course(device, MATHS)
    enrolled = enrol(course["id"], "Amina", device)
    first = launch(device, enrolled)
    with served(first["url"]) as page:
        ask(page.url)
        for number, exercise in enumerate(exercises("addition", 1, 5, 5)[:2]):
            step(page.url, "answer", question=str(number), response=exercise.wrong if number else exercise.answer)
            step(page.url, "next", question=str(number))
        step(page.url, "stop")
        assert "Next time you go on with question 3" in ask(page.url).text
        ask(f"{page.url}back")
        assert page.end()[0] == 0
    second = launch(device, enrolled)
    with lesson(world, second["url"], ["right"] * 3) as given:
        assert given.end() == (0, "")
    log = statements(device)
    said = {
        one["session"]: [verb(entry) for entry in log if session_of(entry) == one["session"]] for one in (first, second)
    }
    begun = ["launched", "initialized"]
    assert said == {
        first["session"]: [*begun, "answered", "answered", "terminated"],
        second["session"]: [*begun, "answered", "answered", "answered", "passed", "completed", "terminated"],
    }
    (passed,) = [one for one in log if verb(one) == "passed"]
    assert passed["result"]["score"] == {"scaled": 0.8, "raw": 4, "min": 0, "max": 5}
    questions = [one["object"]["definition"] for one in log if verb(one) == "answered"]
    assert [one["name"]["es"] for one in questions] == [one.prompt for one in exercises("addition", 1, 5, 5)]
