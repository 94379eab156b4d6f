"""The few questions that cmi5 asks of an IRI or URL; none of them opens it.

IRIs must be fully qualified (cmi5 3.0), an AU's url must conform to RFC 1738 whatever its scheme (13.1.4), a relative
one names a file in the package (14.1). What a fault means is left to the callers.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from urllib.parse import unquote, unquote_plus

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

# RFC 1738 2.2 and 5: what may stand in a URL. `~` is in use everywhere and has been unreserved since RFC 2396; `#`
# separates a fragment and may stand once; brackets are for the address of a host only.
_URL_TAIL = re.compile(
    r"(?://(?:[A-Za-z0-9\-._~!$&'()*+,;=:%]*@)?\[[0-9A-Fa-f:.]+\])?"
    r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*(?:#[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*)?"
)
_AUTHORITY = re.compile(r"//(?:[^/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^/?#:@\[\]]+)(?::[0-9]{1,5})?(?=[/?#]|\Z)")

UNSAFE_SCHEMES = frozenset({"javascript", "vbscript", "data", "blob", "file", "about", "filesystem", "view-source"})
"""Never a place where a lesson lives, and a way to run something else in the launcher's name."""


def scheme(url: str) -> str | None:
    """The scheme in lower case, or None where the url is a relative reference."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else None


def is_absolute_iri(text: str) -> bool:
    """Whether the text is a fully qualified IRI by RFC 3987: a scheme and something after it (cmi5 3.0)."""
    found = _SCHEME.match(text)
    if not found or len(text) == found.end():
        return False
    tail = text[found.end() :]
    if not _iri_tail().fullmatch(tail) or _BAD_ESCAPE.search(tail):
        return False
    return found[1].lower() not in {"http", "https"} or bool(_AUTHORITY.match(tail))


@functools.cache  # at first use: it takes 5 ms, and only imports and new schools ask
def _iri_tail() -> re.Pattern[str]:
    """What may follow the scheme of an IRI (RFC 3987 2.2)."""
    planes = (
        f"{chr(plane << 16 | (0x1000 if plane == 14 else 0))}-{chr(plane << 16 | 0xFFFD)}" for plane in range(1, 15)
    )
    other = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(planes)  # ucschar
    character = rf"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%{other}]"
    return re.compile(rf"(?:(?://(?:[^/?#\[\]]*@)?\[[0-9A-Fa-f:.]+\])?{character}*)(?:#{character}*)?")


def url_fault(url: str) -> str | None:
    """Why the url does not conform to RFC 1738, or None where it does (cmi5 13.1.4)."""
    found = _SCHEME.match(url)
    tail = url[found.end() :] if found else url
    if _BAD_ESCAPE.search(tail):
        return "has a % that is not followed by two hexadecimal digits"
    if not _URL_TAIL.fullmatch(tail):
        return "has characters that must be percent-encoded in a URL"
    return _scheme_fault(found[1].lower(), tail) if found else None


def _scheme_fault(name: str, tail: str) -> str | None:
    if name in UNSAFE_SCHEMES:
        return f"has the scheme {name}, which no lesson is launched by"
    if not tail.startswith("//") or len(tail) == 2:
        return f"must go on with // and an address after {name}:"
    if name in {"http", "https"} and not _AUTHORITY.match(tail):
        return "names no host"
    return None


def query_names(url: str) -> list[str]:
    """The decoded names of the url's query parameters, in order, repeats included."""
    query = url.partition("#")[0].partition("?")[2]
    return [unquote_plus(pair.partition("=")[0]) for pair in query.split("&") if pair]


def package_path(url: str) -> str | None:
    """The name of the package's file that a relative url points at, decoded and NFC; None where it names none."""
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    segments = _resolved(path)
    return None if segments is None else unicodedata.normalize("NFC", unquote("/".join(segments)))


def normal_relative(url: str) -> str:
    """The relative url with its dot segments resolved, its query and fragment kept; ValueError if it names no file."""
    cut = re.search(r"[?#]|\Z", url)
    end = cut.start() if cut else len(url)
    segments = _resolved(url[:end])
    if segments is None:
        raise ValueError(f"{url!r} names no file in the package")
    return "/".join(segments) + url[end:]


def _resolved(path: str) -> list[str] | None:
    if not path or path.startswith("/") or path.endswith("/"):  # a folder is no entry point
        return None
    segments: list[str] = []
    for segment in path.split("/"):
        name = unquote(segment)
        if "/" in name or "\\" in name or "\0" in name:
            return None
        if name == ".." and not segments:
            return None
        if name == "..":
            segments.pop()
        elif name != ".":
            segments.append(segment)
    return segments or None
