"""A school for the pages to show: courses, learners, and what devices have brought of their lessons.

Statements come as sync brings them, so a thousand learners take seconds and not hours. Everything follows from numbers.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from launcher.cmi5 import ids, vocabulary
from launcher.learning import registrations, standing
from launcher.learning.lms import Desk
from launcher.people import roster
from launcher.people.roster import Somebody
from lrs.store.promises import Transaction
from lrs.xapi import timestamps
from tests.launcher.campus import SCHOOL, STORE, Campus, block
from tests.launcher.cmi5 import worlds

BATCH = 500
TITLE = "A whole year of mathematics"
GIVEN = ("Amina", "Benito", "Chiara", "Dawit", "Elif", "Farah", "Goran", "Hana", "Idris", "Joana", "Kofi", "Lucía")
FAMILY = ("Abebe", "Brandão", "Çelik", "Diallo", "Evans", "Fernández", "García", "Haddad", "Ivanova", "Jansen")


def wide_course(blocks: int, aus: int) -> bytes:
    """A course of so many blocks with so many AUs each; every third AU asks to be passed."""
    nodes = [
        block(
            f"block-{b}",
            *(
                worlds.au_xml(f"au-{b}-{a}", attributes=f"moveOn='{'Passed' if a % 3 == 0 else 'Completed'}'").replace(
                    ">Title<", f">Lesson {b + 1}.{a + 1}<"
                )
                for a in range(aus)
            ),
        ).replace(">Title<", f">Chapter {b + 1}<", 1)
        for b in range(blocks)
    ]
    return worlds.course_xml(*nodes, course=worlds.COURSE.replace("Title", TITLE))


def name(number: int) -> tuple[str, str]:
    """Given and family name of a learner."""
    return GIVEN[number % len(GIVEN)], f"{FAMILY[number // len(GIVEN) % len(FAMILY)]} {number:04d}"


def enrol(lms: Campus, course: str, learners: int) -> dict[str, str]:
    """Registration by person, for so many new people."""

    def work(transaction: Transaction) -> dict[str, str]:
        desk = Desk(transaction, STORE, lms.lms.lrs.store.here, lms.clock)
        made = {}
        for number in range(learners):
            person = roster.add(transaction, STORE, Somebody(f"learner-{number}", *name(number), "student"))
            made[person.id] = registrations.create(desk, course, ids.actor(SCHOOL, person.id)).id
        return made

    return lms.write(work)


def bring(lms: Campus, registrations: dict[str, str], most: int = 1000) -> int:
    """What devices bring of these learners in a wide course; how many statements. The first learners have done most,
    up to so many AUs."""
    statements = list(_statements(lms, registrations, most))
    for start in range(0, len(statements), BATCH):
        assert lms.bring(*statements[start : start + BATCH]) == 200
    return len(statements)


def _statements(lms: Campus, registrations: dict[str, str], most: int) -> Iterator[dict[str, Any]]:
    made = next(one for one in lms.read(lambda reader: standing.tables(reader, STORE)) if one.title == TITLE)
    aus = [column for column in made.columns if column.kind == "au"][:most]
    for number, (person, registration) in enumerate(registrations.items()):
        reached = len(aus) * (len(registrations) - number) // len(registrations)
        for au, column in enumerate(aus[:reached]):
            yield from _session(lms, person, registration, column.activity, au, number)


def _session(
    lms: Campus, person: str, registration: str, activity: str, au: int, number: int
) -> Sequence[dict[str, Any]]:
    """Launched, and what became of it: passed or failed where the AU has a score, else completed."""
    at_us = lms.clock.now_us() - (60 - au) * 3_600_000_000 - number * 1_000_000
    became = vocabulary.COMPLETED
    if au % 3 == 0:
        became = vocabulary.FAILED if (number + au) % 7 == 0 else vocabulary.PASSED
    made = [
        _said(verb, person, registration, activity, at_us + step)
        for step, verb in enumerate((vocabulary.LAUNCHED, became))
    ]
    if became != vocabulary.COMPLETED:
        made[1]["result"]["score"] = {
            "scaled": round(0.3 if became == vocabulary.FAILED else 0.6 + (number % 5) / 10, 2)
        }
    return made


def _said(verb: str, person: str, registration: str, activity: str, at_us: int) -> dict[str, Any]:
    statement = worlds.defined(verb)
    statement["id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{registration} {activity} {verb}"))
    statement["actor"] = {"objectType": "Agent", "account": {"homePage": SCHOOL, "name": person}}
    statement["object"]["id"] = activity
    statement["context"]["registration"] = registration
    statement["timestamp"] = timestamps.format(at_us)
    return statement
