"""What it was measured on, and how much of it others had: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import REPOSITORY

FLUSHES = 40
_TICKS = os.sysconf("SC_CLK_TCK")


def facts(folder: Path) -> dict[str, str | float | int]:
    """The machine and the programs, how long a flush to disk takes here, and the load average now."""
    return {
        "cores": os.cpu_count() or 0,
        "cpu": _cpu(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "flush_ms": round(_flush_ms(folder), 3),
        "load_average": round(os.getloadavg()[0], 2),
    }


@dataclass(frozen=True, slots=True)
class Busy:
    """CPU-seconds since the machine started: of everybody, of this process and those it has waited for, and those that
    the machine below this one kept for itself."""

    at: float
    everybody: float
    ours: float
    stolen: float


def busy() -> Busy:
    """The state now; two of them tell what went on between."""
    user, nice, system, _, _, irq, softirq, stolen = (int(one) / _TICKS for one in _cpu_line()[1:9])
    uses = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    ours = sum(use.ru_utime + use.ru_stime for use in uses)
    return Busy(time.monotonic(), user + nice + system + irq + softirq, ours, stolen)


def disturbed(before: Busy, after: Busy) -> dict[str, str | float | int]:
    """How many cores others had meanwhile, on this machine and below it."""
    seconds = after.at - before.at
    others = (after.everybody - before.everybody) - (after.ours - before.ours)
    return {
        "others_cores": round(max(0.0, others) / seconds, 2),
        "stolen_cores": round((after.stolen - before.stolen) / seconds, 2),
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


def _cpu_line() -> list[str]:
    return Path("/proc/stat").read_text("ascii").partition("\n")[0].split()  # proc(5)


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
