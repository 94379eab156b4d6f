"""The command line as a person uses it, in this process, on a data folder and a device of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher.cli import main
from lrs.store.sqlite import DATABASE
from tests.launcher.campus import SCHOOL, campus, prepare
from tests.lrs.sync.worlds import number, raw
from tests.support.device import use_device
from tests.support.upstream import KEY, SECRET, Upstream


@pytest.fixture(autouse=True)
def device(monkeypatch: pytest.MonkeyPatch, short_folder: Path) -> Path:
    """Notes and sockets of this test; settings come from nowhere but the test."""
    use_device(monkeypatch, short_folder)
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", SCHOOL)
    monkeypatch.setenv("OFFLINE_LRS_PUBLIC_URL", "https://lms.school.example")
    return short_folder


@pytest.fixture
def data(device: Path) -> Path:
    """A data folder that has been opened before."""
    folder = prepare(device / "store")
    (folder / DATABASE).chmod(0o600)
    return folder


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the data folder: exit status, standard output, standard error."""

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([*words, "--data", str(data)])
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


@pytest.fixture
def answer(run: Callable[..., tuple[int, str, str]]) -> Callable[..., Any]:
    """Run a command that has to succeed, with `--json`; its answer."""

    def command(*words: str) -> Any:
        status, out, err = run(*words, "--json")
        assert status == 0, err
        return json.loads(out)

    return command


@pytest.fixture
def there(data: Path) -> Iterator[Upstream]:
    """A record store in a loop of its own, the destination `upstream` of the data folder; it refuses statement 2."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        store = Upstream()
        asyncio.run_coroutine_threadsafe(store.__aenter__(), loop).result(10)
        store.refused = {number(2)}
        words = ("destinations", "add", "upstream", store.url, "--key", KEY, "--secret", SECRET)
        assert main([*words, "--data", str(data)]) == 0
        yield store
        asyncio.run_coroutine_threadsafe(store.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def behind(data: Path, there: Upstream) -> Upstream:
    """Of four statements the destination has 1 and 3, would not take 2, and waits for 4."""
    with campus(data) as lms:
        assert lms.bring(*(json.loads(raw(n)) for n in (1, 2, 3))) == 200
        lms.api("POST", "/sync")
        assert lms.bring(json.loads(raw(4))) == 200
    return there
