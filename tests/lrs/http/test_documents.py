"""State, Activity Profile and Agent Profile: what is kept, merged, listed and refused, by either version's rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lrs.http.worlds import (
    ACTIVITY,
    ACTIVITY_PROFILE,
    AGENT,
    AGENT_PROFILE,
    JSON,
    STATE,
    Answer,
    Client,
    World,
)
from tests.support.clocks import FixedClock

STATE_PATH, ACTIVITY_PATH, AGENT_PATH = "/xapi/activities/state", "/xapi/activities/profile", "/xapi/agents/profile"
PARAMS = {STATE_PATH: STATE, ACTIVITY_PATH: ACTIVITY_PROFILE, AGENT_PATH: AGENT_PROFILE}
NAMES = {STATE_PATH: "stateId", ACTIVITY_PATH: "profileId", AGENT_PATH: "profileId"}
TEXT = {"content-type": "text/plain"}
NEW = {"if-none-match": "*"}
ANY = {"if-match": "*"}
REGISTRATION = "00000000-0000-4000-8000-00000000000a"

each_resource = pytest.mark.parametrize("path", list(PARAMS))


def put(client: Client, path: str, content: bytes, headers: Mapping[str, str] = NEW, **params: str) -> Answer:
    """PUT a document of this resource, under this name if there is one."""
    name = {NAMES[path]: params.pop("name")} if "name" in params else {}
    return client("PUT", path, content, headers={**TEXT, **headers}, params={**PARAMS[path], **name, **params})


def post(client: Client, path: str, content: Any, headers: dict[str, str] = JSON) -> Answer:
    """POST one, to be merged."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client("POST", path, raw, headers=headers, params=PARAMS[path])


def get(client: Client, path: str, **params: str) -> Answer:
    """GET it."""
    return client("GET", path, params={**PARAMS[path], **params})


def listing(client: Client, path: str, **params: str) -> list[str]:
    """The ids there are."""
    found = {name: value for name, value in PARAMS[path].items() if name != NAMES[path]}
    answer: list[str] = client("GET", path, params={**found, **params}).json()
    return answer


# --- keeping ----------------------------------------------------------------------------------------------------------


@each_resource
def test_bytes_and_type_come_back_as_they_were_sent(client: Client, path: str) -> None:
    """Any content, any type with its parameters."""
    content = bytes(range(256))
    put(client, path, content, {**NEW, "content-type": 'Image/X-y; q="1"'})
    answer = get(client, path)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, content, 'Image/X-y; q="1"')


@each_resource
def test_etag_is_the_sha1_of_the_content(client: Client, path: str) -> None:
    """40 hex digits in quotes (xAPI Communication 3.1), told when it is stored and when it is read."""
    stored = put(client, path, b"hello")
    expected = f'"{hashlib.sha1(b"hello", usedforsecurity=False).hexdigest()}"'
    assert (stored.headers["etag"], get(client, path).headers["etag"]) == (expected, expected)


@each_resource
def test_last_modified_is_when_it_was_changed(client: Client, path: str) -> None:
    """To the second, in GMT."""
    put(client, path, b"hello")
    assert get(client, path).headers["last-modified"] == "Mon, 21 Sep 2026 14:13:20 GMT"


@each_resource
def test_absent_document_is_not_found(client: Client, path: str) -> None:
    """404."""
    assert get(client, path).status == 404


@each_resource
def test_deleted_document_is_gone(client: Client, path: str) -> None:
    """204, and again 204."""
    put(client, path, b"hello")
    deletions = [client("DELETE", path, params=PARAMS[path]).status for _ in range(2)]
    assert (deletions, get(client, path).status) == ([204, 204], 404)


@each_resource
def test_listing_has_the_ids(client: Client, path: str) -> None:
    """Without an id: which there are."""
    for name in ("b", "a", "ü/1"):
        put(client, path, b"x", name=name)
    assert listing(client, path) == ["a", "b", "ü/1"]


@each_resource
def test_listing_since_has_what_changed_after(client: Client, clock: FixedClock, path: str) -> None:
    """Exclusive, and an empty list where nothing did."""
    put(client, path, b"x", name="old")
    clock.advance(10)
    put(client, path, b"x", name="new")
    found = [listing(client, path, since=f"2026-09-21T14:13:{second}Z") for second in ("20", "30")]
    assert found == [["new"], []]


@each_resource
def test_head_is_get_without_a_body(client: Client, path: str) -> None:
    """The length included."""
    put(client, path, b"hello")
    head = client("HEAD", path, params=PARAMS[path])
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "5")


