"""The lesson without a page: asked in a terminal, or answered by a script, one line an answer.

A line of a script is a literal, or `right` or `wrong` for such an answer, or `stop`: the learner leaves here. Where a
line is no number, the exercise is asked again. Signals to end are heard at the next question.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO, Any

from content_app.errors import NotANumber, Stopped
from content_app.exercises import Exercise
from content_app.play import Play
from content_app.session import Session
from content_app.words import words

STOP = "stop"
STOP_PATIENCE_SECONDS = 10.0

Ask = Callable[[Exercise], str | None]  # the next line; None where there is none any more
Tell = Callable[[str], None]


def give(play: Play, ask: Ask, tell: Tell) -> None:
    """Give the lesson to its end, or until the learner leaves."""
    play.begin()
    said = words(play.preferences.languages)
    if play.report.resumed and not play.is_over:
        tell(said.resumed.format(number=play.number + 1, total=play.attempt.count))
    while exercise := play.show():
        line = ask(exercise)
        if line is None:
            play.leave()
            break
        try:
            given = play.answer(line)
        except NotANumber:
            tell(said.how[exercise.interaction])
            continue
        play.deliver()
        verdict = said.right if given.right else said.nearly if given.nearly else said.wrong
        tell(verdict.format(answer=exercise.answer))
    play.deliver()
    score = play.report.score
    if score is None:
        tell(said.left)
        return
    passed = {True: said.passed, False: said.failed, None: ""}[play.report.passed]
    tell(f"{said.result.format(right=score.right, total=score.total)} {passed}".strip())


def scripted(lines: Iterator[str]) -> Ask:
    """Answers of a script."""

    def ask(exercise: Exercise) -> str | None:
        line = next(lines, STOP)
        return {STOP: None, "right": exercise.answer, "wrong": exercise.wrong}.get(line, line)

    return ask


def lines_of(source: IO[str]) -> Iterator[str]:
    """The lines that say something."""
    return (line.strip() for line in source if line.strip())


def typed(out: IO[str]) -> Ask:
    """Answers of a person at the terminal."""

    def ask(exercise: Exercise) -> str | None:
        out.write(f"{exercise.prompt} = ")
        out.flush()
        line = sys.stdin.readline()
        if not line:  # not even an empty one: standard input was closed
            out.write("\n")
            return None
        return line.strip()

    return ask


class Stop:
    """A signal ends the lesson at the next question, not in the middle of a request; the second at once."""

    def __init__(self, session: Session, patience: float) -> None:
        self._session, self._patience = session, min(patience, STOP_PATIENCE_SECONDS)
        self._asked = False
        self._waiting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def while_asking(self, ask: Ask) -> Ask:
        """The same, but a signal is the learner leaving, and the LMS is waited for no longer than that takes."""

        def stoppable(exercise: Exercise) -> str | None:
            try:
                with self._may_interrupt():
                    return ask(exercise)
            except Stopped:
                self._session.be_patient(self._patience)
                return None

        return stoppable

    @contextlib.contextmanager
    def _may_interrupt(self) -> Iterator[None]:
        self._waiting = True
        try:
            if self._asked:
                raise Stopped("stopped")
            yield
        finally:
            self._waiting = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if self._waiting or again:
            raise Stopped("stopped before everything was sent" if again else "stopped")
