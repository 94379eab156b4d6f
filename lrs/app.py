"""Putting the record store together: the xAPI resources, health, and whatever a host mounts beside them.

Nothing here or below loads a framework beyond Starlette's requests and responses: this is the door that a woken service
answers through.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.auth.credentials import Authenticator
from lrs.clock import Clock
from lrs.errors import NotFound
from lrs.http import errors
from lrs.http.parts import Lrs, NoPolicy, Policy
from lrs.http.router import PREFIX, Xapi
from lrs.settings import Settings
from lrs.store import identity
from lrs.store.promises import Store


async def create_lrs(store: Store, settings: Settings, clock: Clock, policy: Policy | None = None) -> Lrs:
    """The parts of a running record store."""
    key = await store.read(lambda reader: identity.fact(reader, "signing_key"))
    return Lrs(store, settings, clock, Authenticator(store), policy or NoPolicy(), (key or "").encode())


class App:
    """The one ASGI application behind every door. `mounts` are looked up by the first segment of the path; `rest` gets
    what is left over."""

    def __init__(self, lrs: Lrs, mounts: Mapping[str, ASGIApp] | None = None, rest: ASGIApp | None = None) -> None:
        self._mounts: dict[str, ASGIApp] = {PREFIX: Xapi(lrs), "/healthz": _alive, "/readyz": _alive, **(mounts or {})}
        self._rest = rest or _nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        first = "/" + scope["path"].lstrip("/").partition("/")[0]
        if scope["path"].startswith("//"):
            scope = {**scope, "path": "/" + scope["path"].lstrip("/")}
        await self._mounts.get(first, self._rest)(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """ASGI lifespan: whoever made the parts starts and stops them, so there is nothing to do but to agree."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


async def _alive(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok\n")(scope, receive, send)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await errors.answer(NotFound(f"there is nothing at {scope['path']}"))(scope, receive, send)
