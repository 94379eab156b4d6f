"""From a valid statement to a row of the log: what is added, what is taken out, what stays as it was spelt."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from lrs.store.entry import MADE_HERE, Entry, Provenance, prepare
from lrs.xapi import statements
from lrs.xapi.versions import Version

NEW_ID = UUID("5a527eb4-4b3e-4a0e-9a0a-5d3b2c1f0e9d")
NOW = 1_790_000_000_123_456
BARE = (
    b'{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":"http://example.com/v"},'
    b'"object":{"id":"http://example.com/a"}'
)


def entry(more: bytes = b"", version: Version = Version.V1_0_3) -> Entry:
    """What becomes of the bare statement with these members."""
    parsed = statements.parse(BARE + more + b"}", version)
    return prepare(parsed, version, Provenance(1, 2, {}, MADE_HERE, 3, None), NOW, NEW_ID)


def test_id_timestamp_and_version_are_made_sure_of() -> None:
    """xAPI Data 2.4.1, 2.4.7, 2.4.10: in the text, behind what was sent."""
    expected = (
        BARE
        + b',"id":"5a527eb4-4b3e-4a0e-9a0a-5d3b2c1f0e9d","timestamp":"2026-09-21T14:13:20.123456Z","version":"1.0.0"}'
    )
    assert entry().raw == expected


def test_text_and_value_say_the_same() -> None:
    """What is indexed is what is stored."""
    made = entry(b',"stored":"2020-01-01T00:00:00Z"')
    assert json.loads(made.raw) == {name: value for name, value in made.value.items() if name != "stored"}


@pytest.mark.parametrize(("version", "expected"), [(Version.V1_0_3, "1.0.0"), (Version.V2_0_0, "2.0.0")])
def test_absent_version_follows_the_request(version: Version, expected: str) -> None:
    """xAPI Data 2.4.10."""
    assert entry(version=version).value["version"] == expected


def test_what_was_sent_is_kept_for_comparing() -> None:
    """Without what was added."""
    assert "timestamp" not in entry().sent


def test_stored_and_authority_are_taken_out() -> None:
    """The LRS gives its own when the statement is read; the rest keeps its spelling."""
    sent = b',"stored":"2020-01-01T00:00:00Z", "result" : {"score":{"raw":1.50}}'
    raw = entry(sent + b',"authority":{"mbox":"mailto:b@example.com"}').raw
    assert (b"stored" in raw, b"authority" in raw, b'"result" : {"score":{"raw":1.50}}' in raw) == (False, False, True)


def test_own_id_and_time_are_the_rows() -> None:
    """Nothing is made where it is there."""
    own = "11111111-2222-4333-8444-AAAAAAAAAAAA"
    made = entry(f',"id":"{own}","timestamp":"1970-01-01T00:00:01Z","version":"1.0.3"'.encode())
    found: tuple[Any, ...] = (made.id, made.timestamp_us, own.encode() in made.raw, made.raw.count(b"timestamp"))
    assert found == (UUID(own), 1_000_000, True, 1)
