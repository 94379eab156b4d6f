"""Strict JSON and exact slices: what is refused, and that nothing else of the text is ever changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import wire
from tests.lrs.xapi.examples import refused

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=3)
SPACE = st.sampled_from(["", " ", "\n\t ", "\r\n"])


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"x":{"a":1,"\\u0061":2}}',
        b'{"a":NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e400]",
        b"[-1.5E+309]",
        b"[1.7976931348623159e308]",
        b"[" + b"9" * 310 + b".0]",
        b"[" + b"9" * 260 + b"e99]",
        b'{"a":[{"b":1e400}]}',
        b"[" + b"9" * 5000 + b"]",
        b'["\\ud800"]',
        b'["\\udc00\\ud800"]',
        b'["\xed\xa0\x80"]',
        b'["\xff"]',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b'{"a":1,}',
        b"{'a':1}",
        b'["\x01"]',
        b"[01]",
        b"",
        b"[" * 101 + b"]" * 101,
        b"[" * 100_000,
        b'{"a":1e400',
        '{"a":"ü"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
    ],
    ids=lambda text: repr(text[:24]) + str(len(text)),
)
def test_what_is_not_strict_json_is_refused(text: bytes) -> None:
    """Each kind of text that is not strict JSON is refused, at the path it was given."""
    assert [fault.path for fault in refused(lambda: wire.parse_json(text, "body"))] == ["body"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"[" + b"1" * 40 + b"]", [int("1" * 40)]),
        (b"[1.0, 1e2, -0.0, 1e-400, 1.7e308]", [1.0, 100.0, 0.0, 0.0, 1.7e308]),
        (b'["1e400", "NaN"]', ["1e400", "NaN"]),
        (b"[1.7976931348623157e308]", [1.7976931348623157e308]),
        (b"[" + b"9" * 400 + b"]", [int("9" * 400)]),
        (b'{"a":{"a":1},"b":{"a":2}}', {"a": {"a": 1}, "b": {"a": 2}}),
        (b'["a\\u0000b"]', ["a\0b"]),
    ],
    ids=["pair", "long integer", "numbers", "texts", "largest", "longer integer", "same name elsewhere", "nul"],
)
def test_what_is_strict_json_is_parsed(text: bytes, value: Any) -> None:
    """Odd but valid JSON is taken."""
    assert wire.parse_json(text) == value


def test_nesting_of_a_hundred_is_borne() -> None:
    """The limit itself is still allowed, in arrays and objects alike."""
    deep = json.loads("[" * 99 + "1" + "]" * 99)
    assert wire.parse_json(b'{"a":' * 1 + b"[" * 99 + b"1" + b"]" * 99 + b"}") == {"a": deep}


@given(VALUES)
def test_what_is_written_is_parsed_again(value: Any) -> None:
    """What `dumps` writes is the same value when parsed."""
    assert wire.parse_json(wire.dumps(value)) == value


@given(st.lists(OBJECTS, max_size=3), SPACE)
def test_a_batch_splits_into_its_statements(statements: list[dict[str, Any]], space: str) -> None:
    """Joined by commas in brackets with any white space, the texts of statements come back as they were."""
    texts = [json.dumps(statement).encode() for statement in statements]
    pad = space.encode()
    body = pad + b"[" + pad + (pad + b"," + pad).join(texts) + pad + b"]" + pad
    assert wire.split(body) == (True, texts)


def test_a_single_statement_is_no_batch() -> None:
    """One object is one statement, trimmed and otherwise as it was received."""
    assert wire.split(b' \n{"a" : 1.10 }\t') == (False, [b'{"a" : 1.10 }'])


def test_an_empty_batch_has_no_statements() -> None:
    """An empty array is a batch of none."""
    assert wire.split(b"[ ]") == (True, [])


def test_elements_that_are_no_objects_are_all_named() -> None:
    """Each element of a batch that is not an object is a fault at its place."""
    faults = refused(lambda: wire.split(b'[{}, 1, {}, "x"]'))
    assert [fault.path for fault in faults] == ["statements[1]", "statements[3]"]


@pytest.mark.parametrize("body", [b"", b"3", b'"x"', b"[{}", b"[{} {}]", b"[" * 100_000, b"null"])
def test_a_body_of_no_statements_is_refused(body: bytes) -> None:
    """A body that is neither an object nor an array is refused, however it is broken."""
    assert len(refused(lambda: wire.split(body))) == 1


@pytest.mark.parametrize("raw", [b"[]", b"{", b"x", b""])
def test_only_an_object_has_members(raw: bytes) -> None:
    """Members of anything else are refused."""
    assert len(refused(lambda: wire.members(raw))) == 1


@given(OBJECTS, SPACE, st.booleans())
def test_members_are_exact_slices(value: dict[str, Any], space: str, ascii_only: bool) -> None:
    """The text of each member is found as it was spelt, in its order."""
    pairs = {name: json.dumps(member, ensure_ascii=ascii_only).encode() for name, member in value.items()}
    assert wire.members(_object_text(pairs, space)) == pairs


@given(OBJECTS, SPACE, st.sets(st.text(max_size=6), max_size=3), st.data())
def test_dropping_members_keeps_the_others_byte_equal(
    value: dict[str, Any], space: str, others: set[str], data: st.DataObject
) -> None:
    """What is left after dropping members is the rest of them, each as it was spelt."""
    names = others | data.draw(st.sets(st.sampled_from(sorted(value)) if value else st.nothing()))
    pairs = {name: json.dumps(member).encode() for name, member in value.items()}
    kept = {name: text for name, text in pairs.items() if name not in names}
    assert wire.members(wire.without(_object_text(pairs, space), names)) == kept


def test_dropping_nothing_gives_the_same_bytes_object() -> None:
    """With nothing to drop there is no copy."""
    raw = b'{"a": 1}'
    assert wire.without(raw, ("b",)) is raw


def test_kept_members_keep_their_spelling() -> None:
    """White space inside a member, escapes in its name and the spelling of numbers stay."""
    raw = rb'{ "a\"b" : 1.10, "drop": {"x":"}"}, "c" :[1, 2e0] }'
    assert wire.without(raw, {"drop"}) == rb'{"a\"b" : 1.10,"c" :[1, 2e0]}'


@given(OBJECTS, SPACE)
def test_added_members_stand_at_the_end(value: dict[str, Any], space: str) -> None:
    """The text before the added members is byte-equal to what was there."""
    pairs = {name: json.dumps(member).encode() for name, member in value.items() if name != "stored"}
    raw = _object_text(pairs, space)
    grown = wire.with_members(raw, {"stored": b'"now"'})
    head = raw.rstrip()[:-1]
    assert (grown[: len(head)], wire.members(grown)) == (head, {**pairs, "stored": b'"now"'})


def test_adding_nothing_gives_the_same_bytes_object() -> None:
    """With nothing to add there is no copy."""
    raw = b"{}"
    assert wire.with_members(raw, {}) is raw


@given(OBJECTS, SPACE, st.data())
def test_replaced_members_stand_where_they_stood(value: dict[str, Any], space: str, data: st.DataObject) -> None:
    """Replacing changes the text of those values and nothing else."""
    pairs = {name: json.dumps(member).encode() for name, member in value.items()}
    names = data.draw(st.sets(st.sampled_from(sorted(value)) if value else st.nothing()))
    changed = {name: b'"new"' if name in names else text for name, text in pairs.items()}
    replaced = wire.replaced(_object_text(pairs, space), dict.fromkeys(names, b'"new"'))
    assert replaced == _object_text(changed, space)


def _object_text(pairs: dict[str, bytes], space: str) -> bytes:
    pad = space.encode()
    members = [json.dumps(name).encode() + pad + b":" + pad + text for name, text in pairs.items()]
    return b"{" + pad + (pad + b"," + pad).join(members) + pad + b"}"
