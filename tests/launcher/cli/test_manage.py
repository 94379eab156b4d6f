"""Each managing command: one call of the API, its answer for a person or for a program, and an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher import cli
from launcher.cli import manage
from tests.launcher.campus import COURSE, parameters
from tests.launcher.cmi5 import worlds

Run = Callable[..., tuple[int, str, str]]
Answer = Callable[..., Any]


@pytest.fixture
def file(device: Path) -> Path:
    """A course on the disk."""
    path = device / "cmi5.xml"
    path.write_bytes(COURSE)
    return path


# --- the way of a lesson --------------------------------------------------------------------------------------------


def test_from_a_file_to_a_launch_url(answer: Answer, file: Path) -> None:
    """Course, person, enrolment, launch: each answer is what the next command takes."""
    course = answer("courses", "import", str(file))["id"]
    person = answer("people", "add", "Amina", "Diallo")["id"]
    registration = answer("registrations", "add", course, person)["registration"]
    launched = answer("launch", course, "2", person, "--return-url", "https://school.example/back")
    given = parameters(launched["url"])
    assert (registration, registration) == (launched["registration"], given["registration"])
    assert person in given["actor"]


def test_a_person_gets_the_url_by_itself(run: Run, answer: Answer, file: Path) -> None:
    """`python -m content_app "$(offline-lrs launch …)"` works."""
    course = answer("courses", "import", str(file))["id"]
    answer("people", "add", "Amina", "--id", "p-1")
    status, out, _ = run("launch", course, "0", "p-1", "--mode", "Review", "--transport", "network")
    assert (status, out.count("\n"), out.startswith("https://pub.example/start?level=1&endpoint=")) == (0, 1, True)


@pytest.mark.slow
def test_an_export_is_what_was_imported(file: Path, data: Path, answer: Answer) -> None:
    """Byte for byte, so into a pipe."""
    course = answer("courses", "import", str(file))["id"]
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "courses", "export", course, "--data", str(data)],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, COURSE)


def test_removed_is_said(run: Run, answer: Answer, file: Path) -> None:
    """A course, a credential: gone, and told so."""
    course = answer("courses", "import", str(file))["id"]
    answer("credentials", "add", "--key", "k/1", "--secret", "s")
    ends = [run("courses", "remove", course), run("credentials", "remove", "k/1")]
    assert ends == [(0, "removed\n", "")] * 2


# --- what a person sees ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("courses", "list"), "courses import"),
        (("people", "list"), "people add"),
        (("registrations", "list"), "registrations add"),
        (("credentials", "list"), "credentials add"),
        (("destinations", "list"), "--upstream"),
    ],
)
def test_an_empty_list_says_what_to_do(run: Run, words: tuple[str, ...], hint: str) -> None:
    """One line, with the command that changes it."""
    status, out, _ = run(*words)
    assert (status, len(out.splitlines()), hint in out) == (0, 1, True)


def test_lists_are_in_columns(run: Run, answer: Answer, file: Path) -> None:
    """Each row with what the next command needs."""
    course = answer("courses", "import", str(file))["id"]
    answer("people", "add", "Amina", "Diallo", "--id", "p-1", "--role", "teacher")
    registration = answer("registrations", "add", course, "p-1")["registration"]
    answer("credentials", "add", "--key", "k", "--secret", "s", "--scope", "admin", "--scope", "all/read")
    shown = {name: run(name, "list")[1].split() for name in ("courses", "people", "registrations", "credentials")}
    assert [course, "Title", "0", "Title", "1", "Title", "2", "Title"] == shown["courses"]
    assert (["p-1", "teacher", "Amina"], [registration, course, "p-1"], ["k", "admin,", "all/read"]) == (
        shown["people"][:3],
        shown["registrations"],
        shown["credentials"][:3],
    )


def test_rows_are_as_wide_as_their_widest() -> None:
    """And nothing trails behind."""
    assert list(manage._table([("a", "b"), ("ccc", "")], "nothing")) == ["a    b", "ccc"]


def test_a_made_secret_is_shown_once(run: Run) -> None:
    """With the word that it will not be shown again."""
    status, out, _ = run("credentials", "add", "--key", "k")
    assert (status, "shown this once" in out, "secret" in run("credentials", "list")[1]) == (0, True, False)


def test_the_same_credential_again_is_0_and_another_secret_is_1(run: Run) -> None:
    """What a script may do twice, and what only `--replace` does."""
    add = ("credentials", "add", "--key", "k")
    ends = [
        run(*add, "--secret", "s")[0],
        run(*add, "--secret", "s", "--scope", "admin")[0],
        run(*add, "--secret", "other")[0],
        run(*add, "--secret", "other", "--replace")[0],
    ]
    assert ends == [0, 0, 1, 0]


def test_a_warning_is_shown(run: Run, device: Path) -> None:
    """What the importer wonders about, a person should know."""
    path = device / "easy.xml"
    path.write_bytes(worlds.course_xml(worlds.au_xml("one", attributes="moveOn='NotApplicable'")))
    assert "warning: " in run("courses", "import", str(path))[1]


def test_json_is_one_value_on_one_line(run: Run) -> None:
    """Names in their own letters."""
    _, out, _ = run("people", "add", "Zoë", "--json")
    assert (out.count("\n"), json.loads(out)["givenName"], "Zoë" in out) == (1, "Zoë", True)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_1_with_one_clear_line(run: Run) -> None:
    """Nothing on standard output, so that no script takes it for an answer."""
    status, out, err = run("registrations", "add", "nothing", "nobody")
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("offline-lrs: ")


def test_a_broken_course_shows_every_fault(run: Run, device: Path) -> None:
    """A line for each, with its place in the file and its requirement."""
    path = device / "broken.xml"
    path.write_bytes(worlds.course_xml(worlds.au_xml("one", attributes="moveOn='Never'"), worlds.au_xml("one")))
    status, _, err = run("courses", "import", str(path))
    assert (status, "line 3" in err, "line 4" in err, "[cmi5 13.1" in err) == (1, True, True, True)


@pytest.mark.parametrize("missing", ["nowhere.xml", "."])
def test_a_file_that_cannot_be_read_is_1(run: Run, device: Path, missing: str) -> None:
    """With its name and the reason."""
    status, _, err = run("courses", "import", str(device / missing))
    assert (status, f"cannot read {device / missing}" in err) == (1, True)


def test_a_setting_that_is_none_is_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever command finds it."""
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", "my school")
    status, _, err = run("people", "list")
    assert (status, "absolute http or https IRI" in err) == (1, True)


