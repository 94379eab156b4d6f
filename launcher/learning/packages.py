"""Packages on disk: one folder each in the data folder, named by the digest of its zip file and never changed.

    packages/DIGEST/package.zip     what was imported, byte for byte
                    content         every file of it, one after the other
                    index.json      name → where in `content` it lies, its size and SHA-256

The names in a package are keys of the index and never names of files, so there is nothing that one could lead out of.

What is there and what the database says agree whenever the program dies: a folder is filled as a draft, flushed, given
its name, and only then named by a committed course; a course is removed first and its folder afterwards. So every
course has its whole folder, and a folder without a course, like a draft that nobody fills, is a left-over that the next
`sweep` takes away. Two courses with one package share its folder. The folder's one program is this one (`store` holds
its lock), and all of it that must not overlap takes turns.

It belongs to the lean door, so what unpacks and removes is loaded when it is asked for. What a package means is in
`importing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from msgspec import Struct

from lrs.clock import Clock
from lrs.errors import Fault, NotFound, StoreFull
from lrs.local import places
from lrs.store.promises import Reader, Store, Transaction
from lrs.sync import failpoints

if TYPE_CHECKING:
    from launcher.cmi5.package import Limits
    from launcher.cmi5.zips import Entry

C = TypeVar("C")
T = TypeVar("T")

FOLDER = "packages"
ZIP, CONTENT, INDEX = "package.zip", "content", "index.json"
DRAFT = ".draft-"
SPOOL = 1024 * 1024


class File(Struct, frozen=True):
    """A file of a package: `size` bytes of `content` from `at` on."""

    at: int
    size: int
    sha256: str


class Draft(Struct):
    """A package that is coming in. `digest` is that of its zip file, once all of it is here."""

    folder: Path
    digest: str = ""


class Unpacked(Struct, frozen=True):
    """What is in a package: its `cmi5.xml`, the names of its other files, a digest of these with their content (the
    same however the zip file was made), and what is wrong with them."""

    structure: bytes | None
    names: frozenset[str]
    digest: str
    faults: tuple[Fault, ...]


class Packages:
    """The keeper of the packages of a data folder."""

    def __init__(self, data: Path, store: Store, clock: Clock) -> None:
        self._folder = data / FOLDER
        self._store = store
        self._clock = clock
        self._turn = asyncio.Lock()
        self._drafts: set[str] = set()

    # --- coming in --------------------------------------------------------------------------------------------------

    async def take(
        self, parts: AsyncIterator[bytes], read: Callable[[Draft], C], work: Callable[[Transaction, C], T]
    ) -> T:
        """Keep the zip file that comes in `parts`; answers what `work` does.

        `read` unpacks and judges the draft, in a thread; `work` commits what it found, naming the package by the
        draft's digest. Where one of them raises, nothing is kept. Who stops waiting leaves it to its end.
        """
        return await asyncio.shield(self._take(parts, read, work))

    async def _take(
        self, parts: AsyncIterator[bytes], read: Callable[[Draft], C], work: Callable[[Transaction, C], T]
    ) -> T:
        async with self._turn:  # a sweep must not meet a draft that it has not been told of
            draft = await asyncio.to_thread(self._make_draft)
        try:
            await _receive(draft, parts)
            found = await asyncio.to_thread(read, draft)
            async with self._turn:
                return await self._keep(draft, lambda transaction: work(transaction, found))
        finally:
            await asyncio.to_thread(self._drop, draft)

    def _make_draft(self) -> Draft:
        made = Draft(places.private_folder(self._folder) / f"{DRAFT}{self._clock.token()}")
        with _room():
            made.folder.mkdir(mode=0o700)
        self._drafts.add(made.folder.name)
        return made

    def _drop(self, draft: Draft) -> None:
        if draft.folder.exists():
            _remove(draft.folder)
        self._drafts.discard(draft.folder.name)

    async def _keep(self, draft: Draft, work: Callable[[Transaction], T]) -> T:
        failpoints.hit("packages.before_place")
        await asyncio.to_thread(self._place, draft)
        failpoints.hit("packages.after_place")
        try:
            return await self._store.write(work)
        finally:  # refused, or here already under another package: then nobody names this one
            failpoints.hit("packages.after_commit")
            await self._sweep()

    def _place(self, draft: Draft) -> None:
        place = self._folder / draft.digest
        if not place.exists():
            draft.folder.rename(place)
            _flush(self._folder)
            _flush(self._folder.parent)

    # --- going out --------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Take away what no course needs: packages of removed courses, and what a crash left."""
        async with self._turn:
            await self._sweep()

    async def _sweep(self) -> None:
        if self._folder.exists():
            await asyncio.to_thread(self._clear, await self._store.read(_needed))

    def _clear(self, needed: frozenset[str]) -> None:
        spared = needed | self._drafts  # of before the look: a draft may go while it is listed, and none can come
        for path in sorted(self._folder.iterdir()):  # those with a dot first
            if path.name in spared or not _is_ours(path.name):
                continue
            doomed = path.with_name(f".{path.name.removeprefix('.')}")  # so that half a folder is never taken for one
            path.rename(doomed)
            failpoints.hit("packages.before_clear")
            _remove(doomed)

    # --- what is there ----------------------------------------------------------------------------------------------

    def index(self, digest: str) -> dict[str, File]:
        """The files of a package by their names; `NotFound` where it has just gone."""
        with _there():
            return _index(self._folder / digest / INDEX)

    def open(self, digest: str, name: str = CONTENT) -> int:
        """A descriptor of the package's content, or of its zip file, which outlives its removal."""
        with _there():
            return os.open(self._folder / digest / name, os.O_RDONLY | os.O_CLOEXEC)


