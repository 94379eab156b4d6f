"""What every request to `/api` passes before anything of it is looked at: credential, origin, size.

It stands before the framework, which would read a stranger's body first and ask who it is afterwards. A package is the
one body that is not read here: it may be larger than the memory, and goes to a file as it comes (`parts`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from launcher.cmi5 import package
from launcher.web.parts import Lms
from lrs.errors import Fault, Forbidden, Invalid, OfflineLrsError, TooLarge, UnsupportedMedia
from lrs.http import errors, guards

PREFIX = "/api"
COURSES = f"{PREFIX}/courses"
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
            if is_package(request):
                await self._app(scope, receive, send)
                return
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


def is_package(request: Request) -> bool:
    """Whether the request brings a course package."""
    kind = guards.media_type(request.headers.get("content-type", ""))
    return (request.method, request.scope["path"], kind) == ("POST", COURSES, package.ZIP)


async def parts(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes; `TooLarge` as soon as it is known to be more than `most` bytes."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("a package is taken as it is, without a Content-Encoding")
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdigit() else 0
    came = 0
    try:
        if size <= most:
            async for part in request.stream():
                came += len(part)
                if came > most:
                    break
                yield part
    except ClientDisconnect as error:
        raise Invalid.of([Fault("body", "RFC 9112 8", "the connection ended before the body was complete")]) from error
    if max(size, came) > most:
        raise TooLarge(f"the package is larger than {most} bytes, the most that is taken here")


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for the application behind; then whatever else the connection brings."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
