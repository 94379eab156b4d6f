"""How a command reaches the management API: of the program that runs on the data folder, or of one for just this call.

So every command works before the first `serve` and beside a running one, and there is one implementation of each. What
the application needs takes most of a second to load; beside a running program none of it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import io
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from lrs.clock import SystemClock
from lrs.errors import AlreadyRunning, Fault, MethodNotAllowed, OfflineLrsError, Unavailable
from lrs.local import notes, sockets
from lrs.local.notes import Note
from lrs.settings import gather
from lrs.store import lockfile

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

PATIENCE_SECONDS = 5.0
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 90.0
CHUNK = 64 * 1024

T = TypeVar("T")
Seen = Callable[[int], None]
Taken = Callable[[bytes], None]


def _unseen(_: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API; its path is below `prefix`.

    `file` is sent as it is read, in place of a body; `sent` hears how many bytes went out. With `taken` a good answer's
    body goes there in pieces and is not kept. `seconds` is how long the program may be silent, None for ever.
    """

    method: str
    path: str
    json: Any = None
    body: bytes | None = None
    content_type: str | None = None
    file: Path | None = None
    sent: Seen = field(default=_unseen, repr=False)
    taken: Taken | None = None
    seconds: float | None = ANSWER_SECONDS
    prefix: str = "/api"

    @property
    def target(self) -> str:
        """Path and query of the request."""
        return self.prefix + self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """JSON as its value, nothing as None, anything else as bytes."""
        if not self.body:  # 204, whose content type says nothing
            return None
        is_json = self.headers.get("content-type", "").startswith("application/json")
        return json.loads(self.body) if is_json else self.body


class Line(Protocol):
    """A way to the API, for as many calls as a command needs, also several at a time."""

    async def ask(self, wanted: Call) -> Answer:
        """The answer; a refusal is raised as the error it was."""


def call(data: Path, wanted: Call) -> Any:
    """The value of the answer to one call."""

    async def one(line: Line) -> Any:
        return (await line.ask(wanted)).value

    return ask(data, one)


def ask(data: Path, work: Callable[[Line], Awaitable[T]]) -> T:
    """What `work` makes of its calls.

    Where another process has the data folder it is a program that serves, which says where it is, or one that is just
    starting or ending, or another command, which is over in a moment: the latter three are waited for.
    """
    return asyncio.run(_ask(data, work))


async def _ask(data: Path, work: Callable[[Line], Awaitable[T]]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        async with contextlib.AsyncExitStack() as held:
            try:
                line = await held.enter_async_context(_line(data))
            except (AlreadyRunning, NotReached):
                if time.monotonic() > deadline:
                    raise
            else:
                return await work(line)
        await asyncio.sleep(0.05)


class NotReached(Unavailable):
    """A program has the data folder, and nothing of the request has come to it."""


@contextlib.asynccontextmanager
async def _line(data: Path) -> AsyncIterator[Line]:
    owner = lockfile.holder(data)
    if owner is None:
        async with _here(data) as line:
            yield line
        return
    note = notes.find(data)
    if note is None or note.pid != owner:  # it is starting or ending; a note that a killed one left says nothing
        raise AlreadyRunning(f"the data folder {data} is in use by process {owner}")
    there = There(note)
    (await asyncio.to_thread(there.connect)).close()
    yield there


# --- an application for this command --------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _here(data: Path) -> AsyncIterator[Line]:
    _load()
    from launcher.app import running

    async with running(gather(data, {}), SystemClock(), at_work=False) as (lms, app):
        yield Here(app, lms.owner_token)


def _load() -> None:
    """Loading makes many objects and no garbage: searching for some while at it takes a fifth of a command's time."""
    gc.disable()
    try:
        for name in ("launcher.app", "launcher.web.site"):
            import_module(name)
    finally:
        gc.enable()


@dataclass(frozen=True, slots=True)
class Here:
    """The application in this very process, spoken to without a socket."""

    app: ASGIApp
    token: str

    async def ask(self, wanted: Call) -> Answer:
        with _content(wanted) as (content, size):
            return await self._ask(wanted, content, size)

    async def _ask(self, wanted: Call, content: Body, size: int) -> Answer:
        path, _, query = wanted.target.partition("?")
        headers = _headers(wanted, self.token, size)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": wanted.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": None,
            "server": None,
        }
        read: list[bool] = []
        start: list[tuple[int, dict[str, str]]] = []
        kept = bytearray()

        async def receive() -> Message:
            if read:
                await asyncio.Event().wait()  # nobody hangs up on an application of one's own
            piece = content.read(CHUNK)
            more = len(piece) == CHUNK
            if not more:
                read.append(True)
            return {"type": "http.request", "body": piece, "more_body": more}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append((message["status"], _lowered(message.get("headers", ()))))
            elif message["type"] == "http.response.body":
                _keep(wanted, start[0][0], message.get("body", b""), kept)

        await self.app(scope, receive, send)
        return _checked(Answer(*start[0], bytes(kept)))


