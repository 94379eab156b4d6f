"""Courses as the path of a statement reads them: plain SQL, and no library that a woken service has no time to load.

How a course comes in and goes out again is in `importing`.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from launcher.cmi5 import course as structures
from launcher.cmi5.course import CourseStructure, LangMap
from lrs.errors import NotFound
from lrs.store.promises import Reader


class KnownCourse(Struct, frozen=True):
    """A course as the rest of the launcher reads it."""

    id: str
    structure: CourseStructure
    version: str


def known(reader: Reader, store: int, course_id: str) -> KnownCourse:
    """A course by its id here."""
    row = reader.execute(
        "SELECT structure, version FROM course WHERE store = ? AND id = ?", (store, course_id)
    ).fetchone()
    if row is None:
        raise unknown(course_id)
    return KnownCourse(course_id, _structure(row[0]), str(row[1]))


def package(reader: Reader, store: int, course_id: str) -> str | None:
    """The name of the package that a course came in; None where it came alone, or there is no such course."""
    row = reader.execute("SELECT package FROM course WHERE store = ? AND id = ?", (store, course_id)).fetchone()
    return None if row is None else row[0]


def all_known(reader: Reader, store: int) -> list[KnownCourse]:
    """Every course, in the order of import."""
    rows = reader.execute("SELECT id, structure, version FROM course WHERE store = ? ORDER BY revision", (store,))
    return [KnownCourse(str(row[0]), _structure(row[1]), str(row[2])) for row in rows]


def unknown(course_id: str) -> NotFound:
    """The error for an id that no course has."""
    return NotFound(f"there is no course {course_id}; `offline-lrs courses list` shows them")


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
