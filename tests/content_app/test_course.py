"""The course that the lesson is shipped with."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import etree

import content_app
from content_app.launch import parse
from tests.content_app.test_launch import GOOD

NS = {"c": "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"}
COURSE = Path(content_app.__file__).parent / "course" / "cmi5.xml"
REPOSITORY = Path(content_app.__file__).resolve().parents[1]
SPECS = Path(os.environ.get("OFFLINE_LRS_SPECS") or REPOSITORY.parent / "shared" / "specs")
SCHEMA = SPECS / "cmi5" / "CourseStructure.xsd"


@pytest.mark.skipif(not SCHEMA.exists(), reason="the schema of cmi5 is not there; OFFLINE_LRS_SPECS says where")
def test_the_course_keeps_to_the_schema() -> None:
    """cmi5's own."""
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.parse(COURSE))


def test_every_lesson_of_the_course_can_be_launched() -> None:
    """Its URL, with the launch parameters behind it, is one that the app reads."""
    urls = [str(url.text) for url in etree.parse(COURSE).iterfind(".//c:au/c:url", NS)]
    launched = [parse(f"{url}&{urlencode(GOOD)}") for url in urls]
    assert [(one.topic, one.level) for one in launched] == [
        ("addition", 1),
        ("subtraction", 1),
        ("fractions", 1),
        ("multiplication", 1),
        ("division", 1),
        ("addition", 2),
        ("subtraction", 2),
        ("fractions", 2),
    ]


def test_titles_are_in_english_and_spanish() -> None:
    """Every title and description."""
    course = etree.parse(COURSE)
    texts = [*course.iterfind(".//c:title", NS), *course.iterfind(".//c:description", NS)]
    languages = {tuple(each.get("lang") for each in text.iterfind("c:langstring", NS)) for text in texts}
    units = [*course.iterfind(".//c:course", NS), *course.iterfind(".//c:block", NS), *course.iterfind(".//c:au", NS)]
    assert (2 * len(units), {("en", "es")}) == (len(texts), languages)
