"""What the reference promises: nothing is left out of it. That what is shown works is in `test_quickstarts`."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.routing import APIRoute

from launcher import cli
from launcher.web import learner, pages, site
from lrs.http.router import RESOURCES
from lrs.settings import Settings
from tests.support.checkout import ROOT, tracked

REFERENCE = ROOT / "docs" / "reference"


def test_every_setting_has_its_entry() -> None:
    """`settings.md` names each setting and, where there is one, its default."""
    text = (REFERENCE / "settings.md").read_text("utf-8")
    for field in dataclasses.fields(Settings):
        if field.name == "data":
            continue
        default = "none" if field.default is None else f"`{str(field.default).lower()}`"
        rows = [line for line in text.splitlines() if line.startswith("|") and f"`{field.name}`" in line.split("|")[1]]
        assert len(rows) == 1, field.name
        assert default in rows[0], field.name


def test_every_command_has_its_entry() -> None:
    """`commands.md` names each command beside its group, and every flag."""
    text = (REFERENCE / "commands.md").read_text("utf-8")
    for words, flags in _commands(cli.parser()):
        lines = "\n".join(line for line in text.splitlines() if f"offline-lrs {words[0]}" in line)
        assert lines, words
        assert all(re.search(rf"\b{word}\b", lines) for word in words), words
        assert [flag for flag in flags if flag not in text] == [], words


def _commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The words of each command, groups among them, with its long flags."""
    if words:
        yield words, [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from _commands(below, (*words, name))


def test_every_address_has_its_entry() -> None:
    """`http.md` names each address of the API, the pages and xAPI, with its methods."""
    text = (REFERENCE / "http.md").read_text("utf-8")
    routes = [(f"/api{path}", methods) for router in site.API for path, methods in _routes(router)]
    routes += [route for router in (pages.router, learner.router) for route in _routes(router)]
    routes += [(f"/xapi{path}", set(methods)) for path, methods in RESOURCES.items()]
    for path, methods in routes:
        rows = [line for line in text.splitlines() if f"`{path}`" in line]
        assert rows, path
        assert all(method in rows[0] for method in methods), (path, methods)
    assert "`/content/" in text


def _routes(router: APIRouter) -> Iterator[tuple[str, set[str]]]:
    """Paths with their methods; how much a parameter takes is not told."""
    for route in router.routes:
        assert isinstance(route, APIRoute)
        yield re.sub(r":\w+\}", "}", route.path), route.methods or set()


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    """Relative links in every page of the repository name files that are there."""
    for page in (ROOT / path for path in tracked() if path.suffix == ".md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page, target)
