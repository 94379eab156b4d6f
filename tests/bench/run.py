"""All measurements in one run, one after the other, and what came of them as one value."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import cold, ingest, machine, programs, reads, roads
from tests.bench.plan import Plan
from tests.bench.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave. `machine` has the load average of its beginning."""

    date: str
    commit: str
    plan: str
    seconds: float
    machine: dict[str, str | float | int]
    figures: dict[str, float]

    def value(self) -> dict[str, Any]:
        """As JSON, the targets with their verdicts included."""
        verdicts = [
            {
                "figure": target.figure,
                "words": target.words,
                "bound": target.bound,
                "value": self.figures[target.figure],
                "met": target.met(self.figures),
                "sameMachine": target.fair,
            }
            for target in TARGETS
        ]
        return {**asdict(self), "targets": verdicts}


def run(plan: Plan, where: Path | None, tell: Callable[[str], None]) -> Result:
    """Measure everything, in a temporary folder below `where`."""
    began, before = time.monotonic(), machine.busy()
    with tempfile.TemporaryDirectory(prefix="offline-lrs-bench-", dir=where) as name:
        folder = Path(name)
        known = machine.facts(folder)
        figures: dict[str, float] = {}
        with programs.worlds(folder):
            tell(f"cold start: {2 * plan.starts} starts")
            figures |= cold.measure(folder, plan)
            figures |= _served(folder, plan, tell)
            figures |= _disk(folder)
        known |= machine.disturbed(before, machine.busy())
    now = datetime.now(UTC)
    return Result(
        f"{now:%Y-%m-%d %H:%M} UTC", machine.commit(), plan.name, round(time.monotonic() - began, 1), known,
        {name: round(value, 4) for name, value in figures.items()},
    )  # fmt: skip


def _served(folder: Path, plan: Plan, tell: Callable[[str], None]) -> dict[str, float]:
    with programs.serving(folder) as server:
        tell(f"ingest: {plan.rounds} rounds of {plan.seconds} s for each case, ours and the base in turn")
        figures = ingest.measure(folder, plan, server)
        tell("one lesson at a time: the tunnel, launches")
        figures |= roads.measure(plan, server)
        tell(f"reading, with at least {plan.stored} statements stored")
        figures |= reads.measure(folder, plan, server)
    return figures


def _disk(folder: Path) -> dict[str, float]:
    """The database once the program has stopped and the write-ahead log is folded in."""
    database = folder / "store" / "offline-lrs.sqlite"
    count = programs.one(database, "SELECT count(*) FROM statement")
    size = sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
    return {"disk_bytes_per_statement": size / count, "disk_statements": count}
