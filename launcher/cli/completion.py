"""`offline-lrs completion SHELL`: a script that completes this command line, made from the very parser that reads it.

`described` turns the parser into values; `bash`, `zsh` and `fish` turn those into text. The script knows commands,
flags, choices, and where a file or a folder is meant; it never starts the program.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.cli import common
from launcher.cli.commands import tell

FILE, FOLDER, TEXT = "file", "folder", "text"
HOW = """\
Make it available in this shell, or in every new one:

  bash:  eval "$(offline-lrs completion bash)"        # or into ~/.local/share/bash-completion/completions/offline-lrs
  zsh:   eval "$(offline-lrs completion zsh)"         # after compinit, or into a folder of $fpath as _offline-lrs
  fish:  offline-lrs completion fish | source         # or into ~/.config/fish/completions/offline-lrs.fish
"""


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    text = "print a script that completes commands, flags and files in your shell"
    made = common(
        commands.add_parser(
            name, help=text, description=text, epilog=HOW, formatter_class=argparse.RawDescriptionHelpFormatter
        )
    )
    made.add_argument("shell", choices=tuple(SCRIPTS))
    made.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print it."""
    from launcher.cli import parser

    script = SCRIPTS[given.shell](described(parser()))
    if given.json:
        tell(given, {"shell": given.shell, "script": script}, lambda _: ())
    else:
        sys.stdout.write(script)
    return 0


# --- the command line as values -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in one place: one of `choices`, or a file, a folder, or some text."""

    name: str
    kind: str = TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """One option; without `value` it stands by itself."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """One command, or a word on the way to some: then `actions` has their names and what they do."""

    words: tuple[str, ...]
    flags: tuple[Flag, ...]
    places: tuple[Value, ...]
    rest: Value | None
    actions: tuple[tuple[str, str], ...]


def described(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> tuple[Described, ...]:
    """The parser's own words and those of everything below it, outer ones first."""
    return tuple(_described(parser, words))


def _described(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[Described]:
    groups = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    plain = [one for one in parser._actions if one not in groups]
    places = [one for one in plain if not one.option_strings]
    yield Described(
        words,
        tuple(
            Flag(tuple(one.option_strings), _help(one), _value(one), isinstance(one, argparse._AppendAction))
            for one in plain
            if one.option_strings
        ),
        tuple(_value(one) or Value(one.dest) for one in places if one.nargs not in ("*", "+")),
        next((_value(one) for one in places if one.nargs in ("*", "+")), None),
        tuple((one.dest, _help(one)) for group in groups for one in group._choices_actions),
    )
    for group in groups:
        for name, below in group.choices.items():
            yield from _described(below, (*words, name))


def _value(action: argparse.Action) -> Value | None:
    if action.nargs == 0:
        return None
    name = str(action.metavar or action.dest)
    if action.choices is not None:
        return Value(name, TEXT, tuple(str(one) for one in action.choices))
    return Value(name, FOLDER if name == "DIR" else FILE if action.type is Path else TEXT)


def _help(action: argparse.Action) -> str:
    return re.sub(r"\s+", " ", action.help or "").replace("%%", "%")


def _quoted(text: str) -> str:
    """For bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _with_value(found: Sequence[Described]) -> list[str]:
    """Every flag that takes a value, by all its names."""
    return sorted({name for one in found for flag in one.flags if flag.value is not None for name in flag.names})


# --- bash -----------------------------------------------------------------------------------------------------------

BASH = r"""# Completes offline-lrs in bash 3.2 and newer.
_offline_lrs() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} at= place=0 skip= word i
    [ "$current" = = ] && current=
    [ "$previous" = = ] && previous=${COMP_WORDS[COMP_CWORD - 2]}
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [ "$word" = = ] && continue
        if [ -n "$skip" ]; then skip=; continue; fi
        case $word in
            @VALUED@) skip=1; continue ;;
            -*) continue ;;
        esac
        case $at/$word in
@STEPS@
            *) place=$((place + 1)) ;;
        esac
    done
    case $at:$previous in
@VALUES@
    esac
    case $current in
        -*)
            case $at in
@FLAGS@
            esac
            return ;;
    esac
    case $at:$place in
@PLACES@
    esac
}

