"""Many rows in few steps of the database.

Python's lock is let go for the length of a step and has to be had back after it, and while the event loop computes that
can take longer than the step itself. So the work of a group goes to the database in a few large steps: the writer's
thread then inserts while the event loop reads the next requests. Sizes are powers of two, so that there are few
different texts to prepare.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from lrs.store.promises import Row

T = TypeVar("T")
Execute = Callable[[str, Sequence[Any]], Iterable[Row]]

MARKS = 16_384  # the most `?` in one step; SQLite takes 32,766 and PostgreSQL 65,535
VALUES = " VALUES "


def insert(execute: Execute, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run `INSERT … VALUES (?,…)` for every row. A row must not look into the table that it goes into."""
    if not rows:
        return
    for chunk in _in_twos(rows, MARKS // len(rows[0])):
        execute(_text(sql, len(chunk)), list(chain.from_iterable(chunk)))


def find(execute: Execute, sql: str, first: Sequence[Any], keys: Sequence[Any]) -> Iterator[Row]:
    """The rows of `SELECT … WHERE … AND … IN (?)` for all the keys; `first` are the values of the marks before."""
    for start in range(0, len(keys), MARKS):
        chunk = keys[start : start + MARKS]
        size = 1 << (len(chunk) - 1).bit_length()
        spare = [chunk[-1]] * (size - len(chunk))  # a key asked for twice is found once
        yield from execute(_marked(sql, size), (*first, *chunk, *spare))


def _in_twos(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """The items in runs whose lengths are powers of two, the longest first, none longer than `most`."""
    start = 0
    while (left := len(items) - start) > 0:
        size = 1 << (min(left, most).bit_length() - 1)
        yield items[start : start + size]
        start += size


@functools.lru_cache(256)
def _text(sql: str, rows: int) -> str:
    head, values, marks = sql.rpartition(VALUES)
    return head + values + ",".join([marks] * rows)


@functools.lru_cache(256)
def _marked(sql: str, keys: int) -> str:
    return sql.replace("(?)", f"({','.join('?' * keys)})")
