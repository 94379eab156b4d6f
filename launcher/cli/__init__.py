"""The one `offline-lrs` command.

Built on argparse: a library for command lines costs more to load than a woken service may take to answer, and two
descriptions of one command would drift apart (docs/decisions/0001). What a command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from lrs.errors import OfflineLrsError

COMMANDS = ("serve", "demo", "credentials", "courses", "people", "registrations", "launch", "sync", "destinations")
DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 refused or failed with one clear line, 2 wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parsed = parser(given).parse_args([_text(word) for word in given])
        status = int(parsed.run(parsed))
        sys.stdout.flush()
        return status
    except OfflineLrsError as error:
        print(f"offline-lrs: {error.detail}", file=sys.stderr)
        for fault in error.faults[1:]:
            print(f"  {fault}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # whoever read our output has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the last resort: a person gets a sentence, OFFLINE_LRS_TRACE=1 the trace
        if os.environ.get("OFFLINE_LRS_TRACE"):
            raise
        print(f"offline-lrs: this is a fault of ours: {type(error).__name__}: {error}", file=sys.stderr)
        print("  set OFFLINE_LRS_TRACE=1 and run it again for the details of a report", file=sys.stderr)
        return REFUSED


def parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The whole command line; only the named command's own module is loaded, all of them where none is named."""
    top = argparse.ArgumentParser(
        prog="offline-lrs",
        description="A learning record store that works where there is no network.",
        epilog="Settings come from flags, then OFFLINE_LRS_* in the environment, then config.toml in the data folder.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name in (named,) if named in COMMANDS else COMMANDS:
        import_module(f"launcher.cli.{MODULES.get(name, name)}").add(name, commands)
    return top


MODULES = dict.fromkeys(
    ("credentials", "courses", "people", "registrations", "launch", "sync", "destinations"), "manage"
)


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
