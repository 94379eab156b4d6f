"""Decision 6: what one device calls a thing, every device calls it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from launcher.cli.programs import Program
from tests.support import scripted_au
from tests.support.world import (
    MATHS,
    Enrolled,
    Statement,
    World,
    api,
    enrol,
    import_course,
    launch,
    spec_course,
    statements,
    verb,
)

pytestmark = pytest.mark.slow

# Two machines differ in these too, and no id may depend on them.
HERE = {"TZ": "America/Lima", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}
THERE = {"TZ": "Asia/Tokyo", "LC_ALL": "POSIX", "PYTHONHASHSEED": "2"}


@pytest.mark.parametrize("name", ["maths", "complex-cmi5.xml"])
def test_two_devices_agree_on_every_id(world: World, name: str) -> None:
    """Two devices that never met give course, blocks, AUs and learner of one course the same ids."""
    source = MATHS if name == "maths" else spec_course(name)
    one = world.device("one", variables=HERE)
    other = world.device("other", "--port", "0", variables=THERE)
    courses = [import_course(program, source) for program in (one, other)]
    assert courses[0] == courses[1]

    enrolled = enrol(courses[0]["id"], "Amina", one, other)
    units = len(courses[0]["aus"])
    assert took_course(one, enrolled, units) == took_course(other, enrolled, units)


def took_course(program: Program, enrolled: Enrolled, units: int) -> tuple[Any, ...]:
    """What a learner's way through the whole course shows of ids: launch URLs, launch data, statements."""
    urls, data = [], []
    for au in range(units):
        url = launch(program, enrolled, au)["url"]
        ran = scripted_au.run(url)
        given = parse_qs(urlsplit(url).query)
        urls.append((given["activityId"], given["actor"], given["registration"]))
        data.append(ran.launch_data["contextTemplate"]["contextActivities"])
    log = statements(program)
    said = [names(statement) for statement in log if verb(statement) in ("launched", "satisfied")]
    assert {verb(statement) for statement in log} >= {"launched", "satisfied", "answered", "terminated"}
    assert len(api(program, "GET", "/registrations")["registrations"]) == 1
    return urls, data, said


def names(statement: Statement) -> Statement:
    """A statement of the LMS without what each device makes anew: its id, its times and the session."""
    context = statement["context"]
    extensions = {name: value for name, value in context["extensions"].items() if not name.endswith("/sessionid")}
    kept = {name: value for name, value in statement.items() if name not in ("id", "timestamp", "stored", "context")}
    return {**kept, "context": {**context, "extensions": extensions}}
