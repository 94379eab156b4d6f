"""Launching an AU (cmi5 8.1, 10): everything that must be there before the lesson starts, in one transaction.

In this order: the registration's active session is abandoned (9.3.6), the session is made, LMS.LaunchData is written
(10), `launched` is stored (9.3.1), and only then is there a URL. The fetch address in it is known to nobody but its
reader: only a digest is kept.
"""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import Struct

from launcher.cmi5 import ids, launch_data, launch_url, statements, urls, vocabulary
from launcher.cmi5.course import AssignableUnit
from launcher.learning import courses, lms, registrations, sessions
from launcher.learning.lms import Desk
from launcher.learning.registrations import Registration
from lrs.errors import Conflict, Fault, Invalid
from lrs.store import documents
from lrs.store.documents import Key
from lrs.xapi import wire

CONTENT = "/content"
"""Where the files of packages are served: `/content/COURSE/NAME`."""


class Road(Struct, frozen=True):
    """How the lesson will reach us: the base of its addresses, and the service where it is over IPC. `pages` is the
    base for a page of a package, which a browser opens: it reaches us over the network, or, without one, not at all."""

    base: str
    ipc_service: str | None
    pages: str | None = None


class Wish(Struct, frozen=True):
    """What a launch is asked for. `au` is the zero-based index in document order."""

    course: str
    au: int
    actor: dict[str, Any]
    registration: str | None = None
    launch_mode: str = vocabulary.NORMAL
    return_url: str | None = None


class Launched(Struct, frozen=True):
    """A launch that may be opened now."""

    url: str
    registration: str
    session: str
    launch_method: str


class Issue(Struct, frozen=True):
    """What one launch issues: settled first, then written down in three places, which therefore agree."""

    session_id: str
    secret: str
    registration: Registration
    actor: dict[str, Any]
    au: AssignableUnit
    activity: str
    content: str
    launch_mode: str
    return_url: str | None


def launch(desk: Desk, wish: Wish, road: Road, fetch_seconds: int) -> Launched:
    """Launch. Raises `NotFound` for an unknown course or registration, `Invalid` for an AU that the course has not."""
    issue = _issue(desk, wish)
    for session in sessions.active(desk.transaction, desk.store, issue.registration.id):
        sessions.abandon(desk, session, "another session of the registration was launched")
    _write_session(desk, issue, fetch_seconds)
    _write_launch_data(desk, issue)
    lms.say(desk, [_launched(desk, issue)])
    return Launched(_url(issue, road), issue.registration.id, issue.session_id, issue.au.launch_method)


def digest(secret: str) -> str:
    """What is kept of the secret part of a fetch address."""
    return hashlib.sha256(secret.encode()).hexdigest()


# --- what is issued -------------------------------------------------------------------------------------------------


def _issue(desk: Desk, wish: Wish) -> Issue:
    school = lms.school(desk.transaction)
    course = courses.known(desk.transaction, desk.store, wish.course)
    _check(wish, len(course.structure.aus))
    au = course.structure.aus[wish.au]
    return Issue(
        session_id=str(desk.clock.uuid4()),
        secret=desk.clock.token(),
        registration=_registration(desk, wish),
        actor=wish.actor,
        au=au,
        activity=ids.au_activity_id(school, course.structure.id, course.version, au.id),
        content=ids.content_address(school, course.version, au.url),
        launch_mode=wish.launch_mode,
        return_url=wish.return_url,
    )


def _check(wish: Wish, count: int) -> None:
    faults = []
    if not 0 <= wish.au < count:
        faults.append(Fault("au", "cmi5 8.1", f"the course has the AUs 0 to {count - 1}, not {wish.au}"))
    if wish.launch_mode not in vocabulary.LAUNCH_MODES:
        modes = ", ".join(vocabulary.LAUNCH_MODES)
        faults.append(Fault("launchMode", "cmi5 10.2.2", f"the launch mode is one of {modes}"))
    if wish.return_url is not None and not _is_place(wish.return_url):
        detail = "the lesson goes there when it ends: give a whole address, such as https://school.example/courses"
        faults.append(Fault("returnURL", "cmi5 10.2.6", detail))
    if faults:
        raise Invalid.of(faults)


