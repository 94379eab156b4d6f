"""A school or a tablet of the demonstration that is nobody: it answers what a test had it answer, true or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from launcher.cli.programs import Program
from launcher.cli.stage import Login, Site, Statement


class Idle(Program):
    """A program that starts, stops and is never there."""

    def start(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.told = {"url": "http://127.0.0.1:9", "socket": None, "ipcService": f"org.example.{self.name}"}

    def until_ready(self) -> None:
        """It is."""


class Told(Site):
    """`says` has the answer to each `METHOD /path` of the API, an iterator where it changes from call to call."""

    def __init__(
        self,
        name: str = "a place",
        *,
        says: Mapping[str, Any] | None = None,
        up: Iterable[bool] = (),
        depths: Iterable[int] = (),
        page: httpx.Response | None = None,
        kept: Iterable[Statement] = (),
    ) -> None:
        program = Idle(name, Path("/nowhere"), (), {})
        program.begin()
        super().__init__(program)
        self._says = dict(says or {})
        self._up, self._depths, self._kept = iter(up), iter(depths), list(kept)
        self._page = page or httpx.Response(200)

    def api(self, method: str, path: str, value: Any = None) -> Any:
        return self._says.get(f"{method} {path}", {})

    def send_course(self, body: bytes, content_type: str) -> Any:
        return self._says["course"]

    def credential(self, key: str, *scopes: str, secret: str | None = None) -> Login:
        return key, secret or "made"

    def depth(self) -> int:
        return next(self._depths)

    def get(self, path: str) -> httpx.Response:
        return self._page

    def answers(self) -> bool:
        return next(self._up)

    def statements(self) -> list[Statement]:
        return self._kept
