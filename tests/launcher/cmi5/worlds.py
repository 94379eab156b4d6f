"""Small worlds that several tests start from: a course's XML, a session, a statement of it."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from launcher.cmi5 import launch_data, vocabulary
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure
from launcher.cmi5.session import SessionView
from lrs.errors import Fault

Json = dict[str, Any]

# --- courses --------------------------------------------------------------------------------------------------------

TEXTS = (
    "<title><langstring lang='en'>Title</langstring></title>"
    "<description><langstring lang='en'>Text</langstring></description>"
)
COURSE = f"<course id='https://pub.example/course'>{TEXTS}</course>"


def au_xml(
    name: str = "au", *, attributes: str = "", url: str = "https://pub.example/start", before: str = "", after: str = ""
) -> str:
    """One `<au>` on one line; `before` and `after` stand around its url."""
    return f"<au id='https://pub.example/{name}' {attributes}>{TEXTS}{before}<url>{url}</url>{after}</au>"


def course_xml(*nodes: str, course: str = COURSE, extra: str = "") -> bytes:
    """A course structure with each part on a line of its own: line 2 is the course, the nodes start on line 3."""
    namespace = vocabulary.COURSE_STRUCTURE_NAMESPACE
    lines = [f"<courseStructure xmlns='{namespace}' xmlns:x='https://ext.example/ns'>", course, *nodes]
    return "\n".join([*lines, f"{extra}</courseStructure>"]).encode()


def au(index: int, move_on: str = vocabulary.MOVE_ON_PASSED) -> AssignableUnit:
    """The AU of that index, named after it."""
    return AssignableUnit(
        index=index,
        id=f"https://pub.example/au/{index}",
        title=(("en", f"AU {index}"),),
        description=(),
        url="https://pub.example/start",
        launch_method=vocabulary.ANY_WINDOW,
        move_on=move_on,
    )


def block(name: str, *children: Block | AssignableUnit) -> Block:
    """A block of that name."""
    return Block(f"https://pub.example/block/{name}", (("en", name),), (), (), children)


def course(*children: Block | AssignableUnit) -> CourseStructure:
    """A course of these nodes."""
    return CourseStructure("https://pub.example/course", (("en", "Course"), ("es", "Curso")), (), (), children)


# --- sessions and statements ----------------------------------------------------------------------------------------

ACTOR: Json = {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": "p-1"}}
REGISTRATION = "5a1f0b2e-6f4c-4a8c-9d53-0b8f6a3c1d2e"
SESSION_ID = "0e0d3c4b-1111-4222-8333-444455556666"
ACTIVITY_ID = "https://school.example/cmi5/au/1"
PUBLISHER_ID = "https://pub.example/au"


def session(**changes: Any) -> SessionView:
    """A session in Normal mode with a masteryScore of 0.6, just launched."""
    values: Json = {
        "id": SESSION_ID,
        "registration": REGISTRATION,
        "actor": ACTOR,
        "activity_id": ACTIVITY_ID,
        "publisher_id": PUBLISHER_ID,
        "launch_mode": vocabulary.NORMAL,
        "move_on": vocabulary.COMPLETED_AND_PASSED,
        "mastery_score": Decimal("0.6"),
        "context_template": launch_data.context_template(SESSION_ID, PUBLISHER_ID),
    }
    return SessionView(**(values | changes))


_RESULTS: dict[str, Json] = {
    vocabulary.COMPLETED: {"completion": True, "duration": "PT1M"},
    vocabulary.PASSED: {"success": True, "duration": "PT1M", "score": {"scaled": 0.8}},
    vocabulary.FAILED: {"success": False, "duration": "PT1M", "score": {"scaled": 0.2}},
    vocabulary.TERMINATED: {"duration": "PT1M"},
}


def allowed(verb: str = "https://pub.example/verbs/looked-at") -> Json:
    """A cmi5 allowed statement that keeps every rule."""
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "actor": copy.deepcopy(ACTOR),
        "verb": {"id": verb},
        "object": {"id": "https://pub.example/video"},
        "context": {
            "registration": REGISTRATION,
            **copy.deepcopy(launch_data.context_template(SESSION_ID, PUBLISHER_ID)),
        },
        "timestamp": "2026-11-21T10:00:00.000000Z",
    }


def defined(verb: str) -> Json:
    """A cmi5 defined statement with that verb that keeps every rule."""
    statement = allowed(verb)
    statement["object"] = {"objectType": "Activity", "id": ACTIVITY_ID}
    categories = [{"id": vocabulary.CATEGORY_CMI5}]
    result = copy.deepcopy(_RESULTS.get(verb))
    if result is not None:
        statement["result"] = result
        if "success" in result or "completion" in result:
            categories.append({"id": vocabulary.CATEGORY_MOVE_ON})
        if "score" in result:
            statement["context"]["extensions"][vocabulary.EXT_MASTERY_SCORE] = 0.6
    statement["context"]["contextActivities"]["category"] = categories
    return statement


def requirements(faults: list[Fault] | tuple[Fault, ...]) -> list[str]:
    """The requirement ids that these faults name."""
    return [fault.requirement.removeprefix("cmi5 ") for fault in faults]
