"""The address of a learner's page: nobody can guess it, and it says nothing about anybody."""

from __future__ import annotations

import re

import pytest

from launcher.people import pages

SIGNING_KEY = b"a signing key"
PEOPLE = [f"p-{number}" for number in range(50)]


def test_a_key_is_one_persons_and_stays_the_same() -> None:
    """It follows from the data folder's secret and the id; other people, stores and folders have others."""
    keys = {pages.key(SIGNING_KEY, 1, person) for person in PEOPLE}
    keys |= {pages.key(SIGNING_KEY, 2, "p-1"), pages.key(b"another key", 1, "p-1")}
    assert (len(keys), pages.key(SIGNING_KEY, 1, "p-1") in keys) == (52, True)


def test_a_key_can_stand_in_an_address_and_has_no_id_in_it() -> None:
    """192 bits, as 32 characters that need no escaping."""
    key = pages.key(SIGNING_KEY, 1, "Amina Diallo 2017")
    assert (bool(re.fullmatch(r"[A-Za-z0-9_-]{32}", key)), "Amina" in key) == (True, False)


def test_whose_a_key_is() -> None:
    """Found among the people of the roster."""
    assert pages.owner(SIGNING_KEY, 1, PEOPLE, pages.key(SIGNING_KEY, 1, "p-49")) == "p-49"


@pytest.mark.parametrize("given", ["", "p-1", "ключ", "\udcff", pages.key(SIGNING_KEY, 1, "p-1")[:-1]])
def test_a_wrong_key_is_nobodys(given: str) -> None:
    """Whatever characters are in it."""
    assert pages.owner(SIGNING_KEY, 1, PEOPLE, given) is None
