"""One application at several doors: who is behind a connection, what is refused, how it starts and ends."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from lrs.errors import AlreadyRunning, ConfigurationError
from lrs.ipc.server import HEAD_LIMIT, Doors, run
from lrs.local.sockets import connect, listen, socket_path
from tests.support.device import as_nobody, needs_root, start, wait_for
from tests.support.echo_door import app

NAME = "org.example.lms"


@contextlib.contextmanager
def open_doors(sockets: list[socket.socket], application: Any = None, shutdown_timeout: float = 5.0) -> Iterator[Doors]:
    """The application at these doors, in a thread, until the end of the block."""
    ready = threading.Event()
    doors = Doors(application or app(), sockets, ready.set, shutdown_timeout)
    thread = threading.Thread(target=run, args=(doors,))
    thread.start()
    try:
        assert ready.wait(10)
        yield doors
    finally:
        doors.stop()
        thread.join(10)
    assert not thread.is_alive()


def tcp() -> socket.socket:
    """A listening TCP socket at a free port."""
    return socket.create_server(("127.0.0.1", 0))


def unix_call(raw: bytes, path: Path) -> bytes:
    """All that the door answers to these bytes until it hangs up."""
    with connect(path, 10.0) as caller:
        caller.sendall(raw)
        return b"".join(iter(lambda: _read(caller), b""))


def _read(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""


def body_of(answer: bytes) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def get(path: str, *fields: str) -> bytes:
    """A request that asks for the connection to be closed."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *fields, "", ""]).encode()


def test_the_application_learns_door_and_peer() -> None:
    """Over a Unix socket the process that called, as the kernel says; over TCP nobody."""
    network = tcp()
    with open_doors([listen(socket_path(NAME)), network]):
        local = body_of(unix_call(get("/a"), socket_path(NAME)))
        client = http.client.HTTPConnection("127.0.0.1", network.getsockname()[1], timeout=10)
        client.request("GET", "/a")
        remote = json.loads(client.getresponse().read())
        client.close()
    expected = (("ipc", [os.getpid(), os.getuid()]), ("tcp", None))
    assert expected == ((local["door"], local["peer"]), (remote["door"], remote["peer"]))


def test_each_connection_has_its_own_peer() -> None:
    """Two connections that are open at once do not see each other's."""
    with open_doors([listen(socket_path(NAME))]), connect(socket_path(NAME), 10.0) as ours:
        child = start("tests.lrs.ipc.call", str(socket_path(NAME)))
        theirs = json.loads(child.communicate(timeout=20)[0])
        ours.sendall(get("/a"))
        own = body_of(b"".join(iter(lambda: _read(ours), b"")))
    assert (child.pid, os.getpid()) == (theirs["peer"][0], own["peer"][0])


@needs_root
def test_another_user_is_cut_off_before_a_byte_is_read(device: Path) -> None:
    """Though the socket was left open to everybody, in a folder open to everybody."""
    path = Path("/tmp") / f"offline-lrs-test-{os.getpid()}.sock"
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    path.chmod(0o666)

    def call() -> int:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(10)
            caller.connect(str(path))
            with contextlib.suppress(BrokenPipeError):
                caller.sendall(get("/a"))
            return len(_read(caller))

    try:
        with open_doors([door]):
            assert as_nobody(call) == 0
            with socket.socket(socket.AF_UNIX) as own:
                own.connect(str(path))
                own.sendall(get("/a"))
                assert own.recv(12) == b"HTTP/1.1 200"
    finally:
        path.unlink()


def test_a_fault_of_the_application_shows_nothing_of_the_inside() -> None:
    """500, without a trace, a message or a server's name."""
    with open_doors([listen(socket_path(NAME))]):
        answer = unix_call(get("/fault"), socket_path(NAME))
    assert (
        answer.startswith(b"HTTP/1.1 500 "),
        b"secret" in answer or b"Traceback" in answer,
        b"server:" in answer.lower(),
    ) == (True, False, False)


