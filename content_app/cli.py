"""`python -m content_app LAUNCH_URL`: the lesson in a terminal, from a script of answers, or as a page.

Exit 0: the lesson was given to the end, or the learner left and `terminated` is on record. 1: the LMS refused or could
not be reached, one line says why. 2: wrong usage, a launch URL that cannot be used included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from content_app import scheme, terminal
from content_app.clock import SystemClock
from content_app.errors import BadLaunch, LessonError
from content_app.launch import Launch, parse
from content_app.play import Play
from content_app.progress import MOST_EXERCISES, Attempt
from content_app.session import Patience, Session
from content_app.statements import Statement
from lrs import client

DEFAULT_COUNT = 5
IDLE_SECONDS = 1800.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _options(arguments)
    try:
        if options.register or options.unregister:
            print(scheme.register() if options.register else scheme.unregister())
            return 0
        launch = parse(options.launch_url)
        script = _script(options.answers)
    except (BadLaunch, UnicodeDecodeError) as error:
        return _fail(2, error)
    except (LessonError, OSError) as error:
        return _fail(1 if options.launch_url is None else 2, error)
    try:
        _run(launch, options, script)
    except (LessonError, client.OfflineLrsError, OSError) as error:
        return _fail(1, error)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="content_app", description="A maths lesson, launched by an LMS (cmi5).")
    parser.add_argument("launch_url", metavar="LAUNCH_URL", nargs="?", help="the launch URL, as the LMS made it")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--answers",
        metavar="FILE",
        help="answers, one a line: a literal, `right`, `wrong`, or `stop` to leave there; - is stdin",
    )
    ways.add_argument("--browser", action="store_true", help="as a page, from a server of its own on 127.0.0.1")
    ways.add_argument("--register", action="store_true", help="open offline-maths: addresses with this app from now on")
    ways.add_argument("--unregister", action="store_true", help="no longer")
    parser.add_argument("--no-open", action="store_true", help="with --browser: only say where the page is")
    parser.add_argument(
        "--idle",
        type=float,
        default=IDLE_SECONDS,
        metavar="SECONDS",
        help="with --browser: end when nobody touched the page for so long",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="which exercises; by default others each time")
    parser.add_argument("--count", type=_count, metavar="N", help="how many exercises; by default all answers, or 5")
    parser.add_argument(
        "--patience", type=float, default=Patience().seconds, metavar="SECONDS", help="for each request"
    )
    parser.add_argument("--json", action="store_true", help="sum up as one line of JSON on standard output")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="append a line for each acknowledged statement")
    options = parser.parse_args(arguments)
    if (options.launch_url is None) != (options.register or options.unregister):
        parser.error("give either a LAUNCH_URL, or --register or --unregister")
    return options


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_EXERCISES:
        raise ValueError
    return number


def _script(answers: str | None) -> list[str] | None:
    """The answers of a file; None where they are asked for as the lesson goes."""
    if answers is None or answers == "-":
        return None
    with Path(answers).open(encoding="utf-8") as file:
        return list(terminal.lines_of(file))


def _run(launch: Launch, options: argparse.Namespace, script: list[str] | None) -> None:
    clock, kept = SystemClock(), list[str]()
    with (
        contextlib.closing(client.open(launch.endpoint, launch.ipc_service)) as transport,
        _journal(options.journal, kept) as on_kept,
    ):
        session = Session(launch, transport, clock, Patience(options.patience), on_kept)
        play = Play(session, clock, Attempt(_seed(options, clock), _how_many(options, script)))
        if options.browser:
            _show(play, session, clock, options)
        else:
            _ask(play, session, options, script)
    if options.json:
        print(json.dumps(_summary(launch, play, kept), ensure_ascii=False))


def _seed(options: argparse.Namespace, clock: SystemClock) -> int:
    return clock.uuid4().int >> 96 if options.seed is None else options.seed


def _how_many(options: argparse.Namespace, script: list[str] | None) -> int:
    """As many as answers, unless the learner stops among them."""
    if options.count or not script or terminal.STOP in script:
        return options.count or DEFAULT_COUNT
    return min(len(script), MOST_EXERCISES)


def _ask(play: Play, session: Session, options: argparse.Namespace, script: list[str] | None) -> None:
    out = sys.stderr if options.json else sys.stdout
    if script is None and options.answers is None:
        ask = terminal.typed(out)
    else:
        ask = terminal.scripted(terminal.lines_of(sys.stdin) if script is None else iter(script))
    with terminal.Stop(session, options.patience) as stop:
        terminal.give(play, stop.while_asking(ask), lambda text: print(text, file=out, flush=True))


def _show(play: Play, session: Session, clock: SystemClock, options: argparse.Namespace) -> None:
    from content_app.page import desk, server  # the web framework, for those who ask for a page only

    def ready(url: str) -> None:
        print(json.dumps({"page": url}) if options.json else f"The lesson is at {url}", flush=True)
        if not options.no_open:
            _open(url)

    page = desk.Desk(play, session, clock)
    server.serve(page, secrets.token_urlsafe(24), options.idle, ready)
    page.close()


def _open(url: str) -> None:
    """In the person's browser, which is none of our process and does not write where our caller reads."""
    silent = subprocess.DEVNULL
    command = [sys.executable, "-m", "webbrowser", url]
    subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent, start_new_session=True)


# --- what is told ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _journal(path: Path | None, kept: list[str]) -> Iterator[Callable[[Statement, int], None]]:
    """Note each acknowledged statement: its id in `kept`, and a line of JSON in the file before the lesson goes on."""
    with path.open("a", encoding="utf-8") if path else contextlib.nullcontext() as file:

        def keep(statement: Statement, status: int) -> None:
            kept.append(statement["id"])
            if file:
                line = {"id": statement["id"], "verb": statement["verb"]["id"], "status": status}
                file.write(json.dumps(line) + "\n")
                file.flush()

        yield keep


def _summary(launch: Launch, play: Play, kept: list[str]) -> dict[str, Any]:
    """`answered` and `right` count the answers of earlier sessions too, of which there are `resumed`."""
    report = play.report
    return {
        "registration": launch.registration,
        "topic": launch.topic,
        "level": launch.level,
        "answered": play.number,
        "right": sum(given.right for given in play.attempt.answers),
        "resumed": report.resumed,
        "scaled": report.score.scaled if report.score else None,
        "passed": report.passed,
        "left": report.left,
        "returnURL": report.return_url,
        "statements": kept,
    }


def _fail(status: int, error: Exception) -> int:
    print(f"content_app: {' '.join(str(error).split())}", file=sys.stderr)
    return status
