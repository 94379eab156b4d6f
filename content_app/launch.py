"""Read the launch URL (cmi5 8.1): the five parameters, the service to reach the LMS by, and which lesson to give.

The URL is the lesson's own, `offline-maths://lesson/addition?level=1`, with the launch parameters merged into its query
by the LMS. All that is missing or ill-formed is told at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from content_app.errors import BadLaunch

TOPICS = ("addition", "subtraction", "multiplication", "division", "fractions")
LEVELS = (1, 2, 3)
_IPC_SERVICE = ("ipc-service", "ipc-server")  # the recipe for native apps spells it both ways


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch that can be used. `actor_text` is the actor as the LMS wrote it, for asking the LMS about it."""

    endpoint: str
    fetch: str
    actor: Mapping[str, Any]
    actor_text: str
    registration: str
    activity_id: str
    ipc_service: str | None
    topic: str
    level: int


def parse(url: str) -> Launch:
    """The launch that `url` describes; `BadLaunch` with every fault."""
    faults: list[str] = []
    path, given = _split(url, faults)
    launch = Launch(
        endpoint=_endpoint(given, faults),
        fetch=_web_address("fetch", given, faults),
        actor=_actor(given, faults),
        actor_text=given.get("actor", ""),
        registration=_registration(given, faults),
        activity_id=_needed("activityId", given, faults),  # cmi5 8.1.5
        ipc_service=_service(given, faults),
        topic=_topic(path, faults),
        level=_level(given, faults),
    )
    if faults:
        raise BadLaunch(tuple(faults))
    return launch


def _split(url: str, faults: list[str]) -> tuple[str, dict[str, str]]:
    """The path of the URL and its parameters."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
    except ValueError as error:  # an address that cannot be read, or bytes that are no UTF-8
        faults.append(f"it is not a URL ({error})")
        return "", {}
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            faults.append(f"{name} is given twice")
        given.setdefault(name, value)
    return parts.path, given


def _needed(name: str, given: Mapping[str, str], faults: list[str]) -> str:
    value = given.get(name, "")
    if not value:
        faults.append(f"{name} is missing")
    return value


def _web_address(name: str, given: Mapping[str, str], faults: list[str]) -> str:
    value = _needed(name, given, faults)
    if value and not _is_web_address(value):
        faults.append(f"{name} is not an http or https address")
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _endpoint(given: Mapping[str, str], faults: list[str]) -> str:
    """The endpoint, always with its closing slash, so that resource names can be put behind it."""  # cmi5 8.1.1
    return f"{_web_address('endpoint', given, faults).rstrip('/')}/"


def _actor(given: Mapping[str, str], faults: list[str]) -> Mapping[str, Any]:
    text = _needed("actor", given, faults)
    if not text:
        return {}
    try:
        actor = json.loads(text)
    except ValueError:
        faults.append("actor is not JSON")
        return {}
    if not _is_account_agent(actor):  # cmi5 8.1.3 and 9.2
        faults.append("actor is not an Agent with an account")
        return {}
    return dict(actor)


def _is_account_agent(actor: Any) -> bool:
    if not isinstance(actor, dict) or actor.get("objectType", "Agent") != "Agent":
        return False
    account = actor.get("account")
    return isinstance(account, dict) and all(
        isinstance(account.get(name), str) and account[name] for name in ("homePage", "name")
    )


def _registration(given: Mapping[str, str], faults: list[str]) -> str:
    value = _needed("registration", given, faults)
    if value:
        try:
            uuid.UUID(value)  # cmi5 8.1.4
        except ValueError:
            faults.append("registration is not a UUID")
    return value


def _service(given: Mapping[str, str], faults: list[str]) -> str | None:
    named = [given[name] for name in _IPC_SERVICE if name in given]
    if not all(named):
        faults.append("ipc-service is empty")
    if len(set(named)) > 1:
        faults.append("ipc-service and ipc-server disagree")
    return named[0] if named else None


def _topic(path: str, faults: list[str]) -> str:
    topic = path.rstrip("/").rpartition("/")[2]
    if topic not in TOPICS:
        faults.append(f"there is no lesson {topic!r}, only {', '.join(TOPICS)}")
    return topic


def _level(given: Mapping[str, str], faults: list[str]) -> int:
    text = given.get("level", "1")
    if text not in {str(level) for level in LEVELS}:
        faults.append(f"level is not one of {', '.join(map(str, LEVELS))}")
        return LEVELS[0]
    return int(text)
