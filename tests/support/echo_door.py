"""A service in a process of its own: tells what it was asked, at the door of a service. Prints `ready` when it is.

`/slow` waits a second before it answers, `/die` kills the process, `/die-once` only if `FOLDER/died` is not there yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lrs.ipc.server import Doors, run
from lrs.local.sockets import listen, socket_path


async def echo(request: Request) -> Response:
    """What was asked, by whom, at which door."""
    body = await request.body()
    path = request.url.path
    if path == "/slow":
        await asyncio.sleep(1.0)
    if path == "/die" or (path == "/die-once" and not _died().exists()):
        _died().touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "/fault":
        raise RuntimeError("a secret of the inside")
    return JSONResponse(described(request, body))


def described(request: Request, body: bytes) -> dict[str, Any]:
    """The request as JSON."""
    peer = request.scope["state"]["peer"]
    return {
        "method": request.method,
        "target": request.scope["raw_path"].decode() + "?" + request.scope["query_string"].decode(),
        "host": request.headers.get("host"),
        "length": len(body),
        "door": request.scope["state"]["door"],
        "peer": None if peer is None else [peer.pid, peer.uid],
        "pid": os.getpid(),
    }


def app() -> Starlette:
    """The application."""
    methods = ["GET", "POST", "PUT", "DELETE"]
    return Starlette(routes=[Route("/{path:path}", echo, methods=methods)])


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _died() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "died"


if __name__ == "__main__":
    run(Doors(app(), [listen(socket_path(sys.argv[1]))], on_ready=lambda: _say("ready")))
    _say("stopped")
