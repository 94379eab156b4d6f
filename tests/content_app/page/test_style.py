"""The page's colours can be told apart (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from content_app import page

STYLE = (Path(page.__file__).parent / "static" / "lesson.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", 7),
        ("ink", "card", 7),
        ("soft-ink", "card", 4.5),
        ("on-act", "act", 4.5),
        ("on-act", "act-deep", 4.5),
        ("right", "card", 4.5),
        ("right", "right-soft", 4.5),
        ("card", "right", 4.5),
        ("wrong", "wrong-soft", 4.5),
        ("wrong", "card", 3),
        ("act", "card", 3),
        ("ring", "card", 3),
        ("ring", "paper", 3),
    ],
)
def test_colours_can_be_told_apart(colours: dict[str, str], front: str, back: str, least: float) -> None:
    """Text, what has the focus, and what an edge means, on each of the grounds it stands on."""
    assert _contrast(colours[front], colours[back]) >= least
