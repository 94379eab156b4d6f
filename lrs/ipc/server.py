"""Serve one ASGI application at several doors: Unix sockets, TCP sockets, or both, in one process.

uvicorn speaks the HTTP; here is what it lacks for a door on a device. The kernel is asked once for the process behind
each Unix connection, another user's is closed before a byte is read, and the application finds who it is in
`scope["state"]`: `door` (`"ipc"` or `"tcp"`) and `peer` (a `Peer`, or None). A head is limited to 32 KiB. A start that
fails raises the application's own error. A stop is graceful: no new calls, those in progress finish.

Opening the sockets is left to `lrs.local.sockets` and to the caller; who may do what is left to the application.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from types import FrameType
from typing import Any, Literal, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

from lrs.errors import ConfigurationError
from lrs.local.peers import Peer, peer_of

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
Door = Literal["ipc", "tcp"]

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 60
HEAD_LIMIT = 32 * 1024
_TICK_SECONDS = 1.0  # uvicorn renews the Date header once a second
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 22\r\nconnection: close\r\n\r\n"
    b"Request head too large"
)


class Doors:
    """The application at its doors, from `run()` until `stop()`, SIGTERM or SIGINT.

    The sockets are bound already and are closed at the end. `on_ready` is called once, when the application has started
    and every door answers. After a stop, requests in progress have `shutdown_timeout` seconds; a second signal does not
    wait for them.
    """

    def __init__(
        self,
        app: AsgiApp,
        sockets: list[socket.socket],
        on_ready: Callable[[], None] | None = None,
        shutdown_timeout: float = 10.0,
    ) -> None:
        self._sockets = sockets
        self._server = _Server(app, _config(app, shutdown_timeout), on_ready)

    async def run(self) -> None:
        """Serve until stopped. In the main thread SIGTERM and SIGINT are a stop too, and `run` returns as ever."""
        await self._server.serve(self._sockets)

    def stop(self) -> None:
        """Ask for the end; `run` returns when it is done. From any thread."""
        self._server.ask_to_stop()

    @property
    def in_progress(self) -> int:
        """How many requests are being answered now."""
        return len(self._server.server_state.tasks)


def run(doors: Doors) -> None:
    """Run the doors in an event loop of their own: uvloop where it is installed."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(doors.run())


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes an event loop: uvloop's where it is installed, else None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _config(app: AsgiApp, shutdown_timeout: float) -> Config:
    config = Config(
        app,
        http=_DoorProtocol,
        loop="none",
        ws="none",
        lifespan="off",  # `_Lifespan` below: uvicorn's own hides why a start failed
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    config.timeout_graceful_shutdown = shutdown_timeout  # type: ignore[assignment]  # asyncio.wait_for takes fractions
    return config


# --- one connection -------------------------------------------------------------------------------------------------


class _DoorProtocol(HttpToolsProtocol):
    """One connection, which knows its door and who is behind it."""

    _in_head = True
    _head_bytes = 0
    _received = 0  # at once: several requests may come together, and the count above begins anew with each
    _too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        super().connection_made(transport)
        door, peer = _door_of(transport)
        # A dictionary of this connection's own: uvicorn hands the same one to every connection.
        self.app_state = {**self.app_state, "door": door, "peer": peer}
        if door == "ipc" and (peer is None or peer.uid != os.getuid()):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._received = len(data)
        self._head_bytes += self._received
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_LIMIT and not self.transport.is_closing():
            self._refuse_head()  # a head that does not end; one that does is measured in `on_headers_complete`

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._received > HEAD_LIMIT and self._head_size() > HEAD_LIMIT:
            self._too_large = True
            raise httptools.HttpParserError("head too large")  # uvicorn then calls `send_400_response`
        self._in_head = False
        super().on_headers_complete()
        if self.cycle.scope["method"] != "HEAD":  # its answer has no body that the head could wait for
            self.cycle.transport = cast(asyncio.Transport, _Joined(self.transport))

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0

    def send_400_response(self, msg: str) -> None:
        if self._too_large:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self.transport.write(_HEAD_TOO_LARGE)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer an upgrade we do not know as a plain request (RFC 9110 7.8), without advice in the log."""


class _Joined:
    """A connection as one answer sees it: its head goes out together with the body, where that is at hand, since each
    write is a call of the system and a packet of its own."""

    __slots__ = ("_head", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """The first call brings the head (or says that the body may come), the others parts of the body."""
        if self._head is None:
            self._transport.write(data)
        elif self._head:
            self._transport.write(self._head + data)
            self._head = None
        elif b"\r\ncontent-length: " in data:
            self._head = data
        else:  # of a body without a length nobody knows when its beginning comes
            self._transport.write(data)
            self._head = b"" if data.startswith(b"HTTP/1.1 100 ") else None

    def close(self) -> None:
        """Close, without a body if none came."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()


def _door_of(transport: asyncio.Transport) -> tuple[Door, Peer | None]:
    sock: Any = transport.get_extra_info("socket")
    if sock.family != socket.AF_UNIX:
        return "tcp", None
    try:
        return "ipc", peer_of(sock)
    except OSError:  # it has gone already
        return "ipc", None


# --- all connections ------------------------------------------------------------------------------------------------


class _Server(Server):
    """uvicorn's server, which wakes once a second and at a stop instead of ten times a second."""

    def __init__(self, app: AsgiApp, config: Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._app, self._on_ready = app, on_ready
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._application: _Lifespan | None = None

    def ask_to_stop(self) -> None:
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        application = _Lifespan(self._app, self.lifespan.state)
        try:
            await application.start()
        except BaseException:
            for sock in sockets or []:
                sock.close()
            raise
        self._application = application
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._application is not None:
            await self._application.stop()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _TICK_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """A signal is a stop, and only that: uvicorn would raise it once more at the end and fail the process."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self.ask_to_stop()


class _Lifespan:
    """The application's start and end (ASGI Lifespan 2.0). What it raises while starting reaches the caller."""

    def __init__(self, app: AsgiApp, state: dict[str, Any]) -> None:
        self._app, self._state = app, state
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._answered: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope: Message = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        self._task = asyncio.ensure_future(self._app(scope, self._asked.get, self._answered.put))
        await self._ask("lifespan.startup")

    async def stop(self) -> None:
        await self._ask("lifespan.shutdown")

    async def _ask(self, what: str) -> None:
        task = self._task
        if task is None:
            return
        self._asked.put_nowait({"type": what})
        answer = asyncio.ensure_future(self._answered.get())
        await asyncio.wait((task, answer), return_when=asyncio.FIRST_COMPLETED)
        if answer.done() and answer.result()["type"] == f"{what}.complete":
            return
        answer.cancel()
        await task  # raises what went wrong
        raise ConfigurationError(f"the application gave up at {what}")
