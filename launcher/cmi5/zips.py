"""Reads the directory of a zip file (PKWARE APPNOTE 6.3.10, Zip32 and Zip64) so that it has one meaning, or none.

Readers of zip files differ in what they overlook: bytes before and after, two directories, entries that share bytes,
headers that contradict each other. Whoever checks with one reader and unpacks with another is deceived by the
difference, so all of these are faults here, and what is unpacked is what was checked. Sizes are only believed until
the bytes have been counted. What names and sizes are acceptable is left to `package`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from lrs.errors import Fault, Invalid

RULE = "cmi5 14.1.0.0-1 (d)"
CHUNK = 256 * 1024
MAX_DIRECTORY = 32 * 1024 * 1024
"""Bytes of the central directory: 20,000 entries with names of a kilobyte are below it."""

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")  # 4.3.16
_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF  # 4.4.1.4: the value is in the Zip64 extra field
_ZIP64_EXTRA = 0x0001
_ENCRYPTED = 0x2041  # bits 0, 6 and 13
_PATCH = 0x0020
_DEFERRED = 0x0008  # size and CRC follow the data
_UTF8 = 0x0800

_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "BZIP2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


class Entry(Struct, frozen=True):
    """One entry as the central directory has it. `mode` is the Unix file type and permissions, 0 where unknown;
    `packed` bytes lie from `data_at` on and are `size` bytes unpacked."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    header_at: int
    data_at: int = 0

    @property
    def end(self) -> int:
        """Where the next entry may begin."""
        return self.data_at + self.packed


def shown(name: str) -> str:
    """A stranger's name, fit for a message: bounded, nothing in it that does not print."""
    cut = name[:100] + ("…" if len(name) > 100 else "")
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in cut)


def read(file: BinaryIO, most: int) -> tuple[list[Entry], list[Fault]]:
    """Every entry in the order of the data, and every fault of a single one. Raises `Invalid` where the file as a whole
    cannot be trusted: it is no zip file, has more than `most` entries, or parts of it lie over each other."""
    start, end, count = _directory_place(file)
    if count > most:
        raise _refused(f"it has {count} entries; at most {most} are taken")
    if end - start > MAX_DIRECTORY:
        raise _refused(f"its directory has {end - start} bytes; at most {MAX_DIRECTORY} are read")
    faults: list[Fault] = []
    listed = sorted(_central(_at(file, start, end - start), count, faults), key=_place)
    entries = [_with_data(file, entry, start, faults) for entry in listed]
    if not faults:  # places are believed only where the headers are
        _refuse_overlaps(entries, start)
    return entries, faults


def _place(entry: Entry) -> int:
    return entry.header_at


def _refused(detail: str) -> Invalid:
    return Invalid.of([Fault("package", RULE, f"{detail}; make the zip file again from its files")])


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    found = file.read(count)
    if len(found) != count:
        raise _refused("the zip file is cut off")
    return found


# --- where the directory is -----------------------------------------------------------------------------------------


def _directory_place(file: BinaryIO) -> tuple[int, int, int]:
    """Start and end of the central directory, and the number of its entries (4.3.14 to 4.3.16)."""
    size = file.seek(0, 2)
    at = _end_record(file, size)
    _, disk, first_disk, here, count, length, start, _ = _END.unpack(_at(file, at, _END.size))
    end = at
    if at >= _LOCATOR.size and _at(file, at - _LOCATOR.size, 4) == b"PK\x06\x07":
        end, counts = _end64_record(file, at - _LOCATOR.size)
        for plain, full in zip((disk, first_disk, here, count, length, start), counts, strict=True):
            if plain not in (full, 0xFFFF, _IN_EXTRA):
                raise _refused("its end records for Zip32 and Zip64 contradict each other")
        disk, first_disk, here, count, length, start = counts
    if disk or first_disk or here != count:
        raise _refused("it is one part of several; a package is one file")
    if start + length != end:
        raise _refused(
            "its directory is not where the end record says: bytes are missing, or were put before or into it"
        )
    return start, end, count


