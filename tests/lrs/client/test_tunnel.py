"""HTTP over the Unix socket of a service: real sockets, and real processes that die."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs import client
from lrs.client import Misdirected, Response, Tunnel, Unreachable
from lrs.errors import ConfigurationError, Invalid
from lrs.local import registry
from lrs.local.registry import Service
from lrs.local.sockets import listen, socket_path
from tests.support.device import start

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

NAME = "org.example.lms"


@contextlib.contextmanager
def scripted(*answers: bytes | None, path: Path | None = None) -> Iterator[list[bytes]]:
    """A service that takes one connection for each answer, reads a request, sends the answer and hangs up.

    None: hang up without a byte. Yields the requests as they came.
    """
    requests: list[bytes] = []
    door = listen(path or socket_path(NAME))
    door.settimeout(10)

    def serve() -> None:
        for answer in answers:
            call, _ = door.accept()
            with call:
                call.settimeout(10)
                requests.append(call.recv(65536))
                if answer:
                    call.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield requests
    finally:
        thread.join()
        door.close()


@contextlib.contextmanager
def tunnel() -> Iterator[Tunnel]:
    """A tunnel to the service, closed at the end."""
    with contextlib.closing(Tunnel(NAME)) as opened:
        yield opened


@pytest.fixture
def echo() -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the echo service, when asked and as often; kills what is left."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        process = start("tests.support.echo_door", NAME)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def ask(transport: client.Transport, url: str = "/a", method: str = "GET", **more: Any) -> Response:
    """A request with nothing special."""
    return transport.request(method, url, {}, more.pop("body", None), 10.0, **more)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_request_reaches_the_service(echo: Callable[[], subprocess.Popen[str]]) -> None:
    """Target in origin-form, Host from the URL, body whole; and the service knows who called."""
    echo()
    with tunnel() as opened:
        url = "http://org.example.lms.ipc.invalid/xapi/statements?a=%20b"
        answer = json.loads(opened.request("POST", url, {"X": "y"}, b"x" * 100_000, 10.0).body)
    expected = ("POST", "/xapi/statements?a=%20b", "org.example.lms.ipc.invalid", 100_000, os.getpid())
    assert expected == (answer["method"], answer["target"], answer["host"], answer["length"], answer["peer"][0])


def test_one_connection_is_kept(echo: Callable[[], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten requests, one call."""
    echo()
    dialled: list[float] = []
    with tunnel() as opened:
        dial = opened._connection._dial

        def count(timeout: float) -> http.client.HTTPConnection:
            dialled.append(timeout)
            return dial(timeout)

        monkeypatch.setattr(opened._connection, "_dial", count)
        statuses = [ask(opened).status for _ in range(10)]
    assert (statuses, len(dialled)) == ([200] * 10, 1)


def test_threads_share_a_tunnel(echo: Callable[[], subprocess.Popen[str]]) -> None:
    """Each gets the answer to its own request."""
    echo()
    targets: dict[int, str] = {}

    def call(number: int) -> None:
        targets[number] = json.loads(ask(opened, f"/{number}").body)["target"]

    with tunnel() as opened:
        threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {number: f"/{number}?" for number in range(20)} == targets


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_restart_is_not_noticed(echo: Callable[[], subprocess.Popen[str]], method: str) -> None:
    """An idempotent request on a kept connection that died is sent again, to the new process."""
    first = echo()
    with tunnel() as opened:
        ask(opened)
        kill(first)
        second = echo()
        assert json.loads(ask(opened, method=method).body)["pid"] == second.pid


def test_a_post_is_sent_again_only_when_that_is_said_to_be_safe(echo: Callable[[], subprocess.Popen[str]]) -> None:
    """Else it might be done twice."""
    first = echo()
    with tunnel() as opened:
        ask(opened)
        kill(first)
        second = echo()
        with pytest.raises(Unreachable) as raised:
            ask(opened, method="POST")
        ask(opened)
        kill(second)
        third = echo()
        answer = json.loads(ask(opened, method="POST", retry_safe=True).body)
    assert (True, third.pid) == (raised.value.sent, answer["pid"])


def test_a_service_killed_while_it_answers_is_unreachable_at_once(echo: Callable[[], subprocess.Popen[str]]) -> None:
    """On a new connection there is no second try: the caller decides."""
    echo()
    with tunnel() as opened:
        with pytest.raises(Unreachable) as raised:
            ask(opened, "/die", retry_safe=True)
        echo()
        assert (raised.value.sent, ask(opened).status) == (True, 200)


def test_half_an_answer_is_none_and_not_asked_for_again() -> None:
    """It was carried out, and how it ended is not known."""
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with scripted(kept, half) as requests, tunnel() as opened:
        ask(opened)
        with pytest.raises(Unreachable):
            ask(opened)
    assert len(requests) == 2


def test_a_kept_connection_that_ended_is_replaced_once() -> None:
    """The service hangs up twice more: that is the end of it."""
    with scripted(OK, None) as requests, tunnel() as opened:
        ask(opened)
        with pytest.raises(Unreachable, match="connection ended before the answer"):
            ask(opened)
    assert len(requests) == 2


def test_an_answer_that_came_before_the_body_was_read_counts() -> None:
    """A body that is refused unread: the refusal is the answer, not the broken pipe."""
    refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with scripted(refusal), tunnel() as opened:
        assert ask(opened, method="POST", body=b"x" * 10_000_000).status == 413


