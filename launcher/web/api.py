"""The management API at `/api`: courses, people, registrations, launches, sessions, credentials, sync.

Every handler is thin: it reads the request, hands one function to the store, and shapes the answer. Commands of the
command line use this same API, beside a running program or in one of their own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from launcher.cmi5 import ids, package
from launcher.cmi5.course import CourseStructure
from launcher.cmi5.package import Limits
from launcher.learning import courses, launches, lms, packages, registrations, sessions, standing, travel
from launcher.learning.launches import Wish
from launcher.learning.lms import Desk
from launcher.people import pages, roster
from launcher.people.roster import Somebody
from launcher.progress.grid import AU, BLOCK, Line, Shown, Table
from launcher.web import guard
from launcher.web.content import Slice
from launcher.web.parts import Lms
from lrs.auth import credentials
from lrs.errors import Conflict, Fault, Invalid, UnsupportedMedia
from lrs.http import guards
from lrs.store.promises import Reader, Transaction
from lrs.sync.reports import Status
from lrs.xapi import agents, timestamps

if TYPE_CHECKING:  # reading XML and the ORM are loaded where a course comes or goes: most requests have no time for it
    from launcher.learning.importing import Imported

JSON = "application/json"
XML = (package.XML, "text/xml")


async def _running(request: Request) -> Lms:
    """The LMS; who may speak to it has been settled by `guard`."""
    lms_: Lms = request.app.state.lms
    return lms_


async def _json(request: Request) -> None:
    """A body is taken as JSON only where it says that it is."""
    kind = guards.media_type(request.headers.get("content-type", ""))
    if kind != JSON:
        raise UnsupportedMedia(f"this is taken as {JSON}, not as {kind or 'a body without a content type'}")


Running = Annotated[Lms, Depends(_running)]
TAKES_JSON = [Depends(_json)]
router = APIRouter()


class Model(BaseModel):
    """A body whose unknown members are refused: a misspelt one would be silently lost."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def desk(lms_: Lms, transaction: Transaction) -> Desk:
    """Where the LMS works in this request."""
    return Desk(transaction, lms_.store, lms_.lrs.store.here, lms_.lrs.clock)


# --- courses --------------------------------------------------------------------------------------------------------


@router.post("/courses", status_code=201)
async def import_course(lms_: Running, request: Request) -> dict[str, Any]:
    """Import a course: a structure (`cmi5.xml`), or a package (a zip file with one). The same course again is the
    same course."""
    kind = guards.media_type(request.headers.get("content-type", ""))
    if kind == package.ZIP:
        imported = await _import_package(lms_, request)
    elif kind in XML:
        imported = await _import_structure(lms_, await request.body())
    else:
        taken = ", ".join((package.ZIP, *XML))
        raise UnsupportedMedia(f"a course is taken as one of {taken}, not as {kind or 'a body without a type'}")
    return {**_course(imported.id, imported.structure), "warnings": list(imported.warnings)}


async def _import_structure(lms_: Lms, source: bytes) -> Imported:
    from launcher.learning import importing

    course = await asyncio.to_thread(importing.read, source)
    return await lms_.lrs.store.write(lambda transaction: importing.import_course(transaction, lms_.store, course))


async def _import_package(lms_: Lms, request: Request) -> Imported:
    from launcher.learning import importing

    settings = lms_.lrs.settings
    limits = Limits(settings.package_unpacked_most)
    return await lms_.packages.take(
        guard.parts(request, settings.package_most),
        lambda draft: importing.read_package(draft, limits),
        lambda transaction, course: importing.import_course(transaction, lms_.store, course),
    )


@router.get("/courses")
async def list_courses(lms_: Running) -> dict[str, Any]:
    """Every course with its AUs."""
    found = await lms_.lrs.store.read(lambda reader: courses.all_known(reader, lms_.store))
    return {"courses": [_course(known.id, known.structure) for known in found]}


