"""What the load generator is told, and what it tells: plain values that travel between the two processes as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.corpus import Template


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever says these statements, with their credential."""

    authorization: str
    templates: list[Template]


@dataclass(frozen=True, slots=True)
class Spec:
    """One measurement. POSTs of `batch` statements to `target`, or GETs of `gets` in turn where there are any."""

    port: int
    pid: int
    senders: list[Sender]
    connections: int
    batch: int
    seconds: float
    most: int
    seed: int
    warm_up: float = 0.3
    target: str = "/xapi/statements"
    gets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it. `answers`, `statements`, the latencies and the CPU times are those of the measured time, `sent`
    and `statuses` of the whole run."""

    answers: int
    statements: int
    sent: int
    seconds: float
    server_cpu: float
    loader_cpu: float
    latencies_ms: list[float]
    statuses: dict[str, int]
    complaint: str


def write_spec(spec: Spec, path: Path) -> None:
    """For `read_spec`."""
    path.write_text(json.dumps(asdict(spec)), "utf-8")


def read_spec(path: Path) -> Spec:
    """What `write_spec` wrote."""
    value = json.loads(path.read_text("utf-8"))
    senders = [
        Sender(one["authorization"], [(before, behind) for before, behind in one["templates"]])
        for one in value["senders"]
    ]
    return Spec(**{**value, "senders": senders, "gets": tuple(value["gets"])})


def write_measured(measured: Measured) -> dict[str, Any]:
    """For `read_measured`."""
    return asdict(measured)


def read_measured(value: dict[str, Any]) -> Measured:
    """What `write_measured` wrote."""
    return Measured(**value)
