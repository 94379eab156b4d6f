"""A learner's own page on a device: my lessons, start, go on. Whole without script, and without a password.

The address is the key (`launcher.people.pages`): a wrong one is answered as if there were no such page, and the page
sends no Referer. A lesson is started by a form, so that nothing that only looks at links starts one, and comes back
here by its `returnURL`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from launcher.cmi5 import ids, urls, vocabulary
from launcher.learning import courses, launches, lms, reach, standing, travel
from launcher.learning.launches import Launched, Wish
from launcher.learning.lms import Desk
from launcher.learning.reach import Outgoing
from launcher.learning.standing import MyCourse, MyLesson
from launcher.people import pages as own_pages
from launcher.people import roster
from launcher.people.roster import Somebody
from launcher.progress.fold import NOT_STARTED
from launcher.progress.grid import Shown, plain
from launcher.web import rendering
from launcher.web.pages import Admitted
from launcher.web.parts import Lms
from lrs.errors import Fault, Invalid, NotFound
from lrs.http import guards
from lrs.store.promises import Reader, Transaction

FORM = "application/x-www-form-urlencoded"
FORM_MOST = 4096
FAILED = ("failed", "completed, not passed")
WEB = ("http", "https")

router = APIRouter(include_in_schema=False)


async def _whose(request: Request, key: str) -> Somebody:
    """Who the page belongs to. `NotFound` for a wrong key: that there is such a page is nobody's business."""
    running: Lms = request.app.state.lms

    def look(reader: Reader) -> Somebody:
        ids_ = roster.ids(reader, running.store)
        owner = own_pages.owner(running.lrs.signing_key, running.store, ids_, key)
        if owner is None:
            raise NotFound("this address belongs to nobody on this device; ask your teacher for yours")
        return roster.get(reader, running.store, owner)

    return await running.lrs.store.read(look)


Mine = Annotated[Somebody, Depends(_whose)]


# --- looking --------------------------------------------------------------------------------------------------------


def step(shown: Shown) -> str:
    """What a learner can do with a lesson: `start`, `go-on`, `again`, or `done` where nothing has to be done."""
    if shown.done:
        return "done"
    if shown.state == NOT_STARTED:
        return "start"
    return "again" if shown.state in FAILED else "go-on"


def by_block(course: MyCourse) -> Iterator[tuple[tuple[str, ...], list[MyLesson]]]:
    """The lessons side by side in the same block, with the titles of the blocks."""
    for path, lessons in groupby(course.lessons, lambda lesson: lesson.path):
        yield path, list(lessons)


@dataclass(frozen=True, slots=True)
class Desktop:
    """What a learner's page shows."""

    mine: Sequence[MyCourse]
    outgoing: Sequence[Outgoing]


@router.get("/learn/{key}")
async def mine(request: Request, key: str, person: Mine) -> HTMLResponse:
    """My courses, my lessons, where I stand."""
    lms_: Lms = request.app.state.lms
    await lms_.projector.catch_up()
    seen = await lms_.lrs.store.read(
        lambda reader: Desktop(standing.my_courses(reader, lms_.store, person), reach.outgoing(reader, lms_.store))
    )
    lessons = [lesson for course in seen.mine for lesson in course.lessons]
    return rendering.page(
        "learn.html",
        policy={"form_action": " ".join(["'self'", *_origins(lms_, lessons)])},
        here="learn",
        key=key,
        person=person,
        seen=seen,
        next=next((lesson for lesson in lessons if step(lesson.shown) != "done"), None),
        step=step,
        by_block=by_block,
        title_of=courses.title,
        own_window=vocabulary.OWN_WINDOW,
    )


def _origins(lms_: Lms, lessons: Iterable[MyLesson]) -> list[str]:
    """Where the forms of the page lead to: a browser asks this of the lesson's address too, to which it is sent on."""
    found = {_origin(lesson.au.url) for lesson in lessons} | {_origin(lms_.lrs.settings.public_url or "")}
    return sorted(origin for origin in found if origin)


def _origin(url: str) -> str:
    """Scheme, host and port, in characters that cannot end a directive; empty where it is no address of the web."""
    parts = urlsplit(url)
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return name if parts.scheme in WEB and not set(name) & set(" ;,'\"\\") else ""


@router.get("/learn")
async def everybody(lms_: Admitted) -> HTMLResponse:
    """Who is on this device, with the address of each one's page: for whoever manages it."""

    def look(reader: Reader) -> list[tuple[Somebody, str, Sequence[str]]]:
        enrolled = standing.enrolled(reader, lms_.store)
        return [
            (
                person,
                f"/learn/{own_pages.key(lms_.lrs.signing_key, lms_.store, person.id)}",
                enrolled.get(person.id, ()),
            )
            for person in sorted(roster.listed(reader, lms_.store), key=lambda one: plain(one.name))
        ]

    people = await lms_.lrs.store.read(look)
    return rendering.page("learn_list.html", here="learn-list", people=people)


# --- starting -------------------------------------------------------------------------------------------------------


@router.post("/learn/{key}/launch")
async def launch(request: Request, key: str, person: Mine) -> Response:
    """Start one of my lessons: on to it where the browser can show it, else a page with a link for its app."""
    lms_: Lms = request.app.state.lms
    course, au = await _wanted(request)
    await lms_.projector.catch_up()
    found = await lms_.lrs.store.read(lambda reader: _mine(standing.my_courses(reader, lms_.store, person), course, au))
    road = lms_.road("network" if urls.scheme(found.au.url) in WEB else None)
    wish = Wish(
        course=course,
        au=au,
        actor=await lms_.lrs.store.read(lambda reader: ids.actor(lms.school(reader), person.id)),
        launch_mode=vocabulary.REVIEW if found.shown.done else vocabulary.NORMAL,
        return_url=f"{_base(request, lms_)}/learn/{key}",
    )

    def work(transaction: Transaction) -> Launched:
        at = Desk(transaction, lms_.store, lms_.lrs.store.here, lms_.lrs.clock)
        return launches.launch(at, wish, road, lms_.lrs.settings.fetch_lifetime)

    await travel.fetch(lms_.lrs.store, lms_.drainer, lms_.store, lambda _: wish)
    made = await lms_.lrs.store.write(work)
    if urls.scheme(made.url) in WEB:
        return RedirectResponse(made.url, 303, rendering.headers())
    return rendering.page("learn_open.html", here="learn", key=key, url=made.url, title=courses.title(found.au.title))


async def _wanted(request: Request) -> tuple[str, int]:
    """The course and the AU that a form names."""
    kind = guards.media_type(request.headers.get("content-type", ""))
    body = await guards.body(request, FORM_MOST)
    given = parse_qs(body.decode("latin-1")) if kind == FORM else {}
    course, au = (given.get(name, [""])[0] for name in ("course", "au"))
    if not course or not (au.isascii() and au.isdigit()):
        raise Invalid.of([Fault("body", "", f"a lesson is started by a form ({FORM}) with `course` and `au`")])
    return course, int(au)


def _mine(known: Sequence[MyCourse], course: str, au: int) -> MyLesson:
    for one in known:
        if one.id == course and au < len(one.lessons):
            return one.lessons[au]
    raise NotFound("this lesson is not among yours")


def _base(request: Request, lms_: Lms) -> str:
    """Where the learner's browser has us: by the public name where it used that, else as it asked."""
    public = lms_.lrs.settings.public_url
    if public is not None and urlsplit(public).netloc == request.url.netloc:
        return public.rstrip("/")
    return f"{request.url.scheme}://{request.url.netloc}"
