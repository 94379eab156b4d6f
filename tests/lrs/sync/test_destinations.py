"""Rows of destinations on a real store: made, changed, paused, settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import Conflict, Invalid, NotFound
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import destinations, outbox
from lrs.sync.backoff import NONE, Backoff
from lrs.sync.destinations import Dead, Destination, Settlement, State
from tests.lrs.sync.worlds import NAME, Device, device, run

URL = "https://lrs.example.org/xapi"


async def settled(here: Device, seen: Destination, settlement: Settlement) -> Destination:
    """After the settlement."""
    return await here.store.write(lambda transaction: destinations.settle(transaction, seen, settlement))


async def halted(here: Device, seen: Destination, state: State, wait: Backoff = NONE) -> Destination:
    """After something stood in the way."""
    return await here.store.write(lambda transaction: destinations.halt(transaction, seen, state, "why", wait))


def test_new_one_starts_at_the_beginning_of_the_log(tmp_path: Path) -> None:
    """What was recorded before there was anywhere to send it is sent too."""

    async def work() -> tuple[int, State, int]:
        async with device(tmp_path) as here:
            await here.record_numbers(range(1, 4))
            made = await here.point_to(URL)
            return made.cursor, made.state, await here.store.read(lambda reader: destinations.depth(reader, made))

    assert run(work()) == (0, State.IDLE, 3)


def test_same_values_again_change_nothing(tmp_path: Path) -> None:
    """`serve --upstream …` at every start is one destination, and a pause stays."""

    async def work() -> tuple[Destination, Destination, int]:
        async with device(tmp_path) as here:
            await here.record_numbers(range(1, 4))
            await settled(here, await here.point_to(URL), Settlement(2, (1, 2)))
            await here.store.write(lambda transaction: destinations.pause(transaction, DEFAULT_STORE, NAME))
            before = await here.destination()
            await here.point_to(URL + "/")
            all_of_them = await here.store.read(lambda reader: destinations.listed(reader, DEFAULT_STORE))
            return before, await here.destination(), len(all_of_them)

    before, after, count = run(work())
    assert (after, count) == (before, 1)


def test_another_secret_keeps_the_cursor_and_is_tried_at_once(tmp_path: Path) -> None:
    """A changed password is no reason to begin again, and no reason to wait."""

    async def work() -> Destination:
        async with device(tmp_path) as here:
            made = await settled(here, await here.point_to(URL), Settlement(2, (1, 2)))
            await halted(here, made, State.NEEDS_AUTH, Backoff(3, 10**17, 10**16))
            return await here.point_to(URL, secret="another")

    changed = run(work())
    assert (changed.cursor, changed.secret, changed.state, changed.backoff) == (2, "another", State.IDLE, NONE)


def test_another_address_starts_over(tmp_path: Path) -> None:
    """What one record store has says nothing about another."""

    async def work() -> tuple[Destination, int]:
        async with device(tmp_path) as here:
            await here.record_numbers(range(1, 4))
            made = await settled(here, await here.point_to(URL), Settlement(2, (1,), (Dead(2, "rejected", 400, "no"),)))
            moved = await here.point_to("https://other.example.org/xapi")
            return moved, await here.store.read(lambda reader: outbox.count(reader, DEFAULT_STORE, made.id))

    moved, exceptions = run(work())
    assert (moved.cursor, moved.last_acknowledged_seq, exceptions) == (0, None, 0)


@pytest.mark.parametrize(
    "url",
    [
        "lrs.example.org/xapi",
        "ftp://lrs.example.org/xapi",
        "http:///xapi",
        "https://key:secret@lrs.example.org/xapi",
        "https://@lrs.example.org/xapi",
        "https://lrs.example.org/xapi?tenant=1",
        "https://lrs.example.org/xapi?",
        "https://lrs.example.org/xapi#top",
        "https://lrs.example.org:port/xapi",
        "https://lrs.example.org:99999/xapi",
        "https://[::1/xapi",
        "https://lrs.example.org/ xapi",
        "https://lrs.example.org/xapi\n",
        "https://schüle.example/xapi",
        "",
    ],
)
def test_address_that_is_none_has_a_fault(url: str) -> None:
    """Absolute http or https, and no credential inside, where it would be shown and logged."""
    assert destinations.faults_of_url(url) != []


@pytest.mark.parametrize(
    "url", [URL, "http://[::1]:8080/xapi", "http://192.168.1.7", "HTTPS://lrs.example.org:443/a/b"]
)
def test_address_that_is_one_has_none(url: str) -> None:
    """A name, a number, a port, a path or none."""
    assert destinations.faults_of_url(url) == []


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Whoever fills in the form learns everything in one go."""

    async def work() -> None:
        async with device(tmp_path) as here:
            await here.point_to("nowhere", name="", key="a:b")

    with pytest.raises(Invalid) as caught:
        run(work())
    assert [fault.path for fault in caught.value.faults] == ["url", "name", "key"]


