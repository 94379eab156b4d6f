"""Being opened by `offline-maths:` addresses."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from content_app import scheme
from content_app.cli import main
from content_app.errors import LessonError
from tests.content_app.page.worlds import leave
from tests.support.fake_lms import FakeLms, verbs

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="desktop entries are freedesktop.org's")


def _entry(device: Path) -> Path:
    return device / "data" / "applications" / "offline-maths.desktop"


def _tool(folder: Path, name: str, status: int = 0) -> None:
    """A program that writes down how it was called."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\necho went wrong >&2\nexit {status}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _read(path: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of a desktop entry keep their case
    parser.read_string(path.read_text("utf-8"))
    return parser["Desktop Entry"]


@linux
def test_registered_and_no_longer(
    device: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry is written and taken away; the desktop's own tools are told, in this order, where there are any."""
    tools = device / "tools"
    _tool(tools, "xdg-mime")
    _tool(tools, "update-desktop-database")
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert main(["--register"]) == 0
    entry = _read(_entry(device))
    assert (entry["Type"], entry["MimeType"]) == ("Application", "x-scheme-handler/offline-maths;")
    assert (main(["--unregister"]), _entry(device).exists()) == (0, False)
    folder = _entry(device).parent
    assert (tools / "calls").read_text().splitlines() == [
        f"update-desktop-database {folder}",
        "xdg-mime default offline-maths.desktop x-scheme-handler/offline-maths",
        f"update-desktop-database {folder}",
    ]
    assert main(["--unregister"]) == 0
    assert "nothing to do" in capsys.readouterr().out


@linux
def test_a_desktop_without_tools_is_fine(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the folder by itself."""
    monkeypatch.setenv("PATH", str(device))
    assert (main(["--register"]), _entry(device).exists()) == (0, True)


@linux
def test_a_tool_that_fails_is_told(
    device: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with what it said."""
    _tool(device / "tools", "xdg-mime", status=3)
    monkeypatch.setenv("PATH", str(device / "tools"))
    assert main(["--register"]) == 1
    expected = "content_app: the entry is written, but xdg-mime failed with 3: went wrong\n"
    assert expected == capsys.readouterr().err


@linux
@pytest.mark.slow
def test_what_is_registered_opens_the_page(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of the entry, with a launch URL for `%u`, as a desktop runs it."""
    monkeypatch.setenv("BROWSER", "true")  # nobody's window is opened
    main(["--register"])
    command = shlex.split(_read(_entry(device))["Exec"].replace("\\\\", "\\").replace("%%", "%"))
    with FakeLms(device / "lms", "org.example.lms") as lms:
        command[command.index("%u")] = lms.launch_url()
        with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            leave(json.loads(process.stdout.readline())["page"])
            process.wait(timeout=20)
        assert (process.returncode, verbs(lms.kept)) == (0, ["initialized", "terminated"])


@pytest.mark.parametrize("python", ["/usr/bin/python3", "/opt/a b/py", '/o"d`d/$x/100%/back\\slash'])
def test_any_place_of_python_is_quoted(python: str) -> None:
    """By the rules of the Exec key: read back, it is the same path."""
    line = next(line for line in scheme.entry(python).splitlines() if line.startswith("Exec="))
    value = line.removeprefix("Exec=").replace("\\\\", "\\").replace("%%", "%")
    told = subprocess.run(["sh", "-c", f"printf '%s\\n' {value}"], check=True, capture_output=True, text=True)
    assert [python, "-m", "content_app", "--browser", "%u"] == told.stdout.splitlines()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_it_says_what_to_do(platform: str) -> None:
    """Other systems have other ways."""
    with pytest.raises(LessonError, match="content_app --browser ADDRESS"):
        scheme.register(platform)
