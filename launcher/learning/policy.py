"""What a lesson may do with its token: cmi5's session rules as the record store's `Policy` (cmi5 9, 10, 11).

Rules judge what comes under a session's token, and nothing else: what sync brings was judged by the LMS that made it.
A refusal is `Forbidden` and carries every broken requirement. Judging happens inside the write transaction, so of two
`completed` that race one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from launcher.cmi5 import preferences, vocabulary
from launcher.cmi5 import session as rules
from launcher.cmi5.session import AuView
from launcher.learning import courses, lms, registrations, sessions
from launcher.learning.lms import Desk
from launcher.learning.sessions import Session
from lrs.auth.credentials import Principal
from lrs.clock import Clock
from lrs.errors import Fault, Forbidden
from lrs.http.parts import DocumentChange
from lrs.store.documents import Key
from lrs.store.entry import Entry
from lrs.store.log import Filter
from lrs.store.promises import Here, Reader, Transaction
from lrs.xapi import agents

REMEMBERED = 2_000


class LessonPolicy:
    """The seam's other side."""

    def __init__(self, here: Here, clock: Clock) -> None:
        self._here = here
        self._clock = clock
        self._issued: dict[tuple[int, str], Session] = {}

    def concerns(self, principal: Principal) -> bool:
        return principal.session is not None

    def screen(self, reader: Reader, values: Sequence[Any], principal: Principal) -> None:
        view = self._as_issued(reader, principal).view
        faults: list[Fault] = []
        for number, value in enumerate(values):
            prefix = f"statements[{number}]." if len(values) > 1 else ""
            faults += [
                Fault(prefix + fault.path, fault.requirement, fault.detail) for fault in rules.screen(value, view)
            ]
        _refuse(faults)

    def judge_statement(self, transaction: Transaction, entry: Entry, principal: Principal) -> None:
        session = self._session(transaction, principal)
        view, store = session.view, principal.store
        if not rules.is_defined(entry.value):  # what is only cmi5 allowed depends on the phase alone and moves nothing
            _refuse(rules.judge(entry.value, view, AuView()))
            return
        unit = registrations.unit(transaction, store, view.registration, session.au)
        _refuse(rules.judge(entry.value, view, unit))
        moved, changed = rules.advance(entry.value, view, unit)
        if moved != view:
            sessions.save(transaction, store, moved)
        if changed != unit:
            registrations.save_unit(transaction, store, view.registration, session.au, view.move_on, changed)

    def follow(self, transaction: Transaction, entry: Entry, principal: Principal) -> Sequence[Entry]:
        """`satisfied`, at once and before `terminated` can come (cmi5 9.3.9)."""
        moves_on = rules.verb_of(entry.value) in (vocabulary.PASSED, vocabulary.COMPLETED)
        if not (moves_on and rules.is_defined(entry.value)):
            return ()
        desk = Desk(transaction, principal.store, self._here, self._clock)
        view = self._session(transaction, principal).view
        registration = registrations.get(transaction, desk.store, view.registration)
        course = courses.known(transaction, desk.store, registration.course)
        due = registrations.satisfied_now(desk, registration, course, view.id)
        return [lms.entry(desk, value) for value in due]

    def judge_document(self, transaction: Transaction, change: DocumentChange, principal: Principal) -> None:
        session = self._session(transaction, principal)
        _refuse(_ended(session) or _foreign(change.key, session) or _reserved(change))

    def scope_reads(self, reader: Reader, principal: Principal) -> Sequence[Filter]:
        session = self._session(reader, principal)
        _refuse(_ended(session))
        view = session.view
        return Filter("g", agents.key(view.actor) or "", wide=True), Filter("r", view.registration)

    def scope_document(self, reader: Reader, key: Key, principal: Principal) -> None:
        session = self._session(reader, principal)
        _refuse(_ended(session) or _foreign(key, session))

    def _session(self, reader: Reader, principal: Principal) -> Session:
        """The sender's session as it stands."""
        return sessions.moved(reader, principal.store, self._as_issued(reader, principal))

    def _as_issued(self, reader: Reader, principal: Principal) -> Session:
        """The sender's session as it was when it was first met here: right in all that was issued at launch."""
        key = (principal.store, principal.session or "")
        issued = self._issued.get(key)
        if issued is None:
            issued = sessions.load(reader, *key)
            if len(self._issued) >= REMEMBERED:
                self._issued.clear()
            self._issued[key] = issued
        return issued


def _ended(session: Session) -> list[Fault]:
    """The token is limited to the duration of the session (8.2.1.0-6)."""
    if session.active:
        return []
    return [Fault("", "cmi5 8.2.1.0-6", f"the session has been {session.view.phase}, and its token with it")]


def _foreign(key: Key, session: Session) -> list[Fault]:
    """A session's token opens its own learner's documents for its own AU, and no other."""
    view = session.view
    faults: list[Fault] = []
    if key.kind != "agent_profile" and key.activity != view.activity_id:
        faults.append(Fault("activityId", "cmi5 8.1.5", "this session is of another activity"))
    if key.kind != "activity_profile" and key.agent != agents.key(view.actor):
        requirement = "8.1.3.0-3 (d)" if key.kind == "state" else "11.0.0.0-1 (d)"
        faults.append(Fault("agent", f"cmi5 {requirement}", "this session is of another learner"))
    if key.kind == "state" and key.registration != view.registration:
        detail = "this session is of another registration; name it in the request"
        faults.append(Fault("registration", "cmi5 8.1.4.0-3 (d)", detail))
    return faults


def _reserved(change: DocumentChange) -> list[Fault]:
    """What is the learner's own and still not the lesson's to change (10, 11)."""
    key = change.key
    if key.kind == "state" and key.name == vocabulary.STATE_LAUNCH_DATA:
        return [Fault("stateId", "cmi5 10.2.1.0-5 (d)", "LMS.LaunchData is the LMS's: a lesson may only read it")]
    if key.kind == "state" and not key.name:
        detail = "this would take LMS.LaunchData away too: name the document by its stateId"
        return [Fault("stateId", "cmi5 10.2.1.0-5 (d)", detail)]
    if key.kind == "agent_profile":
        return preferences.faults(change.method, key.name, change.content)
    return []


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Forbidden(f"{faults[0]}{more}", faults)
