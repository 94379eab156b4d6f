"""The application as a whole: what answers where, and what may be loaded before the first answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from lrs.app import App
from tests.lrs.http.worlds import opened, request
from tests.support.clocks import FixedClock
from tests.support.device import REPOSITORY
from tests.support.stores import kept

TOO_DEAR = {"fastapi", "sqlmodel", "sqlalchemy", "alembic", "httpx", "pydantic", "jinja2"}
FIRST_ANSWER = """
import asyncio, json, pathlib, sys
import lrs.app, lrs.ipc.server, lrs.store.sqlite
from lrs.clock import SystemClock
from lrs.settings import Settings

async def first_answer():
    data = pathlib.Path(sys.argv[1])
    store = lrs.store.sqlite.open_store(data, SystemClock())
    app = lrs.app.App(await lrs.app.create_lrs(store, Settings(data=data), SystemClock()))
    statuses = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        statuses.append(message.get("status"))
    scope = {"type": "http", "method": "GET", "path": "/xapi/statements", "query_string": b"", "headers": []}
    await app(scope, receive, send)
    await store.close()
    return statuses[0]

status = asyncio.run(first_answer())
print(json.dumps({"status": status, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


async def named(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says which path it was asked for."""
    await PlainTextResponse(f"mounted {scope['path']}")(scope, receive, send)


def test_lean_door_loads_nothing_dear(tmp_path: Path) -> None:
    """In a fresh interpreter, on a current database, up to the first answer (decision 10)."""
    with kept(tmp_path / "data", FixedClock()):
        pass
    command = [sys.executable, "-c", FIRST_ANSWER, str(tmp_path / "data")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert (said["status"], TOO_DEAR & set(said["modules"])) == (400, set())


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_credential(tmp_path: Path, path: str) -> None:
    """For whoever watches over it."""
    with opened(tmp_path / "data") as world:
        answer = world.loop.run(request(world.app, "GET", path, {}))
        assert (answer.status, answer.body) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/fetch/x", "mounted /fetch/x"),
        ("//fetch/x", "mounted /fetch/x"),
        ("/fetch", "mounted /fetch"),
        ("/fetched", "rest"),
        ("/", "rest"),
        ("", "rest"),
    ],
)
def test_mounts_go_by_the_first_segment(tmp_path: Path, path: str, expected: str) -> None:
    """And the rest gets what is left over."""

    async def rest(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("rest")(scope, receive, send)

    with opened(tmp_path / "data") as world:
        app = App(world.lrs, {"/fetch": named}, rest)
        assert world.loop.run(request(app, "GET", path, {})).body.decode() == expected


@pytest.mark.parametrize("path", ["/", "/nothing", "/xapis"])
def test_nothing_else_is_there(tmp_path: Path, path: str) -> None:
    """A record store by itself has no pages; 404 in our shape."""
    with opened(tmp_path / "data") as world:
        answer = world.loop.run(request(world.app, "GET", path, {}))
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_application_starts_and_stops_when_it_is_told(tmp_path: Path) -> None:
    """ASGI lifespan: a server that asks is answered."""

    async def life(app: App) -> list[str]:
        said: list[str] = []
        asked: asyncio.Queue[Any] = asyncio.Queue()
        for event in ("startup", "shutdown"):
            asked.put_nowait({"type": f"lifespan.{event}"})

        async def send(message: Any) -> None:
            said.append(message["type"])

        await app({"type": "lifespan"}, asked.get, send)
        return said

    with opened(tmp_path / "data") as world:
        said = world.loop.run(life(world.app))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
