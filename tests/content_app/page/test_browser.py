"""The page as a child has it: in a real browser, by keyboard and by finger, with script and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from content_app.exercises import Exercise, exercises
from content_app.launch import LEVELS, TOPICS
from tests.content_app.page.worlds import SECONDS, served
from tests.content_app.worlds import NAME
from tests.support.browser import DESKTOP, PHONE, ZOOMED, Chromium, Screen, Window
from tests.support.fake_lms import LAUNCH_DATA, FakeLms, launch_url, verbs

pytestmark = pytest.mark.slow

SEED = 5
PASSED = ["initialized", *["answered"] * 5, "passed", "completed", "terminated"]
SPANISH = {"languagePreference": "es-MX,en-US"}


def asked(topic: str = "addition", level: int = 1) -> list[Exercise]:
    """What the page asks."""
    return exercises(topic, level, SEED, 5)


def address(topic: str, level: int) -> str:
    """Where that lesson is."""
    return f"offline-maths://lesson/{topic}?level={level}"


def ready(window: Window, selector: str) -> None:
    """Wait until that has the focus, or is there."""
    window.do(lambda page: page.wait_for_selector(selector))


def type_(window: Window, text: str) -> None:
    """Type on the keyboard."""
    window.press(*text)


def answer(window: Window, text: str) -> None:
    """Type an answer into the field that has the focus, send it, and see it marked."""
    ready(window, "input[name=response]:focus")
    above, slash, below = text.partition("/")
    type_(window, above)
    if slash:
        window.press("Tab")
        type_(window, below)
    window.press("Enter")
    ready(window, ".mark button:focus")


def tap(window: Window, name: str) -> None:
    """Tap one of the keys on the screen."""
    window.do(lambda page: page.locator(".pad").get_by_role("button", name=name, exact=True).tap())


def go_on(window: Window) -> None:
    """From a mark to what follows."""
    window.press("Enter")
    ready(window, "input[name=response]:focus, .result a:focus")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """A page to go back to."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Home</title><link rel=icon href=data:,><h1>My lessons</h1>")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_whole_lesson_by_keyboard(device: Path, chromium: Chromium, home: str, screen: Screen, script: bool) -> None:
    """Typing and Enter is all it takes, from the first question back to where the learner came from."""
    name = f"addition-{screen.width}-{'script' if script else 'plain'}"
    data = LAUNCH_DATA | {"returnURL": home}
    with FakeLms(device / "lms", NAME, launch_data=data) as lms, served(lms) as page:
        with chromium.window(screen, script=script) as window:
            window.hosts.add(urlsplit(home).netloc)
            window.open(page.url)
            window.shoot(f"{name}-question")
            for number, exercise in enumerate(asked()):
                assert window.wider_by() == 0
                answer(window, exercise.wrong if number == 1 else exercise.answer)
                if number < 2:
                    window.shoot(f"{name}-{'wrong' if number else 'right'}")
                go_on(window)
            window.shoot(f"{name}-result")
            assert ("Well done, you passed!" in window.text(), "4 of 5 right." in window.text()) == (True, True)
            window.press("Enter")
            window.do(lambda page: page.wait_for_url(home))
            assert window.text() == "My lessons"
        assert (page.end()[0], verbs(lms.kept)) == (0, PASSED)


