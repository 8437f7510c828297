"""The command `metlo-collector`: its arguments, and errors as one line; what the subcommands do is in `commands`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Callable, Optional, Sequence

from metlo_auto.cli import completion
from metlo_auto.collector import data_folder as folders
from metlo_auto.collector.home import Home, HomeUnusable, read_environment
from metlo_auto.collector.processes import (
    clean_environment,
    import_eagerly,
    is_instrumented,
    own_command,
    seldom_look_for_cycles,
)
from metlo_auto.collector.security_tests import arguments as security_tests
from metlo_auto.collector.service import inventory_arguments, requirements_check
from metlo_auto.version import VERSION

ELSEWHERE = "METLO_COLLECTOR_CONTINUED"  # set where this command has been continued in another environment
BUFFER = "NATS servers that uploads wait on instead of the store's inbox: nats://a,b,c"
SHELLS = ("bash", "zsh", "fish")
EXAMPLES = """\
examples:
  metlo-collector serve                      run it; prints the page's address
  metlo-collector status                     the address again, and counters
  metlo-collector openapi --out openapi.json
  metlo-collector export --format har --out requests.har
  metlo-collector delete --raw               forget the requests, keep the rest

metlo-collector COMMAND --help says more. An app is sent there by
metlo-run --local, or by METLO_HOST and METLO_API_KEY as serve prints them.
"""


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir", metavar="DIR", help="where data and key are kept; default: the user's state folder"
    )
    common.add_argument(
        "--store", metavar="URL", help="database, e.g. postgresql://user@host/name; default: SQLite in DIR"
    )
    of_any_home = argparse.ArgumentParser(add_help=False, parents=[common])
    of_any_home.add_argument(
        "--key-env", metavar="NAME", help="use no folder: the API key stands in this environment variable, see --store"
    )
    parser = argparse.ArgumentParser(
        prog="metlo-collector",
        description="A Metlo-compatible collector on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"metlo-auto {VERSION}")
    parser.add_argument(
        "--print-completion", choices=SHELLS, metavar="SHELL", help="a completion script for bash, zsh or fish"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_serving(commands, of_any_home)
    _add_attach(commands, common)
    _add_analyse(commands)
    _add_reading(commands, of_any_home)
    inventory_arguments.add_arguments(commands, of_any_home)
    security_tests.add_arguments(commands, of_any_home)
    follow = commands.add_parser("follow", parents=[common])  # beside an app under `metlo-run --local`
    follow.add_argument("--pid", type=int)
    follow.add_argument("--tell", type=int)
    for name in ("--mark", "--run"):
        follow.add_argument(name)
    return parser


def _completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """From argparse's own table of arguments, as other generators read it."""
    subcommands = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    commands = [
        completion.Command(shown.dest, str(shown.help), _options(subcommands.choices[shown.dest]))
        for shown in subcommands._choices_actions  # those with a help, which "follow" has not
    ]
    return completion.script(shell, completion.Program(parser.prog, _options(parser), tuple(commands)))


def _options(parser: argparse.ArgumentParser) -> tuple[completion.Option, ...]:
    return tuple(
        completion.Option(
            tuple(action.option_strings),
            "" if action.nargs == 0 else str(action.metavar or action.dest.upper()),
            parser._get_formatter()._expand_help(action) if action.help else "",
            tuple(map(str, action.choices or ())),
        )
        for action in parser._actions
        if action.option_strings and action.help != argparse.SUPPRESS
    )


