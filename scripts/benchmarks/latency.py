"""`latency`: how long a client waits while the app is half busy and the sender has large traces to post."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Sequence
from urllib.parse import urlsplit

from benchmarks import cpu
from benchmarks.collectors import pinned
from benchmarks.machine import cores
from benchmarks.overhead import running
from benchmarks.servers import Server
from benchmarks.variants import Variant
from benchmarks.venvs import Trouble, say
from benchmarks.workloads import Workload

_FIRST_RATE = 50.0  # requests per second that any app bears


class Waits(NamedTuple):
    """Milliseconds."""

    p50: float
    p99: float
    p999: float
    requests: int


def waits(latencies: Sequence[float]) -> Waits:
    """Percentiles of latencies in seconds."""
    ordered = sorted(latencies)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    return Waits(at(0.5), at(0.99), at(0.999), len(ordered))


class Rounds(NamedTuple):
    """`rate` in requests per second; the waits of each variant, round by round."""

    rate: float
    waits: dict[str, list[Waits]]


def measure(
    workload: Workload, worker: str, variants: Sequence[Variant], rounds: int, seconds: int, python: str
) -> Rounds:
    """Every variant at the same rate: that at which the core of the slowest one is half busy."""
    with running(variants, worker, python) as servers:
        rate = min(half_busy(server, workload) for server in servers.values())
        found: dict[str, list[Waits]] = {name: [] for name in servers}
        for number in range(rounds):
            for name, server in servers.items():
                found[name].append(waits(paced(server.url, workload, rate, seconds)))
                server.settle()
            say(
                f"{worker} round {number + 1}/{rounds}: "
                + ", ".join(f"{name} p99.9 {found[name][-1].p999:.1f} ms" for name in servers)
            )
        return Rounds(rate, found)


def half_busy(server: Server, workload: Workload) -> float:
    """Requests per second that take half of a core, delivery included.

    Asked at that very load: a request that wakes the app up costs more than one that waited in line.
    """
    rate = _FIRST_RATE
    server.settle()
    for _ in range(3):
        before = server.usage()
        requests = len(paced(server.url, workload, rate, 2))
        server.settle()
        rate = requests / cpu.between(before, server.usage())[0] / 2
    return rate


def paced(url: str, workload: Workload, rate: float, seconds: int) -> list[float]:
    """Latencies in seconds at `rate` requests per second."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("paced.py")), str(urlsplit(url).port), str(rate), str(seconds)],
        input=raw(workload),
        stdout=subprocess.PIPE,
        **pinned(cores()[1]),
    )
    if done.returncode:
        raise Trouble("the paced load broke off")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def raw(workload: Workload) -> bytes:
    """The request as it goes over the wire, on a connection of its own."""
    body = workload.body.encode()
    headers = dict(workload.headers, Host="127.0.0.1", Connection="close")
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{workload.method} {workload.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
