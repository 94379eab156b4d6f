"""Which request is let in. The page is for the browser of this person only.

Any program of the device can reach a loopback port, and any web page can make a browser ask it. So the address holds a
key that cannot be guessed; the request must have been sent to that address, not to a name that was made to point here
(DNS rebinding); and what changes something must come from a page of ours.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from http import HTTPStatus

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is."""

    port: int
    key: str

    @property
    def host(self) -> str:
        """As a browser names it in `Host`."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        """As a browser names it in `Origin`."""
        return f"http://{self.host}"

    @property
    def url(self) -> str:
        """What to open."""
        return f"{self.origin}/{self.key}/"


def refusal(address: Address, method: str, host: str, origin: str, path: str) -> HTTPStatus | None:
    """Why a request is not let in, if it is not. A header that is not there is the empty string."""
    key = path.split("/")[1] if path.startswith("/") else ""
    if host != address.host:
        return HTTPStatus.MISDIRECTED_REQUEST
    if not hmac.compare_digest(key.encode(), address.key.encode()):
        return HTTPStatus.NOT_FOUND
    if method not in ("GET", "HEAD") and origin != address.origin:
        return HTTPStatus.FORBIDDEN
    return None


def is_safe_return(url: str) -> bool:
    """Whether a browser may be sent there: to the web, or to an app's own scheme, which has a dot (RFC 8252 7.1)."""
    scheme = _SCHEME.match(url)
    return scheme is not None and (scheme[1].lower() in ("http", "https") or "." in scheme[1])
