"""The benchmark itself works: every figure comes out of a quick run. No figure is judged here; machines differ."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.bench import cli, corpus, ingest, machine, report
from tests.bench.client import REPOSITORY
from tests.bench.load import requests
from tests.bench.run import Result
from tests.bench.spec import Sender, Spec, read_spec, write_spec
from tests.bench.targets import TARGETS

RATES = {
    f"{case}_{kind}"
    for case in ("batch_1", "batch_50", "batch_500", "lesson_1", "lesson_50", "base_1", "base_50", "base_500")
    for kind in ("statements_per_s", "p50_ms", "p99_ms", "server_cpu_us", "loader_cpu_us")
}
SHARES = {f"{case}_of_base" for case in ("batch_1", "batch_50", "batch_500", "lesson_1", "lesson_50")}
READS = {
    f"{case}_{kind}" for case in ("read_agent", "read_one") for kind in ("p50_ms", "p99_ms", "per_s", "server_cpu_us")
}
STARTS = {
    "cold_start_post_s",
    "cold_start_post_worst_s",
    "cold_start_post_cpu_s",
    "cold_start_about_s",
    "memory_rss_mb",
    "memory_pss_mb",
    "memory_rss_after_api_mb",
    "memory_pss_after_api_mb",
}
REST = {
    "post_unix_p50_ms",
    "post_tcp_p50_ms",
    "post_unix_of_tcp",
    "launch_p50_ms",
    "launch_p99_ms",
    "read_stored",
    "disk_bytes_per_statement",
    "disk_statements",
    "statement_bytes",
    "lesson_statement_bytes",
    "projection_behind_most",
}
SPEC = Spec(
    port=1, pid=1, senders=[], connections=1, batch=1, seconds=1.0, most=1, seed=5, gets=("/xapi/about",)
)  # fmt: skip


@pytest.mark.slow
def test_a_quick_run_yields_every_figure(tmp_path: Path) -> None:
    """`--quick --json` measures with real processes and answers with one JSON value that has every figure."""
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", "--folder", str(tmp_path)]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=110, check=False)
    assert ran.returncode == 0, ran.stderr
    value = json.loads(ran.stdout)
    assert set(value["figures"]) == RATES | SHARES | READS | STARTS | REST
    zero = {name for name, one in value["figures"].items() if not one > 0} - {"projection_behind_most"}
    assert {name for name in zero if not name.endswith("_cpu_us")} == set()
    assert {"cpu", "kernel", "load_average", "others_cores", "stolen_cores"} < set(value["machine"])
    assert [one["figure"] for one in value["targets"]] == [target.figure for target in TARGETS]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--fast"], ["--folder", "no/such/folder"], ["--folder"], ["quick"]],
    ids=lambda words: " ".join(words),
)
def test_wrong_usage_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is no argument of the benchmark ends with status 2 before anything is measured."""
    with pytest.raises(SystemExit) as refused:
        cli.main(arguments)
    assert (refused.value.code, "usage: " in capsys.readouterr().err) == (2, True)


def test_every_statement_of_the_corpus_is_valid() -> None:
    """What is sent is what the standard allows, about 1.1 KB each; else refusals would be measured."""
    made = corpus.templates(3, 300)
    for before, behind in made:
        statements.parse((before + corpus.MARK + behind).encode(), Version.V1_0_3)
    assert 1050 < corpus.size(made) < 1200


def test_the_same_seed_gives_the_same_statements() -> None:
    """Two runs measure the same."""
    assert corpus.templates(3, 20) == corpus.templates(3, 20)
    assert corpus.templates(3, 20) != corpus.templates(4, 20)


@pytest.mark.parametrize("batch", [1, 3])
def test_each_statement_is_sent_with_an_id_of_its_own(batch: int) -> None:
    """A repeated id would measure the look-up of a duplicate instead of an insert."""
    spec = replace(SPEC, batch=batch, gets=(), senders=[Sender("Basic x", corpus.templates(3, 4))])
    made = requests(spec)
    bodies = [json.loads(next(made).partition(b"\r\n\r\n")[2]) for _ in range(10)]
    ids = [one["id"] for body in bodies for one in (body if batch > 1 else [body])]
    assert (len(ids), len(set(ids))) == (10 * batch, 10 * batch)


def test_a_spec_reaches_the_load_generator_as_it_was(tmp_path: Path) -> None:
    """Reading what was written gives the same spec."""
    spec = replace(SPEC, senders=[Sender("Basic x", corpus.templates(3, 2))])
    write_spec(spec, tmp_path / "spec.json")
    assert read_spec(tmp_path / "spec.json") == spec


@pytest.mark.parametrize(("of_hundred", "expected"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_percentile(of_hundred: int, expected: int) -> None:
    """p99 is the value that one of a hundred exceeds."""
    assert ingest.percentile(list(range(100, 0, -1)), of_hundred) == expected


# --- records --------------------------------------------------------------------------------------------------------


def _result(commit: str, value: float = 1.0) -> Result:
    known: dict[str, str | float | int] = {
        "cores": 2, "cpu": "some", "kernel": "6", "python": "3", "sqlite": "3", "flush_ms": 0.2, "load_average": 0.1,
        "others_cores": 0.0, "stolen_cores": 0.0,
    }  # fmt: skip
    figures = dict.fromkeys(RATES | SHARES | READS | STARTS | REST, value)
    return Result("2026-11-21 10:00 UTC", commit, "full", 200.0, known, figures)


def test_a_record_goes_on_top_and_replaces_that_of_its_commit(tmp_path: Path) -> None:
    """The newest run is read first, and a commit is recorded once; what stands before the records stays."""
    path = tmp_path / "benchmarks.md"
    path.write_text(f"# Benchmarks\n\nWords.\n\n{report.BEGIN}\n", "utf-8")
    for commit, value in (("aaa", 1.0), ("bbb", 2.0), ("aaa", 3.0)):
        report.record(_result(commit, value), path)
    text = path.read_text("utf-8")
    heads = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("## ")]
    assert (heads, text.startswith("# Benchmarks\n\nWords.\n"), "| 2 |" in text) == (["aaa", "bbb"], True, True)


def test_a_document_without_a_place_for_records_is_left_alone(tmp_path: Path) -> None:
    """Nothing is overwritten where the line that records follow is missing."""
    path = tmp_path / "benchmarks.md"
    path.write_text("# Benchmarks\n", "utf-8")
    with pytest.raises(ValueError, match="lost the line"):
        report.record(_result("aaa"), path)
    assert path.read_text("utf-8") == "# Benchmarks\n"


def test_what_others_took_is_what_is_not_ours() -> None:
    """Of four CPU-seconds in two seconds, one of them ours, others had one and a half cores."""
    before, after = machine.Busy(10.0, 100.0, 5.0, 1.0), machine.Busy(12.0, 104.0, 6.0, 2.0)
    assert machine.disturbed(before, after) == {"others_cores": 1.5, "stolen_cores": 0.5}


def test_every_target_names_a_figure() -> None:
    """No target is judged by a figure that is not measured."""
    assert {target.figure for target in TARGETS} <= RATES | SHARES | READS | STARTS | REST
    assert all(math.isfinite(target.bound) for target in TARGETS)
