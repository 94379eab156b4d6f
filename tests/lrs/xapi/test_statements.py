"""Statements: what is accepted, every fault of what is not, and what is read out of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.lrs.xapi.examples import (
    ANA,
    ATTACHMENT,
    BEN,
    LESSON,
    OTHER_ID,
    REFERENCE,
    REGISTRATION,
    SHA2,
    STATEMENT_ID,
    TEAM,
    faults_of,
    minimal,
    parse,
    passed,
    refused,
    substatement,
)

V1, V2 = Version.V1_0_3, Version.V2_0_0
ROLE = {"objectType": "contextAgent", "agent": ANA, "relevantTypes": ["http://example.com/roles/player"]}
GROUP_ROLE = {"objectType": "contextGroup", "group": TEAM}
VOIDING = {"id": statements.VOIDED}

RIGHT: dict[str, dict[str, Any]] = {
    "minimal": minimal(),
    "passed": passed(),
    "object agent": minimal(object={"objectType": "Agent", **ANA}),
    "object group": minimal(object=TEAM),
    "object reference": minimal(object=REFERENCE),
    "object without type": minimal(object={"id": "http://example.com/a"}),
    "substatement": minimal(object=substatement(timestamp="2099-01-01T00:00:00Z", result={}, context={})),
    "substatement of a reference": minimal(object=substatement(object=REFERENCE)),
    "voiding": minimal(verb=VOIDING, object=REFERENCE),
    "authority agent": minimal(authority=BEN),
    "authority pair": minimal(authority={"objectType": "Group", "member": [BEN, ANA]}),
    "stored": minimal(stored="2013-05-18T05:32:34.804+00:00", version="1.0.0"),
    "version 1.0": minimal(version="1.0"),
    "attachment": minimal(attachments=[ATTACHMENT]),
    "no attachments": minimal(attachments=[]),
    "empty parts": minimal(result={}, context={}, verb={"id": "http://example.com/did", "display": {}}),
    "single context activity": minimal(context={"contextActivities": {"parent": LESSON, "other": [LESSON, LESSON]}}),
    "instructor group": minimal(context={"instructor": TEAM, "team": {"objectType": "Group", "member": [ANA]}}),
    "context": minimal(
        context={"registration": REGISTRATION, "revision": "2", "platform": "x", "language": "tlh"}
        | {"statement": REFERENCE, "extensions": {"http://example.com/x": None}}
    ),
    "extension values": minimal(
        result={"extensions": {"http://example.com/x": {"a": None, "b": [None, {"A": 1}]}, "urn:x:y": 1e308}}
    ),
    "every interaction list": minimal(
        object={
            "id": "http://example.com/q",
            "definition": {
                "interactionType": "matching",
                "correctResponsesPattern": ["a[.]b"],
                "source": [{"id": "a", "description": {"en": "A"}}],
                "target": [{"id": "b"}],
            },
        }
    ),
}


@pytest.mark.parametrize("version", list(Version), ids=str)
@pytest.mark.parametrize("value", RIGHT.values(), ids=RIGHT.keys())
def test_right_statements_are_accepted_in_both_versions(value: dict[str, Any], version: Version) -> None:
    """What the standard allows has no faults."""
    assert faults_of(value, version) == []


WRONG: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": (
        {},
        [(f"statement.{name}", "xAPI Data 2.4") for name in ("actor", "verb", "object")],
    ),
    "unknown member": (minimal(mood="good"), [("statement.mood", "xAPI Data 2.4")]),
    "wrong case": (minimal(Result={}), [("statement.Result", "xAPI Data 2.4")]),
    "null": (minimal(result=None), [("statement.result", "xAPI Data 2.2")]),
    "null actor": (minimal(actor=None), [("statement.actor", "xAPI Data 2.2")]),
    "null inside": (minimal(verb={"id": None, "display": {"en": None}}), [
        ("statement.verb.id", "xAPI Data 2.2"), ("statement.verb.display.en", "xAPI Data 2.2")]),
    "id": (minimal(id="AA97B177-9383-4934-8543-0F91A7A028368"), [("statement.id", "xAPI Data 2.4.1")]),
    "id number": (minimal(id=7), [("statement.id", "xAPI Data 2.4.1")]),
    "actor": (minimal(actor={"name": "x"}), [("statement.actor", "xAPI Data 2.4.2.3")]),
    "verb": (minimal(verb="did"), [("statement.verb", "xAPI Data 2.4.3")]),
    "verb without id": (minimal(verb={"display": {}}), [("statement.verb.id", "xAPI Data 2.4.3")]),
    "verb id": (minimal(verb={"id": "did"}), [("statement.verb.id", "xAPI Data 2.4.3")]),
    "verb display": (minimal(verb={"id": "http://e.c/d", "display": {"a_b": "x", "en": 1}}), [
        ("statement.verb.display", "xAPI Data 4.2"), ("statement.verb.display.en", "xAPI Data 4.2")]),
    "object": (minimal(object=[]), [("statement.object", "xAPI Data 2.4.4.1")]),
    "object type": (minimal(object={"objectType": "activity", "id": "http://e.c"}), [
        ("statement.object.objectType", "xAPI Data 2.4.4")]),
    "object type of no kind": (minimal(object={"objectType": {}, "id": "http://e.c"}), [
        ("statement.object.objectType", "xAPI Data 2.4.4")]),
    "agent without type": (minimal(object=ANA), [
        ("statement.object.mbox", "xAPI Data 2.4.4.1"), ("statement.object.id", "xAPI Data 2.4.4.1")]),
    "activity id": (minimal(object={"id": "a"}), [("statement.object.id", "xAPI Data 2.4.4.1")]),
    "definition": (minimal(object={"id": "urn:a:b", "definition": {"type": "x", "moreInfo": "y", "kind": 1}}), [
        ("statement.object.definition.kind", "xAPI Data 2.4.4.1"),
        ("statement.object.definition.type", "xAPI Data 2.4.4.1"),
        ("statement.object.definition.moreInfo", "xAPI Data 2.4.4.1")]),
    "extension name": (minimal(object={"id": "urn:a:b", "definition": {"extensions": {"x": 1}}}), [
        ("statement.object.definition.extensions", "xAPI Data 4.1")]),
    "reference": (minimal(object={"objectType": "StatementRef", "id": "x", "name": "y"}), [
        ("statement.object.name", "xAPI Data 2.4.4.3"), ("statement.object.id", "xAPI Data 2.4.4.3")]),
    "substatement of its own kind": (minimal(object=substatement(object=substatement())), [
        ("statement.object.object", "xAPI Data 2.4.4.3")]),
    "substatement as a statement": (
        minimal(object=substatement(id=STATEMENT_ID, stored="x", version="1.0.0", authority=ANA)),
        [(f"statement.object.{name}", "xAPI Data 2.4.4.3") for name in ("authority", "id", "stored", "version")],
    ),
    "substatement inside": (minimal(object=substatement(verb={})), [("statement.object.verb.id", "xAPI Data 2.4.3")]),
    "voiding an activity": (minimal(verb=VOIDING), [("statement.object", "xAPI Data 2.3.2")]),
    "result": (minimal(result={"success": "true", "completion": 1, "response": 2, "duration": "1h"}), [
        ("statement.result.success", "xAPI Data 2.4.5"), ("statement.result.completion", "xAPI Data 2.4.5"),
        ("statement.result.response", "xAPI Data 2.4.5"), ("statement.result.duration", "xAPI Data 4.6")]),
    "duration number": (minimal(result={"duration": 5}), [("statement.result.duration", "xAPI Data 4.6")]),
    "score": (minimal(result={"score": {"scaled": 1.01, "raw": 11, "min": 10, "max": 10}}), [
        ("statement.result.score.scaled", "xAPI Data 2.4.5.1"), ("statement.result.score.min", "xAPI Data 2.4.5.1"),
        ("statement.result.score.raw", "xAPI Data 2.4.5.1")]),
    "score below": (minimal(result={"score": {"raw": -1, "min": 0}}), [
        ("statement.result.score.raw", "xAPI Data 2.4.5.1")]),
    "score types": (minimal(result={"score": {"scaled": True, "raw": "1", "top": 2}}), [
        ("statement.result.score.top", "xAPI Data 2.4.5.1"), ("statement.result.score.scaled", "xAPI Data 2.4.5.1"),
        ("statement.result.score.raw", "xAPI Data 2.4.5.1")]),
    "context": (
        minimal(context={"registration": "x", "language": "en_US", "team": ANA, "instructor": 1, "statement": {}}),
        [("statement.context.registration", "xAPI Data 2.4.6"), ("statement.context.instructor", "xAPI Data 2.4.2.1"),
         ("statement.context.team.objectType", "xAPI Data 2.4.6"),
         ("statement.context.language", "xAPI Data 2.4.6"),
         ("statement.context.statement.objectType", "xAPI Data 2.4.4.3"),
         ("statement.context.statement.id", "xAPI Data 2.4.4.3")],
    ),
    "context activities": (minimal(context={"contextActivities": {"Parent": [], "other": [1], "grouping": "x"}}), [
        ("statement.context.contextActivities.Parent", "xAPI Data 2.4.6.2"),
        ("statement.context.contextActivities.other[0]", "xAPI Data 2.4.4.1"),
        ("statement.context.contextActivities.grouping", "xAPI Data 2.4.4.1")]),
    "context agent activity": (minimal(context={"contextActivities": {"other": {"objectType": "Agent", **ANA}}}), [
        ("statement.context.contextActivities.other.mbox", "xAPI Data 2.4.4.1"),
        ("statement.context.contextActivities.other.objectType", "xAPI Data 2.4.4.1"),
        ("statement.context.contextActivities.other.id", "xAPI Data 2.4.4.1")]),
    "platform of an agent": (minimal(object=TEAM, context={"platform": "x", "revision": "y"}), [
        ("statement.context.revision", "xAPI Data 2.4.6"), ("statement.context.platform", "xAPI Data 2.4.6")]),
    "timestamps": (minimal(timestamp="2008-09-15T15:53:00.601-00:00", stored=5), [
        ("statement.timestamp", "xAPI Data 2.4.7"), ("statement.stored", "xAPI Data 2.4.8")]),
    "authority identified": (minimal(authority={**TEAM}), [("statement.authority", "xAPI Data 2.4.9")]),
    "authority of three": (minimal(authority={"objectType": "Group", "member": [ANA, BEN, BEN]}), [
        ("statement.authority.member", "xAPI Data 2.4.9")]),
    "version": (minimal(version="1.1.0"), [("statement.version", "xAPI Data 2.4.10")]),
    "attachments": (minimal(attachments=ATTACHMENT), [("statement.attachments", "xAPI Data 2.4.11")]),
    "attachment": (minimal(attachments=[{"usageType": "x", "contentType": "text", "length": -1, "sha2": "z"}]), [
        ("statement.attachments[0].display", "xAPI Data 2.4.11"),
        ("statement.attachments[0].usageType", "xAPI Data 2.4.11"),
        ("statement.attachments[0].contentType", "xAPI Data 2.4.11"),
        ("statement.attachments[0].length", "xAPI Data 2.4.11"),
        ("statement.attachments[0].sha2", "xAPI Data 2.4.11")]),
    "attachment fraction": (minimal(attachments=[{**ATTACHMENT, "length": 27.0, "fileUrl": "x"}]), [
        ("statement.attachments[0].length", "xAPI Data 2.4.11"),
        ("statement.attachments[0].fileUrl", "xAPI Data 2.4.11")]),
    "parts of no object": (
        minimal(result=1, context=2, attachments=["x"]),
        [("statement.result", "xAPI Data 2.4.5"), ("statement.context", "xAPI Data 2.4.6"),
         ("statement.attachments[0]", "xAPI Data 2.4.11")],
    ),
    "context of no objects": (
        minimal(context={"team": 1, "statement": 2, "contextActivities": 3, "extensions": 4}),
        [("statement.context.team", "xAPI Data 2.4.2.2"), ("statement.context.contextActivities", "xAPI Data 2.4.6.2"),
         ("statement.context.statement", "xAPI Data 2.4.4.3"), ("statement.context.extensions", "xAPI Data 4.1")],
    ),
    "reference of another type": (minimal(context={"statement": {**REFERENCE, "objectType": "Statement"}}), [
        ("statement.context.statement.objectType", "xAPI Data 2.4.4.3")]),
    "null account": (minimal(actor={"account": None}), [("statement.actor.account", "xAPI Data 2.2")]),
    "null language map": (minimal(verb={"id": "http://e.c/d", "display": None}), [
        ("statement.verb.display", "xAPI Data 2.2")]),
}  # fmt: skip


@pytest.mark.parametrize(("value", "faults"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_statement_is_refused_with_every_fault(value: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    """Each fault names its place and the requirement, and none is left out."""
    assert faults_of(value) == faults


INTERACTIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no type": ({"correctResponsesPattern": []}, ["interactionType"]),
    "unknown type": ({"interactionType": "quiz"}, ["interactionType"]),
    "wrong case": ({"interactionType": "Choice", "choices": []}, ["interactionType"]),
    "type of no text": ({"interactionType": {}}, ["interactionType"]),
    "other list": ({"interactionType": "numeric", "choices": []}, ["choices"]),
    "no list": ({"interactionType": "choice", "choices": {}}, ["choices"]),
    "pattern": ({"interactionType": "choice", "correctResponsesPattern": "a"}, ["correctResponsesPattern"]),
    "pattern entry": ({"interactionType": "choice", "correctResponsesPattern": [1]}, ["correctResponsesPattern[0]"]),
    "component": ({"interactionType": "choice", "choices": ["a"]}, ["choices[0]"]),
    "component id": ({"interactionType": "likert", "scale": [{"id": 1}, {}]}, ["scale[0].id", "scale[1].id"]),
    "component twice": (
        {"interactionType": "performance", "steps": [{"id": "a"}, {"id": "b"}, {"id": "a"}]},
        ["steps[2].id"],
    ),
    "component language": (
        {"interactionType": "choice", "choices": [{"id": "a", "description": {"en": 1}}]},
        ["choices[0].description.en"],
    ),
}


@pytest.mark.parametrize(("definition", "places"), INTERACTIONS.values(), ids=INTERACTIONS.keys())
def test_a_wrong_interaction_is_refused_at_its_place(definition: dict[str, Any], places: list[str]) -> None:
    """Interaction activities have a known type, string patterns, and distinct components in the lists of their type."""
    found = faults_of(minimal(object={"id": "http://example.com/q", "definition": definition}))
    assert [path for path, _ in found] == [f"statement.object.definition.{place}" for place in places]


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ({**ROLE, "objectType": "contextGroup"}, ["objectType"]),
        ({"agent": ANA}, ["objectType"]),
        ({"objectType": "contextAgent"}, ["agent"]),
        ({**ROLE, "agent": TEAM}, ["agent.member", "agent.objectType"]),
        ({**ROLE, "relevantTypes": []}, ["relevantTypes"]),
        ({**ROLE, "relevantTypes": ["player", "http://example.com/r"]}, ["relevantTypes[0]"]),
        ({**ROLE, "weight": 1}, ["weight"]),
    ],
    ids=["type", "no type", "no agent", "a group", "no types", "type no IRI", "unknown"],
)
def test_a_wrong_context_agent_is_refused_at_its_place(role: dict[str, Any], places: list[str]) -> None:
    """2.0's contextAgents are typed, hold an Agent, and name relevant types by IRI."""
    found = faults_of(minimal(context={"contextAgents": [role]}), V2)
    assert [path for path, _ in found] == [f"statement.context.contextAgents[0].{place}" for place in places]


