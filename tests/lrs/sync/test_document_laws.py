"""Any number of devices, one school, any order of events: nothing a learner did is gone without a trace.

The devices have real stores; the school is a good citizen in memory whose answers may be lost, and whose clock the
devices' clocks know nothing of. Each writing has a content of its own and descends from what the lesson had in its
hands. In the end all have the same, and every writing ever made is an ancestor of that, or of something that was kept
aside, or of a deletion.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Store
from lrs.sync import aside, destinations
from lrs.sync.document_outcomes import Got, Held, Listed, Missing, Moved, Sent, Taken, Unchanged
from lrs.sync.documents import Documents
from lrs.sync.meeting import Parcel
from lrs.sync.outcomes import Unknown
from lrs.sync.upstream import Upstream
from lrs.xapi.documents import etag
from tests.lrs.sync.worlds import SCOPE, SomeLessons, named
from tests.support.clocks import FixedClock
from tests.support.stores import Loop, open_fast

T = TypeVar("T")
DEVICES = 3
NAME = "progress"
KEY = named(NAME)
which = st.integers(0, DEVICES - 1)


class School(Upstream):
    """The school's shelf; true time is its own."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.content: bytes | None = None
        self.written_us = 0
        self.loses = False

    async def change(self, parcel: Parcel) -> Sent:
        if parcel.blind or parcel.etag != (None if self.content is None else etag(self.content)):
            return self._lost() or Moved()
        self.content = None if parcel.document is None else parcel.document.content
        self.written_us = self.clock.us - (parcel.age_us or 0)
        return self._lost() or Taken(None if self.content is None else etag(self.content))

    async def document(self, key: Key, known: str | None = None) -> Got:
        if self.content is None:
            return Missing()
        if known == etag(self.content):
            return Unchanged()
        return Held("text/plain", self.content, etag(self.content), self.clock.us - self.written_us)

    async def names(self, scope: Key, since_us: int | None) -> Listed:
        return Listed(() if self.content is None else (NAME,), self.clock.us)

    def _lost(self) -> Unknown | None:
        lost, self.loses = self.loses, False
        return Unknown("the answer was lost") if lost else None


class Tablet:
    """A device: its store, its lesson, and what the lesson has in its hands."""

    def __init__(self, folder: Path, number: int, loop: Loop, school: School) -> None:
        self.loop, self.clock, self.lessons = loop, FixedClock(seed=number), SomeLessons()
        self.clock.us = school.clock.us
        folder.mkdir()
        self.store: Store = open_fast(folder / "data", self.clock)
        self.read: bytes | None = None
        self.school = school
        self.destination = loop.run(
            self.store.write(lambda change: destinations.add(change, DEFAULT_STORE, "s", "http://s.example", "k", "s"))
        )

    @property
    def content(self) -> bytes | None:
        """What is here."""
        found = self.loop.run(self.store.read(lambda reader: documents.get(reader, DEFAULT_STORE, KEY)))
        return None if found is None else found.content

    def sync(self) -> bool:
        """Send and fetch; whether both were done."""
        exchange = Documents(self.store, self.clock, self.school, self.destination, self.lessons)

        async def both() -> bool:
            return await exchange.push() is None and await exchange.pull() is None

        return self.loop.run(both())

    def refresh(self) -> object:
        """As before a launch; what stood in the way."""
        exchange = Documents(self.store, self.clock, self.school, self.destination, self.lessons)
        return self.loop.run(exchange.refresh(SCOPE))

    def kept(self) -> list[bytes]:
        """What gave way here."""
        found = self.loop.run(self.store.read(lambda reader: aside.listed(reader, DEFAULT_STORE)))
        return [one.content for one in found]


