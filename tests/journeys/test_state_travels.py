"""A learner stops halfway on one tablet and goes on on another of the same school, with real processes throughout."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from launcher.cli.programs import Program, wait_until
from tests.support.world import (
    MATHS,
    VERSION,
    Enrolled,
    World,
    api,
    ask,
    drain,
    enrol,
    import_course,
    launch,
    world,
)

__all__ = ["world"]

pytestmark = pytest.mark.slow
STATE_ID = "https://lessons.example/state/place"


@dataclass(frozen=True)
class Sitting:
    """A lesson at work on a tablet: what it knows is its launch URL."""

    tablet: Program
    given: dict[str, str]
    token: str

    @classmethod
    def begin(cls, tablet: Program, learner: Enrolled) -> Sitting:
        """Launch and fetch the token."""
        url = launch(tablet, learner)["url"]
        given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        fetched = ask(tablet, "POST", urlsplit(given["fetch"]).path)
        return cls(tablet, given, fetched.json()["auth-token"])

    def state(self, method: str, content: Any = None) -> Any:
        """Read or write where the learner is."""
        names = {"activityId": "activityId", "agent": "actor", "registration": "registration"}
        query = "&".join(f"{name}={quote(self.given[given], safe='')}" for name, given in names.items())
        answer = ask(
            self.tablet,
            method,
            f"/xapi/activities/state?{query}&stateId={quote(STATE_ID, safe='')}",
            headers={**VERSION, "Authorization": f"Basic {self.token}"},
            body=content,
        )
        assert answer.status_code in (200, 204, 404), answer.text
        return answer.json() if answer.status_code == 200 else None


@dataclass
class Classroom:
    """A school, two tablets, and a learner who is enrolled on all three."""

    world: World
    school: Program
    one: Program
    two: Program
    learner: Enrolled


@pytest.fixture
def classroom(world: World) -> Classroom:
    """Everything running and connected."""
    school = world.school()
    one, two = (world.device(name, school=school) for name in ("one", "two"))
    (course,) = {import_course(program, MATHS)["id"] for program in (school, one, two)}
    return Classroom(world, school, one, two, enrol(course, "Amina", school, one, two))


def test_learner_goes_on_where_she_stopped(classroom: Classroom) -> None:
    """The second tablet fetches it before the lesson starts; nobody has to press anything on it."""
    Sitting.begin(classroom.one, classroom.learner).state("PUT", {"page": 3})
    drain(classroom.one)
    assert Sitting.begin(classroom.two, classroom.learner).state("GET") == {"page": 3}


def test_what_was_fetched_in_the_morning_is_there_without_a_network(classroom: Classroom) -> None:
    """Sync, then the school is gone, then the lesson; and the way back when it has returned."""
    Sitting.begin(classroom.one, classroom.learner).state("PUT", {"page": 3})
    drain(classroom.one)
    drain(classroom.two)
    classroom.school.stop()
    sitting = Sitting.begin(classroom.two, classroom.learner)
    found = sitting.state("GET")
    sitting.state("PUT", {"page": 7})
    classroom.school.start()
    drain(classroom.two)
    assert (found, Sitting.begin(classroom.one, classroom.learner).state("GET")) == ({"page": 3}, {"page": 7})


def test_it_goes_by_itself_when_the_network_is_back(classroom: Classroom) -> None:
    """No command on either tablet."""
    classroom.school.stop()
    Sitting.begin(classroom.one, classroom.learner).state("PUT", {"page": 5})
    classroom.school.start()

    def arrived() -> bool:
        return bool(Sitting.begin(classroom.two, classroom.learner).state("GET") == {"page": 5})

    assert wait_until(arrived, 60.0)


def test_both_went_on_and_nothing_is_gone(classroom: Classroom) -> None:
    """The later of the two is where the learner goes on; the other is kept aside, and can be looked at."""
    for tablet in (classroom.one, classroom.two):
        drain(tablet)
    classroom.school.stop()
    Sitting.begin(classroom.one, classroom.learner).state("PUT", {"page": 3})
    began = time.monotonic()
    assert wait_until(lambda: time.monotonic() > began + 3, 20.0)  # ages within two seconds are as good as equal
    later = Sitting.begin(classroom.two, classroom.learner)
    later.state("PUT", {"page": 9})
    classroom.school.start()
    drain(classroom.one)
    drain(classroom.two)
    drain(classroom.one)
    pages = [Sitting.begin(tablet, classroom.learner).state("GET") for tablet in (classroom.one, classroom.two)]
    aside = api(classroom.two, "GET", "/sync/aside")["documents"]
    assert pages == [{"page": 9}, {"page": 9}]
    assert [(one["side"], one["name"]) for one in aside] == [("there", STATE_ID)]
    assert json.loads(api(classroom.two, "GET", f"/sync/aside/{aside[0]['id']}")["content"]) == {"page": 3}
