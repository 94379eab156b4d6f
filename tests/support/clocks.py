"""A clock that a test moves by hand, and chance that repeats."""

from __future__ import annotations

import random
import uuid


class FixedClock:
    """Stands still until told to move; ids and tokens follow from the seed."""

    def __init__(self, start_us: int = 1_790_000_000_000_000, seed: int = 0) -> None:
        self.us = start_us
        self._random = random.Random(seed)

    def now_us(self) -> int:
        return self.us

    def advance(self, seconds: float) -> None:
        """Move forward (or back, where negative)."""
        self.us += round(seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.us / 1_000_000

    def uuid4(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def token(self) -> str:
        return f"token-{self._random.getrandbits(256):064x}"

    def random(self) -> float:
        return self._random.random()
