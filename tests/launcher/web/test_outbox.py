"""Destinations, and what each of them does not have, through the management API."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.launcher.campus import VERSION, Campus, header
from tests.lrs.sync.worlds import number, numbers, raw
from tests.support.upstream import KEY, SECRET, Reply, Request, Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

UPSTREAM = {"name": "upstream", "key": KEY, "secret": SECRET}


@pytest.fixture
def there(lms: Campus) -> Iterator[Upstream]:
    """A record store that is the destination `upstream`; it refuses statement 2."""
    store = Upstream()
    lms.loop.run(store.__aenter__())
    store.refused = {number(2)}
    lms.api("POST", "/destinations", {**UPSTREAM, "url": store.url})
    yield store
    lms.loop.run(store.__aexit__(None, None, None))


@pytest.fixture
def behind(lms: Campus, there: Upstream) -> Upstream:
    """Of four statements the destination has 1 and 3, would not take 2, and waits for 4."""
    app = lms.credential("app", "statements/write")
    assert post(lms, app, b"[" + b",".join(map(raw, (1, 2, 3))) + b"]") == (200, numbers(1, 2, 3))
    lms.api("POST", "/sync")
    assert post(lms, app, raw(4)) == (200, numbers(4))
    return there


def post(lms: Campus, login: tuple[str, str], body: bytes) -> tuple[int, Any]:
    """Send statements, these very bytes, as an app does; status and answer."""
    headers = {**header(login), "X-Experience-API-Version": "2.0.0", "Content-Type": "application/json"}
    answer = lms.ask("POST", "/xapi/statements", headers=headers, content=body)
    return answer.status_code, answer.json()


def listed(lms: Campus, query: str = "") -> list[tuple[str, str]]:
    """Ids and states of the only destination's rows."""
    (one,) = lms.api("GET", f"/outbox{query}")["destinations"]
    return [(row["id"], row["state"]) for row in one["statements"]]


# --- destinations ---------------------------------------------------------------------------------------------------


def test_a_destination_comes_is_paused_goes_on_and_goes(lms: Campus) -> None:
    """The secret is in no answer; the log knows nothing of all that."""
    made = lms.api("POST", "/destinations", {**UPSTREAM, "url": "https://lrs.example/xapi/"})
    assert made == {"name": "upstream", "url": "https://lrs.example/xapi", "key": KEY, "state": "idle"}
    states = []
    for act, body in (("pause", {"reason": "exam week"}), ("resume", None)):
        lms.api("POST", f"/destinations/upstream/{act}", body)
        (one,) = lms.api("GET", "/sync")["destinations"]
        states.append((one["state"], one["reason"]))
    assert states == [("paused", "exam week"), ("idle", "")]
    assert lms.manage("DELETE", "/destinations/upstream").status_code == 204
    assert lms.api("GET", "/sync")["destinations"] == []


def test_a_destinations_name_may_have_any_printable_letter(lms: Campus) -> None:
    """A slash and a blank too; the address quotes them."""
    lms.api("POST", "/destinations", {**UPSTREAM, "name": "a/b c", "url": "https://lrs.example/xapi"})
    path = "/destinations/a%2Fb%20c"
    assert [lms.manage("POST", f"{path}/resume").status_code, lms.manage("DELETE", path).status_code] == [204, 204]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/destinations", {**UPSTREAM, "url": "ftp://lrs.example"}, 400),
        ("POST", "/destinations", {**UPSTREAM, "url": "https://u:p@lrs.example/xapi"}, 400),
        ("POST", "/destinations", {"name": "upstream", "url": "https://lrs.example/xapi"}, 400),
        ("POST", "/destinations/nowhere/pause", {}, 404),
        ("POST", "/destinations/nowhere/resume", None, 404),
        ("DELETE", "/destinations/nowhere", None, 404),
        ("GET", "/outbox?destination=nowhere", None, 404),
        ("GET", "/outbox/nowhere/statements", None, 404),
        ("GET", f"/outbox/nowhere/{number(1)}", None, 404),
        ("POST", "/outbox/nowhere", None, 404),
    ],
)
def test_what_makes_no_sense_or_is_not_there(lms: Campus, method: str, path: str, body: Any, status: int) -> None:
    """Refused, and nothing is made of it."""
    assert lms.manage(method, path, body).status_code == status
    assert lms.api("GET", "/sync")["destinations"] == []


# --- what it does not have ------------------------------------------------------------------------------------------


def test_what_was_not_taken_and_what_waits(lms: Campus, behind: Upstream) -> None:
    """Counted, and row by row with the answer that the destination gave."""
    (one,) = lms.api("GET", "/outbox")["destinations"]
    assert (one["name"], one["url"], one["state"]) == ("upstream", behind.url, "idle")
    assert (one["waiting"], one["exceptions"], one["oldest"]) == (1, {"rejected": 1}, one["statements"][1]["stored"])
    refused, waiting = one["statements"]
    assert (refused["id"], refused["state"], refused["code"]) == (number(2), "rejected", 400)
    assert (refused["verb"], refused["object"]) == (
        "http://adlnet.gov/expapi/verbs/answered",
        "https://school.example/questions/2",
    )
    assert "the upstream answered 400" in refused["detail"]
    assert (waiting["id"], waiting["state"], waiting["code"], waiting["at"]) == (number(4), "waiting", None, None)


