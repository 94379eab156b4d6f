"""A zip file has one meaning here or none: what two readers would differ about is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import zips
from lrs.errors import Fault, Invalid
from tests.launcher.cmi5.zipping import IN_EXTRA, PAGE, Made, archive, deflated

MOST = 1000
LARGE = 1 << 30


def _faults(data: bytes) -> list[Fault]:
    """Everything that is wrong with a zip file, its content included."""
    file = io.BytesIO(data)
    try:
        entries, faults = zips.read(file, MOST)
        for entry in entries if not faults else ():
            for _ in zips.unpack(file, entry, LARGE):
                pass
    except Invalid as error:
        return list(error.faults)
    return faults


def _content(data: bytes) -> dict[str, bytes]:
    file = io.BytesIO(data)
    entries, faults = zips.read(file, MOST)
    assert faults == []
    return {entry.name: b"".join(zips.unpack(file, entry, LARGE)) for entry in entries}


# --- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zip64", [False, True], ids=["Zip32", "Zip64"])
@pytest.mark.parametrize("method", [zips.STORED, zips.DEFLATED], ids=["stored", "deflated"])
def test_both_formats_and_both_methods_are_read(method: int, zip64: bool) -> None:
    """cmi5 14: Zip32 and Zip64, in the headers of entries and in the end record."""
    large = bytes(range(256)) * 5000
    made = archive(Made("a", PAGE, method, zip64=zip64), Made("b/c", large, method, zip64=zip64), zip64=zip64)
    assert _content(made) == {"a": PAGE, "b/c": large}


_names = st.lists(st.text("abcé/", min_size=1, max_size=8), unique=True, max_size=5)


@given(_names, st.binary(max_size=2000), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.booleans())
def test_what_another_tool_writes_is_read(names: list[str], data: bytes, method: int, streamed: bool) -> None:
    """Whatever names and bytes, written to a file or into a pipe (sizes behind the data), Zip64 headers or not."""
    target = io.BytesIO()
    with zipfile.ZipFile(_Pipe(target) if streamed else target, "w", method) as made:
        for number, name in enumerate(names):
            with made.open(name, "w", force_zip64=bool(number % 2)) as entry:
                entry.write(data)
    assert _content(target.getvalue()) == dict.fromkeys(names, data)


class _Pipe(io.RawIOBase):
    """A file that cannot seek."""

    def __init__(self, target: io.BytesIO) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._target.write(data)


@pytest.mark.slow
def test_more_entries_than_zip32_can_count() -> None:
    """Zip64 is for that: 65,536 entries and one more."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for number in range(0x10001):
            made.writestr(str(number), b"")
    entries, faults = zips.read(target, 0x10001)
    assert (len(entries), faults) == (0x10001, [])


def test_a_comment_and_padding_are_no_fault() -> None:
    """What the format has a place for."""
    padded = {"extra": b"\0\0\0"}
    made = archive(Made("a", local=padded), comment=b"made by hand", gap=b"\0" * 7)
    assert _content(made) == {"a": PAGE}


@pytest.mark.parametrize(
    ("raw", "flags", "expected"),
    [
        ("é.html".encode(), 0x0800, "é.html"),
        ("é.html".encode(), 0, "é.html"),
        ("é.html".encode("cp437"), 0, "é.html"),
    ],
    ids=["UTF-8, and says so", "UTF-8, and does not say so", "code page 437"],
)
def test_names_are_read_as_they_were_meant(raw: bytes, flags: int, expected: str) -> None:
    """Common tools write UTF-8 without the bit that says so (APPNOTE 4.4.4, D)."""
    assert list(_content(archive(Made(raw, flags=flags)))) == [expected]


# --- what is not ----------------------------------------------------------------------------------------------------

