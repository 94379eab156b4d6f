"""What is around the database: this Python, the folders and who may enter them, the disk, the program that runs, and
the service it is found by. Looked at from outside, changing nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from launcher.cli.doctor.finding import Finding, ok, problem, warning
from launcher.cli.remote import Call, There
from launcher.cli.show import size
from lrs.errors import OfflineLrsError
from lrs.local import notes, places, registry, sockets
from lrs.local.registry import Service
from lrs.settings import gather
from lrs.store.sqlite import DATABASE

SQLITE_LEAST = (3, 33, 0)  # the first that calls its catalogue `sqlite_schema`
TIGHT, SHORT = 1_000_000_000, 100_000_000  # bytes of free disk
ANSWER_SECONDS = 10.0
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def machine() -> Iterator[Finding]:
    """What the program runs on."""
    said = f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        yield problem(
            "versions", f"{said}: SQLite {least} is needed", "use a Python that was built with a newer SQLite"
        )
    else:
        yield ok("versions", said)


def settings(data: Path) -> Iterator[Finding]:
    """What the environment and `config.toml` say."""
    try:
        gather(data, {})
    except OfflineLrsError as error:
        yield problem("settings", error.detail, "correct the setting; docs/reference/settings.md has them all")


# --- folders --------------------------------------------------------------------------------------------------------


def data_folder(data: Path) -> Iterator[Finding]:
    """The data folder and what lies in it belong to this user alone."""
    about = "data folder"
    try:
        found = data.stat()
    except FileNotFoundError:
        yield warning(
            about,
            f"{data} is not there yet",
            "if the path is right there is nothing to do: the first command that stores something makes it",
        )
        return
    except OSError as error:
        yield problem(about, f"{data} cannot be looked at: {error.strerror}", "see who may enter the folders above it")
        return
    if not stat.S_ISDIR(found.st_mode):
        yield problem(about, f"{data} is not a folder", "name another with --data, or move it away")
    elif found.st_uid != os.getuid():
        whose = f"{data} belongs to user {found.st_uid}, and you are user {os.getuid()}"
        yield problem(about, whose, "run this as that user, or give the folder to this one (chown)")
    elif not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield problem(about, f"{data} cannot be read and written by its own user", f"run: chmod 700 {data}")
    else:
        yield from _open_to_others(about, data, found.st_mode)
        yield from _files(data)


def _open_to_others(about: str, path: Path, mode: int) -> Iterator[Finding]:
    if mode & OTHERS:
        safe = "700" if stat.S_ISDIR(mode) else "600"
        said = f"{path} is open to other users of this machine (mode {stat.S_IMODE(mode):04o})"
        yield warning(about, said, f"run: chmod {safe} {path}")
    else:
        yield ok(about, f"{path} is for you alone")


def _files(data: Path) -> Iterator[Finding]:
    for path in sorted(data.iterdir()):
        found = path.lstat()
        if found.st_uid != os.getuid():
            yield problem("data folder", f"{path} belongs to user {found.st_uid}", f"run: chown {os.getuid()} {path}")
        elif path.name.startswith(DATABASE) and found.st_mode & OTHERS:
            yield from _open_to_others("data folder", path, found.st_mode)


def runtime_folder() -> Iterator[Finding]:
    """Sockets, and the notes with which commands find a running program, are for this user alone."""
    about, path = "runtime folder", places.runtime_path()
    try:
        found = path.lstat()
    except FileNotFoundError:
        yield ok(about, f"{path} is made when the program starts")
        return
    except OSError as error:
        yield problem(about, f"{path} cannot be looked at: {error.strerror}", "see who may enter the folders above it")
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        yield problem(about, f"{path} is not a folder of yours, so no socket is opened in it", "move it away")
    elif found.st_mode & OTHERS:
        said = f"{path} is open to other users, so no socket is opened in it (mode {stat.S_IMODE(found.st_mode):04o})"
        yield problem(about, said, f"run: chmod 700 {path}")
    else:
        yield ok(about, f"{path} is for you alone")


def disk(data: Path) -> Iterator[Finding]:
    """Room for what is still to be recorded."""
    place = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    said = f"{size(free)} are free where {data} is"
    if free < SHORT:
        yield problem("disk", f"{said}; soon nothing can be recorded", "free some space now")
    elif free < TIGHT:
        yield warning("disk", said, "free some space before it is needed")
    else:
        yield ok("disk", said)


# --- the program that runs ------------------------------------------------------------------------------------------


def program(data: Path, owner: int | None) -> Iterator[Finding]:
    """Who has the data folder (`owner`, 0 where it did not say), and whether it answers."""
    about = "program"
    note = notes.read(places.runtime_path() / notes.name(data))
    if owner is None:
        left = "" if note is None else f"; process {note.pid}, which had it, was killed"
        yield ok(about, f"nothing runs on this data folder{left}")
        return
    if note is None or note.pid != owner:
        said = f"process {owner or 'unknown'} has the data folder and has not said where it answers"
        yield warning(about, said, "wait a moment: it is starting or ending, or is a command; else end that process")
        return
    doors = " and ".join(door for door in (note.url, note.socket) if door)
    try:
        asyncio.run(There(note).ask(Call("GET", "/readyz", seconds=ANSWER_SECONDS, prefix="")))
    except OfflineLrsError as error:
        to_do = f"look at its log; where it is stuck, end it (kill {owner}) and start it again"
        yield problem(about, error.detail, to_do)
    else:
        yield ok(about, f"process {owner} runs and answers at {doors}")


# --- services -------------------------------------------------------------------------------------------------------


def services(data: Path, owner: int | None) -> Iterator[Finding]:
    """The services by which lesson apps find this data folder's program."""
    about = "service"
    try:
        found = [service for service in registry.all() if _is_for(service, data)]
    except OfflineLrsError as error:
        yield problem(about, error.detail, "lesson apps of this user find no service until that is mended")
        return
    if not found:
        yield ok(about, "no service is registered for this data folder: lesson apps reach it over TCP only")
    for service in found:
        yield from _service(about, service, owner)


def _is_for(service: Service, data: Path) -> bool:
    """Whether what starts the service names the data folder."""
    words = list(service.exec)
    with contextlib.suppress(ValueError, IndexError):
        return Path(words[words.index("--data") + 1]).resolve() == data.resolve()
    return False


def _service(about: str, service: Service, owner: int | None) -> Iterator[Finding]:
    path = service.socket
    if path is None:
        said = f"{service.name} is registered without a socket, so no app can reach it"
        yield problem(about, said, f"start it again: offline-lrs serve --ipc-service {service.name}")
        return
    again = f"offline-lrs serve --ipc-service {service.name}"
    try:
        sockets.connect(path, ANSWER_SECONDS).close()
    except FileNotFoundError:
        said = f"{service.name} is registered; nobody serves it"
        yield (
            ok(about, said)
            if owner is None
            else warning(
                about,
                f"{said}, though process {owner} runs on this data folder",
                f"start that with --ipc-service {service.name}",
            )
        )
    except ConnectionRefusedError:
        said = f"{service.name} has a socket that nobody answers at: its program was killed"
        yield warning(about, said, f"start it again, which replaces the socket: {again}")
    except (OSError, OfflineLrsError) as error:
        detail = error.detail if isinstance(error, OfflineLrsError) else f"{path}: {error.strerror or error}"
        yield problem(about, f"{service.name} cannot be reached: {detail}", "mend that, then start the program again")
    else:
        yield ok(about, f"{service.name} answers at {path}")
