"""The lesson, step by step: what is said in which order, what goes on later, and what ends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from content_app import terminal
from content_app.errors import Refused
from content_app.exercises import Exercise
from content_app.play import Play
from content_app.progress import Attempt
from lrs.client import Unreachable
from tests.content_app.worlds import NAME, THREE, WHOLE, LessonClock, new_launch, play, session
from tests.support.fake_lms import LAUNCH_DATA, FakeLms, verbs

ONCE = ("busy", "lose", "drop")
JUDGED = ("passed", "failed", "completed")


def written(lms: FakeLms) -> Any:
    """What the lesson wrote down."""
    return json.loads((lms.folder / "progress").read_bytes())


def questions(lms: FakeLms) -> list[str]:
    """What was asked, in order."""
    kept = [one["object"] for one in lms.kept if one["verb"]["id"].endswith("/answered")]
    return [one["definition"]["name"]["en"] for one in kept]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["right", "right", "right"], WHOLE),
        (["right", "wrong", "wrong"], [*WHOLE[:4], "failed", "completed", "terminated"]),
        (["right"], ["initialized", "answered", "terminated"]),
        (["right", "stop"], ["initialized", "answered", "terminated"]),
        ([], ["initialized", "terminated"]),
    ],
)
def test_a_lesson_says_what_happened(device: Path, answers: list[str], expected: list[str]) -> None:
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
        report = play(lms, ["right"] * 3).report
        assert ([*WHOLE[:4], "terminated"], None) == (verbs(lms.kept), report.passed)


def test_a_second_session_does_not_repeat_what_is_once_in_a_registration(device: Path) -> None:
    """The lesson wrote down that it passed and completed."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["right"] * 3)
        play(lms, ["wrong"] * 3)
        assert ["initialized", *["answered"] * 3, "terminated"] == verbs(lms.kept[len(WHOLE) :])


def test_a_failed_lesson_can_be_passed_later(device: Path) -> None:
    """`failed` is no end, `completed` is said once."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["wrong"] * 3)
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


# --- going on later -------------------------------------------------------------------------------------------------


def test_whoever_left_goes_on_at_the_next_exercise(device: Path) -> None:
    """With the same exercises, the earlier answers counted, whatever the new launch would have asked."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["right", "wrong", "stop"])
        told: list[str] = []
        report = play(lms, ["right"], told, Attempt(seed=99, count=7)).report
        once = questions(lms)
        play(lms, ["right"] * 3, wanted=THREE)
        assert verbs(lms.kept)[3:9] == ["terminated", "initialized", "answered", "passed", "completed", "terminated"]
    assert (report.resumed, report.score.right if report.score else None, report.passed) == (2, 2, True)
    assert (told[0], len(set(once)), once) == ("Welcome back. You go on with question 3 of 3.", 3, questions(lms)[3:])


def test_it_goes_on_after_any_answer(device: Path) -> None:
    """The progress is kept after each, not only on leaving: a tablet may simply be switched off."""
    with FakeLms(device / "lms", NAME) as lms:
        clock = LessonClock()
        with session(clock) as opened:
            begun = Play(opened, clock, THREE)
            begun.begin()
            begun.show()
            clock.pass_by(2.5)
            begun.answer("1")
            begun.deliver()
        expected = {"seed": 1, "count": 3, "seconds": 2.5, "answers": [{"response": "1", "success": False}]}
        assert {"passed": False, "completed": False, "attempt": expected} == written(lms)
        assert play(lms, ["right", "right"]).report.resumed == 1


def test_a_lesson_that_ended_starts_anew(device: Path) -> None:
    """Failed or passed: nothing is left to go on with."""
    with FakeLms(device / "lms", NAME) as lms:
        for answers in (["wrong"] * 3, ["right"] * 3):
            play(lms, answers)
            assert "attempt" not in written(lms)
            assert play(lms, []).report.resumed == 0


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_a_look_at_the_lesson_touches_no_progress(device: Path, mode: str) -> None:
    """Neither goes on with what was left, nor writes anything down (cmi5 10.2.2)."""
    with FakeLms(device / "lms", NAME) as lms:
        play(lms, ["right", "stop"])
        before = written(lms)
        lms.launch_data = LAUNCH_DATA | {"launchMode": mode}
        assert play(lms, ["right", "stop"]).report.resumed == 0
        assert before == written(lms)


