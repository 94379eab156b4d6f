"""The way to `lanes`, light enough for a program that has to answer within a moment of being woken (decision 10).

The machinery of delivery is loaded when there is a destination and something is asked of it: by the loop in the
background, which begins after the doors are open, or by a caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, cast

from lrs.clock import Clock
from lrs.settings import Settings
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Store
from lrs.sync.lessons import Lessons, NoLessons

if TYPE_CHECKING:
    from lrs.sync.lanes import Lanes
    from lrs.sync.reports import Status, Summary

logger = logging.getLogger("offline_lrs.sync")

PATIENCE_SECONDS = 60.0
LAUNCH_SECONDS = 2.0  # a learner waits for the lesson
LOOK_AGAIN_SECONDS = 60.0


class Drainer:
    """Delivers a store's log and exchanges its documents. Use it as an async context, or `start` and `stop`; stop it
    before the store closes."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        store_id: int = DEFAULT_STORE,
        *,
        lessons: Lessons | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._store, self._settings, self._clock, self._store_id = store, settings, clock, store_id
        self._lessons, self._patience = lessons or NoLessons(), patience
        self._awake = asyncio.Event()
        self._beginning: asyncio.Task[None] | None = None
        self._lanes: Lanes | None = None

    async def __aenter__(self) -> Drainer:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self, after: float = 0.0) -> None:
        """Begin in the running event loop, after so many seconds; again does nothing."""
        if self._beginning is None:
            self._beginning = asyncio.get_running_loop().create_task(self._begin(after), name="drainer")

    async def stop(self) -> None:
        """End at once: a request on its way is cut off, and what it carried is sent again another time."""
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.gather(self._beginning, return_exceptions=True)
            self._beginning = None
        if self._lanes is not None:
            await self._lanes.stop()

    def wake(self) -> None:
        """Look now whether something is due: a destination was added or resumed, or the network is back."""
        self._awake.set()
        if self._lanes is not None:
            self._lanes.wake()

    async def drain_once(self, *, impatient: bool = False) -> Summary:
        """Send and fetch what is due and return when that is done. `impatient` ends every wait but a pause."""
        return await (await self._loaded()).drain_once(impatient=impatient)

    async def status(self) -> tuple[Status, ...]:
        """Every destination, in the order they were added."""
        return await (await self._loaded()).status()

    async def refresh(self, scope: Key, seconds: float = LAUNCH_SECONDS) -> None:
        """Fetch the documents under a key before a lesson reads them, where a destination can be reached within this
        time. Never raises: a lesson starts with what is here."""
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            if await self._store.read(self._has_destination):
                await (await self._loaded()).refresh(scope, deadline)
        except Exception:
            logger.exception("documents could not be fetched before a lesson")

    # --- loading -------------------------------------------------------------------------------------------------

    async def _begin(self, after: float) -> None:
        """Wait for the first destination, then let the lanes go on by themselves."""
        await asyncio.sleep(after)
        while not await self._store.read(self._has_destination):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._awake.wait()  # not for every commit: a busy school without an upstream has many
            self._awake.clear()
        (await self._loaded()).start()

    def _has_destination(self, reader: Reader) -> bool:
        return reader.execute("SELECT 1 FROM destination WHERE store = ?", (self._store_id,)).fetchone() is not None

    async def _loaded(self) -> Lanes:
        if self._lanes is None:
            module = await asyncio.to_thread(importlib.import_module, "lrs.sync.lanes")
            make = cast("Callable[..., Lanes]", module.Lanes)
            if self._lanes is None:  # nobody was quicker
                self._lanes = make(
                    self._store, self._settings, self._clock, self._store_id, self._lessons, self._patience
                )
        return self._lanes
