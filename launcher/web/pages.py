"""Pages for people: plain HTML, made on the server, escaped by default, whole without script.

For now whoever has a credential with the scope `admin` may see them; the browser asks for it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from launcher.learning import standing
from launcher.web.parts import Lms
from lrs.errors import OfflineLrsError
from lrs.http import errors
from lrs.xapi import timestamps

TEMPLATES = Path(__file__).parent / "templates"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

router = APIRouter(include_in_schema=False)


async def _admitted(request: Request) -> Lms:
    running: Lms = request.app.state.lms
    await running.admit(request.headers.get("authorization"))
    return running


Admitted = Annotated[Lms, Depends(_admitted)]


@router.get("/style.css")
async def style() -> Response:
    """The one style sheet."""
    return Response((TEMPLATES / "style.css").read_bytes(), media_type="text/css", headers=SAFE)


@router.get("/")
async def progress(lms_: Admitted) -> HTMLResponse:
    """Learners by blocks and AUs, for every course: what the log says, up to this moment."""
    await lms_.projector.catch_up()
    as_of_us = lms_.lrs.clock.now_us()
    tables = await lms_.lrs.store.read(lambda reader: standing.tables(reader, lms_.store))
    sync = await lms_.drainer.status()
    return _page("progress.html", title="Progress", tables=tables, as_of_us=as_of_us, sync=sync)


@router.get("/docs")
async def reference(request: Request) -> HTMLResponse:
    """The management API, as a page that needs nothing from the internet."""
    described = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, "summary": operation["description"].replace("`", "")}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return _page("docs.html", title="Management API", operations=operations)


# --- refusals -------------------------------------------------------------------------------------------------------


def is_wanted(request: Request) -> bool:
    """Whether a person's browser asks, outside the API: it gets a page where a program gets a problem document."""
    return not request.url.path.startswith("/api") and "text/html" in request.headers.get("accept", "")


def refusal(error: OfflineLrsError) -> Response:
    """A refusal as a page, with the status and the headers that it has for programs."""
    plain = errors.answer(error)
    page = _page("refusal.html", title=errors.status_of(error)[1], detail=error.detail, faults=error.faults[1:])
    page.status_code = plain.status_code
    kept = ("www-authenticate", "allow", "retry-after")
    page.headers.update({name: value for name, value in plain.headers.items() if name in kept})
    return page


# --- templates ------------------------------------------------------------------------------------------------------


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(_environment().get_template(template).render(**values), headers=SAFE)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"local": local, "percent": _percent, "iso": timestamps.format}
    return made


def local(us: int) -> str:
    """A moment as people here read it: local time, to the minute."""
    moment = EPOCH + timedelta(microseconds=us)
    try:
        return moment.astimezone().strftime("%Y-%m-%d %H:%M")
    except (
        OverflowError,
        ValueError,
    ):  # a wrong clock said the year 9999 or 1, and the local day is beyond the calendar
        return moment.strftime("%Y-%m-%d %H:%M UTC")


def _percent(score: Decimal) -> str:
    return f"{round(score * 100)} %"
