"""The one writer of a SQLite file: a thread that takes waiting requests, many to a commit.

Group commit: whatever requests wait when a transaction opens go into it together, each under a savepoint of its own, so
that one flush to disk serves them all (32 connections: about six times the throughput of a commit each). One that fails
is undone to its savepoint and takes nobody with it. Rows of the log wait in memory (`held`) until the group ends; the
first SQL of a request that may see or change something has those of earlier requests written, and then opens the
savepoint, so a request that only adds statements needs none. Where the database gives up the whole transaction (it does
when the disk is full) the group runs again one by one, so that only the guilty fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from lrs.clock import Clock
from lrs.errors import ConfigurationError, Unavailable
from lrs.store import many
from lrs.store.connection import Connection, SqliteReader, translate
from lrs.store.held import Held, IndexRow, StatementRow, TermRow
from lrs.store.identity import DEFAULT_STORE
from lrs.store.known import Known
from lrs.store.promises import Asked, Rows, Stored
from lrs.store.sequencer import Head, Sequencer
from lrs.store.vocabulary import Vocabulary

if TYPE_CHECKING:
    from sqlmodel import Session

GROUP = 256  # requests that may share one commit
_HELD_TABLES = re.compile(r"\b(?:statement|term|term_index)\b")
WAITING = 20_000  # requests that may wait for the writer before new ones are told to come back


class SqliteTransaction(SqliteReader):
    """The open group's transaction, as the request whose turn it is sees it."""

    def __init__(self, connection: Connection, clock: Clock, sequencer: Sequencer) -> None:
        super().__init__(connection)
        self._clock = clock
        self._sequencer = sequencer
        self._vocabulary = Vocabulary()
        self._heads: dict[int, Head] = {}
        self._changed: set[int] = set()
        self._held = Held()
        self._known = Known(connection)
        self._guarded = False
        self._broken = False
        self._before = _Before(0, {}, set())
        self.appended = False
        self.now_us = 0

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Rows:
        if not (self._guarded or is_aside(sql)):
            self._guard()
        return cast(Rows, self._connection.execute(sql, parameters))

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._guard()
        if many.VALUES in sql:
            many.insert(self._connection.execute, sql, parameters)
        else:
            self._connection.executemany(sql, parameters)

    def session(self) -> Session:
        self._guard()
        return super().session()

    def aside(self, sql: str, parameters: Sequence[Any]) -> Rows:
        return cast(Rows, self._connection.execute(sql, parameters))

    def stored(self, store: int, ids: Sequence[bytes]) -> dict[bytes, Stored]:
        if self._known.added(store, ids):
            self._guard()
            return self._known.read(store, ids)
        return self._known.stored(store, ids)

    def referred(self, store: int, ids: Sequence[UUID]) -> set[UUID]:
        return self._vocabulary.targets(self, store, ids)

    def hold(self, rows: Sequence[StatementRow], index: Sequence[IndexRow]) -> None:
        self._held.add(rows, index)
        if self._guarded:
            self._held.write(self._connection)
        if rows:
            self._known.add(rows[0][0], (row[2] for row in rows))

    def hold_terms(self, rows: Sequence[TermRow]) -> None:
        self._held.add_terms(rows)
        if self._guarded:
            self._held.write(self._connection)

    def _guard(self) -> None:
        """From here on the request works on the database itself: nothing waits, and a savepoint can undo it.

        What earlier requests left waiting comes before the savepoint, since it stands whatever becomes of this one;
        where it cannot be written the group is broken, and runs again one by one.
        """
        if self._guarded:
            return
        own = self._held.take_back()
        try:
            self._held.write(self._connection)
        except BaseException:
            self._broken = True
            raise
        self._connection.execute("SAVEPOINT request")
        self._guarded = True
        own.write(self._connection)

    def place(self, store: int, count: int) -> list[tuple[int, int]]:
        head = self._head(store)
        self._changed.add(store)
        first = head.seq + 1
        head.seq += count
        self.appended = True
        return list(enumerate(self._sequencer.stamp(self.now_us, count), first))

    def next_revision(self, store: int) -> int:
        head = self._head(store)
        self._changed.add(store)
        head.revision += 1
        self.appended = True
        return head.revision

    def terms(self, store: int, keys: Sequence[tuple[str, str]], uses: int = 1) -> list[int]:
        return self._vocabulary.numbers(self, store, keys, uses)

    def term(self, store: int, kind: str, value: str, uses: int = 1) -> int:
        return self._vocabulary.numbers(self, store, ((kind, value),), uses)[0]

    def _head(self, store: int) -> Head:
        head = self._heads.get(store)
        if head is None:
            row = self.execute("SELECT seq, revision FROM head WHERE store = ?", (store,)).fetchone()
            if row is None:
                raise ConfigurationError(f"store {store} has no head row: the database was changed by hand")
            head = self._heads[store] = Head(*row)
        return head

    # --- the writer's side --------------------------------------------------------------------------------------------

    def begin(self, asked: Iterable[Asked] = ()) -> None:
        """A group opens whose requests will ask for these statements."""
        self._sequencer.begin()
        self.now_us = self._clock.now_us()
        self.appended = False
        self._guarded = self._broken = False
        self._connection.execute("BEGIN IMMEDIATE")
        self._known.begin(asked)
        self._vocabulary.begin()

    def enter(self) -> None:
        """The next request's turn."""
        heads = {store: (head.seq, head.revision) for store, head in self._heads.items()}
        self._before = _Before(self._sequencer.last_us, heads, set(self._changed))
        self._vocabulary.mark()
        self._held.mark()

    def leave(self) -> None:
        """The request's work stands."""
        if self._guarded:
            self._connection.execute("RELEASE request")
            self._guarded = False

    def undo(self) -> None:
        """The request failed: as if it had never been there."""
        if self._guarded:
            self._connection.execute("ROLLBACK TO request")
            self.leave()
        self._held.take_back()
        self._sequencer.rewind(self._before.last_us)
        self._heads = {store: Head(*values) for store, values in self._before.heads.items()}
        self._changed = self._before.changed
        self._vocabulary.forget()

    def finish(self) -> None:
        """Write what waits and the heads, then make the group durable and visible."""
        self._held.write(self._connection)
        self._guarded = True  # nothing waits, and what follows is of the whole group
        bound_us = self._sequencer.bound(self.now_us)
        for store in self._changed or (DEFAULT_STORE,):
            head = self._head(store)
            self.execute(
                "UPDATE head SET seq = ?, revision = ?, stored_us = ? WHERE store = ?",
                (head.seq, head.revision, bound_us, store),
            )
        self._vocabulary.write_uses(self, self.now_us)
        self._connection.execute("COMMIT")
        self._sequencer.commit(bound_us)
        self._changed.clear()

    def abandon(self) -> None:
        """The group is lost as a whole."""
        with contextlib.suppress(sqlite3.Error):  # nothing of it is visible either way
            self.close()
        self._sequencer.rollback()
        self._heads.clear()
        self._changed.clear()
        self._vocabulary.clear()
        self._held.clear()

    def settle_down(self) -> None:
        """The end: the floor rises no more, and the bound comes down to it; counts of terms are kept."""
        self.begin()
        self._guarded = True
        self.execute("UPDATE head SET stored_us = ?", (self._sequencer.last_us,))
        self._vocabulary.write_uses(self, self._clock.now_us(), at_once=True)
        self._connection.execute("COMMIT")

    @property
    def lost(self) -> bool:
        """Whether the group cannot go on: the database rolled it back by itself, or cannot write what others added."""
        return self._broken or not self._connection.in_transaction


