"""The LMS.LaunchData document (cmi5 10): what the lesson is told, and what its statements are held against.

Values only: the caller writes the document under the launch's actor, activity and registration before the launch.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

from launcher.cmi5 import vocabulary

JsonObject = dict[str, Any]


class Issued(Protocol):
    """What a launch takes from the course structure, as issued: an administrator may have changed it (10.2.3-10.2.5).

    An `AssignableUnit` is one as it stands; `msgspec.structs.replace` makes the changed one.
    """

    @property
    def move_on(self) -> str: ...
    @property
    def mastery_score(self) -> Decimal | None: ...
    @property
    def launch_parameters(self) -> str | None: ...
    @property
    def entitlement_key(self) -> str | None: ...


def document(
    *,
    session_id: str,
    publisher_id: str,
    au: Issued,
    launch_mode: str,
    return_url: str | None = None,
    alternate_entitlement_key: str | None = None,
) -> JsonObject:
    """The document of one launch. What is absent is left out, never null; an empty text or a score of 0 is kept."""
    optional = {
        "masteryScore": None if au.mastery_score is None else number(au.mastery_score),  # 10.2.4.0-1
        "launchParameters": au.launch_parameters,  # 10.2.3.0-1
        "returnURL": return_url,  # 10.2.6
        "entitlementKey": _entitlement_key(au.entitlement_key, alternate_entitlement_key),  # 10.2.7.0-1
    }
    return {
        "contextTemplate": context_template(session_id, publisher_id),  # 10.2.1.0-1
        "launchMode": launch_mode,  # 10.2.2.0-4
        "moveOn": au.move_on,  # 10.2.5.0-1
        **{name: value for name, value in optional.items() if value is not None},
    }


def context_template(session_id: str, publisher_id: str) -> JsonObject:
    """The context that every statement of the session builds on (10.2.1).

    It has no category: client libraries join lists, and the lesson's own categories would come out twice.
    """
    return {
        "contextActivities": {"grouping": [{"id": publisher_id}]},  # 10.2.1.0-3
        "extensions": {vocabulary.EXT_SESSION_ID: session_id},  # 10.2.1.0-2
    }


def number(score: Decimal) -> int | float:
    """The score as the JSON number of the same value; up to 15 digits, which is 11 more than cmi5 allows, exactly."""
    return int(score) if score == score.to_integral_value() else float(score)


def _entitlement_key(course_structure: str | None, alternate: str | None) -> JsonObject | None:
    keys = {"courseStructure": course_structure, "alternate": alternate}
    return {name: key for name, key in keys.items() if key is not None} or None
