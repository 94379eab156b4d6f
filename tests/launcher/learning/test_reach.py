"""What was sent and what came, as a teacher is told it."""

from __future__ import annotations

from launcher.learning import reach
from launcher.learning.reach import Device, Outgoing
from lrs.store.promises import Transaction
from lrs.sync import destinations
from tests.launcher.campus import STORE, Campus
from tests.launcher.cmi5 import worlds


def _add(transaction: Transaction) -> None:
    destinations.add(transaction, STORE, "school", "https://school.example/xapi", "k", "s")


def _settled(transaction: Transaction, through: int) -> None:
    known = destinations.get(transaction, STORE, "school")
    destinations.settle(transaction, known, destinations.Settlement(through, range(1, through + 1)))


def _outgoing(lms: Campus) -> list[Outgoing]:
    return lms.read(lambda reader: reach.outgoing(reader, STORE))


def test_what_waits_is_known_since_when(lms: Campus, course: str) -> None:
    """By the oldest statement that the destination lacks, and what was stored before that has been sent."""
    lms.write(_add)
    assert _outgoing(lms) == [Outgoing("school", None, 0)]
    first_us = lms.clock.now_us()
    lms.launch(course)
    lms.clock.advance(60)
    lms.launch(course, 1)
    assert _outgoing(lms) == [Outgoing("school", first_us, 0)]
    lms.write(lambda transaction: _settled(transaction, 1))
    (after,) = _outgoing(lms)
    assert (after.sent_us, (after.waiting_since_us or 0) > first_us) == (first_us, True)
    count = len(lms.statements())
    lms.write(lambda transaction: _settled(transaction, count))
    (done,) = _outgoing(lms)
    assert (done.waiting_since_us, done.sent_us > first_us) == (None, True)


def test_devices_are_those_that_may_send(lms: Campus, course: str) -> None:
    """By name, with the moment of what came last; readers, removed ones and lessons' tokens are none."""
    for key, scope in (("Tablet b", "all"), ("tablet a", "statements/write"), ("reader", "all/read"), ("old", "all")):
        lms.credential(key, scope)
    lms.api("DELETE", "/credentials/old")
    lms.lesson(course)
    lms.bring(worlds.allowed())
    lms.clock.advance(60)
    second = {**worlds.allowed(), "id": "11111111-2222-4333-8444-666666666666"}
    now_us = lms.clock.now_us()
    lms.bring(second)
    assert lms.read(lambda reader: reach.devices(reader, STORE)) == [
        Device("tablet", now_us),
        Device("tablet a", None),
        Device("Tablet b", None),
    ]
