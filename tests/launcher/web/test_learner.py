"""A learner's own page: found by its address only, it shows and starts that learner's lessons and nothing else."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from launcher.people import pages
from tests.launcher.campus import STORE, Campus, Lesson, campus, header, parameters
from tests.launcher.cmi5 import worlds
from tests.launcher.web.test_pages import NASTY, Page

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BROWSER = {"Accept": "text/html"}


def _address(lms: Campus, person: str = "p-1") -> str:
    return next(str(one["page"]) for one in lms.api("GET", "/people")["people"] if one["id"] == person)


def _mine(lms: Campus, person: str = "p-1") -> Page:
    answer = lms.ask("GET", _address(lms, person), headers=BROWSER)
    assert answer.status_code == 200, answer.text
    page = Page(answer.text)
    assert page.open == []
    return page


def _start(lms: Campus, course: str, au: int | str = 0, person: str = "p-1", **request: Any) -> httpx.Response:
    body = urlencode({"course": course, "au": au})
    sent = {"headers": {**FORM, **BROWSER, "Origin": "null"}, "content": body, **request}
    return lms.ask("POST", f"{_address(lms, person)}/launch", **sent)


def _enrolled(lms: Campus, source: bytes, person: str = "p-1") -> str:
    lms.person(person_id=person)
    course = lms.course(source)
    lms.api("POST", "/registrations", {"course": course, "person": person})
    return course


@pytest.fixture
def mine(lms: Campus, course: str) -> str:
    """A course that Amina is enrolled in; its lessons are pages of the web."""
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    return course


# --- whose page -----------------------------------------------------------------------------------------------------


def test_the_address_is_the_key(lms: Campus, mine: str) -> None:
    """No credential is asked for, and none helps."""
    assert "Hello, Amina!" in _mine(lms).texts


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", ["wrong", "p-1", "%D0%BA%D0%BB%D1%8E%D1%87", "A" * 32, "A" * 4000])
def test_a_wrong_key_is_not_found(lms: Campus, mine: str, method: str, key: str) -> None:
    """404 and not 403, with nothing in it of who is there; the same for another folder's key of this very person."""
    foreign = pages.key(b"another folder's", STORE, "p-1")
    for one in (key, foreign):
        path = f"/learn/{one}" if method == "GET" else f"/learn/{one}/launch"
        answer = lms.ask(
            method, path, headers={**FORM, **BROWSER}, content=b"" if method == "GET" else b"course=a&au=0"
        )
        assert (answer.status_code, "Amina" in answer.text, answer.headers.get("www-authenticate")) == (
            404,
            False,
            None,
        )
        assert Page(answer.text).named("a")[1:] == []


def test_a_page_shows_nobody_else(lms: Campus, mine: str) -> None:
    """Neither other learners nor their courses nor a way to the teachers' pages."""
    lms.person("Benito", "p-2")
    page = _mine(lms, "p-2")
    assert (page.named("form"), any("Amina" in text for text in page.texts)) == ([], False)
    assert {link for link in page.links() if link.startswith("/")} == {"/style.css", "/learn.css"}


def test_the_key_stays_out_of_logs_and_other_sites(lms: Campus, mine: str, caplog: pytest.LogCaptureFixture) -> None:
    """No Referer is sent from the page, nothing caches it, and no log line names it, not of a failure either."""
    caplog.set_level(logging.DEBUG)
    key = _address(lms).rpartition("/")[2]
    answers = [lms.ask("GET", f"/learn/{key}"), _start(lms, mine), _start(lms, mine, 99), _start(lms, "unknown")]
    kept = {(one.headers["referrer-policy"], one.headers["cache-control"]) for one in answers[:2]}
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx"]  # the test's own client
    assert (kept, [line for line in ours if key in line]) == ({("no-referrer", "no-store")}, [])


