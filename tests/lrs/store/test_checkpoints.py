"""The write-ahead log comes back into the database while the writer goes on, and does not grow without end."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from lrs.store import checkpoints
from lrs.store.promises import Transaction
from lrs.store.sqlite import DATABASE
from tests.support.clocks import FixedClock
from tests.support.device import wait_for
from tests.support.stores import Kept, kept

ROWS, SIZE = 100, 1000  # of each request
REQUESTS = 40


def fill(transaction: Transaction, name: str) -> None:
    """Rows that take many pages."""
    rows = [(f"{name}-{number}", "x" * SIZE) for number in range(ROWS)]
    transaction.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?,?)", rows)


def grow(store: Kept, count: int) -> None:
    """So many requests, one after the other."""
    for number in range(count):
        store.write(partial(fill, name=str(number)))


def threads() -> list[str]:
    """Those of a store that bring the log home."""
    return [thread.name for thread in threading.enumerate() if thread.name == "checkpoints"]


def test_the_log_comes_home_while_the_store_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After enough rows; and then it begins anew instead of growing with all that is written."""
    monkeypatch.setattr(checkpoints, "ROWS", 3 * ROWS)
    database = tmp_path / "data" / DATABASE
    with kept(tmp_path / "data", FixedClock()) as store:
        before = database.stat().st_size
        grow(store, REQUESTS)
        wait_for(lambda: database.stat().st_size - before > REQUESTS // 2 * ROWS * SIZE)
        assert database.with_name(f"{DATABASE}-wal").stat().st_size < REQUESTS * ROWS * SIZE
    assert threads() == []


def test_few_rows_start_no_thread(tmp_path: Path) -> None:
    """A device that writes little has nothing to wake for."""
    with kept(tmp_path / "data", FixedClock()) as store:
        grow(store, 3)
        assert threads() == []
