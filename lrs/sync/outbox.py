"""The rows that a destination will not take: what they are, why, and trying one again.

An exception keeps its row of the log from being forgotten; it never holds up what comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from lrs.errors import Conflict, NotFound
from lrs.store.promises import Reader, Row, Transaction
from lrs.sync import destinations
from lrs.sync.destinations import RETRYING


@dataclass(frozen=True, slots=True)
class DeliveryException:
    """One row. `state` is `rejected`, `forbidden`, `conflict`, `too_large`, `attachment_missing` or `retrying`; `code`
    is the upstream's status, 0 where it was not asked; `raw` is the statement as stored, None where it was redacted."""

    destination: str
    seq: int
    id: UUID
    state: str
    code: int
    detail: str
    at_us: int
    raw: bytes | None


SELECT = (
    "SELECT d.name, e.seq, s.id, e.state, e.code, e.detail, e.at_us, s.raw FROM delivery_exception e "
    "JOIN destination d ON d.store = e.store AND d.id = e.destination "
    "JOIN statement s ON s.store = e.store AND s.seq = e.seq WHERE e.store = ? "
)


def listed(reader: Reader, store: int, name: str | None = None, limit: int = 1000) -> list[DeliveryException]:
    """The exceptions of one destination, or of all, in the order of the log."""
    rows = reader.execute(
        f"{SELECT} AND (? IS NULL OR d.name = ?) ORDER BY e.destination, e.seq LIMIT ?", (store, name, name, limit)
    )
    return [_exception(row) for row in rows]


def show(reader: Reader, store: int, name: str, seq: int) -> DeliveryException:
    """One of them. Raises `NotFound`."""
    row = reader.execute(f"{SELECT} AND d.name = ? AND e.seq = ?", (store, name, seq)).fetchone()
    if row is None:
        raise NotFound(f"row {seq} is no exception of the destination {name!r}; `offline-lrs outbox list` shows them")
    return _exception(row)


def count(reader: Reader, store: int, destination: int) -> int:
    """How many a destination has."""
    row = reader.execute(
        "SELECT count(*) FROM delivery_exception WHERE store = ? AND destination = ?", (store, destination)
    ).fetchone()
    return int(row[0]) if row else 0


def retry(transaction: Transaction, store: int, name: str, seq: int) -> None:
    """Let the drainer send it once more: delivered, it is an exception no longer.

    Raises `NotFound`, and `Conflict` where the row was redacted and nothing is left to send.
    """
    if show(transaction, store, name, seq).raw is None:
        raise Conflict(f"row {seq} was redacted: nothing of it is left to send")
    destination = destinations.get(transaction, store, name)
    transaction.execute(
        "UPDATE delivery_exception SET state = ?, at_us = ? WHERE store = ? AND destination = ? AND seq = ?",
        (RETRYING, transaction.now_us, store, destination.id, seq),
    )


def _exception(row: Row) -> DeliveryException:
    name, seq, statement_id, state, code, detail, at_us, raw = row
    return DeliveryException(name, seq, UUID(bytes=statement_id), state, code, detail, at_us, raw)
