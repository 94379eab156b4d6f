"""What has reached where: what this device has still to send, and what others have sent here."""

from __future__ import annotations

import json

from msgspec import Struct

from launcher.learning import registrations
from lrs.store import log
from lrs.store.promises import Reader
from lrs.sync import destinations

WRITING = frozenset({"all", "statements/write"})


class Outgoing(Struct, frozen=True):
    """How far a destination has the log. `waiting_since_us`: when the oldest statement it lacks was stored, None where
    it lacks none; what was stored until `sent_us` is settled there."""

    name: str
    waiting_since_us: int | None
    sent_us: int


class Device(Struct, frozen=True):
    """Somebody who may send statements here, by the name of the credential, and when the last one came."""

    name: str
    last_us: int | None


def outgoing(reader: Reader, store: int) -> list[Outgoing]:
    """Every destination, in the order they were added."""
    return [
        Outgoing(one.name, _stored(reader, store, one.cursor + 1), _stored(reader, store, one.cursor) or 0)
        for one in destinations.listed(reader, store)
    ]


def _stored(reader: Reader, store: int, seq: int) -> int | None:
    row = reader.execute("SELECT stored_us FROM statement WHERE store = ? AND seq = ?", (store, seq)).fetchone()
    return None if row is None else int(row[0])


def devices(reader: Reader, store: int) -> list[Device]:
    """Every lasting credential that may send statements, by name.

    What came with it is found by the authority it gives, which is a term of the index: one step, however long the log.
    """
    rows = reader.execute(
        "SELECT c.key, c.scopes, a.text FROM credential c JOIN authority a ON a.id = c.authority "
        "WHERE c.store = ? AND c.session IS NULL AND c.ended_us IS NULL",
        (store,),
    ).fetchall()
    found = [
        Device(str(key), _last_of(reader, store, registrations.learner_key(json.loads(authority))))
        for key, scopes, authority in rows
        if WRITING & set(json.loads(scopes))
    ]
    return sorted(found, key=lambda device: device.name.casefold())


def _last_of(reader: Reader, store: int, agent: str) -> int | None:
    (last,) = log.find(reader, store, (log.Filter("g", agent, wide=True),), log.Window(), 1, ascending=False) or (None,)
    return None if last is None else last.stored_us
