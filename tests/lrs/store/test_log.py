"""Adding to the log: what is there already, what refers to what, what is left of a redacted row."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.errors import Conflict
from lrs.store import log
from lrs.store.identity import DEFAULT_STORE
from lrs.store.log import Filter, Placed, Window
from lrs.store.promises import Reader, Transaction
from tests.lrs.store.statements import VERB, about, adding, number, prepared, value, voiding
from tests.support.clocks import FixedClock
from tests.support.stores import Kept


def known(store: Kept, *wanted: dict[str, Any]) -> set[int]:
    """Which of these the log has."""
    found = store.write(lambda transaction: log.known(transaction, DEFAULT_STORE, prepared(transaction, wanted)))
    return {one.int & 0xFFFF for one in found}


def seen(store: Kept, **window: Any) -> list[int]:
    """The `seq` of everything visible, in order."""
    found = store.read(
        lambda reader: log.find(reader, DEFAULT_STORE, [Filter("v", VERB)], Window(**window), 100, ascending=True)
    )
    return [placed.seq for placed in found]


def single(store: Kept, n: int, *, voided: bool = False) -> Placed | None:
    """One statement by id."""
    return store.read(lambda reader: log.one(reader, DEFAULT_STORE, number(n), voided=voided))


def redact(store: Kept, seq: int) -> None:
    """As an administrator's tool will: the row stays, its text and terms go."""

    def work(transaction: Transaction) -> None:
        transaction.execute("UPDATE statement SET raw = NULL, redacted_us = 1 WHERE seq = ?", (seq,))
        transaction.execute("DELETE FROM term_index WHERE seq = ?", (seq,))

    store.write(work)


def test_known_are_those_with_equal_content(store: Kept) -> None:
    """A repeat is recognised, what is new is not."""
    store.write(adding(value(1), value(2)))
    assert known(store, value(2), value(3)) == {2}


def test_other_content_under_a_known_id_is_a_conflict(store: Kept) -> None:
    """History is not rewritten, and the refusal says which statement and what to do."""
    store.write(adding(value(1)))
    with pytest.raises(Conflict, match=rf"{number(1)}.*different content.*id of its own"):
        known(store, value(1, verb={"id": "http://example.com/other"}))


def test_repeat_without_timestamp_is_recognised_later(store: Kept, clock: FixedClock) -> None:
    """What we added on receipt is no part of what was sent, so time may pass between the two."""
    bare = value(1)
    del bare["timestamp"], bare["version"]
    store.write(adding(bare))
    clock.advance(3_600)
    assert known(store, bare) == {1}


def test_chunks_of_a_large_batch_are_all_looked_up(store: Kept) -> None:
    """More ids than one statement of SQL names."""
    many = [value(n) for n in range(1, 1_201)]
    store.write(adding(*many))
    assert known(store, *many) == set(range(1, 1_201))


@pytest.mark.parametrize("order", [(value(1), voiding(2, 1)), (voiding(2, 1), value(1))], ids=["after", "before"])
def test_voided_statement_is_hidden_in_either_order_of_arrival(store: Kept, order: tuple[Any, Any]) -> None:
    """Sync brings statements as it can."""
    for one in order:
        store.write(adding(one))
    assert (seen(store), single(store, 1), single(store, 1, voided=True) is not None) == (
        [max(place for place, one in enumerate(order, 1) if one["id"] == str(number(2)))],
        None,
        True,
    )


@pytest.mark.parametrize("batch", [(value(1), voiding(2, 1)), (voiding(2, 1), value(1))], ids=["after", "before"])
def test_voided_statement_is_hidden_in_the_same_batch(store: Kept, batch: tuple[Any, Any]) -> None:
    """Both in one request, in either order."""
    store.write(adding(*batch))
    assert single(store, 1) is None


def test_voiding_statement_cannot_be_voided(store: Kept) -> None:
    """xAPI Data 2.3.2, in both orders of arrival."""
    store.write(adding(value(1)))
    store.write(adding(voiding(2, 1)))
    store.write(adding(voiding(3, 2)))
    store.write(adding(voiding(5, 4)))
    store.write(adding(voiding(4, 1)))
    assert [single(store, n) is not None for n in (1, 2, 3, 4, 5)] == [False, True, True, True, True]


def test_statement_that_refers_to_itself_is_found_once(store: Kept) -> None:
    """A circle ends."""
    store.write(adding(value(1, object=about(1))))
    store.write(adding(value(2, object=about(3)), value(3, object=about(2))))
    assert seen(store) == [1, 2, 3]


@pytest.mark.parametrize("backwards", [False, True], ids=["in one batch", "one by one from the far end"])
def test_chain_of_references_is_followed_so_far_and_no_further(store: Kept, backwards: bool) -> None:
    """Statements that refer to one another in turn are found along the chain, and cannot hold the writer."""
    length = 3 * log.CHAIN if backwards else 1_000
    root = value(1, verb={"id": "http://example.com/root"})
    chain = [root, *(value(n, object=about(n - 1)) for n in range(2, length + 1))]
    if backwards:
        for one in reversed(chain):
            store.write(adding(one))
    else:
        store.write(adding(*chain))
    found = store.read(
        lambda reader: log.find(
            reader, DEFAULT_STORE, [Filter("v", "http://example.com/root")], Window(), 2_000, ascending=True
        )
    )
    assert len(found) == log.CHAIN + 1


