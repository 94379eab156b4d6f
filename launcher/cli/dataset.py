"""A whole school for looking at the teacher's pages: three classes of twenty, each further in the course than the next.

They work at the school itself, with the network, through launches and sessions like everybody else's; only that a
script takes the lessons. Nothing is drawn by lot: the same school each time, its work spread over the last weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launcher.cli import stranger
from launcher.cli.chapters import Scene
from launcher.cli.show import counted
from lrs.clock import SystemClock

DAY_US = 86_400_000_000
DAYS = 30
BEGUN = (5, 3, 0)  # so many lessons at least have been taken in each class; some learners took up to two more
SCORES = (1.0, 0.8, 0.4, 0.9, 0.6, 1.0, 0.7)
GIVEN = (
    *("Ada", "Bao", "Chidi", "Dalia", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jamila"),
    *("Kofi", "Lucía", "Mei", "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Sami", "Tala"),
)
FAMILY = ("Alvarez", "Okafor", "Novak")  # one for each class, so that no two learners have one name


class Past(SystemClock):
    """The clock as it stood so many days ago."""

    def __init__(self, days: float) -> None:
        self._back_us = int(days * DAY_US)

    def now_us(self) -> int:
        return super().now_us() - self._back_us


@dataclass(frozen=True, slots=True)
class Work:
    """What one learner did, lesson by lesson in the course's order: a score each, None where it was left halfway."""

    given: str
    family: str
    scores: tuple[float | None, ...]


def works(lessons: int) -> Iterator[Work]:
    """Everybody's work in a course of so many lessons."""
    for group, (family, begun) in enumerate(zip(FAMILY, BEGUN, strict=True)):
        for number, given in enumerate(GIVEN):
            count = min(lessons, begun + number % 3)
            scores = [SCORES[(group + number + taken) % len(SCORES)] for taken in range(count)]
            halfway = [None] if count < lessons and number % 4 == 0 else []
            yield Work(given, family, (*scores, *halfway))


def whole_school(scene: Scene) -> None:
    """Everybody is put on the roster, enrolled, and has worked."""
    story, course = scene.story, scene.courses[0]
    story.title("A whole school has worked with the course already")
    everybody = list(works(len(course.aus)))
    with story.waiting("learners work") as so_far:
        for number, work in enumerate(everybody, 1):
            _live(scene, course.id, work, number)
            so_far(number, len(everybody))
    sessions = sum(len(work.scores) for work in everybody)
    story.check(
        len(scene.school.statements()) > 3 * sessions,
        f"{len(everybody)} learners in {len(FAMILY)} classes took {counted(sessions, 'lesson')}",
    )


def _live(scene: Scene, course: str, work: Work, number: int) -> None:
    name = {"givenName": work.given, "familyName": work.family}
    wanted = {"course": course, "person": scene.school.api("POST", "/people", name)["id"]}
    wanted["registration"] = scene.school.api("POST", "/registrations", wanted)["registration"]
    for au, scaled in enumerate(work.scores):
        launched = scene.school.api("POST", "/launches", {**wanted, "au": au, "transport": "network"})
        clock = Past(DAYS * (1 - (au + number / 60) / (len(work.scores) + 1)))
        stranger.attend(launched["url"], clock, scaled, lambda _verb: None)
