"""Places where a test has this process killed, so that what a crash leaves behind is tried and not argued about.

`OFFLINE_LRS_FAILPOINT=sync.after_send` kills at the first passing of that place, `sync.after_send:3` at the third. The
kill is SIGKILL: nothing is flushed and nobody is told. Without the variable a place costs one look at the environment.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "OFFLINE_LRS_FAILPOINT"
POINTS = ("sync.before_send", "sync.after_send", "sync.before_settle", "sync.after_settle")
DOCUMENT_POINTS = (
    "documents.before_send",
    "documents.after_send",
    "documents.before_settle",
    "documents.after_settle",
    "documents.before_meet",
    "documents.after_meet",
)

_passed: Counter[str] = Counter()


def hit(point: str) -> None:
    """Pass this place, and die here if the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    name, _, count = wanted.partition(":")
    _passed[point] += 1
    if name == point and _passed[point] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
