"""A school and its devices as real processes, in folders of their own: what journeys are made in.

Everything goes through the doors that others use: commands, the management API, xAPI, launch URLs. A world ends its
programs when it ends, however the test did, and takes its folder away. Its paths are short, since a socket's must be.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.cli.programs import Program, environment, inside, wait_until
from launcher.cli.remote import Call, call
from tests.support.device import REPOSITORY

SCHOOL = "https://school.example"
SESSION_ID = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
VERSION = {"X-Experience-API-Version": "1.0.3"}
DRAIN_SECONDS = 30.0
PAGE = 500

Statement = dict[str, Any]
Login = tuple[str, str]

MATHS = files("content_app").joinpath("course", "cmi5.xml").read_bytes()

ONE_LESSON = b"""<?xml version="1.0" encoding="utf-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="https://courses.example/sums">
    <title><langstring lang="en">Sums</langstring></title>
    <description><langstring lang="en">One lesson.</langstring></description>
  </course>
  <block id="https://courses.example/sums/block">
    <title><langstring lang="en">First steps</langstring></title>
    <description><langstring lang="en">One lesson.</langstring></description>
    <au id="https://courses.example/sums/addition" moveOn="CompletedAndPassed" masteryScore="0.6">
      <title><langstring lang="en">Addition</langstring></title>
      <description><langstring lang="en">Add numbers.</langstring></description>
      <url>offline-maths://lesson/addition?level=1</url>
    </au>
  </block>
