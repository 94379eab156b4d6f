"""The fetch address: a token once, to whoever has the address, and never again (cmi5 8.2)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from launcher.cmi5.vocabulary import INITIALIZED, TERMINATED
from launcher.learning import launches
from tests.launcher.campus import Campus, Lesson, campus, fetch_path
from tests.support.clocks import FixedClock


def test_the_first_post_gives_a_token_that_works(lms: Campus, course: str) -> None:
    """cmi5 8.2.2: 200, JSON, a value that goes behind `Basic ` as it is."""
    answer = lms.ask("POST", fetch_path(lms.launch(course)))
    assert (
        answer.status_code,
        answer.headers["content-type"],
        list(answer.json()),
    ) == (200, "application/json", ["auth-token"])
    assert b":" in base64.b64decode(answer.json()["auth-token"], validate=True)


def test_the_second_post_gets_error_code_1_and_200(lms: Campus, course: str) -> None:
    """cmi5 8.2.3: the code is a text, and the status that of a good answer."""
    path = fetch_path(lms.launch(course))
    lms.ask("POST", path)
    answer = lms.ask("POST", path)
    assert (answer.status_code, answer.json()["error-code"], bool(answer.json()["error-text"])) == (200, "1", True)
    assert "auth-token" not in answer.json()


def test_of_two_posts_at_once_one_gets_the_token(lms: Campus, course: str) -> None:
    """cmi5 8.2.3: not more than once, whoever races."""
    path = fetch_path(lms.launch(course))
    answers = lms.together(*[("POST", path, {})] * 4)
    assert sorted("auth-token" in answer.json() for answer in answers) == [False, False, False, True]


def test_a_second_fetch_is_noted_and_the_session_lives(lms: Campus, course: str) -> None:
    """A reloaded page must not end a lesson; whoever looks into it later finds it in the session's log."""
    lesson = lms.lesson(course)
    lms.ask("POST", fetch_path(lesson.launched))
    events = lms.api("GET", f"/sessions/{lesson.launched['session']}")["events"]
    assert [event["kind"] for event in events] == ["launched", "fetched", "fetched again"]
    assert lesson.say(INITIALIZED) == [200]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_another_method_is_405_and_takes_nothing(lms: Campus, course: str, method: str) -> None:
    """cmi5 8.2.1: POST only; a link checker does not use the token up."""
    path = fetch_path(lms.launch(course))
    answer = lms.ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert "auth-token" in lms.ask("POST", path).json()


@pytest.mark.parametrize("path", ["/fetch/guessed", "/fetch/", "/fetch", "/fetch/%00"])
def test_an_unknown_address_is_404(lms: Campus, course: str, path: str) -> None:
    """What was never given out is not there."""
    lms.launch(course)
    assert lms.ask("POST", path).status_code == 404


def test_an_address_that_was_never_used_expires(lms: Campus, course: str, clock: FixedClock) -> None:
    """Ten minutes unless set otherwise; the log says that somebody came too late."""
    launched = lms.launch(course)
    clock.advance(601)
    answer = lms.ask("POST", fetch_path(launched))
    events = lms.api("GET", f"/sessions/{launched['session']}")["events"]
    assert (answer.status_code, answer.json()["error-code"], events[-1]["kind"]) == (200, "1", "fetched too late")


def test_the_lifetime_is_a_setting(tmp_path: Path, clock: FixedClock) -> None:
    """An address lives as long as the school wants."""
    with campus(tmp_path, clock, fetch_lifetime=3600) as lms:
        lms.person()
        launched = lms.launch(lms.course())
        clock.advance(3599)
        assert "auth-token" in lms.ask("POST", fetch_path(launched)).json()


def test_an_abandoned_launch_gives_no_token(lms: Campus, course: str) -> None:
    """cmi5 9.3.6: nothing more in that session, so there is nothing to let anybody in for."""
    first = lms.launch(course)
    lms.launch(course)
    assert lms.ask("POST", fetch_path(first)).json()["error-code"] == "1"


def test_any_origin_may_fetch_without_preflight_or_cookie(lms: Campus, course: str) -> None:
    """Lessons live on other origins; the answer is never kept by a cache."""
    answer = lms.ask("POST", fetch_path(lms.launch(course)), headers={"Origin": "https://content.example"})
    assert (
        answer.headers["access-control-allow-origin"],
        answer.headers["cache-control"],
        answer.headers.get("set-cookie"),
    ) == ("*", "no-store", None)


def test_a_preflight_is_answered_without_a_credential(lms: Campus, course: str) -> None:
    """A client that sets a header of its own asks first."""
    answer = lms.ask("OPTIONS", fetch_path(lms.launch(course)))
    assert (answer.status_code, "POST" in answer.headers["access-control-allow-methods"]) == (204, True)


def test_a_door_without_xapi_gives_no_token(tmp_path: Path) -> None:
    """`--no-xapi-tcp`: launches are over IPC only, their first request included."""
    with campus(tmp_path, no_xapi_tcp=True) as lms:
        lms.person()
        path = fetch_path(lms.launch(lms.course()))
        answers = [lms.ask("POST", path, door=door) for door in ("tcp", "ipc")]
    assert ([answer.status_code for answer in answers], "auth-token" in answers[1].json()) == ([403, 200], True)


def test_tokens_differ_from_session_to_session(lms: Campus, course: str) -> None:
    """Best practice 3: nothing is used again."""
    found = [lms.lesson(course).token for _ in range(3)]
    assert len(set(found)) == 3


def test_no_secret_is_kept_in_the_clear(lms: Campus, course: str) -> None:
    """Neither the address nor the token is among the bytes of the database: digests of them are."""
    launched = lms.launch(course)
    secret = fetch_path(launched).rpartition("/")[2]
    lesson = Lesson.begin(lms, launched)
    lesson.say(INITIALIZED)
    token = base64.b64decode(lesson.token).partition(b":")[2]
    folder = lms.settings.data
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    found = [launches.digest(secret).encode() in kept, *(word in kept for word in (secret.encode(), token))]
    assert found == [True, False, False]


def test_the_token_opens_nothing_after_the_session(lms: Campus, course: str) -> None:
    """cmi5 8.2.1.0-6: limited to the duration of the session."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED, TERMINATED)
    reads = [lesson.ask("GET", target).status_code for target in ("/statements", lesson.state())]
    assert reads == [403, 403]
