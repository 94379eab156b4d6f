"""The seam to whoever hosts lessons: whose documents are wanted on this device, and which a lesson has in its hands.

The record store knows documents and nothing of lessons. A host (an LMS) says what only it can know; without one, what
is written here is sent, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lrs.store.documents import Key
from lrs.store.promises import Reader


class Lessons(Protocol):
    """What a host says."""

    own: frozenset[str]
    """The ids of State documents that each LMS writes for itself: they stay where they are."""

    def wants(self, reader: Reader) -> bool:
        """Whether there is anything to fetch from elsewhere; asked often."""

    def wanted(self, reader: Reader) -> Sequence[Key]:
        """What to fetch from elsewhere: keys without a name, each meaning all that is under it."""

    def busy(self, reader: Reader, key: Key) -> bool:
        """Whether a lesson that runs here has read this document and may write it again at any moment."""


class NoLessons:
    """A record store by itself."""

    own: frozenset[str] = frozenset()

    def wants(self, reader: Reader) -> bool:  # noqa: ARG002  the seam has it
        return False

    def wanted(self, reader: Reader) -> Sequence[Key]:  # noqa: ARG002  the seam has it
        return ()

    def busy(self, reader: Reader, key: Key) -> bool:  # noqa: ARG002  the seam has them
        return False
