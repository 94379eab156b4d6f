"""Registrations: one enrolment of a learner in a course (cmi5 3), and what is satisfied in it (cmi5 9.3.9).

moveOn is evaluated at once when a registration is made: AUs that are NotApplicable are met, and blocks and courses made
of them are satisfied before anything is launched (9.6.1.1-3).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from launcher.cmi5 import ids, move_on, statements, vocabulary
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure
from launcher.cmi5.session import AuView
from launcher.learning import courses, lms
from launcher.learning.courses import KnownCourse
from lrs.clock import Clock
from lrs.errors import Conflict, NotFound
from lrs.store.promises import Here, Reader, Transaction
from lrs.xapi import timestamps


@dataclass(frozen=True, slots=True)
class Registration:
    """An enrolment as it is kept."""

    id: str
    course: str
    learner: str
    actor: dict[str, Any]


def create(
    transaction: Transaction,
    store: int,
    here: Here,
    clock: Clock,
    course_id: str,
    actor: dict[str, Any],
    registration_id: UUID | None = None,
) -> Registration:
    """Enrol a learner. `registration_id` adopts an enrolment made elsewhere; the same one again changes nothing."""
    course = courses.known(transaction, store, course_id)
    wanted = str(registration_id or clock.uuid4())
    known = _find(transaction, store, wanted)
    learner = actor["account"]["name"]
    if known is not None:
        if (known.course, known.actor) != (course_id, actor):
            raise Conflict(f"registration {wanted} exists for another learner or course")
        return known
    transaction.execute(
        "INSERT INTO registration (store, id, course, learner, actor, revision, created_us) VALUES (?,?,?,?,?,?,?)",
        (
            store,
            wanted,
            course_id,
            learner,
            json.dumps(actor),
            transaction.next_revision(store),
            transaction.now_us,
        ),
    )
    registration = Registration(wanted, course_id, learner, actor)
    values = satisfied_now(transaction, store, clock, registration, course, str(clock.uuid4()))
    lms.say(transaction, store, here, values)
    return registration


def get(reader: Reader, store: int, registration_id: str) -> Registration:
    """A registration by id."""
    found = _find(reader, store, registration_id)
    if found is None:
        raise NotFound(f"there is no registration {registration_id}")
    return found


def _find(reader: Reader, store: int, registration_id: str) -> Registration | None:
    row = reader.execute(
        "SELECT id, course, learner, actor FROM registration WHERE store = ? AND id = ?", (store, registration_id)
    ).fetchone()
    return None if row is None else Registration(row[0], row[1], row[2], json.loads(row[3]))


def current(reader: Reader, store: int, course_id: str, learner: str) -> Registration | None:
    """The learner's newest registration in a course."""
    row = reader.execute(
        "SELECT id, course, learner, actor FROM registration WHERE store = ? AND course = ? AND learner = ? "
        "ORDER BY revision DESC LIMIT 1",
        (store, course_id, learner),
    ).fetchone()
    return None if row is None else Registration(row[0], row[1], row[2], json.loads(row[3]))


def listed(reader: Reader, store: int) -> list[Registration]:
    """Every registration, oldest first."""
    rows = reader.execute(
        "SELECT id, course, learner, actor FROM registration WHERE store = ? ORDER BY revision", (store,)
    )
    return [Registration(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


# --- the state of its AUs -------------------------------------------------------------------------------------------------


def unit(reader: Reader, store: int, registration_id: str, au: int) -> AuView:
    """What is known of one AU in a registration."""
    row = reader.execute(
        "SELECT passed, completed, waived FROM unit WHERE store = ? AND registration = ? AND au = ?",
        (store, registration_id, au),
    ).fetchone()
    return AuView() if row is None else AuView(*map(bool, row))


def save_unit(
    transaction: Transaction, store: int, registration_id: str, au: int, criterion: str, view: AuView
) -> None:
    """Keep it, with the moveOn that was issued for it."""
    transaction.execute(
        "INSERT OR REPLACE INTO unit (store, registration, au, move_on, passed, completed, waived) VALUES (?,?,?,?,?,?,?)",
        (store, registration_id, au, criterion, view.passed, view.completed, view.waived),
    )


def satisfied_now(
    transaction: Transaction,
    store: int,
    clock: Clock,
    registration: Registration,
    course: KnownCourse,
    session_id: str,
) -> list[dict[str, Any]]:
    """The `satisfied` statements that are due and not yet made: innermost block first, the course last (9.3.9). They are
    noted as made."""
    units = {
        int(row[0]): (str(row[1]), AuView(*map(bool, row[2:])))
        for row in transaction.execute(
            "SELECT au, move_on, passed, completed, waived FROM unit WHERE store = ? AND registration = ?",
            (store, registration.id),
        )
    }
    rows = transaction.execute(
        "SELECT node FROM satisfied_node WHERE store = ? AND registration = ?", (store, registration.id)
    )
    already = frozenset(str(row[0]) for row in rows)

    def met(au: AssignableUnit) -> bool:
        criterion, view = units.get(au.index, (au.move_on, AuView()))
        return move_on.is_met(criterion, view)

    nodes = move_on.newly_satisfied(course.structure, met, already)
    _note(transaction, store, registration.id, nodes)
    return [_statement(transaction, clock, registration, course, node, session_id) for node in nodes]


def _note(transaction: Transaction, store: int, registration_id: str, nodes: Sequence[Block | CourseStructure]) -> None:
    transaction.executemany(
        "INSERT INTO satisfied_node (store, registration, node) VALUES (?,?,?)",
        [(store, registration_id, node.id) for node in nodes],
    )


def _statement(
    transaction: Transaction,
    clock: Clock,
    registration: Registration,
    course: KnownCourse,
    node: Block | CourseStructure,
    session_id: str,
) -> dict[str, Any]:
    school = lms.school(transaction)
    if isinstance(node, Block):
        activity = ids.block_activity_id(school, course.structure.id, course.version, node.id)
        kind = vocabulary.TYPE_BLOCK
    else:
        activity = ids.course_activity_id(school, course.structure.id, course.version)
        kind = vocabulary.TYPE_COURSE
    return statements.satisfied(
        statement_id=clock.uuid4(),
        timestamp=timestamps.format(transaction.now_us),
        actor=registration.actor,
        registration=registration.id,
        session_id=session_id,
        activity_id=activity,
        publisher_id=node.id,
        activity_type=kind,
    )
