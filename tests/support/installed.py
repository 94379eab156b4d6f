"""The program installed as a user has it: from the wheel, beside the locked dependencies, away from the repository.

The dependencies are links to those of the test environment, so nothing is downloaded; what no lock names is not there.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support import checkout
from tests.support.checkout import ROOT

OFFLINE = ("--disable-pip-version-check", "--no-index", "--no-deps")
LEFT_OUT = ("..", "__pycache__")  # scripts of the other environment, and what was compiled beside a single module


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a clean checkout, built with what is here: no network, no environment of its own."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "wheel"))
    _pip("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", str(target), str(checkout.copy(source)))
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed_bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment: the wheel in it, and the locked dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    link_locked(site_packages(folder), "requirements.txt")
    _pip("--python", str(folder / "bin" / "python"), "install", *OFFLINE, str(wheel))
    return folder / "bin"


def site_packages(folder: Path) -> Path:
    """Where an environment keeps what is installed in it."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def link_locked(site: Path, *locks: str) -> None:
    """Put what these locks pin into `site`, which is made where it is missing."""
    site.mkdir(parents=True, exist_ok=True)
    for name in {name for lock in locks for name in _pinned(lock)}:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or () if file.suffix != ".pth"}
        for top in tops.difference(LEFT_OUT):
            if not (site / top).exists():  # several distributions may share a folder
                (site / top).symlink_to(str(found.locate_file(top)))


def _pinned(lock: str) -> Iterator[str]:
    """What a lock pins for this system."""
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        if line[:1].isalnum():
            pin = Requirement(line.removesuffix("\\"))
            if pin.marker is None or pin.marker.evaluate():
                yield pin.name


def _pip(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-I", "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
