"""Where the program that runs on a data folder is, told to commands of the same user.

A program leaves a note while it serves: in the runtime folder, for this user alone, since the data folder keeps no
address and the token in the note opens the management API. A note outlives a program that was killed, so whoever reads
one makes sure that the program is there.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from lrs.local import places


@dataclass(frozen=True, slots=True)
class Note:
    """Where a running program is and what opens its management API; readable by its user alone."""

    pid: int
    url: str | None
    socket: str | None
    token: str = field(repr=False)


def name(data: Path) -> str:
    """The name of the note about a data folder, however the folder's path is written."""
    return f"app-{sha256(os.fsencode(data.resolve())).hexdigest()[:16]}.json"


def leave(data: Path, note: Note) -> None:
    """Leave a note for commands beside this program."""
    path = _place(data)
    draft = path.with_suffix(f".{note.pid}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(note), file)
    draft.replace(path)


def find(data: Path) -> Note | None:
    """The note of the program that runs on this data folder, if it left one."""
    return read(_place(data))


def read(path: Path) -> Note | None:
    """The note in a file; None where there is none, or half of one."""
    try:
        return Note(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget(data: Path, note: Note) -> None:
    """Take the note away, unless it is that of a program which has started since."""
    if find(data) == note:
        _place(data).unlink(missing_ok=True)


def _place(data: Path) -> Path:
    return places.runtime_dir() / name(data)
