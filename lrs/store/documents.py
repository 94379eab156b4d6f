"""State, activity profile and agent profile documents (xAPI Communication 2.3, 2.6, 2.7): one table, three kinds.

Preconditions and merging are decided by `lrs.xapi.documents`; this module only keeps and finds.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from lrs.store.promises import Reader, Transaction
from lrs.xapi.documents import etag


class Key(Struct, frozen=True):
    """What a document is found by: `state`, `activity_profile` or `agent_profile`. What a kind lacks is empty."""

    kind: str
    name: str
    activity: str = ""
    agent: str = ""
    registration: str = ""


class Document(Struct, frozen=True):
    """A document as it is stored; `etag` is in its quotes."""

    content_type: str
    content: bytes
    etag: str
    updated_us: int
    revision: int
    written_us: int
    """When its content was made, by this store's clock; `updated_us` unless it was brought here later."""


PARTS = "store = ? AND kind = ? AND activity = ? AND agent = ?"
MANY = f"{PARTS} AND registration = ?"
ONE = f"{MANY} AND name = ?"
GET = (  # the text above
    "SELECT content_type, content, etag, updated_us, revision, coalesce(written_us, updated_us) "  # noqa: S608
    f"FROM document WHERE {ONE}"
)
PUT = (
    "INSERT OR REPLACE INTO document (store, kind, activity, agent, registration, name, "
    "content_type, content, etag, updated_us, revision, written_us) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)
# Destinations that have it must hear that it is gone; there is nothing else left here to remember that by.
GONE = "UPDATE document_link SET gone = ?"


def get(reader: Reader, store: int, key: Key) -> Document | None:
    """The document, or None."""
    row = reader.execute(GET, _values(store, key)).fetchone()
    return None if row is None else Document(*row)


def put(
    transaction: Transaction, store: int, key: Key, content_type: str, content: bytes, written_us: int | None = None
) -> Document:
    """Store it, in place of what was there; `written_us` where its content was not made just now."""
    now_us = transaction.now_us
    revision = transaction.next_revision(store)
    written_us = now_us if written_us is None else written_us
    document = Document(content_type, content, etag(content), now_us, revision, written_us)
    values = (content_type, content, document.etag, now_us, revision, written_us)
    transaction.execute(PUT, (*_values(store, key), *values))
    return document


def delete(transaction: Transaction, store: int, key: Key) -> None:
    """Remove it; nothing happens where it is not there."""
    revision, values = transaction.next_revision(store), _values(store, key)
    transaction.execute(f"DELETE FROM document WHERE {ONE}", values)  # noqa: S608  the text above
    transaction.execute(f"{GONE} WHERE {ONE}", (revision, *values))


def delete_all(transaction: Transaction, store: int, key: Key, *, any_registration: bool) -> None:
    """Remove every document of an activity and agent (xAPI Communication 2.3, multiple delete)."""
    where, values = _many(store, key, any_registration)
    revision = transaction.next_revision(store)
    transaction.execute(f"DELETE FROM document WHERE {where}", values)  # noqa: S608  the text above
    transaction.execute(f"{GONE} WHERE {where}", (revision, *values))


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
