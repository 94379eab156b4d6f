"""The Chromium of this machine, driven headless: what a person sees and can do, as a test.

    def test_the_page(chromium: Chromium) -> None:
        with chromium.window(PHONE, script=False, login=(key, secret)) as window:
            assert window.open(f"{url}/learners") == 200
            window.press("Tab", "Enter")
            assert "Amina" in window.text()
            window.do(lambda page: page.get_by_role("button", name="Start").click())
            window.shoot("learners-phone")

`chromium` is a fixture, one browser for the whole run; each window has a profile of its own (cookies, credentials,
cache). `window.do` hands Playwright's page (its synchronous API) to a function and gives back what that returns;
everything of Playwright is used inside such functions only, since it lives in a thread of its own: its event loop would
forbid the test one. Every wait is bounded by `SECONDS`.

A window fails its test on closing where the page had anything to complain about: an error on its console, which is
where a broken content security policy is told, an exception in its script, or a request to another host than those it
was sent to with `open`. What a test means to happen it says beforehand: `window.forgive("status of 404")`.

`OFFLINE_LRS_CHROMIUM` names the browser's program where it is not on the PATH; `OFFLINE_LRS_SCREENSHOTS` names a folder
that `shoot` writes `NAME.png` into (without it, nothing is written). Without a Chromium the tests are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

T = TypeVar("T")

PROGRAM = "OFFLINE_LRS_CHROMIUM"
SCREENSHOTS = "OFFLINE_LRS_SCREENSHOTS"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing of its own over the network, and nothing that a container lacks.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page is shown on, in CSS pixels."""

    width: int
    height: int
    touch: bool = False


PHONE = Screen(360, 740, touch=True)
DESKTOP = Screen(1280, 800)
ZOOMED = Screen(640, 400)
"""The desktop at 200 %."""


@dataclass(slots=True)
class Chromium:
    """The browser, and the one thread that may speak to it."""

    thread: ThreadPoolExecutor
    browser: Browser

    @contextmanager
    def window(
        self,
        screen: Screen = DESKTOP,
        *,
        script: bool = True,
        login: tuple[str, str] | None = None,
        locale: str = "en-GB",
        scheme: Literal["light", "dark"] = "light",
        zone: str = "UTC",
    ) -> Iterator[Window]:
        """A window with one empty page; `login` answers a question for Basic, `scheme` is what the person prefers."""
        options: dict[str, Any] = {
            "viewport": {"width": screen.width, "height": screen.height},
            "has_touch": screen.touch,
            "is_mobile": screen.touch,
            "java_script_enabled": script,
            "locale": locale,
            "color_scheme": scheme,
            "reduced_motion": "reduce",
            "timezone_id": zone,
        }
        if login is not None:
            options["http_credentials"] = {"username": login[0], "password": login[1]}

        def begin() -> tuple[BrowserContext, Window]:
            context = self.browser.new_context(**options)
            context.set_default_timeout(SECONDS * 1000)
            window = Window(self, context.new_page())
            context.on("console", lambda message: window.hear_console(message))
            context.on("request", lambda request: window.hear_request(request))
            context.on("weberror", lambda error: window.complaints.append(f"exception: {error.error}"))
            return context, window

        context, window = self.do(begin)
        try:
            yield window
            complaints = window.unforgiven()
            assert not complaints, f"the page complains: {complaints}"
        finally:
            self.do(context.close)

    def do(self, work: Callable[[], T]) -> T:
        """What it gives in the browser's thread."""
        return self.thread.submit(work).result()


@dataclass(slots=True)
class Window:
    """One window of a person."""

    chromium: Chromium
    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    forgiven: list[str] = field(default_factory=list)

    # --- what a person does -----------------------------------------------------------------------------------------

    def open(self, address: str) -> int:
        """Go to an address, which may be the text of a page (`data:`); the status of the answer, 0 without one."""
        self.hosts.add(urlsplit(address).netloc)

        def go() -> int:
            answer = self.page.goto(address)
            return answer.status if answer else 0

        return self.chromium.do(go)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by the names that the web gives them: `Tab`, `Shift+Tab`, `Enter`, `a`."""

        def type_() -> None:
            for key in keys:
                self.page.keyboard.press(key)

        self.chromium.do(type_)

    def do(self, work: Callable[[Page], T]) -> T:
        """What the function gives for Playwright's page."""
        return self.chromium.do(lambda: work(self.page))

    # --- what a person sees -----------------------------------------------------------------------------------------

    def text(self) -> str:
        """The visible text."""
        return self.do(lambda page: page.locator("body").inner_text())

    def focused(self) -> str:
        """The text of the element that has the focus."""
        return str(self.do(lambda page: page.evaluate("document.activeElement.innerText || ''"))).strip()

    def wider_by(self) -> int:
        """How many pixels the page is wider than its window: 0 where nobody has to scroll sideways to read."""
        measured = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.do(lambda page: page.evaluate(measured)))

    def shoot(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the whole page, or of what the window shows, where somebody wants to look at it."""
        folder = os.environ.get(SCREENSHOTS)
        if folder:
            self.do(lambda page: page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole))

    # --- what the page complains about ------------------------------------------------------------------------------

    def forgive(self, pattern: str) -> None:
        """Complaints in which this regular expression is found are meant to happen."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        """What the page complained about until now."""
        self.do(lambda page: page.evaluate("0"))  # events are heard while the browser is asked something
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.forgiven)]

    def hear_console(self, message: ConsoleMessage) -> None:
        """Hear the console: errors are complaints."""
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def hear_request(self, request: Request) -> None:
        """Hear of a request: to another host it is a complaint."""
        at = urlsplit(request.url)
        if at.scheme in ("http", "https") and at.netloc not in self.hosts:
            self.complaints.append(f"request elsewhere: {request.method} {request.url}")


def program() -> str | None:
    """The browser's program; None where there is none."""
    named = os.environ.get(PROGRAM)
    if named:
        assert Path(named).is_file(), f"{PROGRAM} names {named}, and there is no such file"
        return named
    return next((found for found in map(shutil.which, NAMES) if found), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser of this run, started by the first test that asks for it."""
    found = program()
    if found is None:
        pytest.skip(f"no Chromium here: install it (Debian: chromium), or name its program in {PROGRAM}")

    def begin() -> tuple[Playwright, Browser]:
        from playwright.sync_api import sync_playwright

        driver = sync_playwright().start()
        return driver, driver.chromium.launch(executable_path=found, args=[*FLAGS])

    with ThreadPoolExecutor(1, "browser") as thread:
        driver, browser = thread.submit(begin).result()
        made = Chromium(thread, browser)
        try:
            yield made
        finally:
            made.do(browser.close)
            made.do(driver.stop)
