"""Launching an AU (cmi5 8.1, 10): everything that must be there before the lesson starts, in one transaction.

In this order: the registration's active session is abandoned (9.3.6), the session is made, LMS.LaunchData is written
(10), `launched` is stored (9.3.1), and only then is there a URL. The fetch address in it is known to nobody but its
reader: only a digest is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from launcher.cmi5 import ids, launch_data, launch_url, statements, vocabulary
from launcher.cmi5.course import AssignableUnit
from launcher.learning import courses, lms, registrations, sessions
from launcher.learning.registrations import Registration
from lrs.clock import Clock
from lrs.errors import Fault, Invalid
from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.promises import Here, Transaction
from lrs.xapi import agents, timestamps, wire


@dataclass(frozen=True, slots=True)
class Road:
    """How the lesson will reach us: the base of its addresses, and the service where it is over IPC."""

    base: str
    ipc_service: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a launch is asked for. `au` is the zero-based index in document order."""

    course: str
    au: int
    actor: dict[str, Any]
    registration: str | None = None
    launch_mode: str = vocabulary.NORMAL
    return_url: str | None = None


@dataclass(frozen=True, slots=True)
class Launched:
    """A launch that may be opened now."""

    url: str
    registration: str
    session: str
    launch_method: str


def launch(
    transaction: Transaction, store: int, here: Here, clock: Clock, wish: Wish, road: Road, fetch_seconds: int
) -> Launched:
    """Launch. Raises `NotFound` for an unknown course or registration, `Invalid` for an AU that the course has not."""
    school = lms.school(transaction)
    course = courses.known(transaction, store, wish.course)
    au = _unit(course.structure.aus, wish)
    registration = _registration(transaction, store, here, clock, wish)
    for session in sessions.active(transaction, store, registration.id):
        sessions.abandon(transaction, store, here, clock, session, "another session of the registration was launched")
    session_id, secret = str(clock.uuid4()), clock.token()
    activity = ids.au_activity_id(school, course.structure.id, course.version, au.id)
    _write_session(transaction, store, registration, au, activity, session_id, wish, secret, fetch_seconds)
    _write_launch_data(transaction, store, registration, au, activity, session_id, wish)
    launched = statements.launched(
        statement_id=clock.uuid4(),
        timestamp=timestamps.format(transaction.now_us),
        actor=registration.actor,
        registration=registration.id,
        session_id=session_id,
        activity_id=activity,
        publisher_id=au.id,
        au=au,
        launch_mode=wish.launch_mode,
        launch_url=launch_url.recorded(ids.content_address(school, course.version, au.url)),
    )
    lms.say(transaction, store, here, [launched])
    url = launch_url.build(
        au.url,
        endpoint=f"{road.base}/xapi",
        fetch=f"{road.base}/fetch/{secret}",
        actor=registration.actor,
        registration=registration.id,
        activity_id=activity,
        ipc_service=road.ipc_service,
    )
    return Launched(url, registration.id, session_id, au.launch_method)


def digest(secret: str) -> str:
    """What is kept of the secret part of a fetch address."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _unit(aus: tuple[AssignableUnit, ...], wish: Wish) -> AssignableUnit:
    faults = []
    if not 0 <= wish.au < len(aus):
        faults.append(Fault("au", "cmi5 8.1", f"the course has the AUs 0 to {len(aus) - 1}, not {wish.au}"))
    if wish.launch_mode not in vocabulary.LAUNCH_MODES:
        faults.append(
            Fault("launchMode", "cmi5 10.2.2", f"the launch mode is one of {', '.join(vocabulary.LAUNCH_MODES)}")
        )
    if faults:
        raise Invalid.of(faults)
    return aus[wish.au]


def _registration(transaction: Transaction, store: int, here: Here, clock: Clock, wish: Wish) -> Registration:
    """The one that was named, the learner's current one, or a new one."""
    if wish.registration is not None:
        found = registrations.get(transaction, store, wish.registration)
        if (found.course, found.actor) != (wish.course, wish.actor):
            detail = f"registration {found.id} belongs to another learner or course"
            raise Invalid.of([Fault("registration", "cmi5 8.1.4", detail)])
        return found
    learner = wish.actor["account"]["name"]
    found_or_none = registrations.current(transaction, store, wish.course, learner)
    if found_or_none is not None and found_or_none.actor == wish.actor:
        return found_or_none
    return registrations.create(transaction, store, here, clock, wish.course, wish.actor)


def _write_session(
    transaction: Transaction,
    store: int,
    registration: Registration,
    au: AssignableUnit,
    activity: str,
    session_id: str,
    wish: Wish,
    secret: str,
    fetch_seconds: int,
) -> None:
    mastery = None if au.mastery_score is None else str(au.mastery_score)
    values = {
        "store": store,
        "id": session_id,
        "registration": registration.id,
        "course": registration.course,
        "au": au.index,
        "actor": wire.dumps(registration.actor).decode(),
        "activity": activity,
        "publisher_id": au.id,
        "launch_mode": wish.launch_mode,
        "move_on": au.move_on,
        "mastery_score": mastery,
        "phase": "launched",
        "used_verbs": "[]",
        "launched_us": transaction.now_us,
        "fetch_digest": digest(secret),
        "fetch_until_us": transaction.now_us + fetch_seconds * 1_000_000,
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    transaction.execute(f"INSERT INTO session ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608  our names
    sessions.note(transaction, store, session_id, "launched", wish.launch_mode)


def _write_launch_data(
    transaction: Transaction,
    store: int,
    registration: Registration,
    au: AssignableUnit,
    activity: str,
    session_id: str,
    wish: Wish,
) -> None:
    """cmi5 10: before the launch, under the launch's actor, activity and registration."""
    agent = agents.key(registration.actor)
    key = Key("state", vocabulary.STATE_LAUNCH_DATA, activity, agent or "", registration.id)
    content = launch_data.document(
        session_id=session_id, publisher_id=au.id, au=au, launch_mode=wish.launch_mode, return_url=wish.return_url
    )
    documents.put(transaction, store, key, "application/json", wire.dumps(content))
