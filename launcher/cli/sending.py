"""Commands of sync: `sync --once`, and the destinations that the log is sent to."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import os
import sys
from collections.abc import Iterable
from typing import Any

from launcher.cli import show
from launcher.cli.bar import Bar
from launcher.cli.commands import asking, command, confirm, folder, group, quoted, sure, tell
from launcher.cli.remote import Call, Line, ask
from launcher.cli.show import counted, local, paragraph
from lrs.errors import ConfigurationError, OfflineLrsError, Unavailable

LOOK_SECONDS = 0.5
NOWHERE = "nothing is sent anywhere; `offline-lrs destinations add NAME URL --key K` names a destination"
SECRET = "OFFLINE_LRS_DESTINATION_SECRET"


def add(name: str, commands: Any) -> None:
    """Describe one of the commands."""
    {"sync": _sync, "destinations": _destinations}[name](commands)


# --- sync -----------------------------------------------------------------------------------------------------------


def _sync(commands: Any) -> None:
    new = command(commands, "sync", "send what waits, now, and end; exit status 1 where something is left", _sync_once)
    new.add_argument("--once", action="store_true", required=True, help="one pass over every destination")


def _sync_once(given: argparse.Namespace) -> int:
    with Bar("sending", shown=not given.json) as bar:
        answer = ask(folder(given), lambda line: _pass(line, bar))
    tell(given, answer, _sent_lines)
    if not answer["complete"]:
        left = ", ".join(f"{_left(one)} for {one['name']}" for one in answer["destinations"] if _left(one))
        raise Unavailable(f"not everything was sent: {left}; nothing of it is lost")
    return 0


async def _pass(line: Line, bar: Bar) -> Any:
    """One pass, looked at while it goes on."""
    watching = [asyncio.ensure_future(_watch(line, bar))] if bar.shown else []
    try:
        return (await line.ask(Call("POST", "/sync", seconds=None))).value
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def _watch(line: Line, bar: Bar) -> None:
    while True:
        with contextlib.suppress(OfflineLrsError):  # the pass itself says what is wrong
            depth = sum(int(one["depth"]) for one in (await line.ask(Call("GET", "/sync"))).value["destinations"])
            bar.total = max(bar.total, depth)
            bar.reach(bar.total - depth)
        await asyncio.sleep(LOOK_SECONDS)


def _sent_lines(answer: Any) -> Iterable[str]:
    if not answer["destinations"]:
        yield NOWHERE
    for one in answer["destinations"]:
        told = f"{one['name']}  {one['delivered']} sent, {one['depth']} left: {one['state']}{_because(one)}"
        yield from paragraph(told, show.width())
        sent, fetched, left = one["documentsSent"], one["documentsFetched"], one["documents"]
        if sent or fetched or left:
            what = f"{counted(sent, 'document')} sent, {fetched} fetched, {left} left"
            yield from paragraph(what, show.width(), "  ")


def _left(one: Any) -> str:
    """What a destination does not have, in words; nothing where it has all."""
    kinds = ((one["depth"], "statement"), (one["documents"], "document"))
    return " and ".join(counted(number, kind) for number, kind in kinds if number)


def _because(one: Any) -> str:
    return f" ({one['reason']})" if one["reason"] else ""


# --- destinations ---------------------------------------------------------------------------------------------------


def _destinations(commands: Any) -> None:
    actions = group(commands, "destinations", "where the log is sent to")
    new = command(actions, "add", "add a destination, or change the one of that name", _add)
    new.add_argument("name", metavar="NAME")
    new.add_argument("url", metavar="URL", help="the xAPI endpoint there, such as https://lrs.example.org/xapi")
    new.add_argument("--key", metavar="K", required=True, help="key there")
    new.add_argument("--secret", metavar="S", help=f"secret there; {SECRET} keeps it off the process list")
    command(
        actions, "list", "show each, and what holds it up", asking(lambda _: Call("GET", "/sync"), _destination_lines)
    )
    pause = command(
        actions, "pause", "send nothing there until it is resumed", asking(_paused, lambda _: ["paused; all is kept"])
    )
    pause.add_argument("name", metavar="NAME")
    pause.add_argument("--reason", metavar="TEXT", help="why, for whoever looks next")
    resume = command(
        actions,
        "resume",
        "send there again, at once, whatever stood in the way",
        asking(lambda given: Call("POST", f"/destinations/{quoted(given.name)}/resume"), lambda _: ["resumed"]),
    )
    resume.add_argument("name", metavar="NAME")
    gone = sure(
        command(actions, "remove", "forget a destination, how far it is and its exceptions; the log stays", _remove)
    )
    gone.add_argument("name", metavar="NAME")


def _add(given: argparse.Namespace) -> int:
    wanted = {"name": given.name, "url": given.url, "key": given.key, "secret": _secret(given)}
    answer = ask(folder(given), lambda line: line.ask(Call("POST", "/destinations", json=wanted)))
    tell(given, answer.value, lambda one: [f"{one['name']}  {one['url']}  {one['state']}"])
    return 0


def _secret(given: argparse.Namespace) -> str:
    said = given.secret or os.environ.get(SECRET)
    if not said and sys.stdin.isatty():
        said = getpass.getpass("secret: ")
    if not said:
        raise ConfigurationError(f"a destination needs a secret: --secret, or {SECRET} in the environment")
    return said


def _paused(given: argparse.Namespace) -> Call:
    why = {} if given.reason is None else {"reason": given.reason}
    return Call("POST", f"/destinations/{quoted(given.name)}/pause", json=why)


def _remove(given: argparse.Namespace) -> int:
    confirm(given, f"Forget the destination {given.name}, how far it is and its exceptions?")
    answer = ask(folder(given), lambda line: line.ask(Call("DELETE", f"/destinations/{quoted(given.name)}")))
    tell(given, answer.value, lambda _: ["removed; the log stays"])
    return 0


def _destination_lines(answer: Any) -> Iterable[str]:
    if not answer["destinations"]:
        yield NOWHERE
    for one in answer["destinations"]:
        yield from paragraph(f"{one['name']}  {one['url']}", show.width())
        yield from paragraph(f"{one['state']}{_because(one)}: {one['depth']} not yet sent", show.width(), "  ")
        if one["exceptions"]:
            yield from paragraph(
                f"{counted(one['exceptions'], 'exception')}; see `offline-lrs outbox list`", show.width(), "  "
            )
        for number, kind, rest in (
            (one["documents"], "document", "not yet sent"),
            (one["documentsRefused"], "document", "not taken there"),
            (one["setAside"], "content", "set aside: changed here and there"),
        ):
            if number:
                yield from paragraph(f"{counted(number, kind)} {rest}", show.width(), "  ")
        if one["lastAcknowledged"]:
            yield f"  last taken {local(one['lastAcknowledged'])}"
        if one["nextTry"]:
            yield f"  tried again {local(one['nextTry'])}"
