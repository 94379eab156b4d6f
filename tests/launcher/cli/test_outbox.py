"""`outbox`: what a destination does not have, seen, tried again, let go of, taken along."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lrs.store.sqlite import DATABASE
from tests.launcher.campus import campus
from tests.lrs.sync.worlds import number, numbers, raw
from tests.support.upstream import Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

Run = Callable[..., tuple[int, str, str]]
Answer = Callable[..., Any]


def rows(answer: Answer, *words: str) -> list[tuple[str, str]]:
    """Ids and states of the only destination's rows."""
    (one,) = answer("outbox", "list", *words)["destinations"]
    return [(row["id"], row["state"]) for row in one["statements"]]


# --- seen -----------------------------------------------------------------------------------------------------------


def test_what_waits_and_what_was_not_taken(run: Run, behind: Upstream) -> None:
    """For whom, how much, and for each exception the status and the words of the answer."""
    status, out, _ = run("outbox", "list")
    assert (status, out.splitlines()[0]) == (0, f"upstream  {behind.url}")
    for part in (
        "waiting     1 statement, the oldest since 20",
        "exceptions  1 statement (1 rejected)",
        f"{number(2)}  rejected (400)",
        ": the upstream answered 400",
        f"{number(4)}  waiting",
        ": answered https://school.example/questions/4",
    ):
        assert part in out


def test_a_list_can_be_shorter(run: Run, answer: Answer, behind: Upstream) -> None:
    """And says that there is more."""
    assert rows(answer, "--limit", "1") == rows(answer, "--exceptions") == [(number(2), "rejected")]
    wanted = (("--limit", "1"), (), ("--exceptions",), ("--exceptions", "--limit", "1"))
    assert ["and more" in run("outbox", "list", *words)[1] for words in wanted] == [True, False, False, False]


def test_one_in_full(run: Run, answer: Answer, behind: Upstream) -> None:
    """What stands in the way, in plain words, and the whole statement."""
    status, out, _ = run("outbox", "show", number(2))
    head, _, statement = out.partition("\n\n")
    assert (status, json.loads(statement)) == (0, json.loads(raw(2)))
    assert "state        rejected: it breaks a rule of the upstream's\nstatus       400" in head
    assert answer("outbox", "show", number(2).upper())["statement"] == json.loads(raw(2))


@pytest.mark.parametrize(("n", "said"), [(1, "was sent there"), (9, "there is no statement")])
def test_one_that_waits_for_nothing(run: Run, behind: Upstream, n: int, said: str) -> None:
    """Refused, saying whether it was ever here."""
    status, out, err = run("outbox", "show", number(n))
    assert (status, out, said in err) == (1, "", True)


def test_of_several_destinations_one_has_to_be_named(run: Run, answer: Answer, behind: Upstream) -> None:
    """The refusal names them."""
    answer("destinations", "add", "other", "http://127.0.0.1:9/xapi", "--key", "k", "--secret", "s")
    status, _, err = run("outbox", "show", number(2))
    assert (status, "--destination (upstream, other)" in err) == (1, True)
    assert answer("outbox", "show", number(2), "--destination", "other")["state"] == "waiting"
    assert [one["name"] for one in answer("outbox", "list")["destinations"]] == ["upstream", "other"]
    assert [one["name"] for one in answer("outbox", "list", "--destination", "other")["destinations"]] == ["other"]


@pytest.mark.parametrize("words", [("show", number(1)), ("retry", "--all"), ("export",)])
def test_without_a_destination_there_is_no_outbox(run: Run, words: tuple[str, ...]) -> None:
    """And how one is named is said."""
    status, out, err = run("outbox", *words)
    assert (status, out, "destinations add" in err) == (1, "", True)


# --- decided on -----------------------------------------------------------------------------------------------------


def test_tried_again_by_name_or_all(run: Run, answer: Answer, behind: Upstream) -> None:
    """The next pass sends it."""
    assert answer("outbox", "retry", number(2)) == answer("outbox", "retry", "--all") == {"retrying": 1}
    behind.refused = set()
    assert run("sync", "--once")[0] == 0
    assert (rows(answer), sorted(behind.order)) == ([], numbers(1, 2, 3, 4))


@pytest.mark.parametrize(
    "words", [("retry",), ("retry", number(2), "--all"), ("retry", "two"), ("remove",), ("list", "--limit", "0")]
)
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    """Said before anything is done."""
    with pytest.raises(SystemExit) as ended:
        run("outbox", *words)
    assert ended.value.code == 2


class Person(io.StringIO):
    """Standard input with a person behind it."""

    def isatty(self) -> bool:
        """Somebody is there."""
        return True


