"""Bodies of a bounded size, and batches of a bounded length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lrs.http.worlds import JSON, STATE, World, opened, request, statement

MOST = 2_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With narrow limits."""
    with opened(tmp_path / "data", body_most=MOST, batch_most=3) as made:
        yield made


def test_body_above_the_limit_is_refused(world: World) -> None:
    """413 names the limit, and nothing is stored."""
    answer = world.client.post(statement(1, result={"response": "x" * MOST}))
    assert (answer.status, str(MOST) in answer.json()["detail"], world.client.get().ids) == (413, True, [])


@pytest.mark.parametrize(("size", "status"), [(MOST, 204), (MOST + 1, 413)])
def test_limit_is_exact(world: World, size: int, status: int) -> None:
    """So many bytes, and not one more; the same for documents."""
    answer = world.client("PUT", "/xapi/activities/state", b"x" * size, params=STATE)
    assert answer.status == status


def test_body_without_a_length_is_measured(world: World) -> None:
    """Chunked, it is refused as soon as it is too large: what is behind is not read."""
    parts = [b"x" * 1_500] * 1_000

    def chunks() -> list[bytes]:
        return parts

    headers = {**world.client.headers, **JSON}
    answer = world.loop.run(request(world.app, "POST", "/xapi/statements", headers, chunks()))
    assert answer.status == 413


def test_length_that_lies_is_found_out(world: World) -> None:
    """Announced as short, sent as long."""
    headers = {**world.client.headers, **JSON, "content-length": "10"}
    answer = world.loop.run(request(world.app, "POST", "/xapi/statements", headers, [b"x" * (MOST + 1)]))
    assert answer.status == 413


def test_body_in_a_coding_is_refused_by_its_name(world: World) -> None:
    """Not taken for what it is not: gzip would be read as broken JSON, or JSON that says gzip be stored."""
    answer = world.client("POST", "/xapi/statements", b"{}", headers={"content-encoding": "gzip", **JSON})
    assert (answer.status, "gzip" in answer.json()["detail"]) == (415, True)


def test_statement_that_names_a_crowd_is_refused(tmp_path: Path) -> None:
    """Each agent and activity is a row of the index: too many would hold the writer."""
    with opened(tmp_path / "crowd", terms_most=10) as world:
        others = [{"id": f"http://example.com/activities/{n}"} for n in range(20)]
        answer = world.client.post(statement(1, context={"contextActivities": {"other": others}}))
        assert (answer.status, "10" in answer.json()["detail"], world.client.get().ids) == (413, True, [])


def test_body_in_parts_is_put_together(world: World) -> None:
    """As it comes over a slow line."""
    parts = [b"first ", b"", b"second"]
    headers = {**world.client.headers, "content-type": "text/plain"}
    query = "/xapi/activities/profile?activityId=http://example.com/a&profileId=p"
    new = {**headers, "if-none-match": "*"}
    stored = world.loop.run(request(world.app, "PUT", query, new, parts)).status
    assert (stored, world.client("GET", query).body) == (204, b"first second")


def test_broken_off_body_stores_nothing(world: World) -> None:
    """A client that goes away in the middle has sent no document."""
    query = "/xapi/activities/profile?activityId=http://example.com/a&profileId=p"
    new = {**world.client.headers, "content-type": "text/plain", "if-none-match": "*"}

    async def cut_off() -> int:
        first: dict[str, object] = {"type": "http.request", "body": b"first", "more_body": True}
        received: Iterator[dict[str, object]] = iter([first, {"type": "http.disconnect"}])
        statuses: list[int] = []

        async def receive() -> dict[str, object]:
            return next(received)

        async def send(message: dict[str, object]) -> None:
            statuses.append(int(str(message.get("status", 0))))

        headers = [(name.encode(), value.encode()) for name, value in new.items()]
        path, _, string = query.partition("?")
        scope = {"type": "http", "method": "PUT", "path": path, "query_string": string.encode(), "headers": headers}
        await world.app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries
        return statuses[0]

    assert (world.loop.run(cut_off()), world.client("GET", query).status) == (400, 404)


@pytest.mark.parametrize(("count", "status"), [(3, 200), (4, 413)])
def test_batch_has_a_limit(world: World, count: int, status: int) -> None:
    """So many statements a request, all or nothing."""
    answer = world.client.post([statement(number) for number in range(1, count + 1)])
    assert (answer.status, len(world.client.get().ids)) == (status, count if status == 200 else 0)
