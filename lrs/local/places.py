"""Where sockets and user data live, and the proof that such a folder is ours alone.

A folder is trusted only when it is a real directory (no symbolic link), belongs to this user, and nobody else may write
into it. What is in the folders is left to `sockets` and `registry`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lrs.errors import ConfigurationError

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_MAY_ANYTHING = stat.S_IRWXG | stat.S_IRWXO


def runtime_dir() -> Path:
    """The folder of this user's sockets, made 0700 if missing.

    `$XDG_RUNTIME_DIR/offline-lrs`, else `/tmp/offline-lrs-UID`.
    """
    return private_folder(runtime_path())


def runtime_path() -> Path:
    """Where that folder is; not made here, and not looked at."""
    session = _absolute("XDG_RUNTIME_DIR")
    if session is not None and session.is_dir():
        return session / "offline-lrs"
    return _shared_tmp_path()


def shared_tmp_dir() -> Path:
    """The folder used where the system gives no runtime folder, or one too deep for the name of a socket."""
    return private_folder(_shared_tmp_path())


def _shared_tmp_path() -> Path:
    return Path("/tmp") / f"offline-lrs-{os.getuid()}"  # noqa: S108  # `private_folder` proves it is ours


def data_home() -> Path:
    """`$XDG_DATA_HOME`, by default `~/.local/share`; not made here. XDG ignores a value that is not absolute."""
    return _absolute("XDG_DATA_HOME") or Path.home() / ".local" / "share"


def private_folder(path: Path) -> Path:
    """`path` as a folder that only this user can enter, made if missing; refused if it is anything else."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigurationError(f"cannot make the folder {path}: {error.strerror}") from error
    found = _own_folder(path)
    if found.st_mode & _OTHERS_MAY_ANYTHING:
        raise ConfigurationError(f"the folder {path} is open to other users; run: chmod 700 {path}")
    return path


def check_folder(path: Path) -> None:
    """Refuse a folder that another user could have put something into. A missing one is an `OSError`, as ever."""
    if _own_folder(path).st_mode & _OTHERS_MAY_WRITE:
        raise ConfigurationError(f"other users may write into the folder {path}; run: chmod go-w {path}")


def _own_folder(path: Path) -> os.stat_result:
    found = path.lstat()  # not `stat`: a symbolic link could lead into somebody else's folder
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigurationError(f"{path} is not a folder; move it away")
    if found.st_uid != os.getuid():
        raise ConfigurationError(f"the folder {path} belongs to user {found.st_uid}, not to you; move it away")
    return found


def _absolute(variable: str) -> Path | None:
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else None
