"""What a launch URL must say (cmi5 8.1)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from content_app.errors import BadLaunch
from content_app.launch import Launch, parse
from tests.support.fake_lms import ACTIVITY, ACTOR, REGISTRATION

GOOD = {
    "endpoint": "http://org.example.lms.ipc.invalid/xapi",
    "fetch": "http://org.example.lms.ipc.invalid/fetch/1?a=b",
    "actor": json.dumps(ACTOR),
    "registration": REGISTRATION,
    "activityId": ACTIVITY,
    "ipc-service": "org.example.lms",
}
LESSON = "offline-maths://lesson/addition?level=2"


def _url(changes: dict[str, str | None] | None = None, lesson: str = LESSON) -> str:
    parameters = {name: value for name, value in (GOOD | (changes or {})).items() if value is not None}
    return f"{lesson}{'&' if '?' in lesson else '?'}{urlencode(parameters)}"


def test_all_parts_are_read() -> None:
    """The endpoint gets its closing slash; the actor is kept as text too."""
    expected = Launch(
        endpoint="http://org.example.lms.ipc.invalid/xapi/",
        fetch="http://org.example.lms.ipc.invalid/fetch/1?a=b",
        actor=ACTOR,
        actor_text=json.dumps(ACTOR),
        registration=REGISTRATION,
        activity_id=ACTIVITY,
        ipc_service="org.example.lms",
        topic="addition",
        level=2,
    )
    assert expected == parse(_url())


@pytest.mark.parametrize("endpoint", ["http://x/xapi", "http://x/xapi/", "http://x/xapi//"])
def test_the_endpoint_ends_with_one_slash(endpoint: str) -> None:
    """However it was written."""
    assert parse(_url({"endpoint": endpoint})).endpoint == "http://x/xapi/"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "org.example.lms"),
        ({"ipc-service": None}, None),
        ({"ipc-service": None, "ipc-server": "a.b"}, "a.b"),
        ({"ipc-server": "org.example.lms"}, "org.example.lms"),
    ],
)
def test_the_service_is_spelt_in_two_ways(changes: dict[str, str | None], expected: str | None) -> None:
    """`ipc-service` and `ipc-server`; without either the LMS is on the network."""
    assert expected == parse(_url(changes)).ipc_service


@pytest.mark.parametrize(
    ("lesson", "expected"),
    [
        ("offline-maths://lesson/fractions", ("fractions", 1)),
        ("offline-maths://lesson/division/?level=3#top", ("division", 3)),
        ("https://maths.example/lesson/multiplication?level=1", ("multiplication", 1)),
    ],
)
def test_the_rest_of_the_url_is_the_lesson(lesson: str, expected: tuple[str, int]) -> None:
    """Topic and level, whatever the scheme."""
    lesson, _, fragment = lesson.partition("#")
    launch = parse(_url(lesson=lesson) + (f"#{fragment}" if fragment else ""))
    assert expected == (launch.topic, launch.level)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"endpoint": None}, "endpoint is missing"),
        ({"fetch": ""}, "fetch is missing"),
        ({"actor": None}, "actor is missing"),
        ({"registration": None}, "registration is missing"),
        ({"activityId": None}, "activityId is missing"),
        ({"endpoint": "ftp://x/"}, "endpoint is not an http or https address"),
        ({"fetch": "/fetch"}, "fetch is not an http or https address"),
        ({"fetch": "http://[/"}, "fetch is not an http or https address"),
        ({"registration": "7"}, "registration is not a UUID"),
        ({"actor": "{"}, "actor is not JSON"),
        ({"actor": "[]"}, "actor is not an Agent with an account"),
        ({"actor": '{"mbox":"mailto:a@b.example"}'}, "actor is not an Agent with an account"),
        ({"actor": '{"account":{"homePage":"https://x","name":""}}'}, "actor is not an Agent with an account"),
        (
            {"actor": '{"objectType":"Group","account":{"homePage":"https://x","name":"a"}}'},
            "actor is not an Agent with an account",
        ),
        ({"ipc-service": ""}, "ipc-service is empty"),
        ({"ipc-server": "other"}, "ipc-service and ipc-server disagree"),
        ({"level": "9"}, "level is given twice"),
    ],
)
def test_each_fault_is_named(changes: dict[str, str | None], fault: str) -> None:
    """And it is the only one."""
    with pytest.raises(BadLaunch) as raised:
        parse(_url(changes))
    assert (fault,) == raised.value.faults


def test_all_faults_are_told_at_once() -> None:
    """In the order of the standard, in one line."""
    with pytest.raises(BadLaunch) as raised:
        parse("offline-maths://lesson/poetry?level=x")
    names = [fault.split()[0] for fault in raised.value.faults]
    assert names == ["endpoint", "fetch", "actor", "registration", "activityId", "there", "level"]


@pytest.mark.parametrize("url", ["", "http://[/", "a?b=%ff"])
def test_what_is_no_launch_url_is_refused(url: str) -> None:
    """Never with another error."""
    with pytest.raises(BadLaunch):
        parse(url)
