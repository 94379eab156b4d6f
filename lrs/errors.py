"""The one family of errors, named for who is at fault.

Every refusal in the project is raised as one of these and translated once, at the door it leaves by: `lrs.http.errors`
turns it into a status and `application/problem+json`, the command line into one line and an exit status. An error says
what is wrong, where (`Fault.path`) and what to do about it; it never carries a secret or a stack trace.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One broken requirement.

    `path` is where (`actor.mbox`, `statements[3].verb.id`, `line 12`), `requirement` names the rule (`xAPI Data 2.4.2`,
    `cmi5 9.3.0.0-4 (d2)`), `detail` says in our words what is wrong and what would be right.
    """

    path: str
    requirement: str
    detail: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        rule = f" [{self.requirement}]" if self.requirement else ""
        return f"{where}{self.detail}{rule}"


class OfflineLrsError(Exception):
    """Base of all of them: one clear sentence, and the faults behind it where there are several."""

    def __init__(self, detail: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


# --- the sender is at fault -----------------------------------------------------------------------------------------


class Invalid(OfflineLrsError):
    """What was sent breaks the standard's rules (400). Carries every fault, not the first."""

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> Invalid:
        """The error for these faults; its sentence is the first fault and the count of the rest."""
        listed = tuple(faults)
        more = f" (and {len(listed) - 1} more)" if len(listed) > 1 else ""
        return cls(f"{listed[0]}{more}", listed)


class Unauthenticated(OfflineLrsError):
    """No credential, or one that is not known (401)."""


class Forbidden(OfflineLrsError):
    """A known sender may not do this (403)."""


class NotFound(OfflineLrsError):
    """There is nothing at that name (404)."""


class MethodNotAllowed(OfflineLrsError):
    """The resource is there and does not take that method (405). `allow` lists those it takes."""

    def __init__(self, detail: str, allow: Iterable[str]) -> None:
        super().__init__(detail)
        self.allow = tuple(allow)


class Conflict(OfflineLrsError):
    """What was sent contradicts what is there (409)."""


class PreconditionFailed(OfflineLrsError):
    """`If-Match` or `If-None-Match` did not hold (412)."""


class TooLarge(OfflineLrsError):
    """Larger than a limit, which the sentence names (413)."""


class UnsupportedMedia(OfflineLrsError):
    """A content type that this resource does not take (415)."""


# --- we, or the machine, are at fault -------------------------------------------------------------------------------


class StoreFull(OfflineLrsError):
    """The disk or the set bound is full: nothing of the request was kept (507)."""


class Unavailable(OfflineLrsError):
    """Not now: overloaded, stopping, or somebody else holds what is needed (503)."""


class ConfigurationError(OfflineLrsError):
    """The program cannot start or go on as it was set up; the sentence says what to change."""


class AlreadyRunning(ConfigurationError):
    """Another process owns the data folder or the service; the sentence names its process id."""
