"""Decision 7: what a device recorded is kept at the school as it is, with where it came from, and not judged again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from launcher.cli.programs import Program
from lrs.store.sqlite import DATABASE
from lrs.xapi.equality import same
from tests.support.scripted_au import ScriptedAu
from tests.support.world import (
    MATHS,
    ONE_LESSON,
    ask,
    credential,
    drain,
    enrol,
    import_course,
    launch,
    open_world,
    statements,
)

pytestmark = pytest.mark.slow

DEVICE = "X-Offline-LRS-Device"
ELSEWHERE = "0b2f5a49-3f0c-4f0e-9f5e-8a0a0d2c9d10"


@dataclass(frozen=True, slots=True)
class Places:
    """A school and two devices that send to it."""

    school: Program
    one: Program
    other: Program


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    """For all tests here; each has a learner of its own."""
    with open_world() as world:
        school = world.school()
        yield Places(school, world.device("one", school=school), world.device("other", school=school))


def test_what_a_device_brings_keeps_its_origin(places: Places) -> None:
    """The school's log says of each statement which device made it, and keeps what the device said word for word."""
    with session(places.one, ONE_LESSON) as au:
        au.start()
        said = [au.say(au.defined(name)) for name in ("initialized", "passed", "completed", "terminated")]
    drain(places.one)
    here, there = ({one["id"]: one for one in statements(program)} for program in (places.one, places.school))
    assert set(said) <= here.keys() <= there.keys()
    assert all(same(here[name], there[name]) for name in here)
    device = fact(places.one, "SELECT value FROM meta WHERE key = 'device'")
    brought = f"SELECT count(*) FROM statement s JOIN device d ON d.id = s.origin WHERE d.uuid = '{device}'"  # noqa: S608
    assert fact(places.school, brought) == len(here)
    assert fact(places.one, "SELECT count(*) FROM statement WHERE origin <> 0") == 0


def test_session_rules_do_not_judge_what_a_device_brings(places: Places) -> None:
    """A `completed` of a session that the school never launched is taken from a device: its LMS has judged it."""
    login = credential(places.school, "tablet", "statements/write", "statements/read")
    with session(places.other, ONE_LESSON) as au:
        au.start()
        strange = au.defined("completed")  # out of order: the device itself refuses it
        assert au.post(strange).status == 403
    brought = ask(places.school, "POST", "/xapi/statements", login=login, headers={DEVICE: ELSEWHERE}, body=[strange])
    assert (brought.status_code, brought.json()) == (200, [strange["id"]])
    (kept,) = (one for one in statements(places.school) if one["id"] == strange["id"])
    assert same(kept, strange)
    assert kept["authority"]["account"]["name"] == "tablet"


def test_a_lesson_cannot_pass_for_a_device(places: Places) -> None:
    """The header that devices name themselves with does not free a lesson's token from the session's rules."""
    with session(places.other, ONE_LESSON) as au:
        au.start()
        headers = {"Authorization": f"Basic {au.token}", DEVICE: ELSEWHERE}
        refused = ask(places.other, "POST", "/xapi/statements", headers=headers, body=au.defined("completed"))
    assert (refused.status_code, refused.json()["errors"][0]["requirement"]) == (403, "cmi5 9.3.0.0-4 (d2)")


def test_a_token_of_one_device_opens_nothing_at_another(places: Places) -> None:
    """Neither the fetch address nor the token of a launch here means anything on another device or at the school."""
    elsewhere = (places.other, places.school)
    with session(places.one, MATHS) as au:
        path = "/fetch/" + au.fetch_url.rpartition("/")[2]
        assert [ask(program, "POST", path).status_code for program in elsewhere] == [404, 404]
        au.start()  # asking elsewhere did not spend it
        headers = {"Authorization": f"Basic {au.token}"}
        for program in elsewhere:
            posted = ask(program, "POST", "/xapi/statements", headers=headers, body=au.defined("initialized"))
            got = [ask(program, "GET", target, headers=headers) for target in ("/xapi/statements", "/api/sync")]
            assert [answer.status_code for answer in (posted, *got)] == [401, 401, 401]
        au.say(au.defined("initialized"))


def session(device: Program, source: bytes) -> ScriptedAu:
    """An AU that was launched on a device for a new learner, not started yet."""
    course = import_course(device, source)["id"]
    return ScriptedAu(launch(device, enrol(course, "Amina", device))["url"])


def fact(program: Program, sql: str) -> Any:
    """The one value that SQL finds in the program's database."""
    with contextlib.closing(sqlite3.connect(f"file:{program.data / DATABASE}?mode=ro", uri=True)) as connection:
        ((value,),) = connection.execute(sql).fetchall()
    return value
