"""Files of packages are served as what they are, in parts, once for each version, and in a sandbox."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.web import content
from launcher.web.content import Slice
from tests.launcher.campus import Campus
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.zipping import PAGE, Made

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

FILM = bytes(range(256)) * 4000
CSP = "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads"
FILES = (
    Made("index.html"),
    Made("a film.mp4", FILM, 0),
    Made("é/page.html", b"<p>\xc3\xa9"),
    Made("empty.txt", b"", 0),
    Made("no-ending", b"?"),
    Made("folder/", b"", 0),
)
RANGE = "a film.mp4"


@pytest.fixture
def packed(lms: Campus) -> str:
    """The address of a package's content."""
    return f"/content/{lms.package(zipping.package(*FILES))}"


def _get(lms: Campus, address: str, method: str = "GET", **headers: str) -> httpx.Response:
    return lms.ask(method, address, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_every_file_is_served_as_it_is(lms: Campus, packed: str) -> None:
    """Byte for byte, without a credential, under the name that it has in the package."""
    files = {str(made.name): made.data for made in FILES[:-1]}
    assert files == {name: _get(lms, f"{packed}/{name}").content for name in files}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html"),
        ("A.HTML", "text/html"),
        ("a.css", "text/css"),
        ("a.js", "text/javascript"),
        ("a.mjs", "text/javascript"),
        ("a.json", "application/json"),
        ("a.mp4", "video/mp4"),
        ("a.mp3", "audio/mpeg"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.ttf", "font/ttf"),
        ("a.vtt", "text/vtt"),
        ("a.wasm", "application/wasm"),
        ("a.pdf", "application/pdf"),
        ("html/a", "application/octet-stream"),
        ("js", "application/octet-stream"),
        ("a.xyz", "application/octet-stream"),
        ("a.php", "application/octet-stream"),
    ],
)
def test_media_types(lms: Campus, name: str, kind: str) -> None:
    """By the ending, the same on every machine; what is not known is nothing that a browser runs."""
    course = lms.package(zipping.package(Made("index.html"), Made(name)))
    assert kind == _get(lms, f"/content/{course}/{name}").headers["content-type"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/nothing.html",
        "/Index.html",
        "/index.html/",
        "//index.html",
        "/folder/",
        "/folder",
        "/cmi5.xml",
        "/package.zip",
        "/content",
        "/%2e%2e/index.html",
        "/%2e%2e/%2e%2e/offline-lrs.sqlite",
        "/..%2f..%2foffline-lrs.sqlite",
        "/%2fetc%2fpasswd",
        "/index.html%00.png",
        "/index.html%5c",
        "/.%2findex.html",
    ],
)
def test_what_is_no_file_of_the_package_is_404(lms: Campus, packed: str, name: str) -> None:
    """No listing, no way out, and not the structure, which holds what is for single AUs only."""
    answer = lms.ask("GET", f"http://lms.invalid{packed}{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_range_header_is_never_too_much(text: str) -> None:
    """Whatever it says, the part lies within the file, or there is none."""
    status, part = content._part(text, 1000)
    assert status in (200, 206, 416)
    assert 0 <= part.start <= part.stop <= 1000 or status == 416


@pytest.mark.parametrize("course", ["nothing", "", "%00", "%2e%2e/api"])
def test_an_unknown_course_is_404(lms: Campus, packed: str, course: str) -> None:
    """And says no more."""
    assert lms.ask("GET", f"http://lms.invalid/content/{course}/index.html").status_code == 404


def test_a_course_without_a_package_has_no_content(lms: Campus, course: str) -> None:
    """Its AUs live elsewhere."""
    assert _get(lms, f"/content/{course}/index.html").status_code == 404


def test_a_removed_course_is_no_longer_served(lms: Campus, packed: str) -> None:
    """At once."""
    before = _get(lms, f"{packed}/index.html").status_code
    lms.api("DELETE", f"/courses/{packed.rpartition('/')[2]}")
    assert (before, _get(lms, f"{packed}/index.html").status_code) == (200, 404)


# --- the sandbox ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "name", "headers", "status"),
    [
        ("GET", "/index.html", {}, 200),
        ("HEAD", "/index.html", {}, 200),
        ("GET", "/a film.mp4", {"Range": "bytes=0-0"}, 206),
        ("GET", "/index.html", {"If_None_Match": "*"}, 304),
        ("GET", "/index.html", {"Range": "bytes=9999-"}, 416),
        ("GET", "/nothing", {}, 404),
        ("POST", "/index.html", {}, 405),
        ("OPTIONS", "/index.html", {}, 204),
    ],
)
def test_every_answer_is_in_the_sandbox(
    lms: Campus, packed: str, method: str, name: str, headers: dict[str, str], status: int
) -> None:
    """No answer below this address gives a page the rights of ours; none is taken for another type than it says."""
    answer = _get(lms, f"{packed}{name}", method, **headers)
    named = ("content-security-policy", "x-content-type-options", "access-control-allow-origin")
    assert (status, [CSP, "nosniff", "*"]) == (answer.status_code, [answer.headers[one] for one in named])


