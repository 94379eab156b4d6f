"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import plan, report
from tests.bench.client import REPOSITORY
from tests.bench.errors import Failed
from tests.bench.run import run

RECORDS = REPOSITORY / "docs" / "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and show. Exit status: 0 measured, whatever the figures; 1 something went wrong; 2 wrong usage."""
    given = parser().parse_args(arguments)
    try:
        result = run(plan.QUICK if given.quick else plan.FULL, given.folder, _tell)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(json.dumps(result.value(), ensure_ascii=False) if given.json else report.terminal(result))
    if given.record:
        report.record(result, RECORDS)
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be asked."""
    top = argparse.ArgumentParser(prog="make bench ARGS=…", description="What the hot paths cost on this machine.")
    top.add_argument("--quick", action="store_true", help="prove that it works; the figures mean little")
    top.add_argument("--json", action="store_true", help="one JSON value on standard output instead of tables")
    top.add_argument("--record", action="store_true", help="write the result into docs/benchmarks.md")
    top.add_argument("--folder", type=_folder, metavar="DIR", help="where to measure: its disk is what is flushed to")
    return top


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return path


def _tell(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)
