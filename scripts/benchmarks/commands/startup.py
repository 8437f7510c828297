"""`scripts/bench startup`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import startup
from benchmarks.report import table
from benchmarks.spread import spread
from benchmarks.variants import BARE, variant

PEERS = ("opentelemetry", "ddtrace")  # those that have a launcher


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=21, help="default: %(default)s")
    parser.add_argument("--peers", action="store_true", help=f"add the launchers of {', '.join(PEERS)}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    names = (BARE, "metlo-auto", *(PEERS if options.peers else ()))
    found = startup.measure([variant(name) for name in names], options.rounds, options.python)
    return {
        "rounds": options.rounds,
        "rows": [
            {"task": task, "variant": name, "times": times, "bare": found[startup.bare_task(task)]}
            for (task, name), times in sorted(found.items())
        ],
    }


def text(result: dict[str, Any]) -> str:
    rows = []
    for row in result["rows"]:
        cells = [f"{row['task']}: {row['variant']}"]
        for part in (0, 1):  # elapsed, CPU
            mine, bare = ([each[part] for each in row[key]] for key in ("times", "bare"))
            added = spread([one - other for one, other in zip(mine, bare)])
            cells += [f"{spread(mine):.1f}", "" if row["variant"] == BARE else f"{added:+.1f}"]
        rows.append(cells)
    return "\n" + table(("command", "ms", "added", "CPU ms", "added"), rows)
