"""An examination of the data folder, with the findings at hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from launcher.cli.doctor import examine
from launcher.cli.doctor.finding import Finding
from lrs.clock import SystemClock
from lrs.store.sqlite import DATABASE

Examine = Callable[..., list[Finding]]


@pytest.fixture
def found(data: Path) -> Examine:
    """What is found about one thing, or everything; `now_us` is what the clock says."""

    def look(about: str = "", now_us: int | None = None) -> list[Finding]:
        now_us = SystemClock().now_us() if now_us is None else now_us
        return [one for one in examine(data, now_us) if one.about.startswith(about)]

    return look


@pytest.fixture
def change(data: Path) -> Callable[..., None]:
    """Bring the database, which nobody has open, into a state that is hard to come by."""

    def execute(sql: str, *parameters: object) -> None:
        with closing(sqlite3.connect(data / DATABASE)) as connection, connection:
            connection.execute(sql, parameters)

    return execute