def test_context_agents_and_groups_belong_to_2_0() -> None:
    """They are accepted in 2.0, noted as needing it, and unknown to 1.0.3."""
    value = minimal(context={"contextAgents": [ROLE], "contextGroups": [GROUP_ROLE]})
    places = [path for path, _ in faults_of(value, V1)]
    expected = (["statement.context.contextAgents", "statement.context.contextGroups"], True, False)
    assert (places, parse(value, V2).needs_v2, parse(minimal(), V2).needs_v2) == expected


def test_a_context_group_is_a_group() -> None:
    """An Agent in contextGroups is refused."""
    found = faults_of(minimal(context={"contextGroups": [{**GROUP_ROLE, "group": ANA}]}), V2)
    assert found[0] == ("statement.context.contextGroups[0].group.objectType", "xAPI Data 2.4.6")


def test_a_timestamp_needs_its_zone_in_2_0() -> None:
    """1.0.3 takes a timestamp without a zone for UTC; 2.0 refuses it."""
    value = minimal(timestamp="2026-11-21T10:00:00")
    assert (faults_of(value, V1), faults_of(value, V2)) == ([], [("statement.timestamp", "xAPI Data 2.4.7")])


def test_a_statement_of_2_0_is_refused_by_1_0_3() -> None:
    """The version of a statement must be one the request's version knows."""
    value = minimal(version="2.0.0")
    assert (faults_of(value, V1), faults_of(value, V2)) == ([("statement.version", "xAPI Data 2.4.10")], [])


