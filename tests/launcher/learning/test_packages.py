"""Packages come in safe and whole, are kept once, leave with their course, and come out as they were."""

from __future__ import annotations

import asyncio
import resource
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from launcher.cmi5.package import Limits
from launcher.learning import importing, packages
from launcher.learning.importing import Readable
from launcher.learning.packages import Draft
from lrs.store.promises import Transaction
from tests.launcher.campus import STORE, Campus, campus
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.specs import spec_file
from tests.launcher.cmi5.zipping import Made, archive, structure
from tests.support.clocks import FixedClock

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

ZIP = {"Content-Type": "application/zip"}
Asked = tuple[str, str, dict[str, Any]]
ONE = zipping.package(Made("index.html"), Made("sound/a.mp3", b"ID3"))


def _import(lms: Campus, source: bytes, **more: Any) -> httpx.Response:
    return lms.manage("POST", "/courses", content=source, headers=ZIP, **more)


def _kept(lms: Campus) -> list[str]:
    """The names of everything in the folder of packages."""
    folder = lms.settings.data / packages.FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def _called(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _courses(lms: Campus) -> list[str]:
    return [one["id"] for one in lms.api("GET", "/courses")["courses"]]


# --- coming in ------------------------------------------------------------------------------------------------------


def test_a_package_is_a_course(lms: Campus) -> None:
    """cmi5 14.1: its structure is read, and the answer is that of any course."""
    answer = lms.api("POST", "/courses", content=ONE, headers=ZIP)
    expected = [{"index": 0, "id": "https://pub.example/au-0", "title": "Title"}]
    assert (expected, [answer["id"]]) == (answer["aus"], _courses(lms))


def test_zip64_is_a_package_too(lms: Campus) -> None:
    """cmi5 14: all three formats are taken."""
    made = archive(Made("cmi5.xml", structure("index.html"), zip64=True), Made("index.html", zip64=True), zip64=True)
    assert _import(lms, made).status_code == 201


@pytest.mark.parametrize("name", ["simple-cmi5.xml", "complex-cmi5.xml", "extended-cmi5.xml"])
def test_the_examples_of_the_standard_come_in_as_packages(lms: Campus, name: str) -> None:
    """cmi5 15: whatever is valid as a file is valid in a package."""
    source = spec_file(f"examples/{name}").read_bytes()
    alone = lms.api("POST", "/courses", content=source, headers={"Content-Type": "text/xml"})
    packed = lms.api("POST", "/courses", content=archive(Made("cmi5.xml", source)), headers=ZIP)
    assert (alone["aus"], alone["id"] != packed["id"]) == (packed["aus"], True)


@pytest.mark.parametrize(
    "url",
    [
        "index.html",
        "index.html?a=b#c",
        "a%20b/%C3%A9.html",
        "./x/../index.html",
        "https://pub.example/start",
        "app://x",
    ],
)
def test_urls_of_a_package(lms: Campus, url: str) -> None:
    """cmi5 14.1: relative ones name a file, with query and fragment, decoded; others are taken as ever."""
    made = zipping.package(Made("index.html"), Made("a b/é.html"), xml=structure(url))
    assert _import(lms, made).status_code == 201


@pytest.mark.parametrize("url", ["Index.html", "other.html", "a", "../index.html", "/index.html", "cmi5.xml"])
def test_urls_that_name_no_file_are_refused(lms: Campus, url: str) -> None:
    """cmi5 14.1: in another case, a folder, outside, or the structure itself, which is no lesson's."""
    answer = _import(lms, zipping.package(Made("index.html"), Made("a/b"), xml=structure(url)))
    listed = [(fault["path"], fault["requirement"]) for fault in answer.json()["errors"]]
    assert (answer.status_code, listed, _kept(lms)) == (400, [("cmi5.xml, line 3", "cmi5 14.1.0.0-4 (d)")], [])


def test_a_structure_alone_needs_whole_urls(lms: Campus) -> None:
    """cmi5 14.2: there is no package that a relative one could mean."""
    answer = lms.manage("POST", "/courses", content=structure("index.html"), headers={"Content-Type": "text/xml"})
    assert [fault["requirement"] for fault in answer.json()["errors"]] == ["cmi5 14.2.0.0-1 (d)"]


def test_faults_of_structure_and_content_come_together(lms: Campus) -> None:
    """Every damaged file and every line that is wrong in one answer."""
    damaged = Made("index.html", method=0, packed=zipping.PAGE[:-1] + b"?")
    answer = _import(lms, zipping.package(damaged, Made("b", flags=8), xml=structure("nowhere", attributes="x='1'")))
    places = [fault["path"] for fault in answer.json()["errors"]]
    assert (answer.status_code, places) == (400, ["index.html", "cmi5.xml, line 3", "cmi5.xml, line 3"])


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<courseStructure/>",
        ONE[:-1],
        zipping.package(Made("../index.html")),
        zipping.package(Made("index.html", mode=0o120777)),
        zipping.package(Made("index.html", flags=1)),
        zipping.package(Made("index.html", b"\0" * 9_000_000)),
        zipping.package(xml=b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>"),
    ],
    ids=["nothing", "XML", "cut off", "a way out", "a link", "encrypted", "a bomb", "an entity"],
)
def test_what_is_refused_leaves_nothing_behind(lms: Campus, source: bytes) -> None:
    """With a fault that says where; no course, no file."""
    answer = _import(lms, source)
    assert (answer.status_code, answer.json()["errors"] != [], _courses(lms), _kept(lms)) == (400, True, [], [])


