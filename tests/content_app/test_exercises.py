"""Exercises: the same for the same seed, and marked truly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_app.exercises import Exercise, exercises, is_nearly_right, is_right, read
from content_app.launch import LEVELS, TOPICS

TOPIC, LEVEL, SEED = st.sampled_from(TOPICS), st.sampled_from(LEVELS), st.integers(0, 2**128)
MADE = {
    "addition": ["3 + 1", "4 + 7", "1 + 8"],
    "subtraction": ["8 − 3", "5 − 5", "11 − 6"],
    "multiplication": ["2 × 10", "5 × 1", "3 × 2"],
    "division": ["50 ÷ 5", "3 ÷ 3", "35 ÷ 5"],
    "fractions": ["3/6 + 2/6", "1/5 + 2/5", "1/7 + 1/7"],
}
SUM = Exercise("3-plus-4", "3 + 4", "7", "8", "numeric")
PARTS = Exercise("1-over-4-plus-2-over-4", "1/4 + 2/4", "3/4", "7/4", "fill-in")


def _value(exercise: Exercise) -> Fraction:
    """What the prompt comes to, by other means than the lesson's."""
    first, sign, second = exercise.prompt.split()
    left, right = Fraction(first), Fraction(second)
    return {"+": left + right, "−": left - right, "×": left * right, "÷": left / right}[sign]


@given(TOPIC, LEVEL, SEED)
def test_the_answer_is_what_the_prompt_comes_to(topic: str, level: int, seed: int) -> None:
    """And the wrong one is not."""
    for exercise in exercises(topic, level, seed, 8):
        read_as = (read(exercise, exercise.answer), read(exercise, exercise.wrong))
        right = (Fraction(exercise.answer), is_right(exercise, exercise.answer), is_right(exercise, exercise.wrong))
        assert ((_value(exercise), True, False), (exercise.answer, exercise.wrong)) == (right, read_as)


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
    made = {topic: [each.prompt for each in exercises(topic, 1, 42, 3)] for topic in TOPICS}
    assert made == MADE


def test_other_seeds_make_other_exercises() -> None:
    """So that a second try is not the first."""
    assert exercises("addition", 2, 1, 5) != exercises("addition", 2, 2, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "7"),
        ("07", "7"),
        ("+7", "7"),
        (" 7 ", "7"),
        ("-7", "-7"),
        ("−7", "-7"),
        ("- 0", "0"),
        ("8", "8"),
        ("", None),
        ("7.0", None),
        ("7_0", None),
        ("٧", None),
        ("7 0", None),
        ("14/2", None),
        ("seven", None),
        ("1" * 5000, None),
    ],
)
def test_whole_numbers_are_read_in_one_spelling(text: str, expected: str | None) -> None:
    """However people write them; what is none is none."""
    assert expected == read(SUM, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3/4", "3/4"),
        (" 03 / 4 ", "3/4"),
        ("6/8", "6/8"),
        ("3", "3"),
        ("3/1", "3"),
        ("-3/4", "-3/4"),
        ("3/0", None),
        ("/4", None),
        ("3/", None),
        ("0.75", None),
        ("", None),
    ],
)
def test_fractions_are_read_in_one_spelling(text: str, expected: str | None) -> None:
    """With a space or without; over one is a whole number, over nothing is none."""
    assert expected == read(PARTS, text)


@pytest.mark.parametrize(
    ("response", "expected"),
    [("3/4", (True, False)), ("6/8", (False, True)), ("7/4", (False, False)), ("3", (False, False))],
)
def test_fractions_are_in_lowest_terms(response: str, expected: tuple[bool, bool]) -> None:
    """So the correct response pattern names every right answer; what is worth as much is nearly right."""
    assert expected == (is_right(PARTS, response), is_nearly_right(PARTS, response))


@given(SEED)
def test_levels_are_what_a_nine_year_old_learns(seed: int) -> None:
    """As README.md says: results from zero, tables without a remainder, fractions below one."""
    for level, most in ((1, 20), (2, 198), (3, 1998)):
        for topic in ("addition", "subtraction"):
            assert all(0 <= int(each.answer) <= most for each in exercises(topic, level, seed, 5))
    for level, most in ((1, 100), (2, 100), (3, 450)):
        made = exercises("multiplication", level, seed, 5) + exercises("division", level, seed, 5)
        assert all(1 <= int(each.answer) <= most for each in made)
    for level in LEVELS:
        for each in exercises("fractions", level, seed, 5):
            first, _, second = each.prompt.split()
            assert (0 < Fraction(first) < 1, 0 < Fraction(second) < 1, 0 < Fraction(each.answer) < 1) == (True,) * 3


@given(SEED)
def test_the_first_fractions_are_in_lowest_terms_as_they_come(seed: int) -> None:
    """Adding the parts is all there is to do."""
    for each in exercises("fractions", 1, seed, 5):
        first, _, second = (part.partition("/") for part in each.prompt.split())
        assert (first[2], f"{int(first[0]) + int(second[0])}/{first[2]}") == (second[2], each.answer)