def test_the_path_names_the_statement() -> None:
    """A caller with a batch says which of its statements this is."""
    faults = refused(lambda: statements.parse(b'{"actor":1}', V1, "statements[3]"))
    assert {fault.path.split(".")[0] for fault in faults} == {"statements[3]"}


@pytest.mark.parametrize("raw", [b"[]", b"1", b'{"a":1,"a":2}', b"{", b"null"], ids=repr)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    """Text that is no strict JSON object is no statement."""
    assert [fault.path for fault in refused(lambda: statements.parse(raw, V1))] == ["statement"]


def test_a_number_too_large_is_refused_where_it_stands() -> None:
    """A number which no double can hold is named, in a score and deep in an extension."""
    raw = json.dumps(minimal(result={"score": {"raw": 1}, "extensions": {"urn:a:b": [{"c": 2}]}})).encode()
    faults = refused(lambda: statements.parse(raw.replace(b": 1}", b": 1e999}").replace(b": 2}", b": -1e999}"), V1))
    assert [fault.path for fault in faults] == ["statement.result.score.raw", "statement.result.extensions.urn:a:b"]


def test_a_statement_says_what_is_asked_of_it_most() -> None:
    """Its ids, moment, verb and actor are there as values."""
    found = parse(passed())
    assert (found.id, found.timestamp_us, found.verb, found.actor_key) == (
        UUID(STATEMENT_ID),
        1_795_255_200_123_000,
        "http://adlnet.gov/expapi/verbs/passed",
        "mbox:mailto:ana@example.org",
    )


