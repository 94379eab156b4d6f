"""Pages for people: whole without script, safe with any name, and with nothing in them from elsewhere."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from launcher.learning import standing
from launcher.progress import grid
from launcher.progress.history import INTERACTION
from launcher.web import rendering
from tests.launcher.campus import STORE, Campus, Lesson, campus, header
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json
from tests.launcher.web import crowd

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

NASTY = "<script>alert('x')</script> & \"Co\""
VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """What a browser would make of it: texts, elements, and whether all that was opened was closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop(), f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def links(self) -> set[str]:
        """Everything that it loads or leads to."""
        return {
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ("href", "src", "action") and value is not None
        }

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def manager(lms: Campus) -> dict[str, str]:
    """The headers of a browser whose person has signed in."""
    return {**header(lms.credential("manager", "admin")), "Accept": "text/html"}


def _page(lms: Campus, manager: dict[str, str], target: str = "/") -> Page:
    answer = lms.ask("GET", target, headers=manager)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(answer.text)
    assert page.open == []
    return page


# --- safe -----------------------------------------------------------------------------------------------------------


def test_any_name_is_text(lms: Campus, manager: dict[str, str]) -> None:
    """Learners and courses called as badly as can be are shown, and run nothing."""
    lms.person(NASTY)
    title = worlds.COURSE.replace("Title", "&lt;img src=x onerror=alert(1)&gt;")
    lms.launch(lms.course(worlds.course_xml(worlds.au_xml("one"), course=title)))
    page = _page(lms, manager)
    assert (NASTY in page.texts, "<img src=x onerror=alert(1)>" in page.texts) == (True, True)
    assert (page.named("script"), page.named("img")) == ([], [])


@pytest.mark.parametrize("target", ["/", "/learn", "/learn/wrong", "/docs", "/style.css", "/learn.css", "/nothing"])
def test_every_page_forbids_what_it_does_not_need(lms: Campus, manager: dict[str, str], target: str) -> None:
    """A policy without script, frames and strangers; no guessing of types; no address handed on."""
    headers = lms.ask("GET", target, headers=manager).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (
        policy["default-src"],
        policy["style-src"],
        policy["frame-ancestors"],
        policy.get("script-src"),
    ) == ("'none'", "'self'", "'none'", None)
    assert (
        headers["x-content-type-options"],
        headers["referrer-policy"],
        headers["cache-control"],
    ) == ("nosniff", "no-referrer", "no-store")


@pytest.mark.parametrize("target", ["/", "/docs"])
def test_a_page_needs_nothing_from_elsewhere(lms: Campus, manager: dict[str, str], target: str) -> None:
    """No script, no font, no picture of another host: it works where there is no internet."""
    page = _page(lms, manager, target)
    elsewhere = {link for link in page.links() if not link.startswith(("/", "#", "data:,")) or link.startswith("//")}
    inline = [attributes for _, attributes in page.elements if "style" in attributes or "onclick" in attributes]
    assert (set(), [], []) == (elsewhere, page.named("script"), inline)


def test_the_style_sheet_is_there_for_everybody(lms: Campus) -> None:
    """It says nothing about anybody, loads nothing, and knows light and dark."""
    answer = lms.ask("GET", "/style.css")
    assert (
        answer.status_code,
        answer.headers["content-type"],
        "url(" in answer.text or "@import" in answer.text,
        "prefers-color-scheme: dark" in answer.text,
    ) == (200, "text/css; charset=utf-8", False, True)


# --- who ------------------------------------------------------------------------------------------------------------


def _refused(answer: httpx.Response) -> tuple[int, str, bool]:
    return answer.status_code, answer.headers["content-type"].partition(";")[0], "www-authenticate" in answer.headers


def test_a_browser_is_asked_for_basic_and_told_in_html(lms: Campus) -> None:
    """Whoever closes the browser's question sees a page, not braces; a program gets its problem document."""
    browser = lms.ask("GET", "/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (
        _refused(browser),
        _refused(lms.ask("GET", "/")),
    ) == ((401, "text/html", True), (401, "application/problem+json", True))
    assert Page(browser.text).open == []


