"""What each scope lets its holder do."""

from __future__ import annotations

import pytest

from lrs.auth.scopes import SCOPES, Act, allows, check, require
from lrs.errors import Forbidden, Invalid

PROMISED = {
    "all",
    "all/read",
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "profile",
    "define",
    "admin",
}


def test_scopes_are_those_that_are_promised() -> None:
    """No more and no fewer."""
    assert set(SCOPES) == PROMISED


def test_all_is_everything_but_managing() -> None:
    """`admin` is not implied by `all`."""
    assert (SCOPES["all"], SCOPES["admin"]) == (frozenset(Act) - {Act.ADMIN}, frozenset({Act.ADMIN}))


def test_all_read_changes_nothing() -> None:
    """Unrestricted reading and only that."""
    changing = {Act.WRITE_STATEMENTS, Act.STATE, Act.PROFILE, Act.ADMIN}
    assert SCOPES["all/read"] == frozenset(Act) - changing


@pytest.mark.parametrize(("change", "read"), [(Act.STATE, Act.READ_STATE), (Act.PROFILE, Act.READ_PROFILE)])
def test_who_may_change_may_read(change: Act, read: Act) -> None:
    """`state` and `profile` are read and write."""
    assert all(read in acts for acts in SCOPES.values() if change in acts)


def test_scopes_are_kept_once_and_sorted() -> None:
    """However they were given."""
    assert check(["state", "profile", "state"]) == ("profile", "state")


@pytest.mark.parametrize("given", [[], ["all", "everything"], [""], ["All"]])
def test_unknown_scopes_and_none_are_refused(given: list[str]) -> None:
    """The refusal lists those there are."""
    with pytest.raises(Invalid, match="statements/read/mine"):
        check(given)


def test_every_unknown_scope_is_told() -> None:
    """Not the first alone."""
    with pytest.raises(Invalid) as caught:
        check(["a", "b", "all"])
    assert len(caught.value.faults) == 2


def test_holder_of_nothing_may_do_nothing() -> None:
    """`define` is known and opens nothing here."""
    assert not any(allows(["define"], act) for act in Act)


def test_refusal_says_what_is_needed() -> None:
    """The act, what there is, what would do."""
    with pytest.raises(Forbidden, match=r"may not write statements.*are state.*all, statements/write"):
        require(["state"], Act.WRITE_STATEMENTS)
