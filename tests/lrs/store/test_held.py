"""Rows that wait for the end of their group: nobody can tell, whoever fails or looks in between."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.errors import Conflict, StoreFull
from lrs.store import log
from lrs.store.identity import DEFAULT_STORE
from lrs.store.log import Filter, Window
from lrs.store.promises import Reader, Transaction
from lrs.store.writer import is_aside
from tests.lrs.store.statements import VERB, about, number, prepared, value, voiding
from tests.support.stores import Kept, Work

BIG = 4_000_000


def storing(store: Kept, *wanted: dict[str, Any]) -> Work:
    """Work as a request does it: look what is known, append the rest. The entries are made before, as always."""
    entries = store.write(lambda transaction: prepared(transaction, wanted))

    def work(transaction: Transaction) -> list[int]:
        present = log.known(transaction, DEFAULT_STORE, entries)
        new = [entry for entry in entries if entry.id not in present]
        return [seq for seq, _ in log.append(transaction, DEFAULT_STORE, new)] if new else []

    return work


def then(first: Work, second: Work) -> Work:
    """Both, in one request."""

    def work(transaction: Transaction) -> Any:
        first(transaction)
        return second(transaction)

    return work


def fail(transaction: Transaction) -> None:
    """A request that fails without having touched the database."""
    raise KeyError("on purpose")


def count(transaction: Reader) -> int:
    """How many statements there are."""
    row = transaction.execute("SELECT count(*) FROM statement").fetchone()
    return int(row[0]) if row else 0


def note(name: str) -> Work:
    """Work that writes something else."""
    return lambda transaction: transaction.execute("INSERT INTO meta (key, value) VALUES (?, '')", (name,))


def visible(store: Kept, verb: str = VERB) -> list[int]:
    """What a search finds, as the last digits of the ids."""

    def look(reader: Reader) -> list[int]:
        found = log.find(reader, DEFAULT_STORE, [Filter("v", verb)], Window(), 100, ascending=True)
        ids: dict[int, bytes] = dict(reader.execute("SELECT seq, id FROM statement").fetchall())
        return [ids[placed.seq][-1] for placed in found]

    return store.read(look)


def test_repeat_in_one_group_is_known(store: Kept) -> None:
    """Two requests with one statement, of which the second comes before the first is written."""
    outcomes = store.in_one_group(storing(store, value(1)), storing(store, value(1), value(2)))
    assert (outcomes, visible(store)) == ([[1], [2]], [1, 2])


def test_other_content_in_one_group_is_a_conflict(store: Kept) -> None:
    """The first stands, the second is refused."""
    other = value(1, verb={"id": "http://example.com/other"})
    outcomes = store.in_one_group(storing(store, value(1)), storing(store, other), storing(store, value(2)))
    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds, visible(store)) == ([list, Conflict, list], [1, 2])


@pytest.mark.parametrize("last", [fail, then(count, fail), then(note("a"), fail)], ids=["at once", "looked", "wrote"])
@pytest.mark.parametrize("first", [count, note("b"), lambda _: None], ids=["looks", "writes", "adds"])
def test_failing_request_takes_its_own_rows_only(store: Kept, first: Work, last: Work) -> None:
    """Whether it had come to the database before or after adding, or not at all."""
    failing = then(then(first, storing(store, value(2))), last)
    outcomes = store.in_one_group(storing(store, value(1)), failing, storing(store, value(3)))
    assert (outcomes[0], type(outcomes[1]), outcomes[2], visible(store)) == ([1], KeyError, [2], [1, 3])


def test_id_of_a_failed_request_is_free_again(store: Kept) -> None:
    """What was taken back is known to nobody."""
    failing = then(storing(store, value(1)), fail)
    outcomes = store.in_one_group(failing, storing(store, value(1)))
    assert (outcomes[1], visible(store)) == ([1], [1])


def test_request_sees_what_was_added_before_it_looks(store: Kept) -> None:
    """Its own rows and those of the group."""
    outcomes = store.in_one_group(storing(store, value(1)), then(storing(store, value(2)), count), count)
    assert outcomes[1:] == [2, 2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_voided_in_the_same_group_is_hidden(store: Kept, order: tuple[int, int]) -> None:
    """A request that voids and the one with its target, whichever is first; the voiding one is found by its target."""
    works = (storing(store, value(1)), storing(store, voiding(2, 1)))
    store.in_one_group(*(works[place] for place in order), storing(store, value(3)))
    assert visible(store) == [2, 3]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_reference_in_the_same_group_inherits(store: Kept, order: tuple[int, int]) -> None:
    """A statement is found by what its target is found by, whichever is first."""
    referring = value(2, verb={"id": "http://example.com/refers"}, object=about(1))
    works = (storing(store, value(1)), storing(store, referring))
    store.in_one_group(*(works[place] for place in order))
    assert sorted(visible(store)) == [1, 2]


def test_rows_that_do_not_fit_are_the_guilty_ones_alone(store: Kept) -> None:
    """A disk that is full when somebody else has the rows written, or only at the commit."""

    def leave_room(transaction: Transaction) -> None:
        (now,) = transaction.execute("PRAGMA page_count").fetchone() or (0,)
        transaction.execute(f"PRAGMA max_page_count = {now + 100}")

    big = value(2, result={"response": "x" * BIG})
    works = [storing(store, one) for one in (value(1), big, value(3))]
    store.write(leave_room)
    outcomes = store.in_one_group(*works, note("a"))
    again = store.in_one_group(works[1], storing(store, value(4)))
    kinds = [type(outcome) for outcome in (*outcomes[:3], *again)]
    assert (kinds, visible(store)) == ([list, StoreFull, list, StoreFull, list], [1, 3, 4])


def test_single_statement_is_there_at_once(store: Kept) -> None:
    """What waits is written with the commit, before the answer."""
    store.write(storing(store, value(1)))
    assert store.read(lambda reader: log.one(reader, DEFAULT_STORE, number(1), voided=False)) is not None


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM credential WHERE store = ?", True),
        ("SELECT id FROM term WHERE store = ?", False),
        ("SELECT raw FROM statement WHERE id = ?", False),
        ("SELECT t.id FROM term t JOIN term_index i ON i.term = t.id", False),
        ("SELECT 1 FROM (SELECT * FROM statement)", False),
        ("DELETE FROM cursor", False),
        ("WITH s AS (SELECT 1) SELECT * FROM s", False),
    ],
)
def test_what_need_not_see_the_rows(sql: str, expected: bool) -> None:
    """Only a plain SELECT from tables whose rows never wait."""
    assert is_aside(sql) is expected
