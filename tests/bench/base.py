"""The base of the comparison: `python -m tests.bench.base FOLDER MODEL`, rows into SQLite behind bare HTTP.

uvicorn with httptools and uvloop reads the body and throws it away. What is inserted was made before: rows copied out
of MODEL, a database that the record store has written, into the same tables with the same indexes, in groups as large
as ours (whoever waits shares a commit), with as much memory for pages, flushed to disk (`synchronous=FULL`) before the
answer. No credential, no JSON, no rule, no look-up of an id, no savepoint, no term dictionary, no consumer of the log.
It is how fast this machine would be if the record store's own work were free. Nothing of ours is imported but what
makes the event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
import sqlite3
import sys
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

from lrs.ipc.server import loop_factory

KINDS = 6000  # different rows that are copied; each is used again and again with a fresh id
DATABASE = "base.sqlite"
TABLES = ("head", "statement", "term", "term_index")
FRESH = ("row", "seq", "id", "stored_us")  # what each new row gets anew; the rest is copied
Row = tuple[tuple[Any, ...], tuple[int, ...]]
Job = tuple[int, "asyncio.Future[None]"]


# --- before the clock runs ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Model:
    """What was read from the record store's database."""

    schema: tuple[str, ...]
    terms: list[tuple[Any, ...]]
    columns: tuple[str, ...]
    rows: list[Row]


def read_model(path: Path) -> Model:
    """The tables' and indexes' own SQL, and rows of the statements that were stored first."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as model:
        marks = ",".join("?" * len(TABLES))
        found = model.execute(f"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN ({marks})", TABLES)  # noqa: S608
        schema = tuple(str(row[0]) for row in found)
        columns = tuple(row[1] for row in model.execute("PRAGMA table_info(statement)") if row[1] not in FRESH)
        terms: defaultdict[int, list[int]] = defaultdict(list)
        for term, seq in model.execute("SELECT term, seq FROM term_index WHERE seq <= ?", (KINDS,)):
            terms[seq].append(term)
        chosen = f"SELECT seq, {', '.join(columns)} FROM statement WHERE seq <= ? ORDER BY seq"  # noqa: S608
        rows = [(row[1:], tuple(terms[row[0]])) for row in model.execute(chosen, (KINDS,))]
        return Model(schema, model.execute("SELECT * FROM term").fetchall(), columns, rows)


def make_database(path: Path, model: Model) -> sqlite3.Connection:
    """Empty tables like the model's, but for the terms, which the rows name by number."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -16384")
    for text in model.schema:
        connection.execute(text)
    connection.execute("INSERT INTO head (store, seq, stored_us, revision, epoch) VALUES (1, 0, 0, 0, '')")
    connection.execute("BEGIN")
    for row in model.terms:
        connection.execute(f"INSERT INTO term VALUES ({','.join('?' * len(row))})", row)  # noqa: S608  marks only
    connection.execute("COMMIT")
    return connection


# --- while it runs --------------------------------------------------------------------------------------------------


class Inserter:
    """The one writer: takes who waits, inserts, commits, answers."""

    def __init__(self, path: Path, model: Model) -> None:
        self._connection = make_database(path, model)
        names = ("seq", "id", "stored_us", *model.columns)
        self._insert = f"INSERT INTO statement ({', '.join(names)}) VALUES ({','.join('?' * len(names))})"  # noqa: S608
        self._rows = itertools.cycle(model.rows)
        self._chance = random.Random(1)
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._seq = 0
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, daemon=True).start()

    async def insert(self, count: int) -> None:
        """Return when `count` more rows are durable."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put((count, future))
        await future

    def _work(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            try:
                while True:
                    jobs.append(self._jobs.get_nowait())
            except Empty:
                self._together(jobs)

    def _together(self, jobs: list[Job]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for count, _ in jobs:
            self._put(count)
        self._connection.execute("UPDATE head SET seq = ?, stored_us = ? WHERE store = 1", (self._seq, self._seq))
        self._connection.execute("COMMIT")
        self._loop.call_soon_threadsafe(_wake, jobs)

    def _put(self, count: int) -> None:
        made: list[tuple[Any, ...]] = []
        index: list[tuple[int, int, int]] = []
        for row, terms in itertools.islice(self._rows, count):
            self._seq = seq = self._seq + 1
            made.append((seq, self._chance.randbytes(16), seq, *row))
            index.extend((1, term, seq) for term in terms)
        index.sort()
        self._connection.executemany(self._insert, made)
        self._connection.executemany("INSERT INTO term_index (store, term, seq) VALUES (?,?,?)", index)


def _wake(jobs: list[Job]) -> None:
    for _, future in jobs:
        future.set_result(None)


Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def answer(inserter: Inserter, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """POST /N: read the body, insert N rows, say so."""
    while (await receive()).get("more_body"):
        pass
    await inserter.insert(int(scope["path"].lstrip("/")))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"[]"})


async def serve(folder: Path, model: Model) -> None:
    """Serve until the process is ended; the first line on standard output names the port."""
    inserter = Inserter(folder / DATABASE, model)

    async def app(scope: Any, receive: Receive, send: Any) -> None:
        await answer(inserter, scope, receive, send)

    door = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = Config(app, http="httptools", loop="none", ws="none", lifespan="off", log_config=None, access_log=False)
    print(json.dumps({"port": door.getsockname()[1]}), flush=True)
    await Server(config).serve([door])


def main() -> int:
    """Copy the rows, then serve."""
    model = read_model(Path(sys.argv[2]))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(Path(sys.argv[1]), model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
