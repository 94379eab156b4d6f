"""Exchanging documents with one destination: sending what changed here, fetching what changed there.

Each document stands for itself: a request, an answer, a transaction that notes it. A precondition makes sure that
nothing is written over that this device has not seen (xAPI Communication 3.1); where it does not hold, the other's
content is fetched, the two are brought together (`meeting`), and what is to be sent after that goes out again.

Who is to blame for a refusal is settled as for statements. A document that is the same on both sides is sent once more,
as if it were new: a destination that takes documents answers that it has one, and nothing changes there. Then the fault
is the refused one's, which is noted and holds up nothing. Refused as well, or with none to try, the documents of this
destination wait. Its statements do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from lrs.clock import Clock
from lrs.store.documents import Key
from lrs.store.promises import Reader, Store, Transaction
from lrs.sync import delivery, failpoints, links, meeting
from lrs.sync.backoff import NONE
from lrs.sync.destinations import Destination, State
from lrs.sync.document_outcomes import Held, Listed, Missing, Moved, Refused, Taken, Unchanged
from lrs.sync.lessons import Lessons
from lrs.sync.links import Changed, Link, Pull
from lrs.sync.meeting import Parcel
from lrs.sync.outcomes import Forbidden, Halting, Misconfigured, NeedsAuth, Rejected, TooLarge
from lrs.sync.reconcile import Verdict
from lrs.sync.upstream import Upstream

AT_ONCE = 50  # changed documents in one look
TOGETHER = 4  # keys that are asked for at a time
TRIES = 4  # of one document in a row: lessons may write at both ends meanwhile
OVERLAP_US = 60 * 1_000_000  # of two looks by `since`: what was just being stored there during the first
WHOLE_EVERY = 12  # looks by `since`, which shows no deletion and trusts the upstream's clock, and then one without
IN_DOUBT_MOST = 3  # refused with nothing to prove that documents are taken there at all

_NAMES: dict[type[Rejected | Forbidden | TooLarge], str] = {
    Rejected: "rejected",
    Forbidden: "forbidden",
    TooLarge: "too_large",
}


class Documents:
    """One destination, from the first request of a pass to the last. What it does raises `Conflict` where the
    destination was changed meanwhile."""

    def __init__(
        self, store: Store, clock: Clock, upstream: Upstream, destination: Destination, lessons: Lessons
    ) -> None:
        self._store, self._clock, self._upstream, self._lessons = store, clock, upstream, lessons
        self._destination = destination
        self._in_doubt: list[tuple[Changed, Refused]] = []
        self.sent = 0
        self.fetched = 0

    async def refresh(self, scope: Key) -> Halting | None:
        """Bring what is under a key to the same on both sides before a lesson reads it. Lessons that ran are over."""
        own = self._lessons.own
        changes = await self._store.read(lambda reader: links.due(reader, self._destination, own, 0, AT_ONCE, scope))
        for changed in changes:
            outcome = await self._send(changed.key, None)
            if outcome is not None and not isinstance(outcome, (Rejected, Forbidden, TooLarge)):
                return outcome
        looked = await self._look(scope, None, whole=True)
        if looked is None or isinstance(looked, Pull):
            await self._store.write(lambda transaction: links.advance(transaction, self._destination, 0))
            return None
        return looked

    async def halt(self, why: Halting) -> None:
        """Note what stands in the way of documents."""
        now_us, chance = self._clock.now_us(), self._clock.random()

        def work(transaction: Transaction) -> None:
            last = links.lane(transaction, self._destination).backoff
            state, wait = delivery.stop(why, last, now_us, chance)
            links.halt(transaction, self._destination, state, why.detail, wait)

        await self._store.write(work)

    # --- sending -----------------------------------------------------------------------------------------------------

    async def push(self) -> Halting | None:
        """Send all that changed here, the earliest change first, or say why to stop."""
        after = (await self._store.read(lambda reader: links.lane(reader, self._destination))).cursor
        changes, head = await self._due(after)
        while changes:
            for changed in changes:
                halting = await self._one(changed)
                if halting is not None:
                    return halting
            after = changes[-1].revision
            changes, head = await self._due(after)
        if self._in_doubt:
            return self._give_up()
        await self._dealt_with(head)
        return None

    async def _due(self, after: int) -> tuple[list[Changed], int]:
        """What is to be sent next; and the latest revision, up to which nothing is left where that is nothing."""

        def look(reader: Reader) -> tuple[list[Changed], int]:
            found = links.due(reader, self._destination, self._lessons.own, after, AT_ONCE)
            return found, links.head(reader, self._destination.store)

        return await self._store.read(look)

    async def _one(self, changed: Changed) -> Halting | None:
        before = self.sent
        outcome = await self._send(changed.key, self._lessons)
        if isinstance(outcome, (Rejected, Forbidden, TooLarge)):
            return await self._judge(changed, outcome)
        if outcome is None and self._in_doubt and self.sent > before:
            await self._dealt_with(changed.revision)  # documents are taken there, so those before were to blame
        return outcome

    async def _send(self, key: Key, lessons: Lessons | None) -> Refused | Halting | None:
        """Send one document until both sides have the same."""
        for _ in range(TRIES):
            parcel = await self._store.write(lambda transaction: meeting.take(transaction, self._destination, key))
            if parcel is None:
                return None
            outcome = await self._upstream.change(parcel)
            if isinstance(outcome, Taken):
                await self._settle(parcel, outcome.etag)
            elif isinstance(outcome, Moved):
                fetched = await self._fetch(key, parcel.link, None, lessons)
                if not isinstance(fetched, bool):
                    return fetched
            else:
                return outcome
        return Rejected(412, "the upstream has something else each time that it is sent")

    async def _settle(self, parcel: Parcel, etag: str | None) -> None:
        failpoints.hit("documents.before_settle")
        await self._store.write(lambda transaction: meeting.settle(transaction, self._destination, parcel, etag))
        failpoints.hit("documents.after_settle")
        self.sent += 1

    # --- who is to blame ---------------------------------------------------------------------------------------------

    async def _judge(self, changed: Changed, refused: Refused) -> Halting | None:
        self._in_doubt.append((changed, refused))
        canary = await self._store.read(lambda reader: meeting.in_step(reader, self._destination))
        if canary is None:
            return self._give_up() if len(self._in_doubt) >= IN_DOUBT_MOST else None
        outcome = await self._upstream.change(canary)
        if isinstance(outcome, (Taken, Moved)):
            await self._dealt_with(changed.revision)
            return None
        if isinstance(outcome, Forbidden):
            return NeedsAuth(f"the credential may not send documents: {outcome.detail}")
        if isinstance(outcome, (Rejected, TooLarge)):
            return Misconfigured(f"even a document that was taken earlier is refused now: {outcome.detail}")
        return outcome

    def _give_up(self) -> Halting:
        _, first = self._in_doubt[0]
        detail = f"no document was ever taken there; {first.detail}"
        return NeedsAuth(detail) if isinstance(first, Forbidden) else Misconfigured(detail)

    async def _dealt_with(self, revision: int) -> None:
        """Everything up to this revision is settled, or noted as refused."""

        def work(transaction: Transaction) -> None:
            for changed, refused in self._in_doubt:
                state = _NAMES[type(refused)]
                meeting.refuse(transaction, self._destination, changed.key, state, refused.status, refused.detail)
            links.advance(transaction, self._destination, revision)

        await self._store.write(work)
        self._in_doubt.clear()

    # --- fetching ----------------------------------------------------------------------------------------------------

    async def pull(self) -> Halting | None:
        """Fetch what changed there of all that is wanted here, or say why to stop."""
        wanted = await self._store.read(self._lessons.wanted)
        for start in range(0, len(wanted), TOGETHER):
            some = wanted[start : start + TOGETHER]
            outcomes = await asyncio.gather(*(self._look(scope, self._lessons) for scope in some))
            await self._note({scope: got for scope, got in zip(some, outcomes, strict=True) if isinstance(got, Pull)})
            halting = next((got for got in outcomes if got is not None and not isinstance(got, Pull)), None)
            if halting is not None:
                return halting
        await self._store.write(self._pulled)
        return None

    async def _look(self, scope: Key, lessons: Lessons | None, *, whole: bool = False) -> Pull | Halting | None:
        """Fetch what changed under a key. How far that went; None where it is to be looked at again."""
        last = await self._store.read(lambda reader: links.pull(reader, self._destination, scope))
        since_us = None if whole or last is None or last.looks >= WHOLE_EVERY else last.since_us
        listed = await self._upstream.names(scope, since_us)
        if not isinstance(listed, Listed):
            return listed
        settled = True
        for key in await self._to_fetch(scope, listed, whole=since_us is None):
            known = await self._store.read(lambda reader, key=key: links.link(reader, self._destination, key))  # type: ignore[misc]
            fetched = await self._fetch(key, known, known.etag if known else None, lessons)
            if not isinstance(fetched, bool):
                return fetched
            settled = settled and fetched
        if not settled or listed.at_us is None:
            return None
        return Pull(listed.at_us - OVERLAP_US, 0 if since_us is None or last is None else last.looks + 1)

    async def _to_fetch(self, scope: Key, listed: Listed, *, whole: bool) -> list[Key]:
        """What was listed; and where that was everything, what was there before, since it may be gone."""
        names = set(listed.names)
        if whole:
            names.update(await self._store.read(lambda reader: links.names_there(reader, self._destination, scope)))
        if scope.kind == "state":
            names -= self._lessons.own
        return [links.named(scope, name) for name in sorted(names)]

    async def _fetch(self, key: Key, known: Link | None, etag: str | None, lessons: Lessons | None) -> Halting | bool:
        """Fetch one document unless it is still the one of this ETag, and bring both sides together. Whether that is
        done."""
        theirs = await self._upstream.document(key, etag)
        if isinstance(theirs, Unchanged):
            return True
        if not isinstance(theirs, (Held, Missing)):
            return theirs
        failpoints.hit("documents.before_meet")
        verdict = await self._store.write(
            lambda transaction: meeting.meet(transaction, self._destination, known, key, theirs, lessons)
        )
        failpoints.hit("documents.after_meet")
        self.fetched += verdict in (Verdict.TAKE, Verdict.THEIRS)
        return verdict not in (None, Verdict.WAIT)

    async def _note(self, pulls: Mapping[Key, Pull]) -> None:
        def work(transaction: Transaction) -> None:
            links.unchanged(transaction, self._destination)
            for scope, pull in pulls.items():
                links.save_pull(transaction, self._destination, scope, pull)

        await self._store.write(work)

    def _pulled(self, transaction: Transaction) -> None:
        links.unchanged(transaction, self._destination)
        now = links.lane(transaction, self._destination)
        here = replace(now, state=State.IDLE, reason="", backoff=NONE, pulled_us=transaction.now_us)
        links.save_lane(transaction, self._destination, here)
