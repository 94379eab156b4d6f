"""What an answer about a document is taken for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sync import document_outcomes as outcomes
from lrs.sync.document_outcomes import Held, Listed, Missing, Moved, Taken, Unchanged
from lrs.sync.outcomes import (
    Busy,
    Forbidden,
    Misconfigured,
    NeedsAuth,
    PortalSuspect,
    Rejected,
    TooLarge,
    Unknown,
)

OURS = {"x-experience-api-version": "1.0.3"}
DATE = "Mon, 21 Sep 2026 14:13:20 GMT"
EARLIER = "Mon, 21 Sep 2026 14:13:00 GMT"
headers = st.sampled_from([{}, OURS, {**OURS, "etag": '"x"'}, {"etag": '"x"', "date": DATE}])


@pytest.mark.parametrize(
    ("method", "status", "head", "kind"),
    [
        ("PUT", 204, OURS, Taken),
        ("PUT", 200, OURS, Taken),
        ("PUT", 204, {}, PortalSuspect),
        ("PUT", 200, {}, PortalSuspect),
        ("PUT", 412, OURS, Moved),
        ("PUT", 412, {}, PortalSuspect),
        ("PUT", 409, OURS, Moved),
        ("PUT", 400, OURS, Rejected),
        ("PUT", 403, OURS, Forbidden),
        ("PUT", 413, OURS, TooLarge),
        ("PUT", 401, OURS, NeedsAuth),
        ("PUT", 404, OURS, Misconfigured),
        ("PUT", 302, OURS, PortalSuspect),
        ("PUT", 503, OURS, Busy),
        ("PUT", 500, OURS, Unknown),
        ("DELETE", 204, OURS, Taken),
        ("DELETE", 404, OURS, Taken),
        ("DELETE", 404, {}, PortalSuspect),
    ],
)
def test_change(method: str, status: int, head: Mapping[str, str], kind: type) -> None:
    """Success only where a record store says so."""
    assert type(outcomes.of_change(method, status, head, b"")) is kind


@pytest.mark.parametrize(
    ("status", "head", "kind"),
    [
        (200, OURS, Held),
        (200, {}, PortalSuspect),
        (304, OURS, Unchanged),
        (304, {}, PortalSuspect),
        (404, OURS, Missing),
        (404, {}, PortalSuspect),
        (403, OURS, NeedsAuth),
        (400, OURS, Misconfigured),
        (413, OURS, Misconfigured),
        (302, OURS, PortalSuspect),
        (500, OURS, Unknown),
    ],
)
def test_document(status: int, head: Mapping[str, str], kind: type) -> None:
    """A login page is neither a document nor the lack of one."""
    assert type(outcomes.of_document(status, head, b"")) is kind


@pytest.mark.parametrize(
    ("head", "age"),
    [
        ({"x-offline-lrs-age": "1500", "date": DATE, "last-modified": EARLIER}, 1_500_000),
        ({"date": DATE, "last-modified": EARLIER}, 20_000_000),
        ({"date": EARLIER, "last-modified": DATE}, 0),
        ({"date": DATE}, None),
        ({"x-offline-lrs-age": "-5"}, None),
        ({"x-offline-lrs-age": "9" * 40}, None),
        ({"x-offline-lrs-age": "١"}, None),
    ],
)
def test_age_is_told_or_reckoned_by_the_upstreams_clock_alone(head: Mapping[str, str], age: int | None) -> None:
    """This device's clock has no part in it."""
    found = outcomes.of_document(200, {**OURS, **head}, b"x")
    assert isinstance(found, Held)
    assert found.age_us == age


@pytest.mark.parametrize(
    ("given", "etag"),
    [('"x"', '"x"'), ('W/"x"', '"x"'), ("", '"11f6ad8ec52a2984abaafd7c3b516503785c2072"')],
)
def test_etag_is_the_upstreams_or_made_as_the_standard_says(given: str, etag: str) -> None:
    """xAPI Communication 3.1: the SHA-1 of the content."""
    found = outcomes.of_document(200, {**OURS, "etag": given}, b"x")
    assert isinstance(found, Held)
    assert (found.etag, found.digest) == (etag, '"11f6ad8ec52a2984abaafd7c3b516503785c2072"')


@pytest.mark.parametrize(
    ("status", "head", "body", "kind"),
    [
        (200, OURS, b'["a", "b"]', Listed),
        (200, OURS, b"[]", Listed),
        (200, {}, b'["a"]', PortalSuspect),
        (200, OURS, b'{"a": 1}', PortalSuspect),
        (200, OURS, b'["a", 1]', PortalSuspect),
        (200, OURS, b'[""]', PortalSuspect),
        (200, OURS, b"<html>", PortalSuspect),
        (200, OURS, b"[" * 100_000, PortalSuspect),
        (403, OURS, b"", NeedsAuth),
        (404, OURS, b"", Misconfigured),
    ],
)
def test_listing(status: int, head: Mapping[str, str], body: bytes, kind: type) -> None:
    """Ids, and nothing else."""
    assert type(outcomes.of_listing(status, head, body)) is kind


def test_listing_says_when_by_its_own_clock() -> None:
    """What to ask `since` the next time; None where it does not say."""
    told = outcomes.of_listing(200, {**OURS, "date": DATE}, b'["a"]')
    assert (told, outcomes.of_listing(200, OURS, b"[]")) == (Listed(("a",), 1_790_000_000_000_000), Listed((), None))


@given(st.sampled_from(["PUT", "DELETE"]), st.integers(100, 599), headers, st.binary(max_size=40))
def test_nothing_succeeds_without_the_version_header(
    method: str, status: int, head: Mapping[str, str], body: bytes
) -> None:
    """Whatever else the answer is made of."""
    told = "x-experience-api-version" in head
    assert told or not isinstance(outcomes.of_change(method, status, head, body), Taken)
    assert told or not isinstance(outcomes.of_document(status, head, body), (Held, Missing, Unchanged))
    assert told or not isinstance(outcomes.of_listing(status, head, body), Listed)
