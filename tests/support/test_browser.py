"""The browser that pages are tested in notices what a person would, and stays out of a test's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.browser import PHONE, Chromium

pytestmark = pytest.mark.slow

PAGES = {
    "/favicon.ico": b"a browser asks for it by itself",
    "/good": b"<title>Good</title><p>Good <button>One</button> <button>Two</button>",
    "/policy": b"<p>Text<script>document.body.innerText = 'ran'</script>",
    "/script": b"<p>Text<script src=fails.js></script>",
    "/fails.js": b"document.body.innerText = 'ran'; throw new Error('oh')",
    "/elsewhere": b"<p>Text<img src='http://127.0.0.2:9/picture.png'>",
    "/wide": b"<meta name=viewport content='width=device-width'><pre>" + b"wide" * 200,
}


class _Server(BaseHTTPRequestHandler):
    """The pages above, with a policy that takes scripts of its own only."""

    def do_GET(self) -> None:
        body = PAGES.get(self.path, b"<p>Nothing here")
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Security-Policy", "script-src 'self'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_good_page_passes(chromium: Chromium, site: str) -> None:
    """Opened, read and gone through with the keyboard."""
    with chromium.window() as window:
        assert window.open(f"{site}/good") == 200
        window.press("Tab", "Tab")
        assert (window.focused(), window.wider_by()) == ("Two", 0)
        assert window.text().startswith("Good")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("policy", "Content Security Policy"), ("script", "oh"), ("elsewhere", "127.0.0.2:9"), ("missing", "404")],
)
def test_what_a_page_complains_of_fails_the_test(chromium: Chromium, site: str, path: str, complaint: str) -> None:
    """Unless the test said beforehand that it means it."""
    with pytest.raises(AssertionError, match=complaint), chromium.window() as window:
        window.open(f"{site}/{path}")
    with chromium.window() as window:
        window.forgive(f"{complaint}|ERR_")
        window.open(f"{site}/{path}")


def test_a_window_can_be_without_script(chromium: Chromium, site: str) -> None:
    """A page whose script would have replaced its text keeps it."""
    with chromium.window(script=False) as window:
        window.open(f"{site}/script")
        assert window.text() == "Text"


def test_a_page_that_is_too_wide_is_measured(chromium: Chromium, site: str) -> None:
    """So that a test can say that nobody has to scroll sideways."""
    with chromium.window(PHONE) as window:
        window.open(f"{site}/wide")
        assert window.wider_by() > PHONE.width


def test_the_test_keeps_its_own_event_loop(chromium: Chromium, site: str) -> None:
    """The browser's runs in another thread."""

    async def work() -> str:
        return "done"

    with chromium.window() as window:
        window.open(f"{site}/good")
        assert asyncio.run(work()) == "done"
