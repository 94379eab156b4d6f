"""Where the text of the standard, its schema and its examples are, for the tests that compare with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "specs"


def spec_file(name: str) -> Path:
    """A file of the cmi5 specification; the test is skipped where the specification is not at hand."""
    path = Path(os.environ.get("OFFLINE_LRS_SPECS", _BESIDE)) / "cmi5" / name
    if not path.is_file():
        pytest.skip(f"the cmi5 specification is not here: {name}; set OFFLINE_LRS_SPECS to its folder")
    return path
