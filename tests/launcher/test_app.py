"""The LMS put together: a lean door, sockets, the note for commands beside it, and what a service is registered as."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from launcher import app
from launcher.app import Serving
from lrs.clock import SystemClock
from lrs.errors import AlreadyRunning, ConfigurationError
from lrs.local import notes, registry
from lrs.local.notes import Note
from lrs.settings import Settings
from tests.launcher.campus import SCHOOL, campus
from tests.launcher.cmi5 import zipping
from tests.support.device import start, use_device

SERVICE = "org.example.lean"


@pytest.fixture(autouse=True)
def device(monkeypatch: pytest.MonkeyPatch, short_folder: Path) -> Path:
    """Sockets, registry and notes of this test."""
    use_device(monkeypatch, short_folder)
    return short_folder


def _serve(settings: Settings, seen: list[Serving] | None = None) -> None:
    """Serve until everything answers, and stop."""

    async def until_ready() -> None:
        serving: asyncio.Task[None]

        def ready(told: Serving) -> None:
            if seen is not None:
                seen.append(told)
            serving.cancel()

        serving = asyncio.ensure_future(app.serve(settings, SystemClock(), ready))
        with pytest.raises(asyncio.CancelledError):
            await serving

    asyncio.run(until_ready())


# --- the lean door --------------------------------------------------------------------------------------------------


def test_a_lesson_loads_no_heavy_library(device: Path) -> None:
    """Decision 10: woken for a lesson, the program answers without framework, ORM, templates or XML; its pages too."""
    with campus(device / "data", ipc_service=SERVICE) as lms:
        login = lms.credential("lesson", "statements/write")
        page = f"/content/{lms.package(zipping.package())}/index.html"
    process = start("tests.launcher.lean_door", str(device / "data"), SERVICE, page, *login)
    out, err = process.communicate(timeout=60)
    assert json.loads(out or "null") == {"statuses": [200, 200], "loaded": []}, err


# --- doors ----------------------------------------------------------------------------------------------------------


def test_every_door_is_told(device: Path) -> None:
    """The service, its socket and the address on the network, port 0 resolved."""
    seen: list[Serving] = []
    _serve(Settings(device / "data", port=0, ipc_service=SERVICE, school=SCHOOL), seen)
    (told,) = seen
    assert (told.school, told.ipc_service, (told.url or "").startswith("http://127.0.0.1:")) == (SCHOOL, SERVICE, True)
    assert not (told.url or "").endswith(":0")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "not a loopback address"),
        ({"tcp": False}, "no door"),
        ({"port": 0, "upstream": "https://school.example/xapi"}, "needs a key and a secret"),
        ({"port": 0, "upstream": "https://school.example/xapi", "upstream_key": "k"}, "needs a key and a secret"),
    ],
)
def test_a_program_that_cannot_serve_says_why(device: Path, settings: dict[str, Any], said: str) -> None:
    """One sentence, before any door is open."""
    with pytest.raises(ConfigurationError, match=said):
        _serve(Settings(device / "data", **settings))


def test_a_taken_port_is_named(device: Path) -> None:
    """With what to do about it."""
    with campus(device / "one"):
        tcp = app._listen("127.0.0.1", 0)
        try:
            with pytest.raises(ConfigurationError, match="choose another --port"):
                _serve(Settings(device / "data", port=tcp.getsockname()[1]))
        finally:
            tcp.close()


def test_a_data_folder_has_one_program(device: Path) -> None:
    """The second is refused, and the first keeps what it has."""
    with campus(device / "data") as first:
        with pytest.raises(AlreadyRunning):
            _serve(Settings(device / "data", port=0))
        assert first.ask("GET", "/healthz").status_code == 200


# --- the registered service -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        ({"tcp": False}, ["--no-tcp"]),
        ({"port": 0, "no_xapi_tcp": True}, ["--host", "127.0.0.1", "--port", "0", "--no-xapi-tcp"]),
        ({"tcp": False, "public_url": SCHOOL}, ["--no-tcp", "--public-url", SCHOOL]),
    ],
)
def test_a_woken_service_opens_the_same_doors(device: Path, settings: dict[str, Any], flags: list[str]) -> None:
    """What the system starts again is what was served: a tablet without TCP stays without."""
    secret: dict[str, Any] = {"upstream": f"{SCHOOL}/xapi", "upstream_key": "k", "upstream_secret": "hidden"}
    _serve(Settings(device / "data", ipc_service=SERVICE, school=SCHOOL, **secret, **settings))
    found = registry.find(SERVICE)
    data = ["--data", str(device / "data"), "--ipc-service", SERVICE]
    assert ["offline-lrs", "serve", *data, *flags, "--default-version", "2.0.0"] == list(found.exec)
    assert (found.issuer, "hidden" not in str(found.exec)) == (SCHOOL, True)


# --- the note -------------------------------------------------------------------------------------------------------


def test_a_program_leaves_a_note_while_it_serves(device: Path) -> None:
    """There when everything answers, gone when it has ended."""
    seen: list[Note | None] = []

    async def look() -> None:
        serving: asyncio.Task[None]

        def ready(_: Serving) -> None:
            seen.append(notes.find(device / "data"))
            serving.cancel()

        serving = asyncio.ensure_future(app.serve(Settings(device / "data", port=0), SystemClock(), ready))
        with pytest.raises(asyncio.CancelledError):
            await serving

    asyncio.run(look())
    assert (seen[0] is not None, notes.find(device / "data")) == (True, None)
