"""The files of this repository, as somebody who clones it gets them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("lrs", "launcher", "content_app")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git has or would take, relative to the root."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return tuple(Path(name) for name in listed if name and (ROOT / name).is_file())


def copy(target: Path) -> Path:
    """Copy them to `target`, so that what is built or run there leaves the repository alone."""
    for path in tracked():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes((ROOT / path).read_bytes())
    return target