@router.get("/courses/{course_id}/source")
async def export_course(lms_: Running, course_id: str) -> Response:
    """What was imported, byte for byte."""
    from launcher.learning import importing

    source, digest = await lms_.lrs.store.read(lambda reader: importing.source(reader, lms_.store, course_id))
    if digest is None:
        return Response(source, media_type=package.XML)
    return Slice.whole(await asyncio.to_thread(lms_.packages.open, digest, packages.ZIP), package.ZIP)


@router.delete("/courses/{course_id}", status_code=204)
async def remove_course(lms_: Running, course_id: str) -> None:
    """Remove a course without registrations."""
    from launcher.learning import importing

    await lms_.lrs.store.write(lambda transaction: importing.remove(transaction, lms_.store, course_id))
    await lms_.packages.sweep()


def _course(course_id: str, structure: CourseStructure) -> dict[str, Any]:
    return {
        "id": course_id,
        "publisherId": structure.id,
        "title": courses.title(structure.title),
        "aus": [{"index": au.index, "id": au.id, "title": courses.title(au.title)} for au in structure.aus],
    }


# --- people ---------------------------------------------------------------------------------------------------------


class NewPerson(Model):
    """A person. Without an id a random one is made; it is what statements know the person by."""

    given_name: str = Field(alias="givenName")
    family_name: str = Field(alias="familyName", default="")
    role: str = "student"
    id: str | None = None


@router.post("/people", status_code=201, dependencies=TAKES_JSON)
async def add_person(lms_: Running, new: NewPerson) -> dict[str, Any]:
    """Add a person to the roster."""
    person_id = str(lms_.lrs.clock.uuid4()) if new.id is None else new.id
    somebody = Somebody(person_id, new.given_name, new.family_name, new.role)
    return _person(lms_, await lms_.lrs.store.write(lambda transaction: roster.add(transaction, lms_.store, somebody)))


@router.get("/people")
async def list_people(lms_: Running) -> dict[str, Any]:
    """Everybody on the roster."""
    found = await lms_.lrs.store.read(lambda reader: roster.listed(reader, lms_.store))
    return {"people": [_person(lms_, person) for person in found]}


def _person(lms_: Lms, person: Somebody) -> dict[str, Any]:
    return {
        "id": person.id,
        "givenName": person.given_name,
        "familyName": person.family_name,
        "role": person.role,
        "page": f"/learn/{pages.key(lms_.lrs.signing_key, lms_.store, person.id)}",
    }


# --- registrations and launches -------------------------------------------------------------------------------------


class NewRegistration(Model):
    """An enrolment, of a person of the roster or of an actor; `registration` adopts one that was made elsewhere."""

    course: str
    person: str | None = None
    actor: dict[str, Any] | None = None
    registration: UUID | None = None


class NewLaunch(Model):
    """A launch. `au` is the zero-based index in document order."""

    course: str
    au: int = Field(strict=True)
    person: str | None = None
    actor: dict[str, Any] | None = None
    registration: UUID | None = None
    launch_mode: str = Field(alias="launchMode", default="Normal")
    return_url: str | None = Field(alias="returnURL", default=None)
    transport: str | None = Field(default=None, pattern="^(ipc|network)$")


def _actor(reader: Reader, store: int, person: str | None, actor: dict[str, Any] | None) -> dict[str, Any]:
    """The learner's actor: an account as given, or the account of a person of the roster (cmi5 9.2)."""
    if (person is None) == (actor is None):
        raise Invalid.of([Fault("person", "cmi5 9.2", "name the learner by exactly one of person and actor")])
    if person is not None:
        return ids.actor(lms.school(reader), roster.get(reader, store, person).id)
    faults: list[Fault] = []
    agents.check_agent(actor, "actor", faults)
    if not faults and "account" not in (actor or {}):
        faults.append(Fault("actor.account", "cmi5 9.2.0.0-3", "a learner is named by an account"))
    if faults:
        raise Invalid.of(faults)
    return {"objectType": "Agent", **(actor or {})}


