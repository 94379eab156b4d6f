"""Durable ingest over HTTP, ours and the base's in turn: throughput, latency, CPU-seconds of the server per statement.

With a plain credential (batches of 1, 50 and 500) and with the tokens of many lessons (1 and 50), whose statements pass
cmi5's session rules. After each of our measurements the log is left alone until the progress projection has folded it,
so that the next one is not disturbed; how far it was behind is a figure too.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import client, corpus, lessons, programs
from tests.bench.errors import Failed
from tests.bench.plan import Plan
from tests.bench.programs import Base, Server
from tests.bench.spec import Measured, Sender, Spec

SEED = 20261121
KINDS = 6000  # different statements; each is sent again and again with fresh ids
FILL_BATCH = 500
FILL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured under which name."""

    name: str
    batch: int
    connections: int


PLAIN = (Case("batch_1", 1, 32), Case("batch_50", 50, 8), Case("batch_500", 500, 8))
LESSON = (Case("lesson_1", 1, 32), Case("lesson_50", 50, 8))


def measure(folder: Path, plan: Plan, server: Server) -> dict[str, float]:
    """The figures, by name."""
    plain = [Sender(server.plain, corpus.templates(SEED, KINDS))]
    fill(folder, server, plain, KINDS)  # what the base copies its rows from
    senders = lessons.begun(server, plan.sessions, SEED)
    found: dict[str, list[Measured]] = {}
    lags: list[int] = []
    with programs.bare(folder, server.database) as base:
        before = programs.stored(server)
        for number in range(plan.rounds):
            for name, spec in _round(plan, number, server, base, plain, senders):
                found.setdefault(name, []).append(client.play(spec, folder))
                if spec.pid == server.pid:
                    lags.append(programs.behind(server))
                    programs.settle(server)
        _check(found, programs.stored(server) - before, programs.one(base.database, "SELECT seq FROM head"))
    figures = {name: value for case, rounds in found.items() for name, value in _figures(case, rounds).items()}
    for case in (*PLAIN, *LESSON):
        known = figures[f"base_{case.batch}_statements_per_s"]
        figures[f"{case.name}_of_base"] = figures[f"{case.name}_statements_per_s"] / known
    sizes = {"statement_bytes": corpus.size(plain[0].templates), "lesson_statement_bytes": _size(senders)}
    return {**figures, **sizes, "projection_behind_most": max(lags)}


def fill(folder: Path, server: Server, senders: list[Sender], count: int) -> None:
    """See to it that the log has at least `count` statements."""
    while (missing := count - programs.stored(server)) > 0:
        requests = -(-missing // FILL_BATCH)
        seed = programs.stored(server)  # other ids each time
        spec = _spec(server, senders, Case("fill", FILL_BATCH, 4), FILL_SECONDS, requests, seed, 0.0)
        client.play(spec, folder)
        programs.settle(server)


def _round(
    plan: Plan, number: int, server: Server, base: Base, plain: list[Sender], senders: list[Sender]
) -> Iterator[tuple[str, Spec]]:
    for place, case in enumerate((*PLAIN, *LESSON)):
        seed = SEED + 1000 * (number + 1) + place
        said = plain if case in PLAIN else senders
        yield case.name, _spec(server, said, case, plan.seconds, plan.most, seed, plan.warm_up)
        if case in PLAIN:
            yield f"base_{case.batch}", _base_spec(base, plain, case, plan, seed)


def _spec(
    server: Server, senders: list[Sender], case: Case, seconds: float, most: int, seed: int, warm_up: float
) -> Spec:
    return Spec(
        port=server.port,
        pid=server.pid,
        senders=senders,
        connections=case.connections,
        batch=case.batch,
        seconds=seconds,
        most=most,
        seed=seed,
        warm_up=warm_up,
    )


def _base_spec(base: Base, senders: list[Sender], case: Case, plan: Plan, seed: int) -> Spec:
    return Spec(
        port=base.port,
        pid=base.pid,
        senders=senders,
        connections=case.connections,
        batch=case.batch,
        seconds=plan.seconds,
        most=plan.most,
        seed=seed,
        warm_up=plan.warm_up,
        target=f"/{case.batch}",
    )


def _check(found: dict[str, list[Measured]], ours: int, base: int) -> None:
    """What was acknowledged is there, and nothing else is."""
    sent = {True: 0, False: 0}
    batches = {case.name: case.batch for case in (*PLAIN, *LESSON)} | {f"base_{one.batch}": one.batch for one in PLAIN}
    for name, rounds in found.items():
        sent[name.startswith("base_")] += sum(one.sent * batches[name] for one in rounds)
    if (sent[False], sent[True]) != (ours, base):
        raise Failed(f"acknowledged were {sent[False]} and {sent[True]} statements, stored are {ours} and {base}")


def _figures(case: str, rounds: Sequence[Measured]) -> dict[str, float]:
    latencies = [latency for one in rounds for latency in one.latencies_ms]
    return {
        f"{case}_statements_per_s": statistics.median(one.statements / one.seconds for one in rounds),
        f"{case}_p50_ms": statistics.median(latencies),
        f"{case}_p99_ms": percentile(latencies, 99),
        f"{case}_server_cpu_us": 1e6 * statistics.median(one.server_cpu / one.statements for one in rounds),
        f"{case}_loader_cpu_us": 1e6 * statistics.median(one.loader_cpu / one.statements for one in rounds),
    }


def percentile(values: Sequence[float], of_hundred: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * of_hundred // 100) - 1)]


def _size(senders: Sequence[Sender]) -> float:
    return statistics.mean(corpus.size(one.templates) for one in senders)
