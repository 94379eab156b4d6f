"""Each test of `lrs.ipc` has a device of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.device import use_device


@pytest.fixture(autouse=True)
def device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of this test's device."""
    use_device(monkeypatch, tmp_path)
    return tmp_path