@router.post("/registrations", status_code=201, dependencies=TAKES_JSON)
async def register(lms_: Running, new: NewRegistration) -> dict[str, Any]:
    """Enrol a learner in a course."""

    def work(transaction: Transaction) -> registrations.Registration:
        actor = _actor(transaction, lms_.store, new.person, new.actor)
        return registrations.create(desk(lms_, transaction), new.course, actor, new.registration)

    made = await lms_.lrs.store.write(work)
    return {"registration": made.id, "course": made.course}


@router.get("/registrations")
async def list_registrations(lms_: Running) -> dict[str, Any]:
    """Every enrolment."""
    found = await lms_.lrs.store.read(lambda reader: registrations.listed(reader, lms_.store))
    return {"registrations": [{"registration": one.id, "course": one.course, "actor": one.actor} for one in found]}


@router.post("/launches", status_code=201, dependencies=TAKES_JSON)
async def launch(lms_: Running, new: NewLaunch) -> dict[str, Any]:
    """Launch an AU: the answer's `url` is what the lesson is started with."""
    road = lms_.road(new.transport)

    def wish(reader: Reader) -> Wish:
        return Wish(
            course=new.course,
            au=new.au,
            actor=_actor(reader, lms_.store, new.person, new.actor),
            registration=None if new.registration is None else str(new.registration),
            launch_mode=new.launch_mode,
            return_url=new.return_url,
        )

    def work(transaction: Transaction) -> launches.Launched:
        at = desk(lms_, transaction)
        return launches.launch(at, wish(transaction), road, lms_.lrs.settings.fetch_lifetime)

    await travel.fetch(lms_.lrs.store, lms_.drainer, lms_.store, wish)
    made = await lms_.lrs.store.write(work)
    return {
        "url": made.url,
        "registration": made.registration,
        "session": made.session,
        "launchMethod": made.launch_method,
    }


@router.post("/sessions/{session_id}/abandon", status_code=204)
async def abandon(lms_: Running, session_id: UUID) -> None:
    """End a session that did not end itself."""

    def work(transaction: Transaction) -> None:
        session = sessions.load(transaction, lms_.store, str(session_id))
        if not session.active:
            raise Conflict(f"session {session_id} has already been {session.view.phase}")
        sessions.abandon(desk(lms_, transaction), session, "abandoned by a manager")

    await lms_.lrs.store.write(work)


@router.get("/sessions/{session_id}")
async def show_session(lms_: Running, session_id: UUID) -> dict[str, Any]:
    """How far a session is, and its log."""

    def look(reader: Reader) -> dict[str, Any]:
        session = sessions.load(reader, lms_.store, str(session_id))
        return {
            "session": session.view.id,
            "registration": session.view.registration,
            "phase": session.view.phase,
            "launchMode": session.view.launch_mode,
            "events": [
                {"at": timestamps.format(at_us), "kind": kind, "detail": detail}
                for at_us, kind, detail in sessions.events(reader, lms_.store, session.view.id)
            ],
        }

    return await lms_.lrs.store.read(look)


# --- credentials ----------------------------------------------------------------------------------------------------


class NewCredential(Model):
    """A credential. What is left out is made, and shown once in the answer."""

    key: str | None = Field(default=None, min_length=1)
    secret: str | None = Field(default=None, min_length=1)
    scopes: list[str] = ["all"]
    replace: bool = False


