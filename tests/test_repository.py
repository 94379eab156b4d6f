"""What is promised of the repository as a whole: its folders, its files, its locks, its commands.

The promises are in docs (interfaces) and in CONTRIBUTING.md; nothing here runs the program.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.checkout import CODE, ROOT, tracked

LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-test.txt")
FOLDERS = {".ci", "content_app", "docs", "launcher", "lrs", "tests"}
FILES = {
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    *LOCKS,
}
# `soak` joins them together with sync, which it exercises.
TARGETS = {"help", "demo", "test", "test-fast", "check", "bench", "lock", "clean"}

# Put together from halves, so that this file does not hold what it forbids.
REGISTRIES = tuple(
    "".join(halves)
    for halves in [
        ("pypi", ".org"),
        ("pypi", ".python.org"),
        ("python", "hosted.org"),
        ("registry", ".npmjs"),
        ("registry", ".yarnpkg"),
        ("deb", ".debian.org"),
        ("crates", ".io"),
        ("proxy", ".golang.org"),
        ("repo", ".maven.apache"),
    ]
)
MACHINE_PATHS = "|".join(["roo" + "t", "wor" + "k", "opt/" + "wheels", "opt/" + "pypi", "User" + "s"])
MACHINE_PATH = re.compile(rf"(?<![\w.:/-])/(?:{MACHINE_PATHS})/")
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))? \\")
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?")


def texts() -> list[tuple[Path, str]]:
    """The files that are text, with it."""
    found = []
    for path in tracked():
        data = (ROOT / path).read_bytes()
        if b"\0" not in data:
            found.append((path, data.decode("utf-8")))
    return found


@cache
def pyproject() -> dict[str, Any]:
    """pyproject.toml as it stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def pins(lock: str) -> dict[str, str]:
    """Name → version of everything a lock file pins."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    found = (PIN.fullmatch(line) for line in lines)
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found if pin}


# --- folders and files ----------------------------------------------------------------------------------------------


def test_top_level_holds_only_what_is_promised() -> None:
    """No folder and no file at the top beside those promised."""
    unexpected = {path.parts[0] for path in tracked()} - FOLDERS - FILES
    assert unexpected == set()


def test_files_stay_under_one_mebibyte() -> None:
    """A checkout stays small on a tablet, and a file readable."""
    large = [str(path) for path in tracked() if (ROOT / path).stat().st_size >= 1 << 20]
    assert large == []


def test_every_package_has_a_readme() -> None:
    """Whoever opens a package is told what it promises and in which order to read it."""
    packages = {path.parent for path in tracked() if path.name == "__init__.py" and path.parts[0] in CODE}
    near = {package for package in packages if len(package.parts) <= 2}
    assert sorted(str(package) for package in near if not (ROOT / package / "README.md").exists()) == []


def test_text_is_utf8_with_unix_line_ends() -> None:
    """One spelling of text on every machine."""
    assert [str(path) for path, text in texts() if "\r" in text] == []


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the machine's business; a lock of ours holds names, versions and hashes."""
    assert [(str(path), host) for path, text in texts() for host in REGISTRIES if host in text] == []


def test_no_file_names_a_path_of_a_machine() -> None:
    """What is here runs anywhere."""
    found = [(str(path), match[0]) for path, text in texts() for match in MACHINE_PATH.finditer(text)]
    assert found == []


# --- versions and locks ---------------------------------------------------------------------------------------------


