"""What an answer means: only a record store's own words count as delivered."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sync import outcomes
from lrs.sync.outcomes import (
    Absent,
    Busy,
    Conflicting,
    Delivered,
    Forbidden,
    Found,
    Misconfigured,
    NeedsAuth,
    PortalSuspect,
    Rejected,
    TooLarge,
    Unknown,
)

ONE, TWO = UUID(int=1, version=4), UUID(int=2, version=4)
SENT = [ONE, TWO]
VERSION = {"x-experience-api-version": "1.0.3"}
IDS = json.dumps([str(ONE), str(TWO)]).encode()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(200, VERSION, IDS, id="ids"),
        pytest.param(200, VERSION, IDS.upper(), id="ids in upper case"),
        pytest.param(204, VERSION, b"", id="had them all"),
    ],
)
def test_record_stores_own_words_mean_delivered(status: int, headers: dict[str, str], body: bytes) -> None:
    """The version header, and the ids or nothing to say."""
    assert outcomes.of_post(status, headers, body, SENT) == Delivered()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(200, {}, IDS, id="no version header"),
        pytest.param(200, {"x-experience-api-version": " "}, IDS, id="empty version header"),
        pytest.param(204, {}, b"", id="204 without version header"),
        pytest.param(200, VERSION, b"<html>log in</html>", id="page"),
        pytest.param(200, VERSION, b"", id="empty"),
        pytest.param(200, VERSION, b"[]", id="no ids"),
        pytest.param(200, VERSION, json.dumps([str(ONE)]).encode(), id="ids missing"),
        pytest.param(200, VERSION, json.dumps([str(TWO), str(ONE)]).encode(), id="ids permuted"),
        pytest.param(200, VERSION, json.dumps([str(ONE), str(TWO), str(TWO)]).encode(), id="ids too many"),
        pytest.param(200, VERSION, json.dumps({"ids": [str(ONE), str(TWO)]}).encode(), id="other shape"),
        pytest.param(200, VERSION, json.dumps(str(ONE)).encode(), id="text"),
        pytest.param(200, VERSION, b"[1, 2]", id="numbers"),
        pytest.param(200, VERSION, b"[" * 100_000, id="deep"),
        pytest.param(200, VERSION, b"\xff\xfe", id="not text"),
        pytest.param(201, VERSION, IDS, id="created"),
        pytest.param(202, VERSION, IDS, id="accepted"),
        pytest.param(301, {"location": "https://login.example"}, b"", id="moved"),
        pytest.param(307, {**VERSION, "location": "https://x.example"}, IDS, id="temporary redirect"),
        pytest.param(511, {}, b"", id="network authentication"),
    ],
)
def test_anybody_elses_words_mean_a_portal(status: int, headers: dict[str, str], body: bytes) -> None:
    """Success that no record store would spell so is not believed."""
    assert isinstance(outcomes.of_post(status, headers, body, SENT), PortalSuspect)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Rejected(400, "the upstream answered 400: why")),
        (422, Rejected(422, "the upstream answered 422: why")),
        (401, NeedsAuth("the upstream answered 401: why")),
        (403, Forbidden(403, "the upstream answered 403: why")),
        (409, Conflicting(409, "the upstream answered 409: why")),
        (413, TooLarge(413, "the upstream answered 413: why")),
        (408, Unknown("the upstream answered 408: why")),
        (425, Unknown("the upstream answered 425: why")),
        (429, Busy("the upstream answered 429: why", None)),
        (503, Busy("the upstream answered 503: why", None)),
        (507, Busy("the upstream answered 507: why", None)),
        (500, Unknown("the upstream answered 500: why")),
        (502, Unknown("the upstream answered 502: why")),
        (599, Unknown("the upstream answered 599: why")),
    ],
)
def test_refusals_by_status(status: int, expected: outcomes.Outcome) -> None:
    """Each status has one meaning, and the upstream's words are kept."""
    assert outcomes.of_post(status, VERSION, b" why\n", SENT) == expected


@pytest.mark.parametrize("status", [402, 404, 405, 406, 410, 412, 415, 421, 426, 431, 451])
def test_other_refusals_are_a_matter_of_configuration(status: int) -> None:
    """What a right address never answers is about the address."""
    assert isinstance(outcomes.of_post(status, VERSION, b"", SENT), Misconfigured)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, None, id="absent"),
        pytest.param({"retry-after": "120"}, 120_000_000, id="seconds"),
        pytest.param({"retry-after": " 0 "}, 0, id="none"),
        pytest.param({"retry-after": "9" * 6000}, 10**16, id="endless"),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "1.5"}, None, id="fraction"),
        pytest.param({"retry-after": "٣"}, None, id="other digits"),
        pytest.param({"retry-after": "soon"}, None, id="garbage"),
        pytest.param({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, id="date without Date"),
        pytest.param(
            {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:30 GMT"},
            30_000_000,
            id="date",
        ),
        pytest.param(
            {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 08:00:00 GMT"}, 0, id="past"
        ),
        pytest.param({"retry-after": "Wed, 99 Oct 2026 07:28:00 GMT", "date": "yesterday"}, None, id="no dates"),
    ],
)
def test_retry_after(headers: dict[str, str], expected: int | None) -> None:
    """Seconds, or a date against the answer's own Date, never against this device's clock."""
    assert outcomes.retry_after_us(headers) == expected


@given(
    st.integers(200, 599), st.dictionaries(st.sampled_from(["retry-after", "date", "location"]), st.text()), st.binary()
)
def test_every_answer_has_an_outcome_and_none_is_delivered_without_the_header(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    """Whatever comes is understood as something, and never as more than was said."""
    outcome = outcomes.of_post(status, headers, body, SENT)
    assert not isinstance(outcome, Delivered)


def test_detail_is_bounded_and_no_page() -> None:
    """What is shown to a person is text, and not a megabyte of it."""
    long, page = outcomes.of_post(400, {}, b"x" * 10_000_000, SENT), outcomes.of_post(400, {}, b"<html>", SENT)
    assert isinstance(long, Rejected)
    assert isinstance(page, Rejected)
    assert (len(long.detail) < 2_100, page.detail) == (True, "the upstream answered 400")


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, VERSION, Found),
        (200, {}, PortalSuspect),
        (404, VERSION, Absent),
        (403, VERSION, Absent),
        (400, VERSION, Absent),
        (401, VERSION, NeedsAuth),
        (500, VERSION, Unknown),
        (503, VERSION, Busy),
        (302, {}, PortalSuspect),
        (405, VERSION, Misconfigured),
    ],
)
def test_asking_for_one(status: int, headers: dict[str, str], expected: type) -> None:
    """A copy counts only from a record store; not being shown one is no fault of the line."""
    assert type(outcomes.of_get(status, headers, b"{}")) is expected
