"""Strict JSON, and exact slices of it.

The received text is the record: what is stored, forwarded and returned is a slice of it, so that `1.10`, `1e2` and
forty-digit integers stay as they were spelt. The parsed value beside it is for deciding only. What the values mean is
left to the other modules.

Refused: anything but UTF-8, a byte-order mark, a name twice in one object, NaN and Infinity, numbers no double can
hold, half a surrogate pair, nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

import jiter
import msgspec
from msgspec import Struct

from lrs.errors import Fault, Invalid

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
JsonObject: TypeAlias = dict[str, Any]

MAX_DEPTH = 100
TOO_LARGE = "a number is larger than a double can hold"
_REQUIREMENT = "xAPI Data 2.2"
_WHITESPACE = b" \t\r\n"
_QUOTE, _BACKSLASH = b'"\\'

_elements = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder()
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parse_json(data: bytes, path: str = "") -> Any:
    """The value of one strict JSON text; `Invalid` with the reason and the place otherwise."""
    value = parse_any_number(data, path)
    if _may_overflow(data) and overflows(value):
        raise _not_json(path, TOO_LARGE)
    return value


def parse_own(data: bytes) -> Any:
    """The value of a text that we keep: it was held to all of this before it was stored."""
    return jiter.from_json(data, cache_mode="keys")


def parse_any_number(data: bytes, path: str = "") -> Any:
    """The same, for a caller who knows where numbers may stand and asks `overflows` there: a walk less."""
    try:
        value = jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise _not_json(path, str(error)) from error
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _is_deep(value):
        raise _not_json(path, f"nested deeper than {MAX_DEPTH}")
    return value


def overflows(value: Any) -> bool:
    """Whether a parsed value has a number that no double can hold; such a number is parsed as infinity."""
    if isinstance(value, float):
        return math.isinf(value)
    return isinstance(value, (dict, list)) and any(overflows(child) for child in _children(value))


def _may_overflow(data: bytes) -> bool:
    """Whether a number may be too large: msgspec refuses such a text, in a quarter of the time of a walk."""
    try:
        _anything.decode(data)
    except msgspec.DecodeError:
        return True
    return False


def dumps(value: Json | Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON of a value; integers of any length keep all their digits."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def split(body: bytes) -> tuple[bool, list[bytes]]:
    """Whether a statements body was an array, and the exact text of each statement in it.

    Only the brackets are judged here (and that each element is an object); `statements.parse` is strict about the rest.
    """
    text = body.strip(_WHITESPACE)
    if text[:1] == b"{":
        return False, [text]
    if text[:1] != b"[":
        raise _not_json("", "expected a statement or an array of statements")
    found = elements(text)
    _must_be_objects(found)
    return True, found


def members(raw: bytes) -> dict[str, bytes]:
    """The exact text of each top-level member's value, in the order received."""
    try:
        return {name: bytes(value) for name, value in _members.decode(raw).items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json("", _reason(error)) from error


def elements(raw: bytes) -> list[bytes]:
    """The exact text of each element of an array."""
    try:
        return [bytes(value) for value in _elements.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json("", _reason(error)) from error


def without(raw: bytes, names: Collection[str]) -> bytes:
    """The object without these top-level members, every kept member byte-equal; `raw` itself when none is there."""
    found = members(raw)
    if not any(name in found for name in names):
        return raw
    kept = [raw[span.start : span.end] for span in _spans(raw, found) if span.name not in names]
    return b"{" + b",".join(kept) + b"}"


def with_members(raw: bytes, added: Mapping[str, bytes]) -> bytes:
    """The object with these members (name to JSON text) at its end, byte-equal before. Names must be new to it."""
    if not added:
        return raw
    head = raw.rstrip(_WHITESPACE)[:-1]
    comma = b"" if head.strip(_WHITESPACE) == b"{" else b","
    pairs = [_quoted(name) + b":" + value for name, value in added.items()]
    return head + comma + b",".join(pairs) + b"}"


@functools.lru_cache(64)
def _quoted(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=False).encode()


def replaced(raw: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The object with the values of these top-level members replaced where they stand, all else byte-equal."""
    pieces: list[bytes] = []
    done = 0
    for span in _spans(raw, members(raw)):
        if span.name in changes:
            pieces += [raw[done : span.value], changes[span.name]]
            done = span.end
    return b"".join([*pieces, raw[done:]])


class _Span(Struct, frozen=True):
    """Where one member stands in its object: `start` of its name, first byte of its `value`, `end` of it."""

    name: str
    start: int
    value: int
    end: int


def _spans(raw: bytes, found: Mapping[str, bytes]) -> list[_Span]:
    """The places of the members that `members` found; the text is known to be an object without double names."""
    spans: list[_Span] = []
    at = raw.index(b"{") + 1
    for name, value in found.items():
        start = raw.index(b'"', at)
        value_at = _after_colon(raw, start)
        spans.append(_Span(name, start, value_at, value_at + len(value)))
        at = value_at + len(value)
    return spans


def _after_colon(raw: bytes, start: int) -> int:
    """The first byte of the value whose quoted name begins at `start`."""
    at = start + 1
    while raw[at] != _QUOTE:
        at += 2 if raw[at] == _BACKSLASH else 1
    at = raw.index(b":", at) + 1
    while raw[at] in _WHITESPACE:
        at += 1
    return at


def _must_be_objects(found: Iterable[bytes]) -> None:
    faults = [
        Fault(f"statements[{index}]", _REQUIREMENT, "a statement must be a JSON object")
        for index, element in enumerate(found)
        if element[:1] != b"{"
    ]
    if faults:
        raise Invalid.of(faults)


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than `MAX_DEPTH`: 1 for `[]`, 2 for `[{}]`."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [found for found in level if isinstance(found, (dict, list))]
        if not containers:
            return False
        level = [child for found in containers for child in _children(found)]
    return True


def _children(found: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return found.values() if isinstance(found, dict) else found


def _not_json(path: str, reason: str) -> Invalid:
    return Invalid.of([Fault(path, _REQUIREMENT, f"not JSON as xAPI asks for it: {reason}")])


def _reason(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)
