"""The page's server: a process of its own, asked as a browser would, and as one should not."""

from __future__ import annotations

import re
import signal
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from content_app.exercises import exercises
from tests.content_app.page.worlds import SECONDS, Served, ask, leave, served, step
from tests.content_app.worlds import NAME
from tests.support.device import start, wait_for
from tests.support.fake_lms import LAUNCH_DATA, FakeLms, kept, launch_url, verbs

pytestmark = pytest.mark.slow

ANSWERS = [exercise.answer for exercise in exercises("addition", 1, 5, 5)]
PASSED = ["initialized", *["answered"] * 5, "passed", "completed", "terminated"]


def work(url: str, answers: list[str], first: int = 0) -> str:
    """Answer these questions; the page after the last."""
    for number, answer in enumerate(answers, first):
        step(url, "answer", question=str(number), response=answer)
        ask(url)
        step(url, "next", question=str(number))
    return ask(url).text


def test_a_whole_lesson(device: Path) -> None:
    """By plain requests: passed, ended, and the learner is sent back where they came from."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        assert "Well done, you passed!" in work(page.url, ANSWERS)
        back = ask(f"{page.url}back")
        assert (back.status, back.headers["location"]) == (303, "https://lms.example/back")
        status, summary, err = page.end()
        assert (status, err, verbs(lms.kept)) == (0, "", PASSED)
    assert summary is not None
    assert summary["statements"] == [one["id"] for one in lms.kept]
    assert (summary["answered"], summary["right"], summary["passed"]) == (5, 5, True)


def test_an_answer_counts_once(device: Path) -> None:
    """Sent twice, again after going back, or for a question that is not there: nothing more is said."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        ask(page.url)
        for question in ("0", "0", "1", "7", "-1", "x", ""):
            assert step(page.url, "answer", question=question, response=ANSWERS[0]).status == 303
        ask(page.url)
        for question in ("0", "0", "4"):
            step(page.url, "next", question=question)
        step(page.url, "answer", question="0", response=ANSWERS[0])
        assert "Question 2 of 5" in ask(page.url).text
        assert verbs(lms.kept) == ["initialized", "answered"]


