"""Folders, disk, settings, the program that runs and its service, as they look from outside."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from launcher.cli.doctor import surroundings
from launcher.cli.doctor.finding import Level
from lrs.local import notes, registry
from lrs.local.notes import Note
from lrs.local.registry import Service
from lrs.store.sqlite import DATABASE
from tests.launcher.campus import campus
from tests.launcher.cli.doctor.conftest import Examine
from tests.support.device import NOBODY, needs_root


def levels(found: Examine, about: str) -> list[Level]:
    """How bad it is."""
    return [one.level for one in found(about)]


def test_a_folder_that_others_can_enter(found: Examine, data: Path) -> None:
    """With the command that closes it."""
    data.chmod(0o755)
    (one,) = found("data folder")
    assert (one.level, one.to_do, "0755" in one.said) == (Level.WARNING, f"run: chmod 700 {data}", True)


def test_a_database_that_others_can_read(found: Examine, data: Path) -> None:
    """The folder alone is not enough: it may be opened some day."""
    (data / DATABASE).chmod(0o644)
    assert [one.to_do for one in found("data folder") if one.to_do] == [f"run: chmod 600 {data / DATABASE}"]


@needs_root
def test_somebody_elses_folder(found: Examine, data: Path) -> None:
    """Named with the users."""
    os.chown(data, NOBODY, NOBODY)
    (one,) = found("data folder")
    assert (one.level, f"user {NOBODY}" in one.said) == (Level.PROBLEM, True)


@needs_root
def test_somebody_elses_file(found: Examine, data: Path) -> None:
    """As a command that was run with other rights leaves it behind."""
    os.chown(data / DATABASE, NOBODY, NOBODY)
    assert Level.PROBLEM in levels(found, "data folder")


def test_a_file_in_the_place_of_the_folder(device: Path) -> None:
    """Is no data folder."""
    path = device / "file"
    path.touch()
    (one,) = surroundings.data_folder(path)
    assert (one.level, "is not a folder" in one.said) == (Level.PROBLEM, True)


def test_a_setting_that_is_none(found: Examine, data: Path) -> None:
    """As the program itself would refuse it."""
    (data / "config.toml").write_text("prot = 8080\n")
    (one,) = found("settings")
    assert (one.level, "there is no setting 'prot'" in one.said) == (Level.PROBLEM, True)


@pytest.mark.parametrize(
    ("tight", "short", "level"),
    [(0, 0, Level.OK), (10**18, 0, Level.WARNING), (10**18, 10**18, Level.PROBLEM)],
)
def test_a_disk_that_fills_up(
    found: Examine, monkeypatch: pytest.MonkeyPatch, tight: int, short: int, level: Level
) -> None:
    """Early enough to do something."""
    monkeypatch.setattr(surroundings, "TIGHT", tight)
    monkeypatch.setattr(surroundings, "SHORT", short)
    assert levels(found, "disk") == [level]


def test_an_old_sqlite(found: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be read for its sake would look damaged."""
    monkeypatch.setattr(surroundings, "SQLITE_LEAST", (9, 0, 0))
    (one,) = found("versions")
    assert (one.level, "SQLite 9.0.0 is needed" in one.said) == (Level.PROBLEM, True)


def test_a_runtime_folder_that_others_can_enter(found: Examine, device: Path) -> None:
    """No socket is opened in it."""
    folder = device / "run" / "offline-lrs"
    folder.mkdir(mode=0o700)
    folder.chmod(0o755)
    (one,) = found("runtime folder")
    assert (one.level, one.to_do) == (Level.PROBLEM, f"run: chmod 700 {folder}")


def test_a_runtime_folder_that_is_a_link(found: Examine, device: Path) -> None:
    """Somebody could have laid it."""
    (device / "run" / "offline-lrs").symlink_to(device)
    assert levels(found, "runtime folder") == [Level.PROBLEM]


# --- the program ----------------------------------------------------------------------------------------------------


def test_a_program_that_says_nothing(found: Examine, data: Path) -> None:
    """It is starting or ending, or is a command."""
    with campus(data):
        (one,) = found("program")
    assert (one.level, f"process {os.getpid()} " in one.said) == (Level.WARNING, True)


def test_a_program_that_is_stuck(found: Examine, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the folder, takes the connection and never answers; everything else is examined all the same."""
    monkeypatch.setattr(surroundings, "ANSWER_SECONDS", 0.2)
    with campus(data), socket.create_server(("127.0.0.1", 0)) as deaf:
        notes.leave(data, Note(os.getpid(), f"http://127.0.0.1:{deaf.getsockname()[1]}", None, "token"))
        (one,) = found("program")
        rest = found("database")
    assert (one.level, f"kill {os.getpid()}" in one.to_do, [two.level for two in rest]) == (
        Level.PROBLEM,
        True,
        [Level.OK],
    )


def test_a_program_that_hung_up(found: Examine, data: Path) -> None:
    """Its door is closed, and it still has the folder."""
    with campus(data):
        notes.leave(data, Note(os.getpid(), "http://127.0.0.1:9", None, "token"))
        assert levels(found, "program") == [Level.PROBLEM]


# --- its service ----------------------------------------------------------------------------------------------------


def register(data: Path, path: Path | None) -> None:
    """As `serve` does."""
    bindings = () if path is None else ({"type": "unix", "path": str(path)},)
    command = ("offline-lrs", "serve", "--data", str(data), "--ipc-service", "org.example.a")
    registry.register(Service("org.example.a", bindings, command))


def test_a_service_of_another_folder_is_not_ours(found: Examine, device: Path) -> None:
    """One machine may have several."""
    register(device / "other", None)
    assert "no service is registered" in found("service")[0].said


def test_a_service_that_nobody_serves(found: Examine, data: Path, device: Path) -> None:
    """Is well where nobody runs, and odd where somebody does."""
    register(data, device / "run" / "a.sock")
    alone = levels(found, "service")
    with campus(data):
        beside = levels(found, "service")
    assert (alone, beside) == ([Level.OK], [Level.WARNING])


def test_a_service_without_a_socket(found: Examine, data: Path) -> None:
    """No app can reach it."""
    register(data, None)
    assert levels(found, "service") == [Level.PROBLEM]


def test_a_socket_that_others_may_use(found: Examine, data: Path, device: Path) -> None:
    """Lesson apps refuse it, and so say we."""
    path = device / "run" / "a.sock"
    register(data, path)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        path.chmod(0o777)
        (one,) = found("service")
    assert (one.level, "open to other users" in one.said) == (Level.PROBLEM, True)


def test_a_registration_that_cannot_be_read(found: Examine, data: Path, device: Path) -> None:
    """Then no app of this user finds anything."""
    register(data, device / "run" / "a.sock")
    (device / "data" / "http-ipc" / "services" / "org.example.a.json").write_text("{")
    assert levels(found, "service") == [Level.PROBLEM]
