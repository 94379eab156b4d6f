"""Make exercises and mark them. The same seed makes the same exercises, on every machine.

An exercise's `slug` follows from what is asked, so that the same question has the same id whoever is asked, and an
educator can see which question is hard.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_TRIES = 1000  # draws before an exercise may come twice


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question. `answer` is the one right response; `wrong` one that is not, for scripted lessons."""

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


def is_right(exercise: Exercise, response: str) -> bool:
    """Whether this is the answer. Whole numbers may be spelt freely (`07`, `+7`); fractions are in lowest terms."""
    if exercise.interaction == "numeric":
        return _whole(response) == int(exercise.answer)
    return "".join(response.split()) == exercise.answer


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _whole_number(first: int, sign: str, word: str, second: int, answer: int) -> Exercise:
    prompt = f"{first} {sign} {second}"
    return Exercise(f"{first}-{word}-{second}", prompt, str(answer), str(answer + 1), "numeric")


def _addition(chance: random.Random, level: int) -> Exercise:
    first, second = chance.randint(1, 10**level), chance.randint(1, 10**level)
    return _whole_number(first, "+", "plus", second, first + second)


def _subtraction(chance: random.Random, level: int) -> Exercise:
    second, answer = chance.randint(1, 10**level), chance.randint(0, 10**level)
    return _whole_number(second + answer, "−", "minus", second, answer)


def _multiplication(chance: random.Random, level: int) -> Exercise:
    first, second = chance.randint(2, 10), chance.randint(2, 10**level)
    return _whole_number(first, "×", "times", second, first * second)


def _division(chance: random.Random, level: int) -> Exercise:
    second, answer = chance.randint(2, 10), chance.randint(1, 10**level)
    return _whole_number(second * answer, "÷", "by", second, answer)


def _fractions(chance: random.Random, level: int) -> Exercise:
    """Level 1 adds fractions of one denominator, the others of two."""
    below = chance.randint(2, 5 * level + 4)
    also_below = below if level == 1 else chance.randint(2, 5 * level + 4)
    above, also_above = chance.randint(1, below), chance.randint(1, also_below)
    answer = Fraction(above, below) + Fraction(also_above, also_below)
    return Exercise(
        slug=f"{above}-over-{below}-plus-{also_above}-over-{also_below}",
        prompt=f"{above}/{below} + {also_above}/{also_below}",
        answer=str(answer),
        wrong=str(answer + 1),
        interaction="fill-in",
    )


_MAKERS: dict[str, Callable[[random.Random, int], Exercise]] = {
    "addition": _addition,
    "subtraction": _subtraction,
    "multiplication": _multiplication,
    "division": _division,
    "fractions": _fractions,
}