def test_what_is_no_number_is_asked_again(device: Path) -> None:
    """With a hint, and without a statement."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        step(page.url, "answer", question="0", response="right")
        text = ask(page.url).text
        assert ("Please write a whole number" in text, "Question 1 of 5" in text) == (True, True)
        assert verbs(lms.kept) == ["initialized"]


def test_whoever_stops_goes_on_later(device: Path) -> None:
    """The page says so, now and then; the second launch counts the first one's answers."""
    with FakeLms(device / "lms", NAME) as lms:
        with served(lms) as page:
            work(page.url, ANSWERS[:2])
            step(page.url, "stop")
            assert "Next time you go on with question 3" in ask(page.url).text
            ask(f"{page.url}back")
            assert page.end()[0] == 0
        (lms.folder / "token-given").unlink()
        with served(lms, "--seed", "99") as page:
            assert "Welcome back. You go on with question 3 of 5." in ask(page.url).text
            assert "Well done" in work(page.url, ANSWERS[2:], first=2)
        assert verbs(lms.kept) == [*PASSED[:3], "terminated", "initialized", *PASSED[3:]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_terminated(device: Path, number: signal.Signals) -> None:
    """In the middle of a question."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        ask(page.url)
        page.process.send_signal(number)
        status, summary, err = page.end()
        assert (status, err, verbs(lms.kept)) == (0, "", ["initialized", "terminated"])
        assert summary is not None
        assert summary["left"] is True


def test_a_page_that_nobody_touches_ends_with_terminated(device: Path) -> None:
    """After the time it was given."""
    with FakeLms(device / "lms", NAME) as lms, served(lms, "--idle", "0.7") as page:
        ask(page.url)
        assert (page.end()[0], verbs(lms.kept)) == (0, ["initialized", "terminated"])


def test_a_page_that_nobody_opens_says_nothing(device: Path) -> None:
    """Not even `initialized`: nobody was there. One line says so."""
    with FakeLms(device / "lms", NAME) as lms, served(lms, "--idle", "0.2") as page:
        status, _, err = page.end()
        assert (status, lms.requests) == (1, [])
    assert err == "content_app: nobody opened the page; nothing was said to the LMS\n"


def test_an_lms_that_is_away_is_waited_for(device: Path) -> None:
    """At the beginning, and between two questions: a calm page that tries again by itself, and nothing is lost."""
    with served(launch_url(NAME)) as page:
        text = ask(page.url).text
        assert ("One moment, please" in text, 'http-equiv="refresh"' in text) == (True, True)
        with FakeLms(device / "lms", NAME):
            assert "Question 1 of 5" in ask(page.url).text
            step(page.url, "answer", question="0", response=ANSWERS[0])
        assert "One moment, please" in ask(page.url).text
        step(page.url, "answer", question="0", response="1")
        step(page.url, "answer", question="1", response="1")
        with FakeLms(device / "lms", NAME) as lms:
            assert "Right!" in ask(page.url).text
            assert verbs(lms.kept) == ["initialized", "answered"]


def test_an_lms_that_hangs_is_away(device: Path) -> None:
    """It takes the request and says nothing: the learner is not left before an empty page."""
    with start("tests.support.fake_lms", str(device / "lms"), NAME) as lms, served(launch_url(NAME)) as page:
        try:
            assert lms.stdout is not None
            lms.stdout.readline()
            ask(page.url)
            step(page.url, "answer", question="0", response=ANSWERS[0])
            lms.send_signal(signal.SIGSTOP)
            assert "One moment, please" in ask(page.url).text
            lms.send_signal(signal.SIGCONT)
            assert "Right!" in ask(page.url).text
        finally:
            lms.kill()
    assert verbs(kept(device / "lms")) == ["initialized", "answered"]


@pytest.mark.parametrize(
    ("what", "why", "said"),
    [
        ("fetch", "launch the lesson again", []),
        ("answered", "answered: not here", ["initialized", "terminated"]),
    ],
)
def test_a_refusal_is_shown_and_told(device: Path, what: str, why: str, said: list[str]) -> None:
    """To the learner calmly, to the caller as exit 1 and one line; the page stays until it was read."""
    with FakeLms(device / "lms", NAME, (f"refuse:{what}",)) as lms, served(lms) as page:
        ask(page.url)
        step(page.url, "answer", question="0", response=ANSWERS[0])
        text = ask(page.url).text
        assert ("This lesson cannot go on" in text, why in text) == (True, True)
        ask(f"{page.url}back")
        status, _, err = page.end()
        assert (status, len(err.splitlines()), verbs(lms.kept)) == (1, 1, said)


@pytest.mark.parametrize("place", [None, "javascript:alert(1)"])
def test_without_a_place_to_go_back_to(device: Path, place: str | None) -> None:
    """A friendly end; nobody is sent into a script."""
    data = {name: value for name, value in LAUNCH_DATA.items() if name != "returnURL"}
    data |= {"returnURL": place} if place else {}
    with FakeLms(device / "lms", NAME, launch_data=data) as lms, served(lms) as page:
        ask(page.url)
        step(page.url, "stop")
        assert ">Finish</a>" in ask(page.url).text
        last = ask(f"{page.url}back")
        assert (last.status, "You can close this window now." in last.text) == (200, True)
        assert page.end()[0] == 0


def test_there_is_no_way_back_before_the_end(device: Path) -> None:
    """The address by itself ends nothing."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        ask(page.url)
        assert ask(f"{page.url}back").headers["location"] == page.url
        assert "Question 1 of 5" in ask(page.url).text


def test_a_learner_who_passed_before_hears_so(device: Path) -> None:
    """Practice is praised; a failed one is not called a failure."""
    with FakeLms(device / "lms", NAME) as lms:
        for answers, told in ((ANSWERS, "Well done, you passed!"), (["0"] * 5, "You passed this lesson before.")):
            (lms.folder / "token-given").unlink(missing_ok=True)
            with served(lms) as page:
                assert told in work(page.url, answers)


def test_failed_can_be_tried_again(device: Path) -> None:
    """In a new launch, from the start."""
    with FakeLms(device / "lms", NAME) as lms:
        for answers, told in ((["0"] * 5, "Not passed yet."), (ANSWERS, "Well done, you passed!")):
            (lms.folder / "token-given").unlink(missing_ok=True)
            with served(lms) as page:
                assert told in work(page.url, answers)
        assert [verb for verb in verbs(lms.kept) if verb in ("failed", "passed")] == ["failed", "passed"]


# --- who is let in --------------------------------------------------------------------------------------------------


def test_every_answer_says_what_a_browser_may_do(device: Path) -> None:
    """Pages, files, redirects and refusals: no script or style but our files, no frame, nothing kept."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        answers = [ask(page.url), ask(f"{page.url}lesson.css"), step(page.url, "next"), ask(f"{page.url}none")]
        assert [answer.status for answer in answers] == [200, 200, 303, 404]
        for answer in answers:
            told = answer.headers
            assert (told["cache-control"], told["x-content-type-options"]) == ("no-store", "nosniff")
            assert (told["referrer-policy"], "server" in told) == ("same-origin", False)
            assert "default-src 'none'" in told["content-security-policy"]
            assert "unsafe" not in told["content-security-policy"]
        assert not re.search(r"<style|style=|<script>|\son\w+=", answers[0].text)


def test_strangers_are_not_let_in(device: Path) -> None:
    """Another name for this machine, no key, a form of another page, something large: nothing happens."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as page:
        root = page.url.removesuffix(f"{urlsplit(page.url).path}")
        assert ask(page.url, Host="evil.example").status == 421
        assert ask(f"{root}/").status == 404
        assert ask(f"{root}/guess/").status == 404
        assert ask(f"{page.url}stop", "POST", {}, Origin="https://evil.example").status == 403
        assert ask(f"{page.url}stop", "POST", {}, Origin="null").status == 403
        assert ask(f"{page.url}stop").status == 405
        assert lms.requests == []
        assert step(page.url, "answer", question="0", response="1" * 5000).status == 413
        assert "Question 1 of 5" in ask(page.url).text


def test_the_server_is_on_the_loopback_interface_only(device: Path) -> None:
    """With an address that nobody guesses, another each time."""
    with FakeLms(device / "lms", NAME) as lms, served(lms) as one, served(lms) as other:
        keys = [urlsplit(page.url).path for page in (one, other)]
        assert (len(set(keys)), all(len(key) > 30 for key in keys)) == (2, True)
        port = urlsplit(one.url).port
        assert {urlsplit(page.url).hostname for page in (one, other)} == {"127.0.0.1"}
        with socket.socket() as outside:
            outside.settimeout(2)
            assert outside.connect_ex(("127.0.0.2", port or 0)) != 0


def test_the_address_is_said_and_opened(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First of all, in one line; and the person's browser is started with it, unless told otherwise."""
    browser = device / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{device}/opened.part"\nmv "{device}/opened.part" "{device}/opened"\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with FakeLms(device / "lms", NAME) as lms, start("content_app", lms.launch_url(), "--browser") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.removeprefix("The lesson is at ").strip()
        wait_for((device / "opened").exists, SECONDS)
        assert (device / "opened").read_text().strip() == url
        leave(url)
        assert process.wait(timeout=SECONDS) == 0


def test_a_second_signal_ends_it_at_once(device: Path) -> None:
    """Where the LMS stays away, nobody has to wait for its patience."""
    with served(launch_url(NAME)) as page:
        with FakeLms(device / "lms", NAME):
            ask(page.url)
        page.process.send_signal(signal.SIGTERM)
        wait_for(lambda: _refuses(page), SECONDS)
        page.process.send_signal(signal.SIGTERM)
        assert page.process.wait(timeout=SECONDS) == -signal.SIGTERM


def _refuses(page: Served) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", urlsplit(page.url).port or 0)) != 0


def test_the_journal_is_kept(device: Path) -> None:
    """A line for each acknowledged statement, as without a page."""
    journal = device / "journal"
    with FakeLms(device / "lms", NAME) as lms, served(lms, "--journal", str(journal)) as page:
        leave(page.url)
        assert (page.end()[0], len(journal.read_text().splitlines())) == (0, 2)
