"""A learner's history out of the log: the newest first, a part of it at a time, and nobody else's."""

from __future__ import annotations

from launcher.cmi5.vocabulary import COMPLETED, INITIALIZED, TERMINATED
from launcher.learning import histories, registrations
from launcher.learning.histories import History
from tests.launcher.campus import STORE, Campus, Lesson


def _history(lms: Campus, lesson: Lesson, before: int | None = None, most: int = 1000) -> History:
    learner = registrations.learner_key(lesson.actor)
    return lms.read(
        lambda reader: histories.history(reader, STORE, learner, [lesson.registration], ("en",), before, most)
    )


def test_a_history_is_of_one_learner(lms: Campus, course: str) -> None:
    """What somebody else says in the same registration is not what this learner did."""
    lesson = lms.lesson(course, 2)
    lesson.say(INITIALIZED, "https://pub.example/verbs/looked-at")
    stranger = lesson.statement("https://pub.example/verbs/commented")
    stranger["actor"]["account"]["name"] = "teacher"
    assert lms.bring(stranger) == 200
    (session,) = _history(lms, lesson).sessions
    assert [deed.verb for deed in session.deeds] == ["looked-at"]


def test_an_unknown_registration_has_none(lms: Campus, course: str) -> None:
    """Enrolled elsewhere, and nothing has come yet."""
    lesson = lms.lesson(course)
    empty = lms.read(lambda reader: histories.history(reader, STORE, "account:x\ny", ["unknown"], ("en",)))
    assert (empty, len(_history(lms, lesson).sessions)) == (History([], None), 1)


def test_a_long_history_comes_in_parts(lms: Campus, course: str) -> None:
    """Every statement is in exactly one part, and the last part says that it is."""
    lesson = lms.lesson(course, 2)
    for verbs in ((INITIALIZED, TERMINATED), (INITIALIZED, COMPLETED, TERMINATED), (INITIALIZED,)):
        lesson = lms.lesson(course, 2)
        lesson.say(*verbs)
        lms.clock.advance(60)
    whole = _history(lms, lesson)
    ended: list[str] = []
    seen: set[str] = set()
    before: int | None = None
    while True:
        part = _history(lms, lesson, before, most=4)
        ended += [session.ended for session in part.sessions if session.ended]
        seen |= {session.id for session in part.sessions}
        if part.older is None:
            break
        assert before is None or part.older < before
        before = part.older
    assert (whole.older, {session.id for session in whole.sessions}) == (None, seen)
    assert ended == ["terminated", "terminated", "abandoned"]
