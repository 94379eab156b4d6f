"""SIGKILL at every place that matters: nothing is lost, nothing is doubled, no statement is blamed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from lrs.sync import failpoints
from lrs.sync.destinations import State
from tests.lrs.sync.worlds import device, number, numbers, only, run
from tests.support.device import REPOSITORY
from tests.support.upstream import Upstream


async def drain_and_die(folder: Path, point: str) -> int:
    """The exit status of a device that is to be killed there."""
    environment = {**os.environ, failpoints.VARIABLE: point}
    command = (sys.executable, "-m", "tests.lrs.sync.drain", str(folder))
    child = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=environment)
    return await child.wait()


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("point", failpoints.POINTS)
def test_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path, point: str, count: int) -> None:
    """What was sent before is sent again at most, and the upstream knows it."""

    async def work() -> None:
        async with Upstream() as there:
            there.refused = {number(8)}
            async with device(tmp_path) as here:
                await here.point_to(there.url)
                await here.record_numbers(range(1, 21))
            assert await drain_and_die(tmp_path, f"{point}:{count}") == -signal.SIGKILL
            async with device(tmp_path, sync_batch=5) as here:
                drained = only(await here.drain())
                assert (drained.depth, drained.state) == (0, State.IDLE)
                assert await here.dead() == {number(8): "rejected"}
                assert there.order == [number(n) for n in range(1, 21) if n != 8]
                sent = Counter(statement for request in there.posts for statement in request.ids)
                assert set(sent) == set(numbers(*range(1, 21)))

    run(work())


def test_place_that_is_not_named_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody dies of another's fail point."""
    monkeypatch.setenv(failpoints.VARIABLE, "sync.nowhere")
    failpoints.hit("sync.before_send")
    monkeypatch.delenv(failpoints.VARIABLE)
    failpoints.hit("sync.before_send")
