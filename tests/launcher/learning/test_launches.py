"""What a launch leaves behind before anybody is given its URL, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from launcher.cmi5 import vocabulary
from launcher.cmi5.vocabulary import COMPLETED, INITIALIZED, PASSED, TERMINATED
from tests.launcher.campus import NETWORK, SCHOOL, SERVICE, Campus, Lesson, campus, parameters
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.worlds import Json
from tests.launcher.cmi5.zipping import Made
from tests.support.clocks import FixedClock

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

ACTOR = {"objectType": "Agent", "account": {"homePage": SCHOOL, "name": "p-1"}}
STRANGER = {"objectType": "Agent", "account": {"homePage": "https://other.example", "name": "p-1"}, "name": "Zoë"}
NOBODY = "11111111-2222-4333-8444-555555555555"


# --- the URL --------------------------------------------------------------------------------------------------------


def test_the_url_has_all_five_parameters_and_the_service(lms: Campus, course: str) -> None:
    """cmi5 8.1, and how the two addresses in it are reached."""
    launched = lms.launch(course)
    given = parameters(launched["url"])
    assert {*vocabulary.LAUNCH_PARAMETERS, "level", "ipc-service"} == set(given)
    assert (f"http://{SERVICE}.ipc.invalid/xapi", SERVICE) == (given["endpoint"], given["ipc-service"])
    assert (ACTOR, launched["registration"]) == (json.loads(given["actor"]), given["registration"])


def test_the_aus_own_query_and_fragment_stay(lms: Campus, course: str) -> None:
    """cmi5 8.1: merged with the launch parameters, its own first; the fragment last."""
    url = urlsplit(lms.launch(course)["url"])
    assert (url.netloc, url.query.startswith("level=1&endpoint="), url.fragment) == ("pub.example", True, "page")


def test_the_activity_id_is_no_publisher_id_and_always_the_same(lms: Campus, course: str) -> None:
    """cmi5 8.1.5: the LMS's own id, equal in every launch and registration."""
    lms.person("Benito", "p-2")
    found = {parameters(lms.launch(course, person=person)["url"])["activityId"] for person in ("p-1", "p-1", "p-2")}
    (activity,) = found
    assert activity.startswith(f"{SCHOOL}/cmi5/au/")


def test_the_network_is_reached_by_the_public_url(lms: Campus, course: str) -> None:
    """Both addresses are below `--public-url`, and no service is named."""
    given = parameters(lms.launch(course, transport="network")["url"])
    fetched = given["fetch"].startswith(f"{NETWORK}/fetch/")
    assert (f"{NETWORK}/xapi", True, None) == (given["endpoint"], fetched, given.get("ipc-service"))


def test_without_a_service_the_network_is_meant(tmp_path: Path) -> None:
    """A school's server launches over the network unless something else is asked for."""
    with campus(tmp_path, ipc_service=None) as server:
        server.person()
        assert f"{NETWORK}/xapi" == parameters(server.launch(server.course())["url"])["endpoint"]


@pytest.mark.parametrize(
    ("transport", "settings"),
    [
        ("ipc", {"ipc_service": None}),
        ("network", {"public_url": None}),
        ("network", {"no_xapi_tcp": True}),
    ],
)
def test_a_road_that_leads_nowhere_is_refused(tmp_path: Path, transport: str, settings: dict[str, Any]) -> None:
    """No URL is given out that could not work; nothing is written for it."""
    with campus(tmp_path, **settings) as device:
        device.person()
        wish = {"course": device.course(), "au": 0, "person": "p-1", "transport": transport}
        answer = device.manage("POST", "/launches", wish)
        assert (answer.status_code, device.statements()) == (409, [])


def test_the_answer_says_how_the_lesson_is_opened(lms: Campus, course: str) -> None:
    """cmi5 8.1: launchMethod decides about windows."""
    assert [lms.launch(course, au)["launchMethod"] for au in (0, 1)] == ["AnyWindow", "OwnWindow"]


# --- a page of a package ----------------------------------------------------------------------------------------------

PAGES = zipping.package(
    Made("index.html"), Made("a b/page.html"), xml=zipping.structure("./a%20b/page.html?level=1#top", "index.html")
)


@pytest.mark.parametrize("transport", [None, "network"])
def test_a_page_of_a_package_is_opened_over_the_network(lms: Campus, transport: str | None) -> None:
    """Where we serve it, also on a device with a service: a browser does not speak IPC."""
    lms.person()
    course = lms.package(PAGES)
    launched = lms.launch(course, transport=transport)
    url, given = urlsplit(launched["url"]), parameters(launched["url"])
    assert (f"{NETWORK}/content/{course}/a%20b/page.html", "top") == (
        f"{url.scheme}://{url.netloc}{url.path}",
        url.fragment,
    )
    assert url.query.startswith("level=1&endpoint=")
    assert (f"{NETWORK}/xapi", None) == (given["endpoint"], given.get("ipc-service"))


