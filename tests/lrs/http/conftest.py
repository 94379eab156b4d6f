"""A world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lrs.http.worlds import Client, World, opened
from tests.support.clocks import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """Stands still."""
    return FixedClock()


@pytest.fixture
def world(tmp_path: Path, clock: FixedClock) -> Iterator[World]:
    """A record store with default settings."""
    with opened(tmp_path / "data", clock) as made:
        yield made


@pytest.fixture
def client(world: World) -> Client:
    """A sender who may do everything."""
    return world.client
