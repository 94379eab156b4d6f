"""Query parameters, read one by one into values, every fault collected (xAPI Data 2.2, Communication 3.2).

A resource says which parameters it knows and reads them with the methods of `Parameters`; `done` raises what was wrong.
Anything unknown, misspelt, wrongly cased or repeated is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from lrs.errors import Fault, Invalid
from lrs.xapi import agents, iri, shapes, timestamps, wire
from lrs.xapi.shapes import Faults, name_of
from lrs.xapi.wire import JsonObject

UNKNOWN_RULE = "xAPI Communication 3.2"
_INTEGER = re.compile(r"[0-9]{1,18}")


class Parameters:
    """The parameters of one request to one resource."""

    def __init__(
        self,
        given: Sequence[tuple[str, str]],
        known: Iterable[str],
        requirement: str,
        *,
        zone_required: bool = False,
    ) -> None:
        self.requirement = requirement
        self.zone_required = zone_required
        self.faults: Faults = []
        self._values: dict[str, str] = {}
        names = tuple(known)
        for name, value in given:
            self._take(name, value, names)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """The known parameters that were given."""
        return list(self._values)

    def fault(self, name: str, detail: str) -> None:
        self.faults.append(Fault(name, self.requirement, detail))

    def done(self) -> None:
        """Raise all that was wrong, if anything was."""
        if self.faults:
            raise Invalid.of(self.faults)

    def needs(self, name: str) -> None:
        if name not in self._values:
            self.fault(name, "is required and missing")

    def text(self, name: str) -> str | None:
        """An id of the client's own making: any text but the empty one."""
        return self._formatted(name, bool, "a text of at least one character")

    def iri(self, name: str) -> str | None:
        return self._formatted(name, iri.is_iri, "an absolute IRI with a scheme")

    def uuid(self, name: str) -> UUID | None:
        found = self._formatted(name, iri.is_uuid, "a UUID in standard string form")
        return UUID(found) if found is not None else None

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        return self._formatted(name, allowed.__contains__, f"one of {', '.join(allowed)}")

    def flag(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def count(self, name: str) -> int:
        """A nonnegative integer; 0 where it is absent."""
        found = self._formatted(name, lambda text: _INTEGER.fullmatch(text) is not None, "a nonnegative integer")
        return int(found) if found is not None else 0

    def moment(self, name: str) -> int | None:
        """A timestamp in microseconds since the epoch."""
        found = self._values.get(name)
        if found is None:
            return None
        try:
            return timestamps.parse(found, zone_required=self.zone_required)
        except ValueError as error:
            self.fault(name, f"{name_of(found)}: {error}")
            return None

    def agent(self, name: str, *, group: bool = False) -> JsonObject | None:
        """An Agent as JSON; or an identified Group, where `group` says so."""
        found = self._values.get(name)
        if found is None:
            return None
        faults: Faults = []
        value = self._json(name, found, faults)
        if not faults:
            shapes.nulls(value, name, faults)
            (agents.check_actor if group else agents.check_agent)(value, name, faults)
        if not faults and agents.key(value) is None:
            faults.append(Fault(name, self.requirement, "an anonymous Group cannot be asked for"))
        self.faults += faults
        return None if faults else value

    def _json(self, name: str, text: str, faults: Faults) -> JsonObject:
        try:
            value: JsonObject = wire.parse_json(text.encode("utf-8", "surrogatepass"), name)
        except Invalid as error:
            faults += error.faults
            return {}
        return value

    def _take(self, name: str, value: str, known: tuple[str, ...]) -> None:
        if name in self._values:
            self.faults.append(Fault(name, UNKNOWN_RULE, "is given more than once"))
        elif name in known:
            self._values[name] = value
        else:
            right = next((other for other in known if other.lower() == name.lower()), None)
            hint = f"write {right!r}" if right else f"known here: {', '.join(known) or 'none'}"
            self.faults.append(Fault(name[:60], UNKNOWN_RULE, f"is not a parameter of this request; {hint}"))

    def _formatted(self, name: str, is_right: Callable[[str], bool], what: str) -> str | None:
        found = self._values.get(name)
        if found is None or is_right(found):
            return found
        self.fault(name, f"must be {what}, not {name_of(found)}")
        return None
