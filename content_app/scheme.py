"""Open `offline-maths:` addresses with this app: a desktop entry of this user (freedesktop.org).

The browser in which a learner presses "start" hands a launch URL to the system, the system hands it to us.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from content_app.errors import LessonError

SCHEME = "offline-maths"
FILE = f"{SCHEME}.desktop"
_SECONDS = 30


def register(platform: str = sys.platform) -> str:
    """Write the entry and make it the one for the scheme; what was done, in a sentence."""
    folder = _folder(platform, os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(entry(sys.executable), "utf-8")
    _run_if_there("update-desktop-database", str(folder))
    _run_if_there("xdg-mime", "default", FILE, f"x-scheme-handler/{SCHEME}")
    return f"{SCHEME}: addresses are opened by this app from now on ({folder / FILE})"


def unregister(platform: str = sys.platform) -> str:
    """Take it away again."""
    folder = _folder(platform, os.environ)
    if not (folder / FILE).exists():
        return f"{SCHEME}: addresses were not opened by this app; nothing to do"
    (folder / FILE).unlink()
    _run_if_there("update-desktop-database", str(folder))
    return f"{SCHEME}: addresses are no longer opened by this app"


def entry(python: str) -> str:
    """The desktop entry that starts the lesson's page with this Python."""
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Name=Maths lesson",
            "Name[es]=Lección de matemáticas",
            "Comment=Opened by a learning app",
            "Comment[es]=La abre una aplicación de aprendizaje",
            f"Exec={_quoted(python)} -m content_app --browser %u",
            f"MimeType=x-scheme-handler/{SCHEME};",
            "Terminal=false",
            "NoDisplay=true",
            "",
        )
    )


def _quoted(argument: str) -> str:
    """As the Exec key wants it (Desktop Entry Specification, "The Exec key"), then as every string value."""
    for special in ("\\", '"', "`", "$"):
        argument = argument.replace(special, f"\\{special}")
    return f'"{argument}"'.replace("\\", "\\\\").replace("%", "%%")


def _folder(platform: str, environment: Mapping[str, str]) -> Path:
    if not platform.startswith(("linux", "freebsd", "openbsd", "netbsd")):
        raise LessonError(
            f"on {platform} the system does not take desktop entries; let it open {SCHEME}: addresses with "
            f"`{sys.executable} -m content_app --browser ADDRESS`"
        )
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "applications"


def _run_if_there(program: str, *arguments: str) -> None:
    """What a desktop offers to take notice at once; one without it notices by itself."""
    found = shutil.which(program)
    if found is None:
        return
    try:
        done = subprocess.run([found, *arguments], check=False, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired as slow:
        raise LessonError(f"the entry is written, but {program} did not end within {_SECONDS} seconds") from slow
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise LessonError(f"the entry is written, but {program} failed with {done.returncode}: {said}")
