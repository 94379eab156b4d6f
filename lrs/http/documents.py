"""The three document resources: State, Activity Profile, Agent Profile (xAPI Communication 2.2, 2.3, 2.6, 2.7).

One set of handlers; a table says how each kind reads its parameters and which scopes it needs.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from lrs.auth.scopes import Act
from lrs.errors import Fault, Invalid, NotFound
from lrs.http import guards
from lrs.http.dates import http_date
from lrs.http.parts import DocumentChange, Exchange
from lrs.store import documents as kept
from lrs.store.documents import Document, Key
from lrs.store.promises import Reader, Transaction
from lrs.xapi import documents as rules
from lrs.xapi import wire

Handler = Callable[[Exchange], Awaitable[Response]]
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Target:
    """Which document, or with an empty `key.name` which documents, a request is about."""

    key: Key
    any_registration: bool = True
    since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
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
    headers = {"ETag": found.etag, "Last-Modified": http_date(found.updated_us)}
    response = Response(found.content, 200, headers)
    response.headers["Content-Type"] = found.content_type  # as it came: Starlette would add a charset
    return response


async def _change(exchange: Exchange, kind: Kind) -> Response:
    guards.require(exchange, kind.write)
    method = exchange.request.method
    target = kind.target(exchange.parameters, method)
    lrs, principal = exchange.lrs, exchange.principal
    content = None if method == "DELETE" else await guards.body(exchange.request, lrs.settings.body_most)
    sent = _Sent(method, exchange.request, content)

    def work(transaction: Transaction) -> Document | None:
        if lrs.policy.concerns(principal):
            lrs.policy.judge_document(transaction, DocumentChange(method, target.key, content), principal)
        if not target.key.name:
            kept.delete_all(transaction, exchange.store, target.key, any_registration=target.any_registration)
            return None
        before = kept.get(transaction, exchange.store, target.key)
        rules.precondition(
            exchange.version,
            method,
            sent.if_match,
            sent.if_none_match,
            None if before is None else before.etag,
            is_state=target.key.kind == "state",
        )
        if content is None:
            kept.delete(transaction, exchange.store, target.key)
            return None
        return _store(transaction, exchange.store, target.key, sent, before)

    document = await lrs.store.write(work)
    headers = {} if document is None else {"ETag": document.etag, "Last-Modified": http_date(document.updated_us)}
    return Response(status_code=204, headers=headers)


class _Sent:
    """What a change brings."""

    def __init__(self, method: str, request: Request, content: bytes | None) -> None:
        self.method = method
        self.content = content or b""
        self.content_type = request.headers.get("content-type", "application/octet-stream")
        self.if_match = request.headers.get("if-match")
        self.if_none_match = request.headers.get("if-none-match")


def _store(transaction: Transaction, store: int, key: Key, sent: _Sent, before: Document | None) -> Document:
    """PUT replaces; POST merges two JSON objects member by member (xAPI Communication 2.2)."""
    content = sent.content
    if _is_json(sent.content_type):
        wire.parse_json(content)
    if sent.method == "POST":
        if not _is_json(sent.content_type) or (before is not None and not _is_json(before.content_type)):
            detail = "POST merges two JSON objects: both must have the content type application/json; PUT replaces"
            raise Invalid.of([Fault("Content-Type", "xAPI Communication 2.2", detail)])
        rules.check_object(content)
        content = content if before is None else rules.merge(before.content, content)
    return kept.put(transaction, store, key, sent.content_type, content)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


STATE = resource(Kind(_state, Act.READ_STATE, Act.STATE))
ACTIVITY_PROFILE = resource(Kind(_activity_profile, Act.READ_PROFILE, Act.PROFILE))
AGENT_PROFILE = resource(Kind(_agent_profile, Act.READ_PROFILE, Act.PROFILE))
