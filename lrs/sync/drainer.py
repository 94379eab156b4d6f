"""The loop that delivers one store's log to its destinations, each at its own pace.

It is woken by commits (`Store.watch`), by `wake`, and by the end of a wait. A destination that has something to get and
nothing to wait for gets a lane, a task that sends batch after batch until there is nothing left or something stands in
the way; there is never more than one lane a destination, so nothing overtakes and nothing is sent twice at a time. No
transaction is open while a request is on its way.

Nothing here is remembered that matters: cursor, exceptions and waits are in the database, and killing the process at
any moment leads at most to sending again what the upstream already has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lrs.clock import Clock
from lrs.errors import Conflict, OfflineLrsError
from lrs.settings import Settings
from lrs.store import log
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Store
from lrs.sync import backoff, batches, destinations, outbox, peers, upstream
from lrs.sync.backoff import Backoff
from lrs.sync.batches import Batch
from lrs.sync.delivery import Delivery
from lrs.sync.destinations import Destination, State
from lrs.sync.upstream import Upstream

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger("offline_lrs.sync")

GATHER_SECONDS = 0.1  # commits within it go out together, and a burst costs one look at the log
LOOK_AGAIN_SECONDS = 60.0  # a suspended machine's timers stand still, so waits are compared with the clock this often
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did for one destination. `depth` is what is left."""

    name: str
    delivered: int
    exceptions: int
    requests: int
    state: State
    reason: str
    depth: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What one pass did."""

    destinations: tuple[Drained, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was to be sent has been dealt with."""
        return all(drained.depth == 0 for drained in self.destinations)


@dataclass(frozen=True, slots=True)
class Status:
    """What `GET /api/sync` tells of a destination. `next_try_us` is None where no wait is under way."""

    name: str
    url: str
    state: State
    reason: str
    depth: int
    exceptions: int
    attempts: int
    last_acknowledged_us: int | None
    next_try_us: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A destination as the loop sees it: how much is left for it, exceptions to try again among it."""

    destination: Destination
    depth: int
    again: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A wait after a fault of this side, which perhaps could not be written: the disk is full, say."""

    backoff: Backoff
    reason: str


