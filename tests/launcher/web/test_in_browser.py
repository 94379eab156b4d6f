"""The pages as people see and use them: in Chromium, with the keyboard, on a phone and on a desktop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from tests.launcher.campus import Campus, block, campus
from tests.launcher.cmi5 import worlds
from tests.launcher.web import crowd
from tests.support.browser import DESKTOP, PHONE, ZOOMED, Chromium, Screen, Window
from tests.support.clocks import FixedClock
from tests.support.scripted_au import ScriptedAu
from tests.support.world import SCHOOL, World, open_world

pytestmark = pytest.mark.slow

SCREENS = pytest.mark.parametrize("screen", [PHONE, ZOOMED, DESKTOP], ids=["phone", "zoomed", "desktop"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
WAYS = pytest.mark.parametrize(
    ("screen", "script"), [(PHONE, False), (DESKTOP, True), (DESKTOP, False)], ids=["phone", "script", "desktop"]
)
SCRIPT = "<script>document.title='run'</script>"
HOSTILE = {
    "p-script": (SCRIPT, "& \"Sons\" 'n' </td>"),
    "p-rtl": ("محمد عبد الله", "الطويل"),
    "p-long": ("Maximiliane" * 8, "W" * 60),
}
LONG = "Donaudampfschifffahrtsgesellschaft" * 4


# --- a school with a bit of everything -------------------------------------------------------------------------------


@dataclass(frozen=True)
class School:
    """A running program, whose data folder was filled before."""

    url: str
    login: tuple[str, str]
    pages: dict[str, str]
    course: str


class _Lesson(BaseHTTPRequestHandler):
    """A lesson on the web, as simple as can be: it is passed when it is opened, and says where to go then."""

    def do_GET(self) -> None:
        body = b"a browser asks for it by itself"
        if self.path.startswith("/lesson"):
            with ScriptedAu(f"http://lesson.invalid{self.path}") as au:
                au.start()
                for verb in ("initialized", "passed", "completed", "terminated"):
                    au.say(au.defined(verb))
            back = escape(au.launch_data["returnURL"])
            body = f"<title>Lesson</title><a href='{back}'>Passed. Go back</a>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def lesson_site() -> Iterator[str]:
    """Where the lessons on the web are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Lesson) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def _served(
    world: World, name: str, folder: Path, login: tuple[str, str], pages: dict[str, str], course: str
) -> Iterator[School]:
    program = world.program(name, "--school", SCHOOL, "--port", "0")
    folder.rename(program.data)
    program.start()
    try:
        yield School(program.url, login, pages, course)
    finally:
        program.stop()


def _pages(lms: Campus) -> dict[str, str]:
    return {one["id"]: one["page"] for one in lms.api("GET", "/people")["people"]}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, lesson_site: str) -> Iterator[School]:
    """Five learners of two courses, three of them called as badly as can be, in every state there is."""
    folder = tmp_path_factory.mktemp("school") / "data"
    lessons = [
        worlds.au_xml(
            name, attributes="moveOn='CompletedAndPassed' masteryScore='0.6'", url=f"{lesson_site}/lesson?{name}"
        )
        for name in ("one", "two", "three")
    ]
    source = worlds.course_xml(
        block("arithmetic", *lessons),
        worlds.au_xml("app", url="offline-maths://lesson/addition?level=1", attributes="moveOn='Completed'").replace(
            ">Title<", f">{LONG}<"
        ),
        course=worlds.COURSE.replace("Title", "Sums"),
    )
    with campus(folder, FixedClock()) as lms:
        lms.person()
        lms.api("POST", "/people", {"givenName": "Benito", "id": "p-2"})
        lms.api("POST", "/people", {"givenName": "Nobody yet", "id": "p-none"})
        for person, (given, family) in HOSTILE.items():
            lms.api("POST", "/people", {"givenName": given, "familyName": family, "id": person})
        course = lms.course(source)
        lms.course(worlds.course_xml(worlds.au_xml("solo"), course=worlds.COURSE.replace("Title", f"&lt;b&gt;{LONG}")))
        for person in ("p-1", "p-2", *HOSTILE):
            lms.api("POST", "/registrations", {"course": course, "person": person})
        for person, became in zip(HOSTILE, ((PASSED, COMPLETED), (FAILED,), ()), strict=True):
            lesson = lms.lesson(course, 0, person)
            assert lesson.say(INITIALIZED) == [200]
            assert lesson.send(_answer(lesson.statement("http://adlnet.gov/expapi/verbs/answered"))).status_code == 200
            assert set(lesson.say(*became, *((TERMINATED,) if became else ()))) <= {200}
        lms.credential("tablet-1", "statements/write")
        login, pages = lms.credential("manager", "admin"), _pages(lms)
    with open_world() as world, _served(world, "school", folder, login, pages, course) as served:
        yield served


