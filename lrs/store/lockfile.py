"""Who may write a data folder: the process that holds the lock on `writer.lock`. The lock ends with the process."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from lrs.errors import AlreadyRunning

NAME = "writer.lock"


@dataclass(slots=True)
class WriterLock:
    """The lock, held."""

    descriptor: int

    @classmethod
    def take(cls, folder: Path) -> WriterLock:
        """Take it, or raise `AlreadyRunning` naming the process that has it."""
        descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise AlreadyRunning(f"the data folder {folder} is in use by process {owner}") from error
        note = f"{os.getpid()}\n".encode()
        os.pwrite(descriptor, note, 0)  # before the rest of an older note goes: who reads now finds a number
        os.ftruncate(descriptor, len(note))
        return cls(descriptor)

    def release(self) -> None:
        """Let it go; again does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
