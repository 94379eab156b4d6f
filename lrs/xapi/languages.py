"""Which entry of a language map somebody wants to read (Accept-Language, RFC 2616 14.4), map by map.

A language range fits a tag that it equals or begins, whole subtags only; the longest range that fits a tag gives its
quality. Where no range fits at all we do not answer nothing: a tag of the same primary language is taken, else the
first entry that is not refused by `q=0`, else the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from lrs.xapi.wire import JsonObject

_Wish = tuple[str, float]


def chooser(accept_language: str | None) -> Callable[[JsonObject], JsonObject]:
    """A function that cuts a language map down to one entry, by this Accept-Language header."""
    return partial(_chosen, wishes=tuple(_wishes(accept_language or "")))


def _chosen(found: JsonObject, wishes: tuple[_Wish, ...]) -> JsonObject:
    if len(found) < 2:
        return found
    tag = _best(tuple(found), wishes)
    return {tag: found[tag]}


def _best(tags: tuple[str, ...], wishes: tuple[_Wish, ...]) -> str:
    qualities = {tag: _quality(tag.lower(), wishes) for tag in tags}
    best = max(tags, key=lambda tag: qualities[tag] or 0.0)
    if qualities[best]:
        return best
    unrefused = [tag for tag in tags if qualities[tag] is None]
    return _by_primary_language(unrefused, wishes) or next(iter(unrefused), tags[0])


def _quality(tag: str, wishes: tuple[_Wish, ...]) -> float | None:
    """The quality of the longest range that fits the tag; None where none does."""
    fitting = [(len(wish), quality) for wish, quality in wishes if _fits(wish, tag)]
    return max(fitting)[1] if fitting else None


def _fits(wish: str, tag: str) -> bool:
    return wish in ("", tag) or tag.startswith(f"{wish}-")


def _by_primary_language(tags: list[str], wishes: tuple[_Wish, ...]) -> str | None:
    """`en` or `en-US` for somebody who asked for `en-GB` alone."""
    for wish, quality in sorted(wishes, key=lambda entry: -entry[1]):
        primary = wish.split("-")[0]
        for tag in tags:
            if quality > 0 and primary and _fits(primary, tag.lower()):
                return tag
    return None


def _wishes(header: str) -> Iterator[_Wish]:
    """The ranges with their qualities; `*` is the empty range, which fits everything. What is malformed is left out."""
    for entry in header.split(","):
        wish, *parameters = (part.strip().lower() for part in entry.split(";"))
        if wish:
            quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
            yield ("" if wish == "*" else wish), _as_quality(quality)


def _as_quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