def test_nothing_is_written_beside_its_folder(lms: Campus, tmp_path: Path) -> None:
    """Names of a package are never names of files: whatever they are, three files are all there is."""
    lms.package(ONE)
    found = {path.relative_to(lms.settings.data).as_posix() for path in lms.settings.data.rglob("*")}
    (name,) = _kept(lms)
    inside = {f"packages/{name}/{file}" for file in ("package.zip", "content", "index.json")}
    assert {"packages", f"packages/{name}", *inside} == {path for path in found if path.startswith("packages")}


def test_packages_are_their_owners_alone(lms: Campus) -> None:
    """0700 and 0600, whatever the umask."""
    lms.package(ONE)
    folder = lms.settings.data / packages.FOLDER
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert ({0o600}, {0o700}) == (
        modes,
        {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*")) if path.is_dir()},
    )


# --- the size of the body -------------------------------------------------------------------------------------------


def test_a_package_may_be_larger_than_other_bodies(lms: Campus) -> None:
    """It goes to a file as it comes."""
    film = bytes(range(256)) * (18 * 4096)
    assert _import(lms, zipping.package(Made("index.html"), Made("a.mp4", film, 0))).status_code == 201


@pytest.mark.parametrize("announced", [True, False])
def test_a_package_larger_than_the_setting_is_413(tmp_path: Path, announced: bool) -> None:
    """Announced or not; the answer names the limit, and no more is read."""
    read: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):
            read.append(100)
            yield bytes(100)

    with campus(tmp_path, package_most=1000) as lms:
        size = {"Content-Length": "100000"} if announced else {}
        answer = lms.manage("POST", "/courses", content=pieces(), headers={**ZIP, **size})
        assert (answer.status_code, "1000 bytes" in answer.json()["detail"], _kept(lms)) == (413, True, [])
    assert sum(read) <= (0 if announced else 1100)


def test_the_unpacked_size_is_a_setting_too(tmp_path: Path) -> None:
    """And counted while unpacking."""
    with campus(tmp_path, package_unpacked_most=100) as lms:
        (fault,) = _import(lms, ONE).json()["errors"]
    assert (fault["path"], "100 bytes" in fault["detail"]) == ("package", True)


