"""The demonstration's story, chapter by chapter: what happens, and what it promises of that.

Every promise goes through `Story.check`, so that the story ends where one does not hold. Who plays is written in
`cast`, what must be so is decided in `promises`; here it is made to happen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from launcher.cli import promises
from launcher.cli.cast import CHAPTERS, LATER, LEARNERS, OFFLINE, YOU, Sitting
from launcher.cli.programs import Program, wait_until
from launcher.cli.promises import told, verb_of, verdict
from launcher.cli.show import Column, counted
from launcher.cli.stage import Site, Statement, lesson
from launcher.cli.story import Story
from lrs.clock import SystemClock
from lrs.errors import ConfigurationError

SCHOOL = "https://school.example"
DRAIN_SECONDS = 60.0
QUESTIONS = 5
SEED = "7"
TABLETS = 2
SHORT = 12  # characters: what a person may have to type


@dataclass(slots=True)
class Course:
    """A course that has been imported everywhere. `registrations` by learner's name."""

    id: str
    title: str
    aus: list[dict[str, Any]]
    registrations: dict[str, str] = field(default_factory=dict)

    def au(self, name: str) -> dict[str, Any]:
        """The AU whose publisher's id ends with that segment."""
        return next(one for one in self.aus if one["id"].rpartition("/")[2] == name)


@dataclass(slots=True)
class Scene:
    """What the story is played with, and what has come of it so far."""

    story: Story
    folder: Path
    environment: dict[str, str]
    mark: str
    school: Site
    tablets: list[Site] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    courses: list[Course] = field(default_factory=list)
    before: set[str] = field(default_factory=set)  # ids of what the school itself had said before anybody worked
    yours: list[str] = field(default_factory=list)  # ids of what the person's own lesson said
    statements: int = 0

    @property
    def programs(self) -> list[Program]:
        """Everything that runs."""
        return [self.school.program, *(tablet.program for tablet in self.tablets)]


Chapter = Callable[[Scene], None]


# --- getting ready --------------------------------------------------------------------------------------------------


def open_school(scene: Scene) -> None:
    """The school's server, and who may speak to it."""
    story, school = scene.story, scene.school
    story.title("The school's server starts")
    with story.waiting("its database is made"):
        school.program.start()
    school.program.flags = ("--port", school.url.rpartition(":")[2])  # the same address when it comes back
    story.check(school.answers(), f"it answers at {school.url}")
    school.login = school.credential("teacher", "admin", "all/read", secret=SystemClock().token()[:SHORT])
    story.tell("A teacher may look at it, and two tablets may send to it.")


def hand_out_tablets(scene: Scene, *, web: bool = False) -> None:
    """Two tablets, each of which knows the school's address and has a key for it. `web`: lessons may be web pages."""
    story = scene.story
    story.title("Two tablets are handed out")
    with story.waiting("they start"):
        for number in range(1, TABLETS + 1):
            scene.tablets.append(Site(_tablet(scene, number, web=web)))
            scene.tablets[-1].program.begin()
        for tablet in scene.tablets:
            tablet.program.until_ready()
            tablet.login = tablet.credential("auditor", "all/read")
    story.tell(
        "Each keeps records of its own. A lesson app reaches them without any network, by a name on that tablet: "
        f"{scene.tablets[0].program.told['ipcService']}"
    )
    if web:
        story.tell("The pages of your course reach them as a browser does, over the tablet's own TCP port.")
    else:
        check_that_network_has_pages_only(scene)


def check_that_network_has_pages_only(scene: Scene) -> None:
    """Whoever reaches a tablet over TCP finds no record store there."""
    pages_only = all(tablet.get("/xapi/about").is_error for tablet in scene.tablets)
    scene.story.check(pages_only, "there is no way to the records but that one: the network has pages only")


def _tablet(scene: Scene, number: int, *, web: bool) -> Program:
    key, secret = scene.school.credential(f"tablet-{number}", "statements/write", "statements/read", "state")
    flags = (
        *("--port", "0", *(() if web else ("--no-xapi-tcp",))),
        *("--ipc-service", f"org.example.tablet{number}.{scene.mark}"),
        *("--school", SCHOOL, "--upstream", f"{scene.school.url}/xapi", "--upstream-key", key),
    )
    hidden = {**scene.environment, "OFFLINE_LRS_UPSTREAM_SECRET": secret}
    return Program(f"tablet {number}", scene.folder / f"tablet{number}", flags, hidden)


