"""How refusals look: one shape, one table, and never a stack trace."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lrs import errors
from lrs.auth.credentials import Principal
from lrs.http.errors import TABLE, answer, problem
from lrs.http.parts import NoPolicy
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from tests.lrs.http.worlds import Client, World, opened, statement

SECRET = "a secret of the inside"


def families() -> list[type[errors.OfflineLrsError]]:
    """Every error there is."""
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass)]
    return [one for one in found if issubclass(one, errors.OfflineLrsError)]


def made(kind: type[errors.OfflineLrsError]) -> errors.OfflineLrsError:
    """One of this kind."""
    return errors.MethodNotAllowed("no", ["GET"]) if kind is errors.MethodNotAllowed else kind("no")


@pytest.mark.parametrize("kind", families(), ids=lambda kind: str(kind.__name__))
def test_every_error_has_its_status(kind: type[errors.OfflineLrsError]) -> None:
    """Whatever is raised becomes problem+json; what the table does not name is a fault of ours."""
    response = answer(made(kind))
    named = [status for family, status, _ in TABLE if issubclass(kind, family)]
    assert (response.status_code, response.media_type) == ((named or [500])[0], "application/problem+json")


def test_problem_has_the_promised_shape(client: Client) -> None:
    """`type`, `title`, `status`, `detail`, and `errors` with path, requirement and detail."""
    response = client.post(statement(1, verb={}))
    body = response.json()
    shape = {name: type(value).__name__ for name, value in body.items()}
    assert (response.headers["content-type"], shape, {*body["errors"][0]}) == (
        "application/problem+json",
        {"type": "str", "title": "str", "status": "int", "detail": "str", "errors": "list"},
        {"path", "requirement", "detail"},
    )


def test_every_fault_is_told(client: Client) -> None:
    """Not the first alone: a person mends a statement once."""
    body = client.post({"actor": {}, "verb": {"id": "x"}, "object": {"id": "y"}}).json()
    assert [fault["path"] for fault in body["errors"]] == [
        "statement.actor",
        "statement.verb.id",
        "statement.object.id",
    ]


def test_status_is_the_answers(client: Client) -> None:
    """Body and status line say the same."""
    response = client("GET", "/xapi/nothing")
    assert (response.status, response.json()["status"]) == (404, 404)


@pytest.mark.parametrize(("kind", "expected"), [(errors.Unavailable, "5"), (errors.StoreFull, "600")])
def test_not_now_says_when(kind: type[errors.OfflineLrsError], expected: str) -> None:
    """503 and 507 are to be tried again."""
    assert answer(kind("no")).headers["retry-after"] == expected


def test_faults_without_a_list_have_none() -> None:
    """`errors` is there where there are faults."""
    assert "errors" not in problem(errors.NotFound("no"))


class Broken(NoPolicy):
    """A host with a fault of its own."""

    def __init__(self, where: str) -> None:
        self._where = where

    def concerns(self, principal: Principal) -> bool:
        return True

    def screen(self, reader: Reader, values: Sequence[Any], principal: Principal) -> None:
        self._fail("screen")

    def judge_statement(self, transaction: Transaction, entry: Any, principal: Principal) -> None:
        self._fail("judge_statement")

    def scope_reads(self, reader: Reader, principal: Principal) -> Sequence[Any]:
        self._fail("scope_reads")
        return ()

    def _fail(self, here: str) -> None:
        if here == self._where:
            raise ZeroDivisionError(SECRET)


@pytest.mark.parametrize("where", ["screen", "judge_statement", "scope_reads"])
def test_fault_of_ours_is_one_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str) -> None:
    """500 without a trace for the sender, the trace for the log, and the next request is answered."""
    with opened(tmp_path / "data", policy=Broken(where)) as world, caplog.at_level(logging.ERROR):
        response = world.client.get() if where == "scope_reads" else world.client.post(statement(1))
        about = world.client("GET", "/xapi/about").status
    body = response.body.decode()
    leaks = [word for word in ("Traceback", "ZeroDivision", SECRET, ".py") if word in body]
    assert (response.status, leaks, SECRET in caplog.text, about) == (500, [], True, 200)


def test_full_disk_is_507(world: World) -> None:
    """The sender is told to try again, and what was sent before is there."""
    world.client.post(statement(1))

    def leave_no_room(transaction: Transaction) -> None:
        (pages,) = transaction.execute("PRAGMA page_count").fetchone() or (0,)
        transaction.execute(f"PRAGMA max_page_count = {pages + 20}")

    world.kept.write(leave_no_room)
    response = world.client.post(statement(2, result={"response": "x" * 1_000_000}))
    assert (response.status, "retry-after" in response.headers, len(world.client.get().ids)) == (507, True, 1)


def test_closing_store_is_503(world: World) -> None:
    """Not now."""
    world.client.get()
    world.kept.close()
    assert (world.client.post(statement(1)).status, world.client.get().status) == (503, 503)


def test_wrong_setup_is_a_fault_of_ours(world: World) -> None:
    """A database that was changed by hand: 500, and the store goes on."""

    def spoil(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO store (id, name) VALUES (5, 'broken')")

    world.kept.write(spoil)
    response = world.sender("other", store=5).post(statement(1))
    assert (response.status, world.client.post(statement(2)).status, DEFAULT_STORE) == (500, 200, 1)
