"""What the kernel says of a process: its CPU time and its memory (Linux, from /proc)."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads so far; the kernel counts in hundredths of a second."""
    text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS  # proc(5): utime and stime are fields 14 and 15


def rss_mb(pid: int) -> float:
    """Resident memory, shared pages included, in MB of 1,000,000 bytes."""
    return _kib(Path(f"/proc/{pid}/status"), "VmRSS:") * _KIB / 1e6


def pss_mb(pid: int) -> float:
    """Resident memory where a page shared by n processes counts for an nth, in MB of 1,000,000 bytes."""
    return _kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") * _KIB / 1e6


def _kib(path: Path, name: str) -> int:
    line = next(line for line in path.read_text("ascii", "replace").splitlines() if line.startswith(name))
    return int(line.split()[1])
