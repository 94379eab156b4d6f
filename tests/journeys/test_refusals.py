"""What is wrong is refused at the door it came to, in words that say what would be right, and nothing else breaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from launcher.cli.programs import Program
from lrs.errors import Conflict, Invalid, NotFound
from tests.support.scripted_au import ScriptedAu
from tests.support.world import (
    MATHS,
    World,
    api,
    ask,
    credential,
    enrol,
    import_course,
    launch,
    lesson,
    open_world,
    statements,
)

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

NOBODY = str(uuid.UUID(int=7))


@dataclass(frozen=True, slots=True)
class Place:
    """A device with a course, and somebody's credential for it."""

    world: World
    device: Program
    course: str
    login: tuple[str, str]

    def au(self, number: int = 0) -> ScriptedAu:
        """An AU launched for a new learner, not started yet."""
        return ScriptedAu(launch(self.device, enrol(self.course, "Amina", self.device), number)["url"])


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One device for all refusals: each test has a learner of its own."""
    with open_world() as world:
        device = world.device("tablet")
        course = import_course(device, MATHS)["id"]
        yield Place(world, device, course, credential(device, "somebody", "all"))


# --- launches -------------------------------------------------------------------------------------------------------


def test_a_launch_url_with_parts_missing_is_wrong_usage(place: Place) -> None:
    """The lesson names everything that its launch URL lacks, in one line, and exits 2."""
    url = "offline-maths://lesson/addition?level=1&fetch=http%3A%2F%2Forg.example.tablet.ipc.invalid%2Ffetch%2F1"
    ran = place.world.python("content_app", url)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    for part in ("endpoint", "actor", "registration", "activityId"):
        assert f"{part} is missing" in ran.stderr


def test_a_token_is_given_once_and_the_session_goes_on(place: Place) -> None:
    """A second POST to the fetch address answers error code 1, is noted, and does the session no harm."""
    with place.au() as au:
        au.start()
        assert au.fetch() == {"error-code": "1", "error-text": au.fetch()["error-text"]}
        for name in ("initialized", "passed", "completed", "terminated"):
            au.say(au.defined(name))
        session = au.launch_data["contextTemplate"]["extensions"].popitem()[1]
    shown = api(place.device, "GET", f"/sessions/{session}")
    assert [event["kind"] for event in shown["events"]].count("fetched again") == 2
    assert shown["phase"] == "terminated"


def test_a_lesson_whose_token_was_lost_says_so_and_a_new_launch_goes_on(place: Place) -> None:
    """Where somebody else has spent the token, the lesson exits 1 in one line; launched again, it runs to its end."""
    enrolled = enrol(place.course, "Benito", place.device)
    first = launch(place.device, enrolled)["url"]
    with ScriptedAu(first) as thief:
        thief.fetch()
    with lesson(place.world, first, ["right"]) as given:
        status, said = given.end()
    assert (status, said.count("\n"), given.journal) == (1, 1, [])
    assert "launch the lesson again" in said
    with lesson(place.world, launch(place.device, enrolled)["url"], ["right"]) as given:
        assert given.end() == (0, "")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"course": NOBODY}, NotFound),
        ({"registration": NOBODY}, NotFound),
        ({"person": NOBODY}, NotFound),
        ({"au": 14}, Invalid),
        ({"au": -1}, Invalid),
        ({"launchMode": "Peek"}, Invalid),
        ({"transport": "pigeon"}, Invalid),
        ({"transport": "network"}, Conflict),
        ({"person": None}, Invalid),
        ({"surprise": 1}, Invalid),
        ({"actor": {"mbox": "mailto:amina@school.example"}, "person": None}, Invalid),
    ],
    ids=str,
)
def test_a_launch_that_cannot_be_is_refused(place: Place, change: dict[str, Any], error: type[Exception]) -> None:
    """Unknown course, registration or learner, an AU that is not there, a member nobody knows: each by its kind."""
    enrolled = enrol(place.course, "Amina", place.device)
    wanted = {"course": place.course, "person": enrolled.person, "registration": enrolled.registration, "au": 0}
    with pytest.raises(error) as refused:
        api(place.device, "POST", "/launches", wanted | change)
    assert type(refused.value) is error


# --- xAPI -----------------------------------------------------------------------------------------------------------


def test_an_invalid_statement_is_refused_with_every_fault(place: Place) -> None:
    """400 names each broken requirement with its path; nothing of the request is kept."""
    good = {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:amina@school.example"},
        "verb": {"id": "https://verbs.example/read"},
        "object": {"id": "https://books.example/1"},
    }
    bad = {**good, "id": "7", "actor": {"mbox": "amina"}, "surprise": 1}
    answer = ask(place.device, "POST", "/xapi/statements", login=place.login, body=[good, bad])
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    errors = {one["path"]: one["requirement"] for one in answer.json()["errors"]}
    assert errors.keys() >= {"statements[1].id", "statements[1].actor.mbox", "statements[1].surprise"}
    assert all(requirement.startswith("xAPI ") for requirement in errors.values())
    assert good["id"] not in {one["id"] for one in statements(place.device)}


def test_a_lesson_that_breaks_cmi5_is_told_which_requirement(place: Place) -> None:
    """A session's statement that breaks cmi5 gets 403 with path and requirement, and the session goes on."""
    with place.au() as au:
        au.start()
        early = au.post(au.defined("completed"))
        assert (early.status, faults(early.body)) == (403, [("verb.id", "cmi5 9.3.0.0-4 (d2)")])
        au.say(au.defined("initialized"))
        low = au.defined("passed")
        low["result"]["score"] = {"scaled": 0.1}
        answer = au.post(low)
        assert (answer.status, faults(answer.body)) == (403, [("result.score.scaled", "cmi5 9.3.4.0-2 (d2)")])
        au.say(au.defined("passed"))
        au.say(au.defined("terminated"))
        late = au.post(au.answered())
        assert (late.status, faults(late.body)) == (403, [("", "cmi5 9.3.0.0-5 (d2)")])


