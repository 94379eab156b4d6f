"""What the modules of the commands share: describing a command, asking the API for it, and showing the answer."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote
from uuid import UUID

from launcher.cli import common
from launcher.cli.remote import Call, call
from launcher.cli.show import plain
from lrs.errors import ConfigurationError
from lrs.settings import default_data

Run = Callable[[argparse.Namespace], int]
Show = Callable[[Any], Iterable[str]]


def group(commands: Any, name: str, text: str) -> Any:
    """A command with actions."""
    return commands.add_parser(name, help=text, description=text).add_subparsers(metavar="ACTION", required=True)


def command(where: Any, name: str, text: str, run: Run, description: str = "") -> argparse.ArgumentParser:
    """One command, and what it does."""
    made = common(where.add_parser(name, help=text, description=description or text))
    made.set_defaults(run=run)
    return made


def asking(request: Callable[[argparse.Namespace], Call], show: Show) -> Run:
    """What a command does that is one call of the API and one way to show its answer."""

    def run(given: argparse.Namespace) -> int:
        tell(given, call(folder(given), request(given)), show)
        return 0

    return run


def folder(given: argparse.Namespace) -> Path:
    """The data folder that the command is about."""
    found: Path = given.data or default_data()
    return found


def tell(given: argparse.Namespace, answer: Any, show: Show) -> None:
    """The answer: for a program one JSON value on one line, for a person what `show` makes of it."""
    if given.json:
        print(json.dumps(answer, ensure_ascii="utf" not in sys.stdout.encoding.lower()))
        return
    for line in show(answer):
        print(plain(line))


def whole(data: bytes) -> None:
    """Bytes to standard output as they are."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file of this user's alone, which is there as a whole or not at all; a pipe or a device is written as it is."""
    there = path.exists() and not path.is_file()
    draft = path if there else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | (0 if there else os.O_CREAT | os.O_EXCL) | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
    finally:
        if not there:
            draft.unlink(missing_ok=True)


def uuid_text(text: str) -> str:
    """The type of an argument that names a statement, or a registration."""
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no UUID") from None


def quoted(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def confirm(given: argparse.Namespace, question: str) -> None:
    """Ask the person, unless `--yes` has said so. Raises `ConfigurationError` where it is not wanted."""
    if given.yes:
        return
    if given.json or not sys.stdin.isatty():
        raise ConfigurationError(f"{question} Say --yes to do it without being asked")
    print(f"{plain(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigurationError("nothing was changed")


def sure(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The flag for `confirm`."""
    made.add_argument("--yes", action="store_true", help="do it without asking")
    return made
