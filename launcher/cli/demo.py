"""`offline-lrs demo`: one lesson's record, from a lesson app on a tablet to the teacher's page at the school.

Played with real processes: the school's server, two tablets, and the maths app for each lesson. The school's server is
really away while the children work. At the end the server is compared with the tablets, statement by statement.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from launcher.cli.programs import Program, environment, inside, wait_until
from launcher.cli.remote import Call, call
from launcher.cli.story import Lesson, Pupil, Story
from lrs.clock import SystemClock
from lrs.xapi.equality import same

SCHOOL = "https://school.example"
DRAIN_SECONDS = 60.0
PAGE = 500


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    command = commands.add_parser(name, help="play the whole story on this machine", description=__doc__)
    command.add_argument(
        "--once", action="store_true", help="end after the story; otherwise the teacher's page stays up"
    )
    command.add_argument("--json", action="store_true", help="sum up as one line of JSON on standard output")
    command.set_defaults(run=run)


AMINA = Pupil(
    "Amina",
    0,
    (
        Lesson(0, ("right", "right", "right", "wrong", "right")),
        Lesson(1, ("right", "wrong", "right", "right", "right")),
    ),
)
BENITO = Pupil("Benito", 1, (Lesson(2, ("wrong", "right", "wrong", "wrong", "right")),))
PUPILS = (AMINA, BENITO)
BLOCK = "Arithmetic"  # both of Amina's lessons make it up


def run(arguments: argparse.Namespace) -> int:
    """Play it. Exit status 1 if anything in it did not hold."""
    with ExitStack() as cleanup:
        # Asked to end is like Ctrl-C: the programs of the story are ended with it, and their folder goes.
        for asked in (signal.SIGTERM, signal.SIGHUP):
            before = signal.signal(asked, signal.default_int_handler)
            cleanup.callback(signal.signal, asked, before)
        folder = Path(tempfile.mkdtemp(prefix="offline-lrs-demo-"))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        story = Story(folder, environment(folder), not arguments.json, SystemClock().uuid4().hex[:8])
        cleanup.enter_context(inside(story.environment))
        school, login = play(story, cleanup)
        summary = (
            f"the story holds: {story.held['statements']} statements made offline, each at the school exactly once"
        )
        if not arguments.once:
            story.say(f"\nThe teacher's page is at {school.url}/  (name {login[0]}, password {login[1]}).")
            story.say("It stays up until you press Ctrl-C.")
            _stay()
        story.say(f"\n{summary}.")
        if arguments.json:
            print(json.dumps({"holds": True, **story.held}))
    return 0


def _stay() -> None:
    try:
        while True:
            wait_until(lambda: False, 3600)
    except KeyboardInterrupt:
        return


def play(story: Story, cleanup: ExitStack) -> tuple[Program, tuple[str, str]]:
    """The story from beginning to end; the school's server, still up, and the teacher's login."""
    story.say("A school, two tablets and no internet: where does what the children did go?")
    school, login, keys = _open_school(story, cleanup)
    tablets = _hand_out_tablets(story, cleanup, school, keys)
    enrolled = _enrol(story, school, tablets)
    with _internet_away(story, school):
        for pupil in PUPILS:
            for lesson in pupil.lessons:
                _lesson(story, tablets[pupil.tablet], pupil, lesson, enrolled[pupil.name])
        _waiting(story, tablets)
    _drain(story, tablets)
    _compare(story, school, tablets, login)
    _show_progress(story, school, login)
    for tablet in tablets:
        tablet.stop()
    return school, login


# --- the chapters ---------------------------------------------------------------------------------------------------


def _open_school(story: Story, cleanup: ExitStack) -> tuple[Program, tuple[str, str], list[tuple[str, str]]]:
    story.title("The school's server starts.")
    school = Program("the school", story.folder / "school", ("--school", SCHOOL, "--port", "0"), story.environment)
    cleanup.callback(school.stop)  # before the start: whoever interrupts it leaves nothing behind
    school.start()
    school.flags = ("--port", school.url.rpartition(":")[2])  # the same address when it comes back
    teacher = _credential(school, "teacher", ["admin", "all/read"])
    keys = [_credential(school, f"tablet-{number}", ["statements/write", "statements/read"]) for number in (1, 2)]
    story.tell(f"{SCHOOL} answers at {school.url}; a teacher and two tablets may speak to it.")
    return school, teacher, keys


def _hand_out_tablets(
    story: Story, cleanup: ExitStack, school: Program, keys: Sequence[tuple[str, str]]
) -> list[Program]:
    story.title("Two tablets are handed out. They speak to lesson apps over IPC only: no TCP port is open on them.")
    tablets = []
    for number, (key, secret) in enumerate(keys, 1):
        service = f"org.example.tablet{number}.{story.mark}"
        flags = (
            *("--no-tcp", "--ipc-service", service, "--school", SCHOOL),
            *("--upstream", f"{school.url}/xapi", "--upstream-key", key),
        )
        hidden = {**story.environment, "OFFLINE_LRS_UPSTREAM_SECRET": secret}
        tablet = Program(f"tablet {number}", story.folder / f"tablet{number}", flags, hidden)
        cleanup.callback(tablet.stop)
        tablet.start()
        tablets.append(tablet)
        story.tell(f"tablet {number} is the service {service}")
    return tablets


def _enrol(story: Story, school: Program, tablets: Sequence[Program]) -> dict[str, dict[str, Any]]:
    story.title("The maths course is imported, and the pupils are enrolled at the school and on their tablets.")
    source = _course_source()
    imported = [
        _api(program, Call("POST", "/courses", body=source, content_type="application/xml"))
        for program in (school, *tablets)
    ]
    story.check(all(one == imported[0] for one in imported), f"“{imported[0]['title']}” has the same ids on all three")
    enrolled: dict[str, dict[str, Any]] = {}
    for pupil in PUPILS:
        person = _api(school, Call("POST", "/people", json={"givenName": pupil.name}))
        wanted = {"course": imported[0]["id"], "person": person["id"]}
        registration = _api(school, Call("POST", "/registrations", json=wanted))["registration"]
        tablet = tablets[pupil.tablet]
        _api(tablet, Call("POST", "/people", json={"givenName": pupil.name, "id": person["id"]}))
        _api(tablet, Call("POST", "/registrations", json={**wanted, "registration": registration}))
        enrolled[pupil.name] = {**wanted, "registration": registration, "aus": imported[0]["aus"]}
        story.tell(f"{pupil.name} is enrolled; the name stays on the roster, statements say {person['id']}")
    return enrolled


@contextmanager
def _internet_away(story: Story, school: Program) -> Iterator[None]:
    story.title("The internet goes away: the school's server is stopped.")
    school.stop()
    story.check(_is_down(school.url), "nobody answers at the school's address")
    yield
    story.title("The internet comes back: the school's server is started again.")
    school.start()
    story.check(not _is_down(school.url), "the school answers again")


def _lesson(story: Story, tablet: Program, pupil: Pupil, lesson: Lesson, enrolled: dict[str, Any]) -> None:
    title = enrolled["aus"][lesson.au]["title"]
    story.title(f"{pupil.name} opens “{title}” on {tablet.name}. The maths app knows only its launch URL.")
    wanted = {**{name: enrolled[name] for name in ("course", "person", "registration")}, "au": lesson.au}
    launched = _api(tablet, Call("POST", "/launches", json=wanted))
    story.tell(f"launch URL: {launched['url'][:96]}…")
    journal = story.folder / f"{pupil.name}-{lesson.au}.journal"
    done = _play(story, launched["url"], lesson.answers, journal)
    for line in done.stdout.splitlines():
        story.tell(f"  | {line}")
    acknowledged = journal.read_text().splitlines() if journal.exists() else []
    verbs = ", ".join(json.loads(line)["verb"].rpartition("/")[2] for line in acknowledged)
    story.check(
        done.returncode == 0 and bool(acknowledged), f"the lesson ended well; acknowledged: {verbs}{done.stderr}"
    )


def _play(story: Story, url: str, answers: Sequence[str], journal: Path) -> subprocess.CompletedProcess[str]:
    """The maths app as a process of its own; what it is given is the URL, and the answers in place of a pupil."""
    flags = ("--answers", "-", "--seed", "7", "--journal", str(journal), "--count", str(len(answers)))
    return subprocess.run(
        [sys.executable, "-m", "content_app", url, *flags],
        input="\n".join(answers),
        env=story.environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def _waiting(story: Story, tablets: Sequence[Program]) -> None:
    story.title("Nothing was lost: what the lessons said waits on the tablets.")
    for tablet in tablets:
        depth = _depth(tablet)
        story.check(depth > 0, f"{tablet.name} keeps {depth} statements for the school")


def _drain(story: Story, tablets: Sequence[Program]) -> None:
    for tablet in tablets:
        _api(tablet, Call("POST", "/sync"))  # as the network's return would wake it
        sent = wait_until(partial(_has_sent, tablet), DRAIN_SECONDS)
        story.check(sent, f"{tablet.name} has sent everything")


def _has_sent(tablet: Program) -> bool:
    return _depth(tablet) == 0


def _compare(story: Story, school: Program, tablets: Sequence[Program], login: tuple[str, str]) -> None:
    story.title("The school is compared with the tablets.")
    at_school = _statements(school, login)
    made: dict[str, Any] = {}
    for tablet in tablets:
        reader = _credential(tablet, "auditor", ["all/read"])
        made |= {one["id"]: one for one in _statements(tablet, reader)}
    ids = [one["id"] for one in at_school]
    story.check(len(ids) == len(set(ids)), "no statement is at the school twice")
    from_tablets = {one["id"]: one for one in at_school if one["id"] in made}
    story.check(from_tablets.keys() == made.keys(), f"all {len(made)} statements of the tablets are there")
    story.check(
        all(same(made[name], one) for name, one in from_tablets.items()), "each says what it said on the tablet"
    )
    story.held["statements"] = len(made)


def _show_progress(story: Story, school: Program, login: tuple[str, str]) -> None:
    story.title("The teacher looks at the school's page.")
    answer = httpx.get(f"{school.url}/", auth=login, timeout=30, trust_env=False)
    story.check(
        answer.status_code == 200 and all(pupil.name in answer.text for pupil in PUPILS), "the pupils are on it"
    )
    (course,) = _api(school, Call("GET", "/progress"))["courses"]
    story.tell(course["title"])
    for line in course["learners"]:
        units = ", ".join(f"{unit['title']} {unit['state']}{_score(unit)}" for unit in line["aus"])
        blocks = ", ".join(f"block {block['title']} {block['state']}" for block in line["blocks"])
        story.tell(f"  {line['learner']}: {units}; {blocks}; whole course {line['state']}")
    states = {line["learner"]: {part["title"]: part["state"] for part in line["blocks"]} for line in course["learners"]}
    story.check(
        states[AMINA.name][BLOCK] == "satisfied" and states[BENITO.name][BLOCK] != "satisfied",
        f"{AMINA.name} has both lessons of the block “{BLOCK}”, so her tablet said that it is satisfied",
    )


def _score(unit: dict[str, Any]) -> str:
    return "" if unit["score"] is None else f" ({round(100 * unit['score'])} %)"


# --- what the chapters are made of ----------------------------------------------------------------------------------


def _api(program: Program, wanted: Call) -> Any:
    return call(program.data, wanted)


def _credential(program: Program, key: str, scopes: list[str]) -> tuple[str, str]:
    made = _api(program, Call("POST", "/credentials", json={"key": key, "scopes": scopes}))
    return made["key"], made["secret"]


def _depth(tablet: Program) -> int:
    return sum(int(one["depth"]) for one in _api(tablet, Call("GET", "/sync"))["destinations"])


def _statements(program: Program, login: tuple[str, str]) -> list[dict[str, Any]]:
    """Everything the program's record store has, page by page, over its own door."""
    socket = program.told["socket"]
    transport = httpx.HTTPTransport(uds=socket) if socket else httpx.HTTPTransport()
    base = "http://tablet.invalid" if socket else program.url
    found: list[dict[str, Any]] = []
    with httpx.Client(transport=transport, base_url=base, auth=login, timeout=30, trust_env=False) as client:
        place = f"/xapi/statements?ascending=true&limit={PAGE}"
        while place:
            page = client.get(place, headers={"X-Experience-API-Version": "1.0.3"}).raise_for_status().json()
            found += page["statements"]
            place = page["more"]
    return found


def _is_down(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return True
    return False


def _course_source() -> bytes:
    return files("content_app").joinpath("course", "cmi5.xml").read_bytes()
