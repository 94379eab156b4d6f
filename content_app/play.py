"""Give the lesson, step by step: whoever asks the learner, a terminal, a script or a page, calls these steps.

    begin ─> [show ─> answer]… ─> (judged by itself after the last) ─> is_over
                 └─> leave ──────────────────────────────────────────> is_over

What a step has to say waits in a queue and is delivered in order. Where the LMS cannot be reached, `Unreachable` leaves
the rest waiting and `deliver` goes on with it later; where the LMS says no, `Refused` ends the lesson, and `terminated`
is still said if it can be (cmi5 9.3.8). After each answer the progress is kept as a State document, so that a learner
who left goes on at the next exercise, in a later session and on another device.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from content_app import lesson, statements
from content_app.clock import Clock
from content_app.errors import LessonError, Refused
from content_app.exercises import Exercise, exercises
from content_app.progress import Attempt, Progress
from content_app.session import Preferences, Session
from content_app.statements import Author, Statement
from lrs.client import OfflineLrsError


@dataclass(slots=True)
class Report:
    """How the lesson went. `passed` is None where nothing was judged; so many answers (`resumed`) were given, and
    perhaps the lesson passed, in an earlier session."""

    return_url: str | None = None
    resumed: int = 0
    passed_before: bool = False
    score: lesson.Score | None = None
    passed: bool | None = None
    left: bool = False


class Play:
    """One lesson, from the fetch to `terminated`. `wanted` are the exercises, unless others were left halfway."""

    def __init__(self, session: Session, clock: Clock, wanted: Attempt) -> None:
        self._session, self._clock = session, clock
        self._waiting: deque[Statement | Progress] = deque()
        self._author: Author | None = None
        self._exercises: list[Exercise] = []
        self._progress = Progress()
        self._began = self._before = 0.0
        self._shown: float | None = None
        self.attempt = wanted
        self.preferences = Preferences()
        self.report = Report()
        self.is_over = False

    # --- how far it is ----------------------------------------------------------------------------------------------

    @property
    def has_begun(self) -> bool:
        """Whether the LMS opened the session."""
        return self._author is not None

    @property
    def number(self) -> int:
        """How many exercises were answered, so the index of the next."""
        return len(self.attempt.answers)

    @property
    def keeps(self) -> bool:
        """Whether progress is kept: outside Normal mode a look at the lesson is no go at it (cmi5 10.2.2)."""
        return self._author is not None and self._author.data.launch_mode == "Normal"

    @property
    def is_delivered(self) -> bool:
        """Whether the LMS has everything that was said."""
        return not self._waiting

    # --- the steps --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Open the session and say `initialized`. May be called again where the LMS could not be reached."""
        if not self.has_begun:
            self._open()
        self.deliver()

    def show(self) -> Exercise | None:
        """The exercise to answer now; the learner thinks from its first showing on. None where the lesson is over."""
        if self.is_over:
            return None
        if self._shown is None:
            self._shown = self._clock.monotonic()
        return self._exercises[self.number]

    def answer(self, text: str) -> lesson.Answer:
        """Mark what the learner typed, once; `NotANumber` where it is none. After the last, the lesson is judged."""
        exercise, thought = self._exercises[self.number], self._since(self._shown)
        given = lesson.answer(exercise, text)
        self._say(statements.answered(self._known, self._clock.uuid4(), self._session.now(), given, thought))
        self.attempt, self._shown = lesson.with_answer(self.attempt, given, self._taken()), None
        self._keep(replace(self._progress, attempt=self.attempt))
        if self.attempt.is_whole:
            self._judge()
        return given

    def leave(self) -> None:
        """The learner leaves before the end."""
        if self.has_begun and not self.is_over:
            self.report.left = True
            self._terminate()

    def deliver(self) -> None:
        """Send what waits, in order, each until it is acknowledged."""
        try:
            while self._waiting:
                self._send(self._waiting[0])
                self._waiting.popleft()
        except Refused as refusal:
            self._give_up(refusal)
            raise

    # --- their parts ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._session.fetch()
        launch, data = self._session.launch, self._session.launch_data()
        self.preferences = self._session.preferences()
        self._progress = self._session.progress()
        self.attempt = lesson.attempt(self._progress, data.launch_mode, self.attempt)
        if self.attempt.answers:  # an earlier session ended before it wrote what it said, or its State was replaced
            for verb in ("passed", "completed"):
                if self._session.was_said(verb):
                    self._progress = lesson.after(verb, self._progress)
        self._exercises = exercises(launch.topic, launch.level, self.attempt.seed, self.attempt.count)
        self._author = Author(launch, data)
        self.report = Report(data.return_url, resumed=self.number, passed_before=self._progress.passed)
        self._say(statements.initialized(self._author, self._clock.uuid4(), self._session.now()))
        self._began, self._before = self._clock.monotonic(), self.attempt.seconds
        if self.attempt.is_whole:
            self._judge()

    def _judge(self) -> None:
        data = self._known.data
        score = lesson.score(self.attempt.answers)
        passed = lesson.is_passed(score, data.mastery_score)
        self.report.score, self.report.passed = score, passed if data.launch_mode == "Normal" else None
        progress = replace(self._progress, attempt=None)
        for verb in lesson.verdicts(passed, data.launch_mode, progress):
            self._say(self._verdict(verb, score))
            progress = lesson.after(verb, progress)
        self._keep(progress)
        self._terminate()

    def _verdict(self, verb: str, score: lesson.Score) -> Statement:
        statement_id, now, seconds = self._clock.uuid4(), self._session.now(), self._taken()
        if verb == "completed":
            return statements.completed(self._known, statement_id, now, seconds)
        return statements.judged(self._known, verb, statement_id, now, seconds, score)

    def _terminate(self) -> None:
        now, seconds = self._session.now(), self._since(self._began)
        self._say(statements.terminated(self._known, self._clock.uuid4(), now, seconds))
        self.is_over = True

    def _say(self, statement: Statement) -> None:
        self._waiting.append(statement)

    def _keep(self, progress: Progress) -> None:
        if self.keeps and progress != self._progress:
            self._progress = progress
            self._waiting.append(progress)

    def _send(self, thing: Statement | Progress) -> None:
        if isinstance(thing, Progress):
            self._session.keep_progress(thing)
        else:
            self._session.send(thing)

    def _give_up(self, refusal: Refused) -> None:
        """What was refused ends the session: nothing more is said but `terminated`."""
        refused = self._waiting[0]
        if not self.is_over:
            self._terminate()
        last = self._waiting[-1]
        self._waiting.clear()
        if isinstance(refused, dict) and refused["verb"]["id"] in _FIRST_AND_LAST:
            return
        try:
            self._send(last)
        except (LessonError, OfflineLrsError) as also:
            raise refusal from also

    @property
    def _known(self) -> Author:
        if self._author is None:
            raise LessonError("the lesson has not begun")
        return self._author

    def _taken(self) -> float:
        """The time of this go, earlier sessions included."""
        return self._before + self._since(self._began)

    def _since(self, moment: float | None) -> float:
        return 0.0 if moment is None else self._clock.monotonic() - moment


_FIRST_AND_LAST = (statements.VERBS["initialized"], statements.VERBS["terminated"])
