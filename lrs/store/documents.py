"""State, activity profile and agent profile documents (xAPI Communication 2.3, 2.6, 2.7): one table, three kinds.

Preconditions and merging are decided by `lrs.xapi.documents`; this module only keeps and finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrs.store.promises import Reader, Transaction
from lrs.xapi.documents import etag


@dataclass(frozen=True, slots=True)
class Key:
    """What a document is found by: `state`, `activity_profile` or `agent_profile`. What a kind lacks is empty."""

    kind: str
    name: str
    activity: str = ""
    agent: str = ""
    registration: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is stored; `etag` is in its quotes."""

    content_type: str
    content: bytes
    etag: str
    updated_us: int
    revision: int


PARTS = "store = ? AND kind = ? AND activity = ? AND agent = ?"
MANY = f"{PARTS} AND registration = ?"
ONE = f"{MANY} AND name = ?"
GET = f"SELECT content_type, content, etag, updated_us, revision FROM document WHERE {ONE}"  # noqa: S608  the text above
PUT = (
    "INSERT OR REPLACE INTO document (store, kind, activity, agent, registration, name, "
    "content_type, content, etag, updated_us, revision) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)


def get(reader: Reader, store: int, key: Key) -> Document | None:
    """The document, or None."""
    row = reader.execute(GET, _values(store, key)).fetchone()
    return None if row is None else Document(*row)


def put(transaction: Transaction, store: int, key: Key, content_type: str, content: bytes) -> Document:
    """Store it, in place of what was there."""
    document = Document(content_type, content, etag(content), transaction.now_us, transaction.next_revision(store))
    values = (content_type, content, document.etag, document.updated_us, document.revision)
    transaction.execute(PUT, (*_values(store, key), *values))
    return document


def delete(transaction: Transaction, store: int, key: Key) -> None:
    """Remove it; nothing happens where it is not there."""
    transaction.execute(f"DELETE FROM document WHERE {ONE}", _values(store, key))  # noqa: S608  the text above
    transaction.next_revision(store)


def delete_all(transaction: Transaction, store: int, key: Key, *, any_registration: bool) -> None:
    """Remove every document of an activity and agent (xAPI Communication 2.3, multiple delete)."""
    where, values = _many(store, key, any_registration)
    transaction.execute(f"DELETE FROM document WHERE {where}", values)  # noqa: S608  the text above
    transaction.next_revision(store)


def names(reader: Reader, store: int, key: Key, since_us: int | None, *, any_registration: bool) -> list[str]:
    """The ids of the documents of an activity, an agent or both, changed after `since_us`."""
    where, values = _many(store, key, any_registration)
    rows = reader.execute(
        f"SELECT DISTINCT name FROM document WHERE {where} AND (? IS NULL OR updated_us > ?) ORDER BY name",  # noqa: S608  the text above
        (*values, since_us, since_us),
    )
    return [str(row[0]) for row in rows]


def _values(store: int, key: Key) -> tuple[object, ...]:
    return (store, key.kind, key.activity, key.agent, key.registration, key.name)


def _many(store: int, key: Key, any_registration: bool) -> tuple[str, Sequence[object]]:
    """Without a registration the multiple requests mean all of them (xAPI Communication 2.3)."""
    values = (store, key.kind, key.activity, key.agent)
    return (PARTS, values) if any_registration else (MANY, (*values, key.registration))
