"""What every keeper of a store promises (`lrs.store.promises`), written without knowing which one it is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from lrs.errors import Unavailable
from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from tests.contracts.conftest import Place
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, Loop, holding

KEY = Key("activity_profile", "a", activity="http://example.com/a")


def put(content: bytes, key: Key = KEY) -> Any:
    """Work that keeps a document."""
    return lambda transaction: documents.put(transaction, DEFAULT_STORE, key, "text/plain", content)


def got(reader: Reader, key: Key = KEY) -> bytes | None:
    """The document's content."""
    found = documents.get(reader, DEFAULT_STORE, key)
    return None if found is None else found.content


def placing(count: int) -> Any:
    """Work that takes places of the log."""
    return lambda transaction: transaction.place(DEFAULT_STORE, count)


def failing(work: Any) -> Any:
    """The work, and then a failure."""

    def fail(transaction: Transaction) -> None:
        work(transaction)
        raise KeyError("on purpose")

    return fail


# --- 1. one request, one transaction ----------------------------------------------------------------------------------


def test_write_returns_what_the_work_returns(store: Kept) -> None:
    """The answer comes back from the writer."""
    assert store.write(lambda _: 42) == 42


def test_what_was_written_is_read(store: Kept) -> None:
    """A read that starts after a write has returned sees it."""
    store.write(put(b"one"))
    assert store.read(got) == b"one"


def test_work_that_raises_leaves_nothing(store: Kept) -> None:
    """Nothing of a failed request is kept."""
    with pytest.raises(KeyError):
        store.write(failing(put(b"one")))
    assert store.read(got) is None


def test_failing_work_takes_nobody_with_it(store: Kept) -> None:
    """Those who share a commit with a failing request are stored."""
    keys = [Key("activity_profile", str(number), activity="http://example.com/a") for number in range(3)]
    works = [put(b"0", keys[0]), failing(put(b"1", keys[1])), put(b"2", keys[2])]
    outcomes = store.in_one_group(*works)
    kept = store.read(lambda reader: [got(reader, key) for key in keys])
    assert (isinstance(outcomes[1], KeyError), kept) == (True, [b"0", None, b"2"])


def test_what_write_answered_survives_a_crash(place: Place) -> None:
    """Durable before the answer."""
    with place.opened() as store:
        store.write(put(b"one"))
        after = place.crashed()
    with after.opened() as store:
        assert store.read(got) == b"one"


def test_caller_who_stops_waiting_disturbs_nobody(store: Kept) -> None:
    """A cancelled request's neighbours are answered, and its own work may stand."""

    async def story() -> bytes | None:
        gate = threading.Event()
        first = asyncio.ensure_future(store.store.write(lambda _: gate.wait()))
        impatient = asyncio.ensure_future(store.store.write(put(b"one")))
        patient = asyncio.ensure_future(store.store.write(lambda _: 1))
        await asyncio.sleep(0)
        impatient.cancel()
        gate.set()
        await asyncio.gather(first, patient)
        return await store.store.read(got)

    assert store.loop.run(story()) == b"one"


def test_loops_in_several_threads_share_a_commit(store: Kept) -> None:
    """Each caller is woken on its own event loop, also where one group serves both."""
    gate, waiting = threading.Event(), threading.Event()
    results: list[int] = []

    async def second() -> int:
        writing = asyncio.ensure_future(store.store.write(lambda _: 2))
        await asyncio.sleep(0)
        waiting.set()
        return await writing

    def elsewhere() -> None:
        loop = Loop()
        results.append(loop.run(second(), seconds=5))
        loop.close()

    async def story() -> int:
        thread = threading.Thread(target=elsewhere)
        blocking = await holding(store.store, gate)
        first = asyncio.ensure_future(store.store.write(lambda _: 1))
        await asyncio.sleep(0)
        thread.start()
        await asyncio.to_thread(waiting.wait)
        await asyncio.sleep(0.01)  # until the other loop sleeps
        gate.set()
        await asyncio.gather(blocking, asyncio.to_thread(thread.join, 2))
        return await first

    assert (store.loop.run(story()), results) == (1, [2])