class Term(RuleBasedStateMachine):
    """A school term of one learner."""

    @initialize()
    def begin(self) -> None:
        self.held = contextlib.ExitStack()
        folder = Path(self.held.enter_context(tempfile.TemporaryDirectory()))
        self.loop = Loop()
        self.school = School(FixedClock())
        self.tablets = [Tablet(folder / str(number), number, self.loop, self.school) for number in range(DEVICES)]
        self.parents: dict[bytes, bytes | None] = {}
        self.deleted: set[bytes] = set()

    @rule(number=which)
    def starts(self, number: int) -> None:
        """A lesson starts and reads its State; what is there was fetched first, where that was possible."""
        tablet = self.tablets[number]
        tablet.lessons.at_work = True
        tablet.read = tablet.content

    @rule(number=which)
    def starts_online(self, number: int) -> None:
        """The same with a network."""
        tablet = self.tablets[number]
        tablet.lessons.at_work = False
        tablet.refresh()
        self.starts(number)

    @rule(number=which)
    def writes(self, number: int) -> None:
        """The lesson writes what descends from what it has in its hands; without one, something else does."""
        tablet = self.tablets[number]
        before = tablet.read if tablet.lessons.at_work else tablet.content
        content = b"%d" % len(self.parents)
        self.parents[content] = before
        tablet.read = content
        self.loop.run(
            tablet.store.write(lambda change: documents.put(change, DEFAULT_STORE, KEY, "text/plain", content))
        )

    @rule(number=which)
    def deletes(self, number: int) -> None:
        """The lesson deletes what it has."""
        tablet = self.tablets[number]
        if tablet.content is not None and (not tablet.lessons.at_work or tablet.read == tablet.content):
            self.deleted.add(tablet.content)
            tablet.read = None
            self.loop.run(tablet.store.write(lambda change: documents.delete(change, DEFAULT_STORE, KEY)))

    @rule(number=which)
    def ends(self, number: int) -> None:
        """The lesson ends."""
        self.tablets[number].lessons.at_work = False

    @rule(number=which)
    def syncs(self, number: int) -> None:
        """The network is there."""
        self.tablets[number].sync()

    @rule(number=which)
    def syncs_badly(self, number: int) -> None:
        """It goes away before the answer."""
        self.school.loses = True
        self.tablets[number].sync()
        self.school.loses = False

    @rule(hours=st.integers(0, 100))
    def time_passes(self, hours: int) -> None:
        """For everybody."""
        for clock in (self.school.clock, *(tablet.clock for tablet in self.tablets)):
            clock.advance(3600 * hours)

    @rule(number=which, days=st.integers(-400, 400))
    def clock_is_set(self, number: int, days: int) -> None:
        """On one device."""
        self.tablets[number].clock.advance(86_400 * days)

    def teardown(self) -> None:
        """All lessons end, everybody syncs, and then nothing is missing."""
        if not hasattr(self, "tablets"):
            return
        try:
            for tablet in self.tablets:
                tablet.lessons.at_work = False
            for _ in range(DEVICES):
                assert all(tablet.sync() for tablet in self.tablets)
            for tablet in self.tablets:
                assert tablet.refresh() is None  # deletions are seen where everything is listed
            contents = {self.school.content, *(tablet.content for tablet in self.tablets)}
            assert len(contents) == 1
            self._check_nothing_is_gone(contents)
        finally:
            for tablet in self.tablets:
                self.loop.run(tablet.store.close())
            self.loop.close()
            self.held.close()

    def _check_nothing_is_gone(self, left: set[bytes | None]) -> None:
        found = {*left, *self.deleted, *(content for tablet in self.tablets for content in tablet.kept())}
        traced: set[bytes] = set()
        for content in found:
            while content is not None and content not in traced:
                traced.add(content)
                content = self.parents[content]
        assert set(self.parents) - traced == set()


@pytest.mark.slow
def test_nothing_a_learner_did_is_gone_without_a_trace() -> None:
    """Whatever order things happen in, whatever the clocks say."""
    machine = settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Term, settings=machine)


def test_the_law_can_fail() -> None:
    """A term in which one writing was dropped is noticed."""
    term = Term()
    term.begin()
    term.writes(0)
    term.writes(0)
    term.parents[b"lost"] = None
    with pytest.raises(AssertionError):
        term.teardown()
