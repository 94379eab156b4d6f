"""What every xAPI request passes first: version, credential, scope, and bodies of a bounded size."""

from __future__ import annotations

import re

from starlette.requests import Request

from lrs.auth import scopes
from lrs.errors import Fault, Forbidden, Invalid, TooLarge, UnsupportedMedia
from lrs.http.parts import Exchange, Lrs
from lrs.xapi.versions import Version

DOOR = "door"  # what the doors write into the connection's state: `ipc` or `tcp`
JSON = "application/json"
_NAMED = "offline_lrs.headers"  # where a request keeps its headers by name
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]*)""", re.IGNORECASE)


async def enter(lrs: Lrs, request: Request, version: Version) -> Exchange:
    """Past the guards, or a refusal."""
    principal = await lrs.authenticator.verify(header(request, b"authorization"))
    return Exchange(lrs, request, version, principal)


def header(request: Request, name: bytes) -> str | None:
    """The header of this lower-case name, the first where there are several; for hot paths, where `request.headers`
    costs more."""
    named = request.scope.get(_NAMED)
    if named is None:
        named = request.scope[_NAMED] = dict(reversed(request.scope["headers"]))
    value = named.get(name)
    return None if value is None else str(value, "latin-1")


def require(exchange: Exchange, act: scopes.Act) -> None:
    """Raise `Forbidden` where the sender's scopes do not allow the act."""
    scopes.require(exchange.principal.scopes, act)


def refuse_closed_door(lrs: Lrs, request: Request) -> None:
    """`--no-xapi-tcp` keeps statements off the network on a device that is spoken to over IPC only."""
    if lrs.settings.no_xapi_tcp and request.scope.get("state", {}).get(DOOR) == "tcp":
        raise Forbidden("xAPI is not served on this address: use the service over IPC")


async def body(request: Request, most: int) -> bytes:
    """The whole body, or `TooLarge` as soon as it is known to be."""
    coding = (header(request, b"content-encoding") or "identity").lower()
    if coding != "identity":
        raise UnsupportedMedia(f"a body in the coding {coding!r} is not taken here: send it as it is")
    announced = header(request, b"content-length") or ""
    if announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Invalid.of([Fault("body", "RFC 9112 8", "the connection ended before the body was complete")])
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is larger than {most} bytes, the most that is taken here")


def media_type(content_type: str) -> str:
    """A content type without its parameters, lower-cased."""
    return content_type.partition(";")[0].strip().lower()


def require_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON, or says that it is not UTF-8 (xAPI Communication 1.5.1; RFC 8259)."""
    given = header(request, b"content-type") or ""
    if given == JSON:
        return
    kind, _, parameters = given.partition(";")
    detail = ""
    if media_type(kind) != JSON:
        detail = f"statements are taken as {JSON}, not as {kind or 'a body without a content type'}"
    elif (charset := _CHARSET.search(parameters)) and charset[1].lower() not in ("utf-8", "utf8"):
        detail = f"JSON is sent in UTF-8, not in {charset[1]}"
    if detail:
        raise Invalid.of([Fault("Content-Type", "xAPI Communication 1.5", detail)])