@pytest.mark.parametrize(
    "head",
    [
        get("/a", "X: " + "y" * HEAD_LIMIT),
        get("/" + "y" * HEAD_LIMIT),
        get("/a", *(f"X-{number}: {'y' * 100}" for number in range(400))),
        b"GET /a HTTP/1.1\r\nX: " + b"y" * 4 * HEAD_LIMIT,
    ],
    ids=["one field", "target", "many fields", "a field without end"],
)
def test_a_head_over_the_limit_is_refused(head: bytes) -> None:
    """431 and the end of the connection; the door goes on."""
    with open_doors([listen(socket_path(NAME))]):
        answer = unix_call(head, socket_path(NAME))
        after = unix_call(get("/a"), socket_path(NAME))
    assert (answer[:12], after[:12]) == (b"HTTP/1.1 431", b"HTTP/1.1 200")


def test_heads_on_a_kept_connection_do_not_add_up() -> None:
    """The limit is one head's, not the connection's."""
    with open_doors([listen(socket_path(NAME))]), connect(socket_path(NAME), 10.0) as caller:
        client = http.client.HTTPConnection("x")
        client.sock = caller
        statuses = []
        for _ in range(6):
            client.request("POST", "/a", b"z" * 50_000, {"X": "y" * 8000})
            answer = client.getresponse()
            answer.read()
            statuses.append(answer.status)
    assert statuses == [200] * 6


def test_head_is_answered_at_once_on_a_kept_connection() -> None:
    """It has the length of a body that does not come, and nothing waits for it."""
    with open_doors([listen(socket_path(NAME))]), connect(socket_path(NAME), 10.0) as caller:
        client = http.client.HTTPConnection("x")
        client.sock = caller
        found = []
        for method in ("HEAD", "GET", "HEAD"):
            client.request(method, "/a")
            answer = client.getresponse()
            found.append((answer.status, bool(answer.read())))
    assert found == [(200, False), (200, True), (200, False)]


def test_a_long_head_behind_another_request_is_refused() -> None:
    """Also where both come in one piece."""
    first = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz"
    with open_doors([listen(socket_path(NAME))]):
        answer = unix_call(first + get("/a", "X: " + "y" * HEAD_LIMIT), socket_path(NAME))
    assert answer.count(b"HTTP/1.1 431") == 1


def streaming(length: bytes | None, released: threading.Event) -> Any:
    """An application that says the head, and its body in two parts, the second once it is told to."""
    headers = [] if length is None else [(b"content-length", length)]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if length is None:
            await asyncio.to_thread(released.wait, 10)
        await send({"type": "http.response.body", "body": b"HTTP/1.1 one", "more_body": True})
        await asyncio.to_thread(released.wait, 10)
        await send({"type": "http.response.body", "body": b"HTTP/1.1 two"})

    return application


@pytest.mark.parametrize(("length", "expected"), [(None, b""), (b"24", b"HTTP/1.1 one")], ids=["unknown", "known"])
def test_an_answer_does_not_wait_for_what_is_not_at_hand(length: bytes | None, expected: bytes) -> None:
    """The head comes at once where nobody knows when the body does; else with the body's beginning."""
    released = threading.Event()
    with (
        open_doors([listen(socket_path(NAME))], streaming(length, released)),
        connect(socket_path(NAME), 10.0) as caller,
    ):
        caller.sendall(get("/a"))
        begun = _read(caller)
        released.set()
        rest = b"".join(iter(lambda: _read(caller), b""))
    _, _, body = begun.partition(b"\r\n\r\n")
    assert (begun[:12], body, rest.count(b"HTTP/1.1 two")) == (b"HTTP/1.1 200", expected, 1)


@pytest.mark.parametrize("raw", [b"\x00\x01\x02\r\n\r\n", b"GET /a HTTP/1.1\r\nA b: c\r\n\r\n"])
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    """400, and the door goes on."""
    with open_doors([listen(socket_path(NAME))]):
        answer = unix_call(raw, socket_path(NAME))
        after = unix_call(get("/a"), socket_path(NAME))
    assert (answer[:12], after[:12]) == (b"HTTP/1.1 400", b"HTTP/1.1 200")


def test_two_lengths_for_one_body_are_refused() -> None:
    """Transfer-Encoding with Content-Length is how requests are smuggled (RFC 9112 6.1)."""
    raw = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with open_doors([listen(socket_path(NAME))]):
        assert unix_call(raw, socket_path(NAME))[:12] == b"HTTP/1.1 400"


