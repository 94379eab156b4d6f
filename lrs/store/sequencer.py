"""The order of the log, and what may be promised about it (pure but for a lock).

One writer takes places here while its transaction is open; readers ask how far the log is complete. The floor is the
greatest `stored` that no future statement will have. While a transaction is open the floor stands still, since what
it placed above the floor is not visible yet; with none open the floor may rise to the clock (`sync.md` section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock


@dataclass(slots=True)
class Head:
    """The head row of one store, as the writer changes it."""

    seq: int
    revision: int


class Sequencer:
    """Gives out places; thread-safe."""

    def __init__(self, floor_us: int) -> None:
        self._lock = Lock()
        self._floor_us = floor_us
        self._last_us = floor_us
        self._open = False

    @property
    def last_us(self) -> int:
        """The greatest `stored` given out in the open transaction, or the floor."""
        return self._last_us

    def begin(self) -> None:
        """A write transaction opens: the floor stands still until it ends."""
        with self._lock:
            self._open = True
            self._last_us = self._floor_us

    def stamp(self, now_us: int, count: int) -> range:
        """The next `count` values of `stored`: the clock's where it is ahead, one microsecond more where it is not."""
        first = max(now_us, self._last_us + 1)
        self._last_us = first + count - 1
        return range(first, first + count)

    def rewind(self, last_us: int) -> None:
        """Forget the stamps after `last_us`: the request that took them was rolled back."""
        self._last_us = last_us

    def commit(self) -> None:
        """The transaction is visible: everything it placed is below the floor now."""
        with self._lock:
            self._floor_us = self._last_us
            self._open = False

    def rollback(self) -> None:
        """The transaction is gone, and its stamps were never seen."""
        with self._lock:
            self._last_us = self._floor_us
            self._open = False

    def floor(self, now_us: int) -> int:
        """How far the log is complete, raised to `now_us` where nothing is under way."""
        with self._lock:
            if not self._open:
                self._floor_us = max(self._floor_us, now_us)
            return self._floor_us
