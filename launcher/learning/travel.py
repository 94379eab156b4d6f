"""State that travels: a learner stops on one device and goes on on another.

The record store sends and fetches documents; what it cannot know is said here: that LMS.LaunchData is written anew by
the LMS of each device and stays there, whose State this device wants, and when a lesson is at work on it. Before a
launch the registration's State is fetched, where that is possible in a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from launcher.cmi5 import vocabulary
from launcher.learning import registrations, sessions
from launcher.learning.launches import Wish
from lrs.clock import Clock
from lrs.errors import OfflineLrsError
from lrs.store.documents import Key
from lrs.store.promises import Reader, Store
from lrs.sync.drainer import Drainer

LIVELY_US = 12 * 3600 * 1_000_000
"""A session that did not end itself is over for this purpose after so long: a tablet whose lesson was shut off would
else never see what the learner did elsewhere."""


class LessonDocuments:
    """This LMS's side of `lrs.sync.lessons.Lessons`."""

    own = frozenset({vocabulary.STATE_LAUNCH_DATA})

    def __init__(self, clock: Clock, store: int) -> None:
        self._clock, self._store = clock, store

    def wants(self, reader: Reader) -> bool:
        """Whether anybody is enrolled here."""
        return reader.execute("SELECT 1 FROM registration WHERE store = ?", (self._store,)).fetchone() is not None

    def wanted(self, reader: Reader) -> Sequence[Key]:
        """The State of every AU in every registration on this device."""
        rows = reader.execute(
            "SELECT a.iri, r.learner, r.id FROM registration r JOIN activity a ON a.store = r.store "
            "AND a.course = r.course AND a.kind = 'au' WHERE r.store = ? ORDER BY r.revision, a.au",
            (self._store,),
        )
        return [_state(activity, learner, registration) for activity, learner, registration in rows]

    def busy(self, reader: Reader, key: Key) -> bool:
        """Whether a session of this AU and registration is under way."""
        now_us = self._clock.now_us()
        return any(
            session.view.activity_id == key.activity and 0 <= now_us - session.launched_us < LIVELY_US
            for session in sessions.active(reader, self._store, key.registration)
        )


async def fetch(store: Store, drainer: Drainer, number: int, wish: Callable[[Reader], Wish]) -> None:
    """Fetch the State that the lesson of a launch is going to read. Never fails a launch and delays it by a moment at
    most; outside any transaction."""
    try:
        scope = await store.read(lambda reader: _scope(reader, number, wish(reader)))
    except OfflineLrsError:
        return  # the launch itself says what is wrong with the wish
    if scope is not None:
        await drainer.refresh(scope)


def _scope(reader: Reader, store: int, wish: Wish) -> Key | None:
    """Whose State, None where it is a registration that is yet to be made."""
    learner = registrations.learner_key(wish.actor)
    known = registrations.current(reader, store, wish.course, learner) if wish.registration is None else None
    registration = wish.registration if known is None else known.id
    row = reader.execute(
        "SELECT iri FROM activity WHERE store = ? AND course = ? AND kind = 'au' AND au = ?",
        (store, wish.course, wish.au),
    ).fetchone()
    return None if registration is None or row is None else _state(row[0], learner, registration)


def _state(activity: str, learner: str, registration: str) -> Key:
    return Key("state", "", activity, learner, registration)
