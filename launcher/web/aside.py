"""Sync in `/api`: contents of documents that gave way to another, to be looked at, put back in place, or let go."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Path

from launcher.web.api import Running
from lrs.sync import aside
from lrs.sync.aside import Aside
from lrs.xapi import agents, timestamps

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/sync/aside")
async def list_aside(lms_: Running) -> dict[str, Any]:
    """What gave way where a document was changed on two sides, the latest first."""
    found = await lms_.lrs.store.read(lambda reader: aside.listed(reader, lms_.store))
    return {"documents": [_shown(one) for one in found]}


@router.get("/sync/aside/{number}")
async def show_aside(lms_: Running, number: Number) -> dict[str, Any]:
    """One of them with its content: text, or base64 where it is none."""
    found = await lms_.lrs.store.read(lambda reader: aside.show(reader, lms_.store, number))
    try:
        content, encoding = found.content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        content, encoding = base64.b64encode(found.content).decode("ascii"), "base64"
    return {**_shown(found), "content": content, "encoding": encoding}


@router.post("/sync/aside/{number}/restore", status_code=204)
async def restore_aside(lms_: Running, number: Number) -> None:
    """Put it in place of what is there now, which is kept aside instead."""
    await lms_.lrs.store.write(lambda transaction: aside.restore(transaction, lms_.store, number))
    lms_.drainer.wake()


@router.delete("/sync/aside/{number}", status_code=204)
async def remove_aside(lms_: Running, number: Number) -> None:
    """Let it go."""
    await lms_.lrs.store.write(lambda transaction: aside.remove(transaction, lms_.store, number))


def _shown(one: Aside) -> dict[str, Any]:
    return {
        "id": one.id,
        "destination": one.destination,
        "side": one.side,
        "name": one.key.name,
        "activity": one.key.activity,
        "agent": agents.of_key(one.key.agent),
        "registration": one.key.registration,
        "contentType": one.content_type,
        "written": None if one.written_us is None else timestamps.format(one.written_us),
        "at": timestamps.format(one.at_us),
    }
