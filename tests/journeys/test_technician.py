"""A technician with a tablet in hand and nothing but `offline-lrs`: what waits, why, and what can be done about it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from launcher.cli.programs import Program
from tests.support.world import Statement, World, ask, credential, statements

pytestmark = pytest.mark.slow


def statement(n: int, verb: str = "answered") -> Statement:
    """The n-th statement."""
    return {
        "id": f"00000000-0000-4000-8000-{n:012}",
        "actor": {"mbox": "mailto:lena@example.org"},
        "verb": {"id": f"https://pub.example/verbs/{verb}"},
        "object": {"id": f"https://pub.example/questions/{n}"},
        "timestamp": "2026-11-21T10:00:00Z",
        "version": "1.0.0",
    }


def record(program: Program, login: tuple[str, str], *made: Statement) -> None:
    """Send statements as an app does."""
    answer = ask(program, "POST", "/xapi/statements", login=login, body=list(made))
    assert answer.status_code == 200, answer.text


def ran(world: World, device: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """A command on the tablet's data."""
    return world.run(*words, "--data", str(device.data))


def told(world: World, device: Program, *words: str) -> Any:
    """Its answer in JSON."""
    done = ran(world, device, *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_what_waits_is_seen_taken_along_on_a_stick_and_arrives_once(world: World) -> None:
    """While the school is away: counted, explained, exported. Brought to the school by hand and then synced as well,
    each statement is there once."""
    school = world.school()
    device = world.device("tablet", school=school)
    app = credential(device, "app", "statements/write")
    record(device, app, *(statement(n) for n in range(1, 4)))
    assert told(world, device, "sync", "--once")["complete"]
    school.stop()
    record(device, app, *(statement(n) for n in range(4, 7)))

    left = ran(world, device, "sync", "--once")
    assert (left.returncode, left.stderr.count("\n"), "3 statements for upstream" in left.stderr) == (1, 1, True)
    (outbox,) = told(world, device, "outbox", "list")["destinations"]
    assert (outbox["state"], outbox["waiting"], outbox["exceptions"]) == ("offline", 3, {})
    examined = told(world, device, "doctor")
    assert [one["about"] for one in examined if one["level"] == "warning"] == ["destination upstream"]

    stick = world.folder / "stick.json"
    assert told(world, device, "outbox", "export", "--output", str(stick))["statements"] == 3
    school.start()
    carrier = credential(school, "carrier", "statements/write")
    body = json.loads(stick.read_bytes())
    sent = ask(school, "POST", "/xapi/statements", login=carrier, body=body)
    assert (sent.status_code, sent.json()) == (200, [statement(n)["id"] for n in range(4, 7)])
    assert told(world, device, "sync", "--once")["complete"]
    assert sorted(one["id"] for one in statements(school)) == [statement(n)["id"] for n in range(1, 7)]


@pytest.mark.parametrize("beside", [True, False], ids=["beside the program", "without one"])
def test_what_is_not_taken_is_explained_and_let_go_of(world: World, beside: bool) -> None:
    """Another statement has the id at the school. The doctor says so and exits 1, until somebody decides."""
    school = world.school()
    device = world.device("tablet", school=school)
    record(school, credential(school, "other", "statements/write"), statement(1, "read"))
    record(device, credential(device, "app", "statements/write"), statement(1), statement(2))
    assert told(world, device, "sync", "--once")["complete"]
    if not beside:
        device.stop()

    doctor = ran(world, device, "doctor")
    assert (doctor.returncode, doctor.stderr) == (1, "offline-lrs: 1 problem found\n")
    assert "✗ outbox upstream" in doctor.stdout
    shown = ran(world, device, "outbox", "show", statement(1)["id"])
    assert "conflict: it has other content there" in shown.stdout
    assert "https://pub.example/verbs/read" in shown.stdout
    refused = ran(world, device, "outbox", "remove", statement(1)["id"])
    assert (refused.returncode, "--yes" in refused.stderr) == (1, True)
    removed = ran(world, device, "outbox", "remove", statement(1)["id"], "--yes")
    assert (removed.returncode, removed.stderr) == (0, "")
    assert ran(world, device, "doctor").returncode == 0
