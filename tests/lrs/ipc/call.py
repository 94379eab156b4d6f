"""A caller in a process of its own: prints what the door at this path answers."""

from __future__ import annotations

import sys
from pathlib import Path

from lrs.local.sockets import connect

if __name__ == "__main__":
    with connect(Path(sys.argv[1]), 10.0) as caller:
        caller.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: caller.recv(65536), b""))
    sys.stdout.write(answer.partition(b"\r\n\r\n")[2].decode())
