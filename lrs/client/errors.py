"""What can go wrong between an app and a service, before there is an answer to speak of.

An answer with a bad status is no error here: it is a `Response`, and what it means is the app's to decide.
"""

from __future__ import annotations

from lrs.errors import OfflineLrsError

__all__ = ["Misdirected", "OfflineLrsError", "Unreachable"]


class Unreachable(OfflineLrsError):
    """Nobody answered. `sent` tells whether the request may have arrived, so that it may have been carried out.

    Worth trying again: the same request, if it was not sent or if doing it twice is the same as once.
    """

    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.sent = sent


class Misdirected(OfflineLrsError):
    """A URL that this transport must not be used for: another service's, or no HTTP at all. Nothing was sent."""
