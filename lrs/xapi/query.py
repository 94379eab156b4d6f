"""The parameters of the statements resource as frozen values (xAPI Communication 2.1).

Parameters are held to the same standards as the same values in statements (xAPI Data 2.2), and anything unknown,
misspelt, repeated or out of place is refused. Which statements match is left to the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast
from uuid import UUID

from msgspec import Struct

from lrs.xapi import agents
from lrs.xapi.parameters import Parameters
from lrs.xapi.versions import RULES, Version

Format = Literal["exact", "ids", "canonical"]

_FORMATS = ("exact", "ids", "canonical")
_SINGLE = ("statementId", "voidedStatementId")
_WITH_SINGLE = frozenset({*_SINGLE, "attachments", "format"})
_FILTERS = ("agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until")
_KNOWN = (*_SINGLE, *_FILTERS, "limit", "format", "attachments", "ascending")
_RULE = "xAPI Communication 2.1.3"


class StatementQuery(Struct, frozen=True):
    """One question to the statements resource. `limit` 0 is the server's own; `agent` is an `agents.key`."""

    statement_id: UUID | None = None
    voided_statement_id: UUID | None = None
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_activities: bool = False
    related_agents: bool = False
    since_us: int | None = None
    until_us: int | None = None
    limit: int = 0
    format: Format = "exact"
    attachments: bool = False
    ascending: bool = False


def parse(params: Sequence[tuple[str, str]], version: Version) -> StatementQuery:
    """The question that the parameters of a GET ask; both versions know the same parameters."""
    given = Parameters(params, _KNOWN, _RULE, zone_required=RULES[version].timestamp_needs_zone)
    _check_single(given)
    agent = given.agent("agent", group=True)
    question = StatementQuery(
        statement_id=given.uuid("statementId"),
        voided_statement_id=given.uuid("voidedStatementId"),
        agent=agents.key(agent) if agent is not None else None,
        verb=given.iri("verb"),
        activity=given.iri("activity"),
        registration=given.uuid("registration"),
        related_activities=given.flag("related_activities"),
        related_agents=given.flag("related_agents"),
        since_us=given.moment("since"),
        until_us=given.moment("until"),
        limit=given.count("limit"),
        format=_format(given),
        attachments=given.flag("attachments"),
        ascending=given.flag("ascending"),
    )
    given.done()
    return question


def parse_put(params: Sequence[tuple[str, str]]) -> UUID:
    """The `statementId` that PUT statements needs, and nothing beside it. xAPI Communication 2.1.1"""
    given = Parameters(params, ("statementId",), "xAPI Communication 2.1.1")
    given.needs("statementId")
    statement_id = given.uuid("statementId")
    given.done()
    return cast(UUID, statement_id)


def parse_post(params: Sequence[tuple[str, str]]) -> None:
    """POST statements takes no parameters. xAPI Communication 2.1.2"""
    Parameters(params, (), "xAPI Communication 2.1.2").done()


def _check_single(given: Parameters) -> None:
    """One statement is asked for by one id, and then only with `attachments` and `format`."""
    single = next((name for name in _SINGLE if name in given), None)
    if single is None:
        return
    if all(name in given for name in _SINGLE):
        given.fault("voidedStatementId", "must not be used together with statementId")
    for name in given.names():
        if name not in _WITH_SINGLE:
            given.fault(name, f"must not be used together with {single}")


def _format(given: Parameters) -> Format:
    return cast(Format, given.choice("format", _FORMATS) or "exact")
