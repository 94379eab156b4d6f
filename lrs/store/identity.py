"""Which device and which start of the program this is, and whose school it belongs to.

The device id is random and made once with the data folder; the school's IRI is set once and never changed, since ids
are made from it. Neither holds an address, a port or a path of the machine.
"""

from __future__ import annotations

import sqlite3
from uuid import UUID

from msgspec import Struct

from lrs.clock import Clock
from lrs.errors import Conflict
from lrs.store.promises import Here, Reader, Transaction

DEFAULT_STORE = 1


class Arrival(Struct, frozen=True):
    """A start of the program: where it is, and the bound of `stored` that it found and left (see `sequencer`)."""

    here: Here
    floor_us: int
    bound_us: int


def arrive(connection: sqlite3.Connection, clock: Clock, lease_us: int) -> Arrival:
    """Note a start of the program, and on the very first one make the device, the default store and its head."""
    now_us = clock.now_us()
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT 1 FROM meta WHERE key = 'device'").fetchone() is None:
        _first_start(connection, clock)
    device, number = connection.execute(
        "SELECT d.uuid, d.id FROM meta m JOIN device d ON d.uuid = m.value WHERE m.key = 'device' AND d.store = ?",
        (DEFAULT_STORE,),
    ).fetchone()
    boot = connection.execute(
        "INSERT INTO boot (store, uuid, started_us) VALUES (?, ?, ?)", (DEFAULT_STORE, str(clock.uuid4()), now_us)
    ).lastrowid
    floor_us = int(connection.execute("SELECT max(stored_us) FROM head").fetchone()[0])
    bound_us = max(floor_us, now_us + lease_us)
    connection.execute("UPDATE head SET stored_us = ? WHERE store = ?", (bound_us, DEFAULT_STORE))
    connection.execute("COMMIT")
    return Arrival(Here(UUID(device), int(number), int(boot or 0)), floor_us, bound_us)


def _first_start(connection: sqlite3.Connection, clock: Clock) -> None:
    device = str(clock.uuid4())
    facts = (("device", device), ("signing_key", clock.token()), ("created_us", str(clock.now_us())))
    connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", facts)
    connection.execute("INSERT INTO store (id, name) VALUES (?, 'default')", (DEFAULT_STORE,))
    head = "INSERT INTO head (store, seq, stored_us, revision, epoch) VALUES (?, 0, 0, 0, ?)"
    connection.execute(head, (DEFAULT_STORE, str(clock.uuid4())))
    connection.execute("INSERT INTO device (store, uuid) VALUES (?, ?)", (DEFAULT_STORE, device))


def fact(reader: Reader, key: str) -> str | None:
    """One of the data folder's facts, or None."""
    row = reader.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def settle_school(transaction: Transaction, school: str) -> None:
    """Give the data folder its school. Raises `Conflict` where it already has another."""
    known = fact(transaction, "school")
    if known is None:
        transaction.execute("INSERT INTO meta (key, value) VALUES ('school', ?)", (school,))
    elif known != school:
        raise Conflict(
            f"this data folder belongs to {known} and cannot become {school}: every id in it is made from the school's "
            "IRI; use another data folder"
        )
