"""The three document resources: State, Activity Profile, Agent Profile (xAPI Communication 2.2, 2.3, 2.6, 2.7).

One set of handlers; a table says how each kind reads its parameters and which scopes it needs.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from starlette.responses import Response

from lrs.auth.scopes import Act
from lrs.errors import Fault, Invalid, NotFound
from lrs.http import guards
from lrs.http.dates import http_date
from lrs.http.parts import DocumentChange, Exchange
from lrs.store import documents as kept
from lrs.store.documents import Document, Key
from lrs.store.promises import Reader, Transaction
from lrs.sync import peers
from lrs.xapi import documents as rules
from lrs.xapi import wire

Handler = Callable[[Exchange], Awaitable[Response]]
Parameters = Sequence[tuple[str, str]]


class Target(Struct, frozen=True):
    """Which document, or with an empty `key.name` which documents, a request is about."""

    key: Key
    any_registration: bool = True
    since_us: int | None = None


class Kind(Struct, frozen=True):
    """One of the three resources."""

    target: Callable[[Parameters, str], Target]
    read: Act
    write: Act


def _state(parameters: Parameters, method: str) -> Target:
    found = rules.parse_state(parameters, method)
    registration = "" if found.registration is None else str(found.registration)
    key = Key("state", found.state_id or "", found.activity, found.agent_key, registration)
    return Target(key, found.registration is None, found.since_us)


def _activity_profile(parameters: Parameters, method: str) -> Target:
    found = rules.parse_activity_profile(parameters, method)
    return Target(Key("activity_profile", found.profile_id or "", found.activity), since_us=found.since_us)


def _agent_profile(parameters: Parameters, method: str) -> Target:
    found = rules.parse_agent_profile(parameters, method)
    return Target(Key("agent_profile", found.profile_id or "", agent=found.agent_key), since_us=found.since_us)


def resource(kind: Kind) -> dict[str, Handler]:
    """The handlers of one kind, by method."""

    async def get(exchange: Exchange) -> Response:
        return await _get(exchange, kind)

    async def change(exchange: Exchange) -> Response:
        return await _change(exchange, kind)

    return {"GET": get, "PUT": change, "POST": change, "DELETE": change}


async def _get(exchange: Exchange, kind: Kind) -> Response:
    guards.require(exchange, kind.read)
    target = kind.target(exchange.parameters, "GET")
    lrs, principal = exchange.lrs, exchange.principal

    def look(reader: Reader) -> Document | list[str] | None:
        if lrs.policy.concerns(principal):
            lrs.policy.scope_document(reader, target.key, principal)
        if target.key.name:
            return kept.get(reader, exchange.store, target.key)
        return kept.names(reader, exchange.store, target.key, target.since_us, any_registration=target.any_registration)

    found = await lrs.store.read(look)
    if found is None:
        raise NotFound(f"there is no document {target.key.name!r} here")
    if isinstance(found, list):
        return Response(json.dumps(found, ensure_ascii=False).encode(), 200, media_type="application/json")
    headers = {"ETag": found.etag, "Last-Modified": http_date(found.updated_us), **_age(exchange, found)}
    known = exchange.request.headers.get("if-none-match")
    if known is not None and rules.matches(known, found.etag):  # RFC 9110 13.1.2
        return Response(status_code=304, headers=headers)
    response = Response(found.content, 200, headers)
    response.headers["Content-Type"] = found.content_type  # as it came: Starlette would add a charset
    return response


def _age(exchange: Exchange, found: Document) -> dict[str, str]:
    """How long ago it was written, for another of our programs."""
    if peers.HEADER not in exchange.request.headers:
        return {}
    age = peers.age_text(found.written_us, exchange.lrs.clock.now_us())
    return {} if age is None else {peers.AGE: age}


class Change(Struct, frozen=True):
    """What a PUT, POST or DELETE brings; `content` is None where it deletes, `age_us` where it was made just now."""

    method: str
    content: bytes | None
    content_type: str
    if_match: str | None
    if_none_match: str | None
    age_us: int | None

    @property
    def is_json(self) -> bool:
        return guards.media_type(self.content_type) == guards.JSON


async def _change(exchange: Exchange, kind: Kind) -> Response:
    guards.require(exchange, kind.write)
    lrs, principal = exchange.lrs, exchange.principal
    target = kind.target(exchange.parameters, exchange.request.method)
    change = await _read_change(exchange)
    _check_content(change)

    def work(transaction: Transaction) -> Document | None:
        if lrs.policy.concerns(principal):
            judged = DocumentChange(change.method, target.key, change.content)
            lrs.policy.judge_document(transaction, judged, principal)
        if target.key.name:
            return _change_one(transaction, exchange, target.key, change)
        kept.delete_all(transaction, exchange.store, target.key, any_registration=target.any_registration)
        return None

    document = await lrs.store.write(work)
    headers = {} if document is None else {"ETag": document.etag, "Last-Modified": http_date(document.updated_us)}
    return Response(status_code=204, headers=headers)


async def _read_change(exchange: Exchange) -> Change:
    request = exchange.request
    deletes = request.method == "DELETE"
    content = None if deletes else await guards.body(request, exchange.lrs.settings.body_most)
    headers = request.headers
    content_type = headers.get("content-type", "application/octet-stream")
    age_us = peers.age_us(headers.get(peers.AGE))
    return Change(request.method, content, content_type, headers.get("if-match"), headers.get("if-none-match"), age_us)


def _check_content(change: Change) -> None:
    """What says it is JSON must be JSON, and what is to be merged an object (xAPI Communication 2.2)."""
    if change.content is None:
        return
    if change.method == "POST":
        _must_be_json(change.content_type)
        rules.check_object(change.content)
    elif change.is_json:
        wire.parse_json(change.content)


def _must_be_json(content_type: str) -> None:
    if guards.media_type(content_type) != guards.JSON:
        detail = "POST merges two JSON objects: both must have the content type application/json; PUT replaces"
        raise Invalid.of([Fault("Content-Type", "xAPI Communication 2.2", detail)])


def _change_one(transaction: Transaction, exchange: Exchange, key: Key, change: Change) -> Document | None:
    """PUT replaces, POST merges two JSON objects member by member, DELETE removes (xAPI Communication 2.2)."""
    before = kept.get(transaction, exchange.store, key)
    rules.precondition(
        exchange.version,
        change.method,
        change.if_match,
        change.if_none_match,
        None if before is None else before.etag,
        is_state=key.kind == "state",
    )
    if change.content is None:
        kept.delete(transaction, exchange.store, key)
        return None
    content = change.content
    if change.method == "POST" and before is not None:
        _must_be_json(before.content_type)
        content = rules.merge(before.content, content)
    written_us = None if change.age_us is None else transaction.now_us - change.age_us
    return kept.put(transaction, exchange.store, key, change.content_type, content, written_us)


STATE = resource(Kind(_state, Act.READ_STATE, Act.STATE))
ACTIVITY_PROFILE = resource(Kind(_activity_profile, Act.READ_PROFILE, Act.PROFILE))
AGENT_PROFILE = resource(Kind(_agent_profile, Act.READ_PROFILE, Act.PROFILE))