def test_secret_is_not_shown(tmp_path: Path) -> None:
    """A destination in a log line or a trace keeps its secret."""

    async def work() -> str:
        async with device(tmp_path) as here:
            return repr(await here.point_to(URL, secret="do-not-tell"))

    assert "do-not-tell" not in run(work())


def test_removed_is_gone_with_its_exceptions(tmp_path: Path) -> None:
    """Another one, which may get its number, starts clean."""

    async def work() -> tuple[list[Any], Destination]:
        async with device(tmp_path) as here:
            await here.record_numbers([1])
            await settled(here, await here.point_to(URL), Settlement(1, (), (Dead(1, "rejected", 400, "no"),)))
            await here.store.write(lambda transaction: destinations.remove(transaction, DEFAULT_STORE, NAME))
            made = await here.point_to(URL)
            return await here.exceptions(), made

    exceptions, made = run(work())
    assert (exceptions, made.cursor) == ([], 0)


@pytest.mark.parametrize("act", [destinations.get, destinations.remove, destinations.pause, destinations.resume])
def test_unknown_name_is_not_found(tmp_path: Path, act: Any) -> None:
    """And the sentence says where the names are."""

    async def work() -> None:
        async with device(tmp_path) as here:
            await here.store.write(lambda transaction: act(transaction, DEFAULT_STORE, "nobody"))

    with pytest.raises(NotFound):
        run(work())


def test_settling_moves_cursor_and_exceptions_together(tmp_path: Path) -> None:
    """One transaction: what is below the cursor was delivered or is listed."""

    async def work() -> tuple[Destination, list[tuple[int, str, int, str]]]:
        async with device(tmp_path) as here:
            await here.record_numbers(range(1, 5))
            seen = await halted(here, await here.point_to(URL), State.WAITING, Backoff(2, 9, 8))
            after = await settled(here, seen, Settlement(4, (1, 3), (Dead(2, "rejected", 400, "no"),)))
            return after, [(one.seq, one.state, one.code, one.detail) for one in await here.exceptions()]

    after, exceptions = run(work())
    assert (after.cursor, after.last_acknowledged_seq, after.state, after.backoff) == (4, 3, State.IDLE, NONE)
    assert exceptions == [(2, "rejected", 400, "no")]


@pytest.mark.parametrize("change", [{"cursor": 7}, {"url": "https://old.example"}, {"id": 99}])
def test_answer_to_a_changed_destination_settles_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    """An acknowledgement belongs to the address and the place of the log that it was about."""

    async def work() -> int:
        async with device(tmp_path) as here:
            seen = replace(await here.point_to(URL), **change)
            with pytest.raises(Conflict):
                await settled(here, seen, Settlement(9, (9,)))
            return (await here.destination()).cursor

    assert run(work()) == 0


def test_pause_outlasts_what_happens_to_the_request_on_its_way(tmp_path: Path) -> None:
    """The delivered is noted, the trouble is not, and it stays paused."""

    async def work() -> tuple[State, int, State]:
        async with device(tmp_path) as here:
            seen = await here.point_to(URL)
            await here.store.write(lambda transaction: destinations.pause(transaction, DEFAULT_STORE, NAME))
            first = await settled(here, seen, Settlement(2, (1, 2)))
            second = await halted(here, first, State.OFFLINE)
            return first.state, first.cursor, second.state

    assert run(work()) == (State.PAUSED, 2, State.PAUSED)


def test_resume_ends_every_wait(tmp_path: Path) -> None:
    """Somebody says that it works now."""

    async def work() -> Destination:
        async with device(tmp_path) as here:
            await halted(here, await here.point_to(URL), State.SUSPENDED, Backoff(3, 10**17, 10**16))
            await here.store.write(lambda transaction: destinations.resume(transaction, DEFAULT_STORE, NAME))
            return await here.destination()

    resumed = run(work())
    assert (resumed.state, resumed.reason, resumed.backoff) == (State.IDLE, "", NONE)
