"""`scripts/bench hotpath`."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import hotpath, instructions, overhead
from benchmarks.report import table
from benchmarks.variants import BARE, variant
from benchmarks.workloads import WORKLOADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", nargs="+", choices=list(WORKLOADS), default=["json"], help="default: %(default)s")
    parser.add_argument(
        "--variants",
        nargs="+",
        metavar="NAME",
        default=["metlo-auto", "metlo-auto[speed]"],
        help="default: %(default)s",
    )
    parser.add_argument("--rounds", type=int, default=5, help="of the undisturbed total (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=4, help="of load (default: %(default)s)")
    parser.add_argument("--profile", action="store_true", help="profile the worker with py-spy too")
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="only count instructions with valgrind: slow, but the same however busy the machine is",
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    if options.instructions:
        return {"instructions": {row: _instructions(options, row) for row in options.rows}}
    rows = []
    for name in options.rows:
        workload = WORKLOADS[name]
        variants = [variant(each) for each in options.variants]
        totals = overhead.measure(workload, "sync", [variant(BARE), *variants], options.rounds, 1, options.python)
        for one in variants:
            cost = overhead.cost(totals, one.name)
            row = {
                "workload": name,
                "variant": one.name,
                "added": cost.added._asdict(),
                "request_thread": cost.first_threads._asdict(),
                "delivered": cost.delivered,
                "steps": [step._asdict() for step in hotpath.steps(workload, one, options.seconds, options.python)],
            }
            if options.profile:
                row["profile"] = hotpath.profile(workload, one, options.seconds, options.python)._asdict()
            rows.append(row)
    return {"rounds": options.rounds, "seconds": options.seconds, "rows": rows}


def _instructions(options: argparse.Namespace, row: str) -> dict[str, float]:
    return {
        name: instructions.per_request(WORKLOADS[row], variant(name), options.python)
        for name in [BARE, *options.variants]
    }


def text(result: dict[str, Any]) -> str:
    if "instructions" in result:
        return "\n".join(_counted(row, counts) for row, counts in result["instructions"].items())
    return "\n".join(_row(row) for row in result["rows"])


def _counted(row: str, counts: dict[str, float]) -> str:
    bare = counts[BARE]
    return f"\n{row}\n" + table(
        ("", "instructions per request", "added", "of bare"),
        [
            [name, f"{count:,.0f}", f"{count - bare:+,.0f}", f"{(count - bare) / bare:+.1%}"]
            for name, count in counts.items()
        ],
    )


def _row(row: dict[str, Any]) -> str:
    lines = []
    moments = list(dict.fromkeys(step["when"] for step in row["steps"]))
    for when in moments:
        steps = [step for step in row["steps"] if step["when"] == when]
        lines += [[f"{when}: {step['name']}", f"{step['calls']:.3g}", f"{step['us']:.2f}"] for step in steps]
        lines.append([f"{when}, in all", "", f"{sum(step['us'] for step in steps):.2f}"])
    added, request = row["added"]["median"], row["request_thread"]["median"]
    lines.append(["undisturbed: CPU added by the request thread", "", f"{request:.2f}"])
    lines.append(["undisturbed: share delivered", "", f"{row['delivered']:.2%}"])
    lines.append(["undisturbed: CPU added by the sender's threads", "", f"{added - request:.2f}"])
    parts = [f"\n{row['workload']}, {row['variant']}", table(("step", "calls per request", "µs per request"), lines)]
    if "profile" in row:
        for title, key in (
            ("itself, or what it called outside of the agent", "itself"),
            ("with all that it calls", "whole"),
        ):
            counts = list(row["profile"][key].items())[:25]
            parts.append(table((title, "µs per request"), [[name, f"{us:.2f}"] for name, us in counts]))
    return "\n".join(parts)
