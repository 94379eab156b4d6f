"""Who is let in."""

from __future__ import annotations

import pytest

from content_app.page.guard import Address, is_safe_return, refusal

HERE = Address(4321, "key")
HOST, ORIGIN = "127.0.0.1:4321", "http://127.0.0.1:4321"


def test_the_address_is_one_of_this_device() -> None:
    """And holds the key."""
    assert HERE.url == "http://127.0.0.1:4321/key/"


@pytest.mark.parametrize(
    ("method", "host", "origin", "path", "expected"),
    [
        ("GET", HOST, "", "/key/", None),
        ("HEAD", HOST, "https://evil.example", "/key/lesson.css", None),
        ("POST", HOST, ORIGIN, "/key/answer", None),
        ("GET", "localhost:4321", "", "/key/", 421),
        ("GET", "evil.example:4321", "", "/key/", 421),
        ("GET", "127.0.0.1", "", "/key/", 421),
        ("GET", "", "", "/key/", 421),
        ("GET", HOST, "", "/", 404),
        ("GET", HOST, "", "/ke/", 404),
        ("GET", HOST, "", "/keys/", 404),
        ("GET", HOST, "", "/é/key/", 404),
        ("GET", HOST, "", "", 404),
        ("POST", HOST, "", "/key/answer", 403),
        ("POST", HOST, "null", "/key/answer", 403),
        ("POST", HOST, "https://127.0.0.1:4321", "/key/answer", 403),
        ("POST", HOST, "http://evil.example", "/key/answer", 403),
        ("PUT", HOST, "", "/key/answer", 403),
    ],
)
def test_who_is_let_in(method: str, host: str, origin: str, path: str, expected: int | None) -> None:
    """Only to this address, only with the key, and what changes something only from a page of ours."""
    assert expected == refusal(HERE, method, host, origin, path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://lms.example/lessons", True),
        ("HTTP://127.0.0.1:8080/learn/x", True),
        ("org.example.lms:/lessons", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//lms.example", False),
        ("/lessons", False),
        ("", False),
    ],
)
def test_where_a_browser_may_be_sent(url: str, expected: bool) -> None:
    """To the web and to apps; never into a script."""
    assert expected == is_safe_return(url)
