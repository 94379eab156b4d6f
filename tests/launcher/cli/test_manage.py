"""Each managing command: one call of the API, its answer for a person or for a program, and an exit status."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher import cli
from launcher.cli import commands, manage
from tests.launcher.campus import COURSE, parameters
from tests.launcher.cmi5 import worlds

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

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


def test_an_export_goes_into_a_file_as_a_whole_or_not_at_all(
    run: Run, answer: Answer, file: Path, device: Path
) -> None:
    """For its user alone; where it fails, what was there stays, and nothing half."""
    course = answer("courses", "import", str(file))["id"]
    target = device / "out.xml"
    told = answer("courses", "export", course, "--output", str(target))
    assert (told, target.read_bytes()) == ({"file": str(target), "bytes": len(COURSE)}, COURSE)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    status, _, err = run("courses", "export", "nothing", "--output", str(target))
    assert (status, "no course nothing" in err, target.read_bytes()) == (1, True, COURSE)
    assert [path.name for path in device.iterdir() if path.name.startswith(".out")] == []
    status, _, err = run("courses", "export", course, "--output", str(device / "nowhere" / "out.xml"))
    assert (status, "cannot write" in err) == (1, True)


def test_json_and_a_course_are_two_things(run: Run) -> None:
    """Standard output has one JSON value or the course's own bytes, never both."""
    with pytest.raises(SystemExit) as ended:
        run("courses", "export", "any", "--json")
    assert ended.value.code == 2


def test_an_enrolment_in_full(run: Run, answer: Answer, file: Path) -> None:
    """Who, in what, how each AU stands and what was launched."""
    course = answer("courses", "import", str(file))["id"]
    answer("people", "add", "Amina", "Diallo", "--id", "p-1")
    launched = answer("launch", course, "1", "p-1")
    status, out, _ = run("registrations", "show", launched["registration"])
    lines = [line.split() for line in out.splitlines()]
    assert (status, ["learner", "Amina", "Diallo", "(p-1)"] in lines) == (0, True)
    assert "Title: not satisfied yet" in out
    assert next(line for line in lines if line[:1] == ["1"])[:4] == ["1", "Title", "in", "progress"]
    assert any(line[2:] == ["AU", "1", "launched", launched["session"]] for line in lines)


def test_people_have_their_page_where_the_program_gives_one() -> None:
    """A column more; without any page none."""
    person = {"id": "p-1", "role": "student", "givenName": "Amina", "familyName": ""}
    with_page = list(manage._people_lines({"people": [{**person, "page": "/learn/abc"}, person]}))
    without = list(manage._people_lines({"people": [person]}))
    assert (with_page[1].split(), without[1].split()) == (
        ["p-1", "student", "Amina", "/learn/abc"],
        ["p-1", "student", "Amina"],
    )


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
        (("destinations", "list"), "destinations add"),
        (("outbox", "list"), "destinations add"),
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
    assert [registration, "Amina", "Diallo", "Title", "p-1", course] == shown["registrations"][5:]
    assert (
        shown["people"][:3],
        shown["credentials"][:6],
    ) == (["ID", "ROLE", "NAME"], ["KEY", "SCOPES", "ADDED", "k", "admin,", "all/read"])
    assert "p-1 teacher Amina Diallo" in " ".join(shown["people"])


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


def test_a_title_cannot_speak_to_the_terminal(run: Run, device: Path) -> None:
    """XML lets control characters of the second block through: a terminal obeys them."""
    path = device / "sly.xml"
    path.write_bytes(COURSE.replace(b"Title", "Ti\x9b31mtle".encode()))
    _, out, _ = run("courses", "import", str(path))
    assert ("\x9b" in out, "\ufffd31mtle" in out) == (False, True)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_1_with_one_clear_line(run: Run) -> None:
    """Nothing on standard output, so that no script takes it for an answer."""
    status, out, err = run("registrations", "add", "nothing", "nobody")
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("offline-lrs: ")


def test_a_refusal_in_json_is_a_problem_on_standard_error(run: Run, device: Path) -> None:
    """The object that the API would answer, faults and all; nothing on standard output."""
    path = device / "broken.xml"
    path.write_bytes(worlds.course_xml(worlds.au_xml("one", attributes="moveOn='Never'"), worlds.au_xml("one")))
    status, out, err = run("courses", "import", str(path), "--json")
    problem = json.loads(err)
    assert (status, out, problem["status"], problem["type"]) == (1, "", 400, "urn:offline-lrs:problem:Invalid")
    assert len(problem["errors"]) == 2
    assert all(one["requirement"].startswith("cmi5 13") for one in problem["errors"])


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


def test_a_file_that_is_no_course_is_1(run: Run, device: Path) -> None:
    """Said before anything is sent."""
    path = device / "notes.txt"
    path.write_text("buy chalk")
    status, _, err = run("courses", "import", str(path))
    assert (status, err) == (1, f"offline-lrs: {path} is neither a package (zip) nor a course structure (cmi5.xml)\n")


@pytest.mark.slow
@pytest.mark.parametrize(("flags", "shown"), [((), "Zo\xeb \\u6625"), (("--json",), "Zo\\u00eb \\u6625")])
def test_a_terminal_without_the_letters_gets_their_numbers(data: Path, flags: tuple[str, ...], shown: str) -> None:
    """And never a trace; in JSON they are escapes of JSON."""
    words = [sys.executable, "-m", "launcher", "people", "add", "Zoë 春", "--data", str(data), *flags]
    done = subprocess.run(words, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr, shown.encode("latin-1") in done.stdout) == (0, b"", True)


def test_a_setting_that_is_none_is_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever command finds it."""
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", "my school")
    status, _, err = run("people", "list")
    assert (status, "absolute http or https IRI" in err) == (1, True)


def test_a_fault_of_ours_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the trace where it is asked for."""
    monkeypatch.setattr(commands, "call", lambda *_: 1 // 0)
    status, _, err = run("people", "list")
    assert (status, "a fault of ours: ZeroDivisionError" in err, "Traceback" in err) == (1, True, False)
    monkeypatch.setenv("OFFLINE_LRS_TRACE", "1")
    with pytest.raises(ZeroDivisionError):
        run("people", "list")


def test_ctrl_c_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of any program that a person ends."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "call", interrupted)
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
