"""Bringing a database to the schema this program expects, at the price of one SELECT where it already is.

A *history* is one chain of migrations with a version table of its own: the record store has one, the launcher another,
and no foreign key leads from the first to the second. Alembic and SQLAlchemy are imported only when something has to
be done: together they cost several times a cold start. A test compares each `head` below with Alembic's own.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from lrs.errors import ConfigurationError


class History(Struct, frozen=True):
    """One chain of migrations: where it lies, where its version is kept, and the newest revision."""

    name: str
    folder: Path
    head: str

    @property
    def version_table(self) -> str:
        return f"{self.name}_version"


LRS_HISTORY = History("lrs", Path(__file__).with_name("migrations"), "lrs_0002")


def current(connection: sqlite3.Connection, history: History) -> str | None:
    """The revision that the database is at, or None where it has none of this history."""
    known = connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (history.version_table,)
    ).fetchone()
    if known is None:
        return None
    row = connection.execute(f"SELECT version_num FROM {history.version_table}").fetchone()  # noqa: S608  a name of ours
    return None if row is None else str(row[0])


def bring_up(path: Path, connection: sqlite3.Connection, histories: Sequence[History]) -> None:
    """Migrate what is behind, after a backup; refuse a database that is newer than the program.

    Raises `ConfigurationError` where a newer program has written the database.
    """
    found = {history.name: current(connection, history) for history in histories}
    behind = [history for history in histories if found[history.name] != history.head]
    if not behind:
        return
    for history in behind:
        _refuse_newer(path, history, found[history.name])
    if any(found.values()):
        _back_up(path, connection, found)
    for history in behind:
        _migrate(path, history)


def _refuse_newer(path: Path, history: History, revision: str | None) -> None:
    files = (history.folder / "versions").glob(f"{history.name}_*.py")  # lrs_0001_first.py holds revision lrs_0001
    known = {"_".join(file.stem.split("_")[:2]) for file in files}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            f"{path} was written by a newer version of this program (schema {revision}, known up to {history.head}): "
            "install that version, or restore a backup made by this one"
        )


def _back_up(path: Path, connection: sqlite3.Connection, found: dict[str, str | None]) -> None:
    label = "-".join(revision for revision in found.values() if revision)
    target = path.with_name(f"{path.stem}.before-migration-from-{label}.sqlite")
    if target.exists():  # a migration that failed before: what was there then is the better copy
        return
    draft = target.with_suffix(".draft")  # so that half a copy is never taken for one
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(draft)) as copy:
        connection.backup(copy)
    draft.replace(target)


def _migrate(path: Path, history: History) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(history.folder).replace("%", "%%"))
    config.attributes["version_table"] = history.version_table
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"isolation_level": None},  # Python's sqlite3 would begin no transaction for CREATE TABLE
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:  # all or nothing: a migration that is cut short leaves no trace
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise (error.orig or error) from error  # the driver's own: whoever opens the store knows its words
    finally:
        engine.dispose()
