"""From rows of the log to what goes into one request (pure).

A batch is as many rows as follow each other and can travel together: bounded by bytes, of one xAPI version, so that the
order of the log is the order at the upstream. What is sent is the stored text, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lrs.store.log import LogRow
from lrs.xapi import attachments, wire
from lrs.xapi.versions import Version
from lrs.xapi.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Parcel:
    """One statement on its way. `needs_files` are the digests of attachments that must travel with it."""

    seq: int
    id: UUID
    raw: bytes
    version: Version
    needs_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request carries, maybe nothing; `through` is the last row that is dealt with when it is delivered."""

    parcels: tuple[Parcel, ...]
    through: int


def parcel(seq: int, statement_id: UUID, raw: bytes) -> Parcel:
    """A stored statement made ready to travel."""
    value = wire.parse_json(raw)
    return Parcel(seq, statement_id, raw, version_for(value), attachments.needing_bytes(value))


def version_for(value: JsonObject) -> Version:
    """The version of the request that a statement must come in: 1.0.3 unless it has what that does not know."""
    if value["version"].startswith("2."):
        return Version.V2_0_0
    contexts = (value.get("context"), value["object"].get("context"))
    newer = any(context and ("contextAgents" in context or "contextGroups" in context) for context in contexts)
    return Version.V2_0_0 if newer else Version.V1_0_3


def cut(rows: Sequence[LogRow], most_bytes: int, not_from: int | None) -> Batch:
    """The next batch from rows in order, of which there is at least one.

    Passed over are redacted rows, of which nothing is left to send, and rows that came from the destination itself
    (`not_from`), which has them. One statement above `most_bytes` goes alone, and so does one with files.
    """
    parcels: list[Parcel] = []
    size, through = 2, rows[0].seq - 1
    for row in rows:
        if row.raw is not None and (not_from is None or row.origin != not_from):
            following = parcel(row.seq, row.id, bytes(row.raw))
            size += len(following.raw) + 1
            if parcels and (size > most_bytes or not _together(parcels[-1], following)):
                break
            parcels.append(following)
        through = row.seq
    return Batch(tuple(parcels), through)


def _together(one: Parcel, other: Parcel) -> bool:
    return one.version == other.version and not one.needs_files and not other.needs_files


def halves(parcels: Sequence[Parcel]) -> tuple[tuple[Parcel, ...], tuple[Parcel, ...]]:
    """Two parts of two or more parcels, the earlier first."""
    middle = len(parcels) // 2
    return tuple(parcels[:middle]), tuple(parcels[middle:])


def body(parcels: Sequence[Parcel]) -> bytes:
    """The body of the request."""
    return b"[" + b",".join(item.raw for item in parcels) + b"]"
