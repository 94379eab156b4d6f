"""Programs of ours as processes of their own: really started, really stopped, and out of the way of everything else."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from launcher.cli.programs import Program, environment, heard, inside, uninterrupted, wait_until
from lrs.errors import Unavailable
from lrs.store.sqlite import DATABASE


def test_the_environment_is_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registry and sockets lie below the folder; the person's own settings are left out."""
    monkeypatch.setenv("OFFLINE_LRS_SCHOOL", "https://mine.example")
    made = environment(tmp_path)
    places = [Path(made[name]) for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME")]
    assert ([tmp_path, tmp_path], {0o700}, None) == (
        [place.parent for place in places],
        {stat.S_IMODE(place.stat().st_mode) for place in places},
        made.get("OFFLINE_LRS_SCHOOL"),
    )


@pytest.mark.parametrize("before", [None, "/elsewhere"])
def test_this_process_comes_back_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """Also where a variable was not set at all."""
    if before is None:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_DATA_HOME", before)
    with inside(environment(tmp_path)):
        within = os.environ["XDG_DATA_HOME"]
    assert (str(tmp_path / "share"), before) == (within, os.environ.get("XDG_DATA_HOME"))


@pytest.mark.slow
def test_a_program_is_started_stopped_and_started_again(device: Path, data: Path) -> None:
    """On the same data folder, with everything that was in it; ready means that every door answers."""
    running = Program("a device", data, ("--no-tcp", "--ipc-service", "org.example.programs"), dict(os.environ))
    told = []
    for end in (running.stop, running.kill, running.stop):
        running.start()
        told.append((running.told["event"], Path(running.told["socket"]).is_socket()))
        end()
        end()
    assert told == [("ready", True)] * 3
    assert (data / DATABASE).exists()


def test_a_program_that_cannot_start_says_why(device: Path, data: Path) -> None:
    """What it wrote to its standard error is in the error."""
    broken = Program("a device", data, ("--host", "0.0.0.0"), dict(os.environ))
    with pytest.raises(Unavailable, match=r"^a device did not start: 0\.0\.0\.0 is not a loopback address"):
        broken.start()
    broken.stop()


def test_a_wish_to_end_waits_for_what_must_not_be_torn() -> None:
    """It is heard afterwards, and not lost."""
    seen = []

    def interrupted() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            seen.append("the rest of it")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen == ["the rest of it"]


def test_what_is_ignored_stays_ignored() -> None:
    """A program that was started with `nohup` goes on when the terminal goes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGHUP)
        assert (signal.getsignal(signal.SIGHUP), signal.SIGHUP in heard()) == (signal.SIG_IGN, False)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_waiting_ends_with_the_time() -> None:
    """True as soon as it holds, False when it is over."""
    seen: list[int] = []

    def third() -> bool:
        seen.append(1)
        return len(seen) == 3

    assert (wait_until(third, 5), wait_until(lambda: False, 0)) == (True, False)
