"""Rows of the log that wait in the writer's memory until the open group is written, or until somebody has to see them.

Inserting the rows of a whole group together costs a quarter less than inserting each request's own, and a request that
only adds needs no savepoint: undoing it is forgetting its rows. When they have to be written is `writer`'s to know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from lrs.store import many

INSERT = (
    "INSERT OR FAIL INTO statement (store, seq, id, stored_us, timestamp_us, actor, authority, credential, origin, "
    "device, boot, clock_offset_us, sha256, raw) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
TERM = "INSERT OR FAIL INTO term (id, store, kind, value, uses) VALUES (?,?,?,?,?)"
INDEX = "INSERT OR IGNORE INTO term_index (store, term, seq) VALUES (?,?,?)"

StatementRow = tuple[Any, ...]
"""The values of `INSERT`: it begins with store, seq, id."""
IndexRow = tuple[int, int, int]
"""The values of `INDEX`."""
TermRow = tuple[int, int, str, str, int]
"""The values of `TERM`."""


class Held:
    """Belongs to the writer's thread alone. Rows before the mark are of requests that stand."""

    def __init__(self) -> None:
        self._rows: list[StatementRow] = []
        self._index: list[IndexRow] = []
        self._terms: list[TermRow] = []
        self._marked = (0, 0, 0)

    def add(self, rows: Sequence[StatementRow], index: Sequence[IndexRow]) -> None:
        """Let rows wait."""
        self._rows += rows
        self._index += index

    def add_terms(self, rows: Sequence[TermRow]) -> None:
        """Let terms wait."""
        self._terms += rows

    def mark(self) -> None:
        """A request begins: what is added from here on can be taken back."""
        self._marked = (len(self._rows), len(self._index), len(self._terms))

    def take_back(self) -> Held:
        """What was added since the mark, which waits no more."""
        taken = Held()
        for mine, theirs, mark in zip(self._lists(), taken._lists(), self._marked, strict=True):
            theirs += mine[mark:]
            del mine[mark:]
        return taken

    def write(self, connection: sqlite3.Connection) -> None:
        """Insert all that waits; the index in its own order, so that pages are visited once."""
        many.insert(connection.execute, TERM, self._terms)
        many.insert(connection.execute, INSERT, self._rows)
        many.insert(connection.execute, INDEX, sorted(self._index))
        self.clear()

    def clear(self) -> None:
        """Nothing waits any more."""
        for rows in self._lists():
            rows.clear()
        self._marked = (0, 0, 0)

    def _lists(self) -> tuple[list[Any], ...]:
        return self._rows, self._index, self._terms