@pytest.mark.parametrize("garbage", [b"\x00\xff\r\n\r\n", b"SSH-2.0\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_no_http_is_no_answer(garbage: bytes) -> None:
    """Nor a traceback."""
    with scripted(garbage), tunnel() as opened, pytest.raises(Unreachable):
        ask(opened)


def test_all_header_fields_are_handed_out() -> None:
    """Repeated ones too; `header` finds the first in any case."""
    raw = b"HTTP/1.1 204 No Content\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"
    with scripted(raw), tunnel() as opened:
        answer = ask(opened)
    expected = (204, (("A", "1"), ("B", "2"), ("a", "3")), b"", "1", None)
    assert expected == (answer.status, answer.headers, answer.body, answer.header("a"), answer.header("c"))


def test_a_post_without_a_body_says_so() -> None:
    """`Content-Length: 0`, and nothing that was not asked for."""
    with scripted(OK) as requests, tunnel() as opened:
        opened.request("POST", "/fetch", {"Authorization": "Basic x"}, None, 10.0)
    fields = b"Host: org.example.lms.ipc.invalid\r\nAuthorization: Basic x\r\nContent-Length: 0\r\n"
    assert b"POST /fetch HTTP/1.1\r\n" + fields + b"\r\n" == requests[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://org.example.other.ipc.invalid/a",
        "http://org.example.lms.ipc.invalid.evil.example/a",
        "http://org.example.lms.ipc.invalid:81/a",
        "https://org.example.lms.ipc.invalid/a",
        "http://127.0.0.1/a",
        "https://undeclared.example/a",
        "a",
    ],
)
def test_a_url_of_another_service_is_refused(url: str) -> None:
    """Before anything is connected: nobody is there, and that is not what is said."""
    registry.register(Service(NAME, (), origins=("https://declared.example",)))
    with tunnel() as opened, pytest.raises(Misdirected):
        ask(opened, url)


def test_declared_origins_are_answered_for() -> None:
    """An endpoint that has an address on the network too, reached without it."""
    path = socket_path("elsewhere")
    registry.register(Service(NAME, ({"type": "unix", "path": str(path)},), origins=("https://lms.example",)))
    with scripted(OK, path=path) as requests, tunnel() as opened:
        ask(opened, "https://LMS.example:443/xapi/about")
    assert requests[0].startswith(b"GET /xapi/about HTTP/1.1\r\nHost: LMS.example:443\r\n")


def test_the_service_may_move_while_the_tunnel_is_open() -> None:
    """Where it is registered is looked up again at each new connection."""
    hang_up = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with tunnel() as opened:
        for name in ("one", "two"):
            path = socket_path(name)
            registry.register(Service(NAME, ({"type": "unix", "path": str(path)},)))
            with scripted(hang_up, path=path):
                assert ask(opened).status == 200


def test_nobody_there_says_which_service_and_that_nothing_was_sent() -> None:
    """Whether it was never registered, or does not run."""
    with tunnel() as opened:
        with pytest.raises(Unreachable, match=r"offline-lrs serve --ipc-service org\.example\.lms") as unknown:
            ask(opened)
        registry.register(Service(NAME, ({"type": "unix", "path": str(socket_path(NAME))},)))
        with pytest.raises(
            Unreachable, match=r"service org\.example\.lms cannot be reached \(nobody is there\)"
        ) as gone:
            ask(opened)
    assert (unknown.value.sent, gone.value.sent) == (False, False)


def test_a_service_without_a_unix_socket_cannot_be_reached() -> None:
    """It is spoken to in another way."""
    registry.register(Service(NAME, ({"type": "dbus", "name": NAME},)))
    with tunnel() as opened, pytest.raises(Unreachable, match="has no Unix socket"):
        ask(opened)


def test_a_service_that_keeps_silent_is_given_up() -> None:
    """After the time that the caller set; the next request is not disturbed by a late answer."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(socket_path(NAME)))
        socket_path(NAME).chmod(0o600)
        door.listen()
        with tunnel() as opened, pytest.raises(Unreachable, match="did not answer in time") as raised:
            opened.request("GET", "/a", {}, None, 0.05)
    socket_path(NAME).unlink()
    assert raised.value.sent


def test_a_socket_that_is_not_to_be_trusted_is_no_matter_of_patience() -> None:
    """`ConfigurationError`, so that nobody tries again and again."""
    with listen(socket_path(NAME)), tunnel() as opened:
        socket_path(NAME).chmod(0o666)
        with pytest.raises(ConfigurationError):
            ask(opened)


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [("GET\r\nX: y", "/", {}), ("GET", "/a b", {}), ("GET", "/a\r\nX: y", {}), ("GET", "/", {"X": "y\r\nZ: z"})],
)
def test_nothing_can_be_smuggled_into_a_request(method: str, url: str, headers: dict[str, str]) -> None:
    """A line break is refused, and the service never hears of it."""
    with scripted(None) as requests, tunnel() as opened, pytest.raises(Misdirected):
        opened.request(method, url, headers, None, 10.0)
    assert requests == [b""]


@pytest.mark.parametrize("name", ["../x", "unix:/tmp/x", ""])
def test_a_service_is_a_name(name: str) -> None:
    """Never an address to obey."""
    with pytest.raises(Invalid):
        Tunnel(name)


def test_open_takes_the_way_that_the_launch_names() -> None:
    """The service where there is one, else the network."""
    ways = [client.open("http://x/", NAME), client.open("http://x/", None), client.open("http://x/", "")]
    assert [Tunnel, client.Network, client.Network] == [type(way) for way in ways]
