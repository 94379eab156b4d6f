"""Names as xAPI spells them: IRIs, mailto IRIs, language tags, media types, UUIDs. Each function says yes or no.

Whether a name *resolves*, or a language exists in a registry, is left to nobody: only the form is judged.
"""

from __future__ import annotations

import re

# Not allowed anywhere in an IRI (RFC 3987 2.2): spaces, controls, the delimiters of other languages, noncharacters.
_NEVER = r"\x00-\x20\x7f-\x9f<>\"{}|\\^`\ufdd0-\ufdef\ufff0-\uffff"
_IRI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:"  # the scheme: xAPI Data 2.2 refuses IRIs without one
    rf"(?=[^#])(?:[^%#{_NEVER}]|%[0-9A-Fa-f]{{2}})*"
    rf"(?:#(?:[^%#{_NEVER}]|%[0-9A-Fa-f]{{2}})*)?",
)
_WEB = re.compile(r"https?:", re.IGNORECASE)
_WEB_HOST = re.compile(r"https?://[^/?#]", re.IGNORECASE)

_MAILTO = re.compile(rf"mailto:[^{_NEVER}@?#:;,()\[\]]+@[^{_NEVER}@?#:;,()\[\]/.]+(?:\.[^{_NEVER}@?#:;,()\[\]/.]+)*")

# RFC 5646 2.1, well-formed tags; `irregular` lists the grandfathered ones which the grammar does not give.
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"  # language, with up to three extended languages
    r"(?:-[a-z]{4})?"  # script
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    r"(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*"  # extensions
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"  # private use
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|(?P<irregular>en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-be-fr|sgn-be-nl|sgn-ch-de|art-lojban|cel-gaulish|no-bok|no-nyn|zh-(?:guoyu|hakka|min|min-nan|xiang)))",
    re.IGNORECASE | re.ASCII,
)

_TOKEN = r"[A-Za-z0-9!#$&^_.+\-%'*`|~]+"
_MEDIA_TYPE = re.compile(
    rf"{_TOKEN}/{_TOKEN}(?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*\"))*[ \t]*",
)

_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")

# Verbs, activity types and languages repeat in nearly every statement: the good ones are remembered, the long ones not.
_KEEP, _KEEP_LENGTH = 4096, 256
_good_iris: set[str] = set()
_good_tags: set[str] = set()


def is_iri(text: str) -> bool:
    """Whether the text is an absolute IRI with a scheme (RFC 3987)."""
    return text in _good_iris or _is_new_iri(text)


def is_irl(text: str) -> bool:
    """Whether the text is an IRI that could locate something: on the web it needs a host."""
    return is_iri(text) and (_WEB.match(text) is None or _WEB_HOST.match(text) is not None)


def is_mailto(text: str) -> bool:
    """Whether the text is `mailto:` and one email address, nothing more."""
    return _MAILTO.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Whether the text is a SHA-1 digest in hexadecimal, either case."""
    return _SHA1.fullmatch(text) is not None


def is_language_tag(text: str) -> bool:
    """Whether the text is a well-formed RFC 5646 language tag."""
    return text in _good_tags or _is_new_tag(text)


def is_media_type(text: str) -> bool:
    """Whether the text is an Internet media type, parameters allowed (RFC 2046)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in standard string form, 8-4-4-4-12; either case, any version (RFC 4122)."""
    return _UUID.fullmatch(text) is not None


def _is_new_iri(text: str) -> bool:
    return _IRI.fullmatch(text) is not None and _remembered(text, _good_iris)


def _is_new_tag(text: str) -> bool:
    return _LANGUAGE.fullmatch(text) is not None and _remembered(text, _good_tags)


def _remembered(text: str, good: set[str]) -> bool:
    """Always true; forgetting all at once is quicker than choosing what to forget."""
    if len(text) <= _KEEP_LENGTH:
        if len(good) >= _KEEP:
            good.clear()
        good.add(text)
    return True