def test_a_credential_without_admin_sees_nothing(lms: Campus) -> None:
    """`all` is for xAPI."""
    answer = lms.ask("GET", "/", headers=header(lms.credential("somebody", "all")))
    assert answer.status_code == 403


def test_a_page_that_is_not_there_is_404(lms: Campus, manager: dict[str, str]) -> None:
    """With the address shown as text, whatever is in it."""
    answer = lms.ask("GET", "/%3Cscript%3E", headers=manager)
    assert (answer.status_code, Page(answer.text).named("script")) == (404, [])


# --- the grid -------------------------------------------------------------------------------------------------------


def test_the_grid_says_how_everybody_stands(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """Row and column headers, states in words, scores and times: nothing by colour alone."""
    lms.person("Benito", "p-2")
    lms.api("POST", "/registrations", {"course": course, "person": "p-2"})
    lms.lesson(course).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    lms.lesson(course, 1).say(INITIALIZED, FAILED, TERMINATED)
    page = _page(lms, manager)
    scopes = [attributes.get("scope") for attributes in page.named("th")]
    assert (
        scopes,
        [text for text in page.texts if text in ("Everybody", "Amina", "Benito")],
    ) == (["col"] * 2 + ["colgroup"] * 2 + ["col"] * 4 + ["row"] * 3, ["Everybody", "Amina", "Benito"])
    states = ("passed and completed", "failed", "in progress", "not started", "80 %", "20 %", "Whole block")
    assert [text for text in states if text not in page.texts] == []
    assert "2 learners · 1 in progress · 1 not started" in page.texts


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Lima"])
@pytest.mark.parametrize("us", [253_402_300_799_000_000, -62_135_596_800_000_000], ids=["year 9999", "year 1"])
def test_a_clock_gone_wild_breaks_no_page(monkeypatch: pytest.MonkeyPatch, zone: str, us: int) -> None:
    """A tablet may claim any year; where the local day is beyond the calendar, the page says UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    shown = rendering.local(us)
    monkeypatch.undo()
    time.tzset()
    assert shown.partition("-")[0] in ("9999", "10000", "0001", "1")


def test_times_can_be_read_by_people_and_programs(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """Local time to the minute, and the exact moment beside it."""
    lms.launch(course)
    times = [attributes["datetime"] or "" for attributes in _page(lms, manager).named("time")]
    assert (len(times) > 1, all(one.endswith("Z") for one in times)) == (True, True)


def test_the_page_knows_what_was_stored_a_moment_ago(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """It waits for the projection instead of showing the day before."""
    lesson = lms.lesson(course, 2)
    lesson.say(INITIALIZED, COMPLETED)
    assert "completed" in _page(lms, manager).texts


@pytest.mark.parametrize("prepared", ["nothing", "course"])
def test_an_empty_page_says_what_to_do(lms: Campus, manager: dict[str, str], prepared: str) -> None:
    """The command that brings the first course, or the first learner."""
    course = lms.course() if prepared == "course" else ""
    expected = {
        "nothing": "offline-lrs courses import FILE",
        "course": f"offline-lrs registrations add {course} PERSON",
    }
    assert expected[prepared] in _page(lms, manager).texts


def test_a_device_says_what_it_has_not_sent(tmp_path: Path) -> None:
    """A teacher with a tablet in hand sees whether the school has it all."""
    upstream: dict[str, Any] = {"upstream": "http://127.0.0.1:9/xapi", "upstream_key": "k", "upstream_secret": "s"}
    with campus(tmp_path, **upstream) as lms:
        lms.person()
        lms.launch(lms.course())
        manager = {**header(lms.credential("manager", "admin")), "Accept": "text/html"}
        page = _page(lms, manager)
    said = " ".join(page.texts)
    assert ("1 statement is not yet sent, since" in said, "Nothing has been sent yet." in said) == (True, True)
    assert page.texts.count("not yet sent") == 1


def test_a_device_that_has_sent_all_says_so(tmp_path: Path) -> None:
    """Nothing waits, so nobody is marked."""
    upstream: dict[str, Any] = {"upstream": "http://127.0.0.1:9/xapi", "upstream_key": "k", "upstream_secret": "s"}
    with campus(tmp_path, **upstream) as lms:
        manager = {**header(lms.credential("manager", "admin")), "Accept": "text/html"}
        page = _page(lms, manager)
    assert ("Everything has been sent." in page.texts, "not yet sent" in page.texts) == (True, False)


def test_the_school_says_when_each_device_was_heard_of(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """By the name of its credential; one that has never sent anything is a question for the technician."""
    lms.credential("tablet-of-room-7", "statements/write")
    lms.credential("reader", "all/read")
    lms.bring(worlds.allowed())
    page = _page(lms, manager)
    devices = page.texts[page.texts.index("Devices that send here") :]
    assert devices[1:6] == ["Device", "Last heard of", "tablet", devices[4], "tablet-of-room-7"]
    assert (devices[6], "reader" in devices) == ("nothing has come yet", False)


def test_one_course_at_a_time(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """With a switch where there are several; one that is not there is not found."""
    other = lms.course(worlds.course_xml(worlds.au_xml("solo"), course=worlds.COURSE.replace("Title", "Other")))
    page = _page(lms, manager, f"/?course={other}")
    assert {f"/?course={course}", f"/?course={other}"} <= page.links()
    marked = [attributes["href"] for attributes in page.named("a") if "aria-current" in attributes]
    assert marked == ["/", f"/?course={other}"]
    assert lms.ask("GET", "/?course=unknown", headers=manager).status_code == 404


def test_learners_are_found_by_a_part_of_their_names(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """Whatever the case and the accents; the counts stay those of everybody."""
    crowd.enrol(lms, course, 13)
    page = _page(lms, manager, "/?find=%C3%A1MIN")
    found = [text for text in page.texts if text.startswith(("Amina", "Benito"))]
    assert (found, "13 learners · 13 not started" in page.texts) == (["Amina Abebe 0000", "Amina Brandão 0012"], True)
    nobody = _page(lms, manager, "/?find=%3Cnobody%3E")
    assert "No learner here is called “<nobody>”." in nobody.texts


def test_a_summary_counts_everybody_and_not_the_page(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """How many have done each AU as its moveOn asks, how many failed, the average of the best scores."""
    for number, verbs in enumerate(((PASSED, COMPLETED), (PASSED,), (FAILED,))):
        lms.person(f"Person {number}", f"s-{number}")
        lms.lesson(course, 0, f"s-{number}").say(INITIALIZED, *verbs)
    page = _page(lms, manager)
    totals = page.texts[page.texts.index("Everybody") : page.texts.index("Person 0")]
    assert totals[totals.index("Title") :][:6] == [
        "Title",
        "0 of 3 done",
        "Title",
        "1 of 3 done",
        "1 failed",
        "average 60 %",
    ]


@pytest.mark.slow
def test_a_thousand_learners_and_fifty_aus(tmp_path: Path) -> None:
    """A page of them at a time, each learner on exactly one page, and never so much that a phone gives up."""
    with campus(tmp_path) as lms:
        course = lms.course(crowd.wide_course(5, 10))
        registrations = crowd.enrol(lms, course, 1000)
        crowd.bring(lms, registrations, most=6)
        manager = {**header(lms.credential("manager", "admin")), "Accept": "text/html"}
        sheets = [lms.read(lambda reader, n=n: standing.sheet(reader, STORE, course, page=n)) for n in range(1, 24)]  # type: ignore[misc]
        first, last = _page(lms, manager), _page(lms, manager, "/?page=23")
    learners = [line.learner for sheet in sheets for line in sheet.table.lines]
    assert (len(set(learners)), learners == sorted(learners, key=grid.plain), sheets[-1].pages) == (1000, True, 23)
    assert ("1 to 44 of 1 000" in first.texts, "969 to 1 000 of 1 000" in last.texts) == (True, True)
    assert (len(first.elements) < 25_000, [link.get("rel") for link in last.named("a") if "rel" in link]) == (
        True,
        ["prev", "prev"],
    )


# --- one learner ----------------------------------------------------------------------------------------------------


def _answer(lesson: Lesson, response: str, right: bool, **definition: Any) -> Json:
    question = {"type": INTERACTION, "interactionType": "numeric", "name": {"en": "7 + 5 = ?"}, **definition}
    return lesson.statement(
        "http://adlnet.gov/expapi/verbs/answered",
        object={"id": f"{lesson.activity}/question", "definition": {"correctResponsesPattern": ["12"], **question}},
        result={"response": response, "success": right, "duration": "PT4S"},
    )


def test_a_learner_session_by_session(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """From the grid one click away: what was asked, what was answered, and what would have been right."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    assert lesson.send(_answer(lesson, "13", False)).status_code == 200
    assert lesson.send(_answer(lesson, "12", True)).status_code == 200
    lesson.say(PASSED, TERMINATED)
    assert "/learners/p-1" in {link.partition("?")[0] for link in _page(lms, manager).links()}
    said = " ".join(_page(lms, manager, "/learners/p-1").texts)
    assert "7 + 5 = ? answered 13 wrong · right is 12 · 4 s 7 + 5 = ? answered 12 right · 4 s" in said
    assert ("1 of 2 right" in said, "took 1 min 0 s" in said, "score 80 %" in said) == (True, True, True)


def test_what_a_lesson_says_is_text(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """Questions and answers come from strangers."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    lesson.send(_answer(lesson, NASTY, False, name={"en": NASTY}, interactionType="fill-in"))
    page = _page(lms, manager, "/learners/p-1")
    assert (page.texts.count(NASTY), page.named("script")) == (2, [])


def test_a_learner_of_another_school_has_a_page_too(lms: Campus, course: str, manager: dict[str, str]) -> None:
    """Named by the home page of the account; it is not the page of our person with that id."""
    actor = {"objectType": "Agent", "account": {"homePage": "https://other.example", "name": "a/b ?"}}
    lms.api("POST", "/registrations", {"course": course, "actor": actor})
    (link,) = [one for one in _page(lms, manager).links() if one.startswith("/learners/")]
    assert link.startswith("/learners/a%2Fb%20%3F?school=https")
    assert "a/b ?" in _page(lms, manager, link).texts
    assert lms.ask("GET", "/learners/a%2Fb%20%3F", headers=manager).status_code == 404


def test_who_is_not_enrolled_is_told_how(lms: Campus, manager: dict[str, str]) -> None:
    """A page of a learner without a course says what to do."""
    lms.person()
    assert "offline-lrs registrations add COURSE p-1" in _page(lms, manager, "/learners/p-1").texts


@pytest.mark.parametrize(
    "target", ["/learners/nobody", "/learners/p-1?before=0", "/?page=x", f"/learners/p-1?before={2**60}"]
)
def test_a_wrong_address_is_no_fault_of_ours(lms: Campus, manager: dict[str, str], target: str) -> None:
    """Refused in a page."""
    lms.person()
    answer = lms.ask("GET", target, headers=manager)
    assert (answer.status_code in (400, 404), answer.headers["content-type"]) == (True, "text/html; charset=utf-8")


# --- the API's page -------------------------------------------------------------------------------------------------


def test_the_api_page_lists_every_operation(lms: Campus, manager: dict[str, str]) -> None:
    """Method, path and a sentence for each, made from the API itself."""
    page = _page(lms, manager, "/docs")
    assert {"GET", "POST", "DELETE", "/api/launches", "/api/credentials/{key}"} <= set(page.texts)


def test_the_api_page_says_nothing_about_anybody(lms: Campus, course: str) -> None:
    """So it is open, like any book about the program."""
    answer = lms.ask("GET", "/docs")
    assert (answer.status_code, "Amina" in answer.text) == (200, False)
