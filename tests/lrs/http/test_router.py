"""From a request to an answer: paths, versions, methods, and the headers that every answer has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrs.xapi import timestamps
from tests.lrs.http.worlds import JSON, STATE, Client, World, opened, statement, statement_id

VERSION = "x-experience-api-version"
PATHS = ["/xapi/statements", "/xapi/activities/state", "/xapi/activities/profile", "/xapi/agents/profile"]


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("1.0.3", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0", "1.0.3"), ("2.0.0", "2.0.0"), ("2.0.1", "2.0.0")],
)
def test_answer_has_the_version_of_the_request(client: Client, sent: str, expected: str) -> None:
    """xAPI Communication 3.3."""
    assert client("GET", PATHS[0], headers={VERSION: sent}).headers[VERSION] == expected


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", ["", "0.95", "1.1.0", "3.0.0", "x"])
def test_missing_or_unknown_version_is_refused(client: Client, path: str, sent: str) -> None:
    """400, whatever else the request is."""
    answer = client("GET", path, headers={VERSION: sent})
    assert (answer.status, answer.json()["errors"][0]["path"]) == (400, "X-Experience-API-Version")


@pytest.mark.parametrize("default", ["1.0.3", "2.0.0"])
def test_refusal_of_a_version_has_the_default(tmp_path: Path, default: str) -> None:
    """A setting, since one suite wants 1.0.3 there and the other 2.0.0."""
    with opened(tmp_path / "data", default_version=default) as world:
        assert world.client("GET", PATHS[0], headers={VERSION: ""}).headers[VERSION] == default


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/xapi/statements?x=1", {}, 400),
        ("GET", "/xapi/statements", {"authorization": ""}, 401),
        ("GET", "/xapi/nothing", {}, 404),
        ("DELETE", "/xapi/statements", {}, 405),
        ("POST", "/xapi/statements", {"content-type": "x/y"}, 400),
    ],
)
def test_refusals_have_the_version_of_the_request(
    client: Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """A client of the older version is answered in it, also when it is refused."""
    answer = client(method, path, headers=headers)
    assert (answer.status, answer.headers[VERSION]) == (status, "1.0.3")


def test_about_needs_neither_version_nor_credential(client: Client) -> None:
    """xAPI Communication 2.8: which versions there are."""
    answer = client("GET", "/xapi/about", headers={VERSION: "", "authorization": ""})
    assert (answer.status, answer.json()) == (200, {"version": ["1.0.3", "2.0.0"]})


# --- paths and methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["//xapi/statements", "/xapi//statements", "///xapi///statements"])
def test_doubled_slashes_are_one(client: Client, path: str) -> None:
    """Lesson clients join endpoint and path with a slash too many."""
    assert client("GET", path).status == 200


@pytest.mark.parametrize("path", ["/xapi", "/xapi/", "/xapi/statement", "/xapi/statements/", "/xapi/activities"])
def test_unknown_path_is_not_found(client: Client, path: str) -> None:
    """404, with the path named."""
    answer = client("GET", path)
    assert (answer.status, "/xapi" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/xapi/statements", "PUT, POST, GET, HEAD, OPTIONS"),
        ("PATCH", "/xapi/activities/state", "GET, PUT, POST, DELETE, HEAD, OPTIONS"),
        ("POST", "/xapi/about", "GET, HEAD, OPTIONS"),
        ("POST", "/xapi/statements/more/x", "GET, HEAD, OPTIONS"),
    ],
)
def test_method_that_is_not_taken(client: Client, method: str, path: str, allowed: str) -> None:
    """405 with those that are."""
    answer = client(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/xapi/statements", 200), ("/xapi/statements?x=1", 400), ("/xapi/about", 200), ("/xapi/x", 404)],
)
def test_head_is_get_without_its_body(client: Client, path: str, status: int) -> None:
    """Status and headers are the same, the length included."""
    client.post(statement(1))
    head, get = client("HEAD", path), client("GET", path)
    assert (head.status, head.body, dict(head.headers)) == (status, b"", dict(get.headers))


# --- other origins ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PATHS, "/xapi/about", "/xapi/statements/more/x"])
def test_preflight_needs_no_credential(client: Client, path: str) -> None:
    """A browser asks without any, and is told what it may send."""
    answer = client("OPTIONS", path, headers={"authorization": "", VERSION: "", "origin": "http://lesson.example"})
    methods = answer.headers["access-control-allow-methods"].split(", ")
    sendable = answer.headers["access-control-allow-headers"].lower().split(", ")
    wanted = {"authorization", "content-type", VERSION, "if-match", "if-none-match"}
    assert (answer.status, answer.headers["access-control-allow-origin"], wanted <= set(sendable)) == (204, "*", True)
    assert set(methods) >= {"GET", "PUT", "POST", "DELETE"}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/xapi/statements", {}),
        ("GET", "/xapi/statements", {"authorization": ""}),
        ("GET", "/xapi/statements", {VERSION: ""}),
        ("GET", "/xapi/statements?x=1", {}),
        ("GET", "/xapi/nothing", {}),
        ("PATCH", "/xapi/statements", {}),
        ("GET", "/xapi/about", {}),
    ],
)
def test_every_answer_can_be_read_by_other_origins(
    client: Client, method: str, path: str, headers: dict[str, str]
) -> None:
    """Errors too, or a lesson could not show what was wrong; no cookies are asked for."""
    answer = client(method, path, headers=headers)
    exposed = answer.headers["access-control-expose-headers"].lower()
    credentials = "access-control-allow-credentials" in answer.headers
    assert (answer.headers["access-control-allow-origin"], "consistent-through" in exposed, credentials) == (
        "*",
        True,
        False,
    )


# --- doors ------------------------------------------------------------------------------------------------------------


def test_closed_door_refuses_xapi_from_the_network(tmp_path: Path) -> None:
    """`--no-xapi-tcp`: over IPC it is served."""
    with opened(tmp_path / "data", no_xapi_tcp=True) as world:
        from_tcp = world.client.get().status
        world.state["door"] = "ipc"
        assert (from_tcp, world.client.get().status) == (403, 200)


def test_statement_of_one_of_our_devices_keeps_where_it_came_from(world: World, client: Client) -> None:
    """What a device brings is noted as its own, and not as made here."""
    device = statement_id(99)
    client.post(statement(1), headers={"x-offline-lrs-device": device})
    client.post(statement(2))
    rows = world.kept.read(
        lambda reader: reader.execute(
            "SELECT d.uuid FROM statement s LEFT JOIN device d ON d.id = s.origin ORDER BY s.seq"
        ).fetchall()
    )
    assert rows == [(device,), (None,)]


def test_device_that_is_no_uuid_is_refused(client: Client) -> None:
    """400, and nothing stored."""
    assert client.post(statement(1), headers={"x-offline-lrs-device": "tablet"}).status == 400


def test_times_we_make_have_six_digits(client: Client) -> None:
    """UTC, `Z`."""
    client.post(statement(1))
    stored = client.get().json()["statements"][0]["stored"]
    assert timestamps.format(timestamps.parse(stored)) == stored


def test_post_of_state_with_put_headers(client: Client) -> None:
    """A document's own headers travel with it, ETag and Last-Modified come back."""
    answer = client("PUT", PATHS[1], json.dumps({}).encode(), headers=JSON, params=STATE)
    assert {"etag", "last-modified"} <= set(answer.headers)
