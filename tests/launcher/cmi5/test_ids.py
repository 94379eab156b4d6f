"""Ids that are equal on every device of a school."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import ids
from lrs.errors import Invalid

SCHOOL = "https://school.example"
COURSE = "https://pub.example/course"
VERSION = "0" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://school.example", "https://school.example"),
        ("https://school.example/", "https://school.example"),
        (" HTTPS://School.Example/North/ ", "https://school.example/North"),
        ("http://escuela-ñ.example", "http://escuela-ñ.example"),
        ("https://escuela-n\u0303.example", "https://escuela-ñ.example"),
        ("https://a.school.example/b/c", "https://a.school.example/b/c"),
    ],
)
def test_school_iri_has_one_spelling(text: str, expected: str) -> None:
    """Two people who type the same address in two ways name the same school."""
    assert expected == ids.school_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "school.example",
        "ftp://school.example",
        "urn:school:1",
        "https://",
        "https:///x",
        "https://school.example:8443",
        "https://school.example:443",
        "https://me@school.example",
        "https://school.example?x=1",
        "https://school.example?",
        "https://school.example/#a",
        "https://school.example/a b",
        "https://school.example//a",
        "https://school.example/../a",
        "http://localhost",
        "http://LOCALHOST",
        "http://school.localhost",
        "http://tablet.local",
        "http://org.example.lms.ipc.invalid",
        "http://school",
        "http://127.0.0.1",
        "http://10.0.0.5",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.0x1",
        "http://[::1]",
        "http://[1.2]",
        "http://ex\u2100mple.example:x",
        "http://school..example",
        "http://-school.example",
        "unix:/run/user/1000/lms.sock",
        "file:///var/lib/school",
    ],
)
def test_school_iri_is_no_address_of_a_device(text: str) -> None:
    """What is local to a machine, or is no absolute http IRI, is refused as an identity."""
    with pytest.raises(Invalid):
        ids.school_iri(text)


@given(st.text(max_size=12), st.sampled_from(["", "https://", "HTTP://a.Example", "https://a.example/"]))
def test_school_iri_is_stable(text: str, start: str) -> None:
    """Whatever is typed is refused, or is one spelling that stays itself."""
    try:
        spelling = ids.school_iri(start + text)
    except Invalid:
        return
    assert ids.school_iri(spelling) == spelling


def test_au_activity_id_never_changes() -> None:
    """The derivation is fixed for ever: people's records hold these ids."""
    expected = "https://school.example/cmi5/au/1ba054b3-3968-5fcd-bd89-4e2447dba57c"
    assert expected == ids.au_activity_id(SCHOOL, COURSE, VERSION, "https://pub.example/au")


def test_ids_differ_by_all_they_follow_from() -> None:
    """School, course, version, kind and publisher id each make another id, and none is the publisher's."""
    made = {
        ids.course_activity_id(SCHOOL, COURSE, VERSION),
        ids.course_activity_id(SCHOOL, COURSE, "1" * 32),
        ids.course_activity_id("https://other.example", COURSE, VERSION),
        ids.block_activity_id(SCHOOL, COURSE, VERSION, COURSE),
        ids.au_activity_id(SCHOOL, COURSE, VERSION, COURSE),
        ids.au_activity_id(SCHOOL, COURSE, VERSION, "https://pub.example/b"),
        ids.au_activity_id(SCHOOL, "https://pub.example/b", VERSION, COURSE),
    }
    assert len(made - {COURSE}) == 7


def test_actor_is_an_account_of_the_school() -> None:
    """The learner is an account: the school's IRI and the person's random id."""
    expected = {"objectType": "Agent", "account": {"homePage": SCHOOL, "name": "p-1"}}
    assert expected == ids.actor(SCHOOL, "p-1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://pub.example/a?b#c", "https://pub.example/a?b#c"),
        ("offline-maths://lesson/addition?level=1", "offline-maths://lesson/addition?level=1"),
        ("index.html", "https://school.example/cmi5/content/v1/index.html"),
        ("./a/../b/c%20d.html?x=1#y", "https://school.example/cmi5/content/v1/b/c%20d.html?x=1#y"),
    ],
)
def test_content_address(url: str, expected: str) -> None:
    """Content in a package has an address under the school; what is fully qualified keeps its own."""
    assert expected == ids.content_address(SCHOOL, "v1", url)


def test_content_address_stays_in_the_package() -> None:
    """A relative url that leads out of the package has no address."""
    with pytest.raises(ValueError, match="no file"):
        ids.content_address(SCHOOL, "v1", "../x.html")
