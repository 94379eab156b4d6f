"""The one table that turns errors into HTTP: `application/problem+json` (RFC 9457), and never a stack trace."""

from __future__ import annotations

import json
import logging
from typing import Any

from starlette.responses import Response

from lrs import errors

log = logging.getLogger("offline_lrs")

TABLE: tuple[tuple[type[errors.OfflineLrsError], int, str], ...] = (
    (errors.Invalid, 400, "The request breaks the rules of the standard"),
    (errors.Unauthenticated, 401, "A credential is needed"),
    (errors.Forbidden, 403, "This sender may not do that"),
    (errors.NotFound, 404, "There is nothing here"),
    (errors.MethodNotAllowed, 405, "This resource does not take that method"),
    (errors.Conflict, 409, "This contradicts what is stored"),
    (errors.PreconditionFailed, 412, "The precondition does not hold"),
    (errors.TooLarge, 413, "Too large"),
    (errors.UnsupportedMedia, 415, "This content type is not taken here"),
    (errors.Unavailable, 503, "Not now"),
    (errors.StoreFull, 507, "There is no room to store this"),
    (errors.ConfigurationError, 500, "The server is set up wrongly"),
)


def status_of(error: errors.OfflineLrsError) -> tuple[int, str]:
    """Status and title for an error."""
    return next(((status, title) for kind, status, title in TABLE if isinstance(error, kind)), (500, "A fault of ours"))


def problem(error: errors.OfflineLrsError) -> dict[str, Any]:
    """The body, as an object."""
    status, title = status_of(error)
    listed = [{"path": fault.path, "requirement": fault.requirement, "detail": fault.detail} for fault in error.faults]
    body: dict[str, Any] = {
        "type": f"urn:offline-lrs:problem:{type(error).__name__}",
        "title": title,
        "status": status,
        "detail": error.detail,
    }
    return {**body, "errors": listed} if listed else body


def answer(error: errors.OfflineLrsError) -> Response:
    """The answer for an error."""
    status, _ = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Basic realm="offline-lrs", charset="UTF-8"'
    elif isinstance(error, errors.MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allow)
    elif status in (503, 507):
        headers["Retry-After"] = "5" if status == 503 else "600"
    content = json.dumps(problem(error), ensure_ascii=False).encode()
    return Response(content, status, headers, "application/problem+json")


def fault_of_ours(error: BaseException) -> Response:
    """The answer where the program itself failed: the log gets the trace, the sender one sentence."""
    log.error("a request failed", exc_info=error)
    return answer(errors.OfflineLrsError("the server failed on this request; its log has the details"))
