"""The `ids` and `canonical` formats, and the choice of a language."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.xapi import formats, languages
from tests.lrs.xapi.examples import ANA, BEN, LESSON, REFERENCE, TEAM, minimal, substatement

VERB = {"id": "http://example.com/did", "display": {"en": "did", "es": "hizo"}}
DEFINITION = {"name": {"en": "Sums", "es": "Sumas"}, "type": "http://example.com/lesson"}
TITLED = {**LESSON, "definition": DEFINITION}
SPANISH = {**LESSON, "definition": {"name": {"es": "Sumas"}, "type": "http://example.com/lesson"}}
FULL = minimal(
    actor={**ANA, "name": "Ana"},
    verb=VERB,
    object=TITLED,
    authority={**BEN, "name": "Ben"},
    context={
        "platform": "p",
        "instructor": {**ANA, "name": "Ana"},
        "team": TEAM,
        "contextActivities": {"parent": [TITLED], "other": TITLED},
        "contextAgents": [{"objectType": "contextAgent", "agent": {**ANA, "name": "Ana"}}],
        "contextGroups": [{"objectType": "contextGroup", "group": TEAM}],
    },
)


def test_ids_leave_what_identifies() -> None:
    """Agents keep their identifier, verbs and activities their id; the rest of the statement stays."""
    only_id = {"id": LESSON["id"]}
    team = {"objectType": "Group", "mbox": TEAM["mbox"]}
    assert formats.ids(FULL) == minimal(
        actor=ANA,
        verb={"id": VERB["id"]},
        object=only_id,
        authority=BEN,
        context={
            "platform": "p",
            "instructor": ANA,
            "team": team,
            "contextActivities": {"parent": [only_id], "other": [only_id]},
            "contextAgents": [{"objectType": "contextAgent", "agent": ANA}],
            "contextGroups": [{"objectType": "contextGroup", "group": team}],
        },
    )


@pytest.mark.parametrize(
    ("target", "left"),
    [
        ({"objectType": "Agent", **ANA, "name": "Ana"}, {"objectType": "Agent", **ANA}),
        (REFERENCE, REFERENCE),
        (substatement(verb=VERB, object=TITLED), substatement(object={"id": LESSON["id"]})),
    ],
    ids=["agent", "reference", "substatement"],
)
def test_ids_of_each_kind_of_object(target: dict[str, Any], left: dict[str, Any]) -> None:
    """An agent stays typed, a reference stays, a SubStatement is reduced like a statement."""
    assert formats.ids(minimal(object=target))["object"] == left


def test_canonical_shows_one_language_everywhere() -> None:
    """Verb and activities have one entry in each language map; agents stay as they were sent."""
    found = formats.canonical(FULL, "es")
    context = {**FULL["context"], "contextActivities": {"parent": [SPANISH], "other": [SPANISH]}}
    assert found == {**FULL, "verb": {**VERB, "display": {"es": "hizo"}}, "object": SPANISH, "context": context}


def test_canonical_takes_the_definitions_it_is_given() -> None:
    """What the store knows of an activity or a verb is shown in place of what the statement says."""
    known = {
        "https://school.example/lesson": {"name": {"de": "Summen"}},
        "http://example.com/did": {"display": {"de": "tat"}},
    }
    found = formats.canonical(minimal(), "de", known)
    expected = ({"de": "tat"}, {"name": {"de": "Summen"}})
    assert (found["verb"]["display"], found["object"]["definition"]) == expected


def test_canonical_reaches_interaction_components_and_substatements() -> None:
    """Components' descriptions are language maps too, inside a SubStatement as well."""
    steps = [{"id": "a", "description": {"en": "A", "es": "Á"}}, {"id": "b"}]
    inner = substatement(object={**LESSON, "definition": {"interactionType": "performance", "steps": steps}})
    found = formats.canonical(minimal(object=inner), "es")["object"]["object"]["definition"]["steps"]
    assert found == [{"id": "a", "description": {"es": "Á"}}, {"id": "b"}]


def test_formats_leave_their_input_alone() -> None:
    """The given statement is not changed."""
    before = repr(FULL)
    formats.ids(FULL)
    formats.canonical(FULL, "es", {LESSON["id"]: {}})
    assert repr(FULL) == before


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        (None, "en-US"),
        ("", "en-US"),
        ("es", "es-MX"),
        ("ES-mx", "es-MX"),
        ("en-GB", "en-GB"),
        ("en", "en-US"),
        ("fr, es;q=0.5, en;q=0.9", "fr"),
        ("de;q=0.8, es;q=0.9", "es-MX"),
        ("en;q=0.2, en-GB;q=0.7, fr;q=0.5", "en-GB"),
        ("en-AU", "en-US"),
        ("es-ES, de", "es-MX"),
        ("de", "en-US"),
        ("*", "en-US"),
        ("*;q=0.1, fr;q=0.2", "fr"),
        ("en;q=0, fr;q=0, de", "es-MX"),
        ("*;q=0", "en-US"),
        ("es;q=x, fr;q=0.1", "fr"),
        ("e", "en-US"),
        (",;q=1,fr", "fr"),
    ],
)
def test_a_language_is_chosen_by_the_accept_language_header(header: str | None, tag: str) -> None:
    """The longest fitting range gives a tag its quality; with none fitting something readable is still shown."""
    found = {"en-US": "color", "en-GB": "colour", "es-MX": "color", "fr": "couleur"}
    assert languages.chooser(header)(found) == {tag: found[tag]}


@pytest.mark.parametrize("found", [{}, {"de": "Farbe"}], ids=["none", "one"])
def test_what_has_no_choice_stays(found: dict[str, str]) -> None:
    """An empty map stays empty, and the only entry is shown whatever is asked for."""
    assert languages.chooser("es;q=1, de;q=0")(found) == found