def _end_record(file: BinaryIO, size: int) -> int:
    """Where the one end record is. Its comment has to end with the file: else something was added or cut off, and two
    that fit would be two zip files in one."""
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT)
    tail = _at(file, tail_at, size - tail_at)
    found = []
    at = tail.find(b"PK\x05\x06")
    while 0 <= at <= len(tail) - _END.size:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + _END.size + comment == len(tail):
            found.append(tail_at + at)
        at = tail.find(b"PK\x05\x06", at + 1)
    if len(found) != 1:
        raise _refused(
            "it can be read as two different zip files"
            if found
            else "it is no zip file, or is cut off, or has other bytes behind its end"
        )
    return found[0]


def _end64_record(file: BinaryIO, locator_at: int) -> tuple[int, tuple[int, ...]]:
    _, disk, at, disks = _LOCATOR.unpack(_at(file, locator_at, _LOCATOR.size))
    if disk or disks > 1:
        raise _refused("it is one part of several; a package is one file")
    if at + _END64.size > locator_at:
        raise _refused("its Zip64 end record is not where it should be")
    signature, length, _, _, *counts = _END64.unpack(_at(file, at, _END64.size))
    if signature != b"PK\x06\x06" or at + 12 + length != locator_at:
        raise _refused("its Zip64 end record is not where it should be")
    return at, tuple(counts)


# --- the directory --------------------------------------------------------------------------------------------------