@functools.lru_cache(1024)
def is_aside(sql: str) -> bool:
    """Whether this is a SELECT that reads none of the tables whose rows may be held."""
    return sql.startswith("SELECT") and not _HELD_TABLES.search(sql)


class _Before:
    """What a request found, for undoing it."""

    __slots__ = ("changed", "heads", "last_us")

    def __init__(self, last_us: int, heads: dict[int, tuple[int, int]], changed: set[int]) -> None:
        self.last_us = last_us
        self.heads = heads
        self.changed = changed


class Job:
    """One request's work and the future that waits for it."""

    __slots__ = ("about", "error", "future", "result", "work")

    def __init__(self, work: Callable[[Any], Any], about: Asked | None, future: asyncio.Future[Any]) -> None:
        self.work = work
        self.about = about
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Note what went wrong, as the one who waits should get it."""
        self.error = translate(error)
        if isinstance(self.error, StopIteration):  # a future takes any error but this
            self.error = RuntimeError("work in a transaction raised StopIteration")

    def settle(self) -> None:
        """Wake whoever waits, on its event loop."""
        if self.future.done():  # the client went away; its work is durable all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """The thread. `committed` is called in it after each commit, `appended` after those that appended statements or
    changed documents."""

    def __init__(
        self, transaction: SqliteTransaction, committed: Callable[[], None], appended: Callable[[], None]
    ) -> None:
        self._transaction = transaction
        self._committed = committed
        self._appended = appended
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, work: Callable[[SqliteTransaction], Any], about: Asked | None, future: asyncio.Future[Any]) -> None:
        """Let work wait for its turn; `Unavailable` where there is no room or the end has come."""
        with self._door:  # so that nothing is put behind the end, where nobody would ever wake it
            if self._closed:
                raise Unavailable("the store is closing: send the same request again in a moment")
            if self._jobs.qsize() >= WAITING:
                raise Unavailable("too many requests wait to be stored: send the same request again in a moment")
            self._jobs.put(Job(work, about, future))

    def stop(self) -> None:
        """Finish what was accepted; returns when it is done."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    # --- in the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        ending = False
        while not ending:
            jobs, ending = self._waiting()
            if jobs:
                self._run(jobs)

    def _waiting(self) -> tuple[list[Job], bool]:
        """The next group, and whether it is the last."""
        jobs: list[Job] = []
        job = self._jobs.get()
        with contextlib.suppress(Empty):
            while job is not None:
                jobs.append(job)
                if len(jobs) == GROUP:
                    return jobs, False
                job = self._jobs.get_nowait()
            return jobs, True
        return jobs, False

    def _run(self, jobs: list[Job]) -> None:
        if self._together(jobs):
            _wake(jobs)
            if self._transaction.appended:
                self._appended()
            self._committed()
            return
        for job in jobs:
            job.result = job.error = None
            self._run([job])

    def _together(self, jobs: list[Job]) -> bool:
        """Run the jobs in one transaction; False where the whole of it was lost and there is more than one."""
        transaction = self._transaction
        try:
            transaction.begin([job.about for job in jobs if job.about is not None])
            for job in jobs:
                self._turn(transaction, job)
            transaction.finish()
        except BaseException as error:  # noqa: BLE001  the thread must outlive it: everybody waits for it
            transaction.abandon()
            if len(jobs) > 1:
                return False
            jobs[0].fail(error)
        return True

    @staticmethod
    def _turn(transaction: SqliteTransaction, job: Job) -> None:
        transaction.enter()
        try:
            job.result = job.work(transaction)
        except BaseException as error:
            if transaction.lost:
                raise
            transaction.undo()
            job.fail(error)
        else:
            transaction.leave()


def _wake(jobs: Sequence[Job]) -> None:
    """Settle the jobs, each on the event loop that waits for it."""
    loops: defaultdict[asyncio.AbstractEventLoop, list[Job]] = defaultdict(list)
    for job in jobs:
        loops[job.future.get_loop()].append(job)
    for loop, waiting in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more, and the work is durable
            loop.call_soon_threadsafe(_settle, waiting)


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.settle()