def test_what_is_stored_names_content_under_the_school(lms: Campus) -> None:
    """cmi5 9.6.3.4: the canonical address, the same on every device, never that of the door."""
    lms.person()
    lms.launch(lms.package(PAGES))
    statement = lms.statements()[-1]
    stored = statement["context"]["extensions"][vocabulary.EXT_LAUNCH_URL]
    assert (stored.startswith(f"{SCHOOL}/cmi5/content/"), stored.endswith("/a%20b/page.html?level=1#top")) == (
        True,
        True,
    )
    assert NETWORK not in json.dumps(statement)


@pytest.mark.parametrize(
    ("settings", "wish"),
    [
        ({"public_url": None}, {}),
        ({"no_xapi_tcp": True}, {}),
        ({}, {"transport": "ipc"}),
    ],
    ids=["no TCP door", "no xAPI on it", "over IPC"],
)
def test_a_page_that_no_browser_could_open_is_not_launched(
    tmp_path: Path, settings: dict[str, Any], wish: Json
) -> None:
    """The answer says what to do; nothing is written."""
    with campus(tmp_path, **settings) as device:
        device.person()
        answer = device.manage("POST", "/launches", {"course": device.package(PAGES), "au": 1, "person": "p-1", **wish})
        assert (answer.status_code, device.statements(), device.api("GET", "/registrations")["registrations"]) == (
            409,
            [],
            [],
        )
    assert "TCP door" in answer.json()["detail"]


# --- what is there before the answer --------------------------------------------------------------------------------


def test_launch_data_is_what_the_structure_says(lms: Campus, course: str) -> None:
    """cmi5 10: every member, as issued; the AU's publisher id is grouping[0] of the template."""
    lesson = lms.lesson(course, returnURL="https://school.example/back?x=1")
    template = {
        "contextActivities": {"grouping": [{"id": "https://pub.example/first"}]},
        "extensions": {vocabulary.EXT_SESSION_ID: lesson.launched["session"]},
    }
    expected = {
        "contextTemplate": template,
        "launchMode": "Normal",
        "launchParameters": "seed=7",
        "masteryScore": 0.6,
        "moveOn": "CompletedAndPassed",
        "returnURL": "https://school.example/back?x=1",
        "entitlementKey": {"courseStructure": "key-1"},
    }
    assert expected == lesson.launch_data


def test_launched_is_stored_before_the_answer_with_every_extension(lms: Campus, course: str) -> None:
    """cmi5 9.3.1, 9.6.3: who launched what and how, in the words of the standard."""
    launched = lms.launch(course)
    (statement,) = lms.statements()
    extensions = {
        vocabulary.EXT_SESSION_ID: launched["session"],
        vocabulary.EXT_LAUNCH_MODE: "Normal",
        vocabulary.EXT_LAUNCH_URL: "https://pub.example/start?level=1#page",
        vocabulary.EXT_MOVE_ON: "CompletedAndPassed",
        vocabulary.EXT_MASTERY_SCORE: 0.6,
        vocabulary.EXT_LAUNCH_PARAMETERS: "seed=7",
    }
    assert (vocabulary.LAUNCHED, ACTOR, extensions) == (
        statement["verb"]["id"],
        statement["actor"],
        statement["context"]["extensions"],
    )
    grouping = [one["id"] for one in statement["context"]["contextActivities"]["grouping"]]
    assert (launched["registration"], ["https://pub.example/first"]) == (
        statement["context"]["registration"],
        grouping,
    )


def test_the_lms_speaks_for_itself(lms: Campus, course: str) -> None:
    """The authority of our statements is the school's LMS, never a lesson or a manager."""
    lms.launch(course)
    account = {"homePage": SCHOOL, "name": "lms"}
    assert [account] == [one["authority"]["account"] for one in lms.statements()]


def test_nobody_can_take_the_name_of_the_lms(lms: Campus, course: str) -> None:
    """A credential whose key looks like the LMS's is not it."""
    lms.credential("lms-1", "statements/write")
    lms.launch(course)
    assert lms.manage("POST", "/credentials", {"key": "lms:1", "secret": "x"}).status_code == 400
    assert [one["authority"]["account"]["name"] for one in lms.statements()] == ["lms"]


@pytest.mark.parametrize("mode", vocabulary.LAUNCH_MODES)
def test_the_launch_mode_is_issued_as_asked(lms: Campus, course: str, mode: str) -> None:
    """cmi5 10.2.2: in the launch data and in `launched`."""
    lesson = lms.lesson(course, launchMode=mode)
    said = lms.statements()[0]["context"]["extensions"][vocabulary.EXT_LAUNCH_MODE]
    assert (mode, mode) == (lesson.launch_data["launchMode"], said)


