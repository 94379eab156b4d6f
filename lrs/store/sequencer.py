"""The order of the log, and what may be promised about it (pure but for a lock).

One writer takes places here while its transaction is open; readers ask how far the log is complete. The floor is the
greatest `stored` that no future statement will have. While a transaction is open the floor stands still, since what
it placed above the floor is not visible yet; with none open the floor may rise to the clock.

A floor that was told to a reader must hold after a crash too, and a crash may set the clock back. So the database
remembers a *bound*, ahead of the clock by a lease: the floor never rises above the bound on disk, and a new start
stamps above it. Every commit renews the lease at no cost of its own; `lags` says when a reader has to ask for one.
"""

from __future__ import annotations

from threading import Lock

from msgspec import Struct

# A store that is only read commits once in so long, and after a crash `stored` may begin as far ahead of the clock.
LEASE_US = 1_000_000


class Head(Struct):
    """The head row of one store, as the writer changes it."""

    seq: int
    revision: int


class Sequencer:
    """Gives out places; thread-safe."""

    def __init__(self, floor_us: int, bound_us: int) -> None:
        """`floor_us`: what the database had as bound when it was opened; `bound_us`: what it has now."""
        self._lock = Lock()
        self._floor_us = floor_us
        self._bound_us = bound_us
        self._last_us = floor_us
        self._open = False

    # --- the writer ---------------------------------------------------------------------------------------------------

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

    def bound(self, now_us: int) -> int:
        """The bound to write with the open transaction."""
        return max(self._last_us, self._bound_us, now_us + LEASE_US)

    def commit(self, bound_us: int) -> None:
        """The transaction is visible, and `bound_us` with it: everything it placed is below the floor now."""
        with self._lock:
            self._floor_us = self._last_us
            self._bound_us = bound_us
            self._open = False

    def rollback(self) -> None:
        """The transaction is gone, and its stamps were never seen."""
        with self._lock:
            self._last_us = self._floor_us
            self._open = False

    # --- readers ------------------------------------------------------------------------------------------------------

    def lags(self, now_us: int) -> bool:
        """Whether the floor cannot rise to the clock before the lease is renewed."""
        return self._bound_us < now_us

    def floor(self, now_us: int) -> int:
        """How far the log is complete: up to `now_us` where nothing is under way and the lease reaches as far."""
        with self._lock:
            if not self._open:
                self._floor_us = max(self._floor_us, min(now_us, self._bound_us))
            return self._floor_us
