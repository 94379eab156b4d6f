"""A command reaches the data: through the program that runs on it, or through one of its own, one at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from launcher import app
from launcher.app import Note
from launcher.cli import remote
from launcher.cli.programs import Program
from launcher.cli.remote import Call, call
from lrs.errors import AlreadyRunning, Conflict, Invalid, NotFound, OfflineLrsError, Unavailable
from tests.launcher.campus import SCHOOL, Campus, campus, prepare
from tests.support.clocks import FixedClock

PEOPLE = Call("GET", "/people")
AMINA = Call("POST", "/people", json={"givenName": "Amina", "id": "p-1"})


@pytest.fixture
def program(device: Path, data: Path) -> Iterator[Program]:
    """A program that serves the data folder, over TCP and as a service."""
    flags = ("--port", "0", "--ipc-service", "org.example.remote")
    running = Program("the program", data, flags, dict(os.environ))
    running.start()
    try:
        yield running
    finally:
        running.kill()


def test_without_a_program_a_command_makes_one(data: Path) -> None:
    """What the first wrote, the second reads."""
    call(data, AMINA)
    assert [one["id"] for one in call(data, PEOPLE)["people"]] == ["p-1"]


def test_beside_a_program_a_command_asks_it(data: Path, program: Program) -> None:
    """Over its socket, with the token of its note; a browser's credential made there works at once."""
    call(data, AMINA)
    made = call(data, Call("POST", "/credentials", json={"scopes": ["admin"]}))
    login = (made["key"], made["secret"])
    answer = httpx.get(f"{program.url}/api/people", auth=login, trust_env=False)
    assert [one["id"] for one in answer.json()["people"]] == ["p-1"]


def test_a_refusal_is_the_same_beside_a_program_and_without(data: Path, device: Path, program: Program) -> None:
    """One error, wherever it was raised."""
    told = []
    for folder in (data, prepare(device / "alone")):
        with pytest.raises(NotFound) as refused:
            call(folder, Call("DELETE", "/courses/nothing"))
        told.append(refused.value.detail)
    assert told[0] == told[1]


def test_a_killed_programs_note_leads_nobody_astray(data: Path, program: Program) -> None:
    """The note stays behind; the next command finds the data folder free and does it by itself."""
    program.kill()
    assert app.find(data) is not None
    assert call(data, PEOPLE)["people"] == []


def test_one_command_waits_for_another(data: Path) -> None:
    """Two at once both get done, though only one at a time has the data folder."""
    done: list[object] = []

    def add(number: int) -> None:
        done.append(call(data, Call("POST", "/people", json={"givenName": "Amina", "id": f"p-{number}"}))["id"])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, done)) == ["p-0", "p-1", "p-2"]


def test_a_program_without_a_note_is_named_in_the_end(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has the data folder and says nothing: the command gives up, and says who."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 0.2)
    with campus(data), pytest.raises(AlreadyRunning, match=str(os.getpid())):
        call(data, PEOPLE)


def test_the_note_of_a_dead_program_is_not_believed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data folder is held by another one, which is just starting."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 0.2)
    app.leave(data, Note(2**22 + 1, "http://127.0.0.1:9", None, "token"))  # beyond the largest process id of Linux
    with campus(data), pytest.raises(AlreadyRunning):
        call(data, PEOPLE)


def test_a_program_that_does_not_answer_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive, and deaf: one line, with its process id."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 0.2)
    app.leave(data, Note(os.getpid(), "http://127.0.0.1:9", None, "token"))
    with campus(data), pytest.raises(Unavailable, match=f"process {os.getpid()} "):
        call(data, PEOPLE)


def test_a_program_that_is_ending_is_waited_for(data: Path) -> None:
    """Its doors are closed and its note still there: the command does it by itself a moment later."""
    app.leave(data, Note(os.getpid(), "http://127.0.0.1:9", None, "token"))
    ending = Campus(data, FixedClock())
    ending.start()
    thread = threading.Timer(0.3, ending.stop)
    thread.start()
    try:
        assert call(data, PEOPLE) == {"people": []}
    finally:
        thread.join()


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        (httpx.Response(400, json={"detail": "wrong", "errors": []}), Invalid, "wrong"),
        (httpx.Response(409, json={"detail": "taken"}), Conflict, "taken"),
        (httpx.Response(405, json={"detail": "not that"}), OfflineLrsError, "not that"),
        (httpx.Response(418, json={"detail": "a teapot"}), OfflineLrsError, "a teapot"),
        (httpx.Response(502, text="<html>"), OfflineLrsError, "the program answered 502"),
        (httpx.Response(500, json=["odd"]), OfflineLrsError, "the program answered 500"),
    ],
)
def test_an_answer_becomes_the_error_it_was(answer: httpx.Response, kind: type[OfflineLrsError], detail: str) -> None:
    """Whatever stands between the command and the program."""
    found = remote._raised(answer)
    assert (kind, detail) == (type(found), found.detail)


def test_faults_come_along() -> None:
    """Each with place and requirement, as the program found them."""
    listed = [{"path": "line 3", "requirement": "cmi5 13.1.4", "detail": "wrong"}]
    found = remote._raised(httpx.Response(400, json={"detail": "x", "errors": listed}))
    assert [str(fault) for fault in found.faults] == ["line 3: wrong [cmi5 13.1.4]"]


def test_the_school_is_set_by_the_first_command(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, like any setting; a second school is refused."""
    folder = prepare(device / "new")
    call(folder, PEOPLE)
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", "https://other.example")
    with pytest.raises(Conflict, match=SCHOOL):
        call(folder, PEOPLE)