def test_in_spanish(device: Path, chromium: Chromium) -> None:
    """As the learner prefers, for the eye and for the ear, and in what the statements say of a question."""
    with FakeLms(device / "lms", NAME, preferences=SPANISH) as lms, served(lms) as page:
        with chromium.window(PHONE) as window:
            window.open(page.url)
            assert window.do(lambda page: page.locator("html").get_attribute("lang")) == "es"
            window.do(lambda page: page.get_by_role("group", name="¿Cuánto es siete más diez?").wait_for())
            window.shoot("addition-360-spanish")
            answer(window, asked()[0].answer)
            assert "¡Correcto!" in window.text()
        (answered,) = [one for one in lms.kept if one["verb"]["id"].endswith("/answered")]
    assert answered["object"]["definition"]["description"]["es"] == "siete más diez"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_language_can_be_switched(device: Path, chromium: Chromium, script: bool) -> None:
    """In the middle of a question, and it stays for the next."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(script=script) as window:
        window.open(page.url)
        window.do(lambda page: page.get_by_role("button", name="Español").click())
        window.do(lambda page: page.get_by_role("button", name="Comprobar", exact=True).first.wait_for())
        answer(window, asked()[0].answer)
        go_on(window)
        assert "Pregunta 2 de 5" in window.do(lambda page: page.title())


def test_by_finger(device: Path, chromium: Chromium) -> None:
    """On a touch screen there are keys to tap, an eraser among them, and no other keyboard comes up."""
    first = asked()[0].answer
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(PHONE) as window:
        window.open(page.url)
        ready(window, ".pad:not([hidden])")
        assert window.do(lambda page: page.locator("input[name=response]").get_attribute("inputmode")) == "none"
        for key in ("9", "Erase", *first):
            tap(window, key)
        assert window.do(lambda page: page.locator("input[name=response]").input_value()) == first
        window.shoot("addition-360-typed")
        tap(window, "Check")
        ready(window, ".mark.right")
        assert verbs(lms.kept) == ["initialized", "answered"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_fractions(device: Path, chromium: Chromium, screen: Screen, script: bool) -> None:
    """Above and below the line; what can still be made smaller is nearly right, and said so."""
    lesson, name = address("fractions", 2), f"fractions-{screen.width}-{'script' if script else 'plain'}"
    first, second = asked("fractions", 2)[:2]
    above, _, below = first.answer.partition("/")
    with FakeLms(device / "lms", NAME) as lms, served(lms, lesson=lesson) as page:
        with chromium.window(screen, script=script) as window:
            window.open(page.url)
            window.shoot(f"{name}-question")
            assert window.wider_by() == 0
            answer(window, f"{2 * int(above)}/{2 * int(below)}")
            assert "Nearly!" in window.text()
            window.shoot(f"{name}-nearly")
            go_on(window)
            answer(window, second.answer)
            ready(window, ".mark.right")
        responses = [one["result"]["response"] for one in lms.kept[1:]]
    assert responses == [f"{2 * int(above)}/{2 * int(below)}", second.answer]


def test_a_slash_leads_below_the_line(device: Path, chromium: Chromium) -> None:
    """As one writes it; the arrows lead there and back."""
    lesson = address("fractions", 1)
    with FakeLms(device / "lms", NAME) as lms, served(lms, lesson=lesson) as page, chromium.window() as window:
        window.open(page.url)
        ready(window, "input[name=response]:focus")
        type_(window, asked("fractions", 1)[0].answer)
        window.press("ArrowUp", "ArrowDown", "Enter")
        ready(window, ".mark.right")


@pytest.mark.parametrize("topic", TOPICS)
def test_the_longest_lesson_fits_a_phone(device: Path, chromium: Chromium, topic: str) -> None:
    """Nobody scrolls sideways, and the keys are on the screen."""
    lms, lesson = FakeLms(device / "lms", NAME, preferences=SPANISH), address(topic, LEVELS[-1])
    with lms, served(lms, lesson=lesson) as page, chromium.window(PHONE) as window:
        window.open(page.url)
        ready(window, ".pad:not([hidden])")
        window.shoot(f"{topic}-360")
        keys = window.do(lambda page: page.locator(".pad").bounding_box())
        assert keys is not None
        assert (window.wider_by(), keys["y"] + keys["height"] <= PHONE.height) == (0, True)


def test_magnified_and_in_the_dark(device: Path, chromium: Chromium) -> None:
    """At 200 %, and for whom bright screens hurt."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(ZOOMED, scheme="dark") as window:
        window.open(page.url)
        assert window.wider_by() == 0
        window.shoot("addition-zoomed-dark")
        answer(window, asked()[0].wrong)
        assert window.wider_by() == 0
        window.shoot("addition-zoomed-dark-wrong")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_what_a_screen_reader_says(device: Path, chromium: Chromium, script: bool) -> None:
    """Words, not signs; which question, how it goes so far; the mark together with the button that has the focus."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(script=script) as window:
        window.open(page.url)
        ready(window, "input[name=response]:focus")
        said = window.do(lambda page: page.locator("body").aria_snapshot())
        for expected in (
            'list "Question 1 of 5"',
            'heading "Question 1 of 5" [level=1]',
            'group "How much is seven plus ten?"',
            'textbox "Your answer"',
            'button "Check"',
            'button "Stop"',
            'group "Language"',
        ):
            assert expected in said
        assert "7 + 10" not in said
        answer(window, asked()[0].answer)
        said = window.do(lambda page: page.locator("body").aria_snapshot())
        assert 'button "Next question"' in said
        status = window.do(lambda page: page.get_by_role("status").inner_text())
        assert ("Right!" in status, "seven plus ten is seventeen" in status) == (True, True)
        described = "document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText"
        if script:
            assert "Right!" in window.do(lambda page: page.evaluate(described))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_reloading_and_going_back_change_nothing(device: Path, chromium: Chromium, script: bool) -> None:
    """The page always shows where the lesson is; an answer is not sent again."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(script=script) as window:
        window.open(page.url)
        answer(window, asked()[0].answer)
        window.do(lambda page: page.reload())
        ready(window, ".mark.right")
        window.press("Enter")
        ready(window, "input[name=response]:focus")
        window.do(lambda page: page.go_back())
        window.do(lambda page: page.go_forward())
        assert "Question 2 of 5" in window.do(lambda page: page.title())
        assert verbs(lms.kept) == ["initialized", "answered"]


