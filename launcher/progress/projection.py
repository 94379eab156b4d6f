"""The consumer of the log that keeps the grid: reads behind its cursor, folds, and moves the cursor in one transaction.

Killed at any moment it goes on from its cursor; rebuilding is setting the cursor to zero on an empty table. It waits a
moment after a commit, so that a busy log is folded in few large steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal

from launcher.progress.fold import Cell, Fact, fact, fold
from lrs.errors import OfflineLrsError
from lrs.store import log
from lrs.store.promises import Reader, Store, Transaction
from lrs.xapi import wire

CURSOR = "progress"
STEP = 1000
REST_SECONDS = 0.05
AGAIN_SECONDS = 5.0

NAMES = tuple(field.name for field in fields(Cell))
_COLUMNS = ", ".join(NAMES)
_MARKS = ", ".join("?" * (len(NAMES) + 1))

complaints = logging.getLogger("offline_lrs")


class Projector:
    """Follows one store's log."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._number = number
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow in the background until `stop`."""
        self._stop_watching = self._store.watch(self._woken.set)
        self._woken.set()
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._stop_watching()
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def catch_up(self) -> None:
        """Return when everything stored before this call is in the grid."""
        async with self._turn:
            while await self._step():
                pass

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self.catch_up()
            except OfflineLrsError as error:  # a full disk, a closing store: the log waits, and so do we
                complaints.warning("progress is not followed for now: %s", error.detail)
                await asyncio.sleep(AGAIN_SECONDS)
                self._woken.set()
            await asyncio.sleep(REST_SECONDS)

    async def _step(self) -> bool:
        """Fold the next rows; whether there may be more."""
        after, said, last = await self._store.read(self._look)
        if last > after:
            await self._store.write(lambda transaction: _keep(transaction, self._number, said, last))
        return last - after >= STEP

    def _look(self, reader: Reader) -> tuple[int, list[Fact], int]:
        after = cursor(reader, self._number)
        rows = log.follow(reader, self._number, after, STEP)
        said = [fact(wire.parse_json(row.raw), row.stored_us) for row in rows if row.raw is not None]
        return after, [one for one in said if one is not None], rows[-1].seq if rows else after


def cursor(reader: Reader, store: int) -> int:
    """The last place of the log that is in the grid."""
    row = reader.execute("SELECT seq FROM cursor WHERE store = ? AND name = ?", (store, CURSOR)).fetchone()
    return 0 if row is None else int(row[0])


def rebuild(transaction: Transaction, store: int) -> None:
    """Forget the grid; the next steps make it anew from the log."""
    transaction.execute("DELETE FROM progress WHERE store = ?", (store,))
    transaction.execute("DELETE FROM cursor WHERE store = ? AND name = ?", (store, CURSOR))


def _keep(transaction: Transaction, store: int, said: Sequence[Fact], last: int) -> None:
    cells: dict[tuple[str, str], Cell | None] = {}
    for one in said:
        key = (one.registration, one.activity)
        if key not in cells:
            cells[key] = cell(transaction, store, *key)
        cells[key] = fold(cells[key], one)
    rows = [
        (store, *(_plain(getattr(changed, name)) for name in NAMES))
        for changed in cells.values()
        if changed is not None
    ]
    transaction.executemany(f"INSERT OR REPLACE INTO progress (store, {_COLUMNS}) VALUES ({_MARKS})", rows)  # noqa: S608
    transaction.execute("INSERT OR REPLACE INTO cursor (store, name, seq) VALUES (?,?,?)", (store, CURSOR, last))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


def cell(reader: Reader, store: int, registration: str, activity: str) -> Cell | None:
    """One cell of the grid."""
    row = reader.execute(
        f"SELECT {_COLUMNS} FROM progress WHERE store = ? AND registration = ? AND activity = ?",  # noqa: S608
        (store, registration, activity),
    ).fetchone()
    return None if row is None else read_cell(row)


def read_cell(row: tuple[object, ...]) -> Cell:
    """A row of the table as a cell."""
    values = dict(zip(NAMES, row, strict=True))
    for name in ("best_score", "latest_score"):
        values[name] = None if values[name] is None else Decimal(str(values[name]))
    return Cell(**values)  # type: ignore[arg-type]  # the columns are the fields, in order


def cells(reader: Reader, store: int) -> list[Cell]:
    """The whole grid."""
    rows = reader.execute(f"SELECT {_COLUMNS} FROM progress WHERE store = ?", (store,))  # noqa: S608
    return [read_cell(row) for row in rows]
