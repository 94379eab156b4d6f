"""What each scope lets its holder do: a table and a question (xAPI Communication 4.2.1 names them; `admin` is ours)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable

from lrs.errors import Fault, Forbidden, Invalid


class Act(enum.StrEnum):
    """What a request wants; a text, since texts are hashed without a call into Python."""

    WRITE_STATEMENTS = "write statements"
    READ_STATEMENTS = "read statements"
    READ_OWN_STATEMENTS = "read its own statements"
    STATE = "read and write state"
    READ_STATE = "read state"
    PROFILE = "read and write profiles"
    READ_PROFILE = "read profiles"
    ADMIN = "manage"


_READS = {Act.READ_STATEMENTS, Act.READ_OWN_STATEMENTS, Act.READ_STATE, Act.READ_PROFILE}

SCOPES: dict[str, frozenset[Act]] = {
    "all": frozenset(Act) - {Act.ADMIN},
    "all/read": frozenset(_READS),
    "statements/write": frozenset({Act.WRITE_STATEMENTS}),
    "statements/read": frozenset({Act.READ_STATEMENTS, Act.READ_OWN_STATEMENTS}),
    "statements/read/mine": frozenset({Act.READ_OWN_STATEMENTS}),
    "state": frozenset({Act.STATE, Act.READ_STATE}),
    "profile": frozenset({Act.PROFILE, Act.READ_PROFILE}),
    "define": frozenset(),
    "admin": frozenset({Act.ADMIN}),
}


def check(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes, each once and sorted; raises `Invalid` on one that does not exist, and where there is none."""
    wanted = tuple(sorted(set(scopes)))
    faults = [
        Fault("scope", "xAPI Communication 4.2.1", f"there is no scope {scope!r}; there are {', '.join(SCOPES)}")
        for scope in wanted
        if scope not in SCOPES
    ]
    if not wanted:
        faults.append(Fault("scope", "xAPI Communication 4.2.1", f"name at least one of {', '.join(SCOPES)}"))
    if faults:
        raise Invalid.of(faults)
    return wanted


def allows(scopes: Collection[str], act: Act) -> bool:
    """Whether these scopes together allow the act."""
    return any(act in SCOPES[scope] for scope in scopes)


def require(scopes: Collection[str], act: Act) -> None:
    """Raise `Forbidden` where they do not."""
    if not allows(scopes, act):
        able = ", ".join(scope for scope, acts in SCOPES.items() if act in acts)
        raise Forbidden(
            f"this credential may not {act.value}: its scopes are {', '.join(scopes)}; one of {able} is needed"
        )
