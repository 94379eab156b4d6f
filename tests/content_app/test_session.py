"""The session with the LMS: what is asked in which order, what is tried again, and what is final."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from content_app import statements
from content_app.errors import Refused
from content_app.launch import parse
from content_app.progress import Attempt, Given, Progress
from content_app.session import Patience, Preferences, Session
from content_app.statements import Author
from lrs.client import Response, Unreachable
from tests.content_app.worlds import NAME, LessonClock, session
from tests.support.fake_lms import launch_url


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


def gone_well() -> Response:
    """Kept."""
    return Response(204, (), b"")


def json_answer(status: int, value: Any) -> Response:
    """An answer with this value."""
    return Response(status, (), json.dumps(value).encode())


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
        opened.be_patient(2.0)
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
        (Response(200, (), b"\xff"), Progress()),
    ],
)
def test_progress_is_what_was_written_down(answer: Response, expected: Progress) -> None:
    """Nothing else counts."""
    with session(LessonClock(), Scripted(answer)) as opened:
        assert expected == opened.progress()


def test_progress_that_is_kept_is_read_again() -> None:
    """The same values, from the bytes that were put."""
    progress, transport = Progress(True, False, Attempt(2**31, 3, (Given("3/4", True),), 2.5)), Scripted(gone_well())
    with session(LessonClock(), transport) as opened:
        opened.keep_progress(progress)
        transport.answers = [Response(200, (), transport.bodies[0] or b"")]
        assert progress == opened.progress()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_answer(200, {"statements": [{"id": "x"}], "more": ""}), True),
        (json_answer(200, {"statements": [], "more": ""}), False),
        (json_answer(403, {"statements": [{"id": "x"}]}), False),
    ],
)
def test_what_was_said_is_asked_for(answer: Response, expected: bool) -> None:
    """An LMS that lets a lesson read nothing does not say so."""
    with session(LessonClock(), Scripted(answer)) as opened:
        assert expected == opened.was_said("passed")


def test_a_return_address_is_text() -> None:
    """Anything else is none."""
    for value in (None, "", 7, ["https://x.example"]):
        data: dict[str, Any] = {"contextTemplate": {}, "launchMode": "Normal", "returnURL": value}
        with session(LessonClock(), Scripted(json_answer(200, data))) as opened:
            assert opened.launch_data().return_url is None
