"""`offline-lrs demo`: the promise that anybody can see the whole thing work, at once, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import World

pytestmark = pytest.mark.slow

SECONDS = 90


def test_the_demo_tells_its_story_twice(world: World) -> None:
    """`demo --once --json` holds on its own, and again with another beside it; no process and no file stays behind."""
    with begin(world) as alone:
        told = end(alone)
    assert told["holds"]
    assert told["statements"] > 0
    with ExitStack() as both:
        beside = [both.enter_context(begin(world)) for _ in range(2)]
        assert [end(each) for each in beside] == [told, told]
    assert list(temporary(world).iterdir()) == []


def temporary(world: World) -> Path:
    """Where the demo puts what it needs for a while."""
    folder = world.folder / "tmp"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def begin(world: World) -> Iterator[subprocess.Popen[str]]:
    """The command, leading a group of processes of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "launcher", "demo", "--once", "--json"],
        env={**world.environment, "TMPDIR": str(temporary(world))},
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if is_left(process):
                os.killpg(process.pid, signal.SIGKILL)


def end(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it sums up, once it ended well and left no process."""
    out, story = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, story
    assert not is_left(process)
    assert "the story holds" in story
    summary: dict[str, Any] = json.loads(out)
    return summary


def is_left(process: subprocess.Popen[str]) -> bool:
    """Whether anything of the process's group still runs."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
