"""`scripts/bench collector`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import embedded
from benchmarks.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=20, help="of posts (default: %(default)s)")
    parser.add_argument(
        "--connections", type=int, default=2, help="that post at the same time (default: %(default)s)"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    return embedded.measure(options.seconds, options.connections, options.python)._asdict()


def text(result: dict[str, Any]) -> str:
    accepted, analysed = result["accepted"], result["analysed"]
    rows = [
        ["accepted", f"{accepted:,}", f"{accepted / result['accepting']:,.0f}", ""],
        [
            "accepted and analysed",
            f"{analysed:,}",
            f"{analysed / result['analysing']:,.0f}",
            f"{result['cpu'] / max(1, analysed) * 1e6:.0f}",
        ],
    ]
    posts = f"posts took {result['p50']:.0f} ms, the slowest hundredth {result['p99']:.0f} ms or more"
    heads = ("embedded collector, durable", "traces", "traces/s", "µs of CPU per trace")
    return f"\n{table(heads, rows)}\nrefused: {result['refused']} posts; {posts}"
