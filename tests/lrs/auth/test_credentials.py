"""Credentials: added, replaced, removed, verified, and never to be read from the file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrs.auth import credentials, secrets
from lrs.auth.credentials import Authenticator, Principal
from lrs.errors import Conflict, Invalid, NotFound, Unauthenticated
from lrs.store import identity
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Reader, Transaction
from lrs.store.sqlite import DATABASE
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, kept

SECRET = "correct horse battery staple"


def add(
    store: Kept,
    key: str = "key",
    secret: str = SECRET,
    *scopes: str,
    salt: str | None = None,
    replace: bool = False,
    to: int = DEFAULT_STORE,
) -> bool:
    """Add a credential."""
    return store.write(
        lambda transaction: credentials.add(
            transaction, to, key, secret, scopes or ("all",), salt=salt, replace=replace
        )
    )


def verify(store: Kept, header: str | None, authenticator: Authenticator | None = None) -> Principal:
    """Who a header is from."""
    return store.loop.run((authenticator or Authenticator(store.store)).verify(header))


def header(key: str = "key", secret: str = SECRET) -> str:
    """A Basic header."""
    return credentials.header(key, secret)


def second_store(store: Kept) -> None:
    """A tenant beside the default one."""

    def work(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO store (id, name) VALUES (2, 'second')")

    store.write(work)


# --- adding -----------------------------------------------------------------------------------------------------------


def test_same_key_and_secret_replaces_the_scopes(store: Kept) -> None:
    """`credentials add` again exits 0."""
    first, again = add(store, "key", SECRET, "all"), add(store, "key", SECRET, "state")
    assert (first, again, verify(store, header()).scopes) == (True, False, ("state",))


def test_other_secret_for_a_known_key_is_a_conflict(store: Kept) -> None:
    """And says how to go on; the old one stays."""
    add(store)
    with pytest.raises(Conflict, match="--replace"):
        add(store, "key", "another")
    assert verify(store, header()).key == "key"


def test_replace_puts_the_new_secret_in_its_place(store: Kept) -> None:
    """The old one is of no use any more, and the credential's number stays: its statements are still its own."""
    add(store)
    before = verify(store, header()).credential
    add(store, "key", "another", replace=True)
    with pytest.raises(Unauthenticated):
        verify(store, header())
    assert verify(store, header("key", "another")).credential == before


@pytest.mark.parametrize("secret", [SECRET, "another"])
def test_removed_key_can_be_added_again(store: Kept, secret: str) -> None:
    """With the same secret or a new one: it is not known any more."""
    add(store)
    store.write(lambda transaction: credentials.remove(transaction, DEFAULT_STORE, "key"))
    assert (add(store, "key", secret), verify(store, header("key", secret)).key) == (True, "key")


@pytest.mark.parametrize("replace", [False, True])
def test_key_of_another_store_is_not_free(store: Kept, replace: bool) -> None:
    """A credential belongs to exactly one store, whatever is wished."""
    second_store(store)
    add(store)
    with pytest.raises(Conflict, match="in use elsewhere"):
        add(store, replace=replace, to=2)


@pytest.mark.parametrize("protected", ["none$", "sha256$x"], ids=["the program's own", "a lesson's"])
def test_key_of_the_program_cannot_be_taken(store: Kept, protected: str) -> None:
    """Nobody becomes the LMS, or a lesson, by adding a credential of its name."""

    def work(transaction: Transaction) -> None:
        session = "session" if protected.startswith("sha256") else None
        credentials.create(transaction, 1, "lms-1", protected, '["all"]', authority_name="lms", session=session)

    store.write(work)
    with pytest.raises(Conflict, match="in use elsewhere"):
        add(store, "lms-1", replace=True)


@pytest.mark.parametrize("key", ["", "a:b", "a\nb", "x" * 256])
def test_key_that_no_header_could_carry_is_refused(store: Kept, key: str) -> None:
    """RFC 7617."""
    with pytest.raises(Invalid):
        add(store, key)


def test_list_has_everything_but_the_secret(store: Kept) -> None:
    """Lasting ones only, oldest first."""
    add(store, "b", SECRET, "state", "profile")
    add(store, "a")
    listed = store.read(lambda reader: credentials.listed(reader, DEFAULT_STORE))
    assert [(one.key, one.store, one.scopes) for one in listed] == [
        ("b", "default", ("profile", "state")),
        ("a", "default", ("all",)),
    ]


def test_removing_an_unknown_key_says_where_to_look(store: Kept) -> None:
    """Twice is once too often."""
    with pytest.raises(NotFound, match="credentials list"):
        store.write(lambda transaction: credentials.remove(transaction, DEFAULT_STORE, "key"))


# --- verifying --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "secret"), [("key", SECRET), ("ключ", "pässwörd:with:colons"), ("k", "")])
@pytest.mark.parametrize("salt", [None, "grains"], ids=["made", "chosen"])
def test_right_header_is_verified(store: Kept, key: str, secret: str, salt: str | None) -> None:
    """UTF-8, colons in the secret (RFC 7617)."""
    add(store, key, secret, "state", salt=salt)
    found = verify(store, header(key, secret))
    assert (found.store, found.key, found.scopes, found.session) == (DEFAULT_STORE, key, ("state",), None)


