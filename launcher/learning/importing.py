"""Importing, exporting and removing courses (cmi5 6.1, 13): management, which may take a moment and load libraries.

A course's version follows from its content, and its ids from school, publisher id and version, so importing the same
file on two devices gives the same course, and importing it twice gives one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlmodel import select

from launcher.cmi5 import course as structures
from launcher.cmi5 import course_xml, ids
from launcher.cmi5.course import CourseStructure
from launcher.cmi5.course_xml import Parsed
from launcher.learning import courses, lms
from launcher.store.tables import Activity, Course
from lrs.errors import Conflict
from lrs.store.promises import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import gave: the course's id here, its structure, and what the importer wants said."""

    id: str
    structure: CourseStructure
    warnings: tuple[str, ...]


def read(source: bytes) -> Parsed:
    """What a standalone `cmi5.xml` says. Raises `Invalid` with every fault, each with its line and requirement.

    It takes time, so it is done before the write transaction, not in it.
    """
    return course_xml.parse(source)


def import_course(transaction: Transaction, store: int, source: bytes, parsed: Parsed) -> Imported:
    """Keep a course that was read from `source`; one that is here already stays as it is."""
    structure = parsed.structure
    version = structures.version(structure)
    school = lms.school(transaction)
    course_id = ids.course_activity_id(school, structure.id, version).rpartition("/")[2]
    with transaction.session() as session:
        if session.get(Course, (store, course_id)) is None:
            session.add(_row(transaction, store, course_id, structure, source))
            session.add_all(_activities(store, course_id, school, structure, version))
            session.flush()
    return Imported(course_id, structure, parsed.warnings)


def _row(transaction: Transaction, store: int, course_id: str, structure: CourseStructure, source: bytes) -> Course:
    return Course(
        store=store,
        id=course_id,
        publisher_id=structure.id,
        version=structures.version(structure),
        title=json.dumps(structure.title, ensure_ascii=False),
        structure=structures.to_json(structure),
        source=source,
        revision=transaction.next_revision(store),
        imported_us=transaction.now_us,
    )


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
            raise courses.unknown(course_id)
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
            raise courses.unknown(course_id)
        session.delete(found)
        for activity in session.exec(select(Activity).where(Activity.store == store, Activity.course == course_id)):
            session.delete(activity)
        session.flush()
    transaction.next_revision(store)