def test_a_coded_body_is_415(lms: Campus) -> None:
    """A zip file is compressed already, and what is counted has to be what comes."""
    answer = lms.manage("POST", "/courses", content=ONE, headers={**ZIP, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_strangers_package_is_not_read(lms: Campus) -> None:
    """Who it is comes first."""

    read: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        read.append(len(ONE))
        yield ONE

    assert (lms.ask("POST", "/api/courses", content=pieces(), headers=ZIP).status_code, read) == (401, [])


def test_an_upload_that_breaks_off_leaves_nothing(lms: Campus) -> None:
    """Half a package is none."""
    sent = [{"type": "http.request", "body": ONE[:100], "more_body": True}, {"type": "http.disconnect"}]
    told: list[Any] = []

    async def receive() -> Any:
        return sent.pop(0) if sent else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(b"content-type", b"application/zip"), (b"authorization", f"Bearer {lms.lms.owner_token}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/api/courses", "query_string": b"", "headers": headers}
    lms.loop.run(_called(lms.app, scope, receive, send))
    assert (told[0]["status"], _kept(lms), _courses(lms)) == (400, [], [])


def test_a_full_disk_is_507_and_leaves_nothing(lms: Campus) -> None:
    """Nothing of a package that does not fit is kept. A limit on files does to us what a full disk does."""
    source = zipping.package(Made("index.html"), Made("a.mp4", bytes(5_000_000), 0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
    try:
        answer = _import(lms, source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, answer.headers["retry-after"], _kept(lms), _courses(lms)) == (507, "600", [], [])


# --- one package, several courses -----------------------------------------------------------------------------------


def test_importing_twice_gives_one_course_and_one_package(lms: Campus) -> None:
    """The same file again changes nothing."""
    first, second = lms.package(ONE), lms.package(ONE)
    assert (first, [first], 1) == (second, _courses(lms), len(_kept(lms)))


def test_two_devices_give_a_package_one_id(tmp_path: Path) -> None:
    """Also where one got it zipped by another tool: ids follow from what is in it."""
    again = archive(
        Made("sound/", b"", 0), Made("sound/a.mp3", b"ID3", 0), Made("index.html"),
        Made("cmi5.xml", structure("index.html"), zip64=True), comment=b"made elsewhere",
    )  # fmt: skip
    found = set()
    for seed, source in enumerate((ONE, ONE, again)):
        with campus(tmp_path / str(seed), FixedClock(seed=seed)) as device:
            found.add(device.package(source))
    assert len(found) == 1


def test_other_content_is_another_version(lms: Campus) -> None:
    """A corrected page does not change the course that people are in, though its structure is the same."""
    other = zipping.package(Made("index.html", b"corrected"), Made("sound/a.mp3", b"ID3"))
    assert lms.package(ONE) != lms.package(other)
    assert (len(_courses(lms)), len(_kept(lms))) == (2, 2)


def test_a_package_zipped_again_is_the_course_that_is_here(lms: Campus) -> None:
    """And the package that it came in first stays, alone."""
    course = lms.package(ONE)
    again = lms.package(zipping.package(Made("sound/a.mp3", b"ID3", 0), Made("index.html")))
    assert (course, ONE, 1) == (again, lms.manage("GET", f"/courses/{course}/source").content, len(_kept(lms)))


# --- going out ------------------------------------------------------------------------------------------------------


def test_export_gives_the_very_bytes(lms: Campus) -> None:
    """cmi5 6.1: with what no reader looks at."""
    source = archive(Made("cmi5.xml", structure("index.html")), Made("index.html"), comment=b"kept")
    answer = lms.manage("GET", f"/courses/{lms.package(source)}/source")
    assert (source, "application/zip", str(len(source))) == (
        answer.content,
        answer.headers["content-type"],
        answer.headers["content-length"],
    )


def test_a_removed_course_takes_its_package_along(lms: Campus) -> None:
    """And can come again."""
    course = lms.package(ONE)
    lms.api("DELETE", f"/courses/{course}")
    gone = (_kept(lms), lms.manage("GET", f"/courses/{course}/source").status_code)
    assert (([], 404), course, 1) == (gone, lms.package(ONE), len(_kept(lms)))


def test_a_course_that_stays_keeps_its_package(lms: Campus, course: str) -> None:
    """Where it cannot be removed, and where another one is."""
    packed = lms.package(ONE)
    lms.api("POST", "/registrations", {"course": packed, "person": "p-1"})
    refused = lms.manage("DELETE", f"/courses/{packed}").status_code
    lms.api("DELETE", f"/courses/{course}")
    assert (refused, len(_kept(lms)), lms.manage("GET", f"/courses/{packed}/source").content) == (409, 1, ONE)


def test_no_course_no_package(tmp_path: Path) -> None:
    """Where the database refuses the course, its package goes too."""
    with campus(tmp_path, school=None) as homeless:
        assert (_import(homeless, ONE).status_code, _kept(homeless)) == (409, [])


# --- left-overs -----------------------------------------------------------------------------------------------------


def _litter(folder: Path) -> None:
    """What crashes leave, and what somebody else put there."""
    for name in (".draft-abc", "a" * 64, f".{'b' * 64}"):
        (folder / name).mkdir(parents=True)
        (folder / name / "content").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")


def test_a_start_takes_left_overs_away(tmp_path: Path) -> None:
    """Drafts, packages without a course, folders half removed; nothing that is not ours."""
    with campus(tmp_path) as lms:
        lms.package(ONE)
        (name,) = _kept(lms)
        _litter(tmp_path / packages.FOLDER)
    with campus(tmp_path) as lms:
        assert sorted([name, "notes.txt"]) == _kept(lms)


def test_an_import_takes_left_overs_away(lms: Campus) -> None:
    """A program that runs for months does not wait for its next start."""
    (lms.settings.data / packages.FOLDER).mkdir(mode=0o700)
    _litter(lms.settings.data / packages.FOLDER)
    lms.package(ONE)
    assert len(_kept(lms)) == 2


def test_imports_and_removals_at_the_same_time_agree(lms: Campus) -> None:
    """Whatever their order: every course has its package, and no package is without a course."""
    token = {"Authorization": f"Bearer {lms.lms.owner_token}"}
    sources = [zipping.package(Made("index.html", str(number).encode())) for number in range(4)]
    courses = [lms.package(source) for source in sources]
    for _ in range(5):
        imports: list[Asked] = [
            ("POST", "/api/courses", {"content": source, "headers": {**token, **ZIP}}) for source in sources
        ]
        removals: list[Asked] = [("DELETE", f"/api/courses/{course}", {"headers": token}) for course in courses]
        mixed = [request for pair in zip(imports, removals, strict=True) for request in pair]
        answers = lms.together(*mixed, *imports[::2], *removals[::2])
        assert {answer.status_code for answer in answers} <= {201, 204, 404}
        there = _courses(lms)
        assert len(there) == len(_kept(lms))
        for course in there:
            assert lms.manage("GET", f"/courses/{course}/source").content in sources


def test_who_stops_waiting_leaves_it_to_its_end(lms: Campus) -> None:
    """A caller that goes away while its package is judged takes nothing apart: it is kept as if he had waited."""
    keeper, judging = lms.lms.packages, threading.Event()

    async def parts() -> AsyncIterator[bytes]:
        yield ONE

    def read(draft: Draft) -> Readable:
        judging.set()
        return importing.read_package(draft, Limits(10**9))

    def work(transaction: Transaction, course: Readable) -> None:
        importing.import_course(transaction, STORE, course)

    async def give_up() -> None:
        others = asyncio.all_tasks()
        taking = asyncio.ensure_future(keeper.take(parts(), read, work))
        await asyncio.to_thread(judging.wait, 10)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        await asyncio.wait(asyncio.all_tasks() - others, timeout=10)

    lms.loop.run(give_up())
    (course,) = _courses(lms)
    assert lms.manage("GET", f"/courses/{course}/source").content == ONE
