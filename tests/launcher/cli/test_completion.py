"""Completion knows what the parser knows: asked of a real bash, and of the other two scripts by what they say."""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher import cli
from launcher.cli import completion
from launcher.cli.completion import FILE, FOLDER, Described, Flag, Value

EVERY = completion.described(cli.parser())
BY_NAME = {" ".join(one.words): one for one in EVERY}
ASK = """
source /dev/stdin <<'SCRIPT'
%s
SCRIPT
complete -p offline-lrs > /dev/null || exit 9
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_offline_lrs
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def ask(folder: Path, *words: str, script: str = "") -> list[str]:
    """What bash offers for the last word."""
    text = ASK % (script or completion.bash(EVERY))
    asked = ["bash", "--norc", "-c", text, "bash", *words]
    done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file and a folder in it."""
    (tmp_path / "course one.zip").touch()
    (tmp_path / "courses").mkdir()
    return tmp_path


# --- bash -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [one for one in EVERY if one.actions], ids=lambda one: " ".join(one.words) or "alone")
def test_bash_offers_every_command(folder: Path, one: Described) -> None:
    """At each level those that there are."""
    assert ask(folder, "offline-lrs", *one.words, "") == [name for name, _ in one.actions]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: " ".join(one.words) or "alone")
def test_bash_offers_every_flag(folder: Path, one: Described) -> None:
    """Of that command and of no other."""
    assert ask(folder, "offline-lrs", *one.words, "-") == [name for flag in one.flags for name in flag.names]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("cou",), ["courses"]),
        (("nonsense", ""), []),
        (("--json", "courses", "li"), ["list"]),
        (("courses", "--data", "import", "li"), ["list"]),  # a flag's value is no command
        (("courses", "--data=import", "li"), ["list"]),
        (("courses", "--data", "=", "import", "li"), ["list"]),  # as bash splits the line
        (("courses", "import", "c"), ["course one.zip", "courses"]),
        (("courses", "import", "--json", "course "), ["course one.zip"]),
        (("courses", "import", "x", "c"), []),
        (("courses", "import", "--data", "c"), ["courses"]),
        (("courses", "import", "--data", "=", "c"), ["courses"]),
        (("courses", "export", "c"), []),
        (("courses", "export", "x", "--output", "course "), ["course one.zip"]),
        (("serve", "--default-version", ""), ["1.0.3", "2.0.0"]),
        (("serve", "--default-version", "2"), ["2.0.0"]),
        (("people", "add", "--role", "t"), ["teacher"]),
        (("people", "add", "--role", "teacher", "--i"), ["--id"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("completion", "bash", ""), []),
    ],
)
def test_bash_offers_what_belongs_there(folder: Path, words: tuple[str, ...], offered: list[str]) -> None:
    """Commands, choices, files and folders; where only the person knows, nothing."""
    assert sorted(ask(folder, "offline-lrs", *words)) == sorted(offered)


def test_bash_completes_on_the_line(folder: Path) -> None:
    """In a shell that somebody types into: Tab writes the word, and quotes a file's blank."""
    shell, terminal = pty.openpty()
    words = ["bash", "--norc", "--noprofile", "-i"]
    kept = {**os.environ, "PS1": "> ", "TERM": "dumb", "INPUTRC": "/dev/null", "HISTFILE": ""}
    with subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, cwd=folder, env=kept) as process:
        os.close(terminal)
        script = folder / "completion.bash"
        script.write_text(completion.bash(EVERY))
        os.write(shell, f"source {shlex.quote(str(script))}\noffline-lrs cour\timp\tcourse\\ \t--js\t".encode())
        read_until(shell, r"offline-lrs courses import course\\ one\.zip --json ")
        process.kill()
    os.close(shell)


def read_until(descriptor: int, wanted: str) -> None:
    """Return when the terminal shows it."""
    shown, deadline = "", time.monotonic() + 20
    while not re.search(wanted, re.sub(r"\x07|\x1b\[\S*?[A-Za-z]", "", shown)):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, shown
        shown += os.read(descriptor, 4096).decode()


# --- all three ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_others_name_every_command_and_flag(shell: str) -> None:
    """Each with what it does, where that shell shows it."""
    script = completion.SCRIPTS[shell](EVERY)
    for one in EVERY:
        for name, text in one.actions:
            assert name in script
            assert text.replace("'", "'\\''" if shell == "zsh" else "\\'") in script.replace("\\:", ":")
        for name in (name for flag in one.flags for name in flag.names):
            fish = f"-l {name[2:]} " if name.startswith("--") else f"-s {name[1:]} "
            assert (f"{name}[" if shell == "zsh" else fish) in script


