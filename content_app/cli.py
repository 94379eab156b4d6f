"""`python -m content_app LAUNCH_URL`: the lesson in a terminal, or from a script of answers.

Exit 0: the lesson was given to the end, or the learner left and `terminated` is on record. 1: the LMS refused or could
not be reached, one line says why. 2: wrong usage, a launch URL that cannot be used included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

from content_app.clock import SystemClock
from content_app.errors import BadLaunch, LessonError, Stopped
from content_app.exercises import Exercise, exercises
from content_app.launch import Launch, parse
from content_app.play import Play, Report
from content_app.session import Patience, Session
from content_app.statements import Statement
from lrs import client

DEFAULT_COUNT = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _options(arguments)
    try:
        launch = parse(options.launch_url)
        script = _script(options.answers)
    except (BadLaunch, OSError, UnicodeDecodeError) as error:
        return _fail(2, error)
    try:
        report, kept = _run(launch, options, script)
    except (LessonError, client.OfflineLrsError, OSError) as error:
        return _fail(1, error)
    if options.json:
        print(json.dumps(_summary(launch, report, kept), ensure_ascii=False))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="content_app", description="A maths lesson, launched by an LMS (cmi5).")
    parser.add_argument("launch_url", metavar="LAUNCH_URL", help="the launch URL, as the LMS made it")
    parser.add_argument(
        "--answers", metavar="FILE", help="answers, one a line: a literal, `right` or `wrong`; - is stdin"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="which exercises; by default others each time")
    parser.add_argument("--count", type=_positive, metavar="N", help="how many exercises; by default all answers, or 5")
    parser.add_argument(
        "--patience", type=float, default=Patience().seconds, metavar="SECONDS", help="for each request"
    )
    parser.add_argument("--json", action="store_true", help="sum up as one line of JSON on standard output")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="append a line for each acknowledged statement")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _run(launch: Launch, options: argparse.Namespace, script: list[str] | None) -> tuple[Report, list[str]]:
    clock, stop, kept = SystemClock(), _Stop(), list[str]()
    count = options.count or (len(script) if script else DEFAULT_COUNT)
    seed = clock.uuid4().int if options.seed is None else options.seed
    out = sys.stderr if options.json else sys.stdout
    way = contextlib.closing(client.open(launch.endpoint, launch.ipc_service))
    with way as transport, _journal(options.journal, kept) as on_kept, stop:
        session = Session(launch, transport, clock, Patience(options.patience), on_kept)
        ask = _ask(_responses(options.answers, script, out), stop)
        play = Play(session, clock, ask, lambda text: print(text, file=out, flush=True))
        report = play.run(exercises(launch.topic, launch.level, seed, count))
    return report, kept


# --- where answers come from ----------------------------------------------------------------------------------------


def _script(answers: str | None) -> list[str] | None:
    """The answers of a file; None where they are asked for as the lesson goes."""
    if answers is None or answers == "-":
        return None
    return [line.strip() for line in Path(answers).read_text("utf-8").splitlines() if line.strip()]


def _responses(answers: str | None, script: list[str] | None, out: IO[str]) -> Callable[[Exercise], str | None]:
    if script is not None:
        scripted = iter(script)
        return lambda _exercise: next(scripted, None)
    if answers == "-":
        lines = _lines(sys.stdin)
        return lambda _exercise: next(lines, None)
    return lambda exercise: _typed(exercise, out)


def _lines(source: IO[str]) -> Iterator[str]:
    return (line.strip() for line in source if line.strip())


def _typed(exercise: Exercise, out: IO[str]) -> str | None:
    print(f"{exercise.prompt} = ", end="", file=out, flush=True)
    line = sys.stdin.readline()
    if not line:  # not even an empty one: standard input was closed
        print(file=out)
        return None
    return line.strip()


def _ask(responses: Callable[[Exercise], str | None], stop: _Stop) -> Callable[[Exercise], str | None]:
    def ask(exercise: Exercise) -> str | None:
        with stop.may_interrupt():
            return responses(exercise)

    return ask


class _Stop:
    """SIGINT and SIGTERM end the lesson at the next question, not in the middle of a request; the second at once."""

    def __init__(self) -> None:
        self._asked = False
        self._waiting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def may_interrupt(self) -> Iterator[None]:
        """While the learner is waited for."""
        self._waiting = True
        try:
            if self._asked:
                raise Stopped("stopped")
            yield
        finally:
            self._waiting = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if self._waiting or again:
            raise Stopped("stopped before everything was sent" if again else "stopped")


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


def _summary(launch: Launch, report: Report, kept: list[str]) -> dict[str, Any]:
    score = report.score
    return {
        "registration": launch.registration,
        "topic": launch.topic,
        "level": launch.level,
        "answered": len(report.answers),
        "right": sum(answer.right for answer in report.answers),
        "scaled": score.scaled if score else None,
        "passed": report.passed,
        "left": report.left,
        "returnURL": report.return_url,
        "statements": kept,
    }


def _fail(status: int, error: Exception) -> int:
    print(f"content_app: {' '.join(str(error).split())}", file=sys.stderr)
    return status
