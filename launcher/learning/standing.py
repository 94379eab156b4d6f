"""How everybody stands: the projection, the courses and the roster brought together for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from launcher.cmi5 import ids
from launcher.learning import courses, lms
from launcher.learning.courses import KnownCourse
from launcher.people import roster
from launcher.progress import projection
from launcher.progress.fold import Cell
from launcher.progress.grid import Table, Unit, table
from lrs.errors import Conflict
from lrs.store.promises import Reader


def tables(reader: Reader, store: int) -> Sequence[Table]:
    """The grid of every course here; none where no school is set."""
    try:
        school = lms.school(reader)
    except Conflict:
        return ()
    names = {person.id: person.name for person in roster.listed(reader, store)}
    cells = projection.cells(reader, store)
    return [_table(course, school, cells, names) for course in courses.all_known(reader, store)]


def _table(course: KnownCourse, school: str, cells: Sequence[Cell], names: Mapping[str, str]) -> Table:
    structure = course.structure
    units = [
        Unit(ids.au_activity_id(school, structure.id, course.version, au.id), courses.title(au.title))
        for au in structure.aus
    ]
    whole = ids.course_activity_id(school, structure.id, course.version)
    return table(courses.title(structure.title), whole, units, cells, names)
