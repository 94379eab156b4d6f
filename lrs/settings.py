"""Every setting with its default, and the three places they come from: flags, then `OFFLINE_LRS_*`, then `config.toml`.

Standard library only: a library for settings costs more than the whole cold start of a woken service may.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lrs.errors import ConfigurationError, Fault

PREFIX = "OFFLINE_LRS_"
CONFIG = "config.toml"
XAPI_VERSIONS = ("1.0.3", "2.0.0")
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `serve` goes by. Sizes are bytes, times seconds."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    tcp: bool = True
    ipc_service: str | None = None
    school: str | None = None
    public_url: str | None = None
    default_version: str = "2.0.0"
    upstream: str | None = None
    upstream_key: str | None = None
    upstream_secret: str | None = None
    no_xapi_tcp: bool = False
    page_limit: int = 100
    page_limit_most: int = 1000
    batch_most: int = 1000
    terms_most: int = 5000
    body_most: int = 64 * 1024 * 1024
    package_most: int = 512 * 1024 * 1024
    package_unpacked_most: int = 2 * 1024 * 1024 * 1024
    fetch_lifetime: int = 600
    sync_batch: int = 50
    sync_bytes: int = 256 * 1024


DEFAULTS = {field.name: field.default for field in fields(Settings) if field.name != "data"}
LEAST = {"port": 0}  # the system chooses one; every other number is at least 1
MOST = {"port": 65_535}
WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def default_data() -> Path:
    """The platform's user data folder for this program. `OFFLINE_LRS_DATA` goes first."""
    if named := os.environ.get(f"{PREFIX}DATA"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("offline-lrs", appauthor=False)


def gather(data: Path, flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (those that are not None), environment and the data folder's `config.toml`, in this order.

    Raises `ConfigurationError` with everything that is wrong: its place, its name and what it can be.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for place, name, given in _given(data, flags, environment, faults):
        try:
            values[name] = _checked(name, given)
        except ValueError as error:
            faults.append(Fault(place, "", f"{name} is {given!r}; it must be {error}"))
    if faults:
        raise ConfigurationError("; ".join(str(fault) for fault in faults), faults)
    return Settings(data=data, **values)


def _given(
    data: Path, flags: Mapping[str, Any], environment: Mapping[str, str], faults: list[Fault]
) -> Iterator[tuple[str, str, Any]]:
    """Place, name and value of everything that was given, what counts most last."""
    path = data / CONFIG
    for name, value in _file(path).items():
        if name in DEFAULTS:
            yield str(path), name, value
        else:
            faults.append(Fault(str(path), "", f"there is no setting {name!r}; known: {', '.join(sorted(DEFAULTS))}"))
    for name in DEFAULTS:
        variable = PREFIX + name.upper()
        if variable in environment:
            yield variable, name, environment[variable]
    yield from ((f"--{name.replace('_', '-')}", name, value) for name, value in flags.items() if value is not None)


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


# --- one value --------------------------------------------------------------------------------------------------------


def _checked(name: str, given: Any) -> Any:
    """The value in the type of the setting's default; what the environment gives is text."""
    default = DEFAULTS[name]
    if isinstance(default, bool):
        return _flag(given)
    if isinstance(default, int):
        return _number(given, LEAST.get(name, 1), MOST.get(name))
    found = _text(given, XAPI_VERSIONS if name == "default_version" else None)
    if name == "public_url" and not WEB_ADDRESS.fullmatch(found):
        raise ValueError("an http or https URL")
    return found


def _flag(given: Any) -> bool:
    found = WORDS.get(str(given).lower()) if isinstance(given, (bool, str)) else None
    if found is None:
        raise ValueError("true or false")
    return found


def _number(given: Any, least: int, most: int | None) -> int:
    range_ = f"from {least} to {most}" if most is not None else f"of at least {least}"
    right = isinstance(given, int) and not isinstance(given, bool)
    if right or (isinstance(given, str) and given.strip().isascii() and given.strip().isdigit()):
        found = int(given)
        if least <= found and (most is None or found <= most):
            return found
    raise ValueError(f"a whole number {range_}")


def _text(given: Any, allowed: Sequence[str] | None) -> str:
    if not isinstance(given, str):
        raise ValueError("text")
    if allowed is not None and given not in allowed:
        raise ValueError(" or ".join(allowed))
    return given
