"""The log of statements: adding to it, and finding in it.

Adding runs inside the writer's transaction. Finding turns a query into ranges of one narrow index: every filter is a
term, `since` and `until` become bounds of `seq`, and `ORDER BY seq` is the order of `stored` (decision 2).

SQL text is used here rather than the ORM: nine index rows go with a statement, and the unit of work was measured 13 to
29 times slower on them. A test keeps the text equal to `tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from lrs.errors import Conflict
from lrs.store import many
from lrs.store.entry import Entry
from lrs.store.held import INDEX
from lrs.store.promises import Reader, Row, Transaction
from lrs.xapi import terms as xapi_terms
from lrs.xapi import timestamps, wire
from lrs.xapi.equality import same
from lrs.xapi.statements import VOIDED
from lrs.xapi.terms import Terms
from lrs.xapi.wire import JsonObject

CHAIN = 20  # references that are followed from one statement to the next


class Placed(NamedTuple):
    """A statement as the log has it."""

    seq: int
    stored_us: int
    raw: bytes
    authority: bytes

    def exact(self) -> bytes:
        """The statement as it is returned: the received text, with what the LRS adds (xAPI Data 2.4.8, 2.4.9)."""
        stored = b'"%s"' % timestamps.format(self.stored_us).encode()
        return wire.with_members(self.raw, {"stored": stored, "authority": self.authority})


# --- adding -----------------------------------------------------------------------------------------------------------


def known(transaction: Transaction, store: int, entries: Sequence[Entry]) -> set[UUID]:
    """The ids among these that the log already has with equal content (xAPI Data 2.2, Communication 2.1.1).

    Raises `Conflict` where the log has an id with other content: history is not rewritten.
    """
    by_id = {entry.id.bytes: entry for entry in entries}
    present = transaction.stored(store, list(by_id))
    for raw_id, (digest, raw) in present.items():
        entry = by_id[raw_id]
        if digest != entry.sha256 and raw is not None and not same(wire.parse_json(raw), entry.sent):
            raise Conflict(
                f"statement {entry.id} is already stored with different content; a statement is never changed: "
                "send the new one under an id of its own"
            )
    return {by_id[raw_id].id for raw_id in present}


def append(transaction: Transaction, store: int, entries: Sequence[Entry]) -> list[tuple[int, int]]:
    """Add entries whose ids are new, in this order. The answer is `(seq, stored_us)` for each."""
    places = transaction.place(store, len(entries))
    # those of this request look for their targets themselves, when all of it is there
    referrers = transaction.referred(store, [entry.id for entry in entries])
    rows: list[tuple[object, ...]] = []
    index: list[tuple[int, int, int]] = []
    for entry, (seq, stored_us) in zip(entries, places, strict=True):
        rows.append(_row(transaction, store, entry, seq, stored_us))
        index += [(store, term, seq) for term in _terms(transaction, store, entry)]
    transaction.hold(rows, index)
    chains = _Chains(transaction, store)
    for entry, (seq, _) in zip(entries, places, strict=True):
        if entry.voids is not None:
            _void(transaction, store, entry.voids, seq)
        if entry.refers_to is not None:
            chains.inherit(seq, entry.refers_to)
        if entry.id in referrers:
            _arrive_late(transaction, store, entry, seq, chains)
    return places


def _row(transaction: Transaction, store: int, entry: Entry, seq: int, stored_us: int) -> tuple[object, ...]:
    """The row of the log, as `held.INSERT` has it."""
    actor = None if entry.actor_key is None else transaction.term(store, "g", entry.actor_key, 0)
    by = entry.provenance
    made = (by.authority, by.credential, by.origin, by.device, by.boot, by.clock_offset_us)
    return (store, seq, entry.id.bytes, stored_us, entry.timestamp_us, actor, *made, entry.sha256, entry.raw)


def _terms(transaction: Transaction, store: int, entry: Entry) -> list[int]:
    """Index numbers of all the entry is found by: twice the term, plus one where only the wider filters see it."""
    found = _numbers(transaction, store, entry.terms)
    if entry.refers_to is not None:
        found.append(2 * transaction.term(store, "s", str(entry.refers_to)))
    return found


def _numbers(transaction: Transaction, store: int, terms: Terms) -> list[int]:
    direct = [("v", terms.verb)]
    if terms.registration is not None:
        direct.append(("r", terms.registration))
    direct += [("g", value) for value in terms.agents]
    direct += [("a", value) for value in terms.activities]
    related = [("g", value) for value in terms.related_agents]
    related += [("a", value) for value in terms.related_activities]
    numbers = transaction.terms(store, direct + related)
    narrow = len(direct)
    return [2 * number for number in numbers[:narrow]] + [2 * number + 1 for number in numbers[narrow:]]


# --- references between statements, in either order of arrival --------------------------------------------------------


def _void(transaction: Transaction, store: int, target: UUID, seq: int) -> None:
    """xAPI Data 2.3.2: the target is voided, unless it is itself a voiding statement."""
    row = transaction.execute("SELECT raw FROM statement WHERE store = ? AND id = ?", (store, target.bytes)).fetchone()
    if row is not None and row[0] is not None and not is_voiding(wire.parse_json(row[0])):
        transaction.execute(
            "UPDATE statement SET voided_by = ? WHERE store = ? AND id = ? AND voided_by IS NULL",
            (seq, store, target.bytes),
        )


def is_voiding(value: JsonObject) -> bool:
    """Whether this statement voids another."""
    return bool(value["verb"]["id"] == VOIDED)


class _Chains:
    """xAPI Communication 2.1.3: a statement is found by what the one it refers to is found by, along the chain.

    A chain is followed for `CHAIN` references: without an end, a batch of a thousand statements, each referring to the
    one before, would hold the writer for hours. What was read once is kept for the request.
    """

    def __init__(self, transaction: Transaction, store: int) -> None:
        self._transaction, self._store = transaction, store
        self._known: dict[UUID, tuple[list[int], UUID | None] | None] = {}

    def inherit(self, seq: int, target: UUID) -> None:
        """Let the row be found by what its target, and what that refers to, is found by."""
        found: set[int] = set()
        following: UUID | None = target
        for _ in range(CHAIN):
            link = None if following is None else self._link(following)
            if link is None:
                break
            found.update(link[0])
            following = link[1]
        self._transaction.executemany(INDEX, [(self._store, term, seq) for term in sorted(found)])

    def _link(self, statement_id: UUID) -> tuple[list[int], UUID | None] | None:
        """A statement's own index numbers and what it refers to; None where it is not there."""
        if statement_id not in self._known:
            self._known[statement_id] = self._read(statement_id)
        return self._known[statement_id]

    def _read(self, statement_id: UUID) -> tuple[list[int], UUID | None] | None:
        row = self._transaction.execute(
            "SELECT s.raw, a.text FROM statement s JOIN authority a ON a.id = s.authority "
            "WHERE s.store = ? AND s.id = ?",
            (self._store, statement_id.bytes),
        ).fetchone()
        if row is None or row[0] is None:
            return None
        value = wire.parse_json(row[0])
        terms = xapi_terms.of(value, wire.parse_json(row[1].encode()))
        return _numbers(self._transaction, self._store, terms), reference(value)


