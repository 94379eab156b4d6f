"""Agents and Groups: who did it, who says so, who else was there (xAPI Data 2.4.2).

Validation, and the one text by which an agent is known everywhere: `key`. Two agents or identified groups are the same
when their keys are equal (xAPI Communication 2.1.3, `agent`). Who an agent *is* among our people is left to others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrs.errors import Fault
from lrs.xapi import iri, shapes
from lrs.xapi.shapes import Faults
from lrs.xapi.wire import JsonObject

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
"""The four Inverse Functional Identifiers. xAPI Data 2.4.2.3"""

_IDENTIFIER_SET = frozenset(IDENTIFIERS)
_AGENT = frozenset({"objectType", "name", *IDENTIFIERS})
_GROUP = _AGENT | {"member"}
_ACCOUNT = frozenset({"homePage", "name"})
_AGENT_RULE, _GROUP_RULE = "xAPI Data 2.4.2.1", "xAPI Data 2.4.2.2"
_IDENTIFIER_RULE, _ACCOUNT_RULE = "xAPI Data 2.4.2.3", "xAPI Data 2.4.2.4"


def check_actor(value: Any, path: str, faults: Faults) -> None:
    """An Agent or a Group, by its objectType; without one it is an Agent."""
    if isinstance(value, dict) and value.get("objectType") == "Group":
        check_group(value, path, faults)
    else:
        check_agent(value, path, faults)


def check_agent(value: Any, path: str, faults: Faults) -> None:
    """An Agent: exactly one identifier."""
    if not shapes.is_object(value, _AGENT, path, _AGENT_RULE, faults):
        return
    _check_object_type(value, "Agent", path, faults)
    shapes.text(value, "name", path, _AGENT_RULE, faults)
    if _check_identifiers(value, path, faults) == 0:
        faults.append(Fault(path, _IDENTIFIER_RULE, f"an Agent needs exactly one of {', '.join(IDENTIFIERS)}"))


def check_group(value: Any, path: str, faults: Faults) -> None:
    """A Group: identified by one identifier, or anonymous and listing its members."""
    if not shapes.is_object(value, _GROUP, path, _GROUP_RULE, faults):
        return
    _check_object_type(value, "Group", path, faults)
    shapes.text(value, "name", path, _GROUP_RULE, faults)
    identified = _check_identifiers(value, path, faults) > 0
    _check_members(value, path, faults, needed=not identified)


def key(agent: JsonObject) -> str | None:
    """The canonical text of an agent's or identified group's identity; None for an anonymous group.

    Nothing is folded but the case of a hexadecimal digest: xAPI asks for values to be compared as sent (Data 2.2).
    """
    if (mbox := agent.get("mbox")) is not None:
        return f"mbox:{mbox}"
    if (account := agent.get("account")) is not None:
        return f"account:{account['homePage']}\n{account['name']}"  # an IRL holds no line break, so this is unambiguous
    if (digest := agent.get("mbox_sha1sum")) is not None:
        return f"mbox_sha1sum:{digest.lower()}"
    if (openid := agent.get("openid")) is not None:
        return f"openid:{openid}"
    return None


def of_key(text: str) -> JsonObject:
    """An Agent with the identity that `key` made this text of; what else it said of itself is not in there."""
    name, _, value = text.partition(":")
    if name != "account":
        return {"objectType": "Agent", name: value}
    home, _, account = value.partition("\n")
    return {"objectType": "Agent", "account": {"homePage": home, "name": account}}


def members_of(group: JsonObject) -> list[JsonObject]:
    """The agents listed in a group; none for an Agent."""
    found: list[JsonObject] = group.get("member") or []
    return found


def is_group(value: JsonObject) -> bool:
    """Whether an actor is a Group, identified or anonymous."""
    return value.get("objectType") == "Group"


def only_identity(agent: JsonObject) -> JsonObject:
    """The least that identifies an agent or group; of an anonymous group, its members. Communication 2.1.3, `ids`"""
    kept = {name: value for name, value in agent.items() if name == "objectType" or name in _IDENTIFIER_SET}
    if is_group(agent) and key(agent) is None:
        kept["member"] = [only_identity(member) for member in members_of(agent)]
    return kept


def _check_object_type(value: JsonObject, name: str, path: str, faults: Faults) -> None:
    given = value.get("objectType", name)
    if given != name and given is not None:
        detail = f"must be 'Agent' or 'Group', not {shapes.name_of(given)}"
        faults.append(Fault(f"{path}.objectType", _GROUP_RULE if name == "Group" else _AGENT_RULE, detail))


def _check_identifiers(value: JsonObject, path: str, faults: Faults) -> int:
    """How many identifiers there are; more than one is a fault, and so is one that is not well-formed."""
    given = _IDENTIFIER_SET & value.keys()
    if len(given) > 1:
        detail = f"has {len(given)} identifiers ({', '.join(sorted(given))}); exactly one is allowed"
        faults.append(Fault(path, _IDENTIFIER_RULE, detail))
    for name in given:
        _CHECKS[name](value, path, faults)
    return len(given)


def _check_mbox(value: JsonObject, path: str, faults: Faults) -> None:
    what = "a mailto IRI such as 'mailto:ana@example.org'"
    shapes.formatted(value, "mbox", iri.is_mailto, what, path, _IDENTIFIER_RULE, faults)


def _check_mbox_sha1sum(value: JsonObject, path: str, faults: Faults) -> None:
    what = "the SHA-1 of a mailto IRI in 40 hexadecimal digits"
    shapes.formatted(value, "mbox_sha1sum", iri.is_sha1, what, path, _IDENTIFIER_RULE, faults)


def _check_openid(value: JsonObject, path: str, faults: Faults) -> None:
    shapes.formatted(value, "openid", iri.is_iri, "an absolute URI", path, _IDENTIFIER_RULE, faults)


def _check_account(value: JsonObject, path: str, faults: Faults) -> None:
    account = value["account"]
    if account is None:  # reported as null by its agent
        return
    inside = f"{path}.account"
    if shapes.is_object(account, _ACCOUNT, inside, _ACCOUNT_RULE, faults):
        shapes.needs(account, ("homePage", "name"), inside, _ACCOUNT_RULE, faults)
        shapes.irl_of(account, "homePage", inside, _ACCOUNT_RULE, faults)
        shapes.text(account, "name", inside, _ACCOUNT_RULE, faults)


_CHECKS: dict[str, Callable[[JsonObject, str, Faults], None]] = {
    "mbox": _check_mbox,
    "mbox_sha1sum": _check_mbox_sha1sum,
    "openid": _check_openid,
    "account": _check_account,
}


def _check_members(value: JsonObject, path: str, faults: Faults, *, needed: bool) -> None:
    found = value.get("member")
    if found is None:
        if needed and "member" not in value:
            faults.append(Fault(f"{path}.member", _GROUP_RULE, "an anonymous Group needs its members"))
        return
    if not isinstance(found, list):
        faults.append(Fault(f"{path}.member", _GROUP_RULE, f"must be an array, not {shapes.name_of(found)}"))
        return
    for index, member in enumerate(found):
        check_agent(member, f"{path}.member[{index}]", faults)  # a Group in a Group is refused: its objectType is wrong
