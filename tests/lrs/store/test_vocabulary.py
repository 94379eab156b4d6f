"""The dictionary of terms: the same number for the same term, whatever is rolled back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.store import vocabulary
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, Work, kept


def terms(*values: str) -> Work:
    """Work that asks for numbers."""
    return lambda transaction: [transaction.term(DEFAULT_STORE, "a", value) for value in values]


def failing(*values: str) -> Work:
    """The same, and then a failure."""

    def work(transaction: Transaction) -> None:
        for value in values:
            transaction.term(DEFAULT_STORE, "a", value)
        raise KeyError("on purpose")

    return work


def in_database(reader: Reader) -> dict[str, int]:
    """The dictionary as it is kept."""
    return {value: number for number, value in reader.execute("SELECT id, value FROM term")}


def test_new_terms_of_a_failed_request_are_forgotten(store: Kept) -> None:
    """Their numbers may go to other terms."""
    outcomes = store.in_one_group(failing("a", "b"), terms("c"), terms("a"))
    found = store.read(in_database)
    assert (outcomes[1], outcomes[2], sorted(found)) == ([found["c"]], [found["a"]], ["a", "c"])


@pytest.mark.slow
@settings(max_examples=20)  # each opens a store
@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3)), max_size=8))
def test_numbers_are_what_the_database_says(groups: list[tuple[bool, list[str]]]) -> None:
    """Law: after any mixture of requests that stand and that fail, every number given is the one that is kept."""
    with tempfile.TemporaryDirectory() as folder, kept(Path(folder) / "data", FixedClock()) as store:
        works = [terms(*values) if stands else failing(*values) for stands, values in groups]
        outcomes = store.in_one_group(*works)
        found = store.read(in_database)
        for (stands, values), outcome in zip(groups, outcomes, strict=True):
            assert not stands or outcome == [found[value] for value in values]


def test_counts_are_written_again_after_the_clock_stepped_back(store: Kept) -> None:
    """Nobody waits for a time that comes in years."""
    words = vocabulary.Vocabulary()

    def work(transaction: Transaction) -> list[int]:
        uses = []
        for now_us in (10**15, 10**9):
            words.numbers(transaction, DEFAULT_STORE, [("a", "x")], 1)
            words.write_uses(transaction, now_us)
            uses.append((transaction.execute("SELECT uses FROM term WHERE value = 'x'").fetchone() or (0,))[0])
        return uses

    assert store.write(work) == [1, 2]


def test_full_memory_forgets_the_oldest_and_finds_it_again(store: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit in memory is looked up."""
    monkeypatch.setattr(vocabulary, "REMEMBERED", 2)
    first = store.write(terms("a", "b", "c"))
    assert store.write(terms("a", "d", "b")) == [first[0], first[2] + 1, first[1]]


def test_stores_have_dictionaries_of_their_own(store: Kept) -> None:
    """The same text in another store is another term."""
    numbers = store.write(lambda transaction: [transaction.term(one, "a", "x") for one in (1, 2)])
    assert len(set(numbers)) == 2
