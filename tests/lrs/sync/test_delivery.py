"""Who is to blame when an upstream refuses: exactly the bad statements become exceptions, the others arrive in order,
and the number of requests is bounded."""

from __future__ import annotations

import json
import math
from pathlib import Path
from uuid import UUID

import pytest

from lrs.store import log
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import outbox
from lrs.sync.destinations import State
from tests.lrs.sync.test_batches import ADDRESS, FILE
from tests.lrs.sync.worlds import NAME, Device, device, number, numbers, only, pair, raw, run
from tests.support import upstream as acts
from tests.support.upstream import Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

# --- the statements are judged ----------------------------------------------------------------------------------------


def bound(total: int, poison: int, batches: int) -> int:
    """Requests that finding the poison may cost: halving, and a canary for each."""
    return batches + 2 * poison * (math.ceil(math.log2(total)) + 1) + 2 * poison


@pytest.mark.parametrize("place", [1, 2, 25, 26, 49, 50])
def test_one_bad_statement_is_found_and_the_others_arrive(tmp_path: Path, place: int) -> None:
    """At whatever place of the batch, the first of all included."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 51)) as (here, there):
            there.refused = {number(place)}
            drained = only(await here.drain())
            assert await here.dead() == {number(place): "rejected"}
            assert there.order == [number(n) for n in range(1, 51) if n != place]
            assert (drained.depth, drained.exceptions, drained.state) == (0, 1, State.IDLE)
            assert drained.requests <= bound(50, 1, 1)

    run(work())


@pytest.mark.parametrize("bad", [(1, 2), (7, 8, 31), tuple(range(10, 20)), tuple(range(3, 100, 9))])
def test_several_bad_statements(tmp_path: Path, bad: tuple[int, ...]) -> None:
    """Exactly those, in a bounded number of requests."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 101)) as (here, there):
            there.refused = set(numbers(*bad))
            drained = only(await here.drain())
            assert set(await here.dead()) == there.refused
            assert there.order == [number(n) for n in range(1, 101) if n not in bad]
            assert drained.requests <= bound(50, len(bad), 2)

    run(work())


def test_exception_says_what_the_upstream_said(tmp_path: Path) -> None:
    """Status and words, and the statement itself."""

    async def work() -> None:
        async with pair(tmp_path, [1, 2]) as (here, there):
            there.refused = {number(2)}
            await here.drain()
            (found,) = await here.exceptions()
            assert (found.seq, found.code, found.raw) == (2, 400, raw(2))
            assert found.detail == "the upstream answered 400: one of these I do not like"

    run(work())


def test_systemic_refusal_suspends_and_blames_no_statement(tmp_path: Path) -> None:
    """A proxy that refuses everything refuses the canary too; mended, all arrives."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 11)) as (here, there):
            await here.drain()
            await here.record_numbers(range(11, 61))
            there.always = acts.status(400)
            drained = only(await here.drain())
            assert (drained.state, drained.depth, await here.dead()) == (State.SUSPENDED, 50, {})
            assert drained.requests <= 8
            there.always = acts.as_usual
            await here.drain()
            assert there.order == numbers(*range(1, 61))

    run(work())


@pytest.mark.parametrize(("status", "state"), [(400, State.SUSPENDED), (403, State.NEEDS_AUTH), (413, State.SUSPENDED)])
def test_destination_that_never_took_anything_is_to_blame(tmp_path: Path, status: int, state: State) -> None:
    """Without an acknowledged statement there is no canary, and nothing is held against the statements."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 51)) as (here, there):
            there.always = acts.status(status)
            drained = only(await here.drain())
            assert (drained.state, drained.depth, await here.dead()) == (state, 50, {})
            assert drained.requests <= 16
            there.always = acts.as_usual
            again = only(await here.drain())
            assert (there.order, again.requests) == (numbers(*range(1, 51)), 1)

    run(work())


def test_very_first_statement_being_bad_does_not_block_the_rest(tmp_path: Path) -> None:
    """Alone it leaves a doubt; the next that is taken resolves it."""

    async def work() -> None:
        async with pair(tmp_path, [1]) as (here, there):
            there.refused = {number(1)}
            alone = only(await here.drain())
            await here.record_numbers([2])
            await here.drain()
            assert (alone.state, there.order, await here.dead()) == (
                State.SUSPENDED,
                numbers(2),
                {number(1): "rejected"},
            )

    run(work())


def test_forbidden_statement_is_an_exception(tmp_path: Path) -> None:
    """A voiding without permission makes the whole request a 403 (xAPI Data 2.3.2); the rest is not held up."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 11)) as (here, there):
            there.forbidden = {number(6)}
            drained = only(await here.drain())
            assert (drained.state, await here.dead()) == (State.IDLE, {number(6): "forbidden"})
            assert there.order == numbers(1, 2, 3, 4, 5, 7, 8, 9, 10)

    run(work())


def test_repetition_that_is_called_a_conflict_is_delivered(tmp_path: Path) -> None:
    """The upstream's copy is equal, so it has it."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 9)) as (here, there):
            there.repetition_is_conflict = True
            there.script.append(acts.lost)
            await here.drain()
            drained = only(await here.drain())
            assert (drained.depth, await here.dead(), there.order) == (0, {}, numbers(*range(1, 9)))

    run(work())


