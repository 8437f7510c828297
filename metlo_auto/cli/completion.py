"""Completion scripts for bash, zsh and fish from a table of options; knows the shells, not what the options do."""

import re
from typing import Iterable, Iterator, List, NamedTuple, Tuple


class Option(NamedTuple):
    """`value` is what its value is called, "" for a switch; FILE and DIR are completed as such, `choices` as given."""

    names: Tuple[str, ...]
    value: str = ""
    help: str = ""
    choices: Tuple[str, ...] = ()


class Command(NamedTuple):
    """A subcommand."""

    name: str
    help: str
    options: Tuple[Option, ...]


class Program(NamedTuple):
    """`runs_another`: what follows the options is another command with its arguments, as after `env` or `nice`."""

    name: str
    options: Tuple[Option, ...]
    commands: Tuple[Command, ...] = ()
    runs_another: bool = False


def script(shell: str, program: Program) -> str:
    """What is to be sourced in the shell `shell`: bash, zsh or fish."""
    return "\n".join({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](program)) + "\n"


def _function(program: Program) -> str:
    return "_" + re.sub(r"\W", "_", program.name)


# The loop leaves in `command` the first word that is no option and no value of one: a subcommand, or what is run.
_BASH = """\
%(function)s() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= at=1
    [[ $word == = ]] && word=
    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
    COMPREPLY=()
    while ((at < COMP_CWORD)); do
        case ${COMP_WORDS[at]} in
            %(valued)s) [[ ${COMP_WORDS[at+1]} == = ]] && ((at += 1)); ((at += 2)) ;;
            -*) ((at += 1)) ;;
            *) command=${COMP_WORDS[at]}; break ;;
        esac
    done"""
_BASH_RUNS_ANOTHER = """\
    if [[ -n $command ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
        declare -F _command_offset >/dev/null && _command_offset "$at"
        return
    fi
    if ((at == COMP_CWORD)) && [[ $word != -* ]]; then COMPREPLY=($(compgen -c -- "$word")); return; fi"""


def _bash(program: Program) -> Iterator[str]:
    everything = program.options + tuple(option for command in program.commands for option in command.options)
    valued = _names(option for option in everything if option.value)
    yield _BASH % {"function": _function(program), "valued": "|".join(sorted(set(valued)))}
    if program.runs_another:
        yield _BASH_RUNS_ANOTHER
    yield "    case $command/$before in"
    for scope, options in [("", program.options)] + [(command.name, command.options) for command in program.commands]:
        for option in options:
            if option.value:
                patterns = "|".join("%s/%s" % (scope, name) for name in option.names)
                yield "        %s) %s; return ;;" % (patterns, _bash_values(option))
    yield "    esac"
    yield "    case $command in"
    for command in program.commands:
        yield "        %s) %s ;;" % (command.name, _bash_words(_names(command.options)))
    yield "        '') %s ;;" % _bash_words([command.name for command in program.commands] + _names(program.options))
    yield "    esac"
    yield "}"
    yield "complete -F %s %s" % (_function(program), program.name)


def _bash_values(option: Option) -> str:
    if option.choices:
        return _bash_words(list(option.choices))
    kinds = {"FILE": "-f", "DIR": "-d"}
    return "COMPREPLY=($(compgen %s -- \"$word\"))" % kinds[option.value] if option.value in kinds else ":"


def _bash_words(words: List[str]) -> str:
    return "COMPREPLY=($(compgen -W %s -- \"$word\"))" % _quoted(" ".join(words))


def _zsh(program: Program) -> Iterator[str]:
    name = _function(program)
    yield "#compdef " + program.name
    yield "%s() {" % name
    yield "    local context state state_descr line curcontext=$curcontext"
    yield "    typeset -A opt_args"
    if program.runs_another:
        yield _zsh_arguments("    ", program.options, ["'(-):command:_command_names -e'", "'*::arguments:_normal'"])
        yield "}"
    else:
        yield _zsh_arguments("    ", program.options, ["'1:command:->command'", "'*::arguments:->arguments'"], "-C ")
        yield "    case $state in"
        commands = [_quoted("%s:%s" % (command.name, command.help)) for command in program.commands]
        yield "        command) local -a commands=(%s); _describe command commands ;;" % " ".join(commands)
        yield "        arguments)"
        yield "            case $line[1] in"
        for command in program.commands:
            yield "                %s)" % command.name
            yield _zsh_arguments(" " * 20, command.options, []) + " ;;"
        yield "            esac ;;"
        yield "    esac"
        yield "}"
    # sourced, or autoloaded from a folder in fpath
    yield 'if [[ $funcstack[1] = %s ]]; then %s "$@"; else compdef %s %s; fi' % (name, name, name, program.name)


def _zsh_arguments(indent: str, options: Tuple[Option, ...], rest: List[str], flags: str = "") -> str:
    specs = [_zsh_spec(option, name) for option in options for name in option.names] + rest
    return (" \\\n" + indent + "    ").join(["%s_arguments %s-s -S :" % (indent, flags)] + specs)


def _zsh_spec(option: Option, name: str) -> str:
    text = re.sub(r"([\[\]:\\])", r"\\\1", option.help)
    # "=": the value may follow it, or be the next word
    spec = "%s%s[%s]" % (name, "=" if option.value and name.startswith("--") else "", text)
    if option.value:
        actions = {"FILE": "_files", "DIR": "_files -/"}
        action = "(%s)" % " ".join(option.choices) if option.choices else actions.get(option.value, " ")
        spec += ":%s:%s" % (option.value, action)
    return _quoted(spec)


def _fish(program: Program) -> Iterator[str]:
    start = "complete -c %s" % program.name
    top = start + (" -n __fish_use_subcommand" if program.commands else "")
    yield start + " -f"
    if program.runs_another:
        yield start + " -x -a '(__fish_complete_subcommand)'"
    for option in program.options:
        yield top + _fish_option(option)
    for command in program.commands:
        yield "%s -a %s -d %s" % (top, command.name, _fish_quoted(command.help))
        for option in command.options:
            yield "%s -n '__fish_seen_subcommand_from %s'%s" % (start, command.name, _fish_option(option))


def _fish_option(option: Option) -> str:
    words = "".join(" -l " + name[2:] if name.startswith("--") else " -s " + name[1:] for name in option.names)
    if option.choices:
        words += " -x -a %s" % _fish_quoted(" ".join(option.choices))
    elif option.value:
        words += {"FILE": " -r -F", "DIR": " -x -a '(__fish_complete_directories)'"}.get(option.value, " -x")
    return words + (" -d " + _fish_quoted(option.help) if option.help else "")


def _names(options: Iterable[Option]) -> List[str]:
    return [name for option in options for name in option.names]


def _quoted(text: str) -> str:
    return "'%s'" % text.replace("'", "'\\''")


def _fish_quoted(text: str) -> str:
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "\\'")
