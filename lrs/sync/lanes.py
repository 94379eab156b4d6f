"""The loop that delivers one store's log to its destinations, and exchanges documents with them, each at its own pace.

It is woken by commits (`Store.watch`), by `wake`, and by the end of a wait. A destination that has something to get and
nothing to wait for gets a lane, a task that sends batch after batch of statements, then documents, until there is
nothing left or something stands in the way; there is never more than one lane a destination, so nothing overtakes and
nothing is sent twice at a time. No transaction is open while a request is on its way.

What stands in the way of statements holds up documents too, for they go the same way. What stands in the way of
documents alone (a credential that may not send them, say) holds up no statement.

Nothing here is remembered that matters: cursors, exceptions and waits are in the database, and killing the process at
any moment leads at most to sending again what the upstream already has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lrs.clock import Clock
from lrs.errors import Conflict, OfflineLrsError
from lrs.settings import Settings
from lrs.store import log
from lrs.store.documents import Key
from lrs.store.promises import Reader, Store
from lrs.sync import aside, backoff, batches, destinations, links, outbox, peers, reports, upstream
from lrs.sync.backoff import Backoff
from lrs.sync.batches import Batch
from lrs.sync.delivery import Delivery
from lrs.sync.destinations import Destination, State
from lrs.sync.documents import Documents
from lrs.sync.lessons import Lessons
from lrs.sync.outcomes import Unknown
from lrs.sync.reports import Drained, Look, Status, Summary
from lrs.sync.upstream import Upstream

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger("offline_lrs.sync")

GATHER_SECONDS = 0.1  # commits within it go out together, and a burst costs one look at the log
LOOK_AGAIN_SECONDS = 60.0  # a suspended machine's timers stand still, so waits are compared with the clock this often
FETCH_EVERY_US = 15 * 60 * 1_000_000  # what other devices changed is asked for this often


@dataclass(frozen=True, slots=True)
class Rest:
    """A wait after a fault of this side, which perhaps could not be written: the disk is full, say."""

    backoff: Backoff
    reason: str


class Lanes:
    """What `Drainer` sets to work; see there."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, store_id: int, lessons: Lessons, patience: float
    ) -> None:
        self._store, self._settings, self._clock, self._store_id = store, settings, clock, store_id
        self._lessons, self._patience = lessons, patience
        self._awake = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._unwatch: Callable[[], None] | None = None
        self._loop: asyncio.Task[None] | None = None
        self._lanes: dict[int, asyncio.Task[Drained]] = {}
        self._resting: dict[int, Rest] = {}
        self._impatient: set[int] = set()
        self._devices: dict[str, UUID] = {}  # which of our devices answers at an address, as far as it has said so
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

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
            if impatient and self._is_wanted(look):
                self._impatient.add(look.destination.id)
                self._open_lane(look.destination)
            elif await self._left_us(look) == 0:
                self._open_lane(look.destination)
        lanes = [lane for look in looks if (lane := self._lanes.get(look.destination.id))]
        done = {one.name: one for one in await asyncio.gather(*lanes)}
        idle = [look.destination for look in looks if look.destination.name not in done]
        left = await self._store.read(lambda reader: [reports.drained(reader, one, self._lessons) for one in idle])
        done.update((one.name, one) for one in left)
        return Summary(tuple(done[look.destination.name] for look in looks))

    async def refresh(self, scope: Key, deadline: float) -> None:
        """Bring the documents under a key to the same here and at every destination that nothing stands in the way of,
        up to a moment of the event loop's clock. What is not done by then is done later, or not for this lesson."""
        looks = await self._looks()
        free = [look for look in looks if self._is_open(look) and not self._documents_left_us(look)]
        await asyncio.gather(*(self._refresh(look.destination, scope, deadline) for look in free))

    async def status(self) -> tuple[Status, ...]:
        """Every destination, in the order they were added."""
        return await self._store.read(
            lambda reader: tuple(self._status(reader, one) for one in destinations.listed(reader, self._store_id))
        )

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
            left_us = await self._left_us(look)
            if left_us == 0:
                self._open_lane(look.destination)
            elif left_us is not None:
                soonest = min(left_us / 1_000_000, soonest or LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS)
        return soonest

    # --- waiting -------------------------------------------------------------------------------------------------

    def _is_open(self, look: Look) -> bool:
        return look.destination.state is not State.PAUSED

    def _is_wanted(self, look: Look) -> bool:
        return self._is_open(look) and bool(look.depth or look.again or look.documents or look.fetches)

    async def _left_us(self, look: Look) -> int | None:
        """How long until there is something to do, None where there is nothing. A clock that went back would make a
        wait endless: it begins anew, once, and in the database, since a woken program may end long before it does."""
        if not self._is_wanted(look):
            return None
        await self._anchor(look)
        waits = [self._way_left_us(look)] if look.depth or look.again else []
        if look.documents:
            waits.append(self._documents_left_us(look))
        if look.fetches:
            waits.append(max(self._documents_left_us(look), self._fetch_left_us(look)))
        return min(waits)

    async def _anchor(self, look: Look) -> None:
        now_us, destination, lane = self._clock.now_us(), look.destination, look.lane
        way = backoff.anchored(destination.backoff, now_us)
        if way != destination.backoff:
            state, reason = destination.state, destination.reason
            await self._store.write(lambda changed: destinations.halt(changed, destination, state, reason, way))
        own = backoff.anchored(lane.backoff, now_us)
        if own != lane.backoff:
            await self._store.write(lambda changed: links.halt(changed, destination, lane.state, lane.reason, own))
        rest = self._resting.get(destination.id)
        if rest is not None:
            self._resting[destination.id] = Rest(backoff.anchored(rest.backoff, now_us), rest.reason)

    def _way_left_us(self, look: Look) -> int:
        """What is left to wait before anything goes there."""
        now_us, rest = self._clock.now_us(), self._resting.get(look.destination.id)
        left_us = backoff.left_us(look.destination.backoff, now_us)
        return left_us if rest is None else max(left_us, backoff.left_us(rest.backoff, now_us))

    def _documents_left_us(self, look: Look) -> int:
        return max(self._way_left_us(look), backoff.left_us(look.lane.backoff, self._clock.now_us()))

    def _fetch_left_us(self, look: Look) -> int:
        """Until others' documents are asked for again; whatever the clock does, not longer than it was meant to be."""
        if look.lane.pulled_us is None:
            return 0
        passed_us = self._clock.now_us() - look.lane.pulled_us
        return FETCH_EVERY_US - passed_us if 0 <= passed_us < FETCH_EVERY_US else 0

    # --- looking -------------------------------------------------------------------------------------------------

    async def _looks(self) -> list[Look]:
        return await self._store.read(
            lambda reader: [self._look(reader, one) for one in destinations.listed(reader, self._store_id)]
        )

    def _look(self, reader: Reader, destination: Destination) -> Look:
        return reports.look(reader, destination, self._lessons)

    def _status(self, reader: Reader, destination: Destination) -> Status:
        look, rest = self._look(reader, destination), self._resting.get(destination.id)
        sending = destination.id in self._lanes
        left_us = self._way_left_us(look) or backoff.left_us(look.lane.backoff, self._clock.now_us())
        state, reason = look.state
        return Status(
            name=destination.name,
            url=destination.url,
            state=State.SENDING if sending else State.WAITING if rest and state is State.IDLE else state,
            reason=reason or (rest.reason if rest else ""),
            depth=look.depth,
            exceptions=outbox.count(reader, self._store_id, destination.id),
            documents=links.waiting(reader, destination, self._lessons.own, look.lane.cursor),
            documents_refused=links.refused(reader, destination),
            set_aside=aside.count(reader, destination),
            attempts=destination.backoff.attempts or look.lane.backoff.attempts,
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
        self._impatient.discard(number)
        self.wake()  # what was appended since the lane's last look has nobody else to look at it

    async def _lane(self, destination: Destination) -> Drained:
        speaker = Upstream(await self._open_client(), destination, self._store.here.device_uuid, self._patience)
        delivery = Delivery(self._store, self._clock, speaker, destination)
        documents = Documents(self._store, self._clock, speaker, destination, self._lessons)
        try:
            if await self._drain(delivery, speaker):
                await self._exchange(documents, destination, proved=delivery.delivered > 0)
            self._resting.pop(destination.id, None)
        except Conflict:
            logger.info("destination %r was changed while it was sent to", destination.name)
        except Exception as error:  # noqa: BLE001  the last resort: the others are delivered to all the same
            self._rest(destination, error)
        return await self._store.read(lambda reader: self._drained(reader, delivery, documents, speaker))

    async def _drain(self, delivery: Delivery, speaker: Upstream) -> bool:
        """Send statements; whether the end of the log was reached."""
        while (batch := await self._store.read(lambda reader: self._next(reader, delivery.destination))) is not None:
            halting = await delivery.send(batch)
            if speaker.device is not None:
                self._devices[delivery.destination.url] = speaker.device
            if halting is not None:
                await delivery.halt(halting)
                return False
        return True

    async def _exchange(self, documents: Documents, seen: Destination, *, proved: bool) -> None:
        """Send and fetch what is due of documents. `proved`: a statement went through just now, the way is open."""

        def look_again(reader: Reader) -> Look | None:
            now = destinations.current(reader, seen)
            return None if now is None else self._look(reader, now)

        look = await self._store.read(look_again)
        if look is None or not self._is_open(look):
            return
        at_once = seen.id in self._impatient or (proved and look.lane.state in (State.OFFLINE, State.PORTAL_SUSPECT))
        if self._documents_left_us(look) and not at_once:
            return
        halting = await documents.push() if look.documents else None
        if halting is None and look.fetches and (at_once or not self._fetch_left_us(look)):
            halting = await documents.pull()
        if halting is not None:
            await documents.halt(halting)

    async def _refresh(self, destination: Destination, scope: Key, deadline: float) -> None:
        client, halting = None, None
        try:
            async with asyncio.timeout_at(deadline):
                client = await self._open_client()
                halting = await self._documents(client, destination).refresh(scope)
        except TimeoutError:
            halting = Unknown("no answer in the time that a launch waits")
        except Conflict:
            return
        if halting is not None and client is not None:
            await self._documents(client, destination).halt(halting)
            self.wake()  # to wait for the end of the wait

    def _documents(self, client: httpx.AsyncClient, destination: Destination) -> Documents:
        speaker = Upstream(client, destination, self._store.here.device_uuid, self._patience)
        return Documents(self._store, self._clock, speaker, destination, self._lessons)

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

    def _drained(self, reader: Reader, delivery: Delivery, documents: Documents, speaker: Upstream) -> Drained:
        return replace(
            reports.drained(reader, delivery.destination, self._lessons),
            delivered=delivery.delivered,
            exceptions=delivery.exceptions,
            requests=speaker.requests,
            documents_sent=documents.sent,
            documents_fetched=documents.fetched,
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
