"""One request, one response, over one connection that is kept: what `tunnel` and `network` have in common.

A request ends in a whole `Response` or in `Unreachable`; a half-read body is never handed out. A connection that was
kept may have been closed by the other side meanwhile, which shows only when it is used: then, and only when not one
byte of a response came, and only when doing it twice is the same as once, the request is sent again on a new one.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lrs.client.errors import Misdirected, Unreachable

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110 9.2.2
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # an empty body is said too: RFC 9110 8.6


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response. `headers` are as received, in order, repeated ones too."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Transport(Protocol):
    """A way to send requests. Safe to share among threads; requests on one connection wait for each other."""

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
        """Send and wait for the whole answer. `retry_safe`: doing it twice is the same as once (client-made ids)."""

    def close(self) -> None:
        """Let the connection go. A later request opens one again."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes on the wire: origin-form target (RFC 9112 3.2.1), and the authority for `Host`."""

    method: str
    target: str
    host: str
    headers: Mapping[str, str]
    body: bytes | None
    retry_safe: bool


class _Gone(Exception):
    """The connection died before a byte of the response."""


class Connection:
    """One kept connection to `where`; `dial(timeout)` opens it, each time anew."""

    def __init__(self, where: str, dial: Callable[[float], http.client.HTTPConnection]) -> None:
        self._where = where
        self._dial = dial
        self._lock = threading.Lock()
        self._open: http.client.HTTPConnection | None = None

    def send(self, request: Request, timeout: float) -> Response:
        with self._lock:
            kept = self._open is not None
            try:
                return self._attempt(request, timeout)
            except _Gone as gone:
                if not (kept and (request.retry_safe or request.method in _IDEMPOTENT)):
                    raise self._unreachable(gone.__cause__, sent=True) from gone.__cause__
            try:
                return self._attempt(request, timeout)
            except _Gone as gone:
                raise self._unreachable(gone.__cause__, sent=True) from gone.__cause__

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _attempt(self, request: Request, timeout: float) -> Response:
        connection = self._connect(timeout)
        finished = False
        try:
            answer = _exchange(connection, request)
            response = Response(answer.status, tuple(answer.getheaders()), answer.read())
            finished = not answer.will_close
            return response
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error, sent=True) from error
        finally:
            if not finished:  # died, refused to go on, or we were interrupted: what is on the wire belongs to nobody
                self._drop()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._open is None:
            try:
                connection = self._dial(timeout)
                connection.connect()
            except OSError as error:
                raise self._unreachable(error, sent=False) from error
            self._open = connection
        elif self._open.sock is not None:
            self._open.sock.settimeout(timeout)
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _unreachable(self, error: BaseException | None, *, sent: bool) -> Unreachable:
        what = "did not answer in time" if isinstance(error, TimeoutError) else _words(error)
        return Unreachable(f"{self._where} cannot be reached ({what}); is it running?", sent=sent)


def _exchange(connection: http.client.HTTPConnection, request: Request) -> http.client.HTTPResponse:
    """Send the request and read the head of the response."""
    broken: OSError | None = None
    try:
        _send(connection, request)
    except (BrokenPipeError, ConnectionResetError) as error:
        broken = error  # refused before all of it was read: the answer, if there is one, says why
    try:
        return connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
        raise _Gone from (broken or error)


def _send(connection: http.client.HTTPConnection, request: Request) -> None:
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", request.host)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.body is not None or request.method in _WITH_BODY:
            connection.putheader("Content-Length", str(len(request.body or b"")))
    except (ValueError, http.client.InvalidURL) as error:  # a line break or a space where none may be
        raise Misdirected(f"this cannot be sent over HTTP: {error}") from error
    connection.endheaders(request.body)


def _words(error: BaseException | None) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "nobody is there"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the connection ended before the answer"
