"""Keeping documents: by kind, activity, agent and registration."""

from __future__ import annotations

from msgspec.structs import replace

from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Transaction
from tests.support.clocks import FixedClock
from tests.support.stores import Kept

KEY = Key("state", "a", "http://example.com/a", "mbox:mailto:a@example.com", "r1")


def put(store: Kept, *keys: Key) -> None:
    """Keep a document under each."""

    def work(transaction: Transaction) -> None:
        for key in keys:
            documents.put(transaction, DEFAULT_STORE, key, "text/plain", b"x")

    store.write(work)


def names(store: Kept, key: Key, since_us: int | None = None, *, any_registration: bool = True) -> list[str]:
    """The ids that are there."""
    return store.read(
        lambda reader: documents.names(reader, DEFAULT_STORE, key, since_us, any_registration=any_registration)
    )


def test_every_part_of_the_key_counts(store: Kept) -> None:
    """A document of another kind, activity, agent, registration or name is another document."""
    others = [
        replace(KEY, kind="agent_profile"),
        replace(KEY, activity="http://example.com/b"),
        replace(KEY, agent="mbox:mailto:b@example.com"),
        replace(KEY, registration=""),
        replace(KEY, name="b"),
    ]
    put(store, *others)
    assert store.read(lambda reader: documents.get(reader, DEFAULT_STORE, KEY)) is None


def test_without_a_registration_all_are_meant(store: Kept) -> None:
    """xAPI Communication 2.3: each id once, whatever registration it belongs to."""
    put(store, KEY, replace(KEY, registration="r2"), replace(KEY, name="b", registration=""))
    assert (names(store, KEY), names(store, KEY, any_registration=False)) == (["a", "b"], ["a"])


def test_since_is_exclusive(store: Kept, clock: FixedClock) -> None:
    """Those changed after that time, not at it."""
    put(store, KEY)
    first_us = clock.now_us()
    clock.advance(1)
    put(store, replace(KEY, name="b"))
    assert names(store, KEY, first_us) == ["b"]


def test_deleting_many_spares_other_registrations(store: Kept) -> None:
    """A registration in the request keeps the others' documents."""
    put(store, KEY, replace(KEY, name="b"), replace(KEY, name="c", registration="r2"))
    store.write(lambda transaction: documents.delete_all(transaction, DEFAULT_STORE, KEY, any_registration=False))
    assert names(store, KEY) == ["c"]


def test_revision_rises_with_every_change(store: Kept) -> None:
    """Replacing is a change, deleting is one."""
    put(store, KEY, KEY)
    store.write(lambda transaction: documents.delete(transaction, DEFAULT_STORE, KEY))
    put(store, KEY)
    document = store.read(lambda reader: documents.get(reader, DEFAULT_STORE, KEY))
    assert document is not None
    assert document.revision == 4
