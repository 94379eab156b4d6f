"""`offline-lrs demo`: the promise that anybody can see the whole thing work, at once, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from launcher.cli import chapters, dataset, demo, main
from launcher.cli.cast import LEARNERS, OFFLINE, YOU
from launcher.cli.chapters import Chapter, Scene
from launcher.cli.story import Broken
from lrs.errors import Unavailable
from lrs.store.sqlite import DATABASE
from tests.support.world import ONE_LESSON, World

pytestmark = pytest.mark.slow

SECONDS = 90
INTERRUPTED = "offline-lrs: interrupted; the demo's programs have ended, its folder is gone"


def test_the_demo_tells_its_story_and_stays_to_be_looked_at(world: World) -> None:
    """`demo --json` holds; the pages of the teacher and the learners are up until Ctrl-C, which is then a good end."""
    with begin(world) as shown:
        line = shown.stdout.readline() if shown.stdout else ""
        assert line, shown.communicate(timeout=SECONDS)[1]
        told = json.loads(line)
        login = (told["teacher"]["name"], told["teacher"]["password"])
        with httpx.Client(trust_env=False, timeout=30) as browser:
            answers = [browser.get(told["teacher"]["url"], auth=login), *map(browser.get, told["learners"].values())]
        os.killpg(shown.pid, signal.SIGINT)
        story = end(shown)
    assert (told["holds"], told["statements"] > 40, sorted(told["learners"])) == (True, True, sorted(LEARNERS))
    assert [one.status_code for one in answers] == [200] * 4
    assert "Carla was not asked again what she had answered" in story
    assert list(temporary(world).iterdir()) == []


def test_two_demos_tell_their_stories_at_once(world: World) -> None:
    """Neither disturbs the other, though they have tablets of the same names and lessons of the same learners; one of
    them has a package of somebody else in it too."""
    package = world.folder / "sums.zip"
    with ZipFile(package, "w") as made:
        made.writestr("cmi5.xml", ONE_LESSON.replace(b"offline-maths://lesson/addition?level=1", b"sums/index.html"))
        made.writestr("sums/index.html", "<!doctype html><title>Sums</title>")
    with ExitStack() as both:
        beside = [both.enter_context(begin(world, "--once", *more)) for more in ((), ("--course", str(package)))]
        plain, with_package = map(end, beside)
    assert [story.count("“Sums”") for story in (plain, with_package)] == [0, 2]
    assert list(temporary(world).iterdir()) == []


@pytest.mark.parametrize("chapter", [1, 2, 3, 5])
def test_ctrl_c_leaves_nothing(world: World, chapter: int) -> None:
    """At any moment: as a terminal does it, to every process at once. One line says so."""
    with begin(world, "--once") as interrupted:
        story = until(interrupted, f"{chapter}. ")
        os.killpg(interrupted.pid, signal.SIGINT)
        _, rest = interrupted.communicate(timeout=SECONDS)
        assert (interrupted.returncode, rest.splitlines()[-1], "Traceback" in rest) == (130, INTERRUPTED, False), story
        assert not is_left(interrupted)
    assert list(temporary(world).iterdir()) == []


def test_ctrl_c_while_it_is_loaded_is_one_line_too(world: World) -> None:
    """As soon as the process has opened a library that Python itself does not start with, or soon after."""
    with begin(world, "--once") as interrupted:
        while not {"_json", "_ssl"} & loaded_by(interrupted):
            assert interrupted.poll() is None
        interrupted.send_signal(signal.SIGINT)
        _, story = interrupted.communicate(timeout=SECONDS)
    assert (interrupted.returncode, "Traceback" in story) == (130, False)
    assert story.splitlines()[-1].startswith("offline-lrs: interrupted")
    assert list(temporary(world).iterdir()) == []


def test_a_statement_that_gets_lost_at_the_school_breaks_the_story(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comparison is a real one: a row that is taken out of the school's database is missed."""
    arguments = Namespace(once=True, json=True, data=None)
    sitting = partial(chapters.sit, sitting=OFFLINE[0])
    plot: list[Chapter] = [chapters.open_school, chapters.hand_out_tablets, chapters.enrol, chapters.internet_goes]
    plot += [sitting, chapters.internet_returns, _lose_one, chapters.compare]
    with pytest.raises(Broken, match=r"it is not so that all \d+ statements of the tablets are at the school"):
        demo.perform(arguments, plot)
    told = json.loads(capsys.readouterr().out)
    assert (told["holds"], "1 statement, the first is" in told["broken"]) == (False, True)


def _lose_one(scene: Scene) -> None:
    scene.school.program.stop()
    with closing(sqlite3.connect(scene.school.program.data / DATABASE)) as database, database:
        database.execute("DELETE FROM statement WHERE seq = (SELECT max(seq) - 2 FROM statement)")
    scene.school.program.start()


def test_a_busy_port_is_one_clear_line(world: World) -> None:
    """Somebody may take the school's port while it is away."""
    with ExitStack() as held:

        def take_the_port(scene: Scene) -> None:
            scene.school.program.stop()
            port = int(scene.school.url.rpartition(":")[2])
            held.enter_context(closing(socket.create_server(("127.0.0.1", port))))

        plot = [chapters.open_school, take_the_port, chapters.internet_returns]
        with pytest.raises(Unavailable, match=r"^the school did not start: cannot listen on 127\.0\.0\.1"):
            demo.perform(Namespace(once=True, json=False, data=None), plot)