def _answer(statement: dict[str, Any]) -> dict[str, Any]:
    """An answer in which everything is hostile."""
    question = {
        "name": {"en": f"{SCRIPT} {LONG}"},
        "interactionType": "fill-in",
        "correctResponsesPattern": ["\u202egnp.exe"],
    }
    statement["object"] = {"id": "https://pub.example/question", "definition": question}
    statement["result"] = {"response": f"{SCRIPT}\u202e{LONG}", "success": False}
    return statement


def _addresses(school: School) -> dict[str, str]:
    """Every kind of page, with much and with nothing in it."""
    return {
        "progress": "/",
        "progress-empty": "/?find=nobody",
        "learner-script": "/learners/p-script",
        "learner-long": "/learners/p-long",
        "learner-rtl": "/learners/p-rtl",
        "learner-none": "/learners/p-none",
        "learn-list": "/learn",
        "docs": "/docs",
        "mine-script": school.pages["p-script"],
        "mine-long": school.pages["p-long"],
        "mine-rtl": school.pages["p-rtl"],
        "mine-none": school.pages["p-none"],
        "wrong": "/learn/wrong",
    }


def _open(window: Window, school: School, address: str) -> None:
    assert window.open(school.url + address) in (200, 404)


# --- seen -----------------------------------------------------------------------------------------------------------

MEASURED = """
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || box.width < 2 || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}
"""


@SCREENS
@SCHEMES
def test_every_page_can_be_read(
    chromium: Chromium, school: School, screen: Screen, scheme: Literal["light", "dark"]
) -> None:
    """Nobody has to scroll sideways, whatever a learner is called and on whatever screen, and every text stands out
    from its ground as WCAG 2.2 asks (1.4.3 AA) in both schemes; nothing of what is shown is run."""
    faults = []
    with chromium.window(screen, login=school.login, scheme=scheme) as window:
        window.forgive("status of 404")
        for name, address in _addresses(school).items():
            _open(window, school, address)
            window.shoot(f"{name}-{screen.width}-{scheme}")
            faults += [f"{name}: too wide by {window.wider_by()}"] if window.wider_by() else []
            faults += [f"{name}: {fault}" for fault in window.do(lambda page: page.evaluate(MEASURED))]
            assert window.do(lambda page: page.title()).endswith("Offline LRS")
    assert faults == []


def test_the_measure_finds_what_is_pale(chromium: Chromium, school: School) -> None:
    """A page that would be too pale is told by the text that is."""
    with chromium.window(login=school.login) as window:
        _open(window, school, "/docs")
        window.do(lambda page: page.evaluate("document.querySelector('h1').style.color = '#999'"))
        assert window.do(lambda page: page.evaluate(MEASURED)) == ["Management API: 2.63"]


@SCREENS
def test_a_table_is_a_table_on_every_screen(chromium: Chromium, school: School, screen: Screen) -> None:
    """Laid out as cards on a phone, and still rows with headers for who listens."""
    with chromium.window(screen, login=school.login) as window:
        _open(window, school, "/")
        rows = window.do(
            lambda page: page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="الطويل")).count()
        )
        assert rows == 1
        shown = window.do(lambda page: page.get_by_role("rowheader", name="الطويل").inner_text())
        assert ("3 lessons not started" in shown) == (screen.width < 704)


def test_headers_stay_in_sight(chromium: Chromium, tmp_path: Path) -> None:
    """In a wide and long table, whoever is far down and far right still sees whose square it is, and of what."""
    folder = tmp_path / "data"
    with campus(folder, FixedClock()) as lms:
        course = lms.course(crowd.wide_course(3, 6))
        crowd.bring(lms, crowd.enrol(lms, course, 60))
        login = lms.credential("manager", "admin")
    with (
        open_world() as world,
        _served(world, "wide", folder, login, {}, course) as school,
        chromium.window(login=login) as window,
    ):
        _open(window, school, "/")
        window.do(lambda page: page.locator(".scroll").evaluate("one => one.scrollTo(1500, 1500)"))
        window.shoot("scrolled", whole=False)
        places = window.do(
            lambda page: page.evaluate(
                """() => {
                  const at = (one) => document.querySelector(one).getBoundingClientRect();
                  const [all, names] = [at(".scroll"), at(".grid tbody:last-child tr:nth-child(30) th")];
                  return [at(".grid thead").top - all.top, names.left - all.left];
                }"""
            )
        )
        assert [round(place) for place in places] == [1, 1]