def _is_place(url: str) -> bool:
    """Whether a lesson may be sent there: an address by itself, and none that runs something in the lesson's name."""
    return urls.is_absolute_iri(url) and urls.scheme(url) not in urls.UNSAFE_SCHEMES


def _registration(desk: Desk, wish: Wish) -> Registration:
    """The one that was named, the learner's current one, or a new one."""
    learner = registrations.learner_key(wish.actor)
    if wish.registration is None:
        known = registrations.current(desk.transaction, desk.store, wish.course, learner)
        return known or registrations.create(desk, wish.course, wish.actor)
    found = registrations.get(desk.transaction, desk.store, wish.registration)
    if (found.course, found.learner) != (wish.course, learner):
        detail = f"registration {found.id} belongs to another learner or course"
        raise Invalid.of([Fault("registration", "cmi5 8.1.4.0-1", detail)])
    return found


# --- writing it down ------------------------------------------------------------------------------------------------


def _write_session(desk: Desk, issue: Issue, fetch_seconds: int) -> None:
    au, now_us = issue.au, desk.transaction.now_us
    values = (
        desk.store, issue.session_id, issue.registration.id, issue.registration.course, au.index,
        wire.dumps(issue.actor).decode(), issue.activity, au.id, issue.launch_mode, au.move_on,
        None if au.mastery_score is None else str(au.mastery_score), "launched", "[]", now_us, digest(issue.secret),
        now_us + fetch_seconds * 1_000_000,
    )  # fmt: skip
    desk.transaction.execute(
        "INSERT INTO session (store, id, registration, course, au, actor, activity, publisher_id, launch_mode, "
        "move_on, mastery_score, phase, used_verbs, launched_us, fetch_digest, fetch_until_us) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        values,
    )
    sessions.note(desk.transaction, desk.store, issue.session_id, "launched", issue.launch_mode)


def _write_launch_data(desk: Desk, issue: Issue) -> None:
    """cmi5 10: before the launch, under the launch's actor, activity and registration."""
    learner = registrations.learner_key(issue.actor)
    key = Key("state", vocabulary.STATE_LAUNCH_DATA, issue.activity, learner, issue.registration.id)
    content = launch_data.document(
        session_id=issue.session_id,
        publisher_id=issue.au.id,
        au=issue.au,
        launch_mode=issue.launch_mode,
        return_url=issue.return_url,
    )
    documents.put(desk.transaction, desk.store, key, "application/json", wire.dumps(content))


def _launched(desk: Desk, issue: Issue) -> dict[str, Any]:
    return statements.launched(
        statement_id=desk.clock.uuid4(),
        timestamp=desk.now,
        actor=issue.actor,
        registration=issue.registration.id,
        session_id=issue.session_id,
        activity_id=issue.activity,
        publisher_id=issue.au.id,
        au=issue.au,
        launch_mode=issue.launch_mode,
        launch_url=launch_url.recorded(issue.content),
    )


def _url(issue: Issue, road: Road) -> str:
    address = issue.au.url
    if urls.scheme(address) is None:
        if road.pages is None:
            raise Conflict(
                f"AU {issue.au.index} is a page of the course's package, which a browser opens over the network: serve "
                "with a TCP door (or --public-url) and xAPI on it, and launch over the network"
            )
        road = Road(road.pages, None)
        address = f"{road.base}{CONTENT}/{issue.registration.course}/{urls.normal_relative(address)}"
    return launch_url.build(
        address,
        endpoint=f"{road.base}/xapi",
        fetch=f"{road.base}/fetch/{issue.secret}",
        actor=issue.actor,
        registration=issue.registration.id,
        activity_id=issue.activity,
        ipc_service=road.ipc_service,
    )
