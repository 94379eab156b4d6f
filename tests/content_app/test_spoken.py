"""Exercises in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_app.exercises import exercises
from content_app.launch import LEVELS, TOPICS
from content_app.spoken import LANGUAGES, spoken


@pytest.mark.parametrize(
    ("prompt", "english", "spanish"),
    [
        ("3 + 4", "three plus four", "tres más cuatro"),
        ("21 − 16", "twenty-one minus sixteen", "veintiuno menos dieciséis"),
        ("30 × 9", "thirty times nine", "treinta por nueve"),
        ("45 ÷ 5", "forty-five divided by five", "cuarenta y cinco entre cinco"),
        ("100 + 101", "one hundred plus one hundred one", "cien más ciento uno"),
        ("555 + 799", "five hundred fifty-five plus seven hundred ninety-nine",
         "quinientos cincuenta y cinco más setecientos noventa y nueve"),
        ("1000", "one thousand", "mil"),
        ("1984", "one thousand nine hundred eighty-four", "mil novecientos ochenta y cuatro"),
        ("21031", "twenty-one thousand thirty-one", "veintiún mil treinta y uno"),
        ("1/4 + 2/4", "one quarter plus two quarters", "un cuarto más dos cuartos"),
        ("1/2 − 3/8", "one half minus three eighths", "un medio menos tres octavos"),
        ("3/2", "three halves", "tres medios"),
        ("11/12", "eleven twelfths", "once doceavos"),
        ("21/10", "twenty-one tenths", "veintiún décimos"),
        ("31/13", "thirty-one over thirteen", "treinta y uno sobre trece"),
    ],
)  # fmt: skip
def test_an_exercise_is_read_aloud(prompt: str, english: str, spanish: str) -> None:
    """As people say it, not as it is written."""
    assert (english, spanish) == (spoken(prompt, "en"), spoken(prompt, "es"))


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_no_two_numbers_sound_alike(one: int, other: int) -> None:
    """In any language."""
    for language in LANGUAGES:
        assert (one == other) == (spoken(str(one), language) == spoken(str(other), language))


@given(st.sampled_from(TOPICS), st.sampled_from(LEVELS), st.integers(0, 2**32))
def test_every_exercise_can_be_read_aloud(topic: str, level: int, seed: int) -> None:
    """Without a digit or a sign left over."""
    for exercise in exercises(topic, level, seed, 5):
        for text in (exercise.prompt, exercise.answer):
            for language in LANGUAGES:
                assert spoken(text, language).replace(" ", "").replace("-", "").isalpha()
