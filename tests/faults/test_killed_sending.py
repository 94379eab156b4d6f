"""A device that dies while it sends has lost nothing and doubles nothing, wherever in the delivery it dies."""

from __future__ import annotations

import signal
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from launcher.cli.programs import Program, wait_until
from lrs.sync.failpoints import POINTS, VARIABLE
from lrs.xapi.equality import same
from tests.support.world import Statement, World, ask, credential, drain, open_world, statements

pytestmark = pytest.mark.slow

BATCH, BATCHES = 10, 3
SECONDS = 30.0


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[World, Program]]:
    """A world with a school's server, for all that is sent here."""
    with open_world() as world:
        yield world, world.school()


@pytest.mark.parametrize(("point", "passing"), [("sync.after_send", 1), *((point, 2) for point in POINTS)])
def test_killed_while_sending_nothing_is_doubled(shared: tuple[World, Program], point: str, passing: int) -> None:
    """Killed at this place of its first or second batch and started again, the device brings each statement once."""
    world, school = shared
    dies = {VARIABLE: f"{point}:{passing}", "OFFLINE_LRS_SYNC_BATCH": str(BATCH)}
    name = f"{point.replace('.', '-').replace('_', '-')}{passing}"
    device = world.device(name, school=school, variables=dies)
    wanted = [read_a_book(page) for page in range(BATCH * BATCHES)]
    login = credential(device, "app", "all")
    assert ask(device, "POST", "/xapi/statements", login=login, body=wanted).status_code == 200
    assert died(device) == -signal.SIGKILL

    device.environment = {key: value for key, value in device.environment.items() if key != VARIABLE}
    device.start()
    drain(device)
    log = statements(school)
    ids = Counter(one["id"] for one in log)
    assert {one["id"]: ids[one["id"]] for one in wanted} == {one["id"]: 1 for one in wanted}
    at_school = {one["id"]: one for one in log}
    kept = statements(device)
    assert [one["id"] for one in kept] == [one["id"] for one in wanted]
    assert all(same(one, at_school[one["id"]]) for one in kept)
    device.stop()


def read_a_book(page: int) -> Statement:
    """A statement of no particular profile."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://school.example", "name": "amina"}},
        "verb": {"id": "https://verbs.example/read"},
        "object": {"id": f"https://books.example/1/{page}"},
    }


def died(device: Program) -> int | None:
    """How the program ended, once it has."""
    process = device.process
    assert process is not None
    assert wait_until(lambda: process.poll() is not None, SECONDS), "it was not killed: is the place passed?"
    device.kill()  # only lets go of its pipes
    return process.returncode
