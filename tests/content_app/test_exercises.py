"""Exercises: the same for the same seed, and marked truly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_app.exercises import Exercise, exercises, is_right
from content_app.launch import LEVELS, TOPICS

TOPIC, LEVEL, SEED = st.sampled_from(TOPICS), st.sampled_from(LEVELS), st.integers(0, 2**128)
SIGNS = {"+": "+", "−": "-", "×": "*", "÷": "/"}


def _value(exercise: Exercise) -> Fraction:
    """What the prompt comes to, by other means than the lesson's."""
    first, sign, second = exercise.prompt.split()
    left, right = Fraction(first), Fraction(second)
    return {"+": left + right, "−": left - right, "×": left * right, "÷": left / right}[sign]


@given(TOPIC, LEVEL, SEED)
def test_the_answer_is_what_the_prompt_comes_to(topic: str, level: int, seed: int) -> None:
    """And the wrong one is not."""
    for exercise in exercises(topic, level, seed, 8):
        right = (Fraction(exercise.answer), is_right(exercise, exercise.answer), is_right(exercise, exercise.wrong))
        assert (_value(exercise), True, False) == right


@given(TOPIC, LEVEL, SEED)
def test_no_two_exercises_of_a_lesson_are_alike(topic: str, level: int, seed: int) -> None:
    """As long as the topic has that many; one id is one question."""
    made = exercises(topic, level, seed, 20)
    assert (len({each.slug for each in made}), len({each.prompt for each in made})) == (20, 20)


def test_more_than_there_are_come_again() -> None:
    """A hundred additions up to ten, then the same."""
    made = exercises("addition", 1, 7, 150)
    assert (150, made[:50]) == (len(made), made[100:])


def test_the_same_seed_makes_the_same_exercises_everywhere() -> None:
    """Written down, so that another version or machine shows when it differs."""
    made = [exercise.prompt for exercise in exercises("addition", 1, 42, 5)]
    assert made == ["3 + 1", "4 + 7", "1 + 8", "9 + 9", "1 + 4"]


def test_other_seeds_make_other_exercises() -> None:
    """So that a second try is not the first."""
    assert exercises("addition", 2, 1, 5) != exercises("addition", 2, 2, 5)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("7", True),
        ("07", True),
        ("+7", True),
        (" 7 ", True),
        ("8", False),
        ("", False),
        ("7.0", False),
        ("seven", False),
    ],
)
def test_whole_numbers_may_be_spelt_freely(response: str, expected: bool) -> None:
    """As people write them."""
    assert expected == is_right(Exercise("3-plus-4", "3 + 4", "7", "8", "numeric"), response)


@pytest.mark.parametrize(
    ("response", "expected"), [("3/4", True), (" 3 / 4 ", True), ("6/8", False), ("0.75", False), ("", False)]
)
def test_fractions_are_in_lowest_terms(response: str, expected: bool) -> None:
    """So the correct response pattern names every right answer."""
    assert expected == is_right(Exercise("x", "1/4 + 2/4", "3/4", "7/4", "fill-in"), response)