# --- 2. one order -----------------------------------------------------------------------------------------------------


def test_places_follow_each_other(store: Kept) -> None:
    """`seq` has no holes and begins with one."""
    first, second = store.write(placing(2)), store.write(placing(1))
    assert [seq for seq, _ in (*first, *second)] == [1, 2, 3]


def test_places_of_a_failed_request_are_given_again(store: Kept) -> None:
    """A failure leaves no hole in the log, in a shared commit either."""
    with pytest.raises(KeyError):
        store.write(failing(placing(3)))
    outcomes = store.in_one_group(failing(placing(2)), placing(1), failing(placing(2)), placing(1))
    assert [outcome[0][0] for outcome in outcomes if isinstance(outcome, list)] == [1, 2]


def test_stored_rises_while_the_clock_stands_still(store: Kept) -> None:
    """Each statement has a microsecond of its own."""
    stamps = [stamp for _, stamp in (*store.write(placing(3)), *store.write(placing(2)))]
    assert sorted(set(stamps)) == stamps


def test_stored_rises_when_the_clock_steps_back(store: Kept, clock: FixedClock) -> None:
    """A wrong clock changes how far apart they are, never their order."""
    before = store.write(placing(1))
    clock.advance(-3_600)
    assert store.write(placing(1))[0][1] == before[0][1] + 1


def test_stored_rises_across_a_restart_with_the_clock_set_back(place: Place, clock: FixedClock) -> None:
    """A tablet that forgets the time goes on where the log ended."""
    with place.opened() as store:
        before = store.write(placing(1))
    clock.advance(-86_400)
    with place.opened() as store:
        assert store.write(placing(1))[0][1] > before[0][1]


def test_order_goes_on_after_a_restart(place: Place) -> None:
    """The next place follows the last one."""
    with place.opened() as store:
        store.write(placing(4))
    with place.opened() as store:
        assert store.write(placing(1))[0][0] == 5


def test_revisions_rise(store: Kept) -> None:
    """Documents and collections have an order too."""
    revisions = [store.write(lambda transaction: transaction.next_revision(DEFAULT_STORE)) for _ in range(3)]
    assert revisions == [1, 2, 3]


# --- 3. consistent through --------------------------------------------------------------------------------------------


def test_quiet_store_is_complete_up_to_now(store: Kept, clock: FixedClock) -> None:
    """It is a recent time even if nothing was stored for long."""
    clock.advance(3_600)
    assert store.through() == clock.now_us()


def test_it_covers_what_was_just_written(store: Kept) -> None:
    """Whoever was answered finds the own statement below it."""
    stamp = store.write(placing(5))[-1][1]
    assert store.through() >= stamp


def test_it_stays_below_what_is_not_visible_yet(store: Kept, clock: FixedClock) -> None:
    """A request that hangs in the writer holds it back, however late it gets."""

    async def story() -> tuple[int, int]:
        stamped, gate = threading.Event(), threading.Event()

        def slow(transaction: Transaction) -> int:
            stamp = transaction.place(DEFAULT_STORE, 1)[0][1]
            stamped.set()
            gate.wait()
            return stamp

        writing = asyncio.ensure_future(store.store.write(slow))
        await asyncio.to_thread(stamped.wait)
        clock.advance(0.5)
        through = await store.store.consistent_through()
        gate.set()
        return through, await writing

    through, stamp = store.loop.run(story())
    assert through < stamp


def test_it_holds_after_a_crash_with_the_clock_set_back(place: Place, clock: FixedClock) -> None:
    """What a reader was told before a power cut is true after it, though only reading had moved it."""
    with place.opened() as store:
        clock.advance(100)
        told = store.through()
        after = place.crashed()
    clock.advance(-50)
    with after.opened() as store:
        assert store.write(placing(1))[0][1] > told


