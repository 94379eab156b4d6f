"""The lesson as a program, against an LMS that is another program and may be killed."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from content_app.cli import main
from tests.content_app.worlds import new_launch
from tests.support.device import REPOSITORY, start, wait_for
from tests.support.fake_lms import FakeLms, kept, launch_url, verbs

NAME = "org.example.lms"
WHOLE = ["initialized", "answered", "answered", "answered", "passed", "completed", "terminated"]


def script(device: Path, *answers: str) -> str:
    """The path of a file with these answers."""
    path = device / "answers"
    path.write_text("\n".join(answers) + "\n\n")
    return str(path)


def journal(device: Path) -> list[dict[str, Any]]:
    """What the lesson says was acknowledged."""
    path = device / "journal"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Keeper:
    """Starts the fake LMS again whenever it was killed, as the system would."""

    def __init__(self, folder: Path, mishaps: tuple[str, ...]) -> None:
        self.starts = 0
        self._command = ("tests.support.fake_lms", str(folder), NAME, *mishaps)
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._process:
            self._process.kill()
        self._thread.join()

    def _keep(self) -> None:
        while not self._over.is_set():
            self._process = start(*self._command)
            self.starts += 1
            if self._over.is_set():
                self._process.kill()
            self._process.communicate()


@contextlib.contextmanager
def lesson(*arguments: str, stdin: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """The lesson in a process of its own; killed if it is still there at the end."""
    with start("content_app", *arguments, stdin=stdin) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_scripted_lesson(device: Path) -> None:
    """As many exercises as answers; the journal holds what the LMS kept, in order; one line of JSON sums up."""
    with FakeLms(device / "lms", NAME) as lms:
        arguments = [lms.launch_url(), "--answers", script(device, "right", "right", "wrong"), "--json"]
        with lesson(*arguments, "--journal", str(device / "journal"), "--seed", "7") as process:
            out, err = process.communicate(timeout=30)
        summary = json.loads(out)
        found = [(statement["id"], statement["verb"]["id"], 200) for statement in lms.kept]
    assert (process.returncode, verbs(lms.kept)) == (0, WHOLE), err
    assert [line[0] for line in found] == summary["statements"]
    assert found == [(line["id"], line["verb"], line["status"]) for line in journal(device)]
    expected = {"answered": 3, "right": 2, "scaled": 0.6667, "passed": True, "left": False, "topic": "addition"}
    assert expected == {name: summary[name] for name in expected}


@pytest.mark.slow
@pytest.mark.parametrize(
    "mishaps",
    [
        ("die-before:fetch", "die-after:launchdata", "die-after:preferences", "die-before:progress"),
        ("die-before:initialized", "die-after:initialized", "die-after:passed", "die-before:terminated"),
        ("die-after:answered", "die-before:passed", "die-before:completed", "die-after:completed"),
        ("die-before:answered", "die-after:passed", "die-after:terminated"),
    ],
    ids=["before the first statement", "at both ends", "in the middle", "late"],
)
def test_the_lesson_outlives_the_lms(device: Path, mishaps: tuple[str, ...]) -> None:
    """Killed at that moment and started again: nothing is lost, nothing doubled, and the journal is true."""
    with Keeper(device / "lms", mishaps) as keeper:
        arguments = [launch_url(NAME), "--answers", script(device, "right", "right", "right")]
        with lesson(*arguments, "--journal", str(device / "journal")) as process:
            _, err = process.communicate(timeout=60)
        starts = keeper.starts
    statements = kept(device / "lms")
    assert (process.returncode, verbs(statements), starts > len(mishaps)) == (0, WHOLE, True), err
    assert [statement["id"] for statement in statements] == [line["id"] for line in journal(device)]


def test_an_lms_that_stays_away_ends_the_lesson(device: Path) -> None:
    """After the patience it was given: 1, and one line that says what to do."""
    with lesson(launch_url(NAME), "--answers", script(device, "right"), "--patience", "0.2") as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert "offline-lrs serve --ipc-service org.example.lms" in err


def test_a_refusal_is_one_line(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what the LMS said, and exit 1."""
    with FakeLms(device / "lms", NAME, ("refuse:answered",)) as lms:
        status = main([lms.launch_url(), "--answers", script(device, "right")])
    expected = "content_app: the LMS refused the statement 'answered' with 403: answered: not here\n"
    assert (1, expected) == (status, capsys.readouterr().err)


