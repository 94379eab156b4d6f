"""HTTP dates (RFC 9110 5.6.7)."""

from __future__ import annotations

from email.utils import formatdate


def http_date(us: int) -> str:
    """Microseconds since the epoch as an HTTP date, to the second."""
    return formatdate(us // 1_000_000, usegmt=True)
