"""From what is to be shown to HTML. Everything is escaped; the exercise is there twice, in signs and in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from content_app.page.desk import View
from content_app.page.guard import is_safe_return
from content_app.spoken import spoken
from content_app.words import LANGUAGES

_NAMES = {"en": "English", "es": "Español"}


def page(view: View) -> str:
    """The page, whole."""
    template = _environment().get_template(f"{view.kind}.html")
    return template.render(
        view=view,
        say=view.words,
        steps=_steps(view),
        number=len(view.answers) + (view.kind != "marked"),
        languages={language: _NAMES[language] for language in LANGUAGES},
        returns=is_safe_return(view.report.return_url or ""),
        speak=lambda text: spoken(text, view.words.language),
    )


def farewell(view: View) -> str:
    """After the end, where the LMS named no place to go back to."""
    return (
        _environment()
        .get_template("farewell.html")
        .render(view=view, say=view.words, steps=(), languages={}, number=0, returns=False, speak=str)
    )


def _steps(view: View) -> list[str]:
    """A word for each exercise, which is its class too."""
    given = ["right" if one.right else "wrong" for one in view.answers]
    now = ["now"] if view.kind == "question" else []
    return [*given, *now, *["open"] * view.count][: view.count]


@cache
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
