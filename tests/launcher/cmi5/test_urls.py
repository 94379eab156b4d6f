"""What an IRI and a URL are, and which file of the package a relative one names."""

from __future__ import annotations

import pytest

from launcher.cmi5 import urls


@pytest.mark.parametrize(
    "text",
    [
        "https://pub.example",
        "https://pub.example/ñ?q=1#f",
        "http://[2001:db8::1]/a",
        "urn:uuid:5a1f0b2e-6f4c-4a8c-9d53-0b8f6a3c1d2e",
        "tag:pub.example,2026:a",
        "offline-maths://lesson/addition",
    ],
)
def test_absolute_iris(text: str) -> None:
    """A scheme and something well-formed after it is a fully qualified IRI."""
    assert urls.is_absolute_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "/a", "//pub.example/a", "a/b:c", "1a:b", "http:", "http://", "http:a", "http:/a", "http://?a"),
        *("https://pub.example/a b", "https://pub.example/%zz", "https://pub.example/<a>", "https://pub.example/a[1]"),
        *(
            "https://pub.example/a#b#c",
            "https://pub.example/\n",
            "https://pub.example/\ud800",
            "https://pub.example:x/",
        ),
    ],
)
def test_not_absolute_iris(text: str) -> None:
    """References, spaces, unsafe characters and broken escapes make no fully qualified IRI."""
    assert not urls.is_absolute_iri(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://pub.example/a/b.html?x=1&y=%C3%B1#top",
        "https://pub.example:8443/~me/",
        "offline-maths://lesson/addition?level=1",
        "content/index.html",
        "a%20b.html",
    ],
)
def test_urls_that_conform(url: str) -> None:
    """RFC 1738's characters, whatever the scheme, conform."""
    assert urls.url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://pub.example/a b",
        "http://pub.example/ñ",
        "http://pub.example/%",
        "http://pub.example/{a}",
        "http://pub.example/a|b",
        "http://pub.example/a\\b",
        "http://pub.example/a#b#c",
        "http:pub.example",
        "http://",
        "http:///a",
        "http://pub.example:port/",
        "app:lesson",
        "a b.html",
        "mailto:a@pub.example",
        "javascript:alert(1)",
        "javascript://pub.example/%0aalert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
    ],
)
def test_urls_that_do_not_conform(url: str) -> None:
    """Unsafe characters, missing hosts and schemes that no lesson lives at are told."""
    assert urls.url_fault(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("index.html", "index.html"),
        ("a/./b/../c.html?x#y", "a/c.html"),
        ("a%20b.html", "a b.html"),
        ("", None),
        ("?x=1", None),
        (".", None),
        ("/index.html", None),
        ("//pub.example/a", None),
        ("../a.html", None),
        ("a/../../b.html", None),
        ("%2e%2e/a.html", None),
        ("a%2fb.html", None),
        ("a/", None),
        ("..%5ca.html", None),
        ("a%00.html", None),
    ],
)
def test_package_path(url: str, expected: str | None) -> None:
    """A relative url names a file of the package, and never one outside of it."""
    assert expected == urls.package_path(url)


def test_query_names_are_decoded() -> None:
    """Names hidden behind percent-encoding are the names that a lesson reads."""
    assert urls.query_names("app://x?%61ctor=1&x+y=2&&a#fetch=3&b=4") == ["actor", "x y", "a"]
