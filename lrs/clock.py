"""Time and chance come in through this door, and no other module asks for either.

Times inside are whole microseconds since 1970-01-01T00:00:00Z (`int`, called `…_us`), so that comparing and storing
them needs no zone; `lrs.xapi.timestamps` turns them into the standard's text. A test hands in a clock of its own.
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Protocol


class Clock(Protocol):
    """What the program asks of time and chance."""

    def now_us(self) -> int:
        """Microseconds since the epoch, UTC, by the machine's clock, which may be wrong and may step back."""

    def monotonic(self) -> float:
        """Seconds that never step back; only differences mean anything."""

    def uuid4(self) -> uuid.UUID:
        """A random UUID."""

    def token(self) -> str:
        """An unguessable URL-safe text of 256 bits."""

    def random(self) -> float:
        """A number in [0, 1) for jitter, never for secrets."""


class SystemClock:
    """The machine's own clock and its random source."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()

    def uuid4(self) -> uuid.UUID:
        return uuid.uuid4()

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def random(self) -> float:
        return secrets.randbelow(1 << 32) / (1 << 32)
