"""`sync --once` and `destinations`: where the log goes, and what is said when it cannot."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher.cli import sending
from tests.launcher.campus import campus
from tests.lrs.sync.worlds import numbers, raw
from tests.support.upstream import Upstream

Run = Callable[..., tuple[int, str, str]]
Answer = Callable[..., Any]
NOBODY = ("http://127.0.0.1:9/xapi", "--key", "k", "--secret", "s")


def test_sync_says_that_there_is_nowhere_to_send(run: Run) -> None:
    """And how a destination is named."""
    status, out, _ = run("sync", "--once")
    assert (status, "destinations add" in out) == (0, True)


def test_what_was_sent_is_said(run: Run, behind: Upstream) -> None:
    """How much, and what is left."""
    status, out, err = run("sync", "--once")
    assert (status, out, err) == (0, "upstream  1 sent, 0 left: idle\n", "")
    assert behind.order == numbers(1, 3, 4)


def test_what_could_not_be_sent_is_said(run: Run, answer: Answer, data: Path) -> None:
    """How much, where to, and what holds it up; exit status 1 with one line, and in JSON both have their place."""
    answer("destinations", "add", "upstream", *NOBODY)
    with campus(data) as lms:
        assert lms.bring(json.loads(raw(1))) == 200
    listed = run("destinations", "list")[1]
    assert ("http://127.0.0.1:9/xapi" in listed, "1 not yet sent" in listed) == (True, True)
    status, out, err = run("sync", "--once")
    assert (status, "0 sent, 1 left: offline" in out) == (1, True)
    assert err == "offline-lrs: not everything was sent: 1 statement for upstream; nothing of it is lost\n"
    status, out, err = run("sync", "--once", "--json")
    assert (status, json.loads(out)["complete"], json.loads(err)["status"]) == (1, False, 503)
    assert "tried again 20" in run("destinations", "list")[1]


def test_documents_are_told_beside_statements() -> None:
    """What lessons keep travels too: sent, fetched, left, refused, set aside."""
    one = {"name": "school", "url": "https://lrs.example", "state": "idle", "reason": "", "depth": 0, "delivered": 2}
    sent = {**one, "documentsSent": 1, "documentsFetched": 3, "documents": 4}
    assert list(sending._sent_lines({"destinations": [sent]}))[1:] == ["  1 document sent, 3 fetched, 4 left"]
    assert sending._left(sent) == "4 documents"
    rest = {"exceptions": 0, "documents": 4, "documentsRefused": 1, "setAside": 1}
    listed = {**one, **rest, "lastAcknowledged": None, "nextTry": None}
    assert list(sending._destination_lines({"destinations": [listed]}))[2:] == [
        "  4 documents not yet sent",
        "  1 document not taken there",
        "  1 content set aside: changed here and there",
    ]


def test_a_destination_is_added_changed_and_removed(run: Run, answer: Answer) -> None:
    """The same name again is the same destination; its secret is shown nowhere."""
    assert answer("destinations", "add", "school", *NOBODY)["state"] == "idle"
    other = ("https://lrs.example/xapi", "--key", "k", "--secret", "hidden-one")
    status, out, _ = run("destinations", "add", "school", *other)
    assert (status, out) == (0, "school  https://lrs.example/xapi  idle\n")
    shown = json.dumps(answer("destinations", "list"))
    assert ("https://lrs.example/xapi" in shown, "hidden-one" in shown) == (True, False)
    assert run("destinations", "remove", "school")[0] == 1
    assert run("destinations", "remove", "school", "--yes")[:2] == (0, "removed; the log stays\n")
    assert answer("destinations", "list")["destinations"] == []


def test_a_secret_stays_off_the_process_list(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment; without one, and nobody to ask, the command says where it may come from."""
    words = ("destinations", "add", "school", "https://lrs.example/xapi", "--key", "k")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    status, _, err = run(*words)
    assert (status, sending.SECRET in err) == (1, True)
    monkeypatch.setenv(sending.SECRET, "s")
    assert answer(*words)["name"] == "school"


def test_a_paused_destination_gets_nothing_until_it_is_resumed(run: Run, answer: Answer, behind: Upstream) -> None:
    """The reason is for whoever looks next."""
    assert run("destinations", "pause", "upstream", "--reason", "exam week")[:2] == (0, "paused; all is kept\n")
    assert run("sync", "--once")[0] == 1
    assert "paused (exam week): 1 not yet sent" in run("destinations", "list")[1]
    assert run("destinations", "resume", "upstream")[:2] == (0, "resumed\n")
    assert run("sync", "--once")[0] == 0


@pytest.mark.parametrize("act", ["pause", "resume", "remove"])
def test_an_unknown_destination_is_1(run: Run, act: str) -> None:
    """With the command that shows those there are."""
    status, _, err = run("destinations", act, "nowhere", *(["--yes"] if act == "remove" else []))
    assert (status, "destinations list" in err) == (1, True)
