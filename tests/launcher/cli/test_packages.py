"""`courses import` takes a package or a structure, whichever the file is, and `courses export` gives it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.launcher.campus import COURSE
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.zipping import Made

Run = Callable[..., tuple[int, str, str]]
Answer = Callable[..., Any]
PACKAGE = zipping.package(Made("index.html"), Made("a.mp4", bytes(3_000_000), 0))


@pytest.mark.parametrize(
    ("name", "source"), [("course.zip", PACKAGE), ("course.xml", PACKAGE), ("course.zip", COURSE), ("course", COURSE)]
)
def test_a_file_is_what_is_in_it(answer: Answer, device: Path, name: str, source: bytes) -> None:
    """Not what it is called; and it comes out byte for byte."""
    file, out = device / name, device / "out"
    file.write_bytes(source)
    course = answer("courses", "import", str(file))["id"]
    answer("courses", "export", course, "--output", str(out))
    assert out.read_bytes() == source


def test_a_file_that_is_neither_is_refused(run: Run, device: Path) -> None:
    """By what it is, whatever it is called, with what would be taken."""
    file = device / "course.zip"
    file.write_bytes(b"%PDF-1.7")
    status, _, err = run("courses", "import", str(file))
    assert (status, "neither a package (zip) nor a course structure (cmi5.xml)" in err) == (1, True)


def test_a_person_sees_every_fault_of_a_package(run: Run, device: Path) -> None:
    """One line each, with the place."""
    file = device / "course.zip"
    file.write_bytes(zipping.package(Made("../up"), Made("down", mode=0o120777), Made("x\x1b[2J")))
    status, _, err = run("courses", "import", str(file))
    assert (status, [word in err for word in ("../up", "down", "x\\x1b[2J", "\x1b")]) == (1, [True, True, True, False])
