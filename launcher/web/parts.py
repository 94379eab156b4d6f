"""What the API and the pages work with, and the door to them that costs nothing until somebody knocks.

FastAPI, SQLModel and templates take longer to load than a woken service may take to answer, so they are imported by the
first request that needs them (decision 10).
"""

from __future__ import annotations

import asyncio
import hmac
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from launcher.learning.launches import Road
from launcher.learning.packages import Packages
from launcher.progress.projection import Projector
from lrs.auth import scopes
from lrs.auth.scopes import Act
from lrs.errors import Conflict, Unauthenticated
from lrs.http.parts import Lrs
from lrs.store.identity import DEFAULT_STORE
from lrs.sync.drainer import Drainer


@dataclass(slots=True)
class Lms:
    """A running LMS. `owner_token` opens the management API to commands of this user beside the running program."""

    lrs: Lrs
    projector: Projector
    drainer: Drainer
    owner_token: str
    network_base: str | None = None
    store: int = DEFAULT_STORE
    packages: Packages = field(init=False)

    def __post_init__(self) -> None:
        self.packages = Packages(self.lrs.settings.data, self.lrs.store, self.lrs.clock)

    async def admit(self, authorization: str | None) -> None:
        """Let managers in: this user's own commands, or a credential with the scope `admin`."""
        scheme, _, bearer = (authorization or "").partition(" ")
        if scheme.lower() == "bearer":
            if hmac.compare_digest(bearer.strip().encode(), self.owner_token.encode()):
                return
            raise Unauthenticated("this token is not known here: use a credential with the scope admin")
        principal = await self.lrs.authenticator.verify(authorization)
        scopes.require(principal.scopes, Act.ADMIN)

    def road(self, transport: str | None) -> Road:
        """How a lesson will reach us; without a wish over IPC where there is a service, else over the network.

        A page of a package is opened by a browser, so that without a wish it goes over the network, if there is one.
        """
        service = self.lrs.settings.ipc_service
        wanted = transport or ("ipc" if service else "network")
        if wanted == "ipc":
            if service is None:
                raise Conflict(
                    "this program serves no IPC service: start it with --ipc-service NAME, or launch over the network"
                )
            pages = None if transport or self.lrs.settings.no_xapi_tcp else self._network
            return Road(f"http://{service}.ipc.invalid", service, pages)
        if self.lrs.settings.no_xapi_tcp:
            raise Conflict("this program serves xAPI over IPC only (--no-xapi-tcp): launch over IPC")
        if self._network is None:
            raise Conflict("this program has no network address: set --public-url, or launch over IPC")
        return Road(self._network, None, self._network)

    @property
    def _network(self) -> str | None:
        """The base of our addresses on the network."""
        base = self.lrs.settings.public_url or self.network_base
        return None if base is None else base.rstrip("/")


class Lazy:
    """An ASGI application that is made by the first request."""

    def __init__(self, lms: Lms, module: str = "launcher.web.site") -> None:
        self._lms = lms
        self._module = module
        self._made: ASGIApp | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._made is None:
            async with self._turn:
                if self._made is None:
                    self._made = await asyncio.to_thread(self._make)
        await self._made(scope, receive, send)

    def _make(self) -> ASGIApp:
        create = cast(Callable[[Lms], ASGIApp], importlib.import_module(self._module).create)
        return create(self._lms)
