"""Delivering one batch to one destination: who is to blame when it is refused, and what is known for certain after each
answer.

A batch is all or nothing at the upstream (xAPI Communication 2.1.2), and the upstream does not say which statement it
minds. So a refused batch is halved, the earlier half first, until single statements are left: k bad ones among n cost
about 2k·log2(n/k) + 2k requests, and the others arrive in their order. The cursor follows answer by answer, so that a
crash in the middle only means sending again what the upstream already has, which changes nothing there (2.1.1).

A single refused statement is not yet to blame: a broken proxy refuses everything. So the last statement that was
acknowledged is sent once more, a *canary*: the upstream has it, nothing changes there. Taken, the refusal was about the
statement, which becomes an exception and is never sent under another id; refused as well, the destination is to blame.
Before anything was ever acknowledged there is no canary: the statement stays in doubt until a later one is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from lrs.clock import Clock
from lrs.errors import Invalid
from lrs.store.promises import Reader, Store
from lrs.sync import backoff, batches, destinations, failpoints
from lrs.sync.batches import Batch, Parcel
from lrs.sync.destinations import Dead, Destination, Settlement, State
from lrs.sync.outcomes import (
    Absent,
    Busy,
    Conflicting,
    Delivered,
    Forbidden,
    Found,
    Halting,
    Judged,
    Misconfigured,
    NeedsAuth,
    PortalSuspect,
    Rejected,
    TooLarge,
)
from lrs.sync.upstream import Upstream
from lrs.xapi import statements, wire
from lrs.xapi.equality import same
from lrs.xapi.wire import JsonObject

IN_DOUBT_MOST = 3  # refused in a row with nothing ever taken: the destination is to blame
THEIRS_MOST = 64 * 1024  # of a conflicting statement, so much is kept beside ours


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Refused, and nothing to prove with that it is the statement's own fault."""

    dead: Dead


Verdict: TypeAlias = Delivered | Dead | Doubtful | Halting

_NAMES: dict[type[Rejected | Forbidden | Conflicting | TooLarge], str] = {
    Rejected: "rejected",
    Forbidden: "forbidden",
    Conflicting: "conflict",
    TooLarge: "too_large",
}


