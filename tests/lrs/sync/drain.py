"""A device in a process of its own, to be killed: `python -m tests.lrs.sync.drain FOLDER [enrolled]` delivers and ends;
with a learner enrolled it fetches, too."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lrs.clock import SystemClock
from lrs.settings import Settings
from lrs.store.sqlite import open_store
from lrs.sync.drainer import Drainer
from tests.lrs.sync.worlds import SomeLessons


async def drain(folder: Path, lessons: SomeLessons) -> None:
    """One pass."""
    clock = SystemClock()
    store = open_store(folder, clock)
    drainer = Drainer(store, Settings(folder, sync_batch=5), clock, lessons=lessons)
    await drainer.drain_once(impatient=True)
    await drainer.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(drain(Path(sys.argv[1]), SomeLessons() if sys.argv[2:] else SomeLessons(())))
