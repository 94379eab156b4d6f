"""What happened in a learner's sessions, from their statements. Pure; whoever calls has read them.

Statements of one cmi5 session belong together by its id (cmi5 9.6.3.1), in whatever order they came and on whichever
device they were made. Only what a lesson or the LMS said of an AU makes a session: that a block is satisfied does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from launcher.cmi5 import session as rules
from launcher.cmi5 import vocabulary
from launcher.progress import answers
from lrs.xapi import timestamps

INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
ENDS = {vocabulary.TERMINATED: "terminated", vocabulary.ABANDONED: "abandoned"}
VERDICTS = {vocabulary.PASSED: "passed", vocabulary.FAILED: "failed", vocabulary.COMPLETED: "completed"}
ABOUT_AN_AU = {vocabulary.LAUNCHED, vocabulary.INITIALIZED, *ENDS, *VERDICTS}


class Deed(Struct, frozen=True):
    """One thing the learner did beside what cmi5 defines. An answer has a `response`; `right` is None where the lesson
    does not say, `expected` has the right answers; another deed is a `verb` and what it was done to, its `subject`."""

    at_us: int
    verb: str
    subject: str
    response: str | None = None
    right: bool | None = None
    expected: tuple[str, ...] = ()
    seconds: float | None = None


class Session(Struct):
    """One launch of an AU. `ended` is None while it goes on, `seconds` how long it took, as its end says."""

    id: str
    registration: str
    activity: str = ""
    first_us: int = 0
    last_us: int = 0
    stored_us: int = 0
    launch_mode: str = vocabulary.NORMAL
    verdicts: list[str] = field(default_factory=list)
    score: Decimal | None = None
    ended: str | None = None
    seconds: float | None = None
    deeds: list[Deed] = field(default_factory=list)

    @property
    def right(self) -> int:
        """How many answers were right."""
        return sum(deed.right is True for deed in self.deeds)

    @property
    def answered(self) -> int:
        """How many answers were marked."""
        return sum(deed.right is not None for deed in self.deeds)


class Said(Struct, frozen=True):
    """A stored statement: its value, and when it was stored here."""

    value: dict[str, Any]
    stored_us: int


def sessions(statements: Iterable[Said], languages: Sequence[str]) -> list[Session]:
    """The sessions, newest first, each with its deeds in the order of their times; at one time, in the order given."""
    made: dict[tuple[str, str], Session] = {}
    for said in sorted(statements, key=lambda one: timestamps.parse(one.value["timestamp"])):
        context = said.value.get("context", {})
        session_id = context.get("extensions", {}).get(vocabulary.EXT_SESSION_ID)
        if not isinstance(session_id, str):
            continue
        registration = str(context.get("registration", "")).lower()
        _take(made.setdefault((registration, session_id), Session(session_id, registration)), said, languages)
    told = [session for session in made.values() if session.activity]
    return sorted(told, key=lambda session: session.first_us, reverse=True)


def _take(session: Session, said: Said, languages: Sequence[str]) -> None:
    """Statements come in the order of their times."""
    value, at_us = said.value, timestamps.parse(said.value["timestamp"])
    session.first_us = session.first_us or at_us
    session.last_us = at_us
    session.stored_us = max(session.stored_us, said.stored_us)
    if rules.is_defined(value):
        _take_defined(session, value)
    else:
        session.deeds.append(_deed(value, at_us, languages))


def _take_defined(session: Session, value: dict[str, Any]) -> None:
    verb, result = value["verb"]["id"], value.get("result", {})
    if verb not in ABOUT_AN_AU:
        return
    session.activity = value["object"]["id"]
    if verb == vocabulary.LAUNCHED:
        session.launch_mode = value["context"]["extensions"].get(vocabulary.EXT_LAUNCH_MODE, vocabulary.NORMAL)
    if verb in VERDICTS:
        session.verdicts.append(VERDICTS[verb])
        scaled = result.get("score", {}).get("scaled")
        session.score = session.score if scaled is None else Decimal(str(scaled))
    if verb in ENDS:
        session.ended, session.seconds = ENDS[verb], _seconds(result)


def _deed(value: dict[str, Any], at_us: int, languages: Sequence[str]) -> Deed:
    target, result = value["object"], value.get("result", {})
    definition = target.get("definition", {})
    verb = answers.text(value["verb"].get("display"), languages) or _last(value["verb"]["id"])
    named = answers.text(definition.get("name"), languages) or answers.text(definition.get("description"), languages)
    subject = named or _last(str(target.get("id", "")))
    response = result.get("response")
    if response is None:
        return Deed(at_us, verb, subject, seconds=_seconds(result))
    return Deed(
        at_us,
        verb,
        subject,
        answers.in_words(definition, response, languages),
        result.get("success"),
        answers.right_answers(definition, languages),
        _seconds(result),
    )


def _last(iri: str) -> str:
    return iri.rstrip("/").rpartition("/")[2] or iri


def _seconds(result: dict[str, Any]) -> float | None:
    duration = result.get("duration")
    return None if duration is None else timestamps.parse_duration(duration).approximate_seconds()
