"""One pass over a destination that behaves and misbehaves, without a statement being to blame.

The oracle is always the same: what the device stored is what the upstream keeps, each once, in order.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Transaction
from lrs.sync import destinations, peers
from lrs.sync.backoff import CAP_US
from lrs.sync.destinations import State
from tests.lrs.sync.worlds import NAME, device, numbers, only, pair, raw, run, until
from tests.support import upstream as acts
from tests.support.upstream import Act, Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

# --- all is well ------------------------------------------------------------------------------------------------------


def test_log_arrives_as_it_is_in_batches(tmp_path: Path) -> None:
    """Each once, in order, and no more requests than batches."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 121), sync_batch=50) as (here, there):
            drained = only(await here.drain())
            assert there.order == numbers(*range(1, 121))
            assert (drained.delivered, drained.requests, drained.depth, drained.state) == (120, 3, 0, State.IDLE)
            assert (await here.destination()).cursor == 120

    run(work())


def test_stored_bytes_are_what_is_sent(tmp_path: Path) -> None:
    """The received spelling, with nothing of what this store added for itself."""

    async def work() -> None:
        async with pair(tmp_path) as (here, there):
            texts = [raw(n, result={}).replace(b": ", b" : ") for n in (1, 2)]
            await here.record(*texts)
            await here.drain()
            assert there.requests[0].body == b"[" + b",".join(texts) + b"]"

    run(work())


def test_request_says_who_and_which_version(tmp_path: Path) -> None:
    """Basic, 1.0.3, and the device's own name."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            await here.drain()
            headers = there.requests[0].headers
            assert headers["authorization"] == "Basic ZGV2aWNlOmRldmljZS1zZWNyZXQ="
            assert headers["x-experience-api-version"] == "1.0.3"
            assert headers["x-offline-lrs-device"] == str(here.store.here.device_uuid)
            assert headers["content-type"] == "application/json"

    run(work())


def test_newer_statements_go_in_requests_of_their_own(tmp_path: Path) -> None:
    """2.0.0 for what needs it, and the order is still the log's."""

    async def work() -> None:
        async with pair(tmp_path) as (here, there):
            await here.record(raw(1), raw(2, version="2.0.0"), raw(3, version="2.0.0"), raw(4))
            await here.drain()
            sent = [(request.headers["x-experience-api-version"], request.ids) for request in there.posts]
            assert sent == [("1.0.3", numbers(1)), ("2.0.0", numbers(2, 3)), ("1.0.3", numbers(4))]

    run(work())


def test_nothing_new_asks_nothing(tmp_path: Path) -> None:
    """A settled destination costs no request."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            await here.drain()
            await here.drain()
            assert len(there.requests) == 1

    run(work())


def test_connection_is_kept(tmp_path: Path) -> None:
    """On a slow line a handshake costs as much as a batch."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 6), sync_batch=1) as (here, there):
            await here.drain()
            assert (len(there.requests), there.connections) == (5, 1)

    run(work())


def test_204_is_an_acknowledgement(tmp_path: Path) -> None:
    """Some record stores answer it where they had everything already."""

    async def work() -> None:
        async with pair(tmp_path, [1, 2]) as (here, there):
            there.script.append(acts.nothing_new)
            assert only(await here.drain()).delivered == 2

    run(work())


def test_redacted_rows_are_passed_over(tmp_path: Path) -> None:
    """Nothing is left of them to send, and they hold up nothing."""

    def redact(transaction: Transaction) -> None:
        transaction.execute("UPDATE statement SET raw = NULL, redacted_us = 1 WHERE seq IN (1, 3, 5)")

    async def work() -> None:
        async with pair(tmp_path, range(1, 6)) as (here, there):
            await here.store.write(redact)
            await here.drain()
            assert (there.order, (await here.destination()).cursor) == (numbers(2, 4), 5)

    run(work())


def test_what_came_from_the_upstream_is_not_sent_back(tmp_path: Path) -> None:
    """Once it has said which device it is; what other devices brought is sent on."""
    away, other = UUID(int=77, version=4), UUID(int=78, version=4)

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            there.device = str(away)
            await here.drain()
            its = await here.store.write(lambda changed: peers.number(changed, DEFAULT_STORE, away))
            others = await here.store.write(lambda changed: peers.number(changed, DEFAULT_STORE, other))
            await here.record(raw(2), origin=its)
            await here.record(raw(3), origin=others)
            await here.record(raw(4), origin=its)
            await here.drain()
            assert (there.order, (await here.destination()).cursor) == (numbers(1, 3), 4)

    run(work())


