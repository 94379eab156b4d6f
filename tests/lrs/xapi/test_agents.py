"""Agents and Groups: their faults, their key, and what is left of them."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.xapi import agents
from lrs.xapi.shapes import Faults
from tests.lrs.xapi.examples import ANA, BEN, TEAM

DIGEST = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"


def faults_of(value: Any) -> list[tuple[str, str]]:
    """Where an actor is refused, and by which requirement."""
    faults: Faults = []
    agents.check_actor(value, "a", faults)
    return [(fault.path, fault.requirement) for fault in faults]


@pytest.mark.parametrize(
    "value",
    [
        ANA,
        BEN,
        TEAM,
        {"mbox_sha1sum": DIGEST},
        {"openid": "http://toby.openid.example.org/", "name": "Toby"},
        {"objectType": "Group", "member": [ANA]},
        {"objectType": "Group", "openid": "http://example.org/g"},
        {"objectType": "Group", "name": "", "member": []},
    ],
    ids=["mbox", "account", "identified", "sha1", "openid", "anonymous", "without members", "empty"],
)
def test_right_actors_have_no_faults(value: dict[str, Any]) -> None:
    """Each kind of agent and group is taken."""
    assert faults_of(value) == []


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ("ana", [("a", "xAPI Data 2.4.2.1")]),
        ({}, [("a", "xAPI Data 2.4.2.3")]),
        ({"name": "Ana"}, [("a", "xAPI Data 2.4.2.3")]),
        ({**ANA, "name": 1}, [("a.name", "xAPI Data 2.4.2.1")]),
        ({**ANA, "openid": "http://x.org"}, [("a", "xAPI Data 2.4.2.3")]),
        ({"mbox": "ana@example.org"}, [("a.mbox", "xAPI Data 2.4.2.3")]),
        ({"mbox": 3}, [("a.mbox", "xAPI Data 2.4.2.3")]),
        ({"mbox_sha1sum": "xyz"}, [("a.mbox_sha1sum", "xAPI Data 2.4.2.3")]),
        ({"openid": "toby"}, [("a.openid", "xAPI Data 2.4.2.3")]),
        ({"account": "ben"}, [("a.account", "xAPI Data 2.4.2.4")]),
        ({"account": {"name": "ben"}}, [("a.account.homePage", "xAPI Data 2.4.2.4")]),
        ({"account": {"homePage": "http://x.org"}}, [("a.account.name", "xAPI Data 2.4.2.4")]),
        ({"account": {"homePage": "x.org", "name": "b"}}, [("a.account.homePage", "xAPI Data 2.4.2.4")]),
        ({"account": {"homePage": "http://x.org", "name": 1}}, [("a.account.name", "xAPI Data 2.4.2.4")]),
        ({**ANA, "objectType": "agent"}, [("a.objectType", "xAPI Data 2.4.2.1")]),
        ({**ANA, "objectType": "Activity"}, [("a.objectType", "xAPI Data 2.4.2.1")]),
        ({**ANA, "Name": "x"}, [("a.Name", "xAPI Data 2.4.2.1")]),
        ({**ANA, "member": [BEN]}, [("a.member", "xAPI Data 2.4.2.1")]),
        ({"objectType": "Group"}, [("a.member", "xAPI Data 2.4.2.2")]),
        ({"objectType": "Group", "member": ANA}, [("a.member", "xAPI Data 2.4.2.2")]),
        ({"objectType": "Group", "member": [TEAM]}, [("a.member[0].member", "xAPI Data 2.4.2.1")]),
        ({**TEAM, "openid": "http://x.org"}, [("a", "xAPI Data 2.4.2.3")]),
        ({**TEAM, "member": [ANA, {}]}, [("a.member[1]", "xAPI Data 2.4.2.3")]),
    ],
    ids=str,
)
def test_a_wrong_actor_is_refused_at_its_place(value: Any, faults: list[tuple[str, str]]) -> None:
    """Each fault names the place and the requirement."""
    assert [fault for fault in faults_of(value) if fault[0] != "a.member[0].objectType"] == faults


def test_a_group_inside_a_group_is_refused() -> None:
    """A group's members are agents."""
    assert ("a.member[0].objectType", "xAPI Data 2.4.2.1") in faults_of({"objectType": "Group", "member": [TEAM]})


def test_a_misspelt_property_is_told_apart_from_an_unknown_one() -> None:
    """Where only the case is wrong, the fault says how to write it."""
    faults: Faults = []
    agents.check_actor({**ANA, "Name": "x", "age": 3}, "a", faults)
    assert ["write 'name'" in fault.detail for fault in faults] == [True, False]


def test_all_faults_of_one_actor_are_found() -> None:
    """Two identifiers, both malformed, and a wrong name are four faults."""
    assert len(faults_of({"mbox": "x", "openid": "y", "name": 1})) == 4


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (ANA, "mbox:mailto:ana@example.org"),
        ({"mbox": "mailto:Ana@Example.org"}, "mbox:mailto:Ana@Example.org"),
        ({"mbox_sha1sum": DIGEST.upper()}, f"mbox_sha1sum:{DIGEST}"),
        ({"openid": "http://toby.example.org/"}, "openid:http://toby.example.org/"),
        (BEN, "account:https://school.example\nben"),
        (TEAM, "mbox:mailto:team@example.org"),
        ({"objectType": "Group", "member": [ANA]}, None),
    ],
    ids=["mbox", "case kept", "digest folded", "openid", "account", "group", "anonymous"],
)
def test_an_actor_has_one_key(value: dict[str, Any], key: str | None) -> None:
    """The key is the identifier's name and value; an anonymous group has none."""
    assert agents.key(value) == key


@pytest.mark.parametrize(
    "value",
    [ANA, BEN, {"mbox_sha1sum": DIGEST}, {"openid": "http://toby.example.org/"}],
    ids=lambda value: next(iter(value)),
)
def test_an_agent_is_made_of_its_key(value: dict[str, Any]) -> None:
    """What else it said is not in the key; its identity is, whole."""
    made = agents.of_key(agents.key(value) or "")
    faults: Faults = []
    agents.check_agent(made, "agent", faults)
    assert (made, faults) == ({"objectType": "Agent", **agents.only_identity(value)}, [])


def test_an_agent_and_a_group_with_one_identifier_have_one_key() -> None:
    """Agents and groups are equal when they have the same identifier, whatever else they say."""
    assert agents.key({"objectType": "Group", **ANA}) == agents.key({**ANA, "name": "Ana"})


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({**ANA, "name": "Ana"}, ANA),
        ({**BEN, "name": "Ben"}, BEN),
        (TEAM, {"objectType": "Group", "mbox": "mailto:team@example.org"}),
        (
            {"objectType": "Group", "name": "x", "member": [{**ANA, "name": "Ana"}]},
            {"objectType": "Group", "member": [ANA]},
        ),
    ],
    ids=["agent", "account", "identified", "anonymous"],
)
def test_only_the_identity_is_left(value: dict[str, Any], left: dict[str, Any]) -> None:
    """Names go, and the members of a group that is identified otherwise."""
    assert agents.only_identity(value) == left


def test_members_of_a_group() -> None:
    """A group lists its members, an agent has none."""
    assert [agents.members_of(TEAM), agents.members_of(ANA)] == [[ANA, BEN], []]
