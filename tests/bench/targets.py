"""What is aimed for, beside what was measured. The numbers are those of the performance notes of the design."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and the bound that it is to keep. `fair` is False where the bound was measured on another machine, so
    that meeting or missing it here says little."""

    figure: str
    words: str
    below: bool
    bound: float
    fair: bool = True

    def met(self, figures: Mapping[str, float]) -> bool:
        """Whether it is kept."""
        compare: Callable[[float, float], bool] = operator.lt if self.below else operator.ge
        return compare(figures[self.figure], self.bound)


RALPH = {
    1: 498.0,
    50: 3663.0,
    500: 3867.0,
}  # statements/s of Ralph 5.1's API layer over a dict, measured once, elsewhere
TIMES_RALPH = {1: 3.0, 50: 1.5, 500: 1.5}


def _times_ralph(batch: int, times: float) -> Target:
    words = f"batch {batch}, statements/s, {times:g} × Ralph's layer"
    return Target(f"batch_{batch}_statements_per_s", words, False, times * RALPH[batch], fair=False)


TARGETS = (
    Target("cold_start_post_s", "cold start to a durable POST, s", True, 0.35),
    Target("memory_rss_mb", "memory after it, MB (RSS)", True, 55.0),
    Target("memory_rss_after_api_mb", "memory once /api was used, MB (RSS; “about 75”)", True, 75.0),
    Target("batch_1_of_base", "batch 1, share of the base", False, 0.65),
    Target("batch_50_of_base", "batch 50, share of the base", False, 0.65),
    Target("batch_500_of_base", "batch 500, share of the base", False, 0.65),
    *(_times_ralph(batch, times) for batch, times in TIMES_RALPH.items()),
    Target("read_agent_p50_ms", "GET by agent, limit 100, p50 ms", True, 5.0),
    Target("disk_bytes_per_statement", "disk, bytes a statement", True, 2000.0),
    Target("post_unix_of_tcp", "durable POST, Unix socket against TCP", True, 1.1),
)
