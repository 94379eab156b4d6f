"""`doctor`: exit status, order and words. It changes nothing, beside a program, without one, and after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.cli.programs import Program
from tests.launcher.campus import campus
from tests.support.upstream import Upstream

Run = Callable[..., tuple[int, str, str]]


def state(*folders: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in these folders: mode, time of the last change, content. What SQLite keeps about who reads right now
    (`-shm`) is no content; that it is there, is."""
    found = {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            known = path.lstat()
            kept = path.read_bytes() if path.is_file() and not path.name.endswith("-shm") else b""
            times = 0 if path.name.endswith("-shm") else known.st_mtime_ns
            found[str(path)] = (known.st_mode, times, kept)
    return found


@pytest.fixture
def program(device: Path, data: Path) -> Iterator[Program]:
    """A program that serves the data folder as a service."""
    flags = ("--no-tcp", "--ipc-service", "org.example.doctor")
    running = Program("the program", data, flags, dict(os.environ))
    running.start()
    try:
        yield running
    finally:
        running.kill()


def test_a_healthy_folder_is_0(run: Run, data: Path) -> None:
    """Nothing wrong; everything that was looked at is named."""
    with campus(data) as lms:
        lms.launch(lms.course(), person=lms.person())
    status, out, err = run("doctor")
    assert (status, err, "✗" in out, "0 problems, 0 warnings" in out) == (0, "", False, True)
    for about in ("versions", "data folder", "disk", "runtime folder", "program", "service", "database", "schema"):
        assert f"✓ {about} " in out
    for about in ("clock", "school", "packages", "credentials", "progress", "destinations"):
        assert f"✓ {about} " in out


def test_a_problem_is_1_and_comes_first(run: Run, behind: Upstream) -> None:
    """With what to do, in the text and as a list for programs."""
    status, out, err = run("doctor")
    lines = out.splitlines()
    assert (status, err) == (1, "offline-lrs: 1 problem found\n")
    assert lines[2].startswith("✗ outbox upstream")
    assert "→ see why: offline-lrs outbox list; then: outbox retry, export or remove" in out
    assert [line[0] for line in lines if line[:1] in "✗!✓" and line] == sorted(
        (line[0] for line in lines if line[:1] in "✗!✓" and line), key="✗!✓".index
    )
    status, out, err = run("doctor", "--json")
    listed = json.loads(out)
    assert (status, json.loads(err)["detail"], {len(one) for one in listed}) == (1, "1 problem found", {4})
    assert [one["about"] for one in listed if one["level"] == "problem"] == ["outbox upstream"]


def test_nothing_is_changed_where_nobody_runs(run: Run, data: Path, device: Path) -> None:
    """Not a byte, not a file, not a time; nor is a runtime folder made."""
    before = state(data, device)
    run("doctor")
    assert state(data, device) == before


@pytest.mark.slow
def test_nothing_is_changed_beside_a_program(run: Run, data: Path, device: Path, program: Program) -> None:
    """Which is found to be well, answers afterwards, and leaves the folder as it is meanwhile."""
    before = state(data, device)
    status, out, _ = run("doctor")
    assert state(data, device) == before
    assert program.process is not None
    assert (status, f"process {program.process.pid} runs and answers" in out) == (0, True)
    assert "org.example.doctor answers at" in out
    assert run("people", "list")[0] == 0


@pytest.mark.slow
def test_nothing_is_changed_after_a_crash(run: Run, data: Path, device: Path, program: Program) -> None:
    """What waits in the write-ahead log is read, and left there; note and socket of the dead are told and left."""
    assert run("people", "add", "Amina")[0] == 0
    program.kill()
    assert (data / "offline-lrs.sqlite-wal").stat().st_size > 0
    before = state(data, device)
    status, out, _ = run("doctor")
    assert state(data, device) == before
    assert (status, "which had it, was killed" in out, "a socket that nobody answers at" in out) == (0, True, True)


def test_a_folder_that_is_not_there_is_not_made(run: Run, device: Path) -> None:
    """A misspelt path is said, and stays nothing."""
    from launcher.cli import main

    assert main(["doctor", "--data", str(device / "nowhere"), "--json"]) == 0
    assert not (device / "nowhere").exists()
