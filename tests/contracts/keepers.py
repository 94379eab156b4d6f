"""The keepers of a store that the promises are tested on. A new keeper joins by adding itself to `KEEPERS`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lrs.clock import Clock
from lrs.store.promises import Store
from tests.support.stores import after_a_crash, open_fast


class Keeper(Protocol):
    """How a test opens, and breaks, a kind of store. Each gets a folder of its own to name its data by."""

    name: str

    def open(self, folder: Path, clock: Clock) -> Store:
        """Open what is kept under this name, new or old."""

    def crash(self, folder: Path, elsewhere: Path) -> Path:
        """What a power cut would leave of the open store, under another name."""


class Sqlite:
    """One file in a folder."""

    name = "sqlite"

    def open(self, folder: Path, clock: Clock) -> Store:
        return open_fast(folder, clock)

    def crash(self, folder: Path, elsewhere: Path) -> Path:
        return after_a_crash(folder, elsewhere)


KEEPERS: tuple[Keeper, ...] = (Sqlite(),)
