"""The examples of docs/examples, where their pages do not lead: refusals, and a real browser.

That they work as shown is in `tests/test_quickstarts.py`, what they import in `tests/test_imports.py`.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO

import pytest

from launcher.cli.remote import Call, call
from tests.support.browser import PHONE, Chromium
from tests.support.checkout import ROOT
from tests.support.world import World, credential, enrol, launch, statements, verb

EXAMPLES = ROOT / "docs" / "examples"


def test_examples_stay_short() -> None:
    """An example of a hundred lines is promised."""
    assert [path.name for path in EXAMPLES.rglob("*.*") if len(path.read_text("utf-8").splitlines()) > 100] == []


@pytest.mark.slow
def test_the_example_lms_ends_with_one_clear_line(world: World) -> None:
    """A refusal, and a server that is not there, are said in a sentence."""
    device = world.device("tablet", "--port", "0")
    course = ROOT / "content_app" / "course" / "cmi5.xml"

    def said(url: str) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, EXAMPLES / "lms.py", url, course, "Amina"],
            env={**world.environment, "LMS_LOGIN": "nobody:knows"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ended.returncode, ended.stderr

    refused = "POST /api/courses: key or secret is wrong, or the credential was removed\n"
    assert said(str(device.told["url"])) == (1, refused)
    device.stop()
    status, words = said(str(device.told["url"]))
    assert (status, "cannot be reached" in words, len(words.splitlines())) == (1, True, 1)


@pytest.mark.slow
def test_the_example_page_is_a_lesson(world: World, chromium: Chromium) -> None:
    """Launched from its zip file it says everything in a real browser, in its sandbox, and works by keyboard."""
    device = world.device("tablet", "--port", "0")
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for file in (EXAMPLES / "page").iterdir():
            package.write(file, file.name)
    wanted = Call("POST", "/courses", body=buffer.getvalue(), content_type="application/zip")
    enrolled = enrol(call(device.data, wanted)["id"], "Amina", device)
    launched = launch(device, enrolled, transport="network")
    with chromium.window(PHONE) as window:
        window.forgive("status of 404")  # no preferences, nothing kept yet: the console notes such answers
        assert window.open(launched["url"]) == 200
        window.do(lambda page: page.wait_for_function("document.getElementById('said').textContent === ''"))
        window.press("Tab", "Tab", "Enter")
        window.do(lambda page: page.get_by_text("Yes! The moon is a mirror").wait_for())
        window.shoot("example-page-phone")
        window.open(launched["url"])
        window.do(lambda page: page.get_by_text("it was opened before").wait_for())
    said = [verb(one) for one in statements(device, credential(device, "reader", "all/read"))]
    verdict = ("answered", "passed", "completed", "satisfied")
    assert said == ["launched", "initialized", *verdict, "terminated"]
