"""What the answer of an upstream record store means (pure): a union of named outcomes from status, headers and body.

A statement counts as delivered only when a record store has said so: 200 with the version header every LRS sends (xAPI
Communication 3.3) and the list of exactly the ids that were sent, in their order (2.1.2); or 204 with the header, which
some stores answer where they had all of them. A hotspot's login page, a proxy's 200 and a wrong address are not that,
and nothing is let go of for them.

Three kinds:

* `Delivered`;
* *judged*: the upstream refuses what was sent. Which statement of a batch it means it does not say, so the sender
  halves the batch until it knows (`delivery`);
* *halting*: nothing was said about the statements. All of them are kept and sent again, sooner or later.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_tz
from typing import TypeAlias
from uuid import UUID

VERSION_HEADER = "x-experience-api-version"
DETAIL_MOST = 2_000
_SECOND_US = 1_000_000
_DIGITS_MOST = 10


@dataclass(frozen=True, slots=True)
class Delivered:
    """The upstream has them, and has said so."""


# --- judged -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejected:
    """At least one of them breaks a rule of the upstream's (400)."""

    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """At least one of them is not for this credential to send (403): a voiding, say; or none is."""

    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class Conflicting:
    """An id among them is known there, perhaps with other content (409)."""

    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The request is larger than what is taken there (413)."""

    status: int
    detail: str


# --- halting ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NeedsAuth:
    """The credential is not known there, or may not write at all."""

    detail: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Not now, and perhaps how long not."""

    detail: str
    wait_us: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What became of the request cannot be known. `reached` is False where no connection was made at all."""

    detail: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class PortalSuspect:
    """Somebody answered who does not seem to be a record store."""

    detail: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The address, or what is behind it, is not set up for this."""

    detail: str


Judged: TypeAlias = Rejected | Forbidden | Conflicting | TooLarge
Halting: TypeAlias = NeedsAuth | Busy | Unknown | PortalSuspect | Misconfigured
Outcome: TypeAlias = Delivered | Judged | Halting

_JUDGED: dict[int, type[Rejected | Forbidden | Conflicting | TooLarge]] = {
    400: Rejected,
    403: Forbidden,
    409: Conflicting,
    413: TooLarge,
    422: Rejected,  # not xAPI's, but frameworks answer it for a body they do not like
}
_BUSY = (429, 503, 507)
_UNKNOWN = (408, 425)
_LOGIN_NEEDED = 511  # RFC 6585 6: written for captive portals


def of_post(status: int, headers: Mapping[str, str], body: bytes, sent: Sequence[UUID]) -> Outcome:
    """The outcome of sending these statements. Header names are in lower case."""
    if status == 200:
        return verified(headers) or _confirmed(body, sent)
    if status == 204:
        return verified(headers) or Delivered()
    return refused(status, headers, body)


@dataclass(frozen=True, slots=True)
class Found:
    """The statement that was asked for, as the upstream has it."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Absent:
    """The upstream has no such statement, or none that this credential may see."""

    detail: str


def of_get(status: int, headers: Mapping[str, str], body: bytes) -> Found | Absent | Halting:
    """The outcome of asking for one statement."""
    if status == 200:
        return verified(headers) or Found(body)
    outcome = refused(status, headers, body)
    if status == 404 or isinstance(outcome, (Rejected, Forbidden, Conflicting, TooLarge)):
        return Absent(_said(status, body))
    return outcome


def verified(headers: Mapping[str, str]) -> PortalSuspect | None:
    """None where a record store has answered (xAPI Communication 3.3)."""
    if headers.get(VERSION_HEADER, "").strip():
        return None
    return PortalSuspect(
        "the answer lacks the X-Experience-API-Version header that every record store sends: it may come from a "
        "network's login page"
    )


def _confirmed(body: bytes, sent: Sequence[UUID]) -> Outcome:
    """xAPI Communication 2.1.2: 200 comes with the ids, in the order of the statements."""
    try:
        listed = json.loads(body)
        confirmed = [UUID(item) for item in listed] if isinstance(listed, list) else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        confirmed = None
    if confirmed == list(sent):
        return Delivered()
    return PortalSuspect(
        "the answer is not the list of the ids that were sent: a record store answers with exactly these"
    )


def refused(status: int, headers: Mapping[str, str], body: bytes) -> Judged | Halting:
    """What any other answer than success means."""
    said = _said(status, body)
    if status in _JUDGED:
        return _JUDGED[status](status, said)
    if status == 401:
        return NeedsAuth(said)
    if status in _BUSY:
        return Busy(said, retry_after_us(headers))
    if status == _LOGIN_NEEDED or status < 400:
        where = headers.get("location", "")
        return PortalSuspect(
            f"{said}, which no record store does here" + (f"; it points to {where[:200]}" if where else "")
        )
    if status in _UNKNOWN or status >= 500:
        return Unknown(said)
    return Misconfigured(
        f"{said}: is the address the xAPI endpoint of a record store?"
    )  # 404, 405, 410, 421 and others


def _said(status: int, body: bytes) -> str:
    text = " ".join(body[: 4 * DETAIL_MOST].decode("utf-8", "replace").split())[:DETAIL_MOST]
    return f"the upstream answered {status}" + (f": {text}" if text and not text.startswith("<") else "")


def retry_after_us(headers: Mapping[str, str]) -> int | None:
    """How long `Retry-After` asks to wait (RFC 9110 10.2.3), None where it is not there or makes no sense.

    A date is taken relative to the answer's own `Date`: this device's clock may be years off.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:_DIGITS_MOST]) * _SECOND_US if len(text) <= _DIGITS_MOST else 10**_DIGITS_MOST * _SECOND_US
    until, answered = http_date(text), http_date(headers.get("date", ""))
    return None if until is None or answered is None else max(0, until - answered) * _SECOND_US


def http_date(text: str) -> int | None:
    """Seconds since the epoch, None where it is no date (RFC 9110 5.6.7)."""
    try:
        found = parsedate_tz(text)
        return None if found is None else calendar.timegm(found[:9]) - (found[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
