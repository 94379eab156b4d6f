"""`X-Experience-API-Consistent-Through`: on every answer, true, and not of a time to come."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from lrs.clock import SystemClock
from lrs.store.identity import DEFAULT_STORE
from lrs.xapi import timestamps
from tests.lrs.http.worlds import JSON, Answer, Client, World, opened, statement
from tests.support.clocks import FixedClock

HEADER = "x-experience-api-consistent-through"
WRITERS, SECONDS = 8, 1.2


def through(answer: Answer) -> int:
    """The header's moment."""
    return timestamps.parse(answer.headers[HEADER])


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/xapi/statements", {}),
        ("HEAD", "/xapi/statements", {}),
        ("GET", "/xapi/statements?limit=x", {}),
        ("GET", "/xapi/statements?statementId=00000000-0000-4000-8000-000000000009", {}),
        ("GET", "/xapi/statements/more/x", {}),
        ("POST", "/xapi/statements", JSON),
        ("PUT", "/xapi/statements", JSON),
        ("DELETE", "/xapi/statements", {}),
        ("GET", "/xapi/statements", {"authorization": ""}),
        ("GET", "/xapi/statements", {"x-experience-api-version": ""}),
    ],
)
def test_every_answer_has_it(client: Client, method: str, path: str, headers: dict[str, str]) -> None:
    """Refusals too (xAPI Communication 2.1.3)."""
    assert HEADER in client(method, path, headers=headers).headers


def test_other_resources_do_not_have_it(client: Client) -> None:
    """It speaks of statements."""
    assert HEADER not in client("GET", "/xapi/about").headers


def test_it_is_recent_though_nothing_was_stored(client: Client, clock: FixedClock) -> None:
    """The standard expects a recent time, whatever the last statement's is."""
    clock.advance(86_400)
    assert through(client.get()) == clock.now_us()


def test_it_is_not_of_a_time_to_come(client: Client, clock: FixedClock) -> None:
    """Neither before a statement nor after."""
    before = through(client.get())
    told = clock.now_us()
    clock.advance(1)
    client.post(statement(1))
    clock.advance(1)
    assert (before <= told, through(client.get()) <= clock.now_us()) == (True, True)


def test_answer_to_a_post_covers_what_it_stored(client: Client) -> None:
    """Whoever stores can ask up to the answer's time and finds it."""
    answer = client.post(statement(1), statement(2))
    assert len(client.get(until=answer.headers[HEADER]).ids) == 2


def test_it_stays_behind_a_statement_on_its_way(world: World, clock: FixedClock) -> None:
    """While the writer hangs, refusals and pages tell a time before what it will store."""

    async def story() -> tuple[list[int], int]:
        stamped, gate = threading.Event(), threading.Event()

        def slow(transaction: object) -> int:
            stamp = transaction.place(DEFAULT_STORE, 1)[0][1]  # type: ignore[attr-defined]  # a transaction
            stamped.set()
            gate.wait()
            return int(stamp)

        writing = asyncio.ensure_future(world.lrs.store.write(slow))
        await asyncio.to_thread(stamped.wait)
        clock.advance(0.5)
        answers = [await world.client.ask("GET", path) for path in ("/xapi/statements", "/xapi/statements?x=1")]
        gate.set()
        return [through(answer) for answer in answers], await writing

    told, stamp = world.loop.run(story())
    assert max(told) < stamp


async def write_until(client: Client, end: float, mine: list[str]) -> None:
    """A writer that stops for nothing; what was answered is noted."""
    size = 1
    while time.monotonic() < end:
        body = json.dumps([statement() for _ in range(size)]).encode()
        answer = await client.ask("POST", "/xapi/statements", body, JSON)
        mine += answer.json()
        size = size % 4 + 1


async def read_by_header(client: Client, end: float, seen: list[str]) -> None:
    """An incremental reader: what came since the last header, up to this one."""
    since = "1970-01-01T00:00:00Z"
    done = False
    while not done:
        done = time.monotonic() > end
        answer = await client.ask("GET", "/xapi/statements", params={"since": since, "ascending": "true"})
        header = answer.headers[HEADER]
        while True:
            page = answer.json()
            seen += [one["id"] for one in page["statements"] if one["stored"] <= header]
            if not page["more"]:
                break
            answer = await client.ask("GET", page["more"])
        since = header


async def read_by_stored(client: Client, end: float, seen: list[str]) -> None:
    """Another: what came since the last statement seen, and never a `more`."""
    since = "1970-01-01T00:00:00Z"
    done = False
    while not done:
        done = time.monotonic() > end
        answer = await client.ask("GET", "/xapi/statements", params={"since": since, "ascending": "true"})
        found = answer.json()["statements"]
        seen += [one["id"] for one in found]
        since = found[-1]["stored"] if found else since
        done = done and not found


@pytest.mark.slow
@pytest.mark.parametrize("reader", [read_by_header, read_by_stored])
def test_incremental_reader_misses_nothing(tmp_path: Path, reader: object) -> None:
    """Under many concurrent writers each statement is seen once, by either way of going on."""
    with opened(tmp_path / "data", SystemClock()) as world:
        written: list[str] = []
        seen: list[str] = []

        async def story() -> None:
            end = time.monotonic() + SECONDS
            writers = [write_until(world.client, end, written) for _ in range(WRITERS)]
            await asyncio.gather(*writers, reader(world.client, end + 0.2, seen))  # type: ignore[operator]  # one of ours

        world.loop.run(story())
    assert (len(seen), set(seen) == set(written), len(written) > 100) == (len(written), True, True)