def reference(value: JsonObject) -> UUID | None:
    """The id that the statement's object refers to, where it is a StatementRef."""
    target = value["object"]
    return UUID(target["id"]) if target.get("objectType") == "StatementRef" else None


def _arrive_late(transaction: Transaction, store: int, entry: Entry, seq: int, chains: _Chains) -> None:
    """What refers to this statement came before it: void it if one of them does, let all along the chain inherit."""
    for referrer_seq, raw in _referring(transaction, store, entry.id):
        if is_voiding(wire.parse_json(raw)) and not is_voiding(entry.value):
            transaction.execute(
                "UPDATE statement SET voided_by = ? WHERE store = ? AND seq = ? AND voided_by IS NULL",
                (referrer_seq, store, seq),
            )
    seen = {entry.id}
    level = {entry.id}
    for _ in range(CHAIN):
        above: set[UUID] = set()
        for target in level:
            for referrer_seq, raw in _referring(transaction, store, target):
                chains.inherit(referrer_seq, target)
                above.add(UUID(wire.parse_json(raw)["id"]))
        level = above - seen
        seen |= level


def _referring(reader: Reader, store: int, target: UUID) -> list[tuple[int, bytes]]:
    rows = reader.execute(
        "SELECT s.seq, s.raw FROM term t JOIN term_index i ON i.store = t.store AND i.term = 2 * t.id "
        "JOIN statement s ON s.store = i.store AND s.seq = i.seq "
        "WHERE t.store = ? AND t.kind = 's' AND t.value = ? AND s.raw IS NOT NULL",
        (store, str(target)),
    ).fetchall()
    return [(int(seq), bytes(raw)) for seq, raw in rows]


