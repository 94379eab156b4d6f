"""The session with the LMS: what is asked in which order, what is tried again, and what is final."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from content_app import statements
from content_app.errors import Refused, Stopped
from content_app.exercises import Exercise, exercises
from content_app.launch import parse
from content_app.lesson import Progress
from content_app.play import Play, Report
from content_app.session import Patience, Preferences, Session
from content_app.statements import Author
from lrs import client
from lrs.client import Response, Unreachable
from tests.support.fake_lms import LAUNCH_DATA, FakeLms, launch_url, verbs

NAME = "org.example.lms"
WHOLE = ["initialized", "answered", "answered", "answered", "passed", "completed", "terminated"]
ONCE = ("busy", "lose", "drop")


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


class Scripted:
    """A transport that answers as told, and remembers what was asked."""

    def __init__(self, *answers: Response | Unreachable) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes | None] = []

    def request(self, method: str, url: str, headers: Any, body: bytes | None, timeout: float, **_: Any) -> Response:
        self.bodies.append(body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    def close(self) -> None:
        return


def gone() -> Unreachable:
    """Nobody answered."""
    return Unreachable("gone", sent=True)


def json_answer(status: int, value: Any) -> Response:
    """An answer with this value."""
    return Response(status, (), json.dumps(value).encode())


@contextlib.contextmanager
def session(clock: LessonClock | None = None, transport: client.Transport | None = None) -> Iterator[Session]:
    """A session with the LMS at the service, not fetched yet."""
    launch = parse(launch_url(NAME))
    way = transport or client.open(launch.endpoint, launch.ipc_service)
    with contextlib.closing(way):
        yield Session(launch, way, clock or LessonClock())


def play(lms: FakeLms, answers: list[str | Exception], told: list[str] | None = None) -> Report:
    """A lesson of three exercises, answered so; the end of the answers is the learner leaving."""
    clock, responses = LessonClock(), iter(answers)

    def ask(_exercise: Exercise) -> str | None:
        response = next(responses, None)
        if isinstance(response, Exception):
            raise response
        return response

    with session(clock) as opened:
        return Play(opened, clock, ask, (told if told is not None else []).append).run(exercises("addition", 1, 1, 3))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["right", "right", "right"], WHOLE),
        (["right", "wrong", "wrong"], [*WHOLE[:4], "failed", "completed", "terminated"]),
        (["right"], ["initialized", "answered", "terminated"]),
        (["right", Stopped("now")], ["initialized", "answered", "terminated"]),
        ([], ["initialized", "terminated"]),
    ],
)
def test_a_lesson_says_what_happened(device: Path, answers: list[str | Exception], expected: list[str]) -> None:
    """Passed, failed, or left on the way: `terminated` is always the last."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, answers)
        assert expected == verbs(lms.kept)


def test_the_lms_is_asked_in_the_order_of_the_standard(device: Path) -> None:
    """Fetch, launch data and preferences before the first statement (cmi5 8.2, 10, 11)."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, [])
        expected = ["POST fetch", "GET launchdata", "GET preferences", "GET progress", "POST initialized"]
        assert expected == lms.requests[:5]


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_outside_normal_mode_nothing_is_judged(device: Path, mode: str) -> None:
    """cmi5 10.2.2; what was answered is still said."""
    with FakeLms(device / "lms", NAME, launch_data=LAUNCH_DATA | {"launchMode": mode}) as lms:
        report = play(lms, ["right"] * 3)
        assert ([*WHOLE[:4], "terminated"], None) == (verbs(lms.kept), report.passed)


def test_a_second_session_does_not_repeat_what_is_once_in_a_registration(device: Path) -> None:
    """The lesson wrote down that it passed and completed."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["right"] * 3)
        (lms.folder / "token-given").unlink()
        play(lms, ["wrong"] * 3)
        assert ["initialized", *["answered"] * 3, "terminated"] == verbs(lms.kept[len(WHOLE) :])


