"""Who may write a data folder: the process that holds the lock on `writer.lock`. The lock ends with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from msgspec import Struct

from lrs.errors import AlreadyRunning, ConfigurationError

NAME = "writer.lock"


class WriterLock(Struct):
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


def holder(folder: Path) -> int | None:
    """The process that has the folder, 0 where it has not said which it is, None where nobody has it. Changes nothing.

    Whoever wants the lock in the instant of this look would be refused; so the look is taken only where the number in
    the file is that of a living process.
    """
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be used as the data folder: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        said = file.read(32).strip()
        owner = int(said) if said.isdigit() else 0
        if owner and not is_alive(owner):
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return owner
    return None


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number, whosoever it is: numbers are given out again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
