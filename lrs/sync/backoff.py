"""When to try again (pure): exponential, capped, with full jitter, and sound under a clock that jumps.

A tablet's clock may say 1970 after the battery was empty, and be right a minute later. So a wait is kept as three
numbers, and its length, which is the difference of two of them, never depends on what the clock says now. A clock that
went back behind `computed_at_us` starts the same wait anew from there (`anchored`); one that leapt ahead ends it early,
which costs one request.

Full jitter (a random part of the whole span, not a span with some noise): a class of tablets coming back to the school
at once must not knock at once.
"""

from __future__ import annotations

from dataclasses import dataclass

BASE_US = 1_000_000
CAP_US = 15 * 60 * 1_000_000
ASKED_MOST_US = 24 * 3600 * 1_000_000  # the longest `Retry-After` that is obeyed
_DOUBLINGS = 20  # more than enough to reach the cap


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often it failed in a row, and until when to wait, computed when. All zero: nothing to wait for."""

    attempts: int = 0
    not_before_us: int = 0
    computed_at_us: int = 0


NONE = Backoff()


def again(last: Backoff, now_us: int, chance: float, asked_us: int | None = None) -> Backoff:
    """The wait after one more failure. `chance` is in [0, 1); `asked_us` is what the other end asked for, which is a
    least: the jitter comes on top of it."""
    span = min(CAP_US, BASE_US << min(last.attempts, _DOUBLINGS))
    wait = int(chance * span) + min(max(asked_us or 0, 0), ASKED_MOST_US)
    return Backoff(last.attempts + 1, now_us + wait, now_us)


def rarely(last: Backoff, now_us: int, chance: float) -> Backoff:
    """The wait where only a person can mend it, here or at the other end: half the cap to the whole of it."""
    return Backoff(last.attempts + 1, now_us + (CAP_US + int(chance * CAP_US)) // 2, now_us)


def anchored(backoff: Backoff, now_us: int) -> Backoff:
    """The same wait, started anew where the clock has gone back behind its start; keep it, or it never ends."""
    if now_us >= backoff.computed_at_us:
        return backoff
    return Backoff(backoff.attempts, now_us + _length(backoff), now_us)


def left_us(backoff: Backoff, now_us: int) -> int:
    """What is left of the wait. Never more than the wait was long, whatever the clock says."""
    held = anchored(backoff, now_us)
    return max(0, min(held.not_before_us - now_us, _length(held)))


def _length(backoff: Backoff) -> int:
    return max(0, min(backoff.not_before_us - backoff.computed_at_us, ASKED_MOST_US + CAP_US))
