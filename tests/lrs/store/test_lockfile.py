"""One process writes a data folder."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lrs.errors import AlreadyRunning, ConfigurationError
from lrs.store.lockfile import NAME, WriterLock, holder
from lrs.store.sqlite import DATABASE, open_store
from tests.support.clocks import FixedClock
from tests.support.device import REPOSITORY
from tests.support.stores import kept

OPEN = "import sys, pathlib; from lrs.clock import SystemClock; from lrs.store.sqlite import open_store; "
HOLD = OPEN + "open_store(pathlib.Path(sys.argv[1]), SystemClock()); print('open', flush=True); sys.stdin.read()"


def test_second_process_is_refused_by_the_pid_of_the_first(tmp_path: Path) -> None:
    """The refusal says who has it, so that a person can look."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(AlreadyRunning, match=rf"in use by process {owner.pid}$"):
            open_store(tmp_path, FixedClock())
        owner.kill()
    with kept(tmp_path, FixedClock()) as store:
        assert store.read(lambda _: 1) == 1


def test_lock_names_its_holder_and_nobody_before(tmp_path: Path) -> None:
    """A longer number that was there is gone."""
    (tmp_path / NAME).write_text("1234567890123\n")
    lock = WriterLock.take(tmp_path)
    found = (tmp_path / NAME).read_text()
    lock.release()
    lock.release()
    assert found == f"{os.getpid()}\n"


def test_folder_and_files_are_the_users_alone(tmp_path: Path) -> None:
    """Nobody else on the machine can read what is kept."""
    fresh = tmp_path / "fresh"
    store = open_store(fresh, FixedClock())
    modes = {path.name: path.stat().st_mode & 0o777 for path in fresh.iterdir()}
    folder_mode = fresh.stat().st_mode & 0o777
    asyncio.run(store.close())
    assert (folder_mode, set(modes.values())) == (0o700, {0o600})


def test_failed_start_lets_the_folder_go(tmp_path: Path) -> None:
    """After a start that was refused the next one can succeed."""
    (tmp_path / DATABASE).write_bytes(b"this is not a database, whatever its name says" * 100)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="is not a database of this program"):
            open_store(tmp_path, FixedClock())


def test_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    """The sentence has the path in it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path / "file"))):
        open_store(tmp_path / "file", FixedClock())


# --- who has it -----------------------------------------------------------------------------------------------------


def test_the_holder_is_seen_from_elsewhere(tmp_path: Path) -> None:
    """As long as it holds the folder; the look itself takes nothing and changes nothing."""
    assert holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    held = WriterLock.take(tmp_path)
    note = (tmp_path / NAME).read_bytes()
    assert (holder(tmp_path), holder(tmp_path)) == (os.getpid(), os.getpid())
    held.release()
    assert (holder(tmp_path), (tmp_path / NAME).read_bytes()) == (None, note)


def test_a_dead_or_reused_number_holds_nothing(tmp_path: Path) -> None:
    """Only the lock says so: the number outlives its process, and is given out again."""
    for number in (2**22 + 1, os.getpid()):  # the first is beyond the largest process id of Linux
        (tmp_path / NAME).write_text(f"{number}\n")
        assert holder(tmp_path) is None


def test_a_holder_that_has_not_said_its_number(tmp_path: Path) -> None:
    """It is there all the same."""
    held = WriterLock.take(tmp_path)
    (tmp_path / NAME).write_text("")
    assert holder(tmp_path) == 0
    held.release()
