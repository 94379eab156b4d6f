"""Waiting: within its bounds, spread out, and never for ever, whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sync import backoff
from lrs.sync.backoff import ASKED_MOST_US, BASE_US, CAP_US, Backoff

NOW = 1_790_000_000_000_000
moments = st.integers(-(10**15), 10**17)
chances = st.floats(0, 1, exclude_max=True)
waits = st.builds(
    lambda last, now, chance: backoff.again(last, now, chance), st.builds(Backoff, st.integers(0, 60)), moments, chances
)


@given(st.integers(0, 10_000), chances)
def test_full_jitter_within_the_doubling_span(attempts: int, chance: float) -> None:
    """Between nothing and min(cap, base doubled each time)."""
    made = backoff.again(Backoff(attempts), NOW, chance)
    span = min(CAP_US, BASE_US * 2 ** min(attempts, 30))
    assert (made.attempts, made.computed_at_us, NOW <= made.not_before_us <= NOW + span) == (attempts + 1, NOW, True)


def test_spans_grow_from_a_second_to_a_quarter_of_an_hour() -> None:
    """The longest waits in seconds, attempt by attempt."""
    longest = [round(backoff.again(Backoff(n), 0, 1 - 2**-40).not_before_us / 1e6) for n in range(12)]
    assert longest == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@given(waits, moments)
def test_what_is_left_is_never_more_than_the_wait_was(held: Backoff, now_us: int) -> None:
    """No leap of the clock makes a wait longer."""
    assert 0 <= backoff.left_us(held, now_us) <= held.not_before_us - held.computed_at_us


@given(waits, st.integers(0, 10**17))
def test_clock_gone_back_starts_the_same_wait_anew_and_it_ends(held: Backoff, back_us: int) -> None:
    """Anchored once, it is over when its own length has passed, however wrong the clock is."""
    now_us = held.computed_at_us - back_us
    anchored = backoff.anchored(held, now_us)
    assert backoff.left_us(anchored, now_us + backoff.left_us(held, now_us)) == 0


@pytest.mark.parametrize(
    ("asked_us", "expected_us"), [(None, 0), (30_000_000, 30_000_000), (-5, 0), (10**16, ASKED_MOST_US)]
)
def test_what_was_asked_for_is_a_least_and_has_a_most(asked_us: int | None, expected_us: int) -> None:
    """`Retry-After` is obeyed up to a day."""
    assert backoff.left_us(backoff.again(backoff.NONE, NOW, 0.0, asked_us), NOW) == expected_us


@given(chances, chances)
def test_jitter_comes_on_top_of_what_was_asked_for(one: float, other: float) -> None:
    """A class of tablets told `Retry-After: 60` does not knock in the same millisecond."""
    first, second = (backoff.again(Backoff(5), NOW, chance, 60_000_000) for chance in (one, other))
    assert (first.not_before_us == second.not_before_us) == (int(one * 32 * BASE_US) == int(other * 32 * BASE_US))


@given(chances)
def test_rarely_is_half_the_cap_to_the_whole(chance: float) -> None:
    """What a person has to mend is tried a few times an hour."""
    assert CAP_US // 2 <= backoff.left_us(backoff.rarely(backoff.NONE, NOW, chance), NOW) <= CAP_US


def test_clock_leaping_ahead_ends_the_wait() -> None:
    """Which costs one request, and nothing else."""
    assert backoff.left_us(backoff.rarely(backoff.NONE, NOW, 0.5), NOW + 10**15) == 0


@given(moments)
def test_nothing_to_wait_for(now_us: int) -> None:
    """A fresh destination is due at once, at any time of any clock."""
    assert backoff.left_us(backoff.NONE, now_us) == 0
