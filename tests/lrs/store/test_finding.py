"""Finding in the log, against a reference that knows nothing of indexes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.auth import credentials
from lrs.store import log
from lrs.store.log import Filter, Window
from lrs.store.promises import Reader
from lrs.xapi import agents
from tests.lrs.store.reference import Question, Row, answer
from tests.lrs.store.statements import NAME, VOIDED, about, adding, number
from tests.support.clocks import FixedClock
from tests.support.stores import Kept, kept

IDS = 6
BEN = {"mbox": "mailto:ben@example.org"}
ANN = {"account": {"homePage": "https://school.example", "name": "ann"}}
CLASS = {"objectType": "Group", "mbox": "mailto:class@example.org", "member": [BEN]}
PAIR = {"objectType": "Group", "member": [BEN, ANN]}
VERBS = ["http://example.com/verbs/passed", "http://example.com/verbs/confirmed"]
ACTIVITIES = ["http://example.com/activities/x", "http://example.com/activities/y"]
REGISTRATIONS = [str(UUID(int=n, version=4)) for n in (101, 102)]

actors = st.sampled_from([BEN, ANN, CLASS, PAIR])
activities = st.sampled_from(ACTIVITIES).map(lambda iri: {"id": iri})
verbs = st.sampled_from(VERBS).map(lambda iri: {"id": iri})
contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.sampled_from(REGISTRATIONS),
        "instructor": actors,
        "team": st.sampled_from([CLASS, PAIR]),
        "contextActivities": st.dictionaries(st.sampled_from(["parent", "grouping"]), st.lists(activities, min_size=1)),
        "contextAgents": st.lists(
            st.sampled_from([BEN, ANN]).map(lambda one: {"objectType": "contextAgent", "agent": one}), min_size=1
        ),
        "contextGroups": st.just([{"objectType": "contextGroup", "group": PAIR}]),
    },
)
plain = {"actor": actors, "verb": verbs}
substatements = st.fixed_dictionaries(
    {**plain, "objectType": st.just("SubStatement"), "object": activities}, optional={"context": contexts}
)
references = st.integers(1, IDS).map(about)
people = st.sampled_from([{"objectType": "Agent", **BEN}, CLASS])
targets = activities | references | references | substatements | people
ordinary = st.fixed_dictionaries({**plain, "object": targets}, optional={"context": contexts})
voidings = references.map(lambda target: {"actor": ANN, "verb": {"id": VOIDED}, "object": target})


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[int, list[dict[str, Any]]]]:
    """Statements with ids of their own in any order, in batches of two senders."""
    order = draw(st.permutations(range(1, IDS + 1)))
    made = [{"id": str(number(n)), "version": "2.0.0", **draw(ordinary | ordinary | voidings)} for n in order]
    cuts = sorted(draw(st.sets(st.integers(1, IDS - 1), max_size=3)))
    parts = [made[start:end] for start, end in zip([0, *cuts], [*cuts, IDS], strict=True)]
    return [(draw(st.integers(1, 2)), part) for part in parts]


# The authority of the log is a third agent; times are told by place, and turned into stamps when they are known.
questions = st.builds(
    Question,
    agent=st.none() | st.sampled_from([BEN, ANN, CLASS, {"account": "authority"}]),
    related_agents=st.booleans(),
    verb=st.none() | st.sampled_from([*VERBS, VOIDED, "http://example.com/verbs/never"]),
    activity=st.none() | st.sampled_from(ACTIVITIES),
    related_activities=st.booleans(),
    registration=st.none() | st.sampled_from(REGISTRATIONS),
    since_us=st.none() | st.integers(-1, IDS),
    until_us=st.none() | st.integers(-1, IDS),
    credential=st.none() | st.integers(1, 2),
    ascending=st.booleans(),
    limit=st.integers(1, IDS),
)


def written(store: Kept, wanted: list[tuple[int, list[dict[str, Any]]]]) -> list[Row]:
    """Store the batches; the log as the reference has it."""
    authority = store.read(lambda reader: credentials.authority_value(reader, NAME))
    rows: list[Row] = []
    for credential, part in wanted:
        places = store.write(adding(*part, credential=credential))
        rows += [
            Row(seq, stored_us, credential, authority, value)
            for (seq, stored_us), value in zip(places, part, strict=True)
        ]
    return rows


def with_times(question: Question, rows: list[Row]) -> Question:
    """Places become stamps of the log; `authority` becomes the authority."""

    def stamp(place: int | None) -> int | None:
        return None if place is None else rows[min(place, len(rows) - 1)].stored_us if place >= 0 else 0

    agent = rows[0].authority if question.agent == {"account": "authority"} else question.agent
    plain = {name: getattr(question, name) for name in Question.__dataclass_fields__}
    times = {"since_us": stamp(question.since_us), "until_us": stamp(question.until_us)}
    return Question(**{**plain, **times, "agent": agent})


def found(reader: Reader, question: Question) -> list[int]:
    """What our log finds."""
    filters = []
    if question.agent is not None:
        filters.append(Filter("g", agents.key(question.agent) or "", question.related_agents))
    if question.verb is not None:
        filters.append(Filter("v", question.verb))
    if question.activity is not None:
        filters.append(Filter("a", question.activity, question.related_activities))
    if question.registration is not None:
        filters.append(Filter("r", question.registration))
    window = Window(question.since_us, question.until_us, credential=question.credential)
    placed = log.find(reader, 1, filters, window, question.limit, ascending=question.ascending)
    return [one.seq for one in placed]


@pytest.mark.slow
@settings(max_examples=60)  # each opens a store
@given(batches(), st.lists(questions, min_size=5, max_size=20))
def test_filters_find_what_the_standard_says(
    wanted: list[tuple[int, list[dict[str, Any]]]], asked: list[Question]
) -> None:
    """Every combination of filters, over statements that refer to and void each other in any order of arrival."""
    with tempfile.TemporaryDirectory() as folder, kept(Path(folder) / "data", FixedClock()) as store:
        rows = written(store, wanted)
        each = [with_times(question, rows) for question in asked]
        expected = [answer(rows, question) for question in each]
        assert expected == store.read(lambda reader: [found(reader, question) for question in each])


class Listening:
    """A reader that notes the SQL and has every term."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def execute(self, sql: str, parameters: Any = ()) -> Listening:
        self.said.append(sql)
        return self

    def fetchone(self) -> tuple[int, int]:
        return 17, 1

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def said_for(text: str) -> list[str]:
    """The SQL of a question with this text in it."""
    reader = Listening()
    filters = [Filter("g", text, wide=True), Filter("v", text)]
    log.find(reader, 1, filters, Window(), 10, ascending=True)  # type: ignore[arg-type]  # enough of a reader
    return reader.said


