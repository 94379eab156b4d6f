"""Pages for teachers: plain HTML, made on the server, escaped by default, whole without script.

For now whoever has a credential with the scope `admin` may see them; the browser asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from launcher.cmi5 import ids
from launcher.learning import courses, histories, lms, reach, registrations, standing
from launcher.learning.courses import KnownCourse
from launcher.learning.histories import History
from launcher.learning.reach import Device, Outgoing
from launcher.learning.standing import Profile, Sheet
from launcher.people import pages as own_pages
from launcher.people import roster
from launcher.progress.fold import NOT_STARTED
from launcher.progress.grid import AU, Line, Table, account_name
from launcher.web import rendering
from launcher.web.parts import Lms
from launcher.web.texts import LANGUAGES
from lrs.errors import NotFound, OfflineLrsError
from lrs.http import errors
from lrs.store import identity
from lrs.store.promises import Reader

router = APIRouter(include_in_schema=False)


async def admitted(request: Request) -> Lms:
    """The LMS, for a page of a manager."""
    running: Lms = request.app.state.lms
    await running.admit(request.headers.get("authorization"))
    return running


Admitted = Annotated[Lms, Depends(admitted)]


@router.get("/style.css")
@router.get("/learn.css")
async def style(request: Request) -> Response:
    """The style sheets: everybody's, and what learners' pages have beside it."""
    name = request.url.path.lstrip("/")
    return Response((rendering.TEMPLATES / name).read_bytes(), media_type="text/css", headers=rendering.headers())


# --- everybody ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overview:
    """What the progress page shows. `sheet` is None where there is no course, `school` where none was set."""

    school: str | None
    courses: Sequence[KnownCourse]
    sheet: Sheet | None
    outgoing: Sequence[Outgoing]
    devices: Sequence[Device]


@router.get("/")
async def progress(lms_: Admitted, course: str = "", find: str = "", page: int = 1) -> HTMLResponse:
    """Learners by AUs of one course: what the log says, up to this moment."""
    await lms_.projector.catch_up()
    as_of_us = lms_.lrs.clock.now_us()
    seen = await lms_.lrs.store.read(lambda reader: _overview(reader, lms_.store, course, find.strip(), page))
    return rendering.page(
        "progress.html",
        here="progress",
        as_of_us=as_of_us,
        seen=seen,
        wanted=find.strip(),
        status={one.name: one for one in await lms_.drainer.status()},
        sent_us=_sent_us(seen.outgoing),
        title_of=courses.title,
        unstarted=_unstarted,
        learner_at=lambda key: learner_at(key, seen.school or "", course),
        page_at=lambda number: "/?" + urlencode({"course": course, "find": find.strip(), "page": number}),
    )


def _overview(reader: Reader, store: int, course: str, find: str, page: int) -> Overview:
    school = identity.fact(reader, "school")
    known = courses.all_known(reader, store)
    wanted = course or (known[0].id if known else "")
    sheet = standing.sheet(reader, store, wanted, find, page) if wanted and school else None
    return Overview(school, known, sheet, reach.outgoing(reader, store), reach.devices(reader, store))


def _unstarted(table: Table, line: Line) -> int:
    """How many lessons the learner has not started."""
    columns = zip(table.columns, line.squares, strict=True)
    return sum(column.kind == AU and shown.state == NOT_STARTED for column, shown in columns)


def _sent_us(outgoing: Sequence[Outgoing]) -> int | None:
    """What was stored until then has been sent everywhere; None where nothing is sent anywhere."""
    return min((one.sent_us for one in outgoing), default=None)


# --- one learner ----------------------------------------------------------------------------------------------------


def learner_at(key: str, school: str, course: str = "") -> str:
    """The address of a learner's page for teachers; `key` is that of the actor, `course` where the teacher came from.

    A person of the school is named by the id alone, another school's by the account's home page too.
    """
    home = key.removeprefix("account:").partition("\n")[0]
    named = {"school": home if home != school else "", "course": course}
    query = urlencode({name: value for name, value in named.items() if value})
    return f"/learners/{quote(account_name(key), safe='')}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Told:
    """What the page of one learner shows. `own_page` is the address of the learner's own, for people of the roster."""

    profile: Profile
    history: History
    outgoing: Sequence[Outgoing]
    account: str
    own_page: str | None


@router.get("/learners/{person:path}")
async def learner(
    lms_: Admitted,
    person: str,
    school: str = "",
    course: str = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> HTMLResponse:
    """One learner: every course, every session, every answer."""
    await lms_.projector.catch_up()
    as_of_us = lms_.lrs.clock.now_us()
    seen = await lms_.lrs.store.read(lambda reader: _told(reader, lms_, person, school, before))
    titles = {
        column.activity: (column.title, enrolment.table.title)
        for enrolment in seen.profile.enrolments
        for column in enrolment.table.columns
    }
    at = learner_at(f"account:{school}\n{person}", "") if school else f"/learners/{quote(person, safe='')}"
    return rendering.page(
        "learner.html",
        here="learner",
        as_of_us=as_of_us,
        seen=seen,
        titles=titles,
        course=course,
        sent_us=_sent_us(seen.outgoing),
        older_at=f"{at}{'&' if '?' in at else '?'}{urlencode({'before': seen.history.older or 0})}",
        newest_at=at if before is not None else None,
    )


def _told(reader: Reader, lms_: Lms, person: str, school: str, before: int | None) -> Told:
    home = school or lms.school(reader)
    key = registrations.learner_key(ids.actor(home, person))
    profile = standing.profile(reader, lms_.store, key)
    of = [enrolment.line.registration for enrolment in profile.enrolments]
    somebody = None if school else roster.find(reader, lms_.store, person)
    own = None if somebody is None else f"/learn/{own_pages.key(lms_.lrs.signing_key, lms_.store, somebody.id)}"
    history = histories.history(reader, lms_.store, key, of, LANGUAGES, before)
    return Told(profile, history, reach.outgoing(reader, lms_.store), person, own)


# --- about the program ----------------------------------------------------------------------------------------------


@router.get("/docs")
async def reference(request: Request) -> HTMLResponse:
    """The management API, as a page that needs nothing from the internet."""
    described = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, "summary": operation["description"].replace("`", "")}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return rendering.page("docs.html", here="docs", operations=operations)


def is_wanted(request: Request) -> bool:
    """Whether a person's browser asks, outside the API: it gets a page where a program gets a problem document."""
    return not request.url.path.startswith("/api") and "text/html" in request.headers.get("accept", "")


def refusal(request: Request, error: OfflineLrsError) -> Response:
    """A refusal as a page, with the status and the headers that it has for programs."""
    plain = errors.answer(error)
    made = rendering.page(
        "refusal.html",
        here="refusal",
        code=plain.status_code,
        title=errors.status_of(error)[1],
        detail=error.detail,
        faults=error.faults[1:],
        back=_back(request, error),
    )
    kept = ("www-authenticate", "allow", "retry-after")
    made.headers.update({name: value for name, value in plain.headers.items() if name in kept})
    return made


def _back(request: Request, error: OfflineLrsError) -> str | None:
    """Where to go from a refusal; a learner is not sent to the teachers' pages, nor to a page that is not there."""
    _, first, *rest = request.url.path.split("/")
    if first != "learn" or not rest:
        return "/"
    return None if isinstance(error, NotFound) else f"/learn/{rest[0]}"
