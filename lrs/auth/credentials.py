"""Who a request comes from: HTTP Basic credentials, kept hashed, each bound to one store, its scopes and its authority.

A cmi5 session's token is such a credential too, with `session` set; what it may do beyond its scopes is the policy's
business. `Authenticator` remembers who was verified (by a digest of the header, never the header), and must be told to
`forget` whenever a credential has changed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from lrs.auth import scopes as scope_rules
from lrs.auth import secrets
from lrs.errors import Conflict, Fault, Invalid, NotFound, Unauthenticated
from lrs.store import identity
from lrs.store.promises import Reader, Row, Store, Transaction

REMEMBERED = 2_000
KEY_LENGTH = 255
WRONG = "key or secret is wrong, or the credential was removed"


class Principal(Struct, frozen=True):
    """A verified sender. `authority` is the id of the authority object given to its statements."""

    store: int
    credential: int
    key: str
    scopes: tuple[str, ...]
    authority: int
    authority_value: dict[str, Any]
    session: str | None = None


class Listed(Struct, frozen=True):
    """A credential as it is shown: without its secret."""

    key: str
    store: str
    scopes: tuple[str, ...]
    created_us: int


class Authenticator:
    """Verifies `Authorization` headers against a store's credentials."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._verified: dict[bytes, Principal] = {}
        self._turn = asyncio.Lock()

    async def verify(self, header: str | None) -> Principal:
        """The sender, or `Unauthenticated` saying what was wrong without saying which half."""
        if header is None:
            raise Unauthenticated("no credential was sent: this resource needs HTTP Basic with a key and a secret")
        digest = hashlib.sha256(header.encode()).digest()
        return self._verified.get(digest) or await self._look_up(header, digest)

    async def _look_up(self, header: str, digest: bytes) -> Principal:
        key, secret = parse_basic(header)
        remembering = self._verified
        principal, protected = await self._store.read(lambda reader: _with_key(reader, key))
        if not secrets.is_slow(protected):
            right = secrets.matches(secret, protected)
        else:
            async with self._turn:  # a crowd with one new header pays once, and guesses cannot take every core
                right = digest in remembering or await asyncio.to_thread(secrets.matches, secret, protected)
        if not right:
            raise Unauthenticated(WRONG)
        if len(remembering) >= REMEMBERED:
            remembering.clear()
        remembering[digest] = principal  # where `forget` came in between, nobody reads this any more
        return principal

    def forget(self) -> None:
        """A credential has changed: call it once that is durable."""
        self._verified = {}


def parse_basic(header: str) -> tuple[str, str]:
    """Key and secret of a Basic header (RFC 7617)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated(f"the Authorization scheme {scheme[:20]!r} is not known here: use Basic")
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:  # not base64, or not UTF-8 in it
        raise Unauthenticated("the Authorization header is not valid Basic: it must be base64 of KEY:SECRET") from error
    if not colon:
        raise Unauthenticated("the Authorization header is not valid Basic: there is no colon between key and secret")
    return key, secret


def header(key: str, secret: str) -> str:
    """The Basic header for a key and secret."""
    return "Basic " + token(key, secret)


def token(key: str, secret: str) -> str:
    """Key and secret as cmi5's `auth-token` carries them (cmi5 8.2.2)."""
    return base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")


COLUMNS = "c.store, c.id, c.key, c.scopes, a.id, a.text, c.session"


