"""What a lesson's statements must keep to, as a table (cmi5 7.1, 9, 10.2).

A session goes through four phases, and only two statements of the AU and one act of the LMS move it on:

    launched ──initialized──▶ initialized ──terminated──▶ terminated
        └───────────────abandoned (by the LMS)─────────▶ abandoned

`screen` holds a statement against what was issued at launch; it takes any JSON, valid xAPI or not, since its verdict
comes before generic validation. `judge` holds it against what was said before; `advance` is what it changes. A
statement is *cmi5 defined* by its category activity, never by its verb: lessons send "initialized" and "completed" of
other profiles (a video's), and those are *cmi5 allowed*, not counted for the session or for satisfaction (7.1.3).

Order is that of arrival: AUs send concurrently and their timestamps need not rise. The caller judges one statement of a
session at a time, in the transaction that stores it. Shapes of xAPI itself (a malformed duration) are `lrs.xapi`'s.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal, TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from launcher.cmi5 import vocabulary
from launcher.cmi5.launch_data import JsonObject
from lrs.errors import Fault

Phase = Literal["launched", "initialized", "terminated", "abandoned"]


class SessionView(Struct, frozen=True):
    """What is known of a session: as issued at launch, and as it stands. `id` is the cmi5 session id."""

    id: str
    registration: str
    actor: JsonObject
    activity_id: str
    publisher_id: str
    launch_mode: str
    move_on: str
    mastery_score: Decimal | None
    context_template: JsonObject
    phase: Phase = "launched"
    used_verbs: frozenset[str] = frozenset()
    """Verbs of the cmi5 defined statements so far."""


class AuView(Struct, frozen=True):
    """What is known of an AU in a registration, over all of its sessions."""

    passed: bool = False
    completed: bool = False
    waived: bool = False


class VerbRule(Struct, frozen=True):
    """What the result of one AU verb looks like (9.5), and the requirements behind each member."""

    success: bool | None = None
    success_requirement: str = "9.5.2.0-3 (d)"
    completion: bool | None = None
    completion_requirement: str = "9.5.3.0-2 (d)"
    duration_requirement: str | None = None
    move_on_requirement: str | None = None
    judged: bool = False
    """Carries a score, if one is reported (9.5.1)."""


VERB_RULES: Final[dict[str, VerbRule]] = {
    vocabulary.INITIALIZED: VerbRule(),
    vocabulary.COMPLETED: VerbRule(
        completion=True,
        completion_requirement="9.5.3.0-1 (d1)",
        duration_requirement="9.5.4.1-2 (d)",
        move_on_requirement="9.6.2.2-1 (d1)",
    ),
    vocabulary.PASSED: VerbRule(
        success=True,
        success_requirement="9.5.2.0-1 (d1)",
        duration_requirement="9.5.4.1-3 (d)",
        move_on_requirement="9.6.2.2-1 (d2)",
        judged=True,
    ),
    vocabulary.FAILED: VerbRule(
        success=False,
        success_requirement="9.5.2.0-2 (d)",
        duration_requirement="9.5.4.1-4 (d)",
        move_on_requirement="9.6.2.2-1 (d3)",
        judged=True,
    ),
    vocabulary.TERMINATED: VerbRule(duration_requirement="9.5.4.1-1 (d)"),
}

_LMS_VERB_REQUIREMENTS: Final = {
    vocabulary.LAUNCHED: "9.3.1.0-1",
    vocabulary.ABANDONED: "9.3.6.0-1",
    vocabulary.WAIVED: "9.3.7.0-1",
    vocabulary.SATISFIED: "9.3.9.0-1",
}
_MODE_REQUIREMENTS: Final = {vocabulary.BROWSE: "10.2.2.0-2 (d)", vocabulary.REVIEW: "10.2.2.0-3 (d)"}

_UTC = re.compile(r"[^T]+T.*(Z|\+00(:?00)?)", re.IGNORECASE | re.ASCII)


def _fault(path: str, requirement: str, detail: str) -> Fault:
    return Fault(path, f"cmi5 {requirement}", detail)


# --- reading any JSON without stumbling -----------------------------------------------------------------------------


def _object(value: Any, *names: str) -> JsonObject:
    """The object at that path, or an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _activities(context: JsonObject, kind: str) -> list[Any]:
    """A list of context activities; xAPI 1.0.3 lets a single one stand for a list of one (Data 2.4.6.2)."""
    value = _object(context, "contextActivities").get(kind, [])
    return value if isinstance(value, list) else [value]