@pytest.mark.parametrize(
    ("said", "expected"),
    [([], ["passed", "completed"]), (["passed"], ["completed"]), (["passed", "completed"], [])],
)
def test_killed_between_the_last_answer_and_the_end(device: Path, said: list[str], expected: list[str]) -> None:
    """The next session judges at once, and says what the LMS does not have yet: nothing twice."""
    with FakeLms(device / "lms", NAME) as lms:
        whole = play(lms, ["right"] * 3)
        lines = (lms.folder / "statements").read_text().splitlines()
        left = [line for line in lines if verbs([json.loads(line)])[0] not in (set(JUDGED) - set(said))]
        (lms.folder / "statements").write_text("".join(f"{line}\n" for line in left))
        answers = [{"response": one.response, "success": one.right} for one in whole.attempt.answers]
        attempt = {"seed": 1, "count": 3, "seconds": 4.0, "answers": answers}
        (lms.folder / "progress").write_text(json.dumps({"passed": False, "completed": False, "attempt": attempt}))
        assert play(lms, []).report.passed
        assert verbs(lms.kept)[len(left) :] == ["initialized", *expected, "terminated"]
        assert written(lms) == {"passed": True, "completed": True}


def test_durations_are_those_of_the_clock(device: Path) -> None:
    """An answer: since the exercise was shown. The verdicts: the time of the go, earlier sessions too. `terminated`:
    this session (cmi5 9.5.4.1)."""
    with FakeLms(device / "lms", NAME) as lms:
        for seconds, count in ((10.0, 1), (20.0, 2)):
            clock = LessonClock()
            new_launch(lms)
            with session(clock) as opened:
                made = Play(opened, clock, THREE)
                made.begin()
                for _ in range(count):
                    clock.pass_by(1.0)
                    exercise = made.show()
                    assert exercise is not None
                    clock.pass_by(seconds)
                    assert made.show() == exercise
                    made.answer(exercise.answer)
                    made.deliver()
                made.leave()
                made.deliver()
        found = [
            (verb, one["result"]["duration"])
            for verb, one in zip(verbs(lms.kept), lms.kept, strict=True)
            if "duration" in one.get("result", {})
        ]
    assert found == [
        ("answered", "PT10.00S"),
        ("terminated", "PT11.00S"),
        ("answered", "PT20.00S"),
        ("answered", "PT20.00S"),
        ("passed", "PT53.00S"),
        ("completed", "PT53.00S"),
        ("terminated", "PT42.00S"),
    ]


# --- one step at a time ---------------------------------------------------------------------------------------------


def test_what_could_not_be_delivered_is_delivered_later(device: Path) -> None:
    """The lesson waits where it is; the same statements, in order, each once."""
    clock = LessonClock()
    with session(clock) as opened:
        opened.be_patient(0.2)
        made = Play(opened, clock, THREE)
        with pytest.raises(Unreachable):
            made.begin()
        with FakeLms(device / "lms", NAME) as lms:
            made.begin()
            made.begin()
        exercise = made.show()
        assert exercise is not None
        made.answer(exercise.answer)
        for _ in range(2):
            with pytest.raises(Unreachable):
                made.deliver()
        made.leave()
        assert (made.is_over, made.is_delivered) == (True, False)
        with FakeLms(device / "lms", NAME) as lms:
            made.deliver()
            assert (verbs(lms.kept), made.is_delivered) == (["initialized", "answered", "terminated"], True)


def test_what_is_no_number_says_nothing(device: Path) -> None:
    """The same exercise is asked again."""
    with FakeLms(device / "lms", NAME) as lms:
        told: list[str] = []
        play(lms, ["oh", "7.5", "stop"], told)
        assert verbs(lms.kept) == ["initialized", "terminated"]
    assert told == ["Please write a whole number, like 12."] * 2 + ["Left before the end."]


def test_a_fraction_that_can_be_made_smaller_is_nearly_right(device: Path) -> None:
    """And the learner is told so."""
    told: list[str] = []
    clock = LessonClock()
    with FakeLms(device / "lms", NAME) as lms:
        launched = lms.launch_url("offline-maths://lesson/fractions?level=1")
        with session(clock, url=launched) as opened:
            made = Play(opened, clock, THREE)

            def twice(exercise: Exercise) -> str | None:
                above, _, below = exercise.answer.partition("/")
                return f"{2 * int(above)}/{2 * int(below)}" if made.number == 0 else None

            terminal.give(made, twice, told.append)
    assert told[0].startswith("Nearly: make the fraction as small as you can, ")


def test_steps_after_the_end_say_nothing(device: Path) -> None:
    """Leaving a lesson that is over is nothing new."""
    with FakeLms(device / "lms", NAME) as lms:
        made = play(lms, ["right"] * 3)
        before = len(lms.kept)
        made.leave()
        made.deliver()
        assert (made.show(), made.report.left, len(lms.kept)) == (None, False, before)


def test_leaving_before_the_beginning_says_nothing() -> None:
    """There is no session to end."""
    clock = LessonClock()
    with session(clock) as opened:
        made = Play(opened, clock, THREE)
        made.leave()
        assert (made.has_begun, made.is_over, made.is_delivered) == (False, False, True)
