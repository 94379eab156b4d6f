"""One upstream record store as the sender sees it: send these, ask for that one; an outcome always comes back.

Statements and documents go through the one `_ask`, so that what a network can do is met in one place.

Everything that can go wrong on a network ends as a named outcome here. Redirects are not followed: a POST that a login
page turned into a GET would look like success. Every wait is bounded, by operation and as a whole; so is the answer.

httpx is loaded when something is due for the first time, in a thread: it takes longer than a woken service has for its
whole start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from lrs.auth import credentials
from lrs.store.documents import Key
from lrs.sync import addresses, batches, document_outcomes, failpoints, meeting, outcomes, peers
from lrs.sync.batches import Parcel
from lrs.sync.destinations import Destination
from lrs.sync.document_outcomes import Got, Listed, Moved, Sent
from lrs.sync.outcomes import Absent, Delivered, Found, Halting, Misconfigured, Outcome, PortalSuspect, Unknown
from lrs.xapi.versions import Version

if TYPE_CHECKING:
    import httpx

ANSWER_MOST = 64 * 1024 * 1024  # as large as a statement may be
CONNECT_SECONDS = 15.0
WHOLE = 3  # a request may take this many times the patience for one read, and what its body needs on a slow line
SLOWEST_BYTES_A_SECOND = 4096

Answer = tuple[int, Mapping[str, str], bytes]
DOCUMENTS = {
    outcomes.VERSION_HEADER: Version.V1_0_3.value,
    "Accept-Encoding": "identity",  # what compresses an answer may change its ETag
}


async def open_client(patience: float) -> httpx.AsyncClient:
    """A client that keeps its connections."""
    return await asyncio.to_thread(_client, patience)


def _client(patience: float) -> httpx.AsyncClient:
    import httpx

    # Writing has no limit of its own: httpx counts the whole body as one write. The limit of the request holds it.
    timeout = httpx.Timeout(patience, connect=min(CONNECT_SECONDS, patience), write=None)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False)


class Upstream:
    """A destination, spoken to."""

    def __init__(self, client: httpx.AsyncClient, destination: Destination, here: UUID, patience: float) -> None:
        self._client = client
        self._endpoint = destination.url
        self._statements = f"{destination.url}/statements"
        self._headers = {
            "Authorization": credentials.header(destination.key, destination.secret),
            peers.HEADER: str(here),
        }
        self._patience = patience * WHOLE
        self.requests = 0
        self.device: UUID | None = None
        """The device that answers, where it has said so."""

    async def post(self, parcels: Sequence[Parcel]) -> Outcome:
        """Send these, of one version, in one request."""
        headers = {
            "Content-Type": "application/json",
            outcomes.VERSION_HEADER: parcels[0].version.value,
        }
        failpoints.hit("sync.before_send")
        answer = await self._ask("POST", self._statements, headers, batches.body(parcels))
        failpoints.hit("sync.after_send")
        if not isinstance(answer, tuple):
            return answer
        outcome = outcomes.of_post(*answer, [parcel.id for parcel in parcels])
        if isinstance(outcome, Delivered):
            self.device = _device(answer[1])
        return outcome

    async def get(self, parcel: Parcel) -> Found | Absent | Halting:
        """The upstream's own copy of this statement, voided or not."""
        found: Found | Absent | Halting = Absent("")
        for name in ("statementId", "voidedStatementId"):
            headers = {outcomes.VERSION_HEADER: parcel.version.value}
            answer = await self._ask("GET", f"{self._statements}?{name}={parcel.id}", headers, None)
            found = outcomes.of_get(*answer) if isinstance(answer, tuple) else answer
            if not isinstance(found, Absent):
                break
        return found

    # --- documents ---------------------------------------------------------------------------------------------------

    async def change(self, parcel: meeting.Parcel) -> Sent:
        """Put a document in the place of the one that it descends from, or take that away."""
        if parcel.blind:
            return Moved()
        method, headers, body = "DELETE", {"If-Match": parcel.etag or "*"}, None
        if parcel.document is not None:
            method, body = "PUT", parcel.document.content
            headers = {"Content-Type": parcel.document.content_type, **_precondition(parcel.etag)}
            if parcel.age_us is not None:
                headers[peers.AGE] = str(parcel.age_us // 1000)
        failpoints.hit("documents.before_send")
        answer = await self._ask(method, addresses.document(self._endpoint, parcel.key), {**DOCUMENTS, **headers}, body)
        failpoints.hit("documents.after_send")
        return document_outcomes.of_change(method, *answer) if isinstance(answer, tuple) else answer

    async def document(self, key: Key, known: str | None = None) -> Got:
        """The upstream's own document, unless it is still the one with this ETag."""
        headers = {**DOCUMENTS, **({} if known is None else {"If-None-Match": known})}
        answer = await self._ask("GET", addresses.document(self._endpoint, key), headers, None)
        return document_outcomes.of_document(*answer) if isinstance(answer, tuple) else answer

    async def names(self, scope: Key, since_us: int | None) -> Listed | Halting:
        """The ids of the documents that the upstream has under a key, or of those changed since then by its clock."""
        answer = await self._ask("GET", addresses.listing(self._endpoint, scope, since_us), DOCUMENTS, None)
        return document_outcomes.of_listing(*answer) if isinstance(answer, tuple) else answer

    # --- one request -------------------------------------------------------------------------------------------------

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer | Unknown | PortalSuspect | Misconfigured:
        import httpx

        self.requests += 1
        patience = self._patience + len(body or b"") / SLOWEST_BYTES_A_SECOND
        try:
            async with (
                asyncio.timeout(patience),
                self._client.stream(method, url, headers={**self._headers, **headers}, content=body) as response,
            ):
                answer = await _read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Unknown(f"no connection to the upstream: {_words(error)}", reached=False)
        except (httpx.TransportError, TimeoutError) as error:
            return Unknown(f"no complete answer from the upstream: {_words(error)}")
        except httpx.DecodingError as error:
            return PortalSuspect(f"the answer cannot be decoded: {_words(error)}")
        except httpx.InvalidURL as error:
            return Misconfigured(f"the address cannot be used: {_words(error)}")
        return answer


async def _read(response: httpx.Response) -> Answer | PortalSuspect:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_MOST:
            return PortalSuspect(f"the answer is larger than {ANSWER_MOST} bytes")
        parts.append(part)
    return response.status_code, {name.lower(): value for name, value in response.headers.items()}, b"".join(parts)


def _precondition(etag: str | None) -> dict[str, str]:
    """xAPI Communication 3.1: only over what is known to be there, or where nothing is."""
    return {"If-None-Match": "*"} if etag is None else {"If-Match": etag}


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _device(headers: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(headers.get(peers.HEADER, ""))
    except ValueError:
        return None
