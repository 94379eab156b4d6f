"""The LMS as a sender of statements: its own credential, its own authority, everything else like anybody's.

What it builds goes through the same parser as what comes from outside, so a statement of ours that breaks a rule is
never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from lrs.auth import credentials
from lrs.auth.credentials import Principal
from lrs.clock import Clock
from lrs.errors import Conflict
from lrs.store import entry as entries
from lrs.store import identity, log
from lrs.store.entry import MADE_HERE, Entry, Provenance
from lrs.store.promises import Here, Reader, Transaction
from lrs.xapi import statements, timestamps, wire
from lrs.xapi.versions import Version

AUTHORITY = "lms"
NO_SECRET = "none$"  # no scheme of that name: nobody can sign in as the LMS


class Desk(Struct, frozen=True):
    """What the LMS works with in one request: the transaction, whose store it is, this device, time and chance."""

    transaction: Transaction
    store: int
    here: Here
    clock: Clock

    @property
    def now(self) -> str:
        """This transaction's time as statements write it."""
        return timestamps.format(self.transaction.now_us)


def school(reader: Reader) -> str:
    """The school's IRI, or `Conflict` saying how to set it: no id can be made without it."""
    found = identity.fact(reader, "school")
    if found is None:
        raise Conflict(
            "this data folder has no school yet, and every id is made from the school's IRI: "
            "set it once with `offline-lrs serve --school https://school.example`"
        )
    return found


def principal(transaction: Transaction, store: int) -> Principal:
    """The LMS's own principal in a store; its credential is made on first use and never matches a secret."""
    key = f"{AUTHORITY}:{store}"  # a colon: no credential that a person adds can have this key (RFC 7617)
    row = transaction.execute("SELECT id FROM credential WHERE key = ?", (key,)).fetchone()
    if row is not None:
        return credentials.principal_of(transaction, int(row[0]))
    number = credentials.create(transaction, store, key, NO_SECRET, '["all"]', authority_name=AUTHORITY)
    transaction.execute("UPDATE credential SET ended_us = created_us WHERE id = ?", (number,))
    return credentials.principal_of(transaction, number)


def entry(desk: Desk, value: dict[str, Any]) -> Entry:
    """A statement of the LMS, ready for the log."""
    sender = principal(desk.transaction, desk.store)
    come_from = Provenance(
        sender.credential, sender.authority, sender.authority_value, MADE_HERE, desk.here.device, desk.here.boot
    )
    parsed = statements.parse(wire.dumps(value), Version.V1_0_3)
    return entries.prepare(parsed, Version.V1_0_3, come_from, desk.transaction.now_us, UUID(value["id"]))


def say(desk: Desk, values: Sequence[dict[str, Any]]) -> None:
    """Store statements of the LMS, in this order."""
    if values:
        log.append(desk.transaction, desk.store, [entry(desk, value) for value in values])
