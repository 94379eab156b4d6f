"""What it was measured on: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path

from tests.bench.client import REPOSITORY

FLUSHES = 40


def facts(folder: Path) -> dict[str, str | float | int]:
    """The machine and the programs, how long a flush to disk takes here, and how busy others keep the machine."""
    return {
        "cores": os.cpu_count() or 0,
        "cpu": _cpu(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "flush_ms": round(_flush_ms(folder), 3),
        "load_average": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit that is checked out, and whether files were changed since."""
    named = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", "lrs", "launcher", "content_app")
    return f"{named or 'no commit'}{' with changes' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _flush_ms(folder: Path) -> float:
    """Median of appending 4 KiB and flushing it: on a disk of memory this is next to nothing, and so would FULL be."""
    taken = []
    with (folder / "flush").open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)
