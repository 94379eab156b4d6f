"""Who plays in the demonstration, and what each of them does: the tables that its chapters go through."""

from __future__ import annotations

from dataclasses import dataclass

BLOCK = "Arithmetic"  # both of Amina's lessons make it up
YOU = "You"


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who works on which tablet, at what, what is answered, and what the lesson says of it (None: nothing)."""

    learner: str
    tablet: int
    au: str  # the last segment of the publisher's id
    answers: tuple[str, ...]
    verdict: str | None


OFFLINE = (
    Sitting("Amina", 0, "addition", ("right", "right", "right", "wrong", "right"), "passed"),
    Sitting("Amina", 0, "subtraction", ("right", "wrong", "right", "right", "right"), "passed"),
    Sitting("Benito", 1, "fractions", ("wrong", "right", "wrong", "wrong", "right"), "failed"),
    Sitting("Benito", 1, "fractions", ("right", "right", "wrong", "right", "right"), "passed"),
    Sitting("Carla", 0, "addition", ("right", "right", "stop"), None),
)
LATER = Sitting("Carla", 1, "addition", ("right", "right", "right"), "passed")
LEARNERS = tuple(dict.fromkeys(one.learner for one in OFFLINE))
CHAPTERS = {
    "Amina": "Amina takes both lessons of a block, on tablet 1",
    "Benito": "Benito fails, on tablet 2, and tries again",
    "Carla": "Carla stops halfway, on tablet 1",
}