@router.post("/credentials", status_code=201, dependencies=TAKES_JSON)
async def add_credential(lms_: Running, new: NewCredential) -> dict[str, Any]:
    """Add a credential, or replace the scopes of the same key and secret."""
    clock = lms_.lrs.clock
    key = new.key or str(clock.uuid4())
    secret = new.secret or clock.token()
    salt = None if new.secret is None else clock.token()

    def work(transaction: Transaction) -> bool:
        return credentials.add(transaction, lms_.store, key, secret, new.scopes, salt=salt, replace=new.replace)

    added = await lms_.lrs.store.write(work)
    lms_.lrs.authenticator.forget()
    shown = {"secret": secret} if new.secret is None else {}
    return {"key": key, **shown, "scopes": sorted(set(new.scopes)), "added": added}


@router.get("/credentials")
async def list_credentials(lms_: Running) -> dict[str, Any]:
    """Every lasting credential, without its secret."""
    found = await lms_.lrs.store.read(lambda reader: credentials.listed(reader, lms_.store))
    return {
        "credentials": [
            {"key": one.key, "store": one.store, "scopes": one.scopes, "created": timestamps.format(one.created_us)}
            for one in found
        ]
    }


@router.delete("/credentials/{key:path}", status_code=204)
async def remove_credential(lms_: Running, key: str) -> None:
    """End a credential; its statements stay."""
    await lms_.lrs.store.write(lambda transaction: credentials.remove(transaction, lms_.store, key))
    lms_.lrs.authenticator.forget()


# --- sync -----------------------------------------------------------------------------------------------------------


@router.get("/sync")
async def show_sync(lms_: Running) -> dict[str, Any]:
    """Each destination of the log: how far it is, and what holds it up."""
    return {"destinations": [_destination(one) for one in await lms_.drainer.status()]}


@router.post("/sync")
async def sync_now(lms_: Running) -> dict[str, Any]:
    """Send what waits, now, whatever it was waiting for; answers when that is done."""
    summary = await lms_.drainer.drain_once(impatient=True)
    return {
        "complete": summary.complete,
        "destinations": [
            {
                "name": one.name,
                "state": one.state,
                "reason": one.reason,
                "depth": one.depth,
                "delivered": one.delivered,
                "exceptions": one.exceptions,
                "documents": one.documents,
                "documentsSent": one.documents_sent,
                "documentsFetched": one.documents_fetched,
            }
            for one in summary.destinations
        ],
    }


def _destination(one: Status) -> dict[str, Any]:
    return {
        "name": one.name,
        "url": one.url,
        "state": one.state,
        "reason": one.reason,
        "depth": one.depth,
        "exceptions": one.exceptions,
        "documents": one.documents,
        "documentsRefused": one.documents_refused,
        "setAside": one.set_aside,
        "lastAcknowledged": None if one.last_acknowledged_us is None else timestamps.format(one.last_acknowledged_us),
        "nextTry": None if one.next_try_us is None else timestamps.format(one.next_try_us),
    }


# --- progress -------------------------------------------------------------------------------------------------------


@router.get("/progress")
async def show_progress(lms_: Running) -> dict[str, Any]:
    """What the pages show: for each course learners by AUs, up to this moment."""
    await lms_.projector.catch_up()
    tables = await lms_.lrs.store.read(lambda reader: standing.tables(reader, lms_.store))
    return {"courses": [_grid(table) for table in tables]}


def _grid(table: Table) -> dict[str, Any]:
    learners = [
        {
            "learner": line.learner,
            "registration": line.registration,
            **_square(line.course),
            "blocks": _squares(table, line, BLOCK),
            "aus": _squares(table, line, AU),
        }
        for line in table.lines
    ]
    return {"title": table.title, "learners": learners}


def _squares(table: Table, line: Line, kind: str) -> list[dict[str, Any]]:
    return [
        {"title": column.title, "activity": column.activity, **_square(shown)}
        for column, shown in zip(table.columns, line.squares, strict=True)
        if column.kind == kind
    ]


def _square(shown: Shown) -> dict[str, Any]:
    return {
        "state": shown.state,
        "score": None if shown.score is None else float(shown.score),
        "last": None if shown.last_us is None else timestamps.format(shown.last_us),
    }
