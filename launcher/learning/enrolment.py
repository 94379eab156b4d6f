"""One registration in full, for whoever wants to know why a course is or is not done.

Two sources, and both are shown: what this program judged by (`unit`: the sessions launched here, and the moveOn that
was issued to them), and what every statement here says, those of other devices among them (the progress projection).
"""

from __future__ import annotations

from msgspec import Struct

from launcher.cmi5 import ids, move_on
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure
from launcher.cmi5.session import AuView
from launcher.learning import courses, lms, registrations
from launcher.learning.registrations import Registration
from launcher.progress import projection
from launcher.progress.fold import Cell, words
from lrs.store.promises import Reader


class Launch(Struct, frozen=True):
    """One session of an AU, begun here."""

    session: str
    mode: str
    phase: str
    launched_us: int


class Unit(Struct, frozen=True):
    """How one AU stands. `criterion` is the moveOn that counts, `met` whether it is fulfilled (cmi5 9.3.9)."""

    au: AssignableUnit
    criterion: str
    met: bool
    passed: bool
    completed: bool
    waived: bool
    words: str
    cell: Cell | None
    launches: tuple[Launch, ...]


class Part(Struct, frozen=True):
    """A block, or the whole course, and whether it has its `satisfied`."""

    id: str
    title: str
    satisfied: bool


class Enrolment(Struct, frozen=True):
    """A registration, its course and how everything in it stands."""

    registration: Registration
    course: Part
    blocks: tuple[Part, ...]
    units: tuple[Unit, ...]


def look(reader: Reader, store: int, registration_id: str) -> Enrolment:
    """Everything about one registration. Raises `NotFound`."""
    registration = registrations.get(reader, store, registration_id)
    course = courses.known(reader, store, registration.course)
    structure, school = course.structure, lms.school(reader)
    said = {str(row[0]) for row in reader.execute(SATISFIED, (store, registration_id))}

    def part(node: Block | CourseStructure, activity: str) -> Part:
        cell = projection.cell(reader, store, registration_id, activity)
        heard = cell is not None and cell.satisfied_us is not None
        return Part(node.id, courses.title(node.title), node.id in said or heard)

    def block_id(block: Block) -> str:
        return ids.block_activity_id(school, structure.id, course.version, block.id)

    return Enrolment(
        registration,
        part(structure, ids.course_activity_id(school, structure.id, course.version)),
        tuple(part(block, block_id(block)) for block in structure.blocks),
        tuple(
            _unit(reader, store, registration, au, ids.au_activity_id(school, structure.id, course.version, au.id))
            for au in structure.aus
        ),
    )


SATISFIED = "SELECT node FROM satisfied_node WHERE store = ? AND registration = ?"
ISSUED = "SELECT move_on FROM unit WHERE store = ? AND registration = ? AND au = ?"
LAUNCHES = (
    "SELECT id, launch_mode, phase, launched_us FROM session "
    "WHERE store = ? AND registration = ? AND au = ? ORDER BY launched_us, id"
)


def _unit(reader: Reader, store: int, registration: Registration, au: AssignableUnit, activity: str) -> Unit:
    place = (store, registration.id, au.index)
    issued = reader.execute(ISSUED, place).fetchone()
    criterion = au.move_on if issued is None else str(issued[0])
    here = registrations.unit(reader, store, registration.id, au.index)
    cell = projection.cell(reader, store, registration.id, activity)
    view = AuView(
        here.passed or (cell is not None and cell.passed_us is not None),
        here.completed or (cell is not None and cell.completed_us is not None),
        here.waived or (cell is not None and cell.waived_us is not None),
    )
    return Unit(
        au,
        criterion,
        move_on.is_met(criterion, view),
        view.passed,
        view.completed,
        view.waived,
        words(cell),
        cell,
        tuple(Launch(str(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in reader.execute(LAUNCHES, place)),
    )
