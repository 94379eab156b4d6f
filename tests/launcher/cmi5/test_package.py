"""What a package may hold: names that mean the same everywhere, files and nothing else, and no more than the limits."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from launcher.cmi5 import package, zips
from launcher.cmi5.package import Limits
from launcher.cmi5.zips import Entry
from lrs.errors import Fault, Invalid
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.zipping import PAGE, Made, archive

LIMITS = Limits(total=10_000_000)


def _faults(data: bytes, limits: Limits = LIMITS) -> list[Fault]:
    """Everything that is wrong with a package."""
    file = io.BytesIO(data)
    try:
        return package.unpack(file, package.files(file, limits), limits, _read)
    except Invalid as error:
        return list(error.faults)


def _read(_: Entry, parts: Iterator[bytes]) -> None:
    for _part in parts:
        pass


def _of(*entries: Made, limits: Limits = LIMITS) -> list[tuple[str, str]]:
    """Place and detail of the faults of a package with `cmi5.xml` and these."""
    return [(fault.path, fault.detail) for fault in _faults(zipping.package(*entries), limits)]


def test_files_come_in_order_without_folders() -> None:
    """A folder is a name with a slash behind it; everything else is a file."""
    made = zipping.package(Made("a/", b"", 0, mode=0o40755), Made("a/b.html"), Made("c", mode=0))
    assert [entry.name for entry in package.files(io.BytesIO(made), LIMITS)] == ["cmi5.xml", "a/b.html", "c"]


def test_names_have_one_form() -> None:
    """An e with an accent is one letter here, as a url has it, whatever a tool made of it."""
    entries = package.files(io.BytesIO(zipping.package(Made("e\u0301.html"))), LIMITS)
    assert [entry.name for entry in entries] == ["cmi5.xml", "\xe9.html"]


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.html",
        "a/../../evil.html",
        "a/..",
        "..",
        ".",
        "./a",
        "a//b",
        "//host/share",
        "/etc/passwd",
        "/",
        "C:/evil.html",
        "c:evil.html",
        "..\\evil.html",
        "a\\b.html",
        "evil\0.html",
        "line\nbreak",
        "del\x7f",
        "",
        "x" * 256,
        "/".join(["deep"] * 65),
        "/".join(["x" * 200] * 6),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    """On any system: up, to the root, to another drive, cut short by a NUL, or too long to be kept."""
    found = _of(Made(name), Made("index.html"))
    assert found != []
    assert {place for place, _ in found} == {zips.shown(name)}


@pytest.mark.parametrize(
    "names",
    [
        ("a.html", "a.html"),
        ("a.html", "A.html"),
        ("stra\xdfe.html", "STRASSE.html"),
        ("\xe9.html", "e\u0301.html"),
        ("a.html", "a.html."),
        ("a.html", "a.html "),
        ("folder/a", "Folder/A"),
        ("folder", "folder/a"),
        ("Folder", "folder/b/c"),
        ("folder", "folder/"),
        ("cmi5.xml ", "x"),
    ],
)
def test_names_that_are_one_somewhere_are_refused(names: tuple[str, str]) -> None:
    """Without case, in another form of Unicode, without dots and spaces at the end, as a file and as a folder."""
    assert len(_of(*(Made(name, b"", 0) for name in names))) == 1


def test_a_folder_may_be_listed_twice() -> None:
    """It is the same folder."""
    folder = Made("a/", b"", 0)
    assert _of(folder, folder, Made("a/b")) == []


@given(st.lists(st.text("ab./\\:\0 \xe9\xdf", min_size=1, max_size=6), max_size=6))
def test_every_name_that_is_taken_stays_below_the_root(names: list[str]) -> None:
    """Whatever the names: those that come through have plain segments, and no two are one without case."""
    made = zipping.package(*(Made(name, b"" if name.endswith("/") else PAGE, 0) for name in names))
    try:
        entries = package.files(io.BytesIO(made), LIMITS)
    except Invalid:
        return
    segments = {segment for entry in entries for segment in entry.name.split("/")}
    assert segments.isdisjoint({"", ".", ".."})
    assert not any(sign in "".join(segments) for sign in "\\\0")
    assert len({entry.name.casefold() for entry in entries}) == len(entries)


@pytest.mark.parametrize(
    "made",
    [
        Made("link", b"/etc/passwd", mode=0o120777),
        Made("pipe", b"", mode=0o010644),
        Made("socket", b"", mode=0o140644),
        Made("disk", b"", mode=0o060644),
        Made("terminal", b"", mode=0o020644),
        Made("folder", b"", mode=0o040755),
        Made("folder/", PAGE),
    ],
    ids=lambda made: str(made.name),
)
def test_what_is_no_file_is_refused(made: Made) -> None:
    """Links and devices above all, and folders with something in them."""
    assert [place for place, _ in _of(made)] == [str(made.name)]


# --- cmi5.xml at the root -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("index.html", "at its root"),
        ("course/cmi5.xml", "zip what is in the folder"),
        ("CMI5.XML", "lower case"),
    ],
)
def test_without_cmi5_xml_at_the_root_it_is_no_package(name: str, hint: str) -> None:
    """cmi5 14.1; with a hint where there is one a folder too deep, or written in another case."""
    (fault,) = _faults(archive(Made(name)))
    assert (fault.path, fault.requirement, hint in fault.detail) == ("cmi5.xml", "cmi5 14.1.0.0-2 (d)", True)


def test_everything_wrong_is_told_at_once() -> None:
    """Names, kinds and the missing structure in one answer."""
    found = _faults(archive(Made("../a"), Made("link", mode=0o120777), Made("b"), Made("B"), Made("c", flags=1)))
    assert {fault.path for fault in found} == {"../a", "link", "B", "c", "cmi5.xml"}


# --- limits ---------------------------------------------------------------------------------------------------------

NOISE = bytes(number * number % 251 for number in range(100_000))


@pytest.mark.parametrize(
    ("entries", "limits", "place"),
    [
        ([Made("a"), Made("b")], replace(LIMITS, entries=2), "package"),
        ([Made("a", NOISE), Made("b", NOISE)], replace(LIMITS, total=150_000), "package"),
        ([Made("a", NOISE)], replace(LIMITS, file=99_999), "a"),
        ([Made("a", b"\0" * 2_000_000)], LIMITS, "a"),
        ([Made("a", b"small", packed=zipping.deflated(b"\0" * 2_000_000))], LIMITS, "a"),
        ([Made("a")], replace(LIMITS, structure=10), "cmi5.xml"),
    ],
    ids=["entries", "all files", "one file", "ratio", "ratio, and lying", "structure"],
)
def test_a_limit_is_named(entries: list[Made], limits: Limits, place: str) -> None:
    """Which file it is, or the package as a whole, and the most that is taken."""
    (found,) = _of(*entries, limits=limits)
    assert (found[0], "most" in found[1]) == (place, True)


def test_at_its_limits_a_package_is_taken() -> None:
    """Up to and with the last byte; a small file may be compressed as well as it can."""
    xml = len(zipping.structure("index.html"))
    limits = Limits(total=xml + 200_000, entries=3, file=100_000, structure=xml)
    assert _of(Made("a", NOISE), Made("b", b"\0" * 100_000), limits=limits) == []


@pytest.mark.slow
def test_many_small_bombs_are_one_large_one() -> None:
    """Files below every limit of their own stop at that of all."""
    bombs = [Made(str(number), b"\0" * 1_000_000) for number in range(50)]
    assert [place for place, _ in _of(*bombs)] == ["package"]


# --- what kind of file it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (zipping.package()[:8], package.ZIP),
        (archive()[:8], package.ZIP),
        (b"<?xml version='1.0'?>", package.XML),
        (b"\xef\xbb\xbf\n <courseStructure", package.XML),
        ("<?xml version='1.0'?>".encode("utf-16"), package.XML),
        ("<a/>".encode("utf-16-be"), package.XML),
        (b"", None),
        (b"PK", None),
        (b"%PDF-1.7", None),
        (b"\x1f\x8b\x08", None),
    ],
)
def test_a_file_is_known_by_its_content(head: bytes, expected: str | None) -> None:
    """Not by its name."""
    assert expected == package.kind(head)
