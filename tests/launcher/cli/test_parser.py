"""What there is to type: every command, with the same three flags, and settings that are settings."""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from launcher import cli
from launcher.cli import serve
from lrs.settings import Settings


def _commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that can be run, with its whole name."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name, parser
    for action in inner:
        for word, child in action.choices.items():
            yield from _commands(child, f"{name} {word}".strip())


EVERY = dict(_commands(cli.parser()))


def _flags(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def test_every_promised_command_is_there() -> None:
    """By these names, on which scripts and notes of other people rely."""
    expected = {
        "serve",
        "demo",
        *(f"credentials {word}" for word in ("add", "list", "remove")),
        *(f"courses {word}" for word in ("import", "list", "export", "remove")),
        *(f"people {word}" for word in ("add", "list")),
        *(f"registrations {word}" for word in ("add", "list", "show")),
        "launch",
        "sync",
        *(f"destinations {word}" for word in ("add", "list", "pause", "resume", "remove")),
        *(f"outbox {word}" for word in ("list", "show", "retry", "remove", "export")),
        "doctor",
        "completion",
    }
    assert set() == expected - EVERY.keys()


@pytest.mark.parametrize("name", EVERY)
def test_every_command_takes_the_common_flags(name: str) -> None:
    """`--data`, `--json` and `--help`, the same everywhere."""
    assert set() == {"--data", "--json", "--help"} - _flags(EVERY[name])


@pytest.mark.parametrize("name", EVERY)
def test_every_command_says_what_it_does(name: str) -> None:
    """`--help` is more than a list of flags."""
    assert EVERY[name].description


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_alone_is_described_as_among_all(name: str) -> None:
    """Only the named command's module is loaded, and what it takes is the same."""
    alone = dict(_commands(cli.parser([name])))
    assert {word: _flags(EVERY[word]) for word in alone} == {word: _flags(one) for word, one in alone.items()}


def test_serves_flags_are_settings() -> None:
    """A flag that is no setting would be read by nobody; each comes into `Settings` under its own name."""
    settings = {field.name for field in dataclasses.fields(Settings)}
    taken = {action.dest for action in EVERY["serve"]._actions} - {"help", "data", "json", "run"}
    assert (set(serve.FLAGS), set()) == (taken, set(serve.FLAGS) - settings)


@pytest.mark.parametrize("name", serve.FLAGS)
def test_an_omitted_flag_says_nothing(name: str) -> None:
    """So that the environment and `config.toml` have their say."""
    assert getattr(cli.parser(["serve"]).parse_args(["serve"]), name) is None


@pytest.mark.parametrize(
    "words",
    [[], ["nonsense"], ["courses"], ["courses", "import"], ["launch", "c", "one", "p"], ["sync"], ["demo", "x"]],
)
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And says how it is used, on standard error."""
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.startswith("usage: offline-lrs")) == (2, "", True)


@pytest.mark.parametrize("words", [["courses"], ["launch", "c", "one", "p"], ["sync"]])
def test_wrong_usage_is_a_problem_for_a_program_that_asked_in_json(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With how it is used; nothing on standard output, and still 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--json"])
    told = capsys.readouterr()
    problem = json.loads(told.err)
    assert (ended.value.code, told.out, problem["title"]) == (2, "", "Wrong usage")
    assert (problem["usage"].startswith("usage: offline-lrs"), bool(problem["detail"])) == (True, True)


def test_help_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    """And names every command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    told = capsys.readouterr().out
    assert (ended.value.code, [name for name in cli.COMMANDS if name not in told]) == (0, [])


@pytest.mark.parametrize("name", ["serve", "people"])
def test_a_command_loads_no_other_commands_libraries(name: str) -> None:
    """The woken service must not wait for what only the demonstration needs."""
    script = (
        f"import sys; from launcher.cli import parser; parser([{name!r}]);"
        "print(sorted(set(sys.modules) & {'launcher.cli.demo', 'fastapi', 'sqlalchemy', 'lxml', 'jinja2'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
