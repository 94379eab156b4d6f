"""What a learner did, statement by statement, read from the log and told by `launcher.progress.history`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from launcher.learning import registrations
from launcher.progress.history import Said, Session, sessions
from lrs.store import log
from lrs.store.promises import Reader
from lrs.xapi import wire

STATEMENTS_MOST = 1000


class History(Struct, frozen=True):
    """Sessions, newest first. `older` is the place of the log before which there is more, None where there is not; a
    session that began before it is told in part here and in part there."""

    sessions: Sequence[Session]
    older: int | None


def history(
    reader: Reader,
    store: int,
    learner: str,
    of: Collection[str],
    languages: Sequence[str],
    before: int | None = None,
    most: int = STATEMENTS_MOST,
) -> History:
    """What the newest statements of a learner in these registrations say, up to `most` of each registration."""
    window = log.Window(ceiling=None if before is None else before - 1)
    found, floor = [], 0
    for registration in of:
        some = log.find(reader, store, (log.Filter("r", registration),), window, most, ascending=False)
        found += some
        if len(some) == most:
            floor = max(floor, some[-1].seq)
    kept = sorted((one for one in found if one.seq >= floor), key=lambda one: one.seq)
    said = [Said(wire.parse_own(one.raw), one.stored_us) for one in kept]
    own = [one for one in said if registrations.learner_key(one.value["actor"]) == learner]
    return History(sessions(own, languages), floor or None)
