"""What the documentation promises: its commands run as they are written, and nothing is left out of the reference."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.cli import COMMANDS
from launcher.web import api, pages
from lrs.http.router import RESOURCES
from lrs.settings import Settings

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the quickstart uses curl")
def test_the_quickstart_works_word_for_word(tmp_path: Path) -> None:
    """Every block of the quickstart, in one shell, with only the port and the environment's folder another."""
    for name in ("run", "share", "tmp"):
        (tmp_path / name).mkdir(mode=0o700)
    script = "\n".join(BLOCK.findall((ROOT / "docs" / "quickstart.md").read_text("utf-8")))
    script = script.replace("8181", str(_free_port()))
    script = script.replace("$PWD/.venv-demo/bin", str(Path(sys.executable).parent))
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    guard = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", guard + script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"state":"passed and completed","score":0.75' in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


def test_every_setting_has_its_entry() -> None:
    """`settings.md` names each setting and, where there is one, its default."""
    text = (REFERENCE / "settings.md").read_text("utf-8")
    for field in dataclasses.fields(Settings):
        if field.name == "data":
            continue
        default = "none" if field.default is None else f"`{str(field.default).lower()}`"
        rows = [line for line in text.splitlines() if line.startswith("|") and f"`{field.name}`" in line.split("|")[1]]
        assert len(rows) == 1, field.name
        assert default in rows[0], field.name


def test_every_command_has_its_entry() -> None:
    """`commands.md` names each command, and each flag of `serve`."""
    text = (REFERENCE / "commands.md").read_text("utf-8")
    for command in COMMANDS:
        assert f"offline-lrs {command}" in text, command
    for flag in re.findall(r"--[a-z][a-z-]+", _help("serve")):
        assert f"`{flag}" in text, flag


def _help(command: str) -> str:
    """What `--help` says."""
    asked = [sys.executable, "-m", "launcher", command, "--help"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


def test_every_address_has_its_entry() -> None:
    """`http.md` names each address of the API, the pages and xAPI, with its methods."""
    text = (REFERENCE / "http.md").read_text("utf-8")
    routes = [(f"/api{route.path}", route.methods) for route in api.router.routes]  # type: ignore[attr-defined]
    routes += [(route.path, route.methods) for route in pages.router.routes]  # type: ignore[attr-defined]
    routes += [(f"/xapi{path}", set(methods)) for path, methods in RESOURCES.items()]
    for path, methods in routes:
        wanted = re.sub(r":path\}", "}", path)
        rows = [line for line in text.splitlines() if f"`{wanted}`" in line]
        assert rows, wanted
        assert all(method in row for method in methods for row in rows[:1]), (wanted, methods)


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    """Relative links in README and docs name files that are there."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
