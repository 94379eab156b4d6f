"""Data folders for tests: migrated once, then copied, since Alembic takes longer than most tests."""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from lrs.clock import Clock
from lrs.store.promises import Reader, Store, Transaction
from lrs.store.sqlite import DATABASE, SqliteStore, open_store
from tests.support.clocks import FixedClock

T = TypeVar("T")
Work = Callable[[Transaction], Any]
CRASHED = (DATABASE, f"{DATABASE}-wal")


@functools.cache
def _migrated() -> bytes:
    """The database file of a new data folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(open_store(folder, FixedClock(0)).close())
        return (folder / DATABASE).read_bytes()


def open_fast(folder: Path, clock: Clock) -> SqliteStore:
    """Open a data folder, which is made from the copy where it is new."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / DATABASE
    if not path.exists():
        path.write_bytes(_migrated())
    return open_store(folder, clock)


def after_a_crash(folder: Path, elsewhere: Path) -> Path:
    """What a power cut at this moment would leave of an open data folder."""
    elsewhere.mkdir(mode=0o700)
    for name in CRASHED:
        shutil.copy(folder / name, elsewhere / name)
    return elsewhere


class Loop:
    """An event loop that a test runs step by step, so that it reads from top to bottom."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        """The result; a test that hangs fails."""
        return self._runner.run(asyncio.wait_for(work, seconds))

    def together(self, *works: Coroutine[Any, Any, T]) -> list[T]:
        """The results of all of them, run at the same time."""

        async def gathered() -> list[T]:
            return list(await asyncio.gather(*works))

        return self.run(gathered())

    def outcomes(self, *works: Coroutine[Any, Any, T]) -> list[T | BaseException]:
        """The same, with what they raised in its place."""

        async def gathered() -> list[T | BaseException]:
            return list(await asyncio.gather(*works, return_exceptions=True))

        return self.run(gathered())

    def close(self) -> None:
        """The end."""
        self._runner.close()


class Kept:
    """A store and the loop that it is used from."""

    def __init__(self, store: Store, loop: Loop) -> None:
        self.store, self.loop = store, loop

    def write(self, work: Callable[[Transaction], T]) -> T:
        """What a request's work gives."""
        return self.loop.run(self.store.write(work))

    def read(self, work: Callable[[Reader], T]) -> T:
        """What a look gives."""
        return self.loop.run(self.store.read(work))

    def through(self) -> int:
        """How far the log is complete."""
        return self.loop.run(self.store.consistent_through())

    def in_one_group(self, *works: Work) -> list[Any]:
        """The outcomes of works that wait together while the writer is busy, so that they share a commit."""
        return self.loop.run(_in_one_group(self.store, works))

    def close(self) -> None:
        """Close the store."""
        self.loop.run(self.store.close())


async def holding(store: Store, gate: threading.Event) -> asyncio.Future[bool]:
    """Keep the writer busy until the gate opens: what is put meanwhile waits together."""
    begun = threading.Event()

    def hold(_: Transaction) -> bool:
        begun.set()
        return gate.wait()

    held = asyncio.ensure_future(store.write(hold))
    await asyncio.to_thread(begun.wait)
    return held


async def _in_one_group(store: Store, works: tuple[Work, ...]) -> list[Any]:
    gate = threading.Event()
    first = await holding(store, gate)
    waiting = [asyncio.ensure_future(store.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    await first
    return outcomes


@contextmanager
def kept(folder: Path, clock: Clock) -> Iterator[Kept]:
    """A data folder that is open until the end of the block."""
    loop = Loop()
    try:
        held = Kept(open_fast(folder, clock), loop)
        try:
            yield held
        finally:
            held.close()
    finally:
        loop.close()