def test_context_statement_does_not_inherit(store: Kept) -> None:
    """A StatementRef in the context is no target (note to xAPI Communication 2.1.3)."""
    store.write(adding(value(1, verb={"id": "http://example.com/other"})))
    store.write(adding(value(2, context={"statement": about(1)})))
    assert seen(store) == [2]


def test_exact_text_comes_back_with_what_the_lrs_adds(store: Kept) -> None:
    """The record is the text; `stored` and `authority` are spliced in behind it."""
    store.write(adding(value(1)))
    placed = single(store, 1)
    assert placed is not None
    assert placed.exact() == (
        placed.raw[:-1] + b',"stored":"2026-09-21T14:13:20.000000Z","authority":' + placed.authority + b"}"
    )


def test_redacted_row_is_not_returned(store: Kept) -> None:
    """Not in pages, not by id, and not as a voided one."""
    store.write(adding(value(1), value(2), value(3)))
    redact(store, 2)
    assert (seen(store), single(store, 2), single(store, 2, voided=True)) == ([1, 3], None, None)


def test_redacted_row_keeps_times_and_places_true(store: Kept) -> None:
    """`since` the stamp of a redacted row begins behind it; a cursor passes it."""
    places = store.write(adding(value(1), value(2), value(3)))
    redact(store, 2)
    rows = store.read(lambda reader: log.follow(reader, DEFAULT_STORE, 1, 10))
    assert (seen(store, since_us=places[1][1]), [(row.seq, row.raw is None) for row in rows]) == (
        [3],
        [(2, True), (3, False)],
    )


def test_consumers_read_every_text_as_it_was_stored(store: Kept) -> None:
    """Short and long, escaped and not, in order; bytes, times and ids as a search gives them."""
    kinds = ["a", "ñ€😀 \\u001e\\u001f", "\u2028", "z" * 70_000, "ß" * 40_000]
    numbers = range(1, len(kinds) + 1)
    texts = [value(number, result={"response": kind}) for number, kind in zip(numbers, kinds, strict=True)]
    places = store.write(adding(*texts))
    rows = store.read(lambda reader: log.follow(reader, DEFAULT_STORE, 0, 10))
    found = store.read(lambda reader: reader.execute("SELECT seq, id, raw FROM statement ORDER BY seq").fetchall())
    assert [(row.seq, row.id.bytes, row.raw) for row in rows] == found
    assert [(row.seq, row.stored_us, row.voided) for row in rows] == [(*place, False) for place in places]


def test_redacted_id_is_known_whatever_is_sent(store: Kept) -> None:
    """Nothing is left to compare with, and the id stays taken: a re-send neither fails nor comes back."""
    store.write(adding(value(1)))
    redact(store, 1)
    assert known(store, value(1, verb={"id": "http://example.com/other"})) == {1}


def test_redacted_target_gives_its_referrers_nothing(store: Kept) -> None:
    """Who refers to it is stored and found by its own terms."""
    store.write(adding(value(1)))
    redact(store, 1)
    store.write(adding(value(2, object=about(1)), voiding(3, 1)))
    assert seen(store) == [2]


def test_stores_do_not_see_each_other(store: Kept) -> None:
    """The same id can be in two stores, and neither finds the other's."""

    def second_store(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO store (id, name) VALUES (2, 'second')")
        transaction.execute("INSERT INTO head (store, seq, stored_us, revision, epoch) VALUES (2, 0, 0, 0, '')")

    store.write(second_store)
    store.write(adding(value(1)))
    store.write(adding(value(1), value(2), store=2))

    def look(reader: Reader, number: int) -> list[int]:
        return [placed.seq for placed in log.find(reader, number, [], Window(), 10, ascending=True)]

    assert (store.read(lambda reader: look(reader, 1)), store.read(lambda reader: look(reader, 2))) == ([1], [1, 2])


def test_search_uses_the_index_and_sorts_nothing(store: Kept) -> None:
    """The rows come ordered out of the index, narrow and wide half merged, whatever the size of the log."""
    store.write(adding(value(1)))

    def plan(reader: Reader) -> str:
        arms = " UNION ".join(log._arm(number, [(4,)]) for number in (2, 3))
        sql = f"EXPLAIN QUERY PLAN {arms} ORDER BY seq DESC LIMIT 10"
        rows = reader.execute(sql, {"store": 1, "low": 0, "high": 9, "credential": None})
        return "\n".join(str(row[3]) for row in rows)

    text = store.read(plan)
    assert ("SCAN" in text, "TEMP B-TREE" in text, "MERGE (UNION)" in text) == (False, False, True)
