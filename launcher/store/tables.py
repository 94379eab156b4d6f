"""The launcher's tables, as SQLModel classes: people, courses, registrations, sessions, progress.

They lie in the record store's database, so that a launch and its statements are one transaction, and have a migration
history of their own; nothing of the record store refers to them. Every table leads with `store`. Rows of collections
that will be synced (people, courses, registrations) carry the `revision` that the head row gave their last change.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, MetaData
from sqlmodel import SQLModel

from lrs.store.tables import big, blob, row_id, text

launcher_metadata = MetaData()


class LauncherTable(SQLModel):
    """Base of the launcher's tables."""

    metadata: ClassVar[MetaData] = launcher_metadata
    __table_args__: Any = ()


class Person(LauncherTable, table=True):
    """Somebody of the school, in OneRoster's words (`sourcedId` is `id`). Names are here and nowhere else."""

    __tablename__ = "person"
    store: int = big(primary_key=True)
    id: str = text(primary_key=True)
    given_name: str = text()
    family_name: str = text()
    role: str = text()
    status: str = text()
    revision: int = big()
    created_us: int = big()


class Course(LauncherTable, table=True):
    """A version of a course. `id` is the last part of its activity id, so it is the same on every device of a school;
    `source` is its `cmi5.xml`, byte for byte, and `package` the name of the folder that keeps the package it came in,
    or None where it came alone."""

    __tablename__ = "course"
    store: int = big(primary_key=True)
    id: str = text(primary_key=True)
    publisher_id: str = text()
    version: str = text()
    title: str = text()
    structure: bytes = blob()
    source: bytes = blob()
    revision: int = big()
    imported_us: int = big()
    package: str | None = text(nullable=True)


class Activity(LauncherTable, table=True):
    """Which course, block or AU an activity id of ours means. `au` is the zero-based index in document order."""

    __tablename__ = "activity"
    store: int = big(primary_key=True)
    iri: str = text(primary_key=True)
    course: str = text()
    kind: str = text()
    publisher_id: str = text()
    au: int | None = big(nullable=True)


class Registration(LauncherTable, table=True):
    """One enrolment of a learner in a course (cmi5 3). `learner` is the key of the actor: homePage and account name."""

    __tablename__ = "registration"
    __table_args__ = (Index("registration_learner", "store", "course", "learner"),)
    store: int = big(primary_key=True)
    id: str = text(primary_key=True)
    course: str = text()
    learner: str = text()
    actor: str = text()
    revision: int = big()
    created_us: int = big()


class Unit(LauncherTable, table=True):
    """What session rules need to know of an AU in a registration: every session of it so far, on this device."""

    __tablename__ = "unit"
    store: int = big(primary_key=True)
    registration: str = text(primary_key=True)
    au: int = big(primary_key=True)
    move_on: str = text()
    passed: int = big()
    completed: int = big()
    waived: int = big()


class SatisfiedNode(LauncherTable, table=True):
    """A block or course that has its `satisfied` statement in a registration; `node` is its publisher id."""

    __tablename__ = "satisfied_node"
    store: int = big(primary_key=True)
    registration: str = text(primary_key=True)
    node: str = text(primary_key=True)


class Session(LauncherTable, table=True):
    """One launch of an AU (cmi5 3): what was issued, and how far it is. The token's address is kept as a digest."""

    __tablename__ = "session"
    __table_args__ = (
        Index("session_fetch", "fetch_digest", unique=True),
        Index("session_registration", "store", "registration", "phase"),
    )
    store: int = big(primary_key=True)
    id: str = text(primary_key=True)
    registration: str = text()
    course: str = text()
    au: int = big()
    actor: str = text()
    activity: str = text()
    publisher_id: str = text()
    launch_mode: str = text()
    move_on: str = text()
    mastery_score: str | None = text(nullable=True)
    phase: str = text()
    used_verbs: str = text()
    launched_us: int = big()
    fetch_digest: str = text()
    fetch_until_us: int = big()
    fetched_us: int | None = big(nullable=True)
    credential: int | None = big(nullable=True)


class SessionEvent(LauncherTable, table=True):
    """What happened in a session besides its statements, in order."""

    __tablename__ = "session_event"
    __table_args__ = (Index("session_event_of", "store", "session"),)
    id: int = row_id()
    store: int = big()
    session: str = text()
    at_us: int = big()
    kind: str = text()
    detail: str = text()


class Progress(LauncherTable, table=True):
    """The projection of the log that pages read: one row for each activity in each registration.

    `learner` is the key of the actor.
    Times are the earliest (`…_us`) or latest (`last_us`) that the statements name, so that the order in which devices
    sync them changes nothing.
    """

    __tablename__ = "progress"
    store: int = big(primary_key=True)
    registration: str = text(primary_key=True)
    activity: str = text(primary_key=True)
    learner: str = text()
    first_us: int = big()
    last_us: int = big()
    launches: int = big()
    passed_us: int | None = big(nullable=True)
    failed_us: int | None = big(nullable=True)
    completed_us: int | None = big(nullable=True)
    satisfied_us: int | None = big(nullable=True)
    waived_us: int | None = big(nullable=True)
    best_score: str | None = text(nullable=True)
    latest_score: str | None = text(nullable=True)
    latest_score_us: int | None = big(nullable=True)
    stored_us: int = big()