def test_a_used_launch_is_refused(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The token is given once; nothing is said of the session that had it."""
    with FakeLms(device / "lms", NAME) as lms:
        arguments = [lms.launch_url(), "--answers", script(device, "right")]
        assert [main(arguments), main(arguments)] == [0, 1]
        assert verbs(lms.kept).count("initialized") == 1
    assert "error-code 1" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_lesson_with_terminated(device: Path, number: signal.Signals) -> None:
    """While the learner thinks."""
    with FakeLms(device / "lms", NAME) as lms:
        with lesson(lms.launch_url(), "--seed", "42", stdin=subprocess.PIPE) as process:
            wait_for(lambda: verbs(lms.kept) == ["initialized"])
            assert process.stdout is not None
            assert process.stdout.read(8) == "3 + 1 = "
            process.send_signal(number)
            process.communicate(timeout=30)
        assert (process.returncode, verbs(lms.kept)) == (0, ["initialized", "terminated"])


def test_a_closed_input_ends_the_lesson_with_terminated(device: Path) -> None:
    """The learner closed the window."""
    with FakeLms(device / "lms", NAME) as lms:
        with lesson(lms.launch_url(), "--seed", "1", stdin=subprocess.PIPE) as process:
            out, _ = process.communicate("7\n", timeout=30)
        expected = (0, ["initialized", "answered", "terminated"], "Left before the end.")
        assert expected == (process.returncode, verbs(lms.kept), out.splitlines()[-1])


def test_answers_from_standard_input(device: Path) -> None:
    """`-`, one a line, as many as `--count`."""
    with FakeLms(device / "lms", NAME) as lms:
        with lesson(lms.launch_url(), "--answers", "-", "--count", "3", stdin=subprocess.PIPE) as process:
            process.communicate("right\nright\n\nright\n", timeout=30)
        assert (process.returncode, verbs(lms.kept)) == (0, WHOLE)


def test_a_script_can_stop_halfway(device: Path) -> None:
    """`stop`: five exercises unless `--count` says otherwise; the next launch goes on, and the sum counts both."""
    summaries = []
    with FakeLms(device / "lms", NAME) as lms:
        for answers in (("right", "wrong", "stop", "right"), ("right", "right", "right")):
            new_launch(lms)
            with lesson(lms.launch_url(), "--answers", script(device, *answers), "--json") as process:
                out, err = process.communicate(timeout=30)
            assert process.returncode == 0, err
            summaries.append(
                {name: json.loads(out)[name] for name in ("answered", "right", "resumed", "left", "passed")}
            )
        later = ["initialized", *["answered"] * 3, "passed", "completed", "terminated"]
        assert verbs(lms.kept)[3:] == ["terminated", *later]
    assert summaries == [
        {"answered": 2, "right": 1, "resumed": 0, "left": True, "passed": None},
        {"answered": 5, "right": 4, "resumed": 2, "left": False, "passed": True},
    ]


def test_the_words_of_a_script_are_no_answers_of_a_learner(device: Path) -> None:
    """Who types `right` is asked for a number."""
    with FakeLms(device / "lms", NAME) as lms:
        with lesson(lms.launch_url(), "--seed", "42", stdin=subprocess.PIPE) as process:
            out, _ = process.communicate("right\n4\n", timeout=30)
        assert verbs(lms.kept) == ["initialized", "answered", "terminated"]
    assert out.startswith("3 + 1 = Please write a whole number, like 12.\n3 + 1 = Right.\n")


def test_the_same_seed_asks_the_same(device: Path) -> None:
    """Two launches, the same questions."""
    asked = []
    for name in ("one", "two"):
        with FakeLms(device / name, NAME) as lms:
            main([lms.launch_url(), "--answers", script(device, "right", "wrong"), "--seed", "3"])
            asked.append([statement["object"]["id"] for statement in lms.kept if "response" in str(statement)])
    assert asked[0] == asked[1]


def test_without_a_page_no_web_framework_is_loaded() -> None:
    """It is the price of a page, paid by those who want one."""
    code = "import content_app.cli, sys; print({'starlette', 'uvicorn', 'jinja2'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--count", "0", "x"],
        ["--count", "1001", "x"],
        ["--seed", "x", "x"],
        ["--unknown", "x"],
        ["--register", "x"],
        ["--browser"],
        ["--browser", "--answers", "-", "x"],
    ],
)
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    """As every command."""
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2


def test_a_launch_url_that_cannot_be_used_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """All its faults, in one line."""
    status = main(["offline-maths://lesson/poetry"])
    err = capsys.readouterr().err
    assert (status, len(err.splitlines()), "activityId is missing" in err and "poetry" in err) == (2, 1, True)


def test_answers_that_cannot_be_read_are_wrong_usage(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the LMS hears of it."""
    assert main([launch_url(NAME), "--answers", str(device / "missing")]) == 2
    assert "missing" in capsys.readouterr().err
