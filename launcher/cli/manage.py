"""Commands that manage a data folder: credentials, courses, people, registrations, launch, sync, destinations.

Each is one call of the management API and one way to show its answer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from launcher.cli import common
from launcher.cli.remote import Call, call
from lrs.errors import ConfigurationError
from lrs.settings import default_data

Show = Callable[[Any], Iterable[str]]


def add(name: str, commands: Any) -> None:
    """Describe one of the commands."""
    DESCRIBED[name](commands)


def _command(
    where: Any,
    name: str,
    text: str,
    request: Callable[[argparse.Namespace], Call],
    show: Show,
    done: Callable[[Any], bool] = lambda _: True,
) -> argparse.ArgumentParser:
    """One command: what it asks for, how its answer is shown to a person, and whether that is what was wanted."""
    command = common(where.add_parser(name, help=text, description=text))

    def run(arguments: argparse.Namespace) -> int:
        answer = call(arguments.data or default_data(), request(arguments))
        if isinstance(answer, bytes):
            sys.stdout.buffer.write(answer)
        elif arguments.json:
            print(json.dumps(answer, ensure_ascii=False))
        else:
            for line in show(answer):
                print(line)
        return 0 if done(answer) else 1

    command.set_defaults(run=run)
    return command


def _group(commands: Any, name: str, text: str) -> Any:
    return commands.add_parser(name, help=text, description=text).add_subparsers(metavar="ACTION", required=True)


def _table(rows: Sequence[Sequence[str]], nothing: str) -> Iterable[str]:
    """Rows in columns as wide as their widest text."""
    if not rows:
        return [nothing]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


# --- credentials ----------------------------------------------------------------------------------------------------


def _credentials(commands: Any) -> None:
    group = _group(commands, "credentials", "who may speak to the store")
    new = _command(group, "add", "add a credential, or replace the scopes of the same one", _new_credential, _added)
    new.add_argument("--key", metavar="K", help="made where it is left out")
    new.add_argument("--secret", metavar="S", help="made, and shown once, where it is left out")
    new.add_argument(
        "--scope", action="append", metavar="S", help="repeatable (default: all); `admin` opens /api and the pages"
    )
    new.add_argument("--replace", action="store_true", help="put the new secret in the place of a known key's")
    _command(
        group, "list", "show credentials, without secrets", lambda _: Call("GET", "/credentials"), _credential_lines
    )
    gone = _command(
        group,
        "remove",
        "end a credential",
        lambda given: Call("DELETE", f"/credentials/{_quoted(given.key)}"),
        lambda _: ["removed"],
    )
    gone.add_argument("key", metavar="KEY")


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _new_credential(given: argparse.Namespace) -> Call:
    wanted = {"key": given.key, "secret": given.secret, "scopes": given.scope or ["all"], "replace": given.replace}
    return Call("POST", "/credentials", json=wanted)


def _added(answer: Any) -> Iterable[str]:
    yield f"key     {answer['key']}"
    if "secret" in answer:
        yield f"secret  {answer['secret']}   (shown this once)"
    yield f"scopes  {', '.join(answer['scopes'])}"


def _credential_lines(answer: Any) -> Iterable[str]:
    rows = [(one["key"], ", ".join(one["scopes"]), one["created"]) for one in answer["credentials"]]
    return _table(rows, "no credentials; `offline-lrs credentials add` makes one")


# --- courses --------------------------------------------------------------------------------------------------------


def _courses(commands: Any) -> None:
    group = _group(commands, "courses", "import, list, export and remove courses")
    new = _command(group, "import", "import a course structure (cmi5.xml)", _new_course, _course_lines)
    new.add_argument("file", type=Path, metavar="FILE")
    _command(group, "list", "show courses and their AUs", lambda _: Call("GET", "/courses"), _all_course_lines)
    source = _command(
        group,
        "export",
        "write what was imported",
        lambda given: Call("GET", f"/courses/{_quoted(given.course)}/source"),
        lambda _: [],
    )
    source.add_argument("course", metavar="COURSE")
    gone = _command(
        group,
        "remove",
        "remove a course nobody is registered in",
        lambda given: Call("DELETE", f"/courses/{_quoted(given.course)}"),
        lambda _: ["removed"],
    )
    gone.add_argument("course", metavar="COURSE")


def _new_course(given: argparse.Namespace) -> Call:
    try:
        source = given.file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {given.file}: {error.strerror}") from error
    return Call("POST", "/courses", body=source, content_type="application/xml")


def _course_lines(course: Any) -> Iterable[str]:
    yield f"{course['id']}  {course['title']}"
    for au in course["aus"]:
        yield f"  {au['index']}  {au['title']}"
    for warning in course.get("warnings", ()):
        yield f"  warning: {warning}"


def _all_course_lines(answer: Any) -> Iterable[str]:
    if not answer["courses"]:
        yield "no courses; `offline-lrs courses import FILE` brings one in"
    for course in answer["courses"]:
        yield from _course_lines(course)


# --- people, registrations, launch ----------------------------------------------------------------------------------


def _people(commands: Any) -> None:
    group = _group(commands, "people", "the roster")
    new = _command(group, "add", "add a person", _new_person, lambda answer: [f"{answer['id']}  {_name(answer)}"])
    new.add_argument("given", metavar="GIVEN_NAME")
    new.add_argument("family", metavar="FAMILY_NAME", nargs="?", default="")
    new.add_argument("--id", metavar="ID", help="the id the school knows the person by (default: a random one)")
    new.add_argument("--role", choices=("student", "teacher", "administrator"), default="student")
    _command(group, "list", "show everybody", lambda _: Call("GET", "/people"), _people_lines)


def _new_person(given: argparse.Namespace) -> Call:
    wanted = {"givenName": given.given, "familyName": given.family, "role": given.role, "id": given.id}
    return Call("POST", "/people", json=wanted)


def _name(person: Mapping[str, str]) -> str:
    return f"{person['givenName']} {person['familyName']}".strip()


def _people_lines(answer: Any) -> Iterable[str]:
    rows = [(one["id"], one["role"], _name(one)) for one in answer["people"]]
    return _table(rows, "nobody; `offline-lrs people add GIVEN_NAME` adds somebody")


def _registrations(commands: Any) -> None:
    group = _group(commands, "registrations", "enrolments")
    new = _command(
        group, "add", "enrol a person in a course", _new_registration, lambda answer: [answer["registration"]]
    )
    new.add_argument("course", metavar="COURSE")
    new.add_argument("person", metavar="PERSON")
    new.add_argument("--registration", metavar="UUID", help="adopt an enrolment that was made elsewhere")
    _command(group, "list", "show enrolments", lambda _: Call("GET", "/registrations"), _registration_lines)


def _new_registration(given: argparse.Namespace) -> Call:
    wanted = {"course": given.course, "person": given.person, "registration": given.registration}
    return Call("POST", "/registrations", json=wanted)


def _registration_lines(answer: Any) -> Iterable[str]:
    rows = [(one["registration"], one["course"], one["actor"]["account"]["name"]) for one in answer["registrations"]]
    return _table(rows, "no enrolments; `offline-lrs registrations add COURSE PERSON` makes one")


def _launch(commands: Any) -> None:
    new = _command(
        commands, "launch", "launch a lesson: answers its launch URL", _new_launch, lambda answer: [answer["url"]]
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


# --- sync -----------------------------------------------------------------------------------------------------------


def _sync(commands: Any) -> None:
    new = _command(
        commands,
        "sync",
        "send what waits, now, and end; exit status 1 where something is left",
        lambda _: Call("POST", "/sync"),
        _sent_lines,
        lambda answer: bool(answer["complete"]),
    )
    new.add_argument("--once", action="store_true", required=True, help="one pass over every destination")


def _sent_lines(answer: Any) -> Iterable[str]:
    if not answer["destinations"]:
        yield "nothing is sent anywhere; `offline-lrs serve --upstream URL …` names a destination"
    for one in answer["destinations"]:
        reason = f" ({one['reason']})" if one["reason"] else ""
        yield f"{one['name']}  {one['delivered']} sent, {one['depth']} left: {one['state']}{reason}"


def _destinations(commands: Any) -> None:
    group = _group(commands, "destinations", "where the log is sent to")
    _command(group, "list", "show each, and what holds it up", lambda _: Call("GET", "/sync"), _sync_lines)


def _sync_lines(answer: Any) -> Iterable[str]:
    if not answer["destinations"]:
        yield "nothing is sent anywhere; `offline-lrs serve --upstream URL …` names a destination"
    for one in answer["destinations"]:
        reason = f" ({one['reason']})" if one["reason"] else ""
        yield f"{one['name']}  {one['url']}  {one['state']}{reason}: {one['depth']} not yet sent"


DESCRIBED = {
    "credentials": _credentials,
    "courses": _courses,
    "people": _people,
    "registrations": _registrations,
    "launch": _launch,
    "sync": _sync,
    "destinations": _destinations,
}
