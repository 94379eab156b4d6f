"""Packages that promise to import nothing but a short list, import by import.

import-linter (pyproject.toml) keeps the layers and follows imports through other modules; it cannot say "the standard
library and these". This can. An import in a function or under `TYPE_CHECKING` counts like any other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PROMISES: dict[str, set[str]] = {
    "lrs/xapi": {"lrs.xapi", "lrs.errors", "msgspec", "jiter", "dateutil"},
    "lrs/local": {"lrs.local", "lrs.errors", "lrs.clock"},
    "lrs/client": {"lrs.client", "lrs.local", "lrs.xapi", "lrs.errors", "h11", "httptools"},
    "launcher/cmi5": {"launcher.cmi5", "lrs.xapi", "lrs.errors", "msgspec"},
    "launcher/cmi5/course_xml.py": {"launcher.cmi5", "lrs.xapi", "lrs.errors", "lxml", "msgspec"},
    "content_app": {"content_app", "lrs.client"},
    "content_app/page/render.py": {"content_app", "jinja2"},
    "content_app/page/server.py": {"content_app", "uvicorn"},
    "content_app/page/web.py": {"content_app", "starlette"},
    "docs/examples/lesson.py": {"lrs.client"},
    "docs/examples/lms.py": set(),
}


def imports(source: Path) -> Iterator[str]:
    """Every module that a file imports, under its full name; `from a import b` counts as `a.b`."""
    package = source.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def files(promiser: str) -> list[Path]:
    """The files a promise speaks for: a narrower promise about one of them comes first."""
    place = ROOT / promiser
    if place.is_file():
        return [place]
    return [path for path in sorted(place.rglob("*.py")) if str(path.relative_to(ROOT)) not in PROMISES]


def is_within(module: str, allowed: set[str]) -> bool:
    """Whether a module is of the standard library, or is one of these or inside one."""
    return module.split(".")[0] in sys.stdlib_module_names or any(
        module == name or module.startswith(f"{name}.") for name in allowed
    )


@pytest.mark.parametrize("promiser", PROMISES)
def test_package_imports_what_it_promised_and_no_more(promiser: str) -> None:
    """A promise about imports holds in every file, and there is a file to hold it in."""
    sources = files(promiser)
    strangers = [
        (str(source.relative_to(ROOT)), module)
        for source in sources
        for module in imports(source)
        if not is_within(module, PROMISES[promiser])
    ]
    assert (bool(sources), strangers) == (True, [])