# --- another launch -------------------------------------------------------------------------------------------------


def _abandoned(lms: Campus) -> list[tuple[str, str]]:
    """Session and duration of each `abandoned`."""
    return [
        (one["context"]["extensions"][vocabulary.EXT_SESSION_ID], one["result"]["duration"])
        for one in lms.statements()
        if one["verb"]["id"] == vocabulary.ABANDONED
    ]


@pytest.mark.parametrize("au", [0, 1])
def test_another_launch_abandons_the_active_session(lms: Campus, course: str, clock: FixedClock, au: int) -> None:
    """cmi5 9.3.6: of whatever AU of the registration; its time runs from `launched` to the lesson's last statement."""
    lesson = lms.lesson(course)
    clock.advance(5)
    lesson.say(INITIALIZED)
    clock.advance(65.25)
    lesson.say("https://pub.example/verbs/looked-at")
    clock.advance(3600)
    lms.launch(course, au)
    assert [(lesson.launched["session"], "PT1M10.25S")] == _abandoned(lms)
    assert lms.verbs() == ["launched", "initialized", "looked-at", "abandoned", "launched"]


def test_a_session_that_said_nothing_lasted_no_time(lms: Campus, course: str, clock: FixedClock) -> None:
    """What was never opened was not worked at."""
    lms.launch(course)
    clock.advance(60)
    second = lms.launch(course)
    assert [duration for _, duration in _abandoned(lms)] == ["PT0S"]
    assert ("launched", second["session"]) == (
        lms.verbs()[-1],
        lms.statements()[-1]["context"]["extensions"][vocabulary.EXT_SESSION_ID],
    )


