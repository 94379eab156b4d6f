"""`more` links: where a page ended, signed, so that they outlive a restart and serve nobody else.

A link holds the query itself, the last row shown and where the log ended when the first page was made; nothing of it is
kept on the server. It is bound to the credential that it was made for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from msgspec import Struct

from lrs.errors import Fault, Forbidden, Invalid


class Page(Struct, frozen=True):
    """A place in a traversal: the query's parameters, the last `seq` shown, the last `seq` there was at the start."""

    parameters: Sequence[tuple[str, str]]
    last: int | None
    ceiling: int | None


def write(signing_key: bytes, page: Page, credential: int) -> str:
    """The token of a link."""
    text = json.dumps([credential, page.last, page.ceiling, list(page.parameters)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(signing_key, text) + text).decode().rstrip("=")


def read(signing_key: bytes, token: str, credential: int) -> Page:
    """The page behind a token. Raises `Invalid` on one that we did not make, `Forbidden` on another sender's."""
    try:
        both = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _foreign() from error
    signature, text = both[:32], both[32:]
    if not hmac.compare_digest(signature, _signature(signing_key, text)):
        raise _foreign()
    owner, last, ceiling, parameters = json.loads(text)
    if owner != credential:
        raise Forbidden("this more link was made for another credential")
    return Page([(name, value) for name, value in parameters], last, ceiling)


def _signature(signing_key: bytes, text: bytes) -> bytes:
    return hmac.new(signing_key, text, hashlib.sha256).digest()


def _foreign() -> Invalid:
    return Invalid.of(
        [Fault("more", "xAPI Communication 2.1.3", "this more link was not made by this server, or was cut")]
    )