def _has_activity(activities: list[Any], iri: str) -> bool:
    return any(isinstance(activity, dict) and activity.get("id") == iri for activity in activities)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(issued: Any, given: Any) -> bool:
    """Equal as JSON: `true` is not 1, and an object may not have gained or lost a member."""
    if isinstance(issued, dict) and isinstance(given, dict):
        return issued.keys() == given.keys() and all(_same(issued[name], given[name]) for name in issued)
    if isinstance(issued, list) and isinstance(given, list):
        return len(issued) == len(given) and all(map(_same, issued, given))
    if isinstance(issued, bool) or isinstance(given, bool):
        return issued is given
    return bool(issued == given)


def verb_of(value: Any) -> str | None:
    """The verb's IRI, where the statement has one."""
    iri = _object(value, "verb").get("id")
    return iri if isinstance(iri, str) else None


def is_defined(value: Any) -> bool:
    """Whether the statement is cmi5 defined: its category list has the cmi5 activity (7.1.3, 9.6.2.1)."""
    return _has_activity(_activities(_object(value, "context"), "category"), vocabulary.CATEGORY_CMI5)


# --- screen: against what was issued --------------------------------------------------------------------------------


def screen(value: Any, session: SessionView) -> list[Fault]:
    """Every requirement that the statement breaks whatever came before it, in the order of the specification."""
    if not isinstance(value, dict):
        return [_fault("", "9.1.0.0-1 (d)", "a statement must be a JSON object with an id")]
    return list(_every_statement(value, session)) + (list(_defined(value, session)) if is_defined(value) else [])


def _every_statement(value: JsonObject, session: SessionView) -> Iterator[Fault]:
    yield from _id(value)
    yield from _actor(value, session)
    if verb_of(value) == vocabulary.VOIDED:
        yield _fault("verb.id", "6.3.0.0-1", "a lesson may not void statements")
    yield from _progress(value)
    yield from _context(value, session)
    yield from _move_on_category(value)
    yield from _timestamp(value)


def _id(value: JsonObject) -> Iterator[Fault]:
    """9.1: a UUID, assigned by the AU."""
    given = value.get("id")
    if not isinstance(given, str) or not _is_uuid(given):
        yield _fault("id", "9.1.0.0-1 (d)", "the AU must give the statement an id, a UUID")


def _is_uuid(text: str) -> bool:
    # uuid.UUID also takes braces, a urn: prefix and no hyphens; xAPI does not.
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _actor(value: JsonObject, session: SessionView) -> Iterator[Fault]:
    """8.1.3, 9.2: the actor of the launch, an Agent with an account."""
    actor = _object(value, "actor")
    if actor.get("objectType", "Agent") != "Agent":
        yield _fault("actor.objectType", "9.2.0.0-2", "the actor must be an Agent")
    elif not isinstance(actor.get("account"), dict):
        yield _fault("actor.account", "9.2.0.0-3", "the actor must be identified by an account")
    elif not _same({"objectType": "Agent"} | session.actor, {"objectType": "Agent"} | actor):
        yield _fault("actor", "8.1.3.0-3 (d)", "the actor must be the one in the launch URL")


def _progress(value: JsonObject) -> Iterator[Fault]:
    """9.5.5.1: an integer from 0 to 100, on any statement."""
    extensions = _object(value, "result", "extensions")
    if vocabulary.EXT_PROGRESS not in extensions:
        return
    progress = extensions[vocabulary.EXT_PROGRESS]
    if not _is_number(progress) or not 0 <= progress <= 100 or progress != int(progress):
        yield _fault("result.extensions", "9.5.5.1", "progress must be an integer from 0 to 100")


