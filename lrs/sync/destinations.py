"""Destinations: where the log is delivered to, how far each of them has it, and what stands in the way.

A destination is a cursor over the log and a credential; nothing is copied into a queue (decision 3). Everything up to
its cursor is settled: delivered, or noted in `delivery_exception` with the reason (`outbox` reads those). The two move
in one transaction, `settle`, and only here.

SQL text, not the ORM: a woken service that has something to deliver must not load SQLAlchemy for it (decision 10).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lrs.errors import Conflict, Fault, Invalid, NotFound
from lrs.store import log
from lrs.store.promises import Reader, Row, Transaction
from lrs.sync.backoff import NONE, Backoff

NAME_LENGTH = 100
RETRYING = "retrying"


class State(enum.StrEnum):
    """What a destination is doing, in plain words. All but `sending` are kept."""

    IDLE = "idle"
    """Nothing stands in the way."""
    SENDING = "sending"
    """A request is on its way."""
    WAITING = "waiting"
    """The upstream is there and cannot take it now; tried again by itself."""
    OFFLINE = "offline"
    """The upstream could not be reached; tried again by itself."""
    PORTAL_SUSPECT = "portal_suspect"
    """Somebody else seems to answer in its place; tried again by itself."""
    NEEDS_AUTH = "needs_auth"
    """The credential is refused; tried again rarely."""
    SUSPENDED = "suspended"
    """The upstream refuses everything, or is not set up; tried again rarely."""
    PAUSED = "paused"
    """Somebody here said so; not tried until resumed."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One row."""

    store: int
    id: int
    name: str
    url: str
    key: str
    secret: str = field(repr=False)
    cursor: int
    state: State
    reason: str
    backoff: Backoff
    last_acknowledged_seq: int | None
    last_acknowledged_us: int | None
    max_bytes: int | None
    created_us: int


