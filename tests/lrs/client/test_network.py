"""The same over TCP, against the doors as they are."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from lrs.client import Misdirected, Network, Unreachable
from lrs.ipc.server import Doors, run
from tests.support.echo_door import app


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The authority of the echo service on TCP."""
    door = socket.create_server(("127.0.0.1", 0))
    authority = f"127.0.0.1:{door.getsockname()[1]}"
    ready = threading.Event()
    doors = Doors(app(), [door], ready.set, 1.0)
    thread = threading.Thread(target=run, args=(doors,))
    thread.start()
    ready.wait(10)
    try:
        yield authority
    finally:
        doors.stop()
        thread.join()


def test_requests_go_to_the_url_they_name() -> None:
    """An absolute one anywhere, a path to the endpoint's origin; each origin has its connection."""
    with served() as first, served() as second, contextlib.closing(Network(f"http://{first}/xapi/")) as network:
        urls = [f"http://{first}/a", "/b?c", f"http://{second}/d", f"http://{first}/e"]
        answers = [json.loads(network.request("GET", url, {}, None, 10.0).body) for url in urls]
    expected = [(first, "/a?"), (first, "/b?c"), (second, "/d?"), (first, "/e?")]
    assert expected == [(answer["host"], answer["target"]) for answer in answers]


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """Its address is said, and that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        authority = f"127.0.0.1:{door.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"http://{authority} cannot be reached") as raised:
        Network(f"http://{authority}/").request("GET", "/", {}, None, 1.0)
    assert not raised.value.sent


def test_a_name_that_cannot_be_looked_up_is_unreachable() -> None:
    """As without a network; `.invalid` never resolves (RFC 6761)."""
    with pytest.raises(Unreachable):
        Network("http://nowhere.invalid/").request("GET", "/", {}, None, 1.0)


def test_only_the_web_is_spoken() -> None:
    """No file, whatever the launch says."""
    with pytest.raises(Misdirected):
        Network("file:///etc/").request("GET", "file:///etc/passwd", {}, None, 1.0)
