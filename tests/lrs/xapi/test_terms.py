"""What statements can be found by."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest

from lrs.xapi import terms
from tests.lrs.xapi.examples import ANA, BEN, LESSON, REFERENCE, REGISTRATION, TEAM, minimal, passed, substatement

ANA_KEY = "mbox:mailto:ana@example.org"
BEN_KEY = "account:https://school.example\nben"
TEAM_KEY = "mbox:mailto:team@example.org"
EVA = {"openid": "http://eva.example.org/"}
EVA_KEY = "openid:http://eva.example.org/"
LESSON_ID = "https://school.example/lesson"


def activity(name: str) -> dict[str, str]:
    """An activity of that name."""
    return {"id": f"http://example.com/{name}"}


def names(found: Set[str]) -> set[str]:
    """The last parts of activity IRIs."""
    return {iri.rpartition("/")[2] for iri in found}


def test_a_plain_statement_has_its_actor_verb_and_activity() -> None:
    """Nothing is related in a statement without context and authority."""
    expected = terms.Terms(
        verb="http://example.com/did",
        registration=None,
        agents=frozenset({ANA_KEY}),
        related_agents=frozenset(),
        activities=frozenset({LESSON_ID}),
        related_activities=frozenset(),
    )
    assert terms.of(minimal(), None) == expected


def test_the_registration_is_the_statements_own() -> None:
    """A SubStatement's registration is not the statement's."""
    inner = substatement(context={"registration": REGISTRATION})
    found = [terms.of(value, None).registration for value in (passed(), minimal(object=inner))]
    assert found == [REGISTRATION.lower(), None]


@pytest.mark.parametrize(
    ("members", "keys"),
    [
        ({"actor": TEAM}, {TEAM_KEY, ANA_KEY, BEN_KEY}),
        ({"actor": {"objectType": "Group", "member": [BEN]}}, {BEN_KEY}),
        ({"object": {"objectType": "Agent", **EVA}}, {ANA_KEY, EVA_KEY}),
        ({"object": TEAM}, {ANA_KEY, BEN_KEY, TEAM_KEY}),
        ({"object": REFERENCE}, {ANA_KEY}),
    ],
    ids=["group", "anonymous", "object", "object group", "reference"],
)
def test_direct_agents(members: dict[str, Any], keys: set[str]) -> None:
    """Actor and object count, a group with its members."""
    assert terms.of(minimal(**members), None).agents == keys


@pytest.mark.parametrize(
    ("members", "keys"),
    [
        ({"context": {"instructor": BEN}}, {BEN_KEY}),
        ({"context": {"instructor": ANA}}, set()),
        ({"context": {"team": TEAM}}, {TEAM_KEY, BEN_KEY}),
        ({"context": {"contextAgents": [{"objectType": "contextAgent", "agent": EVA}]}}, {EVA_KEY}),
        ({"context": {"contextGroups": [{"objectType": "contextGroup", "group": TEAM}]}}, {TEAM_KEY, BEN_KEY}),
        ({"object": substatement(actor=BEN)}, {BEN_KEY}),
        ({"object": substatement(object={"objectType": "Agent", **EVA})}, {EVA_KEY}),
        ({"object": substatement(context={"team": TEAM, "instructor": EVA})}, {TEAM_KEY, BEN_KEY, EVA_KEY}),
        ({"authority": EVA}, set()),
    ],
    ids=[
        "instructor",
        "the actor too",
        "team",
        "context agent",
        "context group",
        "inner actor",
        "inner object",
        "inner context",
        "sent authority",
    ],
)
def test_related_agents(members: dict[str, Any], keys: set[str]) -> None:
    """Context and SubStatement count, without those which are there directly; the authority that was sent does not."""
    assert terms.of(minimal(**members), None).related_agents == keys


def test_the_authority_is_a_related_agent() -> None:
    """The authority the LRS gives, and the members of an OAuth pair, are related."""
    assert terms.of(minimal(), {"objectType": "Group", "member": [BEN, EVA]}).related_agents == {BEN_KEY, EVA_KEY}


def test_direct_activities_are_the_object() -> None:
    """Only an Activity as object is direct; an object without a type is one."""
    kinds = [LESSON, activity("a"), {"objectType": "Agent", **ANA}, REFERENCE, substatement()]
    found = [names(terms.of(minimal(object=kind), None).activities) for kind in kinds]
    assert found == [{"lesson"}, {"a"}, set(), set(), set()]


def test_related_activities_are_those_of_all_contexts_and_of_a_substatement() -> None:
    """All four kinds count, single or in an array, and those inside a SubStatement; the object itself does not."""
    kinds = {"parent": activity("p"), "grouping": [activity("g"), activity("h")], "category": [activity("c")]}
    context = {"contextActivities": {**kinds, "other": [LESSON]}}
    inner = substatement(object=activity("s"), context={"contextActivities": {"other": [activity("o")]}})
    found = [terms.of(minimal(context=context), None), terms.of(minimal(context=context, object=inner), None)]
    expected = [{"p", "g", "h", "c"}, {"p", "g", "h", "c", "lesson", "s", "o"}]
    assert [names(one.related_activities) for one in found] == expected
