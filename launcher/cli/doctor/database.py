"""What the database says: whether it is whole and of this program's schema, and how what it holds stands.

It is opened for reading only, also beside a running program, which SQLite's write-ahead log allows; so this works where
the program is stuck. Where nobody runs and no log is left to be read, the file is read as it lies (`immutable`), since
SQLite would otherwise put files beside it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from launcher.cli.doctor.finding import Finding, ok, problem, warning
from launcher.cli.show import counted, local, size, span
from launcher.learning import packages
from launcher.progress import projection
from launcher.store.schema import LAUNCHER_HISTORY
from lrs.auth import scopes
from lrs.auth.scopes import SCOPES, Act
from lrs.store import identity, lockfile, log, schema
from lrs.store.connection import BUSY_SECONDS, Connection, SqliteReader
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader
from lrs.store.schema import LRS_HISTORY, History
from lrs.store.sqlite import DATABASE
from lrs.sync import destinations, links, outbox
from lrs.sync.destinations import RETRYING, Destination, State
from lrs.xapi import timestamps

DAY_US = 86_400_000_000
UNUSED_DAYS = 30
LARGE_WAL = 256 * 1024 * 1024
CLOCK_SLACK_US = 120_000_000  # `stored` may run ahead of the clock by a lease
BORN_US = 1_760_000_000_000_000  # October 2025: no clock of this program's time can be earlier
MANY = 1000


@contextlib.contextmanager
def opened(data: Path, owner: int | None) -> Iterator[tuple[sqlite3.Connection, Reader] | None]:
    """A snapshot of the database, None where there is none yet. Raises `sqlite3.Error`."""
    path = data / DATABASE
    if not path.exists() or not path.stat().st_size:
        lock = data / lockfile.NAME
        if path.exists() and lock.exists() and lock.stat().st_size:  # a program had it open: there was something
            raise sqlite3.DatabaseError("it is empty")
        yield None
        return
    wal = path.with_name(f"{DATABASE}-wal")
    as_it_lies = owner is None and not (wal.exists() and wal.stat().st_size)
    uri = f"file:{quote(str(path.absolute()))}?{'immutable=1' if as_it_lies else 'mode=ro'}"
    connection = sqlite3.connect(uri, BUSY_SECONDS, isolation_level=None, uri=True, factory=Connection)
    with contextlib.closing(connection):
        reader = SqliteReader(connection)
        reader.open()
        try:
            yield connection, reader
        finally:
            reader.close()


# --- the file -------------------------------------------------------------------------------------------------------


def integrity(data: Path, reader: Reader) -> Iterator[Finding]:
    """SQLite's own look at every page of the file."""
    about, path = "database", data / DATABASE
    told = [str(row[0]) for row in reader.execute("PRAGMA quick_check(5)")]
    if told != ["ok"]:
        yield problem(about, f"{path} is damaged: {'; '.join(told)}", damaged(path))
        return
    wal = path.with_name(f"{DATABASE}-wal")
    extra = wal.stat().st_size if wal.exists() else 0
    yield ok(about, f"whole, {size(path.stat().st_size + extra)}")
    if extra > LARGE_WAL:
        said = f"{size(extra)} of {path.name} wait in its write-ahead log"
        yield warning(about, said, "stop the program once and start it again, which brings them into the file")


def damaged(path: Path) -> str:
    """What to do about a damaged file."""
    return f"stop the program, keep a copy of {path.parent}, check the disk, and restore the last good backup"


