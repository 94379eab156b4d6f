"""The SQLite keeper: one writer thread that shares commits, a few readers, one process a file.

Group commit: whatever requests wait when a transaction opens go into it together, each under a savepoint of its own, so
that one flush to disk serves them all (32 connections: about six times the throughput of a commit each) and one that
fails takes nobody with it. `synchronous=FULL`: what is answered survives a power cut.

The process that holds `writer.lock` is the only one that opens the file for writing; commands beside a running program
talk to that program instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lrs.clock import Clock
from lrs.errors import ConfigurationError, OfflineLrsError, StoreFull, Unavailable
from lrs.store import identity
from lrs.store.lockfile import WriterLock
from lrs.store.promises import Here, Reader, Rows, Transaction
from lrs.store.schema import LRS_HISTORY, History, bring_up
from lrs.store.sequencer import Head, Sequencer
from lrs.store.vocabulary import Vocabulary

if TYPE_CHECKING:
    from sqlmodel import Session

T = TypeVar("T")

DATABASE = "offline-lrs.sqlite"
GROUP = 256  # requests that may share one commit
WAITING = 20_000  # requests that may wait for the writer before new ones are told to come back
READERS = 2
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
        timeout=10,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
        factory=Connection,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class SqliteReader:
    """A snapshot."""

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


class SqliteTransaction(SqliteReader):
    """The open group's transaction, as the request whose turn it is sees it."""

    def __init__(self, connection: Connection, clock: Clock, sequencer: Sequencer, vocabulary: Vocabulary) -> None:
        super().__init__(connection)
        self._clock = clock
        self._sequencer = sequencer
        self._vocabulary = vocabulary
        self._heads: dict[int, Head] = {}
        self._changed: set[int] = set()
        self._before: tuple[int, dict[int, tuple[int, int]]] = (0, {})
        self.appended = False
        self.now_us = 0

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Rows:
        return cast(Rows, self._connection.executemany(sql, parameters))

    def place(self, store: int, count: int) -> list[tuple[int, int]]:
        head = self._head(store)
        first = head.seq + 1
        head.seq += count
        self.appended = True
        return list(enumerate(self._sequencer.stamp(self.now_us, count), first))

    def next_revision(self, store: int) -> int:
        head = self._head(store)
        head.revision += 1
        return head.revision

    def term(self, store: int, kind: str, value: str, uses: int = 1) -> int:
        return self._vocabulary.number(self, store, kind, value, uses)

    def _head(self, store: int) -> Head:
        self._changed.add(store)
        head = self._heads.get(store)
        if head is None:
            row = self.execute("SELECT seq, revision FROM head WHERE store = ?", (store,)).fetchone()
            if row is None:
                raise ConfigurationError(f"store {store} has no head row: the database was changed by hand")
            head = self._heads[store] = Head(*row)
        return head

    # --- the writer's side -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A group opens."""
        self._sequencer.begin()
        self.now_us = self._clock.now_us()
        self.appended = False
        self._connection.execute("BEGIN IMMEDIATE")

    def enter(self) -> None:
        """The next request's turn."""
        self._connection.execute("SAVEPOINT request")
        heads = {store: (head.seq, head.revision) for store, head in self._heads.items()}
        self._before = (self._sequencer.last_us, heads)
        self._vocabulary.mark()

    def leave(self) -> None:
        """The request's work stands."""
        self._connection.execute("RELEASE request")

    def undo(self) -> None:
        """The request failed: as if it had never been there."""
        self._connection.execute("ROLLBACK TO request")
        self._connection.execute("RELEASE request")
        last_us, heads = self._before
        self._sequencer.rewind(last_us)
        self._heads = {store: Head(*values) for store, values in heads.items()}
        self._vocabulary.forget()

    def finish(self) -> None:
        """Write the heads, then make the group durable and visible."""
        last_us = self._sequencer.last_us
        for store in self._changed:
            head = self._heads.get(store)
            if head is not None:
                self.execute(
                    "UPDATE head SET seq = ?, revision = ?, stored_us = ? WHERE store = ?",
                    (head.seq, head.revision, last_us, store),
                )
        self._changed.clear()
        self._vocabulary.write_uses(self, self.now_us)
        self._connection.execute("COMMIT")
        self._sequencer.commit()

    def abandon(self) -> None:
        """The group is lost as a whole."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._sequencer.rollback()
        self._heads.clear()
        self._changed.clear()
        self._vocabulary.clear()

    @property
    def lost(self) -> bool:
        """Whether the database rolled the whole transaction back by itself (it does so when the disk is full)."""
        return not self._connection.in_transaction


class Job:
    """One request's work and the future that waits for it."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Callable[[Any], Any], future: asyncio.Future[Any]) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Wake whoever waits, on the event loop."""
        if self.future.done():  # the client went away; its work is durable all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class SqliteStore:
    """Keeper of a data folder. Open it with `open_store`."""

    def __init__(self, folder: Path, clock: Clock, lock: WriterLock, connection: Connection) -> None:
        self.path = folder / DATABASE
        self._clock = clock
        self._lock = lock
        self._connection = connection
        self.here: Here = identity.arrive(connection, clock)
        stored = connection.execute("SELECT max(stored_us) FROM head").fetchone()[0]
        self._sequencer = Sequencer(int(stored))
        self._transaction = SqliteTransaction(connection, clock, self._sequencer, Vocabulary())
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._watchers: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._local = threading.local()
        self._opened: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = threading.Thread(target=self._work, name="writer", daemon=True)
        self._writer.start()

    # --- promises ----------------------------------------------------------------------------------------------------

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if self._closed:
            raise Unavailable("the store is closing: send the same request again in a moment")
        if self._jobs.qsize() > WAITING:
            raise Unavailable("too many requests are waiting to be stored: send the same request again in a moment")
        loop = self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(Job(work, future))
        return await future

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._snapshot, work)

    def consistent_through(self) -> int:
        return self._sequencer.floor(self._clock.now_us())

    def watch(self, seen: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(seen)
        return lambda: self._watchers.remove(seen)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._opened:
            connection.close()
        self._connection.execute("UPDATE head SET stored_us = max(stored_us, ?)", (self._sequencer.floor(0),))
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        self._lock.release()

    # --- reading -----------------------------------------------------------------------------------------------------

    def _snapshot(self, work: Callable[[Reader], T]) -> T:
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            self._opened.append(connection)
            reader = self._local.reader = SqliteReader(connection)
        reader.execute("BEGIN")
        try:
            return work(reader)
        finally:
            reader.execute("COMMIT")

    # --- writing -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            stopping = False
            with contextlib.suppress(Empty):
                while len(jobs) < GROUP:
                    following = self._jobs.get_nowait()
                    if following is None:
                        stopping = True
                        break
                    jobs.append(following)
            self._run(jobs)
            if stopping:
                return

    def _run(self, jobs: list[Job]) -> None:
        if not self._together(jobs):
            for job in jobs:  # the database gave the whole group up: each by itself, so that only the guilty fail
                job.result = job.error = None
                self._together([job])
        self._settle(jobs)

    def _together(self, jobs: list[Job]) -> bool:
        """Run the jobs in one transaction; False where the whole of it was lost and there is more than one."""
        transaction = self._transaction
        try:
            transaction.begin()
            for job in jobs:
                self._turn(transaction, job)
            transaction.finish()
        except sqlite3.Error as error:
            transaction.abandon()
            if len(jobs) > 1:
                return False
            jobs[0].error = translate(error)
        return True

    @staticmethod
    def _turn(transaction: SqliteTransaction, job: Job) -> None:
        transaction.enter()
        try:
            job.result = job.work(transaction)
        except sqlite3.Error as error:
            if transaction.lost:
                raise
            transaction.undo()
            job.error = translate(error)
        except BaseException as error:  # noqa: BLE001  the request that raised it gets it; the group goes on
            transaction.undo()
            job.error = error
        else:
            transaction.leave()

    def _settle(self, jobs: list[Job]) -> None:
        appended = self._transaction.appended
        loop = self._loop
        if loop is None:
            return

        def wake() -> None:
            for job in jobs:
                job.settle()
            if appended:
                for seen in tuple(self._watchers):
                    seen()

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more, and the work is durable
            loop.call_soon_threadsafe(wake)


def translate(error: sqlite3.Error) -> BaseException:
    """The database's words as one of our errors; what is not the disk's or a lock's doing is a fault of ours and stays."""
    code = getattr(error, "sqlite_errorcode", None)
    base = code & 0xFF if isinstance(code, int) else None
    if base == sqlite3.SQLITE_FULL:
        return StoreFull("the disk is full: nothing of this request was stored; free space and send it again")
    if base in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable("another program holds the database: send the same request again in a moment")
    if base == sqlite3.SQLITE_IOERR:
        return StoreFull(f"the disk failed ({error}): nothing of this request was stored")
    return error


def open_store(folder: Path, clock: Clock, histories: Sequence[History] = (LRS_HISTORY,)) -> SqliteStore:
    """Open a data folder, making it where it is new (0700, files 0600).

    Raises `AlreadyRunning` where another process has it open, `ConfigurationError` where it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = WriterLock.take(folder)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be used as the data folder: {error.strerror}") from error
    try:
        return SqliteStore(folder, clock, lock, _open_database(folder / DATABASE, histories))
    except BaseException:
        lock.release()
        raise


def _open_database(path: Path, histories: Sequence[History]) -> Connection:
    if not path.exists():
        path.touch(mode=0o600)
    connection = connect(path)
    try:
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise ConfigurationError(f"{path} is on a file system without shared memory, which the database needs")
        bring_up(path, connection, histories)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ConfigurationError(f"{path} is not a database of this program: {error}") from error
    except OfflineLrsError:
        connection.close()
        raise
    return connection
