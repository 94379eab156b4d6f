"""The processes under test: the record store with everything on, and the base, in folders of their own."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.cli.programs import Program, environment, inside
from lrs.auth.credentials import header
from lrs.local.notes import find
from tests.bench import base, client
from tests.bench.client import REPOSITORY, Speaker
from tests.bench.corpus import SCHOOL
from tests.bench.errors import Failed

SERVICE = "org.example.bench"
SETTLE_SECONDS = 60.0


@dataclass(slots=True)
class Server:
    """A running `offline-lrs serve`, with one credential for statements and one for management."""

    program: Program
    plain: str
    manager: str

    @property
    def pid(self) -> int:
        """The process, for /proc."""
        if self.program.process is None:
            raise Failed(f"{self.program.name} is not running")
        return self.program.process.pid

    @property
    def port(self) -> int:
        """Where it listens on TCP."""
        return int(self.program.url.rpartition(":")[2])

    @property
    def socket(self) -> Path:
        """Where it listens on this device."""
        return Path(self.program.told["socket"])

    @property
    def database(self) -> Path:
        """The file that it alone writes."""
        return self.program.data / "offline-lrs.sqlite"

    def speaker(self, authorization: str | None = None) -> Speaker:
        """A connection over its socket; the manager's unless another credential is given."""
        return Speaker(client.UnixConnection(self.socket), authorization or self.manager)


@contextmanager
def worlds(folder: Path) -> Iterator[None]:
    """Registry, sockets and notes of everything started inside lie below `folder`, this process's own look-ups too."""
    with inside(environment(folder)):
        yield


def program(name: str, folder: Path, flags: Sequence[str]) -> Program:
    """A program of ours, not started yet; inside `worlds`."""
    return Program(name, folder / name, ("--school", SCHOOL, *flags), environment(folder))


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The record store on TCP and on its socket: one process, policy on, the progress projection following."""
    running = program("store", folder, ("--port", "0", "--ipc-service", SERVICE))
    with ExitStack() as cleanup:
        running.start()
        cleanup.callback(running.stop)
        yield Server(running, credential(running, ["all"]), credential(running, ["admin"]))


def credential(running: Program, scopes: list[str]) -> str:
    """The header of a new credential; the secret is one that the program made."""
    note = find(running.data)
    if note is None or note.socket is None:
        raise Failed(f"{running.name} left no note of where it is")
    speaker = Speaker(client.UnixConnection(Path(note.socket)), f"Bearer {note.token}")
    with closing(speaker):
        made = speaker.ask("POST", "/api/credentials", {"scopes": scopes})
    return header(made["key"], made["secret"])


# --- looking into the database from outside ---------------------------------------------------------------------------


def one(database: Path, sql: str) -> int:
    """A single number from a database that may be in use; it is opened for reading only."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        row = connection.execute(sql).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def stored(server: Server) -> int:
    """How many statements the log has."""
    return one(server.database, "SELECT seq FROM head WHERE store = 1")


def behind(server: Server) -> int:
    """How many statements the progress projection has yet to fold."""
    folded = one(server.database, "SELECT seq FROM cursor WHERE store = 1 AND name = 'progress'")
    return stored(server) - folded


def settle(server: Server) -> float:
    """Wait until the projection has folded everything; the seconds it took."""
    began = time.monotonic()
    while behind(server):
        if time.monotonic() - began > SETTLE_SECONDS:
            raise Failed(f"the projection is {behind(server)} statements behind after {SETTLE_SECONDS:.0f} s of quiet")
        time.sleep(0.05)
    return time.monotonic() - began


# --- the base -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Base:
    """The running base."""

    pid: int
    port: int
    database: Path


@contextmanager
def bare(folder: Path, model: Path) -> Iterator[Base]:
    """The base in a process of its own, with rows like those of `model`."""
    place = folder / "base"
    place.mkdir()
    command = [sys.executable, "-m", "tests.bench.base", str(place), str(model)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        told = _told(process)
        yield Base(process.pid, int(told["port"]), place / base.DATABASE)
    finally:
        process.terminate()
        process.wait(SETTLE_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def _told(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise Failed("the base did not start")
    told: dict[str, Any] = json.loads(line)
    return told