def test_changelog_opens_with_the_version() -> None:
    """The newest entry of the change log is about the version in pyproject.toml."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = re.findall(r"^## \[([^\]]+)\] - (?:Unreleased|\d{4}-\d{2}-\d{2})$", text, re.M)
    assert entries[:1] == [pyproject()["project"]["version"]]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_pins_and_hashes_only(lock: str) -> None:
    """A lock is pinned packages and hashes of their files, and says which command wrote it: no address, no path."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    odd = [line for line in lines if not (PIN.fullmatch(line) or HASH.fullmatch(line))]
    assert odd == ["# This file was autogenerated by uv via the following command:", "#    make lock"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    """Nothing is installed that was not hashed when the lock was written."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    pairs = itertools.pairwise([*lines, ""])
    assert [line for line, following in pairs if PIN.fullmatch(line) and not HASH.fullmatch(following)] == []


def test_runtime_lock_covers_the_dependencies() -> None:
    """`requirements.txt` pins everything that pyproject.toml asks for, at a version it accepts."""
    declared = [Requirement(text) for text in pyproject()["project"]["dependencies"]]
    assert unmet(declared, pins("requirements.txt")) == []


def test_test_lock_covers_the_dependencies_and_every_extra() -> None:
    """`requirements-test.txt` pins what the program and each extra ask for, so that all of it is tested."""
    project = pyproject()["project"]
    asked = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    assert unmet([Requirement(text) for text in asked], pins("requirements-test.txt")) == []


def test_build_lock_covers_the_build_backend() -> None:
    """`requirements-build.txt` pins what builds the wheel."""
    declared = [Requirement(text) for text in pyproject()["build-system"]["requires"]]
    assert unmet(declared, pins("requirements-build.txt")) == []


def test_what_is_tested_is_what_is_run() -> None:
    """Every runtime pin is the same in the test lock."""
    tested = pins("requirements-test.txt")
    assert {name: tested.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")


def test_extras_are_those_promised() -> None:
    """The extras are an interface: their names stay."""
    assert set(pyproject()["project"]["optional-dependencies"]) == {"test", "bench", "dbus", "postgres"}


def unmet(declared: list[Requirement], pinned: dict[str, str]) -> list[str]:
    """Those requirements that a lock leaves out, or pins to a version they do not accept."""
    return [
        str(requirement)
        for requirement in declared
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"), prereleases=True)
        or canonicalize_name(requirement.name) not in pinned
    ]


# --- commands -------------------------------------------------------------------------------------------------------


def test_make_has_the_promised_targets() -> None:
    """`make help` lists the targets that are promised, and no other."""
    targets = re.findall(r"^([a-z-]+):.*## .+$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert sorted(targets) == sorted(TARGETS)


def test_environment_says_in_one_line_that_a_python_will_not_do(tmp_path: Path) -> None:
    """`make … PYTHON=…` with something else than a Python ends with one clear line, and builds nothing."""
    refused = subprocess.run(
        ["sh", ROOT / ".ci" / "environment", "anywhere"],
        env={**os.environ, "PYTHON": str(tmp_path / "python3")},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    said = f"offline-lrs: PYTHON={tmp_path / 'python3'} is no Python 3.11 or newer\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "no_skip", "status"),
    [
        ("def test_one():\n    pytest.skip('nothing to test it with')\n", "1", 1),
        ("pytest.skip('nothing to test it with', allow_module_level=True)\n", "1", 1),
        ("def test_one():\n    pytest.xfail('known')\n", "1", 0),
        ("def test_one():\n    pytest.skip('nothing to test it with')\n", "", 0),
    ],
    ids=["a test", "a module", "an expected failure", "elsewhere"],
)
def test_in_ci_a_skip_fails_the_run(tmp_path: Path, body: str, no_skip: str, status: int) -> None:
    """With `OFFLINE_LRS_NO_SKIP` a skipped test turns the run red and is listed; elsewhere it does not."""
    passes = "import pytest\n\n\ndef test_other():\n    assert True\n"
    (tmp_path / "test_passes.py").write_text(passes, "utf-8")
    (tmp_path / "test_skips.py").write_text(f"import pytest\n\n{body}", "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "OFFLINE_LRS_NO_SKIP": no_skip},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    listed = "the run has failed" in ran.stdout and "nothing to test it with" in ran.stdout
    assert (ran.returncode, listed) == (status, status == 1), ran.stdout
