"""The same over http and https: for an app that was launched without `ipc-service`.

Certificates are checked, redirects are not followed (a credential goes where the launch sent it and nowhere else), and
no proxy is asked.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping

from lrs.client.transport import Connection, Request, Response
from lrs.client.urls import Place, place


class Network:
    """The way to servers on the network: one kept connection to each origin. A path is one at the endpoint's origin."""

    def __init__(self, endpoint_url: str) -> None:
        self._base = endpoint_url
        self._lock = threading.Lock()
        self._connections: dict[tuple[str, str, int], Connection] = {}

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
        return self._to(at).send(Request(method, at.target, at.authority, headers, body, retry_safe), timeout)

    def close(self) -> None:
        with self._lock:
            connections = list(self._connections.values())
            self._connections.clear()
        for connection in connections:
            connection.close()

    def _to(self, at: Place) -> Connection:
        with self._lock:
            if at.origin not in self._connections:
                self._connections[at.origin] = Connection(f"{at.scheme}://{at.authority}", _dialler(at))
            return self._connections[at.origin]


def _dialler(at: Place) -> Callable[[float], http.client.HTTPConnection]:
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
    return lambda timeout: kind(at.host, at.port, timeout=timeout)
