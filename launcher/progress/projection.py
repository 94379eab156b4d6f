"""The consumer of the log that keeps the grid: reads behind its cursor, folds, and moves the cursor in one transaction.

Killed at any moment it goes on from its cursor; rebuilding is setting the cursor to zero on an empty table. It waits a
moment after a commit, so that a busy log is folded in few large steps. What is voided counts no more: the cell it was
in is made anew from the log, since a fold cannot be undone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

from msgspec import Struct
from msgspec.structs import fields

from launcher.cmi5 import vocabulary
from launcher.progress.fold import Cell, Fact, fact, fold
from lrs.errors import OfflineLrsError
from lrs.store import log, many
from lrs.store.log import Filter, LogRow, Window
from lrs.store.promises import Reader, Store, Transaction
from lrs.xapi import wire
from lrs.xapi.statements import VOIDED

CURSOR = "progress"
STEP = 1000
REST_SECONDS = 0.2
AGAIN_SECONDS = 5.0

NAMES = tuple(field.name for field in fields(Cell))
_COLUMNS = ", ".join(NAMES)
_MARKS = ", ".join("?" * (len(NAMES) + 1))
WRITE = f"INSERT OR REPLACE INTO progress (store, {_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608  the fields of `Cell`
_CELLS = f"SELECT json_group_array(json_array({_COLUMNS})) FROM progress WHERE store = ? AND registration IN (?)"  # noqa: S608  as above
_fields = attrgetter(*NAMES)

_CATEGORY, _VOIDED = vocabulary.CATEGORY_CMI5.encode(), VOIDED.encode()

Place = tuple[str, str]
"""Registration and activity."""

complaints = logging.getLogger("offline_lrs")


class Step(Struct, frozen=True):
    """What a stretch of the log says, up to the row `last`."""

    after: int
    last: int
    said: Sequence[Fact]
    voided: Sequence[UUID]


class Projector:
    """Follows one store's log."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._number = number
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._stop_watching: Callable[[], None] | None = None

    def start(self) -> None:
        """Follow in the background until `stop`; again does nothing."""
        if self._task is None:
            self._stop_watching = self._store.watch(self._woken.set)
            self._woken.set()
            self._task = asyncio.get_running_loop().create_task(self._follow(), name="projector")

    async def stop(self) -> None:
        """Stop following."""
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def catch_up(self) -> None:
        """Return when everything stored before this call is in the grid."""
        async with self._turn:
            while await self._step():
                pass

    async def rebuild(self) -> None:
        """Make the grid anew from the log."""
        async with self._turn:  # a step that is under way would put its cursor back
            await self._store.write(lambda transaction: forget(transaction, self._number))
            while await self._step():
                pass

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self.catch_up()
            except (
                OfflineLrsError,
                sqlite3.Error,
            ) as error:  # a full disk, a closing store: the log waits, and so do we
                complaints.warning("progress is not followed for now: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
                self._woken.set()
            await asyncio.sleep(REST_SECONDS)

    async def _step(self) -> bool:
        """Fold the next rows; whether there may be more."""
        step = await self._store.read(self._look)
        if step.last > step.after:
            await self._store.write(lambda transaction: keep(transaction, self._number, step))
        return step.last - step.after >= STEP

    def _look(self, reader: Reader) -> Step:
        after = cursor(reader, self._number)
        return look(log.follow(reader, self._number, after, STEP), after)


# --- reading the log ------------------------------------------------------------------------------------------------


def look(rows: Sequence[LogRow], after: int) -> Step:
    """What these rows of the log say. What is voided already says nothing, and nor does what was redacted."""
    said, voided = [], []
    for row in rows:
        value = {} if row.raw is None or row.voided or not _may_say(row.raw) else wire.parse_own(row.raw)
        if value and log.is_voiding(value):
            target = log.reference(value)
            voided += [] if target is None else [target]
        elif value and (one := fact(value, row.stored_us)) is not None:
            said.append(one)
    return Step(after, rows[-1].seq if rows else after, said, voided)


def _may_say(raw: bytes) -> bool:
    """Whether a statement's text can matter here; where something is escaped, only decoding tells."""
    return _CATEGORY in raw or _VOIDED in raw or b"\\" in raw


def cursor(reader: Reader, store: int) -> int:
    """The last place of the log that is in the grid."""
    row = reader.execute("SELECT seq FROM cursor WHERE store = ? AND name = ?", (store, CURSOR)).fetchone()
    return 0 if row is None else int(row[0])


# --- keeping the grid -----------------------------------------------------------------------------------------------


def keep(transaction: Transaction, store: int, step: Step) -> None:
    """Bring the grid to where the step ends."""
    anew = {place for target in step.voided if (place := _place(transaction, store, target)) is not None}
    cells: dict[Place, Cell | None] = {place: _from_log(transaction, store, place, step.last) for place in anew}
    kept_before = _cells_of(transaction, store, {one.registration for one in step.said})
    for one in step.said:
        place = (one.registration, one.activity)
        if place not in anew:
            cells[place] = fold(cells[place] if place in cells else kept_before.get(place), one)
    gone = [(store, *place) for place, changed in cells.items() if changed is None]
    kept = [(store, *_values(changed)) for changed in cells.values() if changed is not None]
    transaction.executemany("DELETE FROM progress WHERE store = ? AND registration = ? AND activity = ?", gone)
    transaction.executemany(WRITE, kept)
    transaction.execute("INSERT OR REPLACE INTO cursor (store, name, seq) VALUES (?,?,?)", (store, CURSOR, step.last))


def forget(transaction: Transaction, store: int) -> None:
    """Forget the grid; the next steps make it anew from the log."""
    transaction.execute("DELETE FROM progress WHERE store = ?", (store,))
    transaction.execute("DELETE FROM cursor WHERE store = ? AND name = ?", (store, CURSOR))


def _cells_of(reader: Reader, store: int, registrations: Collection[str]) -> dict[Place, Cell]:
    """The cells of these registrations, in one row of the database (`lrs.store.many` says why)."""
    found: dict[Place, Cell] = {}
    for (text,) in many.find(reader.execute, _CELLS, (store,), list(registrations)):
        for row in json.loads(text):
            one = of_row(row)
            found[one.registration, one.activity] = one
    return found


def _place(reader: Reader, store: int, target: UUID) -> Place | None:
    """Where a voided statement counted, if it did."""
    placed = log.one(reader, store, target, voided=True)
    said = None if placed is None else fact(wire.parse_own(placed.raw), placed.stored_us)
    return None if said is None else (said.registration, said.activity)


def _from_log(reader: Reader, store: int, place: Place, last: int) -> Cell | None:
    """A cell from what the log holds of it, up to `last`."""
    made: Cell | None = None
    for said in _facts(reader, store, place, last):
        if (said.registration, said.activity) == place:  # not what only refers to such a statement
            made = fold(made, said)
    return made


def _facts(reader: Reader, store: int, place: Place, last: int) -> Iterator[Fact]:
    filters = (Filter("r", place[0]), Filter("a", place[1]))
    floor = 0
    while found := log.find(reader, store, filters, Window(floor=floor, ceiling=last), STEP, ascending=True):
        for placed in found:
            if (said := fact(wire.parse_own(placed.raw), placed.stored_us)) is not None:
                yield said
        floor = found[-1].seq


def _values(changed: Cell) -> Iterator[object]:
    """The cell as `WRITE` takes it."""
    return map(_plain, _fields(changed))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


# --- reading the grid -----------------------------------------------------------------------------------------------


def cell(reader: Reader, store: int, registration: str, activity: str) -> Cell | None:
    """One cell of the grid."""
    row = reader.execute(
        f"SELECT {_COLUMNS} FROM progress "  # noqa: S608  the fields of `Cell`
        "WHERE store = ? AND registration = ? AND activity = ?",
        (store, registration, activity),
    ).fetchone()
    return None if row is None else of_row(row)


def cells(reader: Reader, store: int) -> list[Cell]:
    """The whole grid."""
    rows = reader.execute(f"SELECT {_COLUMNS} FROM progress WHERE store = ?", (store,))  # noqa: S608  the fields of `Cell`
    return [of_row(row) for row in rows]


def of_row(row: Sequence[object]) -> Cell:
    """The cell of a row that has the columns `NAMES`."""
    values = dict(zip(NAMES, row, strict=True))
    for name in ("best_score", "latest_score"):
        values[name] = None if values[name] is None else Decimal(str(values[name]))
    return Cell(**values)  # type: ignore[arg-type]  # the columns are the fields, in order
