"""Credentials, sync and sessions through the management API; courses, people and launches have tests of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.launcher.campus import VERSION, Campus, header


def _works(lms: Campus, login: tuple[str, str]) -> int:
    return lms.ask("GET", "/xapi/statements", headers={**header(login), **VERSION}).status_code


# --- credentials ----------------------------------------------------------------------------------------------------


def test_what_was_made_is_shown_once(lms: Campus) -> None:
    """Key and secret in the answer, and the secret nowhere else."""
    made = lms.api("POST", "/credentials", {"scopes": ["statements/read"]})
    listed = lms.api("GET", "/credentials")["credentials"]
    assert ([made["key"]], ["statements/read"], 200) == (
        [one["key"] for one in listed],
        made["scopes"],
        _works(lms, (made["key"], made["secret"])),
    )
    assert made["secret"] not in str(listed)


def test_a_secret_that_was_given_is_not_repeated(lms: Campus) -> None:
    """Who chose it knows it."""
    made = lms.api("POST", "/credentials", {"key": "k", "secret": "chosen", "scopes": ["all/read"]})
    assert ("secret" in made, _works(lms, ("k", "chosen"))) == (False, 200)


def test_the_same_again_replaces_the_scopes(lms: Campus) -> None:
    """Setting up twice is setting up once."""
    wish = {"key": "k", "secret": "chosen"}
    answers = [lms.api("POST", "/credentials", {**wish, "scopes": [scope]}) for scope in ("all", "statements/write")]
    assert ([one["added"] for one in answers], _works(lms, ("k", "chosen"))) == ([True, False], 403)


def test_another_secret_needs_replace(lms: Campus) -> None:
    """A known key is not taken over by accident."""
    wish: dict[str, Any] = {"key": "k", "secret": "chosen", "scopes": ["all"]}
    lms.api("POST", "/credentials", wish)
    other = {**wish, "secret": "other"}
    refused = lms.manage("POST", "/credentials", other).status_code
    replaced = lms.manage("POST", "/credentials", {**other, "replace": True}).status_code
    assert (refused, replaced, _works(lms, ("k", "chosen")), _works(lms, ("k", "other"))) == (409, 201, 401, 200)


@pytest.mark.parametrize(
    "wish",
    [{"scopes": []}, {"scopes": ["everything"]}, {"key": ""}, {"secret": ""}, {"key": "a:b"}, {"scope": ["all"]}],
)
def test_a_credential_that_makes_no_sense_is_refused(lms: Campus, wish: dict[str, Any]) -> None:
    """Nothing is made of it: an empty secret above all is not replaced by one that nobody is told."""
    assert (
        lms.manage("POST", "/credentials", wish).status_code,
        lms.api("GET", "/credentials")["credentials"],
    ) == (400, [])


@pytest.mark.parametrize("key", ["a/b", "a b", "ä", "a%2Fb"])
def test_any_key_can_be_removed(lms: Campus, key: str) -> None:
    """Whatever characters it has."""
    lms.credential(key, "all")
    assert lms.manage("DELETE", f"/credentials/{quote(key, safe='')}").status_code == 204


def test_tokens_of_lessons_are_not_listed(lms: Campus, course: str) -> None:
    """They come and go by themselves; nor can a manager end them here."""
    lesson = lms.lesson(course)
    removed = lms.manage("DELETE", f"/credentials/{lesson.launched['session']}").status_code
    assert (lms.api("GET", "/credentials")["credentials"], removed) == ([], 404)


# --- sync and sessions ----------------------------------------------------------------------------------------------


def test_without_a_destination_sync_has_nothing_to_do(lms: Campus) -> None:
    """And says so."""
    assert (
        lms.api("GET", "/sync"),
        lms.api("POST", "/sync"),
    ) == ({"destinations": []}, {"complete": True, "destinations": []})


def test_a_session_shows_how_far_it_is(lms: Campus, course: str) -> None:
    """Phase, mode and what happened in it besides its statements."""
    launched = lms.launch(course, launchMode="Review")
    shown = lms.api("GET", f"/sessions/{launched['session']}")
    events = shown.pop("events")
    assert {
        "session": launched["session"],
        "registration": launched["registration"],
        "phase": "launched",
        "launchMode": "Review",
    } == shown
    assert [(event["kind"], event["detail"]) for event in events] == [("launched", "Review")]


def test_every_operation_is_described(lms: Campus) -> None:
    """The machine-readable form says what each does."""
    described = lms.api("GET", "/openapi.json")
    silent = [
        (path, method)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert (len(described["paths"]) > 10, silent) == (True, [])
