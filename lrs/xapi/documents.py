"""The three document resources as rules: State, Agent Profile, Activity Profile (xAPI Communication 2.2 - 2.7, 3.1).

What a request aims at, what its ETag is, what a merge gives, whether its preconditions hold. Keeping documents, and
looking at their content types, is left to the door and the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from msgspec import Struct

from lrs.errors import Conflict, Fault, Invalid, PreconditionFailed
from lrs.xapi import agents, wire
from lrs.xapi.parameters import Parameters
from lrs.xapi.versions import RULES, Version
from lrs.xapi.wire import JsonObject

_STATE_RULE, _CONCURRENCY_RULE = "xAPI Communication 2.3", "xAPI Communication 3.1"
_AGENT_RULE, _ACTIVITY_RULE = "xAPI Communication 2.6", "xAPI Communication 2.7"
_READS = ("GET", "HEAD")


class StateTarget(Struct, frozen=True):
    """One State document, or without `state_id` all of one activity, agent and registration."""

    activity: str
    agent_key: str
    agent: JsonObject
    registration: UUID | None
    state_id: str | None
    since_us: int | None


class AgentProfileTarget(Struct, frozen=True):
    """One profile document of an agent, or without `profile_id` all of them."""

    agent_key: str
    agent: JsonObject
    profile_id: str | None
    since_us: int | None


class ActivityProfileTarget(Struct, frozen=True):
    """One profile document of an activity, or without `profile_id` all of them."""

    activity: str
    profile_id: str | None
    since_us: int | None


def parse_state(params: Sequence[tuple[str, str]], method: str) -> StateTarget:
    """What a request to the State resource aims at. GET and DELETE may leave `stateId` out. Communication 2.3"""
    many = method in (*_READS, "DELETE")
    given = _given(params, ("activityId", "agent", "registration", "stateId"), method, _STATE_RULE)
    _need(given, "activityId", "agent", *(() if many else ("stateId",)))
    activity, agent = given.iri("activityId"), given.agent("agent")
    registration, state_id, since_us = given.uuid("registration"), given.text("stateId"), given.moment("since")
    given.done()
    known_agent = cast(JsonObject, agent)
    return StateTarget(cast(str, activity), _key(known_agent), known_agent, registration, state_id, since_us)


def parse_agent_profile(params: Sequence[tuple[str, str]], method: str) -> AgentProfileTarget:
    """What a request to the Agent Profile resource aims at. Only GET may leave `profileId` out. Communication 2.6"""
    given = _given(params, ("agent", "profileId"), method, _AGENT_RULE)
    _need(given, "agent", *(() if method in _READS else ("profileId",)))
    agent, profile_id, since_us = given.agent("agent"), given.text("profileId"), given.moment("since")
    given.done()
    known_agent = cast(JsonObject, agent)
    return AgentProfileTarget(_key(known_agent), known_agent, profile_id, since_us)


def parse_activity_profile(params: Sequence[tuple[str, str]], method: str) -> ActivityProfileTarget:
    """What a request to the Activity Profile resource aims at. Only GET may leave `profileId` out. 2.7"""
    given = _given(params, ("activityId", "profileId"), method, _ACTIVITY_RULE)
    _need(given, "activityId", *(() if method in _READS else ("profileId",)))
    activity, profile_id, since_us = given.iri("activityId"), given.text("profileId"), given.moment("since")
    given.done()
    return ActivityProfileTarget(cast(str, activity), profile_id, since_us)


def parse_agent(params: Sequence[tuple[str, str]]) -> JsonObject:
    """The Agent that GET agents asks for. xAPI Communication 2.4"""
    given = Parameters(params, ("agent",), "xAPI Communication 2.4")
    given.needs("agent")
    agent = given.agent("agent")
    given.done()
    return cast(JsonObject, agent)


def parse_activity(params: Sequence[tuple[str, str]]) -> str:
    """The IRI of the Activity that GET activities asks for. xAPI Communication 2.5"""
    given = Parameters(params, ("activityId",), "xAPI Communication 2.5")
    given.needs("activityId")
    activity = given.iri("activityId")
    given.done()
    return cast(str, activity)


def etag(content: bytes) -> str:
    """The entity tag of a document: the SHA-1 of its content in 40 lower-case digits, quoted. Communication 3.1"""
    return f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'


def merge(old: bytes, new: bytes) -> bytes:
    """Two JSON objects with the new one's top-level members in place of the old one's; each member as it was spelt.

    `Invalid` when either is no JSON object. xAPI Communication 2.2, JSON Procedure
    """
    check_object(old, "the document that is there")
    check_object(new, "the document that was posted")
    here, posted = wire.members(old), wire.members(new)
    replaced = wire.replaced(old, {name: value for name, value in posted.items() if name in here})
    return wire.with_members(replaced, {name: value for name, value in posted.items() if name not in here})


def check_object(content: bytes, path: str = "") -> None:
    """The content must be one strict JSON object."""
    if not isinstance(wire.parse_json(content, path), dict):
        raise Invalid.of([Fault(path, "xAPI Communication 2.2", "must be a JSON object to be merged")])


def precondition(
    version: Version,
    method: str,
    if_match: str | None,
    if_none_match: str | None,
    current_etag: str | None,
    *,
    is_state: bool = False,
) -> None:
    """Whether a PUT, POST or DELETE may go ahead; `current_etag` is None when there is no such document yet.

    Raises `PreconditionFailed` (412) when a header does not hold, and for a PUT without any header `Conflict` (409) or
    `Invalid` (400) as the version and the resource ask. xAPI Communication 3.1
    """
    if if_match is not None and not matches(if_match, current_etag):
        raise PreconditionFailed("If-Match does not name the document as it is now; fetch it again and use its ETag")
    if if_none_match is not None and matches(if_none_match, current_etag):
        raise PreconditionFailed("If-None-Match does not hold: the document is there already")
    if method == "PUT" and if_match is None and if_none_match is None:
        _check_bare_put(version, current_etag, is_state=is_state)


def _check_bare_put(version: Version, current_etag: str | None, *, is_state: bool) -> None:
    rules = RULES[version]
    if is_state and not rules.state_preconditions:
        return
    if current_etag is not None:
        raise Conflict(
            "the document is there already and the request has no precondition: check the current state of the "
            "resource, then set the If-Match header to its current ETag to resolve the conflict"
        )
    if not is_state and rules.profile_put_needs_precondition:
        detail = "a PUT of a profile needs If-None-Match: * for a new document, or If-Match with the current ETag"
        raise Invalid.of([Fault("If-Match", _CONCURRENCY_RULE, detail)])


def matches(header: str, current_etag: str | None) -> bool:
    """Whether a list of entity tags, or `*`, names what is there. A tag weakened by a compressing proxy still does."""
    if current_etag is None:
        return False
    tags = [_opaque(tag) for tag in header.split(",")]
    return "*" in tags or _opaque(current_etag) in tags


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


def _given(params: Sequence[tuple[str, str]], known: tuple[str, ...], method: str, requirement: str) -> Parameters:
    """The parameters; `since` belongs to GET alone."""
    return Parameters(params, (*known, "since") if method in _READS else known, requirement)


def _need(given: Parameters, *names: str) -> None:
    for name in names:
        given.needs(name)


def _key(agent: JsonObject) -> str:
    return cast(str, agents.key(agent))
