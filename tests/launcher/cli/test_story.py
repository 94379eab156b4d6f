"""The voice of the demonstration. The whole story is played in tests/journeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.cli import demo
from launcher.cli.story import Broken, Story
from launcher.cmi5 import course_xml
from launcher.learning.courses import title


def _story(*, aloud: bool) -> Story:
    return Story(Path("/nowhere"), {}, aloud, "mark")


def test_a_promise_that_holds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Chapters are numbered; each promise is one line."""
    story = _story(aloud=True)
    story.title("The beginning.")
    story.check(True, "all is well")
    assert capsys.readouterr().out == "\n1. The beginning.\n   ✓ all is well\n"


def test_a_promise_that_does_not_hold_ends_the_story() -> None:
    """With the sentence that was not true."""
    with pytest.raises(Broken, match="the story does not hold: all is well"):
        _story(aloud=True).check(False, "all is well")


def test_with_json_the_story_is_told_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output has the summing-up and nothing else."""
    _story(aloud=False).tell("something")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "   something\n")


def test_amina_does_the_whole_block() -> None:
    """The cast fits the course: her lessons are exactly those of the block that the story names."""
    structure = course_xml.parse(demo._course_source()).structure
    (block,) = [one for one in structure.blocks if title(one.title) == demo.BLOCK]
    inside = [au.index for au in structure.aus if block in structure.parents(au.index)]
    assert inside == [lesson.au for lesson in demo.AMINA.lessons]
