"""How a command reaches the management API: of the program that runs on the data folder, or of one for just this call.

So every command works before the first `serve` and beside a running one, and there is one implementation of each.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from launcher.app import Note, find, running
from lrs.clock import SystemClock
from lrs.errors import AlreadyRunning, Fault, MethodNotAllowed, OfflineLrsError, Unavailable
from lrs.http.errors import TABLE
from lrs.settings import gather

PATIENCE_SECONDS = 5.0
ANSWER_SECONDS = 90.0  # longer than a whole pass of sync may take


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API."""

    method: str
    path: str
    json: Any = None
    body: bytes | None = None
    content_type: str | None = None


def call(data: Path, wanted: Call) -> Any:
    """The answer's JSON, its bytes where it is something else, or None; a refusal is raised as the error it was.

    Where another process has the data folder it is a program that serves, which says where it is, or one that is just
    starting or ending, or another command, which is over in a moment: the latter three are waited for.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _once(data, wanted)
        except (AlreadyRunning, NotReached):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


class NotReached(Unavailable):
    """A program has the data folder, and nothing of the request has come to it."""


def _once(data: Path, wanted: Call) -> Any:
    try:
        return asyncio.run(_here(data, wanted))
    except AlreadyRunning:
        note = find(data)
        if note is None or not _is_alive(note.pid):
            raise
        return asyncio.run(_there(note, wanted))


def _is_alive(pid: int) -> bool:
    """Whether the writer of a note is still there: one that was killed could not take its note away."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # there, and somebody else's: the number was given out again
        return False
    return True


async def _here(data: Path, wanted: Call) -> Any:
    async with running(gather(data, {}), SystemClock(), at_work=False) as (lms, app):
        return await _send(httpx.ASGITransport(app=app), "http://offline-lrs.invalid", lms.owner_token, wanted)


async def _there(note: Note, wanted: Call) -> Any:
    transport = httpx.AsyncHTTPTransport(uds=note.socket) if note.socket else httpx.AsyncHTTPTransport()
    base = "http://offline-lrs.invalid" if note.socket else note.url or ""
    try:
        return await _send(transport, base, note.token, wanted)
    except httpx.HTTPError as error:
        kind = NotReached if isinstance(error, httpx.ConnectError) else Unavailable
        raise kind(f"process {note.pid} has the data folder and does not answer: {error}") from error


async def _send(transport: httpx.AsyncBaseTransport, base: str, token: str, wanted: Call) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    if wanted.content_type is not None:
        headers["Content-Type"] = wanted.content_type
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=ANSWER_SECONDS, trust_env=False) as client:
        answer = await client.request(
            wanted.method, f"/api{wanted.path}", headers=headers, json=wanted.json, content=wanted.body
        )
    if answer.is_error:
        raise _raised(answer)
    if not answer.content:  # 204, whose content type says nothing
        return None
    return answer.json() if answer.headers.get("content-type", "").startswith("application/json") else answer.content


def _raised(answer: httpx.Response) -> OfflineLrsError:
    """The error behind a problem+json answer."""
    try:
        problem = answer.json()
        detail = str(problem["detail"])
        faults = [Fault(one["path"], one["requirement"], one["detail"]) for one in problem.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        return OfflineLrsError(f"the program answered {answer.status_code}")
    kind = next((kind for kind, status, _ in TABLE if status == answer.status_code), OfflineLrsError)
    if kind is MethodNotAllowed:  # a fault of ours, and it wants to know what is allowed
        return OfflineLrsError(detail, faults)
    return kind(detail, faults)
