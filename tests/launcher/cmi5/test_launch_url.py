"""The launch URL: made, read back as a lesson would, and recorded."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import launch_url
from lrs.errors import Invalid
from tests.launcher.cmi5 import worlds

ENDPOINT = "http://org.example.lms.ipc.invalid/xapi"
FETCH = "http://org.example.lms.ipc.invalid/fetch/a?k=1&l=2"


def build(au_url: str, ipc_service: str | None = None, name: str = "p-1") -> str:
    """A launch of this url."""
    return launch_url.build(
        au_url,
        endpoint=ENDPOINT,
        fetch=FETCH,
        actor={"account": {"homePage": "https://school.example", "name": name}},
        registration=worlds.REGISTRATION,
        activity_id=worlds.ACTIVITY_ID,
        ipc_service=ipc_service,
    )


QUERY = (
    "endpoint=http%3A%2F%2Forg.example.lms.ipc.invalid%2Fxapi"
    "&fetch=http%3A%2F%2Forg.example.lms.ipc.invalid%2Ffetch%2Fa%3Fk%3D1%26l%3D2"
    "&actor=%7B%22account%22%3A%7B%22homePage%22%3A%22https%3A%2F%2Fschool.example%22%2C%22name%22%3A%22p-1%22%7D%7D"
    "&registration=5a1f0b2e-6f4c-4a8c-9d53-0b8f6a3c1d2e"
    "&activityId=https%3A%2F%2Fschool.example%2Fcmi5%2Fau%2F1"
)


@pytest.mark.parametrize(
    ("au_url", "expected"),
    [
        ("https://pub.example/a", f"https://pub.example/a?{QUERY}"),
        ("https://pub.example/a?", f"https://pub.example/a?{QUERY}"),
        ("https://pub.example/a?x=1&amp=2", f"https://pub.example/a?x=1&amp=2&{QUERY}"),
        ("https://pub.example/a?x=1&", f"https://pub.example/a?x=1&{QUERY}"),
        ("https://pub.example/a?x=%20+#top?b", f"https://pub.example/a?x=%20+&{QUERY}#top?b"),
        ("offline-maths://lesson/addition?level=1", f"offline-maths://lesson/addition?level=1&{QUERY}"),
    ],
)
def test_parameters_are_merged(au_url: str, expected: str) -> None:
    """The AU's own query stays first and unchanged, the fragment last."""
    assert expected == build(au_url)


def test_ipc_service_comes_last() -> None:
    """A launch on a device says which service to reach."""
    assert f"app://x?{QUERY}&ipc-service=org.example.lms" == build("app://x", "org.example.lms")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_any_name_arrives(name: str) -> None:
    """A lesson that decodes the query gets the actor's name back, whatever is in it."""
    received = dict(parse_qsl(urlsplit(build("https://pub.example/a", name=name)).query, strict_parsing=True))
    assert name == json.loads(received["actor"])["account"]["name"]


@pytest.mark.parametrize("name", ["endpoint", "fetch", "actor", "registration", "activityId", "%66etch"])
def test_collisions_are_refused(name: str) -> None:
    """A url that has a launch parameter of its own is not launched."""
    with pytest.raises(Invalid, match=r"8\.1\.0\.0-6 \(d\)"):
        build(f"https://pub.example/a?{name}=1")


@pytest.mark.parametrize(
    "au_url", ["https://pub.example/a", "https://pub.example/a?x=1&y=%20#z", "offline-maths://lesson/addition?level=1"]
)
@pytest.mark.parametrize("ipc_service", [None, "org.example.lms"])
def test_recorded_is_without_launch_parameters(au_url: str, ipc_service: str | None) -> None:
    """What is recorded of a launch is the AU's own url, its query included."""
    assert au_url == launch_url.recorded(build(au_url, ipc_service))


def test_recorded_changes_nothing_else() -> None:
    """A url without launch parameters is recorded byte by byte."""
    assert launch_url.recorded("app://x/?&a=%7e&&b") == "app://x/?&a=%7e&&b"
