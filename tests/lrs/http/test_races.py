"""Requests that race: one wins, the others are told, and nothing is doubled or lost."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.lrs.http.worlds import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    JSON,
    STATE,
    Answer,
    Client,
    World,
    statement,
    statement_id,
)

MANY = 16
RESOURCES = {
    "/xapi/activities/state": STATE,
    "/xapi/activities/profile": ACTIVITY_PROFILE,
    "/xapi/agents/profile": AGENT_PROFILE,
}


def statuses(answers: list[Answer]) -> Counter[int]:
    """How often each status came."""
    return Counter(answer.status for answer in answers)


def posts(world: World, client: Client, *bodies: object) -> list[Answer]:
    """POST these at the same time."""
    raws = [json.dumps(body).encode() for body in bodies]
    return world.loop.together(*(client.ask("POST", "/xapi/statements", raw, JSON) for raw in raws))


def test_one_id_with_different_contents_is_stored_once(world: World, client: Client) -> None:
    """Of 16 at once exactly one is stored, and 15 are told of the conflict."""
    bodies = [statement(1, result={"score": {"raw": number}}) for number in range(MANY)]
    answers = posts(world, client, *bodies)
    assert (statuses(answers), client.get().ids) == ({200: 1, 409: MANY - 1}, [statement_id(1)])


def test_one_id_with_the_same_content_succeeds_for_all(world: World, client: Client) -> None:
    """Sixteen repeats of one statement: everybody is answered, one is stored."""
    answers = posts(world, client, *[statement(1)] * MANY)
    assert (statuses(answers), client.get().ids) == ({200: MANY}, [statement_id(1)])


def test_overlapping_batches_store_each_statement_once(world: World, client: Client) -> None:
    """Each batch has half of the next one's statements."""
    batches = [[statement(number), statement(number + 1)] for number in range(1, MANY)]
    answers = posts(world, client, *batches)
    assert (statuses(answers), sorted(client.get().ids)) == (
        {200: MANY - 1},
        [statement_id(number) for number in range(1, MANY + 1)],
    )


def test_losers_of_a_race_harm_no_neighbour(world: World, client: Client) -> None:
    """Conflicts share their commit with good requests, which are stored."""
    client.post(statement(1))
    bad = [statement(1, object={"id": "http://example.com/other"})] * 4
    good = [statement(number) for number in range(2, 6)]
    answers = posts(world, client, *(one for pair in zip(bad, good, strict=True) for one in pair))
    assert (statuses(answers), len(client.get().ids)) == ({409: 4, 200: 4}, 5)


@pytest.mark.parametrize("path", RESOURCES)
def test_parallel_merges_keep_every_key(world: World, client: Client, path: str) -> None:
    """Sixteen POSTs to one document, each with a key of its own."""
    bodies = [json.dumps({f"key{number}": number}).encode() for number in range(MANY)]
    answers = world.loop.together(*(client.ask("POST", path, body, JSON, RESOURCES[path]) for body in bodies))
    merged = client("GET", path, params=RESOURCES[path]).json()
    assert (statuses(answers), merged) == ({204: MANY}, {f"key{number}": number for number in range(MANY)})


@pytest.mark.parametrize("path", RESOURCES)
def test_parallel_creations_have_one_winner(world: World, client: Client, path: str) -> None:
    """Sixteen PUTs with If-None-Match: * → one 204 and 15 × 412."""
    headers = {"content-type": "text/plain", "if-none-match": "*"}
    bodies = [f"document {number}".encode() for number in range(MANY)]
    answers = world.loop.together(*(client.ask("PUT", path, body, headers, RESOURCES[path]) for body in bodies))
    assert statuses(answers) == {204: 1, 412: MANY - 1}


@pytest.mark.parametrize("path", RESOURCES)
def test_parallel_replacements_of_one_etag_have_one_winner(world: World, client: Client, path: str) -> None:
    """No update is lost: who did not see the other's change is told."""
    client("PUT", path, b"first", headers={"content-type": "text/plain", "if-none-match": "*"}, params=RESOURCES[path])
    etag = client("GET", path, params=RESOURCES[path]).headers["etag"]
    headers = {"content-type": "text/plain", "if-match": etag}
    bodies = [f"document {number}".encode() for number in range(MANY)]
    answers = world.loop.together(*(client.ask("PUT", path, body, headers, RESOURCES[path]) for body in bodies))
    assert statuses(answers) == {204: 1, 412: MANY - 1}
