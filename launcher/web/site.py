"""API and pages as one application, and one form for everything that goes wrong in it."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from launcher.web import api, aside, learner, outbox, pages, registrations
from launcher.web.guard import Guard
from launcher.web.parts import Lms
from lrs.errors import Fault, Invalid, MethodNotAllowed, NotFound, OfflineLrsError
from lrs.http import errors

JSON_RULE = "RFC 8259"
API = (api.router, registrations.router, outbox.router, aside.router)


def create(lms: Lms) -> ASGIApp:
    """The application for a running LMS."""
    site = FastAPI(title="Offline LRS", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    site.state.lms = lms
    for router in API:
        site.include_router(router, prefix="/api")
    site.include_router(pages.router)
    site.include_router(learner.router)
    for kind in (OfflineLrsError, RequestValidationError, HTTPException):
        site.add_exception_handler(kind, _refused)
    site.add_exception_handler(Exception, _failed)
    return Guard(site, lms)


async def _refused(request: Request, error: Exception) -> Response:
    """A problem document; a page where a person's browser asked for one."""
    told = _told(request, error)
    return pages.refusal(request, told) if pages.is_wanted(request) else errors.answer(told)


def _told(request: Request, error: Exception) -> OfflineLrsError:
    """The framework's refusals in our words."""
    if isinstance(error, OfflineLrsError):
        return error
    if isinstance(error, RequestValidationError):
        return Invalid.of([_fault(one["loc"], str(one["type"]), str(one["msg"])) for one in error.errors()])
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        allow = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
        return MethodNotAllowed(f"{request.url.path} does not take {request.method}", allow.split(", "))
    if status == 404:
        return NotFound(f"there is nothing at {request.url.path}")
    return Invalid.of([Fault("body", JSON_RULE, "the body cannot be read: it must be JSON in UTF-8")])


def _fault(place: tuple[int | str, ...], kind: str, said: str) -> Fault:
    """Where and what: the first part of the framework's place says only that it was the body, or the path."""
    if kind == "json_invalid":
        return Fault("body", JSON_RULE, "the body is not JSON")
    return Fault(".".join(str(part) for part in place[1:]) or str(place[0]), "", said[:1].lower() + said[1:])


async def _failed(_: Request, error: Exception) -> Response:
    return errors.fault_of_ours(error)
