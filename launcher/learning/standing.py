"""How everybody stands: projection, courses, enrolments and roster brought together for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from launcher.cmi5 import ids
from launcher.cmi5.course import AssignableUnit, Block, Node
from launcher.learning import courses, lms, registrations
from launcher.learning.courses import KnownCourse
from launcher.people import roster
from launcher.progress import projection
from launcher.progress.fold import Cell
from launcher.progress.grid import Column, Table, table
from lrs.errors import Conflict
from lrs.store.promises import Reader


def tables(reader: Reader, store: int) -> Sequence[Table]:
    """The grid of every course here; none where no school is set."""
    try:
        school = lms.school(reader)
    except Conflict:
        return ()
    names = {registrations.learner_key(ids.actor(school, one.id)): one.name for one in roster.listed(reader, store)}
    cells = projection.cells(reader, store)
    enrolled: dict[str, dict[str, str]] = {}
    for one in registrations.listed(reader, store):
        enrolled.setdefault(one.course, {})[one.id] = one.learner
    return [
        _table(course, school, cells, enrolled.get(course.id, {}), names) for course in courses.all_known(reader, store)
    ]


def _table(
    course: KnownCourse, school: str, cells: Sequence[Cell], enrolled: Mapping[str, str], names: Mapping[str, str]
) -> Table:
    structure = course.structure

    def au_id(au: AssignableUnit) -> str:
        return ids.au_activity_id(school, structure.id, course.version, au.id)

    def block_id(block: Block) -> str:
        return ids.block_activity_id(school, structure.id, course.version, block.id)

    columns = [column for node in structure.children for column in _columns(node, au_id, block_id)]
    whole = ids.course_activity_id(school, structure.id, course.version)
    return table(courses.title(structure.title), whole, columns, cells, enrolled, names)


def _columns(node: Node, au_id: Callable[[AssignableUnit], str], block_id: Callable[[Block], str]) -> Iterator[Column]:
    """Document order, a block before what is in it."""
    if isinstance(node, AssignableUnit):
        yield Column(au_id(node), courses.title(node.title))
        return
    inner = [column for child in node.children for column in _columns(child, au_id, block_id)]
    yield Column(
        block_id(node), courses.title(node.title), tuple(column.activity for column in inner if not column.within)
    )
    yield from inner