@each_resource
def test_known_document_is_not_sent_again(client: Client, path: str) -> None:
    """304 to the ETag it has, the whole of it to another (RFC 9110 13.1.2)."""
    etag = put(client, path, b"hello").headers["etag"]

    def ask(known: str) -> tuple[int, bytes, str]:
        answer = client("GET", path, params=PARAMS[path], headers={"if-none-match": known})
        return answer.status, answer.body, answer.headers["etag"]

    assert [ask(etag), ask('"other"')] == [(304, b"", etag), (200, b"hello", etag)]


@each_resource
def test_age_is_told_between_our_programs(client: Client, clock: FixedClock, path: str) -> None:
    """How long ago it was written: taken with what comes, grown by the time here, and told to nobody else."""
    device = {"x-offline-lrs-device": "00000000-0000-4000-8000-00000000000d"}
    put(client, path, b"x", {**NEW, **device, "x-offline-lrs-age": "5000"})
    clock.advance(2)
    ages = [
        client("GET", path, params=PARAMS[path], headers=headers).headers.get("x-offline-lrs-age")
        for headers in (device, {})
    ]
    put(client, path, b"y", ANY)
    fresh = client("GET", path, params=PARAMS[path], headers=device).headers["x-offline-lrs-age"]
    assert (ages, fresh) == (["7000", None], "0")


@each_resource
def test_age_is_not_told_where_the_clock_went_back(client: Client, clock: FixedClock, path: str) -> None:
    """Nothing is better than something wrong."""
    device = {"x-offline-lrs-device": "00000000-0000-4000-8000-00000000000d"}
    put(client, path, b"x")
    clock.advance(-3600)
    answer = client("GET", path, params=PARAMS[path], headers=device)
    assert (answer.status, "x-offline-lrs-age" in answer.headers) == (200, False)


# --- merging ----------------------------------------------------------------------------------------------------------


@each_resource
def test_post_merges_members(client: Client, path: str) -> None:
    """The new one's top-level members in place of the old one's, spelling kept (xAPI Communication 2.2)."""
    post(client, path, b'{"a": 1.0, "b": {"x": 1}}')
    answer = post(client, path, {"b": {"y": 2}, "c": 3})
    assert (answer.status, get(client, path).body) == (204, b'{"a": 1.0, "b": {"y": 2},"c":3}')


@each_resource
@pytest.mark.parametrize("content", [b"[1]", b'"x"', b"{", b"", b'{"a":1,"a":2}'])
def test_post_of_no_object_changes_nothing(client: Client, path: str, content: bytes) -> None:
    """400, whether there is a document or not."""
    first = post(client, path, content)
    post(client, path, {"a": 1})
    assert (first.status, post(client, path, content).status, get(client, path).body) == (400, 400, b'{"a": 1}')


@each_resource
def test_post_onto_something_else_than_json_changes_nothing(client: Client, path: str) -> None:
    """Both must say they are JSON."""
    put(client, path, b'{"a":1}')
    assert (post(client, path, {"b": 2}).status, get(client, path).body) == (400, b'{"a":1}')


@each_resource
def test_post_of_another_type_is_refused(client: Client, path: str) -> None:
    """What is posted must say it is JSON; parameters are fine."""
    refused = post(client, path, {"a": 1}, TEXT)
    taken = post(client, path, {"a": 1}, {"content-type": "application/json; charset=utf-8"})
    assert (refused.status, taken.status) == (400, 204)


@each_resource
def test_put_of_broken_json_is_refused(client: Client, path: str) -> None:
    """What says it is JSON is JSON."""
    assert put(client, path, b"{", {**NEW, **JSON}).status == 400


# --- preconditions ----------------------------------------------------------------------------------------------------


@each_resource
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_if_match_holds_for_the_current_etag_only(world: World, path: str, version: str) -> None:
    """PUT, POST and DELETE alike."""
    client = world.sender("other", version=version)
    stored = put(client, path, b'{"a":1}', {**NEW, **JSON}).headers["etag"]
    stale, current = {"if-match": f'"{"0" * 40}"'}, {"if-match": stored}
    methods = [("PUT", b'{"a":1}'), ("POST", b'{"a":1}'), ("DELETE", b"")]

    def status(method: str, content: bytes, condition: dict[str, str]) -> int:
        return client(method, path, content, headers={**JSON, **condition}, params=PARAMS[path]).status

    stale_ones = [status(method, content, stale) for method, content in methods]
    current_ones = [status(method, content, current) for method, content in methods]
    assert (stale_ones, current_ones) == ([412] * 3, [204] * 3)


@each_resource
def test_if_none_match_creates_only(client: Client, path: str) -> None:
    """A document that is there is not replaced."""
    assert [put(client, path, b"1").status, put(client, path, b"2").status, get(client, path).body] == [204, 412, b"1"]


