"""Which services this user has, by name: how an app that knows only `ipc-service=NAME` finds the program behind it.

One JSON file a service, `$XDG_DATA_HOME/http-ipc/services/NAME.json`, for all programs of the user and of any vendor.
A name from a launch URL selects among what is registered here, it is never an address to obey. A file that another
user owns or may write is refused. Whether anybody runs behind a name is not known here.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrs.errors import ConfigurationError, Fault, Invalid, NotFound
from lrs.local.places import data_home

_LONGEST_NAME = 200
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Service:
    """One service of this user.

    `bindings` say how it is reached, best first (`{"type": "unix", "path": …}`); `exec` starts it; `issuer` is the
    authorization server it belongs to; `origins` are the origins of URLs which it answers for.
    """

    name: str
    bindings: tuple[Mapping[str, str], ...]
    exec: tuple[str, ...] = ()
    issuer: str | None = None
    origins: tuple[str, ...] = ()

    @property
    def socket(self) -> Path | None:
        """The path of its Unix socket, if it has one."""
        for binding in self.bindings:
            if binding["type"] == "unix":
                return Path(binding["path"])
        return None


def check_name(name: str) -> str:
    """The name, if it can be one: dot-separated labels as in a host name, so never a path."""
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        detail = f"{name[:80]!r} cannot name a service; use letters, digits, '-' and '.', such as org.example.lms"
        raise Invalid.of([Fault("ipc-service", "HTTP over IPC: service name", detail)])
    return name


def register(service: Service) -> None:
    """Write the service down, in one step, in place of what stood under its name."""
    path = _file(service.name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_to_json(service))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def find(name: str) -> Service:
    """The service of that name."""
    path = _file(name)
    try:
        raw = _read_own(path)
    except FileNotFoundError:
        detail = f"no service {name} is registered; start it once with: offline-lrs serve --ipc-service {name}"
        raise NotFound(detail) from None
    service = _from_json(raw, path)
    if service.name != name:
        raise ConfigurationError(f"{path} describes the service {service.name}; remove the file")
    return service


def all() -> tuple[Service, ...]:
    """Every service of this user, by name."""
    names = sorted(path.stem for path in _folder().glob("*.json") if _NAME.fullmatch(path.stem))
    return tuple(find(name) for name in names)


def remove(name: str) -> None:
    """Forget the service; one that is not registered is `NotFound`."""
    try:
        _file(name).unlink()
    except FileNotFoundError:
        raise NotFound(f"no service {name} is registered") from None


def _folder() -> Path:
    return data_home() / "http-ipc" / "services"


def _file(name: str) -> Path:
    return _folder() / f"{check_name(name)}.json"


def _read_own(path: Path) -> bytes:
    """The bytes of a file which nobody but this user could have written."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:  # a symbolic link, or no right to read
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(f"{path} could have been written by another user; remove it and register again")
        if not stat.S_ISREG(found.st_mode):
            raise ConfigurationError(f"{path} is not a file; move it away")
        return file.read()


def _to_json(service: Service) -> bytes:
    value = {
        "name": check_name(service.name),
        "bindings": [dict(binding) for binding in service.bindings],
        "exec": list(service.exec),
        "issuer": service.issuer,
        "origins": list(service.origins),
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _from_json(raw: bytes, path: Path) -> Service:
    try:
        value = json.loads(raw)
        return Service(
            name=_text(value["name"]),
            bindings=tuple(_binding(each) for each in _list(value["bindings"])),
            exec=tuple(_text(each) for each in _list(value.get("exec", []))),
            issuer=None if value.get("issuer") is None else _text(value["issuer"]),
            origins=tuple(_text(each) for each in _list(value.get("origins", []))),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path} does not describe a service; remove it and register again") from error


def _binding(value: Any) -> dict[str, str]:
    binding = {_text(key): _text(text) for key, text in value.items()}
    if binding["type"] == "unix" and not Path(binding["path"]).is_absolute():
        raise ValueError("the path of a Unix socket is absolute")
    return binding


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