def test_an_unknown_upgrade_is_answered_as_a_plain_request(capfd: pytest.CaptureFixture[str]) -> None:
    """As RFC 9110 7.8 has it, with nothing in the log."""
    with open_doors([listen(socket_path(NAME))]):
        raw = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
        with connect(socket_path(NAME), 10.0) as caller:
            caller.sendall(raw)
            assert caller.recv(12) == b"HTTP/1.1 200"
    assert capfd.readouterr().err == ""


def test_a_large_body_comes_through_whole() -> None:
    """Twenty megabytes, in one request."""
    with open_doors([listen(socket_path(NAME))]), connect(socket_path(NAME), 30.0) as caller:
        client = http.client.HTTPConnection("x")
        client.sock = caller
        client.request("POST", "/a", b"z" * 20_000_000)
        assert json.loads(client.getresponse().read())["length"] == 20_000_000


@pytest.mark.slow
def test_a_stop_lets_requests_in_progress_finish() -> None:
    """And takes no more; then the path is free."""
    answers: list[bytes] = []
    with open_doors([listen(socket_path(NAME))]) as doors:
        slow = threading.Thread(target=lambda: answers.append(unix_call(get("/slow"), socket_path(NAME))))
        slow.start()
        wait_for(lambda: doors.in_progress == 1)
    slow.join()
    assert (answers[0][:12], socket_path(NAME).exists()) == (b"HTTP/1.1 200", False)


def test_a_stop_does_not_wait_for_idle_connections() -> None:
    """A kept connection that says nothing is closed."""
    with open_doors([listen(socket_path(NAME))]), connect(socket_path(NAME), 10.0) as idle:
        idle.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"


def test_requests_that_take_too_long_are_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """`shutdown_timeout` seconds, fractions too; the log says so."""
    with open_doors([listen(socket_path(NAME))], shutdown_timeout=0.1) as doors:
        slow = threading.Thread(target=unix_call, args=(get("/slow"), socket_path(NAME)))
        slow.start()
        wait_for(lambda: doors.in_progress == 1)
        began = time.monotonic()
    took = time.monotonic() - began
    slow.join()
    assert (took < 0.8, "timeout graceful shutdown exceeded" in caplog.text) == (True, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_a_graceful_stop(number: signal.Signals) -> None:
    """The process goes on after `run`, ends with 0 and says nothing of its own."""
    service = start("tests.support.echo_door", NAME)
    assert service.stdout is not None
    assert service.stdout.readline() == "ready\n"
    service.send_signal(number)
    out, err = service.communicate(timeout=20)
    assert (service.returncode, out, err) == (0, "stopped\n", "")


def test_a_failed_start_raises_the_applications_own_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing was ready, the path is free again, and nothing is printed: the caller says it in one line."""

    @contextlib.asynccontextmanager
    async def owned(_app: Starlette) -> AsyncIterator[None]:
        if not ready:
            raise AlreadyRunning("process 7 has it")
        yield

    ready: list[bool] = []
    doors = Doors(Starlette(lifespan=owned), [listen(socket_path(NAME))], lambda: ready.append(True))
    with pytest.raises(AlreadyRunning, match="process 7 has it"):
        run(doors)
    assert (ready, socket_path(NAME).exists(), capfd.readouterr().err) == ([], False, "")


def test_an_application_that_gives_up_without_a_reason_is_an_error() -> None:
    """`lifespan.startup.failed` alone."""

    async def given_up(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    with pytest.raises(ConfigurationError, match="gave up"):
        run(Doors(given_up, [listen(socket_path(NAME))]))


def test_the_application_is_started_before_and_ended_after_the_requests() -> None:
    """And its state is in every request."""
    events: list[str] = []

    @contextlib.asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[dict[str, str]]:
        events.append("start")
        yield {"key": "value"}
        events.append("end")

    application = Starlette(lifespan=life)

    async def note(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            events.append(f"request {scope['state']['key']} {scope['state']['door']}")
        await application(scope, receive, send)

    with open_doors([listen(socket_path(NAME))], note):
        unix_call(get("/a"), socket_path(NAME))
    assert events == ["start", "request value ipc", "end"]
