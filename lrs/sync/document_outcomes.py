"""What an upstream's answer about a document means (pure): a union of named outcomes, as `outcomes` has for statements.

The same rule of belief: nothing counts unless a record store has answered, which its version header tells. A login page
with status 200 is no document, and no success.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lrs.sync import peers
from lrs.sync.outcomes import (
    Conflicting,
    Forbidden,
    Halting,
    Misconfigured,
    NeedsAuth,
    PortalSuspect,
    Rejected,
    TooLarge,
    http_date,
    refused,
    verified,
)
from lrs.xapi import documents as rules

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """The upstream has done what was asked; `etag` is what it calls the document now, where it says so."""

    etag: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The upstream's document is not what we thought: a precondition does not hold (412, or 409)."""


@dataclass(frozen=True, slots=True)
class Held:
    """The upstream's document. `age_us` is how long ago it was written, as far as that is told."""

    content_type: str
    content: bytes
    etag: str
    age_us: int | None

    @property
    def digest(self) -> str:
        """Our own name for the content."""
        return rules.etag(self.content)


@dataclass(frozen=True, slots=True)
class Missing:
    """The upstream has no such document."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The upstream's document is the one that we know (304)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Ids of documents; `at_us` is when, by the upstream's clock, where it says so."""

    names: tuple[str, ...]
    at_us: int | None


Refused: TypeAlias = Rejected | Forbidden | TooLarge
Sent: TypeAlias = Taken | Moved | Refused | Halting
Got: TypeAlias = Held | Missing | Unchanged | Halting


def of_change(method: str, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
    """The outcome of a PUT or DELETE. Header names are in lower case."""
    if status in (200, 204):
        return verified(headers) or Taken(_etag(headers))
    if status == 404 and method == "DELETE":  # some answer so where there is nothing left to delete
        return verified(headers) or Taken(None)
    if status == 412:
        return verified(headers) or Moved()
    outcome = refused(status, headers, body)
    return Moved() if isinstance(outcome, Conflicting) else outcome


def of_document(status: int, headers: Mapping[str, str], body: bytes) -> Got:
    """The outcome of asking for one document."""
    if status == 200:
        etag = _etag(headers) or rules.etag(body)  # 1.0.3 asks every LRS for the one; the other is how it is made
        content_type = headers.get("content-type") or "application/octet-stream"
        return verified(headers) or Held(content_type, body, etag, _age_us(headers))
    if status == 304:
        return verified(headers) or Unchanged()
    if status == 404:
        return verified(headers) or Missing()
    return _not_shown(refused(status, headers, body))


def of_listing(status: int, headers: Mapping[str, str], body: bytes) -> Listed | Halting:
    """The outcome of asking for ids."""
    if status != 200:
        return _not_shown(refused(status, headers, body))
    at = http_date(headers.get("date", ""))
    return verified(headers) or _names(body, None if at is None else at * _SECOND_US)


def _names(body: bytes, at_us: int | None) -> Listed | PortalSuspect:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) and name for name in found):
        return PortalSuspect("the answer is not a list of ids: a record store answers with exactly that")
    return Listed(tuple(found), at_us)


def _not_shown(outcome: Rejected | Forbidden | Conflicting | TooLarge | Halting) -> Halting:
    """Reading changes nothing, so whatever is refused is a matter of credential or address."""
    if isinstance(outcome, Forbidden):
        return NeedsAuth(outcome.detail)
    if isinstance(outcome, (Rejected, Conflicting, TooLarge)):
        return Misconfigured(f"documents cannot be read there: {outcome.detail}")
    return outcome


def _etag(headers: Mapping[str, str]) -> str | None:
    return headers.get("etag", "").strip().removeprefix("W/") or None


def _age_us(headers: Mapping[str, str]) -> int | None:
    """As one of our programs tells it; else since it reached the upstream, by the upstream's clock alone."""
    told = peers.age_us(headers.get(peers.AGE))
    if told is not None:
        return told
    at, since = http_date(headers.get("date", "")), http_date(headers.get("last-modified", ""))
    return None if at is None or since is None else max(0, at - since) * _SECOND_US