def _add_serving(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    serve = commands.add_parser("serve", parents=[common], help="run the collector in the foreground")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    serve.add_argument("--port", type=int, help="default: 4848; 0 takes any free one")
    serve.add_argument("--allow-remote", action="store_true", help="listen off loopback, readable on the network")
    serve.add_argument(
        "--allow-name",
        metavar="NAME",
        action="append",
        default=[],
        help="a further name that the page may be opened by",
    )
    serve.add_argument("--keep-requests", type=int, metavar="N", help="whole requests kept at most; default: 10000")
    serve.add_argument("--keep-megabytes", type=int, metavar="N", help="megabytes of them at most; default: 128")
    serve.add_argument("--keep-days", type=float, metavar="N", help="days that they are kept; default: 7")
    serve.add_argument("--attached", action="store_true", help=argparse.SUPPRESS)
    serve.add_argument(
        "--list-host",
        metavar="HOST",
        action="append",
        default=[],
        help="show endpoints of this host apart; beyond a few hosts of a route, those that are not listed are one",
    )
    serve.add_argument("--buffer", metavar="URL", help=BUFFER)
    serve.add_argument("--no-analyser", action="store_true", help="analysers run elsewhere: metlo-collector analyse")
    _add_analysis_processes(serve)


def _add_attach(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    attach = commands.add_parser("attach", parents=[common], help="start or reuse a collector for a process")
    attach.add_argument("--pid", type=int, required=True, help="it runs as long as this process")
    attach.add_argument("--port", type=int, help="preferred port; default: 4848")
    attach.add_argument("--run", metavar="NAME", default="", help=argparse.SUPPRESS)
    attach.add_argument("--tell", type=int, help=argparse.SUPPRESS)


def _add_analyse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    analyse = commands.add_parser("analyse", help="analyse what nodes on the same store take in, until SIGTERM")
    analyse.add_argument("--store", metavar="URL", help="their database, postgresql://…")
    analyse.add_argument("--buffer", metavar="URL", help=BUFFER)
    _add_analysis_processes(analyse)
    analyse.add_argument("--child", action="store_true", help=argparse.SUPPRESS)


def _add_analysis_processes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--analysis-processes",
        type=_processes,
        default=1,
        metavar="N",
        help="processes that read and count traces, from 2 on beside one that writes; default: %(default)s, for both",
    )


def _processes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)


