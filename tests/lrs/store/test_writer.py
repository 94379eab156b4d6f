"""The one writer: groups, what is lost with whom, and a disk that is full."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import StoreFull, Unavailable
from lrs.store import documents, writer
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from tests.lrs.store.statements import adding, value
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, kept

BIG = 4_000_000


def key(name: str) -> Key:
    """A document's key."""
    return Key("activity_profile", name, activity="http://example.com/a")


def put(name: str, size: int) -> Any:
    """Work that keeps a document of this size."""
    return lambda transaction: documents.put(transaction, DEFAULT_STORE, key(name), "text/plain", b"x" * size)


def names(reader: Reader) -> list[str]:
    """The documents that are there."""
    return documents.names(reader, DEFAULT_STORE, key(""), None, any_registration=True)


def leave_room(store: Kept, pages: int) -> None:
    """Let the database grow by so many pages and no more."""

    def work(transaction: Transaction) -> None:
        (now,) = transaction.execute("PRAGMA page_count").fetchone() or (0,)
        transaction.execute(f"PRAGMA max_page_count = {now + pages}")

    store.write(work)


def test_requests_that_wait_share_a_commit(store: Kept, clock: FixedClock) -> None:
    """All of a group go by one time, taken when it opened."""

    def slow(transaction: Transaction) -> int:
        clock.advance(1)
        return transaction.now_us

    times = store.in_one_group(slow, slow, slow)
    assert len(set(times)) == 1


def test_full_disk_is_the_guilty_ones_alone(store: Kept) -> None:
    """Of a group that does not fit, those who do are stored, and the one who does not gets 507's error."""
    leave_room(store, 100)
    outcomes = store.in_one_group(put("a", 100), put("b", BIG), put("c", 100))
    assert (isinstance(outcomes[1], StoreFull), store.read(names)) == (True, ["a", "c"])


def test_full_disk_says_what_to_do(store: Kept) -> None:
    """The sentence names the trouble and the way out."""
    leave_room(store, 10)
    with pytest.raises(StoreFull, match=r"disk is full.*free space"):
        store.write(put("b", BIG))


def test_store_goes_on_when_there_is_room_again(store: Kept) -> None:
    """A full disk is no end."""
    leave_room(store, 10)
    with pytest.raises(StoreFull):
        store.write(put("b", BIG))
    leave_room(store, 10_000)
    store.write(put("b", BIG))
    assert store.read(names) == ["b"]


@pytest.mark.slow
def test_full_disk_leaves_no_hole_in_the_log(store: Kept) -> None:
    """Places and terms of what did not fit are as if they had never been."""
    store.write(adding(value(1)))
    leave_room(store, 60)
    huge = value(2, object={"id": "http://example.com/" + "x" * 2_000_000})
    outcomes = store.in_one_group(adding(huge), adding(value(3)))
    found = store.read(
        lambda reader: reader.execute(
            "SELECT s.seq, t.value FROM statement s JOIN term_index i ON i.seq = s.seq "
            "JOIN term t ON 2 * t.id = i.term WHERE t.kind = 'a' ORDER BY s.seq"
        ).fetchall()
    )
    activity = "http://example.com/activities/a"
    assert (isinstance(outcomes[0], StoreFull), found) == (True, [(1, activity), (2, activity)])


def test_reading_goes_on_when_the_disk_is_full(store: Kept, clock: FixedClock) -> None:
    """How far the log is complete is told from what is known, though nothing can be written."""
    told = store.through()
    leave_room(store, 0)
    with pytest.raises(StoreFull):
        store.write(put("b", BIG))
    clock.advance(60)
    assert store.through() >= told


def test_fault_through_the_session_is_told_the_same_way(store: Kept) -> None:
    """What the database says through SQLAlchemy is understood too."""
    leave_room(store, 10)

    def work(transaction: Transaction) -> None:
        from lrs.store.tables import Meta

        with transaction.session() as session:
            session.add(Meta(key="big", value="x" * BIG))
            session.commit()

    with pytest.raises(StoreFull):
        store.write(work)


