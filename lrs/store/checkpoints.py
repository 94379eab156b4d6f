"""Bringing the write-ahead log back into the database beside the writer, not in one of its commits.

SQLite does it by itself in the commit that makes the log too long, and whoever waits for that commit waits for all of
it. Here a thread with a connection of its own does nearly all of the work while the writer goes on; what was written
meanwhile is little, and the writer brings that home itself, since only when nothing is left does the log begin anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

from lrs.store.connection import Connection, connect

ROWS = 8_000  # changed rows after which it begins; in small transactions each dirties a page of 4 KiB
PAGES = 20_000  # the log at which SQLite does it by itself all the same, should this thread not keep up
PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """The thread, asleep until the writer has written enough."""

    def __init__(self, path: Path, writer: Connection) -> None:
        """`writer` is the writer's connection; it is used in the writer's thread alone."""
        self._path = path
        self._writer = writer
        writer.execute(f"PRAGMA wal_autocheckpoint = {PAGES:d}")
        self._began = writer.total_changes
        self._woken = threading.Event()
        self._brought = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """In the writer's thread, after each commit."""
        if self._brought.is_set():
            self._brought.clear()
            with contextlib.suppress(sqlite3.Error):  # a full disk: the log keeps everything, and it is tried again
                self._writer.execute(PASSIVE)
        if self._writer.total_changes - self._began >= ROWS:
            self._began = self._writer.total_changes
            self._woken.set()
            if self._thread is None:  # most devices never write as much between two starts
                self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        with contextlib.suppress(RuntimeError):  # no room for a thread: SQLite does it all by itself, at `PAGES`
            thread.start()
            self._thread = thread

    def stop(self) -> None:
        """End the thread; returns when it let go of the file."""
        self._closed = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(self._path)) as connection:
            while self._woken.wait() and not self._closed:
                self._woken.clear()
                connection.execute(PASSIVE)
                self._brought.set()
        # An error of the disk ends it here: the next commit finds the same, and tells those who wait.
