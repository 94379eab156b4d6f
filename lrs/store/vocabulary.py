"""The dictionary of terms, held in the writer's memory: text to number, and how often each was used.

Counts are kept here and written every two seconds: in the transaction they would cost a sixth of the throughput, and
they only choose between two right plans, so losing some in a crash is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrs.store.promises import Transaction

HELD = 50_000
FLUSH_US = 2_000_000


class Vocabulary:
    """Belongs to the writer's thread alone."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str, str], int] = {}
        self._fresh: list[tuple[int, str, str]] = []
        self._uses: defaultdict[int, int] = defaultdict(int)
        self._flushed_us = 0

    def number(self, transaction: Transaction, store: int, kind: str, value: str, uses: int) -> int:
        """The number of a term, made where it is new."""
        key = (store, kind, value)
        number = self._numbers.get(key)
        if number is None:
            number = self._look_up(transaction, key)
        if uses:
            self._uses[number] += uses
        return number

    def _look_up(self, transaction: Transaction, key: tuple[int, str, str]) -> int:
        row = transaction.aside("SELECT id FROM term WHERE store = ? AND kind = ? AND value = ?", key).fetchone()
        if row is not None:
            number = int(row[0])
        else:
            added = transaction.execute(
                "INSERT INTO term (store, kind, value, uses) VALUES (?, ?, ?, 0)", key
            ).lastrowid
            number = int(added or 0)
            self._fresh.append(key)
        if len(self._numbers) >= HELD:
            self._numbers.pop(next(iter(self._numbers)))
        self._numbers[key] = number
        return number

    def mark(self) -> None:
        """A request begins: what is made from here on can be forgotten."""
        self._fresh.clear()

    def forget(self) -> None:
        """The request was rolled back, and the terms it made with it."""
        for key in self._fresh:
            number = self._numbers.pop(key, None)
            if number is not None:
                self._uses.pop(number, None)  # the database may give the number to another term
        self._fresh.clear()

    def clear(self) -> None:
        """The whole transaction was lost."""
        self._numbers.clear()
        self._fresh.clear()
        self._uses.clear()

    def write_uses(self, transaction: Transaction, now_us: int, *, at_once: bool = False) -> None:
        """Write the counts, at most every two seconds unless it must be now."""
        waiting = 0 <= now_us - self._flushed_us < FLUSH_US  # a clock that stepped back makes nobody wait
        if not self._uses or (waiting and not at_once):
            return
        changes = [(count, number) for number, count in sorted(self._uses.items())]
        transaction.executemany("UPDATE term SET uses = uses + ? WHERE id = ?", changes)
        self._uses.clear()
        self._flushed_us = now_us