def enrol(scene: Scene, others: Sequence[str] = ()) -> None:
    """The maths course comes in everywhere, and the learners with it."""
    story, learners = scene.story, (*LEARNERS, *others)
    story.title("The maths course comes in, and learners are enrolled")
    with story.waiting("the course comes in"):
        course = _import(scene, maths(), "application/xml")
        for name in learners:
            _add_person(scene, name)
            _register(scene, course, name)
    story.tell(
        f"{', '.join(learners[:-1])} and {learners[-1]} may take its {counted(len(course.aus), 'lesson')}. Their names "
        f"stay on the class list; in the records {learners[0]} is only"
    )
    story.quote(scene.people[learners[0]])


def maths() -> bytes:
    """The sample course, as the maths app brings it."""
    return files("content_app").joinpath("course", "cmi5.xml").read_bytes()


def enrol_in_package(scene: Scene, body: bytes, content_type: str) -> None:
    """Somebody else's course comes in too."""
    scene.story.title("Your course comes in, for the same learners")
    with scene.story.waiting("the course comes in"):
        course = _import(scene, body, content_type)
        if course.id == scene.courses[0].id:
            raise ConfigurationError("this is the maths course, which is in the story anyway: name another --course")
        for name in scene.people:
            _register(scene, course, name)
    scene.story.tell(f"It has {counted(len(course.aus), 'lesson')}.")


def _import(scene: Scene, body: bytes, content_type: str) -> Course:
    """Import it at the school and on the tablets, where it must come to the same ids."""
    imported = [site.send_course(body, content_type) for site in (scene.school, *scene.tablets)]
    known = [{name: one[name] for name in ("id", "title", "aus")} for one in imported]
    title = known[0]["title"]
    scene.story.check(
        all(one == known[0] for one in known), f"“{title}” has the same ids at the school and on the tablets"
    )
    scene.courses.append(Course(**known[0]))
    return scene.courses[-1]


def _add_person(scene: Scene, name: str) -> None:
    scene.people[name] = scene.school.api("POST", "/people", {"givenName": name})["id"]
    for tablet in scene.tablets:
        tablet.api("POST", "/people", {"givenName": name, "id": scene.people[name]})


def _register(scene: Scene, course: Course, name: str) -> None:
    """Enrol a learner at the school, and on the tablets under the school's registration."""
    wanted = {"course": course.id, "person": scene.people[name]}
    wanted["registration"] = scene.school.api("POST", "/registrations", wanted)["registration"]
    for tablet in scene.tablets:
        tablet.api("POST", "/registrations", wanted)
    course.registrations[name] = wanted["registration"]


# --- without the internet -------------------------------------------------------------------------------------------


def internet_goes(scene: Scene) -> None:
    """The school's server is really stopped."""
    scene.before = {one["id"] for one in scene.school.statements()}
    scene.story.title("The internet goes away: the school's server is stopped")
    with scene.story.waiting("it stops"):
        scene.school.program.stop()
    scene.story.check(not scene.school.answers(), "nobody answers at the school's address")


def work(scene: Scene) -> None:
    """Each learner is launched and works."""
    for name in LEARNERS:
        scene.story.title(CHAPTERS[name])
        for sitting in OFFLINE:
            if sitting.learner == name:
                sit(scene, sitting, explain=sitting is OFFLINE[0])


def sit(scene: Scene, sitting: Sitting, *, explain: bool = False) -> None:
    """One learner takes one lesson, which comes to the verdict that it should."""
    story, course, tablet = scene.story, scene.courses[0], scene.tablets[sitting.tablet]
    au = course.au(sitting.au)
    url = _launch(scene, tablet, course, au["index"], sitting.learner)
    if explain:
        story.tell("All that a lesson app is given is an address, the launch URL:")
        story.quote(url)
        story.tell("From it the app knows where to ask for a key, and whom it teaches.")
        story.tell("What it reports are statements: who did what, and when.")
    journal = _journal(scene)
    flags = ("--answers", "-", "--seed", SEED, "--journal", str(journal), "--count", str(QUESTIONS))
    with lesson("content_app", (url, *flags), scene.environment, sitting.answers) as taken:
        says: list[str] = []
        with story.waiting(f"{sitting.learner} works") as so_far:
            for line in taken.lines():
                says.append(line)
                so_far(min(len(says), QUESTIONS), QUESTIONS)
        story.tell(f"{au['title']}: {' '.join(says)}")
        verbs = [one["verb"] for one in _acknowledged(journal)]
        did = sitting.verdict or "left halfway"
        story.check(
            taken.ended_well() and verdict(verbs) == (sitting.verdict,),
            f"{tablet.name} recorded that {sitting.learner} {did}, in {counted(len(verbs), 'statement')}",
            taken.why() or told(verbs),
        )


