"""How secrets are kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.auth import secrets

SALTS = [None, "grains"]


@pytest.mark.parametrize("salt", SALTS, ids=["made", "chosen"])
@pytest.mark.parametrize("secret", ["", "correct horse", "pässwörd", "with$dollar", "with:colon"])
def test_secret_matches_itself_and_no_other(secret: str, salt: str | None) -> None:
    """Whatever characters it has."""
    stored = secrets.protect(secret, salt=salt)
    assert [secrets.matches(one, stored) for one in (secret, f"{secret} ", secret[:-1] + "?")] == [True, False, False]


@pytest.mark.parametrize("salt", SALTS, ids=["made", "chosen"])
def test_what_is_stored_does_not_show_the_secret(salt: str | None) -> None:
    """Nor a part of it."""
    assert "correct" not in secrets.protect("correct horse", salt=salt)


def test_salt_makes_equal_secrets_different() -> None:
    """Two people with one password are not seen to have it."""
    assert secrets.protect("x", salt="a") != secrets.protect("x", salt="b")


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_nothing_matches_what_is_no_secret(secret: str) -> None:
    """Not even its own text: nobody signs in as the program itself."""
    stored = f"none${secret}"
    assert (secrets.matches(secret, stored), secrets.is_secret(stored)) == (False, False)


@pytest.mark.parametrize(("salt", "slow"), [(None, False), ("grains", True)])
def test_chosen_secrets_are_slow_to_guess(salt: str | None, slow: bool) -> None:
    """Those we made have 256 bits and need no stretching."""
    assert secrets.is_slow(secrets.protect("x", salt=salt)) == slow
