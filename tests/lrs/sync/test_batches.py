"""What goes into one request: bounded, of one version, in order, byte for byte."""

from __future__ import annotations

from uuid import UUID

import pytest

from lrs.store.log import LogRow
from lrs.sync import batches
from lrs.xapi.versions import Version
from tests.lrs.sync.worlds import number, raw

FILE = {
    "usageType": "https://school.example/photo",
    "display": {"en": "photo"},
    "contentType": "image/png",
    "length": 3,
    "sha2": "a" * 64,
}
ADDRESS = {**FILE, "fileUrl": "https://school.example/photo.png"}
ROLE = {"contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": "mailto:a@example.org"}}]}


def row(n: int, text: bytes | None = None, *, origin: int = 0, redacted: bool = False) -> LogRow:
    """A row of the log."""
    return LogRow(n, UUID(number(n)), n, origin, None if redacted else text or raw(n), False)


def cut(*rows: LogRow, most: int = 100_000, not_from: int | None = None) -> tuple[list[int], int]:
    """The rows that go, and how far the log is dealt with then."""
    batch = batches.cut(rows, most, not_from)
    return [parcel.seq for parcel in batch.parcels], batch.through


def test_all_that_fits_goes_together() -> None:
    """Rows that follow each other make one request."""
    assert cut(row(1), row(2), row(3)) == ([1, 2, 3], 3)


def test_bytes_bound_the_body() -> None:
    """The body, brackets and commas counted, is never above the limit with more than one statement in it."""
    rows = [row(n) for n in range(1, 30)]
    for most in range(2, 3000, 7):
        parcels = batches.cut(rows, most, None).parcels
        assert len(parcels) == 1 or len(batches.body(parcels)) <= most


def test_body_is_the_stored_bytes() -> None:
    """Nothing is spelt anew."""
    spaced = raw(1).replace(b": ", b" :  ")
    assert (
        batches.body(batches.cut([row(1, spaced), row(2)], 10_000, None).parcels)
        == b"[" + spaced + b"," + raw(2) + b"]"
    )


def test_one_above_the_limit_goes_alone() -> None:
    """The limit is a wish; only the upstream can say that something is too large."""
    assert cut(row(1), row(2), most=10) == ([1], 1)


def test_redacted_rows_and_the_destinations_own_are_passed_over() -> None:
    """Nothing is left of the first, and the second came from there; both are dealt with."""
    rows = (row(1), row(2, redacted=True), row(3, origin=7), row(4, origin=8), row(5, redacted=True))
    assert cut(*rows, not_from=7) == ([1, 4], 5)


def test_nothing_to_send_still_moves_on() -> None:
    """Rows that are passed over do not hold up the cursor."""
    assert cut(row(1, redacted=True), row(2, redacted=True)) == ([], 2)


def test_versions_do_not_mix_and_the_order_stays() -> None:
    """A statement of 2.0 ends the batch, and what follows comes after it."""
    assert cut(row(1), row(2, raw(2, version="2.0.0")), row(3)) == ([1], 1)


def test_rows_passed_over_before_a_break_are_dealt_with() -> None:
    """`through` ends right before the row that has to wait."""
    assert cut(row(1), row(2, redacted=True), row(3, raw(3, version="2.0.0"))) == ([1], 2)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"version": "1.0.0"}, Version.V1_0_3),
        ({"version": "1.0.3"}, Version.V1_0_3),
        ({"version": "2.0.0"}, Version.V2_0_0),
        ({"context": ROLE}, Version.V2_0_0),
        ({"context": {"contextGroups": []}}, Version.V2_0_0),
        ({"object": {"objectType": "SubStatement", "context": ROLE}}, Version.V2_0_0),
        ({"context": {"extensions": {"https://x.example/contextAgents": "contextAgents"}}}, Version.V1_0_3),
    ],
)
def test_version_of_the_request(members: dict[str, object], expected: Version) -> None:
    """1.0.3, unless the statement has what that version does not know."""
    assert batches.parcel(1, UUID(number(1)), raw(1, **members)).version == expected


def test_statement_with_files_goes_alone() -> None:
    """Its bytes must travel with it; one whose file has an address is like any other."""
    with_file, with_address = raw(2, attachments=[FILE]), raw(3, attachments=[ADDRESS])
    found = (cut(row(1), row(2, with_file)), cut(row(2, with_file), row(4)), cut(row(3, with_address), row(4)))
    assert found == (([1], 1), ([2], 2), ([3, 4], 4))


def test_halves_keep_order_and_lose_nothing() -> None:
    """The earlier half comes first."""
    parcels = batches.cut([row(n) for n in range(1, 6)], 100_000, None).parcels
    first, second = batches.halves(parcels)
    assert (first + second, len(first), len(second)) == (parcels, 2, 3)
