"""The SQLite keeper: one writer that shares commits, a few readers, one process a file.

`synchronous=FULL`: what is answered survives a power cut. The process that holds `writer.lock` is the only one that
opens the file; commands beside a running program talk to that program instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from lrs.clock import Clock
from lrs.errors import ConfigurationError, OfflineLrsError, StoreFull, Unavailable
from lrs.store import identity
from lrs.store.checkpoints import Checkpoints
from lrs.store.connection import Connection, SqliteReader, connect, translate
from lrs.store.lockfile import WriterLock
from lrs.store.promises import Asked, Here, Reader, Transaction
from lrs.store.schema import LRS_HISTORY, History, bring_up
from lrs.store.sequencer import LEASE_US, Sequencer
from lrs.store.writer import SqliteTransaction, Writer

T = TypeVar("T")

DATABASE = "offline-lrs.sqlite"
READERS = 2
CACHE_KIB = 16_384  # of the writer: the index's pages are visited all over, and SQLite's own 2 MiB do not hold them


class SqliteStore:
    """Keeper of a data folder. Open it with `open_store`."""

    def __init__(self, folder: Path, clock: Clock, lock: WriterLock, connection: Connection) -> None:
        self.path = folder / DATABASE
        self._clock = clock
        self._lock = lock
        self._connection = connection
        arrival = identity.arrive(connection, clock, LEASE_US)
        self.here: Here = arrival.here
        self._sequencer = Sequencer(arrival.floor_us, arrival.bound_us)
        self._transaction = SqliteTransaction(connection, clock, self._sequencer)
        self._watchers: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
        self._closed = False
        self._local = threading.local()
        self._opened: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._checkpoints = Checkpoints(self.path, connection)
        self._writer = Writer(self._transaction, self._checkpoints.committed, self._appended)

    # --- promises -----------------------------------------------------------------------------------------------------

    async def write(self, work: Callable[[Transaction], T], about: Asked | None = None) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.put(work, about, future)
        return await future

    async def read(self, work: Callable[[Reader], T]) -> T:
        if self._closed:
            raise Unavailable("the store is closing: send the same request again in a moment")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._snapshot, work)

    async def consistent_through(self) -> int:
        now_us = self._clock.now_us()
        if self._sequencer.lags(now_us):
            with contextlib.suppress(StoreFull, Unavailable):  # an older answer is still a true one
                await self.write(_renew_lease)
        return self._sequencer.floor(now_us)

    def watch(self, seen: Callable[[], None]) -> Callable[[], None]:
        watcher = (asyncio.get_running_loop(), seen)
        self._watchers.append(watcher)

        def stop() -> None:
            with contextlib.suppress(ValueError):  # stopped before
                self._watchers.remove(watcher)

        return stop

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        with contextlib.ExitStack() as closing:  # whatever fails, the file is closed and the folder let go
            closing.callback(self._lock.release)
            closing.callback(self._connection.close)
            closing.callback(self._close_readers)
            self._writer.stop()
            self._checkpoints.stop()
            with contextlib.suppress(sqlite3.Error):  # a full disk: the bound stays as it is, which is as true
                self._transaction.settle_down()
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _close_readers(self) -> None:
        self._readers.shutdown()
        for connection in self._opened:
            connection.close()

    # --- in other threads ---------------------------------------------------------------------------------------------

    def _snapshot(self, work: Callable[[Reader], T]) -> T:
        reader = self._reader()
        reader.open()
        try:
            return work(reader)
        except Exception as error:
            translated = translate(error)
            if translated is error:
                raise
            raise translated from error
        finally:
            reader.close()

    def _reader(self) -> SqliteReader:
        """This thread's own."""
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = connect(self.path)
            self._opened.append(connection)
            connection.execute("PRAGMA query_only = ON")
            reader = self._local.reader = SqliteReader(connection)
        return reader

    def _appended(self) -> None:
        for loop, seen in tuple(self._watchers):
            with contextlib.suppress(RuntimeError):  # that loop is closed
                loop.call_soon_threadsafe(seen)


def _renew_lease(_transaction: Any) -> None:
    """Nothing to do: every commit renews the lease."""


def open_store(folder: Path, clock: Clock, histories: Sequence[History] = (LRS_HISTORY,)) -> SqliteStore:
    """Open a data folder, making it where it is new (0700, files 0600).

    Raises `AlreadyRunning` where another process has it open, `StoreFull` where there is no room to note the start,
    `ConfigurationError` where it cannot be used.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = WriterLock.take(folder)
            held.callback(lock.release)
            (folder / DATABASE).touch(mode=0o600)
        except OSError as error:
            raise ConfigurationError(f"{folder} cannot be used as the data folder: {error.strerror}") from error
        store = _open(folder, clock, lock, histories, held)
        held.pop_all()  # from here on the store lets go of them
    return store


def _open(
    folder: Path, clock: Clock, lock: WriterLock, histories: Sequence[History], held: contextlib.ExitStack
) -> SqliteStore:
    path = folder / DATABASE
    try:
        connection = connect(path)
        held.callback(connection.close)
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB:d}")
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise ConfigurationError(f"{path} is on a file system without shared memory, which the database needs")
        bring_up(path, connection, histories)
        return SqliteStore(folder, clock, lock, connection)
    except sqlite3.Error as error:
        translated = translate(error)
        if isinstance(translated, OfflineLrsError):
            raise translated from error
        raise ConfigurationError(f"{path} is not a database of this program: {error}") from error