def test_it_holds_after_a_restart_with_the_clock_set_back(place: Place, clock: FixedClock) -> None:
    """The same after a stop in order, and whatever was asked while stopping."""
    with place.opened() as store:
        store.through()
        clock.advance(100)
        store.loop.run(store.store.close())
        told = store.through()
    clock.advance(-500)
    with place.opened() as store:
        assert store.write(placing(1))[0][1] > told


def test_it_is_not_ahead_of_the_clock_after_a_restart(place: Place, clock: FixedClock) -> None:
    """A stop in order leaves nothing of the lease behind."""
    with place.opened() as store:
        store.write(placing(1))
    with place.opened() as store:
        assert store.through() <= clock.now_us()


# --- 4. a read is one snapshot ----------------------------------------------------------------------------------------


def test_read_sees_one_moment(store: Kept) -> None:
    """What is written while a read goes on is not in it."""
    store.write(put(b"before"))

    async def story() -> tuple[bytes | None, bytes | None]:
        looked, gate = threading.Event(), threading.Event()

        def look_twice(reader: Reader) -> tuple[bytes | None, bytes | None]:
            first = got(reader)
            looked.set()
            gate.wait()
            return first, got(reader)

        reading = asyncio.ensure_future(store.store.read(look_twice))
        await asyncio.to_thread(looked.wait)
        await store.store.write(put(b"after"))
        gate.set()
        return await reading

    assert store.loop.run(story()) == (b"before", b"before")


def test_reading_again_sees_what_came_since(store: Kept) -> None:
    """A snapshot ends with its read, also where the read failed."""
    with pytest.raises(ZeroDivisionError):
        store.read(lambda reader: (got(reader), 1 // 0))
    store.write(put(b"after"))
    assert [store.read(got) for _ in range(4)] == [b"after"] * 4


def test_reader_cannot_write(store: Kept) -> None:
    """Only the writer changes the store."""
    with pytest.raises(Exception, match="readonly"):
        store.read(lambda reader: reader.execute("DELETE FROM meta"))


# --- watching, closing ------------------------------------------------------------------------------------------------


def watched(store: Kept, *works: Any) -> int:
    """How often a watcher was called for these, one after the other."""

    async def story() -> int:
        calls: list[int] = []
        stop = store.store.watch(lambda: calls.append(1))
        for work in works:
            await asyncio.gather(store.store.write(work), return_exceptions=True)
        await asyncio.sleep(0.01)
        stop()
        stop()
        await store.store.write(placing(1))
        await asyncio.sleep(0.01)
        return len(calls)

    return store.loop.run(story())


def test_watcher_is_called_after_appending_until_it_is_stopped(store: Kept) -> None:
    """Consumers of the log are woken for each commit that added to it; stopping twice is fine."""
    assert watched(store, placing(1), placing(1)) == 2


def note(transaction: Transaction) -> None:
    """Write what nobody follows."""
    transaction.execute("INSERT INTO meta (key, value) VALUES ('note', '')")


def test_watcher_is_called_for_documents_and_for_nothing_else(store: Kept) -> None:
    """Documents travel too; what else is written wakes nobody."""
    assert (watched(store, put(b"one")), watched(store, note)) == (1, 0)


def test_closing_finishes_what_was_accepted(place: Place) -> None:
    """Requests that wait when the end comes are stored and answered."""
    with place.opened() as store:

        async def story() -> list[int]:
            writing = [asyncio.ensure_future(store.store.write(placing(1))) for _ in range(5)]
            await asyncio.sleep(0)
            await store.store.close()
            return [places[0][0] for places in await asyncio.gather(*writing)]

        assert store.loop.run(story()) == [1, 2, 3, 4, 5]


def test_closed_store_refuses(place: Place) -> None:
    """Nobody waits for a writer that has gone; closing again does nothing."""
    with place.opened() as store:
        store.close()
        for refused in (store.store.write(lambda _: 1), store.store.read(lambda _: 1)):
            with pytest.raises(Unavailable, match="closing"):
                store.loop.run(refused)
