"""Which version a request gets, and which versions its statements may be of."""

from __future__ import annotations

import pytest

from lrs.xapi.versions import RULES, Version, negotiate, statement_version_allowed
from tests.lrs.xapi.examples import refused


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", Version.V1_0_3),
        ("1.0.0", Version.V1_0_3),
        ("1.0.3", Version.V1_0_3),
        ("1.0.99", Version.V1_0_3),
        ("2.0", Version.V2_0_0),
        ("2.0.0", Version.V2_0_0),
        (" 2.0.1 ", Version.V2_0_0),
    ],
)
def test_a_header_gets_the_latest_patch_of_its_line(header: str, version: Version) -> None:
    """A header of a line we speak is answered by the latest patch of that line."""
    assert negotiate(header) is version


@pytest.mark.parametrize("header", [None, "", "0.95", "1.1.0", "1.0.", "2.1.0", "10.0.0", "1", "2", "3.0.0", "x"])
def test_other_headers_are_refused(header: str | None) -> None:
    """A missing header, or one of another line, is refused with the requirement."""
    assert [fault.requirement for fault in refused(lambda: negotiate(header))] == ["xAPI Communication 3.3"]


@pytest.mark.parametrize(
    ("value", "in_1_0_3", "in_2_0_0"),
    [
        ("1.0", True, True),
        ("1.0.0", True, True),
        ("1.0.9", True, True),
        ("2.0.0", False, True),
        ("2.0", False, True),
        ("1.1.0", False, False),
        ("0.9.9", False, False),
        ("1.0.", False, False),
        (1.0, False, False),
        (None, False, False),
    ],
)
def test_a_statement_may_be_of_its_requests_line_or_an_older_one(value: object, in_1_0_3: bool, in_2_0_0: bool) -> None:
    """1.0.3 takes statements of 1.0.x, 2.0.0 those of 1.0.x and 2.0.x."""
    allowed = [statement_version_allowed(value, version) for version in (Version.V1_0_3, Version.V2_0_0)]
    assert allowed == [in_1_0_3, in_2_0_0]


def test_every_version_has_its_rules() -> None:
    """The table of rules names each version, and a statement's default version is one that its rules allow."""
    assert [statement_version_allowed(RULES[version].statement_default, version) for version in Version] == [True, True]