@dataclass(frozen=True, slots=True)
class Dead:
    """A row that the upstream will not take, and why; it becomes an exception."""

    seq: int
    state: str
    code: int
    detail: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the rows up to `through`: some delivered, some dead, the rest passed over."""

    through: int
    delivered: Sequence[int] = ()
    dead: Sequence[Dead] = ()


COLUMNS = (
    "store, id, name, url, key, secret, cursor, state, reason, attempts, not_before_us, computed_at_us, "
    "last_acknowledged_seq, last_acknowledged_us, max_bytes, created_us"
)
SELECT = f"SELECT {COLUMNS} FROM destination WHERE store = ?"  # noqa: S608  a constant of ours


# --- reading ----------------------------------------------------------------------------------------------------


def listed(reader: Reader, store: int) -> list[Destination]:
    """All of a store, in the order they were added."""
    return [_destination(row) for row in reader.execute(f"{SELECT} ORDER BY id", (store,))]


def get(reader: Reader, store: int, name: str) -> Destination:
    """The one of that name. Raises `NotFound`."""
    found = _find(reader, store, name)
    if found is None:
        raise NotFound(f"there is no destination {name!r}; `offline-lrs destinations list` shows them")
    return found


def _find(reader: Reader, store: int, name: str) -> Destination | None:
    row = reader.execute(f"{SELECT} AND name = ?", (store, name)).fetchone()
    return None if row is None else _destination(row)


def depth(reader: Reader, destination: Destination) -> int:
    """How many rows of the log it does not have yet. `seq` has no gaps, so this costs one row whatever the answer."""
    return max(0, log.last(reader, destination.store) - destination.cursor)


def retrying(reader: Reader, destination: Destination) -> list[int]:
    """The exceptions that somebody wants tried again, in order."""
    rows = reader.execute(
        "SELECT e.seq FROM delivery_exception e JOIN statement s ON s.store = e.store AND s.seq = e.seq "
        "WHERE e.store = ? AND e.destination = ? AND e.state = ? AND s.raw IS NOT NULL ORDER BY e.seq",
        (destination.store, destination.id, RETRYING),
    )
    return [int(row[0]) for row in rows]


def _destination(row: Row) -> Destination:
    store, number, name, url, key, secret, cursor, state, reason, *rest = row
    attempts, not_before_us, computed_at_us, acknowledged_seq, acknowledged_us, max_bytes, created_us = rest
    return Destination(
        store=store,
        id=number,
        name=name,
        url=url,
        key=key,
        secret=secret,
        cursor=cursor,
        state=State(state),
        reason=reason,
        backoff=Backoff(attempts, not_before_us, computed_at_us),
        last_acknowledged_seq=acknowledged_seq,
        last_acknowledged_us=acknowledged_us,
        max_bytes=max_bytes,
        created_us=created_us,
    )


# --- managing ---------------------------------------------------------------------------------------------------


def add(transaction: Transaction, store: int, name: str, url: str, key: str, secret: str) -> Destination:
    """Make a destination, which starts at the beginning of the log, or update the one of that name.

    The same values again change nothing. Another key or secret keeps the cursor and is tried at once. Another address
    is taken for another record store: it starts from the beginning, since what the old one has says nothing about the
    new one, and what it has already it takes again without harm. Raises `Invalid`.
    """
    url = url.rstrip("/")
    _check(name, url, key)
    known = _find(transaction, store, name)
    if known is None:
        transaction.execute(
            "INSERT INTO destination (store, name, url, key, secret, cursor, state, reason, attempts, not_before_us, "
            "computed_at_us, created_us) VALUES (?, ?, ?, ?, ?, 0, ?, '', 0, 0, 0, ?)",
            (store, name, url, key, secret, State.IDLE, transaction.now_us),
        )
    elif (known.key, known.secret) != (key, secret) or known.url != url:
        if known.url != url:
            _start_over(transaction, known)
        transaction.execute(
            "UPDATE destination SET url = ?, key = ?, secret = ? WHERE store = ? AND id = ?",
            (url, key, secret, store, known.id),
        )
        if known.state is not State.PAUSED:
            resume(transaction, store, name)
    return get(transaction, store, name)


def _start_over(transaction: Transaction, known: Destination) -> None:
    _forget_exceptions(transaction, known)
    _forget_documents(transaction, known)
    transaction.execute(
        "UPDATE destination SET cursor = 0, last_acknowledged_seq = NULL, last_acknowledged_us = NULL, "
        "max_bytes = NULL WHERE store = ? AND id = ?",
        (known.store, known.id),
    )


def remove(transaction: Transaction, store: int, name: str) -> None:
    """Forget a destination, its exceptions and what it has of documents; the log and the documents stay. Raises
    `NotFound`."""
    known = get(transaction, store, name)
    _forget_exceptions(transaction, known)
    _forget_documents(transaction, known)
    transaction.execute("DELETE FROM destination WHERE store = ? AND id = ?", (store, known.id))


def _forget_exceptions(transaction: Transaction, known: Destination) -> None:
    transaction.execute("DELETE FROM delivery_exception WHERE store = ? AND destination = ?", (known.store, known.id))


def _forget_documents(transaction: Transaction, known: Destination) -> None:
    for table in ("document_link", "document_lane", "document_pull"):
        transaction.execute(f"DELETE FROM {table} WHERE store = ? AND destination = ?", (known.store, known.id))  # noqa: S608  the names above


def pause(transaction: Transaction, store: int, name: str, reason: str = "paused by hand") -> None:
    """Send nothing there until resumed. Raises `NotFound`."""
    _set_state(transaction, get(transaction, store, name), State.PAUSED, reason, NONE)


def resume(transaction: Transaction, store: int, name: str) -> None:
    """Try at once, whatever stood in the way; documents that it would not take, too. Raises `NotFound`."""
    known = get(transaction, store, name)
    _set_state(transaction, known, State.IDLE, "", NONE)
    transaction.execute(
        "UPDATE document_lane SET cursor = 0, state = ?, reason = '', attempts = 0, not_before_us = 0, "
        "computed_at_us = 0 WHERE store = ? AND destination = ?",
        (State.IDLE, store, known.id),
    )


def _check(name: str, url: str, key: str) -> None:
    faults = [Fault("url", "", detail) for detail in faults_of_url(url)]
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        faults.append(Fault("name", "", f"a destination's name is 1 to {NAME_LENGTH} printable characters"))
    if not key or ":" in key:
        faults.append(Fault("key", "RFC 7617 2", "the key must not be empty and must not contain a colon"))
    if faults:
        raise Invalid.of(faults)


def faults_of_url(url: str) -> list[str]:
    """What is wrong with an address as a destination's."""
    example = "an absolute http or https address such as https://lrs.example.org/xapi"
    if not url.isascii() or not url.isprintable() or " " in url:
        return [f"must be {example}, in printable ASCII without spaces"]
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
        parts = urlsplit("")
    faults = [] if named else [f"must be {example}"]
    if "@" in parts.netloc:
        faults.append("must not hold a credential: give key and secret by themselves")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        faults.append("must have neither query nor fragment: the names of resources are put behind it")
    return faults


