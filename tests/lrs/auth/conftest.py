"""A store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clocks import FixedClock
from tests.support.stores import Kept, kept


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Kept]:
    """An open store."""
    with kept(tmp_path / "data", FixedClock()) as held:
        yield held
