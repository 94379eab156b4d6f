"""Reading over HTTP: a page of a hundred by agent, and one statement by id.

One reader for the latency, eight for the rate.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from urllib.parse import quote

from tests.bench import client, corpus, ingest, programs
from tests.bench.plan import Plan
from tests.bench.programs import Server
from tests.bench.spec import Measured, Sender, Spec

MANY = 8
PAGE = 100


def measure(folder: Path, plan: Plan, server: Server) -> dict[str, float]:
    """The figures, by name; the log is filled up first."""
    plain = [Sender(server.plain, corpus.templates(ingest.SEED, ingest.KINDS))]
    ingest.fill(folder, server, plain, plan.stored)
    found: dict[str, float] = {"read_stored": programs.stored(server)}
    for name, targets in (("read_agent", _by_agent()), ("read_one", _by_id(server))):
        alone = [_play(folder, plan, server, targets, 1) for _ in range(plan.reads)]
        together = [_play(folder, plan, server, targets, MANY) for _ in range(plan.reads)]
        latencies = [latency for one in alone for latency in one.latencies_ms]
        found[f"{name}_p50_ms"] = statistics.median(latencies)
        found[f"{name}_p99_ms"] = ingest.percentile(latencies, 99)
        found[f"{name}_per_s"] = statistics.median(one.answers / one.seconds for one in together)
        found[f"{name}_server_cpu_us"] = 1e6 * statistics.median(one.server_cpu / one.answers for one in together)
    return found


def _play(folder: Path, plan: Plan, server: Server, targets: tuple[str, ...], connections: int) -> Measured:
    spec = Spec(
        port=server.port,
        pid=server.pid,
        senders=[Sender(server.plain, [])],
        connections=connections,
        batch=1,
        seconds=plan.seconds,
        most=plan.most,
        seed=0,
        warm_up=plan.warm_up,
        gets=targets,
    )
    return client.play(spec, folder)


def _by_agent() -> tuple[str, ...]:
    """A page of each learner's statements, newest first."""
    return tuple(
        f"/xapi/statements?agent={quote(json.dumps(corpus.actor(name)), safe='')}&limit={PAGE}"
        for name in corpus.world(ingest.SEED).actors
    )


def _by_id(server: Server) -> tuple[str, ...]:
    speaker = server.speaker(server.plain)
    page = speaker.ask("GET", f"/xapi/statements?limit={PAGE}")["statements"]
    speaker.close()
    return tuple(f"/xapi/statements?statementId={one['id']}" for one in page)
