"""`offline-lrs demo`: one lesson's record, from a lesson app on a tablet to the teacher's page at the school.

Played with real processes: the school's server, two tablets, and the maths app for each lesson. The school's server is
really away while the children work. At the end the server is compared with the tablets, statement by statement.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from launcher.cli import INTERRUPTED, chapters, dataset
from launcher.cli.cast import YOU
from launcher.cli.chapters import SCHOOL, Chapter, Scene
from launcher.cli.programs import Program, environment, heard, inside, stop_all, uninterrupted
from launcher.cli.stage import ZIP, Site, course_file
from launcher.cli.story import Broken, Story, voice
from lrs.clock import SystemClock
from lrs.errors import ConfigurationError


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    command = commands.add_parser(name, help="play the whole story on this machine", description=__doc__)
    command.add_argument(
        "--once", action="store_true", help="end after the story; otherwise the pages stay up until Ctrl-C"
    )
    command.add_argument("--browser", action="store_true", help="take a lesson yourself, in your browser")
    command.add_argument("--course", type=Path, metavar="FILE", help="a course or package of yours, to be in it too")
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="keep what the school and the tablets record in this new folder"
    )
    command.add_argument(
        "--data-set", choices=("school",), help="a school of sixty learners beside the story, to look at"
    )
    command.add_argument("--json", action="store_true", help="sum up as one line of JSON on standard output")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Play it."""
    return perform(arguments, plot(arguments))


def perform(arguments: argparse.Namespace, plot: Sequence[Chapter]) -> int:
    """Play these chapters. Raises `Broken` where something did not hold; 130 where it was asked to end too early."""
    story = voice(sys.stderr if arguments.json else sys.stdout)
    try:
        with ExitStack() as cleanup:
            in_peace = cleanup.enter_context(_asked_to_end())
            scene = _scene(arguments, story, cleanup)
            cleanup.callback(in_peace)
            story.say("A school, two tablets and no internet: where does the children's work go?")
            for chapter in plot:
                chapter(scene)
            summary = {"holds": True, "statements": scene.statements}
            if not arguments.once:
                _stay(scene, arguments, summary)
            elif arguments.json:
                print(json.dumps(summary), flush=True)
        if arguments.data is not None:
            story.say(f"\nWhat was recorded stays: offline-lrs serve --data {arguments.data / 'school'}")
        story.say(f"\nthe story holds: {scene.statements} statements made on two tablets, each at the school once.")
    except Broken as broken:
        if arguments.json:
            print(json.dumps({"holds": False, "broken": broken.detail}))
        raise
    except BrokenPipeError:  # whoever read the story has read enough
        raise
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        raise ConfigurationError(f"the demo cannot go on: {error.strerror}{place}") from error
    except KeyboardInterrupt:
        left = "its folder is gone" if arguments.data is None else f"what was recorded stays in {arguments.data}"
        print(f"offline-lrs: interrupted; the demo's programs have ended, {left}", file=sys.stderr)
        return INTERRUPTED
    return 0


def plot(arguments: argparse.Namespace) -> list[Chapter]:
    """The chapters, in order."""
    package = None if arguments.course is None else course_file(arguments.course)
    return [
        chapters.open_school,
        partial(chapters.hand_out_tablets, web=package is not None and package[1] == ZIP),
        partial(chapters.enrol, others=(YOU,) if arguments.browser else ()),
        *([partial(chapters.enrol_in_package, body=package[0], content_type=package[1])] if package else []),
        *([dataset.whole_school] if arguments.data_set else []),
        chapters.internet_goes,
        chapters.work,
        *([chapters.play_package] if package else []),
        *([chapters.your_turn] if arguments.browser else []),
        chapters.outboxes_fill,
        chapters.internet_returns,
        chapters.go_on_elsewhere,
        chapters.compare,
        chapters.show_progress,
    ]


# --- the world that it is played in ---------------------------------------------------------------------------------


def _scene(arguments: argparse.Namespace, story: Story, cleanup: ExitStack) -> Scene:
    """Folders, an environment, and a school that has not started; all of it ends with `cleanup`."""
    with uninterrupted():
        folder = Path(tempfile.mkdtemp(prefix="offline-lrs-demo-"))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    kept = folder if arguments.data is None else _new_folder(arguments.data)
    variables = environment(folder)  # sockets stay here in any case: their paths must be short
    school = Site(Program("the school", kept / "school", ("--school", SCHOOL, "--port", "0"), variables))
    scene = Scene(story, kept, variables, SystemClock().uuid4().hex[:8], school)
    cleanup.enter_context(inside(variables))
    cleanup.callback(lambda: stop_all(scene.programs))
    return scene


def _new_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise ConfigurationError(f"the folder {path} is not empty, and the demo mixes with nothing: name a new one")
    return path


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], None]]:
    """Ctrl-C, SIGTERM and SIGHUP are one wish, raised once as KeyboardInterrupt: cleaning up after it is left in peace.

    What is given has that peace begin without a wish.
    """
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt

    def in_peace() -> None:
        nonlocal asked
        asked = True

    before = {number: signal.signal(number, ask) for number in heard()}
    try:
        yield in_peace
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stay(scene: Scene, arguments: argparse.Namespace, summary: dict[str, Any]) -> None:
    """Leave the pages up until the person has seen enough."""
    story, (name, password) = scene.story, scene.school.login
    teacher = {"url": f"{scene.school.url}/", "name": name, "password": password}
    learners = chapters.learners_pages(scene)
    if arguments.json:
        print(json.dumps({**summary, "teacher": teacher, "learners": learners}), flush=True)
    story.title("Look for yourself")
    story.tell(f"The teacher's page (name {name}, password {password}):")
    story.say(f"     {teacher['url']}")
    for learner, page in learners.items():
        story.tell(f"{learner}'s page, on a tablet:")
        story.say(f"     {page}")
    story.tell("They stay up until you press Ctrl-C.")
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return