@pytest.mark.parametrize(("blocks", "why"), [(0, "the demo cannot go on: "), (8, "the school did not start: ")])
def test_a_disk_without_room_is_one_clear_line(world: World, blocks: int, why: str) -> None:
    """Whether nothing can be written, or not enough."""
    command = f"ulimit -f {blocks}; exec '{sys.executable}' -m launcher demo --once"
    done = subprocess.run(
        ["sh", "-c", command],
        env={**world.environment, "TMPDIR": str(temporary(world)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=world.folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert done.stderr.startswith(f"offline-lrs: {why}")
    assert list(temporary(world).iterdir()) == []


def test_a_story_that_is_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """`--data` has the databases afterwards; a folder with something in it is refused, and so is an impossible one."""
    folder = world.folder / "kept"
    arguments = Namespace(once=True, json=False, data=folder)
    assert demo.perform(arguments, [chapters.open_school]) == 0
    assert (folder / "school" / DATABASE).exists()
    for place, why in ((folder, "is not empty"), (Path("/proc/nowhere"), "No such file or directory")):
        assert main(["demo", "--once", "--data", str(place)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert (line.startswith("offline-lrs: the "), why in line, str(place) in line) == (True, True, True)


def test_a_school_to_look_at(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """`--data-set school`: sixty learners, whose work is told apart in words."""
    seen: dict[str, int] = {}

    def look(scene: Scene) -> None:
        (course,) = scene.school.api("GET", "/progress")["courses"]
        seen.update(Counter(unit["state"] for line in course["learners"] for unit in line["aus"]))
        seen["learners"] = len(course["learners"])

    plot = [chapters.open_school, chapters.enrol, dataset.whole_school, look]
    assert demo.perform(Namespace(once=True, json=False, data=None), plot) == 0
    assert seen.pop("learners") == 60 + len(LEARNERS)
    states = ("not started", "in progress", "passed", "passed and completed", "failed", "completed, not passed")
    assert {state for state in states if not seen.get(state)} == set()


BROWSER = """
import sys, httpx
page = sys.argv[1]
with httpx.Client(base_url=page, headers={"Origin": page.rsplit("/", 2)[0]}, trust_env=False) as browser:
    browser.post("answer", data={"question": "0", "response": "0"})
    browser.post("stop")
    while browser.get("back").is_redirect:  # until all is said, it leads to the page
        browser.get("")
"""


def test_the_person_takes_a_lesson(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--browser`: in the browser of their choice; the story goes on when it ends, and shows how it travelled."""
    browser = world.folder / "browser.py"
    browser.write_text(BROWSER)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    plot: list[Chapter] = [chapters.open_school, chapters.hand_out_tablets, partial(chapters.enrol, others=[YOU])]
    plot += [chapters.internet_goes, chapters.your_turn, chapters.internet_returns, chapters.compare]
    assert demo.perform(Namespace(once=True, json=False, data=None), plot) == 0
    story = capsys.readouterr().out
    assert "✓ tablet 1 recorded your lesson: initialized, answered, terminated" in story
    said = [line.split()[0] for line in story.partition("Your own lesson, as it travelled")[2].splitlines()[3:6]]
    assert said == ["initialized", "answered", "terminated"]


def test_a_course_that_cannot_be_read_is_one_clear_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started."""
    missing = world.folder / "nothing.zip"
    assert main(["demo", "--once", "--course", str(missing)]) == 1
    line = f"offline-lrs: the course {missing} cannot be read: No such file or directory\n"
    assert capsys.readouterr().err == line


# --- the command, as a process --------------------------------------------------------------------------------------


def temporary(world: World) -> Path:
    """Where the demo puts what it needs for a while."""
    folder = world.folder / "tmp"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def begin(world: World, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """The command, leading a group of processes of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "launcher", "demo", "--json", *flags],
        env={**world.environment, "TMPDIR": str(temporary(world))},
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if is_left(process):
                os.killpg(process.pid, signal.SIGKILL)


def end(process: subprocess.Popen[str]) -> str:
    """What it told, once it ended well and left no process."""
    _, story = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, story
    assert not is_left(process)
    assert story.splitlines()[-1].startswith("the story holds: ")
    return story


def until(process: subprocess.Popen[str], beginning: str) -> str:
    """What has been told when a line begins like this."""
    told = ""
    for line in process.stderr or ():
        told += line
        if line.startswith(beginning):
            return told
    raise AssertionError(f"it ended before {beginning!r}: {told}")


def loaded_by(process: subprocess.Popen[str]) -> set[str]:
    """The names, up to their first dot, of the files that the process has in memory."""
    try:
        lines = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    except OSError:
        return set()
    return {line.rpartition("/")[2].partition(".")[0] for line in lines}


def is_left(process: subprocess.Popen[str]) -> bool:
    """Whether anything of the process's group still runs."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
