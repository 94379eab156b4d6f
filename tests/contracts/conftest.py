"""Each promise is tested on each keeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contracts.keepers import KEEPERS, Keeper
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, Loop


class Place:
    """Where one test keeps its data: it can be opened again, and be left as a crash leaves it."""

    def __init__(self, keeper: Keeper, folder: Path, clock: FixedClock) -> None:
        self.keeper, self.folder, self.clock = keeper, folder, clock

    @contextmanager
    def opened(self) -> Iterator[Kept]:
        """The store, until the end of the block."""
        loop = Loop()
        try:
            held = Kept(self.keeper.open(self.folder, self.clock), loop)
            try:
                yield held
            finally:
                held.close()
        finally:
            loop.close()

    def crashed(self) -> Place:
        """The same data after a power cut now."""
        elsewhere = self.folder.with_name(f"{self.folder.name}-crashed")
        return Place(self.keeper, self.keeper.crash(self.folder, elsewhere), self.clock)


@pytest.fixture
def clock() -> FixedClock:
    """Moved by the test."""
    return FixedClock()


@pytest.fixture(params=KEEPERS, ids=lambda keeper: str(keeper.name))
def place(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Place:
    """A new store's place."""
    return Place(request.param, tmp_path / "data", clock)


@pytest.fixture
def store(place: Place) -> Iterator[Kept]:
    """An open store."""
    with place.opened() as held:
        yield held
