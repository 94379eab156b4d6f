"""Who may do what: every route against every scope, and what a reader of its own statements sees."""

from __future__ import annotations

import json

import pytest

from lrs.auth.scopes import SCOPES
from lrs.http.router import RESOURCES
from tests.lrs.http.worlds import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    JSON,
    STATE,
    World,
    statement,
    statement_id,
)

READS, CHANGES = ("GET", "HEAD"), ("PUT", "POST", "DELETE")
ALLOWED = {
    ("/statements", READS): {"all", "all/read", "statements/read", "statements/read/mine"},
    ("/statements", ("PUT", "POST")): {"all", "statements/write"},
    ("/statements/more/x", READS): {"all", "all/read", "statements/read", "statements/read/mine"},
    ("/activities/state", READS): {"all", "all/read", "state"},
    ("/activities/state", CHANGES): {"all", "state"},
    ("/activities/profile", READS): {"all", "all/read", "profile"},
    ("/activities/profile", CHANGES): {"all", "profile"},
    ("/agents/profile", READS): {"all", "all/read", "profile"},
    ("/agents/profile", CHANGES): {"all", "profile"},
}
PARAMS = {"/activities/state": STATE, "/activities/profile": ACTIVITY_PROFILE, "/agents/profile": AGENT_PROFILE}
ROUTES = [(path, method, able) for (path, methods), able in ALLOWED.items() for method in methods]


@pytest.mark.parametrize(
    ("path", "method", "able"), ROUTES, ids=lambda part: str(part) if isinstance(part, str) else ""
)
def test_route_opens_to_its_scopes_and_no_other(world: World, path: str, method: str, able: set[str]) -> None:
    """403 for every scope that does not allow it, whatever else is wrong with the request; never for one that does."""
    refused = set()
    for scope in SCOPES:
        sender = world.sender(scope, scope)
        answer = sender(method, f"/xapi{path}", b"{}", headers=JSON, params=PARAMS.get(path))
        if answer.status == 403:
            refused.add(scope)
    assert set(SCOPES) - refused == able


def test_table_above_has_every_route() -> None:
    """A new resource needs its line."""
    ours = {(path, method) for path, method, _ in ROUTES if method != "HEAD" and "more" not in path}
    assert ours == {(path, method) for path, methods in RESOURCES.items() for method in methods}


def test_refusal_names_the_scopes_that_would_do(world: World) -> None:
    """A person can mend it."""
    answer = world.sender("writer", "statements/write").get()
    detail = answer.json()["detail"]
    assert (answer.status, "statements/write" in detail, "statements/read/mine" in detail) == (403, True, True)


def test_scopes_add_up(world: World) -> None:
    """Two narrow ones are as good as what they allow together."""
    both = world.sender("both", "statements/write", "statements/read/mine")
    assert (both.post(statement(1)).status, both.get().ids) == (200, [statement_id(1)])


def test_reader_of_its_own_sees_its_own(world: World) -> None:
    """In pages, by id, and through `more`."""
    mine = world.sender("mine", "statements/write", "statements/read/mine")
    for number in range(1, 7):
        (mine if number % 2 else world.client).post(statement(number))
    single = [mine.get(statementId=statement_id(number)).status for number in (1, 2)]
    expected = [statement_id(number) for number in (5, 3, 1)]
    assert (mine.everything(limit="1"), single) == (expected, [200, 404])


def test_reader_of_its_own_gets_no_voided_one_of_others(world: World) -> None:
    """`voidedStatementId` is no way around."""
    mine = world.sender("mine", "statements/write", "statements/read/mine")
    void = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    for number, sender in ((1, world.client), (2, mine)):
        sender.post(statement(number))
        sender.post(
            statement(number + 10, verb=void, object={"objectType": "StatementRef", "id": statement_id(number)})
        )
    assert [mine.get(voidedStatementId=statement_id(number)).status for number in (1, 2)] == [404, 200]


def test_stores_do_not_see_each_others_statements(world: World) -> None:
    """Not in pages, not by id, not through a link, and the same id may be in both."""
    world.add_second_store()
    other = world.sender("other", store=2)
    world.client.post(statement(1), statement(2))
    page = world.client.get(limit="1")
    seen = (other.get().ids, other.get(statementId=statement_id(1)).status, other.follow(page).status)
    assert (seen, other.post(statement(1, object={"id": "http://example.com/other"})).status) == (([], 404, 403), 200)


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "basic YWRtaW46d3Jvbmc=", "Basic YWRtaW46"],
)
def test_unknown_credential_is_refused(world: World, authorization: str) -> None:
    """401 with the scheme that would do, for whatever is no credential of ours."""
    answer = world.client("GET", "/xapi/statements", headers={"authorization": authorization})
    assert (answer.status, answer.headers["www-authenticate"][:5]) == (401, "Basic")


def test_refused_sender_stores_nothing(world: World) -> None:
    """A scope that may read cannot write by any method."""
    reader = world.sender("reader", "all/read")
    statuses = [
        reader.post(statement(1)).status,
        reader("PUT", "/xapi/activities/state", b"x", params=STATE).status,
        reader("POST", "/xapi/agents/profile", json.dumps({}).encode(), headers=JSON, params=AGENT_PROFILE).status,
    ]
    assert (statuses, world.client.get().ids) == ([403] * 3, [])
