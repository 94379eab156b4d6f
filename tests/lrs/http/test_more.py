"""`more`: each statement once, whatever happens meanwhile, and for nobody else."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Forbidden, Invalid
from lrs.http import more
from lrs.http.more import Page
from lrs.store.promises import Transaction
from tests.lrs.http.worlds import AGENT, Answer, Client, World, opened, statement, statement_id
from tests.support.clocks import FixedClock

KEY = b"a signing key"
parameters = st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=4)
places = st.none() | st.integers(0, 2**60)


def ids(numbers: range) -> list[str]:
    """The ids of these."""
    return [statement_id(number) for number in numbers]


def fill(client: Client, numbers: range) -> None:
    """Store these."""
    client.post(*(statement(number) for number in numbers))


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_traversal_under_inserts_shows_each_once(client: Client, ascending: str) -> None:
    """What comes while a client reads page after page neither doubles nor shifts anything, and is not in it."""
    fill(client, range(1, 11))
    page = client.get(limit="3", ascending=ascending)
    found = page.ids
    number = 100
    while page.json()["more"]:
        fill(client, range(number, number + 2))
        number += 2
        page = client.follow(page)
        found += page.ids
    expected = ids(range(1, 11))
    assert found == (expected if ascending == "true" else expected[::-1])


def test_last_page_has_no_more(client: Client) -> None:
    """Not even where it is full."""
    fill(client, range(1, 7))
    pages = [client.get(limit="3")]
    pages.append(client.follow(pages[0]))
    assert [page.json()["more"] == "" for page in pages] == [False, True]


def test_link_survives_a_restart(tmp_path: Path) -> None:
    """Nothing of it is kept in memory."""
    with opened(tmp_path / "data") as world:
        fill(world.client, range(1, 6))
        page = world.client.get(limit="2")
    with opened(tmp_path / "data") as world:
        assert world.client.follow(page).ids == [statement_id(3), statement_id(2)]


def test_link_keeps_the_question(client: Client) -> None:
    """Filters, format and page size go with it."""
    other = {"mbox": "mailto:ben@example.org"}
    client.post(
        *(statement(number, actor=other if number % 2 else {**AGENT, "name": "Lena"}) for number in range(1, 9))
    )
    page = client.get(limit="2", format="ids", agent='{"mbox":"mailto:lena@example.org"}')
    following = client.follow(page)
    names = [one["actor"].get("name") for one in following.json()["statements"]]
    assert (following.ids, names) == ([statement_id(4), statement_id(2)], [None, None])


def test_link_serves_nobody_else(world: World) -> None:
    """Another credential is refused, whatever its scopes."""
    fill(world.client, range(1, 4))
    page = world.client.get(limit="1")
    assert world.sender("other").follow(page).status == 403


def test_link_needs_a_credential(client: Client) -> None:
    """It is no secret that opens by itself."""
    fill(client, range(1, 4))
    link = client.get(limit="1").json()["more"]
    assert client("GET", link, headers={"authorization": ""}).status == 401


def test_voided_meanwhile_is_not_shown(client: Client) -> None:
    """A statement that was voided since the first page is left out of the next."""
    fill(client, range(1, 5))
    page = client.get(limit="2")
    void = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    client.post(statement(9, verb=void, object={"objectType": "StatementRef", "id": statement_id(2)}))
    assert client.follow(page).ids == [statement_id(1)]


def test_redacted_rows_keep_paging_true(world: World) -> None:
    """Rows whose text was taken away are passed over, in pages of the same size and without an end too early."""
    fill(world.client, range(1, 10))

    def redact(transaction: Transaction) -> None:
        transaction.execute("UPDATE statement SET raw = NULL, redacted_us = 1 WHERE seq IN (2, 5, 6, 7)")
        transaction.execute("DELETE FROM term_index WHERE seq IN (2, 5, 6, 7)")

    world.kept.write(redact)
    page = world.client.get(limit="2", ascending="true")
    sizes = [len(page.ids)]
    found = page.ids
    while page.json()["more"]:
        page = world.client.follow(page)
        sizes.append(len(page.ids))
        found += page.ids
    assert (found, sizes) == ([statement_id(number) for number in (1, 3, 4, 8, 9)], [2, 2, 1])


@pytest.mark.parametrize("limit", ["0", "5000"])
def test_server_has_a_limit_of_its_own(tmp_path: Path, limit: str) -> None:
    """0 is the server's own; nobody gets more than its most."""
    with opened(tmp_path / "data", page_limit=3, page_limit_most=4) as world:
        fill(world.client, range(1, 8))
        page = world.client.get(limit=limit)
        assert (len(page.ids), world.client.everything(limit=limit)) == (3 if limit == "0" else 4, ids(range(7, 0, -1)))


def spoilt(answer: Answer) -> list[str]:
    """The link with one character changed, at several places."""
    link = answer.json()["more"]
    start = link.rindex("/") + 1
    places = range(start, len(link) - 1, 7)  # the last character may carry bits that count for nothing
    return [link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :] for place in places]


def test_tampered_link_is_refused(client: Client) -> None:
    """Whatever is changed in it."""
    fill(client, range(1, 4))
    links = spoilt(client.get(limit="1"))
    assert {client("GET", link).status for link in links} == {400}


@pytest.mark.parametrize("token", ["", "x", "####", "é", "AAAA", "A" * 5000, "../statements"])
def test_nonsense_is_refused(client: Client, token: str) -> None:
    """A link that was cut or made up is the client's fault."""
    assert client("GET", f"/xapi/statements/more/{token}").status in (400, 404)


def test_link_made_with_another_key_is_refused() -> None:
    """As after a reset of the data folder."""
    token = more.write(b"another key", Page([], 1, 2), 1)
    with pytest.raises(Invalid):
        more.read(KEY, token, 1)


@given(parameters, places, places, st.integers(1, 2**40))
def test_what_is_written_is_read(given_: list[tuple[str, str]], last: int | None, ceiling: int | None, of: int) -> None:
    """Law: a link holds the place it was made for, whatever the question was."""
    page = Page(given_, last, ceiling)
    assert more.read(KEY, more.write(KEY, page, of), of) == page


def test_link_of_another_credential_is_forbidden() -> None:
    """The number of the credential is inside what is signed."""
    with pytest.raises(Forbidden):
        more.read(KEY, more.write(KEY, Page([], 1, 2), 1), 2)


def test_signature_comes_first() -> None:
    """What was not signed by us is never parsed."""
    token = base64.urlsafe_b64encode(b"\0" * 32 + b"{not json").decode()
    with pytest.raises(Invalid):
        more.read(KEY, token, 1)


def test_clock_that_steps_back_changes_no_page(client: Client, clock: FixedClock) -> None:
    """Pages go by the order of the log."""
    fill(client, range(1, 4))
    page = client.get(limit="2", ascending="true")
    clock.advance(-3_600)
    fill(client, range(4, 6))
    assert (page.ids + client.follow(page).ids, client.everything(ascending="true")) == (
        ids(range(1, 4)),
        ids(range(1, 6)),
    )
