"""`scripts/bench overhead`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks import charts, machine, overhead, venvs
from benchmarks.report import table
from benchmarks.servers import WORKERS
from benchmarks.spread import spread
from benchmarks.variants import BARE, FIELD, PEERS, installed, variant
from benchmarks.workloads import ROWS, WORKLOADS

METLO = "metlo 0.0.17"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", nargs="+", choices=list(WORKLOADS), default=list(ROWS), help="default: %(default)s")
    parser.add_argument(
        "--workers", nargs="+", choices=list(WORKERS), default=list(WORKERS), help="default: %(default)s"
    )
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=int, default=2, help="of load on each variant in each round (default: %(default)s)"
    )
    parser.add_argument(
        "--variants",
        nargs="+",
        metavar="NAME",
        default=list(FIELD),
        help="beside bare; metlo-auto@REVISION is one of git (default: %(default)s)",
    )
    parser.add_argument("--peers", action="store_true", help=f"add {', '.join(PEERS)}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    names = list(dict.fromkeys([BARE, *options.variants, *(PEERS if options.peers else ())]))
    variants = [variant(name) for name in names]
    rows = [
        overhead.measure(WORKLOADS[row], worker, variants, options.rounds, options.seconds, options.python)
        for worker in options.workers
        for row in options.rows
    ]
    return {
        "rounds": options.rounds,
        "seconds": options.seconds,
        "versions": {
            one.name: machine.versions(venvs.site_packages(installed(one, options.python))) for one in variants
        },
        "rows": [
            dict(
                row._asdict(),
                samples={name: [sample._asdict() for sample in samples] for name, samples in row.samples.items()},
                bare=spread([sample.cpu for sample in row.samples[BARE]])._asdict(),
                costs={name: _plain(overhead.cost(row, name)) for name in names if name != BARE},
            )
            for row in rows
        ],
    }


def _plain(cost: overhead.Cost) -> dict[str, Any]:
    return {name: value._asdict() if hasattr(value, "_asdict") else value for name, value in cost._asdict().items()}


HEADS = (
    "",
    "added µs",
    "middle half",
    "least",
    "of it request thread",
    "Metlo's/this",
    "throughput",
    "p50",
    "p99",
    "MB idle",
    "MB loaded",
    "delivered",
)


def text(result: dict[str, Any]) -> str:
    parts = []
    for row in result["rows"]:
        bare = row["bare"]
        parts.append(
            f"\n{row['workload']}, gunicorn {row['worker']}: bare {bare['median']:.0f} µs of CPU per request "
            f"[{bare['low']:.0f} {bare['high']:.0f}]"
        )
        parts.append(
            table(HEADS, [_cells(name, cost, row["costs"].get(METLO)) for name, cost in row["costs"].items()])
        )
    return "\n".join(parts)


def _cells(name: str, cost: dict[str, Any], metlo: "dict[str, Any] | None") -> list[str]:
    added = cost["added"]
    ratio = metlo["added"]["median"] / added["median"] if metlo and added["median"] > 0 else 0.0
    return [
        name,
        f"{added['median']:.1f}",
        f"{added['low']:.1f} to {added['high']:.1f}",
        f"{cost['least']:.1f}",
        f"{cost['first_threads']['median']:.1f}",
        f"{ratio:.1f}" if ratio else "",
        *(f"{cost[part]['median']:.3f}" for part in ("rate", "p50", "p99")),
        f"{cost['idle']:+.1f}",
        f"{cost['loaded']:+.1f}",
        f"{cost['delivered']:.2%}",
    ]


def draw(result: dict[str, Any], folder: Path) -> None:
    charts.overhead(result, folder / "overhead.svg")
