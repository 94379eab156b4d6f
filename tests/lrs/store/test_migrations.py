"""A data folder of every schema that was ever released comes up to today's with all that is in it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lrs.store import documents, log
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.schema import LRS_HISTORY, History, bring_up, current
from lrs.store.sqlite import DATABASE, open_store
from tests.support.clocks import FixedClock
from tests.support.stores import Loop

HELD = Key("state", "progress", "https://school.example/a", "mbox:mailto:a@school.example", "r1")
ROWS: dict[str, Sequence[tuple[str, tuple[Any, ...]]]] = {
    "lrs_0001": (
        ("meta (key, value)", ("device", "00000000-0000-4000-8000-00000000000d")),
        ("meta (key, value)", ("signing_key", "k")),
        ("store (id, name)", (1, "default")),
        ("head (store, seq, stored_us, revision, epoch)", (1, 1, 9, 4, "e")),
        ("device (store, id, uuid)", (1, 1, "00000000-0000-4000-8000-00000000000d")),
        ("authority (store, id, text)", (1, 1, "{}")),
        (
            "statement (store, seq, id, stored_us, timestamp_us, authority, credential, origin, device, sha256, raw)",
            (1, 1, b"i" * 16, 8, 7, 1, 1, 0, 1, b"h", b'{"a": 1}'),
        ),
        (
            "document (store, kind, activity, agent, registration, name, content_type, content, etag, updated_us, "
            "revision)",
            (1, HELD.kind, HELD.activity, HELD.agent, HELD.registration, HELD.name, "text/plain", b"x", '"e"', 8, 4),
        ),
        (
            "destination (store, id, name, url, key, secret, cursor, state, reason, attempts, not_before_us, "
            "computed_at_us, created_us)",
            (1, 1, "upstream", "https://school.example/xapi", "k", "s", 1, "idle", "", 0, 0, 0, 5),
        ),
    ),
}
"""What a data folder of each released schema holds at least."""


def released(folder: Path) -> list[History]:
    """The history as it was at each release before this one, oldest first."""
    files = sorted((LRS_HISTORY.folder / "versions").glob("lrs_*.py"))[:-1]
    return [_until(folder, [file.name for file in files[: count + 1]]) for count in range(len(files))]


def _until(folder: Path, names: Sequence[str]) -> History:
    revision = "_".join(names[-1].split("_")[:2])
    old = folder / revision
    (old / "versions").mkdir(parents=True)
    shutil.copy(LRS_HISTORY.folder / "env.py", old)
    for name in names:
        shutil.copy(LRS_HISTORY.folder / "versions" / name, old / "versions")
    return History("lrs", old, revision)


def old_folder(folder: Path, history: History) -> Path:
    """A data folder as that release left it."""
    folder.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as held:
        bring_up(folder / DATABASE, held, [history])
        for into, values in ROWS[history.head]:
            held.execute(f"INSERT INTO {into} VALUES ({','.join('?' * len(values))})", values)  # noqa: S608  the rows above
    return folder


def test_every_release_has_rows_to_try_with(tmp_path: Path) -> None:
    """A migration that is added brings its predecessor's data into this test."""
    assert sorted(ROWS) == [history.head for history in released(tmp_path)]


@pytest.mark.parametrize("revision", ROWS)
def test_old_data_is_all_there_after_the_migration(tmp_path: Path, revision: str) -> None:
    """Statements, documents and destinations; documents that were there before travel like new ones."""
    (history,) = [one for one in released(tmp_path / "old") if one.head == revision]
    folder, loop = old_folder(tmp_path / "data", history), Loop()
    store = open_store(folder, FixedClock())
    found = loop.run(store.read(lambda reader: documents.get(reader, DEFAULT_STORE, HELD)))
    raws = loop.run(store.read(lambda reader: [row.raw for row in log.follow(reader, DEFAULT_STORE, 0, 10)]))
    names = loop.run(store.read(lambda reader: reader.execute("SELECT name, cursor FROM destination").fetchall()))
    loop.run(store.close())
    loop.close()
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as held:
        version = current(held, LRS_HISTORY)
    assert found is not None
    assert (found.content, found.revision, found.updated_us, found.written_us) == (b"x", 4, 8, 8)
    assert (raws, names, version) == ([b'{"a": 1}'], [("upstream", 1)], LRS_HISTORY.head)
    assert (folder / f"offline-lrs.before-migration-from-{revision}.sqlite").exists()