def test_a_list_is_cut_where_it_is_asked_to_be(lms: Campus, behind: Upstream) -> None:
    """By rows, or down to the exceptions."""
    assert listed(lms, "?limit=1") == listed(lms, "?exceptions=true") == [(number(2), "rejected")]
    assert [lms.manage("GET", f"/outbox?limit={limit}").status_code for limit in (0, 1001, "x")] == [400] * 3


def test_one_in_full(lms: Campus, behind: Upstream) -> None:
    """The statement as it was stored is part of the answer; what was sent is not found."""
    found = lms.api("GET", f"/outbox/upstream/{number(2)}")
    assert (found["state"], found["statement"]) == ("rejected", json.loads(raw(2)))
    assert lms.manage("GET", f"/outbox/upstream/{number(1)}").status_code == 404


def test_tried_again_one_or_all(lms: Campus, behind: Upstream) -> None:
    """And sent with the next pass, when the destination has come to its senses."""
    assert lms.api("POST", f"/outbox/upstream/{number(2)}") == {"retrying": 1}
    assert listed(lms, "?exceptions=true") == [(number(2), "retrying")]
    behind.refused = set()
    assert lms.api("POST", "/outbox/upstream") == {"retrying": 1}
    lms.api("POST", "/sync")
    assert (listed(lms), sorted(behind.order)) == ([], numbers(1, 2, 3, 4))


def test_let_go_of(lms: Campus, behind: Upstream) -> None:
    """The log has it still; what waits is refused."""
    assert lms.manage("DELETE", f"/outbox/upstream/{number(4)}").status_code == 409
    assert lms.manage("DELETE", f"/outbox/upstream/{number(2)}").status_code == 204
    assert listed(lms) == [(number(4), "waiting")]
    assert number(2) in [one["id"] for one in lms.statements()]


def test_not_while_it_is_on_its_way(lms: Campus, behind: Upstream) -> None:
    """The request has begun and no answer has come: 409, and afterwards it can be let go of."""
    begun, gate = asyncio.Event(), threading.Event()

    def hold(upstream: Upstream, request: Request) -> Reply | None:
        begun.set()
        gate.set()
        return Reply(400, VERSION, b'{"detail": "no"}', delay=1.0)

    async def while_sending() -> int:
        sending = asyncio.ensure_future(lms._ask("POST", "/api/sync", headers=owner))
        await begun.wait()
        answer = await lms._ask("DELETE", f"/api/outbox/upstream/{number(2)}", headers=owner)
        await sending
        return answer.status_code

    owner = {"Authorization": f"Bearer {lms.lms.owner_token}"}
    lms.api("POST", f"/outbox/upstream/{number(2)}")
    behind.script.append(hold)
    assert lms.loop.run(while_sending()) == 409
    assert lms.manage("DELETE", f"/outbox/upstream/{number(2)}").status_code == 204


# --- export ---------------------------------------------------------------------------------------------------------


def test_a_page_is_a_batch_for_another_record_store(lms: Campus, behind: Upstream) -> None:
    """Byte for byte what would have been sent, and taken as it stands: by our own door, where all of it is known."""
    page = lms.manage("GET", "/outbox/upstream/statements")
    assert (page.content, page.headers.get("link")) == (b"[" + raw(2) + b",\n" + raw(4) + b"]", None)
    assert post(lms, lms.credential("other", "statements/write"), page.content) == (200, numbers(2, 4))


def test_pages_lead_on_to_each_other(lms: Campus, behind: Upstream) -> None:
    """Each with the address of the next in its `Link`; the last may be empty."""
    found, path = [], "/outbox/upstream/statements?limit=1"
    while path:
        page = lms.manage("GET", path)
        found.append([one["id"] for one in page.json()])
        following = page.headers.get("link", "").partition(">")[0]
        path = following.removeprefix("</api")
    assert found == [[number(2)], [number(4)], []]


def test_only_exceptions(lms: Campus, behind: Upstream) -> None:
    """What the school has to be asked about."""
    page = lms.manage("GET", "/outbox/upstream/statements?exceptions=true&limit=1")
    assert ([number(2)], True) == ([one["id"] for one in page.json()], "exceptions=true" in page.headers["link"])


def test_what_was_redacted_is_in_no_batch(lms: Campus, behind: Upstream) -> None:
    """Nothing of it is left; the list says so."""
    redact = "UPDATE statement SET raw = NULL, redacted_us = 1 WHERE seq = 2"
    lms.write(lambda changed: changed.execute(redact).rowcount)
    assert lms.manage("GET", "/outbox/upstream/statements").json() == [json.loads(raw(4))]
    redacted = lms.api("GET", f"/outbox/upstream/{number(2)}")
    assert (redacted["statement"], redacted["verb"]) == (None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/outbox"),
        ("GET", "/outbox/upstream/statements"),
        ("POST", "/outbox/upstream"),
        ("DELETE", f"/outbox/upstream/{number(2)}"),
        ("POST", "/destinations"),
        ("DELETE", "/destinations/upstream"),
    ],
)
def test_nobody_but_a_manager(lms: Campus, method: str, path: str) -> None:
    """`all` is not enough."""
    login = lms.credential("app", "all")
    answers = [lms.ask(method, f"/api{path}", headers=headers).status_code for headers in ({}, header(login))]
    assert answers == [401, 403]