def test_a_double_click_is_one_answer(device: Path, chromium: Chromium) -> None:
    """And does not skip the mark."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window() as window:
        window.open(page.url)
        ready(window, "input[name=response]:focus")
        type_(window, asked()[0].answer)
        window.do(lambda page: page.locator("button.check").dblclick())
        ready(window, ".mark.right")
        assert verbs(lms.kept) == ["initialized", "answered"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_empty_answer_is_asked_again(device: Path, chromium: Chromium, script: bool) -> None:
    """A finger slipped: without script a hint comes, with it not even that is needed."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(script=script) as window:
        window.open(page.url)
        ready(window, "input[name=response]:focus")
        window.press("Enter")
        if not script:
            ready(window, ".hint.wanted")
        answer(window, asked()[0].answer)
        assert verbs(lms.kept) == ["initialized", "answered"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_stopping(device: Path, chromium: Chromium, script: bool) -> None:
    """By the button, reached by keyboard: the learner hears that the answers are kept."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page, chromium.window(PHONE, script=script) as window:
        window.open(page.url)
        answer(window, asked()[0].answer)
        window.do(lambda page: page.get_by_role("button", name="Stop").focus())
        window.press("Enter")
        ready(window, ".result a:focus")
        window.shoot("stopped-360")
        assert "Next time you go on with question 2." in window.text()
        assert verbs(lms.kept) == ["initialized", "answered", "terminated"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_page_waits_for_the_lms_by_itself(device: Path, chromium: Chromium, script: bool) -> None:
    """Calmly; once the LMS is back the lesson goes on without a finger moved."""
    with served(launch_url(NAME)) as page, chromium.window(script=script) as window:
        window.open(page.url)
        assert "One moment, please" in window.text()
        window.shoot("waiting-1280")
        with FakeLms(device / "lms", NAME):
            window.do(lambda page: page.wait_for_selector(".question", timeout=SECONDS * 1000))


def test_trouble_is_told_calmly(device: Path, chromium: Chromium) -> None:
    """With what the LMS said, for a grown-up."""
    with FakeLms(device / "lms", NAME, ("refuse:fetch",)) as lms, served(lms) as page, chromium.window(PHONE) as window:
        window.open(page.url)
        window.shoot("trouble-360")
        assert "It is not your fault." in window.text()
