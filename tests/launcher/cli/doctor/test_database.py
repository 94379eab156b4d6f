"""What the database says of itself and of what it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.cli.doctor import database
from launcher.cli.doctor.finding import Finding, Level
from launcher.store.schema import LAUNCHER_HISTORY
from lrs.clock import SystemClock
from lrs.store import lockfile
from lrs.store.schema import LRS_HISTORY, History
from lrs.store.sqlite import DATABASE
from lrs.sync.destinations import State
from tests.launcher.campus import campus
from tests.launcher.cli.doctor.conftest import Examine
from tests.support.clocks import FixedClock
from tests.support.upstream import Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

Change = Callable[..., None]
DAY_US = 86_400_000_000


def only(findings: list[Finding]) -> Finding:
    """The one there is."""
    (one,) = findings
    return one


# --- the file -------------------------------------------------------------------------------------------------------


def test_a_damaged_file(found: Examine, data: Path) -> None:
    """A page in the middle is not what it was: said, with what to keep, and nothing is concluded from the rest."""
    with campus(data) as lms:
        lms.course()
    content = bytearray((data / DATABASE).read_bytes())
    for page in range(4096, len(content), 4096):  # all but the first, which says what a database it is
        content[page : page + 64] = b"\xaa" * 64
    (data / DATABASE).write_bytes(content)
    damaged = [one for one in found() if one.level is Level.PROBLEM]
    assert damaged[0].about == "database"
    assert "restore the last good backup" in damaged[0].to_do


def test_a_file_that_is_no_database(found: Examine, data: Path) -> None:
    """Somebody saved something else under that name."""
    (data / DATABASE).write_bytes(b"Dear diary, " * 1000)
    one = only(found("database"))
    assert (one.level, "cannot be read" in one.said) == (Level.PROBLEM, True)


def test_a_folder_without_a_database_is_no_problem(found: Examine, data: Path) -> None:
    """It is made with the first start."""
    (data / DATABASE).unlink()
    assert (found("database"), [one for one in found() if one.level is Level.PROBLEM]) == ([], [])


@pytest.mark.parametrize(
    ("history", "revision", "level", "said"),
    [
        (LRS_HISTORY, "lrs_9999", Level.PROBLEM, "newer program"),
        (LAUNCHER_HISTORY, "launcher_9999", Level.PROBLEM, "newer program"),
        (LRS_HISTORY, "lrs_0000", Level.WARNING, "older than this program"),
    ],
)
def test_a_schema_that_is_not_ours(
    found: Examine, change: Change, history: History, revision: str, level: Level, said: str
) -> None:
    """Which version to install; of what is in it nothing is read."""
    change(f"UPDATE {history.version_table} SET version_num = ?", revision)  # noqa: S608  a name of ours
    one = only(found("schema"))
    assert (one.level, said in one.said, found("progress")) == (level, True, [])


# --- time and place -------------------------------------------------------------------------------------------------


def test_a_clock_that_went_back(found: Examine, data: Path) -> None:
    """By how much."""
    clock = FixedClock()
    with campus(data, clock) as lms:
        lms.launch(lms.course(), person=lms.person())
    behind, past, right = (only(found("clock", now_us)) for now_us in (clock.us - 3 * DAY_US, 0, clock.us))
    assert [one.level for one in (behind, past, right)] == [Level.WARNING, Level.PROBLEM, Level.OK]
    assert "3 days before" in behind.said


def test_a_folder_without_a_school(found: Examine) -> None:
    """No course can be imported."""
    assert only(found("school")).level is Level.WARNING


def test_a_course_whose_files_are_gone(found: Examine, data: Path, change: Change) -> None:
    """Its lessons could not be opened."""
    with campus(data) as lms:
        lms.course()
    assert only(found("packages")).level is Level.OK
    change("UPDATE course SET package = ?", "0" * 64)
    one = only(found("packages"))
    assert (one.level, "'Title'" in one.said) == (Level.PROBLEM, True)


# --- on its way -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (State.IDLE, Level.WARNING),  # something waits and nobody runs
        (State.WAITING, Level.WARNING),
        (State.OFFLINE, Level.WARNING),
        (State.PORTAL_SUSPECT, Level.WARNING),
        (State.PAUSED, Level.WARNING),
        (State.NEEDS_AUTH, Level.PROBLEM),
        (State.SUSPENDED, Level.PROBLEM),
    ],
)
def test_what_holds_a_destination_up(
    found: Examine, behind: Upstream, change: Change, state: State, level: Level
) -> None:
    """In plain words, with the reason, and when it is tried again."""
    now_us = SystemClock().now_us()
    change("UPDATE destination SET state = ?, reason = 'it said so', not_before_us = ?", state, now_us + 240_000_000)
    one = only(found("destination upstream", now_us))
    assert (one.level, bool(one.to_do), "1 statement waits" in one.said, "it said so" in one.said) == (
        level,
        *[True] * 3,
    )
    assert ("tried again in 4 minutes" in one.said) == (state not in (State.IDLE, State.PAUSED))


def test_a_destination_that_has_everything(found: Examine, there: Upstream) -> None:
    """Is well."""
    one = only(found("destination upstream"))
    assert (one.level, one.said) == (
        Level.OK,
        "nothing stands in the way; nothing waits; it has never taken anything",
    )


def test_what_will_not_be_taken(found: Examine, behind: Upstream, change: Change) -> None:
    """Is a problem until somebody has decided."""
    before = only(found("outbox upstream"))
    change("UPDATE delivery_exception SET state = 'retrying'")
    after = only(found("outbox upstream"))
    assert (before.level, "1 rejected" in before.said, after.level) == (Level.PROBLEM, True, Level.OK)


@pytest.mark.parametrize(
    ("state", "to_do"), [(State.NEEDS_AUTH, "give the key there the scope state"), (State.WAITING, "nothing: it is")]
)
def test_what_holds_documents_up(found: Examine, there: Upstream, change: Change, state: State, to_do: str) -> None:
    """Statements may go where documents may not: a key without the scope `state`."""
    change("INSERT OR REPLACE INTO document_lane VALUES (1, 1, 0, ?, 'it said so', 1, 0, 0, NULL)", state)
    one = only(found("documents upstream"))
    assert (one.level, "it said so" in one.said, one.to_do.startswith(to_do)) == (Level.WARNING, True, True)
    assert only(found("destination upstream")).level is Level.OK


# --- who may speak, and what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "days", "said"),
    [
        (("admin", "all"), 0, "may both manage and record"),
        (("admin", "all/read"), 40, None),
        (("define",), 0, "may do nothing"),
        (("statements/write",), 40, "may record and has not, in 40 days"),
        (("statements/write",), 20, None),
        (("all/read",), 40, None),
    ],
)
def test_a_key(found: Examine, data: Path, scopes: tuple[str, ...], days: int, said: str | None) -> None:
    """Too much, nothing at all, or never used."""
    clock = FixedClock()
    with campus(data, clock) as lms:
        lms.credential("key", *scopes)
    one = only(found("credentials", clock.us + days * DAY_US))
    assert (one.level is Level.OK, said is None or said in one.said) == (said is None, True)


def test_a_key_that_is_used(found: Examine, behind: Upstream) -> None:
    """However long ago."""
    assert only(found("credentials", SystemClock().now_us() + 400 * DAY_US)).level is Level.OK


def test_a_lesson_that_may_manage(found: Examine, data: Path, change: Change) -> None:
    """No launch gives that: somebody has been at the database."""
    with campus(data) as lms:
        lms.lesson(lms.course(), person=lms.person())
    change("UPDATE credential SET scopes = '[\"admin\"]' WHERE session IS NOT NULL")
    one = only(found("credentials"))
    assert (one.level, "a lesson's token" in one.said) == (Level.PROBLEM, True)


def test_pages_that_know_more_than_the_log(found: Examine, behind: Upstream, change: Change) -> None:
    """A log that was put back without its progress."""
    change("INSERT OR REPLACE INTO cursor (store, name, seq) VALUES (1, 'progress', 900)")
    assert only(found("progress")).level is Level.PROBLEM


def test_pages_that_are_behind(found: Examine, data: Path, behind: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Well where nobody runs; beside a running program something is slow."""
    monkeypatch.setattr(database, "MANY", 1)
    alone = only(found("progress"))
    with campus(data):
        beside = only(found("progress"))
    assert (alone.level, "4 statements of which the pages show" in alone.said) == (Level.OK, True)
    assert (beside.level, "4 statements behind" in beside.said) == (Level.WARNING, True)


def test_an_emptied_database_is_a_problem_and_a_new_folder_none(tmp_path: Path) -> None:
    """Where a program had it open there was something; nobody should begin anew without knowing."""
    (tmp_path / DATABASE).touch()
    with database.opened(tmp_path, None) as found:
        assert found is None
    (tmp_path / lockfile.NAME).write_text("1\n")
    with pytest.raises(sqlite3.DatabaseError, match="empty"), database.opened(tmp_path, None):
        pass