def _is_ours(name: str) -> bool:
    return name.startswith(DRAFT) or len(name.removeprefix(".")) == 2 * hashlib.sha256().digest_size


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


def _needed(reader: Reader) -> frozenset[str]:
    return frozenset(row[0] for row in reader.execute("SELECT package FROM course WHERE package IS NOT NULL", ()))


@contextlib.contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("this course has just been removed") from error


@functools.lru_cache(maxsize=8)
def _index(path: Path) -> dict[str, File]:
    return {name: File(*where) for name, where in json.loads(path.read_bytes()).items()}


# --- filling a draft ------------------------------------------------------------------------------------------------


async def _receive(draft: Draft, parts: AsyncIterator[bytes]) -> None:
    """Write the zip file as it comes: a package may be larger than the memory."""
    digest = hashlib.sha256()
    with _room(), _create(draft.folder / ZIP) as file:

        def write(waiting: bytes) -> None:
            digest.update(waiting)
            file.write(waiting)

        waiting = bytearray()
        async for part in parts:
            waiting += part
            if len(waiting) >= SPOOL:
                await asyncio.to_thread(write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(write, bytes(waiting))
        await asyncio.to_thread(_settle, file)
    draft.digest = digest.hexdigest()


def unpack(draft: Draft, limits: Limits) -> Unpacked:
    """Unpack the zip file of a draft beside it. Raises `Invalid` where it cannot be looked into, `StoreFull`."""
    from launcher.cmi5 import package

    index: dict[str, File] = {}
    structure: list[bytes] = []
    with _room(), (draft.folder / ZIP).open("rb") as source, _create(draft.folder / CONTENT) as content:

        def keep(entry: Entry, parts: Iterator[bytes]) -> None:
            if entry.name == package.STRUCTURE:  # it holds every AU's entitlement key: not for lessons
                structure[:] = parts
                return
            at, digest = content.tell(), hashlib.sha256()
            for part in parts:
                digest.update(part)
                content.write(part)
            index[entry.name] = File(at, content.tell() - at, digest.hexdigest())

        faults = package.unpack(source, package.files(source, limits), limits, keep)
        _settle(content)
    with _room(), _create(draft.folder / INDEX) as file:
        file.write(json.dumps({name: (one.at, one.size, one.sha256) for name, one in index.items()}).encode())
        _settle(file)
    _flush(draft.folder)
    digest = hashlib.sha256("".join(f"{index[name].sha256} {name}\n" for name in sorted(index)).encode())
    return Unpacked(b"".join(structure) or None, frozenset(index), digest.hexdigest(), tuple(faults))


def _create(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull("there is no room for this package: make some, or import a smaller one") from error
        raise
