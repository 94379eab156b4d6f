"""Durability: a process killed at any moment has stored what it answered, and nothing by halves."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

import pytest

from lrs.clock import SystemClock
from lrs.store import log
from lrs.store.log import LogRow
from tests.support.device import start
from tests.support.stores import kept

ROUNDS = 4


def answered_before_death(folder: Path, moment: float) -> set[UUID]:
    """The ids that a recorder named before it was killed."""
    recorder = start("tests.support.recorder", str(folder))
    assert recorder.stdout is not None
    first = recorder.stdout.readline()
    time.sleep(moment)
    recorder.kill()
    rest, _ = recorder.communicate()
    lines = (first + rest).split("\n")[:-1]  # a line without its end was never said
    return {UUID(line) for line in lines}


def rows(folder: Path) -> list[LogRow]:
    """The whole log."""
    with kept(folder, SystemClock()) as store:
        return store.read(lambda reader: log.follow(reader, 1, 0, 1_000_000))


@pytest.mark.slow
def test_what_was_answered_is_there_after_kill_9(tmp_path: Path) -> None:
    """Round after round on the same folder: nothing answered is lost, batches are whole, the order goes on."""
    answered: set[UUID] = set()
    for number in range(ROUNDS):
        answered |= answered_before_death(tmp_path, 0.05 + 0.04 * number)
    found = rows(tmp_path)
    ids = {row.id for row in found}
    whole = {UUID(int=one.int ^ 1) for one in ids} == ids
    in_order = [row.seq for row in found] == list(range(1, len(found) + 1))
    rising = sorted({row.stored_us for row in found}) == [row.stored_us for row in found]
    assert (answered - ids, whole, in_order, rising) == (set(), True, True, True)
