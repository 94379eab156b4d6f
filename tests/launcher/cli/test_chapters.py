"""Each promise of the demonstration's story can be broken, and then the story ends with the sentence that is not true.

The places here answer what they are told to; the whole story with real ones is played in tests/journeys.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.cli import chapters
from launcher.cli.cast import BLOCK, LATER, LEARNERS, OFFLINE, YOU
from launcher.cli.chapters import Course, Scene
from launcher.cli.story import Broken, Story
from launcher.cmi5 import course_xml
from launcher.learning.courses import title
from lrs.errors import ConfigurationError
from tests.support.sites import Told

MATHS: dict[str, Any] = {
    "id": "c",
    "title": "Maths",
    "aus": [{"index": 0, "id": "https://x.example/addition", "title": "Addition"}],
}


def _scene(folder: Path, school: Told | None = None, *tablets: Told) -> Scene:
    """A story that is told to nobody, in these places."""
    scene = Scene(Story(io.StringIO()), folder, {}, "mark", school or Told())
    scene.tablets.extend(tablets)
    return scene


def _broken(chapter: Callable[[Scene], None], scene: Scene) -> str:
    with pytest.raises(Broken) as ended:
        chapter(scene)
    return ended.value.detail.removeprefix("the story does not hold: it is not so that ")


def test_a_school_that_is_not_there(tmp_path: Path) -> None:
    """It has to answer where it said that it would."""
    assert _broken(chapters.open_school, _scene(tmp_path, Told(up=[False]))) == "it answers at http://127.0.0.1:9"


def test_a_tablet_whose_records_are_open(tmp_path: Path) -> None:
    """Its TCP port is for pages."""
    scene = _scene(tmp_path, Told(), Told(page=httpx.Response(200)))
    assert "the network has pages only" in _broken(chapters.check_that_network_has_pages_only, scene)


def test_a_course_with_other_ids_elsewhere(tmp_path: Path) -> None:
    """Then what the tablets record would be of another course."""
    scene = _scene(tmp_path, Told(says={"course": MATHS}), Told(says={"course": {**MATHS, "id": "other"}}))
    assert _broken(chapters.enrol, scene) == "“Maths” has the same ids at the school and on the tablets"


def test_the_course_that_is_in_the_story_anyway(tmp_path: Path) -> None:
    """Twice, it would be one course with two enrolments for each learner."""
    scene = _scene(tmp_path, Told(says={"course": MATHS}))
    scene.courses = [Course(**MATHS)]
    with pytest.raises(ConfigurationError, match="which is in the story anyway"):
        chapters.enrol_in_package(scene, b"<courseStructure/>", "application/xml")


def test_a_school_that_does_not_go_away(tmp_path: Path) -> None:
    """Without that, nothing was offline."""
    assert (
        _broken(chapters.internet_goes, _scene(tmp_path, Told(up=[True]))) == "nobody answers at the school's address"
    )


def test_a_school_that_does_not_come_back(tmp_path: Path) -> None:
    """And with that, nothing arrives."""
    assert _broken(chapters.internet_returns, _scene(tmp_path, Told(up=[False]))) == "the school answers again"


def test_an_outbox_that_is_empty_too_early(tmp_path: Path) -> None:
    """What was said offline has to wait."""
    scene = _scene(tmp_path, Told(), Told("tablet 1", depths=[0]))
    assert _broken(chapters.outboxes_fill, scene) == "tablet 1 keeps 0 statements for the school"


def test_an_outbox_that_does_not_drain(tmp_path: Path) -> None:
    """Within the time there is."""
    scene = _scene(tmp_path, Told(), Told("tablet 1", depths=[3, 2, 1, 1, 1]))
    assert _broken(lambda it: chapters.drain(it, 0.0), scene) == "tablet 1 has sent everything"


def test_a_page_that_lacks_a_learner(tmp_path: Path) -> None:
    """Everybody is on the teacher's page."""
    page = httpx.Response(200, text="Amina, Benito")
    scene = _scene(tmp_path, Told(page=page, says={"GET /progress": {"courses": []}}))
    scene.people = dict.fromkeys(LEARNERS, "id")
    assert _broken(chapters.show_progress, scene) == "the learners are on it"


def test_a_lesson_that_ends_badly(tmp_path: Path) -> None:
    """Its complaint is in the sentence."""
    scene = _enrolled(tmp_path, "not a launch URL")
    sentence = _broken(lambda it: chapters.sit(it, OFFLINE[0]), scene)
    assert sentence.startswith("tablet 1 recorded that Amina passed, in 0 statements (content_app: this launch URL")


def test_a_lesson_without_a_page(tmp_path: Path) -> None:
    """It ended before the person could take it."""
    scene = _enrolled(tmp_path, "not a launch URL")
    assert _broken(chapters.your_turn, scene).startswith("the lesson opens a page (content_app: this launch URL")


def test_a_scripted_session_that_is_refused(tmp_path: Path) -> None:
    """The stranger says what it lacked."""
    scene = _enrolled(tmp_path, "https://x.example/lesson?endpoint=https%3A%2F%2Fx.example")
    assert "(the session cannot be played: this is no launch URL: it lacks fetch" in _broken(
        chapters.play_package, scene
    )


def _enrolled(folder: Path, url: str) -> Scene:
    """Everybody is enrolled, and every launch answers this URL."""
    places = [Told(f"tablet {number}", says={"POST /launches": {"url": url}}) for number in (1, 2)]
    scene = _scene(folder, Told(), *places)
    scene.environment = {"PYTHONPATH": ":".join(sys.path)}
    scene.people = dict.fromkeys((*LEARNERS, YOU), "p")
    scene.courses = [Course("c", "Maths", MATHS["aus"], dict.fromkeys((*LEARNERS, YOU), "r"))]
    return scene


def test_the_cast_fits_the_course() -> None:
    """Amina's lessons are exactly those of the block that the story names, and everybody's are in the course."""
    structure = course_xml.parse(chapters.maths()).structure
    names = {au.id.rpartition("/")[2]: au.index for au in structure.aus}
    (block,) = [one for one in structure.blocks if title(one.title) == BLOCK]
    inside = {au.index for au in structure.aus if block in structure.parents(au.index)}
    assert inside == {names[one.au] for one in OFFLINE if one.learner == "Amina"}
    assert {one.au for one in (*OFFLINE, LATER)} <= names.keys()


def test_a_page_is_named_in_a_line_of_json() -> None:
    """Anything else is none."""
    lines = [json.dumps({"page": "http://127.0.0.1:1/x"}), "page", "[]", "{}", ""]
    assert [chapters._page(line) for line in lines] == ["http://127.0.0.1:1/x", None, None, None, None]
