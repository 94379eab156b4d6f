"""Responses in words, for each kind of interaction; what does not have its form is shown as it came."""

from __future__ import annotations

from typing import Any

import pytest

from launcher.progress import answers


def _items(**texts: str) -> list[dict[str, Any]]:
    return [{"id": name, "description": {"en": text}} for name, text in texts.items()]


CHOICE = {"interactionType": "choice", "choices": _items(a="Two", b="Four")}
MATCHING = {"interactionType": "matching", "source": _items(h="Half"), "target": _items(q="2/4")}
STEPS = {"interactionType": "performance", "steps": _items(s="Score", t="Time")}


@pytest.mark.parametrize(
    ("definition", "response", "words"),
    [
        ({"interactionType": "true-false"}, "true", "true"),
        (CHOICE, "a[,]b", "Two, Four"),
        ({**CHOICE, "interactionType": "sequencing"}, "b[,]a", "Four, Two"),
        ({"interactionType": "likert", "scale": _items(l0="Never")}, "l0", "Never"),
        (MATCHING, "h[.]q", "Half → 2/4"),
        (STEPS, "s[.]3[,]t[.]5[:]9", "Score → 3, Time → 5 – 9"),
        ({"interactionType": "numeric"}, "12", "12"),
        ({"interactionType": "numeric"}, "4[:]6", "4 – 6"),
        ({"interactionType": "numeric"}, "4[:]", "≥ 4"),
        ({"interactionType": "numeric"}, "[:]6", "≤ 6"),
        ({"interactionType": "numeric"}, "6[:]6", "6"),
        ({"interactionType": "fill-in"}, "{case_matters=false}{lang=en}a[,]b", "a, b"),
        ({"interactionType": "long-fill-in"}, "as {it} is", "as {it} is"),
        ({"interactionType": "other"}, "anything", "anything"),
        ({}, "anything", "anything"),
        # not of the form that its kind has
        (CHOICE, "c", "c"),
        (CHOICE, "", ""),
        ({"interactionType": "choice", "choices": "none"}, "a", "a"),
        (MATCHING, "h", "Half"),
    ],
)
def test_a_response_in_words(definition: dict[str, Any], response: str, words: str) -> None:
    """The texts of choices for their ids, pairs with an arrow, ranges with a dash."""
    assert answers.in_words(definition, response, ("en",)) == words


@pytest.mark.parametrize(("patterns", "right"), [(["a", "b[,]a"], ("Two", "Four, Two")), (None, ()), ("a", ())])
def test_right_answers(patterns: Any, right: tuple[str, ...]) -> None:
    """Each pattern is one; a lesson may leave them out."""
    assert answers.right_answers({**CHOICE, "correctResponsesPattern": patterns}, ("en",)) == right


@pytest.mark.parametrize(
    ("texts", "shown"),
    [({"es": "Uno", "en-GB": "One"}, "One"), ({"es": "Uno"}, "Uno"), ({}, ""), (None, ""), ("text", "")],
)
def test_a_text_in_a_language_that_there_is(texts: Any, shown: str) -> None:
    """The first that is wanted, else the first that is there."""
    assert answers.text(texts, ("en",)) == shown
