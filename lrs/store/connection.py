"""Connections to the one SQLite file, a snapshot of it for reading, and the database's errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lrs.errors import OfflineLrsError, StoreFull, Unavailable
from lrs.store.promises import Rows

if TYPE_CHECKING:
    from sqlmodel import Session

BUSY_SECONDS = 10
CACHED_STATEMENTS = 512


class Connection(sqlite3.Connection):
    """A connection whose transactions belong to us: SQLAlchemy may work on it, and its commit and rollback do nothing,
    so that a session's work stays inside the request's transaction."""

    def commit(self) -> None:
        """Nothing: the writer commits."""

    def rollback(self) -> None:
        """Nothing: the writer rolls back."""


def connect(path: Path) -> Connection:
    """Open the file as every user of it must."""
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # each is used by one thread at a time; closing happens in another
        cached_statements=CACHED_STATEMENTS,
        factory=Connection,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # nothing of ours in the system's temporary folder
    return connection


class SqliteReader:
    """A snapshot: what `lrs.store.promises.Reader` asks for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._engine: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Rows:
        return cast(Rows, self._connection.execute(sql, parameters))

    def session(self) -> Session:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import StaticPool
        from sqlmodel import Session

        if self._engine is None:
            self._engine = create_engine("sqlite://", creator=lambda: self._connection, poolclass=StaticPool)
        return Session(self._engine)

    def open(self) -> None:
        """The snapshot begins with the first row that is read."""
        self._connection.execute("BEGIN")

    def close(self) -> None:
        """Let the snapshot go, also where the database ended it by itself."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def translate(error: BaseException) -> BaseException:
    """The error as the one who asked should get it: the disk's and a lock's doing in our words, the rest as it is.

    What reaches us through SQLAlchemy has the database's error as its cause.
    """
    found = error.__cause__ if not isinstance(error, (sqlite3.Error, OfflineLrsError)) else error
    if not isinstance(found, sqlite3.Error):
        return error
    ours = _in_our_words(found)
    if ours is None:
        return error
    ours.__cause__ = error
    return ours


def _in_our_words(error: sqlite3.Error) -> OfflineLrsError | None:
    code = getattr(error, "sqlite_errorcode", None)
    base = code & 0xFF if isinstance(code, int) else None  # the rest of an extended code says where it happened
    if base == sqlite3.SQLITE_FULL:
        return StoreFull("the disk is full: nothing of this request was stored; free space and send it again")
    if base == sqlite3.SQLITE_IOERR:
        return StoreFull(f"the disk failed ({error}): nothing of this request was stored")
    if base in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable("another program holds the database: send the same request again in a moment")
    return None
