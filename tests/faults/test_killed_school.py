"""The school's server may die while a device brings what it has: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from launcher.cli.programs import Program, wait_until
from lrs.xapi.equality import same
from tests.support.world import Statement, World, api, ask, credential, depth, drain, statements

pytestmark = pytest.mark.slow

SEED = 20261122
KILLS = 3
STATEMENTS = 400
BATCH = "5"
PATIENCE = 20.0


def test_killed_school_receives_everything_once(world: World) -> None:
    """However often the school's server is killed while a device sends, in the end it has each statement once, in the
    device's order."""
    chance = random.Random(SEED)
    school = world.school()
    device = world.device("tablet", school=school, variables={"OFFLINE_LRS_SYNC_BATCH": BATCH})
    login = credential(device, "app", "all")
    school.kill()
    wanted = [looked_at(page) for page in range(STATEMENTS)]
    assert ask(device, "POST", "/xapi/statements", login=login, body=wanted).status_code == 200

    left = [depth(device)]
    for _ in range(KILLS):
        school.start()
        with sending(device):
            assert wait_until(lambda: depth(device) < left[-1], PATIENCE)
            time.sleep(chance.uniform(0, 0.02))
            school.kill()
        left.append(depth(device))
    school.start()
    drain(device)
    assert left[1] > 0, "the kills came too late to do harm"
    log = statements(school)
    assert [one["id"] for one in log] == [one["id"] for one in wanted]
    assert all(same(here, there) for here, there in zip(statements(device), log, strict=True))


@contextmanager
def sending(device: Program) -> Iterator[None]:
    """While the device is told to send, now, and does so."""
    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(api, device, "POST", "/sync")
        yield
        assert told.result(timeout=PATIENCE)["destinations"]


def looked_at(page: int) -> Statement:
    """A statement of no particular profile."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://school.example", "name": "amina"}},
        "verb": {"id": "https://verbs.example/looked-at"},
        "object": {"id": f"https://books.example/2/{page}"},
    }
