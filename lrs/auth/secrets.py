"""How secrets are kept: never as they are, and compared in constant time.

A secret that we made has 256 random bits, so one SHA-256 is as strong as it is and costs nothing per request. A secret
that a person chose may be guessable, so it goes through scrypt (memory-hard: 16 MiB, about 50 ms) with a salt.
"""

from __future__ import annotations

import hashlib
import hmac

_COST, _BLOCK, _PARALLEL = 2**14, 8, 1


def protect(secret: str, *, salt: str | None) -> str:
    """What to store for a secret: one that a person chose needs a random `salt`, one that we made has none."""
    if salt is None:
        return f"sha256${_digest(secret)}"
    return f"scrypt${salt}${_stretched(secret, salt)}"


def matches(secret: str, stored: str) -> bool:
    """Whether this is the secret that `stored` was made from."""
    scheme, _, rest = stored.partition("$")
    if scheme == "sha256":
        return hmac.compare_digest(_digest(secret), rest)
    if scheme == "scrypt":
        salt, _, expected = rest.partition("$")
        return hmac.compare_digest(_stretched(secret, salt), expected)
    return False


def is_slow(stored: str) -> bool:
    """Whether comparing takes long enough to be done away from the event loop."""
    return stored.startswith("scrypt$")


def is_secret(stored: str) -> bool:
    """Whether anything could match what is stored; nobody can sign in as the program itself."""
    return stored.partition("$")[0] in ("sha256", "scrypt")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stretched(secret: str, salt: str) -> str:
    return hashlib.scrypt(secret.encode(), salt=salt.encode(), n=_COST, r=_BLOCK, p=_PARALLEL, dklen=32).hex()
