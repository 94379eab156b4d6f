"""Who is at the other end of a Unix socket, as the kernel says it.

The kernel notes the process and user when the connection is made, so no message can lie about them. A process id may be
used again after the process ended: trust the user id, use the process id for words.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from typing import Protocol

_UCRED = struct.Struct("=iII")  # Linux `struct ucred`: pid, uid, gid
_XUCRED = struct.Struct("=IIh2xI")  # macOS `struct xucred`, its start: version, uid, how many groups, the first group
_XUCRED_SIZE = 76
_SOL_LOCAL, _LOCAL_PEERCRED, _LOCAL_PEERPID = 0, 0x001, 0x002  # macOS <sys/un.h>


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end. `pid` is None where the system does not tell it."""

    pid: int | None
    uid: int
    gid: int


class HasOptions(Protocol):
    """A socket, or the stand-in for one that an event loop hands out."""

    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes: ...


def peer_of(sock: socket.socket | HasOptions) -> Peer:
    """Who is connected to this Unix stream socket. An `OSError` where the kernel cannot say."""
    if sys.platform == "darwin":
        return _peer_on_macos(sock)
    return _from_ucred(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))


def _peer_on_macos(sock: HasOptions) -> Peer:
    (pid,) = struct.unpack("=i", sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID, 4))
    return _from_xucred(sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE), pid)


def _from_ucred(raw: bytes) -> Peer:
    pid, uid, gid = _UCRED.unpack(raw)
    return Peer(pid or None, uid, gid)  # 0: the process is in another pid namespace


def _from_xucred(raw: bytes, pid: int) -> Peer:
    _, uid, _, gid = _XUCRED.unpack_from(raw)
    return Peer(pid or None, uid, gid)