def test_managers_see_who_is_on_the_device(lms: Campus, mine: str) -> None:
    """With a link for each, and what to do where there is nobody; for admins only."""
    manager = {**header(lms.credential("manager", "admin")), **BROWSER}
    page = Page(lms.ask("GET", "/learn", headers=manager).text)
    assert (_address(lms) in page.links(), "Amina" in page.texts, "Title" in page.texts) == (True, True, True)
    assert lms.ask("GET", "/learn", headers=header(lms.credential("other", "all"))).status_code == 403
    assert lms.ask("GET", "/learn", headers=BROWSER).status_code == 401


# --- what it shows --------------------------------------------------------------------------------------------------


def test_a_device_without_a_course_says_what_to_do(lms: Campus) -> None:
    """To the child, and to the teacher."""
    lms.person()
    page = _mine(lms)
    assert "Ask your teacher to add you to a course." in page.texts
    assert "offline-lrs registrations add COURSE p-1" in page.texts


def test_where_i_stand_in_words(lms: Campus, mine: str) -> None:
    """Start, go on, try again, look again; the score as words; what comes next is said once."""
    assert [text for text in _mine(lms).texts if text in ("Start", "Next")] == ["Next", "Start", "Start", "Start"]
    lms.lesson(mine).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    lms.lesson(mine, 1).say(INITIALIZED, FAILED, TERMINATED)
    lms.lesson(mine, 2).say(INITIALIZED)
    page = _mine(lms)
    words = ("Done", "Not passed yet", "You have started", "Look again", "Try again", "Go on", "Next")
    assert [text for text in page.texts if text in words] == [
        *("Done", "Look again"),
        *("Next", "Not passed yet", "Try again"),
        *("You have started", "Go on"),
    ]
    scored = ("Very good: 80 %", "Best so far: 20 %", "1 of 3 lessons done")
    assert [text for text in scored if text not in page.texts] == []


def test_a_finished_course_is_praised(lms: Campus) -> None:
    """When the LMS has said that it is satisfied."""
    course = _enrolled(lms, worlds.course_xml(worlds.au_xml("one", attributes="moveOn='Completed'")))
    lms.lesson(course).say(INITIALIZED, COMPLETED)
    assert "Well done! You have finished this course." in _mine(lms).texts


def test_any_name_is_text(lms: Campus) -> None:
    """Of a learner, a course and a lesson."""
    lms.person(NASTY)
    nasty = worlds.course_xml(worlds.au_xml("one").replace("Title", "&lt;script&gt;x()&lt;/script&gt;"))
    lms.api("POST", "/registrations", {"course": lms.course(nasty), "person": "p-1"})
    page = _mine(lms)
    assert (f"Hello, {NASTY}!" in "".join(page.texts), "<script>x()</script>" in page.texts) == (True, True)
    assert page.named("script") == []


@pytest.mark.parametrize(("upstream", "said"), [(False, None), (True, "It will go to your school by itself")])
def test_a_learner_is_told_that_the_work_is_kept(tmp_path: Path, upstream: bool, said: str | None) -> None:
    """And whether the school has it, where there is one to send to."""
    school: dict[str, Any] = {"upstream": "http://127.0.0.1:9/xapi", "upstream_key": "k", "upstream_secret": "s"}
    with campus(tmp_path, **school if upstream else {}) as lms:
        course = _enrolled(lms, worlds.course_xml(worlds.au_xml("one")))
        lms.launch(course)
        texts = " ".join(_mine(lms).texts)
    assert ("Your work is kept on this device." in texts, said is None or said in texts) == (True, True)


# --- starting a lesson ----------------------------------------------------------------------------------------------


def test_a_lesson_of_the_web_is_gone_to_and_comes_back(lms: Campus, mine: str) -> None:
    """303 to its launch URL over the network, and the page's address as its `returnURL`."""
    answer = _start(lms, mine)
    url = answer.headers["location"]
    assert (answer.status_code, url.partition("?")[0]) == (303, "https://pub.example/start")
    lesson = Lesson.begin(lms, {"url": url, "registration": parameters(url)["registration"]})
    assert lesson.launch_data["returnURL"] == f"http://lms.invalid{_address(lms)}"
    assert (lesson.launch_data["launchMode"], parameters(url)["endpoint"]) == (
        "Normal",
        "https://lms.school.example/xapi",
    )


