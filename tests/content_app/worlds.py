"""A lesson in this process, with a clock that stands still, against the fake LMS."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from content_app import terminal
from content_app.launch import parse
from content_app.play import Play
from content_app.progress import Attempt
from content_app.session import Session
from lrs import client
from tests.support.fake_lms import FakeLms, launch_url

NAME = "org.example.lms"
THREE = Attempt(seed=1, count=3)
WHOLE = ["initialized", "answered", "answered", "answered", "passed", "completed", "terminated"]


class LessonClock:
    """Stands still, but for sleeping; no two of them give one id."""

    ids = itertools.count(1)

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.time = datetime(2026, 11, 21, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def uuid4(self) -> UUID:
        return UUID(int=next(self.ids), version=4)

    def pass_by(self, seconds: float) -> None:
        """So much time goes by."""
        self.slept.append(seconds)


@contextlib.contextmanager
def session(
    clock: LessonClock | None = None, transport: client.Transport | None = None, url: str | None = None
) -> Iterator[Session]:
    """A session with the LMS at the service, not fetched yet."""
    launch = parse(url or launch_url(NAME))
    way = transport or client.open(launch.endpoint, launch.ipc_service)
    with contextlib.closing(way):
        yield Session(launch, way, clock or LessonClock())


def new_launch(lms: FakeLms) -> None:
    """The LMS launches the lesson again: it has a token to give once more."""
    (lms.folder / "token-given").unlink(missing_ok=True)


def play(lms: FakeLms, answers: Sequence[str], told: list[str] | None = None, wanted: Attempt = THREE) -> Play:
    """A lesson of three exercises in a launch of its own, answered so; the learner leaves when answers end."""
    clock = LessonClock()
    new_launch(lms)
    with session(clock) as opened:
        made = Play(opened, clock, wanted)
        terminal.give(made, terminal.scripted(iter(answers)), (told if told is not None else []).append)
    return made
