"""`offline-lrs outbox`: what a destination does not have yet, why, and what to do about it.

Where the log is sent to one place only, that is the one that is meant; where there are several, `--destination` says
which.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from launcher.cli import WrongUsage, show
from launcher.cli.bar import Bar
from launcher.cli.commands import command, confirm, folder, group, quoted, sure, tell, uuid_text, whole, written
from launcher.cli.remote import Call, Line, ask, call
from launcher.cli.show import counted, local, paragraph, shortened
from lrs.errors import ConfigurationError, NotFound

NOWHERE = "nothing is sent anywhere, so nothing waits; `offline-lrs destinations add` names a destination"
BRIEF = 200  # columns of an answer in a list; `show` has all of it
NEXT = re.compile(r'<(?:/api)?(/[^>]*)>; rel="next"')
MEANING = {
    "waiting": "waits to be sent",
    "retrying": "is to be sent once more",
    "rejected": "breaks a rule of the upstream's",
    "forbidden": "may not be sent by this key",
    "conflict": "has other content there",
    "too_large": "is larger than what is taken there",
    "attachment_missing": "needs a file that cannot be sent",
}


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    actions = group(commands, name, "what a destination does not have yet: see it, try again, let go, take it along")
    listed = command(actions, "list", "show what waits for which destination, and what it would not take", _list)
    listed.add_argument("--destination", metavar="NAME", help="of this one only")
    listed.add_argument("--exceptions", action="store_true", help="only what was not taken")
    listed.add_argument("--limit", type=_limit, default=20, metavar="N", help="rows of each destination (default 20)")
    one = _of_one(command(actions, "show", "show one statement in full, and what the destination said to it", _show))
    one.add_argument("statement", type=uuid_text, metavar="STATEMENT", help="its id")
    again = _of_one(command(actions, "retry", "send exceptions once more", _retry))
    again.add_argument("statements", type=uuid_text, nargs="*", metavar="STATEMENT", help="an id")
    again.add_argument("--all", action="store_true", help="every exception of the destination")
    text = "let go of exceptions: the destination does without them; the statements stay in the log"
    gone = sure(_of_one(command(actions, "remove", text, _remove)))
    gone.add_argument("statements", type=uuid_text, nargs="+", metavar="STATEMENT", help="an id")
    out = _of_one(
        command(actions, "export", "write what a destination does not have as a JSON array of statements", _export)
    )
    out.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")
    out.add_argument("--exceptions", action="store_true", help="only what was not taken")


def _of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("--destination", metavar="NAME", help="default: the only one there is")
    return made


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("from 1 to 1000 rows can be shown")
    return int(text)


async def _destination(line: Line, given: argparse.Namespace) -> str:
    """The one that is meant."""
    if given.destination is not None:
        return str(given.destination)
    names = [one["name"] for one in (await line.ask(Call("GET", "/sync"))).value["destinations"]]
    if not names:
        raise NotFound(NOWHERE)
    if len(names) > 1:
        raise ConfigurationError(f"there are several destinations: say which with --destination ({', '.join(names)})")
    return str(names[0])


# --- list -----------------------------------------------------------------------------------------------------------


def _list(given: argparse.Namespace) -> int:
    query = {"limit": given.limit, "exceptions": str(given.exceptions).lower()}
    if given.destination is not None:
        query["destination"] = given.destination
    answer = call(folder(given), Call("GET", f"/outbox?{urlencode(query)}"))
    tell(given, answer, lambda found: _lines(found, waiting=not given.exceptions))
    return 0


def _lines(answer: Any, *, waiting: bool) -> Iterable[str]:
    if not answer["destinations"]:
        yield NOWHERE
    for number, one in enumerate(answer["destinations"]):
        if number:
            yield ""
        yield from _destination_lines(one, waiting=waiting)


def _destination_lines(one: Any, *, waiting: bool) -> Iterable[str]:
    room = show.width()
    exceptions, total = sum(one["exceptions"].values()), one["waiting"]
    yield from paragraph(f"{one['name']}  {one['url']}", room)
    because = f": {one['reason']}" if one["reason"] else ""
    yield from paragraph(f"{one['state']}{because}", room, "  ")
    oldest = f", the oldest since {local(one['oldest'])}" if one["oldest"] else ""
    kinds = ", ".join(f"{number:,} {name}" for name, number in one["exceptions"].items())
    yield from paragraph(f"waiting     {counted(total, 'statement')}{oldest}", room, "  ")
    yield from paragraph(f"exceptions  {counted(exceptions, 'statement')}{f' ({kinds})' if kinds else ''}", room, "  ")
    for row in one["statements"]:
        yield from _row_lines(row, room)
    if len(one["statements"]) < exceptions + (total if waiting else 0):
        yield from ("", *paragraph("… and more; --limit N shows more rows, `outbox export` gives all", room, "  "))


def _row_lines(row: Any, room: int | None) -> Iterable[str]:
    yield ""
    code = f" ({row['code']})" if row["code"] else ""
    yield from paragraph(f"{row['id']}  {row['state']}{code}", room, "  ")
    what = " ".join(part for part in (_last(row["verb"]), row["object"]) if part) or "redacted"
    yield from paragraph(f"stored {local(row['stored'])}: {what}", room, "      ")
    if row["detail"]:
        yield from paragraph(f"{local(row['at'])}: {shortened(row['detail'], BRIEF)}", room, "      ")


def _last(iri: str | None) -> str:
    return "" if iri is None else iri.rstrip("/#").replace("#", "/").rpartition("/")[2]


# --- one statement --------------------------------------------------------------------------------------------------


def _show(given: argparse.Namespace) -> int:
    async def work(line: Line) -> Any:
        name = await _destination(line, given)
        answer = await line.ask(Call("GET", f"/outbox/{quoted(name)}/{given.statement}"))
        return {"destination": name, **answer.value}

    tell(given, ask(folder(given), work), _full)
    return 0


def _full(one: Any) -> Iterable[str]:
    room = show.width()
    yield f"statement    {one['id']}"
    yield f"destination  {one['destination']}"
    yield f"stored       {local(one['stored'])}"
    yield f"state        {one['state']}: it {MEANING.get(one['state'], 'was not taken')}"
    if one["code"]:
        yield f"status       {one['code']}"
    if one["at"]:
        yield f"since        {local(one['at'])}"
    if one["detail"]:
        yield "answer"
        yield from paragraph(one["detail"], room, "    ")
    yield ""
    text = json.dumps(one["statement"], indent=2, ensure_ascii=False)
    yield from text.splitlines() if one["statement"] is not None else ["redacted: nothing of it is left to send"]


def _retry(given: argparse.Namespace) -> int:
    if given.all == bool(given.statements):
        usage = "usage: offline-lrs outbox retry [--destination NAME] (STATEMENT… | --all)"
        raise WrongUsage("offline-lrs outbox retry", usage, "name statements, or --all of them")

    async def work(line: Line) -> Any:
        at = f"/outbox/{quoted(await _destination(line, given))}"
        paths = [at] if given.all else [f"{at}/{one}" for one in dict.fromkeys(given.statements)]
        return {"retrying": sum([(await line.ask(Call("POST", path))).value["retrying"] for path in paths])}

    def lines(answer: Any) -> Iterable[str]:
        words = counted(answer["retrying"], "statement")
        yield f"{words} to be sent once more; `offline-lrs sync --once` does it now"

    tell(given, ask(folder(given), work), lines)
    return 0


def _remove(given: argparse.Namespace) -> int:
    confirm(given, f"Let go of {counted(len(given.statements), 'statement')}, which the destination will never get?")

    async def work(line: Line) -> Any:
        at = f"/outbox/{quoted(await _destination(line, given))}"
        for one in dict.fromkeys(given.statements):
            await line.ask(Call("DELETE", f"{at}/{one}"))
        return {"removed": len(set(given.statements))}

    tell(given, ask(folder(given), work), lambda _: ["removed; the log keeps what was said"])
    return 0


# --- export ---------------------------------------------------------------------------------------------------------


def _export(given: argparse.Namespace) -> int:
    if given.output is None:
        ask(folder(given), lambda line: _pages(line, given, whole))
        return 0
    with written(given.output) as file:
        number = ask(folder(given), lambda line: _pages(line, given, file.write))
    tell(
        given,
        {"file": str(given.output), "statements": number},
        lambda one: [f"{one['file']}, {counted(number, 'statement')}"],
    )
    return 0


async def _pages(line: Line, given: argparse.Namespace, write: Callable[[bytes], object]) -> int:
    """Page behind page, each taken out of its brackets and put into one array; how many statements it has."""
    name = await _destination(line, given)
    path: str | None = f"/outbox/{quoted(name)}/statements?exceptions={str(given.exceptions).lower()}"
    number = 0
    with Bar("writing statements", await _total(line, name, given), not given.json) as bar:
        write(b"[")
        while path is not None:
            answer = await line.ask(Call("GET", path))
            if answer.body != b"[]":
                write((b",\n" if number else b"") + answer.body[1:-1])
                number += len(json.loads(answer.body))
                bar.reach(number)
            onward = NEXT.search(answer.headers.get("link", ""))
            path = None if onward is None else onward[1]
        write(b"]\n")
    return number


async def _total(line: Line, name: str, given: argparse.Namespace) -> int:
    query = urlencode({"destination": name, "limit": 1, "exceptions": "true"})
    (one,) = (await line.ask(Call("GET", f"/outbox?{query}"))).value["destinations"]
    return int(sum(one["exceptions"].values())) + (0 if given.exceptions else int(one["waiting"]))
