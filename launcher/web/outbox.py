"""Sync in `/api`: the destinations of the log, and for each what it does not have yet, to be seen and decided on.

A page of `GET /outbox/{destination}/statements` is a batch as it stands: an array of statements, their text byte for
byte as it would be sent, with the address of the next page in `Link` (RFC 8288).
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from launcher.web.api import JSON, TAKES_JSON, Model, Running
from lrs.store.promises import Reader, Transaction
from lrs.sync import destinations, outbox
from lrs.sync.destinations import Destination, State
from lrs.sync.outbox import Counts, DeliveryException
from lrs.xapi import timestamps, wire

PAGE, PAGE_MOST = 100, 1000  # as many as a batch may have

router = APIRouter()


# --- destinations ---------------------------------------------------------------------------------------------------


class NewDestination(Model):
    """Where the log is to be sent. The same name again changes address and credential."""

    name: str
    url: str
    key: str
    secret: str = Field(repr=False)


class Reason(Model):
    """Why a destination is paused."""

    reason: str = Field(default="paused by hand", min_length=1, max_length=500)


@router.post("/destinations", status_code=201, dependencies=TAKES_JSON)
async def add_destination(lms_: Running, new: NewDestination) -> dict[str, Any]:
    """Add a destination, or change the one of that name; another address begins again at the start of the log."""

    def work(transaction: Transaction) -> Destination:
        return destinations.add(transaction, lms_.store, new.name, new.url, new.key, new.secret)

    made = await lms_.lrs.store.write(work)
    lms_.drainer.wake()
    return {"name": made.name, "url": made.url, "key": made.key, "state": made.state}


@router.post("/destinations/{name:path}/pause", status_code=204, dependencies=TAKES_JSON)
async def pause_destination(lms_: Running, name: str, why: Reason) -> None:
    """Send nothing there until it is resumed."""
    await lms_.lrs.store.write(lambda transaction: destinations.pause(transaction, lms_.store, name, why.reason))


@router.post("/destinations/{name:path}/resume", status_code=204)
async def resume_destination(lms_: Running, name: str) -> None:
    """Try at once, whatever stood in the way."""
    await lms_.lrs.store.write(lambda transaction: destinations.resume(transaction, lms_.store, name))
    lms_.drainer.wake()


@router.delete("/destinations/{name:path}", status_code=204)
async def remove_destination(lms_: Running, name: str) -> None:
    """Forget a destination and its exceptions; the log stays."""
    await lms_.lrs.store.write(lambda transaction: destinations.remove(transaction, lms_.store, name))


# --- what they do not have ------------------------------------------------------------------------------------------

After = Annotated[int, Query(ge=0, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]


@router.get("/outbox")
async def list_outbox(
    lms_: Running, destination: str | None = None, limit: Limit = PAGE, *, exceptions: bool = False
) -> dict[str, Any]:
    """For each destination how much it does not have, and the first rows of that: exceptions, then what waits."""

    def look(reader: Reader) -> list[dict[str, Any]]:
        found = destinations.listed(reader, lms_.store)
        if destination is not None:
            found = [destinations.get(reader, lms_.store, destination)]
        return [
            {
                **_counted(one, outbox.counts(reader, one)),
                "statements": [_row(row) for row in outbox.page(reader, one, 0, limit, waiting=not exceptions)],
            }
            for one in found
        ]

    return {"destinations": await lms_.lrs.store.read(look)}


@router.get("/outbox/{destination:path}/statements")
async def export_outbox(
    lms_: Running, destination: str, after: After = 0, limit: Limit = PAGE_MOST, *, exceptions: bool = False
) -> Response:
    """The statements that a destination does not have, in the order of the log, as a batch for POST /statements."""

    def look(reader: Reader) -> list[DeliveryException]:
        known = destinations.get(reader, lms_.store, destination)
        return outbox.page(reader, known, after, limit, waiting=not exceptions)

    rows = await lms_.lrs.store.read(look)
    headers = {}
    if len(rows) == limit:
        query = f"after={rows[-1].seq}&limit={limit}&exceptions={str(exceptions).lower()}"
        headers["Link"] = f'</api/outbox/{quote(destination, safe="")}/statements?{query}>; rel="next"'
    body = b"[" + b",\n".join(row.raw for row in rows if row.raw is not None) + b"]"
    return Response(body, 200, headers, JSON)


@router.get("/outbox/{destination:path}/{statement_id:uuid}")
async def show_outbox(lms_: Running, destination: str, statement_id: UUID) -> dict[str, Any]:
    """One row in full, its statement among it (null where it was redacted)."""
    found = await lms_.lrs.store.read(lambda reader: outbox.show(reader, lms_.store, destination, statement_id))
    return {**_row(found), "statement": None if found.raw is None else wire.parse_own(found.raw)}


@router.post("/outbox/{destination:path}/{statement_id:uuid}")
async def retry_one(lms_: Running, destination: str, statement_id: UUID) -> dict[str, int]:
    """Send an exception once more."""
    await lms_.lrs.store.write(lambda changed: outbox.retry(changed, lms_.store, destination, statement_id))
    lms_.drainer.wake()
    return {"retrying": 1}


@router.post("/outbox/{destination:path}")
async def retry_all(lms_: Running, destination: str) -> dict[str, int]:
    """Send every exception of a destination once more."""
    number = await lms_.lrs.store.write(lambda changed: outbox.retry_all(changed, lms_.store, destination))
    lms_.drainer.wake()
    return {"retrying": number}


@router.delete("/outbox/{destination:path}/{statement_id:uuid}", status_code=204)
async def remove_one(lms_: Running, destination: str, statement_id: UUID) -> None:
    """Let go of an exception; its statement stays in the log. 409 while it is on its way."""
    now = {one.name: one.state for one in await lms_.drainer.status()}
    sending = now.get(destination) is State.SENDING
    await lms_.lrs.store.write(
        lambda changed: outbox.remove(changed, lms_.store, destination, statement_id, sending=sending)
    )


def _counted(one: Destination, counts: Counts) -> dict[str, Any]:
    return {
        "name": one.name,
        "url": one.url,
        "state": one.state,
        "reason": one.reason,
        "waiting": counts.waiting,
        "oldest": None if counts.oldest_us is None else timestamps.format(counts.oldest_us),
        "exceptions": counts.exceptions,
    }


def _row(row: DeliveryException) -> dict[str, Any]:
    statement = {} if row.raw is None else wire.parse_own(row.raw)
    return {
        "id": str(row.id),
        "state": row.state,
        "code": row.code or None,
        "detail": row.detail,
        "at": timestamps.format(row.at_us) if row.at_us else None,
        "stored": timestamps.format(row.stored_us),
        "verb": statement.get("verb", {}).get("id"),
        "object": statement.get("object", {}).get("id"),
    }
