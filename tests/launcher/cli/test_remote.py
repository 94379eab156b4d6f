"""A command reaches the data: through the program that runs on it, or through one of its own, one at a time."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from launcher.cli import remote
from launcher.cli.programs import Program
from launcher.cli.remote import Answer, Call, Line, ask, call
from lrs.errors import AlreadyRunning, Conflict, Invalid, NotFound, OfflineLrsError, Unavailable
from lrs.local import notes
from lrs.local.notes import Note
from tests.launcher.campus import COURSE, SCHOOL, Campus, campus, prepare
from tests.support.clocks import FixedClock

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

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
    assert notes.find(data) is not None
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
    notes.leave(data, Note(2**22 + 1, "http://127.0.0.1:9", None, "token"))  # beyond the largest process id of Linux
    with campus(data), pytest.raises(AlreadyRunning):
        call(data, PEOPLE)


def test_a_program_that_does_not_answer_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive, and deaf: one line, with its process id."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 0.2)
    notes.leave(data, Note(os.getpid(), "http://127.0.0.1:9", None, "token"))
    with campus(data), pytest.raises(Unavailable, match=f"process {os.getpid()} "):
        call(data, PEOPLE)


def test_a_program_that_is_ending_is_waited_for(data: Path) -> None:
    """Its doors are closed and its note still there: the command does it by itself a moment later."""
    notes.leave(data, Note(os.getpid(), "http://127.0.0.1:9", None, "token"))
    ending = Campus(data, FixedClock())
    ending.start()
    thread = threading.Timer(0.3, ending.stop)
    thread.start()
    try:
        assert call(data, PEOPLE) == {"people": []}
    finally:
        thread.join()


def test_one_line_serves_several_calls_at_a_time(data: Path, program: Program) -> None:
    """Beside a program each has a connection of its own."""

    async def work(line: Line) -> list[Answer]:
        return await asyncio.gather(*(line.ask(PEOPLE) for _ in range(5)))

    assert [answer.status for answer in ask(data, work)] == [200] * 5


@pytest.mark.parametrize("beside", [True, False])
def test_a_file_is_sent_as_it_is_read(data: Path, device: Path, beside: bool, request: pytest.FixtureRequest) -> None:
    """Whoever watches hears of every piece; what comes back in pieces is the same bytes."""
    if beside:
        request.getfixturevalue("program")
    path, sent = device / "cmi5.xml", [0]
    path.write_bytes(COURSE)
    posted = Call("POST", "/courses", file=path, content_type="application/xml", sent=lambda n: sent.append(n))
    course = call(data, posted)["id"]
    pieces: list[bytes] = []
    taken = call(data, Call("GET", f"/courses/{course}/source", taken=pieces.append))
    assert (sum(sent), b"".join(pieces), taken) == (len(COURSE), COURSE, None)


def test_a_program_that_falls_silent_is_given_up(data: Path) -> None:
    """After as long as the call allows, and with its process id."""
    with campus(data), socket.create_server(("127.0.0.1", 0)) as deaf:
        notes.leave(data, Note(os.getpid(), f"http://127.0.0.1:{deaf.getsockname()[1]}", None, "token"))
        with pytest.raises(Unavailable, match=f"process {os.getpid()} .*silent"):
            call(data, Call("GET", "/people", seconds=0.2))


def test_half_an_answer_is_none(data: Path) -> None:
    """A program that dies while it answers is said to have given no complete answer."""

    def hang_up(door: socket.socket) -> None:
        for _ in range(2):  # the first connection only looks whether somebody is there
            connection, _ = door.accept()
            with connection:
                if connection.recv(100_000):
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")

    with campus(data), socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=hang_up, args=(door,))
        thread.start()
        notes.leave(data, Note(os.getpid(), f"http://127.0.0.1:{door.getsockname()[1]}", None, "token"))
        with pytest.raises(Unavailable, match="no complete answer"):
            call(data, PEOPLE)
        thread.join()


@pytest.mark.slow
def test_beside_a_program_a_command_loads_no_application(data: Path, program: Program) -> None:
    """Most of a second that nobody has to wait."""
    script = (
        "import sys; from launcher.cli import main; main(sys.argv[1:]);"
        "print(sorted(set(sys.modules) & {'fastapi', 'sqlalchemy', 'starlette', 'httpx', 'launcher.app'}))"
    )
    words = [sys.executable, "-c", script, "people", "list", "--data", str(data)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("status", "body", "kind", "detail"),
    [
        (400, b'{"detail": "wrong", "errors": []}', Invalid, "wrong"),
        (409, b'{"detail": "taken"}', Conflict, "taken"),
        (405, b'{"detail": "not that"}', OfflineLrsError, "not that"),
        (418, b'{"detail": "a teapot"}', OfflineLrsError, "a teapot"),
        (502, b"<html>", OfflineLrsError, "the program answered 502"),
        (500, b'["odd"]', OfflineLrsError, "the program answered 500"),
    ],
)
def test_an_answer_becomes_the_error_it_was(status: int, body: bytes, kind: type[OfflineLrsError], detail: str) -> None:
    """Whatever stands between the command and the program."""
    found = remote._raised(Answer(status, {}, body))
    assert (kind, detail) == (type(found), found.detail)


def test_faults_come_along() -> None:
    """Each with place and requirement, as the program found them."""
    listed = [{"path": "line 3", "requirement": "cmi5 13.1.4", "detail": "wrong"}]
    found = remote._raised(Answer(400, {}, json.dumps({"detail": "x", "errors": listed}).encode()))
    assert [str(fault) for fault in found.faults] == ["line 3: wrong [cmi5 13.1.4]"]


def test_the_school_is_set_by_the_first_command(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, like any setting; a second school is refused."""
    folder = prepare(device / "new")
    call(folder, PEOPLE)
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", "https://other.example")
    with pytest.raises(Conflict, match=SCHOOL):
        call(folder, PEOPLE)
