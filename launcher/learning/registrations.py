"""Registrations: one enrolment of a learner in a course (cmi5 3), and what is satisfied in it (cmi5 9.3.9).

moveOn is evaluated at once when a registration is made: AUs that are NotApplicable are met, and blocks and courses made
of them are satisfied before anything is launched (9.6.1.1-3). A learner is known by the key of the actor (homePage and
account name), so that people of two schools with one account name are two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from launcher.cmi5 import ids, move_on, statements, vocabulary
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure
from launcher.cmi5.session import AuView
from launcher.learning import courses, lms
from launcher.learning.courses import KnownCourse
from launcher.learning.lms import Desk
from lrs.errors import Conflict, NotFound
from lrs.store.promises import Reader, Transaction
from lrs.xapi import agents

COLUMNS = "id, course, learner, actor"


class Registration(Struct, frozen=True):
    """An enrolment as it is kept. `learner` is the key of the actor."""

    id: str
    course: str
    learner: str
    actor: dict[str, Any]


def create(desk: Desk, course_id: str, actor: dict[str, Any], registration_id: UUID | None = None) -> Registration:
    """Enrol a learner. `registration_id` adopts an enrolment made elsewhere; the same one again changes nothing."""
    course = courses.known(desk.transaction, desk.store, course_id)
    wanted = Registration(str(registration_id or desk.clock.uuid4()), course_id, learner_key(actor), actor)
    known = _find(desk.transaction, desk.store, wanted.id)
    if known is not None:
        if (known.course, known.learner) != (wanted.course, wanted.learner):
            raise Conflict(f"registration {wanted.id} exists for another learner or course")
        return known
    _insert(desk, wanted)
    lms.say(desk, satisfied_now(desk, wanted, course, str(desk.clock.uuid4())))
    return wanted


def learner_key(actor: dict[str, Any]) -> str:
    """The one text by which a learner is known, whatever else the actor says (a name, for instance)."""
    return agents.key(actor) or ""


def _insert(desk: Desk, made: Registration) -> None:
    revision = desk.transaction.next_revision(desk.store)
    desk.transaction.execute(
        "INSERT INTO registration (store, id, course, learner, actor, revision, created_us) VALUES (?,?,?,?,?,?,?)",
        (desk.store, made.id, made.course, made.learner, json.dumps(made.actor), revision, desk.transaction.now_us),
    )


def get(reader: Reader, store: int, registration_id: str) -> Registration:
    """A registration by id."""
    found = _find(reader, store, registration_id)
    if found is None:
        raise NotFound(f"there is no registration {registration_id}")
    return found


def _find(reader: Reader, store: int, registration_id: str) -> Registration | None:
    row = reader.execute(
        f"SELECT {COLUMNS} FROM registration WHERE store = ? AND id = ?",  # noqa: S608  our own column names
        (store, registration_id),
    ).fetchone()
    return None if row is None else _registration(row)


def current(reader: Reader, store: int, course_id: str, learner: str) -> Registration | None:
    """The learner's newest registration in a course."""
    row = reader.execute(
        f"SELECT {COLUMNS} FROM registration "  # noqa: S608  our own column names
        "WHERE store = ? AND course = ? AND learner = ? ORDER BY revision DESC LIMIT 1",
        (store, course_id, learner),
    ).fetchone()
    return None if row is None else _registration(row)


def listed(reader: Reader, store: int) -> list[Registration]:
    """Every registration, oldest first."""
    rows = reader.execute(
        f"SELECT {COLUMNS} FROM registration WHERE store = ? ORDER BY revision",  # noqa: S608  our own column names
        (store,),
    )
    return [_registration(row) for row in rows]


def learners_of(reader: Reader, store: int, course_id: str) -> dict[str, str]:
    """Learner by registration, for every registration in a course."""
    rows = reader.execute("SELECT id, learner FROM registration WHERE store = ? AND course = ?", (store, course_id))
    return {str(row[0]): str(row[1]) for row in rows}


def of_learner(reader: Reader, store: int, learner: str) -> list[Registration]:
    """Every registration of a learner, oldest first."""
    rows = reader.execute(
        f"SELECT {COLUMNS} FROM registration "  # noqa: S608  our own column names
        "WHERE store = ? AND learner = ? ORDER BY revision",
        (store, learner),
    )
    return [_registration(row) for row in rows]


def _registration(row: tuple[Any, ...]) -> Registration:
    return Registration(row[0], row[1], row[2], json.loads(row[3]))


# --- the state of its AUs -------------------------------------------------------------------------------------------


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
        "INSERT OR REPLACE INTO unit (store, registration, au, move_on, passed, completed, waived) "
        "VALUES (?,?,?,?,?,?,?)",
        (store, registration_id, au, criterion, view.passed, view.completed, view.waived),
    )


# --- what is satisfied ------------------------------------------------------------------------------------------------


def satisfied_now(desk: Desk, registration: Registration, course: KnownCourse, session_id: str) -> list[dict[str, Any]]:
    """The `satisfied` statements that are due and not yet made: innermost block first, the course last (9.3.9).

    They are noted as made, and `session_id` is that of the session which led to them, else a fresh one.
    """
    nodes = _due(desk.transaction, desk.store, registration.id, course.structure)
    desk.transaction.executemany(
        "INSERT INTO satisfied_node (store, registration, node) VALUES (?,?,?)",
        [(desk.store, registration.id, node.id) for node in nodes],
    )
    return [_satisfied(desk, registration, course, node, session_id) for node in nodes]


def _due(
    reader: Reader, store: int, registration_id: str, structure: CourseStructure
) -> Sequence[Block | CourseStructure]:
    units = {
        int(row[0]): (str(row[1]), AuView(*map(bool, row[2:])))
        for row in reader.execute(
            "SELECT au, move_on, passed, completed, waived FROM unit WHERE store = ? AND registration = ?",
            (store, registration_id),
        )
    }
    rows = reader.execute(
        "SELECT node FROM satisfied_node WHERE store = ? AND registration = ?", (store, registration_id)
    )

    def met(au: AssignableUnit) -> bool:
        criterion, view = units.get(au.index, (au.move_on, AuView()))
        return move_on.is_met(criterion, view)

    return move_on.newly_satisfied(structure, met, frozenset(str(row[0]) for row in rows))


def _satisfied(
    desk: Desk, registration: Registration, course: KnownCourse, node: Block | CourseStructure, session_id: str
) -> dict[str, Any]:
    school = lms.school(desk.transaction)
    if isinstance(node, Block):
        activity = ids.block_activity_id(school, course.structure.id, course.version, node.id)
        kind = vocabulary.TYPE_BLOCK
    else:
        activity = ids.course_activity_id(school, course.structure.id, course.version)
        kind = vocabulary.TYPE_COURSE
    return statements.satisfied(
        statement_id=desk.clock.uuid4(),
        timestamp=desk.now,
        actor=registration.actor,
        registration=registration.id,
        session_id=session_id,
        activity_id=activity,
        publisher_id=node.id,
        activity_type=kind,
    )
