"""The places of the demonstration's story and how they are asked: the school, the tablets, and lessons in between.

A place is asked as a command or another program would ask it, never by looking into its folder.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from launcher.cli.programs import STOP_SECONDS, Program, uninterrupted
from launcher.cli.remote import Call, call
from lrs.errors import ConfigurationError, Unavailable

Login = tuple[str, str]
Statement = dict[str, Any]

ZIP = "application/zip"
PAGE = 500
ANSWER_SECONDS = 30.0
LESSON_SECONDS = 120.0
VERSION = {"X-Experience-API-Version": "1.0.3"}


@dataclass(slots=True)
class Site:
    """A program of the story: the school's server or a tablet."""

    program: Program
    login: Login = ("", "")  # of somebody who may read everything there

    @property
    def name(self) -> str:
        """What the story calls it."""
        return self.program.name

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.program.url

    def api(self, method: str, path: str, value: Any = None) -> Any:
        """Ask its management API, as a command does."""
        return self._called(Call(method, path, json=value))

    def send_course(self, body: bytes, content_type: str) -> Any:
        """Import a course or package."""
        return self._called(Call("POST", "/courses", body=body, content_type=content_type))

    def _called(self, wanted: Call) -> Any:
        """To its end: an event loop that is interrupted midway leaves its work lying about."""
        with uninterrupted():
            return call(self.program.data, wanted)

    def credential(self, key: str, *scopes: str, secret: str | None = None) -> Login:
        """Let somebody in, with this secret or with one that the place makes."""
        made = self.api("POST", "/credentials", {"key": key, "scopes": list(scopes), "secret": secret})
        return key, secret or made["secret"]

    def depth(self) -> int:
        """How many statements wait here to be sent."""
        return sum(int(one["depth"]) for one in self.api("GET", "/sync")["destinations"])

    def get(self, path: str) -> httpx.Response:
        """Ask at its TCP door, as a browser does. `Unavailable` where nobody answers."""
        return self._asked(httpx.HTTPTransport(), self.url, path)

    def answers(self) -> bool:
        """Whether anybody does."""
        try:
            return self.get("/healthz").status_code == 200
        except Unavailable:
            return False

    def statements(self) -> list[Statement]:
        """Everything that its record store has, oldest first, page by page."""
        socket = self.program.told["socket"]
        base = "http://tablet.invalid" if socket else self.url
        found: list[Statement] = []
        place = f"/xapi/statements?ascending=true&limit={PAGE}"
        while place:
            way = httpx.HTTPTransport(uds=socket) if socket else httpx.HTTPTransport()
            answer = self._asked(way, base, place)
            if answer.is_error:
                raise Unavailable(f"{self.name} answers {answer.status_code} instead of its statements")
            page = answer.json()
            found += page["statements"]
            place = page["more"]
        return found

    def _asked(self, way: httpx.HTTPTransport, base: str, path: str) -> httpx.Response:
        with httpx.Client(
            transport=way, base_url=base, auth=self.login, timeout=ANSWER_SECONDS, trust_env=False
        ) as client:
            try:
                return client.get(path, headers=VERSION)
            except httpx.HTTPError as error:
                raise Unavailable(f"{self.name} does not answer: {error}") from error


# --- lessons: processes that are given a launch URL and nothing else ------------------------------------------------


@dataclass(slots=True)
class Lesson:
    """A lesson that is being taken, in a process of its own."""

    process: subprocess.Popen[str]
    complaints: IO[str]

    def lines(self) -> Iterator[str]:
        """What it says, line by line, as it says it, to its end."""
        for line in self.process.stdout or ():
            yield line.rstrip("\n")

    def ended_well(self) -> bool:
        """Whether it came to its end."""
        try:
            return self.process.wait(STOP_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return False

    def why(self) -> str:
        """What it complained of."""
        self.complaints.seek(0)
        return self.complaints.read().strip()


@contextlib.contextmanager
def lesson(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    answers: Sequence[str] = (),
    seconds: float | None = LESSON_SECONDS,
) -> Iterator[Lesson]:
    """`python -m MODULE ARGUMENTS`, given these answers on its standard input; ended with the block, or in time."""
    with contextlib.ExitStack() as ends:
        complaints = ends.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        given = ends.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        given.write("\n".join(answers))
        given.seek(0)
        with uninterrupted():
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=dict(environment),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
                errors="replace",
            )
            ends.callback(_end, process)
        if seconds is not None:
            patience = threading.Timer(seconds, process.kill)
            patience.daemon = True
            ends.callback(patience.cancel)
            patience.start()
        yield Lesson(process, complaints)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()


def course_file(path: Path) -> tuple[bytes, str]:
    """A course of somebody else, and its content type: a zip package, or a course structure by itself."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the course {path} cannot be read: {error.strerror}") from error
    return body, ZIP if body.startswith(b"PK") else "application/xml"
