"""The two versions of xAPI we speak and every way in which they differ.

One table, `RULES`; nothing else in the program compares version numbers. What a version *means* for a statement or a
request is enforced where the field of `Rules` is read. Statements of both versions live in one store.
"""

from __future__ import annotations

import enum
import functools

from msgspec import Struct

from lrs.errors import Fault, Invalid


class Version(enum.Enum):
    """A version as it is answered in `X-Experience-API-Version`: the latest patch of its line."""

    V1_0_3 = "1.0.3"
    V2_0_0 = "2.0.0"


class Rules(Struct, frozen=True):
    """What the LRS does for a client of one version. Each field is one difference."""

    statement_default: str
    """`version` of a statement that came without one. xAPI Data 2.4.10; xAPI 2.0 4.2.4.3"""
    statement_lines: tuple[str, ...]
    """The `major.minor` lines a statement's `version` may be of."""
    context_agents: bool
    """`context.contextAgents` and `context.contextGroups` exist, and `related_agents` looks into them."""
    profile_put_needs_precondition: bool
    """A PUT of a *new* profile document without If-Match or If-None-Match is refused (400)."""
    state_preconditions: bool
    """A PUT over an *existing* State document without either header is a conflict (409), as it is for profiles."""
    alternate_request_syntax: bool
    """`POST …?method=PUT` with headers in a form is understood. xAPI Communication 1.3"""
    timestamp_needs_zone: bool
    """A timestamp without a zone is refused; otherwise it is taken for UTC."""
    last_modified: bool
    """Documents and single statements are answered with `Last-Modified` (SHOULD* in 1.0.3, shall in 2.0)."""
    etag: str
    """The digest in an ETag: 1.0.3 asks for SHA-1, 2.0 leaves it open, so one serves both."""


RULES: dict[Version, Rules] = {
    Version.V1_0_3: Rules(
        statement_default="1.0.0",
        statement_lines=("1.0",),
        context_agents=False,
        profile_put_needs_precondition=True,
        state_preconditions=False,  # real cmi5 content PUTs its State without If-Match
        alternate_request_syntax=True,
        timestamp_needs_zone=False,
        last_modified=True,
        etag="sha1",
    ),
    Version.V2_0_0: Rules(
        statement_default="2.0.0",
        statement_lines=("1.0", "2.0"),
        context_agents=True,
        profile_put_needs_precondition=False,
        state_preconditions=True,
        alternate_request_syntax=False,
        timestamp_needs_zone=True,
        last_modified=True,
        etag="sha1",
    ),
}

_LINES = {"1.0": Version.V1_0_3, "2.0": Version.V2_0_0}
_REQUIREMENT = "xAPI Communication 3.3"


@functools.lru_cache(16)
def negotiate(header: str | None) -> Version:
    """The version that a request's `X-Experience-API-Version` asks for; `1.0` and `1.0.x` are answered as 1.0.3."""
    if header is None:
        raise _refused("the header is missing; send 1.0.3 or 2.0.0")
    for line, version in _LINES.items():
        if _is_of(header.strip(), line):
            return version
    raise _refused(f"version {header[:40]!r} is not supported; send 1.0.3 or 2.0.0")


def statement_version_allowed(value: object, version: Version) -> bool:
    """Whether a statement's own `version` may come in a request of this version. xAPI Data 2.4.10"""
    return isinstance(value, str) and any(_is_of(value, line) for line in RULES[version].statement_lines)


def _is_of(value: str, line: str) -> bool:
    # "starts with `1.0.`" is the text; the bare line is asked for too (3.3 for the header, the suite for statements)
    return value == line or (value.startswith(f"{line}.") and len(value) > len(line) + 1)


def _refused(detail: str) -> Invalid:
    return Invalid.of([Fault("X-Experience-API-Version", _REQUIREMENT, detail)])