# --- used by a teacher ----------------------------------------------------------------------------------------------


@WAYS
def test_a_teacher_needs_no_mouse(chromium: Chromium, school: School, screen: Screen, script: bool) -> None:
    """Past the menu, to a learner, to what happened, and back, with keys alone; the focus can be seen."""
    with chromium.window(screen, script=script, login=school.login) as window:
        _open(window, school, "/")
        window.press("Tab")
        assert window.focused() == "Skip to the content"
        assert window.do(lambda page: page.evaluate("getComputedStyle(document.activeElement).outlineStyle")) == "solid"
        window.press("Enter")
        for _ in range(30):
            window.press("Tab")
            if window.focused() == "محمد عبد الله الطويل":
                break
        with_enter(window)
        assert ("What happened" in window.text(), "failed" in window.text()) == (True, True)
        window.do(lambda page: page.locator("summary").first.focus())
        window.press("Enter")
        assert not window.do(lambda page: page.locator("ol.deeds").first.is_visible())
        window.do(lambda page: page.get_by_role("link", name="All learners").focus())
        with_enter(window)
        assert "Find a learner" in window.text() or "5 learners" in window.text()


def with_enter(window: Window) -> None:
    """Press what has the focus, and wait for the page that it leads to."""

    def press(page: Any) -> None:
        with page.expect_navigation():
            page.keyboard.press("Enter")

    window.do(press)


# --- used by a learner ----------------------------------------------------------------------------------------------


@WAYS
def test_a_learner_starts_a_lesson_and_comes_back(
    chromium: Chromium, school: School, screen: Screen, script: bool, lesson_site: str
) -> None:
    """With keys alone: the form leads on to the lesson on another site, which leads back; the page knows by then."""
    window: Window
    with chromium.window(screen, script=script) as window:
        window.hosts.add(lesson_site.removeprefix("http://"))
        _open(window, school, school.pages["p-2"])
        before = window.text().count("Look again")
        button = window.do(lambda page: page.locator("li.next button").inner_text())
        assert button.startswith("Start")
        for _ in range(20):
            window.press("Tab")
            if window.focused() == button.strip():
                break
        window.shoot(f"mine-focus-{screen.width}", whole=False)
        with_enter(window)
        assert window.do(lambda page: page.url).startswith(lesson_site)
        window.do(lambda page: page.get_by_role("link").focus())
        with_enter(window)
        assert window.do(lambda page: page.url) == school.url + school.pages["p-2"]
        assert window.text().count("Look again") == before + 1
        window.shoot(f"mine-back-{screen.width}")


@WAYS
def test_a_lesson_of_an_app_is_one_press_away(chromium: Chromium, school: School, screen: Screen, script: bool) -> None:
    """The link has the focus, so that Enter opens the app; and there is a way back."""
    with chromium.window(screen, script=script) as window:
        _open(window, school, school.pages["p-1"])
        window.do(lambda page: page.get_by_role("button", name=LONG).focus())
        with_enter(window)
        window.do(lambda page: page.wait_for_function("document.activeElement.href"))
        link = window.do(lambda page: page.evaluate("document.activeElement.href"))
        assert link.startswith("offline-maths://lesson/addition?level=1&endpoint=")
        assert window.wider_by() == 0
        window.shoot(f"open-{screen.width}")
        window.do(lambda page: page.get_by_role("link", name="Back to my lessons").focus())
        with_enter(window)
        assert "Go on" in window.text()


def test_buttons_are_large_enough_for_fingers(chromium: Chromium, school: School) -> None:
    """At least 44 pixels each way (WCAG 2.2, 2.5.5)."""
    with chromium.window(PHONE) as window:
        _open(window, school, school.pages["p-1"])
        sizes = window.do(
            lambda page: page.locator("button").evaluate_all(
                "all => all.map(one => [one.offsetWidth, one.offsetHeight])"
            )
        )
        assert [size for size in sizes if min(size) < 44] == []
        assert len(sizes) == 4
