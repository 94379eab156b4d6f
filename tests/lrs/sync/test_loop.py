"""The running drainer: woken by commits, by hand and by the end of a wait; stopped at any moment."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lrs.errors import StoreFull
from lrs.sync.destinations import State
from lrs.sync.reports import Status
from tests.lrs.sync.worlds import NAME, Device, SomeLessons, device, number, numbers, pair, run, until
from tests.support import upstream as acts
from tests.support.clocks import FixedClock
from tests.support.device import REPOSITORY
from tests.support.upstream import Paper, Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds


class QuickClock(FixedClock):
    """Runs by itself, and chance is small: a wait of seconds is over in milliseconds."""

    def now_us(self) -> int:
        return self.us + round(time.monotonic() * 1_000_000)

    def random(self) -> float:
        return super().random() / 100


async def the_status(here: Device) -> Status:
    """Of the one destination."""
    (status,) = await here.drainer.status()
    return status


def test_what_is_recorded_goes_out_by_itself(tmp_path: Path) -> None:
    """And what was there before the start."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            here.drainer.start()
            await until(lambda: there.order == numbers(1))
            await here.record_numbers([2, 3])
            await until(lambda: there.order == numbers(1, 2, 3))

    run(work())


def test_recorded_while_sending_goes_out_too(tmp_path: Path) -> None:
    """Four writers and one lane: each statement once, in the order of the log."""

    async def work() -> None:
        async with pair(tmp_path, sync_batch=5) as (here, there):
            here.drainer.start()
            await asyncio.gather(*(here.record_numbers([n]) for n in range(1, 41)))
            await until(lambda: len(there.order) == 40)
            sent = [statement for request in there.posts for statement in request.ids]
            assert (sent, sent) == (there.order, numbers(*range(1, 41)))

    run(work())


def test_burst_of_commits_is_gathered(tmp_path: Path) -> None:
    """Ten commits in a moment are not ten requests."""

    async def work() -> None:
        async with pair(tmp_path) as (here, there):
            here.drainer.start()
            await asyncio.sleep(0)
            for n in range(1, 11):
                await here.record_numbers([n])
            await until(lambda: len(there.order) == 10)
            assert len(there.requests) <= 4

    run(work())


def test_destination_added_while_running_is_found_by_wake(tmp_path: Path) -> None:
    """`wake` needs no commit of statements."""

    async def work() -> None:
        async with device(tmp_path) as here, Upstream() as there:
            await here.record_numbers([1])
            here.drainer.start()
            await asyncio.sleep(0.01)
            await here.point_to(there.url)
            here.drainer.wake()
            await until(lambda: there.order == numbers(1))

    run(work())


def test_end_of_a_wait_wakes(tmp_path: Path) -> None:
    """Nobody has to do anything."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            there.script.append(acts.status(503, {"Retry-After": "30"}))
            here.drainer.start()
            await until(lambda: there.requests)
            while (await the_status(here)).state is not State.WAITING:  # noqa: ASYNC110  it is a row of the database
                await asyncio.sleep(0.001)
            here.clock.advance(29)
            here.drainer.wake()
            await asyncio.sleep(0.02)
            early = len(there.requests)
            here.clock.advance(30)
            here.drainer.wake()
            await until(lambda: there.order == numbers(1))
            assert early == 1

    run(work())


def test_document_that_is_written_goes_out_by_itself(tmp_path: Path) -> None:
    """Without a statement, without anybody doing anything; what is fetched sends nothing back."""

    async def work() -> None:
        async with device(tmp_path, lessons=SomeLessons()) as here, Upstream() as there:
            await here.point_to(there.url)
            there.documents["theirs"] = Paper(b"x", stored=there.now)
            here.drainer.start()
            await until(lambda: any(one.document == "theirs" for one in there.requests))
            await here.write("progress", b"1")
            await until(lambda: "progress" in there.documents)
            await here.write("progress", b"2")
            await until(lambda: there.documents["progress"].content == b"2")
            assert there.changes == ["PUT progress", "PUT progress"]
            assert await here.content("theirs") == b"x"

    run(work())


def test_start_waits_for_the_doors_and_for_a_destination(tmp_path: Path) -> None:
    """Nothing of the delivery is loaded before; a commit, or a word, is enough afterwards."""

    async def work() -> None:
        async with device(tmp_path) as here, Upstream() as there:
            here.drainer.start(after=0.05)
            await here.record_numbers([1])
            await asyncio.sleep(0.1)
            before = here.drainer._lanes
            await here.point_to(there.url)
            here.drainer.wake()
            await until(lambda: there.order == numbers(1))
            assert before is None

    run(work())


def test_short_wait_ends_by_the_timer_alone(tmp_path: Path) -> None:
    """Nobody calls `wake`, and the loop comes back."""

    async def work() -> None:
        async with device(tmp_path, QuickClock()) as here, Upstream() as there:
            await here.point_to(there.url)
            await here.record_numbers([1])
            there.script.extend([acts.hang_up] * 3)
            here.drainer.start()
            await until(lambda: there.order == numbers(1))

    run(work())


def test_stop_in_mid_request_keeps_everything(tmp_path: Path) -> None:
    """A stop does not wait for a slow upstream, and what was on its way is sent again."""

    async def work() -> None:
        async with pair(tmp_path, [1, 2]) as (here, there):
            there.script.append(acts.slow(20.0))
            here.drainer.start()
            await until(lambda: there.requests)
            await here.drainer.stop()
            before = (await here.destination()).cursor
            await here.drain()
            assert (before, (await here.destination()).cursor, there.order) == (0, 2, numbers(1, 2))

    run(work())


def test_stop_again_and_start_again(tmp_path: Path) -> None:
    """Both may be called twice."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            await here.drainer.stop()
            async with here.drainer:
                here.drainer.start()
                await until(lambda: there.order == numbers(1))
            await here.drainer.stop()
            async with here.drainer:
                await here.record_numbers([2])
                await until(lambda: there.order == numbers(1, 2))

    run(work())