@pytest.mark.parametrize(("said", "gone"), [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_letting_go_asks_first(
    run: Run, answer: Answer, behind: Upstream, monkeypatch: pytest.MonkeyPatch, said: str, gone: bool
) -> None:
    """Anything but a yes changes nothing, and is exit status 1."""
    monkeypatch.setattr(sys, "stdin", Person(said))
    status, out, err = run("outbox", "remove", number(2))
    assert (status, "[y/N]" in err, "removed" in out) == (0 if gone else 1, True, gone)
    assert rows(answer, "--exceptions") == ([] if gone else [(number(2), "rejected")])


def test_nobody_there_to_be_asked_is_a_no(run: Run, answer: Answer, behind: Upstream, data: Path) -> None:
    """Unless the command line has said --yes; the statement stays in the log."""
    status, _, err = run("outbox", "remove", number(2))
    assert (status, "--yes" in err) == (1, True)
    assert answer("outbox", "remove", number(2), "--yes") == {"removed": 1}
    assert rows(answer) == [(number(4), "waiting")]
    with campus(data) as lms:
        assert number(2) in [one["id"] for one in lms.statements()]


def test_what_waits_is_not_let_go_of(run: Run, behind: Upstream) -> None:
    """It is no exception."""
    status, _, err = run("outbox", "remove", number(4), "--yes")
    assert (status, "no exception" in err) == (1, True)


# --- taken along ----------------------------------------------------------------------------------------------------


def test_an_export_is_one_json_value_on_standard_output(data: Path, behind: Upstream, capfdbinary: Any) -> None:
    """What could be sent, byte for byte; --json changes nothing about that."""
    from launcher.cli import main

    assert main(["outbox", "export", "--json", "--data", str(data)]) == 0
    out, err = capfdbinary.readouterr()
    assert (json.loads(out), err) == ([json.loads(raw(n)) for n in (2, 4)], b"")


def test_an_export_into_a_file(run: Run, answer: Answer, behind: Upstream, device: Path) -> None:
    """For its user alone, since it has what children did; with the exceptions only where that is asked for."""
    target = device / "outbox.json"
    assert answer("outbox", "export", "--output", str(target)) == {"file": str(target), "statements": 2}
    assert [one["id"] for one in json.loads(target.read_bytes())] == numbers(2, 4)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    status, out, _ = run("outbox", "export", "--exceptions", "--output", str(target))
    assert (status, out) == (0, f"{target}, 1 statement\n")
    assert [one["id"] for one in json.loads(target.read_bytes())] == numbers(2)


def test_an_empty_outbox_is_an_empty_array(answer: Answer, there: Upstream, device: Path) -> None:
    """Which a record store takes, too."""
    target = device / "outbox.json"
    assert answer("outbox", "export", "--output", str(target))["statements"] == 0
    assert json.loads(target.read_bytes()) == []


MANY = 100_000
COLUMNS = "timestamp_us, authority, credential, origin, device, sha256"
CLONE = f"""
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
    INSERT INTO statement (store, seq, id, stored_us, raw, {COLUMNS})
    SELECT store, seq + n, uuid(n), stored_us + n, anew(raw, n), {COLUMNS} FROM statement, n WHERE seq = 4
"""  # noqa: S608  names of ours


def clone(data: Path) -> list[str]:
    """The ids of many statements that wait, all made like the last one."""

    def anew(raw: bytes, n: int) -> bytes:
        return raw.replace(number(4).encode(), str(uuid.UUID(int=n)).encode())

    with closing(sqlite3.connect(data / DATABASE)) as connection, connection:
        connection.create_function("uuid", 1, lambda n: uuid.UUID(int=n).bytes)
        connection.create_function("anew", 2, anew)
        connection.execute(CLONE, (MANY,))
        connection.execute("UPDATE head SET seq = seq + ?", (MANY,))
    return [str(uuid.UUID(int=n)) for n in range(1, MANY + 1)]


def export(data: Path, target: Path) -> int:
    """Export in a process of its own; the most memory that it had, in bytes."""
    words = [sys.executable, "-m", "launcher", "outbox", "export", "--output", str(target), "--data", str(data)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.slow
def test_a_large_outbox_is_written_page_by_page(behind: Upstream, data: Path, device: Path) -> None:
    """A hundred thousand statements, each once, in the order of the log; never all of them in memory at a time."""
    target = device / "outbox.json"
    small = export(data, target)
    expected = [*numbers(2, 4), *clone(data)]
    large = export(data, target)
    assert [one["id"] for one in json.loads(target.read_bytes())] == expected
    assert large - small < target.stat().st_size
