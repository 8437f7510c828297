"""`scripts/bench pages`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import pages
from benchmarks.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoints", type=int, default=20_000, help="default: %(default)s")
    parser.add_argument("--fields", type=int, default=5_000, help="of the largest endpoint (default: %(default)s)")
    parser.add_argument("--store", metavar="URL", help="an empty store, such as one of PostgreSQL (default: SQLite)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    found = pages.measure(options.endpoints, options.fields, options.store, options.python)
    return {"endpoints": options.endpoints, "fields": options.fields, "rows": found}


def text(result: dict[str, Any]) -> str:
    heads = [
        "page, ms",
        "first of a new process",
        "of it CPU",
        "median of later ones",
        "of it CPU",
        "KB",
        "CPU of all pieces",
    ]
    rows = [
        [
            row["page"],
            f"{row['first']:.0f}",
            f"{row['first_cpu']:.0f}",
            f"{row['median']:.0f}",
            f"{row['median_cpu']:.0f}",
            f"{row['bytes'] / 1e3:.0f}",
            f"{row['whole_cpu']:.0f}",
        ]
        for row in result["rows"]
    ]
    return table(heads, rows)
