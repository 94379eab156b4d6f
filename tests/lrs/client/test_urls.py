"""Where a request goes."""

from __future__ import annotations

import pytest

from lrs.client.errors import Misdirected
from lrs.client.urls import Place, place

BASE = "http://org.example.lms.ipc.invalid/xapi/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/a?b=c#d", Place("http", "h", 80, "h", "/a?b=c")),
        ("https://H:8443", Place("https", "h", 8443, "H:8443", "/")),
        ("http://h?b", Place("http", "h", 80, "h", "/?b")),
        ("http://user:pass@h:81/a", Place("http", "h", 81, "h:81", "/a")),
        ("http://[::1]:8080/a", Place("http", "::1", 8080, "[::1]:8080", "/a")),
        (
            "/a%20b?c=%2F",
            Place("http", "org.example.lms.ipc.invalid", 80, "org.example.lms.ipc.invalid", "/a%20b?c=%2F"),
        ),
        ("/a#b", Place("http", "org.example.lms.ipc.invalid", 80, "org.example.lms.ipc.invalid", "/a")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Place) -> None:
    """Its query goes along, a fragment and a user do not, and nothing is decoded."""
    assert expected == place(url, BASE)


@pytest.mark.parametrize("url", ["", "a", "//h/a", "ftp://h/a", "file:///etc", "http:///a", "http://h:x/", "http://[/"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(Misdirected):
        place(url, BASE)
