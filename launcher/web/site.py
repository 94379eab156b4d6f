"""API and pages as one FastAPI application."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from launcher.web import api, pages
from launcher.web.parts import Lms
from lrs.errors import Fault, Invalid, MethodNotAllowed, NotFound, OfflineLrsError
from lrs.http import errors


def create(lms: Lms) -> FastAPI:
    """The application for a running LMS."""
    site = FastAPI(title="Offline LRS", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    site.state.lms = lms
    site.include_router(api.router, prefix="/api")
    site.include_router(pages.router)
    site.add_exception_handler(OfflineLrsError, _refused)
    site.add_exception_handler(RequestValidationError, _malformed)
    site.add_exception_handler(HTTPException, _not_routed)
    site.add_exception_handler(Exception, _failed)
    return site


async def _refused(_: Request, error: Exception) -> Response:
    return errors.answer(error if isinstance(error, OfflineLrsError) else OfflineLrsError(str(error)))


async def _malformed(_: Request, error: Exception) -> Response:
    """FastAPI's faults in our form: where, and what is wrong there."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [Fault(".".join(str(part) for part in one["loc"]), "", one["msg"]) for one in found]
    return errors.answer(Invalid.of(faults or [Fault("", "", "the request is malformed")]))


async def _not_routed(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        allow = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
        return errors.answer(MethodNotAllowed(f"{request.url.path} does not take {request.method}", allow.split(", ")))
    return errors.answer(NotFound(f"there is nothing at {request.url.path}"))


async def _failed(_: Request, error: Exception) -> Response:
    return errors.fault_of_ours(error)
