"""Handing work to the load generator, and single requests for setting things up."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.errors import Failed
from tests.bench.spec import Measured, Spec, read_measured, write_spec

REPOSITORY = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 60.0
VERSION = {"X-Experience-API-Version": "1.0.3"}


def play(spec: Spec, folder: Path) -> Measured:
    """One measurement by the load generator; `Failed` where an answer was anything but 200."""
    path = folder / "spec.json"
    write_spec(spec, path)
    command = [sys.executable, "-m", "tests.bench.load", str(path)]
    limit = spec.warm_up + spec.seconds + ANSWER_SECONDS
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=limit, check=False)
    if done.returncode:
        raise Failed(f"the load generator failed: {done.stderr[-2000:]}")
    measured = read_measured(json.loads(done.stdout))
    if measured.statuses.keys() != {"200"}:
        raise Failed(f"{spec.target} answered {measured.statuses}, for example:\n{measured.complaint}")
    if not measured.answers:
        raise Failed(f"nothing was answered within {spec.seconds} s: {measured.sent} requests were sent")
    return measured


class Speaker:
    """One kept-alive connection of `http.client`, with a credential."""

    def __init__(self, connection: http.client.HTTPConnection, authorization: str) -> None:
        self._connection = connection
        self._authorization = authorization

    def say(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """The answer's body; `Failed` unless it is a 2xx."""
        headers = {"Authorization": self._authorization, **VERSION}
        if body is not None:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status // 100 != 2:
            raise Failed(f"{method} {path} was answered {answer.status}: {content[:600].decode('utf-8', 'replace')}")
        return content

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        """JSON there and JSON back."""
        content = self.say(method, path, None if value is None else json.dumps(value).encode())
        return json.loads(content) if content else None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class UnixConnection(http.client.HTTPConnection):
    """`http.client` over a Unix socket, and nothing else: what the socket itself costs."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def tcp(port: int) -> http.client.HTTPConnection:
    """`http.client` over TCP on this machine."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