def _central(data: bytes, count: int, faults: list[Fault]) -> Iterator[Entry]:
    at = 0
    for _ in range(count):
        if data[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(data):
            raise _refused("its directory is broken")
        fields = _CENTRAL.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_length, extra_length, comment_length, disk = fields[10:14]
        attributes, place = fields[15:]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        raw, extra = data[name_at:extra_at], data[extra_at : extra_at + extra_length]
        name = _name(raw, flags, faults)
        try:
            size, packed, place, disk = _whole(extra, (size, packed, place), disk)
        except ValueError as error:
            faults.append(Fault(shown(name), RULE, str(error)))
        if disk:
            faults.append(Fault(shown(name), RULE, "is on another part of a zip file of several"))
        entry = Entry(name, raw, flags, method, crc, packed, size, attributes >> 16, place)
        faults.extend(Fault(shown(name), RULE, reason) for reason in _unread(entry))
        yield entry
    if at != len(data):
        raise _refused("its directory is broken")


def _name(raw: bytes, flags: int, faults: list[Fault]) -> str:
    """The name in its characters. Tools that write UTF-8 without saying so are common, and what is UTF-8 by accident is
    rare, so that is tried before the code page that 4.4.4 (bit 11) and appendix D name."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("cp437")
        if flags & _UTF8:
            faults.append(Fault(shown(name), RULE, "has a name that is said to be UTF-8 and is not"))
        return name


def _unread(entry: Entry) -> Iterator[str]:
    """Why the data of an entry cannot be read here, if so."""
    if entry.flags & _ENCRYPTED:
        yield "is encrypted; a course has to be readable without a password"
    if entry.flags & _PATCH:
        yield "is a patch of another file; put the file itself into the package"
    if entry.method not in (STORED, DEFLATED):
        name = _METHODS.get(entry.method, f"number {entry.method}")
        yield f"is compressed by the method {name}; make the zip file with Deflate"
    elif entry.method == STORED and entry.packed != entry.size and not entry.flags & _ENCRYPTED:
        yield "is stored uncompressed, and yet its two sizes differ"


def _whole(extra: bytes, values: tuple[int, ...], disk: int = 0) -> tuple[int, ...]:
    """The values with those that did not fit taken from the Zip64 extra field, in its order (4.5.3)."""
    fields = _extra(extra)
    wide = [found for number, found in fields if number == _ZIP64_EXTRA]
    if len(wide) > 1:
        raise ValueError("has two Zip64 fields")
    rest = wide[0] if wide else b""
    whole: list[int] = []
    for value, missing, width in (*((value, _IN_EXTRA, 8) for value in values), (disk, 0xFFFF, 4)):
        if value != missing:
            whole.append(value)
            continue
        if len(rest) < width:
            raise ValueError("has a Zip64 field that is too short")
        whole.append(int.from_bytes(rest[:width], "little"))
        rest = rest[width:]
    return tuple(whole)


def _extra(extra: bytes) -> list[tuple[int, bytes]]:
    fields = []
    at = 0
    while at + 4 <= len(extra):  # fewer bytes than a head are padding of tools that align data
        number, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        if at > len(extra):
            raise ValueError("has an extra field that is cut off")
        fields.append((number, extra[at - length : at]))
    return fields


# --- where the data is ----------------------------------------------------------------------------------------------


def _with_data(file: BinaryIO, entry: Entry, most: int, faults: list[Fault]) -> Entry:
    """The entry with the place of its data, after a look at its own header, which has to say the same."""
    header = b""
    if entry.header_at + _LOCAL.size <= most:
        header = _at(file, entry.header_at, _LOCAL.size)
    if header[:4] != b"PK\x03\x04":
        faults.append(Fault(shown(entry.name), RULE, "is not where the directory says"))
        return entry
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    rest = file.read(name_length + extra_length)
    try:
        size, packed, _ = _whole(rest[name_length:], (size, packed))
    except ValueError as error:
        faults.append(Fault(shown(entry.name), RULE, f"{error} in its own header"))
    differing = [
        what
        for what, here, listed in (
            ("name", rest[:name_length], entry.raw_name),
            ("method", method, entry.method),
            ("encryption", flags & _ENCRYPTED, entry.flags & _ENCRYPTED),
            *(
                (what, here, listed)
                for what, here, listed in (
                    ("CRC", crc, entry.crc),
                    ("compressed size", packed, entry.packed),
                    ("size", size, entry.size),
                )
                if here or not flags & _DEFERRED  # 4.4.4 bit 3: zero here, and behind the data
            ),
        )
        if here != listed
    ]
    if differing:
        detail = f"has another {' and '.join(differing)} in its own header than in the directory"
        faults.append(Fault(shown(entry.name), RULE, detail))
    return replace(entry, data_at=entry.header_at + _LOCAL.size + name_length + extra_length)


def _refuse_overlaps(entries: Sequence[Entry], start: int) -> None:
    """No byte belongs to two entries: else a small file unpacks to any size."""
    if entries and entries[0].header_at:
        raise _refused("it has other bytes before its first entry")
    for one, other in pairwise(entries):
        if other.header_at < one.end:
            raise _refused(f"{shown(one.name)} and {shown(other.name)} lie over each other in it")
    if entries and entries[-1].end > start:
        raise _refused(f"{shown(entries[-1].name)} and its directory lie over each other")


# --- the data -------------------------------------------------------------------------------------------------------


def unpack(file: BinaryIO, entry: Entry, most: int) -> Iterator[bytes]:
    """The entry's bytes, piece by piece. Raises `Invalid` as soon as they are more than `most`, and at the end where
    size or CRC are not what the directory says."""
    size = crc = 0
    for part in _stored(file, entry) if entry.method == STORED else _inflated(file, entry):
        size += len(part)
        if size > most:
            raise _wrong(entry, f"unpacks to more than {most} bytes, the most that is taken of it; make it smaller")
        crc = zlib.crc32(part, crc)
        yield part
    if size != entry.size:
        raise _wrong(entry, f"unpacks to {size} bytes, and the directory says {entry.size}")
    if crc != entry.crc:
        raise _wrong(entry, "is damaged: its CRC is not the one of the directory")


def _wrong(entry: Entry, detail: str) -> Invalid:
    return Invalid.of([Fault(shown(entry.name), RULE, detail)])


def _stored(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    for at in range(entry.data_at, entry.end, CHUNK):
        yield _at(file, at, min(CHUNK, entry.end - at))


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    packed = _stored(file, entry)
    while not inflate.eof:
        given = inflate.unconsumed_tail or next(packed, b"")
        try:
            part = inflate.decompress(given, CHUNK)
        except zlib.error as error:
            raise _wrong(entry, "is damaged: it cannot be unpacked") from error
        if not given and not part:
            raise _wrong(entry, "is damaged: its data is cut off")
        if part:
            yield part
    if inflate.unused_data or next(packed, b""):
        raise _wrong(entry, "has other bytes behind its data")