def test_a_lesson_that_is_done_is_looked_at_again(lms: Campus, mine: str) -> None:
    """In review, so that a lesson of any maker does not say a second time that it was passed (cmi5 10.2.2)."""
    lms.lesson(mine).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    url = _start(lms, mine).headers["location"]
    lesson = Lesson.begin(lms, {"url": url, "registration": parameters(url)["registration"]})
    assert lesson.launch_data["launchMode"] == "Review"


def test_a_lesson_of_an_app_is_a_link(lms: Campus) -> None:
    """A browser is not sent to another app by itself: the person presses the link."""
    course = _enrolled(lms, worlds.course_xml(worlds.au_xml("one", url="offline-maths://lesson/addition?level=1")))
    answer = _start(lms, course)
    page = Page(answer.text)
    (link,) = [one for one in page.links() if one.startswith("offline-maths://lesson/addition?level=1&")]
    assert (answer.status_code, "Open “Title”" in page.texts) == (200, True)
    assert (parameters(link)["ipc-service"], _address(lms) in page.links()) == ("org.example.device", True)


def test_a_form_may_lead_to_its_lessons_and_nowhere_else(lms: Campus) -> None:
    """A browser holds the policy against the place that a form is sent on to as well."""
    aus = [worlds.au_xml(f"au-{n}", url=url) for n, url in enumerate(["https://a.example:8443/x?y=1", "app://b/c"])]
    _enrolled(lms, worlds.course_xml(*aus))
    policy = lms.ask("GET", _address(lms)).headers["content-security-policy"]
    forms = next(part for part in policy.split("; ") if part.startswith("form-action"))
    assert forms == "form-action 'self' https://a.example:8443 https://lms.school.example"


def test_only_my_lessons_start(lms: Campus, mine: str) -> None:
    """Of a course without an enrolment nothing is started, and no enrolment is made by trying."""
    other = lms.course(worlds.course_xml(worlds.au_xml("solo"), course=worlds.COURSE.replace("Title", "Other")))
    answers = [_start(lms, other), _start(lms, "unknown"), _start(lms, mine, 3)]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert (len(lms.api("GET", "/registrations")["registrations"]), "launched" in lms.verbs()) == (1, False)


@pytest.mark.parametrize(
    "body", [b"", b"course=&au=0", b"course=x&au=", b"course=x&au=-1", b"course=x&au=\xb2", b"\xff"]
)
def test_a_form_that_names_no_lesson_is_refused(lms: Campus, mine: str, body: bytes) -> None:
    """400, in a page with the way back."""
    answer = _start(lms, mine, content=body)
    assert (answer.status_code, _address(lms) in Page(answer.text).links()) == (400, True)


def test_something_else_than_a_form_is_refused(lms: Campus, mine: str) -> None:
    """JSON is for `/api`; and nobody sends more than a form has."""
    body = json.dumps({"course": mine, "au": 0})
    other = _start(lms, mine, headers={"Content-Type": "application/json"}, content=body)
    large = _start(lms, mine, content=b"x" * 5000)
    assert (other.status_code, large.status_code) == (400, 413)


def test_a_device_that_is_not_on_the_network_says_so(tmp_path: Path) -> None:
    """A lesson of the web needs an address of ours; the page says what is missing, and leads back."""
    with campus(tmp_path, public_url=None) as lms:
        course = _enrolled(lms, worlds.course_xml(worlds.au_xml("one")))
        answer = _start(lms, course)
        page = Page(answer.text)
        assert (answer.status_code, _address(lms) in page.links()) == (409, True)
        assert any("no network address" in text for text in page.texts)
