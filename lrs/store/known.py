"""Which statements the log has, as the writer learns it during one group of requests.

The ids of all requests that wait are looked up in one step of the database when the group opens. What a request adds
after that is only noted, not answered from here: it may be taken back.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lrs.store import many
from lrs.store.promises import Asked, Stored

SELECT = "SELECT id, sha256, raw FROM statement WHERE store = ? AND id IN (?)"


class Known:
    """Belongs to the writer's thread alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._answers: defaultdict[int, dict[bytes, Stored | None]] = defaultdict(dict)
        self._added: defaultdict[int, set[bytes]] = defaultdict(set)

    def begin(self, asked: Iterable[Asked]) -> None:
        """A group opens whose requests will ask for these."""
        self._answers.clear()
        self._added.clear()
        wanted: defaultdict[int, list[bytes]] = defaultdict(list)
        for store, ids in asked:
            wanted[store] += ids
        for store, ids in wanted.items():
            self._look(store, ids)

    def add(self, store: int, ids: Iterable[bytes]) -> None:
        """A request adds these, unless it fails."""
        self._added[store].update(ids)

    def added(self, store: int, ids: Sequence[bytes]) -> bool:
        """Whether one of these was added in this group: then only the database knows."""
        return not self._added[store].isdisjoint(ids)

    def stored(self, store: int, ids: Sequence[bytes]) -> dict[bytes, Stored]:
        """Those that the log has."""
        answers = self._answers[store]
        if missing := [one for one in ids if one not in answers]:
            self._look(store, missing)
        return {one: answer for one in ids if (answer := answers[one]) is not None}

    def read(self, store: int, ids: Sequence[bytes]) -> dict[bytes, Stored]:
        """The same from the database itself, where nothing is held."""
        return {row[0]: (row[1], row[2]) for row in many.find(self._connection.execute, SELECT, (store,), ids)}

    def _look(self, store: int, ids: Sequence[bytes]) -> None:
        answers = self._answers[store]
        answers.update(dict.fromkeys(ids))
        answers.update(self.read(store, ids))
