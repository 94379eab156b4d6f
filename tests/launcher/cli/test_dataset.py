"""The school for looking at: sixty learners, each state that a teacher can meet among them. It is played for real in
tests/journeys/test_demo.py."""

from __future__ import annotations

from launcher.cli.dataset import FAMILY, GIVEN, Past, works
from lrs.clock import SystemClock


def test_sixty_learners_with_a_name_each() -> None:
    """Three classes of twenty."""
    everybody = list(works(8))
    assert (len(everybody), len({(one.given, one.family) for one in everybody})) == (60, len(GIVEN) * len(FAMILY))


def test_every_kind_of_work_is_there() -> None:
    """Nothing, a lesson left halfway, everything, scores that pass and scores that do not."""
    scores = [one.scores for one in works(8)]
    taken = [score for one in scores for score in one if score is not None]
    assert (() in scores, any(None in one for one in scores)) == (True, True)
    assert (min(taken) < 0.6 <= max(taken), max(map(len, scores))) == (True, 8)


def test_nobody_works_at_lessons_that_are_not_there() -> None:
    """Whatever course it is."""
    assert max(len(one.scores) for one in works(2)) == 2


def test_the_past_is_as_long_ago_as_it_was_said() -> None:
    """So that not everything happened today."""
    earlier = SystemClock().now_us()
    assert 0 <= Past(2.0).now_us() + 2 * 86_400_000_000 - earlier < 60_000_000