# --- finding ----------------------------------------------------------------------------------------------------------


class Filter(Struct, frozen=True):
    """One term that a statement must have; `wide` lets the wider index rows count too."""

    kind: str
    value: str
    wide: bool = False


class Window(Struct, frozen=True):
    """Which part of the log: `since_us < stored <= until_us`, `floor < seq <= ceiling`, of one credential if given."""

    since_us: int | None = None
    until_us: int | None = None
    floor: int = 0
    ceiling: int | None = None
    credential: int | None = None


PLACED = "SELECT s.seq, s.stored_us, s.raw, a.text FROM statement s JOIN authority a ON a.id = s.authority "
VISIBLE = "s.voided_by IS NULL AND s.raw IS NOT NULL"


def one(
    reader: Reader,
    store: int,
    statement_id: UUID,
    *,
    voided: bool,
    filters: Sequence[Filter] = (),
    credential: int | None = None,
) -> Placed | None:
    """A single statement by id, among the voided or among the others; None also where it is not within these bounds."""
    state = "s.voided_by IS NOT NULL AND s.raw IS NOT NULL" if voided else VISIBLE
    sql = f"{PLACED} WHERE s.store = ? AND s.id = ? AND {state} AND (? IS NULL OR s.credential = ?)"
    row = reader.execute(sql, (store, statement_id.bytes, credential, credential)).fetchone()
    if row is None or not _has_all(reader, store, int(row[0]), filters):
        return None
    return _placed(row)


def _has_all(reader: Reader, store: int, seq: int, filters: Sequence[Filter]) -> bool:
    """Whether the row has every term."""
    numbers = _numbers_of(reader, store, filters)
    if numbers is None:
        return False
    also = " ".join(f"AND {_has(terms)}" for terms in numbers)
    sql = f"SELECT 1 FROM statement k WHERE k.store = ? AND k.seq = ? {also}"  # noqa: S608  numbers
    return reader.execute(sql, (store, seq)).fetchone() is not None


def find(
    reader: Reader, store: int, filters: Sequence[Filter], window: Window, limit: int, *, ascending: bool
) -> list[Placed]:
    """Up to `limit` statements with every term, in the order of `stored`. Voided and redacted ones are not among them.

    First the numbers of the matching rows, then the rows: the numbers come ordered out of the index, and merging its
    narrow and its wide half stops as soon as there are enough.
    """
    numbers = _numbers_of(reader, store, filters)
    if numbers is None:
        return []
    low, high = _bounds(reader, store, window)
    order = "ASC" if ascending else "DESC"
    arms = [_arm(number, numbers[1:]) for number in numbers[0]] if numbers else [ALL_ROWS]
    sql = f"{' UNION '.join(arms)} ORDER BY seq {order} LIMIT :limit"
    parameters = {"store": store, "low": low, "high": high, "credential": window.credential, "limit": limit}
    found = [int(row[0]) for row in reader.execute(sql, parameters)]
    return _rows(reader, store, found)


IN_WINDOW = "k.store = :store AND k.seq > :low AND k.seq <= :high"
SEEN = (  # these two are put together from text that stands here
    "EXISTS (SELECT 1 FROM statement s WHERE s.store = k.store AND s.seq = k.seq AND "  # noqa: S608
    f"{VISIBLE} AND (:credential IS NULL OR s.credential = :credential))"
)
ALL_ROWS = f"SELECT k.seq AS seq FROM statement k WHERE {IN_WINDOW} AND {SEEN}"  # noqa: S608  the text above


def _arm(number: int, others: Sequence[tuple[int, ...]]) -> str:
    """The rows of one index term that have the other terms too. Only numbers of ours are written into the text."""
    also = " ".join(f"AND {_has(other)}" for other in others)
    return f"SELECT k.seq AS seq FROM term_index k WHERE k.term = {number:d} AND {IN_WINDOW} {also} AND {SEEN}"  # noqa: S608  a number


