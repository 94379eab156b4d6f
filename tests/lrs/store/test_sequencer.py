"""The order of the log: places, the floor, and what a crash may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from lrs.store.sequencer import LEASE_US, Sequencer

START = 1_000_000_000


@dataclass
class Story:
    """A sequencer, the clock it goes by, and what was seen of it."""

    sequencer: Sequencer = field(default_factory=lambda: Sequencer(START, START))
    now: int = START
    on_disk: int = START
    visible: list[int] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def tick(self, by: int) -> None:
        self.now = max(0, self.now + by)

    def write(self, counts: list[int], undone: set[int], *, commits: bool) -> None:
        """A group of requests, some of which fail."""
        self.sequencer.begin()
        for index, count in enumerate(counts):
            before = self.sequencer.last_us
            stamps = list(self.sequencer.stamp(self.now, count))
            self.told.append(self.sequencer.floor(self.now))
            assert all(stamp > max(self.told) for stamp in stamps)
            if index in undone:
                self.sequencer.rewind(before)
            else:
                self.hidden += stamps
        if commits:
            self.on_disk = self.sequencer.bound(self.now)
            self.sequencer.commit(self.on_disk)
            self.visible += self.hidden
        else:
            self.sequencer.rollback()
        self.hidden.clear()

    def ask(self) -> None:
        self.told.append(self.sequencer.floor(self.now))

    def crash(self) -> None:
        """The process dies and starts again; the database knows the bound."""
        bound = max(self.on_disk, self.now + LEASE_US)
        self.sequencer = Sequencer(self.on_disk, bound)
        self.on_disk = bound


ticks = st.integers(-5_000_000, 5_000_000).map(lambda by: lambda story: story.tick(by))
writes = st.tuples(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.sets(st.integers(0, 3)), st.booleans()).map(
    lambda parts: lambda story: story.write(parts[0], parts[1], commits=parts[2])
)
stories = st.lists(ticks | writes | st.just(Story.ask) | st.just(Story.crash), max_size=30)


def told(steps: list[object]) -> Story:
    """A story from its steps."""
    story = Story()
    for step in steps:
        step(story)  # type: ignore[operator]  # hypothesis builds functions
    return story


@given(stories)
def test_stamps_are_unique_and_rise_in_the_order_of_commits(steps: list[object]) -> None:
    """Whatever the clock does, and whatever is rolled back or crashes, `stored` rises strictly."""
    story = told(steps)
    assert sorted(set(story.visible)) == story.visible


@given(stories)
def test_no_stamp_is_given_at_or_below_a_floor_that_was_told(steps: list[object]) -> None:
    """A reader who was told that the log is complete up to a time meets nothing new before it, also after a crash."""
    story = told(steps)
    ceiling = max(story.told, default=0)
    story.write([3], set(), commits=True)
    assert story.visible[-3] > ceiling


@given(stories)
def test_floor_never_falls(steps: list[object]) -> None:
    """What was promised once stays promised."""
    story = told(steps)
    assert sorted(story.told) == story.told


@given(stories)
def test_floor_is_not_ahead_of_clock_and_log(steps: list[object]) -> None:
    """Nothing is promised for a time to come, beyond what the log has already or what was promised before."""
    story = told(steps)
    before = max([story.sequencer.last_us, *story.told])
    assert story.sequencer.floor(story.now) <= max(story.now, before)


def test_floor_stands_still_while_a_transaction_is_open() -> None:
    """What the open transaction has stamped is not visible yet."""
    sequencer = Sequencer(100, 1_000)
    sequencer.begin()
    sequencer.stamp(200, 1)
    assert sequencer.floor(500) == 100


def test_floor_rises_to_the_clock_when_nothing_is_under_way() -> None:
    """A quiet store is complete up to now."""
    assert Sequencer(100, 1_000).floor(500) == 500


def test_floor_never_rises_above_what_the_database_remembers() -> None:
    """After a crash it would be forgotten, and a clock that stepped back would stamp below it."""
    sequencer = Sequencer(100, 1_000)
    assert (sequencer.lags(5_000), sequencer.floor(5_000)) == (True, 1_000)


def test_rollback_gives_the_stamps_again() -> None:
    """Stamps of a lost transaction were never seen."""
    sequencer = Sequencer(100, 1_000)
    sequencer.begin()
    lost = list(sequencer.stamp(200, 2))
    sequencer.rollback()
    sequencer.begin()
    assert lost == list(sequencer.stamp(200, 2))


def test_every_commit_renews_the_lease() -> None:
    """So a store that is written to pays nothing for its promises."""
    sequencer = Sequencer(100, 1_000)
    sequencer.begin()
    sequencer.commit(sequencer.bound(5_000))
    assert (sequencer.lags(5_000 + LEASE_US), sequencer.lags(5_001 + LEASE_US)) == (False, True)
