"""Many lessons under way: real launches, fetched and initialized by the maths app's own code, ready to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from importlib.resources import files

from content_app import launch, statements
from content_app.clock import SystemClock
from content_app.exercises import exercises
from content_app.lesson import answer
from content_app.session import Session
from content_app.statements import Author
from lrs.client import Response, Transport, Tunnel
from tests.bench import corpus
from tests.bench.client import Speaker
from tests.bench.programs import SERVICE, Server
from tests.bench.spec import Sender

ANSWERS = 40  # different answers that a session gives, again and again


def course(server: Server) -> str:
    """The id of the maths course, imported if need be."""
    source = files("content_app").joinpath("course", "cmi5.xml").read_bytes()
    with closing(server.speaker()) as speaker:
        return str(json.loads(speaker.say("POST", "/api/courses", source, "application/xml"))["id"])


def begun(server: Server, count: int, seed: int) -> list[Sender]:
    """`count` sessions of as many learners: the token of each, and `answered` statements that it may send."""
    known = course(server)
    names = corpus.world(seed, actors=count).actors
    with closing(server.speaker()) as speaker, closing(Overheard(Tunnel(SERVICE))) as tunnel:
        return [_begin(speaker, tunnel, known, name) for name in names]


def wish(known: str, name: str) -> dict[str, object]:
    """What is asked of the LMS for a launch of the course's first AU."""
    return {"course": known, "au": 0, "actor": corpus.actor(name)}


def _begin(speaker: Speaker, tunnel: Overheard, known: str, name: str) -> Sender:
    url = speaker.ask("POST", "/api/launches", wish(known, name))["url"]
    launched, clock = launch.parse(url), SystemClock()
    session = Session(launched, tunnel, clock)
    session.fetch()
    author = Author(launched, session.launch_data())
    session.send(statements.initialized(author, clock.uuid4(), session.now()))
    asked = exercises(launched.topic, 2, 7, ANSWERS)
    answers = [answer(one, one.answer if number % 3 else one.wrong) for number, one in enumerate(asked)]
    said = [statements.answered(author, clock.uuid4(), session.now(), one, 4.0) for one in answers]
    return Sender(tunnel.authorization, [corpus.cut(one) for one in said])


class Overheard:
    """A transport that remembers the credential of the last request, so that the load generator can speak with it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.authorization = ""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
        *,
        retry_safe: bool = False,
    ) -> Response:
        self.authorization = headers.get("Authorization", self.authorization)
        return self._inner.request(method, url, headers, body, timeout, retry_safe=retry_safe)

    def close(self) -> None:
        self._inner.close()
