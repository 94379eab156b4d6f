"""What the pages say is in one place, whole, and nothing in it is left over."""

from __future__ import annotations

import re

import pytest

from launcher.web import learner, rendering, texts

ASKED = re.compile(r'say\(((?:[^()"]|"[^"]*"|\([^()]*\))*)')
TEMPLATES = {path.name: path.read_text("utf-8") for path in rendering.TEMPLATES.glob("*.html")}


def _keys() -> tuple[set[str], set[str]]:
    """The keys that templates and filters ask for, and the beginnings of those that are put together."""
    literals = {
        text for page in TEMPLATES.values() for call in ASKED.findall(page) for text in re.findall(r'"([^"]*)"', call)
    }
    whole = literals & set(texts.EN) | {"time.seconds", "time.minutes", "time.hours"}
    return whole, {text for text in literals if text.endswith(".")}


def test_every_text_is_asked_for() -> None:
    """A text that no page shows would be translated for nothing."""
    whole, beginnings = _keys()
    assert [key for key in texts.EN if key not in whole and not key.startswith(tuple(beginnings))] == []


def test_every_key_that_is_asked_for_is_there() -> None:
    """A template's first words after `say(` name a text, or begin one."""
    asked = {key for page in TEMPLATES.values() for key in re.findall(r'say\("([^"]+)"', page)}
    assert {key for key in asked if key not in texts.EN and not any(one.startswith(key) for one in texts.EN)} == set()


def test_templates_have_no_sentences_of_their_own() -> None:
    """Between the tags there is nothing to read but commands and names."""
    own = {
        (name, word)
        for name, page in TEMPLATES.items()
        for text in re.sub(r"\{[{%#].*?[%#}]\}|<code>.*?</code>|<style.*?</style>", "", page, flags=re.DOTALL).split(
            ">"
        )
        for word in re.findall(r"[A-Za-z]{3,}", text.partition("<")[0])
    }
    assert {word for _, word in own} <= {"Offline", "LRS", "openapi", "json", "doctype", "html"}


@pytest.mark.parametrize("state", ["start", "go-on", "again", "done"])
def test_every_step_of_a_learner_has_its_words(state: str) -> None:
    """A word for where one stands, and one for the button."""
    assert "" not in (texts.text(f"learn.step.{state}"), texts.text(f"learn.button.{state}"))


def test_what_is_named_is_escaped() -> None:
    """A name that is put into a sentence stays text."""
    said = str(rendering.say("learn.hello", name="<b>&"))
    assert said == "Hello, &lt;b&gt;&amp;!"


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 learners"), (1, "1 learner"), (2, "2 learners"), (1000, "1\u202f000 learners")]
)
def test_what_counts_has_a_form_for_one(n: int, said: str) -> None:
    """And thousands are set apart."""
    assert str(rendering.say("progress.learners", n)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_061, "25 h 1 min")],
)
def test_how_long_something_took(seconds: float, said: str) -> None:
    """In the two units that say most."""
    assert rendering.lasting(seconds) == said


def test_steps_are_all_that_a_page_can_show() -> None:
    """Every state that a lesson can be in leads to one of them."""
    from launcher.progress.grid import Shown

    assert [
        learner.step(Shown(state)) for state in ("not started", "in progress", "failed", "completed, not passed")
    ] == [
        "start",
        "go-on",
        "again",
        "again",
    ]
    assert learner.step(Shown("passed", done=True)) == "done"
