"""How everybody stands: projection, courses, enrolments and roster brought together for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from launcher.cmi5 import ids, vocabulary
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure, Node
from launcher.learning import courses, lms, registrations
from launcher.learning.courses import KnownCourse
from launcher.people import roster
from launcher.people.roster import Somebody
from launcher.progress import cuts, grid, projection
from launcher.progress.cuts import Tally
from launcher.progress.grid import AU, Column, Line, Shown, Table, table
from lrs.errors import Conflict, NotFound
from lrs.store.promises import Reader

LINES_MOST, LINES_LEAST, SQUARES = 50, 5, 2500


def tables(reader: Reader, store: int) -> Sequence[Table]:
    """The grid of every course here; none where no school is set."""
    school = _school(reader)
    if school is None:
        return ()
    names = _names(reader, store, school)
    cells = projection.cells(reader, store)
    enrolled: dict[str, dict[str, str]] = {}
    for one in registrations.listed(reader, store):
        enrolled.setdefault(one.course, {})[one.id] = one.learner
    return [
        table(*_outline(course, school), cells, enrolled.get(course.id, {}), names)
        for course in courses.all_known(reader, store)
    ]


def _school(reader: Reader) -> str | None:
    try:
        return lms.school(reader)
    except Conflict:
        return None


def _names(reader: Reader, store: int, school: str) -> dict[str, str]:
    """The names of learners by the keys of their actors."""
    return {registrations.learner_key(ids.actor(school, one.id)): one.name for one in roster.listed(reader, store)}


def _outline(course: KnownCourse, school: str) -> tuple[str, str, list[Column]]:
    """A course's title, its activity and its columns."""
    structure = course.structure

    def au_id(au: AssignableUnit) -> str:
        return ids.au_activity_id(school, structure.id, course.version, au.id)

    def block_id(block: Block) -> str:
        return ids.block_activity_id(school, structure.id, course.version, block.id)

    columns = [column for node in structure.children for column in _columns(node, (), au_id, block_id)]
    whole = ids.course_activity_id(school, structure.id, course.version)
    return courses.title(structure.title), whole, columns


def _columns(
    node: Node,
    path: tuple[str, ...],
    au_id: Callable[[AssignableUnit], str],
    block_id: Callable[[Block], str],
) -> Iterator[Column]:
    """Document order, a block before what is in it."""
    title = courses.title(node.title)
    if isinstance(node, AssignableUnit):
        yield Column(au_id(node), title, path=path, move_on=node.move_on)
        return
    inner = [column for child in node.children for column in _columns(child, (*path, title), au_id, block_id)]
    yield Column(block_id(node), title, tuple(column.activity for column in inner if not column.within), path)
    yield from inner


# --- one course, page by page ---------------------------------------------------------------------------------------


class Summary(Struct, frozen=True):
    """How many learners have come through a column, whatever page they are on. `average` is of their best scores."""

    started: int
    done: int
    failed: int
    average: float | None


class Sheet(Struct, frozen=True):
    """A page of one course's grid. `learners` counts those whose name holds what was looked for, `everybody` all;
    `started` and `satisfied` are about everybody."""

    course: str
    table: Table
    groups: Sequence[grid.Group]
    summaries: Sequence[Summary]
    page: int
    pages: int
    first: int
    learners: int
    everybody: int
    started: int
    satisfied: int


