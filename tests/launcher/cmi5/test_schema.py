"""Our rules for the course structure held against the standard's own schema, on documents made to be nearly right."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from launcher.cmi5 import course_xml, vocabulary
from lrs.errors import Invalid
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.specs import spec_file

Element = etree._Element
Mutation = tuple[Callable[..., None], tuple[object, ...]]

BASE = worlds.course_xml(
    f"<objectives><objective id='https://pub.example/o'>{worlds.TEXTS}</objective></objectives>",
    f"<block id='https://pub.example/b' x:a='1'>{worlds.TEXTS}"
    "<objectives><objective idref='https://pub.example/o'/></objectives>",
    worlds.au_xml(
        attributes="moveOn='Passed' masteryScore='0.5'", after="<launchParameters>a</launchParameters><x:e/>"
    ),
    f"{worlds.au_xml('2', after='<entitlementKey>k</entitlementKey>')}</block>",
    worlds.au_xml("3", attributes="launchMethod='OwnWindow' activityType='https://pub.example/t'"),
    extra="<x:e><x:f/></x:e>",
)
NAMESPACE = vocabulary.COURSE_STRUCTURE_NAMESPACE
NAMES = (
    *("course", "objectives", "objective", "au", "block", "title", "description", "langstring"),
    *("url", "launchParameters", "entitlementKey", "other"),
)
ATTRIBUTES = (
    *("id", "idref", "lang", "moveOn", "masteryScore", "launchMethod", "activityType", "other"),
    *("{https://ext.example/ns}a", f"{{{NAMESPACE}}}id", "{http://www.w3.org/XML/1998/namespace}lang"),
)
VALUES = (
    *("", " ", "x", "https://pub.example/new", " https://pub.example/o ", "a b", "Passed", " Passed ", "OwnWindow"),
    *(
        "0",
        "1",
        " 0.5 ",
        "1.00001",
        "-0.1",
        "+.5",
        "5e-1",
        "en",
        "en-US",
        "en_US",
        "toolonglanguage",
        "http://[",
        "%zz",
    ),
)


@cache
def schema() -> etree.XMLSchema:
    """CourseStructure.xsd of the specification."""
    return etree.XMLSchema(etree.parse(spec_file("CourseStructure.xsd")))


def _delete(elements: list[Element], at: int) -> None:
    parent = elements[at].getparent()
    if parent is not None:
        parent.remove(elements[at])


def _double(elements: list[Element], at: int) -> None:
    parent = elements[at].getparent()
    if parent is not None:
        parent.insert(parent.index(elements[at]), copy.deepcopy(elements[at]))


def _insert(elements: list[Element], at: int, place: int, tag: str) -> None:
    elements[at].insert(place, etree.Element(tag))


def _rename(elements: list[Element], at: int, tag: str) -> None:
    elements[at].tag = tag


def _move(elements: list[Element], at: int, place: int) -> None:
    parent = elements[at].getparent()
    if parent is not None:
        parent.remove(elements[at])
        parent.insert(place, elements[at])


def _text(elements: list[Element], at: int, text: str, tail: bool) -> None:
    if tail and elements[at].getparent() is not None:
        elements[at].tail = text
    else:
        elements[at].text = text


def _attribute(elements: list[Element], at: int, name: str, value: str) -> None:
    elements[at].set(name, value)


def _no_attribute(elements: list[Element], at: int, name: str) -> None:
    elements[at].attrib.pop(name, "")


PLACES = st.integers(0, len(list(etree.fromstring(BASE).iter())) - 1)
TAGS = st.sampled_from(
    [*(f"{{{NAMESPACE}}}{name}" for name in NAMES), "{https://ext.example/ns}e", "{https://other.example}e", "plain"]
)
MUTATIONS: st.SearchStrategy[Mutation] = st.one_of(
    st.tuples(st.just(_delete), st.tuples(PLACES)),
    st.tuples(st.just(_double), st.tuples(PLACES)),
    st.tuples(st.just(_insert), st.tuples(PLACES, st.integers(0, 6), TAGS)),
    st.tuples(st.just(_rename), st.tuples(PLACES, TAGS)),
    st.tuples(st.just(_move), st.tuples(PLACES, st.integers(0, 6))),
    st.tuples(st.just(_text), st.tuples(PLACES, st.sampled_from(VALUES), st.booleans())),
    st.tuples(st.just(_attribute), st.tuples(PLACES, st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES))),
    st.tuples(st.just(_no_attribute), st.tuples(PLACES, st.sampled_from(ATTRIBUTES))),
)


def test_the_base_is_right() -> None:
    """Both take the document that the others are made from."""
    assert schema().validate(etree.fromstring(BASE))
    assert len(course_xml.parse(BASE).structure.aus) == 3


@given(st.lists(MUTATIONS, min_size=1, max_size=2))
def test_our_verdict_is_the_schemas(mutations: list[Mutation]) -> None:
    """What we accept the schema accepts, and what we refuse in the schema's name the schema refuses."""
    root = etree.fromstring(BASE)
    elements = list(root.iter())
    for change, arguments in mutations:
        change(elements, *arguments)
    data = etree.tostring(root)
    valid = schema().validate(etree.fromstring(data))
    try:
        course_xml.parse(data)
    except Invalid as refusal:
        in_its_name = [str(fault) for fault in refusal.faults if fault.requirement == "cmi5 13.2.0.0-1 (d)"]
        assert not (valid and in_its_name), in_its_name
    else:
        assert valid, str(schema().error_log)


@pytest.mark.parametrize("name", ["simple", "complex", "extended"])
def test_examples_are_valid_for_both(name: str) -> None:
    """The examples keep the schema, and our rules."""
    data = spec_file(f"examples/{name}-cmi5.xml").read_bytes()
    assert schema().validate(etree.fromstring(data))
    assert course_xml.parse(data).structure.aus
