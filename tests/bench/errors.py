"""The one way in which a benchmark fails: what was measured was not what it says."""

from __future__ import annotations


class Failed(Exception):
    """A process that did not start, an answer other than the expected one, a statement that is not where it must be."""