def _context(value: JsonObject, session: SessionView) -> Iterator[Fault]:
    """9.6, 10.2.1: the registration, the session id and the whole template, with nothing of it changed."""
    if not isinstance(value.get("context"), dict):
        yield _fault("context", "10.2.1.0-6 (d)", "the statement must have a context made from the contextTemplate")
        return
    context = value["context"]
    registration = context.get("registration")
    if not isinstance(registration, str) or registration.lower() != session.registration.lower():
        yield _fault("context.registration", "9.6.1.0-1 (d)", "the registration must be the one in the launch URL")
    if _object(context, "extensions").get(vocabulary.EXT_SESSION_ID) != session.id:
        yield _fault("context.extensions", "9.6.3.1-4 (d)", "the session id must be the one in the contextTemplate")
    yield from _template(context, session.context_template, is_defined(value))


def _template(context: JsonObject, template: JsonObject, defined: bool) -> Iterator[Fault]:
    for kind in _object(template, "contextActivities"):
        yield from _template_activities(context, template, kind, defined)
    for name, issued in _object(template, "extensions").items():
        if name != vocabulary.EXT_SESSION_ID:  # said above, with its own requirement
            yield from _template_member(_object(context, "extensions"), name, issued, "context.extensions")
    for name, issued in template.items():
        if name not in {"contextActivities", "extensions", "registration"}:
            yield from _template_member(context, name, issued, "context")


def _template_activities(context: JsonObject, template: JsonObject, kind: str, defined: bool) -> Iterator[Fault]:
    # As sets: the AU may add activities, and put them in any order (10.2.1.0-7).
    given = _activities(context, kind)
    requirement = "9.6.2.0-1 (d)" if defined else "10.2.1.0-6 (d)"
    for issued in _activities(template, kind):
        if not any(_keeps(issued, activity) for activity in given):
            detail = f"the {kind} activity {issued.get('id')} of the contextTemplate must be there, unaltered"
            yield _fault(f"context.contextActivities.{kind}", requirement, detail)


def _keeps(issued: JsonObject, given: Any) -> bool:
    """Whether the activity has all that was issued; it may have been given a definition or its objectType."""
    return isinstance(given, dict) and all(name in given and _same(issued[name], given[name]) for name in issued)


def _template_member(given: JsonObject, name: str, issued: Any, path: str) -> Iterator[Fault]:
    if name not in given:
        yield _fault(path, "10.2.1.0-6 (d)", f"{name} of the contextTemplate is missing")
    elif not _same(issued, given[name]):
        yield _fault(path, "10.2.1.0-7 (d)", f"{name} of the contextTemplate must not be changed")


def _move_on_category(value: JsonObject) -> Iterator[Fault]:
    """9.6.2.2: on cmi5 defined statements with success or completion, and on no other."""
    context = _object(value, "context")
    kinds = _object(context, "contextActivities")
    if not any(_has_activity(_activities(context, kind), vocabulary.CATEGORY_MOVE_ON) for kind in kinds):
        return
    if not is_defined(value) or not _is_move_on_result(value):
        detail = "the moveOn category is for cmi5 defined statements with success or completion only"
        yield _fault("context.contextActivities", "9.6.2.2-2 (d)", detail)


def _is_move_on_result(value: JsonObject) -> bool:
    return not _object(value, "result").keys().isdisjoint({"success", "completion"})


def _timestamp(value: JsonObject) -> Iterator[Fault]:
    """9.7: there, and in UTC."""
    timestamp = value.get("timestamp")
    if not isinstance(timestamp, str):
        yield _fault("timestamp", "9.7.0.0-1 (d)", "the AU must give the statement a timestamp")
    elif not _UTC.fullmatch(timestamp):
        yield _fault("timestamp", "9.7.0.0-2 (d)", "the timestamp must be in UTC: it ends with Z or +00:00")


# --- screen: cmi5 defined statements --------------------------------------------------------------------------------


def _defined(value: JsonObject, session: SessionView) -> Iterator[Fault]:
    verb = verb_of(value)
    yield from _defined_verb(verb, session.launch_mode)
    yield from _defined_object(value, session)
    rule = VERB_RULES.get(verb or "")
    if rule is not None:
        yield from _defined_result(value, rule)
        yield from _score(value, rule)
        yield from _mastery(value, verb == vocabulary.PASSED, rule, session)