def _add_reading(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    status = commands.add_parser("status", parents=[common], help="what was accepted, applied, refused")
    status.add_argument("--json", action="store_true", help="for machines")
    openapi = commands.add_parser("openapi", parents=[common], help="the API as an OpenAPI 3.1 document")
    openapi.add_argument("--out", metavar="FILE", default="", help="write it there instead of to standard output")
    openapi.add_argument(
        "--check", metavar="FILE", help="exit 1 where traffic differs from this document (JSON or YAML)"
    )
    openapi.add_argument(
        "--declared", action="store_true", help="with declared routes that nobody called, x-observed: false"
    )
    openapi.add_argument("--service", metavar="NAME", help="the document of this service")
    openapi.add_argument("--all", action="store_true", help="one document of all services, where there are several")
    openapi.add_argument("--for-host", metavar="HOST", help="only what was called under this host")
    openapi.add_argument("--title", default="", help="default: the service, where --service names one")
    openapi.add_argument("--yaml", action="store_true", help="as YAML; so is a FILE that ends in .yaml")
    export = commands.add_parser("export", parents=[common], help="the kept requests as JSON lines or HAR")
    export.add_argument("--format", choices=("jsonl", "har"), default="jsonl", help="default: %(default)s")
    export.add_argument("--out", metavar="FILE", default="", help="write there instead of to standard output")
    export.add_argument("--show-values", action="store_true", help="with sensitive values, which are masked otherwise")
    export.add_argument("--endpoint", metavar="ENDPOINT", help="only one, e.g. 'GET /users/{id}'")
    export.add_argument("--service", metavar="NAME", help="only this service")
    delete = commands.add_parser("delete", parents=[common], help="delete what was collected")
    what = delete.add_mutually_exclusive_group(required=True)
    what.add_argument("--raw", action="store_true", help="the kept requests; the inventory stays")
    what.add_argument("--endpoint", metavar="ENDPOINT", help="one endpoint, e.g. 'GET /users/{id}'")
    what.add_argument("--all", action="store_true", help="everything")
    delete.add_argument("--service", metavar="NAME", help="with --endpoint: only that of this service")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command; 0, 1 for failed, 2 for usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if is_instrumented(os.environ):  # the collector must not report on itself
        os.execve(sys.executable, own_command(*arguments), clean_environment(os.environ))
    os.environ["METLO_DISABLED"] = "1"
    import_eagerly()  # what it stands on does not run otherwise
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.print_completion:
        sys.stdout.write(_completion(parser, options.print_completion))
        return 0
    if options.command is None:
        parser.print_help()
        return 2
    if os.name != "posix":
        print("metlo-collector: needs Linux, macOS or another POSIX system", file=sys.stderr)
        return 1
    missing = requirements_check.missing()
    if missing and ELSEWHERE not in os.environ:
        _continue_where_packages_are(arguments)
    if missing:
        print(requirements_check.complaint(missing), file=sys.stderr)
        return 1
    return _run(options)


def _continue_where_packages_are(arguments: list[str]) -> None:
    """Becomes the same command in the environment that `metlo-run --local` has made, where there is one."""
    from metlo_auto.launcher import collector_python

    python = collector_python.find_made(dict(os.environ))
    if python is not None:
        environ = dict(python.environ, **{ELSEWHERE: "1"})
        os.execve(python.path, [python.path, "-m", "metlo_auto.collector", *arguments], environ)


def _follow(options: argparse.Namespace) -> int:
    from metlo_auto.collector.service import follower  # nothing of what the other commands need

    folder = folders.open_folder(Path(options.data_dir))
    followed = follower.Followed(options.pid, options.mark, options.run, options.tell)
    follower.follow(folder.store_url(options.store, os.environ), followed)
    return 0


def _home(options: argparse.Namespace) -> Home:
    name = getattr(options, "key_env", None)
    if name:
        return read_environment(name, os.environ)
    return folders.open_folder(Path(options.data_dir) if options.data_dir else folders.default_path(os.environ))


def _drop_output() -> None:
    """What nobody can read shall not be tried again at the end of the process."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _function(name: str) -> Callable[[argparse.Namespace], Optional[int]]:
    """What does the command `name`."""
    if name == "test":
        from metlo_auto.collector.service.security_testing import test  # nothing of what the other commands need

        return lambda options: test(_home(options), options)
    from metlo_auto.collector.service import commands

    if name == "analyse":
        return commands.analyse
    known: dict[str, Callable[..., Optional[int]]] = {
        "serve": commands.serve,
        "attach": commands.attach,
        "status": commands.status,
        "openapi": commands.describe,
        "export": commands.dump,
        "delete": commands.delete,
        "endpoints": commands.show_endpoints,
        "findings": commands.show_findings,
        "routes": commands.show_routes,
    }
    return lambda options: known[name](_home(options), options)


def _mistakes() -> "tuple[type[Exception], ...]":
    """What whoever gave the command got wrong; imported once something was raised, since SQLAlchemy takes long."""
    from metlo_auto.collector.inventory.naming import Unknown
    from metlo_auto.collector.service.opening import Misused

    return Unknown, Misused


def _troubles() -> "tuple[type[Exception], ...]":
    import sqlite3

    from sqlalchemy.exc import SQLAlchemyError

    from metlo_auto.collector.service.attach import CannotAttach
    from metlo_auto.collector.service.cannot_serve import CannotServe
    from metlo_auto.collector.service.opening import Failed
    from metlo_auto.collector.store.database import StoreUnusable

    unusable = (folders.FolderUnusable, HomeUnusable, CannotAttach, CannotServe, StoreUnusable)
    return (Failed, *unusable, SQLAlchemyError, sqlite3.Error)


def _run(options: argparse.Namespace) -> int:
    if options.command == "follow":
        return _follow(options)
    if options.command == "test":
        seldom_look_for_cycles()  # a tenth of the CPU of a run was the search
    try:
        status = _function(options.command)(options) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except _mistakes() as error:
        print(f"metlo-collector: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `metlo-collector export | head`
        _drop_output()
        return 1
    except _troubles() as error:
        print(f"metlo-collector: {(str(error) or type(error).__name__).splitlines()[0]}", file=sys.stderr)
        return 1
    except OSError as error:
        about = f"{error.filename}: " if error.filename and error.strerror else ""
        print(f"metlo-collector: {about}{error.strerror or error}", file=sys.stderr)
        _drop_output()
        return 1
    except KeyboardInterrupt:
        return 130
