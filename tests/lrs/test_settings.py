"""Settings: flags, then the environment, then the file, and every fault at once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import ConfigurationError
from lrs.settings import CONFIG, PREFIX, Settings, default_data, gather


def settings(folder: Path, file: str = "", environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    """What these three places give."""
    if file:
        (folder / CONFIG).write_text(file, "utf-8")
    return gather(folder, flags, environment or {})


def faults(folder: Path, **places: Any) -> list[str]:
    """What is wrong with them."""
    with pytest.raises(ConfigurationError) as caught:
        settings(folder, **places)
    return [str(fault) for fault in caught.value.faults]


def test_nothing_given_is_the_defaults(tmp_path: Path) -> None:
    """The promises of `Settings` itself."""
    assert settings(tmp_path) == Settings(data=tmp_path)


@pytest.mark.parametrize(
    ("file", "environment", "flags", "expected"),
    [
        ("port = 1", {}, {}, 1),
        ("port = 1", {"OFFLINE_LRS_PORT": "2"}, {}, 2),
        ("port = 1", {"OFFLINE_LRS_PORT": "2"}, {"port": 3}, 3),
        ("port = 1", {}, {"port": 3}, 3),
        ("port = 1", {"OFFLINE_LRS_PORT": "2"}, {"port": None}, 2),
        ("port = 1", {}, {"port": 0}, 0),
    ],
)
def test_flags_then_environment_then_file(
    tmp_path: Path, file: str, environment: dict[str, str], flags: dict[str, Any], expected: int
) -> None:
    """A flag that was not given is None; 0 is a value."""
    assert settings(tmp_path, file, environment, **flags).port == expected


@pytest.mark.parametrize(
    "field", [field for field in fields(Settings) if field.name != "data"], ids=lambda f: str(f.name)
)
def test_every_setting_can_come_from_the_environment(tmp_path: Path, field: Any) -> None:
    """In the type of its default."""
    sample = {bool: "off" if field.default else "on", int: "7"}.get(type(field.default), "2.0.0")
    sample = "https://lms.example" if field.name == "public_url" else sample
    found = getattr(settings(tmp_path, "", {PREFIX + field.name.upper(): sample}), field.name)
    assert found == {"off": False, "on": True, "7": 7}.get(sample, sample)


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("1", True), ("YES", True), ("off", False), ("0", False)]
)
def test_flags_of_the_environment_are_words(tmp_path: Path, text: str, expected: bool) -> None:
    """As people write them."""
    assert settings(tmp_path, "", {"OFFLINE_LRS_TCP": text}).tcp == expected


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("port = true", "port"),
        ("port = 80.5", "port"),
        ("port = 70000", "port"),
        ("port = -1", "port"),
        ("page_limit = 0", "page_limit"),
        ("body_most = ''", "body_most"),
        ("batch_most = '1_000'", "batch_most"),
        ("tcp = 1", "tcp"),
        ("tcp = 'maybe'", "tcp"),
        ("host = 1", "host"),
        ("school = []", "school"),
        ("default_version = '1.0.2'", "default_version"),
    ],
)
def test_wrong_value_is_named_with_its_place(tmp_path: Path, file: str, name: str) -> None:
    """Which file, which setting, what it is and what it can be."""
    (fault,) = faults(tmp_path, file=file)
    assert fault.startswith(f"{tmp_path / CONFIG}: {name} is ")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Of all three places."""
    told = faults(tmp_path, file="prot = 1\nport = 'x'", environment={"OFFLINE_LRS_TCP": "perhaps"}, page_limit=-5)
    starts = [fault.partition(":")[0] for fault in told]
    assert starts == [str(tmp_path / CONFIG), str(tmp_path / CONFIG), "OFFLINE_LRS_TCP", "--page-limit"]


def test_sentence_has_every_fault(tmp_path: Path) -> None:
    """What the command line shows."""
    with pytest.raises(ConfigurationError, match=r"no setting 'prot'.*port.*must be a whole number from 0 to 65535"):
        settings(tmp_path, "prot = 1\nport = 'x'")


def test_unknown_setting_of_the_file_lists_the_known(tmp_path: Path) -> None:
    """A misspelt one is not ignored."""
    (fault,) = faults(tmp_path, file="Port = 1")
    assert "page_limit, page_limit_most, port" in fault


@pytest.mark.parametrize("content", [b"port", b"\xff", b"port = 1\nport = 2"])
def test_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    """With the reason."""
    (tmp_path / CONFIG).write_bytes(content)
    with pytest.raises(ConfigurationError, match=CONFIG):
        settings(tmp_path)


def test_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    """Whatever stands there."""
    (tmp_path / CONFIG).mkdir()
    with pytest.raises(ConfigurationError, match=CONFIG):
        settings(tmp_path)


def test_other_variables_of_ours_are_no_settings(tmp_path: Path) -> None:
    """`OFFLINE_LRS_DATA` and what tests use."""
    assert settings(tmp_path, "", {"OFFLINE_LRS_DATA": "/x", "OFFLINE_LRS_NO_SKIP": "1"}) == Settings(data=tmp_path)


def test_data_folder_comes_from_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then from the platform."""
    monkeypatch.setenv("OFFLINE_LRS_DATA", "/somewhere")
    named = default_data()
    monkeypatch.delenv("OFFLINE_LRS_DATA")
    assert (named, default_data().name) == (Path("/somewhere"), "offline-lrs")


@pytest.mark.parametrize("wrong", ["not a url", "ftp://lms.example", "https://", "lms.example"])
def test_public_url_is_an_address_of_the_web(tmp_path: Path, wrong: str) -> None:
    """It stands in every launch URL: a lesson could not get further with anything else."""
    with pytest.raises(ConfigurationError, match="http or https"):
        settings(tmp_path, "", {PREFIX + "PUBLIC_URL": wrong})
