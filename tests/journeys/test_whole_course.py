"""A course of the specification, taken whole by an AU that is not ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launcher.cmi5.course import Block, CourseStructure
from launcher.cmi5.course_xml import parse
from lrs.xapi.equality import same
from tests.support import scripted_au
from tests.support.world import (
    Statement,
    World,
    api,
    credential,
    drain,
    enrol,
    import_course,
    launch,
    session_of,
    spec_course,
    statements,
    verb,
)

pytestmark = pytest.mark.slow

EXAMPLES = SIMPLE, EXTENDED, COMPLEX = ("simple-cmi5.xml", "extended-cmi5.xml", "complex-cmi5.xml")
SHOWN = {
    "Passed": "passed",
    "Completed": "completed",
    "CompletedAndPassed": "passed and completed",
    "CompletedOrPassed": "completed",
    "NotApplicable": "in progress",
}


def test_every_au_of_the_complex_example_runs_a_whole_session(world: World) -> None:
    """Each of the 14 AUs runs a session; blocks and course are satisfied once, inner ones first, each before the
    session that led to it ends; all of it reaches the school, which shows the result."""
    source = spec_course(COMPLEX)
    structure = parse(source).structure
    school = world.school()
    device = world.device("tablet", school=school)
    course = import_course(school, source)
    assert import_course(device, source) == course
    enrolled = enrol(course["id"], "Amina", school, device)
    ran = {}
    for au in structure.aus:
        launched = launch(device, enrolled, au.index)
        ran[launched["session"]] = (au, scripted_au.run(launched["url"]))
    assert len(ran) == 14

    drain(device)
    log = statements(device)
    at_school = {one["id"]: one for one in statements(school)}
    made = {one["id"]: one for one in log}
    assert made.keys() <= at_school.keys()  # the school has what it said itself when the learner was enrolled there
    assert [name for name, one in made.items() if not same(one, at_school[name])] == []
    for session, (_, au_ran) in ran.items():
        own = [verb(one) for one in log if session_of(one) == session and verb(one) != "satisfied"]
        assert own == ["launched", *au_ran.said]
    check_satisfied(log, structure, set(ran))

    line = api(school, "GET", "/progress")["courses"][0]["learners"][0]
    assert (line["learner"], line["state"]) == ("Amina", "satisfied")
    assert [(unit["state"], unit["score"]) for unit in line["aus"]] == [
        (SHOWN[au.move_on], score(au.move_on, au_ran.launch_data)) for au, au_ran in ran.values()
    ]


def score(move_on: str, launch_data: dict[str, Any]) -> float | None:
    """What the AU scores: what it must, where it passes and the course asks for a score."""
    return launch_data.get("masteryScore") if "passed" in scripted_au.VERDICTS[move_on] else None


def check_satisfied(log: list[Statement], structure: CourseStructure, sessions: set[str]) -> None:
    """Exactly one `satisfied` each, in order, and in time."""
    places = {publisher_id(one): place for place, one in enumerate(log) if verb(one) == "satisfied"}
    assert sum(verb(one) == "satisfied" for one in log) == len(places)
    assert places.keys() == {structure.id, *(block.id for block in structure.blocks)}
    outers: tuple[CourseStructure | Block, ...] = (structure, *structure.blocks)
    for outer in outers:
        for inner in outer.children:
            if isinstance(inner, Block):
                assert places[inner.id] < places[outer.id]
    ends = {session_of(one): place for place, one in enumerate(log) if verb(one) == "terminated"}
    by_lesson = [place for place in places.values() if session_of(log[place]) in sessions]
    assert by_lesson  # others were satisfied at once: nothing in them is asked for (cmi5 9.6.1.1)
    for place in by_lesson:
        assert verb(log[place - 1]) in ("passed", "completed", "satisfied")
        assert place < ends[session_of(log[place])]


def publisher_id(statement: Statement) -> str:
    """The publisher's id of what the statement is about (cmi5 9.6.2.3)."""
    return str(statement["context"]["contextActivities"]["grouping"][0]["id"])


def test_every_example_of_the_specification_imports(world: World) -> None:
    """Each example course is taken by the command that people use and comes out again byte for byte; a publisher's own
    elements around the same structure do not make another course (cmi5 13.1.5)."""
    device = world.device("tablet")
    given = ("--data", str(device.data))
    ids = {}
    for name in EXAMPLES:
        path = world.folder / name
        path.write_bytes(spec_course(name))
        imported = world.run("courses", "import", str(path), "--json", *given)
        assert imported.returncode == 0, imported.stderr
        ids[name] = json.loads(imported.stdout)["id"]
    assert ids[SIMPLE] == ids[EXTENDED] != ids[COMPLEX]
    for name in (SIMPLE, COMPLEX):
        assert world.run("courses", "export", ids[name], *given).stdout.encode() == spec_course(name)


def test_what_a_lesson_wrote_is_read_by_its_credential_only(world: World) -> None:
    """A learner's session reads what that learner said in this registration, not what another did."""
    source = spec_course(COMPLEX)
    device = world.device("tablet")
    course = import_course(device, source)["id"]
    first = scripted_au.run(launch(device, enrol(course, "Amina", device))["url"])
    with scripted_au.ScriptedAu(launch(device, enrol(course, "Benito", device))["url"]) as au:
        au.start()
        own = au.say(au.defined("initialized"))
        answer = au.ask("GET", "statements", {"statementId": first.said["initialized"]})
        assert answer.status == 404
        assert au.ask("GET", "statements", {"statementId": own}).status == 200
    assert first.said["initialized"] in {one["id"] for one in statements(device, credential(device, "a", "all/read"))}
