"""What every request to `/api` passes before anything of it is looked at: credential, origin, size.

It stands before the framework, which would read a stranger's body first and ask who it is afterwards.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from launcher.web.parts import Lms
from lrs.errors import Forbidden, OfflineLrsError
from lrs.http import errors, guards

PREFIX = "/api"
BODY_MOST = 16 * 1024 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """An ASGI application in front of the site."""

    def __init__(self, app: ASGIApp, lms: Lms) -> None:
        self._app = app
        self._lms = lms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            await self._lms.admit(request.headers.get("authorization"))
            refuse_foreign_page(request)
            body = await guards.body(request, BODY_MOST)
        except OfflineLrsError as error:
            await errors.answer(error)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


def refuse_foreign_page(request: Request) -> None:
    """A browser sends what it remembers of Basic with requests that other sites' pages make: those are refused."""
    origin = request.headers.get("origin")
    if origin is None or request.method in SAFE:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden(f"a page of {origin[:100]} may not manage this program")


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for the application behind; then whatever else the connection brings."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