</courseStructure>
"""


@dataclass(slots=True)
class World:
    """One machine's worth of folders, and the programs that run in them."""

    folder: Path
    environment: dict[str, str]
    programs: list[Program] = field(default_factory=list)

    def program(self, name: str, *flags: str, variables: Mapping[str, str] | None = None) -> Program:
        """A program that is not started yet; `variables` are added to its environment."""
        made = Program(name, self.folder / name, flags, {**self.environment, **(variables or {})})
        self.programs.append(made)
        return made

    def school(self, name: str = "school") -> Program:
        """The school's server, started; it keeps its address when it is started again."""
        made = self.program(name, "--school", SCHOOL, "--port", "0")
        made.start()
        made.flags = ("--port", made.url.rpartition(":")[2])
        return made

    def device(
        self,
        name: str,
        *flags: str,
        school: Program | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Program:
        """A device, started: reached over IPC only unless `flags` say more; it sends to `school` where there is one."""
        doors = () if "--port" in flags else ("--no-tcp",)
        upstream: tuple[str, ...] = ()
        hidden = dict(variables or {})
        if school is not None:
            key, secret = credential(school, f"device-{name}", "statements/write", "statements/read", "state")
            upstream = ("--upstream", f"{school.url}/xapi", "--upstream-key", key)
            hidden["OFFLINE_LRS_UPSTREAM_SECRET"] = secret
        service = ("--ipc-service", f"org.example.{name}", "--school", SCHOOL)
        made = self.program(name, *doors, *service, *upstream, *flags, variables=hidden)
        made.start()
        return made

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`offline-lrs ARGUMENTS`, as a process of its own, to its end."""
        return self.python("launcher", *arguments)

    def python(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m MODULE ARGUMENTS`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            capture_output=True,
            timeout=60,
            check=False,
        )

    def close(self) -> None:
        """End whatever still runs, and take the folder away."""
        with contextlib.ExitStack() as ends:
            ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
            for program in self.programs:
                ends.callback(program.kill)


@contextlib.contextmanager
def open_world() -> Iterator[World]:
    """A world for a test. While it is open this process, too, looks for services and notes in it."""
    folder = Path(tempfile.mkdtemp(prefix="olrs-", dir="/tmp"))
    world = World(folder, {**environment(folder), "PYTHONPATH": str(REPOSITORY)})
    with contextlib.closing(world), inside(world.environment):
        yield world


def free_port() -> int:
    """A TCP port of the loopback address that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# --- managing -------------------------------------------------------------------------------------------------------


def api(program: Program, method: str, path: str, body: Any = None) -> Any:
    """The management API, asked as a command asks it."""
    return call(program.data, Call(method, path, json=body))


def credential(program: Program, key: str, *scopes: str) -> Login:
    """A credential with a secret that the program made."""
    made = api(program, "POST", "/credentials", {"key": key, "scopes": list(scopes)})
    return made["key"], made["secret"]


def import_course(program: Program, source: bytes) -> dict[str, Any]:
    """Import a course structure; the answer of the API."""
    course: dict[str, Any] = call(program.data, Call("POST", "/courses", body=source, content_type="application/xml"))
    return course


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A learner in a course, by the same ids wherever it was noted."""

    course: str
    person: str
    registration: str


def enrol(course: str, name: str, *programs: Program) -> Enrolled:
    """Put a new person on the roster of these programs, and enrol them, with the same ids on all."""
    enrolled = Enrolled(course, str(uuid.uuid4()), str(uuid.uuid4()))
    for program in programs:
        api(program, "POST", "/people", {"givenName": name, "id": enrolled.person})
        wanted = {"course": course, "person": enrolled.person, "registration": enrolled.registration}
        api(program, "POST", "/registrations", wanted)
    return enrolled


def launch(program: Program, enrolled: Enrolled, au: int = 0, transport: str = "ipc") -> dict[str, Any]:
    """Launch an AU for a learner; the answer of the API."""
    wanted = {"course": enrolled.course, "person": enrolled.person, "registration": enrolled.registration}
    launched: dict[str, Any] = api(program, "POST", "/launches", {**wanted, "au": au, "transport": transport})
    return launched


def depth(program: Program) -> int:
    """How many statements the program has not sent yet."""
    return sum(int(one["depth"]) for one in api(program, "GET", "/sync")["destinations"])


def drain(program: Program) -> None:
    """Have everything sent and fetched, whatever it was waiting for."""
    assert wait_until(lambda: bool(api(program, "POST", "/sync")["complete"]), DRAIN_SECONDS), (
        f"{program.name} keeps {depth(program)}"
    )


# --- speaking xAPI --------------------------------------------------------------------------------------------------


def ask(
    program: Program,
    method: str,
    target: str,
    *,
    login: Login | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
) -> httpx.Response:
    """One request at a door of the program: its socket where it has one."""
    way = program.told["socket"]
    transport = httpx.HTTPTransport(uds=way) if way else httpx.HTTPTransport()
    base = "http://device.invalid" if way else program.url
    with httpx.Client(transport=transport, base_url=base, timeout=30, trust_env=False) as client:
        sent = {**VERSION, **(headers or {})}
        return client.request(method, target, headers=sent, json=body, auth=login)


def statements(program: Program, login: Login | None = None) -> list[Statement]:
    """The whole log, oldest first, page by page."""
    login = login or credential(program, f"reader-{uuid.uuid4()}", "all/read")
    found: list[Statement] = []
    target = f"/xapi/statements?ascending=true&limit={PAGE}"
    while target:
        page = ask(program, "GET", target, login=login).raise_for_status().json()
        found += page["statements"]
        target = page["more"]
    return found


def verb(statement: Statement) -> str:
    """The last part of the verb's IRI."""
    return str(statement["verb"]["id"]).rpartition("/")[2]


def session_of(statement: Statement) -> str | None:
    """The cmi5 session that the statement is of."""
    found: str | None = statement.get("context", {}).get("extensions", {}).get(SESSION_ID)
    return found


# --- the maths app --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Lesson:
    """The maths app, running; `journal` is what it saw acknowledged."""

    process: subprocess.Popen[str]
    path: Path

    @property
    def journal(self) -> list[dict[str, Any]]:
        """One value for each acknowledged statement, in order."""
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def end(self) -> tuple[int, str]:
        """Wait for its end: exit status, and what it said on standard error."""
        _, said = self.process.communicate(timeout=90)
        return self.process.returncode, said


@contextlib.contextmanager
def lesson(world: World, url: str, answers: Sequence[str]) -> Iterator[Lesson]:
    """Give a lesson with these answers in a process of its own, which knows only the launch URL."""
    name = uuid.uuid4().hex
    script, journal = world.folder / f"{name}.answers", world.folder / f"{name}.journal"
    script.write_text("\n".join(answers), "utf-8")
    command = [sys.executable, "-m", "content_app", url, "--answers", str(script), "--journal", str(journal)]
    with subprocess.Popen(
        [*command, "--seed", "7"],
        env=world.environment,
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Lesson(process, journal)
        finally:
            process.kill()


def spec_course(name: str) -> bytes:
    """An example course of the cmi5 specification; skips the test where the specification is not at hand."""
    from tests.launcher.cmi5.specs import spec_file

    return spec_file(f"examples/{name}").read_bytes()


@pytest.fixture
def world() -> Iterator[World]:
    """A world of the test's own."""
    with open_world() as made:
        yield made
