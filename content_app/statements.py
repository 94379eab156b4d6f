"""The statements of a lesson (cmi5 9), as values ready to be sent.

Whoever makes one hands in its id and time. Every statement carries all of the context template unaltered (cmi5 10.2.1);
those that cmi5 defines carry its category too, `answered` is cmi5 allowed and does not.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content_app.launch import Launch
from content_app.lesson import Answer, Score
from content_app.spoken import LANGUAGES, spoken

VERBS = {
    "initialized": "http://adlnet.gov/expapi/verbs/initialized",
    "answered": "http://adlnet.gov/expapi/verbs/answered",
    "passed": "http://adlnet.gov/expapi/verbs/passed",
    "failed": "http://adlnet.gov/expapi/verbs/failed",
    "completed": "http://adlnet.gov/expapi/verbs/completed",
    "terminated": "http://adlnet.gov/expapi/verbs/terminated",
}
CMI5_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/moveon"
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LaunchData:
    """What the LMS says about this session (cmi5 10)."""

    context_template: Mapping[str, Any]
    launch_mode: str
    mastery_score: float | None
    return_url: str | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who speaks, and in which session: what every statement has in common."""

    launch: Launch
    data: LaunchData


def initialized(author: Author, statement_id: uuid.UUID, now: datetime) -> Statement:
    """The first statement of a session (cmi5 9.3.2)."""
    return _defined(author, "initialized", statement_id, now)


def terminated(author: Author, statement_id: uuid.UUID, now: datetime, seconds: float) -> Statement:
    """The last statement of a session (cmi5 9.3.8)."""
    return _defined(author, "terminated", statement_id, now) | {"result": {"duration": duration(seconds)}}


def completed(author: Author, statement_id: uuid.UUID, now: datetime, seconds: float) -> Statement:
    """Every exercise was given (cmi5 9.3.3)."""
    statement = _defined(author, "completed", statement_id, now)
    _add_activity(statement, "category", MOVE_ON_CATEGORY)  # cmi5 9.6.2.2
    return statement | {"result": {"completion": True, "duration": duration(seconds)}}


def judged(
    author: Author, verb: str, statement_id: uuid.UUID, now: datetime, seconds: float, score: Score
) -> Statement:
    """`passed` or `failed`, with the score, and the mastery score it was judged by."""
    statement = _defined(author, verb, statement_id, now)
    _add_activity(statement, "category", MOVE_ON_CATEGORY)  # cmi5 9.6.2.2
    if author.data.mastery_score is not None:
        extensions = statement["context"].setdefault("extensions", {})
        extensions[MASTERY_SCORE] = author.data.mastery_score  # cmi5 9.6.3.2
    points = {"scaled": score.scaled, "raw": score.right, "min": 0, "max": score.total}
    return statement | {"result": {"success": verb == "passed", "score": points, "duration": duration(seconds)}}


def answered(author: Author, statement_id: uuid.UUID, now: datetime, answer: Answer, seconds: float) -> Statement:
    """The response to one exercise, as an interaction (xAPI Data 2.4.4.1). `seconds`: how long the learner thought."""
    activity_id, launch = author.launch.activity_id, author.launch
    test = f"{activity_id}/test/{launch.topic}-{launch.level}"
    statement = _any(author, "answered", statement_id, now)
    _add_activity(statement, "parent", test)
    statement["object"] = {
        "objectType": "Activity",
        "id": f"{test}/question/{answer.exercise.slug}",
        "definition": {
            "type": INTERACTION,
            "name": dict.fromkeys(LANGUAGES, answer.exercise.prompt),
            "description": {language: spoken(answer.exercise.prompt, language) for language in LANGUAGES},
            "interactionType": answer.exercise.interaction,
            "correctResponsesPattern": [answer.exercise.answer],
        },
    }
    result = {"success": answer.right, "response": answer.response, "duration": duration(seconds)}
    return statement | {"result": result}


def timestamp(now: datetime) -> str:
    """The time as text, in UTC, with six digits of fraction (cmi5 9.7)."""
    return f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"


def duration(seconds: float) -> str:
    """An ISO 8601 duration, to hundredths of a second."""
    return f"PT{max(seconds, 0.0):.2f}S"


def _defined(author: Author, verb: str, statement_id: uuid.UUID, now: datetime) -> Statement:
    statement = _any(author, verb, statement_id, now)
    _add_activity(statement, "category", CMI5_CATEGORY)  # cmi5 9.6.2.1
    return statement


def _any(author: Author, verb: str, statement_id: uuid.UUID, now: datetime) -> Statement:
    context = copy.deepcopy(dict(author.data.context_template))
    return {
        "id": str(statement_id),
        "timestamp": timestamp(now),
        "actor": author.launch.actor,
        "verb": {"id": VERBS[verb], "display": {"en": verb}},
        "object": {"objectType": "Activity", "id": author.launch.activity_id},
        "context": context | {"registration": author.launch.registration},
    }


def _add_activity(statement: Statement, kind: str, activity_id: str) -> None:
    activities = statement["context"].setdefault("contextActivities", {})
    present = activities.get(kind, [])
    listed = present if isinstance(present, list) else [present]  # xAPI Data 2.4.6.2: one may stand without an array
    if all(activity["id"] != activity_id for activity in listed):
        activities[kind] = [*listed, {"id": activity_id}]
