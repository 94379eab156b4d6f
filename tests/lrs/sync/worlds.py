"""A device with a real store and a drainer, and statements for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from lrs.auth import credentials
from lrs.settings import Settings
from lrs.store import documents, entry, log
from lrs.store.documents import Document, Key
from lrs.store.entry import MADE_HERE, Provenance
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from lrs.store.sqlite import SqliteStore, open_store
from lrs.sync import aside, destinations, links, outbox
from lrs.sync.aside import Aside
from lrs.sync.destinations import Destination
from lrs.sync.drainer import Drainer
from lrs.sync.outbox import DeliveryException
from lrs.sync.reports import Drained, Summary
from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.support.clocks import FixedClock
from tests.support.upstream import KEY, SECRET, Upstream

T = TypeVar("T")
NAME = "upstream"
SCOPE = Key(
    "state",
    "",
    "https://school.example/activities/a",
    "account:https://school.example\np-1",
    "00000000-0000-4000-8000-0000000000aa",
)


def run(work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
    """The result of an async test; a hanging one fails."""
    return asyncio.run(asyncio.wait_for(work, seconds))


async def until(condition: Callable[[], object]) -> None:
    """Return as soon as it holds; a test that waits in vain runs out of time."""
    while not condition():  # noqa: ASYNC110  what is waited for happens in a program that knows nothing of the test
        await asyncio.sleep(0.001)


def number(n: int) -> str:
    """The id of the n-th statement."""
    return str(UUID(int=n, version=4))


def numbers(*wanted: int) -> list[str]:
    """The ids of these."""
    return [number(n) for n in wanted]


def raw(n: int, **members: Any) -> bytes:
    """The n-th statement, spelt in a way of its own, so that bytes are compared and not values."""
    members = {
        "id": number(n),
        "actor": {"mbox": "mailto:lena@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": f"https://school.example/questions/{n}"},
        "timestamp": "2026-11-21T10:00:00Z",
        "version": "1.0.0",
        **members,
    }
    return json.dumps(members).replace('"result": {}', '"result": {"score": {"raw": 1.50}}').encode()


def named(name: str) -> Key:
    """The State document of this id, of one learner in one lesson."""
    return links.named(SCOPE, name)


@dataclass
class SomeLessons:
    """A host of lessons whose one learner is enrolled here; `at_work` says whether the lesson runs."""

    scopes: tuple[Key, ...] = (SCOPE,)
    at_work: bool = False
    own: frozenset[str] = field(default=frozenset({"LMS.LaunchData"}))

    def wants(self, reader: Reader) -> bool:
        return bool(self.scopes)

    def wanted(self, reader: Reader) -> Sequence[Key]:
        return self.scopes

    def busy(self, reader: Reader, key: Key) -> bool:
        return self.at_work


class Device:
    """A store, its clock and its drainer."""

    def __init__(self, store: SqliteStore, clock: FixedClock, drainer: Drainer, lessons: SomeLessons) -> None:
        self.store, self.clock, self.drainer, self.lessons = store, clock, drainer, lessons

    async def point_to(self, url: str, name: str = NAME, key: str = KEY, secret: str = SECRET) -> Destination:
        """Add or update a destination."""
        return await self.store.write(
            lambda transaction: destinations.add(transaction, DEFAULT_STORE, name, url, key, secret)
        )

    async def record(self, *raws: bytes, origin: int = MADE_HERE) -> None:
        """Put statements into the log."""
        parsed = [statements.parse(text, Version.V2_0_0) for text in raws]

        def work(transaction: Transaction) -> None:
            authority = credentials.authority_id(transaction, DEFAULT_STORE, "test")
            made_by = Provenance(1, authority, {}, origin, self.store.here.device, None)
            now_us = transaction.now_us
            entries = [entry.prepare(one, Version.V1_0_3, made_by, now_us, UUID(int=0)) for one in parsed]
            log.append(transaction, DEFAULT_STORE, entries)

        await self.store.write(work)

    async def record_numbers(self, wanted: Sequence[int]) -> None:
        """Put these numbered statements into the log."""
        await self.record(*(raw(n) for n in wanted))

    async def write(self, name: str, content: bytes) -> Document:
        """A lesson writes its State."""
        return await self.store.write(
            lambda transaction: documents.put(transaction, DEFAULT_STORE, named(name), "text/plain", content)
        )

    async def delete(self, name: str) -> None:
        """A lesson deletes its State."""
        await self.store.write(lambda transaction: documents.delete(transaction, DEFAULT_STORE, named(name)))

    async def document(self, name: str) -> Document | None:
        """The document that is here."""
        return await self.store.read(lambda reader: documents.get(reader, DEFAULT_STORE, named(name)))

    async def content(self, name: str) -> bytes | None:
        """What a lesson that starts now would read."""
        found = await self.document(name)
        return None if found is None else found.content

    async def set_aside(self) -> list[Aside]:
        """What gave way."""
        return await self.store.read(lambda reader: aside.listed(reader, DEFAULT_STORE))

    async def gave_way(self) -> list[tuple[str, bytes]]:
        """Which side's content each time."""
        return [(one.side, one.content) for one in await self.set_aside()]

    async def drain(self) -> Summary:
        """One pass that waits for nothing."""
        return await self.drainer.drain_once(impatient=True)

    async def destination(self, name: str = NAME) -> Destination:
        """The row as it is now."""
        return await self.store.read(lambda reader: destinations.get(reader, DEFAULT_STORE, name))

    async def exceptions(self, name: str = NAME) -> list[DeliveryException]:
        """The rows that were not taken."""
        return await self.store.read(lambda reader: outbox.listed(reader, DEFAULT_STORE, name))

    async def dead(self) -> dict[str, str]:
        """Their ids and states."""
        return {str(one.id): one.state for one in await self.exceptions()}


@contextlib.asynccontextmanager
async def device(
    folder: Path,
    clock: FixedClock | None = None,
    *,
    patience: float = 5.0,
    lessons: SomeLessons | None = None,
    **settings: Any,
) -> AsyncIterator[Device]:
    """The device whose data is in this folder, started; its drainer runs only when asked to. Nobody is enrolled on it
    unless `lessons` say so."""
    clock, lessons = clock or FixedClock(), lessons or SomeLessons(())
    store = open_store(folder, clock)
    drainer = Drainer(store, Settings(folder, **settings), clock, lessons=lessons, patience=patience)
    try:
        yield Device(store, clock, drainer, lessons)
    finally:
        await drainer.stop()
        await store.close()


@contextlib.asynccontextmanager
async def pair(
    folder: Path, wanted: Sequence[int] = (), *, patience: float = 5.0, **settings: Any
) -> AsyncIterator[tuple[Device, Upstream]]:
    """A device with these statements in its log, and an upstream it knows."""
    async with device(folder, patience=patience, **settings) as here, Upstream() as there:
        await here.point_to(there.url)
        if wanted:
            await here.record_numbers(wanted)
        yield here, there


def only(summary: Summary) -> Drained:
    """The one destination's part."""
    (drained,) = summary.destinations
    return drained
