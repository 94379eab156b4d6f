"""Zip files made by hand, field by field, so that a test can write what no tool would: good ones and hostile ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.launcher.cmi5 import worlds

PAGE = b"<!doctype html><title>A lesson</title><p>Hello"
IN_EXTRA = 0xFFFFFFFF


def deflated(data: bytes) -> bytes:
    """The data as method 8 has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True, slots=True)
class Made:
    """One entry. `local` and `central` put other values into its own header and into the directory: the names are those
    of `_fields`; `packed` takes the place of the data as it would be, `offset` that of the header's place."""

    name: str | bytes
    data: bytes = PAGE
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    packed: bytes | None = None
    local: Mapping[str, Any] = field(default_factory=dict)
    central: Mapping[str, Any] = field(default_factory=dict)
    offset: int | None = None
    zip64: bool = False
    behind: bytes = b""

    @property
    def raw(self) -> bytes:
        """The bytes of the data in the zip file."""
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == 8 else self.data

    def fields(self, other: Mapping[str, Any]) -> dict[str, Any]:
        """What both headers say, `other` in its place."""
        return {
            "name": self.name.encode() if isinstance(self.name, str) else self.name,
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data),
            "packed": len(self.raw),
            "size": len(self.data),
            "extra": b"",
            "disk": 0,
            **other,
        }

    def header(self) -> bytes:
        """Its own header (APPNOTE 4.3.7)."""
        its = self.fields(self.local)
        extra, packed, size = its["extra"], its["packed"], its["size"]
        if self.zip64:
            extra, packed, size = struct.pack("<2H2Q", 1, 16, size, packed) + bytes(extra), IN_EXTRA, IN_EXTRA
        name = bytes(its["name"])
        fixed = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 45, its["flags"], its["method"], 0, 33, its["crc"], packed, size, len(name),
            len(extra),
        )  # fmt: skip
        return fixed + name + bytes(extra)

    def listed(self, at: int) -> bytes:
        """Its line in the directory (APPNOTE 4.3.12)."""
        its = self.fields(self.central)
        extra, packed, size = its["extra"], its["packed"], its["size"]
        place = at if self.offset is None else self.offset
        if self.zip64:
            extra = struct.pack("<2H3Q", 1, 24, size, packed, place) + bytes(extra)
            packed = size = place = IN_EXTRA
        name = bytes(its["name"])
        fixed = struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 3 << 8 | 45, 45, its["flags"], its["method"], 0, 33, its["crc"], packed, size,
            len(name), len(extra), 0, its["disk"], 0, self.mode << 16, place,
        )  # fmt: skip
        return fixed + name + bytes(extra)


def archive(
    *entries: Made,
    before: bytes = b"",
    gap: bytes = b"",
    behind: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    zip64: bool = False,
    end: Mapping[str, int] | None = None,
    end64: Mapping[str, int] | None = None,
) -> bytes:
    """A zip file of these entries. `end` and `end64` put other values into the end records."""
    data = bytearray(before)
    places = []
    for entry in entries:
        places.append(len(data))
        data += entry.header() + entry.raw + entry.behind
    data += gap
    start = len(data)
    for entry, place in zip(entries, places, strict=True):
        data += entry.listed(place)
    number = len(entries) if count is None else count
    its = {"disk": 0, "first": 0, "here": number, "count": number, "length": len(data) - start, "start": start}
    plain = {**its, **(end or {})}
    if zip64:
        whole = {**its, **(end64 or {})}
        at = whole.pop("at", len(data))
        length, disks = whole.pop("record", 44), whole.pop("disks", 1)
        data += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", length, 45, 45, *_in_order(whole))
        data += struct.pack("<4sLQL", b"PK\x06\x07", 0, at, disks)
        full = {"disk": 0xFFFF, "first": 0xFFFF, "here": 0xFFFF, "count": 0xFFFF, "length": IN_EXTRA, "start": IN_EXTRA}
        plain = {**full, **(end or {})}
    data += struct.pack("<4s4H2LH", b"PK\x05\x06", *_in_order(plain), len(comment)) + comment
    return bytes(data) + behind


def _in_order(values: Mapping[str, int]) -> list[int]:
    return [values[name] for name in ("disk", "first", "here", "count", "length", "start")]


def structure(*urls: str, name: str = "course", **more: str) -> bytes:
    """A course structure with one AU for each url."""
    course = worlds.COURSE.replace("/course'", f"/{name}'")
    nodes = [worlds.au_xml(f"au-{number}", url=url, **more) for number, url in enumerate(urls)]
    return worlds.course_xml(*nodes, course=course)


def package(*entries: Made, xml: bytes | None = None) -> bytes:
    """A package of `cmi5.xml`, with one AU at `index.html` unless `xml` says something else, and these entries."""
    course = Made("cmi5.xml", structure("index.html") if xml is None else xml)
    return archive(course, *(entries or (Made("index.html"),)))
