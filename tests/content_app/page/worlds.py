"""The lesson's page in a process of its own, and a plain HTTP client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.device import start
from tests.support.fake_lms import FakeLms

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(slots=True)
class Served:
    """The running page."""

    process: subprocess.Popen[str]
    url: str

    def end(self) -> tuple[int, dict[str, Any] | None, str]:
        """Wait for its end: exit status, how it summed up, what it said on standard error."""
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, json.loads(out) if out else None, err


@contextlib.contextmanager
def served(
    lms: FakeLms | str, *flags: str, lesson: str = "offline-maths://lesson/addition?level=1"
) -> Iterator[Served]:
    """The page of a lesson that this LMS launched, or of this launch URL; killed if it is still there at the end."""
    url = lms if isinstance(lms, str) else lms.launch_url(lesson)
    arguments = [url, "--browser", "--no-open", "--json", "--seed", "5", *flags]
    with start("content_app", *arguments) as process:
        try:
            assert process.stdout is not None
            yield Served(process, json.loads(process.stdout.readline())["page"])
        finally:
            process.kill()


def ask(url: str, method: str = "GET", form: dict[str, str] | None = None, **headers: str) -> Answer:
    """One request, as a browser would send it; `headers` go over its own."""
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, "Origin": f"http://{parts.netloc}"} | headers
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    with contextlib.closing(connection):
        connection.request(method, parts.path, urlencode(form) if form is not None else None, sent)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())


def step(url: str, name: str, **form: str) -> Answer:
    """Send a form of the page."""
    return ask(f"{url}{name}", "POST", form)


def leave(url: str) -> None:
    """Open the page, stop, and go back."""
    ask(url)
    step(url, "stop")
    ask(url)
    ask(f"{url}back")
