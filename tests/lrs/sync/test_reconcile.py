"""Which side of a document gives way, and that nothing is decided by a clock that descent decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sync.reconcile import MARGIN_US, Side, Verdict, is_later, judge

BASE, OURS, THEIRS = '"base"', '"ours"', '"theirs"'
SECOND = 1_000_000

ages = st.none() | st.integers(0, 10**15)
digests = st.sampled_from([None, BASE, OURS, THEIRS])


@pytest.mark.parametrize(
    ("ours", "theirs", "changed", "busy", "verdict"),
    [
        pytest.param(BASE, BASE, False, False, Verdict.SAME, id="nothing happened"),
        pytest.param(THEIRS, THEIRS, True, False, Verdict.SAME, id="both did the same"),
        pytest.param(None, None, True, False, Verdict.SAME, id="both deleted it"),
        pytest.param(OURS, BASE, True, False, Verdict.SEND, id="changed here"),
        pytest.param(OURS, BASE, True, True, Verdict.SEND, id="changed here by a lesson that runs"),
        pytest.param(None, BASE, True, False, Verdict.SEND, id="deleted here"),
        pytest.param(BASE, THEIRS, False, False, Verdict.TAKE, id="changed there"),
        pytest.param(BASE, None, False, False, Verdict.TAKE, id="deleted there"),
        pytest.param(BASE, THEIRS, False, True, Verdict.WAIT, id="changed there under a lesson"),
        pytest.param(BASE, None, False, True, Verdict.WAIT, id="deleted there under a lesson"),
        pytest.param(OURS, THEIRS, True, True, Verdict.OURS, id="both changed it, and a lesson runs here"),
        pytest.param(OURS, None, True, False, Verdict.OURS, id="changed here, deleted there"),
        pytest.param(None, THEIRS, True, False, Verdict.TAKE, id="deleted here, changed there"),
    ],
)
def test_descent_decides(ours: str | None, theirs: str | None, changed: bool, busy: bool, verdict: Verdict) -> None:
    """Whatever the ages say."""
    for mine, other in ((0, 10**12), (10**12, 0), (None, None)):
        found = judge(Side(ours, mine), Side(theirs, other), {BASE}, changed=changed, busy=busy)
        assert found is verdict


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (1 * SECOND, 10 * SECOND, Verdict.OURS),
        (10 * SECOND, 1 * SECOND, Verdict.THEIRS),
        (10 * SECOND, 10 * SECOND + MARGIN_US, Verdict.THEIRS),
        (10 * SECOND, 10 * SECOND + MARGIN_US + 1, Verdict.OURS),
        (None, 10 * SECOND, Verdict.THEIRS),
        (10 * SECOND, None, Verdict.THEIRS),
    ],
)
def test_later_written_stays_where_both_changed(ours: int | None, theirs: int | None, verdict: Verdict) -> None:
    """In doubt theirs."""
    assert judge(Side(OURS, ours), Side(THEIRS, theirs), {BASE}, changed=True, busy=False) is verdict


def test_what_was_sent_is_ours() -> None:
    """An answer that was lost makes no conflict."""
    assert judge(Side(OURS), Side(THEIRS), {BASE, THEIRS}, changed=True, busy=False) is Verdict.SEND


@given(digests, digests, st.sets(digests, min_size=1), ages, ages, st.booleans(), st.booleans())
def test_neither_side_is_lost(
    ours: str | None, theirs: str | None, known: set[str | None], mine: int | None, other: int | None, changed: bool,
    busy: bool,
) -> None:  # fmt: skip
    """What is not kept aside is the same there, descends from what stays, or was deleted."""
    verdict = judge(Side(ours, mine), Side(theirs, other), known, changed=changed, busy=busy)
    if verdict is Verdict.SEND:
        assert theirs in known
    elif verdict is Verdict.TAKE:
        assert not changed or ours is None
    elif verdict is Verdict.SAME:
        assert ours == theirs
    else:
        assert verdict is Verdict.WAIT or changed


@given(ages, ages)
def test_of_two_writings_at_most_one_is_later(one: int | None, other: int | None) -> None:
    """Two devices that judge the same pair never both keep their own for its age."""
    assert not (is_later(Side(OURS, one), Side(THEIRS, other)) and is_later(Side(THEIRS, other), Side(OURS, one)))
