"""Give the lesson: say `initialized`, ask, mark, judge, and say `terminated` on every way out.

A refusal in the middle, or a learner who leaves, still ends with `terminated` (cmi5 9.3.8). When the LMS cannot be
reached to the end of all patience, nothing more can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from content_app import lesson, statements
from content_app.clock import Clock
from content_app.errors import LessonError, Refused, Stopped
from content_app.exercises import Exercise
from content_app.session import Session
from content_app.statements import Author
from content_app.words import Words, words
from lrs.client import OfflineLrsError

STOP_PATIENCE_SECONDS = 10.0

Ask = Callable[[Exercise], str | None]  # the response, or None where the learner left; may raise Stopped
Tell = Callable[[str], None]


@dataclass(slots=True)
class Report:
    """How the lesson went. `passed` is None where nothing was judged."""

    return_url: str | None = None
    answers: list[lesson.Answer] = field(default_factory=list)
    score: lesson.Score | None = None
    passed: bool | None = None
    left: bool = False


class Play:
    """One lesson, from the fetch to `terminated`."""

    def __init__(self, session: Session, clock: Clock, ask: Ask, tell: Tell) -> None:
        self._session, self._clock, self._ask, self._tell = session, clock, ask, tell

    def run(self, exercises: Sequence[Exercise]) -> Report:
        """Give these exercises. Raises what ended the lesson badly, after `terminated` where that was possible."""
        self._session.fetch()
        self._author = Author(self._session.launch, self._session.launch_data())
        self._words: Words = words(self._session.preferences().languages)
        self._progress = self._session.progress()
        report = Report(return_url=self._author.data.return_url)
        self._session.send(statements.initialized(self._author, self._clock.uuid4(), self._session.now()))
        self._began = self._clock.monotonic()
        self._between(exercises, report)
        self._terminate()
        self._tell(self._closing_words(report))
        return report

    def _between(self, exercises: Sequence[Exercise], report: Report) -> None:
        try:
            self._give(exercises, report)
        except Stopped:
            report.left = True
            self._session.be_brief(STOP_PATIENCE_SECONDS)
        except Refused as refusal:
            try:
                self._terminate()
            except (LessonError, OfflineLrsError) as also:
                raise refusal from also
            raise

    def _give(self, exercises: Sequence[Exercise], report: Report) -> None:
        for exercise in exercises:
            response = self._ask(exercise)
            if response is None:
                report.left = True
                return
            answer = lesson.answer(exercise, response)
            report.answers.append(answer)
            self._session.send(statements.answered(self._author, self._clock.uuid4(), self._session.now(), answer))
            self._tell(self._words.right if answer.right else self._words.wrong.format(answer=exercise.answer))
        self._judge(report)

    def _judge(self, report: Report) -> None:
        data = self._author.data
        report.score = lesson.score(report.answers)
        passed = lesson.is_passed(report.score, data.mastery_score)
        report.passed = passed if data.launch_mode == "Normal" else None
        for verb in lesson.verdicts(passed, data.launch_mode, self._progress):
            self._say(verb, report.score)

    def _say(self, verb: str, score: lesson.Score) -> None:
        statement_id, now, seconds = self._clock.uuid4(), self._session.now(), self._elapsed()
        if verb == "completed":
            self._session.send(statements.completed(self._author, statement_id, now, seconds))
        else:
            self._session.send(statements.judged(self._author, verb, statement_id, now, seconds, score))
        if verb != "failed":
            self._progress = lesson.after(verb, self._progress)
            self._session.keep_progress(self._progress)

    def _terminate(self) -> None:
        now = self._session.now()
        self._session.send(statements.terminated(self._author, self._clock.uuid4(), now, self._elapsed()))

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._began

    def _closing_words(self, report: Report) -> str:
        if report.left or report.score is None:
            return self._words.left
        result = self._words.result.format(right=report.score.right, total=report.score.total)
        verdict = {True: self._words.passed, False: self._words.failed, None: ""}[report.passed]
        return f"{result} {verdict}".strip()
