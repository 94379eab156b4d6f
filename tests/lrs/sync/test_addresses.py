"""Where a document is found at another record store: what is asked for is what is kept."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.store.documents import Key
from lrs.sync import addresses
from lrs.xapi import documents as rules

REGISTRATION = "00000000-0000-4000-8000-0000000000aa"
AGENTS = [
    "mbox:mailto:a@school.example",
    "account:https://school.example\np-1",
    "openid:https://a.school.example/",
    "mbox_sha1sum:" + "0" * 40,
]
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


def asked(address: str) -> list[tuple[str, str]]:
    """The parameters of an address."""
    return parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)


@given(names, st.sampled_from(AGENTS), st.sampled_from(["", REGISTRATION]))
def test_state_is_asked_for_by_the_key_it_has(name: str, agent: str, registration: str) -> None:
    """Our own reading of the address gives the key again."""
    key = Key("state", name, "https://school.example/activities/a?b=c&d=e#f", agent, registration)
    found = rules.parse_state(asked(addresses.document("https://lrs.example/xapi", key)), "GET")
    assert (found.state_id, found.agent_key, str(found.registration or "")) == (name, agent, registration)


@given(names, st.sampled_from(AGENTS))
def test_profiles_have_addresses_too(name: str, agent: str) -> None:
    """The two other kinds of documents."""
    there = addresses.document("https://lrs.example/xapi", Key("agent_profile", name, agent=agent))
    agents = rules.parse_agent_profile(asked(there), "GET")
    there = addresses.document("https://lrs.example/xapi", Key("activity_profile", name, "https://school.example/a"))
    activities = rules.parse_activity_profile(asked(there), "GET")
    assert (agents.profile_id, agents.agent_key) == (name, agent)
    assert (activities.profile_id, activities.activity) == (name, "https://school.example/a")


@pytest.mark.parametrize("since_us", [None, 1_790_000_000_000_001])
def test_listing_is_asked_for_since(since_us: int | None) -> None:
    """To the microsecond."""
    scope = Key("state", "", "https://school.example/a", AGENTS[0], REGISTRATION)
    found = rules.parse_state(asked(addresses.listing("https://lrs.example/xapi", scope, since_us)), "GET")
    assert (found.state_id, found.since_us) == (None, since_us)
