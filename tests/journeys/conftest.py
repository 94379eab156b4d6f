"""Every test here has a world of its own."""

from __future__ import annotations

from tests.support.world import world

__all__ = ["world"]