def _has(terms: tuple[int, ...]) -> str:
    listed = ",".join(f"{term:d}" for term in terms)
    rows = f"SELECT 1 FROM term_index j WHERE j.store = k.store AND j.seq = k.seq AND j.term IN ({listed})"  # noqa: S608  numbers
    return f"EXISTS ({rows})"


def _numbers_of(reader: Reader, store: int, filters: Sequence[Filter]) -> list[tuple[int, ...]] | None:
    """Index numbers for each filter, the rarest filter first; None where one of them occurs nowhere."""
    found: list[tuple[int, tuple[int, ...]]] = []
    for wanted in filters:
        row = reader.execute(
            "SELECT id, uses FROM term WHERE store = ? AND kind = ? AND value = ?", (store, wanted.kind, wanted.value)
        ).fetchone()
        if row is None:
            return None
        number = 2 * int(row[0])
        found.append((int(row[1]), (number, number + 1) if wanted.wide else (number,)))
    return [numbers for _, numbers in sorted(found)]


def _bounds(reader: Reader, store: int, window: Window) -> tuple[int, int]:
    """`since` (exclusive) and `until` (inclusive) as places of the log, since `stored` rises with `seq`."""
    low, high = window.floor, window.ceiling
    if window.since_us is not None:
        low = max(low, _last_until(reader, store, window.since_us))
    if window.until_us is not None:
        until = _last_until(reader, store, window.until_us)
        high = until if high is None else min(high, until)
    return low, last(reader, store) if high is None else high


def _last_until(reader: Reader, store: int, stored_us: int) -> int:
    row = reader.execute(
        "SELECT seq FROM statement WHERE store = ? AND stored_us <= ? ORDER BY stored_us DESC LIMIT 1",
        (store, stored_us),
    ).fetchone()
    return 0 if row is None else int(row[0])


def last(reader: Reader, store: int) -> int:
    """The last place of the log."""
    row = reader.execute("SELECT seq FROM head WHERE store = ?", (store,)).fetchone()
    return 0 if row is None else int(row[0])


def _rows(reader: Reader, store: int, numbers: Sequence[int]) -> list[Placed]:
    found: dict[int, Placed] = {}
    for row in many.find(reader.execute, f"{PLACED} WHERE s.store = ? AND s.seq IN (?)", (store,), numbers):
        found[int(row[0])] = _placed(row)
    return [found[number] for number in numbers]


def _placed(row: Row) -> Placed:
    return Placed(int(row[0]), int(row[1]), bytes(row[2]), str(row[3]).encode())


class LogRow(NamedTuple):
    """A row as the consumers of the log read it; `raw` is None where it was redacted."""

    seq: int
    id: UUID
    stored_us: int
    origin: int
    raw: bytes | None
    voided: bool


RECORD, UNIT, LONG = "\x1e", "\x1f", "\x1d"  # no JSON text has them unescaped (RFC 8259 7)
FOLLOW = (
    # One row for all of them: each row lets go of the interpreter and has to win it back from whoever computes.
    "SELECT group_concat(seq || char(31) || hex(id) || char(31) || stored_us || char(31) || origin || char(31) "
    "|| (voided_by IS NOT NULL) || char(31) "
    "|| CASE WHEN raw IS NULL THEN '' WHEN length(raw) > 65536 THEN char(29) ELSE CAST(raw AS TEXT) END, char(30)) "
    "FROM (SELECT seq, id, stored_us, origin, voided_by, raw FROM statement "
    "WHERE store = ? AND seq > ? ORDER BY seq LIMIT ?)"
)


def follow(reader: Reader, store: int, after: int, limit: int) -> list[LogRow]:
    """The next rows of the log behind a cursor, in order."""
    (joined,) = reader.execute(FOLLOW, (store, after, limit)).fetchone() or (None,)
    if joined is None:
        return []
    return sorted(_followed(reader, store, text) for text in joined.split(RECORD))  # an aggregate promises no order


def _followed(reader: Reader, store: int, text: str) -> LogRow:
    seq, statement_id, stored_us, origin, voided, kept = text.split(UNIT)
    raw: bytes | None = kept.encode() or None
    if kept == LONG:
        row = reader.execute("SELECT raw FROM statement WHERE store = ? AND seq = ?", (store, int(seq))).fetchone()
        raw = row[0] if row else None
    return LogRow(int(seq), UUID(statement_id), int(stored_us), int(origin), raw, voided == "1")