_offline_lrs_words() {
    local IFS=$' \n'
    COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_offline_lrs_paths() {
    local IFS=$'\n'
    COMPREPLY=($(compgen "$1" -- "$current"))
    compopt -o filenames 2>/dev/null
}

complete -F _offline_lrs offline-lrs
"""


def bash(found: Sequence[Described]) -> str:
    """The script for bash."""
    steps, values, flags, places = [], [], [], []
    for one in found:
        at = "".join(f"/{word}" for word in one.words)
        if one.words:
            steps.append(f"{at}) at={at} ;;")
        for flag in one.flags:
            if flag.value is not None:
                values += [f"{at}:{name}) {_bash_value(flag.value)}return ;;" for name in flag.names]
        names = " ".join(name for flag in one.flags for name in flag.names)
        flags.append(f"{at or _quoted('')}) _offline_lrs_words {_quoted(names)} ;;")
        if one.actions:
            actions = " ".join(name for name, _ in one.actions)
            places.append(f"{at}:0) _offline_lrs_words {_quoted(actions)} ;;")
        places += [f"{at}:{number}) {_bash_value(place)};;" for number, place in enumerate(one.places)]
        if one.rest is not None:
            places.append(f"{at}:*) {_bash_value(one.rest)};;")
    text = BASH.replace("@VALUED@", " | ".join(_with_value(found)))
    for name, lines, depth in (
        ("STEPS", steps, 12),
        ("VALUES", values, 8),
        ("FLAGS", flags, 16),
        ("PLACES", places, 8),
    ):
        text = text.replace(f"@{name}@", "\n".join(" " * depth + line for line in lines))
    return text


def _bash_value(value: Value) -> str:
    if value.choices:
        return f"_offline_lrs_words {_quoted(' '.join(value.choices))}; "
    return {FILE: "_offline_lrs_paths -f; ", FOLDER: "_offline_lrs_paths -d; "}.get(value.kind, "")


# --- zsh ------------------------------------------------------------------------------------------------------------


def zsh(found: Sequence[Described]) -> str:
    """The script for zsh."""
    functions = "\n\n".join(_zsh_function(one) for one in found)
    return f"""#compdef offline-lrs
# Completes offline-lrs in zsh.

{functions}

if [[ ${{funcstack[1]}} == _offline-lrs || ${{funcstack[1]}} == _offline_lrs ]]; then
    _offline_lrs "$@"
else
    compdef _offline_lrs offline-lrs
fi
"""


def _zsh_function(one: Described) -> str:
    name = "_".join(("_offline_lrs", *one.words))
    specs = [spec for flag in one.flags for spec in _zsh_flag(flag)]
    specs += [f":{_zsh_value(place)}" for place in one.places]
    specs += [] if one.rest is None else [f"*:{_zsh_value(one.rest)}"]
    if not one.actions:
        return f"{name}() {{\n    _arguments -s \\\n{_zsh_lines(specs)}\n}}"
    actions = "\n".join(f"                {_quoted(_zsh_plain(word) + ':' + text)}" for word, text in one.actions)
    below = "\n".join(f"                {word}) {name}_{word} ;;" for word, _ in one.actions)
    specs += [":command:->command", "*::rest:->rest"]
    return f"""{name}() {{
    local context state state_descr line
    typeset -A opt_args
    _arguments -s -C \\
{_zsh_lines(specs)}
    case $state in
        command)
            local -a found=(
{actions}
            )
            _describe command found ;;
        rest)
            case $line[1] in
{below}
            esac ;;
    esac
}}"""


def _zsh_lines(specs: Sequence[str]) -> str:
    return " \\\n".join(f"        {_quoted(spec)}" for spec in specs)


def _zsh_flag(flag: Flag) -> Iterator[str]:
    others = "" if flag.again else f"({' '.join(flag.names)})"
    for name in flag.names:
        value = "" if flag.value is None else f":{_zsh_value(flag.value)}"
        yield f"{'*' if flag.again else others}{name}[{_zsh_plain(flag.help)}]{value}"


def _zsh_value(value: Value) -> str:
    name = _zsh_plain(value.name)
    if value.choices:
        return f"{name}:({' '.join(value.choices)})"
    return name + {FILE: ":_files", FOLDER: ":_files -/"}.get(value.kind, ": ")


def _zsh_plain(text: str) -> str:
    """What means something in a specification loses its meaning."""
    return re.sub(r"([\\\[\]:])", r"\\\1", text)


# --- fish -----------------------------------------------------------------------------------------------------------

FISH = """# Completes offline-lrs in fish.
function __offline_lrs_at --description 'Whether the words so far name this command, and so many of its arguments'
    set -l words (commandline -opc)
    set -l path
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word @VALUED@
            set skip 1
        else if not string match -q -- '-*' $word
            set -a path $word
        end
    end
    set -l wanted (string split ' ' -- $argv[1])
    test -z "$argv[1]"; and set wanted
    set -l depth (count $wanted)
    test (count $path) -ge $depth; or return 1
    if test $depth -gt 0
        test "$path[1..$depth]" = "$wanted"; or return 1
    end
    set -l place (math (count $path) - $depth)
    test (count $argv) = 1; or test $place -ge $argv[2] -a $place -le $argv[3]
end

complete -c offline-lrs -f
"""
MANY = 1000


def fish(found: Sequence[Described]) -> str:
    """The script for fish."""
    lines = [line for one in found for line in _fish_lines(one)]
    return FISH.replace("@VALUED@", " ".join(_with_value(found))) + "\n".join(lines) + "\n"


def _fish_lines(one: Described) -> Iterator[str]:
    words = " ".join(one.words)

    def at(condition: str) -> str:
        return f"complete -c offline-lrs -n {_fish(condition)}"

    for name, text in one.actions:
        yield f"{at(f'__offline_lrs_at {_fish(words)} 0 0')} -a {name} -d {_fish(text)}"
    for flag in one.flags:
        condition = f"__offline_lrs_at {_fish(words)}{' 0 0' if one.actions else ''}"
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
        value = "" if flag.value is None else f" {_fish_value(flag.value) or '-x'}"
        yield f"{at(condition)} {names}{value} -d {_fish(flag.help)}"
    for number, place in enumerate(one.places):
        if value := _fish_value(place):
            yield f"{at(f'__offline_lrs_at {_fish(words)} {number} {number}')} {_as_place(value)}"
    if one.rest is not None and (value := _fish_value(one.rest)):
        yield f"{at(f'__offline_lrs_at {_fish(words)} {len(one.places)} {MANY}')} {_as_place(value)}"


def _fish_value(value: Value) -> str:
    if value.choices:
        return f"-x -a {_fish(' '.join(value.choices))}"
    return {FILE: "-r -F", FOLDER: "-x -a '(__fish_complete_directories)'"}.get(value.kind, "")


def _as_place(value: str) -> str:
    """What completes a flag's value, for a place of its own."""
    return value.removeprefix("-x ").removeprefix("-r ")


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPTS: dict[str, Callable[[Sequence[Described]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
