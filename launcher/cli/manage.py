"""Commands of the LMS: credentials, courses, people, registrations, launch.

Most are one call of the management API and one way to show its answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from launcher.cli import WrongUsage, show
from launcher.cli.bar import Bar
from launcher.cli.commands import asking, command, folder, group, quoted, tell, uuid_text, whole, written
from launcher.cli.remote import Answer, Call, Line, ask
from launcher.cli.show import Column, local, table
from launcher.cmi5 import package
from lrs.errors import ConfigurationError


def add(name: str, commands: Any) -> None:
    """Describe one of the commands."""
    DESCRIBED[name](commands)


def _rows(columns: Iterable[Column], rows: list[Any], nothing: str) -> Iterable[str]:
    """A table that fits the terminal, or what to do where there is nothing yet."""
    return table(tuple(columns), rows, show.width()) if rows else [nothing]


# --- credentials ----------------------------------------------------------------------------------------------------


def _credentials(commands: Any) -> None:
    actions = group(commands, "credentials", "who may speak to the store")
    new = command(
        actions, "add", "add a credential, or replace the scopes of the same one", asking(_new_credential, _added)
    )
    new.add_argument("--key", metavar="K", help="made where it is left out")
    new.add_argument("--secret", metavar="S", help="made, and shown once, where it is left out")
    new.add_argument(
        "--scope", action="append", metavar="S", help="repeatable (default: all); `admin` opens /api and the pages"
    )
    new.add_argument("--replace", action="store_true", help="put the new secret in the place of a known key's")
    listed = asking(lambda _: Call("GET", "/credentials"), _credential_lines)
    command(actions, "list", "show credentials, without secrets", listed)
    gone = command(
        actions,
        "remove",
        "end a credential",
        asking(lambda given: Call("DELETE", f"/credentials/{quoted(given.key)}"), lambda _: ["removed"]),
    )
    gone.add_argument("key", metavar="KEY")


def _new_credential(given: argparse.Namespace) -> Call:
    wanted = {"key": given.key, "secret": given.secret, "scopes": given.scope or ["all"], "replace": given.replace}
    return Call("POST", "/credentials", json=wanted)


def _added(answer: Any) -> Iterable[str]:
    yield f"key     {answer['key']}"
    if "secret" in answer:
        yield f"secret  {answer['secret']}   (shown this once)"
    yield f"scopes  {', '.join(answer['scopes'])}"


def _credential_lines(answer: Any) -> Iterable[str]:
    columns = (Column("KEY"), Column("SCOPES", cut=True), Column("ADDED"))
    rows = [(one["key"], ", ".join(one["scopes"]), local(one["created"])) for one in answer["credentials"]]
    return _rows(columns, rows, "no credentials; `offline-lrs credentials add` makes one")


# --- courses --------------------------------------------------------------------------------------------------------

HEAD = 512  # bytes that tell a package from a course structure


def _courses(commands: Any) -> None:
    actions = group(commands, "courses", "import, list, export and remove courses")
    new = command(actions, "import", "import a course: a package (zip) or a course structure (cmi5.xml)", _import)
    new.add_argument("file", type=Path, metavar="FILE")
    command(actions, "list", "show courses and their AUs", asking(lambda _: Call("GET", "/courses"), _all_course_lines))
    source = command(actions, "export", "write what was imported, byte for byte", _export)
    source.add_argument("course", metavar="COURSE")
    source.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")
    gone = command(
        actions,
        "remove",
        "remove a course nobody is registered in",
        asking(lambda given: Call("DELETE", f"/courses/{quoted(given.course)}"), lambda _: ["removed"]),
    )
    gone.add_argument("course", metavar="COURSE")


def _import(given: argparse.Namespace) -> int:
    if given.file.exists() and not given.file.is_file():  # a pipe would be waited for without end
        raise ConfigurationError(f"cannot read {given.file}: it is not a file")
    try:
        with given.file.open("rb") as file:
            kind = package.kind(file.read(HEAD))
        total = given.file.stat().st_size
    except OSError as error:
        raise ConfigurationError(f"cannot read {given.file}: {error.strerror}") from error
    if kind is None:
        raise ConfigurationError(f"{given.file} is neither a package (zip) nor a course structure (cmi5.xml)")

    with Bar(f"sending {given.file.name}", total, not given.json, counted=show.size) as bar:

        def sent(count: int) -> None:
            bar.step(count)
            if bar.done >= total:
                bar.say("reading the course")

        async def work(line: Line) -> Answer:
            return await line.ask(Call("POST", "/courses", file=given.file, content_type=kind, sent=sent, seconds=600))

        answer = ask(folder(given), work)
    tell(given, answer.value, _course_lines)
    return 0


def _export(given: argparse.Namespace) -> int:
    if given.json and given.output is None:
        raise WrongUsage("offline-lrs courses export", "usage: offline-lrs courses export COURSE --output FILE", JSON)
    path = f"/courses/{quoted(given.course)}/source"
    if given.output is None:
        whole(_packed(ask(folder(given), lambda line: line.ask(Call("GET", path)))))
        return 0
    with Bar(f"writing {given.output.name}", 0, not given.json, counted=show.size) as bar, written(given.output) as out:

        def taken(piece: bytes) -> None:
            out.write(piece)
            bar.step(len(piece))

        ask(folder(given), lambda line: line.ask(Call("GET", path, taken=taken)))
    tell(given, {"file": str(given.output), "bytes": bar.done}, lambda one: [f"{one['file']}, {show.size(bar.done)}"])
    return 0


JSON = "a course is no JSON value: with --json name a file with --output"


def _packed(answer: Answer) -> bytes:
    if package.kind(answer.body[:HEAD]) == package.ZIP and sys.stdout.isatty():
        raise ConfigurationError("this course is a package, which a terminal cannot show: name a file with --output")
    return answer.body


def _course_lines(course: Any) -> Iterable[str]:
    yield f"{course['id']}  {course['title']}"
    for au in course["aus"]:
        yield f"  {au['index']}  {au['title']}"
    for warning in course.get("warnings", ()):
        yield from show.paragraph(f"warning: {warning}", show.width(), "  ")


def _all_course_lines(answer: Any) -> Iterable[str]:
    if not answer["courses"]:
        yield "no courses; `offline-lrs courses import FILE` brings one in"
    for course in answer["courses"]:
        yield from _course_lines(course)


# --- people ---------------------------------------------------------------------------------------------------------


def _people(commands: Any) -> None:
    actions = group(commands, "people", "the roster")
    new = command(
        actions, "add", "add a person", asking(_new_person, lambda answer: [f"{answer['id']}  {_name(answer)}"])
    )
    new.add_argument("given", metavar="GIVEN_NAME")
    new.add_argument("family", metavar="FAMILY_NAME", nargs="?", default="")
    new.add_argument("--id", metavar="ID", help="the id the school knows the person by (default: a random one)")
    new.add_argument("--role", choices=("student", "teacher", "administrator"), default="student")
    command(actions, "list", "show everybody", asking(lambda _: Call("GET", "/people"), _people_lines))


def _new_person(given: argparse.Namespace) -> Call:
    wanted = {"givenName": given.given, "familyName": given.family, "role": given.role, "id": given.id}
    return Call("POST", "/people", json=wanted)


def _name(person: Mapping[str, str]) -> str:
    return f"{person['givenName']} {person['familyName']}".strip()


def _people_lines(answer: Any) -> Iterable[str]:
    columns = [Column("ID"), Column("ROLE"), Column("NAME", cut=True)]
    rows = [[one["id"], one["role"], _name(one)] for one in answer["people"]]
    if any("page" in one for one in answer["people"]):
        columns.append(Column("PAGE", spare=True))
        rows = [[*row, one.get("page") or ""] for row, one in zip(rows, answer["people"], strict=True)]
    return _rows(columns, rows, "nobody; `offline-lrs people add GIVEN_NAME` adds somebody")


# --- registrations --------------------------------------------------------------------------------------------------


def _registrations(commands: Any) -> None:
    actions = group(commands, "registrations", "enrolments, and how they stand")
    new = command(
        actions,
        "add",
        "enrol a person in a course",
        asking(_new_registration, lambda answer: [answer["registration"]]),
    )
    new.add_argument("course", metavar="COURSE")
    new.add_argument("person", metavar="PERSON")
    new.add_argument("--registration", metavar="UUID", help="adopt an enrolment that was made elsewhere")
    command(actions, "list", "show enrolments", _list_registrations)
    one = command(
        actions,
        "show",
        "show how each AU of an enrolment stands, its launches, and what is satisfied",
        _show_registration,
    )
    one.add_argument("registration", type=uuid_text, metavar="REGISTRATION")


def _new_registration(given: argparse.Namespace) -> Call:
    wanted = {"course": given.course, "person": given.person, "registration": given.registration}
    return Call("POST", "/registrations", json=wanted)


async def _names(line: Line) -> dict[str, str]:
    people = (await line.ask(Call("GET", "/people"))).value["people"]
    return {one["id"]: _name(one) for one in people}


def _list_registrations(given: argparse.Namespace) -> int:
    async def work(line: Line) -> tuple[Any, dict[str, str], dict[str, str]]:
        answer = (await line.ask(Call("GET", "/registrations"))).value
        if given.json:
            return answer, {}, {}
        courses = (await line.ask(Call("GET", "/courses"))).value["courses"]
        return answer, await _names(line), {one["id"]: one["title"] for one in courses}

    answer, names, titles = ask(folder(given), work)
    columns = (
        Column("REGISTRATION"),
        Column("NAME", cut=True),
        Column("TITLE", cut=True),
        Column("PERSON", spare=True),
        Column("COURSE", spare=True),
    )

    def lines(_: Any) -> Iterable[str]:
        rows = []
        for one in answer["registrations"]:
            person = one["actor"]["account"]["name"]
            named = (names.get(person, ""), titles.get(one["course"], ""))
            rows.append((one["registration"], *named, person, one["course"]))
        return _rows(columns, rows, "no enrolments; `offline-lrs registrations add COURSE PERSON` makes one")

    tell(given, answer, lines)
    return 0


def _show_registration(given: argparse.Namespace) -> int:
    async def work(line: Line) -> tuple[Any, dict[str, str]]:
        answer = (await line.ask(Call("GET", f"/registrations/{quoted(given.registration)}"))).value
        return answer, {} if given.json else await _names(line)

    answer, names = ask(folder(given), work)
    tell(given, answer, lambda one: _registration_lines(one, names))
    return 0


def _registration_lines(one: Any, names: Mapping[str, str]) -> Iterable[str]:
    person = one["actor"]["account"]["name"]
    yield f"registration  {one['registration']}"
    yield f"learner       {f'{names[person]} ({person})' if person in names else person}"
    yield f"course        {one['course']['title']}: {_satisfied(one['course'])}"
    for block in one["blocks"]:
        yield f"block         {block['title']}: {_satisfied(block)}"
    yield ""
    columns = (
        Column("AU", right=True),
        Column("TITLE", cut=True),
        Column("STATE"),
        Column("SCORE", right=True),
        Column("MOVE ON", spare=True),
        Column("LAST", spare=True),
        Column("LAUNCHES", right=True, spare=True),
    )
    yield from table(columns, [_unit_row(unit) for unit in one["aus"]], show.width())
    launches = [(unit, launch) for unit in one["aus"] for launch in unit["launches"]]
    if launches:
        yield ""
        yield "Launched here:"
    for unit, launch in launches:
        yield f"  {local(launch['launched'])}  AU {unit['index']}  {launch['phase']}  {launch['session']}"


def _satisfied(part: Any) -> str:
    return "satisfied" if part["satisfied"] else "not satisfied yet"


def _unit_row(unit: Any) -> tuple[str, ...]:
    criterion, met = unit["moveOn"]["criterion"], unit["moveOn"]["met"]
    score = "" if unit["score"] is None else f"{unit['score']:.0%}"
    return (
        str(unit["index"]),
        unit["title"],
        unit["state"],
        score,
        f"{criterion} {'✓' if met else '–'}",
        local(unit["last"]),
        str(len(unit["launches"])),
    )


# --- launch ---------------------------------------------------------------------------------------------------------


def _launch(commands: Any) -> None:
    new = command(
        commands,
        "launch",
        "launch a lesson: answers its launch URL",
        asking(_new_launch, lambda answer: [answer["url"]]),
    )
    new.add_argument("course", metavar="COURSE")
    new.add_argument("au", type=int, metavar="AU", help="the AU's number, from 0, as `courses list` shows it")
    new.add_argument("person", metavar="PERSON")
    new.add_argument("--registration", metavar="UUID", help="default: the learner's current one, or a new one")
    new.add_argument("--mode", choices=("Normal", "Browse", "Review"), default="Normal")
    new.add_argument("--return-url", metavar="URL", help="where the lesson goes when it ends")
    new.add_argument("--transport", choices=("ipc", "network"), help="default: ipc where there is a service")


def _new_launch(given: argparse.Namespace) -> Call:
    wanted = {
        "course": given.course,
        "au": given.au,
        "person": given.person,
        "registration": given.registration,
        "launchMode": given.mode,
        "returnURL": given.return_url,
        "transport": given.transport,
    }
    return Call("POST", "/launches", json=wanted)


DESCRIBED = {
    "credentials": _credentials,
    "courses": _courses,
    "people": _people,
    "registrations": _registrations,
    "launch": _launch,
}
