"""`scripts/bench growth`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Callable

from benchmarks import charts, growth
from benchmarks.report import table
from benchmarks.variants import BARE, variant

SERIES: dict[str, tuple[str, Callable[[growth.Plan], growth.Series]]] = {
    "body": ("body sent, KB", lambda plan: growth.bodies(plan, secrets=False)),
    "secrets": ("body sent with a secret in each object, KB", lambda plan: growth.bodies(plan, secrets=True)),
    "headers": ("further headers", growth.headers),
    "routes": ("routes", growth.routes),
    "rate": ("requests per second", growth.rates),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--series", nargs="+", choices=list(SERIES), default=list(SERIES), help="default: %(default)s"
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=int, default=1, help="of load on each variant in each round (default: %(default)s)"
    )
    parser.add_argument(
        "--variants",
        nargs="+",
        metavar="NAME",
        default=["metlo-auto", "metlo-auto[speed]"],
        help="beside bare (default: %(default)s)",
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    variants = [variant(name) for name in [BARE, *options.variants]]
    plan = growth.Plan(variants, options.rounds, options.seconds, options.python)
    return {
        "rounds": options.rounds,
        "seconds": options.seconds,
        "series": {
            name: {
                "what": SERIES[name][0],
                "variants": {
                    one: [{"at": point.at, **point.added._asdict()} for point in points]
                    for one, points in SERIES[name][1](plan).items()
                },
            }
            for name in options.series
        },
    }


def text(result: dict[str, Any]) -> str:
    parts = []
    for series in result["series"].values():
        columns = list(series["variants"].values())
        parts.append(
            "\n"
            + table(
                (series["what"], *(f"{name}, added µs" for name in series["variants"])),
                [
                    [
                        f"{points[0]['at']:g}",
                        *(f"{point['median']:.0f} [{point['low']:.0f} {point['high']:.0f}]" for point in points),
                    ]
                    for points in zip(*columns)
                ],
            )
        )
    return "\n".join(parts)


def draw(result: dict[str, Any], folder: Path) -> None:
    charts.growth(result, folder / "growth.svg")
