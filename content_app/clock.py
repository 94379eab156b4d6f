"""Time and chance for the lesson: no other module of it asks the machine. A test hands in a clock of its own."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the lesson asks of time and chance."""

    def now(self) -> datetime:
        """The time by the machine's clock, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never step back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def uuid4(self) -> uuid.UUID:
        """A random UUID."""


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def uuid4(self) -> uuid.UUID:
        return uuid.uuid4()
