"""Many rows in few steps: all of them, once, in their order, whatever their number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from lrs.store import many


class Steps:
    """A database that counts what it is asked."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        self.count = 0

    def execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """One step."""
        self.count += 1
        return self.connection.execute(sql, values)


@pytest.fixture
def steps() -> Iterator[Steps]:
    """An empty table."""
    made = Steps()
    yield made
    made.connection.close()


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (2, 1), (7, 3), (4096, 1), (8191, 13), (20_000, 6)])
def test_every_row_goes_in_once_in_few_steps(steps: Steps, count: int, expected: int) -> None:
    """Powers of two, the longest first, up to the marks that one text may have."""
    many.insert(steps.execute, "INSERT INTO t (a, b) VALUES (?,?)", [(number, str(number)) for number in range(count)])
    found = steps.connection.execute("SELECT a, b FROM t ORDER BY rowid").fetchall()
    assert (found, steps.count) == ([(number, str(number)) for number in range(count)], expected)


@pytest.mark.parametrize(("asked", "expected"), [(0, 0), (1, 1), (5, 1), (16_384, 1), (16_385, 2)])
def test_every_key_is_looked_for_in_few_steps(steps: Steps, asked: int, expected: int) -> None:
    """A key is answered once, also where the step is filled up with it."""
    many.insert(steps.execute, "INSERT INTO t (a, b) VALUES (?,?)", [(number, "x") for number in range(asked)])
    steps.count = 0
    found = list(many.find(steps.execute, "SELECT a FROM t WHERE b = ? AND a IN (?)", ("x",), range(asked)))
    assert (sorted(found), steps.count) == ([(number,) for number in range(asked)], expected)
