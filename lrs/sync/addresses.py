"""The address of a document, or of the list of ids, at an endpoint (pure; xAPI Communication 2.3, 2.6, 2.7)."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from lrs.store.documents import Key
from lrs.xapi import agents, timestamps

RESOURCES = {
    "state": ("activities/state", "stateId"),
    "activity_profile": ("activities/profile", "profileId"),
    "agent_profile": ("agents/profile", "profileId"),
}


def document(endpoint: str, key: Key) -> str:
    """One document."""
    path, name = RESOURCES[key.kind]
    return f"{endpoint}/{path}?{_query({**_whose(key), name: key.name})}"


def listing(endpoint: str, scope: Key, since_us: int | None) -> str:
    """The ids under a key without a name, of those changed since then."""
    path, _ = RESOURCES[scope.kind]
    since = {} if since_us is None else {"since": timestamps.format(since_us)}
    return f"{endpoint}/{path}?{_query({**_whose(scope), **since})}"


def _whose(key: Key) -> dict[str, str]:
    found = {"activityId": key.activity, "registration": key.registration}
    if key.agent:
        found["agent"] = json.dumps(agents.of_key(key.agent), ensure_ascii=False, separators=(",", ":"))
    return {name: value for name, value in found.items() if value}


def _query(parameters: dict[str, str]) -> str:
    return urlencode(parameters, quote_via=quote)  # a space as %20: not every server reads + as one
