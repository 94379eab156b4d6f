"""A statement made ready for the log, before any lock is taken: the writer then only places and inserts.

Here the received text becomes the record (decision 1): `id`, `timestamp` and `version` are made sure of and never change
again, `stored` and `authority` are taken out, since the store gives its own when the statement is read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from lrs.xapi import terms as xapi_terms
from lrs.xapi import timestamps, wire
from lrs.xapi.statements import Statement
from lrs.xapi.terms import Terms
from lrs.xapi.versions import Version
from lrs.xapi.wire import JsonObject

MADE_HERE = 0
SET_VERSION = {Version.V1_0_3: b'"1.0.0"', Version.V2_0_0: b'"2.0.0"'}  # xAPI Data 2.4.10: what an absent version means


@dataclass(frozen=True, slots=True)
class Provenance:
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log to be."""

    id: UUID
    raw: bytes
    sha256: bytes
    value: JsonObject
    timestamp_us: int
    actor_key: str | None
    terms: Terms
    voids: UUID | None
    refers_to: UUID | None
    provenance: Provenance


def prepare(statement: Statement, version: Version, provenance: Provenance, now_us: int, new_id: UUID) -> Entry:
    """The log entry for a valid statement received at `now_us`; `new_id` is used where it brings no id (xAPI Data 2.4.1)."""
    value = statement.value
    raw = (
        wire.without(statement.raw, ("stored", "authority"))
        if "stored" in value or "authority" in value
        else statement.raw
    )
    added: dict[str, bytes] = {}
    if statement.id is None:
        added["id"] = b'"%s"' % str(new_id).encode()
    if statement.timestamp_us is None:  # xAPI Data 2.4.7: else the next LRS would stamp it, perhaps weeks late
        added["timestamp"] = b'"%s"' % timestamps.format(now_us).encode()
    if "version" not in value:
        added["version"] = SET_VERSION[version]
    if added:
        raw = wire.with_members(raw, added)
        value = {**value, **{name: json.loads(text) for name, text in added.items()}}
    return Entry(
        id=statement.id or new_id,
        raw=raw,
        sha256=hashlib.sha256(raw).digest(),
        value=value,
        timestamp_us=now_us if statement.timestamp_us is None else statement.timestamp_us,
        actor_key=statement.actor_key,
        terms=xapi_terms.of(value, provenance.authority_value),
        voids=statement.voids,
        refers_to=statement.refers_to,
        provenance=provenance,
    )
