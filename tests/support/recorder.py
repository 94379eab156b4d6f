"""A process that stores statements one after the other and prints the id of each once it is durable, until killed.

Four at a time share a commit, as requests at a door do.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from lrs.clock import SystemClock
from lrs.store.sqlite import open_store
from tests.lrs.store.statements import adding, value


async def record(folder: Path) -> None:
    """For ever."""
    clock = SystemClock()
    store = open_store(folder, clock)

    async def one_after_the_other() -> None:
        while True:
            statement_id = str(clock.uuid4())
            await store.write(adding(value(0, id=statement_id), value(0, id=str(_other(statement_id)))))
            sys.stdout.write(f"{statement_id}\n{_other(statement_id)}\n")
            sys.stdout.flush()

    await asyncio.gather(*(one_after_the_other() for _ in range(4)))


def _other(statement_id: str) -> UUID:
    """The second of a batch, whose id follows from the first's."""
    return UUID(int=UUID(statement_id).int ^ 1)


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1])))
