"""What a destination does not have yet: rows that wait behind its cursor, and *exceptions*, which it would not take.

An exception keeps its row of the log from being forgotten; it never holds up what comes after it. In the order of the
log all exceptions come before all that waits, since they lie below the cursor.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from lrs.errors import Conflict, NotFound
from lrs.store.promises import Reader, Row, Transaction
from lrs.sync import destinations
from lrs.sync.destinations import RETRYING, Destination

WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class DeliveryException:
    """One row. `state` is `rejected`, `forbidden`, `conflict`, `too_large`, `attachment_missing` or `retrying`, or
    `waiting` where it is no exception and nothing was said about it; `code` is the upstream's status, 0 where it was
    not asked; `detail` is what it said, and `at_us` when; `raw` is the statement as stored, None where it was
    redacted."""

    destination: str
    seq: int
    id: UUID
    state: str
    code: int
    detail: str
    at_us: int
    stored_us: int
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a destination does not have: `waiting` behind the cursor, the oldest of them stored at
    `oldest_us`, and the exceptions by state."""

    waiting: int
    oldest_us: int | None
    exceptions: dict[str, int]


SELECT = (
    "SELECT d.name, e.seq, s.id, e.state, e.code, e.detail, e.at_us, s.stored_us, s.raw FROM delivery_exception e "
    "JOIN destination d ON d.store = e.store AND d.id = e.destination "
    "JOIN statement s ON s.store = e.store AND s.seq = e.seq WHERE e.store = ? "
)
SELECT_WAITING = (
    "SELECT ?, s.seq, s.id, 'waiting', 0, '', 0, s.stored_us, s.raw FROM statement s WHERE s.store = ? AND s.seq > ? "
)


# --- looking ----------------------------------------------------------------------------------------------------


def listed(reader: Reader, store: int, name: str | None = None, limit: int = 1000) -> list[DeliveryException]:
    """The exceptions of one destination, or of all, in the order of the log."""
    rows = reader.execute(
        f"{SELECT} AND (? IS NULL OR d.name = ?) ORDER BY e.destination, e.seq LIMIT ?", (store, name, name, limit)
    )
    return [_exception(row) for row in rows]


def page(
    reader: Reader, destination: Destination, after: int, limit: int, *, waiting: bool = True
) -> list[DeliveryException]:
    """The next rows behind the place `after` that the destination does not have; without `waiting` its exceptions."""
    store = destination.store
    rows = reader.execute(
        f"{SELECT} AND e.destination = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", (store, destination.id, after, limit)
    )
    found = [_exception(row) for row in rows]
    if waiting and len(found) < limit:
        behind = max(after, destination.cursor)
        rows = reader.execute(
            f"{SELECT_WAITING} ORDER BY s.seq LIMIT ?", (destination.name, store, behind, limit - len(found))
        )
        found += [_exception(row) for row in rows]
    return found


def show(reader: Reader, store: int, name: str, statement_id: UUID) -> DeliveryException:
    """One of them, by the statement's id. Raises `NotFound`, which says so where the destination has it."""
    destination = destinations.get(reader, store, name)
    found = reader.execute("SELECT seq FROM statement WHERE store = ? AND id = ?", (store, statement_id.bytes))
    row = found.fetchone()
    if row is None:
        raise NotFound(f"there is no statement {statement_id} here")
    rows = page(reader, destination, int(row[0]) - 1, 1)
    if not rows or rows[0].id != statement_id:
        raise NotFound(f"statement {statement_id} does not wait for {name!r}: it was sent there, or let go of")
    return rows[0]


def counts(reader: Reader, destination: Destination) -> Counts:
    """How many there are."""
    states = reader.execute(
        "SELECT state, count(*) FROM delivery_exception WHERE store = ? AND destination = ? GROUP BY 1 ORDER BY 1",
        (destination.store, destination.id),
    )
    exceptions = {str(state): int(number) for state, number in states}
    oldest = page(reader, destination, destination.cursor, 1)
    return Counts(destinations.depth(reader, destination), oldest[0].stored_us if oldest else None, exceptions)


def count(reader: Reader, store: int, destination: int) -> int:
    """How many exceptions a destination has."""
    row = reader.execute(
        "SELECT count(*) FROM delivery_exception WHERE store = ? AND destination = ?", (store, destination)
    ).fetchone()
    return int(row[0]) if row else 0


# --- deciding ---------------------------------------------------------------------------------------------------


def retry(transaction: Transaction, store: int, name: str, statement_id: UUID) -> None:
    """Let the drainer send it once more: delivered, it is an exception no longer.

    Raises `NotFound`, and `Conflict` where it is no exception, or where it was redacted and nothing is left to send.
    """
    wanted = _one(transaction, store, name, statement_id)
    if wanted.raw is None:
        raise Conflict(f"statement {statement_id} was redacted: nothing of it is left to send")
    destination = destinations.get(transaction, store, name)
    transaction.execute(
        "UPDATE delivery_exception SET state = ?, at_us = ? WHERE store = ? AND destination = ? AND seq = ?",
        (RETRYING, transaction.now_us, store, destination.id, wanted.seq),
    )


def retry_all(transaction: Transaction, store: int, name: str) -> int:
    """The same for every exception of which something is left to send; how many they are. Raises `NotFound`."""
    destination = destinations.get(transaction, store, name)
    changed = transaction.execute(
        "UPDATE delivery_exception SET state = ?, at_us = ? WHERE store = ? AND destination = ? AND EXISTS (SELECT 1 "
        "FROM statement s WHERE s.store = delivery_exception.store AND s.seq = delivery_exception.seq "
        "AND s.raw IS NOT NULL)",
        (RETRYING, transaction.now_us, store, destination.id),
    )
    return changed.rowcount


def remove(transaction: Transaction, store: int, name: str, statement_id: UUID, *, sending: bool) -> None:
    """Let go of an exception for good: the destination does without the statement, which stays in the log.

    `sending` is whether a request is on its way there. Raises `NotFound`, and `Conflict` where it is no exception, or
    where it may be in that very request. (Should one begin in the same instant, nothing is lost: an answer that comes
    for it is noted as ever.)
    """
    wanted = _one(transaction, store, name, statement_id)
    if wanted.state == RETRYING and sending:
        raise Conflict(
            f"statement {statement_id} is being sent to {name!r} at this moment: wait for the answer, or "
            f"`offline-lrs destinations pause {name}` first"
        )
    destination = destinations.get(transaction, store, name)
    transaction.execute(
        "DELETE FROM delivery_exception WHERE store = ? AND destination = ? AND seq = ?",
        (store, destination.id, wanted.seq),
    )


def _one(reader: Reader, store: int, name: str, statement_id: UUID) -> DeliveryException:
    wanted = show(reader, store, name, statement_id)
    if wanted.state == WAITING:
        raise Conflict(
            f"statement {statement_id} waits for {name!r} and is no exception: it is sent as soon as that is possible"
        )
    return wanted


def _exception(row: Row) -> DeliveryException:
    name, seq, statement_id, state, code, detail, at_us, stored_us, raw = row
    return DeliveryException(
        name, seq, UUID(bytes=statement_id), state, code, detail, at_us, stored_us, None if raw is None else bytes(raw)
    )