def _launch(scene: Scene, tablet: Site, course: Course, au: int, learner: str) -> str:
    wanted = {"course": course.id, "person": scene.people[learner], "registration": course.registrations[learner]}
    return str(tablet.api("POST", "/launches", {**wanted, "au": au})["url"])


def _journal(scene: Scene) -> Path:
    """A file for what one lesson saw acknowledged."""
    return scene.folder / f"lesson-{len(list(scene.folder.glob('lesson-*'))) + 1}.journal"


def _acknowledged(journal: Path) -> list[dict[str, str]]:
    """The id of each statement that a lesson saw acknowledged, and the last segment of its verb, in order."""
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()] if journal.exists() else []
    return [{"id": one["id"], "verb": one["verb"].rpartition("/")[2]} for one in lines]


def play_package(scene: Scene) -> None:
    """Somebody else's lessons cannot be taken here: a script speaks for each of them, through the same tunnel."""
    story, course = scene.story, scene.courses[-1]
    first, second, *_ = LEARNERS
    story.title("Your course is played, by a script in place of its lessons")
    with story.waiting(f"{first} goes through it") as so_far:
        for number, au in enumerate(course.aus, 1):
            _attend(scene, scene.tablets[0], course, au, first)
            so_far(number, len(course.aus))
    _attend(scene, scene.tablets[1], course, course.aus[0], second)


def _attend(scene: Scene, tablet: Site, course: Course, au: Mapping[str, Any], learner: str) -> None:
    url = _launch(scene, tablet, course, au["index"], learner)
    if (tablet, au) == (scene.tablets[0], course.aus[0]):
        scene.story.tell(f"“{au['title']}” would be opened with this launch URL:")
        scene.story.quote(url)
    with lesson("launcher.cli.stranger", (url,), scene.environment) as played:
        verbs = list(played.lines())
        scene.story.check(
            played.ended_well() and verdict(verbs) is not None,
            f"{tablet.name} recorded “{au['title']}” for {learner}: {told(verbs)}",
            played.why(),
        )


def your_turn(scene: Scene) -> None:
    """The person at the keyboard takes a lesson, in a browser."""
    story, course, tablet = scene.story, scene.courses[0], scene.tablets[0]
    au = course.aus[0]
    story.title(f"Your turn: take “{au['title']}”, on {tablet.name}")
    journal = _journal(scene)
    url = _launch(scene, tablet, course, au["index"], YOU)
    flags = ("--browser", "--json", "--journal", str(journal))
    with lesson("content_app", (url, *flags), scene.environment, seconds=None) as taken:
        lines = taken.lines()
        page = _page(next(lines, ""))
        story.check(page is not None, "the lesson opens a page", taken.why())
        story.tell("It opens in your browser now. If it does not, go there:")
        story.say(f"     {page}")
        with story.waiting("the story goes on when your lesson ends"):
            for _ in lines:
                pass
        kept = _acknowledged(journal)
        scene.yours = [one["id"] for one in kept]
        verbs = [one["verb"] for one in kept]
        story.check(
            taken.ended_well() and verdict(verbs) is not None,
            f"{tablet.name} recorded your lesson: {told(verbs)}",
            taken.why(),
        )


def _page(line: str) -> str | None:
    try:
        page: str | None = json.loads(line)["page"]
    except (ValueError, KeyError, TypeError):
        return None
    return page


def outboxes_fill(scene: Scene) -> None:
    """Nothing was lost."""
    scene.story.title("Nothing was lost: it waits on the tablets")
    for tablet in scene.tablets:
        depth = tablet.depth()
        scene.story.check(depth > 0, f"{tablet.name} keeps {counted(depth, 'statement')} for the school")


