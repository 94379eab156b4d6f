"""What the learner sees and does on the page, one step at a time; no HTTP here, and no HTML.

A step may come twice (a double click, a reload, the back button, a second window): each names the question it is about,
and one that is not the present question's changes nothing. Looking at the page (`view`) also goes on sending what the
LMS has not acknowledged yet; until it has, the learner is asked to wait.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from content_app.clock import Clock
from content_app.errors import LessonError, NotANumber
from content_app.exercises import Exercise
from content_app.lesson import Answer
from content_app.play import Play, Report
from content_app.progress import Given
from content_app.session import Session
from content_app.words import LANGUAGES, Words, words
from lrs.client import OfflineLrsError, Unreachable

ASK_SECONDS = 2.0  # how long one look at the page waits for the LMS, before it says that it does
END_SECONDS = 10.0  # and the end of the lesson, with nobody looking any more
LINGER_SECONDS = 60.0  # after the end, for a page that is loaded again

Kind = Literal["question", "marked", "waiting", "result", "left", "trouble"]


@dataclass(frozen=True, slots=True)
class View:
    """What to show. Which fields say something depends on `kind`: `exercise` with question and marked, `given` with
    marked, `report` with result and left, `trouble` with trouble. `hint`: what was typed last is no number; `keeps`:
    whoever leaves goes on here later."""

    kind: Kind
    words: Words
    topic: str
    count: int
    answers: tuple[Given, ...]
    exercise: Exercise | None
    given: Answer | None
    hint: bool
    keeps: bool
    report: Report
    trouble: str


class Desk:
    """One lesson, shown to one learner. Safe to call from several threads."""

    def __init__(self, play: Play, session: Session, clock: Clock) -> None:
        self._play, self._session, self._clock = play, session, clock
        self._lock = threading.RLock()
        self._language: str | None = None
        self._given: Answer | None = None
        self._hint = False
        self._touched = clock.monotonic()
        self.trouble: Exception | None = None
        session.be_patient(ASK_SECONDS)

    # --- what the learner does --------------------------------------------------------------------------------------

    def view(self) -> View:
        """What to show now."""
        with self._lock:
            return self._view(self._catch_up())

    def answer(self, question: int, text: str) -> None:
        """The answer to that question, counted from 0."""
        with self._lock:
            if not (self._catch_up() and question == self._play.number and self._is_asking()):
                return
            try:
                self._given, self._hint = self._play.answer(text), False
            except NotANumber:
                self._hint = True

    def go_on(self, question: int) -> None:
        """From the mark of that question to what comes next."""
        with self._lock:
            self._touch()
            if question == self._play.number - 1:
                self._given = None

    def stop(self) -> None:
        """The learner leaves."""
        with self._lock:
            self._catch_up()
            self._given = None
            self._play.leave()

    def speak(self, language: str) -> None:
        """Go on in that language; another than ours changes nothing."""
        with self._lock:
            self._touch()
            self._language = language if language in LANGUAGES else self._language

    # --- what the server asks ---------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether all was said and acknowledged, or nothing more can be said."""
        return self.trouble is not None or (self._play.is_over and self._play.is_delivered)

    def seconds_left(self, idle: float) -> float:
        """How long the page stays, if nobody touches it: `idle` seconds, less after the end."""
        stay = min(idle, LINGER_SECONDS) if self.is_over else idle
        return self._touched + stay - self._clock.monotonic()

    def close(self) -> Report:
        """The server ends: say what is to be said. Raises what ended the lesson badly."""
        with self._lock:
            if self.trouble is not None:
                raise self.trouble
            if not self._play.has_begun:
                raise LessonError("nobody opened the page; nothing was said to the LMS")
            self._session.be_patient(END_SECONDS)
            self._play.leave()
            self._play.deliver()
            return self._play.report

    # --- their parts ------------------------------------------------------------------------------------------------

    def _catch_up(self) -> bool:
        """Whether the LMS has everything that was said until now."""
        self._touch()
        if self.trouble is not None:
            return False
        try:
            self._play.begin()
        except Unreachable:
            return False
        except (LessonError, OfflineLrsError) as error:
            self.trouble = error
            return False
        return True

    def _touch(self) -> None:
        self._touched = self._clock.monotonic()

    def _is_asking(self) -> bool:
        return self._given is None and not self._play.is_over

    def _view(self, caught_up: bool) -> View:
        kind = self._kind(caught_up)
        play = self._play
        shown = play.show() if kind == "question" else None
        return View(
            kind=kind,
            words=words((self._language,) if self._language else play.preferences.languages),
            topic=self._session.launch.topic,
            count=play.attempt.count,
            answers=play.attempt.answers,
            exercise=shown or (self._given.exercise if self._given else None),
            given=self._given,
            hint=self._hint,
            keeps=play.keeps,
            report=play.report,
            trouble=" ".join(str(self.trouble or "").split()),
        )

    def _kind(self, caught_up: bool) -> Kind:
        if self.trouble is not None:
            return "trouble"
        if not caught_up:
            return "waiting"
        if self._given is not None:
            return "marked"
        if not self._play.is_over:
            return "question"
        return "left" if self._play.report.left else "result"
