"""Who is at the other end."""

from __future__ import annotations

import os
import socket
import struct
import sys

import pytest

from lrs.local import peers
from lrs.local.peers import Peer, peer_of


def test_the_kernel_tells_who_is_connected() -> None:
    """Process, user and group of a socket pair's other end: ours."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Peer(os.getpid(), os.getuid(), os.getgid()) == peer_of(ours)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS is asked in another way")
def test_a_process_of_another_namespace_has_no_id() -> None:
    """Linux says 0 for it, which is no process."""

    class Foreign:
        def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
            return struct.pack("=iII", 0, 7, 8)

    assert Peer(None, 7, 8) == peer_of(Foreign())


def test_the_answer_of_macos_is_read() -> None:
    """`struct xucred`: version, user, number of groups, groups."""
    raw = struct.pack("=IIh2x16I", 0, 501, 3, 20, *range(15))
    assert Peer(99, 501, 20) == peers._from_xucred(raw, 99)
