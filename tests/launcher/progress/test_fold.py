"""A cell is what has been said of an activity, in whatever order it came."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import vocabulary
from launcher.progress.fold import Cell, Fact, fact, fold, words
from tests.launcher.cmi5 import worlds

VERBS = (*sorted(vocabulary.AU_VERBS), *sorted(vocabulary.LMS_VERBS), vocabulary.PROGRESSED)
SCORES = st.none() | st.sampled_from([Decimal("0"), Decimal("0.5"), Decimal("0.6"), Decimal("1"), Decimal("-1")])
FACTS = st.builds(
    Fact,
    registration=st.just(worlds.REGISTRATION),
    activity=st.just(worlds.ACTIVITY_ID),
    learner=st.sampled_from(["account:https://school.example\np-1", "account:https://school.example\np-2"]),
    verb=st.sampled_from(VERBS),
    at_us=st.integers(0, 5),
    stored_us=st.integers(0, 5),
    score=SCORES,
)


def _folded(facts: Sequence[Fact]) -> Cell | None:
    return reduce(fold, facts, None)


@given(st.lists(FACTS, min_size=1, max_size=8).flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))))
def test_the_order_of_arrival_changes_nothing(orders: tuple[list[Fact], list[Fact]]) -> None:
    """Any order of the same facts gives the same cell: devices sync when they can."""
    assert _folded(orders[0]) == _folded(orders[1])


@given(st.lists(FACTS, min_size=1, max_size=8))
def test_a_cell_says_what_the_facts_say(facts: list[Fact]) -> None:
    """Earliest and latest times, launches and scores, compared with a plain reading of all facts together."""
    cell = _folded(facts)
    assert cell is not None
    scored = [one for one in facts if one.score is not None]
    passed = [one.at_us for one in facts if one.verb == vocabulary.PASSED]
    latest = max(((one.at_us, one.score) for one in scored), default=(None, None))
    assert (
        min(one.at_us for one in facts),
        max(one.at_us for one in facts),
        sum(one.verb == vocabulary.LAUNCHED for one in facts),
        min(passed, default=None),
        max((one.score for one in scored if one.score is not None), default=None),
        latest,
    ) == (
        cell.first_us,
        cell.last_us,
        cell.launches,
        cell.passed_us,
        cell.best_score,
        (cell.latest_score_us, cell.latest_score),
    )


# --- from a statement to a fact -------------------------------------------------------------------------------------


def _statement(verb: str, **changes: Any) -> dict[str, Any]:
    return {**worlds.defined(verb), **changes}


def test_a_statement_says_who_what_when_and_how_well() -> None:
    """Everything that the grid is made of, out of one statement."""
    expected = Fact(
        registration=worlds.REGISTRATION,
        activity=worlds.ACTIVITY_ID,
        learner="account:https://school.example\np-1",
        verb=vocabulary.PASSED,
        at_us=1_795_255_200_000_000,
        stored_us=7,
        score=Decimal("0.8"),
    )
    assert expected == fact(_statement(vocabulary.PASSED), 7)


@pytest.mark.parametrize("scaled", [1, 1.0])
def test_one_score_has_one_spelling(scaled: float) -> None:
    """JSON may write it in several ways; two devices keep the same text."""
    said = fact(_statement(vocabulary.PASSED, result={"score": {"scaled": scaled}}), 7)
    assert said is not None
    assert str(said.score) == "1"


@pytest.mark.parametrize(
    "statement",
    [
        worlds.allowed(vocabulary.COMPLETED),
        _statement(vocabulary.PASSED, context={"contextActivities": {"category": [{"id": vocabulary.CATEGORY_CMI5}]}}),
        _statement(vocabulary.PASSED, actor={"mbox": "mailto:amina@school.example"}),
        _statement(vocabulary.PASSED, actor={**worlds.ACTOR, "objectType": "Group"}),
        _statement(vocabulary.PASSED, object={"objectType": "StatementRef", "id": worlds.REGISTRATION}),
        _statement(vocabulary.PASSED, object={"objectType": "SubStatement"}),
    ],
)
def test_what_says_nothing_for_the_grid_is_left_out(statement: dict[str, Any]) -> None:
    """Not cmi5 defined, without a registration, of nobody with an account, or about no activity."""
    assert fact(statement, 7) is None


# --- in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        ((vocabulary.LAUNCHED,), "in progress"),
        ((vocabulary.INITIALIZED, vocabulary.TERMINATED, vocabulary.ABANDONED), "in progress"),
        ((vocabulary.FAILED,), "failed"),
        ((vocabulary.FAILED, vocabulary.PASSED), "passed"),
        ((vocabulary.FAILED, vocabulary.COMPLETED), "completed, not passed"),
        ((vocabulary.COMPLETED, vocabulary.PASSED), "passed and completed"),
        ((vocabulary.WAIVED,), "waived"),
        ((vocabulary.SATISFIED,), "satisfied"),
    ],
)
def test_the_most_telling_word_is_shown(verbs: tuple[str, ...], expected: str) -> None:
    """Passed, completed and satisfied are kept apart, and none of them is guessed."""
    facts = [Fact("r", "a", "l", verb, 1, 1, None) for verb in verbs]
    assert expected == words(_folded(facts))


def test_nothing_said_is_not_started() -> None:
    """An empty square says so."""
    assert words(None) == "not started"
