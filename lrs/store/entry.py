"""A statement made ready for the log, before any lock is taken: the writer then only places and inserts.

Here the received text becomes the record (decision 1): `id`, `timestamp` and `version` are made sure of and never
change again, `stored` and `authority` are taken out, since the store gives its own when the statement is read.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from lrs.xapi import terms as xapi_terms
from lrs.xapi import timestamps, wire
from lrs.xapi.statements import Statement
from lrs.xapi.terms import Terms
from lrs.xapi.versions import RULES, Version
from lrs.xapi.wire import JsonObject

MADE_HERE = 0
SET_BY_US = ("stored", "authority")  # xAPI Data 2.4.8, 2.4.9: given when a statement is read


class Provenance(Struct, frozen=True):
    """On whose word, and by which road, a statement comes in.

    `origin` is `MADE_HERE`, or the number of the device that it was synced from; `device` and `boot` say where it was
    made, as far as that is known.
    """

    credential: int
    authority: int
    authority_value: JsonObject
    origin: int
    device: int
    boot: int | None
    clock_offset_us: int | None = None


class Entry(NamedTuple):
    """One row of the log to be. `sent` is the statement as it came, for telling whether it is one that is there
    already: what was added here (the time of receipt above all) is no part of what the sender said."""

    id: UUID
    raw: bytes
    sha256: bytes
    value: JsonObject
    sent: JsonObject
    timestamp_us: int
    actor_key: str | None
    terms: Terms
    voids: UUID | None
    refers_to: UUID | None
    provenance: Provenance


def prepare(statement: Statement, version: Version, provenance: Provenance, now_us: int, new_id: UUID) -> Entry:
    """The log entry for a valid statement received at `now_us`; `new_id` is for one without an id (xAPI Data 2.4.1)."""
    raw, sent = statement.raw, statement.value
    if "stored" in sent or "authority" in sent:
        raw = wire.without(raw, SET_BY_US)
    value = sent
    if added := _missing(statement, version, now_us, new_id):
        raw = wire.with_members(raw, {name: b'"%s"' % text.encode() for name, text in added.items()})
        value = {**sent, **added}
    return Entry(
        id=statement.id or new_id,
        raw=raw,
        sha256=hashlib.sha256(raw).digest(),
        value=value,
        sent=sent,
        timestamp_us=now_us if statement.timestamp_us is None else statement.timestamp_us,
        actor_key=statement.actor_key,
        terms=xapi_terms.of(value, provenance.authority_value),
        voids=statement.voids,
        refers_to=statement.refers_to,
        provenance=provenance,
    )


def _missing(statement: Statement, version: Version, now_us: int, new_id: UUID) -> dict[str, str]:
    """What the statement lacks and is made sure of."""
    added: dict[str, str] = {}
    if statement.id is None:
        added["id"] = str(new_id)
    if statement.timestamp_us is None:  # xAPI Data 2.4.7: else the next LRS would stamp it, perhaps weeks late
        added["timestamp"] = timestamps.format(now_us)
    if "version" not in statement.value:  # xAPI Data 2.4.10
        added["version"] = RULES[version].statement_default
    return added
