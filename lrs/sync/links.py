"""What is known of documents at a destination: one row a document (`link`), one a destination (`lane`), one for each
thing that is fetched (`pull`).

Documents have no log, since only their latest content counts: that is the coalescing. What is to be sent is found by
revision: documents above the lane's cursor that are not the same as there, and links whose document is gone. The two
kinds of bookkeeping move in one transaction with each answer, as the statements' cursor does.

SQL text, not the ORM, as in `destinations`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrs.errors import Conflict
from lrs.store.documents import Key
from lrs.store.promises import Reader, Row, Transaction
from lrs.sync import destinations
from lrs.sync.backoff import NONE, Backoff
from lrs.sync.destinations import Destination, State

PARTS = ("kind", "activity", "agent", "registration", "name")
WHOSE = "store = ? AND destination = ?"
ONE = f"{WHOSE} AND {' AND '.join(f'{part} = ?' for part in PARTS)}"
SCOPE = f"{WHOSE} AND {' AND '.join(f'{part} = ?' for part in PARTS[:-1])}"


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of one document at a destination; the columns are explained with the table. `sent` are digests,
    the latest last."""

    etag: str | None = None
    digest: str | None = None
    sent: tuple[str, ...] = ()
    revision: int = 0
    gone: int | None = None
    state: str = ""
    code: int = 0
    detail: str = ""

    @property
    def lineage(self) -> tuple[str | None, str | None, tuple[str, ...], int]:
        """What of it says which contents descend from which."""
        return self.etag, self.digest, self.sent, self.revision


