"""The command line as a person uses it, in this process, on a data folder and a device of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher.cli import main
from tests.launcher.campus import SCHOOL, prepare
from tests.support.device import use_device


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
    return prepare(device / "store")


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
