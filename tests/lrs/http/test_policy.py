"""The seam to a host: what it sees, when, and what its word is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lrs.auth.credentials import Principal
from lrs.errors import Fault, Forbidden
from lrs.http.parts import DocumentChange, NoPolicy
from lrs.store.documents import Key
from lrs.store.entry import MADE_HERE, Entry, Provenance, prepare
from lrs.store.log import Filter
from lrs.store.promises import Reader, Transaction
from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.lrs.http.worlds import ACTIVITY, JSON, STATE, Client, World, opened, statement, statement_id

REFUSED = "http://example.com/verbs/refused"
FOLLOWED = "http://example.com/verbs/followed"


class Host(NoPolicy):
    """Refuses a verb, lets one statement follow another, and shows a session its registration only."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def concerns(self, principal: Principal) -> bool:
        return principal.session is not None

    def screen(self, reader: Reader, values: Sequence[Any], principal: Principal) -> None:
        self.called.append("screen")
        if any(value.get("refuse") for value in values):
            raise Forbidden("screened", [Fault("refuse", "host 1", "no")])

    def judge_statement(self, transaction: Transaction, entry: Entry, principal: Principal) -> None:
        self.called.append(f"judge {entry.value['verb']['id'][-5:]}")
        if entry.value["verb"]["id"] == REFUSED:
            raise Forbidden("judged", [Fault("verb", "host 2", "no")])

    def follow(self, transaction: Transaction, entry: Entry, principal: Principal) -> Sequence[Entry]:
        if entry.value["verb"]["id"] != FOLLOWED:
            return ()
        value = statement(500 + entry.id.int % 100)
        parsed = statements.parse(json.dumps(value).encode(), Version.V1_0_3)
        by = Provenance(principal.credential, principal.authority, principal.authority_value, MADE_HERE, 1, None)
        return [prepare(parsed, Version.V1_0_3, by, transaction.now_us, UUID(value["id"]))]

    def judge_document(self, transaction: Transaction, change: DocumentChange, principal: Principal) -> None:
        self.called.append(f"{change.method} {change.key.name} {change.content!r}")
        if change.key.name == "secret":
            raise Forbidden("not this one")

    def scope_reads(self, reader: Reader, principal: Principal) -> Sequence[Filter]:
        return [Filter("r", statement_id(1))]

    def scope_document(self, reader: Reader, key: Key, principal: Principal) -> None:
        if key.name == "secret":
            raise Forbidden("not this one")


@pytest.fixture
def host() -> Host:
    """The host."""
    return Host()


@pytest.fixture
def world(tmp_path: Path, host: Host) -> Iterator[World]:
    """A record store with a host."""
    with opened(tmp_path / "data", policy=host) as made:
        yield made


@pytest.fixture
def lesson(world: World) -> Client:
    """A sender with a session."""
    return world.sender("lesson", session="session 1")


def verb(iri: str) -> dict[str, str]:
    """A verb."""
    return {"id": iri}


def test_screen_comes_before_the_standards_rules(lesson: Client) -> None:
    """A lesson gets its host's 403 rather than a 400 about the same statement."""
    answer = lesson.post({"refuse": True})
    assert (answer.status, answer.json()["errors"][0]["requirement"]) == (403, "host 1")


def test_refused_statement_keeps_its_batch_out(lesson: Client, world: World) -> None:
    """Judged inside the transaction: nothing of the request is kept."""
    answer = lesson.post(statement(1), statement(2, verb=verb(REFUSED)))
    assert (answer.status, world.client.get().ids) == (403, [])


def test_what_follows_is_stored_right_behind(lesson: Client, world: World) -> None:
    """In the same transaction, before anything else."""
    lesson.post(statement(1, verb=verb(FOLLOWED)), statement(2))
    found = world.client.get(ascending="true").ids
    assert found == [
        statement_id(1),
        statement_id(500 + int(statement_id(1).replace("-", ""), 16) % 100),
        statement_id(2),
    ]


def test_repeat_is_not_judged_again(lesson: Client, host: Host) -> None:
    """A lesson that re-sends what was stored is not told that it is too late."""
    lesson.post(statement(1))
    lesson.post(statement(1), statement(2))
    assert host.called == ["screen", "judge tried", "screen", "judge tried"]


def test_others_are_none_of_the_hosts_business(world: World, host: Host) -> None:
    """A credential without a session is not judged."""
    world.client.post(statement(1, verb=verb(REFUSED)))
    assert (host.called, world.client.get().ids) == ([], [statement_id(1)])


def test_reads_are_narrowed(lesson: Client, world: World) -> None:
    """In pages, through links, and by id."""
    for number in range(1, 6):
        registration = statement_id(1 if number % 2 else 2)
        world.client.post(statement(number, context={"registration": registration}))
    single = [lesson.get(statementId=statement_id(number)).status for number in (1, 2)]
    expected = [statement_id(number) for number in (5, 3, 1)]
    assert (lesson.everything(limit="1"), single) == (expected, [200, 404])


def test_voided_ones_are_narrowed_too(lesson: Client, world: World) -> None:
    """The same bounds for `voidedStatementId`."""
    void = verb("http://adlnet.gov/expapi/verbs/voided")
    for number in (1, 2):
        world.client.post(statement(number, context={"registration": statement_id(number)}))
        target = {"objectType": "StatementRef", "id": statement_id(number)}
        world.client.post(statement(number + 10, verb=void, object=target))
    assert [lesson.get(voidedStatementId=statement_id(number)).status for number in (1, 2)] == [200, 404]


def test_documents_are_judged_with_what_they_bring(lesson: Client, host: Host) -> None:
    """Method, key and content; a deletion brings none."""
    lesson("PUT", "/xapi/activities/state", b"x", params=STATE)
    lesson("DELETE", "/xapi/activities/state", params=STATE)
    lesson("DELETE", "/xapi/activities/state", params={"activityId": ACTIVITY, "agent": STATE["agent"]})
    assert host.called == ["PUT s b'x'", "DELETE s None", "DELETE  None"]


def test_refused_document_is_neither_changed_nor_read(lesson: Client, world: World) -> None:
    """403 both ways; for others it is as ever."""
    secret = {**STATE, "stateId": "secret"}
    path = "/xapi/activities/state"
    statuses = [
        lesson("PUT", path, b"{}", headers=JSON, params=secret).status,
        lesson("GET", path, params=secret).status,
        world.client("GET", path, params=secret).status,
    ]
    assert statuses == [403, 403, 404]


def test_lesson_cannot_say_that_a_device_made_it(lesson: Client, world: World) -> None:
    """What comes under a session's token was made here, whatever a header says."""
    lesson.post(statement(1), headers={"x-offline-lrs-device": statement_id(9)})
    origins = world.kept.read(lambda reader: reader.execute("SELECT origin FROM statement").fetchall())
    assert origins == [(0,)]