def test_session_works_inside_the_request(store: Kept) -> None:
    """What a SQLModel session did, commits included, is undone with the request that fails."""

    def work(transaction: Transaction) -> None:
        from lrs.store.tables import Meta

        with transaction.session() as session:
            session.add(Meta(key="greeting", value="hello"))
            session.commit()
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        store.write(work)
    found = store.read(lambda reader: reader.execute("SELECT 1 FROM meta WHERE key = 'greeting'").fetchone())
    assert found is None


def test_session_keeps_what_the_request_keeps(store: Kept) -> None:
    """Management writes through SQLModel and reads through it."""
    from sqlmodel import select

    from lrs.store.tables import Meta

    def work(transaction: Transaction) -> None:
        with transaction.session() as session:
            session.add(Meta(key="greeting", value="hello"))
            session.commit()

    def look(reader: Reader) -> str:
        with reader.session() as session:
            return session.exec(select(Meta.value).where(Meta.key == "greeting")).one()

    store.write(work)
    assert store.read(look) == "hello"


def test_fault_of_ours_stays_what_it_is(store: Kept) -> None:
    """A wrong statement of SQL is nobody's full disk."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.write(lambda transaction: transaction.execute("SELECT * FROM nowhere"))


def test_stop_iteration_does_not_stop_the_writer(store: Kept) -> None:
    """A future takes any error but this one; its neighbours must not wait for ever."""
    outcomes = store.in_one_group(lambda _: next(iter(())), lambda _: 1)
    assert (isinstance(outcomes[0], RuntimeError), outcomes[1]) == (True, 1)


def test_too_long_a_queue_is_refused(store: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overload is answered with "come back", not with collapse."""
    monkeypatch.setattr(writer, "WAITING", 2)
    outcomes = store.in_one_group(*([lambda _: 1] * 5))
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) >= 2


def test_work_that_ends_the_transaction_harms_nobody(store: Kept) -> None:
    """Even a request that rolls the whole group back loses only itself."""
    outcomes = store.in_one_group(put("a", 1), lambda transaction: transaction.execute("ROLLBACK"), put("c", 1))
    assert (isinstance(outcomes[1], Exception), store.read(names)) == (True, ["a", "c"])


def test_commit_that_fails_is_the_guilty_ones_alone(store: Kept) -> None:
    """What the database refuses only at the end, it refuses for the one who caused it."""

    def refused_at_the_end(transaction: Transaction) -> None:
        reference = "INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED"
        transaction.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        transaction.execute(f"CREATE TABLE child (parent {reference})")
        transaction.execute("INSERT INTO child VALUES (1)")

    outcomes = store.in_one_group(put("a", 1), refused_at_the_end, put("c", 1))
    assert (isinstance(outcomes[1], sqlite3.IntegrityError), store.read(names)) == (True, ["a", "c"])


def test_counts_of_terms_are_kept_by_a_stop(tmp_path: Path, clock: FixedClock) -> None:
    """A program that leaves when idle still learns which filters are rare."""
    with kept(tmp_path / "data", clock) as store:
        for n in range(1, 6):
            store.write(adding(value(n)))
    with kept(tmp_path / "data", clock) as store:
        uses = store.read(lambda reader: reader.execute("SELECT uses FROM term WHERE kind = 'v'").fetchall())
        assert uses == [(5,)]


def test_secrets_are_not_among_what_a_refusal_says(store: Kept) -> None:
    """A translated error keeps its cause for the log and says none of it."""
    leave_room(store, 10)
    with pytest.raises(StoreFull) as caught:
        store.write(put("b", BIG))
    assert (isinstance(caught.value.__cause__, sqlite3.Error), "INSERT" in str(caught.value)) == (True, False)