def _lowered(headers: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


# --- the program that runs ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class There:
    """The program that runs on the data folder, over its socket or its loopback address."""

    note: Note

    def connect(self, seconds: float | None = CONNECT_SECONDS) -> http.client.HTTPConnection:
        """A connection to it. Raises `NotReached`."""
        connection = _Connection(self.note)
        try:
            connection.connect()
        except OSError as error:
            raise NotReached(f"{self._who} does not answer: {error.strerror or error}") from error
        connection.sock.settimeout(seconds)
        return connection

    @property
    def _who(self) -> str:
        return f"process {self.note.pid} has the data folder and"

    async def ask(self, wanted: Call) -> Answer:
        connection = await asyncio.to_thread(self.connect, wanted.seconds)
        try:
            return await asyncio.to_thread(self._exchange, connection, wanted)
        except asyncio.CancelledError:  # the thread waits for an answer: it gets an end instead
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
            raise

    def _exchange(self, connection: http.client.HTTPConnection, wanted: Call) -> Answer:
        try:
            with contextlib.closing(connection), _content(wanted) as (content, size):
                headers = _headers(wanted, self.note.token, size)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer says why
                    connection.request(wanted.method, wanted.target, content, headers)
                answer = connection.getresponse()
                kept = bytearray()
                while piece := answer.read(CHUNK):
                    _keep(wanted, answer.status, piece, kept)
                if answer.length:
                    raise http.client.IncompleteRead(bytes(kept), answer.length)
                return _checked(Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, bytes(kept)))
        except (OSError, http.client.HTTPException) as error:
            what = "it was silent for too long" if isinstance(error, TimeoutError) else str(error) or "it hung up"
            raise Unavailable(f"{self._who} gave no complete answer: {what}") from error


class _Connection(http.client.HTTPConnection):
    """To the door that the note names, its private socket first."""

    def __init__(self, note: Note) -> None:
        at = urlsplit(note.url or "http://127.0.0.1")
        super().__init__(at.hostname or "", at.port, timeout=CONNECT_SECONDS, blocksize=CHUNK)
        self._path = None if note.socket is None else Path(note.socket)

    def connect(self) -> None:
        if self._path is None:
            super().connect()
        else:
            self.sock = sockets.connect(self._path, CONNECT_SECONDS)


# --- what both speak ------------------------------------------------------------------------------------------------


class Body(Protocol):
    """What is sent."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Watched:
    """A body that says how much of it was read."""

    inner: Body
    sent: Seen

    def read(self, size: int = -1, /) -> bytes:
        piece = self.inner.read(size)
        self.sent(len(piece))
        return piece


@contextlib.contextmanager
def _content(wanted: Call) -> Iterator[tuple[Body, int]]:
    """The body and its size."""
    if wanted.file is not None:
        with wanted.file.open("rb") as file:
            yield _Watched(file, wanted.sent), os.fstat(file.fileno()).st_size
        return
    body = wanted.body or b""
    if wanted.json is not None:
        body = json.dumps(wanted.json).encode()
    yield io.BytesIO(body), len(body)


def _headers(wanted: Call, token: str, size: int) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}", "Host": "offline-lrs.invalid", "Content-Length": str(size)}
    kind = "application/json" if wanted.json is not None else wanted.content_type
    return {**headers, "Content-Type": kind} if kind is not None else headers


def _keep(wanted: Call, status: int, piece: bytes, kept: bytearray) -> None:
    if wanted.taken is not None and status < 300:
        wanted.taken(piece)
    else:
        kept += piece


def _checked(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise _raised(answer)
    return answer


def _raised(answer: Answer) -> OfflineLrsError:
    """The error behind a problem+json answer."""
    from lrs.http.errors import TABLE

    try:
        problem = json.loads(answer.body)
        detail = str(problem["detail"])
        faults = [Fault(one["path"], one["requirement"], one["detail"]) for one in problem.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        return OfflineLrsError(f"the program answered {answer.status}")
    kind = next((kind for kind, status, _ in TABLE if status == answer.status), OfflineLrsError)
    if kind is MethodNotAllowed:  # a fault of ours, and it wants to know what is allowed
        return OfflineLrsError(detail, faults)
    return kind(detail, faults)
