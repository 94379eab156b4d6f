"""Importing, listing and removing courses (cmi5 6.1, 13).

A course's version follows from its content, and its ids from school, publisher id and version, so importing the same
file on two devices gives the same course, and importing it twice gives one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from sqlmodel import select

from launcher.cmi5 import course as structures
from launcher.cmi5 import course_xml, ids
from launcher.cmi5.course import CourseStructure, LangMap
from launcher.learning import lms
from launcher.store.tables import Activity, Course
from lrs.errors import Conflict, NotFound
from lrs.store.promises import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import gave: the course's id here, its structure, and what the importer wants said."""

    id: str
    structure: CourseStructure
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course as the rest of the launcher reads it."""

    id: str
    structure: CourseStructure
    version: str


def import_course(transaction: Transaction, store: int, source: bytes) -> Imported:
    """Import a standalone `cmi5.xml`. Raises `Invalid` with every fault, each with its line and requirement."""
    school = lms.school(transaction)
    parsed = course_xml.parse(source)
    structure = parsed.structure
    version = structures.version(structure)
    iri = ids.course_activity_id(school, structure.id, version)
    course_id = iri.rpartition("/")[2]
    with transaction.session() as session:
        if session.get(Course, (store, course_id)) is None:
            session.add(
                Course(
                    store=store,
                    id=course_id,
                    publisher_id=structure.id,
                    version=version,
                    title=json.dumps(structure.title, ensure_ascii=False),
                    structure=structures.to_json(structure),
                    source=source,
                    revision=transaction.next_revision(store),
                    imported_us=transaction.now_us,
                )
            )
            session.add_all(_activities(store, course_id, school, structure, version))
            session.flush()
    return Imported(course_id, structure, parsed.warnings)


def _activities(store: int, course_id: str, school: str, structure: CourseStructure, version: str) -> list[Activity]:
    def row(iri: str, kind: str, publisher_id: str, au: int | None = None) -> Activity:
        return Activity(store=store, iri=iri, course=course_id, kind=kind, publisher_id=publisher_id, au=au)

    return [
        row(ids.course_activity_id(school, structure.id, version), "course", structure.id),
        *(
            row(ids.block_activity_id(school, structure.id, version, block.id), "block", block.id)
            for block in structure.blocks
        ),
        *(row(ids.au_activity_id(school, structure.id, version, au.id), "au", au.id, au.index) for au in structure.aus),
    ]


def source(reader: Reader, store: int, course_id: str) -> bytes:
    """What was imported, byte for byte (cmi5 6.1: export)."""
    with reader.session() as session:
        found = session.get(Course, (store, course_id))
        if found is None:
            raise _unknown(course_id)
        return found.source


def remove(transaction: Transaction, store: int, course_id: str) -> None:
    """Remove a course that nobody is registered in."""
    taken = transaction.execute(
        "SELECT count(*) FROM registration WHERE store = ? AND course = ?", (store, course_id)
    ).fetchone()
    if taken and taken[0]:
        raise Conflict(f"course {course_id} has {taken[0]} registrations and cannot be removed")
    with transaction.session() as session:
        found = session.get(Course, (store, course_id))
        if found is None:
            raise _unknown(course_id)
        session.delete(found)
        for activity in session.exec(select(Activity).where(Activity.store == store, Activity.course == course_id)):
            session.delete(activity)
        session.flush()
    transaction.next_revision(store)


def title(pairs: LangMap, languages: tuple[str, ...] = ("en",)) -> str:
    """A title in the first of these languages that it has, else in its first."""
    for wanted in languages:
        for language, text in pairs:
            if language.lower().partition("-")[0] == wanted:
                return text
    return pairs[0][1]


@lru_cache(maxsize=64)
def _structure(text: bytes) -> CourseStructure:
    return structures.from_json(text)


def known(reader: Reader, store: int, course_id: str) -> KnownCourse:
    """A course, in plain SQL: the path of a statement asks for it."""
    row = reader.execute(
        "SELECT structure, version FROM course WHERE store = ? AND id = ?", (store, course_id)
    ).fetchone()
    if row is None:
        raise _unknown(course_id)
    return KnownCourse(course_id, _structure(row[0]), str(row[1]))


def _unknown(course_id: str) -> NotFound:
    return NotFound(f"there is no course {course_id}; `offline-lrs courses list` shows them")


def all_known(reader: Reader, store: int) -> list[KnownCourse]:
    """Every course, in the order of import, in plain SQL."""
    rows = reader.execute("SELECT id, structure, version FROM course WHERE store = ? ORDER BY revision", (store,))
    return [KnownCourse(str(row[0]), _structure(row[1]), str(row[2])) for row in rows]
