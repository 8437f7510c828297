"""`growth`: what is added to a request as bodies, headers, routes and the rate of requests grow."""

from __future__ import annotations

import time
from typing import Callable, NamedTuple, Sequence

from benchmarks import latency, overhead, wrk
from benchmarks.overhead import Sample
from benchmarks.spread import Spread, spread
from benchmarks.variants import BARE, Variant
from benchmarks.workloads import WORKLOADS, Workload, routed, sized

BODIES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)  # KB
HEADERS = (0, 10, 20, 40, 80)  # gunicorn takes 100
ROUTES = (10, 100, 1000, 10000)
RATES = (10, 50, 100, 200, 400, 800)  # per second


class Point(NamedTuple):
    """`added` to each request, in microseconds of CPU, where `at` is what grows."""

    at: float
    added: Spread


Series = dict[str, list[Point]]  # by the name of the variant


class Plan(NamedTuple):
    """Who is measured and how often."""

    variants: Sequence[Variant]
    rounds: int
    seconds: int
    python: str

    def saturated(self, url: str, workload: Workload) -> wrk.Load:
        return wrk.load(url, workload, self.seconds)


def bodies(plan: Plan, secrets: bool, kilobytes: Sequence[int] = BODIES) -> Series:
    """Request bodies of so many KB of JSON, with a password in each of its objects or without."""
    return _series(plan, [(size, sized(size << 10, 20, secrets)) for size in kilobytes], plan.saturated)


def headers(plan: Plan, numbers: Sequence[int] = HEADERS) -> Series:
    """So many headers more."""
    return _series(plan, [(number, sized(0, 20, headers=number)) for number in numbers], plan.saturated)


def rates(plan: Plan, rates: Sequence[int] = RATES) -> Series:
    """So many requests a second, which the app could take more of."""
    found: Series = {}
    for rate in rates:

        def load(url: str, workload: Workload, rate: int = rate) -> wrk.Load:
            waits = latency.paced(url, workload, rate, max(plan.seconds, 200 // rate))
            return wrk.Load(len(waits), len(waits) / rate, 0.0, 0.0, 0.0, 0)

        _join(found, _series(plan, [(rate, WORKLOADS["json"])], load))
    return found


def routes(plan: Plan, numbers: Sequence[int] = ROUTES) -> Series:
    """So many routes, asked in turns."""
    found: Series = {}
    for number in numbers:
        with overhead.running(plan.variants, "sync", plan.python, {"BENCH_ROUTES": str(number)}) as servers:
            for server in servers.values():
                while server.settle() < number * 1.1:  # each has been announced
                    wrk.load(server.url, routed(number), 5)
                time.sleep(2.5)  # for so long traces wait for their announcement
            samples = overhead.in_turns(servers, routed(number), plan.rounds, plan.saturated)
        _join(found, _points(number, samples))
    return found


def _series(
    plan: Plan, workloads: Sequence[tuple[float, Workload]], load: Callable[[str, Workload], wrk.Load]
) -> Series:
    found: Series = {}
    with overhead.running(plan.variants, "sync", plan.python) as servers:
        for at, workload in workloads:
            _join(found, _points(at, overhead.in_turns(servers, workload, plan.rounds, load)))
    return found


def _points(at: float, samples: dict[str, list[Sample]]) -> Series:
    return {
        name: [Point(at, spread([mine.cpu - bare.cpu for mine, bare in zip(found, samples[BARE])]))]
        for name, found in samples.items()
        if name != BARE
    }


def _join(series: Series, more: Series) -> None:
    for name, points in more.items():
        series.setdefault(name, []).extend(points)