def _defined_verb(verb: str | None, launch_mode: str) -> Iterator[Fault]:
    """9.3, 10.2.2: one of the AU's five verbs, and of the two that every launch mode has."""
    if verb in _LMS_VERB_REQUIREMENTS:
        yield _fault("verb.id", _LMS_VERB_REQUIREMENTS[verb], "this cmi5 defined statement is for the LMS to make")
    elif verb not in VERB_RULES:
        yield _fault("verb.id", "9.3.0.0-1", "a cmi5 defined statement must have one of cmi5's verbs")
    elif launch_mode in _MODE_REQUIREMENTS and verb not in {vocabulary.INITIALIZED, vocabulary.TERMINATED}:
        detail = f"in the launch mode {launch_mode} only initialized and terminated are sent as cmi5 defined statements"
        yield _fault("verb.id", _MODE_REQUIREMENTS[launch_mode], detail)


def _defined_object(value: JsonObject, session: SessionView) -> Iterator[Fault]:
    """8.1.5, 9.4: the AU, by the activityId of the launch."""
    target = value.get("object")
    if not isinstance(target, dict) or target.get("objectType", "Activity") != "Activity":
        yield _fault("object", "9.4.0.0-1 (d)", "the object must be the AU's activity")
    elif target.get("id") != session.activity_id:
        yield _fault("object.id", "8.1.5.0-6 (d)", "the object's id must be the activityId of the launch URL")


def _defined_result(value: JsonObject, rule: VerbRule) -> Iterator[Fault]:
    """9.5.2 to 9.5.4, 9.6.2.2: the members that this verb has, and those that it must not have."""
    result = _object(value, "result")
    yield from _flag(result, "success", rule.success, rule.success_requirement)
    yield from _flag(result, "completion", rule.completion, rule.completion_requirement)
    if rule.duration_requirement and not isinstance(result.get("duration"), str):
        yield _fault("result.duration", rule.duration_requirement, "the statement must have a duration")
    categories = _activities(_object(value, "context"), "category")
    if rule.move_on_requirement and not _has_activity(categories, vocabulary.CATEGORY_MOVE_ON):
        detail = "the statement must have the moveOn category"
        yield _fault("context.contextActivities.category", rule.move_on_requirement, detail)


def _flag(result: JsonObject, name: str, wanted: bool | None, requirement: str) -> Iterator[Fault]:
    if wanted is None and name in result:
        yield _fault(f"result.{name}", requirement, f"a statement with this verb must not have {name}")
    elif wanted is not None and result.get(name) is not wanted:
        yield _fault(f"result.{name}", requirement, f"{name} must be {str(wanted).lower()} with this verb")


def _score(value: JsonObject, rule: VerbRule) -> Iterator[Fault]:
    """9.5.1: on passed and failed only; scaled from 0 to 1; raw never without its range."""
    if "score" not in _object(value, "result"):
        return
    if not rule.judged:
        yield _fault("result.score", "9.5.1.0-2 (d)", "only passed and failed may have a score")
    score = _object(value, "result", "score")
    if "scaled" in score and not (_is_number(score["scaled"]) and 0 <= score["scaled"] <= 1):
        yield _fault("result.score.scaled", "9.5.1.0-1", "scaled must be a number from 0 to 1")
    if "raw" in score:  # a raw score of 0 is a score
        for name, requirement in (("min", "9.5.1.0-3 (d1)"), ("max", "9.5.1.0-3 (d2)")):
            if name not in score:
                yield _fault(f"result.score.{name}", requirement, f"a raw score must come with {name}")