@pytest.mark.parametrize("salt", [None, "grains"], ids=["made", "chosen"])
def test_wrong_half_is_not_told(store: Kept, salt: str | None) -> None:
    """Unknown key and wrong secret sound the same."""
    add(store, salt=salt)
    sentences = set()
    for wrong in (header("other", SECRET), header("key", "other")):
        with pytest.raises(Unauthenticated) as caught:
            verify(store, wrong)
        sentences.add(caught.value.detail)
    assert len(sentences) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        "Basic",
        "Basic =",
        "Basic \xff\xfe",
        "Basic " + base64.b64encode(b"\xff:x").decode(),
        "Basic " + base64.b64encode(b"key").decode(),
        "Bearer " + base64.b64encode(b"key:x").decode(),
    ],
)
def test_no_basic_header_is_told_so(store: Kept, wrong: str | None) -> None:
    """Never a fault of ours."""
    with pytest.raises(Unauthenticated):
        verify(store, wrong)


def test_removed_credential_is_refused_at_once(store: Kept) -> None:
    """What was remembered is forgotten."""
    authenticator = Authenticator(store.store)
    add(store)
    verify(store, header(), authenticator)
    store.write(lambda transaction: credentials.remove(transaction, DEFAULT_STORE, "key"))
    authenticator.forget()
    with pytest.raises(Unauthenticated):
        verify(store, header(), authenticator)


def test_look_that_began_before_a_change_is_not_remembered(store: Kept) -> None:
    """A credential that is removed while its header is looked up does not live on in memory."""
    add(store)

    class Slow:
        """A store whose answers arrive after the change."""

        def __init__(self) -> None:
            self.authenticator = Authenticator(self)  # type: ignore[arg-type]  # enough of a store

        async def read(self, work: Callable[[Reader], Any]) -> Any:
            found = await store.store.read(work)
            await store.store.write(lambda transaction: credentials.remove(transaction, DEFAULT_STORE, "key"))
            self.authenticator.forget()
            return found

    slow = Slow()
    store.loop.run(slow.authenticator.verify(header()))
    slow.authenticator._store = store.store
    with pytest.raises(Unauthenticated):
        verify(store, header(), slow.authenticator)


def test_remembered_header_needs_no_database(store: Kept) -> None:
    """The hot path: verified once."""
    authenticator = Authenticator(store.store)
    add(store)
    first = verify(store, header(), authenticator)
    store.close()
    assert verify(store, header(), authenticator) == first


def test_crowd_with_one_new_header_pays_once(store: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty-two connections that begin together stretch one secret, not thirty-two."""
    add(store, salt="grains")
    calls: list[str] = []
    plain = secrets.matches

    def counting(secret: str, stored: str) -> bool:
        calls.append(secret)
        return plain(secret, stored)

    monkeypatch.setattr(secrets, "matches", counting)
    authenticator = Authenticator(store.store)
    store.loop.together(*(authenticator.verify(header()) for _ in range(32)))
    assert len(calls) == 1


# --- what they are in the store ---------------------------------------------------------------------------------------


def test_authority_is_an_account_under_the_school(store: Kept) -> None:
    """xAPI Data 2.4.9; before there is a school, under the device's own URN."""
    add(store, "before")
    store.write(lambda transaction: identity.settle_school(transaction, "https://school.example"))
    add(store, "after")
    values = [verify(store, header(key)).authority_value for key in ("before", "after")]
    device = f"urn:uuid:{store.store.here.device_uuid}"
    assert values == [
        {"objectType": "Agent", "account": {"homePage": home, "name": name}}
        for home, name in ((device, "before"), ("https://school.example", "after"))
    ]


def test_principal_of_a_row_is_the_verified_one(store: Kept) -> None:
    """The program may speak for a credential without its secret."""
    add(store)
    verified = verify(store, header())

    def look(reader: Reader) -> Principal:
        return credentials.principal_of(reader, verified.credential)

    assert store.read(look) == verified


def test_school_is_settled_once(store: Kept) -> None:
    """Every id is made from it."""
    for _ in range(2):
        store.write(lambda transaction: identity.settle_school(transaction, "https://school.example"))
    with pytest.raises(Conflict, match=r"belongs to https://school\.example"):
        store.write(lambda transaction: identity.settle_school(transaction, "https://other.example"))


def test_secrets_are_never_in_the_file(tmp_path: Path) -> None:
    """Not as text, not as base64, in neither file of the database, whether made, chosen or a lesson's token."""
    with kept(tmp_path / "data", FixedClock()) as store:
        add(store, "chosen", SECRET, salt="grains")
        add(store, "made", f"made {SECRET}")
        protected = secrets.protect(f"token {SECRET}", salt=None)
        store.write(
            lambda transaction: credentials.create(
                transaction, 1, "lesson", protected, '["all"]', authority_name="lms", session="s"
            )
        )
        verify(store, header("chosen"))
        files = [tmp_path / "data" / name for name in (DATABASE, f"{DATABASE}-wal")]
        kept_bytes = b"".join(file.read_bytes() for file in files)
    spellings = [SECRET.encode(), base64.b64encode(f"chosen:{SECRET}".encode()), SECRET.encode().hex().encode()]
    assert (b"chosen" in kept_bytes, [one for one in spellings if one in kept_bytes]) == (True, [])
