"""The page's own small server: on the loopback interface only, on a port of its own, for one lesson.

It ends when the learner has gone back, when nobody has touched the page for a while, and on a signal to end. Whatever
ends it, its caller says `terminated` before the process goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from content_app.page import web
from content_app.page.desk import Desk
from content_app.page.guard import Address

_CLOSE_SECONDS = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(desk: Desk, key: str, idle: float, on_ready: Callable[[str], None]) -> None:
    """Serve the page until it ends. `on_ready` hears its address, when it can be opened."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address(listener.getsockname()[1], key)
        server = _Server(desk, address, idle)
        on_ready(address.url)
        asyncio.run(server.serve([listener]))


class _Server(uvicorn.Server):
    """uvicorn, with another idea of when to end; it says nothing of its requests, whose addresses hold the key."""

    def __init__(self, desk: Desk, address: Address, idle: float) -> None:
        self._desk, self._idle = desk, idle
        self._stop = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                web.create(desk, address, self._stop.set),
                loop="asyncio",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_CLOSE_SECONDS,
            )
        )

    async def main_loop(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal, loop)
        while not self._stop.is_set() and (left := self._desk.seconds_left(self._idle)) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), left)

    def _on_signal(self, loop: asyncio.AbstractEventLoop) -> None:
        """The first signal ends it well, the second at once."""
        self._stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Those of `main_loop`: uvicorn would raise a signal once more at the end, before `terminated` is said."""
        yield
