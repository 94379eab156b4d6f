"""The only place where the LMS is put together: record store, launcher, pages, sync and doors, in one process.

`running` makes the parts on an open store and takes them down again; `serve` puts them behind sockets. A command that
finds no running program uses `running` for itself, so there is one way to do each thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from launcher.cmi5 import ids
from launcher.learning.fetch import PREFIX as FETCH
from launcher.learning.fetch import Fetch
from launcher.learning.launches import CONTENT
from launcher.learning.policy import LessonPolicy
from launcher.learning.travel import LessonDocuments
from launcher.progress.projection import Projector
from launcher.store.schema import LAUNCHER_HISTORY
from launcher.web.parts import Lazy, Lms
from lrs.app import App, create_lrs
from lrs.clock import Clock
from lrs.errors import ConfigurationError
from lrs.ipc.server import Doors
from lrs.local import notes, registry, sockets
from lrs.local.notes import Note
from lrs.settings import Settings
from lrs.store import identity
from lrs.store.schema import LRS_HISTORY
from lrs.store.sqlite import SqliteStore, open_store
from lrs.sync.drainer import Drainer

HISTORIES = (LRS_HISTORY, LAUNCHER_HISTORY)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
UPSTREAM = "upstream"
DOORS_FIRST_SECONDS = 0.5  # whoever woke the program is answered before it looks for what to send


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock, *, at_work: bool) -> AsyncIterator[tuple[Lms, ASGIApp]]:
    """The LMS on its data folder. `at_work`: with the consumers of the log following it in the background."""
    async with contextlib.AsyncExitStack() as held:
        store = await asyncio.to_thread(open_store, settings.data, clock, HISTORIES)
        held.push_async_callback(store.close)
        await _settle(store, settings)
        lrs = await create_lrs(store, settings, clock, LessonPolicy(store.here, clock))
        lms = Lms(
            lrs,
            Projector(store, identity.DEFAULT_STORE),
            Drainer(
                store,
                settings,
                clock,
                identity.DEFAULT_STORE,
                lessons=LessonDocuments(clock, identity.DEFAULT_STORE),
            ),
            clock.token(),
        )
        await lms.packages.sweep()
        held.push_async_callback(lms.projector.stop)
        held.push_async_callback(lms.drainer.stop)
        if at_work:
            lms.projector.start()
            lms.drainer.start(after=DOORS_FIRST_SECONDS)
        yield lms, App(lrs, {FETCH: Fetch(lrs), CONTENT: Lazy(lms, "launcher.web.content")}, Lazy(lms))


async def _settle(store: SqliteStore, settings: Settings) -> None:
    """What is set once and kept: the school, the destination named `upstream`."""
    if settings.school is not None:
        school = ids.school_iri(settings.school)
        await store.write(lambda transaction: identity.settle_school(transaction, school))
    if settings.upstream is not None:
        from lrs.sync import destinations  # loaded where there is one to set; see `Drainer`

        url, key, secret = settings.upstream, settings.upstream_key or "", settings.upstream_secret or ""
        if not (key and secret):
            raise ConfigurationError("an upstream needs a key and a secret: --upstream-key and --upstream-secret")
        await store.write(
            lambda transaction: destinations.add(transaction, identity.DEFAULT_STORE, UPSTREAM, url, key, secret)
        )


# --- serving --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serving:
    """What `serve` tells its person once every door answers."""

    school: str | None
    url: str | None
    ipc_service: str | None
    socket: Path | None


async def serve(settings: Settings, clock: Clock, ready: Callable[[Serving], None]) -> None:
    """Serve until stopped. Raises `ConfigurationError` (`AlreadyRunning`) where a door or the data folder is taken."""
    with contextlib.ExitStack() as held:
        bound = _bind(settings, held)
        async with running(settings, clock, at_work=True) as (lms, app):
            lms.network_base = bound.base
            school = await lms.lrs.store.read(lambda reader: identity.fact(reader, "school"))
            note = Note(os.getpid(), bound.base, None if bound.path is None else str(bound.path), lms.owner_token)
            if settings.ipc_service is not None and bound.path is not None:
                _register(settings, bound.path, school)
            held.callback(notes.forget, settings.data, note)

            def on_ready() -> None:
                notes.leave(settings.data, note)
                ready(Serving(school, bound.base, settings.ipc_service, bound.path))

            await Doors(app, bound.sockets, on_ready).run()


@dataclass(slots=True)
class Bound:
    """The doors before they open."""

    sockets: list[socket.socket]
    base: str | None = None
    path: Path | None = None


def _bind(settings: Settings, held: contextlib.ExitStack) -> Bound:
    bound = Bound([])
    if settings.ipc_service is not None:
        bound.path = sockets.socket_path(registry.check_name(settings.ipc_service))
        bound.sockets.append(held.enter_context(contextlib.closing(sockets.listen(bound.path))))
    if settings.tcp:
        if settings.host not in LOOPBACK:
            raise ConfigurationError(
                f"{settings.host} is not a loopback address, and TLS is not built in yet: serve on 127.0.0.1 behind a "
                "reverse proxy that adds TLS"
            )
        tcp = held.enter_context(contextlib.closing(_listen(settings.host, settings.port)))
        bound.sockets.append(tcp)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        bound.base = f"http://{host}:{tcp.getsockname()[1]}"
    if not bound.sockets:
        raise ConfigurationError("there is no door to serve: name an --ipc-service, or leave TCP on")
    return bound


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tcp = socket.socket(family, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        tcp.bind((host, port))
        tcp.listen(2048)
    except OSError as error:
        tcp.close()
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another --port"
        ) from error
    return tcp


def _register(settings: Settings, path: Path, school: str | None) -> None:
    name = settings.ipc_service or ""
    exec_ = ("offline-lrs", "serve", "--data", str(settings.data.absolute()), "--ipc-service", name, *_again(settings))
    registry.register(registry.Service(name, ({"type": "unix", "path": str(path)},), exec_, school))


def _again(settings: Settings) -> tuple[str, ...]:
    """The flags that open the same doors when the system starts the service again. What is kept in the data folder
    (school, upstream) need not be said twice, and no secret is ever among them."""
    flags: tuple[str, ...] = ("--no-tcp",)
    if settings.tcp:
        flags = ("--host", settings.host, "--port", str(settings.port))
    if settings.public_url is not None:
        flags += ("--public-url", settings.public_url)
    if settings.no_xapi_tcp:
        flags += ("--no-xapi-tcp",)
    return (*flags, "--default-version", settings.default_version)
