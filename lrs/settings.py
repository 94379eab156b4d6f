"""Every setting with its default, and the three places they come from: flags, then `OFFLINE_LRS_*`, then `config.toml`.

Standard library only: a library for settings costs more than the whole cold start of a woken service may.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lrs.errors import ConfigurationError

PREFIX = "OFFLINE_LRS_"
CONFIG = "config.toml"
XAPI_VERSIONS = ("1.0.3", "2.0.0")


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
    lrs_only: bool = False
    no_xapi_tcp: bool = False
    page_limit: int = 100
    page_limit_most: int = 1000
    batch_most: int = 1000
    body_most: int = 64 * 1024 * 1024
    fetch_lifetime: int = 600
    sync_batch: int = 50
    sync_bytes: int = 256 * 1024


def default_data() -> Path:
    """The platform's user data folder for this program. `OFFLINE_LRS_DATA` goes first."""
    if named := os.environ.get(f"{PREFIX}DATA"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("offline-lrs", appauthor=False)


def gather(data: Path, flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (those that are not None), environment and the data folder's `config.toml`, in this order.

    Raises `ConfigurationError` naming the place and the name of a wrong one.
    """
    known = {field.name: field for field in fields(Settings) if field.name != "data"}
    values: dict[str, Any] = {}
    for name, value in _file(data / CONFIG).items():
        if name not in known:
            raise ConfigurationError(
                f"{data / CONFIG}: there is no setting {name!r}; known: {', '.join(sorted(known))}"
            )
        values[name] = _typed(name, value, f"{data / CONFIG}")
    for name in known:
        if (text := environment.get(PREFIX + name.upper())) is not None:
            values[name] = _typed(name, text, PREFIX + name.upper())
    values.update({name: value for name, value in flags.items() if value is not None})
    settings = Settings(data=data, **values)
    if settings.default_version not in XAPI_VERSIONS:
        raise ConfigurationError(
            f"default_version is {settings.default_version!r}; it can be {' or '.join(XAPI_VERSIONS)}"
        )
    return settings


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _typed(name: str, value: Any, place: str) -> Any:
    """The value in the type of the setting's default; text comes from the environment."""
    default = next(field.default for field in fields(Settings) if field.name == name)
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            return str(value).lower() in ("1", "true", "yes", "on")
        raise ConfigurationError(f"{place}: {name} is {value!r}; it can be true or false")
    if isinstance(default, int):
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{place}: {name} is {value!r}; it must be a whole number") from error
    if not isinstance(value, str):
        raise ConfigurationError(f"{place}: {name} is {value!r}; it must be text")
    return value
