"""What `pip install .` gives: one wheel with everything that a user runs, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
import zipfile
from configparser import ConfigParser
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from tests.support import installed
from tests.support.checkout import CODE, ROOT, tracked

pytestmark = pytest.mark.slow
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command, from an empty folder and without a word about where the repository is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OFFLINE_LRS_"))}
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=110, check=False)


def metadata(wheel: Path) -> Message:
    """What the wheel says of itself (core metadata)."""
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(opened.read(name).decode("utf-8"))


def test_it_carries_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    """Code, templates, style sheets, migrations and the course are in it; no test, no document."""
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
    carried = {name for name in names if ".dist-info/" not in name}
    assert carried == {path.as_posix() for path in tracked() if path.parts[0] in CODE}
    assert {Path(name).suffix for name in carried} >= {".html", ".css", ".xml"}
    assert [name for name in names if name.startswith("/") or ".." in Path(name).parts] == []


def test_nothing_in_it_names_the_place_where_it_was_built(wheel: Path) -> None:
    """It is the same wherever it was built, and gives no machine away."""
    with zipfile.ZipFile(wheel) as opened:
        places = [str(place).encode() for place in (ROOT, wheel.parent.parent)]
        found = [name for name in opened.namelist() if any(place in opened.read(name) for place in places)]
    assert found == []


def test_it_says_what_it_is(wheel: Path) -> None:
    """Name, version, licence, the Python and the libraries it needs: those of pyproject.toml."""
    said = metadata(wheel)
    assert [said[name] for name in ("Name", "Version", "Summary", "License-Expression", "Requires-Python")] == [
        PROJECT[name] for name in ("name", "version", "description", "license", "requires-python")
    ]
    needed = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert len(needed) == len(PROJECT["dependencies"])
    with zipfile.ZipFile(wheel) as opened:
        (licence,) = (name for name in opened.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert opened.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_it_brings_one_command(wheel: Path) -> None:
    """`offline-lrs`, and no other name on somebody's path."""
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/entry_points.txt"))
        scripts = ConfigParser()
        scripts.read_string(opened.read(name).decode("utf-8"))
    assert {section: dict(scripts[section]) for section in scripts.sections()} == {
        "console_scripts": PROJECT["scripts"]
    }


def test_what_runs_is_what_was_installed(installed_bin: Path, tmp_path: Path) -> None:
    """The packages come from the environment, not from the repository; the command says its version."""
    show = f"import {', '.join(CODE)}; print(*({', '.join(f'{name}.__file__' for name in CODE)}), sep='\\n')"
    places = run([installed_bin / "python", "-c", show], tmp_path).stdout.splitlines()
    site = installed.site_packages(installed_bin.parent)
    assert places == [str(site / name / "__init__.py") for name in CODE]
    assert run([installed_bin / "offline-lrs", "--version"], tmp_path).stdout == f"offline-lrs {PROJECT['version']}\n"


def test_the_story_holds_from_the_wheel(installed_bin: Path, tmp_path: Path) -> None:
    """`offline-lrs demo --once` from an empty folder, without the repository, and it leaves nothing behind."""
    ended = run([installed_bin / "offline-lrs", "demo", "--once", "--json"], tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["holds"] is True
    assert list(tmp_path.iterdir()) == []
