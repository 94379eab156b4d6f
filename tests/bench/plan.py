"""How much is measured: enough for a figure, or just enough to see that the benchmark works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Times are seconds. `rounds` are interleaved, ours and the base's in turn, so that a machine that drifts drifts
    for both; `most` bounds the requests of one measurement; `stored` is how full the log is when it is read from."""

    name: str
    starts: int
    rounds: int
    seconds: float
    warm_up: float
    most: int
    sessions: int
    stored: int
    reads: int
    calls: int
    launches: int


FULL = Plan(
    name="full", starts=10, rounds=3, seconds=2.5, warm_up=0.4, most=100_000, sessions=64, stored=100_000, reads=2,
    calls=400, launches=100,
)  # fmt: skip
QUICK = Plan(
    name="quick", starts=2, rounds=1, seconds=0.5, warm_up=0.1, most=10_000, sessions=4, stored=2_000, reads=1,
    calls=20, launches=5,
)  # fmt: skip
