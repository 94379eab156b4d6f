"""What must be so in the demonstration's story: functions from values to whether it is, and in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from launcher.cli.cast import BLOCK, LEARNERS
from launcher.cli.show import counted
from launcher.cli.stage import Statement
from launcher.progress.fold import NOT_STARTED
from lrs.xapi.equality import same

# --- one lesson -----------------------------------------------------------------------------------------------------


def verdict(verbs: Sequence[str]) -> tuple[str | None, ...] | None:
    """What a lesson said of its learner, `(None,)` where it left that open; None where it was no whole lesson."""
    if not verbs or (verbs[0], verbs[-1]) != ("initialized", "terminated"):
        return None
    return tuple(verb for verb in verbs if verb in ("passed", "failed")) or (None,)


def told(verbs: Sequence[str]) -> str:
    """The verbs in words: `initialized, 5 × answered, passed, terminated`."""
    return ", ".join(f"{count} × {verb}" if count > 1 else verb for verb, count in Counter(verbs).items())


def verb_of(statement: Statement) -> str:
    """The last segment of its verb."""
    return str(statement["verb"]["id"]).rpartition("/")[2]


def asked_again(first: Iterable[Statement], second: Iterable[Statement], registration: str) -> list[str]:
    """The questions of that registration which were answered on both tablets."""
    here, there = (set(_answered(side, registration)) for side in (first, second))
    return sorted(here & there)


def _answered(statements: Iterable[Statement], registration: str) -> Iterator[str]:
    for one in statements:
        if verb_of(one) == "answered" and one["context"]["registration"] == registration:
            yield one["object"]["id"]


# --- both sides -----------------------------------------------------------------------------------------------------


def comparison(
    made: Sequence[Statement], at_school: Sequence[Statement], before: set[str]
) -> Iterator[tuple[bool, str, str]]:
    """What must be so of what the tablets made and what the school has: whether it is, the promise, and the proof."""
    twice = [name for name, count in Counter(one["id"] for one in at_school).items() if count > 1]
    yield not twice, "no statement is at the school twice", _some(twice)
    there = {one["id"]: one for one in at_school}
    missing = [one["id"] for one in made if one["id"] not in there]
    yield not missing, f"all {len(made)} statements of the tablets are at the school", _some(missing)
    strange = sorted(there.keys() - before - {one["id"] for one in made})
    yield not strange, "the school has none that nobody made", _some(strange)
    changed = [one["id"] for one in made if one["id"] in there and not same(one, there[one["id"]])]
    yield not changed, "each says there what it said on the tablet", _some(changed)


def _some(ids: Sequence[str]) -> str:
    return f"{counted(len(ids), 'statement')}, the first is {ids[0]}" if ids else ""


# --- everybody ------------------------------------------------------------------------------------------------------


def progress_rows(course: Mapping[str, Any], people: Collection[str]) -> Iterator[tuple[str, str, str, str]]:
    """For each of these people a row for each lesson and block that was begun, for the rest, and for the whole."""
    for line in (one for one in course["learners"] if one["learner"] in people):
        begun = [one for one in line["aus"] if one["state"] != NOT_STARTED]
        blocks = [one for one in line["blocks"] if one["state"] != NOT_STARTED]
        rest = len(line["aus"]) - len(begun)
        rows = [
            *((one["title"], one["state"], score(one)) for one in begun),
            *((f"block “{one['title']}”", one["state"], "") for one in blocks),
            *([(f"{counted(rest, 'lesson')} more", NOT_STARTED, "")] if rest else []),
            ("the whole course", line["state"], ""),
        ]
        for number, row in enumerate(rows):
            yield ("" if number else line["learner"], *row)


def score(unit: Mapping[str, Any]) -> str:
    """A score in words."""
    return "" if unit["score"] is None else f"{round(100 * unit['score'])} %"


def standing(courses: Sequence[Mapping[str, Any]]) -> Iterator[tuple[bool, str]]:
    """What must be so of everybody's progress at the end of the story."""
    learners = {line["learner"]: line for line in courses[0]["learners"]}
    amina, benito, carla = (learners[name] for name in LEARNERS)
    yield _state(amina["blocks"], BLOCK) == "satisfied", f"Amina has mastered the block “{BLOCK}”"
    yield _state(benito["aus"], "Fractions") == "passed and completed", "Benito passed at his second try"
    yield _state(carla["aus"], "Addition") == "passed and completed", "Carla's two halves are one lesson, passed"
    for other in courses[1:]:
        line = next(one for one in other["learners"] if one["learner"] == LEARNERS[0])
        yield line["state"] == "satisfied", f"{LEARNERS[0]} is through with “{other['title']}”"


def _state(squares: Iterable[Mapping[str, Any]], title: str) -> str | None:
    return next((str(one["state"]) for one in squares if one["title"] == title), None)