class Delivery:
    """One destination, from the first request of a pass to the last."""

    def __init__(self, store: Store, clock: Clock, upstream: Upstream, destination: Destination) -> None:
        self._store = store
        self._clock = clock
        self._upstream = upstream
        self._in_doubt: list[Dead] = []
        self._limit: int | None = None
        self._batch = Batch((), 0)
        self.destination = destination
        self.delivered = 0
        self.exceptions = 0

    async def send(self, batch: Batch) -> Halting | None:
        """Deal with every row of the batch, or say why to stop. Raises `Conflict` where the destination was changed."""
        self._batch = batch
        if not batch.parcels:
            await self._settle(Settlement(batch.through))
            return None
        halting = await self._part(batch.parcels)
        if halting is None and self._in_doubt:
            return self._give_up()
        return halting

    async def _part(self, parcels: tuple[Parcel, ...]) -> Halting | None:
        if parcels[0].needs_files:
            return await self._close(parcels[0], _without_files(parcels[0]))
        outcome = await self._upstream.post(parcels)
        if isinstance(outcome, Delivered):
            await self._taken(parcels)
            return None
        if not isinstance(outcome, (Rejected, Forbidden, Conflicting, TooLarge)):
            return outcome
        if len(parcels) == 1:
            return await self._close(parcels[0], await self._judge(parcels[0], outcome))
        if isinstance(outcome, TooLarge):
            self._limit = len(batches.body(parcels)) // 2
        for half in batches.halves(parcels):
            halting = await self._part(half)
            if halting is not None:
                return halting
        return None

    # --- one refused statement -----------------------------------------------------------------------------------

    async def _judge(self, parcel: Parcel, outcome: Judged) -> Verdict:
        dead = Dead(parcel.seq, _NAMES[type(outcome)], outcome.status, outcome.detail)
        if isinstance(outcome, Conflicting):
            compared = await self._compare(parcel)
            if compared is not None:
                return compared
        return await self._canary(dead)

    async def _compare(self, parcel: Parcel) -> Verdict | None:
        """A conflict may be no more than a repetition that is answered with 409 (xAPI Communication 2.1.2); None where
        the upstream does not show its copy, as to a credential that may only write."""
        theirs = await self._upstream.get(parcel)
        if isinstance(theirs, Absent):
            return None
        if not isinstance(theirs, Found):
            return theirs
        value = _statement(theirs.raw, parcel)
        if value is not None and same(value, wire.parse_json(parcel.raw)):
            return Delivered()
        text = theirs.raw[:THEIRS_MOST].decode("utf-8", "replace")
        return Dead(parcel.seq, "conflict", 409, f"the upstream has other content under this id: {text}")

    async def _canary(self, dead: Dead) -> Verdict:
        canary = await self._store.read(self._last_acknowledged)
        if canary is None:
            return Doubtful(dead)
        outcome = await self._upstream.post([canary])
        if isinstance(outcome, (Delivered, Conflicting)):
            return dead
        if isinstance(outcome, Forbidden):
            return NeedsAuth(f"the credential may not send anything: {outcome.detail}")
        if isinstance(outcome, (Rejected, TooLarge)):
            return Misconfigured(f"even a statement that was taken earlier is refused now: {outcome.detail}")
        return outcome

    def _last_acknowledged(self, reader: Reader) -> Parcel | None:
        """It, or where it was redacted since, the one before it that the upstream has."""
        seen = self.destination
        row = reader.execute(
            "SELECT seq, id, raw FROM statement s WHERE store = ? AND seq <= ? AND raw IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM delivery_exception e WHERE e.store = s.store AND e.destination = ? AND e.seq = s.seq) "
            "ORDER BY seq DESC LIMIT 1",
            (seen.store, seen.last_acknowledged_seq, seen.id),
        ).fetchone()
        return None if row is None else batches.parcel(int(row[0]), UUID(bytes=row[1]), bytes(row[2]))

    async def _close(self, parcel: Parcel, verdict: Verdict) -> Halting | None:
        if isinstance(verdict, Delivered):
            await self._taken((parcel,))
            return None
        if isinstance(verdict, Doubtful):
            self._in_doubt.append(verdict.dead)
            return self._give_up() if len(self._in_doubt) >= IN_DOUBT_MOST else None
        if not isinstance(verdict, Dead):
            return verdict
        await self._settle(Settlement(self._through(parcel), dead=(*self._in_doubt, verdict)))
        return None

    def _give_up(self) -> Halting:
        first = self._in_doubt[0]
        detail = f"nothing was ever taken there; {first.detail}"
        return NeedsAuth(detail) if first.code == 403 else Misconfigured(detail)

    # --- what is known is written down ---------------------------------------------------------------------------

    async def _taken(self, parcels: tuple[Parcel, ...]) -> None:
        delivered = tuple(parcel.seq for parcel in parcels)
        await self._settle(Settlement(self._through(parcels[-1]), delivered, tuple(self._in_doubt)))
        if self._limit is not None:  # less was taken: it was the size, and not a proxy that calls everything too large
            await self._learn(self._limit)
            self._limit = None

    def _through(self, parcel: Parcel) -> int:
        """How far the log is dealt with after this one: behind the last come rows that are passed over."""
        return self._batch.through if parcel is self._batch.parcels[-1] else parcel.seq

    async def _settle(self, settlement: Settlement) -> None:
        seen = self.destination
        failpoints.hit("sync.before_settle")
        self.destination = await self._store.write(
            lambda transaction: destinations.settle(transaction, seen, settlement)
        )
        failpoints.hit("sync.after_settle")
        self._in_doubt.clear()
        self.delivered += len(settlement.delivered)
        self.exceptions += len(settlement.dead)

    async def _learn(self, most: int) -> None:
        seen = self.destination
        self.destination = await self._store.write(lambda transaction: destinations.limit(transaction, seen, most))

    async def halt(self, why: Halting) -> None:
        """Note what stands in the way. Raises `Conflict` where the destination was changed."""
        seen, now_us, chance = self.destination, self._clock.now_us(), self._clock.random()
        state, wait = stop(why, seen.backoff, now_us, chance)
        self.destination = await self._store.write(
            lambda transaction: destinations.halt(transaction, seen, state, why.detail, wait)
        )


def stop(why: Halting, last: backoff.Backoff, now_us: int, chance: float) -> tuple[State, backoff.Backoff]:
    """The state that a halting outcome means, and when to try again."""
    if isinstance(why, NeedsAuth):
        return State.NEEDS_AUTH, backoff.rarely(last, now_us, chance)
    if isinstance(why, Misconfigured):
        return State.SUSPENDED, backoff.rarely(last, now_us, chance)
    if isinstance(why, PortalSuspect):
        return State.PORTAL_SUSPECT, backoff.again(last, now_us, chance)
    if isinstance(why, Busy):
        return State.WAITING, backoff.again(last, now_us, chance, why.wait_us)
    state = State.WAITING if why.reached else State.OFFLINE
    return state, backoff.again(last, now_us, chance)


def _without_files(parcel: Parcel) -> Dead:
    detail = f"its attachments ({', '.join(parcel.needs_files)}) must travel with it, and files are not delivered yet"
    return Dead(parcel.seq, "attachment_missing", 0, detail)


def _statement(raw: bytes, parcel: Parcel) -> JsonObject | None:
    """The upstream's copy, None where it is no statement by the rules."""
    try:
        return statements.parse(raw, parcel.version).value
    except Invalid:
        return None
