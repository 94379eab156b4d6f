"""Which differences make two statements different."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.xapi.attachments import SIGNATURE
from lrs.xapi.equality import same
from tests.lrs.xapi.examples import (
    ANA,
    ATTACHMENT,
    BEN,
    LESSON,
    OTHER_ID,
    REFERENCE,
    REGISTRATION,
    STATEMENT_ID,
    TEAM,
    minimal,
    passed,
    substatement,
)

Pair = tuple[dict[str, Any], dict[str, Any]]
TIME = "2026-11-21T10:00:00.123Z"
SIGNED = {**ATTACHMENT, "usageType": SIGNATURE}


def times(one: str, other: str) -> Pair:
    """Two statements of two timestamps."""
    return minimal(timestamp=one), minimal(timestamp=other)


def results(one: Any, other: Any) -> Pair:
    """Two statements of two results."""
    return minimal(result=one), minimal(result=other)


def contexts(one: Any, other: Any) -> Pair:
    """Two statements of two contexts."""
    return minimal(context=one), minimal(context=other)


SAME: dict[str, Pair] = {
    "itself": (passed(), passed()),
    "order of members": (minimal(id=STATEMENT_ID), {"id": STATEMENT_ID, **minimal()}),
    "authority": (minimal(authority=ANA), minimal(authority=BEN)),
    "stored": (minimal(stored=TIME), minimal()),
    "version": (minimal(version="1.0.0"), minimal(version="1.0.3")),
    "id of one": (minimal(id=STATEMENT_ID), minimal()),
    "case of the id": (minimal(id=STATEMENT_ID), minimal(id=STATEMENT_ID.upper())),
    "timestamp of one": (minimal(timestamp=TIME), minimal()),
    "zone": times(TIME, "2026-11-21T11:00:00.123+01:00"),
    "below a millisecond": times(TIME, "2026-11-21T10:00:00.123456Z"),
    "rounded": times("2026-11-21T10:00:00.1239Z", "2026-11-21T10:00:00.124Z"),
    "display": (minimal(), minimal(verb={"id": "http://example.com/did", "display": {"en": "did"}})),
    "definition": (minimal(), minimal(object={**LESSON, "definition": {"name": {"en": "x"}}})),
    "members": (minimal(actor=TEAM), minimal(actor={**TEAM, "member": [BEN, ANA]})),
    "members twice": (
        minimal(actor={**TEAM, "member": [ANA, {**ANA, "name": "A"}]}),
        minimal(actor={**TEAM, "member": [{**ANA, "name": "A"}, ANA]}),
    ),
    "domain": (minimal(actor={"mbox": "mailto:a@Example.ORG"}), minimal(actor={"mbox": "mailto:a@example.org"})),
    "single": contexts({"contextActivities": {"parent": LESSON}}, {"contextActivities": {"parent": [LESSON]}}),
    "context definition": contexts(
        {"contextActivities": {"parent": [LESSON]}}, {"contextActivities": {"parent": [{**LESSON, "definition": {}}]}}
    ),
    "case of a registration": contexts({"registration": REGISTRATION}, {"registration": REGISTRATION.upper()}),
    "case of a language": contexts({"language": "en-US"}, {"language": "en-us"}),
    "duration": results({"duration": "PT1.234S"}, {"duration": "PT1.23S"}),
    "number": results({"score": {"raw": 1}}, {"score": {"raw": 1.0}}),
    "signature": (minimal(), minimal(attachments=[SIGNED])),
    "signature beside": (minimal(attachments=[ATTACHMENT]), minimal(attachments=[ATTACHMENT, SIGNED])),
    "inner display": (
        minimal(object=substatement()),
        minimal(object=substatement(verb={"id": "http://example.com/did", "display": {}})),
    ),
    "inner zone": (
        minimal(object=substatement(timestamp="2026-11-21T10:00:00Z")),
        minimal(object=substatement(timestamp="2026-11-21T11:00:00+01:00")),
    ),
    "object group": (minimal(object=TEAM), minimal(object={**TEAM, "member": [BEN, ANA]})),
    "reference": (minimal(object=REFERENCE), minimal(object={**REFERENCE, "id": OTHER_ID.upper()})),
}

DIFFERENT: dict[str, Pair] = {
    "id": (minimal(id=STATEMENT_ID), minimal(id=OTHER_ID)),
    "actor": (minimal(), minimal(actor=BEN)),
    "name": (minimal(), minimal(actor={**ANA, "name": "Ana"})),
    "local part": (minimal(actor={"mbox": "mailto:A@example.org"}), minimal(actor={"mbox": "mailto:a@example.org"})),
    "object type": (minimal(), minimal(actor={**ANA, "objectType": "Agent"})),
    "verb": (minimal(), minimal(verb={"id": "http://example.com/DID"})),
    "activity": (minimal(), minimal(object={"objectType": "Activity", "id": "http://example.com/other"})),
    "moment": times(TIME, "2026-11-21T10:00:00.124Z"),
    "relabelled zone": times(TIME, "2026-11-21T10:00:00.123+01:00"),
    "result of one": results({}, {"success": True}),
    "success": results({"success": True}, {"success": False}),
    "true is not 1": results({"extensions": {"urn:a:b": True}}, {"extensions": {"urn:a:b": 1}}),
    "null is something": results({"extensions": {"urn:a:b": None}}, {"extensions": {}}),
    "digits": results({"score": {"raw": 10**39}}, {"score": {"raw": 10**39 + 1}}),
    "units of a duration": results({"duration": "PT60S"}, {"duration": "PT1M"}),
    "hundredths": results({"duration": "PT1.23S"}, {"duration": "PT1.24S"}),
    "member": (minimal(actor=TEAM), minimal(actor={**TEAM, "member": [ANA]})),
    "kind": contexts({"contextActivities": {"parent": [LESSON]}}, {"contextActivities": {"other": [LESSON]}}),
    "order of activities": contexts(
        {"contextActivities": {"other": [LESSON, {"id": "urn:a:b"}]}},
        {"contextActivities": {"other": [{"id": "urn:a:b"}, LESSON]}},
    ),
    "order in an extension": results({"extensions": {"urn:a:b": [1, 2]}}, {"extensions": {"urn:a:b": [2, 1]}}),
    "attachment": (minimal(), minimal(attachments=[ATTACHMENT])),
    "attachment digest": (minimal(attachments=[ATTACHMENT]), minimal(attachments=[{**ATTACHMENT, "sha2": "a" * 64}])),
    "inner timestamp": (minimal(object=substatement()), minimal(object=substatement(timestamp=TIME))),
    "inner actor": (minimal(object=substatement()), minimal(object=substatement(actor=BEN))),
    "role": contexts(
        {"contextAgents": [{"objectType": "contextAgent", "agent": ANA}]},
        {"contextAgents": [{"objectType": "contextAgent", "agent": BEN}]},
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME.keys())
def test_what_an_lrs_may_cause_makes_no_difference(pair: Pair) -> None:
    """Differences that are exceptions to immutability are ignored, whichever comes first."""
    one, other = pair
    assert (same(one, other), same(other, one)) == (True, True)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_anything_else_makes_a_difference(pair: Pair) -> None:
    """All other differences count, whichever comes first."""
    one, other = pair
    assert (same(one, other), same(other, one)) == (False, False)