def test_our_own_pages_are_in_no_sandbox_and_open_to_nobody_else(lms: Campus, packed: str) -> None:
    """What content may be read by everybody, and pages by managers only."""
    answer = lms.ask("GET", "/")
    assert ("sandbox" in answer.headers.get("content-security-policy", ""), answer.status_code) == (False, 401)
    assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_says_what_a_lesson_may_ask(lms: Campus, packed: str) -> None:
    """A player of films asks for parts."""
    answer = _get(lms, f"{packed}/index.html", "OPTIONS", Origin="null", Access_Control_Request_Method="GET")
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "Range" in answer.headers["access-control-allow-headers"]


# --- HEAD, versions, parts ------------------------------------------------------------------------------------------


def test_head_is_get_without_a_body(lms: Campus, packed: str) -> None:
    """RFC 9110 9.3.2."""
    get, head = (_get(lms, f"{packed}/a film.mp4", method) for method in ("GET", "HEAD"))
    assert (get.headers, b"", str(len(FILM))) == (head.headers, head.content, head.headers["content-length"])


def test_a_version_is_sent_once(lms: Campus, packed: str) -> None:
    """RFC 9110 13.1.2: a browser that has it is told so, for each file its own tag."""
    tag = _get(lms, f"{packed}/index.html").headers["etag"]
    other = _get(lms, f"{packed}/a film.mp4").headers["etag"]
    sent = [tag, f"W/{tag}", f'"x", {tag}', "*", other, '"x"', ""]
    answers = [_get(lms, f"{packed}/index.html", If_None_Match=one) for one in sent]
    assert [answer.status_code for answer in answers] == [304, 304, 304, 304, 200, 200, 200]
    assert (answers[0].content, answers[0].headers["etag"]) == (b"", tag)


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, len(FILM)),
        ("bytes=-7", 206, len(FILM) - 7, len(FILM)),
        ("bytes=-9999999999", 206, 0, len(FILM)),
        ("bytes=5-9999999999", 206, 5, len(FILM)),
        ("bytes=300000-900000", 206, 300000, 900001),
        (f"bytes={len(FILM) - 1}-", 206, len(FILM) - 1, len(FILM)),
        ("bytes=9-5", 200, 0, len(FILM)),
        ("bytes=0-1,5-6", 200, 0, len(FILM)),
        ("lines=0-1", 200, 0, len(FILM)),
        ("bytes=x-", 200, 0, len(FILM)),
        ("bytes=" + "9" * 5000 + "-", 200, 0, len(FILM)),
    ],
)
def test_a_part_is_served(lms: Campus, packed: str, asked: str, status: int, start: int, stop: int) -> None:
    """RFC 9110 14: one part where it is one; what is none, or several, gets the whole."""
    answer = _get(lms, f"{packed}/{RANGE}", Range=asked)
    where = f"bytes {start}-{stop - 1}/{len(FILM)}" if status == 206 else None
    assert (status, where) == (answer.status_code, answer.headers.get("content-range"))
    assert (FILM[start:stop], str(stop - start)) == (answer.content, answer.headers["content-length"])


@pytest.mark.parametrize("asked", [f"bytes={len(FILM)}-", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(lms: Campus, packed: str, asked: str) -> None:
    """With the size that there is."""
    answer = _get(lms, f"{packed}/{RANGE}", Range=asked)
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(FILM)}")


def test_if_range_is_for_the_same_version(lms: Campus, packed: str) -> None:
    """RFC 9110 13.1.5: a part of another version is of no use, so the whole comes."""
    tag = _get(lms, f"{packed}/{RANGE}").headers["etag"]
    answers = [_get(lms, f"{packed}/{RANGE}", Range="bytes=0-0", If_Range=one) for one in (tag, f"W/{tag}", '"x"')]
    assert [answer.status_code for answer in answers] == [206, 200, 200]


def test_names_are_found_in_either_form(lms: Campus, packed: str) -> None:
    """A url with the accent as a letter of its own means the same file."""
    assert _get(lms, f"{packed}/e\u0301/page.html").content == FILES[2].data


def test_other_methods_are_405(lms: Campus, packed: str) -> None:
    """Content is read, not changed."""
    answer = _get(lms, f"{packed}/index.html", "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


# --- what it costs --------------------------------------------------------------------------------------------------


def _sliced(lms: Campus, sent: list[Any], gone_after: int) -> None:
    """Serve a large file to somebody who leaves after so many pieces."""
    descriptor = os.open(lms.settings.data / "film", os.O_RDONLY)
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == gone_after:
            gone.set()
            await asyncio.sleep(0)

    async def serve() -> None:
        await Slice.whole(descriptor, "video/mp4")({"type": "http", "method": "GET"}, receive, send)

    lms.loop.run(serve())
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_film_nobody_watches_any_more_is_not_read_on(lms: Campus) -> None:
    """A player that jumps leaves a request behind for each jump; the file is closed either way."""
    (lms.settings.data / "film").write_bytes(bytes(content.CHUNK * 20))
    left: list[Any] = []
    stayed: list[Any] = []
    _sliced(lms, left, 3)
    _sliced(lms, stayed, 1000)
    assert (len(left) < 6, len(stayed)) == (True, 22)


def test_a_page_is_the_package_authors_own(lms: Campus, packed: str) -> None:
    """Nothing is put into it and nothing is taken out."""
    assert _get(lms, f"{packed}/index.html").content == PAGE
