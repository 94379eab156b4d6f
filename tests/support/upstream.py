"""A record store at the other end of a real connection, which misbehaves on command.

Left alone it is a good citizen: it knows one credential, takes a batch as a whole or not at all, answers a repetition
with success and other content under a known id with 409, and keeps State documents by their preconditions. `script`
says what happens to the next requests, one act each; the standing rules (`refused`, `forbidden`, `most_bytes`) stay
until changed. `requests`, `order` and `documents` are what a test believes: what came, and what was kept, statements
each id once in the order of arrival, documents by their ids.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "device", "device-secret"
VERSION = {"X-Experience-API-Version": "1.0.3"}


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements it carries."""
        found: list[dict[str, Any]] = json.loads(self.body) if self.body else []
        return found

    @property
    def ids(self) -> list[str]:
        """The ids it carries."""
        return [statement["id"] for statement in self.statements]

    @property
    def query(self) -> dict[str, str]:
        """The parameters."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def document(self) -> str:
        """The id of the State document it is about."""
        return self.query.get("stateId", "")

    @property
    def is_about_state(self) -> bool:
        """Whether it goes to the State resource."""
        return urlsplit(self.target).path.endswith("/activities/state")


@dataclass
class Paper:
    """A State document as it is kept: when it was stored, in seconds, and how long before that it was written."""

    content: bytes
    content_type: str = "application/json"
    stored: float = 0.0
    age_ms: int = 0

    @property
    def etag(self) -> str:
        """By 1.0.3."""
        return f'"{hashlib.sha1(self.content, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True)
class Reply:
    """What is answered, and after how many seconds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


Act = Callable[["Upstream", Request], "Reply | None"]  # None hangs up without a word


def as_usual(upstream: Upstream, request: Request) -> Reply | None:
    """The good citizen."""
    return upstream.answer(request)


def portal(upstream: Upstream, request: Request) -> Reply | None:
    """A network's login page, with success written on it."""
    return Reply(200, {"Content-Type": "text/html"}, b"<html><title>Welcome to the station Wi-Fi</title></html>")


def redirect(upstream: Upstream, request: Request) -> Reply | None:
    """The other kind of login page."""
    return Reply(302, {"Location": "http://login.example/"})


def lost(upstream: Upstream, request: Request) -> Reply | None:
    """Stores what came and dies before the answer."""
    upstream.answer(request)
    return None


def hang_up(upstream: Upstream, request: Request) -> Reply | None:
    """Dies before anything is done."""
    return None


def without_version(upstream: Upstream, request: Request) -> Reply | None:
    """Answers the right ids, stores nothing, and is no record store."""
    return Reply(200, {}, json.dumps(request.ids).encode())


def other_ids(upstream: Upstream, request: Request) -> Reply | None:
    """Answers the ids in another order, and stores nothing."""
    return Reply(200, VERSION, json.dumps(request.ids[::-1]).encode())


def nothing_new(upstream: Upstream, request: Request) -> Reply | None:
    """Stores, and answers 204, as some do where they had everything already."""
    upstream.answer(request)
    return Reply(204, VERSION)


def status(number: int, headers: Mapping[str, str] | None = None, body: bytes = b"no") -> Act:
    """Answers this and stores nothing."""
    return lambda _upstream, _request: Reply(number, {**VERSION, **(headers or {})}, body)


def slow(seconds: float) -> Act:
    """As usual, too late."""

    def act(upstream: Upstream, request: Request) -> Reply | None:
        reply = upstream.answer(request)
        return Reply(reply.status, reply.headers, reply.body, seconds)

    return act


