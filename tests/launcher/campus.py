"""A whole LMS in this process, without a socket: its one ASGI application, its data folder, a clock that stands still.

Everything a test does to it goes through its addresses, as a manager's, a lesson's or a stranger's request; `read` and
`write` look behind them. A `Lesson` is what an AU is after its fetch: a token, and statements that keep every rule
until the test breaks one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from launcher.app import HISTORIES, running
from launcher.cmi5 import vocabulary
from launcher.web.parts import Lms
from lrs.auth import credentials
from lrs.settings import Settings
from lrs.store import log
from lrs.store.promises import Reader, Transaction
from lrs.store.sqlite import DATABASE, open_store
from lrs.xapi import timestamps, wire
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json
from tests.support.clocks import FixedClock
from tests.support.stores import Loop

T = TypeVar("T")

SCHOOL = "https://school.example"
SERVICE = "org.example.device"
NETWORK = "https://lms.school.example"
STORE = 1
VERSION = {"X-Experience-API-Version": "1.0.3"}


# --- a course -------------------------------------------------------------------------------------------------------


def block(name: str, *nodes: str) -> str:
    """One `<block>` around these nodes."""
    return f"<block id='https://pub.example/{name}'>{worlds.TEXTS}{''.join(nodes)}</block>"


FIRST = worlds.au_xml(
    "first",
    attributes="moveOn='CompletedAndPassed' masteryScore='0.6'",
    url="https://pub.example/start?level=1#page",
    after="<launchParameters>seed=7</launchParameters><entitlementKey>key-1</entitlementKey>",
)
SECOND = worlds.au_xml("second", attributes="moveOn='Passed' masteryScore='0.6' launchMethod='OwnWindow'")
THIRD = worlds.au_xml("third", attributes="moveOn='Completed'")
COURSE = worlds.course_xml(block("block", FIRST, SECOND), THIRD)
"""The AUs 0 and 1 make a block up, 2 stands beside it."""


# --- the LMS --------------------------------------------------------------------------------------------------------


@functools.cache
def _migrated() -> bytes:
    """The database file of a new data folder: migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(open_store(Path(name), FixedClock(0), HISTORIES).close())
        return (Path(name) / DATABASE).read_bytes()


