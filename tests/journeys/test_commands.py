"""The `offline-lrs` command, as its person meets it: exit 0 done, 1 refused with one clear line, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

import pytest

from launcher import cli
from launcher.cli.programs import Program
from tests.support.world import MATHS, SCHOOL, World, ask, free_port, open_world

BROKEN = b"""<?xml version="1.0" encoding="utf-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="not an iri">
    <title><langstring lang="en">Broken</langstring></title>
    <description><langstring lang="en">In two places.</langstring></description>
  </course>
  <au id="https://courses.example/broken/au" moveOn="Sometimes" masteryScore="7">
    <title><langstring lang="en">Broken</langstring></title>
    <description><langstring lang="en">Here, too.</langstring></description>
    <url>https://courses.example/broken/au</url>
  </au>
</courseStructure>
"""


# --- every command --------------------------------------------------------------------------------------------------


def commands(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, groups among them."""
    if path:
        yield path
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*path, name))


EVERY = tuple(commands(cli.parser()))
GROUPS = tuple(path for path in EVERY if any(other[:-1] == path for other in EVERY))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each command exits 0 and shows how it is used; each that does something takes `--json`."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: offline-lrs {' '.join(words)}" in shown
    assert "--json" in shown or words in GROUPS


@pytest.mark.parametrize("words", [(), ("nothing",), ("serve", "--port", "many"), *((*group,) for group in GROUPS)])
def test_wrong_usage_exits_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """No command, an unknown one, a number that is none, a group without its action: usage, and exit 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ")


# --- managing -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_commands_work_before_the_first_serve_and_beside_a_running_one(world: World) -> None:
    """What commands put into a folder that nobody serves yet is there for the program, and the other way round."""
    given = ("--data", str(world.folder / "tablet"), "--json")
    made = answer(world, "credentials", "add", "--key", "before", "--scope", "all/read", *given)
    person = answer(world, "people", "add", "Amina", *given)
    source = world.folder / "cmi5.xml"
    source.write_bytes(MATHS)
    early = world.run("courses", "import", str(source), *given)  # ids are made from the school's
    assert (early.returncode, "--school" in early.stderr) == (1, True)

    device = world.device("tablet")
    login = (str(made["key"]), str(made["secret"]))
    assert ask(device, "GET", "/xapi/statements", login=login).status_code == 200
    course = answer(world, "courses", "import", str(source), *given)
    enrolled = answer(world, "registrations", "add", str(course["id"]), str(person["id"]), *given)
    launched = answer(world, "launch", str(course["id"]), "0", str(person["id"]), *given)
    assert launched["registration"] == enrolled["registration"]
    device.stop()
    listed = answer(world, "registrations", "list", *given)["registrations"]
    assert [one["registration"] for one in listed] == [enrolled["registration"]]


@pytest.mark.slow
def test_a_credential_counts_from_the_moment_it_is_added_until_it_is_removed(world: World) -> None:
    """The running program takes a new credential at once, and refuses it at once when it is gone."""
    device = world.device("tablet")
    given = ("--data", str(device.data), "--json")
    login = ("app", "a secret of mine")
    words = ("credentials", "add", "--key", login[0], "--secret", login[1])

    def status() -> int:
        return ask(device, "GET", "/xapi/statements", login=login).status_code

    assert status() == 401
    answer(world, *words, *given)
    assert status() == 200
    answer(world, *words, "--scope", "statements/write", *given)  # the same again: other scopes
    assert status() == 403
    other = world.run("credentials", "add", "--key", login[0], "--secret", "another", *given)
    assert (other.returncode, "--replace" in other.stderr) == (1, True)
    removed = world.run("credentials", "remove", login[0], *given)
    assert (removed.returncode, status()) == (0, 401)


@pytest.mark.slow
def test_a_broken_course_file_is_told_line_by_line(world: World) -> None:
    """One line for each fault with the line of the file and the requirement, exit 1, and no stack trace."""
    device = world.device("tablet")
    path = world.folder / "broken.xml"
    path.write_bytes(BROKEN)
    ran = world.run("courses", "import", str(path), "--data", str(device.data))
    lines = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["line 7", "line 7"]
    assert lines[0].startswith("offline-lrs: line 3: ")
    assert all("[cmi5 " in line for line in lines)

    missing = world.run("courses", "import", str(path.with_suffix(".gone")), "--data", str(device.data))
    assert (missing.returncode, missing.stderr.count("\n"), "cannot read" in missing.stderr) == (1, 1, True)


def answer(world: World, *words: str) -> dict[str, Any]:
    """What a command answers in JSON."""
    ran = world.run(*words)
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


# --- serving --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, Program]]:
    """A device that runs, with a TCP door, for others to get in its way."""
    with open_world() as world:
        yield world, world.device("tablet", "--port", "0")


def refused(world: World, *flags: str, data: str = "other") -> str:
    """The one line with which `serve` refuses to start."""
    ran = world.run("serve", "--data", str(world.folder / data), *flags)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1), ran.stderr
    return ran.stderr


@pytest.mark.slow
def test_a_second_serve_on_the_same_data_is_told_who_has_it(served: tuple[World, Program]) -> None:
    """Two programs never write one data folder; the second names the process that does, and the first goes on."""
    world, device = served
    assert device.process is not None
    said = refused(world, "--no-tcp", "--ipc-service", "org.example.second", data="tablet")
    assert f"process {device.process.pid}" in said
    assert ask(device, "GET", "/xapi/about").status_code == 200
    assert answer(world, "courses", "list", "--data", str(device.data), "--json") == {"courses": []}


@pytest.mark.slow
def test_a_service_name_has_one_owner(served: tuple[World, Program]) -> None:
    """Another program with the same service name is told which process has it; lessons still find the first."""
    world, device = served
    assert device.process is not None
    said = refused(world, "--no-tcp", "--ipc-service", "org.example.tablet")
    assert f"process {device.process.pid}" in said
    assert ask(device, "GET", "/xapi/about").status_code == 200


@pytest.mark.slow
def test_a_port_that_is_taken_is_said(served: tuple[World, Program]) -> None:
    """A taken port is refused in one line that says what to change."""
    world, device = served
    port = device.url.rpartition(":")[2]
    said = refused(world, "--port", port)
    assert (port in said, "--port" in said) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--school", "https://other.example"), (SCHOOL, "https://other.example")),
        (("--school", "http://127.0.0.1:8080"), ("school",)),
        (("--upstream", "https://lrs.example/xapi"), ("--upstream-key", "--upstream-secret")),
        (("--upstream", "lrs", "--upstream-key", "k", "--upstream-secret", "s"), ("https://lrs.example.org/xapi",)),
        (("--host", "0.0.0.0"), ("0.0.0.0", "TLS")),
        (("--ipc-service", "../up"), ("../up",)),
        (("--no-tcp",), ("--ipc-service",)),
    ],
    ids=lambda value: " ".join(value),
)
def test_serve_refuses_what_it_cannot_be(world: World, flags: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Another school for a folder, an upstream without a key, an open host without TLS: one line, exit 1."""
    if flags[-1] == "https://other.example":
        world.device("other").stop()
    port = () if "--no-tcp" in flags else ("--port", str(free_port()))
    said = refused(world, *flags, *port)
    assert [word for word in words if word not in said] == []
