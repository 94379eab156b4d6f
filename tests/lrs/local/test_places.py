"""Where things live, and what makes a folder ours."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lrs.errors import ConfigurationError
from lrs.local import places
from tests.support.device import NOBODY, needs_root


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_sockets_live_in_the_runtime_folder_of_the_session(device: Path) -> None:
    """`$XDG_RUNTIME_DIR/offline-lrs`, made 0700."""
    assert (device / "run" / "offline-lrs", 0o700) == (places.runtime_dir(), _mode(places.runtime_dir()))


def test_asking_where_it_is_makes_nothing(device: Path) -> None:
    """Whoever only looks leaves no folder behind."""
    assert (device / "run" / "offline-lrs", False) == (places.runtime_path(), places.runtime_path().exists())


@pytest.mark.parametrize("value", ["", "relative/run", "/nowhere/at/all"])
def test_without_a_runtime_folder_sockets_live_in_tmp(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A runtime folder that is unset, relative or missing is passed over (XDG)."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", value)
    assert Path(f"/tmp/offline-lrs-{os.getuid()}") == places.runtime_dir()


@pytest.mark.parametrize(
    ("value", "expected"), [("/x/share", "/x/share"), ("", "/h/.local/share"), ("rel", "/h/.local/share")]
)
def test_user_data_follow_xdg(monkeypatch: pytest.MonkeyPatch, value: str, expected: str) -> None:
    """`$XDG_DATA_HOME` if it is absolute, else `~/.local/share`."""
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setenv("XDG_DATA_HOME", value)
    assert Path(expected) == places.data_home()


def test_a_folder_open_to_others_is_refused(device: Path) -> None:
    """The error says what to run."""
    folder = device / "open"
    folder.mkdir()
    folder.chmod(0o750)
    with pytest.raises(ConfigurationError, match=f"chmod 700 {folder}"):
        places.private_folder(folder)


def test_a_symbolic_link_is_no_folder(device: Path) -> None:
    """It could lead to somebody else's."""
    link = device / "link"
    link.symlink_to(device)
    with pytest.raises(ConfigurationError, match="is not a folder"):
        places.private_folder(link)


@needs_root
def test_a_folder_of_another_user_is_refused(device: Path) -> None:
    """Even for root, and whatever its mode."""
    folder = device / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(ConfigurationError, match=f"belongs to user {NOBODY}"):
        places.private_folder(folder)


def test_a_folder_that_cannot_be_made_is_said(device: Path) -> None:
    """Not a traceback: the folder and the reason."""
    with pytest.raises(ConfigurationError, match="cannot make the folder"):
        places.private_folder(device / "missing" / "folder")
