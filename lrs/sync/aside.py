"""What had to give way where a document was changed on two sides: kept, shown, put back in place, or let go.

Nothing here is dropped by itself: a person who knows the learner looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrs.errors import NotFound
from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.promises import Reader, Row, Transaction
from lrs.sync.destinations import Destination

HERE, THERE = "here", "there"


@dataclass(frozen=True, slots=True)
class Aside:
    """One content. `side` says where it was: `here`, or at the destination (`there`); `written_us` is by this device's
    clock, None where the age was not known."""

    id: int
    destination: str
    key: Key
    content_type: str
    content: bytes
    side: str
    written_us: int | None
    at_us: int


SELECT = (
    "SELECT a.id, coalesce(d.name, ''), a.kind, a.activity, a.agent, a.registration, a.name, a.content_type, "
    "a.content, a.side, a.written_us, a.at_us FROM document_aside a "
    "LEFT JOIN destination d ON d.store = a.store AND d.id = a.destination WHERE a.store = ?"
)


def keep(
    transaction: Transaction,
    destination: Destination,
    key: Key,
    content_type: str,
    content: bytes,
    *,
    side: str,
    written_us: int | None,
) -> None:
    """Keep a content that gives way."""
    transaction.execute(
        "INSERT INTO document_aside (store, destination, kind, activity, agent, registration, name, content_type, "
        "content, side, written_us, at_us) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            destination.store, destination.id, key.kind, key.activity, key.agent, key.registration, key.name,
            content_type, content, side, written_us, transaction.now_us,
        ),
    )  # fmt: skip


def listed(reader: Reader, store: int, limit: int = 1000) -> list[Aside]:
    """All of them, the latest first."""
    return [_aside(row) for row in reader.execute(f"{SELECT} ORDER BY a.id DESC LIMIT ?", (store, limit))]


def show(reader: Reader, store: int, number: int) -> Aside:
    """One of them. Raises `NotFound`."""
    row = reader.execute(f"{SELECT} AND a.id = ?", (store, number)).fetchone()
    if row is None:
        raise NotFound(f"no document number {number} was kept aside")
    return _aside(row)


def count(reader: Reader, destination: Destination) -> int:
    """How many were kept aside when exchanging with this destination."""
    row = reader.execute(
        "SELECT count(*) FROM document_aside WHERE store = ? AND destination = ?", (destination.store, destination.id)
    ).fetchone()
    return int(row[0]) if row else 0


def restore(transaction: Transaction, store: int, number: int) -> None:
    """Put it back in place of what is there now, which is kept aside instead; it travels like any change. Raises
    `NotFound`."""
    found = show(transaction, store, number)
    now = documents.get(transaction, store, found.key)
    if now is None:
        remove(transaction, store, number)
    else:
        transaction.execute(
            "UPDATE document_aside SET content_type = ?, content = ?, side = ?, written_us = ?, at_us = ? "
            "WHERE store = ? AND id = ?",
            (now.content_type, now.content, HERE, now.written_us, transaction.now_us, store, number),
        )
    documents.put(transaction, store, found.key, found.content_type, found.content)


def remove(transaction: Transaction, store: int, number: int) -> None:
    """Let it go. Raises `NotFound`."""
    show(transaction, store, number)
    transaction.execute("DELETE FROM document_aside WHERE store = ? AND id = ?", (store, number))


def _aside(row: Row) -> Aside:
    number, destination, kind, activity, agent, registration, name, *rest = row
    content_type, content, side, written_us, at_us = rest
    key = Key(kind, activity=activity, agent=agent, registration=registration, name=name)
    return Aside(number, destination, key, content_type, content, side, written_us, at_us)
