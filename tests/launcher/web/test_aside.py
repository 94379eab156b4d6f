"""Contents that gave way: seen, put back in place, let go."""

from __future__ import annotations

import pytest

from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import aside, destinations
from tests.launcher.campus import Campus

KEY = Key(
    "state",
    "progress",
    "https://school.example/a",
    "account:https://school.example\np-1",
    "00000000-0000-4000-8000-0000000000aa",
)


def keep(lms: Campus, content: bytes = b'{"page": 3}') -> None:
    """Something gave way to what is there now."""
    lms.write(lambda changed: documents.put(changed, DEFAULT_STORE, KEY, "application/json", b'{"page": 9}'))
    there = lms.write(
        lambda changed: destinations.add(changed, DEFAULT_STORE, "school", "https://school.example/xapi", "k", "s")
    )
    lms.write(
        lambda changed: aside.keep(changed, there, KEY, "application/json", content, side=aside.THERE, written_us=None)
    )


def now(lms: Campus) -> bytes | None:
    """What a lesson would read."""
    found = lms.read(lambda reader: documents.get(reader, DEFAULT_STORE, KEY))
    return None if found is None else found.content


def test_what_gave_way_is_listed_and_shown(lms: Campus) -> None:
    """Whose, which, from where, and its content by itself."""
    keep(lms)
    (listed,) = lms.api("GET", "/sync/aside")["documents"]
    shown = lms.api("GET", f"/sync/aside/{listed['id']}")
    assert listed == {
        "id": listed["id"],
        "destination": "school",
        "side": "there",
        "name": "progress",
        "activity": KEY.activity,
        "agent": {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": "p-1"}},
        "registration": KEY.registration,
        "contentType": "application/json",
        "written": None,
        "at": "2026-09-21T14:13:20.000000Z",
    }
    assert shown == {**listed, "content": '{"page": 3}', "encoding": "utf-8"}


def test_content_that_is_no_text_is_shown_too(lms: Campus) -> None:
    """In base64."""
    keep(lms, b"\xff\x00")
    (listed,) = lms.api("GET", "/sync/aside")["documents"]
    shown = lms.api("GET", f"/sync/aside/{listed['id']}")
    assert (shown["content"], shown["encoding"]) == ("/wA=", "base64")


def test_restored_it_changes_places(lms: Campus) -> None:
    """What was there is kept aside instead, and can come back the same way."""
    keep(lms)
    for expected, kept in ((b'{"page": 3}', '{"page": 9}'), (b'{"page": 9}', '{"page": 3}')):
        (listed,) = lms.api("GET", "/sync/aside")["documents"]
        lms.api("POST", f"/sync/aside/{listed['id']}/restore")
        (other,) = lms.api("GET", "/sync/aside")["documents"]
        assert (now(lms), lms.api("GET", f"/sync/aside/{other['id']}")["content"]) == (expected, kept)
        assert (other["side"], other["destination"]) == ("here", "school")


def test_let_go_it_is_gone(lms: Campus) -> None:
    """And only it."""
    keep(lms)
    (listed,) = lms.api("GET", "/sync/aside")["documents"]
    lms.api("DELETE", f"/sync/aside/{listed['id']}")
    assert (lms.api("GET", "/sync/aside")["documents"], now(lms)) == ([], b'{"page": 9}')


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/restore")])
def test_unknown_number_is_said(lms: Campus, method: str, path: str) -> None:
    """404."""
    assert lms.manage(method, f"/sync/aside/7{path}").status_code == 404
