"""The launcher's migration history."""

from __future__ import annotations

from pathlib import Path

from lrs.store.schema import History

LAUNCHER_HISTORY = History("launcher", Path(__file__).with_name("migrations"), "launcher_0002")
