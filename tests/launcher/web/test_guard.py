"""Who gets into `/api`, and what every refusal there looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.web import guard
from tests.launcher.campus import COURSE, Campus, campus, header

PROBLEM = "application/problem+json"
EVERY_ADDRESS = [
    ("GET", "/api/courses"),
    ("POST", "/api/people"),
    ("POST", "/api/launches"),
    ("DELETE", "/api/credentials/k"),
    ("GET", "/api/nothing"),
    ("GET", "/api"),
    ("GET", "/api/openapi.json"),
    ("OPTIONS", "/api/courses"),
]


def _problem(answer: httpx.Response) -> tuple[int, str, int]:
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    return answer.status_code, answer.headers["content-type"], body["status"]


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "target"), EVERY_ADDRESS)
def test_a_stranger_is_asked_for_basic(lms: Campus, method: str, target: str) -> None:
    """401 with a challenge, whatever is there or is not."""
    answer = lms.ask(method, target)
    assert (_problem(answer), answer.headers["www-authenticate"].startswith("Basic ")) == ((401, PROBLEM, 401), True)


@pytest.mark.parametrize(
    "scopes", [("all",), ("all/read",), ("statements/write", "statements/read", "state", "profile")]
)
def test_managing_needs_the_scope_admin(lms: Campus, scopes: tuple[str, ...]) -> None:
    """`all` is all of xAPI, and not the management of the program."""
    login = lms.credential("somebody", *scopes)
    assert _problem(lms.ask("GET", "/api/courses", headers=header(login))) == (403, PROBLEM, 403)


def test_the_scope_admin_opens_it(lms: Campus) -> None:
    """And nothing more: xAPI stays closed to a credential of that scope alone."""
    login = lms.credential("manager", "admin")
    statuses = [lms.ask("GET", target, headers=header(login)).status_code for target in ("/api/courses", "/")]
    version = {**header(login), "X-Experience-API-Version": "1.0.3"}
    assert (statuses, lms.ask("GET", "/xapi/statements", headers=version).status_code) == ([200, 200], 403)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_wrong_owner_token_is_401(lms: Campus, scheme: str) -> None:
    """In whatever case the scheme is written (RFC 9110 11.1); the right one opens."""
    answers = [
        lms.ask("GET", "/api/courses", headers={"Authorization": f"{scheme} {token}"})
        for token in ("wrong", "", lms.lms.owner_token)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 200]


def test_a_removed_credential_is_out_at_once(lms: Campus) -> None:
    """Also when it was verified a moment ago."""
    login = lms.credential("manager", "admin")
    first = lms.ask("GET", "/api/courses", headers=header(login)).status_code
    lms.api("DELETE", "/credentials/manager")
    assert [first, lms.ask("GET", "/api/courses", headers=header(login)).status_code] == [200, 401]


def test_a_strangers_body_is_not_read(lms: Campus) -> None:
    """Who it is comes first: broken JSON of nobody is 401, not 400."""
    assert lms.ask("POST", "/api/people", content=b"{", headers={"Content-Type": "application/json"}).status_code == 401


def test_another_sites_page_may_not_manage(lms: Campus) -> None:
    """A browser adds the Basic it remembers to requests of any page; reading and our own pages stay open."""
    login = {**header(lms.credential("manager", "admin"))}
    foreign, own = {**login, "Origin": "https://evil.example"}, {**login, "Origin": "http://lms.invalid"}
    asked = [("POST", foreign), ("POST", own), ("GET", foreign), ("POST", {**login, "Origin": "null"})]
    answers = [lms.ask(method, "/api/sync", headers=headers).status_code for method, headers in asked]
    assert answers == [403, 200, 200, 403]


def test_a_body_that_is_too_large_is_413(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Announced or not, it is stopped at the door."""
    monkeypatch.setattr(guard, "BODY_MOST", 1000)
    with campus(tmp_path) as lms:
        headers = {"Content-Type": "application/xml"}
        answer = lms.manage("POST", "/courses", content=COURSE * 10, headers=headers)
    assert _problem(answer) == (413, PROBLEM, 413)


# --- what a refusal looks like --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "request_", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("DELETE", "/people", {}, 405),
        ("POST", "/people", {"content": b"{"}, 400),
        ("POST", "/people", {"content": b""}, 400),
        ("POST", "/people", {"content": b"\xff\xfe"}, 400),
        ("POST", "/people", {"content": b"[]"}, 400),
        ("POST", "/people", {"content": b"7"}, 400),
        ("POST", "/people", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/people", {"content": b"{}", "headers": {"Content-Type": ""}}, 415),
        ("GET", "/sessions/mine", {}, 400),
        ("GET", "/sessions/11111111-2222-4333-8444-555555555555", {}, 404),
        ("POST", "/sessions/11111111-2222-4333-8444-555555555555/abandon", {}, 404),
        ("DELETE", "/credentials/nobody", {}, 404),
    ],
)
def test_every_refusal_is_a_problem_document(
    lms: Campus, method: str, path: str, request_: dict[str, Any], status: int
) -> None:
    """RFC 9457, the framework's own refusals included."""
    headers = {"Content-Type": "application/json", **request_.get("headers", {})} if "content" in request_ else {}
    assert (status, PROBLEM, status) == _problem(lms.manage(method, path, **{**request_, "headers": headers}))


def test_405_says_what_is_taken(lms: Campus) -> None:
    """RFC 9110 15.5.6."""
    assert {"GET", "POST"} >= set(lms.manage("DELETE", "/courses").headers["allow"].split(", "))


def test_every_wrong_member_is_named(lms: Campus) -> None:
    """All at once, by the name it has in the body."""
    answer = lms.manage("POST", "/people", {"familyName": 7, "colour": "red"})
    assert sorted(fault["path"] for fault in answer.json()["errors"]) == ["colour", "familyName", "givenName"]


def test_a_fault_of_ours_is_500_without_a_trace(lms: Campus, caplog: pytest.LogCaptureFixture) -> None:
    """The sender gets one sentence; the log gets the details."""
    lms.write(lambda transaction: transaction.execute("DROP TABLE person"))
    answer = lms.manage("GET", "/people")
    assert (
        _problem(answer),
        "person" in answer.text,
        "no such table" in caplog.text,
    ) == ((500, PROBLEM, 500), False, True)
