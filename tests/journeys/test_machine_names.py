"""Decision 6: nothing that is stored names the machine it was made on."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.cli.programs import Program
from lrs.store.sqlite import DATABASE
from tests.support import scripted_au
from tests.support.world import MATHS, SCHOOL, World, ask, credential, drain, enrol, import_course, launch, lesson

pytestmark = pytest.mark.slow


def test_no_stored_byte_names_the_machine(world: World) -> None:
    """Whole sessions over the tunnel and over TCP leave no address, port, path or name of the machine in any file."""
    device = world.device("lonely", "--port", "0")
    take_lessons(world, device)
    forbidden = names_of_machine(device)
    device.kill()  # the log that was not yet folded into the database is there too
    assert sorted(path.name for path in device.data.iterdir()) == [
        DATABASE, f"{DATABASE}-shm", f"{DATABASE}-wal", "writer.lock",
    ]  # fmt: skip
    assert found_in_files(device.data, {SCHOOL}) != []  # what is stored can be found
    assert found_in_files(device.data, forbidden) == []
    device.start()
    device.stop()
    assert found_in_files(device.data, forbidden) == []


def test_only_the_destination_names_the_upstream(world: World) -> None:
    """A device that sends keeps the address it sends to in that destination's row and nowhere else."""
    school = world.school()
    device = world.device("sender", "--port", "0", school=school)
    take_lessons(world, device)
    drain(device)
    forbidden = names_of_machine(device) | {f":{school.url.rpartition(':')[2]}"}
    for program in (device, school):
        program.stop()
        assert found_in_rows(program.data / DATABASE, forbidden, but_not={"destination"}) == []
    assert (
        found_in_rows(device.data / DATABASE, forbidden, but_not=set()) != []
    )  # it is a row of that table, as it must


def take_lessons(world: World, device: Program) -> None:
    """A lesson of the maths app and of another AU, each over IPC and over TCP, one of them left in the middle, and
    documents and statements of another program."""
    course = import_course(device, MATHS)["id"]
    enrolled = enrol(course, "Amina", device)
    for au, transport in enumerate(("ipc", "network")):
        url = launch(device, enrolled, au, transport)["url"]
        with lesson(world, url, ["right"] * 3) as given:
            assert given.end() == (0, "")
    scripted_au.run(launch(device, enrolled, 2)["url"])
    launch(device, enrolled, 2, "network")
    launch(device, enrolled, 2)
    login = credential(device, "somebody", "all")
    statement = {
        "actor": {"mbox": "mailto:amina@school.example"},
        "verb": {"id": "https://verbs.example/read"},
        "object": {"id": "https://books.example/1"},
    }
    assert ask(device, "POST", "/xapi/statements", login=login, body=statement).status_code == 200
    target = "/xapi/activities/profile?activityId=https%3A%2F%2Fbooks.example%2F1&profileId=notes"
    assert ask(device, "PUT", target, login=login, headers={"If-None-Match": "*"}, body={}).status_code == 204


def names_of_machine(device: Program) -> set[str]:
    """Everything that must not be found."""
    port, host = device.url.rpartition(":")[2], socket.gethostname()
    names = {"127.0.0.1", "localhost", ".ipc.invalid", f":{port}", f"%3A{port}", str(device.data)}
    names |= {device.told["socket"], Path(device.told["socket"]).name, f"//{host}", f'"{host}"', f"@{host}"}
    return names | ({host} if len(host) > 5 else set())  # a shorter one may be part of any word


def found_in_files(folder: Path, forbidden: set[str]) -> list[tuple[str, str]]:
    """Which of the names is in which file, or in a file's name."""
    places = [(path.name, path.name.encode() + b"\0" + path.read_bytes()) for path in folder.rglob("*")]
    return [(place, name) for place, content in places for name in forbidden if os.fsencode(name) in content]


def found_in_rows(database: Path, forbidden: set[str], but_not: set[str]) -> list[tuple[str, str]]:
    """Which of the names is in which table."""
    return [
        (table, name)
        for table, cell in cells(database)
        for name in forbidden
        if table not in but_not and os.fsencode(name) in cell
    ]


def cells(database: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that the tables hold."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"statement", "document", "course", "registration", "session", "person"} <= set(tables)
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608  names from the database itself
                for cell in row:
                    yield table, cell if isinstance(cell, bytes) else str(cell).encode()