def test_destinations_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """One that is gone does not hold up the other, and a new one gets the whole log."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there):
            await here.point_to("http://127.0.0.1:9/xapi", name="gone")
            summary = await here.drain()
            states = [(one.name, one.state, one.depth) for one in summary.destinations]
            assert states == [(NAME, State.IDLE, 0), ("gone", State.OFFLINE, 3)]
            assert (summary.complete, there.order) == (False, numbers(1, 2, 3))

    run(work())


# --- nobody judged the statements: all of them are kept ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "state"),
    [
        pytest.param(acts.portal, State.PORTAL_SUSPECT, id="login page"),
        pytest.param(acts.redirect, State.PORTAL_SUSPECT, id="redirect"),
        pytest.param(acts.without_version, State.PORTAL_SUSPECT, id="no version header"),
        pytest.param(acts.other_ids, State.PORTAL_SUSPECT, id="other ids"),
        pytest.param(acts.hang_up, State.WAITING, id="hung up"),
        pytest.param(acts.lost, State.WAITING, id="answer lost"),
        pytest.param(acts.status(500), State.WAITING, id="500"),
        pytest.param(acts.status(503, {"Retry-After": "7"}), State.WAITING, id="503"),
        pytest.param(acts.status(408), State.WAITING, id="408"),
        pytest.param(acts.status(401), State.NEEDS_AUTH, id="401"),
        pytest.param(acts.status(404), State.SUSPENDED, id="404"),
        pytest.param(acts.status(405), State.SUSPENDED, id="405"),
    ],
)
def test_trouble_keeps_everything_and_ends_with_the_trouble(tmp_path: Path, act: Act, state: State) -> None:
    """One request, a state with a reason, nothing settled; then all of it arrives, once."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there):
            there.script.append(act)
            drained = only(await here.drain())
            assert (drained.state, drained.requests, drained.delivered, drained.depth) == (state, 1, 0, 3)
            assert (drained.reason != "", await here.dead()) == (True, {})
            again = only(await here.drain())
            assert (there.order, again.state, again.reason) == (numbers(1, 2, 3), State.IDLE, "")

    run(work())


def test_slow_upstream_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """What it stored after all, it recognises."""

    async def work() -> None:
        async with pair(tmp_path, [1, 2], patience=0.02) as (here, there):
            there.script.append(acts.slow(5.0))
            first = only(await here.drain())
            second = only(await here.drain())
            assert (first.state, first.depth, second.depth, there.order) == (State.WAITING, 2, 0, numbers(1, 2))

    run(work())


def test_unreachable_is_offline(tmp_path: Path) -> None:
    """No connection is a state of its own, however often it is tried, and nothing is lost by it."""

    async def work() -> None:
        async with device(tmp_path) as here:
            await here.point_to("http://127.0.0.1:9/xapi")
            await here.record_numbers(range(1, 4))
            for _ in range(19):
                await here.drain()
            drained = only(await here.drain())
            assert (drained.state, drained.depth, await here.dead()) == (State.OFFLINE, 3, {})
            assert (await here.destination()).backoff.attempts == 20

    run(work())


def test_wait_is_obeyed_and_ends(tmp_path: Path) -> None:
    """`Retry-After` is a least: not before, and not long after."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            there.script.append(acts.status(503, {"Retry-After": "120"}))
            await here.drainer.drain_once()
            here.clock.advance(119)
            await here.drainer.drain_once()
            before = len(there.requests)
            here.clock.advance(2)
            await here.drainer.drain_once()
            assert (before, there.order) == (1, numbers(1))

    run(work())


@pytest.mark.parametrize("years", [-40, 12])
def test_clock_that_leaps_delays_by_no_more_than_the_wait(tmp_path: Path, years: int) -> None:
    """A dead battery's 1970, or a year in the future, is over after one wait, across restarts too."""

    async def work() -> None:
        async with Upstream() as there:
            async with device(tmp_path) as here:
                await here.point_to(there.url)
                await here.record_numbers([1])
                there.script.append(acts.status(503, {"Retry-After": "600"}))
                await here.drain()
                clock = here.clock
            clock.advance(years * 365 * 86_400)
            for _ in range(7):  # woken every two minutes, for a moment each
                async with device(tmp_path, clock) as here:
                    await here.drainer.drain_once()
                clock.advance(120)
            assert there.order == numbers(1)

    run(work())


def test_paused_sends_nothing(tmp_path: Path) -> None:
    """Not even an impatient pass; resumed, it goes on where it was."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            await here.store.write(lambda changed: destinations.pause(changed, DEFAULT_STORE, NAME))
            paused = only(await here.drain())
            await here.store.write(lambda changed: destinations.resume(changed, DEFAULT_STORE, NAME))
            await here.drain()
            assert (paused.state, paused.requests, there.order) == (State.PAUSED, 0, numbers(1))

    run(work())


def test_what_only_a_person_can_mend_is_tried_rarely(tmp_path: Path) -> None:
    """A wrong password is not knocked with all day, but a mended upstream needs nobody at the device."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            there.script.extend([acts.status(401), acts.status(401)])
            await here.drainer.drain_once()
            for _ in range(7):
                here.clock.advance(60)
                await here.drainer.drain_once()
            early = len(there.requests)
            here.clock.advance(2 * CAP_US / 1e6)
            await here.drainer.drain_once()
            here.clock.advance(2 * CAP_US / 1e6)
            await here.drainer.drain_once()
            assert (early, there.order) == (1, numbers(1))

    run(work())


def test_pause_during_a_request_is_heeded_after_it(tmp_path: Path) -> None:
    """What was acknowledged is noted, and no further request goes out."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5), sync_batch=2) as (here, there):
            there.script.append(acts.slow(0.05))
            draining = asyncio.create_task(here.drain())
            await until(lambda: there.requests)
            await here.store.write(lambda changed: destinations.pause(changed, DEFAULT_STORE, NAME))
            drained = only(await draining)
            assert (drained.state, drained.depth, there.order) == (State.PAUSED, 2, numbers(1, 2))

    run(work())


def test_destination_sent_elsewhere_during_a_request_settles_nothing(tmp_path: Path) -> None:
    """The old address has them now; the new one gets them all the same."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there), Upstream() as elsewhere:
            there.script.append(acts.slow(0.05))
            draining = asyncio.create_task(here.drain())
            await until(lambda: there.requests)
            await here.point_to(elsewhere.url)
            await draining
            await here.drain()
            assert (there.order, elsewhere.order) == (numbers(1, 2, 3), numbers(1, 2, 3))

    run(work())