# --- the drainer's bookkeeping ----------------------------------------------------------------------------------


def settle(transaction: Transaction, seen: Destination, settlement: Settlement) -> Destination:
    """Move the cursor, note what is dead, and forget what stood in the way: one transaction, so that no row is ever
    below the cursor without having been delivered or noted.

    `seen` is the destination as the sender knew it when it sent. Raises `Conflict` where it has been removed, sent
    elsewhere or started over meanwhile: then the answer says nothing about what is to be sent now.
    """
    now = _unchanged(transaction, seen)
    transaction.execute(
        "UPDATE destination SET cursor = ? WHERE store = ? AND id = ?",
        (max(now.cursor, settlement.through), seen.store, seen.id),
    )
    _note(transaction, seen, settlement)
    if settlement.delivered:
        transaction.execute(
            "UPDATE destination SET last_acknowledged_seq = ?, last_acknowledged_us = ? WHERE store = ? AND id = ?",
            (settlement.delivered[-1], transaction.now_us, seen.store, seen.id),
        )
    if now.state is not State.PAUSED and (now.state is not State.IDLE or now.backoff != NONE):
        _set_state(transaction, seen, State.IDLE, "", NONE)
    return _reread(transaction, seen)


def _note(transaction: Transaction, seen: Destination, settlement: Settlement) -> None:
    """Exceptions come and go only together with the cursor."""
    for seq in settlement.delivered:
        if seq <= seen.cursor:  # it was an exception that was tried again
            transaction.execute(
                "DELETE FROM delivery_exception WHERE store = ? AND destination = ? AND seq = ?",
                (seen.store, seen.id, seq),
            )
    for dead in settlement.dead:
        transaction.execute(
            "INSERT INTO delivery_exception (store, destination, seq, state, code, detail, at_us) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (store, destination, seq) DO UPDATE "
            "SET state = excluded.state, code = excluded.code, detail = excluded.detail, at_us = excluded.at_us",
            (seen.store, seen.id, dead.seq, dead.state, dead.code, dead.detail, transaction.now_us),
        )


def halt(transaction: Transaction, seen: Destination, state: State, reason: str, backoff: Backoff) -> Destination:
    """Note what stands in the way and when to try again; a paused one stays paused. Raises `Conflict` as `settle`."""
    now = _unchanged(transaction, seen)
    if now.state is State.PAUSED:
        return now
    return _set_state(transaction, seen, state, reason, backoff)


def limit(transaction: Transaction, seen: Destination, max_bytes: int) -> Destination:
    """Remember the largest body to send there. Raises `Conflict` as `settle`."""
    _unchanged(transaction, seen)
    transaction.execute(
        "UPDATE destination SET max_bytes = ? WHERE store = ? AND id = ?", (max_bytes, seen.store, seen.id)
    )
    return _reread(transaction, seen)


def current(reader: Reader, seen: Destination) -> Destination | None:
    """The row as it is now, None where it is gone."""
    row = reader.execute(f"{SELECT} AND id = ?", (seen.store, seen.id)).fetchone()
    return None if row is None else _destination(row)


def _unchanged(transaction: Transaction, seen: Destination) -> Destination:
    now = current(transaction, seen)
    if now is None or (now.name, now.url, now.cursor) != (seen.name, seen.url, seen.cursor):
        raise Conflict(f"the destination {seen.name!r} was changed while it was sent to")
    return now


def _reread(transaction: Transaction, seen: Destination) -> Destination:
    now = current(transaction, seen)
    if now is None:
        raise NotFound(f"the destination {seen.name!r} is gone")
    return now


def _set_state(
    transaction: Transaction, known: Destination, state: State, reason: str, backoff: Backoff
) -> Destination:
    transaction.execute(
        "UPDATE destination SET state = ?, reason = ?, attempts = ?, not_before_us = ?, computed_at_us = ? "
        "WHERE store = ? AND id = ?",
        (state, reason, backoff.attempts, backoff.not_before_us, backoff.computed_at_us, known.store, known.id),
    )
    return _reread(transaction, known)
