"""The page over HTTP: a handful of addresses below the key. What they do is `desk`'s, how it looks `render`'s.

GET  /KEY/                                what to show now
POST /KEY/answer, next, stop, language    a step, then 303 to the page
GET  /KEY/back                            303 to where the learner came from, and the server ends
GET  /KEY/lesson.css, lesson.js, icon.svg
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from content_app.page import guard, render
from content_app.page.desk import Desk
from content_app.page.guard import Address

LARGEST_FORM = 4096
FAREWELL_SECONDS = 1.0
LONGEST_ANSWER = 40
_STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # to nobody else, for the key; `no-referrer` would hide Origin too
    "X-Content-Type-Options": "nosniff",
}
_STEPS: dict[str, Callable[[Desk, dict[str, str]], None]] = {
    "answer": lambda desk, form: desk.answer(_number(form), _response(form)),
    "next": lambda desk, form: desk.go_on(_number(form)),
    "stop": lambda desk, _form: desk.stop(),
    "language": lambda desk, form: desk.speak(form.get("language", "")),
}


def create(desk: Desk, address: Address, end: Callable[[], None]) -> ASGIApp:
    """The application. `end` is called when the learner has gone back."""

    async def show(_request: Request) -> Response:
        return HTMLResponse(render.page(await run_in_threadpool(desk.view)))

    def step(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def take(request: Request) -> Response:
            form = await _form(request)
            if form is None:
                return PlainTextResponse("the form is too large", 413)
            await run_in_threadpool(_STEPS[name], desk, form)
            return RedirectResponse(address.url, 303)

        return take

    async def back(_request: Request) -> Response:
        if not desk.is_over:
            return RedirectResponse(address.url, 303)
        view = await run_in_threadpool(desk.view)
        over, place = BackgroundTask(end), view.report.return_url or ""
        if guard.is_safe_return(place):
            return RedirectResponse(place, 303, background=over)
        return HTMLResponse(render.farewell(view), background=BackgroundTask(_later, end))

    base = f"/{address.key}"
    application = Starlette(
        routes=[
            Route(f"{base}/", show),
            Route(f"{base}/back", back),
            *(Route(f"{base}/{name}", step(name), methods=["POST"]) for name in _STEPS),
            *(Route(f"{base}/{file.name}", _file(file)) for file in sorted(_STATIC.iterdir())),
        ]
    )
    return _guarded(application, address)


async def _later(end: Callable[[], None]) -> None:
    """End once the last page has had time to fetch its style."""
    await asyncio.sleep(FAREWELL_SECONDS)
    end()


def _guarded(application: ASGIApp, address: Address) -> ASGIApp:
    """Let nobody else in, and say on every answer what a browser may do with it."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        request = Request(scope)
        host, origin = request.headers.get("host", ""), request.headers.get("origin", "")
        refused = guard.refusal(address, request.method, host, origin, request.url.path)
        answer = PlainTextResponse(refused.phrase, refused) if refused else application
        await answer(scope, receive, send_with_headers)

    return guarded


def _file(file: Path) -> Callable[[Request], Awaitable[Response]]:
    async def give(_request: Request) -> Response:
        return FileResponse(file)

    return give


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form, the first of each name; None where it is larger than ours can be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _number(form: dict[str, str]) -> int:
    """The index of the question a form is about; one that no question has where it says none."""
    text = form.get("question", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _response(form: dict[str, str]) -> str:
    """What was written in the one field, or above and below the line."""
    above, below = form.get("response", "").strip(), form.get("below", "").strip()
    return (f"{above}/{below}" if below else above)[:LONGEST_ANSWER]