@pytest.mark.parametrize("path", [ACTIVITY_PATH, AGENT_PATH])
@pytest.mark.parametrize(("version", "expected"), [("1.0.3", [400, 409]), ("2.0.0", [204, 409])])
def test_profile_put_without_precondition(world: World, path: str, version: str, expected: list[int]) -> None:
    """A new document, then an existing one: 1.0.3 refuses both ways, 2.0 takes the first."""
    client = world.sender("other", version=version)
    first = put(client, path, b"1", {})
    put(client, path, b"1")
    second = put(client, path, b"2", {})
    assert [first.status, second.status] == expected


@pytest.mark.parametrize(("version", "expected"), [("1.0.3", [204, 204]), ("2.0.0", [204, 409])])
def test_state_put_without_precondition(world: World, version: str, expected: list[int]) -> None:
    """Real cmi5 content, which speaks 1.0.3, depends on it."""
    client = world.sender("other", version=version)
    assert [put(client, STATE_PATH, content, {}).status for content in (b"1", b"2")] == expected


def test_conflict_says_what_to_do(client: Client) -> None:
    """409 explains that the current state is to be looked at (xAPI Communication 3.1)."""
    put(client, AGENT_PATH, b"1")
    answer = put(client, AGENT_PATH, b"2", {})
    assert (answer.status, "If-Match" in answer.json()["detail"]) == (409, True)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_registration_separates_states(client: Client) -> None:
    """With one and without one are two documents."""
    put(client, STATE_PATH, b"with", registration=REGISTRATION)
    put(client, STATE_PATH, b"without")
    found = [get(client, STATE_PATH).body, get(client, STATE_PATH, registration=REGISTRATION.upper()).body]
    assert found == [b"without", b"with"]


def test_listing_without_registration_has_all(client: Client) -> None:
    """xAPI Communication 2.3."""
    put(client, STATE_PATH, b"x", stateId="a", registration=REGISTRATION)
    put(client, STATE_PATH, b"x", stateId="b")
    assert (listing(client, STATE_PATH), listing(client, STATE_PATH, registration=REGISTRATION)) == (["a", "b"], ["a"])


def test_states_can_be_deleted_together(client: Client) -> None:
    """Those of an activity, agent and registration."""
    put(client, STATE_PATH, b"x", stateId="a", registration=REGISTRATION)
    put(client, STATE_PATH, b"x", stateId="b")
    several = {"activityId": ACTIVITY, "agent": json.dumps(AGENT), "registration": REGISTRATION}
    assert (client("DELETE", STATE_PATH, params=several).status, listing(client, STATE_PATH)) == (204, ["b"])


@pytest.mark.parametrize("path", [ACTIVITY_PATH, AGENT_PATH])
def test_profiles_are_deleted_one_by_one(client: Client, path: str) -> None:
    """Without an id it is a fault, not a clearance."""
    put(client, path, b"x")
    several = {name: value for name, value in PARAMS[path].items() if name != "profileId"}
    assert (client("DELETE", path, params=several).status, get(client, path).status) == (400, 200)


def test_spelling_of_the_agent_does_not_matter(client: Client) -> None:
    """Who is meant counts, not how the JSON is written."""
    put(client, AGENT_PATH, b"x")
    spelt = json.dumps({"objectType": "Agent", "name": "Lena", **AGENT}, indent=2)
    assert get(client, AGENT_PATH, agent=spelt).body == b"x"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (STATE_PATH, {}),
        (STATE_PATH, {"activityId": "no iri", "agent": json.dumps(AGENT), "stateId": "s"}),
        (STATE_PATH, {**STATE, "registration": "1"}),
        (STATE_PATH, {**STATE, "since": "x"}),
        (STATE_PATH, {**STATE, "StateId": "s"}),
        (ACTIVITY_PATH, {"profileId": "p"}),
        (AGENT_PATH, {**AGENT_PROFILE, "agent": "{}"}),
        (AGENT_PATH, {**AGENT_PROFILE, "x": "1"}),
    ],
)
def test_wrong_parameters_are_refused(client: Client, path: str, params: dict[str, str]) -> None:
    """Every fault with its name."""
    answer = client("GET", path, params=params)
    assert (answer.status, bool(answer.json()["errors"])) == (400, True)


def test_stores_do_not_see_each_others_documents(world: World) -> None:
    """A credential of another store finds nothing, and its own document stays beside ours."""
    world.add_second_store()
    other = world.sender("other", store=2)
    put(world.client, STATE_PATH, b"ours")
    before = get(other, STATE_PATH).status
    put(other, STATE_PATH, b"theirs")
    assert (before, get(world.client, STATE_PATH).body, get(other, STATE_PATH).body) == (404, b"ours", b"theirs")