class Upstream:
    """Runs inside the test's event loop, at a free port of the loopback address."""

    def __init__(self) -> None:
        self.url = ""
        self.script: deque[Act] = deque()
        self.always: Act = as_usual
        self.refused: set[str] = set()
        self.forbidden: set[str] = set()
        self.most_bytes: int | None = None
        self.repetition_is_conflict = False
        self.readable = True
        self.device: str | None = None
        self.held: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, Paper] = {}
        self.takes_documents = True
        self.tells_ages = True
        self.now = 1_790_000_000.0
        self.requests: list[Request] = []
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def order(self) -> list[str]:
        """The ids it keeps, in the order of their arrival."""
        return list(self.held)

    @property
    def changes(self) -> list[str]:
        """What was asked to be done to documents: method and id each."""
        return [f"{one.method} {one.document}" for one in self.requests if one.method in ("PUT", "DELETE")]

    @property
    def posts(self) -> list[Request]:
        """The requests that brought statements."""
        return [request for request in self.requests if request.method == "POST"]

    async def __aenter__(self) -> Upstream:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/xapi"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- HTTP --------------------------------------------------------------------------------------------

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                act = self.script.popleft() if self.script else self.always
                reply = act(self, request)
                if reply is None:
                    return
                await asyncio.sleep(reply.delay)
                writer.write(_encoded(reply))
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    # --- the good citizen --------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """By the rules."""
        credential = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        headers = dict(VERSION)
        if self.device is not None:
            headers["X-Offline-LRS-Device"] = self.device
        if request.headers.get("authorization") != f"Basic {credential}":
            return Reply(401, headers, b"who are you?")
        if "x-experience-api-version" not in request.headers:
            return Reply(400, headers, b"which version?")
        if request.is_about_state:
            return self._state(request, {**headers, "Date": formatdate(self.now, usegmt=True)})
        status, body = self._get(request) if request.method == "GET" else self._post(request)
        return Reply(status, headers, body)

    def _state(self, request: Request, headers: dict[str, str]) -> Reply:
        if not self.takes_documents:
            return Reply(403, headers, b"this credential has no scope for state")
        if request.method == "GET" and not request.document:
            since = request.query.get("since")
            after = None if since is None else datetime.fromisoformat(since).timestamp()
            names = [name for name, kept in self.documents.items() if after is None or kept.stored > after]
            return Reply(200, headers, json.dumps(names).encode())
        known = self.documents.get(request.document)
        if request.method == "GET":
            return self._read(request, headers, known)
        return self._change(request, headers, known)

    def _read(self, request: Request, headers: dict[str, str], known: Paper | None) -> Reply:
        if known is None:
            return Reply(404, headers, b"no such document")
        headers = {**headers, "ETag": known.etag, "Content-Type": known.content_type}
        headers["Last-Modified"] = formatdate(known.stored, usegmt=True)
        if self.tells_ages:
            headers["X-Offline-LRS-Age"] = str(known.age_ms + int(1000 * (self.now - known.stored)))
        if request.headers.get("if-none-match") == known.etag:
            return Reply(304, headers)
        return Reply(200, headers, known.content)

    def _change(self, request: Request, headers: dict[str, str], known: Paper | None) -> Reply:
        if self.most_bytes is not None and len(request.body) > self.most_bytes:
            return Reply(413, headers, b"too large")
        if request.document in self.refused:
            return Reply(400, headers, b"this one I do not like")
        if request.document in self.forbidden:
            return Reply(403, headers, b"this one is not for you to send")
        match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
        if (match is not None and (known is None or match != known.etag)) or (none_match and known is not None):
            return Reply(412, headers, b"it is another")
        if request.method == "DELETE":
            self.documents.pop(request.document, None)
            return Reply(204, headers)
        age_ms = int(request.headers.get("x-offline-lrs-age", "0"))
        paper = Paper(request.body, request.headers["content-type"], self.now, age_ms)
        self.documents[request.document] = paper
        return Reply(204, {**headers, "ETag": paper.etag})

    def _get(self, request: Request) -> tuple[int, bytes]:
        if not self.readable:
            return 403, b"this credential may only write"
        wanted = parse_qs(urlsplit(request.target).query).get("statementId", [""])[0]
        return (200, json.dumps(self.held[wanted]).encode()) if wanted in self.held else (404, b"no such statement")

    def _post(self, request: Request) -> tuple[int, bytes]:
        if self.most_bytes is not None and len(request.body) > self.most_bytes:
            return 413, b"too large"
        if self.refused.intersection(request.ids):
            return 400, b"one of these I do not like"
        if self.forbidden.intersection(request.ids):
            return 403, b"one of these is not for you to send"
        for statement in request.statements:
            known = self.held.get(statement["id"])
            if known is not None and (self.repetition_is_conflict or known != statement):
                return 409, b"one of these I have"
        for statement in request.statements:
            self.held.setdefault(statement["id"], statement)
        return 200, json.dumps(request.ids).encode()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _encoded(reply: Reply) -> bytes:
    headers = dict(reply.headers)
    if reply.status not in (204, 304):
        headers["Content-Length"] = str(len(reply.body))
    lines = [f"HTTP/1.1 {reply.status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + reply.body