def principal_of(reader: Reader, number: int) -> Principal:
    """The principal of a credential row, without a secret: for what the program itself writes on its behalf."""
    row = reader.execute(
        f"SELECT {COLUMNS} FROM credential c JOIN authority a ON a.id = c.authority WHERE c.id = ?",  # noqa: S608  our names
        (number,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no credential number {number}")
    return _principal(row)


def _with_key(reader: Reader, key: str) -> tuple[Principal, str]:
    """The principal that a key claims to be, and what its secret must match."""
    row = reader.execute(
        f"SELECT {COLUMNS}, c.secret FROM credential c JOIN authority a ON a.id = c.authority "  # noqa: S608  our names
        "WHERE c.key = ? AND c.ended_us IS NULL",
        (key,),
    ).fetchone()
    if row is None:
        raise Unauthenticated(WRONG)
    return _principal(row), str(row[7])


def _principal(row: Row) -> Principal:
    store, number, key, scopes, authority, text, session = row[:7]
    return Principal(store, number, key, tuple(json.loads(scopes)), authority, json.loads(text), session)


# --- changing ---------------------------------------------------------------------------------------------------------


def add(
    transaction: Transaction,
    store: int,
    key: str,
    secret: str,
    scopes: Iterable[str],
    *,
    salt: str | None,
    replace: bool,
) -> bool:
    """Add a credential, or replace the scopes of the same one. True where it is new or its secret was replaced.

    `salt` is random text for a secret that a person chose, None for one that we made. A key that was removed can be
    added again. Raises `Conflict` where the key is known with another secret and `replace` is not set, or is not free
    at all: another store's, a lesson's, or the program's own.
    """
    wanted = json.dumps(scope_rules.check(scopes))
    _check_key(key)
    row = transaction.execute(
        "SELECT id, secret, ended_us, store, session FROM credential WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        create(transaction, store, key, secrets.protect(secret, salt=salt), wanted, authority_name=key)
        return True
    number, stored, ended_us, *bound_to = row
    if bound_to != [store, None] or not secrets.is_secret(stored):
        raise Conflict(f"the key {key!r} is in use elsewhere in this program: choose another")
    if ended_us is None and secrets.matches(secret, stored):
        transaction.execute("UPDATE credential SET scopes = ? WHERE id = ?", (wanted, number))
        return False
    if ended_us is None and not replace:
        raise Conflict(f"the key {key!r} is taken with another secret; --replace puts the new one in its place")
    transaction.execute(
        "UPDATE credential SET scopes = ?, secret = ?, ended_us = NULL WHERE id = ?",
        (wanted, secrets.protect(secret, salt=salt), number),
    )
    return True


def _check_key(key: str) -> None:
    if not key or len(key) > KEY_LENGTH or ":" in key or any(ord(character) < 32 for character in key):
        raise Invalid.of(
            [Fault("key", "RFC 7617", f"a key is 1 to {KEY_LENGTH} characters without colon or control characters")]
        )


def create(
    transaction: Transaction,
    store: int,
    key: str,
    protected: str,
    scopes_json: str,
    *,
    authority_name: str,
    session: str | None = None,
) -> int:
    """The row of a new credential."""
    authority = authority_id(transaction, store, authority_name)
    number = transaction.execute(
        "INSERT INTO credential (store, key, secret, scopes, authority, session, created_us) VALUES (?,?,?,?,?,?,?)",
        (store, key, protected, scopes_json, authority, session, transaction.now_us),
    ).lastrowid
    return int(number or 0)


def remove(transaction: Transaction, store: int, key: str) -> None:
    """End a credential; its row stays, so that its statements keep their owner."""
    changed = transaction.execute(
        "UPDATE credential SET ended_us = ? WHERE store = ? AND key = ? AND session IS NULL AND ended_us IS NULL",
        (transaction.now_us, store, key),
    ).rowcount
    if not changed:
        raise NotFound(f"there is no credential with the key {key!r}; `offline-lrs credentials list` shows them")


def listed(reader: Reader, store: int) -> list[Listed]:
    """The lasting credentials, oldest first; session tokens are not among them."""
    rows = reader.execute(
        "SELECT c.key, s.name, c.scopes, c.created_us FROM credential c JOIN store s ON s.id = c.store "
        "WHERE c.store = ? AND c.session IS NULL AND c.ended_us IS NULL ORDER BY c.id",
        (store,),
    )
    return [Listed(row[0], row[1], tuple(json.loads(row[2])), row[3]) for row in rows]


def authority_value(reader: Reader, name: str) -> dict[str, Any]:
    """The authority object for a credential (xAPI Data 2.4.9): an account under the school's IRI, or under the device's
    URN where no school is set; never an address of the machine."""
    home = identity.fact(reader, "school") or f"urn:uuid:{identity.fact(reader, 'device')}"
    return {"objectType": "Agent", "account": {"homePage": home, "name": name}}


def authority_id(transaction: Transaction, store: int, name: str) -> int:
    """The number of that authority, made where it is new."""
    text = json.dumps(authority_value(transaction, name), ensure_ascii=False, separators=(",", ":"))
    transaction.execute("INSERT OR IGNORE INTO authority (store, text) VALUES (?, ?)", (store, text))
    row = transaction.execute("SELECT id FROM authority WHERE store = ? AND text = ?", (store, text)).fetchone()
    return int(row[0]) if row else 0
