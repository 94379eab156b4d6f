"""What a lesson saw acknowledged survives whatever kills the device, and reaches the school once.

The device is killed at seeded moments while a lesson runs: so many acknowledged statements, then a pause, so that
kills fall before, in and after commits, while it sends, and when the lesson has ended. The lesson's journal, written
only after an acknowledgement, says what must not be lost.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from launcher.cli.programs import Program
from lrs.store.sqlite import DATABASE
from lrs.xapi.equality import same
from tests.support.world import (
    ONE_LESSON,
    Enrolled,
    Lesson,
    Statement,
    World,
    credential,
    drain,
    enrol,
    import_course,
    launch,
    lesson,
    session_of,
    statements,
    verb,
)

pytestmark = pytest.mark.slow

SEED = 20261121
POINTS = 20
IN_THE_FETCH = 4  # so many of them aim at the first request of all
ANSWERS = ["right"] * 22
LONGEST_PAUSE = 0.06
QUIET = 0.3
SPENT = "launch the lesson again"

OF_THE_LMS = ("launched", "abandoned", "satisfied")
DEFINED = ("launched", "initialized", "passed", "completed", "terminated")


@dataclass(frozen=True, slots=True)
class Point:
    """When to kill: after so many acknowledged statements (none: at the fetch), and a pause."""

    number: int
    after: int
    pause: float


def points() -> list[Point]:
    """The same every time."""
    chance = random.Random(SEED)
    most = len(ANSWERS) + 3  # `terminated` is the one after these
    spread = POINTS - IN_THE_FETCH
    afters = [0] * IN_THE_FETCH + [1 + number * most // spread for number in range(spread)]
    pauses = [chance.uniform(0, LONGEST_PAUSE) for _ in afters]
    pauses[:IN_THE_FETCH] = [0.0, 0.0, 0.002, 0.006]  # it is a matter of milliseconds
    return [Point(*each) for each in zip(range(POINTS), afters, pauses, strict=True)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one point: the session that ended well, the ids its lesson saw acknowledged, how many the lesson
    had when the device died, and the session whose token was lost, if it was."""

    session: str
    acknowledged: list[str]
    at_death: int
    lost_session: str | None


def test_killed_at_any_moment_nothing_acknowledged_is_lost(world: World) -> None:
    """Whenever the device dies, each statement that a lesson saw acknowledged is at the school once, unaltered, and
    each session is whole."""
    school = world.school()
    device = world.device("tablet", school=school)
    course = import_course(device, ONE_LESSON)["id"]
    outcomes = [play(world, device, course, point) for point in points()]

    drain(device)
    here = statements(device, credential(device, "auditor", "all/read"))
    there = statements(school, credential(school, "auditor", "all/read"))
    check_logs(here, there)
    for outcome in outcomes:
        check_session(outcome, here, there)
    deaths = Counter(place(outcome) for outcome in outcomes)
    sys.stdout.write(f"of {POINTS} kills: {dict(deaths)}\n")  # shown by -rP
    assert deaths["in the session"] >= POINTS // 5, f"the kills missed what they aim at: {deaths}"


def play(world: World, device: Program, course: str, point: Point) -> Outcome:
    """A lesson of a new learner, in which the device dies and comes back; where the token was lost, a second launch."""
    enrolled = enrol(course, f"learner {point.number}", device)
    launched = launch(device, enrolled)
    if not point.after:
        drain(device)
        time.sleep(QUIET)  # the next commit is that of the fetch
    before = last_commit(device)
    with lesson(world, launched["url"], ANSWERS) as given:
        watch(given, lambda: count(given) >= point.after and last_commit(device) != before)
        time.sleep(point.pause)
        device.kill()
        at_death = len(given.journal)
        device.start()
        status, said = given.end()
        if status == 0:
            return Outcome(launched["session"], [line["id"] for line in given.journal], at_death, None)
        assert (status, given.journal) == (1, [])
        assert SPENT in said, said
    return again(world, device, enrolled, launched["session"])


def again(world: World, device: Program, enrolled: Enrolled, lost: str) -> Outcome:
    """What a learner does who is told to launch once more."""
    launched = launch(device, enrolled)
    with lesson(world, launched["url"], ANSWERS) as given:
        assert given.end() == (0, "")
        return Outcome(launched["session"], [line["id"] for line in given.journal], 0, lost)


def watch(given: Lesson, seen: Callable[[], bool]) -> None:
    """Return as soon as it is seen, or the lesson has ended."""
    end = time.monotonic() + 30
    while given.process.poll() is None and not seen():
        assert time.monotonic() < end, "the lesson does not get on"
        time.sleep(0.0002)


def last_commit(device: Program) -> int:
    """When the device's log of changes was last written."""
    return (device.data / f"{DATABASE}-wal").stat().st_mtime_ns


def count(given: Lesson) -> int:
    """How many lines the journal has by now."""
    return given.path.read_bytes().count(b"\n") if given.path.exists() else 0


def check_logs(here: Sequence[Statement], there: Sequence[Statement]) -> None:
    """Both logs hold the same statements, each once, and `stored` rises strictly on each."""
    for log in (here, there):
        stored = [one["stored"] for one in log]
        assert stored == sorted(set(stored))
    assert Counter(one["id"] for one in here) == Counter(one["id"] for one in there)
    at_school = {one["id"]: one for one in there}
    assert [one["id"] for one in here if not same(one, at_school[one["id"]])] == []


def check_session(outcome: Outcome, here: Sequence[Statement], there: Sequence[Statement]) -> None:
    """What the lesson saw acknowledged is what the school has of its session, and the session is whole."""
    for log in (here, there):
        said = [one for one in log if session_of(one) == outcome.session]
        assert sorted(one["id"] for one in said if verb(one) not in OF_THE_LMS) == sorted(outcome.acknowledged)
        verbs = Counter(verb(one) for one in said)
        assert verbs == {**dict.fromkeys(DEFINED, 1), "answered": len(ANSWERS), "satisfied": 2}
        assert len({one["object"]["id"] for one in said if verb(one) == "satisfied"}) == 2
        if outcome.lost_session is not None:
            lost = [verb(one) for one in log if session_of(one) == outcome.lost_session]
            assert lost == ["launched", "abandoned"]


def place(outcome: Outcome) -> str:
    """Where the kill fell, as far as the journal tells."""
    if outcome.lost_session is not None:
        return "in the fetch, token lost"
    if outcome.at_death == 0:
        return "before the first acknowledgement"
    return "in the session" if outcome.at_death < len(outcome.acknowledged) else "after the end"