def test_a_fault_of_ours_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the trace where it is asked for."""
    monkeypatch.setattr(manage, "call", lambda *_: 1 // 0)
    status, _, err = run("people", "list")
    assert (status, "a fault of ours: ZeroDivisionError" in err, "Traceback" in err) == (1, True, False)
    monkeypatch.setenv("OFFLINE_LRS_TRACE", "1")
    with pytest.raises(ZeroDivisionError):
        run("people", "list")


def test_ctrl_c_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of any program that a person ends."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(manage, "call", interrupted)
    assert run("people", "list")[0] == cli.INTERRUPTED


@pytest.mark.slow
def test_whoever_stops_reading_hears_no_complaint(data: Path) -> None:
    """`offline-lrs … | head -0`: a closed pipe is no fault worth a trace."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "people", "list", "--data", str(data)],
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


# --- sync -----------------------------------------------------------------------------------------------------------


def test_sync_says_that_there_is_nowhere_to_send(run: Run) -> None:
    """And how a destination is named."""
    status, out, _ = run("sync", "--once")
    assert (status, "--upstream" in out) == (0, True)


def test_what_could_not_be_sent_is_said(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """How much, where to, and what holds it up."""
    upstream = {"upstream": "http://127.0.0.1:9/xapi", "upstream_key": "k", "upstream_secret": "s"}
    for name, value in upstream.items():
        monkeypatch.setenv(f"OFFLINE_LRS_{name.upper()}", value)
    course = answer("courses", "import", str(file))["id"]
    answer("people", "add", "Amina", "--id", "p-1")
    answer("launch", course, "0", "p-1")
    listed = run("destinations", "list")[1]
    assert ("http://127.0.0.1:9/xapi" in listed, "1 not yet sent" in listed) == (True, True)
    status, out, _ = run("sync", "--once")
    assert (status, "0 sent, 1 left: offline" in out) == (1, True)
