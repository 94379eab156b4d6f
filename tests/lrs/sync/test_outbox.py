"""What a destination does not have: seen in the order of the log, tried again, let go of."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from lrs.errors import Conflict, NotFound
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import destinations, outbox
from lrs.sync.outbox import Counts, DeliveryException
from tests.lrs.sync.worlds import NAME, Device, number, numbers, only, pair, raw, run
from tests.support.upstream import Upstream

BAD = {number(2), number(4)}


async def behind(here: Device, there: Upstream) -> None:
    """Six statements: 2 and 4 are refused, 5 and 6 wait."""
    there.refused = set(BAD)
    await here.drain()
    await here.record_numbers([5, 6])


async def page(here: Device, after: int = 0, limit: int = 100, *, waiting: bool = True) -> list[tuple[str, str]]:
    """Ids and states."""
    destination = await here.destination()
    rows = await here.store.read(lambda reader: outbox.page(reader, destination, after, limit, waiting=waiting))
    return [(str(row.id), row.state) for row in rows]


async def shown(here: Device, n: int) -> DeliveryException:
    """One in full."""
    return await here.store.read(lambda reader: outbox.show(reader, DEFAULT_STORE, NAME, UUID(number(n))))


async def remove(here: Device, n: int, *, sending: bool = False) -> None:
    """Let go of one."""
    wanted = UUID(number(n))
    await here.store.write(lambda changed: outbox.remove(changed, DEFAULT_STORE, NAME, wanted, sending=sending))


def test_exceptions_come_before_what_waits(tmp_path: Path) -> None:
    """Page by page the order of the log, whichever part a page ends in."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            every = [*((one, "rejected") for one in numbers(2, 4)), *((one, "waiting") for one in numbers(5, 6))]
            assert await page(here) == every
            assert await page(here, waiting=False) == every[:2]
            assert [await page(here, after, 1) for after in (0, 2, 4, 5, 6)] == [*([one] for one in every), []]
            assert await page(here, 2, 2) == every[1:3]

    run(work())


def test_counted_by_what_stands_in_the_way(tmp_path: Path) -> None:
    """With the time of the oldest that waits, and none where nothing does."""

    async def counts(here: Device) -> Counts:
        destination = await here.destination()
        return await here.store.read(lambda reader: outbox.counts(reader, destination))

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            there.refused = set(BAD)
            await here.drain()
            assert await counts(here) == Counts(0, None, {"rejected": 2})
            await here.record_numbers([5, 6])
            oldest = (await shown(here, 5)).stored_us
            assert await counts(here) == Counts(2, oldest, {"rejected": 2})

    run(work())


def test_one_in_full(tmp_path: Path) -> None:
    """The statement as stored, the upstream's status and what it said."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            refused, waiting = await shown(here, 2), await shown(here, 5)
            assert (refused.state, refused.code, refused.raw, bool(refused.detail)) == ("rejected", 400, raw(2), True)
            assert (waiting.state, waiting.code, waiting.raw, waiting.detail) == ("waiting", 0, raw(5), "")

    run(work())


def test_what_the_destination_has_is_in_no_outbox(tmp_path: Path) -> None:
    """Nor what nobody has; the two are told apart."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            with pytest.raises(NotFound, match="was sent there"):
                await shown(here, 1)
            with pytest.raises(NotFound, match="no statement"):
                await shown(here, 9)

    run(work())


def test_all_exceptions_are_tried_again(tmp_path: Path) -> None:
    """In their order, and they are none any more."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            assert await here.store.write(lambda changed: outbox.retry_all(changed, DEFAULT_STORE, NAME)) == 2
            assert [state for _, state in await page(here)] == ["retrying", "retrying", "waiting", "waiting"]
            there.refused = set()
            await here.drain()
            assert (await page(here), there.order) == ([], numbers(1, 3, 2, 4, 5, 6))

    run(work())


def test_what_waits_can_be_neither_tried_again_nor_let_go_of(tmp_path: Path) -> None:
    """It is no exception: it is sent as soon as that is possible."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            wanted = UUID(number(5))
            with pytest.raises(Conflict, match="no exception"):
                await here.store.write(lambda changed: outbox.retry(changed, DEFAULT_STORE, NAME, wanted))
            with pytest.raises(Conflict, match="no exception"):
                await remove(here, 5)

    run(work())


def test_what_is_let_go_of_stays_in_the_log(tmp_path: Path) -> None:
    """The destination does without it, for good; the others are not touched."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            await remove(here, 2)
            there.refused = set()
            drained = only(await here.drain())
            assert (drained.depth, there.order, await here.dead()) == (0, numbers(1, 3, 5, 6), {number(4): "rejected"})
            query = "SELECT raw FROM statement WHERE id = ?"
            row = await here.store.read(lambda reader: reader.execute(query, (UUID(number(2)).bytes,)).fetchone())
            assert row == (raw(2),)

    run(work())


def test_nothing_is_let_go_of_while_it_is_on_its_way(tmp_path: Path) -> None:
    """Only what is to be sent again can be; the rest is the drainer's no more."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            wanted = UUID(number(2))
            await here.store.write(lambda changed: outbox.retry(changed, DEFAULT_STORE, NAME, wanted))
            with pytest.raises(Conflict, match="at this moment"):
                await remove(here, 2, sending=True)
            await remove(here, 4, sending=True)
            await remove(here, 2)
            assert [state for _, state in await page(here)] == ["waiting", "waiting"]

    run(work())


def test_of_a_redacted_one_nothing_is_left_to_send(tmp_path: Path) -> None:
    """It is listed, is not tried again, and can be let go of."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            wanted = UUID(number(2))
            redact = "UPDATE statement SET raw = NULL, redacted_us = 1 WHERE id = ?"
            await here.store.write(lambda changed: changed.execute(redact, (wanted.bytes,)).rowcount)
            with pytest.raises(Conflict, match="redacted"):
                await here.store.write(lambda changed: outbox.retry(changed, DEFAULT_STORE, NAME, wanted))
            assert await here.store.write(lambda changed: outbox.retry_all(changed, DEFAULT_STORE, NAME)) == 1
            assert (await shown(here, 2)).raw is None
            await remove(here, 2)
            assert number(2) not in await here.dead()

    run(work())


def test_one_destination_knows_nothing_of_another(tmp_path: Path) -> None:
    """What one has let go of still waits for the other."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            await behind(here, there)
            await here.point_to("http://127.0.0.1:9/xapi", "other")
            await remove(here, 2)
            other = await here.destination("other")
            rows = await here.store.read(lambda reader: outbox.page(reader, other, 0, 100))
            assert [str(row.id) for row in rows] == numbers(1, 2, 3, 4, 5, 6)
            await here.store.write(lambda changed: destinations.remove(changed, DEFAULT_STORE, "other"))
            assert [one for one, _ in await page(here, waiting=False)] == numbers(4)

    run(work())
