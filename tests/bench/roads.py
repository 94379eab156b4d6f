"""One lesson at a time: a durable POST through the tunnel's socket against TCP, and a whole launch.

Called in turn on two kept-alive connections of `http.client`, so that a machine that drifts drifts for both.
"""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from uuid import uuid4

from tests.bench import client, corpus, ingest, lessons
from tests.bench.client import Speaker
from tests.bench.plan import Plan
from tests.bench.programs import Server

WARM = 10


def measure(plan: Plan, server: Server) -> dict[str, float]:
    """The figures, by name."""
    unix, network = _posts(plan, server)
    launched = _launches(plan, server)
    return {
        "post_unix_p50_ms": 1000 * statistics.median(unix),
        "post_tcp_p50_ms": 1000 * statistics.median(network),
        "post_unix_of_tcp": statistics.median(unix) / statistics.median(network),
        "launch_p50_ms": 1000 * statistics.median(launched),
        "launch_p99_ms": 1000 * ingest.percentile(launched, 99),
    }


def _posts(plan: Plan, server: Server) -> tuple[list[float], list[float]]:
    statements = corpus.templates(11, plan.calls)
    unix, network = server.speaker(server.plain), Speaker(client.tcp(server.port), server.plain)
    with closing(unix), closing(network):
        for speaker in (unix, network):
            for template in statements[:WARM]:
                _post(speaker, template)
        taken: dict[Speaker, list[float]] = {unix: [], network: []}
        for number, template in enumerate(statements):
            for speaker in (unix, network) if number % 2 else (network, unix):
                taken[speaker].append(_post(speaker, template))
    return taken[unix], taken[network]


def _post(speaker: Speaker, template: corpus.Template) -> float:
    body = str(uuid4()).join(template).encode()
    began = time.perf_counter()
    speaker.say("POST", "/xapi/statements", body)
    return time.perf_counter() - began


def _launches(plan: Plan, server: Server) -> list[float]:
    """Launches of learners who were never here: registration, session, LaunchData, `launched`, the URL."""
    known = lessons.course(server)
    taken = []
    with closing(server.speaker()) as speaker:
        for _ in range(plan.launches):
            wish = lessons.wish(known, str(uuid4()))
            began = time.perf_counter()
            speaker.ask("POST", "/api/launches", wish)
            taken.append(time.perf_counter() - began)
    return taken
