"""What a lesson may write into its learner's profile: the preferences, whole and readable, and nothing else."""

from __future__ import annotations

import json

import pytest

from launcher.cmi5 import preferences
from launcher.cmi5.vocabulary import PROFILE_LEARNER_PREFERENCES
from lrs.errors import Fault

GOOD = {"languagePreference": "en-US,es", "audioPreference": "on"}
NO_LANGUAGES: list[object] = ["", ",", "en,", "en;es", "e n", "english_US", None, ["en"], 7]
NO_AUDIO: list[object] = ["", "On", "yes", None, True, ["on"], {}]


def _faults(value: object, method: str = "PUT") -> list[Fault]:
    return preferences.faults(method, PROFILE_LEARNER_PREFERENCES, json.dumps(value).encode())


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"audioPreference": "off"},
        {"languagePreference": "en"},
        {"languagePreference": "en-US, es"},
        {"languagePreference": "zh-Hant-TW,x-class-3"},
        {"fontSize": 14},
    ],
)
def test_whole_preferences_are_let_through(method: str, changes: dict[str, object]) -> None:
    """cmi5 11.1, 11.2: both properties, with values that can be understood; more is the lesson's own affair."""
    assert _faults({**GOOD, **changes}, method) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [*(("languagePreference", value) for value in NO_LANGUAGES), *(("audioPreference", value) for value in NO_AUDIO)],
)
def test_a_property_that_cannot_be_understood_is_named(path: str, value: object) -> None:
    """cmi5 11.1, 11.2: a comma-separated list of RFC 5646 tags; on or off."""
    assert [path] == [fault.path for fault in _faults({**GOOD, path: value})]


@pytest.mark.parametrize("missing", GOOD)
def test_a_missing_property_is_named(missing: str) -> None:
    """cmi5 11.0.0.0-5: both of them, always."""
    assert [missing] == [fault.path for fault in _faults({name: GOOD[name] for name in GOOD if name != missing})]


def test_all_faults_are_told_at_once() -> None:
    """One answer is enough to put both right."""
    assert [fault.path for fault in _faults({})] == ["languagePreference", "audioPreference"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"en"', b"null", b"7", b"\xff", b'{"a":1,"a":2}'])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    """cmi5 11.0.0.0-5 (d): said with that requirement, however the content is broken."""
    found = preferences.faults("PUT", PROFILE_LEARNER_PREFERENCES, content)
    assert {"cmi5 11.0.0.0-5 (d)"} == {fault.requirement for fault in found}


@pytest.mark.parametrize("name", ["", "cmi5learnerpreferences", "friends"])
def test_another_profile_is_refused(name: str) -> None:
    """cmi5 11.0.0.0-4: the document has one name, the case of its letters included."""
    assert [fault.path for fault in preferences.faults("PUT", name, json.dumps(GOOD).encode())] == ["profileId"]


def test_preferences_are_not_removed() -> None:
    """They are the learner's, and other lessons go by them."""
    assert [fault.path for fault in preferences.faults("DELETE", PROFILE_LEARNER_PREFERENCES, None)] == ["profileId"]
