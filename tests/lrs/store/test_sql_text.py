"""The SQL of the hot paths against the tables: every statement that runs must be one that the schema understands.

Texts that stand in the modules are compiled as they are; those that are put together are compiled by running them.
"""

from __future__ import annotations

import ast
import inspect
import re
import sqlite3
from collections.abc import Iterator
from types import ModuleType

import pytest

from lrs.auth import credentials
from lrs.store import documents, held, identity, log, vocabulary, writer
from lrs.store.tables import lrs_metadata
from lrs.sync import aside, destinations, links, peers
from tests.lrs.store.statements import about, adding, value
from tests.support.stores import Kept

MODULES = (aside, credentials, destinations, documents, held, identity, links, log, peers, vocabulary, writer)
WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")


def texts(module: ModuleType) -> Iterator[str]:
    """Every whole statement of SQL in a module: plain texts, and texts whose fields are names of the module."""
    tree = ast.parse(inspect.getsource(module))
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = None if id(node) in pieces else _text(node, module)
        if text is not None and text.startswith(WORDS):
            yield text


def _text(node: ast.AST, module: ModuleType) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [_part(part, module) for part in node.values]
    return None if None in parts else "".join(part for part in parts if part is not None)


def _part(part: ast.expr, module: ModuleType) -> str | None:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        found = getattr(module, part.value.id, "?" if part.value.id == "marks" else None)
        return found if isinstance(found, str) else None
    return None


def explain(database: sqlite3.Connection, sql: str) -> None:
    """Compile it: an unknown table or column is an error."""
    names = re.findall(r":(\w+)", sql)
    marks: object = dict.fromkeys(names) if names else [None] * sql.count("?")
    database.execute(f"EXPLAIN {sql}", marks)  # type: ignore[arg-type]  # a list or a dict


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A database made from the SQLModel tables, not from the migrations."""
    from sqlalchemy import create_engine

    path = tmp_path_factory.mktemp("tables") / "tables.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    lrs_metadata.create_all(engine)
    engine.dispose()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.__name__))
def test_texts_name_tables_and_columns_that_are_there(module: ModuleType, empty: sqlite3.Connection) -> None:
    """A column that is renamed in the tables is missed here, not by a user."""
    found = list(texts(module))
    for text in found:
        explain(empty, text)
    assert found != []


def test_a_wrong_column_is_noticed(empty: sqlite3.Connection) -> None:
    """The test above can fail."""
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        explain(empty, "SELECT no_such FROM statement")


def test_texts_that_are_put_together_run(store: Kept) -> None:
    """Every arm of a search, references in both orders, documents of both kinds of request."""
    store.write(adding(value(2, object=about(1)), value(1), value(3, object=about(2))))
    filters = [log.Filter("g", "mbox:mailto:lena@example.org", wide=True), log.Filter("v", value(1)["verb"]["id"])]
    window = log.Window(since_us=0, until_us=2**60, credential=7)
    found = store.read(lambda reader: log.find(reader, 1, filters, window, 10, ascending=True))
    assert [placed.seq for placed in found] == [1, 2, 3]