def sheet(reader: Reader, store: int, course_id: str, wanted: str = "", page: int = 1) -> Sheet:
    """The lines of one page, in the order of names; `wanted` is a part of the names looked for. A page that is not
    there is the last one. Raises `NotFound`, and `Conflict` where no school is set."""
    school = lms.school(reader)
    course = courses.known(reader, store, course_id)
    title, whole, columns = _outline(course, school)
    names = _names(reader, store, school)
    heard = cuts.heard_of(reader, store, course_id)
    everybody = heard | registrations.learners_of(reader, store, course_id)

    def name(registration: str) -> str:
        learner = everybody[registration]
        return names.get(learner, grid.account_name(learner))

    found = sorted(
        (one for one in everybody if grid.plain(wanted) in grid.plain(name(one))),
        key=lambda one: (grid.plain(name(one)), one),
    )
    size = min(LINES_MOST, max(LINES_LEAST, SQUARES // (len(columns) + 1)))
    pages = max(1, -(-len(found) // size))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * size : page * size]
    made = table(
        title,
        whole,
        columns,
        cuts.cells_of(reader, store, shown),
        {one: everybody[one] for one in shown},
        names,
    )
    counted = cuts.tallies(reader, store, course_id)
    return Sheet(
        course=course_id,
        table=made,
        groups=grid.groups(columns),
        summaries=[_summary(column, counted.get(column.activity, Tally())) for column in columns],
        page=page,
        pages=pages,
        first=(page - 1) * size + 1,
        learners=len(found),
        everybody=len(everybody),
        started=len(heard),
        satisfied=counted.get(whole, Tally()).satisfied,
    )


_DONE: Mapping[str, Callable[[Tally], int]] = {
    vocabulary.NOT_APPLICABLE: lambda tally: tally.started,
    vocabulary.MOVE_ON_PASSED: lambda tally: tally.passed,
    vocabulary.MOVE_ON_COMPLETED: lambda tally: tally.completed,
    vocabulary.COMPLETED_AND_PASSED: lambda tally: tally.both,
    vocabulary.COMPLETED_OR_PASSED: lambda tally: tally.either,
}


def _summary(column: Column, tally: Tally) -> Summary:
    done = _DONE[column.move_on](tally) if column.kind == AU else tally.satisfied
    return Summary(tally.started, done, tally.failed, tally.average)


# --- one learner ----------------------------------------------------------------------------------------------------


class Enrolment(Struct, frozen=True):
    """A learner's line in a course; `table` has that line only."""

    course: str
    table: Table

    @property
    def line(self) -> Line:
        """The line."""
        return self.table.lines[0]


class Profile(Struct, frozen=True):
    """All that is known here of how a learner stands."""

    name: str
    enrolments: Sequence[Enrolment]


def profile(reader: Reader, store: int, learner: str) -> Profile:
    """A learner by the key of the actor: in every course, every registration. Raises `NotFound`."""
    school = lms.school(reader)
    names = _names(reader, store, school)
    known = {one.id: one for one in registrations.of_learner(reader, store, learner)}
    heard = cuts.registrations_of(reader, store, learner) | set(known)
    if not heard and learner not in names:
        raise NotFound("nothing is known here of this learner")
    cells = cuts.cells_of(reader, store, sorted(heard))
    enrolments = []
    for course in courses.all_known(reader, store):
        title, whole, columns = _outline(course, school)
        enrolled = {one.id: learner for one in known.values() if one.course == course.id}
        made = table(title, whole, columns, cells, enrolled, names)
        enrolments += [
            Enrolment(course.id, Table(title, made.columns, (line,))) for line in made.lines if line.key == learner
        ]
    return Profile(names.get(learner, grid.account_name(learner)), enrolments)


# --- what a learner is shown ----------------------------------------------------------------------------------------


class MyLesson(Struct, frozen=True):
    """An AU as its learner sees it."""

    au: AssignableUnit
    path: tuple[str, ...]
    shown: Shown


def enrolled(reader: Reader, store: int) -> dict[str, list[str]]:
    """The titles of the courses that each person of the school is enrolled in, in the order of import, by person id."""
    school = _school(reader) or ""
    found: dict[str, dict[str, str]] = {}
    for course in courses.all_known(reader, store):
        for learner in registrations.learners_of(reader, store, course.id).values():
            found.setdefault(learner, {})[course.id] = courses.title(course.structure.title)
    by_id = {one: registrations.learner_key(ids.actor(school, one)) for one in roster.ids(reader, store)}
    return {one: list(found.get(learner, {}).values()) for one, learner in by_id.items()}


class MyCourse(Struct, frozen=True):
    """A course that a learner is enrolled in."""

    id: str
    structure: CourseStructure
    registration: str
    shown: Shown
    lessons: Sequence[MyLesson]


def my_courses(reader: Reader, store: int, person: Somebody) -> Sequence[MyCourse]:
    """The courses that somebody of the roster is enrolled in on this device, with their lessons in document order; of
    several registrations in a course the current one. None where no school is set."""
    school = _school(reader)
    if school is None:
        return ()
    learner = registrations.learner_key(ids.actor(school, person.id))
    found = []
    for course in courses.all_known(reader, store):
        current = registrations.current(reader, store, course.id, learner)
        if current is None:
            continue
        cells = cuts.cells_of(reader, store, [current.id])
        made = table(*_outline(course, school), cells, {current.id: learner}, {})
        (line,) = made.lines
        units = [pair for pair in zip(made.columns, line.squares, strict=True) if pair[0].kind == AU]
        lessons = [
            MyLesson(au, column.path, shown) for au, (column, shown) in zip(course.structure.aus, units, strict=True)
        ]
        found.append(MyCourse(course.id, course.structure, current.id, line.course, lessons))
    return found