def test_what_is_absent_is_none() -> None:
    """A statement without id, timestamp and identified actor has None for them."""
    found = parse(minimal(actor={"objectType": "Group", "member": [ANA]}))
    assert (found.id, found.timestamp_us, found.actor_key, found.voids, found.refers_to) == (None,) * 5


@pytest.mark.parametrize(("verb", "voids"), [(statements.VOIDED, UUID(OTHER_ID)), ("http://example.com/did", None)])
def test_a_reference_is_voided_only_by_the_reserved_verb(verb: str, voids: UUID | None) -> None:
    """A StatementRef as object is referred to; it is voided only by the verb `voided`."""
    found = parse(minimal(verb={"id": verb}, object=REFERENCE))
    assert (found.refers_to, found.voids) == (UUID(OTHER_ID), voids)


def test_attachments_without_a_url_need_their_bytes() -> None:
    """Each digest once and in lower case; a SubStatement's attachments count too."""
    with_url = {**ATTACHMENT, "sha2": "a" * 64, "fileUrl": "http://example.com/file"}
    inner = substatement(attachments=[{**ATTACHMENT, "sha2": "B" * 128}])
    found = parse(minimal(object=inner, attachments=[ATTACHMENT, with_url, {**ATTACHMENT, "sha2": SHA2.upper()}]))
    assert found.needs_bytes == (SHA2, "b" * 128)