def zsh_function(script: str, *words: str) -> str:
    """The part of the script that is about one command."""
    name = "_".join(("_offline_lrs", *words))
    return script[script.index(f"\n{name}() {{") :].partition("\n}\n")[0]


def test_zsh_gives_each_command_its_own() -> None:
    """Choices, files, folders; a group leads on to its actions."""
    script = completion.zsh(EVERY)
    assert script.startswith("#compdef offline-lrs\n")
    assert len(EVERY) == len(re.findall(r"^_offline_lrs\w*\(\) \{$", script, re.MULTILINE))
    for one in EVERY:
        part = zsh_function(script, *one.words)
        for name, _ in one.actions:
            assert f"{name}) {'_'.join(('_offline_lrs', *one.words, name))} ;;" in part
    assert "':FILE:_files'" in zsh_function(script, "courses", "import")
    assert "]:DIR:_files -/'" in zsh_function(script, "courses", "import")
    assert ":(1.0.3 2.0.0)'" in zsh_function(script, "serve")
    assert "'*--scope[" in zsh_function(script, "credentials", "add")
    assert "'*:STATEMENT: '" in zsh_function(script, "outbox", "retry")


def test_fish_gives_each_command_its_own() -> None:
    """Under a condition that names the command, and only there."""
    lines = completion.fish(EVERY).splitlines()

    def about(words: str) -> list[str]:
        return [line for line in lines if f"__offline_lrs_at \\'{words}\\'" in line]

    for name, one in BY_NAME.items():
        assert len(about(name)) >= len(one.actions) + len(one.flags)
    assert any(line.endswith("-F") for line in about("courses import"))
    assert any("-l data -x -a '(__fish_complete_directories)'" in line for line in about("courses import"))
    assert any("-l default-version -x -a '1.0.3 2.0.0'" in line for line in about("serve"))
    assert any("0 0' -a 'bash zsh fish'" in line for line in about("completion"))


NASTY = 'it\'s 100% [a]: $(exit 7) `exit 7` \\ "so"'


def nasty() -> tuple[Described, ...]:
    """A command line whose texts mean something to shells."""
    parser = argparse.ArgumentParser("offline-lrs")
    parser.add_argument("--flag", metavar="IT'S", help=NASTY.replace("%", "%%"))
    parser.add_subparsers().add_parser("act", help=NASTY.replace("%", "%%"))
    return completion.described(parser)


def test_a_text_cannot_speak_to_the_shell(folder: Path) -> None:
    """What a help text says stays text."""
    found = nasty()
    assert found[0].actions == (("act", NASTY),)
    assert ask(folder, "offline-lrs", "", script=completion.bash(found)) == ["act"]
    assert "--flag[" + NASTY.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:").replace(
        "'", "'\\''"
    ) in completion.zsh(found)
    assert "-d '" + NASTY.replace("\\", "\\\\").replace("'", "\\'") + "'" in completion.fish(found)


# --- what is completed ----------------------------------------------------------------------------------------------


def test_the_parser_as_values() -> None:
    """What a flag takes follows from how it is declared."""
    command = BY_NAME["courses export"]
    flags: dict[str, Flag] = {flag.names[-1]: flag for flag in command.flags}
    assert (flags["--json"].value, flags["--data"].value) == (None, Value("DIR", FOLDER))
    assert (flags["--output"].value, command.places) == (Value("FILE", FILE), (Value("COURSE"),))
    assert [flag.names for flag in BY_NAME["credentials add"].flags if flag.again] == [("--scope",)]
    assert BY_NAME["outbox retry"].rest == Value("STATEMENT")


@pytest.mark.parametrize("shell", completion.SCRIPTS)
def test_the_command_prints_the_script(run_alone: Callable[..., str], shell: str) -> None:
    """Ready for `eval`, and as one value for a program."""
    script = completion.SCRIPTS[shell](EVERY)
    assert run_alone("completion", shell) == script
    assert '"shell": ' + f'"{shell}"' in run_alone("completion", shell, "--json")


@pytest.fixture
def run_alone(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints."""

    def command(*words: str) -> Any:
        assert cli.main(list(words)) == 0
        return capsys.readouterr().out

    return command
