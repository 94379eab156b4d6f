"""The document resources: targets, ETags, merges, preconditions."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Conflict, Invalid, OfflineLrsError, PreconditionFailed
from lrs.xapi import documents, wire
from lrs.xapi.versions import Version
from tests.lrs.xapi.examples import ANA, LESSON, REGISTRATION, TEAM, refused

V1, V2 = Version.V1_0_3, Version.V2_0_0
AGENT = ("agent", json.dumps(ANA))
ACTIVITY = ("activityId", LESSON["id"])
STATE_ID, PROFILE_ID = ("stateId", "bookmark"), ("profileId", "settings")
SINCE = ("since", "1970-01-01T00:00:01Z")
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]
KEY = "mbox:mailto:ana@example.org"
TAG = documents.etag(b"now")


@pytest.mark.parametrize("method", METHODS)
def test_a_state_document_is_named_by_its_parameters(method: str) -> None:
    """Every method aims at one document by activity, agent, registration and stateId."""
    target = documents.parse_state([ACTIVITY, AGENT, STATE_ID, ("registration", REGISTRATION)], method)
    assert target == documents.StateTarget(LESSON["id"], KEY, ANA, UUID(REGISTRATION), "bookmark", None)


@pytest.mark.parametrize(("method", "allowed"), [(method, method not in ("PUT", "POST")) for method in METHODS])
def test_only_reading_and_deleting_states_may_leave_the_id_out(method: str, allowed: bool) -> None:
    """Without stateId a GET lists and a DELETE clears; a PUT and a POST are refused."""
    assert _accepts(lambda: documents.parse_state([ACTIVITY, AGENT], method)) == allowed


@pytest.mark.parametrize(("method", "allowed"), [(method, method in ("GET", "HEAD")) for method in METHODS])
def test_only_reading_profiles_may_leave_the_id_out(method: str, allowed: bool) -> None:
    """Without profileId a GET lists; all else is refused, for agents and activities alike."""
    found = [
        _accepts(lambda: documents.parse_agent_profile([AGENT], method)),
        _accepts(lambda: documents.parse_activity_profile([ACTIVITY], method)),
    ]
    assert found == [allowed, allowed]


@pytest.mark.parametrize(("method", "allowed"), [(method, method in ("GET", "HEAD")) for method in METHODS])
def test_since_belongs_to_reading(method: str, allowed: bool) -> None:
    """Only a GET takes `since`."""
    found = [
        _accepts(lambda: documents.parse_state([ACTIVITY, AGENT, STATE_ID, SINCE], method)),
        _accepts(lambda: documents.parse_agent_profile([AGENT, PROFILE_ID, SINCE], method)),
        _accepts(lambda: documents.parse_activity_profile([ACTIVITY, PROFILE_ID, SINCE], method)),
    ]
    assert found == [allowed] * 3


def test_profiles_are_named_by_their_parameters() -> None:
    """An agent profile has an agent, an activity profile an activity."""
    found = [
        documents.parse_agent_profile([AGENT, PROFILE_ID], "PUT"),
        documents.parse_agent_profile([AGENT, SINCE], "GET"),
        documents.parse_activity_profile([ACTIVITY, PROFILE_ID], "DELETE"),
        documents.parse_activity_profile([ACTIVITY, SINCE], "GET"),
    ]
    assert found == [
        documents.AgentProfileTarget(KEY, ANA, "settings", None),
        documents.AgentProfileTarget(KEY, ANA, None, 1_000_000),
        documents.ActivityProfileTarget(LESSON["id"], "settings", None),
        documents.ActivityProfileTarget(LESSON["id"], None, 1_000_000),
    ]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ([], {"activityId", "agent", "stateId"}),
        ([("activityId", "x"), AGENT, STATE_ID], {"activityId"}),
        ([ACTIVITY, ("agent", "not JSON"), STATE_ID], {"agent"}),
        ([ACTIVITY, ("agent", "{}"), STATE_ID], {"agent"}),
        ([ACTIVITY, ("agent", json.dumps(TEAM)), STATE_ID], {"agent.objectType", "agent.member"}),
        ([ACTIVITY, AGENT, ("stateId", "")], {"stateId"}),
        ([ACTIVITY, AGENT, STATE_ID, ("registration", "x")], {"registration"}),
        ([ACTIVITY, AGENT, STATE_ID, ("stateid", "x")], {"stateid"}),
        ([ACTIVITY, AGENT, STATE_ID, PROFILE_ID], {"profileId"}),
        ([ACTIVITY, AGENT, STATE_ID, STATE_ID], {"stateId"}),
    ],
    ids=["none", "activity", "agent", "no identity", "group", "empty", "registration", "case", "unknown", "twice"],
)
def test_a_wrong_state_request_is_refused_by_name(params: list[tuple[str, str]], names: set[str]) -> None:
    """Each missing, unknown, misspelt, repeated or ill-typed parameter is named."""
    assert {fault.path for fault in refused(lambda: documents.parse_state(params, "PUT"))} == names


def test_an_agent_and_an_activity_are_asked_for_by_one_parameter() -> None:
    """GET agents takes an agent, GET activities an activityId."""
    found = (documents.parse_agent([AGENT]), documents.parse_activity([ACTIVITY]))
    assert found == (ANA, LESSON["id"])


def test_agents_and_activities_need_their_parameter() -> None:
    """Without it, or with another, both are refused."""
    calls = [lambda: documents.parse_agent([]), lambda: documents.parse_activity([]), lambda: _surplus()]
    assert [_accepts(call) for call in calls] == [False, False, False]


def _surplus() -> str:
    return documents.parse_activity([ACTIVITY, AGENT])


def test_an_etag_is_the_quoted_sha1_of_the_content() -> None:
    """Forty lower-case hexadecimal digits in double quotes."""
    assert documents.etag(b"abc") == '"a9993e364706816aba3e25717850c26c9cd0d89d"'


def test_a_merge_replaces_top_level_members_and_keeps_spelling() -> None:
    """Posted members win as a whole, the others stay as they were spelt, new ones come last."""
    merged = documents.merge(b'{ "x" : {"deep": 1}, "y":1.10 }', b'{"x":{"other":2e0},"z":[1]}')
    assert merged == b'{ "x" : {"other":2e0}, "y":1.10 ,"z":[1]}'


@given(*[st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=4)] * 2)
def test_a_merge_is_an_update(old: dict[str, Any], new: dict[str, Any]) -> None:
    """As values, a merge is the old object updated by the new one."""
    merged = documents.merge(json.dumps(old).encode(), json.dumps(new).encode())
    assert wire.parse_json(merged) == {**old, **new}


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"[]", b"{}"), (b"{}", b"[]"), (b"x", b"{}"), (b"{}", b"{"), (b'{"a":1,"a":2}', b"{}"), (b"{}", b"")],
)
def test_only_objects_merge(old: bytes, new: bytes) -> None:
    """Where either side is no JSON object the merge is refused."""
    assert not _accepts(lambda: documents.merge(old, new))


@pytest.mark.parametrize("is_state", [False, True], ids=["profile", "state"])
@pytest.mark.parametrize("version", list(Version), ids=str)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("if_match", "if_none_match", "current", "holds"),
    [
        (TAG, None, TAG, True),
        (f'"other", {TAG}', None, TAG, True),
        (f"W/{TAG}", None, TAG, True),
        (TAG.strip('"'), None, TAG, True),
        ("*", None, TAG, True),
        ('"1234"', None, TAG, False),
        (TAG, None, None, False),
        ("*", None, None, False),
        (None, "*", None, True),
        (None, "*", TAG, False),
        (None, TAG, TAG, False),
        (None, '"other"', TAG, True),
        (TAG, "*", TAG, False),
    ],
)
def test_a_precondition_holds_or_fails(
    if_match: str | None,
    if_none_match: str | None,
    current: str | None,
    holds: bool,
    method: str,
    version: Version,
    is_state: bool,
) -> None:
    """A header that is sent counts, for every resource, method and version."""
    outcome = _outcome(version, method, if_match, if_none_match, current, is_state)
    assert outcome == (None if holds else PreconditionFailed)


@pytest.mark.parametrize(
    ("version", "is_state", "current", "outcome"),
    [
        (V1, False, None, Invalid),
        (V1, False, TAG, Conflict),
        (V2, False, None, None),
        (V2, False, TAG, Conflict),
        (V1, True, None, None),
        (V1, True, TAG, None),
        (V2, True, None, None),
        (V2, True, TAG, Conflict),
    ],
)
def test_a_put_without_a_precondition(
    version: Version, is_state: bool, current: str | None, outcome: type[OfflineLrsError] | None
) -> None:
    """Profiles conflict when they exist and in 1.0.3 need a header anyway; State conflicts in 2.0 alone."""
    assert _outcome(version, "PUT", None, None, current, is_state) == outcome


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_methods_need_no_precondition(method: str) -> None:
    """POST and DELETE without a header go ahead, whatever is there."""
    outcomes = [
        _outcome(version, method, None, None, current, is_state)
        for version in Version
        for current in (None, TAG)
        for is_state in (False, True)
    ]
    assert outcomes == [None] * 8


def test_a_conflict_says_what_to_do() -> None:
    """The answer to a bare PUT names the header that resolves it. xAPI Communication 3.1"""
    with pytest.raises(Conflict, match=r"check the current state of the resource.*If-Match"):
        documents.precondition(V1, "PUT", None, None, TAG)


def _accepts(call: Any) -> bool:
    try:
        call()
    except Invalid:
        return False
    return True


def _outcome(
    version: Version, method: str, if_match: str | None, if_none_match: str | None, current: str | None, is_state: bool
) -> type[OfflineLrsError] | None:
    try:
        documents.precondition(version, method, if_match, if_none_match, current, is_state=is_state)
    except OfflineLrsError as error:
        return type(error)
    return None
