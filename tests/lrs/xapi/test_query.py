"""The parameters of the statements resource."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from lrs.xapi import query
from lrs.xapi.query import StatementQuery
from lrs.xapi.versions import Version
from tests.lrs.xapi.examples import ANA, REGISTRATION, STATEMENT_ID, TEAM, refused

V1, V2 = Version.V1_0_3, Version.V2_0_0
ANONYMOUS = {"objectType": "Group", "member": [ANA]}


def test_no_parameters_ask_for_everything() -> None:
    """Without parameters the defaults hold."""
    assert query.parse([], V1) == StatementQuery()


def test_every_filter_is_read() -> None:
    """All filters together, each as its value."""
    params = {
        "agent": json.dumps(TEAM),
        "verb": "http://example.com/did",
        "activity": "http://example.com/a",
        "registration": REGISTRATION,
        "related_activities": "true",
        "related_agents": "true",
        "since": "1970-01-01T00:00:01Z",
        "until": "1970-01-01T01:00:02+01:00",
        "limit": "7",
        "format": "ids",
        "attachments": "true",
        "ascending": "true",
    }
    assert query.parse(list(params.items()), V2) == StatementQuery(
        agent="mbox:mailto:team@example.org",
        verb="http://example.com/did",
        activity="http://example.com/a",
        registration=UUID(REGISTRATION),
        related_activities=True,
        related_agents=True,
        since_us=1_000_000,
        until_us=2_000_000,
        limit=7,
        format="ids",
        attachments=True,
        ascending=True,
    )


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_one_statement_is_asked_for_by_its_id(name: str) -> None:
    """An id goes with `format` and `attachments`."""
    found = query.parse([(name, STATEMENT_ID), ("format", "canonical"), ("attachments", "false")], V1)
    ids = (found.statement_id, found.voided_statement_id)
    expected = (UUID(STATEMENT_ID), None) if name == "statementId" else (None, UUID(STATEMENT_ID))
    assert (ids, found.format) == (expected, "canonical")


@pytest.mark.parametrize("single", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agent", json.dumps(ANA)),
        ("verb", "http://example.com/did"),
        ("activity", "http://example.com/a"),
        ("registration", REGISTRATION),
        ("related_activities", "false"),
        ("related_agents", "true"),
        ("since", "2026-11-21T10:00:00Z"),
        ("until", "2026-11-21T10:00:00Z"),
        ("limit", "1"),
        ("ascending", "false"),
    ],
)
def test_an_id_goes_with_no_filter(single: str, name: str, value: str) -> None:
    """Every filter beside an id is refused, by its name."""
    faults = refused(lambda: query.parse([(single, STATEMENT_ID), (name, value)], V1))
    assert [fault.path for fault in faults] == [name]


def test_the_two_ids_exclude_each_other() -> None:
    """Both ids together are refused."""
    params = [("statementId", STATEMENT_ID), ("voidedStatementId", STATEMENT_ID)]
    assert [fault.path for fault in refused(lambda: query.parse(params, V1))] == ["voidedStatementId"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statementID", STATEMENT_ID),
        ("Verb", "http://example.com/did"),
        ("unknown", "1"),
        ("statementId", "x"),
        ("agent", "ana"),
        ("agent", "{}"),
        ("agent", '{"mbox":"mailto:a@b","name":null}'),
        ("agent", '{"mbox":"mailto:a@b","mbox":"mailto:a@b"}'),
        ("agent", '{"mbox":"\udc80"}'),
        ("agent", "[]"),
        ("agent", json.dumps(ANONYMOUS)),
        ("verb", "did"),
        ("activity", "a b"),
        ("registration", REGISTRATION.replace("-", "")),
        ("related_activities", "True"),
        ("related_agents", "1"),
        ("since", "yesterday"),
        ("until", "2026-11-21"),
        ("limit", "-1"),
        ("limit", "1.0"),
        ("limit", ""),
        ("limit", "١"),
        ("limit", "1" * 30),
        ("format", "IDS"),
        ("attachments", "yes"),
        ("ascending", ""),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(name: str, value: str) -> None:
    """Unknown, wrongly cased and ill-typed parameters are refused."""
    names = {fault.path.split(".")[0] for fault in refused(lambda: query.parse([(name, value)], V1))}
    assert names == {name}


def test_a_repeated_parameter_is_refused() -> None:
    """The same parameter twice is refused, even with one value."""
    assert [fault.path for fault in refused(lambda: query.parse([("limit", "1"), ("limit", "1")], V1))] == ["limit"]


def test_all_that_is_wrong_is_said() -> None:
    """Every faulty parameter of a request is named."""
    faults = refused(lambda: query.parse([("limit", "x"), ("verb", "y"), ("z", "")], V1))
    assert {fault.path for fault in faults} == {"limit", "verb", "z"}


def test_since_needs_its_zone_in_2_0() -> None:
    """Parameters are held to the standards of the request's version."""
    params = [("since", "1970-01-01T00:00:01")]
    faults = refused(lambda: query.parse(params, V2))
    assert (query.parse(params, V1).since_us, [fault.path for fault in faults]) == (1_000_000, ["since"])


def test_put_names_its_statement() -> None:
    """PUT takes statementId and nothing else."""
    assert query.parse_put([("statementId", STATEMENT_ID)]) == UUID(STATEMENT_ID)


@pytest.mark.parametrize(
    "params",
    [[], [("statementId", "x")], [("statementid", STATEMENT_ID)], [("statementId", STATEMENT_ID), ("limit", "1")]],
    ids=["none", "no id", "wrong case", "another"],
)
def test_put_without_exactly_its_statement_is_refused(params: list[tuple[str, str]]) -> None:
    """A missing, wrong or surplus parameter of PUT is refused."""
    assert refused(lambda: query.parse_put(params)) != ()


def test_post_takes_no_parameters() -> None:
    """Any parameter of POST is refused, none is fine."""
    query.parse_post([])
    assert [fault.path for fault in refused(lambda: query.parse_post([("statementId", STATEMENT_ID)]))] == [
        "statementId"
    ]