class Drainer:
    """Delivers a store's log. Use it as an async context, or `start` and `stop`; stop it before the store closes."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        store_id: int = DEFAULT_STORE,
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._store, self._settings, self._clock, self._store_id = store, settings, clock, store_id
        self._patience = patience
        self._awake = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._unwatch: Callable[[], None] | None = None
        self._loop: asyncio.Task[None] | None = None
        self._lanes: dict[int, asyncio.Task[Drained]] = {}
        self._resting: dict[int, Rest] = {}
        self._devices: dict[str, UUID] = {}  # which of our devices answers at an address, as far as it has said so
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Drainer:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self) -> None:
        """Begin, in the running event loop; again does nothing."""
        if self._loop is None:
            self._unwatch = self._store.watch(self._seen)
            self._loop = asyncio.get_running_loop().create_task(self._run(), name="drainer")

    async def stop(self) -> None:
        """End at once: a request on its way is cut off, and what it carried is sent again another time."""
        if self._unwatch is not None:
            self._unwatch()
        if self._gathering is not None:
            self._gathering.cancel()
        tasks: list[asyncio.Task[Any]] = [*self._lanes.values(), *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop = self._unwatch = self._gathering = None
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def wake(self) -> None:
        """Look now whether something is due: a destination was added or resumed, or the network is back."""
        self._awake.set()

    async def drain_once(self, *, impatient: bool = False) -> Summary:
        """Send what is due and return when that is done. `impatient` ends every wait but a pause."""
        looks = await self._looks()
        for look in looks:
            if self._is_wanted(look) and (impatient or not await self._wait_us(look.destination)):
                self._open_lane(look.destination)
        lanes = [lane for look in looks if (lane := self._lanes.get(look.destination.id))]
        drained = {one.name: one for one in await asyncio.gather(*lanes)}
        return Summary(tuple(drained.get(look.destination.name) or _idle(look) for look in looks))

    async def status(self) -> tuple[Status, ...]:
        """Every destination, in the order they were added."""
        return tuple(self._status(look) for look in await self._looks())

    # --- the loop ------------------------------------------------------------------------------------------------

    def _seen(self) -> None:
        """Something was appended to the log."""
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self.wake()

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                pause = await self._start_due()
            except Exception:  # the last resort: a loop that ends delivers nothing any more
                logger.exception("looking for what is due failed")
                pause = LOOK_AGAIN_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def _start_due(self) -> float | None:
        """Open a lane for all that is due; the answer is when to look again, in seconds."""
        soonest: float | None = None
        for look in await self._looks():
            if not self._is_wanted(look):
                continue
            left_us = await self._wait_us(look.destination)
            if not left_us:
                self._open_lane(look.destination)
            else:
                soonest = min(left_us / 1_000_000, soonest or LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS)
        return soonest

    def _is_wanted(self, look: Look) -> bool:
        return look.destination.state is not State.PAUSED and bool(look.depth or look.again)

    async def _wait_us(self, destination: Destination) -> int:
        """What is left to wait. A clock that went back would make that for ever: the wait begins anew, once, and in the
        database, since a woken program may end long before the wait does."""
        held = backoff.anchored(destination.backoff, self._clock.now_us())
        if held != destination.backoff:
            state, reason = destination.state, destination.reason
            await self._store.write(lambda changed: destinations.halt(changed, destination, state, reason, held))
        rest = self._resting.get(destination.id)
        if rest is not None:
            self._resting[destination.id] = Rest(backoff.anchored(rest.backoff, self._clock.now_us()), rest.reason)
        return self._left_us(destination)

    def _left_us(self, destination: Destination) -> int:
        now_us, rest = self._clock.now_us(), self._resting.get(destination.id)
        left_us = backoff.left_us(destination.backoff, now_us)
        return left_us if rest is None else max(left_us, backoff.left_us(rest.backoff, now_us))

    async def _looks(self) -> list[Look]:
        return await self._store.read(self._look)

    def _look(self, reader: Reader) -> list[Look]:
        return [
            Look(
                destination,
                destinations.depth(reader, destination),
                len(destinations.retrying(reader, destination)),
                outbox.count(reader, self._store_id, destination.id),
            )
            for destination in destinations.listed(reader, self._store_id)
        ]

    def _status(self, look: Look) -> Status:
        destination, rest = look.destination, self._resting.get(look.destination.id)
        sending = destination.id in self._lanes
        left_us = self._left_us(destination)
        state = State.WAITING if rest and destination.state is State.IDLE else destination.state
        return Status(
            name=destination.name,
            url=destination.url,
            state=State.SENDING if sending else state,
            reason=destination.reason or (rest.reason if rest else ""),
            depth=look.depth,
            exceptions=look.exceptions,
            attempts=destination.backoff.attempts,
            last_acknowledged_us=destination.last_acknowledged_us,
            next_try_us=self._clock.now_us() + left_us if left_us and not sending else None,
        )

    # --- one destination -----------------------------------------------------------------------------------------

    def _open_lane(self, destination: Destination) -> None:
        if destination.id in self._lanes:
            return
        lane = asyncio.get_running_loop().create_task(self._lane(destination), name=f"lane {destination.name}")
        self._lanes[destination.id] = lane
        lane.add_done_callback(lambda _: self._close_lane(destination.id))

    def _close_lane(self, number: int) -> None:
        self._lanes.pop(number, None)
        self.wake()  # what was appended since the lane's last look has nobody else to look at it

    async def _lane(self, destination: Destination) -> Drained:
        speaker = Upstream(await self._open_client(), destination, self._store.here.device_uuid, self._patience)
        delivery = Delivery(self._store, self._clock, speaker, destination)
        try:
            await self._drain(delivery, speaker)
            self._resting.pop(destination.id, None)
        except Conflict:
            logger.info("destination %r was changed while it was sent to", destination.name)
        except Exception as error:  # noqa: BLE001  the last resort: the others are delivered to all the same
            self._rest(destination, error)
        return await self._store.read(lambda reader: self._drained(reader, delivery, speaker))

    async def _drain(self, delivery: Delivery, speaker: Upstream) -> None:
        while (batch := await self._store.read(lambda reader: self._next(reader, delivery.destination))) is not None:
            halting = await delivery.send(batch)
            if speaker.device is not None:
                self._devices[delivery.destination.url] = speaker.device
            if halting is not None:
                await delivery.halt(halting)
                return

    def _next(self, reader: Reader, seen: Destination) -> Batch | None:
        """What to send next: exceptions to be tried again, each by itself, then the log behind the cursor."""
        now = destinations.current(reader, seen)
        if now is None or now.state is State.PAUSED or (now.url, now.cursor) != (seen.url, seen.cursor):
            return None
        for seq in destinations.retrying(reader, now):
            row = log.follow(reader, self._store_id, seq - 1, 1)[0]
            return batches.cut([row], 0, None)
        rows = log.follow(reader, self._store_id, now.cursor, max(1, self._settings.sync_batch))
        if not rows:
            return None
        most = min(self._settings.sync_bytes, now.max_bytes or self._settings.sync_bytes)
        device = self._devices.get(now.url)
        return batches.cut(rows, most, None if device is None else peers.known(reader, self._store_id, device))

    def _drained(self, reader: Reader, delivery: Delivery, speaker: Upstream) -> Drained:
        now = destinations.current(reader, delivery.destination) or delivery.destination
        return Drained(
            now.name,
            delivery.delivered,
            delivery.exceptions,
            speaker.requests,
            now.state,
            now.reason,
            destinations.depth(reader, now),
        )

    def _rest(self, destination: Destination, error: Exception) -> None:
        """A fault of ours or of the disk: nothing was let go of, and it is tried again later."""
        logger.error("delivering to %r failed", destination.name, exc_info=error)
        rest = self._resting.get(destination.id)
        last = destination.backoff if rest is None else rest.backoff
        held = backoff.again(last, self._clock.now_us(), self._clock.random())
        detail = error.detail if isinstance(error, OfflineLrsError) else "the log has the details"
        self._resting[destination.id] = Rest(held, f"delivering failed on this side: {detail}")

    async def _open_client(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await upstream.open_client(self._patience)
            return self._client


def _idle(look: Look) -> Drained:
    """Nothing was to be done."""
    seen = look.destination
    return Drained(seen.name, 0, 0, 0, seen.state, seen.reason, look.depth)