def test_pass_beside_the_loop_joins_its_lane(tmp_path: Path) -> None:
    """Two who want to send make one request at a time."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 11), sync_batch=5) as (here, there):
            there.script.append(acts.slow(0.03))
            here.drainer.start()
            await until(lambda: there.requests)
            await asyncio.gather(here.drain(), here.drain())
            assert ([request.ids for request in there.posts], there.order) == (
                [numbers(*range(1, 6)), numbers(*range(6, 11))],
                numbers(*range(1, 11)),
            )

    run(work())


def test_status_tells_what_is_going_on(tmp_path: Path) -> None:
    """Idle, sending, waiting with a reason and a time, exceptions."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there):
            idle = await the_status(here)
            there.script.append(acts.slow(0.03))
            there.refused = {number(2)}
            sending = asyncio.create_task(here.drain())
            await until(lambda: there.requests)
            while_sending = await the_status(here)
            await sending
            await here.record_numbers([4])
            there.script.append(acts.status(503, {"Retry-After": "60"}))
            await here.drain()
            waiting = await the_status(here)
            assert (idle.name, idle.url, idle.state, idle.depth) == (NAME, there.url, State.IDLE, 3)
            assert (idle.last_acknowledged_us, idle.next_try_us, idle.exceptions) == (None, None, 0)
            assert (while_sending.state, while_sending.next_try_us) == (State.SENDING, None)
            assert (waiting.state, waiting.depth, waiting.exceptions, waiting.attempts) == (State.WAITING, 1, 1, 1)
            assert waiting.reason == "the upstream answered 503: no"
            assert 60 <= ((waiting.next_try_us or 0) - here.clock.us) / 1e6 <= 61
            assert waiting.last_acknowledged_us == here.clock.us

    run(work())


def test_fault_of_this_side_is_shown_and_tried_again(tmp_path: Path) -> None:
    """The disk is full when the cursor is to move: nothing is lost, it waits, and it goes on when there is room."""

    async def work() -> None:
        async with pair(tmp_path, [1, 2]) as (here, there):
            write = here.store.write

            async def full(_work: object) -> object:
                raise StoreFull("the disk is full")

            here.store.write = full  # type: ignore[method-assign,assignment]  # a disk that is full on command
            await here.drain()
            resting = await the_status(here)
            here.store.write = write  # type: ignore[method-assign]
            await here.drain()
            after = await the_status(here)
            assert (resting.state, resting.depth) == (State.WAITING, 2)
            assert resting.reason == "delivering failed on this side: the disk is full"
            assert (after.state, after.depth, after.reason, there.order) == (State.IDLE, 0, "", numbers(1, 2))

    run(work())


def test_idle_device_loads_no_http_client_and_no_sqlalchemy(tmp_path: Path) -> None:
    """A woken service with nothing to send starts lean (decision 10); with something to send, SQLAlchemy stays out."""
    program = """
import asyncio, sys
from pathlib import Path
from lrs.clock import SystemClock
from lrs.settings import Settings
from lrs.store.identity import DEFAULT_STORE
from lrs.store.sqlite import open_store
from lrs.sync import destinations
from lrs.sync.drainer import Drainer

async def main(folder):
    clock = SystemClock()
    store = open_store(folder, clock)
    async with Drainer(store, Settings(folder), clock) as drainer:
        await asyncio.sleep(0.01)
        await drainer.drain_once()
        await drainer.status()
        print(*sorted({"httpx", "sqlalchemy", "sqlmodel", "alembic"} & set(sys.modules)))
        await drainer.drain_once(impatient=True)
    await store.close()

asyncio.run(main(Path(sys.argv[1])))
"""

    async def prepare() -> None:
        async with device(tmp_path) as here:
            await here.point_to("http://127.0.0.1:9/xapi")
            await here.record_numbers([])

    run(prepare())
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_way_to_the_delivery_is_light() -> None:
    """What a woken program imports before it answers holds none of the machinery."""
    program = "import sys, lrs.sync.drainer; print(*sorted(m for m in sys.modules if m.startswith('lrs.sync.')))"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["lrs.sync.drainer", "lrs.sync.lessons"]
