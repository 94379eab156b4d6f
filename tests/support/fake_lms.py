"""A scripted LMS that answers a lesson over a real Unix socket, and misbehaves on command.

A good citizen otherwise: one token, given once; statements kept in a file before the answer, the same id and bytes
accepted again, the same id with other bytes refused. All it knows is in its folder, so one that was killed and started
again goes on where it was. In a process of its own: `python -m tests.support.fake_lms FOLDER SERVICE [MISHAP…]`.

A mishap is `KIND:WHAT`, where WHAT is the verb of a statement, or `fetch`, `launchdata`, `preferences`, `progress`,
`statements` (a query): `refuse` answers 403, always; the others happen once: `busy` answers 503, `lose` keeps it and
hangs up, `drop` hangs up without keeping it, `die-before` and `die-after` kill the process before and after keeping it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lrs.local.sockets import listen, socket_path

ACTOR = {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": "ana 1"}}
REGISTRATION = "6f0c4d0a-6d5a-4f1e-9a53-0f6b8a2f9c11"
ACTIVITY = "https://school.example/cmi5/au/1"
TOKEN = "YW5hOnNlY3JldA=="
TEMPLATE: dict[str, Any] = {
    "contextActivities": {"grouping": [{"id": "https://publisher.example/addition"}]},
    "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": "session-1"},
}
LAUNCH_DATA: dict[str, Any] = {
    "contextTemplate": TEMPLATE,
    "launchMode": "Normal",
    "masteryScore": 0.6,
    "moveOn": "CompletedAndPassed",
    "returnURL": "https://lms.example/back",
}


class FakeLms:
    """The LMS at the socket of `service`, in threads, while it is open."""

    def __init__(
        self,
        folder: Path,
        service: str,
        mishaps: tuple[str, ...] = (),
        launch_data: Mapping[str, Any] = LAUNCH_DATA,
        preferences: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.service = folder, service
        self.mishaps, self.launch_data, self.preferences = mishaps, launch_data, preferences
        self.lock = threading.RLock()
        folder.mkdir(exist_ok=True)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> FakeLms:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve until killed."""
        self._server.serve_forever()

    def launch_url(self, base: str = "offline-maths://lesson/addition?level=1") -> str:
        """A launch URL for this LMS."""
        return launch_url(self.service, base)

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The statements that were kept, in order."""
        return kept(self.folder)

    @property
    def requests(self) -> list[str]:
        """What was asked, in order, those that came to nothing too."""
        return _lines(self.folder / "requests")


def launch_url(service: str, base: str = "offline-maths://lesson/addition?level=1") -> str:
    """A launch URL for the LMS at that service."""
    parameters = {
        "endpoint": f"http://{service}.ipc.invalid/xapi/",
        "fetch": f"http://{service}.ipc.invalid/fetch/1",
        "actor": json.dumps(ACTOR),
        "registration": REGISTRATION,
        "activityId": ACTIVITY,
        "ipc-service": service,
    }
    return f"{base}{'&' if '?' in base else '?'}{urlencode(parameters)}"


def kept(folder: Path) -> list[dict[str, Any]]:
    """The statements that the LMS of this folder kept, in order."""
    return [json.loads(line) for line in _lines(folder / "statements")]


def verbs(statements: list[dict[str, Any]]) -> list[str]:
    """The last words of their verbs."""
    return [statement["verb"]["id"].rpartition("/")[2] for statement in statements]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, lms: FakeLms) -> None:
        super().__init__(str(socket_path(lms.service)), _Handler, bind_and_activate=False)
        self.lms = lms
        self.socket.close()
        self.socket = listen(socket_path(lms.service))
        self._calls: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._calls.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._calls.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for call in list(self._calls):  # kept connections end with the LMS
            try:
                call.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _HangUp(Exception):
    """End the connection without an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # silent
        return

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        lms = self.server.lms
        try:
            with lms.lock:
                status, value = self._route(lms, body)
        except _HangUp:
            self.close_connection = True
            return
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, lms: FakeLms, body: bytes) -> tuple[int, Any]:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        what = _what(url.path, query, body)
        with (lms.folder / "requests").open("a") as log:
            log.write(f"{self.command} {what}\n")
        refusal = _mishap(lms, what, before=True)
        if refusal:
            return refusal
        if what == "fetch":
            answer = self._fetch(lms)
        elif self.headers.get("Authorization") != f"Basic {TOKEN}" or not self.headers.get("X-Experience-API-Version"):
            return 401, {"detail": "no such token"}
        else:
            answer = self._resource(lms, what, query, body)
        return _mishap(lms, what, before=False) or answer

    def _fetch(self, lms: FakeLms) -> tuple[int, Any]:
        given = lms.folder / "token-given"
        if self.command != "POST":
            return 405, {"detail": "POST it"}
        if given.exists():
            return 200, {"error-code": "1", "error-text": "The token was given already."}
        given.touch()
        return 200, {"auth-token": TOKEN}

    def _resource(self, lms: FakeLms, what: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        if what == "launchdata":
            asked = (query["activityId"], json.loads(query["agent"]), query["registration"])
            return (200, dict(lms.launch_data)) if asked == (ACTIVITY, ACTOR, REGISTRATION) else (404, {})
        if what == "preferences":
            return (200, dict(lms.preferences)) if lms.preferences is not None else (404, {"detail": "none"})
        if what == "progress":
            return _progress(lms.folder / "progress", self.command, body)
        if what == "statements":
            wanted = [one for one in lms.kept if one["verb"]["id"] == query["verb"]]
            return 200, {"statements": wanted, "more": ""}
        return _keep(lms.folder / "statements", body)


def _what(path: str, query: Mapping[str, str], body: bytes) -> str:
    if path == "/fetch/1":
        return "fetch"
    if path == "/xapi/activities/state":
        return "launchdata" if query["stateId"] == "LMS.LaunchData" else "progress"
    if path == "/xapi/agents/profile":
        return "preferences"
    return str(verbs([json.loads(body)])[0]) if body else "statements"


def _mishap(lms: FakeLms, what: str, *, before: bool) -> tuple[int, Any] | None:
    if before and f"refuse:{what}" in lms.mishaps:
        return 403, {"title": "Forbidden", "detail": f"{what}: not\nhere"}
    if before and _once(lms, f"busy:{what}"):
        return 503, {"detail": "starting"}
    if _once(lms, f"die-{'before' if before else 'after'}:{what}"):
        os.kill(os.getpid(), signal.SIGKILL)
    if _once(lms, f"{'drop' if before else 'lose'}:{what}"):
        raise _HangUp
    return None


def _once(lms: FakeLms, mishap: str) -> bool:
    """Whether it is to happen now: in the script, and not happened before."""
    happened = lms.folder / mishap
    if mishap not in lms.mishaps or happened.exists():
        return False
    happened.touch()
    return True


def _progress(path: Path, method: str, body: bytes) -> tuple[int, Any]:
    if method == "PUT":
        path.write_bytes(body)
        return 200, None
    return (200, json.loads(path.read_bytes())) if path.exists() else (404, {"detail": "none"})


def _keep(path: Path, body: bytes) -> tuple[int, Any]:
    statement = json.loads(body)
    for line in _lines(path):
        if json.loads(line)["id"] == statement["id"]:
            same = line.encode() == body
            return (200, [statement["id"]]) if same else (409, {"detail": "another statement has this id"})
    with path.open("ab") as file:
        file.write(body + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return 200, [statement["id"]]


if __name__ == "__main__":
    fake = FakeLms(Path(sys.argv[1]), sys.argv[2], tuple(sys.argv[3:]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    fake.serve()
