"""The command line of scripts/bench: which measurement, and where its results go."""

from __future__ import annotations

import argparse
import fcntl
import importlib
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Sequence

from benchmarks import collectors, machine, venvs
from benchmarks.report import RESULTS, write

COMMANDS = {
    "overhead": "CPU per request, throughput, latency and memory against the bare app, Metlo's own agent and peers",
    "hotpath": "where the microseconds of a request are, step by step, in a real worker",
    "startup": "what the launcher and the imports cost at the start of a process",
    "latency": "latency at half load with large traces",
    "growth": "added CPU against body size, headers, routes and request rate",
    "analyser": "CPU and memory that the collector's analyser needs for a trace, of several revisions",
    "pages": "how long the collector's pages take with 20,000 endpoints, the first time and later",
    "security": "CPU of a run of security tests beside that of the app that it tests",
    "collector": "traces per second that the embedded collector accepts and analyses",
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="What metlo-auto costs, measured.")
    parser.add_argument("--python", default=sys.executable, help="interpreter that is measured (default: this one)")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder for JSON and SVG (default: bench-results)"
    )
    parser.add_argument(
        "--among-others",
        action="store_true",
        help="with the priority of other programs, not ahead of them: to see that it runs, not what it says",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        importlib.import_module(f"benchmarks.commands.{name}").add_arguments(command)
    options = parser.parse_args(arguments)
    if options.among_others:
        collectors.among_others()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # what runs is ended on the way out
    try:
        with _alone():
            # Its libraries are importable from here on.
            sys.path.append(str(venvs.site_packages(venvs.tools())))
            return _measure(options)
    except venvs.Trouble as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


@contextmanager
def _alone() -> Iterator[None]:
    """Two measurements at once would measure each other."""
    venvs.HOME.mkdir(exist_ok=True)
    with open(venvs.HOME / "bench.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            venvs.say("waiting for another measurement to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _measure(options: argparse.Namespace) -> int:
    module = importlib.import_module(f"benchmarks.commands.{options.command}")
    described = dict(machine.described(), python=venvs.version_of(options.python))
    result = dict(described, command=options.command, **module.measure(options))
    print(module.text(result))
    print(
        f"{described['date']}, {described['processor']}, {described['cores']} cores, {described['system']}, "
        f"Python {described['python']}, revision {described['revision']}, load before {described['load_before']}"
    )
    path = options.results / f"{options.command}.json"
    write(path, result)
    draw = getattr(module, "draw", None)
    if draw:
        draw(result, options.results)
    return 0