GOOD = archive(Made("a"), Made("b"))
TAIL = len(archive())
TWO_IN_ONE = archive(comment=archive())
WHOLE = {
    "nothing": b"",
    "no zip file": b"<?xml version='1.0'?>" * 9,
    "a zip file of another sort": b"7z\xbc\xaf\x27\x1c" * 9,
    "cut off at the end": GOOD[:-1],
    "cut off in the directory": GOOD[:-TAIL],
    "cut off in the middle": GOOD[50:],
    "bytes behind the end": archive(Made("a"), behind=b"\0"),
    "bytes behind a comment": archive(Made("a"), comment=b"x", behind=b"y"),
    "two end records": TWO_IN_ONE,
    "bytes before everything": b"MZ" + GOOD,
    "bytes before the first entry": archive(Made("a"), before=b"MZ"),
    "several parts": archive(Made("a"), end={"disk": 1}),
    "a part of the entries": archive(Made("a"), end={"here": 0}),
    "more entries said than there are": archive(Made("a"), count=2),
    "fewer entries said than there are": archive(Made("a"), Made("b"), count=1),
    "a directory elsewhere": archive(Made("a"), end={"start": 1}),
    "a directory of another length": archive(Made("a"), end={"length": 1}),
    "a directory larger than the file": archive(Made("a"), end={"length": IN_EXTRA - 1}),
    "Zip64 values and none": archive(Made("a"), end={"start": IN_EXTRA, "count": 0xFFFF, "here": 0xFFFF}),
    "end records that contradict": archive(Made("a"), zip64=True, end={"count": 2}),
    "several parts in Zip64": archive(Made("a"), zip64=True, end64={"disks": 2}),
    "a Zip64 record elsewhere": archive(Made("a"), zip64=True, end64={"at": 0}),
    "a Zip64 record behind itself": archive(Made("a"), zip64=True, end64={"at": 1 << 60}),
    "a Zip64 record of another length": archive(Made("a"), zip64=True, end64={"record": 45}),
    "a Zip64 directory of 2**63 bytes": archive(Made("a"), zip64=True, end64={"length": 1 << 63}),
    "a Zip64 count of 2**60": archive(Made("a"), zip64=True, end64={"here": 1 << 60, "count": 1 << 60}),
    "too many entries": archive(*(Made(str(number)) for number in range(MOST + 1))),
}


@pytest.mark.parametrize("what", WHOLE)
def test_a_file_that_is_no_whole_zip_file_is_refused(what: str) -> None:
    """With the requirement, and what to do."""
    (fault,) = _faults(WHOLE[what])
    assert (fault.path, fault.requirement, fault.detail.endswith("make the zip file again from its files")) == (
        "package",
        zips.RULE,
        True,
    )


SHARED = len(Made("a").header())
QUOTED = Made("b", b"x" * 40, 0)
BROKEN = {
    "encrypted": Made("a", flags=1),
    "strongly encrypted": Made("a", flags=0x41),
    "with hidden headers": Made("a", flags=0x2000),
    "a patch": Made("a", flags=0x20),
    "Deflate64": Made("a", method=9),
    "BZIP2": Made("a", method=12),
    "LZMA": Made("a", method=14),
    "an unknown method": Made("a", method=77),
    "another name in its header": Made("a", local={"name": b"b"}),
    "a longer name in its header": Made("a", local={"name": b"a.html"}),
    "another method in its header": Made("a", local={"method": 0}),
    "encrypted in its header only": Made("a", local={"flags": 1}),
    "another size in its header": Made("a", local={"size": 1}),
    "another compressed size in its header": Made("a", local={"packed": 1}),
    "another CRC in its header": Made("a", local={"crc": 1}),
    "no size in its header": Made("a", local={"size": 0}),
    "another size in its header, deferred": Made("a", flags=8, local={"size": 1}),
    "a name that is no UTF-8": Made(b"\xff", flags=0x0800),
    "a Zip64 field that is missing": Made("a", central={"size": IN_EXTRA}),
    "a Zip64 field that is too short": Made("a", central={"size": IN_EXTRA, "extra": b"\1\0\2\0xx"}),
    "a Zip64 field cut off": Made("a", central={"extra": b"\1\0\x10\0xx"}),
    "two Zip64 fields": Made("a", zip64=True, central={"extra": struct.pack("<2HQ", 1, 8, 5)}),
    "on another disk": Made("a", central={"disk": 1}),
    "a header elsewhere": Made("a", offset=1),
    "a header behind the end": Made("a", offset=1 << 31),
    "stored with two sizes": Made("a", method=0, packed=PAGE + b"more"),
    "damaged": Made("a", packed=b"\xff" + deflated(PAGE)[1:]),
    "damaged where it is stored": Made("a", method=0, packed=b"?" + PAGE[1:]),
    "cut off": Made("a", packed=deflated(PAGE)[:-1]),
    "without data": Made("a", packed=b""),
    "with bytes behind its data": Made("a", packed=deflated(PAGE) + b"\0"),
    "longer than it says": Made("a", packed=deflated(PAGE * 2)),
    "shorter than it says": Made("a", packed=deflated(PAGE[1:])),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_entry_that_is_broken_is_named(what: str) -> None:
    """Where, what, and the requirement; the good entry beside it is not."""
    faults = _faults(archive(BROKEN[what], Made("good")))
    assert faults != []
    assert {(fault.path in ("a", "\\xa0", "ÿ"), fault.requirement) for fault in faults} == {(True, zips.RULE)}, faults


def test_every_broken_entry_is_named() -> None:
    """All at once: whoever makes the package again needs one round."""
    faults = _faults(archive(Made("a", flags=1), Made("b", method=12), Made("c", local={"name": b"x"})))
    assert [fault.path for fault in faults] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "made",
    [
        archive(Made("a"), Made("a", offset=0)),
        archive(
            Made("a", b"x" * 9, 0, central={"packed": 10, "size": 10}, local={"packed": 10, "size": 10}), Made("b")
        ),
        archive(Made("a", packed=deflated(PAGE) + Made("b").header(), flags=8), Made("b", offset=SHARED)),
    ],
    ids=["one header for two", "one byte too long", "quoted in another's data"],
)
def test_entries_that_share_bytes_are_refused(made: bytes) -> None:
    """Else a small file unpacks to any size."""
    assert len(_faults(made)) >= 1


