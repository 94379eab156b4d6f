"""Our own record store as the upstream: the same program at both ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from lrs.app import App, create_lrs
from lrs.auth import credentials
from lrs.clock import Clock
from lrs.ipc.server import Doors
from lrs.settings import Settings
from lrs.store import log
from lrs.store.identity import DEFAULT_STORE
from lrs.store.log import LogRow
from lrs.store.sqlite import SqliteStore, open_store
from lrs.sync import peers
from lrs.sync.destinations import State
from tests.lrs.sync.worlds import Device, device, number, numbers, only, raw, run
from tests.support.clocks import FixedClock
from tests.support.upstream import KEY, SECRET

pytestmark = pytest.mark.slow  # each takes little, all of them seconds


@contextlib.asynccontextmanager
async def school(folder: Path, *scopes: str, clock: Clock | None = None) -> AsyncIterator[tuple[SqliteStore, str]]:
    """The school's end, and its endpoint."""
    clock = clock or FixedClock(seed=7)
    store = open_store(folder, clock)
    await store.write(
        lambda changed: credentials.add(changed, DEFAULT_STORE, KEY, SECRET, scopes, salt=None, replace=False)
    )
    lrs = await create_lrs(store, Settings(folder), clock)
    listening = socket.create_server(("127.0.0.1", 0))
    doors = Doors(App(lrs), [listening], None, 1.0)
    serving = asyncio.create_task(doors.run())
    try:
        yield store, f"http://127.0.0.1:{listening.getsockname()[1]}/xapi"
    finally:
        doors.stop()
        await serving
        await store.close()


async def rows(store: SqliteStore) -> list[LogRow]:
    """The whole log."""
    return await store.read(lambda reader: log.follow(reader, DEFAULT_STORE, 0, 10_000))


def test_log_of_the_device_becomes_the_log_of_the_school(tmp_path: Path) -> None:
    """Byte for byte, in order, each once, with the device as its origin; again changes nothing."""

    async def work() -> None:
        async with school(tmp_path / "school", "all") as (theirs, url), device(tmp_path / "device") as here:
            await here.point_to(url)
            await here.record(raw(1, version="2.0.0"), *(raw(n) for n in range(2, 131)))
            first = only(await here.drain())
            await here.point_to(url.replace("127.0.0.1", "localhost"))  # taken for another: everything is sent again
            second = only(await here.drain())
            mine, received = await rows(here.store), await rows(theirs)
            origin = await theirs.read(lambda reader: peers.known(reader, DEFAULT_STORE, here.store.here.device_uuid))
            assert [(row.id, row.raw) for row in received] == [(row.id, row.raw) for row in mine]
            assert {row.origin for row in received} == {origin}
            assert (first.delivered, second.delivered, second.state, await here.dead()) == (130, 130, State.IDLE, {})

    run(work())


def test_two_devices_and_one_school(tmp_path: Path) -> None:
    """Each device's order is kept, and each statement names where it came from."""

    async def work() -> None:
        async with school(tmp_path / "school", "statements/write") as (theirs, url):
            for seed in (1, 2):
                async with device(tmp_path / str(seed), FixedClock(seed=seed)) as here:
                    await here.point_to(url)
                    await here.record_numbers(range(100 * seed, 100 * seed + 10))
                    await here.drain()
            received = await rows(theirs)
            assert [str(row.id) for row in received] == numbers(*range(100, 110), *range(200, 210))
            assert len({row.origin for row in received}) == 2

    run(work())


async def refused(here: Device, theirs: SqliteStore, url: str) -> tuple[set[str], dict[str, str]]:
    """What is missing at the school, and what the device says about it."""
    await here.point_to(url)
    await here.drain()
    mine, received = await rows(here.store), await rows(theirs)
    return {str(row.id) for row in mine} - {str(row.id) for row in received}, await here.dead()


def test_statement_that_the_school_refuses_is_the_only_exception(tmp_path: Path) -> None:
    """A row spoilt in the database (by a bug of an older release, say) is not what stops a device."""

    async def work() -> None:
        async with school(tmp_path / "school", "all") as (theirs, url), device(tmp_path / "device") as here:
            await here.record_numbers(range(1, 61))
            spoilt = raw(30).replace(b"mailto:", b"mail-to:")
            await here.store.write(
                lambda changed: changed.execute("UPDATE statement SET raw = ? WHERE seq = 30", (spoilt,))
            )
            missing, dead = await refused(here, theirs, url)
            (found,) = await here.exceptions()
            assert (missing, dead) == ({number(30)}, {number(30): "rejected"})
            assert "actor.mbox" in found.detail

    run(work())


def test_id_with_other_content_at_the_school_is_a_conflict(tmp_path: Path) -> None:
    """The school's history is not rewritten, and the device knows both."""

    async def work() -> None:
        async with school(tmp_path / "school", "all") as (theirs, url):
            async with device(tmp_path / "other", FixedClock(seed=3)) as other:
                await other.point_to(url)
                await other.record(raw(5, object={"id": "https://school.example/something/else"}))
                await other.drain()
            async with device(tmp_path / "device") as here:
                await here.record_numbers(range(1, 11))
                _, dead = await refused(here, theirs, url)
                (found,) = await here.exceptions()
                assert (dead, "something/else" in found.detail) == ({number(5): "conflict"}, True)
                assert len(await rows(theirs)) == 10

    run(work())


def test_credential_that_may_not_write_is_a_state_of_the_destination(tmp_path: Path) -> None:
    """No statement is blamed for it."""

    async def work() -> None:
        async with school(tmp_path / "school", "statements/read") as (_, url), device(tmp_path / "device") as here:
            await here.point_to(url)
            await here.record_numbers(range(1, 11))
            drained = only(await here.drain())
            assert (drained.state, drained.depth, await here.dead()) == (State.NEEDS_AUTH, 10, {})

    run(work())


def test_voiding_before_and_after_its_target_arrives_as_it_was(tmp_path: Path) -> None:
    """An ordinary statement, in its place."""

    async def work() -> None:
        async with school(tmp_path / "school", "all") as (theirs, url), device(tmp_path / "device") as here:
            await here.point_to(url)
            voided = {"verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}}
            target = {"object": {"objectType": "StatementRef", "id": number(1)}}
            await here.record(raw(1), raw(2, **voided, **target))
            await here.drain()
            found = await theirs.read(lambda reader: log.one(reader, DEFAULT_STORE, UUID(number(1)), voided=True))
            assert found is not None
            assert found.raw == raw(1)

    run(work())