def prepare(folder: Path) -> Path:
    """A data folder that has been opened before; one that is there stays as it is."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / DATABASE).exists():
        (folder / DATABASE).write_bytes(_migrated())
    return folder


class Campus:
    """A running LMS, and the loop it runs in."""

    def __init__(self, folder: Path, clock: FixedClock, **settings: Any) -> None:
        prepare(folder)
        self.clock = clock
        self.settings = Settings(
            folder, **{"school": SCHOOL, "ipc_service": SERVICE, "public_url": NETWORK, **settings}
        )
        self.loop = Loop()
        self._open = AsyncExitStack()
        self._tablet: dict[str, str] | None = None
        self.lms: Lms
        self.app: ASGIApp

    def start(self, *, at_work: bool = False) -> None:
        """Open the data folder."""
        entered = self._open.enter_async_context(running(self.settings, self.clock, at_work=at_work))
        self.lms, self.app = self.loop.run(entered)

    def stop(self) -> None:
        """Close it."""
        try:
            self.loop.run(self._open.aclose())
        finally:
            self.loop.close()

    def read(self, work: Callable[[Reader], T]) -> T:
        """What a look behind the doors gives."""
        return self.loop.run(self.lms.lrs.store.read(work))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """What work behind the doors gives."""
        return self.loop.run(self.lms.lrs.store.write(work))

    # --- requests ---------------------------------------------------------------------------------------------------

    def ask(self, method: str, target: str, **request: Any) -> httpx.Response:
        """One request, as anybody's; `door` is `ipc` unless it says `tcp`, the rest is as httpx has it."""
        return self.loop.run(self._ask(method, target, **request))

    def together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """The answers to requests that are under way at the same time."""
        return self.loop.together(*(self._ask(method, target, **more) for method, target, more in requests))

    async def _ask(self, method: str, target: str, door: str = "ipc", **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(_at(door, self.app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lms.invalid") as client:
            return await client.request(method, target, **request)

    def manage(self, method: str, path: str, body: Any = None, **request: Any) -> httpx.Response:
        """One request to the management API, as this user's own commands make it."""
        sent = {"json": body, **request} if body is not None else request
        headers = {"Authorization": f"Bearer {self.lms.owner_token}", **sent.pop("headers", {})}
        return self.ask(method, f"/api{path}", headers=headers, **sent)

    def api(self, method: str, path: str, body: Any = None, **request: Any) -> Any:
        """The JSON of an answer that has to be a good one."""
        answer = self.manage(method, path, body, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def statements(self) -> list[Json]:
        """The whole log, in its order, voided ones left out."""
        found = self.read(lambda reader: log.find(reader, STORE, (), log.Window(), 10_000, ascending=True))
        return [wire.parse_json(placed.exact()) for placed in found]

    def verbs(self) -> list[str]:
        """The last parts of the log's verbs, in order."""
        return [one["verb"]["id"].rpartition("/")[2] for one in self.statements()]

    # --- what most tests begin with ---------------------------------------------------------------------------------

    def course(self, source: bytes = COURSE) -> str:
        """The id of a course that was imported."""
        headers = {"Content-Type": "application/xml"}
        return str(self.api("POST", "/courses", content=source, headers=headers)["id"])

    def package(self, source: bytes) -> str:
        """The id of a course that was imported from a package."""
        return str(self.api("POST", "/courses", content=source, headers={"Content-Type": "application/zip"})["id"])

    def person(self, name: str = "Amina", person_id: str = "p-1") -> str:
        """The id of a person on the roster."""
        return str(self.api("POST", "/people", {"givenName": name, "id": person_id})["id"])

    def launch(self, course: str, au: int = 0, person: str = "p-1", **wish: Any) -> Json:
        """A launch of somebody on the roster."""
        launched: Json = self.api("POST", "/launches", {"course": course, "au": au, "person": person, **wish})
        return launched

    def lesson(self, course: str, au: int = 0, person: str = "p-1", **wish: Any) -> Lesson:
        """A lesson that was launched and has fetched its token."""
        return Lesson.begin(self, self.launch(course, au, person, **wish))

    def bring(self, *statements: Json) -> int:
        """Store statements as another device's sync brings them; the status."""
        if self._tablet is None:
            self._tablet = {**header(self.credential("tablet", "statements/write")), **VERSION}
        return self.ask("POST", "/xapi/statements", headers=self._tablet, json=list(statements)).status_code

    def credential(self, key: str, *scopes: str) -> tuple[str, str]:
        """Key and secret of a new credential."""
        made = self.api("POST", "/credentials", {"key": key, "scopes": list(scopes)})
        return made["key"], made["secret"]


def _at(door: str, app: ASGIApp) -> ASGIApp:
    """The application at a door: what `lrs.ipc.server` writes into each connection's state."""

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"door": door}}, receive, send)

    return behind


@contextmanager
def campus(
    folder: Path, clock: FixedClock | None = None, *, at_work: bool = False, **settings: Any
) -> Iterator[Campus]:
    """An LMS on a data folder, until the end of the block."""
    made = Campus(folder, clock or FixedClock(), **settings)
    made.start(at_work=at_work)
    try:
        yield made
    finally:
        made.stop()


# --- a lesson -------------------------------------------------------------------------------------------------------


def parameters(url: str) -> dict[str, str]:
    """The query of a launch URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def fetch_path(launched: Json) -> str:
    """The path of a launch's fetch address."""
    return urlsplit(parameters(launched["url"])["fetch"]).path


def path(iri: str) -> str:
    """A value ready for a query."""
    return quote(iri, safe="")


@dataclass
class Lesson:
    """An AU in a session of its own. What it sends keeps every rule; `changes` break one."""

    at: Campus
    launched: Json
    actor: Json
    activity: str
    token: str
    launch_data: Json = field(default_factory=dict)

    @classmethod
    def begin(cls, at: Campus, launched: Json) -> Lesson:
        """Fetch the token, and read LMS.LaunchData."""
        given = parameters(launched["url"])
        token = at.ask("POST", fetch_path(launched)).json()["auth-token"]
        lesson = cls(at, launched, json.loads(given["actor"]), given["activityId"], token)
        lesson.launch_data = lesson.ask("GET", lesson.state()).json()
        return lesson

    @property
    def registration(self) -> str:
        """The registration of the launch."""
        return str(self.launched["registration"])

    @property
    def headers(self) -> dict[str, str]:
        """What every request of the lesson carries."""
        return {"Authorization": f"Basic {self.token}", **VERSION}

    def ask(self, method: str, target: str, **request: Any) -> httpx.Response:
        """One xAPI request of the lesson."""
        headers = {**self.headers, **request.pop("headers", {})}
        return self.at.ask(method, f"/xapi{target}", headers=headers, **request)

    def state(self, state_id: str | None = vocabulary.STATE_LAUNCH_DATA, **other: str) -> str:
        """The address of a state document; `other` puts other values in the place of the lesson's own."""
        values = {"activityId": self.activity, "agent": json.dumps(self.actor), "registration": self.registration}
        values |= {} if state_id is None else {"stateId": state_id}
        query = "&".join(f"{name}={path(value)}" for name, value in {**values, **other}.items())
        return f"/activities/state?{query}"

    def profile(self, profile_id: str, agent: Json | None = None) -> str:
        """The address of an agent profile document."""
        return f"/agents/profile?profileId={path(profile_id)}&agent={path(json.dumps(agent or self.actor))}"

    def statement(self, verb: str, /, **changes: Any) -> Json:
        """A cmi5 defined statement of this session; another verb than cmi5's makes a cmi5 allowed one."""
        is_defined = verb in vocabulary.AU_VERBS | vocabulary.LMS_VERBS
        made = worlds.defined(verb) if is_defined else worlds.allowed(verb)
        made["id"] = str(self.at.clock.uuid4())
        made["actor"] = deepcopy(self.actor)
        made["timestamp"] = timestamps.format(self.at.clock.now_us())
        if is_defined:
            made["object"]["id"] = self.activity
        context, template = made["context"], self.launch_data["contextTemplate"]
        context["registration"] = self.registration
        context["contextActivities"]["grouping"] = deepcopy(template["contextActivities"]["grouping"])
        context["extensions"] |= template["extensions"]
        if "masteryScore" not in self.launch_data:
            context["extensions"].pop(vocabulary.EXT_MASTERY_SCORE, None)
        return {**made, **changes}

    def send(self, *statements: Json) -> httpx.Response:
        """POST one statement, or several as a batch."""
        return self.ask("POST", "/statements", json=list(statements) if len(statements) != 1 else statements[0])

    def say(self, *verbs: str) -> list[int]:
        """Send statements with these verbs one by one; the statuses."""
        return [self.send(self.statement(verb)).status_code for verb in verbs]


def requirements(answer: httpx.Response) -> list[str]:
    """The status, and the requirements that a refusal names."""
    return [str(answer.status_code), *(one["requirement"] for one in answer.json().get("errors", []))]


def header(login: tuple[str, str]) -> dict[str, str]:
    """The header of a credential."""
    return {"Authorization": credentials.header(*login)}