def test_a_quoted_header_is_an_overlap() -> None:
    """One kernel of data behind many headers, each of which is data of the one before."""
    inner = Made("b", b"kernel", 0)
    quoting = Made("a", inner.header() + inner.data, 0)
    made = archive(quoting, Made("b", b"kernel", 0, offset=len(quoting.header())))
    assert "lie over each other" in _faults(made)[0].detail


def test_the_directory_is_nobodys_data() -> None:
    """An entry that ends in it, and whose size and CRC are right."""
    begun = Made("a", b"x" * 9, 0).listed(0)[:12]  # signature, versions, flags, method: as they will be
    its = {"packed": 21, "size": 21, "crc": zlib.crc32(b"x" * 9 + begun)}
    (fault,) = _faults(archive(Made("a", b"x" * 9, 0, local=its, central=its)))
    assert "its directory lie over each other" in fault.detail


def test_a_bomb_is_stopped_while_it_is_counted() -> None:
    """Its header says that it is small; not more than the limit and a piece of it is ever unpacked."""
    bomb = Made("a", b"x", packed=deflated(b"\0" * 50_000_000))
    file = io.BytesIO(archive(bomb))
    (entry,), _ = zips.read(file, MOST)
    given_out: list[bytes] = []
    with pytest.raises(Invalid, match="unpacks to more than 1000000 bytes"):
        given_out.extend(zips.unpack(file, entry, 1_000_000))
    assert 0 < sum(map(len, given_out)) <= 1_000_000


@given(st.data())
def test_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    """A byte changed anywhere leaves the content as it was, or is refused; there is no third."""
    zip64 = data.draw(st.booleans())
    entries = (Made("index.html", zip64=zip64), Made("b", PAGE * 9, 0), Made("c/", b"", 0))
    made = bytearray(archive(*entries, zip64=zip64, comment=b"comment"))
    before = _content(bytes(made))
    made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    if not _faults(bytes(made)):
        assert before == _content(bytes(made))


@given(st.binary(max_size=200), st.integers(0, 3))
def test_no_bytes_make_it_fail_otherwise(noise: bytes, where: int) -> None:
    """Noise is refused with a fault, never with another error."""
    signatures = [b"", b"PK\x05\x06" + bytes(18), b"PK\x03\x04", b"PK\x06\x07"]
    data = noise + signatures[where]
    assert _faults(data) != [] or data.endswith(bytes(18))


def test_names_are_shown_without_what_does_not_print() -> None:
    """A stranger's name in a message is bounded and harmless on a terminal."""
    assert (zips.shown("a\x1b[2J\0b"), len(zips.shown("x" * 500))) == ("a\\x1b[2J\\x00b", 101)


def test_crc_is_checked_even_where_the_size_is_right() -> None:
    """A single damaged letter."""
    (fault,) = _faults(archive(Made("a", method=0, packed=PAGE[:-1] + b"?")))
    assert (fault.path, "CRC" in fault.detail) == ("a", True)