def test_a_failed_lesson_can_be_passed_later(device: Path) -> None:
    """`failed` is no end, `completed` is said once."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["wrong"] * 3)
        (lms.folder / "token-given").unlink()
        play(lms, ["right"] * 3)
        assert [verb for verb in verbs(lms.kept) if verb in ("failed", *WHOLE[4:6])] == [
            "failed",
            "completed",
            "passed",
        ]


def test_the_words_are_those_of_the_learners_language(device: Path) -> None:
    """The first that the lesson has (cmi5 11.1)."""
    told: list[str] = []
    preferences = {"languagePreference": "fr-FR,es-MX,en-US", "audioPreference": "on"}
    with FakeLms(device / "lms", NAME, preferences=preferences) as lms:
        play(lms, ["right", "right", "wrong"], told)
    assert [told[0], told[1], told[3]] == ["Correcto.", "Correcto.", "2 de 3 correctas. Aprobado."]


@pytest.mark.parametrize("what", ["fetch", "launchdata", "preferences", "progress", *dict.fromkeys(WHOLE)])
@pytest.mark.parametrize("kind", ONCE)
def test_a_request_that_came_to_nothing_is_sent_again(device: Path, kind: str, what: str) -> None:
    """Busy, dropped, or kept and the answer lost: every statement is kept once, in order."""
    with FakeLms(device / "lms", NAME, (f"{kind}:{what}",)) as lms:
        if (kind, what) == ("lose", "fetch"):
            with pytest.raises(Refused, match="launch the lesson again"):
                play(lms, ["right"] * 3)
            return
        play(lms, ["right"] * 3)
        assert verbs(lms.kept) == WHOLE


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("fetch", []),
        ("launchdata", []),
        ("preferences", []),
        ("initialized", []),
        ("answered", ["initialized", "terminated"]),
        ("passed", [*WHOLE[:4], "terminated"]),
        ("terminated", WHOLE[:-1]),
    ],
)
def test_a_refusal_is_final_and_says_what_the_lms_said(device: Path, what: str, said: list[str]) -> None:
    """One line; `terminated` is still said where the session had begun."""
    with FakeLms(device / "lms", NAME, (f"refuse:{what}",)) as lms:
        with pytest.raises(Refused) as raised:
            play(lms, ["right"] * 3)
        assert said == verbs(lms.kept)
    assert ("403" in str(raised.value), "\n" not in str(raised.value)) == (True, True)


def test_an_lms_that_keeps_no_progress_is_no_reason_to_stop(device: Path) -> None:
    """The verdicts are on record; only the memory is missing."""
    with FakeLms(device / "lms", NAME, ("refuse:progress",)) as lms:
        play(lms, ["right"] * 3)
        assert verbs(lms.kept) == WHOLE


def test_the_same_bytes_are_sent_again_until_patience_is_out() -> None:
    """With growing pauses, and no longer than it was told."""
    clock, transport = LessonClock(), Scripted(gone())
    with session(clock, transport) as opened:
        author = Author(opened.launch, statements.LaunchData({}, "Normal", None, None))
        with pytest.raises(Unreachable):
            opened.send(statements.initialized(author, clock.uuid4(), clock.now()))
    assert (clock.slept[:6], len(set(transport.bodies))) == ([0.05, 0.1, 0.2, 0.4, 0.8, 1.0], 1)
    assert 58.0 < sum(clock.slept) <= 60.0


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507])
def test_not_now_is_tried_again(status: int) -> None:
    """As if nobody had answered."""
    clock, transport = LessonClock(), Scripted(Response(status, (), b""), json_answer(200, {"auth-token": "x"}))
    with session(clock, transport) as opened:
        opened.fetch()
    assert len(transport.bodies) == 2


def test_what_the_lms_cannot_take_is_said_in_the_end() -> None:
    """When patience is out: the reason it gave."""
    transport = Scripted(json_answer(507, {"detail": "the disk\nis full"}))
    with session(LessonClock(), transport) as opened, pytest.raises(Unreachable, match="the disk is full"):
        opened.fetch()


def test_a_stop_shortens_patience() -> None:
    """Somebody waits for the end."""
    clock = LessonClock()
    with session(clock, Scripted(gone())) as opened:
        opened.be_brief(2.0)
        with pytest.raises(Unreachable):
            opened.fetch()
    assert sum(clock.slept) <= 2.0


@pytest.mark.parametrize(
    "answer",
    [
        json_answer(200, {"error-code": "1", "error-text": "used"}),
        json_answer(200, {"auth-token": ""}),
        json_answer(200, {"auth-token": 1}),
        json_answer(200, []),
        json_answer(404, {"detail": "no such address"}),
        json_answer(400, {"auth-token": "x"}),
        Response(200, (), b"<html>"),
        Response(200, (), b"\xff"),
    ],
)
def test_without_a_token_there_is_no_lesson(answer: Response) -> None:
    """Whatever the LMS answers instead (cmi5 8.2.2)."""
    with session(LessonClock(), Scripted(answer)) as opened, pytest.raises(Refused):
        opened.fetch()


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"contextTemplate": {}},
        {"contextTemplate": [], "launchMode": "Normal"},
        {"contextTemplate": {}, "launchMode": "normal"},
        {"contextTemplate": {}, "launchMode": []},
        {"contextTemplate": {}, "launchMode": "Normal", "masteryScore": "0.6"},
        {"contextTemplate": {}, "launchMode": "Normal", "masteryScore": True},
    ],
)
def test_launch_data_that_cannot_be_used_are_refused(value: Any) -> None:
    """cmi5 10.2."""
    with session(LessonClock(), Scripted(json_answer(200, value))) as opened, pytest.raises(Refused):
        opened.launch_data()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_answer(404, {}), Preferences()),
        (json_answer(200, {}), Preferences()),
        (
            json_answer(200, {"languagePreference": "en-US, es", "audioPreference": "off"}),
            Preferences(("en-US", "es"), "off"),
        ),
    ],
)
def test_preferences_are_read(answer: Response, expected: Preferences) -> None:
    """None where there are none."""
    with session(LessonClock(), Scripted(answer)) as opened:
        assert expected == opened.preferences()


@pytest.mark.parametrize("value", [["another"], [], {}, "x"])
def test_an_acknowledgement_is_of_this_statement(value: Any) -> None:
    """An answer that names another was not this LMS's."""
    kept: list[int] = []
    clock, transport = LessonClock(), Scripted(json_answer(200, value))
    launch = parse(launch_url(NAME))
    opened = Session(launch, transport, clock, Patience(), lambda _statement, status: kept.append(status))
    author = Author(launch, statements.LaunchData({}, "Normal", None, None))
    with pytest.raises(Refused, match="something else"):
        opened.send(statements.initialized(author, clock.uuid4(), clock.now()))
    assert kept == []


def test_times_rise_though_the_clock_steps_back() -> None:
    """The order of statements is that of their times (cmi5 9.3)."""
    clock = LessonClock()
    with session(clock, Scripted(gone())) as opened:
        times = [opened.now()]
        clock.time -= timedelta(hours=1)
        times += [opened.now(), opened.now()]
    assert (times, 3) == (sorted(times), len(set(times)))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_answer(404, {}), Progress()),
        (json_answer(403, {"passed": True}), Progress()),
        (json_answer(200, {"passed": True, "completed": "yes"}), Progress(passed=True)),
    ],
)
def test_progress_is_what_was_written_down(answer: Response, expected: Progress) -> None:
    """Nothing else counts."""
    with session(LessonClock(), Scripted(answer)) as opened:
        assert expected == opened.progress()
