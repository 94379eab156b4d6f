"""Cold start: from the spawn of the process to its first answer over the Unix socket, and what it weighs then.

As a system that wakes it would: the socket is knocked at from the first moment, the database is current, the files are
compiled. Measured twice: the answer to a durable POST of one statement, and to GET about, which needs no database row.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

from launcher.cli.programs import Program
from lrs.local.sockets import socket_path
from tests.bench import client, corpus, processes, programs
from tests.bench.client import REPOSITORY, Speaker
from tests.bench.errors import Failed
from tests.bench.load import GET, POST
from tests.bench.plan import Plan

SERVICE = "org.example.bench.tablet"
FLAGS = ("--no-tcp", "--ipc-service", SERVICE)
WAIT_SECONDS = 30.0
KNOCK_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first answer, CPU-seconds by then, memory by then, memory once `/api` was used."""

    seconds: float
    cpu: float
    rss: float
    pss: float
    rss_after: float
    pss_after: float


def measure(folder: Path, plan: Plan) -> dict[str, float]:
    """The figures, by name."""
    tablet = programs.program("tablet", folder, FLAGS)
    tablet.start()  # makes the database, and compiles what was never compiled
    plain, manager = programs.credential(tablet, ["all"]), programs.credential(tablet, ["admin"])
    tablet.stop()
    statements = corpus.templates(7, 2 * plan.starts)
    posts, gets = [], []
    for number in range(plan.starts):
        gets.append(_start(tablet, _get(plain), manager))
        posts.append(_start(tablet, _post(plain, statements[number]), manager))
    return {
        "cold_start_post_s": median(one.seconds for one in posts),
        "cold_start_post_worst_s": max(one.seconds for one in posts),
        "cold_start_post_cpu_s": median(one.cpu for one in posts),
        "cold_start_about_s": median(one.seconds for one in gets),
        "memory_rss_mb": median(one.rss for one in posts),
        "memory_pss_mb": median(one.pss for one in posts),
        "memory_rss_after_api_mb": median(one.rss_after for one in posts),
        "memory_pss_after_api_mb": median(one.pss_after for one in posts),
    }


def _post(authorization: str, template: corpus.Template) -> bytes:
    body = str(uuid4()).join(template).encode()
    head = POST.format(target="/xapi/statements", authorization=authorization, length=len(body))
    return head.encode() + body


def _get(authorization: str) -> bytes:
    return GET.format(target="/xapi/about", authorization=authorization).encode()


def _start(tablet: Program, request: bytes, manager: str) -> Start:
    path = socket_path(SERVICE)
    began = time.perf_counter()
    with _spawned(tablet) as process:
        with closing(_knock(path, process)) as door:
            door.sendall(request)
            answer = _answer(door)
        seconds, cpu = time.perf_counter() - began, processes.cpu_seconds(process.pid)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Failed(f"the first request was answered {answer[:300]!r}")
        rss, pss = processes.rss_mb(process.pid), processes.pss_mb(process.pid)
        with closing(Speaker(client.UnixConnection(path), manager)) as speaker:
            speaker.ask("GET", "/api/courses")
        return Start(seconds, cpu, rss, pss, processes.rss_mb(process.pid), processes.pss_mb(process.pid))


@contextmanager
def _spawned(tablet: Program) -> Iterator[subprocess.Popen[bytes]]:
    """The program as the service registry starts it; its data folder knows its school already."""
    command = [sys.executable, "-m", "launcher", "serve", "--data", str(tablet.data), *FLAGS]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=dict(tablet.environment), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)


def _knock(path: Path, process: subprocess.Popen[bytes]) -> socket.socket:
    """A connection as soon as one can be had; the request waits in it until the program reads."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.settimeout(WAIT_SECONDS)
        try:
            door.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            door.close()
            time.sleep(KNOCK_SECONDS)
        else:
            return door
    raise Failed("the program did not open its socket")


def _answer(door: socket.socket) -> bytes:
    """The whole answer to the one request."""
    got = b""
    while (received := door.recv(65536)) != b"":
        got += received
        head, separator, body = got.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if separator and lengths and len(body) >= int(lengths[0].partition(b":")[2]):
            return got
    raise Failed(f"the connection ended in the middle of an answer: {json.dumps(got[:200].decode('latin-1'))}")