def test_the_text_is_kept_byte_for_byte() -> None:
    """Numbers, escapes and white space stay as they were received."""
    raw = json.dumps(minimal(result={"score": {"raw": 1}}), indent=3).encode().replace(b": 1", b" :\t1.10e0")
    assert statements.parse(raw, V1).raw is raw


@pytest.mark.parametrize("nested", [False, True], ids=["statement", "substatement"])
def test_a_single_context_activity_is_put_into_an_array(nested: bool) -> None:
    """Only the brackets are added to the text, and the value says the same."""
    context = {"platform": "p", "contextActivities": {"parent": LESSON, "other": [LESSON]}}
    single = json.dumps(minimal(object=substatement(context=context)) if nested else minimal(context=context))
    lesson = json.dumps(LESSON)
    found = statements.parse(single.encode(), V1)
    expected = single.replace(f'"parent": {lesson}', f'"parent": [{lesson}]')
    assert (found.raw.decode(), found.value) == (expected, json.loads(expected))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
PLACES = [
    ("actor",),
    ("actor", "mbox"),
    ("verb", "display"),
    ("object", "objectType"),
    ("object", "definition"),
    ("object", "definition", "choices"),
    ("result", "score"),
    ("result", "duration"),
    ("context", "registration"),
    ("context", "contextActivities"),
    ("context", "contextActivities", "parent"),
    ("context", "contextAgents"),
    ("authority",),
    ("attachments",),
    ("timestamp",),
    ("version",),
]


@given(st.sampled_from(PLACES), JSON, st.sampled_from(list(Version)))
def test_any_json_anywhere_is_judged(place: tuple[str, ...], value: Any, version: Version) -> None:
    """Whatever stands in whatever place, the answer is a statement or a refusal with faults inside it."""
    bent = json.loads(
        json.dumps(RIGHT["every interaction list"] | {"result": {}, "context": {"contextActivities": {}}})
    )
    inner = bent
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    assert [path for path, _ in faults_of(bent, version) if not path.startswith("statement.")] == []