def _mastery(value: JsonObject, passed: bool, rule: VerbRule, session: SessionView) -> Iterator[Fault]:
    """9.3.4, 9.3.5, 9.6.3.2: the verdict agrees with the masteryScore issued, a masteryScore of 0 included."""
    if not rule.judged or session.mastery_score is None:
        return
    mastery = float(session.mastery_score)  # as it went out in the launch data, a JSON number
    extensions = _object(value, "context", "extensions")
    given = extensions.get(vocabulary.EXT_MASTERY_SCORE)
    stated = vocabulary.EXT_MASTERY_SCORE in extensions
    if (stated or "score" in _object(value, "result")) and not (_is_number(given) and given == mastery):
        detail = f"the masteryscore extension must be there and be {session.mastery_score}, as launched"
        yield _fault("context.extensions", "9.6.3.2-2 (d)", detail)
    scaled = _object(value, "result", "score").get("scaled")
    if not _is_number(scaled):
        return
    if passed and scaled < mastery:
        detail = f"passed needs a scaled score of at least {session.mastery_score}"
        yield _fault("result.score.scaled", "9.3.4.0-2 (d2)", detail)
    if not passed and scaled >= mastery:
        detail = f"failed needs a scaled score below {session.mastery_score}"
        yield _fault("result.score.scaled", "9.3.5.0-2 (d)", detail)


# --- judge: against what came before --------------------------------------------------------------------------------


def judge(value: Any, session: SessionView, au: AuView) -> list[Fault]:
    """Every rule of order that the statement breaks as the session and the registration stand (9.3)."""
    verb = verb_of(value) if is_defined(value) else None
    closed = _phase(verb, session.phase)
    if closed or verb is None:
        return closed
    return list(_again_in_session(verb, session.used_verbs)) + list(_again_in_registration(verb, au))


def _phase(verb: str | None, phase: Phase) -> list[Fault]:
    if phase == "abandoned":
        return [_fault("", "9.3.6.0-2 (d2)", "the session has been abandoned and takes no more statements")]
    if phase == "terminated":
        return [_fault("", "9.3.0.0-5 (d2)", "the session has been terminated and takes no more statements")]
    if phase == "launched" and verb != vocabulary.INITIALIZED:
        return [_fault("verb.id", "9.3.0.0-4 (d2)", "the first statement of a session must be initialized")]
    if phase == "initialized" and verb == vocabulary.INITIALIZED:
        return [_fault("verb.id", "9.3.2.0-3 (d)", "the session has been initialized already")]
    return []


def _again_in_session(verb: str, used: frozenset[str]) -> Iterator[Fault]:
    """9.3: no verb twice in a session, and one of passed and failed."""
    verdicts = {vocabulary.PASSED, vocabulary.FAILED}
    if verb in used:
        yield _fault("verb.id", "9.3.0.0-2 (d)", "the verb has been used in this session already")
    if verb in verdicts and used & verdicts:
        yield _fault("verb.id", "9.3.0.0-3 (d)", "the session already has its passed or failed")


def _again_in_registration(verb: str, au: AuView) -> Iterator[Fault]:
    """9.3: completed and passed once for an AU in a registration, and no failed after passed."""
    if verb == vocabulary.COMPLETED and au.completed:
        yield _fault("verb.id", "9.3.0.0-6 (d2)", "the AU has been completed in this registration already")
    if verb == vocabulary.PASSED and au.passed:
        yield _fault("verb.id", "9.3.0.0-7 (d2)", "the AU has been passed in this registration already")
    if verb == vocabulary.FAILED and au.passed:
        yield _fault("verb.id", "9.3.0.0-8 (d)", "the AU has been passed in this registration; failed cannot follow")


# --- advance: what an accepted statement changes --------------------------------------------------------------------

_NEXT_PHASE: Final[dict[str, Phase]] = {
    vocabulary.INITIALIZED: "initialized",
    vocabulary.TERMINATED: "terminated",
}


def advance(value: Any, session: SessionView, au: AuView) -> tuple[SessionView, AuView]:
    """The session and the AU after a statement that `screen` and `judge` let through. Allowed ones change nothing."""
    verb = verb_of(value)
    if verb is None or not is_defined(value):
        return session, au
    moved = replace(
        session, phase=_NEXT_PHASE.get(verb, session.phase), used_verbs=session.used_verbs | frozenset({verb})
    )
    return moved, replace(
        au,
        passed=au.passed or verb == vocabulary.PASSED,
        completed=au.completed or verb == vocabulary.COMPLETED,
    )
