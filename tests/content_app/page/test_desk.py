"""What the learner sees and does, one step at a time, without a server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_app.errors import LessonError, Refused
from content_app.page import render
from content_app.page.desk import END_SECONDS, LINGER_SECONDS, Desk
from content_app.play import Play
from tests.content_app.worlds import NAME, THREE, LessonClock, session
from tests.support.fake_lms import LAUNCH_DATA, FakeLms, verbs


@contextlib.contextmanager
def desk(clock: LessonClock | None = None) -> Iterator[Desk]:
    """A page of three exercises, not looked at yet."""
    clock = clock or LessonClock()
    with session(clock) as opened:
        yield Desk(Play(opened, clock, THREE), opened, clock)


def right(shown: Desk) -> str:
    """The answer to what is asked."""
    exercise = shown.view().exercise
    assert exercise is not None
    return exercise.answer


def test_from_the_first_question_to_the_result(device: Path) -> None:
    """Question, mark, question; after the last mark the result, when everything is on record."""
    kinds = []
    with FakeLms(device / "lms", NAME) as lms, desk() as shown:
        for number in range(3):
            kinds.append(shown.view().kind)
            shown.answer(number, right(shown))
            kinds.append(shown.view().kind)
            shown.go_on(number)
        assert (shown.view().kind, shown.is_over, verbs(lms.kept)[-1]) == ("result", True, "terminated")
    assert kinds == ["question", "marked"] * 3


def test_the_same_answer_from_many_sides_counts_once(device: Path) -> None:
    """Whatever is pressed at the same time."""
    with FakeLms(device / "lms", NAME) as lms, desk() as shown:
        text = right(shown)
        presses = [threading.Thread(target=shown.answer, args=(0, text)) for _ in range(8)]
        for press in presses:
            press.start()
        for press in presses:
            press.join()
        assert (shown.view().kind, verbs(lms.kept)) == ("marked", ["initialized", "answered"])


def test_a_mark_is_left_once(device: Path) -> None:
    """Going on from an older question leaves the present mark where it is."""
    with FakeLms(device / "lms", NAME), desk() as shown:
        shown.answer(0, right(shown))
        shown.go_on(0)
        shown.answer(1, right(shown))
        shown.go_on(0)
        assert shown.view().kind == "marked"


def test_while_the_lms_is_away_nothing_counts_twice(device: Path) -> None:
    """What was answered waits; what is pressed meanwhile is not taken."""
    with desk() as shown:
        assert shown.view().kind == "waiting"
        shown.stop()
        with FakeLms(device / "lms", NAME):
            text = right(shown)
            shown.answer(0, text)
        assert shown.view().kind == "waiting"
        shown.answer(1, text)
        with FakeLms(device / "lms", NAME) as lms:
            assert (shown.view().kind, verbs(lms.kept)) == ("marked", ["initialized", "answered"])


def test_the_language_is_the_learners_choice(device: Path) -> None:
    """Before what the LMS says; one we do not have changes nothing."""
    with FakeLms(device / "lms", NAME, preferences={"languagePreference": "es"}), desk() as shown:
        languages = [shown.view().words.language]
        for choice in ("en", "tlh"):
            shown.speak(choice)
            languages.append(shown.view().words.language)
    assert languages == ["es", "en", "en"]


def test_how_long_the_page_stays(device: Path) -> None:
    """As long as it was told since somebody touched it; after the end a little while, for a page loaded again."""
    clock = LessonClock()
    with FakeLms(device / "lms", NAME), desk(clock) as shown:
        clock.pass_by(10)
        assert shown.seconds_left(100) == 90
        shown.view()
        assert shown.seconds_left(100) == 100
        shown.stop()
        shown.view()
        assert (shown.seconds_left(100), shown.seconds_left(5)) == (LINGER_SECONDS, 5)


def test_closing_says_what_is_to_be_said(device: Path) -> None:
    """`terminated`, and what was left to say before it."""
    with FakeLms(device / "lms", NAME) as lms, desk() as shown:
        shown.answer(0, right(shown))
        assert shown.close().left
        assert verbs(lms.kept) == ["initialized", "answered", "terminated"]


def test_closing_has_an_end(device: Path) -> None:
    """Where the LMS stays away: nobody waits for ever, and the caller hears of it."""
    clock = LessonClock()
    with desk(clock) as shown:
        with FakeLms(device / "lms", NAME):
            shown.view()
        before = clock.monotonic()
        with pytest.raises(Exception, match=NAME):
            shown.close()
    assert clock.monotonic() - before <= END_SECONDS


def test_closing_tells_what_went_wrong(device: Path) -> None:
    """A page nobody opened, or a lesson that the LMS refused."""
    with FakeLms(device / "lms", NAME, ("refuse:answered",)):
        with desk() as shown, pytest.raises(LessonError, match="nobody opened the page"):
            shown.close()
        with desk() as shown:
            shown.answer(0, right(shown))
            assert (shown.view().kind, shown.is_over) == ("trouble", True)
            with pytest.raises(Refused, match="not here"):
                shown.close()


@pytest.mark.parametrize(("mode", "expected"), [("Normal", True), ("Browse", False), ("Review", False)])
def test_only_what_is_kept_is_said_to_be_kept(device: Path, mode: str, expected: bool) -> None:
    """A look at the lesson starts anew each time."""
    with FakeLms(device / "lms", NAME, launch_data=LAUNCH_DATA | {"launchMode": mode}), desk() as shown:
        shown.answer(0, right(shown))
        shown.stop()
        assert expected == ("Your answers are kept." in render.page(shown.view()))


def test_what_comes_from_outside_is_escaped(device: Path) -> None:
    """What an LMS says of a refusal is text."""
    with FakeLms(device / "lms", NAME, ("refuse:answered",)), desk() as shown:
        shown.answer(0, right(shown))
        shown.view()
        shown.trouble = Refused("<script>alert('1')</script>")
        text = render.page(shown.view())
    assert ("<script>alert" in text, "&lt;script&gt;alert" in text) == (False, True)
