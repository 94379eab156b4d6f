"""The course as values: document order, parents, the canonical text."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from launcher.cmi5 import course
from tests.launcher.cmi5 import worlds

NESTED = worlds.course(
    worlds.au(0), worlds.block("a", worlds.au(1), worlds.block("b", worlds.au(2))), worlds.block("c", worlds.au(3))
)


def test_aus_come_in_document_order() -> None:
    """AUs are listed as in the document, whatever block they are in."""
    assert [au.index for au in NESTED.aus] == [0, 1, 2, 3]


def test_blocks_come_in_document_order() -> None:
    """An outer block is listed before those within it."""
    assert [block.id.rpartition("/")[2] for block in NESTED.blocks] == ["a", "b", "c"]


@pytest.mark.parametrize(("index", "names"), [(0, []), (1, ["a"]), (2, ["b", "a"]), (3, ["c"])])
def test_parents_are_innermost_first(index: int, names: list[str]) -> None:
    """The blocks around an AU are named from the inside out."""
    assert names == [block.id.rpartition("/")[2] for block in NESTED.parents(index)]


def test_parents_of_an_unknown_au() -> None:
    """An index that the course does not have is an IndexError."""
    with pytest.raises(IndexError):
        NESTED.parents(4)


@given(
    st.lists(
        st.tuples(
            st.text(max_size=5),
            st.none() | st.decimals(0, 1, places=4),
            st.none() | st.text(max_size=5),
            st.lists(st.tuples(st.text(max_size=3), st.text(max_size=5)), max_size=2),
        ),
        max_size=4,
    )
)
def test_json_round_trip(parts: list[tuple[str, Decimal | None, str | None, list[tuple[str, str]]]]) -> None:
    """What is written as JSON reads back as the same course."""
    aus = [
        replace(worlds.au(index), id=name, mastery_score=score, launch_parameters=parameters, title=tuple(title))
        for index, (name, score, parameters, title) in enumerate(parts)
    ]
    structure = worlds.course(*aus[:1], worlds.block("a", *aus[1:]))
    assert structure == course.from_json(course.to_json(structure))


def test_canonical_text() -> None:
    """The canonical JSON is sorted, without spaces, in UTF-8; it can never change, since ids follow from it."""
    structure = worlds.course(replace(worlds.au(0), mastery_score=Decimal("0.60"), title=(("es", "ñ"),)))
    expected = (
        '{"children":[{"au":"https://pub.example/au/0","description":[],"index":0,"launchMethod":"AnyWindow",'
        '"masteryScore":"0.60","moveOn":"Passed","objectives":[],"title":[["es","ñ"]],'
        '"url":"https://pub.example/start"}],"description":[],"id":"https://pub.example/course","objectives":[],'
        '"title":[["en","Course"],["es","Curso"]]}'
    )
    assert expected == course.to_json(structure).decode()


def test_version_names_the_structure() -> None:
    """The same course has the same version everywhere, and a changed one another."""
    assert course.version(NESTED) == "6de95bfc5fa5cc477509314824be1758"


def test_version_follows_a_change() -> None:
    """A changed title is another version."""
    assert course.version(NESTED) != course.version(dataclasses.replace(NESTED, title=(("en", "Other"),)))