def versions(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The schema is the one this program knows."""
    known = (LRS_HISTORY, LAUNCHER_HISTORY)
    found = {history.name: schema.current(connection, history) for history in known}
    said = ", ".join(f"{found[history.name] or 'none'}" for history in known)
    if is_current(connection):
        yield ok("schema", said)
    elif any(_is_newer(history, found[history.name]) for history in known):
        to_do = "install the version of the program that wrote it, or a later one"
        yield problem("schema", f"written by a newer program ({said})", to_do)
    else:
        to_do = "start the program: it keeps a copy of the database and migrates it"
        yield warning("schema", f"older than this program ({said})", to_do)


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the rest can be read."""
    return all(schema.current(connection, history) == history.head for history in (LRS_HISTORY, LAUNCHER_HISTORY))


def _is_newer(history: History, revision: str | None) -> bool:
    return revision is not None and revision > history.head  # lrs_0001 < lrs_0002


# --- time and place -------------------------------------------------------------------------------------------------


def clock(reader: Reader, now_us: int) -> Iterator[Finding]:
    """The machine's clock is not behind what was stored by it."""
    row = reader.execute(
        "SELECT max((SELECT coalesce(max(stored_us), 0) FROM statement WHERE store = ?), "
        "(SELECT coalesce(max(started_us), 0) FROM boot WHERE store = ?))",
        (DEFAULT_STORE, DEFAULT_STORE),
    ).fetchone()
    last_us = 0 if row is None else int(row[0])
    about, now = "clock", local(timestamps.format(now_us))
    if now_us < BORN_US:
        yield problem(about, f"it says {now}, which is long past", "set the clock of this machine")
    elif last_us > now_us + CLOCK_SLACK_US:
        said = f"it says {now}, {span((last_us - now_us) / 1e6)} before the last thing that was stored here"
        to_do = "set the clock; if it is right now, it was wrong before, and times stored until then stay ahead of it"
        yield warning(about, said, to_do)
    else:
        yield ok(about, f"it says {now}, which fits what is stored")


def school(reader: Reader) -> Iterator[Finding]:
    """Whose ids are given out."""
    found = identity.fact(reader, "school")
    if found is None:
        said = "none is set, so no course can be imported"
        yield warning("school", said, "start once with: offline-lrs serve --school https://school.example")
    else:
        yield ok("school", found)


# --- on its way -----------------------------------------------------------------------------------------------------

WORDS = {
    State.IDLE: "nothing stands in the way",
    State.SENDING: "it is being sent to",
    State.WAITING: "it cannot take more now",
    State.OFFLINE: "it cannot be reached",
    State.PORTAL_SUSPECT: "somebody else seems to answer in its place, such as a network's login page",
    State.NEEDS_AUTH: "it refuses the key",
    State.SUSPENDED: "it refuses everything, or the address is wrong",
    State.PAUSED: "it is paused",
}
TO_DO = {
    State.WAITING: "nothing: it is tried again by itself",
    State.OFFLINE: "nothing where there is no network; else see whether the address is right and the server runs",
    State.PORTAL_SUSPECT: "open a browser on this network and log in, or see what answers at the address",
    State.NEEDS_AUTH: "see that the key is known there and may write, or give another: offline-lrs destinations add",
    State.SUSPENDED: "see that the address is the xAPI endpoint of a record store: offline-lrs destinations add",
}


def sending(reader: Reader, now_us: int, owner: int | None) -> Iterator[Finding]:
    """Each destination of the log."""
    found = destinations.listed(reader, DEFAULT_STORE)
    if not found:
        yield ok("destinations", "none: what is recorded stays here")
    for one in found:
        yield _destination(one, outbox.counts(reader, one).waiting, now_us, owner)
        yield from _documents(reader, one)
        yield from _exceptions(reader, one)


def _destination(one: Destination, waiting: int, now_us: int, owner: int | None) -> Finding:
    about = f"destination {one.name}"
    reason = f": {one.reason}" if one.reason else ""
    left = f"{counted(waiting, 'statement')} {'waits' if waiting == 1 else 'wait'}" if waiting else "nothing waits"
    said = f"{WORDS[one.state]}{reason}; {left}{_last(one, now_us)}"
    if one.state is State.PAUSED:
        return warning(about, said, f"when it may go on: offline-lrs destinations resume {one.name}")
    if one.state in TO_DO:
        wait_us = one.backoff.not_before_us - now_us
        again = f"; tried again in {span(wait_us / 1e6)}" if wait_us > 0 else ""
        bad = one.state in (State.NEEDS_AUTH, State.SUSPENDED)
        return (problem if bad else warning)(about, said + again, TO_DO[one.state])
    if waiting and owner is None:
        return warning(about, said, "start the program, or send now: offline-lrs sync --once")
    return ok(about, said)


def _last(one: Destination, now_us: int) -> str:
    if one.last_acknowledged_us is None:
        return "; it has never taken anything"
    return f"; it last took something {span(max(0, now_us - one.last_acknowledged_us) / 1e6)} ago"


def _documents(reader: Reader, one: Destination) -> Iterator[Finding]:
    """What lessons keep (State) travels beside the log, and may be held up by itself."""
    lane, refused = links.lane(reader, one), links.refused(reader, one)
    about = f"documents {one.name}"
    if lane.state in TO_DO and lane.state is not one.state:
        said = f"what lessons keep is not brought there: {WORDS[lane.state]}: {lane.reason}"
        to_do = "give the key there the scope state" if lane.state is State.NEEDS_AUTH else TO_DO[lane.state]
        yield warning(about, said, to_do)
    if refused:
        said = f"{counted(refused, 'document')} will not be taken there; all is kept here"
        yield warning(about, said, "a learner who goes on elsewhere starts such a lesson anew; nothing has to be done")


def _exceptions(reader: Reader, one: Destination) -> Iterator[Finding]:
    found = outbox.counts(reader, one).exceptions
    again, dead = found.pop(RETRYING, 0), sum(found.values())
    about = f"outbox {one.name}"
    if dead:
        kinds = ", ".join(f"{number:,} {state}" for state, number in found.items())
        said = f"{counted(dead, 'statement')} will not be taken there ({kinds}); all is kept here"
        yield problem(about, said, "see why: offline-lrs outbox list; then: outbox retry, export or remove")
    if again:
        yield ok(about, f"{counted(again, 'statement')} to be sent once more")


# --- who may speak, and what is shown -------------------------------------------------------------------------------

CREDENTIALS = (
    "SELECT key, scopes, created_us, session IS NOT NULL, id FROM credential WHERE store = ? AND ended_us IS NULL "
    "AND secret LIKE '%$%' ORDER BY id"
)


def credentials(reader: Reader, now_us: int) -> Iterator[Finding]:
    """Keys that may more than they should, may nothing, or that nobody uses."""
    about = "credentials"
    rows = reader.execute(CREDENTIALS, (DEFAULT_STORE,)).fetchall()
    used = {
        int(row[0])
        for row in reader.execute("SELECT DISTINCT credential FROM statement WHERE store = ?", (DEFAULT_STORE,))
    }
    lasting, found = 0, []
    for key, listed, created_us, is_lesson, number in rows:
        held = tuple(json.loads(listed))
        lasting += not is_lesson
        found += [*_too_much(about, key, held, is_lesson=bool(is_lesson)), *_nothing(about, key, held)]
        writes = scopes.allows([one for one in held if one in SCOPES], Act.WRITE_STATEMENTS)
        if not is_lesson and writes and number not in used and now_us - created_us > UNUSED_DAYS * DAY_US:
            said = f"the key {key!r} may record and has not, in {span((now_us - created_us) / 1e6)}"
            found.append(warning(about, said, f"where nobody needs it: offline-lrs credentials remove {key}"))
    yield from found
    if not found:
        yield ok(about, f"{counted(lasting, 'key')}, none of which may too much")


def _too_much(about: str, key: str, held: tuple[str, ...], *, is_lesson: bool) -> Iterator[Finding]:
    manages = "admin" in held
    if is_lesson and manages:
        said = f"a lesson's token ({key!r}) may manage this program"
        yield problem(about, said, f"end it: offline-lrs credentials remove {key}")
    elif manages and scopes.allows([one for one in held if one in SCOPES], Act.WRITE_STATEMENTS):
        said = f"the key {key!r} may both manage and record: an app that holds it can do anything here"
        yield warning(
            about, said, "make one key for people who manage, and another for apps: offline-lrs credentials add"
        )


def _nothing(about: str, key: str, held: tuple[str, ...]) -> Iterator[Finding]:
    if not any(SCOPES.get(one) for one in held):
        to_do = f"give it a scope, or end it: offline-lrs credentials remove {key}"
        yield warning(about, f"the key {key!r} may do nothing (scopes: {', '.join(held)})", to_do)


def progress(reader: Reader, owner: int | None) -> Iterator[Finding]:
    """The pages show what the log says."""
    last, shown = log.last(reader, DEFAULT_STORE), projection.cursor(reader, DEFAULT_STORE)
    about, behind = "progress", log.last(reader, DEFAULT_STORE) - projection.cursor(reader, DEFAULT_STORE)
    if shown > last:
        said = (
            f"the pages know of {counted(shown, 'statement')} and the log has {last:,}: it was put back to an older one"
        )
        yield problem(
            about, said, "the progress must be made anew from the log; restore the whole data folder together"
        )
    elif owner is not None and behind > MANY:
        said = f"the pages are {counted(behind, 'statement')} behind the log"
        yield warning(about, said, "wait a moment and look again; if it does not shrink, look at the program's log")
    else:
        later = f", {counted(behind, 'statement')} of which the pages show when the program runs" if behind else ""
        yield ok(about, f"{counted(last, 'statement')} in the log{later}")


def course_files(data: Path, reader: Reader) -> Iterator[Finding]:
    """Every course that came as a package has its files."""
    about, folder = "packages", data / packages.FOLDER
    rows = reader.execute("SELECT id, title, package FROM course WHERE store = ?", (DEFAULT_STORE,)).fetchall()
    missing = [
        (str(title), str(name))
        for _, title, name in rows
        if name is not None
        and not all((folder / name / part).is_file() for part in (packages.ZIP, packages.CONTENT, packages.INDEX))
    ]
    for title, name in missing:
        text = json.loads(title)[0][1]
        yield problem(
            about, f"the files of the course {text!r} are gone from {folder / name}", "import its package again"
        )
    if not missing:
        kept = len({row[2] for row in rows} - {None})
        yield ok(about, f"{counted(len(rows), 'course')}, {counted(kept, 'package')} on the disk")
