"""The door to pages and API costs nothing until somebody knocks, and then it is built once."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import pytest
from msgspec import structs
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from launcher.learning.launches import Road
from launcher.web.parts import Lazy, Lms
from lrs.errors import Conflict
from tests.launcher.campus import NETWORK, SERVICE, Campus

MODULE = "tests.launcher.web.made_up_site"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Lms]:
    """For which LMS the made-up site was built, each time that it was."""
    built: list[Lms] = []
    module = types.ModuleType(MODULE)

    def create(lms: Lms) -> ASGIApp:
        built.append(lms)
        return PlainTextResponse("made")

    module.__dict__["create"] = create
    monkeypatch.setitem(sys.modules, MODULE, module)
    return built


def test_the_site_is_made_once_by_the_first_requests(lms: Campus, made: list[Lms]) -> None:
    """However many come at once."""
    lazy = Lazy(lms.lms, MODULE)
    before = len(made)
    lms.app = lazy
    answers = lms.together(*[("GET", "/", {})] * 5)
    assert (0, [lms.lms], ["made"] * 5) == (before, made, [answer.text for answer in answers])


def test_a_site_that_could_not_be_made_is_tried_again(lms: Campus, made: list[Lms]) -> None:
    """One bad moment does not close the door for good."""
    lazy = Lazy(lms.lms, "tests.launcher.web.not_there")
    lms.app = lazy
    first = lms.ask("GET", "/").status_code
    lazy._module = MODULE
    assert (first, lms.ask("GET", "/").status_code) == (500, 200)


def test_roads(lms: Campus) -> None:
    """Over IPC where there is a service and nothing else is asked for; the network by the public URL."""
    ipc = f"http://{SERVICE}.ipc.invalid"
    expected = [Road(ipc, SERVICE, NETWORK), Road(ipc, SERVICE, None), Road(NETWORK, None, NETWORK)]
    assert expected == [lms.lms.road(wish) for wish in (None, "ipc", "network")]


def test_without_a_public_url_the_network_is_where_we_listen(lms: Campus) -> None:
    """What a lesson on this machine can reach; nothing where no TCP is served."""
    lms.lms.lrs = structs.replace(lms.lms.lrs, settings=replace(lms.settings, public_url=None, ipc_service=None))
    with pytest.raises(Conflict, match="--public-url"):
        lms.lms.road("network")
    lms.lms.network_base = "http://127.0.0.1:8080"
    assert Road("http://127.0.0.1:8080", None, "http://127.0.0.1:8080") == lms.lms.road(None)
