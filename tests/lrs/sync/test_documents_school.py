"""Two devices of one learner and their school: the same program at all ends, over real sockets."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lrs.clock import SystemClock
from lrs.settings import Settings
from lrs.store import documents
from lrs.store.documents import Document
from lrs.store.identity import DEFAULT_STORE
from lrs.store.sqlite import SqliteStore
from lrs.sync import destinations
from lrs.sync.destinations import State
from lrs.sync.drainer import Drainer
from tests.lrs.sync.test_own_upstream import school
from tests.lrs.sync.worlds import SCOPE, Device, SomeLessons, device, named, only, run
from tests.support.clocks import FixedClock
from tests.support.upstream import KEY, SECRET

pytestmark = pytest.mark.slow
DAY = 86_400
HOUR_US = 3600 * 1_000_000
CLOCK = SystemClock()  # the school's: its `Date` is the machine's


@contextlib.asynccontextmanager
async def classroom(folder: Path, *scopes: str, off: float = 0.0) -> AsyncIterator[tuple[Device, Device, SqliteStore]]:
    """Two devices that know the school; the second one's clock is so many seconds off."""
    wrong = FixedClock(seed=2)
    wrong.advance(off)
    async with (
        school(folder / "school", *(scopes or ("state", "statements/write")), clock=CLOCK) as (theirs, url),
        device(folder / "one", FixedClock(seed=1), lessons=SomeLessons()) as one,
        device(folder / "two", wrong, lessons=SomeLessons()) as two,
    ):
        await one.point_to(url)
        await two.point_to(url)
        yield one, two, theirs


async def at_school(theirs: SqliteStore, name: str = "progress") -> Document | None:
    """The school's copy."""
    return await theirs.read(lambda reader: documents.get(reader, DEFAULT_STORE, named(name)))


@pytest.mark.parametrize("off", [0, 3 * DAY, -3 * DAY])
def test_state_goes_from_device_to_device_and_back(tmp_path: Path, off: float) -> None:
    """Whatever the second device's clock says, and nothing is kept aside on the way."""

    async def work() -> None:
        async with classroom(tmp_path, off=off) as (one, two, theirs):
            await one.write("progress", b"1")
            await one.drain()
            await two.drainer.refresh(SCOPE)
            first = await two.content("progress")
            await two.write("progress", b"2")
            await two.drain()
            await one.drainer.refresh(SCOPE)
            kept = await at_school(theirs)
            assert kept is not None
            assert (first, kept.content, await one.content("progress")) == (b"1", b"2", b"2")
            assert [await one.gave_way(), await two.gave_way()] == [[], []]
            third, fourth = only(await one.drain()), only(await two.drain())
            assert (third.documents_sent, fourth.documents_sent) == (0, 0)

    run(work())


@pytest.mark.parametrize("off", [0, 3 * DAY, -3 * DAY])
@pytest.mark.parametrize("later", [0, 1])
def test_the_later_of_two_writings_stays_whatever_the_clocks_say(tmp_path: Path, off: float, later: int) -> None:
    """Both wrote offline. Ages are compared, and the other is kept aside on the device that met it."""

    async def work() -> None:
        async with classroom(tmp_path, off=off) as (one, two, theirs):
            pair = [one, two]
            await pair[1 - later].write("progress", b"earlier")
            for here in pair:
                here.clock.advance(3600)
            await pair[later].write("progress", b"later")
            for here in pair:
                here.clock.advance(3600)
            await one.drain()
            await two.drain()
            await one.drain()
            kept = await at_school(theirs)
            assert kept is not None
            assert kept.content == b"later"
            assert {await one.content("progress"), await two.content("progress")} == {b"later"}
            aside = [*await one.gave_way(), *await two.gave_way()]
            assert [content for _, content in aside] == [b"earlier"]

    run(work())


def test_school_keeps_when_it_was_written(tmp_path: Path) -> None:
    """Stored now, written an hour ago: `since` goes by the one, a later conflict by the other."""

    async def work() -> None:
        async with classroom(tmp_path, off=3 * DAY) as (_, two, theirs):
            await two.write("progress", b"1")
            two.clock.advance(3600)
            await two.drain()
            kept = await at_school(theirs)
            assert kept is not None
            assert kept.updated_us - kept.written_us == HOUR_US

    run(work())


def test_deletion_goes_from_device_to_device(tmp_path: Path) -> None:
    """It is seen where everything is listed, as before a launch."""

    async def work() -> None:
        async with classroom(tmp_path) as (one, two, theirs):
            await one.write("progress", b"1")
            await one.drain()
            await two.drain()
            await one.delete("progress")
            await one.drain()
            await two.drainer.refresh(SCOPE)
            assert (await at_school(theirs), await two.content("progress")) == (None, None)

    run(work())


def test_key_without_the_scope_says_which_is_needed(tmp_path: Path) -> None:
    """Statements go on; the reason names the scope."""

    async def work() -> None:
        async with classroom(tmp_path, "statements/write", "statements/read") as (one, _, __):
            await one.write("progress", b"1")
            await one.record_numbers([1])
            drained = only(await one.drain())
            assert (drained.delivered, drained.depth, drained.documents) == (1, 0, 1)
            assert drained.state is State.NEEDS_AUTH
            assert "one of all, state is needed" in drained.reason

    run(work())


def test_school_hands_documents_on(tmp_path: Path) -> None:
    """What a device brought to the school goes on to the school's own upstream, as old as it is."""

    async def work() -> None:
        async with school(tmp_path / "district", "all", clock=CLOCK) as (far, url), classroom(tmp_path) as (one, _, at):
            await one.write("progress", b"1")
            one.clock.advance(3600)
            await one.drain()
            await at.write(lambda change: destinations.add(change, DEFAULT_STORE, "district", url, KEY, SECRET))
            async with Drainer(at, Settings(tmp_path), CLOCK) as onwards:
                drained = only(await onwards.drain_once())
            kept = await at_school(far)
            assert kept is not None
            assert (drained.documents_sent, kept.content) == (1, b"1")
            assert 0 <= kept.updated_us - kept.written_us - HOUR_US < 60_000_000

    run(work())
