"""Sessions as they are told to a teacher, from statements in any order."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from launcher.cmi5.vocabulary import (
    ABANDONED,
    COMPLETED,
    EXT_LAUNCH_MODE,
    EXT_SESSION_ID,
    FAILED,
    INITIALIZED,
    LAUNCHED,
    PASSED,
    SATISFIED,
    TERMINATED,
)
from launcher.progress import history
from launcher.progress.history import Deed, Said, Session
from lrs.xapi import timestamps
from tests.launcher.cmi5 import worlds

ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
START_US = 1_790_000_000_000_000
SECOND = 1_000_000


def _said(*values: dict[str, Any]) -> list[Said]:
    """A second apart, in this order."""
    made = []
    for second, value in enumerate(values):
        at_us = START_US + second * SECOND
        made.append(Said({**value, "timestamp": timestamps.format(at_us)}, at_us + 5))
    return made


def _in(session: str, value: dict[str, Any]) -> dict[str, Any]:
    value["context"]["extensions"][EXT_SESSION_ID] = session
    return value


def _answered(response: str, success: bool | None = None, **definition: Any) -> dict[str, Any]:
    statement = worlds.allowed(ANSWERED)
    statement["object"]["definition"] = {"name": {"en": "7 + 5 = ?"}, "interactionType": "numeric", **definition}
    statement["result"] = {"response": response, "duration": "PT4S"}
    if success is not None:
        statement["result"]["success"] = success
    return statement


def _told(*values: dict[str, Any]) -> list[Session]:
    return history.sessions(_said(*values), ("en",))


def test_a_whole_session() -> None:
    """When it began and ended, what became of it, and how long it took."""
    (session,) = _told(*map(worlds.defined, (LAUNCHED, INITIALIZED, PASSED, COMPLETED, TERMINATED)))
    assert (session.id, session.activity, session.registration) == (
        worlds.SESSION_ID,
        worlds.ACTIVITY_ID,
        worlds.REGISTRATION,
    )
    assert (session.first_us, session.last_us) == (START_US, START_US + 4 * SECOND)
    assert (session.verdicts, session.score) == (["passed", "completed"], Decimal("0.8"))
    assert (session.ended, session.seconds, session.stored_us) == ("terminated", 60.0, START_US + 4 * SECOND + 5)


def test_the_order_of_arrival_does_not_matter() -> None:
    """Statements of several devices come as they come."""
    said = _said(*map(worlds.defined, (LAUNCHED, INITIALIZED)), _answered("12", True), worlds.defined(FAILED))
    shuffled = random.Random(3).sample(said, len(said))
    assert history.sessions(shuffled, ("en",)) == history.sessions(said, ("en",))


def test_the_newest_session_comes_first() -> None:
    """Each with its own deeds."""
    one, two = (worlds.SESSION_ID, "0e0d3c4b-2222-4222-8333-444455556666")
    told = _told(worlds.defined(LAUNCHED), _in(two, worlds.defined(LAUNCHED)), _answered("1"), _in(two, _answered("2")))
    assert [(session.id, [deed.response for deed in session.deeds]) for session in told] == [(two, ["2"]), (one, ["1"])]


def test_an_answer_is_told_with_what_would_have_been_right() -> None:
    """The question by its name, and how long the learner thought."""
    (session,) = _told(worlds.defined(INITIALIZED), _answered("13", False, correctResponsesPattern=["12", "12.0"]))
    assert session.deeds == [
        Deed(START_US + SECOND, "answered", "7 + 5 = ?", "13", False, ("12", "12.0"), 4.0),
    ]
    assert (session.right, session.answered) == (0, 1)


def test_an_answer_that_nobody_marked_counts_neither_way() -> None:
    """Some lessons only ask."""
    (session,) = _told(worlds.defined(INITIALIZED), _answered("maybe"), _answered("12", True))
    assert (session.right, session.answered, len(session.deeds)) == (1, 1, 2)


def test_what_a_lesson_says_beside_is_told_as_a_deed() -> None:
    """By its verb and its object, by their last parts where they have no words."""
    (session,) = _told(worlds.defined(INITIALIZED), worlds.allowed())
    assert session.deeds == [Deed(START_US + SECOND, "looked-at", "video")]


def test_completed_outside_cmi5_is_a_deed_and_no_verdict() -> None:
    """A video that was watched to its end does not complete the lesson (cmi5 9.6.2.1)."""
    (session,) = _told(worlds.defined(INITIALIZED), worlds.allowed(COMPLETED))
    assert (session.verdicts, [deed.verb for deed in session.deeds]) == ([], ["completed"])


@pytest.mark.parametrize(("ends", "ended"), [((), None), ((ABANDONED,), "abandoned")])
def test_how_a_session_ended(ends: tuple[str, ...], ended: str | None) -> None:
    """By itself, by the LMS, or not yet."""
    (session,) = _told(
        worlds.defined(LAUNCHED), *({**worlds.defined(verb), "result": {"duration": "PT2M"}} for verb in ends)
    )
    assert (session.ended, session.seconds) == (ended, 120.0 if ends else None)


def test_the_launch_mode_is_told() -> None:
    """A look again is no attempt."""
    launched = worlds.defined(LAUNCHED)
    launched["context"]["extensions"][EXT_LAUNCH_MODE] = "Review"
    assert [session.launch_mode for session in _told(launched)] == ["Review"]


def test_what_is_not_of_an_au_makes_no_session() -> None:
    """A block that is satisfied has a session id of its own; a statement without one has none."""
    block = {**worlds.defined(SATISFIED), "object": {"id": "https://school.example/cmi5/block/1"}}
    stray = worlds.allowed()
    del stray["context"]["extensions"]
    assert _told(_in("another", block), stray) == []
