"""Whenever a program dies while a package comes in or goes, its folder and its database agree.

It is killed at each of the places where one of the two is ahead of the other, and at seeded moments of imports and
removals. What is left is looked at as it lies there, then after the next start.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import sqlite3
import threading
from collections.abc import Set
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from launcher.cli.programs import Program
from launcher.learning.packages import CONTENT, FOLDER, INDEX, ZIP
from lrs.store.sqlite import DATABASE
from lrs.sync import failpoints
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.zipping import Made
from tests.support.world import SCHOOL, Login, World, credential

pytestmark = pytest.mark.slow

SEED = 20261203
KILLS = 6
LONGEST_PAUSE = 0.12
NOISE = random.Random(SEED).randbytes(6_000_000)


def _package(number: int = 0) -> bytes:
    """A package that takes a moment to come in."""
    return zipping.package(Made("index.html", f"{number}".encode()), Made("film.mp4", NOISE, 0))


@pytest.fixture
def manager(world: World) -> Login:
    """A credential that manages the tablet."""
    return credential(_tablet(world), "manager", "admin")


def _tablet(world: World, point: str | None = None) -> Program:
    """The tablet's program, which dies at that place."""
    variables = {} if point is None else {failpoints.VARIABLE: point}
    return world.program("tablet", "--school", SCHOOL, "--port", "0", variables=variables)


def _ask(program: Program, login: Login, method: str, path: str, body: bytes | None = None) -> httpx.Response:
    headers = {"Content-Type": "application/zip"}
    return httpx.request(
        method, f"{program.url}/api{path}", content=body, headers=headers, auth=login, timeout=30, trust_env=False
    )


def _named(data: Path) -> set[str]:
    """The packages that the database names."""
    with closing(sqlite3.connect(data / DATABASE)) as database:
        return {str(row[0]) for row in database.execute("SELECT package FROM course")}


def check_remains(data: Path) -> None:
    """What a crash left: every package that the database names is there, whole."""
    for name in _named(data):
        folder = data / FOLDER / name
        index = json.loads((folder / INDEX).read_bytes())
        content = (folder / CONTENT).read_bytes()
        assert name == hashlib.sha256((folder / ZIP).read_bytes()).hexdigest()
        for at, size, digest in index.values():
            assert digest == hashlib.sha256(content[at : at + size]).hexdigest()


def check_started(program: Program, login: Login, certain: Set[str] = frozenset()) -> None:
    """After the next start: there is nothing that the database does not name, and every course is served, those that
    are certain among them."""
    check_remains(program.data)
    folder = program.data / FOLDER
    assert _named(program.data) == {path.name for path in (folder.iterdir() if folder.exists() else ())}
    courses = {course["id"] for course in _ask(program, login, "GET", "/courses").json()["courses"]}
    assert courses >= certain
    for course in courses:
        answer = httpx.get(f"{program.url}/content/{course}/film.mp4", trust_env=False)
        assert (answer.status_code, answer.content == NOISE) == (200, True)


@pytest.mark.parametrize("point", ["packages.before_place", "packages.after_place", "packages.after_commit"])
def test_killed_between_folder_and_database(world: World, manager: Login, point: str) -> None:
    """Nothing, a folder that goes again, or the whole course; the same file then comes in as if nothing had been."""
    dying = _tablet(world, point)
    dying.start()
    with pytest.raises(httpx.TransportError):
        _ask(dying, manager, "POST", "/courses", _package())
    dying.kill()
    check_remains(dying.data)
    assert (len(_named(dying.data)), len(list((dying.data / FOLDER).iterdir()))) == (point.endswith("commit"), 1)
    again = _tablet(world)
    again.start()
    check_started(again, manager)
    assert _ask(again, manager, "POST", "/courses", _package()).status_code == 201
    check_started(again, manager)
    assert len(_named(again.data)) == 1


def test_killed_while_a_package_goes(world: World, manager: Login) -> None:
    """The course has gone, and half a folder is never taken for a package: it goes with the next start."""
    dying = _tablet(world, "packages.before_clear")
    dying.start()
    course = _ask(dying, manager, "POST", "/courses", _package()).json()["id"]
    with pytest.raises(httpx.TransportError):
        _ask(dying, manager, "DELETE", f"/courses/{course}")
    dying.kill()
    (left,) = (dying.data / FOLDER).iterdir()
    assert (left.name.startswith("."), _named(dying.data)) == (True, set())
    again = _tablet(world)
    again.start()
    assert list((again.data / FOLDER).iterdir()) == []
    assert _ask(again, manager, "POST", "/courses", _package()).json()["id"] == course
    check_started(again, manager)


def test_killed_at_any_moment(world: World, manager: Login) -> None:
    """Imports and removals under way, and the power goes; what was answered has happened, and nothing is in halves."""
    chance = random.Random(SEED)
    tablet = _tablet(world)
    certain: set[str] = set()  # imported with an answer, and never asked to go
    for number in range(KILLS):
        tablet.start()
        check_started(tablet, manager, certain)
        gone = max(certain, default=None) if number % 3 == 2 else None
        certain.discard(gone or "")
        worker = threading.Thread(target=_work, args=(tablet, manager, number, gone, certain))
        worker.start()
        worker.join(chance.uniform(0, LONGEST_PAUSE))
        tablet.kill()
        worker.join(30)
        check_remains(tablet.data)
    tablet.start()
    check_started(tablet, manager, certain)


def _work(tablet: Program, manager: Login, number: int, gone: str | None, certain: set[str]) -> None:
    """Remove a course, if one is named, and import another, until the program dies."""
    with contextlib.suppress(httpx.TransportError):
        if gone is not None:
            _ask(tablet, manager, "DELETE", f"/courses/{gone}")
        certain.add(_ask(tablet, manager, "POST", "/courses", _package(number)).json()["id"])
