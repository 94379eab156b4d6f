"""The dictionary of terms, held in the writer's memory: text to number, and how often each was used.

Counts are kept here and written every two seconds: in the transaction they would cost a sixth of the throughput, and
they only choose between two right plans, so losing some in a crash is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from lrs.store import many

if TYPE_CHECKING:
    from lrs.store.promises import Transaction

REMEMBERED = 50_000
FLUSH_US = 2_000_000
FIND = "SELECT value, id FROM term WHERE store = ? AND kind = ? AND value IN (?)"
REFERS = "s"  # the kind of a term for a statement that is referred to

Key = tuple[str, str]
"""Kind and value of a term."""


class Vocabulary:
    """Belongs to the writer's thread alone. New terms are held with the rows that need them; until they are written,
    they are here and nowhere else."""

    def __init__(self) -> None:
        self._numbers: defaultdict[int, dict[Key, int]] = defaultdict(dict)
        self._fresh: list[tuple[int, Key]] = []
        self._uses: defaultdict[int, int] = defaultdict(int)
        self._referring: dict[int, bool] = {}
        self._last: int | None = None
        self._flushed_us = 0

    def begin(self) -> None:
        """A group opens: nothing is held, so what was learnt first may be forgotten."""
        for numbers in self._numbers.values():
            for key in list(islice(numbers, max(0, len(numbers) - REMEMBERED))):
                del numbers[key]

    def numbers(self, transaction: Transaction, store: int, keys: Sequence[Key], uses: int) -> list[int]:
        """The numbers of these terms, made where they are new."""
        known = self._numbers[store]
        if missing := [key for key in keys if key not in known]:
            self._learn(transaction, store, list(dict.fromkeys(missing)))
        found = [known[key] for key in keys]
        if uses:
            for number in found:
                self._uses[number] += uses
        return found

    def targets(self, transaction: Transaction, store: int, ids: Sequence[UUID]) -> set[UUID]:
        """Those of these ids that a statement refers to. Most stores have no reference at all, and remember it."""
        if store not in self._referring:
            row = transaction.aside("SELECT EXISTS (SELECT 1 FROM term WHERE store = ? AND kind = ?)", (store, REFERS))
            self._referring[store] = row.fetchone() == (1,)
        if not self._referring[store]:
            return set()
        known, texts = self._numbers[store], {str(one): one for one in ids}
        found = {texts[row[0]] for row in many.find(transaction.aside, FIND, (store, REFERS), list(texts))}
        return found | {one for text, one in texts.items() if (REFERS, text) in known}

    def _learn(self, transaction: Transaction, store: int, keys: Sequence[Key]) -> None:
        known = self._numbers[store]
        for kind in {key[0] for key in keys}:
            values = [key[1] for key in keys if key[0] == kind]
            for value, number in many.find(transaction.aside, FIND, (store, kind), values):
                known[kind, value] = number
        new = [key for key in keys if key not in known]
        if not new:
            return
        if self._last is None:
            row = transaction.aside("SELECT max(id) FROM term", ()).fetchone()
            self._last = (row and row[0]) or 0
        for key in new:
            self._last += 1
            known[key] = self._last
            self._fresh.append((store, key))
            if key[0] == REFERS:
                self._referring[store] = True
        transaction.hold_terms([(known[key], store, *key, 0) for key in new])

    def mark(self) -> None:
        """A request begins: what is made from here on can be forgotten."""
        self._fresh.clear()

    def forget(self) -> None:
        """The request was rolled back, and the terms it made with it."""
        for store, key in self._fresh:
            self._uses.pop(self._numbers[store].pop(key), None)
        self._fresh.clear()

    def clear(self) -> None:
        """The whole transaction was lost."""
        self._numbers.clear()
        self._fresh.clear()
        self._uses.clear()
        self._referring.clear()
        self._last = None

    def write_uses(self, transaction: Transaction, now_us: int, *, at_once: bool = False) -> None:
        """Write the counts, at most every two seconds unless it must be now."""
        waiting = 0 <= now_us - self._flushed_us < FLUSH_US  # a clock that stepped back makes nobody wait
        if not self._uses or (waiting and not at_once):
            return
        changes = [(count, number) for number, count in sorted(self._uses.items())]
        transaction.executemany("UPDATE term SET uses = uses + ? WHERE id = ?", changes)
        self._uses.clear()
        self._flushed_us = now_us
