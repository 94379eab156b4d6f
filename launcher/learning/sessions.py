"""Sessions as rows: what was issued at launch, how far each is, and what happened in it besides its statements.

The rules are in `launcher.cmi5.session`; here a row becomes the `SessionView` that they judge, and back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from launcher.cmi5 import launch_data, statements
from launcher.cmi5.session import SessionView
from launcher.learning import lms
from lrs.clock import Clock
from lrs.errors import NotFound
from lrs.store.promises import Here, Reader, Transaction
from lrs.xapi import timestamps

ACTIVE = ("launched", "initialized")
COLUMNS = (
    "id, registration, course, au, actor, activity, publisher_id, launch_mode, move_on, mastery_score, phase, "
    "used_verbs, launched_us, credential"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session's row: the view that rules judge, and where it belongs."""

    view: SessionView
    course: str
    au: int
    launched_us: int
    credential: int | None

    @property
    def active(self) -> bool:
        """Whether it still takes statements (cmi5 9.3)."""
        return self.view.phase in ACTIVE


def load(reader: Reader, store: int, session_id: str) -> Session:
    """A session by its cmi5 session id."""
    row = reader.execute(f"SELECT {COLUMNS} FROM session WHERE store = ? AND id = ?", (store, session_id)).fetchone()  # noqa: S608
    if row is None:
        raise NotFound(f"there is no session {session_id}")
    return _session(row)


def active(reader: Reader, store: int, registration_id: str) -> list[Session]:
    """The sessions of a registration that have not ended."""
    rows = reader.execute(
        f"SELECT {COLUMNS} FROM session WHERE store = ? AND registration = ? AND phase IN (?, ?)",  # noqa: S608
        (store, registration_id, *ACTIVE),
    ).fetchall()
    return [_session(row) for row in rows]


def _session(row: tuple[Any, ...]) -> Session:
    view = SessionView(
        id=row[0],
        registration=row[1],
        actor=json.loads(row[4]),
        activity_id=row[5],
        publisher_id=row[6],
        launch_mode=row[7],
        move_on=row[8],
        mastery_score=None if row[9] is None else Decimal(row[9]),
        context_template=launch_data.context_template(row[0], row[6]),
        phase=row[10],
        used_verbs=frozenset(json.loads(row[11])),
    )
    return Session(view, row[2], row[3], row[12], row[13])


def save(transaction: Transaction, store: int, view: SessionView) -> None:
    """Keep how far the session is."""
    transaction.execute(
        "UPDATE session SET phase = ?, used_verbs = ? WHERE store = ? AND id = ?",
        (view.phase, json.dumps(sorted(view.used_verbs)), store, view.id),
    )


def note(transaction: Transaction, store: int, session_id: str, kind: str, detail: str = "") -> None:
    """Add to the session's log."""
    transaction.execute(
        "INSERT INTO session_event (store, session, at_us, kind, detail) VALUES (?,?,?,?,?)",
        (store, session_id, transaction.now_us, kind, detail),
    )


def events(reader: Reader, store: int, session_id: str) -> list[tuple[int, str, str]]:
    """The session's log: when (µs), what, and more about it."""
    rows = reader.execute(
        "SELECT at_us, kind, detail FROM session_event WHERE store = ? AND session = ? ORDER BY id", (store, session_id)
    )
    return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]


def abandon(transaction: Transaction, store: int, here: Here, clock: Clock, session: Session, why: str) -> None:
    """End a session that did not end itself (cmi5 9.3.6): its duration runs from "launched" to its last statement."""
    view = session.view
    last_us = _last_statement_us(transaction, store, session)
    statement = statements.abandoned(
        statement_id=clock.uuid4(),
        timestamp=timestamps.format(transaction.now_us),
        actor=view.actor,
        registration=view.registration,
        session_id=view.id,
        activity_id=view.activity_id,
        publisher_id=view.publisher_id,
        duration=timestamps.format_duration(max(0, last_us - session.launched_us) / 1_000_000),  # 9.5.4.2-2
    )
    lms.say(transaction, store, here, [statement])
    transaction.execute("UPDATE session SET phase = 'abandoned' WHERE store = ? AND id = ?", (store, view.id))
    note(transaction, store, view.id, "abandoned", why)


def _last_statement_us(reader: Reader, store: int, session: Session) -> int:
    if session.credential is None:
        return session.launched_us
    row = reader.execute(
        "SELECT s.timestamp_us FROM term t JOIN term_index i ON i.store = t.store AND i.term = 2 * t.id "
        "JOIN statement s ON s.store = i.store AND s.seq = i.seq "
        "WHERE t.store = ? AND t.kind = 'r' AND t.value = ? AND s.credential = ? ORDER BY i.seq DESC LIMIT 1",
        (store, session.view.registration, session.credential),
    ).fetchone()
    return session.launched_us if row is None else int(row[0])
