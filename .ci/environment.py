"""Builds a virtual environment from lock files, and leaves it alone when nothing has changed.

`make` and CI call it through `.ci/environment`, which finds a Python. It uses the standard library only and writes into
the environment's folder (and the project's `*.egg-info`). It promises that a folder with a stamp is whole: making the
environment empties the folder, and the stamp is written last.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD_LOCK = "requirements-build.txt"
STAMP = "offline-lrs.stamp"


def key(locks: list[str]) -> str:
    """What the environment depends on, as one text: the Python, the place, the locks and how the project is packaged.

    Of pyproject.toml only the tables that packaging reads count, so that a new lint rule rebuilds nothing.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packaging = {
        "build-system": project["build-system"],
        "project": project["project"],
        "setuptools": project["tool"]["setuptools"],
    }
    digest = hashlib.sha256(json.dumps([platform.python_version(), str(ROOT), packaging]).encode())
    for lock in locks:
        digest.update((ROOT / lock).read_bytes())
    return digest.hexdigest()


def is_current(folder: Path, wanted: str) -> bool:
    """Whether the folder was built whole for this key, and its Python has not been taken away since."""
    stamp = folder / STAMP
    return (folder / "bin" / "python").exists() and stamp.exists() and stamp.read_text("utf-8") == wanted


@contextlib.contextmanager
def sole_builder(folder: Path) -> Iterator[None]:
    """Two `make` at once: the second waits, and then finds the work done."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def build(folder: Path, locks: list[str], wanted: str) -> None:
    """From nothing, so that no package of an older lock stays behind."""
    started = time.monotonic()
    say(f"{folder.name}: making an environment with Python {platform.python_version()}")
    venv.create(folder, clear=True, with_pip=True)
    pins = sum(count_pins(ROOT / lock) for lock in locks)
    say(f"{folder.name}: installing {pins} pinned packages (this first time needs a network)")
    pip(folder, ["--require-hashes", *(f"--requirement={ROOT / lock}" for lock in locks)], pins)
    say(f"{folder.name}: installing offline-lrs itself")
    pip(folder, ["--no-deps", "--no-build-isolation", f"--editable={ROOT}"])
    (folder / STAMP).write_text(wanted, "utf-8")
    say(f"{folder.name}: ready after {time.monotonic() - started:.0f} s")


def count_pins(lock: Path) -> int:
    """How many packages a lock file names, those for other systems included."""
    return sum("==" in line for line in lock.read_text("utf-8").splitlines() if not line.startswith((" ", "#")))


def pip(folder: Path, arguments: list[str], pins: int = 0) -> None:
    """Run the environment's pip, show how far it is, and its own words only when it fails."""
    command = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    # A person's own pip settings must not send the packages elsewhere.
    surroundings = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_NO_INPUT": "1"}
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"):
        surroundings.pop(name, None)
    said: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=surroundings, cwd=ROOT
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if pins and line.startswith(("Collecting ", "Processing ")):
                seen += 1
                if seen % 10 == 0:
                    say(f"{folder.name}: {seen} of {pins}, {line.split()[1].rpartition('/')[2]}")
    if process.returncode:
        sys.stderr.writelines(said[-15:])
        sys.exit(f"offline-lrs: {folder.name} could not be built; pip's last words are above")


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


def main() -> None:
    """`FOLDER LOCK…`, relative to the repository."""
    folder = ROOT / sys.argv[1]
    locks = [BUILD_LOCK, *sys.argv[2:]]
    wanted = key(locks)
    if is_current(folder, wanted):
        return
    with sole_builder(folder):
        if not is_current(folder, wanted):
            build(folder, locks, wanted)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