@given(st.text(max_size=30))
def test_no_text_of_a_filter_becomes_sql(text: str) -> None:
    """Whatever is asked for, the SQL is the same: our own words and numbers."""
    assert said_for("plain") == said_for(text)


def test_hostile_terms_are_found_and_harm_nothing(tmp_path: Path) -> None:
    """An activity whose name is SQL is an activity."""
    hostile = "http://example.com/';DROP%20TABLE%20statement;--"
    with kept(tmp_path / "data", FixedClock()) as store:
        store.write(adding(json.loads(json.dumps({**_statement(), "object": {"id": hostile}}))))
        assert store.read(lambda reader: found(reader, Question(activity=hostile))) == [1]


def _statement() -> dict[str, Any]:
    return {"id": str(number(1)), "actor": BEN, "verb": {"id": VERBS[0]}}


def test_statement_found_by_its_own_and_by_an_inherited_term_is_found_once(tmp_path: Path) -> None:
    """Ben confirms what Ben taught: he is there as actor, and in a wider sense through what he refers to."""
    taught = {**_statement(), "object": {"id": ACTIVITIES[0]}, "actor": ANN, "context": {"instructor": BEN}}
    confirmed = {**_statement(), "id": str(number(2)), "object": about(1)}
    with kept(tmp_path / "data", FixedClock()) as store:
        store.write(adding(taught, confirmed))
        everything = Question(agent=BEN, related_agents=True)
        assert store.read(lambda reader: found(reader, everything)) == [2, 1]
