"""Pages for people: whole without script, safe with any name, and with nothing in them from elsewhere."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from launcher.web import pages
from tests.launcher.campus import Campus, campus, header
from tests.launcher.cmi5 import worlds

NASTY = "<script>alert('x')</script> & \"Co\""
VOID = {"meta", "link", "br"}


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


@pytest.mark.parametrize("target", ["/", "/docs", "/style.css", "/nothing"])
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
        [text for text in page.texts if text in ("Amina", "Benito")],
    ) == (["col"] * 6 + ["row"] * 2, ["Amina", "Benito"])
    states = ("passed and completed", "failed", "in progress", "not started", "80 %", "20 %", "block")
    assert [text for text in states if text not in page.texts] == []
    assert "2 learners · 1 in progress · 1 not started" in page.texts


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Lima"])
@pytest.mark.parametrize("us", [253_402_300_799_000_000, -62_135_596_800_000_000], ids=["year 9999", "year 1"])
def test_a_clock_gone_wild_breaks_no_page(monkeypatch: pytest.MonkeyPatch, zone: str, us: int) -> None:
    """A tablet may claim any year; where the local day is beyond the calendar, the page says UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    shown = pages.local(us)
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
    if prepared == "course":
        lms.course()
    expected = {"nothing": "offline-lrs courses import FILE", "course": "offline-lrs registrations add COURSE PERSON"}
    assert expected[prepared] in _page(lms, manager).texts


def test_a_device_says_what_it_has_not_sent(tmp_path: Path) -> None:
    """A teacher with a tablet in hand sees whether the school has it all."""
    upstream: dict[str, Any] = {"upstream": "http://127.0.0.1:9/xapi", "upstream_key": "k", "upstream_secret": "s"}
    with campus(tmp_path, **upstream) as lms:
        lms.person()
        lms.launch(lms.course())
        manager = {**header(lms.credential("manager", "admin")), "Accept": "text/html"}
        page = _page(lms, manager)
    assert ("upstream" in page.texts, any("1 statement not yet sent" in text for text in page.texts)) == (True, True)


# --- the API's page -------------------------------------------------------------------------------------------------


def test_the_api_page_lists_every_operation(lms: Campus, manager: dict[str, str]) -> None:
    """Method, path and a sentence for each, made from the API itself."""
    page = _page(lms, manager, "/docs")
    assert {"GET", "POST", "DELETE", "/api/launches", "/api/credentials/{key}"} <= set(page.texts)


def test_the_api_page_says_nothing_about_anybody(lms: Campus, course: str) -> None:
    """So it is open, like any book about the program."""
    answer = lms.ask("GET", "/docs")
    assert (answer.status_code, "Amina" in answer.text) == (200, False)
