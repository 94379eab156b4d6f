"""From a path below `/xapi` to a resource, and from whatever happens there to an answer with the right headers.

A plain dictionary: there are a dozen fixed paths, and the hot ones should cost no pattern matching. Doubled slashes are
taken as one, since lesson clients join endpoint and path with and without one.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lrs.errors import Invalid, MethodNotAllowed, NotFound, OfflineLrsError
from lrs.http import about, documents, errors, guards, statements
from lrs.http.parts import Exchange, Lrs
from lrs.xapi import timestamps, versions
from lrs.xapi.versions import Version

PREFIX = "/xapi"
MORE = "/statements/more/"
STATEMENTS = "/statements"
ABOUT = "/about"
VERSION = b"x-experience-api-version"

Handler = Callable[[Exchange], Awaitable[Response]]

RESOURCES: dict[str, dict[str, Handler]] = {
    STATEMENTS: {"PUT": statements.put, "POST": statements.post, "GET": statements.get},
    "/activities/state": documents.STATE,
    "/activities/profile": documents.ACTIVITY_PROFILE,
    "/agents/profile": documents.AGENT_PROFILE,
}

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Last-Modified, Location, Retry-After, X-Experience-API-Version, X-Experience-API-Consistent-Through"
    ),
}
CORS_BYTES = tuple((name.lower().encode(), value.encode()) for name, value in CORS.items())
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Content-Encoding, Accept-Language, X-Experience-API-Version, "
        "X-Experience-API-Hash, If-Match, If-None-Match"
    ),
    "Access-Control-Max-Age": "600",
}
_SLASHES = re.compile("//+")


class Xapi:
    """The ASGI application below `/xapi`."""

    def __init__(self, lrs: Lrs) -> None:
        self._lrs = lrs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"][len(PREFIX) :]
        if "//" in path:
            path = _SLASHES.sub("/", path)
        response = await self._answer(request, path)
        body = b"" if scope["method"] == "HEAD" else response.body  # RFC 9110 9.3.2: its length is named all the same
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request, path: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        version, through = self._version(request), None
        about_log = path == STATEMENTS or path.startswith(MORE)
        if about_log and request.method in ("GET", "HEAD"):
            through = await self._lrs.store.consistent_through()  # before the read that it is to hold for
        try:
            response = await self._respond(request, path, version)
        except OfflineLrsError as error:
            response = errors.answer(error)
        except Exception as error:  # noqa: BLE001  the last resort: the sender gets a sentence, the log the trace
            response = errors.fault_of_ours(error)
        if about_log and through is None:
            through = await self._lrs.store.consistent_through()  # after the commit, which renewed what it rests on
        self._add_headers(response, version, through)
        return response

    async def _respond(self, request: Request, path: str, version: Version | Invalid) -> Response:
        guards.refuse_closed_door(self._lrs, request)
        if path == ABOUT:
            return _about(request)
        handler = _find(path, request.method)
        if isinstance(version, Invalid):  # before the credential: it decides what everything else means
            raise version
        return await handler(await guards.enter(self._lrs, request, version))

    def _version(self, request: Request) -> Version | Invalid:
        """The version of the request, or what is wrong with it."""
        try:
            return versions.negotiate(guards.header(request, VERSION))
        except Invalid as error:
            return error

    def _add_headers(self, response: Response, version: Version | Invalid, through: int | None) -> None:
        """What every answer has, refusals too (xAPI Communication 2.1.3, 3.3); the default version where none is known.

        Added as bytes: setting them one by one looks each up in a list.
        """
        named = self._lrs.settings.default_version if isinstance(version, Invalid) else version.value
        response.raw_headers.append((VERSION, named.encode()))
        if through is not None:
            moment = timestamps.format(through).encode()
            response.raw_headers.append((b"x-experience-api-consistent-through", moment))
        response.raw_headers.extend(CORS_BYTES)


def _find(path: str, method: str) -> Handler:
    resource = _resource(path)
    handler = resource.get("GET" if method == "HEAD" else method)
    if handler is None:
        raise _not_taken(path, method, resource)
    return handler


def _resource(path: str) -> Mapping[str, Handler]:
    if path.startswith(MORE):
        token = path[len(MORE) :]
        return {"GET": lambda exchange: statements.get_more(exchange, token)}
    resource = RESOURCES.get(path)
    if resource is None:
        raise NotFound(f"there is no xAPI resource at {PREFIX}{path}")
    return resource


def _about(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise _not_taken(ABOUT, request.method, ("GET",))
    return about.get()


def _not_taken(path: str, method: str, taken: Iterable[str]) -> MethodNotAllowed:
    return MethodNotAllowed(f"{PREFIX}{path} does not take {method}", (*taken, "HEAD", "OPTIONS"))
