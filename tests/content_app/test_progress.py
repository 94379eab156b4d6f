"""What the lesson remembers, written down and read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_app.progress import Attempt, Given, Progress, document, parse

GIVEN = st.lists(st.builds(Given, st.text(max_size=9), st.booleans()), max_size=5).map(tuple)
SECONDS = st.integers(0, 10**7).map(lambda hundredths: hundredths / 100)
ATTEMPT = st.builds(Attempt, st.integers(0, 2**64), st.integers(5, 1000), GIVEN, SECONDS)
GOOD = {"seed": 1, "count": 2, "seconds": 1.5, "answers": [{"response": "7", "success": True}]}


@given(st.builds(Progress, st.booleans(), st.booleans(), st.none() | ATTEMPT))
def test_what_is_written_is_read_again(progress: Progress) -> None:
    """The same, through JSON."""
    assert progress == parse(json.loads(json.dumps(document(progress))))


@pytest.mark.parametrize("value", [None, [], "x", 7, {}, {"passed": 1, "completed": "true"}])
def test_what_says_nothing_is_a_fresh_start(value: Any) -> None:
    """Only `true` is true."""
    assert Progress() == parse(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": None},
        {"seed": "1"},
        {"seed": True},
        {"count": 0},
        {"count": 1001},
        {"count": 2.0},
        {"seconds": -1},
        {"seconds": "1"},
        {"seconds": float("inf")},
        {"seconds": float("nan")},
        {"answers": None},
        {"answers": [{}]},
        {"answers": ["7"]},
        {"answers": [{"response": 7, "success": True}]},
        {"answers": [{"response": "7", "success": 1}]},
        {"count": 1, "answers": [{"response": "7", "success": True}] * 2},
    ],
)
def test_an_attempt_that_cannot_be_read_is_none(changes: dict[str, Any]) -> None:
    """The verdicts beside it still count."""
    assert parse({"passed": True, "attempt": GOOD}).attempt == Attempt(1, 2, (Given("7", True),), 1.5)
    assert Progress(passed=True) == parse({"passed": True, "attempt": GOOD | changes})
