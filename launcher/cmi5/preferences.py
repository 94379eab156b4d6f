"""The learner's preferences, and what a lesson may write into its learner's profile (cmi5 11). Pure."""

from __future__ import annotations

from typing import Any

from launcher.cmi5 import vocabulary
from lrs.errors import Fault, Invalid
from lrs.xapi import iri, wire

AUDIO = ("on", "off")


def faults(method: str, profile_id: str, content: bytes | None) -> list[Fault]:
    """What is wrong with a lesson's change of an agent profile document; nothing where it is allowed."""
    if profile_id != vocabulary.PROFILE_LEARNER_PREFERENCES:
        detail = f"a lesson may write no profile of its learner but {vocabulary.PROFILE_LEARNER_PREFERENCES}"
        return [Fault("profileId", "cmi5 11.0.0.0-4", detail)]
    if method == "DELETE" or content is None:
        detail = "a lesson may change the learner's preferences, not remove them"
        return [Fault("profileId", "cmi5 11.0.0.0-5 (d)", detail)]
    try:
        value = wire.parse_json(content)
    except Invalid as error:
        return [Fault(fault.path, "cmi5 11.0.0.0-5 (d)", fault.detail) for fault in error.faults]
    if not isinstance(value, dict):
        return [Fault("body", "cmi5 11.0.0.0-5 (d)", "the learner's preferences are a JSON object")]
    return [*_language_faults(value), *_audio_faults(value)]


def _language_faults(value: dict[str, Any]) -> list[Fault]:
    text = value.get("languagePreference")
    if not isinstance(text, str) or not all(iri.is_language_tag(tag.strip()) for tag in text.split(",")):
        detail = "languagePreference is a list of language tags with commas between them, such as en-US,es"
        return [Fault("languagePreference", "cmi5 11.1.0.0-1 (d)", detail)]
    return []


def _audio_faults(value: dict[str, Any]) -> list[Fault]:
    if value.get("audioPreference") not in AUDIO:
        return [Fault("audioPreference", "cmi5 11.2", "audioPreference is on or off")]
    return []
