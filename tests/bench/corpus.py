"""The statements that are sent: typical of lessons, about 1.1 KB each, the same for the same seed.

Each is a *template*: its JSON text cut where the id goes, so that the load generator gives every request fresh ids
without writing JSON while the clock runs. The base of the comparison makes its rows from the very same templates.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Template = tuple[str, str]

SCHOOL = "https://school.example"
MARK = "00000000-0000-4000-8000-00000000beef"
CMI5 = "https://w3id.org/xapi/cmi5/context"
VERBS = "http://adlnet.gov/expapi/verbs/"
# Most of what a lesson says is answers; the rest is what cmi5 defines, which the progress projection folds.
MIX = (("answered", 60), ("initialized", 10), ("completed", 8), ("passed", 8), ("failed", 4), ("terminated", 10))
DEFINED = frozenset(verb for verb, _ in MIX) - {"answered"}
SCORED = frozenset({"passed", "failed"})


@dataclass(frozen=True, slots=True)
class World:
    """Who learns what: a school of `actors`, each registered in every one of `units`."""

    actors: tuple[str, ...]
    units: tuple[str, ...]
    registrations: tuple[str, ...]

    def registration(self, actor: int, unit: int) -> str:
        """The registration of this actor for this unit's course."""
        return self.registrations[actor * len(self.units) + unit]


def world(seed: int, actors: int = 500, units: int = 12) -> World:
    """The same school for the same seed."""
    chance = random.Random(f"world/{seed}")
    return World(
        tuple(_uuid(chance) for _ in range(actors)),
        tuple(f"{SCHOOL}/cmi5/au/{_uuid(chance)}" for _ in range(units)),
        tuple(_uuid(chance) for _ in range(actors * units)),
    )


def templates(seed: int, count: int) -> list[Template]:
    """`count` statements of the world of this seed."""
    chance = random.Random(f"statements/{seed}")
    known = world(seed)
    verbs = chance.choices([verb for verb, _ in MIX], [weight for _, weight in MIX], k=count)
    return [cut(_statement(chance, known, verb)) for verb in verbs]


def cut(statement: dict[str, Any]) -> Template:
    """The statement's text before and behind its id, whatever id it has."""
    text = json.dumps({**statement, "id": MARK}, ensure_ascii=False, separators=(",", ":"))
    before, _, behind = text.partition(MARK)
    return before, behind


def size(made: list[Template]) -> float:
    """How many bytes a statement has, on average."""
    return sum(len((before + MARK + behind).encode()) for before, behind in made) / len(made)


def actor(name: str) -> dict[str, Any]:
    """A learner, as cmi5 names one: an account of the school's."""
    return {"objectType": "Agent", "account": {"homePage": SCHOOL, "name": name}}


def _uuid(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _statement(chance: random.Random, known: World, verb: str) -> dict[str, Any]:
    who, what = chance.randrange(len(known.actors)), chance.randrange(len(known.units))
    unit = known.units[what]
    return {
        "id": MARK,
        "timestamp": f"2026-11-{chance.randint(1, 28):02d}T{chance.randint(7, 17):02d}:{chance.randint(0, 59):02d}:"
        f"{chance.randint(0, 59):02d}.{chance.randrange(1_000_000):06d}Z",
        "actor": actor(known.actors[who]),
        "verb": {"id": VERBS + verb, "display": {"en": verb, "es": verb}},
        "object": _question(chance, unit) if verb == "answered" else _unit(unit),
        "result": _result(chance, verb),
        "context": _context(chance, known.registration(who, what), unit, verb),
    }


def _question(chance: random.Random, unit: str) -> dict[str, Any]:
    first, second = chance.randint(1, 20), chance.randint(1, 20)
    return {
        "objectType": "Activity",
        "id": f"{unit}/test/addition-1/question/{first}-plus-{second}",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "name": {"en": f"{first} + {second}"},
            "interactionType": "numeric",
            "correctResponsesPattern": [str(first + second)],
        },
    }


def _unit(unit: str) -> dict[str, Any]:
    definition = {
        "type": "http://adlnet.gov/expapi/activities/lesson",
        "name": {"en": "Addition and subtraction of whole numbers", "es": "Suma y resta de números enteros"},
    }
    return {"objectType": "Activity", "id": unit, "definition": definition}


def _result(chance: random.Random, verb: str) -> dict[str, Any]:
    duration = f"PT{chance.randint(1, 9)}M{chance.randint(0, 5999) / 100:.2f}S"
    if verb == "answered":
        return {"success": chance.random() < 0.7, "response": str(chance.randint(1, 40)), "duration": duration}
    if verb == "completed":
        return {"completion": True, "duration": duration}
    if verb in SCORED:
        right = chance.randint(12, 20) if verb == "passed" else chance.randint(0, 11)
        score = {"scaled": right / 20, "raw": right, "min": 0, "max": 20}
        return {"success": verb == "passed", "score": score, "duration": duration}
    return {"duration": duration}


def _context(chance: random.Random, registration: str, unit: str, verb: str) -> dict[str, Any]:
    activities = {
        "grouping": [{"id": "https://offline-lrs.example/maths/addition"}],
        "parent": [{"objectType": "Activity", "id": f"{unit}/test/addition-1"}],
    }
    if verb in DEFINED:
        activities["category"] = [{"id": f"{CMI5}/categories/cmi5"}]
    return {
        "registration": registration,
        "contextActivities": activities,
        "platform": "offline-maths 0.1",
        "language": "en",
        "extensions": {f"{CMI5}/extensions/sessionid": _uuid(chance)},
    }
