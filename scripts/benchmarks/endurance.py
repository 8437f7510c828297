"""`collector --traces N`: so many traces through the embedded collector; what its disk and pages do meanwhile."""

from __future__ import annotations

import json
import time
from itertools import cycle, islice
from typing import NamedTuple, Sequence

from benchmarks import variety, venvs
from benchmarks.embedded import Collector, Poster, one_trace, running, wait
from benchmarks.latency import waits

PARTS = 20
LOADS = 20  # of each page
LANES = 2


class Moment(NamedTuple):
    """After so many traces: bytes on disk, and seconds since the beginning."""

    traces: int
    disk: int
    seconds: float


class Page(NamedTuple):
    """Milliseconds until a page was there: the first time after the traces, the median of later ones, the slowest."""

    path: str
    first: float
    median: float
    slowest: float


class Endured(NamedTuple):
    sent: int
    calls: int  # as the endpoints add up
    status: dict[str, int]
    endpoints: int
    moments: list[Moment]
    pages: list[Page]


def measure(traces: int, endpoints: int, extras: Sequence[str], python: str) -> Endured:
    """Posts a part, waits until it is analysed, looks at the disk, and so on; the pages at the end."""
    supply = cycle(variety.batches(one_trace(python), endpoints, max(200, 10 * endpoints // variety.PER_BATCH)))
    part = max(LANES, traces // variety.PER_BATCH // PARTS)
    moments: list[Moment] = []
    with running(python, extras) as collector:
        begun, sent = time.monotonic(), 0
        while sent < traces:
            sent += _post(collector, list(islice(supply, part)))
            if wait(collector, sent) < sent:
                raise venvs.Trouble(f"analysis stands still: {collector.status()}")
            moments.append(Moment(sent, collector.disk(), time.monotonic() - begun))
            venvs.say(f"{sent:,} of {traces:,} traces, {moments[-1].disk / 1e6:.0f} MB on disk")
        found = json.loads(collector.get("/api/local/endpoints"))
        busiest = max(found, key=lambda endpoint: int(endpoint["calls"]))
        paths = {name: name for name in ("/", "/?sort=p95", "/findings", "/sensitive", "/requests", "/openapi")}
        paths["/endpoints/…"] = f"/endpoints/{busiest['id']}"
        return Endured(
            sent,
            sum(endpoint["calls"] for endpoint in found),
            {name: n for name, n in collector.status().items() if isinstance(n, int)},
            len(found),
            moments,
            [_load(collector, name, path) for name, path in paths.items()],
        )


def _post(collector: Collector, batches: Sequence[bytes]) -> int:
    posters = [Poster(collector, batches[lane::LANES]) for lane in range(LANES)]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()
    return sum(poster.accepted for poster in posters)


def _load(collector: Collector, name: str, path: str) -> Page:
    took = []
    for _ in range(LOADS):
        begun = time.monotonic()
        collector.get(path)
        took.append(time.monotonic() - begun)
    later = waits(took[1:])
    return Page(name, took[0] * 1e3, later.p50, max(took[1:]) * 1e3)