def test_the_duration_goes_by_the_latest_time_not_the_last_arrival(lms: Campus, course: str, clock: FixedClock) -> None:
    """Lessons send at once what they did one after the other, and it arrives in any order."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    early = lesson.statement("https://pub.example/verbs/looked-at")
    clock.advance(30)
    lesson.say("https://pub.example/verbs/looked-at")
    lesson.send(early)
    lms.launch(course)
    assert [duration for _, duration in _abandoned(lms)] == ["PT30S"]


def test_a_lessons_wrong_clock_does_not_make_years_of_work(lms: Campus, course: str, clock: FixedClock) -> None:
    """The duration is never longer than the time that has passed."""
    lesson = lms.lesson(course)
    lesson.send(lesson.statement(INITIALIZED, timestamp="2099-01-01T00:00:00Z"))
    clock.advance(20)
    lms.launch(course)
    assert [duration for _, duration in _abandoned(lms)] == ["PT20S"]


def test_an_ended_session_is_not_abandoned(lms: Campus, course: str) -> None:
    """cmi5 9.3.6: only what did not end itself."""
    lms.lesson(course).say(INITIALIZED, TERMINATED)
    lms.launch(course)
    assert _abandoned(lms) == []


def test_another_learners_session_goes_on(lms: Campus, course: str) -> None:
    """cmi5 9.3.6 speaks of one registration."""
    lms.person("Benito", "p-2")
    lesson = lms.lesson(course, person="p-2")
    lms.launch(course)
    assert (_abandoned(lms), lesson.say(INITIALIZED)) == ([], [200])


def test_a_manager_can_end_a_session_once(lms: Campus, course: str) -> None:
    """cmi5 9.3.6: at most one `abandoned` in a session; the second try is told what happened."""
    lesson = lms.lesson(course)
    target = f"/sessions/{lesson.launched['session']}/abandon"
    assert [lms.manage("POST", target).status_code for _ in range(2)] == [204, 409]
    shown = lms.api("GET", f"/sessions/{lesson.launched['session']}")
    assert (
        shown["phase"],
        [event["kind"] for event in shown["events"]],
    ) == ("abandoned", ["launched", "fetched", "abandoned"])


# --- who ------------------------------------------------------------------------------------------------------------


def test_a_given_actor_is_used_as_it_is(lms: Campus, course: str) -> None:
    """In the URL, in `launched` and as the key of the launch data, a name and a foreign home page included."""
    launched = lms.api("POST", "/launches", {"course": course, "au": 0, "actor": STRANGER})
    lesson = Lesson.begin(lms, launched)
    assert (lesson.actor, lms.statements()[0]["actor"], lesson.say(INITIALIZED)) == (STRANGER, STRANGER, [200])


def test_an_actor_without_object_type_is_an_agent(lms: Campus, course: str) -> None:
    """cmi5 9.2: the URL says so in full."""
    actor = {"account": STRANGER["account"]}
    launched = lms.api("POST", "/launches", {"course": course, "au": 0, "actor": actor})
    assert {"objectType": "Agent", **actor} == json.loads(parameters(launched["url"])["actor"])


BAD_ACTORS: list[Json] = [
    {},
    {"actor": STRANGER, "person": "p-1"},
    {"actor": {"objectType": "Agent", "mbox": "mailto:amina@school.example"}},
    {"actor": {"objectType": "Group", "account": STRANGER["account"]}},
    {"actor": {"objectType": "Agent", "account": {"name": "p-1"}}},
    {"actor": {**STRANGER, "mbox": "mailto:amina@school.example"}},
]


@pytest.mark.parametrize("learner", BAD_ACTORS)
@pytest.mark.parametrize("path", ["/launches", "/registrations"])
def test_a_learner_is_one_person_or_one_account(lms: Campus, course: str, path: str, learner: Json) -> None:
    """cmi5 9.2: exactly one of person and actor, and an actor with an account and nothing else to be known by."""
    wish = {"course": course, **learner} | ({"au": 0} if path == "/launches" else {})
    answer = lms.manage("POST", path, wish)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (lms.statements(), lms.api("GET", "/registrations")["registrations"]) == ([], [])


def test_an_omitted_registration_is_the_current_one(lms: Campus, course: str) -> None:
    """cmi5 3: a registration lasts beyond its sessions; only another learner gets another."""
    lms.person("Benito", "p-2")
    found = [lms.launch(course, person=person)["registration"] for person in ("p-1", "p-1", "p-2")]
    assert (found[0], 2) == (found[1], len(set(found)))


def test_two_learners_with_one_account_name_are_two(lms: Campus, course: str) -> None:
    """A learner is home page and name together, whoever was launched last."""
    wishes: list[Json] = [{"person": "p-1"}, {"actor": STRANGER}, {"person": "p-1"}, {"actor": STRANGER}]
    found = [lms.api("POST", "/launches", {"course": course, "au": 0, **wish})["registration"] for wish in wishes]
    assert (found[0], found[1], 2) == (found[2], found[3], len(set(found)))


def test_a_learner_stays_the_same_under_another_name(lms: Campus, course: str) -> None:
    """The name in an actor is no part of who it is."""
    actors = [STRANGER, {**STRANGER, "name": "Zoe"}]
    found = {lms.api("POST", "/launches", {"course": course, "au": 0, "actor": one})["registration"] for one in actors}
    assert len(found) == 1


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "status", "path"),
    [
        ({"course": "nothing"}, 404, None),
        ({"registration": NOBODY}, 404, None),
        ({"person": "nobody"}, 404, None),
        ({"au": 3}, 400, "au"),
        ({"au": -1}, 400, "au"),
        ({"au": "0"}, 400, "au"),
        ({"au": True}, 400, "au"),
        ({"launchMode": "normal"}, 400, "launchMode"),
        ({"returnURL": "back.html"}, 400, "returnURL"),
        ({"returnURL": "javascript:alert(1)"}, 400, "returnURL"),
        ({"registration": "mine"}, 400, "registration"),
        ({"transport": "pigeon"}, 400, "transport"),
        ({"launchmode": "Normal"}, 400, "launchmode"),
    ],
)
def test_a_launch_that_makes_no_sense_is_refused(
    lms: Campus, course: str, wish: Json, status: int, path: str | None
) -> None:
    """Each with its status and place, and with nothing written."""
    answer = lms.manage("POST", "/launches", {"course": course, "au": 0, "person": "p-1", **wish})
    places = [fault["path"] for fault in answer.json().get("errors", [])]
    assert (status, [path] if path else [], []) == (answer.status_code, places, lms.statements())


def test_somebody_elses_registration_is_refused(lms: Campus, course: str) -> None:
    """cmi5 8.1.4: the registration of the learner who is launched."""
    lms.person("Benito", "p-2")
    taken = lms.launch(course)["registration"]
    answer = lms.manage("POST", "/launches", {"course": course, "au": 0, "person": "p-2", "registration": taken})
    assert (answer.status_code, [fault["path"] for fault in answer.json()["errors"]]) == (400, ["registration"])


def test_a_refused_launch_leaves_the_session_before_it_alone(lms: Campus, course: str) -> None:
    """All or nothing: the active session is abandoned only for a launch that is made."""
    lesson = lms.lesson(course)
    lms.manage("POST", "/launches", {"course": course, "au": 9, "person": "p-1"})
    assert (lesson.say(INITIALIZED), _abandoned(lms)) == ([200], [])


def test_nothing_stored_names_the_way_to_the_device(lms: Campus, course: str) -> None:
    """Decision 6: no address, port or service of the device is in a statement."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED, COMPLETED, PASSED, TERMINATED)
    lms.launch(course, transport="network")
    text = json.dumps(lms.statements())
    assert [word for word in ("ipc.invalid", "127.0.0.1", "localhost", NETWORK, SERVICE) if word in text] == []
