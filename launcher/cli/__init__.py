"""The one `offline-lrs` command.

Built on argparse: a library for command lines costs more to load than a woken service may take to answer, and two
descriptions of one command would drift apart (docs/decisions/0001). What a command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from lrs.errors import OfflineLrsError

MODULES = {
    "serve": "serve",
    "demo": "demo",
    "credentials": "manage",
    "courses": "manage",
    "people": "manage",
    "registrations": "manage",
    "launch": "manage",
    "sync": "sending",
    "destinations": "sending",
    "outbox": "outbox",
    "doctor": "doctor",
    "completion": "completion",
}
COMMANDS = tuple(MODULES)
DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 refused or failed with one clear line, 2 wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that has no letter for something says which it is
            stream.reconfigure(errors="backslashreplace")
    try:
        parsed = parser(given).parse_args([_text(word) for word in given])
        status = int(parsed.run(parsed))
        sys.stdout.flush()
        return status
    except WrongUsage as wrong:
        _complain_of_usage(wrong, as_json="--json" in given)
        raise SystemExit(WRONG_USAGE) from None
    except OfflineLrsError as error:
        return _complain(error, as_json="--json" in given)
    except BrokenPipeError:  # whoever read our output has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        print("offline-lrs: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # the last resort: a person gets a sentence, OFFLINE_LRS_TRACE=1 the trace
        if os.environ.get("OFFLINE_LRS_TRACE"):
            raise
        detail = (
            f"this is a fault of ours: {type(error).__name__}: {error}; run it again with OFFLINE_LRS_TRACE=1 for the "
            "details of a report"
        )
        return _complain(OfflineLrsError(detail), as_json="--json" in given)


def _complain(error: OfflineLrsError, *, as_json: bool) -> int:
    """One clear line, and one for each further fault; for a program the problem document that the API would answer."""
    sys.stdout.flush()
    if as_json:
        from lrs.http.errors import problem

        print(json.dumps(problem(error), ensure_ascii=False), file=sys.stderr)
        return REFUSED
    from launcher.cli.show import plain

    for line in (f"offline-lrs: {error.detail}", *(f"  {fault}" for fault in error.faults[1:])):
        print(plain(line), file=sys.stderr)
    return REFUSED


def _complain_of_usage(wrong: WrongUsage, *, as_json: bool) -> None:
    if as_json:
        told = {"type": "urn:offline-lrs:problem:WrongUsage", "title": "Wrong usage", "detail": wrong.detail}
        print(json.dumps({**told, "usage": wrong.usage}, ensure_ascii=False), file=sys.stderr)
        return
    print(f"{wrong.usage}\n{wrong.command}: {wrong.detail}", file=sys.stderr)


class WrongUsage(Exception):
    """The command line is not one of ours: `detail` says why, `usage` how it would be."""

    def __init__(self, command: str, usage: str, detail: str) -> None:
        super().__init__(detail)
        self.command, self.usage, self.detail = command, usage, detail


class Parser(argparse.ArgumentParser):
    """One that leaves complaining to `main`; the parsers of its commands are of its kind."""

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(self.prog, self.format_usage().rstrip(), message)


def parser(arguments: Sequence[str] = ()) -> Parser:
    """The whole command line; only the named command's own module is loaded, all of them where none is named."""
    top = Parser(
        prog="offline-lrs",
        description="A learning record store that works where there is no network.",
        epilog="Settings come from flags, then OFFLINE_LRS_* in the environment, then config.toml in the data folder.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="say which version this is")
    commands: Any = top.add_subparsers(metavar="COMMAND", required=True)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name in (named,) if named in MODULES else MODULES:
        import_module(f"launcher.cli.{MODULES[name]}").add(name, commands)
    return top


class _Version(argparse.Action):
    """`--version`; what was installed is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"offline-lrs {version('offline-lrs')}")
        parser.exit()


def _text(word: str) -> str:
    """An argument as text; bytes that are none are wrong usage, said before anything is done."""
    try:
        word.encode()
    except UnicodeEncodeError:
        print(f"offline-lrs: the argument {word!r} is not UTF-8 text", file=sys.stderr)
        raise SystemExit(WRONG_USAGE) from None
    return word


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the data folder has no name")
    return Path(text)


def common(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """What every command takes."""
    command.add_argument(
        "--data", type=_folder, metavar="DIR", help="the data folder (default: the platform's user data folder)"
    )
    command.add_argument("--json", action="store_true", help="answer in JSON, one value on one line")
    return command
