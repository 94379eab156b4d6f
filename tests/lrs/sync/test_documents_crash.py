"""SIGKILL at every place of exchanging documents: nothing is lost, doubled or blamed, and nothing needlessly kept
aside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from lrs.sync import failpoints
from lrs.sync.destinations import State
from tests.lrs.sync.worlds import SomeLessons, device, only, run
from tests.support.device import REPOSITORY
from tests.support.upstream import Paper, Upstream


async def drain_and_die(folder: Path, point: str) -> int:
    """The exit status of a device that is to be killed there; its learner is enrolled."""
    environment = {**os.environ, failpoints.VARIABLE: point}
    command = (sys.executable, "-m", "tests.lrs.sync.drain", str(folder), "enrolled")
    child = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=environment)
    return await child.wait()


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", failpoints.DOCUMENT_POINTS)
@pytest.mark.parametrize("again", [False, True], ids=["as it was", "written again"])
def test_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path, point: str, count: int, again: bool) -> None:
    """New, changed, deleted here and new there, two of each; after the crash lessons may go on before the next sync."""

    async def work() -> None:
        async with Upstream() as there:
            async with device(tmp_path, lessons=SomeLessons()) as here:
                await here.point_to(there.url)
                for name in ("changed-1", "changed-2", "deleted-1", "deleted-2"):
                    await here.write(name, b"base")
                await here.drain()
                for number in "12":
                    await here.write(f"changed-{number}", b"changed")
                    await here.delete(f"deleted-{number}")
                    await here.write(f"new-{number}", b"new")
                    there.documents[f"theirs-{number}"] = Paper(b"theirs", stored=there.now)
            assert await drain_and_die(tmp_path, f"{point}:{count}") == -signal.SIGKILL
            async with device(tmp_path, lessons=SomeLessons()) as here:
                if again:
                    for name in ("changed-1", "changed-2", "new-1", "new-2"):
                        await here.write(name, b"again")
                drained = only(await here.drain())
                mine = {"changed": b"again", "new": b"again"} if again else {"changed": b"changed", "new": b"new"}
                expected = {f"{name}-{number}": text for name, text in mine.items() for number in "12"}
                expected |= {f"theirs-{number}": b"theirs" for number in "12"}
                assert (drained.state, drained.documents) == (State.IDLE, 0)
                assert {name: paper.content for name, paper in there.documents.items()} == expected
                assert {name: await here.content(name) for name in expected} == expected
                assert await here.gave_way() == []

    run(work(), 60.0)
