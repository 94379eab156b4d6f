"""A fresh interpreter that serves one xAPI POST and one page of a package over its socket, and then says which heavy
libraries it has loaded.

`python -m tests.launcher.lean_door DATA SERVICE PAGE KEY SECRET` on a data folder that has been opened before.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import threading
from pathlib import Path

import launcher.cli  # noqa: F401  what the command's own module loads counts too
from launcher.app import Serving, serve
from lrs import client
from lrs.clock import SystemClock
from lrs.settings import Settings

HEAVY = ("fastapi", "pydantic", "sqlmodel", "sqlalchemy", "alembic", "httpx", "jinja2", "lxml", "rich", "argon2")
STATEMENT = {
    "actor": {"mbox": "mailto:a@school.example"},
    "verb": {"id": "https://pub.example/verbs/x"},
    "object": {"id": "https://pub.example/x"},
}


def _visit(service: str, page: str, key: str, secret: str) -> list[int]:
    base = f"http://{service}.ipc.invalid/xapi"
    token = base64.b64encode(f"{key}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {token}",
        "Content-Type": "application/json",
        "X-Experience-API-Version": "1.0.3",
    }
    way = client.open(base, service)
    try:
        return [
            way.request("POST", f"{base}/statements", headers, json.dumps(STATEMENT).encode(), 20.0).status,
            way.request("GET", f"http://{service}.ipc.invalid{page}", {}, None, 20.0).status,
        ]
    finally:
        way.close()


def main(data: str, service: str, page: str, key: str, secret: str) -> None:
    """Serve, be asked twice, stop, tell."""
    told: dict[str, object] = {}

    def visit() -> None:
        try:
            told["statuses"] = _visit(service, page, key, secret)
            told["loaded"] = sorted(name for name in HEAVY if name in sys.modules)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def ready(_: Serving) -> None:
        threading.Thread(target=visit).start()

    settings = Settings(Path(data), tcp=False, ipc_service=service)
    asyncio.run(serve(settings, SystemClock(), ready))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
