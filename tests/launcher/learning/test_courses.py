"""Courses come in once, with all that is wrong with them said at once, and leave as they came."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.learning import courses
from tests.launcher.campus import COURSE, STORE, Campus, block, campus
from tests.launcher.cmi5 import worlds
from tests.support.clocks import FixedClock

XML = {"Content-Type": "text/xml; charset=utf-8"}


def test_importing_twice_gives_one_course(lms: Campus) -> None:
    """The same file again is the same course, and changes nothing."""
    first, second = lms.course(), lms.course()
    assert ([first], 1) == ([second], len(lms.api("GET", "/courses")["courses"]))


def test_the_answer_lists_the_aus_in_document_order(lms: Campus) -> None:
    """The index of an AU is its place in the file, blocks or not."""
    answer = lms.api("POST", "/courses", content=COURSE, headers=XML)
    names = ["first", "second", "third"]
    expected = [
        {"index": index, "id": f"https://pub.example/{name}", "title": "Title"} for index, name in enumerate(names)
    ]
    assert expected == answer["aus"]


def test_two_devices_of_a_school_give_a_course_one_id(tmp_path: Path) -> None:
    """What never met agrees on ids, since they follow from school and content."""
    found = []
    for seed in (1, 2):
        with campus(tmp_path / str(seed), FixedClock(seed=seed)) as device:
            found.append(device.course())
    assert found[0] == found[1]


def test_another_version_is_another_course(lms: Campus) -> None:
    """A changed file does not change the course that people are in."""
    lms.course()
    lms.course(worlds.course_xml(worlds.au_xml("first")))
    assert len(lms.api("GET", "/courses")["courses"]) == 2


def test_every_fault_is_told_with_its_line_and_requirement(lms: Campus) -> None:
    """All that is wrong at once: whoever corrects the file needs one round."""
    broken = worlds.course_xml(
        worlds.au_xml("one", attributes="moveOn='Never'"),
        worlds.au_xml("one", url="nowhere.html"),
    )
    answer = lms.manage("POST", "/courses", content=broken, headers=XML)
    listed = [(fault["path"], fault["requirement"] != "", fault["detail"] != "") for fault in answer.json()["errors"]]
    assert (400, {("line 3", True, True), ("line 4", True, True)}) == (answer.status_code, set(listed))
    assert len(listed) >= 3
    assert lms.api("GET", "/courses")["courses"] == []


def test_a_file_that_is_no_xml_is_refused_with_a_place(lms: Campus) -> None:
    """Bytes of something else are the sender's fault, not ours."""
    answer = lms.manage("POST", "/courses", content=b"PK\x03\x04", headers=XML)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_course_of_a_thousand_aus_comes_in(lms: Campus) -> None:
    """cmi5 6.1: structures with more than 1,000 AUs."""
    source = worlds.course_xml(*(worlds.au_xml(f"au-{number}") for number in range(1001)))
    answer = lms.api("POST", "/courses", content=source, headers=XML)
    assert (len(answer["aus"]), answer["aus"][-1]["index"]) == (1001, 1000)
    lms.person()
    assert lms.launch(answer["id"], 1000)["url"].startswith("https://pub.example/start?")


def test_a_warning_comes_with_the_answer(lms: Campus) -> None:
    """What the importer only wonders about does not keep the course out."""
    source = worlds.course_xml(worlds.au_xml("first", attributes="moveOn='NotApplicable'"))
    assert lms.api("POST", "/courses", content=source, headers=XML)["warnings"] != []


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html", ""])
def test_another_content_type_is_415(lms: Campus, kind: str) -> None:
    """cmi5 14: what is no course structure by its own word is not looked at."""
    answer = lms.manage("POST", "/courses", content=COURSE, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")


def test_export_gives_what_was_imported(lms: Campus) -> None:
    """cmi5 6.1: byte for byte, comments and spaces included."""
    source = COURSE.replace(b"<course ", b"<!-- kept -->\n<course ")
    course_id = lms.course(source)
    assert source == lms.manage("GET", f"/courses/{course_id}/source").content


def test_a_removed_course_is_gone_and_can_come_again(lms: Campus) -> None:
    """Nothing of it stays behind that would stand in the way."""
    course_id = lms.course()
    lms.api("DELETE", f"/courses/{course_id}")
    rest = lms.read(lambda reader: reader.execute("SELECT count(*) FROM activity").fetchone())
    assert ([], (0,), course_id) == (lms.api("GET", "/courses")["courses"], rest, lms.course())


def test_a_course_that_somebody_is_in_stays(lms: Campus, course: str) -> None:
    """Removing it would leave records that nothing explains."""
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    answer = lms.manage("DELETE", f"/courses/{course}")
    assert (answer.status_code, len(lms.api("GET", "/courses")["courses"])) == (409, 1)


@pytest.mark.parametrize(("method", "rest"), [("GET", "/source"), ("DELETE", "")])
def test_an_unknown_course_is_404(lms: Campus, method: str, rest: str) -> None:
    """Exporting and removing what is not there."""
    assert lms.manage(method, f"/courses/nothing{rest}").status_code == 404


def test_no_course_without_a_school(tmp_path: Path) -> None:
    """Every id is made from the school's IRI, so it has to be set first; the answer says how."""
    with campus(tmp_path, school=None) as homeless:
        answer = homeless.manage("POST", "/courses", content=COURSE, headers=XML)
    assert (answer.status_code, "--school" in answer.json()["detail"]) == (409, True)


def test_a_kept_structure_is_the_imported_one(lms: Campus) -> None:
    """What the path of a statement reads has blocks and AUs where the file has them."""
    course_id = lms.course(worlds.course_xml(block("outer", block("inner", worlds.au_xml("deep")))))
    known = lms.read(lambda reader: courses.known(reader, STORE, course_id))
    assert [one.id.rpartition("/")[2] for one in known.structure.blocks] == ["outer", "inner"]


@pytest.mark.parametrize(
    ("languages", "expected"), [(("en",), "Adding"), (("es",), "Sumar"), (("fr", "es"), "Sumar"), (("fr",), "Sumar")]
)
def test_a_title_is_shown_in_a_language_that_is_there(languages: tuple[str, ...], expected: str) -> None:
    """The first language wanted that it has, region or not, else the first it has."""
    assert expected == courses.title((("es-MX", "Sumar"), ("en", "Adding")), languages)
