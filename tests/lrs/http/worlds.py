"""A record store with its resources, and clients of it, in one process and without sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from lrs.app import App, create_lrs
from lrs.auth import credentials
from lrs.clock import Clock
from lrs.http.parts import Lrs, Policy
from lrs.settings import Settings
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Transaction
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, Loop, open_fast

SECOND_STORE = 2
AGENT = {"mbox": "mailto:lena@example.org"}
ACTIVITY = "http://example.com/activities/a"
STATE = {"activityId": ACTIVITY, "agent": json.dumps(AGENT), "stateId": "s"}
ACTIVITY_PROFILE = {"activityId": ACTIVITY, "profileId": "p"}
AGENT_PROFILE = {"agent": json.dumps(AGENT), "profileId": "p"}
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """The ids of a page's statements."""
        return [str(one["id"]) for one in self.json()["statements"]]


def statement(number: int | None = None, **members: Any) -> dict[str, Any]:
    """A statement; with a number it has that id."""
    given = {} if number is None else {"id": statement_id(number)}
    verb = {"id": "http://example.com/verbs/tried"}
    return {**given, "actor": AGENT, "verb": verb, "object": {"id": ACTIVITY}, **members}


def statement_id(number: int) -> str:
    """The id of the n-th statement."""
    return f"00000000-0000-4000-8000-{number:012x}"


class Client:
    """One sender. What it does not say itself is added: credential, version, JSON."""

    def __init__(self, world: World, key: str, version: str | None = "1.0.3") -> None:
        self._world = world
        self.headers = {"authorization": credentials.header(key, f"secret of {key}")}
        if version is not None:
            self.headers["x-experience-api-version"] = version

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a header that is empty is not sent."""
        query = f"?{urlencode(params)}" if params else ""
        sent = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value}
        return await request(self._world.app, method, path + query, sent, content, self._world.state)

    def __call__(self, method: str, path: str, content: bytes = b"", **more: Any) -> Answer:
        """The same, to the end."""
        return self._world.loop.run(self.ask(method, path, content, **more))

    def post(self, *statements: Any, **more: Any) -> Answer:
        """POST one statement, or several as a batch."""
        body = statements[0] if len(statements) == 1 else list(statements)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self("POST", "/xapi/statements", raw, headers={**JSON, **more.pop("headers", {})}, **more)

    def get(self, **params: str) -> Answer:
        """GET statements."""
        return self("GET", "/xapi/statements", params=params)

    def follow(self, answer: Answer) -> Answer:
        """GET the next page."""
        return self("GET", answer.json()["more"])

    def everything(self, **params: str) -> list[str]:
        """The ids of all pages."""
        answer = self.get(**params)
        found = answer.ids
        while answer.json()["more"]:
            answer = self.follow(answer)
            found += answer.ids
        return found


class World:
    """A running record store."""

    def __init__(self, kept: Kept, lrs: Lrs, clock: Clock) -> None:
        self.kept, self.lrs, self.clock = kept, lrs, clock
        self.loop = kept.loop
        self.app = App(lrs)
        self.state: dict[str, Any] = {"door": "tcp"}
        self.client = self.sender("admin")

    def sender(
        self, key: str, *scopes: str, store: int = DEFAULT_STORE, session: str | None = None, version: str = "1.0.3"
    ) -> Client:
        """A client with a credential of its own."""

        def work(transaction: Transaction) -> None:
            credentials.add(transaction, store, key, f"secret of {key}", scopes or ("all",), salt=None, replace=False)
            transaction.execute("UPDATE credential SET session = ? WHERE key = ?", (session, key))

        self.kept.write(work)
        return Client(self, key, version)

    def add_second_store(self) -> None:
        """A tenant beside the default one."""

        def work(transaction: Transaction) -> None:
            transaction.execute("INSERT INTO store (id, name) VALUES (?, 'second')", (SECOND_STORE,))
            row = (SECOND_STORE, 0, 0, 0, "")
            transaction.execute("INSERT INTO head (store, seq, stored_us, revision, epoch) VALUES (?,?,?,?,?)", row)

        self.kept.write(work)


@contextmanager
def opened(folder: Path, clock: Clock | None = None, policy: Policy | None = None, **settings: Any) -> Iterator[World]:
    """A world that lasts until the end of the block; the same folder again is the same store after a restart."""
    clock = clock or FixedClock()
    loop = Loop()
    try:
        kept = Kept(open_fast(folder, clock), loop)
        try:
            lrs = loop.run(create_lrs(kept.store, Settings(data=folder, **settings), clock, policy))
            yield World(kept, lrs, clock)
        finally:
            kept.close()
    finally:
        loop.close()


async def request(
    app: Any,
    method: str,
    target: str,
    headers: Mapping[str, str],
    content: bytes | Sequence[bytes] = b"",
    state: Mapping[str, Any] | None = None,
) -> Answer:
    """One request to an ASGI application; content in several parts comes without its length."""
    parts = [content] if isinstance(content, bytes) else list(content)
    length = {"content-length": str(len(content))} if isinstance(content, bytes) and content else {}
    raw_headers = [(name.lower().encode(), text.encode()) for name, text in {**length, **headers}.items()]
    split = urlsplit("x:" + target) if target.startswith("//") else urlsplit(target)
    path = target.partition("?")[0]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": split.query.encode(),
        "headers": raw_headers,
        "state": dict(state or {}),
    }
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            return {"type": "http.disconnect"}
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    await app(scope, receive, send)
    start = answered[0]
    body = b"".join(message.get("body", b"") for message in answered[1:])
    return Answer(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body)
