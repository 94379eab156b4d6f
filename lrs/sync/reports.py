"""What is said of destinations: as the loop looks at them, after a pass, and to whoever asks how things stand."""

from __future__ import annotations

from dataclasses import dataclass

from lrs.store.promises import Reader
from lrs.sync import destinations, links
from lrs.sync.destinations import Destination, State
from lrs.sync.lessons import Lessons
from lrs.sync.links import Lane


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did for one destination. `depth` counts the statements that are left, `documents` the documents."""

    name: str
    state: State
    reason: str
    depth: int
    documents: int
    delivered: int = 0
    exceptions: int = 0
    requests: int = 0
    documents_sent: int = 0
    documents_fetched: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What one pass did."""

    destinations: tuple[Drained, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was to be sent has been dealt with."""
        return all(drained.depth == 0 and drained.documents == 0 for drained in self.destinations)


@dataclass(frozen=True, slots=True)
class Status:
    """What `GET /api/sync` tells of a destination. `depth` and `exceptions` count statements, `documents` the documents
    that wait, `documents_refused` those it will not take, `set_aside` the contents that gave way to another.
    `next_try_us` is None where no wait is under way."""

    name: str
    url: str
    state: State
    reason: str
    depth: int
    exceptions: int
    documents: int
    documents_refused: int
    set_aside: int
    attempts: int
    last_acknowledged_us: int | None
    next_try_us: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A destination as the loop sees it: how much is left for it, exceptions to try again among it; whether documents
    are, and whether it is wanted that others' are fetched."""

    destination: Destination
    depth: int
    again: int
    lane: Lane
    documents: bool
    fetches: bool

    @property
    def state(self) -> tuple[State, str]:
        """What stands in the way, and why: of the statements first."""
        seen, lane = self.destination, self.lane
        if seen.state is not State.IDLE or lane.state is State.IDLE:
            return seen.state, seen.reason
        return lane.state, f"documents: {lane.reason}"


def look(reader: Reader, destination: Destination, lessons: Lessons) -> Look:
    """A destination as it is at this moment."""
    lane = links.lane(reader, destination)
    return Look(
        destination,
        destinations.depth(reader, destination),
        len(destinations.retrying(reader, destination)),
        lane,
        links.is_due(reader, destination, lessons.own, lane.cursor),
        lessons.wants(reader),
    )


def drained(reader: Reader, destination: Destination, lessons: Lessons) -> Drained:
    """A destination after a pass, but for what the pass did: what is left for it, and what stands in the way."""
    seen = look(reader, destinations.current(reader, destination) or destination, lessons)
    state, reason = seen.state
    left = links.waiting(reader, seen.destination, lessons.own, seen.lane.cursor) if seen.documents else 0
    return Drained(seen.destination.name, state, reason, seen.depth, left)
