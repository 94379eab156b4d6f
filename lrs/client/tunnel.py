"""HTTP/1.1 to a service of this device, over its Unix socket.

The service's name selects among those registered for this user; where it listens, and that it is this user's, is looked
up again at each new connection, so a service that was stopped and started is found again. URLs are those of
`http://NAME.ipc.invalid/…`, or of an origin which the service declares; any other is refused before a byte is sent.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from pathlib import Path

from lrs.client.errors import Misdirected, Unreachable
from lrs.client.transport import Connection, Request, Response
from lrs.client.urls import Place, place
from lrs.errors import NotFound
from lrs.local import registry, sockets


class Tunnel:
    """The way to one service of this device."""

    def __init__(self, service: str) -> None:
        self._service = registry.check_name(service)
        self._base = f"http://{service}.ipc.invalid/"
        self._connection = Connection(f"the service {service}", self._dial)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
        *,
        retry_safe: bool = False,
    ) -> Response:
        at = place(url, self._base)
        if not self._answers_for(at):
            raise Misdirected(f"{at.authority} is not the service {self._service}; nothing was sent")
        return self._connection.send(Request(method, at.target, at.authority, headers, body, retry_safe), timeout)

    def close(self) -> None:
        self._connection.close()

    def _answers_for(self, at: Place) -> bool:
        if at.origin == place(self._base, self._base).origin:
            return True
        try:
            return any(at.origin == place(origin, origin).origin for origin in registry.find(self._service).origins)
        except NotFound:
            return False

    def _dial(self, timeout: float) -> http.client.HTTPConnection:
        return _UnixConnection(_where(self._service), timeout)


class _UnixConnection(http.client.HTTPConnection):
    """`http.client` over a socket that `lrs.local` proved to be this user's."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path, self._seconds = path, timeout

    def connect(self) -> None:
        self.sock = sockets.connect(self._path, self._seconds)


def _where(service: str) -> Path:
    """The socket of the service: as registered, else where a service of that name of this user would be."""
    try:
        registered = registry.find(service).socket
    except NotFound as unknown:
        path = sockets.socket_path(service)  # in a folder that only this user can write, so no less to be trusted
        if not path.exists():
            raise Unreachable(unknown.detail, sent=False) from unknown
        return path
    if registered is None:
        raise Unreachable(f"the service {service} has no Unix socket; nothing else is spoken here", sent=False)
    return registered
