"""Private Unix sockets: where one lives, how it is taken, and how one is reached.

Promises: a socket's path depends on the user and the service's name only, so it is the same after a restart; the
socket is never open to another user, not for an instant; of two processes that want one path, one gets it and the other
is told who has it, whatever the order; what a killed process left behind is replaced. HTTP is left to `lrs.ipc` and
`lrs.client`.

A lock file beside the socket decides between two starters. The lock goes with its process, however that ends, so a
socket whose lock is free and which nobody answers is stale.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import socket
import stat
from pathlib import Path

from lrs.errors import AlreadyRunning, ConfigurationError
from lrs.local.peers import Peer, peer_of
from lrs.local.places import check_folder, private_folder, runtime_dir, shared_tmp_dir

BACKLOG = 2048
_LONGEST_PATH = 103  # bytes: macOS has room for 104 with the closing NUL, Linux for 108
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PROBE_SECONDS = 1.0


def socket_path(service: str) -> Path:
    """Where the socket of `service` is. The name itself where it fits and is plain, else a hash of it."""
    folder = runtime_dir()
    short = _digest(service)
    names = [f"{service}.sock", f"{short}.sock"] if _PLAIN_NAME.fullmatch(service) else [f"{short}.sock"]
    for path in (folder / name for name in names):
        if _fits(path):
            return path
    return shared_tmp_dir() / f"{_digest(f'{folder}/{service}')}.sock"


def listen(path: Path) -> socket.socket:
    """The listening socket at `path`, ours alone (0600) until it is closed; closing it removes the path.

    Calls that come before anybody accepts wait in the kernel's queue, so a program may listen first and load after.
    """
    private_folder(path.parent)
    lock = _lock(path)
    try:
        _remove_stale(path)
        return _Listener(path, lock)
    except BaseException:
        os.close(lock)
        raise


def connect(path: Path, timeout: float) -> socket.socket:
    """A connection to the socket at `path`, once folder, socket and the process behind it proved to be this user's.

    Nobody there is an `OSError`, as from `socket.connect`; somebody else there is a `ConfigurationError`.
    """
    check_folder(path.parent)
    _check_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(str(path))
        _check_peer(path, peer_of(sock))  # the path may have changed hands since it was looked at
    except BaseException:
        sock.close()
        raise
    return sock


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= _LONGEST_PATH


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# --- taking a path --------------------------------------------------------------------------------------------------


class _Listener(socket.socket):
    """A listening socket which owns its path and lock: closing it gives both back."""

    def __init__(self, path: Path, lock: int) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path, self._lock, self._owner = path, lock, os.getpid()
        try:
            _bind_private(self, path)
            self._inode = path.lstat().st_ino
            super().listen(BACKLOG)
        except BaseException:
            super().close()
            raise

    def close(self) -> None:
        lock, self._lock = self._lock, -1
        if lock < 0:
            return
        if self._owner == os.getpid():  # a forked child closes its copy only
            self._remove_path()
        super().close()
        os.close(lock)

    def _remove_path(self) -> None:
        try:
            if self._path.lstat().st_ino == self._inode:  # else it was moved away and another took its place
                self._path.unlink()
        except FileNotFoundError:
            pass


def _bind_private(sock: socket.socket, path: Path) -> None:
    """Bind with no right for others from the first instant."""
    before = os.umask(0o177)
    try:
        sock.bind(str(path))
    except OSError as error:
        raise ConfigurationError(f"cannot listen at {path}: {error.strerror or error}") from error
    finally:
        os.umask(before)


def _lock(path: Path) -> int:
    """The open lock file of this path, ours; or `AlreadyRunning`."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(f"{path}.lock", flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 32).decode("ascii", "replace").strip()
        os.close(lock)
        raise AlreadyRunning(_taken(path, owner or "unknown")) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _remove_stale(path: Path) -> None:
    """Remove what a dead process left at `path`; refuse what is alive, no socket, or not ours."""
    try:
        _check_socket(path)
    except FileNotFoundError:
        return
    owner = _who_answers(path)
    if owner is not None:  # a process which does not use our lock, such as one started by a socket activator
        raise AlreadyRunning(_taken(path, str(owner.pid or "unknown")))
    path.unlink()


def _who_answers(path: Path) -> Peer | None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except (BlockingIOError, TimeoutError):  # its queue is full: alive, and not to be asked for its pid
            return Peer(None, os.getuid(), os.getgid())
        return peer_of(probe)


def _taken(path: Path, pid: str) -> str:
    return f"already running: process {pid} serves {path}; stop it or choose another service name"


# --- trusting a path ------------------------------------------------------------------------------------------------


def _check_socket(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISSOCK(found.st_mode):
        raise ConfigurationError(f"{path} is not a socket; move it away")
    if found.st_uid != os.getuid():
        raise ConfigurationError(f"the socket {path} belongs to user {found.st_uid}, not to you")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"the socket {path} is open to other users; run: chmod 600 {path}")


def _check_peer(path: Path, peer: Peer) -> None:
    if peer.uid != os.getuid():
        raise ConfigurationError(f"user {peer.uid} answers at {path}, not you; nothing was sent")
