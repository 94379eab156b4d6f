"""The services of this user, by name."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import ConfigurationError, Invalid, NotFound
from lrs.local import registry
from lrs.local.registry import Service
from tests.support.device import NOBODY, needs_root

LMS = Service(
    "org.example.lms",
    ({"type": "unix", "path": "/run/lms.sock"},),
    ("offline-lrs", "serve"),
    "https://school.example",
    ("https://lms.example",),
)


def _file(device: Path, name: str = "org.example.lms") -> Path:
    return device / "data" / "http-ipc" / "services" / f"{name}.json"


def test_what_was_registered_is_found() -> None:
    """All of it."""
    registry.register(LMS)
    assert registry.find("org.example.lms") == LMS


def test_the_file_is_json_for_its_user_only(device: Path) -> None:
    """0600, with the names that other programs read."""
    registry.register(LMS)
    expected = {
        "name": "org.example.lms",
        "bindings": [{"type": "unix", "path": "/run/lms.sock"}],
        "exec": ["offline-lrs", "serve"],
        "issuer": "https://school.example",
        "origins": ["https://lms.example"],
    }
    assert (expected, 0o600) == (json.loads(_file(device).read_bytes()), stat.S_IMODE(_file(device).stat().st_mode))


def test_registering_again_replaces_and_leaves_no_draft(device: Path) -> None:
    """In one step."""
    registry.register(LMS)
    registry.register(Service("org.example.lms", ()))
    assert (None, [_file(device)]) == (registry.find("org.example.lms").socket, list(_file(device).parent.iterdir()))


def test_the_socket_is_the_first_unix_binding() -> None:
    """Other bindings are passed over."""
    bindings = ({"type": "dbus", "name": "x"}, {"type": "unix", "path": "/a"}, {"type": "unix", "path": "/b"})
    assert Path("/a") == Service("x", bindings).socket


def test_all_are_listed_by_name() -> None:
    """Drafts and other files are none of them."""
    for name in ("b.example", "a.example"):
        registry.register(Service(name, ()))
    assert [service.name for service in registry.all()] == ["a.example", "b.example"]


def test_without_any_the_list_is_empty() -> None:
    """The folder need not be there."""
    assert registry.all() == ()


def test_an_unknown_service_says_what_to_do() -> None:
    """How it is started."""
    with pytest.raises(NotFound, match=r"serve --ipc-service org\.example\.lms"):
        registry.find("org.example.lms")


def test_a_removed_service_is_gone() -> None:
    """And cannot be removed twice."""
    registry.register(LMS)
    registry.remove("org.example.lms")
    with pytest.raises(NotFound):
        registry.remove("org.example.lms")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "a..b", ".a", "a.", "a b", "a\n", "a\0", "ä", "-a", "unix:/x", "x" * 201]
)
def test_a_name_is_never_a_path(name: str) -> None:
    """For registering, finding and removing."""
    for act in (registry.find, registry.remove, lambda odd: registry.register(Service(odd, ()))):
        with pytest.raises(Invalid, match="cannot name a service"):
            act(name)


@pytest.mark.parametrize("name", ["lms", "org.example.lms", "com.UstadMobile.app_2", "a-b.c--d", "1.2"])
def test_reverse_domain_names_are_names(name: str) -> None:
    """With capitals, digits, hyphens and underscores inside."""
    assert name == registry.check_name(name)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(device: Path, mode: int) -> None:
    """They could send a lesson's credentials to a socket of theirs."""
    registry.register(LMS)
    _file(device).chmod(mode)
    with pytest.raises(ConfigurationError, match="written by another user"):
        registry.find("org.example.lms")


@needs_root
def test_a_file_of_another_user_is_refused(device: Path) -> None:
    """Whatever its mode."""
    registry.register(LMS)
    os.chown(_file(device), NOBODY, NOBODY)
    with pytest.raises(ConfigurationError, match="written by another user"):
        registry.find("org.example.lms")


def test_a_symbolic_link_is_refused(device: Path) -> None:
    """It could lead anywhere."""
    registry.register(LMS)
    _file(device).rename(device / "elsewhere.json")
    _file(device).symlink_to(device / "elsewhere.json")
    with pytest.raises(ConfigurationError, match="cannot read"):
        registry.find("org.example.lms")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"name": "org.example.lms"},
        {"name": 1, "bindings": []},
        {"name": "org.example.lms", "bindings": "x"},
        {"name": "org.example.lms", "bindings": ["x"]},
        {"name": "org.example.lms", "bindings": [{}]},
        {"name": "org.example.lms", "bindings": [{"type": "unix"}]},
        {"name": "org.example.lms", "bindings": [{"type": "unix", "path": "relative"}]},
        {"name": "org.example.lms", "bindings": [{"type": "unix", "path": 1}]},
        {"name": "org.example.lms", "bindings": [], "exec": "rm -rf"},
        {"name": "org.example.lms", "bindings": [], "origins": [1]},
        {"name": "org.example.other", "bindings": []},
    ],
)
def test_a_file_that_describes_no_such_service_is_refused(device: Path, value: Any) -> None:
    """With its path, so that it can be removed."""
    registry.register(LMS)
    _file(device).write_text(json.dumps(value))
    with pytest.raises(ConfigurationError, match=str(_file(device))):
        registry.find("org.example.lms")


def test_a_file_that_is_no_json_is_refused(device: Path) -> None:
    """Nor UTF-8."""
    registry.register(LMS)
    _file(device).write_bytes(b"\xff{")
    with pytest.raises(ConfigurationError, match="does not describe a service"):
        registry.find("org.example.lms")
