"""`scripts/bench collector`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import embedded, endurance
from benchmarks.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=20, help="of posts (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=2, help="that post at the same time (default: %(default)s)")
    parser.add_argument("--endpoints", type=int, help="default: 20; 1000 with --traces")
    parser.add_argument("--speed", action="store_true", help="with the extra `speed` (orjson)")
    parser.add_argument(
        "--traces", type=int, metavar="N", help="instead, so many traces in all: disk over time, pages at the end"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    extras = ["speed"] if options.speed else []
    endpoints = options.endpoints or (1000 if options.traces else 20)
    how = {"endpoints": endpoints, "extras": extras}
    if options.traces:
        return {**how, **endurance.measure(options.traces, endpoints, extras, options.python)._asdict()}
    found = embedded.measure(options.seconds, options.connections, endpoints, extras, options.python)
    return {**how, **found._asdict()}


def text(result: dict[str, Any]) -> str:
    return _endured(result) if "moments" in result else _measured(result)


def _measured(result: dict[str, Any]) -> str:
    accepted, meanwhile, analysed = result["accepted"], result["analysed_meanwhile"], result["analysed"]
    server, all_of_it = (result[name] / max(1, analysed) * 1e6 for name in ("cpu_server", "cpu"))
    rows = [
        ["accepted", f"{accepted:,}", f"{accepted / result['accepting']:,.0f}", f"{server:.0f}"],
        ["analysed while accepting", f"{meanwhile:,}", f"{meanwhile / result['accepting']:,.0f}", ""],
        [
            "accepted and analysed",
            f"{analysed:,}",
            f"{analysed / result['analysing']:,.0f}",
            f"{all_of_it:.0f}",
        ],
    ]
    heads = ("embedded collector, durable", "traces", "traces/s", "µs of CPU per trace")
    posts = "posts of 100 took {p50:.0f} ms, the slowest hundredth {p99:.0f} ms or more, the slowest {slowest:.0f} ms"
    return (
        f"\n{table(heads, rows)}\nrefused: {result['refused']} posts; {posts.format(**result)}\n"
        f"single traces: {result['singles']:,.0f} posts/s"
    )


def _endured(result: dict[str, Any]) -> str:
    moments = [endurance.Moment(*moment) for moment in result["moments"]]
    status = result["status"]
    disk = [[f"{at.traces:,}", f"{at.disk / 1e6:.0f}", f"{at.seconds:.0f}"] for at in moments]
    pages = [endurance.Page(*page) for page in result["pages"]]
    waited = [[page.path, *(f"{ms:.0f}" for ms in page[1:])] for page in pages]
    totals = (
        f"sent {result['sent']:,}, accepted {status['accepted_traces']:,}, applied {status['applied_traces']:,}, "
        f"calls of {result['endpoints']:,} endpoints {result['calls']:,}, lost {status['lost_traces']:,}"
    )
    return "\n".join(
        (
            "\n" + table(("traces", "MB on disk", "s"), disk),
            "\n" + table(("page", "first, ms", "median", "slowest"), waited),
            "\n" + totals,
        )
    )
