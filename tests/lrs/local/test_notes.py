"""The note of a running program: for its user alone, found by the data folder, taken away only by who left it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lrs.local import notes
from lrs.local.notes import Note


@pytest.fixture
def note(device: Path) -> Note:
    """A note that was left for a data folder."""
    left = Note(7, "http://127.0.0.1:8080", None, "token")
    notes.leave(device / "data", left)
    return left


def test_a_note_is_for_its_user_alone(device: Path, note: Note) -> None:
    """Mode 0600, in the runtime folder: the data folder holds no address and no token."""
    (path,) = (device / "run").rglob("app-*.json")
    assert (stat.S_IMODE(path.stat().st_mode), (device / "data").exists()) == (0o600, False)


def test_a_note_is_found_by_the_data_folder(device: Path, note: Note) -> None:
    """However its path is written, and by no other."""
    (device / "data").mkdir()
    same, other = device / "data" / ".." / "data", device / "other"
    assert (note, note, None) == (notes.find(device / "data"), notes.find(same), notes.find(other))


def test_a_note_is_taken_away(device: Path, note: Note) -> None:
    """Taking it away twice is fine."""
    notes.forget(device / "data", note)
    notes.forget(device / "data", note)
    assert notes.find(device / "data") is None


def test_anothers_note_stays(device: Path, note: Note) -> None:
    """A program that ends slowly does not take the note of the one that started after it."""
    notes.forget(device / "data", Note(6, note.url, None, "older"))
    assert note == notes.find(device / "data")


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"pid": 7}'])
def test_a_broken_note_is_none(device: Path, note: Note, content: str) -> None:
    """Half a file says nothing."""
    (path,) = (device / "run").rglob("app-*.json")
    path.write_text(content)
    assert notes.find(device / "data") is None


def test_a_note_says_nothing_of_its_token_in_a_message(note: Note) -> None:
    """Whoever prints it by accident."""
    assert "token" not in repr(note).replace("Note(", "")
