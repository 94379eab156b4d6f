"""What a course package may hold (cmi5 14.1), and how it is unpacked without harm.

A package is a stranger's zip file. Its names never become names of files here (whoever keeps the content decides where
it lies), and are refused all the same where another system would take them for something else than they seem. Limits
are counted while unpacking: what a header says of sizes is a stranger's word.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from launcher.cmi5 import zips
from launcher.cmi5.zips import RULE, Entry, shown
from lrs.errors import Fault, Invalid

STRUCTURE = "cmi5.xml"
ZIP = "application/zip"
XML = "application/xml"

MAX_FAULTS = 1000
_LONGEST_NAME = 1024
_LONGEST_SEGMENT = 255
_DEEPEST = 64
_DRIVE = re.compile(r"[A-Za-z]:")
_MEBIBYTE = 1024 * 1024
_AT_ROOT = "cmi5 14.1.0.0-2 (d)"


class Limits(Struct, frozen=True):
    """The most that is taken of a package: entries, bytes of all files, of one, of `cmi5.xml`; and how many times
    larger than its compressed form a file of more than `small` bytes may be (text and tables stay below 100)."""

    total: int
    entries: int = 20_000
    file: int = 1024 * _MEBIBYTE
    structure: int = 32 * _MEBIBYTE
    ratio: int = 200
    small: int = _MEBIBYTE


def kind(head: bytes) -> str | None:
    """The media type that a file of a course is imported as, by its first bytes; None where it can be neither."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    plain = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return XML if plain.replace(b"\0", b"").lstrip(b" \t\r\n").startswith(b"<") else None


def files(file: BinaryIO, limits: Limits) -> list[Entry]:
    """The files of the package, folders left out, in the order of their data; their names in the one form (NFC) that
    urls are compared in. Raises `Invalid` with everything that is wrong with the package as a whole."""
    entries, faults = zips.read(file, limits.entries)
    entries = [replace(entry, name=unicodedata.normalize("NFC", entry.name)) for entry in entries]
    for entry in entries:
        faults.extend(Fault(shown(entry.name), "", reason) for reason in _unsafe(entry))
    faults.extend(_collisions(entries))
    faults.extend(_structure_faults(entries))
    if faults:
        raise Invalid.of(faults[:MAX_FAULTS])
    return [entry for entry in entries if not entry.name.endswith("/")]


def unpack(
    file: BinaryIO, entries: Sequence[Entry], limits: Limits, keep: Callable[[Entry, Iterator[bytes]], None]
) -> list[Fault]:
    """Hand every file with its content to `keep`; what is wrong with the content of any of them.

    Raises `Invalid` at once where all of them together are too much.
    """
    faults: list[Fault] = []
    left = limits.total
    for entry in entries:

        def counted(entry: Entry = entry) -> Iterator[bytes]:
            nonlocal left
            for part in zips.unpack(file, entry, _most(entry, limits)):
                left -= len(part)
                if left < 0:
                    raise _too_much(limits)
                yield part

        try:
            keep(entry, counted())
        except Invalid as error:
            if left < 0:
                raise
            faults.extend(error.faults)
    return faults[:MAX_FAULTS]


def _most(entry: Entry, limits: Limits) -> int:
    most = limits.structure if entry.name == STRUCTURE else limits.file
    return min(most, max(limits.small, limits.ratio * entry.packed))


def _too_much(limits: Limits) -> Invalid:
    detail = f"its files unpack to more than {limits.total} bytes together, the most that is taken; make it smaller"
    return Invalid.of([Fault("package", "", detail)])


# --- names ----------------------------------------------------------------------------------------------------------


def _unsafe(entry: Entry) -> Iterator[str]:
    """Why an entry could be something else, or somewhere else, than it seems."""
    name = entry.name
    segments = name.removesuffix("/").split("/")
    if not name:
        yield "an entry without a name"
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        yield "has a control character in its name; rename it"
    if "\\" in name:
        yield "has a backslash in its name; folders are written with /"
    if name.startswith("/") or _DRIVE.match(name):
        yield "has an absolute name; names in a package begin at its root"
    elif name and not {"", ".", ".."}.isdisjoint(segments):
        yield "has an empty, . or .. segment in its name, which could lead out of the package"
    if len(entry.raw_name) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_SEGMENT for part in segments):
        yield f"has a name of more than {_LONGEST_NAME} bytes, or {_LONGEST_SEGMENT} between two /; rename it"
    if len(segments) > _DEEPEST:
        yield f"lies more than {_DEEPEST} folders deep; put it higher up"
    if stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield "is a link or a device; put the file itself into the package"
    elif name.endswith("/") and entry.size:
        yield "is a folder with content"
    elif stat.S_ISDIR(entry.mode) and not name.endswith("/"):
        yield "is a folder by its attributes and a file by its name"


def _collisions(entries: Sequence[Entry]) -> Iterator[Fault]:
    """Names that are one name on some system: which of the two a learner would get depends on the device."""
    taken: dict[str, Entry] = {}
    for entry in entries:
        other = taken.setdefault(_folded(entry.name), entry)
        if other is not entry and not (other.name == entry.name and entry.name.endswith("/")):
            detail = f"has the same name as {shown(other.name)}, on some systems at least; keep one, or rename it"
            yield Fault(shown(entry.name), RULE, detail)
    whole = {key for key, entry in taken.items() if not entry.name.endswith("/")}
    for key, entry in taken.items():
        segments = key.split("/")[:_DEEPEST]
        if any("/".join(segments[:depth]) in whole for depth in range(1, len(segments))):
            yield Fault(shown(entry.name), RULE, "lies in a folder that has the name of a file")


def _folded(name: str) -> str:
    """What a file system without case, or without dots and spaces at the end of names, makes of it."""
    folded = unicodedata.normalize("NFC", name.casefold())
    return "/".join(segment.rstrip(" .") for segment in folded.removesuffix("/").split("/"))


def _structure_faults(entries: Sequence[Entry]) -> Iterator[Fault]:
    names = [entry.name for entry in entries]
    if STRUCTURE in names:
        return
    near = next((name for name in names if name.casefold().rpartition("/")[2] == STRUCTURE), None)
    hint = "" if near is None else f"; there is {shown(near)}: zip what is in the folder, not the folder itself"
    if near is not None and "/" not in near:
        hint = f"; there is {near}: it is written in lower case"
    yield Fault(STRUCTURE, _AT_ROOT, f"the package has no {STRUCTURE} at its root{hint}")
