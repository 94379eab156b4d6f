"""The forms of names: what is well-formed and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import iri


@pytest.mark.parametrize(
    "text",
    [
        "http://adlnet.gov/expapi/verbs/passed",
        "http://example.com/xapi/verbs#defenestrated",
        "http://example.com/فعل/خواندن",
        "https://www.youtube.com/watch?v=xh4kIiH3Sm8",
        "urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "tag:example.com,2026:x",
        "mailto:a@example.com",
        "x-app+1.0:thing",
        "http://[::1]:8080/a",
        "http://example.com/%20a",
        "offline-maths://lesson/addition?level=1",
        "HTTP://EXAMPLE.COM",
    ],
)
def test_iris(text: str) -> None:
    """Absolute IRIs with a scheme are taken, in any script."""
    assert iri.is_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "should fail",
        "should.fail.com",
        "/relative",
        "//example.com/a",
        "#fragment",
        "ab=c://should.fail.com",
        "1http://example.com",
        ":no-scheme",
        "http:",
        "http:#x",
        "http://example.com/a b",
        "http://example.com/\n",
        "http://example.com/<a>",
        'http://example.com/"',
        "http://example.com/{id}",
        "http://example.com/a|b",
        "http://example.com/a\\b",
        "http://example.com/a^b",
        "http://example.com/`",
        "http://example.com/%zz",
        "http://example.com/%4",
        "http://example.com/a#b#c",
        "http://example.com/\x7f",
        "http://example.com/\ufdd0",
        "é://example.com",
    ],
)
def test_no_iris(text: str) -> None:
    """Texts without a scheme, or with a character that no IRI may have, are refused."""
    assert not iri.is_iri(text)


@given(st.text(max_size=8))
def test_the_answer_does_not_depend_on_having_been_asked(rest: str) -> None:
    """Asked twice, the answer is the same: what is remembered changes nothing."""
    text = f"http://example.com/{rest}"
    assert iri.is_iri(text) == iri.is_iri(text)


def test_remembering_is_bounded() -> None:
    """However many IRIs are asked for, only some are remembered, and long ones never."""
    for number in range(10_000):
        iri.is_iri(f"http://example.com/{number}")
    long = "http://example.com/" + "a" * 1000
    assert (iri.is_iri(long), long in iri._good_iris, len(iri._good_iris) <= iri._KEEP) == (True, False, True)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("http://example.com", True),
        ("https://example.com/a", True),
        ("http:///no-host", False),
        ("http:example.com", False),
        ("https://?q", False),
        ("ftp://example.com/a", True),
        ("urn:x:y", True),
        ("example.com", False),
    ],
)
def test_irls_on_the_web_need_a_host(text: str, is_right: bool) -> None:
    """An IRL is an IRI, and where its scheme is the web's it has a host."""
    assert iri.is_irl(text) == is_right


@pytest.mark.parametrize(
    "text", ["mailto:ana@example.org", "mailto:Ana.Lee+x@EXAMPLE.org", "mailto:ü@exämple.org", "mailto:a@localhost"]
)
def test_mailtos(text: str) -> None:
    """A mailto IRI has one address."""
    assert iri.is_mailto(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana@example.org",
        "mailto:",
        "mailto:ana",
        "mailto:@example.org",
        "mailto:ana@",
        "mailto:a@b@c",
        "mailto:should.fail.com",
        "MAILTO:ana@example.org",
        "mailto:a@b?subject=x",
        "mailto:a@b,c@d",
        "mailto:a b@c",
        "mailto:a@b.",
        "mailto:a@.b",
        "mailto:a@b..c",
        "mailto:a@b\n",
        "http://a@b",
        "mailto://a@b/c",
    ],
)
def test_no_mailtos(text: str) -> None:
    """Texts that are not `mailto:` and one address are refused."""
    assert not iri.is_mailto(text)


@pytest.mark.parametrize(
    "text",
    [
        "en",
        "en-US",
        "EN-us",
        "es-419",
        "es-MX",
        "de",
        "cmn",
        "tlh",
        "zh-Hant",
        "sr-Latn-RS",
        "zh-cmn-Hans-CN",
        "und",
        "sl-rozaj-biske-1994",
        "de-CH-1996",
        "en-a-myext-b-another",
        "x-whatever",
        "en-x-pirate",
        "i-klingon",
        "en-GB-oed",
        "art-lojban",
        "hy-Latn-IT-arevela",
        "qaa-Qaaa-QM-x-southern",
        "zh-min-nan",
    ],
)
def test_language_tags(text: str) -> None:
    """Well-formed RFC 5646 tags are taken, grandfathered and private ones among them."""
    assert iri.is_language_tag(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "12345",
        "en_US",
        "en-",
        "-en",
        "en--US",
        "a-DE",
        "de-419-DE",
        "ar-a",
        "x",
        "en-x",
        "abcdefghi",
        "en-US-GB",
        "en US",
        "en-US\n",
        "en-abcdefghi",
        "en-ü",
        "e" * 300,
    ],
)
def test_no_language_tags(text: str) -> None:
    """Texts whose subtags have the wrong lengths or order are refused."""
    assert not iri.is_language_tag(text)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("text/plain", True),
        ("text/plain; charset=ascii", True),
        ('multipart/mixed; boundary="a b;c"', True),
        ("application/vnd.api+json", True),
        ("image/svg+xml;q=1", True),
        ("text", False),
        ("text/", False),
        ("/plain", False),
        ("text/plain; charset", False),
        ("text /plain", False),
        ("text/plain/x", False),
        ("", False),
    ],
)
def test_media_types(text: str, is_right: bool) -> None:
    """A media type is type and subtype, and parameters are pairs."""
    assert iri.is_media_type(text) == is_right


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("fd41c918-b88b-4b20-a0a5-a4c32391aaa0", True),
        ("FD41C918-B88B-4B20-A0A5-A4C32391AAA0", True),
        ("12345678-1234-5678-1234-567812345678", True),
        ("fd41c918b88b4b20a0a5a4c32391aaa0", False),
        ("{fd41c918-b88b-4b20-a0a5-a4c32391aaa0}", False),
        ("urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0", False),
        ("AA97B177-9383-4934-8543-0F91A7A028368", False),
        ("MA97B177-9383-4934-8543-0F91A7A02836", False),
        ("fd41c918-b88b-4b20-a0a5-a4c32391aaa0\n", False),
        ("", False),
    ],
)
def test_uuids(text: str, is_right: bool) -> None:
    """Only the standard string form is a UUID, in either case."""
    assert iri.is_uuid(text) == is_right
