"""The fetch address (cmi5 8.2): POST gives the session's token once, and never again.

No credential, cookie or preflight is needed; what guards it is that nobody can guess it. It is part of the lean door,
since a lesson's very first request comes here.
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from launcher.learning import launches, lms, sessions
from lrs.auth import credentials, secrets
from lrs.errors import MethodNotAllowed, NotFound, OfflineLrsError
from lrs.http import errors, guards
from lrs.http.parts import Lrs
from lrs.http.router import CORS, PREFLIGHT
from lrs.store.promises import Transaction

PREFIX = "/fetch"
SCOPES = '["profile","state","statements/read","statements/write"]'
ALREADY_FETCHED = {
    "error-code": "1",
    "error-text": "The token of this launch has been fetched; launch again for a new one.",
}
EXPIRED = {"error-code": "1", "error-text": "This launch was not started in time or has ended; launch again."}


class Fetch:
    """The ASGI application below `/fetch`."""

    def __init__(self, lrs: Lrs) -> None:
        self._lrs = lrs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        response.headers.update(CORS)
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        try:
            guards.refuse_closed_door(self._lrs, request)
            if request.method != "POST":  # cmi5 8.2.1: GET is not allowed
                raise MethodNotAllowed("the fetch address takes POST only", ("POST", "OPTIONS"))
            answer = await self._redeem(str(request.scope["path"]).removeprefix(f"{PREFIX}/"))
            return Response(json.dumps(answer), 200, media_type="application/json")  # 8.2.3: errors too are 200
        except OfflineLrsError as error:
            return errors.answer(error)
        except Exception as error:  # noqa: BLE001  the last resort: the sender gets a sentence, the log the trace
            return errors.fault_of_ours(error)

    async def _redeem(self, secret: str) -> dict[str, str]:
        digest, token = launches.digest(secret), self._lrs.clock.token()
        return await self._lrs.store.write(lambda transaction: redeem(transaction, digest, token))


def redeem(transaction: Transaction, digest: str, token: str) -> dict[str, str]:
    """The answer to a POST: `auth-token` for the first in time, an `error-code` after that (cmi5 8.2.2, 8.2.3)."""
    row = transaction.execute(
        "SELECT store, id, phase, fetch_until_us, fetched_us FROM session WHERE fetch_digest = ?", (digest,)
    ).fetchone()
    if row is None:
        raise NotFound("there is no such fetch address")
    store, session_id, phase, until_us, fetched_us = row
    if fetched_us is not None:
        sessions.note(transaction, store, session_id, "fetched again")
        return ALREADY_FETCHED
    if transaction.now_us > until_us or phase != "launched":
        sessions.note(transaction, store, session_id, "fetched too late")
        return EXPIRED
    number = credentials.create(
        transaction,
        store,
        session_id,
        secrets.protect(token, salt=None),
        SCOPES,
        authority_name=lms.AUTHORITY,
        session=session_id,
    )
    transaction.execute(
        "UPDATE session SET fetched_us = ?, credential = ? WHERE store = ? AND id = ?",
        (transaction.now_us, number, store, session_id),
    )
    sessions.note(transaction, store, session_id, "fetched")
    return {"auth-token": credentials.token(session_id, token)}
