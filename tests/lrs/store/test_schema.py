"""Bringing a database to the schema: from nothing, from before, not from after."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine

from launcher.store.schema import LAUNCHER_HISTORY
from launcher.store.tables import launcher_metadata
from lrs.errors import ConfigurationError
from lrs.store.schema import LRS_HISTORY, History, bring_up, current
from lrs.store.tables import lrs_metadata
from tests.support.clocks import FixedClock
from tests.support.stores import kept

HISTORIES = [(LRS_HISTORY, lrs_metadata), (LAUNCHER_HISTORY, launcher_metadata)]
SECOND = '''"""The second schema of a made-up history."""

from alembic import op

revision = "toy_0002"
down_revision = "toy_0001"


def upgrade() -> None:
    op.execute("CREATE TABLE half (x INTEGER)")
    op.execute({sql!r})
'''
FIRST = '''"""The first schema of a made-up history."""

from alembic import op

revision = "toy_0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE toy (x INTEGER)")
'''


def connection(path: Path) -> sqlite3.Connection:
    """As a keeper has one."""
    return sqlite3.connect(path, isolation_level=None)


def tables(path: Path) -> set[str]:
    """The tables there are."""
    held = connection(path)
    found = {row[0] for row in held.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    held.close()
    return found


def bring(path: Path, *histories: History) -> None:
    """Bring the file up to these."""
    held = connection(path)
    try:
        bring_up(path, held, histories)
    finally:
        held.close()


def toy(folder: Path, second: str | None = None) -> History:
    """A history of one or two migrations, the second of which runs this SQL."""
    versions = folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    env = LRS_HISTORY.folder / "env.py"
    (folder / "env.py").write_text(env.read_text())
    (versions / "toy_0001_first.py").write_text(FIRST)
    if second is not None:
        (versions / "toy_0002_second.py").write_text(SECOND.format(sql=second))
    return History("toy", folder, "toy_0001" if second is None else "toy_0002")


def script(history: History) -> ScriptDirectory:
    """The history as Alembic sees it."""
    config = Config()
    config.set_main_option("script_location", str(history.folder))
    return ScriptDirectory.from_config(config)


@pytest.mark.parametrize("history", [history for history, _ in HISTORIES], ids=lambda history: str(history.name))
def test_newest_revision_is_alembics_head(history: History) -> None:
    """The constant that spares a start from importing Alembic is what Alembic would say."""
    assert script(history).get_heads() == [history.head]


@pytest.mark.parametrize(("history", "metadata"), HISTORIES, ids=["lrs", "launcher"])
def test_migrated_schema_is_the_tables(tmp_path: Path, history: History, metadata: MetaData) -> None:
    """Whoever reads the SQLModel classes reads the database."""
    path = tmp_path / "new.sqlite"
    bring(path, history)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as held:
        options = {"compare_type": True, "compare_server_default": True}
        ours = {*metadata.tables, history.version_table}

        def is_ours(name: str | None, kind: str, parents: Any) -> bool:
            return kind != "table" or name in ours

        context = MigrationContext.configure(
            held, opts={**options, "version_table": history.version_table, "include_name": is_ours}
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_index_of_terms_is_one_narrow_tree(tmp_path: Path) -> None:
    """It alone is `WITHOUT ROWID`, which halves it and which Alembic does not compare."""
    path = tmp_path / "new.sqlite"
    bring(path, LRS_HISTORY)
    held = connection(path)
    narrow = [row[0] for row in held.execute("SELECT name FROM pragma_table_list WHERE wr = 1")]
    held.close()
    assert narrow == ["term_index"]


def test_new_file_gets_every_table(tmp_path: Path) -> None:
    """From nothing to the newest revision."""
    path = tmp_path / "new.sqlite"
    bring(path, LRS_HISTORY, LAUNCHER_HISTORY)
    assert tables(path) >= {*lrs_metadata.tables, *launcher_metadata.tables, "lrs_version", "launcher_version"}


def test_second_history_joins_later(tmp_path: Path) -> None:
    """A data folder of the record store alone can become the LMS's."""
    path = tmp_path / "new.sqlite"
    bring(path, LRS_HISTORY)
    bring(path, LRS_HISTORY, LAUNCHER_HISTORY)
    held = connection(path)
    found = [current(held, history) for history in (LRS_HISTORY, LAUNCHER_HISTORY)]
    held.close()
    assert found == [LRS_HISTORY.head, LAUNCHER_HISTORY.head]


def test_newer_database_is_refused(tmp_path: Path) -> None:
    """An older program does not guess what a newer one meant, and says which it is."""
    path = tmp_path / "new.sqlite"
    bring(path, LRS_HISTORY)
    held = connection(path)
    held.execute("UPDATE lrs_version SET version_num = 'lrs_9999'")
    held.close()
    with pytest.raises(ConfigurationError, match=rf"newer version.*lrs_9999.*{LRS_HISTORY.head}"):
        bring(path, LRS_HISTORY)


def test_backup_is_made_before_a_migration(tmp_path: Path) -> None:
    """What was there can be gone back to, and is as private as the original."""
    path = tmp_path / "new.sqlite"
    bring(path, toy(tmp_path / "toy"))
    bring(path, toy(tmp_path / "toy", "CREATE TABLE whole (x INTEGER)"))
    backup = tmp_path / "new.before-migration-from-toy_0001.sqlite"
    assert ({"half", "whole"} & tables(backup), "toy" in tables(backup), backup.stat().st_mode & 0o777) == (
        set(),
        True,
        0o600,
    )


def test_half_a_backup_is_no_backup(tmp_path: Path) -> None:
    """A copy that was cut short is made anew."""
    path = tmp_path / "new.sqlite"
    bring(path, toy(tmp_path / "toy"))
    (tmp_path / "new.before-migration-from-toy_0001.draft").write_bytes(b"cut short")
    bring(path, toy(tmp_path / "toy", "CREATE TABLE whole (x INTEGER)"))
    assert "toy" in tables(tmp_path / "new.before-migration-from-toy_0001.sqlite")


def test_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    """Cut short at any point, the next start finds the old schema whole and tries again."""
    path = tmp_path / "new.sqlite"
    bring(path, toy(tmp_path / "toy"))
    before = tables(path)
    with pytest.raises(sqlite3.OperationalError):
        bring(path, toy(tmp_path / "toy", "CREATE TABLE toy (x INTEGER)"))
    assert tables(path) == before
    bring(path, toy(tmp_path / "toy", "CREATE TABLE whole (x INTEGER)"))
    assert tables(path) == {*before, "half", "whole"}


def test_new_store_is_noted_once(tmp_path: Path) -> None:
    """The device's identity is made with the data folder and stays; every start is a boot of its own."""
    clock = FixedClock()
    seen = []
    for _ in range(2):
        with kept(tmp_path / "data", clock) as store:
            seen.append(store.store.here)
    assert (seen[0].device_uuid == seen[1].device_uuid, seen[0].boot < seen[1].boot) == (True, True)
