"""Pages for people: plain HTML, made on the server, escaped by default, readable without script.

For now whoever has a credential with the scope `admin` may see them; the browser asks for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from launcher.learning import standing
from launcher.web.parts import Lms
from lrs.xapi import timestamps

HERE = Path(__file__).parent
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

router = APIRouter(include_in_schema=False)


def _local(us: int | None) -> str:
    """A moment as people here read it: local time, to the minute."""
    if us is None:
        return ""
    return datetime.fromtimestamp(us / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _percent(score: Any) -> str:
    return "" if score is None else f"{round(score * 100)} %"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters |= {"local": _local, "percent": _percent, "iso": timestamps.format}
    return made


ENVIRONMENT = _environment()


async def _admitted(request: Request) -> Lms:
    running: Lms = request.app.state.lms
    await running.admit(request.headers.get("authorization"))
    return running


Admitted = Annotated[Lms, Depends(_admitted)]


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(ENVIRONMENT.get_template(template).render(**values), headers=SAFE)


@router.get("/style.css")
async def style() -> Response:
    """The one style sheet."""
    return Response((HERE / "templates" / "style.css").read_bytes(), media_type="text/css")


@router.get("/")
async def progress(lms_: Admitted) -> HTMLResponse:
    """Learners by AUs, for every course: what the log says, up to this moment."""
    await lms_.projector.catch_up()
    store = lms_.store
    as_of_us = lms_.lrs.clock.now_us()
    tables = await lms_.lrs.store.read(lambda reader: standing.tables(reader, store))
    sync = await lms_.drainer.status()
    return _page("progress.html", title="Progress", tables=tables, as_of_us=as_of_us, sync=sync)


@router.get("/docs")
async def reference(request: Request) -> HTMLResponse:
    """The management API, as a page that needs nothing from the internet."""
    described = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, "summary": operation.get("description") or operation["summary"]}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return _page("docs.html", title="Management API", operations=operations)