# --- with the internet again ----------------------------------------------------------------------------------------


def internet_returns(scene: Scene) -> None:
    """The school's server is started again, and the outboxes drain."""
    scene.story.title("The internet comes back: the school's server is started again")
    with scene.story.waiting("it starts"):
        scene.school.program.start()
    scene.story.check(scene.school.answers(), "the school answers again")
    drain(scene)


def drain(scene: Scene, seconds: float = DRAIN_SECONDS) -> None:
    """Every tablet sends what it has."""
    for tablet in scene.tablets:
        with scene.story.waiting(f"{tablet.name} sends") as so_far:
            whole = tablet.depth()
            tablet.api("POST", "/sync")  # as the network's return would wake it
            sent = wait_until(partial(_has_sent, tablet, whole, so_far), seconds)
        scene.story.check(sent, f"{tablet.name} has sent everything")


def _has_sent(tablet: Site, whole: int, so_far: Callable[[int, int], None]) -> bool:
    left = tablet.depth()
    so_far(whole - left, whole)
    return left == 0


def go_on_elsewhere(scene: Scene) -> None:
    """Who stopped halfway goes on, on the other tablet, and is not asked again what she has answered."""
    tablet = scene.tablets[LATER.tablet]
    scene.story.title(f"{LATER.learner} goes on where she stopped, on {tablet.name}")
    sit(scene, LATER)
    first, second = (tablet.statements() for tablet in scene.tablets)
    twice = promises.asked_again(first, second, scene.courses[0].registrations[LATER.learner])
    scene.story.check(not twice, f"{LATER.learner} was not asked again what she had answered", ", ".join(twice))
    drain(scene)


def learners_pages(scene: Scene) -> dict[str, str]:
    """The address of each learner's page, on the tablet that the learner was at last."""
    last = {one.learner: scene.tablets[one.tablet] for one in (*OFFLINE, LATER)}
    pages = {}
    for name, person in scene.people.items():
        tablet = last.get(name, scene.tablets[0])
        found = {one["id"]: one for one in tablet.api("GET", "/people")["people"]}[person]
        pages[name] = f"{tablet.url}{found['page']}"
    return pages


# --- what came of it ------------------------------------------------------------------------------------------------


def compare(scene: Scene) -> None:
    """The school has what the tablets have."""
    story = scene.story
    story.title("The school is compared with the tablets, statement by statement")
    with story.waiting("both are read"):
        at_school = scene.school.statements()
        made = [one for tablet in scene.tablets for one in tablet.statements()]
    for holds, promise, why in promises.comparison(made, at_school, scene.before):
        story.check(holds, promise, why)
    scene.statements = len(made)
    if scene.yours:
        _show_journey(story, scene.yours, made, at_school)


def _show_journey(
    story: Story, yours: Sequence[str], made: Iterable[Statement], at_school: Iterable[Statement]
) -> None:
    """How the person's own record travelled."""
    here, there = ({one["id"]: one for one in side} for side in (made, at_school))
    story.tell("Your own lesson, as it travelled (hours of UTC):")
    columns = (Column("what was said", cut=True), Column("kept on the tablet"), Column("came to the school"))
    story.list(columns, [(_what(here[name]), _when(here[name]), _when(there[name])) for name in yours])


def _what(statement: Statement) -> str:
    response = statement.get("result", {}).get("response")
    return verb_of(statement) if response is None else f"{verb_of(statement)} {response}"


def _when(statement: Statement) -> str:
    return str(statement["stored"])[11:19]


def show_progress(scene: Scene) -> None:
    """What the teacher sees."""
    story = scene.story
    story.title("The teacher looks at the school's page")
    with story.waiting("the page is made"):
        page = scene.school.get("/")
        shown = scene.school.api("GET", "/progress")["courses"]
    story.check(page.status_code == 200 and all(name in page.text for name in scene.people), "the learners are on it")
    for course in shown:
        story.say()
        story.tell(f"{course['title']}:")
        story.list(
            (Column("learner"), Column("lesson", cut=True), Column("state"), Column("score", right=True)),
            list(promises.progress_rows(course, scene.people)),
        )
    story.say()
    for holds, promise in promises.standing(shown):
        story.check(holds, promise)
