"""What becomes of a document that is here and at a destination (pure).

Descent decides, not clocks. Of each document it is known what the destination had when both were last the same
(`known`), so it can be told which side has changed since. One side alone: it wins, whatever any clock says. Both: the
one must give way, and its content is kept aside, so that nothing a learner did is gone without a trace. Which one?

1. Where a lesson runs here, ours stays: the learner sits before it.
2. A change outlives a deletion.
3. The one that was written later stays, by its age. An age is measured on one clock, the writer's, so a clock that is
   days off measures it well; one that was set meanwhile does not.
4. Where ages say nothing or nearly the same, theirs stays: all other devices have that one.

A change there alone is not taken while a lesson runs here: the lesson would write over it, and what it writes would
pass for a successor of what it never saw.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

MARGIN_US = 2_000_000  # what dates in whole seconds, and a slow line, make of an age


class Verdict(enum.Enum):
    """What to do with one document."""

    SAME = "both sides have the same"
    SEND = "changed here alone: it is to be sent"
    TAKE = "changed there alone: it is to be taken"
    WAIT = "changed there alone, and a lesson works on it here"
    OURS = "changed on both sides: ours stays and is to be sent, theirs is kept aside"
    THEIRS = "changed on both sides: theirs is to be taken, ours is kept aside"


@dataclass(frozen=True, slots=True)
class Side:
    """A document on one side: the digest of its content, None where there is none, and its age where that is known."""

    digest: str | None
    age_us: int | None = None


def judge(ours: Side, theirs: Side, known: Collection[str | None], *, changed: bool, busy: bool) -> Verdict:
    """What to do. `known` are the digests that ours descends from: what the destination had when it was last looked at,
    and what was sent there since; `changed` says whether ours is another than it was then."""
    if ours.digest == theirs.digest:
        return Verdict.SAME
    if theirs.digest in known:
        return Verdict.SEND
    if not changed:
        return Verdict.WAIT if busy else Verdict.TAKE
    if busy or theirs.digest is None:
        return Verdict.OURS
    if ours.digest is None:
        return Verdict.TAKE
    return Verdict.OURS if is_later(ours, theirs) else Verdict.THEIRS


def is_later(one: Side, other: Side) -> bool:
    """Whether the one was surely written after the other."""
    if one.age_us is None or other.age_us is None:
        return False
    return one.age_us + MARGIN_US < other.age_us
