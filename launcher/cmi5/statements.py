"""The statements that the LMS makes itself (cmi5 9.3): launched, satisfied, abandoned, waived.

Each builder returns a whole statement with everything 9.6 asks of the context; id and time are the caller's. The caller
decides when one is due and that it is not made twice (`move_on`, the store). All four carry the publisher id of what
they are about in `grouping` (9.6.2.3-2).
"""

from __future__ import annotations

from uuid import UUID

from launcher.cmi5 import vocabulary
from launcher.cmi5.launch_data import Issued, JsonObject, number


def launched(
    *,
    statement_id: UUID,
    timestamp: str,
    actor: JsonObject,
    registration: str,
    session_id: str,
    activity_id: str,
    publisher_id: str,
    au: Issued,
    launch_mode: str,
    launch_url: str,
) -> JsonObject:
    """9.3.1: stored before the AU is launched, once per session. `launch_url` is what `launch_url.recorded` gives."""
    optional = {
        vocabulary.EXT_MASTERY_SCORE: None if au.mastery_score is None else number(au.mastery_score),  # 9.6.3.2-1
        vocabulary.EXT_LAUNCH_PARAMETERS: au.launch_parameters,  # 9.6.3.7-1
    }
    extensions = {
        vocabulary.EXT_LAUNCH_MODE: launch_mode,  # 9.6.3.3-1
        vocabulary.EXT_LAUNCH_URL: launch_url,  # 9.6.3.4-1
        vocabulary.EXT_MOVE_ON: au.move_on,  # 9.6.3.6-1
        **{name: value for name, value in optional.items() if value is not None},
    }
    return {
        "id": str(statement_id),
        "actor": actor,
        "verb": _verb(vocabulary.LAUNCHED),
        "object": _activity(activity_id),
        "context": _context(registration, session_id, publisher_id, extensions=extensions),
        "timestamp": timestamp,
    }


def satisfied(
    *,
    statement_id: UUID,
    timestamp: str,
    actor: JsonObject,
    registration: str,
    session_id: str,
    activity_id: str,
    publisher_id: str,
    activity_type: str,
) -> JsonObject:
    """9.3.9: a block or the course is satisfied. `activity_type` is `TYPE_BLOCK` or `TYPE_COURSE`, ids are its own.

    `session_id` is that of the AU session which led to it, else a fresh one that is used for nothing else.
    """
    if activity_type not in {vocabulary.TYPE_BLOCK, vocabulary.TYPE_COURSE}:
        raise ValueError("only a block or a course is satisfied; cmi5 defines no such statement for an AU")
    return {
        "id": str(statement_id),
        "actor": actor,
        "verb": _verb(vocabulary.SATISFIED),
        # Nothing but the type, which never changes: 9.3.9 wants the same object in all of them.
        "object": _activity(activity_id) | {"definition": {"type": activity_type}},
        "context": _context(registration, session_id, publisher_id),
        "timestamp": timestamp,
    }


def abandoned(
    *,
    statement_id: UUID,
    timestamp: str,
    actor: JsonObject,
    registration: str,
    session_id: str,
    activity_id: str,
    publisher_id: str,
    duration: str,
) -> JsonObject:
    """9.3.6: the session ended abnormally. `duration` runs from "launched" to the AU's last statement (9.5.4.2)."""
    return {
        "id": str(statement_id),
        "actor": actor,
        "verb": _verb(vocabulary.ABANDONED),
        "object": _activity(activity_id),
        "result": {"duration": duration},  # 9.5.4.2-1
        "context": _context(registration, session_id, publisher_id),
        "timestamp": timestamp,
    }


def waived(
    *,
    statement_id: UUID,
    timestamp: str,
    actor: JsonObject,
    registration: str,
    session_id: str,
    activity_id: str,
    publisher_id: str,
    reason: str,
) -> JsonObject:
    """9.3.7: the AU is met by other means. `session_id` is fresh, shared with nothing but what it satisfies."""
    return {
        "id": str(statement_id),
        "actor": actor,
        "verb": _verb(vocabulary.WAIVED),
        "object": _activity(activity_id),
        "result": {
            "success": True,  # 9.5.2.0-1 (d2)
            "completion": True,  # 9.5.3.0-1 (d2)
            "extensions": {vocabulary.EXT_REASON: reason},  # 9.3.7.0-2
        },
        "context": _context(registration, session_id, publisher_id, vocabulary.CATEGORY_MOVE_ON),  # 9.6.2.2-1 (d4)
        "timestamp": timestamp,
    }


def _verb(iri: str) -> JsonObject:
    return {"id": iri, "display": {"en": iri.rpartition("/")[2]}}


def _activity(iri: str) -> JsonObject:
    return {"objectType": "Activity", "id": iri}


def _context(
    registration: str, session_id: str, publisher_id: str, *categories: str, extensions: JsonObject | None = None
) -> JsonObject:
    return {
        "registration": registration,  # 9.6.1.0-1
        "contextActivities": {
            "category": [_activity(iri) for iri in (vocabulary.CATEGORY_CMI5, *categories)],  # 9.6.2.1-1
            "grouping": [_activity(publisher_id)],  # 9.6.2.3-2
        },
        "extensions": {vocabulary.EXT_SESSION_ID: session_id, **(extensions or {})},  # 9.6.3.1-3
    }
