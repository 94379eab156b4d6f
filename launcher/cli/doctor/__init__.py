"""`offline-lrs doctor`: what is wrong, and what to do about it.

It looks from outside and changes nothing, beside a running program and without one: it reads the database itself
rather than asking the program, because a program that is stuck is what a doctor is called for.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from launcher.cli import show
from launcher.cli.bar import Bar
from launcher.cli.commands import command, folder, tell
from launcher.cli.doctor.finding import Finding, Level, problem
from launcher.cli.show import counted
from lrs.clock import SystemClock
from lrs.errors import ConfigurationError

MARKS = {Level.PROBLEM: "✗", Level.WARNING: "!", Level.OK: "✓"}


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    text = "say what is wrong and what to do; changes nothing; exit status 1 where there is a problem"
    command(commands, name, text, run)


def run(given: argparse.Namespace) -> int:
    """Examine, and tell."""
    data = folder(given)
    with Bar("looking", shown=not given.json) as bar:
        found = tuple(examine(data, SystemClock().now_us(), bar.say))
    tell(given, [_plain(one) for one in found], lambda _: _lines(data, found))
    problems = sum(one.level is Level.PROBLEM for one in found)
    if problems:
        raise ConfigurationError(f"{counted(problems, 'problem')} found")
    return 0


def _plain(one: Finding) -> dict[str, str]:
    return {"level": one.level, "about": one.about, "said": one.said, "toDo": one.to_do}


def examine(data: Path, now_us: int, said: Any = lambda _: None) -> Iterator[Finding]:
    """Everything that is found, from the machine to what it holds. `said` hears what takes long."""
    from launcher.cli.doctor import surroundings
    from lrs.store import lockfile

    yield from surroundings.machine()
    yield from surroundings.settings(data)
    yield from surroundings.data_folder(data)
    yield from surroundings.disk(data)
    yield from surroundings.runtime_folder()
    try:
        owner = lockfile.holder(data)
    except OSError as error:
        yield problem("program", f"who runs cannot be seen: {error}", "see who may enter the data folder")
        return
    yield from surroundings.program(data, owner)
    yield from surroundings.services(data, owner)
    yield from _kept(data, now_us, owner, said)


def _kept(data: Path, now_us: int, owner: int | None, said: Any) -> Iterator[Finding]:
    from launcher.cli.doctor import database
    from lrs.store.sqlite import DATABASE

    try:
        with database.opened(data, owner) as found:
            if found is None:
                return
            connection, reader = found
            said("reading the whole database")
            yield from database.integrity(data, reader)
            said("looking")
            yield from database.versions(connection)
            if not database.is_current(connection):
                return
            yield from database.clock(reader, now_us)
            yield from database.school(reader)
            yield from database.course_files(data, reader)
            yield from database.credentials(reader, now_us)
            yield from database.progress(reader, owner)
            yield from database.sending(reader, now_us, owner)
    except sqlite3.Error as error:
        path = data / DATABASE
        yield problem("database", f"{path} cannot be read: {error}", database.damaged(path))


def _lines(data: Path, found: Sequence[Finding]) -> Iterable[str]:
    """What is wrong first, what is well last, as briefly as it deserves."""
    room = show.width()
    yield f"Data folder {data}"
    wide = max(len(one.about) for one in found)
    for level in (Level.PROBLEM, Level.WARNING, Level.OK):
        for number, one in enumerate(one for one in found if one.level is level):
            if not number:
                yield ""
            yield from _finding(one, wide, room)
    counts = {level: sum(one.level is level for one in found) for level in Level}
    yield ""
    yield (
        f"{counted(counts[Level.PROBLEM], 'problem')}, {counted(counts[Level.WARNING], 'warning')}; "
        f"{counts[Level.OK]} things are well."
    )


def _finding(one: Finding, wide: int, room: int | None) -> Iterator[str]:
    head = f"{MARKS[one.level]} {one.about.ljust(wide)}  "
    lines = show.paragraph(one.said, room, " " * len(head))
    yield head + lines[0][len(head) :]
    yield from lines[1:]
    if one.to_do:
        yield from show.paragraph(f"→ {one.to_do}", room, " " * len(head))
