"""An LMS for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launcher.campus import Campus, campus
from tests.support.clocks import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """Stands still until it is moved."""
    return FixedClock()


@pytest.fixture
def lms(tmp_path: Path, clock: FixedClock) -> Iterator[Campus]:
    """A running LMS on a new data folder, with nobody and nothing in it."""
    with campus(tmp_path / "data", clock) as running:
        yield running


@pytest.fixture
def course(lms: Campus) -> str:
    """A course with a block of two AUs and a third beside it; Amina is on the roster as p-1."""
    lms.person()
    return lms.course()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short path: the path of a socket has 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="olrs-", dir="/tmp") as name:
        yield Path(name)
