"""`scripts/bench latency`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import latency
from benchmarks.report import table
from benchmarks.servers import WORKERS
from benchmarks.spread import spread
from benchmarks.variants import BARE, FIELD, variant
from benchmarks.workloads import sized


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", nargs="+", choices=list(WORKERS), default=["sync", "gthread"], help="default: %(default)s"
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=int, default=5, help="of load on each variant in each round (default: %(default)s)"
    )
    parser.add_argument("--kilobytes", type=int, default=60, help="of each answer (default: %(default)s)")
    parser.add_argument(
        "--variants", nargs="+", metavar="NAME", default=list(FIELD), help="beside bare (default: %(default)s)"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    variants = [variant(name) for name in dict.fromkeys([BARE, *options.variants])]
    rows = []
    for worker in options.workers:
        found = latency.measure(
            sized(0, options.kilobytes << 10), worker, variants, options.rounds, options.seconds, options.python
        )
        rows.append(
            {
                "worker": worker,
                "rate": found.rate,
                "waits": {name: [each._asdict() for each in waits] for name, waits in found.waits.items()},
            }
        )
    return {"rounds": options.rounds, "seconds": options.seconds, "kilobytes": options.kilobytes, "rows": rows}


def text(result: dict[str, Any]) -> str:
    parts = []
    for row in result["rows"]:
        parts.append(
            f"\ngunicorn {row['worker']}, {row['rate']:.0f} requests/s with answers of {result['kilobytes']} KB: "
            "milliseconds, the median of the rounds and the middle half"
        )
        parts.append(
            table(
                ("", "p50", "p99", "p99.9", "p50/bare", "p99/bare", "p99.9 over bare"),
                [_cells(name, waits, row["waits"][BARE]) for name, waits in row["waits"].items()],
            )
        )
    return "\n".join(parts)


def _cells(name: str, waits: list[dict[str, float]], bare: list[dict[str, float]]) -> list[str]:
    def over(part: str, how: Any) -> Any:
        return spread([how(mine[part], other[part]) for mine, other in zip(waits, bare)])

    return [
        name,
        *(f"{spread([each[part] for each in waits]):.2f}" for part in ("p50", "p99", "p999")),
        *(f"{over(part, lambda mine, other: mine / other).median:.3f}" for part in ("p50", "p99")),
        f"{over('p999', lambda mine, other: mine - other):+.2f}",
    ]
