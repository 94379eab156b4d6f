"""Rows of the log that wait in the writer's memory until the open group is written, or until somebody has to see them.

Inserting the rows of a whole group together costs a quarter less than inserting each request's own, and a request that
only adds needs no savepoint: undoing it is forgetting its rows. When they have to be written is `writer`'s to know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

INSERT = (
    "INSERT INTO statement (store, seq, id, stored_us, timestamp_us, actor, authority, credential, origin, device, "
    "boot, clock_offset_us, sha256, raw) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
INDEX = "INSERT OR IGNORE INTO term_index (store, term, seq) VALUES (?,?,?)"
INDEX_AT_ONCE = 50  # one step of the database for so many rows costs a quarter less than a step each
INDEX_MANY = INDEX + ",(?,?,?)" * (INDEX_AT_ONCE - 1)

StatementRow = tuple[Any, ...]
"""The values of `INSERT`: it begins with store, seq, id."""
IndexRow = tuple[int, int, int]
"""The values of `INDEX`."""


class Held:
    """Belongs to the writer's thread alone. Rows before the mark are of requests that stand."""

    def __init__(self) -> None:
        self._rows: list[StatementRow] = []
        self._index: list[IndexRow] = []
        self._ids: set[tuple[int, bytes]] = set()
        self._marked = (0, 0)

    def add(self, rows: Sequence[StatementRow], index: Sequence[IndexRow]) -> None:
        """Let rows wait."""
        self._rows += rows
        self._index += index
        self._ids.update((row[0], row[2]) for row in rows)

    def has(self, store: int, statement_id: bytes) -> bool:
        """Whether the statement of this id is among those that wait."""
        return (store, statement_id) in self._ids

    def mark(self) -> None:
        """A request begins: what is added from here on can be taken back."""
        self._marked = (len(self._rows), len(self._index))

    def take_back(self) -> tuple[list[StatementRow], list[IndexRow]]:
        """What was added since the mark, which waits no more."""
        rows, index = self._rows[self._marked[0] :], self._index[self._marked[1] :]
        del self._rows[self._marked[0] :], self._index[self._marked[1] :]
        self._ids.difference_update((row[0], row[2]) for row in rows)
        return rows, index

    def write(self, connection: sqlite3.Connection) -> None:
        """Insert all that waits."""
        if self._rows:
            insert(connection, self._rows, self._index)
            self.clear()

    def clear(self) -> None:
        """Nothing waits any more."""
        self._rows.clear()
        self._index.clear()
        self._ids.clear()
        self._marked = (0, 0)


def insert(connection: sqlite3.Connection, rows: Sequence[StatementRow], index: Sequence[IndexRow]) -> None:
    """Insert rows of the log and of its index; the index in its own order, so that pages are visited once."""
    connection.executemany(INSERT, rows)
    ordered = sorted(index)
    whole = len(ordered) - len(ordered) % INDEX_AT_ONCE
    for start in range(0, whole, INDEX_AT_ONCE):
        connection.execute(INDEX_MANY, tuple(chain.from_iterable(ordered[start : start + INDEX_AT_ONCE])))
    connection.executemany(INDEX, ordered[whole:])
