"""What the documentation shows works: every command of every page, word for word, and the examples.

A page's blocks run in one shell, in a clean checkout, with a home of their own and no network. `.venv-demo` there holds
the built wheel and the locked dependencies, as `make demo` would have left it. Only ports are others than on the page.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

import pytest

from launcher import cli
from tests.support import checkout, installed
from tests.support.checkout import ROOT
from tests.support.world import free_port

SECONDS = 200  # the longest page takes 30 where nothing else runs
DOCS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PORT = re.compile(r"\b81\d\d\b")
COMMAND = re.compile(r"^\s*(?:\$|sudo|offline-lrs|python3?|pip|curl|systemctl) ", re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language; `sh` is run."""
    return [text for named, text in FENCE.findall(page.read_text("utf-8")) if named == language]


PAGES = [page for page in DOCS if blocks(page, "sh")]
UNITS = [text for page in DOCS for text in blocks(page, "ini") if "[Service]" in text]


def named(page: Path) -> str:
    """A page, by its place in the repository."""
    return page.relative_to(ROOT).as_posix()


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 40)
@pytest.mark.skipif(shutil.which("curl") is None, reason="the pages use curl")
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_works_word_for_word(page: Path, installed_bin: Path) -> None:
    """Its commands succeed one after the other, and leave nothing in the folder for passing things."""
    script = "\n".join(blocks(page, "sh"))
    for port in sorted(set(PORT.findall(script))):
        script = script.replace(port, str(free_port()))
    with tempfile.TemporaryDirectory(prefix="olrs-", dir="/tmp") as short:  # a socket's path must be
        folder = Path(short)
        here = checkout.copy(folder / "checkout")
        (here / ".venv-demo").symlink_to(installed_bin.parent)
        said = folder / "said"
        assert _run(script, here, _person(folder), said) == 0, said.read_text("utf-8")
        assert list((folder / "tmp").iterdir()) == []


def _run(script: str, here: Path, environment: Mapping[str, str], said: Path) -> int | None:
    """The exit status of a shell that stops at the first failure; None if it does not end. What it started ends."""
    with said.open("wb") as out:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=here,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return shell.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def _person(folder: Path) -> Mapping[str, str]:
    """The environment of somebody who has a Python and nothing of ours; pip has what the locks pin, and no network."""
    for name in ("home", "run", "share", "tmp", "tools"):
        (folder / name).mkdir(mode=0o700)
    (folder / "tools" / "python3").symlink_to(Path(sys.base_prefix) / "bin" / Path(sys.executable).resolve().name)
    installed.link_locked(folder / "locked", "requirements.txt", "requirements-build.txt")
    return {
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "PATH": f"{folder / 'tools'}{os.pathsep}{os.defpath}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": str(folder / "locked"),
        "TMPDIR": str(folder / "tmp"),
        "XDG_DATA_HOME": str(folder / "share"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
    }


@pytest.mark.parametrize("page", DOCS, ids=named)
def test_what_is_not_run_says_so(page: Path) -> None:
    """A command stands in a block that is run, or the paragraph before it says that it is not."""
    text = page.read_text("utf-8")
    silent = [
        block[2]
        for block in FENCE.finditer(text)
        if block[1] != "sh" and COMMAND.search(block[2]) and "not run" not in text[: block.start()].lower()[-300:]
    ]
    assert silent == []


def test_the_commands_of_the_readme_are_targets_of_make() -> None:
    """`make …` in README.md is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert asked
    assert asked <= targets


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 40)
@pytest.mark.skipif(shutil.which("make") is None, reason="it is about make")
def test_make_demo_plays_the_story_in_a_clean_checkout(installed_bin: Path) -> None:
    """What README.md begins with, once its environment is there (the first time that takes a network)."""
    with tempfile.TemporaryDirectory(prefix="olrs-", dir="/tmp") as short:
        folder = Path(short)
        here = checkout.copy(folder / "checkout")
        environment = _person(folder)
        made = shutil.copytree(installed_bin.parent, here / ".venv-demo", symlinks=True)
        key = "import environment; print(environment.key(['requirements-build.txt', 'requirements.txt']), end='')"
        stamp = subprocess.run(
            ["bash", "-euc", f'$(sh environment --python) -c "{key}"'],
            cwd=here / ".ci",
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        (made / "offline-lrs.stamp").write_bytes(stamp)
        said = folder / "said"
        assert _run("make demo ARGS=--once", here, environment, said) == 0, said.read_text("utf-8")


# --- units ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", UNITS, ids=lambda text: re.findall("Description=(.*)", text)[0])
def test_a_unit_for_systemd_starts_what_we_have(text: str, tmp_path: Path) -> None:
    """What it starts is a command of ours with flags of ours; systemd, where it is here, finds nothing wrong."""
    unit = ConfigParser(interpolation=None)
    unit.read_string(text)
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert (Path(program).name, words[0]) == ("offline-lrs", "serve")
    assert cli.parser(words).parse_args(words).run is not None
    analyze = shutil.which("systemd-analyze")
    if analyze is not None:
        here = tmp_path / "offline-lrs.service"
        here.write_text(text.replace(program, sys.executable), "utf-8")
        checked = subprocess.run([analyze, "verify", here], capture_output=True, text=True, timeout=60, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