@dataclass(frozen=True, slots=True)
class Lane:
    """How far a destination has the documents, and what stands in the way of them."""

    cursor: int = 0
    state: State = State.IDLE
    reason: str = ""
    backoff: Backoff = NONE
    pulled_us: int | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """How far the documents under one key were fetched: by the destination's clock, and how often that way."""

    since_us: int
    looks: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that a destination does not have as it is here."""

    key: Key
    revision: int


def named(scope: Key, name: str) -> Key:
    """The document of this id under a key."""
    return Key(scope.kind, name, scope.activity, scope.agent, scope.registration)


# --- one document -----------------------------------------------------------------------------------------------------


def link(reader: Reader, destination: Destination, key: Key) -> Link | None:
    """What is known of it there, None where nothing is."""
    row = reader.execute(
        f"SELECT etag, digest, sent, revision, gone, state, code, detail FROM document_link WHERE {ONE}",  # noqa: S608  the text above
        _one(destination, key),
    ).fetchone()
    if row is None:
        return None
    etag, digest, sent, *rest = row
    return Link(etag, digest, tuple(sent.split()), *rest)


def save(transaction: Transaction, destination: Destination, key: Key, known: Link) -> None:
    """Keep what is known."""
    state = (known.state, known.code, known.detail, transaction.now_us)
    values = (known.etag, known.digest, " ".join(known.sent), known.revision, known.gone, *state)
    transaction.execute(
        "INSERT OR REPLACE INTO document_link (store, destination, kind, activity, agent, registration, name, etag, "
        "digest, sent, revision, gone, state, code, detail, at_us) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (*_one(destination, key), *values),
    )


def forget(transaction: Transaction, destination: Destination, key: Key) -> None:
    """Neither side has it any more."""
    transaction.execute(f"DELETE FROM document_link WHERE {ONE}", _one(destination, key))  # noqa: S608  the text above


def names_there(reader: Reader, destination: Destination, scope: Key) -> list[str]:
    """The ids under a key that the destination had when it was last looked at."""
    rows = reader.execute(
        f"SELECT name FROM document_link WHERE {SCOPE} AND digest IS NOT NULL",  # noqa: S608  the text above
        _one(destination, scope)[:-1],
    )
    return [str(row[0]) for row in rows]


def refused(reader: Reader, destination: Destination) -> int:
    """How many documents it will not take."""
    return _count(
        reader.execute(
            f"SELECT count(*) FROM document_link WHERE {WHOSE} AND state <> ''",  # noqa: S608  the text above
            (destination.store, destination.id),
        ).fetchone()
    )


def in_step(reader: Reader, destination: Destination) -> Key | None:
    """A document that is the same here and there, to prove with that the destination takes documents at all."""
    row = reader.execute(IN_STEP, (destination.store, destination.id)).fetchone()
    return None if row is None else _key(row)


def _key(row: Row) -> Key:
    """From columns in the order of `PARTS`."""
    kind, activity, agent, registration, name = row[:5]
    return Key(kind, name, activity, agent, registration)


def _one(destination: Destination, key: Key) -> tuple[object, ...]:
    return (destination.store, destination.id, key.kind, key.activity, key.agent, key.registration, key.name)


# --- what is to be sent -----------------------------------------------------------------------------------------------

SAME = " AND ".join(f"d.{part} = l.{part}" for part in ("store", *PARTS))
IN_STEP = (  # the parts above
    "SELECT d.kind, d.activity, d.agent, d.registration, d.name FROM document_link l JOIN document d "  # noqa: S608
    f"ON {SAME} AND d.revision = l.revision WHERE l.store = ? AND l.destination = ? LIMIT 1"
)
CHANGED = (
    "SELECT d.kind, d.activity, d.agent, d.registration, d.name, d.revision FROM document d "  # noqa: S608
    f"LEFT JOIN document_link l ON {SAME} AND l.destination = :destination "
    "WHERE d.store = :store AND d.revision > :after AND coalesce(l.revision, 0) <> d.revision"
)
GONE = (
    "SELECT l.kind, l.activity, l.agent, l.registration, l.name, l.gone FROM document_link l "  # noqa: S608
    "WHERE l.store = :store AND l.destination = :destination AND l.gone > :after "
    f"AND NOT EXISTS (SELECT 1 FROM document d WHERE {SAME})"
)
KINDS = "('state')"  # profiles travel as soon as they are named here


def due(
    reader: Reader, destination: Destination, own: Collection[str], after: int, limit: int, scope: Key | None = None
) -> list[Changed]:
    """The next documents to deal with, in the order they were changed: above a revision, and where `scope` is given,
    under it. `own` are ids of State that stay here."""
    sql, values = _changes(destination, own, after, scope)
    rows = reader.execute(f"{sql} ORDER BY 6 LIMIT :limit", {**values, "limit": limit})
    return [Changed(_key(row), int(row[5])) for row in rows]


def is_due(reader: Reader, destination: Destination, own: Collection[str], after: int) -> bool:
    """Whether there is anything to deal with; costs one row however much there is."""
    sql, values = _changes(destination, own, after, None)
    return _count(reader.execute(f"SELECT EXISTS ({sql})", values).fetchone()) == 1


def waiting(reader: Reader, destination: Destination, own: Collection[str], after: int) -> int:
    """How many there are to deal with."""
    sql, values = _changes(destination, own, after, None)
    return _count(reader.execute(f"SELECT count(*) FROM ({sql})", values).fetchone())  # noqa: S608  the texts above


def _changes(
    destination: Destination, own: Collection[str], after: int, scope: Key | None
) -> tuple[str, Mapping[str, Any]]:
    values: dict[str, Any] = {"store": destination.store, "destination": destination.id, "after": after}
    names = {f"own{number}": name for number, name in enumerate(sorted(own))}
    parts = {} if scope is None else {part: getattr(scope, part) for part in PARTS[:-1]}

    def narrowed(sql: str, table: str) -> str:
        also = [f"{table}.kind IN {KINDS}", *(f"{table}.{part} = :{part}" for part in parts)]
        if names:
            also.append(f"NOT ({table}.kind = 'state' AND {table}.name IN ({','.join(f':{name}' for name in names)}))")
        return " AND ".join((sql, *also))

    return f"{narrowed(CHANGED, 'd')} UNION ALL {narrowed(GONE, 'l')}", {**values, **names, **parts}


def head(reader: Reader, store: int) -> int:
    """The latest revision."""
    return _count(reader.execute("SELECT revision FROM head WHERE store = ?", (store,)).fetchone())


def _count(row: Row | None) -> int:
    return int(row[0]) if row else 0


# --- a destination ----------------------------------------------------------------------------------------------------


def lane(reader: Reader, destination: Destination) -> Lane:
    """How far it is; at the beginning where nothing is known."""
    row = reader.execute(
        "SELECT cursor, state, reason, attempts, not_before_us, computed_at_us, pulled_us FROM document_lane "  # noqa: S608  the text above
        f"WHERE {WHOSE}",
        (destination.store, destination.id),
    ).fetchone()
    if row is None:
        return Lane()
    cursor, state, reason, attempts, not_before_us, computed_at_us, pulled_us = row
    return Lane(cursor, State(state), reason, Backoff(attempts, not_before_us, computed_at_us), pulled_us)


def save_lane(transaction: Transaction, destination: Destination, known: Lane) -> None:
    """Keep how far it is."""
    transaction.execute(
        "INSERT OR REPLACE INTO document_lane (store, destination, cursor, state, reason, attempts, not_before_us, "
        "computed_at_us, pulled_us) VALUES (?,?,?,?,?,?,?,?,?)",
        (
            destination.store, destination.id, known.cursor, known.state, known.reason, known.backoff.attempts,
            known.backoff.not_before_us, known.backoff.computed_at_us, known.pulled_us,
        ),
    )  # fmt: skip


def advance(transaction: Transaction, destination: Destination, cursor: int) -> None:
    """Everything up to this revision has been dealt with, and nothing stands in the way. Raises `Conflict`."""
    unchanged(transaction, destination)
    now = lane(transaction, destination)
    moved = replace(now, cursor=max(now.cursor, cursor), state=State.IDLE, reason="", backoff=NONE)
    if moved != now:
        save_lane(transaction, destination, moved)


def halt(transaction: Transaction, destination: Destination, state: State, reason: str, backoff: Backoff) -> None:
    """Note what stands in the way of documents, and when to try again. Raises `Conflict`."""
    unchanged(transaction, destination)
    now = lane(transaction, destination)
    save_lane(transaction, destination, replace(now, state=state, reason=reason, backoff=backoff))


def unchanged(reader: Reader, seen: Destination) -> None:
    """Raise `Conflict` where the destination was removed or points elsewhere: an answer says nothing about it then."""
    now = destinations.current(reader, seen)
    if now is None or now.url != seen.url:
        raise Conflict(f"the destination {seen.name!r} was changed while it was sent to")


# --- what is fetched --------------------------------------------------------------------------------------------------


def pull(reader: Reader, destination: Destination, scope: Key) -> Pull | None:
    """How far it was fetched, None where never."""
    row = reader.execute(
        f"SELECT since_us, looks FROM document_pull WHERE {SCOPE}",  # noqa: S608  the text above
        _one(destination, scope)[:-1],
    ).fetchone()
    return None if row is None else Pull(*row)


def save_pull(transaction: Transaction, destination: Destination, scope: Key, known: Pull) -> None:
    """Keep how far."""
    transaction.execute(
        "INSERT OR REPLACE INTO document_pull (store, destination, kind, activity, agent, registration, since_us, "
        "looks) VALUES (?,?,?,?,?,?,?,?)",
        (*_one(destination, scope)[:-1], known.since_us, known.looks),
    )