def faults(body: bytes) -> list[tuple[str, str]]:
    """Path and requirement of each fault in a problem."""
    return [(one["path"], one["requirement"]) for one in json.loads(body)["errors"]]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic c29tZWJvZHk6d3Jvbmc="},
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer x"},
    ],
    ids=["none", "wrong secret", "no base64", "another scheme"],
)
def test_a_wrong_credential_is_refused(place: Place, headers: dict[str, str]) -> None:
    """401 wherever a credential is needed, and it says how to bring one."""
    for target in ("/xapi/statements", "/api/courses", "/"):
        answer = ask(place.device, "GET", target, headers=headers)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]


def test_a_credential_opens_what_its_scopes_say(place: Place) -> None:
    """`all` does not manage, `all/read` does not write, `admin` does not read statements."""
    reader, manager = (credential(place.device, str(uuid.uuid4()), scope) for scope in ("all/read", "admin"))
    asked = [
        ask(place.device, "GET", "/api/courses", login=place.login),
        ask(place.device, "POST", "/xapi/statements", login=reader, body=[]),
        ask(place.device, "GET", "/xapi/statements", login=manager),
    ]
    assert [answer.status_code for answer in asked] == [403, 403, 403]
    assert ask(place.device, "GET", "/api/courses", login=manager).status_code == 200


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/xapi/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/nothing", 404),
        ("POST", "/fetch/nothing", 404),
        ("GET", "/fetch/nothing", 405),
        ("DELETE", "/xapi/statements", 405),
        ("DELETE", "/api/courses", 405),
        ("GET", f"/api/sessions/{NOBODY}", 404),
        ("POST", f"/api/sessions/{NOBODY}/abandon", 404),
        ("GET", "/api/sessions/somebody", 400),
        ("GET", f"/api/courses/{NOBODY}/source", 404),
        ("DELETE", f"/api/courses/{NOBODY}", 404),
        ("GET", f"/xapi/statements?statementId={NOBODY}", 404),
        ("GET", "/xapi/statements?surprise=1", 400),
        ("GET", "/xapi/statements/more/nothing", 400),
    ],
)
def test_what_is_not_there_is_said_in_one_form(place: Place, method: str, target: str, status: int) -> None:
    """Every door answers what it does not have with a problem: type, title, status, detail, and no stack trace."""
    login = credential(place.device, str(uuid.uuid4()), "all", "admin")
    answer = ask(place.device, method, target, login=login)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json().keys() >= {"type", "title", "status", "detail"}
    assert (answer.json()["status"], "Traceback" in answer.text) == (status, False)


def test_a_course_comes_as_xml(place: Place) -> None:
    """Another content type is 415; XML that is no course is 400 with line and requirement of each fault."""
    login = credential(place.device, str(uuid.uuid4()), "admin")
    assert ask(place.device, "POST", "/api/courses", login=login, body={}).status_code == 415
    with pytest.raises(Invalid) as refused:
        import_course(place.device, b"<courseStructure/>")
    assert refused.value.faults
