"""The launcher's schema in its three spellings: SQLModel classes, migrations, and the SQL text of the hot paths."""

from __future__ import annotations

import ast
import importlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

import launcher
from launcher.app import HISTORIES
from launcher.store.schema import LAUNCHER_HISTORY
from launcher.store.tables import launcher_metadata
from lrs.store.schema import current
from lrs.store.sqlite import DATABASE
from tests.launcher.campus import campus

ROOT = Path(launcher.__file__).parent
SQL = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")
MADE_WITH = ("launcher.learning", "launcher.progress", "launcher.people")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database that our migrations made."""
    with campus(tmp_path):
        return tmp_path / DATABASE


def test_the_newest_migration_is_the_head_we_expect() -> None:
    """`History.head` spares a start the loading of Alembic, so it has to be what Alembic would say."""
    config = Config()
    config.set_main_option("script_location", str(LAUNCHER_HISTORY.folder))
    assert [LAUNCHER_HISTORY.head] == ScriptDirectory.from_config(config).get_heads()


def test_a_new_database_is_at_every_head(database: Path) -> None:
    """Both histories, each with a version table of its own."""
    connection = sqlite3.connect(database)
    found = [current(connection, history) for history in HISTORIES]
    connection.close()
    assert [history.head for history in HISTORIES] == found


def _described(engine: Engine) -> dict[str, Any]:
    """Tables with columns (type and whether they may be empty), primary keys and indexes."""
    seen = inspect(engine)
    return {
        name: {
            "columns": {one["name"]: (str(one["type"]), one["nullable"]) for one in seen.get_columns(name)},
            "key": seen.get_pk_constraint(name)["constrained_columns"],
            "indexes": {one["name"]: (one["column_names"], one["unique"]) for one in seen.get_indexes(name)},
        }
        for name in launcher_metadata.tables
    }


def test_migrations_make_what_the_tables_say(database: Path, tmp_path: Path) -> None:
    """Column by column, key by key, index by index."""
    migrated, declared = create_engine(f"sqlite:///{database}"), create_engine(f"sqlite:///{tmp_path / 'declared'}")
    launcher_metadata.create_all(declared)
    try:
        assert _described(declared) == _described(migrated)
    finally:
        migrated.dispose()
        declared.dispose()


def test_every_table_leads_with_the_store() -> None:
    """Decision 5: the partition key comes first in every primary key; a log of events has it in its index."""
    first = {
        name: next(column.name for column in table.primary_key) for name, table in launcher_metadata.tables.items()
    }
    assert {"session_event"} == {name for name, column in first.items() if column != "store"}


# --- SQL text -------------------------------------------------------------------------------------------------------


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = "launcher." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if name.startswith(MADE_WITH) and path.name != "__init__.py":
            yield name, path


def _texts(name: str, path: Path) -> Iterator[str]:
    """Every text of SQL in a module; what is put into one by `{…}` is the module's own constants."""
    tree, known = ast.parse(path.read_text("utf-8")), vars(importlib.import_module(name))
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in ast.walk(node)}
    for text in filter(_is_sql, joined):
        yield str(eval(compile(ast.Expression(text), str(path), "eval"), known))  # noqa: S307  our own source
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in parts and str(node.value).startswith(SQL):
            yield str(node.value)


def _is_sql(node: ast.JoinedStr) -> bool:
    first = node.values[0]
    return isinstance(first, ast.Constant) and str(first.value).startswith(SQL)


def test_sql_text_names_only_what_is_there(database: Path) -> None:
    """SQLite compiles every statement of the hot paths against the migrated schema."""
    texts = {text for module in _modules() for text in _texts(*module)}
    connection = sqlite3.connect(database)
    for text in sorted(texts):
        connection.execute(f"EXPLAIN {text}", [None] * text.count("?")).fetchall()
    connection.close()
    assert len(texts) > 30
