"""Importing, exporting and removing courses (cmi5 6.1, 13, 14): management, which may take a moment and load libraries.

A course's version follows from its content (its structure and, in a package, the files beside it), and its ids from
school, publisher id and version, so importing the same file on two devices gives the same course, and importing it
twice gives one. Where the files of a package lie is left to `packages`.
"""

from __future__ import annotations

import json

from msgspec import Struct
from sqlmodel import select

from launcher.cmi5 import course as structures
from launcher.cmi5 import course_xml, ids, package
from launcher.cmi5.course import CourseStructure
from launcher.cmi5.course_xml import Parsed
from launcher.cmi5.package import Limits
from launcher.learning import courses, lms, packages
from launcher.learning.packages import Draft
from launcher.store.tables import Activity, Course
from lrs.errors import Conflict, Fault, Invalid
from lrs.store.promises import Reader, Transaction


class Imported(Struct, frozen=True):
    """What an import gave: the course's id here, its structure, and what the importer wants said."""

    id: str
    structure: CourseStructure
    warnings: tuple[str, ...]


class Readable(Struct, frozen=True):
    """A course that keeps every rule: its `cmi5.xml` and what that says, its version, and the name of its package."""

    source: bytes
    parsed: Parsed
    version: str
    package: str | None = None


def read(source: bytes) -> Readable:
    """A standalone `cmi5.xml`. Raises `Invalid` with every fault, each with its line and requirement.

    It takes time, so it is done before the write transaction, not in it.
    """
    parsed = course_xml.parse(source)
    return Readable(source, parsed, structures.version(parsed.structure))


def read_package(draft: Draft, limits: Limits) -> Readable:
    """The course in a package, unpacked into its draft. Raises `Invalid` with every fault: of the zip file as a whole,
    else of its files and of its `cmi5.xml` together."""
    unpacked = packages.unpack(draft, limits)
    faults = list(unpacked.faults)
    if unpacked.structure is not None:
        try:
            parsed = course_xml.parse(unpacked.structure, entries=unpacked.names)
        except Invalid as error:
            faults += [_in_structure(fault) for fault in error.faults]
        else:
            if not faults:
                version = structures.version(parsed.structure, unpacked.digest)
                return Readable(unpacked.structure, parsed, version, draft.digest)
    raise Invalid.of(faults)


def _in_structure(fault: Fault) -> Fault:
    return Fault(f"{package.STRUCTURE}, {fault.path}", fault.requirement, fault.detail)


def import_course(transaction: Transaction, store: int, course: Readable) -> Imported:
    """Keep a course; one that is here already stays as it is."""
    structure = course.parsed.structure
    school = lms.school(transaction)
    course_id = ids.course_activity_id(school, structure.id, course.version).rpartition("/")[2]
    with transaction.session() as session:
        if session.get(Course, (store, course_id)) is None:
            session.add(_row(transaction, store, course_id, course))
            session.add_all(_activities(store, course_id, school, structure, course.version))
            session.flush()
    return Imported(course_id, structure, course.parsed.warnings)


def _row(transaction: Transaction, store: int, course_id: str, course: Readable) -> Course:
    structure = course.parsed.structure
    return Course(
        store=store,
        id=course_id,
        publisher_id=structure.id,
        version=course.version,
        title=json.dumps(structure.title, ensure_ascii=False),
        structure=structures.to_json(structure),
        source=course.source,
        revision=transaction.next_revision(store),
        imported_us=transaction.now_us,
        package=course.package,
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


def source(reader: Reader, store: int, course_id: str) -> tuple[bytes, str | None]:
    """What was imported, byte for byte (cmi5 6.1: export): the `cmi5.xml`, and the name of the package it came in."""
    with reader.session() as session:
        found = session.get(Course, (store, course_id))
        if found is None:
            raise courses.unknown(course_id)
        return found.source, found.package


def remove(transaction: Transaction, store: int, course_id: str) -> None:
    """Remove a course that nobody is registered in; its package goes with the next sweep."""
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
