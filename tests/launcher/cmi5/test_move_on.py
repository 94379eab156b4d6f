"""When an AU has met its moveOn, and what is satisfied then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import move_on, vocabulary
from launcher.cmi5.session import AuView
from tests.launcher.cmi5 import worlds


@pytest.mark.parametrize(
    ("value", "met"),
    [
        # met by:            nothing, passed, completed, both
        ("NotApplicable", (True, True, True, True)),
        ("Passed", (False, True, False, True)),
        ("Completed", (False, False, True, True)),
        ("CompletedAndPassed", (False, False, False, True)),
        ("CompletedOrPassed", (False, True, True, True)),
    ],
)
def test_move_on_values(value: str, met: tuple[bool, ...]) -> None:
    """Each moveOn value is met by what its name says."""
    views = [AuView(), AuView(passed=True), AuView(completed=True), AuView(passed=True, completed=True)]
    assert met == tuple(move_on.is_met(value, view) for view in views)


@pytest.mark.parametrize("value", vocabulary.MOVE_ON_VALUES)
def test_waived_meets_every_move_on(value: str) -> None:
    """An AU that was waived has met its moveOn, whatever it is."""
    assert move_on.is_met(value, AuView(waived=True))


STRUCTURE = worlds.course(
    worlds.block("a", worlds.au(0), worlds.block("b", worlds.au(1))), worlds.au(2), worlds.block("c", worlds.au(3))
)


def newly(met: set[int], already: set[str] | None = None) -> list[str]:
    """The last parts of the ids that become satisfied."""
    held = frozenset(f"https://pub.example/block/{name}" for name in already or ())
    return [node.id.rpartition("/")[2] for node in move_on.newly_satisfied(STRUCTURE, frozenset(met), held)]


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        (set(), []),
        ({0}, []),
        ({1}, ["b"]),
        ({2}, []),
        ({0, 1}, ["b", "a"]),
        ({0, 1, 3}, ["b", "a", "c"]),
        ({0, 1, 2, 3}, ["b", "a", "c", "course"]),
    ],
)
def test_inner_block_first_course_last(met: set[int], expected: list[str]) -> None:
    """A block is satisfied after those within it, and the course after all."""
    assert expected == newly(met)


def test_never_twice() -> None:
    """What has its "satisfied" is not named again, and still counts for what is around it."""
    assert newly({0}, {"b"}) == ["a"]


def test_met_as_a_function() -> None:
    """The AUs that are met may be given by a function too."""
    made = move_on.newly_satisfied(STRUCTURE, lambda au: au.index == 3, frozenset())
    assert [STRUCTURE.blocks[2]] == made


@given(st.permutations(range(4)))
def test_order_of_aus_does_not_matter(order: list[int]) -> None:
    """In whatever order the AUs are met, each block and the course is satisfied exactly once."""
    said: list[str] = []
    for count in range(1, 5):
        said += [node.id for node in move_on.newly_satisfied(STRUCTURE, frozenset(order[:count]), frozenset(said))]
    assert sorted([block.id for block in STRUCTURE.blocks] + [STRUCTURE.id]) == sorted(said)
