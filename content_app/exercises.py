"""Make exercises and read what is answered. The same seed makes the same exercises, on every machine.

An exercise's `slug` follows from what is asked, so that the same question has the same id whoever is asked, and an
educator can see which question is hard. README.md has a table of what each level asks.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_TRIES = 1000  # draws before an exercise may come twice
_EASY_TABLES = (2, 3, 4, 5, 10)
_RESPONSE = re.compile(r"\s*([+−-]?)\s*(\d{1,9})(?:\s*/\s*(\d{1,9}))?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question. `prompt` is two terms and a sign between spaces; `answer` is the one right response; `wrong` one
    that is not, for scripted lessons."""

    slug: str
    prompt: str
    answer: str
    wrong: str
    interaction: str  # cmi.interaction type: numeric, or fill-in for fractions


def exercises(topic: str, level: int, seed: int, count: int) -> list[Exercise]:
    """`count` exercises, no two alike as long as the topic has that many."""
    chance = random.Random(f"{topic}/{level}/{seed}")  # noqa: S311  # exercises need no secrecy
    made: dict[str, Exercise] = {}
    for _ in range(_TRIES):
        if len(made) == count:
            break
        exercise = _MAKERS[topic](chance, level)
        made.setdefault(exercise.slug, exercise)
    distinct = list(made.values())
    return [distinct[index % len(distinct)] for index in range(count)]


def read(exercise: Exercise, text: str) -> str | None:
    """The response in one spelling (`07` and `+7` are `7`, `3 / 4` is `3/4`); None where the text is no number, or a
    fraction where a whole number is asked for."""
    found = _RESPONSE.fullmatch(text)
    if found is None:
        return None
    sign, above, below = found.groups()
    whole = f"{'-' if sign in ('-', '−') and int(above) else ''}{int(above)}"
    if below is None or (int(below) == 1 and exercise.interaction == "fill-in"):
        return whole
    return f"{whole}/{int(below)}" if int(below) and exercise.interaction == "fill-in" else None


def is_right(exercise: Exercise, response: str) -> bool:
    """Whether this response, as read, is the answer. Fractions are in lowest terms."""
    return response == exercise.answer


def is_nearly_right(exercise: Exercise, response: str) -> bool:
    """Whether it is worth as much as the answer and only not in lowest terms."""
    return not is_right(exercise, response) and Fraction(response) == Fraction(exercise.answer)


# --- whole numbers --------------------------------------------------------------------------------------------------


def _whole_number(first: int, sign: str, word: str, second: int, answer: int) -> Exercise:
    prompt = f"{first} {sign} {second}"
    return Exercise(f"{first}-{word}-{second}", prompt, str(answer), str(answer + 1), "numeric")


def _addition(chance: random.Random, level: int) -> Exercise:
    least, most = {1: (1, 10), 2: (10, 99), 3: (100, 999)}[level]
    first, second = chance.randint(least, most), chance.randint(least, most)
    return _whole_number(first, "+", "plus", second, first + second)


def _subtraction(chance: random.Random, level: int) -> Exercise:
    """Never below zero."""
    least, most = {1: (1, 10), 2: (10, 49), 3: (100, 499)}[level]
    second, answer = chance.randint(least, most), chance.randint(0, most)
    return _whole_number(second + answer, "−", "minus", second, answer)


def _multiplication(chance: random.Random, level: int) -> Exercise:
    first, second = _factors(chance, level)
    return _whole_number(first, "×", "times", second, first * second)


def _division(chance: random.Random, level: int) -> Exercise:
    """Without a remainder: a multiplication asked the other way round."""
    second, answer = _factors(chance, level)
    return _whole_number(second * answer, "÷", "by", second, answer)


def _factors(chance: random.Random, level: int) -> tuple[int, int]:
    """The easy tables, all of them, a table beyond ten."""
    if level == 1:
        return chance.choice(_EASY_TABLES), chance.randint(1, 10)
    return chance.randint(2, 10 if level == 2 else 9), chance.randint(2, 10) if level == 2 else chance.randint(11, 50)


# --- fractions ------------------------------------------------------------------------------------------------------

_Parts = tuple[int, int, str, int, int]  # above and below, the sign, above and below


def _fractions(chance: random.Random, level: int) -> Exercise:
    above, below, sign, also_above, also_below = _FRACTIONS[level](chance)
    first, second = Fraction(above, below), Fraction(also_above, also_below)
    answer = first + second if sign == "+" else first - second
    return Exercise(
        slug=f"{above}-over-{below}-{'plus' if sign == '+' else 'minus'}-{also_above}-over-{also_below}",
        prompt=f"{above}/{below} {sign} {also_above}/{also_below}",
        answer=str(answer),
        wrong=str(answer + 1),
        interaction="fill-in",
    )


def _adding_parts(chance: random.Random) -> _Parts:
    """One denominator; below one, and in lowest terms as it comes."""
    below = chance.randint(3, 10)
    total = chance.choice([number for number in range(2, below) if math.gcd(number, below) == 1])
    above = chance.randint(1, total - 1)
    return above, below, "+", total - above, below


def _simplifying(chance: random.Random) -> _Parts:
    """One denominator, below one, with a result that is still to be put in lowest terms."""
    below = chance.choice((4, 6, 8, 9, 10, 12))
    whole = chance.choice([number for number in range(2, below) if math.gcd(number, below) > 1])
    part = chance.randint(1, whole - 1)
    if chance.random() < 0.5:
        return part, below, "+", whole - part, below
    return _taking_away(chance, below)


def _taking_away(chance: random.Random, below: int) -> _Parts:
    result = chance.choice([number for number in range(1, below - 1) if math.gcd(number, below) > 1])
    second = chance.randint(1, below - 1 - result)
    return result + second, below, "−", second, below


def _two_denominators(chance: random.Random) -> _Parts:
    """One denominator is a multiple of the other; the result lies between zero and one."""
    small, times = chance.choice(
        [(2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (3, 2), (3, 3), (3, 4), (4, 2), (4, 3), (5, 2)]
    )
    large = small * times
    above = chance.randint(1, small - 1)
    if chance.random() < 0.5:
        return above, small, "+", chance.randint(1, large - above * times - 1), large
    return above, small, "−", chance.randint(1, above * times - 1), large


_FRACTIONS: dict[int, Callable[[random.Random], _Parts]] = {1: _adding_parts, 2: _simplifying, 3: _two_denominators}
_MAKERS: dict[str, Callable[[random.Random, int], Exercise]] = {
    "addition": _addition,
    "subtraction": _subtraction,
    "multiplication": _multiplication,
    "division": _division,
    "fractions": _fractions,
}
