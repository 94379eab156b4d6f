"""Take a URL apart for a request: which origin it is of, what `Host` says, and the target in origin-form."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from lrs.client.errors import Misdirected

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. `authority` is as written in the URL, without a user."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port, which may be compared (RFC 6454 4)."""
        return self.scheme, self.host, self.port


def place(url: str, base: str) -> Place:
    """Where `url` goes: an absolute http or https URL, or a path at the origin of `base`."""
    if url.startswith("/") and not url.startswith("//"):
        at = place(base, base)
        return Place(at.scheme, at.host, at.port, at.authority, _target(url))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Misdirected(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise Misdirected(f"{url!r} is not an http or https URL")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    authority = parts.netloc.rpartition("@")[2]
    return Place(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme], authority, target)


def _target(path: str) -> str:
    return path.partition("#")[0]
