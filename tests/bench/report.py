"""Showing a result: a table on the terminal, and its section in docs/benchmarks.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.run import Result
from tests.bench.targets import TARGETS, Target

BEGIN = "<!-- records: written by `make bench ARGS=--record`, newest first -->"
KEPT = 12  # older records are in the history of the file

INGEST = (
    ("batch_1", "1 statement, 32 connections"),
    ("base_1", "  the base"),
    ("batch_50", "batch of 50, 8 connections"),
    ("base_50", "  the base"),
    ("batch_500", "batch of 500, 8 connections"),
    ("base_500", "  the base"),
    ("lesson_1", "1 statement of a lesson, 32 connections"),
    ("lesson_50", "batch of 50 of a lesson, 8 connections"),
)
READS = (("read_agent", "GET by agent, limit 100"), ("read_one", "GET one statement"))

Table = list[tuple[str, ...]]


def tables(result: Result) -> Iterator[tuple[str, Table]]:
    """Everything that is shown, as tables with a title and a head row each."""
    yield "Targets", _targets(result)
    yield "Durable ingest over HTTP", _ingest(result)
    yield "Reading over HTTP", _reads(result)
    yield "Cold start, memory, one lesson at a time", _single(result)


def _targets(result: Result) -> Table:
    rows: Table = [("what", "target", "measured", "verdict")]
    for target in TARGETS:
        sign = "<" if target.below else "≥"
        rows.append(
            (target.words, f"{sign} {target.bound:g}", _short(result.figures[target.figure]), _verdict(target, result))
        )
    return rows


def _verdict(target: Target, result: Result) -> str:
    said = "met" if target.met(result.figures) else "missed"
    return said if target.fair else f"{said} (bound from another machine)"


def _ingest(result: Result) -> Table:
    rows: Table = [("what", "statements/s", "of the base", "p50 ms", "p99 ms", "server CPU µs/statement")]
    for name, words in INGEST:
        share = result.figures.get(f"{name}_of_base")
        values = [
            result.figures[f"{name}_{kind}"] for kind in ("statements_per_s", "p50_ms", "p99_ms", "server_cpu_us")
        ]
        shown = [f"{values[0]:,.0f}", "" if share is None else f"{share:.0%}", *(_short(one) for one in values[1:])]
        rows.append((words, *shown))
    return rows


def _reads(result: Result) -> Table:
    rows: Table = [("what", "p50 ms, alone", "p99 ms, alone", "per second, 8 connections", "server CPU µs")]
    for name, words in READS:
        kinds = ("p50_ms", "p99_ms", "per_s", "server_cpu_us")
        rows.append((words, *(_short(result.figures[f"{name}_{kind}"]) for kind in kinds)))
    return rows


def _single(result: Result) -> Table:
    known = {name: _short(value) for name, value in result.figures.items()}
    return [
        ("what", "measured"),
        (
            "spawn to the answer of a durable POST, median (worst)",
            f"{known['cold_start_post_s']} s ({known['cold_start_post_worst_s']} s)",
        ),
        ("  CPU time until then", f"{known['cold_start_post_cpu_s']} s"),
        ("spawn to the answer of GET about, median", f"{known['cold_start_about_s']} s"),
        ("memory then: RSS (PSS)", f"{known['memory_rss_mb']} MB ({known['memory_pss_mb']} MB)"),
        (
            "memory once /api was used: RSS (PSS)",
            f"{known['memory_rss_after_api_mb']} MB ({known['memory_pss_after_api_mb']} MB)",
        ),
        ("durable POST of one statement, Unix socket, p50", f"{known['post_unix_p50_ms']} ms"),
        ("the same, TCP, p50", f"{known['post_tcp_p50_ms']} ms"),
        ("a launch of a new learner, p50 (p99)", f"{known['launch_p50_ms']} ms ({known['launch_p99_ms']} ms)"),
        ("disk, bytes a statement", known["disk_bytes_per_statement"]),
        ("the progress projection behind at most, statements", known["projection_behind_most"]),
    ]


def _short(value: float) -> str:
    """Three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


# --- the terminal ---------------------------------------------------------------------------------------------------


def terminal(result: Result) -> str:
    """Columns as wide as their widest text."""
    lines = [f"{result.date}, commit {result.commit}, {result.plan} run of {result.seconds:.0f} s", _machine(result)]
    for title, rows in tables(result):
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        lines += ["", title]
        lines += [
            "  ".join(
                _placed(cell, width, at) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
    return "\n".join(lines)


def _placed(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _machine(result: Result) -> str:
    known = result.machine
    return (
        f"{known['cores']} cores ({known['cpu']}), Linux {known['kernel']}, "
        f"Python {known['python']}, SQLite {known['sqlite']}; "
        f"a flush of 4 KiB takes {known['flush_ms']} ms; load average at the start {known['load_average']}; "
        f"meanwhile other programs had {known['others_cores']} cores, and {known['stolen_cores']} were stolen"
    )


# --- the document ---------------------------------------------------------------------------------------------------


def record(result: Result, path: Path) -> None:
    """Put the result's section at the top of the document's records, in the place of one of the same commit."""
    before, mark, records = path.read_text("utf-8").partition(BEGIN)
    if not mark:
        raise ValueError(f"{path.name} has lost the line {BEGIN!r}, behind which records are written")
    older = [one for one in re.split(r"(?m)^(?=## )", records) if one.startswith("## ")]
    kept = [one for one in older if _commit(one) != result.commit or "with changes" in result.commit]
    sections = [section(result), *kept][:KEPT]
    path.write_text(f"{before}{mark}\n\n" + "\n".join(one.strip() + "\n" for one in sections), "utf-8")


def _commit(text: str) -> str:
    return text.partition("\n")[0].rpartition("commit ")[2]


def section(result: Result) -> str:
    """The result in Markdown."""
    lines = [
        f"## {result.date}, commit {result.commit}",
        "",
        f"A {result.plan} run of {result.seconds:.0f} s on {_machine(result)}.",
    ]
    for title, rows in tables(result):
        lines += ["", f"### {title}", "", _row(rows[0]), "|---|" + "--:|" * (len(rows[0]) - 1)]
        lines += [_row(row) for row in rows[1:]]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.strip() for cell in cells)} |"
