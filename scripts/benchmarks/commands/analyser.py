"""`scripts/bench analyser`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import analyser
from benchmarks.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--revisions",
        nargs="+",
        metavar="REVISION",
        default=[analyser.CHECKOUT],
        help="of git, or `checkout` (default: %(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[1, 2, 3, 4], help="which rows of the table (default: %(default)s)"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    rows = [analyser.ROWS[number - 1] for number in options.rows]
    found = analyser.measure(options.revisions, options.rounds, rows, options.python)
    return {"rounds": options.rounds, "rows": found}


def text(result: dict[str, Any]) -> str:
    revisions = list(result["rows"][0]["medians"])
    heads = ["endpoints, fields", *(f"{revision}: {unit}" for revision in revisions for unit in ("µs a trace", "MB"))]
    rows = [
        [
            f"{row['endpoints']:,}, {row['fields']}",
            *(f"{row['medians'][revision][name]:,.0f}" for revision in revisions for name in ("us", "mb")),
        ]
        for row in result["rows"]
    ]
    return table(heads, rows)
