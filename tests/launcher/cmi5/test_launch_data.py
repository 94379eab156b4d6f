"""The LMS.LaunchData document."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from launcher.cmi5 import launch_data, vocabulary
from tests.launcher.cmi5 import worlds

AU = worlds.au(0)


def document(**changes: Any) -> dict[str, Any]:
    """The document of a Normal launch of AU 0 with these parts of it changed."""
    au = replace(AU, **changes)
    return launch_data.document(session_id="s-1", publisher_id=AU.id, au=au, launch_mode=vocabulary.NORMAL)


def test_the_least_document() -> None:
    """What the standard demands is there, and nothing that the course does not have."""
    expected = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"id": "https://pub.example/au/0"}]},
            "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": "s-1"},
        },
        "launchMode": "Normal",
        "moveOn": "Passed",
    }
    assert expected == document()


def test_the_full_document() -> None:
    """Everything the course and the launch give is passed on unaltered."""
    au = replace(AU, mastery_score=Decimal("0.85"), launch_parameters="a=1", entitlement_key="xyz")
    made = launch_data.document(
        session_id="s-1",
        publisher_id=AU.id,
        au=au,
        launch_mode=vocabulary.REVIEW,
        return_url="https://lms.example/back?a=1",
        alternate_entitlement_key="abc",
    )
    expected = {
        "launchMode": "Review",
        "moveOn": "Passed",
        "masteryScore": 0.85,
        "launchParameters": "a=1",
        "returnURL": "https://lms.example/back?a=1",
        "entitlementKey": {"courseStructure": "xyz", "alternate": "abc"},
    }
    assert expected == {name: made[name] for name in expected}


@pytest.mark.parametrize(
    ("text", "expected"), [("0", "0"), ("0.0", "0"), ("1.000", "1"), ("0.6", "0.6"), ("0.8500", "0.85"), (".1", "0.1")]
)
def test_mastery_score_is_the_number_itself(text: str, expected: str) -> None:
    """masteryScore goes out as the JSON number of the course structure, 0 included."""
    assert expected == json.dumps(document(mastery_score=Decimal(text))["masteryScore"])


def test_empty_launch_parameters_are_kept() -> None:
    """An empty text in the structure is a text: it is in the document."""
    assert document(launch_parameters="")["launchParameters"] == ""
