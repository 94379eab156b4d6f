"""Small valid statements for the tests to bend: a minimal one, and one as a cmi5 lesson sends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lrs.errors import Fault, Invalid
from lrs.xapi import statements
from lrs.xapi.versions import Version

STATEMENT_ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
OTHER_ID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
ANA = {"mbox": "mailto:ana@example.org"}
BEN = {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": "ben"}}
TEAM = {"objectType": "Group", "mbox": "mailto:team@example.org", "member": [ANA, BEN]}
LESSON = {"objectType": "Activity", "id": "https://school.example/lesson"}
REFERENCE = {"objectType": "StatementRef", "id": OTHER_ID}
SHA2 = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"
ATTACHMENT = {
    "usageType": "http://example.com/attachment-usage/test",
    "display": {"en-US": "A test attachment"},
    "contentType": "text/plain; charset=ascii",
    "length": 27,
    "sha2": SHA2,
}


def minimal(**members: Any) -> dict[str, Any]:
    """The smallest statement there is, with these members added or replaced."""
    return {"actor": ANA, "verb": {"id": "http://example.com/did"}, "object": LESSON, **members}


def substatement(**members: Any) -> dict[str, Any]:
    """The smallest SubStatement there is."""
    return {"objectType": "SubStatement", **minimal(), **members}


def passed() -> dict[str, Any]:
    """A `passed` statement of a cmi5 lesson."""
    return minimal(
        id=STATEMENT_ID,
        verb={"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en-US": "passed"}},
        result={"score": {"scaled": 0.9, "raw": 9, "min": 0, "max": 10}, "success": True, "duration": "PT1M2.5S"},
        context={
            "registration": REGISTRATION,
            "contextActivities": {"category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}]},
            "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": "s-1"},
        },
        timestamp="2026-11-21T10:00:00.123Z",
    )


def parse(value: Any, version: Version = Version.V1_0_3) -> statements.Statement:
    """The statement that this value is once it is text."""
    return statements.parse(json.dumps(value).encode(), version)


def faults_of(value: Any, version: Version = Version.V1_0_3) -> list[tuple[str, str]]:
    """Where a statement is refused, and by which requirement; empty when it is accepted."""
    try:
        parse(value, version)
    except Invalid as refused:
        return [(fault.path, fault.requirement) for fault in refused.faults]
    return []


def refused(call: Callable[[], object]) -> tuple[Fault, ...]:
    """The faults with which a call is refused."""
    with pytest.raises(Invalid) as caught:
        call()
    return caught.value.faults
