"""Sessions as rows: what was issued at launch, how far each is, and what happened in it besides its statements.

The rules are in `launcher.cmi5.session`; here a row becomes the `SessionView` that they judge, and back.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from launcher.cmi5 import launch_data, statements
from launcher.cmi5.session import SessionView
from launcher.learning import lms
from launcher.learning.lms import Desk
from lrs.errors import NotFound
from lrs.store.promises import Reader, Transaction
from lrs.xapi import timestamps

ACTIVE = ("launched", "initialized")
COLUMNS = (
    "id, registration, course, au, actor, activity, publisher_id, launch_mode, move_on, mastery_score, phase, "
    "used_verbs, launched_us, credential"
)


class Session(Struct, frozen=True):
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
    row = reader.execute(
        f"SELECT {COLUMNS} FROM session WHERE store = ? AND id = ?",  # noqa: S608  our own column names
        (store, session_id),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no session {session_id}")
    return _session(row)


def moved(reader: Reader, store: int, issued: Session) -> Session:
    """A session that was loaded before, as far as it is now: what was issued at launch never changes."""
    row = reader.execute(
        "SELECT phase, used_verbs, credential FROM session WHERE store = ? AND id = ?", (store, issued.view.id)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no session {issued.view.id}")
    phase, used_verbs, credential = row
    view = replace(issued.view, phase=phase, used_verbs=frozenset(json.loads(used_verbs)))
    return replace(issued, view=view, credential=credential)


def active(reader: Reader, store: int, registration_id: str) -> list[Session]:
    """The sessions of a registration that have not ended."""
    rows = reader.execute(
        f"SELECT {COLUMNS} FROM session "  # noqa: S608  our own column names
        "WHERE store = ? AND registration = ? AND phase IN (?, ?) ORDER BY launched_us, id",
        (store, registration_id, *ACTIVE),
    ).fetchall()
    return [_session(row) for row in rows]


def _session(row: tuple[Any, ...]) -> Session:
    (
        session_id, registration, course, au, actor, activity, publisher_id, launch_mode, move_on, mastery_score, phase,
        used_verbs, launched_us, credential,
    ) = row  # fmt: skip
    view = SessionView(
        id=session_id,
        registration=registration,
        actor=json.loads(actor),
        activity_id=activity,
        publisher_id=publisher_id,
        launch_mode=launch_mode,
        move_on=move_on,
        mastery_score=None if mastery_score is None else Decimal(mastery_score),
        context_template=launch_data.context_template(session_id, publisher_id),
        phase=phase,
        used_verbs=frozenset(json.loads(used_verbs)),
    )
    return Session(view, course, au, launched_us, credential)


def save(transaction: Transaction, store: int, view: SessionView) -> None:
    """Keep how far the session is."""
    transaction.execute(
        "UPDATE session SET phase = ?, used_verbs = ? WHERE store = ? AND id = ?",
        (view.phase, json.dumps(sorted(view.used_verbs)), store, view.id),
    )


# --- the session's log ----------------------------------------------------------------------------------------------


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


# --- the end that a session did not make itself -----------------------------------------------------------------------


def abandon(desk: Desk, session: Session, why: str) -> None:
    """End a session that did not end itself (cmi5 9.3.6)."""
    view = session.view
    statement = statements.abandoned(
        statement_id=desk.clock.uuid4(),
        timestamp=desk.now,
        actor=view.actor,
        registration=view.registration,
        session_id=view.id,
        activity_id=view.activity_id,
        publisher_id=view.publisher_id,
        duration=timestamps.format_duration(_lasted_us(desk, session) / 1_000_000),
    )
    lms.say(desk, [statement])
    desk.transaction.execute("UPDATE session SET phase = 'abandoned' WHERE store = ? AND id = ?", (desk.store, view.id))
    note(desk.transaction, desk.store, view.id, "abandoned", why)


def _lasted_us(desk: Desk, session: Session) -> int:
    """From "launched" to the lesson's last statement (9.5.4.2-2). A lesson's clock may be wrong: never more than the
    time that has really passed."""
    said_us = _last_said_us(desk.transaction, desk.store, session)
    return max(0, min(said_us, desk.transaction.now_us) - session.launched_us)


def _last_said_us(reader: Reader, store: int, session: Session) -> int:
    """The latest time that a statement of the session names; statements may arrive in another order than they name."""
    row = reader.execute(
        "SELECT max(s.timestamp_us) FROM term t JOIN term_index i ON i.store = t.store AND i.term = 2 * t.id "
        "JOIN statement s ON s.store = i.store AND s.seq = i.seq "
        "WHERE t.store = ? AND t.kind = 'r' AND t.value = ? AND s.credential = ?",
        (store, session.view.registration, session.credential),
    ).fetchone()
    return session.launched_us if row is None or row[0] is None else int(row[0])