def test_other_content_under_the_same_id_is_a_conflict(tmp_path: Path) -> None:
    """Both are kept, nothing gets another id, and the rest arrives."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            theirs = {**json.loads(raw(3)), "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}}
            there.held[number(3)] = theirs
            await here.drain()
            (found,) = await here.exceptions()
            assert (str(found.id), found.state, "verbs/passed" in found.detail) == (number(3), "conflict", True)
            assert (there.held[number(3)], set(there.order)) == (theirs, set(numbers(1, 2, 3, 4)))

    run(work())


def test_conflict_that_cannot_be_compared_is_an_exception(tmp_path: Path) -> None:
    """A credential that may only write is shown nothing; neither lost nor called delivered."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 5)) as (here, there):
            there.readable = False
            there.held[number(3)] = {}
            await here.drain()
            assert await here.dead() == {number(3): "conflict"}

    run(work())


@pytest.mark.slow
def test_too_large_is_halved_and_the_limit_remembered(tmp_path: Path) -> None:
    """What the upstream takes at most is learned once, and survives a restart."""

    async def work() -> None:
        async with Upstream() as there:
            there.most_bytes = 1500
            async with device(tmp_path) as here:
                await here.point_to(there.url)
                await here.record_numbers(range(1, 51))
                await here.drain()
            async with device(tmp_path) as here:
                await here.record_numbers(range(51, 101))
                there.requests.clear()
                await here.drain()
                assert there.order == numbers(*range(1, 101))
                assert (max(len(request.body) for request in there.posts) <= 1500, await here.dead()) == (True, {})

    run(work())


def test_single_statement_that_is_too_large_is_an_exception(tmp_path: Path) -> None:
    """And the ones around it are not."""

    async def work() -> None:
        async with pair(tmp_path) as (here, there):
            there.most_bytes = 2000
            big = raw(3, result={"response": "x" * 3000})
            await here.record(raw(1), raw(2), big, raw(4))
            await here.drain()
            assert (await here.dead(), there.order) == ({number(3): "too_large"}, numbers(1, 2, 4))

    run(work())


@pytest.mark.parametrize("after", [1, 3, 6, 9])
def test_trouble_in_the_middle_of_halving_keeps_what_is_known(tmp_path: Path, after: int) -> None:
    """The settled stays settled, the rest is kept, and no statement is blamed for the line."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 17)) as (here, there):
            there.refused = set(numbers(5, 11))
            there.script.extend([acts.as_usual] * after + [acts.hang_up])
            await here.drain()
            for _ in range(3):
                await here.drain()
            assert set(await here.dead()) == there.refused
            assert there.order == [number(n) for n in range(1, 17) if n not in (5, 11)]

    run(work())


def test_statement_whose_file_must_travel_with_it_is_kept_back(tmp_path: Path) -> None:
    """It never arrives without its part; one whose file has an address goes."""

    async def work() -> None:
        async with pair(tmp_path) as (here, there):
            await here.record(raw(1), raw(2, attachments=[FILE]), raw(3, attachments=[ADDRESS]))
            await here.drain()
            assert (await here.dead(), there.order) == ({number(2): "attachment_missing"}, numbers(1, 3))

    run(work())


# --- exceptions tried again -------------------------------------------------------------------------------------------


async def retry(here: Device, seq: int) -> None:
    """Somebody asks for it."""
    await here.store.write(lambda changed: outbox.retry(changed, DEFAULT_STORE, NAME, UUID(number(seq))))


def test_exception_tried_again_and_taken_is_one_no_longer(tmp_path: Path) -> None:
    """The cursor stays where it is."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 6)) as (here, there):
            there.refused = {number(2)}
            await here.drain()
            there.refused = set()
            await retry(here, 2)
            drained = only(await here.drain())
            assert (drained.delivered, await here.dead(), (await here.destination()).cursor) == (1, {}, 5)
            assert there.order == numbers(1, 3, 4, 5, 2)

    run(work())


def test_exception_tried_again_and_refused_stays_one(tmp_path: Path) -> None:
    """Once, not for ever."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there):
            there.refused = {number(2)}
            await here.drain()
            await retry(here, 2)
            drained = only(await here.drain())
            assert (drained.requests, await here.dead()) == (2, {number(2): "rejected"})

    run(work())


def test_exception_redacted_since_is_not_tried_again(tmp_path: Path) -> None:
    """Nothing is left to send; asked for before, it asks nothing of the upstream."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 4)) as (here, there):
            there.refused = {number(2)}
            await here.drain()
            await retry(here, 2)
            await here.store.write(lambda changed: changed.execute("UPDATE statement SET raw = NULL WHERE seq = 2"))
            assert only(await here.drain()).requests == 0

    run(work())


def test_cursor_and_exceptions_account_for_every_row(tmp_path: Path) -> None:
    """Below the cursor each row is at the upstream or listed here, after any mix of trouble."""

    async def work() -> None:
        async with pair(tmp_path, range(1, 61), sync_batch=7) as (here, there):
            there.refused, there.forbidden = set(numbers(4, 5, 33)), set(numbers(20))
            for act in (acts.lost, acts.portal, acts.status(503), acts.hang_up, acts.other_ids) * 3:
                there.script.extend([acts.as_usual, act])
                await here.drain()
                seen = await here.destination()
                rows = await here.store.read(lambda reader: log.follow(reader, DEFAULT_STORE, 0, 1000))
                below = {str(row.id) for row in rows if row.seq <= seen.cursor}
                assert below <= set(there.order) | set(await here.dead())
            await here.drain()
            assert set(there.order) == set(numbers(*range(1, 61))) - there.refused - there.forbidden

    run(work())
