"""`scripts/bench security`."""

from __future__ import annotations

import argparse
from statistics import median
from typing import Any

from benchmarks import security
from benchmarks.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=5, help="one after another (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=200, help="requests a second at most (default: %(default)s)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    return {"rate": options.rate, "rows": security.measure(options.runs, options.rate, options.python)}


def text(result: dict[str, Any]) -> str:
    rows = [
        [f"{row['requests']:,}", f"{row['seconds']:.0f}", f"{row['command']:.2f}", f"{row['app']:.2f}",
         f"{row['command'] / row['app']:.2f}"]
        for row in result["rows"]
    ]  # fmt: skip
    shares = median(row["command"] / row["app"] for row in result["rows"])
    heads = ("requests", "s", "CPU of the command, s", "of the app under its agent, s", "share")
    return f"{table(heads, rows)}\nthe command needs {shares:.2f} of what the app needs (median)"
